//! What looks across accounts, in rounds and in parallel.
//!
//! An account is a function of its own events and of a [`World`]: which pots close when, and what other accounts have set off
//! for it. In the first round every pot is open and nothing has been set off. What all accounts then ask of pots and set off is
//! brought into the one order of all steps, which gives the next world; accounts that it concerns are evaluated again, until
//! nothing moves. As nothing depends on what comes later, the world in which nothing moves is that of the order itself.

use crate::engine::events::Turn;
use crate::engine::overflow::RunError;
use crate::engine::policy::Policies;
use crate::engine::world::worlds::{Closing, Drawn, Letter, Mail, Period, Sends, Step, Told, Trace, World};
use crate::engine::world::{draws, solo};
use crate::plan::Plan;
use crate::plan::pots::Holds;
use crate::value::{Date, Instant};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// So many rounds are tried; what has not settled by then is evaluated in its order, account by account.
const ROUNDS: usize = 60;

/// Looks for the world of a history; `None` if it does not settle.
pub(in crate::engine) fn settle(plan: &Plan<'_>, policies: &Policies<'_>, close: Date) -> Option<World> {
    let parts = &plan.history.parts;
    let mut traces: Vec<Vec<Trace>> = parts.iter().map(|part| part.accounts.iter().map(|_| Trace::default()).collect()).collect();
    let mut settled = World::default();
    let mut moved: Option<Moved> = None;
    for _ in 0..ROUNDS {
        let rerun = |(index, traces): (usize, &mut Vec<Trace>)| -> Result<(), RunError> {
            solo::trace(plan, policies, close, (index, &settled), traces, |account, trace| {
                moved.as_ref().is_none_or(|moved| moved.concerns(&parts[index].accounts[account].id, trace))
            })
        };
        if traces.par_iter_mut().enumerate().with_max_len(1).map(rerun).collect::<Result<Vec<()>, _>>().is_err() {
            // Too large, perhaps, only where every pot is open.
            return None;
        }
        let told: Vec<Told<'_>> = parts
            .iter()
            .zip(&traces)
            .flat_map(|(part, traces)| part.accounts.iter().zip(traces).map(move |(account, trace)| Told::of(plan, part, account, trace)))
            .collect();
        // What cannot be drawn is said by the one order, in which it may never have come to that.
        let Ok(next) = world(plan, policies.seed(), close, &told) else { return None };
        if next == settled {
            return Some(settled);
        }
        moved = Some(Moved::between(&settled, &next));
        settled = next;
    }
    None
}

/// What is not as it was a round before.
struct Moved {
    /// From when on a pot is another.
    pots: BTreeMap<Period, Instant>,
    accounts: BTreeSet<String>,
}

impl Moved {
    fn between(old: &World, new: &World) -> Self {
        let mut pots = BTreeMap::new();
        for period in old.closings.keys().chain(new.closings.keys()) {
            let (before, now) = (old.closings.get(period), new.closings.get(period));
            if before != now {
                let from = [before, now].into_iter().flatten().map(|closing| closing.step.turn.at).min();
                pots.extend(from.map(|from| (*period, from)));
            }
        }
        let differs = |account: &&String| old.mail.get(*account) != new.mail.get(*account);
        let told = old.mail.keys().chain(new.mail.keys()).filter(differs);
        Self { pots, accounts: told.chain(old.journals.symmetric_difference(&new.journals)).cloned().collect() }
    }

    fn concerns(&self, account: &str, trace: &Trace) -> bool {
        self.accounts.contains(account) || self.pots.iter().any(|(period, from)| trace.asked.get(period).is_some_and(|last| last >= from))
    }
}

/// The world that accounts make together, by what each asked and set off in the last one.
pub(in crate::engine) fn world(plan: &Plan<'_>, seed: u64, close: Date, told: &[Told<'_>]) -> Result<World, RunError> {
    let winners = draws::winners(plan, seed, close, told)?;
    let mut asked: BTreeMap<Period, Vec<Asked<'_>>> = BTreeMap::new();
    for one in told {
        for drawn in &one.trace.drawn {
            let of = (&drawn.turn, drawn.of.as_deref().unwrap_or(one.account), drawn.sub);
            asked.entry(drawn.period).or_default().push(Asked { of, what: What::Account(drawn) });
        }
    }
    for draw in &winners {
        let gift = plan.program.draws[draw.id.index()].gift.index();
        if let Some(pot) = plan.pots.iter().position(|pot| pot.holds == Holds::Gift(gift)) {
            asked.entry((pot, None)).or_default().push(Asked { of: (&draw.turn, "", 0), what: What::Draw(draw) });
        }
    }
    let mut world = World::default();
    let mut prizes: BTreeMap<usize, usize> = winners.iter().map(|draw| (draw.id.index(), draw.winners.len())).collect();
    for (period, mut list) in asked {
        let closing = closing(plan.pots[period.0].limit, &mut list, &mut prizes);
        world.closings.extend(closing.map(|closing| (period, closing)));
    }
    for draw in &winners {
        for account in draw.winners.iter().take(prizes.get(&draw.id.index()).copied().unwrap_or(0)) {
            let step = Step { turn: draw.turn.clone(), account: String::new(), sub: 0 };
            let mail = Mail { step, what: Letter::Prize(draw.id, draw.date) };
            world.mail.entry(account.clone()).or_default().push(mail);
        }
    }
    deliver(told, &mut world);
    world.mail.values_mut().for_each(|list| list.sort_by(|a, b| a.step.cmp(&b.step)));
    Ok(world)
}

/// What was asked of a pot at a step.
struct Asked<'a> {
    of: (&'a Turn, &'a str, u32),
    what: What<'a>,
}

enum What<'a> {
    Account(&'a Drawn),
    Draw(&'a draws::Held),
}

/// Where a pot closes: with the first that it has no room for.
fn closing(limit: i64, asked: &mut [Asked<'_>], prizes: &mut BTreeMap<usize, usize>) -> Option<Closing> {
    let most = |one: &Asked<'_>| match one.what {
        What::Account(drawn) => {
            if drawn.closes {
                i128::MAX / 2
            } else {
                i128::from(drawn.peak.max(drawn.used).max(0))
            }
        }
        What::Draw(draw) => i128::try_from(draw.winners.len()).unwrap_or(i128::MAX / 2),
    };
    // What cannot close needs no order.
    if asked.iter().map(most).fold(0_i128, i128::saturating_add) <= i128::from(limit) {
        return None;
    }
    asked.sort_by(|a, b| a.of.cmp(&b.of));
    let (mut used, mut found) = (0_i64, None);
    for one in asked.iter() {
        let left = limit - used;
        let (peak, takes, closes) = match one.what {
            What::Account(drawn) => (drawn.peak, drawn.used, drawn.closes),
            What::Draw(draw) => {
                let wanted = i64::try_from(draw.winners.len()).unwrap_or(i64::MAX);
                let given = if found.is_some() { 0 } else { wanted.min(left.max(0)) };
                prizes.insert(draw.id.index(), usize::try_from(given).unwrap_or(0));
                (given, given, given < wanted)
            }
        };
        if found.is_none() && (closes || peak > left) {
            let (turn, account, sub) = one.of;
            found = Some(Closing { step: Step { turn: turn.clone(), account: account.to_owned(), sub }, left });
        }
        used = used.saturating_add(takes);
    }
    found
}

/// What accounts set off in each other.
fn deliver(told: &[Told<'_>], world: &mut World) {
    let mut customers: BTreeMap<&str, &str> = BTreeMap::new();
    for one in told {
        customers.extend(one.customers.iter().map(|customer| (*customer, one.account)));
    }
    for one in told {
        world.journals.extend(one.returners.iter().filter_map(|id| customers.get(id)).map(|account| (*account).to_owned()));
        let mut known: BTreeMap<u32, &str> = BTreeMap::new();
        for sent in &one.trace.sent {
            let step = || Step { turn: sent.turn.clone(), account: one.account.to_owned(), sub: sent.sub };
            let (to, mail) = match &sent.what {
                Sends::Referral { referrer, purchase } => {
                    // Inside a household a referral does not count.
                    let Some(found) = customers.get(referrer.as_str()).copied().filter(|found| *found != one.account) else { continue };
                    known.insert(*purchase, found);
                    let what = Letter::Referral { friend: one.account.to_owned(), purchase: *purchase };
                    (found, Mail { step: step(), what })
                }
                Sends::TakenBack { purchase } => {
                    let Some(found) = known.remove(purchase) else { continue };
                    let what = Letter::TakenBack { friend: one.account.to_owned(), purchase: *purchase };
                    (found, Mail { step: step(), what })
                }
                Sends::Gifts { step, purchase, awards } => {
                    let what = Letter::Gifts { purchase: *purchase, awards: awards.clone() };
                    (step.account.as_str(), Mail { step: Step { sub: step.sub + 1, ..step.clone() }, what })
                }
            };
            world.mail.entry(to.to_owned()).or_default().push(mail);
        }
    }
}
