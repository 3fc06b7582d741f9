//! The one test binary.

mod history;
mod render;
mod syntax;
