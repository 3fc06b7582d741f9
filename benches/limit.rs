//! The limit: the reference program written straight for one layout of one file, with nothing that another program would need.
//! What it takes is what any engine has to take. It prints the totals that `run.py` compares.
//!
//! `limit FILE.parquet [THREADS]`, with the columns `customer` and `id` (whole numbers), `at` (a timestamp in microseconds),
//! `amount` (a decimal with two digits) and `category`.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a tool of the benchmark, not of the program: a strange file ends it"
)]

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int8Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;

/// A purchase, amounts in cents.
#[derive(Clone, Copy)]
struct Row {
    customer: i64,
    id: i64,
    at: i64,
    cents: i64,
    coffee: bool,
}

/// Purchases, customers, discount, points, cashback, gifts, purchases in the middle and in the upper tier.
type Totals = [i64; 8];

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(file) = args.next() else { panic!("limit FILE.parquet [THREADS]") };
    let threads = args.next().and_then(|text| text.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap_or_else(|error| panic!("{error}"));
    let [purchases, customers, discount, points, cashback, gifts, middle, upper] = pool.install(|| run(&file));
    let money = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    println!("{purchases} {customers} {} {points} {} {gifts} {middle} {upper}", money(discount), money(cashback));
}

fn run(file: &str) -> Totals {
    let open = || File::open(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let builder = || ParquetRecordBatchReaderBuilder::try_new(open()).unwrap_or_else(|error| panic!("{file}: {error}"));
    let groups = builder().metadata().num_row_groups();
    let read = |group| {
        let builder = builder();
        let columns = ["customer", "id", "at", "amount", "category"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
        let reader = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(65_536).build();
        let mut rows = Vec::new();
        for batch in reader.unwrap_or_else(|error| panic!("{error}")) {
            take(&batch.unwrap_or_else(|error| panic!("{error}")), &mut rows);
        }
        rows
    };
    let parts: Vec<Vec<Row>> = (0..groups).into_par_iter().map(read).collect();

    // Numbers for customers, and where each one's purchases begin: a sort by counting keeps the order of the file.
    let mut numbers: HashMap<i64, u32, Quick> = HashMap::default();
    let mut counts: Vec<u32> = Vec::new();
    let keys: Vec<Vec<u32>> = parts
        .iter()
        .map(|part| {
            let number = |row: &Row| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(row.customer).or_insert(next);
                if number == next {
                    counts.push(0);
                }
                counts[number as usize] += 1;
                number
            };
            part.iter().map(number).collect()
        })
        .collect();
    let mut from: Vec<u32> = Vec::with_capacity(counts.len() + 1);
    from.push(0);
    for count in &counts {
        from.push(from[from.len() - 1] + count);
    }
    let mut places = from.clone();
    let mut rows = vec![Row { customer: 0, id: 0, at: 0, cents: 0, coffee: false }; from[counts.len()] as usize];
    for (part, keys) in parts.iter().zip(&keys) {
        for (row, key) in part.iter().zip(keys) {
            let place = &mut places[*key as usize];
            rows[*place as usize] = *row;
            *place += 1;
        }
    }
    let mut slices: Vec<&mut [Row]> = Vec::with_capacity(counts.len());
    let mut rest = rows.as_mut_slice();
    for count in &counts {
        let (own, others) = rest.split_at_mut(*count as usize);
        slices.push(own);
        rest = others;
    }
    let evaluate = |own: &mut [Row]| customer(own);
    let sum = |a: Totals, b: Totals| std::array::from_fn(|at| a[at] + b[at]);
    slices.into_par_iter().with_min_len(1024).map(evaluate).reduce(|| [0; 8], sum)
}

/// Reads a batch.
fn take(batch: &RecordBatch, rows: &mut Vec<Row>) {
    let column = |name: &str| batch.column_by_name(name).cloned().unwrap_or_else(|| panic!("the file has no column {name}"));
    let (customer, id, at, amount) = (column("customer"), column("id"), column("at"), column("amount"));
    let (customer, id) = (customer.as_primitive::<Int64Type>(), id.as_primitive::<Int64Type>());
    let (at, amount) = (at.as_primitive::<TimestampMicrosecondType>(), amount.as_primitive::<Decimal128Type>());
    let coffee = coffee(&column("category"));
    rows.reserve(batch.num_rows());
    for row in 0..batch.num_rows() {
        let cents = i64::try_from(amount.value(row)).unwrap_or_else(|error| panic!("{error}"));
        rows.push(Row { customer: customer.value(row), id: id.value(row), at: at.value(row), cents, coffee: coffee[row] });
    }
}

/// Which rows are of the category "coffee".
fn coffee(column: &ArrayRef) -> Vec<bool> {
    if let Some(column) = column.as_dictionary_opt::<Int8Type>() {
        let words = column.values().as_string::<i32>();
        return column.keys().values().iter().map(|key| words.value(usize::try_from(*key).unwrap_or(0)) == "coffee").collect();
    }
    let words = column.as_string::<i32>();
    (0..words.len()).map(|row| words.value(row) == "coffee").collect()
}

/// The reference program on one customer's purchases.
fn customer(own: &mut [Row]) -> Totals {
    if !own.is_sorted_by_key(|row| (row.at, row.id)) {
        own.sort_by_key(|row| (row.at, row.id));
    }
    let mut sums = [0; 8];
    let mut spent = 0;
    for (row, number) in own.iter().zip(1_i64..) {
        let discount = if number > 3 { (row.cents * 5 + 50) / 100 } else { 0 };
        let net = row.cents - discount;
        sums[0] += 1;
        sums[2] += discount;
        sums[3] += net / 100 * if row.coffee { 2 } else { 1 };
        if spent >= 200_000 {
            sums[4] += (net * 2 + 50) / 100;
            sums[7] += 1;
        } else if spent >= 50_000 {
            sums[6] += 1;
        }
        sums[5] += i64::from(number % 10 == 0);
        spent += row.cents;
    }
    sums[1] = 1;
    sums
}

/// A hash for whole numbers that costs next to nothing.
#[derive(Default)]
struct QuickHasher(u64);
type Quick = std::hash::BuildHasherDefault<QuickHasher>;

impl std::hash::Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    }
    fn write_i64(&mut self, number: i64) {
        let mixed = u64::from_ne_bytes(number.to_ne_bytes()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}
