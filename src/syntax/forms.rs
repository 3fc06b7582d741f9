//! Which forms of the grammar a text uses, so that a test can ask whether every one of them is used.

use super::grammar::{Grammar, Rule};
use super::scan;
use crate::diagnostic::Problems;
use pest::Parser;
use std::collections::BTreeSet;

/// The names of the grammar's rules by which the sentences of a text are read.
#[must_use]
pub fn forms(text: &str) -> BTreeSet<String> {
    let chunks = scan::scan(text, 0, &mut Problems::default());
    let read = chunks.iter().filter_map(|chunk| Grammar::parse(Rule::eof_statement, &chunk.text).ok());
    read.flat_map(|pairs| pairs.flatten().map(|pair| format!("{:?}", pair.as_rule()))).collect()
}
