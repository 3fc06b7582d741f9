//! Programs, histories and both together, drawn by chance from the sentences of this repository. See README.md.

mod histories;
mod words;

use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::check::check;
use loyalty_dsl::diagnostic::Problems;
use loyalty_dsl::engine::ledger::{Entry, Sink, Unit};
use loyalty_dsl::history::model::Needs;
use loyalty_dsl::history::{Options, read};
use loyalty_dsl::program::Program;
use loyalty_dsl::source::Sources;
use loyalty_dsl::syntax::{format, parse};
use loyalty_dsl::value::{Rounding, Zone};
use loyalty_dsl::{engine, examples};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Chance that comes out the same for the same seed.
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// One of some things.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Runs a target on what was kept, and on what chance makes; an input that breaks it is shown.
fn fuzz(
    runs: usize,
    kept: &[String],
    mut drawn: impl FnMut(&mut Dice) -> String,
    target: impl Fn(&str, &mut Dice) + std::panic::RefUnwindSafe,
) {
    let (runs, seed) = (number("FUZZ_RUNS", runs), number("FUZZ_SEED", 1));
    let kept = kept.iter().cloned().map(|text| (text, 0));
    let made = (0..runs).map(|run| u64::try_from(seed * 1_000_003 + run).unwrap_or(1));
    let made = made.map(|seed| (drawn(&mut Dice(seed)), seed));
    for (text, seed) in kept.chain(made) {
        let start = Instant::now();
        let done = std::panic::catch_unwind(|| target(&text, &mut Dice(seed ^ 0xabcd)));
        assert!(done.is_ok(), "this input breaks it (seed {seed}):\n{text}\n--- end of the input; the reason stands above");
        assert!(start.elapsed() < Duration::from_secs(30), "this input takes {:?}:\n{text}", start.elapsed());
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder with an ending, in order.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root(folder)).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// Programs of this repository: whole ones, and those in the pages of tests.
fn programs() -> Vec<String> {
    let mut all = files("programs", "loy");
    for page in files("tests/language", "md") {
        let blocks = crate::markdown::blocks(&page);
        all.extend(blocks.into_iter().filter(|block| block.info == "loy").map(|block| block.text));
    }
    all
}

/// Their sentences.
fn sentences(programs: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in programs.iter().flat_map(|text| text.split_inclusive('\n')) {
        match all.last_mut() {
            Some(sentence) if line.starts_with([' ', '#', '\n']) => sentence.push_str(line),
            _ => all.push(line.to_owned()),
        }
    }
    all
}

/// Every place that a message names lies in its text and between characters.
fn well_placed(sources: &Sources, problems: &Problems) {
    for label in problems.0.iter().flat_map(|problem| &problem.labels) {
        let file = sources.files().get(usize::from(label.span.file)).expect("a file");
        assert!(file.text.get(label.span.range()).is_some(), "{:?}", label.span);
    }
}

/// A text is read with messages, or printed and read as the same, and checked.
fn reads(text: &str) -> Option<Program> {
    let sources = Sources::single("fuzz.loy", text);
    let (ast, problems) = parse(&sources, 0);
    well_placed(&sources, &problems);
    if problems.has_errors() {
        return None;
    }
    if let Ok(printed) = format(&sources, 0) {
        let again = Sources::single("fuzz.loy", &printed);
        let (other, problems) = parse(&again, 0);
        assert!(!problems.has_errors(), "what is printed cannot be read:\n{printed}\n{problems:?}");
        assert_eq!(other.statements.len(), ast.statements.len(), "{printed}");
        assert_eq!(format(&again, 0).ok(), Some(printed));
    }
    let (program, found) = check(&ast, &sources, &[]);
    well_placed(&sources, &found);
    let program = program?;
    well_placed(&sources, &examples::run(&ast, &program, &sources).problems);
    Some(program)
}

/// The entries of every account.
struct Kept(Vec<Entry>);

impl Sink for Kept {
    fn account(&mut self, _: usize, _: usize, entries: &[Entry]) {
        self.0.extend_from_slice(entries);
    }
}

/// A program and a history end in a ledger that adds up, or in a message.
fn runs(program: &Program, text: &str, dice: &mut Dice) {
    let known: Vec<String> =
        words::words(text).into_iter().filter_map(|word| Some(word.strip_prefix('"')?.trim_end_matches('"').to_owned())).collect();
    let history = histories::drawn(program, &known, dice);
    let behaviours = [Redemption::AsSoonAsPossible, Redemption::Never, Redemption::AsRecorded];
    let assumptions = Assumptions::redeeming(behaviours[dice.below(3)]);
    let options = engine::Options { threads: 1, ..engine::Options::default() };
    let mut kept = Kept(Vec::new());
    let Ok(totals) = engine::run(program, &history, &assumptions, &options, Some(&mut kept)) else { return };
    for (number, wallet) in totals.wallets.iter().enumerate() {
        let mine = kept.0.iter().filter(|entry| matches!(entry.unit, Unit::Wallet(id) if id.index() == number));
        let sum: i128 = mine.map(|entry| i128::from(entry.granted)).sum();
        assert_eq!(sum, wallet.balance + wallet.pending, "wallet {number}");
        let gone = wallet.spent + wallet.expired + wallet.taken_back + wallet.balance + wallet.pending;
        assert_eq!(wallet.issued + wallet.adjusted, gone, "wallet {number}");
    }
}

/// Files that are broken in many ways end in rows that are used or rejected with a reason, or in a message.
fn history_reads(text: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = if text.trim_start().starts_with(['c', 'p', 'i', 'r', 'e', 't']) && text.contains(':') && !text.starts_with("customer,") {
        "fuzz.yaml"
    } else {
        "fuzz.csv"
    };
    let path = folder.path().join(name);
    fs::write(&path, text).expect("a file");
    let (zone, needs) = (Zone::find("Europe/Berlin").expect("a zone"), Needs::default());
    let options = Options {
        currency: "EUR",
        decimals: 2,
        zone: &zone,
        round_money: Rounding::HalfUp,
        account_by: None,
        needs: &needs,
        everything: true,
        outside: false,
        threads: 1,
    };
    let Ok(read) = read(&path, &options) else { return };
    let history = read.history;
    for file in &history.accounting.files {
        let rows = &file.rows;
        assert_eq!(rows.read, rows.used + rows.duplicate + rows.rejected, "{file:?}");
    }
    assert!(history.parts.iter().all(|part| part.accounts.is_sorted_by(|a, b| a.id <= b.id)));
}

#[test]
fn fuzzed_programs_are_read_or_refused() {
    let corpus = programs();
    let pool = sentences(&corpus);
    let drawn = |dice: &mut Dice| {
        // Small texts: a few sentences of anywhere.
        let text: String = (0..1 + dice.below(6)).filter_map(|_| dice.one(&pool).cloned()).collect();
        let gentle = dice.below(3) == 0;
        words::changed(&text, &pool, dice, gentle)
    };
    fuzz(150, &files("fuzz/corpus/programs", "loy"), drawn, |text, _| {
        reads(text);
    });
}

#[test]
fn fuzzed_histories_are_read_or_refused() {
    let mut corpus = files("fuzz/corpus/histories", "yaml");
    corpus.extend(files("fuzz/corpus/histories", "csv"));
    assert!(!corpus.is_empty());
    let pool: Vec<String> = corpus.iter().flat_map(|text| text.lines().map(str::to_owned)).collect();
    let drawn = |dice: &mut Dice| {
        let text = dice.one(&corpus).cloned().unwrap_or_default();
        words::changed(&text, &pool, dice, false)
    };
    fuzz(150, &corpus, drawn, |text, _| history_reads(text));
}

#[test]
fn fuzzed_programs_run_on_drawn_histories() {
    let corpus: Vec<String> = programs().into_iter().filter(|text| text.contains("currency")).collect();
    let pool: Vec<String> = sentences(&corpus).into_iter().filter(|sentence| !sentence.starts_with("program")).collect();
    let drawn = |dice: &mut Dice| {
        let text = dice.one(&corpus).cloned().unwrap_or_default();
        words::changed(&text, &pool, dice, true)
    };
    let ran = std::sync::atomic::AtomicUsize::new(0);
    fuzz(60, &files("fuzz/corpus/programs", "loy"), drawn, |text, dice| {
        if let Some(program) = reads(text) {
            ran.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            runs(&program, text, dice);
        }
    });
    assert!(ran.into_inner() > 5, "nearly nothing that is drawn can be run");
}
