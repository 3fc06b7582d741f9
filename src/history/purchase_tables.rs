//! Purchases and item lines: column by column.

use super::builder::{LineAmount, line_amount};
use super::column::{Batch, Column, Screen};
use super::convert::Clock;
use super::keys::{NONE, small};
use super::layout::{Layout, Shape};
use super::mapping::{Files, Reading, note_file, open_table};
use super::model::NO_TEXT;
use super::open::Place;
use super::partition::bucket;
use super::reason;
use super::rejects::Tally;
use super::rows::{Chunk, Dict, Draft, LINE_PRODUCT, Lines, LooseLines, Origin, PRODUCT, ReturnRow, Rows, TEXT_COLUMNS};
use super::small_tables::merge;
use super::{HistoryError, Options};
use crate::value::Decimal;
use std::collections::BTreeMap;

const ROW_COLUMNS: [&str; 15] = [
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
const LINE_COLUMNS: [&str; 7] = ["purchase", "customer", "product", "category", "brand", "quantity", "price"];
/// What only a mapping says of lines: what each cost in all, and its parts of what else the receipt has.
const MAPPED_LINE_COLUMNS: [&str; 5] = ["line total", "amount", "tax", "shipping", "discount"];
const LINE_STANDARD: [&str; 9] = ["product", "category", "brand", "quantity", "price", "line total", "tax", "shipping", "discount"];
const LOOSE_STANDARD: [&str; 11] =
    ["purchase", "customer", "product", "category", "brand", "quantity", "price", "line total", "tax", "shipping", "discount"];
/// Columns of a receipt that its lines may repeat.
const HEAD_COLUMNS: [&str; 12] =
    ["customer", "id", "at", "amount", "tax", "shipping", "channel", "store", "payment", "partner", "coupon", "paid voucher"];

/// Reads purchases and items, from files of their own or from lines that repeat their receipt.
pub(super) fn read(mut tables: BTreeMap<&'static str, Files>, reading: &Reading<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let products = tables.contains_key("products");
    let returns = !draft.returns.is_empty() || reading.negative_are_returns || reading.returned_when.is_some();
    let context = Context { reading, products: products || returns, returns, has_items: false, table: "purchases" };
    match (tables.remove("purchases"), tables.remove("items")) {
        (Some(purchases), Some(items)) if same_files(&purchases, &items) => receipts(&purchases, &items, true, &context, draft),
        (None, Some(items)) => {
            let rename = |(name, column): (&String, &String)| {
                let name = if name == "purchase" { "id" } else { name.as_str() };
                HEAD_COLUMNS.contains(&name).then(|| (name.to_owned(), column.clone()))
            };
            let columns = items.columns.iter().filter(|(name, _)| !of_lines(name)).filter_map(rename).collect();
            let heads = Files { places: items.places.clone(), columns, ..Files::default() };
            receipts(&heads, &items, false, &context, draft)
        }
        (Some(purchases), None) => {
            for place in &purchases.places {
                if purchases.columns.is_empty() && looks_like_lines(place, reading)? {
                    unclear_amount(place, reading)?;
                    let one = Files { places: vec![place.clone()], ..Files::default() };
                    receipts(&one, &one, true, &context, draft)?;
                } else {
                    purchase_file(place, &purchases.columns, &context, draft)?;
                }
            }
            Ok(())
        }
        (Some(purchases), Some(items)) => {
            let context = Context { has_items: true, table: "items", ..context };
            for place in &purchases.places {
                purchase_file(place, &purchases.columns, &context, draft)?;
            }
            for place in &items.places {
                loose_file(place, &items.columns, &context, draft)?;
            }
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

#[derive(Clone, Copy)]
struct Context<'a> {
    reading: &'a Reading<'a>,
    /// Whether products are needed even if the program does not look at them.
    products: bool,
    /// Whether returns are to be matched.
    returns: bool,
    has_items: bool,
    /// The table that lines are rows of.
    table: &'static str,
}

impl Context<'_> {
    fn wants(&self, owner: u8, name: &str) -> bool {
        let always = matches!(name, "customer" | "id" | "at" | "amount" | "shipping" | "paid voucher" | "purchase" | "quantity" | "price");
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

fn of_lines(name: &str) -> bool {
    MAPPED_LINE_COLUMNS.contains(&name)
}

/// One row a purchase.
fn purchase_file(place: &Place, columns: &BTreeMap<String, String>, context: &Context<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let reading = context.reading;
    let mut table = open_table(place, reading)?;
    let source = draft.source(place.name.clone(), "purchases");
    let required: &[&str] = if context.has_items { &["customer", "at"] } else { &["customer", "at", "amount"] };
    let shape = Shape {
        table: "purchases",
        standard: &ROW_COLUMNS,
        required,
        paid: true,
        wanted: &|name| context.wants(1, name),
        taken: &[],
        elsewhere: &|_| false,
        aliases: &[],
    };
    let mark = reading.returned_when.as_ref().map(|(column, _)| column.as_str());
    let layout = Layout::find(place, table.header(), columns, mark, &shape, Vec::new())?;
    draft.partial |= layout.partial;
    note_file(draft, place, &table, &layout.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut chunk = Chunk { source, first_row: batch.first_row, ..Chunk::default() };
        decode_rows(&batch, &layout, reading, &mut chunk, &mut screen);
        if !context.has_items {
            screen_parts(&batch, &layout, &chunk.rows, &mut screen);
        }
        let returns = screen_purchases(&batch, &layout, context, &mut chunk, &mut screen);
        if let Some(order) = screen.staying(batch.rows) {
            chunk.rows = chunk.rows.gather(&order);
            chunk.dict.retain_used(chunk.rows.texts.iter());
        }
        deal(&mut chunk, reading);
        Ok((chunk, returns, screen.tally))
    };
    for (chunk, returns, tally) in table.read(&layout.pick, &work)? {
        add(draft, source, chunk, returns, tally);
    }
    Ok(())
}

fn deal(chunk: &mut Chunk, reading: &Reading<'_>) {
    if !reading.pooled {
        chunk.deal(bucket);
    }
}

fn add(draft: &mut Draft, source: u32, chunk: Chunk, returns: Vec<ReturnRow>, tally: Tally) {
    merge(draft, source, tally);
    draft.returns.extend(returns);
    if chunk.rows.len() > 0 {
        draft.chunks.push(chunk);
    }
}

fn column<'a, 'b>(batch: &'a Batch<'b>, layout: &Layout, name: &str) -> Option<&'a Column<'b>> {
    layout.place(name).and_then(|place| batch.columns.get(place))
}

/// Decodes everything of a purchase but its lines.
fn decode_rows(batch: &Batch<'_>, layout: &Layout, reading: &Reading<'_>, chunk: &mut Chunk, screen: &mut Screen) {
    let count = batch.rows;
    let decimals = reading.options.decimals;
    let mut clock = Clock::new(reading.zone);
    let find = |name: &str| column(batch, layout, name);
    let fold = chunk.fold;
    let rows = &mut chunk.rows;
    if let Some(customer) = find("customer") {
        rows.customer = customer.keys(count);
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
fn screen_purchases(batch: &Batch<'_>, layout: &Layout, context: &Context<'_>, chunk: &mut Chunk, screen: &mut Screen) -> Vec<ReturnRow> {
    let mut returns = Vec::new();
    let quick = layout.mark.is_none() && chunk.rows.amount.iter().all(|amount| *amount >= 0);
    if quick {
        return returns;
    }
    let marked = marks(batch, layout, context.reading);
    for row in 0..batch.rows {
        if screen.gone(row) {
            continue;
        }
        let amount = chunk.rows.amount.get(row).copied().unwrap_or(NONE);
        let value = || column(batch, layout, "amount").map(|column| column.own_text(row)).unwrap_or_default();
        let marked = marked(row);
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

fn text(dict: &Dict, code: u32) -> String {
    dict.list.get(super::keys::ix(code)).map(|text| text.to_string()).unwrap_or_default()
}

/// Whether `returned when` says that a row is a return.
fn marks<'a>(batch: &'a Batch<'_>, layout: &Layout, reading: &'a Reading<'_>) -> impl Fn(usize) -> bool + use<'a> {
    let column = layout.mark.and_then(|place| batch.columns.get(place));
    let prefix = reading.returned_when.as_ref().map_or("", |(_, prefix)| prefix.as_str());
    move |row| column.and_then(|column| column.text(row)).is_some_and(|text| text.starts_with(prefix))
}

/// Lines that repeat their receipt: the rows of a receipt are folded into one purchase. `totals` if they repeat its amount
/// too.
fn receipts(heads: &Files, items: &Files, totals: bool, context: &Context<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let context = &Context { has_items: true, ..*context };
    for place in &items.places {
        receipt_file(place, (&heads.columns, &items.columns), totals, context, draft)?;
    }
    Ok(())
}

fn receipt_file(
    place: &Place,
    (heads, items): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    totals: bool,
    context: &Context<'_>,
    draft: &mut Draft,
) -> Result<(), HistoryError> {
    let reading = context.reading;
    let mut table = open_table(place, reading)?;
    let source = draft.source(place.name.clone(), "purchases");
    let mut heads = heads.clone();
    let mut items = items.clone();
    // A column that is mapped both as the receipt's amount and as what its lines cost is the lines'.
    let cost = items.remove("line total").or_else(|| items.remove("amount"));
    if cost.is_some() && heads.get("amount") == cost.as_ref() {
        heads.remove("amount");
    }
    items.extend(cost.map(|column| ("line total".to_owned(), column)));
    let taken = |columns: &BTreeMap<String, String>| columns.values().cloned().collect::<Vec<_>>();
    let row_shape = Shape {
        table: "purchases",
        standard: &HEAD_COLUMNS,
        required: &["customer", "id", "at"],
        paid: true,
        wanted: &|name| !LINE_COLUMNS.iter().skip(2).any(|c| *c == name) && (name != "amount" || totals) && context.wants(1, name),
        taken: &taken(&items).into_iter().filter(|column| !heads.values().any(|mine| mine == column)).collect::<Vec<_>>(),
        elsewhere: &|name| LOOSE_STANDARD.contains(&name),
        aliases: &[("purchase", "id")],
    };
    let mark = reading.returned_when.as_ref().map(|(column, _)| column.as_str());
    let rows = Layout::find(place, table.header(), &heads, mark, &row_shape, Vec::new())?;
    items.retain(|name, _| name != "purchase" && (!HEAD_COLUMNS.contains(&name.as_str()) || of_lines(name)));
    let line_shape = Shape {
        table: "items",
        standard: &LINE_STANDARD,
        required: &[],
        paid: false,
        wanted: &|name| {
            let own = of_lines(name) && items.contains_key(name);
            let of_head = HEAD_COLUMNS.contains(&name) || name == "purchase" || name.starts_with("paid ");
            own || !of_head && context.wants(2, name)
        },
        taken: &taken(&heads).into_iter().filter(|column| !items.values().any(|mine| mine == column)).collect::<Vec<_>>(),
        elsewhere: &|name| HEAD_COLUMNS.contains(&name),
        aliases: &[],
    };
    let lines = Layout::find(place, table.header(), &items, None, &line_shape, rows.pick.clone())?;
    costs(place, table.header(), &lines)?;
    draft.partial |= rows.partial || lines.partial;
    note_file(draft, place, &table, &lines.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut chunk = Chunk { source, first_row: batch.first_row, fold: true, ..Chunk::default() };
        decode_rows(&batch, &rows, reading, &mut chunk, &mut screen);
        for row in 0..batch.rows {
            if chunk.rows.id.get(row).is_missing() {
                screen.reject(row, reason::NO_ID, rows.column("id"), "");
            }
        }
        let mut decoded = decode_lines(&batch, &lines, context, &mut chunk.dict, &mut screen);
        let marked = marks(&batch, &rows, reading);
        let returned = screen_lines(&batch, &lines, context, &mut decoded, &marked, &mut screen);
        let mut returns = Vec::new();
        for row in returned.iter().enumerate().filter(|(_, returned)| **returned).map(|(row, _)| row) {
            let product =
                text(&chunk.dict, decoded.lines.texts.get(LINE_PRODUCT).and_then(|list| list.get(row)).copied().unwrap_or(NO_TEXT));
            returns.push(ReturnRow {
                customer: chunk.rows.customer.get(row).text(),
                at: chunk.rows.at.get(row).copied().unwrap_or(0),
                amount: decoded.lines.amount.get(row).copied(),
                quantity: if product.is_empty() { None } else { decoded.lines.quantity.get(row).copied() },
                price: decoded.lines.listed.get(row).or_else(|| decoded.lines.price.get(row)).copied(),
                product,
                origin: Origin { source, row: screen.row(row) },
                ..ReturnRow::default()
            });
            screen.drop_row(row);
        }
        chunk.lines = decoded.lines;
        chunk.item_attributes = decoded.attributes;
        if let Some(order) = screen.staying(batch.rows) {
            chunk.rows = chunk.rows.gather(&order);
            chunk.lines = chunk.lines.gather(&order);
            chunk.dict.retain_used(chunk.rows.texts.iter().chain(&chunk.lines.texts));
        }
        chunk.lines.owner = (0..small(chunk.rows.len())).collect();
        // Lines that leave out the customer or the time are dealt when their receipts are known.
        let rows = &chunk.rows;
        if !rows.at.contains(&NONE) && (0..rows.len()).all(|at| !rows.customer.get(at).is_missing()) {
            deal(&mut chunk, reading);
        }
        Ok((chunk, returns, screen.tally, decoded.no_units))
    };
    let mut no_units = 0;
    for (chunk, returns, tally, none) in table.read(&lines.pick, &work)? {
        no_units += none;
        add(draft, source, chunk, returns, tally);
    }
    note_no_units(draft, place, no_units);
    Ok(())
}

/// Lines must say what they cost.
fn costs(place: &Place, header: &[String], lines: &Layout) -> Result<(), HistoryError> {
    if lines.place("price").is_some() || lines.place("line total").is_some() {
        return Ok(());
    }
    let example = header.iter().find(|name| matches!(name.to_lowercase().as_str(), "amount" | "total")).map_or("COLUMN", String::as_str);
    Err(place.error(format!(
        "nothing says what a line costs. Name the column with the price of one unit, items: {{ columns: {{ price: COLUMN }} }}, or the one with what the whole line costs, items: {{ columns: {{ line total: {example} }} }}"
    )))
}

fn note_no_units(draft: &mut Draft, place: &Place, count: u64) {
    if count > 0 {
        draft.notes.insert(format!("{}: {count} lines have an amount but a quantity of 0; each counts as one unit.", place.name));
    }
}

/// Item lines of a table of their own.
fn loose_file(place: &Place, columns: &BTreeMap<String, String>, context: &Context<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let reading = context.reading;
    let mut table = open_table(place, reading)?;
    let source = draft.source(place.name.clone(), "items");
    let shape = Shape {
        table: "items",
        standard: &LOOSE_STANDARD,
        required: &["purchase"],
        paid: false,
        wanted: &|name| if of_lines(name) { columns.contains_key(name) } else { context.wants(2, name) },
        taken: &[],
        elsewhere: &|_| false,
        aliases: &[("amount", "line total")],
    };
    let mark = reading.returned_when.as_ref().map(|(column, _)| column.as_str());
    let layout = Layout::find(place, table.header(), columns, mark, &shape, Vec::new())?;
    costs(place, table.header(), &layout)?;
    draft.partial |= layout.partial;
    note_file(draft, place, &table, &layout.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut loose = LooseLines { source, first_row: batch.first_row, ..LooseLines::default() };
        let keys = |name: &str| column(&batch, &layout, name).map(|column| column.keys(batch.rows)).unwrap_or_default();
        loose.purchase = keys("purchase");
        loose.customer = keys("customer");
        for row in 0..batch.rows {
            if loose.purchase.get(row).is_missing() {
                screen.reject(row, reason::NO_ID, layout.column("purchase"), "");
            }
        }
        let mut decoded = decode_lines(&batch, &layout, context, &mut loose.dict, &mut screen);
        let marked = marks(&batch, &layout, reading);
        let returned = screen_lines(&batch, &layout, context, &mut decoded, &marked, &mut screen);
        let staying = screen.staying(batch.rows);
        let screened = staying.is_some();
        let order = staying.unwrap_or_else(|| (0..small(batch.rows)).collect());
        loose.purchase = loose.purchase.gather(&order);
        loose.customer = loose.customer.gather(&order);
        loose.lines = decoded.lines.gather(&order);
        loose.returned = super::keys::gather(&returned, &order, false);
        loose.lines.owner = vec![0; order.len()];
        loose.item_attributes = decoded.attributes;
        if screened {
            loose.dict.retain_used(loose.lines.texts.iter());
        }
        Ok((loose, screen.tally, decoded.no_units))
    };
    let mut no_units = 0;
    for (loose, tally, none) in table.read(&layout.pick, &work)? {
        no_units += none;
        merge(draft, source, tally);
        draft.loose.push(loose);
    }
    note_no_units(draft, place, no_units);
    Ok(())
}

/// Lines as the file has them.
struct Decoded {
    lines: Lines,
    attributes: Vec<String>,
    prices: Vec<Option<Decimal>>,
    /// Money off, where it stands on the lines.
    discount: Vec<i64>,
    /// Lines with an amount but no units.
    no_units: u64,
}

fn decode_lines(batch: &Batch<'_>, layout: &Layout, context: &Context<'_>, dict: &mut Dict, screen: &mut Screen) -> Decoded {
    let count = batch.rows;
    let one = Decimal::whole(1);
    let decimals = |name: &str, screen: &mut Screen| {
        column(batch, layout, name)
            .map(|column| column.decimals(count, layout.column(name), context.reading.style(context.table, layout.column(name)), screen))
    };
    let quantity = decimals("quantity", screen)
        .map_or_else(|| vec![one; count], |list| list.into_iter().map(|quantity| quantity.unwrap_or(one)).collect());
    let mut prices = decimals("price", screen).unwrap_or_default();
    let style = context.reading.style(context.table, layout.column("price"));
    for price in prices.iter_mut().flatten() {
        *price = style.of_units(*price, context.reading.options.decimals);
    }
    let mut money = |name: &str| {
        let column = column(batch, layout, name)?;
        Some(column.money(
            count,
            layout.column(name),
            context.reading.options.decimals,
            context.reading.style(context.table, layout.column(name)),
            screen,
        ))
    };
    let amount = money("line total").unwrap_or_else(|| vec![NONE; count]);
    let discount = money("discount").unwrap_or_default();
    let mut part = |name: &str| {
        let mut list = money(name).unwrap_or_default();
        list.iter_mut().filter(|n| **n == NONE).for_each(|n| *n = 0);
        list
    };
    let (tax, shipping) = (part("tax"), part("shipping"));
    let mut texts: Vec<Vec<u32>> = ["product", "category", "brand"]
        .iter()
        .map(|name| column(batch, layout, name).map(|column| column.codes(count, dict)).unwrap_or_default())
        .collect();
    let mut attributes = Vec::new();
    for (name, place) in &layout.attributes {
        if let Some(column) = batch.columns.get(*place) {
            texts.push(column.codes(count, dict));
            attributes.push(name.clone());
        }
    }
    let price = vec![Decimal::whole(0); count];
    let row = (0..small(count)).collect();
    let listed = Vec::new();
    let lines = Lines { owner: Vec::new(), position: Vec::new(), quantity, price, listed, amount, tax, shipping, texts, row };
    Decoded { lines, attributes, prices, discount, no_units: 0 }
}

/// Works out what each line costs, before anything is folded; says which lines are returns.
fn screen_lines(
    batch: &Batch<'_>,
    layout: &Layout,
    context: &Context<'_>,
    decoded: &mut Decoded,
    marked: &impl Fn(usize) -> bool,
    screen: &mut Screen,
) -> Vec<bool> {
    let mut returned = vec![false; batch.rows];
    let Decoded { lines, prices, discount, no_units, .. } = decoded;
    if context.returns && lines.amount.iter().any(|n| *n != NONE) && !prices.is_empty() || !discount.is_empty() {
        let one = |(price, row): (&Option<Decimal>, usize)| {
            price.map(|price| Decimal::new(price.mantissa.saturating_abs(), price.scale)).unwrap_or_else(|| unit_of(lines, row))
        };
        lines.listed = prices.iter().zip(0..).map(one).collect();
    }
    let columns = lines.quantity.iter_mut().zip(&mut lines.price).zip(&mut lines.amount).zip(&mut returned);
    for (row, (((quantity, price), amount), returned)) in columns.enumerate() {
        if screen.gone(row) {
            continue;
        }
        let unit = prices.get(row).copied().flatten();
        let recorded = (*amount != NONE).then_some(*amount);
        let negative = if quantity.mantissa < 0 {
            Some("quantity")
        } else if unit.is_some_and(|unit| unit.mantissa < 0) {
            Some("price")
        } else {
            recorded.filter(|amount| *amount < 0).map(|_| "line total")
        };
        let is_return = marked(row) || negative.is_some() && context.reading.negative_are_returns;
        if let Some(name) = negative.filter(|_| !is_return) {
            let value = column(batch, layout, name).map(|column| column.own_text(row)).unwrap_or_default();
            screen.reject(row, reason::NEGATIVE, layout.column(name), &value);
            continue;
        }
        let positive = |d: Decimal| Decimal::new(d.mantissa.saturating_abs(), d.scale);
        let recorded = recorded.map(i64::saturating_abs);
        match line_amount(positive(*quantity), unit.map(positive), recorded, context.reading.options) {
            Ok(line) => {
                *no_units += u64::from(quantity.is_zero());
                let off = discount.get(row).copied().filter(|off| *off != NONE).unwrap_or(0).saturating_abs();
                let line = match discounted(line, off, context.reading.options) {
                    Ok(line) => line,
                    Err(reason) => {
                        screen.reject(row, reason, layout.column("discount"), "");
                        continue;
                    }
                };
                (*quantity, *price, *amount) = (line.quantity, line.price, line.amount);
                *returned = is_return;
            }
            Err(reason) => {
                let name = match reason {
                    reason::NO_QUANTITY => "quantity",
                    _ if layout.place("price").is_none() => "line total",
                    _ => "price",
                };
                let value = column(batch, layout, name).map(|column| column.own_text(row)).unwrap_or_default();
                screen.reject(row, reason, layout.column(name), &value);
            }
        }
    }
    returned
}

/// A line after its own discount.
fn discounted(line: LineAmount, off: i64, options: &Options<'_>) -> Result<LineAmount, &'static str> {
    if off == 0 {
        return Ok(line);
    }
    let amount = line.amount.checked_sub(off).filter(|amount| *amount >= 0).ok_or(reason::DISCOUNT_ABOVE)?;
    line_amount(line.quantity, None, Some(amount), options)
}

fn unit_of(lines: &Lines, row: usize) -> Decimal {
    lines.price.get(row).copied().unwrap_or_default()
}
