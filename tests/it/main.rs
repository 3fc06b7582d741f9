//! The one test binary.

mod render;
mod syntax;
