//! Rates as integers.

use super::effects::Does;
use crate::program::{Program, Rate, Rates, Rule, WalletKind};
use crate::value::{Rounding, pow10};

/// A rate that needs nothing but its base. Most rules are of this kind, and most of the time goes into them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Quick {
    /// `numerator / denominator` of the base, rounded to the nearest, halves up.
    Share { numerator: i64, denominator: i64 },
    /// So many smallest units per full `per` minor units.
    Full { units: i64, per: i64 },
}

impl Quick {
    pub fn of(program: &Program, rule: &Rule, does: &Does<'_>) -> Option<Self> {
        let wallet = does.given.credited().and_then(|wallet| program.wallets.get(wallet.index()));
        let Some(Rates::One(rate)) = does.rates() else { return None };
        let is_money = wallet.is_none_or(|wallet| wallet.kind == WalletKind::Money);
        let (mode, step) = wallet.map_or((program.round_money, 1), |wallet| (wallet.round, wallet.step));
        if !rule.limits.is_empty() || step != 1 {
            return None;
        }
        match *rate {
            Rate::Percent(percent) if is_money && mode == Rounding::HalfUp && percent.mantissa >= 0 => {
                let denominator = i64::try_from(pow10(percent.scale).ok()?).ok()?;
                Some(Self::Share { numerator: i64::try_from(percent.mantissa).ok()?, denominator })
            }
            Rate::Per { amount, per, in_proportion: false } if per > 0 && amount.mantissa >= 0 => {
                let scale = wallet.filter(|_| !is_money).map_or(0, |wallet| wallet.scale);
                Some(Self::Full { units: amount.to_scale(scale).ok()??, per })
            }
            _ => None,
        }
    }

    /// What it gives on a base; `None` where 64 bits do not suffice.
    pub fn give(self, base: i64) -> Option<i64> {
        let base = base.max(0);
        match self {
            Self::Share { numerator, denominator } => base.checked_mul(numerator)?.checked_add(denominator / 2)?.checked_div(denominator),
            Self::Full { units, per } => base.checked_div(per)?.checked_mul(units),
        }
    }
}
