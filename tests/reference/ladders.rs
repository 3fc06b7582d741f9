//! Tiers: reached with what happens, lost at reviews.

use super::account::{Account, Kind, What};
use super::calendar::{Moment, first_day, last_day, later};
use super::number::Ratio;
use super::reading::{Drop, Keep};
use super::{Outside, Read, Slip};
use chrono::{Days, NaiveDate, TimeDelta};
use loyalty_dsl::syntax::ast::{Measure, MeasureKind, Trigger, Window};

/// Where an account stands on a ladder.
#[derive(Clone, Debug)]
pub struct Standing {
    pub held: usize,
    /// The last days of the tiers' own `keep` periods.
    pub kept: Vec<Option<NaiveDate>>,
    /// The first day of grace.
    pub grace: Option<NaiveDate>,
    /// How many entries and purchases there were when the tier held was reached, renewed or dropped to.
    pub since: (usize, usize),
}

impl Standing {
    pub fn new(rows: usize) -> Self {
        Self { held: 0, kept: vec![None; rows], grace: None, since: (0, 0) }
    }
}

impl Account<'_> {
    /// What every ladder measures, and how many purchases there are in the same window.
    pub fn measured(&self, at: Moment) -> Read<Vec<(Ratio, Ratio)>> {
        (0..self.program.ladders.len()).map(|ladder| self.values(ladder, at)).collect()
    }

    fn values(&self, ladder: usize, at: Moment) -> Read<(Ratio, Ratio)> {
        let measure = self.program.ladders[ladder].measure;
        let purchases = Measure { kind: MeasureKind::Purchases, ..measure.clone() };
        Ok((self.measure(measure, at)?, self.measure(&purchases, at)?))
    }

    /// "A threshold is reached when it is met exactly."
    fn meets(&self, ladder: usize, rung: usize, (value, purchases): (Ratio, Ratio)) -> bool {
        let row = &self.program.ladders[ladder].rows[rung];
        let exclusive = self.program.slip == Slip::ThresholdExclusive;
        let reached = |value: Ratio, from: Ratio| if exclusive { value > from } else { value >= from };
        rung == 0 || row.from.is_some_and(|from| reached(value, from)) || row.or.is_some_and(|from| reached(purchases, from))
    }

    /// A tier's last day if its `keep` period begins on a day.
    fn keep_from(&self, ladder: usize, day: NaiveDate) -> Option<NaiveDate> {
        let joined = self.joined.map_or(day, |joined| joined.local.date());
        match self.program.ladders[ladder].keep {
            Keep::UntilReview => None,
            Keep::For(span) => Some(later(day, span)),
            Keep::UntilEnd { next, period, plus } => {
                let end = last_day(day, period, self.program.sunday, joined);
                let end = if next { last_day(end + Days::new(1), period, self.program.sunday, joined) } else { end };
                Some(plus.map_or(end, |plus| later(end, plus)))
            }
        }
    }

    /// "A threshold is tested … after every other event, and after every midnight's work." With what the ladders measured
    /// before: meeting a threshold by what raises the measure begins the tier's `keep` anew.
    pub fn climb(&mut self, at: Moment, midnight: bool, before: Vec<(Ratio, Ratio)>) -> Read<()> {
        if self.joined.is_none() {
            return Ok(());
        }
        for (ladder, before) in before.iter().enumerate() {
            let now = self.values(ladder, at)?;
            let raised = now.0 > before.0 || now.1 > before.1 && self.has_or(ladder);
            let met: Vec<usize> = (1..self.program.ladders[ladder].rows.len()).filter(|rung| self.meets(ladder, *rung, now)).collect();
            let anew = self.counts_anew(ladder);
            if raised {
                // "The own threshold is asked only when the keep ends."
                let held = self.standings[ladder].held;
                for rung in met.iter().filter(|rung| !anew || **rung != held) {
                    if self.program.slip != Slip::KeepNotRenewed || self.standings[ladder].kept[*rung].is_none() {
                        self.standings[ladder].kept[*rung] = self.keep_from(ladder, at.local.date());
                    }
                }
            }
            let top = met.last().copied().unwrap_or(0);
            if midnight && !raised && top > self.standings[ladder].held && !matches!(self.program.ladders[ladder].keep, Keep::UntilReview) {
                return Err(Outside("a kept tier reached at midnight by nothing"));
            }
            if top >= self.standings[ladder].held {
                self.standings[ladder].grace = None;
            }
            if top > self.standings[ladder].held {
                self.standings[ladder].since = (self.entries.len(), self.bought.len());
            }
            // "A jump reaches every rung in turn, lowest first, and `on reaching` fires for each."
            while self.standings[ladder].held < top {
                self.standings[ladder].held += 1;
                let held = self.standings[ladder].held;
                self.write(at, Kind::TierUp, None, What::Tier(ladder, held), Ratio::whole(1));
                let name = self.program.ladders[ladder].rows[held].name.clone();
                let reaching = |trigger: &Trigger| matches!(trigger, Trigger::Reaching(tier) if super::reading::key(&tier.node) == name);
                self.moment(at, &reaching)?;
            }
        }
        Ok(())
    }

    /// "Counted from the moment the tier now held was reached, renewed or dropped to."
    pub fn counts_anew(&self, ladder: usize) -> bool {
        let window = &self.program.ladders[ladder].measure.narrow.window;
        window.as_ref().is_some_and(|window| window.node == Window::SinceReaching)
    }

    pub fn has_or(&self, ladder: usize) -> bool {
        self.program.ladders[ladder].rows.iter().any(|row| row.or.is_some())
    }

    /// The reviews of a midnight. "A review sees the windows as of the moment before its midnight and finds the highest tier
    /// whose period runs or whose threshold is met."
    pub fn reviews(&mut self, day: NaiveDate, at: Moment, balance: bool) -> Read<()> {
        for ladder in 0..self.program.ladders.len() {
            let said = &self.program.ladders[ladder];
            if matches!(said.measure.kind, MeasureKind::Balance(_)) != balance {
                continue;
            }
            let standing = &self.standings[ladder];
            let Some(joined) = self.joined.filter(|_| standing.held > 0) else { continue };
            let eve = Moment { instant: at.instant - 1, local: day.and_time(chrono::NaiveTime::MIN) - TimeDelta::microseconds(1) };
            let regular = first_day(day, said.review, self.program.sunday, joined.local.date()) == day;
            // "The end of a `keep` is itself a review."
            let yesterday = day - Days::new(1);
            let ended = standing.kept[standing.held] == Some(yesterday);
            let ended_below = (1..standing.held).any(|rung| standing.kept[rung] == Some(yesterday));
            // "Grace puts the drop off: … the drop comes at the midnight after its last day."
            let grace_ends = match (said.grace, standing.grace) {
                (Some(span), Some(first)) => Some(later(first, span) < day + Days::new(u64::from(self.program.slip == Slip::GraceShort))),
                _ => None,
            };
            if !(regular || ended || ended_below || grace_ends == Some(true)) {
                continue;
            }
            let values = self.values(ladder, eve)?;
            let runs = |rung: usize| standing.kept[rung].is_some_and(|last| last >= day);
            let held = standing.held;
            if self.counts_anew(ladder) && !runs(held) && self.meets(ladder, held, values) {
                // "Met, the tier is renewed from that midnight and the count begins at zero."
                self.standings[ladder].kept[held] = self.keep_from(ladder, day);
                self.standings[ladder].since = (self.entries.len(), self.bought.len());
                self.standings[ladder].grace = None;
                continue;
            }
            let found = (0..=held).rev().find(|rung| runs(*rung) || self.meets(ladder, *rung, values)).unwrap_or(0);
            if found >= held || said.drop == Drop::Never {
                continue;
            }
            if said.grace.is_some() && grace_ends != Some(true) {
                self.standings[ladder].grace = standing.grace.or(Some(day));
                continue;
            }
            let lands = if said.drop == Drop::OneLevel { held - 1 } else { found };
            self.standings[ladder].grace = None;
            self.standings[ladder].since = (self.entries.len(), self.bought.len());
            for rung in (lands + 1..=held).rev() {
                self.leave(ladder, rung, at)?;
            }
        }
        Ok(())
    }

    /// A rung is lost, and `on leaving` fires.
    pub fn leave(&mut self, ladder: usize, rung: usize, at: Moment) -> Read<()> {
        self.standings[ladder].held = rung - 1;
        self.write(at, Kind::TierDown, None, What::Tier(ladder, rung), -Ratio::whole(1));
        let name = self.program.ladders[ladder].rows[rung].name.clone();
        let leaving = |trigger: &Trigger| matches!(trigger, Trigger::Leaving(tier) if super::reading::key(&tier.node) == name);
        self.moment(at, &leaving)
    }
}
