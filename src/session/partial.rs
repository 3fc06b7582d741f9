//! What a run over some of the accounts gives: sums that merge in any order to those of all of them.

use super::across::Across;
use super::{RunsOf, Session, Shard, Texts};
use crate::engine::RunError;
use crate::history::model::History;
use crate::program::Program;
use crate::report::Observed;
use crate::report::deep::Deep;
use crate::value::{Date, Overflow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The form of partial results; a reader takes no other.
const VERSION: u32 = 3;

/// What a run was told beside program and history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The history's file as named by the user.
    pub history: String,
    /// The text of the assumptions file.
    pub assumptions: Option<String>,
    /// Close the books at the end of this day; `None`: the last day of the history.
    pub as_of: Option<Date>,
    /// As if the program had started on this day; `None`: as it says.
    pub start: Option<Date>,
    /// The day on which the history opens the books, once it is known: the program starts then.
    #[serde(default)]
    pub opening: Option<Date>,
    /// In place of the seed of the assumptions.
    pub seed: Option<u64>,
    /// Whether the report tells everything: models are fitted too.
    #[serde(skip)]
    pub full: bool,
    /// Whether the program is run without each rule too.
    #[serde(skip)]
    pub leave_one_out: bool,
    /// Threads; 0 for as many as there are cores. They change no result, so partial results do not keep it.
    #[serde(skip)]
    pub threads: usize,
}

impl Settings {
    /// For a history that may open the books on a day of its own.
    ///
    /// # Errors
    /// [`RunError`] where another start is wanted, or the program starts later.
    pub fn opened(&self, program: &Program, history: &History) -> Result<Self, RunError> {
        let Some(opening) = history.opening else { return Ok(self.clone()) };
        let refuse = |message: String| Err(RunError { message });
        if let Some(start) = self.start.filter(|start| *start != opening) {
            return refuse(format!(
                "The history says what members hold on {opening}, and the program is to start on {start}: leave the start out, or the \
                 opening."
            ));
        }
        if let Some(starts) = program.starts.filter(|starts| *starts > opening) {
            return refuse(format!(
                "The history says what members hold on {opening}, but the program only starts on {starts}: write opening: {{ at: \
                 {starts}, … }}, or let the program start earlier."
            ));
        }
        Ok(Self { start: Some(opening), opening: Some(opening), ..self.clone() })
    }
}

/// The result of a run over one shard, or over several merged, or over everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    version: u32,
    tool: String,
    texts: Texts,
    params: Vec<(String, String)>,
    pub(super) settings: Settings,
    /// Of how many shards, and which of them are in here.
    of: u32,
    shards: BTreeSet<u32>,
    /// Tells histories apart.
    data: u64,
    pub(super) observed: Observed,
    pub(super) runs: RunsOf,
    /// What the further purchases of a response came to, by run, in minor units; empty where none is assumed. The base is last.
    further_sales: Vec<i128>,
    /// What was kept where everything is told.
    pub(super) deep: Option<Deep>,
    /// Where customers share something and this is a part of them.
    pub(super) across: Option<Across>,
}

/// What was run: the sums, what further purchases came to in each run with the base last, and what was kept beside.
#[derive(Debug)]
pub(super) struct Ran {
    pub runs: RunsOf,
    pub further_sales: Vec<i128>,
    pub deep: Option<Deep>,
    pub across: Option<Across>,
}

/// Why partial results do not go together: a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeError(pub String);

impl Partial {
    pub(super) fn new(
        session: &Session,
        settings: Settings,
        (shard, data): (Option<Shard>, u64),
        observed: Observed,
        Ran { runs, further_sales, deep, across }: Ran,
    ) -> Self {
        Self {
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            texts: session.texts.clone(),
            params: session.params.clone(),
            settings: Settings { threads: 0, ..settings },
            of: shard.map_or(1, Shard::of),
            shards: BTreeSet::from([shard.map_or(1, Shard::index)]),
            data,
            observed,
            runs,
            further_sales,
            deep,
            across,
        }
    }

    /// What further purchases came to in each run, in the order of [`Runs::all`]; empty where no response is assumed.
    pub(super) fn further_sales(&self) -> Vec<i128> {
        match self.further_sales.as_slice() {
            [low, high, base] => vec![*low, *base, *high],
            others => others.to_vec(),
        }
    }

    /// As a file keeps it.
    ///
    /// # Errors
    /// Never, as far as is known; in words.
    pub fn encode(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|error| error.to_string())
    }

    /// Reads what [`Partial::encode`] wrote.
    ///
    /// # Errors
    /// In words, without a full stop.
    pub fn decode(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
            tool: String,
        }
        let head: Head =
            serde_json::from_str(text).map_err(|_| "it is no partial result (simulate --shard 1/4 --partial FILE makes one)".to_owned())?;
        if head.version != VERSION || head.tool != env!("CARGO_PKG_VERSION") {
            return Err(format!("it was made by another version of loyalty-dsl ({}); make all parts anew with this one", head.tool));
        }
        serde_json::from_str(text).map_err(|error| format!("it is damaged: {error}"))
    }

    /// The program that was run, read again from the texts kept here.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::load(self.texts.main(), &mut self.texts.clone(), &self.params)
    }

    /// Every account with what it bought and got; none where they were not kept.
    #[must_use]
    pub fn accounts(&self) -> &[crate::report::accounts::AccountRow] {
        self.deep.as_ref().map_or(&[], |deep| &deep.accounts)
    }

    /// The same result for a report that tells everything, or not.
    #[must_use]
    pub fn told(mut self, full: bool) -> Self {
        self.settings.full = full;
        self
    }

    /// Of how many shards.
    #[must_use]
    pub fn of(&self) -> u32 {
        self.of
    }

    /// The shards that are missing to a whole.
    #[must_use]
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of).filter(|shard| !self.shards.contains(shard)).collect()
    }

    /// Adds another shard's result.
    ///
    /// # Errors
    /// [`MergeError`] if it is of another program, history or setting, or of accounts that are in here already.
    pub fn merge(mut self, other: Self) -> Result<Self, MergeError> {
        let differs = |what: &str| Err(MergeError(format!("They are of different {what}, so they do not add up.")));
        if (&self.texts, &self.params) != (&other.texts, &other.params) {
            return differs("programs");
        }
        if self.settings != other.settings {
            return differs("settings (history, assumptions, days or seed)");
        }
        if self.data != other.data
            || self.observed.whole != other.observed.whole
            || self.observed.behaviour.days != other.observed.behaviour.days
        {
            return differs("histories");
        }
        if self.of != other.of {
            return Err(MergeError(format!("One is a part of {}, another of {}.", self.of, other.of)));
        }
        if let Some(twice) = self.shards.intersection(&other.shards).next() {
            return Err(MergeError(format!("Part {twice} of {} is there twice.", self.of)));
        }
        let too_large = |_| MergeError("The sums are too large to be kept exactly.".to_owned());
        let same = match (&mut self.across, other.across) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            (mine, theirs) => mine.is_none() && theirs.is_none(),
        };
        if !same {
            return Err(MergeError("They were run with different --world files: run all parts with the same one.".to_owned()));
        }
        self.shards.extend(other.shards);
        self.observed = self.observed.merge(other.observed).map_err(too_large)?;
        for (mine, theirs) in self.further_sales.iter_mut().zip(&other.further_sales) {
            *mine = mine.checked_add(*theirs).ok_or(Overflow).map_err(too_large)?;
        }
        if let (Some(mine), Some(theirs)) = (&mut self.deep, &other.deep) {
            mine.merge(theirs).map_err(too_large)?;
        }
        match (&mut self.runs, &other.runs) {
            (RunsOf::One(mine), RunsOf::One(theirs)) => mine.merge(theirs).map_err(too_large)?,
            (RunsOf::Envelope { never, soon }, RunsOf::Envelope { never: low, soon: high }) => {
                never.merge(low).map_err(too_large)?;
                soon.merge(high).map_err(too_large)?;
            }
            (RunsOf::Ranges { low, base, high }, RunsOf::Ranges { low: least, base: middle, high: most }) => {
                for (mine, theirs) in [(low, least), (base, middle), (high, most)] {
                    mine.merge(theirs).map_err(too_large)?;
                }
            }
            _ => return differs("assumptions"),
        }
        Ok(self)
    }
}
