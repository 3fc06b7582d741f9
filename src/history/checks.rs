//! What is asked when everything is brought together: days far away, and sums that another system knows.

use super::model::History;
use super::rows::{Control, Draft};
use super::{Options, say};
use crate::value::{Date, Instant};
use std::collections::BTreeSet;

/// Purchases from which on one customer is looked for who is perhaps nobody.
const MANY: usize = 200;

/// The local days on which something happens.
fn days(history: &History, options: &Options<'_>) -> BTreeSet<Date> {
    // Zones differ by quarters of an hour: of each of them one instant is enough.
    const QUARTER: i64 = 900_000_000;
    let own = history.parts.iter().flat_map(|part| part.purchases.at.iter().chain(part.moments.iter().map(|moment| &moment.at)));
    let first = Date::from_ymd(1899, 12, 31).map_or(0, |day| day.midnight().0.div_euclid(QUARTER));
    // A bit for each quarter of three centuries; what lies outside them is rare, or wrong.
    let mut seen = vec![0_u64; 301 * 366 * 96 / 64];
    let mut days = BTreeSet::new();
    for at in own.chain(history.anonymous.iter().map(|purchase| &purchase.at)) {
        let quarter = at.0.div_euclid(QUARTER).saturating_sub(first);
        match usize::try_from(quarter).ok().and_then(|place| seen.get_mut(place / 64)) {
            Some(word) => *word |= 1 << quarter.rem_euclid(64),
            None => drop(days.insert(options.zone.local(*at).date())),
        }
    }
    for (word, from) in seen.iter().zip((first..).step_by(64)).filter(|(word, _)| **word != 0) {
        let quarters = (from..from.saturating_add(64)).zip(0_u32..).filter(|(_, bit)| word >> bit & 1 == 1);
        days.extend(quarters.map(|(quarter, _)| options.zone.local(Instant(quarter.saturating_mul(QUARTER))).date()));
    }
    days
}

/// A day more than two years after the one before it, or beyond 1900 to 2200, is hardly meant.
pub(super) fn far_away(history: &History, draft: &Draft, options: &Options<'_>) -> Option<String> {
    if draft.period.is_some() {
        return None;
    }
    let days = days(history, options);
    let year = |day: &Date| day.ymd().0;
    let strange = days.iter().find(|day| year(day) < 1900 || year(day) >= 2200);
    let beyond = strange.map(|day| format!("something is dated {day}"));
    let pairs = || days.iter().zip(days.iter().skip(1));
    let gap = || {
        let (before, after) = pairs().find(|(before, after)| **after > before.plus_months(24))?;
        Some(format!("nothing happens between {before} and {after}, more than two years"))
    };
    let what = beyond.or_else(gap)?;
    let good = |day: &&Date| (1900..2200).contains(&year(day));
    let (from, to) = (days.iter().find(good), days.iter().rev().find(good));
    let period = match (from, to) {
        (Some(from), Some(to)) => format!("{{ from: {from}, to: {to} }}"),
        _ => "{ from: 2024-01-01, to: 2025-12-31 }".to_owned(),
    };
    Some(format!(
        "{what}. If a date is wrong, say from when to when the history goes, and rows outside are not used; if all are right, say it too: period: {period}"
    ))
}

/// A customer with a twentieth of all purchases is perhaps nobody.
pub(super) fn nobody(history: &History) -> Vec<String> {
    let all: usize = history.parts.iter().map(|part| part.purchases.at.len()).sum();
    let accounts: usize = history.parts.iter().map(|part| part.accounts.len()).sum();
    if all < MANY || accounts < 40 {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for account in history.parts.iter().flat_map(|part| &part.accounts) {
        let count = account.purchases.len();
        if count.saturating_mul(20) > all {
            let id = super::rejects::printable(&account.id);
            notes.push(format!(
                "The customer \"{id}\" has {count} of {all} purchases. If that is nobody, write in the mapping: no customer: [\"{id}\"]"
            ));
        }
    }
    notes
}

/// Sums that differ from those of another system.
pub(super) fn control(history: &History, control: &Control, options: &Options<'_>) -> Option<String> {
    let mut differ = Vec::new();
    let rows = history.accounting.total();
    let mut compare = |word: &str, wanted: Option<i128>, found: i128, show: &dyn Fn(i128) -> String| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            let apart = found.saturating_sub(wanted);
            let how = if apart > 0 { "more" } else { "less" };
            differ.push(format!("{word} {} and not {} ({} {how})", show(found), show(wanted), show(apart.saturating_abs())));
        }
    };
    let count = |n: i128| n.to_string();
    let money = |n: i128| say::money(n, options);
    let used: u64 = history.accounting.files.iter().filter(|file| file.table == "purchases").map(|file| file.rows.used).sum();
    let members: usize = history.parts.iter().map(|part| part.purchases.at.len()).sum();
    let customers: usize = history.parts.iter().map(|part| part.customers.id.len()).sum();
    let amounts = history.parts.iter().flat_map(|part| &part.purchases.amount).map(|amount| i128::from(*amount));
    let anonymous = history.anonymous.iter().map(|purchase| i128::from(purchase.amount));
    let wide = |n: u64| i128::from(n);
    let of = |n: usize| i128::try_from(n).unwrap_or(i128::MAX);
    compare("the rows are", control.rows.map(wide), wide(used), &count);
    compare("the purchases are", control.purchases.map(wide), of(members.saturating_add(history.anonymous.len())), &count);
    compare("the customers are", control.customers.map(wide), of(customers), &count);
    compare("the revenue before returns is", control.revenue.map(i128::from), amounts.chain(anonymous).sum(), &money);
    if differ.is_empty() {
        return None;
    }
    Some(format!(
        "control totals: {}. Of {} rows {} were used, {} are duplicates, {} were rejected, {} left out: `loyalty-dsl read` shows them",
        differ.join("; "),
        rows.read,
        rows.used,
        rows.duplicate,
        rows.rejected,
        rows.left_out
    ))
}
