//! Parts of a history evaluated apart, brought together.

use crate::cli::Folder;
use loyalty_dsl::engine::RunError;
use loyalty_dsl::session::{NoFiles, Partial, Reading, Session, Settings, Shard};
use loyalty_dsl::source::SourceFile;

const SALES: &str = "customer,id,at,amount,coupon\n\
    ann,1,2025-01-01,100.00,SPRING\nann,2,2025-02-02,50.00,\nbob,3,2025-01-04,7.25,\n,4,2025-01-05,3.00,\n\
    cy,5,2025-01-05,1.00,\ncy,6,2025-03-05,31.00,\ndee,7,2025-03-05,80.00,SPRING\neve,8,2025-03-06,80.00,\n";
const CLUB: &str = "program \"Club\" currency EUR timezone UTC\npoints worth 0.01 EUR expire 1 month after earning\n\
    tiers by spend ever\n  basic\n  gold from 60 EUR\nearn 1 point per 1 EUR\ndiscount 5% for tier gold\n\
    grant 10 points with coupon \"SPRING\"\nredeem points\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("club.loy", CLUB);
    folder.write("sales.csv", SALES);
    folder
}

/// Simulates all parts, each with its ledger; the names of the partial results.
fn parts(folder: &Folder, of: u32) -> Vec<String> {
    let part = |index: u32| {
        let (name, ledger, shard) = (format!("{index}.partial"), format!("{index}.csv"), format!("{index}/{of}"));
        let args = ["simulate", "club.loy", "--history", "sales.csv", "--shard", &shard, "--partial", &name, "--ledger", &ledger];
        let ran = folder.run(&args);
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
        assert_eq!(ran.out(), "", "the report is merge's to write");
        name
    };
    (1..=of).map(part).collect()
}

#[test]
fn parts_in_any_order_make_the_report_and_the_ledger_of_one_run() {
    let folder = folder();
    for format in ["text", "json", "csv"] {
        let whole = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--format", format, "--ledger", "whole.csv"]);
        let ledger = std::fs::read_to_string(folder.path("whole.csv")).expect("the ledger");
        // More parts than customers leave some of them empty.
        for of in [1, 2, 3, 7] {
            let mut names = parts(&folder, of);
            names.reverse();
            names.rotate_left(usize::try_from(of / 2).expect("a small number"));
            let args: Vec<&str> = ["merge", "--format", format].into_iter().chain(names.iter().map(String::as_str)).collect();
            let merged = folder.run(&args);
            assert_eq!((merged.code(), merged.out()), (whole.code(), whole.out()), "{of} parts as {format}: {}", merged.err());
            let lines = (1..=of).flat_map(|part| {
                let text = std::fs::read_to_string(folder.path(&format!("{part}.csv"))).expect("a ledger");
                text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
            });
            assert_eq!(lines.collect::<Vec<_>>(), ledger.lines().skip(1).collect::<Vec<_>>(), "{of} ledgers end to end");
        }
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = folder();
    parts(&folder, 3);
    let says = |args: &[&str], words: &str| {
        let ran = folder.run(args);
        assert_eq!(ran.code(), Some(3), "{}", ran.err());
        assert!(ran.err().contains(words), "{}", ran.err());
    };
    says(&["merge", "1.partial", "3.partial"], "Part 2 of 3 is missing: the report needs all of them.");
    says(&["merge", "1.partial"], "Part 2 and 1 more of 3 are missing: the report needs all of them.");
    says(&["merge", "1.partial", "2.partial", "1.partial"], "1.partial: Part 1 of 3 is there twice.");
    folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--shard", "2/3", "--partial", "seed.partial", "--seed", "7"]);
    says(&["merge", "1.partial", "seed.partial", "3.partial"], "seed.partial: They are of different settings");
    folder.write("club.loy", &CLUB.replace("5%", "6%"));
    folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--shard", "2/3", "--partial", "other.partial"]);
    says(&["merge", "1.partial", "other.partial", "3.partial"], "other.partial: They are of different programs");
    folder.write("club.loy", CLUB);
    folder.write("sales.csv", &SALES.replace("7.25", "7.26"));
    folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--shard", "2/3", "--partial", "data.partial"]);
    says(&["merge", "1.partial", "data.partial", "3.partial"], "data.partial: They are of different histories");
    says(&["merge", "club.loy"], "club.loy: it is no partial result");
    folder.write(
        "old.partial",
        &std::fs::read_to_string(folder.path("1.partial")).expect("a part").replacen("\"version\":3,", "\"version\":0,", 1),
    );
    says(&["merge", "old.partial"], "old.partial: it was made by another version");
    let ran = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--shard", "1/2"]);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.err().contains("name a file for it with --partial"), "{}", ran.err());
    let ran = folder.run(&["simulate", "club.loy", "--history", "sales.csv", "--shard", "3/2", "--partial", "x"]);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.err().contains("like 1/4, the first of four"), "{}", ran.err());
}

/// A budget that closes, a series, a draw, and friends in different parts, one of whom returns what she bought.
const SHARED: &str = "program \"Friends\" currency EUR timezone UTC\npoints worth 0.01 EUR\nredeem points\nbudget pot 1.20 EUR per month\n\
    gift mug costs 2 EUR only 3 in all\ndraw \"Car\" on 2025-02-10 gives 2 gift mug\n\
    earn 1 point per 1 EUR within budget pot\non referral grant 30 points and grant friend 20 points\n\
    on every 2 purchases grant gift mug\non purchase grant 1 entry to \"Car\"\n";
const PEOPLE: &str = "customers:\n\
    - { id: ann, purchases: [ { id: a1, at: 2025-01-01, amount: 60 }, { id: a2, at: 2025-02-02, amount: 50 }, { id: a3, at: 2025-02-12, amount: 9 } ] }\n\
    - { id: bob, referred_by: ann, purchases: [ { id: b1, at: 2025-01-04, amount: 40 }, { id: b2, at: 2025-01-05, amount: 30 } ] }\n\
    - { id: cy, referred_by: dee, purchases: [ { id: c1, at: 2025-01-03, amount: 30 } ], returns: [ { of: c1, at: 2025-01-20 } ] }\n\
    - { id: dee, purchases: [ { id: d1, at: 2025-01-02, amount: 70 }, { id: d2, at: 2025-02-02, amount: 80 } ] }\n\
    - { id: eve, referred_by: bob, purchases: [ { id: e1, at: 2025-02-01, amount: 45 }, { id: e2, at: 2025-02-03, amount: 40 } ] }\n";

#[test]
fn parts_whose_customers_share_something_hear_of_each_other() {
    let folder = Folder::new();
    folder.write("friends.loy", SHARED);
    folder.write("people.yaml", PEOPLE);
    let whole = folder.run(&["simulate", "friends.loy", "--history", "people.yaml", "--ledger", "whole.csv"]);
    assert_eq!(whole.code(), Some(0), "{}", whole.err());
    let ledger = std::fs::read_to_string(folder.path("whole.csv")).expect("the ledger");
    let names = ["1.partial", "2.partial", "3.partial", "4.partial"];
    let (mut rounds, mut known) = (0, false);
    let merged = loop {
        rounds += 1;
        assert!(rounds < 12, "nothing settles");
        for (at, name) in names.iter().enumerate() {
            let (shard, lines) = (format!("{}/4", at + 1), format!("{at}.csv"));
            let mut args =
                vec!["simulate", "friends.loy", "--history", "people.yaml", "--shard", &shard, "--partial", name, "--ledger", &lines];
            if known {
                args.extend(["--world", "w.json"]);
            }
            let ran = folder.run(&args);
            assert_eq!(ran.code(), Some(0), "{}", ran.err());
        }
        let merged = folder.run(&["merge", "4.partial", "2.partial", "1.partial", "3.partial", "--world", "w.json"]);
        if merged.code() == Some(0) {
            break merged;
        }
        assert_eq!(merged.code(), Some(1), "{}", merged.err());
        known = true;
    };
    assert!(rounds > 2, "the parts had nothing to tell");
    assert_eq!(merged.out(), whole.out());
    let lines = (0..4).flat_map(|at| {
        let text = std::fs::read_to_string(folder.path(&format!("{at}.csv"))).expect("a ledger");
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(lines.collect::<Vec<_>>(), ledger.lines().skip(1).collect::<Vec<_>>());
    let alone = folder.run(&["simulate", "friends.loy", "--history", "people.yaml", "--shard", "1/4", "--partial", "1.partial"]);
    assert_eq!(alone.code(), Some(0), "{}", alone.err());
    let mixed = folder.run(&["merge", "1.partial", "2.partial", "3.partial", "4.partial"]);
    assert!(mixed.err().contains("different --world files"), "{}", mixed.err());
}

fn session(text: &str) -> Session {
    Session::load(SourceFile::new("club.loy", "club.loy".into(), text), &mut NoFiles, &[])
}

#[test]
fn a_session_goes_from_text_to_report_without_a_command_line() {
    let folder = folder();
    let session = session(CLUB);
    let settings = Settings { history: "sales.csv".to_owned(), ..Settings::default() };
    let whole = |stop: bool| -> Result<Partial, RunError> {
        let mut history = session.read(&folder.path("sales.csv"), &Reading::default()).expect("a history").history;
        let seen = session.see(&mut history, &settings, Shard::new(1, 1))?;
        session.run(&history, &settings, seen, None, &mut |_: &str| !stop)
    };
    let partial = whole(false).expect("sums that fit");
    assert_eq!(Partial::decode(&partial.encode().expect("a text")), Ok(partial.clone()));
    let report = partial.session().report(&partial).expect("sums that fit");
    // Ann 110, then gold: 47 of 47.50 EUR; Bob 7, Cy 1 and 31, Dee 90, Eve 80. What the first purchases gave has expired by the second.
    let issued = report.metric("wallet.points.issued").expect("the figure");
    assert_eq!(issued.cell.value, Some(loyalty_dsl::value::Exact::whole(366)), "{issued:?}");
    assert!(whole(true).is_err(), "who says stop is heard");
}
