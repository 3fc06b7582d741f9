//! What was understood, in sentences for the report.

use super::Options;
use super::partition::Findings;
use super::receipts::Rest;
use super::rejects::Tally;
use super::rows::Draft;
use super::settle::Compared;
use crate::value::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// `1,234.50 EUR`
pub(super) fn money(minor: i128, options: &Options<'_>) -> String {
    let text = Decimal::new(minor.abs(), options.decimals).to_string();
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{grouped}{part} {}", options.currency).trim_end().to_owned()
}

fn purchases(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What was understood of single values and rows.
pub(super) fn values(draft: &Draft) -> Vec<String> {
    let mut notes = Vec::new();
    let sum = |of: fn(&Tally) -> u64| draft.sources.iter().map(|source| of(&source.tally)).sum::<u64>();
    let noise = sum(|tally| tally.noise);
    if noise > 0 {
        let amounts = purchases(noise, "amount is exact", "amounts are exact");
        notes.push(format!("{amounts} but for less than a thousandth of the smallest unit, as floats are: that is left out."));
    }
    let beside = sum(|tally| tally.beside);
    if beside > 0 {
        let rows = purchases(beside, "row repeats", "rows repeat");
        notes.push(format!("{rows} the header, rule a line or add up the rows above: no data, and counted nowhere."));
    }
    let mut words: BTreeMap<&str, u64> = BTreeMap::new();
    for (word, count) in draft.sources.iter().flat_map(|source| &source.tally.unknown) {
        *words.entry(word).or_default() += count;
    }
    if !words.is_empty() {
        let list: Vec<String> = words.iter().map(|(word, count)| format!("{word} ({count})")).collect();
        notes.push(format!("Read as nothing said: {}.", list.join(", ")));
    }
    notes
}

/// What was found when everything was brought together.
pub(super) fn notes(notes: &mut BTreeSet<String>, findings: &Findings, options: &Options<'_>) {
    for ((above, kind), (count, sum)) in &findings.compared.rests {
        let sum = money(*sum, options);
        let record = purchases(*count, "purchase records", "purchases record");
        notes.insert(match (kind, above) {
            (Rest::Shared, false) => {
                format!(
                    "{record} less than the lines and shipping, by {sum} in all: taken as discounts of the order and shared over its lines."
                )
            }
            (Rest::Shared, true) => format!("{record} more than the lines and shipping, by {sum} in all: shared over the lines."),
            (Rest::Tax, _) => format!("{record} tax on top of the lines, {sum} in all."),
            (Rest::Shipping, _) => format!("{record} more than the lines, by {sum} in all: taken as shipping."),
            (Rest::Tips, _) => format!("{record} more than the lines, by {sum} in all: taken as tips, each a line \"tips\"."),
        });
    }
    for (field, (count, sum)) in &findings.compared.conflicts {
        let sum = money(*sum, options);
        let receipts = purchases(*count, "receipt has", "receipts have");
        let hint = match *field {
            "tax" | "shipping" => format!(". If each is its line's own, map it under items: {{ columns: {{ {field}: COLUMN }} }}"),
            _ => String::new(),
        };
        notes.insert(format!("{receipts} two values of {field} on their lines; the bytewise least is used ({sum} of purchases){hint}."));
    }
    if findings.discounts.0 > 0 {
        let count = purchases(findings.discounts.0, "receipt has", "receipts have");
        let sum = money(findings.discounts.1, options);
        notes.insert(format!("{count} lines below zero, {sum} in all: taken as discounts of the receipt."));
    }
    if findings.partly > 0 {
        let count = purchases(findings.partly, "return names", "returns name");
        let sum = money(findings.partly_money, options);
        notes.insert(format!("{count} more than was left of what was bought, by {sum} in all; what was left is taken back."));
    }
    if findings.other_money.0 > 0 {
        let count = purchases(findings.other_money.0, "return records", "returns record");
        let sum = money(findings.other_money.1, options);
        notes.insert(format!("{count} other money than the units cost, {sum} in all: taken as returns by that amount."));
    }
}

/// Lines that come to something else altogether are probably not what they are said to be.
pub(super) fn far_apart(compared: &Compared, options: &Options<'_>) -> Option<String> {
    let Compared { recorded, lines, .. } = compared;
    let apart = lines.saturating_sub(*recorded).saturating_abs();
    if *recorded == 0 || apart.saturating_mul(2) <= recorded.saturating_abs() {
        return None;
    }
    let hint = "If a price is that of the whole line, write items: { columns: { line total: COLUMN } }; if the amount is that of a line, leave it out of purchases. If both are right, say what lies between them: the rest is: shared over lines";
    Some(format!(
        "the lines and shipping come to {}, the recorded amounts to {}. {hint}",
        money(*lines, options),
        money(*recorded, options)
    ))
}
