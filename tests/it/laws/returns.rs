//! What comes back takes its rewards back.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// R1: buying and returning everything at once leaves all as it was, and what is bought later earns as if nothing had been.
    #[test]
    fn returning_everything((text, program) in tamed(Pool::Purchases, OPEN), people in people(), split in 0..60_i64, pieces in 0..3_usize) {
        let people: Vec<Person> = people.into_iter().map(|person| Person { joined: Some(-1), ..person }).collect();
        let early = |b: &histories::Bought| b.at < split * 1440;
        let mut with = people.clone();
        let mut without = people.clone();
        for bought in with.iter_mut().flat_map(|p| &mut p.bought) {
            bought.returns.clear();
            bought.paid = (0, 0, 0);
            if early(bought) {
                // Nothing else happens between a purchase and its return.
                let cents = bought.total();
                bought.returns = (0..pieces).map(|_| Back { after: 0, what: What::Amount((cents / 4).max(1)) }).collect();
                bought.returns.push(Back { after: 0, what: What::Rest });
            }
        }
        for person in &mut without {
            person.bought.retain(|bought| !early(bought));
            person.bought.iter_mut().for_each(|bought| { bought.returns.clear(); bought.paid = (0, 0, 0); });
        }
        let (with, without) = (run(&program, &with), run(&program, &without));
        let later = program.zone.midnight(histories::day(split));
        for (account, entries) in &with.accounts {
            for wallet in 0..program.wallets.len() {
                let sum: i64 = entries.iter().filter(|e| in_wallet(e, wallet) && e.at < later).map(|e| e.granted).sum();
                prop_assert_eq!(sum, 0, "wallet {}\n{}{:#?}", wallet, text.whole(), entries);
            }
            let off: i64 = entries.iter().filter(|e| e.kind == Kind::Discount && e.at < later).map(|e| e.granted).sum();
            let gifts: i64 = entries.iter().filter(|e| matches!(e.kind, Kind::Gift(_)) && e.at < later).map(|e| e.granted).sum();
            prop_assert_eq!((off, gifts), (0, 0), "{}{:#?}", text.whole(), entries);
            let rest: Vec<Entry> = entries.iter().filter(|e| e.at >= later).cloned().collect();
            let alone: Vec<Entry> = without.accounts.get(account).into_iter().flatten().filter(|e| e.at >= later).cloned().collect();
            prop_assert_eq!(shapes(&program, &rest), shapes(&program, &alone), "{}\nbefore: {:#?}", text.whole(), entries.iter().filter(|e| e.at < later).map(|e| shape(&program, e)).collect::<Vec<_>>());
        }
    }

    /// R1 where points paid: what they paid for comes back at once, and so do they.
    #[test]
    fn returning_what_points_paid((text, _) in tamed(Pool::Purchases, OPEN), people in people(), split in 0..60_i64) {
        // Whatever follows activity moves with it, returned or not.
        let mut text = text.replaced(&[
            ("last activity", "earning"),
            ("last earning", "earning"),
            ("last purchase", "earning"),
            (" pending for 3 days", ""),
            (" pending for 2 days", ""),
            (" pending until event \"ok\" within 10 days", ""),
            (" restore points with new expiry", ""),
            (" do not restore points", ""),
            // Points that come back raise a balance anew.
            ("tiers by balance of beans", "tiers by beans earned ever"),
        ]);
        text.head.push("redeem beans\nredeem cashback, up to 50% of purchase, at most 4 times per month\non signup grant 300 beans and 6 EUR to cashback".to_owned());
        let whole = text.whole();
        let program = checked(&text);
        prop_assume!(program.is_some());
        let program = program.expect("a program");
        let people: Vec<Person> = people.into_iter().map(|person| Person { joined: Some(-1), ..person }).collect();
        let early = |b: &histories::Bought| b.at < split * 1440;
        let mut with = people;
        with.iter_mut().flat_map(|p| &mut p.bought).for_each(|b| b.returns.clear());
        let mut without = with.clone();
        with.iter_mut().flat_map(|p| &mut p.bought).filter(|b| early(b)).for_each(|b| b.returns.push(Back { after: 0, what: What::Rest }));
        without.iter_mut().for_each(|person| person.bought.retain(|b| !early(b)));
        let (with, without) = (run(&program, &with), run(&program, &without));
        let later = program.zone.midnight(histories::day(split));
        let wallet = |entry: &Entry| if let Unit::Wallet(id) = entry.unit { Some(id.index()) } else { None };
        let sums = |entries: &[Entry]| {
            let mut sums: BTreeMap<(Option<Instant>, Kind, Option<usize>), i64> = BTreeMap::new();
            for entry in entries {
                // What comes back is other lots than it was; sums are the same.
                let key = if entry.at < later { (None, Kind::Join, wallet(entry)) } else { (Some(entry.at), entry.kind, wallet(entry)) };
                *sums.entry(key).or_default() += if entry.at < later && wallet(entry).is_none() { 0 } else { entry.granted };
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        for (account, entries) in &with.accounts {
            let alone = without.accounts.get(account).map_or(&[][..], Vec::as_slice);
            prop_assert_eq!(sums(entries), sums(alone), "{}\n{:#?}", whole, entries.iter().map(|e| shape(&program, e)).collect::<Vec<_>>());
        }
    }

    /// R3: returning in pieces comes to the same as returning at once.
    #[test]
    fn pieces_make_the_whole((text, program) in lawful(Pool::Purchases), mut people in people(), pieces in prop::collection::vec(1..4000_i64, 1..4)) {
        people.truncate(1);
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|b| { b.returns.clear(); b.paid = (0, 0, 0); });
        prop_assume!(!people[0].bought.is_empty());
        let mut once = people.clone();
        let mut often = people;
        once[0].bought[0].returns.push(Back { after: 1, what: What::Rest });
        let total = often[0].bought[0].total();
        let mut left = total;
        for piece in pieces {
            if piece < left {
                left -= piece;
                often[0].bought[0].returns.push(Back { after: 1, what: What::Amount(piece) });
            }
        }
        often[0].bought[0].returns.push(Back { after: 1, what: What::Rest });
        let (once, often) = (run(&program, &once).totals, run(&program, &often).totals);
        let wallets = |totals: &Totals| totals.wallets.iter().map(|w| (w.issued - w.taken_back, w.balance, w.pending)).collect::<Vec<_>>();
        prop_assert_eq!(wallets(&once), wallets(&often), "{}", text.whole());
        prop_assert_eq!((once.discounts, once.gifts, once.free_shipping), (often.discounts, often.gifts, often.free_shipping), "{}", text.whole());
    }

    /// R4: what is taken back names what was given, and never exceeds it.
    #[test]
    fn take_backs_name_what_was_given((text, program) in lawful(Pool::All), people in people()) {
        for (account, entries) in run(&program, &people).accounts {
            let mut left: BTreeMap<u32, i64> = BTreeMap::new();
            for entry in &entries {
                left.insert(entry.seq, entry.granted.abs());
                let takes = entry.kind == Kind::TakeBack || entry.granted < 0 && matches!(entry.kind, Kind::Discount | Kind::Price | Kind::FreeShipping | Kind::Gift(_));
                if !takes {
                    continue;
                }
                let given = entry.reverses.and_then(|seq| left.get_mut(&seq));
                prop_assert!(given.is_some(), "{account}: {entry:?} names nothing\n{}", text.whole());
                if let Some(given) = given {
                    *given -= entry.granted.abs();
                    prop_assert!(*given >= 0, "{account}: {entry:?} takes more than was given\n{}{entries:#?}", text.whole());
                }
            }
        }
    }
}

/// Whoever has become a member stays one, whatever comes back, and purchases outside the life of a program are none: those
/// have their own laws.
const OPEN: &[(&str, &str)] =
    &[(" members join by signup", ""), (" members join after spending 30 EUR", ""), (" members join after 2 purchases", "")];
