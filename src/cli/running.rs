//! What all commands share that run programs over a history: their options, and the way to the engine's settings.

use super::exit::{Done, Stop};
use super::{Global, output, stages};
use crate::diagnostic::render;
use crate::engine::RunError;
use crate::session::{Reading, Settings, Shard};
use crate::value::Date;
use clap::Args;
use std::path::{Path, PathBuf};

/// Options of a run.
#[derive(Clone, Debug, Args)]
pub(super) struct RunArgs {
    /// Purchases: a mapping (YAML), a data file (CSV, Parquet, JSON, XLSX …), a folder, or -; by default the file of the program's name in data/ beside it
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Let the history's mapping name files outside its own folder
    #[arg(long)]
    pub allow_outside: bool,
    /// What people would do: a YAML file with margin, redemption and the like
    #[arg(long, value_name = "FILE")]
    pub assume: Option<PathBuf>,
    /// Also write a page with pictures
    #[arg(long, value_name = "FILE.html", value_parser = page)]
    pub report: Option<PathBuf>,
    /// Threads; by default, or with 0, as many as there are processor cores
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = threads)]
    pub threads: usize,
    /// The seed of random choices, in place of that of the assumptions
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// As if the program had started on this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub start: Option<Date>,
    /// Close the books at the end of this day; by default the last day in the history
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Give a parameter another value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// Stop if any row of the history cannot be used
    #[arg(long)]
    pub strict: bool,
    /// Stop if more of the rows cannot be used, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = stages::Share::parse)]
    pub max_rejected: Option<stages::Share>,
}

impl RunArgs {
    /// How to read the history; with the purchases' ids where they are to be told.
    pub(super) fn reading(&self, ids: bool) -> Reading {
        Reading { ids, told: false, outside: self.allow_outside, threads: self.threads }
    }

    /// How many rows may be unusable.
    pub(super) fn limit(&self) -> stages::Limit {
        stages::Limit { strict: self.strict, rejected: self.max_rejected }
    }

    /// For a run over this history that does not tell everything.
    pub(super) fn settings(&self, history: &Path, assumptions: Option<String>) -> Settings {
        Settings {
            history: output::shown(history),
            assumptions,
            as_of: self.as_of,
            start: self.start,
            opening: None,
            seed: self.seed,
            threads: self.threads,
            full: false,
            leave_one_out: false,
        }
    }

    /// Runs something on as many threads as are wanted.
    pub(super) fn on_threads<T: Send>(&self, run: impl FnOnce() -> Done<T> + Send) -> Done<T> {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(self.threads).stack_size(super::STACK).build();
        threads.map_err(|error| Stop::Data(format!("The system gave no threads to work on: {error}.")))?.install(run)
    }
}

/// The history that is named, or the file of the program's name in `data/` beside it.
pub(super) fn history_path(history: Option<&Path>, program: &Path, global: &Global) -> Done<PathBuf> {
    if let Some(path) = history {
        return Ok(path.to_owned());
    }
    let folder = program.parent().unwrap_or(Path::new("")).join("data");
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let file = |extension: &str| folder.join(format!("{stem}.{extension}"));
    let found = ["yaml", "yml", "csv", "parquet"].into_iter().map(file).find(|path| path.is_file());
    let Some(path) = found else {
        let looked = file("yaml");
        return Err(Stop::Usage(format!(
            "Which purchases? Name a file with --history, or keep one at {} (or .csv, .parquet).",
            output::shown(&looked)
        )));
    };
    global.say(&format!("History: {}", output::shown(&path)));
    Ok(path)
}

/// No machine has more cores; each thread takes memory for its stack.
const THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count <= THREADS).ok_or_else(|| format!("threads are a whole number up to {THREADS}, such as 8"))
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a seed is a whole number, such as 42".to_owned())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a date looks like 2025-12-24".to_owned())
}

/// A page is HTML, whatever the name says: another ending would mislead whoever opens it.
pub(super) fn page(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let fits = ending.is_none_or(|ending| ["html", "htm", "xhtml"].contains(&ending.as_str()));
    if fits { Ok(path) } else { Err("a report with pictures is a page: name the file .html".to_owned()) }
}

pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is set like base=3%")?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() {
        Err("a parameter is set like base=3%".to_owned())
    } else {
        Ok((name.to_owned(), value.to_owned()))
    }
}

pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let parsed = text.split_once('/').and_then(|(index, of)| Shard::new(index.parse().ok()?, of.parse().ok()?));
    parsed.ok_or_else(|| "a part of the customers is named like 1/4, the first of four".to_owned())
}

pub(super) fn failed(error: RunError) -> Stop {
    Stop::Data(render::visible(&error.message))
}
