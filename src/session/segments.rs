//! Who is in which segment when the books close, and who is short of the next tier by little: asked of the engine by sentences that
//! only say so.

use super::Session;
use crate::assumptions::Assumptions;
use crate::engine::ledger::{Entry, Kind, Sink, Source};
use crate::engine::{self, RunError};
use crate::history::model::History;
use crate::program::Program;
use crate::report::deep::NEAR;
use crate::source::SourceFile;
use crate::syntax::ast::{StatementKind, TierRow, TiersDecl};
use crate::value::{Date, Decimal, Exact, Rounding};
use std::collections::BTreeMap;

/// What was asked for and who it holds for, by part and account: places among what was asked.
type Heard = BTreeMap<(usize, usize), Vec<usize>>;

/// Something that may hold for a member at the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// The condition of a segment.
    Segment(u16),
    /// A share of the threshold of a rung, by its place in [`NEAR`].
    Near { ladder: usize, rung: usize, share: usize },
}

/// What holds for members when the books close.
#[derive(Debug, Default)]
pub(super) struct Standing {
    asked: Vec<Asks>,
    heard: Heard,
}

impl Standing {
    /// The segments of an account.
    pub(super) fn segments(&self, at: (usize, usize)) -> Vec<u16> {
        self.of(at).filter_map(|asks| if let Asks::Segment(segment) = asks { Some(segment) } else { None }).collect()
    }

    /// The rungs that an account has come near to, held or not: ladder, rung, place in [`NEAR`].
    pub(super) fn near(&self, at: (usize, usize)) -> Vec<(usize, usize, usize)> {
        let near = |asks| if let Asks::Near { ladder, rung, share } = asks { Some((ladder, rung, share)) } else { None };
        self.of(at).filter_map(near).collect()
    }

    /// Whether anybody could be asked about a rung.
    pub(super) fn asked_near(&self, ladder: usize, rung: usize) -> bool {
        self.asked.iter().any(|asks| matches!(asks, Asks::Near { ladder: l, rung: r, .. } if (*l, *r) == (ladder, rung)))
    }

    /// By account, the segments that hold.
    pub(super) fn all_segments(&self) -> impl Iterator<Item = ((usize, usize), Vec<u16>)> + '_ {
        self.heard.keys().map(|at| (*at, self.segments(*at)))
    }

    fn of(&self, at: (usize, usize)) -> impl Iterator<Item = Asks> + '_ {
        self.heard.get(&at).into_iter().flatten().filter_map(|place| self.asked.get(*place).copied())
    }
}

/// What a sentence that asks is called.
fn name(place: usize) -> String {
    format!("asked {place} at the close")
}

struct Hearing<'a> {
    program: &'a Program,
    many: usize,
    heard: Heard,
}

impl Sink for Hearing<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        for entry in entries {
            let (Kind::Message, Source::Rule(rule)) = (entry.kind, entry.source) else { continue };
            let called = self.program.rules.get(rule.index()).and_then(|rule| rule.name.as_deref());
            if let Some(place) = called.and_then(|called| (0..self.many).find(|place| name(*place) == called)) {
                self.heard.entry((part, account)).or_default().push(place);
            }
        }
    }
}

impl Session {
    /// What holds for each member at the end of the day `last`; nothing where the program has ended by then. With `near`, also of the
    /// thresholds of tiers.
    pub(super) fn standing(
        &self,
        history: &History,
        assumed: &Assumptions,
        last: Date,
        (options, near): (&engine::Options, bool),
    ) -> Result<Standing, RunError> {
        let program = self.checked()?;
        let day = last.plus_days(1);
        if program.ends.is_some_and(|ends| ends < day) {
            return Ok(Standing::default());
        }
        let mut conditions: Vec<(Asks, String)> = Vec::new();
        for (at, segment) in (0_u16..).zip(&program.segments) {
            conditions.push((Asks::Segment(at), format!("for segment \"{}\"", segment.name.replace('"', "\"\""))));
        }
        if near {
            conditions.extend(self.thresholds(program, day));
        }
        if conditions.is_empty() {
            return Ok(Standing::default());
        }
        let sentences = conditions.iter().enumerate().map(|(place, (_, condition))| asking(place, day, condition));
        // A name that cannot be asked for leaves everybody outside.
        let asking = self.with_sentences(&sentences.collect::<String>());
        let Some(program) = asking.program() else { return Ok(Standing::default()) };
        let mut hearing = Hearing { program, many: conditions.len(), heard: Heard::new() };
        let options = engine::Options { as_of: Some(day), ..options.clone() };
        let assumed = Assumptions { response: Vec::new(), ..assumed.clone() };
        engine::run(program, history, &assumed, &options, Some(&mut hearing))?;
        Ok(Standing { asked: conditions.into_iter().map(|(asks, _)| asks).collect(), heard: hearing.heard })
    }

    /// The program with further sentences.
    fn with_sentences(&self, sentences: &str) -> Self {
        let main = self.texts.main();
        let text = format!("{}\n{sentences}", main.text);
        Self::load(SourceFile::new(main.name, main.path, text), &mut self.texts.clone(), &self.params)
    }

    /// For every rung with a threshold in numbers: that its measure comes to a share of it.
    fn thresholds(&self, program: &Program, day: Date) -> Vec<(Asks, String)> {
        let declared = self.ast.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Tiers(tiers) => Some(tiers),
            _ => None,
        });
        let mut all = Vec::new();
        for tiers in declared {
            let named = |ladder: &&crate::program::Ladder| ladder.name.as_deref() == tiers.name.as_ref().map(|name| name.node.as_str());
            let Some(ladder) = program.ladders.iter().position(|ladder| named(&ladder)) else { continue };
            for row in &tiers.rows {
                let rungs = program.ladders.get(ladder).map_or(&[][..], |ladder| &ladder.rungs);
                let Some(rung) = rungs.iter().position(|rung| rung.name == row.name.node && rung.from.is_some()) else { continue };
                for (share, percent) in NEAR.into_iter().enumerate() {
                    let stands = |condition: &String| self.with_sentences(&asking(0, day, condition)).program().is_some();
                    let forms = self.reaches(program, tiers, row, percent);
                    if let Some(condition) = forms.into_iter().find(stands) {
                        all.push((Asks::Near { ladder, rung, share }, condition));
                    }
                }
            }
        }
        all
    }

    /// `if spend in last 12 months is at least 450 EUR`, with what is counted behind the number and without.
    fn reaches(&self, program: &Program, tiers: &TiersDecl, row: &TierRow, percent: i128) -> Vec<String> {
        let measure = self.sources.text(tiers.measure.span).trim();
        let text = self.sources.text(row.span);
        let Some((_, from)) = text.split_once(" from ") else { return Vec::new() };
        let from = from.split(" or ").next().unwrap_or_default().trim();
        let (number, unit) = from.split_once(' ').unwrap_or((from, ""));
        let scale = if unit == program.currency.code { program.currency.decimals } else { 0 };
        let least = || -> Option<Decimal> {
            let whole = Exact::try_from(Decimal::parse(number)?).ok()?;
            let part = whole.times(Exact::ratio(percent.checked_mul(10_i128.checked_pow(scale.into())?)?, 100).ok()?).ok()?;
            Some(Decimal::new(part.round(Rounding::Up).ok()?, scale).normal())
        };
        least().map_or_else(Vec::new, |least| {
            let bare = format!("if {measure} is at least {least}");
            vec![format!("{bare} {unit}").trim_end().to_owned(), bare]
        })
    }
}

/// A sentence that asks on a day.
fn asking(place: usize, day: Date, condition: &str) -> String {
    format!("rule \"{}\" on {day} notify \"asked\" {condition}\n", name(place))
}
