//! Sentences as words, and what becomes of them by chance.

use super::Dice;

/// Words, numbers, quoted texts, signs and the blanks between them; together they are the text.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quoted = false;
    let class = |c: char| match c {
        ' ' => 0,
        '\n' | '\r' => 1,
        c if c.is_alphanumeric() || "_-%.:".contains(c) => 2,
        _ => 3,
    };
    let mut before = None;
    for c in text.chars() {
        let starts = match c {
            '"' => {
                quoted = !quoted;
                quoted
            }
            _ if quoted => false,
            c => before.is_none_or(|before| class(before) != class(c) || class(c) == 3 || before == '"'),
        };
        match words.last_mut() {
            Some(word) if !starts => word.push(c),
            _ => words.push(c.to_string()),
        }
        before = Some(c);
        quoted &= c != '\n';
    }
    words
}

/// What kind of word it is: one may stand for another of its kind.
fn kind(word: &str) -> u8 {
    match word.chars().next() {
        Some('"') => 0,
        Some(c) if c.is_ascii_digit() => 1,
        Some(c) if c.is_alphabetic() => 2,
        Some(' ' | '\n' | '\r') => 3,
        _ => 4,
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3rd",
    "0%",
    "100%",
    "101%",
    "0.005",
    "0.01",
    "1.005",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999999999999999",
    "1_000",
    "1,000",
    "-1",
    "00",
    "24:00",
    "23:59",
    "2025-02-29",
    "2024-02-29",
    "9999-12-31",
    "0001-01-01",
    "31",
    "366",
    "1000000",
];

const SIGNS: &[&str] =
    &["(", ")", ",", "\"", "#", "=", "<", ">", "+", "*", "/", "\n", "\n  ", "\t", "\r\n", "\u{202e}", "\u{e9}", "\u{20ac}", "\0"];

/// A text with some words changed. `pool`: sentences of other texts. Gentle changes often leave a text that can be read.
pub fn changed(text: &str, pool: &[String], dice: &mut Dice, gentle: bool) -> String {
    let mut words = words(text);
    for _ in 0..=dice.below(if gentle { 2 } else { 6 }) {
        if words.is_empty() {
            break;
        }
        let at = dice.below(words.len());
        match dice.below(if gentle { 3 } else { 9 }) {
            // A number of the same shape, or another word of the same kind.
            0 => {
                let numbers: Vec<usize> = (0..words.len()).filter(|at| kind(&words[*at]) == 1).collect();
                if let Some(at) = dice.one(&numbers) {
                    let number = match words[*at].parse::<u64>() {
                        Ok(n) => [n / 2, n.saturating_add(1), n.saturating_mul(10), n.saturating_sub(1), 1][dice.below(5)].to_string(),
                        Err(_) => dice.one(NUMBERS).copied().unwrap_or("1").to_owned(),
                    };
                    words[*at] = number;
                }
            }
            1 => {
                let others = dice.one(pool).map(|line| self::words(line)).unwrap_or_default();
                let others: Vec<String> = others.into_iter().filter(|other| kind(other) == kind(&words[at])).collect();
                if let Some(other) = dice.one(&others) {
                    words[at].clone_from(other);
                }
            }
            // A whole sentence more.
            2 => {
                let ends: Vec<usize> = (0..words.len()).filter(|at| words[*at] == "\n").collect();
                if let (Some(end), Some(line)) = (dice.one(&ends), dice.one(pool)) {
                    words.insert(*end, format!("\n{}", line.trim_end()));
                }
            }
            3 => drop(words.remove(at)),
            4 => words.insert(at, words[at].clone()),
            5 => {
                let other = dice.below(words.len());
                words.swap(at, other);
            }
            6 => words.insert(at, dice.one(NUMBERS).copied().unwrap_or("1").to_owned()),
            7 => words.insert(at, dice.one(SIGNS).copied().unwrap_or(",").to_owned()),
            _ => {
                let others = dice.one(pool).map(|line| self::words(line)).unwrap_or_default();
                let from = dice.below(others.len().max(1));
                let some = others.into_iter().skip(from).take(1 + dice.below(8));
                words.splice(at..at, some);
            }
        }
    }
    words.concat()
}
