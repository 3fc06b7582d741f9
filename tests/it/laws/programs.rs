//! Programs made of sentences that are drawn from a pool, with drawn numbers.

use proptest::prelude::*;
use proptest::sample::select;

/// Which sentences may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Everything.
    All,
    /// Only what purchases give: nothing that days, events or joining give, no paying, no exchanges.
    Purchases,
}

/// A program as its sentences.
#[derive(Clone, Debug)]
pub struct Text {
    pub head: Vec<String>,
    pub rules: Vec<String>,
}

impl Text {
    pub fn whole(&self) -> String {
        self.head.iter().chain(&self.rules).map(|line| format!("{line}\n")).collect()
    }

    /// Without one of its rules.
    pub fn without(&self, rule: usize) -> Self {
        let mut less = self.clone();
        less.rules.remove(rule);
        less
    }
}

/// One of some words.
fn one(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    select(words)
}

fn program(pool: Pool) -> impl Strategy<Value = String> {
    let shortfall = match pool {
        Pool::All => one(&["returns may go negative", "returns stop at zero", "returns deduct from refund"]),
        Pool::Purchases => one(&["returns may go negative", "returns stop at zero"]),
    };
    (
        one(&["Europe/Berlin", "UTC", "America/New_York"]),
        one(&[
            "earn on amount after discounts",
            "earn on amount before discounts",
            "earn on amount after discounts, excluding shipping, including redeemed part",
        ]),
        one(&["best", "adding", "compounding"]),
        one(&["half up", "half even", "down", "up"]),
        one(&["after", "with"]),
        shortfall,
        one(&["", " restore points with new expiry", " do not restore points"]),
        one(&["", "", " keep rewards if threshold is lost"]),
    )
        .prop_map(|(zone, earn, combine, round, tiers, shortfall, restore, keep)| {
            format!(
                "program \"Law\" currency EUR timezone {zone} {earn} discounts combine by {combine} round money {round} \
                 tiers change {tiers} the purchase {shortfall}{restore}{keep}"
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
        one(&["", " round half up to 0.5", " round up to 5"]),
        one(&["", "", " never expire for tier gold"]),
    );
    (beans, one(&["", " expire 12 days after last purchase", " expire at end of next month"])).prop_map(
        |((expire, pending, spend, round, gold), cash)| {
            let gold = if expire.is_empty() { "" } else { gold };
            vec![
                format!("points beans worth 0.01 EUR{round}{expire}{gold}{pending}{spend}"),
                "stamps drinks".to_owned(),
                format!("wallet cashback{cash}"),
            ]
        },
    )
}

fn ladder() -> impl Strategy<Value = String> {
    (
        one(&["spend", "gross spend", "purchases", "days with purchase", "beans earned"]),
        one(&["ever", "in last 30 days", "in this month", "in last 14 days"]),
        one(&["", " keep for 20 days", " keep until end of next month", " keep until end of month plus 5 days"]),
        one(&["", " review every day", " review every quarter"]),
        one(&["", " drop one level", " never drop"]),
        one(&["", "", " grace 7 days"]),
        1..8_u32,
    )
        .prop_map(|(by, window, keep, review, drop, grace, size)| {
            let (silver, gold) = match by {
                "spend" | "gross spend" => (format!("{} EUR", size * 20), format!("{} EUR", size * 50)),
                "beans earned" => (format!("{} beans", size * 20), format!("{} beans", size * 50)),
                "purchases" => (format!("{size} purchases"), format!("{} purchases", size + 2)),
                _ => (format!("{size} days"), format!("{} days", size + 2)),
            };
            format!("tiers by {by} {window}\n  bronze\n  silver from {silver}\n  gold from {gold}\n {keep}{review}{drop}{grace}")
        })
}

/// A scope, a place, a condition: what narrows a rule.
fn narrow() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => one(&[" on category \"tea\"", " excluding category \"tea\"", " on product \"latte\"", " on cheapest item", " on every 2nd item"]).prop_map(str::to_owned),
        1 => one(&[" via app", " for tier gold", " for tier silver or above", " except for tier bronze", " on weekends", " between 08:00 and 18:00", " unless purchase number is 2"]).prop_map(str::to_owned),
        1 => (1..40_u32).prop_map(|n| format!(" over {n} EUR")),
    ]
}

fn period() -> impl Strategy<Value = &'static str> {
    one(&["purchase", "day", "week", "month", "30 days", "membership year"])
}

fn limit(unit: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => (1..60_u32, period(), one(&["", ", or nothing"])).prop_map(move |(n, per, word)| {
            let n = if unit == "EUR" { n / 10 + 1 } else { n };
            format!(", at most {n} {unit} per {per}{word}")
        }),
        1 => (1..4_u32, one(&["day", "month", "30 days"])).prop_map(|(n, per)| format!(", at most {n} times per {per}")),
        1 => Just(", once".to_owned()),
    ]
}

fn grant() -> impl Strategy<Value = &'static str> {
    one(&[
        "10 beans",
        "3 drinks",
        "2 EUR to cashback",
        "gift mug",
        "7 beans and gift mug",
        "25 beans expiring after 5 days",
        "8 beans pending for 2 days",
    ])
}

fn modifiers() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..4_u32, 1..4_u32, one(&["", ", in proportion"]), narrow(), limit("beans"))
            .prop_map(|(n, m, p, s, l)| format!("earn {n} beans per {m} EUR{p}{s}{l}")),
        (1..9_u32, narrow(), limit("beans")).prop_map(|(n, s, l)| format!("earn {n}% as beans{s}{l}")),
        (1..3_u32, narrow()).prop_map(|(n, s)| format!("earn {n} drink per item{s}")),
        (1..12_u32, narrow(), limit("EUR")).prop_map(|(n, s, l)| format!("cashback {n}%{s}{l}")),
        (2..9_u32, 20..90_u32, 1..3_u32).prop_map(|(n, m, t)| format!("cashback {n}% on the first {m} EUR per month, then {t}%")),
        (1..9_u32, 10..60_u32).prop_map(|(n, m)| format!("earn as beans by amount\n  from 0 EUR {n}%\n  over {m} EUR {}%", n + 2)),
        (1..9_u32, 10..60_u32).prop_map(|(n, m)| format!(
            "discount by spend ever, each slice at its own rate\n  from {m} EUR {n}%\n  from {} EUR {}%",
            m * 2,
            n + 3
        )),
        (narrow(), limit("beans")).prop_map(|(s, l)| format!("double beans{s}{l}")),
        one(&["1.5", "0.5", "2.25"]).prop_flat_map(|k| narrow().prop_map(move |s| format!("multiply beans by {k}{s}"))),
        (1..30_u32, narrow(), limit("EUR")).prop_map(|(n, s, l)| format!("discount {n}%{s}{l}")),
        (1..30_u32).prop_map(|n| format!("discount {n}% on category \"tea\" alone")),
        (1..9_u32, narrow()).prop_map(|(n, s)| format!("{n} EUR off{s}")),
        (10..60_u32).prop_map(|n| format!("free shipping over {n} EUR")),
    ]
}

/// What counts purchases and spending.
fn counting() -> impl Strategy<Value = String> {
    let window = || one(&["", "", " in a month", " in last 10 days"]);
    prop_oneof![
        (narrow(), grant(), limit("beans")).prop_map(|(s, g, _)| format!("on purchase grant {g}{s}")),
        (2..5_u32, window(), grant()).prop_map(|(n, w, g)| format!("on every {n} purchases{w} grant {g}")),
        (2..5_u32, one(&["", " over 10 EUR", " of category \"tea\""]), window(), grant())
            .prop_map(|(n, s, w, g)| format!("after {n} purchases{s}{w} grant {g}")),
        (1..5_u32, 1..20_u32).prop_map(|(n, p)| format!("after {n} purchases discount {p}%")),
        (2..4_u32, 1..20_u32).prop_map(|(n, p)| format!("after every {n} purchases discount {p}% on next purchase")),
        (2..4_u32, 1..20_u32).prop_map(|(n, p)| format!("after every {n} purchases discount {p}% for 9 days")),
        (1..3_u32, 1..20_u32).prop_map(|(n, p)| format!("on purchases {n} to {} discount {p}%", n + 2)),
        (10..120_u32, window(), grant()).prop_map(|(n, w, g)| format!("after spending {n} EUR{w} grant {g}")),
        (10..80_u32, window(), grant(), one(&["", ", at most 2 times per month"]))
            .prop_map(|(n, w, g, l)| format!("after every {n} EUR spent{w} grant {g}{l}")),
        (2..4_u32, one(&["weeks", "months"]), grant()).prop_map(|(n, p, g)| format!("after purchases in {n} consecutive {p} grant {g}")),
        grant().prop_map(|g| format!("on reaching tier gold grant {g}")),
        grant().prop_map(|g| format!("on reaching tier silver grant {g}, once")),
    ]
}

/// What time and customers set off by themselves.
fn moments() -> impl Strategy<Value = String> {
    prop_oneof![
        grant().prop_map(|g| format!("on birthday grant {g}")),
        grant().prop_map(|g| format!("at end of every month grant {g} if purchases in this month is at least 1 purchase")),
        grant().prop_map(|g| format!("at start of every week grant {g}")),
        grant().prop_map(|g| format!("on event \"review\" grant {g}, once per week")),
        (1..20_u32).prop_map(|n| format!("on event \"review\" discount {n}% on next 2 purchases")),
        grant().prop_map(|g| format!("on signup grant {g}")),
        (3..20_u32, grant()).prop_map(|(n, g)| format!("after {n} days without purchase grant {g}")),
        (3..20_u32, 5..30_u32).prop_map(|(n, p)| format!("after {n} days without purchase discount {p}% on next purchase")),
        grant().prop_map(|g| format!("on leaving tier silver grant {g}")),
        (1..9_u32).prop_map(|n| format!("cashback {n}%, paid at end of every month, rounded down to 0.50 EUR")),
        Just("on birthday grant 50 beans usable from 3 days before to 3 days after birthday".to_owned()),
    ]
}

fn uses() -> impl Strategy<Value = Vec<String>> {
    let beans = prop_oneof![
        Just("redeem beans".to_owned()),
        (
            1..4_u32,
            one(&[
                "",
                ", at least 20 beans",
                ", up to 50% of purchase",
                ", at most 3 EUR per month",
                ", at most 2 times per week",
                ", excluding category \"tea\""
            ])
        )
            .prop_map(|(n, l)| format!("redeem {} beans for 0.{n}0 EUR{l}", n * 10)),
    ];
    let all = (
        beans,
        one(&["redeem cashback", "redeem cashback, at most 5 EUR per purchase"]),
        one(&["exchange 5 drinks for gift mug", "exchange 4 drinks for 6 beans, at most 2 times per month"]),
    );
    all.prop_map(|(beans, cash, stamps)| vec![beans, cash.to_owned(), stamps.to_owned()])
}

/// A program.
pub fn programs(pool: Pool) -> impl Strategy<Value = Text> {
    let rules = match pool {
        Pool::All => prop_oneof![3 => modifiers(), 2 => counting(), 2 => moments()].boxed(),
        Pool::Purchases => prop_oneof![1 => modifiers(), 1 => counting()].boxed(),
    };
    let uses = match pool {
        Pool::All => uses().boxed(),
        Pool::Purchases => Just(Vec::new()).boxed(),
    };
    (program(pool), wallets(), ladder(), prop::collection::vec(rules, 1..7), uses).prop_map(|(program, wallets, ladder, rules, uses)| {
        let head = [program].into_iter().chain(wallets).chain([ladder, "gift mug costs 2 EUR".to_owned()]).chain(uses);
        Text { head: head.collect(), rules }
    })
}
