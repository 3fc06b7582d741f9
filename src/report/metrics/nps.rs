//! The net promoter score: the latest valid answer of each customer, on a scale from 1 to 10 or from 0 to 10.

use crate::history::model::{History, Scale, Survey};
use crate::value::{Date, Decimal, Zone};
use serde::{Deserialize, Serialize};

/// Customers by their latest answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// 9 and 10.
    pub promoters: u64,
    /// 7 and 8.
    pub passives: u64,
    /// Up to 6.
    pub detractors: u64,
    /// Answers that are no whole number of the scale; they count for nothing.
    pub invalid: u64,
    /// Answers of 0 where nothing says which scale it is.
    pub unclear: u64,
}

impl Answers {
    /// Those of both.
    pub(in crate::report) fn merge(self, other: Self) -> Self {
        Self {
            promoters: self.promoters.saturating_add(other.promoters),
            passives: self.passives.saturating_add(other.passives),
            detractors: self.detractors.saturating_add(other.detractors),
            invalid: self.invalid.saturating_add(other.invalid),
            unclear: self.unclear.saturating_add(other.unclear),
        }
    }
}

/// Counts the answers up to the end of a day.
pub(in crate::report) fn answers(history: &History, zone: &Zone, as_of: Option<Date>) -> Answers {
    let end = as_of.map(|day| zone.midnight(day.plus_days(1)));
    let mut sum = Answers::default();
    for of_customer in history.surveys.chunk_by(|a, b| a.customer == b.customer) {
        let mut latest = None;
        for survey in of_customer.iter().filter(|survey| end.is_none_or(|end| survey.at < end)) {
            if history.scale == Scale::Unsaid && survey.score.is_zero() {
                sum.unclear = sum.unclear.saturating_add(1);
                continue;
            }
            match valid(survey, history.scale) {
                Some(score) => latest = Some(score),
                None => sum.invalid = sum.invalid.saturating_add(1),
            }
        }
        let group = match latest {
            None => continue,
            Some(9..) => &mut sum.promoters,
            Some(7..) => &mut sum.passives,
            Some(_) => &mut sum.detractors,
        };
        *group = group.saturating_add(1);
    }
    sum
}

fn valid(survey: &Survey, scale: Scale) -> Option<i64> {
    let least = if scale == Scale::ZeroToTen { 0 } else { 1 };
    let whole = |d: Decimal| d.to_scale(0).ok().flatten();
    whole(survey.score).filter(|score| (least..=10).contains(score))
}
