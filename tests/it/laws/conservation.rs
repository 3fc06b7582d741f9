//! Nothing is lost and nothing comes from nowhere.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// C1, C2: three ways to count a wallet agree, and no lot gives more than it held.
    #[test]
    fn nothing_is_lost((text, program) in lawful(Pool::All), people in people()) {
        let ledger = run(&program, &people);
        for (wallet, totals) in ledger.totals.wallets.iter().enumerate() {
            let of = |kinds: &[Kind]| ledger.sum(|e| in_wallet(e, wallet) && kinds.contains(&e.kind));
            let below = ledger.sum(|e| in_wallet(e, wallet) && e.kind == Kind::Multiply && e.granted < 0);
            prop_assert_eq!(totals.issued + totals.adjusted, totals.spent + totals.expired + totals.taken_back + totals.balance + totals.pending, "{}", text.whole());
            prop_assert_eq!(of(&[Kind::Earn, Kind::Multiply, Kind::Grant]) - below, totals.issued);
            prop_assert_eq!(of(&[Kind::Restore]), totals.adjusted);
            prop_assert_eq!(of(&[Kind::Spend, Kind::Exchange]), -totals.spent);
            prop_assert_eq!(of(&[Kind::Expire]), -totals.expired);
            prop_assert_eq!(of(&[Kind::TakeBack]) + below, -totals.taken_back);
            prop_assert_eq!(ledger.sum(|e| in_wallet(e, wallet)), totals.balance + totals.pending);
        }
        // A run that keeps no ledger counts the same.
        let history = history(&program, &people, Order::default());
        let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
        let silent = engine::run(&program, &history, &assumptions, &until(Some(last())), None).expect("no amount overflows");
        prop_assert_eq!(silent, ledger.totals);
    }

    /// C1 by lot: what is drawn from a lot was in it.
    #[test]
    fn no_lot_gives_more_than_it_held((_, program) in lawful(Pool::All), people in people()) {
        prop_assume!(program.rules.iter().all(|rule| rule.life.paid_at.is_none()));
        for (account, entries) in run(&program, &people).accounts {
            let mut lots: BTreeMap<u32, i64> = BTreeMap::new();
            for entry in &entries {
                let Some(lot) = entry.lot else { continue };
                let left = lots.entry(lot).or_default();
                // A multiplier below one has an entry of its own, without a lot.
                *left += entry.granted;
                prop_assert!(*left >= 0, "{account}: lot {lot} gave {left}: {entries:#?}");
            }
        }
    }

    /// C4, C5: payments draw on what is there and still usable; below zero only by take-backs, and only where declared.
    #[test]
    fn payments_are_covered((_, program) in lawful(Pool::All), people in people()) {
        for (_, entries) in run(&program, &people).accounts {
            let mut sums = vec![0_i64; program.wallets.len()];
            for entry in &entries {
                let Unit::Wallet(id) = entry.unit else { continue };
                sums[id.index()] += entry.granted;
                let day = program.zone.local(entry.at).date();
                if matches!(entry.kind, Kind::Spend | Kind::Exchange) {
                    prop_assert!(sums[id.index()] >= 0, "{entry:?} overdraws");
                    prop_assert!(entry.expires.is_none_or(|last| day <= last), "{entry:?} draws on what is expired");
                }
                if program.returns.shortfall != Shortfall::MayGoNegative {
                    prop_assert!(sums[id.index()] >= 0, "{entry:?} goes negative");
                }
            }
        }
    }

    /// C7: discounts of a purchase are between nothing and its price, at every moment.
    #[test]
    fn discounts_never_exceed_the_price((_, program) in lawful(Pool::All), people in people()) {
        let ledger = run(&program, &people);
        for person in &people {
            let mut order: Vec<usize> = (0..person.bought.len()).collect();
            order.sort_by_key(|at| (person.bought[*at].at, format!("{}-{at}", person.id)));
            let mut off = vec![0_i64; order.len()];
            for entry in ledger.accounts.get(&person.id).into_iter().flatten() {
                if let (Kind::Discount | Kind::Price | Kind::FreeShipping, Some(purchase)) = (entry.kind, entry.purchase) {
                    let purchase = purchase as usize;
                    off[purchase] += entry.granted;
                    let total = person.bought[order[purchase]].total();
                    prop_assert!((0..=total).contains(&off[purchase]), "{} off {total}: {entry:?}", off[purchase]);
                }
            }
            prop_assert!(ledger.accounts.get(&person.id).into_iter().flatten().filter(|e| e.kind == Kind::Refund).all(|e| e.granted >= 0));
        }
    }
}
