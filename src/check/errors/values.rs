//! 04: values, types and units; and LOY0105.

use super::{or_list, short};
use crate::diagnostic::Diagnostic;
use crate::program::{Wallet, WalletKind};
use crate::span::Span;

/// `2 of what?`
pub(crate) fn bare_number(number: &str, samples: &[String], span: Span) -> Diagnostic {
    Diagnostic::error("LOY0105", format!("{number} of what?"), span, "a bare number").help(format!("Write {}.", or_list(samples)))
}

pub(crate) fn misfit(text: &str, found: &str, want: &str, sample: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{}\" is {found}, but here {want} is needed.", short(text)), span, format!("is {found}"))
        .help(format!("Write for example: {sample}"))
}

pub(crate) fn cannot_compare((a, a_kind, a_span): (&str, &str, Span), (b, b_kind, b_span): (&str, &str, Span), sample: &str) -> Diagnostic {
    let message = format!("\"{}\" cannot be compared with \"{}\": one is {a_kind}, the other {b_kind}.", short(a), short(b));
    Diagnostic::error("LOY0401", message, b_span, b_kind.to_owned())
        .and(a_span, a_kind.to_owned())
        .help(format!("Write for example: {sample}"))
}

pub(crate) fn not_a_condition(text: &str, kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{}\" is {kind}, not something that is true or false.", short(text)), span, format!("is {kind}"))
        .help("Compare it with something: … is over 50 EUR, … is \"cakes\"")
}

pub(crate) fn or_of_values(text: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{}\" compares only the first of these values.", short(text)), span, "one of several is meant")
        .help(format!("Write: {help}"))
}

pub(crate) fn wrong_rate(text: &str, kind: &str, samples: &[String], span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{}\" is {kind}, and that does not fit here.", short(text)), span, format!("is {kind}"))
        .help(format!("Write for example {}.", or_list(samples)))
}

pub(crate) fn count_of_money_wallet(number: &str, name: &str, code: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{name}\" holds money, so it is not counted in units."), span, "money is meant")
        .help(format!("Write: {number} {code} of {name}, or in a grant: {number} {code} to {name}"))
}

/// `grant 5 EUR`; the lines are the sentence with the words that were meant.
pub(crate) fn grant_of_what(text: &str, lines: &[String], span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("{text} of what?"), span, "a share of nothing").help(format!("Write: {}", lines.join(", or: ")))
}

pub(crate) fn grant_into_which(text: &str, line: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("Into which wallet should {text} go?"), span, "no wallet named").help(format!("Write: {line}"))
}

pub(crate) fn money_of_which_wallet(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("{text} in which wallet?"), span, "no wallet named").help(format!("Write: {text} of cashback"))
}

pub(crate) fn worth_of(name: &str, money: bool, span: Span) -> Diagnostic {
    let message = if money {
        format!("\"{name}\" is money already, so it has no other worth.")
    } else {
        format!("Stamps have no money value, so \"{name}\" has no worth.")
    };
    let help = if money { "Delete this line.".to_owned() } else { format!("Delete this line, or declare points instead: points {name}") };
    Diagnostic::error("LOY0401", message, span, "no worth here").help(help)
}

pub(crate) fn date_alone(date: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", "A date is compared by days, without a time.", span, "has a time").help(format!("Write: {date}"))
}

pub(crate) fn no_year_here(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{text}\" comes every year, so it cannot be compared with one date."), span, "no year")
        .help(format!("Write the year, or outside of if: on {text}"))
}

pub(crate) fn month_here(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0401", format!("\"{text}\" is a month, and nothing here can be compared with one."), span, "a month")
        .help(format!("Write outside of if: in {text}"))
}

/// More digits behind the point than the currency has.
pub(crate) fn decimals(text: &str, (code, decimals): (&str, u8), written: u8, span: Span, help: Option<String>) -> Diagnostic {
    let digits = |n: u8| match n {
        0 => "none".to_owned(),
        1 => "1 digit".to_owned(),
        n => format!("{n} digits"),
    };
    let message = format!("\"{}\" has {} behind the point, but {code} has {}.", short(text), digits(written), digits(decimals));
    Diagnostic::error("LOY0402", message, span, "too many decimals")
        .help(help.map_or_else(|| format!("Write an amount that {code} can pay."), |fixed| format!("Write: {fixed}")))
}

/// `gift mug costs 500 beans`
pub(crate) fn gift_for_points(wallet: &str, line: &str, reward: &str, span: Span) -> Diagnostic {
    let message = format!("What a gift costs you is money; how many {wallet} customers give for it says a reward.");
    Diagnostic::error("LOY0401", message, span, "not money")
        .note(format!("For customers say: {reward}"))
        .help(format!("Write for example: {line}"))
}

/// `redeem 1 point for 0.005 EUR`
pub(crate) fn step_below_a_coin(text: &str, code: &str, line: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0402", format!("{code} has no coin for {text}, so this step cannot be paid."), span, "too many decimals")
        .help(format!("In whole coins the same rate is written: {line}"))
}

pub(crate) fn other_currency(found: &str, own: &str, span: Span, help: &str) -> Diagnostic {
    Diagnostic::error("LOY0403", format!("This program is in {own}, but here {found} is written."), span, format!("not {own}"))
        .help(format!("Write: {help}"))
}

/// A money amount that a calculation leaves with a part of the smallest coin.
pub(crate) fn part_of_coin(code: &str, decimals: u8, span: Span) -> Diagnostic {
    let message = match decimals {
        0 => format!("{code} has no decimals, so this amount cannot be paid."),
        1 => format!("{code} has one decimal, so this amount cannot be paid."),
        n => format!("{code} has {n} decimals, so this amount cannot be paid."),
    };
    Diagnostic::error("LOY0402", message, span, "too many decimals").help("Round it.")
}

/// `1.500` where both a thousand and one and a half can be meant.
pub(crate) fn thousand_or_one(text: &str, help: &str, span: Span) -> Diagnostic {
    let message = format!("\"{}\" can be read as thousands or as decimals.", short(text));
    Diagnostic::error("LOY0106", message, span, "which of the two?").help(format!("Write: {help}"))
}

pub(crate) fn fraction_of(name: &str, text: &str, stamps: bool, readings: Option<String>, span: Span) -> Diagnostic {
    let message = format!("{} does not fit: {name} come in whole steps.", short(text));
    let help = match readings {
        Some(lines) => format!("Write: {lines}"),
        None if stamps => "Write a whole number.".to_owned(),
        None => format!("Write a whole number, or under {name} a finer step: round down to 0.5"),
    };
    Diagnostic::error("LOY0404", message, span, "not a whole step").help(help)
}

pub(crate) fn must_be_fixed(span: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0405",
        "This value must be known from the text; it cannot depend on the customer or the purchase.",
        span,
        "changes from case to case",
    )
    .help("Write a fixed value, or a table: by spend ever …")
}

pub(crate) fn below_zero(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0406", "This value is below zero.", span, "below zero").help("Write a value above zero.")
}

pub(crate) fn over_hundred(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0406", format!("A discount of {text} would pay the customer to buy."), span, "more than 100%")
        .help("Write at most 100%.")
}

pub(crate) fn too_large(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0406", "This value is larger than can be counted.", span, "too large").help("Write a smaller value.")
}

pub(crate) fn not_whole(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0406", "Only whole numbers fit here.", span, "not a whole number").help("Write a whole number.")
}

pub(crate) fn no_order(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0407", format!("Nothing is over or under {kind}; it is equal or not."), span, "has no order")
        .help("Write is or is not.")
}

pub(crate) fn cannot_calculate(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0407", format!("Nothing can be calculated with {kind}."), span, format!("is {kind}"))
        .help("Calculate with money, numbers, percentages or points.")
}

pub(crate) fn cannot_combine(multiply: bool, (a, a_span): (&str, Span), (b, b_span): (&str, Span)) -> Diagnostic {
    let verb = if multiply { "multiplied" } else { "divided" };
    let by = if multiply { "with" } else { "by" };
    Diagnostic::error("LOY0407", format!("This cannot be {verb}: {a} {by} {b} makes no sense."), b_span, b.to_owned())
        .and(a_span, a.to_owned())
        .help("One of the two must be a number or a percentage.")
}

pub(crate) fn division_by_zero(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0407", "Nothing can be divided by zero.", span, "zero").help("Write a number above zero.")
}

pub(crate) fn item_fact(words: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0408", format!("\"{words}\" is of a single item, but here the whole purchase is looked at."), span, "which item?")
        .help(format!("Write: on items if {words} …"))
}

pub(crate) fn percent_without_worth(name: &str, stamps: bool, code: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("A percentage cannot be turned into {name}: nothing says what they are worth.");
    let one = super::counted("1", name);
    let help = if stamps {
        format!("Write for example: earn {one} per 10 {code}")
    } else {
        format!("Add under {name}: worth 0.01 {code}, or write: earn {one} per 10 {code}")
    };
    Diagnostic::error("LOY0409", message, span, "a share of money").and(declared, "no worth here").help(help)
}

/// A rule gives from a wallet without worth out of a budget.
pub(crate) fn budget_without_worth(wallet: &Wallet, budget: &str, code: &str, span: Span) -> Diagnostic {
    let name = &wallet.name;
    let help = if wallet.kind == WalletKind::Stamps {
        format!("Leave the budget out here, and write it where {name} are spent: exchange 10 {name} for gift \"…\" within budget {budget}")
    } else {
        format!("Add under {name}: worth 0.01 {code}")
    };
    let message = format!("The budget \"{budget}\" cannot pay for {name}: nothing says what they are worth.");
    Diagnostic::error("LOY0410", message, span, "takes no money from it").and(wallet.span, "no worth here").help(help)
}

/// All customers share a budget, but a membership year is each one's own.
pub(crate) fn budget_of_members(budget: &str, span: Span, line: &str) -> Diagnostic {
    let message = format!("All customers share the budget \"{budget}\", but each of them has a membership year of their own.");
    Diagnostic::error("LOY0323", message, span, "begins on another day for everyone").help(format!("Write: {line}"))
}

pub(crate) fn limit_of_other_unit(text: &str, samples: &[String], span: Span, effect: Span) -> Diagnostic {
    let message = format!("\"{}\" limits something that this rule does not give.", short(text));
    let problem = Diagnostic::error("LOY0411", message, span, "another unit");
    let problem = if effect.range() == span.range() { problem } else { problem.and(effect, "what it gives") };
    problem.help(format!("Write for example: at most {} per month", or_list(samples)))
}

pub(crate) fn unreadable_value(name: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0412", format!("\"{text}\" is no value for the parameter \"{name}\"."), span, "its value in the text")
        .help(format!("Write for example: --set {name}=3%, --set {name}=\"5 EUR\""))
}

pub(crate) fn span_in_days(text: &str, days: u32, span: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0413",
        format!("\"{text}\" cannot be compared with days: the length of a month or year changes."),
        span,
        "not a number of days",
    )
    .help(format!("Write it in days: {days} days"))
}

pub(crate) fn not_a_span(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0413", format!("\"{}\" is not a length of time.", short(text)), span, "how long?")
        .help("Write for example: 30 days, 12 months")
}
