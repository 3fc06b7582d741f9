//! The pages of comparisons and sweeps.

use super::escape::text;
use super::{Page, Words};
use crate::report::compare::{Comparison, Findings, Side};
use crate::report::write::compare;

/// A comparison as a page.
///
/// # Errors
/// What the writer of the JSON in it says; it does not fail.
pub fn comparison_page(comparison: &Comparison) -> Result<String, String> {
    let names: Vec<&str> = comparison.programs.iter().map(|side| side.label.as_str()).collect();
    findings_page(&names.join(" against "), &comparison.findings, &comparison.programs)
}

/// Findings as a page, with the programs behind them.
///
/// # Errors
/// What the writer of the JSON in it says; it does not fail.
pub fn findings_page(title: &str, findings: &Findings, programs: &[Side]) -> Result<String, String> {
    let words = Words { currency: &findings.currency };
    let mut page = Page {
        title: title.to_owned(),
        about: compare::about(findings),
        answer: findings.answer.iter().map(|claim| (claim.text.clone(), claim.label.word().to_owned())).collect(),
        json: compare::compact(findings, programs)?,
        ..Page::default()
    };
    for section in &findings.sections {
        page.section(section, &words, |_| String::new());
    }
    page.list("assumed", "Assumed", &findings.assumptions);
    page.list("worth-knowing", "Worth knowing", &findings.notes);
    page.part("programs", "The programs", "", files(programs));
    Ok(page.finish())
}

/// Which files these are.
fn files(programs: &[Side]) -> String {
    let one = |side: &Side| {
        let program = &side.report.program;
        let (label, file, sha256) = (text(&side.label), text(&program.file), text(&program.sha256));
        format!("<li><b>{label}</b> {file} <span class=\"hash\">SHA-256 {sha256}</span></li>")
    };
    let items: String = programs.iter().map(one).collect();
    if items.is_empty() { items } else { format!("<ul class=\"points\">{items}</ul>") }
}
