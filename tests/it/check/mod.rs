//! From tree to program: every problem once, and what sentences become.

mod lowering;

use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::{Diagnostic, Problems, codes};
use loyalty_dsl::program::Program;
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::parse;

/// What cases are added to, unless they begin with a program of their own.
const HEAD: &str = r#"program "T" currency EUR timezone Europe/Berlin
points beans worth 0.01 EUR never expire
points miles never expire
stamps drinks
redeem beans
redeem 100 miles for 1 EUR
redeem cashback
exchange 12 drinks for gift "mug"
tiers by spend in last 12 months bronze silver from 300 EUR gold from 1000 EUR
gift "mug" costs 2 EUR
"#;

/// Checks a text.
fn checked(text: &str, params: &[(&str, &str)]) -> (Option<Program>, Problems) {
    let sources = Sources::single("test.loy", text);
    let (ast, mut problems) = parse(&sources, 0);
    let params: Vec<(String, String)> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (program, more) = check(&ast, &sources, &params);
    problems.extend(more);
    problems.sort();
    (program, problems)
}

fn shown(sources: &Sources, diagnostic: &Diagnostic) -> String {
    format!("{} line {}: {}", diagnostic.code, sources.place(diagnostic.span()).line, diagnostic.message)
}

/// Codes and lines of a case, in its own lines.
/// That nothing uses a name is asked of whole programs only: pieces declare what others would use.
fn found(text: &str, own: bool) -> Vec<String> {
    let whole = if own { text.to_owned() } else { format!("{text}\n{HEAD}") };
    let sources = Sources::single("test.loy", &whole);
    let whole = checked(&whole, &[]).1.0;
    whole.iter().filter(|d| own || d.code != "LOY0516").map(|d| shown(&sources, d)).collect()
}

#[test]
fn each_problem_once_and_none_when_corrected() {
    let mut wrong_ones = Vec::new();
    for case in include_str!("cases.txt").split("== ").skip(1) {
        let (title, text) = case.split_once('\n').expect("a title");
        let (code, line) = title.split_once(' ').expect("a code and a line");
        let own = text.contains("\n!program\n");
        let (wrong, right) = text.split_once(if own { "\n!program\n" } else { "\n--\n" }).expect("two texts");
        let problems = found(wrong, own);
        let start = format!("{code} line {}:", line.trim());
        if problems.len() != 1 || !problems.iter().all(|problem| problem.starts_with(&start)) {
            wrong_ones.push(format!("{start}\n{wrong}\n→ {problems:#?}"));
        }
        let left = found(right, own);
        if !left.is_empty() {
            wrong_ones.push(format!("corrected {start}\n{right}\n→ {left:#?}"));
        }
        assert!(codes::find(code).is_some(), "{code} is not in the table");
    }
    assert!(wrong_ones.is_empty(), "{}", wrong_ones.join("\n\n"));
}

#[test]
fn every_code_of_check_has_a_case() {
    let cases = include_str!("cases.txt");
    let own = ["LOY02", "LOY03", "LOY04", "LOY05"];
    // Those two are about `--set`, see below.
    let elsewhere = ["LOY0212", "LOY0412"];
    for info in codes::CODES.iter().filter(|info| own.iter().any(|start| info.code.starts_with(start))) {
        let has = cases.contains(&format!("== {} ", info.code)) || elsewhere.contains(&info.code);
        assert!(has, "{} has no case", info.code);
    }
}

#[test]
fn parameters_can_be_set() {
    let text = "param base 2%\ncashback base\n";
    let codes = |params: &[(&str, &str)]| -> Vec<&str> { checked(&format!("{HEAD}{text}"), params).1.0.iter().map(|d| d.code).collect() };
    assert_eq!(codes(&[]), Vec::<&str>::new());
    assert_eq!(codes(&[("base", "3%")]), Vec::<&str>::new());
    assert_eq!(codes(&[("bse", "3%")]), ["LOY0212"]);
    assert_eq!(codes(&[("base", "much")]), ["LOY0412"]);
    assert_eq!(codes(&[("base", "3")]), ["LOY0105"]);
}
