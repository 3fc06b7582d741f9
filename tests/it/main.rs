//! The one test binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod answers;
mod assumed;
mod beginning;
mod check;
mod cli;
mod compare;
mod differential;
mod docs;
mod errors;
mod exposure;
mod figures;
mod fmt;
mod formats;
#[path = "../../fuzz/mod.rs"]
mod fuzz;
mod history;
mod hostile;
mod language;
mod laws;
mod markdown;
mod mistakes;
mod outputs;
mod pages;
mod programs;
mod read;
mod readme;
mod real;
#[path = "../reference/mod.rs"]
mod reference;
mod render;
mod report;
mod sarif;
#[cfg(feature = "postgres")]
mod server;
mod session;
mod structure;
mod syntax;
mod terms;
mod why;
