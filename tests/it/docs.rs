//! The users' pages are true: every ```` ```loy ```` block of the reference and the cookbook checks, and its examples hold.
//!
//! A fragment is completed by the sentences of the reference's block ```` ```loy prelude ````, except those that it says
//! itself: of two sentences with the same first two words (`tiers by`, `gift mug`) the fragment's own stays.

use crate::markdown::{self, blocks};
use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::{Diagnostic, Problems, Severity, render};
use loyalty_dsl::program::FACTS;
use loyalty_dsl::source::Sources;
use loyalty_dsl::{examples, syntax};

const REFERENCE: &str = "docs/language.md";

/// The sentences of a text, each with the lines that continue it.
fn sentences(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        match found.last_mut() {
            Some(last) if line.is_empty() || line.starts_with([' ', '#']) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// What two sentences about the same thing have in common.
fn about(sentence: &str) -> String {
    let lower = sentence.to_lowercase().replace('"', "");
    let words: Vec<&str> = lower.split_whitespace().take(2).collect();
    if words.first() == Some(&"program") { "program".to_owned() } else { words.join(" ") }
}

fn completed(prelude: &[String], fragment: &str) -> String {
    let own: Vec<String> = sentences(fragment).iter().map(|sentence| about(sentence)).collect();
    let mut whole = String::new();
    for sentence in prelude.iter().filter(|sentence| !own.contains(&about(sentence))) {
        whole.push_str(sentence);
        whole.push('\n');
    }
    whole + fragment
}

/// What is wrong with a program, in words; empty if nothing. Shapes on a page need not be whole, so there warnings may stand.
fn wrong(name: &str, text: &str, warnings: bool) -> String {
    let sources = Sources::single(name, text);
    let (ast, mut problems) = syntax::parse(&sources, 0);
    let (program, found) = check(&ast, &sources, &[]);
    problems.extend(found);
    if let Some(program) = program.filter(|_| !problems.has_errors()) {
        problems.extend(examples::run(&ast, &program, &sources).problems);
    }
    // Pieces declare what other sentences of a whole program would use.
    let kept = |problem: &Diagnostic| (warnings || problem.severity == Severity::Error) && problem.code != "LOY0516";
    let found = Problems(problems.0.into_iter().filter(kept).collect());
    render::human(&found, &sources, false)
}

#[test]
fn every_column_of_the_ledger_is_told() {
    let page = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md")).expect("the page");
    for column in loyalty_dsl::report::write::COLUMNS {
        assert!(page.contains(&format!("\n| `{column}` |")), "docs/commands.md does not tell of {column}");
    }
}

/// Runs every block of a page.
fn run(name: &str, warnings: bool, least: usize) {
    let reference = blocks(&markdown::read(REFERENCE));
    let prelude = reference.iter().find(|block| block.info == "loy prelude").map(|block| sentences(&block.text)).expect("a prelude");
    let (mut failed, mut count) = (String::new(), 0);
    for block in blocks(&markdown::read(name)).iter().filter(|block| block.info == "loy") {
        count += 1;
        let found = wrong(name, &completed(&prelude, &block.text), warnings);
        if !found.is_empty() {
            failed.push_str(&format!("{name}, the block at line {}:\n{found}\n", block.line));
        }
    }
    assert!(count >= least, "only {count} blocks were found");
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn the_reference_is_true() {
    run(REFERENCE, false, 40);
}

#[test]
fn the_cookbook_is_true() {
    run("docs/cookbook.md", true, 15);
}

#[test]
fn every_fact_is_in_the_reference() {
    let page = markdown::read(REFERENCE);
    for fact in FACTS {
        let row = format!("| `{}` | {} |", fact.words, fact.meaning);
        assert!(page.contains(&row), "{REFERENCE} lacks the row\n{row}");
    }
}

/// The tables of the page are written from the rows that define the metrics: with UPDATE_DOCS set they are written anew.
#[test]
fn every_metric_is_on_its_page() {
    let path = markdown::file("docs/metrics.md");
    let mut page = std::fs::read_to_string(&path).expect("the page");
    for (name, table) in loyalty_dsl::report::metrics_page() {
        let begin = format!("<!-- figures: {name} -->\n\n");
        let from = page.find(&begin).unwrap_or_else(|| panic!("docs/metrics.md has no place for {name}")) + begin.len();
        let to = from + page[from..].find("<!-- end -->").expect("an end");
        page.replace_range(from..to, &format!("{table}\n"));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    assert!(std::fs::read_to_string(&path).expect("the page") == page, "run this test with UPDATE_DOCS=1 to write docs/metrics.md anew");
}

/// Every figure of a report has its row in the catalogue.
#[test]
fn every_figure_is_in_the_catalogue() {
    let pages: String = loyalty_dsl::report::metrics_page().into_iter().map(|(_, table)| table).collect();
    let mut tool = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.args(["simulate", "programs/coffee-club.loy", "--format", "json"]).current_dir(markdown::file(""));
    let output = tool.output().expect("the program starts");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for metric in report["metrics"].as_array().expect("metrics") {
        let id = metric["id"].as_str().expect("an id");
        let row = match id.split('.').collect::<Vec<_>>()[..] {
            [of @ ("tier" | "rule"), _, last] => format!("| `{of}.NAME.{last}` |"),
            ["wallet", _, ref rest @ ..] => format!("| `wallet.NAME.{}` |", rest.join(".")),
            _ => format!("| `{id}` |"),
        };
        assert!(pages.contains(&row), "the catalogue lacks {id}");
    }
}
