//! Structs become columns with dotted names; lists of plain values become one text.

use super::HistoryError;
use super::column::{array_text, readable};
use super::open::Place;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, make_array};
use arrow_schema::{DataType, Fields};
use std::sync::Arc;

/// The columns of a schema, those inside structs by their path.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    /// Dotted names.
    pub names: Vec<String>,
    kinds: Vec<DataType>,
    /// The place of the column among those of the schema, then of the field in each struct.
    paths: Vec<Vec<usize>>,
}

impl Leaves {
    pub fn of(fields: &Fields) -> Self {
        let mut leaves = Self::default();
        leaves.add(fields, "", &[]);
        leaves
    }

    fn add(&mut self, fields: &Fields, before: &str, path: &[usize]) {
        for (at, field) in fields.iter().enumerate() {
            let name = if before.is_empty() { field.name().clone() } else { format!("{before}.{}", field.name()) };
            let path: Vec<usize> = path.iter().copied().chain([at]).collect();
            if let DataType::Struct(inner) = field.data_type() {
                self.add(inner, &name, &path);
            } else {
                self.names.push(name);
                self.kinds.push(field.data_type().clone());
                self.paths.push(path);
            }
        }
    }

    pub fn kind(&self, leaf: usize) -> &DataType {
        self.kinds.get(leaf).unwrap_or(&DataType::Null)
    }

    /// The column of the schema that holds a leaf.
    pub fn root(&self, leaf: usize) -> usize {
        self.paths.get(leaf).and_then(|path| path.first()).copied().unwrap_or(usize::MAX)
    }

    /// Refuses columns that hold no value a row.
    pub fn check(&self, place: &Place, pick: &[usize]) -> Result<(), HistoryError> {
        let bad = pick.iter().find(|leaf| {
            let kind = self.kind(**leaf);
            !readable(kind) && !element(kind).is_some_and(readable)
        });
        bad.map_or(Ok(()), |leaf| {
            let name = self.names.get(*leaf).map_or("", String::as_str);
            Err(place.error(format!("the column \"{name}\" holds {}, which cannot be read as one value a row", self.kind(*leaf))))
        })
    }

    /// The values of a leaf; `roots` are all columns of the schema.
    pub fn array(&self, leaf: usize, roots: &[ArrayRef]) -> Option<ArrayRef> {
        self.array_in(leaf, roots.get(self.root(leaf))?)
    }

    /// The values of a leaf within its column of the schema.
    pub fn array_in(&self, leaf: usize, root: &ArrayRef) -> Option<ArrayRef> {
        let mut array = root.clone();
        for field in self.paths.get(leaf)?.iter().skip(1) {
            array = field_of(&array, *field)?;
        }
        Some(if element(array.data_type()).is_some() { joined(&array) } else { array })
    }
}

/// A field of a struct; what the struct lacks, the field lacks.
fn field_of(array: &ArrayRef, field: usize) -> Option<ArrayRef> {
    let parent = array.as_struct_opt()?;
    let inner = parent.columns().get(field)?;
    if parent.null_count() == 0 {
        return Some(inner.clone());
    }
    let nulls = arrow_buffer::NullBuffer::union(parent.nulls(), inner.nulls());
    let data = inner.to_data().into_builder().nulls(nulls).build().ok()?;
    Some(make_array(data))
}

/// What a list holds.
fn element(kind: &DataType) -> Option<&DataType> {
    match kind {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => Some(field.data_type()),
        _ => None,
    }
}

/// The values of a list with commas between them.
fn joined(array: &ArrayRef) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for row in 0..array.len() {
        let inner = match array.data_type() {
            _ if array.is_null(row) => None,
            DataType::List(_) => Some(array.as_list::<i32>().value(row)),
            DataType::LargeList(_) => Some(array.as_list::<i64>().value(row)),
            DataType::FixedSizeList(_, _) => Some(array.as_fixed_size_list().value(row)),
            _ => None,
        };
        let values: Vec<String> = inner
            .iter()
            .flat_map(|inner| (0..inner.len()).filter_map(|at| array_text(inner.as_ref(), at).map(std::borrow::Cow::into_owned)))
            .collect();
        if values.is_empty() {
            texts.append_null();
        } else {
            texts.append_value(values.join(", "));
        }
    }
    Arc::new(texts.finish())
}
