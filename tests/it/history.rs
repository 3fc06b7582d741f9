//! Reading histories.

use loyalty_dsl::history::model::{History, Ids, MomentKind, Needs, Opened, Opening, Opens, Returned};
use loyalty_dsl::history::{HistoryError, Options, read};
use loyalty_dsl::value::{Date, Decimal, Rounding, Zone};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the program has that members may hold when its books are opened.
fn opens() -> Opens {
    let opened = |name: &str, decimals, is_rolling| Opened { name: name.to_owned(), decimals, is_rolling };
    let counts = [("spend", 2), ("purchases", 0), ("beans earned", 0)].map(|(name, decimals)| opened(name, decimals, false));
    Opens {
        wallets: vec![opened("beans", 0, false), opened("cashback", 2, false)],
        tiers: vec![opened("silver", 0, false), opened("gold", 0, false)],
        measures: counts.into_iter().chain([opened("spend in last 12 months", 2, true)]).collect(),
    }
}

/// A folder with files, and how to read from it.
struct Shop {
    folder: TempDir,
    zone: Zone,
    needs: Needs,
    threads: usize,
    account_by: Option<&'static str>,
    everything: bool,
    outside: bool,
    currency: &'static str,
}

impl Shop {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Self {
            folder,
            zone: Zone::find("Europe/Berlin").unwrap(),
            needs: Needs { opens: opens(), ..Needs::default() },
            threads: 2,
            account_by: None,
            everything: true,
            outside: false,
            currency: "EUR",
        };
        files.iter().for_each(|(name, text)| shop.put(name, text.as_bytes()));
        shop
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Result<History, HistoryError> {
        self.read_path(&self.folder.path().join(name))
    }

    fn read_path(&self, path: &Path) -> Result<History, HistoryError> {
        let options = Options {
            currency: self.currency,
            decimals: 2,
            zone: &self.zone,
            round_money: Rounding::HalfUp,
            account_by: self.account_by,
            needs: &self.needs,
            everything: self.everything,
            outside: self.outside,
            threads: self.threads,
        };
        let history = read(path, &options)?.history;
        check(&history);
        Ok(history)
    }

    fn good(&self, name: &str) -> History {
        self.read(name).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// What must hold of every history.
fn check(history: &History) {
    for file in &history.accounting.files {
        let rows = file.rows;
        assert_eq!(rows.read, rows.used + rows.duplicate + rows.rejected + rows.left_out, "{file:?}");
        assert_eq!(rows.rejected, file.reasons.values().map(|reason| reason.count).sum::<u64>());
    }
    for part in &history.parts {
        let mut purchases = 0;
        let mut customers = 0;
        let mut moments = 0;
        assert!(part.accounts.is_sorted_by(|a, b| a.id <= b.id));
        for account in &part.accounts {
            assert_eq!(account.purchases.start, purchases);
            assert_eq!(account.customers.start, customers);
            assert_eq!(account.moments.start, moments);
            (purchases, customers, moments) = (account.purchases.end, account.customers.end, account.moments.end);
            let at = &part.purchases.at[account.purchases.start as usize..account.purchases.end as usize];
            assert!(at.is_sorted());
        }
        assert_eq!(purchases as usize, part.purchases.at.len());
        assert_eq!(moments as usize, part.moments.len());
        for column in part.purchases.attributes.iter().chain([&part.purchases.channel, &part.purchases.category]) {
            assert!(column.is_empty() || column.len() == part.purchases.at.len());
        }
        if !part.purchases.items_from.is_empty() {
            assert_eq!(part.purchases.items_from.len(), part.purchases.at.len() + 1);
            assert_eq!(*part.purchases.items_from.last().unwrap() as usize, part.items.amount.len());
        }
    }
}

/// Everything but the accounting, as text.
fn content(history: &History) -> String {
    let mut copy = history.clone();
    copy.accounting = Default::default();
    copy.notes.clear();
    format!("{copy:#?}")
}

/// Purchases as `customer id amount`, in order.
fn purchases(history: &History) -> Vec<String> {
    let mut all = Vec::new();
    for part in &history.parts {
        for account in &part.accounts {
            for at in account.purchases.clone() {
                let amount = part.purchases.amount[at as usize];
                all.push(format!("{} {} {amount}", account.id, part.purchases.id.get(at)));
            }
        }
    }
    all.sort();
    all
}

fn total(history: &History) -> (usize, usize, i64) {
    let count = |of: fn(&loyalty_dsl::history::model::Part) -> usize| history.parts.iter().map(of).sum();
    let sum = history.parts.iter().flat_map(|part| &part.purchases.amount).sum();
    (count(|part| part.accounts.len()), count(|part| part.purchases.at.len()), sum)
}

fn reasons(history: &History) -> Vec<(String, u64)> {
    history.accounting.reasons().into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect()
}

fn moments(history: &History) -> Vec<&MomentKind> {
    history.parts.iter().flat_map(|part| part.moments.iter().map(|moment| &moment.kind)).collect()
}

fn shared(mapping: &str) -> Option<(Shop, PathBuf)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("LOYALTY_SHARED_DATA").map_or_else(|| own.join("../shared/data"), PathBuf::from);
    if !data.is_dir() {
        eprintln!("skipped: {mapping} needs the shared data, which are not at {}", data.display());
        return None;
    }
    let shop = Shop { outside: true, ..Shop::new(&[]) };
    let text = fs::read_to_string(own.join("tests/data").join(mapping)).unwrap();
    shop.put(mapping, text.replace("../../../shared/data", &data.to_string_lossy()).as_bytes());
    let path = shop.folder.path().join(mapping);
    Some((shop, path))
}

const INLINE: &str = "
customers:
  - id: anna
    joined: 2024-01-05
    born: 1990-02-28
    attributes: { profession: designer }
    purchases:
      - { id: p1, at: 2024-01-05T10:00:00, amount: 12.50, channel: app }
      - { id: p2, at: 2024-01-09T08:30:00, items: [ { product: latte, category: drinks, quantity: 2, price: 4.50 }, { product: bun, price: 1.205 } ] }
    returns:
      - { of: p1, at: 2024-01-20T09:00:00, amount: 5.00 }
      - { of: p2, at: 2024-01-22T09:00:00, product: latte, quantity: 1 }
    events:
      - { name: signup, at: 2024-01-05T10:00:00 }
      - { name: review, at: 2024-01-21T12:00:00 }
      - { name: claim mug, at: 2024-01-22 }
      - { name: set choice, at: 2024-01-23, value: gas }
  - id: 007
";

#[test]
fn an_inline_history() {
    let shop = Shop::new(&[("h.yaml", INLINE)]);
    let history = shop.good("h.yaml");
    assert_eq!(purchases(&history), ["anna p1 1250", "anna p2 1021"]);
    let part = &history.parts[0];
    assert_eq!(part.accounts[0].id, "007");
    assert_eq!(part.customers.joined[1], Date::from_ymd(2024, 1, 5));
    assert_eq!(history.customer_attributes, ["choice", "profession"]);
    assert_eq!(history.texts.get(part.customers.attributes[1][1]), "designer");
    assert_eq!(history.texts.get(part.purchases.channel[0]), "app");
    assert_eq!(part.purchases.items_from, [0, 0, 2]);
    assert_eq!(part.items.price[1], Decimal::new(1205, 3));
    // Berlin is an hour ahead of UTC in winter.
    assert_eq!(part.purchases.at[0].0, 1_704_445_200_000_000);
    let kinds = moments(&history);
    assert_eq!(kinds[0], &MomentKind::Signup);
    assert_eq!(part.moments[0].after_purchases, 0);
    assert!(matches!(kinds[1], MomentKind::Return(parts) if parts[0].what == Returned::Amount(500)));
    assert!(matches!(kinds[2], MomentKind::Event { name, .. } if name == "review"));
    assert_eq!(kinds[3], &MomentKind::Claim("mug".to_owned()));
    assert!(matches!(kinds[4], MomentKind::Return(parts) if parts[0].what == Returned::Items(vec![(0, Decimal::whole(1))])));
    assert!(matches!(kinds[5], MomentKind::Set { attribute, .. } if attribute == "choice"));
    assert_eq!(history.days, Some((Date::from_ymd(2024, 1, 5).unwrap(), Date::from_ymd(2024, 1, 23).unwrap())));
}

#[test]
fn written_decimals_count_in_text_and_not_in_numbers() {
    let shop = Shop::new(&[
        ("h.csv", "customer,at,amount\na,2024-01-01,1.250\na,2024-01-02,1.000\na,2024-01-03,12.5\na,2024-01-04,7\n"),
        ("lone.csv", "customer,at,amount\na,2024-01-01,1.250\na,2024-01-02,7\n"),
        ("long.csv", "customer,at,amount\na,2024-01-01,12345678901234.500\na,2024-01-02,12345678901234.50\n"),
        ("h.yaml", "customers: [ { id: a, purchases: [ { at: 2024-01-01, amount: 1.250 }, { at: 2024-01-02, amount: 1.25 } ] } ]"),
        ("lines.csv", "customer,purchase,at,quantity,price\na,1,2024-01-01,2,1.1250\na,1,2024-01-01,2,0.125\n"),
    ]);
    let refused = |count: u64| vec![("more decimals than the currency has (write 1250 or 1.25, not 1.250)".to_owned(), count)];
    // Another value of the column tells that the point stands before the decimals.
    let history = shop.good("h.csv");
    assert_eq!((purchases(&history), reasons(&history)), (["a  100", "a  125", "a  1250", "a  700"].map(str::to_owned).to_vec(), vec![]));
    let history = shop.good("long.csv");
    assert_eq!(purchases(&history), ["a  1234567890123450", "a  1234567890123450"]);
    let asked = shop.read("lone.csv").unwrap_err().message;
    assert!(asked.contains("\"1.250\" (lone.csv, row 2)") && asked.contains("decimal: comma"), "{asked}");
    let history = shop.good("h.yaml");
    assert_eq!((purchases(&history), reasons(&history)), (vec!["a  125".to_owned()], refused(1)));
    // Prices of one unit may have more: 2 × 1.125 + 2 × 0.125.
    let history = shop.good("lines.csv");
    assert_eq!((purchases(&history), reasons(&history)), (vec!["a 1 250".to_owned()], vec![]));
}

#[test]
fn money_in_yaml_is_exact() {
    let text = "customers: [ { id: a, purchases: [ { at: 2024-01-01, amount: 12345678901234567.89 }, { at: 2024-01-02, amount: 1e3 } ] } ]";
    let shop = Shop::new(&[("h.yaml", text)]);
    let history = shop.good("h.yaml");
    assert_eq!(purchases(&history), ["a  1234567890123456789"]);
    assert_eq!(reasons(&history), [("not a plain number such as 12.50".to_owned(), 1)]);
}

#[test]
fn amounts_are_exact_or_rejected() {
    let good = [
        "12.50",
        "0",
        "-0",
        "7",
        "007.10",
        "92233720368547758.06",
        "1,234.56",
        "1e9",
        ".5",
        "+5",
        " 5",
        "5 ",
        "€5",
        "12.5000",
        "3.14000000001",
    ];
    let bad = [
        "NaN",
        "12.3456",
        "12.",
        "0x10",
        "1_000",
        "\u{661}\u{662}",
        "$5",
        "--5",
        "",
        "99999999999999999999999999999999999999999",
        "92233720368547758.08",
    ];
    for (list, used) in [(&good[..], true), (&bad[..], false)] {
        for amount in list {
            let shop = Shop::new(&[("h.csv", &format!("customer;id;at;amount\na;1;2024-01-01;{amount}\n"))]);
            let history = shop.good("h.csv");
            assert_eq!(history.accounting.total().used == 1, used, "{amount}");
        }
    }
    for asked in ["12.345", "3.140", "12.345 EUR", "1.234", "1,234"] {
        let shop = Shop::new(&[("h.csv", &format!("customer;id;at;amount\na;1;2024-01-01;{asked}\n"))]);
        assert!(shop.read("h.csv").unwrap_err().message.contains("decimal: point"), "{asked}");
    }
}

#[test]
fn tax_and_shipping_are_parts_of_the_amount() {
    let yaml = "customers: [ { id: a, purchases: [
      { at: 2024-01-01, amount: 20, shipping: 30 }, { at: 2024-01-02, amount: 50, tax: 60 }, { at: 2024-01-03, amount: 50, tax: 50, shipping: 50 },
      { at: 2024-01-05, tax: 5, shipping: 3, items: [ { quantity: 2, price: 1 } ] } ] } ]";
    let shop = Shop::new(&[
        ("h.csv", "customer,at,amount,tax,shipping\na,2024-01-01,20,,30\na,2024-01-02,50,60,\na,2024-01-03,50,50,50\n"),
        ("h.yaml", yaml),
        ("m.yaml", "purchases: { files: back.csv }\nnegative amounts: are returns\n"),
        ("back.csv", "customer,at,amount,tax,shipping\na,2024-01-01,20,1,2\na,2024-01-02,-20,1,2\n"),
    ]);
    let (shipping, tax) = ("shipping above the amount, which includes it", "tax above the amount, which includes it");
    let history = shop.good("h.csv");
    assert_eq!((purchases(&history), reasons(&history)), (vec!["a  5000".to_owned()], vec![(shipping.to_owned(), 1), (tax.to_owned(), 1)]));
    let history = shop.good("h.yaml");
    assert_eq!(reasons(&history), [(shipping.to_owned(), 1), (tax.to_owned(), 1)]);
    // Where only lines say what a purchase cost, nothing recorded can be compared.
    assert_eq!(total(&history).1, 2);
    // A return is not a purchase.
    let history = shop.good("m.yaml");
    assert_eq!((reasons(&history), moments(&history).len()), (vec![], 1));
}

#[test]
fn decimal_commas_and_days_in_front() {
    let shop = Shop::new(&[
        (
            "m.yaml",
            "purchases: { files: h.csv }\ncustomers: { files: c.csv }\nitems: { files: i.csv }\ndecimal: comma\ndates: day.month.year\n",
        ),
        (
            "h.csv",
            "customer;id;at;amount\na;1;24.12.2024;12,50\na;2;24.12.2024 14:30;7\na;3;2024-12-24;7\na;4;24.12.2024;1.200,00\na;5;24.12.2024;7.50\n\
             a;6;30.02.2024;7\na;7;1.2.2024;7\na;8;24.12.2024;\n",
        ),
        ("c.csv", "id;born\na;28.02.1990\nb;1990-02-28\n"),
        ("i.csv", "purchase;quantity;price\n8;1,5;2,50\n"),
        ("bad.yaml", "purchases: { files: h.csv }\ndecimal: dot\n"),
        ("what.yaml", "purchases: { files: h.csv }\nthousands: point\n"),
        ("inline.yaml", "decimal: comma\ncustomers: [ { id: a } ]\n"),
    ]);
    let history = shop.good("m.yaml");
    // 1.5 × 2.50 is 3.75; the point stands between thousands.
    assert_eq!(purchases(&history), ["a 1 1250", "a 2 700", "a 3 700", "a 4 120000", "a 7 700", "a 8 375"]);
    let rejected = [("not a date or time such as 2024-12-24 or 2024-12-24T14:30:00", 1), ("not a plain number such as 12.50", 1)];
    assert_eq!(reasons(&history), rejected.map(|(reason, count)| (reason.to_owned(), count)));
    assert_eq!(history.parts[0].customers.born[0], Date::from_ymd(1990, 2, 28));
    // 14:30 in Berlin is 13:30 UTC.
    assert!(history.parts[0].purchases.at.iter().any(|at| at.0 == 1_735_047_000_000_000));
    let error = |name: &str| shop.read(name).unwrap_err().message;
    assert_eq!(error("bad.yaml"), "decimal is comma or point, not \"dot\"");
    assert!(error("what.yaml").ends_with("the rest is, no customer, not used, period, control totals, scale"), "{}", error("what.yaml"));
    assert!(error("inline.yaml").contains("settings for data files"), "{}", error("inline.yaml"));
}

#[test]
fn times() {
    let berlin = |at: &str| {
        let shop = Shop::new(&[("h.csv", &format!("customer,at,amount\na,{at},1\n"))]);
        shop.read("h.csv").ok()?.parts[0].purchases.at.first().map(|at| at.0)
    };
    let noon = Some(1_704_106_800_000_000);
    for same in [
        "2024-01-01T12:00",
        "2024-01-01 12:00:00",
        "2024-01-01T12:00:00.000000000",
        "2024-01-01T11:00:00Z",
        "2024-01-01T13:00:00+02:00",
        "2024-01-01 05:30-05:30",
    ] {
        assert_eq!(berlin(same), noon, "{same}");
    }
    assert_eq!(berlin("2024-01-01T12:00:00.000001"), noon.map(|at| at + 1));
    // Skipped by the clock change, and repeated by it.
    assert_eq!(berlin("2024-03-31T02:30"), berlin("2024-03-31T01:30Z"));
    assert_eq!(berlin("2024-10-27T02:30"), berlin("2024-10-27T00:30Z"));
    for bad in [
        "2024-02-30",
        "24-01-01",
        "2024-01-01T25:00",
        "2024-01-01T12",
        "2024-01-01T12:00:00.0000001",
        "01/02/2024",
        "2024-01-01T12:00:60",
        "0000-01-01",
        "",
    ] {
        assert_eq!(berlin(bad), None, "{bad}");
    }
}

#[test]
fn quoted_fields_marks_and_delimiters() {
    let plain = "customer,id,at,amount,store\nann,1,2024-01-01,5.00,\"Berlin, \"\"Mitte\"\"\"\nbob,2,2024-01-02,6.00,\"two\nlines\"\n\ncy,3,2024-01-03,1.00,5\" pipe\n";
    let shop = Shop::new(&[("h.csv", plain)]);
    let want = shop.good("h.csv");
    assert_eq!(want.texts.list, ["5\" pipe", "Berlin, \"Mitte\"", "two\nlines"]);
    shop.put("bom.csv", format!("\u{feff}{}", plain.replace('\n', "\r\n").replace("two\r\nlines", "two\nlines")).as_bytes());
    assert_eq!(content(&shop.good("bom.csv")), content(&want));
    let utf16: Vec<u8> = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    shop.put("utf16.csv", &utf16);
    assert_eq!(content(&shop.good("utf16.csv")), content(&want));
    for delimiter in [";", "\t"] {
        shop.put("other.csv", plain.replace(',', delimiter).replace(&format!("Berlin{delimiter}"), "Berlin,").as_bytes());
        assert_eq!(content(&shop.good("other.csv")), content(&want), "{delimiter:?}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn gzip_with_several_members_and_cut_off() {
    let shop = Shop::new(&[]);
    let mut packed = gzip(b"customer,id,at,amount\nann,1,2024-01-01,5.00\n");
    packed.extend(gzip(b"bob,2,2024-01-02,6.00\n"));
    shop.put("h.csv.gz", &packed);
    assert_eq!(purchases(&shop.good("h.csv.gz")), ["ann 1 500", "bob 2 600"]);
    let first = gzip(b"customer,id,at,amount\nann,1,2024-01-01,5.00\n").len();
    for cut in (0..packed.len()).filter(|cut| *cut != first) {
        shop.put("cut.csv.gz", &packed[..cut]);
        assert!(shop.read("cut.csv.gz").is_err(), "cut at {cut}");
    }
    packed.extend(b"garbage");
    shop.put("more.csv.gz", &packed);
    assert!(shop.read("more.csv.gz").is_err());
}

#[test]
fn encodings() {
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode("customer,at,amount,store\nАнна,2024-01-01,5.00,Москва\n");
    let shop = Shop::new(&[("h.yaml", "purchases: { files: h.csv }\nencoding: windows-1251\n"), ("n.yaml", "purchases: h.csv\n")]);
    shop.put("h.csv", &bytes);
    let history = shop.good("h.yaml");
    assert_eq!(purchases(&history), ["Анна  500"]);
    assert_eq!(history.texts.list, ["Москва"]);
    let error = shop.read("n.yaml").unwrap_err();
    assert_eq!(error.row, Some(2));
    assert!(error.message.contains("encoding: windows-1251"), "{error}");
}

#[test]
fn hostile_csv() {
    let cases = [
        ("customer,id,at,amount\nann,1,2024-01-01,\"5.00\nbob,2,2024-01-01,5.00\n", "closing quote"),
        ("customer,id,at,amount\nann,1,2024-01-01,\"5.00\nbob,\"2\",2024-01-01,5.00\n", "quote"),
        ("customer,id,at,amount\nann,1,2024-01-01,5\0.00\n", "zero byte"),
        ("customer,id,at,amount\rann,1,2024-01-01,5.00\rbob,1,2024-01-01,5.00\r", "carriage return"),
        ("", "empty"),
        ("customer_id,id,when,amount\nann,1,2024-01-01,5.00\n", "customer_id"),
        ("customer,customer,at,amount\nann,1,2024-01-01,5.00\n", "two columns"),
    ];
    for (text, word) in cases {
        let shop = Shop::new(&[("h.csv", text)]);
        let error = shop.read("h.csv").unwrap_err();
        assert!(error.message.contains(word), "{error}");
    }
    let shop = Shop::new(&[("h.csv", "customer,id,at,amount\nann,1,2024-01-01\nbob,2,2024-01-01,5.00,6\ncy,3,2024-01-01,7\n")]);
    let history = shop.good("h.csv");
    assert_eq!(purchases(&history), ["cy 3 700"]);
    assert_eq!(reasons(&history), [("more or fewer fields than the header".to_owned(), 2)]);
}

#[test]
fn hostile_yaml() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let attributes =
        format!("customers:\n - id: a\n   purchases: &p [{}]\n   returns: []\n", vec!["{at: 2024-01-01, amount: 1}"; 50].join(","));
    for text in [
        bomb.as_str(),
        "customers: [",
        "customers: [{id: a, id: b}]",
        "customers: 5",
        "custmers: []",
        "customers: [{id: [1]}]",
        &"[".repeat(5000),
    ] {
        let shop = Shop::new(&[("h.yaml", text)]);
        assert!(shop.read("h.yaml").is_err(), "{}", &text[..text.len().min(40)]);
    }
    let shop = Shop::new(&[("h.yaml", &attributes)]);
    assert_eq!(shop.good("h.yaml").accounting.total().used, 51);
}

#[test]
fn duplicates() {
    let text = "customer,id,at,amount\nann,1,2024-01-01,10.00\nann,1,2024-01-01,10.00\nann,2,2024-01-01,10.00\nann,2,2024-01-01,9.00\nbob,1,2024-01-01,10.00\nbob,,2024-01-01,3.00\nbob,,2024-01-01,3.00\n";
    let shop = Shop::new(&[("h.csv", text)]);
    let history = shop.good("h.csv");
    // "10.00" comes before "9.00" bytewise.
    assert_eq!(purchases(&history), ["ann 1 1000", "ann 2 1000", "bob  300", "bob  300", "bob 1 1000"]);
    let rows = history.accounting.total();
    assert_eq!((rows.read, rows.used, rows.duplicate, rows.rejected), (7, 5, 1, 1));
    assert_eq!(history.accounting.files[0].reasons.values().next().unwrap().first[0].row, 5);
}

#[test]
fn order_at_one_instant() {
    let text = "
customers:
  - id: a
    purchases:
      - { id: p2, at: 2024-01-02, amount: 2 }
      - { id: p10, at: 2024-01-02, amount: 3 }
      - { id: p0, at: 2024-01-01, amount: 1 }
    returns:
      - { id: r1, of: p2, at: 2024-01-02 }
      - { id: r2, of: p0, at: 2024-01-02 }
    events:
      - { name: review, id: z, at: 2024-01-02 }
      - { name: review, id: b, at: 2024-01-02 }
      - { name: signup, at: 2024-01-02 }
";
    let shop = Shop::new(&[("h.yaml", text)]);
    let history = shop.good("h.yaml");
    let part = &history.parts[0];
    assert_eq!(part.purchases.amount, [100, 300, 200]);
    let order: Vec<u32> = part.moments.iter().map(|moment| moment.after_purchases).collect();
    assert_eq!(order, [1, 1, 1, 1, 3]);
    assert_eq!(part.moments[0].kind, MomentKind::Signup);
    assert!(matches!(&part.moments[3].kind, MomentKind::Return(parts) if parts[0].purchase == 0));
    assert!(matches!(&part.moments[4].kind, MomentKind::Return(parts) if parts[0].purchase == 2 && parts[0].what == Returned::Rest));
}

#[test]
fn returns_are_matched_or_counted() {
    let shop = Shop::new(&[
        ("h.yaml", "purchases: p.csv\nitems: i.csv\nreturns: r.csv\n"),
        ("p.csv", "customer,id,at,shipping\nann,1,2024-01-01,1.00\nann,2,2024-01-03,0\nbob,3,2024-01-01,0\n,9,2024-01-01,0\n"),
        ("i.csv", "purchase,product,quantity,price\n1,latte,2,4.50\n1,bun,1,2.00\n2,latte,1,4.60\n3,bun,1,2.00\n9,bun,3,2.00\n8,bun,1,1\n"),
        (
            "r.csv",
            "customer,of,at,product,quantity,amount\n\
             ann,,2024-01-05,latte,2,\n\
             ann,,2024-01-06,latte,2,\n\
             ann,,2024-01-07,latte,1,\n\
             ann,1,2024-01-08,,,2.50\n\
             ann,1,2024-01-09,,,2.50\n\
             ann,,2024-01-09,,,0.25\n\
             bob,,2024-01-01,bun,1,\n\
             bob,3,2023-12-31,bun,1,\n\
             ,3,2024-01-02,bun,1,\n\
             ,9,2024-01-02,bun,2,\n\
             ,,2024-01-02,bun,1,\n\
             cy,7,2024-01-02,bun,1,\n\
             ann,3,2024-01-02,bun,1,\n\
             ann,1,2024-01-10,tea,1,\n",
        ),
    ]);
    let history = shop.good("h.yaml");
    assert_eq!(purchases(&history), ["ann 1 1200", "ann 2 460", "bob 3 200"]);
    let parts: Vec<_> =
        moments(&history).into_iter().filter_map(|kind| if let MomentKind::Return(parts) = kind { Some(parts) } else { None }).collect();
    // Two lattes: the latest purchase has one, the other comes from the one before.
    assert_eq!(parts[0].iter().map(|part| part.purchase).collect::<Vec<_>>(), [1, 0]);
    // One of two is left.
    assert_eq!(parts[1][0].what, Returned::Items(vec![(1, Decimal::whole(1))]));
    assert_eq!(parts[2][0].what, Returned::Amount(250));
    assert_eq!(parts[3][0].what, Returned::Amount(25));
    assert_eq!(parts[4][0].what, Returned::Items(vec![(0, Decimal::whole(1))]));
    assert_eq!(parts.len(), 5);
    assert_eq!(history.anonymous[0].returned, 400);
    let want = [
        ("no purchase with this id", 1),
        ("return of an unknown purchase", 2),
        ("return that matches no earlier purchase of the customer", 3),
        ("returned before it was bought", 1),
        ("returns a product that the purchase does not hold", 1),
        ("returns more than is left of the purchase", 1),
    ];
    assert_eq!(reasons(&history), want.map(|(reason, count)| (reason.to_owned(), count)));
    assert_eq!(history.notes.len(), 1);
}

#[test]
fn negative_amounts() {
    let sales = "customer,id,at,amount\nann,1,2024-01-01,10.00\nann,2,2024-01-02,-4.00\n";
    let shop = Shop::new(&[("h.csv", sales), ("h.yaml", "purchases: h.csv\nnegative amounts: are returns\n")]);
    let history = shop.good("h.csv");
    assert_eq!(history.accounting.total().rejected, 1);
    let history = shop.good("h.yaml");
    assert_eq!(history.accounting.total().used, 2);
    assert!(matches!(moments(&history)[0], MomentKind::Return(parts) if parts[0].what == Returned::Amount(400)));
}

#[test]
fn lines_without_a_header_are_folded() {
    let lines = "customer,purchase,at,product,quantity,price,shipping\n\
                 ann,1,2024-01-01,latte,2,4.505,1.00\n\
                 ann,1,2024-01-01,bun,1,2.00,1.00\n\
                 ann,1,2024-01-01,bun,1,2.00,1.00\n\
                 ann,2,2024-01-02,bun,-1,2.00,0\n\
                 bob,1,2024-01-01,bun,1,2.00,0\n";
    let shop = Shop::new(&[
        ("h.csv", lines),
        ("items.yaml", "items: { files: h.csv }\nnegative amounts: are returns\n"),
        ("both.yaml", "purchases: { files: h.csv, columns: { id: purchase } }\nitems: h.csv\nnegative amounts: are returns\n"),
        ("renamed.csv", &lines.replace("price", "total")),
        ("amount.yaml", "items: { files: renamed.csv, columns: { amount: total } }\n"),
    ]);
    let history = shop.good("items.yaml");
    assert_eq!(purchases(&history), ["ann 1 1401", "bob 1 200"]);
    assert_eq!(history.accounting.total().used, 5);
    assert_eq!(moments(&history).len(), 1);
    assert_eq!(content(&shop.good("both.yaml")), content(&history));
    assert_eq!(shop.good("h.csv").accounting.total().rejected, 1);
    let by_amount = shop.read("amount.yaml").unwrap();
    // 4.505 has too many decimals for an amount, -1 units are negative.
    assert_eq!(reasons(&by_amount).len(), 2, "{:?}", by_amount.accounting);
}

#[test]
fn households_products_and_events() {
    let shop = Shop {
        account_by: Some("household"),
        ..Shop::new(&[
            ("h.yaml", "purchases: p.csv\nproducts: g.csv\ncustomers: c.csv\nevents: e.csv\nsurveys: s.csv\n"),
            ("p.csv", "customer,id,at,amount,product\nann,1,2024-01-01,10,latte\nbob,2,2024-01-02,5,bun\ncy,3,2024-01-01,7,latte\n"),
            ("g.csv", "product,category,brand\nlatte,drinks,\nbun,food,Mill\nunsold,food,\n"),
            ("c.csv", "id,joined,household,referred_by\nann,2023-01-01,h1,\nbob,2023-05-01,h1,cy\ncy,not a date,,\n"),
            (
                "e.csv",
                "customer,name,at,of,value\nann,delivered,2024-01-05,2,\n,delivered,2024-01-05,1,\ndan,signup,2024-01-01,,\nann,delivered,2024-01-05,77,\n",
            ),
            ("s.csv", "customer,at,score\nbob,2024-01-01,9\nann,2024-01-01,10\n"),
        ])
    };
    let history = shop.good("h.yaml");
    assert_eq!(purchases(&history), ["cy 3 700", "h1 1 1000", "h1 2 500"]);
    let part = &history.parts[0];
    let ids: Vec<&str> = part.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, ["cy", "dan", "h1"]);
    assert_eq!(part.accounts[2].customers, 2..4);
    assert_eq!(part.purchases.customer, [0, 2, 3]);
    assert_eq!(part.customers.referred_by[3].as_deref(), Some("cy"));
    let category: Vec<&str> = part.purchases.category.iter().map(|code| history.texts.get(*code)).collect();
    assert_eq!(category, ["drinks", "drinks", "food"]);
    assert!(matches!(&part.moments[1].kind, MomentKind::Event { of: Some(0 | 1), .. }));
    assert_eq!(history.surveys[0].customer, "ann");
    assert_eq!(history.accounting.total().rejected, 2);
}

#[test]
fn what_a_mapping_gets_wrong_is_said() {
    let csv = ("sales.csv", "customer,id,at,amount\n");
    let cases = [
        ("purchases: { files: sale.csv }", "no such file"),
        ("purchases: { files: \"*.parquet\" }", "no file fits"),
        ("purchases: { files: sales.csv, columns: { at: tme } }", "\"tme\""),
        ("purchases: { files: sales.csv, colums: { at: tme } }", "colums"),
        ("purchase: sales.csv", "purchases"),
        ("purchases: sales.csv\ntimezone: Europe/Berln", "Europe/Berlin"),
        ("purchases: sales.csv\nencoding: klingon", "klingon"),
        ("purchases: sales.csv\nnegative amounts: are fine", "are fine"),
        ("purchases: sales.csv\nreturned when: { column: x }", "starts with"),
    ];
    for (text, word) in cases {
        let shop = Shop::new(&[csv, ("h.yaml", text)]);
        let error = shop.read("h.yaml").unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn cdnow() {
    for (mapping, want) in [("cdnow_sample.yaml", (2_357, 6_919, 24_409_194)), ("cdnow_master.yaml", (23_570, 69_659, 250_031_563))] {
        let Some((shop, path)) = shared(mapping) else { return };
        let history = shop.read_path(&path).unwrap();
        assert_eq!(total(&history), want);
        let rows = history.accounting.total();
        assert_eq!((rows.used, rows.duplicate, rows.rejected), (rows.read, 0, 0));
    }
}

#[test]
fn online_retail() {
    let Some((shop, path)) = shared("online_retail.yaml") else { return };
    let history = shop.read_path(&path).unwrap();
    let rows = history.accounting.total();
    // Purchases before the data begin cannot be found by their returns. A script that knows no prices counts one more of them:
    // here lines at the recorded price are taken first.
    assert_eq!((rows.read, rows.used, rows.rejected), (541_909, 538_853, 3_056));
    assert_eq!(reasons(&history), [("return that matches no earlier purchase of the customer".to_owned(), 3_056)]);
    assert_eq!(history.accounting.faults(), 0);
    assert_eq!(total(&history), (4_339, 18_536, 891_140_790));
    assert_eq!(history.anonymous.len(), 2_190);
    assert!(moments(&history).iter().all(|kind| matches!(kind, MomentKind::Return(_))));
}

#[test]
fn complete_journey() {
    let Some((shop, path)) = shared("complete_journey.yaml") else { return };
    let history = shop.read_path(&path).unwrap();
    let lines: usize = history.parts.iter().map(|part| part.items.amount.len()).sum();
    let transactions = history.accounting.files.iter().find(|file| file.table == "purchases").unwrap();
    // Twenty floats such as 0.0000000000000017 are noise.
    assert_eq!((transactions.rows.read, transactions.rows.rejected), (1_469_307, 0));
    assert_eq!(lines, 1_469_307);
    assert_eq!(total(&history), (2_469, 155_848, 459_603_958));
    assert!(matches!(history.parts[0].purchases.id, Ids::Numbers(_)));
}

mod exports;
mod page;
mod receipts;
mod same_money;
mod values;

mod columnar {
    use super::*;
    use arrow_array::types::Int8Type;
    use arrow_array::{
        ArrayRef, Decimal128Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    fn write(columns: Vec<(&str, ArrayRef)>, group: usize) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn sales(rows: i64) -> (Vec<u8>, String) {
        let customers: Vec<i64> = (0..rows).map(|row| row * 7 % 13 + 95).collect();
        let at = |row: i64| 1_704_067_200_000_000 + row / 3 * 3_600_000_000;
        let channel: DictionaryArray<Int8Type> = (0..rows).map(|row| ["app", "web", "shop"][row as usize % 3]).collect();
        let amount = Decimal128Array::from_iter_values((0..rows).map(|row| i128::from(row * 31 % 997)));
        let parquet = write(
            vec![
                ("customer", Arc::new(Int64Array::from(customers.clone()))),
                ("id", Arc::new(Int64Array::from_iter_values(0..rows))),
                ("at", Arc::new(TimestampMicrosecondArray::from_iter_values((0..rows).map(at)).with_timezone("UTC"))),
                ("amount", Arc::new(amount.with_precision_and_scale(12, 2).unwrap())),
                ("channel", Arc::new(channel)),
            ],
            (rows / 9) as usize,
        );
        let mut csv = String::from("customer,id,at,amount,channel\n");
        for row in 0..rows {
            let amount = Decimal::new(i128::from(row * 31 % 997), 2);
            let hours = row / 3;
            let day = Date::from_ymd(2024, 1, 1).unwrap().plus_days(hours / 24);
            let channel = ["app", "web", "shop"][row as usize % 3];
            csv += &format!("{},{row},{day} {:02}:00Z,{amount},{channel}\n", customers[row as usize], hours % 24);
        }
        (parquet, csv)
    }

    #[test]
    fn parquet_and_csv_make_the_same_history() {
        let (parquet, csv) = sales(1000);
        let shop = Shop::new(&[("h.csv", &csv)]);
        shop.put("h.parquet", &parquet);
        let (from_csv, from_parquet) = (shop.good("h.csv"), shop.good("h.parquet"));
        assert_eq!(content(&from_csv), content(&from_parquet));
        assert_eq!(total(&from_csv).1, 1000);
    }

    #[test]
    fn numbers_count_by_value_and_texts_as_written() {
        let shop = Shop::new(&[]);
        let at = || TimestampMicrosecondArray::from_iter_values([1_704_067_200_000_000, 1_704_153_600_000_000]).with_timezone("UTC");
        let file = |amount: ArrayRef| {
            let columns: Vec<(&str, ArrayRef)> =
                vec![("customer", Arc::new(Int64Array::from(vec![1, 2]))), ("at", Arc::new(at())), ("amount", amount)];
            write(columns, 10)
        };
        let decimal = |values: Vec<Option<i128>>| Decimal128Array::from(values).with_precision_and_scale(12, 4).unwrap();
        for (amount, expected) in [
            // 1.2500 and 12.5025, then with a missing one.
            (Arc::new(decimal(vec![Some(12_500), Some(125_025)])) as ArrayRef, vec!["1  125"]),
            (Arc::new(decimal(vec![Some(12_500), None])), vec!["1  125"]),
            (Arc::new(Float64Array::from(vec![1000.0, 0.1])), vec!["1  100000", "2  10"]),
            (Arc::new(StringArray::from(vec!["1.250", "1.25"])), vec!["1  125", "2  125"]),
        ] {
            shop.put("h.parquet", &file(amount));
            assert_eq!(purchases(&shop.good("h.parquet")), expected);
        }
    }

    #[test]
    fn many_parts_make_the_same_history_with_any_number_of_threads() {
        let (parquet, csv) = sales(120_000);
        let mut shop = Shop::new(&[("h.csv", &csv)]);
        shop.put("h.parquet", &parquet);
        let want = shop.good("h.csv");
        assert_eq!(want.parts.len(), 64);
        for threads in [1, 2, 5] {
            shop.threads = threads;
            assert_eq!(shop.good("h.parquet").parts, want.parts);
        }
    }

    #[test]
    fn a_damaged_parquet_file_is_an_error_or_the_same() {
        let (parquet, _) = sales(500);
        let shop = Shop::new(&[]);
        for cut in [0, 3, 4, 8, parquet.len() / 2, parquet.len() - 9, parquet.len() - 8, parquet.len() - 1] {
            shop.put("h.parquet", &parquet[..cut]);
            let error = shop.read("h.parquet").unwrap_err().to_string();
            assert!(!error.contains("panicked"), "{error}");
        }
        // The decoder panics on some damage: that must end in an error, never in a crash or in fewer rows.
        std::panic::set_hook(Box::new(|_| {}));
        for at in (4..parquet.len()).step_by(37) {
            let mut damaged = parquet.clone();
            damaged[at] ^= 0x55;
            shop.put("h.parquet", &damaged);
            if let Ok(history) = shop.read("h.parquet") {
                assert_eq!(history.accounting.total().read, 500);
            }
        }
        let _ = std::panic::take_hook();
    }

    #[test]
    fn floats_are_read_as_their_shortest_decimals() {
        let values = vec![2.55, 0.1 + 0.2, 3.0, 1e22, f64::NAN, -0.0];
        let shop = Shop::new(&[]);
        let customers = StringArray::from(vec![Some("ann"); 6]);
        let at = StringArray::from(vec!["2024-01-01"; 6]);
        let columns: Vec<(&str, ArrayRef)> =
            vec![("customer", Arc::new(customers)), ("at", Arc::new(at)), ("amount", Arc::new(Float64Array::from(values)))];
        shop.put("h.parquet", &write(columns, 100));
        let history = shop.good("h.parquet");
        // 0.1 + 0.2 is 0.30000000000000004.
        assert_eq!(purchases(&history), ["ann  0", "ann  255", "ann  30", "ann  300"]);
        assert_eq!(history.notes.len(), 2);
        assert_eq!(history.accounting.total().rejected, 2);
    }
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    struct Data {
        purchases: Vec<String>,
        items: Vec<String>,
        returns: Vec<String>,
        events: Vec<String>,
    }

    fn data() -> impl Strategy<Value = Data> {
        let customer = || prop::sample::select(vec!["ann", "bob", "7", "10", "007", ""]);
        let id = || prop::sample::select(vec!["1", "2", "10", "x", "y", ""]);
        let at = || (1..6_u32).prop_map(|day| format!("2024-01-0{day}"));
        let amount = prop::sample::select(vec!["", "0", "5.00", "10.00", "9.5", "-3.00", "x"]);
        let channel = prop::sample::select(vec!["", "app", "web"]);
        let purchase = (customer(), id(), at(), amount, channel).prop_map(|(c, i, at, a, ch)| format!("{c},{i},{at},{a},{ch}"));
        let product = || prop::sample::select(vec!["latte", "bun"]);
        let item = (id(), product(), 1..3_i32, 0..4_u32).prop_map(|(p, product, q, price)| format!("{p},{product},{q},{price}.50"));
        let quantity = || prop::sample::select(vec!["", "1", "2", "0.5"]);
        let back = (customer(), id(), at(), product(), quantity(), any::<bool>())
            .prop_map(|(c, of, at, p, q, whole)| if whole { format!("{c},{of},{at},,,1.00") } else { format!("{c},{of},{at},{p},{q},") });
        let event = (customer(), id(), at(), prop::sample::select(vec!["signup", "review", "set home"]))
            .prop_map(|(c, i, at, name)| format!("{c},{i},{at},{name},v"));
        let list = |one: BoxedStrategy<String>, most| prop::collection::vec(one, 0..most);
        (list(purchase.boxed(), 25), list(item.boxed(), 12), list(back.boxed(), 8), list(event.boxed(), 6))
            .prop_map(|(purchases, items, returns, events)| Data { purchases, items, returns, events })
    }

    const HEADS: [&str; 4] = [
        "customer,id,at,amount,channel",
        "purchase,product,quantity,price",
        "customer,of,at,product,quantity,amount",
        "customer,id,at,name,value",
    ];

    /// Writes each table in two files. What belongs to one purchase stands in one of them.
    fn write(data: &Data) -> Shop {
        let mapping = "purchases: \"p*.csv\"\nitems: \"i*.csv\"\nreturns: \"r*.csv\"\nevents: \"e*.csv\"\nnegative amounts: are returns\nthe rest is: shared over lines\n";
        let shop = Shop::new(&[("h.yaml", mapping)]);
        let tables = [&data.purchases, &data.items, &data.returns, &data.events];
        for ((rows, head), letter) in tables.into_iter().zip(HEADS).zip(["p", "i", "r", "e"]) {
            for half in 0..2 {
                let of = if letter == "i" { 0 } else { 1 };
                let first = |row: &str| row.split(',').nth(of).is_some_and(|id| id.bytes().map(usize::from).sum::<usize>() % 2 == half);
                let mine: Vec<&str> = rows.iter().map(String::as_str).filter(|row| first(row)).collect();
                shop.put(&format!("{letter}{half}.csv"), format!("{head}\n{}\n", mine.join("\n")).as_bytes());
            }
        }
        shop
    }

    fn counts(history: &History) -> (loyalty_dsl::history::RowCounts, Vec<(String, u64)>) {
        (history.accounting.total(), reasons(history))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rows_may_stand_in_any_order((data, shuffled, threads) in (data(), 1..4_usize).prop_flat_map(|(data, threads)| {
            let copy = data.clone();
            let any = (Just(data.purchases).prop_shuffle(), Just(data.items).prop_shuffle(), Just(data.returns).prop_shuffle(), Just(data.events).prop_shuffle())
                .prop_map(|(purchases, items, returns, events)| Data { purchases, items, returns, events });
            (Just(copy), any, Just(threads))
        })) {
            let want = write(&data).good("h.yaml");
            let shop = Shop { threads, ..write(&shuffled) };
            let got = shop.good("h.yaml");
            prop_assert_eq!(content(&want), content(&got));
            prop_assert_eq!(counts(&want), counts(&got));
        }

        #[test]
        fn rows_with_ids_may_be_repeated(data in data(), again in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let want = write(&data).good("h.yaml");
            let mut repeated = data.clone();
            for index in again {
                for rows in [&mut repeated.purchases, &mut repeated.events] {
                    let with_id: Vec<String> = rows.iter().filter(|row| row.split(',').nth(1).is_some_and(|id| !id.is_empty())).cloned().collect();
                    if !with_id.is_empty() {
                        rows.push(with_id[index.index(with_id.len())].clone());
                    }
                }
            }
            let got = write(&repeated).good("h.yaml");
            prop_assert_eq!(content(&want), content(&got));
        }

        #[test]
        fn lines_may_stand_in_any_order(lines in prop::collection::vec((0..3_u32, 0..3_u32, 1..4_u32, 0..3_u32, -1..3_i32), 0..30).prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()))) {
            let read = |lines: &[(u32, u32, u32, u32, i32)]| {
                let rows: Vec<String> = lines.iter().map(|(c, p, day, product, q)| format!("c{c},{p},2024-01-0{},g{product},{q},1.15,s{day}", p + 1)).collect();
                let shop = Shop::new(&[("h.yaml", "items: l.csv\nnegative amounts: are returns\n")]);
                shop.put("l.csv", format!("customer,purchase,at,product,quantity,price,channel\n{}\n", rows.join("\n")).as_bytes());
                shop.good("h.yaml")
            };
            let (want, got) = (read(&lines.0), read(&lines.1));
            prop_assert_eq!(content(&want), content(&got));
            prop_assert_eq!(counts(&want), counts(&got));
        }
    }
}
