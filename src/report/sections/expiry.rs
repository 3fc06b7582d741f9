//! When what is owed ends, and at what age units are spent.

use super::owed::worth_of;
use crate::report::build::window;
use crate::report::lots::{OfWallet, SOON};
use crate::report::metrics::{Days, Inputs, unit_of};
use crate::report::model::{Claim, Column, Label, Picture, Table, Unit, Value};
use crate::report::write::format::{human, money};
use crate::value::{Checked, Date, Exact};
use std::collections::BTreeMap;

/// Months that are told one by one.
const MONTHS: usize = 24;
/// The upper ends of the ages that are told, in days.
const AGES: [u32; 6] = [30, 90, 180, 365, 730, u32::MAX];

/// When units end, and what is said of it.
pub(super) fn told(inputs: &Inputs, lots: &[OfWallet], label: Label) -> Checked<(Vec<Claim>, Vec<Table>)> {
    let claims = soon_claims(inputs, lots, label)?;
    Ok((claims, vec![soon(inputs, lots, label)?, by_month(inputs, lots, label)?, by_age(inputs, lots, label)?]))
}

/// Units as a plain number.
fn plain(inputs: &Inputs, wallet: usize, units: i128) -> Value {
    let scale = inputs.program.wallets.get(wallet).map_or(0, |wallet| wallet.scale);
    let parts = 10_i128.saturating_pow(u32::from(scale));
    Value::known(Exact::ratio(units, parts).ok())
}

fn value(inputs: &Inputs, wallet: usize, units: i128) -> Checked<Value> {
    Ok(Value::known(worth_of(inputs, wallet, units)?))
}

fn name(inputs: &Inputs, wallet: usize) -> String {
    inputs.program.wallets.get(wallet).map_or_else(String::new, |wallet| wallet.name.clone())
}

/// What ends within so many days after the close.
fn within(inputs: &Inputs, of: &OfWallet, days: i64) -> i128 {
    let close = inputs.behaviour.days.map_or(Date(0), |(_, last)| last);
    of.ends.range(..=close.plus_days(days)).fold(0, |sum, (_, units)| sum.saturating_add(*units))
}

fn soon_claims(inputs: &Inputs, lots: &[OfWallet], label: Label) -> Checked<Vec<Claim>> {
    let mut claims = Vec::new();
    for (index, (wallet, of)) in inputs.program.wallets.iter().zip(lots).enumerate() {
        let currency = &inputs.program.currency;
        let mut parts = Vec::new();
        for (days, accounts) in SOON.into_iter().zip(of.soon) {
            let units = within(inputs, of, days);
            let told = human(Exact::whole(units), &unit_of(wallet), currency);
            let worth = worth_of(inputs, index, units)?.map(|worth| money(worth, currency)).filter(|worth| *worth != told);
            let worth = worth.map_or_else(String::new, |worth| format!(", worth {worth},"));
            parts.push((units, format!("{told}{worth} of {accounts} accounts within {days} days")));
        }
        // What ends no later is told once.
        parts.dedup_by_key(|(units, _)| *units);
        let parts: Vec<String> = parts.into_iter().filter(|(units, _)| *units > 0).map(|(_, text)| text).collect();
        if !parts.is_empty() {
            let text = format!("Unless they are used, {} end after the close: {}.", wallet.name, parts.join("; "));
            claims.push(Claim::new(text, label, &["ending_soon"]));
        }
    }
    Ok(claims)
}

fn table(inputs: &Inputs, label: Label, id: &str, title: &str, definition: &str, columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Table {
    Table {
        id: id.to_owned(),
        title: title.to_owned(),
        label,
        assumes: Vec::new(),
        definition: definition.to_owned(),
        window: window(Days::End, inputs.behaviour),
        columns,
        reason: rows.is_empty().then(|| "nothing is left in any wallet".to_owned()),
        rows,
        picture: None,
    }
}

fn soon(inputs: &Inputs, lots: &[OfWallet], label: Label) -> Checked<Table> {
    let mut rows = Vec::new();
    for (index, of) in lots.iter().enumerate().filter(|(_, of)| of.ends.keys().any(|last| *last != Date::MAX)) {
        for (days, accounts) in SOON.into_iter().zip(of.soon) {
            let units = within(inputs, of, days);
            rows.push(vec![
                Value::Text(name(inputs, index)),
                Value::whole(i128::from(days)),
                Value::whole(accounts),
                plain(inputs, index, units),
                value(inputs, index, units)?,
            ]);
        }
    }
    let columns = vec![
        Column::text("wallet", "wallet"),
        Column::new("days", "within days", Unit::Count),
        Column::new("accounts", "accounts", Unit::Count),
        Column::new("units", "units", Unit::Number),
        Column::new("money", "worth", Unit::Money),
    ];
    let definition = "what is left at the close and can be used for the last time within so many days after it, as lives stand at the close; \
                      what lapses at the midnight of the close is among it";
    Ok(table(inputs, label, "ending_soon", "What ends soon after the close unless it is used", definition, columns, rows))
}

/// By the month of the last day; what has none, and what is owed, stand below.
fn by_month(inputs: &Inputs, lots: &[OfWallet], label: Label) -> Checked<Table> {
    let mut rows = Vec::new();
    for (index, of) in lots.iter().enumerate() {
        let mut months: BTreeMap<(i32, u8), i128> = BTreeMap::new();
        let mut without = 0_i128;
        for (last, units) in &of.ends {
            let (year, month, _) = last.ymd();
            let sum = if *last == Date::MAX { &mut without } else { months.entry((year, month)).or_default() };
            *sum = sum.saturating_add(*units);
        }
        let later = months.values().skip(MONTHS).fold(0_i128, |sum, units| sum.saturating_add(*units));
        let named = months.iter().take(MONTHS).map(|((year, month), units)| (format!("{year}-{month:02}"), *units));
        let rest =
            [("later", later), ("without a last day", without), ("owed by members", of.owed)].map(|(name, units)| (name.to_owned(), units));
        for (month, units) in named.chain(rest.into_iter().filter(|(_, units)| *units != 0)) {
            rows.push(vec![
                Value::Text(month),
                Value::Text(name(inputs, index)),
                plain(inputs, index, units),
                value(inputs, index, units)?,
            ]);
        }
    }
    let columns = vec![
        Column::text("month", "month"),
        Column::text("wallet", "wallet"),
        Column::new("units", "units", Unit::Number),
        Column::new("money", "worth", Unit::Money),
    ];
    let definition = "what is left at the close, pending units included, by the month of the last day on which it can be used as lives stand \
                      then: in all the balance and what is pending. Where a life moves with what customers do, it moves on";
    let mut table = table(
        inputs,
        label,
        "expiry_months",
        "What is left at the close, by the month in which it can be used for the last time",
        definition,
        columns,
        rows,
    );
    let one = lots.iter().filter(|of| !of.ends.is_empty()).count() == 1;
    table.picture = one.then(|| Picture::Bars(vec![3]));
    Ok(table)
}

fn by_age(inputs: &Inputs, lots: &[OfWallet], label: Label) -> Checked<Table> {
    let mut rows = Vec::new();
    for (index, of) in lots.iter().enumerate() {
        let (mut from, mut before) = (0_u32, None);
        for upper in AGES {
            let units = of.ages.range(from..=upper).fold(0_i128, |sum, (_, units)| sum.saturating_add(*units));
            let spent = (of.matured > 0 && upper != u32::MAX).then(|| Exact::ratio(of.spent_by(upper), of.matured).ok()).flatten();
            let age = if upper == u32::MAX { format!("over {}", from.saturating_sub(1)) } else { format!("{from} to {upper}") };
            from = upper.saturating_add(1);
            let tells = units != 0 || spent.is_some() && spent != before;
            before = spent;
            if tells {
                rows.push(vec![
                    Value::Text(name(inputs, index)),
                    Value::Text(age),
                    plain(inputs, index, units),
                    value(inputs, index, units)?,
                    Value::known(spent),
                ]);
            }
        }
    }
    let columns = vec![
        Column::text("wallet", "wallet"),
        Column::text("age", "days since earning"),
        Column::new("units", "units left", Unit::Number),
        Column::new("money", "worth", Unit::Money),
        Column::new("spent", "spent by that age", Unit::Rate),
    ];
    let definition = "units left at the close by the days since they were granted; spent by that age: of lots whose time is over, what was \
                      spent by then / issued";
    Ok(table(
        inputs,
        label,
        "ages",
        "How old what is left is, and what was spent by that age of lots whose time is over",
        definition,
        columns,
        rows,
    ))
}
