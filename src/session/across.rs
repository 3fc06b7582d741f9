//! What customers share, where each machine has only some of them: parts are run within a world, which `merge` makes of what
//! all parts say, until nothing moves any more.

use super::Session;
use super::partial::{MergeError, Partial};
use crate::assumptions::Assumptions;
use crate::engine::{self, Heard, Scenario, World};
use crate::value::Date;
use serde::{Deserialize, Serialize};

/// The form of worlds; a reader takes no other.
const VERSION: u32 = 1;

/// What parts cannot know by themselves, by run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worlds {
    version: u32,
    tool: String,
    pub(super) worlds: Vec<World>,
}

impl Worlds {
    fn new(worlds: Vec<World>) -> Self {
        Self { version: VERSION, tool: env!("CARGO_PKG_VERSION").to_owned(), worlds }
    }

    /// As a file keeps them.
    ///
    /// # Errors
    /// Never, as far as is known; in words.
    pub fn encode(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|error| error.to_string())
    }

    /// Reads what [`Worlds::encode`] wrote.
    ///
    /// # Errors
    /// In words, without a full stop.
    pub fn decode(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|_| "it is nothing that merge --world writes, or it is damaged".to_owned())?;
        if read.version != VERSION || read.tool != env!("CARGO_PKG_VERSION") {
            return Err(format!("it was made by another version of loyalty-dsl ({}); begin anew with this one", read.tool));
        }
        Ok(read)
    }
}

/// Within which world a part was run, and what its accounts say to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Across {
    /// The last day of the books.
    pub last: Date,
    pub worlds: Vec<World>,
    pub heard: Vec<Vec<Heard>>,
}

impl Across {
    /// Adds what other parts say; `false` if they were run within another world.
    pub fn merge(&mut self, other: Self) -> bool {
        let same = (self.last, &self.worlds) == (other.last, &other.worlds);
        for (mine, theirs) in self.heard.iter_mut().zip(other.heard) {
            mine.extend(theirs);
        }
        same
    }
}

impl Partial {
    /// What has moved since the world within which all parts were run; `None` if nothing has, or customers share nothing.
    ///
    /// # Errors
    /// [`MergeError`] in words.
    pub fn next_world(&self) -> Result<Option<Worlds>, MergeError> {
        let Some(across) = &self.across else { return Ok(None) };
        let session = self.session();
        let next = session.next_worlds(self, across).map_err(|error| MergeError(error.message))?;
        Ok((next != across.worlds).then(|| Worlds::new(next)))
    }
}

impl Session {
    fn next_worlds(&self, partial: &Partial, across: &Across) -> Result<Vec<World>, engine::RunError> {
        let ends: Vec<Assumptions> = self.ends(&partial.settings)?;
        let program = self.checked()?;
        let scenarios: Vec<Scenario<'_>> = ends.iter().map(|assumptions| Scenario { program, assumptions }).collect();
        engine::next_worlds(&scenarios, &super::run::engine_options(&partial.settings), across.last, &across.heard)
    }
}
