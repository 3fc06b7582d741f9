//! Ledger entries as Parquet: numbers as exact decimals of one scale, times on the local clock.

use crate::program::Program;
use crate::value::Decimal;
use arrow_array::builder::{Date32Builder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::sync::Arc;

/// Rows written at a time: memory holds so many.
const ROWS: usize = 1 << 16;
/// Digits of an amount; any that the engine counts fits.
const DIGITS: u8 = 38;

/// An entry on its way into a file. Amounts are texts of whole numbers in units of the common scale.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub seq: i64,
    /// Microseconds on the local clock.
    pub at: i64,
    pub account: String,
    pub purchase: Option<String>,
    pub rule: String,
    pub kind: String,
    pub wallet: Option<String>,
    pub wanted: String,
    pub granted: String,
    pub unit: String,
    pub count: i64,
    pub lot: Option<i64>,
    /// Days since 1970-01-01.
    pub expires: Option<i32>,
    pub reverses: Option<i64>,
    pub cost: String,
    pub value: String,
}

/// The scale in which all amounts of a program are whole numbers.
pub(super) fn scale(program: &Program) -> u8 {
    program.wallets.iter().map(|wallet| wallet.scale).fold(program.currency.decimals, u8::max)
}

/// Writes rows in the order in which they come.
pub struct LedgerParquet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    columns: Columns,
    rows: usize,
}

struct Columns {
    seq: Int64Builder,
    at: TimestampMicrosecondBuilder,
    account: StringBuilder,
    purchase: StringBuilder,
    rule: StringBuilder,
    kind: StringBuilder,
    wallet: StringBuilder,
    wanted: Decimal128Builder,
    granted: Decimal128Builder,
    unit: StringBuilder,
    count: Int64Builder,
    lot: Int64Builder,
    expires: Date32Builder,
    reverses: Int64Builder,
    cost: Decimal128Builder,
    value: Decimal128Builder,
}

impl<W: Write + Send> LedgerParquet<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What the system or the writer says.
    pub fn new(out: W, program: &Program, reward_cost: Decimal) -> std::io::Result<Self> {
        let [scale, minor, exact] =
            [scale(program), program.currency.decimals, program.currency.decimals.saturating_add(reward_cost.scale)]
                .map(|scale| i8::try_from(scale).unwrap_or(0));
        let amount = DataType::Decimal128(DIGITS, scale);
        let field = |name: &str, kind: DataType, missing: bool| Field::new(name, kind, missing);
        let schema = Arc::new(Schema::new(vec![
            field("seq", DataType::Int64, false),
            field("at", DataType::Timestamp(TimeUnit::Microsecond, None), false),
            field("account", DataType::Utf8, false),
            field("purchase", DataType::Utf8, true),
            field("rule", DataType::Utf8, false),
            field("kind", DataType::Utf8, false),
            field("wallet", DataType::Utf8, true),
            field("wanted", amount.clone(), false),
            field("granted", amount, false),
            field("unit", DataType::Utf8, false),
            field("count", DataType::Int64, false),
            field("lot", DataType::Int64, true),
            field("expires", DataType::Date32, true),
            field("reverses", DataType::Int64, true),
            field("cost", DataType::Decimal128(DIGITS, exact), false),
            field("value", DataType::Decimal128(DIGITS, minor), false),
        ]));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(std::io::Error::other)?;
        Ok(Self { writer, schema, columns: Columns::new(scale, exact, minor), rows: 0 })
    }

    /// Takes the lines that `LedgerLines` makes in this form.
    ///
    /// # Errors
    /// What the system or the writer says.
    pub fn lines(&mut self, lines: &[u8]) -> std::io::Result<()> {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.columns.push(&serde_json::from_slice(line)?)?;
            self.rows = self.rows.saturating_add(1);
            if self.rows >= ROWS {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let columns = self.columns.finish();
        self.rows = 0;
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(std::io::Error::other)?;
        self.writer.write(&batch).map_err(std::io::Error::other)
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// What the system or the writer says.
    pub fn finish(mut self) -> std::io::Result<W> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.writer.into_inner().map_err(std::io::Error::other)
    }
}

impl Columns {
    fn new(scale: i8, exact: i8, minor: i8) -> Self {
        let of = |scale: i8| Decimal128Builder::new().with_data_type(DataType::Decimal128(DIGITS, scale));
        let amounts = || of(scale);
        Self {
            seq: Int64Builder::new(),
            at: TimestampMicrosecondBuilder::new(),
            account: StringBuilder::new(),
            purchase: StringBuilder::new(),
            rule: StringBuilder::new(),
            kind: StringBuilder::new(),
            wallet: StringBuilder::new(),
            wanted: amounts(),
            granted: amounts(),
            unit: StringBuilder::new(),
            count: Int64Builder::new(),
            lot: Int64Builder::new(),
            expires: Date32Builder::new(),
            reverses: Int64Builder::new(),
            cost: of(exact),
            value: of(minor),
        }
    }

    fn push(&mut self, row: &Row) -> std::io::Result<()> {
        let amount = |text: &str| text.parse::<i128>().map_err(std::io::Error::other);
        self.seq.append_value(row.seq);
        self.at.append_value(row.at);
        self.account.append_value(&row.account);
        self.purchase.append_option(row.purchase.as_deref());
        self.rule.append_value(&row.rule);
        self.kind.append_value(&row.kind);
        self.wallet.append_option(row.wallet.as_deref());
        self.wanted.append_value(amount(&row.wanted)?);
        self.granted.append_value(amount(&row.granted)?);
        self.unit.append_value(&row.unit);
        self.count.append_value(row.count);
        self.lot.append_option(row.lot);
        self.expires.append_option(row.expires);
        self.reverses.append_option(row.reverses);
        self.cost.append_value(amount(&row.cost)?);
        self.value.append_value(amount(&row.value)?);
        Ok(())
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.seq.finish()),
            Arc::new(self.at.finish()),
            Arc::new(self.account.finish()),
            Arc::new(self.purchase.finish()),
            Arc::new(self.rule.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.wallet.finish()),
            Arc::new(self.wanted.finish()),
            Arc::new(self.granted.finish()),
            Arc::new(self.unit.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.lot.finish()),
            Arc::new(self.expires.finish()),
            Arc::new(self.reverses.finish()),
            Arc::new(self.cost.finish()),
            Arc::new(self.value.finish()),
        ]
    }
}
