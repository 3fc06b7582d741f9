//! The engine against the reference: two interpreters, one law.
//!
//! `REFERENCE_CASES=5000 REFERENCE_SEED=7 cargo test differential` compares more.

mod drawn;

use crate::reference::{self, Book, Happening, Outside, Ratio, Slip, What};
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
use loyalty_dsl::value::{Date, DateTime, Decimal, TimeOfDay};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What both write down: by moment, kind, rule and what it is about, the sum.
type Sums = BTreeMap<(i64, reference::Kind, Option<String>, What), Ratio>;

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
    let customer = || "c".to_owned();
    let mut builder = Builder::new("drawn");
    builder.customer(CustomerRecord { id: customer(), joined: case.story.joined.map(date), ..CustomerRecord::default() });
    for happened in &case.story.happened {
        let (id, at) = (happened.id.clone(), moment(happened.at));
        let event = |name: &str| EventRecord { customer: customer(), id: id.clone(), name: name.to_owned(), at, ..EventRecord::default() };
        match &happened.what {
            Happening::Signup => builder.event(event("signup")),
            Happening::Event(name) => builder.event(event(name)),
            Happening::Return(of) => {
                let record = ReturnRecord { customer: customer(), id, of: of.clone(), at, ..ReturnRecord::default() };
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
                    customer: customer(),
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
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    builder.finish(&Options { decimals, zone, round_money, account_by: None, needs: &needs, everything: true, outside: false, threads: 1 })
}

struct Kept(Vec<Entry>);

impl Sink for Kept {
    fn account(&mut self, _: usize, _: usize, entries: &[Entry]) {
        self.0.extend_from_slice(entries);
    }
}

fn add(sums: &mut Sums, key: (i64, reference::Kind, Option<String>, What), granted: Ratio) {
    *sums.entry(key).or_insert(Ratio::ZERO) += granted;
}

/// What the engine says.
fn engine_says(program: &Program, case: &Case) -> Outcome {
    let history = history(program, case);
    let assumptions = Assumptions::redeeming(Redemption::AsSoonAsPossible);
    let options = engine::Options { as_of: Some(date(case.story.until)), threads: 1, ..engine::Options::default() };
    let mut kept = Kept(Vec::new());
    let totals = engine::run(program, &history, &assumptions, &options, Some(&mut kept)).expect("no amount overflows");
    let units = |wallet: usize, n: i128| {
        let wallet = &program.wallets[wallet];
        let scale = if wallet.kind == WalletKind::Money { 0 } else { wallet.scale.into() };
        Ratio::new(n, 10_i128.pow(scale))
    };
    let mut sums = Sums::new();
    for entry in &kept.0 {
        let kind = match entry.kind {
            Kind::Join => reference::Kind::Join,
            Kind::Discount => reference::Kind::Discount,
            Kind::Earn => reference::Kind::Earn,
            Kind::Multiply => reference::Kind::Multiply,
            Kind::Grant => reference::Kind::Grant,
            Kind::Gift(_) => reference::Kind::Gift,
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
            (Kind::Gift(_), _) => (What::Gift, Ratio::whole(entry.granted.into())),
            (Kind::Join, _) => (What::Nothing, Ratio::ZERO),
            (_, Unit::Wallet(wallet)) => (What::Wallet(wallet_key(program, wallet.index())), units(wallet.index(), entry.granted.into())),
            _ => (What::Money, Ratio::whole(entry.granted.into())),
        };
        let rule = match entry.source {
            Source::Rule(id) if !matches!(entry.kind, Kind::Expire | Kind::Spend) => program.rules[id.index()].name.clone(),
            _ => None,
        };
        add(&mut sums, (entry.at.0, kind, rule, what), granted);
    }
    tidy(&mut sums);
    let wallets = totals.wallets.iter().enumerate();
    let balances =
        wallets.map(|(number, wallet)| (wallet_key(program, number), (units(number, wallet.balance), units(number, wallet.pending))));
    Outcome { sums, balances: balances.collect() }
}

fn wallet_key(program: &Program, wallet: usize) -> String {
    let name = program.wallets[wallet].name.to_lowercase();
    name.strip_suffix('s').map_or(name.clone(), str::to_owned)
}

/// Entries that give nothing say why; joining gives nothing, but happens.
fn tidy(sums: &mut Sums) {
    sums.retain(|key, sum| *sum != Ratio::ZERO || key.1 == reference::Kind::Join);
}

/// What the reference says.
fn reference_says(book: &Book) -> Outcome {
    let mut sums = Sums::new();
    for entry in &book.entries {
        let rule = entry.rule.map(|rule| book.rules[rule].clone());
        // A tier that is lost and reached again at one moment stays.
        let kind = if entry.kind == reference::Kind::TierDown { reference::Kind::TierUp } else { entry.kind };
        add(&mut sums, (entry.at.instant, kind, rule, entry.what.clone()), entry.granted);
    }
    tidy(&mut sums);
    Outcome { sums, balances: book.balances.clone() }
}

/// A case that `check` lets pass.
fn checked(case: &Case) -> Option<(Ast, Program)> {
    let sources = Sources::single("drawn.loy", &case.text());
    let (ast, problems) = parse(&sources, 0);
    assert!(!problems.has_errors(), "a sentence that cannot be read: {}\n{problems:?}", case.text());
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
            let at = chrono::DateTime::from_timestamp_micros(key.0).map(|at| at.to_string());
            told += &format!("{} {:?} {:?} {:?}: engine {ours:?}, reference {theirs:?}\n", at.unwrap_or_default(), key.1, key.2, key.3);
        }
    }
    for (wallet, ours) in &engine.balances {
        let theirs = reference.balances.get(wallet);
        if Some(ours) != theirs {
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
    ProptestConfig { cases, rng_seed, max_shrink_iters: 6000, failure_persistence: None, ..ProptestConfig::default() }
}

/// How many cases CI compares.
const CASES: u32 = 650;

/// How often each construct must have been compared, in a rule that gave something.
const AT_LEAST: u32 = 2;

#[derive(Default)]
struct Count {
    refused: u32,
    compared: u32,
    outside: BTreeMap<&'static str, u32>,
    uses: BTreeMap<String, u32>,
}

/// A case in few lines.
fn told(case: &Case) -> String {
    let mut text = format!("{}joined {:?}\n", case.text(), case.story.joined);
    for happened in &case.story.happened {
        text += &format!("{} {} {:?}\n", happened.at, happened.id, happened.what);
    }
    text
}

fn compare(case: &Case, count: &RefCell<Count>) -> Result<(), TestCaseError> {
    let Some((ast, program)) = checked(case) else {
        count.borrow_mut().refused += 1;
        return Ok(());
    };
    let book = match reference::run(&ast, &case.story, Slip::None) {
        Ok(book) => book,
        Err(Outside(what)) => {
            *count.borrow_mut().outside.entry(what).or_default() += 1;
            return Ok(());
        }
    };
    let (engine, reference) = (engine_says(&program, case), reference_says(&book));
    prop_assert!(engine == reference, "{}", difference(&engine, &reference));
    let mut count = count.borrow_mut();
    count.compared += 1;
    for used in book.uses {
        *count.uses.entry(used).or_default() += 1;
    }
    Ok(())
}

#[test]
fn the_engine_and_the_reference_agree() {
    let count = RefCell::new(Count::default());
    let mut failures = String::new();
    for run in 0..number("REFERENCE_RUNS").unwrap_or(1) {
        let mut config = config(CASES);
        config.rng_seed = RngSeed::Fixed(u64::from(number("REFERENCE_SEED").unwrap_or(1) + run));
        match TestRunner::new(config).run(&cases(), |case| compare(&case, &count)) {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => failures += &format!("{reason}\n{}\n", told(&case)),
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
    }
    assert!(failures.is_empty(), "{failures}");
    let count = count.into_inner();
    let outside: u32 = count.outside.values().sum();
    eprintln!("{} compared, {} refused by check, {outside} outside: {:#?}", count.compared, count.refused, count.outside);
    eprintln!("{:#?}", count.uses);
    assert!(count.compared > outside + count.refused, "more than half of the cases were skipped");
    let rare = FRAGMENT.iter().filter(|used| count.uses.get(**used).is_none_or(|n| *n < AT_LEAST)).collect::<Vec<_>>();
    assert!(rare.is_empty(), "compared too rarely: {rare:?}");
}

/// Wrong readings planted into the reference are found, each by some case of CI.
#[test]
fn a_wrong_reading_of_the_reference_is_found() {
    let mut hidden = SLIPS.to_vec();
    let mut runner = TestRunner::new(config(CASES));
    let all = cases();
    for _ in 0..CASES {
        let case = all.new_tree(&mut runner).expect("a case").current();
        let Some((ast, program)) = checked(&case) else { continue };
        // Where the two disagree anyway a slip proves nothing.
        let Ok(book) = reference::run(&ast, &case.story, Slip::None) else { continue };
        let slipped = |slip: &Slip| reference::run(&ast, &case.story, *slip).map(|book| reference_says(&book));
        let right = reference_says(&book);
        let suspects: Vec<Slip> = hidden.iter().copied().filter(|slip| slipped(slip).is_ok_and(|says| says != right)).collect();
        if !suspects.is_empty() {
            let engine = engine_says(&program, &case);
            hidden.retain(|slip| !suspects.contains(slip) || slipped(slip) == Ok(engine.clone()));
        }
        if hidden.is_empty() {
            return;
        }
    }
    panic!("no case found {hidden:?}");
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
    "earn on amount excluding tax",
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
