//! Tiers follow what they measure.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// T1, T2: the tier is a step function of what was spent, thresholds included.
    #[test]
    fn tiers_follow_spending(silver in 1..5000_i64, more in 1..5000_i64, amounts in prop::collection::vec(prop_oneof![0..3000_i64, Just(1), Just(-1)], 1..10)) {
        let gold = silver + more;
        let text = format!(
            "program \"Law\" currency EUR timezone UTC\ntiers by spend ever\n  bronze\n  silver from {}.{:02} EUR\n  gold from {}.{:02} EUR\n",
            silver / 100, silver % 100, gold / 100, gold % 100
        );
        let program = checked(&Text { head: vec![text], rules: Vec::new() }).expect("a program");
        // Below zero: exactly to the next threshold.
        let (mut spent, mut bought, mut expected) = (0_i64, Vec::new(), Vec::new());
        let mut rung = 0_u8;
        for (at, amount) in amounts.iter().enumerate() {
            let next = if spent < silver { silver } else { gold.max(spent) };
            let amount = if *amount < 0 { next - spent } else { *amount };
            spent += amount;
            let reached = u8::from(spent >= silver) + u8::from(spent >= gold);
            expected.extend((rung + 1..=reached).map(|rung| (u32::try_from(at).expect("few"), rung)));
            rung = reached;
            bought.push(histories::Bought { at: i64::try_from(at).expect("few"), amount, ..histories::Bought::default() });
        }
        let person = Person { id: "c0".to_owned(), bought, ..Person::default() };
        let ledger = run(&program, &[person]);
        let found: Vec<(u32, u8)> = ledger.accounts["c0"].iter().filter_map(|e| match e.kind {
            Kind::TierUp(tier) => Some((e.purchase.expect("a purchase"), tier.rung)),
            _ => None,
        }).collect();
        prop_assert_eq!(found, expected);
    }
}
