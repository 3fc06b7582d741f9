//! Side by side: what each program costs, owes and gives, and the differences with what is chance in them.

use super::uplift::Line;
use super::{Case, Customer, Field, One, paired};
use crate::report::model::{Column, Picture, Section, Table, Unit, Value};
use crate::value::{Checked, Exact, Overflow, Rounding};

/// The row that is always there.
pub(super) const NOTHING: &str = "no program";

pub(super) fn section(field: &Field) -> Checked<Section> {
    let mut section = Section::new("sides", "Side by side", field.label);
    section.tables = vec![cost(field)?, differences(field)?];
    section.tables.extend(tiers(field));
    Ok(section)
}

/// Leaves a column of words out where it says nothing.
pub(super) fn without_empty(table: &mut Table, id: &str) {
    let Some(at) = table.columns.iter().position(|column| column.id == id) else { return };
    if table.rows.iter().all(|row| matches!(row.get(at), None | Some(Value::Missing))) {
        table.columns.remove(at);
        table.rows.iter_mut().filter(|row| at < row.len()).for_each(|row| drop(row.remove(at)));
    }
}

/// What is said of a case, where there is something to say.
pub(super) fn case_words(case: &Case) -> Value {
    if case.words.is_empty() { Value::Missing } else { Value::Text(case.words.to_owned()) }
}

fn cost(field: &Field) -> Checked<Table> {
    let nothing = [Value::Text(NOTHING.to_owned()), Value::Missing].into_iter().chain((0..4).map(|_| Value::whole(0)));
    let mut rows = vec![nothing.chain((0..7).map(|_| Value::Missing)).collect::<Vec<_>>()];
    for one in &field.all {
        for case in &field.cases {
            rows.push(row(field, one, case)?);
        }
    }
    let columns = vec![
        Column::text("program", "program"),
        Column::text("case", "case"),
        Column::new("cost", "cost", Unit::Money),
        Column::new("cost_rate", "of sales", Unit::Rate),
        Column::new("owed", "owed", Unit::Money),
        Column::new("value", "value to customers", Unit::Money),
        Column::new("members", "members", Unit::Count),
        Column::new("fees", "fees paid", Unit::Money),
        Column::new("further_sales", "further sales assumed", Unit::Money),
        Column::new("profit", "profit changes by", Unit::Money),
        Column::new("break_even_uplift", "pays back at", Unit::Rate),
        Column::new("break_even_low", "at best", Unit::Rate),
        Column::new("break_even_high", "at worst", Unit::Rate),
    ];
    let mut table = Table {
        id: "compare.cost".to_owned(),
        title: "What each program costs and gives".to_owned(),
        label: field.label,
        assumes: Vec::new(),
        definition: "cost and of sales as in the report of each; owed: units that can be spent at the close or become spendable later, at \
                     what they are worth; customers get: discounts, price lists, free shipping, what units and vouchers paid, gifts at \
                     what they are worth; fees paid are not taken off the cost; profit changes by: margin · further sales − cost; pays back at: the uplift of sales (c + F/S) / (m − c), at best and at worst over the range of the margin"
            .to_owned(),
        window: field.window.clone(),
        columns,
        rows,
        picture: None,
        reason: None,
    };
    for id in ["case", "fees", "further_sales", "profit", "break_even_uplift", "break_even_low", "break_even_high"] {
        without_empty(&mut table, id);
    }
    table.picture = table.columns.iter().position(|column| column.id == "cost").map(|at| Picture::Bars(vec![at]));
    Ok(table)
}

fn row(field: &Field, one: &One, case: &Case) -> Checked<Vec<Value>> {
    let bill = one.bill(case.kind);
    let given = field
        .customers
        .iter()
        .try_fold(0_i128, |sum, customer| sum.checked_add(one.got(customer, case.kind).value.into()).ok_or(Overflow))?;
    let margins = field.margins();
    let profit = match (bill.further, margins) {
        (Some(further), Some(margin)) => {
            let gain = Exact::try_from(margin.base)?.times(Exact::whole(further))?;
            Some(Exact::whole(gain.minus(Exact::whole(bill.cost()))?.round(Rounding::HalfUp)?))
        }
        _ => None,
    };
    let from = |margin| Line::of(one, case.kind, margin)?.break_even();
    let open = margins.filter(|margin| margin.low != margin.high);
    Ok(vec![
        Value::Text(one.contender.label.clone()),
        case_words(case),
        Value::whole(bill.cost()),
        Value::known(Exact::ratio(bill.cost(), one.sales).ok().filter(|_| one.sales > 0)),
        Value::whole(bill.owed),
        Value::whole(given),
        Value::whole(bill.members),
        if bill.fees == 0 { Value::Missing } else { Value::whole(bill.fees) },
        Value::known(bill.further.map(Exact::whole)),
        Value::known(profit),
        Value::known(margins.map(|margin| from(margin.base)).transpose()?.flatten()),
        Value::known(open.map(|margin| from(margin.high)).transpose()?.flatten()),
        Value::known(open.map(|margin| from(margin.low)).transpose()?.flatten()),
    ])
}

/// Each program less the first, and the first less none.
fn differences(field: &Field) -> Checked<Table> {
    let mut rows = Vec::new();
    let first = field.all.first();
    let pairs = field.all.iter().skip(1).map(|one| (one, first)).chain(first.map(|one| (one, None)));
    for (one, other) in pairs {
        for case in &field.cases {
            let got = |customer: &Customer| {
                let other = other.map(|other| other.got(customer, case.kind)).unwrap_or_default();
                (one.got(customer, case.kind), other)
            };
            let cost = |customer: &Customer| {
                let (one, other) = got(customer);
                one.cost - other.cost
            };
            let value = |customer: &Customer| {
                let (one, other) = got(customer);
                i128::from(one.value) - i128::from(other.value)
            };
            let sums = [paired::sum(field.customers.iter().map(cost), field.parts)?, paired::sum(field.customers.iter().map(value), 1)?];
            let name = format!("{} less {}", one.contender.label, other.map_or(NOTHING, |other| &other.contender.label));
            let mut row = vec![Value::Text(name), case_words(case)];
            for sum in sums {
                let (low, high) = sum.interval.unzip();
                row.extend([Value::Number(sum.sum), Value::known(low), Value::known(high)]);
            }
            rows.push(row);
        }
    }
    let mut table = Table {
        id: "compare.difference".to_owned(),
        title: "The differences, and where they would lie with other customers like these".to_owned(),
        label: field.label,
        assumes: Vec::new(),
        definition: "cost before fixed cost and value received, summed over the differences of each customer: sum ± 1.96 · √n · standard \
                     deviation; it speaks of other customers like these, not of other behaviour"
            .to_owned(),
        window: field.window.clone(),
        columns: vec![
            Column::text("programs", "programs"),
            Column::text("case", "case"),
            Column::new("cost", "cost", Unit::Money),
            Column::new("cost_low", "from", Unit::Money),
            Column::new("cost_high", "to", Unit::Money),
            Column::new("value", "value", Unit::Money),
            Column::new("value_low", "from", Unit::Money),
            Column::new("value_high", "to", Unit::Money),
        ],
        rows,
        picture: None,
        reason: None,
    };
    without_empty(&mut table, "case");
    Ok(table)
}

/// Members of every tier of every program at the close.
fn tiers(field: &Field) -> Option<Table> {
    let mut rows = Vec::new();
    for one in &field.all {
        for row in &one.contender.report.tables.tiers {
            let ladder = row.ladder.as_ref().map_or_else(String::new, |ladder| format!(" ({ladder})"));
            let ends = |ends: crate::report::model::Ends| match ends.one() {
                Some(value) => Value::whole(value),
                None => Value::Runs(Exact::whole(ends.low), Exact::whole(ends.high)),
            };
            rows.push(vec![
                Value::Text(one.contender.label.clone()),
                Value::Text(format!("{}{ladder}", row.tier)),
                ends(row.members),
                ends(row.purchases),
                ends(row.sales),
            ]);
        }
    }
    (!rows.is_empty()).then(|| Table {
        id: "compare.tiers".to_owned(),
        title: "Members of each tier at the end, and what was bought while it was held".to_owned(),
        label: field.label,
        assumes: Vec::new(),
        definition: "as in the report of each program".to_owned(),
        window: field.window.clone(),
        columns: vec![
            Column::text("program", "program"),
            Column::text("tier", "tier"),
            Column::new("members", "members", Unit::Count),
            Column::new("purchases", "purchases", Unit::Count),
            Column::new("sales", "sales", Unit::Money),
        ],
        rows,
        picture: None,
        reason: None,
    })
}
