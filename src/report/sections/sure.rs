//! How sure: which assumption moves the result how far, and where it lies when all of them are drawn from their ranges.

use crate::assumptions::{Assumptions, Range};
use crate::engine::drawn;
use crate::engine::totals::Totals;
use crate::report::build::window;
use crate::report::deep::Varied;
use crate::report::metrics::{CostParts, Days, Inputs, cost_parts, months};
use crate::report::model::{Claim, Column, Label, Picture, Section, Table, Unit, Value};
use crate::report::write::format::{count, money, percent};
use crate::value::{Checked, Decimal, Exact, Overflow, Rounding};

/// Draws where a file does not say how many.
const RUNS: u32 = 200;
/// Fractions are drawn in billionths.
const PARTS: u8 = 9;

/// What profit and cost are made of, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    redeemed: i128,
    other: i128,
    further: i128,
}

impl Parts {
    fn of(inputs: &Inputs, totals: &Totals, further: Option<i128>) -> Checked<Self> {
        let CostParts { discounts, free_shipping, gifts, vouchers, messages, donations, paid_out, .. } = cost_parts(inputs, totals)?;
        let redeemed = totals.wallets.iter().try_fold(0_i128, |sum, wallet| sum.checked_add(wallet.redeemed_value)).ok_or(Overflow)?;
        let other = [discounts, free_shipping, gifts, vouchers, messages, donations, paid_out];
        let other = other.into_iter().try_fold(0_i128, i128::checked_add).ok_or(Overflow)?;
        Ok(Self { redeemed, other, further: further.unwrap_or(0) })
    }

    fn each(self, other: Self, of: impl Fn(i128, i128) -> Option<i128>) -> Checked<Self> {
        let redeemed = of(self.redeemed, other.redeemed).ok_or(Overflow)?;
        let rest = of(self.other, other.other).ok_or(Overflow)?;
        Ok(Self { redeemed, other: rest, further: of(self.further, other.further).ok_or(Overflow)? })
    }
}

/// What is assumed beside the runs: billionths, and minor units a month.
#[derive(Clone, Copy, Debug)]
struct Beside {
    margin: i128,
    reward_cost: i128,
    fixed: i128,
}

/// What is looked at: profit where a response and a margin are assumed, else the cost.
struct Target<'a> {
    inputs: &'a Inputs<'a>,
    profit: bool,
    months: Exact,
}

impl Target<'_> {
    fn value(&self, parts: Parts, beside: Beside) -> Checked<i128> {
        let share = |amount: i128, part: i128| Exact::whole(amount).times(Exact::ratio(part, 1_000_000_000)?);
        let fixed = Exact::whole(beside.fixed).times(self.months)?.round(Rounding::HalfUp)?;
        let redeemed = share(parts.redeemed, beside.reward_cost)?.round(Rounding::HalfUp)?;
        let cost = redeemed.checked_add(parts.other).and_then(|sum| sum.checked_add(fixed)).ok_or(Overflow)?;
        if !self.profit {
            return Ok(cost);
        }
        share(parts.further, beside.margin)?.minus(Exact::whole(cost))?.round(Rounding::HalfUp)
    }

    fn name(&self) -> &'static str {
        if self.profit { "profit" } else { "cost" }
    }
}

/// A thing with a range: how far it moves what is beside the runs, or the runs themselves.
enum Moved {
    Margin(Range<i128>),
    RewardCost(Range<i128>),
    Fixed(Range<i128>),
    /// The parts at its low and its high end.
    Runs(Parts, Parts),
}

fn billionths(range: Range<Decimal>) -> Checked<Range<i128>> {
    let one = |d: Decimal| d.rounded_to_scale(PARTS, Rounding::HalfUp).map(i128::from);
    Ok(Range { low: one(range.low)?, base: one(range.base)?, high: one(range.high)? })
}

/// The section; nothing where nothing that is assumed has a range or is to be drawn.
pub(super) fn section(inputs: &Inputs, base: &Totals, further: Option<i128>, varied: &[Varied]) -> Section {
    let mut section = Section::new("sure", "How sure", Label::Assumed);
    section.folded = true;
    let Some(assumed) = inputs.assumptions else { return section };
    let is_drawn = assumed.runs.is_some()
        || assumed.is_open()
        || assumed.margin.is_some_and(|margin| margin.is_open())
        || assumed.reward_cost.is_open()
        || assumed.fixed_cost_per_month.is_some_and(|cost| cost.is_open());
    if is_drawn && let Ok((claims, tables)) = told(inputs, assumed, (base, further), varied) {
        (section.claims, section.tables) = (claims, tables);
    }
    section
}

fn told(
    inputs: &Inputs,
    assumed: &Assumptions,
    (base, further): (&Totals, Option<i128>),
    varied: &[Varied],
) -> Checked<(Vec<Claim>, Vec<Table>)> {
    let target = Target { inputs, profit: further.is_some() && assumed.margin.is_some(), months: months(inputs.behaviour.life.length())? };
    let parts = Parts::of(inputs, base, further)?;
    let money_range = |range: Range<i64>| Range { low: i128::from(range.low), base: i128::from(range.base), high: i128::from(range.high) };
    let margin = billionths(assumed.margin.unwrap_or_default())?;
    let reward_cost = billionths(assumed.reward_cost)?;
    let fixed = assumed.fixed_cost_per_month.map_or(Range::sure(0), money_range);
    let beside = Beside { margin: margin.base, reward_cost: reward_cost.base, fixed: fixed.base };
    let mut moved: Vec<(String, Moved)> = Vec::new();
    if target.profit && margin.is_open() {
        moved.push(("margin".to_owned(), Moved::Margin(margin)));
    }
    if reward_cost.is_open() {
        moved.push(("reward cost".to_owned(), Moved::RewardCost(reward_cost)));
    }
    if fixed.is_open() {
        moved.push(("fixed cost".to_owned(), Moved::Fixed(fixed)));
    }
    for each in varied {
        let [low, high] = &each.ends;
        let ends = (Parts::of(inputs, &low.0, low.1)?, Parts::of(inputs, &high.0, high.1)?);
        moved.push((each.name.clone(), Moved::Runs(ends.0, ends.1)));
    }
    let tornado = tornado(&target, parts, beside, &moved)?;
    let (claims, draws) = draws(&target, assumed, (parts, beside), &moved)?;
    Ok((claims, vec![tornado, draws]))
}

fn tornado(target: &Target, parts: Parts, beside: Beside, moved: &[(String, Moved)]) -> Checked<Table> {
    let mut rows = Vec::new();
    for (name, moved) in moved {
        let ends = match moved {
            Moved::Margin(range) => [range.low, range.high].map(|margin| target.value(parts, Beside { margin, ..beside })),
            Moved::RewardCost(range) => [range.low, range.high].map(|reward_cost| target.value(parts, Beside { reward_cost, ..beside })),
            Moved::Fixed(range) => [range.low, range.high].map(|fixed| target.value(parts, Beside { fixed, ..beside })),
            Moved::Runs(low, high) => [low, high].map(|parts| target.value(*parts, beside)),
        };
        let [low, high] = ends;
        let (low, high) = (low?, high?);
        rows.push((low.checked_sub(high).ok_or(Overflow)?.abs(), name.clone(), low, high));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let name = target.name();
    Ok(Table {
        id: "tornado".to_owned(),
        title: format!("How far each assumption alone moves the {name}"),
        label: Label::Assumed,
        assumes: Vec::new(),
        definition: format!("the {name} with one assumption at an end of its range and all others at their base; by how far, then by name"),
        window: window(Days::Life, target.inputs.behaviour),
        columns: vec![
            Column::text("assumption", "assumption"),
            Column::new("low", "at its low end", Unit::Money),
            Column::new("high", "at its high end", Unit::Money),
            Column::new("swing", "apart", Unit::Money),
        ],
        reason: rows.is_empty().then(|| "nothing that it depends on has a range".to_owned()),
        rows: rows
            .into_iter()
            .map(|(swing, name, low, high)| vec![Value::Text(name), Value::whole(low), Value::whole(high), Value::whole(swing)])
            .collect(),
        picture: Some(Picture::Spans(1, 2)),
    })
}

/// A value of a triangular distribution by the inverse of its cumulative one; `u` over 2^48 is the draw.
fn triangular(range: Range<i128>, u: i128) -> Checked<i128> {
    const ONE: i128 = 1 << 48;
    let width = range.high.checked_sub(range.low).ok_or(Overflow)?;
    let left = range.base.checked_sub(range.low).ok_or(Overflow)?;
    let right = range.high.checked_sub(range.base).ok_or(Overflow)?;
    let reach = |share: i128, side: i128| -> Checked<i128> {
        let square = share.checked_mul(width).and_then(|product| product.checked_mul(side)).ok_or(Overflow)? / ONE;
        i128::try_from(square.unsigned_abs().isqrt()).map_err(|_| Overflow)
    };
    if u.checked_mul(width).ok_or(Overflow)? < left.checked_mul(ONE).ok_or(Overflow)? {
        range.low.checked_add(reach(u, left)?).ok_or(Overflow)
    } else {
        range.high.checked_sub(reach(ONE.checked_sub(u).ok_or(Overflow)?, right)?).ok_or(Overflow)
    }
}

/// Parts between those of three runs, as far from the base as a draw says, in billionths: below zero towards the low end.
fn between(base: Parts, low: Parts, high: Parts, at: i128) -> Checked<Parts> {
    let end = if at < 0 { low } else { high };
    let away = end.each(base, i128::checked_sub)?;
    away.each(Parts::default(), |part, _| part.checked_mul(at.abs())?.checked_div(1_000_000_000))
}

fn draws(
    target: &Target,
    assumed: &Assumptions,
    (parts, beside): (Parts, Beside),
    moved: &[(String, Moved)],
) -> Checked<(Vec<Claim>, Table)> {
    let runs = assumed.runs.unwrap_or(RUNS);
    let mut values = Vec::with_capacity(usize::try_from(runs).unwrap_or(0));
    for run in 1..=runs {
        let (mut parts, mut beside) = (parts, beside);
        let base = parts;
        for (name, moved) in moved {
            let u = i128::from(drawn(&format!("{}|{name}|{run}", assumed.seed)) >> 16);
            match moved {
                Moved::Margin(range) => beside.margin = triangular(*range, u)?,
                Moved::RewardCost(range) => beside.reward_cost = triangular(*range, u)?,
                Moved::Fixed(range) => beside.fixed = triangular(*range, u)?,
                Moved::Runs(low, high) => {
                    let at = triangular(Range { low: -1_000_000_000, base: 0, high: 1_000_000_000 }, u)?;
                    parts = parts.each(between(base, *low, *high, at)?, i128::checked_add)?;
                }
            }
        }
        values.push(target.value(parts, beside)?);
    }
    values.sort_unstable();
    let rank = |percent: usize| {
        let rank = values.len().saturating_mul(percent).div_ceil(100).max(1);
        values.get(rank.saturating_sub(1)).copied().unwrap_or(0)
    };
    let above = values.iter().filter(|value| **value > 0).count();
    let currency = &target.inputs.program.currency;
    let name = target.name();
    let write = |minor: i128| money(Exact::whole(minor), currency);
    let mut text = format!(
        "Over {} draws of what is assumed (triangular between low, base and high) the {name} lies between {} and {} in 90 of 100; half lie \
         above {}.",
        count(i128::from(runs)),
        write(rank(5)),
        write(rank(95)),
        write(rank(50))
    );
    if target.profit {
        let share = Exact::ratio(i128::try_from(above).map_err(|_| Overflow)?, i128::from(runs))?;
        text.push_str(&format!(" {} of them make a profit.", percent(share)));
    }
    let rows = [5, 10, 25, 50, 75, 90, 95].map(|percent| vec![Value::Text(format!("P{percent}")), Value::whole(rank(percent))]);
    let table = Table {
        id: "draws".to_owned(),
        title: format!("Where the {name} lies when everything that is assumed is drawn from its range"),
        label: Label::Assumed,
        assumes: Vec::new(),
        definition:
            "triangular by the inverse distribution, from the draws seed|NAME|run; what the engine runs under is taken between its runs \
                     at low, base and high, as if effects added up; quantiles by nearest rank"
                .to_owned(),
        window: window(Days::Life, target.inputs.behaviour),
        columns: vec![Column::text("quantile", "quantile"), Column::new("value", name, Unit::Money)],
        rows: rows.to_vec(),
        picture: Some(Picture::Lines(vec![1])),
        reason: None,
    };
    Ok((vec![Claim::new(text, Label::Assumed, &["draws"])], table))
}
