//! Reads an assumptions file.

use super::tree::{self, Node};
use super::{Assumptions, LowBaseHigh, Range, Redemption, Response, Who};
use crate::diagnostic::nearest;
use crate::program::{Program, SegmentId, WalletId};
use crate::value::{Decimal, name_key};
use std::collections::BTreeSet;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub assumptions: Assumptions,
    /// Sentences about what has no effect.
    pub warnings: Vec<String>,
}

/// All that a file may say.
const NAMES: [&str; 13] = [
    "margin",
    "reward cost",
    "fixed cost",
    "redemption",
    "vouchers used",
    "gifts collected",
    "response",
    "pull forward",
    "acquisition cost",
    "retention cost",
    "discount rate",
    "seed",
    "runs",
];
/// More draws tell nothing more.
const MOST_RUNS: u32 = 100_000;
/// What an entry of a list of responses may say.
const RESPONSES: [&str; 5] = ["tier", "segment", "low", "base", "high"];

/// Reads a file's text for a program.
///
/// # Errors
/// Everything that is wrong with it, one sentence each.
pub fn parse(text: &str, program: &Program) -> Result<Read, Vec<String>> {
    parse_among(text, program, &Elsewhere::default())
}

/// Names of other programs that are run with the same file: what is assumed of them is nothing wrong where a program has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// What it is and what it is called, such as wallet and beans.
    names: BTreeSet<(&'static str, String)>,
}

impl Elsewhere {
    /// Adds the names of a program.
    pub fn add(&mut self, program: &Program) {
        let wallets = program.wallets.iter().map(|wallet| ("wallet", name_key(&wallet.name)));
        let segments = program.segments.iter().map(|segment| ("segment", name_key(&segment.name)));
        let tiers = program.ladders.iter().flat_map(|ladder| &ladder.rungs).map(|rung| ("tier", name_key(&rung.name)));
        self.names.extend(wallets.chain(segments).chain(tiers));
    }

    fn has(&self, what: &'static str, name: &str) -> bool {
        self.names.contains(&(what, name_key(name)))
    }
}

/// Reads a file's text for a program that is run beside others.
///
/// # Errors
/// Like [`parse`]; a name that another program has is none.
pub fn parse_among(text: &str, program: &Program, elsewhere: &Elsewhere) -> Result<Read, Vec<String>> {
    let mut reader = Reader { program, elsewhere, foreign: false, errors: Vec::new(), warnings: Vec::new() };
    let fields = match tree::read(text).map_err(|error| vec![error])? {
        Node::Map(fields) => fields,
        Node::Text(text) if text.is_empty() => Vec::new(),
        _ => return Err(vec!["An assumptions file is a list of names with values, such as `margin: 35%`.".to_owned()]),
    };
    let mut read = Read {
        assumptions: Assumptions { redemption: Vec::new(), ..Assumptions::redeeming(Redemption::AsSoonAsPossible) },
        warnings: Vec::new(),
    };
    let mut said = BTreeSet::new();
    for (name, value) in &fields {
        if !said.insert(name_key(name)) {
            reader.errors.push(format!("`{name}` is said twice: keep one of them."));
        }
        reader.field(&name_key(name), name, value, &mut read);
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    vouchers_follow(&mut read.assumptions);
    reader.unused(&read.assumptions);
    read.warnings = reader.warnings;
    Ok(read)
}

pub(super) struct Reader<'a> {
    pub(super) program: &'a Program,
    elsewhere: &'a Elsewhere,
    /// Whether the entry that is read is about something that only another program has.
    pub(super) foreign: bool,
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Reader<'_> {
    fn field(&mut self, key: &str, name: &str, value: &Node, read: &mut Read) {
        let assumptions = &mut read.assumptions;
        match key {
            "margin" => {
                assumptions.margin = self.range(name, value);
                if assumptions.margin.is_some_and(|margin| margin.high > Decimal::whole(1)) {
                    self.errors.push(format!("`{name}` is a share of sales and cannot be above 100%."));
                }
            }
            "reward cost" => assumptions.reward_cost = self.range(name, value).unwrap_or(assumptions.reward_cost),
            "fixed cost" => assumptions.fixed_cost_per_month = self.money(name, value, &["per month", "a month"], "3000", " per month"),
            "redemption" => self.redemption_or_range(value, assumptions),
            "vouchers used" => {
                assumptions.vouchers_said = true;
                assumptions.vouchers_range = self.share_range(name, value);
                assumptions.vouchers_used = assumptions.vouchers_range.map_or(assumptions.vouchers_used, |range| range.base);
            }
            "gifts collected" => {
                assumptions.gifts_said = true;
                assumptions.gifts_range = self.share_range(name, value);
                assumptions.gifts_collected = assumptions.gifts_range.map_or(assumptions.gifts_collected, |range| range.base);
            }
            "response" => assumptions.response = self.response(value),
            "pull forward" => assumptions.pull_forward = self.share_range(name, value).unwrap_or_default(),
            "acquisition cost" => {
                let behind = ["per new customer", "per customer", "a customer", "each"];
                assumptions.acquisition_cost = self.money(name, value, &behind, "20", "");
            }
            "retention cost" => {
                let behind = ["per customer and year", "a customer and year", "per customer a year", "per customer per year"];
                assumptions.retention_cost = self.money(name, value, &behind, "5", " per customer and year");
            }
            "discount rate" => assumptions.discount_rate = self.yearly(name, value),
            "seed" => assumptions.seed = self.whole(name, value).unwrap_or(assumptions.seed),
            "runs" => {
                let runs = self.whole(name, value).and_then(|runs| u32::try_from(runs).ok()).filter(|runs| (1..=MOST_RUNS).contains(runs));
                if runs.is_none() && self.errors.is_empty() {
                    self.errors.push(format!("`runs` is a whole number from 1 to {MOST_RUNS}."));
                }
                assumptions.runs = runs;
            }
            _ => {
                let hint = nearest(key, NAMES)
                    .map_or_else(|| format!("Known are: {}.", NAMES.join(", ")), |near| format!("Did you mean `{near}`?"));
                self.errors.push(format!("There is no assumption called `{name}`. {hint}"));
            }
        }
    }

    /// What is assumed about things that the program does not have.
    fn unused(&mut self, assumptions: &Assumptions) {
        let vouchers = self.program.grants_vouchers();
        if assumptions.vouchers_said && !vouchers {
            self.warnings.push("`vouchers used` has no effect: the program grants no vouchers.".to_owned());
        }
        if assumptions.gifts_said && !self.program.lets_collect() {
            self.warnings.push("`gifts collected` has no effect: no gift of the program waits to be collected.".to_owned());
        }
        let redeems = |wallet: WalletId| {
            let program = self.program;
            program.redeems.iter().any(|redeem| redeem.wallet == wallet) || program.rewards.iter().any(|reward| reward.wallet == wallet)
        };
        for rule in &assumptions.redemption {
            match rule.wallet.and_then(|id| self.program.wallets.get(id.index()).map(|wallet| (id, wallet))) {
                Some((id, wallet)) if !redeems(id) => {
                    self.warnings.push(format!(
                        "`redemption` of {} has no effect: no `redeem {}` lets it pay, and no reward takes it.",
                        wallet.name, wallet.name
                    ));
                }
                // It still says what becomes of vouchers, unless the file does.
                None if self.program.redeems.is_empty() && self.program.rewards.is_empty() && (!vouchers || assumptions.vouchers_said) => {
                    self.warnings.push("`redemption` has no effect: no wallet of the program pays for purchases.".to_owned());
                }
                _ => {}
            }
        }
        if assumptions.pull_forward != LowBaseHigh::default() && assumptions.response.is_empty() {
            self.warnings.push("`pull forward` has no effect: there is no `response` whose purchases could be pulled forward.".to_owned());
        }
        self.warnings.dedup();
    }

    pub(super) fn wrong<T>(&mut self, message: String) -> Option<T> {
        self.errors.push(message);
        None
    }

    /// `35%` or `0.35`; a number above one needs its percent sign, for `35` is hardly 3,500%.
    fn fraction(&mut self, name: &str, value: &Node) -> Option<Decimal> {
        let Node::Text(text) = value else {
            return self.wrong(format!("`{name}` is one percentage, such as 35%."));
        };
        match fraction(text) {
            Some(d) if d > Decimal::whole(1) && !text.contains('%') => {
                self.wrong(format!("`{name}: {text}`: write {text}%, or the fraction as a number up to 1, such as 0.35."))
            }
            Some(d) if d >= Decimal::whole(0) => Some(d),
            Some(_) => self.wrong(format!("`{name}: {text}` cannot be below 0%.")),
            _ => self.wrong(format!("`{name}: {text}`: write a percentage, such as 35%.")),
        }
    }

    /// A fraction of at most one.
    pub(super) fn share(&mut self, name: &str, value: &Node) -> Option<Decimal> {
        let d = self.fraction(name, value)?;
        if d > Decimal::whole(1) { self.wrong(format!("`{name}` is a share and cannot be above 100%.")) } else { Some(d) }
    }

    /// One value, or `low`, `base` and `high`, each read in the same way.
    fn spread<T: Copy + PartialOrd>(
        &mut self,
        name: &str,
        value: &Node,
        mut read: impl FnMut(&mut Self, &str, &Node) -> Option<T>,
    ) -> Option<Range<T>> {
        let Node::Map(fields) = value else {
            return read(self, name, value).map(Range::sure);
        };
        let (mut low, mut base, mut high) = (None, None, None);
        for (key, value) in fields {
            let slot = match name_key(key).as_str() {
                "low" => &mut low,
                "base" => &mut base,
                "high" => &mut high,
                _ if name == "response" => {
                    return self.wrong(format!(
                        "`response` has `low`, `base` and `high`; there is no `{key}`. For a tier alone write response: [{{ tier: {key}, \
                         base: 2% }}], for a segment [{{ segment: {key}, base: 2% }}]."
                    ));
                }
                _ => return self.wrong(format!("`{name}` has `low`, `base` and `high`; there is no `{key}`.")),
            };
            *slot = Some(read(self, &format!("{name}: {key}"), value)?);
        }
        let Some(base) = base else { return self.wrong(format!("`{name}` needs a `base` between `low` and `high`.")) };
        let (low, high) = (low.unwrap_or(base), high.unwrap_or(base));
        if low > base || base > high {
            return self.wrong(format!("`{name}`: `low` must not be above `base`, nor `base` above `high`."));
        }
        Some(Range { low, base, high })
    }

    /// One percentage, or `low`, `base` and `high`.
    fn range(&mut self, name: &str, value: &Node) -> Option<LowBaseHigh> {
        self.spread(name, value, Self::fraction)
    }

    /// One share of at most the whole, or a range of them.
    fn share_range(&mut self, name: &str, value: &Node) -> Option<LowBaseHigh> {
        self.spread(name, value, Self::share)
    }

    /// `10% a year`
    fn yearly(&mut self, name: &str, value: &Node) -> Option<LowBaseHigh> {
        self.spread(name, value, |reader, name, value| {
            let Node::Text(text) = value else { return reader.fraction(name, value) };
            let text = [" a year", " per year", " yearly"].into_iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
            if fraction(text).is_none() && text.contains('%') {
                return reader.wrong(format!("`{name}: {text}`: the rate is by year, such as 10% a year."));
            }
            reader.fraction(name, &Node::Text(text.to_owned()))
        })
    }

    /// More purchases: by everyone, or a list of who makes how many more.
    fn response(&mut self, value: &Node) -> Vec<Response> {
        let Node::List(entries) = value else {
            let more = self.range("response", value);
            return more.map(|more| Response { who: Who::Everyone, more }).into_iter().collect();
        };
        let mut all = Vec::new();
        for entry in entries {
            let Node::Map(fields) = entry else {
                self.errors.push("`response`: an entry of the list looks like { tier: gold, base: 2% }.".to_owned());
                continue;
            };
            let (mut who, mut range) = (Some(Who::Everyone), Vec::new());
            for (key, value) in fields {
                match (name_key(key).as_str(), value) {
                    ("tier", Node::Text(name)) => who = self.tier(name).map(Who::Tier),
                    ("segment", Node::Text(name)) => who = self.segment("response", name).map(Who::Segment),
                    ("low" | "base" | "high", _) => range.push((key.clone(), value.clone())),
                    ("share" | "more", _) => range.push(("base".to_owned(), value.clone())),
                    _ => {
                        let hint = nearest(&name_key(key), RESPONSES).unwrap_or("base");
                        self.errors.push(format!("`response`: there is no `{key}` here. Did you mean `{hint}`?"));
                    }
                }
            }
            if let (Some(who), Some(more)) = (who, self.range("response", &Node::Map(range))) {
                all.push(Response { who, more });
            }
        }
        all
    }

    fn tier(&mut self, name: &str) -> Option<crate::program::TierId> {
        let program = self.program;
        let all = program.ladders.iter().enumerate().flat_map(|(ladder, rows)| {
            (0..rows.rungs.len()).filter_map(move |rung| {
                let ladder = crate::program::LadderId(u16::try_from(ladder).ok()?);
                Some(crate::program::TierId { ladder, rung: u8::try_from(rung).ok()? })
            })
        });
        let all: Vec<crate::program::TierId> = all.collect();
        let key = name_key(name);
        if let Some(tier) = all.iter().find(|tier| name_key(program.tier_name(**tier)) == key) {
            return Some(*tier);
        }
        if self.elsewhere.has("tier", name) {
            return self.foreign("response", "tier", name);
        }
        let hint = nearest(&key, all.iter().map(|tier| program.tier_name(*tier)));
        let hint = hint.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
        self.wrong(format!("`response`: the program has no tier called `{name}`.{hint}"))
    }

    fn whole(&mut self, name: &str, value: &Node) -> Option<u64> {
        let number = if let Node::Text(text) = value { text.replace('_', "").parse().ok() } else { None };
        number.or_else(|| self.wrong(format!("`{name}` is a whole number, such as 42.")))
    }

    /// An amount of money, or a range: `3000`, `3000 EUR`, with what it is for `behind` it or not.
    fn money(&mut self, name: &str, value: &Node, behind: &[&str], number: &str, words: &str) -> Option<Range<i64>> {
        let currency = &self.program.currency;
        let example = format!("such as {number} {}{words}", currency.code);
        self.spread(name, value, |reader, name, value| {
            let Node::Text(text) = value else { return reader.wrong(format!("`{name}` is an amount of money, {example}.")) };
            let lower = text.trim().to_lowercase();
            let bare = behind.iter().find_map(|words| lower.strip_suffix(words)).unwrap_or(&lower).trim();
            let bare = bare.strip_suffix(&currency.code.to_lowercase()).unwrap_or(bare).trim();
            let amount = Decimal::parse(&bare.replace('_', "")).filter(|d| *d >= Decimal::whole(0));
            // Written decimals count: 3.000 may be meant as 3000.
            let exact = |amount: Decimal| if amount.scale > currency.decimals { Ok(None) } else { amount.to_scale(currency.decimals) };
            match amount.map(exact) {
                Some(Ok(Some(minor))) => Some(minor),
                Some(Ok(None)) => reader.wrong(format!(
                    "`{name}: {text}` has more decimals than {} has. For thousands, write 3000 and not 3.000.",
                    currency.code
                )),
                _ if of_another(bare, &currency.code) => {
                    reader.wrong(format!("`{name}: {text}`: the program's money is {}: write the amount in it, {example}.", currency.code))
                }
                _ => reader
                    .wrong(format!("`{name}: {text}`: write an amount{}, {example}.", if words == " per month" { " a month" } else { "" })),
            }
        })
    }

    /// Something that only another program has.
    fn foreign<T>(&mut self, of: &str, what: &str, name: &str) -> Option<T> {
        self.foreign = true;
        self.warnings.push(format!("`{of}`: this program has no {what} called `{name}`, so nothing is assumed of it here."));
        None
    }

    /// Whether another program that is run with the same file has it.
    pub(super) fn has_elsewhere(&self, what: &'static str, name: &str) -> bool {
        self.elsewhere.has(what, name)
    }

    pub(super) fn wallet(&mut self, name: &str) -> Option<WalletId> {
        let names = self.program.wallets.iter().map(|wallet| wallet.name.as_str());
        self.find("redemption", "wallet", name, names.collect()).map(WalletId)
    }

    pub(super) fn segment(&mut self, key: &str, name: &str) -> Option<SegmentId> {
        let names = self.program.segments.iter().map(|segment| segment.name.as_str());
        self.find(key, "segment", name, names.collect()).map(SegmentId)
    }

    fn find(&mut self, of: &str, what: &'static str, name: &str, names: Vec<&str>) -> Option<u16> {
        let key = name_key(name);
        if let Some(index) = names.iter().position(|known| name_key(known) == key) {
            return u16::try_from(index).ok();
        }
        if self.elsewhere.has(what, name) {
            return self.foreign(of, what, name);
        }
        let hint = nearest(&key, names.iter().copied()).map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
        self.wrong(format!("`{of}`: the program has no {what} called `{name}`.{hint}"))
    }
}

/// Where nobody redeems anything, vouchers are left unused and gifts uncollected too, unless the file says how many are not.
fn vouchers_follow(assumptions: &mut Assumptions) {
    let idle = |policy: Redemption| matches!(policy, Redemption::Never | Redemption::AsRecorded);
    let rules = &assumptions.redemption;
    let nobody = !rules.is_empty() && rules.iter().all(|rule| rule.mixture.iter().all(|(_, policy)| idle(*policy)));
    if nobody && !assumptions.vouchers_said {
        assumptions.vouchers_used = Decimal::whole(0);
    }
    if nobody && !assumptions.gifts_said {
        assumptions.gifts_collected = Decimal::whole(0);
    }
}

/// Whether an amount is in another currency: a number with three letters beside it.
fn of_another(text: &str, code: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let number: String = text.chars().filter(|c| !c.is_alphabetic()).collect();
    letters.len() == 3 && !letters.eq_ignore_ascii_case(code) && Decimal::parse(number.trim()).is_some()
}

/// `35%`, `35 %` or `0.35`.
pub(super) fn fraction(text: &str) -> Option<Decimal> {
    let text = text.trim();
    match text.strip_suffix('%') {
        None => Decimal::parse(text),
        Some(number) => {
            let d = Decimal::parse(number.trim())?;
            Some(Decimal::new(d.mantissa, d.scale.checked_add(2)?))
        }
    }
}
