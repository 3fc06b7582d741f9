//! `merge`: one report from the results of all parts.

use super::exit::{Done, Exit, Stop};
use super::reporting::{self, ReportArgs};
use super::{Global, load, output};
use crate::session::Partial;
use clap::Args;
use std::path::PathBuf;

/// Options of `merge`.
#[derive(Clone, Debug, Args)]
pub(super) struct MergeArgs {
    /// What `simulate --shard I/N --partial FILE` wrote, all parts of one run in any order
    #[arg(value_name = "PARTIAL", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
pub(super) fn run(args: &MergeArgs, global: &Global) -> Done {
    let form = args.report.form(global)?;
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
    let whole = whole.told(args.report.full());
    let session = whole.session();
    let report = session.report(&whole).map_err(|error| Stop::Data(error.message))?;
    let Some(program) = session.program() else { return Ok(Exit::Failed) };
    reporting::write(report, &args.report, &args.report.ids(program)?, form)
}
