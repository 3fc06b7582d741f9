//! Programs made of sentences that are drawn from a pool, with drawn numbers.

use super::sentences::{counting, modifiers, moments, pots, uses};
use proptest::prelude::*;
use proptest::sample::select;

/// Which sentences may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Everything that looks at one account only.
    All,
    /// Only what purchases give: nothing that days, events or joining give, no paying, no exchanges.
    Purchases,
    /// Everything, and what accounts share: budgets, series, draws, referrals.
    Shared,
}

/// A program as its sentences.
#[derive(Clone, Debug)]
pub struct Text {
    pub head: Vec<String>,
    pub rules: Vec<String>,
}

impl Text {
    /// A program that is written down whole.
    pub fn of(text: &str) -> Self {
        Self { head: vec![text.to_owned()], rules: Vec::new() }
    }

    pub fn whole(&self) -> String {
        self.head.iter().chain(&self.rules).map(|line| format!("{line}\n")).collect()
    }

    /// Without one of its rules.
    pub fn without(&self, rule: usize) -> Self {
        let mut less = self.clone();
        less.rules.remove(rule);
        less
    }

    /// With some words taken out or replaced everywhere.
    pub fn replaced(&self, words: &[(&str, &str)]) -> Self {
        let tame = |line: &String| words.iter().fold(line.clone(), |line, (from, to)| line.replace(from, to));
        Self { head: self.head.iter().map(tame).collect(), rules: self.rules.iter().map(tame).collect() }
    }
}

/// One of some words.
pub fn one(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    select(words)
}

/// Zones whose clocks change within the drawn weeks: in the night, at midnight (a day without its first hour, a day with
/// its last hour twice), by half an hour; and some whose clocks do not.
pub const ZONES: &[&str] = &[
    "Europe/Berlin",
    "UTC",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
];

fn program(pool: Pool) -> impl Strategy<Value = String> {
    let shortfall = match pool {
        Pool::Purchases => one(&["returns may go negative", "returns stop at zero"]),
        _ => one(&["returns may go negative", "returns stop at zero", "returns deduct from refund"]),
    };
    let settings = (
        select(ZONES),
        one(&[
            "earn on amount after discounts",
            "earn on amount before discounts",
            "earn on amount after discounts, excluding shipping, including redeemed part",
            "earn on amount after discounts, excluding tax",
        ]),
        one(&["best", "adding", "compounding"]),
        one(&["half up", "half even", "down", "up"]),
        one(&["after", "with"]),
        shortfall,
        one(&["", " restore points with new expiry", " do not restore points"]),
        one(&["", "", " keep rewards if threshold is lost"]),
    );
    let life = (
        one(&["", "", "", "", " members join by signup", " members join after spending 30 EUR", " members join after 2 purchases"]),
        one(&["", "", "", " starts 2025-01-02", " ends 2025-03-15", " starts 2025-01-02 count earlier purchases"]),
        one(&["", "", "", " week starts sunday"]),
    );
    (settings, life).prop_map(|((zone, earn, combine, round, tiers, shortfall, restore, keep), (members, life, week))| {
        format!(
            "program \"Law\" currency EUR timezone {zone} {earn} discounts combine by {combine} round money {round} \
             tiers change {tiers} the purchase {shortfall}{restore}{keep}{members}{life}{week}"
        )
    })
}

fn wallets() -> impl Strategy<Value = Vec<String>> {
    let beans = (
        one(&[
            "",
            "",
            " expire 20 days after earning",
            " expire 1 month after last activity",
            " expire 15 days after last earning",
            " expire at end of year",
            " expire 1 month after earning, at end of month",
        ]),
        one(&["", "", " pending for 3 days", " pending until event \"ok\" within 10 days"]),
        one(&["", " spend oldest first", " spend newest first"]),
        one(&["", " round half up to 0.5", " round up to 5", " round half even to 0.25"]),
        one(&["", "", " never expire for tier gold"]),
    );
    let cash =
        (one(&["", " expire 12 days after last purchase", " expire at end of next month"]), one(&["", "", " round down to 0.05 EUR"]));
    (beans, cash, one(&["", " expire 30 days after earning", " round half even"])).prop_map(
        |((expire, pending, spend, round, gold), (cash, cents), miles)| {
            let gold = if expire.is_empty() { "" } else { gold };
            vec![
                format!("points beans worth 0.01 EUR{round}{expire}{gold}{pending}{spend}"),
                "stamps drinks".to_owned(),
                format!("wallet cashback{cash}{cents}"),
                format!("points miles{miles}"),
            ]
        },
    )
}

/// The main ladder and one beside it.
fn ladders() -> impl Strategy<Value = Vec<String>> {
    (
        one(&["spend", "gross spend", "purchases", "days with purchase", "beans earned", "balance of beans"]),
        one(&["ever", "in last 30 days", "in this month", "in last 14 days", "in this week"]),
        one(&["", " keep for 20 days", " keep until end of next month", " keep until end of month plus 5 days"]),
        one(&["", " review every day", " review every quarter"]),
        one(&["", " drop one level", " never drop"]),
        one(&["", "", " grace 7 days"]),
        (1..8_u32, one(&["", "", " or 4 purchases"])),
    )
        .prop_map(|(by, window, keep, review, drop, grace, (size, other))| {
            let window = if by == "balance of beans" { "" } else { window };
            let other = if by == "purchases" || window.is_empty() { "" } else { other };
            let (silver, gold) = match by {
                "spend" | "gross spend" => (format!("{} EUR", size * 20), format!("{} EUR", size * 50)),
                "beans earned" | "balance of beans" => (format!("{} beans", size * 20), format!("{} beans", size * 50)),
                "purchases" => (format!("{size} purchases"), format!("{} purchases", size + 2)),
                _ => (format!("{size} days"), format!("{} days", size + 2)),
            };
            vec![
                format!(
                    "tiers by {by} {window}\n  bronze\n  silver from {silver}\n  gold from {gold}{other}\n  vip by invitation\n \
                     {keep}{review}{drop}{grace}"
                ),
                "tiers \"Flyers\" by purchases in this month\n  blue\n  sky from 2 purchases".to_owned(),
            ]
        })
}

/// What other sentences name.
fn declared() -> impl Strategy<Value = Vec<String>> {
    one(&["best for customer", "best for store", "first", "all"]).prop_map(|policy| {
        [
            "gift mug costs 2 EUR",
            &format!("group promo {policy}"),
            "segment regulars if purchases in last 20 days is at least 2",
            "calendar \"Sale\" 2025-01-10 to 2025-01-20 every year 24 December",
            "prices \"Designers\" from \"designers.csv\"",
        ]
        .map(str::to_owned)
        .to_vec()
    })
}

/// A program.
pub fn programs(pool: Pool) -> impl Strategy<Value = Text> {
    let rules = match pool {
        Pool::All => prop_oneof![3 => modifiers(), 2 => counting(), 2 => moments()].boxed(),
        Pool::Purchases => prop_oneof![1 => modifiers(), 1 => counting()].boxed(),
        Pool::Shared => {
            let mixed = prop_oneof![3 => modifiers(), 2 => counting(), 1 => moments()];
            let within = (mixed, one(&["", " within budget pot", " within budget pot", " within budget small"]));
            prop_oneof![3 => within.prop_map(|(rule, within)| pots::within(&rule, within)), 1 => pots::shared()].boxed()
        }
    };
    let uses = match pool {
        Pool::Purchases => Just(Vec::new()).boxed(),
        _ => uses().boxed(),
    };
    let pots = match pool {
        Pool::Shared => pots::pots().boxed(),
        _ => Just(Vec::new()).boxed(),
    };
    let head = (program(pool), wallets(), ladders(), declared(), uses, pots);
    (head, prop::collection::vec(rules, 1..7)).prop_map(|((program, wallets, mut ladders, declared, uses, pots), mut rules)| {
        // What sentences refer to must be there.
        let says = |rules: &[String], words: &str| rules.iter().any(|rule| rule.contains(words));
        if says(&rules, "not with") {
            rules.push("rule \"Named\" cashback 4% over 15 EUR".to_owned());
        }
        if !says(&rules, "tier vip") {
            ladders[0] = ladders[0].replace("  vip by invitation\n", "");
        }
        if ladders[0].contains("beans") {
            rules.push("earn 1 bean per 1 EUR".to_owned());
        }
        let head = [program].into_iter().chain(wallets).chain(ladders).chain(declared).chain(pots).chain(uses);
        Text { head: head.collect(), rules }
    })
}
