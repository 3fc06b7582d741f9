//! The way from a file to a program that can run.

use super::exit::{Done, Stop};
use super::load::Loader;
use super::{Global, output};
use crate::assumptions;
use crate::diagnostic::render;
use crate::history::{self, HistoryError, RowCounts, model::History};
use crate::program::Program;
use crate::report;
use crate::session::{Reading, Session};
use crate::value::{Currency, Date, Decimal};
use std::path::Path;

/// A program with the files that it was read from.
pub(super) struct Loaded {
    pub session: Session,
    pub loader: Loader,
}

/// Reads and checks a program; `params` are the `--set`s.
pub(super) fn load(path: &Path, params: &[(String, String)]) -> Done<Loaded> {
    let (mut loader, main) = Loader::open(path)?;
    let session = Session::load(main, &mut loader, params);
    Ok(Loaded { session, loader })
}

impl Loaded {
    /// The program's problems, on standard error; the program, if it has no errors.
    pub(super) fn program(&self, global: &Global, otherwise: &str) -> Option<&Program> {
        let (program, problems) = (self.session.program(), self.session.problems());
        if program.is_none() || !problems.0.is_empty() && !global.quiet {
            output::complain(&render::human(problems, self.session.sources(), global.colour(&std::io::stderr())));
        }
        if program.is_none() {
            output::complain(otherwise);
        }
        program
    }

    /// Reads a history for the program.
    pub(super) fn history(&self, path: &Path, wanted: &Reading) -> Done<history::Read> {
        self.session.read(path, wanted).map_err(|error| Stop::Data(foreign(path, &error)))
    }
}

/// What people are assumed to do.
pub(super) struct Assumed {
    pub text: String,
    pub read: assumptions::Read,
}

/// What is wrong with a history; of a layout that is not known, the mapping that would read it too.
fn foreign(path: &Path, error: &HistoryError) -> String {
    let told = render::visible(&error.to_string());
    if history::is_mapping(path) {
        let own = Path::new(&error.file).file_name() == path.file_name();
        // A file that is not there is named in the mapping.
        let message = if own { error.message.clone() } else { format!("{} \"{}\"", error.message, error.file) };
        let Some((row, place)) = super::underline::place(path, &message, error.row.filter(|_| own)) else { return told };
        let there = HistoryError { row: Some(u64::try_from(row).unwrap_or(u64::MAX)), ..error.clone() };
        let told = if own && error.row.is_some() { render::visible(&there.to_string()) } else { told };
        return format!("{told}{place}");
    }
    // What is asked is answered in a mapping.
    let asked = ["there is no column", "rite ", "not used: ", "Say in a mapping"].iter().any(|words| error.message.contains(words));
    if !asked || !path.exists() {
        return told;
    }
    let Ok(proposal) = history::propose(&[path.to_owned()], None, &|path| path.display().to_string()) else { return told };
    let named = render::visible(&path.display().to_string());
    let mapping = super::read::lines(proposal.mapping.trim_end());
    format!("{told}\n\n`loyalty-dsl read {named} --out mapping.yaml` writes this mapping for it:\n\n{mapping}")
}

/// Reads the assumptions, if there is a file of them, and says what of it has no effect.
pub(super) fn assume(path: Option<&Path>, session: &Session, global: &Global) -> Done<Option<Assumed>> {
    let Some(path) = path else { return Ok(None) };
    let text = super::load::read(path).map_err(|why| Stop::Data(format!("{}: {why}.", output::shown(path))))?;
    let read = session.assume(&text).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{}: {}", output::shown(path), render::visible(error))).collect();
        Stop::Data(lines.join("\n"))
    })?;
    read.warnings.iter().for_each(|warning| global.say(&render::visible(warning)));
    Ok(Some(Assumed { text, read }))
}

/// Refuses days that leave nothing to simulate.
pub(super) fn check_days(history: &History, program: &Program, start: Option<Date>, as_of: Option<Date>) -> Done<()> {
    let Some((first, last)) = history.days else { return Ok(()) };
    let day = report::write::format::day;
    let wrong = |text: String| Err(Stop::Usage(text));
    if let Some(close) = as_of.filter(|close| *close < first) {
        return wrong(format!("--as-of {close} lies before the history, which begins on {}: nothing has happened by then.", day(first)));
    }
    let Some(start) = start else { return Ok(()) };
    if let Some(close) = as_of.filter(|close| *close < start) {
        return wrong(format!("--start {start} lies after --as-of {close}: the program would not run on any day."));
    }
    if start > last && as_of.is_none() {
        return wrong(format!(
            "--start {start} lies after the history, which ends on {}: the program would not run on any day.",
            day(last)
        ));
    }
    match program.ends.filter(|ends| *ends < start) {
        Some(ends) => wrong(format!("--start {start} lies after the program's own end, {}: it would not run on any day.", day(ends))),
        None => Ok(()),
    }
}

/// What became of rows.
pub(super) fn rows(rows: RowCounts) -> String {
    let left = if rows.left_out > 0 { format!(" + {} left out", rows.left_out) } else { String::new() };
    format!("Rows: {} read = {} used + {} duplicate + {} rejected{left}", rows.read, rows.used, rows.duplicate, rows.rejected)
}

/// How many rows may be unusable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// None at all.
    pub strict: bool,
    pub rejected: Option<Share>,
}

/// A share of rows, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(u64);

impl Share {
    /// `1%`, `0.5%`, `0.01`
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("a share of rows is written 1% or 0.5%, not \"{text}\"");
        let (digits, scale) = text.trim().strip_suffix('%').map_or((text.trim(), 6), |digits| (digits.trim(), 4));
        let share = Decimal::parse(digits).ok_or_else(wrong)?.to_scale(scale).ok().flatten().ok_or_else(wrong)?;
        u64::try_from(share).ok().filter(|share| *share <= 1_000_000).map(Self).ok_or_else(wrong)
    }

    fn allows(self, rejected: u64, read: u64) -> bool {
        u128::from(rejected) * 1_000_000 <= u128::from(read) * u128::from(self.0)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", Decimal::new(i128::from(self.0), 4).normal())
    }
}

/// Says which rows were not used; with `strict` that is a failure. Where a `report` says the same in full, the counts
/// are enough.
pub(super) fn say_rejected(history: &History, currency: &Currency, limit: Limit, report: bool, say: impl Fn(&str)) -> Done<()> {
    let accounting = &history.accounting;
    let rows = accounting.total();
    if rows.rejected == 0 && rows.duplicate == 0 && rows.left_out == 0 {
        return Ok(());
    }
    let mut text = self::rows(rows);
    let strict = limit.strict && accounting.faults() > 0;
    let over = limit.rejected.filter(|share| !share.allows(accounting.faults(), rows.read));
    let fatal = rows.used == 0 && rows.read > 0 || strict || over.is_some();
    if fatal || !report {
        for line in self::report::rejected(accounting, currency) {
            text.push_str("\n  ");
            text.push_str(&render::visible(&line));
        }
    }
    if rows.used == 0 && rows.read > 0 {
        return Err(Stop::Data(format!("{text}\nNothing is left to simulate.")));
    }
    if strict {
        return Err(Stop::Data(format!("{text}\nStopped because of --strict.")));
    }
    if let Some(share) = over {
        return Err(Stop::Data(format!("{text}\nStopped because of --max-rejected {share}.")));
    }
    say(&text);
    Ok(())
}
