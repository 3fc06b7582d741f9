//! How the columns of a file hang together: what stands once for a receipt and what on each of its lines, what makes a
//! receipt, and which rows are lines at all.

use super::HistoryError;
use super::column::{Batch, Column};
use super::convert::decimal;
use super::look::Seen;
use super::prepare::Prepared;
use super::values;
use crate::value::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Different values up to which a column may tell kinds of rows apart.
const KINDS: usize = 8;
/// Rows that are looked at: what is true of these is proposed, and what a person sees is checked by reading all.
const MOST: u64 = 200_000;

/// Columns, by their places in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub id: Option<usize>,
    pub at: Option<usize>,
    pub store: Option<usize>,
    pub customer: Option<usize>,
    pub product: Option<usize>,
    pub quantity: Option<usize>,
    pub price: Option<usize>,
    pub amount: Option<usize>,
    /// Columns with numbers.
    pub numbers: Vec<usize>,
    /// Columns with a few texts.
    pub kinds: Vec<usize>,
    /// Whether the comma divides whole and part.
    pub comma: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Related {
    /// Whether an id stands in several rows.
    pub id_repeats: bool,
    /// Columns with numbers that differ within an id.
    pub varies: BTreeSet<usize>,
    /// Columns with numbers that are pieces times price in nearly all rows.
    pub product_of: BTreeSet<usize>,
    /// Columns with numbers that are equal to another before them in all rows.
    pub same_as: BTreeMap<usize, usize>,
    /// Columns with a few texts or numbers that differ within an id.
    pub states_vary: BTreeSet<usize>,
    /// Columns that make a receipt together with the id, where the id alone does not.
    pub beside_id: Option<Vec<usize>>,
    /// A column that tells kinds of rows apart: the values of rows that are lines, and of those that are not.
    pub kinds: Option<(usize, BTreeSet<String>, BTreeSet<String>)>,
    /// The customers with the most rows: who, how many, of how many rows and customers.
    pub most: Option<(String, u64, u64, usize)>,
    /// Customers that are surely nobody.
    pub nobody: BTreeSet<String>,
}

/// What stands where a shop knows nobody.
const NOBODY: [&str; 24] = [
    "0",
    "guest",
    "guest customer",
    "guest user",
    "walk-in",
    "walk in",
    "walk-in customer",
    "walkin",
    "cash customer",
    "cash sale",
    "anonymous",
    "unknown",
    "no customer",
    "gast",
    "laufkunde",
    "laufkundschaft",
    "barverkauf",
    "barkunde",
    "anonym",
    "розничный покупатель",
    "частное лицо",
    "散客",
    "匿名",
    "游客",
];

struct Row {
    id: Option<String>,
    at: Option<String>,
    store: Option<String>,
    customer: Option<String>,
    product: bool,
    /// Whether it brings nothing in: what came back may bear the number of what was bought.
    back: bool,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
    numbers: Vec<Option<String>>,
    kinds: Vec<Option<String>>,
}

/// Looks at the rows of a file.
pub(super) fn look(seen: &Seen, encoding: Option<&str>, asked: &Asked) -> Result<Related, HistoryError> {
    let mut table = Prepared::open(&seen.place, encoding)?;
    let single = [asked.id, asked.at, asked.store, asked.customer, asked.product, asked.quantity, asked.price, asked.amount];
    let mut pick: Vec<usize> = single.iter().flatten().copied().collect();
    pick.extend(asked.numbers.iter().chain(&asked.kinds));
    let mut fields: Vec<usize> = Vec::new();
    pick.iter().for_each(|field| {
        if !fields.contains(field) {
            fields.push(*field);
        }
    });
    let number = |text: &str| {
        let bare: String = text.chars().filter(|l| l.is_ascii_digit() || matches!(l, '.' | ',' | '-' | '\'' | '(' | ')')).collect();
        values::number(&bare, asked.comma, "").ok().and_then(|text| decimal(&text).ok())
    };
    let work = |batch: Batch<'_>| {
        let column = |field: usize| fields.iter().position(|known| *known == field).and_then(|at| batch.columns.get(at));
        let text = |field: Option<usize>, row: usize| {
            let value = field.and_then(column).and_then(|column: &Column<'_>| column.text(row))?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let one = |row: usize| Row {
            id: text(asked.id, row),
            at: text(asked.at, row),
            store: text(asked.store, row),
            customer: text(asked.customer, row),
            product: text(asked.product, row).is_some(),
            back: text(asked.amount, row).and_then(|text| number(&text)).is_some_and(|amount| amount.mantissa <= 0),
            quantity: text(asked.quantity, row).and_then(|text| number(&text)),
            price: text(asked.price, row).and_then(|text| number(&text)),
            numbers: asked.numbers.iter().map(|field| text(Some(*field), row)).collect(),
            kinds: asked.kinds.iter().map(|field| text(Some(*field), row)).collect(),
        };
        Ok(if batch.first_row > MOST {
            Vec::new()
        } else {
            (0..batch.rows).filter(|row| batch.is_data(*row)).map(one).collect::<Vec<Row>>()
        })
    };
    let mut rows: Vec<Row> = table.read(&fields, &work)?.into_iter().flatten().collect();
    // What has neither a day nor a customer nor a product is a total.
    rows.retain(|row| row.at.is_some() || row.customer.is_some() || row.product);
    Ok(found(&rows, asked, &number))
}

fn found(rows: &[Row], asked: &Asked, number: &dyn Fn(&str) -> Option<Decimal>) -> Related {
    let mut related = Related { kinds: kinds(rows, asked), ..Related::default() };
    let line = |row: &&Row| match &related.kinds {
        Some((column, lines, _)) => {
            let at = asked.kinds.iter().position(|known| known == column);
            at.and_then(|at| row.kinds.get(at)?.as_ref()).is_some_and(|value| lines.contains(value))
        }
        None => true,
    };
    let lines: Vec<&Row> = rows.iter().filter(line).collect();
    // A row without an id belongs to the one above.
    let mut by_id: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut last = "";
    for row in &lines {
        last = row.id.as_deref().unwrap_or(last);
        by_id.entry(last).or_default().push(row);
    }
    by_id.remove("");
    related.id_repeats = by_id.values().any(|rows| rows.len() > 1);
    for (at, field) in asked.numbers.iter().enumerate() {
        let value = |row: &Row| row.numbers.get(at).cloned().flatten();
        let differs = |rows: &Vec<&Row>| {
            let all: BTreeSet<String> = rows.iter().filter_map(|row| value(row)).collect();
            all.len() > 1
        };
        if by_id.values().any(differs) {
            related.varies.insert(*field);
        }
        let (mut fits, mut all) = (0_u64, 0_u64);
        for row in &lines {
            let parts = row.quantity.unwrap_or(Decimal::whole(1)).times(row.price.unwrap_or_default()).ok();
            let (Some(_), Some(product), Some(value)) = (row.price, parts, value(row).and_then(|text| number(&text))) else { continue };
            all += 1;
            let cents = |value: Decimal| value.rounded_to_scale(2, crate::value::Rounding::HalfUp).ok();
            fits += u64::from(cents(product).is_some() && cents(product) == cents(value));
        }
        if all > 0 && fits.saturating_mul(10) >= all.saturating_mul(8) {
            related.product_of.insert(*field);
        }
        let same = asked.numbers.iter().take(at).enumerate().find(|(other, _)| {
            let values = || rows.iter().map(|row| (row.numbers.get(*other).cloned().flatten(), value(row)));
            values().all(|(a, b)| a == b) && values().any(|(a, _)| a.is_some())
        });
        related.same_as.extend(same.map(|(_, other)| (*field, *other)));
    }
    let several = |at: usize, rows: &Vec<&Row>| {
        let all: BTreeSet<&String> = rows.iter().filter_map(|row| row.kinds.get(at).and_then(Option::as_ref)).collect();
        all.len() > 1
    };
    let vary = asked.kinds.iter().enumerate().filter(|(at, _)| by_id.values().any(|rows| several(*at, rows)));
    related.states_vary = vary.map(|(_, field)| *field).chain(related.varies.iter().copied()).collect();
    related.beside_id = beside_id(&lines, asked);
    related.most = most(rows);
    let nobody = |customer: &&str| NOBODY.contains(&customer.to_lowercase().as_str());
    related.nobody = rows.iter().filter_map(|row| row.customer.as_deref()).filter(nobody).map(str::to_owned).collect();
    related
}

/// A column with a few values, some of which only rows with a product have, and others only rows without.
fn kinds(rows: &[Row], asked: &Asked) -> Option<(usize, BTreeSet<String>, BTreeSet<String>)> {
    asked.product?;
    let named = [asked.id, asked.at, asked.store, asked.customer, asked.product];
    for (at, field) in asked.kinds.iter().enumerate().filter(|(_, field)| !named.contains(&Some(**field))) {
        let (mut with, mut without) = (BTreeSet::new(), BTreeSet::new());
        let mut blank = false;
        for row in rows {
            match row.kinds.get(at).and_then(Option::as_ref) {
                Some(value) => {
                    if row.product { &mut with } else { &mut without }.insert(value.clone());
                }
                None => blank = true,
            }
        }
        let few = with.len() + without.len() <= KINDS;
        if few && !blank && !with.is_empty() && !without.is_empty() && with.is_disjoint(&without) {
            return Some((*field, with, without));
        }
    }
    None
}

/// Where one id has several days, stores or customers: the fewest columns with which it has not.
fn beside_id(lines: &[&Row], asked: &Asked) -> Option<Vec<usize>> {
    let at = asked.at.filter(|_| asked.id.is_some())?;
    let clean = |key: &dyn Fn(&Row) -> String| {
        let mut all: BTreeMap<String, [Option<String>; 3]> = BTreeMap::new();
        for row in lines.iter().filter(|row| row.id.is_some() && !row.back) {
            let mine = [row.at.as_deref().map(day), row.store.clone(), row.customer.clone()];
            let known = all.entry(key(row)).or_default();
            if known.iter().zip(&mine).any(|(known, mine)| known.is_some() && mine.is_some() && known != mine) {
                return false;
            }
            known.iter_mut().zip(mine).for_each(|(known, mine)| *known = known.take().or(mine));
        }
        true
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = |row: &Row| text(&row.id);
    if clean(&|row| id(row)) {
        return None;
    }
    // What comes in once a day or in every store counts for itself.
    let when = |row: &Row| row.at.as_deref().map(day).unwrap_or_default();
    let store = asked.store;
    let with_store = store.filter(|_| clean(&|row| format!("{}/{}", text(&row.store), id(row)))).map(|store| vec![store]);
    with_store
        .or_else(|| clean(&|row| format!("{}/{}", when(row), id(row))).then(|| vec![at]))
        .or_else(|| store.filter(|_| clean(&|row| format!("{}/{}/{}", text(&row.store), when(row), id(row)))).map(|store| vec![store, at]))
}

/// A written time without its time of day.
fn day(at: &str) -> String {
    let iso = at.get(..10).filter(|day| at.get(10..11) == Some("T") && day.starts_with(|l: char| l.is_ascii_digit()));
    let words = || at.split_whitespace().filter(|word| !word.contains(':') && !matches!(*word, "AM" | "PM" | "am" | "pm"));
    iso.map_or_else(|| words().collect::<Vec<_>>().join(" "), str::to_owned)
}

fn most(rows: &[Row]) -> Option<(String, u64, u64, usize)> {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    let customers = rows.iter().filter_map(|row| row.customer.as_deref());
    customers.for_each(|customer| *all.entry(customer).or_default() += 1);
    let (customer, count) = all.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)))?;
    Some(((*customer).to_owned(), *count, u64::try_from(rows.len()).unwrap_or(u64::MAX), all.len()))
}
