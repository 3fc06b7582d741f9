//! What a program cost from month to month, beside what was sold and what was owed at the end of each.

use crate::program::WalletId;
use crate::report::build::window;
use crate::report::deep::Deep;
use crate::report::metrics::{Days, Inputs, face_value};
use crate::report::model::{Column, Label, Picture, Section, Table, Unit, Value};
use crate::value::{Checked, Exact, Overflow};
use std::collections::BTreeSet;

/// The section, from the flows and costs by month, if they were kept.
pub(super) fn section(inputs: &Inputs, deep: Option<&Deep>, label: Label) -> Section {
    let mut section = Section::new("over_time", "What it cost from month to month", label);
    section.folded = true;
    section.tables = vec![by_month(inputs, deep, label)];
    section
}

fn by_month(inputs: &Inputs, deep: Option<&Deep>, label: Label) -> Table {
    let unit = |id: &str, words: &str| Column::new(id, words, Unit::Money);
    let rows = deep.map(|deep| rows(inputs, deep).unwrap_or_default());
    let reason = match &rows {
        None => Some("costs are added up by month only with --full or --report".to_owned()),
        Some(rows) if rows.is_empty() => Some("nothing was given and nothing was sold".to_owned()),
        Some(_) => None,
    };
    Table {
        id: "cost_months".to_owned(),
        title: "What was given away by month, in money".to_owned(),
        label,
        assumes: Vec::new(),
        definition:
            "at once: discounts, prices, free shipping, gifts at what they cost, vouchers when they are used, messages and donations; \
                     with units: what points and money of the program paid, times what a unit of reward value costs; both on the day that \
                     they are given, and what comes back on the day of its return; without cost per month; owed: units at the end of the \
                     month at what they are worth, pending ones included"
                .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("month", "month"),
            unit("sales", "sales"),
            unit("at_once", "at once"),
            unit("with_units", "with units"),
            unit("cost", "cost"),
            Column::new("rate", "of sales", Unit::Rate),
            unit("owed", "owed at its end"),
            unit("sales_before", "sales a year before"),
            unit("cost_before", "cost a year before"),
        ],
        rows: rows.unwrap_or_default(),
        picture: Some(Picture::Steps(vec![4, 6])),
        reason,
    }
}

fn rows(inputs: &Inputs, deep: &Deep) -> Checked<Vec<Vec<Value>>> {
    let sold = &inputs.behaviour.months;
    let (mut year, mut month) = sold.first;
    let mut sales = std::collections::BTreeMap::new();
    for row in &sold.rows {
        sales.insert((year, month), row.sales);
        (year, month) = if month == 12 { (year.saturating_add(1), 1) } else { (year, month.saturating_add(1)) };
    }
    let months: BTreeSet<(i32, u8)> = sales.keys().chain(deep.costs.keys()).chain(deep.flows.keys()).copied().collect();
    let reward = Exact::try_from(inputs.reward_cost())?;
    let mut units = vec![0_i128; inputs.program.wallets.len()];
    let mut rows = Vec::new();
    let mut known: std::collections::BTreeMap<(i32, u8), (Option<Exact>, Exact)> = std::collections::BTreeMap::new();
    for key in months {
        let cost = deep.costs.get(&key).copied().unwrap_or_default();
        for (sum, flow) in units.iter_mut().zip(deep.flows.get(&key).map_or(&[][..], Vec::as_slice)) {
            *sum = sum.checked_add(flow.net()).ok_or(Overflow)?;
        }
        let (at_once, with_units) = (Exact::whole(cost.plain), Exact::whole(cost.redeemed).times(reward)?);
        let all = at_once.plus(with_units)?;
        let sales = sales.get(&key).map(|sales| Exact::whole(*sales));
        let rate = sales.filter(|sales| sales.numerator() > 0).map(|sales| all.divided_by(sales)).transpose()?;
        let before = known.get(&(key.0.saturating_sub(1), key.1));
        rows.push(vec![
            Value::Text(format!("{}-{:02}", key.0, key.1)),
            Value::known(sales),
            Value::Number(at_once),
            Value::Number(with_units),
            Value::Number(all),
            Value::known(rate),
            Value::Number(owed(inputs, &units)?),
            Value::known(before.and_then(|(sales, _)| *sales)),
            Value::known(before.map(|(_, cost)| *cost)),
        ]);
        known.insert(key, (sales, all));
    }
    Ok(rows)
}

/// Units of all wallets at what they are worth; those without a value in money are none.
fn owed(inputs: &Inputs, units: &[i128]) -> Checked<Exact> {
    let mut sum = Exact::whole(0);
    for (index, units) in (0_u16..).zip(units) {
        if let Some(worth) = face_value(inputs.program, WalletId(index))? {
            sum = sum.plus(worth.times(Exact::whole(*units))?)?;
        }
    }
    Ok(sum)
}
