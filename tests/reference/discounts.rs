//! Stages 1 and 2 of a purchase: discounts.

use super::account::{Account, Kind, What};
use super::limits::{Award, Pay};
use super::number::{Ratio, shares};
use super::purchase::{Bought, close};
use super::reading::{Rate, Rule};
use super::vouchers::no_terms;
use super::{Outside, Read, Slip};
use loyalty_dsl::syntax::ast::*;

/// A discount that may apply.
struct Offer<'p> {
    number: usize,
    rule: &'p Rule<'p>,
    pay: Pay,
    lines: Vec<usize>,
    /// The percentage voucher that it is.
    voucher: Option<usize>,
}

impl Offer<'_> {
    fn by_table(&self) -> bool {
        matches!(self.rule.effects.first(), Some(Effect::Discount(Rates::Table(_))))
    }
}

impl<'a> Account<'a> {
    fn offers(&self, now: &Bought) -> Read<Vec<Offer<'a>>> {
        let program = self.program;
        let mut offers = Vec::new();
        for number in program.acting() {
            let rule = &program.rules[number];
            let Some(Effect::Discount(rates)) = rule.effects.first() else { continue };
            let (applies, lines) = (self.applies(number, now)?, now.within(&rule.scopes)?);
            let base = lines.iter().map(|line| now.lines[*line].amount).sum();
            let pay = self.pay(rates, now, base, true, Ratio::whole(1))?;
            if let Some(pay) = pay.filter(|_| applies && !lines.is_empty()) {
                offers.push(Offer { number, rule, pay, lines, voucher: None });
            }
        }
        // "A percentage voucher is a basket discount."
        for (voucher, lines) in self.share_vouchers(now)? {
            let pay = Pay::Rate(Rate::Share(self.vouchers[voucher].value));
            let number = self.vouchers[voucher].rule;
            offers.push(Offer { number, rule: no_terms(), pay, lines, voucher: Some(voucher) });
        }
        Ok(offers)
    }

    /// A purchase is looked at again: "what lost does not win now"; "a fixed sum, and a percentage that a cap cut, keep their parts on
    /// the items and units that stay, as long as their clauses still hold (cumulative, rounded)".
    fn discount_again(&mut self, now: &mut Bought, offers: Vec<Offer>) -> Read<()> {
        let of_left = self.program.combine == Combine::Compounding;
        let (first, second): (Vec<Offer>, Vec<Offer>) = offers.into_iter().partition(|offer| match self.program.combine {
            Combine::Best => true,
            Combine::Adding => !matches!(offer.pay, Pay::Rate(Rate::Fixed(_))),
            Combine::Compounding => !offer.rule.scopes.is_empty(),
        });
        let was = self.bought_then(now);
        for mut offer in first.into_iter().chain(second) {
            let Some(gave) = self.gave(offer.number, Kind::Discount).filter(|gave| gave.granted.positive()) else { continue };
            if offer.voucher.is_some() {
                return Err(Outside("a voucher on what comes back"));
            }
            offer.lines.retain(|line| gave.parts.iter().any(|(part, _)| part == line));
            if matches!(offer.pay, Pay::Rate(Rate::Fixed(_))) || gave.cut {
                let mut kept = Ratio::ZERO;
                for (line, part) in gave.parts.iter().filter(|(line, _)| offer.lines.contains(line)) {
                    kept += *part * now.lines[*line].amount / was[*line];
                }
                let left: Ratio = offer.lines.iter().map(|line| now.lines[*line].left).sum();
                let granted = kept.rounded(self.program.round, Ratio::whole(1)).min(gave.granted).min(left);
                let award = Award { granted, counts: granted.min(gave.counts), base: Ratio::ZERO };
                let lines = offer.lines.clone();
                self.post_discount(now, &offer, &lines, award)?;
            } else {
                self.take_off(now, &offer, of_left)?;
            }
        }
        Ok(())
    }

    /// What the lines cost when they were bought.
    fn bought_then(&self, now: &Bought) -> Vec<Ratio> {
        super::purchase::lines(now.receipt, self.program.round).into_iter().map(|line| line.amount).collect()
    }

    pub fn discount(&mut self, now: &mut Bought) -> Read<()> {
        let offers = self.offers(now)?;
        if self.again.is_some() {
            return self.discount_again(now, offers);
        }
        if offers.iter().any(|offer| offer.rule.group.is_some()) && offers.len() > 1 {
            return Err(Outside("discounts in a group"));
        }
        let item = |offer: &&Offer| !offer.rule.scopes.is_empty();
        let share = |offer: &&Offer| !matches!(offer.pay, Pay::Rate(Rate::Fixed(_)));
        match self.program.combine {
            _ if offers.len() < 2 => {
                for offer in &offers {
                    self.take_off(now, offer, false)?;
                }
            }
            Combine::Best => self.best(now, &offers)?,
            // "Adds rates on the price after price lists, then takes fixed sums."
            Combine::Adding => {
                let (shares, sums): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(|offer| share(offer));
                for offer in shares.into_iter().chain(sums) {
                    self.take_off(now, offer, false)?;
                }
            }
            // "Applies item discounts, then basket discounts, by priority and file order", "each on what the last one left".
            Combine::Compounding => {
                if offers.iter().any(|offer| matches!(offer.pay, Pay::Slices(_))) {
                    return Err(Outside("slices of another amount than the base"));
                }
                let (items, baskets): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(|offer| item(offer));
                for offer in items.into_iter().chain(baskets) {
                    self.take_off(now, offer, true)?;
                }
            }
        }
        Ok(())
    }

    /// Takes one discount off its lines: of their price, or of what is left of it.
    fn take_off(&mut self, now: &mut Bought, offer: &Offer, of_left: bool) -> Read<()> {
        let base = offer.lines.iter().map(|line| if of_left { now.lines[*line].left } else { now.lines[*line].amount }).sum();
        let left: Ratio = offer.lines.iter().map(|line| now.lines[*line].left).sum();
        let mut pay = offer.pay.clone();
        if let Pay::Rate(Rate::Fixed(sum)) = &mut pay {
            *sum = (*sum).min(left);
        }
        let round = (self.program.round, Ratio::whole(1));
        let award = self.award(offer.number, offer.rule, now.at, &pay, base, Ratio::ZERO, Ratio::whole(1), round)?;
        let granted = award.granted.min(left);
        self.post_discount(now, offer, &offer.lines, Award { granted, counts: award.counts.min(left), ..award })
    }

    fn post_discount(&mut self, now: &mut Bought, offer: &Offer, lines: &[usize], award: Award) -> Read<()> {
        if !award.granted.positive() {
            return Ok(());
        }
        // "The one denied at the closing leaves its place empty."
        let drawn = [(0, Kind::Discount, What::Money, award.granted)];
        if offer.voucher.is_none() && !self.charge_for(offer.number, now.at, &drawn)? {
            return Ok(());
        }
        // "In proportion to what each still costs at that point"; rates that add up are all of the price.
        let together = self.program.combine == Combine::Adding && !matches!(offer.pay, Pay::Rate(Rate::Fixed(_)));
        let weights: Vec<Ratio> = lines.iter().map(|line| if together { now.lines[*line].amount } else { now.lines[*line].left }).collect();
        let mut parts = Vec::new();
        for (line, share) in lines.iter().zip(shares(award.granted, &weights)) {
            if share > now.lines[*line].left {
                return Err(Outside("rates that take more than a line costs"));
            }
            now.lines[*line].left -= share;
            parts.push((*line, share));
        }
        parts.retain(|(_, share)| share.positive());
        let cut = offer.rule.limits.iter().any(|limit| !matches!(limit.what, LimitWhat::Times(_)));
        self.firings += 1;
        let purchase = self.bought.len();
        let entry = self.write(now.at, Kind::Discount, Some(offer.number), What::Money, award.granted);
        (entry.purchase, entry.counts, entry.base) = (Some(purchase), award.counts, award.base);
        (entry.parts, entry.cut) = (parts, cut);
        if let Some(voucher) = offer.voucher {
            (entry.counts, entry.base, entry.earned) = (Ratio::ZERO, Ratio::ZERO, Ratio::ZERO);
            self.use_voucher(voucher, now.at, award.granted);
        }
        Ok(())
    }

    /// "Every item takes the percentage worth most on it after caps (room is used in line order), item or basket; fixed sums
    /// are then compared, each alone, with the total of all percentages, and the larger stays (ties: priority, file order)."
    fn best(&mut self, now: &mut Bought, offers: &[Offer]) -> Read<()> {
        let mut rooms: Vec<Option<Ratio>> = Vec::new();
        for offer in offers {
            rooms.push(self.room_to_compete(offer.number, offer.rule, now.at)?);
            if !self.may_fire(offer.number, offer.rule, now.at)? {
                rooms.pop();
                rooms.push(Some(Ratio::ZERO));
            }
        }
        let mut won: Vec<(Ratio, Vec<usize>)> = vec![(Ratio::ZERO, Vec::new()); offers.len()];
        for line in 0..now.lines.len() {
            let mut best: Option<(Ratio, usize)> = None;
            for (place, offer) in offers.iter().enumerate().filter(|(_, offer)| offer.lines.contains(&line)) {
                let share = match offer.pay {
                    Pay::Rate(Rate::Share(share)) => share,
                    Pay::Rate(Rate::Fixed(_)) => continue,
                    _ => return Err(Outside("such a discount among others")),
                };
                let worth = share * now.lines[line].amount;
                let worth = rooms[place].map_or(worth, |room| worth.min(room - won[place].0));
                if best.is_some_and(|(most, other)| worth == most && worth.positive() && offers[other].by_table() != offer.by_table()) {
                    return Err(Outside("a tie with a table"));
                }
                let capped = |place: usize| rooms[place].is_some();
                if best.is_some_and(|(most, other)| close(most, worth) && (capped(place) || capped(other))) {
                    return Err(Outside("a choice by parts of a cent"));
                }
                if best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, place));
                }
            }
            if let Some((worth, place)) = best.filter(|(worth, _)| worth.positive()) {
                won[place].0 += worth;
                won[place].1.push(line);
            }
        }
        let rounded = |sum: Ratio| sum.rounded(self.program.round, Ratio::whole(1));
        let totals: Vec<Ratio> = won.iter().zip(&rooms).map(|((sum, _), room)| rounded(*sum).min(room.unwrap_or(rounded(*sum)))).collect();
        let shares: Ratio = totals.iter().copied().sum();
        let mut larger: Option<(Ratio, usize)> = None;
        let mut shares_stand = won.iter().position(|(sum, _)| sum.positive());
        for (place, offer) in offers.iter().enumerate() {
            let Pay::Rate(Rate::Fixed(sum)) = offer.pay else { continue };
            let of_lines = offer.lines.iter().map(|line| now.lines[*line].amount).sum();
            let sum = sum.min(of_lines).min(rooms[place].unwrap_or(sum));
            if larger.is_none_or(|(most, _)| sum > most) {
                larger = Some((sum, place));
            }
        }
        if self.program.slip == Slip::SumsOnTop
            && let Some((_, place)) = larger.take()
        {
            self.take_off(now, &offers[place], false)?;
        }
        if let Some((sum, place)) = larger
            && (sum > shares || sum == shares && shares_stand.is_none_or(|first| place < first))
        {
            self.take_off(now, &offers[place], false)?;
            shares_stand = None;
        }
        if shares_stand.is_some() {
            for (place, offer) in offers.iter().enumerate().filter(|(place, _)| !won[*place].1.is_empty()) {
                let granted = totals[place];
                self.post_discount(now, offer, &won[place].1.clone(), Award { granted, counts: granted, base: Ratio::ZERO })?;
            }
        }
        Ok(())
    }
}
