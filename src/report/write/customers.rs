//! One row for every account, as CSV, lines of JSON, or Parquet.

use super::csv::guarded;
use super::ledger::LedgerForm;
use crate::program::Program;
use crate::report::accounts::AccountRow;
use crate::report::compare::{Comparison, Customer};
use crate::report::sections::{Score, scores};
use crate::value::{Checked, Decimal, Exact, Rounding};
use arrow_array::builder::{Decimal128Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Count,
    /// Smallest units with so many decimals.
    Amount(u8),
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Text(String),
    Number(i128),
}

/// All accounts with what they bought and got, by id bytewise.
#[derive(Clone, Debug)]
pub struct CustomersTable {
    columns: Vec<(String, Holds)>,
    rows: Vec<Vec<Cell>>,
}

impl CustomersTable {
    /// The table; `reward_cost` is what a unit of reward value costs the firm.
    ///
    /// # Errors
    /// [`crate::value::Overflow`].
    pub fn new(program: &Program, accounts: &[AccountRow], reward_cost: Exact) -> Checked<Self> {
        let money = Holds::Amount(program.currency.decimals);
        let mut columns: Vec<(String, Holds)> = vec![
            ("account".to_owned(), Holds::Text),
            ("purchases".to_owned(), Holds::Count),
            ("spend".to_owned(), money),
            ("rank".to_owned(), Holds::Count),
            ("last_purchase".to_owned(), Holds::Text),
            ("recency".to_owned(), Holds::Count),
            ("frequency".to_owned(), Holds::Count),
            ("money".to_owned(), Holds::Count),
            ("member".to_owned(), Holds::Text),
        ];
        for ladder in &program.ladders {
            columns.push((ladder.name.as_ref().map_or_else(|| "tier".to_owned(), |name| format!("tier {name}")), Holds::Text));
        }
        for wallet in &program.wallets {
            columns.push((format!("balance {}", wallet.name), Holds::Amount(wallet.scale)));
            columns.push((format!("pending {}", wallet.name), Holds::Amount(wallet.scale)));
        }
        columns.push(("next_expiry".to_owned(), Holds::Text));
        if !program.segments.is_empty() {
            columns.push(("segments".to_owned(), Holds::Text));
        }
        let kinds = ["value", "discounts", "free_shipping", "redeemed", "vouchers", "gifts", "paid_out"];
        columns.extend(kinds.map(|kind| (kind.to_owned(), money)));
        // As many decimals as it takes to be exact: the accounts add up to the cost of the program before fixed cost.
        let fine = decimals_of(reward_cost.denominator());
        columns.push(("cost".to_owned(), Holds::Amount(program.currency.decimals.saturating_add(fine))));
        let mut rows = Vec::with_capacity(accounts.len());
        for ((account, rank), score) in accounts.iter().zip(ranks(accounts)).zip(scores(accounts)) {
            rows.push(row(program, account, (rank, score), (reward_cost, fine))?);
        }
        Ok(Self { columns, rows })
    }

    /// A row for every customer: what was bought, and under every program what was received, what it cost and the tier at the end.
    /// Where two runs are made because nothing says when members redeem, it is that of everybody redeeming as soon as possible.
    #[must_use]
    pub fn compared(comparison: &Comparison) -> Self {
        let decimals = comparison.findings.currency.decimals;
        let fine = decimals_of(comparison.parts);
        let mut columns: Vec<(String, Holds)> = vec![
            ("customer".to_owned(), Holds::Text),
            ("purchases".to_owned(), Holds::Count),
            ("spend".to_owned(), Holds::Amount(decimals)),
        ];
        for side in &comparison.programs {
            let holds = [Holds::Amount(decimals), Holds::Amount(decimals.saturating_add(fine)), Holds::Text];
            columns.extend(["value", "cost", "tier"].iter().zip(holds).map(|(what, holds)| (format!("{}: {what}", side.label), holds)));
        }
        let row = |customer: &Customer| {
            let mut row =
                vec![Cell::Text(customer.id.clone()), Cell::Number(customer.purchases.into()), Cell::Number(customer.spend.into())];
            for side in &comparison.programs {
                let got = customer.under.get(side.run).copied().unwrap_or_default();
                let tier = got.tier.and_then(|rung| side.tiers.get(usize::from(rung)).cloned());
                row.extend([Cell::Number(got.value.into()), Cell::Number(got.cost), Cell::Text(tier.unwrap_or_default())]);
            }
            row
        };
        Self { columns, rows: comparison.customers.iter().map(row).collect() }
    }

    /// Writes it in a form.
    ///
    /// # Errors
    /// What the system or the writer says.
    pub fn write<W: Write + Send>(&self, form: LedgerForm, out: W) -> std::io::Result<W> {
        match form {
            LedgerForm::Csv => self.csv(out),
            LedgerForm::JsonLines => self.json_lines(out),
            LedgerForm::Parquet => self.parquet(out),
        }
    }

    fn text(holds: Holds, cell: &Cell) -> String {
        match (holds, cell) {
            (_, Cell::Text(text)) => text.clone(),
            (Holds::Amount(scale), Cell::Number(n)) => Decimal::new(*n, scale).to_string(),
            (_, Cell::Number(n)) => n.to_string(),
        }
    }

    fn csv<W: Write>(&self, out: W) -> std::io::Result<W> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns.iter().map(|(name, _)| guarded(name).into_owned()))?;
        for row in &self.rows {
            writer.write_record(self.columns.iter().zip(row).map(|((_, holds), cell)| match cell {
                Cell::Text(text) => guarded(text).into_owned(),
                Cell::Number(_) => Self::text(*holds, cell),
            }))?;
        }
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    }

    fn json_lines<W: Write>(&self, mut out: W) -> std::io::Result<W> {
        for row in &self.rows {
            let value = |((_, holds), cell): (&(String, Holds), &Cell)| match (holds, cell) {
                (Holds::Count, Cell::Number(n)) => serde_json::json!(i64::try_from(*n).unwrap_or(i64::MAX)),
                _ => serde_json::json!(Self::text(*holds, cell)),
            };
            let names = self.columns.iter().map(|(name, _)| name.as_str());
            let line: BTreeMap<&str, serde_json::Value> = names.zip(self.columns.iter().zip(row).map(value)).collect();
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        Ok(out)
    }

    fn parquet<W: Write + Send>(&self, out: W) -> std::io::Result<W> {
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, (name, holds)) in self.columns.iter().enumerate() {
            let cells = || self.rows.iter().filter_map(|row| row.get(at));
            let number = |cell: &Cell| if let Cell::Number(n) = cell { *n } else { 0 };
            let (kind, array): (DataType, ArrayRef) = match holds {
                Holds::Text => {
                    let mut builder = StringBuilder::new();
                    cells().for_each(|cell| builder.append_value(Self::text(*holds, cell)));
                    (DataType::Utf8, Arc::new(builder.finish()))
                }
                Holds::Count => {
                    let mut builder = Int64Builder::new();
                    cells().for_each(|cell| builder.append_value(i64::try_from(number(cell)).unwrap_or(i64::MAX)));
                    (DataType::Int64, Arc::new(builder.finish()))
                }
                Holds::Amount(scale) => {
                    let kind = DataType::Decimal128(38, i8::try_from(*scale).unwrap_or(0));
                    let mut builder = Decimal128Builder::new().with_data_type(kind.clone());
                    cells().for_each(|cell| builder.append_value(number(cell)));
                    (kind, Arc::new(builder.finish()))
                }
            };
            fields.push(Field::new(name, kind, false));
            arrays.push(array);
        }
        let schema = Arc::new(Schema::new(fields));
        let mut writer = ArrowWriter::try_new(out, schema.clone(), None).map_err(std::io::Error::other)?;
        let batch = RecordBatch::try_new(schema, arrays).map_err(std::io::Error::other)?;
        writer.write(&batch).map_err(std::io::Error::other)?;
        writer.into_inner().map_err(std::io::Error::other)
    }
}

/// 1 for who spends most; ties by id bytewise.
fn ranks(accounts: &[AccountRow]) -> Vec<i128> {
    let mut order: Vec<usize> = (0..accounts.len()).collect();
    let key = |at: &usize| accounts.get(*at).map(|row| (std::cmp::Reverse(row.spend), row.id.as_bytes()));
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut ranks = vec![0; accounts.len()];
    for (rank, at) in (1..).zip(order) {
        if let Some(place) = ranks.get_mut(at) {
            *place = rank;
        }
    }
    ranks
}

/// The decimals that so many parts of a unit take.
fn decimals_of(parts: i128) -> u8 {
    (0..=18_u8).find(|scale| 10_i128.pow(u32::from(*scale)) % parts.max(1) == 0).unwrap_or(18)
}

fn row(
    program: &Program,
    account: &AccountRow,
    (rank, score): (i128, Option<Score>),
    (reward_cost, fine): (Exact, u8),
) -> Checked<Vec<Cell>> {
    let got = &account.got;
    let mut row = vec![
        Cell::Text(account.id.clone()),
        Cell::Number(account.purchases.into()),
        Cell::Number(account.spend.into()),
        Cell::Number(rank),
        Cell::Text(account.last.map_or_else(String::new, |day| day.to_string())),
    ];
    row.extend(score.unwrap_or_default().map(|fifth| Cell::Number(i128::try_from(fifth).unwrap_or(0))));
    row.push(Cell::Text(if account.member { "yes" } else { "no" }.to_owned()));
    for (ladder, rung) in program.ladders.iter().zip(account.rungs.iter().chain(std::iter::repeat(&None))) {
        let name = rung.and_then(|rung| ladder.rungs.get(usize::from(rung))).map_or("", |rung| rung.name.as_str());
        row.push(Cell::Text(name.to_owned()));
    }
    for (_, (balance, pending)) in program.wallets.iter().zip(account.balances.iter().chain(std::iter::repeat(&(0, 0)))) {
        row.extend([Cell::Number(*balance), Cell::Number(*pending)]);
    }
    row.push(Cell::Text(account.next_end.map_or_else(String::new, |day| day.to_string())));
    if !program.segments.is_empty() {
        let name = |segment: &u16| program.segments.get(usize::from(*segment)).map_or("", |segment| segment.name.as_str());
        row.push(Cell::Text(account.segments.iter().map(name).collect::<Vec<_>>().join("; ")));
    }
    let money = [got.value()?, got.discounts, got.free_shipping, got.redeemed, got.vouchers, got.gifts, got.paid_out];
    row.extend(money.map(Cell::Number));
    let cost = got.cost(reward_cost)?.times(Exact::whole(10_i128.pow(u32::from(fine))))?;
    row.push(Cell::Number(cost.round(Rounding::HalfUp)?));
    Ok(row)
}
