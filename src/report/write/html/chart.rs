//! Lines, steps and flows from tables.

use super::figures::{Words, short_figure};
use super::scale::Scale;
use super::scene::{Anchor, Area, LINE, Label, Mark, Scene, text_width};
use crate::report::model::{Column, Table, Value};
use crate::value::{Checked, Exact, Overflow};

/// How large a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For a page on a desk.
    Wide,
    /// For a phone.
    Narrow,
}

impl Size {
    fn of(self) -> (i32, i32) {
        match self {
            Self::Wide => (760, 320),
            Self::Narrow => (326, 240),
        }
    }
}

/// The number a cell is drawn at: of two runs the higher end.
fn drawn(value: Option<&Value>) -> Option<Exact> {
    match value {
        Some(Value::Number(value)) => Some(*value),
        Some(Value::Runs(never, soon)) => Some(*never.max(soon)),
        _ => None,
    }
}

/// A line for each of the `columns` over the first column.
///
/// # Errors
/// [`Overflow`] where there is nothing to draw or figures are too large.
pub fn lines(table: &Table, columns: &[usize], steps: bool, size: Size, words: &Words) -> Checked<Scene> {
    let (width, height) = size.of();
    let named: Vec<(&Column, usize)> = columns.iter().filter_map(|at| Some((table.columns.get(*at)?, *at))).collect();
    let values = || table.rows.iter().flat_map(|row| columns.iter().filter_map(|at| drawn(row.get(*at))));
    let scale = Scale::of(values(), if size == Size::Wide { 6 } else { 4 }, true)?;
    let unit = &named.first().ok_or(Overflow)?.0.unit;
    let ticks: Vec<String> = scale.ticks.iter().map(|tick| short_figure(*tick, unit, words)).collect();
    let left = ticks.iter().map(|text| text_width(text)).max().unwrap_or(0) + 10;
    let names = named.iter().map(|(column, _)| text_width(&column.words)).max().unwrap_or(0);
    // Names stand at the ends of their lines where there is room, else in the legend alone.
    let at_ends = size == Size::Wide && names <= 200;
    let right = if at_ends { names + 14 } else { 14 };
    let plot = Area { left, top: 12, right: width - right, bottom: height - 30 };
    let mut scene = Scene { width, height, plot, ..Scene::default() };
    for (tick, words) in scale.ticks.iter().zip(ticks) {
        let y = scale.place(*tick, plot.bottom, plot.top)?;
        scene.marks.push(Mark::Grid { from: (plot.left, y), to: (plot.right, y), zero: tick.numerator() == 0 });
        scene.labels.push(Label { at: (left - 6, y + 4), anchor: Anchor::End, text: words, name: false });
    }
    let across = across(table, plot, words, &mut scene)?;
    let mut ends: Vec<(i32, String)> = Vec::new();
    for (series, (column, at)) in named.iter().enumerate() {
        let mut points: Vec<(i32, i32)> = Vec::new();
        for (row, x) in table.rows.iter().zip(&across) {
            let Some(value) = drawn(row.get(*at)) else { continue };
            let y = scale.place(value, plot.bottom * 10, plot.top * 10)?;
            if let (true, Some((_, before))) = (steps, points.last().copied()) {
                points.push((*x, before));
            }
            points.push((*x, y));
        }
        if let Some((_, y)) = points.last() {
            ends.push((*y / 10, column.words.clone()));
        }
        scene.marks.push(Mark::Line { series, points, title: column.words.clone() });
    }
    if at_ends {
        for (y, name) in apart(ends, plot.top + 4, plot.bottom) {
            scene.labels.push(Label { at: (plot.right + 8, y + 4), anchor: Anchor::Start, text: name, name: true });
        }
    }
    Ok(scene)
}

/// Where each row stands, in tenths, and the words under the plot as far as they stay apart.
fn across(table: &Table, plot: Area, words: &Words, scene: &mut Scene) -> Checked<Vec<i32>> {
    let first = table.columns.first().ok_or(Overflow)?;
    let base = plot.bottom + 20;
    let mut labels: Vec<Label> = Vec::new();
    let mut places = Vec::new();
    let numbers: Option<Vec<Exact>> = table.rows.iter().map(|row| drawn(row.first())).collect();
    let mut place = |x: i32, text: String| {
        let anchor = if x - text_width(&text) / 2 < 0 {
            Anchor::Start
        } else if x + text_width(&text) / 2 > scene.width {
            Anchor::End
        } else {
            Anchor::Middle
        };
        let label = Label { at: (x, base), anchor, text, name: false };
        let area = label.area();
        let wide = Area { left: area.left - 8, right: area.right + 8, ..area };
        if !labels.iter().any(|other| other.area().meets(&wide)) {
            labels.push(label);
        }
    };
    match numbers {
        Some(numbers) => {
            let (Some(low), Some(high)) = (numbers.iter().min().copied(), numbers.iter().max().copied()) else { return Err(Overflow) };
            let scale = Scale::of([low, high], 6, false)?;
            // The plot ends where the figures do.
            let within = Scale { low, high: if low == high { low.plus(Exact::whole(1))? } else { high }, ticks: Vec::new() };
            for number in numbers {
                places.push(within.place(number, plot.left * 10, plot.right * 10)?);
            }
            for tick in scale.ticks.iter().filter(|tick| (low..=high).contains(*tick)) {
                place(within.place(*tick, plot.left, plot.right)?, short_figure(*tick, &first.unit, words));
            }
        }
        None => {
            let last = i32::try_from(table.rows.len()).unwrap_or(i32::MAX).saturating_sub(1).max(1);
            for (at, row) in table.rows.iter().enumerate() {
                let at = i32::try_from(at).unwrap_or(0);
                let x = plot.left + i32::try_from(i64::from(plot.right - plot.left) * i64::from(at) / i64::from(last)).unwrap_or(0);
                places.push(x * 10);
                if let Some(Value::Text(text)) = row.first() {
                    place(x, text.clone());
                }
            }
        }
    }
    scene.labels.extend(labels);
    Ok(places)
}

/// Names pushed apart up and down, in the order of their places.
fn apart(mut names: Vec<(i32, String)>, top: i32, bottom: i32) -> Vec<(i32, String)> {
    names.sort();
    let mut least = top;
    for (y, _) in &mut names {
        *y = (*y).max(least);
        least = *y + LINE;
    }
    let mut most = bottom;
    for (y, _) in names.iter_mut().rev() {
        *y = (*y).min(most);
        most = *y - LINE;
    }
    names
}

/// Bands from the names of the rows to those of the columns.
///
/// # Errors
/// [`Overflow`] where nothing flows.
pub fn flow(table: &Table, columns: &[usize], size: Size) -> Checked<Scene> {
    let (width, height) = size.of();
    let name = |row: &[Value]| if let Some(Value::Text(text)) = row.first() { text.clone() } else { String::new() };
    let rows: Vec<(String, Vec<Exact>)> = table
        .rows
        .iter()
        .map(|row| (name(row), columns.iter().map(|at| drawn(row.get(*at)).unwrap_or(Exact::whole(0))).collect()))
        .collect();
    let heads: Vec<String> = columns.iter().filter_map(|at| table.columns.get(*at)).map(|column| column.words.clone()).collect();
    let sum = |values: Vec<Exact>| values.into_iter().try_fold(Exact::whole(0), Exact::plus);
    let total = sum(rows.iter().flat_map(|(_, values)| values.clone()).collect())?;
    if total.numerator() <= 0 {
        return Err(Overflow);
    }
    let side = |names: &mut dyn Iterator<Item = &String>| names.map(|name| text_width(name)).max().unwrap_or(0).min(width / 3) + 12;
    let plot =
        Area { left: side(&mut rows.iter().map(|(name, _)| name)), top: 10, right: width - side(&mut heads.iter()), bottom: height - 10 };
    let gaps = i32::try_from(rows.len().max(heads.len())).unwrap_or(1).saturating_sub(1) * LINE;
    let room = Scale { low: Exact::whole(0), high: total, ticks: Vec::new() };
    let mut scene = Scene { width, height, plot, ..Scene::default() };
    let length = (plot.bottom - plot.top - gaps).max(1);
    let mut right_at: Vec<(i32, Exact)> = Vec::new();
    let mut y = plot.top;
    for (at, head) in heads.iter().enumerate() {
        let amount = sum(rows.iter().filter_map(|(_, values)| values.get(at).copied()).collect())?;
        let end = y + room.place(amount, 0, length)?;
        right_at.push((y, Exact::whole(0)));
        scene.labels.push(Label { at: (plot.right + 8, (y + end) / 2 + 4), anchor: Anchor::Start, text: head.clone(), name: true });
        y = end + LINE;
    }
    let mut y = plot.top;
    for (series, (name, values)) in rows.iter().enumerate() {
        let start = y;
        let mut done = Exact::whole(0);
        for (at, value) in values.iter().enumerate().filter(|(_, value)| value.numerator() > 0) {
            let (top, next) = (start + room.place(done, 0, length)?, done.plus(*value)?);
            let bottom = start + room.place(next, 0, length)?;
            let Some((column, used)) = right_at.get_mut(at) else { continue };
            let (end_top, after) = (*column + room.place(*used, 0, length)?, used.plus(*value)?);
            let end_bottom = *column + room.place(after, 0, length)?;
            let head = heads.get(at).map_or("", String::as_str);
            let title = format!("{name} → {head}: {}", super::super::format::plain(*value, 0));
            scene.marks.push(Mark::Band { series, left: (plot.left, top, bottom), right: (plot.right, end_top, end_bottom), title });
            *used = after;
            done = next;
        }
        let end = start + room.place(done, 0, length)?;
        scene.labels.push(Label { at: (plot.left - 8, (start + end) / 2 + 4), anchor: Anchor::End, text: name.clone(), name: true });
        y = end + LINE;
    }
    Ok(scene)
}
