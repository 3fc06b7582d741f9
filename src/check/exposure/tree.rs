//! The bound as data, for those who read JSON. Amounts are exact: fractions of minor units stand as `n/d`.

use super::words::{money, percent, times};
use super::{Curve, Exposure, Line};
use crate::program::Program;
use crate::source::Sources;
use crate::span::Span;
use crate::value::Exact;
use serde::Serialize;

/// An exposure as a tree of plain values.
#[derive(Clone, Debug, Serialize)]
pub struct Tree {
    /// The sentences that `check` ends with.
    sentences: Vec<String>,
    /// What one full unit of each wallet can bring, in minor units of money.
    unit_values: Vec<UnitValue>,
    per_purchase: Option<BoundTree>,
    per_customer_and_year: Option<BoundTree>,
    /// Why there is no bound.
    without_bound: Vec<Place>,
    occasions: Vec<OccasionTree>,
    budgets: Vec<BudgetTree>,
    prizes: String,
    /// Told beside the bound.
    free_shipping: Vec<Place>,
    price_lists: Vec<Place>,
    /// An example that comes close to the bound of a purchase.
    witness: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct UnitValue {
    wallet: String,
    value: String,
}

#[derive(Clone, Debug, Serialize)]
struct BoundTree {
    /// The largest rate and the sum beside it that together bound every amount.
    rate: String,
    plus: String,
    /// The same for every stretch of amounts, in minor units.
    stretches: Vec<StretchTree>,
    /// What rounding may add, in minor units.
    rounding: Option<String>,
    lines: Vec<Place>,
    who: Vec<String>,
    /// The search for sentences that exclude one another was cut off.
    may_be_too_high: bool,
}

#[derive(Clone, Debug, Serialize)]
struct StretchTree {
    from: i64,
    rate: String,
    plus: String,
}

#[derive(Clone, Debug, Serialize)]
struct Place {
    file: String,
    line: usize,
}

#[derive(Clone, Debug, Serialize)]
struct OccasionTree {
    #[serde(flatten)]
    place: Place,
    /// In minor units.
    value: Option<String>,
    at_most_per_year: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
struct BudgetTree {
    #[serde(flatten)]
    place: Place,
    amount: String,
    per: Option<&'static str>,
}

impl Tree {
    /// With the example that comes close to the bound.
    #[must_use]
    pub fn shown_by(self, witness: Option<String>) -> Self {
        Self { witness, ..self }
    }
}

/// The tree of an exposure.
#[must_use]
pub fn tree(program: &Program, sources: &Sources, exposure: &Exposure) -> Tree {
    let place = |span: &Span| Place {
        file: sources.file(span.file).map_or_else(String::new, |file| file.name.clone()),
        line: sources.place(*span).line,
    };
    let places = |spans: &[Span]| spans.iter().map(place).collect::<Vec<_>>();
    let purchase = exposure.purchase.as_ref().ok();
    let reasons = exposure.purchase.as_ref().err().map_or_else(Vec::new, |list| list.iter().map(|one| one.span()).collect());
    let years = exposure.year.without.iter().map(|(span, _)| *span);
    let mut without: Vec<Span> = reasons.into_iter().chain(years).collect();
    without.sort_by_key(|span| (span.file, span.start));
    without.dedup_by_key(|span| (span.file, span.start));
    Tree {
        sentences: super::sentences(program, sources, exposure).into_iter().map(|line| line.trim_start().to_owned()).collect(),
        unit_values: (program.wallets.iter().zip(&exposure.worths.units))
            .map(|(wallet, value)| UnitValue { wallet: wallet.name.clone(), value: fraction(*value) })
            .collect(),
        per_purchase: purchase.map(|bound| BoundTree {
            rate: percent(bound.pair.rate),
            plus: money(program, bound.pair.fixed),
            stretches: stretches(&bound.curve),
            rounding: Some(fraction(bound.slack)),
            lines: places(&bound.spans),
            who: bound.who.clone(),
            may_be_too_high: bound.summed,
        }),
        per_customer_and_year: exposure.year.curve.as_ref().map(|curve| {
            let pair = super::words::lasting(curve).unwrap_or(Line::NOTHING);
            BoundTree {
                rate: percent(pair.rate),
                plus: money(program, pair.fixed),
                stretches: stretches(curve),
                rounding: None,
                lines: Vec::new(),
                who: Vec::new(),
                may_be_too_high: false,
            }
        }),
        without_bound: places(&without),
        occasions: (exposure.occasions.iter())
            .map(|one| OccasionTree { place: place(&one.span), value: one.value.map(fraction), at_most_per_year: times(one.often) })
            .collect(),
        budgets: (exposure.whole.budgets.iter())
            .map(|(span, amount, per)| BudgetTree {
                place: place(span),
                amount: money(program, Exact::whole(i128::from(*amount))),
                per: per.map(crate::program::Period::word),
            })
            .collect(),
        prizes: money(program, exposure.whole.prizes),
        free_shipping: places(&exposure.shipping),
        price_lists: places(&exposure.prices),
        witness: None,
    }
}

fn stretches(curve: &Curve) -> Vec<StretchTree> {
    let all = curve.stretches().iter();
    all.map(|one| StretchTree { from: one.from, rate: fraction(one.line.rate), plus: fraction(one.line.fixed) }).collect()
}

fn fraction(value: Exact) -> String {
    crate::check::types::number_words(value)
}
