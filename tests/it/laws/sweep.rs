//! One hash: the same records give the same bytes, however they are written down and wherever they are read.

use super::histories::What;
use super::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Many mechanics in one program: what one account does, and what accounts share.
const PROGRAM: &str = r#"program "Sweep"
  currency EUR
  timezone Europe/Berlin
points beans worth 0.01 EUR, expire 20 days after earning
stamps drinks
points miles
tiers by spend in last 30 days
  bronze
  silver from 30 EUR
  gold from 100 EUR
  review every month
gift mug costs 2 EUR
gift pin costs 1 EUR only 7 in all
budget spring 12 EUR per month
draw "Trip" on 2025-02-10 gives 3 gift mug
earn 2 beans per 1 EUR, at most 150 beans per month
earn 3 miles per 1 EUR for tier silver or above
earn 1 drink per item
cashback 3% within budget spring
discount 4% on weekends
on every 3rd purchase grant gift pin
on purchase over 30 EUR grant 1 entry to "Trip"
after 10 days without purchase grant voucher 2 EUR valid for 30 days
on referral grant 20 beans
on birthday grant 15 beans
exchange 6 drinks for gift mug
reward gift mug for 40 beans
redeem beans up to 50% of purchase
redeem 100 miles for 1 EUR
redeem cashback
"#;

/// Runs the program as its users start it; the hashes of the ledger and of what it says.
fn hashes(folder: &Path, history: &Path, threads: &str, place: (&str, &str)) -> (String, String) {
    let ledger = folder.join("ledger.csv");
    let done = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"))
        .args(["simulate", "sweep.loy", "--format", "json", "--quiet", "--threads", threads, "--as-of", "2025-05-01"])
        .arg("--history")
        .arg(history)
        .arg("--ledger")
        .arg(&ledger)
        .current_dir(folder)
        .env("TZ", place.0)
        .env("LANG", place.1)
        .env("LC_ALL", place.1)
        .output()
        .expect("the program starts");
    assert!(done.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&done.stderr));
    let hash = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    (hash(&fs::read(&ledger).expect("a ledger")), hash(&done.stdout))
}

/// The rows below the header in another order.
fn shuffled(text: &str, seed: u64) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let (header, rows) = lines.split_at_mut(1);
    rows.sort_by_key(|row| Sha256::digest(format!("{seed}{row}").as_bytes()).to_vec());
    header.iter().chain(rows.iter()).map(|line| format!("{line}\n")).collect()
}

/// I7, O8: threads, formats, the order of rows, and the zone and language of the computer change no byte.
#[test]
fn one_hash_in_every_configuration() {
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let mut crowd: Vec<Person> = Vec::new();
    while crowd.len() < 40 {
        let drawn = people().new_tree(&mut runner).expect("people").current();
        let number = crowd.len();
        crowd.extend(drawn.into_iter().enumerate().map(|(at, person)| Person { id: format!("c{:03}", number + at), ..person }));
    }
    for bought in crowd.iter_mut().flat_map(|person| &mut person.bought) {
        // Rows of a table of lines have no order of their own, and parts of an amount are no more than it.
        bought.items.truncate(1);
        // In a table with amounts a return that records none is an error.
        bought.returns.retain(|back| !matches!(back.what, What::Rest));
        bought.shipping = bought.shipping.min(bought.total());
        bought.tax = bought.tax.min(bought.total() - bought.shipping);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("sweep.loy"), PROGRAM).expect("a file");
    let mut ledgers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in ["yaml", "csv", "parquet"] {
        let history = files::write(at, &crowd, kind);
        let mut reports: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut sweep = |label: &str, history: &Path, threads: &str, place: (&str, &str)| {
            let (ledger, report) = hashes(at, history, threads, place);
            ledgers.entry(ledger).or_default().push(format!("{kind} {label}"));
            reports.entry(report).or_default().push(label.to_owned());
        };
        sweep("one thread", &history, "1", ("UTC", "C"));
        sweep("three threads, Apia, Turkish", &history, "3", ("Pacific/Apia", "tr_TR.UTF-8"));
        if kind == "csv" {
            sweep("two threads, Havana, Russian", &history, "2", ("America/Havana", "ru_RU.UTF-8"));
            for table in ["customers", "purchases", "items", "returns", "events"] {
                let path = at.join(format!("{table}.csv"));
                if let Ok(text) = fs::read_to_string(&path) {
                    fs::write(&path, shuffled(&text, 7)).expect("a file");
                }
            }
            sweep("rows in another order", &history, "2", ("UTC", "C"));
        }
        assert_eq!(reports.len(), 1, "the report depends on how it is run: {reports:#?}");
    }
    assert_eq!(ledgers.len(), 1, "the ledger depends on how it is run: {ledgers:#?}");
}
