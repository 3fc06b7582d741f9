//! What a file holds, told by its first bytes and never by its name.

use std::io::{Read, Seek};

/// Bytes that are looked at.
pub(super) const LOOKED_AT: u64 = 4096;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    ArrowFile,
    ArrowStream,
    Json,
    Xlsx,
    Ods,
    Sqlite,
    Gzip,
    Zstd,
    Zip,
    Text,
    /// A format that is known and not read: what it is, and what to do.
    Foreign(&'static str),
}

const XLS: &str = "this is an old Excel workbook (.xls); open it and save it as .xlsx or CSV";
const UNPACK: &str =
    "this is a packed archive of a kind that is not read; unpack it and name the file inside, or pack that with gzip, zstd or zip";
const EXPORT: &str = "; export the table as CSV or Parquet";

/// Beginnings that tell a format.
const MARKS: [(&[u8], Format); 24] = [
    (b"PAR1", Format::Parquet),
    (b"ARROW1", Format::ArrowFile),
    (b"SQLite format 3\0", Format::Sqlite),
    (&[0x1f, 0x8b], Format::Gzip),
    (&[0x28, 0xb5, 0x2f, 0xfd], Format::Zstd),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (&[0xff, 0xff, 0xff, 0xff], Format::ArrowStream),
    (b"FEA1", Format::Foreign("this is a Feather file of version 1; write it again as version 2, as Arrow IPC or as Parquet")),
    (&[0xd0, 0xcf, 0x11, 0xe0], Format::Foreign(XLS)),
    (&[0x09, 0x08, 0x10, 0x00], Format::Foreign(XLS)),
    (b"Rar!", Format::Foreign(UNPACK)),
    (b"7z\xbc\xaf", Format::Foreign(UNPACK)),
    (b"\xfd7zXZ", Format::Foreign("this is packed with xz, which is not read; unpack it, or pack it with gzip or zstd")),
    (&[0x04, 0x22, 0x4d, 0x18], Format::Foreign("this is packed with lz4, which is not read; unpack it, or pack it with gzip or zstd")),
    (b"%PDF", Format::Foreign("this is a PDF document; export the table that it shows as CSV or XLSX")),
    (b"Obj\x01", Format::Foreign("this is an Avro file, which is not read; write it as Parquet or JSON lines")),
    (b"\x89HDF", Format::Foreign("this is an HDF5 file, which is not read; write the table as Parquet")),
    (b"PGDMP", Format::Foreign("this is a dump of a PostgreSQL database; restore it and read its tables, or export them as CSV")),
    (b"$FL2", Format::Foreign("this is an SPSS file, which is not read; export it as CSV")),
    (b"RDX3", Format::Foreign("this is a file of R, which is not read; write the table as CSV or Parquet")),
    (b"<stata_dta>", Format::Foreign("this is a Stata file, which is not read; export it as CSV")),
    (b"\x89PNG", Format::Foreign("this is a picture, not a table")),
    (&[0xff, 0xd8, 0xff], Format::Foreign("this is a picture, not a table")),
];

/// The format of what begins so. A zip may still be a workbook: see [`inside_zip`].
pub(super) fn of(start: &[u8]) -> Format {
    if let Some((_, format)) = MARKS.iter().find(|(mark, _)| start.starts_with(mark)) {
        return *format;
    }
    let at = |from: usize, mark: &[u8]| start.get(from..).is_some_and(|rest| rest.starts_with(mark));
    if at(0, b"BZh") && at(4, b"1AY&SY") {
        return Format::Foreign("this is packed with bzip2, which is not read; unpack it, or pack it with gzip or zstd");
    }
    if at(0, b"ORC") && start.get(3).is_some_and(|byte| !byte.is_ascii_graphic()) {
        return Format::Foreign("this is an ORC file, which is not read; write it as Parquet");
    }
    if at(257, b"ustar") {
        return Format::Foreign("this is a tar archive; unpack it and name the files inside");
    }
    if at(8, b"DUCK") {
        return Format::Foreign(
            "this is a DuckDB database, which is not read; write its table as Parquet: COPY orders TO 'orders.parquet'",
        );
    }
    if at(4, b"Standard Jet DB") || at(4, b"Standard ACE DB") {
        return Format::Foreign("this is an Access database, which is not read; export its table as CSV or XLSX");
    }
    text(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start))
}

/// Formats that are texts.
fn text(start: &[u8]) -> Format {
    let start = start.trim_ascii_start();
    let second = |start: &[u8]| start.get(1..).unwrap_or_default().trim_ascii_start().first().copied();
    match start.first() {
        Some(b'[') if matches!(second(start), Some(b'{' | b'[' | b']')) => return Format::Json,
        Some(b'{') if matches!(second(start), Some(b'"' | b'}')) => return Format::Json,
        Some(b'<') => {}
        _ => return Format::Text,
    }
    let lower: Vec<u8> = start.iter().take(200).map(u8::to_ascii_lowercase).collect();
    if lower.starts_with(b"<?xml") {
        return Format::Foreign("this is an XML file, which is not read; export it as CSV, JSON or XLSX");
    }
    if [b"<html".as_slice(), b"<!doctype html", b"<table", b"<head", b"<meta"].iter().any(|mark| lower.starts_with(mark)) {
        return Format::Foreign("this is a web page (some shops call one .xls); open it and save it as .xlsx or CSV");
    }
    Format::Text
}

/// What a zip holds, by the names in it.
pub(super) fn inside_zip(file: impl Read + Seek) -> Result<Format, String> {
    let mut zip =
        zip::ZipArchive::new(file).map_err(|error| format!("this zip cannot be unpacked: it is damaged or was cut off ({error})"))?;
    let has = |name: &str| zip.file_names().any(|inside| inside.is_ok_and(|inside| inside == name));
    if has("xl/workbook.xml") {
        return Ok(Format::Xlsx);
    }
    if has("xl/workbook.bin") {
        return Ok(Format::Foreign("this is a binary Excel workbook (.xlsb); open it and save it as .xlsx or CSV"));
    }
    if has("word/document.xml") {
        return Ok(Format::Foreign("this is a Word document; copy the table into a workbook or a CSV file"));
    }
    if has("Index/Document.iwa") {
        return Ok(Format::Foreign("this is a Numbers workbook; export it as .xlsx or CSV"));
    }
    let Some(kind) = zip.index_for_name("mimetype") else { return Ok(Format::Zip) };
    let mut text = String::new();
    let read = zip.by_index(kind).map_err(|error| error.to_string())?.take(200).read_to_string(&mut text);
    Ok(match read {
        Ok(_) if text.contains("opendocument.spreadsheet") => Format::Ods,
        Ok(_) if text.contains("opendocument") => {
            Format::Foreign("this is a document and not a workbook; save its table as .ods, .xlsx or CSV")
        }
        _ => Format::Zip,
    })
}

/// What to say of a format that is not read.
pub(super) fn not_read(what: &str) -> String {
    if what.contains(';') { what.to_owned() } else { format!("{what}{EXPORT}") }
}
