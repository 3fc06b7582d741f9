//! The tables of one file: which column is taken for what, and why.

use super::fits::{currency, fits, likeness_of, serial};
use super::settings::Settings;
use super::{Proposal, quoted};
use crate::history::look::{Facts, Seen};
use crate::history::names::{MEANINGS, Meaning, likeness, plain};
use crate::history::rejects::printable;
use crate::history::relate::{self, Asked, Related};
use crate::history::watch::says_refunded;
use crate::history::{HistoryError, guess};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What one file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Purchases,
    /// Purchases, a row a line.
    Receipts,
    Items,
    /// What came back, in a file of its own.
    Returns,
    Products,
    Customers,
}

/// Meanings of a receipt, of a line, and of both.
const OF_RECEIPT: [&str; 13] =
    ["customer", "id", "at", "amount", "tax", "shipping", "currency", "refunded", "refunded at", "channel", "store", "payment", "coupon"];
/// Meanings that are money.
const MONEY: [&str; 8] = ["amount", "tax", "shipping", "discount", "tip", "refunded", "price", "line total"];
const OF_LINE: [&str; 6] = ["product", "category", "brand", "quantity", "price", "line total"];

/// Writes the tables of one file.
pub(super) struct Writer<'a> {
    pub(super) proposal: &'a mut Proposal,
    pub(super) settings: &'a mut Settings,
    pub(super) name: &'a str,
    pub(super) seen: &'a Seen,
    pub(super) encoding: Option<&'static str>,
    /// How its columns hang together.
    pub(super) related: Related,
    /// Columns that have a meaning.
    pub(super) taken: BTreeSet<usize>,
    /// What makes a receipt, as the mapping writes it, and its column.
    pub(super) id: Option<String>,
    pub(super) id_at: Option<usize>,
    /// The table that is being written, and whether the rows of the file are lines of receipts.
    pub(super) writing: &'static str,
    pub(super) of_lines: bool,
}

impl Writer<'_> {
    /// Columns that may have a meaning, the likeliest first: by names that are known, else by the words in them.
    fn candidates(&self, meaning: &Meaning) -> Vec<usize> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        let mut guessed: Vec<(usize, usize)> = Vec::new();
        let mut taxed: BTreeMap<usize, bool> = BTreeMap::new();
        for (at, facts) in self.seen.columns.iter().enumerate().filter(|(at, _)| !self.taken.contains(at)) {
            let (bare, tax) = guess::apart_from_tax(&facts.name);
            taxed.extend(tax.map(|with| (at, with)));
            // A share in a hundred is no money.
            if meaning.key == "tax" && tax.is_some() || MONEY.contains(&meaning.key) && guess::says_share(&facts.name) {
                continue;
            }
            let name = guess::without_unit(&bare);
            // Above a field of a line stands the name of the list.
            let list = self.seen.place.how.lines.as_deref().and_then(|list| name.strip_prefix(list)?.strip_prefix('.'));
            let name = list.unwrap_or(name);
            // What stands above a name may say that it is something else: `shipping.amount`.
            let last = name.rsplit(['.', '/']).next().filter(|last| *last == name || !guess::ruled_out(meaning.key, name));
            let last = last.unwrap_or_default();
            let like = likeness(meaning, &plain(name)).or_else(|| likeness(meaning, &plain(last)).map(|like| like + 1));
            if fits(meaning.key, facts) {
                all.extend(like.map(|like| (like, at)));
                guessed.extend(guess::likeness(meaning.key, &bare).map(|like| (like, at)));
            }
        }
        let mut all = if all.is_empty() { guessed } else { all };
        if all.is_empty() && meaning.key == "at" {
            // Of the dates of a file one is that of what it lists.
            let dates = |(at, facts): &(usize, &Facts)| fits("at", facts) && facts.mostly(facts.dates) && !self.taken.contains(at);
            all.extend(self.seen.columns.iter().enumerate().filter(dates).map(|(at, _)| (0, at)));
        }
        // A line and a refund have a number of their own, beside that of the purchase.
        if meaning.key == "id" && all.len() > 1 && (self.writing == "returns" || self.names_products()) {
            let own = |at: usize| plain(&self.facts(at).name) == "id";
            if all.iter().any(|(_, at)| !own(*at)) {
                all.retain(|(_, at)| !own(*at));
            }
        }
        // What is left when fees are paid is not what the customer paid.
        if matches!(meaning.key, "amount" | "line total") && self.seen.columns.iter().any(|facts| guess::says_fee(&facts.name)) {
            all.retain(|(_, at)| !guess::says_net(&self.facts(*at).name));
        }
        // What a customer pays has the tax within.
        if all.iter().any(|(_, at)| taxed.get(at) == Some(&true)) {
            all.retain(|(_, at)| taxed.get(at) != Some(&false));
        }
        // What differs from line to line of a receipt is nothing of the receipt.
        if self.of_lines && self.writing == "purchases" && matches!(meaning.key, "amount" | "tax" | "shipping") {
            all.retain(|(_, at)| !self.related.id_repeats || !self.related.varies.contains(at));
        }
        all.sort_unstable();
        all.into_iter().map(|(_, at)| at).collect()
    }

    /// Whether a column has the name of a product.
    fn names_products(&self) -> bool {
        let product = |meaning: &&Meaning| meaning.key == "product";
        MEANINGS
            .iter()
            .find(product)
            .is_some_and(|meaning| self.seen.columns.iter().any(|facts| likeness(meaning, &plain(&facts.name)).is_some()))
    }

    /// What the file, or the table in it, is called.
    fn called(&self) -> String {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        plain(self.seen.place.how.table.as_deref().unwrap_or_else(|| file.split('.').next().unwrap_or_default()))
    }

    pub(super) fn best(&self, key: &str) -> Vec<usize> {
        MEANINGS.iter().find(|meaning| meaning.key == key).map(|meaning| self.candidates(meaning)).unwrap_or_default()
    }

    fn has(&self, key: &str) -> bool {
        !self.best(key).is_empty()
    }

    pub(super) fn facts(&self, at: usize) -> Facts {
        self.seen.columns.get(at).cloned().unwrap_or_default()
    }

    fn kind(&self) -> Kind {
        let lines = self.has("product") && (self.has("price") || self.has("line total") || self.has("quantity"));
        let facts = || self.seen.columns.iter();
        // Days and money are no list of customers or products.
        if self.lists_returns() {
            return Kind::Returns;
        }
        let sales =
            facts().any(|facts| facts.mostly(facts.dates)) && facts().any(|facts| facts.mostly(facts.numbers) && facts.fractions > 0);
        const PEOPLE: [&str; 14] = [
            "customers",
            "customer",
            "clients",
            "members",
            "users",
            "people",
            "kunden",
            "mitglieder",
            "клиенты",
            "покупатели",
            "客户",
            "会员",
            "用户",
            "顾客",
        ];
        let money = self.has("amount") || self.has("price") || self.has("line total");
        if PEOPLE.contains(&self.called().as_str()) && !money && (self.has("customer") || self.has("id")) {
            return Kind::Customers;
        }
        match (self.has("at"), self.has("amount") || self.has("price") || self.has("line total")) {
            (true, true) if lines => Kind::Receipts,
            (true, true) => Kind::Purchases,
            (false, _) if lines && self.has("id") => Kind::Items,
            (false, false) if self.has("product") && !sales => Kind::Products,
            (_, false) if self.has("customer") && !self.has("id") && !self.has("product") && !sales => Kind::Customers,
            _ => Kind::Purchases,
        }
    }

    pub(super) fn table(&mut self) -> Result<(), HistoryError> {
        let mut kind = self.kind();
        if matches!(kind, Kind::Purchases | Kind::Receipts) {
            let asked = self.asked();
            // Of a file of returns nothing is asked: its rows are what they are.
            if asked.id.is_some() || asked.customer.is_some() {
                self.related = relate::look(self.seen, self.encoding, &asked)?;
            }
        }
        // Rows that each have a number of their own, and no pieces or no price of one, are purchases of one thing.
        let priced = || self.has("price") || self.has("line total");
        if kind == Kind::Receipts && !self.related.id_repeats && !(self.has("quantity") && priced()) {
            kind = Kind::Purchases;
        }
        let rows = self.seen.rows;
        let _ = writeln!(self.proposal.mapping, "# {}: {rows} rows", printable(self.name));
        for note in self.seen.notes.clone() {
            let _ = writeln!(self.proposal.mapping, "# {note}");
        }
        match kind {
            Kind::Purchases => {
                self.section("purchases", &OF_RECEIPT, &["customer", "at", "amount"]);
                self.nobody();
                self.states();
            }
            Kind::Receipts => {
                let per_line = self.per_line();
                self.taken.extend(per_line.iter().flat_map(|(_, columns)| columns));
                self.of_lines = true;
                // What one unit costs, and how many there are, is nothing of the receipt.
                let mut units: Vec<usize> = ["price", "quantity"].iter().filter_map(|key| self.best(key).first().copied()).collect();
                units.retain(|at| !likeness_of("amount", &self.facts(*at).name));
                self.taken.extend(&units);
                self.section("purchases", &OF_RECEIPT, &["customer", "id", "at"]);
                self.taken.retain(|at| !units.contains(at));
                self.continues();
                self.nobody();
                self.states();
                self.lines(&per_line);
                self.states();
                self.tax_of_lines(&per_line);
            }
            Kind::Items => self.lines(&[]),
            Kind::Returns => self.returns(),
            Kind::Products => self.section("products", &["product", "category", "brand"], &["product"]),
            Kind::Customers => {
                self.section("customers", &["customer"], &["customer"]);
                self.dates_of_customers();
            }
        }
        self.lists();
        self.left();
        Ok(())
    }

    /// Lists in the records that nothing reads; of what came back it is asked.
    fn lists(&mut self) {
        let lists: Vec<String> = self.seen.lists.iter().filter(|list| self.seen.place.how.lines.as_ref() != Some(*list)).cloned().collect();
        for list in lists.iter().filter(|list| says_refunded(&plain(list))) {
            let shown = quoted(&printable(list));
            self.proposal.undecided.push(format!("{shown}, a list in the records, says what came back"));
            let files = quoted(self.name);
            let records = self.seen.place.how.records.as_ref().map(|records| format!(", records: {}", quoted(records))).unwrap_or_default();
            let id = self.id.clone().unwrap_or_else(|| "ID".to_owned());
            let _ = writeln!(
                self.proposal.mapping,
                "  # UNDECIDED: {shown}, a list in the records, says what came back. Take the # off the line that begins with returns, write its\n  # columns, and put it at the end of this file; or write refunded: COLUMN above\n  # not used: [{shown}]\n# returns: {{ files: {files}{records}, lines: {shown}, columns: {{ of: {id}, at: DATE, amount: AMOUNT }} }}"
            );
        }
        let others: Vec<String> = lists.iter().filter(|list| !says_refunded(&plain(list))).map(|list| quoted(&printable(list))).collect();
        if !others.is_empty() {
            let _ = writeln!(self.proposal.mapping, "  # Lists in the records that are not read: {}", others.join(", "));
        }
    }

    /// Whether a file lists what came back: its name says so, or its only days are those of refunds.
    fn lists_returns(&self) -> bool {
        let file = self.called();
        let named =
            says_refunded(&file) || ["returns", "retoure", "ruecksend", "gutschrift", "creditnote"].iter().any(|word| file.contains(word));
        let days = || self.seen.columns.iter().filter(|facts| facts.mostly(facts.dates));
        let of_refunds =
            days().count() == 1 && days().all(|facts| says_refunded(&plain(&facts.name)) || plain(&facts.name).contains("return"));
        (named || of_refunds) && self.has("id") && (self.has("amount") || self.has("refunded") || self.has("product"))
    }

    fn returns(&mut self) {
        self.begin("returns");
        let words: [(&str, &[&str]); 6] = [
            ("of", &["id"]),
            ("customer", &["customer"]),
            ("at", &["refunded at", "at"]),
            ("amount", &["refunded", "amount", "line total"]),
            ("product", &["product"]),
            ("quantity", &["quantity"]),
        ];
        for (word, keys) in words {
            let own = |at: &usize| word != "of" || !says_refunded(&plain(&self.facts(*at).name));
            let found = keys.iter().map(|key| self.best(key)).map(|mut all| {
                all.retain(own);
                all
            });
            let Some(columns) = found.into_iter().find(|columns| !columns.is_empty()) else { continue };
            let at = columns.first().copied().unwrap_or_default();
            let facts = self.facts(at);
            let name = quoted(&facts.name);
            let _ = writeln!(
                self.proposal.mapping,
                "    {word}: {name}   # {} of {} rows have it: {}",
                facts.filled,
                self.seen.rows,
                facts.shown()
            );
            self.taken.insert(at);
            match word {
                "at" => self.settings.date(&facts),
                "amount" | "quantity" => self.settings.money(&facts),
                _ => {}
            }
        }
    }

    /// When customers joined, and were born.
    fn dates_of_customers(&mut self) {
        const JOINED: [&str; 14] = [
            "joined",
            "joindate",
            "joinedat",
            "membersince",
            "customersince",
            "registered",
            "registrationdate",
            "registeredat",
            "signupdate",
            "signup",
            "registriertam",
            "eintrittsdatum",
            "датарегистрации",
            "注册时间",
        ];
        const BORN: [&str; 8] = ["born", "birthday", "birthdate", "dateofbirth", "dob", "geburtsdatum", "датарождения", "生日"];
        for (word, names) in [("joined", &JOINED[..]), ("born", &BORN[..])] {
            let found =
                self.seen.columns.iter().position(|facts| facts.mostly(facts.dates) && names.contains(&plain(&facts.name).as_str()));
            let Some(at) = found else { continue };
            let facts = self.facts(at);
            let _ = writeln!(self.proposal.mapping, "    {word}: {}   # such as {}", quoted(&facts.name), facts.shown());
            self.settings.date(&facts);
            self.taken.insert(at);
        }
    }

    /// What is to be known of the rows.
    fn asked(&self) -> Asked {
        let first = |key: &str| self.best(key).first().copied();
        let columns = || self.seen.columns.iter().enumerate();
        let comma: u64 = columns().map(|(_, facts)| facts.comma.count).sum();
        let point: u64 = columns().map(|(_, facts)| facts.point.count).sum();
        Asked {
            id: first("id").or_else(|| columns().find(|(_, facts)| likeness_of("id", &facts.name)).map(|(at, _)| at)),
            at: first("at"),
            store: first("store"),
            customer: first("customer"),
            product: first("product"),
            quantity: first("quantity"),
            price: first("price"),
            amount: first("amount"),
            numbers: columns().filter(|(_, facts)| facts.mostly(facts.numbers)).map(|(at, _)| at).collect(),
            kinds: columns()
                .filter(|(_, facts)| facts.numbers + facts.dates + facts.clocks == 0 && !facts.more_values)
                .map(|(at, _)| at)
                .collect(),
            comma: comma > point,
        }
    }

    /// Columns with money that stand on each line of a receipt: under which word, and which may be meant.
    fn per_line(&self) -> Vec<(&'static str, Vec<usize>)> {
        let Related { varies, product_of, same_as, id_repeats, .. } = &self.related;
        let mine = |at: &usize| varies.contains(at) || !id_repeats && product_of.contains(at);
        let mut all = Vec::new();
        let mut totals = self.best("line total");
        totals.extend(self.best("amount"));
        let mut seen = BTreeSet::new();
        totals.retain(|at| mine(at) && seen.insert(*at) && !same_as.get(at).is_some_and(&mine));
        let within = |at: &usize| guess::apart_from_tax(&self.facts(*at).name).1 == Some(true);
        if totals.iter().any(within) {
            totals.retain(within);
        }
        // Where pieces times price is one of them, what was paid is the other, if there is one.
        let paid: Vec<usize> = totals.iter().filter(|at| !product_of.contains(at)).copied().collect();
        let before = totals.iter().any(|at| product_of.contains(at)) && paid.is_empty();
        let totals = if paid.is_empty() { totals.into_iter().take(1).collect() } else { paid };
        let discounts = before || totals.is_empty();
        if !totals.is_empty() {
            all.push(("line total", totals));
        }
        for key in ["tax", "shipping", "tip", "discount"] {
            let columns: Vec<usize> = self.best(key).into_iter().filter(|at| varies.contains(at)).take(1).collect();
            if !columns.is_empty() && (key != "discount" || discounts) {
                all.push((key, columns));
            }
        }
        all
    }

    fn lines(&mut self, per_line: &[(&'static str, Vec<usize>)]) {
        // The receipt's number stands on its lines too.
        let own = self.best("id").first().copied();
        let id = self.id.clone().or_else(|| Some(quoted(&self.facts(own?).name)));
        self.taken.extend(own.filter(|_| self.id.is_none()));
        self.begin("items");
        if let Some(id) = id {
            let _ = writeln!(self.proposal.mapping, "    purchase: {id}");
        }
        let mapped = |key: &str| per_line.iter().any(|(known, _)| *known == key);
        for key in OF_LINE {
            if key == "line total" && (self.proposal.found.contains("price") || mapped(key)) {
                continue;
            }
            self.column(key, false);
        }
        for (key, columns) in per_line {
            self.write(key, columns.clone(), columns.len() > 1);
        }
        if let Some((column, lines, others)) = self.related.kinds.clone() {
            let list = |values: &BTreeSet<String>| values.iter().map(|value| quoted(&printable(value))).collect::<Vec<_>>().join(", ");
            let name = quoted(&self.facts(column).name);
            let (lines, others) = (list(&lines), list(&others));
            let _ = writeln!(self.proposal.mapping, "  use only: {{ {name}: [{lines}] }}   # rows with {others} name no product");
            self.taken.insert(column);
        }
    }

    /// Customers who are nobody.
    fn nobody(&mut self) {
        if !self.related.nobody.is_empty() {
            let names: Vec<String> = self.related.nobody.iter().map(|name| format!("\"{}\"", printable(name))).collect();
            let _ = writeln!(self.proposal.mapping, "  no customer: [{}]   # purchases of nobody count in revenue only", names.join(", "));
            return;
        }
        if let Some((name, count, rows, customers)) = &self.related.most
            && *customers >= 40
            && count.saturating_mul(20) > *rows
        {
            let name = printable(name);
            let _ = writeln!(
                self.proposal.mapping,
                "  # {count} of {rows} rows are of \"{name}\". If that is nobody, take the # off: \n  # no customer: [\"{name}\"]"
            );
        }
    }

    fn begin(&mut self, table: &'static str) {
        self.writing = table;
        let name = if self.name.starts_with('[') { self.name.to_owned() } else { quoted(self.name) };
        let _ = writeln!(self.proposal.mapping, "{table}:\n  files: {name}");
        let how = &self.seen.place.how;
        for (key, value) in [("table", &how.table), ("records", &how.records), ("lines", &how.lines)] {
            if let Some(value) = value {
                let _ = writeln!(self.proposal.mapping, "  {key}: {}", quoted(value));
            }
        }
        let _ = writeln!(self.proposal.mapping, "  columns:");
    }

    fn section(&mut self, table: &'static str, keys: &[&str], required: &[&str]) {
        self.begin(table);
        for key in keys {
            self.column(key, required.contains(key));
        }
    }

    /// Writes which column has a meaning.
    fn column(&mut self, key: &str, required: bool) {
        let mut candidates = self.best(key);
        // A list of customers says who they are by their number.
        if key == "customer" && self.writing == "customers" {
            let number =
                |at: &usize| !matches!(plain(&self.facts(*at).name).as_str(), "id" | "customerid" | "clientid" | "memberid" | "userid");
            candidates.extend(self.best("id"));
            candidates.sort_by_key(number);
        }
        // Columns that hold the same are one.
        let all = candidates.clone();
        candidates.retain(|at| key != "amount" || self.related.same_as.get(at).is_none_or(|other| !all.contains(other)));
        let word = if key == "customer" && self.writing == "customers" { "id" } else { key };
        let doubtful = matches!(key, "at" | "amount") && candidates.len() > 1;
        if key == "amount" && self.is_without_tax(&candidates) {
            return self.net_amount(candidates.first().copied().unwrap_or_default());
        }
        if candidates.is_empty() {
            if required {
                self.proposal.undecided.push(format!("{word}: no column is called so; the columns are listed in the mapping"));
                let names: Vec<String> = self.seen.columns.iter().map(|facts| quoted(&printable(&facts.name))).collect();
                let _ = writeln!(self.proposal.mapping, "    # UNDECIDED {word}: which of these is it? {}", names.join(", "));
                let _ = writeln!(self.proposal.mapping, "    # {word}: ");
            }
            return;
        }
        self.write(word, candidates, doubtful);
    }

    /// Whether the only column for the amount says that it is without the tax that another column has.
    fn is_without_tax(&self, candidates: &[usize]) -> bool {
        let [only] = candidates else { return false };
        let name = self.facts(*only).name;
        let net = guess::says_net(&name) || guess::apart_from_tax(&name).1 == Some(false);
        net && !self.of_lines && self.best("tax").iter().any(|at| !super::fits::nothing(&self.facts(*at)))
    }

    /// Asks whether an amount without tax is what was paid. The tax is not written: it is not within.
    fn net_amount(&mut self, at: usize) {
        let name = quoted(&self.facts(at).name);
        let tax: Vec<usize> = self.best("tax").into_iter().take(1).collect();
        let shown = tax.iter().map(|at| quoted(&printable(&self.facts(*at).name))).collect::<String>();
        self.proposal.found.insert("amount".to_owned());
        self.proposal.undecided.push(format!("amount: {name} seems to be without the tax in {shown}"));
        let _ = writeln!(
            self.proposal.mapping,
            "    # UNDECIDED amount: {name} seems to be without the tax in {shown}. Take the # off if purchases count without it;\n    # else export a column with what was paid, the tax within\n    # amount: {name}"
        );
        let facts = self.facts(at);
        self.taken.insert(at);
        self.taken.extend(tax);
        self.note("amount", &facts);
    }

    /// Where lines have tax and the receipt no amount, the tax may be within the lines or on top of them.
    fn tax_of_lines(&mut self, per_line: &[(&'static str, Vec<usize>)]) {
        let columns = |key: &str| per_line.iter().find(|(known, _)| *known == key).map(|(_, columns)| columns.clone());
        let Some(tax) = columns("tax").and_then(|columns| columns.first().copied()) else { return };
        // What came back is told by its lines alone.
        let back = self.settings.negative > 0 || !self.settings.returned.is_empty();
        let known = self.proposal.found.contains("amount") && !back;
        let cost = columns("line total").unwrap_or_else(|| self.best("price").into_iter().take(1).collect());
        let name = |at: &usize| self.facts(*at).name;
        let within = |at: &usize| guess::says_gross(&name(at)) || guess::apart_from_tax(&name(at)).1 == Some(true);
        if known || super::fits::nothing(&self.facts(tax)) || cost.iter().all(within) && !cost.is_empty() {
            return;
        }
        let tax = quoted(&printable(&name(&tax)));
        self.settings.tax_of_lines = Some(tax.clone());
        self.proposal.undecided.push(format!("the rest is: the tax in {tax} may be within what the lines cost, or on top of it"));
    }

    /// Writes the column of a word, or those that may be.
    fn write(&mut self, word: &str, candidates: Vec<usize>, doubtful: bool) {
        let key = if word == "id" && self.writing == "customers" { "customer" } else { word };
        self.proposal.found.insert(key.to_owned());
        if doubtful {
            let names: Vec<String> = candidates.iter().map(|at| self.facts(*at).name).collect();
            self.proposal.undecided.push(format!("{word}: {}", names.iter().map(|name| printable(name)).collect::<Vec<_>>().join(" or ")));
            let _ = writeln!(self.proposal.mapping, "    # UNDECIDED {word}: take the # off one of these lines");
        }
        for at in if doubtful { candidates.as_slice() } else { candidates.get(..1).unwrap_or_default() } {
            let facts = self.facts(*at);
            let mut value = quoted(&facts.name);
            if key == "at" && facts.clocks == 0 && facts.mostly(facts.dates) && !facts.values.iter().any(|value| value.contains(':')) {
                value = self.with_clock(*at, value);
            }
            let mut why = format!("{} of {} rows have it: {}", facts.filled, self.seen.rows, facts.shown());
            if key == "id" {
                if let Some(beside) = self.related.beside_id.clone() {
                    let names: Vec<String> = beside.iter().chain([at]).map(|at| quoted(&self.facts(*at).name)).collect();
                    value = format!("[{}]", names.join(", "));
                    why = format!("the number alone comes again; such as {}", facts.shown());
                }
                self.id = Some(value.clone());
                self.id_at = Some(*at);
            }
            let mark = if doubtful { "# " } else { "" };
            let _ = writeln!(self.proposal.mapping, "    {mark}{word}: {value}   # {why}");
            self.taken.insert(*at);
            self.note(key, &facts);
        }
        if !doubtful && candidates.len() > 1 {
            let others: Vec<String> = candidates.iter().skip(1).map(|at| quoted(&printable(&self.facts(*at).name))).collect();
            let _ = writeln!(self.proposal.mapping, "    #   or {word}: {}", others.join(", "));
        }
    }

    /// What the values of a column say for the whole mapping.
    fn note(&mut self, key: &str, facts: &Facts) {
        let of_amounts = || currency(facts).or_else(|| guess::currency_of(&facts.name).map(str::to_owned));
        match key {
            "at" | "refunded at" => {
                self.settings.date(facts);
                if serial(facts) {
                    self.settings.serial = facts.values.first().cloned();
                    self.settings.comma.merge(&facts.comma);
                    self.settings.point.merge(&facts.point);
                }
            }
            "currency" => {
                self.settings.beside_currency |= self.seen.json;
                self.proposal.currency = facts.values.first().map(|code| code.to_uppercase());
            }
            "amount" | "price" | "line total" | "refunded" => {
                self.proposal.currency = self.proposal.currency.take().or_else(of_amounts);
                self.settings.money(facts);
                if matches!(key, "amount" | "line total") {
                    self.settings.negative = self.settings.negative.max(facts.negative);
                }
                if key != "refunded" {
                    self.settings.whole.0 |= facts.numbers > 0;
                    self.settings.whole.1 |= facts.fractions > 0;
                    self.settings.cents |= guess::in_cents(&facts.name);
                }
            }
            "tax" | "shipping" | "quantity" | "discount" | "tip" => self.settings.money(facts),
            _ => {}
        }
    }

    /// A day and its time of day in two columns.
    fn with_clock(&mut self, day: usize, value: String) -> String {
        let clock = self.best("clock").into_iter().find(|at| *at != day);
        let Some(clock) = clock else { return value };
        self.taken.insert(clock);
        let mut all = vec![value, quoted(&self.facts(clock).name)];
        if let Some(zone) = self.best("zone").first() {
            self.taken.insert(*zone);
            all.push(quoted(&self.facts(*zone).name));
        }
        format!("[{}]", all.join(", "))
    }

    /// Rows without an id below one that has one.
    fn continues(&mut self) {
        let Some(facts) = self.id_at.and_then(|at| self.seen.columns.get(at)) else { return };
        let blank = self.seen.rows.saturating_sub(facts.filled);
        if blank > 0 {
            let _ =
                writeln!(self.proposal.mapping, "  blank id: continues the row above   # {blank} rows have no {}", printable(&facts.name));
        }
    }

    /// What no meaning was found for.
    fn left(&mut self) {
        let left: Vec<String> = self
            .seen
            .columns
            .iter()
            .enumerate()
            .filter(|(at, facts)| !self.taken.contains(at) && facts.filled > 0)
            .map(|(_, facts)| facts.name.clone())
            .collect();
        if !left.is_empty() {
            let names: Vec<String> = left.iter().map(|name| quoted(&printable(name))).collect();
            let _ = writeln!(self.proposal.mapping, "  # Left over, for a program to ask for as attributes: {}", names.join(", "));
        }
        self.proposal.left.extend(left);
        self.proposal.mapping.push('\n');
    }
}
