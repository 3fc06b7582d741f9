//! What SARIF 2.1.0 asks of the parts of a log that are written here, by hand from the schema of the standard: the keys an
//! object must have and those it may have, their kinds, and the few values they may take. `check` on every program of
//! `tests/mistakes` was also validated against that schema itself, sarif-schema-2.1.0.json of oasis-tcs/sarif-spec
//! (docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas), which is not kept here because of its terms.

use loyalty_dsl::diagnostic::CODES;
use serde_json::Value;
use std::process::Command;

/// A key of an object: its name, whether it must be there, and what it holds.
type Key = (&'static str, bool, Kind);

/// What a key holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    OneOf(&'static [&'static str]),
    /// A reference as RFC 3986 writes it: no blanks, no characters outside ASCII.
    Uri,
    /// An integer of at least this.
    From(i64),
    Object(&'static [Key]),
    List(&'static [Key]),
}

const MESSAGE: &[Key] = &[("text", true, Kind::Text)];
const REGION: &[Key] = &[
    ("startLine", true, Kind::From(1)),
    ("startColumn", true, Kind::From(1)),
    ("endLine", true, Kind::From(1)),
    ("endColumn", true, Kind::From(1)),
];
const PHYSICAL: &[Key] = &[("artifactLocation", true, Kind::Object(&[("uri", true, Kind::Uri)])), ("region", true, Kind::Object(REGION))];
const LOCATION: &[Key] =
    &[("id", false, Kind::From(-1)), ("physicalLocation", true, Kind::Object(PHYSICAL)), ("message", false, Kind::Object(MESSAGE))];
const RESULT: &[Key] = &[
    ("ruleId", true, Kind::Text),
    ("ruleIndex", false, Kind::From(-1)),
    ("level", true, Kind::OneOf(&["none", "note", "warning", "error"])),
    ("message", true, Kind::Object(MESSAGE)),
    ("locations", true, Kind::List(LOCATION)),
    ("relatedLocations", false, Kind::List(LOCATION)),
];
const RULE: &[Key] = &[
    ("id", true, Kind::Text),
    ("shortDescription", true, Kind::Object(MESSAGE)),
    ("fullDescription", true, Kind::Object(MESSAGE)),
    ("help", true, Kind::Object(MESSAGE)),
];
const DRIVER: &[Key] = &[("name", true, Kind::Text), ("semanticVersion", true, Kind::Text), ("rules", true, Kind::List(RULE))];
const RUN: &[Key] = &[
    ("tool", true, Kind::Object(&[("driver", true, Kind::Object(DRIVER))])),
    ("columnKind", true, Kind::OneOf(&["utf16CodeUnits", "unicodeCodePoints"])),
    ("results", true, Kind::List(RESULT)),
];
const LOG: &[Key] = &[("$schema", true, Kind::Uri), ("version", true, Kind::OneOf(&["2.1.0"])), ("runs", true, Kind::List(RUN))];

fn object(value: &Value, keys: &[Key], place: &str) {
    let map = value.as_object().unwrap_or_else(|| panic!("{place} is no object"));
    for key in map.keys() {
        assert!(keys.iter().any(|(name, ..)| name == key), "{place} has \"{key}\"");
    }
    for (name, needed, kind) in keys {
        let place = format!("{place}.{name}");
        match map.get(*name) {
            Some(value) => holds(value, *kind, &place),
            None => assert!(!needed, "{place} is not there"),
        }
    }
}

fn holds(value: &Value, kind: Kind, place: &str) {
    match kind {
        Kind::Text => assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{place} is no text: {value}"),
        Kind::OneOf(words) => assert!(value.as_str().is_some_and(|text| words.contains(&text)), "{place}: {value}"),
        Kind::Uri => {
            let uri = value.as_str().unwrap_or_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:%".contains(c);
            assert!(!uri.is_empty() && uri.chars().all(plain), "{place} is no reference: {value}");
        }
        Kind::From(least) => assert!(value.as_i64().is_some_and(|n| n >= least), "{place}: {value}"),
        Kind::Object(keys) => object(value, keys, place),
        Kind::List(keys) => {
            let list = value.as_array().unwrap_or_else(|| panic!("{place} is no list"));
            list.iter().enumerate().for_each(|(at, value)| object(value, keys, &format!("{place}[{at}]")));
        }
    }
}

/// Fails where a log is not what the standard asks for.
pub(super) fn assert_valid(log: &Value) {
    object(log, LOG, "log");
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1);
    let rules: Vec<&str> =
        runs[0]["tool"]["driver"]["rules"].as_array().expect("rules").iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(rules, CODES.iter().map(|info| info.code).collect::<Vec<_>>());
    for result in runs[0]["results"].as_array().expect("results") {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("a rule of the registry");
        assert_eq!(Some(rules[index]), result["ruleId"].as_str());
        let locations = ["locations", "relatedLocations"].into_iter().filter_map(|key| result[key].as_array()).flatten();
        for region in locations.map(|location| &location["physicalLocation"]["region"]) {
            let [line, column, end, end_column] = ["startLine", "startColumn", "endLine", "endColumn"].map(|key| region[key].as_u64());
            assert!((line, column) <= (end, end_column), "{region}");
        }
    }
}

/// The results without the places of their rules in the registry, which grows.
pub(super) fn results(log: &Value) -> String {
    let mut results = log["runs"][0]["results"].clone();
    for result in results.as_array_mut().expect("results") {
        result.as_object_mut().expect("an object").remove("ruleIndex");
    }
    serde_json::to_string_pretty(&results).expect("JSON")
}

fn check(format: &str, files: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("my programs")).expect("a folder");
    let head = "program \"Coffee Club\"\n  currency EUR\n  timezone Europe/Berlin\n";
    let tiers = "tiers by spend ever\n  bronze\n  silver from 500 EUR\n  gold from 250 EUR\n";
    std::fs::write(folder.path().join("my programs/café.loy"), format!("{head}{tiers}discount 5% for tier gld\n")).expect("written");
    std::fs::write(folder.path().join("meet.loy"), format!("{head}discount 5% on mondays\ndiscount 3% via app\n")).expect("written");
    std::fs::write(folder.path().join("fine.loy"), format!("{head}discount 5%\n")).expect("written");
    let ran = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"))
        .current_dir(folder.path())
        .args(["check", "--format", format])
        .args(files)
        .output()
        .expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (ran.status.code(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn a_log_of_several_programs() {
    let (code, out, err) = check("sarif", &["my programs/café.loy", "fine.loy", "meet.loy"]);
    assert_eq!(code, Some(1), "{err}");
    let log: Value = serde_json::from_str(&out).expect("JSON");
    assert_valid(&log);
    insta::assert_snapshot!(results(&log));
    insta::assert_snapshot!(err);
}

#[test]
fn a_log_without_results() {
    let (code, out, _) = check("sarif", &["fine.loy"]);
    assert_eq!(code, Some(0));
    let log: Value = serde_json::from_str(&out).expect("JSON");
    assert_valid(&log);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn commands_for_github() {
    let (code, out, err) = check("github", &["my programs/café.loy", "fine.loy", "meet.loy"]);
    assert_eq!(code, Some(1), "{err}");
    insta::assert_snapshot!(out);
    let (code, out, _) = check("github", &["fine.loy"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
}
