//! The program as people start it: exit codes, streams, files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const COFFEE: &str = r#"program "Coffee Club"
  currency USD
  timezone America/New_York

points beans
  worth 0.01 USD
  expire 12 months after earning

earn 1 bean per 1 USD
rule "=Standing" after 3rd purchase grant 5% discount
redeem 100 beans for 1 USD

example "the third purchase earns a standing discount"
  purchase 10 USD on 2025-01-01
  purchase 10 USD on 2025-01-02
  purchase 10 USD on 2025-01-03   expect no discount
  purchase 10 USD on 2025-01-04   expect discount 0.50 USD

expect program cost at most 5% of revenue
"#;

const SALES: &str = "customer,id,at,amount\nann,1,2025-01-01,100.00\nann,2,2025-01-02,50.00\nann,3,2025-01-03,10.00\nann,4,2025-01-04,20.00\nbob,5,2025-01-04,7.25\n@cy,6,2025-01-05,1.00\n";

/// A folder with a program and its history.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("coffee.loy", COFFEE);
        folder.write("data/coffee.csv", SALES);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
        Ran(command.args(args).current_dir(self.0.path()).env_remove("NO_COLOR").output().expect("the program starts"))
    }
}

pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }
}

#[test]
fn a_good_program() {
    let folder = Folder::new();
    let ran = folder.run(&["check", "coffee.loy"]);
    assert_eq!((ran.code(), ran.err().as_str()), (Some(0), ""), "{}", ran.out());
    insta::assert_snapshot!(ran.out());
}

#[test]
fn all_problems_of_all_files() {
    let folder = Folder::new();
    folder.write("gold.loy", &COFFEE.replace("grant 5% discount", "grant 5% discount for tier gld"));
    folder.write("failing.loy", &COFFEE.replace("expect discount 0.50 USD", "expect discount 0.60 USD"));
    folder.write("goal.loy", &COFFEE.replace("expect program cost", "expect programme cost"));
    let files = ["coffee.loy", "gold.loy", "failing.loy", "goal.loy"];
    let ran = folder.run(&[&["check"], files.as_slice()].concat());
    assert_eq!(ran.code(), Some(1));
    insta::assert_snapshot!(ran.out());
    let short = folder.run(&[&["check", "--format", "short"], files.as_slice()].concat());
    assert_eq!(short.code(), Some(1));
    insta::assert_snapshot!(format!("{}---\n{}", short.out(), short.err()));
    for args in
        [["--format", "json", "check", "gold.loy"], ["check", "--format", "json", "gold.loy"], ["check", "gold.loy", "--format", "json"]]
    {
        let json: serde_json::Value = serde_json::from_str(&folder.run(&args).out()).expect("JSON");
        assert_eq!(json[0]["labels"][0]["line"], 10, "{json}");
    }
}

#[test]
fn missing_and_strange_files() {
    let folder = Folder::new();
    fs::write(folder.path("latin.loy"), b"program \"Caf\xe9\"\n").expect("a file");
    let ran = folder.run(&["check", "nowhere.loy", "latin.loy", ".", "coffee.loy"]);
    assert_eq!(ran.code(), Some(3));
    assert!(ran.out().contains("coffee.loy: fine"), "the good file is checked all the same: {}", ran.out());
    insta::assert_snapshot!(ran.err());
}

#[test]
fn includes_stay_below_the_folder() {
    let folder = Folder::new();
    folder.write("secret.loy", "gift \"mug\" costs 2 USD\n");
    folder.write("club/parts/gifts.loy", "gift \"mug\" costs 2 USD\ninclude \"../more.loy\"\n");
    folder.write("club/more.loy", "gift \"cup\" costs 1 USD\n");
    folder.write("club/main.loy", &format!("{COFFEE}include \"parts/gifts.loy\"\n"));
    let ran = folder.run(&["check", "club/main.loy"]);
    assert!(!ran.out().contains("error"), "{}", ran.out());
    let absolute = folder.path("secret.loy").display().to_string();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path("secret.loy"), folder.path("club/link.loy")).expect("a link");
    for bad in ["../secret.loy", absolute.as_str(), "link.loy", "/dev/zero", "http://example.com/x.loy", "parts", "missing.loy", "main.loy"]
    {
        folder.write("club/bad.loy", &format!("{COFFEE}include \"{bad}\"\n"));
        let bad_run = folder.run(&["check", "club/bad.loy"]);
        let allowed = bad == "main.loy";
        assert_eq!(bad_run.code(), Some(1), "{bad}: {}", bad_run.out());
        assert_eq!(bad_run.out().contains("1 error,"), !allowed, "{bad}: {}", bad_run.out());
    }
}

#[test]
fn what_a_code_means() {
    let folder = Folder::new();
    let ran = folder.run(&["check", "--explain", "loy0951"]);
    assert_eq!(ran.code(), Some(0));
    insta::assert_snapshot!(ran.out());
    let unknown = folder.run(&["check", "--explain", "LOY0952x"]);
    assert_eq!(unknown.code(), Some(2));
    insta::assert_snapshot!(unknown.err());
}

#[test]
fn wrong_usage() {
    let folder = Folder::new();
    for args in [
        ["check"].as_slice(),
        &["check", "--format", "yaml", "coffee.loy"],
        &["simulate", "coffee.loy", "--format", "short"],
        &["simulate", "coffee.loy", "--memory", "2GiB"],
        &["simulate", "coffee.loy", "--ledger", "out.xlsx"],
        &["simulate", "coffee.loy", "--as-of", "yesterday"],
        &["simulate", "coffee.loy", "--set", "base"],
        &["simulate", "coffee.loy", "--metric", "rcr.ordr"],
        &["brew"],
        &["compare"],
        &["compare", "coffee.loy", "--format", "html"],
        &["sweep", "coffee.loy"],
        &["sweep", "coffee.loy", "--vary", "base"],
        &["lsp"],
        &["terms", "coffee.loy", "--lang", "tlh"],
    ] {
        let ran = folder.run(args);
        assert_eq!((ran.code(), ran.out().as_str()), (Some(2), ""), "{args:?}: {}", ran.err());
        assert!(!ran.err().is_empty(), "{args:?}");
    }
    assert!(folder.run(&["simulate", "coffee.loy", "--metric", "rcr.ordr"]).err().contains("rcr.order"));
    assert_eq!(folder.run(&["--help"]).code(), Some(0));
    assert_eq!(folder.run(&["--version"]).code(), Some(0));
}

#[test]
fn each_command_offers_its_own_formats() {
    let folder = Folder::new();
    let help = |command: &str| folder.run(&[command, "--help"]).out();
    assert!(help("check").contains("human, short, json, sarif or github"), "{}", help("check"));
    assert!(help("simulate").contains("text, json, yaml or csv"), "{}", help("simulate"));
    assert!(help("why").contains("text, json or html"), "{}", help("why"));
    assert!(!help("fmt").contains("--format"), "{}", help("fmt"));
    for command in ["check", "simulate", "why"] {
        assert!(!help(command).contains("possible values: human"), "{}", help(command));
    }
    assert_eq!(folder.run(&["fmt", "--format", "json", "coffee.loy"]).code(), Some(2));
    assert_eq!(folder.run(&["--format", "json", "fmt", "coffee.loy"]).code(), Some(2));
    for args in [["--format", "json", "simulate", "coffee.loy"], ["simulate", "--format", "json", "coffee.loy"]] {
        assert!(folder.run(&args).out().starts_with('{'), "{args:?}");
    }
}

#[test]
fn small_questions() {
    let folder = Folder::new();
    let explained = folder.run(&["check", "--explain", "105"]);
    assert!(explained.out().starts_with("LOY0105  "), "{}{}", explained.out(), explained.err());
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&["check", "--explain", "LOY0105", "--format", "json"]).out()).expect("JSON");
    assert_eq!(json["code"], "LOY0105");
    assert_eq!(folder.run(&["check", "--explain", "LOY0105", "--format", "sarif"]).code(), Some(2));
    let hint = |metric: &str| folder.run(&["simulate", "coffee.loy", "--metric", metric]).err();
    assert!(hint("cost").contains("Did you mean program.cost?"), "{}", hint("cost"));
    assert!(hint("foo").contains("docs/metrics.md"), "{}", hint("foo"));
    let seed = folder.run(&["simulate", "coffee.loy", "--seed", "-1"]);
    assert!(seed.code() == Some(2) && seed.err().contains("a seed is a whole number") && !seed.err().contains("-- -1"), "{}", seed.err());
    folder.write("base.loy", &format!("{}param base 5%\n", COFFEE.replace("grant 5% discount", "grant base discount")));
    assert_eq!(folder.run(&["check", "base.loy"]).code(), Some(0));
    // With another rate the example does not hold.
    assert_eq!(folder.run(&["check", "base.loy", "--set", "base=3%"]).code(), Some(1));
    let why = folder.run(&["why", "coffee.loy", "--customer", "ann", "--purchase", "1", "--start", "2025-01-02"]);
    assert!(why.out().contains("it starts on 2 Jan 2025"), "{}{}", why.out(), why.err());
}

#[test]
fn a_missing_program_is_no_program_without_faults() {
    let folder = Folder::new();
    let ran = folder.run(&["check", "--format", "json", "nowhere.loy", "coffee.loy"]);
    assert_eq!(ran.code(), Some(3));
    let json: serde_json::Value = serde_json::from_str(&ran.out()).expect("JSON");
    assert_eq!((&json[0]["code"], &json[0]["labels"][0]["file"]), (&"LOY0962".into(), &"nowhere.loy".into()), "{json}");
    let sarif: serde_json::Value = serde_json::from_str(&folder.run(&["check", "--format", "sarif", "."]).out()).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "LOY0962", "{sarif}");
    let short = folder.run(&["check", "--format", "short", "nowhere.loy"]);
    assert!(short.out().contains("LOY0962"), "{}", short.out());
}

#[test]
fn a_program_from_standard_input() {
    let folder = Folder::new();
    let run = |text: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
        command.args(["check", "-"]).current_dir(folder.path(""));
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().expect("it starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text.as_bytes()).expect("it is read");
        Ran(child.wait_with_output().expect("it ends"))
    };
    let fine = run(COFFEE);
    assert!(fine.code() == Some(0) && fine.out().contains("standard input: fine"), "{}", fine.out());
    let wrong = run(&COFFEE.replace("5% discount\n", "5% discount for tier gld\n"));
    assert!(wrong.code() == Some(1) && wrong.out().contains("standard input, line 10"), "{}", wrong.out());
}

#[test]
fn a_simulation() {
    let folder = Folder::new();
    let ran = folder.run(&["simulate", "coffee.loy"]);
    assert_eq!((ran.code(), ran.err().as_str()), (Some(0), "History: data/coffee.csv\n"), "{}", ran.err());
    insta::assert_snapshot!(ran.out());
    let quiet = folder.run(&["simulate", "coffee.loy", "--quiet"]);
    assert_eq!((quiet.err().as_str(), quiet.out()), ("", ran.out()));
    let json = folder.run(&["simulate", "coffee.loy", "--format", "json", "--threads", "1"]);
    let tree: serde_json::Value = serde_json::from_str(&json.out()).expect("JSON");
    assert_eq!(tree["history"]["rows"]["read"], 6);
    assert_eq!(tree["expectations"][0]["held"], true);
    assert_eq!(tree["program"]["sha256"].as_str().map(str::len), Some(64));
    let metrics = folder.run(&["simulate", "coffee.loy", "--metric", "revenue", "program cost"]);
    insta::assert_snapshot!(metrics.out());
    let one = folder.run(&["simulate", "coffee.loy", "--metric", "revenue", "--format", "json"]);
    let tree: serde_json::Value = serde_json::from_str(&one.out()).expect("JSON");
    assert_eq!(tree["metrics"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_same_bytes_whatever_the_order_of_rows() {
    let folder = Folder::new();
    let mut rows: Vec<&str> = SALES.lines().skip(1).collect();
    rows.reverse();
    folder.write("data/turned.csv", &format!("customer,id,at,amount\n{}\n", rows.join("\n")));
    let one = folder.run(&[
        "simulate",
        "coffee.loy",
        "--history",
        "data/coffee.csv",
        "--ledger",
        "one.csv",
        "--format",
        "yaml",
        "--threads",
        "1",
    ]);
    let two = folder.run(&[
        "simulate",
        "coffee.loy",
        "--history",
        "data/turned.csv",
        "--ledger",
        "two.csv",
        "--format",
        "yaml",
        "--threads",
        "3",
    ]);
    assert_eq!(one.out().replace("coffee.csv", ""), two.out().replace("turned.csv", ""));
    let read = |name: &str| fs::read_to_string(folder.path(name)).expect("a ledger");
    assert_eq!(read("one.csv"), read("two.csv"));
}

#[test]
fn ledgers() {
    let folder = Folder::new();
    folder.write("assume.yaml", "redemption: as soon as possible\nmargin: 40%\n");
    let ran = folder.run(&["simulate", "coffee.loy", "--assume", "assume.yaml", "--ledger", "out.csv"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    insta::assert_snapshot!(fs::read_to_string(folder.path("out.csv")).expect("a ledger"));
    folder.run(&["simulate", "coffee.loy", "--assume", "assume.yaml", "--ledger", "out.jsonl"]);
    let lines = fs::read_to_string(folder.path("out.jsonl")).expect("a ledger");
    insta::assert_snapshot!(lines.lines().take(3).collect::<Vec<_>>().join("\n"));
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON on every line");
    }
    assert_eq!(folder.names(), ["assume.yaml", "coffee.loy", "data", "out.csv", "out.jsonl"], "no temporary file is left");
}

#[test]
fn a_ledger_that_cannot_be_written_leaves_what_was_there() {
    let folder = Folder::new();
    folder.write("out.csv", "mine");
    // A goal that is missed does not undo a ledger; a history that cannot be read does not begin one.
    let ran = folder.run(&["simulate", "coffee.loy", "--history", "none.csv", "--ledger", "out.csv"]);
    assert_eq!(ran.code(), Some(3));
    assert_eq!(fs::read_to_string(folder.path("out.csv")).expect("the file"), "mine");
    let ran = folder.run(&["simulate", "coffee.loy", "--ledger", "nowhere/out.csv"]);
    assert_eq!((ran.code(), ran.out().as_str()), (Some(3), ""), "{}", ran.err());
    assert_eq!(folder.names(), ["coffee.loy", "data", "out.csv"]);
}

#[test]
fn other_starts_and_parameters_are_said() {
    let folder = Folder::new();
    folder.write("base.loy", &format!("{}param base 5%\n", COFFEE.replace("grant 5% discount", "grant base discount")));
    let args =
        ["simulate", "base.loy", "--history", "data/coffee.csv", "--set", "base=3%", "--start", "2025-01-02", "--as-of", "2025-01-04"];
    let ran = folder.run(&args);
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    insta::assert_snapshot!(ran.out());
    let unknown = folder.run(&["simulate", "base.loy", "--history", "data/coffee.csv", "--set", "bass=3%"]);
    assert_eq!(unknown.code(), Some(1));
    insta::assert_snapshot!(unknown.err());
}

#[test]
fn failures_of_a_simulation() {
    let folder = Folder::new();
    folder.write("strict.loy", &COFFEE.replace("at most 5%", "at most 1%"));
    let missed = folder.run(&["simulate", "strict.loy", "--history", "data/coffee.csv"]);
    assert_eq!(missed.code(), Some(1));
    assert!(missed.out().contains("missed"), "{}", missed.out());
    assert_eq!(missed.err(), "Not met: expect program cost at most 1% of revenue\n");
    folder.write("broken.loy", &COFFEE.replace("5% discount", "5% discount for tier gld"));
    let broken = folder.run(&["simulate", "broken.loy", "--history", "data/coffee.csv"]);
    assert_eq!((broken.code(), broken.out().as_str()), (Some(1), ""));
    assert!(broken.err().contains("LOY"), "{}", broken.err());
    let nothing = folder.run(&["simulate", "strict.loy"]);
    assert_eq!(nothing.code(), Some(2));
    insta::assert_snapshot!(nothing.err());
    folder.write("bad.yaml", "margn: 3\n");
    assert_eq!(folder.run(&["simulate", "coffee.loy", "--assume", "bad.yaml"]).code(), Some(3));
}

#[test]
fn days_that_leave_nothing_are_refused() {
    let folder = Folder::new();
    let run = |days: &[&str]| folder.run(&[&["simulate", "coffee.loy", "--quiet"], days].concat());
    for (days, words) in [
        (["--as-of", "2024-12-31"].as_slice(), "--as-of 2024-12-31 lies before the history, which begins on 1 Jan 2025"),
        (&["--start", "2025-01-06"], "--start 2025-01-06 lies after the history, which ends on 5 Jan 2025"),
        (&["--start", "2025-01-04", "--as-of", "2025-01-03"], "--start 2025-01-04 lies after --as-of 2025-01-03"),
    ] {
        let ran = run(days);
        assert_eq!((ran.code(), ran.out().as_str()), (Some(2), ""), "{days:?}");
        assert!(ran.err().contains(words), "{days:?}: {}", ran.err());
    }
    // The edges are fine.
    for days in [["--as-of", "2025-01-01"].as_slice(), &["--start", "2025-01-05"], &["--start", "2025-01-03", "--as-of", "2025-01-03"]] {
        assert_eq!(run(days).code(), Some(0), "{days:?}: {}", run(days).err());
    }
    // A program that begins later by itself may be looked at; the report says so, and a goal is not met by it.
    folder.write("later.loy", &COFFEE.replace("timezone America/New_York", "timezone America/New_York\n  starts 2026-01-01"));
    let later = folder.run(&["simulate", "later.loy", "--history", "data/coffee.csv"]);
    assert_eq!(later.code(), Some(1), "{}", later.err());
    assert!(later.out().contains("The program ran on no day of this history"), "{}", later.out());
    folder.write("ended.loy", &COFFEE.replace("timezone America/New_York", "timezone America/New_York\n  ends 2025-01-02"));
    let ended = folder.run(&["simulate", "ended.loy", "--history", "data/coffee.csv", "--start", "2025-01-03"]);
    assert_eq!((ended.code(), ended.err().contains("the program's own end, 2 Jan 2025")), (Some(2), true), "{}", ended.err());
}

#[test]
fn a_date_far_from_all_others_is_asked_about() {
    let folder = Folder::new();
    folder.write("data/coffee.csv", &format!("{SALES}bob,9,2045-03-09,10\n"));
    let asked = folder.run(&["simulate", "coffee.loy"]);
    assert_eq!(asked.code(), Some(3), "{}", asked.err());
    for words in ["nothing happens between 2025-01-05 and 2045-03-09", "period: { from: "] {
        assert!(asked.err().contains(words), "{}", asked.err());
    }
    folder.write("mapping.yaml", "purchases: data/coffee.csv\nperiod: { from: 2025-01-01, to: 2025-12-31 }\n");
    let told = folder.run(&["simulate", "coffee.loy", "--history", "mapping.yaml"]);
    assert_eq!(told.code(), Some(0), "{}", told.err());
    assert!(told.out().contains("outside the period"), "{}", told.out());
    let stopped = folder.run(&["simulate", "coffee.loy", "--history", "mapping.yaml", "--max-rejected", "1%"]);
    assert_eq!((stopped.code(), stopped.err().contains("--max-rejected 1%")), (Some(3), true), "{}", stopped.err());
}

#[test]
fn customers_who_look_alike() {
    let folder = Folder::new();
    let note = |rows: &str| {
        folder.write("data/coffee.csv", &format!("customer,id,at,amount\n{rows}"));
        let out = folder.run(&["simulate", "coffee.loy"]).out();
        let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
        flat.split(" ! ").find(|note| note.contains("Some ids")).map(str::to_owned).unwrap_or_default()
    };
    let told = note("19,1,2025-01-01,1\n019,2,2025-01-01,1\n\" 19 \",3,2025-01-01,1\nAnn,4,2025-01-01,1\nann,5,2025-01-01,1\n");
    assert!(told.contains("\"019\"") && told.contains("\" 19 \"") && told.contains(", and 1 more such."), "{told}");
    // One way of writing is no doubt.
    assert_eq!(note("0019,1,2025-01-01,1\n0020,2,2025-01-01,1\nAnn,3,2025-01-01,1\n"), "");
}

#[test]
fn what_sentences_ask_for_and_the_history_lacks() {
    let folder = Folder::new();
    let more = "gift \"mug\" costs 2 USD\nreward gift \"mug\" for 500 beans\ndouble beans on category \"cake\"\n\
                grant 5 beans excluding category \"milk\"\non birthday grant 50 beans\non event \"review\" grant 5 beans\n\
                discount 1% for segment \"staff\"\nsegment \"staff\" if customer.job is \"staff\"\n\
                after spending 100 USD via app grant 1 bean\n";
    folder.write("club.loy", &COFFEE.replace("example \"the", &format!("{more}\nexample \"the")));
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = flat(folder.run(&["simulate", "club.loy", "--history", "data/coffee.csv"]).out());
    for words in [
        "Line 15 and line 16 ask for categories, and this history has none.",
        "Line 17 asks for dates of birth, and this history has none.",
        "Line 18 asks for events \"review\", and this history has none.",
        "Line 19 asks for customer.job, and this history has none.",
        "Line 21 asks for channels, and this history has none.",
        "Nothing of the catalogue (`reward`) was claimed, so it costs nothing here.",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let history = "customers:\n  - { id: ann, born: 1990-01-01, job: staff, purchases: [ { at: 2025-01-01, amount: 5, channel: app, items: \
                   [ { price: 5, category: cake } ] } ], events: [ { name: Review, at: 2025-01-02 }, { name: claim mug, at: 2025-01-03 } ] }\n";
    folder.write("full.yaml", history);
    let told = flat(folder.run(&["simulate", "club.loy", "--history", "full.yaml"]).out());
    assert!(!told.contains("this history has none") && !told.contains("was claimed"), "{told}");
}

#[test]
fn rows_that_cannot_be_used() {
    let folder = Folder::new();
    folder.write("data/coffee.csv", &format!("{SALES}dan,7,2025-01-05,1.005\ndan,8,soon,1.00\nann,1,2025-01-01,100.00\n"));
    let ran = folder.run(&["simulate", "coffee.loy"]);
    assert_eq!(ran.code(), Some(0));
    // The report says it in full; standard error only how many.
    assert_eq!(ran.err(), "History: data/coffee.csv\nRows: 9 read = 6 used + 1 duplicate + 2 rejected\n");
    assert!(ran.out().contains("Rows: 9 read = 6 used + 1 duplicate + 2 rejected"), "{}", ran.out());
    let head: Vec<String> = ran.out().lines().take(2).map(str::to_owned).collect();
    assert_eq!(head[1], "2 of 9 rows could not be used");
    assert!(ran.out().contains("! 2 rows of the history could not be used, of 9: no figure counts them."), "{}", ran.out());
    insta::assert_snapshot!(folder.run(&["simulate", "coffee.loy", "--format", "json"]).err());
    let strict = folder.run(&["simulate", "coffee.loy", "--strict"]);
    assert_eq!((strict.code(), strict.out().as_str()), (Some(3), ""));
}

#[test]
fn price_lists() {
    let folder = Folder::new();
    let program = |file: &str| format!("{COFFEE}prices \"Staff\" from \"{file}\"\nprice from \"Staff\"\n");
    folder.write("priced.loy", &program("staff.csv"));
    folder.write("staff.csv", "product,note,price\nlatte,x,1.50\n");
    assert_eq!(folder.run(&["check", "priced.loy"]).code(), Some(0), "{}", folder.run(&["check", "priced.loy"]).out());
    folder.write("staff.csv", "product,price\nlatte,1.505\n");
    let ran = folder.run(&["check", "priced.loy"]);
    assert_eq!(ran.code(), Some(1));
    insta::assert_snapshot!(ran.out());
    folder.write("outside.loy", &program("../staff.csv"));
    assert_eq!(folder.run(&["check", "outside.loy"]).code(), Some(1));
}

#[test]
fn colours_when_asked() {
    let folder = Folder::new();
    folder.write("gold.loy", &COFFEE.replace("grant 5% discount", "grant 5% discount for tier gld"));
    assert!(!folder.run(&["check", "gold.loy"]).out().contains('\u{1b}'));
    assert!(folder.run(&["check", "gold.loy", "--color", "always"]).out().contains('\u{1b}'));
    assert!(!folder.run(&["check", "gold.loy", "--color", "never"]).out().contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn nobody_reads_the_result() {
    let folder = Folder::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"))
        .args(["simulate", "coffee.loy", "--quiet", "--format", "json"])
        .current_dir(folder.path(""))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn reference_values_of_real_histories() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("LOYALTY_SHARED_DATA").map_or_else(|| own.join("../shared/data"), PathBuf::from);
    if !data.join("cdnow_sample.csv").is_file() {
        eprintln!("SKIPPED: no real histories at {}", data.display());
        return;
    }
    let folder = Folder::new();
    folder.write("plain.loy", "program \"None\" currency USD timezone America/New_York\n");
    // Computed elsewhere, with pandas and scipy.
    let sample = [
        ("customers", "2357"),
        ("purchases", "6919"),
        ("revenue", "244091.94"),
        ("rcr.order", "0.488757"),
        ("rcr.day", "0.483241"),
        ("ticket.average", "35.2785"),
        ("ticket.median", "25.99"),
        ("frequency.window", "0.163644"),
        ("clv.tcf", "103.560"),
        ("loyal.customers", "746"),
        ("loyal.sales", "0.7418"),
        ("retention.90d", "0.4416"),
        ("sales.gini", "0.6309"),
        ("sales.top10", "0.5081"),
        ("sales.top20", "0.6746"),
    ];
    let master = [
        ("customers", "23570"),
        ("purchases", "69659"),
        ("revenue", "2500315.63"),
        ("rcr.order", "0.494782"),
        ("rcr.day", "0.488587"),
        ("ticket.average", "35.8936"),
        ("ticket.median", "25.98"),
        ("frequency.window", "0.164753"),
        ("clv.tcf", "106.080"),
        ("loyal.customers", "7583"),
        ("loyal.sales", "0.7488"),
        ("retention.90d", "0.4593"),
        ("sales.gini", "0.6346"),
        ("sales.top10", "0.5094"),
        ("sales.top20", "0.6778"),
    ];
    for (file, expected, first_cohort) in
        [("cdnow_sample.csv", sample, [781, 124, 95, 70, 65, 77]), ("cdnow_master.csv.gz", master, [7846, 1157, 964, 0, 0, 0])]
    {
        let path = data.join(file).display().to_string();
        folder.write(
            "map.yaml",
            &format!("purchases: {{ files: \"{path}\", columns: {{ customer: customer_id, id: order, at: date, amount: amount }} }}\n"),
        );
        let ran = folder.run(&["simulate", "plain.loy", "--history", "map.yaml", "--allow-outside", "--format", "json"]);
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
        let tree: serde_json::Value = serde_json::from_str(&ran.out()).expect("JSON");
        for (id, value) in expected {
            let metric = tree["metrics"].as_array().and_then(|all| all.iter().find(|metric| metric["id"] == id)).expect("the metric");
            let found = metric["value"].as_str().map_or_else(|| metric["value"].to_string(), str::to_owned);
            assert_eq!(rounded_like(&found, value), value, "{file}: {id}");
        }
        let buyers = tree["tables"]["cohorts"][0]["buyers"].as_array().expect("a cohort");
        for (found, expected) in buyers.iter().zip(first_cohort).filter(|(_, expected)| *expected > 0) {
            assert_eq!(found, expected, "{file}: first cohort");
        }
    }
}

/// A decimal rounded half up to as many places as another has.
fn rounded_like(found: &str, like: &str) -> String {
    use loyalty_dsl::value::{Decimal, Rounding};
    let places = like.split_once('.').map_or(0, |(_, places)| places.len());
    let scale = u8::try_from(places).expect("few places");
    let units = Decimal::parse(found).and_then(|d| d.rounded_to_scale(scale, Rounding::HalfUp).ok()).expect("a number");
    Decimal::new(i128::from(units), scale).to_string()
}

/// By hand: each lot's last day is 30 days after the purchase before it was used up. The first lot (1,000) is used up on
/// 10 February, which makes 11 March its last day; 200 of the second went that day and the rest on 1 March, which makes it
/// 31 March. So by 20 March only the first is matured, and by 10 April all four are: 2,400 of 4,760.
#[test]
fn what_matured_is_the_same_with_and_without_a_ledger() {
    let folder = Folder::new();
    folder.write(
        "moving.loy",
        "program \"Moving\"\n  currency USD\n  timezone UTC\n\npoints p\n  worth 0.01 USD\n  expire 30 days after last purchase\n\n\
         earn 10% as p\nredeem p, up to 12 USD per purchase\n",
    );
    folder.write(
        "moving.csv",
        "customer,id,at,amount\nann,1,2024-01-01,100\nann,2,2024-01-20,100\nann,3,2024-02-10,100\nann,4,2024-03-01,200\n",
    );
    folder.write("moving.yaml", "redemption: when balance reaches 1500\n");
    for (day, spent, granted) in [("2024-03-10", "0", "0"), ("2024-03-20", "1000", "1000"), ("2024-04-10", "2400", "4760")] {
        let mut args = vec!["simulate", "moving.loy", "--history", "moving.csv", "--assume", "moving.yaml", "--format", "csv"];
        args.extend(["--as-of", day, "--metric", "wallet.p.redemption_rate.matured"]);
        let without = folder.run(&args);
        args.extend(["--ledger", "out.csv"]);
        assert_eq!(without.out(), folder.run(&args).out(), "{day}");
        let row: Vec<String> = without.out().lines().last().unwrap_or_default().split(',').map(str::to_owned).collect();
        assert_eq!((row[6].as_str(), row[7].as_str()), (spent, granted), "{day}: {}", without.out());
        fs::remove_file(folder.path("out.csv")).expect("a ledger");
    }
}
