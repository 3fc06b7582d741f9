//! What happens to an account beside purchases: membership, events, attributes, what an example gives.

use crate::engine::evaluator::{Account, Activity};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::{EventRef, Listener, View};
use crate::history::model;
use crate::history::model::{MomentKind, NO_TEXT, TextCode};
use crate::plan::triggers::Moment;
use crate::program::{MeasureKind, Members, Window};
use crate::value::{Checked, Decimal, name_key};

impl<'a, R: Listener> Account<'a, R> {
    pub fn moment(&mut self, moment: &'a model::Moment, index: u32) -> Checked<()> {
        // What is said of a wait is said of the midnights on the way.
        let said = self.policies.drawn_at(&self.history.id, false, index);
        if moment.kind == MomentKind::Wait {
            self.s.facts.said.clone_from(&said);
        }
        self.arrive(moment.at)?;
        self.s.facts.said = said;
        self.s.customer_of_day = moment.customer;
        if R::ON && moment.kind != MomentKind::Wait {
            self.listener.before(EventRef::Moment(index));
        }
        self.note_ladder_measures();
        match &moment.kind {
            // What was taken before the books were opened lies in what members hold then.
            MomentKind::Claim(_) | MomentKind::Collect { .. } if self.is_past(self.today) => {}
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
            MomentKind::Event { name, of, value } => {
                if self.plan.money.is_some() && name_key(name) == "top up" {
                    self.top_up(*value)?;
                }
                self.event(name, *of, moment.customer)?;
            }
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
        self.s.facts.said.clear();
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

    /// Money is paid in.
    fn top_up(&mut self, value: TextCode) -> Checked<()> {
        let (Some(wallet), decimals) = (self.plan.money, self.plan.program.currency.decimals) else { return Ok(()) };
        let text = if value == NO_TEXT { "" } else { self.plan.history.texts.get(value) };
        let text = text.strip_suffix(self.plan.program.currency.code.as_str()).map_or(text, str::trim_end);
        let amount = Decimal::parse(text).and_then(|amount| amount.to_scale(decimals).ok().flatten()).filter(|amount| *amount > 0);
        match amount {
            Some(amount) => self.load(wallet, amount, None),
            None => {
                self.totals.refused += 1;
                self.write_entry(Entry { wanted: 1, ..Entry::new(Source::Wallet(wallet), Kind::Refused, 0, Unit::Count) });
                Ok(())
            }
        }
    }

    /// A custom event: confirmations, counts and the rules it fires.
    pub fn event(&mut self, name: &str, of: Option<u32>, customer: u32) -> Checked<()> {
        self.confirm(name, of)?;
        let key = name_key(name);
        if self.is_past(self.today) && self.s.member {
            self.touch_activity(Activity::Event, None);
            return self.count_event(&key, |_| true);
        }
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
        if !self.may_join_on(self.today) {
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
