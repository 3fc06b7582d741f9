//! Nothing is lost and nothing comes from nowhere.

use super::*;
use loyalty_dsl::program::{Pending, SpendOrder, Trigger, WalletId};

proptest! {
    #![proptest_config(config())]

    /// C1, C2: three ways to count a wallet agree, and no lot gives more than it held.
    #[test]
    fn nothing_is_lost((text, program) in lawful(Pool::All), people in people()) {
        let ledger = run(&program, &people);
        for (wallet, totals) in ledger.totals.wallets.iter().enumerate() {
            let of = |kinds: &[Kind]| ledger.sum(|e| in_wallet(e, wallet) && kinds.contains(&e.kind));
            let below = ledger.sum(|e| in_wallet(e, wallet) && e.kind == Kind::Multiply && e.granted < 0);
            prop_assert_eq!(totals.opening + totals.issued + totals.adjusted, totals.spent + totals.expired + totals.taken_back + totals.balance + totals.pending, "{}", text.whole());
            prop_assert_eq!(of(&[Kind::Earn, Kind::Multiply, Kind::Grant]) - below, totals.issued);
            prop_assert_eq!(of(&[Kind::Adjust]), totals.adjusted);
            prop_assert_eq!(of(&[Kind::Spend, Kind::Exchange, Kind::Restore]), -totals.spent);
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
                // What the refund bears is owed for as long as the return lasts; what it cannot hold, for longer.
                if program.returns.shortfall == Shortfall::StopAtZero {
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

    /// C3: every posting has an opposite: after every event what can be spent is what was issued and given back, less what
    /// was spent, expired or taken back, and less what is pending.
    #[test]
    fn every_posting_has_an_opposite((text, program) in tamed(Pool::All, UNPAID), people in people()) {
        let history = history(&program, &people, Order::default());
        for person in &people {
            let mut accounts = vec![BTreeMap::<&str, i64>::new(); program.wallets.len()];
            let mut pending: BTreeMap<u32, (usize, i64)> = BTreeMap::new();
            for chapter in story(&program, &history, &person.id) {
                for entry in &chapter.entries {
                    let Unit::Wallet(wallet) = entry.unit else { continue };
                    let wallet = wallet.index();
                    let opposite = match entry.kind {
                        Kind::Earn | Kind::Multiply | Kind::Grant => "issued",
                        Kind::Restore => "given back",
                        Kind::Spend | Kind::Exchange => "spent",
                        Kind::Expire => "expired",
                        Kind::TakeBack => "taken back",
                        Kind::Adjust => "borne by the refund",
                        Kind::Activate => "moved",
                        Kind::Refused => continue,
                        other => panic!("{other:?} in a wallet"),
                    };
                    *accounts[wallet].entry(opposite).or_default() -= entry.granted;
                    *accounts[wallet].entry("customer").or_default() += entry.granted;
                    prop_assert_eq!(accounts[wallet].values().sum::<i64>(), 0);
                    let Some(lot) = entry.lot else { continue };
                    let makes = matches!(entry.kind, Kind::Earn | Kind::Multiply | Kind::Grant) && entry.granted > 0;
                    let own = rule_of(&program, entry).and_then(|rule| rule.life.pending.as_ref());
                    if makes && *own.unwrap_or(&program.wallets[wallet].pending) != Pending::No {
                        pending.insert(lot, (wallet, 0));
                    }
                    match (entry.kind, pending.get_mut(&lot)) {
                        (Kind::Activate, _) => { pending.remove(&lot); }
                        (_, Some((_, left))) => *left += entry.granted,
                        (_, None) => {}
                    }
                }
                for (wallet, balance) in chapter.balances.iter().enumerate() {
                    let held = accounts[wallet].get("customer").copied().unwrap_or(0);
                    let waits: i64 = pending.values().filter(|(of, _)| *of == wallet).map(|(_, left)| left).sum();
                    prop_assert_eq!(*balance, held - waits, "wallet {} after {:?}: {:?}\n{}", wallet, chapter.event, accounts[wallet], text.whole());
                }
            }
        }
    }

    /// C5: payments and exchanges draw on lots in the declared order, and on the next only when one is empty.
    #[test]
    fn lots_are_drawn_in_order((text, program) in tamed(Pool::All, PLAIN_LOTS), people in people()) {
        for (account, entries) in run(&program, &people).accounts {
            let mut lots: Vec<Held> = Vec::new();
            for entry in &entries {
                let (Unit::Wallet(wallet), Some(id)) = (entry.unit, entry.lot) else { continue };
                let day = program.zone.local(entry.at).date();
                if let (Kind::Restore, Some(lot)) = (entry.kind, lots.iter_mut().find(|lot| lot.id == id)) {
                    // What comes back lies in its own lot again.
                    lot.left += entry.granted;
                    continue;
                }
                if entry.granted > 0 {
                    let expires = entry.expires.unwrap_or(Date::MAX);
                    // What comes back keeps an age that its entry does not tell.
                    lots.push(Held { id, wallet, left: entry.granted, earned: day, expires, restored: entry.kind == Kind::Restore });
                    continue;
                }
                if matches!(entry.kind, Kind::Spend | Kind::Exchange) && entry.granted < 0 {
                    let usable: Vec<&Held> = lots.iter().filter(|lot| lot.wallet == wallet && lot.left > 0 && day <= lot.expires).collect();
                    let drawn = *usable.iter().find(|lot| lot.id == id).expect("a lot that holds something");
                    let before = |other: &&&Held| !other.restored && !drawn.restored && match program.wallets[wallet.index()].spend {
                        SpendOrder::EarliestExpiry => (other.expires, other.id) < (drawn.expires, drawn.id),
                        SpendOrder::Oldest => (other.earned, other.id) < (drawn.earned, drawn.id),
                        SpendOrder::Newest => (other.earned, other.id) > (drawn.earned, drawn.id),
                    };
                    let better = usable.iter().find(before);
                    prop_assert!(better.is_none(), "{account}: {entry:?} draws on {drawn:?} before {better:?}\n{}", text.whole());
                }
                if let Some(lot) = lots.iter_mut().find(|lot| lot.id == id) {
                    lot.left += entry.granted;
                    prop_assert!(lot.left >= 0, "{account}: {entry:?} takes more than there was");
                }
            }
        }
    }

    /// What the lines of a ledger cost the firm is what the program costs: discounts, gifts at cost, vouchers used, messages and
    /// donations, and what units paid, which alone depends on what a unit of reward value costs.
    #[test]
    fn the_ledger_costs_what_the_program_costs((text, program) in lawful(Pool::Shared), people in people()) {
        let ledger = run(&program, &people);
        let costs = ledger.entries().map(|(_, entry)| entry.cost(&program));
        let sum = costs.fold((0, 0), |sum, cost| (sum.0 + cost.0, sum.1 + cost.1));
        let totals = &ledger.totals;
        let gifts: i128 = program.gifts.iter().zip(&totals.gifts).map(|(gift, pieces)| i128::from(gift.costs) * i128::from(*pieces)).sum();
        let plain = totals.discounts + totals.free_shipping + gifts + totals.vouchers_used_value + totals.message_cost + totals.donations;
        let redeemed: i128 = totals.wallets.iter().map(|wallet| wallet.redeemed_value).sum();
        prop_assert_eq!(sum, (plain, redeemed), "{}{:#?}", text.whole(), ledger.accounts);
    }

    /// C6: a budget's remainder is its amount less what its grants cost and plus what returns took back of them, period by
    /// period of the grant, and never below zero.
    #[test]
    fn budgets_are_never_overdrawn((text, program) in tamed(Pool::Shared, WHOLE_BEANS), people in people()) {
        let ledger = run(&program, &people);
        let cost = |entry: &Entry| match (entry.kind, entry.unit) {
            // A bean is worth a cent; miles are worth nothing by themselves.
            (Kind::TakeBack | Kind::Earn | Kind::Multiply | Kind::Grant, Unit::Wallet(wallet))
                if program.wallets[wallet.index()].worth.is_some() || program.wallets[wallet.index()].kind == WalletKind::Money =>
            {
                entry.granted
            }
            (Kind::Gift(gift), _) => program.gifts[gift.index()].costs * entry.granted,
            (Kind::Discount | Kind::Price | Kind::FreeShipping | Kind::Voucher | Kind::Message | Kind::Donation, Unit::Money) => entry.granted,
            _ => 0,
        };
        for (at, budget) in program.budgets.iter().enumerate() {
            let mut changes: Vec<(Instant, Date, i64)> = Vec::new();
            for entries in ledger.accounts.values() {
                for entry in entries {
                    let draws = rule_of(&program, entry).is_some_and(|rule| rule.budgets.iter().any(|id| id.index() == at));
                    if draws {
                        let made = origin_of(entries, entry).at;
                        let day = program.zone.local(made).date();
                        changes.push((entry.at, start_of(&program, day, budget.per), cost(entry)));
                    }
                }
            }
            changes.sort();
            let mut used: BTreeMap<Date, i64> = BTreeMap::new();
            for same_time in changes.chunk_by(|a, b| a.0 == b.0) {
                for (_, period, cost) in same_time {
                    *used.entry(*period).or_default() += cost;
                }
                let fits = used.values().all(|used| (0..=budget.amount).contains(used));
                prop_assert!(fits, "{}: {used:?} of {} at {:?}\n{}", budget.name, budget.amount, same_time[0].0, text.whole());
            }
        }
        for (at, gift) in program.gifts.iter().enumerate() {
            let given = ledger.sum(|e| matches!(e.kind, Kind::Gift(id) if id.index() == at));
            prop_assert!(gift.only.is_none_or(|only| given <= i128::from(only)), "{} of {:?}", given, gift.only);
        }
    }

    /// C8: every row is used, a repetition or rejected with a reason; and every rule that could concern a purchase either
    /// gave something on it or says why not.
    #[test]
    fn every_row_and_every_rule_is_accounted_for((text, program) in lawful(Pool::All), people in people(), twice in any::<bool>()) {
        let history = history(&program, &people, Order { seed: 0, twice });
        for file in &history.accounting.files {
            let rows = file.rows;
            prop_assert_eq!(rows.read, rows.used + rows.duplicate + rows.rejected, "{:?}", file);
            prop_assert_eq!(file.reasons.values().map(|reason| reason.count).sum::<u64>(), rows.rejected);
            if file.table == "purchases" {
                let kept: usize = history.parts.iter().map(|part| part.purchases.at.len()).sum();
                let drawn: usize = people.iter().map(|person| person.bought.len()).sum();
                prop_assert_eq!((u64::try_from(kept), rows.duplicate), (Ok(rows.used), if twice { rows.used } else { 0 }));
                prop_assert_eq!(kept, drawn);
            }
        }
        for person in &people {
            let told = story(&program, &history, &person.id);
            prop_assert_eq!(told.iter().filter(|chapter| chapter.decided.is_some()).count(), person.bought.len());
            for decided in told.iter().filter_map(|chapter| chapter.decided.as_ref()).filter(|decided| decided.active) {
                for rule in &program.rules {
                    let gave = decided.gave.iter().any(|gave| gave.rule == rule.id);
                    let refused = decided.did_not.iter().filter(|other| other.rule == rule.id).count();
                    prop_assert!(usize::from(gave) + refused <= 1, "\"{}\" gave and did not, or says so twice\n{}", rule.label, text.whole());
                    let concerns = matches!(rule.trigger, Trigger::EachPurchase { .. } | Trigger::Nth { .. } | Trigger::EveryNth { .. } | Trigger::Range { .. });
                    prop_assert!(!concerns || gave || refused == 1, "\"{}\" says nothing about a purchase of {}\n{}", rule.label, decided.amount, text.whole());
                }
            }
        }
    }
}

/// What is paid out later is pending without a lot of its own, and a multiplier below one takes from what is pending.
const UNPAID: &[(&str, &str)] = &[
    ("multiply beans by 0.5", "multiply beans by 1.5"),
    (", paid at end of every month, rounded down to 0.50 EUR", ""),
    (", paid at end of every week", ""),
];

/// Every lot can be spent at once and keeps its last day, and nothing is owed.
const PLAIN_LOTS: &[(&str, &str)] = &[
    (", paid at end of every month, rounded down to 0.50 EUR", ""),
    (", paid at end of every week", ""),
    (" pending for 3 days", ""),
    (" pending for 2 days", ""),
    (" pending until event \"ok\" within 10 days", ""),
    ("after last activity", "after earning"),
    ("after last earning", "after earning"),
    ("after last purchase", "after earning"),
    (" never expire for tier gold", ""),
    ("returns may go negative", "returns stop at zero"),
    ("returns deduct from refund", "returns stop at zero"),
];

/// A bean has no parts, so that what it costs a budget needs no rounding; nothing costs less than nothing.
const WHOLE_BEANS: &[(&str, &str)] =
    &[("multiply beans by 0.5", "multiply beans by 1.5"), (" round half up to 0.5", ""), (" round half even to 0.25", "")];

/// A lot as the ledger tells of it.
#[derive(Debug)]
struct Held {
    id: u32,
    wallet: WalletId,
    left: i64,
    earned: Date,
    expires: Date,
    restored: bool,
}
