//! The same input gives the same output, however it is written down.

use super::*;

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
}
