//! Long stretches of a history in which nothing happens: often a single wrong date.

use crate::history::model::History;
use crate::value::{Date, Instant, Zone};

/// Shorter stretches are not worth a word.
const YEAR: i64 = 366;
const DAY: i64 = 86_400_000_000;

/// The first and the last moment of a day; nothing if it is empty.
type Moments = Option<(i64, i64)>;

/// The days before and after the longest stretch without anything, if it is longer than a year.
pub(in crate::report) fn longest(history: &History, zone: &Zone, end: Date) -> Option<(Date, Date)> {
    let (from, _) = history.days?;
    let end = zone.midnight(end.plus_days(1));
    // Days of UTC will do to find the stretch; the local ones are worked out for its two ends only.
    let first = i64::from(from.0).saturating_sub(1);
    let mut days: Vec<Moments> = Vec::new();
    let mut see = |at: Instant| {
        let Ok(index) = usize::try_from(at.0.div_euclid(DAY).saturating_sub(first)) else { return };
        if at >= end {
            return;
        }
        if days.len() <= index {
            days.resize(index.saturating_add(1), None);
        }
        if let Some(day) = days.get_mut(index) {
            let (early, late) = day.unwrap_or((at.0, at.0));
            *day = Some((early.min(at.0), late.max(at.0)));
        }
    };
    for part in &history.parts {
        part.purchases.at.iter().for_each(|at| see(*at));
        part.moments.iter().for_each(|moment| see(moment.at));
    }
    history.anonymous.iter().for_each(|purchase| see(purchase.at));
    let mut last: Option<i64> = None;
    let mut most = YEAR.saturating_mul(DAY);
    let mut found = None;
    for (early, late) in days.into_iter().flatten() {
        if let Some(before) = last
            && early.saturating_sub(before) > most
        {
            most = early.saturating_sub(before);
            found = Some((before, early));
        }
        last = Some(late);
    }
    let local = |at: i64| zone.local(Instant(at)).date();
    found.map(|(before, after)| (local(before), local(after)))
}
