//! What readers hand to [`super::partition`]: decoded rows as columns in chunks, and records of the smaller tables.

use super::conditions::{Said, State};
use super::keys::{Key, Keys, NONE, gather, ix, small};
use super::model::{NO_TEXT, Opening, Scale, TextCode};
use super::names::means;
use super::prepare::Prepared;
use super::receipts::Rest;
use super::rejects::Tally;
use crate::value::{Date, Decimal};
use foldhash::fast::FixedState;
use std::collections::{BTreeSet, HashMap};

/// Accounts are dealt into this many buckets; purchases without a customer have one of their own after them.
pub(super) const BUCKETS: usize = 64;

/// The text columns of a purchase that have a standard name, in the order of [`Rows::texts`].
pub(super) const TEXT_COLUMNS: [&str; 8] = ["channel", "store", "payment", "partner", "coupon", "category", "brand", "product"];
pub(super) const CATEGORY: usize = 5;
pub(super) const BRAND: usize = 6;
pub(super) const PRODUCT: usize = 7;

/// Purchases as columns; one that is empty is missing throughout.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub customer: Keys,
    pub id: Keys,
    pub at: Vec<i64>,
    /// Minor units; [`NONE`] where nothing is recorded.
    pub amount: Vec<i64>,
    pub tax: Vec<i64>,
    pub shipping: Vec<i64>,
    pub sequence: Vec<u64>,
    /// One for each of [`TEXT_COLUMNS`], then one for each of the chunk's attributes.
    pub texts: Vec<Vec<TextCode>>,
    /// One for each of the chunk's paid wallets.
    pub paid: Vec<Vec<Option<Decimal>>>,
    pub paid_voucher: Vec<Option<bool>>,
    /// What each line says of the use of its receipt; empty where nothing is asked.
    pub said: Vec<Said>,
    /// The row, counted from the chunk's first.
    pub row: Vec<u32>,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// The rows at the given places, in their order.
    pub fn gather(&self, order: &[u32]) -> Self {
        Self {
            customer: self.customer.gather(order),
            id: self.id.gather(order),
            at: gather(&self.at, order, NONE),
            amount: gather(&self.amount, order, NONE),
            tax: gather(&self.tax, order, 0),
            shipping: gather(&self.shipping, order, 0),
            sequence: gather(&self.sequence, order, 0),
            texts: self.texts.iter().map(|column| gather(column, order, NO_TEXT)).collect(),
            paid: self.paid.iter().map(|column| gather(column, order, None)).collect(),
            paid_voucher: gather(&self.paid_voucher, order, None),
            said: gather(&self.said, order, Said::default()),
            row: gather(&self.row, order, 0),
        }
    }
}

/// Item lines as columns.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The purchase row within the chunk that holds the line; for loose lines unused.
    pub owner: Vec<u32>,
    /// The place in the purchase's list, where the data has lists; else empty, and content decides.
    pub position: Vec<u32>,
    pub quantity: Vec<Decimal>,
    /// Of one unit, in major units of money.
    pub price: Vec<Decimal>,
    /// As recorded, where that is not what a unit cost; empty where it always is, or where nothing is returned.
    pub listed: Vec<Decimal>,
    pub amount: Vec<i64>,
    /// Parts of the receipt that stand on its lines; empty where none do.
    pub tax: Vec<i64>,
    pub shipping: Vec<i64>,
    pub tip: Vec<i64>,
    /// Product, category, brand, then one for each of the chunk's item attributes.
    pub texts: Vec<Vec<TextCode>>,
    pub row: Vec<u32>,
}

pub(super) const LINE_PRODUCT: usize = 0;
pub(super) const LINE_CATEGORY: usize = 1;
pub(super) const LINE_BRAND: usize = 2;
/// Standard text columns of a line.
pub(super) const LINE_TEXTS: usize = 3;

impl Lines {
    pub fn len(&self) -> usize {
        self.amount.len()
    }

    pub fn gather(&self, order: &[u32]) -> Self {
        let zero = Decimal::whole(0);
        Self {
            owner: gather(&self.owner, order, u32::MAX),
            position: gather(&self.position, order, 0),
            quantity: gather(&self.quantity, order, zero),
            price: gather(&self.price, order, zero),
            listed: gather(&self.listed, order, zero),
            amount: gather(&self.amount, order, 0),
            tax: gather(&self.tax, order, 0),
            shipping: gather(&self.shipping, order, 0),
            tip: gather(&self.tip, order, 0),
            texts: self.texts.iter().map(|column| gather(column, order, NO_TEXT)).collect(),
            row: gather(&self.row, order, 0),
        }
    }
}

/// Texts of a chunk, each once.
#[derive(Debug, Default)]
pub(super) struct Dict {
    pub list: Vec<Box<str>>,
    codes: HashMap<Box<str>, u32, FixedState>,
}

impl Dict {
    pub fn code(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return NO_TEXT;
        }
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = small(self.list.len());
        self.list.push(text.into());
        self.codes.insert(text.into(), code);
        code
    }
}

impl Dict {
    /// Forgets texts that no column uses any more, so that rejected rows leave no trace.
    pub fn retain_used<'a>(&mut self, columns: impl Iterator<Item = &'a Vec<TextCode>>) {
        let mut used = vec![false; self.list.len()];
        for code in columns.flatten() {
            if let Some(used) = used.get_mut(ix(*code)) {
                *used = true;
            }
        }
        for (text, used) in self.list.iter_mut().zip(used) {
            if !used {
                *text = Box::default();
            }
        }
    }
}

/// Decoded rows of one stretch of a file.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Which of [`Draft::sources`].
    pub source: u32,
    pub first_row: u64,
    pub rows: Rows,
    /// Lines that come with the rows.
    pub lines: Lines,
    /// Whether a row is a line of a receipt: rows of one id are folded and no row is another's duplicate.
    pub fold: bool,
    /// Names of the texts past [`TEXT_COLUMNS`].
    pub attributes: Vec<String>,
    pub item_attributes: Vec<String>,
    pub wallets: Vec<String>,
    pub dict: Dict,
    /// `rows_from[b]..rows_from[b + 1]` belong to bucket `b`; [`BUCKETS`] is that of the anonymous.
    pub rows_from: Vec<u32>,
    pub lines_from: Vec<u32>,
}

impl Chunk {
    /// Sorts rows (and their lines) into buckets, keeping their order within each.
    pub fn deal(&mut self, bucket_of: impl Fn(super::keys::KeyRef<'_>) -> usize) {
        let buckets: Vec<u32> = (0..self.rows.len()).map(|at| small(bucket_of(self.rows.customer.get(at)))).collect();
        let (order, rows_from) = by_bucket(&buckets);
        self.rows = self.rows.gather(&order);
        self.rows_from = rows_from;
        if self.lines.len() > 0 {
            let mut place = vec![0_u32; order.len()];
            for (new, old) in order.iter().enumerate() {
                if let Some(slot) = place.get_mut(ix(*old)) {
                    *slot = small(new);
                }
            }
            let line_buckets: Vec<u32> = self.lines.owner.iter().map(|owner| buckets.get(ix(*owner)).copied().unwrap_or(0)).collect();
            let (line_order, lines_from) = by_bucket(&line_buckets);
            self.lines = self.lines.gather(&line_order);
            for owner in &mut self.lines.owner {
                *owner = place.get(ix(*owner)).copied().unwrap_or(u32::MAX);
            }
            self.lines_from = lines_from;
        }
    }
}

/// A stable counting sort: places by bucket, and where each bucket begins.
fn by_bucket(buckets: &[u32]) -> (Vec<u32>, Vec<u32>) {
    group_by(buckets, BUCKETS + 1)
}

/// A stable counting sort: places by group, and where each of `groups` begins, with the end of the last.
#[expect(clippy::indexing_slicing, reason = "counts has one slot more than there are groups; order one for every place")]
pub(super) fn group_by(group: &[u32], groups: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; groups + 1];
    for g in group {
        starts[ix(*g) + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; group.len()];
    for (place, g) in group.iter().enumerate() {
        let slot = &mut next[ix(*g)];
        order[ix(*slot)] = small(place);
        *slot += 1;
    }
    (order, starts)
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub source: u32,
    pub row: u64,
}

/// Item lines of a table of their own.
#[derive(Debug, Default)]
pub(super) struct LooseLines {
    pub source: u32,
    pub first_row: u64,
    pub purchase: Keys,
    pub customer: Keys,
    pub lines: Lines,
    /// Lines that are returns, by row; what they give back is taken from earlier purchases.
    pub returned: Vec<bool>,
    /// Purchases of lines that the mapping leaves out.
    pub left_out: Vec<String>,
    pub item_attributes: Vec<String>,
    pub dict: Dict,
}

#[derive(Clone, Debug, Default)]
pub(super) struct CustomerRow {
    pub id: String,
    pub joined: Option<Date>,
    pub born: Option<Date>,
    pub referred_by: Option<String>,
    /// By name, lower case.
    pub attributes: Vec<(String, String)>,
    pub origin: Origin,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ProductRow {
    pub product: String,
    pub category: String,
    pub brand: String,
    pub attributes: Vec<(String, String)>,
    pub origin: Origin,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ReturnRow {
    pub customer: String,
    pub id: String,
    pub of: String,
    pub at: i64,
    pub sequence: u64,
    pub amount: Option<i64>,
    pub product: String,
    pub quantity: Option<Decimal>,
    /// Of one unit, where the row has one.
    pub price: Option<Decimal>,
    /// The receipt that the line was printed on.
    pub within: String,
    /// Whether the row is that of its purchase.
    pub of_orders: bool,
    pub origin: Origin,
}

#[derive(Clone, Debug, Default)]
pub(super) struct EventRow {
    pub customer: String,
    pub id: String,
    pub name: String,
    pub at: i64,
    pub sequence: u64,
    pub of: String,
    pub value: String,
    pub origin: Origin,
}

/// What an account holds at first.
#[derive(Clone, Debug)]
pub(super) struct OpeningRow {
    pub customer: String,
    pub what: Opening,
    pub origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) struct SurveyRow {
    pub customer: String,
    pub at: i64,
    pub score: Decimal,
}

/// A file read as a table.
#[derive(Debug, Default)]
pub(super) struct SourceFile {
    pub file: String,
    pub table: String,
    pub tally: Tally,
    /// Whether its amounts come from a program and stand beside a currency.
    pub beside_currency: bool,
}

/// What all rows come to, as another system says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Control {
    pub rows: Option<u64>,
    pub purchases: Option<u64>,
    pub customers: Option<u64>,
    /// In minor units.
    pub revenue: Option<i64>,
}

/// Everything read, before it is brought together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Purchases that the mapping does not use, and why, where lines stand in a table of their own.
    pub left_ids: HashMap<Key, &'static str, FixedState>,
    pub sources: Vec<SourceFile>,
    pub chunks: Vec<Chunk>,
    pub loose: Vec<LooseLines>,
    pub customers: Vec<CustomerRow>,
    pub products: Vec<ProductRow>,
    pub returns: Vec<ReturnRow>,
    pub events: Vec<EventRow>,
    pub surveys: Vec<SurveyRow>,
    pub openings: Vec<OpeningRow>,
    /// The day on which the books are opened.
    pub opening: Option<Date>,
    /// The scale of the surveys.
    pub scale: Scale,
    pub notes: BTreeSet<String>,
    /// What a recorded amount has that the lines have not.
    pub rest: Option<Rest>,
    /// How a receipt is used of which no line says anything.
    pub unsaid: State,
    /// Days beyond which no row is meant.
    pub period: Option<(Date, Date)>,
    /// What the mapping says that all rows come to.
    pub control: Control,
    /// Whether amounts below zero are returns.
    pub negative_are_returns: bool,
    /// Whether a file has the columns that tell returns.
    pub marked: bool,
    /// Whether some columns were left undecoded: then records that look equal may differ.
    pub partial: bool,
}

impl Draft {
    /// Registers a file, and returns its number.
    pub fn source(&mut self, file: String, table: &str) -> u32 {
        self.sources.push(SourceFile { file, table: table.to_owned(), ..SourceFile::default() });
        small(self.sources.len() - 1)
    }

    /// Notes whether a file's amounts come from a program and stand beside a currency.
    pub fn note_currency(&mut self, source: u32, table: &Prepared<'_>) {
        let beside = table.is_json() && table.header().iter().any(|name| means("currency", name.rsplit('.').next().unwrap_or_default()));
        if let Some(source) = self.sources.get_mut(ix(source)) {
            source.beside_currency |= beside;
        }
    }

    pub fn tally(&mut self, source: u32) -> Option<&mut Tally> {
        self.sources.get_mut(ix(source)).map(|source| &mut source.tally)
    }
}
