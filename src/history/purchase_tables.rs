//! Purchases and item lines: column by column.

use super::column::{Batch, Column, Screen};
use super::conditions::{Condition, State, Test, Tests};
use super::convert::Clock;
use super::keys::{Key, NONE, small};
use super::layout::{Layout, Shape};
use super::line_tables::loose_file;
use super::mapping::{Files, Reading, note_file, open_table};
use super::model::NO_TEXT;
use super::open::Place;
use super::partition::bucket;
use super::reason;
use super::receipt_tables::receipts;
use super::rejects::Tally;
use super::rows::{Chunk, Dict, Draft, Origin, PRODUCT, ReturnRow, Rows, TEXT_COLUMNS};
use super::small_tables::merge;
use super::totals::Totals;
use super::watch::{Watch, says_refunded};
use super::{HistoryError, names, values};
use std::collections::BTreeMap;

const ROW_COLUMNS: [&str; 16] = [
    "currency",
    "customer",
    "id",
    "at",
    "amount",
    "tax",
    "shipping",
    "channel",
    "store",
    "payment",
    "partner",
    "coupon",
    "category",
    "brand",
    "product",
    "paid voucher",
];
/// Columns of a line. What a line cost in all is used only where it is mapped.
pub(super) const LINE_COLUMNS: [&str; 7] = ["purchase", "customer", "product", "category", "brand", "quantity", "price"];
/// What only a mapping says of lines: what each cost in all, and its parts of what else the receipt has.
const MAPPED_LINE_COLUMNS: [&str; 6] = ["line total", "amount", "tax", "shipping", "discount", "tip"];
pub(super) const LINE_STANDARD: [&str; 10] =
    ["product", "category", "brand", "quantity", "price", "line total", "tax", "shipping", "discount", "tip"];
pub(super) const LOOSE_STANDARD: [&str; 12] =
    ["purchase", "customer", "product", "category", "brand", "quantity", "price", "line total", "tax", "shipping", "discount", "tip"];
/// Columns of a receipt that its lines may repeat.
pub(super) const HEAD_COLUMNS: [&str; 13] =
    ["currency", "customer", "id", "at", "amount", "tax", "shipping", "channel", "store", "payment", "partner", "coupon", "paid voucher"];

/// Reads purchases and items, from files of their own or from lines that repeat their receipt.
pub(super) fn read(mut tables: BTreeMap<&'static str, Files>, reading: &Reading<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let products = tables.contains_key("products");
    let returns = !draft.returns.is_empty() || reading.negative_are_returns || !reading.returned_where.is_empty();
    let context = Context { reading, products: products || returns, returns, has_items: false, table: "purchases" };
    match (tables.remove("purchases"), tables.remove("items")) {
        (Some(purchases), Some(items)) if same_files(&purchases, &items) => receipts(&purchases, &items, true, &context, draft),
        (None, Some(items)) => {
            let rename = |(name, column): (&String, &String)| {
                let name = if name == "purchase" { "id" } else { name.as_str() };
                HEAD_COLUMNS.contains(&name).then(|| (name.to_owned(), column.clone()))
            };
            let columns = items.columns.iter().filter(|(name, _)| !of_lines(name)).filter_map(rename).collect();
            let (use_only, cancelled) = (items.use_only.clone(), items.cancelled.clone());
            let heads = Files { places: items.places.clone(), columns, use_only, cancelled, ..Files::default() };
            let items = Files { use_only: Vec::new(), cancelled: Vec::new(), ..items };
            receipts(&heads, &items, false, &context, draft)
        }
        (Some(purchases), None) => {
            for place in &purchases.places {
                if purchases.columns.is_empty() && looks_like_lines(place, reading)? {
                    unclear_amount(place, reading)?;
                    let one = Files {
                        places: vec![place.clone()],
                        use_only: purchases.use_only.clone(),
                        cancelled: purchases.cancelled.clone(),
                        ..Files::default()
                    };
                    let items = Files { places: vec![place.clone()], ..Files::default() };
                    receipts(&one, &items, true, &context, draft)?;
                } else {
                    purchase_file(place, &purchases, &context, draft)?;
                }
            }
            Ok(())
        }
        (Some(purchases), Some(items)) => {
            let context = Context { has_items: true, table: "items", ..context };
            for place in &purchases.places {
                purchase_file(place, &purchases, &context, draft)?;
            }
            for place in &items.places {
                loose_file(place, &items.columns, &items.use_only, &context, draft)?;
            }
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub reading: &'a Reading<'a>,
    /// Whether products are needed even if the program does not look at them.
    pub products: bool,
    /// Whether returns are to be matched.
    pub returns: bool,
    pub has_items: bool,
    /// The table that lines are rows of.
    pub table: &'static str,
}

impl Context<'_> {
    /// Whether a column is needed.
    pub fn wants(&self, owner: u8, name: &str) -> bool {
        let always = matches!(
            name,
            "currency" | "customer" | "id" | "at" | "amount" | "shipping" | "paid voucher" | "purchase" | "quantity" | "price"
        );
        let needed = name == "product" && self.products || name == "tax" && self.has_items;
        always || needed || self.reading.wants_column(name) || self.reading.wants_attribute(owner, name)
    }
}

fn same_files(a: &Files, b: &Files) -> bool {
    super::how::same_rows(&a.places, &b.places)
}

/// Whether a file with standard column names has one row a line rather than a purchase.
fn looks_like_lines(place: &Place, reading: &Reading<'_>) -> Result<bool, HistoryError> {
    let table = open_table(place, reading)?;
    let has = |name: &str| table.header().iter().any(|column| column.to_lowercase() == name);
    Ok(has("purchase") && !has("id") || has("price") && !has("amount"))
}

/// Without prices, an amount beside the receipt's number may be its line's or the whole receipt's.
fn unclear_amount(place: &Place, reading: &Reading<'_>) -> Result<(), HistoryError> {
    let table = open_table(place, reading)?;
    let column = |name: &str| table.header().iter().find(|column| column.to_lowercase() == name).cloned();
    let (None, Some(amount)) = (column("price"), column("amount")) else { return Ok(()) };
    let file = place.name.rsplit('/').next().unwrap_or(&place.name);
    Err(place.error(format!(
        "\"{amount}\" may be what each line cost, or what the whole purchase cost. Say in a mapping file which it is: items: {{ files: {file}, columns: {{ line total: {amount} }} }} for each line, or purchases: {{ files: {file}, columns: {{ id: purchase }} }} where every row is a purchase"
    )))
}

pub(super) fn of_lines(name: &str) -> bool {
    MAPPED_LINE_COLUMNS.contains(&name)
}

/// One row a purchase.
fn purchase_file(place: &Place, files: &Files, context: &Context<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let reading = context.reading;
    let mut table = open_table(place, reading)?;
    let source = draft.source(place.name.clone(), "purchases");
    let required: &[&str] = if context.has_items { &["customer", "at"] } else { &["customer", "at", "amount"] };
    let shape = Shape {
        table: "purchases",
        standard: &ROW_COLUMNS,
        required,
        paid: true,
        wanted: &|name| if name == "currency" { files.columns.contains_key(name) } else { context.wants(1, name) },
        taken: &[],
        elsewhere: &|_| false,
        aliases: &[],
    };
    let mut layout = Layout::find(place, table.header(), &files.columns, &shape, Vec::new())?;
    let marks = Marks::find(place, table.header(), reading, &mut layout, draft)?;
    let tests = Tests::find(place, table.header(), &files.use_only, &files.cancelled, &mut layout)?;
    let refunds = Refunds::find(place, table.header(), &files.use_only, reading, &mut layout)?;
    let watch = Watch::find(place, reading.encoding.as_deref(), &mut table, &|column| reading.knows(column, 1), &mut layout)?;
    draft.partial |= layout.partial;
    note_file(draft, place, &table, &layout.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut chunk = Chunk { source, first_row: batch.first_row, ..Chunk::default() };
        watch.see(&batch, reading.options.currency, &mut screen.tally.watched);
        tests.see(&batch, &mut screen.tally.values);
        let total = Totals::candidates(&batch, &layout, &mut screen);
        leave_rows(&batch, &tests, &mut screen);
        decode_rows(&batch, &layout, reading, &mut chunk, &mut screen);
        if !context.has_items {
            screen_parts(&batch, &layout, &chunk.rows, &mut screen);
        }
        let below = |row: usize| chunk.rows.amount.get(row).is_some_and(|amount| *amount < 0 && *amount != NONE);
        let is_return = |row: usize| reading.negative_are_returns && below(row) || marks.holds(&batch, row);
        refunds.see(&batch, &chunk.rows.id, &tests, &is_return, &mut screen.tally);
        let left = if context.has_items { left_ids(&batch, &tests, &chunk.rows) } else { Vec::new() };
        let amount = |row: usize| chunk.rows.amount.get(row).copied().filter(|amount| *amount != NONE);
        let sums = total.sums(&batch, &screen, amount);
        let returns = screen_purchases(&batch, &layout, &marks, context, &mut chunk, &mut screen);
        screen.settle(|row| chunk.rows.amount.get(row).copied());
        if let Some(order) = screen.staying(batch.rows) {
            chunk.rows = chunk.rows.gather(&order);
            chunk.dict.retain_used(chunk.rows.texts.iter());
        }
        deal(&mut chunk, reading);
        Ok((chunk, returns, (screen.tally, sums, left)))
    };
    let mut all = Vec::new();
    for (chunk, returns, (tally, sums, left)) in table.read(&layout.pick, &work)? {
        all.push(sums);
        draft.left_ids.extend(left);
        add(draft, source, chunk, returns, tally);
    }
    draft.note_currency(source, &table);
    Totals::settle(all, source, draft);
    Ok(())
}

pub(super) fn deal(chunk: &mut Chunk, reading: &Reading<'_>) {
    if !reading.pooled {
        chunk.deal(bucket);
    }
}

pub(super) fn add(draft: &mut Draft, source: u32, chunk: Chunk, returns: Vec<ReturnRow>, tally: Tally) {
    merge(draft, source, tally);
    draft.returns.extend(returns);
    if chunk.rows.len() > 0 {
        draft.chunks.push(chunk);
    }
}

pub(super) fn column<'a, 'b>(batch: &'a Batch<'b>, layout: &Layout, name: &str) -> Option<&'a Column<'b>> {
    layout.place(name).and_then(|place| batch.columns.get(place))
}

/// Decodes everything of a purchase but its lines.
pub(super) fn decode_rows(batch: &Batch<'_>, layout: &Layout, reading: &Reading<'_>, chunk: &mut Chunk, screen: &mut Screen) {
    let count = batch.rows;
    let decimals = reading.options.decimals;
    let mut clock = Clock::new(reading.zone);
    let find = |name: &str| column(batch, layout, name);
    let fold = chunk.fold;
    let rows = &mut chunk.rows;
    if let Some(customer) = find("customer") {
        rows.customer = customer.keys(count).without(&reading.nobody, count);
    }
    if let Some(currency) = find("currency") {
        for row in 0..count {
            let other = currency.text(row).filter(|text| values::is_currency(text, reading.options.currency) != Some(true));
            if let Some(text) = other {
                screen.reject(row, reason::OTHER_CURRENCY, layout.column("currency"), &text);
            }
        }
    }
    if let Some(id) = find("id") {
        rows.id = id.keys(count);
    }
    if let Some(at) = find("at") {
        rows.at = at.instants(count, layout.column("at"), reading.style("purchases", layout.column("at")), fold, &mut clock, screen);
    }
    rows.amount = match find("amount") {
        Some(amount) => amount.money(count, layout.column("amount"), decimals, reading.style("purchases", layout.column("amount")), screen),
        None => vec![NONE; count],
    };
    let unit = 10_i64.checked_pow(u32::from(decimals)).unwrap_or(i64::MAX);
    let known = || rows.amount.iter().filter(|amount| **amount != NONE && **amount != 0);
    screen.tally.amounts = (known().next().is_some(), known().any(|amount| amount % unit != 0));
    let mut side = |name: &str| {
        let values = find(name)
            .map(|column| column.money(count, layout.column(name), decimals, reading.style("purchases", layout.column(name)), screen));
        let mut values = values.unwrap_or_default();
        for (row, value) in values.iter_mut().enumerate() {
            if *value == NONE {
                *value = if fold { NONE } else { 0 };
            } else if *value < 0 && !reading.negative_are_returns {
                let text = find(name).map(|column| column.own_text(row)).unwrap_or_default();
                screen.reject(row, reason::NEGATIVE_VALUE, layout.column(name), &text);
            }
        }
        values
    };
    rows.tax = side("tax");
    rows.shipping = side("shipping");
    rows.texts =
        TEXT_COLUMNS.iter().map(|name| find(name).map(|column| column.codes(count, &mut chunk.dict)).unwrap_or_default()).collect();
    for (name, place) in &layout.attributes {
        if let Some(column) = batch.columns.get(*place) {
            rows.texts.push(column.codes(count, &mut chunk.dict));
            chunk.attributes.push(name.clone());
        }
    }
    for (wallet, place) in &layout.wallets {
        if let Some(column) = batch.columns.get(*place) {
            let mut units = column.decimals(count, wallet, reading.style("purchases", wallet), screen);
            for (row, value) in units.iter_mut().enumerate() {
                if value.is_some_and(|units| units.mantissa < 0) {
                    screen.reject(row, reason::NEGATIVE_VALUE, wallet, &column.own_text(row));
                    *value = None;
                }
            }
            rows.paid.push(units);
            chunk.wallets.push(wallet.clone());
        }
    }
    if let Some(voucher) = find("paid voucher") {
        let one = |row: usize| {
            let text = voucher.text(row)?;
            let value = super::convert::yes_no(&text);
            value.map_err(|reason| screen.reject(row, reason, layout.column("paid voucher"), &text)).ok()
        };
        rows.paid_voucher = (0..count).map(one).collect();
    }
    rows.row = (0..small(count)).collect();
}

/// Tax and shipping are parts of a recorded amount. Where lines say what a purchase costs, that is not compared.
fn screen_parts(batch: &Batch<'_>, layout: &Layout, rows: &Rows, screen: &mut Screen) {
    for (name, values, reason) in [("tax", &rows.tax, reason::TAX_ABOVE), ("shipping", &rows.shipping, reason::SHIPPING_ABOVE)] {
        for (row, (value, amount)) in values.iter().zip(&rows.amount).enumerate() {
            // Amounts below zero are returns, or rejected as such.
            if *amount >= 0 && value > amount {
                let text = column(batch, layout, name).map(|column| column.own_text(row)).unwrap_or_default();
                screen.reject(row, reason, layout.column(name), &text);
            }
        }
    }
}

/// Tests amounts, and makes returns of the rows that are.
fn screen_purchases(
    batch: &Batch<'_>,
    layout: &Layout,
    marks: &Marks,
    context: &Context<'_>,
    chunk: &mut Chunk,
    screen: &mut Screen,
) -> Vec<ReturnRow> {
    let mut returns = Vec::new();
    let quick = marks.is_empty() && chunk.rows.amount.iter().all(|amount| *amount >= 0);
    if quick {
        return returns;
    }
    for row in 0..batch.rows {
        if screen.gone(row) {
            continue;
        }
        let amount = chunk.rows.amount.get(row).copied().unwrap_or(NONE);
        let value = || column(batch, layout, "amount").map(|column| column.own_text(row)).unwrap_or_default();
        let marked = marks.holds(batch, row);
        if amount == NONE {
            // With items, the lines say what a purchase cost, and which of them are returns.
            if !context.has_items {
                screen.reject(row, reason::NO_AMOUNT, layout.column("amount"), "");
            }
            continue;
        }
        if amount >= 0 && !marked {
            continue;
        }
        if amount < 0 && !marked && !context.reading.negative_are_returns {
            screen.reject(row, reason::NEGATIVE, layout.column("amount"), &value());
            continue;
        }
        let product = chunk.rows.texts.get(PRODUCT).and_then(|list| list.get(row)).copied().unwrap_or(NO_TEXT);
        returns.push(ReturnRow {
            customer: chunk.rows.customer.get(row).text(),
            id: chunk.rows.id.get(row).text(),
            at: chunk.rows.at.get(row).copied().unwrap_or(0),
            amount: Some(amount.saturating_abs()),
            product: text(&chunk.dict, product),
            origin: Origin { source: chunk.source, row: screen.row(row) },
            ..ReturnRow::default()
        });
        screen.drop_row(row);
    }
    returns
}

pub(super) fn text(dict: &Dict, code: u32) -> String {
    dict.list.get(super::keys::ix(code)).map(|text| text.to_string()).unwrap_or_default()
}

/// Which rows of a file are returns: those of which one of the conditions holds.
pub(super) struct Marks(Vec<(Condition, usize)>);

impl Marks {
    /// Finds the columns that the file has.
    pub fn find(
        place: &Place,
        header: &[String],
        reading: &Reading<'_>,
        layout: &mut Layout,
        draft: &mut Draft,
    ) -> Result<Self, HistoryError> {
        let mut all = Vec::new();
        for condition in &reading.returned_where {
            if let Some(field) = super::layout::locate(place, header, &condition.column)? {
                all.push((condition.clone(), layout.place_of(field)));
                draft.marked = true;
            }
        }
        Ok(Self(all))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a row is a return.
    pub fn holds(&self, batch: &Batch<'_>, row: usize) -> bool {
        let value = |place: usize| batch.columns.get(place).and_then(|column| column.text(row));
        self.0.iter().any(|(condition, place)| condition.holds(value(*place).as_deref()) == Some(true))
    }
}

/// States that are used and say that something came back, beside the column that says how much.
pub(super) struct Refunds {
    states: Vec<(String, Vec<String>, usize)>,
    amount: Option<usize>,
}

impl Refunds {
    /// Finds the columns; none where a table of returns says what came back.
    pub fn find(
        place: &Place,
        header: &[String],
        use_only: &[Condition],
        reading: &Reading<'_>,
        layout: &mut Layout,
    ) -> Result<Self, HistoryError> {
        let mut states = Vec::new();
        for condition in use_only.iter().filter(|_| !reading.has_returns) {
            let Test::OneOf(list) = &condition.test else { continue };
            let list: Vec<String> = list.iter().filter(|value| says_refunded(&names::plain(value))).cloned().collect();
            if !list.is_empty() {
                states.push((condition.column.clone(), list, layout.also(place, header, &condition.column, "use only")?));
            }
        }
        let amount = reading.refunded.as_ref().filter(|_| !states.is_empty());
        let amount = amount.map(|column| layout.also(place, header, column, "refunded")).transpose()?;
        Ok(Self { states, amount })
    }

    /// Looks which purchases are said to have come back, and which with an amount.
    ///
    /// A row that is itself a return says how much came back.
    pub fn see(&self, batch: &Batch<'_>, ids: &super::keys::Keys, tests: &Tests, is_return: &dyn Fn(usize) -> bool, tally: &mut Tally) {
        for row in (0..if self.states.is_empty() { 0 } else { batch.rows }).filter(|row| !is_return(*row)) {
            let text = |place: usize| batch.columns.get(place).and_then(|column| column.text(row));
            let some = |text: &str| text.chars().any(|letter| matches!(letter, '1'..='9'));
            if self.amount.and_then(text).is_some_and(|text| some(&text)) {
                tally.refunds.1.insert(ids.get(row).text());
                continue;
            }
            let said = self.states.iter().find_map(|(column, list, place)| {
                let value = text(*place).filter(|value| list.contains(&value.to_lowercase()))?;
                Some((column.clone(), value.into_owned()))
            });
            if let Some(said) = said.filter(|_| !matches!(tests.state(batch, row), State::Cancelled | State::Out)) {
                tally.refunds.0.insert(ids.get(row).text(), said);
            }
        }
    }
}

/// Leaves rows out that the mapping does not use.
fn leave_rows(batch: &Batch<'_>, tests: &Tests, screen: &mut Screen) {
    for row in 0..if tests.is_empty() { 0 } else { batch.rows } {
        let state = tests.of(batch, row);
        let reason = match state {
            State::Out => reason::NOT_IN_USE,
            State::Cancelled => reason::CANCELLED,
            State::In | State::Unsaid => continue,
        };
        let (column, value) = tests.why(batch, row, state);
        screen.leave(row, reason, &column, &value);
    }
}

/// Purchases that the mapping does not use: their lines go with them.
fn left_ids(batch: &Batch<'_>, tests: &Tests, rows: &Rows) -> Vec<(Key, &'static str)> {
    let reason = |row: usize| match tests.of(batch, row) {
        State::Out => Some(reason::NOT_IN_USE),
        State::Cancelled => Some(reason::CANCELLED),
        State::In | State::Unsaid => None,
    };
    (0..if tests.is_empty() { 0 } else { batch.rows }).filter_map(|row| Some((rows.id.get(row).own(), reason(row)?))).collect()
}

/// Adds a batch's counts to its file's.
pub(super) fn merge_tally(draft: &mut Draft, source: u32, tally: Tally) {
    merge(draft, source, tally);
}
