//! Returns: the purchase is evaluated again without what came back, and the difference is posted.

use super::Recorder;
use super::account::Account;
use super::diary::Counts;
use super::facts::{Facts, Streak};
use super::ledger::{Entry, Kind, Source, Unit};
use super::lines::{self, Line};
use super::lots::{Lot, LotState, Piece};
use super::pots;
use super::purchase::{self, Award, Given, Outcome, Stage};
use super::redemption::{Paying, Payment};
use super::shared::Message;
use crate::history::model::{ReturnPart, Returned};
use crate::program::{LimitWhat, MeasureKind, Period, Restore, Shortfall, Trigger, WalletId, Window};
use crate::value::{Checked, Date, DateTime, Decimal, Exact, Instant, Overflow};

/// A purchase that returns will ask for.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Which purchase of the account, counted from its first.
    pub purchase: u32,
    /// Its place in the part.
    pub at: usize,
    pub moment: Instant,
    /// Its lines as recorded, less what came back so far.
    lines: Vec<Line>,
    /// Their recorded amounts and quantities at first.
    first: Vec<(i64, Decimal)>,
    /// What points paid of each line at first.
    paid_first: Vec<i64>,
    facts: Box<Facts>,
    pub outcome: Outcome,
    /// By award: its entry and lot.
    posted: Vec<Option<(u32, Option<u32>)>>,
    /// Payments, the lots they drew from, and what was given back so far.
    pub payments: Vec<(Payment, Vec<Piece>, i64)>,
    /// What each limit counted.
    pub limits: Vec<(usize, i64)>,
    /// Rules of whose entitlement a use was spent.
    pub used_entitlements: Vec<usize>,
    /// Vouchers that paid, or took a percentage off.
    pub vouchers: Vec<u32>,
    /// What was paid back so far, minor units.
    refunded: i64,
    /// Whether it counted at all: not before joining, nor outside the program's life.
    pub counted: bool,
}

impl Record {
    /// The purchase as it stands before it is posted; `lines` as recorded.
    pub fn new(purchase: u32, at: usize, lines: Vec<Line>, facts: &Facts, out: &Outcome) -> Self {
        let first = lines.iter().map(|line| (line.recorded, line.quantity)).collect();
        Self {
            purchase,
            at,
            moment: facts.at,
            lines,
            first,
            paid_first: Vec::new(),
            facts: Box::new(facts.clone()),
            outcome: Outcome::default(),
            posted: vec![None; out.awards.len()],
            payments: Vec::new(),
            limits: Vec::new(),
            used_entitlements: Vec::new(),
            vouchers: Vec::new(),
            refunded: 0,
            counted: true,
        }
    }

    /// Keeps what was found when the purchase was made.
    pub fn keep(&mut self, out: &Outcome) {
        self.outcome = out.clone();
        self.paid_first = out.lines.iter().map(|line| line.paid).collect();
    }

    /// Notes what an award became.
    pub fn posted(&mut self, award: usize, posted: (u32, Option<u32>)) {
        if let Some(slot) = self.posted.get_mut(award) {
            *slot = Some(posted);
        }
    }
}

impl<R: Recorder> Account<'_, R> {
    pub fn return_part(&mut self, part: &ReturnPart) -> Checked<()> {
        let Some(index) = self.s.records.iter().position(|record| record.purchase == part.purchase) else { return Ok(()) };
        let mut record = self.s.records[index].clone();
        let old_lines = record.lines.clone();
        self.take_off(&mut record, &part.what)?;
        if record.lines.iter().zip(&old_lines).all(|(new, old)| new.recorded == old.recorded) {
            return Ok(());
        }
        let kept = kept_payment(&record)?;
        let facts = record.facts.clone();
        let mut out = Outcome::default();
        out.lines.clone_from(&record.lines);
        let decided = self.bound.program.returns.keep_rewards.then_some(&record.outcome);
        let stage = Stage { bound: self.bound, part: self.part, facts: &facts, purchase: record.at, decided };
        purchase::compute(&stage, &Paying::Kept(&kept), Some(&record.outcome), &mut out)?;
        self.post_return(&mut record, &out)?;
        record.outcome = out;
        self.s.records[index] = record;
        Ok(())
    }

    /// Takes what came back off the lines of the record.
    fn take_off(&self, record: &mut Record, what: &Returned) -> Checked<()> {
        match what {
            Returned::Rest => {
                for line in &mut record.lines {
                    (line.recorded, line.quantity, line.tax) = (0, Decimal::whole(0), 0);
                }
            }
            Returned::Amount(amount) => {
                let weights: Vec<i64> = record.lines.iter().map(|l| l.recorded).collect();
                let mut parts = Vec::new();
                lines::share((*amount).min(weights.iter().sum()), &weights, &mut parts)?;
                for (line, part) in record.lines.iter_mut().zip(parts) {
                    shrink(line, line.recorded - part, self.bound.program.round_money)?;
                    if line.recorded == 0 {
                        line.quantity = Decimal::whole(0);
                    }
                }
            }
            Returned::Items(items) => {
                let from = self.part.purchases.items_from.get(record.at).copied().unwrap_or(0);
                for (item, quantity) in items {
                    let wanted = usize::try_from(from + item).ok();
                    for line in record.lines.iter_mut().filter(|l| l.item.is_some() && l.item == wanted) {
                        let left = purchase::add_units(line.quantity, Decimal::new(-quantity.mantissa, quantity.scale))?;
                        let left = if left.mantissa < 0 { Decimal::whole(0) } else { left };
                        let amount = if left.is_zero() {
                            0
                        } else {
                            let unit = line.unit_price(self.part, self.bound.program.currency.decimals)?;
                            let value = unit.times(Exact::try_from(left)?)?.round(self.bound.program.round_money)?;
                            i64::try_from(value).map_err(|_| Overflow)?
                        };
                        line.quantity = left;
                        shrink(line, amount.min(line.recorded), self.bound.program.round_money)?;
                    }
                }
            }
        }
        for line in &mut record.lines {
            line.cost = line.recorded;
            line.discount = 0;
            line.paid = 0;
        }
        Ok(())
    }

    fn post_return(&mut self, record: &mut Record, new: &Outcome) -> Checked<()> {
        let old = std::mem::take(&mut record.outcome);
        let refund = (old.net - new.net).max(0);
        record.refunded = record.refunded.checked_add(refund).ok_or(Overflow)?;
        self.s.short = 0;
        self.uncount(record, &old, new)?;
        let mut posted = vec![None; new.awards.len()];
        // What multipliers below one had taken comes back first, to be there for what is taken back.
        let (below, above): (Vec<usize>, Vec<usize>) = (0..old.awards.len()).partition(|at| old.awards[*at].reward.granted < 0);
        for index in below.into_iter().chain(above) {
            let award = &old.awards[index];
            let same = |other: &Award| (other.rule, other.effect, other.given) == (award.rule, award.effect, award.given);
            let nth = old.awards[..index].iter().filter(|a| same(a)).count();
            let found = new.awards.iter().enumerate().filter(|(_, a)| same(a)).nth(nth);
            let entry = record.posted.get(index).copied().flatten();
            let left = found.map_or(0, |(_, a)| a.reward.granted);
            if let Some((at, _)) = found {
                posted[at] = entry;
            }
            if let (Some((seq, lot)), true) = (entry, left != award.reward.granted) {
                self.take_back_award(award, award.reward.granted - left, seq, lot, Some(record.purchase))?;
                self.give_back_limit(record, award, found.map(|(_, a)| a));
            }
        }
        record.posted = posted;
        self.unfire(record, &old, new);
        if new.amount == 0 {
            self.strike_out(record.purchase);
        }
        self.undo_tiers((new.amount == 0).then_some(record.purchase))?;
        let paid_out = (refund - self.s.short).max(0);
        self.totals.refunds += i128::from(paid_out);
        self.record(Source::Given, Kind::Refund, Some(record.purchase), refund, paid_out, Unit::Money);
        let at = self.bound.program.zone.local(record.moment).date();
        self.note_tops(&old.tops, -1, at)?;
        self.note_tops(&new.tops, 1, at)?;
        if !old.tops.is_empty() {
            self.settle_tops_again(at)?;
        }
        if old.amount > 0 && new.amount == 0 {
            self.restore_vouchers(&record.vouchers);
        }
        self.restore_payment(record)
    }

    /// A purchase wholly returned is nobody's last purchase, ends no silence and makes no streak.
    fn strike_out(&mut self, purchase: u32) {
        if self.s.diary.strike(Counts::Purchase, purchase).is_some() {
            self.s.last_purchase = self.s.diary.days(Counts::Purchase).first().copied();
        }
        for rule in 0..self.bound.rules.len() {
            match &self.bound.rules[rule].trigger {
                Trigger::Silence { span, .. } if self.s.diary.strike(Counts::Silence(rule), purchase).is_some() => {
                    let last = self.s.diary.days(Counts::Silence(rule)).first().copied();
                    self.s.silence[rule] = (last, false);
                    let due = last.or(self.s.joined).map(|since| super::calendar::last_day(since, *span));
                    self.lower_due(due.filter(|day| *day > self.today));
                }
                Trigger::Streak { period, .. } => {
                    self.s.diary.strike(Counts::Fired(rule), purchase);
                    if self.s.diary.strike(Counts::Streak(rule), purchase).is_some() {
                        self.recount_streak(rule, *period);
                    }
                }
                _ => {}
            }
        }
    }

    /// The streak as it stands without what was struck out.
    fn recount_streak(&mut self, rule: usize, period: Period) {
        let periods = self.periods();
        let days = self.s.diary.days(Counts::Streak(rule));
        let mut streak = Streak { last_period: days.first().copied(), length: u32::from(!days.is_empty()), fired: false };
        let mut first = streak.last_period;
        for (later, earlier) in days.iter().zip(days.iter().skip(1)) {
            if periods.next(*earlier, period) != *later {
                break;
            }
            streak.length += 1;
            first = Some(*earlier);
        }
        streak.fired = self.s.diary.days(Counts::Fired(rule)).first().copied() >= first && first.is_some();
        self.s.streaks[rule] = streak;
    }

    /// Measures and counters lose what the returned part added.
    fn uncount(&mut self, record: &Record, old: &Outcome, new: &Outcome) -> Checked<()> {
        if !record.counted {
            return Ok(());
        }
        let periods = self.periods();
        let at = self.bound.program.zone.local(record.moment);
        for (index, (before, counted)) in old.adds.iter().enumerate() {
            let (after, counts) = new.adds.get(index).copied().unwrap_or_default();
            if self.bound.program.measures[index].kind == MeasureKind::DaysWithPurchase {
                if *counted && !counts {
                    self.uncount_day(index, record, at);
                }
                continue;
            }
            if !counted || *before == after {
                continue;
            }
            let window = self.bound.program.measures[index].window;
            let (less, now) = (before - after, self.local);
            self.s.measures[index].take_back(window, at, now, periods, less);
            self.s.measures[index].take_off(at, record.purchase, -less);
        }
        if old.amount > 0 && new.amount == 0 && self.bound.has_referral {
            self.shared.outbox.push(Message::Undone { friend: self.shared.account, purchase: record.purchase });
        }
        if old.amount > 0 && new.amount == 0 {
            self.s.counted_purchases -= 1;
            if record.facts.member
                && let Some(count) = self.s.member_purchases.get_mut(&record.facts.customer)
            {
                *count = count.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// A day counts no longer, unless another purchase makes it count.
    fn uncount_day(&mut self, measure: usize, record: &Record, at: DateTime) {
        let Some(day) = self.s.diary.strike(Counts::Day(measure), record.purchase) else { return };
        self.s.measures[measure].take_off(at, record.purchase, -1);
        if let Some(other) = self.s.diary.by(Counts::Day(measure), day) {
            self.s.measures[measure].take_off(at, other, 1);
            return;
        }
        if self.s.last_counted_day[measure] == Some(day) {
            self.s.last_counted_day[measure] = None;
        }
        let (window, now, periods) = (self.bound.program.measures[measure].window, self.local, self.periods());
        self.s.measures[measure].take_back(window, at, now, periods, 1);
    }

    /// A cap has room again for what was taken back, in the period of the purchase.
    fn give_back_limit(&mut self, record: &mut Record, old: &Award, new: Option<&Award>) {
        let periods = self.periods();
        let at = self.bound.program.zone.local(record.moment);
        let first = self.bound.rule_limits[old.rule];
        let kept = new.map(|a| a.reward).unwrap_or_default();
        for (slot, used) in &mut record.limits {
            let Some(limit) = slot.checked_sub(first).and_then(|offset| self.bound.rules[old.rule].limits.get(offset)) else { continue };
            let Some(window) = super::measures::limit_window(limit) else { continue };
            let less = match limit.what {
                LimitWhat::Times(_) if kept.granted == 0 => 1,
                LimitWhat::Times(_) => 0,
                LimitWhat::First(_) => old.reward.first - kept.first,
                _ => old.reward.counts - kept.counts,
            };
            let less = less.clamp(0, *used);
            *used -= less;
            self.s.limits[*slot].take_back(window, at, self.local, periods, less);
        }
    }

    /// Triggers that would not have fired are as if they never had; entitlements of a whole return end.
    fn unfire(&mut self, record: &Record, old: &Outcome, new: &Outcome) {
        for firing in &old.firings {
            let still = new.firings.iter().find(|f| f.rule == firing.rule);
            let gone: Vec<i64> = firing.steps.iter().copied().filter(|s| still.is_none_or(|f| !f.steps.contains(s))).collect();
            if still.is_some() && gone.is_empty() {
                continue;
            }
            match &self.bound.rules[firing.rule].trigger {
                Trigger::Spending { measure, .. } => {
                    let periods = self.periods();
                    let at = self.bound.program.zone.local(record.moment).date();
                    let over = match self.bound.program.measures[measure.index()].window {
                        Window::In(period) => self.s.step_period[firing.rule] != Some(periods.start(at, period)),
                        _ => false,
                    };
                    // In a period that is over nothing can fire again.
                    if !over {
                        let (_, holes) = &mut self.s.steps[firing.rule];
                        holes.extend(gone);
                        holes.sort_unstable();
                    }
                }
                Trigger::Streak { .. } => {
                    self.s.streaks[firing.rule].fired = false;
                    self.s.diary.strike(Counts::Fired(firing.rule), record.purchase);
                }
                _ => self.s.ordinals[firing.rule].retain(|(_, n, purchase)| !(*purchase == record.purchase && gone.contains(n))),
            }
            if still.is_none() {
                self.end_entitlement(firing.rule, record.purchase);
            }
        }
        if new.amount == 0 {
            for &rule in &record.used_entitlements {
                if let Some(left) = self.s.entitled[rule].uses_left.as_mut() {
                    *left += 1;
                }
            }
        }
    }

    /// The entitlement that a purchase gave ends; one that it renewed goes on.
    fn end_entitlement(&mut self, rule: usize, purchase: u32) {
        self.s.renewed.retain(|(of, before)| !(*of == rule && before.purchase == Some(purchase)));
        if self.s.entitled[rule].purchase == Some(purchase) {
            self.last_entitlement_ends(rule);
        }
    }

    /// The latest entitlement of a rule ends; one that it renewed goes on.
    pub fn last_entitlement_ends(&mut self, rule: usize) {
        let before = self.s.renewed.iter().rposition(|(of, _)| *of == rule);
        self.s.entitled[rule] = before.map_or_else(Default::default, |at| self.s.renewed.remove(at).1);
    }

    /// Takes back part of an award.
    pub fn take_back_award(&mut self, award: &Award, less: i64, entry: u32, lot: Option<u32>, purchase: Option<u32>) -> Checked<()> {
        if less == 0 {
            return Ok(());
        }
        let origin = self.bound.origin(award.rule);
        self.refill_pots(award, less, purchase)?;
        match award.given {
            Given::Discount | Given::Price | Given::FreeShipping => {
                let kind = match award.given {
                    Given::FreeShipping => {
                        self.totals.free_shipping -= i128::from(less);
                        Kind::FreeShipping
                    }
                    other => {
                        self.totals.discounts -= i128::from(less);
                        if other == Given::Price { Kind::Price } else { Kind::Discount }
                    }
                };
                self.rule_totals(origin.source).discount -= i128::from(less);
                self.reverse(origin.source, kind, purchase, -less, Unit::Money, None, entry);
            }
            Given::Earn(wallet) | Given::Multiply(wallet) | Given::Grant(wallet) => {
                self.rule_totals(origin.source).wallets[wallet.index()] -= i128::from(less);
                let mut pieces = Vec::new();
                let pending = self.s.wallets[wallet.index()].pending;
                if less > 0 {
                    let lot = lot.or_else(|| self.paid_lot(wallet, award.rule, purchase));
                    self.take_back_units(wallet, less, lot, award.rule, purchase, &mut pieces)?;
                } else {
                    self.give_back(wallet, -less, purchase, &mut pieces);
                }
                if pieces.is_empty() {
                    pieces.push((lot, 0));
                }
                for (lot, units) in pieces {
                    self.reverse(origin.source, Kind::TakeBack, purchase, -units, Unit::Wallet(wallet), lot, entry);
                }
                let was_pending = pending - self.s.wallets[wallet.index()].pending;
                self.note_balance_without(wallet, less - was_pending, purchase);
                for &measure in &self.bound.earned_measures[wallet.index()] {
                    let (window, periods, local) = (self.bound.program.measures[measure].window, self.periods(), self.local);
                    let at = purchase
                        .and_then(|p| self.s.records.iter().find(|r| r.purchase == p))
                        .map_or(self.s.granted_at.unwrap_or(local), |r| self.bound.program.zone.local(r.moment));
                    self.s.measures[measure].take_back(window, at, local, periods, less);
                    self.s.measures[measure].take_off(at, purchase.unwrap_or(0), -less);
                }
            }
            Given::Gift(gift) => {
                let cost = self.bound.program.gifts[gift.index()].costs;
                self.totals.gifts[gift.index()] -= less;
                let totals = self.rule_totals(origin.source);
                totals.gifts -= less;
                totals.cost -= i128::from(cost) * i128::from(less);
                self.reverse(origin.source, Kind::Gift(gift), purchase, -less, Unit::Count, None, entry);
            }
            Given::Voucher => {
                self.totals.vouchers -= 1;
                self.rule_totals(origin.source).vouchers -= 1;
                let is_sum = self.cancel_voucher(lot);
                let unit = if is_sum { Unit::Money } else { Unit::Count };
                self.reverse(origin.source, Kind::Voucher, purchase, -less, unit, None, entry);
            }
            Given::Entries(draw) => {
                *self.shared.entries[draw.index()].entry(self.shared.account).or_default() -= less;
                self.reverse(origin.source, Kind::Entries(draw), purchase, -less, Unit::Count, None, entry);
            }
            Given::Access(access) => {
                self.reverse(origin.source, Kind::Access(access), purchase, -less, Unit::Count, None, entry);
            }
            // What was sent or given away stays sent; a tier moved by invitation is found as at a review.
            Given::Message | Given::Donation | Given::MoveTo(_) => {}
        }
        Ok(())
    }

    /// What is taken back returns to the pots it came from, in the period of its purchase.
    fn refill_pots(&mut self, award: &Award, less: i64, purchase: Option<u32>) -> Checked<()> {
        let periods = self.periods();
        let record = purchase.and_then(|purchase| self.s.records.iter().find(|record| record.purchase == purchase));
        let without = self.s.granted_at.unwrap_or(self.local);
        let date = record.map_or(without, |record| self.bound.program.zone.local(record.moment)).date();
        let Some(pots) = self.bound.rule_pots.get(award.rule) else { return Ok(()) };
        for &index in pots {
            let pot = &self.bound.pots[index];
            let drawn = pots::draw(self.bound.program, pot, award, less)?;
            self.shared.pots[index].take(pot, date, periods, -drawn);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of an entry that reverses another")]
    fn reverse(&mut self, source: Source, kind: Kind, purchase: Option<u32>, granted: i64, unit: Unit, lot: Option<u32>, reverses: u32) {
        self.s.seq += 1;
        if R::ON {
            self.recorder.entry(Entry {
                seq: self.s.seq,
                at: self.now,
                purchase,
                source,
                kind,
                wanted: granted,
                granted,
                unit,
                lot,
                expires: None,
                reverses: Some(reverses),
                because: None,
            });
        }
    }

    /// Takes units back and says from which lots: first what is still pending of the rule's grants, then the lot made from it,
    /// then others in spending order; what expired unused is not owed.
    fn take_back_units(
        &mut self,
        wallet: WalletId,
        units: i64,
        lot: Option<u32>,
        rule: usize,
        purchase: Option<u32>,
        pieces: &mut Vec<(Option<u32>, i64)>,
    ) -> Checked<()> {
        let index = wallet.index();
        let mut missing = units;
        if self.bound.paid_rules.contains(&rule) {
            let piece = missing.min(self.s.unpaid[rule][index]);
            self.s.unpaid[rule][index] -= piece;
            self.s.wallets[index].pending -= piece;
            missing -= piece;
            pieces.push((None, piece));
        }
        if let Some(own) = lot.and_then(|id| self.s.wallets[index].lots.iter().position(|l| l.id == id)) {
            let state = &mut self.s.wallets[index].lots[own];
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            pieces.push((lot, piece));
            let forgiven = missing.min(state.lapsed);
            state.lapsed -= forgiven;
            missing -= forgiven;
            let active = state.state == LotState::Active;
            let purse = &mut self.s.wallets[index];
            if active {
                purse.balance -= piece;
            } else {
                purse.pending -= piece;
            }
        }
        // A multiplier below one may have taken it from the purchase's other lots instead, pending as they are.
        let purse = &mut self.s.wallets[index];
        for state in purse.lots.iter_mut().filter(|state| purchase.is_some() && state.purchase == purchase) {
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
            pieces.push((Some(state.id), piece));
        }
        if missing > 0 {
            let order = self.bound.program.wallets[index].spend;
            let mut others = Vec::new();
            missing -= self.s.wallets[index].take(missing, order, &mut others);
            pieces.extend(others.iter().map(|piece| (Some(piece.lot), piece.units)));
        }
        if missing > 0 && self.bound.program.returns.shortfall == Shortfall::MayGoNegative {
            let purse = &mut self.s.wallets[index];
            purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
            purse.balance -= missing;
            pieces.push((None, missing));
            missing = 0;
        }
        if missing > 0 && self.bound.program.returns.shortfall == Shortfall::DeductFromRefund {
            let worth = super::reward::to_money(self.bound.program, wallet, missing)?.round(self.bound.program.round_money)?;
            self.s.short = self.s.short.checked_add(i64::try_from(worth).map_err(|_| Overflow)?).ok_or(Overflow)?;
        }
        pieces.retain(|(_, units)| *units > 0);
        let taken: i64 = pieces.iter().map(|(_, units)| units).sum();
        self.totals.wallets[index].taken_back += i128::from(taken);
        Ok(())
    }

    /// For `paid at …`: the lot made of what a purchase earned, at the end of its period or later.
    fn paid_lot(&self, wallet: WalletId, rule: usize, purchase: Option<u32>) -> Option<u32> {
        if !self.bound.paid_rules.contains(&rule) {
            return None;
        }
        let record = self.s.records.iter().find(|r| Some(r.purchase) == purchase)?;
        let bought = self.bound.program.zone.local(record.moment).date();
        let lots = self.s.wallets[wallet.index()].lots.iter();
        lots.filter(|lot| lot.rule == Some(rule) && lot.purchase.is_none() && lot.earned >= bought).map(|lot| lot.id).next()
    }

    /// What a multiplier below one took from the purchase's own lots goes back to them.
    fn give_back(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>, pieces: &mut Vec<(Option<u32>, i64)>) {
        let index = wallet.index();
        self.totals.wallets[index].taken_back -= i128::from(units);
        let mut missing = units;
        let purse = &mut self.s.wallets[index];
        for lot in purse.lots.iter_mut().filter(|lot| lot.purchase == purchase) {
            let piece = missing.min(lot.granted - lot.left - lot.lapsed).max(0);
            lot.left += piece;
            missing -= piece;
            *(if lot.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) += piece;
            if piece > 0 {
                pieces.push((Some(lot.id), -piece));
            }
        }
        if missing > 0 {
            // It had been taken from what was not paid yet, or is owed since.
            match self.bound.paid_rules.first() {
                Some(&rule) => {
                    self.s.unpaid[rule][index] += missing;
                    purse.pending += missing;
                }
                None => {
                    purse.debt -= missing;
                    purse.balance += missing;
                }
            }
            pieces.push((None, -missing));
        }
    }

    /// Points that paid for what came back: by the share of the payment that lay on it, at most the refunds so far.
    fn restore_payment(&mut self, record: &mut Record) -> Checked<()> {
        if self.bound.program.returns.restore == Restore::No {
            return Ok(());
        }
        let all: i64 = record.payments.iter().map(|(payment, ..)| payment.value).sum();
        if all <= 0 {
            return Ok(());
        }
        // Vouchers share the lines with points; of what comes back points have their part.
        let paid: i64 = record.paid_first.iter().sum();
        let back_value = i128::from(returned_payment(record)?.min(record.refunded)) * i128::from(all) / i128::from(paid.max(all));
        let back_value = i64::try_from(back_value).map_err(|_| Overflow)?;
        let mut payments = std::mem::take(&mut record.payments);
        for (payment, pieces, back) in &mut payments {
            let due = i128::from(payment.units) * i128::from(back_value) / i128::from(all);
            let due = i64::try_from(due).map_err(|_| Overflow)?;
            let now = due - *back;
            if now > 0 {
                self.restore(payment, pieces, *back, now, record.purchase)?;
                self.give_back_redeem_limits(payment, *back, due, record.moment, &mut record.limits);
                *back = due;
            }
        }
        record.payments = payments;
        Ok(())
    }

    /// Limits of a `redeem` sentence have room again for what came back.
    fn give_back_redeem_limits(&mut self, payment: &Payment, before: i64, now: i64, moment: Instant, used: &mut [(usize, i64)]) {
        let (periods, at, first) = (self.periods(), self.bound.program.zone.local(moment), self.bound.redeem_limits[payment.redeem]);
        for (offset, limit) in self.bound.program.redeems[payment.redeem].limits.iter().enumerate() {
            let Some(window) = super::measures::limit_window(limit) else { continue };
            let Some((slot, left)) = used.iter_mut().find(|(slot, _)| *slot == first + offset) else { continue };
            let value = |units: i64| i128::from(payment.value) * i128::from(units) / i128::from(payment.units.max(1));
            let less = match limit.what {
                LimitWhat::Money(_) => i64::try_from(value(now) - value(before)).unwrap_or(0),
                LimitWhat::Units(..) => now - before,
                LimitWhat::Times(_) => i64::from(now == payment.units),
                LimitWhat::Percent(_) | LimitWhat::First(_) => 0,
            };
            let less = less.clamp(0, *left);
            *left -= less;
            self.s.limits[*slot].take_back(window, at, self.local, periods, less);
        }
    }

    fn restore(&mut self, payment: &Payment, pieces: &[Piece], skip: i64, units: i64, purchase: u32) -> Checked<()> {
        let index = payment.wallet.index();
        let today = self.today;
        let (mut skip, mut missing) = (skip, units);
        // Units come back to the lots they came from, the last drawn first, so that the longest-lived return first.
        for piece in pieces.iter().rev() {
            let passed = skip.min(piece.units);
            skip -= passed;
            let now = missing.min(piece.units - passed);
            if now == 0 {
                continue;
            }
            missing -= now;
            let anew = self.bound.program.returns.restore == Restore::NewExpiry;
            let expires = if anew {
                let expiry = self.bound.program.wallets[index].expiry;
                super::calendar::expiry_last_day(expiry, today, self.periods()).map(|last| last.plus_days(1))
            } else if self.bound.follows_activity(index) && !piece.own_terms {
                // They would have followed the customer had they not been spent.
                self.s.wallets[index].common_expiry.or(piece.expires)
            } else {
                piece.expires
            };
            self.totals.wallets[index].adjusted += i128::from(now);
            self.s.last_lot += 1;
            let id = self.s.last_lot;
            let source = Source::Redeem(u16::try_from(payment.redeem).unwrap_or(u16::MAX));
            self.s.seq += 1;
            let entry = self.s.seq;
            if R::ON {
                self.recorder.entry(Entry {
                    seq: entry,
                    at: self.now,
                    purchase: Some(purchase),
                    source,
                    kind: Kind::Restore,
                    wanted: now,
                    granted: now,
                    unit: Unit::Wallet(payment.wallet),
                    lot: Some(id),
                    expires: expires.map(|end| end.plus_days(-1)),
                    reverses: None,
                    because: None,
                });
            }
            let lot = Lot {
                id,
                granted: now,
                left: now,
                earned: if anew { today } else { piece.earned },
                rule: None,
                purchase: Some(purchase),
                entry,
                expires,
                own_terms: !anew && piece.own_terms,
                state: LotState::Active,
                lapsed: 0,
                matures: piece.matures,
            };
            self.s.wallets[index].push(lot)?;
            self.lower_due(expires);
            let protected = self.is_protected(index) && (anew || !piece.own_terms);
            if expires.is_some_and(|end| end <= today) && !protected {
                self.expire_now(index, today);
            }
        }
        Ok(())
    }

    /// Restored points whose old expiry has passed expire at once.
    fn expire_now(&mut self, wallet: usize, today: Date) {
        let Some(lot) = self.s.wallets[wallet].lots.last_mut() else { return };
        if lot.expires.is_none_or(|end| end > today) || lot.left == 0 {
            return;
        }
        let left = std::mem::take(&mut lot.left);
        let (id, entry) = (lot.id, lot.entry);
        self.s.wallets[wallet].balance -= left;
        self.totals.wallets[wallet].expired += i128::from(left);
        let wallet = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        self.reverse(Source::Wallet(wallet), Kind::Expire, None, -left, Unit::Wallet(wallet), Some(id), entry);
    }
}

/// Sets a line's recorded amount and shrinks its tax in proportion.
fn shrink(line: &mut Line, recorded: i64, mode: crate::value::Rounding) -> Checked<()> {
    if line.recorded > 0 && line.tax > 0 {
        let product = i128::from(line.tax) * i128::from(recorded);
        line.tax = i64::try_from(crate::value::div_round(product, i128::from(line.recorded), mode)?).map_err(|_| Overflow)?;
    }
    line.recorded = recorded;
    Ok(())
}

/// By line: what of the payment lay on what came back so far, rounded down.
fn back_by_line(record: &Record) -> Vec<(i64, i64)> {
    // A purchase whose units were singled out has more lines than were recorded; its payment is shared by amount.
    let paid_first: Vec<i64> = if record.paid_first.len() == record.lines.len() {
        record.paid_first.clone()
    } else {
        let mut out = Vec::new();
        let weights: Vec<i64> = record.first.iter().map(|(amount, _)| *amount).collect();
        let all: i64 = record.paid_first.iter().sum();
        let _ = lines::share(all, &weights, &mut out);
        out
    };
    let lines = record.lines.iter().zip(&record.first).zip(paid_first);
    lines
        .map(|((line, (first, _)), paid)| {
            let gone = i128::from(*first) - i128::from(line.recorded);
            let back = if *first > 0 { i128::from(paid) * gone / i128::from(*first) } else { 0 };
            (paid, i64::try_from(back).unwrap_or(paid))
        })
        .collect()
}

fn kept_payment(record: &Record) -> Checked<Vec<i64>> {
    Ok(back_by_line(record).into_iter().map(|(paid, back)| paid - back).collect())
}

fn returned_payment(record: &Record) -> Checked<i64> {
    Ok(back_by_line(record).into_iter().map(|(_, back)| back).sum())
}
