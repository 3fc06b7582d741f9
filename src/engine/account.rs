//! One account from its first event to the close of the books.

use super::Recorder;
use super::bind::Bound;
use super::calendar::Periods;
use super::diary::Diary;
use super::facts::{Facts, Scene, Streak};
use super::ledger::{Entry, Kind, Source, Unit};
use super::lines;
use super::lots::Wallet;
use super::measures::{self, Sum};
use super::policy::Policies;
use super::pots::Room;
use super::purchase::{self, Award, Outcome, Stage};
use super::redemption::{Paying, Wish};
use super::returns::Record;
use super::shared::Shared;
use super::tiers::Ladder;
use super::totals::{RuleTotals, Totals};
use crate::history::model::{Account as HistoryAccount, Moment, MomentKind, Part, TextCode};
use crate::program::{MeasureKind, Members, Trigger, Window};
use crate::value::{Checked, Date, DateTime, Instant, name_key};

/// An entitlement of a rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entitled {
    pub active: bool,
    /// The last day it holds.
    pub last_day: Option<Date>,
    pub uses_left: Option<u32>,
    /// The purchase that gave it.
    pub purchase: Option<u32>,
}

/// The state of an account; reused for the next one.
pub(super) struct State {
    pub wallets: Vec<Wallet>,
    pub measures: Vec<Sum>,
    pub limits: Vec<Sum>,
    pub ladders: Vec<Ladder>,
    pub entitled: Vec<Entitled>,
    /// Entitlements that a later firing renewed, by rule, kept where a return may undo that firing.
    pub renewed: Vec<(usize, Entitled)>,
    /// By rule: ordinals that fired, kept where returns may lower the count; with the purchase that fired them.
    pub ordinals: Vec<Vec<(Date, i64, u32)>>,
    pub steps: Vec<(i64, Vec<i64>)>,
    /// By rule: the calendar period that `steps` belongs to.
    pub step_period: Vec<Option<Date>>,
    pub streaks: Vec<Streak>,
    pub set: Vec<(usize, u32, TextCode)>,
    /// By measure of distinct days: the last day counted.
    pub last_counted_day: Vec<Option<Date>>,
    pub counted_purchases: i64,
    /// Purchases so far, counted or not.
    pub bought: u32,
    /// What ladders measure, as it stood before the event of now; by measure.
    pub before_event: Vec<i64>,
    pub last_purchase: Option<Date>,
    /// What counts through which purchase, kept where returns may undo it.
    pub diary: Diary,
    /// What take-backs could not find and the refund pays instead, minor units.
    pub short: i64,
    /// By rule: the last purchase that passes the filter of a silence, and whether that silence has fired.
    pub silence: Vec<(Option<Date>, bool)>,
    /// Spent and bought before membership, for closed programs.
    pub before: (i64, u32),
    pub member: bool,
    pub joined: Option<Date>,
    /// The local day up to whose midnight everything is done.
    pub day: Option<Date>,
    /// The next midnight with work; may be early, never late.
    pub due: Option<Date>,
    pub last_lot: u32,
    pub seq: u32,
    pub gifts_in_all: u64,
    pub redeemed: bool,
    /// Purchases that returns will ask for.
    pub records: Vec<Record>,
    /// Grants posted while `log_grants`: award, entry, lot.
    pub granted_log: Vec<(Award, u32, Option<u32>)>,
    /// What limits counted meanwhile.
    pub limits_log: Vec<(usize, i64)>,
    pub log_grants: bool,
    pub vouchers: Vec<super::vouchers::Voucher>,
    /// Periods of a top category that are over, while returns may still change them.
    pub settled_tops: Vec<super::top::Settled>,
    /// When what is taken back was granted, where no purchase says so.
    pub granted_at: Option<DateTime>,
    /// By rule on a period's top category: what each earned so far.
    pub tops: Vec<super::top::Categories>,
    /// Earned but paid only at the end of a period: by rule and wallet.
    pub unpaid: Vec<Vec<i64>>,
    /// Who acts where nobody buys: the customer of the last event, at first the account's first.
    pub customer_of_day: u32,
    /// Sums of sentences that reports do not list.
    pub unowned: RuleTotals,
    pub facts: Facts,
    /// Reused from purchase to purchase; away while one is worked on.
    pub out: Option<Box<Outcome>>,
    /// The next events, counted from the account's first.
    pub next_purchase: u32,
    pub next_moment: u32,
    /// Purchases made as a member.
    pub member_purchases: std::collections::BTreeMap<u32, u32>,
    /// Where the clock stands between events.
    pub now: Instant,
    pub local: DateTime,
}

/// An account under evaluation.
pub(super) struct Account<'a, R: Recorder> {
    pub bound: &'a Bound<'a>,
    pub part: &'a Part,
    pub history: &'a HistoryAccount,
    pub policies: &'a Policies<'a>,
    pub s: &'a mut State,
    pub totals: &'a mut Totals,
    pub shared: &'a mut Shared,
    pub recorder: &'a mut R,
    /// The midnight that follows the last day of the books.
    pub close: Date,
    /// Its instant.
    pub close_at: Instant,
    /// Purchases of the account that are returned later, rising.
    pub returned: &'a [u32],
    /// What is being worked on, for errors: a sentence of the program.
    pub at_rule: Option<Source>,
    /// Now.
    pub now: Instant,
    pub local: DateTime,
    /// The date of `local`.
    pub today: Date,
}

/// What comes next in an account's history.
#[derive(Clone, Copy)]
enum Next<'a> {
    Moment(&'a Moment),
    /// Index into the part's purchases.
    Purchase(usize),
}

/// The order of kinds at one instant; purchases are 3.
fn rank(kind: &MomentKind) -> u8 {
    match kind {
        MomentKind::Given { .. } | MomentKind::Signup => 0,
        MomentKind::Set { .. } | MomentKind::Event { .. } | MomentKind::Claim(_) => 1,
        MomentKind::Return(_) => 2,
        MomentKind::Look => 4,
    }
}

impl State {
    pub fn new(bound: &Bound<'_>) -> Self {
        let program = bound.program;
        let rules = bound.rules.len();
        Self {
            wallets: vec![Wallet::default(); program.wallets.len()],
            measures: vec![Sum::default(); program.measures.len()],
            limits: vec![Sum::default(); bound.limits.len()],
            ladders: program.ladders.iter().map(Ladder::new).collect(),
            entitled: vec![Entitled::default(); rules],
            renewed: Vec::new(),
            ordinals: vec![Vec::new(); rules],
            steps: vec![(0, Vec::new()); rules],
            step_period: vec![None; rules],
            streaks: vec![Streak::default(); rules],
            set: Vec::new(),
            last_counted_day: vec![None; program.measures.len()],
            counted_purchases: 0,
            bought: 0,
            before_event: vec![0; program.measures.len()],
            last_purchase: None,
            diary: Diary::default(),
            short: 0,
            silence: vec![(None, false); rules],
            before: (0, 0),
            member: false,
            joined: None,
            day: None,
            due: None,
            last_lot: 0,
            seq: 0,
            gifts_in_all: 0,
            redeemed: false,
            records: Vec::new(),
            granted_log: Vec::new(),
            limits_log: Vec::new(),
            log_grants: false,
            vouchers: Vec::new(),
            settled_tops: Vec::new(),
            granted_at: None,
            tops: vec![Vec::new(); rules],
            unpaid: vec![vec![0; program.wallets.len()]; rules],
            customer_of_day: 0,
            unowned: RuleTotals { wallets: vec![0; program.wallets.len()], ..RuleTotals::default() },
            facts: Facts {
                tiers: vec![0; program.ladders.len()],
                measures: vec![0; program.measures.len()],
                balances: vec![0; program.wallets.len()],
                used: vec![0; bound.limits.len()],
                entitled: vec![false; rules],
                blocked: vec![false; rules],
                rooms: vec![Room::default(); bound.pots.len()],
                steps: vec![(0, Vec::new()); rules],
                ..Facts::default()
            },
            out: None,
            next_purchase: 0,
            next_moment: 0,
            member_purchases: std::collections::BTreeMap::new(),
            now: Instant(0),
            local: DateTime(0),
        }
    }

    pub fn clear(&mut self) {
        self.wallets.iter_mut().for_each(Wallet::clear);
        self.measures.iter_mut().for_each(Sum::clear);
        self.limits.iter_mut().for_each(Sum::clear);
        self.ladders.iter_mut().for_each(Ladder::clear);
        self.entitled.fill(Entitled::default());
        self.renewed.clear();
        self.ordinals.iter_mut().for_each(Vec::clear);
        for (high, holes) in &mut self.steps {
            *high = 0;
            holes.clear();
        }
        self.step_period.fill(None);
        self.streaks.fill(Streak::default());
        self.set.clear();
        self.last_counted_day.fill(None);
        self.counted_purchases = 0;
        self.bought = 0;
        self.last_purchase = None;
        self.diary.clear();
        self.short = 0;
        self.silence.fill((None, false));
        self.before = (0, 0);
        self.member = false;
        self.joined = None;
        self.day = None;
        self.due = None;
        self.last_lot = 0;
        self.seq = 0;
        self.gifts_in_all = 0;
        self.redeemed = false;
        self.records.clear();
        self.granted_log.clear();
        self.vouchers.clear();
        self.settled_tops.clear();
        self.granted_at = None;
        self.tops.iter_mut().for_each(Vec::clear);
        self.next_purchase = 0;
        self.next_moment = 0;
        self.member_purchases.clear();
        self.limits_log.clear();
        self.facts.blocked.fill(false);
        self.unpaid.iter_mut().for_each(|list| list.fill(0));
    }
}

impl<'a, R: Recorder> Account<'a, R> {
    /// Runs every event of the account and the midnights up to the close of the books.
    pub fn run(&mut self) -> Checked<()> {
        self.begin();
        while self.step_event()? {}
        self.close_books()
    }

    /// Before the first event.
    pub fn begin(&mut self) {
        self.s.customer_of_day = self.history.customers.start;
        self.s.day = Some(Date::MIN);
        let start = self.known_start();
        self.lower_due(start);
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

    /// The instant of the next thing, midnights (0) before events (1), the kind's rank, and the id.
    pub fn next_turn(&self) -> Option<(Instant, u8, u8, String)> {
        let event = self.next_event().map(|next| match next {
            Next::Moment(moment) => (moment.at, 1, rank(&moment.kind), String::new()),
            Next::Purchase(at) => {
                (self.part.purchases.at[at], 1, 3, self.part.purchases.id.get(u32::try_from(at).unwrap_or(u32::MAX)).into_owned())
            }
        });
        let midnight = self.next_midnight().map(|date| (self.bound.program.zone.midnight(date), 0, 0, String::new()));
        [midnight, event].into_iter().flatten().min()
    }

    fn next_midnight(&self) -> Option<Date> {
        let due = self.s.due?;
        let next = self.s.day.map_or(due, |day| due.max(day.plus_days(1)));
        (next < self.close).then_some(next)
    }

    /// Does the next thing: one midnight, or one event.
    pub fn step(&mut self) -> Checked<bool> {
        match (self.next_turn(), self.next_midnight()) {
            (Some((_, 0, ..)), Some(date)) => self.advance(date).map(|()| true),
            (Some(_), _) => self.step_event(),
            (None, _) => Ok(false),
        }
    }

    fn before_close(&self, at: Instant) -> bool {
        at < self.close_at
    }

    /// Moves the clock to an event, with every midnight before it.
    pub fn arrive(&mut self, at: Instant) -> Checked<()> {
        let local = self.bound.program.zone.local(at);
        let today = local.date();
        self.advance(today)?;
        self.now = at;
        (self.local, self.today) = (local, today);
        Ok(())
    }

    pub fn periods(&self) -> Periods {
        Periods { week_starts_sunday: self.bound.program.week_starts_sunday, joined: self.s.joined.unwrap_or(Date(0)) }
    }

    /// Whether a date lies in the program's life.
    pub fn in_life(&self, date: Date) -> bool {
        let program = self.bound.program;
        program.starts.is_none_or(|first| first <= date) && program.ends.is_none_or(|last| date <= last)
    }

    /// Whether rules act now.
    pub fn is_active(&self) -> bool {
        self.s.member && self.in_life(self.today)
    }

    fn moment(&mut self, moment: &'a Moment, index: u32) -> Checked<()> {
        self.arrive(moment.at)?;
        self.s.customer_of_day = moment.customer;
        if R::ON && moment.kind != MomentKind::Look {
            self.recorder.before(super::EventRef::Moment(index));
        }
        self.note_ladder_measures();
        match &moment.kind {
            MomentKind::Signup => {
                // Whose joining day is known joins on that day.
                let open = matches!(self.bound.program.members, Members::Automatically | Members::BySignup);
                if !self.s.member && open && self.joining_day().is_none() {
                    self.join(self.today, true)?;
                }
            }
            MomentKind::Set { attribute, value } => {
                self.set_attribute(attribute, moment.customer, *value);
                self.event(&format!("set {attribute}"), None, moment.customer)?;
            }
            MomentKind::Event { name, of, .. } => self.event(name, *of, moment.customer)?,
            MomentKind::Claim(reward) => self.claim(reward, moment.customer)?,
            MomentKind::Return(parts) => {
                for part in parts {
                    self.return_part(part)?;
                }
            }
            MomentKind::Given { holding, tiers } => self.give(holding, tiers)?,
            MomentKind::Look => {}
        }
        self.test_tiers(None, true)?;
        self.exchange_automatically()?;
        if R::ON {
            self.recorder.after(super::EventRef::Moment(index), super::View { state: self.s, program: self.bound.program });
        }
        Ok(())
    }

    /// What a worked example's customer holds at first: a lot, and tiers that count as reached now.
    fn give(&mut self, holding: &[(String, crate::value::Decimal)], tiers: &[String]) -> Checked<()> {
        if !self.s.member {
            self.join(self.today, self.bound.program.members == Members::Automatically)?;
        }
        for (name, amount) in holding {
            let Some(wallet) = self.bound.wallet(name) else { continue };
            let scale = self.bound.program.wallets[wallet.index()].scale;
            let units = amount.rounded_to_scale(scale, crate::value::Rounding::Down)?;
            self.hold(wallet, units)?;
        }
        for name in tiers {
            let found = self.bound.tier(name);
            if let Some(tier) = found {
                self.reach_given(tier);
            }
        }
        Ok(())
    }

    fn set_attribute(&mut self, attribute: &str, customer: u32, value: TextCode) {
        let key = name_key(attribute);
        let known = self.bound.history.customer_attributes.iter().position(|name| name_key(name) == key);
        let behind = || {
            let wanted = self.bound.program.attributes.iter().position(|a| name_key(&a.name) == key);
            wanted.map(|at| self.bound.history.customer_attributes.len() + at)
        };
        if let Some(column) = known.or_else(behind) {
            self.s.set.retain(|(c, who, _)| !(*c == column && *who == customer));
            self.s.set.push((column, customer, value));
        }
    }

    /// A custom event: confirmations, counts and the rules it fires.
    fn event(&mut self, name: &str, of: Option<u32>, customer: u32) -> Checked<()> {
        self.confirm(name, of)?;
        let key = name_key(name);
        if !self.is_active() {
            // Who activates an offer in a quarter and joins with a first purchase did activate it in that quarter.
            return self.count_event(&key, |window| !matches!(window, Window::Unsaid | Window::SinceJoining));
        }
        self.touch_activity(super::post::Activity::Event);
        self.fill_facts(customer);
        self.count_event(&key, |_| true)?;
        self.fire_all(|trigger| matches!(trigger, Trigger::Event(wanted) if name_key(wanted) == key))
    }

    /// Counts an event in the measures that follow its name and whose window it is for.
    fn count_event(&mut self, key: &str, counts: fn(Window) -> bool) -> Checked<()> {
        if !self.in_life(self.today) {
            return Ok(());
        }
        for index in 0..self.bound.program.measures.len() {
            let measure = &self.bound.program.measures[index];
            if matches!(&measure.kind, MeasureKind::Events(wanted) if name_key(wanted) == *key) && counts(measure.window) {
                self.add_measure(index, 1, None)?;
            }
        }
        Ok(())
    }

    /// Fires every rule with such a trigger, in file order, on the facts as they were filled.
    pub fn fire_all(&mut self, wanted: impl Fn(&Trigger) -> bool) -> Checked<()> {
        for rule in 0..self.bound.rules.len() {
            if wanted(&self.bound.rules[rule].trigger) {
                self.fire(rule)?;
            }
        }
        Ok(())
    }

    /// Membership begins.
    pub fn join(&mut self, joined: Date, with_signup: bool) -> Checked<()> {
        let program = self.bound.program;
        self.s.member = true;
        self.s.joined = Some(joined);
        let closed = matches!(program.members, Members::AfterSpending(_) | Members::AfterPurchases(_) | Members::If(_));
        if closed && !program.count_earlier {
            // What opened the door counts for nothing else.
            self.s.measures.iter_mut().for_each(Sum::clear);
            self.s.counted_purchases = 0;
            self.s.last_counted_day.fill(None);
        }
        self.record(Source::Given, Kind::Join, None, 0, 0, Unit::Count);
        for index in 0..self.s.ladders.len() {
            self.start_ladder(index);
        }
        self.plan_days(self.today);
        if with_signup && self.in_life(self.today) {
            let customer = self.history.customers.start;
            self.fill_facts(customer);
            self.fire_all(|trigger| matches!(trigger, Trigger::Signup))?;
        }
        Ok(())
    }

    /// The facts of now, stage 0. `customer` is who buys or acts.
    pub fn fill_facts(&mut self, customer: u32) {
        let bound = self.bound;
        let program = bound.program;
        let periods = self.periods();
        let (now, local, today) = (self.now, self.local, self.today);
        let member = self.is_active();
        let s = &mut *self.s;
        let facts = &mut s.facts;
        facts.at = now;
        facts.local = local;
        facts.date = today;
        facts.member = member;
        facts.customer = customer;
        facts.joined = s.joined;
        facts.last_purchase = s.last_purchase;
        facts.purchases_before = s.counted_purchases;
        for (rung, ladder) in facts.tiers.iter_mut().zip(&s.ladders) {
            *rung = ladder.held;
        }
        for (balance, wallet) in facts.balances.iter_mut().zip(&s.wallets) {
            *balance = wallet.balance;
        }
        for ((value, measure), sum) in facts.measures.iter_mut().zip(&program.measures).zip(&mut s.measures) {
            *value = match measure.kind {
                MeasureKind::Balance(wallet) => s.wallets[wallet.index()].balance,
                _ => sum.value(measure.window, local, periods),
            };
        }
        for (index, limit) in bound.limits.iter().enumerate() {
            facts.used[index] = measures::limit_window(limit).map_or(0, |window| s.limits[index].value(window, local, periods));
        }
        let date = facts.date;
        for &rule in &bound.entitled_rules {
            let entitled = &s.entitled[rule];
            facts.entitled[rule] = entitled.active && entitled.last_day.is_none_or(|last| date <= last) && entitled.uses_left != Some(0);
        }
        if facts.set.len() != s.set.len() || facts.set != s.set {
            facts.set.clone_from(&s.set);
        }
        for ((room, state), pot) in facts.rooms.iter_mut().zip(&mut self.shared.pots).zip(&bound.pots) {
            *room = state.room(pot, date, periods);
        }
        if bound.has_steps {
            Self::fill_steps(bound, s, periods);
        }
        if !self.returned.is_empty() {
            self.block_ordinals();
        }
    }

    /// Steps of spending triggers: a new calendar period starts anew; a rolling window also once it has been below.
    fn fill_steps(bound: &Bound<'_>, s: &mut State, periods: Periods) {
        let facts = &mut s.facts;
        for (index, rule) in bound.rules.iter().enumerate() {
            if let Trigger::Spending { amount, measure, .. } = &rule.trigger {
                match bound.program.measures[measure.index()].window {
                    Window::In(period) => {
                        let start = periods.start(facts.date, period);
                        if s.step_period[index] != Some(start) {
                            s.step_period[index] = Some(start);
                            s.steps[index] = (0, Vec::new());
                        }
                    }
                    Window::Last(_) => {
                        let below = facts.measures[measure.index()].div_euclid((*amount).max(1));
                        let (high, holes) = &mut s.steps[index];
                        *high = (*high).min(below);
                        holes.retain(|hole| *hole <= below);
                    }
                    _ => {}
                }
                facts.steps[index].clone_from(&s.steps[index]);
            }
        }
        facts.streaks.clone_from(&s.streaks);
    }

    /// Ordinals that fired and were not taken back do not fire again, even if returns lowered the count since.
    fn block_ordinals(&mut self) {
        let periods = self.periods();
        let s = &mut *self.s;
        for (index, rule) in self.bound.rules.iter().enumerate() {
            let (Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. }) = &rule.trigger else {
                continue;
            };
            let number = s.facts.measures[counter.index()] + 1;
            let window = self.bound.program.measures[counter.index()].window;
            let key = match window {
                Window::In(period) => periods.start(s.facts.date, period),
                _ => Date::MIN,
            };
            let rolling = matches!(window, Window::Last(_));
            s.facts.blocked[index] = !rolling && s.ordinals[index].iter().any(|(k, n, _)| *k == key && *n == number);
        }
    }

    fn purchase(&mut self, local_index: u32, at: usize) -> Checked<()> {
        self.arrive(self.part.purchases.at[at])?;
        if R::ON {
            self.recorder.before(super::EventRef::Purchase(local_index));
        }
        let program = self.bound.program;
        let customer = self.part.purchases.customer.get(at).copied().unwrap_or(self.history.customers.start);
        self.s.customer_of_day = customer;
        self.s.bought = local_index.saturating_add(1);
        let date = self.today;
        if !self.s.member && program.members == Members::Automatically && self.may_join_by_purchase() {
            self.join(date, true)?;
            self.grant_usable_now(date)?;
        }
        self.fill_facts(customer);
        if self.bound.has_keeps || !self.returned.is_empty() {
            self.note_ladder_measures();
        }
        self.present_vouchers(at, customer, local_index);
        let wishes = self.wishes(local_index, at, customer)?;
        let mut out = self.s.out.take().unwrap_or_default();
        lines::build(self.part, at, &mut out.lines)?;
        let recorded = if self.returned.binary_search(&local_index).is_ok() { out.lines.clone() } else { Vec::new() };
        self.compute(at, &wishes, &mut out)?;
        if program.tiers_with_purchase && self.s.facts.member && self.tiers_at_stage_0(&out, local_index)? {
            self.fill_facts(customer);
            lines::build(self.part, at, &mut out.lines)?;
            self.compute(at, &wishes, &mut out)?;
        }
        if R::WHY && self.recorder.asks() {
            let stage = Stage { bound: self.bound, part: self.part, facts: &self.s.facts, purchase: at, decided: None };
            let decided = super::reasons::decide(&stage, &out, &self.s.entitled)?;
            self.recorder.decided(decided);
        }
        let result = self.commit(local_index, at, &mut out, recorded);
        self.s.out = Some(out);
        result?;
        if R::ON {
            self.recorder.after(super::EventRef::Purchase(local_index), super::View { state: self.s, program: self.bound.program });
        }
        Ok(())
    }

    /// What the program gives on a purchase whose lines stand in `out`.
    fn compute(&self, at: usize, wishes: &[Wish], out: &mut Outcome) -> Checked<()> {
        let stage = Stage { bound: self.bound, part: self.part, facts: &self.s.facts, purchase: at, decided: None };
        let paying = Paying::Wishes(wishes);
        if let Some(plan) = &self.bound.plan
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

    /// Someone whose joining day is known joins on that day, and nobody joins outside the program's life.
    fn may_join_by_purchase(&self) -> bool {
        self.in_life(self.today) && self.joining_day().is_none()
    }

    /// The day the account joined by the history: that of its first member.
    pub fn joining_day(&self) -> Option<Date> {
        let customers = self.history.customers.clone();
        customers.filter_map(|c| self.part.customers.joined.get(usize::try_from(c).ok()?).copied().flatten()).min()
    }

    /// What pays for the purchase: what the history records, else what the assumptions say.
    fn wishes(&mut self, local_index: u32, at: usize, customer: u32) -> Checked<Vec<Wish>> {
        if self.bound.program.redeems.is_empty() {
            return Ok(Vec::new());
        }
        let recorded = self.recorded_payments(at)?;
        if !recorded.is_empty() {
            return Ok(recorded);
        }
        self.policies.wishes(self.bound, self.part, &self.s.facts, customer, local_index)
    }

    fn recorded_payments(&self, at: usize) -> Checked<Vec<Wish>> {
        let mut wishes = Vec::new();
        for (index, column) in self.bound.paid_columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let Some(units) = self.part.purchases.paid.get(*column).and_then(|list| list.get(at)).copied().flatten() else { continue };
            let wallet = crate::program::WalletId(u16::try_from(index).unwrap_or(u16::MAX));
            let scale = self.bound.program.wallets[index].scale;
            let units = units.rounded_to_scale(scale, crate::value::Rounding::Down)?;
            if units > 0 {
                wishes.push(Wish { wallet, units: Some(units) });
            }
        }
        Ok(wishes)
    }

    /// A scene without a purchase.
    pub fn scene(&self) -> Scene<'_> {
        Scene { bound: self.bound, part: self.part, facts: &self.s.facts, purchase: None, lines: &[], line: None, net_amount: 0 }
    }

    /// Writes an entry, if anyone reads them, and counts it.
    pub fn record(&mut self, source: Source, kind: Kind, purchase: Option<u32>, wanted: i64, granted: i64, unit: Unit) -> u32 {
        self.s.seq += 1;
        if R::ON {
            let entry = Entry {
                seq: self.s.seq,
                at: self.now,
                purchase,
                source,
                kind,
                wanted,
                granted,
                unit,
                lot: None,
                expires: None,
                reverses: None,
                because: None,
            };
            self.recorder.entry(entry);
        }
        self.s.seq
    }

    /// Everything up to the end of the last day, then the sums of how the account stands.
    pub fn close_books(&mut self) -> Checked<()> {
        self.advance(self.close.plus_days(-1))?;
        // What is dated the last day belongs to the books that are closed with it.
        if self.bound.settles {
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
        if s.redeemed {
            self.totals.redeemers += 1;
        }
        for (wallet, totals) in s.wallets.iter().zip(&mut self.totals.wallets) {
            totals.balance += i128::from(wallet.balance);
            totals.pending += i128::from(wallet.pending);
            totals.owed += i128::from(wallet.balance.min(0));
        }
        Ok(())
    }
}
