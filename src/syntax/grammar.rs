//! The machine made from `grammar/*.pest`.
#![allow(missing_docs)]

/// Reads one statement; see `grammar/`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/lexical.pest"]
#[grammar = "../grammar/expressions.pest"]
#[grammar = "../grammar/clauses.pest"]
#[grammar = "../grammar/statements.pest"]
pub(crate) struct Grammar;
