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
    // 095: made by `report`, 096: by `cli`
    row(
        "LOY0951",
        "an expectation about a metric that does not exist",
        "`expect` compares a figure of the report with a value. The metric is named by its words (`redemption rate`, \
         `redemption rate of beans`, `program cost`) or by its id in quotes (\"rcr.order\"). Every metric of a program, with its id, \
         stands in the report: loyalty-dsl simulate … --format json",
    ),
    row(
        "LOY0952",
        "an expectation whose value is of another kind than its metric",
        "A rate is compared with a percentage, an amount of money with money, a count with a number. The cost of the program may \
         also be given in percent, which means of sales: expect program cost at most 4% of revenue.",
    ),
    row(
        "LOY0961",
        "a price list that cannot be read",
        "`prices … from \"FILE\"` names a CSV file below the folder of the program's main file. Its first line names the columns, \
         product and price among them; prices are plain numbers such as 12.50 in the program's currency.",
    ),
];

/// The row of a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code.eq_ignore_ascii_case(code))
}
