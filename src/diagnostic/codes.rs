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
    row(
        "LOY0102",
        "a misspelt word",
        "A word is not one of the language, but nearly one. The message shows the sentence with the word that seems to be meant; what follows it has been read as if it stood there.",
    ),
    row(
        "LOY0103",
        "a sentence that stops too early",
        "The sentence ends where something must still come. The message says what could stand there. Remember that a line at the left margin begins a new sentence: indent the lines that continue one.",
    ),
    row(
        "LOY0104",
        "quotes",
        "A quoted text ends on its line with the straight quote it began with. Quotes inside it are written twice. Text programs like to turn straight quotes into curly ones; type them again.",
    ),
    row(
        "LOY0105",
        "a bare number",
        "A number stands where it must be said of what: 2% of the purchase, 2 EUR, or 2 beans. Write the unit behind it, on the same line.",
    ),
    row(
        "LOY0106",
        "a number written in another way",
        "Numbers have a point before their decimals and nothing between the thousands: 1000, 1_000, 1.25. Counts of days, purchases and the like are whole numbers.",
    ),
    row(
        "LOY0107",
        "the ending of a number",
        "Positions are written 1st, 2nd, 3rd, 4th and so on, or first to tenth. After `on` a position is needed, because `on 3 purchases` can be read in several ways.",
    ),
    row(
        "LOY0108",
        "a date or time that does not exist",
        "Dates are written as year-month-day, times with 24 hours. A day that its month does not have, such as 2025-02-30, is an error; the message offers the last day of the month.",
    ),
    row(
        "LOY0109",
        "words between two rewards",
        "The rewards of one sentence stand together, and all other words of the sentence apply to each of them. Words between two rewards could belong to the first or to both, so the sentence has to be split in two.",
    ),
    row(
        "LOY0110",
        "an indented first sentence",
        "A sentence starts at the left margin, and indented lines continue it. The first line of a file has nothing to continue, so it must not be indented.",
    ),
    row(
        "LOY0111",
        "a word of the language as a name",
        "Some words have a meaning in the language and can be names only in quotes. A parameter cannot have the name of such a word at all, because it is used without quotes.",
    ),
    row(
        "LOY0112",
        "something is missing",
        "The sentence can be understood up to a point, but a part that it needs is not there. The message says which, and shows how it is written.",
    ),
    row(
        "LOY0113",
        "said in other words",
        "What is meant is clear, but the language says it in one way only, so that every reader finds the same words for the same thing. The message shows them.",
    ),
    row(
        "LOY0114",
        "a currency in small letters",
        "The codes of currencies are written in capitals, EUR and not eur, so that they cannot be taken for the name of a wallet.",
    ),
    row(
        "LOY0115",
        "a character that cannot be seen",
        "The text holds a character that is invisible or changes the direction of the letters around it. Such a text can mean something else than it shows, so it is not accepted. Delete the character; typing the line again does it.",
    ),
    row(
        "LOY0116",
        "letters of two alphabets",
        "A word mixes letters of two alphabets that look the same, such as a Latin and a Cyrillic a. It is another word than the one it looks like.",
    ),
    row(
        "LOY0117",
        "two occasions",
        "A rule is set off by one occasion: a purchase, a day, an event. For two occasions write two sentences.",
    ),
    row(
        "LOY0118",
        "words in the wrong place",
        "The words can be read, but not where they stand: a span of time that counts nothing, a part of a step that belongs to another kind of step, two ends that count from different days.",
    ),
    row(
        "LOY0119",
        "a file that cannot be included",
        "The file of an `include` cannot be read: it is not there, it lies outside the folder of the program, or it is not a text. Its path is relative to the file that includes it.",
    ),
    row(
        "LOY0120",
        "files that include each other",
        "A file includes itself, directly or by way of others. Remove one of the include sentences named in the message.",
    ),
    // 02–05: made by `check`
    // 06: made by `syntax`
    row(
        "LOY0601",
        "a file too large",
        "A program file may have 4 MiB. Programs are short texts; a file of that size is usually not one. Larger programs can be split with `include`.",
    ),
    row(
        "LOY0602",
        "a line too long",
        "A line may have 1,024 characters. Break it: indented lines continue a sentence.",
    ),
    row(
        "LOY0603",
        "too many lines",
        "A file may have 100,000 lines. What follows them is not read.",
    ),
    row(
        "LOY0604",
        "too many sentences",
        "A program may have 10,000 sentences, included files counted. What follows them is not read.",
    ),
    row(
        "LOY0605",
        "nested too deep",
        "Parentheses and calculations may nest 64 deep, so that every computer can read them. Give parts a name with `param`, or write several rules.",
    ),
    row(
        "LOY0606",
        "a name too long",
        "A name without quotes may have 128 bytes.",
    ),
    row(
        "LOY0607",
        "a quoted text too long",
        "A quoted text may have 4,096 bytes.",
    ),
    row(
        "LOY0608",
        "too many digits",
        "A number may have 38 digits.",
    ),
    row(
        "LOY0609",
        "too many files",
        "A program may include 256 files.",
    ),
    row(
        "LOY0610",
        "includes nested too deep",
        "Files may include each other 16 deep.",
    ),
    row(
        "LOY0611",
        "a sentence too long",
        "Reading the sentence took too many steps. This does not happen to sentences that people write; split it into several.",
    ),
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
