//! Random choices that come out the same in every language, for every program and however a run is cut up.

use crate::value::Decimal;
use sha2::{Digest, Sha256};

/// SHA-256 of a text.
pub(in crate::engine) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The first 8 bytes, big-endian, of SHA-256.
pub(in crate::engine) fn draw(text: &str) -> u64 {
    digest(text).iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// The draw of a text: the first 8 bytes, big-endian, of its SHA-256; over 2^64 it is a number from 0 to 1.
#[must_use]
pub fn drawn(text: &str) -> u64 {
    draw(text)
}

/// Whether the draw of a text, the first 8 bytes, big-endian, of its SHA-256 over 2^64, is below `p`.
#[must_use]
pub fn is_drawn(text: &str, p: Decimal) -> bool {
    is_below(draw(text), p)
}

/// Whether `draw / 2^64 < p`, exactly for up to 18 decimals of `p`; further ones are cut.
pub(in crate::engine) fn is_below(draw: u64, p: Decimal) -> bool {
    let p = p.rounded_to_scale(18, crate::value::Rounding::Down).unwrap_or(i64::MAX);
    let unit = 10_u128.pow(18);
    u128::try_from(p).is_ok_and(|p| u128::from(draw) * unit < p << 64)
}
