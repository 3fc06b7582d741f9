//! What each rule costs by itself: the program without it.

use crate::engine::totals::Totals;
use crate::report::build::window;
use crate::report::metrics::{Days, Inputs, cost_parts, rule_id};
use crate::report::model::{Column, Label, Picture, Section, Table, Unit, Value};
use crate::value::{Checked, Overflow};

/// The section; nothing where nobody asked.
pub(super) fn section(inputs: &Inputs, whole: &Totals, without: &[Totals], label: Label) -> Section {
    let mut section = Section::new("alone", "What each rule costs by itself", label);
    if without.is_empty() {
        return section;
    }
    let rows = rows(inputs, whole, without);
    section.tables = vec![Table {
        id: "leave_one_out".to_owned(),
        title: "The cost of the program without each rule, all else as it is".to_owned(),
        label,
        assumes: Vec::new(),
        definition:
            "program.cost without the rule, and how much less that is; under caps, tiers and combination the differences do not add \
                     up to the cost"
                .to_owned(),
        window: window(Days::Life, inputs.behaviour),
        columns: vec![
            Column::text("rule", "rule"),
            Column::text("sentence", "sentence"),
            Column::new("cost_without", "cost without it", Unit::Money),
            Column::new("difference", "less by", Unit::Money),
        ],
        reason: rows.is_err().then(|| "its sums are too large to be kept exactly".to_owned()),
        rows: rows.unwrap_or_default(),
        picture: Some(Picture::Bars(vec![3])),
    }];
    section
}

fn rows(inputs: &Inputs, whole: &Totals, without: &[Totals]) -> Checked<Vec<Vec<Value>>> {
    let cost = |totals: &Totals| cost_parts(inputs, totals)?.total();
    let all = cost(whole)?;
    let row = |(rule, totals): (&crate::program::Rule, &Totals)| -> Checked<Vec<Value>> {
        let less = cost(totals)?;
        let difference = all.checked_sub(less).ok_or(Overflow)?;
        Ok(vec![Value::Text(rule_id(rule)), Value::Text(rule.label.clone()), Value::whole(less), Value::whole(difference)])
    };
    inputs.program.rules.iter().zip(without).map(row).collect()
}
