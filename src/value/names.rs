//! How names are compared.

use unicode_normalization::UnicodeNormalization;

/// The form under which names are equal: without regard to case, and to whether an accent
/// is a character of its own. Singular and plural are for the caller, who knows
/// what is declared.
#[must_use]
pub fn name_key(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // A blank that does not break a line is a blank.
    name.to_lowercase().nfc().map(|c| if matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{3000}') { ' ' } else { c }).collect()
}

/// The form under which names look alike, by the tables of Unicode: `сор` in Cyrillic letters and `cop` in Latin ones.
#[must_use]
pub fn look(name: &str) -> String {
    unicode_security::skeleton(name).collect()
}

/// The forms that a lower-case English word may be the singular or plural of, itself among them.
#[must_use]
pub fn stems(key: &str) -> Vec<String> {
    let mut stems = vec![key.to_owned()];
    if let Some(stem) = key.strip_suffix('s') {
        stems.push(stem.to_owned());
    }
    if let Some(stem) = key.strip_suffix("ies") {
        stems.push(format!("{stem}y"));
    }
    if let Some(stem) = key.strip_suffix("es").filter(|stem| hisses(stem)) {
        stems.push(stem.to_owned());
    }
    stems
}

/// Whether the plural of a word takes `es`.
fn hisses(word: &str) -> bool {
    ["s", "x", "z", "ch", "sh", "o"].iter().any(|end| word.ends_with(end))
}

/// Whether two lower-case words are singular and plural of each other: `bean` and `beans`, `punch` and `punches`, `berry` and
/// `berries`.
#[must_use]
pub fn same_but_for_number(a: &str, b: &str) -> bool {
    let others = stems(b);
    stems(a).iter().any(|stem| others.contains(stem))
}

/// The singular of an English plural, by rule.
#[must_use]
pub fn singular(name: &str) -> Option<String> {
    let low = name.to_lowercase();
    let cut = |n: usize| name.len().checked_sub(n).and_then(|end| name.get(..end)).filter(|stem| stem.chars().count() > 1);
    if low.ends_with("ies") && low.chars().count() > 4 {
        return cut(3).map(|stem| format!("{stem}y"));
    }
    if low.strip_suffix("es").is_some_and(|stem| ["ss", "x", "z", "ch", "sh"].iter().any(|end| stem.ends_with(end))) {
        return cut(2).map(str::to_owned);
    }
    if low.ends_with('s') && !low.ends_with("ss") { cut(1).map(str::to_owned) } else { None }
}
