//! From the grammar's rules to words for people.

use super::grammar::{Grammar, Rule};
use crate::program::FACTS;
use pest::Parser;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The keywords by their rules.
static KEYWORDS: LazyLock<BTreeMap<Rule, String>> = LazyLock::new(|| {
    let named = |rule: &Rule| Some((*rule, format!("{rule:?}").strip_prefix("k_")?.to_owned()));
    Rule::all_rules().iter().filter(|rule| !matches!(rule, Rule::k_a | Rule::k_x)).filter_map(named).collect()
});

/// The keyword of a rule that stands for one.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    KEYWORDS.get(&rule).map(String::as_str)
}

/// Every keyword of the language.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.values().map(String::as_str).chain(extra_words())
}

/// Whether a word in small letters is a keyword.
pub(super) fn is_keyword(word: &str) -> bool {
    keywords().any(|keyword| keyword == word) || is_reserved(word)
}

/// Words that are read otherwise than as keywords.
fn extra_words() -> impl Iterator<Item = &'static str> {
    const WORDS: &str = "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays \
        saturdays sundays january february march april june july \
        august september october november december first second third fourth fifth sixth seventh eighth ninth tenth";
    WORDS.split_whitespace()
}

/// Whether a bare word must be quoted to be a name.
pub(super) fn is_reserved(word: &str) -> bool {
    Grammar::parse(Rule::reserved, word).is_ok_and(|pairs| pairs.as_str().len() == word.len())
}

/// Whether a word asks for a fact, so that a parameter of that name could never be used.
pub(super) fn is_fact(word: &str) -> bool {
    FACTS.iter().any(|info| info.words == word.to_lowercase())
}

/// What a rule stands for, in words; `None` where a keyword says it better.
fn description(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::value | Rule::amount | Rule::literal | Rule::number_grant | Rule::limit_amount | Rule::rate => {
            "an amount, such as 5%, 5 EUR or 100 beans"
        }
        Rule::rates => "a rate, such as 5% or 5 EUR, or a table that begins with `by`",
        Rule::number | Rule::integer | Rule::item_quantity | Rule::signed => "a number",
        Rule::ordinal | Rule::ordinal_digits => "a number such as 3rd",
        Rule::name | Rule::names | Rule::bare | Rule::reference | Rule::quoted | Rule::step_name | Rule::word | Rule::tier_names => {
            "a name"
        }
        Rule::date | Rule::iso_date => "a date, such as 2025-12-24",
        Rule::yearday => "a day, such as 24 December",
        Rule::clock | Rule::time => "a time, such as 14:00",
        Rule::duration | Rule::for_duration => "a length of time, such as 30 days",
        Rule::weekday | Rule::weekday_range | Rule::weekday_list => "a day of the week",
        Rule::month | Rule::month_any | Rule::in_months => "a month",
        Rule::expr | Rule::primary | Rule::calculation => "something to test, such as amount is over 50 EUR",
        Rule::period | Rule::period_word => "a period: day, week, month, quarter or year",
        Rule::scope_names | Rule::scope_kind => "category, brand or product",
        Rule::audience | Rule::audience_all => "tier, segment or everyone",
        Rule::infix | Rule::compare | Rule::goal_compare => "a comparison, such as is over or is at least",
        Rule::grant_item => "what is granted, such as 100 beans, 5% discount or gift \"mug\"",
        Rule::table_key => "what the table goes by, such as amount, spend or tier",
        Rule::zone => "a time zone, such as Europe/Berlin",
        Rule::measure => "what the tiers go by, such as spend in last 12 months",
        Rule::round_mode => "down, up, half up or half even",
        Rule::expectation => "what is expected, such as discount 0.50 EUR, 20 beans or no gift",
        Rule::effect | Rule::discount => "what the customer gets",
        Rule::per_rolling => return None,
        _ => return None,
    })
}

/// What may come, in words: at most three things, else nothing.
pub(super) fn expectation(rules: &[Rule]) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for rule in rules {
        match (description(*rule), keyword(*rule)) {
            (Some(text), _) if !said.iter().any(|s| s == text) => said.push(text.to_owned()),
            (None, Some(word)) if !words.contains(&word) => words.push(word),
            _ => {}
        }
    }
    if words.len() > 4 {
        words.clear();
    }
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    said.extend(words);
    said.truncate(4);
    match said.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [most @ .., last] => Some(format!("{} or {last}", most.join(", "))),
    }
}

/// Whether a name could stand where these were expected.
pub(super) fn wants_name(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| description(*rule) == Some("a name"))
}

/// The days of the week.
pub(super) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The months of the year.
pub(super) const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
