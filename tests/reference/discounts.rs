//! Stages 1 and 2 of a purchase: discounts.

use super::account::{Account, Kind, What};
use super::limits::{Award, Pay};
use super::number::{Ratio, shares};
use super::purchase::{Bought, Line, close};
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
    /// What its limits leave it, where it competes.
    room: Option<Ratio>,
    /// The percentage voucher that it is.
    voucher: Option<usize>,
}

impl Offer<'_> {
    fn by_table(&self) -> bool {
        matches!(self.rule.effects.first(), Some(Effect::Discount(Rates::Table(_))))
    }

    fn is_sum(&self) -> bool {
        matches!(self.pay, Pay::Rate(Rate::Fixed(_)))
    }

    /// What its rate takes off a line that costs so much: "per unit, at most its price".
    fn on(&self, line: &Line, cost: Ratio) -> Read<Ratio> {
        match self.pay {
            Pay::Rate(Rate::Share(share)) => Ok(share * cost),
            Pay::Rate(Rate::PerItem(sum)) => Ok((sum * line.units).min(cost)),
            _ => Err(Outside("such a discount among others")),
        }
    }
}

impl<'a> Account<'a> {
    fn offers(&self, now: &Bought) -> Read<Vec<Offer<'a>>> {
        let program = self.program;
        let mut offers = Vec::new();
        for number in program.acting() {
            let rule = &program.rules[number];
            let Some(Effect::Discount(rates)) = rule.effects.first() else { continue };
            let (applies, mut lines) = (self.applies(number, now)?, now.within(&rule.scopes)?);
            // "A discount without scope is of the goods."
            lines.retain(|line| rule.with_shipping || !now.lines[*line].shipping);
            lines.retain(|line| now.lines[*line].left.positive());
            let base = lines.iter().map(|line| now.lines[*line].amount).sum();
            let pay = self.pay(rates, now, base, true, Ratio::whole(1))?;
            if let Some(pay) = pay.filter(|_| applies && !lines.is_empty()) {
                offers.push(Offer { number, rule, pay, lines, room: None, voucher: None });
            }
        }
        // "A percentage voucher is a basket discount", of the goods.
        for (voucher, mut lines) in self.share_vouchers(now)? {
            lines.retain(|line| !now.lines[*line].shipping);
            let pay = Pay::Rate(Rate::Share(self.vouchers[voucher].value));
            let number = self.vouchers[voucher].rule;
            if !lines.is_empty() {
                offers.push(Offer { number, rule: no_terms(), pay, lines, room: None, voucher: Some(voucher) });
            }
        }
        Ok(offers)
    }

    /// A purchase is looked at again: "what lost does not win now"; "a fixed sum, and a percentage that a cap cut, keep their parts on
    /// the items and units that stay, as long as their clauses still hold (cumulative, rounded)".
    fn discount_again(&mut self, now: &mut Bought, offers: Vec<Offer>) -> Read<()> {
        let of_left = self.program.combine == Combine::Compounding;
        let (first, second): (Vec<Offer>, Vec<Offer>) = offers.into_iter().partition(|offer| match self.program.combine {
            Combine::Best => true,
            Combine::Adding => !offer.is_sum(),
            Combine::Compounding => !offer.rule.scopes.is_empty(),
        });
        let was = self.bought_then(now);
        for mut offer in first.into_iter().chain(second) {
            let Some(gave) = self.gave(offer.number, Kind::Discount).filter(|gave| gave.granted.positive()) else { continue };
            if offer.voucher.is_some() {
                return Err(Outside("a voucher on what comes back"));
            }
            let had = |line: &usize| gave.parts.iter().any(|(part, _)| part == line);
            if !offer.lines.iter().all(had) {
                return Err(Outside("a discount that had lost an item"));
            }
            offer.lines.retain(had);
            if offer.is_sum() || gave.cut {
                let mut kept = Ratio::ZERO;
                for (line, part) in gave.parts.iter().filter(|(line, _)| offer.lines.contains(line)) {
                    kept += *part * now.lines[*line].amount / was[*line];
                }
                let left: Ratio = offer.lines.iter().map(|line| now.lines[*line].left).sum();
                let granted = kept.rounded(self.program.round, Ratio::whole(1)).min(gave.granted).min(left);
                let award = Award { granted, counts: granted.min(gave.counts), base: Ratio::ZERO };
                let lines = offer.lines.clone();
                self.post_discount(now, &offer, &lines, award, of_left)?;
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

    /// What stands against other discounts: with its room.
    fn compete(&self, offers: &mut [Offer], now: &Bought) -> Read<()> {
        for offer in offers {
            offer.room = self.room_to_compete(offer.number, offer.rule, now.at)?;
            if !self.may_fire(offer.number, offer.rule, now.at)? {
                offer.room = Some(Ratio::ZERO);
            }
        }
        Ok(())
    }

    /// Of a sum: what it takes off by itself. Of a rate: what it takes off some lines together, rounded once.
    fn alone(&self, offer: &Offer, lines: &[usize], now: &Bought) -> Read<Ratio> {
        let mut sum = Ratio::ZERO;
        if let Pay::Rate(Rate::Fixed(fixed)) = offer.pay {
            sum = fixed.min(offer.lines.iter().map(|line| now.lines[*line].amount).sum());
        } else {
            for line in lines {
                sum += offer.on(&now.lines[*line], now.lines[*line].amount)?;
            }
        }
        let sum = sum.rounded(self.program.round, Ratio::whole(1));
        Ok(offer.room.map_or(sum, |room| sum.min(room)))
    }

    /// "A group chooses first …: per item among its rates, then per purchase between their total and each of its other effects."
    fn choose_discounts(&self, offers: &mut Vec<Offer>, now: &Bought) -> Read<()> {
        for (name, policy) in self.program.groups.iter().filter(|(_, policy)| *policy != GroupPolicy::All) {
            let inside = |offer: &Offer| offer.rule.group_name.as_ref() == Some(name);
            if offers.iter().filter(|offer| inside(offer)).count() < 2 {
                continue;
            }
            let mut members: Vec<Offer> = Vec::new();
            let mut others: Vec<Offer> = Vec::new();
            for offer in offers.drain(..) {
                if inside(&offer) { members.push(offer) } else { others.push(offer) }
            }
            let rates: Vec<usize> = (0..members.len()).filter(|place| !members[*place].is_sum()).collect();
            let won = self.win_lines(&members, now, *policy)?;
            for place in rates {
                members[place].lines = won[place].1.clone();
            }
            // The total stands where the first of its rates stands.
            let mut values: Vec<(usize, Ratio)> = Vec::new();
            let mut total: Option<usize> = None;
            for (place, offer) in members.iter().enumerate() {
                let value = self.alone(offer, &offer.lines, now)?;
                match total {
                    _ if !value.positive() => {}
                    Some(first) if !offer.is_sum() => values.iter_mut().filter(|(at, _)| *at == first).for_each(|(_, sum)| *sum += value),
                    _ => {
                        values.push((place, value));
                        total = total.or((!offer.is_sum()).then_some(place));
                    }
                }
            }
            let best = values.iter().copied().reduce(|best, next| match policy {
                GroupPolicy::BestForCustomer if next.1 > best.1 => next,
                GroupPolicy::BestForStore if next.1 < best.1 => next,
                _ => best,
            });
            if let Some((chosen, _)) = best {
                let sums = members[chosen].is_sum();
                let mut place = 0;
                members.retain(|offer| {
                    place += 1;
                    if sums { place - 1 == chosen } else { !offer.is_sum() }
                });
            }
            members.retain(|offer| !offer.lines.is_empty());
            others.extend(members);
            let order = self.program.order();
            others.sort_by_key(|offer| order.iter().position(|number| *number == offer.number));
            *offers = others;
        }
        Ok(())
    }

    /// By offer: what its rate takes off the lines that it wins, and these. "Room is used in line order to choose."
    fn win_lines(&self, offers: &[Offer], now: &Bought, policy: GroupPolicy) -> Read<Vec<(Ratio, Vec<usize>)>> {
        let mut won: Vec<(Ratio, Vec<usize>)> = vec![(Ratio::ZERO, Vec::new()); offers.len()];
        for line in 0..now.lines.len() {
            let mut best: Option<(Ratio, usize)> = None;
            for (place, offer) in offers.iter().enumerate().filter(|(_, offer)| offer.lines.contains(&line) && !offer.is_sum()) {
                let worth = offer.on(&now.lines[line], now.lines[line].amount)?;
                let worth = offer.room.map_or(worth, |room| worth.min(room - won[place].0));
                if best.is_some_and(|(most, other)| worth == most && worth.positive() && offers[other].by_table() != offer.by_table()) {
                    return Err(Outside("a tie with a table"));
                }
                let capped = |place: usize| offers[place].room.is_some();
                if best.is_some_and(|(most, other)| close(most, worth) && (capped(place) || capped(other))) {
                    return Err(Outside("a choice by parts of a cent"));
                }
                let better = best.is_none_or(|(most, _)| match policy {
                    GroupPolicy::BestForStore => worth < most,
                    GroupPolicy::First => false,
                    _ => worth > most,
                });
                if worth.positive() && better {
                    best = Some((worth, place));
                }
            }
            if let Some((worth, place)) = best {
                won[place].0 += worth;
                won[place].1.push(line);
            }
        }
        Ok(won)
    }

    pub fn discount(&mut self, now: &mut Bought) -> Read<()> {
        let mut offers = self.offers(now)?;
        if self.again.is_some() {
            return self.discount_again(now, offers);
        }
        if offers.len() > 1 && (self.program.combine == Combine::Best || offers.iter().any(|offer| offer.rule.group.is_some())) {
            self.compete(&mut offers, now)?;
            self.choose_discounts(&mut offers, now)?;
        }
        self.keep_exclusive(&mut offers, now)?;
        let item = |offer: &&Offer| !offer.rule.scopes.is_empty();
        let share = |offer: &&Offer| !offer.is_sum();
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

    /// "Where it applies no other discount does, whatever it is worth; of several the one of highest priority, then earlier in the
    /// file": the order in which they stand.
    fn keep_exclusive(&self, offers: &mut Vec<Offer>, now: &Bought) -> Read<()> {
        if !offers.iter().any(|offer| offer.rule.exclusive) {
            return Ok(());
        }
        if offers.iter().any(|offer| matches!(offer.pay, Pay::Slices(_))) {
            return Err(Outside("slices beside an exclusive discount"));
        }
        let mut gives = Vec::new();
        for offer in offers.iter() {
            let room = self.room_to_compete(offer.number, offer.rule, now.at)?;
            let fires = self.may_fire(offer.number, offer.rule, now.at)?;
            gives.push(fires && room.is_none_or(Ratio::positive) && self.alone(offer, &offer.lines, now)?.positive());
        }
        for line in 0..now.lines.len() {
            let keeper =
                (0..offers.len()).find(|place| offers[*place].rule.exclusive && gives[*place] && offers[*place].lines.contains(&line));
            for (place, offer) in offers.iter_mut().enumerate() {
                if keeper.is_some_and(|keeper| keeper != place) {
                    offer.lines.retain(|other| *other != line);
                }
            }
        }
        offers.retain(|offer| !offer.lines.is_empty());
        Ok(())
    }

    /// Takes one discount off its lines: of their price, or of what is left of it.
    fn take_off(&mut self, now: &mut Bought, offer: &Offer, of_left: bool) -> Read<()> {
        let costs: Vec<Ratio> =
            offer.lines.iter().map(|line| if of_left { now.lines[*line].left } else { now.lines[*line].amount }).collect();
        let left: Ratio = offer.lines.iter().map(|line| now.lines[*line].left).sum();
        let mut pay = offer.pay.clone();
        match &mut pay {
            Pay::Rate(Rate::Fixed(sum)) => *sum = (*sum).min(left),
            Pay::Rate(Rate::PerItem(_)) => {
                let mut sum = Ratio::ZERO;
                for (line, cost) in offer.lines.iter().zip(&costs) {
                    sum += offer.on(&now.lines[*line], *cost)?;
                }
                pay = Pay::Rate(Rate::Fixed(sum));
            }
            _ => {}
        }
        let round = (self.program.round, Ratio::whole(1));
        let base = costs.iter().copied().sum();
        let award = self.award(offer.number, offer.rule, now.at, &pay, base, Ratio::ZERO, Ratio::whole(1), round)?;
        let granted = award.granted.min(left);
        self.post_discount(now, offer, &offer.lines, Award { granted, counts: award.counts.min(left), ..award }, of_left)
    }

    fn post_discount(&mut self, now: &mut Bought, offer: &Offer, lines: &[usize], award: Award, of_left: bool) -> Read<()> {
        if !award.granted.positive() {
            return Ok(());
        }
        // "The one denied at the closing leaves its place empty."
        let drawn = [(0, Kind::Discount, What::Money, award.granted)];
        if offer.voucher.is_none() && !self.charge_for(offer.number, now.at, &drawn)? {
            return Ok(());
        }
        let mut wanted = Some(Ratio::ZERO);
        for line in lines.iter().map(|line| &now.lines[*line]) {
            let rate = matches!(offer.pay, Pay::Rate(Rate::Share(_) | Rate::PerItem(_)));
            let on = if rate { Some(offer.on(line, if of_left { line.left } else { line.amount })?) } else { None };
            wanted = wanted.zip(on).map(|(sum, on)| sum + on);
        }
        let wanted = wanted.map(|wanted| wanted.rounded(self.program.round, Ratio::whole(1)));
        let mut parts = Vec::new();
        for (line, share) in lines.iter().zip(self.parts(now, offer, lines, award.granted, of_left)?) {
            if share > now.lines[*line].left {
                return Err(Outside("rates that take more than a line costs"));
            }
            now.lines[*line].left -= share;
            parts.push((*line, share));
        }
        parts.retain(|(_, share)| share.positive());
        let limited = offer.rule.limits.iter().any(|limit| !matches!(limit.what, LimitWhat::Times(_)));
        let cut = limited && wanted.is_none_or(|wanted| award.granted < wanted);
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

    /// "In proportion to what each still costs at that point"; rates that add up are all of the price, and a sum off each unit is
    /// of that unit.
    fn parts(&self, now: &Bought, offer: &Offer, lines: &[usize], sum: Ratio, of_left: bool) -> Read<Vec<Ratio>> {
        let of_price = !of_left && !offer.is_sum();
        let mut weights = Vec::new();
        for line in lines.iter().map(|line| &now.lines[*line]) {
            let cost = if of_price { line.amount } else { line.left };
            weights.push(if matches!(offer.pay, Pay::Rate(Rate::PerItem(_))) { offer.on(line, cost)? } else { cost });
        }
        Ok(shares(sum, &weights))
    }

    /// "Every item takes the percentage worth most on it after caps …; then each fixed sum, from the smallest by what it takes off
    /// by itself (ties: lower priority, later in the file first), is compared with what it would displace: the percentages on its
    /// items and, whole, every sum that shares an item with it; if it takes off more (on a tie: has the higher priority, else
    /// stands earlier in the file), it replaces them, percentages on those items only, sums everywhere; what is displaced does not
    /// come back."
    fn best(&mut self, now: &mut Bought, offers: &[Offer]) -> Read<()> {
        // By offer: its lines, and the part of each.
        let mut stands: Vec<Vec<(usize, Ratio)>> = Vec::new();
        let mut cut: Vec<bool> = Vec::new();
        for (offer, (exact, lines)) in offers.iter().zip(self.win_lines(offers, now, GroupPolicy::BestForCustomer)?) {
            let total = if offer.is_sum() { Ratio::ZERO } else { self.alone(offer, &lines, now)? };
            cut.push(offer.room.is_some_and(|room| exact > Ratio::ZERO && room <= total));
            stands.push(lines.iter().copied().zip(self.parts(now, offer, &lines, total, false)?).collect());
        }
        let mut sums: Vec<(Ratio, usize)> = Vec::new();
        for (place, offer) in offers.iter().enumerate().filter(|(_, offer)| offer.is_sum()) {
            sums.push((self.alone(offer, &offer.lines, now)?, place));
        }
        sums.sort_by_key(|(sum, place)| (*sum, std::cmp::Reverse(*place)));
        if self.program.slip == Slip::SumsOnTop
            && let Some((_, place)) = sums.pop()
        {
            self.take_off(now, &offers[place], false)?;
        }
        for (sum, place) in sums {
            let own = &offers[place].lines;
            let meets = |other: usize| stands[other].iter().any(|(line, _)| own.contains(line));
            let met: Vec<usize> = (0..offers.len()).filter(|other| meets(*other)).collect();
            let part = |(line, part): &(usize, Ratio), whole: bool| if whole || own.contains(line) { *part } else { Ratio::ZERO };
            let displaced = met.iter().flat_map(|other| stands[*other].iter().map(|one| part(one, offers[*other].is_sum()))).sum();
            if sum < displaced || sum == displaced && met.first().is_some_and(|first| *first < place) || !sum.positive() {
                continue;
            }
            for other in met {
                let kept: Vec<(usize, Ratio)> = stands[other].iter().copied().filter(|(line, _)| !own.contains(line)).collect();
                stands[other] = if offers[other].is_sum() { Vec::new() } else { kept };
                if !offers[other].is_sum() && !cut[other] {
                    // Rounded once, on the items that stay.
                    let lines: Vec<usize> = stands[other].iter().map(|(line, _)| *line).collect();
                    let total = self.alone(&offers[other], &lines, now)?;
                    stands[other] = lines.iter().copied().zip(self.parts(now, &offers[other], &lines, total, false)?).collect();
                }
            }
            stands[place] = own.iter().copied().zip(self.parts(now, &offers[place], own, sum, false)?).collect();
        }
        for (offer, stands) in offers.iter().zip(stands) {
            let lines: Vec<usize> = stands.iter().map(|(line, _)| *line).collect();
            let granted: Ratio = stands.iter().map(|(_, part)| *part).sum();
            self.post_discount(now, offer, &lines, Award { granted, counts: granted, base: Ratio::ZERO }, false)?;
        }
        Ok(())
    }
}
