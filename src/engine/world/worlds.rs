//! What an account cannot know by itself, and what it says to others: the forms in which accounts, and machines, hear of each
//! other.

use crate::engine::award::Award;
use crate::engine::events::{Turn, returned_purchases};
use crate::history::model::{Account, Part};
use crate::plan::Plan;
use crate::program::DrawId;
use crate::value::{Date, Instant};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A step in the order of all accounts: what an account does at a turn, or what that sets off in others, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::engine) struct Step {
    pub turn: Turn,
    /// The account whose turn it is.
    pub account: String,
    /// What it sets off.
    pub sub: u32,
}

/// A pot in one of its periods.
pub(in crate::engine) type Period = (usize, Option<Date>);

/// Where a pot closes, and what was left in it when that step began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Closing {
    pub step: Step,
    pub left: i64,
}

/// Something for an account, at a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Mail {
    pub step: Step,
    pub what: Letter,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum Letter {
    /// A customer whom this account referred made a first purchase as a member, and took it back.
    Referral {
        friend: String,
        purchase: u32,
    },
    TakenBack {
        friend: String,
        purchase: u32,
    },
    /// What the referrer's rules grant to the friend.
    Gifts {
        purchase: u32,
        awards: Vec<Award>,
    },
    /// A draw was won.
    Prize(DrawId, Date),
}

/// What accounts cannot know by themselves: which pots close when, and what others set off for them. Machines that share a
/// history among them hand it over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    #[serde(with = "pairs")]
    pub(in crate::engine) closings: BTreeMap<Period, Closing>,
    /// By account, in order.
    pub(in crate::engine) mail: BTreeMap<String, Vec<Mail>>,
    /// Accounts that referred somebody who returns something: they keep what that may undo.
    pub(in crate::engine) journals: BTreeSet<String>,
}

/// Maps whose keys are no texts, as lists of pairs.
mod pairs {
    use super::{BTreeMap, Closing, Period};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(map: &BTreeMap<Period, Closing>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(map)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Period, Closing>, D::Error> {
        Vec::<(Period, Closing)>::deserialize(from).map(|pairs| pairs.into_iter().collect())
    }
}

/// What one account says to the world.
pub(in crate::engine) struct Told<'a> {
    pub account: &'a str,
    /// Its customers, where somebody may have referred them, and who referred those of an account that returns something.
    pub customers: Vec<&'a str>,
    pub returners: Vec<&'a str>,
    pub trace: &'a Trace,
}

/// The same, for another machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    account: String,
    customers: Vec<String>,
    returners: Vec<String>,
    trace: Trace,
}

impl<'a> Told<'a> {
    pub fn of(plan: &Plan<'_>, part: &'a Part, account: &'a Account, trace: &'a Trace) -> Self {
        let (mut customers, mut returners) = (Vec::new(), Vec::new());
        if plan.has_referral {
            let places = || account.customers.clone().filter_map(|at| usize::try_from(at).ok());
            customers.extend(places().filter_map(|at| part.customers.id.get(at)).map(String::as_str));
            if !returned_purchases(part, account).is_empty() {
                returners.extend(places().filter_map(|at| part.customers.referred_by.get(at)?.as_deref()));
            }
        }
        Self { account: &account.id, customers, returners, trace }
    }

    /// Of an account that another machine evaluated.
    pub fn heard(heard: &'a Heard) -> Self {
        let texts = |list: &'a [String]| list.iter().map(String::as_str).collect();
        Self { account: &heard.account, customers: texts(&heard.customers), returners: texts(&heard.returners), trace: &heard.trace }
    }
}

impl Heard {
    /// What an account says, if it says anything.
    pub(in crate::engine) fn of(plan: &Plan<'_>, part: &Part, account: &Account, trace: Trace) -> Option<Self> {
        let told = Told::of(plan, part, account, &trace);
        let says = !told.customers.is_empty() || !trace.drawn.is_empty() || trace.entries.iter().any(|count| *count > 0);
        let texts = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
        let (customers, returners) = (texts(told.customers), texts(told.returners));
        says.then(|| Self { account: account.id.clone(), customers, returners, trace })
    }
}

/// What an account asked of the world and set off in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Trace {
    pub drawn: Vec<Drawn>,
    /// When a rule last asked for a pot.
    #[serde(skip)]
    pub asked: BTreeMap<Period, Instant>,
    pub sent: Vec<Sent>,
    /// By draw: the entries held when it takes place.
    pub entries: Vec<i64>,
}

/// What a step took from a pot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Drawn {
    pub period: Period,
    pub turn: Turn,
    /// Whose turn it is, where it is another's.
    pub of: Option<String>,
    pub sub: u32,
    /// The most that it would have needed at once, what it took or gave back in the end, and whether it closed the pot.
    pub peak: i64,
    pub used: i64,
    pub closes: bool,
}

/// Something for others, by whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct Sent {
    pub turn: Turn,
    pub sub: u32,
    pub what: Sends,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum Sends {
    Referral {
        referrer: String,
        purchase: u32,
    },
    TakenBack {
        purchase: u32,
    },
    /// To the friend at whose step the referrer's rules granted them.
    Gifts {
        step: Step,
        purchase: u32,
        awards: Vec<Award>,
    },
}
