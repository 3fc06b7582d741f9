//! The one test binary.

mod render;
mod report;
mod syntax;
