//! A history in which some purchases are made twice, and some not at all: what a declared response would make of it.

use super::model::{Account, History, Ids, Items, Moment, MomentKind, Part, Purchases, ReturnPart};
use std::ops::Range;

/// What becomes of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is made as recorded.
    Stays,
    /// It is made once more at once.
    Twice,
    /// Another one took its place.
    Gone,
}

impl History {
    /// The history with every purchase as its fate says: of which account, and which of its purchases, counted from its first.
    #[must_use]
    pub fn with_fates(&self, mut fate: impl FnMut(usize, usize, u32) -> Fate) -> Self {
        let part = |(at, part): (usize, &Part)| changed(part, |account, purchase| fate(at, account, purchase));
        Self { parts: self.parts.iter().enumerate().map(part).collect(), ..self.clone() }
    }
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn length(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Which purchases of a part are made, in order: the recorded one, and whether it is its copy.
type Rows = Vec<(u32, bool)>;

fn changed(part: &Part, mut fate: impl FnMut(usize, u32) -> Fate) -> Part {
    let mut rows: Rows = Vec::with_capacity(part.purchases.at.len());
    let mut drawn_as = Vec::with_capacity(part.purchases.at.len());
    let mut accounts = Vec::with_capacity(part.accounts.len());
    let mut moments: Vec<Moment> = Vec::with_capacity(part.moments.len());
    for (number, account) in part.accounts.iter().enumerate() {
        let first = rows.len();
        // Where each recorded purchase stands now, counted from the account's first; one more for the end.
        let mut places: Vec<(u32, bool)> = Vec::with_capacity(account.purchases.len());
        for purchase in account.purchases.clone() {
            let fate = fate(number, purchase.saturating_sub(account.purchases.start));
            places.push((length(rows.len().saturating_sub(first)), fate != Fate::Gone));
            match fate {
                Fate::Gone => {}
                Fate::Stays => rows.push((purchase, false)),
                Fate::Twice => rows.extend([(purchase, false), (purchase, true)]),
            }
            drawn_as.resize(rows.len(), places.len());
        }
        places.push((length(rows.len().saturating_sub(first)), false));
        let from = length(moments.len());
        let mine = part.moments.get(index(account.moments.start)..index(account.moments.end)).unwrap_or_default();
        moments.extend(mine.iter().filter_map(|moment| moved(moment, &places)));
        accounts.push(Account {
            id: account.id.clone(),
            customers: account.customers.clone(),
            purchases: length(first)..length(rows.len()),
            moments: from..length(moments.len()),
            openings: account.openings.clone(),
        });
    }
    let (mut purchases, lines) = purchases(&part.purchases, &rows);
    purchases.drawn_as = drawn_as.into_iter().map(length).collect();
    let (customers, openings) = (part.customers.clone(), part.openings.clone());
    Part { accounts, customers, purchases, items: items(&part.items, &lines), moments, openings }
}

/// A moment with the purchases that it names where they stand now; none if it returns only what is not made.
fn moved(moment: &Moment, places: &[(u32, bool)]) -> Option<Moment> {
    let place = |purchase: u32| places.get(index(purchase)).copied().unwrap_or((0, false));
    let kept = |purchase: u32| Some(place(purchase)).filter(|(_, there)| *there).map(|(now, _)| now);
    let kind = match &moment.kind {
        MomentKind::Return(parts) => {
            let kept = |part: &ReturnPart| Some(ReturnPart { purchase: kept(part.purchase)?, what: part.what.clone() });
            let parts: Vec<ReturnPart> = parts.iter().filter_map(kept).collect();
            if parts.is_empty() {
                return None;
            }
            MomentKind::Return(parts)
        }
        MomentKind::Event { name, of, value } => MomentKind::Event { name: name.clone(), of: of.and_then(kept), value: *value },
        other => other.clone(),
    };
    Some(Moment { after_purchases: place(moment.after_purchases).0, kind, ..moment.clone() })
}

fn pick<T: Clone>(column: &[T], rows: &Rows) -> Vec<T> {
    if column.is_empty() { Vec::new() } else { rows.iter().filter_map(|(row, _)| column.get(index(*row)).cloned()).collect() }
}

/// The columns of these rows, and the item lines that go with them.
fn purchases(of: &Purchases, rows: &Rows) -> (Purchases, Vec<Range<u32>>) {
    let mut lines = Vec::new();
    let mut items_from = Vec::new();
    if !of.items_from.is_empty() {
        let from = |row: u32| of.items_from.get(index(row)).copied().unwrap_or(0);
        let mut next = 0_u32;
        items_from.push(next);
        for (row, _) in rows {
            let range = from(*row)..from(row.saturating_add(1));
            next = next.saturating_add(length(range.len()));
            items_from.push(next);
            lines.push(range);
        }
    }
    let purchases = Purchases {
        at: pick(&of.at, rows),
        sequence: pick(&of.sequence, rows),
        amount: pick(&of.amount, rows),
        tax: pick(&of.tax, rows),
        shipping: pick(&of.shipping, rows),
        id: ids(&of.id, rows),
        customer: pick(&of.customer, rows),
        channel: pick(&of.channel, rows),
        store: pick(&of.store, rows),
        payment: pick(&of.payment, rows),
        partner: pick(&of.partner, rows),
        coupon: pick(&of.coupon, rows),
        category: pick(&of.category, rows),
        brand: pick(&of.brand, rows),
        product: pick(&of.product, rows),
        attributes: of.attributes.iter().map(|column| pick(column, rows)).collect(),
        paid: of.paid.iter().map(|column| pick(column, rows)).collect(),
        paid_voucher: pick(&of.paid_voucher, rows),
        items_from,
        drawn_as: Vec::new(),
    };
    (purchases, lines)
}

/// A copy has its original's id and a `+`.
fn ids(of: &Ids, rows: &Rows) -> Ids {
    if *of == Ids::None {
        return Ids::None;
    }
    let (mut ends, mut bytes) = (Vec::with_capacity(rows.len()), Vec::new());
    for (row, copy) in rows {
        bytes.extend_from_slice(of.get(*row).as_bytes());
        bytes.extend_from_slice(if *copy { b"+" } else { b"" });
        ends.push(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
    Ids::Texts { ends, bytes }
}

fn items(of: &Items, lines: &[Range<u32>]) -> Items {
    fn pick<T: Clone>(column: &[T], lines: &[Range<u32>]) -> Vec<T> {
        if column.is_empty() {
            return Vec::new();
        }
        lines.iter().flat_map(|range| column.get(index(range.start)..index(range.end)).unwrap_or_default()).cloned().collect()
    }
    Items {
        product: pick(&of.product, lines),
        category: pick(&of.category, lines),
        brand: pick(&of.brand, lines),
        quantity: pick(&of.quantity, lines),
        price: pick(&of.price, lines),
        listed: pick(&of.listed, lines),
        amount: pick(&of.amount, lines),
        attributes: of.attributes.iter().map(|column| pick(column, lines)).collect(),
    }
}
