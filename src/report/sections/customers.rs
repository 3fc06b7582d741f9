//! How customers behave: whether and when they come back.

use crate::report::build::window;
use crate::report::metrics::repetition::{Repetition, Step, WITHIN};
use crate::report::metrics::{Days, Inputs};
use crate::report::model::{Claim, Column, Label, Picture, Section, Table, Unit, Value};
use crate::report::write::format::{count, percent};
use crate::value::{Checked, Exact};

/// Rows of the curve of returning.
const CURVE: [usize; 10] = [7, 14, 30, 60, 90, 120, 180, 270, 365, 730];

/// The section.
pub(super) fn section(inputs: &Inputs) -> Section {
    let mut section = Section::new("repetition", "Whether and when customers come back", Label::Observed);
    let repetition = &inputs.behaviour.repetition;
    section.figures =
        ["repeat.ticket", "repeat.ticket.same", "repeat.share", "gap.median", "gap.p90", "return.median"].map(str::to_owned).to_vec();
    if inputs.answers.types != Default::default() {
        section.figures.extend(["loyalty.true", "loyalty.latent", "loyalty.forced", "loyalty.none"].map(str::to_owned));
    }
    section.tables = vec![steps(inputs, repetition), returning(inputs, repetition)];
    section.claims.extend(climb(repetition));
    section
}

/// The chance of going on climbs from purchase to purchase, and that shows nothing.
fn climb(repetition: &Repetition) -> Option<Claim> {
    let share = |step: &Step| (step.matured > 0).then(|| Exact::ratio(step.matured_on.into(), step.matured.into()).ok()).flatten();
    let mut told = repetition.steps.iter().filter(|step| step.matured >= 30).filter_map(share);
    let (first, second) = (told.next()?, told.next()?);
    let text = format!(
        "Of those who bought once, {} bought again within {WITHIN} days; of those who bought twice, {} went on. A climb from step to \
         step is what differing customers show anyway: it is no effect of buying.",
        percent(first),
        percent(second)
    );
    (second > first).then(|| Claim::new(text, Label::Observed, &["steps"]))
}

fn steps(inputs: &Inputs, repetition: &Repetition) -> Table {
    let row = |(at, step): (usize, &Step)| -> Option<Vec<Value>> {
        let share = |of: u64, all: u64| (all > 0).then(|| Exact::ratio(of.into(), all.into()).ok()).flatten();
        let by_km = step.times.came_back().ok().and_then(|curve| curve.last().map(|(_, share)| *share));
        let n = at.saturating_add(1);
        (step.reached > 0).then(|| {
            vec![
                Value::Text(format!("{n} → {}", n.saturating_add(1))),
                Value::whole(step.reached),
                Value::known(share(step.went_on, step.reached)),
                Value::whole(step.matured),
                Value::known(share(step.matured_on, step.matured)),
                Value::known(by_km),
            ]
        })
    };
    let rows: Vec<Vec<Value>> = repetition.steps.iter().enumerate().filter_map(row).collect();
    let reason = rows.is_empty().then(|| "nobody bought anything in this window".to_owned());
    Table {
        id: "steps".to_owned(),
        title: format!("How many went on from the n-th day with a purchase to the next, within {WITHIN} days"),
        label: Label::Observed,
        assumes: Vec::new(),
        definition: format!(
            "days with a purchase; matured: the n-th lies at least {WITHIN} days before the end; went on: of these, the next came within \
             {WITHIN} days; by Kaplan and Meier: the same with everybody, those cut off by the end included"
        ),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("step", "from → to"),
            Column::new("reached", "reached", Unit::Count),
            Column::new("went_on_ever", "went on so far", Unit::Rate),
            Column::new("matured", "matured", Unit::Count),
            Column::new("went_on", "within 90 days", Unit::Rate),
            Column::new("went_on_km", "by Kaplan and Meier", Unit::Rate),
        ],
        rows,
        picture: Some(Picture::Bars(vec![4])),
        reason,
    }
}

/// The curve of returning: by so many days after a visit, so many have come back.
fn returning(inputs: &Inputs, repetition: &Repetition) -> Table {
    let curve = repetition.gaps.came_back().unwrap_or_default();
    let longest = repetition.gaps.open.len().max(repetition.gaps.ended.len());
    let at = |days: usize| curve.iter().take_while(|(length, _)| *length <= days).last().map_or(Exact::whole(0), |(_, share)| *share);
    let seen = |days: usize| -> Checked<Exact> {
        let ended = repetition.gaps.ended.iter().take(days.saturating_add(1)).fold(0_u64, |sum, n| sum.saturating_add(*n));
        Exact::ratio(ended.into(), repetition.gaps.count().into())
    };
    let rows: Vec<Vec<Value>> = CURVE
        .iter()
        .filter(|days| **days < longest)
        .map(|days| vec![Value::whole(i128::try_from(*days).unwrap_or(0)), Value::Number(at(*days)), Value::known(seen(*days).ok())])
        .collect();
    let reason = rows.is_empty().then(|| format!("nothing was seen for {} days or longer", count(7)));
    Table {
        id: "returning".to_owned(),
        title: "How many have come back by so many days after a purchase".to_owned(),
        label: Label::Observed,
        assumes: Vec::new(),
        definition: "came back: Kaplan and Meier's estimate over every gap between days with a purchase, those that the end cut off \
                     included; of the gaps seen: only those that ended, which are too short on the whole"
            .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::new("days", "days", Unit::Count),
            Column::new("came_back", "came back", Unit::Rate),
            Column::new("of_gaps", "of the gaps seen", Unit::Rate),
        ],
        rows,
        picture: Some(Picture::Steps(vec![1])),
        reason,
    }
}
