//! Exchanges and claims: units given for what a sentence gives, whole or not at all.

use crate::engine::account::entitlements::Entitled;
use crate::engine::evaluator::{Account, Activity, Origin};
use crate::engine::facts::Scene;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::lines::Line;
use crate::engine::listener::Listener;
use crate::engine::overflow;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::repeated;
use crate::plan::triggers::Fires;
use crate::program::WalletId;
use crate::value::{Checked, Overflow, name_key};

impl<'a, R: Listener> Account<'a, R> {
    /// Automatic exchanges, as often as the balance holds them.
    pub fn exchange_automatically(&mut self) -> Checked<()> {
        if self.plan.program.exchanges.is_empty() || !self.is_active() {
            return Ok(());
        }
        for index in 0..self.plan.program.exchanges.len() {
            if matches!(self.plan.causes[self.plan.program.rules.len() + index].fires, Fires::Never) {
                self.exchange(index, None)?;
            }
        }
        self.plan_exchanges(self.today);
        Ok(())
    }

    /// Stage 7: automatic exchanges, and those that the purchase set off, in file order.
    pub fn exchange_after_purchase(&mut self, out: &Outcome, at: usize) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        let first = self.plan.program.rules.len();
        for index in 0..self.plan.program.exchanges.len() {
            let bought = match self.plan.causes[first + index].fires {
                Fires::Never => None,
                _ if out.firings.iter().any(|firing| firing.rule == first + index && firing.times > 0) => Some((out, at)),
                _ => continue,
            };
            self.exchange(index, bought)?;
        }
        self.plan_exchanges(self.today);
        Ok(())
    }

    /// An exchange as often as the balance, its clauses and its limits allow. `bought` is the purchase that set it off.
    pub fn exchange(&mut self, index: usize, bought: Option<(&Outcome, usize)>) -> Checked<()> {
        let exchange = &self.plan.program.exchanges[index];
        let rule = self.plan.program.rules.len() + index;
        let origin = self.plan.origin(rule);
        let alike = repeated::stand_together(self.plan, origin.rule, rule) && repeated::is_steady(self.plan, rule);
        for times in 0_i64.. {
            let held = self.s.wallets[exchange.wallet.index()].balance;
            if exchange.price <= 0 || held < exchange.at_least {
                break;
            }
            overflow::bounded(rule, times)?;
            let most = if alike { (held - exchange.at_least) / exchange.price + 1 } else { 1 };
            if !self.swap(origin, (exchange.wallet, exchange.price), most, bought)? {
                break;
            }
        }
        Ok(())
    }

    /// Gives units for the effects of a sentence, whole or not at all, as often as they are given whole, at most `most`
    /// times. Says whether they were given.
    pub fn swap(
        &mut self,
        origin: Origin<'a>,
        (wallet, price): (WalletId, i64),
        most: i64,
        bought: Option<(&Outcome, usize)>,
    ) -> Checked<bool> {
        let customer = self.s.customer_of_day;
        self.fill_facts(customer);
        let (lines, net): (&[Line], i64) = bought.map_or((&[], 0), |(out, _)| (&out.lines, out.net));
        let scene = Scene { purchase: bought.map(|(_, at)| at), lines, net_amount: net, ..self.scene() };
        // What a purchase set off was tested with the facts of that purchase.
        if bought.is_none()
            && (scene.failed_when(&origin.rule.when, origin.rule.past_midnight_until).is_some()
                || scene.failed_test(&origin.rule.tests)?.is_some())
        {
            return Ok(false);
        }
        let mut awards = Vec::new();
        let rule = origin.rule.id.index();
        let most = if origin.rule.is_drawn() { 1 } else { most };
        repeated::grants(&scene, origin.rule, rule, origin.limits, most, &mut awards)?;
        let whole = repeated::times_whole(&awards);
        if whole > 0 && whole < most {
            awards.clear();
            repeated::grants(&scene, origin.rule, rule, origin.limits, whole, &mut awards)?;
        }
        self.cut_to_held(&mut awards);
        let modifies = self.plan.effects[rule].modify();
        if modifies && self.is_unused(rule) {
            return Ok(false);
        }
        // Of several things none may fit; a draw of nothing is a draw.
        let nothing = !origin.rule.gates.is_empty() && !origin.rule.is_drawn() && awards.iter().all(|award| award.reward.wanted == 0);
        if nothing || awards.is_empty() && !modifies || awards.iter().any(|award| award.reward.granted < award.reward.wanted) {
            return Ok(false);
        }
        if !self.charge_pots(origin.rule.id.index(), &awards)? {
            return Ok(false);
        }
        let mut pieces = Vec::new();
        let (times, kind) = (whole.max(1), Kind::Exchange);
        if price > 0 {
            self.spend(wallet, (price.checked_mul(times).ok_or(Overflow)?, 0), times, (origin.source, kind), None, &mut pieces)?;
        }
        self.touch_activity(Activity::Spending, None);
        self.count_draws(rule, 1);
        self.post_all(origin, &awards, None)?;
        if modifies {
            self.entitle(rule);
        }
        Ok(true)
    }

    /// Whether what an exchange gave still waits for its use.
    fn is_unused(&self, rule: usize) -> bool {
        self.s.entitled[rule].holds(self.now, self.today)
    }

    /// A modifier of an exchange or a reward becomes an entitlement: for one purchase, unless its clauses say otherwise.
    fn entitle(&mut self, rule: usize) {
        let entitlement = self.plan.rules[rule].entitlement;
        let uses_left = entitlement.uses.or_else(|| entitlement.lasts.is_none().then_some(1));
        let Some((last_day, until)) = self.lasts(entitlement.lasts) else { return };
        self.s.entitled[rule] = Entitled { active: true, last_day, until, uses_left, ..Entitled::default() };
    }

    /// A claim on the catalogue: whole or refused.
    pub fn claim(&mut self, reward: &str, customer: u32) -> Checked<()> {
        let key = name_key(reward);
        let found = self.plan.program.rewards.iter().position(|r| name_key(&r.name) == key);
        let mut done = false;
        if let Some(index) = found
            && self.is_active()
        {
            self.s.customer_of_day = customer;
            let reward = &self.plan.program.rewards[index];
            let origin = self.plan.origin(self.plan.program.rules.len() + self.plan.program.exchanges.len() + index);
            let enough = reward.price == 0 || self.s.wallets[reward.wallet.index()].balance >= reward.price;
            done = enough && self.swap(origin, (reward.wallet, reward.price), 1, None)?;
        }
        if !done {
            self.totals.refused += 1;
            self.write_entry(Entry { wanted: 1, ..Entry::new(Source::Given, Kind::Refused, 0, Unit::Count) });
        }
        Ok(())
    }
}
