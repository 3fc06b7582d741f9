//! To come.

use super::Checker;
pub(crate) fn check(_checker: &mut Checker<'_>) {}
