//! Vouchers: granted, used whole, gone when their last day is over.

use super::account::{Account, Gives, Kind, What};
use super::calendar::{Moment, later};
use super::number::{Mode, Ratio, shares};
use super::purchase::Bought;
use super::reading::Rule;
use super::{Outside, Read, Slip};
use chrono::NaiveDate;
use loyalty_dsl::syntax::ast::{Effect, Lasting, Narrowing, Scope};

/// A voucher of an account.
#[derive(Clone, Debug)]
pub struct Voucher<'a> {
    pub rule: usize,
    pub granted: Moment,
    /// What granted it.
    pub purchase: Option<usize>,
    /// In cents, or a share.
    pub value: Ratio,
    pub is_share: bool,
    pub narrow: &'a Narrowing,
    /// The last day on which it can be used.
    pub last: Option<NaiveDate>,
    pub open: bool,
    /// On which purchase it was used.
    pub used: Option<usize>,
}

/// What nothing limits.
pub fn no_terms<'p>() -> &'p Rule<'p> {
    static NONE: std::sync::OnceLock<Rule<'static>> = std::sync::OnceLock::new();
    NONE.get_or_init(Rule::default)
}

impl<'a> Account<'a> {
    /// Keeps a voucher that was granted.
    pub fn keep_voucher(&mut self, number: usize, gives: &Gives<'a>, at: Moment, purchase: Option<usize>) -> Read<()> {
        let (is_share, valid, narrow) = match gives.effect {
            Effect::Voucher { amount, per: None, valid, narrow } => (self.program.is_percent(amount)?, valid, narrow),
            Effect::VoucherTable { valid, narrow, .. } => (false, valid, narrow),
            _ => return Err(Outside("no voucher")),
        };
        let value = match gives.effect {
            Effect::Voucher { amount, .. } => self.program.number(amount)?,
            _ => gives.granted,
        };
        let late = u64::from(self.program.slip == Slip::VoucherLate);
        let last = match valid.as_ref().map(|life| &life.node) {
            Some(Lasting::For(span)) => Some(later(at.local.date(), self.program.span(span)?) + chrono::Days::new(late)),
            Some(_) => return Err(Outside("a life of a voucher")),
            None => None,
        };
        self.vouchers.push(Voucher { rule: number, granted: at, purchase, value, is_share, narrow, last, open: true, used: None });
        Ok(())
    }

    /// Those that can be used on a day, "earliest expiry first".
    fn usable(&self, day: NaiveDate) -> Vec<usize> {
        let mut usable: Vec<usize> = (0..self.vouchers.len()).filter(|number| self.vouchers[*number].open).collect();
        usable.retain(|number| self.vouchers[*number].last.is_none_or(|last| last >= day));
        usable.sort_by_key(|number| self.vouchers[*number].last.unwrap_or(NaiveDate::MAX));
        if self.program.slip == Slip::LatestVoucherFirst {
            usable.reverse();
        }
        usable
    }

    /// Whether a voucher may be used on a purchase, and on which lines. "The minimum of a money voucher looks at `net amount`, that
    /// of a percentage voucher at `amount`."
    fn lines_of(&self, voucher: &Voucher, now: &Bought) -> Read<Vec<usize>> {
        let amount = if voucher.is_share { now.amount() } else { now.net() };
        if !self.fits_narrow(voucher.narrow, now, amount)? {
            return Ok(Vec::new());
        }
        let scopes: Vec<&Scope> = voucher.narrow.scopes.iter().map(|scope| &scope.node).collect();
        now.within(&scopes)
    }

    /// The percentage vouchers that take part in the discounts of a purchase: which, and on which lines.
    pub fn share_vouchers(&self, now: &Bought) -> Read<Vec<(usize, Vec<usize>)>> {
        let mut found = Vec::new();
        for number in self.usable(now.at.local.date()) {
            let voucher = &self.vouchers[number];
            if voucher.is_share {
                let mut lines = self.lines_of(voucher, now)?;
                lines.retain(|line| !now.lines[*line].shipping);
                if !lines.is_empty() {
                    found.push((number, lines));
                }
            }
        }
        if found.len() > 1 {
            return Err(Outside("several percentage vouchers"));
        }
        Ok(found)
    }

    /// Writes down that a voucher was used.
    pub fn use_voucher(&mut self, number: usize, at: Moment, value: Ratio) {
        let purchase = self.bought.len();
        let voucher = &mut self.vouchers[number];
        (voucher.open, voucher.used) = (false, Some(purchase));
        let rule = voucher.rule;
        let entry = self.write(at, Kind::VoucherUsed, Some(rule), What::Money, value);
        (entry.purchase, entry.counts, entry.earned) = (Some(purchase), Ratio::ZERO, Ratio::ZERO);
    }

    /// "A voucher pays whole, earliest expiry first; what exceeds the purchase is lost."
    pub fn pay_vouchers(&mut self, now: &mut Bought) -> Read<()> {
        for number in self.usable(now.at.local.date()) {
            let voucher = self.vouchers[number].clone();
            if voucher.is_share {
                continue;
            }
            let lines = self.lines_of(&voucher, now)?;
            let open: Vec<Ratio> = lines.iter().map(|line| now.lines[*line].left - now.lines[*line].paid).collect();
            let left: Ratio = open.iter().copied().sum();
            if !left.positive() {
                continue;
            }
            let mut value = voucher.value;
            for (times, terms) in &self.program.voucher_values {
                if self.passes(terms, now.at, Some(now))? {
                    value = (value * *times).rounded(Mode::HalfUp, Ratio::whole(1));
                    break;
                }
            }
            let pays = value.min(left);
            for (line, share) in lines.iter().zip(shares(pays, &open)) {
                now.lines[*line].paid += share;
            }
            self.use_voucher(number, now.at, pays);
        }
        Ok(())
    }

    /// Vouchers whose last day is over.
    pub fn expire_vouchers(&mut self, day: NaiveDate, at: Moment) {
        for number in 0..self.vouchers.len() {
            let voucher = &mut self.vouchers[number];
            if voucher.open && voucher.last.is_some_and(|last| last < day) {
                voucher.open = false;
                let rule = voucher.rule;
                self.write(at, Kind::VoucherExpired, Some(rule), What::Money, Ratio::ZERO);
            }
        }
    }
}
