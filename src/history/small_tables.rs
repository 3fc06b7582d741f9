//! Customers, products, returns, events and surveys: row by row.

use super::HistoryError;
use super::column::{Batch, Column, Screen};
use super::conditions::{State, Tests};
use super::convert::{Clock, Converted, Style};
use super::keys::NONE;
use super::layout::{Layout, Shape};
use super::mapping::{Files, Reading, note_file, open_table};
use super::openings;
use super::reason;
use super::rejects::Tally;
use super::rows::{CustomerRow, Draft, EventRow, OpeningRow, Origin, ProductRow, ReturnRow, SurveyRow};
use super::values::{Numbers, Times};
use crate::value::{Date, Decimal, Instant};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Reads all tables but purchases and items.
pub(super) fn read(tables: &BTreeMap<&'static str, Files>, reading: &Reading<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let known = |name: &str| tables.get(name);
    if let Some(files) = known("customers") {
        let shape = Kind {
            table: "customers",
            standard: &["id", "joined", "born", "referred_by"],
            required: &["id"],
            owner: Some(0),
            aliases: &[("customer", "id")],
        };
        draft.customers = rows(files, reading, draft, &shape, customer)?;
    }
    if let Some(files) = known("products") {
        let shape = Kind {
            table: "products",
            standard: &["product", "category", "brand"],
            required: &["product"],
            owner: Some(2),
            aliases: &[("id", "product")],
        };
        draft.products = rows(files, reading, draft, &shape, product)?;
    }
    if let Some(files) = known("returns") {
        let shape = Kind {
            table: "returns",
            standard: &["of", "at", "amount", "product", "quantity", "customer", "id", "bought"],
            required: &["at"],
            owner: None,
            aliases: &[("purchase", "of")],
        };
        draft.returns = rows(files, reading, draft, &shape, returned)?;
        if files.of_orders {
            once(draft);
        }
    }
    if let Some(files) = known("events") {
        let shape = Kind {
            table: "events",
            standard: &["customer", "name", "at", "of", "value", "id"],
            required: &["name", "at"],
            owner: None,
            aliases: &[("purchase", "of")],
        };
        draft.events = rows(files, reading, draft, &shape, event)?;
    }
    if let Some(files) = known("surveys") {
        let shape = Kind {
            table: "surveys",
            standard: &["customer", "at", "score"],
            required: &["customer", "at", "score"],
            owner: None,
            aliases: &[],
        };
        draft.surveys = rows(files, reading, draft, &shape, survey)?;
    }
    for table in openings::TABLES {
        let Some(files) = known(table) else { continue };
        let (standard, needed) = openings::columns(table);
        let required = standard.get(..needed).unwrap_or_default();
        let shape = Kind { table, standard, required, owner: None, aliases: &[] };
        let read = rows(files, reading, draft, &shape, opening)?;
        draft.openings.extend(read);
    }
    Ok(())
}

struct Kind {
    table: &'static str,
    standard: &'static [&'static str],
    required: &'static [&'static str],
    /// Whose attributes other columns are; none: they are not read.
    owner: Option<u8>,
    aliases: &'static [(&'static str, &'static str)],
}

/// One row of a batch.
pub(super) struct Row<'a, 'b> {
    batch: &'a Batch<'b>,
    layout: &'a Layout,
    reading: &'a Reading<'a>,
    /// Whether the row is one of a purchase.
    of_orders: bool,
    table: &'a str,
    at: usize,
    origin: Origin,
    /// Amounts that were exact but for float noise.
    noise: &'a Cell<u64>,
}

/// A reason, and the column to blame.
type Fault = (&'static str, &'static str);

impl Row<'_, '_> {
    fn column(&self, place: usize) -> Option<&Column<'_>> {
        self.batch.columns.get(place)
    }

    fn text(&self, name: &str) -> String {
        let column = self.layout.place(name).and_then(|place| self.column(place));
        column.map(|column| column.own_text(self.at)).unwrap_or_default()
    }

    /// An id, as it stands in columns of ids.
    fn id(&self, name: &str) -> String {
        let text = self.text(name);
        let whole = std::str::from_utf8(super::column::whole_id(text.as_bytes())).map(str::to_owned);
        whole.unwrap_or(text)
    }

    fn value<T>(&self, name: &'static str, convert: impl FnOnce(&str) -> Converted<T>) -> Result<Option<T>, Fault> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        convert(&text).map(Some).map_err(|reason| (reason, name))
    }

    fn style(&self, name: &str) -> Style<'_> {
        self.reading.style(self.table, self.layout.column(name))
    }

    fn needed(&self, name: &'static str, reason: &'static str) -> Result<String, Fault> {
        Some(self.text(name)).filter(|text| !text.is_empty()).ok_or((reason, name))
    }

    fn needed_id(&self, name: &'static str, reason: &'static str) -> Result<String, Fault> {
        Some(self.id(name)).filter(|text| !text.is_empty()).ok_or((reason, name))
    }

    fn instant(&self, clock: &mut Clock<'_>) -> Result<i64, Fault> {
        let at = self.value("at", |text| self.style("at").instant(text, clock))?;
        let at = match at {
            None => self.value("bought", |text| self.style("bought").instant(text, clock))?,
            at => at,
        };
        let at = at.ok_or((reason::NO_TIME, "at"))?;
        if self.outside(at) { Err((reason::OUTSIDE_PERIOD, "at")) } else { Ok(at) }
    }

    fn outside(&self, at: i64) -> bool {
        let Some((from, to)) = self.reading.period else { return false };
        let day = self.reading.options.zone.local(Instant(at)).date();
        day < from || day > to
    }

    fn date(&self, name: &'static str) -> Result<Option<Date>, Fault> {
        let style = self.style(name);
        self.value(name, |text| style.date(text))
    }

    fn number(&self, name: &'static str) -> Result<Option<Decimal>, Fault> {
        let (style, written) = (self.style(name), self.written(name));
        self.value(name, |text| style.decimal(text, written))
    }

    fn money(&self, name: &'static str) -> Result<Option<i64>, Fault> {
        let (style, written) = (self.style(name), self.written(name));
        let decimals = if style.cents { 0 } else { self.reading.options.decimals };
        let mut noise = self.noise.get();
        let value = self.value(name, |text| style.money(text, decimals, written, &mut noise));
        self.noise.set(noise);
        value
    }

    fn written(&self, name: &str) -> bool {
        self.layout.place(name).and_then(|place| self.column(place)).is_some_and(|column| column.is_written(self.at))
    }

    /// Looks at numbers and times before it is known how to read them.
    fn look(&self, screen: &mut Screen) {
        for name in ["amount", "quantity", "score", "value"] {
            if name == "value" && self.table != "counts" {
                continue;
            }
            if self.style(name).numbers == Numbers::Look && self.layout.place(name).is_some() {
                screen.look_at_number(self.at, self.layout.column(name), Some(self.text(name).as_str()).filter(|text| !text.is_empty()));
            }
        }
        for name in ["at", "bought", "joined", "born", "earned", "expires", "since", "until"] {
            if self.style(name).times == Times::Look && self.layout.place(name).is_some() {
                screen.look_at_time(self.at, self.layout.column(name), Some(self.text(name).as_str()).filter(|text| !text.is_empty()));
            }
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        let all = self.layout.attributes.iter().filter_map(|(name, place)| {
            let value = self.column(*place)?.text(self.at)?;
            Some((name.clone(), value.into_owned()))
        });
        all.collect()
    }
}

fn rows<T: Send>(
    files: &Files,
    reading: &Reading<'_>,
    draft: &mut Draft,
    kind: &Kind,
    make: impl Fn(&Row<'_, '_>, &mut Clock<'_>) -> Result<T, Fault> + Sync,
) -> Result<Vec<T>, HistoryError> {
    let mut all = Vec::new();
    for place in &files.places {
        let mut table = open_table(place, reading)?;
        let source = draft.source(place.name.clone(), kind.table);
        let standard = |name: &str| kind.standard.contains(&name);
        let wanted = |name: &str| standard(name) || kind.owner.is_some_and(|owner| reading.wants_attribute(owner, name));
        let shape = Shape {
            table: kind.table,
            standard: kind.standard,
            required: kind.required,
            paid: false,
            wanted: &wanted,
            taken: &files.taken,
            elsewhere: &|_| false,
            aliases: kind.aliases,
        };
        let mut layout = Layout::find(place, table.header(), &files.columns, &shape, Vec::new())?;
        let tests = Tests::find(place, table.header(), &files.use_only, &files.cancelled, &mut layout)?;
        if kind.owner.is_some() {
            draft.partial |= layout.partial;
        }
        note_file(draft, place, &table, &layout.pick);
        let work = |batch: Batch<'_>| {
            let mut screen = Screen::new(&batch);
            let mut clock = Clock::new(reading.zone);
            let mut made = Vec::with_capacity(batch.rows);
            let noise = Cell::new(0);
            tests.see(&batch, &mut screen.tally.values);
            for at in 0..batch.rows {
                let state = if tests.is_empty() { State::In } else { tests.of(&batch, at) };
                if matches!(state, State::Out | State::Cancelled) {
                    let (column, value) = tests.why(&batch, at, state);
                    screen.leave(at, if state == State::Out { reason::NOT_IN_USE } else { reason::CANCELLED }, &column, &value);
                }
                if screen.gone(at) {
                    continue;
                }
                let origin = Origin { source, row: screen.row(at) };
                let row = Row {
                    batch: &batch,
                    layout: &layout,
                    reading,
                    of_orders: files.of_orders,
                    table: kind.table,
                    at,
                    origin,
                    noise: &noise,
                };
                if reading.styles.looking {
                    row.look(&mut screen);
                    continue;
                }
                match make(&row, &mut clock) {
                    Ok(record) => made.push(record),
                    // A purchase of which nothing came back.
                    Err((reason::NOTHING_RETURNED | reason::NO_TIME, _)) if files.of_orders => {
                        screen.tally.read = screen.tally.read.saturating_sub(1)
                    }
                    Err((reason, column)) => {
                        let unread = matches!(reason, reason::NOT_A_NUMBER | reason::DECIMALS | reason::NOT_A_TIME | reason::NOT_A_DATE);
                        screen.tally.unplain |= unread;
                        let value = row.text(column);
                        screen.reject(at, reason, layout.column(column), &value);
                        if kind.table != "balances"
                            && let Ok(Some(amount)) = row.money("amount")
                        {
                            screen.tally.money(reason, amount);
                        }
                    }
                }
            }
            screen.tally.noise += noise.get();
            Ok((made, screen.tally))
        };
        for (made, tally) in table.read(&layout.pick, &work)? {
            all.extend(made);
            merge(draft, source, tally);
        }
    }
    Ok(all)
}

/// What came back of a purchase counts once, however many of its lines say it.
fn once(draft: &mut Draft) {
    let mut all = std::mem::take(&mut draft.returns);
    let key = |row: &ReturnRow| (row.of.clone(), row.customer.clone(), row.product.clone(), row.quantity);
    all.sort_by_cached_key(|row| (key(row), row.amount, row.origin));
    let mut kept: Vec<ReturnRow> = Vec::with_capacity(all.len());
    let mut differing = 0_u64;
    for row in all {
        match kept.last() {
            Some(last) if !row.of.is_empty() && key(last) == key(&row) => {
                differing += u64::from(last.amount != row.amount);
                if let Some(tally) = draft.tally(row.origin.source) {
                    tally.read = tally.read.saturating_sub(1);
                }
            }
            _ => kept.push(row),
        }
    }
    if differing > 0 {
        draft.notes.insert(format!("{differing} lines say another refund than the line before them in their purchase; the least is used."));
    }
    draft.returns = kept;
}

/// Adds a batch's counts to its file's.
pub(super) fn merge(draft: &mut Draft, source: u32, tally: Tally) {
    if let Some(sum) = draft.tally(source) {
        sum.merge(tally);
    }
}

fn customer(row: &Row<'_, '_>, _: &mut Clock<'_>) -> Result<CustomerRow, Fault> {
    Ok(CustomerRow {
        id: row.needed_id("id", reason::NO_CUSTOMER)?,
        joined: row.date("joined")?,
        born: row.date("born")?,
        referred_by: Some(row.id("referred_by")).filter(|text| !text.is_empty()),
        attributes: row.attributes(),
        origin: row.origin,
    })
}

fn product(row: &Row<'_, '_>, _: &mut Clock<'_>) -> Result<ProductRow, Fault> {
    Ok(ProductRow {
        product: row.needed("product", reason::NO_PRODUCT)?,
        category: row.text("category"),
        brand: row.text("brand"),
        attributes: row.attributes(),
        origin: row.origin,
    })
}

fn returned(row: &Row<'_, '_>, clock: &mut Clock<'_>) -> Result<ReturnRow, Fault> {
    let mut amount = row.money("amount")?;
    let mut quantity = row.number("quantity")?;
    // What came back is the same with a minus before it.
    amount = amount.map(i64::abs);
    quantity = quantity.map(|q| Decimal::new(q.mantissa.abs(), q.scale));
    if row.of_orders && amount.unwrap_or(0) == 0 && quantity.is_none() {
        return Err((reason::NOTHING_RETURNED, "amount"));
    }
    if amount.is_none() && quantity.is_none() && row.layout.place("amount").is_some() {
        return Err((reason::NO_AMOUNT, "amount"));
    }
    Ok(ReturnRow {
        customer: row.id("customer"),
        id: row.id("id"),
        of: row.id("of"),
        at: match row.instant(clock) {
            // Another line of the purchase says when it was.
            Err((reason::NO_TIME, _)) if row.of_orders && !row.id("of").is_empty() => NONE,
            at => at?,
        },
        sequence: 0,
        amount,
        product: row.text("product"),
        quantity,
        price: None,
        within: String::new(),
        of_orders: row.of_orders,
        origin: row.origin,
    })
}

fn event(row: &Row<'_, '_>, clock: &mut Clock<'_>) -> Result<EventRow, Fault> {
    let of = row.id("of");
    let customer = row.id("customer");
    if customer.is_empty() && of.is_empty() {
        return Err((reason::NO_CUSTOMER, "customer"));
    }
    Ok(EventRow {
        customer,
        id: row.id("id"),
        name: row.needed("name", reason::NO_NAME)?,
        at: row.instant(clock)?,
        sequence: 0,
        of,
        value: row.text("value"),
        origin: row.origin,
    })
}

/// The words of a row of opening balances.
struct Words<'a, 'b, 'c>(&'c Row<'a, 'b>);

impl openings::Cells for Words<'_, '_, '_> {
    fn text(&mut self, name: &'static str) -> String {
        self.0.text(name)
    }

    fn date(&mut self, name: &'static str) -> Result<Option<Date>, openings::Fault> {
        self.0.date(name).map_err(|(reason, column)| (reason, column, String::new()))
    }

    fn number(&mut self, name: &'static str) -> Result<Option<Decimal>, openings::Fault> {
        self.0.number(name).map_err(|(reason, column)| (reason, column, String::new()))
    }
}

fn opening(row: &Row<'_, '_>, _: &mut Clock<'_>) -> Result<OpeningRow, Fault> {
    let customer = row.needed_id("customer", reason::NO_CUSTOMER)?;
    let what = openings::read(row.table, &mut Words(row), &row.reading.options.needs.opens);
    Ok(OpeningRow { customer, what: what.map_err(|(reason, column, _)| (reason, column))?, origin: row.origin })
}

fn survey(row: &Row<'_, '_>, clock: &mut Clock<'_>) -> Result<SurveyRow, Fault> {
    Ok(SurveyRow {
        customer: row.needed_id("customer", reason::NO_CUSTOMER)?,
        at: row.instant(clock)?,
        score: row.number("score")?.ok_or((reason::NO_SCORE, "score"))?,
    })
}
