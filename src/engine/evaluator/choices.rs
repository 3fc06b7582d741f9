//! What customers choose, and attributes that events set.

use crate::engine::account::limits::limit_window;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::windows::is_inside;
use crate::history::model::{NO_TEXT, TextCode};
use crate::program::{Choice, Limit, LimitWhat, TextId};
use crate::value::{Date, DateTime, name_key};

/// What a customer has chosen so far.
enum Stands {
    Chosen(TextCode),
    /// Nobody chose it; it holds at first.
    AtFirst(TextId),
    Open,
}

impl<R: Listener> Account<'_, R> {
    /// Sets an attribute, now or later; false if it is a choice that does not allow it.
    pub fn choose(&mut self, attribute: &str, customer: u32, value: TextCode) -> bool {
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
}
