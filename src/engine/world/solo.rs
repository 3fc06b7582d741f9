//! One account by itself in a given [`World`]: its own turns, and what others have set off for it, in the order of all steps.

use crate::engine::evaluator::Account;
use crate::engine::events::{Turn, returned_purchases};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::{Listener, Nobody};
use crate::engine::overflow::{self, RunError};
use crate::engine::policy::Policies;
use crate::engine::shared::{self, Left, Message, PotState, Shared, Slot};
use crate::engine::state::State;
use crate::engine::state::kept::Granted;
use crate::engine::totals::Totals;
use crate::engine::world::worlds::{Closing, Drawn, Letter, Mail, Sends, Sent, Step, Trace, World};
use crate::plan::Plan;
use crate::plan::pots::Pot;
use crate::value::{Checked, Date, DateTime, Instant};
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

/// Runs an account from its first event to the close of the books, within a world where accounts share something.
pub(in crate::engine) fn run_account<R: Listener>(
    plan: &Plan<'_>,
    policies: &Policies<'_>,
    place: (usize, usize),
    close: Date,
    (state, totals): (&mut State, &mut Totals),
    listener: &mut R,
    world: Option<(&World, &mut Trace)>,
) -> Result<(), RunError> {
    let Some(part) = plan.history.parts.get(place.0) else { return Ok(()) };
    state.clear();
    let Some(history) = part.accounts.get(place.1) else { return Ok(()) };
    let returned = returned_purchases(part, history);
    let mut shared = if world.is_some() { empty(plan) } else { Shared::default() };
    let heard = world.as_ref().is_some_and(|(world, _)| world.journals.contains(&history.id));
    let mut run = Account {
        plan,
        part,
        history,
        policies,
        s: state,
        totals,
        listener,
        shared: &mut shared,
        close,
        close_at: plan.program.zone.midnight(close),
        returned: &returned,
        journal: heard || !returned.is_empty(),
        at_rule: None,
        now: Instant(0),
        local: DateTime(0),
        today: Date(0),
    };
    let done = overflow::counted(|| match world {
        None => run.run(),
        Some((world, trace)) => in_world(&mut run, world, trace),
    });
    done.map_err(|_| run.too_large())
}

/// Runs the accounts of a part that are asked for and notes what they ask and set off.
pub(in crate::engine) fn trace(
    plan: &Plan<'_>,
    policies: &Policies<'_>,
    close: Date,
    (part, settled): (usize, &World),
    traces: &mut [Trace],
    wanted: impl Fn(usize, &Trace) -> bool,
) -> Result<(), RunError> {
    let (mut state, mut totals) = (State::new(plan), Totals::new(plan.program));
    for (account, trace) in traces.iter_mut().enumerate() {
        if wanted(account, trace) {
            *trace = Trace::default();
            totals.clear();
            let place = (part, account);
            run_account(plan, policies, place, close, (&mut state, &mut totals), &mut Nobody, Some((settled, trace)))?;
        }
    }
    Ok(())
}

/// What accounts share, for one that is by itself.
fn empty(plan: &Plan<'_>) -> Shared {
    Shared {
        pots: vec![PotState::default(); plan.pots.len()],
        entries: vec![BTreeMap::new(); plan.program.draws.len()],
        ..Shared::default()
    }
}

/// An account on its way through a world.
struct Solo<'r, 'a, R: Listener> {
    account: &'r mut Account<'a, R>,
    world: &'r World,
    trace: &'r mut Trace,
    mail: VecDeque<&'r Mail>,
    /// What referrals granted here that still stand: by friend and purchase.
    referred: Vec<(String, u32, Granted)>,
    /// What referrers granted to this one: by purchase.
    gifts: Vec<(u32, Granted)>,
    /// Draws to come, the last first.
    draws: Vec<(Date, usize)>,
    /// The pots as they stood when the step began.
    before: Vec<PotState>,
    /// What is known of the pots on the day of now.
    day: Option<(Date, Vec<[(Option<Date>, Option<&'r Closing>); 2]>)>,
    /// The account's last turn, and the first number behind what that set off.
    last: (Turn, u32),
}

fn in_world<R: Listener>(account: &mut Account<'_, R>, world: &World, trace: &mut Trace) -> Checked<()> {
    let program = account.plan.program;
    let mut draws: Vec<(Date, usize)> = program.draws.iter().enumerate().map(|(at, draw)| (draw.date, at)).collect();
    draws.retain(|(date, _)| *date < account.close);
    draws.sort_unstable_by(|a, b| b.cmp(a));
    trace.entries = vec![0; program.draws.len()];
    let mail = world.mail.get(&account.history.id).into_iter().flatten().collect();
    let (referred, gifts, before) = (Vec::new(), Vec::new(), Vec::new());
    Solo { account, world, trace, mail, referred, gifts, draws, before, day: None, last: Default::default() }.run()
}

impl<'r, R: Listener> Solo<'r, '_, R> {
    fn run(&mut self) -> Checked<()> {
        self.account.begin();
        loop {
            let own = self.account.next_turn();
            let first =
                self.mail.front().is_some_and(|mail| own.as_ref().is_none_or(|own| self.order(&mail.step, own, 0) == Ordering::Less));
            match own {
                _ if first => {
                    if let Some(mail) = self.mail.pop_front() {
                        self.open(mail)?;
                    }
                }
                Some(turn) => self.turn(turn)?,
                None => break,
            }
        }
        self.count_entries(None);
        let close = Turn::midnight(self.account.close_at);
        self.begin(&close, 0, None);
        self.account.close_books()?;
        self.end(&close, 0, None);
        Ok(())
    }

    /// How a step stands to one of this account.
    fn order(&self, step: &Step, turn: &Turn, sub: u32) -> Ordering {
        (&step.turn, step.account.as_str(), step.sub).cmp(&(turn, self.account.history.id.as_str(), sub))
    }

    /// The account's own turn, and what it takes back itself of what that undoes.
    fn turn(&mut self, turn: Turn) -> Checked<()> {
        self.count_entries(Some(&turn));
        // What comes back at the instant of its purchase comes behind it, though returns stand before purchases.
        let (turn, own) = if turn < self.last.0 { self.last.clone() } else { (turn, 0) };
        self.begin(&turn, own, None);
        self.account.step()?;
        self.end(&turn, own, None);
        let mut sub = own + 1;
        for message in std::mem::take(&mut self.account.shared.outbox) {
            match message {
                Message::Referral { referrer, purchase, .. } => {
                    self.trace.sent.push(Sent { turn: turn.clone(), sub, what: Sends::Referral { referrer, purchase } });
                }
                Message::TakenBack { purchase, .. } => {
                    self.trace.sent.push(Sent { turn: turn.clone(), sub, what: Sends::TakenBack { purchase } });
                    if let Some(at) = self.gifts.iter().position(|(of, _)| *of == purchase) {
                        let (_, granted) = self.gifts.remove(at);
                        self.begin(&turn, sub + 1, None);
                        self.account.give_up(&granted)?;
                        self.end(&turn, sub + 1, None);
                    }
                }
            }
            sub += 2;
        }
        self.last = (turn, sub);
        Ok(())
    }

    /// What others set off.
    fn open(&mut self, mail: &Mail) -> Checked<()> {
        let Step { turn, sub, .. } = &mail.step;
        self.count_entries(Some(turn));
        self.begin(turn, *sub, Some(&mail.step));
        match &mail.what {
            Letter::Referral { friend, purchase } => {
                let (granted, awards) = self.account.hear_of_friend(turn.at)?;
                self.referred.push((friend.clone(), *purchase, granted));
                if !awards.is_empty() {
                    let what = Sends::Gifts { step: mail.step.clone(), purchase: *purchase, awards };
                    self.trace.sent.push(Sent { turn: turn.clone(), sub: *sub, what });
                }
            }
            Letter::TakenBack { friend, purchase } => {
                if let Some(at) = self.referred.iter().position(|(who, of, _)| (who, of) == (friend, purchase)) {
                    let (.., granted) = self.referred.remove(at);
                    self.account.friend_was_none(turn.at, &granted)?;
                }
            }
            Letter::Gifts { purchase, awards } => {
                let granted = self.account.take_from_referrer(awards, *purchase)?;
                self.gifts.push((*purchase, granted));
            }
            Letter::Prize(draw, date) => {
                self.account.arrive(self.account.plan.program.zone.midnight(*date))?;
                let gift = self.account.plan.program.draws[draw.index()].gift;
                self.account.totals.gifts[gift.index()] += 1;
                self.account.write_entry(Entry::new(Source::Draw(*draw), Kind::Prize(*draw, gift), 1, Unit::Count));
            }
        }
        self.end(turn, *sub, Some(&mail.step));
        Ok(())
    }

    /// Notes the entries held in draws that take place before a step, or in all that are left.
    fn count_entries(&mut self, before: Option<&Turn>) {
        while let Some((date, draw)) = self.draws.last().copied() {
            let held = Turn::of_draw(self.account.plan.program.zone.midnight(date));
            if before.is_some_and(|turn| *turn <= held) {
                break;
            }
            self.draws.pop();
            self.trace.entries[draw] = self.account.shared.entries[draw].get(&self.account.shared.account).copied().unwrap_or(0);
        }
    }

    /// Sets the pots as the world has them at a step: `of` where it is another account's turn.
    fn begin(&mut self, turn: &Turn, sub: u32, of: Option<&Step>) {
        let plan = self.account.plan;
        if plan.pots.is_empty() {
            return;
        }
        let today = plan.program.zone.local(turn.at).date();
        if self.day.as_ref().is_none_or(|(day, _)| *day != today) {
            self.day = Some((today, self.pots_on(today)));
        }
        let own = (turn, of.map_or(self.account.history.id.as_str(), |step| step.account.as_str()), sub);
        let of_today = self.day.iter().flat_map(|(_, pots)| pots);
        for ((pot, known), state) in plan.pots.iter().zip(of_today).zip(&mut self.account.shared.pots) {
            let slot = |(period, closing): (Option<Date>, Option<&Closing>)| {
                let order = closing.map(|closing| own.cmp(&(&closing.step.turn, closing.step.account.as_str(), closing.step.sub)));
                let left = match (order, closing) {
                    (Some(Ordering::Equal), Some(closing)) => Left::Some(closing.left),
                    (Some(Ordering::Greater), _) => Left::Closed,
                    _ => Left::All,
                };
                Slot::at(pot, period, left)
            };
            *state = PotState::of(slot(known[0]), slot(known[1]));
        }
        self.before.clone_from(&self.account.shared.pots);
        shared::forget_asked();
    }

    /// The pots' periods of a day and of the day before, and where the world closes them. No pot has a period that an account
    /// makes.
    fn pots_on(&self, today: Date) -> Vec<[(Option<Date>, Option<&'r Closing>); 2]> {
        let (world, periods) = (self.world, self.account.periods());
        let on = |index: usize, pot: &Pot, date: Date| {
            let period = pot.per.map(|per| periods.start(date, per));
            (period, world.closings.get(&(index, period)))
        };
        let pots = self.account.plan.pots.iter().enumerate();
        pots.map(|(index, pot)| [on(index, pot, today), on(index, pot, today.plus_days(-1))]).collect()
    }

    /// Notes what a step took from pots, and which it asked for.
    fn end(&mut self, turn: &Turn, sub: u32, of: Option<&Step>) {
        let plan = self.account.plan;
        for index in 0..plan.pots.len() {
            for (before, now) in self.before[index].slots().into_iter().zip(self.account.shared.pots[index].slots()) {
                let period = (index, now.period);
                if shared::was_asked(index) {
                    self.trace.asked.insert(period, turn.at);
                }
                let (peak, used) = (now.peak.saturating_sub(before.used), now.used.saturating_sub(before.used));
                let closes = now.closed && !before.closed;
                if peak > 0 || used != 0 || closes {
                    let of = of.map(|step| step.account.clone());
                    self.trace.drawn.push(Drawn { period, turn: turn.clone(), of, sub, peak, used, closes });
                }
            }
        }
    }
}
