//! Opening balances: what members hold when the books are opened.

use super::keys::{ix, small};
use super::model::{Opened, Opening, Opens, Part};
use super::partition::Findings;
use super::reason;
use super::rows::{OpeningRow, Origin};
use crate::diagnostic::nearest;
use crate::program::plain_words;
use crate::value::{Date, Decimal, same_but_for_number};
use std::cmp::Ordering;

/// The tables below `opening`.
pub(super) const TABLES: [&str; 3] = ["balances", "tiers", "counts"];

/// The columns of one of them, those that it needs first, and how many these are.
pub(super) fn columns(table: &str) -> (&'static [&'static str], usize) {
    match table {
        "balances" => (&["customer", "wallet", "amount", "earned", "expires"], 3),
        "tiers" => (&["customer", "tier", "since", "until"], 2),
        _ => (&["customer", "measure", "value"], 3),
    }
}

/// A row of such a table, whatever it is written in.
pub(super) trait Cells {
    fn text(&mut self, name: &'static str) -> String;
    fn date(&mut self, name: &'static str) -> Result<Option<Date>, Fault>;
    fn number(&mut self, name: &'static str) -> Result<Option<Decimal>, Fault>;
}

/// A reason, the column to blame, and what stands there.
pub(super) type Fault = (&'static str, &'static str, String);

/// Reads a row.
pub(super) fn read(table: &str, cells: &mut impl Cells, opens: &Opens) -> Result<Opening, Fault> {
    match table {
        "balances" => {
            let wallet = known(cells.text("wallet"), "wallet", &opens.wallets, reason::NO_WALLET)?;
            let amount = cells.number("amount")?.ok_or((reason::NO_AMOUNT, "amount", String::new()))?;
            let units = exact(amount, wallet.decimals).map_err(|reason| (reason, "amount", amount.to_string()))?;
            let (earned, expires) = (cells.date("earned")?, cells.date("expires")?);
            Ok(Opening::Lot { wallet: wallet.name.clone(), units, earned, expires })
        }
        "tiers" => {
            let tier = known(cells.text("tier"), "tier", &opens.tiers, reason::NO_TIER)?;
            Ok(Opening::Tier { name: tier.name.clone(), since: cells.date("since")?, until: cells.date("until")? })
        }
        _ => {
            let words = cells.text("measure");
            let measure = known(words.clone(), "measure", &opens.measures, reason::NO_MEASURE)?;
            if measure.is_rolling {
                return Err((reason::ROLLING_COUNT, "measure", words));
            }
            let value = cells.number("value")?.ok_or((reason::NO_VALUE, "value", String::new()))?;
            let value = exact(value, measure.decimals).map_err(|reason| (reason, "value", value.to_string()))?;
            Ok(Opening::Count { measure: measure.name.clone(), value })
        }
    }
}

fn known<'a>(said: String, column: &'static str, among: &'a [Opened], reason: &'static str) -> Result<&'a Opened, Fault> {
    let wanted = plain_words(&said);
    let found = among.iter().find(|one| plain_words(&one.name) == wanted);
    let found = found.or_else(|| among.iter().find(|one| same_but_for_number(&plain_words(&one.name), &wanted)));
    found.ok_or((reason, column, said))
}

/// The smallest units of a number that has no finer ones.
fn exact(number: Decimal, decimals: u8) -> Result<i64, &'static str> {
    let units = number.rounded_to_scale(decimals, crate::value::Rounding::Down).map_err(|_| reason::TOO_LARGE)?;
    if Decimal::new(units.into(), decimals) == number { Ok(units) } else { Err(reason::FINER_UNITS) }
}

/// What was probably meant by a name that the program does not have.
pub(super) fn meant(reason: &str, said: &str, opens: &Opens) -> Option<String> {
    let (what, among) = match reason {
        reason::NO_WALLET => ("wallet", &opens.wallets),
        reason::NO_TIER => ("tier", &opens.tiers),
        reason::NO_MEASURE => ("measure", &opens.measures),
        _ => return None,
    };
    let said = super::rejects::printable(said);
    let list = among.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    Some(match nearest(&plain_words(&said), among.iter().map(|one| one.name.as_str())) {
        Some(near) => format!("Opening: the program has no {what} \"{said}\"; perhaps {near} is meant."),
        None if among.is_empty() => format!("Opening: the program has no {what} \"{said}\", nor any other."),
        None => format!("Opening: the program has no {what} \"{said}\". It has: {list}."),
    })
}

/// Puts the part's openings in order. Lots are kept as they are; of two rows for one tier or measure of a customer the
/// bytewise least.
pub(super) fn fill(
    part: &mut Part,
    rows: Vec<OpeningRow>,
    customer_of: &impl Fn(&str) -> Option<u32>,
    account_of: &impl Fn(u32) -> u32,
    findings: &mut Findings,
) {
    let mut all: Vec<(u32, OpeningRow)> = rows.into_iter().filter_map(|row| Some((account_of(customer_of(&row.customer)?), row))).collect();
    all.sort_by(|(account, a), (other, b)| {
        account.cmp(other).then_with(|| order(&a.what, &b.what)).then_with(|| (&a.customer, a.origin).cmp(&(&b.customer, b.origin)))
    });
    let mut kept: Vec<(u32, Opening, Origin)> = Vec::with_capacity(all.len());
    for (account, row) in all {
        match kept.last() {
            Some((last, what, _)) if *last == account && *what == row.what && !matches!(what, Opening::Lot { .. }) => {
                findings.duplicates.push(row.origin);
            }
            Some((last, what, _)) if *last == account && is_about_the_same(what, &row.what) => {
                findings.reject(row.origin, reason::SAME_OPENING, "customer", row.customer);
            }
            _ => kept.push((account, row.what, row.origin)),
        }
    }
    for (account, what, _) in kept {
        let place = small(part.openings.len());
        part.openings.push(what);
        if let Some(account) = part.accounts.get_mut(ix(account)) {
            if account.openings.is_empty() {
                account.openings = place..place;
            }
            account.openings.end = place.saturating_add(1);
        }
    }
}

fn is_about_the_same(one: &Opening, other: &Opening) -> bool {
    match (one, other) {
        (Opening::Tier { name, .. }, Opening::Tier { name: other, .. }) => name == other,
        (Opening::Count { measure, .. }, Opening::Count { measure: other, .. }) => measure == other,
        _ => false,
    }
}

/// Lots of a wallet by the day on which they were earned, then tiers, then counts.
fn order(one: &Opening, other: &Opening) -> Ordering {
    let day = |day: &Option<Date>, missing: Date| day.unwrap_or(missing);
    match (one, other) {
        (Opening::Lot { wallet, units, earned, expires }, Opening::Lot { wallet: other, units: others, earned: made, expires: ends }) => {
            let mine = (wallet, day(earned, Date::MAX), day(expires, Date::MAX), units);
            mine.cmp(&(other, day(made, Date::MAX), day(ends, Date::MAX), others))
        }
        (Opening::Tier { name, since, until }, Opening::Tier { name: other, since: from, until: to }) => {
            (name, since, until).cmp(&(other, from, to))
        }
        (Opening::Count { measure, value }, Opening::Count { measure: other, value: others }) => (measure, value).cmp(&(other, others)),
        (Opening::Lot { .. }, _) | (Opening::Tier { .. }, Opening::Count { .. }) => Ordering::Less,
        (_, Opening::Lot { .. }) | (Opening::Count { .. }, Opening::Tier { .. }) => Ordering::Greater,
    }
}
