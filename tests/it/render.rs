//! How diagnostics look.

use loyalty_dsl::diagnostic::{Diagnostic, Problems, render};
use loyalty_dsl::source::{SourceFile, Sources};
use loyalty_dsl::span::Span;
use std::path::PathBuf;

const COFFEE: &str = "program \"Coffee Club\"\n  currency EUR\n  timezone Europe/Berlin\n\ntiers by spend\n  bronze\n  silver from 1000 EUR\n  gold from 300 EUR\n\ncashback 2% for tier gld\ncashback 2 for tier gold\n\nafter 3rd purchase grant 5% discount\n# a comment\n\n\n\ndiscount 10% on category \"cakes\"\n";

fn coffee() -> Sources {
    Sources::single("coffee.loy", COFFEE)
}

/// The place of `needle` in the text of a file.
fn at(sources: &Sources, needle: &str) -> Span {
    let text = &sources.file(0).expect("a file").text;
    let start = text.find(needle).expect("the needle is in the text");
    Span::new(0, start, start + needle.len())
}

fn human(diagnostic: Diagnostic, sources: &Sources) -> String {
    render::human(&Problems(vec![diagnostic]), sources, false)
}

#[test]
fn one_place_with_help() {
    let sources = coffee();
    let problem = Diagnostic::error("LOY0201", "There is no tier called \"gld\".", at(&sources, "gld"), "tiers here: bronze, silver, gold")
        .help("Write: cashback 2% for tier gold");
    insta::assert_snapshot!(human(problem, &sources));
}

#[test]
fn two_places_near_each_other() {
    let sources = coffee();
    let problem = Diagnostic::error(
        "LOY0310",
        "\"silver\" starts higher than \"gold\", so nobody could reach it.",
        at(&sources, "1000 EUR"),
        "silver needs more …",
    )
    .and(at(&sources, "300 EUR"), "… than gold")
    .help("Write the tiers from the lowest to the highest threshold.");
    insta::assert_snapshot!(human(problem, &sources));
}

#[test]
fn two_whole_sentences_far_apart_are_not_underlined() {
    let sources = coffee();
    let problem = Diagnostic::warning(
        "LOY0501",
        "These two discounts can meet on one purchase, and nothing says how they combine.",
        at(&sources, "after 3rd purchase grant 5% discount"),
        "",
    )
    .and(at(&sources, "discount 10% on category \"cakes\""), "")
    .note("A cake on a fourth purchase gets 10% now, the better of the two. To confirm, write in the program: discounts combine by best");
    insta::assert_snapshot!(human(problem, &sources));
}

#[test]
fn places_in_two_files() {
    let mut sources = coffee();
    sources.add(SourceFile::new("common.loy", PathBuf::from("common.loy"), "\npoints beans\n"));
    let problem = Diagnostic::error("LOY0202", "There are two wallets called \"beans\".", at(&sources, "bronze"), "here")
        .and(Span::new(1, 8, 13), "and here")
        .note("First line.\nSecond line.");
    insta::assert_snapshot!(human(problem, &sources));
}

#[test]
fn a_place_over_several_lines() {
    let sources = coffee();
    let all = at(&sources, "program \"Coffee Club\"\n  currency EUR\n  timezone Europe/Berlin\n\ntiers by spend\n  bronze");
    insta::assert_snapshot!(human(Diagnostic::error("LOY0301", "Too long.", all, "all of this"), &sources));
    let two = at(&sources, "tiers by spend\n  bronze\n");
    insta::assert_snapshot!(human(Diagnostic::error("LOY0301", "Two lines.", two, "both"), &sources));
}

#[test]
fn places_past_the_end_and_empty_ones() {
    let sources = Sources::single("end.loy", "program \"x\"\n  currency EUR");
    let past = Span::new(0, 9_000, 9_010);
    insta::assert_snapshot!(human(Diagnostic::error("LOY0101", "Past the end.", past, "here"), &sources));
    let end = Span::new(0, 26, 26);
    insta::assert_snapshot!(human(Diagnostic::error("LOY0101", "At the end.", end, "something is missing"), &sources));
    let empty = Sources::single("empty.loy", "");
    insta::assert_snapshot!(human(Diagnostic::error("LOY0101", "Nothing here.", Span::default(), ""), &empty));
    let nowhere = Span::new(7, 1, 2);
    insta::assert_snapshot!(human(Diagnostic::error("LOY0101", "No such file.", nowhere, ""), &empty));
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let text = format!("discount 5% for tier {} gold {}", "silver, ".repeat(100), "x".repeat(300));
    let sources = Sources::single("long.loy", &text);
    insta::assert_snapshot!(human(Diagnostic::error("LOY0201", "In the middle.", at(&sources, "gold"), "this one"), &sources));
    insta::assert_snapshot!(human(Diagnostic::error("LOY0201", "At the start.", at(&sources, "discount"), "this one"), &sources));
    let end = Span::new(0, text.len() - 3, text.len());
    insta::assert_snapshot!(human(
        Diagnostic::error("LOY0201", "At the end.", end, "a text that does not fit behind the underline"),
        &sources
    ));
}

#[test]
fn nothing_hidden_reaches_the_terminal() {
    let text = "\tgift \"\u{202e}gpj.\u{1b}[31mmug\u{0}\" costs 2 EUR\r\n";
    let sources = Sources::single("evil\u{1b}.loy", text);
    let problem =
        Diagnostic::error("LOY0102", "The name \"\u{202e}gpj\" hides a character.", at(&sources, "costs"), "after \u{1b}[31m this")
            .note("A \u{7} bell")
            .help("Write: \u{200b}mug");
    let shown = human(problem.clone(), &sources);
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{0}', '\u{7}', '\u{200b}']), "{shown}");
    insta::assert_snapshot!(shown);
    let short = render::short(&Problems(vec![problem]), &sources);
    assert!(!short.contains(['\u{1b}', '\u{202e}']), "{short}");
    insta::assert_snapshot!(short);
}

#[test]
fn wide_characters_keep_the_underline_in_place() {
    let sources = Sources::single("tea.loy", "gift \"茶とケーキ\" costs 2 EURO\ngift \"e\u{301}clair\" costs 2 EURO\n");
    let first = at(&sources, "EURO");
    let start = sources.file(0).expect("a file").text.rfind("EURO").expect("in the text");
    let second = Span::new(0, start, start + 4);
    assert_eq!(sources.text(second), "EURO");
    let problem = Diagnostic::error("LOY0401", "There is no currency called EURO.", first, "here").and(second, "and here");
    insta::assert_snapshot!(human(problem, &sources));
}

#[test]
fn colours_only_when_asked() {
    let sources = coffee();
    let problem = Diagnostic::error("LOY0201", "There is no tier called \"gld\".", at(&sources, "gld"), "tiers").help("Write: gold");
    let coloured = render::human(&Problems(vec![problem.clone()]), &sources, true);
    assert!(coloured.contains("\u{1b}[1;31mLOY0201\u{1b}[0m"));
    assert!(!human(problem, &sources).contains('\u{1b}'));
}

#[test]
fn for_programs() {
    let sources = coffee();
    let problem = Diagnostic::warning("LOY0201", "There is no tier called \"gld\".", at(&sources, "gld"), "tiers").note("n").help("h");
    let problems = Problems(vec![problem]);
    insta::assert_snapshot!(render::short(&problems, &sources));
    let json = serde_json::to_string_pretty(&render::json(&problems, &sources)).expect("JSON");
    insta::assert_snapshot!(json);
}

/// Problems with all that a writer has to take care of: two places in two files, a place over two lines, signs with a
/// meaning of their own, a file name with blanks, characters of several bytes.
fn awkward() -> (Problems, Sources) {
    let mut sources = Sources::default();
    sources.add(SourceFile::new("my programs/café: 100%, gold.loy", PathBuf::new(), COFFEE));
    sources.add(SourceFile::new("common.loy", PathBuf::new(), "gift \"茶\" costs 2 EURO\n"));
    let euro = Span::new(1, 19, 23);
    assert_eq!(sources.text(euro), "EURO");
    let problems = vec![
        Diagnostic::error("LOY0403", "100% of {0}:\nwrong, \u{202e}really.", euro, "not {EUR}")
            .and(at(&sources, "gld"), "a tier")
            .note("One.\r\nTwo.")
            .help("Write: 2%, or: 3%"),
        Diagnostic::warning("LOY0501", "Over two lines.", at(&sources, "silver from 1000 EUR\n  gold"), ""),
        Diagnostic::error("LOY0103", "At the end.", Span::new(0, COFFEE.len(), COFFEE.len()), "and then?"),
        Diagnostic::error("LOY0212", "In no file.", Span::new(7, 1, 2), "nowhere"),
    ];
    (Problems(problems), sources)
}

#[test]
fn for_github() {
    let (problems, sources) = awkward();
    insta::assert_snapshot!(render::github(&problems, &sources));
}

#[test]
fn for_code_hosts() {
    let (problems, sources) = awkward();
    let log = serde_json::to_value(render::sarif([(&problems, &sources)])).expect("JSON");
    super::sarif::assert_valid(&log);
    insta::assert_snapshot!(super::sarif::results(&log));
}
