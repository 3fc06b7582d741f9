//! Grants that are drawn, chosen by a table, paid out, or made as often as a purchase holds something.

use super::account::Account;
use super::calendar::Moment;
use super::number::Ratio;
use super::reading::{Rate, Rule, key};
use super::{Outside, Read};
use loyalty_dsl::syntax::ast::{Chance, Effect, LimitWhat, Literal, RowWhen, Table, TableKey};
use sha2::{Digest, Sha256};

impl<'a> Account<'a> {
    /// "The first 8 bytes of SHA-256 of `seed|place|account|firing` over 2^64: the rule's place among such rules, and its firings";
    /// "cumulated weights in written order".
    pub fn drawn_of(&self, number: usize, chances: &'a [Chance]) -> Option<&'a Effect> {
        let rules = &self.program.rules[..=number];
        let place = rules.iter().filter(|rule| matches!(rule.effects[..], [Effect::OneOf(_)])).count();
        let firing = self.draws.get(&number).copied().unwrap_or(0);
        let text = format!("1|{place}|{}|{firing}", self.story.id);
        let digest = Sha256::digest(text.as_bytes());
        let draw = digest.iter().take(8).fold(Ratio::ZERO, |sum, byte| sum * Ratio::whole(256) + Ratio::whole((*byte).into()));
        let mut sum = Ratio::ZERO;
        for chance in chances {
            let weight = chance.weight.node;
            sum += Ratio::new(weight.mantissa, 10_i128.pow(weight.scale.into()) * 100);
            if draw < sum * Ratio::whole(1 << 64) {
                return chance.what.as_ref().map(|what| &what.node);
            }
        }
        None
    }

    /// "A tier without a row gets nothing."
    pub fn row_by_tier(&self, table: &Table) -> Read<Option<Rate>> {
        let TableKey::Tier(name) = &table.by else { return Err(Outside("what a table of grants goes by")) };
        let wanted = name.as_ref().map(|name| key(&name.node));
        let ladder = self.program.ladders.iter().position(|ladder| ladder.name == wanted).ok_or(Outside("a ladder"))?;
        for row in &table.rows {
            let RowWhen::Tier(tier) = &row.when else { return Err(Outside("a row")) };
            if self.tier_called(&tier.node) == Some((ladder, self.standings[ladder].held)) {
                return self.program.rate(&row.rate).map(Some);
            }
        }
        Ok(None)
    }

    /// "It takes what can be spent, nothing pending, whole or in steps; points leave at their `worth`, rounded down, the fewest that
    /// are worth it."
    pub fn units_to_pay_out(&self, rule: &Rule, wallet: usize, at: Moment) -> Read<Ratio> {
        let said = &self.program.wallets[wallet];
        if said.step != Ratio::whole(1) {
            return Err(Outside("a wallet in steps that is paid out"));
        }
        let worth = if self.counts_money(wallet) { Ratio::whole(1) } else { said.worth.ok_or(Outside("no worth"))? };
        let balance = self.balance(wallet, at.local.date()).max(Ratio::ZERO);
        let step = rule.in_steps.unwrap_or(Ratio::whole(1));
        let money = Ratio::whole((balance * worth / step).floor()) * step;
        for limit in &rule.limits {
            match &limit.what {
                LimitWhat::AtLeast(least) => {
                    // As in payments, what one of them pays is meant.
                    let in_money = matches!(self.program.literal(least)?, Literal::Money { .. });
                    let pays = if in_money { money } else { money / worth };
                    if pays < self.program.number(least)? {
                        return Ok(Ratio::ZERO);
                    }
                }
                LimitWhat::Times(_) => {}
                _ => return Err(Outside("a limit of what is paid out")),
            }
        }
        let units = money / worth;
        let whole = Ratio::whole(units.floor());
        Ok(if whole == units { whole } else { whole + Ratio::whole(1) })
    }

    /// "`for every 3 items of category "x"`": how many full groups the purchase just completed holds.
    pub fn times_over(&self, rule: &Rule) -> Read<Ratio> {
        let Some((count, scope)) = rule.for_every else { return Ok(Ratio::whole(1)) };
        let bought = self.bought.last().ok_or(Outside("items without a purchase"))?;
        let scopes: Vec<_> = scope.into_iter().collect();
        let units: Ratio = bought.within(&scopes)?.into_iter().map(|line| bought.lines[line].units).sum();
        Ok(Ratio::whole((units / count).floor()))
    }
}
