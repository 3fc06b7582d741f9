//! Laws that hold for every program and every history (their letters and numbers are those of the reliability notes).

use histories::{Back, Order, Person, What, history, people};
use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::Severity;
use loyalty_dsl::engine;
use loyalty_dsl::engine::ledger::{Entry, Kind, Sink, Source, Unit};
use loyalty_dsl::engine::story::{self, Chapter};
use loyalty_dsl::engine::totals::Totals;
use loyalty_dsl::engine::why;
use loyalty_dsl::history::model::History;
use loyalty_dsl::program::{LimitPeriod, LimitWhat, Period, Program, Rule, Shortfall, WalletKind};
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::parse;
use loyalty_dsl::value::{Date, Instant};
use programs::{Pool, Text, programs};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

mod caps;
mod causality;
mod composition;
mod conservation;
mod exposure;
mod files;
mod histories;
mod idempotence;
mod money;
mod opening;
mod programs;
mod returns;
mod scaling;
mod sentences;
mod sweep;
mod terms;
mod tiers;
mod time;
mod waits;

/// A program that can run; none if `check` finds an error in the drawn sentences.
fn checked(text: &Text) -> Option<Program> {
    let sources = Sources::single("drawn.loy", &text.whole());
    let (ast, problems) = parse(&sources, 0);
    assert!(!problems.has_errors(), "the pool holds a sentence that cannot be read: {}\n{problems:?}", text.whole());
    let program = check(&ast, &sources, &[]).0;
    program.map(|mut program| {
        // What the file of the price list would hold.
        program.price_lists.iter_mut().for_each(|list| list.prices = vec![("bun".to_owned(), 320), ("latte".to_owned(), 410)]);
        program
    })
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

/// Programs whose sentences lack some words: where a law holds for the others only, or a test would have to know as much
/// as the engine does.
fn tamed(pool: Pool, words: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = (Text, Checked)> {
    let tame = programs(pool).prop_map(|text| text.replaced(words));
    tame.prop_filter_map("check refuses it", |text| checked(&text).map(|program| (text, Checked(program))))
}

/// A program that a test writes itself.
fn fixed(text: &str) -> Program {
    checked(&Text::of(text)).unwrap_or_else(|| panic!("check refuses {text}"))
}

/// Minor units as they are written.
fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `numerator / denominator`, both above zero, rounded to a whole number: worked out apart from the engine.
fn rounded(numerator: i128, denominator: i128, mode: &str) -> i128 {
    let (whole, twice) = (numerator / denominator, numerator % denominator * 2);
    let up = match mode {
        "down" => false,
        "up" => twice > 0,
        "half up" => twice >= denominator,
        "half even" => twice > denominator || twice == denominator && whole % 2 == 1,
        other => panic!("{other}"),
    };
    whole + i128::from(up)
}

/// Where an account stands in a history.
fn place(history: &History, id: &str) -> (usize, usize) {
    let all = history.parts.iter().enumerate();
    let mut found = all.flat_map(|(part, known)| known.accounts.iter().enumerate().map(move |(at, account)| ((part, at), account)));
    found.find(|(_, account)| account.id == id).expect("an account").0
}

/// The story of an account, as `why` has it.
fn story(program: &Program, history: &History, id: &str) -> Vec<Chapter> {
    let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
    story::story(program, history, &assumptions, last().plus_days(1), place(history, id)).expect("no amount overflows")
}

/// The rule that an entry comes from, if it is one of the program's own.
fn rule_of<'a>(program: &'a Program, entry: &Entry) -> Option<&'a Rule> {
    let Source::Rule(id) = entry.source else { return None };
    program.rules.get(id.index())
}

/// A customer who buys at some minutes for some cents.
fn buyer(amounts: impl IntoIterator<Item = (i64, i64)>) -> Person {
    let bought = amounts.into_iter().map(|(at, amount)| histories::Bought { at, amount, ..histories::Bought::default() });
    Person { id: "c0".to_owned(), bought: bought.collect(), ..Person::default() }
}

/// The purchases of someone in the order in which they count: by time, then by id.
fn in_order(person: &Person) -> Vec<usize> {
    let mut order: Vec<usize> = (0..person.bought.len()).collect();
    order.sort_by_key(|at| (person.bought[*at].at, format!("{}-{at}", person.id)));
    order
}

/// The entry that an entry takes back, or itself.
fn origin_of<'a>(entries: &'a [Entry], entry: &'a Entry) -> &'a Entry {
    let reversed = entry.reverses.and_then(|seq| entries.iter().find(|other| other.seq == seq));
    reversed.map_or(entry, |other| origin_of(entries, other))
}

/// The first day of the period that holds a day, without a period the beginning of time.
fn start_of(program: &Program, day: Date, per: Option<Period>) -> Date {
    let (year, month, _) = day.ymd();
    let first = |month| Date::from_ymd(year, month, 1).expect("a day");
    match per {
        None => Date::MIN,
        Some(Period::Day) => day,
        Some(Period::Week) => day.plus_days(-i64::from((day.weekday() + u8::from(program.week_starts_sunday)) % 7)),
        Some(Period::Month) => first(month),
        Some(Period::Quarter) => first((month - 1) / 3 * 3 + 1),
        Some(Period::Year) => first(1),
        Some(Period::MembershipYear) => panic!("needs the joining day"),
    }
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
    histories::day(140)
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

/// For what reads and writes texts and files, which is slow.
fn few() -> ProptestConfig {
    let all = config();
    ProptestConfig { cases: all.cases.div_ceil(4), ..all }
}

/// Laws say nothing about programs that `check` refuses: most that are drawn must pass.
#[test]
fn most_drawn_programs_pass() {
    for pool in [Pool::All, Pool::Purchases, Pool::Shared] {
        let mut runner = proptest::test_runner::TestRunner::new(config());
        let mut refused: BTreeMap<String, u32> = BTreeMap::new();
        let mut count = 0;
        for _ in 0..40 {
            let text = programs(pool).new_tree(&mut runner).expect("a program").current();
            let sources = Sources::single("drawn.loy", &text.whole());
            let (ast, problems) = parse(&sources, 0);
            assert!(!problems.has_errors(), "{}\n{problems:?}", text.whole());
            if checked(&text).is_none() {
                count += 1;
                for problem in check(&ast, &sources, &[]).1.0.iter().filter(|p| p.severity == Severity::Error) {
                    let place = sources.file(0).expect("a file").text[problem.labels[0].span.start as usize..].lines().next().unwrap_or("");
                    *refused.entry(format!("{:?} {} | {place}", problem.code, problem.message)).or_default() += 1;
                }
            }
        }
        assert!(count <= 10, "{pool:?}: {count} of 40 are refused: {refused:#?}");
    }
}
