//! All integration tests in one binary.

mod cli;
mod history;
mod render;
mod report;
mod syntax;
