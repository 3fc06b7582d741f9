//! Sections and their tables as trees, for JSON and YAML.

use super::json::{Number, Shown, number, unit_word};
use crate::report::model::{Claim, Label, Picture, Section, Table, Value};
use crate::value::Currency;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// A section: what it says, and what its tables are; their rows stand under `tables`.
#[derive(serde::Serialize)]
pub(super) struct SectionTree<'a> {
    id: &'a str,
    title: &'a str,
    label: Label,
    folded: bool,
    claims: Vec<ClaimTree<'a>>,
    figures: &'a [String],
    tables: Vec<TableTree<'a>>,
}

#[derive(serde::Serialize)]
pub(super) struct ClaimTree<'a> {
    text: &'a str,
    label: Label,
    rests_on: &'a [String],
}

#[derive(serde::Serialize)]
struct TableTree<'a> {
    id: &'a str,
    title: &'a str,
    label: Label,
    assumes: &'a [&'static str],
    definition: &'a str,
    window: &'a str,
    columns: Vec<ColumnTree<'a>>,
    picture: Option<PictureTree<'a>>,
    reason: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct ColumnTree<'a> {
    id: &'a str,
    words: &'a str,
    unit: String,
}

#[derive(serde::Serialize)]
struct PictureTree<'a> {
    kind: &'static str,
    columns: Vec<&'a str>,
}

impl<'a> ClaimTree<'a> {
    pub(super) fn of(claim: &'a Claim) -> Self {
        Self { text: &claim.text, label: claim.label, rests_on: &claim.rests_on }
    }
}

impl<'a> SectionTree<'a> {
    pub(super) fn of(section: &'a Section, currency: &Currency) -> Self {
        Self {
            id: section.id,
            title: &section.title,
            label: section.label,
            folded: section.folded,
            claims: section.claims.iter().map(ClaimTree::of).collect(),
            figures: &section.figures,
            tables: section.tables.iter().map(|table| about(table, currency)).collect(),
        }
    }
}

fn about<'a>(table: &'a Table, currency: &Currency) -> TableTree<'a> {
    let column = |at: usize| table.columns.get(at).map(|column| column.id.as_str());
    let picture = |picture: &Picture| {
        let columns = match picture {
            Picture::Spans(low, high) => vec![*low, *high],
            Picture::Lines(of) | Picture::Steps(of) | Picture::Bars(of) | Picture::Stacks(of) | Picture::Heat(of) | Picture::Flow(of) => {
                of.clone()
            }
        };
        PictureTree { kind: picture.word(), columns: columns.into_iter().filter_map(column).collect() }
    };
    TableTree {
        id: &table.id,
        title: &table.title,
        label: table.label,
        assumes: &table.assumes,
        definition: &table.definition,
        window: &table.window,
        columns: table
            .columns
            .iter()
            .map(|column| ColumnTree { id: &column.id, words: &column.words, unit: unit_word(&column.unit, currency) })
            .collect(),
        picture: table.picture.as_ref().map(picture),
        reason: table.reason.as_deref(),
    }
}

/// A row: its values under the names of the columns.
pub(super) struct RowTree<'a>(Vec<(&'a str, Option<Shown>)>);

impl Serialize for RowTree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The rows of all tables of sections, by the tables' ids.
pub(super) fn rows<'a>(sections: &'a [Section], currency: &Currency) -> BTreeMap<&'a str, Vec<RowTree<'a>>> {
    let row = |table: &'_ Table, row: &[Value]| -> Vec<(usize, Option<Shown>)> {
        let value = |(at, value): (usize, &Value)| {
            let unit = table.columns.get(at).map(|column| &column.unit)?;
            let shown = match value {
                Value::Missing => None,
                Value::Text(text) => Some(Shown::One(Number::Text(text.clone()))),
                Value::Number(value) => Some(Shown::One(number(*value, unit, currency))),
                Value::Runs(never, soon) => {
                    Some(Shown::Between { low: number(*never.min(soon), unit, currency), high: number(*never.max(soon), unit, currency) })
                }
            };
            Some((at, shown))
        };
        row.iter().enumerate().filter_map(value).collect()
    };
    let mut all = BTreeMap::new();
    for table in sections.iter().flat_map(|section| &section.tables) {
        let named = |at: usize| table.columns.get(at).map_or("", |column| column.id.as_str());
        let rows = table.rows.iter().map(|values| RowTree(row(table, values).into_iter().map(|(at, value)| (named(at), value)).collect()));
        all.insert(table.id.as_str(), rows.collect());
    }
    all
}
