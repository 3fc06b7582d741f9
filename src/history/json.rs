//! JSON: a list of records, a list inside an object, or one record a line. Objects inside a record become columns with
//! dotted names; a list of lines inside it becomes a row each.

use super::HistoryError;
use super::cells::{Cell, Cells};
use super::column::Batch;
use super::csv;
use super::json_text::{Broken, Plain, Text, number, unquote};
use super::open::Place;
use memchr::memchr_iter;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;

/// Bytes of records that are read together.
const BLOCK: usize = 1 << 20;

/// A file whose columns are known.
pub(super) struct Json<'a> {
    place: &'a Place,
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    /// Names of the columns.
    pub header: Vec<String>,
    /// Lists of objects inside the records.
    pub lists: Vec<String>,
}

/// Whole records.
#[derive(Clone, Copy, Debug)]
struct Block {
    from: usize,
    to: usize,
    /// Rows before its own.
    before: u64,
}

impl<'a> Json<'a> {
    /// Opens a file and looks at all records for the names in them.
    pub fn open(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        let mut bytes = Vec::new();
        csv::decoded(place, encoding)?.read_to_end(&mut bytes).map_err(|error| place.error(super::open::broken(&error)))?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let mut json = Self { place, bytes, blocks: Vec::new(), header: Vec::new(), lists: Vec::new() };
        let wrong = |broken| said(place, &json.bytes, broken);
        let spans = records(Text { bytes: &json.bytes }, place).map_err(wrong)??;
        let blocks = together(&json.bytes, &spans);
        let seen: Vec<Result<Names, Broken>> = blocks.par_iter().map(|block| json.names(*block)).collect();
        let (mut header, mut lists, mut before) = (Names::default(), Vec::new(), 0);
        for (mut block, names) in blocks.into_iter().zip(seen) {
            let names = names.map_err(wrong)?;
            block.before = before;
            before += names.rows;
            names.list.into_iter().for_each(|name| header.add(&name));
            lists.extend(names.lists);
            json.blocks.push(block);
        }
        lists.sort();
        lists.dedup();
        if before == 0 {
            return Err(place.error("the JSON holds no record"));
        }
        if let Some(lines) = &place.how.lines
            && !lists.contains(lines)
        {
            let has = if lists.is_empty() {
                "they hold no list of objects".to_owned()
            } else {
                format!("lists in them are {}", lists.join(", "))
            };
            return Err(place.error(format!("no record holds a list \"{lines}\"; {has}")));
        }
        (json.header, json.lists) = (header.list, lists);
        Ok(json)
    }

    fn lines(&self) -> &str {
        self.place.how.lines.as_deref().unwrap_or_default()
    }

    fn names(&self, block: Block) -> Result<Names, Broken> {
        let mut names = Names::default();
        let text = Text { bytes: &self.bytes };
        self.each(block, |at| {
            let mut reader = Reader { text, lines: self.lines(), path: String::new() };
            let (end, rows) = reader.record(at, &mut names)?;
            names.rows += rows;
            Ok(end)
        })?;
        Ok(names)
    }

    /// Calls `record` with the beginning of every record of a block; it says where the record ends.
    fn each(&self, block: Block, mut record: impl FnMut(usize) -> Result<usize, Broken>) -> Result<(), Broken> {
        let text = Text { bytes: &self.bytes };
        let mut at = block.from;
        while at < block.to {
            if text.peek(at) == Some(b'{') {
                at = record(at)?;
            } else {
                // Commas and brackets between records.
                at += 1;
            }
        }
        Ok(())
    }

    /// Hands the rows to `work`, several batches at a time; what comes back is in the order of the file.
    pub fn read<T: Send>(
        &self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (column, field) in pick.iter().enumerate() {
            let name = self.header.get(*field).map_or("", String::as_str);
            wanted.entry(name).or_default().push(column);
        }
        let one = |block: &Block| {
            let batch = self.batch(*block, &wanted, pick.len()).map_err(|broken| said(self.place, &self.bytes, broken))?;
            work(batch)
        };
        self.blocks.par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
    }

    fn batch(&self, block: Block, wanted: &BTreeMap<&str, Vec<usize>>, width: usize) -> Result<Batch<'static>, Broken> {
        let mut cells = Cells::new(width, block.before + 1);
        let text = Text { bytes: &self.bytes };
        let mut row = Row { wanted, width, ..Row::new() };
        self.each(block, |at| {
            row.clear();
            let mut reader = Reader { text, lines: self.lines(), path: String::new() };
            let (end, _) = reader.record(at, &mut row)?;
            row.write(&mut cells);
            Ok(end)
        })?;
        Ok(cells.into_batch())
    }
}

/// Where a record begins and ends.
type Span = (usize, usize);

/// The records of a text, whichever way it holds them.
fn records(text: Text<'_>, place: &Place) -> Result<Result<Vec<Span>, HistoryError>, Broken> {
    let path: Option<Vec<&str>> = place.how.records.as_deref().map(|path| path.split('.').collect());
    let mut spans = Vec::new();
    let mut objects = 0_usize;
    let mut at = text.blank(0);
    while let Some(byte) = text.peek(at) {
        let end = match (&path, byte) {
            (None, b'[') => elements(text, at, &mut spans)?,
            (None, b'{') => {
                let end = text.skip(at)?;
                objects += 1;
                spans.push((at, end));
                end
            }
            (Some(path), b'{') => {
                let Some(list) = inside(text, at, path)? else {
                    let name = place.how.records.clone().unwrap_or_default();
                    return Ok(Err(place.error(format!("there is no list \"{name}\" in this JSON; {}", offer(text, at)?))));
                };
                elements(text, list, &mut spans)?;
                text.skip(at)?
            }
            (Some(_), b'[') => {
                return Ok(Err(place.error("this JSON is a list of records itself; leave `records` out of the mapping")));
            }
            _ => return Err((at, "a record in braces should stand here")),
        };
        at = text.blank(end);
    }
    // One object may be a record, or the wrapping of many.
    if let ([(at, _)], 1, None) = (spans.as_slice(), objects, &place.how.lines)
        && !lists(text, *at)?.is_empty()
    {
        return Ok(Err(place.error(format!("this JSON is one object; {}", offer(text, *at)?))));
    }
    Ok(Ok(spans))
}

fn elements(text: Text<'_>, at: usize, spans: &mut Vec<Span>) -> Result<usize, Broken> {
    text.list(at, |at| {
        if text.peek(at) != Some(b'{') {
            return Err((at, "a record in braces should stand here"));
        }
        let end = text.skip(at)?;
        spans.push((at, end));
        Ok(end)
    })
}

/// Where the list at the end of a path begins.
fn inside(text: Text<'_>, at: usize, path: &[&str]) -> Result<Option<usize>, Broken> {
    let Some((first, rest)) = path.split_first() else { return Ok((text.peek(at) == Some(b'[')).then_some(at)) };
    if text.peek(at) != Some(b'{') {
        return Ok(None);
    }
    let mut found = None;
    text.object(at, |name, value| {
        if name == first.as_bytes() {
            found = inside(text, value, rest)?;
        }
        text.skip(value)
    })?;
    Ok(found)
}

/// Lists of objects right in an object, or in an object of it.
fn lists(text: Text<'_>, at: usize) -> Result<Vec<String>, Broken> {
    let mut all = Vec::new();
    text.object(at, |name, value| {
        let name = String::from_utf8_lossy(name).into_owned();
        let next = text.blank(value + 1);
        match text.peek(value) {
            Some(b'[') if text.peek(next) == Some(b'{') => all.push(name),
            Some(b'{') => all.extend(lists(text, value)?.into_iter().map(|inner| format!("{name}.{inner}"))),
            _ => {}
        }
        text.skip(value)
    })?;
    Ok(all)
}

/// The one list of records in a file that is one object: where there are several, somebody must say which is meant.
pub(super) fn only_list(place: &Place) -> Option<String> {
    let mut bytes = Vec::new();
    csv::decoded(place, None).ok()?.read_to_end(&mut bytes).ok()?;
    let text = Text { bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) };
    let at = text.blank(0);
    let end = text.skip(at).ok().filter(|_| text.peek(at) == Some(b'{'))?;
    let found = lists(text, at).ok().filter(|_| text.peek(text.blank(end)).is_none())?;
    if let [only] = found.as_slice() { Some(only.clone()) } else { None }
}

/// What to write in the mapping.
fn offer(text: Text<'_>, at: usize) -> Result<String, Broken> {
    let lists = lists(text, at)?;
    Ok(match lists.first() {
        None => "it holds no list of records".to_owned(),
        Some(first) => {
            let shown = lists.iter().map(|name| super::rejects::printable(name)).collect::<Vec<_>>().join(", ");
            format!(
                "lists in it are {shown}. Say in a mapping file which holds the records, such as records: {first}; if it is one record with lines, lines: {first}"
            )
        }
    })
}

/// Puts neighbouring records into blocks.
fn together(bytes: &[u8], spans: &[Span]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (from, to) in spans {
        let joins = blocks.last_mut().filter(|last| {
            let between = bytes.get(last.to..*from).unwrap_or_default();
            last.to - last.from < BLOCK && between.iter().all(|byte| matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t'))
        });
        match joins {
            Some(last) => last.to = *to,
            None => blocks.push(Block { from: *from, to: *to, before: 0 }),
        }
    }
    blocks
}

/// Says what is wrong, and in which line of the file.
fn said(place: &Place, bytes: &[u8], (at, message): Broken) -> HistoryError {
    let line = 1 + memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count();
    place.error(format!("line {line}: {message}"))
}

/// Takes what a record holds.
trait Sink {
    fn value(&mut self, path: &str, value: Plain<'_>) -> Result<(), &'static str>;
    /// Values of a list, one after the other.
    fn more(&mut self, path: &str, value: Plain<'_>) -> Result<(), &'static str>;
    fn list(&mut self, path: &str);
    /// What follows is a line.
    fn line(&mut self);
    /// What follows is of the record again.
    fn head(&mut self);
}

/// Walks through a record.
struct Reader<'t> {
    text: Text<'t>,
    lines: &'t str,
    path: String,
}

impl Reader<'_> {
    /// Where a record ends, and how many rows it is.
    fn record(&mut self, at: usize, sink: &mut impl Sink) -> Result<(usize, u64), Broken> {
        let mut rows = 0;
        let end = self.object(at, sink, &mut rows)?;
        Ok((end, rows.max(1)))
    }

    fn object(&mut self, at: usize, sink: &mut impl Sink, rows: &mut u64) -> Result<usize, Broken> {
        let length = self.path.len();
        let text = self.text;
        let end = text.object(at, |name, value| {
            if length > 0 {
                self.path.push('.');
            }
            unquote(name, &mut self.path).map_err(|message| (value, message))?;
            let end = self.value(value, sink, rows)?;
            self.path.truncate(length);
            Ok(end)
        })?;
        Ok(end)
    }

    fn value(&mut self, at: usize, sink: &mut impl Sink, rows: &mut u64) -> Result<usize, Broken> {
        match self.text.peek(at) {
            Some(b'{') => self.object(at, sink, rows),
            Some(b'[') => self.list(at, sink, rows),
            _ => {
                let (value, end) = self.text.plain(at)?;
                sink.value(&self.path, value).map_err(|message| (at, message))?;
                Ok(end)
            }
        }
    }

    fn list(&mut self, at: usize, sink: &mut impl Sink, rows: &mut u64) -> Result<usize, Broken> {
        let text = self.text;
        let lines = !self.lines.is_empty() && self.path == self.lines;
        let end = text.list(at, |at| match text.peek(at) {
            Some(b'{') => {
                sink.list(&self.path);
                if !lines {
                    return text.skip(at);
                }
                *rows += 1;
                sink.line();
                self.object(at, sink, &mut 0)
            }
            Some(b'[') => text.skip(at),
            _ => {
                let (value, end) = text.plain(at)?;
                sink.more(&self.path, value).map_err(|message| (at, message))?;
                Ok(end)
            }
        })?;
        if lines {
            sink.head();
        }
        Ok(end)
    }
}

/// Names in the order in which they first come.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    known: BTreeMap<String, ()>,
    lists: Vec<String>,
    rows: u64,
}

impl Names {
    fn add(&mut self, name: &str) {
        if !self.known.contains_key(name) {
            self.known.insert(name.to_owned(), ());
            self.list.push(name.to_owned());
        }
    }
}

impl Sink for Names {
    fn value(&mut self, path: &str, _: Plain<'_>) -> Result<(), &'static str> {
        self.add(path);
        Ok(())
    }

    fn more(&mut self, path: &str, _: Plain<'_>) -> Result<(), &'static str> {
        self.add(path);
        Ok(())
    }

    fn list(&mut self, path: &str) {
        if !self.lists.iter().any(|known| known == path) {
            self.lists.push(path.to_owned());
        }
    }

    fn line(&mut self) {}
    fn head(&mut self) {}
}

/// The fields of a record: first those of the record, then those of each line.
struct Row<'w> {
    wanted: &'w BTreeMap<&'w str, Vec<usize>>,
    width: usize,
    text: String,
    /// Of the record, then of each line: where the text of a column stands, and whether somebody wrote it.
    parts: Vec<Vec<Option<(usize, usize, bool)>>>,
    /// The part that is filled.
    now: usize,
}

static NOTHING: BTreeMap<&str, Vec<usize>> = BTreeMap::new();

impl Row<'_> {
    fn new() -> Self {
        Row { wanted: &NOTHING, width: 0, text: String::new(), parts: Vec::new(), now: 0 }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.parts.push(vec![None; self.width]);
        self.now = 0;
    }

    fn write(&self, cells: &mut Cells) {
        let cell = |part: Option<&Vec<Option<(usize, usize, bool)>>>, column: usize| {
            let (from, to, written) = part.and_then(|part| part.get(column)).copied().flatten()?;
            let text = self.text.get(from..to)?;
            Some(if written { Cell::Written(text) } else { Cell::Exact(text) })
        };
        let head = self.parts.first();
        if self.parts.len() < 2 {
            cells.push(|column| cell(head, column).unwrap_or(Cell::Missing));
            return;
        }
        for line in self.parts.iter().skip(1) {
            cells.push(|column| cell(Some(line), column).or_else(|| cell(head, column)).unwrap_or(Cell::Missing));
        }
    }

    fn put(&mut self, path: &str, value: Plain<'_>, again: bool) -> Result<(), &'static str> {
        let Some(columns) = self.wanted.get(path) else { return Ok(()) };
        let mut from = self.text.len();
        let known = columns.first().and_then(|column| self.parts.get(self.now)?.get(*column).copied().flatten());
        if let Some((first, to, _)) = known {
            if !again {
                return Err("the same name stands twice in one record");
            }
            let before = self.text.get(first..to).unwrap_or_default().to_owned();
            self.text.push_str(&before);
            self.text.push_str(", ");
            from = self.text.len() - before.len() - 2;
        }
        let mut written = true;
        match value {
            Plain::Null if known.is_none() => return Ok(()),
            Plain::Null => {}
            Plain::Bool(value) => self.text.push_str(if value { "true" } else { "false" }),
            Plain::Quoted(text) => unquote(text, &mut self.text)?,
            Plain::Number(raw) => {
                number(raw, &mut self.text)?;
                written = known.is_some();
            }
        }
        let to = self.text.len();
        for column in columns {
            if let Some(slot) = self.parts.get_mut(self.now).and_then(|part| part.get_mut(*column)) {
                *slot = Some((from, to, written));
            }
        }
        Ok(())
    }
}

impl Sink for Row<'_> {
    fn value(&mut self, path: &str, value: Plain<'_>) -> Result<(), &'static str> {
        self.put(path, value, false)
    }

    fn more(&mut self, path: &str, value: Plain<'_>) -> Result<(), &'static str> {
        self.put(path, value, true)
    }

    fn list(&mut self, _: &str) {}

    fn line(&mut self) {
        self.now = self.parts.len();
        self.parts.push(vec![None; self.width]);
    }

    fn head(&mut self) {
        self.now = 0;
    }
}
