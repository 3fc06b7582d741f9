//! `sweep`: one program with other values of its parameters.

use super::exit::{Done, Exit, Stop};
use super::reporting::Form;
use super::simulate::{self, Progress};
use super::stages::{self, Loaded};
use super::{Format, Global, apart, compare, output};
use crate::diagnostic::render;
use crate::history;
use crate::program::Program;
use crate::report::sweep::Varied;
use crate::report::{self, write as writers};
use crate::session::{Grid, Reading, Session, Settings};
use crate::source::SourceFile;
use crate::value::{Date, Decimal};
use clap::Args;
use std::path::{Path, PathBuf};

/// Points of a grid at most.
const MOST: usize = 200;
/// What is told of each point if nothing else is asked for.
const METRICS: [&str; 4] = ["program.cost_rate", "program.cost", "break_even_uplift", "redemption_rate"];

/// Options of `sweep`.
#[derive(Clone, Debug, Args)]
pub(super) struct SweepArgs {
    /// The program
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// The values of a parameter, such as base=1%..5% step 0.5% or base=1%,2%,5%; twice for a grid
    #[arg(long, value_name = "PARAM=VALUES", num_args = 1..=4, required = true)]
    vary: Vec<String>,
    /// A goal that the best point must meet, as after `expect` in a program: "program cost at most 4% of revenue"
    #[arg(long, value_name = "GOAL")]
    goal: Vec<String>,
    /// The figures to tell, by id or words; the first is drawn
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    metric: Vec<String>,
    /// Purchases, as in simulate
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Let the history's mapping name files outside its own folder
    #[arg(long)]
    allow_outside: bool,
    /// What people would do: a YAML file with margin, redemption and the like
    #[arg(long, value_name = "FILE")]
    assume: Option<PathBuf>,
    /// How to write the table: text, json, yaml or csv
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Also write a page with pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Threads; by default, or with 0, as many as there are processor cores
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = simulate::threads)]
    threads: usize,
    /// The seed of random choices, in place of that of the assumptions
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = simulate::seed)]
    seed: Option<u64>,
    /// As if the program had started on this day
    #[arg(long, value_name = "DATE", value_parser = simulate::date)]
    start: Option<Date>,
    /// Close the books at the end of this day; by default the last day in the history
    #[arg(long, value_name = "DATE", value_parser = simulate::date)]
    as_of: Option<Date>,
    /// Give another parameter of the program a value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = simulate::setting)]
    set: Vec<(String, String)>,
    /// Stop if any row of the history cannot be used
    #[arg(long)]
    strict: bool,
    /// Stop if more of the rows cannot be used, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = stages::Share::parse)]
    max_rejected: Option<stages::Share>,
}

/// Runs the command.
pub(super) fn run(args: &SweepArgs, global: &Global) -> Done {
    let form = compare::form(args.format, global)?;
    let varied = varied(&args.vary)?;
    let points: usize = varied.iter().map(|one| one.values.len()).product();
    if points > MOST {
        return Err(Stop::Usage(format!("These are {points} points; at most {MOST} are swept at once.")));
    }
    let loaded = stages::load(&args.program, &args.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so nothing was swept.") else { return Ok(Exit::Failed) };
    let params: Vec<String> = loaded.session.parameters().iter().map(|name| crate::value::name_key(name)).collect();
    if let Some(unknown) = varied.iter().find(|one| !params.contains(&crate::value::name_key(&one.name))) {
        let known = if params.is_empty() { "it has none".to_owned() } else { format!("there are {}", params.join(", ")) };
        return Err(Stop::Usage(format!("The program has no parameter called \"{}\": {known}.", render::visible(&unknown.name))));
    }
    let metrics = metrics(args, program)?;
    let assumed = stages::assume(args.assume.as_deref(), &loaded.session, global)?.map(|assumed| assumed.text);
    let Some(sessions) = sessions(args, &loaded, &varied)? else { return Ok(Exit::Failed) };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).stack_size(super::STACK).build();
    let threads = threads.map_err(|error| Stop::Data(format!("The system gave no threads to work on: {error}.")))?;
    threads.install(|| sweep(args, form, global, &loaded, Grid::new(varied, sessions), &metrics, assumed))
}

fn metrics(args: &SweepArgs, program: &Program) -> Done<Vec<String>> {
    if args.metric.is_empty() {
        return Ok(METRICS.map(str::to_owned).to_vec());
    }
    let resolve = |words: &String| {
        report::resolve_metric(words, program).map(|named| named.id).map_err(|unknown| {
            let hint =
                unknown.suggestion.map_or_else(|| " docs/metrics.md lists them.".to_owned(), |near| format!(" Did you mean {near}?"));
            Stop::Usage(format!("There is no metric called \"{}\".{hint}", render::visible(words)))
        })
    };
    args.metric.iter().map(resolve).collect()
}

/// The program at every point; `None` if one of them has errors.
fn sessions(args: &SweepArgs, loaded: &Loaded, varied: &[Varied]) -> Done<Option<Vec<(Vec<usize>, Session)>>> {
    let main = loaded.session.texts().main();
    let goals: String = args.goal.iter().map(|goal| format!("\nexpect {goal}")).collect();
    let text = format!("{}{goals}\n", main.text);
    let mut places = vec![Vec::new()];
    for one in varied {
        places = places.iter().flat_map(|place| (0..one.values.len()).map(move |at| [place.as_slice(), &[at]].concat())).collect();
    }
    let mut sessions = Vec::new();
    for place in places {
        let value = |(one, at): (&Varied, &usize)| Some((one.name.clone(), one.values.get(*at)?.clone()));
        let own = varied.iter().zip(&place).filter_map(value);
        let params: Vec<(String, String)> = args.set.iter().cloned().chain(own).collect();
        let file = SourceFile::new(main.name.clone(), main.path.clone(), text.clone());
        let session = Session::load(file, &mut loaded.session.texts().clone(), &params);
        if session.program().is_none() {
            let told: Vec<String> = params.iter().map(|(name, value)| format!("{name} {value}")).collect();
            output::complain(&render::human(session.problems(), session.sources(), false));
            output::complain(&format!("With {} the program has errors, so nothing was swept.", render::visible(&told.join(", "))));
            return Ok(None);
        }
        sessions.push((place, session));
    }
    Ok(Some(sessions))
}

fn sweep(
    args: &SweepArgs,
    form: Form,
    global: &Global,
    loaded: &Loaded,
    grid: Grid,
    metrics: &[String],
    assumptions: Option<String>,
) -> Done {
    let path = simulate::history_path(args.history.as_deref(), &args.program, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let reading = Reading { ids: false, told: false, outside: args.allow_outside, threads: args.threads };
    let session = grid.first().unwrap_or(&loaded.session);
    let history::Read { history, files } =
        session.read(&path, &reading).map_err(|error| Stop::Data(render::visible(&error.to_string())))?;
    let inputs: Vec<PathBuf> = loaded.loader.all().cloned().chain(args.assume.clone()).chain(files).collect();
    let outputs: Vec<(&str, &Path)> = args.report.as_deref().map(|path| ("--report", path)).into_iter().collect();
    apart::check(&outputs, &inputs)?;
    let limit = stages::Limit { strict: args.strict, rejected: args.max_rejected };
    if let Some(program) = session.program() {
        stages::say_rejected(&history, &program.currency, limit, form == Form::Text, |text| progress.say(text, global))?;
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
        leave_one_out: false,
    };
    let mut step = |what: &str| {
        progress.step(what);
        true
    };
    let findings = grid.sweep(history, &settings, metrics, &mut step).map_err(simulate::failed)?;
    drop(progress);
    let name = session.program().map_or("", |program| program.name.as_str());
    if let Some(path) = &args.report {
        compare::whole(path, &writers::html::findings_page(name, &findings, &[]).map_err(Stop::Data)?)?;
    }
    output::result(&match form {
        Form::Text => writers::findings(name, &findings, true),
        Form::Json => writers::findings_json(&findings, &[]).map_err(Stop::Data)?,
        Form::Yaml => writers::findings_yaml(&findings, &[]).map_err(Stop::Data)?,
        Form::Csv => writers::findings_csv(&findings),
    })?;
    Ok(Exit::Fine)
}

/// The parameters with their values, from what stands behind all `--vary`.
fn varied(words: &[String]) -> Done<Vec<Varied>> {
    let all = words.join(" ");
    let mut varied: Vec<Varied> = Vec::new();
    let mut rest = all.trim();
    while !rest.is_empty() {
        let Some((name, tail)) = rest.split_once('=') else { return Err(wrong(rest)) };
        // What belongs to the next parameter begins at the last word before its equals sign.
        let end = tail.find('=').and_then(|equals| tail.get(..equals)?.trim_end().rfind(' ')).unwrap_or(tail.len());
        let (values, next) = tail.split_at(end);
        varied.push(Varied { name: name.trim().to_owned(), values: values_of(values.trim())? });
        rest = next.trim();
    }
    match varied.len() {
        1 | 2 => Ok(varied),
        _ => Err(Stop::Usage("One parameter is swept, or two for a grid.".to_owned())),
    }
}

fn wrong(text: &str) -> Stop {
    Stop::Usage(format!("\"{}\": values are written like base=1%..5% step 0.5%, or base=1%,2%,5%.", render::visible(text)))
}

/// `1%..5% step 0.5%` or `1%,2%,5%`.
fn values_of(text: &str) -> Done<Vec<String>> {
    let Some((from, rest)) = text.split_once("..") else {
        let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect();
        return if values.is_empty() { Err(wrong(text)) } else { Ok(values) };
    };
    let Some((to, step)) = rest.split_once("step") else {
        return Err(Stop::Usage(format!(
            "\"{}\": say how far apart the points are: {} step …",
            render::visible(text),
            render::visible(text)
        )));
    };
    let ((low, unit), (high, high_unit), (step, step_unit)) = (split(from)?, split(to)?, split(step)?);
    let unit = [unit, high_unit, step_unit].into_iter().find(|unit| !unit.is_empty()).unwrap_or_default();
    let fits = |other: &str| other.is_empty() || other == unit;
    if !fits(high_unit) || !fits(step_unit) {
        return Err(wrong(text));
    }
    let scale = low.scale.max(high.scale).max(step.scale);
    let at = |d: Decimal| d.to_scale(scale).ok().flatten();
    let (Some(low), Some(high), Some(step)) = (at(low), at(high), at(step)) else { return Err(wrong(text)) };
    if step <= 0 || high < low {
        return Err(Stop::Usage(format!("\"{}\": the values rise from the first to the last by the step.", render::visible(text))));
    }
    let step_by = usize::try_from(step).unwrap_or(usize::MAX);
    let name = |value: i64| {
        let number = Decimal::new(i128::from(value), scale).normal();
        if unit == "%" { format!("{number}%") } else { format!("{number} {unit}").trim_end().to_owned() }
    };
    Ok((low..=high).step_by(step_by).take(MOST.saturating_add(1)).map(name).collect())
}

/// A number and what it counts.
fn split(text: &str) -> Done<(Decimal, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Decimal::parse(number).map(|number| (number, unit.trim())).ok_or_else(|| wrong(text))
}
