//! The same input gives the same output, however it is written down.

use super::histories::What;
use super::*;
use loyalty_dsl::history::Options;
use loyalty_dsl::history::model::Needs;
use loyalty_dsl::syntax::format;

proptest! {
    #![proptest_config(config())]

    /// I1, I2, I3: rows twice, in another order, on any number of threads, are the same.
    #[test]
    fn order_does_not_matter((_, program) in lawful(Pool::All), people in people(), seed in any::<u64>(), threads in 1..4_usize) {
        let plain = run(&program, &people);
        let options = engine::Options { as_of: Some(last()), threads, ..engine::Options::default() };
        for twice in [false, true] {
            let mixed = history(&program, &people, Order { seed, twice });
            prop_assert_eq!(&run_on(&program, &mixed, &options), &plain);
        }
        prop_assert_eq!(run(&program, &people), plain);
    }

    /// I9: other names for customers and purchases, in the same order bytewise, name the same entries. Raffles, which draw by
    /// name, are held after the end here.
    #[test]
    fn names_do_not_matter((text, program) in tamed(Pool::Shared, &[("on 2025-02-10 gives", "on 2026-02-10 gives")]), people in people(), before in "[a-zA-Z]{1,3}", after in "[0-9~]{0,3}") {
        let plain = run(&program, &people);
        let mut renamed = people.clone();
        for person in &mut renamed {
            person.id = format!("{before}{}{after}", person.id);
        }
        let other = run(&program, &renamed);
        prop_assert_eq!(other.totals, plain.totals);
        let ids = plain.accounts.keys().map(|id| format!("{before}{id}{after}"));
        prop_assert!(ids.eq(other.accounts.keys().cloned()));
        prop_assert!(plain.accounts.values().eq(other.accounts.values()), "{}", text.whole());
    }
}

proptest! {
    #![proptest_config(few())]

    /// I7: the same records as inline YAML, as CSV files and as Parquet files give the same ledger. Rows of a table of lines
    /// have no order of their own, so that a receipt has one line here.
    #[test]
    fn formats_agree((text, program) in lawful(Pool::Shared), mut people in people()) {
        for bought in people.iter_mut().flat_map(|person| &mut person.bought) {
            bought.items.truncate(1);
            // In a table with amounts a return that records none is an error.
            bought.returns.retain(|back| !matches!(back.what, What::Rest));
            // Readers reject what cannot be: shipping and tax are parts of the amount.
            bought.shipping = bought.shipping.min(bought.total());
            bought.tax = bought.tax.min(bought.total() - bought.shipping);
        }
        let plain = run(&program, &people);
        let folder = tempfile::tempdir().expect("a folder");
        for kind in ["yaml", "csv", "parquet"] {
            let path = files::write(folder.path(), &people, kind);
            let needs = Needs::default();
            let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
            let options = Options { currency: "EUR", decimals, zone, round_money, account_by: None, needs: &needs, everything: true, outside: false, threads: 1 };
            let history = loyalty_dsl::history::read(&path, &options).expect("a history").history;
            let read = run_on(&program, &history, &until(Some(last())));
            prop_assert_eq!(&read, &plain, "{}: {:?}\n{}", kind, history.accounting.reasons(), text.whole());
        }
    }

    /// I8: a program and what `fmt` makes of it do the same, and `fmt` leaves its own work alone.
    #[test]
    fn formatting_changes_nothing((text, program) in lawful(Pool::Shared), people in people()) {
        let formatted = format(&Sources::single("drawn.loy", &text.whole()), 0).expect("no errors");
        let again = format(&Sources::single("drawn.loy", &formatted), 0).expect("no errors");
        prop_assert_eq!(&again, &formatted);
        let other = fixed(&formatted);
        prop_assert_eq!(run(&other, &people), run(&program, &people), "{}\n{}", text.whole(), formatted);
    }
}
