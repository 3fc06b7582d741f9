//! Receipts: what their lines say once holds for all of them, and what was paid is shared over what was bought.

use super::keys::{Key, KeyRef, Keys, NONE, ix, small};
use super::model::{NO_TEXT, TextCode};
use super::part::{Kept, Whole};
use super::partition::{Findings, Shared};
use super::rows::{Chunk, Draft, Origin, Rows, TEXT_COLUMNS};
use super::{Options, reason};
use crate::value::Instant;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a difference between a recorded amount and its lines with their shipping is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// Discounts of the whole order, rounding.
    #[default]
    Shared,
    /// On top of the lines.
    Tax,
    Shipping,
    Tips,
}

/// The product and category of a line of tips.
pub(super) const TIPS: &str = "tips";

/// What one field of a receipt was found to be on its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known<T> {
    No,
    One(T),
    Several(T),
}

impl<T: Ord + Copy> Known<T> {
    /// Of two different values the least is kept.
    fn see(&mut self, value: T) {
        *self = match *self {
            Self::No => Self::One(value),
            Self::One(known) | Self::Several(known) if known != value => Self::Several(known.min(value)),
            same => same,
        };
    }

    fn get(self) -> Option<T> {
        match self {
            Self::No => None,
            Self::One(value) | Self::Several(value) => Some(value),
        }
    }

    fn differs(self) -> bool {
        matches!(self, Self::Several(_))
    }
}

/// Gives lines that leave out the customer or the time those of their receipt.
pub(super) fn complete(draft: &mut Draft, findings: &mut Findings) {
    let incomplete = |rows: &Rows, at: usize| rows.customer.get(at).is_missing() || rows.at.get(at) == Some(&NONE);
    let mut wanted: HashMap<Key, (Option<Key>, bool, Known<i64>), FixedState> = HashMap::default();
    let open = |chunk: &Chunk| chunk.fold && chunk.rows_from.is_empty();
    for chunk in draft.chunks.iter().filter(|chunk| open(chunk)) {
        let rows = (0..chunk.rows.len()).filter(|at| incomplete(&chunk.rows, *at));
        wanted.extend(rows.map(|at| (chunk.rows.id.get(at).own(), (None, false, Known::No))));
    }
    if wanted.is_empty() {
        return;
    }
    for rows in draft.chunks.iter().filter(|chunk| chunk.fold).map(|chunk| &chunk.rows) {
        for at in 0..rows.len() {
            let Some((customer, several, time)) = wanted.get_mut(&rows.id.get(at).own()) else { continue };
            let mine = rows.customer.get(at);
            if !mine.is_missing() {
                *several |= customer.as_ref().is_some_and(|known| known.as_ref() != mine);
                customer.get_or_insert_with(|| mine.own());
            }
            if let Some(at) = rows.at.get(at).filter(|at| **at != NONE) {
                time.see(*at);
            }
        }
    }
    for chunk in draft.chunks.iter_mut().filter(|chunk| open(chunk)) {
        fill(chunk, &wanted, findings);
    }
}

type Receipts = HashMap<Key, (Option<Key>, bool, Known<i64>), FixedState>;

fn fill(chunk: &mut Chunk, wanted: &Receipts, findings: &mut Findings) {
    let mut customers: Vec<Vec<u8>> = Vec::new();
    let mut gone = vec![false; chunk.rows.len()];
    let mut filled = false;
    for at in 0..chunk.rows.len() {
        let known = wanted.get(&chunk.rows.id.get(at).own());
        let mut customer = chunk.rows.customer.get(at).own();
        let origin = Origin { source: chunk.source, row: chunk.first_row + u64::from(chunk.rows.row.get(at).copied().unwrap_or(0)) };
        let mut reject = |reason, column, value: String| {
            if let Some(gone) = gone.get_mut(at).filter(|gone| !**gone) {
                *gone = true;
                findings.reject(origin, reason, column, value);
            }
        };
        if let Some((owner, several, time)) = known {
            if customer == Key::Missing && *several {
                reject(reason::SEVERAL_OWNERS, "id", chunk.rows.id.get(at).text());
            } else if let (Key::Missing, Some(owner)) = (&customer, owner) {
                customer = owner.clone();
                filled = true;
            }
            if let Some(slot) = chunk.rows.at.get_mut(at).filter(|slot| **slot == NONE) {
                match time.get() {
                    Some(time) => *slot = time,
                    None => reject(reason::NO_TIME, "at", String::new()),
                }
            }
        }
        customers.push(customer.as_ref().text().into_bytes());
    }
    if filled {
        chunk.rows.customer = Keys::from_texts(customers.iter().map(Vec::as_slice));
    }
    if !gone.contains(&true) {
        return;
    }
    let staying: Vec<u32> = (0..small(gone.len())).filter(|at| !gone.get(ix(*at)).copied().unwrap_or(false)).collect();
    let mut place = vec![u32::MAX; gone.len()];
    staying.iter().zip(0..).for_each(|(old, new)| {
        if let Some(slot) = place.get_mut(ix(*old)) {
            *slot = new;
        }
    });
    let of = |owner: &u32| place.get(ix(*owner)).copied().unwrap_or(u32::MAX);
    let lines: Vec<u32> = chunk.lines.owner.iter().zip(0..).filter(|(owner, _)| of(owner) != u32::MAX).map(|(_, line)| line).collect();
    chunk.rows = chunk.rows.gather(&staying);
    chunk.lines = chunk.lines.gather(&lines);
    chunk.lines.owner.iter_mut().for_each(|owner| *owner = of(owner));
    chunk.dict.retain_used(chunk.rows.texts.iter().chain(&chunk.lines.texts));
}

/// Receipts, by id and time.
pub(super) type Torn = HashSet<(Key, i64), FixedState>;

/// Receipts whose lines, all of one moment, name several customers who share no account.
///
/// Ids count within accounts: where only days are known, one id may be that of several purchases, and the report says so.
pub(super) fn of_several_customers(draft: &mut Draft, households: &HashMap<Key, String, FixedState>, options: &Options<'_>) -> Torn {
    let found = ids_of_several(draft, households);
    let (torn, daily): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, at)| options.zone.local(Instant(*at)).0.rem_euclid(DAY) != 0);
    if !daily.is_empty() {
        let ids = if daily.len() == 1 { "1 purchase id comes".to_owned() } else { format!("{} purchase ids come", daily.len()) };
        draft.notes.insert(format!("{ids} on one day for several customers: each customer's purchase counts for itself."));
    }
    torn.into_iter().collect()
}

const DAY: i64 = 86_400_000_000;

fn ids_of_several(draft: &Draft, households: &HashMap<Key, String, FixedState>) -> Torn {
    let account = |customer: KeyRef<'_>| match households.get(&customer.own()).filter(|_| !households.is_empty()) {
        Some(household) => KeyRef::parse(household.as_bytes()).spread(),
        None => customer.spread(),
    };
    // Lines of one receipt mostly stand together: one entry is enough for them.
    let one = |chunk: &Chunk| {
        let rows = &chunk.rows;
        let mut all: Vec<(u64, i64, u64)> = Vec::new();
        for at in 0..rows.len() {
            let (id, customer) = (rows.id.get(at), rows.customer.get(at));
            if !id.is_missing() && !customer.is_missing() {
                let entry = (id.spread(), rows.at.get(at).copied().unwrap_or(NONE), account(customer));
                all.extend(Some(entry).filter(|entry| all.last() != Some(entry)));
            }
        }
        all
    };
    let folded: Vec<&Chunk> = draft.chunks.iter().filter(|chunk| chunk.fold).collect();
    let mut all: Vec<(u64, i64, u64)> = folded.par_iter().flat_map_iter(|chunk| one(chunk)).collect();
    all.par_sort_unstable();
    all.dedup();
    let suspects: HashSet<(u64, i64), FixedState> =
        all.windows(2).filter_map(|pair| if let [a, b] = pair { ((a.0, a.1) == (b.0, b.1)).then_some((a.0, a.1)) } else { None }).collect();
    if suspects.is_empty() {
        return Torn::default();
    }
    let mut owners: HashMap<(Key, i64), (Key, bool), FixedState> = HashMap::default();
    for rows in folded.iter().map(|chunk| &chunk.rows) {
        for at in 0..rows.len() {
            let (id, customer, time) = (rows.id.get(at), rows.customer.get(at), rows.at.get(at).copied().unwrap_or(NONE));
            if id.is_missing() || customer.is_missing() || !suspects.contains(&(id.spread(), time)) {
                continue;
            }
            let (first, several) = owners.entry((id.own(), time)).or_insert_with(|| (customer.own(), false));
            *several |= first.as_ref() != customer && account(first.as_ref()) != account(customer);
        }
    }
    owners.into_iter().filter(|(_, (_, several))| *several).map(|(receipt, _)| receipt).collect()
}

/// Those of them in a part.
pub(super) fn torn(shared: &Shared<'_>, whole: &Whole<'_>, kept: &Kept) -> Vec<(u32, &'static str)> {
    let rows = if shared.torn.is_empty() { &[][..] } else { kept.order.as_slice() };
    let is_torn = |row: &&u32| {
        let at = ix(**row);
        shared.torn.contains(&(whole.rows.id.get(at).own(), whole.rows.at.get(at).copied().unwrap_or(NONE)))
    };
    rows.iter().filter(is_torn).map(|row| (*row, reason::TWO_CUSTOMERS)).collect()
}

/// Gives the row that stands for a receipt what any of its lines says. `folded` has each row with the one that stands
/// for it, receipt by receipt.
pub(super) fn merge(
    shared: &Shared<'_>,
    whole: &mut Whole<'_>,
    folded: &[(u32, u32)],
    findings: &mut Findings,
) -> BTreeMap<u32, &'static str> {
    let mut faulty = BTreeMap::new();
    for receipt in folded.chunk_by(|a, b| a.1 == b.1) {
        let Some(head) = receipt.first().map(|(_, head)| *head).filter(|head| *head != u32::MAX) else { continue };
        let members = || std::iter::once(ix(head)).chain(receipt.iter().map(|(row, _)| ix(*row)));
        let rows = &mut whole.rows;
        let days = |at: i64| shared.options.zone.local(crate::value::Instant(at)).date();
        let first = rows.at.get(ix(head)).copied().unwrap_or(0);
        let other = members().filter_map(|row| rows.at.get(row)).find(|at| days(**at) != days(first));
        if let Some(other) = other {
            findings.ask(format!(
                "the purchase \"{}\" has lines on {} and on {}. Should a number come again on another day, say what makes a receipt, such as purchases: {{ columns: {{ id: [STORE, DATE, NUMBER] }} }}",
                super::rejects::printable(&rows.id.get(ix(head)).text()),
                days(first.min(*other)),
                days(first.max(*other)),
            ));
        }
        let mut together = rows.said.get(ix(head)).copied().unwrap_or_default();
        for said in receipt.iter().filter_map(|(row, _)| rows.said.get(ix(*row))) {
            together.line_out &= said.line_out;
            match together.state.with(said.state) {
                Some(state) => together.state = state,
                None => findings.ask(format!(
                    "the lines of the purchase \"{}\" say two things of its state. If each line has its own, write use only under items",
                    super::rejects::printable(&rows.id.get(ix(head)).text())
                )),
            }
        }
        if let Some(slot) = rows.said.get_mut(ix(head)) {
            *slot = together;
        }
        for (name, column) in [("amount", &mut rows.amount), ("tax", &mut rows.tax), ("shipping", &mut rows.shipping)] {
            let mut known = Known::No;
            members().filter_map(|row| column.get(row)).filter(|value| **value != NONE).for_each(|value| known.see(ByText(*value)));
            if known.differs() {
                if name == "amount" {
                    faulty.insert(head, reason::TWO_AMOUNTS);
                } else {
                    findings.conflicts_of(name, head);
                }
            }
            if let (Some(slot), Some(value)) = (column.get_mut(ix(head)), known.get()) {
                *slot = value.0;
            }
        }
        for (number, column) in rows.texts.iter_mut().enumerate() {
            let mut known: Known<TextCode> = Known::No;
            members().filter_map(|row| column.get(row)).filter(|code| **code != NO_TEXT).for_each(|code| known.see(*code));
            match TEXT_COLUMNS.get(number) {
                Some(&"store") if known.differs() => findings.ask(format!(
                    "the purchase \"{}\" has lines of two stores. Should each store count its purchases for itself, say what makes a receipt, such as purchases: {{ columns: {{ id: [STORE, NUMBER] }} }}",
                    super::rejects::printable(&rows.id.get(ix(head)).text())
                )),
                Some(name) if known.differs() => findings.conflicts_of(name, head),
                _ => {}
            }
            if let (Some(slot), Some(code)) = (column.get_mut(ix(head)), known.get()) {
                *slot = code;
            }
        }
        for column in &mut rows.paid {
            let least = members().filter_map(|row| column.get(row).copied().flatten()).min();
            if let (Some(slot), Some(_)) = (column.get_mut(ix(head)), least) {
                *slot = least;
            }
        }
        let voucher = members().filter_map(|row| rows.paid_voucher.get(row).copied().flatten()).max();
        if let (Some(slot), Some(_)) = (rows.paid_voucher.get_mut(ix(head)), voucher) {
            *slot = voucher;
        }
    }
    faulty
}

/// Whole numbers in the order of their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ByText(i64);

impl Ord for ByText {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        KeyRef::Int(self.0).compare(KeyRef::Int(other.0))
    }
}

impl PartialOrd for ByText {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
