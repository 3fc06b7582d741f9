//! One bucket of accounts: numbered, grouped, ordered; duplicates dropped, receipts folded, columns made.

use super::conditions::Said;
use super::keys::{Digits, Key, KeyRef, Keys, NONE, gather, ix, small};
use super::lines::{Stretch, append_lines, items, join_loose, lend, line_content};
use super::model::{Account, Customers, Ids, NO_TEXT, Part, Purchases, TextCode};
use super::partition::{Findings, Mine, Shared};
use super::rows::{
    BRAND, BUCKETS, CATEGORY, Chunk, CustomerRow, LINE_TEXTS, Lines, Origin, PRODUCT, ReturnRow, Rows, TEXT_COLUMNS, group_by,
};
use super::{openings, reason, receipts, settle, timeline, two_files};
use crate::value::Instant;
use foldhash::fast::FixedState;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A part, and what was found on the way.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub part: Part,
    pub findings: Findings,
    /// What was returned of purchases, in money; only for the anonymous.
    pub returned: HashMap<u32, i64, FixedState>,
}

/// The rows of a bucket, with the codes of the whole history.
#[derive(Default)]
pub(super) struct Whole<'a> {
    pub rows: Rows,
    /// The first row here of each stretch of a chunk, the chunk, and the place in it.
    stretches: Vec<(u32, &'a Chunk, u32)>,
    /// Index into the part's customers.
    pub customer: Vec<u32>,
    pub lines: Lines,
    /// Lines of row `r` that came with it: `line_order[line_from[r]..line_from[r + 1]]`.
    line_order: Vec<u32>,
    line_from: Vec<u32>,
}

impl Whole<'_> {
    /// Where a row came from. Asked for only where something is wrong with it, or nothing else tells two rows apart.
    pub fn origin(&self, row: u32) -> Origin {
        let after = self.stretches.partition_point(|(first, _, _)| *first <= row);
        let Some((first, chunk, from)) = after.checked_sub(1).and_then(|at| self.stretches.get(at)) else {
            return Origin::default();
        };
        let place = ix(row.saturating_sub(*first).saturating_add(*from));
        let row = chunk.rows.row.get(place).copied().unwrap_or(0);
        Origin { source: chunk.source, row: chunk.first_row.saturating_add(u64::from(row)) }
    }
}

/// Customers in the order of the part.
pub(super) struct People {
    pub customers: Customers,
    accounts: Vec<Account>,
    /// By number, the index into the customers.
    pub index_of: Vec<u32>,
    /// By index.
    pub account_of: Vec<u32>,
    pub numbers: Numbers,
}

/// Makes the part of the given buckets.
pub(super) fn finish(shared: &Shared<'_>, buckets: Range<usize>, mine: Vec<Mine<'_>>) -> Finished {
    let mut findings = Findings::default();
    let mut mine = merge(mine);
    let mut numbers = Numbers::default();
    for customer in &mine.customers {
        numbers.number(KeyRef::parse(customer.id.as_bytes()));
    }
    let mut whole = collect(shared, buckets.clone(), &mut numbers);
    for event in &mine.events {
        // Whoever signs up or reviews is a customer; who only brings something back is not.
        numbers.number(KeyRef::parse(event.customer.as_bytes()));
    }
    for opening in &mine.openings {
        numbers.number(KeyRef::parse(opening.customer.as_bytes()));
    }
    let mut people = rank(shared, numbers, &mine.customers);
    for number in &mut whole.customer {
        *number = people.index_of.get(ix(*number)).copied().unwrap_or(0);
    }
    let (mut kept, folded) = arrange(shared, &whole, &people, &mut findings);
    let mut faulty = if shared.fold { receipts::merge(shared, &mut whole, &folded, &mut findings) } else { BTreeMap::new() };
    let returned_lines = join_loose(shared, &mut whole, &kept, &mine.loose, &people, &mut findings);
    faulty.extend(receipts::torn(shared, &whole, &kept));
    faulty.extend(returned_lines.faulty.iter().map(|row| (*row, reason::TWO_FILES)));
    mine.returns.extend(returned_lines.rows);
    let back = within(&whole, &kept, &people, &mine.returns, returned_lines.owners);
    let more = settle::amounts(shared, &mut whole, &mut kept, &people, &faulty, &back, &mut findings);
    mine.returns.extend(more);
    settle::conflicts(&whole, &mut findings);
    for (account, range) in people.accounts.iter_mut().zip(kept.account_from.windows(2)) {
        let [from, to] = range else { continue };
        account.purchases = *from..*to;
    }
    let mut part = Part {
        purchases: purchases(&whole, &kept.order, shared.pooled),
        accounts: std::mem::take(&mut people.accounts),
        customers: std::mem::take(&mut people.customers),
        ..Part::default()
    };
    if shared.has_lines {
        items(shared, &whole, &kept, &mut part);
    }
    lend(shared, &mut part);
    let sequences = part.purchases.sequence.clone();
    let anonymous = buckets.start == BUCKETS;
    let lookup = |customer: &str| people.numbers.find(KeyRef::parse(customer.as_bytes()));
    let customer_of = |customer: &str| people.index_of.get(ix(lookup(customer)?)).copied();
    let account_of = |customer: u32| people.account_of.get(ix(customer)).copied().unwrap_or(0);
    openings::fill(&mut part, std::mem::take(&mut mine.openings), &customer_of, &account_of, &mut findings);
    let context = timeline::Context { shared, sequences: &sequences, anonymous };
    let returned = timeline::fill(&context, &mut part, mine, &customer_of, &account_of, &mut findings);
    Finished { part, findings, returned }
}

/// What came back on receipts of the same customers, by purchase.
fn within(whole: &Whole<'_>, kept: &Kept, people: &People, returns: &[ReturnRow], owners: Vec<u32>) -> settle::Back {
    let mut back = settle::Back { owners, ..settle::Back::default() };
    let key = |text: &str| KeyRef::parse(text.as_bytes()).own();
    let mut wanted: HashMap<(Key, Key), i64, FixedState> = HashMap::default();
    for row in returns.iter().filter(|row| !row.within.is_empty()) {
        let sum = wanted.entry((key(&row.customer), key(&row.within))).or_default();
        *sum = sum.saturating_add(row.amount.unwrap_or(0));
    }
    for row in if wanted.is_empty() { &[][..] } else { kept.order.as_slice() } {
        let customer = whole.customer.get(ix(*row)).and_then(|customer| people.customers.id.get(ix(*customer)));
        let found = customer.and_then(|customer| wanted.get(&(key(customer), whole.rows.id.get(ix(*row)).own())));
        back.within.extend(found.map(|sum| (*row, *sum)));
    }
    back
}

fn merge(mine: Vec<Mine<'_>>) -> Mine<'_> {
    mine.into_iter().fold(Mine::default(), |mut sum, one| {
        sum.customers.extend(one.customers);
        sum.returns.extend(one.returns);
        sum.events.extend(one.events);
        sum.openings.extend(one.openings);
        sum.loose.extend(one.loose);
        sum
    })
}

/// Numbers for ids, in the order in which they are first seen.
#[derive(Default)]
pub(super) struct Numbers {
    ints: HashMap<i64, u32, FixedState>,
    texts: HashMap<Box<[u8]>, u32, FixedState>,
    missing: Option<u32>,
    keys: Vec<Key>,
}

impl Numbers {
    pub fn find(&self, key: KeyRef<'_>) -> Option<u32> {
        match key {
            KeyRef::Missing => self.missing,
            KeyRef::Int(n) => self.ints.get(&n).copied(),
            KeyRef::Text(text) => self.texts.get(text).copied(),
        }
    }

    fn number(&mut self, key: KeyRef<'_>) -> u32 {
        let next = small(self.keys.len());
        let found = match key {
            KeyRef::Missing => *self.missing.get_or_insert(next),
            KeyRef::Int(n) => *self.ints.entry(n).or_insert(next),
            KeyRef::Text(text) => match self.texts.get(text) {
                Some(number) => *number,
                None => {
                    self.texts.insert(text.into(), next);
                    next
                }
            },
        };
        if found == next {
            self.keys.push(key.own());
        }
        found
    }
}

/// Brings the rows of the buckets together from all chunks.
fn collect<'a>(shared: &Shared<'a>, buckets: Range<usize>, numbers: &mut Numbers) -> Whole<'a> {
    let mut whole = Whole::default();
    let texts = TEXT_COLUMNS.len() + shared.names.purchase.len();
    whole.rows.texts = vec![Vec::new(); texts];
    whole.rows.paid = vec![Vec::new(); shared.names.wallets.len()];
    whole.lines.texts = vec![Vec::new(); LINE_TEXTS + shared.names.item.len()];
    let draft: &'a super::rows::Draft = shared.draft;
    let chunks = &draft.chunks;
    let any_positions = chunks.iter().any(|chunk| !chunk.lines.position.is_empty());
    let mut wide = vec![false; texts];
    for chunk in chunks {
        for (column, list) in chunk.rows.texts.iter().enumerate() {
            let target = text_target(&shared.names.purchase, &chunk.attributes, column);
            if let Some(slot) = wide.get_mut(target) {
                *slot |= !list.is_empty();
            }
        }
    }
    let any_tax = chunks.iter().any(|chunk| !chunk.rows.tax.is_empty());
    let any_shipping = chunks.iter().any(|chunk| !chunk.rows.shipping.is_empty());
    let any_sequence = chunks.iter().any(|chunk| !chunk.rows.sequence.is_empty());
    let any_said = chunks.iter().any(|chunk| !chunk.rows.said.is_empty());
    let any_voucher = chunks.iter().any(|chunk| !chunk.rows.paid_voucher.is_empty());
    for (chunk, codes) in chunks.iter().zip(&shared.chunk_codes) {
        let bound = |list: &[u32], at: usize| list.get(at).copied().map_or(0, ix);
        let (from, to) = (bound(&chunk.rows_from, buckets.start), bound(&chunk.rows_from, buckets.end));
        if from == to {
            continue;
        }
        let (mine, len) = (&mut whole.rows, whole.customer.len());
        let add = to - from;
        let theirs = &chunk.rows;
        whole.customer.extend((from..to).map(|at| numbers.number(theirs.customer.get(at))));
        mine.id.append(len, &theirs.id, from, to);
        extend(&mut mine.at, &theirs.at, from, to, true, 0);
        extend(&mut mine.amount, &theirs.amount, from, to, true, NONE);
        let unsaid = if shared.fold { NONE } else { 0 };
        extend(&mut mine.tax, &theirs.tax, from, to, any_tax, unsaid);
        extend(&mut mine.shipping, &theirs.shipping, from, to, any_shipping, unsaid);
        extend(&mut mine.sequence, &theirs.sequence, from, to, any_sequence, 0);
        extend(&mut mine.paid_voucher, &theirs.paid_voucher, from, to, any_voucher, None);
        extend(&mut mine.said, &theirs.said, from, to, any_said, Said::default());
        for (column, list) in theirs.texts.iter().enumerate() {
            let target = text_target(&shared.names.purchase, &chunk.attributes, column);
            if let Some(target) = mine.texts.get_mut(target) {
                target.extend(list.get(from..to).unwrap_or_default().iter().map(|code| translate(codes, *code)));
            }
        }
        for (column, wide) in mine.texts.iter_mut().zip(&wide) {
            if *wide {
                column.resize(len + add, NO_TEXT);
            }
        }
        for (name, list) in chunk.wallets.iter().zip(&theirs.paid) {
            let target = shared.names.wallets.binary_search(name).ok().and_then(|at| mine.paid.get_mut(at));
            if let Some(target) = target {
                target.resize(len, None);
                target.extend_from_slice(list.get(from..to).unwrap_or_default());
            }
        }
        for column in &mut mine.paid {
            column.resize(len + add, None);
        }
        whole.stretches.push((small(len), chunk, small(from)));
        let (lines_from, lines_to) = (bound(&chunk.lines_from, buckets.start), bound(&chunk.lines_from, buckets.end));
        let lines = Stretch { lines: &chunk.lines, from: lines_from, to: lines_to, names: &chunk.item_attributes, codes };
        let owner = |owner: u32| small(ix(owner) - from + len);
        append_lines(&mut whole.lines, &lines, shared, any_positions, owner);
    }
    if whole.lines.len() > 0 {
        (whole.line_order, whole.line_from) = group_by(&whole.lines.owner, whole.customer.len());
    }
    whole
}

pub(super) fn translate(codes: &[TextCode], code: TextCode) -> TextCode {
    codes.get(ix(code)).copied().unwrap_or(NO_TEXT)
}

/// Where a text column of a chunk goes.
fn text_target(names: &[String], attributes: &[String], column: usize) -> usize {
    let Some(attribute) = column.checked_sub(TEXT_COLUMNS.len()) else { return column };
    let place = attributes.get(attribute).and_then(|name| names.binary_search(name).ok());
    place.map_or(usize::MAX, |place| TEXT_COLUMNS.len() + place)
}

pub(super) fn extend<T: Copy>(mine: &mut Vec<T>, theirs: &[T], from: usize, to: usize, wanted: bool, missing: T) {
    if !wanted {
        return;
    }
    match theirs.get(from..to) {
        Some(theirs) => mine.extend_from_slice(theirs),
        None => mine.resize(mine.len() + (to - from), missing),
    }
}

/// Puts customers in order: by account, then by id, all bytewise.
fn rank(shared: &Shared<'_>, numbers: Numbers, records: &[&CustomerRow]) -> People {
    // A customer without a household is an account of its own; should a household have the same id, it is another.
    let ids: Vec<String> = numbers.keys.iter().map(|key| key.as_ref().text()).collect();
    let households: Vec<Option<&str>> = numbers.keys.iter().map(|key| shared.household(key.as_ref())).collect();
    let key = |number: u32| {
        let id = ids.get(ix(number)).map_or("", String::as_str);
        let household = households.get(ix(number)).copied().flatten();
        (household.unwrap_or(id), household.is_some(), id)
    };
    let mut order: Vec<u32> = (0..small(ids.len())).collect();
    order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
    // Numbers were given to the customers' records first, in their order.
    let attributes = shared.names.customer.len();
    let mut customers = Customers { attributes: vec![Vec::new(); attributes], ..Customers::default() };
    let mut accounts: Vec<Account> = Vec::new();
    let mut index_of = vec![0; order.len()];
    let mut account_of = Vec::with_capacity(order.len());
    let mut last: Option<(&str, bool)> = None;
    for (index, number) in order.iter().enumerate() {
        let (account, pooled, id) = key(*number);
        if last != Some((account, pooled)) {
            let from = small(index);
            accounts.push(Account { id: account.to_owned(), customers: from..from, purchases: 0..0, moments: 0..0, openings: 0..0 });
            last = Some((account, pooled));
        }
        if let Some(account) = accounts.last_mut() {
            account.customers.end = small(index + 1);
        }
        account_of.push(small(accounts.len() - 1));
        if let Some(slot) = index_of.get_mut(ix(*number)) {
            *slot = small(index);
        }
        let record = records.get(ix(*number));
        customers.id.push(id.to_owned());
        customers.joined.push(record.and_then(|record| record.joined));
        customers.born.push(record.and_then(|record| record.born));
        customers.referred_by.push(record.and_then(|record| record.referred_by.clone()));
        for (name, column) in shared.names.customer.iter().zip(&mut customers.attributes) {
            let value =
                record.and_then(|r| r.attributes.binary_search_by(|(known, _)| known.cmp(name)).ok().and_then(|at| r.attributes.get(at)));
            column.push(value.and_then(|(_, value)| shared.code(value)).unwrap_or(NO_TEXT));
        }
    }
    People { customers, accounts, index_of, account_of, numbers }
}

/// Rows that stay, in order.
pub(super) struct Kept {
    pub order: Vec<u32>,
    /// Account `a` has `order[account_from[a]..account_from[a + 1]]`.
    pub account_from: Vec<u32>,
    /// The row that stands for a row: itself, or that of its receipt; `u32::MAX` if it was dropped. Empty where every
    /// row stands for itself.
    pub stands_for: Vec<u32>,
}

/// Orders each account's rows, drops duplicates, folds lines of one receipt.
fn arrange(shared: &Shared<'_>, whole: &Whole<'_>, people: &People, findings: &mut Findings) -> (Kept, Vec<(u32, u32)>) {
    let accounts = people.accounts.len();
    let pooled = shared.pooled;
    let (mut order, from) = if pooled {
        let account: Vec<u32> = whole.customer.iter().map(|c| people.account_of.get(ix(*c)).copied().unwrap_or(0)).collect();
        group_by(&account, accounts)
    } else {
        group_by(&whole.customer, accounts)
    };
    let mut kept = Kept { order: Vec::new(), account_from: vec![0], stands_for: Vec::new() };
    let mut dropped: Vec<(u32, u32)> = Vec::new();
    let mut write = 0_usize;
    for bounds in from.windows(2) {
        let [start, end] = bounds else { continue };
        let (start, end) = (ix(*start), ix(*end));
        let mut count = end - start;
        if let Some(mine) = order.get_mut(start..end) {
            let before = dropped.len();
            if shared.fold {
                fold(shared, whole, mine, &mut dropped, findings);
            } else {
                clean(shared, whole, mine, &mut dropped, findings);
            }
            count -= dropped.len() - before;
        }
        // Those that stay stand first.
        if write != start {
            order.copy_within(start..start + count, write);
        }
        write += count;
        kept.account_from.push(small(write));
    }
    order.truncate(write);
    kept.order = order;
    if !dropped.is_empty() {
        kept.stands_for = (0..small(whole.rows.len())).collect();
        for (row, instead) in &dropped {
            if let Some(slot) = kept.stands_for.get_mut(ix(*row)) {
                *slot = *instead;
            }
        }
    }
    (kept, dropped)
}

/// Instant, sequence and id: the order of events among purchases.
fn in_time(whole: &Whole<'_>, a: u32, b: u32) -> Ordering {
    let (a, b) = (ix(a), ix(b));
    let rows = &whole.rows;
    let by_time = rows.at.get(a).cmp(&rows.at.get(b));
    by_time.then_with(|| rows.sequence.get(a).cmp(&rows.sequence.get(b))).then_with(|| rows.id.get(a).compare(rows.id.get(b)))
}

fn full_order(whole: &Whole<'_>, a: u32, b: u32) -> Ordering {
    in_time(whole, a, b).then_with(|| content(whole, a, b)).then_with(|| whole.origin(a).cmp(&whole.origin(b)))
}

/// Compares the decoded fields of two rows, bytewise.
pub(super) fn content(whole: &Whole<'_>, a: u32, b: u32) -> Ordering {
    let (x, y) = (ix(a), ix(b));
    let rows = &whole.rows;
    let number = |list: &[i64]| {
        let text = |at: usize| list.get(at).copied().filter(|n| *n != NONE).map(KeyRef::Int).unwrap_or(KeyRef::Missing);
        text(x).compare(text(y))
    };
    // A missing text is the least.
    let code = |list: &[TextCode]| {
        let rank = |at: usize| list.get(at).copied().unwrap_or(NO_TEXT).wrapping_add(1);
        rank(x).cmp(&rank(y))
    };
    rows.at
        .get(x)
        .cmp(&rows.at.get(y))
        .then_with(|| rows.sequence.get(x).cmp(&rows.sequence.get(y)))
        .then_with(|| whole.customer.get(x).cmp(&whole.customer.get(y)))
        .then_with(|| number(&rows.amount))
        .then_with(|| number(&rows.tax))
        .then_with(|| number(&rows.shipping))
        .then_with(|| rows.texts.iter().map(|list| code(list)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal))
        .then_with(|| {
            let paid = rows.paid.iter().map(|list| list.get(x).cmp(&list.get(y)));
            paid.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        })
        .then_with(|| rows.paid_voucher.get(x).cmp(&rows.paid_voucher.get(y)))
        .then_with(|| {
            let lines = |row: u32| lines_of(whole, row).iter().map(|line| ix(*line));
            let mut pairs = lines(a).zip(lines(b)).map(|(l, m)| line_content(&whole.lines, l, m));
            let differ = pairs.find(|o| o.is_ne()).unwrap_or(Ordering::Equal);
            differ.then_with(|| lines(a).count().cmp(&lines(b).count()))
        })
}

pub(super) fn lines_of<'a>(whole: &'a Whole<'_>, row: u32) -> &'a [u32] {
    let bound = |at: usize| whole.line_from.get(at).copied().map_or(0, ix);
    whole.line_order.get(bound(ix(row))..bound(ix(row) + 1)).unwrap_or_default()
}

/// Orders rows of one account and moves those dropped to the end, listing them.
fn clean(shared: &Shared<'_>, whole: &Whole<'_>, mine: &mut [u32], dropped: &mut Vec<(u32, u32)>, findings: &mut Findings) {
    let several = shared.draft.sources.len() > 1;
    if !mine.is_sorted_by(|a, b| in_time(whole, *a, *b).is_lt()) {
        mine.sort_unstable_by(|a, b| full_order(whole, *a, *b));
    }
    let id = |row: u32| whole.rows.id.get(ix(row));
    if ids_rise(whole, mine) {
        return;
    }
    let mut by_id: Vec<u32> = mine.iter().copied().filter(|row| !id(*row).is_missing()).collect();
    let order = |a: &u32, b: &u32| by_key(whole, *a, *b);
    by_id.sort_unstable_by(order);
    if by_id.is_sorted_by(|a, b| order(a, b).is_lt()) {
        return;
    }
    findings.conflicts = true;
    let origin = |row: u32| whole.origin(row);
    by_id.sort_unstable_by(|a, b| order(a, b).then_with(|| content(whole, *a, *b)).then_with(|| origin(*a).cmp(&origin(*b))));
    let first = dropped.len();
    for group in by_id.chunk_by(|a, b| order(a, b).is_eq()) {
        let one;
        let group = if several && group.len() > 1 {
            one = two_files::rows(shared, whole, group, dropped, findings);
            one.as_slice()
        } else {
            group
        };
        for pair in group.windows(2) {
            let [before, row] = pair else { continue };
            dropped.push((*row, u32::MAX));
            if content(whole, *before, *row).is_eq() {
                findings.duplicates.push(origin(*row));
            } else {
                findings.reject(origin(*row), reason::SAME_ID, "id", id(*row).text());
                let amount = whole.rows.amount.get(ix(*row)).copied().filter(|amount| *amount != NONE);
                findings.money.extend(amount.map(|amount| (origin(*row).source, reason::SAME_ID, amount)));
            }
        }
    }
    let gone: std::collections::HashSet<u32, FixedState> = dropped.get(first..).unwrap_or_default().iter().map(|(row, _)| *row).collect();
    move_to_end(mine, |row| gone.contains(&row));
}

/// Any order that brings equal ids together: numbers need not be compared as texts for that.
fn by_key(whole: &Whole<'_>, a: u32, b: u32) -> Ordering {
    let (a, b) = (ix(a), ix(b));
    match &whole.rows.id {
        Keys::Ints(list) => list.get(a).cmp(&list.get(b)),
        keys => keys.get(a).compare(keys.get(b)),
    }
}

fn move_to_end(mine: &mut [u32], gone: impl Fn(u32) -> bool) {
    let staying: Vec<u32> = mine.iter().copied().filter(|row| !gone(*row)).collect();
    for (slot, row) in mine.iter_mut().zip(staying) {
        *slot = row;
    }
}

/// Whether the ids are whole numbers that rise from row to row, as registers write them; or there are none.
fn ids_rise(whole: &Whole<'_>, mine: &[u32]) -> bool {
    match &whole.rows.id {
        Keys::None => true,
        Keys::Ints(list) => {
            mine.is_sorted_by(|a, b| list.get(ix(*a)) < list.get(ix(*b))) && mine.first().and_then(|a| list.get(ix(*a))) != Some(&NONE)
        }
        Keys::Texts(_) => mine.len() <= 1,
    }
}

/// Folds the lines of each receipt into its least one, and orders the receipts.
fn fold(shared: &Shared<'_>, whole: &Whole<'_>, mine: &mut [u32], dropped: &mut Vec<(u32, u32)>, findings: &mut Findings) {
    let several = shared.draft.sources.len() > 1;
    let id = |row: u32| whole.rows.id.get(ix(row));
    // Equal ids come together by their hashes: those lie side by side, the ids all over the column.
    let mut by_hash: Vec<(u64, u32)> = mine.iter().map(|row| (id(*row).spread(), *row)).collect();
    by_hash.sort_unstable();
    let mut heads = Vec::new();
    for run in by_hash.chunk_by(|a, b| a.0 == b.0) {
        let mut rows: Vec<u32> = run.iter().map(|(_, row)| *row).collect();
        if rows.windows(2).any(|pair| matches!(pair, [a, b] if id(*a) != id(*b))) {
            rows.sort_unstable_by(|a, b| by_key(whole, *a, *b));
        }
        for receipt in rows.chunk_by(|a, b| !id(*a).is_missing() && id(*a) == id(*b)) {
            let one;
            let receipt = if several && !id(receipt.first().copied().unwrap_or(0)).is_missing() {
                one = two_files::rows(shared, whole, receipt, dropped, findings);
                one.as_slice()
            } else {
                receipt
            };
            let Some(head) = receipt.iter().copied().min_by(|a, b| full_order(whole, *a, *b)) else { continue };
            heads.push(head);
            dropped.extend(receipt.iter().filter(|row| **row != head).map(|row| (*row, head)));
        }
    }
    heads.sort_unstable_by(|a, b| full_order(whole, *a, *b));
    for (slot, row) in mine.iter_mut().zip(heads) {
        *slot = row;
    }
}

fn purchases(whole: &Whole<'_>, order: &[u32], pooled: bool) -> Purchases {
    let rows = &whole.rows;
    let text = |column: usize| rows.texts.get(column).map_or_else(Vec::new, |list| gather(list, order, NO_TEXT));
    let attributes = rows
        .texts
        .iter()
        .skip(TEXT_COLUMNS.len())
        .map(|list| if list.is_empty() { vec![NO_TEXT; order.len()] } else { gather(list, order, NO_TEXT) });
    Purchases {
        at: order.iter().map(|row| Instant(rows.at.get(ix(*row)).copied().unwrap_or(0))).collect(),
        sequence: gather(&rows.sequence, order, 0),
        amount: gather(&rows.amount, order, 0),
        tax: said(gather(&rows.tax, order, 0)),
        shipping: said(gather(&rows.shipping, order, 0)),
        id: ids(&rows.id, order),
        customer: if pooled { gather(&whole.customer, order, 0) } else { Vec::new() },
        channel: text(0),
        store: text(1),
        payment: text(2),
        partner: text(3),
        coupon: text(4),
        category: text(CATEGORY),
        brand: text(BRAND),
        product: text(PRODUCT),
        attributes: attributes.collect(),
        paid: rows.paid.iter().map(|list| gather(list, order, None)).collect(),
        paid_voucher: gather(&rows.paid_voucher, order, None),
        items_from: Vec::new(),
        drawn_as: Vec::new(),
    }
}

/// What is not said is nothing.
fn said(mut list: Vec<i64>) -> Vec<i64> {
    list.iter_mut().filter(|n| **n == NONE).for_each(|n| *n = 0);
    list
}

fn ids(keys: &Keys, order: &[u32]) -> Ids {
    match keys {
        _ if order.is_empty() => Ids::None,
        Keys::None => Ids::None,
        Keys::Ints(list) => {
            let numbers = gather(list, order, NONE);
            if numbers.contains(&NONE) {
                if numbers.iter().all(|n| *n == NONE) { Ids::None } else { text_ids(keys, order) }
            } else {
                Ids::Numbers(numbers)
            }
        }
        Keys::Texts(_) => {
            let present = order.iter().map(|row| keys.get(ix(*row)));
            let numbers: Option<Vec<i64>> = present.map(|key| if let KeyRef::Int(n) = key { Some(n) } else { None }).collect();
            match numbers {
                Some(numbers) => Ids::Numbers(numbers),
                _ if order.iter().all(|row| keys.get(ix(*row)).is_missing()) => Ids::None,
                _ => text_ids(keys, order),
            }
        }
    }
}

fn text_ids(keys: &Keys, order: &[u32]) -> Ids {
    let (mut ends, mut bytes) = (Vec::with_capacity(order.len()), Vec::new());
    let mut digits = Digits::default();
    for row in order {
        bytes.extend_from_slice(keys.get(ix(*row)).bytes(&mut digits));
        ends.push(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }
    Ids::Texts { ends, bytes }
}
