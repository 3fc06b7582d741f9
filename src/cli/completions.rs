//! `completions`: what a shell offers when Tab is pressed.

use super::exit::{Done, Exit};
use super::{Cli, output};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Options of `completions`.
#[derive(Clone, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell: bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "loyalty-dsl", &mut script);
    output::result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
