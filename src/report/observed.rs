//! What a report needs of a history: counts and sentences, without the accounts.
//!
//! Observations of disjoint sets of accounts of one history merge in any order to those of all of them.

use super::metrics::behaviour::Behaviour;
use super::metrics::{Answers, Types, answers, longest_gap, types};
use super::{alike, lacking};
use crate::history::Accounting;
use crate::history::model::{History, MomentKind, Part};
use crate::program::Program;
use crate::source::Sources;
use crate::value::{Checked, Date};
use serde::{Deserialize, Serialize};

/// What is said of a whole history, whichever of its accounts are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// Every row, by what became of it.
    pub accounting: Accounting,
    /// Sentences of the readers.
    pub notes: Vec<String>,
    /// Sentences on what the program asks for and the history lacks.
    pub lacking: Vec<String>,
    /// A sentence on ids that look like one another.
    pub alike: Option<String>,
    /// The days before and after a long stretch in which nothing happens.
    pub gap: Option<(Date, Date)>,
    /// Whether anybody claims a reward.
    pub claims: bool,
    /// Customers who answered a survey, by what they say and do.
    pub types: Types,
}

/// A history as reports see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The same for every set of accounts.
    pub whole: Whole,
    /// What the customers of these accounts did.
    pub behaviour: Behaviour,
    /// What they answered to surveys.
    pub answers: Answers,
}

impl Whole {
    /// Looks at all of a history up to the end of the day `as_of` (its last if `None`). `sources` name the lines of the
    /// program that ask in vain.
    #[must_use]
    pub fn of(program: &Program, sources: Option<&Sources>, history: &History, as_of: Option<Date>) -> Self {
        let end = history.days.map(|(first, last)| as_of.unwrap_or(last).max(first));
        let claims = |part: &Part| part.moments.iter().any(|moment| matches!(moment.kind, MomentKind::Claim(_)));
        Self {
            accounting: history.accounting.clone(),
            notes: history.notes.clone(),
            lacking: lacking::notes(program, history, sources),
            alike: alike::sentence(history),
            gap: end.and_then(|end| longest_gap(history, &program.zone, end)),
            claims: history.parts.iter().any(claims),
            types: types(history, &program.zone, as_of),
        }
    }
}

impl Observed {
    /// Looks at a history up to the end of the day `as_of` (its last if `None`), with the program as if it started on
    /// `start`.
    ///
    /// # Errors
    /// [`crate::value::Overflow`] if sums of money do not fit.
    pub fn of(whole: Whole, program: &Program, history: &History, as_of: Option<Date>, start: Option<Date>) -> Checked<Self> {
        let life = (start.or(program.starts), program.ends);
        let answers = Answers { types: whole.types, ..answers(history, &program.zone, as_of) };
        Ok(Self { whole, behaviour: Behaviour::of(history, &program.zone, as_of, life)?, answers })
    }

    /// Adds the observations of other accounts of the same history.
    ///
    /// # Errors
    /// [`crate::value::Overflow`] if sums of money do not fit.
    pub fn merge(self, other: Self) -> Checked<Self> {
        Ok(Self { whole: self.whole, behaviour: self.behaviour.merge(other.behaviour)?, answers: self.answers.merge(other.answers) })
    }
}
