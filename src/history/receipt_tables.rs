//! Receipts: files whose rows are lines that repeat what they say of their receipt.

use super::column::{Batch, Screen};
use super::conditions::{Said, State, Tests};
use super::keys::{NONE, small};
use super::layout::{Layout, Shape};
use super::line_tables::{costs, decode_lines, note_no_units, screen_lines};
use super::mapping::{Files, note_file, open_table};
use super::model::NO_TEXT;
use super::open::Place;
use super::purchase_tables::{
    Context, HEAD_COLUMNS, LINE_COLUMNS, LINE_STANDARD, LOOSE_STANDARD, Marks, Refunds, add, deal, decode_rows, of_lines, text,
};
use super::rejects::Tally;
use super::rows::{Chunk, Draft, LINE_PRODUCT, Origin, ReturnRow};
use super::totals::Totals;
use super::watch::Watch;
use super::{HistoryError, reason};
use std::collections::BTreeMap;

/// Lines that repeat their receipt: the rows of a receipt are folded into one purchase. `totals` if they repeat its amount
/// too.
pub(super) fn receipts(heads: &Files, items: &Files, totals: bool, context: &Context<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    let context = &Context { has_items: true, ..*context };
    for place in &items.places {
        receipt_file(place, (heads, items), totals, context, draft)?;
    }
    Ok(())
}

fn receipt_file(
    place: &Place,
    (heads, items): (&Files, &Files),
    totals: bool,
    context: &Context<'_>,
    draft: &mut Draft,
) -> Result<(), HistoryError> {
    let reading = context.reading;
    let mut table = open_table(place, reading)?;
    let source = draft.source(place.name.clone(), "purchases");
    let (of_heads, of_items) = (heads, items);
    let mut heads = heads.columns.clone();
    let mut items = items.columns.clone();
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
        wanted: &|name| {
            let of_receipt = !LINE_COLUMNS.iter().skip(2).any(|c| *c == name) && (name != "amount" || totals);
            of_receipt && (name != "currency" || heads.contains_key(name)) && context.wants(1, name)
        },
        taken: &taken(&items).into_iter().filter(|column| !heads.values().any(|mine| mine == column)).collect::<Vec<_>>(),
        elsewhere: &|name| LOOSE_STANDARD.contains(&name),
        aliases: &[("purchase", "id")],
    };
    let mut rows = Layout::find(place, table.header(), &heads, &row_shape, Vec::new())?;
    let marks = Marks::find(place, table.header(), reading, &mut rows, draft)?;
    let tests = Tests::find(place, table.header(), &of_heads.use_only, &of_heads.cancelled, &mut rows)?;
    let refunds = Refunds::find(place, table.header(), &of_heads.use_only, reading, &mut rows)?;
    draft.unsaid = tests.unsaid();
    items.retain(|name, _| name != "purchase" && (!HEAD_COLUMNS.contains(&name.as_str()) || of_lines(name)));
    let line_shape = Shape {
        table: "items",
        standard: &LINE_STANDARD,
        required: &[],
        paid: false,
        wanted: &|name| {
            let of_head = HEAD_COLUMNS.contains(&name) || name == "purchase" || name.starts_with("paid ");
            if of_lines(name) { items.contains_key(name) } else { !of_head && context.wants(2, name) }
        },
        taken: &taken(&heads).into_iter().filter(|column| !items.values().any(|mine| mine == column)).collect::<Vec<_>>(),
        elsewhere: &|name| HEAD_COLUMNS.contains(&name),
        aliases: &[],
    };
    let mut lines = Layout::find(place, table.header(), &items, &line_shape, rows.pick.clone())?;
    costs(place, table.header(), &lines)?;
    let line_tests = Tests::find(place, table.header(), &of_items.use_only, &of_items.cancelled, &mut lines)?;
    let known = |column: &str| reading.knows(column, 1) || reading.knows(column, 2);
    let watch = Watch::find(place, reading.encoding.as_deref(), &mut table, &known, &mut lines)?;
    draft.partial |= rows.partial || lines.partial;
    note_file(draft, place, &table, &lines.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut chunk = Chunk { source, first_row: batch.first_row, fold: true, ..Chunk::default() };
        watch.see(&batch, reading.options.currency, &mut screen.tally.watched);
        tests.see(&batch, &mut screen.tally.values);
        line_tests.see(&batch, &mut screen.tally.values);
        lines_without_id(&batch, &rows, &lines, &mut screen);
        let total = Totals::candidates(&batch, &rows, &mut screen);
        decode_rows(&batch, &rows, reading, &mut chunk, &mut screen);
        for row in 0..batch.rows {
            if chunk.rows.id.get(row).is_missing() {
                screen.reject(row, reason::NO_ID, rows.column("id"), "");
            }
        }
        let below = |row: usize| chunk.rows.amount.get(row).is_some_and(|amount| *amount < 0 && *amount != NONE);
        let is_return = |row: usize| reading.negative_are_returns && below(row) || marks.holds(&batch, row);
        refunds.see(&batch, &chunk.rows.id, &tests, &is_return, &mut screen.tally);
        let mut decoded = decode_lines(&batch, &lines, context, &mut chunk.dict, &mut screen);
        let sums = total.sums(&batch, &screen, |row| decoded.recorded(row).or_else(|| said(&chunk.rows.amount, row)));
        if !tests.is_empty() || !line_tests.is_empty() {
            chunk.rows.said = (0..batch.rows).map(|row| states(&batch, row, &tests, &line_tests)).collect();
        }
        let out =
            |row: usize| chunk.rows.said.get(row).is_some_and(|said| said.line_out || matches!(said.state, State::Out | State::Cancelled));
        let returned = screen_lines(&batch, &lines, context, &mut decoded, &|row| marks.holds(&batch, row), &out, &mut screen);
        let mut returns = Vec::new();
        for row in returned.iter().enumerate().filter(|(_, returned)| **returned).map(|(row, _)| row) {
            let state = chunk.rows.said.get(row).copied().unwrap_or_default();
            if state.line_out || matches!(state.state, State::Out | State::Cancelled) {
                let reason = if state.state == State::Cancelled { reason::CANCELLED } else { reason::NOT_IN_USE };
                screen.leave(row, reason, "", "");
                continue;
            }
            let product =
                text(&chunk.dict, decoded.lines.texts.get(LINE_PRODUCT).and_then(|list| list.get(row)).copied().unwrap_or(NO_TEXT));
            returns.push(ReturnRow {
                customer: chunk.rows.customer.get(row).text(),
                at: chunk.rows.at.get(row).copied().unwrap_or(0),
                amount: decoded.lines.amount.get(row).copied(),
                quantity: if product.is_empty() { None } else { decoded.lines.quantity.get(row).copied() },
                price: decoded.lines.listed.get(row).or_else(|| decoded.lines.price.get(row)).copied(),
                product,
                within: chunk.rows.id.get(row).text(),
                origin: Origin { source, row: screen.row(row) },
                ..ReturnRow::default()
            });
            screen.drop_row(row);
        }
        screen.settle(|row| decoded.worth(row, reading.options).or_else(|| said(&chunk.rows.amount, row)));
        chunk.lines = decoded.lines;
        chunk.item_attributes = decoded.attributes;
        if let Some(order) = screen.staying(batch.rows) {
            chunk.rows = chunk.rows.gather(&order);
            chunk.lines = chunk.lines.gather(&order);
            chunk.dict.retain_used(chunk.rows.texts.iter().chain(&chunk.lines.texts));
        }
        chunk.lines.owner = (0..small(chunk.rows.len())).collect();
        leave_lines(&mut chunk, &mut screen.tally);
        // Lines that leave out the customer or the time are dealt when their receipts are known.
        let rows = &chunk.rows;
        if !rows.at.contains(&NONE) && (0..rows.len()).all(|at| !rows.customer.get(at).is_missing()) {
            deal(&mut chunk, reading);
        }
        Ok((chunk, returns, (screen.tally, sums), decoded.no_units))
    };
    let mut no_units = 0;
    let mut all = Vec::new();
    for (chunk, returns, (tally, sums), none) in table.read(&lines.pick, &work)? {
        no_units += none;
        all.push(sums);
        add(draft, source, chunk, returns, tally);
    }
    draft.note_currency(source, &table);
    Totals::settle(all, source, draft);
    note_no_units(draft, place, no_units);
    Ok(())
}

/// Lines without an id are those of the row above, or nobody's.
fn lines_without_id(batch: &Batch<'_>, rows: &Layout, lines: &Layout, screen: &mut Screen) {
    let column = |place: Option<usize>| place.and_then(|place| batch.columns.get(place));
    let (Some(id), Some(product)) = (column(rows.place("id")), column(lines.place("product"))) else { return };
    for row in 0..batch.rows {
        if !screen.gone(row) && id.text(row).is_none() && product.text(row).is_some() {
            screen.tally.without_id += 1;
            screen.reject(row, reason::NO_ID, rows.column("id"), "");
        }
    }
}

fn said(amounts: &[i64], row: usize) -> Option<i64> {
    amounts.get(row).copied().filter(|amount| *amount != NONE)
}

fn states(batch: &Batch<'_>, row: usize, tests: &Tests, line_tests: &Tests) -> Said {
    let state = if tests.is_empty() { State::Unsaid } else { tests.state(batch, row) };
    let line_out = !line_tests.is_empty() && matches!(line_tests.of(batch, row), State::Out | State::Cancelled);
    Said { state, line_out }
}

/// Leaves lines out that are not used; what they say of their receipt still holds.
fn leave_lines(chunk: &mut Chunk, tally: &mut Tally) {
    if !chunk.rows.said.iter().any(|said| said.line_out) {
        return;
    }
    let out = |row: u32| chunk.rows.said.get(super::keys::ix(row)).is_some_and(|said| said.line_out);
    for (owner, amount) in chunk.lines.owner.iter().zip(&chunk.lines.amount).filter(|(owner, _)| out(**owner)) {
        let row = chunk.rows.row.get(super::keys::ix(*owner)).copied().unwrap_or(0);
        tally.leave(reason::NOT_IN_USE, chunk.first_row + u64::from(row), "", "");
        tally.money(reason::NOT_IN_USE, *amount);
    }
    let staying: Vec<u32> = (0..small(chunk.lines.len())).filter(|line| !out(*line)).collect();
    chunk.lines = chunk.lines.gather(&staying);
}
