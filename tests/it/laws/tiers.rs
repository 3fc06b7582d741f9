//! Tiers follow what they measure.

use super::*;
use loyalty_dsl::history::model::MomentKind;
use loyalty_dsl::program::Keep;
use loyalty_dsl::value::DateTime;

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

    /// T1, with windows and reviews: the tier after every event and every midnight is what a naive re-scan of the purchases
    /// says: up as soon as the sum in the window reaches a threshold, down at a review where the window no longer holds it.
    /// (Not simply a function of the window at every moment: without `keep` a tier stays until the next review.) T5: it goes
    /// down at the midnight that begins a day, a month or a quarter of review, and at no other moment.
    #[test]
    fn windows_carry_tiers(
        by in 0..3_usize, window in 0..4_usize, review in 0..3_usize, one_level in any::<bool>(), zone in prop::sample::select(programs::ZONES),
        amounts in prop::collection::vec((0..110 * 1440_i64, 0..9_000_i64), 1..9),
    ) {
        let (measure, silver, gold) = [("spend", "40 EUR", "90 EUR"), ("purchases", "2 purchases", "4 purchases"), ("days with purchase", "2 days", "3 days")][by];
        let window = ["in last 14 days", "in last 1 month", "in this month", "ever"][window];
        let drop = if one_level { "drop one level" } else { "drop to qualifying tier" };
        let review = ["day", "month", "quarter"][review];
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone {zone}\ntiers by {measure} {window}\n  bronze\n  silver from {silver}\n  gold from {gold}\n  review every {review} {drop}\n"
        ));
        let mut person = buyer(amounts);
        person.joined = Some(0);
        let made: Vec<(DateTime, i64)> = person.bought.iter().map(|b| (histories::local(&program, b.at), b.amount)).collect();
        // What the window holds at a moment, of purchases up to it (before a midnight: up to the day before).
        let rung = |now: DateTime, before_midnight: bool| {
            let inside = |then: DateTime| (then < now || then == now && !before_midnight) && match window {
                // Just before midnight the span that looks back begins a day earlier than it.
                "in last 14 days" => if before_midnight { then >= now.plus_days(-14) } else { then > now.plus_days(-14) },
                "in last 1 month" => if before_midnight { DateTime(then.0 + 1) > DateTime(now.0 - 1).plus_months(-1) } else { then > now.plus_months(-1) },
                "in this month" => start_of(&program, then.date(), Some(Period::Month)) == start_of(&program, DateTime(now.0 - i64::from(before_midnight)).date(), Some(Period::Month)),
                _ => true,
            };
            let counted: Vec<&(DateTime, i64)> = made.iter().filter(|(then, amount)| inside(*then) && *amount > 0).collect();
            let days: std::collections::BTreeSet<Date> = counted.iter().map(|(then, _)| then.date()).collect();
            let value = [counted.iter().map(|(_, amount)| amount).sum::<i64>(), counted.len() as i64, days.len() as i64][by];
            let (silver, gold) = [(4_000, 9_000), (2, 4), (2, 3)][by];
            i64::from(value >= silver) + i64::from(value >= gold)
        };
        let ledger = run(&program, std::slice::from_ref(&person));
        let mut changes: BTreeMap<DateTime, i64> = BTreeMap::new();
        for entry in &ledger.accounts["c0"] {
            if matches!(entry.kind, Kind::TierUp(_) | Kind::TierDown(_)) {
                *changes.entry(program.zone.local(entry.at)).or_default() += entry.granted;
                if let Kind::TierDown(_) = entry.kind {
                    let local = program.zone.local(entry.at);
                    let per = match review { "day" => Period::Day, "month" => Period::Month, _ => Period::Quarter };
                    let day = local.date();
                    prop_assert!(program.zone.midnight(day) == entry.at && start_of(&program, day, Some(per)) == day, "down at {local}");
                }
            }
        }
        let mut held = 0;
        let moments = made.iter().map(|(then, _)| *then);
        let days = (0..=140).map(|number| program.zone.local(program.zone.midnight(histories::day(number))));
        let mut all: Vec<DateTime> = moments.chain(days.clone()).collect();
        all.sort();
        all.dedup();
        for now in all {
            let mut expected: i64 = held;
            let day = now.date();
            let (_, month, first) = day.ymd();
            let reviews = match review {
                "day" => true,
                "month" => first == 1,
                _ => first == 1 && month % 3 == 1,
            };
            if days.clone().any(|midnight| midnight == now) && reviews && now.date() > histories::day(0) {
                let qualifies = rung(day.midnight(), true);
                if qualifies < held {
                    expected = if one_level { held - 1 } else { qualifies };
                }
            }
            expected = expected.max(rung(now, false));
            held += changes.get(&now).copied().unwrap_or(0);
            prop_assert_eq!(held, expected, "at {}: {:?}", now, made);
        }
    }

    /// T3: a tier is reached from the one below and lost to the one below, ladder by ladder.
    #[test]
    fn tiers_go_rung_by_rung((text, program) in lawful(Pool::All), people in people()) {
        for (account, entries) in run(&program, &people).accounts {
            let mut held = vec![0_u8; program.ladders.len()];
            for entry in &entries {
                match entry.kind {
                    Kind::TierUp(tier) => {
                        let rung = &mut held[tier.ladder.index()];
                        prop_assert_eq!(tier.rung, *rung + 1, "{}: {:?}\n{}", account, entry, text.whole());
                        *rung += 1;
                    }
                    Kind::TierDown(tier) => {
                        let rung = &mut held[tier.ladder.index()];
                        prop_assert_eq!(tier.rung, *rung, "{}: {:?}\n{}", account, entry, text.whole());
                        *rung -= 1;
                    }
                    _ => {}
                }
            }
        }
    }

    /// T5 for every ladder: a tier is lost at a midnight or with a return, never in the middle of something else; without
    /// `keep`, grace and tiers that rules move to, at a midnight of review.
    #[test]
    fn tiers_are_lost_at_reviews((text, program) in lawful(Pool::All), people in people()) {
        let history = history(&program, &people, Order::default());
        let moves = text.whole().contains("move to tier");
        for person in &people {
            let (part, account) = place(&history, &person.id);
            let moments = &history.parts[part].moments[range(&history.parts[part].accounts[account].moments)];
            let returns: Vec<Instant> = moments.iter().filter(|m| matches!(m.kind, MomentKind::Return(_))).map(|m| m.at).collect();
            for chapter in story(&program, &history, &person.id) {
                for entry in &chapter.entries {
                    let Kind::TierDown(tier) = entry.kind else { continue };
                    let ladder = &program.ladders[tier.ladder.index()];
                    if returns.contains(&entry.at) {
                        continue;
                    }
                    let day = program.zone.local(entry.at).date();
                    prop_assert!(program.zone.midnight(day) == entry.at, "{entry:?}\n{}", text.whole());
                    if !moves && ladder.grace.is_none() && ladder.keep == Keep::UntilReview {
                        prop_assert_eq!(start_of(&program, day, Some(ladder.review)), day, "{:?}\n{}", entry, text.whole());
                    }
                }
            }
        }
    }

    /// T4: everything that a purchase earns is earned at one tier: the one before it, or with `with the purchase` the one
    /// that it reaches by its earning base at the tier before.
    #[test]
    fn one_tier_per_purchase(with in any::<bool>(), amounts in prop::collection::vec((0..100_000_i64, 0..6_000_i64), 1..8)) {
        let words = if with { "with" } else { "after" };
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC tiers change {words} the purchase\npoints beans worth 0.01 EUR\n\
             tiers by gross spend ever\n  bronze\n  silver from 50 EUR\n  gold from 100 EUR\n\
             earn beans by tier\n  bronze 1 per 1 EUR\n  silver 2 per 1 EUR\n  gold 3 per 1 EUR\n\
             cashback 1% for tier bronze\ncashback 2% for tier silver\ncashback 3% for tier gold\non purchase grant 7 beans for tier gold\n"
        ));
        let person = buyer(amounts);
        let ledger = run(&program, std::slice::from_ref(&person));
        let mut spent = 0;
        let tier = |spent: i64| 1 + i64::from(spent >= 5_000) + i64::from(spent >= 10_000);
        for (place, number) in in_order(&person).into_iter().enumerate() {
            let amount = person.bought[number].amount;
            let at = tier(if with { spent + amount } else { spent });
            spent += amount;
            let of = |kind: Kind, wallet: &str| -> i64 {
                let mine = ledger.accounts["c0"].iter().filter(|e| e.purchase == Some(u32::try_from(place).expect("few")) && e.kind == kind);
                mine.filter(|e| matches!(e.unit, Unit::Wallet(id) if program.wallets[id.index()].name == wallet)).map(|e| e.granted).sum()
            };
            let cash = i64::try_from(rounded(i128::from(amount * at), 100, "half up")).expect("small");
            let bonus = if at == 3 && amount > 0 { 7 } else { 0 };
            prop_assert_eq!((of(Kind::Earn, "beans"), of(Kind::Earn, "cashback"), of(Kind::Grant, "beans")), (amount / 100 * at, cash, bonus));
        }
    }
}

fn range(indices: &std::ops::Range<u32>) -> std::ops::Range<usize> {
    indices.start as usize..indices.end as usize
}
