//! Sentences that do nothing.

use super::{Asked, Steps};
use crate::diagnostic::Diagnostic;

/// Sentences that no made history needs.
pub(super) fn idle(_: &Asked<'_>, _: &mut Steps) -> Vec<Diagnostic> {
    Vec::new()
}
