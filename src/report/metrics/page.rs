//! The tables of docs/metrics.md, written from the rows that define the metrics.

use super::catalogue::WALLET_ROWS;
use super::{Row, clv_rows, history_rows, profit_rows, program_rows, repeat_rows};
use crate::report::model::Unit;

/// What a sentence or a tier has; their definitions name them.
const OF_SENTENCES: &[[&str; 3]] = &[
    ["tier.NAME.members", "count", "members who hold the tier at the end"],
    ["rule.NAME.fired", "count", "how often a sentence gave something"],
    ["rule.NAME.granted", "as it gives", "what it gave, less what returns took back"],
];

/// Each table under the name that marks its place on the page.
#[must_use]
pub fn metrics_page() -> Vec<(&'static str, String)> {
    let fixed =
        |rows: &[Row]| table(rows.iter().map(|row| [row.id.to_owned(), words(row.words), unit(&row.unit), row.definition.to_owned()]));
    let wallets = WALLET_ROWS.iter().map(|row| {
        let names: Vec<String> = row.words.iter().map(|words| words.replace("{}", "beans")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let unit = if row.rate { "rate" } else { "units" };
        [format!("wallet.NAME.{}", row.suffix), words(&names), unit.to_owned(), row.definition.to_owned()]
    });
    let sentences = OF_SENTENCES.iter().map(|[id, unit, what]| [(*id).to_owned(), String::new(), (*unit).to_owned(), (*what).to_owned()]);
    vec![
        ("customers", fixed(history_rows::ROWS)),
        ("repetition", fixed(repeat_rows::ROWS)),
        ("clv", fixed(clv_rows::ROWS)),
        ("program", fixed(program_rows::ROWS)),
        ("profit", fixed(profit_rows::ROWS)),
        ("wallets", table(wallets)),
        ("sentences", table(sentences)),
    ]
}

fn words(words: &[&str]) -> String {
    words.join(", ")
}

fn unit(unit: &Unit) -> String {
    match unit {
        Unit::Money => "money",
        Unit::Rate => "rate",
        Unit::Count => "count",
        Unit::Number => "number",
        Unit::Days => "days",
        Unit::Units { .. } => "units",
    }
    .to_owned()
}

fn table(rows: impl Iterator<Item = [String; 4]>) -> String {
    let mut text = "| id | words | unit | what it is |\n|---|---|---|---|\n".to_owned();
    for [id, words, unit, what] in rows {
        text.push_str(&format!("| `{id}` | {words} | {unit} | {} |\n", what.replace('|', "\\|")));
    }
    text
}
