//! Histories and programs made to break the tool: it says what is wrong with them, in its own words and in time.

use super::cli::Folder;

const HEAD: &str =
    "program \"Hostile\"\n  currency EUR\n  timezone UTC\npoints beans worth 0.01 EUR never expire\nredeem 100 beans for 1 EUR\n";

/// A run over purchases with a column `miles`; what it says on standard error, and how it ends.
fn run(rules: &str, rows: &str) -> (Option<i32>, String) {
    let folder = Folder::new();
    folder.write("hostile.loy", &format!("{HEAD}{rules}\n"));
    folder.write("h.csv", &format!("customer,id,at,amount,miles\n{rows}"));
    let ran = folder.run(&["simulate", "hostile.loy", "--history", "h.csv", "--quiet"]);
    (ran.code(), ran.err())
}

#[test]
fn amounts_too_large_name_the_rule_and_the_purchase() {
    let huge = "ann,7,2025-01-01,300.00,9223372036854775806\nann,8,2025-01-02,300.00,9223372036854775806\n";
    for rule in [
        "after every 100 EUR spent grant (purchase.miles) beans",
        "grant (purchase.miles) beans",
        "grant (purchase.miles) beans, paid at end of every quarter",
        "grant (purchase.miles) beans pending for 2 days",
        "grant (purchase.miles * 3) beans",
        "earn 1 bean per 1 EUR if purchase.miles + purchase.miles is over 5",
    ] {
        let (code, said) = run(rule, huge);
        if code == Some(0) {
            // Numbers themselves are exact: only what is granted has to fit.
            assert!(rule.starts_with("earn"), "{rule}");
            continue;
        }
        assert_eq!(code, Some(3), "{rule}: {said}");
        assert!(said.contains("too large to count by") && said.contains("customer ann, purchase "), "{rule}: {said}");
        assert!(!said.contains("panicked") && !said.contains("mistake in"), "{rule}: {said}");
    }
}

#[test]
fn an_event_sets_off_what_is_worked_out_each_time_so_often_and_not_more() {
    let row = "ann,7,2025-01-01,20000.00,1\n";
    let (code, said) = run("after every 2 EUR spent grant voucher 5 EUR", row);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run("after every 1 EUR spent grant voucher 5 EUR", row);
    assert_eq!(code, Some(3));
    assert!(said.contains("more than 10000 times") && said.contains("customer ann, purchase 7"), "{said}");
}

#[test]
fn an_example_far_ahead_is_quick() {
    let folder = Folder::new();
    folder.write("far.loy", &format!("{HEAD}at start of every day grant 1 bean\nexample \"far\"\n  customer joined 2025-01-01\n  wait until 2125-01-01  expect balance 36525 beans\n"));
    let ran = folder.run(&["check", "far.loy"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.out());
}
