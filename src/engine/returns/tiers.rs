//! Returns: tiers and keep periods that would not have been reached go, and what is overdue falls due.

use crate::engine::account::ladders::{Climb, Era, Point, run};
use crate::engine::evaluator::Account;
use crate::engine::evaluator::tiers::{ladder_source, tier_id};
use crate::engine::ledger::{Entry, Kind, Unit};
use crate::engine::listener::Listener;
use crate::engine::state::kept::Granted;
use crate::engine::windows::is_inside;
use crate::engine::{calendar, work};
use crate::plan::Given;
use crate::program;
use crate::program::{DropPolicy, MeasureKind, Window};
use crate::value::{Checked, Date, DateTime};

/// What keeps a rung: a point, or a tier given by hand until some day.
enum Keeps {
    Point(Date),
    Hand(Option<Date>),
}

impl<R: Listener> Account<'_, R> {
    /// A measure would have been lower from `at` on: what ladders saw of it falls. Of a balance all that came later falls.
    pub fn lower_points(&mut self, measure: usize, at: DateTime, purchase: Option<u32>, less: i64) {
        let periods = self.periods();
        let (window, tick) = (self.plan.program.measures[measure].window, self.s.granted_at.map_or(self.s.tick, |(_, tick)| tick));
        let end = self.s.measures[measure].end_behind(at);
        let is_balance = matches!(self.plan.program.measures[measure].kind, MeasureKind::Balance(_));
        for climb in self.s.ladders.iter_mut().map(|ladder| &mut ladder.climb) {
            let Some(column) = climb.heights.iter().position(|(known, _)| *known == measure) else { continue };
            let from = match purchase {
                Some(purchase) => climb.points.partition_point(|point| point.bought <= purchase),
                None => climb.points.partition_point(|point| point.tick <= tick),
            };
            let inside = |point: &Point| is_balance || is_inside(window, at, point.at, periods);
            let sure = match window {
                // Up to where the count began anew.
                Window::SinceReaching(_) => end.map_or(climb.points.len(), |place| place.div_ceil(2)).max(from),
                Window::Last(span) if !is_balance => {
                    // Months end on different days: near the edge each point is asked.
                    let near = DateTime(at.0 - 4 * 86_400_000_000);
                    from + climb.points[from..].partition_point(|point| calendar::earlier(point.at, span) < near)
                }
                _ => from + climb.points[from..].partition_point(inside),
            };
            let heights = &mut climb.heights[column].1;
            heights.lower(from, sure, less);
            if let Window::Last(span) = window {
                let far = DateTime(at.0 + 4 * 86_400_000_000);
                for (place, point) in climb.points.iter().enumerate().skip(sure) {
                    work::count(1);
                    if calendar::earlier(point.at, span) > far {
                        break;
                    }
                    if inside(point) {
                        heights.lower(place, place + 1, less);
                    }
                }
            }
            (climb.fell, climb.overdue) = (true, true);
            for place in from..climb.points.len() {
                work::count(1);
                let point = &mut climb.points[place];
                if purchase.is_none_or(|purchase| point.bought != purchase.saturating_add(1)) {
                    break;
                }
                if point.purchase == purchase {
                    point.raised[column] -= less;
                    // What raises nothing any more meets nothing.
                    if point.raised.iter().all(|raised| *raised <= 0) {
                        climb.heights.iter_mut().for_each(|(_, heights)| heights.take_back(place));
                    }
                }
            }
        }
    }

    /// A purchase that came back whole is no event any more: it meets nothing.
    pub fn take_back_points(&mut self, gone: Option<u32>) {
        let Some(gone) = gone else { return };
        for climb in self.s.ladders.iter_mut().map(|ladder| &mut ladder.climb) {
            let from = climb.points.partition_point(|point| point.bought <= gone);
            for place in from..climb.points.len() {
                if climb.points[place].bought != gone.saturating_add(1) {
                    break;
                }
                if climb.points[place].purchase == Some(gone) {
                    climb.heights.iter_mut().for_each(|(_, heights)| heights.take_back(place));
                    (climb.fell, climb.overdue) = (true, true);
                }
            }
        }
    }

    /// Tiers and keep periods that would not have been reached without what fell go at once. Whether any did.
    pub fn take_back_tiers(&mut self) -> Checked<bool> {
        let mut any = false;
        for index in 0..self.s.ladders.len() {
            // What reaching a tier granted may have led to another.
            while std::mem::take(&mut self.s.ladders[index].climb.fell) {
                any |= self.take_back_eras(index)?;
                self.keep_anew(index);
            }
        }
        Ok(any)
    }

    fn take_back_eras(&mut self, index: usize) -> Checked<bool> {
        let ladder = &self.plan.program.ladders[index];
        let (mut place, mut undone) = (0, Vec::new());
        while place < self.s.ladders[index].climb.eras.len() {
            work::count(1);
            let climb = &self.s.ladders[index].climb;
            let era = &climb.eras[place];
            let stands = climb.stands_from(ladder, era, era.reached);
            if stands == Some(era.reached) {
                place += 1;
                continue;
            }
            match self.stands_without_own(index, place) {
                Some(later) => {
                    let climb = &mut self.s.ladders[index].climb;
                    let era = &mut climb.eras[place];
                    let (rung, from) = (era.rung, era.granted.at);
                    era.reached = later;
                    let at = climb.points.get(later / 2).filter(|_| later % 2 == 1).map(|point| point.at);
                    self.lower_timed_tiers(index, rung, from, at);
                    place += 1;
                }
                None => undone.push(self.s.ladders[index].climb.eras.remove(place)),
            }
        }
        if undone.is_empty() {
            return Ok(false);
        }
        for era in &undone {
            self.take_back_granted(&era.granted)?;
            self.take_back_granted(&era.left)?;
            let ended = era.to.map(|_| era.left.at);
            self.lower_timed_tiers(index, era.rung, era.granted.at, ended);
            let totals = &mut self.totals.tiers[index][usize::from(era.rung)];
            totals.reached = totals.reached.saturating_sub(1);
            if era.to.is_some() {
                totals.lost = totals.lost.saturating_sub(1);
            }
        }
        for era in &undone {
            let places = [Some(era.reached), era.to];
            for place in places.into_iter().flatten() {
                let stands = |other: &Era<Granted>| other.reached == place || other.to == Some(place);
                if !self.s.ladders[index].climb.eras.iter().any(stands) {
                    self.never_began_anew(index, place);
                }
            }
        }
        let mut open: Vec<u8> = undone.iter().filter(|era| era.to.is_none()).map(|era| era.rung).collect();
        open.sort_unstable_by(|a, b| b.cmp(a));
        for rung in open {
            let tier = tier_id(index, usize::from(rung));
            self.s.ladders[index].held = self.s.ladders[index].held.min(rung.saturating_sub(1));
            self.s.ladders[index].keep[usize::from(rung)] = None;
            self.s.ladders[index].grace = None;
            self.write_entry(Entry::new(ladder_source(index), Kind::TierDown(tier), -1, Unit::Count));
            self.never_protected(tier);
        }
        Ok(true)
    }

    /// What counts since a tier was reached never began anew there.
    fn never_began_anew(&mut self, index: usize, place: usize) {
        for measure in 0..self.plan.program.measures.len() {
            if !matches!(self.plan.program.measures[measure].window, Window::SinceReaching(of) if of.index() == index) {
                continue;
            }
            let Some((more, next)) = self.s.measures[measure].take_back_turn(place) else { continue };
            let climb = &mut self.s.ladders[index].climb;
            let to = next.map_or(climb.points.len(), |next| next.div_ceil(2));
            for (_, heights) in climb.heights.iter_mut().filter(|(known, _)| *known == measure) {
                heights.lower(place.div_ceil(2), to, more.saturating_neg());
            }
        }
    }

    /// Where the tier held was reached or last renewed by a threshold met, as it stands without what came back; what is void began
    /// nothing anew.
    fn last_renewal(&mut self, index: usize, held: u8) -> Option<DateTime> {
        let ladder = &self.plan.program.ladders[index];
        let reached = self.s.ladders[index].climb.eras.iter().rev().find(|era| era.rung == held && era.to.is_none())?.reached;
        for place in self.s.measures[ladder.measure.index()].ends() {
            if place < reached || place % 2 == 0 {
                break;
            }
            let climb = &self.s.ladders[index].climb;
            let point = place / 2;
            if (usize::from(held)..ladder.rungs.len()).any(|rung| climb.first_meeting(ladder, rung, (point, point + 1)).is_some()) {
                return climb.points.get(point).map(|point| point.at);
            }
            self.never_began_anew(index, place);
        }
        None
    }

    /// Where a rung would have been reached later without what reaching it granted: a tier does not hold itself. From
    /// there on that counts.
    fn stands_without_own(&mut self, index: usize, place: usize) -> Option<usize> {
        let (ladder, periods) = (&self.plan.program.ladders[index], self.periods());
        let climb = &mut self.s.ladders[index].climb;
        let era = climb.eras[place].clone();
        let own = |kind: &MeasureKind| -> i64 {
            let (MeasureKind::Earned(wallet) | MeasureKind::Balance(wallet)) = kind else { return 0 };
            let of = |given: Given| matches!(given, Given::Grant(id) | Given::Earn(id) | Given::Multiply(id) if id == *wallet);
            era.granted.awards.iter().filter(|(award, ..)| of(award.given)).map(|(award, ..)| award.reward.granted).sum()
        };
        let own: Vec<i64> = climb.heights.iter().map(|(measure, _)| own(&self.plan.program.measures[*measure].kind)).collect();
        let from = climb.points.partition_point(|point| point.tick <= era.granted.tick);
        let holds = |measure: usize, point: &Point| {
            let measure = &self.plan.program.measures[measure];
            matches!(measure.kind, MeasureKind::Balance(_)) || is_inside(measure.window, era.granted.at, point.at, periods)
        };
        let change = |climb: &mut Climb<Granted>, run: std::ops::Range<usize>, sign: i64| {
            for ((measure, heights), less) in climb.heights.iter_mut().zip(&own).filter(|(_, less)| **less != 0) {
                for place in run.clone() {
                    if holds(*measure, &climb.points[place]) {
                        heights.lower(place, place + 1, sign * less);
                    }
                }
            }
        };
        let all = from..climb.points.len();
        change(climb, all.clone(), 1);
        let found = climb.stands_from(ladder, &era, era.reached + 1);
        // What stands was tested before the grant; points behind it saw the grant again.
        change(climb, found.map_or(from, |found| (found.div_ceil(2)).max(from))..all.end, -1);
        found
    }

    /// Keep periods of rungs held, as what is left of their eras says.
    fn keep_anew(&mut self, index: usize) {
        let ladder = &self.plan.program.ladders[index];
        for rung in 1..=self.s.ladders[index].held {
            if rung == self.s.ladders[index].held && self.counts_anew(index) {
                if let Some(at) = self.last_renewal(index, rung) {
                    self.s.ladders[index].keep[usize::from(rung)] = self.keep_until(index, at.date());
                }
                continue;
            }
            let climb = &self.s.ladders[index].climb;
            let Some(era) = climb.eras.iter().rev().find(|era| era.rung == rung && era.to.is_none()) else { continue };
            let met = climb.last_meeting(ladder, usize::from(rung), run(era.reached, None));
            let given = climb.hands.iter().filter(|hand| hand.place >= era.reached);
            let given = given.filter(|hand| hand.rung == rung || hand.keeps_all && hand.rung > rung).max_by_key(|hand| hand.place);
            let latest = match (met, given) {
                (Some(point), Some(hand)) if hand.place > point * 2 => Some(Keeps::Hand(hand.keep)),
                (Some(point), _) => climb.points.get(point).map(|point| Keeps::Point(point.at.date())),
                (None, given) => given.map(|hand| Keeps::Hand(hand.keep)),
            };
            let keep = match latest {
                Some(Keeps::Point(date)) => self.keep_until(index, date),
                Some(Keeps::Hand(keep)) => keep,
                None => None,
            };
            let landed = self.s.ladders[index].climb.landed_from(rung + 1);
            self.s.ladders[index].keep[usize::from(rung)] = keep.max(landed);
        }
        self.plan_review(index);
    }

    /// What a return has made overdue: reviews that would have found less than they did, keep periods that ended long ago.
    pub fn tiers_fall_due(&mut self) -> Checked<()> {
        for index in 0..self.s.ladders.len() {
            if std::mem::take(&mut self.s.ladders[index].climb.overdue) {
                while self.drop_overdue(index)? {}
                self.plan_review(index);
            }
        }
        Ok(())
    }

    /// One drop that is overdue, if one is. It counts as made on the day on which it would have come, so that what follows it, by
    /// one level after another or after grace, is due when it would have been.
    fn drop_overdue(&mut self, index: usize) -> Checked<bool> {
        let ladder = &self.plan.program.ladders[index];
        let held = self.s.ladders[index].held;
        if held == 0 || !self.s.ladders[index].falls {
            return Ok(false);
        }
        let Some(since) = self.s.ladders[index].climb.last_stood(ladder, held) else { return Ok(false) };
        let since = match self.counts_anew(index).then(|| self.last_renewal(index, held)).flatten() {
            Some(at) => at.date(),
            None => since,
        };
        let dropped = self.s.ladders[index].climb.last_drop_above(held).filter(|drop| *drop >= since);
        // The review that took the tier above found this one, if it still does.
        let found_then = dropped.filter(|_| ladder.drop == DropPolicy::ToQualifying).map(|day| (day, self.found_then(index, held, day)));
        let found_then = found_then.filter(|(_, found)| *found < usize::from(held));
        let overdue = found_then.or_else(|| self.overdue_since(index, held, dropped.unwrap_or(since)));
        let Some((day, found)) = overdue else { return Ok(false) };
        if day > self.today {
            self.s.ladders[index].grace = Some(day);
            return Ok(false);
        }
        self.s.ladders[index].grace = None;
        self.count_anew(index, None, self.local);
        let target = match ladder.drop {
            DropPolicy::ToQualifying => found,
            DropPolicy::OneLevel => usize::from(held) - 1,
            DropPolicy::Never => return Ok(false),
        };
        self.drop_to(index, usize::from(held), target, day)?;
        self.land(index, usize::from(held), target, day);
        // What counts since the drop begins now, and is looked at from now on.
        Ok(target > 0 && (ladder.drop == DropPolicy::ToQualifying || !self.counts_anew(index)))
    }

    /// The day of the first drop after `since`, later than today only where grace puts it off, and what is found on it.
    fn overdue_since(&self, index: usize, held: u8, mut since: Date) -> Option<(Date, usize)> {
        loop {
            let (due, found) = self.failed_review(index, held, since)?;
            let Some(grace) = self.plan.program.ladders[index].grace else { return Some((due, found)) };
            // What it falls to shows when grace is over.
            let end = calendar::last_day(due, grace).plus_days(1);
            if end > self.today {
                return Some((end, found));
            }
            let found = self.found_then(index, held, end);
            if found < usize::from(held) {
                return Some((end, found));
            }
            since = end;
        }
    }

    /// The first review after `since`, up to today, that would not find the rung held, and what it would find.
    fn failed_review(&self, index: usize, held: u8, since: Date) -> Option<(Date, usize)> {
        let (ladder, periods) = (&self.plan.program.ladders[index], self.periods());
        let keep = &self.s.ladders[index].keep;
        let mut day = since;
        loop {
            work::count(1);
            let ends = keep.iter().flatten().copied().filter(|end| *end > day).min();
            day = periods.next(day, ladder.review).min(ends.unwrap_or(Date::MAX));
            if day > self.today {
                return None;
            }
            if keep[usize::from(held)].is_some_and(|end| end > day) {
                continue;
            }
            let found = self.found_then(index, held, day);
            if found < usize::from(held) {
                return Some((day, found));
            }
        }
    }

    /// What a review at the midnight of `day` would have found, up to the rung held.
    fn found_then(&self, index: usize, held: u8, day: Date) -> usize {
        let ladder = &self.plan.program.ladders[index];
        let before = DateTime(day.midnight().0 - 1);
        let runs = |rung: usize| self.s.ladders[index].keep[rung].is_some_and(|end| end > day);
        (1..=usize::from(held)).rev().find(|rung| runs(*rung) || self.met_then(ladder, *rung, before)).unwrap_or(0)
    }

    /// Whether a threshold was met at some moment, with what came back since taken off.
    fn met_then(&self, ladder: &program::Ladder, rung: usize, at: DateTime) -> bool {
        let Some(row) = ladder.rungs.get(rung) else { return false };
        let then = |id: program::MeasureId| {
            let measure = &self.plan.program.measures[id.index()];
            match measure.kind {
                MeasureKind::Balance(wallet) => self.s.wallets[wallet.index()].balance,
                MeasureKind::Different(_) => self.s.different[id.index()].as_of(measure.window, at, self.periods()),
                _ => self.s.measures[id.index()].as_of(measure.window, at, self.periods()),
            }
        };
        row.from.is_some_and(|from| then(ladder.measure) >= from) || row.or.is_some_and(|(id, from)| then(id) >= from)
    }
}
