//! What is wrong, one small function each. They say what was meant, why it cannot stand, and what to type.

mod declarations;
mod exposure;
mod names;
mod ranges;
mod rules;
mod slips;
mod values;
mod warnings;

pub(crate) use declarations::*;
pub(crate) use exposure::*;
pub(crate) use names::*;
pub(crate) use ranges::*;
pub(crate) use rules::*;
pub(crate) use slips::*;
pub(crate) use values::*;
pub(crate) use warnings::*;

/// `a`, `a or b`, `a, b or c`
pub(crate) fn or_list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A long quotation cut to fit a sentence.
pub(crate) fn short(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    let start: String = line.chars().take(57).collect();
    format!("{start}…")
}

/// `1 bean`, `2 beans`
pub(crate) fn counted(number: &str, name: &str) -> String {
    let singular = if number == "1" { crate::value::singular(name) } else { None };
    format!("{number} {}", singular.as_deref().unwrap_or(name))
}
