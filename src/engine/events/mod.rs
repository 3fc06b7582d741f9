//! One account from its first event to the close of the books.

mod friends;
pub(super) mod moments;

use crate::engine::evaluator::Account;
use crate::engine::listener::{EventRef, Listener, View};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::redemption::{Paying, Wish};
use crate::engine::purchase::scope::split_units;
use crate::engine::purchase::stage::Stage;
use crate::engine::{lines, overflow, purchase};
use crate::history::model::{Account as HistoryAccount, Id, Moment, MomentKind, Part};
use crate::program::{Members, WalletId};
use crate::value::{Checked, Date, Instant};

/// When something comes: what is compared first stands first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(in crate::engine) struct Turn {
    pub at: Instant,
    /// Midnights come before events.
    pub is_event: bool,
    /// Of a midnight on which a draw is held: what comes after it.
    pub after_draw: bool,
    /// The step of a worked example.
    sequence: u64,
    /// The kind's.
    rank: u8,
    id: Id,
}

impl Turn {
    /// A midnight.
    pub fn midnight(at: Instant) -> Self {
        Self { at, ..Self::default() }
    }

    /// A draw: behind what every account settles at its midnight.
    pub fn of_draw(midnight: Instant) -> Self {
        Self { at: midnight, sequence: u64::MAX, rank: u8::MAX, ..Self::default() }
    }
}

/// What comes next in an account's history.
#[derive(Clone, Copy)]
enum Next<'a> {
    Moment(&'a Moment),
    /// Index into the part's purchases.
    Purchase(usize),
}

/// The order of kinds at one instant; purchases are 3, and what comes back at the instant of its purchase is 4.
fn rank(kind: &MomentKind) -> u8 {
    match kind {
        MomentKind::Given { .. } | MomentKind::Signup => 0,
        MomentKind::Set { .. } | MomentKind::Event { .. } | MomentKind::Claim(_) | MomentKind::Collect { .. } => 1,
        MomentKind::Return(_) => 2,
        MomentKind::Look | MomentKind::Wait => 4,
    }
}

impl<'a, R: Listener> Account<'a, R> {
    /// Runs every event of the account and the midnights up to the close of the books.
    pub fn run(&mut self) -> Checked<()> {
        self.begin();
        while self.step_event()? {}
        self.close_books()
    }

    /// Before the first event.
    pub fn begin(&mut self) {
        self.s.customer_of_day = self.history.customers.start;
        // Before any day that data may hold.
        self.s.day = Some(Date::MIN.plus_days(-1));
        for wallet in &mut self.s.wallets {
            wallet.close = self.close;
        }
        let start = self.known_start();
        self.lower_due(start);
        self.lower_due(self.plan.history.opening);
        if matches!(self.plan.program.members, Members::If(_)) {
            // Whoever fulfils the condition when the program starts is a member from then.
            self.lower_due(self.plan.program.starts);
        }
    }

    /// The next event before the books close: a moment that comes before the next purchase, else that purchase.
    fn next_event(&self) -> Option<Next<'a>> {
        let purchase = self.history.purchases.start.checked_add(self.s.next_purchase)?;
        let moment = self.history.moments.start.checked_add(self.s.next_moment)?;
        if moment < self.history.moments.end
            && let Some(next) = self.part.moments.get(usize::try_from(moment).ok()?)
            && next.after_purchases <= self.s.next_purchase
        {
            return self.before_close(next.at).then_some(Next::Moment(next));
        }
        if purchase >= self.history.purchases.end {
            return None;
        }
        let at = usize::try_from(purchase).ok()?;
        self.before_close(self.part.purchases.at[at]).then_some(Next::Purchase(at))
    }

    /// Does the next event, with the midnights before it; false if there is none.
    fn step_event(&mut self) -> Checked<bool> {
        match self.next_event() {
            None => return Ok(false),
            Some(Next::Moment(moment)) => {
                self.s.next_moment += 1;
                self.moment(moment, self.s.next_moment - 1)?;
            }
            Some(Next::Purchase(at)) => {
                self.s.next_purchase += 1;
                self.purchase(self.s.next_purchase - 1, at)?;
            }
        }
        Ok(true)
    }

    /// When the next thing comes.
    pub fn next_turn(&self) -> Option<Turn> {
        if let Some(date) = self.s.half_done {
            return Some(Turn { at: self.plan.program.zone.midnight(date), after_draw: true, ..Turn::default() });
        }
        let purchases = &self.part.purchases;
        let event = self.next_event().map(|next| match next {
            Next::Moment(moment) => Turn {
                at: moment.at,
                is_event: true,
                after_draw: false,
                sequence: moment.sequence,
                rank: if self.undoes_now(moment) { 4 } else { rank(&moment.kind) },
                id: Id::default(),
            },
            Next::Purchase(at) => Turn {
                at: purchases.at[at],
                is_event: true,
                after_draw: false,
                sequence: purchases.sequence.get(at).copied().unwrap_or(0),
                rank: 3,
                id: purchases.id.own(u32::try_from(at).unwrap_or(u32::MAX)),
            },
        });
        let midnight = self.next_midnight().map(|date| Turn { at: self.plan.program.zone.midnight(date), ..Turn::default() });
        [midnight, event].into_iter().flatten().min()
    }

    /// Whether a purchase comes back at its own instant: that is behind all purchases of the instant, whoever makes them.
    fn undoes_now(&self, moment: &Moment) -> bool {
        let MomentKind::Return(parts) = &moment.kind else { return false };
        let bought = |purchase: u32| {
            let place = self.history.purchases.start.checked_add(purchase)?;
            self.part.purchases.at.get(usize::try_from(place).ok()?).copied()
        };
        parts.iter().any(|part| bought(part.purchase) == Some(moment.at))
    }

    fn next_midnight(&self) -> Option<Date> {
        let due = self.s.due?;
        let next = self.s.day.map_or(due, |day| due.max(day.plus_days(1)));
        (next < self.close).then_some(next)
    }

    /// Does the next thing: one midnight, half of one on which a draw is held, or one event.
    pub fn step(&mut self) -> Checked<bool> {
        if let Some(date) = self.s.half_done.take() {
            return self.end_midnight(date).map(|()| true);
        }
        let event = self.next_event().map(|next| match next {
            Next::Moment(moment) => moment.at,
            Next::Purchase(at) => self.part.purchases.at[at],
        });
        match (self.next_midnight(), event) {
            // Midnights come before events.
            (Some(date), event) if event.is_none_or(|at| self.plan.program.zone.midnight(date) <= at) => {
                if self.plan.program.draws.iter().any(|draw| draw.date == date) {
                    self.s.half_done = Some(date);
                    self.begin_midnight(date)?;
                } else {
                    self.advance(date)?;
                }
                Ok(true)
            }
            (_, Some(_)) => self.step_event(),
            (_, None) => Ok(false),
        }
    }

    fn before_close(&self, at: Instant) -> bool {
        at < self.close_at
    }

    /// Moves the clock to an event, with every midnight before it.
    pub fn arrive(&mut self, at: Instant) -> Checked<()> {
        let local = self.plan.program.zone.local(at);
        let today = local.date();
        self.advance(today)?;
        self.now = at;
        (self.local, self.today) = (local, today);
        if self.plan.has_hours { self.end_hours() } else { Ok(()) }
    }

    fn purchase(&mut self, local_index: u32, at: usize) -> Checked<()> {
        self.arrive(self.part.purchases.at[at])?;
        self.s.facts.said = self.policies.drawn_at(&self.history.id, true, local_index);
        if R::ON {
            self.listener.before(EventRef::Purchase(local_index));
        }
        let program = self.plan.program;
        let customer = self.part.purchases.customer.get(at).copied().unwrap_or(self.history.customers.start);
        self.at_rule = None;
        self.s.customer_of_day = customer;
        self.s.bought = local_index.saturating_add(1);
        let date = self.today;
        if !self.s.member && program.members == Members::Automatically && self.may_join_by_purchase() {
            self.join(date, true)?;
            self.grant_usable_now(date)?;
        }
        self.fill_facts(customer);
        if self.plan.has_keeps || self.journal {
            self.note_ladder_measures();
        }
        self.s.drawn_as = self.part.purchases.drawn_as.get(at).map_or(local_index, |number| number.saturating_sub(1));
        self.collect_by_assumption(customer, self.s.drawn_as);
        self.present_vouchers(at, customer);
        let wishes = self.wishes(at, customer)?;
        let mut out = self.s.out.take().unwrap_or_default();
        lines::build(self.part, at, &mut out.lines)?;
        let mut recorded = if self.returned.binary_search(&local_index).is_ok() { out.lines.clone() } else { Vec::new() };
        if self.plan.singles_out_units {
            // They come back unit by unit, too.
            split_units(&mut recorded)?;
        }
        self.compute(at, &wishes, &mut out)?;
        self.s.tiers_before.clear();
        self.s.tiers_before.extend_from_slice(&self.s.facts.tiers);
        if program.tiers_with_purchase && self.s.facts.member && self.tiers_at_stage_0(&out, local_index)? {
            self.fill_facts(customer);
            lines::build(self.part, at, &mut out.lines)?;
            self.compute(at, &wishes, &mut out)?;
        }
        if R::WHY && self.listener.asks() {
            let stage = Stage::new(self.plan, self.part, &self.s.facts, at);
            let decided = crate::engine::reasons::decide(&stage, &out, &self.s.entitled)?;
            self.listener.decided(decided);
        }
        overflow::working_on(None);
        let result = self.commit(local_index, at, &mut out, recorded);
        self.s.out = Some(out);
        result?;
        self.claim_by_assumption(customer, Some(self.s.drawn_as))?;
        self.s.facts.said.clear();
        if R::ON {
            self.listener.after(EventRef::Purchase(local_index), View { standing: self.s, program: self.plan.program });
        }
        Ok(())
    }

    /// What the program gives on a purchase whose lines stand in `out`.
    fn compute(&self, at: usize, wishes: &[Wish], out: &mut Outcome) -> Checked<()> {
        let stage = Stage::new(self.plan, self.part, &self.s.facts, at);
        let paying = Paying::Wishes(wishes);
        if let Some(plan) = &self.plan.one_line
            && plan.compute(&stage, &paying, out)?
        {
            if cfg!(debug_assertions) {
                let mut whole = Outcome::default();
                lines::build(self.part, at, &mut whole.lines)?;
                purchase::compute(&stage, &paying, None, &mut whole)?;
                debug_assert!(whole.is_same(out), "by the plan {out:?}, by the rules {whole:?}");
            }
            return Ok(());
        }
        purchase::compute(&stage, &paying, None, out)
    }

    /// What pays for the purchase: what the history records, else what the assumptions say.
    fn wishes(&mut self, at: usize, customer: u32) -> Checked<Vec<Wish>> {
        // What paid before the books were opened lies in what members hold then.
        if self.plan.program.redeems.is_empty() || self.is_past(self.today) {
            return Ok(Vec::new());
        }
        let recorded = self.recorded_payments(at)?;
        if !recorded.is_empty() {
            return Ok(recorded);
        }
        let wallets = &self.s.wallets;
        let left = |wallet: crate::program::WalletId, share| wallets[wallet.index()].share_left(share);
        self.policies.wishes(self.plan, self.part, &self.s.facts, (customer, self.s.drawn_as), &left)
    }

    fn recorded_payments(&self, at: usize) -> Checked<Vec<Wish>> {
        let mut wishes = Vec::new();
        for (index, columns) in self.plan.paid_columns.iter().enumerate() {
            let wallet = crate::program::WalletId(u16::try_from(index).unwrap_or(u16::MAX));
            let scale = self.plan.program.wallets[index].scale;
            let mut units = 0_i64;
            for column in columns {
                let recorded = self.part.purchases.paid.get(*column).and_then(|list| list.get(at)).copied().flatten();
                let more = recorded.map_or(Ok(0), |recorded| recorded.rounded_to_scale(scale, crate::value::Rounding::Down))?;
                units = units.checked_add(more).ok_or(crate::value::Overflow)?;
            }
            if units > 0 {
                wishes.push(Wish { wallet, units: Some(units), share: None });
            }
        }
        Ok(wishes)
    }

    /// Everything up to the end of the last day, then the sums of how the account stands.
    pub fn close_books(&mut self) -> Checked<()> {
        self.advance(self.close.plus_days(-1))?;
        // What is dated the last day belongs to the books that are closed with it.
        if self.plan.settles {
            self.settle_day_before(self.close)?;
        }
        self.totals.accounts += 1;
        let s = &*self.s;
        if s.member {
            self.totals.members += 1;
            for (ladder, totals) in s.ladders.iter().zip(&mut self.totals.tiers) {
                if let Some(tier) = totals.get_mut(usize::from(ladder.held)) {
                    tier.members += 1;
                }
            }
        }
        if s.redeemed > 0 {
            self.totals.redeemers += 1;
        }
        for ((index, wallet), totals) in (0_u16..).zip(&mut self.s.wallets).zip(&mut self.totals.wallets) {
            if R::ON {
                wallet.left(WalletId(index)).into_iter().for_each(|left| self.listener.left(left));
            }
            let (granted, spent) = wallet.matured();
            totals.matured_issued += i128::from(granted);
            totals.matured_spent += i128::from(spent);
            totals.balance += i128::from(wallet.balance);
            totals.pending += i128::from(wallet.pending);
            totals.owed += i128::from(wallet.balance.min(0));
        }
        Ok(())
    }
}

/// The purchases of an account that are returned later, rising.
pub(in crate::engine) fn returned_purchases(part: &Part, account: &HistoryAccount) -> Vec<u32> {
    let mut out = Vec::new();
    for moment in account.moments.clone() {
        if let Some(MomentKind::Return(parts)) = part.moments.get(usize::try_from(moment).unwrap_or(usize::MAX)).map(|m| &m.kind) {
            out.extend(parts.iter().map(|part| part.purchase));
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
