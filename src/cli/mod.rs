//! The command line: the only part that reads files and the environment, and that prints.
//!
//! The result goes to standard output, everything else to standard error.

mod apart;
mod check;
mod compare;
mod completions;
mod exit;
mod fmt;
mod ledger;
mod load;
mod merge;
mod new;
mod output;
mod progress;
mod read;
mod reporting;
mod running;
mod simulate;
mod stages;
mod sweep;
mod terms;
mod underline;
mod whole;
mod why;

use crate::diagnostic::render;
use clap::{Args, Parser, Subcommand, ValueEnum};
use exit::{Exit, Stop};
use std::io::IsTerminal;
use std::process::ExitCode;

/// Stack of the thread that does the work: sentences nest up to 64 levels deep, and some stages recurse over them.
const STACK: usize = 64 << 20;

/// The exit code of a run that someone stops.
const INTERRUPTED: i32 = 130;

/// Write a loyalty program as sentences, check it, and simulate it on real purchases.
#[derive(Debug, Parser)]
#[command(name = "loyalty-dsl", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of all commands.
#[derive(Clone, Debug, Args)]
struct Global {
    /// How to write the result: each command has its own list
    #[arg(long, global = true, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// Nothing on standard error but failures
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// What the program can write; each command says which of these it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Short,
    Sarif,
    Github,
    Text,
    Json,
    Yaml,
    Csv,
    Markdown,
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find everything that is wrong with programs, and run their examples
    Check(check::CheckArgs),
    /// Say what a program would have cost and done on a history of purchases
    Simulate(Box<simulate::SimulateArgs>),
    /// Hold several programs against one another on the same purchases
    Compare(Box<compare::CompareArgs>),
    /// Try other values of a program's parameters, all in one pass
    Sweep(Box<sweep::SweepArgs>),
    /// Look at data files and write the mapping with which `simulate` reads them
    #[command(alias = "map")]
    Read(read::ReadArgs),
    /// Bring the results of all parts of a simulation together into one report
    Merge(merge::MergeArgs),
    /// Tell the story of one customer or purchase: what happened and why, and why the rest did not
    Why(Box<why::WhyArgs>),
    /// Write programs in their canonical form; comments stay, and the meaning never changes
    Fmt(fmt::FmtArgs),
    /// Write the terms and conditions of a program in the words of its customers
    Terms(terms::TermsArgs),
    /// Begin a program, with a small history to try it on
    New(new::NewArgs),
    /// Write what a shell needs to complete commands and options
    Completions(completions::CompletionsArgs),
}

impl Global {
    /// Whether to colour what goes to a stream; `NO_COLOR` and a dumb terminal say no unless `--color always` insists.
    fn colour(&self, stream: &impl IsTerminal) -> bool {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb") && stream.is_terminal(),
        }
    }

    /// Something worth saying beside the result.
    fn say(&self, text: &str) {
        if !self.quiet {
            output::complain(text);
        }
    }
}

/// Reads the arguments, does what they say, and gives the code to leave with.
#[must_use]
pub fn main() -> ExitCode {
    // Without this a run ends by the signal itself, and leaves a file half written beside its place.
    let _ = ctrlc::set_handler(|| {
        whole::abandon();
        std::process::exit(INTERRUPTED);
    });
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !crate::history::decoding() && !crate::engine::is_expected(panic.payload()) {
            say(panic);
        }
    }));
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(run);
    let exit = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(_)) => {
            output::complain("This is a mistake in loyalty-dsl itself. Please report it with the program that caused it.");
            Exit::Data
        }
        Err(error) => {
            output::complain(&format!("The system gave no thread to work on: {error}."));
            Exit::Data
        }
    };
    exit.into()
}

/// Commands that later versions will have.
const LATER: [&str; 2] = ["lsp", "man"];

/// The command asked for, if it is one of those.
fn later() -> Option<&'static str> {
    let asked = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).find(|arg| !arg.starts_with('-'))?;
    LATER.into_iter().find(|command| *command == asked)
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            let wrong = help.use_stderr();
            if let Some(command) = later() {
                output::complain(&format!(
                    "`{command}` is not in this version yet. There are check, simulate, compare, sweep, read, merge, why, fmt, terms, new and completions."
                ));
                return Exit::Usage;
            }
            let text = help.to_string();
            let plain = text.lines().map(render::visible).collect::<Vec<_>>().join("\n");
            if wrong && plain != text.trim_end_matches('\n') {
                // What was typed is in it, with characters that a terminal would act on.
                output::complain(&plain);
                return Exit::Usage;
            }
            // If even this cannot be written, nobody is listening.
            let _ = help.print();
            return if wrong { Exit::Usage } else { Exit::Fine };
        }
    };
    let done = match cli.command {
        Command::Check(args) => check::run(&args, &cli.global),
        Command::Simulate(args) => simulate::run(&args, &cli.global),
        Command::Compare(args) => compare::run(&args, &cli.global),
        Command::Sweep(args) => sweep::run(&args, &cli.global),
        Command::Read(args) => read::run(&args, &cli.global),
        Command::Merge(args) => merge::run(&args, &cli.global),
        Command::Why(args) => why::run(&args, &cli.global),
        Command::Fmt(args) => fmt::run(&args, &cli.global),
        Command::Terms(args) => terms::run(&args, &cli.global),
        Command::New(args) => new::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match done {
        Ok(exit) => exit,
        Err(Stop::Pipe) => Exit::Fine,
        Err(Stop::Usage(message)) => {
            output::complain(&message);
            Exit::Usage
        }
        Err(Stop::Data(message)) => {
            output::complain(&message);
            Exit::Data
        }
    }
}
