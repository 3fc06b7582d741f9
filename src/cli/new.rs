//! `new`: a program to begin with, and a small history to try it on.

use super::exit::{Done, Exit, Stop};
use super::output;
use super::whole::Whole;
use crate::diagnostic::render;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of `new`.
#[derive(Clone, Debug, Args)]
pub(super) struct NewArgs {
    /// What the program is called; its file is called so too, in small letters
    #[arg(value_name = "NAME")]
    name: String,
    /// What to begin with: points, stamps or levels
    #[arg(long, value_name = "TEMPLATE", default_value = "points", hide_possible_values = true)]
    template: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Template {
    Points,
    Stamps,
    Levels,
}

/// What templates are called instead of the name asked for.
const PLACEHOLDER: &str = "My Program";
const PLACEHOLDER_FILE: &str = "my-program";

impl Template {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Points => (include_str!("templates/points.loy"), include_str!("templates/points.yaml")),
            Self::Stamps => (include_str!("templates/stamps.loy"), include_str!("templates/stamps.yaml")),
            Self::Levels => (include_str!("templates/levels.loy"), include_str!("templates/levels.yaml")),
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &NewArgs) -> Done {
    let name = args.name.trim();
    let file = file_name(name);
    if file.is_empty() || name.chars().any(char::is_control) || render::visible(name) != name {
        return Err(Stop::Usage("A program's name has letters or digits, for example: loyalty-dsl new \"Tea House\"".to_owned()));
    }
    let (program, history) = args.template.texts();
    let own = |text: &str| text.replace(PLACEHOLDER, &name.replace('"', "\"\"")).replace(PLACEHOLDER_FILE, &file);
    let (main, data) = (PathBuf::from(format!("{file}.loy")), PathBuf::from("data").join(format!("{file}.yaml")));
    for path in [&main, &data] {
        if path.symlink_metadata().is_ok() {
            return Err(Stop::Data(format!("{} is there already. Choose another name, or move it away.", output::shown(path))));
        }
    }
    let folder = Path::new("data");
    std::fs::create_dir_all(folder).map_err(|error| output::cannot_write(folder, &error))?;
    for (path, text) in [(&main, own(program)), (&data, own(history))] {
        let mut out = Whole::begin(path)?;
        out.write_all(text.as_bytes()).map_err(|error| output::cannot_write(path, &error))?;
        out.finish()?;
    }
    output::result(&format!(
        "{} is your program, {} a small history to try it on.\n\nNext:\n  loyalty-dsl check {}\n  loyalty-dsl simulate {}\n",
        main.display(),
        data.display(),
        main.display(),
        main.display()
    ))?;
    Ok(Exit::Fine)
}

/// `tea-house` for `Tea House`: letters and digits of any script, joined by hyphens.
fn file_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
