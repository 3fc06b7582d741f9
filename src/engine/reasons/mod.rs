//! What every rule decided on a purchase, from the facts and the outcome: asked only for a story.

pub(super) mod seen;

use crate::engine::account::entitlements::Entitled;
use crate::engine::award::Award;
use crate::engine::facts::Scene;
use crate::engine::ledger::{Kind, Unit};
use crate::engine::lines::Line;
use crate::engine::purchase::earning::{earning_base, without_tax};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::reward;
use crate::engine::purchase::reward::{Base, Chosen};
use crate::engine::purchase::stage::{Stage, next_streak, table_amount};
use crate::engine::reasons::seen::{leaves, missed, seen};
use crate::engine::why::{Cut, Decided, DidNot, Gave, Known, Seen, Why};
use crate::plan::effects::{At, Does};
use crate::plan::pots::Holds;
use crate::plan::triggers::{Day, Fires, Numbers, Steps, Streak};
use crate::plan::{Given, Plan};
use crate::program::{
    BudgetId, Expr, Fact, GroupPolicy, LadderId, LimitPeriod, LimitWhat, MeasureId, Rate, Rates, Rule, RuleId, Scope, TableKey, TestKind,
    UsableDay, When,
};
use crate::value::{Checked, Date, Exact};

/// Everything about a purchase that the account's entries do not say.
pub(in crate::engine) fn decide(stage: &Stage<'_>, out: &Outcome, entitled: &[Entitled]) -> Checked<Decided> {
    let active = stage.facts.member && out.amount > 0;
    let mut told = Decided {
        customer: stage.facts.customer,
        amount: out.amount,
        net: out.net,
        active,
        joined: stage.facts.joined,
        paid: out.payments.iter().map(|p| (p.redeem, p.units, p.value)).collect(),
        ladders: stage.plan.program.ladders.iter().map(|ladder| with_purchase(stage, out, ladder.measure)).collect(),
        ..Decided::default()
    };
    if !active {
        return Ok(told);
    }
    let asking = Asking { stage, out, entitled };
    for award in &out.awards {
        if let Some((kind, unit)) = kind(award.given)
            && award.reward.granted != 0
        {
            told.gave.push(asking.gave(award, kind, unit)?);
        }
    }
    for rule in &stage.plan.program.rules {
        let gave = out.awards.iter().any(|a| a.rule == rule.id.index() && a.reward.granted != 0);
        if !gave
            && concerns_purchases(stage.plan, rule.id.index())
            && let Some(why) = asking.why_not(rule)?
        {
            told.did_not.push(DidNot { rule: rule.id, why });
        }
    }
    Ok(told)
}

/// What a measure that purchases feed comes to with this one.
fn with_purchase(stage: &Stage<'_>, out: &Outcome, measure: MeasureId) -> Option<i64> {
    let add = out.adds.get(measure.index()).filter(|_| stage.plan.is_purchase_measure(measure))?.0;
    Some(stage.facts.measures[measure.index()].saturating_add(add))
}

/// Whether a purchase can make a rule act; grants of days and moments are no matter of purchases.
fn concerns_purchases(plan: &Plan<'_>, rule: usize) -> bool {
    plan.causes[rule].is_by_purchase() || plan.effects[rule].modify()
}

/// How the ledger calls what was given.
fn kind(given: Given) -> Option<(Kind, Unit)> {
    Some(match given {
        Given::Discount => (Kind::Discount, Unit::Money),
        Given::Price => (Kind::Price, Unit::Money),
        Given::FreeShipping => (Kind::FreeShipping, Unit::Money),
        Given::Earn(wallet) => (Kind::Earn, Unit::Wallet(wallet)),
        Given::Multiply(wallet) => (Kind::Multiply, Unit::Wallet(wallet)),
        Given::Grant(wallet) => (Kind::Grant, Unit::Wallet(wallet)),
        Given::Gift(gift) => (Kind::Gift(gift), Unit::Count),
        Given::Voucher => (Kind::Voucher, Unit::Money),
        Given::Entries(draw) => (Kind::Entries(draw), Unit::Count),
        Given::Access(access) => (Kind::Access(access), Unit::Count),
        Given::Message => (Kind::Message, Unit::Money),
        Given::Donation => (Kind::Donation, Unit::Money),
        Given::Charge => (Kind::Fee, Unit::Money),
        Given::PayOut(wallet) => (Kind::PayOut, Unit::Wallet(wallet)),
        _ => return None,
    })
}

/// The rates that were chosen, and by what value.
type Choice = (Vec<(Exact, Rate)>, Option<Seen>);

struct Asking<'s> {
    stage: &'s Stage<'s>,
    out: &'s Outcome,
    entitled: &'s [Entitled],
}

impl<'s> Asking<'s> {
    fn scene(&self) -> Scene<'s> {
        self.stage.scene(&self.out.lines, self.out.net)
    }

    fn plan(&self) -> &'s Plan<'s> {
        self.stage.plan
    }

    fn gave(&self, award: &Award, kind: Kind, unit: Unit) -> Checked<Gave> {
        let rule: &'s Rule = self.plan().rules[award.rule];
        let effect = self.plan().effect(award.rule, award.effect);
        let of_voucher = effect.is_some_and(|does| does.voucher().is_some());
        let in_pieces = of_voucher && effect.is_some_and(|does| does.face().is_none());
        let unit = if in_pieces && award.given == Given::Voucher { Unit::Count } else { unit };
        let (rates, row) = self.chosen(rule, effect, award.base)?;
        let mut seen = Vec::new();
        for test in &rule.tests {
            leaves(&self.scene(), &test.expr, true, None, &mut seen)?;
        }
        let cut = (award.reward.granted < award.reward.wanted || award.reward.capped).then(|| self.cut(rule, award)).transpose()?;
        Ok(Gave {
            rule: rule.id,
            kind,
            unit,
            wanted: award.reward.wanted,
            granted: award.reward.granted,
            base: award.base,
            rates,
            row,
            // A percentage voucher counted its trigger when it was granted.
            count: if of_voucher && award.given == Given::Discount { None } else { self.count(rule) },
            seen,
            cut,
        })
    }

    fn chosen(&self, rule: &'s Rule, effect: Option<&Does<'s>>, money: i64) -> Checked<Choice> {
        if let Some((value, _)) = effect.and_then(Does::voucher) {
            return Ok((vec![(Exact::whole(1), value)], None));
        }
        let Some(rates) = effect.and_then(Does::rates) else { return Ok((Vec::new(), None)) };
        let scene = self.scene();
        let amount = table_amount(self.stage, rule.id.index(), self.out);
        let base = Base::of(money, amount);
        let chosen = match reward::choose(&scene, rates, base)? {
            Chosen::One(rate) => vec![(Exact::whole(1), rate)],
            Chosen::Slices(slices) => slices,
            Chosen::Rows(_) => Vec::new(),
        };
        let row = match rates {
            Rates::One(_) => None,
            Rates::Table(table) => Some(match &table.key {
                TableKey::Amount => {
                    let fact = if self.acts_at(rule, At::Discounts) { Fact::Amount } else { Fact::NetAmount };
                    Seen { what: Expr::Fact(fact), value: Known::Number(Exact::whole(i128::from(base.amount))) }
                }
                key => match self.seen_key(&scene, key)? {
                    Some(seen) => seen,
                    None => return Ok((chosen, None)),
                },
            }),
        };
        Ok((chosen, row))
    }

    /// What a table goes by here; of a grid, what stands down its side.
    fn seen_key(&self, scene: &Scene<'s>, key: &'s TableKey) -> Checked<Option<Seen>> {
        Ok(match key {
            TableKey::Value(expr) | TableKey::Words(expr, _) => Some(seen(scene, expr)?),
            TableKey::Tier(ladder) => Some(Seen { what: Expr::TierOf(*ladder), value: self.tier(*ladder) }),
            TableKey::Grid(side, ..) => self.seen_key(scene, side)?,
            TableKey::Amount => None,
        })
    }

    fn tier(&self, ladder: LadderId) -> Known {
        let rung = self.stage.facts.tiers.get(ladder.index()).copied().unwrap_or(0);
        Known::Tier(crate::program::TierId { ladder, rung })
    }

    /// What the trigger counts, before this purchase and with it.
    fn count(&self, rule: &Rule) -> Option<(i64, i64)> {
        let before = |id: MeasureId| self.stage.facts.measures[id.index()];
        match self.plan().causes[rule.id.index()].fires {
            Fires::Number(Numbers { counter, .. }) => Some((before(counter), before(counter).saturating_add(1))),
            Fires::Steps(Steps { measure, .. }) => {
                Some((before(measure), before(measure).saturating_add(self.out.adds[measure.index()].0)))
            }
            _ => None,
        }
    }

    fn cut(&self, rule: &Rule, award: &Award) -> Checked<Cut> {
        let limit = self.binding(rule, Some(award))?;
        Ok(limit.map_or(Cut::Price, |(limit, used, _)| Cut::Limit { limit, used }))
    }

    /// The first limit that leaves less room than the award wants, or none at all.
    fn binding(&self, rule: &Rule, award: Option<&Award>) -> Checked<Option<(usize, i64, i64)>> {
        let first = self.plan().rule_limits[rule.id.index()];
        let wanted = award.map_or(0, |award| award.reward.wanted);
        for (at, limit) in rule.limits.iter().enumerate() {
            let used = if limit.per == LimitPeriod::Purchase { 0 } else { self.stage.facts.used[first + at] };
            let most = match limit.what {
                LimitWhat::Times(times) => {
                    if used >= i64::from(times) {
                        return Ok(Some((at, used, wanted)));
                    }
                    continue;
                }
                LimitWhat::First(base) => {
                    if award.is_some_and(|a| a.base > base.saturating_sub(used)) || used >= base {
                        return Ok(Some((at, used, wanted)));
                    }
                    continue;
                }
                LimitWhat::FirstQuantity(most) => {
                    if award.is_some_and(|award| award.reward.capped) || used >= most {
                        return Ok(Some((at, used, wanted)));
                    }
                    continue;
                }
                LimitWhat::Units(_, most) => most,
                LimitWhat::Money(most) => self.in_units(most, award)?,
                LimitWhat::Percent(percent) => {
                    let part =
                        Exact::try_from(percent)?.times(Exact::whole(i128::from(table_amount(self.stage, rule.id.index(), self.out))))?;
                    self.in_units(i64::try_from(part.floor()).unwrap_or(i64::MAX), award)?
                }
            };
            let room = most.saturating_sub(used);
            if room <= 0 || room < wanted {
                return Ok(Some((at, used, wanted)));
            }
        }
        Ok(None)
    }

    /// Money of a limit in the units that the award counts.
    fn in_units(&self, money: i64, award: Option<&Award>) -> Checked<i64> {
        match award.map(|award| award.given) {
            Some(Given::Earn(wallet) | Given::Grant(wallet) | Given::Multiply(wallet)) => {
                let units = reward::to_units(self.plan().program, wallet, Exact::whole(i128::from(money)))?.floor();
                Ok(i64::try_from(units).unwrap_or(i64::MAX))
            }
            _ => Ok(money),
        }
    }

    /// The first clause of a rule that failed.
    fn why_not(&self, rule: &'s Rule) -> Checked<Option<Why>> {
        let index = rule.id.index();
        if let Some(why) = self.trigger_missed(rule)? {
            return Ok(Some(why));
        }
        let discounts = [At::Prices, At::Discounts, At::Shipping].iter().any(|stage| self.acts_at(rule, *stage));
        let net = if discounts { self.out.amount } else { self.out.net };
        let scene = self.stage.scene(&self.out.lines, net);
        if let Some(why) = self.time_missed(rule, &scene) {
            return Ok(Some(why));
        }
        let goods = self.out.lines.iter().filter(|line| !line.shipping).map(|line| line.cost).sum();
        let stage = Stage { goods: Some(goods), ..*self.stage };
        if let Some(failed) = stage.failed_test(rule, &scene)? {
            let mut seen = Vec::new();
            leaves(&scene, &failed.expr, false, None, &mut seen)?;
            if failed.kind == TestKind::Over && self.acts_at(rule, At::Shipping) {
                // It looked at what goods cost after discounts.
                let left = Seen { what: Expr::Fact(Fact::NetAmount), value: Known::Number(Exact::whole(i128::from(goods))) };
                seen.iter_mut().for_each(|leaf| leaf.left = left.clone());
            }
            let test = rule.tests.iter().position(|test| std::ptr::eq(test, failed)).unwrap_or(0);
            return Ok(Some(Why::Test { test, seen }));
        }
        let mut inside = Vec::new();
        self.stage.scope(rule.scope.as_ref(), &self.out.lines, &mut inside)?;
        if self.acts_at(rule, At::Discounts) && !rule.including_shipping {
            inside.retain(|at| rule.scope == Some(Scope::Shipping) || !self.out.lines[*at].shipping);
        }
        if inside.is_empty() {
            return Ok(Some(if rule.scope == Some(Scope::Shipping) { Why::NoShipping } else { Why::Scope }));
        }
        for &other in &self.plan().conflicts[index] {
            if self.stage.acts(other, &self.out.lines, net)? {
                return Ok(Some(Why::NotWith(id(other))));
            }
        }
        self.outcome(rule, &inside).map(Some)
    }

    /// The rule acted, and yet it gave nothing.
    fn outcome(&self, rule: &'s Rule, inside: &[usize]) -> Checked<Why> {
        let award = self.out.awards.iter().find(|award| award.rule == rule.id.index());
        if let Some(why) = self.denied(rule).filter(|_| award.is_none_or(|award| award.given != Given::Discount || award.base != 0)) {
            return Ok(why);
        }
        let beaten = award.is_some_and(|award| award.given == Given::Discount && award.reward.wanted > 0);
        if let Some((limit, used, wanted)) = self.binding(rule, award)?
            && (!beaten || self.closed(rule, limit, used) || rule.limits.get(limit).is_some_and(|l| l.or_nothing))
        {
            return Ok(Why::Limit { limit, used, wanted });
        }
        if let Some(award) = award.filter(|_| beaten) {
            let by = self.winners(rule, inside);
            return Ok(if by.is_empty() {
                Why::Nothing { base: 0, rates: Vec::new(), row: None }
            } else {
                Why::Beaten { wanted: award.reward.wanted, by }
            });
        }
        let chooses =
            |at: &crate::program::GroupId| self.plan().program.groups.get(at.index()).is_some_and(|g| g.policy != GroupPolicy::All);
        if let Some(group) = rule.group.filter(chooses) {
            let rules = &self.plan().rules;
            let chosen =
                self.out.awards.iter().find(|a| a.reward.granted != 0 && rules.get(a.rule).is_some_and(|r| r.group == Some(group)));
            if chosen.is_some() {
                return Ok(Why::Group(chosen.map(|award| id(award.rule))));
            }
        }
        self.nothing(rule, inside)
    }

    /// A closed pot that the rule draws on.
    fn denied(&self, rule: &Rule) -> Option<Why> {
        let closed = |pot: usize| self.stage.facts.rooms[pot].closed || self.out.pots.get(pot).is_some_and(|drawn| drawn.closes);
        let pot = self.plan().rule_pots.get(rule.id.index())?.iter().copied().find(|pot| closed(*pot))?;
        Some(match self.plan().pots[pot].holds {
            Holds::Money => Why::Budget(BudgetId(u16::try_from(pot).unwrap_or(u16::MAX))),
            _ => Why::Series,
        })
    }

    /// Whether a limit had no room left before this purchase.
    fn closed(&self, rule: &Rule, limit: usize, used: i64) -> bool {
        rule.limits.get(limit).is_some_and(|limit| match limit.what {
            LimitWhat::Money(most) | LimitWhat::Units(_, most) | LimitWhat::First(most) | LimitWhat::FirstQuantity(most) => used >= most,
            LimitWhat::Times(times) => used >= i64::from(times),
            LimitWhat::Percent(_) => false,
        })
    }

    /// Discounts that were granted on the rule's items, with what they took off in all; of the whole purchase if none.
    fn winners(&self, rule: &Rule, inside: &[usize]) -> Vec<(RuleId, i64)> {
        let given = self
            .out
            .awards
            .iter()
            .enumerate()
            .filter(|(_, a)| a.rule != rule.id.index() && a.reward.granted > 0 && matches!(a.given, Given::Discount | Given::Price));
        let here = |at: &usize| self.out.shares.iter().any(|share| share.award == *at && inside.contains(&share.line));
        given.filter(|(at, _)| here(at)).map(|(_, award)| (id(award.rule), award.reward.granted)).collect()
    }

    fn nothing(&self, rule: &'s Rule, inside: &[usize]) -> Checked<Why> {
        if self.acts_at(rule, At::Prices) {
            return Ok(Why::NoLowerPrice);
        }
        if self.acts_at(rule, At::Shipping) {
            return Ok(Why::NoShipping);
        }
        if self.acts_at(rule, At::Multiplying) {
            return Ok(Why::NothingToMultiply);
        }
        let discount = self.acts_at(rule, At::Discounts);
        let cost = |line: &Line| if discount { line.cost } else { earning_base(self.stage, line) };
        let base = inside.iter().fold(0_i64, |sum, at| sum.saturating_add(cost(&self.out.lines[*at])));
        let base = if discount { base } else { without_tax(self.stage, base)? };
        let effect = self.plan().effects[rule.id.index()].iter().find(|does| does.rates().is_some());
        let (rates, row) = self.chosen(rule, effect, base)?;
        Ok(Why::Nothing { base, rates, row })
    }

    fn trigger_missed(&self, rule: &'s Rule) -> Checked<Option<Why>> {
        let scene = self.scene();
        let cause = &self.plan().causes[rule.id.index()];
        match &cause.fires {
            Fires::Purchase(filter) => return Ok(missed(&scene, filter)?.map(Why::NotCounted)),
            Fires::Day(day) => return Ok((!scene.is_day(*day)).then(|| Why::Day(self.own_day(*day)))),
            _ => {}
        }
        if cause.entitles && self.plan().effects[rule.id.index()].modify() {
            if self.stage.facts.entitled[rule.id.index()] {
                return Ok(None);
            }
            if self.out.firings.iter().any(|firing| firing.rule == rule.id.index()) {
                return Ok(Some(Why::FromNext));
            }
            if let Some(given) = self.entitled.get(rule.id.index()).filter(|given| given.active) {
                let (now, today) = (self.stage.facts.at, self.stage.facts.date);
                let over = |last: &Date| *last < today || given.until.is_some_and(|until| until <= now);
                return Ok(Some(match given.last_day.filter(over) {
                    Some(last) => Why::Ended(last),
                    None => Why::UsedUp,
                }));
            }
        } else if self.out.firings.iter().any(|firing| firing.rule == rule.id.index()) {
            return Ok(None);
        }
        self.count_missed(rule, &scene)
    }

    /// What a counting trigger counts, where that is not what it asks for.
    fn count_missed(&self, rule: &'s Rule, scene: &Scene<'s>) -> Checked<Option<Why>> {
        let measures = &scene.plan.program.measures;
        Ok(match self.plan().causes[rule.id.index()].fires {
            Fires::Number(numbers) => {
                if let Some(miss) = missed(scene, &measures[numbers.counter.index()].filter)? {
                    return Ok(Some(Why::NotCounted(miss)));
                }
                let number = self.stage.facts.measures[numbers.counter.index()].saturating_add(1);
                let fits = numbers.contain(number);
                let taken = self.stage.facts.blocked[rule.id.index()];
                (!fits || taken).then_some(Why::Number { number, taken: fits && taken })
            }
            Fires::Steps(Steps { measure, amount, each }) => {
                if let Some(miss) = missed(scene, &measures[measure.index()].filter)? {
                    return Ok(Some(Why::NotCounted(miss)));
                }
                let so_far = self.count(rule).map_or(0, |(_, with)| with);
                let (high, _) = self.stage.facts.steps[rule.id.index()];
                let next = (each || high == 0).then(|| amount.saturating_mul(high.saturating_add(1)));
                Some(Why::Spent { so_far, next })
            }
            Fires::Streak(Streak { period, filter, .. }) => {
                if let Some(miss) = missed(scene, filter)? {
                    return Ok(Some(Why::NotCounted(miss)));
                }
                let next = next_streak(self.stage, rule.id.index(), period);
                Some(Why::Streak { length: next.length, fired: next.fired })
            }
            _ => Some(Why::NotYet),
        })
    }

    fn acts_at(&self, rule: &Rule, stage: At) -> bool {
        self.plan().effects[rule.id.index()].act_at(stage)
    }

    fn own_day(&self, day: Day) -> Option<Date> {
        match day {
            Day::Of(UsableDay::Birthday) => self.scene().born(),
            Day::Of(UsableDay::Anniversary) => self.stage.facts.joined,
            Day::Of(UsableDay::Date(_) | UsableDay::YearDay(..)) | Day::OfMonth(_) => None,
        }
    }

    fn time_missed(&self, rule: &Rule, scene: &Scene<'_>) -> Option<Why> {
        let past = rule.past_midnight_until;
        let fails = |one: &(When, crate::span::Span)| scene.failed_when(std::slice::from_ref(one), past).is_some();
        let clause = rule.when.iter().position(fails)?;
        let time = self.stage.facts.local.time();
        let date = if past.is_some_and(|until| time < until) { self.stage.facts.date.plus_days(-1) } else { self.stage.facts.date };
        let own = match rule.when.get(clause) {
            Some((When::AroundBirthday { .. } | When::BirthdayMonth | When::Birthday, _)) => self.scene().born(),
            Some((When::AroundAnniversary { .. } | When::Anniversary, _)) => self.stage.facts.joined,
            _ => None,
        };
        Some(Why::When { clause, date, time, own })
    }
}

fn id(rule: usize) -> RuleId {
    RuleId(u16::try_from(rule).unwrap_or(u16::MAX))
}
