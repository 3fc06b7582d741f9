//! Item lines: in a table of their own, and what each of them costs.

use super::builder::{LineAmount, line_amount};
use super::column::{Batch, Screen};
use super::conditions::{Condition, State, Tests};
use super::keys::{NONE, small};
use super::layout::{Layout, Shape};
use super::mapping::{note_file, open_table};
use super::model::NO_TEXT;
use super::open::Place;
use super::purchase_tables::{Context, LOOSE_STANDARD, Marks, column, merge_tally, of_lines};
use super::reason;
use super::rows::{Dict, Draft, LINE_PRODUCT, Lines, LooseLines};
use super::watch::Watch;
use super::{HistoryError, Options};
use crate::value::Decimal;
use std::collections::BTreeMap;

/// Lines must say what they cost.
pub(super) fn costs(place: &Place, header: &[String], lines: &Layout) -> Result<(), HistoryError> {
    if lines.place("price").is_some() || lines.place("line total").is_some() {
        return Ok(());
    }
    let example = header.iter().find(|name| matches!(name.to_lowercase().as_str(), "amount" | "total")).map_or("COLUMN", String::as_str);
    Err(place.error(format!(
        "nothing says what a line costs. Name the column with the price of one unit, items: {{ columns: {{ price: COLUMN }} }}, or the one with what the whole line costs, items: {{ columns: {{ line total: {example} }} }}"
    )))
}

pub(super) fn note_no_units(draft: &mut Draft, place: &Place, count: u64) {
    if count > 0 {
        draft.notes.insert(format!("{}: {count} lines have an amount but a quantity of 0; each counts as one unit.", place.name));
    }
}

/// Item lines of a table of their own.
pub(super) fn loose_file(
    place: &Place,
    columns: &BTreeMap<String, String>,
    use_only: &[Condition],
    context: &Context<'_>,
    draft: &mut Draft,
) -> Result<(), HistoryError> {
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
    let mut layout = Layout::find(place, table.header(), columns, &shape, Vec::new())?;
    costs(place, table.header(), &layout)?;
    let marks = Marks::find(place, table.header(), reading, &mut layout, draft)?;
    let tests = Tests::find(place, table.header(), use_only, &[], &mut layout)?;
    let watch = Watch::find(place, reading.encoding.as_deref(), &mut table, &|column| reading.knows(column, 2), &mut layout)?;
    draft.partial |= layout.partial;
    note_file(draft, place, &table, &layout.pick);
    let work = |batch: Batch<'_>| {
        let mut screen = Screen::new(&batch);
        let mut loose = LooseLines { source, first_row: batch.first_row, ..LooseLines::default() };
        let keys = |name: &str| column(&batch, &layout, name).map(|column| column.keys(batch.rows)).unwrap_or_default();
        loose.purchase = keys("purchase");
        loose.customer = keys("customer");
        watch.see(&batch, reading.options.currency, &mut screen.tally.watched);
        tests.see(&batch, &mut screen.tally.values);
        for row in 0..batch.rows {
            if !tests.is_empty() && tests.of(&batch, row) == State::Out {
                let (column, value) = tests.why(&batch, row, State::Out);
                loose.left_out.push(loose.purchase.get(row).text());
                screen.leave(row, reason::NOT_IN_USE, &column, &value);
            } else if loose.purchase.get(row).is_missing() {
                screen.reject(row, reason::NO_ID, layout.column("purchase"), "");
            }
        }
        let mut decoded = decode_lines(&batch, &layout, context, &mut loose.dict, &mut screen);
        let returned = screen_lines(&batch, &layout, context, &mut decoded, &|row| marks.holds(&batch, row), &|_| false, &mut screen);
        screen.settle(|row| decoded.worth(row, reading.options));
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
        merge_tally(draft, source, tally);
        draft.loose.push(loose);
    }
    note_no_units(draft, place, no_units);
    Ok(())
}

/// Lines as the file has them.
pub(super) struct Decoded {
    pub lines: Lines,
    pub attributes: Vec<String>,
    prices: Vec<Option<Decimal>>,
    /// Money off, where it stands on the lines.
    discount: Vec<i64>,
    /// Lines with an amount but no units.
    pub no_units: u64,
}

/// Decodes everything of lines.
pub(super) fn decode_lines(batch: &Batch<'_>, layout: &Layout, context: &Context<'_>, dict: &mut Dict, screen: &mut Screen) -> Decoded {
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
    let (tax, shipping, tip) = (part("tax"), part("shipping"), part("tip"));
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
    let lines = Lines { owner: Vec::new(), position: Vec::new(), quantity, price, listed, amount, tax, shipping, tip, texts, row };
    Decoded { lines, attributes, prices, discount, no_units: 0 }
}

impl Decoded {
    /// What a line records that it cost.
    pub fn recorded(&self, row: usize) -> Option<i64> {
        self.lines.amount.get(row).copied().filter(|amount| *amount != NONE)
    }

    /// What a line would cost, whether or not it is used.
    pub fn worth(&self, row: usize, options: &Options<'_>) -> Option<i64> {
        let recorded = self.recorded(row);
        let quantity = self.lines.quantity.get(row).copied().unwrap_or(Decimal::whole(1));
        let price = self.prices.get(row).copied().flatten();
        recorded.or_else(|| price?.times(quantity).ok()?.rounded_to_scale(options.decimals, options.round_money).ok())
    }
}

/// Works out what each line costs, before anything is folded; says which lines are returns.
pub(super) fn screen_lines(
    batch: &Batch<'_>,
    layout: &Layout,
    context: &Context<'_>,
    decoded: &mut Decoded,
    marked: &impl Fn(usize) -> bool,
    excused: &impl Fn(usize) -> bool,
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
        // Below zero without units of a product, a line is a discount of its receipt; that is told when it is known.
        let product = lines.texts.get(LINE_PRODUCT).and_then(|list| list.get(row)).is_some_and(|code| *code != NO_TEXT);
        let units = negative == Some("quantity") && product;
        let is_return = marked(row) || units && context.reading.negative_are_returns;
        let discount_line = negative.is_some() && !is_return && !units;
        if let Some(name) = negative.filter(|_| !is_return && !discount_line) {
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
                // What comes back has its tax on top, too.
                let tax =
                    if is_return && context.reading.tax_on_top { lines.tax.get(row).map_or(0, |tax| tax.saturating_abs()) } else { 0 };
                let line = LineAmount { amount: line.amount.saturating_add(tax), ..line };
                (*quantity, *price, *amount) = (line.quantity, line.price, if discount_line { -line.amount } else { line.amount });
                *returned = is_return;
            }
            // A line that is left out need not say what it costs.
            Err(_) if excused(row) => (*quantity, *price, *amount) = (Decimal::whole(1), Decimal::whole(0), 0),
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
