//! Everything that is not a purchase, in the order of events, with returns matched on the way.

use super::keys::{NONE, ix, small};
use super::model::{Moment, MomentKind, NO_TEXT, Part};
use super::partition::{Findings, Mine, Shared};
use super::reason;
use super::returns::{Left, Wanted};
use super::rows::{EventRow, Origin, ReturnRow};
use crate::value::{Decimal, Instant};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// What a part's moments are made with.
pub(super) struct Context<'a> {
    pub shared: &'a Shared<'a>,
    /// Of the part's purchases; empty where none has one.
    pub sequences: &'a [u64],
    /// Purchases that nobody can be credited with: nothing is searched among them.
    pub anonymous: bool,
}

/// The attribute that an event `set ATTRIBUTE` changes.
pub(super) fn attribute_set(name: &str) -> Option<&str> {
    after_word(name, "set")
}

fn after_word<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = name.split_at_checked(word.len())?;
    let rest = rest.strip_prefix(' ')?.trim();
    (head.eq_ignore_ascii_case(word) && !rest.is_empty()).then_some(rest)
}

/// A record on its way to a moment. The fields before `record` are its order within an account.
struct Entry {
    account: u32,
    at: i64,
    sequence: u64,
    rank: u8,
    /// For records without an id, content decides.
    id: String,
    content: String,
    customer: u32,
    /// The purchase it names, counted from the account's first.
    of: Option<u32>,
    record: Record,
}

enum Record {
    Event(EventRow),
    Return(ReturnRow),
}

impl Entry {
    fn key(&self) -> (u32, i64, u64, u8, &str, &str) {
        (self.account, self.at, self.sequence, self.rank, &self.id, &self.content)
    }

    fn origin(&self) -> Origin {
        match &self.record {
            Record::Event(row) => row.origin,
            Record::Return(row) => row.origin,
        }
    }
}

const SIGNUP: u8 = 0;
const EVENT: u8 = 1;
const RETURN_OF_EARLIER: u8 = 2;
const ITS_RETURN: u8 = 4;

/// Fills the part's moments. The money returned by purchase comes back for the anonymous.
pub(super) fn fill(
    context: &Context<'_>,
    part: &mut Part,
    mine: Mine<'_>,
    customer_of: &impl Fn(&str) -> Option<u32>,
    account_of: &impl Fn(u32) -> u32,
    findings: &mut Findings,
) -> HashMap<u32, i64, FixedState> {
    if mine.events.is_empty() && mine.returns.is_empty() {
        return HashMap::default();
    }
    let mut entries = Vec::new();
    for row in mine.events {
        let Some(customer) = customer_of(&row.customer) else { continue };
        let rank = if row.name.eq_ignore_ascii_case("signup") { SIGNUP } else { EVENT };
        let content = format!("{:?}", (&row.name, &row.of, &row.value, customer));
        let (account, id) = (account_of(customer), row.id.clone());
        let (at, sequence) = (row.at, row.sequence);
        entries.push(Entry { account, at, sequence, rank, id, content, customer, of: None, record: Record::Event(row) });
    }
    for row in mine.returns {
        let Some(customer) = customer_of(&row.customer) else {
            if row.of.is_empty() {
                findings.money.extend(row.amount.map(|amount| (row.origin.source, reason::UNMATCHED, amount)));
                findings.reject(row.origin, reason::UNMATCHED, "customer", row.customer);
            } else {
                findings.unknown(row);
            }
            continue;
        };
        let quantity = row.quantity.map(|q| q.normal().to_string());
        let content = format!("{:?}", (&row.of, &row.product, row.amount, quantity, customer));
        let (account, id) = (account_of(customer), row.id.clone());
        let (at, sequence) = (row.at, row.sequence);
        let rank = RETURN_OF_EARLIER;
        entries.push(Entry { account, at, sequence, rank, id, content, customer, of: None, record: Record::Return(row) });
    }
    let entries = unique(entries, findings);
    let mut entries = name_purchases(context, part, entries, findings);
    entries.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| a.origin().cmp(&b.origin())));
    let mut returned = HashMap::default();
    let mut moments = Vec::with_capacity(entries.len());
    let mut entries = entries.into_iter().peekable();
    for number in 0..small(part.accounts.len()) {
        let from = small(moments.len());
        if entries.peek().is_some_and(|entry| entry.account == number) {
            let mut left = Left::new(part, ix(number));
            let mut passed = 0;
            while let Some(entry) = entries.next_if(|entry| entry.account == number) {
                passed = pass(context, part, ix(number), &entry, passed);
                moments.extend(moment(context, part, &mut left, entry, passed, findings));
            }
            if context.anonymous {
                returned.extend(left.returned());
            }
        }
        let to = small(moments.len());
        if let Some(account) = part.accounts.get_mut(ix(number)) {
            account.moments = from..to;
        }
    }
    part.moments = moments;
    returned
}

/// Drops records with the id of another of their kind and account.
fn unique(mut entries: Vec<Entry>, findings: &mut Findings) -> Vec<Entry> {
    let kind = |entry: &Entry| matches!(entry.record, Record::Return(_));
    let same = |a: &Entry, b: &Entry| !a.id.is_empty() && a.account == b.account && kind(a) == kind(b) && a.id == b.id;
    entries.sort_by(|a, b| {
        let key = |e: &Entry| (e.account, kind(e));
        let content = |e: &Entry| (e.at, e.sequence);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.id.cmp(&b.id))
            .then_with(|| content(a).cmp(&content(b)))
            .then_with(|| a.content.cmp(&b.content))
            .then_with(|| a.origin().cmp(&b.origin()))
    });
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut last: Option<(i64, u64, String)> = None;
    for entry in entries {
        let content = (entry.at, entry.sequence, entry.content.clone());
        match kept.last() {
            Some(before) if same(before, &entry) => {
                findings.conflicts = true;
                if last.as_ref() == Some(&content) {
                    findings.duplicates.push(entry.origin());
                } else {
                    findings.reject(entry.origin(), reason::SAME_ID, "id", entry.id.clone());
                    last = Some(content);
                }
            }
            _ => {
                last = Some(content);
                kept.push(entry);
            }
        }
    }
    kept
}

/// Finds the purchases that records name. A return of a purchase of the same instant comes after it.
fn name_purchases(context: &Context<'_>, part: &Part, entries: Vec<Entry>, findings: &mut Findings) -> Vec<Entry> {
    let mut kept = Vec::with_capacity(entries.len());
    let mut ids: (u32, HashMap<String, u32>) = (u32::MAX, HashMap::new());
    for mut entry in entries {
        let of = match &entry.record {
            Record::Event(row) => row.of.as_str(),
            Record::Return(row) => row.of.as_str(),
        };
        if of.is_empty() {
            kept.push(entry);
            continue;
        }
        let Some(account) = part.accounts.get(ix(entry.account)) else { continue };
        if ids.0 != entry.account {
            let numbered = account.purchases.clone().zip(0..);
            ids = (entry.account, numbered.map(|(at, n)| (part.purchases.id.get(at).into_owned(), n)).collect());
        }
        let found = ids.1.get(of).copied();
        let is_return = matches!(entry.record, Record::Return(_));
        let Some(purchase) = found else {
            let (origin, of) = (entry.origin(), of.to_owned());
            match entry.record {
                Record::Return(row) => findings.unknown(row),
                Record::Event(_) => findings.reject(origin, reason::NO_SUCH_EVENT_PURCHASE, "of", of),
            }
            continue;
        };
        entry.of = Some(purchase);
        if is_return {
            let bought = time_of(context, part, account.purchases.start.saturating_add(purchase));
            if entry.at == NONE {
                (entry.at, entry.sequence) = bought;
            }
            match bought.cmp(&(entry.at, entry.sequence)) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => entry.rank = ITS_RETURN,
                std::cmp::Ordering::Greater => {
                    let (origin, of) = (entry.origin(), of.to_owned());
                    if let Record::Return(ReturnRow { amount: Some(amount), .. }) = &entry.record {
                        findings.money.push((origin.source, reason::RETURNED_BEFORE, *amount));
                    }
                    findings.reject(origin, reason::RETURNED_BEFORE, "of", of);
                    continue;
                }
            }
        }
        kept.push(entry);
    }
    kept
}

fn time_of(context: &Context<'_>, part: &Part, purchase: u32) -> (i64, u64) {
    let at = part.purchases.at.get(ix(purchase)).map_or(i64::MAX, |at| at.0);
    (at, context.sequences.get(ix(purchase)).copied().unwrap_or(0))
}

/// How many purchases of the account come before an entry; `passed` are known to.
fn pass(context: &Context<'_>, part: &Part, account: usize, entry: &Entry, mut passed: u32) -> u32 {
    let Some(account) = part.accounts.get(account) else { return passed };
    while let Some(purchase) = account.purchases.start.checked_add(passed).filter(|next| *next < account.purchases.end) {
        let (at, sequence) = time_of(context, part, purchase);
        if (at, sequence, 3) > (entry.at, entry.sequence, entry.rank) {
            break;
        }
        passed += 1;
    }
    passed
}

fn moment(context: &Context<'_>, part: &Part, left: &mut Left<'_>, entry: Entry, passed: u32, findings: &mut Findings) -> Option<Moment> {
    let origin = entry.origin();
    let kind = match entry.record {
        Record::Event(row) => event(context, row, entry.of),
        Record::Return(row) => {
            let product = if row.product.is_empty() {
                None
            } else {
                // A product that nothing in the history has is held by no purchase.
                Some(context.shared.code(&row.product).unwrap_or(NO_TEXT))
            };
            let options = context.shared.options;
            let (decimals, rounding) = (options.decimals, options.round_money);
            let price = row.price.or_else(|| unit_price(row.amount?, decimals, row.quantity?));
            let wanted = Wanted { product, quantity: row.quantity, amount: row.amount, price, decimals, rounding };
            let taken = match entry.of {
                Some(of) => left.take(of, &wanted),
                None if context.anonymous => Err(reason::UNMATCHED),
                None => left.search(entry.customer, passed, &wanted),
            };
            match taken {
                Ok(taken) => {
                    findings.partly += u64::from(taken.incomplete || taken.missing > 0);
                    findings.partly_money = findings.partly_money.saturating_add(i128::from(taken.missing));
                    if taken.other {
                        findings.other_money.0 += 1;
                        let money = row.amount.map_or(0, i128::from);
                        findings.other_money.1 = findings.other_money.1.saturating_add(money);
                    }
                    MomentKind::Return(taken.parts)
                }
                Err(reason) => {
                    let (column, value) = match (&row.of, &row.product, row.amount) {
                        (of, _, _) if !of.is_empty() => ("of", of.clone()),
                        (_, product, _) if !product.is_empty() => ("product", product.clone()),
                        (_, _, amount) => ("amount", amount.map_or_else(String::new, |n| minor(n, context))),
                    };
                    findings.money.extend(wanted.amount.map(|amount| (origin.source, reason, amount)));
                    findings.reject(origin, reason, column, value);
                    return None;
                }
            }
        }
    };
    debug_assert!(ix(entry.customer) < part.customers.id.len());
    Some(Moment { at: Instant(entry.at), sequence: entry.sequence, customer: entry.customer, after_purchases: passed, kind })
}

/// The price of one unit, where it can be told exactly.
fn unit_price(amount: i64, decimals: u8, quantity: Decimal) -> Option<Decimal> {
    const FINER: u8 = 6;
    let up = 10_i128.checked_pow(u32::from(quantity.scale.checked_add(FINER)?))?;
    let product = i128::from(amount).checked_mul(up)?;
    let exact = product.checked_rem(quantity.mantissa)? == 0;
    exact.then(|| Decimal::new(product / quantity.mantissa, decimals.saturating_add(FINER)).normal())
}

fn minor(amount: i64, context: &Context<'_>) -> String {
    Decimal::new(i128::from(amount), context.shared.options.decimals).to_string()
}

fn event(context: &Context<'_>, row: EventRow, of: Option<u32>) -> MomentKind {
    let value = context.shared.code(&row.value).unwrap_or(NO_TEXT);
    if row.name.eq_ignore_ascii_case("signup") {
        return MomentKind::Signup;
    }
    if let Some(reward) = after_word(&row.name, "claim") {
        return MomentKind::Claim(reward.to_owned());
    }
    if row.name.eq_ignore_ascii_case("claim") && !row.value.is_empty() {
        return MomentKind::Claim(row.value);
    }
    if let Some(gift) = after_word(&row.name, "collect") {
        return MomentKind::Collect { gift: gift.to_owned(), name: row.name.clone() };
    }
    if let Some(attribute) = attribute_set(&row.name) {
        return MomentKind::Set { attribute: attribute.to_lowercase(), value };
    }
    MomentKind::Event { name: row.name, of, value }
}
