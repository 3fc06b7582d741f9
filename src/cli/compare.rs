//! `compare`: several programs over one history.

use super::exit::{Done, Exit, Stop};
use super::progress::Progress;
use super::reporting::Form;
use super::running::{self, RunArgs, failed};
use super::stages::{self, Assumed, Loaded};
use super::whole::{self, Whole};
use super::{Format, Global, apart, ledger, load, output};
use crate::diagnostic::render;
use crate::history;
use crate::report::write as writers;
use crate::session::{Session, Settings, Several};
use crate::value::name_key;
use clap::Args;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// More programs than this do not stand side by side.
const MOST: usize = 8;

/// Options of `compare`.
#[derive(Clone, Debug, Args)]
pub(super) struct CompareArgs {
    /// The programs; the others are held against the first. FILE:param=value gives a parameter another value, - is standard input
    #[arg(value_name = "FILE", required = true)]
    programs: Vec<String>,
    #[command(flatten)]
    run: RunArgs,
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
            match (running::setting(piece), own.last_mut()) {
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
    let loaded = load_all(&named, &args.run.set)?;
    let mut fit = true;
    for each in &loaded {
        fit &= each.program(global, "This program has errors, so nothing was compared.").is_some();
    }
    if !fit {
        return Ok(Exit::Failed);
    }
    let labels = labels(&named, &loaded);
    let inputs: Vec<PathBuf> = loaded.iter().flat_map(|each| each.loader.all().cloned()).chain(args.run.assume.clone()).collect();
    let sessions: Vec<Session> = loaded.into_iter().map(|each| each.session).collect();
    let several = Several::new(labels.into_iter().zip(sessions).collect()).map_err(|why| Stop::Usage(render::visible(&why)))?;
    let assumed = assume(args, &several, global)?;
    args.run.on_threads(|| compare(args, form, global, &several, &named, inputs, assumed))
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
            // The name of a file that is named twice tells nothing apart.
            let same = named.iter().filter(|other| other.path == each.path).count() > 1;
            if twice(&with_set, label) && !same { format!("{label} ({file})") } else { label.clone() }
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
        if let Some(Assumed { text: own, read }) = stages::assume(args.run.assume.as_deref(), session, &quiet)? {
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
    let path = running::history_path(args.run.history.as_deref(), first, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let history::Read { history, files } =
        several.read(&path, &args.run.reading(false)).map_err(|error| Stop::Data(render::visible(&error.to_string())))?;
    let inputs: Vec<PathBuf> = inputs.into_iter().chain(files).collect();
    let customers = args.customers.as_deref().map(|path| ("--customers", path));
    let outputs: Vec<(&str, &Path)> = customers.into_iter().chain(args.run.report.as_deref().map(|path| ("--report", path))).collect();
    apart::check(&outputs, &inputs)?;
    let programs = several.programs().map_err(failed)?;
    if let Some(first) = programs.first() {
        stages::say_rejected(&history, &first.currency, args.run.limit(), form == Form::Text, |text| progress.say(text, global))?;
    }
    for program in programs {
        stages::check_days(&history, program, args.run.start, args.run.as_of)?;
    }
    let settings = Settings { leave_one_out: args.leave_one_out, ..args.run.settings(&path, assumptions) };
    let mut step = |what: &str| {
        progress.step(what);
        true
    };
    let comparison = several.compare(&history, &settings, &mut step).map_err(failed)?;
    if let Some(path) = &args.customers {
        let table = writers::CustomersTable::compared(&comparison);
        let file = Whole::begin(path)?;
        table.write(ledger::form(path)?, file).map_err(|error| output::cannot_write(path, &error))?.finish()?;
    }
    if let Some(path) = &args.run.report {
        whole::write(path, &writers::html::comparison_page(&comparison).map_err(Stop::Data)?)?;
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
