//! What is left of an account's purchases while its returns are matched with them.

use super::keys::{ix, small};
use super::model::{NO_TEXT, Part, ReturnPart, Returned, TextCode};
use super::reason;
use crate::value::{Decimal, Rounding, div_round};
use std::collections::BTreeMap;

/// Digits of the part of a unit that a return by amount takes.
const SHARE_DIGITS: u8 = 12;

/// What a return asks for.
pub(super) struct Wanted {
    pub product: Option<TextCode>,
    pub quantity: Option<Decimal>,
    pub amount: Option<i64>,
    /// Of one unit, as recorded.
    pub price: Option<Decimal>,
    /// How quantity times price becomes an amount.
    pub decimals: u8,
    pub rounding: Rounding,
}

impl Wanted {
    /// What units cost at the recorded price.
    fn worth(&self, units: Decimal) -> Option<i64> {
        self.price?.times(units).ok()?.rounded_to_scale(self.decimals, self.rounding).ok()
    }
}

/// What of a return is still to be found.
struct Asked {
    units: Option<Decimal>,
    amount: i64,
}

/// What was found of a return.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub parts: Vec<ReturnPart>,
    /// Money for which nothing was left.
    pub missing: i64,
    /// Units for which nothing was left.
    pub incomplete: bool,
    /// Whether the units cost other money than the return records.
    pub other: bool,
}

impl Taken {
    fn whole(part: ReturnPart) -> Self {
        Self { parts: vec![part], ..Self::default() }
    }

    /// Parts of one purchase together, in the order in which purchases were found.
    fn merged(mut self) -> Self {
        let mut parts: Vec<ReturnPart> = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            let known = parts.iter_mut().find(|known| known.purchase == part.purchase);
            match (known.map(|known| &mut known.what), part.what) {
                (Some(Returned::Items(known)), Returned::Items(units)) => known.extend(units),
                (_, what) => parts.push(ReturnPart { purchase: part.purchase, what }),
            }
        }
        self.parts = parts;
        self
    }
}

/// What is left of the purchases of one account.
pub(super) struct Left<'a> {
    part: &'a Part,
    /// The account's first purchase and the one after its last.
    from: u32,
    to: u32,
    touched: BTreeMap<u32, Rest>,
    /// Purchases by customer, and by customer and product. Made when first asked for.
    holders: Option<BTreeMap<(u32, Option<TextCode>), Vec<u32>>>,
    /// The same for each way of searching, without those found empty.
    open: BTreeMap<(u32, Option<TextCode>, Way), Open>,
}

/// What is asked for of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Units that list this price.
    Listed(Decimal),
    Units,
    Money,
}

/// What a look at a purchase came to.
enum Step {
    /// Nothing is left of it.
    Empty,
    Taken,
    /// Nothing more is wanted.
    Done,
}

/// Purchases in their order, of which some have nothing left for one way of searching: those are never looked at again.
#[derive(Default)]
struct Open {
    list: Vec<u32>,
    /// Where to look on: at itself for what may be open, at an earlier place for what is not; one more than the place.
    back: Vec<usize>,
}

impl Open {
    fn new(list: Vec<u32>) -> Self {
        let back = (0..=list.len()).collect();
        Self { list, back }
    }

    /// The latest before a purchase that may be open.
    fn latest(&mut self, before: u32) -> Option<u32> {
        let mut at = self.list.partition_point(|purchase| *purchase < before);
        let mut root = at;
        while let Some(next) = self.back.get(root).filter(|next| **next != root) {
            root = *next;
        }
        // The way is shortened for the next time.
        while let Some(next) = self.back.get_mut(at).filter(|next| **next != root) {
            at = std::mem::replace(next, root);
        }
        self.list.get(root.checked_sub(1)?).copied()
    }

    /// Nothing is left of a purchase.
    fn close(&mut self, purchase: u32) {
        if let Ok(at) = self.list.binary_search(&purchase)
            && let Some(back) = self.back.get_mut(at + 1)
        {
            *back = at;
        }
    }
}

#[derive(Clone)]
struct Rest {
    amount: i64,
    /// Units left by line.
    units: Vec<Decimal>,
    closed: bool,
}

impl<'a> Left<'a> {
    pub fn new(part: &'a Part, account: usize) -> Self {
        let purchases = part.accounts.get(account).map_or(0..0, |account| account.purchases.clone());
        Self { part, from: purchases.start, to: purchases.end, touched: BTreeMap::new(), holders: None, open: BTreeMap::new() }
    }

    /// The money returned, by purchase of the part.
    pub fn returned(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        self.touched.iter().map(|(purchase, rest)| {
            let at = self.from.saturating_add(*purchase);
            (at, self.amount(*purchase).saturating_sub(rest.amount))
        })
    }

    fn amount(&self, purchase: u32) -> i64 {
        self.part.purchases.amount.get(ix(self.from.saturating_add(purchase))).copied().unwrap_or(0)
    }

    fn lines(&self, purchase: u32) -> std::ops::Range<usize> {
        let at = ix(self.from.saturating_add(purchase));
        let bound = |at: usize| self.part.purchases.items_from.get(at).copied().map_or(0, ix);
        bound(at)..bound(at.saturating_add(1))
    }

    fn rest(&mut self, purchase: u32) -> Rest {
        if let Some(rest) = self.touched.get(&purchase) {
            return rest.clone();
        }
        let units = self.part.items.quantity.get(self.lines(purchase)).unwrap_or_default().to_vec();
        Rest { amount: self.amount(purchase), units, closed: false }
    }

    fn line_product(&self, line: usize) -> TextCode {
        self.part.items.product.get(line).copied().unwrap_or(NO_TEXT)
    }

    fn own_product(&self, purchase: u32) -> TextCode {
        self.part.purchases.product.get(ix(self.from.saturating_add(purchase))).copied().unwrap_or(NO_TEXT)
    }

    /// A return that names its purchase: what it asks for must be left.
    pub fn take(&mut self, purchase: u32, wanted: &Wanted) -> Result<Taken, &'static str> {
        let rest = self.rest(purchase);
        if rest.closed {
            return Err(reason::TOO_MUCH);
        }
        if wanted.product.is_some() && !self.holds(purchase, wanted.product) {
            return Err(reason::NOT_BOUGHT);
        }
        let said = wanted.product.is_some() || wanted.quantity.is_some();
        match wanted.amount {
            Some(amount) if amount <= 0 => Err(reason::NOTHING_RETURNED),
            Some(amount) if said => {
                let mut left = Asked { units: wanted.quantity, amount };
                let mut taken = Taken::default();
                for listed in [true, false] {
                    self.take_money(purchase, wanted, listed, &mut left, &mut taken);
                }
                taken.missing = left.amount;
                if taken.parts.is_empty() { Err(reason::TOO_MUCH) } else { Ok(taken.merged()) }
            }
            Some(amount) if amount > rest.amount => Err(reason::TOO_MUCH),
            Some(amount) => Ok(Taken::whole(self.take_amount(purchase, rest, amount))),
            None if said => {
                let (part, missing) = self.take_units(purchase, rest, wanted.product, wanted.quantity, true)?;
                if missing.is_zero() { Ok(Taken::whole(part)) } else { Err(reason::TOO_MUCH) }
            }
            None => Ok(Taken::whole(self.close(purchase, rest))),
        }
    }

    /// A return that names no purchase: taken from the customer's latest before it, from those first that hold the
    /// product at the recorded price.
    pub fn search(&mut self, customer: u32, before: u32, wanted: &Wanted) -> Result<Taken, &'static str> {
        if wanted.quantity.is_some_and(Decimal::is_zero) && wanted.amount.is_none() || wanted.amount.is_some_and(|amount| amount <= 0) {
            return Err(reason::NOTHING_RETURNED);
        }
        let taken = match (wanted.product, wanted.amount) {
            (Some(_), Some(amount)) => self.search_money(customer, before, wanted, amount),
            (Some(_), None) => self.search_units(customer, before, wanted),
            (None, amount) => self.search_amount(customer, before, amount),
        };
        if taken.parts.is_empty() { Err(reason::UNMATCHED) } else { Ok(taken.merged()) }
    }

    fn search_money(&mut self, customer: u32, before: u32, wanted: &Wanted, amount: i64) -> Taken {
        let mut left = Asked { units: wanted.quantity, amount };
        let mut taken = Taken::default();
        for way in wanted.price.map(|price| Way::Listed(price.normal())).into_iter().chain([Way::Money]) {
            self.walk(customer, before, wanted.product, way, |this, purchase| {
                if left.amount == 0 {
                    return Step::Done;
                }
                let found = this.take_money(purchase, wanted, way != Way::Money, &mut left, &mut taken);
                if found { Step::Taken } else { Step::Empty }
            });
        }
        taken.missing = left.amount;
        taken
    }

    fn search_units(&mut self, customer: u32, before: u32, wanted: &Wanted) -> Taken {
        let mut units = wanted.quantity;
        let mut taken = Taken { incomplete: true, ..Taken::default() };
        self.walk(customer, before, wanted.product, Way::Units, |this, purchase| {
            let rest = this.rest(purchase);
            if rest.closed {
                return Step::Empty;
            }
            let Ok((part, missing)) = this.take_units(purchase, rest, wanted.product, units, false) else { return Step::Empty };
            taken.parts.push(part);
            if units.is_none() || missing.is_zero() {
                taken.incomplete = false;
                return Step::Done;
            }
            units = Some(missing);
            Step::Taken
        });
        taken
    }

    fn search_amount(&mut self, customer: u32, before: u32, amount: Option<i64>) -> Taken {
        let mut taken = Taken { missing: amount.unwrap_or(0), incomplete: amount.is_none(), ..Taken::default() };
        self.walk(customer, before, None, Way::Money, |this, purchase| {
            let rest = this.rest(purchase);
            if rest.closed || rest.amount == 0 {
                return Step::Empty;
            }
            // Where nothing is said about how much, it is all of the latest.
            if amount.is_none() {
                taken.incomplete = false;
                taken.parts.push(this.close(purchase, rest));
                return Step::Done;
            }
            let part = rest.amount.min(taken.missing);
            taken.parts.push(this.take_amount(purchase, rest, part));
            taken.missing = taken.missing.saturating_sub(part);
            if taken.missing == 0 { Step::Done } else { Step::Taken }
        });
        taken
    }

    /// Looks through the customer's purchases that may have something left, the latest first.
    fn walk(&mut self, customer: u32, mut before: u32, product: Option<TextCode>, way: Way, mut step: impl FnMut(&mut Self, u32) -> Step) {
        let mut open = self.take_open(customer, product, way);
        while let Some(purchase) = open.latest(before) {
            match step(self, purchase) {
                Step::Empty => open.close(purchase),
                Step::Taken => before = purchase,
                Step::Done => break,
            }
        }
        self.open.insert((self.owner(customer), product, way), open);
    }

    /// Takes money off the lines of a purchase that hold the product: as whole units where they cost just that, else as
    /// the part of them that does. With `listed` only lines whose recorded price is the one asked for. Says whether anything
    /// was left.
    fn take_money(&mut self, purchase: u32, wanted: &Wanted, listed: bool, left: &mut Asked, taken: &mut Taken) -> bool {
        let mut rest = self.rest(purchase);
        if rest.closed || left.amount == 0 {
            return false;
        }
        let lines = self.lines(purchase);
        if lines.is_empty() || wanted.product.is_none() {
            if !listed && rest.amount > 0 {
                let part = rest.amount.min(left.amount);
                taken.other |= left.units.is_some() && part != rest.amount;
                taken.parts.push(self.take_amount(purchase, rest, part));
                left.amount = left.amount.saturating_sub(part);
                return true;
            }
            return false;
        }
        let mut units = Vec::new();
        for line in lines.clone() {
            let fits = wanted.product.is_none_or(|product| self.line_product(line) == product);
            if !fits || left.amount == 0 || listed && !self.costs(line, wanted) {
                continue;
            }
            let at = line.saturating_sub(lines.start);
            let Some(own) = rest.units.get(at).copied().filter(|units| units.mantissa > 0) else { continue };
            let money = self.worth(line, own);
            // As many units as are asked for, where they cost what is recorded; else the part of them that does.
            let asked = left.units.filter(|asked| asked.mantissa > 0).map(|asked| asked.min(own));
            let expected = match asked.filter(|asked| listed && left.units != Some(*asked)) {
                Some(units) => wanted.worth(units).unwrap_or(left.amount).min(left.amount),
                None => left.amount,
            };
            let (part, worth) = match asked.filter(|units| self.worth(line, *units) == expected) {
                Some(units) => (units, expected),
                None => {
                    taken.other |= left.units.is_some();
                    let worth = money.min(expected);
                    (if worth == money { own } else { self.share_of(line, worth).min(own) }, worth)
                }
            };
            if worth == 0 && part != own || part.is_zero() {
                continue;
            }
            let Ok(remaining) = minus(own, part) else { continue };
            if let Some(slot) = rest.units.get_mut(at) {
                *slot = remaining;
            }
            let gone = if listed { asked.unwrap_or(part) } else { part };
            left.units = left.units.and_then(|units| minus(units, gone).ok()).map(|units| units.max(Decimal::whole(0)));
            left.amount = left.amount.saturating_sub(worth);
            rest.amount = rest.amount.saturating_sub(worth).max(0);
            units.push((small(at), part));
        }
        if units.is_empty() {
            return false;
        }
        self.settle(purchase, rest);
        taken.parts.push(ReturnPart { purchase, what: Returned::Items(units) });
        true
    }

    /// Whether a line lists the price that a return records.
    fn costs(&self, line: usize, wanted: &Wanted) -> bool {
        wanted.price.is_some_and(|price| self.listed(line) == price.normal())
    }

    /// The price of one unit, as recorded.
    fn listed(&self, line: usize) -> Decimal {
        let items = &self.part.items;
        items.listed.get(line).or_else(|| items.price.get(line)).copied().unwrap_or_default().normal()
    }

    /// The part of a line's units that costs an amount, fine enough to come to it again.
    fn share_of(&self, line: usize, amount: i64) -> Decimal {
        let all = self.part.items.amount.get(line).copied().unwrap_or(0);
        let quantity = self.part.items.quantity.get(line).copied().unwrap_or(Decimal::whole(1));
        let share = || {
            let fine = 10_i128.checked_pow(u32::from(SHARE_DIGITS))?;
            let product = quantity.mantissa.checked_mul(i128::from(amount))?.checked_mul(fine)?;
            let mantissa = div_round(product, i128::from(all), Rounding::HalfUp).ok()?;
            Some(Decimal::new(mantissa, quantity.scale.checked_add(SHARE_DIGITS)?).normal())
        };
        share().unwrap_or(quantity)
    }

    /// Notes what is left of a purchase after units were taken.
    fn settle(&mut self, purchase: u32, mut rest: Rest) {
        if rest.units.iter().all(|units| units.is_zero()) {
            let shipping = self.part.purchases.shipping.get(ix(self.from.saturating_add(purchase))).copied().unwrap_or(0);
            rest.amount = rest.amount.min(shipping);
            rest.closed = rest.amount == 0;
        }
        self.touched.insert(purchase, rest);
    }

    /// Where every purchase is of the account's one customer, nobody is told from another.
    fn owner(&self, customer: u32) -> u32 {
        if self.part.purchases.customer.is_empty() { 0 } else { customer }
    }

    /// Purchases that may have something left, by the customer and, if one is asked for, with the product.
    fn take_open(&mut self, customer: u32, product: Option<TextCode>, way: Way) -> Open {
        let owner = self.owner(customer);
        if let Some(open) = self.open.remove(&(owner, product, way)) {
            return open;
        }
        if self.holders.is_none() {
            self.holders = Some(self.find_holders());
        }
        let list = self.holders.as_ref().and_then(|holders| holders.get(&(owner, product)));
        let mut list = list.cloned().unwrap_or_default();
        if let Way::Listed(price) = way {
            let fits = |line: usize| product.is_none_or(|product| self.line_product(line) == product) && self.listed(line) == price;
            list.retain(|purchase| self.lines(*purchase).any(fits));
        }
        Open::new(list)
    }

    fn find_holders(&self) -> BTreeMap<(u32, Option<TextCode>), Vec<u32>> {
        let mut holders: BTreeMap<(u32, Option<TextCode>), Vec<u32>> = BTreeMap::new();
        for purchase in 0..self.to.saturating_sub(self.from) {
            let owner = self.part.purchases.customer.get(ix(self.from.saturating_add(purchase))).copied().unwrap_or(0);
            let lines = self.lines(purchase);
            let products =
                if lines.is_empty() { vec![self.own_product(purchase)] } else { lines.map(|line| self.line_product(line)).collect() };
            let named = products.into_iter().filter(|product| *product != NO_TEXT).map(Some);
            for product in named.chain([None]) {
                let list = holders.entry((owner, product)).or_default();
                if list.last() != Some(&purchase) {
                    list.push(purchase);
                }
            }
        }
        holders
    }

    fn holds(&self, purchase: u32, product: Option<TextCode>) -> bool {
        let lines = self.lines(purchase);
        let Some(product) = product else { return true };
        if lines.is_empty() {
            return product != NO_TEXT && self.own_product(purchase) == product;
        }
        lines.into_iter().any(|line| product != NO_TEXT && self.line_product(line) == product)
    }

    fn close(&mut self, purchase: u32, mut rest: Rest) -> ReturnPart {
        rest.amount = 0;
        rest.units.iter_mut().for_each(|units| *units = Decimal::whole(0));
        rest.closed = true;
        self.touched.insert(purchase, rest);
        ReturnPart { purchase, what: Returned::Rest }
    }

    fn take_amount(&mut self, purchase: u32, mut rest: Rest, amount: i64) -> ReturnPart {
        if amount >= rest.amount {
            return self.close(purchase, rest);
        }
        rest.amount -= amount;
        self.touched.insert(purchase, rest);
        ReturnPart { purchase, what: Returned::Amount(amount) }
    }

    /// Takes up to `quantity` units (all that are left if not said) of the lines with the product, in their order, and
    /// says how many are missing.
    fn take_units(
        &mut self,
        purchase: u32,
        mut rest: Rest,
        product: Option<TextCode>,
        quantity: Option<Decimal>,
        strict: bool,
    ) -> Result<(ReturnPart, Decimal), &'static str> {
        let lines = self.lines(purchase);
        let one = Decimal::whole(1);
        if lines.is_empty() {
            // A purchase without lines is one item.
            let missing = minus(quantity.unwrap_or(one), one)?;
            if missing.mantissa < 0 || strict && !missing.is_zero() {
                return Err(reason::TOO_MUCH);
            }
            return Ok((self.close(purchase, rest), missing));
        }
        let fits = |line: usize| product.is_none_or(|product| self.line_product(line) == product);
        let chosen: Vec<usize> = lines.clone().filter(|line| fits(*line)).collect();
        if product.is_none() && chosen.len() > 1 {
            return Err(reason::NO_PRODUCT);
        }
        let mut missing = quantity;
        let mut taken = Vec::new();
        for line in chosen {
            let at = line.saturating_sub(lines.start);
            let Some(units) = rest.units.get_mut(at).filter(|units| units.mantissa > 0) else { continue };
            let take = missing.map_or(*units, |missing| missing.min(*units));
            if take.mantissa <= 0 {
                break;
            }
            *units = minus(*units, take)?;
            missing = missing.map(|missing| minus(missing, take)).transpose()?;
            rest.amount = rest.amount.saturating_sub(self.worth(line, take)).max(0);
            taken.push((small(at), take));
        }
        let missing = missing.unwrap_or(Decimal::whole(0));
        if taken.is_empty() || strict && !missing.is_zero() {
            return Err(if quantity.is_some_and(Decimal::is_zero) { reason::NOTHING_RETURNED } else { reason::TOO_MUCH });
        }
        self.settle(purchase, rest);
        Ok((ReturnPart { purchase, what: Returned::Items(taken) }, missing))
    }

    /// The share of a line's amount that falls on some of its units, rounded down.
    fn worth(&self, line: usize, units: Decimal) -> i64 {
        let amount = self.part.items.amount.get(line).copied().unwrap_or(0);
        let quantity = self.part.items.quantity.get(line).copied().unwrap_or(Decimal::whole(1));
        let share = || {
            let scale = units.scale.max(quantity.scale);
            let up = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale.checked_sub(d.scale)?))?);
            let product = up(units)?.checked_mul(i128::from(amount))?;
            i64::try_from(div_round(product, up(quantity)?, Rounding::Down).ok()?).ok()
        };
        share().unwrap_or(amount)
    }
}

fn minus(a: Decimal, b: Decimal) -> Result<Decimal, &'static str> {
    let scale = a.scale.max(b.scale);
    let up = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale.checked_sub(d.scale)?))?);
    let difference = || Some(Decimal::new(up(a)?.checked_sub(up(b)?)?, scale).normal());
    difference().ok_or(reason::TOO_LARGE)
}
