//! What happens to an account beside purchases: membership, events, attributes, what an example gives.

use crate::engine::account::limits::limit_window;
use crate::engine::evaluator::{Account, Activity};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::{EventRef, Listener, View};
use crate::engine::windows::is_inside;
use crate::history::model;
use crate::history::model::{MomentKind, NO_TEXT, TextCode};
use crate::plan::triggers::Moment;
use crate::program::{Choice, Limit, LimitWhat, MeasureKind, Members, TextId, Window};
use crate::value::{Checked, Date, DateTime, name_key};

/// What a customer has chosen so far.
enum Stands {
    Chosen(TextCode),
    /// Nobody chose it; it holds at first.
    AtFirst(TextId),
    Open,
}

impl<'a, R: Listener> Account<'a, R> {
    pub fn moment(&mut self, moment: &'a model::Moment, index: u32) -> Checked<()> {
        self.arrive(moment.at)?;
        self.s.customer_of_day = moment.customer;
        if R::ON && moment.kind != MomentKind::Wait {
            self.listener.before(EventRef::Moment(index));
        }
        self.note_ladder_measures();
        match &moment.kind {
            MomentKind::Signup => {
                // Whose joining day is known joins on that day.
                let open = matches!(self.plan.program.members, Members::Automatically | Members::BySignup);
                if !self.s.member && open && self.joining_day().is_none() {
                    self.join(self.today, true)?;
                }
            }
            MomentKind::Set { attribute, value } if !self.choose(attribute, moment.customer, *value) => {
                self.totals.refused += 1;
                self.write_entry(Entry { wanted: 1, ..Entry::new(Source::Given, Kind::Refused, 0, Unit::Count) });
            }
            MomentKind::Set { attribute, .. } => {
                self.event(&format!("set {attribute}"), None, moment.customer)?;
            }
            MomentKind::Event { name, of, .. } => self.event(name, *of, moment.customer)?,
            MomentKind::Collect { gift, name } => match self.plan.gift_to_collect(gift) {
                Some(gift) => self.collect(gift, moment.customer),
                None => self.event(name, None, moment.customer)?,
            },
            MomentKind::Claim(reward) => self.claim(reward, moment.customer)?,
            MomentKind::Return(parts) => {
                for part in parts {
                    self.return_part(part)?;
                }
            }
            MomentKind::Given { holding, tiers } => self.give(holding, tiers)?,
            MomentKind::Look | MomentKind::Wait => {}
        }
        self.test_tiers(None)?;
        self.exchange_automatically()?;
        self.join_by_condition()?;
        if R::ON {
            self.listener.after(EventRef::Moment(index), View { standing: self.s, program: self.plan.program });
        }
        Ok(())
    }

    /// What a worked example's customer holds at first: a lot, and tiers that count as reached now.
    pub fn give(&mut self, holding: &[(String, crate::value::Decimal)], tiers: &[String]) -> Checked<()> {
        if !self.s.member {
            self.join(self.today, self.plan.program.members == Members::Automatically)?;
        }
        for (name, amount) in holding {
            let Some(wallet) = self.plan.wallet(name) else { continue };
            let scale = self.plan.program.wallets[wallet.index()].scale;
            let units = amount.rounded_to_scale(scale, crate::value::Rounding::Down)?;
            self.give_at_first(wallet, units)?;
        }
        for name in tiers {
            let found = self.plan.tier(name);
            if let Some(tier) = found {
                self.reach_given(tier);
            }
        }
        Ok(())
    }

    /// Sets an attribute, now or later; false if it is a choice that does not allow it.
    fn choose(&mut self, attribute: &str, customer: u32, value: TextCode) -> bool {
        let (plan, key) = (self.plan, name_key(attribute));
        let program = plan.program;
        let called = |choice: &Choice| program.attributes.get(choice.attribute.index()).is_some_and(|known| name_key(&known.name) == key);
        let Some((index, choice)) = program.choices.iter().enumerate().find(|(_, choice)| called(choice)) else {
            self.set_attribute(attribute, customer, value);
            return true;
        };
        if !plan.is_text(value, &choice.values) {
            return false;
        }
        let same = |text: TextId| plan.is_text(value, &[text]);
        let stands = self.stands(choice, customer);
        let is_change = match stands {
            Stands::Chosen(known) => !choice.values.iter().any(|text| plan.is_text(known, &[*text]) && same(*text)),
            Stands::AtFirst(known) => !same(known),
            Stands::Open => false,
        };
        if !is_change {
            self.s.wishes.retain(|(of, who, ..)| !(*of == index && *who == customer));
            self.set_attribute(attribute, customer, value);
            return true;
        }
        if let Some(Limit { what: LimitWhat::Times(times), .. }) = choice.limit
            && let Some(window) = choice.limit.as_ref().and_then(limit_window)
        {
            let (periods, local) = (self.periods(), self.local);
            let of = |(of, who, at): &&(usize, u32, DateTime)| *of == index && *who == customer && is_inside(window, *at, local, periods);
            if self.s.chosen.iter().filter(of).count() >= usize::try_from(times).unwrap_or(usize::MAX) {
                return false;
            }
        }
        self.s.chosen.push((index, customer, self.local));
        match choice.later {
            None => self.set_attribute(attribute, customer, value),
            Some(period) => {
                let from = self.periods().next(self.today, period);
                self.s.wishes.retain(|(of, who, ..)| !(*of == index && *who == customer));
                self.s.wishes.push((index, customer, value, from));
                self.lower_due(Some(from));
            }
        }
        true
    }

    /// What a customer has chosen so far.
    fn stands(&self, choice: &Choice, customer: u32) -> Stands {
        let column = self.plan.attribute(choice.attribute);
        let behind = self.plan.history.customer_attributes.len() + choice.attribute.index();
        let at = column.unwrap_or(behind);
        let set = self.s.set.iter().find(|(known, who, _)| *known == at && *who == customer).map(|(_, _, code)| *code);
        let recorded = || {
            let list = self.part.customers.attributes.get(column?)?;
            list.get(usize::try_from(customer).ok()?).copied().filter(|code| *code != NO_TEXT)
        };
        match set.or_else(recorded) {
            Some(code) => Stands::Chosen(code),
            None => choice.first.map_or(Stands::Open, Stands::AtFirst),
        }
    }

    /// Wishes whose day has come.
    pub fn fulfil_wishes(&mut self, date: Date) {
        let due: Vec<(usize, u32, TextCode, Date)> = self.s.wishes.iter().filter(|(.., from)| *from <= date).copied().collect();
        self.s.wishes.retain(|(.., from)| *from > date);
        for (index, customer, value, _) in due {
            let attribute =
                self.plan.program.choices.get(index).and_then(|choice| self.plan.program.attributes.get(choice.attribute.index()));
            if let Some(attribute) = attribute {
                self.set_attribute(&attribute.name, customer, value);
            }
        }
        let next = self.s.wishes.iter().map(|(.., from)| *from).min();
        self.lower_due(next);
    }

    pub fn set_attribute(&mut self, attribute: &str, customer: u32, value: TextCode) {
        let key = name_key(attribute);
        let known = self.plan.history.customer_attributes.iter().position(|name| name_key(name) == key);
        let behind = || {
            let wanted = self.plan.program.attributes.iter().position(|a| name_key(&a.name) == key);
            wanted.map(|at| self.plan.history.customer_attributes.len() + at)
        };
        if let Some(column) = known.or_else(behind) {
            self.s.set.retain(|(c, who, _)| !(*c == column && *who == customer));
            self.s.set.push((column, customer, value));
        }
    }

    /// A custom event: confirmations, counts and the rules it fires.
    pub fn event(&mut self, name: &str, of: Option<u32>, customer: u32) -> Checked<()> {
        self.confirm(name, of)?;
        let key = name_key(name);
        if !self.is_active() {
            // Who activates an offer in a quarter and joins with a first purchase did activate it in that quarter; and what
            // happened may be what opens the door.
            let opens = self.opens_door();
            return self.count_event(&key, |window| window != Window::SinceJoining && (opens || window != Window::Unsaid));
        }
        self.touch_activity(Activity::Event, None);
        self.fill_facts(customer);
        self.count_event(&key, |_| true)?;
        self.fire_all(&Moment::Event(key))
    }

    /// Counts an event in the measures that follow its name and whose window it is for.
    pub fn count_event(&mut self, key: &str, counts: impl Fn(Window) -> bool) -> Checked<()> {
        if !self.in_life(self.today) {
            return Ok(());
        }
        for index in 0..self.plan.program.measures.len() {
            let measure = &self.plan.program.measures[index];
            if matches!(&measure.kind, MeasureKind::Events(wanted) if name_key(wanted) == *key) && counts(measure.window) {
                self.add_measure(index, 1)?;
            }
        }
        Ok(())
    }
}
