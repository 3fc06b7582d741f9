//! The users' reference is true: every ```` ```loy ```` block of docs/language.md checks, and its examples hold.
//!
//! A fragment is completed by the sentences of the block ```` ```loy prelude ````, except those that it says itself: of two
//! sentences with the same first two words (`tiers by`, `gift mug`) the fragment's own stays.

use crate::markdown::{self, blocks};
use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::{Problems, Severity, render};
use loyalty_dsl::program::FACTS;
use loyalty_dsl::source::Sources;
use loyalty_dsl::{engine, examples, syntax};

const PAGE: &str = "docs/language.md";

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

/// What is wrong with a program, in words; empty if nothing.
fn wrong(name: &str, text: &str) -> String {
    let sources = Sources::single(name, text);
    let (ast, mut problems) = syntax::parse(&sources, 0);
    let (program, found) = check(&ast, &sources, &[]);
    problems.extend(found);
    if let Some(program) = program.filter(|program| !problems.has_errors() && engine::unsupported(program).is_empty()) {
        problems.extend(examples::run(&ast, &program, &sources).problems);
    }
    let errors = Problems(problems.0.into_iter().filter(|problem| problem.severity == Severity::Error).collect());
    render::human(&errors, &sources, false)
}

#[test]
fn the_reference_is_true() {
    let page = markdown::read(PAGE);
    let mut prelude = Vec::new();
    let (mut failed, mut count) = (String::new(), 0);
    for block in blocks(&page) {
        match block.info.as_str() {
            "loy prelude" => prelude = sentences(&block.text),
            "loy" => {
                count += 1;
                let found = wrong(PAGE, &completed(&prelude, &block.text));
                if !found.is_empty() {
                    failed.push_str(&format!("{PAGE}, the block at line {}:\n{found}\n", block.line));
                }
            }
            _ => {}
        }
    }
    assert!(count >= 40, "only {count} blocks were found");
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn every_fact_is_in_the_reference() {
    let page = markdown::read(PAGE);
    for fact in FACTS {
        let row = format!("| `{}` | {} |", fact.words, fact.meaning);
        assert!(page.contains(&row), "{PAGE} lacks the row\n{row}");
    }
}
