//! Stage 4 of a purchase: what it earns.

use super::account::{Account, Kind, What};
use super::limits::{Award, Pay};
use super::number::Ratio;
use super::purchase::{Bought, Line, close};
use super::reading::{Rate, WrittenRate, key};
use super::{Outside, Read, Slip};
use loyalty_dsl::syntax::ast::*;
use std::collections::BTreeMap;

impl Account<'_> {
    /// "The base of `earn on amount`" of a line.
    pub fn base(&self, bought: &Bought, line: &Line) -> Read<Ratio> {
        let program = self.program;
        if line.shipping && program.without_shipping {
            return Ok(Ratio::ZERO);
        }
        let cost = if program.before_discounts { line.amount } else { line.left };
        let keeps = program.with_redeemed || program.slip == Slip::RedeemedEarns;
        let paid = if keeps { Ratio::ZERO } else { line.paid };
        // "A base `excluding tax` is what the base counts times (amount − tax) / amount", "that of the receipt as recorded".
        let amount = bought.recorded();
        let factor = match program.without_tax {
            true if amount.positive() => (amount - Ratio::whole(bought.receipt.tax.into())) / amount,
            true => Ratio::ZERO,
            false => Ratio::whole(1),
        };
        Ok((cost - paid).max(Ratio::ZERO) * factor)
    }

    /// "The base is rounded by `round money` once per rule."
    fn rounded_base(&self, exact: Ratio) -> Ratio {
        if self.program.without_tax { exact.rounded(self.program.round, Ratio::whole(1)) } else { exact }
    }

    /// The rate of an effect for this purchase, in units of what it gives; none where a table has no row.
    pub fn pay(&self, rates: &Rates, now: &Bought, base: Ratio, discount: bool, worth: Ratio) -> Read<Option<Pay>> {
        let rate = |rate: &WrittenRate| -> Read<Rate> {
            Ok(match self.program.rate(rate)? {
                Rate::Share(share) => Rate::Share(share / worth),
                other => other,
            })
        };
        let table = match rates {
            Rates::One(one) => return Ok(Some(Pay::Rate(rate(one)?))),
            Rates::Table(table) => table,
        };
        if table.across.is_some() {
            return Err(Outside("a grid"));
        }
        let value = match &table.by {
            TableKey::Tier(name) => {
                let wanted = name.as_ref().map(|name| key(&name.node));
                let ladder = self.program.ladders.iter().position(|ladder| ladder.name == wanted).ok_or(Outside("a ladder"))?;
                for row in &table.rows {
                    let RowWhen::Tier(tier) = &row.when else { return Err(Outside("a row")) };
                    if self.tier_called(&tier.node) == Some((ladder, self.standings[ladder].held)) {
                        return Ok(Some(Pay::Rate(rate(&row.rate)?)));
                    }
                }
                return Ok(None);
            }
            TableKey::Value(expr) => match &expr.kind {
                ExprKind::Fact(Fact::Amount) if discount => now.amount(),
                ExprKind::Fact(Fact::Amount) => now.net(),
                ExprKind::Measure(measure) => self.measure(measure, now.at)?,
                _ => return Err(Outside("what a table goes by")),
            },
        };
        let by_amount = matches!(&table.by, TableKey::Value(expr) if matches!(expr.kind, ExprKind::Fact(_)));
        let mut rows: Vec<(Ratio, bool, Rate)> = Vec::new();
        for row in &table.rows {
            let (from, includes) = match &row.when {
                RowWhen::From(from) => (from, true),
                RowWhen::Over(from) => (from, self.program.slip == Slip::OverIncludes),
                RowWhen::Tier(_) | RowWhen::Else => return Err(Outside("a row")),
            };
            rows.push((self.program.number(from)?, includes, rate(&row.rate)?));
        }
        if !table.each_slice {
            let found = rows.iter().rev().find(|(from, includes, _)| value > *from || *includes && value == *from);
            return Ok(found.map(|(_, _, rate)| Pay::Rate(*rate)));
        }
        // "The purchase is cut where the measure plus the purchase passes a row."
        let goods: Ratio = now.lines.iter().filter(|line| !line.shipping).map(|line| line.amount).sum();
        let whole = if discount { goods } else { now.net() };
        let (low, high) = if by_amount { (Ratio::ZERO, whole) } else { (value, value + base) };
        if base != whole {
            return Err(Outside("slices of another amount than the base"));
        }
        let mut slices = Vec::new();
        for (number, (from, _, rate)) in rows.iter().enumerate() {
            let to = rows.get(number + 1).map_or(high, |next| next.0.min(high));
            let part = to - low.max(*from);
            if part.positive() {
                slices.push((part, *rate));
            }
        }
        Ok(Some(Pay::Slices(slices)))
    }

    /// What an earning rule gives on some of its lines.
    fn earned(&self, number: usize, now: &Bought, lines: &[usize]) -> Read<Option<(usize, Award)>> {
        let rule = &self.program.rules[number];
        let Some(Effect::Earn { wallet, rates }) = rule.effects.first() else { return Ok(None) };
        let wallet = match (wallet, rates) {
            (Some(name), _) => self.program.wallet_called(&name.node)?,
            (None, Rates::One(WrittenRate::Per { amount, .. } | WrittenRate::PerItem { amount })) => {
                self.program.wallet_of(amount, None)?
            }
            (None, _) => self.program.wallet_called("cashback")?,
        };
        let said = &self.program.wallets[wallet];
        let worth = if self.counts_money(wallet) { Ratio::whole(1) } else { said.worth.unwrap_or(Ratio::whole(1)) };
        let mut base = Ratio::ZERO;
        for line in lines {
            base += self.base(now, &now.lines[*line])?;
        }
        let base = self.rounded_base(base);
        let units = lines.iter().map(|line| now.lines[*line].units).sum();
        let Some(pay) = self.pay(rates, now, base, false, worth)? else { return Ok(Some((wallet, Award::NOTHING))) };
        let award = self.award(number, rule, now.at, &pay, base, units, worth, (said.mode, said.step))?;
        if matches!(pay, Pay::Rate(Rate::PerItem(_))) && lines.iter().any(|line| now.lines[*line].by_amount) {
            return Err(Outside("units of what came back by amount"));
        }
        Ok(Some((wallet, self.no_more_than_before(number, Kind::Earn, award))))
    }

    fn draw_on_pots(&mut self, number: usize, now: &Bought, kind: Kind, wallet: usize, granted: Ratio) -> Read<bool> {
        let what = What::Wallet(self.program.wallets[wallet].name.clone());
        self.charge_for(number, now.at, &[(0, kind, what, granted)])
    }

    pub fn earn(&mut self, now: &Bought) -> Read<()> {
        let program = self.program;
        // What each rule rewards.
        let mut lines_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in program.acting() {
            let rule = &program.rules[number];
            if matches!(rule.effects.first(), Some(Effect::Earn { .. })) && self.applies(number, now)? {
                lines_of.insert(number, now.within(&rule.scopes)?);
            }
        }
        self.choose_in_groups(now, &mut lines_of)?;
        let mut given: Vec<(usize, usize, Award)> = Vec::new();
        for number in program.acting() {
            let Some(lines) = lines_of.get(&number).filter(|lines| !lines.is_empty()).cloned() else { continue };
            if let Some((wallet, award)) = self.earned(number, now, &lines)?
                && self.draw_on_pots(number, now, Kind::Earn, wallet, award.granted)?
            {
                given.push((number, wallet, award));
            }
        }
        // "A multiplier adds (k − 1) times what the earning rules (not grants) of its wallet gave, after their rounding and caps."
        let mut more: Vec<(usize, usize, Ratio)> = Vec::new();
        for number in program.acting() {
            let rule = &program.rules[number];
            let Some(Effect::Multiply { wallet, factor }) = rule.effects.first() else { continue };
            if !self.applies(number, now)? || !self.may_fire(number, rule, now.at)? {
                continue;
            }
            let wallet = program.wallet_called(&wallet.node)?;
            let scope = now.within(&rule.scopes)?;
            let mut sum = Ratio::ZERO;
            for (other, _, award) in given.iter().filter(|(_, of, _)| *of == wallet) {
                let inside: Vec<usize> = lines_of[other].iter().copied().filter(|line| scope.contains(line)).collect();
                // "With a scope, what they would have given on the scope's items alone, at most what they gave."
                let whole = rule.scopes.is_empty() || program.slip == Slip::DoubleIgnoresScope;
                sum += match self.earned(*other, now, &inside)? {
                    _ if whole => award.granted,
                    Some((_, alone)) if !inside.is_empty() => alone.granted.min(award.granted),
                    _ => Ratio::ZERO,
                };
            }
            let times = program.number(factor)? - Ratio::whole(1);
            if !times.positive() {
                return Err(Outside("a multiplier below one"));
            }
            let said = &program.wallets[wallet];
            let wanted = (sum * times).rounded(said.mode, said.step);
            let granted = self.cut(number, rule, now.at, wanted)?;
            let granted = self.gave(number, Kind::Multiply).map_or(granted, |gave| granted.min(gave.granted));
            if self.draw_on_pots(number, now, Kind::Multiply, wallet, granted)? {
                more.push((number, wallet, granted));
            }
        }
        let purchase = Some(self.bought.len());
        for (number, wallet, award) in given {
            self.firings += 1;
            self.credit(now.at, Kind::Earn, number, wallet, award.granted, purchase);
            let entry = self.entries.last_mut().expect("an entry");
            (entry.counts, entry.base) = (award.counts, award.base);
        }
        for (number, wallet, granted) in more {
            self.firings += 1;
            self.credit(now.at, Kind::Multiply, number, wallet, granted, purchase);
        }
        Ok(())
    }

    /// "A group chooses per item between effects with a rate …, by value after caps."
    fn choose_in_groups(&self, now: &Bought, lines_of: &mut BTreeMap<usize, Vec<usize>>) -> Read<()> {
        let program = self.program;
        let rules = program.order();
        for (name, policy) in program.groups.iter().filter(|(_, policy)| *policy != GroupPolicy::All) {
            let members = rules.iter().copied().filter(|number| program.rules[*number].group_name.as_ref() == Some(name));
            let members: Vec<usize> = members.filter(|number| lines_of.get(number).is_some_and(|lines| !lines.is_empty())).collect();
            if members.len() < 2 {
                continue;
            }
            if self.again.is_some() {
                return Err(Outside("a group on what comes back"));
            }
            let mut won: BTreeMap<usize, Vec<usize>> = members.iter().map(|number| (*number, Vec::new())).collect();
            let mut used: BTreeMap<usize, Ratio> = BTreeMap::new();
            for line in 0..now.lines.len() {
                let base = self.base(now, &now.lines[line])?;
                let mut chosen: Option<(Ratio, usize, Ratio)> = None;
                for number in members.iter().copied().filter(|number| lines_of[number].contains(&line)) {
                    let rule = &program.rules[number];
                    let Some(Effect::Earn { wallet, rates: Rates::One(rate) }) = rule.effects.first() else {
                        return Err(Outside("a table in a group"));
                    };
                    let Rate::Share(share) = program.rate(rate)? else { return Err(Outside("such a rate in a group")) };
                    let wallet = wallet.as_ref().map_or(program.wallet_called("cashback"), |name| program.wallet_called(&name.node))?;
                    let worth = if self.counts_money(wallet) { None } else { program.wallets[wallet].worth }.unwrap_or(Ratio::whole(1));
                    let mut gives = share * base / worth;
                    if let Some(room) = self.room_to_compete(number, rule, now.at)? {
                        gives = gives.min(room - used.get(&number).copied().unwrap_or(Ratio::ZERO));
                    }
                    if !self.may_fire(number, rule, now.at)? {
                        gives = Ratio::ZERO;
                    }
                    let value = gives * worth;
                    if chosen.is_some_and(|(best, ..)| close(best, value)) {
                        return Err(Outside("a choice by parts of a cent"));
                    }
                    let better = chosen.is_none_or(|(best, _, _)| match policy {
                        GroupPolicy::BestForCustomer => value > best,
                        GroupPolicy::BestForStore => value < best,
                        _ => false,
                    });
                    if value.positive() && better {
                        chosen = Some((value, number, gives));
                    }
                }
                if let Some((_, number, gives)) = chosen {
                    won.entry(number).or_default().push(line);
                    *used.entry(number).or_insert(Ratio::ZERO) += gives;
                }
            }
            lines_of.extend(won);
        }
        Ok(())
    }
}
