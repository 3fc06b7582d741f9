//! What each receipt cost: the recorded amount, shared over what was bought; and which receipts cannot be used.

use super::builder::unit_price;
use super::conditions::State;
use super::keys::{NONE, ix, small};
use super::lines::line_content;
use super::model::NO_TEXT;
use super::part::{Kept, People, Whole};
use super::partition::{Findings, Shared};
use super::receipts::{Rest, TIPS};
use super::rows::{LINE_CATEGORY, LINE_PRODUCT, ReturnRow};
use super::{reason, say};
use crate::value::Decimal;
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the lines of all purchases came to, beside what was recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    pub recorded: i128,
    pub lines: i128,
    /// Of each kind of rest: purchases, and money above and below the lines.
    pub rests: BTreeMap<(bool, Rest), (u64, i128)>,
    /// Purchases in which a field of the receipt had two values, and their money.
    pub conflicts: BTreeMap<&'static str, (u64, i128)>,
}

/// Settles what each purchase cost: the recorded amount where there is one, shared over the lines; else the sum of the
/// lines and shipping. Purchases with neither are dropped.
pub(super) fn amounts(
    shared: &Shared<'_>,
    whole: &mut Whole<'_>,
    kept: &mut Kept,
    people: &People,
    faulty: &BTreeMap<u32, &'static str>,
    back: &Back,
    findings: &mut Findings,
) -> Vec<ReturnRow> {
    let unset = |list: &[i64]| list.contains(&NONE);
    let mut gone = left_out(shared, whole, kept);
    if whole.lines.len() == 0 && !unset(&whole.rows.amount) && faulty.is_empty() && gone.is_empty() {
        return Vec::new();
    }
    let sums = sums(whole, kept);
    let below = below_zero(whole, kept, &sums);
    let mut returns = Vec::new();
    let lines_out = lines_out(whole, kept);
    let returned: HashSet<u32, FixedState> = back.owners.iter().copied().collect();
    let mut unsaid: HashSet<u32, FixedState> = HashSet::default();
    let mut shares: HashMap<u32, i64, FixedState> = HashMap::default();
    let mut tips: Vec<(u32, i64)> = Vec::new();
    for row in &kept.order {
        let at = ix(*row);
        let value = |list: &[i64]| list.get(at).copied().filter(|n| *n != NONE);
        if gone.contains_key(row) {
            continue;
        }
        let recorded = value(&whole.rows.amount);
        let extra = sums.get(at).copied().unwrap_or_default();
        let part = |list: &[i64], lines: i64| value(list).unwrap_or(0).saturating_add(lines);
        let (tax, shipping) = (part(&whole.rows.tax, extra.tax), part(&whole.rows.shipping, extra.shipping));
        let less = below.get(row).copied().unwrap_or_default();
        let recorded = back.bought(*row, recorded, extra.amount.saturating_add(shipping), tax);
        if let Some(reason) = faulty.get(row) {
            gone.insert(*row, reason);
            continue;
        }
        let outcome = match (extra.any.then_some(extra.amount), recorded) {
            (None, _) if shared.left_lines.contains(&whole.rows.id.get(at).own()) => Err(reason::NOT_IN_USE),
            (None, Some(_)) => continue,
            (Some(sum), _) if less.money < 0 && !less.beside && shared.draft.negative_are_returns => {
                let tax = if shared.draft.rest == Some(Rest::Tax) { tax.min(0) } else { 0 };
                returns.push(whole_return(whole, people, *row, recorded.filter(|n| *n < 0).unwrap_or(sum.saturating_add(tax))));
                unsaid.insert(*row);
                Err(reason::NO_LINES)
            }
            (Some(_), _) if less.money < 0 && !less.beside => Err(reason::NEGATIVE),
            (Some(sum), _) if less.money < 0 && sum < 0 => Err(reason::ONLY_BELOW_ZERO),
            (None, None) => {
                unsaid.extend(returned.contains(row).then_some(*row));
                Err(reason::NO_LINES)
            }
            (Some(sum), recorded) => settle(Parts { sum, tax, shipping, tip: extra.tip }, recorded, shared.draft.rest.unwrap_or_default()),
        };
        let settled = match outcome {
            Ok(settled) => settled,
            Err(reason) => {
                gone.insert(*row, reason);
                continue;
            }
        };
        let parted = shared.left_lines.contains(&whole.rows.id.get(at).own()) || lines_out.contains(row);
        if parted && settled.rest != 0 && shared.draft.rest.is_none() {
            findings.ask(format!(
                "the purchase \"{}\" records {}, and some of its lines are left out. If the amount holds them too, leave it out of purchases; if it does not, write: the rest is: shared over lines",
                super::rejects::printable(&whole.rows.id.get(at).text()),
                say::money(i128::from(settled.amount), shared.options)
            ));
        }
        findings.compared.add(
            recorded,
            extra.amount.saturating_add(shipping).saturating_add(if settled.tips > 0 { extra.tip } else { 0 }),
            &settled,
        );
        findings.discounts.0 += u64::from(less.money < 0);
        findings.discounts.1 = findings.discounts.1.saturating_add(i128::from(less.money.saturating_abs()));
        let lines = settled.lines.saturating_add(less.money);
        if lines != 0 {
            shares.insert(*row, lines);
        }
        if settled.tips != 0 {
            tips.push((*row, settled.tips));
        }
        set(&mut whole.rows.amount, at, settled.amount);
        set(&mut whole.rows.tax, at, settled.tax);
        set(&mut whole.rows.shipping, at, settled.shipping);
    }
    let worth = |row: u32| {
        whole.rows.amount.get(ix(row)).copied().filter(|amount| *amount != NONE).or_else(|| sums.get(ix(row)).map(|sum| sum.amount))
    };
    let worth: HashMap<u32, i64, FixedState> = gone.keys().filter_map(|row| Some((*row, worth(*row)?))).collect();
    forget(whole, &below);
    share(shared, whole, kept, &shares);
    add_tips(shared, whole, &tips);
    drop_rows(shared, whole, kept, &Gone { reasons: gone, worth, unsaid }, findings);
    returns
}

/// What came back by lines of receipts, and belongs to what is compared with their amounts.
#[derive(Default)]
pub(super) struct Back {
    /// Purchases with such lines in a table of their own.
    pub owners: Vec<u32>,
    /// By purchase, what its returned lines come to.
    pub within: HashMap<u32, i64, FixedState>,
}

impl Back {
    /// A recorded amount that is net of what came back on the same receipt was more when it was bought.
    fn bought(&self, row: u32, recorded: Option<i64>, lines: i64, tax: i64) -> Option<i64> {
        let back = self.within.get(&row).copied().unwrap_or(0);
        let gross = recorded?.saturating_add(back);
        let fits = back != 0 && (gross == lines || gross == lines.saturating_add(tax));
        if fits { Some(gross) } else { recorded }
    }
}

/// Purchases that the mapping leaves out.
fn left_out(shared: &Shared<'_>, whole: &Whole<'_>, kept: &Kept) -> HashMap<u32, &'static str, FixedState> {
    let mut gone: HashMap<u32, &'static str, FixedState> = HashMap::default();
    if whole.rows.said.is_empty() && shared.draft.period.is_none() {
        return gone;
    }
    for row in &kept.order {
        let said = whole.rows.said.get(ix(*row)).copied();
        let state = said.map_or(State::In, |said| if said.state == State::Unsaid { shared.draft.unsaid } else { said.state });
        let at = whole.rows.at.get(ix(*row)).copied().unwrap_or(0);
        let reason = match state {
            State::Cancelled => reason::CANCELLED,
            State::Out => reason::NOT_IN_USE,
            _ if said.is_some_and(|said| said.line_out) => reason::NOT_IN_USE,
            _ if shared.outside(at) => reason::OUTSIDE_PERIOD,
            _ => continue,
        };
        gone.insert(*row, reason);
    }
    gone
}

/// Purchases of which some lines are left out.
fn lines_out(whole: &Whole<'_>, kept: &Kept) -> HashSet<u32, FixedState> {
    let out = whole.rows.said.iter().zip(0..).filter(|(said, _)| said.line_out);
    out.map(|(_, row)| kept.stands_for.get(ix(row)).copied().unwrap_or(row)).collect()
}

/// What the lines below zero of a purchase come to.
#[derive(Clone, Copy, Debug, Default)]
struct Less {
    money: i64,
    /// Whether other lines stand beside them.
    beside: bool,
}

fn below_zero(whole: &Whole<'_>, kept: &Kept, sums: &[Sums]) -> HashMap<u32, Less, FixedState> {
    let mut all: HashMap<u32, Less, FixedState> = HashMap::default();
    if sums.is_empty() || !whole.lines.amount.iter().any(|amount| *amount < 0) {
        return all;
    }
    let row_of = |owner: &u32| kept.stands_for.get(ix(*owner)).copied().unwrap_or(*owner);
    for (owner, amount) in whole.lines.owner.iter().zip(&whole.lines.amount).filter(|(_, amount)| **amount < 0) {
        let less = all.entry(row_of(owner)).or_default();
        less.money = less.money.saturating_add(*amount);
    }
    for (owner, _) in whole.lines.owner.iter().zip(&whole.lines.amount).filter(|(_, amount)| **amount > 0) {
        if let Some(less) = all.get_mut(&row_of(owner)) {
            less.beside = true;
        }
    }
    all
}

/// Lines below zero are no lines: what they take off is shared over the others.
fn forget(whole: &mut Whole<'_>, below: &HashMap<u32, Less, FixedState>) {
    if below.is_empty() {
        return;
    }
    for (owner, amount) in whole.lines.owner.iter_mut().zip(&whole.lines.amount) {
        if *amount < 0 {
            *owner = u32::MAX;
        }
    }
}

/// A receipt of nothing but lines below zero is a return.
fn whole_return(whole: &Whole<'_>, people: &People, row: u32, sum: i64) -> ReturnRow {
    let customer = whole.customer.get(ix(row)).and_then(|customer| people.customers.id.get(ix(*customer)));
    ReturnRow {
        customer: customer.cloned().unwrap_or_default(),
        at: whole.rows.at.get(ix(row)).copied().unwrap_or(0),
        amount: Some(sum.saturating_abs()),
        origin: whole.origin(row),
        ..ReturnRow::default()
    }
}

fn set(list: &mut Vec<i64>, at: usize, value: i64) {
    if value != 0 && list.len() <= at {
        list.resize(at + 1, 0);
    }
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    any: bool,
    amount: i64,
    tax: i64,
    shipping: i64,
    tip: i64,
}

/// What the lines of each row come to.
fn sums(whole: &Whole<'_>, kept: &Kept) -> Vec<Sums> {
    if whole.lines.len() == 0 {
        return Vec::new();
    }
    let mut sums = vec![Sums::default(); whole.rows.len()];
    for (line, (owner, amount)) in whole.lines.owner.iter().zip(&whole.lines.amount).enumerate() {
        let row = kept.stands_for.get(ix(*owner)).copied().unwrap_or(*owner);
        if let Some(sum) = sums.get_mut(ix(row)) {
            let extra = |list: &[i64]| list.get(line).copied().unwrap_or(0);
            sum.any = true;
            sum.amount = sum.amount.saturating_add(*amount);
            sum.tax = sum.tax.saturating_add(extra(&whole.lines.tax));
            sum.shipping = sum.shipping.saturating_add(extra(&whole.lines.shipping));
            sum.tip = sum.tip.saturating_add(extra(&whole.lines.tip));
        }
    }
    sums
}

/// Adds up the purchases in which a field had two values.
pub(super) fn conflicts(whole: &Whole<'_>, findings: &mut Findings) {
    for (field, row) in std::mem::take(&mut findings.conflicting) {
        let amount = whole.rows.amount.get(ix(row)).copied().filter(|amount| *amount != NONE).unwrap_or(0);
        let entry = findings.compared.conflicts.entry(field).or_default();
        entry.0 += 1;
        entry.1 = entry.1.saturating_add(i128::from(amount));
    }
}

/// What the lines of a purchase come to, and what else it has.
#[derive(Clone, Copy)]
struct Parts {
    sum: i64,
    tax: i64,
    shipping: i64,
    tip: i64,
}

/// What a purchase with lines comes to.
struct Settled {
    amount: i64,
    tax: i64,
    shipping: i64,
    /// To be shared over its lines.
    lines: i64,
    tips: i64,
    rest: i64,
    kind: Option<(bool, Rest)>,
}

/// Lines and shipping that make the amount have the tax inside; where they make the amount without the tax, it is on top
/// of them. Any other rest is what the mapping says.
fn settle(parts: Parts, recorded: Option<i64>, how: Rest) -> Result<Settled, &'static str> {
    let Parts { sum, tax, shipping, tip } = parts;
    let total = sum.checked_add(shipping).filter(|total| *total < i64::MAX).ok_or(reason::TOO_LARGE)?;
    // A recorded amount that is just what was bought does not hold the tips.
    let tips = if recorded == Some(total) || tip < 0 { 0 } else { tip };
    let total = total.checked_add(tips).ok_or(reason::TOO_LARGE)?;
    // Tax that is said to be on top of the lines is on top of them where no amount is recorded, too.
    let on_top = if recorded.is_none() && how == Rest::Tax { tax.max(0) } else { 0 };
    let amount = recorded.unwrap_or(total.checked_add(on_top).ok_or(reason::TOO_LARGE)?);
    let rest = amount.checked_sub(total).ok_or(reason::TOO_LARGE)?;
    let mut settled = Settled { amount, tax, shipping, lines: 0, tips, rest, kind: None };
    if amount < 0 {
        return Err(reason::NEGATIVE);
    }
    if rest == 0 {
        return Ok(settled);
    }
    let on_top = rest == tax && tax > 0;
    settled.kind = Some((rest > 0, if on_top { Rest::Tax } else { how }));
    match how {
        _ if on_top => settled.lines = rest,
        Rest::Shared => settled.lines = rest,
        _ if rest < 0 => return Err(reason::OTHER_SIGN),
        Rest::Tax => (settled.lines, settled.tax) = (rest, tax.max(rest)),
        Rest::Shipping => settled.shipping = shipping.saturating_add(rest),
        Rest::Tips => settled.tips = tips.saturating_add(rest),
    }
    if sum.saturating_add(settled.lines) < 0 {
        return Err(reason::SHIPPING_ABOVE);
    }
    Ok(settled)
}

impl Compared {
    fn add(&mut self, recorded: Option<i64>, lines: i64, settled: &Settled) {
        if let Some(recorded) = recorded {
            self.recorded = self.recorded.saturating_add(i128::from(recorded));
            self.lines = self.lines.saturating_add(i128::from(lines));
        }
        if let Some(kind) = settled.kind {
            let entry = self.rests.entry(kind).or_default();
            entry.0 += 1;
            entry.1 = entry.1.saturating_add(i128::from(settled.rest.abs()));
        }
    }

    pub fn merge(&mut self, more: Self) {
        self.recorded = self.recorded.saturating_add(more.recorded);
        self.lines = self.lines.saturating_add(more.lines);
        let add = |sum: &mut (u64, i128), more: (u64, i128)| *sum = (sum.0 + more.0, sum.1.saturating_add(more.1));
        more.rests.into_iter().for_each(|(kind, rest)| add(self.rests.entry(kind).or_default(), rest));
        more.conflicts.into_iter().for_each(|(name, found)| add(self.conflicts.entry(name).or_default(), found));
    }
}

/// Shares a rest over the lines of its purchase by what they cost; what cannot be split falls in the order of the lines.
fn share(shared: &Shared<'_>, whole: &mut Whole<'_>, kept: &Kept, shares: &HashMap<u32, i64, FixedState>) {
    if shares.is_empty() {
        return;
    }
    let mut by_row: HashMap<u32, Vec<u32>, FixedState> = HashMap::default();
    for (line, owner) in whole.lines.owner.iter().enumerate() {
        let row = kept.stands_for.get(ix(*owner)).copied().unwrap_or(*owner);
        if shares.contains_key(&row) {
            by_row.entry(row).or_default().push(small(line));
        }
    }
    if shared.has_returns && whole.lines.listed.is_empty() {
        whole.lines.listed.clone_from(&whole.lines.price);
    }
    for row in &kept.order {
        let (Some(rest), Some(mut mine)) = (shares.get(row), by_row.remove(row)) else { continue };
        mine.sort_by(|a, b| line_content(&whole.lines, ix(*a), ix(*b)));
        let lines = &mut whole.lines;
        let amount = |line: &u32| lines.amount.get(ix(*line)).copied().unwrap_or(0);
        let nothing = mine.iter().all(|line| amount(line) == 0);
        let weights: Vec<i128> = mine.iter().map(|line| if nothing { 1 } else { i128::from(amount(line)) }).collect();
        let all: i128 = weights.iter().sum();
        let (mut seen, mut given) = (0_i128, 0_i128);
        for (line, weight) in mine.into_iter().zip(weights) {
            seen += weight;
            let until = seen.saturating_mul(i128::from(*rest)).checked_div_euclid(all).unwrap_or(0);
            let part = i64::try_from(until - given).unwrap_or(0);
            given = until;
            let line = ix(line);
            let Some(amount) = lines.amount.get_mut(line) else { continue };
            *amount = amount.saturating_add(part);
            let quantity = lines.quantity.get(line).copied().unwrap_or(Decimal::whole(1));
            if let (Some(slot), Some(price)) = (lines.price.get_mut(line), unit_price(quantity, *amount, shared.options)) {
                *slot = price;
            }
        }
    }
}

/// Tips are a line of their own.
fn add_tips(shared: &Shared<'_>, whole: &mut Whole<'_>, tips: &[(u32, i64)]) {
    let Some(code) = shared.code(TIPS).filter(|_| !tips.is_empty()) else { return };
    let lines = &mut whole.lines;
    for (row, amount) in tips {
        let price = Decimal::new(i128::from(*amount), shared.options.decimals);
        lines.owner.push(*row);
        lines.amount.push(*amount);
        lines.quantity.push(Decimal::whole(1));
        lines.price.push(price);
        if !lines.position.is_empty() {
            lines.position.push(u32::MAX);
        }
        if !lines.listed.is_empty() {
            lines.listed.push(price);
        }
        let count = lines.amount.len();
        for (column, list) in lines.texts.iter_mut().enumerate() {
            list.resize(count, NO_TEXT);
            if let Some(slot) = list.last_mut().filter(|_| matches!(column, LINE_PRODUCT | LINE_CATEGORY)) {
                *slot = code;
            }
        }
    }
}

/// Purchases that cannot be used: why, what they come to, and those that are counted elsewhere.
struct Gone {
    reasons: HashMap<u32, &'static str, FixedState>,
    worth: HashMap<u32, i64, FixedState>,
    unsaid: HashSet<u32, FixedState>,
}

/// Drops purchases that cannot be used, with all their rows.
fn drop_rows(shared: &Shared<'_>, whole: &Whole<'_>, kept: &mut Kept, gone: &Gone, findings: &mut Findings) {
    let Gone { reasons: gone, worth, unsaid } = gone;
    if gone.is_empty() {
        return;
    }
    if kept.stands_for.is_empty() {
        kept.stands_for = (0..small(whole.rows.len())).collect();
    }
    for (row, slot) in kept.stands_for.iter_mut().enumerate() {
        if let Some(reason) = gone.get(slot) {
            let counted = whole.rows.said.get(row).is_some_and(|said| said.line_out);
            if !unsaid.contains(slot) && !counted {
                let amount = whole.rows.amount.get(row).filter(|amount| **amount != NONE);
                let text = amount.map(|amount| say::money(i128::from(*amount), shared.options)).unwrap_or_default();
                let origin = whole.origin(small(row));
                if matches!(*reason, reason::NOT_IN_USE | reason::CANCELLED) {
                    findings.left_out.push((origin, reason));
                } else {
                    findings.reject(origin, reason, "amount", text);
                }
            }
            if let Some(amount) = worth.get(slot).filter(|_| small(row) == *slot) {
                findings.money.push((whole.origin(*slot).source, reason, *amount));
            }
            *slot = u32::MAX;
        }
    }
    let mut order = Vec::with_capacity(kept.order.len());
    let mut account_from = vec![0];
    for bounds in kept.account_from.windows(2) {
        let [from, to] = bounds else { continue };
        let mine = kept.order.get(ix(*from)..ix(*to)).unwrap_or_default();
        order.extend(mine.iter().copied().filter(|row| !gone.contains_key(row)));
        account_from.push(small(order.len()));
    }
    kept.order = order;
    kept.account_from = account_from;
}
