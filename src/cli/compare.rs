//! `compare`: several programs over one history.

use super::exit::{Done, Exit, Stop};
use super::reporting::Form;
use super::simulate::{self, Progress};
use super::stages::{self, Assumed, Loaded};
use super::whole::Whole;
use super::{Format, Global, apart, ledger, load, output};
use crate::diagnostic::render;
use crate::history;
use crate::report::write as writers;
use crate::session::{Reading, Session, Settings, Several};
use crate::value::{Date, name_key};
use clap::Args;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// More programs than this do not stand side by side.
const MOST: usize = 8;

/// Options of `compare`.
#[derive(Clone, Debug, Args)]
pub(super) struct CompareArgs {
    /// The programs; the others are held against the first. FILE:param=value gives a parameter another value, - is standard input
    #[arg(value_name = "FILE", required = true)]
    programs: Vec<String>,
    /// Purchases, as in simulate
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Let the history's mapping name files outside its own folder
    #[arg(long)]
    allow_outside: bool,
    /// What people would do: a YAML file with margin, redemption and the like
    #[arg(long, value_name = "FILE")]
    assume: Option<PathBuf>,
    /// How to write the comparison: text, json, yaml or csv
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Write every table as text, not only the first of each part
    #[arg(long)]
    full: bool,
    /// Also say what each difference of the texts costs by itself: each program with and without it
    #[arg(long)]
    leave_one_out: bool,
    /// Also write a row for every customer, to a file that ends in .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    customers: Option<PathBuf>,
    /// Also write a page with pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Threads; by default, or with 0, as many as there are processor cores
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = simulate::threads)]
    threads: usize,
    /// The seed of random choices, in place of that of the assumptions
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = simulate::seed)]
    seed: Option<u64>,
    /// As if all programs had started on this day
    #[arg(long, value_name = "DATE", value_parser = simulate::date)]
    start: Option<Date>,
    /// Close the books at the end of this day; by default the last day in the history
    #[arg(long, value_name = "DATE", value_parser = simulate::date)]
    as_of: Option<Date>,
    /// Give a parameter another value in every program that has it
    #[arg(long, value_name = "PARAM=VALUE", value_parser = simulate::setting)]
    set: Vec<(String, String)>,
    /// Stop if any row of the history cannot be used
    #[arg(long)]
    strict: bool,
    /// Stop if more of the rows cannot be used, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = stages::Share::parse)]
    max_rejected: Option<stages::Share>,
}

/// A program as named on the command line.
struct Named {
    path: PathBuf,
    /// The parameters set for it alone.
    own: Vec<(String, String)>,
}

impl Named {
    /// `A.loy` or `A.loy:base=3%,cap=5 EUR`; a file whose whole name is that comes first.
    fn parse(text: &str) -> Done<Self> {
        let whole = || Self { path: PathBuf::from(text), own: Vec::new() };
        if Path::new(text).exists() {
            return Ok(whole());
        }
        let Some(at) = text.find('=').and_then(|equals| text.get(..equals)?.rfind(':')) else { return Ok(whole()) };
        let (path, settings) = (text.get(..at).unwrap_or_default(), text.get(at.saturating_add(1)..).unwrap_or_default());
        // A comma before a further name parts settings; one inside a value stays.
        let mut own: Vec<(String, String)> = Vec::new();
        for piece in settings.split(',') {
            match (simulate::setting(piece), own.last_mut()) {
                (Ok(setting), _) => own.push(setting),
                (Err(_), Some((_, value))) => *value = format!("{value},{piece}"),
                (Err(why), None) => return Err(Stop::Usage(format!("{}: {why}.", render::visible(text)))),
            }
        }
        Ok(Self { path: PathBuf::from(path), own })
    }
}

/// Runs the command.
pub(super) fn run(args: &CompareArgs, global: &Global) -> Done {
    let form = form(args.format, global)?;
    if args.programs.len() > MOST {
        return Err(Stop::Usage(format!("At most {MOST} programs stand side by side.")));
    }
    if args.programs.iter().filter(|name| *name == load::STDIN).count() > 1 {
        return Err(Stop::Usage("Standard input is one program: name the others by their files.".to_owned()));
    }
    if let Some(path) = &args.customers {
        ledger::form(path)?;
    }
    let named = args.programs.iter().map(|text| Named::parse(text)).collect::<Done<Vec<_>>>()?;
    let loaded = load_all(&named, &args.set)?;
    let mut fit = true;
    for each in &loaded {
        fit &= each.program(global, "This program has errors, so nothing was compared.").is_some();
    }
    if !fit {
        return Ok(Exit::Failed);
    }
    let labels = labels(&named, &loaded);
    let inputs: Vec<PathBuf> = loaded.iter().flat_map(|each| each.loader.all().cloned()).chain(args.assume.clone()).collect();
    let sessions: Vec<Session> = loaded.into_iter().map(|each| each.session).collect();
    let several = Several::new(labels.into_iter().zip(sessions).collect()).map_err(|why| Stop::Usage(render::visible(&why)))?;
    let assumed = assume(args, &several, global)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).stack_size(super::STACK).build();
    let threads = threads.map_err(|error| Stop::Data(format!("The system gave no threads to work on: {error}.")))?;
    threads.install(|| compare(args, form, global, &several, &named, inputs, assumed))
}

/// The format asked for.
pub(super) fn form(own: Option<Format>, global: &Global) -> Done<Form> {
    match own.or(global.format) {
        None | Some(Format::Text | Format::Human) => Ok(Form::Text),
        Some(Format::Json) => Ok(Form::Json),
        Some(Format::Yaml) => Ok(Form::Yaml),
        Some(Format::Csv) => Ok(Form::Csv),
        Some(Format::Html) => Err(Stop::Usage("A page is written to a file: --report out.html.".to_owned())),
        Some(_) => Err(Stop::Usage("This is written with --format text, json, yaml or csv.".to_owned())),
    }
}

/// Reads all programs; what is set for all goes to those that have the parameter.
fn load_all(named: &[Named], set: &[(String, String)]) -> Done<Vec<Loaded>> {
    let mut known = BTreeSet::new();
    let mut loaded = Vec::new();
    for each in named {
        let plain = stages::load(&each.path, &each.own)?;
        let params: BTreeSet<String> = plain.session.parameters().iter().map(|name| name_key(name)).collect();
        let own = |name: &str| each.own.iter().any(|(mine, _)| name_key(mine) == name_key(name));
        let common: Vec<(String, String)> =
            set.iter().filter(|(name, _)| params.contains(&name_key(name)) && !own(name)).cloned().collect();
        known.extend(params);
        if common.is_empty() {
            loaded.push(plain);
        } else if each.path.as_os_str() == load::STDIN {
            // What standard input said is read once.
            let Loaded { session, mut loader } = plain;
            let all: Vec<(String, String)> = common.into_iter().chain(each.own.clone()).collect();
            let session = Session::load(session.texts().main(), &mut loader, &all);
            loaded.push(Loaded { session, loader });
        } else {
            let all: Vec<(String, String)> = common.into_iter().chain(each.own.clone()).collect();
            loaded.push(stages::load(&each.path, &all)?);
        }
    }
    match set.iter().find(|(name, _)| !known.contains(&name_key(name))) {
        Some((name, _)) => Err(Stop::Usage(format!("No program has a parameter called \"{}\".", render::visible(name)))),
        None => Ok(loaded),
    }
}

/// What tells the programs apart: their names, with the file where two are called the same, with what is set where that is the
/// same too.
fn labels(named: &[Named], loaded: &[Loaded]) -> Vec<String> {
    let name = |each: &Loaded| each.session.program().map_or_else(String::new, |program| program.name.clone());
    let names: Vec<String> = loaded.iter().map(name).collect();
    let twice = |list: &[String], one: &String| list.iter().filter(|other| *other == one).count() > 1;
    let set = |each: &Named| each.own.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
    let with_set: Vec<String> = names
        .iter()
        .zip(named)
        .map(|(name, each)| if twice(&names, name) && !each.own.is_empty() { format!("{name} ({})", set(each)) } else { name.clone() })
        .collect();
    let with_file: Vec<String> = with_set
        .iter()
        .zip(named)
        .map(|(label, each)| {
            let file = each.path.file_name().unwrap_or(each.path.as_os_str()).to_string_lossy();
            if twice(&with_set, label) { format!("{label} ({file})") } else { label.clone() }
        })
        .collect();
    let numbered = |(at, label): (usize, &String)| {
        if twice(&with_file, label) { format!("{label} {}", at.saturating_add(1)) } else { label.clone() }
    };
    with_file.iter().enumerate().map(numbered).collect()
}

/// What is assumed, read for every program.
fn assume(args: &CompareArgs, several: &Several, global: &Global) -> Done<Option<String>> {
    let mut text = None;
    for (label, session) in several.sessions() {
        let quiet = Global { quiet: true, ..global.clone() };
        if let Some(Assumed { text: own, read }) = stages::assume(args.assume.as_deref(), session, &quiet)? {
            for warning in read.warnings {
                global.say(&render::visible(&format!("{label}: {warning}")));
            }
            text = Some(own);
        }
    }
    Ok(text)
}

fn compare(
    args: &CompareArgs,
    form: Form,
    global: &Global,
    several: &Several,
    named: &[Named],
    inputs: Vec<PathBuf>,
    assumptions: Option<String>,
) -> Done {
    let first = named.first().map_or(Path::new(""), |named| named.path.as_path());
    let path = simulate::history_path(args.history.as_deref(), first, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let reading = Reading { ids: false, told: false, outside: args.allow_outside, threads: args.threads };
    let history::Read { history, files } =
        several.read(&path, &reading).map_err(|error| Stop::Data(render::visible(&error.to_string())))?;
    let inputs: Vec<PathBuf> = inputs.into_iter().chain(files).collect();
    let customers = args.customers.as_deref().map(|path| ("--customers", path));
    let outputs: Vec<(&str, &Path)> = customers.into_iter().chain(args.report.as_deref().map(|path| ("--report", path))).collect();
    apart::check(&outputs, &inputs)?;
    let limit = stages::Limit { strict: args.strict, rejected: args.max_rejected };
    let programs = several.programs().map_err(simulate::failed)?;
    if let Some(first) = programs.first() {
        stages::say_rejected(&history, &first.currency, limit, form == Form::Text, |text| progress.say(text, global))?;
    }
    for program in programs {
        stages::check_days(&history, program, args.start, args.as_of)?;
    }
    let settings = Settings {
        history: output::shown(&path),
        assumptions,
        as_of: args.as_of,
        start: args.start,
        opening: None,
        seed: args.seed,
        threads: args.threads,
        full: false,
        leave_one_out: args.leave_one_out,
    };
    let mut step = |what: &str| {
        progress.step(what);
        true
    };
    let comparison = several.compare(&history, &settings, &mut step).map_err(simulate::failed)?;
    if let Some(path) = &args.customers {
        let table = writers::CustomersTable::compared(&comparison);
        let file = Whole::begin(path)?;
        table.write(ledger::form(path)?, file).map_err(|error| output::cannot_write(path, &error))?.finish()?;
    }
    if let Some(path) = &args.report {
        whole(path, &writers::html::comparison_page(&comparison).map_err(Stop::Data)?)?;
    }
    drop(progress);
    output::result(&match form {
        Form::Text => writers::comparison(&comparison, args.full),
        Form::Json => writers::findings_json(&comparison.findings, &comparison.programs).map_err(Stop::Data)?,
        Form::Yaml => writers::findings_yaml(&comparison.findings, &comparison.programs).map_err(Stop::Data)?,
        Form::Csv => writers::findings_csv(&comparison.findings),
    })?;
    Ok(Exit::Fine)
}

/// Writes a file whole.
pub(super) fn whole(path: &Path, text: &str) -> Done<()> {
    let mut file = Whole::begin(path)?;
    file.write_all(text.as_bytes()).map_err(|error| output::cannot_write(path, &error))?;
    file.finish()
}
