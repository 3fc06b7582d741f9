//! The net promoter score: the latest valid answer of each customer, on a scale from 1 to 10 or from 0 to 10.

use crate::history::model::{Account, History, Part, Scale, Survey};
use crate::value::{Date, Decimal, Instant, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Those who answered, by what they say and what they do.
    pub types: Types,
}

/// Customers with an answer: whether they recommend, and whether they buy more often than the mean of all customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Types {
    /// Promoters who buy more often.
    pub loyal: u64,
    /// Promoters who do not.
    pub latent: u64,
    /// Others who buy more often.
    pub forced: u64,
    /// Neither.
    pub none: u64,
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
            // Of the whole history, whichever of its accounts are looked at.
            types: self.types,
        }
    }
}

/// Counts the answers up to the end of a day.
pub(in crate::report) fn answers(history: &History, zone: &Zone, as_of: Option<Date>) -> Answers {
    let end = as_of.map(|day| zone.midnight(day.plus_days(1)));
    let mut sum = Answers::default();
    for of_customer in history.surveys.chunk_by(|a, b| a.customer == b.customer) {
        let group = match latest(history, of_customer, end, &mut sum) {
            None => continue,
            Some(9..) => &mut sum.promoters,
            Some(7..) => &mut sum.passives,
            Some(_) => &mut sum.detractors,
        };
        *group = group.saturating_add(1);
    }
    sum
}

/// The latest valid answer of a customer before the end; counts those that are not.
fn latest(history: &History, of_customer: &[Survey], end: Option<Instant>, sum: &mut Answers) -> Option<i64> {
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
    latest
}

/// What those who answered say and do, up to the end of a day, of a whole history.
pub(in crate::report) fn types(history: &History, zone: &Zone, as_of: Option<Date>) -> Types {
    let end = as_of.map(|day| zone.midnight(day.plus_days(1)));
    let mut promoters: BTreeMap<&str, bool> = BTreeMap::new();
    for of_customer in history.surveys.chunk_by(|a, b| a.customer == b.customer) {
        if let (Some(score), [first, ..]) = (latest(history, of_customer, end, &mut Answers::default()), of_customer) {
            promoters.insert(&first.customer, score >= 9);
        }
    }
    if promoters.is_empty() {
        return Types::default();
    }
    let mut often: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut customers, mut purchases) = (0_u64, 0_u64);
    for (part, account) in history.parts.iter().flat_map(|part| part.accounts.iter().map(move |account| (part, account))) {
        for (customer, bought) in by_customer(part, account, end) {
            customers = customers.saturating_add(1);
            purchases = purchases.saturating_add(bought);
            let id = usize::try_from(customer).ok().and_then(|at| part.customers.id.get(at));
            if let Some(id) = id.filter(|id| promoters.contains_key(id.as_str())) {
                often.insert(id, bought);
            }
        }
    }
    let mut types = Types::default();
    for (id, promotes) in promoters {
        let bought = often.get(id).copied().unwrap_or(0);
        let above = u128::from(bought) * u128::from(customers) > u128::from(purchases);
        let group = match (promotes, above) {
            (true, true) => &mut types.loyal,
            (true, false) => &mut types.latent,
            (false, true) => &mut types.forced,
            (false, false) => &mut types.none,
        };
        *group = group.saturating_add(1);
    }
    types
}

/// The customers of an account who bought something before the end, and how often.
fn by_customer(part: &Part, account: &Account, end: Option<Instant>) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    for purchase in account.purchases.clone() {
        let at = usize::try_from(purchase).unwrap_or(usize::MAX);
        if part.purchases.at.get(at).is_some_and(|at| end.is_none_or(|end| *at < end)) {
            let customer = part.purchases.customer.get(at).copied().unwrap_or(account.customers.start);
            let count: &mut u64 = counts.entry(customer).or_default();
            *count = count.saturating_add(1);
        }
    }
    counts
}

fn valid(survey: &Survey, scale: Scale) -> Option<i64> {
    let least = if scale == Scale::ZeroToTen { 0 } else { 1 };
    let whole = |d: Decimal| d.to_scale(0).ok().flatten();
    whole(survey.score).filter(|score| (least..=10).contains(score))
}
