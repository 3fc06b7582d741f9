//! The net promoter score: the latest valid answer of each customer, on a scale from 1 to 10.

use crate::history::model::{History, Survey};
use crate::value::{Date, Decimal, Zone};
use serde::{Deserialize, Serialize};

/// Customers by their latest answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// 9 and 10.
    pub promoters: u64,
    /// 7 and 8.
    pub passives: u64,
    /// 1 to 6.
    pub detractors: u64,
    /// Answers that are no whole number from 1 to 10; they count for nothing.
    pub invalid: u64,
}

impl Answers {
    /// Those of both.
    pub(in crate::report) fn merge(self, other: Self) -> Self {
        Self {
            promoters: self.promoters.saturating_add(other.promoters),
            passives: self.passives.saturating_add(other.passives),
            detractors: self.detractors.saturating_add(other.detractors),
            invalid: self.invalid.saturating_add(other.invalid),
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
            match valid(survey) {
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

fn valid(survey: &Survey) -> Option<i64> {
    let whole = |d: Decimal| d.to_scale(0).ok().flatten();
    whole(survey.score).filter(|score| (1..=10).contains(score))
}
