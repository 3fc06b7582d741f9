//! The tables of a report.

use super::metrics::behaviour::Months;
use super::metrics::{Inputs, rule_id, tiers as all_tiers, unit_of};
use super::model::{CohortRow, Ends, MonthRow, RuleRow, TierRow};
use crate::engine::totals::{RuleTotals, TierTotals, Totals};
use crate::program::Program;
use crate::source::Sources;
use crate::span::Span;
use crate::value::{Checked, Exact, Overflow, Rounding};

/// One row a tier.
pub(super) fn tiers(program: &Program, runs: &[&Totals]) -> Vec<TierRow> {
    let row = |tier: crate::program::TierId| {
        let rung = |totals: &Totals| -> TierTotals {
            let ladder = totals.tiers.get(tier.ladder.index());
            ladder.and_then(|ladder| ladder.get(usize::from(tier.rung))).copied().unwrap_or_default()
        };
        let ends = |of: fn(TierTotals) -> i128| Ends::of(runs.iter().map(|totals| of(rung(totals))));
        TierRow {
            ladder: program.ladders.get(tier.ladder.index()).and_then(|ladder| ladder.name.clone()),
            tier: program.tier_name(tier).to_owned(),
            members: ends(|t| i128::from(t.members)),
            purchases: ends(|t| i128::from(t.purchases)),
            sales: ends(|t| t.sales),
            reached: ends(|t| i128::from(t.reached)),
            lost: ends(|t| i128::from(t.lost)),
        }
    };
    all_tiers(program).into_iter().map(row).collect()
}

/// A sentence that gives something, before its sums.
struct Given<'a> {
    id: String,
    text: &'a str,
    span: Span,
    kind: &'static str,
    list: fn(&Totals) -> &Vec<RuleTotals>,
    index: usize,
}

fn givers(program: &Program) -> Vec<Given<'_>> {
    let mut all = Vec::new();
    for (index, rule) in program.rules.iter().enumerate() {
        all.push(Given { id: rule_id(rule), text: &rule.label, span: rule.span, kind: "rule", list: |t| &t.rules, index });
    }
    for (index, exchange) in program.exchanges.iter().enumerate() {
        all.push(Given {
            id: rule_id(&exchange.rule),
            text: &exchange.rule.label,
            span: exchange.rule.span,
            kind: "exchange",
            list: |t| &t.exchanges,
            index,
        });
    }
    for (index, reward) in program.rewards.iter().enumerate() {
        all.push(Given {
            id: rule_id(&reward.rule),
            text: &reward.rule.label,
            span: reward.rule.span,
            kind: "reward",
            list: |t| &t.rewards,
            index,
        });
    }
    for (index, redeem) in program.redeems.iter().enumerate() {
        let id = format!("redeem {}", index.saturating_add(1));
        all.push(Given { id, text: &redeem.label, span: redeem.span, kind: "redeem", list: |t| &t.redeems, index });
    }
    all
}

/// One row a sentence that gives something.
pub(super) fn rules(inputs: &Inputs, sources: Option<&Sources>, runs: &[&Totals]) -> Checked<Vec<RuleRow>> {
    let program = inputs.program;
    let givers = givers(program);
    let shares = runs.iter().map(|totals| shares(inputs, totals, &givers)).collect::<Checked<Vec<_>>>()?;
    let row = |(at, given): (usize, &Given)| {
        let of = |totals: &&Totals| (given.list)(totals).get(given.index).cloned().unwrap_or_default();
        let sums: Vec<RuleTotals> = runs.iter().map(of).collect();
        let ends = |of: fn(&RuleTotals) -> i128| Ends::of(sums.iter().map(of));
        let wallet = |(index, wallet): (usize, &crate::program::Wallet)| {
            let units = Ends::of(sums.iter().map(|sum| sum.wallets.get(index).copied().unwrap_or(0)));
            (units != Ends::default()).then(|| (wallet.name.clone(), unit_of(wallet), units))
        };
        RuleRow {
            id: given.id.clone(),
            text: given.text.to_owned(),
            place: sources.map(|sources| sources.line_of(given.span)),
            kind: given.kind,
            fired: ends(|r| i128::from(r.fired)),
            discount: ends(|r| r.discount),
            wallets: program.wallets.iter().enumerate().filter_map(wallet).collect(),
            gifts: ends(|r| i128::from(r.gifts)),
            vouchers: ends(|r| i128::from(r.vouchers)),
            cost: ends(|r| r.cost),
            cut: ends(|r| r.cut),
            share: Ends::of(shares.iter().map(|run| run.get(at).copied().unwrap_or(0))),
        }
    };
    Ok(givers.iter().enumerate().map(row).collect())
}

/// What each sentence costs in one run: what it took off, what its gifts cost, and of what its wallets paid, the part that
/// it issued. What a wallet pays is counted where it was issued and not where it was redeemed.
fn shares(inputs: &Inputs, totals: &Totals, givers: &[Given]) -> Checked<Vec<i128>> {
    let sums: Vec<&RuleTotals> = givers.iter().filter_map(|given| (given.list)(totals).get(given.index)).collect();
    let reward_cost = Exact::try_from(inputs.reward_cost())?;
    let mut shares = Vec::with_capacity(givers.len());
    for given in givers {
        let Some(sum) = (given.list)(totals).get(given.index) else {
            shares.push(0);
            continue;
        };
        let mut share = if given.kind == "redeem" { 0 } else { sum.discount.checked_add(sum.cost).ok_or(Overflow)? };
        for (index, wallet) in totals.wallets.iter().enumerate() {
            let units = |rule: &RuleTotals| rule.wallets.get(index).copied().unwrap_or(0).max(0);
            let all = sums.iter().try_fold(0_i128, |all, rule| all.checked_add(units(rule)).ok_or(Overflow))?;
            if units(sum) > 0 && given.kind != "redeem" {
                let part = Exact::ratio(units(sum), all)?.times(Exact::whole(wallet.redeemed_value))?.times(reward_cost)?;
                share = share.checked_add(part.round(Rounding::HalfUp)?).ok_or(Overflow)?;
            }
        }
        shares.push(share);
    }
    Ok(shares)
}

/// `1997-01`, counted from a first month.
fn name(first: (i32, u8), index: usize) -> String {
    let months = i64::from(first.0).saturating_mul(12).saturating_add(i64::from(first.1)).saturating_sub(1);
    let months = months.saturating_add(i64::try_from(index).unwrap_or(0));
    format!("{:04}-{:02}", months.div_euclid(12), months.rem_euclid(12).saturating_add(1))
}

/// Whether the window holds the whole month.
fn whole(months: &Months, index: usize) -> bool {
    let last = months.rows.len().saturating_sub(1);
    (index > 0 || months.whole.0) && (index < last || months.whole.1)
}

/// One row a month.
pub(super) fn months(months: &Months) -> Vec<MonthRow> {
    let row = |(index, month): (usize, &super::metrics::behaviour::Month)| MonthRow {
        month: name(months.first, index),
        complete: whole(months, index),
        purchases: month.purchases,
        sales: month.sales,
        buyers: month.buyers,
        new_customers: month.new_customers,
        kept: month.kept,
    };
    months.rows.iter().enumerate().map(row).collect()
}

/// One row for the customers of each month; months that the window does not hold whole are masked, except that of the
/// first purchase, which counts the customers.
pub(super) fn cohorts(months: &Months) -> Vec<CohortRow> {
    let width = months.rows.len();
    let mut rows = Vec::new();
    for (cohort, month) in months.rows.iter().enumerate().filter(|(_, month)| month.new_customers > 0) {
        let cells = months.cohorts.iter().skip(cohort.saturating_mul(width)).take(width).enumerate().skip(cohort);
        let shown: Vec<(bool, (u64, i128))> = cells.map(|(index, cell)| (index == cohort || whole(months, index), *cell)).collect();
        rows.push(CohortRow {
            month: name(months.first, cohort),
            customers: month.new_customers,
            buyers: shown.iter().map(|(shown, cell)| shown.then_some(cell.0)).collect(),
            sales: shown.iter().map(|(shown, cell)| shown.then_some(cell.1)).collect(),
        });
    }
    rows
}
