//! `sweep`: one program with other values of its parameters.

use super::exit::{Done, Exit, Stop};
use super::progress::Progress;
use super::reporting::Form;
use super::running::{self, RunArgs, failed};
use super::stages::{self, Loaded};
use super::{Format, Global, apart, compare, output, whole};
use crate::diagnostic::render;
use crate::history;
use crate::program::Program;
use crate::report::sweep::Varied;
use crate::report::{self, write as writers};
use crate::session::{Grid, Session};
use crate::source::SourceFile;
use crate::value::Decimal;
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
    #[command(flatten)]
    run: RunArgs,
    /// How to write the table: text, json, yaml or csv
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
}

/// Runs the command.
pub(super) fn run(args: &SweepArgs, global: &Global) -> Done {
    let form = compare::form(args.format, global)?;
    let varied = varied(&args.vary)?;
    let points: usize = varied.iter().map(|one| one.values.len()).product();
    if points > MOST {
        return Err(Stop::Usage(format!("These are {points} points; at most {MOST} are swept at once.")));
    }
    let loaded = stages::load(&args.program, &args.run.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so nothing was swept.") else { return Ok(Exit::Failed) };
    let params: Vec<String> = loaded.session.parameters().iter().map(|name| crate::value::name_key(name)).collect();
    if let Some(unknown) = varied.iter().find(|one| !params.contains(&crate::value::name_key(&one.name))) {
        let known = if params.is_empty() { "it has none".to_owned() } else { format!("there are {}", params.join(", ")) };
        return Err(Stop::Usage(format!("The program has no parameter called \"{}\": {known}.", render::visible(&unknown.name))));
    }
    let metrics = metrics(args, program)?;
    let assumed = stages::assume(args.run.assume.as_deref(), &loaded.session, global)?.map(|assumed| assumed.text);
    let Some(sessions) = sessions(args, &loaded, &varied)? else { return Ok(Exit::Failed) };
    args.run.on_threads(|| sweep(args, form, global, &loaded, Grid::new(varied, sessions), &metrics, assumed))
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
        let params: Vec<(String, String)> = args.run.set.iter().cloned().chain(own).collect();
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
    let path = running::history_path(args.run.history.as_deref(), &args.program, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let session = grid.first().unwrap_or(&loaded.session);
    let history::Read { history, files } =
        session.read(&path, &args.run.reading(false)).map_err(|error| Stop::Data(render::visible(&error.to_string())))?;
    let inputs: Vec<PathBuf> = loaded.loader.all().cloned().chain(args.run.assume.clone()).chain(files).collect();
    let outputs: Vec<(&str, &Path)> = args.run.report.as_deref().map(|path| ("--report", path)).into_iter().collect();
    apart::check(&outputs, &inputs)?;
    if let Some(program) = session.program() {
        stages::say_rejected(&history, &program.currency, args.run.limit(), form == Form::Text, |text| progress.say(text, global))?;
        stages::check_days(&history, program, args.run.start, args.run.as_of)?;
    }
    let settings = args.run.settings(&path, assumptions);
    let mut step = |what: &str| {
        progress.step(what);
        true
    };
    let findings = grid.sweep(history, &settings, metrics, &mut step).map_err(failed)?;
    drop(progress);
    let name = session.program().map_or("", |program| program.name.as_str());
    if let Some(path) = &args.run.report {
        whole::write(path, &writers::html::findings_page(name, &findings, &[]).map_err(Stop::Data)?)?;
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
        let unit = split(rest).map_or("%", |(_, unit)| unit);
        let step = format!("0.5 {unit}").replace(" %", "%");
        let text = render::visible(text);
        return Err(Stop::Usage(format!("\"{text}\": say how far apart the points are, such as {text} step {}.", step.trim_end())));
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
    let points = (i128::from(high) - i128::from(low)) / i128::from(step) + 1;
    if points > i128::try_from(MOST).unwrap_or(i128::MAX) {
        return Err(Stop::Usage(format!("\"{}\" are {points} points; at most {MOST} are swept at once.", render::visible(text))));
    }
    Ok((low..=high).step_by(step_by).map(name).collect())
}

/// A number and what it counts.
fn split(text: &str) -> Done<(Decimal, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Decimal::parse(number).map(|number| (number, unit.trim())).ok_or_else(|| wrong(text))
}
