//! Programs that look across accounts: budgets, series, draws and referrals.
//!
//! Accounts are then evaluated together, every event and midnight in global order, so that who comes first does not
//! depend on threads or on the order of rows.

use crate::engine::calendar::Periods;
use crate::engine::evaluator::Account;
use crate::engine::events::{Turn, returned_purchases};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::{Listener, View};
use crate::engine::overflow;
use crate::engine::overflow::RunError;
use crate::engine::policy::Policies;
use crate::engine::shared::{Message, PotState, Shared};
use crate::engine::state::State;
use crate::engine::state::kept::Granted;
use crate::engine::totals::Totals;
use crate::engine::world::draws;
use crate::history::model::Part;
use crate::plan::Plan;
use crate::plan::pots::{Holds, Pot};
use crate::program::DrawId;
use crate::value::{Checked, Date, Instant, Overflow};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A referral that stands.
struct Referral {
    referrer: usize,
    friend: usize,
    /// The friend's first as a member.
    purchase: u32,
    /// What it granted to the one who referred, and to the friend.
    granted: Granted,
    to_friend: Granted,
}

/// An account and where it stands.
struct Member<'a, R> {
    part: &'a Part,
    part_index: usize,
    account: usize,
    state: State,
    listener: R,
    returned: Vec<u32>,
    /// Whether a friend's purchase comes back.
    friend_returns: bool,
}

struct Together<'a, R: Listener> {
    plan: &'a Plan<'a>,
    policies: &'a Policies<'a>,
    close: Date,
    members: Vec<Member<'a, R>>,
    /// Customers by id, to find referrers.
    customers: BTreeMap<&'a str, usize>,
    shared: Shared,
    /// Of all accounts; of each by itself where somebody asks.
    totals: Vec<Totals>,
    /// The next thing of each account.
    turns: BinaryHeap<Reverse<(Turn, usize)>>,
    referrals: Vec<Referral>,
    /// What was too large to count.
    fault: Option<RunError>,
}

/// Evaluates all accounts together. `listener` makes a listener for each, `done` takes it back in the order of ids, and `each`
/// hears the sums of each account by themselves.
pub(in crate::engine) fn run_together<R: Listener>(
    plan: &Plan<'_>,
    policies: &Policies<'_>,
    close: Date,
    mut listener: impl FnMut(usize, usize) -> R,
    mut done: impl FnMut(usize, usize, R),
    each: Option<&mut dyn FnMut(usize, usize, &Totals)>,
) -> Result<Totals, RunError> {
    let mut members = Vec::new();
    for (part_index, part) in plan.history.parts.iter().enumerate() {
        for account in 0..part.accounts.len() {
            let returned = returned_purchases(part, &part.accounts[account]);
            members.push(Member {
                part,
                part_index,
                account,
                state: State::new(plan),
                listener: listener(part_index, account),
                returned,
                friend_returns: false,
            });
        }
    }
    members.sort_by(|a, b| a.part.accounts[a.account].id.cmp(&b.part.accounts[b.account].id));
    let mut customers = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        for customer in member.part.accounts[member.account].customers.clone() {
            if let Some(id) = usize::try_from(customer).ok().and_then(|at| member.part.customers.id.get(at)) {
                customers.insert(id.as_str(), index);
            }
        }
    }
    note_returning_friends(plan, &mut members, &customers);
    let shared = Shared {
        pots: vec![PotState::default(); plan.pots.len()],
        entries: vec![BTreeMap::new(); plan.program.draws.len()],
        ..Shared::default()
    };
    let mut run = Together {
        plan,
        policies,
        close,
        members,
        customers,
        shared,
        totals: Vec::new(),
        turns: BinaryHeap::new(),
        referrals: Vec::new(),
        fault: None,
    };
    run.totals = vec![Totals::new(plan.program); if each.is_some() { run.members.len().max(1) } else { 1 }];
    if run.run().is_err() {
        let message = "An amount is too large to count.".to_owned();
        return Err(run.fault.unwrap_or(RunError { message }));
    }
    if let Some(each) = each {
        run.members.iter().zip(&run.totals).for_each(|(member, own)| each(member.part_index, member.account, own));
    }
    for member in run.members {
        done(member.part_index, member.account, member.listener);
    }
    let mut sum = Totals::new(plan.program);
    for own in &run.totals {
        sum.merge(own).map_err(|_| crate::engine::overflow::too_many())?;
    }
    Ok(sum)
}

/// Who referred someone that returns something keeps what that may undo.
fn note_returning_friends<R>(plan: &Plan<'_>, members: &mut [Member<'_, R>], customers: &BTreeMap<&str, usize>) {
    if !plan.has_referral {
        return;
    }
    let mut found = Vec::new();
    for member in members.iter().filter(|member| !member.returned.is_empty()) {
        let all = member.part.accounts[member.account].customers.clone();
        let referrers = all.filter_map(|at| member.part.customers.referred_by.get(usize::try_from(at).ok()?)?.as_deref());
        found.extend(referrers.filter_map(|id| customers.get(id).copied()));
    }
    for index in found {
        members[index].friend_returns = true;
    }
}

impl<'a, R: Listener> Together<'a, R> {
    /// Does something with one account.
    fn with<T>(&mut self, index: usize, work: impl FnOnce(&mut Account<'_, R>) -> Checked<T>) -> Checked<T> {
        let member = &mut self.members[index];
        self.shared.account = index;
        let own = index.min(self.totals.len() - 1);
        let (now, local) = (member.state.now, member.state.local);
        let mut account = Account {
            plan: self.plan,
            part: member.part,
            history: &member.part.accounts[member.account],
            policies: self.policies,
            s: &mut member.state,
            totals: &mut self.totals[own],
            listener: &mut member.listener,
            shared: &mut self.shared,
            close: self.close,
            close_at: self.plan.program.zone.midnight(self.close),
            returned: &member.returned,
            journal: member.friend_returns || !member.returned.is_empty(),
            at_rule: None,
            now,
            local,
            today: local.date(),
        };
        let result = overflow::counted(|| work(&mut account));
        if result.is_err() {
            self.fault = Some(account.too_large());
        }
        (account.s.now, account.s.local) = (account.now, account.local);
        result
    }

    fn run(&mut self) -> Checked<()> {
        for index in 0..self.members.len() {
            self.with(index, |account| {
                account.begin();
                Ok(())
            })?;
            self.plan(index)?;
        }
        let mut draws: Vec<(Date, usize)> = self.plan.program.draws.iter().enumerate().map(|(at, draw)| (draw.date, at)).collect();
        draws.sort_unstable();
        let mut draws = draws.into_iter().peekable();
        while let Some(Reverse((turn, index))) = self.turns.pop() {
            let (at, is_after) = (turn.at, turn.is_event || turn.after_draw);
            let now = self.with(index, |account| Ok(account.next_turn()))?;
            if now != Some(turn) {
                // Another account changed what comes next here, and that has its own turn.
                continue;
            }
            // A draw sees what all accounts settled at its midnight.
            let is_due = |midnight: Instant| midnight < at || midnight == at && is_after;
            while let Some((date, draw)) = draws.next_if(|(date, _)| is_due(self.plan.program.zone.midnight(*date))) {
                self.draw(draw, date)?;
            }
            self.with(index, |account| account.step().map(|_| ()))?;
            if !self.shared.outbox.is_empty() {
                self.deliver()?;
                let program = self.plan.program;
                let member = &mut self.members[index];
                member.listener.settled(View { standing: &member.state, program });
            }
            self.plan(index)?;
        }
        let close = self.close;
        for (date, draw) in draws.filter(|(date, _)| *date < close) {
            self.draw(draw, date)?;
        }
        for index in 0..self.members.len() {
            self.with(index, |account| account.close_books())?;
        }
        Ok(())
    }

    /// Notes the next thing of an account.
    fn plan(&mut self, index: usize) -> Checked<()> {
        let next = self.with(index, |account| Ok(account.next_turn()))?;
        self.turns.extend(next.map(|turn| Reverse((turn, index))));
        Ok(())
    }

    fn deliver(&mut self) -> Checked<()> {
        for message in std::mem::take(&mut self.shared.outbox) {
            match message {
                Message::Referral { referrer, friend, purchase } => self.refer(&referrer, friend, purchase)?,
                Message::TakenBack { friend, purchase } => self.take_back_referral(friend, purchase)?,
            }
        }
        Ok(())
    }

    /// `on referral`: the referrer's rules, and what they grant to the friend.
    fn refer(&mut self, referrer: &str, friend: usize, purchase: u32) -> Checked<()> {
        let Some(&index) = self.customers.get(referrer) else { return Ok(()) };
        if index == friend {
            // Inside a household a referral does not count.
            return Ok(());
        }
        let now = self.members[friend].state.now;
        let (granted, gifts) = self.with(index, |account| account.hear_of_friend(now))?;
        let to_friend = self.with(friend, |account| account.take_from_referrer(&gifts, purchase))?;
        self.referrals.push(Referral { referrer: index, friend, purchase, granted, to_friend });
        self.plan(index)
    }

    /// The whole return of the friend's first purchase takes both grants back, with what they lifted and used.
    fn take_back_referral(&mut self, friend: usize, purchase: u32) -> Checked<()> {
        let now = self.members[friend].state.now;
        let Some(at) = self.referrals.iter().position(|known| (known.friend, known.purchase) == (friend, purchase)) else { return Ok(()) };
        let undone = self.referrals.remove(at);
        self.with(undone.referrer, |account| account.friend_was_none(now, &undone.granted))?;
        self.with(friend, |account| account.give_up(&undone.to_friend))?;
        self.plan(undone.referrer)?;
        self.plan(friend)
    }

    /// A draw at the start of its day, among all entries not taken back.
    fn draw(&mut self, index: usize, date: Date) -> Checked<()> {
        let draw = &self.plan.program.draws[index];
        // Nobody wins twice: the best of each account's entries decides.
        let mut tickets = Vec::new();
        for (&account, &count) in &self.shared.entries[index] {
            let member = &self.members[account];
            let id = &member.part.accounts[member.account].id;
            match draws::best(self.policies.seed(), &draw.name, id, count) {
                Ok(best) => tickets.extend(best.map(|best| (best, account))),
                Err(error) => {
                    self.fault = Some(error);
                    return Err(Overflow);
                }
            }
        }
        tickets.sort_unstable();
        tickets.truncate(usize::try_from(draw.winners).unwrap_or(usize::MAX));
        let winners = tickets.into_iter().map(|(_, account)| account);
        let id = DrawId(u16::try_from(index).unwrap_or(u16::MAX));
        let is_series = |pot: &&Pot| pot.holds == Holds::Gift(draw.gift.index());
        let series = self.plan.pots.iter().position(|pot| is_series(&pot));
        for account in winners {
            // What the series no longer has is not drawn, and nobody gets it after that.
            let periods = Periods { week_starts_sunday: self.plan.program.week_starts_sunday, joined: Date(0) };
            if let Some(at) = series {
                let (pot, state) = (&self.plan.pots[at], &mut self.shared.pots[at]);
                let room = state.room(pot, date, periods);
                if room.closed || room.left < 1 {
                    state.close(pot, date, periods);
                    break;
                }
                state.take(pot, date, periods, 1);
            }
            self.with(account, |winner| {
                winner.arrive(winner.plan.program.zone.midnight(date))?;
                winner.totals.gifts[draw.gift.index()] += 1;
                winner.write_entry(Entry::new(Source::Draw(id), Kind::Prize(id, draw.gift), 1, Unit::Count));
                Ok(())
            })?;
        }
        Ok(())
    }
}
