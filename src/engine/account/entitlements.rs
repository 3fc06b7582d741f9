//! Entitlements: what lets a modifier act from the next purchase on.

use crate::value::{Date, Instant};

/// An entitlement of a rule.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Entitled {
    pub active: bool,
    /// The last day it holds.
    pub last_day: Option<Date>,
    /// Where hours count: the instant at which it is over.
    pub until: Option<Instant>,
    pub uses_left: Option<u32>,
    /// The purchase that gave it.
    pub purchase: Option<u32>,
    /// Tells it from those that it renewed; 0 for what exchanges and rewards give, where each use was paid for.
    pub number: u32,
    /// Uses made of it.
    pub used: u32,
}

impl Entitled {
    /// Whether it can be used now.
    pub fn holds(&self, now: Instant, today: Date) -> bool {
        let in_time = self.last_day.is_none_or(|last| today <= last) && self.until.is_none_or(|until| now < until);
        self.active && in_time && self.uses_left != Some(0)
    }
}
