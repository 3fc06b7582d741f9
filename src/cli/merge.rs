//! `merge`: one report from the results of all parts.

use super::exit::{Done, Exit, Stop};
use super::reporting::{self, ReportArgs};
use super::{Global, apart, load, output, running, whole};
use crate::report::write::html;
use crate::session::{Partial, Worlds};
use clap::Args;
use std::path::{Path, PathBuf};

/// Options of `merge`.
#[derive(Clone, Debug, Args)]
pub(super) struct MergeArgs {
    /// What `simulate --shard I/N --partial FILE` wrote, all parts of one run in any order
    #[arg(value_name = "PARTIAL", required = true)]
    files: Vec<PathBuf>,
    /// Where customers share something: write what has moved to this file; all parts are then run again with it
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Also write the report as a page with pictures
    #[arg(long, value_name = "FILE.html", value_parser = running::page)]
    report: Option<PathBuf>,
    #[command(flatten)]
    output: ReportArgs,
}

/// Runs the command.
pub(super) fn run(args: &MergeArgs, global: &Global) -> Done {
    let form = args.output.form(global)?;
    let outputs: Vec<(&str, &Path)> = [("--report", &args.report), ("--world", &args.world)]
        .into_iter()
        .filter_map(|(name, path)| Some((name, path.as_deref()?)))
        .collect();
    apart::check(&outputs, &args.files)?;
    let mut whole: Option<Partial> = None;
    for path in &args.files {
        let failed = |why: String| Stop::Data(format!("{}: {why}.", output::shown(path)));
        let text = load::read_large(path).map_err(failed)?;
        let part = Partial::decode(&text).map_err(failed)?;
        whole = Some(match whole {
            None => part,
            Some(before) => before.merge(part).map_err(|error| Stop::Data(format!("{}: {}", output::shown(path), error.0)))?,
        });
    }
    let Some(whole) = whole else { return Ok(Exit::Usage) };
    if let [first, others @ ..] = whole.missing().as_slice() {
        let (more, are) = if others.is_empty() { (String::new(), "is") } else { (format!(" and {} more", others.len()), "are") };
        return Err(Stop::Data(format!("Part {first}{more} of {} {are} missing: the report needs all of them.", whole.of())));
    }
    if let Some(next) = whole.next_world().map_err(|error| Stop::Data(error.0))? {
        return moved(args, global, &next);
    }
    let whole = whole.told(args.output.full() || args.report.is_some());
    let session = whole.session();
    let report = session.report(&whole).map_err(|error| Stop::Data(error.message))?;
    let Some(program) = session.program() else { return Ok(Exit::Failed) };
    let ids = args.output.ids(program)?;
    if let Some(path) = &args.report {
        let text = session.texts().main().text;
        whole::write(path, &html::report_page(&report, Some(&text)).map_err(Stop::Data)?)?;
    }
    reporting::write(report, &args.output, &ids, form)
}

/// Customers share something, and what one part knows of the others has changed.
fn moved(args: &MergeArgs, global: &Global, next: &Worlds) -> Done {
    let Some(path) = &args.world else {
        return Err(Stop::Usage(
            "Customers of this program share something (a budget, a series, a draw or referrals), so the parts have to hear of each \
             other: name a file with --world, run all parts again with that --world, and merge them again."
                .to_owned(),
        ));
    };
    let text = next.encode().map_err(Stop::Data)?;
    whole::write(path, &text)?;
    let path = output::shown(path);
    global.say(&format!("The parts have something to tell each other: run all of them again with --world {path}, then merge them again."));
    Ok(Exit::Failed)
}
