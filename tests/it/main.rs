//! The one test binary.

mod render;
