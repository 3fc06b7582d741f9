//! Opening balances: a history cut at a midnight, its second half run from openings made of the first, comes to what the whole
//! run comes to.

use super::*;
use loyalty_dsl::history::model::Opening;
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, PurchaseRecord, ReturnRecord};
use loyalty_dsl::value::Decimal;

const HEAD: &str = "program \"Opened\" currency EUR timezone Europe/Berlin earn on amount before discounts, including redeemed part\n\
                    points beans worth 0.01 EUR expire 40 days after earning, pending for 5 days\npoints miles\nwallet cashback\n\
                    tiers by spend ever\n  bronze\n  silver from 100 EUR\n  gold from 250 EUR\n\
                    redeem beans\nredeem cashback\n";

/// What sums alone tell.
const BY_SUMS: &[&str] = &[
    "earn 3 beans per 1 EUR",
    "cashback 2% for tier silver or above",
    "after every 50 EUR spent grant 20 miles",
    "after spending 120 EUR grant 1 EUR to cashback",
    "after spending 60 EUR in a month grant 11 miles",
    "on every 3rd purchase grant 15 miles",
    "on 4th purchase grant 2 EUR to cashback",
    "after 5th purchase discount 5%",
    "on reaching tier silver grant 30 miles",
    "on reaching tier gold discount 3%",
    "on leaving tier gold grant 1 miles",
    "on signup grant 10 beans",
    "on referral grant 40 miles",
    "at end of every month grant 3 miles if spend in this month is over 40 EUR",
    "cashback by spend ever\n  from 50 EUR 1%\n  from 150 EUR 2%",
    "grant 2 miles if miles earned is at least 60",
    "on event \"review\" grant 9 miles if events \"review\" is at least 2",
];

/// What only the purchases themselves tell.
const BY_PURCHASES: &[&str] = &[
    "after 20 days without purchase grant 7 miles",
    "after purchases in 2 consecutive weeks grant 5 miles",
    "cashback 1% if spend in last 30 days is over 60 EUR",
    "after every 40 EUR spent in last 20 days grant 4 miles",
    "on birthday grant 6 miles if purchases in last 30 days is at least 2",
];

/// A program of some of these sentences; each wallet is earned.
fn program_of(chosen: u32, by_purchases: bool) -> Option<Program> {
    let chosen = chosen | 0b10_0011;
    let all: Vec<&str> = if by_purchases { [BY_SUMS, BY_PURCHASES].concat() } else { BY_SUMS.to_vec() };
    let rules = all.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, rule)| format!("{rule}\n"));
    checked(&Text::of(&(HEAD.to_owned() + &rules.collect::<String>())))
}

/// What people did, from a minute on or before it; a half has its own returns only.
fn halves(people: &[Person], cut: i64) -> Vec<Person> {
    let mut all = people.to_vec();
    for bought in all.iter_mut().flat_map(|person| &mut person.bought) {
        bought.voucher = None;
        bought.items.clear();
        bought.returns.retain(|back| bought.at >= cut && matches!(back.what, What::Rest));
    }
    all
}

/// Purchases and events of people from a minute on, with the ids that they have in the whole.
fn rows(builder: &mut Builder, program: &Program, people: &[Person], from: i64) {
    for (number, person) in people.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| people.get(before)).filter(|_| person.referred);
        builder.customer(CustomerRecord {
            id: person.id.clone(),
            joined: person.joined.map(histories::day),
            born: person.born,
            referred_by: before.map(|other| other.id.clone()),
            ..CustomerRecord::default()
        });
        for (at, bought) in person.bought.iter().enumerate().filter(|(_, bought)| bought.at >= from) {
            let id = format!("{}-{at}", person.id);
            let paid = [("beans", bought.paid.0, 0), ("cashback", bought.paid.1, 2)].into_iter().filter(|(_, units, _)| *units > 0);
            builder.purchase(PurchaseRecord {
                customer: person.id.clone(),
                id: id.clone(),
                at: histories::moment(program, bought.at),
                amount: Some(bought.total()),
                shipping: bought.shipping,
                tax: bought.tax,
                paid: paid.map(|(name, units, scale)| (name.to_owned(), Decimal::new(units.into(), scale))).collect(),
                ..PurchaseRecord::default()
            });
            for (number, back) in bought.returns.iter().enumerate() {
                let (customer, at) = (person.id.clone(), histories::moment(program, bought.at + back.after));
                builder.returned(ReturnRecord { customer, id: format!("{id}-r{number}"), of: id.clone(), at, ..ReturnRecord::default() });
            }
        }
        for (number, (at, name)) in person.events.iter().enumerate().filter(|(_, (at, _))| *at >= from) {
            let (customer, at) = (person.id.clone(), histories::moment(program, *at));
            builder.event(EventRecord { customer, id: format!("e{number}"), name: (*name).to_owned(), at, ..EventRecord::default() });
        }
    }
}

/// What an account holds by its entries so far: lots, and the highest rung.
fn held(program: &Program, entries: &[Entry]) -> Vec<Opening> {
    let mut all = Vec::new();
    for (index, wallet) in program.wallets.iter().enumerate() {
        let of_wallet = || entries.iter().filter(|entry| in_wallet(entry, index) && entry.lot.is_some());
        let mut lots: BTreeMap<u32, (i64, Date, Option<Date>)> = BTreeMap::new();
        for entry in of_wallet() {
            let made = program.zone.local(entry.at).date();
            let lot = lots.entry(entry.lot.expect("a lot")).or_insert((0, made, entry.expires));
            lot.0 += entry.granted;
        }
        all.extend(lots.into_values().filter(|(units, ..)| *units != 0).map(|(units, earned, expires)| Opening::Lot {
            wallet: wallet.name.clone(),
            units,
            earned: Some(earned),
            expires,
        }));
    }
    let rung = entries.iter().fold(0, |rung, entry| match entry.kind {
        Kind::TierUp(tier) => tier.rung,
        Kind::TierDown(tier) => tier.rung - 1,
        _ => rung,
    });
    if rung > 0 {
        let name = program.ladders[0].rungs[usize::from(rung)].name.clone();
        all.push(Opening::Tier { name, since: None, until: None });
    }
    all
}

/// What was measured of somebody before a day, as a member: sums of what is recorded, since nothing lessens them here.
fn measured(program: &Program, person: &Person, entries: &[Entry], cut: Date) -> Vec<Opening> {
    let Some(joined) = entries.iter().find(|entry| entry.kind == Kind::Join).map(|entry| entry.at) else { return Vec::new() };
    let mine =
        || person.bought.iter().filter(|b| histories::moment(program, b.at) >= joined && histories::local(program, b.at).date() < cut);
    let spend = |counts: &dyn Fn(Date) -> bool| -> i64 {
        mine().filter(|b| counts(histories::local(program, b.at).date())).map(|b| b.total()).sum()
    };
    let (year, month, _) = cut.ymd();
    let miles: i64 = entries.iter().filter(|e| in_wallet(e, index(program, "miles")) && e.kind != Kind::Spend).map(|e| e.granted).sum();
    let reviews = person
        .events
        .iter()
        .filter(|(at, name)| *name == "review" && histories::moment(program, *at) >= joined && histories::local(program, *at).date() < cut);
    let count = |measure: &str, value: i64| Opening::Count { measure: measure.to_owned(), value };
    vec![
        count("spend", spend(&|_| true)),
        count("spend ever", spend(&|_| true)),
        count("spend in this month", spend(&|day| (day.ymd().0, day.ymd().1) == (year, month))),
        count("purchases", i64::try_from(mine().filter(|b| b.total() > 0).count()).expect("few")),
        count("miles earned", miles),
        count("events \"review\"", i64::try_from(reviews.count()).expect("few")),
    ]
}

fn index(program: &Program, wallet: &str) -> usize {
    program.wallets.iter().position(|known| known.name == wallet).expect("a wallet")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_second_half_goes_on_from_openings(chosen in any::<u32>(), by_purchases in any::<bool>(), people in people(), days in 1..100_i64) {
        let program = program_of(chosen, by_purchases);
        prop_assume!(program.is_some());
        let program = program.expect("a program");
        let (cut, minute) = (histories::day(days), days * 1440);
        let people = halves(&people, minute);
        let history_from = |from: i64, openings: &[(String, Opening)], open: bool| {
            let mut builder = Builder::new("drawn");
            rows(&mut builder, &program, &people, from);
            if open {
                builder.open_at(cut);
            }
            openings.iter().for_each(|(customer, what)| builder.opening(customer.clone(), what.clone()));
            histories::finish(builder, &program)
        };
        let whole = run_on(&program, &history_from(i64::MIN, &[], false), &until(Some(last())));
        let first = run_on(&program, &history_from(i64::MIN, &[], false), &until(Some(cut.plus_days(-1))));
        let mut openings = Vec::new();
        for person in &people {
            let Some(entries) = first.accounts.get(&person.id) else { continue };
            let counts = if by_purchases { Vec::new() } else { measured(&program, person, entries, cut) };
            openings.extend(held(&program, entries).into_iter().chain(counts).map(|what| (person.id.clone(), what)));
        }
        let from = if by_purchases { i64::MIN } else { minute };
        let second = run_on(&program, &history_from(from, &openings, true), &until(Some(last())));
        let start = program.zone.midnight(cut);
        let after = |ledger: &Ledger, id: &str| {
            let opened = |entry: &Entry| matches!(entry.kind, Kind::Opening | Kind::OpeningTier(_) | Kind::Join);
            // Rows do not say which of two lots of one day came first, so lots that end on one day are taken together.
            let mut sums = BTreeMap::new();
            for entry in ledger.accounts.get(id).into_iter().flatten().filter(|entry| entry.at >= start && !opened(entry)) {
                let (at, kind, label, wanted, granted, expires) = shape(&program, entry);
                let sum = sums.entry((at, format!("{kind:?}"), label, expires)).or_insert((0, 0));
                *sum = (sum.0 + wanted, sum.1 + granted);
            }
            sums
        };
        for person in &people {
            prop_assert_eq!(after(&second, &person.id), after(&whole, &person.id), "{} from {}", person.id, cut);
        }
        for (opened, all) in second.totals.wallets.iter().zip(&whole.totals.wallets) {
            prop_assert_eq!((opened.balance, opened.pending), (all.balance, all.pending));
            let out = opened.spent + opened.expired + opened.taken_back + opened.balance + opened.pending;
            prop_assert_eq!(opened.opening + opened.issued + opened.adjusted, out);
        }
    }
}
