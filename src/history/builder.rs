//! Histories made in memory: inline files and worked examples.

use super::keys::{Keys, NONE, small};
use super::model::{History, NO_TEXT, Opening};
use super::rows::{Chunk, CustomerRow, Draft, EventRow, LINE_TEXTS, OpeningRow, Origin, ProductRow, ReturnRow, SurveyRow, TEXT_COLUMNS};
use super::{Options, partition, reason};
use crate::value::{Date, Decimal, Instant};
use std::collections::BTreeMap;

/// A customer. All records leave out what is not known; attribute names are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct CustomerRecord {
    pub id: String,
    pub joined: Option<Date>,
    pub born: Option<Date>,
    pub referred_by: Option<String>,
    pub attributes: Vec<(String, String)>,
    /// Shown if the record is rejected; 0 is its number among the records of its kind. The same in all records.
    pub row: u64,
}

/// A purchase.
#[derive(Clone, Debug, Default)]
pub struct PurchaseRecord {
    /// Empty: nobody can be credited with it.
    pub customer: String,
    /// Empty if it has none.
    pub id: String,
    pub at: Instant,
    /// Breaks ties at the same instant before kind and id.
    pub sequence: Option<u64>,
    /// Minor units; may be left out where there are items.
    pub amount: Option<i64>,
    pub tax: i64,
    pub shipping: i64,
    /// `channel`, `store`, `payment`, `partner`, `coupon`, `category`, `brand`, `product`, and attributes.
    pub texts: Vec<(String, String)>,
    /// Units that wallets paid.
    pub paid: Vec<(String, Decimal)>,
    pub paid_voucher: Option<bool>,
    /// Lines, in their order.
    pub items: Vec<ItemRecord>,
    pub row: u64,
}

/// A line of a purchase.
#[derive(Clone, Debug, Default)]
pub struct ItemRecord {
    pub product: String,
    pub category: String,
    pub brand: String,
    /// Above zero; `None` is 1.
    pub quantity: Option<Decimal>,
    /// Of one unit, in major units of money; may be left out where there is an amount.
    pub price: Option<Decimal>,
    /// Of the line, minor units; else quantity times price.
    pub amount: Option<i64>,
    pub attributes: Vec<(String, String)>,
}

/// A return: by amount, by product and quantity, or of all that is left.
#[derive(Clone, Debug, Default)]
pub struct ReturnRecord {
    /// May be empty where `of` names a purchase that only one customer has.
    pub customer: String,
    pub id: String,
    /// The purchase's id; empty: the customer's latest that fits.
    pub of: String,
    pub at: Instant,
    pub sequence: Option<u64>,
    pub amount: Option<i64>,
    pub product: String,
    pub quantity: Option<Decimal>,
    pub row: u64,
}

/// An event: `signup`, `claim X`, `set ATTRIBUTE` with a value, or any other name.
#[derive(Clone, Debug, Default)]
pub struct EventRecord {
    pub customer: String,
    pub id: String,
    pub name: String,
    pub at: Instant,
    pub sequence: Option<u64>,
    /// The purchase that it is about.
    pub of: String,
    pub value: String,
    pub row: u64,
}

/// Collects records and brings them together into a [`History`].
#[derive(Debug, Default)]
pub struct Builder {
    pub(super) draft: Draft,
    file: String,
    sources: BTreeMap<&'static str, u32>,
    purchases: Vec<(PurchaseRecord, Origin)>,
}

impl Builder {
    /// An empty history; `file` is named where records are rejected.
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Counts a record of a table, and says where it came from.
    pub(super) fn origin(&mut self, table: &'static str, row: u64) -> Origin {
        let source = match self.sources.get(table) {
            Some(source) => *source,
            None => {
                let source = self.draft.source(self.file.clone(), table);
                self.sources.insert(table, source);
                source
            }
        };
        let mut number = row;
        if let Some(tally) = self.draft.tally(source) {
            tally.read = tally.read.saturating_add(1);
            if row == 0 {
                number = tally.read;
            }
        }
        Origin { source, row: number }
    }

    pub(super) fn reject(&mut self, origin: Origin, reason: &'static str, column: &str, value: &str) {
        if let Some(tally) = self.draft.tally(origin.source) {
            tally.reject(reason, origin.row, column, value);
        }
    }

    /// Adds a customer.
    pub fn customer(&mut self, record: CustomerRecord) {
        let origin = self.origin("customers", record.row);
        if record.id.is_empty() {
            return self.reject(origin, reason::NO_CUSTOMER, "id", "");
        }
        let attributes = named(record.attributes);
        let CustomerRecord { id, joined, born, referred_by, .. } = record;
        self.draft.customers.push(CustomerRow { id, joined, born, referred_by, attributes, origin });
    }

    /// Adds a product, whose category, brand and other attributes its item lines take over.
    pub fn product(&mut self, product: String, category: String, brand: String, attributes: Vec<(String, String)>) {
        let origin = self.origin("products", 0);
        if product.is_empty() {
            return self.reject(origin, reason::NO_PRODUCT, "product", "");
        }
        self.draft.products.push(ProductRow { product, category, brand, attributes: named(attributes), origin });
    }

    /// Adds a purchase.
    pub fn purchase(&mut self, record: PurchaseRecord) {
        let origin = self.origin("purchases", record.row);
        let amounts = [record.amount, Some(record.tax), Some(record.shipping)].into_iter().flatten();
        let lines = record.items.iter().flat_map(|item| [item.amount, None].into_iter().flatten());
        if let Some(negative) = amounts.chain(lines).find(|amount| *amount < 0) {
            return self.reject(origin, reason::NEGATIVE, "amount", &negative.to_string());
        }
        if record.amount.is_none() && record.items.is_empty() {
            return self.reject(origin, reason::NO_AMOUNT, "amount", "");
        }
        self.purchases.push((record, origin));
    }

    /// Adds a return.
    pub fn returned(&mut self, record: ReturnRecord) {
        let origin = self.origin("returns", record.row);
        if record.amount.is_some_and(|amount| amount < 0) {
            return self.reject(origin, reason::NEGATIVE, "amount", "");
        }
        let ReturnRecord { customer, id, of, at, sequence, amount, product, quantity, .. } = record;
        let sequence = sequence.unwrap_or(0);
        self.draft.returns.push(ReturnRow {
            customer,
            id,
            of,
            at: at.0,
            sequence,
            amount,
            product,
            quantity,
            origin,
            ..ReturnRow::default()
        });
    }

    /// Adds an event.
    pub fn event(&mut self, record: EventRecord) {
        let origin = self.origin("events", record.row);
        if record.name.is_empty() {
            return self.reject(origin, reason::NO_NAME, "name", "");
        }
        let EventRecord { customer, id, name, at, sequence, of, value, .. } = record;
        let sequence = sequence.unwrap_or(0);
        self.draft.events.push(EventRow { customer, id, name, at: at.0, sequence, of, value, origin });
    }

    /// Adds an answer to a survey.
    pub fn survey(&mut self, customer: String, at: Instant, score: Decimal) {
        let origin = self.origin("surveys", 0);
        if customer.is_empty() {
            return self.reject(origin, reason::NO_CUSTOMER, "customer", "");
        }
        self.draft.surveys.push(SurveyRow { customer, at: at.0, score });
    }

    /// Opens the books at the beginning of a day: what lies before is looked back at, and earns nothing.
    pub fn open_at(&mut self, day: Date) {
        self.draft.opening = Some(day);
    }

    /// Adds what a customer holds when the books are opened.
    pub fn opening(&mut self, customer: String, what: Opening) {
        let origin = self.origin("balances", 0);
        if customer.is_empty() {
            return self.reject(origin, reason::NO_CUSTOMER, "customer", "");
        }
        self.draft.openings.push(OpeningRow { customer, what, origin });
    }

    /// Brings everything together: order, duplicates, returns.
    #[must_use]
    pub fn finish(mut self, options: &Options<'_>) -> History {
        if !self.purchases.is_empty() {
            let chunk = self.chunk(options);
            self.draft.chunks.push(chunk);
        }
        partition::build(self.draft, options)
    }

    fn chunk(&mut self, options: &Options<'_>) -> Chunk {
        let mut records = std::mem::take(&mut self.purchases);
        let source = records.first().map_or(0, |(_, origin)| origin.source);
        for (record, origin) in &mut records {
            let fits = record.items.iter_mut().try_for_each(|item| complete(item, options));
            if let Err(reason) = fits {
                if let Some(tally) = self.draft.tally(origin.source) {
                    tally.reject(reason, origin.row, "items", "");
                }
                origin.source = u32::MAX;
            }
        }
        records.retain(|(_, origin)| origin.source != u32::MAX);
        let mut chunk = Chunk { source, ..Chunk::default() };
        fill_rows(&mut chunk, &records);
        fill_lines(&mut chunk, &records);
        chunk
    }
}

/// Names in lower case, values that are not empty.
fn named(attributes: Vec<(String, String)>) -> Vec<(String, String)> {
    let kept = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    kept.map(|(name, value)| (name.to_lowercase(), value)).collect()
}

/// Works out amount and price of a line from what is given.
pub(super) fn complete(item: &mut ItemRecord, options: &Options<'_>) -> Result<(), &'static str> {
    let quantity = item.quantity.unwrap_or(Decimal::whole(1));
    if quantity.mantissa < 0 || item.price.is_some_and(|price| price.mantissa < 0) {
        return Err(reason::NEGATIVE);
    }
    let line = line_amount(quantity, item.price, item.amount, options)?;
    item.quantity = Some(line.quantity);
    item.price = Some(line.price);
    item.amount = Some(line.amount);
    Ok(())
}

/// What a line is worth.
pub(super) struct LineAmount {
    pub quantity: Decimal,
    pub price: Decimal,
    pub amount: i64,
}

/// Quantity, price and amount of a line, none of them negative: the amount is quantity times price unless it is given;
/// the price of one unit is worked out to eight digits past the currency's decimals where only the amount is given. A
/// line with an amount but a quantity of zero counts as one unit.
pub(super) fn line_amount(
    quantity: Decimal,
    price: Option<Decimal>,
    amount: Option<i64>,
    options: &Options<'_>,
) -> Result<LineAmount, &'static str> {
    let quantity = if quantity.is_zero() && amount.is_some() { Decimal::whole(1) } else { quantity };
    if quantity.is_zero() {
        return Err(reason::NO_QUANTITY);
    }
    let product = |price: Decimal| {
        let exact = quantity.times(price).map_err(|_| reason::TOO_LARGE)?;
        exact.rounded_to_scale(options.decimals, options.round_money).map_err(|_| reason::TOO_LARGE)
    };
    match (price, amount) {
        // What the line cost is what was paid; a price that says otherwise only helps to find what comes back.
        (Some(price), Some(amount)) if product(price)? == amount => Ok(LineAmount { quantity, price, amount }),
        (Some(price), None) => Ok(LineAmount { quantity, price, amount: product(price)? }),
        (_, Some(amount)) => {
            let price = unit_price(quantity, amount, options).ok_or(reason::TOO_LARGE)?;
            Ok(LineAmount { quantity, price, amount })
        }
        (None, None) => Err(reason::NO_AMOUNT),
    }
}

pub(super) fn unit_price(quantity: Decimal, amount: i64, options: &Options<'_>) -> Option<Decimal> {
    let whole = Decimal::new(i128::from(amount), options.decimals);
    let units = quantity.normal();
    if units.scale == 0 && units.mantissa == 1 {
        return Some(whole);
    }
    let widen = |digits: u8| 10_i128.checked_pow(u32::from(digits));
    let numerator = whole.mantissa.checked_mul(widen(units.scale.checked_add(8)?)?)?;
    let mantissa = crate::value::div_round(numerator, units.mantissa, options.round_money).ok()?;
    Some(Decimal::new(mantissa, options.decimals.checked_add(8)?).normal())
}

fn fill_rows(chunk: &mut Chunk, records: &[(PurchaseRecord, Origin)]) {
    let texts = |of: fn(&PurchaseRecord) -> &str| records.iter().map(move |(record, _)| of(record).as_bytes());
    chunk.rows.customer = Keys::from_texts(texts(|record| &record.customer));
    chunk.rows.id = Keys::from_texts(texts(|record| &record.id));
    chunk.rows.texts = vec![vec![NO_TEXT; records.len()]; TEXT_COLUMNS.len()];
    for (at, (record, origin)) in records.iter().enumerate() {
        let rows = &mut chunk.rows;
        rows.at.push(record.at.0);
        rows.amount.push(record.amount.unwrap_or(NONE));
        rows.tax.push(record.tax);
        rows.shipping.push(record.shipping);
        rows.sequence.push(record.sequence.unwrap_or(0));
        rows.paid_voucher.push(record.paid_voucher);
        rows.row.push(u32::try_from(origin.row).unwrap_or(u32::MAX));
        for (name, value) in &record.texts {
            let name = name.to_lowercase();
            let column = TEXT_COLUMNS.iter().position(|known| *known == name).unwrap_or_else(|| {
                let place = chunk.attributes.iter().position(|known| *known == name).unwrap_or_else(|| {
                    chunk.attributes.push(name);
                    rows.texts.push(vec![NO_TEXT; records.len()]);
                    chunk.attributes.len() - 1
                });
                TEXT_COLUMNS.len() + place
            });
            if let Some(slot) = rows.texts.get_mut(column).and_then(|column| column.get_mut(at)) {
                *slot = chunk.dict.code(value);
            }
        }
        for (wallet, units) in &record.paid {
            let wallet = wallet.to_lowercase();
            let place = chunk.wallets.iter().position(|known| *known == wallet).unwrap_or_else(|| {
                chunk.wallets.push(wallet);
                rows.paid.push(vec![None; records.len()]);
                chunk.wallets.len() - 1
            });
            if let Some(slot) = rows.paid.get_mut(place).and_then(|column| column.get_mut(at)) {
                *slot = Some(*units);
            }
        }
    }
}

fn fill_lines(chunk: &mut Chunk, records: &[(PurchaseRecord, Origin)]) {
    let count = records.iter().map(|(record, _)| record.items.len()).sum();
    let Chunk { lines, item_attributes, dict, .. } = chunk;
    lines.texts = vec![vec![NO_TEXT; count]; LINE_TEXTS];
    for (owner, (record, origin)) in records.iter().enumerate() {
        for (position, item) in record.items.iter().enumerate() {
            let at = lines.len();
            lines.owner.push(small(owner));
            lines.position.push(small(position));
            lines.quantity.push(item.quantity.unwrap_or(Decimal::whole(1)));
            lines.price.push(item.price.unwrap_or_default());
            lines.amount.push(item.amount.unwrap_or(0));
            lines.row.push(u32::try_from(origin.row).unwrap_or(u32::MAX));
            for (column, text) in [&item.product, &item.category, &item.brand].into_iter().enumerate() {
                let code = dict.code(text);
                if let Some(slot) = lines.texts.get_mut(column).and_then(|column| column.get_mut(at)) {
                    *slot = code;
                }
            }
            for (name, value) in &item.attributes {
                let name = name.to_lowercase();
                let place = item_attributes.iter().position(|known| *known == name).unwrap_or_else(|| {
                    item_attributes.push(name);
                    lines.texts.push(vec![NO_TEXT; count]);
                    item_attributes.len() - 1
                });
                let code = dict.code(value);
                if let Some(slot) = lines.texts.get_mut(LINE_TEXTS + place).and_then(|column| column.get_mut(at)) {
                    *slot = code;
                }
            }
        }
    }
}
