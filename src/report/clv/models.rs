//! The models: how likely a customer's purchases are, whether the customer is still there, and how many more will come.
//!
//! x repeat purchases, the last of them at t_x, seen for T: all times in weeks from the first purchase.

use super::functions::{hypergeometric, ln_beta, ln_gamma, ln_hypergeometric_next, ln_sum, scaled_upper_gamma};

/// What is known of a customer: weeks, and by how many customers it is shared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub x: f64,
    pub last: f64,
    pub time: f64,
    pub customers: f64,
}

/// A model of buying.
#[expect(clippy::enum_variant_names, reason = "as the models are called where they were published")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// Customers may leave after any purchase but the first.
    BgNbd,
    /// They may leave after the first too.
    MbgNbd,
    /// They may leave at any time.
    ParetoNbd,
}

/// The four parameters; the last two are a and b, or s and β.
pub(super) type Four = [f64; 4];

impl Model {
    /// As it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
        }
    }

    /// The parameters' names.
    pub(super) fn parameters(self) -> [&'static str; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd => ["r", "alpha", "a", "b"],
            Self::ParetoNbd => ["r", "alpha", "s", "beta"],
        }
    }

    /// The logarithm of the likelihood of a customer.
    pub(super) fn ln_likelihood(self, [r, alpha, a, b]: Four, seen: &Seen) -> f64 {
        let Seen { x, last, time, .. } = *seen;
        let front = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln();
        match self {
            Self::BgNbd | Self::MbgNbd => {
                let (stay, left) = self.ln_beta_pair([r, alpha, a, b], x);
                let stay = stay - (r + x) * (alpha + time).ln();
                let left = left - (r + x) * (alpha + last).ln();
                front + ln_sum(stay, left) - ln_beta(a, b)
            }
            Self::ParetoNbd => {
                let (s, beta) = (a, b);
                let stay = -(r + x) * (alpha + time).ln() - s * (beta + time).ln();
                let left = s.ln() - (r + s + x).ln() + ln_a0([r, alpha, s, beta], seen);
                front + s * beta.ln() + ln_sum(stay, left)
            }
        }
    }

    /// The beta functions of staying and of having left.
    fn ln_beta_pair(self, [_, _, a, b]: Four, x: f64) -> (f64, f64) {
        match self {
            Self::MbgNbd => (ln_beta(a, b + x + 1.0), ln_beta(a + 1.0, b + x)),
            _ if x > 0.0 => (ln_beta(a, b + x), ln_beta(a + 1.0, b + x - 1.0)),
            _ => (ln_beta(a, b), f64::NEG_INFINITY),
        }
    }

    /// The chance that the customer is still there.
    pub(super) fn alive(self, [r, alpha, a, b]: Four, seen: &Seen) -> f64 {
        let Seen { x, last, time, .. } = *seen;
        let odds = match self {
            Self::BgNbd if x == 0.0 => return 1.0,
            Self::BgNbd => a / (b + x - 1.0) * ((alpha + time) / (alpha + last)).powf(r + x),
            Self::MbgNbd => a / (b + x) * ((alpha + time) / (alpha + last)).powf(r + x),
            Self::ParetoNbd => {
                let ln_odds =
                    a.ln() - (r + a + x).ln() + (r + x) * (alpha + time).ln() + a * (b + time).ln() + ln_a0([r, alpha, a, b], seen);
                ln_odds.exp()
            }
        };
        1.0 / (1.0 + odds)
    }

    /// Purchases of a customer who has just begun, within `t` weeks.
    pub(super) fn expected([r, alpha, a, b]: Four, t: f64, model: Self) -> f64 {
        let z = t / (alpha + t);
        let rest = (1.0 - z).powf(a - 1.0);
        match model {
            Self::BgNbd => {
                let c = a + b - 1.0;
                c / (a - 1.0) * (1.0 - rest * hypergeometric(c - r, a - 1.0, c, z))
            }
            Self::MbgNbd => {
                let c = a + b;
                b / (a - 1.0) * (1.0 - rest * hypergeometric(c - r, a - 1.0, c, z))
            }
            Self::ParetoNbd => r * b / (alpha * (a - 1.0)) * (1.0 - (b / (b + t)).powf(a - 1.0)),
        }
    }

    /// Further purchases of a customer within `t` weeks from the end.
    pub(super) fn further(self, four: Four, seen: &Seen, t: f64) -> f64 {
        let [r, alpha, a, b] = four;
        let Seen { x, time, .. } = *seen;
        let alive = self.alive(four, seen);
        let z = t / (alpha + time + t);
        let rest = (1.0 - z).powf(a - 1.0);
        match self {
            Self::BgNbd => {
                let c = a + b + x - 1.0;
                alive * c / (a - 1.0) * (1.0 - rest * hypergeometric(c - x - r, a - 1.0, c, z))
            }
            Self::MbgNbd => {
                let c = a + b + x;
                alive * c / (a - 1.0) * (1.0 - rest * hypergeometric(c - x - r, a - 1.0, c, z))
            }
            Self::ParetoNbd => {
                let fall = ((b + time) / (b + time + t)).powf(a - 1.0);
                alive * (r + x) * (b + time) / ((alpha + time) * (a - 1.0)) * (1.0 - fall)
            }
        }
    }
}

/// All further purchases of a customer, each discounted by e^(−δ) a week; Pareto/NBD.
pub(super) fn discounted(four: Four, seen: &Seen, delta: f64) -> f64 {
    let [r, alpha, s, beta] = four;
    let Seen { x, time, .. } = *seen;
    let z = delta * (beta + time);
    let rest = scaled_upper_gamma(1.0 - s, z) * (beta + time).powf(s) * delta.powf(s - 1.0);
    Model::ParetoNbd.alive(four, seen) * (r + x) / (alpha + time) * rest
}

/// ln A₀ of Pareto/NBD: the part of having left between the last purchase and the end.
fn ln_a0([r, alpha, s, beta]: Four, seen: &Seen) -> f64 {
    let Seen { x, last, time, .. } = *seen;
    if last >= time {
        return f64::NEG_INFINITY;
    }
    let a = r + s + x;
    let (most, b) = if alpha >= beta { (alpha, s + 1.0) } else { (beta, r + x) };
    let part = |t: f64| ln_hypergeometric_next(a, b, (alpha - beta).abs() / (most + t)) - a * (most + t).ln();
    let (early, late) = (part(last), part(time));
    early + (-(late - early).exp()).ln_1p()
}

/// What is known of a customer's spending: x repeat purchases of the mean value m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spent {
    pub x: f64,
    pub mean: f64,
    pub customers: f64,
}

/// The logarithm of the likelihood under Gamma–Gamma.
pub(super) fn ln_likelihood_of_spending([p, q, v]: [f64; 3], spent: &Spent) -> f64 {
    let Spent { x, mean, .. } = *spent;
    ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q) + q * v.ln() + (p * x - 1.0) * mean.ln() + p * x * x.ln()
        - (p * x + q) * (x * mean + v).ln()
}

/// The mean value of a customer's purchases that is to be expected.
pub(super) fn expected_value([p, q, v]: [f64; 3], x: f64, mean: f64) -> f64 {
    p * (v + x * mean) / (p * x + q - 1.0)
}
