//! What is put together is the sum of its parts.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// E4, X2: an account depends on its own events only.
    #[test]
    fn accounts_are_apart((_, program) in lawful(Pool::All), people in people()) {
        let all = run(&program, &people);
        let mut totals = Totals::new(&program);
        for person in &people {
            let alone = run(&program, std::slice::from_ref(person));
            prop_assert_eq!(alone.accounts.get(&person.id), all.accounts.get(&person.id));
            totals.merge(&alone.totals).expect("small sums");
        }
        prop_assert_eq!(totals, all.totals);
    }
}
