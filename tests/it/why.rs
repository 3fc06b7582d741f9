//! `why`: stories of accounts and purchases, and the wording of every reason.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    command.args(args).current_dir(folder).env_remove("NO_COLOR").output().expect("the program starts")
}

fn out(ran: &Output) -> String {
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout.clone()).expect("UTF-8")
}

fn programs() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/programs"))
}

/// A story of the shipped coffee club.
fn coffee(args: &[&str]) -> String {
    out(&run(programs(), &[&["why", "coffee-club.loy", "-q"], args].concat()))
}

/// A folder with a program and its history.
fn folder(program: &str, history: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    fs::write(folder.path().join("shop.loy"), program).expect("a file");
    fs::write(folder.path().join("data/shop.yaml"), history).expect("a file");
    folder
}

fn told(program: &str, history: &str, args: &[&str]) -> String {
    let folder = folder(program, history);
    out(&run(folder.path(), &[&["why", "shop.loy", "-q"], args].concat()))
}

fn json(program: &str, history: &str, args: &[&str]) -> Value {
    serde_json::from_str(&told(program, history, &[args, &["--format", "json"]].concat())).expect("JSON")
}

/// By sentence: why it did not fire.
fn reasons(story: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = story["moments"][0]["did_not_fire"].as_array().expect("a list");
    list.iter().map(|one| (text(&one["sentence"]), text(&one["why"]))).collect()
}

#[test]
fn a_standing_discount_and_what_did_not_fire() {
    insta::assert_snapshot!(coffee(&["--customer", "anna", "--purchase", "a04"]));
}

#[test]
fn cakes_on_a_saturday() {
    insta::assert_snapshot!(coffee(&["--customer", "anna", "--purchase", "a02"]));
}

#[test]
fn redeeming_and_a_tier_reached() {
    insta::assert_snapshot!(coffee(&["--customer", "office", "--purchase", "o3"]));
}

#[test]
fn a_return() {
    insta::assert_snapshot!(coffee(&["--customer", "office", "--purchase", "o4"]));
}

#[test]
fn an_account() {
    insta::assert_snapshot!(coffee(&["--customer", "office"]));
    insta::assert_snapshot!(coffee(&["--customer", "anna", "--as-of", "2025-03-01"]));
}

/// Every entry of the ledger stands in the story of its account, with its amounts.
#[test]
fn numbers_are_those_of_the_ledger() {
    let shared = tempfile::tempdir().expect("a folder");
    let ledger = shared.path().join("ledger.jsonl");
    let ran = run(programs(), &["simulate", "coffee-club.loy", "-q", "--ledger", ledger.to_str().expect("UTF-8")]);
    assert_eq!(ran.status.code(), Some(0));
    let text = fs::read_to_string(&ledger).expect("a ledger");
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let number = |value: &Value| value.as_str().expect("a text").parse::<f64>().expect("a number");
    for customer in ["anna", "office", "tourist"] {
        let of: BTreeMap<u64, &Value> =
            entries.iter().filter(|e| e["account"] == customer).map(|e| (e["seq"].as_u64().expect("a number"), e)).collect();
        let story: Value = serde_json::from_str(&coffee(&["--customer", customer, "--format", "json"])).expect("JSON");
        let mut seen = 0;
        for moment in story["moments"].as_array().expect("moments") {
            for one in moment["happened"].as_array().expect("a list") {
                let parts: Vec<&&Value> =
                    one["seq"].as_array().expect("a list").iter().map(|seq| &of[&seq.as_u64().expect("a number")]).collect();
                seen += parts.len();
                for key in ["wanted", "granted"] {
                    let sum: f64 = parts.iter().map(|entry| number(&entry[key])).sum();
                    assert!((sum - number(&one[key])).abs() < 1e-9, "{key}: {one}");
                }
                let first = parts[0];
                assert_eq!(one["kind"], first["kind"]);
                // The words hold the same number, thousands apart and without trailing zeros of points.
                let words = one["what"].as_str().expect("a text").replace(',', "");
                let amount = number(&one["granted"]).abs();
                let counted = !["tier up", "tier down", "join", "gift"].contains(&first["kind"].as_str().expect("a text"));
                assert!(!counted || words.split(' ').any(|word| word.parse() == Ok(amount)), "{words}: {amount}");
                if let Some(until) = one["usable_until"].as_str() {
                    assert_eq!(Some(until), first["expires"].as_str());
                }
            }
        }
        assert_eq!(seen, of.len(), "{customer}");
    }
}

#[test]
fn nobody_of_that_name() {
    for (args, hint) in [
        (&["--customer", "offce"][..], "There is no customer \"offce\" in the history. Did you mean office?"),
        (&["--customer", "anna", "--purchase", "a44"], "This customer has no purchase \"a44\". Did you mean a04?"),
        (&["--customer", "anna", "--purchase", "#77"], "This customer has no purchase \"#77\". There are 10, #1 to #10."),
        (&["--customer", "anna", "--purchase", "a10", "--as-of", "2025-03-01"], "after 1 Mar 2025"),
    ] {
        let ran = run(programs(), &[&["why", "coffee-club.loy", "-q"], args].concat());
        let err = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{err}");
        assert!(err.contains(hint), "{err}");
    }
    assert_eq!(run(programs(), &["why", "coffee-club.loy"]).status.code(), Some(2));
    assert_eq!(run(programs(), &["why", "coffee-club.loy", "--customer", "anna", "--format", "csv"]).status.code(), Some(2));
    assert_eq!(coffee(&["--customer", "anna", "--purchase", "#4"]), coffee(&["--customer", "anna", "--purchase", "a04"]));
}

const HEAD: &str = r#"program "Shop" currency EUR timezone UTC discounts combine by best
points beans worth 0.01 EUR
tiers by spend in last 12 months
  bronze
  silver from 300 EUR
  gold from 1000 EUR or 25 purchases
segment designers if customer.profession is "designer"
calendar "Sale" 2025-02-01 to 2025-02-03
gift "mug" costs 1 EUR
group promo best for customer
"#;

/// Anna: 30.00 EUR in three purchases, then 9.00 EUR for a latte on Wednesday 15 January 2025.
const ANNA: &str = r"customers:
  - id: anna
    joined: 2024-06-10
    born: 1990-02-28
    attributes: { name: Anna, profession: teacher }
    purchases:
      - { id: p1, at: 2025-01-03T09:10:00, amount: 4.50 }
      - { id: p2, at: 2025-01-04T15:00:00, amount: 16.50 }
      - { id: p3, at: 2025-01-09T08:30:00, amount: 9.00 }
      - id: p4
        at: 2025-01-15T08:35:00
        channel: web
        items:
          - { product: latte, category: drinks, quantity: 1, price: 9.00 }
";

/// Checks the reason of each rule on Anna's fourth purchase.
fn check(cases: &[(&str, &str)]) {
    let rules: Vec<&str> = cases.iter().map(|(rule, _)| *rule).collect();
    let program = format!("{HEAD}{}\n", rules.join("\n"));
    let story = json(&program, ANNA, &["--customer", "anna", "--purchase", "p4"]);
    let found = reasons(&story);
    let fired = |rule: &str| story["moments"][0]["happened"].as_array().expect("a list").iter().any(|one| one["sentence"] == rule);
    let mut wrong = Vec::new();
    for (rule, why) in cases {
        let known = found.get(*rule).map(String::as_str);
        let got = known.unwrap_or(if fired(rule) { "(it fired)" } else { "(not told)" });
        if got != *why {
            wrong.push(format!("{rule}\n  want {why}\n  got  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn audiences_places_and_conditions() {
    check(&[
        (
            "cashback 2% for tier gold",
            "Anna is bronze: 30.00 EUR spent in the last 12 months, gold from 1,000.00 EUR or 25 purchases in the last 12 months",
        ),
        ("cashback 3% for tier silver or above", "Anna is bronze: 30.00 EUR spent in the last 12 months, silver from 300.00 EUR"),
        ("cashback 4% except for tier bronze", "except for tier bronze; Anna is bronze"),
        (
            "cashback 5% for segment designers",
            "only for segment designers; Anna is not in segment designers: customer.profession is teacher",
        ),
        ("cashback 6% for members joined before 2024-01-01", "only for members joined before 2024-01-01; Anna joined on 10 Jun 2024"),
        ("cashback 7% for referred customers", "only for referred customers; Anna was not referred by another customer"),
        ("cashback 8% via app", "only via app; channel is web"),
        ("cashback 9% in store \"Berlin\"", "only in store \"Berlin\"; the purchase names no store"),
        ("cashback 10% over 50 EUR", "only over 50 EUR; the purchase is 9.00 EUR"),
        ("cashback 11% of at least 20 EUR", "only of at least 20 EUR; the purchase is 9.00 EUR"),
        (
            "cashback 12% if spend in last 30 days is over 100 EUR",
            "only if spend in last 30 days is over 100 EUR; spend in the last 30 days is 30.00 EUR",
        ),
        ("cashback 13% if age is under 18", "only if age is under 18; age is 34"),
        ("cashback 14% unless weekday is wednesday", "unless weekday is wednesday; weekday is Wednesday"),
        (
            "cashback 15% if basket has category \"cakes\"",
            "only if basket has category \"cakes\"; the purchase has no item of category cakes",
        ),
        (
            "cashback 16% if amount is over spend ever",
            "only if amount is over spend ever; the purchase is 9.00 EUR, spend in all is 30.00 EUR",
        ),
        (
            "cashback 17% if item count is over 3 or tier is gold",
            "only if item count is over 3 or tier is gold; Anna is bronze: 30.00 EUR spent in the last 12 months, gold from 1,000.00 EUR or 25 purchases in the last 12 months, item count is 1",
        ),
        ("cashback 18% if customer.city is \"Bonn\"", "only if customer.city is \"Bonn\"; customer.city is not known"),
    ]);
}

#[test]
fn times() {
    check(&[
        ("cashback 1% on mondays", "only on mondays; this was a Wednesday"),
        ("cashback 2% on weekends", "only on weekends; this was a Wednesday"),
        ("cashback 3% between 14:00 and 16:00", "only between 14:00 and 16:00; this was at 08:35"),
        ("cashback 4% from 2025-02-01", "only from 2025-02-01; this was 15 Jan 2025"),
        ("cashback 5% until 2025-01-10", "only until 2025-01-10; this was 15 Jan 2025"),
        ("cashback 6% during \"Sale\"", "only during \"Sale\"; this was 15 Jan 2025"),
        ("cashback 7% in march, june", "only in march, june; this was in January"),
        ("cashback 8% in birthday month", "only in birthday month; the birthday is 28 February, this was 15 Jan 2025"),
        (
            "cashback 9% from 3 days before to 3 days after birthday",
            "only from 3 days before to 3 days after birthday; the birthday is 28 February, this was 15 Jan 2025",
        ),
        (
            "cashback 10% from 3 days before to 3 days after anniversary",
            "only from 3 days before to 3 days after anniversary; the anniversary of joining is 10 June, this was 15 Jan 2025",
        ),
        ("on birthday cashback 11%", "the birthday is 28 February"),
        ("on anniversary cashback 12%", "the anniversary of joining is 10 June"),
        ("on 2025-12-24 cashback 13%", "this was another day"),
        ("on 24 December cashback 14%", "this was another day"),
        ("on the 1st of every month cashback 15%", "this was another day"),
        ("on birthday grant 20 beans", "(not told)"), // no matter of purchases
    ]);
}

#[test]
fn triggers() {
    check(&[
        ("on 3rd purchase cashback 1%", "this is the 4th"),
        ("on every 10th purchase grant gift \"mug\"", "this is the 4th"),
        ("on purchases 1 to 2 cashback 2%", "this is the 4th"),
        ("after 5th purchase cashback 3%", "this is the 4th"),
        ("after 4th purchase cashback 4%", "this purchase brings it: it acts from the next one on"),
        ("after 2nd purchase cashback 5% on next purchase", "it has been used already"),
        ("after 2nd purchase cashback 6% for 3 days", "it lasted until 7 Jan 2025"),
        ("on 2nd purchase over 20 EUR grant 10 beans", "it looks only at purchases over 20.00 EUR; this one is 9.00 EUR"),
        ("on 2nd purchase via app grant 11 beans", "it looks only at purchases via app; channel is web"),
        ("on 2nd purchase of category \"cakes\" grant 12 beans", "it looks only at purchases of category cakes; this one has no such item"),
        ("on 3rd purchase of category \"drinks\" grant 13 beans", "this is the 1st purchase of category drinks"),
        ("after spending 500 EUR grant 14 beans", "39.00 EUR spent since joining with this purchase, it fires at 500.00 EUR"),
        ("after every 30 EUR spent grant 15 beans", "39.00 EUR spent since joining with this purchase, it fires at 60.00 EUR"),
        ("after spending 20 EUR grant 16 beans", "it fires once, and did so before; 39.00 EUR spent since joining"),
        ("after purchases in 3 consecutive months grant 17 beans", "1 month in a row with this purchase"),
        ("on event \"review\" cashback 7% on next purchase", "there was no event \"review\" between joining and this purchase"),
        ("on reaching tier gold cashback 8% for 30 days", "tier gold was not reached before this purchase"),
        ("after 300 days without purchase cashback 9% on next purchase", "there were no 300 days without a purchase before this purchase"),
    ]);
}

#[test]
fn scopes_and_rates() {
    check(&[
        ("cashback 1% on category \"cakes\"", "the purchase has no item of category cakes"),
        ("cashback 2% on product \"tea\", \"milk\"", "the purchase has no item tea or milk"),
        ("cashback 3% on every 3rd item", "the purchase has fewer than 3 items"),
        ("cashback 4% on cheapest item on brand \"Alba\"", "the purchase has no item of brand Alba"),
        ("cashback 5% excluding category \"drinks\"", "the purchase has no item but those of category drinks"),
        ("free shipping", "nothing was charged for shipping"),
        ("earn 1 bean per 20 EUR", "1 bean per 20.00 EUR on 9.00 EUR comes to nothing"),
        ("cashback by spend ever from 500 EUR 3%", "the table has no row for spend in all 30.00 EUR"),
    ]);
    let table = format!("{HEAD}cashback by tier\n  silver 1%\n  gold 2%\ndouble beans\n");
    let found = reasons(&json(&table, ANNA, &["--customer", "anna", "--purchase", "p4"]));
    assert_eq!(found["cashback by tier silver 1% gold 2%"], "the table has no row for tier bronze");
    assert_eq!(found["double beans"], "nothing was earned that it could multiply");
}

#[test]
fn a_price_list_without_a_lower_price() {
    let program = format!("{HEAD}prices \"Staff\" from \"staff.csv\"\nprice from \"Staff\"\n");
    let folder = folder(&program, ANNA);
    fs::write(folder.path().join("staff.csv"), "product,price\nlatte,9.50\n").expect("a file");
    let args = ["why", "shop.loy", "-q", "--customer", "anna", "--purchase", "p4", "--format", "json"];
    let story: Value = serde_json::from_str(&out(&run(folder.path(), &args))).expect("JSON");
    assert_eq!(reasons(&story)["price from \"Staff\""], "the price list has no lower price for anything in the purchase");
}

#[test]
fn limits() {
    check(&[
        ("earn 1 bean per 1 EUR at most 24 beans per month", "at most 24 beans per month: 24 beans used"),
        ("cashback 10% at most 3 EUR per month", "at most 3 EUR per month: 3.00 EUR cashback used"),
        ("cashback 5% at most 3 times per year", "at most 3 times per year: 3 times used"),
        ("on purchase grant 5 beans once", "once: once used"),
        ("cashback 1% on the first 30 EUR per month", "on the first 30 EUR per month: 30.00 EUR used"),
        (
            "cashback 20% at most 7 EUR per month or nothing",
            "at most 7 EUR per month or nothing: 6.00 EUR cashback used, and this would be 1.80 EUR cashback more",
        ),
    ]);
}

#[test]
fn rules_that_stand_in_the_way() {
    check(&[
        ("discount 1 EUR", "(it fired)"),
        ("discount 5%", "beaten by line 11 with 1.00 EUR; this would be 0.45 EUR"),
        ("rule \"A\" cashback 2%", "(it fired)"),
        ("rule \"B\" cashback 3% not with \"A\"", "it does not stand together with line 13, which acted"),
        ("earn 1 bean per 1 EUR in group promo", "of its group line 16 was chosen"),
        ("earn 2 beans per 1 EUR in group promo", "(it fired)"),
    ]);
}

#[test]
fn a_capped_reward_and_a_beaten_discount() {
    let program = format!("{HEAD}earn 2 beans per 1 EUR at most 60 beans per month\ndiscount 5%\ndiscount 2 EUR if amount is over 5 EUR\n");
    insta::assert_snapshot!(told(&program, ANNA, &["--customer", "anna", "--purchase", "p4"]));
}

#[test]
fn tables_pending_and_expiry() {
    let program = r#"program "Shop" currency EUR timezone UTC
points beans worth 0.01 EUR expire 2 days after earning
wallet cashback pending for 3 days
earn as beans by amount, each slice at its own rate
  from 0 EUR 1%
  from 5 EUR 10%
cashback by spend ever
  from 20 EUR 3%
on 1st purchase grant 1 bean
"#;
    insta::assert_snapshot!(told(program, ANNA, &["--customer", "anna", "--purchase", "p4"]));
    insta::assert_snapshot!(told(program, ANNA, &["--customer", "anna"]));
}

#[test]
fn outside_the_program_and_before_joining() {
    let program = |settings: &str| format!("program \"Shop\" currency EUR timezone UTC {settings}\ncashback 2%\n");
    for (settings, note) in [
        ("members join by signup", "The program gives nothing: Anna was not a member yet."),
        ("starts 2025-02-01", "The program gives nothing: it starts on 1 Feb 2025."),
        ("ends 2025-01-10", "The program gives nothing: it ended on 10 Jan 2025."),
    ] {
        let history = ANNA.replace("    joined: 2024-06-10\n", "");
        let story = json(&program(settings), &history, &["--customer", "anna", "--purchase", "p4"]);
        assert_eq!(story["moments"][0]["note"], note, "{story}");
        assert_eq!(story["moments"][0]["happened"].as_array().map(Vec::len), Some(0), "{story}");
    }
}

#[test]
fn a_household_and_an_event() {
    let program = r#"program "Shop" currency EUR timezone UTC account by customer.home
points beans worth 0.01 EUR
earn 1 bean per 1 EUR
on event "review" grant 50 beans
"#;
    let history = r#"customers:
  - { id: anna, attributes: { home: h1 }, purchases: [ { id: p1, at: 2025-01-03T09:10:00, amount: 4.50 } ] }
  - { id: bob, attributes: { home: h1 }, purchases: [ { at: 2025-01-04T09:10:00, amount: 2000.00 } ], events: [ { name: review, at: 2025-01-05T12:00:00 } ] }
"#;
    insta::assert_snapshot!(told(program, history, &["--customer", "bob"]));
}

/// Every purchase of every shipped program: each rule that could concern it fired or says why not, in whole sentences.
#[test]
fn every_shipped_purchase_has_a_story() {
    let mut purchases = 0;
    for entry in fs::read_dir(programs()).expect("a folder") {
        let path = entry.expect("a file").path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_none_or(|end| end != "loy") || stem == "record-club" {
            continue;
        }
        let text = fs::read_to_string(programs().join(format!("data/{stem}.yaml"))).expect("a history");
        let history: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        for customer in history["customers"].as_sequence().expect("customers") {
            let id = customer["id"].as_str().expect("an id");
            let count = customer["purchases"].as_sequence().map_or(0, Vec::len).min(5);
            for number in 1..=count {
                let file = format!("{stem}.loy");
                let number = format!("#{number}");
                let text = out(&run(programs(), &["why", &file, "-q", "--customer", id, "--purchase", &number]));
                purchases += 1;
                assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
                for wrong in [" — \n", "—  ", "; \n", "::", " ,", "()", "the condition", "not known EUR"] {
                    assert!(!text.contains(wrong), "{wrong:?} in\n{text}");
                }
            }
        }
    }
    assert!(purchases > 60, "{purchases}");
}

#[test]
fn budgets_series_vouchers_and_exchanges() {
    let program = r#"program "Shop" currency EUR timezone UTC discounts combine by adding
points beans worth 0.01 EUR
stamps drinks
gift "mug" costs 1 EUR
budget spring 1 EUR
cashback 10% within budget spring
on every purchase grant gift "mug" only 2 in all
earn 1 drink per item
on 2nd purchase grant voucher 10% valid for 30 days
on 2nd purchase grant voucher 1 EUR valid for 30 days
exchange 2 drinks for 5% discount on next purchase
"#;
    let folder = folder(program, ANNA);
    fs::write(folder.path().join("used.yaml"), "vouchers used: 100%\n").expect("a file");
    let story = |args: &[&str]| {
        out(&run(folder.path(), &[&["why", "shop.loy", "-q", "--customer", "anna", "--assume", "used.yaml"], args].concat()))
    };
    insta::assert_snapshot!(story(&["--purchase", "p2"]));
    insta::assert_snapshot!(story(&["--purchase", "p3"]));
    insta::assert_snapshot!(story(&["--purchase", "p4"]));
    insta::assert_snapshot!(story(&[]));
}
