//! Sentences about a report: what is assumed, what was rejected, and what is worth knowing before relying on it.

use super::build::{About, Runs};
use super::metrics::Inputs;
use super::model::{Ends, NotUsed, Report, Rows};
use super::write::format::{count, day, percent, span};
use crate::assumptions::{Assumptions, LowBaseHigh, Range, Redemption, RedemptionRule, Who};
use crate::history::{Accounting, Reason};
use crate::program::{Expiry, Program};
use crate::value::{Checked, Currency, Decimal, Exact, Rounding};
use std::collections::BTreeMap;

impl Rows {
    /// All files together.
    #[must_use]
    pub fn of(accounting: &Accounting, currency: &Currency) -> Self {
        let total = accounting.total();
        let reasons = accounting.reasons().into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
        let all = accounting.files.iter().flat_map(|file| file.reasons.iter().chain(&file.left_out));
        let mut not_used: BTreeMap<&str, (&Reason, u64, Option<i64>)> = BTreeMap::new();
        for (words, reason) in all {
            let (_, count, money) = not_used.entry(words).or_insert((reason, 0, None));
            *count = count.saturating_add(reason.count);
            *money = reason.money.map(|more| money.unwrap_or(0).saturating_add(more)).or(*money);
        }
        let plain = |minor: i64| Decimal::new(i128::from(minor), currency.decimals).to_string();
        let not_used = not_used.into_iter().map(|(words, (reason, rows, money))| NotUsed {
            id: reason.id.clone(),
            words: words.to_owned(),
            rows,
            money: money.map(plain),
        });
        Self {
            read: total.read,
            used: total.used,
            duplicate: total.duplicate,
            rejected: total.rejected,
            left_out: total.left_out,
            reasons,
            not_used: not_used.collect(),
        }
    }
}

/// For each reason why rows are not used, how many there are, their money, and where the first of them stand.
#[must_use]
pub fn rejected(accounting: &Accounting, currency: &Currency) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &accounting.files {
        for (reason, rows) in file.reasons.iter().chain(&file.left_out) {
            let shown = rows.first.iter().map(|sample| match (sample.column.as_str(), sample.value.as_str()) {
                ("", "") => format!("row {}", sample.row),
                ("", value) => format!("row {} \"{value}\"", sample.row),
                (column, value) => format!("row {} {column} \"{value}\"", sample.row),
            });
            let shown: Vec<String> = shown.collect();
            let more = if rows.count > u64::try_from(shown.len()).unwrap_or(u64::MAX) { " …" } else { "" };
            let places = if shown.is_empty() { String::new() } else { format!(" ({}{more})", shown.join(", ")) };
            let name = file.file.rsplit(['/', '\\']).next().unwrap_or_default();
            let money = rows.money.map(|minor| format!(", {}", super::write::format::money(Exact::whole(i128::from(minor)), currency)));
            let money = money.unwrap_or_default();
            lines.push(format!("{name}, {}: {} × {reason}{money}{places}", file.table, count(rows.count)));
        }
    }
    lines
}

/// `35%`
fn rate(d: Decimal) -> String {
    Exact::try_from(d).map_or_else(|_| d.to_string(), percent)
}

/// What a file assumes, one sentence each.
pub(super) fn assumed(assumptions: &Assumptions, program: &Program) -> Vec<String> {
    let mut all = Vec::new();
    let range = |r: LowBaseHigh| {
        if r.low == r.high { rate(r.base) } else { format!("{} ({} to {})", rate(r.base), rate(r.low), rate(r.high)) }
    };
    if let Some(margin) = assumptions.margin {
        all.push(format!("Margin of sales: {}.", range(margin)));
    }
    let money = |r: Range<i64>| {
        let one = |minor: i64| super::write::format::money(Exact::whole(i128::from(minor)), &program.currency);
        if r.is_open() { format!("{} ({} to {})", one(r.base), one(r.low), one(r.high)) } else { one(r.base) }
    };
    if assumptions.reward_cost != Range::sure(Decimal::whole(1)) {
        all.push(format!("What a unit of reward value costs the firm: {}.", range(assumptions.reward_cost)));
    }
    if let Some(fixed) = assumptions.fixed_cost_per_month {
        all.push(format!("Fixed cost: {} a month.", money(fixed)));
    }
    for (cost, what) in
        [(assumptions.acquisition_cost, "To win a new customer"), (assumptions.retention_cost, "To keep a customer for a year")]
    {
        all.extend(cost.map(|cost| format!("{what}: {}.", money(cost))));
    }
    all.extend(assumptions.discount_rate.map(|discount| format!("Discount rate: {} a year.", range(discount))));
    for response in &assumptions.response {
        let who = match response.who {
            Who::Everyone => "Members".to_owned(),
            Who::Tier(tier) => format!("Members in tier {}", program.tier_name(tier)),
            Who::Segment(segment) => {
                format!("Members in \"{}\"", program.segments.get(segment.index()).map_or("", |segment| segment.name.as_str()))
            }
        };
        let pulled = assumptions.pull_forward;
        let forward = if pulled == LowBaseHigh::default() {
            String::new()
        } else {
            format!("; {} of these take the place of the customer's next one", range(pulled))
        };
        all.push(format!("{who} make {} more purchases{forward}.", range(response.more)));
    }
    all.extend(assumptions.redemption.iter().map(|rule| redemption(rule, program)));
    if let Some((low, high)) = &assumptions.redemption_ends {
        for (end, rules) in [("low", low), ("high", high)] {
            all.extend(rules.iter().map(|rule| format!("At the {end} end of the range: {}", redemption(rule, program))));
        }
    }
    if program.grants_vouchers() {
        if let Some(used) = assumptions.vouchers_range {
            all.push(format!("Vouchers used: {}.", range(used)));
        } else if !assumptions.redemption.is_empty() && assumptions.vouchers_used.is_zero() {
            all.push("Vouchers: only those are used that the history records, as `redemption` says of the rest.".to_owned());
        } else if !assumptions.redemption.is_empty() {
            all.push("Vouchers: all are used at the first chance, as `vouchers used` says nothing else.".to_owned());
        }
    }
    if let Some(collected) = assumptions.gifts_range.filter(|_| program.lets_collect()) {
        all.push(format!("Gifts collected: {}.", range(collected)));
    }
    all
}

fn redemption(rule: &RedemptionRule, program: &Program) -> String {
    let wallet = rule.wallet.and_then(|wallet| program.wallets.get(wallet.index()));
    let segment = rule.segment.and_then(|segment| program.segments.get(segment.index()));
    let who = segment.map_or_else(|| "Members".to_owned(), |segment| format!("Members in \"{}\"", segment.name));
    let what = wallet.map_or_else(String::new, |wallet| format!(" {}", wallet.name));
    let policy = |policy: Redemption| match policy {
        Redemption::Never => "never".to_owned(),
        Redemption::AsSoonAsPossible => "as soon as possible".to_owned(),
        Redemption::WhenBalanceReaches(units) => {
            let full = Decimal::new(i128::from(units), wallet.map_or(0, |wallet| wallet.scale)).normal();
            format!("when the balance reaches {full}")
        }
        Redemption::WithProbability(p) => format!("with a probability of {} at each purchase", rate(p)),
        Redemption::AsRecorded => "as recorded in the history".to_owned(),
        Redemption::ShareOfUnits(share) => format!("{} of every lot at the first chance and the rest never", rate(share)),
    };
    let mixture: Vec<String> = match rule.mixture.as_slice() {
        [(_, only)] => vec![policy(*only)],
        several => several.iter().map(|(share, each)| format!("{} of them {}", rate(*share), policy(*each))).collect(),
    };
    format!("{who} redeem{what} {}.", mixture.join(", "))
}

/// What a reader should know.
pub(super) fn worth_knowing(inputs: &Inputs, report: &Report, about: &About) -> Checked<Vec<String>> {
    let runs = about.runs;
    let mut notes = about.remarks.to_vec();
    rows_left_out(report, &mut notes);
    two_runs(report, &mut notes);
    gap(about, &mut notes);
    notes.extend(about.observed.whole.lacking.iter().cloned());
    unclaimed(inputs, about, &mut notes);
    notes.extend(about.observed.whole.alike.clone());
    immature(inputs, runs, &mut notes)?;
    members_only(inputs, report, runs, &mut notes)?;
    refused(runs, &mut notes);
    let behaviour = inputs.behaviour;
    let revenue = behaviour.revenue()?;
    if behaviour.anonymous > 0 && revenue > 0 {
        let share = percent(Exact::ratio(behaviour.anonymous_sales, revenue)?);
        notes.push(format!(
            "{} no customer: {share} of revenue, which nobody can be rewarded for.",
            counted(behaviour.anonymous, "purchase names", "purchases name")
        ));
    }
    if inputs.answers.invalid > 0 {
        notes.push(format!(
            "{} no whole number of the scale and count for nothing.",
            counted(inputs.answers.invalid, "answer to the survey is", "answers to the survey are")
        ));
    }
    notes.extend(report.history.notes.iter().cloned());
    Ok(notes)
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// The ends of the envelope are runs, and a program need not lie between them.
fn two_runs(report: &Report, notes: &mut Vec<String>) {
    let Some((never, soon)) = report.ends.filter(|_| report.metrics.iter().any(|metric| metric.cell.runs.is_some())) else { return };
    notes.push(format!(
        "Where two figures stand, they are those of two runs: {never}, and {soon}. They are no bounds: what people do in between can \
         lie outside. An assumptions file can say what they do (--assume)."
    ));
}

/// What could not be read is not in any figure.
fn rows_left_out(report: &Report, notes: &mut Vec<String>) {
    let rows = &report.history.rows;
    if rows.rejected > 0 {
        let were = counted(rows.rejected, "row of the history could", "rows of the history could");
        notes.push(format!("{were} not be used, of {}: no figure counts them.", count(rows.read)));
    }
}

/// A catalogue costs only what is claimed of it.
fn unclaimed(inputs: &Inputs, about: &About, notes: &mut Vec<String>) {
    let program = inputs.program;
    if program.rewards.is_empty() || inputs.behaviour.days.is_none() {
        return;
    }
    if about.observed.whole.claims {
        notes.push("The history holds claims on the catalogue (`reward`): only these are made, whatever is assumed.".to_owned());
        return;
    }
    let claimed = |totals: &&crate::engine::totals::Totals| totals.rewards.iter().map(|reward| reward.fired).sum::<u64>();
    if about.runs.all().iter().map(claimed).max() != Some(0) {
        return;
    }
    let mut wallets: Vec<usize> = program.rewards.iter().map(|reward| reward.wallet.index()).collect();
    wallets.sort_unstable();
    wallets.dedup();
    let mut owed = Vec::new();
    for index in wallets {
        let Some(wallet) = program.wallets.get(index) else { continue };
        let balances = about.runs.all().into_iter().filter_map(|totals| totals.wallets.get(index)).map(|sum| sum.balance);
        let ends = Ends::of(balances);
        if ends != Ends::default() {
            let unit = super::metrics::unit_of(wallet);
            let amount = span(Exact::whole(ends.low), Exact::whole(ends.high), "–", &unit, &program.currency);
            owed.push(amount);
        }
    }
    let open = if owed.is_empty() { String::new() } else { format!(" At the end {} could still be claimed.", owed.join(" and ")) };
    notes.push(format!("Nothing of the catalogue (`reward`) was claimed, so it costs nothing here.{open}"));
}

/// One wrong date stretches a history, and every figure per month with it.
fn gap(about: &About, notes: &mut Vec<String>) {
    if let Some((before, after)) = about.observed.whole.gap {
        notes.push(format!(
            "Nothing happens between {} and {}. If a date is wrong, mend it: figures per month count the empty time too.",
            day(before),
            day(after)
        ));
    }
}

/// Lots that could not expire before the history ended make the redemption rate look low and the cost too.
fn immature(inputs: &Inputs, runs: Runs, notes: &mut Vec<String>) -> Checked<()> {
    let expiring = inputs.program.wallets.iter().enumerate().filter(|(_, wallet)| wallet.expiry != Expiry::Never);
    for (index, wallet) in expiring {
        let shares = runs.all().into_iter().filter_map(|totals| totals.wallets.get(index)).filter(|sum| sum.issued > 0);
        let young =
            shares.map(|sum| Exact::ratio(sum.issued.saturating_sub(sum.matured_issued), sum.issued)).collect::<Checked<Vec<_>>>()?;
        if let Some(most) = young.into_iter().max().filter(|share| share.numerator() > 0) {
            let part = if most == Exact::whole(1) { "any".to_owned() } else { percent(most) };
            notes.push(format!(
                "The history ends before {part} of the {} issued could expire: their redemption rate and cost are not final.",
                wallet.name
            ));
        }
    }
    Ok(())
}

/// Where members make a part of sales only, it is their purchases that have to rise, by more.
fn members_only(inputs: &Inputs, report: &Report, runs: Runs, notes: &mut Vec<String>) -> Checked<()> {
    let sales = inputs.behaviour.life.sales;
    let Some(least) = runs.all().iter().map(|totals| totals.member_sales).min().filter(|least| *least < sales && sales > 0) else {
        return Ok(());
    };
    let share = Exact::ratio(least, sales)?;
    let uplift = report.metric("break_even_uplift").map(|metric| metric.cell.ends()).unwrap_or_default();
    let Some(most) = uplift.into_iter().max().filter(|_| least > 0) else {
        notes.push(format!("Members made {} of sales; the rest was bought by others or before joining.", percent(share)));
        return Ok(());
    };
    // A hint of size, not an exact figure: the extra purchases are rewarded too.
    let theirs = most.divided_by(share)?.times(Exact::whole(1000))?.round(Rounding::HalfUp)?;
    notes.push(format!(
        "Members made {} of sales: it is their purchases that would have to rise, by about {}.",
        percent(share),
        percent(Exact::ratio(theirs, 1000)?)
    ));
    Ok(())
}

fn refused(runs: Runs, notes: &mut Vec<String>) {
    let totals = runs.all();
    let most = |of: fn(&crate::engine::totals::Totals) -> u64| totals.iter().map(|totals| of(totals)).max().unwrap_or(0);
    let (refused, cut) = (most(|t| t.refused), most(|t| t.payments_cut));
    if refused > 0 {
        notes.push(format!(
            "{} not allowed by the terms and refused.",
            counted(refused, "claim or recorded payment was", "claims or recorded payments were")
        ));
    }
    if cut > 0 {
        notes.push(format!("{} cut to what balance and terms allow.", counted(cut, "recorded payment was", "recorded payments were")));
    }
}
