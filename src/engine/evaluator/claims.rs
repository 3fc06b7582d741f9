//! What members claim of the catalogue where the history records no claims: "Assumptions" in docs/language.md.

use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::value::Checked;

impl<'a, R: Listener> Account<'a, R> {
    /// Claims, as often as balance and clauses allow, of the rewards that are allowed the one that gives most per unit. A
    /// purchase draws once for paying and claiming; without one, at a midnight, nobody claims by chance.
    pub fn claim_by_assumption(&mut self, customer: u32, purchase: Option<u32>) -> Checked<()> {
        let policies = self.policies;
        if policies.catalogue().is_empty() || !self.is_active() {
            return Ok(());
        }
        let mut free_taken = Vec::new();
        'claims: loop {
            for &index in policies.catalogue() {
                let reward = &self.plan.program.rewards[index];
                let wallet = reward.wallet;
                let balance = self.s.wallets[wallet.index()].balance;
                if balance < reward.price || reward.price == 0 && free_taken.contains(&index) {
                    continue;
                }
                self.fill_facts(customer);
                let wish = policies.claim(self.plan, self.part, &self.s.facts, (customer, purchase), wallet)?;
                let Some(share) = wish else { continue };
                if let Some(share) = share
                    && self.s.wallets[wallet.index()].share_left(share)? < reward.price
                {
                    continue;
                }
                self.s.customer_of_day = customer;
                let origin = self.plan.origin(self.plan.program.rules.len() + self.plan.program.exchanges.len() + index);
                self.s.claim_share = share;
                let done = self.swap(origin, (wallet, reward.price), 1, None);
                self.s.claim_share = None;
                if done? {
                    if reward.price == 0 {
                        free_taken.push(index);
                    }
                    continue 'claims;
                }
            }
            return Ok(());
        }
    }
}
