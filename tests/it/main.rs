//! The one test binary.

mod check;
mod cli;
mod docs;
mod history;
mod language;
mod markdown;
mod programs;
mod readme;
mod real;
mod render;
mod report;
mod syntax;
