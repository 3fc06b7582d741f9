//! What comes back takes its rewards back.

use super::*;
use histories::Bought;

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

    /// R8: where each of some purchases is returned whole before the next event, accounts hold and reports say in the end
    /// what they would without those purchases: all that time does in between included. What is sent stays sent.
    #[test]
    fn bought_and_returned_is_never_bought((text, program) in tamed(Pool::All, RETURNABLE), people in people(), chosen in any::<u64>()) {
        // What a period has paid stays paid, with what its rounding then took from the next.
        prop_assume!(!text.whole().contains("rounded down to 0.50 EUR"));
        let (with, without) = with_and_without(people, chosen);
        let (bought, never) = (run(&program, &with), run(&program, &without));
        prop_assert_eq!(figures(&bought.totals), figures(&never.totals), "{}\n{}", text.whole(), told(&program, &bought, &never));
        prop_assert_eq!(held(&program, &bought), held(&program, &never), "{}\n{}", text.whole(), told(&program, &bought, &never));
    }

    /// R3: returning in pieces, by amount and by units, comes to the same as returning at once, refunds included.
    #[test]
    fn pieces_make_the_whole((text, program) in lawful(Pool::Purchases), mut people in people(), pieces in prop::collection::vec((0..3_usize, 1..4000_i64), 1..4)) {
        people.truncate(1);
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|b| { b.returns.clear(); b.paid = (0, 0, 0); });
        prop_assume!(!people[0].bought.is_empty());
        let mut once = people.clone();
        let mut often = people;
        once[0].bought[0].returns.push(Back { after: 1, what: What::Rest });
        let total = often[0].bought[0].total();
        let mut left = total;
        for (unit, piece) in pieces {
            if unit == 0 {
                often[0].bought[0].returns.push(Back { after: 1, what: What::Item });
            } else if piece < left {
                left -= piece;
                often[0].bought[0].returns.push(Back { after: 1, what: What::Amount(piece) });
            }
        }
        often[0].bought[0].returns.push(Back { after: 1, what: What::Rest });
        let (once, often) = (run(&program, &once).totals, run(&program, &often).totals);
        let wallets = |totals: &Totals| totals.wallets.iter().map(|w| (w.issued - w.taken_back, w.balance, w.pending)).collect::<Vec<_>>();
        prop_assert_eq!(wallets(&once), wallets(&often), "{}", text.whole());
        prop_assert_eq!((once.discounts, once.gifts, once.free_shipping), (often.discounts, often.gifts, often.free_shipping), "{}", text.whole());
        prop_assert_eq!(once.refunds, often.refunds, "{}", text.whole());
    }

    /// All refunds of a purchase together are never more than what it cost at first.
    #[test]
    fn refunds_never_exceed_what_was_paid((text, program) in lawful(Pool::All), mut people in people()) {
        people.iter_mut().for_each(|person| person.bought.truncate(1));
        let ledger = run(&program, &people);
        for person in &people {
            let (Some(bought), Some(entries)) = (person.bought.first(), ledger.accounts.get(&person.id)) else { continue };
            let sum = |wanted: &dyn Fn(&Entry) -> bool| entries.iter().filter(|e| e.purchase.is_some() && wanted(e)).map(|e| e.granted).sum::<i64>();
            let off = sum(&|e| matches!(e.kind, Kind::Discount | Kind::Price | Kind::FreeShipping) && e.granted > 0);
            let refunds = sum(&|e| e.kind == Kind::Refund);
            prop_assert!(refunds <= bought.total() - off, "{refunds} of {} less {off}\n{}{entries:#?}", bought.total(), text.whole());
        }
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

    /// R2: points that were spent and whose purchase comes back are owed: the balance is below zero by what was spent, or
    /// at zero, or the refund pays for it, as the program says. Later earning fills the hole first.
    #[test]
    fn spent_points_are_owed(first in 1..9_000_i64, spent in 1..200_i64, second in 0..9_000_i64, third in 0..9_000_i64, shortfall in 0..3_usize) {
        let words = ["may go negative", "stop at zero", "deduct from refund"][shortfall];
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC returns {words}\npoints beans worth 0.01 EUR\nearn 1 bean per 1 EUR\nredeem beans\n"
        ));
        let mut person = buyer([(0, first), (1440, second), (4 * 1440, third)]);
        person.bought[1].paid = (spent, 0, 0);
        person.bought[0].returns.push(Back { after: 2 * 1440, what: What::Rest });
        let ledger = run(&program, &[person]);
        let earned = first / 100;
        // A payment takes what there is, and no more than the purchase.
        let paid = spent.min(earned).min(second);
        let after = (second - paid) / 100;
        let missing = (paid - after).max(0);
        let then = match shortfall {
            0 => after - paid,
            _ => (after - paid).max(0),
        };
        let balance = ledger.totals.wallets[0].balance;
        prop_assert_eq!(balance, i128::from(then + third / 100), "{:#?}", ledger.accounts);
        let refund = ledger.entries().find(|(_, e)| e.kind == Kind::Refund).map_or(0, |(_, e)| e.granted);
        prop_assert_eq!(refund, if shortfall == 2 { (first - missing).max(0) } else { first });
    }

    /// R5: what is bought, returned and bought again is as if it had been bought once, the second time. (A return makes
    /// room in caps again and takes back what thresholds fired, 6.7; what follows activity or the first purchase moves with
    /// time, and a tier once kept stays: none of that is drawn here.)
    #[test]
    fn buying_again((text, program) in tamed(Pool::Purchases, TIMELESS), people in people(), split in 0..60_i64) {
        let people: Vec<Person> = people.into_iter().map(|person| Person { joined: Some(-1), ..person }).collect();
        let mut once = people;
        for person in &mut once {
            person.bought.iter_mut().for_each(|b| { b.returns.clear(); b.paid = (0, 0, 0); b.voucher = Some(false); });
            // Never at midnight and one at a time, so that a minute before is the same day and nothing comes between.
            person.bought.iter_mut().for_each(|b| b.at |= 1);
            person.bought.sort_by_key(|b| b.at);
            person.bought.dedup_by_key(|b| b.at);
        }
        let mut again = once.clone();
        for person in &mut again {
            let mut returned: Vec<Bought> = person.bought.iter().filter(|b| b.at < split * 1440).cloned().collect();
            for bought in &mut returned {
                bought.at -= 1;
                bought.returns.push(Back { after: 0, what: What::Rest });
            }
            person.bought.extend(returned);
        }
        let (once, again) = (run(&program, &once), run(&program, &again));
        let sums = |entries: &[Entry]| {
            let mut sums: BTreeMap<(Instant, String, String), i64> = BTreeMap::new();
            // What was donated has left the house.
            for entry in entries.iter().filter(|e| !matches!(e.kind, Kind::Refund | Kind::Join | Kind::Donation)) {
                let unit = format!("{:?}", entry.unit);
                let what = match entry.kind {
                    Kind::TierUp(tier) | Kind::TierDown(tier) => format!("{tier:?}"),
                    Kind::Gift(_) | Kind::Discount | Kind::Voucher => format!("{:?}", entry.kind),
                    _ => String::new(),
                };
                *sums.entry((entry.at, unit, what)).or_default() += entry.granted;
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        };
        for (account, entries) in &again.accounts {
            prop_assert_eq!(sums(entries), sums(&once.accounts[account]), "{}{:#?}", text.whole(), entries.iter().map(|e| shape(&program, e)).collect::<Vec<_>>());
        }
    }

    /// R6: returns that match no earlier purchase change nothing and are counted.
    #[test]
    fn unmatched_returns_do_nothing((_, program) in lawful(Pool::Shared), mut people in people(), ghosts in prop::collection::vec((0..3_usize, 0..100_000_i64), 1..4)) {
        // A purchase that stands, so that there is something to miss.
        people[0].bought.push(Bought { at: 100_000, amount: 500, ..Bought::default() });
        let plain = history(&program, &people, Order::default());
        let number = people[0].bought.len() - 1;
        let mut odd = people.clone();
        odd[0].bought[number].returns.extend(ghosts.iter().map(|(kind, minutes)| match kind {
            // Before it was bought.
            0 => Back { after: -1 - minutes, what: What::Rest },
            // More than was bought, in units of a product that it does not hold, and of money.
            1 => Back { after: *minutes, what: What::Amount(501 + minutes) },
            _ => Back { after: *minutes, what: What::Other("ghost") },
        }));
        let with = history(&program, &odd, Order::default());
        let rejected = |history: &History| history.accounting.total().rejected;
        prop_assert_eq!(rejected(&with), rejected(&plain) + u64::try_from(ghosts.len()).expect("few"));
        let options = until(Some(last()));
        prop_assert_eq!(run_on(&program, &with, &options), run_on(&program, &plain, &options));
    }

    /// R7: a return gives back no points that would have expired by now, unless with a new expiry.
    #[test]
    fn expired_points_stay_expired(days in 1..30_i64, paid in 1..300_i64, bought in 0..40_i64, back in 0..60_i64, terms in 0..3_usize) {
        let words = ["restore points with original expiry", "restore points with new expiry", "do not restore points"][terms];
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone Europe/Berlin returns {words}\npoints beans worth 0.01 EUR expire {days} days after earning\non signup grant 300 beans\nredeem beans\n"
        ));
        let mut person = buyer([(bought * 1440 + 600, 5_000)]);
        person.joined = Some(0);
        person.bought[0].paid = (paid, 0, 0);
        person.bought[0].returns.push(Back { after: back * 1440, what: What::Rest });
        let ledger = run(&program, &[person]);
        let usable = bought <= days;
        let restored = ledger.sum(|e| e.kind == Kind::Restore);
        let gone = ledger.sum(|e| e.kind == Kind::Expire && e.at >= program.zone.midnight(histories::day(bought + back)) && e.reverses.is_some());
        let returned = bought + back;
        let expected = match terms {
            _ if !usable => 0,
            0 if returned > days => 0,
            2 => 0,
            _ => paid,
        };
        prop_assert_eq!(restored + gone, i128::from(expected), "{:#?}", ledger.accounts);
        // The day after the last one nothing is left, however it came back.
        let last_day = if terms == 1 && usable { returned + days } else { days };
        let late = ledger.entries().filter(|(_, e)| e.kind == Kind::Expire).map(|(_, e)| program.zone.local(e.at).date()).max();
        prop_assert!(late.is_none_or(|day| day <= histories::day(last_day.max(returned) + 1)), "{late:?}");
    }
}

/// Whoever has become a member stays one, whatever comes back: joining by purchases has tests of its own.
const OPEN: &[(&str, &str)] =
    &[(" members join by signup", ""), (" members join after spending 30 EUR", ""), (" members join after 2 purchases", "")];

/// Nothing that a purchase moves by its mere time, and nothing that outlasts its return.
const TIMELESS: &[(&str, &str)] = &[
    (" members join by signup", ""),
    (" members join after spending 30 EUR", ""),
    (" members join after 2 purchases", ""),
    ("after last activity", "after earning"),
    ("after last earning", "after earning"),
    ("after last purchase", "after earning"),
    (" keep rewards if threshold is lost", ""),
];

/// Nobody listens; the steps are counted on this thread.
struct Silent;

impl engine::Listener for Silent {
    const ON: bool = false;

    fn entry(&mut self, _: Entry) {}
}

/// The steps that one account takes with so many purchases, of which every tenth comes back after ten days.
fn steps(program: &Program, purchases: i64) -> u64 {
    let mut person = buyer((0..purchases).map(|at| (at * 700 * 1440 / purchases, 1000 + at % 50 * 100)));
    for bought in person.bought.iter_mut().step_by(10) {
        bought.returns.push(Back { after: 14_400, what: What::Rest });
    }
    let history = history(program, &[person], Order::default());
    let before = engine::work::steps();
    let assumptions = Assumptions::redeeming(Redemption::AsSoonAsPossible);
    engine::listen(program, &history, &assumptions, histories::day(800), |_, _| Silent, |_, _, _| {}).expect("no amount overflows");
    engine::work::steps() - before
}

/// R9: twice the purchases and twice the returns of one account are little more than twice the work.
#[test]
fn returns_cost_what_they_are() {
    let rules = [
        "points beans worth 0.01 EUR expire 12 months after earning\ntiers by spend in last 12 months\n  base\n  gold from 100 EUR\n",
        "points beans worth 0.01 EUR expire 3 months after last purchase\ntiers by spend in last 30 days\n  base\n  gold from 100 EUR\n  keep for 20 days\n",
        "points beans worth 0.01 EUR\ntiers by beans earned in this month\n  base\n  gold from 100 beans\non reaching tier gold grant 5 beans\nat end of every month grant 9 beans if spend in this month is at least 50 EUR\n",
    ];
    for rules in rules {
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC\n{rules}earn 1 bean per 1 EUR, at most 500 beans per month\nredeem 100 beans for 1 EUR\n"
        ));
        let (once, twice) = (steps(&program, 1000), steps(&program, 2000));
        assert!(once > 1000, "{once} steps are not counted\n{rules}");
        assert!(twice * 2 < once * 5, "{once} steps become {twice}\n{rules}");
    }
}

/// What a return cannot undo by the law is left out: exchanges stay, what paid stays away or lives longer where the program
/// says so, kept rewards are kept; a cent is a cent whichever lot expires first.
const RETURNABLE: &[(&str, &str)] = &[
    (" keep rewards if threshold is lost", ""),
    (" restore points with new expiry", ""),
    (" do not restore points", ""),
    (" members join by signup", ""),
    (" members join after spending 30 EUR", ""),
    (" members join after 2 purchases", ""),
    (" ends 2025-03-15", ""),
    ("exchange 5 drinks for gift mug", ""),
    ("exchange 4 drinks for 10 beans, at most 2 times per month", ""),
    ("exchange 3 drinks for discount 10% on next purchase", ""),
    ("exchange 40 miles for voucher 2 EUR valid for 15 days", ""),
    ("exchange 60 miles for 1 EUR to cashback at end of every week", ""),
];

/// People who return some of what they buy before anything else happens to them, and the same people who never bought it.
fn with_and_without(people: Vec<Person>, chosen: u64) -> (Vec<Person>, Vec<Person>) {
    let mut with: Vec<Person> = people.into_iter().map(|person| Person { joined: Some(-1), ..person }).collect();
    let mut without = with.clone();
    let mut number = 0;
    for (person, rest) in with.iter_mut().zip(&mut without) {
        person.bought.iter_mut().for_each(|bought| bought.returns.clear());
        let at: Vec<i64> = person.bought.iter().map(|bought| bought.at).chain(person.events.iter().map(|(at, _)| *at)).collect();
        for bought in &mut person.bought {
            number += 1;
            let alone = at.iter().filter(|other| **other == bought.at).count() == 1;
            let gap = at.iter().map(|other| other - bought.at).filter(|gap| *gap > 0).min().unwrap_or(20_000);
            if chosen >> (number % 64) & 1 == 1 && alone && gap > 2 {
                bought.returns.push(Back { after: (gap - 1).min(15_000), what: What::Rest });
            }
        }
        rest.bought = person.bought.iter().filter(|bought| bought.returns.is_empty()).cloned().collect();
    }
    (with, without)
}

/// The figures about the program that what came back has no part in.
fn figures(totals: &Totals) -> Vec<(String, i128)> {
    let mut out: Vec<(String, i128)> = vec![
        ("discounts".to_owned(), totals.discounts),
        ("free shipping".to_owned(), totals.free_shipping),
        ("vouchers".to_owned(), totals.vouchers.into()),
        ("vouchers used".to_owned(), totals.vouchers_used.into()),
        ("value of vouchers used".to_owned(), totals.vouchers_used_value),
        ("purchases with redemption".to_owned(), totals.purchases_with_redemption.into()),
        ("redeemers".to_owned(), totals.redeemers.into()),
        ("members".to_owned(), totals.members.into()),
    ];
    out.extend(totals.gifts.iter().map(|pieces| ("gifts".to_owned(), i128::from(*pieces))));
    for (at, wallet) in totals.wallets.iter().enumerate() {
        let sums = [
            // What had expired unused by then is not owed, and stays expired.
            ("kept", wallet.issued - wallet.taken_back - wallet.expired),
            ("spent", wallet.spent),
            ("balance", wallet.balance),
            ("pending", wallet.pending),
            ("owed", wallet.owed),
            ("value redeemed", wallet.redeemed_value),
        ];
        out.extend(sums.iter().map(|(name, sum)| (format!("wallet {at}: {name}"), *sum)));
    }
    for (at, rule) in totals.rules.iter().enumerate() {
        out.push((format!("rule {at}: discount"), rule.discount));
        out.push((format!("rule {at}: gifts"), rule.gifts.into()));
        out.push((format!("rule {at}: vouchers"), rule.vouchers.into()));
    }
    for (ladder, tiers) in totals.tiers.iter().enumerate() {
        out.extend(tiers.iter().enumerate().map(|(rung, tier)| (format!("ladder {ladder}: members on rung {rung}"), tier.members.into())));
    }
    out
}

/// What each account holds in the end by its ledger: units by wallet, money off, pieces, the rung of each ladder.
fn held(program: &Program, ledger: &Ledger) -> BTreeMap<String, Vec<i64>> {
    let sums = |entries: &Vec<Entry>| {
        let mut sums: Vec<i64> =
            (0..program.wallets.len()).map(|wallet| entries.iter().filter(|e| in_wallet(e, wallet)).map(|e| e.granted).sum()).collect();
        let of = |wanted: &dyn Fn(&Kind) -> bool| entries.iter().filter(|e| wanted(&e.kind)).map(|e| e.granted).sum::<i64>();
        sums.push(of(&|kind| matches!(kind, Kind::Discount)));
        sums.push(of(&|kind| matches!(kind, Kind::Price)));
        sums.push(of(&|kind| matches!(kind, Kind::FreeShipping)));
        sums.push(of(&|kind| matches!(kind, Kind::Gift(_))));
        sums.push(of(&|kind| matches!(kind, Kind::TierUp(_) | Kind::TierDown(_))));
        sums
    };
    ledger.accounts.iter().map(|(account, entries)| (account.clone(), sums(entries))).collect()
}

/// Two ledgers side by side, for reading a failure.
fn told(program: &Program, with: &Ledger, without: &Ledger) -> String {
    let mut text = String::new();
    for (name, ledger) in [("with", with), ("without", without)] {
        for (account, entries) in &ledger.accounts {
            for entry in entries {
                let (_, kind, label, _, granted, expires) = shape(program, entry);
                let line = format!(
                    "{name} {account} {} {kind:?} {granted} {:?} {label} until {expires:?}\n",
                    program.zone.local(entry.at),
                    entry.unit
                );
                text += &line;
            }
        }
    }
    text
}
