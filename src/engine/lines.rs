//! A purchase as lines: its items, and shipping as a line of its own.

use crate::history::model::{NO_TEXT, Part, TextCode};
use crate::value::{Checked, Decimal, Exact, Overflow};

/// A line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Line {
    /// Index into [`crate::history::model::Items`]; `None` for shipping and for a purchase without lines.
    pub item: Option<usize>,
    pub shipping: bool,
    pub category: TextCode,
    pub brand: TextCode,
    pub product: TextCode,
    /// Units.
    pub quantity: Decimal,
    /// As recorded, less what was returned; minor units.
    pub recorded: i64,
    /// Tax within `recorded`.
    pub tax: i64,
    /// What it still costs at this point of the stages.
    pub cost: i64,
    /// What discounts took off, price lists apart.
    pub discount: i64,
    /// What points and vouchers paid of it.
    pub paid: i64,
    /// What of that counts as money.
    pub as_money: i64,
    /// What no discount goes under.
    pub floor: i64,
    /// Whether a price list or an item discount took something off.
    pub reduced: bool,
}

impl Line {
    fn new(recorded: i64) -> Self {
        Self {
            item: None,
            shipping: false,
            category: NO_TEXT,
            brand: NO_TEXT,
            product: NO_TEXT,
            quantity: Decimal::whole(1),
            recorded,
            tax: 0,
            cost: recorded,
            discount: 0,
            paid: 0,
            as_money: 0,
            floor: 0,
            reduced: false,
        }
    }

    /// What discounts may still take off.
    pub fn bears(&self) -> i64 {
        (self.cost - self.floor).max(0)
    }

    /// How many units it is wherever units are counted: its quantity, or one where that has a fraction.
    pub fn units(&self) -> Checked<i64> {
        Ok(self.quantity.to_scale(0)?.unwrap_or(1).max(0))
    }

    /// The price of a unit in minor units, exact.
    pub fn unit_price(&self, part: &Part, decimals: u8) -> Checked<Exact> {
        match self.item.and_then(|item| part.items.price.get(item).copied()) {
            Some(price) => Exact::try_from(price)?.times(Exact::whole(10_i128.pow(u32::from(decimals)))),
            None if self.quantity.is_zero() => Ok(Exact::whole(0)),
            None => Exact::whole(i128::from(self.recorded)).divided_by(Exact::try_from(self.quantity)?),
        }
    }
}

/// Writes the lines of purchase `at` into `lines`, as recorded.
pub(in crate::engine) fn build(part: &Part, at: usize, lines: &mut Vec<Line>) -> Checked<()> {
    lines.clear();
    let purchases = &part.purchases;
    let amount = purchases.amount[at];
    let shipping = purchases.shipping.get(at).copied().unwrap_or(0);
    let code = |column: &[TextCode]| column.get(at).copied().unwrap_or(NO_TEXT);
    let items = match (purchases.items_from.get(at), purchases.items_from.get(at + 1)) {
        (Some(from), Some(to)) => usize::try_from(*from).unwrap_or(0)..usize::try_from(*to).unwrap_or(0),
        _ => 0..0,
    };
    if items.is_empty() {
        let whole = Line {
            category: code(&purchases.category),
            brand: code(&purchases.brand),
            product: code(&purchases.product),
            ..Line::new(amount.checked_sub(shipping).ok_or(Overflow)?)
        };
        lines.push(whole);
    }
    for item in items {
        let code = |column: &[TextCode]| column.get(item).copied().unwrap_or(NO_TEXT);
        lines.push(Line {
            item: Some(item),
            category: code(&part.items.category),
            brand: code(&part.items.brand),
            product: code(&part.items.product),
            quantity: part.items.quantity.get(item).copied().unwrap_or(Decimal::whole(1)),
            ..Line::new(part.items.amount.get(item).copied().unwrap_or(0))
        });
    }
    if shipping > 0 {
        lines.push(Line { shipping: true, quantity: Decimal::whole(0), ..Line::new(shipping) });
    }
    let tax = purchases.tax.get(at).copied().unwrap_or(0);
    if tax > 0 {
        let weights: Vec<i64> = lines.iter().map(|l| l.recorded).collect();
        let mut shares = Vec::new();
        share(tax, &weights, &mut shares)?;
        for (line, share) in lines.iter_mut().zip(shares) {
            line.tax = share;
        }
    }
    Ok(())
}

/// Shares a sum over weights by the largest-remainder method, ties to the earlier one; weights of zero take nothing.
pub(in crate::engine) fn share(total: i64, weights: &[i64], out: &mut Vec<i64>) -> Checked<()> {
    out.clear();
    let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    if sum <= 0 || total == 0 {
        out.resize(weights.len(), 0);
        return Ok(());
    }
    if let [_] = weights {
        out.push(total);
        return Ok(());
    }
    let mut given = 0_i64;
    let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let product = i128::from(total).checked_mul(i128::from(*weight)).ok_or(Overflow)?;
        let part = i64::try_from(product.div_euclid(sum)).map_err(|_| Overflow)?;
        given += part;
        out.push(part);
        if *weight > 0 {
            remainders.push((product.rem_euclid(sum), at));
        }
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = usize::try_from(total - given).unwrap_or(0);
    for (_, at) in remainders.iter().cycle().take(missing) {
        out[*at] += 1;
    }
    Ok(())
}

pub(in crate::engine) fn add_units(a: Decimal, b: Decimal) -> Checked<Decimal> {
    if a.scale == b.scale {
        return Ok(Decimal::new(a.mantissa.checked_add(b.mantissa).ok_or(Overflow)?, a.scale));
    }
    let scale = a.scale.max(b.scale);
    let widen = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale - d.scale))?);
    let sum = widen(a).zip(widen(b)).and_then(|(a, b)| a.checked_add(b)).ok_or(Overflow)?;
    Ok(Decimal::new(sum, scale))
}
