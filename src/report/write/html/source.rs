//! The text of a program beside what its sentences did, coloured by kinds of words.

use super::escape::text;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The lines of a text; `does` says what the sentence of a line came to. Examples, which stand last in most programs, are folded.
pub(super) fn lines(source: &str, does: &BTreeMap<usize, String>) -> String {
    let all: Vec<(usize, &str)> = source.lines().enumerate().map(|(at, line)| (at + 1, line)).collect();
    let last = does.keys().next_back().copied().unwrap_or(0);
    let first = all.iter().position(|(number, line)| *number > last && line.starts_with("example")).unwrap_or(all.len());
    // What is said about the first example stands above it.
    let about = all.iter().take(first).rev().take_while(|(_, line)| line.starts_with('#')).count();
    let (sentences, examples) = all.split_at(first.saturating_sub(about));
    let mut html = rows(sentences, does);
    if !examples.is_empty() {
        let _ = write!(html, "<details><summary>Its examples</summary>{}</details>", rows(examples, does));
    }
    html
}

fn rows(lines: &[(usize, &str)], does: &BTreeMap<usize, String>) -> String {
    let mut html = String::from("<div class=\"scroll\"><table class=\"code\"><tbody>");
    for (number, line) in lines {
        let told = does.get(number);
        let class = if told.is_some() { " class=\"has\"" } else { "" };
        let _ = write!(
            html,
            "<tr id=\"line-{number}\"{class}><td class=\"no\">{number}</td><td><code>{}</code></td><td class=\"does\">{}</td></tr>",
            coloured(line),
            told.map_or_else(String::new, |told| text(told))
        );
    }
    html.push_str("</tbody></table></div>");
    html
}

/// A line with its first word, texts, figures and comment marked.
fn coloured(line: &str) -> String {
    let mut html = String::new();
    let mut rest = line;
    let mut first = true;
    while let Some(c) = rest.chars().next() {
        let (class, length) = match c {
            '#' => ("c", rest.len()),
            '"' => ("s", rest.get(1..).and_then(|tail| tail.find('"')).map_or(rest.len(), |end| end + 2)),
            c if c.is_ascii_digit() => {
                let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '%' | '-' | ':');
                ("q", rest.find(|c| !part(c)).unwrap_or(rest.len()))
            }
            c if c.is_alphabetic() => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
                let class = if std::mem::take(&mut first) { "k" } else { "" };
                (class, end)
            }
            c => ("", c.len_utf8()),
        };
        let (piece, tail) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
        if class.is_empty() {
            html.push_str(&text(piece));
        } else {
            let _ = write!(html, "<span class=\"{class}\">{}</span>", text(piece));
        }
        rest = tail;
    }
    html
}
