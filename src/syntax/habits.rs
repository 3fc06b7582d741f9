//! What people write out of habit where the language has other words, and settings that lost their sentence.

use super::names::{DAYS, MONTHS};
use super::parser::Run;
use crate::value::Date;

/// Other words, longest first where one begins like another, and what the language says; nothing where they can go.
const HABITS: [(&str, &str); 89] = [
    ("not more than", "at most"),
    ("no more than", "at most"),
    ("for orders above", "over"),
    ("for orders over", "over"),
    ("for orders of", "of at least"),
    ("orders above", "over"),
    ("orders over", "over"),
    ("for purchases above", "over"),
    ("for everything above", "over"),
    ("monthly", "per month"),
    ("weekly", "per week"),
    ("daily", "per day"),
    ("yearly", "per year"),
    ("annually", "per year"),
    ("quarterly", "per quarter"),
    ("max.", "at most"),
    ("min.", "at least"),
    ("cap of", "at most"),
    ("capped to", "at most"),
    ("cap", "at most"),
    ("at their birthday", "on birthday"),
    ("at birthday", "on birthday"),
    ("at the birthday", "on birthday"),
    ("for their birthday", "on birthday"),
    ("add", "grant"),
    ("credit", "grant"),
    ("for each review", "on event \"review\""),
    ("for every review", "on event \"review\""),
    ("maximum of", "at most"),
    ("maximum", "at most"),
    ("max", "at most"),
    ("limited to", "at most"),
    ("capped at", "at most"),
    ("not less than", "at least"),
    ("minimum of", "at least"),
    ("minimum", "at least"),
    ("min", "at least"),
    ("more than", "over"),
    ("give customers a", "grant"),
    ("give members a", "grant"),
    ("give customers", "grant"),
    ("give members", "grant"),
    ("give a", "grant"),
    ("give", "grant"),
    ("offer a", "grant"),
    ("offer", "grant"),
    ("award", "grant"),
    ("get a free", "grant gift"),
    ("get one free", "grant gift"),
    ("get a", "grant"),
    ("get", "grant"),
    ("a free", "grant gift"),
    ("free", "grant gift"),
    ("when a friend joins", "on referral"),
    ("for a referral", "on referral"),
    ("for referrals", "on referral"),
    ("for joining", "on signup"),
    ("when joining", "on signup"),
    ("for signup", "on signup"),
    ("for signing up", "on signup"),
    ("for a review", "on event \"review\""),
    ("for reviews", "on event \"review\""),
    ("upgrade to tier", "move to tier"),
    ("upgrade to", "move to tier"),
    ("orders", "purchases"),
    ("order", "purchase"),
    ("of", "of at least"),
    ("or more", ""),
    ("valid for", "expiring after"),
    ("receive", "grant"),
    ("but not for", "except for"),
    ("not for", "except for"),
    ("but not on", "excluding"),
    ("not on", "excluding"),
    ("except on", "excluding"),
    ("except", "excluding"),
    ("valid from", "from"),
    ("valid until", "until"),
    ("till", "until"),
    ("starting", "from"),
    ("only if", "if"),
    ("only when", "if"),
    ("when", "if"),
    ("then", ""),
    ("upon", "on"),
    ("their", ""),
    ("your", ""),
    ("only", ""),
    ("a", ""),
];

/// Words with which only a setting begins, by what it is a setting of.
const SETTINGS: [(&str, &[&str]); 3] = [
    (
        "the program",
        &[
            "currency",
            "timezone",
            "language",
            "starts",
            "ends",
            "members join",
            "earn on amount",
            "discounts combine",
            "discount combine",
            "discounts never",
            "vouchers pay",
            "round money",
            "tiers change",
            "returns",
            "week starts",
            "account by",
        ],
    ),
    ("the points or the wallet", &["worth", "expire", "never expire", "spend earliest", "spend oldest", "spend newest"]),
    ("the tiers", &["keep for", "keep until", "review", "drop", "never drop", "grace"]),
];

/// Habitual words among the unread ones, with what to put in their place.
pub(super) fn candidates(text: &str, run: &Run) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    for word in run.words.iter().take(4) {
        for start in word_starts(text, word.start, word.end).into_iter().take(3) {
            found.extend(other_words(text, start));
            found.extend(month_of_year(text, start));
            found.extend(voucher_behind_amount(text, start));
            found.extend(days_with_hyphen(text, start));
            found.extend(short_day(text, start));
            found.extend(bare_day(text, start));
            found.extend(bare_hours(text, start));
            found.extend(hours_with_hyphen(text, start));
            found.extend(how_long_valid(text, start));
            found.extend(household(text, start));
            found.extend(colon_in_row(text, start));
        }
    }
    found
}

fn other_words(text: &str, start: usize) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    // `5% off discount`: one of the two is enough.
    let after_off = previous(text, start).is_some_and(|(_, last)| last.eq_ignore_ascii_case("off"));
    let again = after_off.then_some(("discount", ""));
    for (habit, right) in HABITS.into_iter().chain(again) {
        if let Some(length) = length_at(text, start, habit) {
            // `of bread` is no amount.
            let next = text.get(start.saturating_add(length)..).unwrap_or("").trim_start();
            if habit == "of" && !next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '€' | '$' | '£' | '(')) {
                continue;
            }
            // Words that can go take the blanks behind them along.
            let rest = text.get(start.saturating_add(length)..).unwrap_or("");
            let blanks = if right.is_empty() { rest.len().saturating_sub(rest.trim_start_matches(' ').len()) } else { 0 };
            let end = start.saturating_add(length).saturating_add(blanks);
            found.push((start, text.get(start..end).unwrap_or("").to_owned(), right.to_owned()));
        }
    }
    found
}

/// `in May 2025`
fn month_of_year(text: &str, start: usize) -> Option<(usize, String, String)> {
    let year = word_from(text, start);
    let number: i32 = year.parse().ok().filter(|year| (1900..=2100).contains(year))?;
    let (month_at, name) = previous(text, start)?;
    let month = u8::try_from(MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?).ok()?.checked_add(1)?;
    let (at, _) = previous(text, month_at).filter(|(_, word)| word.eq_ignore_ascii_case("in"))?;
    let last = (28..=31).rev().find_map(|day| Date::from_ymd(number, month, day))?;
    let end = start.saturating_add(year.len());
    Some((at, text.get(at..end)?.to_owned(), format!("from {number}-{month:02}-01 to {last}")))
}

/// `10 EUR voucher`
fn voucher_behind_amount(text: &str, start: usize) -> Option<(usize, String, String)> {
    let word = word_from(text, start);
    if !word.to_lowercase().starts_with("voucher") {
        return None;
    }
    let mut at = previous(text, start)?.0;
    if !text.get(at..)?.starts_with(|c: char| c.is_ascii_digit()) {
        at = previous(text, at)?.0;
    }
    let amount = text.get(at..start)?.trim_end();
    if !amount.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((at, text.get(at..start.saturating_add(word.len()))?.to_owned(), format!("voucher {amount}")))
}

/// `mondays-fridays`, `Mo-Fr`
fn days_with_hyphen(text: &str, start: usize) -> Option<(usize, String, String)> {
    let word = word_from(text, start);
    let (from, to) = word.split_once(['-', '–'])?;
    let day = |word: &str| {
        let low = word.to_lowercase();
        let low = low.trim_end_matches('s').trim_end_matches('.');
        let short = DAYS.iter().find(|day| low.len() >= 2 && day.starts_with(low));
        short.map(|short| if short.len() == low.len() { word.to_owned() } else { (*short).to_owned() })
    };
    let (first, last) = (day(from)?, day(to)?);
    let on = previous(text, start).is_some_and(|(_, word)| word.eq_ignore_ascii_case("on"));
    Some((start, word.to_owned(), format!("{}{first} to {last}", if on { "" } else { "on " })))
}

/// `Mon`, `Tue`
fn short_day(text: &str, start: usize) -> Option<(usize, String, String)> {
    let word = word_from(text, start);
    // `Tuesday's`
    let own = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s"));
    let plain = own.unwrap_or(word).trim_end_matches('.').to_lowercase();
    let short = (3..=4).contains(&plain.len()) || own.is_some();
    let day = DAYS.iter().find(|day| short && day.starts_with(&plain))?;
    Some((start, word.to_owned(), format!("{day}s")))
}

/// `between 6 and 9`, `from 5 to 7pm`
fn bare_hours(text: &str, start: usize) -> Option<(usize, String, String)> {
    let length = length_at(text, start, "between").or_else(|| length_at(text, start, "from"))?;
    let word = text.get(start..start.checked_add(length)?)?;
    let rest = text.get(start.checked_add(length)?..)?;
    let words: Vec<&str> = rest.split_whitespace().take(5).collect();
    // `7 pm` is one time in two words.
    let half = |word: Option<&&str>| word.filter(|word| matches!(plain(word).as_str(), "am" | "pm")).map(|word| plain(word));
    let (first, behind) = hour(words.first()?, half(words.get(1)))?;
    let to = words.get(behind)?.to_lowercase();
    let joined = ["and", "to", "until", "till", "-", "–"].contains(&to.as_str());
    let at = behind.checked_add(1)?;
    let (last, taken) = hour(words.get(at)?, half(words.get(at.checked_add(1)?)))?;
    let end = words.get(at.checked_add(taken)?.checked_sub(1)?)?.trim_end_matches(',');
    let end = end.as_ptr().addr().checked_sub(text.as_ptr().addr())?.checked_add(end.len())?;
    let (first, last) = both_halves(first, last)?;
    let to = if to == "and" { "and" } else { "to" };
    joined.then(|| Some((start, text.get(start..end)?.to_owned(), format!("{word} {first:02}:00 {to} {last:02}:00"))))?
}

fn plain(word: &str) -> String {
    word.trim_end_matches(',').trim_end_matches('.').to_lowercase()
}

/// An hour with the half of the day that it says, and how many words it takes.
fn hour(word: &str, next: Option<String>) -> Option<((u8, Option<String>), usize)> {
    let word = plain(word);
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let tail = word.get(digits.len()..).filter(|tail| !tail.is_empty()).map(str::to_owned);
    let hour: u8 = digits.parse().ok().filter(|hour| *hour < 24)?;
    match (tail, next) {
        (None, Some(half)) => Some(((hour, Some(half)), 2)),
        (Some(tail), _) if !matches!(tail.as_str(), "am" | "pm") => None,
        (tail, _) => Some(((hour, tail), 1)),
    }
}

/// `5 to 7pm` is the afternoon for both, `11 to 2pm` begins before noon.
fn both_halves((first, from): (u8, Option<String>), (last, to): (u8, Option<String>)) -> Option<(u8, u8)> {
    let Some(to) = to else { return from.is_none().then_some((first, last)) };
    let noon = |hour: u8, half: &str| {
        let hour = (1..=12).contains(&hour).then(|| hour.checked_rem(12)).flatten()?;
        hour.checked_add(if half == "pm" { 12 } else { 0 })
    };
    let last = noon(last, &to)?;
    let same = noon(first, &to)?;
    let first = match from {
        Some(half) => noon(first, &half)?,
        None if same < last => same,
        None => noon(first, if to == "pm" { "am" } else { "pm" })?,
    };
    Some((first, last))
}

/// `mondays double points`
fn bare_day(text: &str, start: usize) -> Option<(usize, String, String)> {
    let word = word_from(text, start);
    let day = DAYS.iter().any(|day| day.eq_ignore_ascii_case(word.trim_end_matches(['s', 'S'])));
    day.then(|| (start, String::new(), "on ".to_owned()))
}

/// `6:00-9:00`
fn hours_with_hyphen(text: &str, start: usize) -> Option<(usize, String, String)> {
    let word = word_from(text, start);
    let (from, to) = word.split_once(['-', '–'])?;
    let clock = |word: &str| word.contains(':') && word.chars().all(|c| c.is_ascii_digit() || c == ':');
    (clock(from) && clock(to)).then(|| (start, word.to_owned(), format!("between {from} and {to}")))
}

/// `valid 14 days`
fn how_long_valid(text: &str, start: usize) -> Option<(usize, String, String)> {
    let (_, before) = previous(text, start)?;
    let number = text.get(start..)?.starts_with(|c: char| c.is_ascii_digit());
    (number && before.eq_ignore_ascii_case("valid")).then(|| (start, String::new(), "for ".to_owned()))
}

/// `account by household`
fn household(text: &str, start: usize) -> Option<(usize, String, String)> {
    let length = length_at(text, start, "account by").or_else(|| length_at(text, start, "accounts by"))?;
    let rest = text.get(start.checked_add(length)?..)?;
    let word = word_from(rest, rest.len().checked_sub(rest.trim_start().len())?);
    let at = start.checked_add(length)?.checked_add(rest.find(word)?)?;
    (!word.is_empty() && !word.contains('.')).then(|| (at, word.to_owned(), format!("customer.{word}")))
}

/// `Silver: 500 EUR`
fn colon_in_row(text: &str, start: usize) -> Option<(usize, String, String)> {
    let rest = text.get(start..)?.strip_prefix(':')?;
    let number = rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '€' | '$' | '£'));
    number.then(|| (start, ":".to_owned(), " from".to_owned()))
}

/// The day at the end of a text that lacks its year: `31 May`, `May 31`.
pub(super) fn day_at_end(text: &str) -> Option<usize> {
    let is_day = |word: &str| word.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    let is_month = |word: &str| MONTHS.iter().any(|month| month.eq_ignore_ascii_case(word));
    let (at, last) = previous(text, text.len())?;
    let (start, first) = previous(text, at)?;
    (is_day(first) && is_month(last) || is_month(first) && is_day(last)).then_some(start)
}

/// The starts of the words of a range.
fn word_starts(text: &str, start: usize, end: usize) -> Vec<usize> {
    let mut starts = vec![start];
    let part = text.get(start..end).unwrap_or("");
    for (at, _) in part.match_indices([' ', '\n', '\t']) {
        let next = start.saturating_add(at).saturating_add(1);
        if next < end && !text.get(next..).is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
            starts.push(next);
        }
    }
    starts
}

/// What stands at a place up to the next blank or comma.
fn word_from(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or("");
    rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or("")
}

/// The word before a place and where it starts.
fn previous(text: &str, start: usize) -> Option<(usize, &str)> {
    let before = text.get(..start)?.trim_end();
    let word = before.split_whitespace().next_back()?;
    Some((before.len().checked_sub(word.len())?, word))
}

/// A setting that stands as a sentence of its own.
pub(super) struct Setting {
    /// What it is a setting of.
    pub of: &'static str,
    /// How long its first words are.
    pub length: usize,
}

/// Whether the sentence begins like a setting.
pub(super) fn setting_at_margin(text: &str) -> Option<Setting> {
    SETTINGS.iter().find_map(|(of, starts)| {
        let length = starts.iter().find_map(|words| length_at(text, 0, words))?;
        Some(Setting { of, length })
    })
}

/// How long the words are if they stand at a place, whatever blanks are between them.
fn length_at(text: &str, start: usize, words: &str) -> Option<usize> {
    let mut at = start;
    for (index, word) in words.split(' ').enumerate() {
        let rest = text.get(at..)?;
        let blanks = if index == 0 { 0 } else { rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len()) };
        at = at.saturating_add(blanks);
        let end = at.saturating_add(word.len());
        let same = text.get(at..end)?.eq_ignore_ascii_case(word) && (index == 0 || blanks > 0);
        let whole = text.get(end..)?.chars().next().is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
        if !(same && whole) {
            return None;
        }
        at = end;
    }
    Some(at.saturating_sub(start))
}
