//! Histories written out in a YAML file.

use super::builder::{Builder, CustomerRecord, EventRecord, ItemRecord, PurchaseRecord, ReturnRecord};
use super::convert::{self, Clock, Converted};
use super::document::{Document, Record, Table};
use super::model::History;
use super::rows::{OpeningRow, Origin};
use super::{HistoryError, Options, openings, reason};
use crate::value::{Date, Decimal, Instant, Zone};
use std::collections::BTreeMap;

/// A value that does not fit, and where it stood.
type Fault = (&'static str, String, String);

/// Reads the records of a document without mapped tables.
pub(super) fn read(document: Document, file: &str, zone: &Zone, options: &Options<'_>) -> Result<History, HistoryError> {
    let (negative_are_returns, scale, rest) = (document.negative_are_returns, document.scale, document.rest);
    let mut reader = Reader { builder: Builder::new(file), clock: Clock::new(zone), options, negative_are_returns };
    for (name, table) in document.tables {
        let Table::Inline(records) = table else { continue };
        for record in records {
            match name.as_str() {
                "customers" => reader.customer(record),
                "products" => reader.product(record),
                "items" => {
                    let message = "inline items stand within their purchase: items: [ { product: latte, price: 4.50 } ]";
                    return Err(HistoryError { file: file.to_owned(), row: None, message: message.to_owned() });
                }
                table => reader.of_customer(table, None, record),
            }
        }
    }
    if let Some(opening) = document.opening {
        reader.builder.draft.opening = Some(opening.at);
        for (table, records) in opening.tables {
            let Table::Inline(records) = records else { continue };
            for record in records {
                let (mut fields, _) = split(record);
                if let Some(name) = fields.unknown(openings::columns(table).0) {
                    let list = openings::columns(table).0.join(", ");
                    let message = format!("{table} have {list}, but nothing called \"{name}\"");
                    return Err(HistoryError { file: file.to_owned(), row: None, message });
                }
                reader.opening(table, &mut fields);
            }
        }
    }
    reader.builder.draft.scale = scale;
    reader.builder.draft.rest = rest;
    Ok(reader.builder.finish(options))
}

struct Reader<'a> {
    builder: Builder,
    clock: Clock<'a>,
    options: &'a Options<'a>,
    negative_are_returns: bool,
}

/// The fields of a record, taken out one by one; what remains are attributes.
struct Fields {
    fields: BTreeMap<String, String>,
    attributes: Vec<(String, String)>,
}

impl Fields {
    fn text(&mut self, name: &str) -> String {
        self.fields.remove(name).unwrap_or_default()
    }

    fn value<T>(&mut self, name: &str, convert: impl FnOnce(&str) -> Converted<T>) -> Result<Option<T>, Fault> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        convert(&text).map(Some).map_err(|reason| (reason, name.to_owned(), text))
    }

    fn date(&mut self, name: &str) -> Result<Option<Date>, Fault> {
        self.value(name, convert::date)
    }

    fn decimal(&mut self, name: &str) -> Result<Option<Decimal>, Fault> {
        self.value(name, convert::decimal)
    }

    fn money(&mut self, name: &str, options: &Options<'_>) -> Result<Option<i64>, Fault> {
        self.value(name, |text| convert::money(text.as_bytes(), options.decimals))
    }

    fn at(&mut self, clock: &mut Clock<'_>) -> Result<Instant, Fault> {
        let at = self.value("at", |text| convert::instant(text.as_bytes(), clock))?;
        at.map(Instant).ok_or_else(|| (reason::NO_TIME, "at".to_owned(), String::new()))
    }

    /// A field that is none of these.
    fn unknown(&self, known: &[&str]) -> Option<&str> {
        let mut names = self.fields.keys().chain(self.attributes.iter().map(|(name, _)| name));
        names.find(|name| !known.contains(&name.as_str())).map(String::as_str)
    }

    fn rest(self) -> Vec<(String, String)> {
        self.fields.into_iter().chain(self.attributes).filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl openings::Cells for Fields {
    fn text(&mut self, name: &'static str) -> String {
        Self::text(self, name)
    }

    fn date(&mut self, name: &'static str) -> Result<Option<Date>, openings::Fault> {
        Self::date(self, name).map_err(|(reason, _, value)| (reason, name, value))
    }

    fn number(&mut self, name: &'static str) -> Result<Option<Decimal>, openings::Fault> {
        self.decimal(name).map_err(|(reason, _, value)| (reason, name, value))
    }
}

fn split(record: Record) -> (Fields, BTreeMap<String, Vec<Record>>) {
    (Fields { fields: record.fields, attributes: record.attributes }, record.lists)
}

impl Reader<'_> {
    fn fail(&mut self, table: &'static str, (reason, column, value): Fault) {
        let origin: Origin = self.builder.origin(table, 0);
        self.builder.reject(origin, reason, &column, &value);
    }

    fn customer(&mut self, record: Record) {
        let (mut fields, lists) = split(record);
        let id = fields.text("id");
        match customer(id.clone(), fields) {
            Ok(record) => self.builder.customer(record),
            Err(fault) => self.fail("customers", fault),
        }
        for (table, records) in lists {
            for record in records {
                self.of_customer(&table, Some(&id), record);
            }
        }
    }

    fn opening(&mut self, table: &'static str, fields: &mut Fields) {
        let origin = self.builder.origin(table, 0);
        let customer = fields.text("customer");
        if customer.is_empty() {
            return self.builder.reject(origin, reason::NO_CUSTOMER, "customer", "");
        }
        match openings::read(table, fields, &self.options.needs.opens) {
            Ok(what) => self.builder.draft.openings.push(OpeningRow { customer, what, origin }),
            Err((reason, column, value)) => self.builder.reject(origin, reason, column, &value),
        }
    }

    fn product(&mut self, record: Record) {
        let (mut fields, _) = split(record);
        let (product, category, brand) = (fields.text("product"), fields.text("category"), fields.text("brand"));
        self.builder.product(product, category, brand, fields.rest());
    }

    fn of_customer(&mut self, table: &str, customer: Option<&str>, record: Record) {
        let (mut fields, lists) = split(record);
        let customer = match customer {
            Some(customer) => customer.to_owned(),
            None => fields.text("customer"),
        };
        let outcome = match table {
            "purchases" => self.purchase(customer, fields, lists).map_err(|fault| ("purchases", fault)),
            "returns" => self.returned(customer, fields).map_err(|fault| ("returns", fault)),
            "events" => self.event(customer, fields).map_err(|fault| ("events", fault)),
            _ => self.survey(customer, fields).map_err(|fault| ("surveys", fault)),
        };
        if let Err((table, fault)) = outcome {
            self.fail(table, fault);
        }
    }

    fn purchase(&mut self, customer: String, mut fields: Fields, mut lists: BTreeMap<String, Vec<Record>>) -> Result<(), Fault> {
        let options = self.options;
        let mut record = PurchaseRecord {
            customer,
            id: fields.text("id"),
            at: fields.at(&mut self.clock)?,
            amount: fields.money("amount", options)?,
            tax: fields.money("tax", options)?.unwrap_or(0),
            shipping: fields.money("shipping", options)?.unwrap_or(0),
            paid_voucher: fields.value("paid voucher", convert::yes_no)?,
            ..PurchaseRecord::default()
        };
        let paid: Vec<String> = fields.fields.keys().filter(|name| name.starts_with("paid ")).cloned().collect();
        for name in paid {
            if let Some(units) = fields.decimal(&name)? {
                if units.mantissa < 0 {
                    return Err((reason::NEGATIVE_VALUE, name, units.to_string()));
                }
                record.paid.push((name.strip_prefix("paid ").unwrap_or_default().to_owned(), units));
            }
        }
        for item in lists.remove("items").unwrap_or_default() {
            record.items.push(item_record(item, options)?);
        }
        includes(&record, options)?;
        if self.negative_are_returns && record.amount.is_some_and(|amount| amount < 0) {
            let amount = record.amount.map(i64::abs);
            let product = fields.text("product");
            let (customer, at) = (record.customer, record.at);
            self.builder.returned(ReturnRecord { customer, at, amount, product, ..ReturnRecord::default() });
            return Ok(());
        }
        record.texts = fields.rest();
        self.builder.purchase(record);
        Ok(())
    }

    fn returned(&mut self, customer: String, mut fields: Fields) -> Result<(), Fault> {
        let mut record = ReturnRecord {
            customer,
            id: fields.text("id"),
            of: fields.text("of"),
            at: fields.at(&mut self.clock)?,
            amount: fields.money("amount", self.options)?,
            product: fields.text("product"),
            quantity: fields.decimal("quantity")?,
            ..ReturnRecord::default()
        };
        if self.negative_are_returns {
            record.amount = record.amount.map(i64::abs);
            record.quantity = record.quantity.map(|q| Decimal::new(q.mantissa.abs(), q.scale));
        }
        if let Some(quantity) = record.quantity.filter(|q| q.mantissa < 0) {
            return Err((reason::NEGATIVE_VALUE, "quantity".to_owned(), quantity.to_string()));
        }
        self.builder.returned(record);
        Ok(())
    }

    fn event(&mut self, customer: String, mut fields: Fields) -> Result<(), Fault> {
        let record = EventRecord {
            customer,
            id: fields.text("id"),
            name: fields.text("name"),
            at: fields.at(&mut self.clock)?,
            of: fields.text("of"),
            value: fields.text("value"),
            ..EventRecord::default()
        };
        self.builder.event(record);
        Ok(())
    }

    fn survey(&mut self, customer: String, mut fields: Fields) -> Result<(), Fault> {
        let at = fields.at(&mut self.clock)?;
        let score = fields.decimal("score")?.ok_or_else(|| (reason::NO_SCORE, "score".to_owned(), String::new()))?;
        self.builder.survey(customer, at, score);
        Ok(())
    }
}

/// Tax and shipping are parts of a recorded amount. Where lines say what a purchase costs, that is not compared.
fn includes(record: &PurchaseRecord, options: &Options<'_>) -> Result<(), Fault> {
    let Some(total) = record.amount.filter(|_| record.items.is_empty()) else { return Ok(()) };
    let above = |part: i64| total >= 0 && part > total;
    let text = |minor: i64| Decimal::new(i128::from(minor), options.decimals).to_string();
    if above(record.tax) {
        return Err((reason::TAX_ABOVE, "tax".to_owned(), text(record.tax)));
    }
    if above(record.shipping) {
        return Err((reason::SHIPPING_ABOVE, "shipping".to_owned(), text(record.shipping)));
    }
    Ok(())
}

fn customer(id: String, mut fields: Fields) -> Result<CustomerRecord, Fault> {
    let joined = fields.date("joined")?;
    let born = fields.date("born")?;
    let referred_by = Some(fields.text("referred_by")).filter(|text| !text.is_empty());
    Ok(CustomerRecord { id, joined, born, referred_by, attributes: fields.rest(), row: 0 })
}

fn item_record(record: Record, options: &Options<'_>) -> Result<ItemRecord, Fault> {
    let (mut fields, _) = split(record);
    Ok(ItemRecord {
        product: fields.text("product"),
        category: fields.text("category"),
        brand: fields.text("brand"),
        quantity: fields.decimal("quantity")?,
        price: fields.decimal("price")?,
        amount: fields.money("amount", options)?,
        attributes: fields.rest(),
    })
}
