//! From text to [`ast::Ast`].
//!
//! A text is cut at its left margin, every sentence is read by itself, and what cannot be read is reported without hiding
//! the rest. [`parse`] reads one text, [`parse_program`] a text with what it includes.

pub mod ast;
mod build;
mod errors;
mod forms;
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction)]
mod grammar;
mod habits;
mod include;
mod meant;
mod names;
mod own;
mod parser;
mod phrases;
mod print;
mod repair;
mod scan;
mod whole;

pub use forms::forms;
pub use include::{LoadError, parse_program};
pub use parser::{parse, reads};
pub use print::{format, print, sentences};
pub use scan::{MAX_COLUMNS, MAX_DIGITS, MAX_FILE, MAX_LINES, MAX_NAME, MAX_NESTING, MAX_STATEMENTS};
