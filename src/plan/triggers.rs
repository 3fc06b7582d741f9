//! The table of triggers: what each is to the engine. Nobody else asks which trigger a rule has.
//!
//! [`Cause::of`] is one match without a wildcard: a new trigger does not compile before it has its row.

use crate::program::{CivilSpan, MeasureId, MonthDay, Period, PurchaseFilter, TierId, Trigger, UsableDay};
use crate::value::name_key;

/// A rule's trigger.
#[derive(Clone, Debug)]
pub(crate) struct Cause<'p> {
    /// How its firing is found out.
    pub fires: Fires<'p>,
    /// Whether modifiers wait for it: firing begins an entitlement, which lets them act from the next purchase on. Else they
    /// act on the very purchase, or day, that the trigger names.
    pub entitles: bool,
}

/// How it is found out that a rule fires.
#[derive(Clone, Debug)]
pub(crate) enum Fires<'p> {
    /// Not at all: a reward is claimed, an automatic exchange made as soon as the balance holds it.
    Never,
    /// By every purchase that passes.
    Purchase(&'p PurchaseFilter),
    /// By purchases with some numbers in a counter; a return takes back the numbers that fired.
    Number(Numbers),
    /// By full sums in a measure; a return takes back the steps that fired.
    Steps(Steps),
    /// By a run of periods; a return takes back the firing and shortens the run.
    Streak(Streak<'p>),
    /// At the midnight of a day.
    Day(Day),
    /// At the midnight that begins a period.
    Start(Period),
    /// When the last day of a period is settled.
    End(Period),
    /// At the midnight of the day so long after joining.
    Joined(CivilSpan),
    /// After so long without a purchase that passes.
    Silence(CivilSpan, &'p PurchaseFilter),
    /// By something that happens to the account.
    Moment(Moment),
}

/// Numbers of purchases in a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub counter: MeasureId,
    from: i64,
    to: i64,
    every: i64,
}

impl Numbers {
    /// The first of them.
    pub fn first(self) -> i64 {
        self.from
    }

    /// Whether a number is among them.
    pub fn contain(self, number: i64) -> bool {
        self.from <= number && number <= self.to && number.checked_rem(self.every) == Some(0)
    }
}

/// Full sums in a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub measure: MeasureId,
    /// Minor units.
    pub amount: i64,
    /// Whether each step fires; else only the first.
    pub each: bool,
}

/// A run of periods with a purchase that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Streak<'p> {
    pub count: u32,
    pub period: Period,
    pub filter: &'p PurchaseFilter,
}

/// A day, by its date or recurring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Day {
    Of(UsableDay),
    /// Of every month that has it.
    OfMonth(MonthDay),
}

impl Day {
    /// Whether each customer of an account has one's own.
    pub fn is_of_customer(self) -> bool {
        matches!(self, Self::Of(UsableDay::Birthday))
    }
}

/// Something that happens to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Signup,
    Referral,
    /// A custom event; names are compared as [`Moment::event`] makes them.
    Event(String),
    Reaching(TierId),
    Leaving(TierId),
}

impl Moment {
    pub fn event(name: &str) -> Self {
        Self::Event(name_key(name))
    }
}

impl<'p> Cause<'p> {
    /// The row of a trigger.
    pub fn of(trigger: &'p Trigger) -> Self {
        let numbers = |counter: MeasureId, from: u32, to: u32, every: u32| {
            Fires::Number(Numbers { counter, from: i64::from(from), to: i64::from(to), every: i64::from(every) })
        };
        let moment = |moment| (Fires::Moment(moment), true);
        let day = |day| (Fires::Day(Day::Of(day)), false);
        let (fires, entitles) = match trigger {
            Trigger::None => (Fires::Never, true),
            Trigger::EachPurchase { filter } => (Fires::Purchase(filter), false),
            Trigger::Nth { after, n, counter } => (numbers(*counter, *n, *n, 1), *after),
            Trigger::EveryNth { after, n, counter } => (numbers(*counter, *n, u32::MAX, *n), *after),
            Trigger::Range { from, to, counter } => (numbers(*counter, *from, *to, 1), false),
            Trigger::Spending { every, amount, measure } => {
                (Fires::Steps(Steps { measure: *measure, amount: *amount, each: *every }), true)
            }
            Trigger::Streak { count, period, filter } => (Fires::Streak(Streak { count: *count, period: *period, filter }), true),
            Trigger::Birthday => day(UsableDay::Birthday),
            Trigger::Anniversary => day(UsableDay::Anniversary),
            Trigger::Date(date) => day(UsableDay::Date(*date)),
            Trigger::YearDay(month, of_month) => day(UsableDay::YearDay(*month, *of_month)),
            Trigger::DayOfMonth(of_month) => (Fires::Day(Day::OfMonth(*of_month)), false),
            Trigger::AfterJoining(span) => (Fires::Joined(*span), true),
            Trigger::Signup => moment(Moment::Signup),
            Trigger::Referral(_) => moment(Moment::Referral),
            Trigger::Event(name) => moment(Moment::event(name)),
            Trigger::Reaching(tier) => moment(Moment::Reaching(*tier)),
            Trigger::Leaving(tier) => moment(Moment::Leaving(*tier)),
            Trigger::Silence { span, filter } => (Fires::Silence(*span, filter), true),
            Trigger::AtEnd(period) => (Fires::End(*period), true),
            Trigger::AtStart(period) => (Fires::Start(*period), true),
        };
        Self { fires, entitles }
    }

    /// Whether a purchase may fire it.
    pub fn is_by_purchase(&self) -> bool {
        match self.fires {
            Fires::Purchase(_) | Fires::Number(_) | Fires::Steps(_) | Fires::Streak(_) => true,
            Fires::Never | Fires::Day(_) | Fires::Start(_) | Fires::End(_) | Fires::Joined(_) | Fires::Silence(..) | Fires::Moment(_) => {
                false
            }
        }
    }

    /// Whether time alone fires it.
    pub fn is_by_time(&self) -> bool {
        match self.fires {
            Fires::Day(_) | Fires::Start(_) | Fires::End(_) | Fires::Joined(_) | Fires::Silence(..) => true,
            Fires::Never | Fires::Purchase(_) | Fires::Number(_) | Fires::Steps(_) | Fires::Streak(_) | Fires::Moment(_) => false,
        }
    }

    /// Whether every purchase of a member fires it.
    pub fn is_every_purchase(&self) -> bool {
        matches!(self.fires, Fires::Purchase(filter) if filter.is_all())
    }

    pub fn is_referral(&self) -> bool {
        matches!(self.fires, Fires::Moment(Moment::Referral))
    }
}

/// Which first purchase of a friend a trigger waits for.
pub(crate) fn waits_for_friend(trigger: &Trigger) -> Option<&PurchaseFilter> {
    if let Trigger::Referral(filter) = trigger { Some(filter) } else { None }
}
