//! Programs with one planted mistake each, and their corrected twins: what `check` says of them.
//!
//! `unseen.txt` was written by someone who had not seen the checker, `more.txt` to have every code at least twice.
//! `decided.txt` holds what the text alone decides: what can never come, and slips, written before the checker was looked at.
//! `readers.txt` holds what people wrote who tried the language for the first time, with what they should be told.

use loyalty_dsl::diagnostic::CODES;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const UNSEEN: &str = include_str!("../mistakes/unseen.txt");
const MORE: &str = include_str!("../mistakes/more.txt");
const DECIDED: &str = include_str!("../mistakes/decided.txt");
const READERS: &str = include_str!("../mistakes/readers.txt");

/// Codes that no program of a few lines can have: files that are too large and the like, values given on the command
/// line, and what a later version will evaluate. `syntax/hostile.rs` and `errors.rs` are about those,
/// `exposure.rs` about what made histories show.
const ELSEWHERE: [&str; 6] = ["LOY06", "LOY072", "LOY073", "LOY0212", "LOY0412", "LOY0962"];

/// A mistake and its twin.
struct Case<'a> {
    code: &'a str,
    line: usize,
    title: &'a str,
    wrong: &'a str,
    /// Texts that must be said, and behind a `!` texts that must not be.
    says: Vec<&'a str>,
    right: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let blocks = text.split("\n== ").skip(1);
    blocks
        .map(|block| {
            let (title, programs) = block.split_once('\n').expect("a title");
            let (code, rest) = title.split_once(" line ").expect("a code and a line");
            let (line, _) = rest.split_once(": ").expect("a line and words");
            let (wrong, right) = programs.split_once("\n-- right\n").unwrap_or_else(|| panic!("no twin: {title}"));
            let (wrong, says) = wrong.split_once("\n-- says\n").unwrap_or((wrong, ""));
            Case { code, line: line.parse().expect("a number"), title, wrong, says: says.lines().collect(), right }
        })
        .collect()
}

/// `{202E}` as the character itself.
fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for code in ["202E", "200B", "0435", "0430", "0441", "043E", "0440"] {
        let c = u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a character");
        plain = plain.replace(&format!("{{{code}}}"), &c.to_string());
    }
    plain
}

/// What the binary says of many programs, each in a folder of its own.
fn said(texts: &[&str]) -> Vec<serde_json::Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/files");
    let mut names = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        std::fs::create_dir(&own).expect("a folder");
        for file in std::fs::read_dir(&files).expect("a folder") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), own.join(file.file_name())).expect("copied");
        }
        std::fs::write(own.join("program.loy"), format!("{}\n", unescaped(text).trim_end())).expect("written");
        names.push(format!("{index}/program.loy"));
    }
    let out = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"))
        .current_dir(folder.path())
        .args(["check", "--no-probe", "--format", "json"])
        .args(&names)
        .output()
        .expect("it starts");
    let all: Vec<serde_json::Value> = serde_json::from_slice(&out.stdout).expect("JSON");
    // What a program gives away at most is no problem.
    all.into_iter().filter(|one| one["severity"] != "note").collect()
}

/// Code, severity and line of the main place of everything said of many programs.
fn checked(texts: &[&str]) -> Vec<Vec<(String, String, usize)>> {
    let mut found = vec![Vec::new(); texts.len()];
    for problem in said(texts) {
        let place = &problem["labels"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let file = text(&place["file"]);
        let index: usize = file.split('/').next().and_then(|part| part.parse().ok()).expect("a folder's number");
        let line = place["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        found[index].push((text(&problem["code"]), text(&problem["severity"]), line));
    }
    found
}

#[test]
fn mistakes_are_found_where_they_are() {
    let (unseen, more, readers, decided) = (cases(UNSEEN), cases(MORE), cases(READERS), cases(DECIDED));
    let all: Vec<&Case> = unseen.iter().chain(&more).chain(&readers).chain(&decided).collect();
    assert!(all.len() >= 100, "only {} programs", all.len());
    assert!(unseen.len() >= 50, "only {} unseen programs", unseen.len());

    let wrong = checked(&all.iter().map(|case| case.wrong).collect::<Vec<_>>());
    let mut misses = String::new();
    let mut missed = 0_usize;
    for (case, found) in all.iter().zip(&wrong) {
        if !found.iter().any(|(code, _, line)| code == case.code && *line == case.line) {
            missed += 1;
            writeln!(misses, "== {}\n{}\nfound: {found:?}\n", case.title, case.wrong).expect("a string");
        }
    }
    eprintln!("{} of {} found\n{misses}", all.len() - missed, all.len());
    assert!(missed * 20 <= all.len(), "{missed} of {} missed\n{misses}", all.len());

    let right = checked(&all.iter().map(|case| case.right).collect::<Vec<_>>());
    let mut bad = String::new();
    for (case, found) in all.iter().zip(&right) {
        // The planted code is gone, warnings included.
        let left: Vec<_> = found.iter().filter(|(code, severity, _)| code == case.code || severity == "error").collect();
        if !left.is_empty() {
            writeln!(bad, "== {}\n{}\nfound: {left:?}\n", case.title, case.right).expect("a string");
        }
    }
    assert!(bad.is_empty(), "corrected, but:\n{bad}");
    // A false alarm costs more than a miss: of what the text decides the corrected programs are silent.
    let silent = checked(&decided.iter().map(|case| case.right).collect::<Vec<_>>());
    let alarms: Vec<_> =
        decided.iter().zip(&silent).filter(|(_, found)| !found.is_empty()).map(|(case, found)| (case.title, found)).collect();
    assert!(alarms.is_empty(), "{alarms:#?}");
}

/// What is said of the sentences of `readers.txt`: what was meant, and what to type.
#[test]
fn readers_are_told_what_to_write() {
    let readers = cases(READERS);
    let mut said_of = vec![String::new(); readers.len()];
    for problem in said(&readers.iter().map(|case| case.wrong).collect::<Vec<_>>()) {
        let file = problem["labels"][0]["file"].as_str().unwrap_or_default();
        let index: usize = file.split('/').next().and_then(|part| part.parse().ok()).expect("a folder's number");
        let mut texts = vec![&problem["message"], &problem["help"]];
        texts.extend(problem["notes"].as_array().into_iter().flatten());
        texts.extend(problem["labels"].as_array().into_iter().flatten().map(|label| &label["text"]));
        for text in texts.into_iter().filter_map(serde_json::Value::as_str) {
            writeln!(said_of[index], "{text}").expect("a string");
        }
    }
    let mut bad = String::new();
    for (case, said) in readers.iter().zip(&said_of) {
        let wrong = |text: &&&str| match text.strip_prefix('!') {
            Some(never) => said.contains(never),
            None => !said.lines().any(|line| line == **text),
        };
        for text in case.says.iter().filter(wrong) {
            writeln!(bad, "== {}\n{}\nwanted: {text}\nsaid:\n{said}", case.title, case.wrong).expect("a string");
        }
    }
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn every_code_is_planted_at_least_twice() {
    let mut planted: BTreeMap<&str, usize> = BTreeMap::new();
    let (unseen, more, decided) = (cases(UNSEEN), cases(MORE), cases(DECIDED));
    for case in unseen.iter().chain(&more).chain(&decided) {
        *planted.entry(case.code).or_default() += 1;
    }
    let rare: Vec<&str> = CODES
        .iter()
        .map(|info| info.code)
        .filter(|code| !ELSEWHERE.iter().any(|start| code.starts_with(start)))
        .filter(|code| planted.get(code).copied().unwrap_or(0) < 2)
        .collect();
    assert!(rare.is_empty(), "fewer than two programs for {rare:?}");
    let unknown: Vec<&&str> = planted.keys().filter(|code| !CODES.iter().any(|info| info.code == **code)).collect();
    assert!(unknown.is_empty(), "no such codes: {unknown:?}");
}

/// People who sell read what is said, not people who write compilers.
#[test]
fn no_word_of_theory() {
    let words =
        ["token", "expression", "identifier", "syntax", "parse", "literal", "statement", "clause", "operand", "unexpected", "invalid"];
    let (unseen, more, readers, decided) = (cases(UNSEEN), cases(MORE), cases(READERS), cases(DECIDED));
    let said = said(&unseen.iter().chain(&more).chain(&readers).chain(&decided).map(|case| case.wrong).collect::<Vec<_>>());
    let texts = said.iter().map(ToString::to_string);
    let texts = texts.chain(CODES.iter().map(|info| format!("{} {} {}", info.code, info.title, info.explanation)));
    let bad: Vec<String> = texts.filter(|text| words.iter().any(|word| text.to_lowercase().contains(word))).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
