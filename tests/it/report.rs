//! Metrics worked out by hand, and how reports look.

use loyalty_dsl::assumptions::{self, Read};
use loyalty_dsl::check::check;
use loyalty_dsl::engine::totals::Totals;
use loyalty_dsl::history::model::{
    Account, AnonymousPurchase, Customers, History, Items, Moment, MomentKind, Part, ReturnPart, Returned, Survey,
};
use loyalty_dsl::program::Program;
use loyalty_dsl::report::model::{Ends, Report};
use loyalty_dsl::report::{self, About, Observed, Runs, Whole, write};
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::parse_program;
use loyalty_dsl::value::{Date, Decimal, Instant};

const COFFEE: &str = r#"program "Coffee Club" currency EUR timezone UTC
points beans worth 0.01 EUR expire 12 months after earning
tiers by spend in last 12 months
  bronze
  silver from 300 EUR
gift "free coffee" costs 0.80 EUR worth 3.20 EUR
earn 1 bean per 1 EUR
rule "Standing" after 3rd purchase grant 5% discount
on every 10th purchase grant gift "free coffee"
redeem 100 beans for 1 EUR
"#;

fn program(text: &str) -> Program {
    let mut sources = Sources::single("coffee.loy", text);
    let (ast, mut problems) = parse_program(&mut sources, &mut |_, _| unreachable!("no includes"));
    let (program, found) = check(&ast, &sources, &[]);
    problems.extend(found);
    assert!(!problems.has_errors(), "{problems:?}");
    program.expect("a program without errors")
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn at(text: &str) -> Instant {
    Instant(day(text).midnight().0 + 36_000_000_000) // 10:00 UTC
}

/// One part with accounts of one customer each: id, and purchases as day and minor units.
fn part(customers: &[(&str, &[(&str, i64)])]) -> Part {
    let mut part = Part::default();
    for (id, purchases) in customers {
        let number = u32::try_from(part.accounts.len()).expect("few accounts");
        let first = u32::try_from(part.purchases.at.len()).expect("few purchases");
        for (day, amount) in *purchases {
            part.purchases.at.push(at(day));
            part.purchases.amount.push(*amount);
        }
        let last = u32::try_from(part.purchases.at.len()).expect("few purchases");
        part.accounts.push(Account {
            id: (*id).to_owned(),
            customers: number..number + 1,
            purchases: first..last,
            moments: 0..0,
            openings: 0..0,
        });
    }
    part.customers = Customers { id: customers.iter().map(|(id, _)| (*id).to_owned()).collect(), ..Customers::default() };
    part
}

fn history(parts: Vec<Part>) -> History {
    let all = parts.iter().flat_map(|part| part.purchases.at.iter().copied());
    let days = all.clone().min().zip(all.max()).map(|(a, b)| (Date((a.0 / 86_400_000_000) as i32), Date((b.0 / 86_400_000_000) as i32)));
    History { parts, days, ..History::default() }
}

const A: (&str, &[(&str, i64)]) = ("a", &[("2024-01-01", 1000), ("2024-01-01", 2000)]);
const B: (&str, &[(&str, i64)]) = ("b", &[("2024-01-15", 500), ("2024-02-10", 500), ("2024-06-28", 750)]);
const C: (&str, &[(&str, i64)]) = ("c", &[("2024-03-03", 0)]);
const D: (&str, &[(&str, i64)]) = ("d", &[("2024-02-01", 10_000), ("2024-06-30", 150)]);

/// What a report sees of a history.
fn observed(program: &Program, sources: Option<&Sources>, history: &History, as_of: Option<Date>, start: Option<Date>) -> Observed {
    Observed::of(Whole::of(program, sources, history, as_of), program, history, as_of, start).expect("sums that fit")
}

fn about<'a>(program: &'a Program, observed: &'a Observed, runs: Runs<'a>, read: Option<&'a Read>) -> About<'a> {
    About {
        program,
        sources: None,
        file: "coffee.loy",
        sha256: "00",
        observed,
        history_file: "data/coffee.csv",
        assumptions: read.map(|read| &read.assumptions),
        runs,
        full: false,
        deep: None,
        further_sales: Vec::new(),
        remarks: &[],
    }
}

fn built(program: &Program, history: &History, as_of: Option<Date>) -> Report {
    let totals = Totals::new(program);
    report::build(&about(program, &observed(program, None, history, as_of, None), Runs::One(&totals), None)).expect("sums that fit")
}

/// A text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of a metric as programs read it.
fn value(report: &Report, id: &str) -> String {
    let metric = report.metric(id).unwrap_or_else(|| panic!("no metric {id}"));
    metric.cell.value.map_or_else(
        || format!("null: {}", metric.cell.reason.as_deref().unwrap_or_default()),
        |value| write::format::machine(value, &metric.unit, &report.program.currency),
    )
}

#[test]
fn behaviour_by_hand() {
    let program = program(COFFEE);
    let report = built(&program, &history(vec![part(&[A, B, C, D])]), None);
    // 4 customers, 2 + 3 + 1 + 2 purchases, 30.00 + 17.50 + 0 + 101.50, in 182 days.
    for (id, expected) in [
        ("customers", "4"),
        ("purchases", "8"),
        ("revenue", "149.00"),
        ("refunds", "0.00"),
        ("ticket.average", "18.6250000000"),
        // 0, 1.50, 5, 5 | 7.50, 10, 20, 100
        ("ticket.median", "6.25"),
        // all but c; b and d on two days
        ("rcr.order", "0.7500000000"),
        ("rcr.day", "0.5000000000"),
        // 8 / 4 / (182 / 30.4375)
        ("frequency.window", "0.3344780220"),
        ("clv.tcf", "37.25"),
        // more than 2: b, 17.50 of 149.00
        ("loyal.customers", "1"),
        ("loyal.sales", "0.1174496644"),
        // 3 January to 1 April: b, c, d; since 2 April: b, d
        ("retention.90d", "0.6666666667"),
        // spent 0, 17.50, 30, 101.50: (−17.50 + 30 + 3 × 101.50) / (4 × 149)
        ("sales.gini", "0.5318791946"),
        ("sales.top10", "0.6812080537"),
        ("nps", "null: the history holds no answers to a survey"),
    ] {
        assert_eq!(value(&report, id), expected, "{id}");
    }
    let cohorts: Vec<_> = report.tables.cohorts.iter().map(|row| (row.month.as_str(), row.customers, row.buyers.clone())).collect();
    let all = |counts: &[u64]| counts.iter().copied().map(Some).collect::<Vec<_>>();
    assert_eq!(
        cohorts,
        [("2024-01", 2, all(&[2, 1, 0, 0, 0, 1])), ("2024-02", 1, all(&[1, 0, 0, 0, 1])), ("2024-03", 1, all(&[1, 0, 0, 0])),]
    );
    let sales: Vec<i128> = report.tables.months.iter().map(|row| row.sales).collect();
    assert_eq!(sales, [3500, 10_500, 0, 0, 0, 900]);
}

#[test]
fn parts_do_not_matter() {
    let program = program(COFFEE);
    let one = built(&program, &history(vec![part(&[A, B, C, D])]), None);
    let three = built(&program, &history(vec![part(&[B]), part(&[A, D]), part(&[]), part(&[C])]), None);
    assert_eq!(write::json(&one), write::json(&three));
}

#[test]
fn books_closed_in_the_middle_of_a_month() {
    let program = program(COFFEE);
    let report = built(&program, &history(vec![part(&[A, B, C, D])]), Some(day("2024-02-05")));
    assert_eq!(value(&report, "purchases"), "4");
    assert_eq!(value(&report, "customers"), "3");
    let cohorts: Vec<_> = report.tables.cohorts.iter().map(|row| row.buyers.clone()).collect();
    // February is not whole: hidden for those of January, but its own newcomers are counted.
    assert_eq!(cohorts, [vec![Some(2), None], vec![Some(1)]]);
    assert!(report.tables.months.iter().map(|row| row.complete).eq([true, false]));
    assert_eq!(report.history.days, Some((day("2024-01-01"), day("2024-02-05"))));
}

#[test]
fn customers_of_one_household_are_customers_each() {
    let program = program(COFFEE);
    let mut home = part(&[("home", &[("2024-01-01", 100), ("2024-01-02", 200), ("2024-01-03", 300)])]);
    home.accounts[0].customers = 0..2;
    home.customers.id = vec!["p".to_owned(), "q".to_owned()];
    home.purchases.customer = vec![0, 1, 0];
    let report = built(&program, &history(vec![home]), None);
    assert_eq!(value(&report, "customers"), "2");
    assert_eq!(value(&report, "rcr.order"), "0.5000000000");
}

#[test]
fn what_was_returned() {
    let program = program(COFFEE);
    let mut one = part(&[("a", &[("2024-01-01", 1000), ("2024-01-02", 999), ("2024-01-03", 500)])]);
    // The second purchase has a line of 3 units for 9.99.
    one.purchases.items_from = vec![0, 0, 1, 1];
    one.items = Items { quantity: vec![Decimal::whole(3)], price: vec![Decimal::new(333, 2)], amount: vec![999], ..Items::default() };
    let back = |at_day: &str, purchase: u32, what: Returned| Moment {
        sequence: 0,
        at: at(at_day),
        customer: 0,
        after_purchases: 3,
        kind: MomentKind::Return(vec![ReturnPart { purchase, what }]),
    };
    one.moments = vec![
        back("2024-01-04", 0, Returned::Amount(400)),
        back("2024-01-05", 0, Returned::Rest),
        back("2024-01-05", 1, Returned::Items(vec![(0, Decimal::whole(1))])),
        back("2024-01-06", 1, Returned::Rest),
        back("2024-01-09", 2, Returned::Rest),
    ];
    one.accounts[0].moments = 0..5;
    let mut history = history(vec![one]);
    history.days = Some((day("2024-01-01"), day("2024-01-09")));
    history.anonymous = vec![AnonymousPurchase { at: at("2024-01-02"), amount: 700, returned: 50 }];
    // 4.00 + 6.00 + 3.33 + 6.66 + 5.00 + 0.50
    assert_eq!(value(&built(&program, &history, None), "refunds"), "25.49");
    assert_eq!(value(&built(&program, &history, None), "revenue"), "31.99");
    // Without the last return and what follows 8 January.
    assert_eq!(value(&built(&program, &history, Some(day("2024-01-08"))), "refunds"), "20.49");
}

#[test]
fn latest_valid_answer_of_each_customer() {
    let program = program(COFFEE);
    let mut history = history(vec![part(&[A])]);
    let answer = |customer: &str, on: &str, score: &str| Survey {
        customer: customer.to_owned(),
        at: at(on),
        score: Decimal::parse(score).expect("a number"),
    };
    history.days = Some((day("2024-01-01"), day("2024-02-01")));
    history.surveys = vec![
        answer("a", "2024-01-01", "3"),
        answer("a", "2024-01-02", "9"), // promoter now
        answer("b", "2024-01-01", "7"),
        answer("c", "2024-01-01", "6"),
        answer("d", "2024-01-01", "10"),
        answer("e", "2024-01-01", "12"),  // no such score
        answer("f", "2024-01-01", "7.5"), // nor this
        answer("f", "2024-01-02", "11"),
    ];
    let report = built(&program, &history, None);
    // (2 − 1) / 4
    assert_eq!(value(&report, "nps"), "25.0000000000");
    assert!(report.notes.iter().any(|note| note.starts_with("3 answers to the survey")), "{:?}", report.notes);
}

#[test]
fn intervals_by_chance() {
    let program = program(COFFEE);
    let customers: Vec<(String, Vec<(&str, i64)>)> = (0..5).map(|n| (format!("c{n}"), vec![("2024-01-01", 100)])).collect();
    let rows: Vec<(&str, &[(&str, i64)])> = customers.iter().map(|(id, list)| (id.as_str(), list.as_slice())).collect();
    let report = built(&program, &history(vec![part(&rows)]), None);
    let (low, high) = report.metric("rcr.order").and_then(|metric| metric.cell.interval).expect("an interval");
    // Wilson, 0 of 5: 0 to 43.4%.
    assert_eq!(write::format::fixed(low, 4), "0.0000");
    assert_eq!(write::format::fixed(high, 4), "0.4345");
}

/// Sums as a run could give them: 149.00 of sales, a little of everything.
fn totals(program: &Program, redeemed: i128) -> Totals {
    let mut totals = Totals::new(program);
    totals.accounts = 4;
    totals.members = 4;
    totals.member_purchases = 7;
    totals.member_sales = 14_900;
    totals.discounts = 250;
    totals.gifts = vec![2];
    totals.wallets[0].issued = 1_200;
    totals.wallets[0].spent = redeemed;
    totals.wallets[0].balance = 1_200 - redeemed;
    totals.wallets[0].redeemed_value = redeemed;
    totals.wallets[0].matured_issued = 300;
    totals.wallets[0].matured_spent = redeemed / 4;
    totals.rules[0].fired = 6;
    totals.rules[0].wallets[0] = 1_200;
    totals.rules[1].fired = 3;
    totals.rules[1].discount = 250;
    totals.rules[2].fired = 2;
    totals.rules[2].gifts = 2;
    totals.rules[2].cost = 160;
    totals.tiers[0][0].members = 4;
    totals.tiers[0][0].purchases = 7;
    totals.tiers[0][0].sales = 14_900;
    totals
}

fn envelope(program: &Program, history: &History, read: Option<&Read>) -> Report {
    let (never, soon) = (totals(program, 0), totals(program, 800));
    report::build(&about(program, &observed(program, None, history, None, None), Runs::Envelope { never: &never, soon: &soon }, read))
        .expect("sums that fit")
}

#[test]
fn without_an_assumption_there_are_two_ends() {
    let program = program(COFFEE);
    let history = history(vec![part(&[A, B, C, D])]);
    let report = envelope(&program, &history, None);
    let cost = report.metric("program.cost").expect("the cost");
    // 2.50 + 2 × 0.80, and 8.00 redeemed
    assert_eq!(cost.cell.ends().iter().map(|end| end.floor()).collect::<Vec<_>>(), [410, 1210]);
    assert_eq!(cost.cell.value, None);
    assert!(cost.cell.reason.as_deref().is_some_and(|reason| reason.contains("redemption")), "{:?}", cost.cell.reason);
    assert_eq!(value(&report, "discount.granted"), "2.50");
    assert_eq!(value(&report, "break_even_uplift"), "null: needs `margin` in an assumptions file (--assume)");
    assert_eq!(report.tables.rules[0].share, Ends { low: 0, high: 800 });
    insta::assert_snapshot!(write::text(&report));
}

#[test]
fn with_assumptions_there_is_one() {
    let program = program(COFFEE);
    let history = history(vec![part(&[A, B, C, D])]);
    let read = assumptions::parse(
        "margin: { low: 30%, base: 35%, high: 40% }\nreward cost: 50%\nfixed cost: 1 EUR per month\nredemption: with probability 0.3\n",
        &program,
    )
    .expect("good assumptions");
    let totals = totals(&program, 800);
    let report = report::build(&about(&program, &observed(&program, None, &history, None, None), Runs::One(&totals), Some(&read)))
        .expect("sums that fit");
    // 2.50 + 1.60 + 8.00 / 2 + 182 / 30.4375 months of 1 EUR
    assert_eq!(value(&report, "program.cost"), "14.08");
    let uplift = report.metric("break_even_uplift").expect("the uplift");
    assert_eq!(uplift.assumes, ["redemption", "reward cost", "fixed cost", "margin"]);
    // 14.08 / (0.35 × 149.00 − 8.10)
    assert_eq!(value(&report, "break_even_uplift"), "0.3196367764");
    insta::assert_snapshot!(write::text(&report));
    insta::assert_snapshot!(write::metrics(&report, &["break_even_uplift".to_owned(), "rcr.order".to_owned()]));
    insta::assert_snapshot!(write::csv(&report));
}

#[test]
fn break_even_as_in_the_table() {
    // m: c → u*, with 10,000.00 of sales and no fixed cost
    let program = program("program \"x\" currency EUR timezone UTC\ndiscount 1%\n");
    let history = history(vec![part(&[("a", &[("2024-01-01", 1_000_000)])])]);
    for (margin, cost, expected) in [("20%", 10_000, "5.3%"), ("20%", 50_000, "33.3%"), ("30%", 20_000, "7.1%"), ("40%", 30_000, "8.1%")] {
        let read = assumptions::parse(&format!("margin: {margin}"), &program).expect("good assumptions");
        let totals = Totals { discounts: cost, member_sales: 1_000_000, ..Totals::new(&program) };
        let report = report::build(&about(&program, &observed(&program, None, &history, None, None), Runs::One(&totals), Some(&read)))
            .expect("sums that fit");
        let uplift = report.metric("break_even_uplift").and_then(|metric| metric.cell.value).expect("an uplift");
        assert_eq!(write::format::percent(uplift), expected);
    }
    let read = assumptions::parse("margin: 5%", &program).expect("good assumptions");
    let totals = Totals { discounts: 50_000, ..Totals::new(&program) };
    let report = report::build(&about(&program, &observed(&program, None, &history, None, None), Runs::One(&totals), Some(&read)))
        .expect("sums that fit");
    assert_eq!(value(&report, "break_even_uplift"), "null: cannot pay back at any uplift: the margin is not above the cost");
}

#[test]
fn cost_rests_on_the_sales_of_the_part_in_which_the_program_runs() {
    let program = program("program \"x\" currency EUR timezone UTC\ndiscount 1%\nexpect program cost at most 7% of revenue\n");
    let mut one = part(&[("a", &[("2024-01-01", 1000), ("2024-02-01", 10_000), ("2024-03-01", 1_400), ("2024-07-01", 5_000)])]);
    let back = |at_day: &str, purchase: u32, amount: i64| Moment {
        sequence: 0,
        at: at(at_day),
        customer: 0,
        after_purchases: 4,
        kind: MomentKind::Return(vec![ReturnPart { purchase, what: Returned::Amount(amount) }]),
    };
    // 10.00 of what was bought before the program, 4.00 of what was bought while it ran.
    one.moments = vec![back("2024-02-15", 0, 1000), back("2024-07-02", 1, 400)];
    one.accounts[0].moments = 0..2;
    let mut history = history(vec![one]);
    history.days = Some((day("2024-01-01"), day("2024-07-02")));
    history.anonymous = vec![
        AnonymousPurchase { at: at("2024-01-31"), amount: 700, returned: 50 },
        AnonymousPurchase { at: at("2024-06-30"), amount: 600, returned: 100 },
    ];
    let read = assumptions::parse("margin: 40%\nfixed cost: 1 EUR per month\n", &program).expect("good assumptions");
    let totals = Totals { discounts: 250, member_sales: 11_400, ..Totals::new(&program) };
    let run = |starts: Option<&str>, ends: Option<&str>| {
        let program = Program { ends: ends.map(day), ..program.clone() };
        let observed = observed(&program, None, &history, None, starts.map(day));
        report::build(&about(&program, &observed, Runs::One(&totals), Some(&read))).expect("sums that fit")
    };
    let report = run(Some("2024-02-01"), Some("2024-06-30"));
    // 151 days are 4.96 months: 2.50 + 4.96. Sales 100.00 + 14.00 + 6.00, less 4.00 and 1.00.
    assert_eq!(value(&report, "program.cost"), "7.46");
    let rate = report.metric("program.cost_rate").expect("the rate");
    assert_eq!(rate.cell.denominator, Some(report::model::Amount::Money(11_500)));
    assert_eq!(rate.window, "2024-02-01 to 2024-06-30");
    // 7.46 / 115.00, and 7.46 / (0.4 × 115.00 − 2.50)
    assert_eq!(value(&report, "program.cost_rate"), "0.0648695652");
    assert_eq!(value(&report, "break_even_uplift"), "0.1714942529");
    assert!(report.expectations[0].held);
    // The history's own figures look at all of it.
    assert_eq!(value(&report, "revenue"), "187.00");
    let text = write::text(&report);
    assert!(flat(&text.replace("assumed", "")).contains("115.00 EUR in sales from 1 Feb 2024 to 30 Jun 2024, when it ran"), "{text}");
    // All of it: 184 days, 174.00 + 13.00, less 14.00 and 1.50.
    let all = run(None, None);
    assert_eq!(all.metric("program.cost_rate").expect("the rate").cell.denominator, Some(report::model::Amount::Money(17_150)));
    assert_eq!(value(&all, "program.cost"), "8.55");
    // No day of it.
    let never = run(Some("2025-01-01"), None);
    assert_eq!(value(&never, "program.cost_rate"), "null: the program runs on no day of this window");
    assert!(!never.expectations[0].held);
}

#[test]
fn an_empty_history_has_all_keys() {
    let program = program(COFFEE);
    let report = built(&program, &History::default(), None);
    let tree: serde_json::Value = serde_json::from_str(&write::json(&report).expect("JSON")).expect("JSON");
    let metrics = tree["metrics"].as_array().expect("metrics");
    let keys = |metric: &serde_json::Value| metric.as_object().expect("a metric").keys().cloned().collect::<Vec<_>>();
    for metric in metrics {
        assert_eq!(keys(metric), keys(&metrics[0]));
        assert_eq!(metric["value"].is_null(), metric["reason"].is_string(), "{metric}");
    }
    for id in [
        "customers",
        "purchases",
        "revenue",
        "refunds",
        "ticket.average",
        "ticket.median",
        "rcr.order",
        "rcr.day",
        "frequency.window",
        "clv.tcf",
        "loyal.customers",
        "retention.90d",
        "nps",
        "members",
        "discount.granted",
        "gifts.granted",
        "gifts.cost",
        "vouchers.granted",
        "wallet.beans.issued",
        "wallet.beans.spent",
        "wallet.beans.expired",
        "wallet.beans.taken_back",
        "wallet.beans.balance",
        "wallet.beans.pending",
        "wallet.beans.redemption_rate",
        "program.cost",
        "program.cost_rate",
        "break_even_uplift",
        "tier.bronze.members",
        "tier.silver.members",
        "rule.Standing.fired",
        "rule.Standing.granted",
        "rule.5.fired",
    ] {
        assert!(metrics.iter().any(|metric| metric["id"] == id), "{id} is missing");
    }
    let yaml: serde_yaml::Value = serde_yaml::from_str(&write::yaml(&report).expect("YAML")).expect("YAML");
    assert_eq!(serde_json::to_value(&yaml).expect("the same tree"), tree);
    insta::assert_snapshot!(write::text(&report));
}

#[test]
fn the_tree_of_a_report() {
    let program = program(COFFEE);
    let report = envelope(&program, &history(vec![part(&[A, B, C, D])]), None);
    insta::assert_snapshot!(write::json(&report).expect("JSON"));
}

#[test]
fn goals_hold_at_both_ends_or_not_at_all() {
    let goals = "expect program cost at most 9% of revenue\nexpect program cost at most 8% of revenue\nexpect redemption rate of beans at \
                 least 10%\nexpect \"rcr.order\" at least 75%\nexpect discounts at most 2.50 EUR\nexpect customers over 4\n";
    let program = program(&format!("{COFFEE}{goals}"));
    assert!(report::check_expectations(&program).0.is_empty());
    let report = envelope(&program, &history(vec![part(&[A, B, C, D])]), None);
    // 4.10 to 12.10 of 149.00 is 2.8% to 8.1%; nobody may redeem at all; 3 of 4 came back.
    assert!(report.expectations.iter().map(|goal| goal.held).eq([true, false, false, true, true, false]));
    assert!(!report.goals_met());
}

#[test]
fn metrics_that_do_not_exist() {
    let goals =
        "expect redemtion rate at least 40%\nexpect \"rcr.ordr\" at least 40%\nexpect revenue at least 5\nexpect customers at least 5%\n";
    let text = format!("{COFFEE}{goals}");
    let program = program(&text);
    let problems = report::check_expectations(&program);
    insta::assert_snapshot!(loyalty_dsl::diagnostic::render::human(&problems, &Sources::single("coffee.loy", &text), false));
    let resolved = |words: &str| report::resolve_metric(words, &program).map(|named| named.id).ok();
    assert_eq!(resolved("Repeat  customer rate").as_deref(), Some("rcr.order"));
    assert_eq!(resolved("balance of beans").as_deref(), Some("wallet.beans.balance"));
    assert_eq!(resolved("rule.standing.fired").as_deref(), Some("rule.Standing.fired"));
    for words in report::metric_words() {
        assert!(resolved(words).is_some(), "{words}");
    }
}

#[test]
fn assumptions_are_read_exactly() {
    let program = program(COFFEE);
    let text = "margin: 0.1234567890123456789\nreward cost: 80%\nfixed cost: 3_000.50 per month\nredemption:\n  - { share: 60%, policy: as soon as \
                possible }\n  - { share: 40%, policy: never }\nseed: 7\nresponse: 2%\nvouchers used: 60%\n";
    let read = assumptions::parse(text, &program).expect("good assumptions");
    assert_eq!(read.assumptions.margin.map(|margin| margin.base), Decimal::parse("0.1234567890123456789"));
    assert_eq!(read.assumptions.reward_cost.base, Decimal::new(8, 1));
    assert_eq!(read.assumptions.fixed_cost_per_month.map(|cost| cost.base), Some(300_050));
    assert_eq!(read.assumptions.redemption.len(), 1);
    assert_eq!(read.assumptions.redemption[0].mixture.len(), 2);
    assert_eq!(read.assumptions.seed, 7);
    insta::assert_snapshot!(read.warnings.join("\n"));
}

#[test]
fn assumptions_that_make_no_sense() {
    let program = program(COFFEE);
    let wrong = "margn: 35%\nreward cost: much\nfixed cost: 3000 USD per month\nredemption: { bean: never, beans: sometimes }\nvouchers used: \
                 120%\nseed: 1.5\nresponse: { low: 5%, base: 2% }\n";
    insta::assert_snapshot!(assumptions::parse(wrong, &program).expect_err("mistakes").join("\n"));
    let shares = "redemption:\n  - { share: 60%, policy: never }\n  - { share: 30%, policy: as recorded }\n";
    insta::assert_snapshot!(assumptions::parse(shares, &program).expect_err("mistakes").join("\n"));
    insta::assert_snapshot!(assumptions::parse("margin: [", &program).expect_err("mistakes").join("\n"));
    insta::assert_snapshot!(assumptions::parse("- margin", &program).expect_err("mistakes").join("\n"));
}

const VOUCHERS: &str = "program \"x\" currency EUR timezone UTC\ntiers by spend ever\n  bronze\n  gold from 100 EUR\n\
                        on every purchase grant voucher 3 EUR\n";

#[test]
fn vouchers_follow_redemption_unless_said() {
    let program = program(VOUCHERS);
    let read = |text: &str| assumptions::parse(text, &program).expect("good assumptions");
    let used = |text: &str| read(text).assumptions.vouchers_used;
    for (text, share) in [
        ("redemption: never", Decimal::whole(0)),
        ("redemption: as recorded", Decimal::whole(0)),
        ("redemption: as soon as possible", Decimal::whole(1)),
        ("redemption: with probability 0.3", Decimal::whole(1)),
        ("redemption: never\nvouchers used: 60%", Decimal::new(6, 1)),
        ("vouchers used: 60%\nredemption: never", Decimal::new(6, 1)),
        ("margin: 30%", Decimal::whole(1)),
    ] {
        assert_eq!(used(text), share, "{text}");
    }
    // It has an effect on vouchers, so nobody is told that it has none.
    assert!(read("redemption: never").warnings.is_empty());
    assert_eq!(
        read("redemption: never\nvouchers used: 60%").warnings,
        ["`redemption` has no effect: no wallet of the program pays for purchases."]
    );
}

#[test]
fn two_runs_are_told_as_two_runs() {
    // More expensive if nobody redeems: 20% for a balance of 300 to 400 points, which those who redeem never have.
    let program = program(&format!("{COFFEE}expect program cost at most 4% of revenue\n"));
    let history = history(vec![part(&[("a", &[("2024-01-01", 10_000)])])]);
    let (never, soon) = (Totals { discounts: 580, ..Totals::new(&program) }, Totals { discounts: 200, ..Totals::new(&program) });
    let told = |text: &str| {
        let read = assumptions::parse(text, &program).expect("good assumptions");
        let observed = observed(&program, None, &history, None, None);
        let about = about(&program, &observed, Runs::Envelope { never: &never, soon: &soon }, Some(&read));
        let report = report::build(&about).expect("sums that fit");
        let text = write::text(&report);
        (report, flat(&text.replace("mechanical", "").replace("assumed: margin", "")))
    };
    let (report, text) = told("margin: 10%");
    // 5.80 and 2.00 of 100.00; 5.80 / (10.00 − 5.80) and 2.00 / (10.00 − 2.00)
    let sentence = "cost 5.8% of 100.00 EUR in sales if nobody redeems, and 2% if everybody does as soon as possible: 5.80 and 2.00 EUR.";
    assert!(text.contains(sentence), "{text}");
    let uplift =
        "raises sales at a margin of 10% by at least 138.1% if nobody redeems, and by at least 25% if everybody does as soon as possible";
    assert!(text.contains(uplift), "{text}");
    let goal = "it is 5.8% (missed) if nobody redeems, 2% (met) if everybody does as soon as possible";
    assert!(text.contains(goal), "{text}");
    assert!(text.contains("They are no bounds"), "{text}");
    assert_eq!(report.expectations[0].held_at, Some((false, true)));
    // The tree keeps the smaller and the larger.
    let cost = &report.metric("program.cost").expect("the cost").cell;
    assert_eq!((cost.low.map(|low| low.floor()), cost.high.map(|high| high.floor())), (Some(200), Some(580)));
    let (_, text) = told("margin: 3%");
    assert!(
        text.contains("if everybody does as soon as possible; if nobody redeems it cannot pay for itself however much sales rise"),
        "{text}"
    );
    let (_, text) = told("margin: 1%");
    assert!(
        text.contains("It cannot pay for itself however much sales rise at a margin of 1%: it costs at least as much as they leave."),
        "{text}"
    );
}

#[test]
fn rows_of_sentences_name_their_line_and_what_they_gave() {
    let text = "program \"x\" currency EUR timezone UTC\ngift mug costs 2 EUR\non every purchase donate 5 EUR to \"Shelter\"\n\
                on 2nd purchase grant gift mug\non 3rd purchase grant voucher 3 EUR\n";
    let program = program(text);
    let sources = Sources::single("x.loy", text);
    let history = history(vec![part(&[("a", &[("2024-01-01", 10_000)])])]);
    let mut totals = Totals::new(&program);
    totals.donations = 1500;
    (totals.rules[0].fired, totals.rules[0].cost) = (3, 1500);
    (totals.rules[1].fired, totals.rules[1].gifts, totals.rules[1].cost) = (1, 1, 200);
    (totals.rules[2].fired, totals.rules[2].vouchers) = (2, 2);
    let observed = observed(&program, Some(&sources), &history, None, None);
    let about = About { sources: Some(&sources), ..about(&program, &observed, Runs::One(&totals), None) };
    let report = report::build(&about).expect("sums that fit");
    let text = flat(&write::text(&report));
    for words in [
        "line 3 on every purchase donate 5 EUR to \"Shelter\" 3 times cost 15.00 EUR",
        "line 4 on 2nd purchase grant gift mug 1 time 1 gift · cost 2.00 EUR",
        "line 5 on 3rd purchase grant voucher 3 EUR 2 times 2 vouchers",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let tree: serde_json::Value = serde_json::from_str(&write::json(&report).expect("JSON")).expect("JSON");
    assert_eq!((&tree["tables"]["rules"][2]["place"], &tree["tables"]["rules"][2]["vouchers"]), (&"line 5".into(), &2.into()));
}

#[test]
fn figures_of_a_run_by_assumption_are_assumed() {
    let history = history(vec![part(&[A, B])]);
    let label = |text: &str, assumed: &str, id: &str| {
        let program = program(text);
        let read = assumptions::parse(assumed, &program).expect("good assumptions");
        let totals = Totals::new(&program);
        let report = report::build(&about(&program, &observed(&program, None, &history, None, None), Runs::One(&totals), Some(&read)))
            .expect("sums that fit");
        let metric = report.metric(id).expect("the metric");
        (metric.label.word(), metric.assumes.clone())
    };
    for id in ["tier.silver.members", "wallet.beans.issued", "rule.Standing.fired", "rule.Standing.granted", "discount.granted"] {
        assert_eq!(label(COFFEE, "redemption: never", id), ("assumed", vec!["redemption"]), "{id}");
        assert_eq!(label(COFFEE, "margin: 30%", id), ("mechanical", vec![]), "{id}");
    }
    assert_eq!(label(COFFEE, "redemption: never", "members"), ("mechanical", vec![]));
    assert_eq!(label(COFFEE, "redemption: never", "customers"), ("observed", vec![]));
    assert_eq!(label(VOUCHERS, "redemption: never", "tier.gold.members"), ("assumed", vec!["redemption"]));
    assert_eq!(label(VOUCHERS, "vouchers used: 60%", "program.cost"), ("assumed", vec!["vouchers used"]));
}

#[test]
fn percentages_without_their_sign() {
    let program = program(COFFEE);
    let refused = |text: &str| assumptions::parse(text, &program).expect_err("a mistake").join("\n");
    let sign = "write 35%, or the fraction as a number up to 1, such as 0.35.";
    assert_eq!(refused("margin: 35"), format!("`margin: 35`: {sign}"));
    assert_eq!(refused("margin: { low: 30%, base: 35 }"), format!("`margin: base: 35`: {sign}"));
    assert_eq!(refused("vouchers used: 60"), "`vouchers used: 60`: write 60%, or the fraction as a number up to 1, such as 0.35.");
    assert_eq!(refused("margin: 120%"), "`margin` is a share of sales and cannot be above 100%.");
    assert_eq!(refused("margin: { base: 35%, high: 120% }"), "`margin` is a share of sales and cannot be above 100%.");
    // A reward may cost the firm more than it is worth to the customer.
    let read = assumptions::parse("margin: 1\nreward cost: 120%", &program).expect("good assumptions");
    assert_eq!(read.assumptions.reward_cost.base, Decimal::new(120, 2));
}

#[test]
fn numbers_for_people() {
    use write::format::{fixed, percent, plain, thousands};
    let ratio = |a: i128, b: i128| loyalty_dsl::value::Exact::ratio(a, b).expect("a fraction");
    assert_eq!(thousands("1234567.891"), "1,234,567.891");
    assert_eq!(thousands("-123"), "-123");
    assert_eq!(fixed(ratio(1152, 2357), 10), "0.4887568944");
    assert_eq!(fixed(ratio(-5, 2), 0), "-3");
    assert_eq!(fixed(ratio(5, 2), 0), "3");
    assert_eq!(fixed(ratio(-7, 3), 1), "-2.3");
    assert_eq!(plain(ratio(5, 2), 4), "2.5");
    assert_eq!(percent(ratio(1, 3)), "33.3%");
    assert_eq!(percent(ratio(1, 3000)), "0.03%");
    assert_eq!(percent(ratio(1, 1)), "100%");
}
