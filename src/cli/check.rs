//! `check`: all problems of all files.

use super::exit::{Done, Exit, Stop};
use super::stages::{self, Loaded};
use super::{Format, Global, load, output};
use crate::check::exposure;
use crate::diagnostic::{CODES, Diagnostic, Problems, codes, nearest, render};
use crate::probe;
use crate::source::Sources;
use crate::span::Span;
use clap::Args;
use std::path::{Path, PathBuf};

/// Options of `check`.
#[derive(Clone, Debug, Args)]
pub(super) struct CheckArgs {
    /// Programs; - reads standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    files: Vec<PathBuf>,
    /// How to write what is found: human, short, json, sarif or github
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Warnings fail the check too
    #[arg(long)]
    deny_warnings: bool,
    /// Say what a code means and what to do about it
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
    /// Write the example that comes closest to the most that a purchase gives away
    #[arg(long)]
    witness: bool,
    /// Look for ways to gain in a hundred times as many made histories
    #[arg(long)]
    thorough: bool,
    /// Make no histories: neither look for ways to gain nor for sentences that do nothing
    #[arg(long)]
    no_probe: bool,
    /// Give a parameter of the programs another value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = super::running::setting)]
    set: Vec<(String, String)>,
}

/// The formats of `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Human,
    Short,
    Json,
    Sarif,
    Github,
}

/// A file with everything found in it.
struct Checked {
    name: String,
    sources: Sources,
    problems: Problems,
    /// How many examples are written, and how many hold; `None` if they could not be run.
    examples: usize,
    held: Option<usize>,
    /// What the program gives away at most: in sentences, and as data.
    worst: Vec<String>,
    exposure: Option<exposure::Tree>,
    /// Whether there is nothing but the message that it cannot be read.
    unread: bool,
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, global: &Global) -> Done {
    let format = args.format.or(global.format);
    if let Some(code) = &args.explain {
        return explain(code, format);
    }
    let form = match format {
        None | Some(Format::Human) => Form::Human,
        Some(Format::Short) => Form::Short,
        Some(Format::Json) => Form::Json,
        Some(Format::Sarif) => Form::Sarif,
        Some(Format::Github) => Form::Github,
        Some(_) => return Err(Stop::Usage("check writes --format human, short, json, sarif or github.".to_owned())),
    };
    let mut exit = Exit::Fine;
    let mut checked = Vec::new();
    for file in &args.files {
        match check(file, args) {
            Ok(file) => checked.push(file),
            // The other files are still worth checking.
            Err(Stop::Data(message)) => {
                output::complain(&message);
                exit = Exit::Data;
                if form != Form::Human {
                    checked.push(unread(file, &message));
                }
            }
            Err(stop) => return Err(stop),
        }
    }
    let bad = |file: &Checked| file.problems.has_errors() || args.deny_warnings && file.problems.warnings() > 0;
    if checked.iter().any(bad) {
        exit = exit.max(Exit::Failed);
    }
    let colour = global.colour(&std::io::stdout());
    output::result(&written(&checked, form, colour, args.deny_warnings)?)?;
    if matches!(form, Form::Short | Form::Sarif | Form::Github) {
        checked.iter().filter(|file| !file.unread).for_each(|file| global.say(&summary(file, args.deny_warnings)));
    }
    Ok(exit)
}

/// A file that cannot be read, for those who read only the result.
fn unread(path: &Path, message: &str) -> Checked {
    let name = output::shown(path);
    let sources = Sources::single(&name, "");
    let mut problems = Problems::default();
    problems.push(Diagnostic::error("LOY0962", message.lines().next().unwrap_or_default(), Span::default(), ""));
    Checked { name, sources, problems, examples: 0, held: None, worst: Vec::new(), exposure: None, unread: true }
}

fn check(path: &Path, args: &CheckArgs) -> Done<Checked> {
    let Loaded { session, .. } = stages::load(path, &args.set)?;
    let (sources, mut problems) = (session.sources().clone(), session.problems().clone());
    let examples = session.examples();
    let held = session.run_examples().map(|ran| {
        problems.extend(ran.problems);
        ran.held
    });
    let (mut worst, mut tree) = (Vec::new(), None);
    if let Some((program, found)) = session.program().zip(session.program().and_then(exposure::exposure)) {
        worst = exposure::sentences(program, &sources, &found);
        let probed = (!args.no_probe).then(|| session.probe(&found, args.thorough)).flatten();
        let witness = probed.as_ref().and_then(|probed| probed.witness.as_ref());
        if let Some(probed) = &probed {
            problems.extend(probed.problems.clone());
            worst.extend(probe::sentences(program, probed));
        }
        if let Some(witness) = witness.filter(|_| args.witness) {
            worst.push(String::new());
            worst.extend(witness.text.lines().map(str::to_owned));
        }
        tree = Some(exposure::tree(program, &sources, &found).shown_by(witness.map(|witness| witness.text.clone())));
    }
    problems.sort();
    // A goal that nothing tests must not look as if it held.
    if args.no_probe {
        let goals = session.program().map_or(&[][..], |program| program.gains.as_slice()).iter().filter(|goal| !goal.allowed);
        worst.extend(goals.map(|goal| format!("  Not tested, because of --no-probe: {}.", sources.quote(goal.span))));
    }
    let name = if path.as_os_str() == load::STDIN { load::INPUT.to_owned() } else { output::shown(path) };
    Ok(Checked { name, sources, problems, examples, held, worst, exposure: tree, unread: false })
}

fn written(checked: &[Checked], form: Form, colour: bool, deny_warnings: bool) -> Done<String> {
    let mut text = String::new();
    match form {
        Form::Short => checked.iter().for_each(|file| text.push_str(&render::short(&file.problems, &file.sources))),
        Form::Github => checked.iter().for_each(|file| text.push_str(&render::github(&file.problems, &file.sources))),
        Form::Json => {
            let mut all = Vec::new();
            for file in checked {
                all.extend(render::json(&file.problems, &file.sources).into_iter().map(Told::Problem));
                all.extend(file.exposure.as_ref().map(|exposure| Told::worst(file, exposure)));
            }
            text = pretty(&all)?;
        }
        Form::Sarif => text = pretty(&render::sarif(checked.iter().map(|file| (&file.problems, &file.sources))))?,
        Form::Human => {
            for (index, file) in checked.iter().enumerate() {
                if index > 0 {
                    text.push('\n');
                }
                let problems = render::human(&file.problems, &file.sources, colour);
                text.push_str(&problems);
                if !problems.is_empty() {
                    text.push('\n');
                }
                text.push_str(&summary(file, deny_warnings));
                text.push('\n');
                for line in &file.worst {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    Ok(text)
}

/// An entry of the JSON: a problem, or what the program of a file gives away at most.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Problem(render::JsonDiagnostic<'a>),
    Worst {
        code: &'static str,
        severity: &'static str,
        message: &'a str,
        labels: [u8; 0],
        notes: &'a [String],
        file: &'a str,
        exposure: &'a exposure::Tree,
    },
}

impl<'a> Told<'a> {
    /// Shaped like a problem, for those who read all entries alike.
    fn worst(file: &'a Checked, exposure: &'a exposure::Tree) -> Self {
        let (message, notes) = file.worst.split_first().map_or(("", &[][..]), |(first, rest)| (first.trim_start(), rest));
        Self::Worst { code: "exposure", severity: "note", message, labels: [], notes, file: &file.name, exposure }
    }
}

fn pretty(value: &impl serde::Serialize) -> Done<String> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Stop::Data(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

/// `coffee.loy: 3 errors, 1 warning, 6 examples not run because of the errors`
fn summary(file: &Checked, deny_warnings: bool) -> String {
    let (errors, warnings) = (file.problems.errors(), file.problems.warnings());
    let mut found = Vec::new();
    if errors > 0 {
        found.push(count(errors, "error"));
    }
    if warnings > 0 {
        found.push(count(warnings, "warning"));
    }
    let name = &file.name;
    let Some(held) = file.held else {
        if file.examples > 0 {
            found.push(format!("{} not run because of the errors", count(file.examples, "example")));
        }
        return format!("{name}: {}", found.join(", "));
    };
    let examples = match (held, file.examples) {
        (_, 0) => String::new(),
        (1, 1) => " 1 example holds.".to_owned(),
        (held, all) if held == all => format!(" {all} examples hold."),
        (held, all) => format!(" {held} of {all} examples hold."),
    };
    let denied = if deny_warnings && errors == 0 && warnings > 0 { " Warnings are not allowed here." } else { "" };
    let found = if found.is_empty() { "fine".to_owned() } else { found.join(", ") };
    format!("{name}: {found}.{examples}{denied}")
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// What a code says, for programs that ask.
#[derive(serde::Serialize)]
struct Explained {
    code: &'static str,
    title: &'static str,
    explanation: &'static str,
}

fn explain(code: &str, format: Option<Format>) -> Done {
    // `105` and `loy105` are codes that someone read aloud.
    let digits = code.trim().trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let asked = if digits.len() < 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("LOY{digits:0>4}")
    } else {
        code.trim().to_owned()
    };
    let Some(info) = codes::find(&asked).or_else(|| codes::find(&format!("LOY{digits}"))) else {
        let near = nearest(&asked, CODES.iter().map(|info| info.code));
        let hint = near.map_or_else(|| " A code looks like LOY0105.".to_owned(), |near| format!(" Did you mean {near}?"));
        return Err(Stop::Usage(format!("There is no code \"{}\".{hint}", render::visible(code))));
    };
    let text = match format {
        None | Some(Format::Human) => format!("{}  {}\n\n{}\n", info.code, info.title, info.explanation),
        Some(Format::Json) => pretty(&Explained { code: info.code, title: info.title, explanation: info.explanation })?,
        Some(_) => return Err(Stop::Usage("check --explain writes --format human or json.".to_owned())),
    };
    output::result(&text)?;
    Ok(Exit::Fine)
}
