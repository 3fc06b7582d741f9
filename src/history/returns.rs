//! What is left of an account's purchases while its returns are matched with them.

use super::keys::{ix, small};
use super::model::{NO_TEXT, Part, ReturnPart, Returned, TextCode};
use super::reason;
use crate::value::{Decimal, Rounding, div_round};
use std::collections::BTreeMap;

/// What a return asks for.
pub(super) struct Wanted {
    pub product: Option<TextCode>,
    pub quantity: Option<Decimal>,
    pub amount: Option<i64>,
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
    open: BTreeMap<(u32, Option<TextCode>, bool), Open>,
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

    /// A return that names its purchase: all of it must be left.
    pub fn take(&mut self, purchase: u32, wanted: &Wanted) -> Result<ReturnPart, &'static str> {
        let rest = self.rest(purchase);
        if rest.closed {
            return Err(reason::TOO_MUCH);
        }
        if wanted.product.is_some() && !self.holds(purchase, wanted.product) {
            return Err(reason::NOT_BOUGHT);
        }
        let by_units = wanted.quantity.is_some() || wanted.product.is_some() && wanted.amount.is_none();
        if by_units {
            let (part, missing) = self.take_units(purchase, rest, wanted.product, wanted.quantity, true)?;
            return if missing.is_zero() { Ok(part) } else { Err(reason::TOO_MUCH) };
        }
        match wanted.amount {
            None => Ok(self.close(purchase, rest)),
            Some(amount) if amount <= 0 => Err(reason::NOTHING_RETURNED),
            Some(amount) if amount > rest.amount => Err(reason::TOO_MUCH),
            Some(amount) => Ok(self.take_amount(purchase, rest, amount)),
        }
    }

    /// A return that names no purchase: taken from the customer's latest before it. Says too whether all was found.
    pub fn search(&mut self, customer: u32, before: u32, wanted: &Wanted) -> Result<(Vec<ReturnPart>, bool), &'static str> {
        let by_units = wanted.product.is_some() && (wanted.quantity.is_some() || wanted.amount.is_none());
        if by_units && wanted.quantity.is_some_and(Decimal::is_zero) || !by_units && wanted.amount == Some(0) {
            return Err(reason::NOTHING_RETURNED);
        }
        let mut parts = Vec::new();
        let mut units = wanted.quantity;
        let mut amount = wanted.amount;
        let mut open = self.take_open(customer, wanted.product, by_units);
        let mut before = before;
        let found = loop {
            let Some(purchase) = open.latest(before) else { break false };
            let rest = self.rest(purchase);
            if rest.closed || !by_units && rest.amount == 0 {
                open.close(purchase);
                continue;
            }
            before = purchase;
            if by_units {
                let Ok((part, missing)) = self.take_units(purchase, rest, wanted.product, units, false) else {
                    open.close(purchase);
                    continue;
                };
                parts.push(part);
                if units.is_none() || missing.is_zero() {
                    break true;
                }
                units = Some(missing);
                continue;
            }
            match &mut amount {
                // Nothing is said about how much: all of the latest.
                None => {
                    parts.push(self.close(purchase, rest));
                    break true;
                }
                Some(left) => {
                    let taken = rest.amount.min(*left);
                    parts.push(self.take_amount(purchase, rest, taken));
                    *left = left.saturating_sub(taken);
                    if *left == 0 {
                        break true;
                    }
                }
            }
        };
        self.open.insert((self.owner(customer), wanted.product, by_units), open);
        if parts.is_empty() { Err(reason::UNMATCHED) } else { Ok((parts, found)) }
    }

    /// Where every purchase is of the account's one customer, nobody is told from another.
    fn owner(&self, customer: u32) -> u32 {
        if self.part.purchases.customer.is_empty() { 0 } else { customer }
    }

    /// Purchases that may have something left, by the customer and, if one is asked for, with the product.
    fn take_open(&mut self, customer: u32, product: Option<TextCode>, by_units: bool) -> Open {
        let owner = self.owner(customer);
        if let Some(open) = self.open.remove(&(owner, product, by_units)) {
            return open;
        }
        if self.holders.is_none() {
            self.holders = Some(self.find_holders());
        }
        let list = self.holders.as_ref().and_then(|holders| holders.get(&(owner, product)));
        Open::new(list.cloned().unwrap_or_default())
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
        if rest.units.iter().all(|units| units.is_zero()) {
            let shipping = self.part.purchases.shipping.get(ix(self.from.saturating_add(purchase))).copied().unwrap_or(0);
            rest.amount = rest.amount.min(shipping);
            rest.closed = rest.amount == 0;
        }
        self.touched.insert(purchase, rest);
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
