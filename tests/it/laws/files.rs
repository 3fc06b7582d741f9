//! Drawn histories as files, as people would bring them.

use super::histories::{Person, What, day};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A table: its name, its columns, and its rows; an empty field holds nothing.
struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// Writes a history in one of the formats and says where it begins.
pub fn write(folder: &Path, people: &[Person], kind: &str) -> PathBuf {
    let tables = tables(people);
    if kind == "yaml" {
        let path = folder.join("inline.yaml");
        fs::write(&path, inline(people)).expect("a file");
        return path;
    }
    let mut mapping = String::new();
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        let file = format!("{}.{kind}", table.name);
        mapping += &format!("{}: {{ files: {file} }}\n", table.name);
        let bytes = if kind == "csv" { csv(table).into_bytes() } else { parquet(table) };
        fs::write(folder.join(file), bytes).expect("a file");
    }
    let path = folder.join(format!("{kind}.yaml"));
    fs::write(&path, mapping).expect("a file");
    path
}

fn csv(table: &Table) -> String {
    let lines = std::iter::once(table.columns.join(",")).chain(table.rows.iter().map(|row| row.join(",")));
    lines.map(|line| line + "\n").collect()
}

fn parquet(table: &Table) -> Vec<u8> {
    let column = |at: usize| {
        let texts = table.rows.iter().map(|row| Some(row[at].as_str()).filter(|text| !text.is_empty()));
        // Money is kept as decimals there, as databases write it.
        let values: ArrayRef = if ["amount", "price", "tax", "shipping"].contains(&table.columns[at]) {
            let cents = texts.map(|text| text.map(|text| text.replace('.', "").parse::<i128>().expect("money")));
            Arc::new(cents.collect::<Decimal128Array>().with_precision_and_scale(18, 2).expect("two decimals"))
        } else {
            Arc::new(texts.collect::<StringArray>())
        };
        (table.columns[at], values, true)
    };
    let batch = RecordBatch::try_from_iter_with_nullable((0..table.columns.len()).map(column)).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.close().expect("a file");
    bytes
}

fn moment(minute: i64) -> String {
    let time = minute.rem_euclid(1440);
    format!("{}T{:02}:{:02}:00", day(minute.div_euclid(1440)), time / 60, time % 60)
}

fn cents(amount: i64) -> String {
    super::money(amount)
}

/// The number if there is one.
fn some(number: i64) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// The fields of a purchase beside its customer, its id and its lines.
fn fields(bought: &super::histories::Bought) -> Vec<(&'static str, String)> {
    let (beans, cash, miles) = bought.paid;
    let voucher = bought.voucher.map_or("", |paid| if paid { "yes" } else { "no" });
    vec![
        ("at", moment(bought.at)),
        ("amount", cents(bought.total())),
        ("tax", cents(bought.tax)),
        ("shipping", cents(bought.shipping)),
        ("channel", if bought.app { "app" } else { "" }.to_owned()),
        ("payment", if bought.app { "" } else { "card" }.to_owned()),
        ("paid beans", some(beans)),
        ("paid cashback", if cash == 0 { String::new() } else { cents(cash) }),
        ("paid miles", some(miles)),
        ("paid voucher", voucher.to_owned()),
    ]
}

fn category(product: &str) -> &'static str {
    if product == "assam" { "tea" } else { "other" }
}

/// What a return says beside its purchase and time; nothing where it cannot be made.
fn back(bought: &super::histories::Bought, what: &What) -> Option<[String; 3]> {
    Some(match what {
        What::Rest => [String::new(), String::new(), String::new()],
        What::Amount(amount) => [cents(*amount), String::new(), String::new()],
        What::Other(product) => [String::new(), (*product).to_owned(), "1".to_owned()],
        What::Item => [String::new(), bought.items.first()?.product.to_owned(), "1".to_owned()],
    })
}

fn tables(people: &[Person]) -> Vec<Table> {
    let names = fields(&super::histories::Bought::default()).into_iter().map(|(name, _)| name);
    let mut customers = Table { name: "customers", columns: vec!["id", "joined", "born", "referred_by"], rows: Vec::new() };
    let mut purchases = Table { name: "purchases", columns: ["customer", "id"].into_iter().chain(names).collect(), rows: Vec::new() };
    let mut items = Table { name: "items", columns: vec!["purchase", "product", "category", "quantity", "price"], rows: Vec::new() };
    let mut returns =
        Table { name: "returns", columns: vec!["customer", "id", "of", "at", "amount", "product", "quantity"], rows: Vec::new() };
    let mut events = Table { name: "events", columns: vec!["customer", "id", "name", "at"], rows: Vec::new() };
    for (number, person) in people.iter().enumerate() {
        let text = |date: Option<loyalty_dsl::value::Date>| date.map_or_else(String::new, |date| date.to_string());
        let by = number.checked_sub(1).filter(|_| person.referred).map_or_else(String::new, |before| people[before].id.clone());
        customers.rows.push(vec![person.id.clone(), text(person.joined.map(day)), text(person.born), by]);
        for (at, bought) in person.bought.iter().enumerate() {
            let id = format!("{}-{at}", person.id);
            purchases
                .rows
                .push([person.id.clone(), id.clone()].into_iter().chain(fields(bought).into_iter().map(|(_, value)| value)).collect());
            for item in &bought.items {
                let (product, price) = (item.product.to_owned(), cents(item.price));
                items.rows.push(vec![id.clone(), product, category(item.product).to_owned(), item.quantity.to_string(), price]);
            }
            for (number, one) in bought.returns.iter().enumerate() {
                let Some(what) = back(bought, &one.what) else { continue };
                let row = [person.id.clone(), format!("{id}-r{number}"), id.clone(), moment(bought.at + one.after)];
                returns.rows.push(row.into_iter().chain(what).collect());
            }
        }
        for (number, (at, name)) in person.events.iter().enumerate() {
            events.rows.push(vec![person.id.clone(), format!("e{number}"), (*name).to_owned(), moment(*at)]);
        }
    }
    vec![customers, purchases, items, returns, events]
}

/// A mapping on one line without the fields that hold nothing.
fn row(fields: &[(&str, String)]) -> String {
    let known = fields.iter().filter(|(_, value)| !value.is_empty());
    format!("{{ {} }}", known.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", "))
}

fn inline(people: &[Person]) -> String {
    let mut text = "customers:\n".to_owned();
    for (number, person) in people.iter().enumerate() {
        text += &format!("  - id: {}\n", person.id);
        if let Some(joined) = person.joined {
            text += &format!("    joined: {}\n", day(joined));
        }
        if let Some(born) = person.born {
            text += &format!("    born: {born}\n");
        }
        if let Some(before) = number.checked_sub(1).filter(|_| person.referred) {
            text += &format!("    referred_by: {}\n", people[before].id);
        }
        let (mut purchases, mut returns, mut events) = (String::new(), String::new(), String::new());
        for (at, bought) in person.bought.iter().enumerate() {
            let id = format!("{}-{at}", person.id);
            let mut all = vec![("id", id.clone())];
            all.extend(fields(bought));
            let lines = bought.items.iter().map(|item| {
                let category = category(item.product).to_owned();
                row(&[
                    ("product", item.product.to_owned()),
                    ("category", category),
                    ("quantity", item.quantity.to_string()),
                    ("price", cents(item.price)),
                ])
            });
            let lines = lines.collect::<Vec<_>>().join(", ");
            all.push(("items", if lines.is_empty() { lines } else { format!("[ {lines} ]") }));
            purchases += &format!("      - {}\n", row(&all));
            for (number, one) in bought.returns.iter().enumerate() {
                let Some([amount, product, quantity]) = back(bought, &one.what) else { continue };
                let named = [("of", id.clone()), ("id", format!("{id}-r{number}")), ("at", moment(bought.at + one.after))];
                let what = [("amount", amount), ("product", product), ("quantity", quantity)];
                returns += &format!("      - {}\n", row(&[&named[..], &what[..]].concat()));
            }
        }
        for (number, (at, name)) in person.events.iter().enumerate() {
            events += &format!("      - {}\n", row(&[("id", format!("e{number}")), ("name", (*name).to_owned()), ("at", moment(*at))]));
        }
        for (name, list) in [("purchases", purchases), ("returns", returns), ("events", events)] {
            if !list.is_empty() {
                text += &format!("    {name}:\n{list}");
            }
        }
    }
    text
}
