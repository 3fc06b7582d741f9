//! One pass over a history: what customers did, as integers.
//!
//! Parts are folded by themselves and merged; every sum is an integer, so that neither threads nor the order of merging
//! matter. Nothing is allocated per purchase.

use super::refunds;
use super::repetition::{Repetition, Walk, Window};
use crate::history::digest::Digest;
use crate::history::model::{Account, History, Part};
use crate::value::{Checked, Date, Instant, Overflow, Zone, ZoneCursor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Longer windows have no table of months and cohorts.
const MOST_MONTHS: usize = 600;

/// What customers did in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Of all that the history holds, whatever the window.
    #[serde(default)]
    pub digest: Digest,
    /// First and last day.
    pub days: Option<(Date, Date)>,
    /// Customers with a purchase, their purchases and the sum of these as recorded, minor units.
    pub customers: u64,
    pub purchases: u64,
    pub sales: i128,
    /// Purchases without a customer.
    pub anonymous: u64,
    pub anonymous_sales: i128,
    /// Recorded amounts returned, those of purchases without a customer included.
    pub refunds: i128,
    /// The part of the window in which the program runs.
    pub life: Life,
    /// Customers with two purchases or more, and those with purchases on two days or more.
    pub again: u64,
    pub again_another_day: u64,
    /// Customers and what they spent, by how often they bought.
    pub by_count: BTreeMap<u32, (u64, i128)>,
    /// Customers who bought 180 to 91 days before the window's end, and those of them who bought in its last 90 days.
    pub before_last_90: u64,
    pub kept_90: u64,
    /// What each customer spent, rising.
    pub spend: Vec<i64>,
    /// Amounts of purchases, rising, each with how many there were.
    pub tickets: Vec<(i64, u64)>,
    pub months: Months,
    /// What happened between purchases.
    pub repetition: Repetition,
}

/// The part of a window in which a program runs, and what was sold in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Its first and last day; `None` if the program runs on no day of the window.
    pub days: Option<(Date, Date)>,
    /// Recorded amounts of all purchases on these days.
    pub sales: i128,
    /// What of them was returned, until the window's end.
    pub refunds: i128,
}

impl Life {
    /// What was sold and kept.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn net_sales(&self) -> Checked<i128> {
        self.sales.checked_sub(self.refunds).ok_or(Overflow)
    }

    /// Days, both ends included.
    #[must_use]
    pub fn length(&self) -> i128 {
        length(self.days)
    }
}

/// Calendar months of the window; empty where there are too many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Months {
    /// Year and month of the first.
    pub first: (i32, u8),
    /// Whether the window holds all days of the first and of the last.
    pub whole: (bool, bool),
    pub rows: Vec<Month>,
    /// Of customers by the month of their first purchase, then by month: buyers and what they spent.
    pub cohorts: Vec<(u64, i128)>,
}

/// A month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    pub purchases: u64,
    pub sales: i128,
    pub buyers: u64,
    pub new_customers: u64,
    /// Buyers who had bought in the month before too.
    pub kept: u64,
}

/// The window in the forms that the fold needs.
struct Frame<'a> {
    zone: &'a Zone,
    from: Date,
    to: Date,
    /// The first instant after the window.
    end: Instant,
    /// The first instant of the program's life, and the first after it.
    life: (Instant, Instant),
    /// The month of each day of the window, counted from the first; empty where there are too many months.
    month_of: Vec<u16>,
    months: usize,
}

impl Behaviour {
    /// Folds what happened up to the end of the day `as_of` (the last day of the history if `None`); the program starts
    /// and ends on the days of `runs`, where it says so.
    ///
    /// # Errors
    /// [`Overflow`] if sums of money do not fit.
    pub fn of(history: &History, zone: &Zone, as_of: Option<Date>, runs: (Option<Date>, Option<Date>)) -> Checked<Self> {
        let Some((from, last)) = history.days else { return Ok(Self::default()) };
        let to = as_of.unwrap_or(last).max(from);
        let alive = (runs.0.map_or(from, |starts| starts.max(from)), runs.1.map_or(to, |ends| ends.min(to)));
        let alive = Some(alive).filter(|(first, last)| first <= last);
        let frame = Frame::new(zone, from, to, alive);
        let empty = || Ok(Self::empty(&frame));
        let fold = |part: &Part| fold(part, &frame);
        let folded = || history.parts.par_iter().map(fold).reduce(empty, |a, b| a?.merge(b?));
        let (tickets, sum) = rayon::join(|| tickets(history, frame.end), folded);
        let mut sum = sum?;
        for purchase in history.anonymous.iter().filter(|purchase| purchase.at < frame.end) {
            sum.anonymous = sum.anonymous.saturating_add(1);
            add(&mut sum.anonymous_sales, purchase.amount)?;
            add(&mut sum.refunds, purchase.returned)?;
            if frame.alive(purchase.at) {
                add(&mut sum.life.sales, purchase.amount)?;
                add(&mut sum.life.refunds, purchase.returned)?;
            }
        }
        sum.spend.par_sort_unstable();
        sum.repetition.patterns.par_sort_unstable();
        sum.tickets = tickets;
        sum.digest = Digest::of(history);
        sum.days = Some((from, to));
        sum.life.days = alive;
        sum.months.first = month(from);
        sum.months.whole = (from.ymd().2 == 1, to.plus_days(1).ymd().2 == 1);
        Ok(sum)
    }

    /// All recorded sales, purchases without a customer included.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn revenue(&self) -> Checked<i128> {
        self.sales.checked_add(self.anonymous_sales).ok_or(Overflow)
    }

    /// Days of the window and of its first half, for models of buying.
    pub(in crate::report) fn halves(&self) -> Option<(u32, u32)> {
        self.days.map(|(from, to)| Window { from, to }.halves())
    }

    /// Days of the window, both ends included.
    #[must_use]
    pub fn length(&self) -> i128 {
        length(self.days)
    }

    fn empty(frame: &Frame) -> Self {
        let cells = frame.months.saturating_mul(frame.months);
        let months = Months { rows: vec![Month::default(); frame.months], cohorts: vec![(0, 0); cells], ..Months::default() };
        Self { months, ..Self::default() }
    }

    /// The two middle amounts of purchases, equal for an odd number of them.
    #[must_use]
    pub fn middle(&self) -> Option<(i64, i64)> {
        let all = self.tickets.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
        let nth = |n: u64| {
            let mut seen = 0_u64;
            self.tickets.iter().find_map(|(amount, count)| {
                seen = seen.saturating_add(*count);
                (seen > n).then_some(*amount)
            })
        };
        Some((nth(all.checked_sub(1)? / 2)?, nth(all / 2)?))
    }

    /// Adds what other customers did in the same window.
    ///
    /// # Errors
    /// [`Overflow`] if sums of money do not fit.
    pub fn merge(mut self, mut other: Self) -> Checked<Self> {
        let digest = self.digest.plus(other.digest);
        (self.digest, other.digest) = (digest, digest);
        if self.days.is_none() && self.customers == 0 && self.refunds == 0 {
            return Ok(other);
        }
        for (mine, theirs) in [
            (&mut self.customers, other.customers),
            (&mut self.purchases, other.purchases),
            (&mut self.anonymous, other.anonymous),
            (&mut self.again, other.again),
            (&mut self.again_another_day, other.again_another_day),
            (&mut self.before_last_90, other.before_last_90),
            (&mut self.kept_90, other.kept_90),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        self.sales = self.sales.checked_add(other.sales).ok_or(Overflow)?;
        self.anonymous_sales = self.anonymous_sales.checked_add(other.anonymous_sales).ok_or(Overflow)?;
        self.refunds = self.refunds.checked_add(other.refunds).ok_or(Overflow)?;
        self.life.sales = self.life.sales.checked_add(other.life.sales).ok_or(Overflow)?;
        self.life.refunds = self.life.refunds.checked_add(other.life.refunds).ok_or(Overflow)?;
        for (count, (customers, sales)) in other.by_count {
            let entry = self.by_count.entry(count).or_default();
            *entry = (entry.0.saturating_add(customers), entry.1.checked_add(sales).ok_or(Overflow)?);
        }
        self.repetition.merge(&other.repetition)?;
        self.spend.append(&mut other.spend);
        if !other.tickets.is_empty() {
            // Whole observations are merged, not parts of one: what each customer spent stays rising.
            self.spend.sort_unstable();
            self.repetition.patterns.sort_unstable();
            self.tickets = merge_tickets(&self.tickets, &other.tickets);
        }
        for (mine, theirs) in self.months.rows.iter_mut().zip(&other.months.rows) {
            mine.purchases = mine.purchases.saturating_add(theirs.purchases);
            mine.sales = mine.sales.checked_add(theirs.sales).ok_or(Overflow)?;
            mine.buyers = mine.buyers.saturating_add(theirs.buyers);
            mine.new_customers = mine.new_customers.saturating_add(theirs.new_customers);
            mine.kept = mine.kept.saturating_add(theirs.kept);
        }
        for (mine, theirs) in self.months.cohorts.iter_mut().zip(&other.months.cohorts) {
            *mine = (mine.0.saturating_add(theirs.0), mine.1.checked_add(theirs.1).ok_or(Overflow)?);
        }
        Ok(self)
    }
}

impl<'a> Frame<'a> {
    fn new(zone: &'a Zone, from: Date, to: Date, alive: Option<(Date, Date)>) -> Self {
        let months = months_between(month(from), month(to)).saturating_add(1);
        let end = zone.midnight(to.plus_days(1));
        let life = alive.map_or((end, end), |(first, last)| (zone.midnight(first), zone.midnight(last.plus_days(1))));
        let mut frame = Self { zone, from, to, end, life, month_of: Vec::new(), months: 0 };
        if months > MOST_MONTHS {
            return frame;
        }
        frame.months = months;
        let first = month(from);
        let days = i64::from(to.0).saturating_sub(i64::from(from.0)).saturating_add(1);
        frame.month_of = (0..days).map(|day| u16::try_from(months_between(first, month(from.plus_days(day)))).unwrap_or(0)).collect();
        frame
    }

    /// Whether the program runs at this moment.
    fn alive(&self, at: Instant) -> bool {
        self.life.0 <= at && at < self.life.1
    }

    /// The place of a day in the tables of months.
    fn month(&self, day: Date) -> Option<usize> {
        let index = usize::try_from(i64::from(day.0).saturating_sub(i64::from(self.from.0))).ok()?;
        self.month_of.get(index).copied().map(usize::from)
    }
}

/// Year and month.
fn month(date: Date) -> (i32, u8) {
    let (year, month, _) = date.ymd();
    (year, month)
}

fn months_between(first: (i32, u8), last: (i32, u8)) -> usize {
    let index = |(year, month): (i32, u8)| i64::from(year).saturating_mul(12).saturating_add(i64::from(month));
    usize::try_from(index(last).saturating_sub(index(first))).unwrap_or(0)
}

/// Folds the accounts of a part.
fn fold(part: &Part, frame: &Frame) -> Checked<Behaviour> {
    let mut sum = Behaviour::empty(frame);
    let mut cursor = ZoneCursor::new(frame.zone);
    let mut order: Vec<(u32, u32)> = Vec::new();
    for account in &part.accounts {
        if part.purchases.customer.is_empty() || account.customers.len() <= 1 {
            customer(part, account.purchases.clone(), frame, &mut cursor, &mut sum)?;
        } else {
            household(part, account, frame, &mut cursor, &mut order, &mut sum)?;
        }
        let refunded = refunds::of(part, account, frame.end, |at| frame.alive(at))?;
        sum.refunds = sum.refunds.checked_add(refunded.all).ok_or(Overflow)?;
        sum.life.refunds = sum.life.refunds.checked_add(refunded.counted).ok_or(Overflow)?;
    }
    Ok(sum)
}

/// Customers of one account are customers each.
fn household(
    part: &Part,
    account: &Account,
    frame: &Frame,
    cursor: &mut ZoneCursor,
    order: &mut Vec<(u32, u32)>,
    sum: &mut Behaviour,
) -> Checked<()> {
    order.clear();
    let who = |purchase: u32| usize::try_from(purchase).ok().and_then(|at| part.purchases.customer.get(at)).copied().unwrap_or(0);
    order.extend(account.purchases.clone().map(|purchase| (who(purchase), purchase)));
    order.sort_unstable();
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        customer(part, group.iter().map(|(_, purchase)| *purchase), frame, cursor, sum)?;
    }
    Ok(())
}

/// Folds the purchases of one customer, in order.
fn customer(part: &Part, purchases: impl Iterator<Item = u32>, frame: &Frame, cursor: &mut ZoneCursor, sum: &mut Behaviour) -> Checked<()> {
    let (mut count, mut days, mut spent, mut alive) = (0_u32, 0_u32, 0_i64, 0_i64);
    let (mut last_day, mut first_month, mut last_month) = (None, None, None);
    let (mut before, mut kept) = (false, false);
    let (mut walk, window) = (Walk::default(), Window { from: frame.from, to: frame.to });
    for purchase in purchases {
        let index = usize::try_from(purchase).unwrap_or(usize::MAX);
        let (Some(at), Some(amount)) = (part.purchases.at.get(index), part.purchases.amount.get(index)) else { continue };
        if *at >= frame.end {
            break;
        }
        let day = cursor.local(*at).date();
        count = count.saturating_add(1);
        walk.purchase(day, *amount, window, &mut sum.repetition);
        spent = spent.checked_add(*amount).ok_or(Overflow)?;
        if frame.alive(*at) {
            alive = alive.checked_add(*amount).ok_or(Overflow)?;
        }
        if last_day != Some(day) {
            days = days.saturating_add(1);
            last_day = Some(day);
            let ago = i64::from(frame.to.0).saturating_sub(i64::from(day.0));
            kept |= ago < 90;
            before |= (90..180).contains(&ago);
        }
        let Some(month) = frame.month(day) else { continue };
        let cohort = *first_month.get_or_insert(month);
        let new_month = last_month != Some(month);
        let again = new_month && last_month.is_some_and(|last| last.saturating_add(1) == month);
        last_month = Some(month);
        if let Some(row) = sum.months.rows.get_mut(month) {
            row.purchases = row.purchases.saturating_add(1);
            add(&mut row.sales, *amount)?;
            row.buyers = row.buyers.saturating_add(u64::from(new_month));
            row.new_customers = row.new_customers.saturating_add(u64::from(count == 1));
            row.kept = row.kept.saturating_add(u64::from(again));
        }
        if let Some(cell) = sum.months.cohorts.get_mut(cohort.saturating_mul(frame.months).saturating_add(month)) {
            cell.0 = cell.0.saturating_add(u64::from(new_month));
            add(&mut cell.1, *amount)?;
        }
    }
    if count == 0 {
        return Ok(());
    }
    walk.end(count, spent, frame.to, &mut sum.repetition)?;
    sum.customers = sum.customers.saturating_add(1);
    sum.purchases = sum.purchases.saturating_add(u64::from(count));
    add(&mut sum.sales, spent)?;
    add(&mut sum.life.sales, alive)?;
    sum.again = sum.again.saturating_add(u64::from(count > 1));
    sum.again_another_day = sum.again_another_day.saturating_add(u64::from(days > 1));
    sum.before_last_90 = sum.before_last_90.saturating_add(u64::from(before));
    sum.kept_90 = sum.kept_90.saturating_add(u64::from(before && kept));
    let entry = sum.by_count.entry(count).or_default();
    entry.0 = entry.0.saturating_add(1);
    add(&mut entry.1, spent)?;
    sum.spend.push(spent);
    Ok(())
}

/// Days, both ends included.
fn length(days: Option<(Date, Date)>) -> i128 {
    days.map_or(0, |(from, to)| i128::from(to.0).saturating_sub(i128::from(from.0)).saturating_add(1))
}

fn add(sum: &mut i128, more: i64) -> Checked<()> {
    *sum = sum.checked_add(i128::from(more)).ok_or(Overflow)?;
    Ok(())
}

/// How many purchases with a customer there were of each amount before `end`, by amount.
fn tickets(history: &History, end: Instant) -> Vec<(i64, u64)> {
    // One table a thread: tables of every part would have to be merged one by one.
    let share = history.parts.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let tables: Vec<Counts> = history.parts.par_chunks(share).map(|parts| count_amounts(parts, end)).collect();
    let mut all = Counts::default();
    for table in tables {
        merge_counts(&mut all, table);
    }
    let mut list: Vec<(i64, u64)> = all.into_iter().collect();
    list.sort_unstable();
    list
}

type Counts = HashMap<i64, u64, foldhash::fast::FixedState>;

fn count_amounts(parts: &[Part], end: Instant) -> Counts {
    let mut counts = Counts::default();
    for part in parts {
        for account in &part.accounts {
            let purchases = usize::try_from(account.purchases.start).unwrap_or(0)..usize::try_from(account.purchases.end).unwrap_or(0);
            let (at, amounts) = (part.purchases.at.get(purchases.clone()), part.purchases.amount.get(purchases));
            for (at, amount) in at.unwrap_or_default().iter().zip(amounts.unwrap_or_default()) {
                if *at < end {
                    let count = counts.entry(*amount).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
    }
    counts
}

#[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order in which they are made")]
fn merge_counts(all: &mut Counts, other: Counts) {
    for (amount, count) in other {
        let sum = all.entry(amount).or_default();
        *sum = sum.saturating_add(count);
    }
}

/// The counts of both, by amount.
fn merge_tickets(mine: &[(i64, u64)], theirs: &[(i64, u64)]) -> Vec<(i64, u64)> {
    let mut all: BTreeMap<i64, u64> = mine.iter().copied().collect();
    for (amount, count) in theirs {
        let sum = all.entry(*amount).or_default();
        *sum = sum.saturating_add(*count);
    }
    all.into_iter().collect()
}
