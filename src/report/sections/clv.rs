//! What customers will still buy: models of buying, with the guard's word on each.

use crate::report::build::window;
use crate::report::clv::{Asked, Estimated, Estimates, Spending, estimate};
use crate::report::metrics::behaviour::Behaviour;
use crate::report::metrics::{Days, Inputs};
use crate::report::model::Cell;
use crate::report::model::{Claim, Column, Label, Section, Table, Unit, Value};
use crate::report::write::format::{count, percent, plain};
use crate::value::{Checked, Decimal, Exact, Rounding};

/// Why nothing was fitted.
const NOT_ASKED: &str = "models are fitted only where asked for: --full, or --metric with the name of one of these figures";

/// Fits the models to what customers did.
pub(in crate::report) fn estimates(behaviour: &Behaviour, decimals: u8, discount: Option<Decimal>) -> Estimates {
    let Some((days, half)) = behaviour.halves() else {
        return Estimates { refused: Some("nobody bought anything in this window".to_owned()), ..Estimates::default() };
    };
    let gap = behaviour.repetition.gaps.rank(50).and_then(|days| u32::try_from(days).ok());
    let discount = discount.and_then(|rate| u64::try_from(rate.rounded_to_scale(5, Rounding::HalfUp).ok()?).ok());
    estimate(&behaviour.repetition.patterns, &Asked { days, half, decimals, gap, discount })
}

/// A figure of the models.
pub(in crate::report) fn cell(inputs: &Inputs, of: fn(&Estimates) -> Option<Exact>) -> Checked<Cell> {
    let Some(estimates) = inputs.estimates else { return Ok(Cell::missing(NOT_ASKED)) };
    let reason = || estimates.refused.clone().or_else(|| estimates.why.clone()).unwrap_or_else(|| "the models say nothing".to_owned());
    Ok(match of(estimates) {
        Some(value) => Cell { detail: estimates.best.map(|model| format!("by {model}")), ..Cell::known(value) },
        None => Cell::missing(reason()),
    })
}

/// A figure times the margin.
pub(in crate::report) fn of_margin(inputs: &Inputs, of: fn(&Estimates) -> Option<Exact>) -> Checked<Cell> {
    let cell = cell(inputs, of)?;
    let Some(margin) = inputs.assumptions.and_then(|assumptions| assumptions.margin) else {
        let reason = cell.reason.unwrap_or_else(|| "needs `margin` in an assumptions file (--assume)".to_owned());
        return Ok(Cell::missing(reason));
    };
    let times = |rate: Decimal| cell.value.map(|value| value.times(Exact::try_from(rate)?)).transpose();
    let ends = if margin.low == margin.high { (None, None) } else { (times(margin.low)?, times(margin.high)?) };
    Ok(Cell { value: times(margin.base)?, low: ends.0, high: ends.1, ..cell })
}

/// The section.
pub(super) fn section(inputs: &Inputs) -> Section {
    let mut section = Section::new("clv", "What customers will still buy", Label::Estimated);
    section.folded = true;
    section.figures =
        ["clv.tcf", "clv.tcf.repeaters", "clv.alive", "clv.expected", "clv.next_year", "clv.residual"].map(str::to_owned).to_vec();
    let none = Estimates { refused: Some(NOT_ASKED.to_owned()), ..Estimates::default() };
    let estimates = inputs.estimates.unwrap_or(&none);
    if inputs.estimates.is_some() {
        section.claims = claims(estimates);
    }
    section.tables = vec![models(inputs, estimates), spending(inputs, estimates)];
    section
}

fn claims(estimates: &Estimates) -> Vec<Claim> {
    if let Some(reason) = &estimates.refused {
        return vec![Claim::new(format!("Nothing is foretold: {reason}."), Label::Estimated, &[])];
    }
    let mut claims = Vec::new();
    let tested = estimates.models.iter().find(|model| Some(model.model) == estimates.best && model.foretold.is_some());
    if let (Some(model), Some(actual)) = (tested, estimates.held_out) {
        let text = format!(
            "Fitted to the first half of the window, {} foretold {} repeat purchases for the second; {} were made.",
            model.model,
            model.foretold.map_or_else(String::new, |value| count(value.round(Rounding::HalfUp).unwrap_or(0))),
            count(actual.floor())
        );
        claims.push(Claim::new(text, Label::Estimated, &["clv_models"]));
    }
    if let (Some(best), Some(alive), Some(further)) = (estimates.best, estimates.alive, estimates.further) {
        let text = format!(
            "By {best}, {} of all customers are still there, and a customer makes {} further purchases in a year on average.",
            percent(alive),
            plain(further, 2)
        );
        claims.push(Claim::new(text, Label::Estimated, &["clv.alive", "clv.expected"]));
    } else if let Some(why) = &estimates.why {
        claims.push(Claim::new(format!("Nothing is foretold: {why}."), Label::Estimated, &["clv_models"]));
    }
    if estimates.every > 1 {
        let text =
            format!("Fitted to every {} of customers, in the order of what they did.", count(i128::try_from(estimates.every).unwrap_or(0)));
        claims.push(Claim::new(text, Label::Estimated, &["clv_models"]));
    }
    claims
}

fn models(inputs: &Inputs, estimates: &Estimates) -> Table {
    let row = |fitted: &Estimated| {
        let mut row = vec![Value::Text(fitted.model.to_owned()), Value::Text(fitted.on.to_owned())];
        for (name, value, error) in &fitted.parameters {
            row.extend([Value::Text((*name).to_owned()), Value::known(*value), Value::known(*error)]);
        }
        let rest = [
            fitted.ln_likelihood,
            fitted.alive,
            fitted.expected,
            fitted.foretold,
            estimates.held_out.filter(|_| fitted.foretold.is_some()),
        ];
        row.extend(rest.map(Value::known));
        row.push(Value::known(fitted.off));
        row.push(Value::Text(fitted.refused.clone().unwrap_or_else(|| "fits".to_owned())));
        row
    };
    let mut columns = vec![Column::text("model", "model"), Column::text("on", "fitted to")];
    for n in 1..=4 {
        columns.push(Column::text(&format!("name_{n}"), ""));
        columns.push(Column::new(format!("value_{n}"), "", Unit::Number));
        columns.push(Column::new(format!("error_{n}"), "±", Unit::Number));
    }
    columns.extend([
        Column::new("ln_likelihood", "log likelihood", Unit::Number),
        Column::new("alive", "still there", Unit::Rate),
        Column::new("expected_52_weeks", "purchases of a new customer in 52 weeks", Unit::Number),
        Column::new("foretold", "foretold for the second half", Unit::Number),
        Column::new("made", "made", Unit::Count),
        Column::new("off", "off by customer", Unit::Number),
        Column::text("guard", "guard"),
    ]);
    Table {
        id: "clv_models".to_owned(),
        title: "Models of buying, fitted to the first half and to the whole window".to_owned(),
        label: Label::Estimated,
        assumes: Vec::new(),
        definition: "maximum likelihood over customers: repeat purchases are days with a purchase after the first, times are in weeks; ±: \
                     standard errors from the observed information; still there: mean P(alive); off: mean absolute error by customer"
            .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns,
        rows: estimates.models.iter().map(row).collect(),
        picture: None,
        reason: estimates.refused.clone(),
    }
}

fn spending(inputs: &Inputs, estimates: &Estimates) -> Table {
    let row = |fitted: &Spending| {
        let mut row = vec![Value::Text(fitted.on.to_owned()), Value::whole(i128::from(fitted.customers))];
        row.extend(fitted.parameters.iter().map(|(_, value)| Value::known(*value)));
        row.extend([fitted.ln_likelihood, fitted.mean, fitted.correlation].map(Value::known));
        row.push(Value::Text(fitted.refused.clone().unwrap_or_else(|| "fits".to_owned())));
        row
    };
    Table {
        id: "clv_spending".to_owned(),
        title: "What a purchase is worth, by Gamma–Gamma".to_owned(),
        label: Label::Estimated,
        assumes: Vec::new(),
        definition:
            "maximum likelihood over customers with a repeat purchase worth more than nothing: what their days with a purchase after \
                     the first came to; the model takes number and value for independent, so their correlation stands beside"
                .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("on", "fitted to"),
            Column::new("customers", "customers", Unit::Count),
            Column::new("p", "p", Unit::Number),
            Column::new("q", "q", Unit::Number),
            Column::new("v", "v", Unit::Number),
            Column::new("ln_likelihood", "log likelihood", Unit::Number),
            Column::new("mean", "mean value", Unit::Money),
            Column::new("correlation", "correlation", Unit::Number),
            Column::text("guard", "guard"),
        ],
        rows: estimates.spending.iter().map(row).collect(),
        picture: None,
        reason: estimates.refused.clone(),
    }
}
