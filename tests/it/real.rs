//! Whole runs over large real histories, which are not shipped: visibly skipped where they are missing.

use crate::markdown;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the histories, or a word that the test was skipped.
fn data(needed: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("LOYALTY_SHARED_DATA").map_or_else(|| markdown::file("../shared/data"), PathBuf::from);
    let there = folder.join(needed).exists();
    if !there {
        eprintln!("SKIPPED: no {needed} in {}", folder.display());
    }
    there.then_some(folder)
}

/// The report of `tests/data/NAME.loy` on `tests/data/NAME.yaml`.
fn report(name: &str, data: &std::path::Path) -> Value {
    let mapping = markdown::read(&format!("tests/data/{name}.yaml")).replace("../../../shared/data", &data.to_string_lossy());
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.yaml");
    std::fs::write(&history, mapping).expect("a file");
    let mut tool = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.arg("simulate")
        .arg(markdown::file(&format!("tests/data/{name}.loy")))
        .args(["--format", "json", "--history"])
        .arg(history)
        .arg("--allow-outside");
    let output = tool.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn metric<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = report["metrics"].as_array().expect("metrics");
    &all.iter().find(|metric| metric["id"] == id).expect("the metric")["value"]
}

fn count(rows: &Value) -> u64 {
    let all = ["used", "duplicate", "rejected"].map(|kind| rows[kind].as_u64().expect("a count"));
    assert_eq!(rows["read"], all.iter().sum::<u64>());
    rows["read"].as_u64().expect("a count")
}

#[test]
fn invoices_with_cancellations() {
    let Some(data) = data("online_retail.parquet") else { return };
    let report = report("online_retail", &data);
    assert_eq!(count(&report["history"]["rows"]), 541_909);
    // Counted with another tool: all lines that are no cancellation, and those that name a customer.
    assert_eq!(metric(&report, "revenue"), "10666684.54");
    assert_eq!(metric(&report, "customers"), 4339);
    assert_eq!(metric(&report, "purchases"), 18_536);
}

#[test]
fn receipts_folded_from_lines() {
    let Some(data) = data("completejourney/transactions.parquet") else { return };
    let report = report("complete_journey", &data);
    // The lines, the products and the customers.
    assert_eq!(count(&report["history"]["rows"]), 1_469_307 + 92_331 + 801);
    assert_eq!(metric(&report, "customers"), 2469);
    assert_eq!(metric(&report, "purchases"), 155_848);
    assert_eq!(metric(&report, "revenue"), "4596039.58");
}
