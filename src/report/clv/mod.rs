//! What customers will still buy, by models of buying: the one place of a report with binary floats.
//!
//! Nothing here touches money that is paid or owed. The data come in as integers, sums are taken in one order whatever the
//! number of threads, and what goes out is rounded to so few digits that the last bits of a float cannot show.

#![expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "likelihoods are fitted numerically; arrays have fixed sizes, and results are rounded before they leave"
)]

mod fit;
mod functions;
mod guard;
mod models;
mod results;

pub use results::{Estimated, Estimates, Spending};

use fit::{Fit, maximise};
use models::{Four, Model, Seen, Spent};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A customer's purchases by day, in days from the first day of the window; the half is the first half of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pattern {
    pub first: u32,
    /// Days with a purchase after the first, the last of them, and what they came to in minor units.
    pub repeats: u32,
    pub last: u32,
    pub spent: i64,
    /// The same within the half.
    pub early: u32,
    pub early_last: u32,
    pub early_spent: i64,
}

/// What the models are asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Days of the window, and of its first half.
    pub days: u32,
    pub half: u32,
    /// Decimals of the currency.
    pub decimals: u8,
    /// The median gap seen, in days.
    pub gap: Option<u32>,
    /// Thousandths of a percent a year, if a discount rate is assumed.
    pub discount: Option<u64>,
}

/// Days of a week, the unit of time of the models.
const WEEK: f64 = 7.0;
/// Weeks for which purchases are foretold.
const YEAR: f64 = 52.0;
/// Customers that are fitted at most; of more, a regular sample of those in order.
const MOST: usize = 50_000;

/// The customers as a model sees them, each kind of them once.
pub(in crate::report::clv) struct Customers {
    pub seen: Vec<Seen>,
    pub spent: Vec<Spent>,
    /// Every customer with the mean value of the repeat purchases, 0 without any.
    pub with_value: Vec<(Seen, f64)>,
    /// Customers with a repeat purchase.
    pub repeaters: f64,
}

impl Customers {
    /// Those of the whole window, or of its first half.
    fn of(patterns: &[Pattern], asked: &Asked, half: bool) -> Self {
        let end = if half { asked.half } else { asked.days };
        let minor = 10_f64.powi(i32::from(asked.decimals));
        let mut kinds: Vec<(u32, u32, u32, i64)> = patterns
            .iter()
            .filter(|pattern| pattern.first < end)
            .map(|p| if half { (p.early, p.early_last, p.first, p.early_spent) } else { (p.repeats, p.last, p.first, p.spent) })
            .collect();
        kinds.sort_unstable();
        let (mut seen, mut spent): (Vec<Seen>, Vec<Spent>) = (Vec::new(), Vec::new());
        let mut with_value = Vec::with_capacity(kinds.len());
        let mut repeaters = 0.0;
        for (x, last, first, money) in kinds {
            let one = Seen {
                x: f64::from(x),
                last: f64::from(last.saturating_sub(first)) / WEEK,
                time: f64::from(end.saturating_sub(1).saturating_sub(first)) / WEEK,
                customers: 1.0,
            };
            match seen.last_mut() {
                Some(same) if (same.x, same.last, same.time) == (one.x, one.last, one.time) => same.customers += 1.0,
                _ => seen.push(one),
            }
            with_value.push((one, if x > 0 { money as f64 / minor / one.x } else { 0.0 }));
            if x > 0 {
                repeaters += 1.0;
                if money > 0 {
                    spent.push(Spent { x: one.x, mean: money as f64 / minor / one.x, customers: 1.0 });
                }
            }
        }
        Self { seen, spent, with_value, repeaters }
    }

    /// A sum over all customers, in their order.
    fn sum(&self, of: impl Fn(&Seen) -> f64 + Sync) -> f64 {
        let parts: Vec<f64> = self.seen.par_chunks(256).map(|chunk| chunk.iter().map(|seen| seen.customers * of(seen)).sum()).collect();
        parts.iter().sum()
    }

    fn count(&self) -> f64 {
        self.seen.iter().map(|seen| seen.customers).sum()
    }

    fn fit(&self, model: Model, start: Option<Four>) -> Fit<4> {
        let of = |four: Four| self.sum(|seen| model.ln_likelihood(four, seen));
        let usual = match model {
            Model::BgNbd => [0.3, 5.0, 0.8, 2.5],
            Model::MbgNbd => [0.5, 6.0, 0.9, 1.6],
            Model::ParetoNbd => [0.6, 10.0, 0.6, 10.0],
        };
        maximise(&of, [start.unwrap_or([1.0, 10.0, 1.0, 5.0]), usual])
    }

    fn fit_spending(&self) -> Fit<3> {
        let of = |three: [f64; 3]| {
            let part =
                |chunk: &[Spent]| chunk.iter().map(|spent| spent.customers * models::ln_likelihood_of_spending(three, spent)).sum::<f64>();
            let parts: Vec<f64> = self.spent.par_chunks(256).map(part).collect();
            parts.iter().sum()
        };
        let all: f64 = self.spent.iter().map(|spent| spent.mean).sum();
        let mean = all / (self.spent.len() as f64).max(1.0);
        maximise(&of, [[6.0, 4.0, mean.max(0.01) / 2.0], [1.0, 2.0, mean.max(0.01)]])
    }

    /// Pearson's correlation of number and mean value of repeat purchases.
    fn correlation(&self) -> f64 {
        let n = self.spent.len() as f64;
        let mean = |of: fn(&Spent) -> f64| self.spent.iter().map(of).sum::<f64>() / n;
        let (x, m) = (mean(|s| s.x), mean(|s| s.mean));
        let sum = |of: &dyn Fn(&Spent) -> f64| self.spent.iter().map(of).sum::<f64>();
        let both = sum(&|s| (s.x - x) * (s.mean - m));
        both / (sum(&|s| (s.x - x).powi(2)) * sum(&|s| (s.mean - m).powi(2))).sqrt()
    }
}

/// Fits all models to the first half, sets their forecasts against the second, and fits them to the whole.
#[must_use]
pub fn estimate(patterns: &[Pattern], asked: &Asked) -> Estimates {
    let step = patterns.len().div_ceil(MOST).max(1);
    let sample: Vec<Pattern> = patterns.iter().skip(step / 2).step_by(step).copied().collect();
    let early = Customers::of(&sample, asked, true);
    if let Some(reason) = guard::data(&early, asked) {
        return Estimates::refused(reason);
    }
    let whole = Customers::of(&sample, asked, false);
    let held_out: Vec<(Seen, f64)> = held_out(&sample, asked);
    let models = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd].map(|model| {
        let half = early.fit(model, None);
        let all = whole.fit(model, Some(half.parameters));
        results::Fitted { model, half, all }
    });
    let spending = [early.fit_spending(), whole.fit_spending()];
    results::all(&results::Made {
        asked,
        early: &early,
        whole: &whole,
        held_out: &held_out,
        models: &models,
        spending: &spending,
        every: step,
    })
}

/// What is known of each customer of the first half, and the repeat purchases that followed in the second.
fn held_out(patterns: &[Pattern], asked: &Asked) -> Vec<(Seen, f64)> {
    let of = |p: &Pattern| {
        let seen = Seen {
            x: f64::from(p.early),
            last: f64::from(p.early_last.saturating_sub(p.first)) / WEEK,
            time: f64::from(asked.half.saturating_sub(1).saturating_sub(p.first)) / WEEK,
            customers: 1.0,
        };
        (seen, f64::from(p.repeats.saturating_sub(p.early)))
    };
    patterns.iter().filter(|p| p.first < asked.half).map(of).collect()
}
