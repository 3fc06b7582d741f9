//! Texts that nobody writes by accident end quickly in a message.

use super::read;
use loyalty_dsl::source::{SourceFile, Sources};
use loyalty_dsl::syntax::{self, LoadError, ast::StatementKind, parse_program};
use proptest::prelude::*;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The codes said about a text; reading it must be quick. What takes a few seconds takes longer on a busy machine; what grows
/// without bound takes hours.
fn codes(text: &str) -> Vec<&'static str> {
    let start = Instant::now();
    let codes = read(text).1.0.iter().map(|d| d.code).collect();
    assert!(start.elapsed() < Duration::from_secs(90), "slow: {:?}", start.elapsed());
    codes
}

#[test]
fn limits() {
    assert_eq!(codes(&"x".repeat(100_000_000)), ["LOY0601"]);
    assert_eq!(codes(&"x".repeat(syntax::MAX_COLUMNS + 1)), ["LOY0602"]);
    assert_eq!(codes(&"\n".repeat(syntax::MAX_LINES + 1)), ["LOY0603"]);
    assert_eq!(codes(&"stamps a\n".repeat(syntax::MAX_STATEMENTS + 1)), ["LOY0604"]);
    assert_eq!(codes(&format!("stamps {}", "a".repeat(syntax::MAX_NAME + 1))), ["LOY0606"]);
    assert_eq!(codes(&format!("stamps {}", "a".repeat(syntax::MAX_NAME))), Vec::<&str>::new());
    assert_eq!(codes(&format!("priority {} discount 5%", "1".repeat(39))), ["LOY0608"]);
    assert_eq!(codes(&format!("priority {} discount 5%", "1".repeat(38))), Vec::<&str>::new());
    let rows = "\n  gold from 1 EUR".repeat(3000);
    assert_eq!(codes(&format!("tiers by spend{rows}")), Vec::<&str>::new());
}

#[test]
fn nesting() {
    let nested = |n: usize| format!("discount 5% if {}amount > 5 EUR{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(codes(&nested(64)), Vec::<&str>::new());
    assert_eq!(codes(&nested(65)), ["LOY0605"]);
    let lines = |n: usize, piece: &str| format!("\n  {}", piece.repeat(50)).repeat(n / 50);
    assert!(codes(&format!("discount 5% if{}", lines(100_000, "("))).contains(&"LOY0605"));
    assert!(codes(&format!("discount 5% if{} amount > 5 EUR", lines(3_000, "not "))).is_empty());
    assert_eq!(codes(&format!("discount 5% if amount{} > 5 EUR", lines(3_000, "+ 1 "))), ["LOY0605"]);
    assert!(codes(&format!("discount 5% if amount > 5 EUR{}", lines(3_000, "or referred "))).is_empty());
}

/// A debug build on a small stack reads the deepest sentence allowed.
#[test]
fn small_stack() {
    let text = format!("discount 5% if {}amount > 5 EUR{}", "(".repeat(64), ")".repeat(64));
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let said = thread.spawn(move || read(&text).1.0.len()).expect("a thread").join();
    assert_eq!(said.expect("no panic"), 0);
}

#[test]
fn strange_characters() {
    assert_eq!(codes("discount\0 5%"), ["LOY0115"]);
    assert_eq!(codes("discount 5% # \u{202e} hidden"), ["LOY0115"]);
    assert_eq!(codes("stamps \"a\u{2066}b\""), ["LOY0115"]);
    assert_eq!(codes("stamps \u{430}bc"), ["LOY0116"]);
    assert_eq!(codes("gift \"mug costs 2 EUR"), ["LOY0104"]);
    assert_eq!(codes("gift “mug” costs 2 EUR"), ["LOY0104"]);
    assert!(!codes(&"\"\"\"(\n".repeat(1000)).is_empty());
    assert!(!codes(&"§$%&/()=?`´ ".repeat(80)).is_empty());
    assert_eq!(codes("\u{feff}stamps drinks\r\n  round down\r\n"), Vec::<&str>::new());
}

#[test]
fn long_nonsense_is_quick() {
    let words = "\n  on for gold 5 beans and (amount or at most 3 if".repeat(2_000);
    codes(&format!("discount 5%{words}"));
    codes(&"bla bla 5 % \"x\" ( ) - foo\n".repeat(1_000));
    let items = "\n  purchase 10 EUR on 2025-01-01 expect no discount expct".repeat(1_000);
    codes(&format!("example \"x\"{items}"));
}

/// Reads a program of several files, given by name.
fn program(files: &[(&str, &str)]) -> (usize, Vec<String>) {
    let file = |name: &str| {
        let text = files.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)?;
        Some(SourceFile::new(name, PathBuf::from(name), text))
    };
    let mut sources = Sources::default();
    sources.add(file("main.loy").expect("the main file"));
    let mut load = |path: &str, _: u16| match path {
        "../secret" => Err(LoadError::OutsideFolder),
        path => file(path).ok_or(LoadError::NotFound),
    };
    let (ast, problems) = parse_program(&mut sources, &mut load);
    let kept = ast.statements.iter().filter(|s| !matches!(s.kind, StatementKind::Include { .. })).count();
    (kept, problems.0.iter().map(|d| format!("{} {}", d.code, d.message)).collect())
}

#[test]
fn includes() {
    let (count, said) = program(&[("main.loy", "include \"a.loy\"\nstamps x"), ("a.loy", "stamps y\nstamps z")]);
    assert_eq!((count, said), (3, vec![]));
    let twice = [("main.loy", "include \"a.loy\"\ninclude \"b.loy\""), ("a.loy", "stamps y"), ("b.loy", "include \"a.loy\"")];
    assert_eq!(program(&twice), (1, vec![]));
    let (_, said) = program(&[("main.loy", "include \"a.loy\""), ("a.loy", "include \"main.loy\"")]);
    assert_eq!(said, ["LOY0120 \"main.loy\" includes itself."]);
    let (_, said) = program(&[("main.loy", "include \"no.loy\"\ninclude \"../secret\"")]);
    assert_eq!(said.len(), 2, "{said:?}");
    let many: String = (0..300).map(|n| format!("include \"{n}.loy\"\n")).collect();
    let names: Vec<String> = (0..300).map(|n| format!("{n}.loy")).collect();
    let mut files = vec![("main.loy", many.as_str())];
    files.extend(names.iter().map(|name| (name.as_str(), "stamps x")));
    let (count, said) = program(&files);
    assert_eq!(count, 256);
    assert!(said.iter().all(|s| s.starts_with("LOY0609")), "{said:?}");
    let chain: Vec<(String, String)> = (0..20).map(|n| (format!("{n}.loy"), format!("include \"{}.loy\"", n + 1))).collect();
    let mut files = vec![("main.loy", "include \"0.loy\"")];
    files.extend(chain.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    let (_, said) = program(&files);
    assert_eq!(said, ["LOY0610 Files include each other more than 16 deep."]);
}

/// Every place lies in the text and between characters; no report is endless.
fn well_placed(text: &str) {
    let (ast, said) = read(text);
    let spans = ast.statements.iter().map(|s| s.span).chain(said.0.iter().flat_map(|d| d.labels.iter().map(|l| l.span)));
    let text = Sources::single("", text).files()[0].text.clone();
    for span in spans {
        assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(text in "\\PC{0,200}") {
        well_placed(&text);
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(WORDS), 1..25)) {
        well_placed(&words.join(" "));
        well_placed(&words.concat());
    }
}

const WORDS: &[&str] = &[
    "on",
    "3rd",
    "purchase",
    "grant",
    "100",
    "beans",
    "5%",
    "discount",
    "€",
    "12.50",
    "EUR",
    "and",
    "or",
    ",",
    "for",
    "tier",
    "gold",
    "if",
    "(",
    ")",
    "amount",
    "is",
    "over",
    "\"x\"",
    "\"",
    "2025-12-24",
    "2025-02-30",
    "24 December",
    "14:00",
    "2pm",
    "until",
    "from",
    "to",
    "\n",
    "\n  ",
    "# x",
    "program",
    "currency",
    "points",
    "tiers by",
    "spend",
    "in last",
    "12 months",
    "expect",
    "example",
    "item",
    "cashbak",
    "ä",
    "日本",
    "“",
    "”",
    "-",
    "not",
    "each",
    "redeem",
    "at most",
    "then",
    "1,000",
    "exchange",
    "gift",
    "calendar",
    "every year",
    "-5",
    "=",
    "is one of",
    "between",
    "earn",
    "per",
    "as",
    "by",
    "\u{2009}",
];
