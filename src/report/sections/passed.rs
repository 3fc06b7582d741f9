//! Who joined, earned and redeemed when, and who rose and fell among the tiers.

use crate::program::Ladder;
use crate::report::build::window;
use crate::report::deep::{Deep, NEAR, Near};
use crate::report::metrics::{Days, Inputs};
use crate::report::model::{Claim, Column, Label, Picture, Section, Table, Unit, Value};
use crate::report::passages::{Move, Passages, spans};
use crate::report::write::format::{count, day, percent};
use crate::value::{Date, Exact};
use std::collections::BTreeMap;

/// Why there is nothing to tell.
const NOT_KEPT: &str = "accounts are followed only with --full or --report";
const OUTSIDE: &str = "no member";

/// The section.
pub(super) fn section(inputs: &Inputs, deep: Option<&Deep>, label: Label) -> Section {
    let mut section = Section::new("passages", "Members and tiers over time", label);
    section.folded = true;
    let passages = deep.map(|deep| &deep.passages);
    section.tables = vec![firsts(inputs, passages, label)];
    let Some((first, last)) = inputs.behaviour.days else { return section };
    let Some(passages) = passages else { return section };
    if let Some(claim) = funnel(inputs, passages, label) {
        section.claims.push(claim);
    }
    let spans = spans(first, last);
    let Some(((since, _), years)) = spans.split_last() else { return section };
    for (ladder, number) in inputs.program.ladders.iter().zip(0_u16..) {
        let rungs = u8::try_from(ladder.rungs.len()).unwrap_or(u8::MAX);
        let moves = moves(passages, number, (*since, last));
        section.claims.extend(held(&moves, (*since, last), label));
        section.tables.push(matrix(inputs, (ladder, number, rungs), &moves, (*since, last), label));
        section.tables.push(by_year(inputs, (ladder, number, rungs), passages, years, label));
    }
    section.tables.extend(deep.map(|deep| near(inputs, &deep.near, label)).filter(|table| !table.rows.is_empty()));
    section
}

/// Who holds a lower tier and has come near to a rung.
fn near(inputs: &Inputs, near: &[Near], label: Label) -> Table {
    let row = |near: &Near| {
        let ladder = inputs.program.ladders.get(near.ladder)?;
        let rung = ladder.rungs.get(near.rung)?;
        let name = Value::Text(format!("{}{}", rung.name, of_ladder(ladder)));
        Some([name].into_iter().chain(near.members.map(Value::whole)).collect())
    };
    let [far, close] = NEAR;
    Table {
        id: "near_tiers".to_owned(),
        title: "Members who are short of a tier by little at the close".to_owned(),
        label,
        assumes: Vec::new(),
        definition: format!(
            "members who hold a lower tier at the close and whose measure comes to at least {far}% and to at least {close}% of the tier's \
             threshold then; a second threshold, behind `or`, is not looked at"
        ),
        window: window(Days::End, inputs.behaviour),
        columns: vec![
            Column::text("tier", "tier"),
            Column::new("from_75", format!("from {far}% of it"), Unit::Count),
            Column::new("from_90", format!("from {close}% of it"), Unit::Count),
        ],
        rows: near.iter().filter_map(row).collect(),
        picture: None,
        reason: None,
    }
}

/// Accounts by where they stood and stand.
fn moves(passages: &Passages, ladder: u16, span: (Date, Date)) -> BTreeMap<(u8, u8), u64> {
    let of_span = |step: &Move| step.ladder == ladder && (step.since, step.until) == span;
    passages.moves.iter().filter(|(step, _)| of_span(step)).map(|(step, accounts)| ((step.from, step.to), *accounts)).collect()
}

fn sum(moves: &BTreeMap<(u8, u8), u64>, of: impl Fn(u8, u8) -> bool) -> u64 {
    moves.iter().filter(|((from, to), _)| of(*from, *to)).fold(0, |sum, (_, n)| sum.saturating_add(*n))
}

/// How many of those above the lowest tier held or lost it.
fn held(moves: &BTreeMap<(u8, u8), u64>, (since, until): (Date, Date), label: Label) -> Option<Claim> {
    let before = sum(moves, |from, _| from > 1);
    let fell = sum(moves, |from, to| from > 1 && to < from);
    let rose = sum(moves, |from, to| from >= 1 && to > from);
    let share = Exact::ratio(before.saturating_sub(fell).into(), before.into()).ok().filter(|_| before > 0)?;
    let text = format!(
        "Of {} members above the lowest tier at the end of {}, {} still hold it or a higher one at the end of {}, and {} fell; {} members \
         rose. Some fall because the year before was unusual for them: that is chance, and no failure of the program.",
        count(before),
        day(since),
        percent(share),
        day(until),
        count(fell),
        count(rose)
    );
    Some(Claim::new(text, label, &["tier_moves"]))
}

fn id(name: &str, number: u16) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}_{}", number.saturating_add(1)) }
}

fn named(ladder: &Ladder, state: u8) -> String {
    match state.checked_sub(1) {
        None => OUTSIDE.to_owned(),
        Some(rung) => ladder.rungs.get(usize::from(rung)).map_or_else(String::new, |rung| rung.name.clone()),
    }
}

fn of_ladder(ladder: &Ladder) -> String {
    ladder.name.as_ref().map_or_else(String::new, |name| format!(" of {name}"))
}

/// From where to where.
fn matrix(
    inputs: &Inputs,
    (ladder, number, rungs): (&Ladder, u16, u8),
    moves: &BTreeMap<(u8, u8), u64>,
    (since, until): (Date, Date),
    label: Label,
) -> Table {
    let mut columns = vec![Column::text("from", "from / to")];
    columns.extend((0..=rungs).map(|state| Column::new(format!("to_{state}"), named(ladder, state), Unit::Count)));
    columns.extend([Column::new("all", "all", Unit::Count), Column::new("kept", "kept or rose", Unit::Rate)]);
    let row = |from: u8| {
        let all = sum(moves, |of, _| of == from);
        let kept = sum(moves, |of, to| of == from && to >= from);
        let kept = Exact::ratio(kept.into(), all.into()).ok().filter(|_| all > 0 && from > 0);
        let mut row = vec![Value::Text(named(ladder, from))];
        row.extend((0..=rungs).map(|to| Value::whole(moves.get(&(from, to)).copied().unwrap_or(0))));
        row.extend([Value::whole(all), Value::known(kept)]);
        (all > 0).then_some(row)
    };
    let rows: Vec<Vec<Value>> = (0..=rungs).filter_map(row).collect();
    Table {
        id: id("tier_moves", number),
        title: format!("From the tier{} at the end of {} to that at the end of {}", of_ladder(ladder), day(since), day(until)),
        label,
        assumes: Vec::new(),
        definition:
            "accounts by the tier that they held at the end of the first day and at the end of the last; the first day lies a year \
                     before the last, or in the middle of a shorter window"
                .to_owned(),
        window: window(Days::End, inputs.behaviour),
        columns,
        reason: rows.is_empty().then(|| "nobody was a member".to_owned()),
        rows,
        picture: Some(Picture::Flow((1..=usize::from(rungs).saturating_add(1)).collect())),
    }
}

/// What became of the members of each tier within a year.
fn by_year(
    inputs: &Inputs,
    (ladder, number, rungs): (&Ladder, u16, u8),
    passages: &Passages,
    years: &[(Date, Date)],
    label: Label,
) -> Table {
    let mut rows = Vec::new();
    for (since, until) in years {
        let moves = moves(passages, number, (*since, *until));
        for state in 1..=rungs {
            let counts = [
                sum(&moves, |from, _| from == state),
                sum(&moves, |from, to| from == state && to == state),
                sum(&moves, |from, to| from == state && to > state),
                sum(&moves, |from, to| from == state && (1..state).contains(&to)),
                sum(&moves, |from, to| from == state && to == 0),
                sum(&moves, |from, to| from != state && from != 0 && to == state),
                sum(&moves, |from, to| from == 0 && to == state),
                sum(&moves, |_, to| to == state),
            ];
            if counts.iter().any(|n| *n > 0) {
                let year = Value::Text(until.ymd().0.to_string());
                rows.push([year, Value::Text(named(ladder, state))].into_iter().chain(counts.map(Value::whole)).collect());
            }
        }
    }
    let column = |id: &str, words: &str| Column::new(id, words, Unit::Count);
    Table {
        id: id("tier_years", number),
        title: format!("What became of the members of each tier{} within each year", of_ladder(ladder)),
        label,
        assumes: Vec::new(),
        definition: "by the tier held at the end of the year before and at the end of the year (of the window, where it ends within it): \
                     at its start = kept + rose + fell + left; at its end = kept + came from other tiers + joined"
            .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("year", "year"),
            Column::text("tier", "tier"),
            column("at_start", "at its start"),
            column("kept", "kept"),
            column("rose", "rose"),
            column("fell", "fell"),
            column("left", "left"),
            column("came", "came from other tiers"),
            column("joined", "joined"),
            column("at_end", "at its end"),
        ],
        reason: rows.is_empty().then(|| "nobody was a member".to_owned()),
        rows,
        picture: None,
    }
}

/// Of those who joined, how many earned and how many redeemed.
fn funnel(inputs: &Inputs, passages: &Passages, label: Label) -> Option<Claim> {
    if inputs.program.wallets.is_empty() {
        return None;
    }
    let all = passages.firsts.values().fold([0_u64; 3], |mut sums, counts| {
        sums.iter_mut().zip(counts).for_each(|(sum, n)| *sum = sum.saturating_add(*n));
        sums
    });
    let [joined, earned, redeemed] = all;
    let share = |part: u64| Exact::ratio(part.into(), joined.into()).map(percent).ok();
    let (first, second) = (share(earned).filter(|_| joined > 0)?, share(redeemed)?);
    let text = format!(
        "Of {} who joined, {first} ({}) earned something and {second} ({}) redeemed something.",
        count(joined),
        count(earned),
        count(redeemed)
    );
    Some(Claim::new(text, label, &["first_times"]))
}

fn firsts(inputs: &Inputs, passages: Option<&Passages>, label: Label) -> Table {
    let rows: Option<Vec<Vec<Value>>> = passages.map(|passages| {
        let row = |(month, counts): (&(i32, u8), &[u64; 3])| {
            [Value::Text(format!("{}-{:02}", month.0, month.1))].into_iter().chain(counts.map(Value::whole)).collect()
        };
        passages.firsts.iter().map(row).collect()
    });
    let reason = match &rows {
        None => Some(NOT_KEPT.to_owned()),
        Some(rows) => rows.is_empty().then(|| "nobody joined".to_owned()),
    };
    Table {
        id: "first_times".to_owned(),
        title: "How many joined, earned and redeemed for the first time in each month".to_owned(),
        label,
        assumes: Vec::new(),
        definition: "accounts by the month in which they became members, in which they were first granted units of a wallet or a thing, \
                     and in which they first spent units, used a voucher or collected a gift"
            .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("month", "month"),
            Column::new("joined", "joined", Unit::Count),
            Column::new("earned", "first earned", Unit::Count),
            Column::new("redeemed", "first redeemed", Unit::Count),
        ],
        rows: rows.unwrap_or_default(),
        picture: Some(Picture::Lines(vec![1, 2, 3])),
        reason,
    }
}
