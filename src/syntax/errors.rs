//! What the reader of a program is told when a sentence cannot be read: one small function each.

use super::include::{LoadError, MAX_DEPTH, MAX_FILES};
use super::scan;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::value::{Date, Decimal};

fn error(code: &'static str, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message, span, label)
}

fn write(text: impl std::fmt::Display) -> String {
    format!("Write: {text}")
}

// Sentences.

pub(super) fn does_not_fit(span: Span, word: &str, expected: Option<&str>) -> Diagnostic {
    let found = error("LOY0101", format!("\"{}\" does not fit here.", bare(word)), span, "cannot be read");
    match expected {
        Some(expected) => found.note(format!("Here could stand {expected}.")),
        None => found.note("What stands before it is complete, and no other part of the sentence begins like this."),
    }
}

/// An unknown line below `program` or `points`.
pub(super) fn no_setting(span: Span, word: &str, of: &str, known: &str) -> Diagnostic {
    error("LOY0101", format!("\"{}\" is no setting of {of}.", bare(word)), span, "cannot be read")
        .note(format!("There are {known}."))
        .help("Delete the line; if it is a sentence of its own, begin it at the left margin.")
}

pub(super) fn needed_here(span: Span, before: &str, word: &str, expected: &str) -> Diagnostic {
    let message = format!("After \"{}\" comes {expected}, not \"{}\".", bare(before), bare(word));
    error("LOY0101", message, span, "cannot be read")
}

pub(super) fn misspelt(span: Span, wrong: &str, right: &str, line: String) -> Diagnostic {
    let message = format!("\"{wrong}\" is not a word of the language; \"{right}\" seems to be meant.");
    error("LOY0102", message, span, format!("{right}?")).help(write(line))
}

pub(super) fn stops_early(span: Span, last: &str, expected: Option<&str>) -> Diagnostic {
    let message = format!("The sentence stops after \"{}\", but something is missing.", bare(last));
    let found = error("LOY0103", message, span, "and then?");
    match expected {
        Some(expected) => found.note(format!("Here could stand {expected}.")),
        None => found,
    }
}

pub(super) fn indented_start(span: Span, line: &str) -> Diagnostic {
    let message = "The first sentence is indented, as if it continued another one.";
    error("LOY0110", message, span, "blanks at the left margin").help(write(line))
}

pub(super) fn clause_between_effects(between: Span, second: Span) -> Diagnostic {
    error("LOY0109", "Words stand between two rewards, so it is unclear which of them they belong to.", between, "for which of the two?")
        .and(second, "a second reward")
        .help("Write two sentences, one for each reward, or put the rewards next to each other.")
}

pub(super) fn two_triggers(first: Span, second: Span) -> Diagnostic {
    error("LOY0117", "A rule can have one occasion, but here are two.", second, "another one")
        .and(first, "one occasion")
        .help("Write two sentences, one for each occasion.")
}

pub(super) fn two_windows(first: Span, second: Span) -> Diagnostic {
    error("LOY0118", "Two spans of time are given for one count.", second, "another one")
        .and(first, "one span")
        .help("Keep one of the two.")
}

pub(super) fn bare_window(span: Span, duration: &str, line: &str) -> Diagnostic {
    error("LOY0113", format!("Which {duration} are meant: the last ones?"), span, "the last ones?").help(write(line))
}

pub(super) fn missing_word(span: Span, word: &str, line: &str) -> Diagnostic {
    // Either would read; only who wrote it knows which.
    if word == "at least" {
        let other = line.replacen("at least", "at most", 1);
        return error("LOY0112", "At least so much, or at most?", span, "at least …? at most …?")
            .help(format!("Write: {line} — or: {other}"));
    }
    error("LOY0112", format!("The word \"{word}\" is missing here."), span, format!("{word} …?")).help(write(line))
}

pub(super) fn on_what(span: Span, word: &str) -> Diagnostic {
    let word = bare(word);
    error("LOY0113", format!("Is \"{word}\" a category, a brand, a product or an event?"), span, "on what?").help(format!(
        "Write: on category \"{word}\", or with brand, product or event instead; for days that a calendar names: during \"{word}\""
    ))
}

pub(super) fn no_such_start(span: Span, word: &str) -> Diagnostic {
    error("LOY0101", format!("No sentence begins with \"{}\".", bare(word)), span, "cannot be read").note(
        "Sentences begin with words such as program, points, tiers, gift, earn, discount, cashback, on, after, redeem or example. \
         A sentence that continues the line before is indented.",
    )
}

pub(super) fn no_forbidding(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "What is left out stands in the sentence that gives it.", span, "a sentence of its own").help(write(line))
}

/// `gold >= 500 EUR`
pub(super) fn tier_sign(span: Span, sign: &str, line: &str) -> Diagnostic {
    error("LOY0113", format!("A tier begins from a value; \"{sign}\" is not needed."), span, "from …").help(write(line))
}

/// `premium by invitation costs 39.99 EUR per year`
pub(super) fn tier_costs(span: Span, tier: &str, price: &str) -> Diagnostic {
    error("LOY0113", "A tier says who is in it; what a membership costs is charged by a rule.", span, "not said here")
        .help(format!("Delete it, and write: on event \"join {tier}\" charge {price} and move to tier {tier} for 1 year"))
}

pub(super) fn stray_then(span: Span, text: &str, line: Option<String>) -> Diagnostic {
    let found = error(
        "LOY0118",
        format!("\"{text}\" goes on where a limit ends, and stands directly behind that limit."),
        span,
        "behind which limit?",
    );
    match line {
        Some(line) => found.help(write(line)),
        None => found.help("Write for example: cashback 5% on the first 500 EUR per month, then 1%"),
    }
}

/// `channel in ("app", "web")`
pub(super) fn in_parentheses(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "Several words to choose from are listed behind \"is one of\".", span, "said in other words").help(write(line))
}

/// `expiring 2025-11-20`
pub(super) fn expiring_on(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "The last day of what is granted stands behind \"valid until\".", span, "said in other words").help(write(line))
}

/// `on category customer.choice`
pub(super) fn scope_by_attribute(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "Which category it is differs from customer to customer, so it is a test of each item.", span, "said in other words")
        .help(write(line))
}

pub(super) fn ladder_measure(span: Span, word: &str, currency: &str) -> Diagnostic {
    error("LOY0113", format!("Tiers cannot go by \"{}\".", bare(word)), span, "what is counted?")
        .note("They go by spend, gross spend, purchases, days with purchase, what is earned of points, or a balance.")
        .help(write(format!("tiers by spend in this year — and below it a row for each tier, such as: gold from 500 {currency}")))
}

pub(super) fn which_position(span: Span, lines: &[String]) -> Diagnostic {
    error("LOY0107", "Which purchase is meant?", span, "a number is needed").help(write(lines.join(" — or: ")))
}

pub(super) fn except_what(span: Span, word: &str, line: &str) -> Diagnostic {
    error("LOY0113", format!("Is \"{}\" a category, a brand or a product?", bare(word)), span, "except what?").help(write(line))
}

pub(super) fn without_quotes(span: Span, line: &str) -> Diagnostic {
    let what = if line.starts_with("limit") { "a limit" } else { "a file" };
    error("LOY0104", format!("The name of {what} stands between quotes."), span, "no quotes").help(write(line))
}

pub(super) fn full_stop(span: Span, line: &str) -> Diagnostic {
    error("LOY0101", "A sentence ends without a full stop.", span, "not needed").help(write(line))
}

pub(super) fn open_parenthesis(span: Span) -> Diagnostic {
    error("LOY0103", "The parenthesis is not closed.", span, "where does it end?").help("Put a ) behind the calculation that it begins.")
}

pub(super) fn stray_window(span: Span, window: &str) -> Diagnostic {
    error("LOY0118", format!("\"{window}\" does not say what is counted in that time."), span, "belongs directly behind a count")
        .help("Put it directly behind what is counted, as in: on 3rd purchase in a month, or: if spend in last 30 days is over 50 EUR")
}

pub(super) fn rule_without_effect(span: Span, named: bool) -> Diagnostic {
    let what = if named { "This rule" } else { "This sentence" };
    error("LOY0112", format!("{what} does not say what the customer gets."), span, "and then?")
        .help("Add what is given, such as: grant 100 beans, discount 5% or cashback 2%")
}

pub(super) fn part_missing(span: Span, text: &str, part: &str, sample: &str) -> Diagnostic {
    let sample = if part.starts_with("if") { format!("if {sample}") } else { sample.to_owned() };
    error("LOY0112", format!("\"{}\" lacks {}.", one_line(text), part.trim_end_matches(" …")), span, "and then?")
        .help(write(format!("{} {sample}", one_line(text))))
}

pub(super) fn prices_without_file(span: Span) -> Diagnostic {
    error("LOY0112", "A price list needs the file that it stands in.", span, "from which file?")
        .help(write("prices \"Designers\" from \"designers.csv\""))
}

pub(super) fn table_without_rows(span: Span, tiers: bool) -> Diagnostic {
    let sample = if tiers { "gold 5%" } else { "from 50 EUR 2%" };
    error("LOY0112", "The table has no rows.", span, "and its rows?").help(format!("Add rows below it, such as: {sample}"))
}

pub(super) fn grid_row(span: Span, cells: usize, columns: usize) -> Diagnostic {
    let what = if cells < columns { "a value is missing" } else { "a value too many" };
    error("LOY0112", format!("This row has {cells} of the {columns} values that the columns ask for."), span, what)
        .help("Write one value for each column, and 0 where nothing is given.")
}

pub(super) fn before_rows(span: Span, text: &str, by: &str) -> Diagnostic {
    error("LOY0118", format!("\"{}\" stands between a table and its rows.", one_line(text)), span, "the rows come behind this")
        .help(format!("Put the rows directly below \"{}\", and this behind the last row or delete it.", one_line(by)))
}

// Names and texts.

pub(super) fn open_quote(span: Span, line: &str) -> Diagnostic {
    error("LOY0104", "The quoted text is not closed; it must end on its line.", span, "where does it end?").help(write(line))
}

pub(super) fn curly_quotes(span: Span, line: &str) -> Diagnostic {
    error("LOY0104", "Texts stand between straight quotes.", span, "other quotes").help(write(line))
}

pub(super) fn reserved_name(span: Span, word: &str, line: &str) -> Diagnostic {
    error("LOY0111", format!("A name must stand here, but \"{word}\" is a word of the language."), span, "not a name")
        .note(format!("If something is called so, put it in quotes: {line}"))
}

pub(super) fn reserved_param(span: Span, word: &str) -> Diagnostic {
    error("LOY0111", format!("A parameter cannot be called \"{word}\", because that word already has a meaning."), span, "taken")
        .help(format!("Choose another name, such as: my-{}", word.to_lowercase().replace(' ', "-")))
}

pub(super) fn hidden_character(span: Span, c: char) -> Diagnostic {
    let code = format!("U+{:04X}", u32::from(c));
    let what = match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            "changes the direction of the text, so that it does not say what it shows"
        }
        c if c.is_control() => "is a control character",
        _ => "cannot be seen",
    };
    error("LOY0115", format!("A character here ({code}) {what}."), span, code).help("Delete it.")
}

pub(super) fn mixed_scripts(span: Span, word: &str, other: char) -> Diagnostic {
    let message = format!("\"{word}\" mixes letters of two alphabets that look alike.");
    Diagnostic::warning("LOY0116", message, span, format!("\"{other}\" is U+{:04X}", u32::from(other)))
        .help("Type the word again in one alphabet.")
}

// Numbers.

pub(super) fn foreign_number(span: Span, written: &str, plain: &str, line: &str) -> Diagnostic {
    error(
        "LOY0106",
        format!("The language writes {written} as {plain}: a point before the decimals, nothing between the thousands."),
        span,
        format!("{plain}?"),
    )
    .help(write(line))
}

pub(super) fn not_whole(span: Span, text: &str) -> Diagnostic {
    let found = error("LOY0106", format!("\"{text}\" must be a whole number, and not too large."), span, "not a whole number");
    let grouped = text.split_once('.').filter(|(_, behind)| behind.bytes().take_while(u8::is_ascii_digit).count() == 3);
    match grouped {
        Some((thousands, behind)) => found.help(format!("A thousand has no point: {thousands}{behind}")),
        None => found.help("Write it without a point."),
    }
}

pub(super) fn ordinal(span: Span, written: &str, right: &str, line: &str) -> Diagnostic {
    error("LOY0107", format!("\"{written}\" has the wrong ending."), span, format!("{right}?")).help(write(line))
}

pub(super) fn ordinal_missing(span: Span, number: u32) -> Diagnostic {
    let right = format!("{number}{}", super::build::ordinal_suffix(number));
    error("LOY0107", format!("Which purchase is meant: the {right}?"), span, "a count, not a position")
        .help(format!("Write: on {right} purchase (or: on purchases 1 to {number}, or: after {number} purchases)"))
}

pub(super) fn first_purchases(span: Span, amount: Decimal) -> Diagnostic {
    error("LOY0113", "The first purchases are written as a range.", span, "a range").help(write(format!("on purchases 1 to {amount}")))
}

pub(super) fn of_what(span: Span, number: Decimal, currency: Option<&str>) -> Diagnostic {
    let currency = currency.unwrap_or("EUR");
    error("LOY0105", format!("{number} of what?"), span, "a bare number").help(format!("Write {number}% or {number} {currency}."))
}

pub(super) fn of_what_unit(span: Span, number: Decimal, unit: &str) -> Diagnostic {
    error("LOY0105", format!("{number} of what?"), span, "a bare number").help(format!("Write {number} {unit}."))
}

pub(super) fn bare_limit(span: Span, number: Decimal, currency: Option<&str>) -> Diagnostic {
    let currency = currency.unwrap_or("EUR");
    error("LOY0105", format!("{number} of what?"), span, "a bare number")
        .help(format!("Write {number} times, {number} {currency} or {number} points."))
}

pub(super) fn expect_of_what(span: Span, text: &str) -> Diagnostic {
    error("LOY0105", format!("{text} of what?"), span, "of which wallet, or a discount?")
        .help(format!("Write: expect discount {text}, expect cashback {text}, or with the name of the points: expect {text} beans"))
}

pub(super) fn of_which_wallet(span: Span) -> Diagnostic {
    error("LOY0105", "Of which wallet?", span, "no name of points or stamps").help("Add the name, as in: 100 beans")
}

pub(super) fn small_currency(span: Span, written: &str, code: &str, line: &str) -> Diagnostic {
    error("LOY0114", format!("Currencies are written in capitals: {code}, not {written}."), span, "in small letters").help(write(line))
}

pub(super) fn currency_in_capitals(span: Span, line: &str) -> Diagnostic {
    error("LOY0114", "Currencies are written in capitals.", span, "in small letters").help(write(line))
}

pub(super) fn code_first(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "The currency's code stands behind the amount.", span, "the other way round").help(write(line))
}

// Dates and times.

pub(super) fn impossible_date(span: Span, month: u32, last: Option<Date>, line: Option<String>) -> Diagnostic {
    let found = |message: String| error("LOY0108", message, span, "no such day");
    match last {
        Some(last) => found(format!("There is no such date; the last day of that month is {last}.")).help(write(line.unwrap_or_default())),
        None if !(1..=12).contains(&month) => {
            found(format!("There is no month {month}.")).help("Write dates as year-month-day: 2025-12-24")
        }
        None => found("There is no such date.".to_owned()).help("Write dates as year-month-day: 2025-12-24"),
    }
}

pub(super) fn impossible_yearday(span: Span, text: &str, line: &str) -> Diagnostic {
    error("LOY0108", format!("There is no {text}."), span, "no such day").help(write(line))
}

pub(super) fn dotted_date(span: Span, text: &str, lines: &[String]) -> Diagnostic {
    error("LOY0108", format!("Dates are written as year-month-day, not as {text}."), span, "another way of writing dates")
        .help(write(lines.join(" — or: ")))
}

pub(super) fn impossible_time(span: Span, text: &str, line: Option<String>) -> Diagnostic {
    let found = |problem: String| error("LOY0108", problem, span, "no such time");
    match line {
        Some(line) => found(format!("There is no time {text}: a day ends where the next begins.")).help(write(line)),
        None => found(format!("There is no time {text}.")).help("Times go from 00:00 to 23:59. Write, for instance: 14:00"),
    }
}

pub(super) fn ampm(span: Span, text: &str, line: Option<String>) -> Diagnostic {
    let found = error("LOY0108", format!("Times are written with 24 hours, not as {text}."), span, "another way of writing times");
    match line {
        Some(line) => found.help(write(line)),
        None => found,
    }
}

pub(super) fn last_without_number(span: Span, word: &str) -> Diagnostic {
    error("LOY0113", format!("\"last {word}\" can be read in two ways."), span, "how long?")
        .help(format!("Write: in last 1 {word} (counted back from the purchase), or: in this {word} (of the calendar)"))
}

pub(super) fn every_year(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "A day without a year needs to say that it comes every year.", span, "of which year?").help(write(line))
}

pub(super) fn of_which_year(span: Span, day: &str, line: &str) -> Diagnostic {
    error("LOY0112", format!("{day} of which year?"), span, "no year").help(write(format!("{line} 2025")))
}

pub(super) fn yearly_range(span: Span, days: &str) -> Diagnostic {
    error("LOY0113", "A range of days that comes every year stands in a calendar.", span, "of which year?")
        .help(format!("Write: calendar \"Season\" every year {days} — and in this sentence: during \"Season\""))
}

pub(super) fn two_anchors(span: Span) -> Diagnostic {
    error("LOY0118", "The two ends count from different days.", span, "from which day?")
        .help(write("from 3 days before to 3 days after birthday"))
}

pub(super) fn around_what(span: Span, text: &str) -> Diagnostic {
    error("LOY0112", "Days before and after what?", span, "no day to count from").help(write(format!("from {text} birthday")))
}

pub(super) fn week_start(span: Span, day: &str) -> Diagnostic {
    error("LOY0113", format!("Weeks start on monday or sunday, not on {day}."), span, "not possible").help(write("week starts monday"))
}

// Other ways of saying it.

pub(super) fn write_cashback(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "The share stands behind the word cashback.", span, "the other way round").help(write(line))
}

pub(super) fn for_whom(span: Span, names: &str, tier: Option<&str>) -> Diagnostic {
    let found = error("LOY0113", format!("Is \"{names}\" a tier or a segment?"), span, "for whom?");
    match tier {
        // Nothing declared is called so, or it would have been read.
        Some(tier) => found
            .help(format!("Write for example: for tier {tier}, or declare a segment: segment {names} if customer.group is \"{names}\"")),
        None => found.help(format!("Write: for tier {names}, or: for segment {names}")),
    }
}

pub(super) fn for_purchases(span: Span, line: &str) -> Diagnostic {
    error("LOY0113", "What the purchase must cost stands without \"for purchases\".", span, "more words than needed").help(write(line))
}

pub(super) fn under(span: Span, phrase: &str, line: &str) -> Diagnostic {
    error("LOY0113", format!("\"{phrase}\" is said in other words."), span, "another way of saying it").help(write(line))
}

pub(super) fn in_other_words(span: Span, wrong: &str, right: &str, line: &str) -> Diagnostic {
    let (wrong, right) = (bare(wrong), right.trim());
    let (message, label) = if right.is_empty() {
        (format!("\"{wrong}\" says nothing more here."), "not needed".to_owned())
    } else {
        (format!("Instead of \"{wrong}\" the language says \"{right}\"."), format!("{right}?"))
    };
    error("LOY0113", message, span, label).help(write(line))
}

pub(super) fn setting_at_margin(span: Span, words: &str, of: &str) -> Diagnostic {
    error("LOY0118", format!("\"{words}\" says something about {of}, but here it stands by itself."), span, "of which sentence?")
        .help(format!("Move the line below {of} and indent it: only indented lines continue a sentence."))
}

pub(super) fn missing_is(span: Span, is: &str, line: &str) -> Diagnostic {
    error("LOY0113", format!("A test says \"{is}\"."), span, "a test without \"is\"").help(write(line))
}

pub(super) fn valid_how_long(span: Span) -> Diagnostic {
    error("LOY0112", "Valid for how long, or until when?", span, "how long?")
        .help("Write for example: valid for 30 days, valid until end of month, or valid from 2025-11-11 to 2025-11-20")
}

pub(super) fn earn_per_what(span: Span, amount: &str) -> Diagnostic {
    error("LOY0112", format!("{amount} for what?"), span, "earned per what?")
        .help(format!("Write: earn {amount} per 1 EUR, or for a fixed number: grant {amount}"))
}

pub(super) fn earn_as_what(span: Span, amount: &str) -> Diagnostic {
    error("LOY0112", format!("{amount} of the purchase is earned as what?"), span, "in which wallet?")
        .help(format!("Write: earn {amount} as beans, or: cashback {amount}"))
}

pub(super) fn earn_of_what(span: Span, amount: &str) -> Diagnostic {
    error("LOY0105", format!("{amount} of what?"), span, "a bare number")
        .help(format!("Add the name of the points, as in: earn {amount} beans per 1 EUR"))
}

pub(super) fn earn_per_purchase(span: Span, amount: &str) -> Diagnostic {
    error("LOY0113", "A fixed number for every purchase is granted.", span, "not in proportion to anything")
        .help(write(format!("grant {amount}")))
}

pub(super) fn expire_after_what(span: Span, value: &str) -> Diagnostic {
    error("LOY0112", format!("{value} after what?"), span, "counted from when?")
        .help(format!("Write: expire {value} after earning, or: expire {value} after last activity"))
}

pub(super) fn best_for_whom(span: Span) -> Diagnostic {
    error("LOY0112", "Best for whom?", span, "for customer or for store?").help(write("best for customer"))
}

pub(super) fn one_reward(span: Span) -> Diagnostic {
    error("LOY0113", "A reward of the catalogue is one thing.", span, "a second one").help("Write a second sentence for it.")
}

pub(super) fn two_comparisons(span: Span) -> Diagnostic {
    error("LOY0101", "Two comparisons follow each other.", span, "a second comparison")
        .help("Join them with and, as in: amount is over 5 EUR and amount is under 9 EUR")
}

pub(super) fn between_without_and(span: Span) -> Diagnostic {
    error("LOY0112", "Between what and what?", span, "two ends are needed").help("Write: is between 5 EUR and 9 EUR")
}

// Examples.

pub(super) fn part_without_step(span: Span, text: &str) -> Diagnostic {
    error("LOY0118", format!("\"{}\" stands before the first step of the example.", one_line(text)), span, "belongs to which step?")
        .help("Begin with a step, such as: purchase 10 EUR on 2025-01-01")
}

pub(super) fn expect_without_step(span: Span) -> Diagnostic {
    error("LOY0118", "Nothing has happened yet that could be expected.", span, "before the first step")
        .help("Put it behind a step, as in: purchase 10 EUR on 2025-01-01   expect no discount")
}

pub(super) fn said_again(before: Span, span: Span) -> Diagnostic {
    error("LOY0118", "This step says the same thing twice, and only one of the two can hold.", span, "said again")
        .and(before, "said here")
        .help("Delete one of them, or write a step of its own.")
}

pub(super) fn one_of_these(span: Span) -> Diagnostic {
    error("LOY0118", "A purchase is one of these, not several.", span, "which one?").help(
        "Write one of them; several categories are items of the purchase, each on a line: item \"latte\" 4.50 EUR category \"drinks\"",
    )
}

pub(super) fn part_of_another_step(span: Span, text: &str) -> Diagnostic {
    error("LOY0118", format!("\"{}\" cannot be said of this step.", one_line(text)), span, "belongs to another step")
}

pub(super) fn expect_what_is_left(span: Span, word: &str) -> Diagnostic {
    error("LOY0113", format!("An example expects what the program gives, not the {} that is left.", bare(word)), span, "not expected")
        .help("Write: expect discount 1 EUR, or for what points paid: expect balance 300 beans")
}

pub(super) fn wait_until(span: Span) -> Diagnostic {
    error("LOY0112", "Wait until which day?", span, "no date").help(write("wait until 2025-12-24"))
}

pub(super) fn day_at_a_time(span: Span, clock: &str, line: &str) -> Diagnostic {
    error("LOY0118", format!("What a day brings comes when it begins, at midnight, not at {clock}."), span, "a time of day")
        .help(format!("{} — or for purchases of some hours: between {clock} and …", write(line)))
}

pub(super) fn wait_until_time(span: Span, line: &str) -> Diagnostic {
    error("LOY0118", "A wait ends when its day begins, not at a time.", span, "a time of day").help(write(line))
}

// Limits.

pub(super) fn file_too_large(span: Span) -> Diagnostic {
    error("LOY0601", format!("The file is larger than {} MiB.", scan::MAX_FILE >> 20), span, "").help("Split the program with include.")
}

pub(super) fn line_too_long(span: Span) -> Diagnostic {
    error("LOY0602", format!("The line is longer than {} characters.", scan::MAX_COLUMNS), span, "too long")
        .help("Break it; indented lines continue the sentence.")
}

pub(super) fn too_many_lines(span: Span) -> Diagnostic {
    error("LOY0603", format!("The file has more than {} lines.", scan::MAX_LINES), span, "not read from here on")
}

pub(super) fn too_many_statements(span: Span) -> Diagnostic {
    error("LOY0604", format!("The program has more than {} sentences.", scan::MAX_STATEMENTS), span, "not read from here on")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    error("LOY0605", format!("The calculation is nested deeper than {}.", scan::MAX_NESTING), span, "too deep")
        .help("Give parts of it a name with param, or write several rules.")
}

pub(super) fn name_too_long(span: Span) -> Diagnostic {
    error("LOY0606", format!("The name is longer than {} bytes.", scan::MAX_NAME), span, "too long")
}

pub(super) fn too_many_digits(span: Span) -> Diagnostic {
    error("LOY0608", format!("The number has more than {} digits.", scan::MAX_DIGITS), span, "too long")
}

pub(super) fn too_many_files(span: Span) -> Diagnostic {
    error("LOY0609", format!("The program includes more than {MAX_FILES} files."), span, "not read")
}

pub(super) fn includes_too_deep(span: Span) -> Diagnostic {
    error("LOY0610", format!("Files include each other more than {MAX_DEPTH} deep."), span, "not read")
}

pub(super) fn too_long(span: Span) -> Diagnostic {
    error("LOY0611", "The sentence is too long to be read.", span, "").help("Split it into several sentences.")
}

// Files.

pub(super) fn include_cycle(span: Span, chain: &[&str], last: &str) -> Diagnostic {
    error("LOY0120", format!("\"{last}\" includes itself."), span, "again from the start")
        .note(format!("The way: {} → {last}", chain.join(" → ")))
        .help("Remove one of the include sentences.")
}

pub(super) fn cannot_load(span: Span, path: &str, why: &LoadError) -> Diagnostic {
    let because = match why {
        LoadError::NotFound => "there is no such file".to_owned(),
        LoadError::OutsideFolder => "it lies outside the folder of the program".to_owned(),
        LoadError::NotRegularFile => "it is not an ordinary file".to_owned(),
        LoadError::TooLarge => format!("it is larger than {} MiB", scan::MAX_FILE >> 20),
        LoadError::NotUtf8 => "it is not a text in UTF-8".to_owned(),
        LoadError::Other(why) => why.clone(),
    };
    error("LOY0119", format!("\"{path}\" cannot be included: {because}."), span, "not read")
        .help("Write the way to it from the folder of this file, which must lie in the folder of the program: include \"parts/common.loy\"")
}

/// A text on one line, without the quotes around it, short enough to be quoted in a message.
fn bare(text: &str) -> String {
    let line = one_line(text);
    let inside = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inside| !inside.contains('"'));
    // Quotes within quotes would not pair up.
    inside.map_or_else(|| line.replace('"', "'"), str::to_owned)
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or("")),
        None => line,
    }
}

/// `，` for `,`: read as meant, and said once a line.
pub(super) fn wide_sign(span: Span, c: char, line: &str) -> Diagnostic {
    let plain: String = line.trim().chars().map(|c| super::scan::plain_sign(c).unwrap_or(c)).collect();
    let message = format!("\"{c}\" is the wide form of a sign that is written narrow here.");
    error("LOY0113", message, span, "a wide sign").help(write(&plain))
}

/// `// a comment`
pub(super) fn foreign_comment(span: Span, line: &str) -> Diagnostic {
    let message = "A comment begins with #.";
    let plain = line.trim().replacen("//", "#", 1);
    let plain = if plain == line.trim() { plain.replacen("--", "#", 1) } else { plain };
    error("LOY0113", message, span, "no comment here").help(write(&plain))
}
