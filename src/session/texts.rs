//! Where the texts of a program come from.

use crate::source::SourceFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The files beside a program's main file, however they are kept: on disk, in an editor, in a partial result.
pub trait Files {
    /// The file that the file with index `from` includes.
    ///
    /// # Errors
    /// What is wrong, in words, without a full stop.
    fn include(&mut self, name: &str, from: u16) -> Result<SourceFile, String>;

    /// The text of a price list that the file with index `from` names.
    ///
    /// # Errors
    /// What is wrong, in words, without a full stop.
    fn beside(&mut self, name: &str, from: u16) -> Result<String, String>;
}

/// For a program that is one text.
pub struct NoFiles;

impl Files for NoFiles {
    fn include(&mut self, _: &str, _: u16) -> Result<SourceFile, String> {
        Err("there are no files beside this program".to_owned())
    }

    fn beside(&mut self, _: &str, _: u16) -> Result<String, String> {
        Err("there are no files beside this program".to_owned())
    }
}

/// The name to show, the path and the text of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Text {
    name: String,
    path: PathBuf,
    text: String,
}

impl Text {
    fn of(file: &SourceFile) -> Self {
        let mark = if file.marked { "\u{feff}" } else { "" };
        Self { name: file.name.clone(), path: file.path.clone(), text: format!("{mark}{}", file.text) }
    }

    fn file(&self) -> SourceFile {
        SourceFile::new(self.name.clone(), self.path.clone(), self.text.clone())
    }
}

/// Everything that was read of a program: enough to read it again elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    main: Text,
    /// By the index of the file that names it and its name there.
    includes: BTreeMap<String, Text>,
    beside: BTreeMap<String, String>,
}

fn key(name: &str, from: u16) -> String {
    format!("{from}:{name}")
}

impl Texts {
    /// SHA-256 of the main file's bytes, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(self.main.text.as_bytes())
    }

    /// The main file.
    #[must_use]
    pub fn main(&self) -> SourceFile {
        self.main.file()
    }
}

impl Files for Texts {
    fn include(&mut self, name: &str, from: u16) -> Result<SourceFile, String> {
        self.includes.get(&key(name, from)).map(Text::file).ok_or_else(|| "it was not kept".to_owned())
    }

    fn beside(&mut self, name: &str, from: u16) -> Result<String, String> {
        self.beside.get(&key(name, from)).cloned().ok_or_else(|| "it was not kept".to_owned())
    }
}

/// Keeps what is read.
pub(super) struct Keeping<'a> {
    files: &'a mut dyn Files,
    pub texts: Texts,
}

impl<'a> Keeping<'a> {
    pub fn new(main: &SourceFile, files: &'a mut dyn Files) -> Self {
        Self { files, texts: Texts { main: Text::of(main), ..Texts::default() } }
    }
}

impl Files for Keeping<'_> {
    fn include(&mut self, name: &str, from: u16) -> Result<SourceFile, String> {
        let file = self.files.include(name, from)?;
        self.texts.includes.insert(key(name, from), Text::of(&file));
        Ok(file)
    }

    fn beside(&mut self, name: &str, from: u16) -> Result<String, String> {
        let text = self.files.beside(name, from)?;
        self.texts.beside.insert(key(name, from), text.clone());
        Ok(text)
    }
}

/// SHA-256, hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
