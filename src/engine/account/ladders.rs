//! Ladders: where an account stands, and how it came to stand there: the tests that met a threshold, the moves by hand, and
//! the eras in which each rung was held. A return lowers the tests that came after its purchase; what stands is found anew
//! from what is left. What reaching and leaving a rung granted (`G`) is kept for others, not looked at.

use crate::engine::heights::Heights;
use crate::program;
use crate::value::{Date, DateTime};

/// The ladder of one account.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Ladder<G> {
    pub held: u8,
    /// By rung: the midnight from which its keep period no longer runs.
    pub keep: Vec<Option<Date>>,
    /// The midnight of the next review; `None` where none can change anything.
    pub review: Option<Date>,
    /// The midnight at which a drop put off by grace comes.
    pub grace: Option<Date>,
    /// Whether its measure can fall without a return.
    pub falls: bool,
    /// How it came to stand where it stands, kept where returns may undo it.
    pub climb: Climb<G>,
}

impl<G: Default> Ladder<G> {
    pub fn new(ladder: &program::Ladder) -> Self {
        Self { keep: vec![None; ladder.rungs.len()], ..Self::default() }
    }

    pub fn clear(&mut self) {
        self.held = 0;
        self.keep.fill(None);
        self.review = None;
        self.grace = None;
        self.climb = Climb::default();
    }
}

/// A test of the ladder that met some threshold.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Point {
    pub at: DateTime,
    /// Purchases made by then, and the purchase that made it, if one did.
    pub bought: u32,
    pub purchase: Option<u32>,
    pub tick: u64,
    /// By measure of the ladder: by how much the event had raised it.
    pub raised: Vec<i64>,
}

/// A tier given by hand: `move to tier`, `in tier`.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Hand {
    pub number: u32,
    pub rung: u8,
    pub keep: Option<Date>,
    pub on: Date,
    pub place: usize,
    /// It keeps the rungs below as well.
    pub keeps_all: bool,
}

/// A time in which a rung was held.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Era<G> {
    pub rung: u8,
    /// Where it was reached, and behind its end. Points have odd places, moves by hand even ones between them.
    pub reached: usize,
    pub to: Option<usize>,
    /// The day on which it was dropped.
    pub dropped: Option<Date>,
    /// Until when the level that it was dropped to is held for that.
    pub landing: Option<Date>,
    /// What reaching it granted, and leaving it.
    pub granted: G,
    pub left: G,
}

/// The past of a ladder.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Climb<G> {
    /// The measures of its thresholds, and what they came to at each point.
    pub heights: Vec<(usize, Heights)>,
    pub points: Vec<Point>,
    pub hands: Vec<Hand>,
    pub moves: u32,
    pub eras: Vec<Era<G>>,
    /// Whether anything fell since it was last looked at, and since what was due was asked for.
    pub fell: bool,
    pub overdue: bool,
}

impl<G: Default> Climb<G> {
    pub fn new(ladder: &program::Ladder) -> Self {
        let mut heights: Vec<(usize, Heights)> = Vec::new();
        for id in std::iter::once(ladder.measure).chain(ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id))) {
            if !heights.iter().any(|(known, _)| *known == id.index()) {
                heights.push((id.index(), Heights::default()));
            }
        }
        Self { heights, ..Self::default() }
    }

    /// The place of the latest point.
    pub fn last_place(&self) -> usize {
        (self.points.len() * 2).saturating_sub(1)
    }

    /// Notes a tier given by hand; says its place and number.
    pub fn note_hand(&mut self, rung: u8, keep: Option<Date>, on: Date, keeps_all: bool) -> (usize, u32) {
        let place = self.points.len() * 2;
        self.moves += 1;
        self.hands.push(Hand { number: self.moves, rung, keep, on, place, keeps_all });
        (place, self.moves)
    }

    pub fn begin_era(&mut self, rung: u8, place: usize) {
        self.eras.push(Era { rung, reached: place, to: None, dropped: None, landing: None, granted: G::default(), left: G::default() });
    }

    pub fn open_era(&mut self, rung: u8) -> Option<&mut Era<G>> {
        self.eras.iter_mut().rev().find(|era| era.rung == rung && era.to.is_none())
    }

    pub fn end_era(&mut self, rung: u8, on: Date, left: G) {
        let end = self.points.len() * 2;
        if let Some(era) = self.open_era(rung) {
            (era.to, era.dropped, era.left) = (Some(end), Some(on), left);
        }
    }

    /// The drop that ended the latest time at a rung holds the one below until some day.
    pub fn land(&mut self, from: usize, until: Option<Date>) {
        if let Some(era) = self.eras.iter_mut().rev().find(|era| usize::from(era.rung) == from) {
            era.landing = until;
        }
    }

    /// Until when a drop from a rung holds the one below.
    pub fn landed_from(&self, from: u8) -> Option<Date> {
        self.eras.iter().rev().find(|era| era.rung == from).and_then(|era| era.landing)
    }

    /// The last day on which a rung above was dropped: this one was asked for no more until the next review.
    pub fn last_drop_above(&self, rung: u8) -> Option<Date> {
        self.eras.iter().filter(|era| era.rung > rung).filter_map(|era| era.dropped).max()
    }

    /// A move by hand is taken back.
    pub fn take_back_hand(&mut self, number: u32) {
        self.hands.retain(|hand| hand.number != number);
        (self.fell, self.overdue) = (true, true);
    }

    /// Nothing was ever reached.
    pub fn forget(&mut self) {
        self.hands.clear();
        for place in 0..self.points.len() {
            self.heights.iter_mut().for_each(|(_, heights)| heights.take_back(place));
        }
        (self.fell, self.overdue) = (true, true);
    }

    pub fn first_meeting(&self, ladder: &program::Ladder, rung: usize, run: (usize, usize)) -> Option<usize> {
        self.meeting(ladder, rung, |heights, threshold| heights.first(run.0, run.1, threshold)).into_iter().flatten().min()
    }

    pub fn last_meeting(&self, ladder: &program::Ladder, rung: usize, run: (usize, usize)) -> Option<usize> {
        self.meeting(ladder, rung, |heights, threshold| heights.last(run.0, run.1, threshold)).into_iter().flatten().max()
    }

    pub fn meeting(&self, ladder: &program::Ladder, rung: usize, ask: impl Fn(&Heights, i64) -> Option<usize>) -> [Option<usize>; 2] {
        let Some(row) = ladder.rungs.get(rung) else { return [None, None] };
        let asked = |measure: usize, threshold: i64| {
            self.heights.iter().find(|(known, _)| *known == measure).and_then(|(_, heights)| ask(heights, threshold))
        };
        [row.from.and_then(|from| asked(ladder.measure.index(), from)), row.or.and_then(|(id, from)| asked(id.index(), from))]
    }

    /// The first place in an era at which the rung, or one above it, was met or given.
    pub fn stands_from(&self, ladder: &program::Ladder, era: &Era<G>, after: usize) -> Option<usize> {
        let run = run(after, era.to);
        let met = (usize::from(era.rung)..ladder.rungs.len()).filter_map(|rung| self.first_meeting(ladder, rung, run));
        let given = |hand: &&Hand| hand.rung >= era.rung && hand.place >= after && era.to.is_none_or(|to| hand.place < to);
        let given = self.hands.iter().filter(given).map(|hand| hand.place);
        met.map(|point| point * 2 + 1).chain(given).min()
    }

    /// The last day on which the rung held, or one above it, was met or given.
    pub fn last_stood(&self, ladder: &program::Ladder, held: u8) -> Option<Date> {
        let era = self.eras.iter().rev().find(|era| era.rung == held && era.to.is_none())?;
        let run = run(era.reached, None);
        let met = (usize::from(held)..ladder.rungs.len()).filter_map(|rung| self.last_meeting(ladder, rung, run)).max();
        let met = met.and_then(|point| self.points.get(point)).map(|point| point.at.date());
        let given = self.hands.iter().filter(|hand| hand.rung >= held && hand.place >= era.reached).map(|hand| hand.on);
        met.into_iter().chain(given).max()
    }
}

/// The points between two places.
pub(in crate::engine) fn run(from: usize, to: Option<usize>) -> (usize, usize) {
    (from / 2, to.map_or(usize::MAX, |to| to / 2))
}
