//! Limits, series, cards and groups.

use super::*;
use loyalty_dsl::program::{CivilSpan, Effect, Limit};

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
