//! Laws that hold for every program and every history (their letters and numbers are those of the reliability notes).

use histories::{Back, Order, Person, What, history, people};
use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::check::check;
use loyalty_dsl::engine;
use loyalty_dsl::engine::ledger::{Entry, Kind, Sink, Source, Unit};
use loyalty_dsl::engine::totals::Totals;
use loyalty_dsl::history::model::History;
use loyalty_dsl::program::{LimitPeriod, LimitWhat, Period, Program, Shortfall, WalletKind};
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::parse;
use loyalty_dsl::value::{Date, Instant};
use programs::{Pool, Text, programs};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

mod histories;
mod programs;

/// A program that can run; none if `check` finds an error in the drawn sentences.
fn checked(text: &Text) -> Option<Program> {
    let sources = Sources::single("drawn.loy", &text.whole());
    let (ast, problems) = parse(&sources, 0);
    assert!(!problems.has_errors(), "the pool holds a sentence that cannot be read: {}\n{problems:?}", text.whole());
    check(&ast, &sources, &[]).0
}

/// Stands beside its text, which says it better.
struct Checked(Program);

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("checked")
    }
}

impl std::ops::Deref for Checked {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

fn lawful(pool: Pool) -> impl Strategy<Value = (Text, Checked)> {
    programs(pool).prop_filter_map("check refuses it", |text| checked(&text).map(|program| (text, Checked(program))))
}

/// What a run writes down, by account.
#[derive(Clone, Debug, Default, PartialEq)]
struct Ledger {
    accounts: BTreeMap<String, Vec<Entry>>,
    totals: Totals,
}

struct Book<'a>(&'a History, BTreeMap<String, Vec<Entry>>);

impl Sink for Book<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        self.1.insert(self.0.parts[part].accounts[account].id.clone(), entries.to_vec());
    }
}

fn run_on(program: &Program, history: &History, options: &engine::Options) -> Ledger {
    let mut book = Book(history, BTreeMap::new());
    let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
    let totals = engine::run(program, history, &assumptions, options, Some(&mut book)).expect("no amount overflows");
    Ledger { accounts: book.1, totals }
}

fn until(as_of: Option<Date>) -> engine::Options {
    engine::Options { as_of, threads: 1, ..engine::Options::default() }
}

/// The last day of the books of all drawn histories, with time for what is pending.
fn last() -> Date {
    histories::day(120)
}

fn run(program: &Program, people: &[Person]) -> Ledger {
    run_on(program, &history(program, people, Order::default()), &until(Some(last())))
}

impl Ledger {
    fn entries(&self) -> impl Iterator<Item = (&String, &Entry)> {
        self.accounts.iter().flat_map(|(account, entries)| entries.iter().map(move |entry| (account, entry)))
    }

    /// The sum of one thing over all entries.
    fn sum(&self, wanted: impl Fn(&Entry) -> bool) -> i128 {
        self.entries().filter(|(_, entry)| wanted(entry)).map(|(_, entry)| i128::from(entry.granted)).sum()
    }
}

fn in_wallet(entry: &Entry, wallet: usize) -> bool {
    matches!(entry.unit, Unit::Wallet(id) if id.index() == wallet)
}

/// What of an entry does not depend on the numbering of entries, lots and rules.
fn shape(program: &Program, entry: &Entry) -> (Instant, Kind, String, i64, i64, Option<Date>) {
    let label = match entry.source {
        Source::Rule(id) => program.rules[id.index()].label.clone(),
        other => format!("{other:?}"),
    };
    (entry.at, entry.kind, label, entry.wanted, entry.granted, entry.expires)
}

fn shapes(program: &Program, entries: &[Entry]) -> Vec<(Instant, Kind, String, i64, i64, Option<Date>)> {
    entries.iter().map(|entry| shape(program, entry)).collect()
}

/// The same cases every time; `LAW_SEED=7 LAW_CASES=2000 cargo test laws` draws others.
fn config() -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u32>().ok());
    let cases = number("LAW_CASES").unwrap_or(64);
    let rng_seed = RngSeed::Fixed(number("LAW_SEED").unwrap_or(1).into());
    ProptestConfig { cases, rng_seed, max_shrink_iters: 4000, failure_persistence: None, ..ProptestConfig::default() }
}

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

    /// E6: taking out a rule that never did anything changes nothing, nor does one that never will.
    #[test]
    fn idle_rules_do_not_matter((text, program) in lawful(Pool::All), people in people()) {
        let all = run(&program, &people);
        let idle = |sentence: &String| {
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

    /// R1: buying and returning everything at once leaves all as it was, and what is bought later earns as if nothing had been.
    #[test]
    fn returning_everything((text, program) in lawful(Pool::Purchases), people in people(), split in 0..60_i64, pieces in 0..3_usize) {
        let people: Vec<Person> = people.into_iter().map(|person| Person { joined: Some(-1), ..person }).collect();
        let early = |b: &histories::Bought| b.at < split * 1440;
        let mut with = people.clone();
        let mut without = people.clone();
        for bought in with.iter_mut().flat_map(|p| &mut p.bought) {
            bought.returns.clear();
            bought.paid = (0, 0);
            if early(bought) {
                // Nothing else happens between a purchase and its return.
                let cents = bought.total();
                bought.returns = (0..pieces).map(|_| Back { after: 0, what: What::Amount((cents / 4).max(1)) }).collect();
                bought.returns.push(Back { after: 0, what: What::Rest });
            }
        }
        for person in &mut without {
            person.bought.retain(|bought| !early(bought));
            person.bought.iter_mut().for_each(|bought| { bought.returns.clear(); bought.paid = (0, 0); });
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
    fn returning_what_points_paid((text, _) in lawful(Pool::Purchases), people in people(), split in 0..60_i64) {
        // Whatever follows activity moves with it, returned or not.
        let tame = |line: &String| {
            let mut line = line.clone();
            for last in ["last activity", "last earning", "last purchase"] {
                line = line.replace(last, "earning");
            }
            for word in [" pending for 3 days", " pending for 2 days", " pending until event \"ok\" within 10 days", " restore points with new expiry", " do not restore points"] {
                line = line.replace(word, "");
            }
            line
        };
        let mut text = Text { head: text.head.iter().map(tame).collect(), rules: text.rules.iter().map(tame).collect() };
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
        people.iter_mut().flat_map(|p| &mut p.bought).for_each(|b| { b.returns.clear(); b.paid = (0, 0); });
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
            bought.push(histories::Bought { at: i64::try_from(at).expect("few"), amount, items: Vec::new(), shipping: 0, app: false, paid: (0, 0), returns: Vec::new() });
        }
        let person = Person { id: "c0".to_owned(), joined: None, born: None, bought, events: Vec::new() };
        let ledger = run(&program, &[person]);
        let found: Vec<(u32, u8)> = ledger.accounts["c0"].iter().filter_map(|e| match e.kind {
            Kind::TierUp(tier) => Some((e.purchase.expect("a purchase"), tier.rung)),
            _ => None,
        }).collect();
        prop_assert_eq!(found, expected);
    }

    /// Z4: every birthday comes once a calendar year, on its day or on 28 February.
    #[test]
    fn every_birthday_once(month in 1..13_u8, day in 1..32_u8, leap in any::<bool>(), joined in -400..400_i64) {
        let born = if leap { Date::from_ymd(2000, 2, 29) } else { Date::from_ymd(2000, month, day) };
        prop_assume!(born.is_some());
        let text = "program \"Law\" currency EUR timezone Europe/Berlin\npoints beans\non birthday grant 1 bean\n";
        let program = checked(&Text { head: vec![text.to_owned()], rules: Vec::new() }).expect("a program");
        let person = Person { id: "c0".to_owned(), joined: Some(joined), born, bought: Vec::new(), events: vec![(6_000_000, "ok")] };
        let history = history(&program, &[person], Order::default());
        let end = histories::day(6_000_000 / 1440);
        let ledger = run_on(&program, &history, &until(Some(end)));
        let found: Vec<Date> = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Grant).map(|e| program.zone.local(e.at).date()).collect();
        let (_, month, day) = born.expect("a day").ymd();
        let days = (2023..2040).map(|year| Date::from_ymd(year, month, day).unwrap_or_else(|| Date::from_ymd(year, 2, 28).expect("a day")));
        let expected: Vec<Date> = days.filter(|day| histories::day(joined) <= *day && *day <= end).collect();
        prop_assert_eq!(found, expected);
    }
}
