//! Comparisons and sweeps as text for people, and as JSON, YAML and CSV for programs.

use super::csv::guarded;
use super::format::{count, day, machine};
use super::json::{HistoryTree, MetricTree, ProgramTree, ToolTree, metric_tree};
use super::layout::Page;
use super::page::{ClaimTree, RowTree, SectionTree, rows};
use super::parts::table;
use crate::diagnostic::render::visible;
use crate::report::compare::{Comparison, Findings, Side};
use crate::report::model::{Claim, Label, Section, Table, Value};
use crate::value::{Currency, Exact};
use serde::Serialize;
use std::collections::BTreeMap;

/// Tables of a part of the short text, by how their ids end; with `--full` all are shown.
const SHORT: [&str; 5] = [".cost", ".difference", ".tenths", "sweep", ".grid"];

/// The sentences and tables of a part that are shown. In the short text nothing is told twice: a sentence whose tables the answer
/// rests on has been told by it.
fn shown<'a>(findings: &Findings, section: &'a Section, full: bool) -> (Vec<&'a Claim>, Vec<&'a Table>) {
    let told = |id: &String| findings.answer.iter().any(|claim| claim.rests_on.contains(id));
    let new = |claim: &&Claim| full || claim.rests_on.is_empty() || !claim.rests_on.iter().all(told);
    let kept = |table: &&Table| full || SHORT.iter().any(|end| table.id.ends_with(end));
    (section.claims.iter().filter(new).collect(), section.tables.iter().filter(kept).collect())
}

/// A comparison for people.
#[must_use]
pub fn comparison(comparison: &Comparison, full: bool) -> String {
    let names: Vec<&str> = comparison.programs.iter().map(|side| side.label.as_str()).collect();
    let mut text = findings(&names.join(" against "), &comparison.findings, full);
    if !full {
        let mut page = Page::default();
        page.blank();
        page.sentence("With --full also: tiers, profit against uplift, the largest winners and losers, what differs in the texts.", "");
        text.push_str(&page.finish());
    }
    text
}

/// Findings for people; `full` with all their tables.
#[must_use]
pub fn findings(title: &str, findings: &Findings, full: bool) -> String {
    let mut page = Page::default();
    page.sentence(&visible(&format!("{title} on {}", about(findings))), "");
    page.blank();
    let mut above = None;
    for claim in &findings.answer {
        say(claim, above, &mut page);
        above = Some(claim.label);
    }
    for section in &findings.sections {
        let (claims, tables) = shown(findings, section, full);
        if claims.is_empty() && tables.is_empty() {
            continue;
        }
        page.blank();
        page.heading(&visible(&section.title), section.label.word());
        claims.into_iter().for_each(|claim| say(claim, Some(section.label), &mut page));
        for each in tables {
            page.blank();
            table(each, &findings.currency, &mut page);
        }
    }
    for (heading, sign, sentences) in [("Assumed", "·", &findings.assumptions), ("Worth knowing", "!", &findings.notes)] {
        if !sentences.is_empty() {
            page.blank();
            page.line(heading);
            sentences.iter().for_each(|sentence| page.point(sign, &visible(sentence)));
        }
    }
    page.finish()
}

/// On which history, from when to when.
pub(super) fn about(findings: &Findings) -> String {
    let history = &findings.history;
    let mut parts = vec![history.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()];
    let used = history.rows.used;
    parts.push(format!("{} row{} used", count(i128::from(used)), if used == 1 { "" } else { "s" }));
    if let Some((from, to)) = history.days {
        parts.push(if from == to { day(from) } else { format!("{} to {}", day(from), day(to)) });
    }
    parts.join(" · ")
}

/// A sentence, with its label where that is another than the one above.
fn say(claim: &Claim, above: Option<Label>, page: &mut Page) {
    let label = if Some(claim.label) == above { "" } else { claim.label.word() };
    page.sentence(&visible(&claim.text), label);
}

#[derive(Serialize)]
struct Tree<'a> {
    tool: ToolTree,
    programs: Vec<SideTree<'a>>,
    history: HistoryTree<'a>,
    assumptions: &'a [String],
    answer: Vec<ClaimTree<'a>>,
    sections: Vec<SectionTree<'a>>,
    tables: BTreeMap<&'a str, Vec<RowTree<'a>>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct SideTree<'a> {
    label: &'a str,
    #[serde(flatten)]
    program: ProgramTree<'a>,
    metrics: Vec<MetricTree<'a>>,
}

impl<'a> SideTree<'a> {
    fn of(side: &'a Side, currency: &Currency) -> Self {
        let metrics = side.report.metrics.iter().map(|metric| metric_tree(metric, currency)).collect();
        Self { label: &side.label, program: ProgramTree::of(&side.report.program), metrics }
    }
}

fn tree<'a>(findings: &'a Findings, programs: &'a [Side]) -> Tree<'a> {
    let currency = &findings.currency;
    Tree {
        tool: ToolTree::this(),
        programs: programs.iter().map(|side| SideTree::of(side, currency)).collect(),
        history: HistoryTree::of(&findings.history),
        assumptions: &findings.assumptions,
        answer: findings.answer.iter().map(ClaimTree::of).collect(),
        sections: findings.sections.iter().map(|section| SectionTree::of(section, currency)).collect(),
        tables: rows(&findings.sections, currency),
        notes: &findings.notes,
    }
}

/// Findings as JSON, with the figures of the programs behind them.
///
/// # Errors
/// What the writer says; it does not fail on this tree.
pub fn findings_json(findings: &Findings, programs: &[Side]) -> Result<String, String> {
    serde_json::to_string_pretty(&tree(findings, programs)).map(|text| text + "\n").map_err(|error| error.to_string())
}

/// The same on one line, for pages.
pub(super) fn compact(findings: &Findings, programs: &[Side]) -> Result<String, String> {
    serde_json::to_string(&tree(findings, programs)).map_err(|error| error.to_string())
}

/// The same tree as YAML.
///
/// # Errors
/// What the writer says; it does not fail on this tree.
pub fn findings_yaml(findings: &Findings, programs: &[Side]) -> Result<String, String> {
    serde_yaml::to_string(&tree(findings, programs)).map_err(|error| error.to_string())
}

/// The tables as CSV, one value a row: of which table, in which row and column, and what it counts.
#[must_use]
pub fn findings_csv(findings: &Findings) -> String {
    let currency = &findings.currency;
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut write = |record: [&str; 7]| {
        // Writing to memory does not fail.
        let _ = out.write_record(record.map(|text| guarded(text).into_owned()));
    };
    write(["table", "row", "column", "value", "low", "high", "unit"]);
    for table in findings.sections.iter().flat_map(|section| &section.tables) {
        for (at, row) in table.rows.iter().enumerate() {
            let number = at.saturating_add(1).to_string();
            for (column, value) in table.columns.iter().zip(row) {
                let machine = |value: Exact| machine(value, &column.unit, currency);
                let (one, low, high) = match value {
                    Value::Missing => continue,
                    Value::Text(text) => (text.clone(), String::new(), String::new()),
                    Value::Number(value) => (machine(*value), String::new(), String::new()),
                    Value::Runs(never, soon) => (String::new(), machine(*never.min(soon)), machine(*never.max(soon))),
                };
                let unit = if matches!(value, Value::Text(_)) { String::new() } else { super::json::unit_word(&column.unit, currency) };
                write([&table.id, &number, &column.id, &one, &low, &high, &unit]);
            }
        }
    }
    out.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
