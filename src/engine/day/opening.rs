//! The opening of the books: members stand as another system says that they stood. What led there happened and is measured, but
//! earns nothing again and fires nothing again.

use crate::engine::account::wallets::{Lot, LotState};
use crate::engine::calendar;
use crate::engine::evaluator::Account;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::history::model::Opening;
use crate::plan::triggers::{Fires, Moment, Steps};
use crate::program::{CivilSpan, LadderId, Members, Pending, TierId, Window, plain_words};
use crate::value::{Checked, Date, Overflow};

impl<'a, R: Listener> Account<'a, R> {
    /// Opens the books at the midnight that begins `date`.
    pub fn open_books(&mut self, date: Date) -> Checked<()> {
        let part = self.part;
        let place = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let mine = part.openings.get(place(self.history.openings.start)..place(self.history.openings.end)).unwrap_or_default();
        if !self.s.member {
            let open = matches!(self.plan.program.members, Members::Automatically | Members::BySignup);
            let known = self.joining_day().filter(|day| *day <= date);
            if mine.is_empty() && !(open && known.is_some()) {
                return Ok(());
            }
            self.join(known.or(first_day(mine)).map_or(date, |day| day.min(date)), false)?;
        }
        if !mine.is_empty() {
            self.note_earlier_purchases(mine);
        }
        for opening in mine {
            match opening {
                // What is owed is there before what fills it.
                Opening::Lot { wallet, units, .. } if *units < 0 => self.open_debt(wallet, units.saturating_neg())?,
                Opening::Count { measure, value } => self.open_count(measure, *value, date)?,
                Opening::Lot { .. } | Opening::Tier { .. } => {}
            }
        }
        for opening in mine {
            match opening {
                Opening::Lot { wallet, units, earned, expires } if *units > 0 => {
                    self.open_lot(wallet, *units, earned.map_or(date, |day| day.min(date)), *expires)?;
                }
                Opening::Tier { name, since, until } => {
                    if let Some(tier) = self.plan.tier(name) {
                        self.open_tier(tier, *since, *until);
                    }
                }
                Opening::Lot { .. } | Opening::Count { .. } => {}
            }
        }
        self.open_ladders();
        self.open_triggers();
        // What the opening itself lifted renews no tier.
        self.note_ladder_measures();
        Ok(())
    }

    /// Who holds something has bought before, unless a count of purchases says otherwise: no first purchase is to come.
    fn note_earlier_purchases(&mut self, mine: &[Opening]) {
        let count = mine.iter().find_map(|opening| match opening {
            Opening::Count { measure, value } if plain_words(measure) == "purchases" => Some(*value),
            _ => None,
        });
        if let Some(count) = count {
            self.s.counted_purchases = count;
        }
        let bought = count.is_none_or(|count| count > 0);
        for customer in self.history.customers.clone() {
            let known = self.s.member_purchases.entry(customer).or_default();
            *known = if bought { (*known).max(1) } else { 0 };
        }
    }

    fn open_debt(&mut self, wallet: &str, units: i64) -> Checked<()> {
        let Some(wallet) = self.plan.wallet(wallet) else { return Ok(()) };
        let purse = &mut self.s.wallets[wallet.index()];
        purse.debt = purse.debt.checked_add(units).ok_or(Overflow)?;
        purse.balance = purse.balance.checked_sub(units).ok_or(Overflow)?;
        self.totals.wallets[wallet.index()].opening -= i128::from(units);
        self.write_entry(Entry::new(Source::Given, Kind::Opening, units.saturating_neg(), Unit::Wallet(wallet)));
        Ok(())
    }

    fn open_lot(&mut self, wallet: &str, units: i64, earned: Date, expires: Option<Date>) -> Checked<()> {
        let Some(wallet) = self.plan.wallet(wallet) else { return Ok(()) };
        let index = wallet.index();
        let (by_terms, latest) = self.terms_of(index, earned);
        let common = self.s.wallets[index].common_expiry.filter(|_| self.plan.follows_activity(index));
        let expires = expires.map(|last| last.plus_days(1)).or(common).or(by_terms);
        if self.plan.follows_activity(index) {
            let purse = &mut self.s.wallets[index];
            purse.common_expiry = purse.common_expiry.max(expires);
        }
        let state = match self.plan.program.wallets[index].pending {
            Pending::For(span) if !matches!(span, CivilSpan::Hours(_)) => {
                let from = calendar::last_day(earned, span);
                if from >= self.today { LotState::PendingUntil(from) } else { LotState::Active }
            }
            Pending::No | Pending::For(_) | Pending::Until { .. } => LotState::Active,
        };
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let last_day = expires.map(|end| end.plus_days(-1));
        let entry = Entry::new(Source::Given, Kind::Opening, units, Unit::Wallet(wallet));
        let entry = self.write_entry(Entry { lot: Some(id), expires: last_day, ..entry });
        self.totals.wallets[index].opening += i128::from(units);
        let at = if earned < self.today { earned.midnight() } else { self.local };
        self.s.wallets[index].push(Lot { entry, expires, latest, state, ..Lot::new(id, units, at) })?;
        let due = self.s.wallets[index].due;
        self.lower_due(due);
        Ok(())
    }

    fn open_tier(&mut self, tier: TierId, since: Option<Date>, until: Option<Date>) {
        let index = tier.ladder.index();
        if tier.rung <= self.s.ladders[index].held {
            return;
        }
        let today = self.today;
        let since = since.map_or(today, |day| day.min(today));
        let keep = until.map(|last| last.plus_days(1)).or_else(|| self.keep_until(index, since)).filter(|end| *end > today);
        self.stand_on(tier, keep, since);
        self.write_entry(Entry::new(Source::Given, Kind::OpeningTier(tier), 1, Unit::Count));
    }

    /// What a measure came to before, whatever earlier purchases are known.
    fn open_count(&mut self, words: &str, value: i64, date: Date) -> Checked<()> {
        let wanted = Some(plain_words(words));
        let periods = self.periods();
        let named = self.plan.program.measures.iter().zip(&self.plan.measure_names).enumerate();
        for (index, (measure, _)) in named.filter(|(_, (_, name))| **name == wanted) {
            let at = match measure.window {
                Window::Previous(period) => periods.start(date, period).plus_days(-1).midnight(),
                _ => self.local,
            };
            let sum = &mut self.s.measures[index];
            let less = sum.value(measure.window, self.local, periods);
            let more = value.checked_sub(less).ok_or(Overflow)?;
            sum.add(measure.window, at, periods, more, true)?;
            if self.journal {
                sum.past.push(at, more);
            }
        }
        Ok(())
    }

    /// Who meets a threshold reached it before.
    fn open_ladders(&mut self) {
        if self.plan.program.tiers_at_reviews {
            return;
        }
        for (index, ladder) in self.plan.program.ladders.iter().enumerate() {
            let met = (1..ladder.rungs.len()).rev().find(|rung| self.meets(index, *rung, self.local));
            let rung = met.and_then(|rung| u8::try_from(rung).ok()).filter(|rung| *rung > self.s.ladders[index].held);
            if let (Some(rung), Ok(ladder)) = (rung, u16::try_from(index)) {
                self.open_tier(TierId { ladder: LadderId(ladder), rung }, None, None);
            }
        }
    }

    /// Steps that were passed have fired, and what firings gave for good is in force.
    fn open_triggers(&mut self) {
        let periods = self.periods();
        for rule in 0..self.plan.rules.len() {
            let fired = match &self.plan.causes[rule].fires {
                Fires::Steps(Steps { measure, amount, each }) => {
                    let reached = self.measure_now(*measure, self.local).div_euclid((*amount).max(1));
                    let reached = if *each { reached } else { reached.min(1) }.max(0);
                    self.s.steps[rule].0 = self.s.steps[rule].0.max(reached);
                    if let Window::In(period) = self.plan.program.measures[measure.index()].window {
                        self.s.step_period[rule] = Some(periods.start(self.today, period));
                    }
                    reached > 0
                }
                Fires::Number(numbers) => {
                    let (counter, first) = (numbers.counter, numbers.first());
                    self.measure_now(counter, self.local) >= first
                }
                Fires::Streak(_) => self.s.streaks[rule].fired,
                Fires::Moment(Moment::Signup) => true,
                Fires::Moment(Moment::Reaching(tier)) => self.s.ladders[tier.ladder.index()].held >= tier.rung,
                _ => false,
            };
            let entitlement = self.plan.rules[rule].entitlement;
            if fired && entitlement.lasts.is_none() && entitlement.uses.is_none() && rule < self.plan.program.rules.len() {
                self.begin_entitlement(rule, None);
            }
        }
    }
}

/// The first day that is named.
fn first_day(mine: &[Opening]) -> Option<Date> {
    let days = mine.iter().filter_map(|opening| match opening {
        Opening::Lot { earned, .. } => *earned,
        Opening::Tier { since, .. } => *since,
        Opening::Count { .. } => None,
    });
    days.min()
}
