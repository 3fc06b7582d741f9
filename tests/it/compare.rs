//! Several programs over one history.

use crate::cli::Folder;
use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::engine::totals::Totals;
use loyalty_dsl::engine::{Each, Options, Scenario, run_all, run_each};
use loyalty_dsl::history::model::Part;
use loyalty_dsl::session::{NoFiles, Reading, Session};
use loyalty_dsl::source::SourceFile;

const SALES: &str = "customer,id,at,amount\n\
    ann,1,2025-01-01,100.00\nann,2,2025-02-02,50.00\nbob,3,2025-01-04,7.25\n,4,2025-01-05,3.00\n\
    cy,5,2025-01-05,1.00\ncy,6,2025-03-05,31.00\ndee,7,2025-03-05,80.00\neve,8,2025-03-06,80.00\n";
const HEAD: &str = "program \"Club\" currency EUR timezone UTC\n";
const POINTS: &str = "points worth 0.01 EUR expire 2 months after earning\nearn 1 point per 1 EUR\nredeem points\n";
const BUDGET: &str = "budget spring 6 EUR\ndiscount 5% within budget spring\n";

/// Keeps every account's sums by scenario.
struct All;

impl Each for All {
    type Row = Totals;
    type Kept = Vec<Vec<Totals>>;

    fn row(&self, _: usize, own: &Totals) -> Totals {
        own.clone()
    }

    fn keep(&self, part: &Part, rows: &[&[Totals]]) -> Vec<Vec<Totals>> {
        assert!(rows.iter().all(|rows| rows.len() == part.accounts.len()), "a row of each account under each scenario");
        rows.iter().map(|rows| rows.to_vec()).collect()
    }
}

fn session(text: &str) -> Session {
    let session = Session::load(SourceFile::new("club.loy", "club.loy".into(), text), &mut NoFiles, &[]);
    assert!(session.program().is_some(), "{:?}", session.problems());
    session
}

#[test]
fn the_rows_of_accounts_add_up_to_the_sums_of_all() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    // One whose accounts are evaluated apart, one where a budget makes them stand together.
    let sessions = [session(&format!("{HEAD}{POINTS}")), session(&format!("{HEAD}{POINTS}{BUDGET}"))];
    let programs: Vec<_> = sessions.iter().filter_map(Session::program).collect();
    let history = sessions[0].read(&folder.path("sales.csv"), &Reading::default()).expect("a history").history;
    let soon = Assumptions::redeeming(Redemption::AsSoonAsPossible);
    let scenarios: Vec<Scenario> = programs.iter().map(|program| Scenario { program, assumptions: &soon }).collect();
    let options = Options::default();
    let (sums, parts) = run_each(&history, &scenarios, &options, None, &All).expect("sums and rows");
    assert_eq!(sums, run_all(&history, &scenarios, &options, None).expect("sums"));
    for (at, program) in programs.iter().enumerate() {
        let mut added = Totals::new(program);
        for own in parts.iter().flat_map(|part| &part[at]) {
            added.merge(own).expect("small sums");
        }
        assert_eq!(added, sums[at], "scenario {at}");
        assert_eq!(added.accounts, 5);
    }
    assert!(sums[1].discounts > 0 && sums[1].discounts <= 600, "the budget holds for all accounts together");
}

const GOLD: &str = "program \"Gold\" currency USD timezone America/New_York\ntiers by spend ever\n  basic\n  gold from 100 USD\n\
    discount 5% for tier gold\n";
const POINTS_CLUB: &str = "program \"Points\" currency USD timezone America/New_York\nparam rate 4%\n\
    points worth 0.02 USD never expire\nearn 1 point per 1 USD\nafter 3rd purchase grant rate discount\nredeem points\n";
const ASSUMED: &str = "margin: 35%\nredemption: as soon as possible\n";

fn cdnow() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/programs/data/record-club.yaml").to_owned()
}

fn two() -> Folder {
    let folder = Folder::new();
    folder.write("gold.loy", GOLD);
    folder.write("points.loy", POINTS_CLUB);
    folder.write("assume.yaml", ASSUMED);
    folder
}

fn json(folder: &Folder, args: &[&str]) -> serde_json::Value {
    let ran = folder.run(&[args, &["--format", "json", "--quiet"]].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    serde_json::from_str(&ran.out()).expect("JSON")
}

/// The column of a table, as texts.
fn column(tree: &serde_json::Value, table: &str, column: &str) -> Vec<String> {
    let rows = tree["tables"][table].as_array().unwrap_or_else(|| panic!("{table}"));
    rows.iter().map(|row| row[column].as_str().map_or_else(|| row[column].to_string(), str::to_owned)).collect()
}

/// The figures of tests/independent/compare.py, which shares no code with this project.
#[test]
fn two_programs_on_cdnow_equal_an_independent_simulation() {
    let folder = two();
    let tree = json(&folder, &["compare", "gold.loy", "points.loy", "--history", &cdnow(), "--allow-outside", "--assume", "assume.yaml"]);
    assert_eq!(column(&tree, "compare.cost", "cost"), ["0.00", "4985.83", "7267.30"]);
    assert_eq!(column(&tree, "compare.cost", "owed"), ["0.00", "0.00", "1463.10"]);
    let uplifts = column(&tree, "compare.cost", "break_even_uplift");
    assert!(uplifts[1].starts_with("0.061977") && uplifts[2].starts_with("0.0929739"), "{uplifts:?}");
    assert_eq!(column(&tree, "compare.difference", "cost")[0], "2281.47");
    // 2067.5092 and 2495.4308 in cents of a cent; the interval of sums keeps its fractions.
    assert!(column(&tree, "compare.difference", "cost_low")[0].starts_with("2067.50"));
    assert!(column(&tree, "compare.difference", "cost_high")[0].starts_with("2495.43"));
    assert_eq!(column(&tree, "compare.2.tenths", "customers"), ["236", "236", "236", "235", "236", "236", "235", "236", "236", "235"]);
    assert_eq!(column(&tree, "compare.2.tenths", "lose_over_5"), ["0", "0", "0", "0", "0", "0", "0", "0", "11", "26"]);
    assert_eq!(column(&tree, "compare.2.tenths", "lose"), ["0", "0", "0", "0", "0", "0", "0", "0", "0", "7"]);
    assert_eq!(column(&tree, "compare.2.tenths", "gain_over_5"), ["2", "0", "26", "61", "98", "134", "174", "206", "208", "186"]);
    assert_eq!(column(&tree, "compare.2.tenths", "after")[7..], ["450.10", "1106.21", "5371.58"]);
    assert_eq!(column(&tree, "compare.2.losers", "customer")[..3], ["1920", "0910", "1104"]);
    assert_eq!(column(&tree, "compare.2.winners", "customer")[..3], ["1901", "1560", "1203"]);
    let extra = column(&tree, "compare.extra", "extra");
    assert!(extra[0].starts_with("0.0291879") && extra[1].starts_with("0.0309968") && extra[2].starts_with("0.0319016"), "{extra:?}");
    let answer = tree["answer"].to_string();
    assert!(answer.contains("Gold costs 2,281.47 USD less than Points"), "{answer}");
    assert!(answer.contains("hits 44 of 2,357 customers"), "{answer}");
    assert!(answer.contains("calls none better"), "{answer}");
}

#[test]
fn a_comparison_says_the_same_as_each_report() {
    let folder = two();
    let history = cdnow();
    let common = ["--history", history.as_str(), "--allow-outside", "--assume", "assume.yaml"];
    let tree = json(&folder, &[&["compare", "gold.loy", "points.loy"][..], &common].concat());
    for (at, file) in ["gold.loy", "points.loy"].iter().enumerate() {
        let alone = json(&folder, &[&["simulate", file][..], &common].concat());
        assert_eq!(tree["programs"][at]["metrics"], alone["metrics"], "{file}");
        let cost = alone["metrics"].as_array().expect("metrics").iter().find(|metric| metric["id"] == "program.cost").expect("cost");
        assert_eq!(cost["value"].as_str().map(str::to_owned), Some(column(&tree, "compare.cost", "cost")[at + 1].clone()));
    }
    let threads = |n: &str| json(&folder, &[&["compare", "gold.loy", "points.loy", "--threads", n][..], &common].concat());
    assert_eq!(threads("1"), tree);
}

#[test]
fn one_program_twice_with_other_parameters() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    folder.write("club.loy", &format!("{HEAD}param base 2%\ndiscount base\n"));
    let args = ["compare", "club.loy", "club.loy:base=3%", "--history", "sales.csv"];
    let tree = json(&folder, &args);
    // 349.25 EUR of customers: 2% of each purchase, rounded half up, and 3%.
    assert_eq!(column(&tree, "compare.cost", "program"), ["no program", "Club", "Club (base 3%)"]);
    assert_eq!(column(&tree, "compare.cost", "cost"), ["0.00", "6.99", "10.48"]);
    assert_eq!(column(&tree, "compare.2.texts", "first"), ["param base 2%"]);
    assert_eq!(column(&tree, "compare.2.texts", "second"), ["param base 3%"]);
    // What is set for all goes to the one that says nothing itself.
    let set = json(&folder, &[&args[..], &["--set", "base=4%"]].concat());
    assert_eq!(column(&set, "compare.cost", "cost"), ["0.00", "13.97", "10.48"]);
    let ran = folder.run(&["compare", "club.loy", "--history", "sales.csv", "--set", "cap=4%"]);
    assert_eq!((ran.code(), ran.err().contains("No program has a parameter called \"cap\".")), (Some(2), true), "{}", ran.err());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    folder.write("a.loy", &format!("{HEAD}discount 2%\n"));
    folder.write("usd.loy", "program \"Dollars\" currency USD timezone UTC\ndiscount 2%\n");
    folder.write("zone.loy", "program \"Berlin\" currency EUR timezone Europe/Berlin\ndiscount 2%\n");
    folder.write("wrong.loy", &format!("{HEAD}discount 2\n"));
    let says = |other: &str, code: i32, words: &str| {
        let ran = folder.run(&["compare", "a.loy", other, "--history", "sales.csv"]);
        assert_eq!(ran.code(), Some(code), "{}", ran.err());
        assert!(ran.err().contains(words), "{}", ran.err());
    };
    says("usd.loy", 2, "only programs with the same currency can be compared");
    says("zone.loy", 2, "only programs with the same time zone can be compared");
    says("wrong.loy", 1, "This program has errors, so nothing was compared.");
    says("nowhere.loy", 3, "nowhere.loy: there is no such file or folder.");
}

#[test]
fn a_row_for_every_customer_with_columns_for_every_program() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    folder.write("a.loy", &format!("{HEAD}discount 2%\n"));
    folder.write("b.loy", "program \"Tiers\" currency EUR timezone UTC\ntiers by spend ever\n  low\n  high from 60 EUR\n");
    let ran = folder.run(&["compare", "a.loy", "b.loy", "--history", "sales.csv", "--customers", "who.csv", "--quiet"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    let rows = std::fs::read_to_string(folder.path("who.csv")).expect("a file");
    assert_eq!(
        rows,
        "customer,purchases,spend,Club: value,Club: cost,Club: tier,Tiers: value,Tiers: cost,Tiers: tier\n\
         ann,2,150.00,3.00,3.00,,0.00,0.00,high\nbob,1,7.25,0.15,0.15,,0.00,0.00,low\ncy,2,32.00,0.64,0.64,,0.00,0.00,low\n\
         dee,1,80.00,1.60,1.60,,0.00,0.00,high\neve,1,80.00,1.60,1.60,,0.00,0.00,high\n"
    );
}

#[test]
fn a_sweep_finds_the_largest_point_that_meets_the_goal() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    folder.write("club.loy", &format!("{HEAD}param base 2%\nparam cap 1 EUR\ndiscount base at most cap per purchase\n"));
    let args = ["sweep", "club.loy", "--history", "sales.csv", "--set", "cap=100 EUR", "--vary", "base=1%..4%", "step", "1%"];
    let tree = json(&folder, &args);
    // 1%: 1 + 0.50 + 0.07 + 0.01 + 0.31 + 0.80 + 0.80; the others in the test of one program twice.
    assert_eq!(column(&tree, "sweep", "program.cost"), ["3.49", "6.99", "10.48", "13.97"]);
    assert_eq!(column(&tree, "sweep", "base")[1], "0.0200000000");
    let goal = json(&folder, &[&args[..], &["--goal", "program cost at most 11 EUR"]].concat());
    assert_eq!(column(&goal, "sweep", "goals"), ["met", "met", "met", "missed"]);
    assert!(goal["answer"].to_string().contains("the largest that meets the goals"), "{}", goal["answer"]);
    let grid =
        json(&folder, &["sweep", "club.loy", "--history", "sales.csv", "--vary", "base=2%,4%", "--vary", "cap=1 EUR..3 EUR step 2 EUR"]);
    // At most 1 EUR a purchase leaves of 2% 1 + 1 + 0.15 + 0.02 + 0.62 + 1 + 1 and of 4% 1 + 1 + 0.29 + 0.04 + 1 + 1 + 1; at most 3 EUR
    // leaves of 4% 3 + 2 + 0.29 + 0.04 + 1.24 + 3 + 3.
    assert_eq!(column(&grid, "sweep", "program.cost"), ["4.79", "6.99", "5.33", "12.57"]);
    assert_eq!(grid["tables"]["sweep.grid"].as_array().map(Vec::len), Some(2));
    for (vary, words) in
        [("base", "values are written like"), ("base=1%..5%", "how far apart"), ("cup=1%,2%", "no parameter called \"cup\"")]
    {
        let ran = folder.run(&["sweep", "club.loy", "--history", "sales.csv", "--vary", vary]);
        assert_eq!((ran.code(), ran.err().contains(words)), (Some(2), true), "{vary}: {}", ran.err());
    }
}

#[test]
fn assumptions_may_speak_of_what_only_one_program_has() {
    let folder = two();
    let run = |assumed: &str| {
        folder.write("assume.yaml", assumed);
        folder.run(&["compare", "gold.loy", "points.loy", "--history", &cdnow(), "--allow-outside", "--assume", "assume.yaml"])
    };
    let one = run("redemption: { points: never }\nresponse: [{ tier: gold, base: 0% }]\n");
    assert_eq!(one.code(), Some(0), "{}", one.err());
    assert!(
        one.err().contains("Gold: `redemption`: this program has no wallet called `points`, so nothing is assumed of it here."),
        "{}",
        one.err()
    );
    assert!(one.err().contains("Points: `response`: this program has no tier called `gold`"), "{}", one.err());
    let none = run("redemption: { pionts: never }\n");
    assert_eq!((none.code(), none.err().contains("has no wallet called `pionts`")), (Some(3), true), "{}", none.err());
}

/// A program beside itself costs the same and changes nothing for anybody; its two names tell it apart.
#[test]
fn a_program_beside_itself_is_the_same() {
    let folder = two();
    let ran = folder.run(&["compare", "gold.loy", "gold.loy", "--history", &cdnow(), "--allow-outside", "--assume", "assume.yaml"]);
    let text = ran.out();
    assert!(text.contains("Gold 1 and Gold 2 cost the same: 4,985.83 USD"), "{text}");
    assert!(text.contains("Gold 2 in place of Gold 1 changes nothing for any customer."), "{text}");
    assert!(!text.contains("percentage points more") && !text.contains("0.00 USD less"), "{text}");
}

/// The first lines say which costs less, on what condition the dearer pays, whom it hits, and what is not known; none is too wide.
#[test]
fn the_answer_stands_on_the_first_screen() {
    let folder = two();
    let ran = folder.run(&["compare", "gold.loy", "points.loy", "--history", &cdnow(), "--allow-outside", "--assume", "assume.yaml"]);
    let text = ran.out();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let screen: String = text.lines().take(18).map(|line| format!("{} ", line.trim())).collect();
    let places =
        ["costs 2,281.47 USD less than Points", "only if it raises sales by", "hits 44 of 2,357 customers", "cannot show which of them"];
    let places: Vec<_> = places.iter().map(|words| screen.find(words).unwrap_or_else(|| panic!("{words}: {screen}"))).collect();
    assert!(places.is_sorted(), "{screen}");
    assert!(!text.contains("not known: nobody"), "{text}");
}

/// Where nothing was sold, or all of it came back, no uplift is spoken of.
#[test]
fn nothing_that_was_kept_pays_nothing_back() {
    let folder = two();
    folder.write("sales.csv", "customer,id,at,amount\nann,p1,2025-01-03,20.00\n");
    folder.write("back.csv", "purchase,at\np1,2025-01-05\n");
    folder.write("h.yaml", "purchases: sales.csv\nreturns: back.csv\n");
    let ran = folder.run(&["compare", "gold.loy", "points.loy", "--history", "h.yaml", "--assume", "assume.yaml"]);
    assert!(ran.out().contains("Gold and Points cost the same: 0.00 USD."), "{}{}", ran.out(), ran.err());
    assert!(!ran.out().contains("no uplift") && !ran.out().contains("pays for itself"), "{}", ran.out());
    let ran = folder.run(&["simulate", "gold.loy", "--history", "h.yaml"]);
    assert!(ran.out().contains("The program would have cost 0.00 USD. All that was sold came back."), "{}{}", ran.out(), ran.err());
}
