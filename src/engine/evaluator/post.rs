//! Posting: what an evaluation gave becomes lots, entries and sums.

use crate::engine::account::limits::limit_window;
use crate::engine::award::Award;
use crate::engine::evaluator::{Account, Origin};
use crate::engine::facts::Scene;
use crate::engine::ledger::{Because, Entry, Kind, Source, Unit};
use crate::engine::lines::Line;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::{Outcome, first};
use crate::engine::purchase::{pots, reward};
use crate::engine::shared::Message;
use crate::engine::state::case::Case;
use crate::plan::{Given, counts_times};
use crate::program::LimitWhat;
use crate::value::{Checked, Date, Overflow};
use std::collections::BTreeSet;
use std::ops::Range;

impl<'a, R: Listener> Account<'a, R> {
    /// Posts a purchase: stages 3 to 7 as they change the account.
    pub fn commit(&mut self, index: u32, at: usize, out: &mut Outcome, recorded: Vec<Line>) -> Checked<()> {
        let active = self.s.facts.member;
        let counted = out.amount > 0;
        // Kept only for purchases that come back later.
        let mut case = (!recorded.is_empty()).then(|| Box::new(Case::new(index, at, recorded, &self.s.facts, &self.s.tiers_before, out)));
        if active {
            self.totals.member_purchases += 1;
            self.totals.member_sales += i128::from(out.amount);
            for (totals, rung) in self.totals.tiers.iter_mut().zip(&self.s.facts.tiers) {
                let tier = &mut totals[usize::from(*rung)];
                tier.purchases += 1;
                tier.sales += i128::from(out.amount);
            }
            // A purchase of nothing puts nothing off.
            if counted {
                self.touch_by_purchase(index, at, out)?;
            }
        }
        self.post_awards(out, 0..out.discounted, index, &mut case)?;
        let used = self.post_vouchers(out, index);
        if let Some(case) = &mut case {
            case.vouchers = used;
        }
        self.post_payments(out, index, &mut case)?;
        self.fit_held(out)?;
        self.post_awards(out, out.discounted..out.earned, index, &mut case)?;
        // Completion.
        let past = self.is_past(self.today);
        let counts = active || past && self.s.member || self.plan.program.count_earlier || self.opens_door();
        if counts && counted {
            self.count_purchase(out, index)?;
        }
        if active {
            let (periods, today) = (self.periods(), self.today);
            for ((state, pot), drawn) in self.shared.pots.iter_mut().zip(&self.plan.pots).zip(&out.pots) {
                state.ask(pot, today, periods, drawn.peak);
                state.take(pot, today, periods, drawn.used);
                if drawn.closes {
                    state.close(pot, today, periods);
                }
            }
            if !out.tops.is_empty() {
                self.note_tops(&out.tops, 1, today)?;
            }
            self.complete(out, index, at, &mut case)?;
            if counted {
                self.refer(index, at, out)?;
            }
        } else if past {
            self.remember(out, index, at)?;
        }
        let knocks = counted && self.note_knock(out)?;
        if let Some(mut case) = case {
            (case.counted, case.knocks) = (counts, knocks);
            case.keep(self.plan, out);
            self.s.cases.push((index, Some(case)));
        }
        if active {
            self.test_tiers(Some(index))?;
            self.exchange_after_purchase(out, at)?;
        } else {
            if knocks {
                self.knock(index)?;
            }
            if self.join_by_condition()? {
                self.s.door = Some(index);
            }
        }
        Ok(())
    }

    /// What a wallet that holds so much at most has no room for is not granted.
    fn fit_held(&mut self, out: &mut Outcome) -> Checked<()> {
        if !self.plan.holds_at_most {
            return Ok(());
        }
        let before: Vec<Award> = out.awards[out.discounted..].to_vec();
        self.cut_to_held(&mut out.awards[out.discounted..]);
        for (old, new) in before.iter().zip(&out.awards[out.discounted..]) {
            for &pot in self.plan.rule_pots.get(old.rule).into_iter().flatten() {
                let drawn = |granted| pots::draw(self.plan, &self.plan.pots[pot], old, granted);
                if old.reward.granted != new.reward.granted && pot < out.pots.len() {
                    out.pots[pot].used -= drawn(old.reward.granted)? - drawn(new.reward.granted)?;
                }
            }
        }
        Ok(())
    }

    /// Cuts awards to what their wallets still have room for, one after the other.
    pub fn cut_to_held(&self, awards: &mut [Award]) {
        for (index, wallet) in self.plan.program.wallets.iter().enumerate().filter(|(_, wallet)| wallet.hold.is_some()) {
            let purse = &self.s.wallets[index];
            let mut room = wallet.hold.unwrap_or(i64::MAX).saturating_sub(purse.balance).saturating_sub(purse.pending);
            for award in awards.iter_mut() {
                let Some(of) = award.given.credited() else { continue };
                let friends = self.plan.effect(award.rule, award.effect).is_some_and(|does| does.to_friend);
                if of.index() != index || friends {
                    continue;
                }
                let reward = &mut award.reward;
                if reward.granted > room.max(0) {
                    reward.granted = room.max(0);
                    reward.counts = reward.counts.min(reward.granted);
                    reward.capped = true;
                }
                room = room.saturating_sub(reward.granted);
            }
        }
    }

    /// The first purchase of a referred customer as a member is what the referrer's rules wait for.
    pub fn refer(&mut self, purchase: u32, at: usize, out: &Outcome) -> Checked<()> {
        if !self.plan.has_referral || !self.is_waited_for(at, out)? {
            return Ok(());
        }
        let count = self.s.member_purchases.entry(self.s.facts.customer).or_default();
        *count += 1;
        let customer = usize::try_from(self.s.facts.customer).unwrap_or(usize::MAX);
        if *count == 1
            && let Some(referrer) = self.part.customers.referred_by.get(customer).cloned().flatten()
        {
            self.shared.outbox.push(Message::Referral { referrer, friend: self.shared.account, purchase });
        }
        Ok(())
    }

    /// Whether a purchase is one that referrals wait for.
    pub fn is_waited_for(&self, at: usize, out: &Outcome) -> Checked<bool> {
        let Some(filter) = self.plan.referral.filter(|filter| !filter.is_all()) else { return Ok(true) };
        let scene = Scene { purchase: Some(at), lines: &out.lines, net_amount: out.net, ..self.scene() };
        scene.purchase_passes(filter)
    }

    /// Posts the awards of a stage, rule by rule.
    fn post_awards(&mut self, out: &Outcome, stage: Range<usize>, index: u32, case: &mut Option<Box<Case>>) -> Checked<()> {
        let mut from = stage.start;
        for group in out.awards[stage].chunk_by(|a, b| a.rule == b.rule) {
            let rule = group[0].rule;
            let origin = self.plan.origin(rule);
            let mut gave = false;
            self.at_rule = Some(origin.source);
            for (at, award) in (from..).zip(group) {
                gave |= award.gave() && !self.plan.is_used_voucher(award.rule, award.effect, award.given);
                if self.post_unread(origin.source, award)? {
                    continue;
                }
                let posted = self.post(origin, award, Some(index))?;
                if let Some(case) = case {
                    case.posted(at, posted);
                }
            }
            from += group.len();
            if gave {
                let earlier = self.earlier(out, from - group.len(), rule);
                let again = earlier
                    .iter()
                    .any(|award| award.rule == rule && award.gave() && !self.plan.is_used_voucher(award.rule, award.effect, award.given));
                if !again {
                    self.rule_totals(origin.source).fired += 1;
                    self.use_entitlement(rule, case);
                }
                if !origin.rule.limits.is_empty() {
                    let plan = self.plan;
                    let given = group.iter().filter(|award| !plan.is_used_voucher(award.rule, award.effect, award.given));
                    self.use_limits(origin, given, earlier, case.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }

    /// Awards before a place among which others of one firing may stand: what a rule gives at several stages is one.
    pub fn earlier<'b>(&self, out: &'b Outcome, at: usize, rule: usize) -> &'b [Award] {
        if self.plan.effects[rule].iter().count() > 1 { &out.awards[..at] } else { &[] }
    }

    /// Posts an award that nobody will read or take back as sums alone; false if more depends on it.
    fn post_unread(&mut self, source: Source, award: &Award) -> Checked<bool> {
        let (granted, Source::Rule(rule)) = (award.reward.granted, source) else { return Ok(false) };
        if R::ON || self.journal || granted <= 0 {
            return Ok(false);
        }
        let rule = rule.index();
        match award.given {
            Given::Discount => {
                self.totals.discounts += i128::from(granted);
                let totals = &mut self.totals.rules[rule];
                totals.discount += i128::from(granted);
                totals.cut += i128::from(award.reward.wanted - granted);
            }
            Given::Earn(wallet) | Given::Multiply(wallet) if self.plan.lasting_rules[rule][wallet.index()] => {
                self.credit_lasting(rule, wallet.index(), granted)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn use_entitlement(&mut self, rule: usize, case: &mut Option<Box<Case>>) {
        let entitled = &mut self.s.entitled[rule];
        if entitled.active
            && let Some(left) = entitled.uses_left.as_mut()
        {
            *left = left.saturating_sub(1);
            entitled.used += 1;
            if let Some(case) = case {
                case.used_entitlements.push((rule, entitled.number));
            }
        }
    }

    /// Counts what awards of one firing use of their rule's limits.
    pub fn use_limits<'b>(
        &mut self,
        origin: Origin<'_>,
        awards: impl Iterator<Item = &'b Award> + Clone,
        earlier: &'b [Award],
        mut case: Option<&mut Case>,
    ) -> Checked<()> {
        let periods = self.periods();
        for (offset, limit) in origin.rule.limits.iter().enumerate() {
            let Some(window) = limit_window(limit) else { continue };
            let used = awards.clone().try_fold(0_i64, |sum, award| sum.checked_add(reward::uses(self.plan.program, limit, award)?));
            let mut used = used.ok_or(Overflow)?;
            if matches!(limit.what, LimitWhat::First(_) | LimitWhat::FirstQuantity(_)) {
                let rule = origin.rule.id.index();
                used = first(earlier.iter().chain(awards.clone()), rule) - first(earlier.iter(), rule);
            }
            if counts_times(limit) {
                let counted = |award: &&Award| award.rule == origin.rule.id.index() && award.is_counted();
                let times = awards.clone().filter(|award| award.is_counted()).map(|award| award.reward.times()).max();
                used = times.map_or(used, |times| times - i64::from(earlier.iter().any(|award| counted(&award))));
                used = used.max(i64::from(origin.rule.is_drawn()));
            }
            if used != 0 {
                self.s.limits[origin.limits + offset].add(window, self.local, periods, used, true)?;
                if let Some(case) = case.as_deref_mut() {
                    match case.limits.iter_mut().find(|(slot, _)| *slot == origin.limits + offset) {
                        Some((_, sum)) => *sum = sum.saturating_add(used),
                        None => case.limits.push((origin.limits + offset, used)),
                    }
                } else if self.s.logs > 0 {
                    self.s.log.limits.push((origin.limits + offset, used));
                }
            }
        }
        Ok(())
    }

    /// Posts one award and says which entry and lot it made.
    pub fn post(&mut self, origin: Origin<'_>, award: &Award, purchase: Option<u32>) -> Checked<(u32, Option<u32>)> {
        self.at_rule = Some(origin.source);
        let granted = award.reward.granted;
        if award.reward.wanted == 0 && granted == 0 && !origin.rule.gates.is_empty() {
            // Another of its effects was given.
            return Ok((self.s.seq, None));
        }
        let posted = match award.given {
            Given::Discount | Given::Price | Given::FreeShipping => {
                let (kind, sum) = match award.given {
                    Given::Discount => (Kind::Discount, &mut self.totals.discounts),
                    Given::Price => (Kind::Price, &mut self.totals.discounts),
                    _ => (Kind::FreeShipping, &mut self.totals.free_shipping),
                };
                *sum += i128::from(granted);
                let totals = self.rule_totals(origin.source);
                totals.discount += i128::from(granted);
                totals.cut += i128::from(award.reward.wanted - granted);
                (self.write(origin, award, kind, purchase, Unit::Money, None), None)
            }
            Given::Earn(wallet) => self.credit(origin, award, Kind::Earn, wallet, purchase)?,
            Given::Multiply(wallet) => self.credit(origin, award, Kind::Multiply, wallet, purchase)?,
            Given::Grant(wallet) => self.credit(origin, award, Kind::Grant, wallet, purchase)?,
            Given::Gift(gift) => {
                if let Some(kept) = self.keep_right(origin, award, gift, purchase) {
                    kept
                } else {
                    let cost = self.plan.program.gifts[gift.index()].costs;
                    self.totals.gifts[gift.index()] += granted;
                    let totals = self.rule_totals(origin.source);
                    totals.gifts += granted;
                    totals.cost += i128::from(cost) * i128::from(granted);
                    (self.write(origin, award, Kind::Gift(gift), purchase, Unit::Count, None), None)
                }
            }
            Given::Message => {
                self.totals.messages += if award.gave() { u64::try_from(award.reward.times()).unwrap_or(1) } else { 0 };
                self.totals.message_cost += i128::from(granted);
                self.rule_totals(origin.source).cost += i128::from(granted);
                (self.write(origin, award, Kind::Message, purchase, Unit::Money, None), None)
            }
            Given::Donation => {
                self.totals.donations += i128::from(granted);
                self.rule_totals(origin.source).cost += i128::from(granted);
                (self.write(origin, award, Kind::Donation, purchase, Unit::Money, None), None)
            }
            Given::Charge => {
                self.totals.fees += i128::from(granted);
                (self.write(origin, award, Kind::Fee, purchase, Unit::Money, None), None)
            }
            Given::Access(access) => (self.write(origin, award, Kind::Access(access), purchase, Unit::Count, None), None),
            Given::Entries(draw) => {
                // What the day of the draw itself brings comes after it.
                if self.today < self.plan.program.draws[draw.index()].date {
                    let entries = self.shared.entries[draw.index()].entry(self.shared.account).or_default();
                    *entries = entries.checked_add(granted).ok_or(Overflow)?;
                }
                (self.write(origin, award, Kind::Entries(draw), purchase, Unit::Count, None), None)
            }
            Given::Voucher => self.keep_voucher(origin, award, purchase),
            Given::PayOut(wallet) => self.pay_out_money(origin, wallet, granted, purchase)?,
            Given::Set(wallet) => self.set_balance(origin, award, wallet, purchase)?,
            Given::MoveTo(tier) => {
                let number = self.move_to(tier, origin.rule.entitlement)?;
                (self.s.seq, number)
            }
        };
        if self.s.logs > 0 {
            self.s.log.awards.push((*award, posted.0, posted.1));
        }
        Ok(posted)
    }

    /// By rule: how often an outcome counts as having given something.
    pub fn times_given(&self, out: &Outcome) -> Vec<(usize, i64)> {
        let rules: BTreeSet<usize> = out.awards.iter().map(|award| award.rule).collect();
        rules.into_iter().map(|rule| (rule, out.times(self.plan, rule, Award::gave))).collect()
    }

    pub fn rule_totals(&mut self, source: Source) -> &mut crate::engine::totals::RuleTotals {
        let totals = &mut *self.totals;
        match source {
            Source::Exchange(at) => &mut totals.exchanges[usize::from(at)],
            Source::Reward(at) => &mut totals.rewards[usize::from(at)],
            Source::Redeem(at) => &mut totals.redeems[usize::from(at)],
            Source::Rule(id) => &mut totals.rules[id.index()],
            _ => &mut self.s.unowned,
        }
    }

    /// Writes an award's entry.
    pub fn write(
        &mut self,
        origin: Origin<'_>,
        award: &Award,
        kind: Kind,
        purchase: Option<u32>,
        unit: Unit,
        lot: Option<(u32, Option<Date>)>,
    ) -> u32 {
        let because = (R::ON && R::WHY).then(|| {
            Box::new(Because {
                base: (award.base != 0).then_some(award.base),
                rate: String::new(),
                cut: (award.reward.granted < award.reward.wanted).then(String::new),
                facts: Vec::new(),
            })
        });
        self.write_entry(Entry {
            purchase,
            wanted: award.reward.wanted,
            lot: lot.map(|(id, _)| id),
            expires: lot.and_then(|(_, expires)| expires).map(|end| end.plus_days(-1)),
            count: award.reward.times(),
            because,
            effect: award.effect,
            ..Entry::new(origin.source, kind, award.reward.granted, unit)
        })
    }
}
