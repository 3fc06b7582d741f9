//! From the look of files to a mapping: what is beyond doubt is written, what is not is written with its alternatives.

use super::HistoryError;
use super::guess;
use super::look::{self, Evidence, Facts, Seen};
use super::names::{MEANINGS, Meaning, likeness, plain};
use super::presets::{self, Preset};
use super::rejects::printable;
use super::relate::{self, Asked, Related};
use super::watch::{not_bought, says_not_bought, says_refunded};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A mapping that was written for files.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The mapping, with comments.
    pub mapping: String,
    /// What a person must decide before it can be used.
    pub undecided: Vec<String>,
    /// Words of the mapping that a column was found for.
    pub found: BTreeSet<String>,
    /// Columns that were not taken for anything.
    pub left: BTreeSet<String>,
    /// The export that the files were recognised as.
    pub known: Option<&'static str>,
    /// The currency that the amounts seem to be in.
    pub currency: Option<String>,
}

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
const OF_LINE: [&str; 6] = ["product", "category", "brand", "quantity", "price", "line total"];

/// Looks at files and writes a mapping for them. `named` says how the mapping will call each; `like` is a known export.
///
/// # Errors
/// A [`HistoryError`] where a file cannot be read as a table.
pub fn propose(files: &[PathBuf], like: Option<&str>, named: &dyn Fn(&Path) -> String) -> Result<Proposal, HistoryError> {
    let mut seen = Vec::new();
    let mut encoding = None;
    for file in files {
        let (found, own) = looked_at(file)?;
        encoding = encoding.or(own);
        seen.extend(found.into_iter().map(|seen| (named(&seen.place.path), seen)));
    }
    let mut proposal = Proposal::default();
    let preset = match like {
        Some(like) => presets::called(like),
        None => seen.first().and_then(|(_, seen)| presets::of(&header(seen))),
    };
    if let Some(preset) = preset {
        write_preset(&mut proposal, preset, &seen);
        return Ok(proposal);
    }
    let mut settings = Settings::default();
    let several = seen.len() > 1 && seen.iter().all(|(_, other)| seen.first().is_some_and(|(_, first)| header(first) == header(other)));
    let tables: Vec<(String, Seen)> = if several { vec![together(seen)] } else { seen };
    let _ = writeln!(proposal.mapping, "# Made by `loyalty-dsl read`. What stands behind # is not read by the program: it says why.\n");
    for (name, seen) in &tables {
        let taken = BTreeSet::new();
        let related = Related::default();
        Writer { proposal: &mut proposal, settings: &mut settings, name, seen, encoding, taken, related, id: None, id_at: None }.table()?;
    }
    settings.write(&mut proposal);
    if let Some(encoding) = encoding {
        let _ =
            writeln!(proposal.mapping, "encoding: {encoding}   # its letters are no UTF-8, and so its columns have names that are known");
    }
    Ok(proposal)
}

/// Looks at a file. Where its letters are not UTF-8, old encodings are tried: one in which its columns have known names.
fn looked_at(file: &Path) -> Result<(Vec<Seen>, Option<&'static str>), HistoryError> {
    let error = match look::file(file, None) {
        Ok(found) => return Ok((found, None)),
        Err(error) if error.message.contains("not in UTF-8") => error,
        Err(error) => return Err(error),
    };
    let mut best: Option<(usize, (Vec<Seen>, Option<&'static str>))> = None;
    for encoding in ["windows-1252", "windows-1251", "gb18030"] {
        let Ok(found) = look::file(file, Some(encoding)) else { continue };
        let columns = || found.iter().flat_map(|seen| &seen.columns).map(|facts| facts.name.as_str());
        let known = columns().filter(|name| super::names::known(name) || guess::means_something(name)).count();
        // No word has letters of two scripts.
        let good = known >= 3 && !columns().any(mixed);
        if good && best.as_ref().is_none_or(|(most, _)| known > *most) {
            best = Some((known, (found, Some(encoding))));
        }
    }
    best.map(|(_, found)| found).ok_or(error)
}

/// Whether small Latin letters stand beside letters of another script.
fn mixed(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    letters.windows(2).any(|pair| {
        let foreign = |letter: &char| letter.is_alphabetic() && *letter > '\u{24f}';
        matches!(pair, [a, b] if a.is_ascii_lowercase() && foreign(b) || foreign(a) && b.is_ascii_lowercase())
    })
}

fn header(seen: &Seen) -> Vec<String> {
    seen.columns.iter().map(|column| column.name.clone()).collect()
}

/// Files with the same columns are one table.
fn together(all: Vec<(String, Seen)>) -> (String, Seen) {
    let names: Vec<String> = all.iter().map(|(name, _)| quoted(name)).collect();
    let mut seen = all.into_iter().map(|(_, seen)| seen);
    let Some(mut first) = seen.next() else { return (String::new(), Seen::default()) };
    for other in seen {
        first.rows += other.rows;
        for (mine, theirs) in first.columns.iter_mut().zip(other.columns) {
            mine.merge(theirs);
        }
    }
    (format!("[{}]", names.join(", ")), first)
}

/// A text as YAML takes it.
pub(super) fn quoted(text: &str) -> String {
    let simple = text.chars().enumerate().all(|(at, letter)| {
        letter.is_alphanumeric() || at > 0 && matches!(letter, ' ' | '_' | '.' | '/' | '-' | '(' | ')') || at > 0 && letter == '\''
    });
    let word = !matches!(text.to_lowercase().as_str(), "yes" | "no" | "true" | "false" | "null" | "on" | "off" | "y" | "n");
    let numeric = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
    if simple && word && !numeric && !text.is_empty() && text.trim() == text {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"))
    }
}

fn write_preset(proposal: &mut Proposal, preset: &'static Preset, seen: &[(String, Seen)]) {
    proposal.known = Some(preset.title);
    let names: Vec<String> = seen.iter().map(|(name, _)| quoted(name)).collect();
    let files = if names.len() == 1 { names.concat() } else { format!("[{}]", names.join(", ")) };
    let Some((_, seen)) = seen.first() else { return };
    proposal.mapping = present(preset.text, &header(seen)).replace("FILE", &files);
    let facts = |word: &str| {
        let line = preset.text.lines().find_map(|line| line.trim().strip_prefix(word));
        let name = line.and_then(|line| line.split('#').next()).unwrap_or_default().trim().to_lowercase();
        seen.columns.iter().find(move |facts| facts.name.to_lowercase() == name)
    };
    let code = facts("currency: ").and_then(|facts| facts.values.first()).map(|code| code.to_uppercase());
    proposal.currency = code.or_else(|| facts("amount: ").and_then(currency));
    let used = preset.text.to_lowercase();
    for column in &seen.columns {
        let name = column.name.to_lowercase();
        if column.filled > 0
            && !used.contains(&format!(" {name}\n"))
            && !used.contains(&format!("{name},"))
            && !used.contains(&format!("\"{name}\""))
        {
            proposal.left.insert(column.name.clone());
        }
    }
    proposal.found = MEANINGS
        .iter()
        .filter(|meaning| preset.text.contains(&format!(" {}: ", meaning.key)))
        .map(|meaning| meaning.key.to_owned())
        .collect();
}

/// The lines of a known mapping whose columns the file has; exports of one shop differ in some.
fn present(text: &str, header: &[String]) -> String {
    let header: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
    let has = |name: &&str| header.contains(&name.trim().to_lowercase());
    let line = |line: &str| {
        let value = line.split(" #").next().unwrap_or_default().split_once(": ").map_or("", |(_, value)| value.trim());
        let list = || value.trim_matches(['[', ']']).split(", ");
        if let Some(indent) = line.strip_suffix(value).and_then(|front| front.strip_suffix("not used: ")) {
            let there: Vec<&str> = list().filter(has).collect();
            return (!there.is_empty()).then(|| format!("{indent}not used: [{}]\n", there.join(", ")));
        }
        let stays = if line.starts_with("    ") {
            list().all(|name| has(&name))
        } else {
            value.strip_prefix("{ ").and_then(|inner| inner.split_once(':')).is_none_or(|(name, _)| has(&name))
        };
        stays.then(|| format!("{line}\n"))
    };
    text.lines().filter_map(line).collect()
}

/// What holds for the whole mapping.
#[derive(Default)]
struct Settings {
    comma: Evidence,
    point: Evidence,
    either_number: Evidence,
    day_first: Evidence,
    month_first: Evidence,
    either_date: Evidence,
    divider: Option<char>,
    /// Amounts of purchases below zero.
    negative: u64,
    /// Which rows may be returns.
    returned: Vec<String>,
    /// Whether a program's numbers stand beside a currency, whether there are amounts and any that are not whole, and
    /// whether a name says that they count cents.
    beside_currency: bool,
    whole: (bool, bool),
    cents: bool,
}

impl Settings {
    fn money(&mut self, facts: &Facts) {
        self.comma.merge(&facts.comma);
        self.point.merge(&facts.point);
        self.either_number.merge(&facts.either_number);
    }

    fn date(&mut self, facts: &Facts) {
        self.day_first.merge(&facts.day_first);
        self.month_first.merge(&facts.month_first);
        self.either_date.merge(&facts.either_date);
        if facts.day_first.count + facts.month_first.count + facts.either_date.count > 0 {
            self.divider = self.divider.or(facts.divider);
        }
    }

    fn write(&self, proposal: &mut Proposal) {
        for line in &self.returned {
            let _ = writeln!(proposal.mapping, "# {line}   # in place of use only, where such a row is what came back");
        }
        if self.negative > 0 {
            let count = self.negative;
            proposal.undecided.push(format!("negative amounts: {count} purchases cost less than nothing"));
            let _ = writeln!(
                proposal.mapping,
                "# UNDECIDED: what are the {count} amounts below zero? Take the # off one line:\n# negative amounts: are returns\n# negative amounts: are errors"
            );
        }
        let values = |evidence: &Evidence| format!("{} values such as {}", evidence.count, printable(&evidence.example));
        if self.cents && !self.whole.1 {
            let _ = writeln!(proposal.mapping, "amounts in: cents   # the name of the column says so");
        } else if self.beside_currency && self.whole == (true, false) {
            proposal.undecided.push("amounts in: all amounts are whole numbers; they may count cents".to_owned());
            let _ = writeln!(
                proposal.mapping,
                "# UNDECIDED: do the amounts count cents, as interfaces often do? Take the # off one line:\n# amounts in: cents\n# amounts in: whole units"
            );
        }
        match (self.comma.count, self.point.count) {
            (0, 0) if self.either_number.count == 0 => {}
            (0, 0) => {
                let example = printable(&self.either_number.example);
                proposal.undecided.push(format!("decimal: {example} may be thousands or have three decimals"));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {example} may be either. Take the # off one line:\n# decimal: point\n# decimal: comma"
                );
            }
            (_, 0) => {
                let _ = writeln!(proposal.mapping, "decimal: comma   # {}", values(&self.comma));
            }
            // A column of its own, such as one of weights, may not tell.
            (0, _) if self.either_number.count > 0 => {
                let _ = writeln!(proposal.mapping, "decimal: point   # {}", values(&self.point));
            }
            (0, _) => {}
            _ => {
                proposal.undecided.push("decimal: some values have a comma before the decimals, others a point".to_owned());
                let (comma, point) = (values(&self.comma), values(&self.point));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {comma}, but {point}. Take the # off one line:\n# decimal: point\n# decimal: comma"
                );
            }
        }
        let divider = self.divider.unwrap_or('.');
        let (day, month) = (format!("day{divider}month{divider}year"), format!("month{divider}day{divider}year"));
        match (self.day_first.count, self.month_first.count) {
            (0, 0) if self.either_date.count == 0 => {}
            // Nobody writes the month first with points.
            (0, 0) if divider == '.' => {
                let _ = writeln!(proposal.mapping, "dates: {day}   # {}", values(&self.either_date));
            }
            (0, 0) => {
                let example = printable(&self.either_date.example);
                proposal.undecided.push(format!("dates: {example} may be a day before its month, or after"));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {example} may be either. Take the # off one line:\n# dates: {day}\n# dates: {month}"
                );
            }
            (_, 0) => {
                let _ = writeln!(proposal.mapping, "dates: {day}   # {}", values(&self.day_first));
            }
            (0, _) => {
                let _ = writeln!(proposal.mapping, "dates: {month}   # {}", values(&self.month_first));
            }
            _ => {
                proposal.undecided.push("dates: some have the day first, others the month".to_owned());
                let (days, months) = (values(&self.day_first), values(&self.month_first));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {days}, but {months}: two files in one? Take the # off one line:\n# dates: {day}\n# dates: {month}"
                );
            }
        }
    }
}

/// Writes the tables of one file.
struct Writer<'a> {
    proposal: &'a mut Proposal,
    settings: &'a mut Settings,
    name: &'a str,
    seen: &'a Seen,
    encoding: Option<&'static str>,
    /// How its columns hang together.
    related: Related,
    /// Columns that have a meaning.
    taken: BTreeSet<usize>,
    /// What makes a receipt, as the mapping writes it, and its column.
    id: Option<String>,
    id_at: Option<usize>,
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
            if meaning.key == "tax" && tax.is_some() {
                continue;
            }
            let name = guess::without_unit(&bare);
            let last = name.rsplit(['.', '/']).next().unwrap_or_default();
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
        // What is left when fees are paid is not what the customer paid.
        if matches!(meaning.key, "amount" | "line total") && self.seen.columns.iter().any(|facts| guess::says_fee(&facts.name)) {
            all.retain(|(_, at)| !guess::says_net(&self.facts(*at).name));
        }
        // What a customer pays has the tax within.
        if all.iter().any(|(_, at)| taxed.get(at) == Some(&true)) {
            all.retain(|(_, at)| taxed.get(at) != Some(&false));
        }
        all.sort_unstable();
        all.into_iter().map(|(_, at)| at).collect()
    }

    fn best(&self, key: &str) -> Vec<usize> {
        MEANINGS.iter().find(|meaning| meaning.key == key).map(|meaning| self.candidates(meaning)).unwrap_or_default()
    }

    fn has(&self, key: &str) -> bool {
        !self.best(key).is_empty()
    }

    fn facts(&self, at: usize) -> Facts {
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
        match (self.has("at"), self.has("amount") || self.has("price") || self.has("line total")) {
            (true, true) if lines => Kind::Receipts,
            (true, true) => Kind::Purchases,
            (false, _) if lines && self.has("id") => Kind::Items,
            (false, false) if self.has("product") && !sales => Kind::Products,
            (_, false) if self.has("customer") && !self.has("id") && !self.has("product") && !sales => Kind::Customers,
            _ => Kind::Purchases,
        }
    }

    fn table(&mut self) -> Result<(), HistoryError> {
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
            }
            Kind::Items => self.lines(&[]),
            Kind::Returns => self.returns(),
            Kind::Products => self.section("products", &["product", "category", "brand"], &["product"]),
            Kind::Customers => {
                self.section("customers", &["customer"], &["customer"]);
                self.dates_of_customers();
            }
        }
        self.left();
        Ok(())
    }

    /// Whether a file lists what came back: its name says so, or its only days are those of refunds.
    fn lists_returns(&self) -> bool {
        let file = plain(self.name.rsplit(['/', '\\']).next().unwrap_or_default());
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

    fn begin(&mut self, table: &str) {
        let name = if self.name.starts_with('[') { self.name.to_owned() } else { quoted(self.name) };
        let _ = writeln!(self.proposal.mapping, "{table}:\n  files: {name}");
        let how = &self.seen.place.how;
        for (key, value) in [("records", &how.records), ("lines", &how.lines)] {
            if let Some(value) = value {
                let _ = writeln!(self.proposal.mapping, "  {key}: {}", quoted(value));
            }
        }
        let _ = writeln!(self.proposal.mapping, "  columns:");
    }

    fn section(&mut self, table: &str, keys: &[&str], required: &[&str]) {
        self.begin(table);
        for key in keys {
            self.column(key, required.contains(key));
        }
    }

    /// Writes which column has a meaning.
    fn column(&mut self, key: &str, required: bool) {
        let mut candidates = self.best(key);
        // Columns that hold the same are one.
        let all = candidates.clone();
        candidates.retain(|at| key != "amount" || self.related.same_as.get(at).is_none_or(|other| !all.contains(other)));
        let word = if key == "customer" && self.proposal.mapping.contains("\ncustomers:") { "id" } else { key };
        let doubtful = matches!(key, "at" | "amount") && candidates.len() > 1;
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

    /// Writes the column of a word, or those that may be.
    fn write(&mut self, word: &str, candidates: Vec<usize>, doubtful: bool) {
        let key = if word == "id" && self.proposal.mapping.contains("\ncustomers:") { "customer" } else { word };
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
            "at" | "refunded at" => self.settings.date(facts),
            "currency" => {
                self.settings.beside_currency |= self.seen.json;
                self.proposal.currency = facts.values.first().map(|code| code.to_uppercase());
            }
            "amount" | "price" | "line total" | "refunded" => {
                self.proposal.currency = self.proposal.currency.take().or_else(of_amounts);
                self.settings.money(facts);
                if matches!(key, "amount" | "line total") {
                    self.settings.negative += facts.negative;
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

    /// What looks as if it changed what was bought is asked about, within its table.
    fn states(&mut self) {
        let by_value = |facts: &Facts| facts.values.iter().any(|value| says_not_bought(value));
        let told: Vec<usize> = self.seen.columns.iter().enumerate().filter(|(_, facts)| by_value(facts)).map(|(at, _)| at).collect();
        for key in ["status", "cancelled"] {
            let mut columns = self.best(key);
            if key == "status" {
                columns.extend(told.iter().copied());
                columns.dedup();
            }
            for at in columns {
                let facts = self.facts(at);
                let zero = facts.mostly(facts.numbers)
                    && facts.values.iter().all(|value| value.chars().all(|l| matches!(l, '0' | '.' | ',' | '-' | '$' | '€')));
                let alone = facts.values.len() < 2 && !facts.more_values;
                // Parts of a country are called so too.
                let region = plain(&facts.name) == "state" && !facts.values.iter().any(|value| not_bought(value));
                let never = region || key == "cancelled" && !facts.more_values && facts.values.iter().all(|value| says_no(value));
                if self.taken.contains(&at) || zero || never || key == "status" && alone {
                    continue;
                }
                self.state(key, at, &facts);
            }
        }
    }

    /// Asks what a column changes.
    fn state(&mut self, key: &str, at: usize, facts: &Facts) {
        let name = quoted(&facts.name);
        let list = |values: &[&String]| values.iter().map(|value| quoted(&printable(value))).collect::<Vec<_>>().join(", ");
        // What came back may stand in rows of its own, below zero: it was bought all the same.
        let back = |value: &str| self.settings.negative > 0 && says_refunded(&plain(value));
        let (against, good): (Vec<&String>, Vec<&String>) = facts.values.iter().partition(|value| match key {
            "status" => not_bought(value) && !back(value),
            _ => !says_no(value),
        });
        let write = match key {
            "status" if against.is_empty() || good.is_empty() => {
                format!("use only: {{ {name}: [{}] }}   # keep those that were bought", list(&facts.values.iter().collect::<Vec<_>>()))
            }
            "status" => format!("use only: {{ {name}: [{}] }}   # without {}", list(&good), list(&against)),
            // Days of cancellation are different from row to row; words are yes and no.
            _ if good.is_empty() || facts.more_values || facts.mostly(facts.dates) => format!("cancelled where: {{ {name}: is filled }}"),
            _ => format!("cancelled where: {{ {name}: [{}] }}", list(&against)),
        };
        let shown = printable(&facts.name);
        self.proposal.undecided.push(format!("\"{shown}\" holds {}; it may change what was paid", facts.shown()));
        let _ = writeln!(self.proposal.mapping, "  # UNDECIDED: does {name} change what was paid? Take the # off one line:\n  # {write}");
        // Or it stands in a column of its own beside what was paid.
        let told = |value: &&&String| says_refunded(&plain(value));
        if key == "status" && self.proposal.found.contains("refunded") && against.iter().any(|value| told(&value)) {
            let kept: Vec<&String> = good.iter().chain(against.iter().filter(told)).copied().collect();
            let _ = writeln!(
                self.proposal.mapping,
                "  # use only: {{ {name}: [{}] }}   # where a column tells how much of them came back",
                list(&kept)
            );
        }
        let _ = writeln!(self.proposal.mapping, "  # not used: [{name}]");
        for value in facts.values.iter().filter(|value| key == "status" && says_refunded(&plain(value))) {
            let line = format!("returned where: {{ {name}: {} }}", quoted(&printable(value)));
            self.settings.returned.push(line);
        }
        self.taken.insert(at);
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

/// Whether what stands in a column can have a meaning.
fn fits(key: &str, facts: &Facts) -> bool {
    match key {
        "at" | "refunded at" => {
            facts.mostly(facts.dates + facts.compact) || facts.mostly(facts.numbers) && facts.values.iter().all(|value| value.len() >= 10)
        }
        "clock" => facts.mostly(facts.clocks) && facts.dates == 0,
        // Yes and no are no money.
        "refunded" => {
            facts.mostly(facts.numbers) && !nothing(facts) && !facts.values.iter().all(|value| matches!(value.as_str(), "0" | "1"))
        }
        "currency" => facts.filled > 0 && facts.numbers == 0 && facts.values.iter().all(|value| value.len() == 3),
        "amount" | "tax" | "shipping" | "discount" | "tip" | "quantity" | "price" | "line total" => facts.mostly(facts.numbers),
        // Nobody is called by a day or by an amount.
        "customer" => {
            facts.filled > 0 && facts.fractions == 0 && !facts.mostly(facts.dates) && !facts.values.iter().all(|value| pays(value))
        }
        "id" => facts.filled > 0 && facts.fractions == 0 && !facts.mostly(facts.dates),
        _ => facts.filled > 0,
    }
}

/// Whether all amounts of a column are zero.
fn nothing(facts: &Facts) -> bool {
    facts.values.iter().all(|value| !value.contains(|letter: char| matches!(letter, '1'..='9')))
}

/// The currency whose sign stands at the amounts.
fn currency(facts: &Facts) -> Option<String> {
    const SIGNS: [(&str, &str); 10] = [
        ("€", "EUR"),
        ("$", "USD"),
        ("£", "GBP"),
        ("₽", "RUB"),
        ("руб", "RUB"),
        ("元", "CNY"),
        ("¥", "CNY"),
        ("￥", "CNY"),
        ("₴", "UAH"),
        ("zł", "PLN"),
    ];
    let sign = |value: &String| SIGNS.iter().find(|(sign, _)| value.contains(sign)).map(|(_, code)| (*code).to_owned());
    let code = |value: &String| {
        let letters: String = value.chars().filter(char::is_ascii_alphabetic).collect();
        Some(letters).filter(|letters| letters.len() == 3 && letters.chars().all(|letter| letter.is_ascii_uppercase()))
    };
    facts.values.iter().find_map(|value| sign(value).or_else(|| code(value)))
}

/// Whether a value is a way to pay.
fn pays(value: &str) -> bool {
    const WAYS: [&str; 12] =
        ["visa", "mastercard", "master", "amex", "maestro", "girocard", "mir", "мир", "unionpay", "cash", "debit", "credit"];
    WAYS.contains(&value.to_lowercase().as_str())
}

/// Whether a value says no.
fn says_no(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let words = ["no", "false", "0", "n", "nein", "нет", "否", "f", "ложь"];
    words.contains(&value.as_str())
        || ["not ", "nicht ", "не ", " не ", "未"].iter().any(|word| value.starts_with(word) || value.contains(word))
}

fn likeness_of(key: &str, name: &str) -> bool {
    MEANINGS.iter().any(|meaning| meaning.key == key && likeness(meaning, &plain(name)).is_some())
}
