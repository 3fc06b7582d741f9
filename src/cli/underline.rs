//! The place in a mapping that a message speaks of.

use crate::diagnostic::render;
use std::path::Path;

/// Larger mappings are records written out: there the row is told.
const LARGEST: u64 = 1 << 20;

/// The line of the mapping that has the first of the quoted words of a message, with the word underlined.
pub(super) fn place(mapping: &Path, message: &str, row: Option<u64>) -> Option<(usize, String)> {
    if std::fs::metadata(mapping).ok()?.len() > LARGEST {
        return None;
    }
    let text = String::from_utf8(std::fs::read(mapping).ok()?).ok()?;
    let words = message.split('"').skip(1).step_by(2).filter(|word| !word.trim().is_empty());
    let whole = || {
        let row = usize::try_from(row?).ok()?;
        let line = text.lines().nth(row.checked_sub(1)?).filter(|line| !line.trim().is_empty())?;
        Some((row, format!("\n  {row} | {}", render::visible(line))))
    };
    words.into_iter().find_map(|word| in_text(&text, word)).or_else(whole)
}

fn in_text(text: &str, word: &str) -> Option<(usize, String)> {
    let lower = word.to_lowercase();
    for (number, line) in text.lines().enumerate() {
        let line = render::visible(line);
        let low = line.to_lowercase();
        let Some(at) = whole_word(&low, &lower).filter(|_| low.len() == line.len()) else { continue };
        let number = number + 1;
        let row = number.to_string();
        let before = line.get(..at)?.chars().count();
        let (pad, carets) = (" ".repeat(row.len()), "^".repeat(word.chars().count()));
        return Some((number, format!("\n  {row} | {}\n  {pad} | {}{carets}", line, " ".repeat(before))));
    }
    None
}

/// Where a word stands that is no part of another.
fn whole_word(line: &str, word: &str) -> Option<usize> {
    let part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    line.match_indices(word).map(|(at, _)| at).find(|at| {
        !part(line.get(..*at).and_then(|before| before.chars().last()))
            && !part(line.get(at + word.len()..).and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_word() {
        let text = "purchases:\n  files: sales.csv\n  colums: { at: day }\n";
        assert_eq!(in_text(text, "colums"), Some((3, "\n  3 |   colums: { at: day }\n    |   ^^^^^^".to_owned())));
        assert_eq!(in_text(text, "colum"), None);
    }
}
