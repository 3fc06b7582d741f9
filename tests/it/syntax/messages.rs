//! What people are told. No word of grammar theory, the whole corrected line where there is one.

use super::problems;

const MISTAKES: &str = include_str!("mistakes.loy");

#[test]
fn messages() {
    insta::assert_snapshot!(problems(MISTAKES));
}

#[test]
fn no_theory() {
    let said = problems(MISTAKES).to_lowercase();
    for word in ["token", "expression", "identifier", "expected one of", "syntax", "parse", "literal", "statement", "clause"] {
        assert!(!said.contains(word), "{word}");
    }
}

#[test]
fn one_mistake_does_not_hide_another() {
    let text = "program \"X\"\n  curency EUR\n  timezon Europe/Berlin\ncashbak 2%\ndiscount 5% fro tier gold\n";
    let said = problems(text);
    for line in ["2:3", "3:3", "4:1", "5:13"] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

#[test]
fn every_code_is_registered() {
    for line in problems(MISTAKES).lines().filter(|line| line.starts_with("LOY")) {
        let code = &line[..7];
        assert!(loyalty_dsl::diagnostic::codes::find(code).is_some(), "{code}");
    }
}
