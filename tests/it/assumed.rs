//! What assumptions do to a run, seen from outside.

use crate::cli::Folder;
use serde_json::Value;

const CLUB: &str = "program \"Club\" currency EUR timezone UTC\npoints worth 0.01 EUR\nearn 10 points per 1 EUR\nredeem points\n";

/// The report in JSON.
fn report(program: &str, sales: &str, assumed: &str, more: &[&str]) -> Value {
    let folder = Folder::new();
    folder.write("club.loy", program);
    folder.write("sales.csv", &format!("customer,id,at,amount\n{sales}"));
    folder.write("assumed.yaml", assumed);
    let args = ["simulate", "club.loy", "--history", "sales.csv", "--format", "json", "--assume", "assumed.yaml"];
    let ran = folder.run(&[&args[..], more].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    serde_json::from_str(&ran.out()).expect("JSON")
}

fn metric<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["metrics"].as_array().expect("metrics").iter().find(|metric| metric["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

fn value(report: &Value, id: &str) -> String {
    metric(report, id)["value"].as_str().map(str::to_owned).unwrap_or_default()
}

/// 100 EUR give 1,000 points, of which 40% may be used: 400, worth 4 EUR, on the second purchase. That earns on 96 EUR 960 points;
/// of 1,960 in all 784 may have been used, 384 of them of the second lot.
#[test]
fn a_share_of_every_lot_is_used() {
    let sales = "ann,1,2025-01-01,100.00\nann,2,2025-01-02,100.00\nann,3,2025-01-03,100.00\n";
    let told = report(CLUB, sales, "redemption: 40% of points\n", &[]);
    assert_eq!(value(&told, "wallet.points.spent"), "784");
    // The customer comes back no more: of the third lot nothing is used, so less than 40% came out.
    assert_eq!(value(&told, "wallet.points.issued"), (1000 + 960 + 960).to_string());
    assert_eq!(metric(&told, "wallet.points.spent")["label"], "assumed");
}

/// A purchase that is made twice counts twice in the run, and in nothing that was observed.
#[test]
fn a_response_makes_purchases_twice() {
    let sales = "ann,1,2025-01-01,100.00\nbob,2,2025-01-02,50.00\n";
    let told = report(CLUB, sales, "margin: 50%\nredemption: never\nresponse: 100%\n", &[]);
    assert_eq!(value(&told, "wallet.points.issued"), "3000");
    assert_eq!(value(&told, "revenue"), "150.00");
    assert_eq!(metric(&told, "purchases")["value"], 2);
    assert_eq!(value(&told, "response.sales"), "150.00");
    assert_eq!(value(&told, "program.profit"), "75.00");
    assert_eq!(metric(&told, "program.profit")["label"], "assumed");
    // The copy of the first purchase takes the place of the second, for each customer.
    let sales = "ann,1,2025-01-01,100.00\nann,2,2025-01-02,60.00\nann,3,2025-01-03,40.00\n";
    let told = report(CLUB, sales, "margin: 50%\nredemption: never\nresponse: 100%\npull forward: 100%\n", &[]);
    // 100 twice, 60 gone, 40 twice.
    assert_eq!(value(&told, "wallet.points.issued"), "2800");
    assert_eq!(value(&told, "response.sales"), "80.00");
}

/// Only members in a tier make more purchases, from when they hold it.
#[test]
fn a_response_of_a_tier() {
    let program = format!("{CLUB}tiers by spend ever\n  basic\n  gold from 100 EUR\n");
    let sales = "ann,1,2025-01-01,100.00\nann,2,2025-01-02,30.00\nbob,3,2025-01-02,20.00\n";
    let told = report(&program, sales, "redemption: never\nresponse:\n  - { tier: gold, base: 100% }\n", &[]);
    assert_eq!(value(&told, "response.sales"), "30.00");
}

#[test]
fn without_a_response_profit_is_not_identified() {
    let told = report(CLUB, "ann,1,2025-01-01,100.00\nann,2,2025-01-02,100.00\n", "margin: 30%\nredemption: as soon as possible\n", &[]);
    let reason = metric(&told, "program.profit")["reason"].as_str().expect("a reason").to_owned();
    // 10.00 of 200.00 were paid: 5% / (30% − 5%).
    assert!(reason.ends_with("needs an uplift of at least 20%"), "{reason}");
    assert!(metric(&told, "program.roi")["value"].is_null());
}

/// 100 EUR give 1,000 points: two mugs for 400 each are claimed right after the purchase, as often as the balance allows.
#[test]
fn the_catalogue_is_claimed() {
    let program = "program \"Club\" currency EUR timezone UTC\npoints worth 0.01 EUR\nearn 10 points per 1 EUR\n\
                   gift mug costs 2 EUR worth 5 EUR\ngift pen costs 0.50 EUR\nreward gift pen for 200 points\nreward gift mug for 400 points\n";
    let sales = "ann,1,2025-01-01,100.00\n";
    let soon = report(program, sales, "redemption: as soon as possible\n", &[]);
    // The mug gives 0.5 cents per point, the pen 0.25: two mugs, then a pen with what is left.
    assert_eq!(metric(&soon, "gifts.granted")["value"], 3);
    assert_eq!(value(&soon, "gifts.cost"), "4.50");
    assert_eq!(value(&soon, "wallet.points.balance"), "0");
    assert_eq!(metric(&report(program, sales, "redemption: never\n", &[]), "gifts.granted")["value"], 0);
    assert_eq!(metric(&report(program, sales, "redemption: when balance reaches 600\n", &[]), "gifts.granted")["value"], 2);
    let open = report(program, sales, "margin: 30%\n", &[]);
    assert_eq!((&metric(&open, "gifts.granted")["low"], &metric(&open, "gifts.granted")["high"]), (&0.into(), &3.into()));
}

/// Ranges are run at their ends, and figures say so.
#[test]
fn ranges_stand_beside_their_base() {
    let sales = "ann,1,2025-01-01,100.00\nann,2,2025-01-02,100.00\n";
    let assumed = "margin: { low: 20%, base: 30%, high: 40% }\nreward cost: { low: 50%, base: 100%, high: 100% }\n\
                   redemption: { low: never, base: 40% of points, high: as soon as possible }\n";
    let told = report(CLUB, sales, assumed, &["--full"]);
    let cost = metric(&told, "program.cost");
    assert_eq!((&cost["value"], &cost["low"], &cost["high"]), (&"4.00".into(), &"0.00".into(), &"10.00".into()));
    let tornado = told["tables"]["tornado"].as_array().expect("rows");
    let names: Vec<&str> = tornado.iter().filter_map(|row| row["assumption"].as_str()).collect();
    assert_eq!(names, ["redemption", "reward cost"]);
    assert_eq!((&tornado[0]["low"], &tornado[0]["high"], &tornado[0]["swing"]), (&"0.00".into(), &"10.00".into(), &"10.00".into()));
    let draws = told["tables"]["draws"].as_array().expect("rows");
    let at = |n: usize| draws[n]["value"].as_str().and_then(|text| text.parse::<f64>().ok()).expect("a number");
    assert!(at(0) < at(3) && at(3) < at(6), "{draws:?}");
    // Drawn from a range without width, everything is the base.
    let told = report(CLUB, sales, "margin: { low: 30%, base: 30%, high: 30% }\nredemption: as soon as possible\nruns: 50\n", &["--full"]);
    let draws = told["tables"]["draws"].as_array().expect("rows");
    assert!(draws.iter().all(|row| row["value"] == "10.00"), "{draws:?}");
}

/// What was spent and what was given, account by account: in tenths of accounts, and owed by quarter.
#[test]
fn who_gets_it_and_what_is_owed() {
    let rows: String = (1..=20).map(|n| format!("c{n:02},p{n},2025-02-01,{n}.00\nc{n:02},q{n},2025-05-01,{n}.00\n")).collect();
    let told = report(CLUB, &rows, "redemption: as soon as possible\n", &["--full"]);
    let deciles = told["tables"]["deciles"].as_array().expect("rows");
    assert_eq!(deciles.len(), 10);
    // Two accounts each; those who spend most spent 2 × (19 + 20).
    assert_eq!((&deciles[9]["accounts"], &deciles[9]["spend"]), (&2.into(), &"78.00".into()));
    // 10% of the first purchase comes off the second: 1.90 + 2.00.
    assert_eq!(deciles[9]["value"], "3.90");
    let all: i64 = deciles.iter().map(|row| row["cost"].as_str().expect("money").replace('.', "").parse::<i64>().expect("a number")).sum();
    let cost = value(&told, "program.cost").replace('.', "").parse::<i64>().expect("a number");
    assert_eq!(all, cost);
    let quarters = told["tables"]["owed_quarters"].as_array().expect("rows");
    assert_eq!(
        (&quarters[0]["quarter"], &quarters[0]["issued"], &quarters[0]["closing"]),
        (&"2025 Q1".into(), &"21.00".into(), &"21.00".into())
    );
    assert_eq!((&quarters[1]["opening"], &quarters[1]["used"]), (&"21.00".into(), &"21.00".into()));
    // 2 × (1 + … + 20) = 420 were sold in two months; the 10% of February were paid with in May.
    let months = told["tables"]["cost_months"].as_array().expect("rows");
    let cells =
        |at: usize| ["month", "sales", "at_once", "with_units", "cost", "owed"].map(|name| months[at][name].as_str().unwrap_or("none"));
    assert_eq!(cells(0), ["2025-02", "210.00", "0.00", "0.00", "0.00", "21.00"]);
    assert_eq!(cells(1), ["2025-03", "0.00", "0.00", "0.00", "0.00", "21.00"]);
    assert_eq!(cells(3)[..5], ["2025-05", "210.00", "0.00", "21.00", "21.00"]);
    assert_eq!((months.len(), &months[3]["rate"]), (4, &"0.1000000000".into()));
    assert_eq!(cells(3)[5], quarters[1]["closing"]);
    // The tables are also text, and the short text stays on a page.
    let folder = Folder::new();
    folder.write("club.loy", CLUB);
    folder.write("sales.csv", &format!("customer,id,at,amount\n{rows}"));
    let short = folder.run(&["simulate", "club.loy", "--history", "sales.csv"]).out();
    let full = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--full"]).out();
    assert!(short.lines().count() <= 80 && full.contains("What was owed by quarter"), "{full}");
}

/// Without the discount of 10% nothing is given; without the gift it is the discount alone.
#[test]
fn each_rule_is_left_out() {
    let program = "program \"Club\" currency EUR timezone UTC\ngift mug costs 2 EUR\nrule \"Tenth\" discount 10%\n\
                   rule \"Mug\" on 2nd purchase grant gift mug\n";
    let told = report(program, "ann,1,2025-01-01,100.00\nann,2,2025-01-02,50.00\n", "margin: 30%\n", &["--leave-one-out"]);
    let rows = told["tables"]["leave_one_out"].as_array().expect("rows");
    let told: Vec<(&Value, &Value, &Value)> = rows.iter().map(|row| (&row["rule"], &row["cost_without"], &row["difference"])).collect();
    assert_eq!(told, [(&"Tenth".into(), &"2.00".into(), &"15.00".into()), (&"Mug".into(), &"15.00".into(), &"2.00".into())]);
}

/// One row an account, the same in every form.
#[test]
fn one_row_for_every_account() {
    let folder = Folder::new();
    folder.write("club.loy", &format!("{CLUB}tiers by spend ever\n  basic\n  gold from 100 EUR\n"));
    folder.write("sales.csv", "customer,id,at,amount\nbob,1,2025-01-01,100.00\nann,2,2025-01-02,40.00\nbob,3,2025-01-03,100.00\n");
    let run = |name: &str| folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--customers", name]).code();
    assert_eq!((run("c.csv"), run("c.jsonl"), run("c.parquet"), run("c.txt")), (Some(0), Some(0), Some(0), Some(2)));
    let rows = std::fs::read_to_string(folder.path("c.csv")).expect("rows");
    // The first 100.00 give 1,000 points, which take 10.00 off the second purchase; that earns 900.
    assert_eq!(
        rows,
        "account,purchases,spend,rank,last_purchase,recency,frequency,money,member,tier,balance points,pending points,next_expiry,value,\
         discounts,free_shipping,redeemed,vouchers,gifts,paid_out,cost\n\
         ann,1,40.00,2,2025-01-02,1,1,1,yes,basic,400,0,,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00\n\
         bob,2,200.00,1,2025-01-03,3,3,3,yes,gold,900,0,,10.00,0.00,0.00,10.00,0.00,0.00,0.00,10.00\n"
    );
    let lines = std::fs::read_to_string(folder.path("c.jsonl")).expect("lines");
    assert!(lines.contains("\"account\":\"bob\"") && lines.contains("\"cost\":\"10.00\""), "{lines}");
}

#[test]
fn slips_in_assumptions() {
    let folder = Folder::new();
    folder.write("club.loy", CLUB);
    folder.write("sales.csv", "customer,id,at,amount\nann,1,2025-01-01,1.00\n");
    let says = |assumed: &str| {
        folder.write("assumed.yaml", assumed);
        folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--assume", "assumed.yaml"]).err()
    };
    assert!(says("retention costs: 5\n").contains("Did you mean `retention cost`?"));
    assert!(says("response:\n  - { tier: gold, base: 2% }\n").contains("the program has no tier called `gold`"));
    assert!(says("runs: 0\n").contains("`runs` is a whole number from 1 to"));
    assert!(says("pull forward: 30%\n").contains("`pull forward` has no effect"));
    let fine = says("discount rate: 10% a year\nacquisition cost: 20 EUR\nretention cost: 5 per customer and year\n");
    assert!(!fine.contains("no effect") && !fine.contains("assumption"), "{fine}");
}

/// What is wrong with a file of assumptions, in words that say what to write.
#[test]
fn mistakes_in_assumptions_are_named() {
    let folder = Folder::new();
    folder.write("club.loy", CLUB);
    folder.write("sales.csv", "customer,id,at,amount\nann,1,2025-01-01,100.00\n");
    for (assumed, said) in [
        ("redemption: 40% of stars\n", "the program has no wallet called `stars`. It has: points."),
        ("redemption: 140% of points\n", "lies between 0% and 100%"),
        ("redemption: with probability 1.5\n", "lies between 0% and 100%"),
        ("redemption:\n  - { policy: never }\n  - { policy: as soon as possible }\n", "spoken of twice"),
        ("redemption:\n  - { polices: never }\n", "Did you mean `policy`?"),
        ("margin: -5%\n", "cannot be below 0%"),
        ("margin: 30%\nmargin: 40%\n", "`margin` is said twice"),
        ("margin: 30%\nMargin: 40%\n", "said twice"),
        ("fixed cost: 3000 USD per month\n", "the program's money is EUR"),
        ("discount rate: 1% per month\n", "by year, such as 10% a year"),
        ("response: { gold: 5% }\n", "[{ tier: gold, base: 2% }]"),
    ] {
        folder.write("assumed.yaml", assumed);
        let ran = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--assume", "assumed.yaml"]);
        assert_eq!(ran.code(), Some(3), "{assumed}");
        assert!(ran.err().contains(said), "{assumed}: {}", ran.err());
    }
    // A mixture written as shares with their policies is one.
    folder.write("assumed.yaml", "redemption:\n  - 50%: never\n  - 50%: as soon as possible\n");
    let ran = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--assume", "assumed.yaml"]);
    assert!(ran.out().contains("Members redeem 50% of them never, 50% of them as soon as possible."), "{}{}", ran.out(), ran.err());
    let ran = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--report", "club.pdf"]);
    assert!(ran.err().contains("name the file .html"), "{}", ran.err());
}
