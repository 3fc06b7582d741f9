//! The same receipt in two files counts once; where the files differ, nothing tells which of them is right, and it is not used.

use super::keys::{NONE, ix};
use super::lines::line_content;
use super::part::{Kept, Whole, content, lines_of};
use super::partition::{Findings, Shared};
use super::reason;
use super::rows::Origin;
use foldhash::fast::FixedState;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

fn file<'a>(shared: &'a Shared<'_>, source: u32) -> &'a str {
    shared.draft.sources.get(ix(source)).map_or("", |source| source.file.as_str())
}

fn short(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// `A1 in january.csv and february.csv`
fn named<'a>(id: &str, files: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = files.map(short).take(2).collect();
    format!("{id} in {}", names.join(" and "))
}

/// The rows of a receipt from one file: those of the first, where the others have the same; none, where they differ.
pub(super) fn rows(
    shared: &Shared<'_>,
    whole: &Whole<'_>,
    receipt: &[u32],
    dropped: &mut Vec<(u32, u32)>,
    findings: &mut Findings,
) -> Vec<u32> {
    let mut files: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for row in receipt {
        files.entry(file(shared, whole.origin(*row).source)).or_default().push(*row);
    }
    if files.len() < 2 {
        return receipt.to_vec();
    }
    // Whether two files say the same depends on columns that may have been left out.
    findings.conflicts = true;
    for rows in files.values_mut() {
        rows.sort_by(|a, b| content(whole, *a, *b));
    }
    let id = receipt.first().map(|row| whole.rows.id.get(ix(*row)).text()).unwrap_or_default();
    let text = named(&id, files.keys().copied());
    let mut lists = files.into_values();
    let Some(first) = lists.next() else { return Vec::new() };
    let others: Vec<Vec<u32>> = lists.collect();
    // Equal lines of a receipt are bought twice; an equal record is written twice.
    let distinct = |rows: &[u32]| {
        let mut rows = rows.to_vec();
        if !shared.fold {
            rows.dedup_by(|a, b| content(whole, *a, *b).is_eq());
        }
        rows
    };
    let own = distinct(&first);
    let same = |other: &Vec<u32>| {
        let other = distinct(other);
        other.len() == own.len() && own.iter().zip(&other).all(|(a, b)| content(whole, *a, *b).is_eq())
    };
    if others.iter().all(same) {
        for row in others.into_iter().flatten() {
            dropped.push((row, u32::MAX));
            findings.duplicates.push(whole.origin(row));
        }
        return first;
    }
    for row in receipt {
        dropped.push((*row, u32::MAX));
        findings.reject(whole.origin(*row), reason::TWO_FILES, "id", text.clone());
    }
    // It was bought once: the money at stake is what the file with more says.
    let most = std::iter::once(&first).chain(&others).max_by_key(|rows| worth(whole, rows));
    if let Some((rows, head)) = most.and_then(|rows| Some((rows, rows.first()?))) {
        findings.money.push((whole.origin(*head).source, reason::TWO_FILES, worth(whole, rows)));
    }
    Vec::new()
}

/// What the rows of a receipt come to: the amount that they repeat, or their lines.
fn worth(whole: &Whole<'_>, rows: &[u32]) -> i64 {
    let amount = rows.iter().filter_map(|row| whole.rows.amount.get(ix(*row)).copied()).filter(|amount| *amount != NONE).max();
    let lines = rows.iter().flat_map(|row| lines_of(whole, *row)).filter_map(|line| whole.lines.amount.get(ix(*line)));
    amount.unwrap_or_else(|| lines.fold(0, |sum: i64, line| sum.saturating_add(*line)))
}

/// A line of a table of its own that has found its purchase.
pub(super) struct Found {
    /// The row of its purchase.
    pub row: u32,
    pub origin: Origin,
    pub what: Placed,
}

/// Where such a line is now.
pub(super) enum Placed {
    Line(u32),
    /// Among the returns: product, money and units.
    Return(u32, Back),
}

/// What came back with a line, as two files can be compared.
pub(super) type Back = (String, Option<i64>, Option<crate::value::Decimal>);

/// Lines that a second file repeats are dropped, and the purchases whose lines differ from file to file are named. What
/// is dropped of the returns stands in `returns`.
pub(super) fn lines(
    shared: &Shared<'_>,
    whole: &mut Whole<'_>,
    kept: &Kept,
    found: &[Found],
    findings: &mut Findings,
) -> (BTreeSet<u32>, HashSet<u32, FixedState>) {
    let (mut faulty, mut returns) = (BTreeSet::new(), HashSet::default());
    let mut by_row: HashMap<u32, BTreeMap<&str, Vec<&Found>>, FixedState> = HashMap::default();
    for line in found {
        by_row.entry(line.row).or_default().entry(file(shared, line.origin.source)).or_default().push(line);
    }
    for row in &kept.order {
        let Some(files) = by_row.get_mut(row).filter(|files| files.len() > 1) else { continue };
        findings.conflicts = true;
        files.values_mut().for_each(|lines| lines.sort_by(|a, b| compared(whole, a, b).then(a.origin.cmp(&b.origin))));
        let text = named(&whole.rows.id.get(ix(*row)).text(), files.keys().copied());
        let Some(first) = files.values().next() else { continue };
        let same = |other: &Vec<&Found>| other.len() == first.len() && first.iter().zip(other).all(|(a, b)| compared(whole, a, b).is_eq());
        let equal = files.values().all(same);
        if !equal {
            faulty.insert(*row);
        }
        if !equal && whole.rows.amount.get(ix(*row)) == Some(&NONE) {
            let money = |lines: &Vec<&Found>| lines.iter().map(|line| cost(whole, line)).fold(0, i64::saturating_add);
            let most = files.values().max_by_key(|lines| money(lines));
            findings.money.extend(most.and_then(|lines| Some((lines.first()?.origin.source, reason::TWO_FILES, money(lines)))));
        }
        let gone: Vec<&Found> = files.values().skip(usize::from(equal)).flatten().copied().collect();
        for line in gone {
            match line.what {
                Placed::Return(at, _) => {
                    returns.insert(at);
                }
                Placed::Line(at) => {
                    if let Some(owner) = whole.lines.owner.get_mut(ix(at)) {
                        *owner = u32::MAX;
                    }
                }
            }
            if equal {
                findings.duplicates.push(line.origin);
            } else {
                findings.reject(line.origin, reason::TWO_FILES, "purchase", text.clone());
            }
        }
    }
    (faulty, returns)
}

fn compared(whole: &Whole<'_>, a: &Found, b: &Found) -> Ordering {
    match (&a.what, &b.what) {
        (Placed::Line(a), Placed::Line(b)) => line_content(&whole.lines, ix(*a), ix(*b)),
        (Placed::Return(_, a), Placed::Return(_, b)) => a.cmp(b),
        (Placed::Line(_), Placed::Return(..)) => Ordering::Less,
        (Placed::Return(..), Placed::Line(_)) => Ordering::Greater,
    }
}

/// What a line was bought for.
fn cost(whole: &Whole<'_>, line: &Found) -> i64 {
    match line.what {
        Placed::Line(at) => whole.lines.amount.get(ix(at)).copied().unwrap_or(0),
        Placed::Return(..) => 0,
    }
}

/// Whether lines stand in tables of more than one file.
pub(super) fn several(shared: &Shared<'_>) -> bool {
    let mut files = shared.draft.loose.iter().map(|table| file(shared, table.source));
    let first = files.next();
    files.any(|other| Some(other) != first)
}
