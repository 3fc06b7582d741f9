//! Limits, series, cards and groups.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// K1, K3: no period gives more than its cap.
    #[test]
    fn caps_hold((text, program) in lawful(Pool::Purchases), mut people in people()) {
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|bought| bought.returns.clear());
        let ledger = run(&program, &people);
        for rule in &program.rules {
            for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
                for (account, entries) in &ledger.accounts {
                    let mut used: BTreeMap<(Date, Option<u32>), i64> = BTreeMap::new();
                    for entry in entries.iter().filter(|e| e.source == Source::Rule(rule.id) && e.granted > 0) {
                        let date = program.zone.local(entry.at).date();
                        let (year, month, day) = date.ymd();
                        let key = match limit.per {
                            LimitPeriod::Purchase => (date, entry.purchase),
                            LimitPeriod::Ever => (Date(0), None),
                            LimitPeriod::Calendar(Period::Day) => (Date::from_ymd(year, month, day).expect("a day"), None),
                            LimitPeriod::Calendar(Period::Month) => (Date::from_ymd(year, month, 1).expect("a day"), None),
                            LimitPeriod::Calendar(Period::Week) => (date.plus_days(-i64::from(date.weekday())), None),
                            _ => continue,
                        };
                        let used = used.entry(key).or_default();
                        let most = match limit.what {
                            LimitWhat::Times(most) => { *used += 1; i64::from(most) * i64::try_from(rule.effects.len()).expect("few") },
                            LimitWhat::Units(wallet, most) if entry.unit == Unit::Wallet(wallet) => { *used += entry.granted; most },
                            LimitWhat::Money(most) if entry.unit == Unit::Money => { *used += entry.granted; most },
                            LimitWhat::Money(most) if matches!(entry.unit, Unit::Wallet(id) if program.wallets[id.index()].kind == WalletKind::Money) => { *used += entry.granted; most },
                            _ => continue,
                        };
                        prop_assert!(*used <= most, "{account} {used} of {most} by \"{}\"\n{}", rule.label, text.whole());
                    }
                }
            }
        }
    }

    /// K3: a gift once a month is there at most once a month, whatever comes back; T3: tiers go up and down by one rung.
    #[test]
    fn once_means_once(mut people in people()) {
        let text = "program \"Law\" currency EUR timezone UTC\ngift mug costs 2 EUR\n\
            tiers by spend in last 20 days\n  bronze\n  silver from 50 EUR\n  gold from 100 EUR\n  review every day\n\
            on purchase over 5 EUR grant gift mug, once per month\n";
        let program = checked(&Text { head: vec![text.to_owned()], rules: Vec::new() }).expect("a program");
        people.iter_mut().for_each(|p| p.events.clear());
        for (_, entries) in run(&program, &people).accounts {
            let mut gifts: BTreeMap<(i32, u8), i64> = BTreeMap::new();
            let (mut held, mut of) = (0_u8, BTreeMap::new());
            for entry in &entries {
                match entry.kind {
                    Kind::Gift(_) => {
                        let made = entry.reverses.map_or(entry.at, |seq| of[&seq]);
                        let (year, month, _) = program.zone.local(made).date().ymd();
                        of.insert(entry.seq, made);
                        let count = gifts.entry((year, month)).or_default();
                        *count += entry.granted;
                        prop_assert!((0..=1).contains(count), "{entries:#?}");
                    }
                    Kind::TierUp(tier) => { prop_assert_eq!(tier.rung, held + 1); held = tier.rung; }
                    Kind::TierDown(tier) => { prop_assert_eq!(tier.rung, held); held -= 1; }
                    _ => {}
                }
            }
        }
    }

    /// K5: a stamp card gives a gift for every full card and keeps the rest.
    #[test]
    fn stamp_cards(size in 1..13_i64, mut people in people()) {
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|bought| bought.returns.clear());
        let text = format!("program \"Law\" currency EUR timezone UTC\nstamps drinks\ngift mug costs 2 EUR\nearn 1 drink per item\nexchange {size} drinks for gift mug\n");
        let program = checked(&Text { head: vec![text], rules: Vec::new() }).expect("a program");
        let ledger = run(&program, &people);
        for person in &people {
            let joined = |at: i64| person.joined.is_none_or(|day| day * 1440 <= at);
            let units = person.bought.iter().filter(|b| joined(b.at) && b.total() > 0).map(|b| match b.items.len() {
                0 => 1,
                _ => b.items.iter().map(|i| i.quantity).sum::<i64>(),
            });
            let stamps: i64 = units.sum();
            let entries = ledger.accounts.get(&person.id).map_or(&[][..], Vec::as_slice);
            let gifts: i64 = entries.iter().filter(|e| matches!(e.kind, Kind::Gift(_))).map(|e| e.granted).sum();
            let left: i64 = entries.iter().filter(|e| matches!(e.unit, Unit::Wallet(_))).map(|e| e.granted).sum();
            prop_assert_eq!((gifts, left), (stamps / size, stamps % size));
        }
    }
}
