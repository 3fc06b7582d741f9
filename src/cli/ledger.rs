//! Writes a ledger of any size to a file.

use super::exit::{Done, Stop};
use super::output::{cannot_write, shown};
use super::whole::{self, Whole};
use crate::engine::ledger::{Entry, Sink};
use crate::history::model::History;
use crate::program::Program;
use crate::report::write::{LedgerForm, LedgerLines, LedgerParquet};
use crate::value::Decimal;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How hard Zstandard tries.
const ZSTD_LEVEL: i32 = 3;

/// Takes entries in the order in which accounts are done, and brings them into the order of accounts at the end.
///
/// Lines are kept in a temporary file; memory holds where those of each account stand.
pub(super) struct LedgerFile<'a> {
    lines: LedgerLines<'a>,
    path: PathBuf,
    spool: BufWriter<File>,
    /// Part, account, and the bytes of its lines.
    places: Vec<(usize, usize, u64, usize)>,
    length: u64,
    block: Vec<u8>,
    failed: Option<std::io::Error>,
}

/// The form that a file's name asks for.
pub(super) fn form(path: &Path) -> Done<LedgerForm> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    match plain.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => Ok(LedgerForm::Csv),
        Some("jsonl") => Ok(LedgerForm::JsonLines),
        Some("parquet") => Ok(LedgerForm::Parquet),
        _ => {
            Err(Stop::Usage(format!("{}: name the file .csv, .jsonl or .parquet, with .gz or .zst behind it to compress it.", shown(path))))
        }
    }
}

impl<'a> LedgerFile<'a> {
    pub(super) fn begin(path: &Path, program: &'a Program, history: &'a History, reward_cost: Decimal) -> Done<Self> {
        let spool = whole::scratch(path)?;
        Ok(Self {
            lines: LedgerLines { program, history, form: form(path)?, reward_cost },
            path: path.to_owned(),
            spool: BufWriter::new(spool),
            places: Vec::new(),
            length: 0,
            block: Vec::new(),
            failed: None,
        })
    }

    /// Writes the file: accounts bytewise, each with its entries in order.
    pub(super) fn finish(mut self) -> Done<()> {
        let path = std::mem::take(&mut self.path);
        let whole = self.merge(&path).map_err(|error| cannot_write(&path, &error))?;
        whole?.finish()
    }

    fn merge(&mut self, path: &Path) -> std::io::Result<Done<Whole>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.spool.flush()?;
        let history = self.lines.history;
        let id = |part: usize, account: usize| {
            history.parts.get(part).and_then(|part| part.accounts.get(account)).map_or("", |account| &account.id)
        };
        self.places.sort_by(|a, b| id(a.0, a.1).as_bytes().cmp(id(b.0, b.1).as_bytes()).then(a.2.cmp(&b.2)));
        let mut whole = match Whole::begin(path) {
            Ok(whole) => whole,
            Err(stop) => return Ok(Err(stop)),
        };
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("gz") => {
                // No name and no time: the same bytes whenever it is written.
                let mut packed = flate2::write::GzEncoder::new(whole, flate2::Compression::default());
                self.write(&mut packed)?;
                return packed.finish().map(Ok);
            }
            Some("zst") => {
                let mut packed = zstd::Encoder::new(whole, ZSTD_LEVEL)?;
                self.write(&mut packed)?;
                return packed.finish().map(Ok);
            }
            _ => self.write(&mut whole)?,
        }
        Ok(Ok(whole))
    }

    fn write<W: Write + Send>(&mut self, out: &mut W) -> std::io::Result<()> {
        if self.lines.form == LedgerForm::Parquet {
            let mut parquet = LedgerParquet::new(out, self.lines.program, self.lines.reward_cost)?;
            self.in_order(|lines| parquet.lines(lines))?;
            return parquet.finish().map(|_| ());
        }
        out.write_all(self.lines.header().as_bytes())?;
        self.in_order(|lines| out.write_all(lines))
    }

    /// Goes through the lines of the accounts in their order.
    fn in_order(&mut self, mut take: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        let spool = self.spool.get_mut();
        for (_, _, start, length) in &self.places {
            self.block.resize(*length, 0);
            spool.seek(SeekFrom::Start(*start))?;
            spool.read_exact(&mut self.block)?;
            take(&self.block)?;
        }
        Ok(())
    }

    fn keep(&mut self, part: usize, account: usize, entries: &[Entry]) -> std::io::Result<()> {
        self.block.clear();
        self.lines.write(part, account, entries, &mut self.block)?;
        self.spool.write_all(&self.block)?;
        self.places.push((part, account, self.length, self.block.len()));
        self.length = self.length.saturating_add(u64::try_from(self.block.len()).unwrap_or(u64::MAX));
        Ok(())
    }
}

impl Sink for LedgerFile<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        if self.failed.is_none() && !entries.is_empty() {
            self.failed = self.keep(part, account, entries).err();
        }
    }
}
