//! Whether what stands in a column can have a meaning.

use crate::history::look::Facts;
use crate::history::names::{MEANINGS, likeness, plain};
use crate::history::values;

/// Whether what stands in a column can have a meaning.
pub(super) fn fits(key: &str, facts: &Facts) -> bool {
    match key {
        "at" | "refunded at" => {
            facts.mostly(facts.dates + facts.compact)
                || serial(facts)
                || facts.mostly(facts.numbers) && facts.values.iter().all(|value| value.len() >= 10)
        }
        "clock" => facts.mostly(facts.clocks) && facts.dates == 0,
        // Yes and no are no money.
        "refunded" => {
            facts.mostly(facts.numbers) && !nothing(facts) && !facts.values.iter().all(|value| matches!(value.as_str(), "0" | "1"))
        }
        "currency" => facts.filled > 0 && facts.numbers == 0 && facts.values.iter().all(|value| value.len() == 3),
        "amount" | "tax" | "shipping" | "discount" | "tip" | "quantity" | "price" | "line total" => facts.mostly(facts.numbers),
        // Nobody is called by a day or by an amount.
        "customer" => {
            facts.filled > 0 && facts.fractions == 0 && !facts.mostly(facts.dates) && !facts.values.iter().all(|value| pays(value))
        }
        // Money is no name of a thing.
        "product" => facts.filled > 0 && !(facts.fractions > 0 && facts.mostly(facts.numbers)),
        "id" => facts.filled > 0 && facts.fractions == 0 && !facts.mostly(facts.dates),
        _ => facts.filled > 0,
    }
}

/// Whether a column counts days as spreadsheets do: `45731.4375`.
pub(super) fn serial(facts: &Facts) -> bool {
    facts.filled > 0
        && facts.numbers == facts.filled
        && facts.compact == 0
        && facts.values.iter().all(|value| values::serial(value).is_some())
}

/// Whether all amounts of a column are zero.
pub(super) fn nothing(facts: &Facts) -> bool {
    facts.values.iter().all(|value| !value.contains(|letter: char| matches!(letter, '1'..='9')))
}

/// The currency whose sign stands at the amounts.
pub(super) fn currency(facts: &Facts) -> Option<String> {
    const SIGNS: [(&str, &str); 10] = [
        ("€", "EUR"),
        ("$", "USD"),
        ("£", "GBP"),
        ("₽", "RUB"),
        ("руб", "RUB"),
        ("元", "CNY"),
        ("¥", "CNY"),
        ("￥", "CNY"),
        ("₴", "UAH"),
        ("zł", "PLN"),
    ];
    let sign = |value: &String| SIGNS.iter().find(|(sign, _)| value.contains(sign)).map(|(_, code)| (*code).to_owned());
    let code = |value: &String| {
        let letters: String = value.chars().filter(char::is_ascii_alphabetic).collect();
        Some(letters).filter(|letters| letters.len() == 3 && letters.chars().all(|letter| letter.is_ascii_uppercase()))
    };
    facts.values.iter().find_map(|value| sign(value).or_else(|| code(value)))
}

/// Whether a value is a way to pay.
pub(super) fn pays(value: &str) -> bool {
    const WAYS: [&str; 12] =
        ["visa", "mastercard", "master", "amex", "maestro", "girocard", "mir", "мир", "unionpay", "cash", "debit", "credit"];
    WAYS.contains(&value.to_lowercase().as_str())
}

/// Whether a value says no.
pub(super) fn says_no(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let words = ["no", "false", "0", "n", "nein", "нет", "否", "f", "ложь", "-"];
    words.contains(&value.as_str())
        || ["not ", "nicht ", "не ", " не ", "未"].iter().any(|word| value.starts_with(word) || value.contains(word))
}

pub(super) fn likeness_of(key: &str, name: &str) -> bool {
    MEANINGS.iter().any(|meaning| meaning.key == key && likeness(meaning, &plain(name)).is_some())
}
