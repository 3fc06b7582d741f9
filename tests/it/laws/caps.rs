//! Limits, series, cards and groups.

use super::*;
use loyalty_dsl::program::{CivilSpan, Effect, Limit};
use loyalty_dsl::value::DateTime;

proptest! {
    #![proptest_config(config())]

    /// K1, K3: no period gives more than its cap, returns included: what they take back makes room in the period of what was
    /// granted. K2: a reward is cut only where a limit leaves no more room.
    #[test]
    fn caps_hold((text, program) in tamed(Pool::All, NOTHING_LAPSES), people in people()) {
        for (account, entries) in run(&program, &people).accounts {
            let joined = entries.iter().find(|e| e.kind == Kind::Join).map(|e| program.zone.local(e.at).date());
            for rule in program.rules.iter().filter(|rule| !rule.limits.is_empty()) {
                let mine: Vec<&Entry> = entries.iter().filter(|e| e.source == Source::Rule(rule.id) && is_award(rule, e.kind)).collect();
                for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
                    let tally = Tally { program: &program, entries: &entries, limit, joined };
                    for (at, entry) in mine.iter().enumerate().filter(|(_, e)| e.granted > 0) {
                        let Some((used, most)) = tally.used(&mine[..=at], entry) else { continue };
                        prop_assert!(used <= most, "{account}: {used} of {most} with {entry:?}\n{}", text.whole());
                    }
                }
                let plain = rule.group.is_none() && rule.limits.iter().all(|l| l.then.is_none() && !matches!(l.what, LimitWhat::First(_)));
                for (at, entry) in mine.iter().enumerate() {
                    let Unit::Wallet(wallet) = entry.unit else { continue };
                    let was_cut = matches!(entry.kind, Kind::Earn | Kind::Grant) && entry.granted < entry.wanted && entry.granted >= 0;
                    if !plain || !was_cut {
                        continue;
                    }
                    // Firings of one moment: their entries stand together.
                    let step = program.wallets[wallet.index()].step.max(1);
                    let binds = rule.limits.iter().any(|limit| {
                        let tally = Tally { program: &program, entries: &entries, limit, joined };
                        let before = tally.used(&mine[..at], entry);
                        before.is_some_and(|(used, most)| match limit.what {
                            LimitWhat::Times(_) => used >= most || tally.used(&mine, entry).is_some_and(|(used, _)| used >= most),
                            _ if limit.or_nothing => used + entry.wanted > most,
                            _ => used + entry.granted + step > most,
                        })
                    });
                    prop_assert!(binds, "{account}: {entry:?} is cut, and no limit of \"{}\" binds\n{}{mine:#?}", rule.label, text.whole());
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

    /// K4: of a series of N the first N in the order of events get one, whoever they are.
    #[test]
    fn the_first_of_a_series_win(n in 1..6_usize, mut people in people()) {
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|bought| bought.returns.clear());
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC members join by signup\ngift print costs 3 EUR, only {n} in all\non purchase grant gift print over 10 EUR\n"
        ));
        let ledger = run(&program, &people);
        let mut eligible: Vec<(i64, String, String)> = Vec::new();
        for person in &people {
            let signed = person.events.iter().filter(|(_, name)| *name == "signup").map(|(at, _)| *at).min();
            let from = person.joined.map(|day| day * 1440).or(signed);
            for (at, bought) in person.bought.iter().enumerate() {
                if from.is_some_and(|from| from <= bought.at) && bought.total() > 1000 {
                    eligible.push((bought.at, format!("{}-{at}", person.id), person.id.clone()));
                }
            }
        }
        eligible.sort();
        let mut expected: Vec<(i64, String)> = eligible.into_iter().take(n).map(|(at, _, who)| (at, who)).collect();
        expected.sort();
        let start = program.zone.midnight(histories::day(0)).0;
        let gifts = ledger.entries().filter(|(_, e)| matches!(e.kind, Kind::Gift(_)) && e.granted > 0);
        let mut found: Vec<(i64, String)> = gifts.map(|(who, e)| ((e.at.0 - start) / 60_000_000, who.clone())).collect();
        found.sort();
        prop_assert_eq!(found, expected);
    }

    /// C6, by a second computation: a budget grants in the order of events until the first that does not fit, which closes
    /// it for the rest of its period.
    #[test]
    fn a_budget_closes_with_the_first_that_does_not_fit(rate in 1..15_i64, pot in 1..20_i64, per in prop::sample::select(vec!["", " per day", " per week", " per month"]), mut people in people()) {
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|bought| { bought.returns.clear(); bought.items.clear(); });
        people.iter_mut().for_each(|p| p.joined = None);
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC round money down\nbudget pot {pot} EUR{per}\ncashback {rate}% within budget pot\n"
        ));
        let mut order: Vec<(i64, String, i64, &str)> = Vec::new();
        for person in &people {
            order.extend(person.bought.iter().enumerate().map(|(at, b)| (b.at, format!("{}-{at}", person.id), b.amount, person.id.as_str())));
        }
        order.sort();
        let mut pots: BTreeMap<Date, (i64, bool)> = BTreeMap::new();
        let mut expected: BTreeMap<String, i64> = people.iter().map(|person| (person.id.clone(), 0)).collect();
        for (at, _, amount, who) in order {
            let day = histories::day(at.div_euclid(1440));
            let period = match per {
                "" => None,
                " per day" => Some(Period::Day),
                " per week" => Some(Period::Week),
                _ => Some(Period::Month),
            };
            let (used, closed) = pots.entry(start_of(&program, day, period)).or_default();
            let wanted = amount * rate / 100;
            if !*closed && *used + wanted <= pot * 100 {
                *used += wanted;
                *expected.entry(who.to_owned()).or_default() += wanted;
            } else {
                *closed = true;
            }
        }
        let ledger = run(&program, &people);
        let found: BTreeMap<String, i64> =
            ledger.accounts.iter().map(|(who, entries)| (who.clone(), entries.iter().filter(|e| e.kind == Kind::Earn).map(|e| e.granted).sum())).collect();
        prop_assert_eq!(found, expected);
    }

    /// K1, K2, by a second computation: one rate and one limit give what is wanted as far as there is room.
    #[test]
    fn a_limit_cuts_exactly(
        rate in 1..30_i64, most in 1..400_i64, refuses in any::<bool>(), per in 0..6_usize, zone in prop::sample::select(programs::ZONES),
        amounts in prop::collection::vec((0..150_000_i64, 0..9_000_i64), 1..12),
    ) {
        let per = ["day", "week", "month", "quarter", "30 days", "10 days"][per];
        let word = if refuses { ", or nothing" } else { "" };
        let program = fixed(&format!("program \"Law\" currency EUR timezone {zone} round money down\ncashback {rate}%, at most {} EUR per {per}{word}\n", money(most)));
        let person = buyer(amounts.iter().copied());
        let mut made: Vec<(DateTime, i64)> = Vec::new();
        for number in in_order(&person) {
            let local = histories::local(&program, person.bought[number].at);
            let inside = |then: DateTime| match per {
                "30 days" => then > local.plus_days(-30),
                "10 days" => then > local.plus_days(-10),
                _ => {
                    let period = match per { "day" => Period::Day, "week" => Period::Week, "month" => Period::Month, _ => Period::Quarter };
                    start_of(&program, then.date(), Some(period)) == start_of(&program, local.date(), Some(period))
                }
            };
            let room = most - made.iter().filter(|(then, _)| inside(*then)).map(|(_, given)| given).sum::<i64>();
            let wanted = person.bought[number].amount * rate / 100;
            made.push((local, if wanted <= room { wanted } else if refuses { 0 } else { room }));
        }
        let ledger = run(&program, &[person]);
        let found: Vec<i64> = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Earn && e.granted > 0).map(|e| e.granted).collect();
        let expected: Vec<i64> = made.into_iter().map(|(_, given)| given).filter(|given| *given > 0).collect();
        prop_assert_eq!(found, expected);
    }

    /// K6: a group gives per item the rate of one rule, the best or the least, per purchase the first that gives, or all.
    #[test]
    fn groups_choose(
        policy in prop::sample::select(vec!["best for customer", "best for store", "first", "all"]),
        rates in prop::collection::vec((1..30_i64, 0..5_usize, 0..4_i64), 1..5),
        items in prop::collection::vec((0..3_usize, 1..30_i64), 1..4), app in any::<bool>(),
    ) {
        let scopes = ["", " on product \"latte\"", " on category \"tea\"", " excluding category \"tea\"", " via app"];
        let rules = rates.iter().map(|(rate, scope, over)| format!("cashback {rate}%{}{} in group promo\n", scopes[*scope], if *over > 0 { format!(" over {} EUR", over * 10) } else { String::new() }));
        let program = fixed(&format!("program \"Law\" currency EUR timezone UTC\ngroup promo {policy}\n{}", rules.collect::<String>()));
        // Whole euros, so that no percentage of a line needs rounding.
        let lines = items.iter().map(|(product, euros)| histories::Item { product: ["latte", "assam", "bun"][*product], quantity: 1, price: euros * 100 });
        let bought = histories::Bought { items: lines.collect(), app, ..histories::Bought::default() };
        let total = bought.total();
        let expected: i64 = bought.items.iter().map(|item| {
            let reaches = |scope: usize| match scope {
                1 => item.product == "latte",
                2 => item.product == "assam",
                3 => item.product != "assam",
                4 => app,
                _ => true,
            };
            let mut here = rates.iter().filter(|(_, scope, over)| reaches(*scope) && (*over == 0 || total > over * 1000)).map(|(rate, ..)| rate * item.price / 100);
            match policy {
                "best for customer" => here.max().unwrap_or(0),
                "best for store" => here.min().unwrap_or(0),
                "first" => here.next().unwrap_or(0),
                _ => here.sum(),
            }
        }).sum();
        let ledger = run(&program, &[Person { id: "c0".to_owned(), bought: vec![bought], ..Person::default() }]);
        let found: i64 = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Earn).map(|e| e.granted).sum();
        prop_assert_eq!(found, expected, "{:?}", ledger.accounts);
    }
}

/// Whether an entry is what a rule's limits count: given when the rule fires, or taken back of that.
fn is_award(rule: &Rule, kind: Kind) -> bool {
    let of_voucher = kind == Kind::Discount && rule.effects.iter().any(|effect| matches!(effect, Effect::Voucher { .. }));
    !of_voucher && !matches!(kind, Kind::VoucherUsed | Kind::VoucherExpired | Kind::Activate | Kind::TierUp(_) | Kind::TierDown(_))
}

/// Counts what a limit counts, entry by entry.
struct Tally<'a> {
    program: &'a Program,
    entries: &'a [Entry],
    limit: &'a Limit,
    joined: Option<Date>,
}

impl Tally<'_> {
    /// What of some entries counts in the period of one of them, less what was taken back, and the limit; nothing where
    /// the limit is not about such entries.
    fn used(&self, some: &[&Entry], now: &Entry) -> Option<(i64, i64)> {
        let counts = |entry: &Entry| match (self.limit.what, entry.unit) {
            (LimitWhat::Times(_), _) => true,
            (LimitWhat::Units(wallet, _), unit) => unit == Unit::Wallet(wallet),
            (LimitWhat::Money(_), Unit::Money) => true,
            (LimitWhat::Money(_), Unit::Wallet(id)) => self.program.wallets[id.index()].kind == WalletKind::Money,
            _ => false,
        };
        if !counts(now) {
            return None;
        }
        let mut by_firing: BTreeMap<(Instant, Option<u32>), i64> = BTreeMap::new();
        for entry in some.iter().filter(|entry| counts(entry)) {
            let made = origin_of(self.entries, entry);
            if self.together(made, origin_of(self.entries, now)) {
                *by_firing.entry((made.at, made.purchase)).or_default() += entry.granted;
            }
        }
        Some(match self.limit.what {
            LimitWhat::Times(most) => (i64::try_from(by_firing.values().filter(|sum| **sum > 0).count()).expect("few"), i64::from(most)),
            LimitWhat::Units(_, most) | LimitWhat::Money(most) => (by_firing.values().sum(), most),
            _ => return None,
        })
    }

    /// Whether what was granted then counts when something is granted now.
    fn together(&self, then: &Entry, now: &Entry) -> bool {
        let local = |entry: &Entry| self.program.zone.local(entry.at);
        match self.limit.per {
            LimitPeriod::Purchase => (then.at, then.purchase) == (now.at, now.purchase),
            LimitPeriod::Ever => true,
            LimitPeriod::Rolling(CivilSpan::Days(days)) => local(then) > local(now).plus_days(-i64::from(days)),
            LimitPeriod::Rolling(_) => panic!("not in the pool"),
            LimitPeriod::Calendar(Period::MembershipYear) => {
                // The drawn weeks are shorter than a year.
                let anniversary = |date: Date| self.joined.is_some_and(|joined| date >= joined.plus_months(12));
                anniversary(local(then).date()) == anniversary(local(now).date())
            }
            LimitPeriod::Calendar(per) => {
                start_of(self.program, local(then).date(), Some(per)) == start_of(self.program, local(now).date(), Some(per))
            }
        }
    }
}

/// A return makes room for what its purchase no longer earns, also where nothing could be taken back because it had
/// expired or was spent: entries tell of it only where everything stays in the wallet.
const NOTHING_LAPSES: &[(&str, &str)] = &[
    (" expire 20 days after earning", ""),
    (" expire 1 month after last activity", ""),
    (" expire 15 days after last earning", ""),
    (" expire at end of year", ""),
    (" expire 1 month after earning, at end of month", ""),
    (" expire 12 days after last purchase", ""),
    (" expire at end of next month", ""),
    (" expire 30 days after earning", ""),
    (" never expire for tier gold", ""),
    (" pending until event \"ok\" within 10 days", ""),
    (" expiring after 5 days", ""),
    (" usable from 3 days before to 3 days after birthday", ""),
    ("returns stop at zero", "returns may go negative"),
    ("returns deduct from refund", "returns may go negative"),
];
