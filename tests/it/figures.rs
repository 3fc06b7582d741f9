//! Figures that were worked out elsewhere, on the real history that is shipped: CDNOW's sample. The same were found with
//! independent programs.

use crate::markdown;
use serde_json::Value;

/// The report of a program that does nothing on the sample.
fn sample() -> Value {
    told(&[])
}

/// The same with other options.
fn told(more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("nothing.loy");
    std::fs::write(&program, "program \"Nothing\" currency USD timezone UTC\n").expect("a file");
    let history = folder.path().join("sales.yaml");
    let data = markdown::file("programs/data/cdnow_sample.csv");
    let mapping = format!("purchases: {{ files: '{}', columns: {{ customer: customer_id, id: order, at: date }} }}\n", data.display());
    std::fs::write(&history, mapping).expect("a file");
    let mut tool = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.arg("simulate").arg(program).args(["--format", "json", "--allow-outside", "--history"]).arg(history);
    let assumed = folder.path().join("assumed.yaml");
    std::fs::write(&assumed, "margin: 100%\ndiscount rate: 15% a year\n").expect("a file");
    tool.args(more).arg("--assume").arg(assumed);
    let output = tool.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn metric<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = report["metrics"].as_array().expect("metrics");
    all.iter().find(|metric| metric["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

/// A value at as many decimals as `expected` has.
fn near(value: &Value, expected: &str) {
    let decimals = expected.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let number: f64 = match value {
        Value::String(text) => text.parse().expect("a number"),
        other => other.as_f64().expect("a number"),
    };
    assert_eq!(format!("{number:.decimals$}"), expected);
}

#[test]
fn how_customers_of_the_sample_behave() {
    let report = sample();
    for (id, expected) in [
        ("customers", "2357"),
        ("purchases", "6919"),
        ("revenue", "244091.94"),
        ("purchases.per_customer", "2.9355"),
        ("rcr.order", "0.488757"),
        ("rcr.day", "0.483241"),
        ("ticket.average", "35.2785"),
        ("ticket.median", "25.99"),
        ("frequency.window", "0.163644"),
        ("frequency.tenure", "0.177630"),
        ("clv.tcf", "103.560"),
        ("clv.tcf.repeaters", "139.705"),
        ("gap.mean", "70.86"),
        ("gap.median", "34"),
        ("gap.p80", "117"),
        ("gap.p90", "196"),
        ("return.median", "93"),
        ("loyal.customers", "746"),
        ("loyal.sales", "0.7418"),
        ("sales.gini", "0.6309"),
        ("sales.top10", "0.5081"),
        ("sales.top20", "0.6746"),
        ("repeat.ticket", "0.1281"),
        ("repeat.ticket.same", "0.0569"),
        ("repeat.ticket.own", "0.0030"),
        ("next.1", "0.2915"),
    ] {
        near(&metric(&report, id)["value"], expected);
    }
    assert_eq!(metric(&report, "retention.90d")["numerator"], 170);
    assert_eq!(metric(&report, "retention.90d")["denominator"], 385);
    // 80% never come back as far as can be seen; the curve ends at .693.
    assert!(metric(&report, "return.p80")["value"].is_null());
    assert_eq!(metric(&report, "return.p80")["reason"], "never reached: by the longest time seen 69.3% have come back");
    let interval = &metric(&report, "rcr.order")["interval"];
    near(&interval["low"], "0.4686");
    near(&interval["high"], "0.5089");
    // The first row of the triangle: who bought first in January, and who of them in the months after.
    let january: Vec<u64> = report["tables"]["cohorts"][0]["buyers"].as_array().expect("a row").iter().filter_map(Value::as_u64).collect();
    assert_eq!(january.get(..6), Some(&[781, 124, 95, 70, 65, 77][..]));
    // From the n-th day with a purchase to the next, within 90 days, of those who had the time.
    let steps = report["tables"]["steps"].as_array().expect("steps");
    let went_on: Vec<&str> = steps.iter().filter_map(|step| step["went_on"].as_str()).take(6).collect();
    let expected = [(687.0, 2357.0), (479.0, 1106.0), (360.0, 682.0), (292.0, 470.0), (218.0, 336.0), (180.0, 254.0)];
    for (found, (went, all)) in went_on.iter().zip(expected) {
        near(&Value::String((*found).to_owned()), &format!("{:.6}", went / all));
    }
}

/// The rows of a table of models on a part of the window.
fn rows<'a>(report: &'a Value, table: &str, on: &str) -> Vec<&'a Value> {
    report["tables"][table].as_array().expect("rows").iter().filter(|row| row["on"] == on).collect()
}

#[expect(clippy::float_arithmetic, reason = "estimates are compared as others published them")]
/// Within a ten-thousandth of what others found.
fn close(value: &Value, expected: f64) {
    let found: f64 = value.as_str().expect("a number").parse().expect("a number");
    assert!((found - expected).abs() <= 1e-4 * expected.abs(), "{found} is not {expected}");
}

/// Fader and Hardie's sample: fits by two other programs, and what they foretold for the second half, in which 1,882 were made.
#[test]
fn models_of_buying_on_the_sample() {
    let report = told(&["--full"]);
    let half = rows(&report, "clv_models", "first half");
    for (row, (model, parameters, likelihood, foretold)) in half.iter().zip([
        ("BG/NBD", [0.242_595, 4.413_602, 0.792_922, 2.425_907], -9582.4292, 1653.4),
        ("MBG/NBD", [0.524_843, 6.183_082, 0.891_360, 1.614_003], -9582.1357, 1576.7),
        ("Pareto/NBD", [0.553_277, 10.577_683, 0.606_240, 11.668_736], -9594.9762, 1665.5),
    ]) {
        assert_eq!((row["model"].as_str(), row["guard"].as_str(), &row["made"]), (Some(model), Some("fits"), &1882.into()));
        for (n, expected) in (1..).zip(parameters) {
            close(&row[format!("value_{n}")], expected);
        }
        let found: f64 = row["ln_likelihood"].as_str().expect("a number").parse().expect("a number");
        assert!((found - likelihood).abs() < 1e-3, "{found} is not {likelihood}");
        close(&row["foretold"], foretold);
    }
    let expected: Vec<&Value> = half.iter().map(|row| &row["expected_52_weeks"]).collect();
    near(expected[0], "1.44401");
    near(expected[2], "1.47343");
    let alive: Vec<&Value> = half.iter().map(|row| &row["alive"]).collect();
    near(alive[0], "0.81344");
    near(alive[1], "0.44872");
    near(alive[2], "0.44628");
    let errors: Vec<&Value> = (1..=4).map(|n| &half[0][format!("error_{n}")]).collect();
    for (found, error) in errors.into_iter().zip(["0.0126", "0.3782", "0.1857", "0.7054"]) {
        near(found, error);
    }
    let whole = rows(&report, "clv_models", "whole window");
    for (row, parameters) in
        [whole[0], whole[2]].iter().zip([[0.253_561, 5.447_257, 0.607_365, 2.647_234], [0.563_004, 12.559_168, 0.408_107, 10.514_547]])
    {
        for (n, expected) in (1..).zip(parameters) {
            close(&row[format!("value_{n}")], expected);
        }
    }
    let spending = rows(&report, "clv_spending", "first half")[0];
    assert_eq!(spending["customers"], 946);
    for (name, expected) in [("p", 6.24957), ("q", 3.74422), ("v", 15.44352), ("mean", 35.17)] {
        close(&spending[name], expected);
    }
    near(&spending["ln_likelihood"], "-4055.9177");
    near(&spending["correlation"], "0.114");
    assert_eq!(metric(&report, "clv.alive")["label"], "estimated");
}

/// Without a word nothing is fitted, and the figure says why it is missing.
#[test]
fn models_are_fitted_where_they_are_asked_for() {
    let report = sample();
    assert!(metric(&report, "clv.alive")["value"].is_null());
    assert!(metric(&report, "clv.alive")["reason"].as_str().expect("a reason").contains("--full"));
}

/// A window of weeks shows nobody leave: whatever is fitted, the guard says so or the fit stands.
#[test]
fn too_short_a_window_is_refused() {
    let report = told(&["--full", "--as-of", "1997-02-15"]);
    let reason = metric(&report, "clv.alive")["reason"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("of the customers came back") || reason.contains("three times the median gap"), "{reason}");
}

/// IFRS 15, example 52: 100,000 points' worth of goods with points that stand alone at 9,500; then KPMG's numbers.
#[test]
fn points_as_a_material_right() {
    use loyalty_dsl::report::ifrs15::{allocate, recognised};
    use loyalty_dsl::value::Exact;
    let whole = Exact::whole;
    let shared = allocate(100_000, whole(100_000), whole(9_500)).expect("a share");
    assert_eq!((shared.goods, shared.points), (91_324, 8_676));
    let first = recognised(8_676, whole(4_500), whole(9_500), 0).expect("revenue");
    assert_eq!((first, 8_676 - first), (4_110, 4_566));
    let second = recognised(8_676, whole(8_500), whole(9_700), first).expect("revenue");
    assert_eq!((second, 8_676 - first - second), (3_493, 1_073));
    let first = recognised(9_000, whole(4_500), whole(9_700), 0).expect("revenue");
    assert_eq!(first, 4_175);
    assert_eq!(recognised(9_000, whole(8_500), whole(9_900), first), Ok(3_552));
    assert_eq!(recognised(9_000, whole(8_500), whole(9_200), first), Ok(4_140));
}
