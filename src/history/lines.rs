//! Item lines: joined with their purchases, ordered within them, and lent what their products know.

use super::keys::{Key, gather, ix, small};
use super::model::{Items, NO_TEXT, Part, Purchases, TextCode};
use super::part::{Kept, People, Whole, extend, translate};
use super::partition::{Findings, Shared};
use super::rows::{LINE_BRAND, LINE_CATEGORY, LINE_PRODUCT, LINE_TEXTS, Lines, Origin, ReturnRow, group_by};
use super::two_files::{self, Found, Placed};
use crate::value::Decimal;
use foldhash::fast::FixedState;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

/// Some lines of a chunk or table.
pub(super) struct Stretch<'a> {
    pub lines: &'a Lines,
    pub from: usize,
    pub to: usize,
    pub names: &'a [String],
    pub codes: &'a [TextCode],
}

pub(super) fn append_lines(mine: &mut Lines, theirs: &Stretch<'_>, shared: &Shared<'_>, positions: bool, owner: impl Fn(u32) -> u32) {
    let names = shared.names.item.as_slice();
    let Stretch { lines, from, to, .. } = *theirs;
    if from == to {
        return;
    }
    let len = mine.len();
    mine.owner.extend(lines.owner.get(from..to).unwrap_or_default().iter().map(|row| owner(*row)));
    extend(&mut mine.position, &lines.position, from, to, positions, 0);
    extend(&mut mine.quantity, &lines.quantity, from, to, true, Decimal::whole(1));
    extend(&mut mine.price, &lines.price, from, to, true, Decimal::whole(0));
    extend(&mut mine.amount, &lines.amount, from, to, true, 0);
    extend(&mut mine.tax, &lines.tax, from, to, shared.line_parts, 0);
    extend(&mut mine.shipping, &lines.shipping, from, to, shared.line_parts, 0);
    extend(&mut mine.tip, &lines.tip, from, to, shared.line_parts, 0);
    if shared.has_listed {
        let listed = if lines.listed.is_empty() { &lines.price } else { &lines.listed };
        extend(&mut mine.listed, listed, from, to, true, Decimal::whole(0));
    }
    for (column, list) in lines.texts.iter().enumerate() {
        let target = match column.checked_sub(LINE_TEXTS) {
            None => Some(column),
            Some(attribute) => {
                let name = theirs.names.get(attribute);
                name.and_then(|name| names.binary_search(name).ok()).map(|place| LINE_TEXTS + place)
            }
        };
        if let Some(target) = target.and_then(|target| mine.texts.get_mut(target)) {
            target.extend(list.get(from..to).unwrap_or_default().iter().map(|code| translate(theirs.codes, *code)));
        }
    }
    for column in &mut mine.texts {
        column.resize(len + (to - from), NO_TEXT);
    }
}

/// Compares the decoded fields of two lines, bytewise; where lines have a place in a list, that comes first.
pub(super) fn line_content(lines: &Lines, a: usize, b: usize) -> Ordering {
    let rank = |list: &[TextCode], at: usize| list.get(at).copied().unwrap_or(NO_TEXT).wrapping_add(1);
    let texts = || lines.texts.iter().map(|list| rank(list, a).cmp(&rank(list, b))).find(|o| o.is_ne());
    lines
        .position
        .get(a)
        .cmp(&lines.position.get(b))
        .then_with(|| texts().unwrap_or(Ordering::Equal))
        .then_with(|| lines.quantity.get(a).cmp(&lines.quantity.get(b)))
        .then_with(|| lines.price.get(a).cmp(&lines.price.get(b)))
        .then_with(|| lines.amount.get(a).cmp(&lines.amount.get(b)))
        .then_with(|| lines.listed.get(a).cmp(&lines.listed.get(b)))
}

/// Returns found among loose lines, and which purchase rows they were listed under.
#[derive(Default)]
pub(super) struct LooseReturns {
    pub rows: Vec<ReturnRow>,
    pub owners: Vec<u32>,
    /// Purchases whose lines differ from file to file.
    pub faulty: BTreeSet<u32>,
}

/// Finds the purchases of item lines from a table of their own.
pub(super) fn join_loose(
    shared: &Shared<'_>,
    whole: &mut Whole<'_>,
    kept: &Kept,
    loose: &[(u32, u32)],
    people: &People,
    findings: &mut Findings,
) -> LooseReturns {
    let mut returns = LooseReturns::default();
    if loose.is_empty() {
        return returns;
    }
    let account_of = |customer: u32| people.account_of.get(ix(customer)).copied().unwrap_or(0);
    let mut rows: HashMap<(u32, Key), u32, FixedState> = HashMap::default();
    let mut anybody: HashMap<Key, u32, FixedState> = HashMap::default();
    for row in &kept.order {
        let id = whole.rows.id.get(ix(*row));
        if !id.is_missing() {
            let customer = whole.customer.get(ix(*row)).copied().unwrap_or(0);
            rows.insert((account_of(customer), id.own()), *row);
            anybody.insert(id.own(), *row);
        }
    }
    let several = two_files::several(shared);
    let mut found: Vec<Found> = Vec::new();
    for (table_number, at) in loose {
        let Some(table) = shared.draft.loose.get(ix(*table_number)) else { continue };
        let codes = shared.loose_codes.get(ix(*table_number)).map_or(&[][..], Vec::as_slice);
        let at = ix(*at);
        let (purchase, customer) = (table.purchase.get(at), table.customer.get(at));
        let row = if customer.is_missing() {
            anybody.get(&purchase.own())
        } else {
            let index = people.numbers.find(customer).and_then(|number| people.index_of.get(ix(number)));
            index.and_then(|index| rows.get(&(account_of(*index), purchase.own())))
        };
        let line_row = table.first_row + u64::from(table.lines.row.get(at).copied().unwrap_or(0));
        let origin = Origin { source: table.source, row: line_row };
        let Some(row) = row.copied() else {
            findings.no_purchase(shared, origin, purchase);
            continue;
        };
        if table.returned.get(at).copied().unwrap_or(false) {
            let product = table.lines.texts.first().and_then(|list| list.get(at)).copied();
            let product = product.map_or("", |code| shared.texts.get(translate(codes, code))).to_owned();
            let index = whole.customer.get(ix(row)).copied().unwrap_or(0);
            let quantity = if product.is_empty() { None } else { table.lines.quantity.get(at).copied() };
            let amount = table.lines.amount.get(at).copied();
            if several {
                let what = Placed::Return(small(returns.rows.len()), (product.clone(), amount, quantity));
                found.push(Found { row, origin, what });
            }
            returns.rows.push(ReturnRow {
                customer: people.customers.id.get(ix(index)).cloned().unwrap_or_default(),
                at: whole.rows.at.get(ix(row)).copied().unwrap_or(0),
                amount,
                quantity,
                price: table.lines.listed.get(at).or_else(|| table.lines.price.get(at)).copied(),
                product,
                origin,
                ..ReturnRow::default()
            });
            returns.owners.push(row);
            continue;
        }
        let stretch = Stretch { lines: &table.lines, from: at, to: at + 1, names: &table.item_attributes, codes };
        if several {
            found.push(Found { row, origin, what: Placed::Line(small(whole.lines.amount.len())) });
        }
        // Loose lines have no place in a list; where others have one, theirs is the first and content decides.
        append_lines(&mut whole.lines, &stretch, shared, !whole_positions_empty(shared), |_| row);
        whole.lines.owner.resize(whole.lines.amount.len(), row);
    }
    if several {
        let gone;
        (returns.faulty, gone) = two_files::lines(shared, whole, kept, &found, findings);
        let staying = |at: &usize| !gone.contains(&small(*at));
        returns.rows = returns.rows.into_iter().enumerate().filter(|(at, _)| staying(at)).map(|(_, row)| row).collect();
    }
    returns
}

fn whole_positions_empty(shared: &Shared<'_>) -> bool {
    shared.draft.chunks.iter().all(|chunk| chunk.lines.position.is_empty())
}

/// The item lines of the part, by purchase; within one by place in its list, else by content.
pub(super) fn items(shared: &Shared<'_>, whole: &Whole<'_>, kept: &Kept, part: &mut Part) {
    let mut place = vec![u32::MAX; whole.rows.len()];
    for (at, row) in kept.order.iter().enumerate() {
        if let Some(slot) = place.get_mut(ix(*row)) {
            *slot = small(at);
        }
    }
    let lines = &whole.lines;
    let purchases = kept.order.len();
    let nowhere = small(purchases);
    let purchase_of = |owner: &u32| {
        let row = kept.stands_for.get(ix(*owner)).copied().unwrap_or(*owner);
        place.get(ix(row)).copied().unwrap_or(u32::MAX).min(nowhere)
    };
    let purchase: Vec<u32> = lines.owner.iter().map(purchase_of).collect();
    let (mut order, mut from) = group_by(&purchase, purchases + 1);
    from.truncate(purchases + 1);
    order.truncate(from.last().copied().map_or(0, ix));
    for bounds in from.windows(2) {
        let [start, end] = bounds else { continue };
        if let Some(mine) = order.get_mut(ix(*start)..ix(*end))
            && mine.len() > 1
        {
            mine.sort_by(|a, b| line_content(lines, ix(*a), ix(*b)));
        }
    }
    let text = |column: usize| lines.texts.get(column).map_or_else(Vec::new, |list| gather(list, &order, NO_TEXT));
    part.items = Items {
        product: text(LINE_PRODUCT),
        category: text(LINE_CATEGORY),
        brand: text(LINE_BRAND),
        quantity: gather(&lines.quantity, &order, Decimal::whole(1)),
        price: gather(&lines.price, &order, Decimal::whole(0)),
        listed: gather(&lines.listed, &order, Decimal::whole(0)),
        amount: gather(&lines.amount, &order, 0),
        attributes: (LINE_TEXTS..LINE_TEXTS + shared.names.item.len()).map(text).collect(),
    };
    part.purchases.items_from = from;
}

/// Fills what lines and purchases do not say themselves from their products.
pub(super) fn lend(shared: &Shared<'_>, part: &mut Part) {
    if shared.products.is_empty() {
        return;
    }
    let lines = part.items.amount.len();
    let Items { product, category, brand, attributes, .. } = &mut part.items;
    category.resize(lines, NO_TEXT);
    brand.resize(lines, NO_TEXT);
    for column in attributes.iter_mut() {
        column.resize(lines, NO_TEXT);
    }
    let fill = |slot: Option<&mut TextCode>, code: TextCode| {
        if let Some(slot) = slot.filter(|slot| **slot == NO_TEXT) {
            *slot = code;
        }
    };
    for (at, code) in product.iter().enumerate() {
        let Some(found) = shared.products.get(code) else { continue };
        fill(category.get_mut(at), found.category);
        fill(brand.get_mut(at), found.brand);
        for (column, code) in attributes.iter_mut().zip(&found.attributes) {
            fill(column.get_mut(at), *code);
        }
    }
    let Purchases { product, category, brand, .. } = &mut part.purchases;
    category.resize(product.len().max(category.len()), NO_TEXT);
    brand.resize(product.len().max(brand.len()), NO_TEXT);
    for (at, code) in product.iter().enumerate() {
        let Some(found) = shared.products.get(code) else { continue };
        fill(category.get_mut(at), found.category);
        fill(brand.get_mut(at), found.brand);
    }
}
