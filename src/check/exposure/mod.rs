//! What a program gives away at most, from its text alone: on a purchase, to a customer in a year, in all.
//!
//! The bound is never too low: what cannot be known counts as the most it can be. `worth` says what units bring, `parts`
//! takes sentences apart, `purchase` finds the most that sets of them give together, `year` what a year lets through,
//! `words` says it.

mod capped;
mod clauses;
mod cliques;
pub mod curve;
mod given;
mod goals;
mod meeting;
mod parts;
mod purchase;
mod tree;
mod whole;
mod words;
mod worth;
mod year;

pub(crate) use clauses::by_purchase;
pub use curve::{Curve, Line, Stretch};
pub use goals::check_goals;
pub use parts::Unbounded;
pub use tree::{Tree, tree};
pub use whole::Whole;
pub(crate) use words::{Say, percent};
pub use words::{answer, sentences};
pub use worth::{Pump, Worths};

use crate::program::{Expr, Program, Rule, RuleId, WalletId, When};
use crate::span::Span;
use crate::value::{Checked, Date, Exact, Rounding};

/// What a program gives away at most.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// What units are worth.
    pub worths: Worths,
    /// A round trip of exchanges that gains.
    pub pump: Option<Pump>,
    /// On a purchase.
    pub purchase: Result<PerPurchase, Vec<Unbounded>>,
    /// Of a customer and year.
    pub year: PerYear,
    /// What is given beside purchases.
    pub occasions: Vec<Occasion>,
    /// What the program gives in all.
    pub whole: Whole,
    /// Sentences that take off shipping, told beside the bound.
    pub shipping: Vec<Span>,
    /// Price lists: what they take off depends on the till's price.
    pub prices: Vec<Span>,
}

/// The bound of a purchase.
#[derive(Clone, Debug)]
pub struct PerPurchase {
    /// In minor units, by the recorded amount.
    pub curve: Curve,
    /// What rounding may add.
    pub slack: Exact,
    /// The largest rate, and the sum beside it with which it bounds every amount.
    pub pair: Line,
    /// What it never exceeds, where it does not grow without end.
    pub most: Option<Exact>,
    /// The largest share of any purchase, where there is one.
    pub share: Option<Exact>,
    /// The sentences that make the most of it.
    pub spans: Vec<Span>,
    /// Their rules, by place in [`Program::rules`].
    pub rules: Vec<RuleId>,
    /// The same with the conditions of their rows.
    pub makers: Vec<Rule>,
    /// Who reaches it, in words.
    pub who: Vec<String>,
    /// The search for sentences that exclude one another was cut off: it may be too high.
    pub summed: bool,
}

/// The bound of a customer and year.
#[derive(Clone, Debug, Default)]
pub struct PerYear {
    /// In minor units, by what is spent in the year; `None` without a bound.
    pub curve: Option<Curve>,
    /// The sentences without a bound, and what each gives at a time.
    pub without: Vec<(Span, Option<Exact>)>,
}

/// Something that gives beside purchases.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub span: Span,
    /// In minor units; `None` without a bound.
    pub value: Option<Exact>,
    pub often: Often,
    /// The wallet, if it gives nothing else.
    pub only: Option<WalletId>,
}

/// How often something comes in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    AtMost(i64),
    NoBound,
}

/// The exposure of a program; `None` where its numbers are too large to reckon with.
#[must_use]
pub fn exposure(program: &Program) -> Option<Exposure> {
    reckon(program).ok()
}

fn reckon(program: &Program) -> Checked<Exposure> {
    let (worths, pump) = worth::worths(program)?;
    let parts = parts::parts(program, &worths)?;
    let occasions = year::occasions(program, &worths)?;
    let whole = whole::whole(program)?;
    let (purchase, year) = if parts.unbounded.is_empty() {
        let all: Vec<usize> = (0..parts.list.len()).collect();
        let found = purchase::bound(program, &worths, &parts.list, &all)?;
        let year = year::bound(program, &worths, &parts.list, &occasions)?;
        (Ok(per_purchase(program, &parts.list, found)?), PerYear { curve: year.curve, without: year.without })
    } else {
        let without = parts.unbounded.iter().map(|one| (one.span(), None)).collect();
        (Err(parts.unbounded), PerYear { curve: None, without })
    };
    Ok(Exposure { worths, pump, purchase, year, occasions, whole, shipping: parts.shipping, prices: parts.prices })
}

fn per_purchase(program: &Program, parts: &[parts::Part], found: purchase::Found) -> Checked<PerPurchase> {
    let mut pair = found.plain.pair()?;
    // Fractions of a minor unit by rounding are no part of the words unless they are felt.
    if is_felt(program, found.slack)? {
        pair.fixed = pair.fixed.plus(found.slack)?;
    }
    let mut spans: Vec<Span> = Vec::new();
    let mut rules = Vec::new();
    let makers: Vec<&parts::Part> = found.makers.iter().filter_map(|at| parts.get(*at)).collect();
    for part in &makers {
        if !spans.iter().any(|span| span.range() == part.rule.span.range() && span.file == part.rule.span.file) {
            spans.push(part.rule.span);
            rules.push(part.rule.id);
        }
    }
    Ok(PerPurchase {
        most: found.plain.most()?,
        share: found.curve.largest_share()?.filter(|share| *share < curve::ONE),
        who: words::who(program, &makers),
        makers: makers.iter().map(|part| part.rule.clone()).collect(),
        pair,
        slack: found.slack,
        curve: found.curve,
        spans,
        rules,
        summed: found.cut_off,
    })
}

/// Whether what rounding adds is more than a twentieth of the currency.
fn is_felt(program: &Program, slack: Exact) -> Checked<bool> {
    let one = i128::from(10_i64.pow(u32::from(program.currency.decimals.min(9))));
    Ok(slack > Exact::ratio(one, 20)?)
}

impl PerPurchase {
    /// What the figures that are printed let a purchase of an amount have.
    pub(crate) fn said(&self, amount: i64) -> Checked<Exact> {
        let amount = Exact::whole(i128::from(amount));
        let both = self.pair.rate.times(amount)?.plus(self.pair.fixed)?;
        let together = self.share.map(|share| share.times(amount)).transpose()?;
        Ok([self.most, together].into_iter().flatten().fold(both, Exact::min))
    }

    /// The most that a purchase of an amount gives away, in minor units.
    ///
    /// # Errors
    /// [`crate::value::Overflow`] where the integers do not suffice.
    pub fn at(&self, amount: i64) -> Checked<Exact> {
        self.curve.at(amount)?.plus(self.slack)
    }
}

/// Whether a day passes a clause; days of customers may be any.
pub(crate) fn meets_day(program: &Program, when: &When, day: Date) -> bool {
    super::conflict::on_day(program, when, day)
}

/// The number that a calculation without facts comes to.
pub(crate) fn folded(expr: &Expr) -> Option<Exact> {
    super::types::fold(expr)
}

/// Minor units as money, rounded up.
pub(crate) fn said_money(program: &Program, minor: Exact) -> String {
    words::money(program, minor)
}

/// Minor units, rounded up to whole ones.
pub(crate) fn ceiling(value: Exact) -> i128 {
    value.round(Rounding::Up).unwrap_or(i128::MAX)
}
