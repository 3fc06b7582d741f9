//! What one firing gives, as a function of the amount of its purchase.

use super::curve::{Curve, Line, ONE, ZERO};
use super::worth::{Worths, brought, full};
use crate::check::lints::granted_units;
use crate::check::types::fold;
use crate::program::{Effect, Expr, Fact, Program};
use crate::value::{Checked, Exact};

/// What one firing gives, as a function of the purchase's amount; `None` without a bound.
pub(super) fn given(program: &Program, worths: &Worths, effect: &Effect) -> Checked<Option<Curve>> {
    match effect {
        Effect::Grant { wallet, amount, .. } | Effect::GrantFriend { wallet, amount, .. } => {
            if let Some(units) = granted_units(program, *wallet, amount) {
                let value = worths.of(*wallet, full(program, *wallet, units)?)?;
                return Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))));
            }
            let each = worths.of(*wallet, ONE)?;
            if each == ZERO {
                return Ok(Some(Curve::nothing()));
            }
            Ok(match most_of(amount)? {
                Some(curve) => Some(curve.times(each)?),
                None => None,
            })
        }
        Effect::Set { wallet, amount } => {
            let value = worths.of(*wallet, full(program, *wallet, *amount)?)?;
            Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))))
        }
        other => Ok(Some(Curve::of(Line::fixed(brought(program, other, worths.voucher_factor())?)))),
    }
}

/// The most that a calculation comes to, where it is made of the amount and numbers.
fn most_of(expr: &Expr) -> Checked<Option<Curve>> {
    if let Some(value) = fold(expr) {
        return Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))));
    }
    Ok(match expr {
        Expr::Fact(Fact::Amount | Fact::NetAmount) => Some(Curve::of(Line::rate(ONE))),
        Expr::Add(a, b) => match (most_of(a)?, most_of(b)?) {
            (Some(a), Some(b)) => Some(a.plus(&b)?),
            _ => None,
        },
        Expr::Subtract(a, b) if fold(b).is_some_and(|less| less >= ZERO) => most_of(a)?,
        Expr::Choose { rows, otherwise } => {
            let mut most = Curve::nothing();
            for value in rows.iter().map(|(_, value)| value).chain(otherwise.as_deref()) {
                let Some(curve) = most_of(value)? else { return Ok(None) };
                most = most.max(&curve)?;
            }
            Some(most)
        }
        Expr::Max(list) => {
            let mut most = Curve::nothing();
            for one in list {
                let Some(curve) = most_of(one)? else { return Ok(None) };
                most = most.max(&curve)?;
            }
            Some(most)
        }
        Expr::Multiply(a, b) => match (fold(a), fold(b)) {
            (Some(factor), None) if factor >= ZERO => scaled(b, factor)?,
            (None, Some(factor)) if factor >= ZERO => scaled(a, factor)?,
            _ => None,
        },
        Expr::Divide(a, b) => match fold(b) {
            Some(by) if by > ZERO => scaled(a, ONE.divided_by(by)?)?,
            _ => None,
        },
        Expr::Round { value, step, .. } => match most_of(value)? {
            Some(curve) => Some(curve.plus(&Curve::of(Line::fixed(*step)))?),
            None => None,
        },
        Expr::Min(list) => {
            let mut least: Option<Curve> = None;
            for one in list {
                if let Some(curve) = most_of(one)? {
                    least = Some(match least {
                        Some(known) => known.min(&curve)?,
                        None => curve,
                    });
                }
            }
            least
        }
        _ => None,
    })
}

fn scaled(expr: &Expr, factor: Exact) -> Checked<Option<Curve>> {
    Ok(match most_of(expr)? {
        Some(curve) => Some(curve.times(factor)?),
        None => None,
    })
}
