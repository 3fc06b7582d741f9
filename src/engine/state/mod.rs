//! The state of an account.

pub(super) mod case;
pub(super) mod kept;

use crate::engine::account::counters::Sum;
use crate::engine::account::diary::Diary;
use crate::engine::account::different::Different;
use crate::engine::account::entitlements::Entitled;
use crate::engine::account::ladders::Ladder;
use crate::engine::account::wallets::Wallet;
use crate::engine::facts::{Facts, Streak};
use crate::engine::listener::Standing;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::shared::Room;
use crate::engine::state::case::Case;
use crate::engine::state::kept::{Granted, Timed};
use crate::engine::steps::Steps;
use crate::engine::totals::RuleTotals;
use crate::history::model::TextCode;
use crate::plan::Plan;
use crate::program::WalletId;
use crate::value::{Date, DateTime, Instant};

/// Stands for a door that several purchases hold open.
pub(in crate::engine) const ANY: u32 = u32::MAX;

/// What the next day of a rule depends on and may change: the silence that it waits for, and the joining day.
pub(in crate::engine) type DueBy = ((Option<Date>, bool), Option<Date>);

/// The state of an account; reused for the next one.
pub(in crate::engine) struct State {
    pub wallets: Vec<Wallet>,
    pub measures: Vec<Sum>,
    /// Tiers are tested as a purchase begins.
    pub at_stage_0: bool,
    /// Measures of what is counted once.
    pub different: Vec<Different>,
    pub limits: Vec<Sum>,
    pub ladders: Vec<Ladder<Granted>>,
    pub entitled: Vec<Entitled>,
    /// Entitlements that a later firing renewed, by rule, kept where a return may undo that firing.
    pub renewed: Vec<(usize, Entitled)>,
    /// Entitlements begun so far.
    pub entitlements: u32,
    /// By rule: ordinals and steps that fired, kept where returns may lower the count; with the purchase that fired them.
    pub ordinals: Vec<Vec<(Date, Steps, u32)>>,
    pub steps: Vec<(i64, Steps)>,
    /// By rule: the calendar period that `steps` belongs to.
    pub step_period: Vec<Option<Date>>,
    pub streaks: Vec<Streak>,
    pub set: Vec<(usize, u32, TextCode)>,
    /// By measure of distinct days: the last day counted.
    pub last_counted_day: Vec<Option<Date>>,
    pub counted_purchases: i64,
    /// Purchases so far, counted or not.
    pub bought: u32,
    /// Which recorded purchase random choices take the one of now for, counted from 0.
    pub drawn_as: u32,
    /// The share of every lot that the claim of now may use at most.
    pub claim_share: Option<crate::value::Decimal>,
    /// What ladders measure, as it stood before the event of now; by measure.
    pub before_event: Vec<i64>,
    pub last_purchase: Option<Date>,
    /// What counts through which purchase, kept where returns may undo it.
    pub diary: Diary,
    /// By wallet: what the take-backs of the return of now could not find.
    pub short: Vec<i64>,
    /// What a used voucher had taken off whose grant is being taken back, below zero.
    pub undone: i64,
    /// What the account owes in money for vouchers that were taken back after they had been used, minor units.
    pub owed: i64,
    /// By rule: the last purchase that passes the filter of a silence, and whether that silence has fired.
    pub silence: Vec<(Option<Date>, bool)>,
    /// By rule: days on which a silence fired.
    pub silences: Vec<Vec<Date>>,
    /// By rule of days: its next day, the day from which it was looked for, and what it was found by.
    pub day_due: Vec<(Date, Date, DueBy)>,
    /// Spent and bought, less what came back, for closed programs.
    pub before: (i64, u32),
    /// The purchase that opened a closed program; [`ANY`] once it came back and others took its place.
    pub door: Option<u32>,
    /// What `on signup` granted.
    pub signup: Granted,
    pub member: bool,
    pub joined: Option<Date>,
    /// The local day up to whose midnight everything is done.
    pub day: Option<Date>,
    /// The next midnight with work; may be early, never late.
    pub due: Option<Date>,
    pub last_lot: u32,
    pub seq: u32,
    pub gifts_in_all: u64,
    /// Purchases that something was redeemed on, less those that came back.
    pub redeemed: u32,
    /// Purchases that returns will ask for.
    pub cases: Vec<(u32, Option<Box<Case>>)>,
    /// What is granted while someone wants to know it, and how many do.
    pub log: Granted,
    pub logs: u32,
    /// Tests of ladders so far, in which some threshold was met.
    pub tick: u64,
    /// What was granted by the time that passes.
    pub timed: Vec<Timed>,
    /// Rules whose silence is over since a purchase came back.
    pub overdue: Vec<usize>,
    /// The tiers before stage 0 of the purchase of now.
    pub tiers_before: Vec<u8>,
    pub vouchers: crate::engine::account::vouchers::Vouchers,
    /// What setting a balance changed, by its entry.
    pub set_by: Vec<(u32, i64)>,
    /// What customers chose: which choice, who, and when it was changed; and wishes that wait for their day.
    pub chosen: Vec<(usize, u32, DateTime)>,
    pub wishes: Vec<(usize, u32, TextCode, Date)>,
    /// By rule: firings so far, where each draws what it gives.
    pub drawn: Vec<i64>,
    /// Gifts that wait, or waited, to be collected.
    pub rights: Vec<crate::engine::state::kept::Right>,
    /// Periods of a top category that are over, while returns may still change them.
    pub settled_tops: Vec<crate::engine::state::kept::Settled>,
    /// When what is taken back was granted, where no purchase says so, and how many tests of ladders came before.
    pub granted_at: Option<(DateTime, u64)>,
    /// By rule on a period's top category: what each earned so far.
    pub tops: Vec<crate::engine::state::kept::Categories>,
    /// Earned but paid only at the end of a period: by rule and wallet.
    pub unpaid: Vec<Vec<i64>>,
    /// What multipliers below one took off it, kept where returns may give it back: purchase, wallet, rule, units.
    pub unpaid_less: Vec<(u32, crate::program::WalletId, usize, i64)>,
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
    /// A midnight whose draws are held before the rest of it.
    pub half_done: Option<Date>,
    /// Where the clock stands between events.
    pub now: Instant,
    pub local: DateTime,
}

impl State {
    pub fn new(plan: &Plan<'_>) -> Self {
        let program = plan.program;
        let rules = plan.rules.len();
        Self {
            wallets: vec![Wallet::default(); program.wallets.len()],
            measures: vec![Sum::default(); program.measures.len()],
            at_stage_0: false,
            different: vec![Different::default(); program.measures.len()],
            limits: vec![Sum::default(); plan.limits.len()],
            ladders: program.ladders.iter().map(Ladder::new).collect(),
            entitled: vec![Entitled::default(); rules],
            renewed: Vec::new(),
            entitlements: 0,
            ordinals: vec![Vec::new(); rules],
            steps: vec![(0, Steps::default()); rules],
            step_period: vec![None; rules],
            streaks: vec![Streak::default(); rules],
            set: Vec::new(),
            last_counted_day: vec![None; program.measures.len()],
            counted_purchases: 0,
            bought: 0,
            drawn_as: 0,
            claim_share: None,
            before_event: vec![0; program.measures.len()],
            last_purchase: None,
            diary: Diary::default(),
            short: vec![0; program.wallets.len()],
            undone: 0,
            owed: 0,
            silence: vec![(None, false); rules],
            silences: vec![Vec::new(); rules],
            day_due: vec![(Date::EARLIEST, Date::LATEST, DueBy::default()); rules],
            before: (0, 0),
            door: None,
            signup: Granted::default(),
            member: false,
            joined: None,
            day: None,
            due: None,
            last_lot: 0,
            seq: 0,
            gifts_in_all: 0,
            redeemed: 0,
            cases: Vec::new(),
            log: Granted::default(),
            logs: 0,
            tick: 0,
            timed: Vec::new(),
            overdue: Vec::new(),
            tiers_before: Vec::new(),
            vouchers: crate::engine::account::vouchers::Vouchers::default(),
            set_by: Vec::new(),
            chosen: Vec::new(),
            wishes: Vec::new(),
            drawn: vec![0; rules],
            rights: Vec::new(),
            settled_tops: Vec::new(),
            granted_at: None,
            tops: vec![Vec::new(); rules],
            unpaid: vec![vec![0; program.wallets.len()]; rules],
            unpaid_less: Vec::new(),
            customer_of_day: 0,
            unowned: RuleTotals { wallets: vec![0; program.wallets.len()], ..RuleTotals::default() },
            facts: Facts {
                tiers: vec![0; program.ladders.len()],
                measures: vec![0; program.measures.len()],
                balances: vec![0; program.wallets.len()],
                used: vec![0; plan.limits.len()],
                entitled: vec![false; rules],
                blocked: vec![false; rules],
                rooms: vec![Room::default(); plan.pots.len()],
                steps: vec![(0, Steps::default()); rules],
                ..Facts::default()
            },
            out: None,
            next_purchase: 0,
            next_moment: 0,
            member_purchases: std::collections::BTreeMap::new(),
            half_done: None,
            now: Instant(0),
            local: DateTime(0),
        }
    }

    pub fn clear(&mut self) {
        self.wallets.iter_mut().for_each(Wallet::clear);
        self.measures.iter_mut().for_each(Sum::clear);
        self.different.iter_mut().for_each(Different::clear);
        self.limits.iter_mut().for_each(Sum::clear);
        self.ladders.iter_mut().for_each(Ladder::clear);
        self.entitled.fill(Entitled::default());
        self.renewed.clear();
        self.entitlements = 0;
        self.ordinals.iter_mut().for_each(Vec::clear);
        self.steps.fill((0, Steps::default()));
        self.step_period.fill(None);
        self.streaks.fill(Streak::default());
        self.set.clear();
        self.last_counted_day.fill(None);
        self.counted_purchases = 0;
        self.bought = 0;
        self.last_purchase = None;
        self.diary.clear();
        self.short.fill(0);
        self.owed = 0;
        self.silence.fill((None, false));
        self.silences.iter_mut().for_each(Vec::clear);
        self.day_due.fill((Date::EARLIEST, Date::LATEST, DueBy::default()));
        self.before = (0, 0);
        self.door = None;
        self.signup = Granted::default();
        self.member = false;
        self.joined = None;
        self.day = None;
        self.due = None;
        self.last_lot = 0;
        self.seq = 0;
        self.gifts_in_all = 0;
        self.redeemed = 0;
        self.cases.clear();
        self.log = Granted::default();
        self.tick = 0;
        self.timed.clear();
        self.overdue.clear();
        self.vouchers.clear();
        self.set_by.clear();
        self.drawn.fill(0);
        self.chosen.clear();
        self.wishes.clear();
        self.rights.clear();
        self.settled_tops.clear();
        self.granted_at = None;
        self.tops.iter_mut().for_each(Vec::clear);
        self.next_purchase = 0;
        self.next_moment = 0;
        self.member_purchases.clear();
        self.half_done = None;
        self.facts.blocked.fill(false);
        self.unpaid.iter_mut().for_each(|list| list.fill(0));
        self.unpaid_less.clear();
    }
}

impl Standing for State {
    fn balance(&self, wallet: WalletId) -> i64 {
        self.wallets.get(wallet.index()).map_or(0, |wallet| wallet.balance)
    }

    fn rung(&self, ladder: usize) -> u8 {
        self.ladders.get(ladder).map_or(0, |ladder| ladder.held)
    }

    fn is_member(&self) -> bool {
        self.member
    }
}
