//! The one test binary.

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
