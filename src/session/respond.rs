//! What a declared response makes of a history: "Assumptions" in docs/language.md.
//!
//! The response is more purchases by members, or by members in a tier or a segment. Who that is at each purchase, a first run of
//! the program without any response says.

use super::Session;
use crate::assumptions::{Assumptions, Response, Who};
use crate::engine::ledger::{Entry, Kind, Sink, Source};
use crate::engine::{self, RunError, is_drawn};
use crate::history::Fate;
use crate::history::model::{Account, History, Part};
use crate::program::Program;
use crate::source::SourceFile;
use crate::value::Decimal;
use std::collections::BTreeMap;

/// Which response fits a purchase: the first one, by part, account and purchase of the account.
type Fits = BTreeMap<(usize, usize, u32), usize>;

/// Hears which of the added sentences fired.
struct Hearing<'a> {
    program: &'a Program,
    fits: Fits,
}

/// The name of the sentence that notes a response.
fn name(at: usize) -> String {
    format!("response {at} of the assumptions")
}

impl Sink for Hearing<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| entry.kind == Kind::Message) {
            let (Source::Rule(rule), Some(purchase)) = (entry.source, entry.purchase) else { continue };
            let called = self.program.rules.get(rule.index()).and_then(|rule| rule.name.as_deref()).unwrap_or_default();
            let Some(at) = (0..MOST).find(|at| called == name(*at)) else { continue };
            let fit = self.fits.entry((part, account, purchase)).or_insert(at);
            *fit = at.min(*fit);
        }
    }
}

/// Responses that a file may hold.
const MOST: usize = 64;

impl Session {
    /// The history as members would have made it by what is assumed; `None` where no response is.
    ///
    /// # Errors
    /// [`RunError`] if the program cannot be run.
    pub(super) fn responded(
        &self,
        history: &History,
        assumed: &Assumptions,
        options: &engine::Options,
    ) -> Result<Option<History>, RunError> {
        let zero = Decimal::whole(0);
        if assumed.response.iter().all(|response| response.more.base == zero) {
            return Ok(None);
        }
        let fits = self.who_responds(history, assumed, options)?;
        let mut gone = (usize::MAX, usize::MAX, u32::MAX);
        let fate = |part: usize, account: usize, purchase: u32| {
            let mut fate = if gone == (part, account, purchase) { Fate::Gone } else { Fate::Stays };
            let response = fits.get(&(part, account, purchase)).and_then(|at| assumed.response.get(*at));
            let key = || key(history.parts.get(part)?, account, purchase, assumed.seed);
            if let (Fate::Stays, Some(response), Some(key)) = (fate, response, key())
                && is_drawn(&format!("{key}|response"), response.more.base)
            {
                fate = Fate::Twice;
                if is_drawn(&format!("{key}|pull forward"), assumed.pull_forward.base) {
                    gone = (part, account, purchase.saturating_add(1));
                }
            }
            fate
        };
        Ok(Some(history.with_fates(fate)))
    }

    /// Which response fits which purchase.
    fn who_responds(&self, history: &History, assumed: &Assumptions, options: &engine::Options) -> Result<Fits, RunError> {
        let main = self.texts.main();
        let mut text = main.text.clone();
        for (at, response) in assumed.response.iter().take(MOST).enumerate() {
            text.push_str(&format!("\nrule \"{}\" on every purchase notify \"response\"{}\n", name(at), self.audience(response)));
        }
        let asking = Self::load(SourceFile::new(main.name, main.path, text), &mut self.texts.clone(), &self.params);
        let wrong = || RunError { message: "What `response` in the assumptions names cannot be found in the program.".to_owned() };
        let program = asking.program().ok_or_else(wrong)?;
        let mut hearing = Hearing { program, fits: Fits::new() };
        let assumed = Assumptions { response: Vec::new(), ..assumed.clone() };
        engine::run(program, history, &assumed, options, Some(&mut hearing))?;
        Ok(hearing.fits)
    }

    fn audience(&self, response: &Response) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let segment =
            |index: usize| self.program.as_ref().and_then(|program| program.segments.get(index)).map(|segment| quoted(&segment.name));
        match response.who {
            Who::Everyone => String::new(),
            Who::Tier(tier) => {
                format!(" for tier {}", self.program.as_ref().map_or_else(String::new, |program| quoted(program.tier_name(tier))))
            }
            Who::Segment(id) => format!(" for segment {}", segment(id.index()).unwrap_or_default()),
        }
    }
}

/// `seed|customer|k`
fn key(part: &Part, account: usize, purchase: u32, seed: u64) -> Option<String> {
    let account: &Account = part.accounts.get(account)?;
    let at = usize::try_from(account.purchases.start.saturating_add(purchase)).ok()?;
    let customer = part.purchases.customer.get(at).copied().unwrap_or(account.customers.start);
    let name = part.customers.id.get(usize::try_from(customer).ok()?)?;
    Some(format!("{seed}|{name}|{}", purchase.saturating_add(1)))
}
