//! What people write out of habit where the language has other words, and settings that lost their sentence.

use super::parser::Run;

/// Other words, longest first where one begins like another, and what the language says; nothing where they can go.
const HABITS: [(&str, &str); 41] = [
    ("not more than", "at most"),
    ("no more than", "at most"),
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
    ("get", "grant"),
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
        // `5% off discount`: one of the two is enough.
        let before = text.get(..word.start).unwrap_or("").trim_end();
        let after_off = before.split_whitespace().next_back().is_some_and(|last| last.eq_ignore_ascii_case("off"));
        let again = after_off.then_some(("discount", ""));
        for (habit, right) in HABITS.into_iter().chain(again) {
            if let Some(length) = length_at(text, word.start, habit) {
                // Words that can go take the blanks behind them along.
                let rest = text.get(word.start.saturating_add(length)..).unwrap_or("");
                let blanks = if right.is_empty() { rest.len().saturating_sub(rest.trim_start_matches(' ').len()) } else { 0 };
                let end = word.start.saturating_add(length).saturating_add(blanks);
                found.push((word.start, text.get(word.start..end).unwrap_or("").to_owned(), right.to_owned()));
            }
        }
    }
    found
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
