//! The programs that people see first: each checks, its examples hold, and it runs on the history that ships with it.

use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::Problems;
use loyalty_dsl::source::Sources;
use loyalty_dsl::{examples, syntax};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Warnings that a program is meant to have: file and code. Every other one fails.
const EXPECTED_WARNINGS: &[(&str, &str)] = &[];

/// Rules that do not fire on the shipped history, by the beginning of their sentence; all others must.
const SLEEPING: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn programs() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("programs")).expect("programs");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "loy"));
    files.sort();
    files.into_iter().map(|file| file.strip_prefix(root()).expect("below the root").to_path_buf()).collect()
}

fn name(program: &Path) -> String {
    program.file_name().expect("a name").to_string_lossy().into_owned()
}

fn run(command: &str, program: &Path, rest: &[&str]) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.arg(command).arg(program).args(rest).current_dir(root()).output().expect("the program starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn programs_check_and_their_examples_hold() {
    for program in programs() {
        let found = json(&run("check", &program, &["--format", "json"]));
        let known = |code: &str| EXPECTED_WARNINGS.contains(&(name(&program).as_str(), code)) || code == "exposure";
        let found: Vec<&Value> =
            found.as_array().expect("a list").iter().filter(|one| !known(one["code"].as_str().unwrap_or(""))).collect();
        assert!(found.is_empty(), "{}: {found:#?}", program.display());
        let text = String::from_utf8(run("check", &program, &[]).stdout).expect("UTF-8");
        let examples =
            std::fs::read_to_string(root().join(&program)).expect("a text").lines().filter(|line| line.starts_with("example ")).count();
        assert!(examples >= 4, "{} has {examples} examples", program.display());
        assert!(text.contains(&format!("{examples} examples hold.")), "{text}");
    }
}

#[test]
fn programs_run_on_their_histories() {
    for program in programs() {
        let output = run("simulate", &program, &["--format", "json", "--strict"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {said}", program.display());
        let report = json(&output);
        let rows = &report["history"]["rows"];
        assert_eq!((&rows["rejected"], &rows["duplicate"]), (&Value::from(0), &Value::from(0)), "{}", program.display());
        for rule in report["tables"]["rules"].as_array().expect("rules") {
            let text = rule["text"].as_str().expect("a sentence");
            let fired = &rule["fired"];
            let most = if fired.is_object() { &fired["high"] } else { fired };
            let fired = most.as_u64().or_else(|| most.as_str()?.parse().ok()).expect("a count") > 0;
            let sleeps = SLEEPING.iter().any(|(file, start)| *file == name(&program) && text.starts_with(start));
            assert_eq!(fired, !sleeps, "{}: {text}", program.display());
        }
    }
}

#[test]
fn the_table_names_every_program() {
    let table = std::fs::read_to_string(root().join("programs/README.md")).expect("programs/README.md");
    for program in programs() {
        assert!(table.contains(&format!("({})", name(&program))), "programs/README.md does not link {}", name(&program));
    }
}

/// Where the numbers of a line's expectations stand.
fn expected_numbers(line: &str) -> Vec<std::ops::Range<usize>> {
    let mut numbers: Vec<std::ops::Range<usize>> = Vec::new();
    let Some(start) = line.find("expect ") else { return numbers };
    let (mut quoted, mut before) = (false, ' ');
    for (at, letter) in line.char_indices().skip_while(|(at, _)| *at < start) {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted => break,
            '0'..='9' | '.' if !quoted => match numbers.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ if before == ' ' || before == '-' => numbers.push(at..at + 1),
                _ => {}
            },
            _ => {}
        }
        before = letter;
    }
    numbers
}

/// The same number with its last digit one higher.
fn one_more(number: &str) -> String {
    let places = number.split_once('.').map_or(0, |(_, places)| places.len());
    let digits: u64 = number.replace('.', "").parse().expect("digits");
    let digits = format!("{:0width$}", digits + 1, width = places + 1);
    let (whole, rest) = digits.split_at(digits.len() - places);
    if places == 0 { whole.to_owned() } else { format!("{whole}.{rest}") }
}

/// A row of a price list: product and minor units.
fn price(row: &str, decimals: u8) -> (String, i64) {
    let (product, price) = row.split_once(',').expect("two columns");
    let (whole, part) = price.split_once('.').unwrap_or((price, ""));
    let minor = format!("{whole}{part:0<width$}", width = usize::from(decimals));
    (product.to_owned(), minor.parse().expect("a price"))
}

/// The lines of a program at which examples fail, with what is said of them.
fn failing_lines(name: &str, text: &str) -> Vec<(usize, String)> {
    let sources = Sources::single(name, text);
    let (ast, _) = syntax::parse(&sources, 0);
    let (program, Problems(found)) = check(&ast, &sources, &[]);
    let mut program = program.unwrap_or_else(|| panic!("{name}: {found:?}"));
    let decimals = program.currency.decimals;
    for list in &mut program.price_lists {
        let file = std::fs::read_to_string(root().join("programs").join(&list.file)).expect("a price list");
        list.prices = file.lines().skip(1).map(|line| price(line, decimals)).collect();
        list.prices.sort();
    }
    let Problems(failed) = examples::run(&ast, &program, &sources).problems;
    failed.iter().map(|problem| (sources.place(problem.span()).line, problem.notes.join("\n"))).collect()
}

/// Whether a message names a sentence that gives, takes or exchanges something: by its line, which begins one.
fn names_a_rule(text: &str, said: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    said.split("(line ").skip(1).any(|rest| {
        let number: usize = rest.split(')').next().and_then(|number| number.parse().ok()).expect("a line");
        let line = lines[number - 1];
        let declares = ["points", "stamps", "wallet", "tiers", "program", "gift", "segment", "example"];
        !line.starts_with(' ') && !declares.iter().any(|word| line.starts_with(word))
    })
}

#[test]
fn every_number_of_every_example_matters() {
    for program in programs() {
        let text = std::fs::read_to_string(root().join(&program)).expect("a text");
        let mut start = 0;
        for (number, line) in (1..).zip(text.lines()) {
            // A line at the margin is a goal for the report.
            let numbers = if line.starts_with(' ') { expected_numbers(line) } else { Vec::new() };
            for range in numbers {
                let mut wrong = text.clone();
                wrong.replace_range(start + range.start..start + range.end, &one_more(&line[range.clone()]));
                let failed = failing_lines(&name(&program), &wrong);
                let place = format!("{}, line {number}: {}", program.display(), &line[range.clone()]);
                let [(at, said)] = failed.as_slice() else { panic!("{place} may be one more: {failed:?}") };
                assert_eq!(*at, number, "{place} fails elsewhere");
                // Where nothing had moved the figure, it is what the customer held at first, or nothing at all.
                let held = text[..start].rsplit("\nexample ").next().is_some_and(|steps| steps.contains("holding"));
                let unmoved = said.contains("No rule has moved") && (held || line[range].parse() == Ok(0.0_f64));
                assert!(unmoved || names_a_rule(&text, said), "{place}: no rule is named in\n{said}");
            }
            start += line.len() + 1;
        }
    }
}
