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

mod check;
mod cli;
mod docs;
mod history;
mod language;
mod laws;
mod markdown;
mod programs;
mod readme;
mod render;
mod report;
mod syntax;
mod why;
