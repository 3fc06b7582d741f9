//! How a report is written: the options that all commands with one share.

use super::exit::{Done, Exit, Stop};
use super::{Format, Global, output};
use crate::diagnostic::render;
use crate::program::Program;
use crate::report::{self, Report, write as writers};
use clap::Args;

/// Options of a report.
#[derive(Clone, Debug, Args)]
pub(super) struct ReportArgs {
    /// How to write the report: text, json, yaml or csv
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Only these metrics, by id or words
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    metric: Vec<String>,
    /// Write all figures and tables as text, not only those that fit on a page
    #[arg(long)]
    full: bool,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Yaml,
    Csv,
}

impl ReportArgs {
    /// The format asked for.
    pub(super) fn form(&self, global: &Global) -> Done<Form> {
        match self.format.or(global.format) {
            None | Some(Format::Text | Format::Human) => Ok(Form::Text),
            Some(Format::Json) => Ok(Form::Json),
            Some(Format::Yaml) => Ok(Form::Yaml),
            Some(Format::Csv) => Ok(Form::Csv),
            Some(Format::Html) => Err(Stop::Usage("A page is written to a file: --report out.html.".to_owned())),
            Some(Format::Short | Format::Sarif | Format::Github | Format::Markdown) => {
                Err(Stop::Usage("A report is written with --format text, json, yaml or csv.".to_owned()))
            }
        }
    }

    /// Whether everything is to be told: asked for by name, or because a metric needs it.
    pub(super) fn full(&self) -> bool {
        self.full || self.metric.iter().any(|words| words.contains("clv.") && !words.contains("clv.tcf"))
    }

    /// The ids of the metrics asked for; none if it is to be the whole report.
    pub(super) fn ids(&self, program: &Program) -> Done<Vec<String>> {
        let resolve = |words: &String| {
            report::resolve_metric(words, program).map(|named| named.id).map_err(|unknown| {
                let hint = unknown.suggestion.map_or_else(
                    || " docs/metrics.md lists them, and so does --format csv.".to_owned(),
                    |near| format!(" Did you mean {near}?"),
                );
                Stop::Usage(format!("There is no metric called \"{}\".{hint}", render::visible(words)))
            })
        };
        self.metric.iter().map(resolve).collect()
    }
}

/// Writes a report, whole or only some of its metrics; a goal that was missed makes the command fail.
pub(super) fn write(mut report: Report, args: &ReportArgs, ids: &[String], form: Form) -> Done {
    if !ids.is_empty() {
        report.metrics.retain(|metric| ids.contains(&metric.id));
    }
    output::result(&match form {
        Form::Text if ids.is_empty() && args.full => writers::full(&report),
        Form::Text if ids.is_empty() => writers::text(&report),
        Form::Text => writers::metrics(&report, ids),
        Form::Json => writers::json(&report).map_err(Stop::Data)?,
        Form::Yaml => writers::yaml(&report).map_err(Stop::Data)?,
        Form::Csv => writers::csv(&report),
    })?;
    if report.goals_met() {
        return Ok(Exit::Fine);
    }
    for missed in report.expectations.iter().filter(|expected| !expected.held) {
        output::complain(&format!("Not met: {}", render::visible(&missed.text)));
    }
    Ok(Exit::Failed)
}
