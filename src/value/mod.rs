//! Exact values: money and points are integers, rates are decimals, dates are days. Nothing here is a binary float.

mod currency;
mod date;
mod decimal;
mod exact;
mod names;
mod rounding;
mod zone;

pub(crate) use currency::sample_in;
pub use currency::{Currency, currency};
pub use date::{Date, DateTime, Instant, TimeOfDay};
pub use decimal::Decimal;
pub(crate) use decimal::pow10;
pub use exact::Exact;
pub use names::{look, name_key, same_but_for_number, singular, stems};
pub use rounding::{Rounding, div_round};
pub use zone::{Zone, ZoneCursor, zone_names};

/// An exact result does not fit the integers it must be kept in. The caller names the rule and the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// The result of exact arithmetic.
pub type Checked<T> = Result<T, Overflow>;
