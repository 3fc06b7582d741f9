//! A table as a figure: a sentence that says what it shows, its picture, and the table itself, folded.

use super::chart::{self, Size};
use super::escape::{slug, text};
use super::scale::Scale;
use crate::report::model::{Column, Picture, Table, Unit, Value};
use crate::report::write::format::{fixed, human, machine, major, percent, plain, thousands, units};
use crate::value::{Checked, Currency, Exact, Rounding};
use std::fmt::Write;

/// What figures need to be written.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub currency: &'a Currency,
}

/// Width of a bar in its own units: its picture grows with the page.
const BAR: i32 = 1000;
/// Height of a bar.
const THICK: i32 = 20;

/// A figure of a scale: short.
pub(super) fn short_figure(value: Exact, unit: &Unit, words: &Words) -> String {
    let number = |value: Exact| thousands(&plain(value, 2));
    match unit {
        Unit::Money => major(value, words.currency).map_or_else(|_| String::new(), number),
        Unit::Rate => percent(value),
        Unit::Units { scale, .. } => units(value, *scale),
        Unit::Count | Unit::Number | Unit::Days => number(value),
    }
}

/// A value without what its column counts.
fn cell(value: &Value, unit: &Unit, words: &Words) -> String {
    let write = |value: Exact| match unit {
        Unit::Rate => percent(value),
        Unit::Units { scale, .. } => units(value, *scale),
        Unit::Money => major(value, words.currency).map_or_else(|_| String::new(), |full| thousands(&fixed(full, words.currency.decimals))),
        Unit::Count | Unit::Number | Unit::Days => thousands(&plain(value, 2)),
    };
    match value {
        Value::Missing => "·".to_owned(),
        Value::Text(raw) => raw.clone(),
        Value::Number(value) => write(*value),
        Value::Runs(never, soon) => format!("{} / {}", write(*never), write(*soon)),
    }
}

/// The name of a column, with what all its numbers count.
fn heading(column: &Column, words: &Words) -> String {
    match &column.unit {
        Unit::Money => format!("{}, {}", column.words, words.currency.code),
        Unit::Units { name, .. } => format!("{}, {name}", column.words),
        Unit::Rate | Unit::Count | Unit::Number | Unit::Days => column.words.clone(),
    }
}

/// The number by which a cell is sorted and drawn.
fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Number(value) => Some(*value),
        Value::Runs(never, soon) => Some(*never.max(soon)),
        Value::Missing | Value::Text(_) => None,
    }
}

/// The whole figure.
pub(super) fn figure(table: &Table, words: &Words) -> String {
    let mut html = format!("<figure id=\"t-{}\"><figcaption>{} ", slug(&table.id), text(&table.title));
    html.push_str(&label(table.label.word(), &table.assumes));
    html.push_str("</figcaption>");
    if let Some(words) = table.without_rows() {
        let mut letters = words.trim_end_matches('.').chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        let _ = write!(html, "<p>{}.</p></figure>", text(&(first + letters.as_str())));
        return html;
    }
    let picture = table.picture.as_ref().and_then(|picture| picture_of(table, picture, words));
    let is_whole = matches!(table.picture, Some(Picture::Heat(_))) && picture.is_some();
    match picture {
        Some(picture) => {
            html.push_str(&picture);
            if !is_whole {
                let _ = write!(html, "<details><summary>The figures</summary>{}</details>", plain_table(table, words));
            }
        }
        None => html.push_str(&plain_table(table, words)),
    }
    if !table.definition.is_empty() {
        let _ = write!(
            html,
            "<details><summary>What this is</summary><p class=\"note\">{}</p><p class=\"note\">{}</p></details>",
            text(&table.definition),
            text(&table.window)
        );
    }
    html.push_str("</figure>");
    html
}

/// On what something rests.
pub(super) fn label(word: &str, assumes: &[&str]) -> String {
    let told = if assumes.is_empty() { word.to_owned() } else { format!("{word}: {}", assumes.join(", ")) };
    format!("<span class=\"label\">{}</span>", text(&told))
}

/// The table with all its columns.
fn plain_table(table: &Table, words: &Words) -> String {
    let told = |at: &usize| table.rows.iter().any(|row| row.get(*at).is_some_and(|value| *value != Value::Missing));
    let columns: Vec<usize> = (0..table.columns.len()).filter(told).collect();
    let numeric = |at: usize| !table.rows.iter().any(|row| matches!(row.get(at), Some(Value::Text(_))));
    let mut html = String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    let _ = write!(html, "{}\"><table class=\"sorts\"><thead><tr>", text(&table.title));
    for at in &columns {
        let Some(column) = table.columns.get(*at) else { continue };
        let class = if numeric(*at) { " class=\"n\"" } else { "" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", text(&heading(column, words)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        html.push_str("<tr>");
        for (place, at) in columns.iter().enumerate() {
            let (Some(value), Some(column)) = (row.get(*at), table.columns.get(*at)) else { continue };
            let tag = if place == 0 { "th scope=\"row\"" } else { "td" };
            let class = if numeric(*at) { " class=\"n\"" } else { "" };
            let sort =
                number(value).map_or_else(String::new, |value| format!(" data-v=\"{}\"", machine(value, &column.unit, words.currency)));
            let _ =
                write!(html, "<{tag}{class}{sort}>{}</{}>", text(&cell(value, &column.unit, words)), if place == 0 { "th" } else { "td" });
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html
}

fn picture_of(table: &Table, picture: &Picture, words: &Words) -> Option<String> {
    if table.rows.is_empty() {
        return None;
    }
    match picture {
        Picture::Lines(of) => chart(table, of, words, |size| chart::lines(table, of, false, size, words)),
        Picture::Steps(of) => chart(table, of, words, |size| chart::lines(table, of, true, size, words)),
        Picture::Flow(of) => chart(table, &[], words, |size| chart::flow(table, of, size)),
        Picture::Bars(of) => bars(table, of, words).ok(),
        Picture::Stacks(of) => stacks(table, of, words).ok(),
        Picture::Heat(of) => heat(table, of, words).ok(),
        Picture::Spans(low, high) => spans(table, *low, *high, words).ok(),
    }
}

/// Both sizes of a picture, and what its lines are.
fn chart(table: &Table, of: &[usize], words: &Words, draw: impl Fn(Size) -> Checked<super::scene::Scene>) -> Option<String> {
    let (wide, narrow) = (draw(Size::Wide).ok()?, draw(Size::Narrow).ok()?);
    let unit = of.first().and_then(|at| table.columns.get(*at)).map(|column| &column.unit);
    let scale = match unit {
        Some(Unit::Money) => format!("<p class=\"note\">{}</p>", text(&words.currency.code)),
        Some(Unit::Units { name, .. }) => format!("<p class=\"note\">{}</p>", text(name)),
        _ => String::new(),
    };
    let names = names(table, of);
    let legend = if names.len() > 1 { legend(&names, true) } else { String::new() };
    Some(format!("{legend}{scale}{}{}", wide.svg("wide", &table.title), narrow.svg("narrow", &table.title)))
}

/// What the colours stand for.
fn legend(names: &[(&str, usize)], lines: bool) -> String {
    let mut html = String::from("<ul class=\"legend\">");
    for (name, at) in names {
        let mark = if lines {
            format!("<line class=\"line l{} d{}\" x1=\"1\" y1=\"6\" x2=\"27\" y2=\"6\"/>", at % 8, at / 2 % 4)
        } else {
            format!("<rect class=\"f{}\" x=\"0\" y=\"0\" width=\"28\" height=\"12\"/>", at % 8)
        };
        let _ = write!(html, "<li><svg viewBox=\"0 0 28 12\" aria-hidden=\"true\">{mark}</svg>{}</li>", text(name));
    }
    html.push_str("</ul>");
    html
}

/// The words at the left of a row: all its texts before the first number, or its first value.
fn row_name(table: &Table, row: &[Value], words: &Words) -> String {
    let texts: Vec<String> = row
        .iter()
        .take_while(|value| matches!(value, Value::Text(_) | Value::Missing))
        .filter_map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None })
        .collect();
    if !texts.is_empty() {
        return texts.join(" · ");
    }
    match (row.first(), table.columns.first()) {
        (Some(value), Some(column)) => cell(value, &column.unit, words),
        _ => String::new(),
    }
}

/// The place of a figure on a bar.
fn on_bar(scale: &Scale, value: Exact) -> Checked<i32> {
    scale.place(value, 0, BAR)
}

/// A scale that ends where the figures do.
fn tight(values: impl IntoIterator<Item = Exact>) -> Checked<Scale> {
    let zero = Exact::whole(0);
    let (low, high) = values.into_iter().fold((zero, zero), |(low, high), value| (low.min(value), high.max(value)));
    let high = if low == high { Exact::whole(1) } else { high };
    Ok(Scale { low, high, ticks: Vec::new() })
}

fn bar_svg(marks: &str) -> String {
    format!("<svg viewBox=\"0 0 {BAR} {THICK}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{marks}</svg>")
}

fn rect(class: &str, from: i32, to: i32, title: &str) -> String {
    let (left, right) = (from.min(to), from.max(to));
    format!(
        "<rect class=\"{class}\" x=\"{left}\" y=\"2\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
        right - left,
        THICK - 4,
        text(title)
    )
}

/// Rows of one bar or several, each with its figure beside it.
fn bar_rows(table: &Table, words: &Words, mut of: impl FnMut(&[Value]) -> Checked<Vec<(String, String)>>) -> Checked<String> {
    let mut html = String::from("<table class=\"bars\"><tbody>");
    for row in &table.rows {
        for (at, (bar, figure)) in of(row)?.into_iter().enumerate() {
            let name = if at == 0 { row_name(table, row, words) } else { String::new() };
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}</th><td class=\"bar\">{bar}</td><td class=\"n\">{}</td></tr>",
                text(&name),
                text(&figure)
            );
        }
    }
    html.push_str("</tbody></table>");
    Ok(html)
}

fn bars(table: &Table, of: &[usize], words: &Words) -> Checked<String> {
    let scale = tight(table.rows.iter().flat_map(|row| of.iter().filter_map(|at| row.get(*at)).flat_map(both)))?;
    let names = names(table, of);
    let rows = bar_rows(table, words, |row| {
        let mut told = Vec::new();
        for (series, at) in of.iter().enumerate() {
            let (Some(value), Some(column)) = (row.get(*at), table.columns.get(*at)) else { continue };
            let figure = cell(value, &column.unit, words);
            let zero = on_bar(&scale, Exact::whole(0))?;
            let class = format!("f{}", series % 8);
            let marks = match value {
                Value::Number(value) => rect(&class, zero, on_bar(&scale, *value)?, &figure),
                // The lower end is sure, what lies between is open.
                Value::Runs(never, soon) => {
                    let (low, high) = (*never.min(soon), *never.max(soon));
                    rect(&class, zero, on_bar(&scale, low)?, &figure)
                        + &rect(&format!("{class} pale"), on_bar(&scale, low)?, on_bar(&scale, high)?, &figure)
                }
                Value::Missing | Value::Text(_) => String::new(),
            };
            told.push((bar_svg(&marks), figure));
        }
        Ok(told)
    })?;
    Ok(if names.len() > 1 { legend(&names, false) + &rows } else { rows })
}

/// What is drawn of a table, with the number of its colour.
fn names<'a>(table: &'a Table, of: &[usize]) -> Vec<(&'a str, usize)> {
    let name = |(series, at): (usize, &usize)| Some((table.columns.get(*at)?.words.as_str(), hue(table, series, *at)));
    of.iter().enumerate().filter_map(name).collect()
}

/// The colour of a part of a stack: what is lost and gained has colours of its own, all else goes by its place.
fn hue(table: &Table, series: usize, column: usize) -> usize {
    match table.columns.get(column).map(|column| column.id.as_str()) {
        Some("lose_over_5") => 4,
        Some("lose") => 1,
        Some("same") => 7,
        Some("gain") => 5,
        Some("gain_over_5") => 2,
        _ => series % 8,
    }
}

fn both(value: &Value) -> Vec<Exact> {
    match value {
        Value::Number(value) => vec![*value],
        Value::Runs(never, soon) => vec![*never, *soon],
        Value::Missing | Value::Text(_) => Vec::new(),
    }
}

fn stacks(table: &Table, of: &[usize], words: &Words) -> Checked<String> {
    let parts = |row: &[Value]| -> Vec<Exact> {
        of.iter().map(|at| row.get(*at).and_then(number).map_or(Exact::whole(0), |value| value.max(Exact::whole(0)))).collect()
    };
    let sum = |parts: &[Exact]| parts.iter().try_fold(Exact::whole(0), |sum, part| sum.plus(*part));
    let totals = table.rows.iter().map(|row| sum(&parts(row))).collect::<Checked<Vec<_>>>()?;
    let scale = tight(totals)?;
    let names = names(table, of);
    let rows = bar_rows(table, words, |row| {
        let mut done = Exact::whole(0);
        let mut marks = String::new();
        for (series, (part, at)) in parts(row).into_iter().zip(of).enumerate() {
            let next = done.plus(part)?;
            let Some(column) = table.columns.get(*at) else { continue };
            let title = format!("{}: {}", column.words, cell(&Value::Number(part), &column.unit, words));
            if part.numerator() > 0 {
                marks.push_str(&rect(&format!("f{}", hue(table, series, *at)), on_bar(&scale, done)?, on_bar(&scale, next)?, &title));
            }
            done = next;
        }
        let unit = of.first().and_then(|at| table.columns.get(*at)).map_or(&Unit::Count, |column| &column.unit);
        Ok(vec![(bar_svg(&marks), cell(&Value::Number(done), unit, words))])
    })?;
    Ok(legend(&names, false) + &rows)
}

fn spans(table: &Table, low: usize, high: usize, words: &Words) -> Checked<String> {
    let ends = |row: &[Value]| Some((row.get(low).and_then(number)?, row.get(high).and_then(number)?));
    let scale = tight(table.rows.iter().filter_map(|row| ends(row)).flat_map(|(low, high)| [low, high]))?;
    let unit = table.columns.get(low).map_or(&Unit::Number, |column| &column.unit);
    bar_rows(table, words, |row| {
        let Some((low, high)) = ends(row) else { return Ok(vec![(bar_svg(""), "·".to_owned())]) };
        let figure = format!("{} to {}", human(low, unit, words.currency), human(high, unit, words.currency));
        let zero = on_bar(&scale, Exact::whole(0))?;
        let line = format!("<line class=\"zero\" x1=\"{zero}\" y1=\"0\" x2=\"{zero}\" y2=\"{THICK}\"/>");
        Ok(vec![(bar_svg(&(rect("f0", on_bar(&scale, low)?, on_bar(&scale, high)?, &figure) + &line)), figure)])
    })
}

/// Shades in the cells of the table itself.
fn heat(table: &Table, of: &[usize], words: &Words) -> Checked<String> {
    let values = || table.rows.iter().flat_map(|row| of.iter().filter_map(|at| row.get(*at)).filter_map(number));
    let (Some(low), Some(high)) = (values().min(), values().max()) else { return Err(crate::value::Overflow) };
    let shade = |value: Exact| -> Checked<i128> {
        if low == high {
            return Ok(0);
        }
        value.minus(low)?.divided_by(high.minus(low)?)?.times(Exact::whole(7))?.round(Rounding::HalfUp)
    };
    let mut html = String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    let _ = write!(html, "{}\"><table class=\"heat\"><thead><tr>", text(&table.title));
    for column in &table.columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", text(&heading(column, words)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        html.push_str("<tr>");
        for (at, (value, column)) in row.iter().zip(&table.columns).enumerate() {
            let told = text(&cell(value, &column.unit, words));
            let _ = match (at, number(value).filter(|_| of.contains(&at))) {
                (0, _) => write!(html, "<th scope=\"row\">{told}</th>"),
                (_, Some(value)) => write!(html, "<td class=\"cell h{}\">{told}</td>", shade(value)?),
                (_, None) if of.contains(&at) => write!(html, "<td class=\"cell hatch\">{told}</td>"),
                (_, None) => write!(html, "<td class=\"n\">{told}</td>"),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    Ok(html)
}
