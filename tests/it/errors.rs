//! The pages of `docs/errors`: one for each code, saying what the registry says, its wrong example wrong, its right one
//! right.

use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::{CODES, Severity};
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::parse;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// No program that fits on a page has these. Those that can be made are made in `syntax/hostile.rs`; `exposure.rs` is about what made
/// histories show.
const IN_WORDS: [&str; 12] =
    ["LOY0601", "LOY0602", "LOY0603", "LOY0604", "LOY0609", "LOY0610", "LOY0611", "LOY0721", "LOY0722", "LOY0723", "LOY0731", "LOY0962"];

/// A page, taken apart.
struct Page {
    title: String,
    meaning: String,
    warning: bool,
    wrong: Option<Example>,
    right: Option<Example>,
}

/// A program and the command line that stands below it.
struct Example {
    program: String,
    set: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors")
}

fn page(code: &str) -> Page {
    let path = folder().join(format!("{code}.md"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/errors/{code}.md: {error}"));
    let mut parts = text.splitn(2, "\n## Wrong");
    let head = parts.next().expect("a beginning");
    let (wrong, right) = match parts.next() {
        Some(rest) => rest.split_once("\n## Right\n").map(|(wrong, right)| (Some(wrong), Some(right))).expect("a right example"),
        None => (None, None),
    };
    let mut paragraphs = head.split("\n\n");
    let title = paragraphs.next().and_then(|line| line.strip_prefix(&format!("# {code}: "))).expect("a title").to_owned();
    let meaning = folded(paragraphs.next().expect("a first paragraph"));
    let warning = head.contains("\nThis is a warning: ");
    Page { title, meaning, warning, wrong: wrong.and_then(example), right: right.and_then(example) }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn block<'a>(text: &'a str, info: &str) -> Option<&'a str> {
    text.split_once(&format!("```{info}\n")).and_then(|(_, rest)| rest.split_once("\n```")).map(|(block, _)| block)
}

fn example(text: &str) -> Option<Example> {
    let program = format!("{}\n", block(text, "loy")?).replace("{202E}", "\u{202e}").replace("{0435}", "\u{435}");
    let words: Vec<&str> = block(text, "sh").unwrap_or("").split_whitespace().collect();
    let values = words.windows(2).filter(|pair| pair[0] == "--set").filter_map(|pair| pair[1].split_once('='));
    Some(Example { program, set: values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() })
}

/// Codes with their severity, for many programs in folders of their own.
fn checked(programs: &[&Example]) -> Vec<Vec<(String, bool)>> {
    let scratch = tempfile::tempdir().expect("a folder");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/files");
    let mut names = Vec::new();
    for (index, example) in programs.iter().enumerate() {
        let own = scratch.path().join(index.to_string());
        std::fs::create_dir(&own).expect("a folder");
        for file in std::fs::read_dir(&files).expect("a folder") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), own.join(file.file_name())).expect("copied");
        }
        std::fs::write(own.join("program.loy"), &example.program).expect("written");
        names.push(format!("{index}/program.loy"));
    }
    let out = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"))
        .current_dir(scratch.path())
        .args(["check", "--no-probe", "--format", "json"])
        .args(&names)
        .output()
        .expect("it starts");
    let all: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let mut found = vec![Vec::new(); programs.len()];
    for problem in all.as_array().expect("an array").iter().filter(|one| one["severity"] != "note") {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let file = text(&problem["labels"][0]["file"]);
        let index: usize = file.split('/').next().and_then(|part| part.parse().ok()).expect("a folder's number");
        found[index].push((text(&problem["code"]), problem["severity"] == "error"));
    }
    // Values from outside are not given to `check`.
    for (example, found) in programs.iter().zip(&mut found).filter(|(example, _)| !example.set.is_empty()) {
        let sources = Sources::single("program.loy", &example.program);
        let (ast, _) = parse(&sources, 0);
        let (_, problems) = check(&ast, &sources, &example.set);
        found.extend(problems.0.iter().map(|problem| (problem.code.to_owned(), problem.severity == Severity::Error)));
    }
    found
}

#[test]
fn every_code_has_a_page_that_says_the_same() {
    let mut different = String::new();
    for info in CODES {
        let page = page(info.code);
        if page.title != info.title || page.meaning != folded(info.explanation) {
            writeln!(different, "{}: {}\n  {}\nbut its page: {}\n  {}", info.code, info.title, info.explanation, page.title, page.meaning)
                .expect("a string");
        }
    }
    assert!(different.is_empty(), "{different}");

    let index = std::fs::read_to_string(folder().join("README.md")).expect("an index");
    let listed: Vec<&str> = index.lines().filter(|line| line.starts_with("- [LOY")).collect();
    let wanted: Vec<String> = CODES.iter().map(|info| format!("- [{0}]({0}.md) {1}", info.code, info.title)).collect();
    assert_eq!(listed, wanted);

    for file in std::fs::read_dir(folder()).expect("docs/errors") {
        let name = file.expect("a file").file_name().to_string_lossy().into_owned();
        let code = name.strip_suffix(".md").expect("a page");
        assert!(code == "README" || CODES.iter().any(|info| info.code == code), "docs/errors/{name} is about no code");
    }
}

#[test]
fn wrong_is_wrong_and_right_is_right() {
    let pages: Vec<(&str, Page)> = CODES.iter().map(|info| (info.code, page(info.code))).collect();
    let mut bad = String::new();
    let wrong: Vec<(&str, bool, &Example)> =
        pages.iter().filter_map(|(code, page)| page.wrong.as_ref().map(|wrong| (*code, page.warning, wrong))).collect();
    for (code, _) in &pages {
        let shown = wrong.iter().any(|(other, ..)| other == code);
        assert_ne!(shown, IN_WORDS.contains(code), "docs/errors/{code}.md: a wrong example, or a code in IN_WORDS");
    }
    for ((code, warning, _), found) in wrong.iter().zip(checked(&wrong.iter().map(|wrong| wrong.2).collect::<Vec<_>>())) {
        if !found.iter().any(|(other, error)| other == code && *error != *warning) {
            writeln!(bad, "docs/errors/{code}.md: the wrong example gives {found:?}").expect("a string");
        }
    }
    let right: Vec<(&str, &Example)> = pages.iter().filter_map(|(code, page)| page.right.as_ref().map(|right| (*code, right))).collect();
    for ((code, _), found) in right.iter().zip(checked(&right.iter().map(|right| right.1).collect::<Vec<_>>())) {
        if found.iter().any(|(other, error)| other == code || *error) {
            writeln!(bad, "docs/errors/{code}.md: the right example gives {found:?}").expect("a string");
        }
    }
    assert!(bad.is_empty(), "{bad}");
}
