//! Rows that add up the rows above them: no data, if their sum is right.

use super::column::{Batch, Screen};
use super::keys::small;
use super::layout::Layout;
use super::names::plain;
use super::reason;
use super::rows::Draft;

/// Words that stand in total rows where a name is expected.
const WORDS: [&str; 24] = [
    "total",
    "totals",
    "subtotal",
    "grandtotal",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "zwischensumme",
    "insgesamt",
    "endsumme",
    "итого",
    "всего",
    "сумма",
    "общийитог",
    "промежуточныйитог",
    "合计",
    "总计",
    "小计",
    "共计",
    "汇总",
    "合計",
    "總計",
    "小計",
];

/// Whether a text stands where a name is expected in a row that adds up others.
pub(super) fn says_total(text: &str) -> bool {
    // No such word has a digit; most of what is looked at has.
    !text.bytes().any(|byte| byte.is_ascii_digit()) && WORDS.contains(&plain(text).as_str())
}

/// Rows of a batch that may be totals.
pub(super) struct Totals(Vec<u32>);

/// What the rows of a batch come to, up to each row that may be a total.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// The row, its amount, and what the rows since the one before come to.
    marks: Vec<(u64, i64, i128)>,
    rest: i128,
}

impl Totals {
    /// Rows whose key fields are blank. They are counted when it is known what they add up.
    pub fn candidates(batch: &Batch<'_>, layout: &Layout, screen: &mut Screen) -> Self {
        let column = |name: &str| layout.place(name).and_then(|place| batch.columns.get(place));
        let (Some(at), customer, id) = (column("at"), column("customer"), column("id")) else { return Self(Vec::new()) };
        let mut all = Vec::new();
        let typed = at.is_typed();
        for row in 0..batch.rows {
            if typed && at.is_valid(row) {
                continue;
            }
            let time = at.text(row);
            if time.as_ref().is_some_and(|text| !says_total(text)) || screen.gone(row) {
                continue;
            }
            let fields = [time, customer.and_then(|column| column.text(row)), id.and_then(|column| column.text(row))];
            let words = fields.iter().flatten().filter(|text| says_total(text)).count();
            let blank = fields.iter().filter(|text| text.is_none()).count();
            // Every key field is blank, or one of them has the word.
            if words + blank == fields.len() && (words > 0 || customer.is_some() && (id.is_some() || blank == fields.len())) {
                all.push(small(row));
                screen.drop_row(row);
            }
        }
        Self(all)
    }

    /// What the rows above each of them come to.
    pub fn sums(&self, batch: &Batch<'_>, screen: &Screen, amount: impl Fn(usize) -> Option<i64>) -> Sums {
        let mut sums = Sums::default();
        let mut marks = self.0.iter().peekable();
        for row in 0..batch.rows {
            let value = amount(row);
            if marks.next_if(|mark| **mark == small(row)).is_some() {
                sums.marks.push((screen.row(row), value.unwrap_or(0), std::mem::take(&mut sums.rest)));
            } else {
                sums.rest = sums.rest.saturating_add(i128::from(value.unwrap_or(0)));
            }
        }
        sums
    }

    /// Counts the rows of a file that are totals, and those that are neither totals nor data.
    pub fn settle(all: Vec<Sums>, source: u32, draft: &mut Draft) {
        let Some(tally) = draft.tally(source) else { return };
        let (mut since, mut grand) = (0_i128, 0_i128);
        for sums in all {
            for (row, amount, more) in sums.marks {
                since = since.saturating_add(more);
                grand = grand.saturating_add(more);
                if i128::from(amount) == since || i128::from(amount) == grand {
                    tally.beside += 1;
                    tally.read = tally.read.saturating_sub(1);
                    since = 0;
                } else {
                    tally.reject(reason::NO_TOTAL, row, "", "");
                    tally.money(reason::NO_TOTAL, amount);
                }
            }
            since = since.saturating_add(sums.rest);
            grand = grand.saturating_add(sums.rest);
        }
    }
}
