//! What the models say, as exact decimals with the digits that can be relied on.

use super::fit::Fit;
use super::models::{self, Four, Model, Seen};
use super::{Asked, Customers, YEAR, guard};
use crate::value::{Decimal, Exact};

/// What all models say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimates {
    /// Why there are none.
    pub refused: Option<String>,
    pub models: Vec<Estimated>,
    pub spending: Vec<Spending>,
    /// Purchases that followed in the second half.
    pub held_out: Option<Exact>,
    /// Every so many customers one was fitted.
    pub every: usize,
    /// The model that is believed: the likeliest of those that are not refused.
    pub best: Option<&'static str>,
    /// Of that model, for the whole window: the mean chance of being still there, and further purchases of a customer in a year.
    pub alive: Option<Exact>,
    pub further: Option<Exact>,
    /// What a customer's further purchases in a year come to, minor units.
    pub next_year: Option<Exact>,
    /// What all further purchases come to, discounted, minor units; Pareto/NBD with Gamma–Gamma.
    pub residual: Option<Exact>,
    /// Why one of these is missing.
    pub why: Option<String>,
}

/// A model fitted to the first half or to the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimated {
    pub model: &'static str,
    /// `first half` or `whole window`.
    pub on: &'static str,
    /// Name, value and standard error.
    pub parameters: Vec<(&'static str, Option<Exact>, Option<Exact>)>,
    pub ln_likelihood: Option<Exact>,
    pub alive: Option<Exact>,
    /// Purchases of a new customer within a year.
    pub expected: Option<Exact>,
    /// Of the first half: what it foretold for the second, and by how much it was off on average for a customer.
    pub foretold: Option<Exact>,
    pub off: Option<Exact>,
    /// Why it is not believed.
    pub refused: Option<String>,
}

/// Gamma–Gamma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    pub on: &'static str,
    pub customers: u64,
    pub parameters: Vec<(&'static str, Option<Exact>)>,
    pub ln_likelihood: Option<Exact>,
    /// The mean value of a purchase that is to be expected, minor units.
    pub mean: Option<Exact>,
    /// Of number and mean value of repeat purchases.
    pub correlation: Option<Exact>,
    pub refused: Option<String>,
}

impl Estimates {
    pub(super) fn refused(reason: String) -> Self {
        Self { refused: Some(reason), every: 1, ..Self::default() }
    }
}

/// A model's two fits.
pub(super) struct Fitted {
    pub model: Model,
    pub half: Fit<4>,
    pub all: Fit<4>,
}

/// All that was fitted.
pub(super) struct Made<'a> {
    pub asked: &'a Asked,
    pub early: &'a Customers,
    pub whole: &'a Customers,
    pub held_out: &'a [(Seen, f64)],
    pub models: &'a [Fitted],
    pub spending: &'a [Fit<3>; 2],
    pub every: usize,
}

/// A float with so many decimals; `None` if it is no number.
fn rounded(value: f64, decimals: usize) -> Option<Exact> {
    if !value.is_finite() || value.abs() > 1e15 {
        return None;
    }
    Exact::try_from(Decimal::parse(&format!("{value:.decimals$}"))?).ok()
}

const HALF: &str = "first half";
const WHOLE: &str = "whole window";

/// What all that was fitted says.
pub(super) fn all(made: &Made) -> Estimates {
    let mut models = Vec::new();
    for fitted in made.models {
        models.push(one(made, fitted, true));
        models.push(one(made, fitted, false));
    }
    let spending = [(HALF, made.early, &made.spending[0]), (WHOLE, made.whole, &made.spending[1])].map(|of| spent(made.asked, of));
    let actual = made.held_out.iter().map(|(_, bought)| bought).sum::<f64>();
    let mut estimates =
        Estimates { models, spending: spending.to_vec(), held_out: rounded(actual, 0), every: made.every, ..Estimates::default() };
    foretell(made, &mut estimates);
    estimates
}

fn longest(customers: &Customers) -> f64 {
    customers.seen.iter().fold(0.0, |most, seen| seen.time.max(most))
}

fn one(made: &Made, fitted: &Fitted, half: bool) -> Estimated {
    let (customers, fit) = if half { (made.early, &fitted.half) } else { (made.whole, &fitted.all) };
    let (model, four) = (fitted.model, fit.parameters);
    let alive = customers.sum(|seen| model.alive(four, seen)) / customers.count();
    let (foretold, off) = if half { held_out(made, model, four) } else { (None, None) };
    let names = model.parameters().into_iter().zip(four).zip(fit.errors);
    Estimated {
        model: model.name(),
        on: if half { HALF } else { WHOLE },
        parameters: names.map(|((name, value), error)| (name, rounded(value, 6), rounded(error, 5))).collect(),
        ln_likelihood: rounded(fit.ln_likelihood, 4),
        alive: rounded(alive, 5),
        expected: rounded(Model::expected(four, YEAR, model), 5),
        foretold,
        off,
        refused: guard::fit(model, fit, longest(customers)),
    }
}

/// Purchases foretold for the second half, and the mean of how far each customer's are off.
fn held_out(made: &Made, model: Model, four: Four) -> (Option<Exact>, Option<Exact>) {
    let weeks = f64::from(made.asked.days.saturating_sub(made.asked.half)) / super::WEEK;
    let (mut sum, mut off) = (0.0, 0.0);
    for (seen, bought) in made.held_out {
        let foretold = model.further(four, seen, weeks);
        sum += foretold;
        off += (foretold - bought).abs();
    }
    (rounded(sum, 1), rounded(off / (made.held_out.len() as f64).max(1.0), 4))
}

fn spent(asked: &Asked, (on, customers, fit): (&'static str, &Customers, &Fit<3>)) -> Spending {
    let [p, q, v] = fit.parameters;
    let minor = 10_f64.powi(i32::from(asked.decimals));
    Spending {
        on,
        customers: customers.spent.len() as u64,
        parameters: ["p", "q", "v"].into_iter().zip(fit.parameters).map(|(name, value)| (name, rounded(value, 5))).collect(),
        ln_likelihood: rounded(fit.ln_likelihood, 4),
        mean: if q > 1.0 { rounded(minor * p * v / (q - 1.0), 0) } else { None },
        correlation: rounded(customers.correlation(), 4),
        refused: guard::spending(fit),
    }
}

/// The forecasts of the likeliest model that is believed, fitted to the whole window.
fn foretell(made: &Made, estimates: &mut Estimates) {
    let whole = made.whole;
    let believed = |fitted: &&Fitted| guard::fit(fitted.model, &fitted.all, longest(whole)).is_none();
    let best = made.models.iter().filter(believed).max_by(|a, b| a.all.ln_likelihood.total_cmp(&b.all.ln_likelihood));
    let Some(best) = best else {
        let first = estimates.models.iter().filter(|model| model.on == WHOLE).find_map(|model| Some((model.model, model.refused.clone()?)));
        estimates.why = first.map(|(model, reason)| format!("{model} is refused: {reason}"));
        return;
    };
    let (model, four) = (best.model, best.all.parameters);
    let customers = whole.count();
    estimates.best = Some(model.name());
    estimates.alive = rounded(whole.sum(|seen| model.alive(four, seen)) / customers, 4);
    estimates.further = rounded(whole.sum(|seen| model.further(four, seen, YEAR)) / customers, 4);
    let spending = &made.spending[1];
    if let Some(reason) = guard::spending(spending) {
        estimates.why = Some(format!("Gamma–Gamma is refused: {reason}"));
        return;
    }
    money(made, best, estimates);
}

/// Forecasts in money: each customer's purchases at the value that is to be expected of him.
fn money(made: &Made, best: &Fitted, estimates: &mut Estimates) {
    let minor = 10_f64.powi(i32::from(made.asked.decimals));
    let three = made.spending[1].parameters;
    let delta = made.asked.discount.map(|rate| (rate as f64 / 100_000.0).ln_1p() / YEAR);
    let pareto = made.models.iter().find(|fitted| fitted.model == Model::ParetoNbd);
    let pareto = pareto.filter(|fitted| guard::fit(fitted.model, &fitted.all, longest(made.whole)).is_none());
    let (mut year, mut rest) = (0.0, 0.0);
    for (seen, mean) in &made.whole.with_value {
        let value = models::expected_value(three, if *mean > 0.0 { seen.x } else { 0.0 }, *mean);
        year += seen.customers * value * best.model.further(best.all.parameters, seen, YEAR);
        if let (Some(delta), Some(pareto)) = (delta, pareto) {
            rest += seen.customers * value * models::discounted(pareto.all.parameters, seen, delta);
        }
    }
    let customers = made.whole.count();
    estimates.next_year = rounded(minor * year / customers, 0);
    match (delta, pareto) {
        (Some(_), Some(_)) => estimates.residual = rounded(minor * rest / customers, 0),
        (None, _) => estimates.why = Some("needs `discount rate` in an assumptions file (--assume)".to_owned()),
        (_, None) => estimates.why = Some("Pareto/NBD is refused for this history".to_owned()),
    }
}
