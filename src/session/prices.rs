//! Price lists: CSV files with the columns product and price.

use super::texts::Files;
use crate::diagnostic::{Diagnostic, Problems};
use crate::program::{PriceList, Program};
use crate::value::{Currency, Decimal};
use std::collections::BTreeMap;

/// Reads the files of all price lists into the program. Those that cannot be read are problems of the program.
pub(super) fn fill(program: &mut Program, files: &mut dyn Files) -> Problems {
    let mut problems = Problems::default();
    let currency = program.currency.clone();
    for list in &mut program.price_lists {
        match files.beside(&list.file, list.span.file).and_then(|text| read(&text, &currency)) {
            Ok(prices) => list.prices = prices,
            Err(why) => problems.push(unreadable(list, &why)),
        }
    }
    problems
}

fn unreadable(list: &PriceList, why: &str) -> Diagnostic {
    let message = format!("The price list \"{}\" cannot be read.", list.name);
    Diagnostic::error("LOY0961", message, list.span, "").note(format!("{}: {why}.", list.file))
}

/// Product and price in minor units, by product bytewise; what is wrong, in words without a full stop.
fn read(text: &str, currency: &Currency) -> Result<Vec<(String, i64)>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|field| field.eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("its first line must name the columns product and price; there is no \"{name}\""))
    };
    let (product, price) = (column("product")?, column("price")?);
    let mut prices = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| match error.kind() {
            csv::ErrorKind::UnequalLengths { pos: Some(pos), .. } => {
                format!("line {} has more or fewer fields than the first line", pos.line())
            }
            _ => error.to_string(),
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let (Some(product), Some(price)) = (record.get(product), record.get(price)) else { continue };
        if product.is_empty() {
            return Err(format!("line {line} names no product"));
        }
        let minor = amount(price, currency).ok_or_else(|| {
            let places = usize::from(currency.decimals);
            let example = if places == 0 { "1250".to_owned() } else { format!("12.{:0<places$}", "5") };
            format!("line {line}: \"{price}\" is no price such as {example}")
        })?;
        if prices.insert(product.to_owned(), minor).is_some_and(|before| before != minor) {
            return Err(format!("line {line}: \"{product}\" has another price before"));
        }
    }
    Ok(prices.into_iter().collect())
}

fn amount(text: &str, currency: &Currency) -> Option<i64> {
    // Written decimals count: 1.250 may be meant as 1250.
    Decimal::parse(text)
        .filter(|price| price.scale <= currency.decimals)?
        .to_scale(currency.decimals)
        .ok()
        .flatten()
        .filter(|minor| *minor >= 0)
}
