//! Everything read is brought together: dealt by account, ordered, freed of duplicates, receipts folded, returns matched.

use super::keys::{Key, KeyRef, small};
use super::model::{AnonymousPurchase, History, NO_TEXT, Part, Survey, TextCode, Texts};
use super::part::{self, Finished};
use super::receipts;
use super::rows::{BUCKETS, CustomerRow, Draft, EventRow, OpeningRow, Origin, ProductRow, ReturnRow};
use super::settle::Compared;
use super::{Accounting, Options, reason, say};
use crate::value::{Date, Instant};
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// Histories of fewer rows than this stay in one part.
const SMALL: usize = 100_000;

/// What all parts look at.
pub(super) struct Shared<'a> {
    pub options: &'a Options<'a>,
    pub draft: &'a Draft,
    pub texts: &'a Texts,
    codes: HashMap<&'a str, TextCode, FixedState>,
    pub names: Names,
    /// For each chunk, and each table of loose lines, the codes of its own dictionary.
    pub chunk_codes: Vec<Vec<TextCode>>,
    pub loose_codes: Vec<Vec<TextCode>>,
    pub products: HashMap<TextCode, Product, FixedState>,
    households: HashMap<Key, String, FixedState>,
    pub fold: bool,
    /// Whether there are item lines, and whether customers share accounts.
    pub has_lines: bool,
    pub pooled: bool,
    /// Whether returns are to be matched, whether lines list prices beside what they cost, or parts of their receipt.
    pub has_returns: bool,
    pub has_listed: bool,
    pub line_parts: bool,
    /// Receipts whose lines name several customers.
    pub torn: receipts::Torn,
    /// Purchases of which lines in a table of their own are left out.
    pub left_lines: HashSet<Key, FixedState>,
}

/// Names of columns that only some histories have, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub customer: Vec<String>,
    pub purchase: Vec<String>,
    pub item: Vec<String>,
    pub wallets: Vec<String>,
}

/// What a product lends its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub category: TextCode,
    pub brand: TextCode,
    pub attributes: Vec<TextCode>,
}

impl Shared<'_> {
    /// Whether an instant lies outside the period of the mapping.
    pub fn outside(&self, at: i64) -> bool {
        let Some((from, to)) = self.draft.period else { return false };
        let day = self.options.zone.local(Instant(at)).date();
        day < from || day > to
    }

    /// The code of a text, if anything in the history has it.
    pub fn code(&self, text: &str) -> Option<TextCode> {
        self.codes.get(text).copied()
    }

    /// The household of a customer, if customers are pooled and it has one.
    pub fn household(&self, customer: KeyRef<'_>) -> Option<&str> {
        if self.households.is_empty() {
            return None;
        }
        self.households.get(&customer.own()).map(String::as_str)
    }

    fn bucket(&self, customer: KeyRef<'_>) -> usize {
        match self.household(customer) {
            Some(household) => bucket(KeyRef::parse(household.as_bytes())),
            None => bucket(customer),
        }
    }
}

/// The bucket of an account.
pub(super) fn bucket(account: KeyRef<'_>) -> usize {
    if account.is_missing() {
        return BUCKETS;
    }
    usize::try_from(account.spread() >> 58).unwrap_or(0)
}

/// Records of the smaller tables that belong to one bucket.
#[derive(Debug, Default)]
pub(super) struct Mine<'a> {
    pub customers: Vec<&'a CustomerRow>,
    pub returns: Vec<ReturnRow>,
    pub events: Vec<EventRow>,
    pub openings: Vec<OpeningRow>,
    /// Table and place of loose lines.
    pub loose: Vec<(u32, u32)>,
}

/// Rejections found after reading.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub rejects: Vec<(Origin, &'static str, &'static str, String)>,
    pub duplicates: Vec<Origin>,
    /// Recorded amounts beside lines.
    pub compared: Compared,
    /// Receipts with two values in one field.
    pub conflicting: Vec<(&'static str, u32)>,
    /// What must be answered before anything can be computed.
    pub question: Option<String>,
    /// Returns without a purchase id that were larger than what was left to return.
    pub partly: u64,
    pub partly_money: i128,
    /// Returns that record other money than their units cost, and how much they record.
    pub other_money: (u64, i128),
    /// Whether two records had one id.
    pub conflicts: bool,
    /// Rows that the mapping leaves out.
    pub left_out: Vec<(Origin, &'static str)>,
    /// Money of rows that are not used, by source and reason.
    pub money: Vec<(u32, &'static str, i64)>,
    /// Sources of returns whose purchases are not used.
    pub gone_with: Vec<u32>,
    /// Lines below zero that were taken as discounts of their receipts: receipts, and money.
    pub discounts: (u64, i128),
}

impl Findings {
    pub fn reject(&mut self, origin: Origin, reason: &'static str, column: &'static str, value: String) {
        self.rejects.push((origin, reason, column, value));
    }

    /// Asks; of several questions the bytewise least is shown.
    pub fn ask(&mut self, question: String) {
        if self.question.as_ref().is_none_or(|known| question < *known) {
            self.question = Some(question);
        }
    }

    /// A return of a purchase that is not there. If it stands in the row of its purchase, it went with it.
    pub fn unknown(&mut self, row: ReturnRow) {
        if row.of_orders {
            self.gone_with.push(row.origin.source);
        } else {
            self.money.extend(row.amount.map(|amount| (row.origin.source, reason::UNKNOWN_PURCHASE, amount)));
            self.reject(row.origin, reason::UNKNOWN_PURCHASE, "of", row.of);
        }
    }

    /// A line whose purchase is not there: it may have been left out, and the line with it.
    pub fn no_purchase(&mut self, shared: &Shared<'_>, origin: Origin, purchase: KeyRef<'_>) {
        match shared.draft.left_ids.get(&purchase.own()) {
            Some(reason) => self.left_out.push((origin, reason)),
            None => self.reject(origin, reason::NO_PURCHASE, "purchase", purchase.text()),
        }
    }

    /// Notes that the lines of a receipt say two things.
    pub fn conflicts_of(&mut self, field: &'static str, row: u32) {
        self.conflicting.push((field, row));
    }
}

/// Brings a draft together.
pub(super) fn build(draft: Draft, options: &Options<'_>) -> History {
    build_reporting(draft, options).history
}

/// A history, and what was found on the way.
pub(super) struct Built {
    pub history: History,
    /// Whether different records had one id.
    pub conflicts: bool,
    /// What must be answered before the history can be relied on.
    pub question: Option<String>,
}

/// Brings a draft together.
pub(super) fn build_reporting(mut draft: Draft, options: &Options<'_>) -> Built {
    let mut findings = Findings::default();
    unique_customers(&mut draft.customers, &mut findings);
    unique_products(&mut draft.products, &mut findings);
    let households = households(&draft, options);
    let names = names(&draft);
    let texts = texts(&draft);
    receipts::complete(&mut draft, &mut findings);
    let torn = receipts::of_several_customers(&mut draft, &households, options);
    let mut chunks = std::mem::take(&mut draft.chunks);
    deal(&mut chunks, &households);
    draft.chunks = chunks;
    let returns = std::mem::take(&mut draft.returns);
    let events = std::mem::take(&mut draft.events);
    let openings = std::mem::take(&mut draft.openings);

    let codes: HashMap<&str, TextCode, FixedState> =
        texts.list.iter().enumerate().map(|(code, text)| (text.as_str(), small(code))).collect();
    let code = |text: &str| codes.get(text).copied().unwrap_or(NO_TEXT);
    let translate = |list: &[Box<str>]| list.iter().map(|text| code(text)).collect::<Vec<_>>();
    let lines = || draft.chunks.iter().map(|chunk| &chunk.lines).chain(draft.loose.iter().map(|loose| &loose.lines));
    let shared = Shared {
        options,
        texts: &texts,
        chunk_codes: draft.chunks.iter().map(|chunk| translate(&chunk.dict.list)).collect(),
        loose_codes: draft.loose.iter().map(|lines| translate(&lines.dict.list)).collect(),
        products: products(&draft.products, &names, &code),
        fold: draft.chunks.iter().any(|chunk| chunk.fold),
        has_lines: !draft.loose.is_empty() || draft.chunks.iter().any(|chunk| chunk.lines.len() > 0),
        pooled: !households.is_empty(),
        has_returns: !returns.is_empty() || draft.loose.iter().any(|lines| lines.returned.contains(&true)),
        has_listed: lines().any(|lines| !lines.listed.is_empty()),
        line_parts: lines().any(|lines| !lines.tax.is_empty() || !lines.shipping.is_empty() || !lines.tip.is_empty()),
        torn,
        left_lines: draft.loose.iter().flat_map(|loose| &loose.left_out).map(|id| KeyRef::parse(id.as_bytes()).own()).collect(),
        households,
        names,
        draft: &draft,
        codes,
    };
    let mut mine = route(&shared, returns, events, &mut findings);
    for row in openings {
        if let Some(mine) = mine.get_mut(shared.bucket(KeyRef::parse(row.customer.as_bytes()))) {
            mine.openings.push(row);
        }
    }
    let finished = finish_parts(&shared, mine);
    let names = shared.names.clone();
    drop(shared);
    conclude(draft, texts, names, finished, findings, options)
}

fn finish_parts(shared: &Shared<'_>, mut mine: Vec<Mine<'_>>) -> Vec<Finished> {
    let rows: usize = shared.draft.chunks.iter().map(|chunk| chunk.rows.len() + chunk.lines.len()).sum();
    let anonymous = mine.pop().unwrap_or_default();
    let mut jobs: Vec<(Range<usize>, Vec<Mine<'_>>)> = if rows < SMALL {
        vec![(0..BUCKETS, mine)]
    } else {
        mine.into_iter().enumerate().map(|(at, mine)| (at..at + 1, vec![mine])).collect()
    };
    jobs.push((BUCKETS..BUCKETS + 1, vec![anonymous]));
    if rows < SMALL {
        return jobs.into_iter().map(|(buckets, mine)| part::finish(shared, buckets, mine)).collect();
    }
    jobs.into_par_iter().map(|(buckets, mine)| part::finish(shared, buckets, mine)).collect()
}

/// Keeps one record for each id: of equal ones any, of different ones the bytewise least.
fn unique<T: Clone>(records: &mut Vec<T>, findings: &mut Findings, key: impl Fn(&T) -> (String, String), origin: impl Fn(&T) -> Origin) {
    let mut keyed: Vec<((String, String), T)> = std::mem::take(records).into_iter().map(|r| (key(&r), r)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| origin(&a.1).cmp(&origin(&b.1))));
    let mut last: Option<(String, String)> = None;
    for (key, record) in keyed {
        match &last {
            Some(before) if *before == key => findings.duplicates.push(origin(&record)),
            Some(before) if before.0 == key.0 => {
                findings.reject(origin(&record), reason::SAME_ID, "id", key.0.clone());
                last = Some(key);
            }
            _ => {
                records.push(record);
                last = Some(key);
            }
        }
    }
}

fn unique_customers(records: &mut Vec<CustomerRow>, findings: &mut Findings) {
    for record in records.iter_mut() {
        record.attributes.sort();
    }
    let content = |r: &CustomerRow| {
        let date = |date: Option<Date>| date.map(|date| date.to_string());
        let content = format!("{:?}", (date(r.joined), date(r.born), &r.referred_by, &r.attributes));
        (r.id.clone(), content)
    };
    unique(records, findings, content, |r| r.origin);
}

fn unique_products(records: &mut Vec<ProductRow>, findings: &mut Findings) {
    for record in records.iter_mut() {
        record.attributes.sort();
    }
    let content = |r: &ProductRow| (r.product.clone(), format!("{:?}", (&r.category, &r.brand, &r.attributes)));
    unique(records, findings, content, |r| r.origin);
}

fn households(draft: &Draft, options: &Options<'_>) -> HashMap<Key, String, FixedState> {
    let Some(attribute) = options.account_by.map(str::to_lowercase) else { return HashMap::default() };
    let of = |row: &CustomerRow| {
        let (_, household) = row.attributes.iter().find(|(name, _)| *name == attribute)?;
        Some((KeyRef::parse(row.id.as_bytes()).own(), household.clone()))
    };
    draft.customers.iter().filter_map(of).collect()
}

fn names(draft: &Draft) -> Names {
    let sorted = |set: BTreeSet<&String>| set.into_iter().cloned().collect::<Vec<_>>();
    let set = draft.events.iter().filter_map(|event| super::timeline::attribute_set(&event.name));
    let set: Vec<String> = set.map(str::to_lowercase).collect();
    let customer = draft.customers.iter().flat_map(|row| row.attributes.iter().map(|(name, _)| name)).chain(&set).collect();
    let item = draft.products.iter().flat_map(|row| row.attributes.iter().map(|(name, _)| name));
    let item = item.chain(draft.chunks.iter().flat_map(|chunk| &chunk.item_attributes));
    let item = item.chain(draft.loose.iter().flat_map(|lines| &lines.item_attributes)).collect();
    Names {
        customer: sorted(customer),
        purchase: sorted(draft.chunks.iter().flat_map(|chunk| &chunk.attributes).collect()),
        item: sorted(item),
        wallets: sorted(draft.chunks.iter().flat_map(|chunk| &chunk.wallets).collect()),
    }
}

/// All texts in bytewise order, so that codes depend on nothing but content, and compare as their texts do.
fn texts(draft: &Draft) -> Texts {
    let mut all: std::collections::HashSet<&str, FixedState> = std::collections::HashSet::default();
    all.extend(draft.chunks.iter().flat_map(|chunk| chunk.dict.list.iter().map(AsRef::as_ref)));
    all.extend(draft.loose.iter().flat_map(|lines| lines.dict.list.iter().map(AsRef::as_ref)));
    all.extend(draft.customers.iter().flat_map(|row| row.attributes.iter().map(|(_, value)| value.as_str())));
    all.extend(draft.events.iter().map(|row| row.value.as_str()));
    for row in &draft.products {
        all.extend([row.category.as_str(), row.brand.as_str()]);
        all.extend(row.attributes.iter().map(|(_, value)| value.as_str()));
    }
    let tips = |lines: &super::rows::Lines| lines.tip.iter().any(|tip| *tip != 0);
    let tipped = draft.chunks.iter().any(|chunk| tips(&chunk.lines)) || draft.loose.iter().any(|loose| tips(&loose.lines));
    if draft.rest == Some(receipts::Rest::Tips) || tipped {
        all.insert(receipts::TIPS);
    }
    let mut list: Vec<&str> = all.into_iter().filter(|text| !text.is_empty()).collect();
    list.sort_unstable();
    Texts { list: list.into_iter().map(str::to_owned).collect() }
}

fn products(rows: &[ProductRow], names: &Names, code: &impl Fn(&str) -> TextCode) -> HashMap<TextCode, Product, FixedState> {
    let mut all = HashMap::default();
    for row in rows {
        // A product that no line names needs no entry.
        let product = code(&row.product);
        if product == NO_TEXT {
            continue;
        }
        let attribute = |name: &String| row.attributes.iter().find(|(known, _)| known == name).map_or(NO_TEXT, |(_, value)| code(value));
        let attributes = names.item.iter().map(attribute).collect();
        all.insert(product, Product { category: code(&row.category), brand: code(&row.brand), attributes });
    }
    all
}

fn deal(chunks: &mut [super::rows::Chunk], households: &HashMap<Key, String, FixedState>) {
    let of = |customer: KeyRef<'_>| {
        if !households.is_empty()
            && let Some(household) = households.get(&customer.own())
        {
            return bucket(KeyRef::parse(household.as_bytes()));
        }
        bucket(customer)
    };
    let waiting = |chunk: &&mut super::rows::Chunk| chunk.rows_from.is_empty();
    if chunks.len() == 1 {
        chunks.iter_mut().filter(waiting).for_each(|chunk| chunk.deal(of));
    } else {
        chunks.par_iter_mut().filter(waiting).for_each(|chunk| chunk.deal(of));
    }
}

/// Whose purchase an id is.
enum Owner {
    One(Key),
    Several,
}

/// Deals the records of the smaller tables. Those that name a purchase but no customer belong to the purchase's.
fn route<'a>(shared: &Shared<'a>, returns: Vec<ReturnRow>, events: Vec<EventRow>, findings: &mut Findings) -> Vec<Mine<'a>> {
    let mut mine: Vec<Mine<'a>> = (0..=BUCKETS).map(|_| Mine::default()).collect();
    let mut wanted: HashMap<Key, Option<Owner>, FixedState> = HashMap::default();
    let key = |text: &str| KeyRef::parse(text.as_bytes()).own();
    wanted.extend(returns.iter().filter(|r| r.customer.is_empty() && !r.of.is_empty()).map(|r| (key(&r.of), None)));
    wanted.extend(events.iter().filter(|r| r.customer.is_empty() && !r.of.is_empty()).map(|r| (key(&r.of), None)));
    for table in &shared.draft.loose {
        let lines = 0..table.lines.len();
        wanted.extend(lines.filter(|at| table.customer.get(*at).is_missing()).map(|at| (table.purchase.get(at).own(), None)));
    }
    find_owners(shared, &mut wanted);

    for customer in &shared.draft.customers {
        if let Some(mine) = mine.get_mut(shared.bucket(KeyRef::parse(customer.id.as_bytes()))) {
            mine.customers.push(customer);
        }
    }
    let owner_of = |of: &str| wanted.get(&key(of)).and_then(Option::as_ref);
    for mut row in returns {
        if row.customer.is_empty() {
            match owner_of(&row.of) {
                Some(Owner::One(customer)) => row.customer = customer.as_ref().text(),
                Some(Owner::Several) => {
                    findings.reject(row.origin, reason::SEVERAL_OWNERS, "of", row.of);
                    continue;
                }
                None if row.of.is_empty() => {
                    findings.reject(row.origin, reason::UNMATCHED, "customer", String::new());
                    continue;
                }
                None => {
                    findings.unknown(row);
                    continue;
                }
            }
        }
        if let Some(mine) = mine.get_mut(shared.bucket(KeyRef::parse(row.customer.as_bytes()))) {
            mine.returns.push(row);
        }
    }
    for mut row in events {
        if row.customer.is_empty() {
            match owner_of(&row.of) {
                Some(Owner::One(Key::Missing)) | None => {
                    let reason = if row.of.is_empty() { reason::NO_CUSTOMER } else { reason::NO_SUCH_EVENT_PURCHASE };
                    findings.reject(row.origin, reason, "customer", row.of);
                    continue;
                }
                Some(Owner::One(customer)) => row.customer = customer.as_ref().text(),
                Some(Owner::Several) => {
                    findings.reject(row.origin, reason::SEVERAL_OWNERS, "of", row.of);
                    continue;
                }
            }
        }
        if let Some(mine) = mine.get_mut(shared.bucket(KeyRef::parse(row.customer.as_bytes()))) {
            mine.events.push(row);
        }
    }
    route_loose(shared, &wanted, &mut mine, findings);
    mine
}

fn find_owners(shared: &Shared<'_>, wanted: &mut HashMap<Key, Option<Owner>, FixedState>) {
    if wanted.is_empty() {
        return;
    }
    for chunk in &shared.draft.chunks {
        for at in 0..chunk.rows.len() {
            let id = chunk.rows.id.get(at);
            let Some(owner) = (if id.is_missing() { None } else { wanted.get_mut(&id.own()) }) else { continue };
            let customer = chunk.rows.customer.get(at);
            let account =
                |customer: KeyRef<'_>| shared.household(customer).map_or_else(|| customer.own(), |h| Key::Text(h.as_bytes().into()));
            match owner {
                None => *owner = Some(Owner::One(customer.own())),
                Some(Owner::One(first)) if first.as_ref() != customer && account(first.as_ref()) != account(customer) => {
                    *owner = Some(Owner::Several);
                }
                Some(_) => {}
            }
        }
    }
}

fn route_loose(shared: &Shared<'_>, wanted: &HashMap<Key, Option<Owner>, FixedState>, mine: &mut [Mine<'_>], findings: &mut Findings) {
    for (number, table) in shared.draft.loose.iter().enumerate() {
        for at in 0..table.lines.len() {
            let customer = table.customer.get(at);
            let purchase = table.purchase.get(at);
            let row = table.first_row + u64::from(table.lines.row.get(at).copied().unwrap_or(0));
            let origin = Origin { source: table.source, row };
            let owner = if customer.is_missing() { wanted.get(&purchase.own()).and_then(Option::as_ref) } else { None };
            let bucket = match owner {
                _ if !customer.is_missing() => shared.bucket(customer),
                Some(Owner::One(customer)) => shared.bucket(customer.as_ref()),
                Some(Owner::Several) => {
                    findings.reject(origin, reason::SEVERAL_OWNERS, "purchase", purchase.text());
                    continue;
                }
                None => {
                    findings.no_purchase(shared, origin, purchase);
                    continue;
                }
            };
            if let Some(mine) = mine.get_mut(bucket) {
                mine.loose.push((small(number), small(at)));
            }
        }
    }
}

fn conclude(
    mut draft: Draft,
    texts: Texts,
    names: Names,
    mut finished: Vec<Finished>,
    mut findings: Findings,
    options: &Options<'_>,
) -> Built {
    let anonymous = finished.pop();
    let mut history = History {
        texts,
        customer_attributes: names.customer,
        purchase_attributes: names.purchase,
        item_attributes: names.item,
        paid_wallets: names.wallets,
        scale: draft.scale,
        opening: draft.opening,
        ..History::default()
    };
    history.anonymous = anonymous.as_ref().map(anonymous_purchases).unwrap_or_default();
    history.anonymous.sort_by_key(|purchase| (purchase.at, purchase.amount, purchase.returned));
    let mut days: Option<(Instant, Instant)> = None;
    let mut happens = |at: Instant| {
        days = Some(days.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    };
    history.opening.iter().for_each(|day| happens(options.zone.midnight(*day)));
    history.anonymous.iter().for_each(|purchase| happens(purchase.at));
    for part in finished.iter().map(|finished| &finished.part) {
        part.purchases.at.iter().for_each(|at| happens(*at));
        part.moments.iter().for_each(|moment| happens(moment.at));
    }
    history.days = days.map(|(first, last)| (options.zone.local(first).date(), options.zone.local(last).date()));
    let mut surveys = std::mem::take(&mut draft.surveys);
    surveys.sort_by(|a, b| (a.customer.as_str(), a.at, a.score).cmp(&(b.customer.as_str(), b.at, b.score)));
    history.surveys = surveys.into_iter().map(|row| Survey { customer: row.customer, at: Instant(row.at), score: row.score }).collect();

    for more in anonymous.into_iter().map(|finished| finished.findings) {
        add(&mut findings, more);
    }
    for one in finished {
        add(&mut findings, one.findings);
        history.parts.push(one.part);
    }
    drop_empty_columns(&mut history);
    say::notes(&mut draft.notes, &findings, options);
    if let Some(question) = say::far_apart(&findings.compared, options).filter(|_| draft.rest.is_none()) {
        findings.ask(question);
    }
    if let Some(question) = super::checks::far_away(&history, &draft, options) {
        findings.ask(question);
    }
    draft.notes.extend(super::checks::nobody(&history));
    let rejected = draft.sources.iter().flat_map(|source| &source.tally.reasons);
    let meant = rejected.flat_map(|(reason, of)| of.first.iter().map(|row| (*reason, &row.value)));
    let meant = meant.filter_map(|(reason, said)| super::openings::meant(reason, said, &options.needs.opens));
    draft.notes.extend(meant.collect::<Vec<_>>());
    history.notes = draft.notes.iter().cloned().collect();
    let (conflicts, mut question) = (findings.conflicts, findings.question.take());
    let control = draft.control.clone();
    history.accounting = accounting(draft, findings);
    if question.is_none() {
        question = super::checks::control(&history, &control, options);
    }
    Built { history, conflicts, question }
}

fn add(sum: &mut Findings, more: Findings) {
    sum.rejects.extend(more.rejects);
    sum.duplicates.extend(more.duplicates);
    sum.compared.merge(more.compared);
    if let Some(question) = more.question {
        sum.ask(question);
    }
    sum.partly += more.partly;
    sum.partly_money = sum.partly_money.saturating_add(more.partly_money);
    sum.other_money.0 += more.other_money.0;
    sum.other_money.1 = sum.other_money.1.saturating_add(more.other_money.1);
    sum.conflicts |= more.conflicts;
    sum.left_out.extend(more.left_out);
    sum.gone_with.extend(more.gone_with);
    sum.money.extend(more.money);
    sum.discounts.0 += more.discounts.0;
    sum.discounts.1 = sum.discounts.1.saturating_add(more.discounts.1);
}

fn accounting(mut draft: Draft, findings: Findings) -> Accounting {
    for origin in findings.duplicates {
        if let Some(tally) = draft.tally(origin.source) {
            tally.duplicate += 1;
        }
    }
    for (origin, reason, column, value) in findings.rejects {
        if let Some(tally) = draft.tally(origin.source) {
            tally.reject(reason, origin.row, column, &value);
        }
    }
    for source in findings.gone_with {
        if let Some(tally) = draft.tally(source) {
            tally.read = tally.read.saturating_sub(1);
        }
    }
    for (origin, reason) in findings.left_out {
        if let Some(tally) = draft.tally(origin.source) {
            tally.leave(reason, origin.row, "", "");
        }
    }
    for (source, reason, amount) in findings.money {
        if let Some(tally) = draft.tally(source) {
            tally.money(reason, amount);
        }
    }
    let mut files: BTreeMap<(String, String), super::rejects::Tally> = BTreeMap::new();
    for source in draft.sources {
        files.entry((source.file, source.table)).or_default().merge(source.tally);
    }
    Accounting { files: files.into_iter().map(|((file, table), tally)| tally.finish(file, table)).collect() }
}

fn anonymous_purchases(finished: &Finished) -> Vec<AnonymousPurchase> {
    let purchases = &finished.part.purchases;
    let returned = |at: usize| finished.returned.get(&small(at)).copied().unwrap_or(0);
    let both = purchases.at.iter().zip(&purchases.amount).enumerate();
    both.map(|(at, (instant, amount))| AnonymousPurchase { at: *instant, amount: *amount, returned: returned(at) }).collect()
}

/// Empties the columns in which no part of the history has anything.
fn drop_empty_columns(history: &mut History) {
    fn clear<T>(parts: &mut [Part], column: impl Fn(&mut Part) -> Option<&mut Vec<T>>, nothing: impl Fn(&T) -> bool) {
        if parts.iter_mut().all(|part| column(part).is_none_or(|list| list.iter().all(&nothing))) {
            parts.iter_mut().filter_map(column).for_each(|list| *list = Vec::new());
        }
    }
    let parts = &mut history.parts;
    let no_text = |code: &TextCode| *code == NO_TEXT;
    clear(parts, |part| Some(&mut part.purchases.tax), |n| *n == 0);
    clear(parts, |part| Some(&mut part.purchases.shipping), |n| *n == 0);
    clear(parts, |part| Some(&mut part.purchases.channel), no_text);
    clear(parts, |part| Some(&mut part.purchases.store), no_text);
    clear(parts, |part| Some(&mut part.purchases.payment), no_text);
    clear(parts, |part| Some(&mut part.purchases.partner), no_text);
    clear(parts, |part| Some(&mut part.purchases.coupon), no_text);
    clear(parts, |part| Some(&mut part.purchases.category), no_text);
    clear(parts, |part| Some(&mut part.purchases.brand), no_text);
    clear(parts, |part| Some(&mut part.purchases.product), no_text);
    clear(parts, |part| Some(&mut part.purchases.paid_voucher), Option::is_none);
    clear(parts, |part| Some(&mut part.items.product), no_text);
    clear(parts, |part| Some(&mut part.items.category), no_text);
    clear(parts, |part| Some(&mut part.items.brand), no_text);
    if parts.iter().all(|part| part.items.amount.is_empty()) {
        parts.iter_mut().for_each(|part| part.purchases.items_from = Vec::new());
    }
    if parts.iter().all(|part| part.accounts.len() == part.customers.id.len()) {
        parts.iter_mut().for_each(|part| part.purchases.customer = Vec::new());
    }
}
