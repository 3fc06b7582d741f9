//! Everything has a cause, and only its cause.

use super::*;
use loyalty_dsl::engine::EventRef;
use loyalty_dsl::engine::why::Known;
use loyalty_dsl::program::{CmpOp, Rate, Trigger};
use loyalty_dsl::value::Rounding;

proptest! {
    #![proptest_config(config())]

    /// E1, E3: nothing comes before its cause, and what happens later changes nothing that was written.
    #[test]
    fn nobody_looks_ahead((_, program) in lawful(Pool::All), people in people(), cut in 0..80_i64) {
        let history = history(&program, &people, Order::default());
        let all = run_on(&program, &history, &until(Some(last())));
        let cut = histories::day(cut);
        let part = run_on(&program, &history, &until(Some(cut)));
        for (account, entries) in &all.accounts {
            // Settlements are made at the next midnight, dated the last second before it.
            let end = program.zone.midnight(cut.plus_days(1));
            let early: Vec<&Entry> = entries.iter().filter(|e| e.at.0 < end.0 - 1_000_000).collect();
            let known: Vec<&Entry> = part.accounts.get(account).into_iter().flatten().filter(|e| e.at.0 < end.0 - 1_000_000).collect();
            prop_assert_eq!(early, known);
            prop_assert!(entries.windows(2).all(|pair| pair[0].at <= pair[1].at && pair[0].seq < pair[1].seq), "{:#?}", entries);
        }
    }

    /// E6: taking out a rule that never did anything changes nothing, nor does one that never will.
    #[test]
    fn idle_rules_do_not_matter((text, program) in lawful(Pool::All), people in people()) {
        let all = run(&program, &people);
        let idle = |sentence: &String| {
            // One that bars another gives by what it keeps away.
            if sentence.contains("not with") {
                return false;
            }
            let label = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            let ids: Vec<_> = program.rules.iter().filter(|rule| rule.label == label).map(|rule| rule.id).collect();
            !ids.is_empty() && !all.entries().any(|(_, entry)| matches!(entry.source, Source::Rule(id) if ids.contains(&id)))
        };
        let mut others: Vec<Text> = (0..text.rules.len()).filter(|at| idle(&text.rules[*at])).map(|at| text.without(at)).collect();
        let mut more = text.clone();
        more.rules.push("on every purchase over 90000 EUR grant 5 beans and gift mug".to_owned());
        others.push(more);
        for other in others {
            let Some(changed) = checked(&other) else { continue };
            let ledger = run(&changed, &people);
            for (account, entries) in &all.accounts {
                prop_assert_eq!(shapes(&program, entries), shapes(&changed, &ledger.accounts[account]), "{}instead of\n{}", other.whole(), text.whole());
            }
        }
    }

    /// E1: every entry has a cause: an event of that instant, or a midnight, or the last second before one where a period
    /// is settled; and nothing about a purchase comes before it.
    #[test]
    fn nothing_without_a_cause((text, program) in lawful(Pool::Shared), people in people()) {
        let history = history(&program, &people, Order::default());
        let ledger = run_on(&program, &history, &until(Some(last())));
        let mut events: Vec<Instant> = history.parts.iter().flat_map(|part| part.purchases.at.iter().copied().chain(part.moments.iter().map(|m| m.at))).collect();
        events.sort();
        for (id, entries) in &ledger.accounts {
            let (part, account) = place(&history, id);
            let part = &history.parts[part];
            let first = part.accounts[account].purchases.start;
            for entry in entries {
                let midnight = |at: Instant| program.zone.midnight(program.zone.local(at).date()) == at;
                let caused = events.binary_search(&entry.at).is_ok() || midnight(entry.at) || midnight(Instant(entry.at.0 + 1_000_000));
                prop_assert!(caused, "{id}: nothing happens at {}: {entry:?}\n{}", program.zone.local(entry.at), text.whole());
                if let Some(purchase) = entry.purchase {
                    let bought = part.purchases.at[(first + purchase) as usize];
                    prop_assert!(entry.at >= bought, "{id}: {entry:?} comes before its purchase");
                }
            }
        }
    }

    /// E2: what `why` says about a purchase is what the ledger says, entry by entry; its rates on its base, worked out
    /// anew, give what was wanted; its tests, made anew, hold; and a rule that did not fire has no entry.
    #[test]
    fn stories_agree_with_the_ledger((text, program) in lawful(Pool::All), people in people()) {
        let history = history(&program, &people, Order::default());
        for person in &people {
            for chapter in story(&program, &history, &person.id) {
                let (Some(decided), Some(EventRef::Purchase(number))) = (&chapter.decided, chapter.event) else { continue };
                let of_rules = |entry: &&Entry| matches!(entry.source, Source::Rule(_)) && entry.purchase == Some(number) && entry.granted != 0;
                let posted = chapter.entries.iter().filter(of_rules);
                let mut found: Vec<String> = posted
                    .filter(|e| !matches!(e.kind, Kind::VoucherUsed | Kind::TierUp(_)))
                    .map(|e| format!("{:?} {:?} {:?} {} {}", e.source, e.kind, e.unit, e.wanted, e.granted))
                    .collect();
                let mut told: Vec<String> =
                    decided.gave.iter().map(|g| format!("{:?} {:?} {:?} {} {}", Source::Rule(g.rule), g.kind, g.unit, g.wanted, g.granted)).collect();
                // What exchanges give is told apart; what reaching a tier grants follows from what is told.
                told.retain(|line| program.rules.iter().any(|rule| line.starts_with(&format!("{:?} ", Source::Rule(rule.id)))));
                let follows = |line: &String| program.rules.iter().any(|rule| {
                    matches!(rule.trigger, Trigger::Reaching(_) | Trigger::Leaving(_) | Trigger::Signup) && line.starts_with(&format!("{:?} ", Source::Rule(rule.id)))
                });
                found.retain(|line| !follows(line) || told.contains(line));
                found.sort();
                told.sort();
                prop_assert_eq!(&found, &told, "{}", text.whole());
                for silent in &decided.did_not {
                    // A voucher that it granted before may pay now.
                    let made = |entry: &&Entry| of_rules(entry) && entry.kind != Kind::VoucherUsed;
                    let gave = chapter.entries.iter().filter(made).find(|entry| entry.source == Source::Rule(silent.rule));
                    prop_assert!(gave.is_none(), "{silent:?} and yet {gave:?}\n{}", text.whole());
                }
                for gave in &decided.gave {
                    for leaf in &gave.seen {
                        prop_assert!(holds(leaf) != Some(!leaf.held), "{leaf:?}\n{}", text.whole());
                    }
                    if let (Some(wanted), Kind::Earn | Kind::Discount) = (by_rates(&program, gave), gave.kind) {
                        prop_assert_eq!(wanted, i128::from(gave.wanted), "{:?}\n{}", gave, text.whole());
                    }
                }
                let paid: i64 = chapter.entries.iter().filter(|e| e.kind == Kind::Spend).map(|e| -e.granted).sum();
                prop_assert_eq!(paid, decided.paid.iter().map(|(_, units, _)| units).sum::<i64>());
            }
        }
    }

    /// E5: an event and an attribute that no sentence asks for change nothing. They are activity, so that wallets which
    /// expire after the last activity are not drawn here.
    #[test]
    fn what_nobody_asks_for_changes_nothing((text, program) in tamed(Pool::Shared, &[("after last activity", "after earning")]), people in people(), at in prop::collection::vec(0..100_000_i64, 1..4)) {
        let plain = run(&program, &people);
        let mut more = people.clone();
        for person in &mut more {
            person.events.extend(at.iter().map(|at| (*at, "sneeze")));
            person.events.extend(at.iter().map(|at| (at + 1, "set shoe size")));
        }
        let noisy = run(&program, &more);
        for (id, entries) in &plain.accounts {
            prop_assert_eq!(shapes(&program, entries), shapes(&program, &noisy.accounts[id]), "{}", text.whole());
        }
    }
}

/// Whether a comparison between two numbers holds, worked out from what was seen; nothing for other values.
fn holds(leaf: &why::Leaf) -> Option<bool> {
    let Known::Number(left) = leaf.left.value else { return None };
    let Known::Number(right) = leaf.right.as_ref()?.value else { return None };
    // `a / b` against `c / d`, the denominators above zero.
    let sides = (left.numerator() * right.denominator(), right.numerator() * left.denominator());
    Some(match leaf.op? {
        CmpOp::Is => sides.0 == sides.1,
        CmpOp::IsNot => sides.0 != sides.1,
        CmpOp::Over => sides.0 > sides.1,
        CmpOp::Under => sides.0 < sides.1,
        CmpOp::AtLeast => sides.0 >= sides.1,
        CmpOp::AtMost => sides.0 <= sides.1,
    })
}

/// What the rates of a story give on its base: exact, and rounded once. Nothing where units of items are counted.
fn by_rates(program: &Program, gave: &why::Gave) -> Option<i128> {
    // In smallest units of the wallet per minor unit, as a fraction; beans are worth a cent.
    let (scale, step, mode) = match gave.unit {
        Unit::Wallet(id) => {
            let wallet = &program.wallets[id.index()];
            let scale = if wallet.kind == WalletKind::Money { 1 } else { 10_i128.pow(u32::from(wallet.scale)) };
            (scale, i128::from(wallet.step.max(1)), wallet.round)
        }
        _ => (1, 1, program.round_money),
    };
    let mode = match mode {
        Rounding::HalfUp => "half up",
        Rounding::HalfEven => "half even",
        Rounding::Down => "down",
        Rounding::Up => "up",
    };
    let (mut numerator, mut denominator) = (0_i128, 1_i128);
    let mut add = |n: i128, d: i128| (numerator, denominator) = (numerator * d + n * denominator, denominator * d);
    for (share, rate) in &gave.rates {
        let base = (share.numerator() * i128::from(gave.base), share.denominator());
        match *rate {
            Rate::Nothing => {}
            Rate::Fixed(_) | Rate::PerItem { .. } | Rate::PerEachItem { .. } | Rate::PerQuantity { .. } => return None,
            Rate::Percent(percent) => add(base.0 * percent.mantissa * scale, base.1 * 10_i128.pow(u32::from(percent.scale))),
            Rate::Per { amount, per, in_proportion } => {
                let times = 10_i128.pow(u32::from(amount.scale));
                if in_proportion {
                    add(base.0 * amount.mantissa * scale, base.1 * i128::from(per) * times);
                } else {
                    add(base.0 / (base.1 * i128::from(per)) * amount.mantissa * scale, times);
                }
            }
        }
    }
    // A discount has a price below which it does not go, and is shared over lines that are rounded one by one.
    if gave.rates.is_empty() || gave.kind == Kind::Discount {
        return None;
    }
    Some(rounded(numerator, denominator * step, mode) * step)
}
