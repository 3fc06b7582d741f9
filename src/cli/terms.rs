//! `terms`: the terms and conditions of a program.

use super::exit::{Done, Exit, Stop};
use super::stages;
use super::whole::Whole;
use super::{Format, Global, load, output};
use crate::diagnostic::render;
use crate::program::Program;
use crate::terms::{self, Asked, Lang, Words, write};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of `terms`.
#[derive(Clone, Debug, Args)]
pub(super) struct TermsArgs {
    /// The program; - reads standard input
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// The language: en, ru or zh
    #[arg(long, value_name = "LANG", default_value = "en", hide_possible_values = true)]
    lang: Tongue,
    /// How to write the terms: markdown, html or text
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Write them into this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Behind each sentence the line of the program it comes from
    #[arg(long)]
    lines: bool,
    /// Who runs the program: name and address
    #[arg(long, value_name = "NAME")]
    organiser: Option<String>,
    /// Give a parameter of the program another value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = super::running::setting)]
    set: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tongue {
    En,
    Ru,
    Zh,
}

/// Runs the command.
pub(super) fn run(args: &TermsArgs, global: &Global) -> Done {
    let writer = match args.format.or(global.format) {
        None | Some(Format::Markdown) => write::markdown,
        Some(Format::Html) => write::html,
        Some(Format::Text | Format::Human) => write::text,
        Some(_) => return Err(Stop::Usage("terms writes --format markdown, html or text.".to_owned())),
    };
    let lang = match args.lang {
        Tongue::En => Lang::En,
        Tongue::Ru => Lang::Ru,
        Tongue::Zh => Lang::Zh,
    };
    let loaded = stages::load(&args.program, &args.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so it has no terms yet.") else { return Ok(Exit::Failed) };
    let words = words(&args.program, program, lang)?;
    let document = terms::terms(&Asked { program, ast: loaded.session.ast(), lang, organiser: args.organiser.as_deref(), words: &words });
    let text = writer(&document, loaded.session.sources(), args.lines);
    match &args.out {
        None => output::result(&text)?,
        Some(path) => {
            let mut inputs: Vec<PathBuf> = loaded.loader.all().cloned().collect();
            inputs.push(beside(&args.program, lang));
            super::apart::check(&[("--out", path)], &inputs)?;
            let mut out = Whole::begin(path)?;
            out.write_all(text.as_bytes()).map_err(|error| output::cannot_write(path, &error))?;
            out.finish()?;
        }
    }
    Ok(Exit::Fine)
}

/// `NAME.ru.yaml` beside `NAME.loy`.
fn beside(path: &Path, lang: Lang) -> PathBuf {
    path.with_extension(format!("{}.yaml", lang.code()))
}

/// The words of `NAME.ru.yaml` beside the program, if there is such a file.
fn words(path: &Path, program: &Program, lang: Lang) -> Done<Words> {
    if path.as_os_str() == load::STDIN {
        return Ok(Words::default());
    }
    let beside = beside(path, lang);
    if !beside.exists() {
        return Ok(Words::default());
    }
    let shown = output::shown(&beside);
    let text = load::read(&beside).map_err(|why| Stop::Data(format!("{shown}: {why}.")))?;
    Words::parse(&text, program, lang).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{shown}: {}", render::visible(error))).collect();
        Stop::Data(lines.join("\n"))
    })
}
