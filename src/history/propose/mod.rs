//! From the look of files to a mapping: what is beyond doubt is written, what is not is written with its alternatives.

mod fits;
mod known;
mod settings;
mod states;
mod writer;

use super::guess;
use super::look::{self, Seen};
use super::presets;
use super::relate::Related;
use super::{HistoryError, names};
use settings::Settings;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use writer::Writer;

/// A mapping that was written for files.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// The mapping, with comments.
    pub mapping: String,
    /// What a person must decide before it can be used.
    pub undecided: Vec<String>,
    /// Words of the mapping that a column was found for.
    pub found: BTreeSet<String>,
    /// Columns that were not taken for anything.
    pub left: BTreeSet<String>,
    /// The export that the files were recognised as.
    pub known: Option<&'static str>,
    /// The currency that the amounts seem to be in.
    pub currency: Option<String>,
}

/// Looks at files and writes a mapping for them. `named` says how the mapping will call each; `like` is a known export.
///
/// # Errors
/// A [`HistoryError`] where a file cannot be read as a table.
pub fn propose(files: &[PathBuf], like: Option<&str>, named: &dyn Fn(&Path) -> String) -> Result<Proposal, HistoryError> {
    let mut seen = Vec::new();
    let mut encoding = None;
    for file in files {
        let (found, own) = looked_at(file)?;
        encoding = encoding.or(own);
        seen.extend(found.into_iter().map(|seen| (named(&seen.place.path), seen)));
    }
    let mut proposal = Proposal::default();
    let preset = match like {
        Some(like) => presets::called(like),
        None => seen.first().and_then(|(_, seen)| presets::of(&header(seen))),
    };
    if let Some(preset) = preset {
        known::write_preset(&mut proposal, preset, &seen);
        return Ok(proposal);
    }
    let mut settings = Settings::default();
    let several = seen.len() > 1 && seen.iter().all(|(_, other)| seen.first().is_some_and(|(_, first)| header(first) == header(other)));
    let tables: Vec<(String, Seen)> = if several { vec![together(seen)] } else { seen };
    let _ = writeln!(proposal.mapping, "# Made by `loyalty-dsl read`. What stands behind # is not read by the program: it says why.\n");
    for (name, seen) in &tables {
        let taken = BTreeSet::new();
        let related = Related::default();
        let before = proposal.mapping.len();
        Writer {
            proposal: &mut proposal,
            settings: &mut settings,
            name,
            seen,
            encoding,
            taken,
            related,
            id: None,
            id_at: None,
            writing: "",
            of_lines: false,
        }
        .table()?;
        one_of_each(&mut proposal, before, name);
    }
    settings.write(&mut proposal);
    if let Some(encoding) = encoding {
        let _ =
            writeln!(proposal.mapping, "encoding: {encoding}   # its letters are no UTF-8, and so its columns have names that are known");
    }
    Ok(proposal)
}

/// A mapping has one table of each kind: what a second file would be is written as a comment, and asked about.
fn one_of_each(proposal: &mut Proposal, before: usize, name: &str) {
    let added = proposal.mapping.split_off(before);
    let heads = |text: &str| -> BTreeSet<String> {
        text.lines().filter(|line| line.ends_with(':') && line.starts_with(|l: char| l.is_ascii_lowercase())).map(str::to_owned).collect()
    };
    let known = heads(&proposal.mapping);
    let again: Vec<String> = heads(&added).intersection(&known).cloned().collect();
    let Some(head) = again.first() else { return proposal.mapping.push_str(&added) };
    let table = head.trim_end_matches(':');
    proposal.undecided.push(format!("{name} looks like {table} too, and a mapping has one such table"));
    let _ = writeln!(
        proposal.mapping,
        "# UNDECIDED: this looks like {table} too. Use this table or the one above, or a query that brings both together"
    );
    for line in added.lines() {
        let _ = writeln!(proposal.mapping, "{}{line}", if line.is_empty() { "" } else { "# " });
    }
    proposal.mapping.push('\n');
}

/// Looks at a file. Where its letters are not UTF-8, old encodings are tried: one in which its columns have known names.
fn looked_at(file: &Path) -> Result<(Vec<Seen>, Option<&'static str>), HistoryError> {
    let error = match look::file(file, None) {
        Ok(found) => return Ok((found, None)),
        Err(error) if error.message.contains("not in UTF-8") => error,
        Err(error) => return Err(error),
    };
    let mut best: Option<(usize, (Vec<Seen>, Option<&'static str>))> = None;
    for encoding in ["windows-1252", "windows-1251", "gb18030"] {
        let Ok(found) = look::file(file, Some(encoding)) else { continue };
        let columns = || found.iter().flat_map(|seen| &seen.columns).map(|facts| facts.name.as_str());
        let known = columns().filter(|name| names::known(name) || guess::means_something(name)).count();
        // No word has letters of two scripts.
        let good = known >= 3 && !columns().any(mixed);
        if good && best.as_ref().is_none_or(|(most, _)| known > *most) {
            best = Some((known, (found, Some(encoding))));
        }
    }
    best.map(|(_, found)| found).ok_or(error)
}

/// Whether small Latin letters stand beside letters of another script.
fn mixed(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    letters.windows(2).any(|pair| {
        let foreign = |letter: &char| letter.is_alphabetic() && *letter > '\u{24f}';
        matches!(pair, [a, b] if a.is_ascii_lowercase() && foreign(b) || foreign(a) && b.is_ascii_lowercase())
    })
}

fn header(seen: &Seen) -> Vec<String> {
    seen.columns.iter().map(|column| column.name.clone()).collect()
}

/// Files with the same columns are one table.
fn together(all: Vec<(String, Seen)>) -> (String, Seen) {
    let names: Vec<String> = all.iter().map(|(name, _)| quoted(name)).collect();
    let mut seen = all.into_iter().map(|(_, seen)| seen);
    let Some(mut first) = seen.next() else { return (String::new(), Seen::default()) };
    for other in seen {
        first.rows += other.rows;
        for (mine, theirs) in first.columns.iter_mut().zip(other.columns) {
            mine.merge(theirs);
        }
    }
    (format!("[{}]", names.join(", ")), first)
}

/// A text as YAML takes it.
fn quoted(text: &str) -> String {
    let simple = text.chars().enumerate().all(|(at, letter)| {
        letter.is_alphanumeric() || at > 0 && matches!(letter, ' ' | '_' | '.' | '/' | '-' | '(' | ')') || at > 0 && letter == '\''
    });
    let word = !matches!(text.to_lowercase().as_str(), "yes" | "no" | "true" | "false" | "null" | "on" | "off" | "y" | "n");
    let numeric = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-'));
    if simple && word && !numeric && !text.is_empty() && text.trim() == text {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"))
    }
}
