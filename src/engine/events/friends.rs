//! What a friend's purchase means for who referred him, and back.

use crate::engine::award::Award;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::state::kept::Granted;
use crate::plan::triggers::Moment;
use crate::value::{Checked, Instant};

impl<R: Listener> Account<'_, R> {
    /// `on referral`: what this account's rules grant to it, and what to the friend who bought for the first time as a member.
    pub fn hear_of_friend(&mut self, now: Instant) -> Checked<(Granted, Vec<Award>)> {
        self.arrive(now)?;
        if !self.is_active() {
            return Ok((Granted::default(), Vec::new()));
        }
        self.note_ladder_measures();
        self.count_referral()?;
        let (sentences, mut gifts) = (self.plan.program.rules.len(), Vec::new());
        let ((), granted) = self.logged(|account| {
            for rule in account.plan.fired_by(&Moment::Referral).take_while(|rule| *rule < sentences) {
                let customer = account.s.customer_of_day;
                account.fill_facts(customer);
                account.begin_entitlement(rule, None);
                let Some(awards) = account.awards_of(rule)? else { continue };
                let is_friends = |award: &Award| account.plan.effect(award.rule, award.effect).is_some_and(|does| does.to_friend);
                let (theirs, own): (Vec<Award>, Vec<Award>) = awards.into_iter().partition(is_friends);
                gifts.extend(theirs);
                account.post_all(account.plan.origin(rule), &own, None)?;
            }
            Ok(())
        })?;
        self.test_tiers(None)?;
        self.exchange_automatically()?;
        Ok((granted, gifts))
    }

    /// What a referrer's rules grant to this account for its first purchase.
    pub fn take_from_referrer(&mut self, gifts: &[Award], purchase: u32) -> Checked<Granted> {
        let ((), granted) = self.logged(|account| {
            for mut award in gifts.iter().copied() {
                if let Some(room) = account.room_to_hold(&award) {
                    award.reward.granted = award.reward.granted.min(room);
                }
                account.post(account.plan.origin(award.rule), &award, Some(purchase))?;
            }
            Ok(())
        })?;
        Ok(granted)
    }

    /// The first purchase of a friend came back: with what it had granted here goes what that lifted and used.
    pub fn friend_was_none(&mut self, now: Instant, granted: &Granted) -> Checked<()> {
        self.arrive(now)?;
        self.take_back_referral(granted);
        self.give_up(granted)
    }

    /// Gives back what a referral had granted.
    pub fn give_up(&mut self, granted: &Granted) -> Checked<()> {
        self.take_back_granted(granted)?;
        self.settle_fallen(None)
    }
}
