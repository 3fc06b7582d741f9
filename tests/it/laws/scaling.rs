//! Twice the work takes about twice the time: nothing is worse than n log n in what is written or happens.

use super::histories::Bought;
use super::*;
use std::fmt::Write as _;
use std::time::{Duration, Instant as Clock};

/// What this thread spent on the processor; the clock where the system does not say.
fn spent(start: Clock) -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn measured(work: &mut dyn FnMut()) -> Duration {
    let start = Clock::now();
    let before = spent(start);
    work();
    spent(start).saturating_sub(before)
}

/// The least that some tries took, so that what else runs on the computer does not decide.
fn least(tries: usize, mut work: impl FnMut()) -> Duration {
    (0..tries).map(|_| measured(&mut work)).min().unwrap_or_default()
}

/// Work of a size, doubled, may take this much more; what grows with the square takes four times as long.
const MOST: u128 = 320;

fn doubles(what: &str, size: usize, prepare: impl Fn(usize) -> Box<dyn FnMut()>) {
    let (mut once, mut twice) = (prepare(size), prepare(size * 2));
    let mut ratio = u128::MAX;
    // A noisy neighbour may spoil one comparison, but not all of them.
    for _ in 0..4 {
        let (small, large) = (least(3, &mut once), least(3, &mut twice));
        ratio = ratio.min(large.as_nanos() * 100 / small.as_nanos().max(1));
        if ratio <= MOST {
            return;
        }
    }
    panic!("{what}: twice the work takes {}.{:02} times as long", ratio / 100, ratio % 100);
}

fn reading(text: String) -> Box<dyn FnMut()> {
    let sources = Sources::single("long.loy", &text);
    Box::new(move || {
        let (ast, problems) = parse(&sources, 0);
        assert!(!problems.has_errors(), "{problems:?}");
        let _ = check(&ast, &sources, &[]);
    })
}

fn running(text: &str, person: &Person) -> Box<dyn FnMut()> {
    let program = fixed(text);
    let history = history(&program, std::slice::from_ref(person), Order::default());
    Box::new(move || {
        let assumptions = Assumptions::redeeming(Redemption::AsSoonAsPossible);
        let as_of = None;
        engine::run(&program, &history, &assumptions, &until(as_of), None).expect("no amount overflows");
    })
}

const HEAD: &str = "program \"Long\" currency EUR timezone UTC\npoints beans worth 0.01 EUR\n";

#[test]
fn programs_are_read_in_proportion_to_their_length() {
    let rules = |n: usize| {
        (0..n).fold(HEAD.to_owned(), |mut text, at| {
            let _ = writeln!(
                text,
                "rule \"R{at}\" earn {} beans per 1 EUR on category \"c{at}\", at most {} beans per month",
                at % 7 + 1,
                at + 10
            );
            text
        })
    };
    doubles("rules", 150, |n| reading(rules(n)));
    let names = |n: usize| {
        let names: Vec<String> = (0..n).map(|at| format!("\"name {at}\"")).collect();
        // The lines of a sentence may be as many as one likes; a line may not be as long.
        format!("{HEAD}earn 1 bean per 1 EUR on category {}\n", names.join(",\n  "))
    };
    doubles("names in a list", 1000, |n| reading(names(n)));
    let params = |n: usize| {
        (0..n).fold(format!("{HEAD}param p0 2%\n"), |mut text, at| {
            let _ = writeln!(text, "param p{} p{at}", at + 1);
            text
        })
    };
    doubles("parameters in a chain", 300, |n| {
        let sources = Sources::single("long.loy", &params(n));
        Box::new(move || {
            let (ast, _) = parse(&sources, 0);
            let _ = check(&ast, &sources, &[]);
        })
    });
}

/// Someone who buys every few hours, and returns every so many of the purchases.
fn shopper(n: usize, returns: usize) -> Person {
    let bought = (0..n).map(|at| {
        let minute = i64::try_from(at).unwrap_or(0) * 97;
        let back = at.checked_rem(returns).is_some_and(|rest| rest == returns - 1);
        let returns = back.then_some(Back { after: 50, what: What::Rest });
        Bought { at: minute, amount: 1500 + minute % 700, returns: returns.into_iter().collect(), ..Bought::default() }
    });
    Person { id: "c0".to_owned(), bought: bought.collect(), ..Person::default() }
}

#[test]
fn accounts_are_run_in_proportion_to_their_events() {
    let plain = "earn 1 bean per 1 EUR\ncashback 2%, at most 20 EUR per month\n";
    doubles("purchases", 3000, |n| running(&format!("{HEAD}{plain}"), &shopper(n, 0)));
    let rolling = "cashback 3% if spend in last 30 days is over 50 EUR, at most 5 EUR per 7 days\n";
    doubles("purchases in rolling windows", 3000, |n| running(&format!("{HEAD}{rolling}"), &shopper(n, 0)));
    let lots = HEAD.replace("worth 0.01 EUR", "worth 0.01 EUR, expire 20 days after earning");
    doubles("lots that expire", 3000, |n| running(&format!("{lots}earn 1 bean per 1 EUR\n"), &shopper(n, 0)));
    let paying = format!("{lots}earn 3 beans per 1 EUR\nredeem beans up to 50% of purchase\n");
    doubles("lots that pay", 3000, |n| running(&paying, &shopper(n, 0)));
    let tiers =
        "tiers by spend in last 30 days\n  bronze\n  silver from 100 EUR\n  gold from 500 EUR\n  review every day\nearn 1 bean per 1 EUR\n";
    doubles("reviews of tiers", 3000, |n| running(&format!("{HEAD}{tiers}"), &shopper(n, 0)));
}
