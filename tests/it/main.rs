//! The one test binary.

mod check;
mod cli;
mod history;
mod language;
mod render;
mod report;
mod syntax;
