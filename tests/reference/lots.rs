//! Wallets: lots, what can be spent of them, and when they are gone.

use super::Slip;
use super::account::{Account, Entry, Kind, What};
use super::calendar::{Moment, last_day, later};
use super::number::Ratio;
use super::reading::Expiry;
use chrono::{Days, NaiveDate};
use loyalty_dsl::syntax::ast::{DurationLit, ExpireAfter, SpendOrder, WalletKind};

/// Every grant to a wallet is a lot.
#[derive(Clone, Debug)]
pub struct Lot {
    pub wallet: usize,
    pub left: Ratio,
    /// The firing that made it.
    pub firing: usize,
    /// What of it expired unused.
    pub expired: Ratio,
    /// What came back to it after it had been spent.
    pub restored: Ratio,
    pub earned: Moment,
    /// The day on which it can be spent, if later than the one on which it was earned.
    pub active: Option<NaiveDate>,
    /// The rule's own `expiring after`.
    pub own: Option<DurationLit>,
    /// What is owed never expires.
    pub forever: bool,
}

impl Account<'_> {
    /// Writes a grant to a wallet down and keeps it as a lot.
    pub fn credit(&mut self, at: Moment, kind: Kind, rule: usize, wallet: usize, granted: Ratio, purchase: Option<usize>) {
        let name = self.program.wallets[wallet].name.clone();
        let entry = self.write(at, kind, Some(rule), What::Wallet(name), granted);
        entry.purchase = purchase;
        if granted == Ratio::ZERO {
            return;
        }
        let (sentence, wallet_said) = (&self.program.rules[rule], &self.program.wallets[wallet]);
        // "`pending for D` ends when that day begins."
        let pending = sentence.pending.or(wallet_said.pending);
        let early = Days::new(u64::from(self.program.slip == Slip::ActiveEarly));
        let active = pending.map(|span| later(at.local.date(), span) - early);
        let (firing, expired) = (self.firings, Ratio::ZERO);
        self.lots.push(Lot {
            wallet,
            left: granted,
            firing,
            expired,
            restored: expired,
            earned: at,
            active,
            own: sentence.expiring,
            forever: false,
        });
        self.settle(at.local.date());
    }

    /// "Later earning fills the hole first."
    pub fn settle(&mut self, day: NaiveDate) {
        for hole in 0..self.lots.len() {
            for number in 0..self.lots.len() {
                let (owes, lot) = (&self.lots[hole], &self.lots[number]);
                let usable = lot.wallet == owes.wallet && lot.active.is_none_or(|active| active <= day);
                let fills = lot.left.min(-owes.left);
                if usable && fills.positive() {
                    self.lots[hole].left += fills;
                    self.lots[number].left -= fills;
                }
            }
        }
    }

    /// The last day on which a lot can be used.
    pub fn last_day(&self, lot: &Lot) -> Option<NaiveDate> {
        let earned = lot.earned.local.date();
        let joined = self.joined.map_or(earned, |joined| joined.local.date());
        let late = Days::new(u64::from(self.program.slip == Slip::ExpireLate));
        if lot.forever {
            return None;
        }
        if let Some(own) = lot.own {
            return Some(later(earned, own) + late);
        }
        let sunday = self.program.sunday;
        match self.program.wallets[lot.wallet].expiry {
            Expiry::Never => None,
            Expiry::AtEnd { next, period } => {
                let end = last_day(earned, period, sunday, joined);
                Some(if next { last_day(end + Days::new(1), period, sunday, joined) } else { end } + late)
            }
            Expiry::After { span, after, latest, at_end_of } => {
                // What came back puts nothing off.
                let stands = self.bought.iter().filter(|bought| bought.counts && !bought.returned);
                let bought = stands.map(|bought| bought.at.local.date());
                let name = &self.program.wallets[lot.wallet].name;
                let moves = |kind: Kind| matches!(kind, Kind::Earn | Kind::Multiply | Kind::Grant);
                let mine = |what: &What| matches!(what, What::Wallet(wallet) if wallet == name);
                let kept = |e: &Entry| e.purchase.is_none_or(|number| !self.bought[number].returned);
                // "*Earning* is not a scheduled grant", nor what is exchanged for.
                let own = |e: &Entry| e.rule.is_some_and(|rule| self.program.rules[rule].earns());
                let earned_by = |e: &&Entry| moves(e.kind) && mine(&e.what) && e.granted.positive() && kept(e) && own(e);
                let earnings = self.entries.iter().filter(earned_by).map(|e| e.at.local.date());
                // Claims and exchanges are spending.
                let spent = self.entries.iter().filter(|e| matches!(e.kind, Kind::Exchange | Kind::PayOut)).map(|e| e.at.local.date());
                let events = self.events.iter().map(|at| at.local.date()).chain(spent);
                let from = match after {
                    ExpireAfter::Earning | ExpireAfter::Usable => None,
                    ExpireAfter::LastPurchase => bought.max(),
                    ExpireAfter::LastEarning => earnings.max(),
                    ExpireAfter::LastActivity => bought.chain(events).max(),
                };
                let moved = |last: NaiveDate| at_end_of.map_or(last, |period| last_day(last, period, sunday, joined));
                // A lot that comes when the last of them is already too long ago lives a span of its own.
                let last = from.map(|from| moved(later(from, span))).filter(|last| *last >= earned);
                let last = last.unwrap_or_else(|| moved(later(earned, span)));
                // "Of two spans the one that ends first counts."
                Some(latest.map_or(last, |latest| last.min(moved(later(earned, latest)))) + late)
            }
        }
    }

    /// "The day it ends is the last on which the points can be used."
    pub fn expire(&mut self, day: NaiveDate, at: Moment) {
        for number in 0..self.lots.len() {
            let lot = self.lots[number].clone();
            if lot.left.positive() && self.last_day(&lot).is_some_and(|last| last < day) {
                (self.lots[number].left, self.lots[number].expired) = (Ratio::ZERO, lot.expired + lot.left);
                let name = self.program.wallets[lot.wallet].name.clone();
                self.write(at, Kind::Expire, None, What::Wallet(name), -lot.left);
            }
        }
    }

    /// What can be spent.
    pub fn balance(&self, wallet: usize, day: NaiveDate) -> Ratio {
        let mine = self.lots.iter().filter(|lot| lot.wallet == wallet && lot.active.is_none_or(|active| active <= day));
        mine.map(|lot| lot.left).sum()
    }

    /// What is still pending on the last day.
    pub fn waiting(&self, wallet: usize) -> Ratio {
        let all: Ratio = self.lots.iter().filter(|lot| lot.wallet == wallet).map(|lot| lot.left).sum();
        all - self.balance(wallet, self.story.until)
    }

    /// "Spending takes from lots in the declared order, ties by earning."
    pub fn spending_order(&self, wallet: usize, day: NaiveDate) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lots.len()).filter(|number| self.lots[*number].wallet == wallet).collect();
        order.retain(|number| self.lots[*number].active.is_none_or(|active| active <= day));
        match self.program.wallets[wallet].spend {
            SpendOrder::EarliestExpiry => order.sort_by_key(|number| self.last_day(&self.lots[*number]).unwrap_or(NaiveDate::MAX)),
            SpendOrder::Oldest => order.sort_by_key(|number| self.lots[*number].earned.instant),
            SpendOrder::Newest => {
                order.reverse();
                order.sort_by_key(|number| std::cmp::Reverse(self.lots[*number].earned.instant));
            }
        }
        order
    }

    /// Takes what pays from lots; says which.
    pub fn spend(&mut self, at: Moment, wallet: usize, units: Ratio) -> Vec<(usize, Ratio)> {
        let mut rest = units;
        let mut drawn = Vec::new();
        for number in self.spending_order(wallet, at.local.date()) {
            let takes = rest.min(self.lots[number].left).max(Ratio::ZERO);
            self.lots[number].left -= takes;
            rest -= takes;
            if takes.positive() {
                drawn.push((number, takes));
            }
        }
        let name = self.program.wallets[wallet].name.clone();
        self.write(at, Kind::Spend, None, What::Wallet(name), -units);
        drawn
    }

    /// Whether a wallet counts money.
    pub fn counts_money(&self, wallet: usize) -> bool {
        self.program.wallets[wallet].kind == WalletKind::Money
    }
}
