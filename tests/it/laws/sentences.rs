//! The pool of sentences.

use super::programs::one;
use proptest::prelude::*;

/// A scope, a place, a condition: what narrows a rule.
fn narrow() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => Just(String::new()),
        1 => one(&[
            " on category \"tea\"", " excluding category \"tea\"", " on product \"latte\"", " on cheapest item", " on every 2nd item",
            " on items if price is over 3 EUR",
        ]).prop_map(str::to_owned),
        1 => one(&[
            " via app", " for tier gold", " for tier silver or above", " except for tier bronze", " on weekends", " between 08:00 and 18:00",
            " unless purchase number is 2", " for tier sky", " for segment regulars", " during \"Sale\"", " between 22:00 and 02:00",
            " in birthday month", " for members joined before 2025-01-05", " from 2025-01-03 to 2025-02-10", " paid by \"card\"",
            " on the 31st of every month", " if spend in last 14 days is over 50 EUR",
        ]).prop_map(str::to_owned),
        1 => (1..40_u32).prop_map(|n| format!(" over {n} EUR")),
    ]
}

/// How a rule stands beside others.
fn beside() -> impl Strategy<Value = &'static str> {
    one(&["", "", "", "", " in group promo", " priority 5", " not with \"Named\""])
}

fn period() -> impl Strategy<Value = &'static str> {
    one(&["purchase", "day", "week", "month", "quarter", "year", "30 days", "membership year"])
}

/// A limit; `then` is what goes on above it, if anything may.
fn limit(unit: &'static str, then: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        2 => (1..60_u32, period(), one(&["", "", ", or nothing", "then"])).prop_map(move |(n, per, word)| {
            let n = if unit == "EUR" { n / 10 + 1 } else { n.div_ceil(5) * 5 };
            let word = if word == "then" { then } else { word };
            format!(", at most {n} {unit} per {per}{word}")
        }),
        1 => (1..4_u32, one(&["day", "month", "30 days", "week"])).prop_map(|(n, per)| format!(", at most {n} times per {per}")),
        1 => one(&[", once", ", once per day", ", once per month"]).prop_map(str::to_owned),
    ]
}

fn grant() -> impl Strategy<Value = &'static str> {
    one(&[
        "10 beans",
        "3 drinks",
        "2 EUR to cashback",
        "gift mug",
        "5 beans and gift mug",
        "25 beans expiring after 5 days",
        "15 beans pending for 2 days",
        "15 miles and 1 EUR to cashback",
        "voucher 3 EUR valid for 20 days",
        "voucher 2.50 EUR valid on purchases over 10 EUR",
        "voucher 20% valid for 9 days",
        "access \"Early sale\" for 10 days",
    ])
}

pub fn modifiers() -> impl Strategy<Value = String> {
    let earning = prop_oneof![
        (1..4_u32, 1..4_u32, one(&["", ", in proportion"]), narrow(), limit("beans", ", then 1 per 2 EUR"), beside())
            .prop_map(|(n, m, p, s, l, b)| format!("earn {n} beans per {m} EUR{p}{s}{l}{b}")),
        (1..9_u32, narrow(), limit("beans", ", then 1%"), beside()).prop_map(|(n, s, l, b)| format!("earn {n}% as beans{s}{l}{b}")),
        (1..3_u32, narrow()).prop_map(|(n, s)| format!("earn {n} drink per item{s}")),
        (1..5_u32, narrow(), beside()).prop_map(|(n, s, b)| format!("earn {n} miles per 1 EUR{s}{b}")),
        Just("earn miles by tier\n  bronze 1 per 1 EUR\n  silver 1.25 per 1 EUR\n  gold 1.5 per 1 EUR".to_owned()),
        (1..12_u32, narrow(), limit("EUR", ", then 1%"), beside()).prop_map(|(n, s, l, b)| format!("cashback {n}%{s}{l}{b}")),
        (2..9_u32, 20..90_u32, one(&["", ", then 1%"])).prop_map(|(n, m, t)| format!("cashback {n}% on the first {m} EUR per month{t}")),
        (1..9_u32, 10..60_u32).prop_map(|(n, m)| format!("earn as beans by amount\n  from 0 EUR {n}%\n  over {m} EUR {}%", n + 2)),
        (1..9_u32, 1..3_u32).prop_map(|(n, m)| format!(
            "earn as beans by purchases in last 20 days\n  from {m} purchases {n}%\n  from {} purchases {}%",
            m + 2,
            n + 4
        )),
        (narrow(), limit("beans", ""), beside()).prop_map(|(s, l, b)| format!("double beans{s}{l}{b}")),
        (one(&["1.5", "0.5", "2.25"]), narrow()).prop_map(|(k, s)| format!("multiply beans by {k}{s}")),
    ];
    let off = prop_oneof![
        (1..9_u32, 10..60_u32).prop_map(|(n, m)| format!(
            "discount by spend ever, each slice at its own rate\n  from {m} EUR {n}%\n  from {} EUR {}%",
            m * 2,
            n + 3
        )),
        (1..9_u32).prop_map(|n| format!("discount by amount, each slice at its own rate\n  from 20 EUR {n}%\n  from 45 EUR {}%", n + 3)),
        (1..30_u32, narrow(), limit("EUR", ", then 2%"), beside()).prop_map(|(n, s, l, b)| format!("discount {n}%{s}{l}{b}")),
        (1..30_u32).prop_map(|n| format!("discount {n}% on category \"tea\" alone")),
        (1..30_u32, narrow(), limit("EUR", "")).prop_map(|(n, s, l)| format!("discount {n}%{s}{l} exclusive")),
        (1..20_u32, one(&["", " priority 3"])).prop_map(|(n, p)| format!("discount {n}% on items not yet reduced{p}")),
        (1..9_u32, 2..4_u32, one(&["", " of category \"tea\""])).prop_map(|(n, m, s)| format!("{n} EUR off for every {m} items{s}")),
        (1..9_u32, narrow(), beside()).prop_map(|(n, s, b)| format!("{n} EUR off{s}{b}")),
        (10..60_u32).prop_map(|n| format!("free shipping over {n} EUR")),
        narrow().prop_map(|s| format!("price from \"Designers\"{s}")),
    ];
    prop_oneof![3 => earning, 2 => off]
}

/// What counts purchases and spending.
pub fn counting() -> impl Strategy<Value = String> {
    let window = || one(&["", "", " in a month", " in last 10 days"]);
    prop_oneof![
        (narrow(), grant(), one(&["", "", ", once per week", ", at most 2 times per month"]))
            .prop_map(|(s, g, l)| format!("on purchase grant {g}{s}{l}")),
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
        Just("on purchase grant (purchases in last 10 days) beans".to_owned()),
        Just("on 2nd purchase donate 1 EUR to \"Red Cross\"".to_owned()),
    ]
}

/// What time and customers set off by themselves.
pub fn moments() -> impl Strategy<Value = String> {
    prop_oneof![
        grant().prop_map(|g| format!("on birthday grant {g}")),
        (1..20_u32).prop_map(|n| format!("on birthday discount {n}%")),
        (grant(), one(&["week", "month", "quarter", "membership year"]))
            .prop_map(|(g, p)| format!("at end of every {p} grant {g} if purchases in last 20 days is at least 1 purchase")),
        (grant(), one(&["week", "month", "day"])).prop_map(|(g, p)| format!("at start of every {p} grant {g}, at most 5 times per month")),
        grant().prop_map(|g| format!("on the 31st of every month grant {g}")),
        grant().prop_map(|g| format!("on 2025-01-15 grant {g}")),
        grant().prop_map(|g| format!("on event \"review\" grant {g}, once per week")),
        (1..20_u32).prop_map(|n| format!("on event \"review\" discount {n}% on next 2 purchases")),
        Just("on event \"review\" move to tier vip for 10 days".to_owned()),
        grant().prop_map(|g| format!("on signup grant {g}")),
        (3..20_u32, grant()).prop_map(|(n, g)| format!("after {n} days without purchase grant {g}")),
        (3..20_u32, 5..30_u32).prop_map(|(n, p)| format!("after {n} days without purchase discount {p}% on next purchase")),
        grant().prop_map(|g| format!("on leaving tier silver grant {g}")),
        Just("on leaving tier gold notify \"We miss you\" costs 0.05 EUR".to_owned()),
        (1..9_u32).prop_map(|n| format!("cashback {n}%, paid at end of every month, rounded down to 0.50 EUR")),
        (1..4_u32).prop_map(|n| format!("earn {n} miles per 1 EUR, paid at end of every week")),
        (1..9_u32).prop_map(|n| format!("cashback {n}% on top category of each month")),
        Just("on birthday grant 50 beans usable from 3 days before to 3 days after birthday".to_owned()),
    ]
}

/// What wallets are good for.
pub fn uses() -> impl Strategy<Value = Vec<String>> {
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
        one(&["redeem 30 miles for 1 EUR", "redeem 25 miles for 0.80 EUR, up to 30% of purchase"]),
        one(&[
            "exchange 5 drinks for gift mug",
            "exchange 4 drinks for 10 beans, at most 2 times per month",
            "exchange 3 drinks for discount 10% on next purchase",
        ]),
        one(&[
            "exchange 40 miles for voucher 2 EUR valid for 15 days",
            "exchange 60 miles for 1 EUR to cashback at end of every week",
            "reward discount 10% for 30 miles, once per month",
        ]),
        one(&["reward gift mug for 25 beans", "reward voucher 2 EUR valid for 30 days for 20 beans, once per month"]),
        one(&["", "redeem vouchers at 2 times value via app"]),
    );
    all.prop_map(|(beans, cash, miles, stamps, more, reward, vouchers)| {
        let all = [beans.as_str(), cash, miles, stamps, more, reward, vouchers];
        all.into_iter().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    })
}

/// What accounts share.
pub mod pots {
    use super::*;

    /// Budgets, series, a draw.
    pub fn pots() -> impl Strategy<Value = Vec<String>> {
        (3..60_u32, one(&["", " per month", " per week", " per day"]), 1..6_u32).prop_map(|(pot, per, only)| {
            vec![
                format!("budget pot {pot} EUR{per}"),
                "budget small 4 EUR".to_owned(),
                format!("gift print costs 3 EUR, only {only} in all"),
                "draw \"Car\" on 2025-02-10 gives 2 gift mug".to_owned(),
                // A draw that nobody has entries to is an error.
                "on every 3rd purchase grant 1 entry to \"Car\"".to_owned(),
            ]
        })
    }

    /// A rule that draws on a budget; a table's rows must end it.
    pub fn within(rule: &str, budget: &str) -> String {
        if rule.contains('\n') { rule.to_owned() } else { format!("{rule}{budget}") }
    }

    pub fn shared() -> impl Strategy<Value = String> {
        prop_oneof![
            (1..9_u32).prop_map(|n| format!("on referral grant {} beans and grant friend 30 beans", n * 5)),
            Just("on referral grant friend 2 EUR to cashback".to_owned()),
            (1..9_u32).prop_map(|n| format!("earn 1 entry to \"Car\" per {n} EUR")),
            Just("on purchase grant gift print over 20 EUR".to_owned()),
            (1..5_u32).prop_map(|n| format!("on every 2 purchases grant gift mug only {n} in all")),
        ]
    }
}
