//! From the look of files to a mapping: what is beyond doubt is written, what is not is written with its alternatives.

use super::HistoryError;
use super::look::{self, Evidence, Facts, Seen};
use super::names::{MEANINGS, Meaning, likeness, plain};
use super::presets::{self, Preset};
use super::rejects::printable;
use super::watch::{says_not_bought, says_refunded};
use std::collections::BTreeSet;
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
        Writer { proposal: &mut proposal, settings: &mut settings, name, seen, taken: BTreeSet::new() }.table();
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
    for encoding in ["windows-1251", "windows-1252", "gb18030"] {
        if let Ok(found) = look::file(file, Some(encoding)) {
            let known = |seen: &Seen| seen.columns.iter().filter(|facts| super::names::known(&facts.name.to_lowercase())).count();
            if found.iter().all(|seen| known(seen) >= 3) {
                return Ok((found, Some(encoding)));
            }
        }
    }
    Err(error)
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
    let has = |name: &str| header.contains(&name.trim().to_lowercase());
    let stays = |line: &&str| {
        let value = line.split(" #").next().unwrap_or_default().split_once(": ").map_or("", |(_, value)| value.trim());
        if line.starts_with("    ") {
            value.trim_matches(['[', ']']).split(", ").all(has)
        } else {
            value.strip_prefix("{ ").and_then(|inner| inner.split_once(':')).is_none_or(|(name, _)| has(name))
        }
    };
    text.lines().filter(stays).map(|line| format!("{line}\n")).collect()
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
    /// Columns that have a meaning.
    taken: BTreeSet<usize>,
}

impl Writer<'_> {
    /// Columns that may have a meaning, the likeliest first.
    fn candidates(&self, meaning: &Meaning) -> Vec<usize> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        for (at, facts) in self.seen.columns.iter().enumerate() {
            let last = facts.name.rsplit('.').next().unwrap_or_default();
            let like = likeness(meaning, &plain(&facts.name)).or_else(|| likeness(meaning, &plain(last)).map(|like| like + 1));
            let fits = match meaning.key {
                "at" | "refunded at" => {
                    facts.mostly(facts.dates) || facts.mostly(facts.numbers) && facts.values.iter().all(|value| value.len() >= 10)
                }
                "clock" => facts.mostly(facts.clocks) && facts.dates == 0,
                "refunded" => facts.mostly(facts.numbers) && !nothing(facts),
                "currency" => facts.filled > 0 && facts.numbers == 0 && facts.values.iter().all(|value| value.len() == 3),
                "amount" | "tax" | "shipping" | "discount" | "tip" | "quantity" | "price" | "line total" => facts.mostly(facts.numbers),
                _ => facts.filled > 0,
            };
            if let Some(like) = like.filter(|_| fits && !self.taken.contains(&at)) {
                all.push((like, at));
            }
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
        let lines = self.has("product") && (self.has("price") || self.has("line total"));
        match (self.has("at"), self.has("amount") || self.has("price") || self.has("line total")) {
            (true, true) if lines => Kind::Receipts,
            (true, true) => Kind::Purchases,
            (false, _) if lines && self.has("id") => Kind::Items,
            (false, false) if self.has("product") => Kind::Products,
            (_, false) if self.has("customer") && !self.has("id") && !self.has("product") => Kind::Customers,
            _ => Kind::Purchases,
        }
    }

    fn table(&mut self) {
        let kind = self.kind();
        let rows = self.seen.rows;
        let _ = writeln!(self.proposal.mapping, "# {}: {rows} rows", printable(self.name));
        for note in self.seen.notes.clone() {
            let _ = writeln!(self.proposal.mapping, "# {note}");
        }
        match kind {
            Kind::Purchases => {
                self.section("purchases", &OF_RECEIPT, &["customer", "at", "amount"]);
                self.states();
            }
            Kind::Receipts => {
                self.section("purchases", &OF_RECEIPT, &["customer", "id", "at"]);
                self.continues();
                self.states();
                self.lines();
            }
            Kind::Items => self.lines(),
            Kind::Products => self.section("products", &["product", "category", "brand"], &["product"]),
            Kind::Customers => self.section("customers", &["customer"], &["customer"]),
        }
        self.left();
    }

    fn lines(&mut self) {
        // The receipt's number stands on its lines too.
        let id = self.best("id").first().copied().or_else(|| self.seen.columns.iter().position(|facts| likeness_of("id", &facts.name)));
        self.begin("items");
        if let Some(id) = id {
            let name = quoted(&self.facts(id).name);
            let _ = writeln!(self.proposal.mapping, "    purchase: {name}");
        }
        for key in OF_LINE {
            if key == "line total" && self.proposal.found.contains("price") {
                continue;
            }
            self.column(key, false);
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
        let candidates = self.best(key);
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
            let why = format!("{} of {} rows have it: {}", facts.filled, self.seen.rows, facts.shown());
            let mark = if doubtful { "# " } else { "" };
            let _ = writeln!(self.proposal.mapping, "    {mark}{word}: {value}   # {why}");
            self.taken.insert(*at);
            match key {
                "at" | "refunded at" => self.settings.date(&facts),
                "currency" => self.proposal.currency = facts.values.first().map(|code| code.to_uppercase()),
                "amount" => {
                    self.proposal.currency = self.proposal.currency.take().or_else(|| currency(&facts));
                    self.settings.negative += facts.negative;
                    self.settings.money(&facts);
                }
                "price" | "line total" | "refunded" => {
                    self.proposal.currency = self.proposal.currency.take().or_else(|| currency(&facts));
                    self.settings.money(&facts);
                }
                "tax" | "shipping" | "quantity" => self.settings.money(&facts),
                _ => {}
            }
        }
        if !doubtful && candidates.len() > 1 {
            let others: Vec<String> = candidates.iter().skip(1).map(|at| quoted(&printable(&self.facts(*at).name))).collect();
            let _ = writeln!(self.proposal.mapping, "    #   or {word}: {}", others.join(", "));
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
        let id = self.seen.columns.iter().position(|facts| likeness_of("id", &facts.name) && facts.filled > 0);
        let Some(facts) = id.and_then(|at| self.seen.columns.get(at)) else { return };
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
                if self.taken.contains(&at) {
                    continue;
                }
                let facts = self.facts(at);
                let zero = facts.mostly(facts.numbers)
                    && facts.values.iter().all(|value| value.chars().all(|l| matches!(l, '0' | '.' | ',' | '-' | '$' | '€')));
                if zero || key == "status" && facts.values.len() < 2 && !facts.more_values {
                    continue;
                }
                let name = quoted(&facts.name);
                let values: Vec<String> = facts.values.iter().map(|value| quoted(&printable(value))).collect();
                let write = match key {
                    "status" => format!("use only: {{ {name}: [{}] }}   # leave out what was not bought", values.join(", ")),
                    _ => format!("cancelled where: {{ {name}: is filled }}"),
                };
                self.proposal.undecided.push(format!(
                    "\"{}\" holds {}; it may change what was paid",
                    printable(&facts.name),
                    facts.shown()
                ));
                let _ = writeln!(
                    self.proposal.mapping,
                    "  # UNDECIDED: does {name} change what was paid? Take the # off one line:\n  # {write}\n  # not used: [{name}]"
                );
                for value in facts.values.iter().filter(|value| key == "status" && says_refunded(&plain(value))) {
                    let line = format!("returned where: {{ {name}: {} }}", quoted(&printable(value)));
                    self.settings.returned.push(line);
                }
                self.taken.insert(at);
            }
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

fn likeness_of(key: &str, name: &str) -> bool {
    MEANINGS.iter().any(|meaning| meaning.key == key && likeness(meaning, &plain(name)).is_some())
}
