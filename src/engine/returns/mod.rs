//! Returns: the purchase is evaluated again without what came back, and the difference is posted.

pub(super) mod restore;
pub(super) mod take_back;
pub(super) mod uncount;

use crate::engine::Recorder;
use crate::engine::account::Account;
use crate::engine::account::facts::Facts;
use crate::engine::account::lots::Piece;
use crate::engine::ledger::{Kind, Source, Unit};
use crate::engine::purchase::lines::{self, Line};
use crate::engine::purchase::redemption::{Paying, Payment};
use crate::engine::purchase::{self};
use crate::engine::purchase::{Award, Outcome, Stage};
use crate::history::model::{ReturnPart, Returned};
use crate::value::{Checked, Decimal, Exact, Instant, Overflow};

/// A purchase that returns will ask for.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Record {
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
    pub paid_first: Vec<i64>,
    pub facts: Box<Facts>,
    pub outcome: Outcome,
    /// By award: its entry and lot.
    posted: Vec<Option<(u32, Option<u32>)>>,
    /// Payments, the lots they drew from, and what was given back so far.
    pub payments: Vec<(Payment, Vec<Piece>, i64)>,
    /// What each limit counted.
    pub limits: Vec<(usize, i64)>,
    /// Rules of whose entitlement a use was spent, and which one it was.
    pub used_entitlements: Vec<(usize, u32)>,
    /// Vouchers that paid, or took a percentage off.
    pub vouchers: Vec<u32>,
    /// What was paid back so far, minor units.
    pub refunded: i64,
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
                        let left =
                            crate::engine::purchase::earning::add_units(line.quantity, Decimal::new(-quantity.mantissa, quantity.scale))?;
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

pub(in crate::engine) fn returned_payment(record: &Record) -> Checked<i64> {
    Ok(back_by_line(record).into_iter().map(|(_, back)| back).sum())
}
