//! Figures that were worked out elsewhere, on the real history that is shipped: CDNOW's sample. The same were found with
//! independent programs.

use crate::markdown;
use serde_json::Value;

/// The report of a program that does nothing on the sample.
fn sample() -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("nothing.loy");
    std::fs::write(&program, "program \"Nothing\" currency USD timezone UTC\n").expect("a file");
    let history = folder.path().join("sales.yaml");
    let data = markdown::file("programs/data/cdnow_sample.csv");
    let mapping = format!("purchases: {{ files: '{}', columns: {{ customer: customer_id, id: order, at: date }} }}\n", data.display());
    std::fs::write(&history, mapping).expect("a file");
    let mut tool = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.arg("simulate").arg(program).args(["--format", "json", "--allow-outside", "--history"]).arg(history);
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
