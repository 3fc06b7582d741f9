//! The engine against the reference: two interpreters, one law.
//!
//! `REFERENCE_CASES=5000 REFERENCE_SEED=7 cargo test differential` compares more.

mod drawn;
mod shrink;

use crate::reference::{self, Book, Happened, Happening, Outside, Part, Ratio, Slip, What};
use chrono::Datelike;
use drawn::{Case, cases};
use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::check::check;
use loyalty_dsl::engine;
use loyalty_dsl::engine::ledger::{Entry, Kind, Sink, Source, Unit};
use loyalty_dsl::history::model::{History, Needs};
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use loyalty_dsl::program::{Program, WalletKind};
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::ast::Ast;
use loyalty_dsl::syntax::parse;
use loyalty_dsl::value::{Date, DateTime, Decimal, Instant, TimeOfDay};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use shrink::{shortest, told};
use std::collections::{BTreeMap, BTreeSet};

/// What both write down: by account, moment, kind, rule and what it is about, the sum.
type Sums = BTreeMap<Key, Ratio>;
type Key = (String, i64, reference::Kind, Option<String>, What);

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    sums: Sums,
    balances: BTreeMap<String, (Ratio, Ratio)>,
}

fn date(day: chrono::NaiveDate) -> Date {
    let small = |n: u32| u8::try_from(n).expect("a part of a date");
    Date::from_ymd(day.year(), small(day.month()), small(day.day())).expect("a day")
}

fn history(program: &Program, case: &Case) -> History {
    let moment = |at: chrono::NaiveDateTime| {
        let seconds = (at.time() - chrono::NaiveTime::MIN).num_seconds();
        program.zone.instant(DateTime::new(date(at.date()), TimeOfDay(u32::try_from(seconds).expect("a time"))))
    };
    let mut builder = Builder::new("drawn");
    for story in &case.stories {
        for member in &story.members {
            let (joined, born) = (member.joined.map(date), member.born.map(date));
            let attributes = vec![("family".to_owned(), story.id.clone())];
            let (id, referred_by) = (member.id.clone(), member.referred_by.clone());
            builder.customer(CustomerRecord { id, joined, born, referred_by, attributes, ..CustomerRecord::default() });
        }
        for happened in &story.happened {
            tell(&mut builder, happened, &story.members[happened.who].id, moment(happened.at));
        }
    }
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    let account_by = program.account_by.is_some().then_some("family");
    builder.finish(&Options {
        currency: "EUR",
        decimals,
        zone,
        round_money,
        account_by,
        needs: &needs,
        everything: true,
        outside: false,
        threads: 1,
    })
}

fn tell(builder: &mut Builder, happened: &Happened, customer: &str, at: Instant) {
    let (id, customer) = (happened.id.clone(), customer.to_owned());
    let event =
        |name: &str| EventRecord { customer: customer.clone(), id: id.clone(), name: name.to_owned(), at, ..EventRecord::default() };
    match &happened.what {
        Happening::Signup => builder.event(event("signup")),
        Happening::Event(name) => builder.event(event(name)),
        Happening::Return(of, part) => {
            let mut record = ReturnRecord { customer, id, of: of.clone(), at, ..ReturnRecord::default() };
            match part {
                Part::Rest => {}
                Part::Amount(cents) => record.amount = Some(*cents),
                Part::Units(product, units) => (record.product, record.quantity) = (product.clone(), Some(Decimal::whole(*units))),
            }
            builder.returned(record);
        }
        Happening::Purchase(receipt) => {
            let items = receipt.items.iter().map(|item| ItemRecord {
                product: item.product.clone(),
                category: item.category.clone(),
                brand: item.brand.clone(),
                quantity: Some(Decimal::whole(item.quantity)),
                price: Some(Decimal::new(item.price.into(), 2)),
                ..ItemRecord::default()
            });
            let texts = [("channel", &receipt.channel), ("store", &receipt.store), ("category", &receipt.category)];
            let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
            let lines: i64 = receipt.items.iter().map(|item| item.quantity * item.price).sum();
            builder.purchase(PurchaseRecord {
                customer,
                id,
                at,
                amount: Some(receipt.amount + lines + receipt.shipping),
                tax: receipt.tax,
                shipping: receipt.shipping,
                texts: texts.collect(),
                items: items.collect(),
                ..PurchaseRecord::default()
            });
        }
    }
}

/// The entries of every account.
struct Kept<'a>(&'a History, Vec<(String, Entry)>);

impl Sink for Kept<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        let id = &self.0.parts[part].accounts[account].id;
        self.1.extend(entries.iter().map(|entry| (id.clone(), entry.clone())));
    }
}

fn add(sums: &mut Sums, key: Key, granted: Ratio) {
    *sums.entry(key).or_insert(Ratio::ZERO) += granted;
}

/// What the engine says.
fn engine_says(program: &Program, case: &Case) -> Outcome {
    let history = history(program, case);
    let assumptions = Assumptions::redeeming(Redemption::AsSoonAsPossible);
    let until = case.stories.iter().map(|story| story.until).max().unwrap_or_default();
    let options = engine::Options { as_of: Some(date(until)), threads: 1, ..engine::Options::default() };
    let mut kept = Kept(&history, Vec::new());
    let totals = engine::run(program, &history, &assumptions, &options, Some(&mut kept)).expect("no amount overflows");
    let units = |wallet: usize, n: i128| {
        let wallet = &program.wallets[wallet];
        let scale = if wallet.kind == WalletKind::Money { 0 } else { wallet.scale.into() };
        Ratio::new(n, 10_i128.pow(scale))
    };
    let mut sums = Sums::new();
    for (account, entry) in &kept.1 {
        let kind = match entry.kind {
            Kind::Join => reference::Kind::Join,
            Kind::Discount => reference::Kind::Discount,
            Kind::Earn => reference::Kind::Earn,
            Kind::Multiply => reference::Kind::Multiply,
            Kind::Grant => reference::Kind::Grant,
            Kind::Gift(_) => reference::Kind::Gift,
            Kind::Voucher => reference::Kind::Voucher,
            Kind::VoucherUsed => reference::Kind::VoucherUsed,
            Kind::VoucherRestored => reference::Kind::VoucherRestored,
            Kind::VoucherExpired => reference::Kind::VoucherExpired,
            Kind::Entries(_) => reference::Kind::Entries,
            Kind::Prize(..) => reference::Kind::Prize,
            Kind::Access(_) => reference::Kind::Access,
            Kind::Message => reference::Kind::Message,
            Kind::Donation => reference::Kind::Donation,
            Kind::Exchange => reference::Kind::Exchange,
            Kind::PayOut => reference::Kind::PayOut,
            Kind::Spend => reference::Kind::Spend,
            Kind::Expire => reference::Kind::Expire,
            Kind::TakeBack => reference::Kind::TakeBack,
            Kind::Restore => reference::Kind::Restore,
            Kind::Refund => reference::Kind::Refund,
            Kind::TierUp(_) | Kind::TierDown(_) => reference::Kind::TierUp,
            Kind::Activate | Kind::Refused => continue,
            other => panic!("{other:?} is not in the fragment"),
        };
        let (what, granted) = match (entry.kind, entry.unit) {
            (Kind::TierUp(tier) | Kind::TierDown(tier), _) => {
                (What::Tier(tier.ladder.index(), tier.rung.into()), Ratio::whole(entry.granted.into()))
            }
            (Kind::Gift(gift) | Kind::Prize(_, gift), _) => (thing(&program.gifts[gift.index()].name), Ratio::whole(entry.granted.into())),
            (Kind::Access(access), _) => (thing(&program.accesses[access.index()]), Ratio::whole(entry.granted.into())),
            (Kind::Entries(draw), _) => (thing(&program.draws[draw.index()].name), Ratio::whole(entry.granted.into())),
            (Kind::Voucher, Unit::Count) => (What::Nothing, Ratio::whole(entry.granted.into())),
            (Kind::Join, _) => (What::Nothing, Ratio::ZERO),
            (_, Unit::Wallet(wallet)) => (What::Wallet(wallet_key(program, wallet.index())), units(wallet.index(), entry.granted.into())),
            _ => (What::Money, Ratio::whole(entry.granted.into())),
        };
        let rule = match entry.source {
            Source::Rule(id) if !matches!(entry.kind, Kind::Expire | Kind::Spend) => program.rules[id.index()].name.clone(),
            Source::Exchange(number) => Some(format!("exchange {number}")),
            Source::Reward(number) => Some(format!("reward {number}")),
            _ => None,
        };
        add(&mut sums, (account.clone(), entry.at.0, kind, rule, what), granted);
    }
    tidy(&mut sums);
    let wallets = totals.wallets.iter().enumerate();
    let balances =
        wallets.map(|(number, wallet)| (wallet_key(program, number), (units(number, wallet.balance), units(number, wallet.pending))));
    let balances = balances.filter(|(_, held)| *held != (Ratio::ZERO, Ratio::ZERO));
    Outcome { sums, balances: balances.collect() }
}

fn wallet_key(program: &Program, wallet: usize) -> String {
    reference::key(&program.wallets[wallet].name)
}

fn thing(name: &str) -> What {
    What::Thing(reference::key(name))
}

/// Entries that give nothing say why; joining gives nothing, but happens.
fn tidy(sums: &mut Sums) {
    sums.retain(|key, sum| *sum != Ratio::ZERO || matches!(key.2, reference::Kind::Join | reference::Kind::VoucherExpired));
}

/// What the reference says.
fn reference_says(case: &Case, books: &[Book]) -> Outcome {
    let mut sums = Sums::new();
    let mut balances: BTreeMap<String, (Ratio, Ratio)> = BTreeMap::new();
    for (story, book) in case.stories.iter().zip(books) {
        for entry in &book.entries {
            let rule = entry.rule.map(|rule| book.rules[rule].clone());
            // A tier that is lost and reached again at one moment stays.
            let kind = if entry.kind == reference::Kind::TierDown { reference::Kind::TierUp } else { entry.kind };
            add(&mut sums, (story.id.clone(), entry.at.instant, kind, rule, entry.what.clone()), entry.granted);
        }
        for (wallet, (balance, waiting)) in &book.balances {
            let all = balances.entry(wallet.clone()).or_default();
            *all = (all.0 + *balance, all.1 + *waiting);
        }
    }
    tidy(&mut sums);
    balances.retain(|_, held| *held != (Ratio::ZERO, Ratio::ZERO));
    Outcome { sums, balances }
}

/// A case that `check` lets pass.
fn checked(case: &Case) -> Option<(Ast, Program)> {
    let sources = Sources::single("drawn.loy", &case.text());
    let (ast, problems) = parse(&sources, 0);
    if problems.has_errors() {
        return None;
    }
    let program = check(&ast, &sources, &[]).0?;
    Some((ast, program))
}

/// What one says and the other does not.
fn difference(engine: &Outcome, reference: &Outcome) -> String {
    let mut told = String::new();
    let keys: std::collections::BTreeSet<_> = engine.sums.keys().chain(reference.sums.keys()).collect();
    for key in keys {
        let (ours, theirs) = (engine.sums.get(key), reference.sums.get(key));
        if ours != theirs {
            let at = chrono::DateTime::from_timestamp_micros(key.1).map(|at| at.to_string()).unwrap_or_default();
            told += &format!("{} {at} {:?} {:?} {:?}: engine {ours:?}, reference {theirs:?}\n", key.0, key.2, key.3, key.4);
        }
    }
    let wallets: BTreeSet<&String> = engine.balances.keys().chain(reference.balances.keys()).collect();
    for wallet in wallets {
        let (ours, theirs) = (engine.balances.get(wallet), reference.balances.get(wallet));
        if ours != theirs {
            told += &format!("balance and pending of {wallet}: engine {ours:?}, reference {theirs:?}\n");
        }
    }
    told
}

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(number("REFERENCE_SEED").unwrap_or(1).into());
    let cases = number("REFERENCE_CASES").unwrap_or(cases);
    ProptestConfig { cases, rng_seed, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() }
}

/// How many cases CI compares.
const CASES: u32 = 750;

/// How often each construct must have been compared, in a rule that gave something.
const AT_LEAST: u32 = 2;

#[derive(Default)]
struct Count {
    refused: u32,
    /// Lines that cannot be read.
    unread: BTreeSet<String>,
    compared: u32,
    outside: BTreeMap<&'static str, u32>,
    /// By construct: in how many compared pairs it was written, and in how many of these it gave something.
    uses: BTreeMap<String, (u32, u32)>,
}

/// What the two say about a case, where both have a say.
fn both(case: &Case) -> Result<(Outcome, Outcome, Vec<Book>), Option<&'static str>> {
    let (ast, program) = checked(case).ok_or(None)?;
    let books = reference::run(&ast, &case.stories, Slip::None).map_err(|Outside(what)| Some(what))?;
    Ok((engine_says(&program, case), reference_says(case, &books), books))
}

fn differs(case: &Case) -> bool {
    // Two customers are one account only where the program says so.
    let pooled = case.text().contains("account by");
    case.stories.iter().all(|story| pooled || story.members.len() == 1)
        && both(case).is_ok_and(|(engine, reference, _)| engine != reference)
}

/// A pair that the two disagree about, in few lines.
fn shown(case: &Case) -> String {
    let short = shortest(case, &differs);
    let Ok((engine, reference, _)) = both(&short) else { return String::new() };
    format!("{}{}\n", told(&short), difference(&engine, &reference))
}

fn compare(case: &Case, count: &mut Count) -> bool {
    match both(case) {
        Err(None) => {
            // Every drawn sentence can be read; `check` may find that they do not fit together.
            let sources = Sources::single("drawn.loy", &case.text());
            let problems = parse(&sources, 0).1;
            let places = problems.0.iter().filter_map(|problem| problem.labels.first());
            count.unread.extend(places.map(|label| sources.line_of(label.span)).filter(|_| problems.has_errors()));
            count.refused += 1;
        }
        Err(Some(what)) => *count.outside.entry(what).or_default() += 1,
        Ok((engine, reference, books)) => {
            if engine != reference {
                return false;
            }
            count.compared += 1;
            let used: BTreeSet<&String> = books.iter().flat_map(|book| &book.uses).collect();
            for used in used {
                count.uses.entry(used.clone()).or_default().1 += 1;
            }
            for drawn in books.first().into_iter().flat_map(|book| &book.drawn) {
                count.uses.entry(drawn.clone()).or_default().0 += 1;
            }
        }
    }
    true
}

/// How often each construct was compared, in columns.
fn table(uses: &BTreeMap<String, (u32, u32)>) -> String {
    let cells: Vec<String> = uses.iter().map(|(used, (drawn, gave))| format!("{drawn:>6} {gave:>6} {used:<48}")).collect();
    cells.chunks(3).map(|row| format!("{}\n", row.concat().trim_end())).collect()
}

#[test]
fn the_engine_and_the_reference_agree() {
    let mut count = Count::default();
    let mut failing = Vec::new();
    for run in 0..number("REFERENCE_RUNS").unwrap_or(1) {
        let mut config = config(CASES);
        let drawn = config.cases;
        config.rng_seed = RngSeed::Fixed(u64::from(number("REFERENCE_SEED").unwrap_or(1) + run));
        let (mut runner, all) = (TestRunner::new(config), cases());
        for _ in 0..drawn {
            let case = all.new_tree(&mut runner).expect("a case").current();
            if !compare(&case, &mut count) {
                failing.push(case);
            }
        }
    }
    let outside: u32 = count.outside.values().sum();
    eprintln!("{} compared, {} refused by check, {outside} outside: {:#?}", count.compared, count.refused, count.outside);
    eprintln!("{}", table(&count.uses));
    assert!(count.unread.is_empty(), "sentences that cannot be read: {:#?}", count.unread);
    eprintln!("{} pairs differ", failing.len());
    // Each pair alone takes some seconds to be made short.
    let shown: String = failing.iter().take(usize::try_from(number("REFERENCE_SHOWN").unwrap_or(3)).unwrap_or(3)).map(shown).collect();
    assert!(failing.is_empty(), "{} pairs differ; the first of them, made short:\n{shown}", failing.len());
    assert!(count.compared > outside + count.refused, "more than half of the cases were skipped");
    let rare = FRAGMENT.iter().filter(|used| count.uses.get(**used).is_none_or(|(_, gave)| *gave < AT_LEAST)).collect::<Vec<_>>();
    assert!(rare.is_empty(), "compared too rarely: {rare:?}");
}

/// Wrong readings planted into the reference are found, each by some pair.
#[test]
fn a_wrong_reading_of_the_reference_is_found() {
    let mut hidden = SLIPS.to_vec();
    let mut runner = TestRunner::new(config(CASES));
    let all = cases();
    let mut tried = 0;
    while !hidden.is_empty() && tried < 4 * CASES {
        tried += 1;
        let case = all.new_tree(&mut runner).expect("a case").current();
        let Some((ast, program)) = checked(&case) else { continue };
        // Where the two disagree anyway a slip proves nothing.
        let Ok(books) = reference::run(&ast, &case.stories, Slip::None) else { continue };
        let slipped = |slip: &Slip| reference::run(&ast, &case.stories, *slip).map(|books| reference_says(&case, &books));
        let right = reference_says(&case, &books);
        let suspects: Vec<Slip> = hidden.iter().copied().filter(|slip| slipped(slip).is_ok_and(|says| says != right)).collect();
        if !suspects.is_empty() && engine_says(&program, &case) == right {
            hidden.retain(|slip| !suspects.contains(slip));
        }
    }
    assert!(hidden.is_empty(), "no pair of {tried} finds {hidden:?}");
    eprintln!("all found within {tried} pairs");
}

const SLIPS: &[Slip] = &[
    Slip::RoomForOneMore,
    Slip::ThresholdExclusive,
    Slip::HalfEven,
    Slip::ExpireLate,
    Slip::OrNothingCuts,
    Slip::OverIncludes,
    Slip::UntilExcludes,
    Slip::NextOneMore,
    Slip::DoubleIgnoresScope,
    Slip::ActiveEarly,
    Slip::RedeemedEarns,
    Slip::WindowIncludes,
    Slip::ReturnsKeepRoom,
    Slip::SumsOnTop,
    Slip::SilenceLate,
    Slip::StreakLonger,
    Slip::BudgetStaysOpen,
    Slip::VoucherLate,
    Slip::WinsTwice,
    Slip::LeapDayInMarch,
    Slip::ShortMonthsSkipped,
    Slip::ExchangesOnce,
    Slip::ClaimsNeedMore,
    Slip::LatestVoucherFirst,
    Slip::EntitlementsStay,
    Slip::FriendForgotten,
    Slip::KeepNotRenewed,
    Slip::GraceShort,
    Slip::EndsInNewDay,
    Slip::BudgetForgetsReturns,
];

/// The constructs of the fragment, as the reference names them.
const FRAGMENT: &[&str] = &[
    "combine Adding",
    "combine Best",
    "combine Compounding",
    "discount share",
    "discount sum",
    "drop one level",
    "drop to qualifying tier",
    "earn Per",
    "earn PerItem",
    "earn a share",
    "earn on amount before discounts",
    "earn on amount excluding shipping",
    "earn on amount including redeemed part",
    "effect Gift",
    "effect Grant",
    "effect Multiply",
    "entry Restore",
    "entry Spend",
    "entry TakeBack",
    "entry TierDown",
    "entry TierUp",
    "except for tier",
    "excluding",
    "expire after Earning at end of None",
    "expire after Earning at end of Some(Month)",
    "expire after LastActivity at end of None",
    "expire after LastEarning at end of None",
    "expire after LastPurchase at end of None",
    "expire at end",
    "expiring after",
    "for a span",
    "for tier",
    "grace",
    "group BestForCustomer",
    "group BestForStore",
    "group First",
    "if",
    "keep for",
    "keep until",
    "limit Amount then false or nothing false",
    "limit Amount then false or nothing true",
    "limit Amount then true or nothing false",
    "limit First then false or nothing false",
    "limit First then true or nothing false",
    "limit Times then false or nothing false",
    "limit per Day",
    "limit per MembershipYear",
    "limit per Month",
    "limit per Quarter",
    "limit per Week",
    "limit per Year",
    "limit per purchase or ever",
    "limit per rolling",
    "members join by signup",
    "never drop",
    "of at least",
    "on next",
    "over",
    "pending for",
    "place",
    "priority",
    "review",
    "round money Down",
    "round money HalfEven",
    "round money HalfUp",
    "round money Up",
    "scope Brand",
    "scope Category",
    "scope Product",
    "spend Newest",
    "spend Oldest",
    "table each slice false",
    "table each slice true",
    "tier or",
    "tiers by DaysWithPurchase",
    "tiers by Earned",
    "tiers by GrossSpend",
    "tiers by Purchases",
    "tiers by Spend",
    "time Between",
    "time From",
    "time FromTo",
    "time InMonths",
    "time Until",
    "time WeekdayRange",
    "time Weekdays",
    "trigger Event",
    "trigger Leaving",
    "trigger Reaching",
    "trigger Signup",
    "trigger Spending",
    "trigger after false Each",
    "trigger after false Every",
    "trigger after false Nth",
    "trigger after false Range",
    "trigger after true Every",
    "trigger after true Nth",
    "unless",
    "wallet pending",
    "wallet round Down",
    "wallet round HalfEven",
    "wallet round HalfUp",
    "wallet round Up",
];
