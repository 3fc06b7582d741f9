//! The language as literate tests: every ```` ```loy ```` block of `tests/language/*.md` is a program whose examples hold.
//!
//! - ```` ```loy prelude ````: put before the blocks that follow in its file, unless they have a `program` of their own.
//! - ```` ```loy ````: a test. Its examples must hold and nothing may be wrong, unless what follows says so:
//! - ```` ```text errors ````: lines `LOY0900 line 3`, counted in the block; all errors of the program, and any warnings.
//! - ```` ```yaml history ```` with ```` ```csv ledger ````: what the engine writes down on it; `# kind earn` keeps only such entries.
//!
//! `LANGUAGE=tiers cargo test language` runs the blocks whose file or heading contains `tiers`.

use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::{Problems, Severity, render};
use loyalty_dsl::engine;
use loyalty_dsl::engine::ledger::{Entry, Kind, Sink, Source, Unit};
use loyalty_dsl::history::model::{History, Needs, Opening};
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use loyalty_dsl::program::Program;
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::{forms, parse};
use loyalty_dsl::value::{Date, Decimal};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// A fenced block.
struct Block {
    info: String,
    text: String,
    /// Of its first line of text, from 1.
    line: usize,
    heading: String,
}

/// A program with what must come of it.
#[derive(Default)]
struct Case<'a> {
    heading: &'a str,
    /// The text in the place it has in the file, so that places in messages are places of the file.
    text: String,
    line: usize,
    errors: Option<&'a Block>,
    history: Option<&'a Block>,
    ledger: Option<&'a Block>,
}

#[test]
fn language() {
    let wanted = std::env::var("LANGUAGE").unwrap_or_default().to_lowercase();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("tests/language").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let (mut failed, mut count) = (String::new(), 0);
    for path in files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "md")) {
        let name = format!("tests/language/{}", path.file_name().unwrap_or_default().to_string_lossy());
        let text = std::fs::read_to_string(path).expect("a text");
        let blocks = blocks(&text);
        for case in cases(&blocks) {
            if !format!("{name} {}", case.heading).to_lowercase().contains(&wanted) {
                continue;
            }
            count += 1;
            if let Err(problem) = run(&name, &case) {
                let _ = write!(failed, "\n{name}:{} {}\n{problem}\n", case.line, case.heading);
            }
        }
    }
    assert!(count > 0, "no test is about \"{wanted}\"");
    assert!(failed.is_empty(), "{failed}");
}

/// Every program of these pages in which nothing is wrong, with its place.
pub fn programs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("tests/language").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut programs = Vec::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|ext| ext == "md")) {
        let text = std::fs::read_to_string(path).expect("a text");
        let blocks = blocks(&text);
        let fine = cases(&blocks).into_iter().filter(|case| case.errors.is_none());
        programs.extend(fine.map(|case| (format!("{}:{}", path.display(), case.line), case.text)));
    }
    programs
}

/// Rules of the grammar that no program of a test of meaning needs, with the reason.
const NO_MEANING: &[(&str, &str)] = &[
    ("junk", "cannot be read"),
    ("reserved", "is only asked for where a name may stand"),
    ("part_clauses", "is only asked for when a word is mended"),
    ("part_setting", "the same"),
    ("part_wallet", "the same"),
    ("part_tiers", "the same"),
    ("part_days", "the same"),
    ("part_gift", "the same"),
    ("part_budget", "the same"),
    ("part_draw", "the same"),
    ("part_example", "the same"),
    ("dotted_date", "is answered with what to write"),
    ("stray_time", "the same"),
    ("datetime", "the same"),
    ("iso_date_only", "the same"),
    ("ampm", "the same"),
    ("for_purchases", "the same"),
    ("for_bare", "the same"),
    ("from_yeardays", "the same"),
    ("under", "the same"),
    ("stray_window", "the same"),
    ("stray_then", "the same"),
    ("expiring_day", "the same"),
    ("scope_of_whom", "the same"),
    ("in_list", "the same"),
    ("tier_sign", "the same"),
    ("tier_costs", "the same"),
    ("grant_cashback", "the same"),
    ("per_purchase", "the same"),
    ("before_rows", "the same"),
    ("w_bare", "the same"),
    ("day_yearly", "the same"),
    ("wait_for", "the same"),
    ("goal", "is about a report"),
    ("goal_metric", "the same"),
    ("goal_compare", "the same"),
    ("goal_tail", "the same"),
    ("any_word", "the same"),
    ("include", "needs a second file"),
    ("k_include", "the same"),
    ("prices", "the same"),
    ("prices_from", "the same"),
    ("price_from", "the same"),
];

/// The rules of the grammar that leave a mark in what is read: not `_{ … }`, which only group others.
fn grammar_rules() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar");
    let files = std::fs::read_dir(folder).expect("grammar");
    let texts: Vec<String> = files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a text")).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let heads = lines.filter(|line| !line.starts_with([' ', '/'])).filter_map(|line| line.split_once('='));
    heads.filter(|(_, body)| !body.trim_start().starts_with('_')).map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn every_form_is_evaluated_by_some_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut used = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("tests/language") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        for case in cases(&blocks(&text)).iter().filter(|case| case.errors.is_none()) {
            used.extend(forms(&case.text));
        }
    }
    let excused = |rule: &&String| NO_MEANING.iter().any(|(name, _)| name == rule);
    let rules = grammar_rules();
    assert!(rules.len() > 300, "only {} rules were found", rules.len());
    let unused: Vec<&String> = rules.iter().filter(|rule| !used.contains(*rule)).filter(|rule| !excused(rule)).collect();
    assert!(unused.is_empty(), "no program of tests/language uses {unused:?}");
    let known = |name: &str| rules.iter().any(|rule| rule == name);
    let idle: Vec<_> = NO_MEANING.iter().filter(|(name, _)| used.contains(*name) || !known(name)).collect();
    assert!(idle.is_empty(), "excused without need: {idle:?}");
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut heading, mut open) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(info)) => {
                blocks.push(Block { info: info.trim().to_owned(), text: String::new(), line: at + 2, heading: heading.clone() });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                if let Some(block) = blocks.last_mut() {
                    block.text += line;
                    block.text.push('\n');
                }
            }
            (false, None) if line.starts_with('#') => heading = line.trim_start_matches('#').trim().to_owned(),
            (false, None) => {}
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

fn cases(blocks: &[Block]) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut prelude: Option<&Block> = None;
    for block in blocks {
        match (block.info.as_str(), cases.last_mut()) {
            ("loy prelude", _) => prelude = Some(block),
            ("loy", _) => {
                let own = block.text.lines().any(|line| line.starts_with("program"));
                let mut text = String::new();
                for part in prelude.filter(|_| !own).into_iter().chain([block]) {
                    text += &"\n".repeat(part.line - 1 - text.matches('\n').count());
                    text += &part.text;
                }
                cases.push(Case { heading: &block.heading, text, line: block.line, ..Case::default() });
            }
            ("text errors", Some(case)) => case.errors = Some(block),
            ("yaml history", Some(case)) => case.history = Some(block),
            ("csv ledger", Some(case)) => case.ledger = Some(block),
            (other, _) => panic!("line {}: a block \"{other}\" is no test", block.line),
        }
    }
    cases
}

fn run(name: &str, case: &Case<'_>) -> Result<(), String> {
    let sources = Sources::single(name, &case.text);
    let (ast, mut problems) = parse(&sources, 0);
    let (program, found) = check(&ast, &sources, &[]);
    problems.extend(found);
    if let Some(program) = program.filter(|_| !problems.has_errors()) {
        let examples = loyalty_dsl::examples::run(&ast, &program, &sources);
        if examples.total == 0 && case.ledger.is_none() && case.errors.is_none() {
            return Err("Nothing is tested.".to_owned());
        }
        problems.extend(examples.problems);
        if let (Some(history), Some(ledger)) = (case.history, case.ledger) {
            compare_ledger(&program, &history.text, &ledger.text)?;
        }
    }
    problems.sort();
    let Some(errors) = case.errors else {
        problems.0.retain(|problem| problem.severity == Severity::Error);
        let rendered = render::human(&problems, &sources, false);
        return if problems.0.is_empty() { Ok(()) } else { Err(rendered) };
    };
    let line = |problem: &loyalty_dsl::diagnostic::Diagnostic| sources.place(problem.span()).line.saturating_sub(case.line - 1);
    let all = problems.0.iter().map(|p| (p.severity, format!("{} line {}", p.code, line(p))));
    let expected: Vec<&str> = errors.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found: Vec<String> =
        all.filter(|(severity, text)| *severity == Severity::Error || expected.contains(&text.as_str())).map(|(_, text)| text).collect();
    if found == expected {
        Ok(())
    } else {
        Err(format!("Expected {expected:?}, found {found:?}\n{}", render::human(&Problems(problems.0), &sources, false)))
    }
}

// Ledgers.

#[derive(Deserialize)]
struct Yaml {
    customers: Vec<Customer>,
    as_of: Option<String>,
    opening: Option<Opens>,
}

/// Opening balances: below `holds` a wallet, a tier or a measure with what it comes to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opens {
    at: String,
    holds: Vec<Holds>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Holds {
    customer: String,
    wallet: String,
    amount: String,
    earned: Option<String>,
    expires: Option<String>,
    tier: String,
    since: Option<String>,
    until: Option<String>,
    measure: String,
    value: i64,
}

impl Holds {
    fn told(&self, program: &Program) -> Opening {
        let day = |text: &Option<String>| text.as_deref().and_then(Date::parse);
        if !self.tier.is_empty() {
            return Opening::Tier { name: self.tier.clone(), since: day(&self.since), until: day(&self.until) };
        }
        if !self.measure.is_empty() {
            return Opening::Count { measure: self.measure.clone(), value: self.value };
        }
        let wallet = program.wallets.iter().find(|wallet| wallet.name == self.wallet).expect("a wallet");
        let units = Decimal::parse(&self.amount).and_then(|n| n.to_scale(wallet.scale).ok().flatten()).expect("an amount");
        Opening::Lot { wallet: self.wallet.clone(), units, earned: day(&self.earned), expires: day(&self.expires) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Customer {
    id: String,
    joined: Option<String>,
    born: Option<String>,
    purchases: Vec<Event>,
    returns: Vec<Event>,
    events: Vec<Event>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Event {
    id: String,
    at: String,
    of: String,
    name: String,
    amount: Option<String>,
    product: String,
    quantity: Option<String>,
    items: Vec<Item>,
    /// Units of a wallet that pay, by its name; `voucher: "1"` for a voucher.
    paid: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Item {
    product: String,
    category: String,
    quantity: Option<String>,
    price: String,
}

fn history(program: &Program, yaml: &Yaml) -> History {
    let mut builder = Builder::new("history");
    let day = |text: &Option<String>| text.as_deref().and_then(Date::parse);
    let minor =
        |text: &Option<String>| text.as_deref().and_then(Decimal::parse).and_then(|n| n.to_scale(program.currency.decimals).ok().flatten());
    let at = |text: &str| {
        let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
        let mut parts = time.split(':').map(|part| part.parse().expect("a time"));
        let mut next = || parts.next().unwrap_or(0);
        let time = loyalty_dsl::value::TimeOfDay::from_hms(next(), next(), next()).expect("a time");
        program.zone.instant(loyalty_dsl::value::DateTime::new(Date::parse(date).expect("a date"), time))
    };
    for customer in &yaml.customers {
        let who = || customer.id.clone();
        builder.customer(CustomerRecord {
            id: who(),
            joined: day(&customer.joined),
            born: day(&customer.born),
            ..CustomerRecord::default()
        });
        for p in &customer.purchases {
            let items = p.items.iter().map(|item| ItemRecord {
                product: item.product.clone(),
                category: item.category.clone(),
                quantity: item.quantity.as_deref().and_then(Decimal::parse),
                price: Decimal::parse(&item.price),
                ..ItemRecord::default()
            });
            let record = PurchaseRecord {
                customer: who(),
                id: p.id.clone(),
                at: at(&p.at),
                amount: minor(&p.amount),
                items: items.collect(),
                paid_voucher: p.paid.contains_key("voucher").then_some(true),
                paid: p
                    .paid
                    .iter()
                    .filter(|(name, _)| *name != "voucher")
                    .map(|(name, units)| (name.clone(), Decimal::parse(units).expect("units")))
                    .collect(),
                ..PurchaseRecord::default()
            };
            builder.purchase(record);
        }
        for r in &customer.returns {
            let quantity = r.quantity.as_deref().and_then(Decimal::parse);
            let (of, product, amount) = (r.of.clone(), r.product.clone(), minor(&r.amount));
            builder.returned(ReturnRecord {
                customer: who(),
                id: r.id.clone(),
                of,
                at: at(&r.at),
                amount,
                product,
                quantity,
                ..ReturnRecord::default()
            });
        }
        for e in &customer.events {
            builder.event(EventRecord {
                customer: who(),
                id: e.id.clone(),
                name: e.name.clone(),
                at: at(&e.at),
                of: e.of.clone(),
                ..EventRecord::default()
            });
        }
    }
    if let Some(opening) = &yaml.opening {
        builder.open_at(Date::parse(&opening.at).expect("a day"));
        opening.holds.iter().for_each(|holds| builder.opening(holds.customer.clone(), holds.told(program)));
    }
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    builder.finish(&Options {
        currency: "EUR",
        decimals,
        zone,
        round_money,
        account_by: None,
        needs: &needs,
        everything: true,
        outside: false,
        threads: 1,
    })
}

/// Entries with their account.
struct Kept<'a>(&'a History, Vec<(String, Entry)>);

impl Sink for Kept<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        let id = &self.0.parts[part].accounts[account].id;
        self.1.extend(entries.iter().map(|entry| (id.clone(), entry.clone())));
    }
}

fn compare_ledger(program: &Program, yaml: &str, expected: &str) -> Result<(), String> {
    let yaml: Yaml = serde_yaml::from_str(yaml).map_err(|error| format!("The history cannot be read: {error}"))?;
    let history = history(program, &yaml);
    if let Some(file) = history.accounting.files.iter().find(|file| !file.reasons.is_empty()) {
        return Err(format!("Rows of the history are rejected: {:?}", file.reasons));
    }
    let options = engine::Options { as_of: yaml.as_of.as_deref().and_then(Date::parse), threads: 1, ..engine::Options::default() };
    let mut kept = Kept(&history, Vec::new());
    let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
    engine::run(program, &history, &assumptions, &options, Some(&mut kept)).map_err(|error| error.message)?;
    let mut rows = kept.1;
    rows.sort_by(|a, b| (&a.0, a.1.seq).cmp(&(&b.0, b.1.seq)));
    let mut lines = expected.lines();
    let filters: Vec<(&str, &str)> =
        lines.clone().map_while(|line| line.strip_prefix("# ")).filter_map(|line| line.split_once(' ')).collect();
    let header = lines.by_ref().find(|line| !line.starts_with('#')).unwrap_or("");
    let mut found = String::new();
    for (account, entry) in &rows {
        let cell = |column: &str| cell(program, account, entry, column.trim());
        if entry.kind == Kind::Join || filters.iter().any(|(column, value)| !value.split(" or ").any(|one| cell(column) == one)) {
            continue;
        }
        found += &header.split(',').map(cell).collect::<Vec<_>>().join(",");
        found.push('\n');
    }
    let expected: String = lines.map(|line| line.split(',').map(str::trim).collect::<Vec<_>>().join(",") + "\n").collect();
    if found == expected { Ok(()) } else { Err(format!("Expected the ledger\n{expected}but found\n{found}")) }
}

fn cell(program: &Program, account: &str, entry: &Entry, column: &str) -> String {
    let amount = |n: i64| match entry.unit {
        Unit::Count => n.to_string(),
        Unit::Money => Decimal::new(n.into(), program.currency.decimals).to_string(),
        Unit::Wallet(id) => Decimal::new(n.into(), program.wallets[id.index()].scale).to_string(),
    };
    match column {
        "account" => account.to_owned(),
        "at" => {
            let shown = program.zone.local(entry.at).to_string();
            let minutes = shown.strip_suffix(":00").unwrap_or(&shown);
            minutes.strip_suffix("T00:00").unwrap_or(minutes).to_owned()
        }
        "kind" => entry.kind.word().to_owned(),
        "wanted" => amount(entry.wanted),
        "count" => entry.count.to_string(),
        "granted" => amount(entry.granted),
        "expires" => entry.expires.map_or_else(String::new, |date| date.to_string()),
        "lot" => entry.lot.map_or_else(String::new, |lot| lot.to_string()),
        "purchase" => entry.purchase.map_or_else(String::new, |purchase| (purchase + 1).to_string()),
        "rule" => match entry.source {
            Source::Rule(id) => program.rules[id.index()].name.clone().unwrap_or_else(|| program.rules[id.index()].statement.to_string()),
            _ => String::new(),
        },
        "what" => match (entry.kind, entry.unit) {
            (Kind::Gift(gift) | Kind::GiftCollected(gift) | Kind::GiftExpired(gift), _) => program.gifts[gift.index()].name.clone(),
            (Kind::TierUp(tier) | Kind::TierDown(tier) | Kind::OpeningTier(tier), _) => program.tier_name(tier).to_owned(),
            (_, Unit::Wallet(id)) => program.wallets[id.index()].name.clone(),
            _ => String::new(),
        },
        other => panic!("no column \"{other}\""),
    }
}
