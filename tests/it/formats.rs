//! The formats that histories come in: each file here holds the same three purchases, 12.50, 20.00 and 1234.50.

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, StructArray, TimestampMillisecondArray};
use arrow_schema::{DataType, Field};
use loyalty_dsl::history::model::{History, Needs};
use loyalty_dsl::history::{Options, read};
use loyalty_dsl::value::{Rounding, Zone};
use std::fs;
use std::io::{Cursor, Write};
use std::sync::Arc;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const PLAIN: &str =
    "customer,id,at,amount\na,1,2025-01-01T10:00:00,12.50\na,2,2025-02-01T11:00:00,20.00\nb,3,2025-02-02T12:00:00,1234.50\n";

struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn read(&self, name: &str) -> Result<History, String> {
        let zone = Zone::find("UTC").unwrap();
        let needs = Needs::default();
        let options = Options {
            currency: "EUR",
            decimals: 2,
            zone: &zone,
            round_money: Rounding::HalfUp,
            account_by: None,
            needs: &needs,
            everything: true,
            threads: 2,
            outside: false,
        };
        let path = self.0.path().join(name);
        read(&path, &options).map(|read| read.history).map_err(|error| error.to_string().replace(&*self.0.path().to_string_lossy(), ""))
    }

    /// What goes wrong.
    fn fault(&self, name: &str) -> String {
        self.read(name).map_or_else(|error| error, |history| panic!("{name} was read: {:?}", sums(&history)))
    }

    fn is_plain(&self, name: &str) -> History {
        let history = self.read(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            sums(&history),
            [("a".to_owned(), vec![1250, 2000]), ("b".to_owned(), vec![123_450])],
            "{name}: {:?}",
            history.accounting
        );
        let part = &history.parts[0];
        let hour = |at: i64| at / 3_600_000_000 % 24;
        let mut hours: Vec<i64> = history.parts.iter().flat_map(|part| &part.purchases.at).map(|at| hour(at.0)).collect();
        hours.sort_unstable();
        assert!(hours == [10, 11, 12] || hours == [0, 0, 0], "{name}: {hours:?} {part:?}");
        history
    }
}

fn sums(history: &History) -> Vec<(String, Vec<i64>)> {
    let accounts = history.parts.iter().flat_map(|part| part.accounts.iter().map(move |account| (part, account)));
    let mut all: Vec<(String, Vec<i64>)> = accounts
        .map(|(part, account)| {
            let range = account.purchases.start as usize..account.purchases.end as usize;
            (account.id.clone(), part.purchases.amount[range].to_vec())
        })
        .collect();
    all.sort();
    all
}

/// A zip of such files.
fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with such sheets; `s="1"` is the style of dates.
fn workbook(sheets: &[(&str, &str)], since_1904: bool) -> Vec<u8> {
    let mut list = String::new();
    let mut relations = String::new();
    let mut kinds = String::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for (at, (name, rows)) in sheets.iter().enumerate() {
        let n = at + 1;
        list += &format!(r#"<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>"#);
        relations += &format!(
            r#"<Relationship Id="rId{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{n}.xml"/>"#
        );
        kinds += &format!(
            r#"<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
        );
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        files.push((format!("xl/worksheets/sheet{n}.xml"), sheet));
    }
    let epoch = if since_1904 { r#"<workbookPr date1904="1"/>"# } else { "" };
    files.push((
        "xl/workbook.xml".to_owned(),
        format!(
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">{epoch}<sheets>{list}</sheets></workbook>"#
        ),
    ));
    files.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}<Relationship Id="rIdS" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#
        ),
    ));
    files.push((
        "xl/styles.xml".to_owned(),
        r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#.to_owned(),
    ));
    files.push((
        "_rels/.rels".to_owned(),
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned(),
    ));
    files.push((
        "[Content_Types].xml".to_owned(),
        format!(
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>"#
        ),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    zipped(&files)
}

/// Cells of a row: texts, and numbers with their style.
fn row(at: u32, cells: &[&str]) -> String {
    let cell = |(column, text): (usize, &&str)| {
        let place = format!("{}{at}", char::from(b'A' + u8::try_from(column).unwrap()));
        match text.split_once(':') {
            _ if text.is_empty() => String::new(),
            Some(("n", number)) => format!(r#"<c r="{place}"><v>{number}</v></c>"#),
            Some(("d", number)) => format!(r#"<c r="{place}" s="1"><v>{number}</v></c>"#),
            Some(("f", formula)) => format!(r#"<c r="{place}"><f>{formula}</f></c>"#),
            _ => format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#),
        }
    };
    format!(r#"<row r="{at}">{}</row>"#, cells.iter().enumerate().map(cell).collect::<String>())
}

#[test]
fn what_divides_fields_is_found() {
    let desk = Desk::new();
    for (name, sign) in [("p.csv", "|"), ("s.csv", ";"), ("t.csv", "\t"), ("c.csv", ",")] {
        desk.put(name, PLAIN.replace(',', sign));
        let history = desk.is_plain(name);
        assert_eq!(history.notes.iter().any(|note| note.contains("fields are divided by")), sign != ",", "{name}: {:?}", history.notes);
    }
    // The other sign in every value: as wide, but without a name that is known.
    desk.put("words.csv", "customer;id;at;amount;remark\na;1;2025-01-01T10:00;12.50;x, y, z, v, w\na;2;2025-02-01T11:00;20.00;x, y, z, v, w\nb;3;2025-02-02T12:00;1234.50;x, y, z, v, w\n");
    desk.is_plain("words.csv");
    desk.put("said.csv", format!("sep=;\n{}", PLAIN.replace(',', ";")));
    desk.is_plain("said.csv");
    desk.put("said-tab.csv", format!("sep=\t\r\n{}", PLAIN.replace(',', "\t").replace('\n', "\r\n")));
    desk.is_plain("said-tab.csv");
    let wide: Vec<u8> = PLAIN.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes).collect();
    desk.put("wide.csv", [&[0xff, 0xfe], wide.as_slice()].concat());
    desk.is_plain("wide.csv");
}

#[test]
fn titles_above_the_header_are_passed_over_and_said() {
    let desk = Desk::new();
    desk.put("title.csv", format!("Sales of the north,,\n\nprinted 2025-03-01\n{PLAIN}"));
    let history = desk.is_plain("title.csv");
    assert!(
        history.notes.iter().any(|note| note.contains("the header is row 4") && note.contains("\"Sales of the north\"")),
        "{:?}",
        history.notes
    );
    // Names of its own: the mapping's names find the row, and so does its number.
    let foreign = format!("Bericht\nStand: März\n{}", PLAIN.replace("customer,id,at,amount", "Wer,Was,Wann,Wieviel"));
    desk.put("f.csv", foreign);
    let columns = "columns: { customer: Wer, id: Was, at: Wann, amount: Wieviel }";
    desk.put("m.yaml", format!("purchases: {{ files: f.csv, {columns} }}"));
    desk.is_plain("m.yaml");
    desk.put("n.yaml", format!("purchases: {{ files: f.csv, header row: 3, {columns} }}"));
    desk.is_plain("n.yaml");
    desk.put("o.yaml", format!("purchases: {{ files: f.csv, header row: 2, {columns} }}"));
    assert!(desk.fault("o.yaml").contains("there is no column called \"Wieviel\""), "{}", desk.fault("o.yaml"));
    desk.put("p.yaml", format!("purchases: {{ files: f.csv, header row: four, {columns} }}"));
    assert!(desk.fault("p.yaml").contains("such as 4"), "{}", desk.fault("p.yaml"));
    // A row number is that of the file.
    desk.put("bad.csv", format!("Sales\n{PLAIN}c,4,2025-02-03,none\n"));
    let history = desk.read("bad.csv").unwrap();
    assert_eq!(history.accounting.files[0].reasons.values().next().unwrap().first[0].row, 6);
}

#[test]
fn packed_files() {
    let desk = Desk::new();
    desk.put("h.csv.zst", zstd::encode_all(PLAIN.as_bytes(), 3).unwrap());
    desk.is_plain("h.csv.zst");
    desk.put("h.zip", zipped(&[("__MACOSX/._h.csv", "junk"), ("out/.DS_Store", "junk"), ("out/h.csv", PLAIN)]));
    desk.is_plain("h.zip");
    desk.put("two.zip", zipped(&[("a.csv", PLAIN), ("b.csv", PLAIN)]));
    assert!(desk.fault("two.zip").contains("the zip holds 2 files (a.csv, b.csv)"), "{}", desk.fault("two.zip"));
    desk.put("none.zip", zipped(&[]));
    assert!(desk.fault("none.zip").contains("holds no file"), "{}", desk.fault("none.zip"));
    let mut cut = zipped(&[("h.csv", PLAIN)]);
    cut.truncate(60);
    desk.put("cut.zip", &cut);
    assert!(desk.fault("cut.zip").contains("damaged"), "{}", desk.fault("cut.zip"));
    let whole = zstd::encode_all(PLAIN.repeat(2000).as_bytes(), 3).unwrap();
    desk.put("cut.zst", &whole[..whole.len() / 2]);
    let fault = desk.fault("cut.zst");
    assert!(fault.contains("cut off") || fault.contains("damaged"), "{fault}");
    // What is inside is told by its own first bytes.
    desk.put("w.zip", zipped(&[("api.json", r#"[{"customer":"a","id":1,"at":"2025-01-01","amount":12.5}]"#)]));
    assert_eq!(sums(&desk.read("w.zip").unwrap()), [("a".to_owned(), vec![1250])]);
}

#[test]
fn formats_that_are_not_read_are_called_by_name() {
    let desk = Desk::new();
    let kinds: [(&str, &[u8], &str); 12] = [
        ("a.xls", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "old Excel workbook"),
        ("a.rar", b"Rar!\x1a\x07\x00", "unpack it"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "unpack it"),
        ("a.bz2", b"BZh91AY&SY....", "bzip2"),
        ("a.xz", b"\xfd7zXZ\x00", "xz"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.avro", b"Obj\x01....", "Avro"),
        ("a.duckdb", b"12345678DUCK....", "DuckDB"),
        ("b.xls", b"<html><body><table>", "web page"),
        ("a.xml", b"<?xml version=\"1.0\"?><a/>", "XML"),
        ("a.feather", b"FEA1....", "version 1"),
        ("a.mdb", b"\0\x01\0\0Standard Jet DB\0", "Access"),
    ];
    for (name, bytes, word) in kinds {
        let fault = desk.put(name, bytes).fault(name);
        assert!(fault.contains(word) && !fault.contains("damaged"), "{name}: {fault}");
        let packed = format!("{name}.zst");
        let fault = desk.put(&packed, zstd::encode_all(bytes, 1).unwrap()).fault(&packed);
        assert!(fault.contains(word), "{packed}: {fault}");
    }
    // A CSV file whose first name looks like a mark is a CSV file.
    desk.put("orc.csv", PLAIN.replace("customer,", "ORC,"));
    assert!(desk.fault("orc.csv").contains("there is no column \"customer\""), "{}", desk.fault("orc.csv"));
}

#[test]
fn a_folder_and_a_pattern() {
    let desk = Desk::new();
    let lines: Vec<&str> = PLAIN.lines().collect();
    for (name, line) in [("in/jan.csv", 1), ("in/feb.csv", 2), ("in/mar.csv", 3)] {
        desk.put(name, format!("{}\n{}\n", lines[0], lines[line]));
    }
    desk.put("in/.hidden", "x").put("in/notes.yaml", "purchases: jan.csv");
    desk.is_plain("in");
    desk.put("m.yaml", "purchases: in").is_plain("m.yaml");
    desk.put("g.yaml", "purchases: \"in/*.csv\"").is_plain("g.yaml");
    fs::create_dir(desk.0.path().join("empty")).unwrap();
    assert!(desk.fault("empty").contains("holds no file"), "{}", desk.fault("empty"));
}

#[test]
fn json_in_every_wrapping() {
    let desk = Desk::new();
    let records = [
        r#"{"customer":"a","id":"1","at":"2025-01-01T10:00:00.000","amount":12.5}"#,
        r#"{"amount":2.0e1,"at":"2025-02-01T11:00:00.000","id":"2","customer":"\u0061","extra":null}"#,
        r#"{"customer":"b","id":"3","at":"2025-02-02T12:00:00.000","amount":1234.50}"#,
    ];
    desk.put("lines.jsonl", records.join("\n")).is_plain("lines.jsonl");
    desk.put("list.json", format!("\u{feff} [\n{}\n]\n", records.join(",\n"))).is_plain("list.json");
    desk.put("inside.json", format!(r#"{{"page":1,"data":{{"orders":[{}]}},"next":null}}"#, records.join(",")));
    let fault = desk.fault("inside.json");
    assert!(fault.contains("records: data.orders"), "{fault}");
    desk.put("m.yaml", "purchases: { files: inside.json, records: data.orders }").is_plain("m.yaml");
    desk.put("n.yaml", "purchases: { files: inside.json, records: data.lines }");
    assert!(desk.fault("n.yaml").contains("lists in it are data.orders"), "{}", desk.fault("n.yaml"));
    // Pages one after the other.
    let page = |range: std::ops::Range<usize>| format!(r#"{{"orders":[{}],"more":{{"at":"2025"}}}}"#, records[range].join(","));
    desk.put("pages.jsonl", format!("{}\n{}\n", page(0..2), page(2..3)));
    desk.put("p.yaml", "purchases: { files: pages.jsonl, records: orders }").is_plain("p.yaml");
    desk.put("cut.json", &format!("[{}", records.join(","))[..150]);
    assert!(desk.fault("cut.json").contains("line 1: the JSON ends too early"), "{}", desk.fault("cut.json"));
    desk.put("bad.jsonl", format!("{}\n{{\"customer\": nobody}}\n", records[0]));
    assert!(desk.fault("bad.jsonl").contains("line 2: this is no JSON value"), "{}", desk.fault("bad.jsonl"));
    desk.put("twice.json", r#"[{"customer":"a","amount":1,"amount":2,"at":"2025-01-01"}]"#);
    assert!(desk.fault("twice.json").contains("stands twice"), "{}", desk.fault("twice.json"));
}

#[test]
fn json_with_objects_and_lines_in_records() {
    let desk = Desk::new();
    desk.put(
        "o.json",
        r#"[{"line_items":[{"sku":"L","quantity":1,"price":"5.50"},{"sku":"M","quantity":2,"price":"3.50"}],
             "order":{"id":1},"customer":{"email":"a"},"created_at":"2025-01-01T10:00:00Z","tags":["x","y"]},
            {"order":{"id":2},"customer":{"email":"a"},"created_at":"2025-02-01T11:00:00Z","line_items":[{"sku":"L","quantity":4,"price":"5.00"}]},
            {"order":{"id":3},"customer":{"email":"b"},"created_at":"2025-02-02T12:00:00Z","line_items":[{"sku":"X","quantity":1,"price":"1234.50"}]}]"#,
    );
    desk.put(
        "m.yaml",
        "purchases: { files: o.json, columns: { id: order.id, customer: customer.email, at: created_at } }
items: { files: o.json, lines: line_items, columns: { purchase: order.id, product: line_items.sku, quantity: line_items.quantity, price: line_items.price } }",
    );
    let history = desk.is_plain("m.yaml");
    assert_eq!(history.parts.iter().map(|part| part.items.amount.len()).sum::<usize>(), 4);
    // Of lines the name within the line is enough.
    desk.put(
        "n.yaml",
        "purchases: { files: o.json, lines: line_items, columns: { id: order.id, customer: customer.email, at: created_at } }
items: { files: o.json, columns: { purchase: order.id, product: sku, quantity: quantity, price: price } }",
    );
    desk.is_plain("n.yaml");
    desk.put("x.yaml", "items: { files: o.json, lines: items, columns: { purchase: order.id } }");
    assert!(desk.fault("x.yaml").contains("lists in them are line_items"), "{}", desk.fault("x.yaml"));
}

#[cfg(feature = "xlsx")]
#[test]
fn workbooks() {
    let desk = Desk::new();
    let rows = |first: &str| {
        // 45658 is 1 January 2025 where days are counted from 1900.
        [
            row(1, &["Sales of the north"]),
            row(3, &["customer", "id", "at", "amount"]),
            row(4, &["a", "n:1", first, "n:12.5"]),
            row(5, &["a", "n:2", "d:45689.458333333336", "n:20"]),
            row(6, &["b", "n:3", "d:45690.5", "n:1234.5"]),
        ]
        .concat()
    };
    desk.put("h.xlsx", workbook(&[("Orders", &rows("d:45658.416666666664")), ("Other", "")], false));
    let history = desk.is_plain("h.xlsx");
    assert!(history.notes.iter().any(|note| note.contains("\"Orders\", the first")), "{:?}", history.notes);
    assert!(history.notes.iter().any(|note| note.contains("the header is row 3")), "{:?}", history.notes);
    desk.put("two.xlsx", workbook(&[("Notes", &row(1, &["see Orders"])), ("Orders", &rows("d:45658.416666666664"))], false));
    desk.put("m.yaml", "purchases: { files: two.xlsx, sheet: orders }").is_plain("m.yaml");
    desk.put("n.yaml", "purchases: { files: two.xlsx, sheet: Sales }");
    assert!(desk.fault("n.yaml").contains("it has Notes, Orders"), "{}", desk.fault("n.yaml"));
    // The same days counted from 1904.
    let early = rows("d:44196.416666666664").replace("45689.", "44227.").replace("45690.", "44228.");
    desk.put("mac.xlsx", workbook(&[("Orders", &early)], true)).is_plain("mac.xlsx");
    let formula = [
        row(1, &["customer", "id", "at", "amount"]),
        row(2, &["a", "n:1234567890123456", "d:45658.5", "n:1"]),
        row(3, &["a", "n:2", "d:45658.5", "f:A1+1"]),
    ];
    desk.put("f.xlsx", workbook(&[("Orders", &formula.concat())], false));
    let history = desk.read("f.xlsx").unwrap();
    assert_eq!(sums(&history), [("a".to_owned(), vec![100])]);
    assert!(
        history.notes.iter().any(|note| note.contains("1 formulas in the column \"amount\" have no stored value")),
        "{:?}",
        history.notes
    );
    assert!(history.notes.iter().any(|note| note.contains("1 numbers in the column \"id\" have 16 digits")), "{:?}", history.notes);
    desk.put("cut.xlsx", &workbook(&[("Orders", &rows("d:45658.5"))], false)[..700]);
    assert!(desk.fault("cut.xlsx").contains("damaged"), "{}", desk.fault("cut.xlsx"));
}

#[cfg(feature = "xlsx")]
#[test]
fn open_document_sheets() {
    let desk = Desk::new();
    let text = |text: &str| format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#);
    let number = |n: &str| format!(r#"<table:table-cell office:value-type="float" office:value="{n}"/>"#);
    let date = |at: &str| format!(r#"<table:table-cell office:value-type="date" office:date-value="{at}"/>"#);
    let mut rows = format!("<table:table-row>{}</table:table-row>", ["customer", "id", "at", "amount"].map(text).concat());
    for (who, id, at, amount) in
        [("a", "1", "2025-01-01T10:00:00", "12.5"), ("a", "2", "2025-02-01T11:00:00", "20"), ("b", "3", "2025-02-02T12:00:00", "1234.5")]
    {
        rows += &format!("<table:table-row>{}{}{}{}</table:table-row>", text(who), number(id), date(at), number(amount));
    }
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="Orders">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"></manifest:manifest>"#;
    let files =
        [("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content), ("META-INF/manifest.xml", manifest)];
    desk.put("h.ods", zipped(&files)).is_plain("h.ods");
}

#[cfg(feature = "sqlite")]
#[test]
fn databases_in_a_file() {
    let desk = Desk::new();
    let path = desk.0.path().join("shop.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "create table orders (customer text, id integer, at text, amount real);
         insert into orders values ('a', 1, '2025-01-01 10:00:00', 12.5), ('a', 2, '2025-02-01 11:00:00', 20), ('b', 3, '2025-02-02 12:00:00', 1234.5);",
    )
    .unwrap();
    let history = desk.is_plain("shop.db");
    assert!(history.notes.iter().any(|note| note.contains("the table \"orders\" is read")), "{:?}", history.notes);
    db.execute_batch("create table staff (name text)").unwrap();
    drop(db);
    let fault = desk.fault("shop.db");
    assert!(fault.contains("orders, staff") && fault.contains("table: orders"), "{fault}");
    desk.put("m.yaml", "purchases: { files: shop.db, table: Orders }").is_plain("m.yaml");
    desk.put("q.yaml", "purchases: { files: shop.db, query: \"select customer, id, at, amount from orders where amount > 15\" }");
    assert_eq!(sums(&desk.read("q.yaml").unwrap()), [("a".to_owned(), vec![2000]), ("b".to_owned(), vec![123_450])]);
    for (query, word) in
        [("delete from orders", "changes nothing"), ("select x from y", "the query cannot be run"), ("attach 'm.yaml' as m", "")]
    {
        desk.put("w.yaml", format!("purchases: {{ files: shop.db, query: \"{query}\" }}"));
        assert!(desk.fault("w.yaml").contains(word), "{}", desk.fault("w.yaml"));
    }
    desk.put("x.yaml", "purchases: { files: shop.db, table: orders, query: select 1 }");
    assert!(desk.fault("x.yaml").contains("not both"), "{}", desk.fault("x.yaml"));
    let bytes = fs::read(&path).unwrap();
    desk.put("cut.db", &bytes[..5000]);
    desk.put("c.yaml", "purchases: { files: cut.db, table: orders }");
    assert!(desk.fault("c.yaml").contains("damaged"), "{}", desk.fault("c.yaml"));
}

/// The three purchases with a struct, a list and times in thousandths of a second.
fn batch() -> RecordBatch {
    let email: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "b"]));
    let customer: ArrayRef = Arc::new(StructArray::from(vec![(Arc::new(Field::new("email", DataType::Utf8, true)), email)]));
    let hour = 3_600_000;
    let day = 24 * hour;
    let from = 20_089 * day;
    let at: ArrayRef =
        Arc::new(TimestampMillisecondArray::from(vec![from + 10 * hour, from + 31 * day + 11 * hour, from + 32 * day + 12 * hour]));
    let amount: ArrayRef = Arc::new(Decimal128Array::from(vec![1250, 2000, 123_450]).with_precision_and_scale(10, 2).unwrap());
    let mut codes = ListBuilder::new(StringBuilder::new());
    codes.append_value([Some("SPRING"), Some("VIP")]);
    codes.append_null();
    codes.append_value([Some("VIP")]);
    RecordBatch::try_from_iter_with_nullable([
        ("customer", customer, true),
        ("ts", at, true),
        ("amount", amount, true),
        ("codes", Arc::new(codes.finish()) as ArrayRef, true),
    ])
    .unwrap()
}

#[test]
fn columns_of_arrow_and_parquet() {
    let desk = Desk::new();
    let batch = batch();
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let file = file.into_inner().unwrap();
    desk.put("h.arrow", &file);
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    desk.put("h.arrows", stream.into_inner().unwrap());
    use parquet::basic::{BrotliLevel, Compression};
    let brotli =
        parquet::file::properties::WriterProperties::builder().set_compression(Compression::BROTLI(BrotliLevel::default())).build();
    let mut parquet = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(brotli)).unwrap();
    parquet.write(&batch).unwrap();
    let parquet = parquet.into_inner().unwrap();
    desk.put("h.parquet", &parquet).put("h.parquet.zst", zstd::encode_all(parquet.as_slice(), 1).unwrap());
    for name in ["h.arrow", "h.arrows", "h.parquet", "h.parquet.zst"] {
        desk.put("m.yaml", format!("purchases: {{ files: {name}, columns: {{ customer: customer.email, at: ts, coupon: codes }} }}"));
        let history = desk.is_plain("m.yaml");
        let coupons: Vec<&str> =
            history.parts.iter().flat_map(|part| part.purchases.coupon.iter().map(|code| history.texts.get(*code))).collect();
        assert_eq!(coupons.iter().filter(|codes| **codes == "SPRING, VIP").count(), 1, "{name}: {coupons:?}");
    }
    desk.put("cut.arrow", &file[..file.len() - 40]);
    assert!(desk.fault("cut.arrow").contains("damaged"), "{}", desk.fault("cut.arrow"));
}

#[test]
fn all_formats_say_the_same_through_the_command() {
    let desk = Desk::new();
    desk.put("p.loy", "program \"P\"\n  currency EUR\n  timezone UTC\non every purchase grant 1% discount\n");
    desk.put("h.csv", PLAIN).put("h.psv", PLAIN.replace(',', "|"));
    let run = |history: &str, input: Option<&[u8]>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
        command.args(["simulate", "p.loy", "--metric", "revenue", "--history", history]).current_dir(desk.0.path());
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.unwrap_or_default()).unwrap();
        let done = child.wait_with_output().unwrap();
        (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let expected = run("h.csv", None);
    assert!(expected.0.contains("1,267.00"), "{expected:?}");
    assert_eq!(run("h.psv", None).0, expected.0);
    assert_eq!(run("h.*sv", None).1.matches("duplicate").count(), 1);
    assert_eq!(run("-", Some(PLAIN.as_bytes())).0, expected.0);
    assert_eq!(run("-", Some(&zstd::encode_all(PLAIN.as_bytes(), 1).unwrap())).0, expected.0);
    let said = run("-", Some(b"%PDF-1.7")).1;
    assert!(said.contains("standard input: this is a PDF"), "{said}");
}
