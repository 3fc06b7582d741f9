//! The one test binary.

mod language;
mod render;
mod syntax;
