//! What a report says of money, worked by hand from the program and the purchases.

use crate::cli::Folder;
use serde_json::Value;

const PROGRAM: &str = "\
program \"Shop\" currency EUR timezone UTC
points beans worth 0.01 EUR expire 60 days after earning
wallet cashback
tiers by spend in last 12 months
  basic
  plus from 100 EUR
segment often if purchases in last 90 days is at least 2
earn 1 bean per 1 EUR
cashback 10%
pay out cashback at end of every month, at least 5 EUR
redeem beans
";

const SALES: &str = "customer,id,at,amount
ann,1,2024-03-10,40.00
ann,2,2024-03-20,80.00
bob,3,2024-05-05,30.00
ann,4,2025-06-01,10.00
cy,5,2025-11-30,200.00
bob,6,2025-12-20,50.00
cy,7,2025-12-31,20.00
";

const SURVEYS: &str = "customer,at,score\nann,2024-04-01,9\nbob,2024-06-01,10\nbob,2025-12-24,6\ncy,2025-12-01,9\ndee,2025-01-01,3\n";

fn shop() -> Folder {
    let folder = Folder::new();
    folder.write("shop.loy", PROGRAM);
    folder.write("sales.csv", SALES);
    folder.write("surveys.csv", SURVEYS);
    folder.write("h.yaml", "purchases: sales.csv\nsurveys: surveys.csv\n");
    folder.write("assume.yaml", "redemption: as soon as possible\nreward cost: 62.5%\n");
    folder
}

const RUN: [&str; 9] = ["simulate", "shop.loy", "--history", "h.yaml", "--assume", "assume.yaml", "--full", "--format", "json"];

fn report(folder: &Folder, more: &[&str]) -> Value {
    let ran = folder.run(&[RUN.as_slice(), more].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    serde_json::from_str(&ran.out()).expect("JSON")
}

/// The rows of a table, with these columns.
fn rows(report: &Value, table: &str, columns: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |row: &Value| columns.iter().map(|column| text(&row[column])).collect::<Vec<_>>().join(" ");
    report["tables"][table].as_array().unwrap_or_else(|| panic!("no {table}")).iter().map(row).collect()
}

/// Of the beans ann's first 40 pay for her second purchase ten days later; 79, 10 and bob's 30 end unused; cy's 200 pay a month after
/// they were earned, and would have lived on. At the close bob has 50 and cy 18.
#[test]
fn what_is_owed_and_when_it_ends() {
    let report = report(&shop(), &[]);
    // What is paid out at the end of a month is owed no longer: 11.96 in March, 20.00 in November, 8.00 in December.
    assert_eq!(
        rows(&report, "owed_quarters", &["wallet", "quarter", "opening", "issued", "used", "expired", "closing"]),
        [
            "beans 2024 Q1 0.00 1.19 0.40 0.00 0.79",
            "beans 2024 Q2 0.79 0.30 0.00 0.79 0.30",
            "beans 2024 Q3 0.30 0.00 0.00 0.30 0.00",
            "beans 2025 Q2 0.00 0.10 0.00 0.00 0.10",
            "beans 2025 Q3 0.10 0.00 0.00 0.10 0.00",
            "beans 2025 Q4 0.00 2.68 2.00 0.00 0.68",
            "cashback 2024 Q1 0.00 11.96 11.96 0.00 0.00",
            "cashback 2024 Q2 0.00 3.00 0.00 0.00 3.00",
            "cashback 2024 Q3 3.00 0.00 0.00 0.00 3.00",
            "cashback 2025 Q2 3.00 1.00 0.00 0.00 4.00",
            "cashback 2025 Q3 4.00 0.00 0.00 0.00 4.00",
            "cashback 2025 Q4 4.00 26.80 28.00 0.00 2.80",
        ]
    );
    // bob's last day is 18 February, cy's 1 March: the sixtieth day after the close.
    assert_eq!(
        rows(&report, "ending_soon", &["wallet", "days", "accounts", "money"]),
        ["beans 30 0 0.00", "beans 60 2 0.68", "beans 90 2 0.68"]
    );
    assert_eq!(
        rows(&report, "expiry_months", &["wallet", "month", "money"]),
        ["beans 2026-02 0.50", "beans 2026-03 0.18", "cashback without a last day 2.80"]
    );
    // 40 of the 159 whose time is over were spent, all of them within ten days: what is older will not be, and of 18 new ones 40/159.
    let close = &report["tables"]["owed_at_close"][0];
    assert_eq!((&close["face"], &close["expected_by_age"]), (&Value::from("0.68"), &Value::from("0.0452830200")));
    assert_eq!(rows(&report, "ages", &["wallet", "age", "money", "spent"])[0], "beans 0 to 30 0.68 0.2515723270");
}

#[test]
fn who_rose_and_fell() {
    let report = report(&shop(), &[]);
    // ann reaches plus in March 2024 and loses it a year later; the year before the last day is the year 2025.
    let columns = ["from", "to_0", "to_1", "to_2", "all"];
    assert_eq!(rows(&report, "tier_moves", &columns), ["no member 0 0 1 1", "basic 0 1 0 1", "plus 0 1 0 1"]);
    let columns = ["year", "tier", "at_start", "kept", "fell", "came", "joined", "at_end"];
    assert_eq!(
        rows(&report, "tier_years", &columns),
        ["2024 basic 0 0 0 0 1 1", "2024 plus 0 0 0 0 1 1", "2025 basic 1 1 0 1 0 2", "2025 plus 1 0 1 0 1 1"]
    );
    assert_eq!(
        rows(&report, "first_times", &["month", "joined", "earned", "redeemed"]),
        ["2024-03 1 1 1", "2024-05 1 1 0", "2025-11 1 1 1", "2025-12 0 0 1"]
    );
    // cy spends 218.00 after beans; ann's 10.00 and bob's 50.00 of the last year are far from 75 EUR.
    assert_eq!(rows(&report, "near_tiers", &["tier", "from_75", "from_90"]), ["plus 0 0"]);
}

#[test]
fn who_is_short_of_a_tier_by_little() {
    let folder = shop();
    // 10.00 and 79.00 in the last year; bob 50.00 and 45.00.
    folder.write("sales.csv", &format!("{SALES}ann,8,2025-12-31,79.00\nbob,9,2025-12-31,45.50\n"));
    let report = report(&folder, &[]);
    assert_eq!(rows(&report, "near_tiers", &["tier", "from_75", "from_90"]), ["plus 2 1"]);
}

#[test]
fn segments_fifths_and_exact_costs() {
    let folder = shop();
    let report = report(&folder, &["--customers", "who.csv"]);
    assert_eq!(
        rows(&report, "segments", &["segment", "accounts", "spend", "value", "cost"]),
        ["often 1 220.00 22.00 21.25", "in none of them 2 210.00 20.36 20.21"]
    );
    // 5 · rank / 3, from below: 1, 2, 4. With as many purchases bob stands before cy.
    assert_eq!(
        rows(&report, "rfm", &["what", "fifth", "span", "spend"]),
        [
            "recency 4 0 days ago 220.00",
            "recency 2 11 days ago 80.00",
            "recency 1 213 days ago 130.00",
            "frequency 4 3 purchases 130.00",
            "frequency 2 2 purchases 220.00",
            "frequency 1 2 purchases 80.00",
            "money 4 220.00 220.00",
            "money 2 130.00 130.00",
            "money 1 80.00 80.00",
        ]
    );
    // Beans cost 62.5%: 0.25 and 1.25, to the thousandth of a cent in every row.
    let text = std::fs::read_to_string(folder.path("who.csv")).expect("rows");
    let last = |name: &str| text.lines().find(|line| line.starts_with(name)).and_then(|line| line.rsplit(',').next()).map(str::to_owned);
    assert_eq!(["ann", "bob", "cy"].map(last), ["12.21000", "8.00000", "21.25000"].map(|cost| Some(cost.to_owned())));
    assert!(text.contains("bob,2,80.00,3,2025-12-20,2,1,1,yes,basic,50,0,0.00,0.00,2026-02-18,"), "{text}");
}

/// ann promotes and buys three times against 7/3 on the mean, cy promotes and buys twice; bob's later answer takes his first one's
/// place; dee bought nothing.
#[test]
fn what_customers_say_and_do() {
    let report = report(&shop(), &[]);
    let metric = |id: &str| {
        let all = report["metrics"].as_array().expect("metrics");
        let found = all.iter().find(|metric| metric["id"] == id).unwrap_or_else(|| panic!("no {id}"));
        (found["numerator"].clone(), found["denominator"].clone())
    };
    let of = |n: i32| (Value::from(n), Value::from(4));
    assert_eq!(["loyalty.true", "loyalty.latent", "loyalty.forced", "loyalty.none"].map(metric), [of(1), of(1), of(0), of(2)]);
}

#[test]
fn a_report_names_what_it_was_made_from() {
    use sha2::{Digest, Sha256};
    let folder = shop();
    let report = report(&folder, &[]);
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let read = |name: &str| std::fs::read(folder.path(name)).expect("a file");
    assert_eq!(report["assumptions_sha256"], hex(&read("assume.yaml")));
    assert_eq!(report["program"]["worst_case"], "At most 11% of a purchase is given away (lines 8 and 9).");
}

/// Two halves of the customers, brought together, tell what one run tells, whatever is kept of accounts.
#[test]
fn a_full_report_from_parts() {
    let folder = shop();
    for part in ["1/2", "2/2"] {
        let name = format!("{}.partial", &part[..1]);
        let ran = folder.run(&[&RUN[..6], &["--full", "--shard", part, "--partial", &name]].concat());
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
    }
    let merged = folder.run(&["merge", "1.partial", "2.partial", "--full", "--format", "json"]);
    assert_eq!(merged.code(), Some(0), "{}", merged.err());
    let merged: Value = serde_json::from_str(&merged.out()).expect("JSON");
    assert_eq!(merged["tables"], report(&folder, &[])["tables"]);
}

/// 2% in place of 1% costs 4.30 more, a gift of 1 EUR on every second purchase 3.00: ann, bob and cy get one each.
#[test]
fn what_each_difference_costs() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    let head = "program \"P\" currency EUR timezone UTC\n";
    folder.write(
        "a.loy",
        &format!("{head}rule \"R\" discount 1%\nsegment new if purchases in last 90 days is 1\ndiscount 3% for segment new alone\n"),
    );
    folder.write("b.loy", &format!("{head}rule \"R\" discount 2%\nsegment new if purchases in last 90 days is 1\ndiscount 3% for segment new alone\ngift cup costs 1 EUR\non every 2nd purchase grant gift cup\n"));
    folder.write("c.loy", &format!("{head}rule \"R\" discount 1%\n"));
    folder
        .write("d.loy", &format!("{head}rule \"R\" discount 2%\ngift cup costs 1 EUR worth 2 EUR\non every 2nd purchase grant gift cup\n"));
    let run = |args: &[&str]| {
        let ran = folder.run(args);
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
        serde_json::from_str::<Value>(&ran.out()).expect("JSON")
    };
    let told = run(&["compare", "c.loy", "d.loy", "--history", "sales.csv", "--leave-one-out", "--format", "json", "--quiet"]);
    let lines = rows(&told, "compare.2.texts", &["with", "without"]);
    // The gift's sentence cannot stand without the gift, nor the gift be taken away under it; alone the gift costs nothing.
    assert_eq!(lines, ["4.30 4.30", "0.00 null", "null 3.00", "3.00 0.00", "7.30 7.30"], "{}", told["tables"]["compare.2.texts"]);
    let told = run(&["compare", "a.loy", "b.loy", "--history", "sales.csv", "--format", "json", "--quiet"]);
    let segments = rows(&told, "compare.2.segments", &["segment", "customers"]);
    assert_eq!(segments, ["new 1", "in none of them 2"], "bob bought once in the last 90 days, cy twice");
}

fn metric(report: &Value, id: &str) -> String {
    let found = report["metrics"].as_array().expect("metrics").iter().find(|metric| metric["id"] == id);
    found.and_then(|metric| metric["value"].as_str()).unwrap_or_default().to_owned()
}

/// 240 beans paid 2.40, at 62.5% 1.50; 39.96 of 42.76 of cashback left as money, the last of it on the last day. Of the 2.80 that are
/// open as much will: 2.6166, all of it money. Of 68 beans 40 in 159 will be used: 0.1711 at worth, 0.1069 at 62.5%.
#[test]
fn money_that_is_paid_out_costs_what_it_is() {
    let report = report(&shop(), &[]);
    assert_eq!(metric(&report, "program.cost"), "41.46");
    assert_eq!(metric(&report, "program.accrued_cost"), "44.18");
}

/// Rows in another order, and another format, are the same contents; another amount is not. Parts come to the same as the whole.
#[test]
fn the_contents_of_a_history_have_a_digest() {
    let folder = shop();
    let of = |history: &str| {
        let ran = folder.run(&["simulate", "shop.loy", "--history", history, "--format", "json", "--quiet"]);
        let report: Value = serde_json::from_str(&ran.out()).unwrap_or_else(|_| panic!("{}", ran.err()));
        report["history"]["digest"].as_str().expect("a digest").to_owned()
    };
    let mut lines: Vec<&str> = SALES.lines().skip(1).collect();
    lines.reverse();
    folder.write("turned.csv", &format!("customer,id,at,amount\n{}\n", lines.join("\n")));
    let record = |line: &&str| {
        let [customer, id, at, amount] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        format!("{{\"customer\":\"{customer}\",\"id\":\"{id}\",\"at\":\"{at}\",\"amount\":\"{amount}\"}}\n")
    };
    folder.write("sales.jsonl", &lines.iter().map(record).collect::<String>());
    folder.write("other.csv", &SALES.replace("200.00", "200.01"));
    let whole = of("sales.csv");
    assert_eq!(whole.len(), 64);
    assert_eq!(of("turned.csv"), whole);
    assert_eq!(of("sales.jsonl"), whole);
    assert_ne!(of("other.csv"), whole);
    for part in ["1/2", "2/2"] {
        let name = format!("{}.partial", &part[..1]);
        folder.run(&["simulate", "shop.loy", "--history", "sales.csv", "--shard", part, "--partial", &name]);
    }
    let merged = folder.run(&["merge", "2.partial", "1.partial", "--format", "json", "--report", "merged.html"]);
    assert!(merged.out().contains(&whole), "{}", merged.err());
    let page = std::fs::read_to_string(folder.path("merged.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{}", &page[..40]);
    let ran = folder.run(&["merge", "1.partial", "2.partial", "--world", "1.partial"]);
    assert!(ran.err().contains("would overwrite"), "{}", ran.err());
}

/// Purchases of nobody known are told beside those of customers, and shares of customers are not shares of all sales.
#[test]
fn purchases_without_a_customer_stand_apart() {
    let folder = shop();
    folder.write("some.csv", "customer,id,at,amount\nann,1,2024-03-10,40.00\n,2,2024-03-11,60.00\n");
    let ran = folder.run(&["simulate", "shop.loy", "--history", "some.csv"]);
    assert!(ran.out().contains("1 customer · 1 purchase and 1 without a customer ·"), "{}", ran.out());
    assert!(ran.out().contains("100%   of what known customers spent"), "{}", ran.out());
    assert!(ran.out().contains("as if these 2 days went on for a month"), "{}", ran.out());
}
