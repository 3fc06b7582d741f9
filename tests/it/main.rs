//! The one test binary.

mod check;
mod cli;
mod errors;
mod history;
mod language;
mod mistakes;
mod programs;
mod render;
mod report;
mod sarif;
mod syntax;
