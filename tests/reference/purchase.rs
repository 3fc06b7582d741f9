//! The stages of a purchase.

use super::account::{Account, Entry, Firing, Kind, What};
use super::calendar::{Moment, first_day, later};
use super::limits::{Award, Pay};
use super::number::{Mode, Ratio, shares};
use super::reading::{Rate, Redeem, Rule, WrittenRate, key};
use super::{Outside, Read, Receipt, Slip};
use chrono::NaiveDate;
use loyalty_dsl::syntax::ast::*;
use std::collections::BTreeMap;

/// A line of a purchase, or its shipping; money in cents.
#[derive(Clone, Debug)]
pub struct Line {
    pub amount: Ratio,
    /// What it costs after discounts so far.
    pub left: Ratio,
    /// What of that points paid.
    pub paid: Ratio,
    pub units: Ratio,
    pub product: String,
    pub category: String,
    pub brand: String,
    pub shipping: bool,
}

/// A purchase as it was decided.
#[derive(Clone, Debug)]
pub struct Bought<'a> {
    pub id: String,
    pub receipt: &'a Receipt,
    pub at: Moment,
    /// Made by a member, for more than nothing.
    pub counts: bool,
    pub returned: bool,
    pub lines: Vec<Line>,
}

/// What a wallet paid.
#[derive(Clone, Debug)]
pub struct Payment {
    pub redeem: usize,
    pub at: Moment,
    pub units: Ratio,
    pub money: Ratio,
    pub purchase: usize,
    /// From which lots.
    pub drawn: Vec<(usize, Ratio)>,
}

/// A discount that may apply.
struct Offer<'p> {
    number: usize,
    rule: &'p Rule<'p>,
    pay: Pay,
    lines: Vec<usize>,
}

impl Offer<'_> {
    fn by_table(&self) -> bool {
        matches!(self.rule.effects.first(), Some(Effect::Discount(Rates::Table(_))))
    }
}

impl Bought<'_> {
    pub fn amount(&self) -> Ratio {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// "After discounts, before points pay for it."
    pub fn net(&self) -> Ratio {
        self.lines.iter().map(|line| line.left).sum()
    }

    /// The lines in all of some scopes; all lines without a scope.
    pub fn within(&self, scopes: &[&Scope]) -> Read<Vec<usize>> {
        let mut found = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let inside: Read<Vec<bool>> = scopes.iter().map(|scope| line.in_scope(scope)).collect();
            if inside?.into_iter().all(|inside| inside) {
                found.push(number);
            }
        }
        Ok(found)
    }
}

/// Different by less than a cent.
fn close(a: Ratio, b: Ratio) -> bool {
    a != b && a - b < Ratio::whole(1) && b - a < Ratio::whole(1)
}

fn lines(receipt: &Receipt, round: Mode) -> Vec<Line> {
    let cents = |n: i64| Ratio::whole(n.into());
    let line = |amount: Ratio, units: i64, product: &str, category: &str, brand: &str| Line {
        amount,
        left: amount,
        paid: Ratio::ZERO,
        units: cents(units),
        product: product.to_owned(),
        category: category.to_owned(),
        brand: brand.to_owned(),
        shipping: false,
    };
    let mut lines: Vec<Line> = receipt
        .items
        .iter()
        .map(|item| {
            let amount = cents(item.quantity * item.price).rounded(round, Ratio::whole(1));
            line(amount, item.quantity, &item.product, &item.category, &item.brand)
        })
        .collect();
    // "A purchase without item lines is one item with the purchase's own category."
    if lines.is_empty() {
        lines.push(line(cents(receipt.amount), 1, "", receipt.category.as_deref().unwrap_or(""), ""));
    }
    if receipt.shipping > 0 {
        let shipping = line(cents(receipt.shipping), 0, "", "", "");
        lines.push(Line { shipping: true, ..shipping });
    }
    lines
}

impl<'a> Account<'a> {
    pub fn purchase(&mut self, at: Moment, id: &str, receipt: &'a Receipt) -> Read<()> {
        if self.joins_by_buying() {
            self.join(at, None)?;
        }
        let lines = lines(receipt, self.program.round);
        let mut now = Bought { id: id.to_owned(), receipt, at, counts: false, returned: false, lines };
        now.counts = self.joined.is_some() && now.amount().positive();
        if !now.counts {
            self.bought.push(now);
            return Ok(());
        }
        self.discount(&mut now)?;
        self.redeem(&mut now)?;
        self.earn(&now)?;
        self.complete(now)
    }

    /// Whether a modifier applies to a purchase: its trigger and all clauses but scope and limits.
    fn applies(&self, number: usize, now: &Bought) -> Read<bool> {
        let rule = &self.program.rules[number];
        let triggered = if rule.entitles()? {
            self.entitled(number, now)?
        } else {
            match rule.trigger {
                None => true,
                Some(Trigger::Purchase { which, narrow, .. }) => self.hits(number, which, narrow, now)?,
                Some(_) => return Err(Outside("a trigger")),
            }
        };
        Ok(self.passes(rule, now.at, Some(now))? && triggered)
    }

    /// Whether a counting trigger means this purchase. "A trigger fires once for every ordinal, and not again unless that firing
    /// was taken back."
    fn hits(&self, rule: usize, which: &WhichPurchase, narrow: &Narrowing, now: &Bought) -> Read<bool> {
        let number = self.ordinal(narrow, now)?;
        let is = |n: u32| Ratio::whole(n.into());
        let hit = match which {
            WhichPurchase::Each => return self.narrowed(narrow, now),
            WhichPurchase::Nth(n) => number == is(n.node),
            WhichPurchase::Every(n) => Ratio::whole((number / is(n.node)).floor()) == number / is(n.node),
            WhichPurchase::Range(from, to) => is(from.node) <= number && number <= is(to.node),
        };
        // In a rolling window the count has been below: the purchase itself raises it.
        let rolling = matches!(narrow.window.as_ref().map(|window| &window.node), Some(Window::Last(_)));
        let period = self.period(narrow, now);
        let same = |fired: &&Firing| fired.rule == rule && !fired.undone && fired.step == number.floor() && fired.period == period;
        let stands = !rolling && self.fired.iter().any(|fired| same(&fired));
        if stands && hit && self.program.rules[rule].modifies()? {
            return Err(Outside("an ordinal that a modifier had"));
        }
        Ok(self.narrowed(narrow, now)? && hit && !stands)
    }

    /// The first day of the calendar window in which a trigger counts.
    fn period(&self, narrow: &Narrowing, now: &Bought) -> Option<NaiveDate> {
        let joined = self.joined.map_or(now.at, |joined| joined).local.date();
        match narrow.window.as_ref().map(|window| &window.node) {
            Some(Window::In(period)) => Some(first_day(now.at.local.date(), *period, self.program.sunday, joined)),
            _ => None,
        }
    }

    /// Whether a rule that waits for purchases waits for this one. "When it fires again the time begins anew."
    fn entitled(&self, number: usize, now: &Bought) -> Read<bool> {
        let rule = &self.program.rules[number];
        let Some(fired) = self.fired.iter().rev().find(|fired| fired.rule == number && !fired.undone) else { return Ok(false) };
        // "Every span of D ends with the day D after its first day."
        let lasts = rule.lasting.is_none_or(|span| now.at.local.date() <= later(fired.at.local.date(), span));
        let renewed = self.fired.iter().any(|one| one.rule == number && one.undone && one.at > fired.at);
        let gave_back = |entry: &Entry| {
            entry.rule == Some(number) && entry.purchase.is_some_and(|purchase| purchase >= fired.after && self.bought[purchase].returned)
        };
        if rule.on_next.is_some() && renewed && self.entries.iter().any(gave_back) {
            return Err(Outside("a use given back, and the renewal after it taken back"));
        }
        let mut used = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.rule == Some(number)) {
            if let Some(purchase) = entry.purchase.filter(|purchase| *purchase >= fired.after && !self.bought[*purchase].returned) {
                *used.entry(purchase).or_insert(Ratio::ZERO) += entry.granted;
            }
        }
        let used: i128 = used.values().filter(|sum| sum.positive()).count().try_into().expect("few");
        let more = i128::from(self.program.slip == Slip::NextOneMore);
        Ok(lasts && rule.on_next.is_none_or(|next| Ratio::whole(used - more) < next))
    }

    // Stages 1 and 2.

    fn offers(&self, now: &Bought) -> Read<Vec<Offer<'a>>> {
        let program = self.program;
        let mut offers = Vec::new();
        for number in program.order() {
            let rule = &program.rules[number];
            let Some(Effect::Discount(rates)) = rule.effects.first() else { continue };
            let (applies, lines) = (self.applies(number, now)?, now.within(&rule.scopes)?);
            let base = lines.iter().map(|line| now.lines[*line].amount).sum();
            let pay = self.pay(rates, now, base, true, Ratio::whole(1))?;
            if let Some(pay) = pay.filter(|_| applies && !lines.is_empty()) {
                offers.push(Offer { number, rule, pay, lines });
            }
        }
        Ok(offers)
    }

    fn discount(&mut self, now: &mut Bought) -> Read<()> {
        let offers = self.offers(now)?;
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
        // "In proportion to what each still costs at that point"; rates that add up are all of the price.
        let together = self.program.combine == Combine::Adding && !matches!(offer.pay, Pay::Rate(Rate::Fixed(_)));
        let weights: Vec<Ratio> = lines.iter().map(|line| if together { now.lines[*line].amount } else { now.lines[*line].left }).collect();
        for (line, share) in lines.iter().zip(shares(award.granted, &weights)) {
            if share > now.lines[*line].left {
                return Err(Outside("rates that take more than a line costs"));
            }
            now.lines[*line].left -= share;
        }
        self.firings += 1;
        let purchase = self.bought.len();
        let entry = self.write(now.at, Kind::Discount, Some(offer.number), What::Money, award.granted);
        (entry.purchase, entry.counts, entry.base) = (Some(purchase), award.counts, award.base);
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

    // Stage 3.

    /// "As soon as possible": as much as the balance, the terms and the purchase allow.
    fn redeem(&mut self, now: &mut Bought) -> Read<()> {
        let program = self.program;
        let mut wallets: Vec<usize> = Vec::new();
        for redeem in &program.redeems {
            if !wallets.contains(&redeem.wallet) {
                wallets.push(redeem.wallet);
            }
        }
        for wallet in wallets {
            let mut terms: Vec<(usize, &Redeem)> =
                program.redeems.iter().enumerate().filter(|(_, redeem)| redeem.wallet == wallet).collect();
            // "Of several that apply, the one worth most per point is used."
            terms.sort_by_key(|(_, redeem)| -(redeem.value / redeem.step));
            for (number, redeem) in terms {
                if !self.passes(&redeem.terms, now.at, Some(now))? {
                    continue;
                }
                let lines = now.within(&redeem.terms.scopes)?;
                let steps = self.steps(number, redeem, now, &lines)?;
                if steps > 0 {
                    self.pay_with(number, redeem, now, &lines, Ratio::whole(steps));
                    break;
                }
            }
        }
        Ok(())
    }

    /// How many whole steps can pay; none below the least that one payment uses.
    fn steps(&self, number: usize, redeem: &Redeem, now: &Bought, lines: &[usize]) -> Read<i128> {
        let units_of_money = |money: Ratio| money / redeem.value * redeem.step;
        let net: Ratio = lines.iter().map(|line| now.lines[*line].left).sum();
        let open: Ratio = lines.iter().map(|line| now.lines[*line].left - now.lines[*line].paid).sum();
        let mut most = self.balance(redeem.wallet, now.at.local.date()).min(units_of_money(open));
        let mut least = Ratio::ZERO;
        for limit in &redeem.terms.limits {
            let mut before: Vec<&Payment> = Vec::new();
            for payment in self.payments.iter().filter(|payment| payment.redeem == number && !self.bought[payment.purchase].returned) {
                if self.same_period(&limit.per, payment.at, now.at)? {
                    before.push(payment);
                }
            }
            match &limit.what {
                LimitWhat::Amount(amount) => {
                    let said = self.program.number(amount)?;
                    match self.program.literal(amount)? {
                        // "Limits of `redeem` are of the net amount of the items it may pay, rounded down."
                        Literal::Percent(_) => most = most.min(units_of_money(Ratio::whole((net * said).floor()))),
                        Literal::Money { .. } => {
                            let paid = if matches!(limit.per, LimitPeriod::Unsaid | LimitPeriod::Purchase) { Vec::new() } else { before };
                            most = most.min(units_of_money(said - paid.iter().map(|payment| payment.money).sum()));
                        }
                        _ => most = most.min(said - before.iter().map(|payment| payment.units).sum()),
                    }
                }
                LimitWhat::AtLeast(amount) => match self.program.literal(amount)? {
                    Literal::Count { .. } => least = self.program.number(amount)?,
                    _ => return Err(Outside("a minimum in money")),
                },
                LimitWhat::Times(times) => {
                    if Ratio::whole(before.len().try_into().expect("few")) >= self.program.number(times)? {
                        most = Ratio::ZERO;
                    }
                }
                LimitWhat::First(_) => return Err(Outside("`on the first` of a payment")),
            }
        }
        // "Points are an integer number of their smallest step": those of a wallet that rounds to 5 go by fives.
        let smallest = self.program.wallets[redeem.wallet].step / redeem.step;
        let smallest = if smallest.positive() && smallest > Ratio::whole(1) { smallest } else { Ratio::whole(1) };
        let steps = (most / redeem.step).max(Ratio::ZERO).rounded(Mode::Down, smallest).floor();
        Ok(if Ratio::whole(steps) * redeem.step < least { 0 } else { steps })
    }

    fn pay_with(&mut self, number: usize, redeem: &Redeem, now: &mut Bought, lines: &[usize], steps: Ratio) {
        let (units, money) = (steps * redeem.step, steps * redeem.value);
        let weights: Vec<Ratio> = lines.iter().map(|line| now.lines[*line].left - now.lines[*line].paid).collect();
        for (line, share) in lines.iter().zip(shares(money, &weights)) {
            now.lines[*line].paid += share;
        }
        let drawn = self.spend(now.at, redeem.wallet, units);
        let purchase = self.bought.len();
        self.entries.last_mut().expect("an entry").purchase = Some(purchase);
        self.payments.push(Payment { redeem: number, at: now.at, units, money, purchase, drawn });
    }

    // Stage 4.

    /// "The base of `earn on amount`" of a line.
    pub fn base(&self, bought: &Bought, line: &Line) -> Read<Ratio> {
        let program = self.program;
        if line.shipping && program.without_shipping {
            return Ok(Ratio::ZERO);
        }
        let cost = if program.before_discounts { line.amount } else { line.left };
        let keeps = program.with_redeemed || program.slip == Slip::RedeemedEarns;
        let paid = if keeps { Ratio::ZERO } else { line.paid };
        let tax = if program.without_tax { Ratio::whole(bought.receipt.tax.into()) } else { Ratio::ZERO };
        if tax.positive() && (paid.positive() || bought.lines.len() > 1) {
            return Err(Outside("tax of a part"));
        }
        // "Tax shrinks in proportion with discounts."
        let tax = if tax.positive() { (tax * cost / line.amount).rounded(program.round, Ratio::whole(1)) } else { tax };
        Ok((cost - paid - tax).max(Ratio::ZERO))
    }

    /// The rate of an effect for this purchase, in units of what it gives; none where a table has no row.
    fn pay(&self, rates: &Rates, now: &Bought, base: Ratio, discount: bool, worth: Ratio) -> Read<Option<Pay>> {
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
                RowWhen::Tier(_) => return Err(Outside("a row")),
            };
            rows.push((self.program.number(from)?, includes, rate(&row.rate)?));
        }
        if !table.each_slice {
            let found = rows.iter().rev().find(|(from, includes, _)| value > *from || *includes && value == *from);
            return Ok(found.map(|(_, _, rate)| Pay::Rate(*rate)));
        }
        // "The purchase is cut where the measure plus the purchase passes a row."
        let (low, high) = if by_amount { (Ratio::ZERO, value) } else { (value, value + base) };
        if base != if discount { now.amount() } else { now.net() } {
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
        let units = lines.iter().map(|line| now.lines[*line].units).sum();
        let Some(pay) = self.pay(rates, now, base, false, worth)? else { return Ok(Some((wallet, Award::NOTHING))) };
        let award = self.award(number, rule, now.at, &pay, base, units, worth, (said.mode, said.step))?;
        Ok(Some((wallet, award)))
    }

    fn earn(&mut self, now: &Bought) -> Read<()> {
        let program = self.program;
        // What each rule rewards.
        let mut lines_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in program.order() {
            let rule = &program.rules[number];
            if matches!(rule.effects.first(), Some(Effect::Earn { .. })) && self.applies(number, now)? {
                lines_of.insert(number, now.within(&rule.scopes)?);
            }
        }
        self.choose_in_groups(now, &mut lines_of)?;
        let mut given: Vec<(usize, usize, Award)> = Vec::new();
        for number in program.order() {
            let Some(lines) = lines_of.get(&number).filter(|lines| !lines.is_empty()) else { continue };
            if let Some((wallet, award)) = self.earned(number, now, lines)? {
                given.push((number, wallet, award));
            }
        }
        // "A multiplier adds (k − 1) times what the earning rules (not grants) of its wallet gave, after their rounding and caps."
        let mut more: Vec<(usize, usize, Ratio)> = Vec::new();
        for number in program.order() {
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
            more.push((number, wallet, self.cut(number, rule, now.at, wanted)?));
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

    // Stage 5.

    fn complete(&mut self, now: Bought<'a>) -> Read<()> {
        let program = self.program;
        // "Conditions see the facts of stage 0."
        let mut passes = Vec::new();
        for rule in &program.rules {
            let purchase = matches!(rule.trigger, None | Some(Trigger::Purchase { .. } | Trigger::Spending { .. }));
            let asked = purchase && !rule.modifies()?;
            passes.push(!asked || self.passes(rule, now.at, Some(&now))? && !now.within(&rule.scopes)?.is_empty());
        }
        let (mut hits, mut firings) = (Vec::new(), Vec::new());
        for (rule, said) in program.rules.iter().enumerate() {
            if let Some(Trigger::Purchase { narrow, .. }) = said.trigger {
                firings.push((rule, self.ordinal(narrow, &now)?.floor(), self.period(narrow, &now)));
            }
            hits.push(match said.trigger {
                None => true,
                Some(Trigger::Purchase { which, narrow, .. }) => self.hits(rule, which, narrow, &now)?,
                _ => false,
            });
        }
        let (number, at) = (self.bought.len(), now.at);
        self.bought.push(now);
        let mut barred: Vec<usize> = Vec::new();
        for (name, policy) in &program.groups {
            let fires = |rule: &usize| {
                let said = &program.rules[*rule];
                said.group_name.as_ref() == Some(name) && hits[*rule] && passes[*rule] && said.modifies() == Ok(false)
            };
            let members: Vec<usize> = program.order().into_iter().filter(fires).collect();
            barred.extend(self.lose_in_group(*policy, &members, at)?);
        }
        for (rule, step, period) in firings.into_iter().filter(|(rule, ..)| hits[*rule]) {
            self.fire(rule, at, Some(number), period, step);
        }
        for rule in program.order() {
            let said = &program.rules[rule];
            let modifies = said.modifies()?;
            match said.trigger {
                None | Some(Trigger::Purchase { .. }) if !modifies && hits[rule] && passes[rule] && !barred.contains(&rule) => {
                    self.grant(rule, at, Some(number))?;
                }
                Some(Trigger::Spending { every, amount, narrow }) => {
                    for _ in 0..self.crossed(rule, *every, program.number(amount)?, narrow, number)? {
                        if !modifies && passes[rule] {
                            self.grant(rule, at, Some(number))?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// "Per purchase between all others, by value after caps": which of some grants are not made.
    fn lose_in_group(&self, policy: GroupPolicy, members: &[usize], at: Moment) -> Read<Vec<usize>> {
        let mut chosen: Option<(Ratio, usize)> = None;
        for number in members.iter().copied().filter(|_| members.len() > 1 && policy != GroupPolicy::All) {
            let rule = &self.program.rules[number];
            let [Effect::Grant { amount, wallet }] = rule.effects[..] else { return Err(Outside("such a grant in a group")) };
            let wallet = self.program.wallet_of(amount, wallet.as_ref())?;
            let worth = if self.counts_money(wallet) { None } else { self.program.wallets[wallet].worth }.unwrap_or(Ratio::whole(1));
            let granted =
                if self.may_fire(number, rule, at)? { self.cut(number, rule, at, self.program.number(amount)?)? } else { Ratio::ZERO };
            let value = granted * worth;
            let better = chosen.is_none_or(|(best, _)| match policy {
                GroupPolicy::BestForCustomer => value > best,
                GroupPolicy::BestForStore => value < best,
                _ => false,
            });
            if value.positive() && better {
                chosen = Some((value, number));
            }
        }
        Ok(members.iter().copied().filter(|number| chosen.is_some_and(|(_, winner)| *number != winner)).collect())
    }

    /// How many thresholds or steps of spending a purchase reached, each written down as a firing.
    fn crossed(&mut self, rule: usize, every: bool, amount: Ratio, narrow: &Narrowing, number: usize) -> Read<usize> {
        let at = self.bought[number].at;
        let measure = Measure { span: loyalty_dsl::span::Span::default(), kind: MeasureKind::Spend, narrow: narrow.clone() };
        let after = self.measure(&measure, at)?;
        let returned = std::mem::replace(&mut self.bought[number].returned, true);
        let before = self.measure(&measure, at);
        self.bought[number].returned = returned;
        let (before, window) = (before?, narrow.window.as_ref().map(|window| &window.node));
        let period = self.period(narrow, &self.bought[number]);
        if every && matches!(window, Some(Window::Last(_))) {
            return Err(Outside("steps in a rolling window"));
        }
        let rolling = matches!(window, Some(Window::Last(_)));
        let steps = if every { (after / amount).floor() } else { i128::from(after >= amount) };
        let mut fired = 0;
        for step in 1..=steps {
            let stands = self.fired.iter().any(|one| one.rule == rule && !one.undone && one.period == period && one.step == step);
            // "In a rolling window, also once the measure has been below."
            let again = !stands || rolling && before < amount;
            if rolling && stands && !again && self.fired.iter().any(|one| one.rule == rule && one.undone) {
                return Err(Outside("a rolling threshold of which an earlier firing was taken back"));
            }
            if again && after > before {
                self.fire(rule, at, Some(number), period, step);
                fired += 1;
            }
        }
        Ok(fired)
    }
}
