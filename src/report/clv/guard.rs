//! What keeps a model from speaking where the data cannot carry it.

use super::fit::Fit;
use super::models::Model;
use super::{Asked, Customers};

/// Customers with a repeat purchase below which nothing is fitted.
const LEAST: f64 = 50.0;

/// Why the data suit no model at all.
pub(super) fn data(early: &Customers, asked: &Asked) -> Option<String> {
    if early.repeaters < LEAST {
        return Some(format!(
            "within the first half of the window only {:.0} of the customers came back: a model of buying needs {LEAST:.0} at least",
            early.repeaters
        ));
    }
    let gap = asked.gap.unwrap_or(u32::MAX);
    if asked.half < gap.saturating_mul(3) {
        return Some(format!(
            "the first half of the window has {} days, less than three times the median gap of {gap} days: nothing shows yet who is gone",
            asked.half
        ));
    }
    None
}

/// Why a fit tells nothing.
pub(super) fn fit(model: Model, fit: &Fit<4>, longest: f64) -> Option<String> {
    let names = model.parameters();
    let [_, _, dropout, spread] = fit.parameters;
    let (dropout_name, spread_name) = (names[2], names[3]);
    if fit.parameters.iter().any(|p| !p.is_finite()) || !fit.ln_likelihood.is_finite() {
        return Some("the fit does not settle".to_owned());
    }
    if dropout < 0.01 {
        return Some(format!(
            "{dropout_name} is {dropout:.4}, at the edge of what it can be: by this model nobody would ever leave, which the data cannot \
             tell from leaving late"
        ));
    }
    if spread > 1e3 * longest {
        return Some(format!("{spread_name} is {spread:.0}, beyond anything that this window can tell"));
    }
    for ((name, value), error) in names.into_iter().zip(fit.parameters).zip(fit.errors) {
        if error.is_nan() {
            return Some(format!("how sure {name} = {value:.3} is cannot be said: the likelihood is flat around it"));
        }
        if error > value {
            return Some(format!("{name} is {value:.3} with a standard error of {error:.3}: the data do not tell it from anything else"));
        }
    }
    None
}

/// Why a fit of spending tells nothing.
pub(super) fn spending(fit: &Fit<3>) -> Option<String> {
    let [_, q, _] = fit.parameters;
    if q <= 1.0 {
        return Some(format!("q is {q:.3}: values of purchases have no mean by this model"));
    }
    let unsure = fit.parameters.into_iter().zip(fit.errors).any(|(value, error)| error.is_nan() || error > value);
    unsure.then(|| "the data do not tell the parameters of spending from others".to_owned())
}
