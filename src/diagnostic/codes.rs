//! Every code in one table. A code never changes its meaning and is never used again.
//!
//! 01 words and sentences · 02 names · 03 declarations that cannot stand · 04 values, types and units ·
//! 05 warnings · 06 limits of this program · 07 not supported yet · 09 examples and expectations.

/// `LOY0101` and the like.
pub type Code = &'static str;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What it is about, a few words.
    pub title: &'static str,
    /// One paragraph for `check --explain`: what it means and what to do.
    pub explanation: &'static str,
}

const fn row(code: Code, title: &'static str, explanation: &'static str) -> CodeInfo {
    CodeInfo { code, title, explanation }
}

/// All codes, rising.
pub const CODES: &[CodeInfo] = &[
    // 01: made by `syntax`
    row(
        "LOY0101",
        "a sentence that cannot be read",
        "The words at this place do not continue the sentence. The message names the nearest word that would.",
    ),
    // 02–05: made by `check`
    // 06: made by `syntax`
    // 07: made by `check`
    row(
        "LOY0701",
        "not supported yet",
        "The sentence is part of the language, but this version cannot evaluate it. It is never skipped.",
    ),
    // 09: made by `examples`
];

/// The row of a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code.eq_ignore_ascii_case(code))
}
