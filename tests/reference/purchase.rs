//! The stages of a purchase.

use super::account::{Account, Entry, Firing, News, is_day};
use super::calendar::{Moment, first_day, later};
use super::number::{Mode, Ratio, shares};
use super::reading::{Redeem, Role};
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
    /// Some of it came back by amount.
    pub by_amount: bool,
}

impl Line {
    /// Nothing is left of it.
    pub fn gone(&self) -> bool {
        !self.amount.positive() || !self.shipping && !self.units.positive()
    }
}

/// A purchase as it was decided.
#[derive(Clone, Debug)]
pub struct Bought<'a> {
    pub id: String,
    pub who: usize,
    pub receipt: &'a Receipt,
    pub at: Moment,
    /// Made by a member, for more than nothing.
    pub counts: bool,
    pub returned: bool,
    /// Something of it came back.
    pub back: bool,
    pub lines: Vec<Line>,
    /// Its lines before any discount, less what came back so far.
    pub rest: Vec<Line>,
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

impl Bought<'_> {
    pub fn amount(&self) -> Ratio {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// The amount of the receipt.
    pub fn recorded(&self) -> Ratio {
        let lines: i64 = self.receipt.items.iter().map(|item| item.quantity * item.price).sum();
        Ratio::whole((lines + self.receipt.amount + self.receipt.shipping).into())
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
            if inside?.into_iter().all(|inside| inside) && !line.gone() {
                found.push(number);
            }
        }
        Ok(found)
    }
}

/// Different by less than a cent.
pub fn close(a: Ratio, b: Ratio) -> bool {
    a != b && a - b < Ratio::whole(1) && b - a < Ratio::whole(1)
}

pub fn lines(receipt: &Receipt, round: Mode) -> Vec<Line> {
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
        by_amount: false,
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
    pub fn purchase(&mut self, at: Moment, happened: &'a super::Happened, receipt: &'a Receipt) -> Read<()> {
        let id = &happened.id;
        if self.joins_by_buying() {
            self.join(at)?;
        }
        let lines = lines(receipt, self.program.round);
        let mut now = Bought {
            id: id.clone(),
            who: happened.who,
            receipt,
            at,
            counts: false,
            returned: false,
            back: false,
            rest: lines.clone(),
            lines,
        };
        now.counts = self.joined.is_some() && now.amount().positive();
        if !now.counts {
            self.bought.push(now);
            return Ok(());
        }
        let first = self.bought.iter().all(|bought| !bought.counts || bought.who != happened.who || bought.returned);
        if let Some(referrer) = self.story.members[happened.who].referred_by.clone().filter(|_| first) {
            if self.bought.iter().any(|bought| bought.counts && bought.who == happened.who) {
                return Err(Outside("a first purchase after one that came back"));
            }
            self.news.push(News::First { referrer, purchase: self.bought.len() });
        }
        let parts =
            |one: &super::Happened| matches!(&one.what, super::Happening::Return(of, part) if of == id && *part != super::Part::Rest);
        if self.story.happened.iter().any(parts) {
            let snapshot = Account { snapshots: BTreeMap::new(), ..self.clone() };
            let pots = self.pots.borrow().clone();
            self.snapshots.insert(self.bought.len(), std::rc::Rc::new((snapshot, pots)));
        }
        self.decide(now)
    }

    /// Stages 1 to 5.
    pub fn decide(&mut self, mut now: Bought<'a>) -> Read<()> {
        self.discount(&mut now)?;
        self.pay_vouchers(&mut now)?;
        self.redeem(&mut now)?;
        self.earn(&now)?;
        self.complete(now)
    }

    /// Whether a modifier applies to a purchase: its trigger and all clauses but scope and limits.
    pub fn applies(&self, number: usize, now: &Bought) -> Read<bool> {
        let rule = &self.program.rules[number];
        let triggered = if rule.entitles()? {
            self.entitled(number, now)?
        } else {
            match rule.trigger {
                None => true,
                Some(Trigger::Purchase { which, narrow, .. }) => self.hits(number, which, narrow, now)?,
                Some(Trigger::Birthday) if self.story.members.len() > 1 => return Err(Outside("a household's birthday")),
                Some(trigger) if is_day(trigger) => self.is_its_day(trigger, now.at.local.date()) > 0,
                Some(_) => return Err(Outside("a trigger")),
            }
        };
        Ok(self.passes(rule, now.at, Some(now))? && triggered && self.is_open(number, now.at))
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
        self.is_entitled(number, now.at)
    }

    pub fn is_entitled(&self, number: usize, at: Moment) -> Read<bool> {
        let rule = &self.program.rules[number];
        let Some(fired) = self.fired.iter().rev().find(|fired| fired.rule == number && !fired.undone) else { return Ok(false) };
        // "Every span of D ends with the day D after its first day."
        let lasts = rule.lasting.is_none_or(|span| at.local.date() <= later(fired.at.local.date(), span));
        let renewed = self.fired.iter().any(|one| one.rule == number && one.undone && one.at > fired.at);
        let gave_back = |entry: &Entry| {
            entry.rule == Some(number) && entry.purchase.is_some_and(|purchase| purchase >= fired.after && self.bought[purchase].returned)
        };
        if rule.on_next.is_some() && renewed && self.entries.iter().any(gave_back) {
            return Err(Outside("a use given back, and the renewal after it taken back"));
        }
        // What was paid for is had, once for each time: a use that came back waits beside the next one.
        let paid = rule.role != Role::Rule && rule.lasting.is_none();
        let times = if paid { self.fired.iter().filter(|one| one.rule == number && !one.undone).count() } else { 1 };
        let since = if paid { 0 } else { fired.after };
        let mut used = BTreeMap::new();
        // "A whole return of the purchase that used it gives the use back": a part does not.
        for entry in self.entries.iter().filter(|entry| entry.rule == Some(number) && entry.of.is_none()) {
            if let Some(purchase) = entry.purchase.filter(|purchase| *purchase >= since && !self.bought[*purchase].returned) {
                *used.entry(purchase).or_insert(Ratio::ZERO) += entry.granted;
            }
        }
        let used: i128 = used.values().filter(|sum| sum.positive()).count().try_into().expect("few");
        let more = i128::from(self.program.slip == Slip::NextOneMore);
        let times = Ratio::whole(times.try_into().expect("few"));
        Ok(lasts && rule.on_next.is_none_or(|next| Ratio::whole(used - more) < next * times))
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

    // Stage 5.

    fn complete(&mut self, now: Bought<'a>) -> Read<()> {
        let program = self.program;
        // "Conditions see the facts of stage 0."
        let mut passes = Vec::new();
        for rule in &program.rules {
            let purchase =
                matches!(rule.trigger, None | Some(Trigger::Purchase { .. } | Trigger::Spending { .. } | Trigger::Streak { .. }));
            let asked = purchase && rule.role == Role::Rule && !rule.modifies()?;
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
                Some(Trigger::Streak { count, period, narrow }) => {
                    self.is_streak(rule, program.number(count)?.floor(), *period, narrow, &now)?
                }
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
                Some(Trigger::Streak { .. }) if hits[rule] => {
                    if modifies {
                        self.fire(rule, at, Some(number), None, 0);
                    } else if passes[rule] {
                        self.grant(rule, at, Some(number))?;
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
            let [Effect::Grant { amount, wallet, valid: None }] = rule.effects[..] else { return Err(Outside("such a grant in a group")) };
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
