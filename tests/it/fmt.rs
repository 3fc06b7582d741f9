//! `fmt`: the canonical text says the same, says it once, and keeps every comment.

use crate::markdown;
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::ast::Ast;
use loyalty_dsl::syntax::{format, parse, print};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A text in its canonical form; `None` if it has errors.
fn formatted(text: &str) -> Option<String> {
    format(&Sources::single("test.loy", text), 0).ok()
}

fn read(text: &str) -> Ast {
    let (ast, problems) = parse(&Sources::single("test.loy", text), 0);
    assert!(!problems.has_errors(), "{text}\n{problems:?}");
    ast
}

/// The tree without places, the letters of names, symbols of the currency and the order of clauses.
fn meaning(text: &str) -> Vec<String> {
    read(text).statements.iter().map(|statement| statement_meaning(&format!("{:?}", statement.kind))).collect()
}

fn statement_meaning(debug: &str) -> String {
    let mut out = String::new();
    let mut rest = debug;
    while let Some((before, behind)) = rest.split_once("Span {") {
        out.push_str(before);
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    let out = out.to_lowercase().replace("\"€\"", "\"eur\"").replace("\"$\"", "\"usd\"");
    // `12.5 EUR` is written `12.50 EUR`: equal values, unequal digits.
    let mut clauses = decimals(&out).split("spanned { node: ").map(str::to_owned).collect::<Vec<_>>();
    clauses.sort();
    clauses.concat().chars().filter(|c| !matches!(c, ' ' | ',' | '[' | ']' | '(' | ')' | '{' | '}')).collect()
}

/// Decimals without zeros at the end.
fn decimals(debug: &str) -> String {
    let mut parts = debug.split("decimal { mantissa: ");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (number, rest) = part.split_once(" }").expect("a decimal");
        let (mantissa, scale) = number.split_once(", scale: ").expect("a decimal");
        let (mut mantissa, mut scale): (i128, u8) = (mantissa.parse().expect("a number"), scale.parse().expect("a number"));
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        out += &format!("decimal {mantissa} {scale}{rest}");
    }
    out
}

fn comments(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for line in text.lines() {
        let mut quoted = false;
        let start = line.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '#' && !quoted
        });
        found.extend(start.map(|(at, _)| line[at..].trim_end()));
    }
    found.sort_unstable();
    found
}

/// What must hold for every text without errors.
fn holds(name: &str, text: &str) -> String {
    let once = formatted(text).unwrap_or_else(|| panic!("{name} has errors:\n{text}"));
    let twice = formatted(&once).unwrap_or_else(|| panic!("{name} has errors after fmt:\n{once}"));
    assert_eq!(once, twice, "{name}: a second time changes something");
    assert_eq!(meaning(text), meaning(&once), "{name}: another meaning\n{text}\n-- became\n{once}");
    assert_eq!(comments(text), comments(&once), "{name}: other comments\n{text}\n-- became\n{once}");
    assert!(
        once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n") && !once.contains("\n\n\n") && !once.starts_with('\n'),
        "{name}: {once:?}"
    );
    assert!(once.lines().all(|line| line == line.trim_end()), "{name}: blanks at the end of a line\n{once}");
    once
}

/// Blocks of the sample table: a line at the margin begins one, indented lines continue it.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for line in include_str!("syntax/samples.txt").lines().filter(|line| !line.starts_with("==")) {
        match samples.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push('\n');
                last.push_str(line);
            }
            _ => samples.push(line.to_owned()),
        }
    }
    samples
}

/// The same words with a line break, a comment and blank lines wherever blanks stand outside quotes and numbers' units.
fn torn(text: &str) -> String {
    let (mut out, mut quoted, mut count, mut before) = (String::new(), false, 0, ' ');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        quoted ^= c == '"';
        let unit = before.is_ascii_digit() || chars.peek().is_some_and(char::is_ascii_digit) || before.is_uppercase() || before == '€';
        if c == ' ' && !quoted && !unit && chars.peek().is_some_and(|c| *c != ' ') {
            count += 1;
            match count % 3 {
                0 => out += &format!("   # behind {count}\n  "),
                1 => out += &format!("\n\n\n    # above {count}\n\n  "),
                _ => out += "\n        ",
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

#[test]
fn every_sample_keeps_its_meaning() {
    let mut shown = String::new();
    for sample in samples() {
        shown += &format!("{sample}\n{}\n", holds("a sample", &sample));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn every_sample_keeps_its_meaning_and_comments_in_pieces() {
    let mut tried = 0;
    for sample in samples() {
        let text = torn(&sample);
        // Some words must stand on one line; the reader says so.
        if formatted(&text).is_some() && meaning(&text) == meaning(&sample) {
            holds("a torn sample", &text);
            tried += 1;
        }
    }
    assert!(tried > 350, "only {tried} samples could be torn");
}

#[test]
fn all_samples_together() {
    let text = samples().join("\n\n# next\n");
    let once = holds("all samples", &text);
    // Without comments the tree says it all.
    let sources = Sources::single("test.loy", &once);
    let bare: Vec<String> = once.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let printed: Vec<String> = print(&parse(&sources, 0).0, &sources).lines().map(str::to_owned).collect();
    assert_eq!(printed, bare);
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(markdown::file(folder)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            let inner = path.strip_prefix(markdown::file("")).expect("below the root").to_string_lossy().into_owned();
            found.extend(files(&inner, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn programs_are_formatted() {
    let programs = files("programs", "loy");
    assert!(!programs.is_empty());
    for path in programs {
        let text = fs::read_to_string(&path).expect("a text");
        let name = path.display().to_string();
        assert_eq!(holds(&name, &text), text, "{name} is not formatted; run fmt");
    }
}

#[test]
fn programs_in_documents() {
    let mut count = 0;
    let pages = ["docs", "tests/language"].iter().flat_map(|folder| files(folder, "md"));
    for path in pages.chain([markdown::file("README.md")]) {
        let page = fs::read_to_string(&path).expect("a text");
        for block in markdown::blocks(&page).into_iter().filter(|block| block.info.split_whitespace().next() == Some("loy")) {
            let name = format!("{}:{}", path.display(), block.line);
            // Mistakes are shown too.
            if formatted(&block.text).is_some() {
                holds(&name, &block.text);
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count} programs were found");
}

#[test]
fn a_messy_program() {
    // Written by somebody in a hurry, with something to say everywhere.
    insta::assert_snapshot!(holds("messy", include_str!("fmt_messy.loy")));
}

/// Sentences whose words would go with others in the order of the table, or without their parentheses.
const HAZARDS: &[&str] = &[
    "over 50 EUR grant voucher 10 EUR valid on purchases of category \"x\"",
    "exchange 150 beans for voucher 1.50 EUR on purchase via app over 5 EUR",
    "2000 EUR off on 24 December",
    "discount 5% if channel is \"app\" and (basket has product \"y\") and channel is \"x\"",
    "discount 5% if (spend on category \"a\") > 5 EUR and (gold-status is yes)",
    "discount 5% if (channel is one of \"a\", \"b\") or store is \"x\"",
    "discount 5% if not (not (referred)) and ((tier is gold or tier is silver) and referred)",
    "discount 5% if (amount - (5 EUR - 2 EUR)) * 3 > -5 EUR and -(amount) < 0 EUR",
    "discount 5% if round down amount + 5 EUR to 1 EUR is 5 EUR and (round up amount) * 2 > 5 EUR",
    "if customer.blocked discount 5% over 50 EUR",
    "if amount is 5 EUR, at most 5 EUR per month, or nothing, discount 5%",
    "grant (100) beans",
    "grant (purchase.x) to cashback",
    "earn 1 bean as points per 1 EUR",
    "reward discount by amount from 50 EUR 2%, from 100 EUR 3% for 100 beans",
    "discount by (amount - tax) from 3 EUR 5%",
    "discount by amount from 50 EUR 5% via app over 20 EUR",
    "discount by tier gold 5%, silver 3%, free shipping for tier gold",
    "discount 10% excluding items if price is under 1 EUR excluding brand \"c\" excluding category \"x\" on product \"q\"",
    "cashback 2% in december to february or birthday month",
    "program \"X\" currency EUR returns stop at zero returns keep rewards if threshold is lost",
    "points \"my points\" worth 0.5 EUR round down to 0.10",
    "example \"a\" purchase 10 EUR expect 5 beans on 2025-01-01 expect no gift at 14:30",
    "example \"a\" customer with \"first choice\" yes purchase on 2025-01-01 10 EUR with category 2025-1-1 called \"my A\"",
];

#[test]
fn words_stay_with_what_they_are_about() {
    let shown: Vec<String> = HAZARDS.iter().map(|text| format!("{text}\n{}", holds("a hazard", text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn long_lists_stay_readable() {
    let names: Vec<String> = (0..200).map(|n| format!("\"product number {n}\"")).collect();
    let text = format!("discount 5% on product {}\n", names.join(",\n  "));
    let once = holds("a long list", &text);
    assert!(once.lines().all(|line| line.chars().count() <= 100), "{once}");
}

#[test]
fn line_ends_and_byte_order_marks() {
    assert_eq!(formatted("").as_deref(), Some(""));
    assert_eq!(formatted("\n\n  \n").as_deref(), Some(""));
    assert_eq!(formatted("# only this").as_deref(), Some("# only this\n"));
    assert_eq!(formatted("\u{feff}cashback 2%   # x\r\n  via app\r\n\r\n").as_deref(), Some("cashback 2%   # x\n  via app\n"));
}

/// A folder to run the program in.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn run(&self, args: &[&str], input: &str) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
        let command = command.args(args).current_dir(self.0.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("a stream"), input.as_bytes()).expect("it reads");
        let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
        (status.code(), String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
    }
}

const LOOSE: &str = "cashback   2%\n";
const TIGHT: &str = "cashback 2%\n";

fn said(code: i32, out: &str, err: &str) -> (Option<i32>, String, String) {
    (Some(code), out.to_owned(), err.to_owned())
}

#[test]
fn files_are_rewritten() {
    let folder = Folder::new();
    folder.write("loose.loy", LOOSE);
    folder.write("tight.loy", TIGHT);
    assert_eq!(folder.run(&["fmt", "--check", "loose.loy", "tight.loy"], ""), said(1, "", "loose.loy would change.\n"));
    assert_eq!(folder.run(&["fmt", "-q", "--check", "loose.loy"], ""), said(1, "", "loose.loy would change.\n"));
    assert_eq!(folder.read("loose.loy"), LOOSE, "--check changes nothing");
    assert_eq!(folder.run(&["fmt", "loose.loy", "tight.loy"], ""), said(0, "", "loose.loy: changed\n"));
    assert_eq!(folder.read("loose.loy"), TIGHT);
    assert_eq!(folder.run(&["fmt", "--check", "loose.loy", "tight.loy"], ""), said(0, "", ""));
    assert_eq!(fs::read_dir(folder.0.path()).expect("a folder").count(), 2, "no temporary file is left");
}

#[test]
fn files_that_cannot_be_rewritten() {
    let folder = Folder::new();
    folder.write("loose.loy", LOOSE);
    folder.write("wrong.loy", "cashback 2% 5\n");
    let (code, out, err) = folder.run(&["fmt", "wrong.loy", "nowhere.loy", "loose.loy"], "");
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.contains("wrong.loy stays as it is: it has errors.") && err.contains("nowhere.loy: there is no such file"), "{err}");
    assert_eq!((folder.read("wrong.loy").as_str(), folder.read("loose.loy").as_str()), ("cashback 2% 5\n", TIGHT));
    assert_eq!(folder.run(&["fmt", "wrong.loy"], "").0, Some(1));
    assert_eq!(folder.run(&["fmt"], "").0, Some(2));
    assert_eq!(folder.run(&["fmt", "--format", "json", "loose.loy"], "").0, Some(2));
}

#[test]
fn standard_input() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["fmt", "-"], LOOSE), said(0, TIGHT, ""));
    assert_eq!(folder.run(&["fmt", "-"], TIGHT), said(0, TIGHT, ""));
    assert_eq!(folder.run(&["fmt", "--check", "-"], LOOSE), said(1, "", "standard input would change.\n"));
    assert_eq!(folder.run(&["fmt", "--check", "-"], TIGHT), said(0, "", ""));
    let (code, out, _) = folder.run(&["fmt", "-"], "cashback 2% 5\n");
    assert_eq!((code, out.as_str()), (Some(1), ""));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    folder.write("loose.loy", LOOSE);
    fs::set_permissions(folder.path("loose.loy"), fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink("loose.loy", folder.path("link.loy")).expect("a link");
    assert_eq!(folder.run(&["fmt", "link.loy"], ""), said(0, "", "link.loy: changed\n"));
    assert!(fs::symlink_metadata(folder.path("link.loy")).expect("a link").is_symlink());
    let mode = fs::metadata(folder.path("loose.loy")).expect("a file").permissions().mode();
    assert_eq!((folder.read("loose.loy").as_str(), mode & 0o777), (TIGHT, 0o640));
    assert!(Path::new(&folder.path("loose.loy")).exists());
}
