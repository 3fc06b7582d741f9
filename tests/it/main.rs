//! The one test binary.

mod cli;
mod history;
mod render;
mod report;
mod syntax;
