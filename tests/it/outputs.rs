//! What a run writes, and what it must leave alone.

use super::cli::Folder;
use std::fs;

const MAPPING: &str = "purchases: { files: \"till/*.csv\" }\nproducts: { files: goods.csv }\n";
const GOODS: &str = "product,category\ntea,drinks\n";
const TILL: &str = "customer,id,at,amount,product\nann,1,2025-03-01,12.00,tea\n";
const LISTED: &str = "program \"Listed\"\n  currency USD\n  timezone UTC\npoints beans worth 0.01 USD never expire\nredeem 100 beans for 1 USD\nearn 1 bean per 1 USD\nprices trade from \"prices.csv\"\nprices from trade via \"app\"\ninclude \"parts/more.loy\"\n";

/// A folder in which a run reads a file of every kind.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.write("club.loy", LISTED);
    folder.write("parts/more.loy", "gift \"mug\" costs 2 USD\n");
    folder.write("prices.csv", "product,price\ntea,2.00\n");
    folder.write("map.yaml", MAPPING);
    folder.write("goods.csv", GOODS);
    folder.write("till/march.csv", TILL);
    folder.write("assume.yaml", "redemption: as soon as possible\n");
    folder
}

const RUN: [&str; 6] = ["simulate", "club.loy", "--history", "map.yaml", "--assume", "assume.yaml"];

#[test]
fn no_output_overwrites_what_the_run_reads() {
    let folder = shop();
    let fine = folder.run(&[RUN.as_slice(), &["--ledger", "out.csv"]].concat());
    assert_eq!(fine.code(), Some(0), "{}{}", fine.out(), fine.err());
    for input in ["club.loy", "parts/more.loy", "prices.csv", "map.yaml", "goods.csv", "till/march.csv", "assume.yaml"] {
        let before = fs::read(folder.path(input)).expect("the input");
        let mut names = vec![];
        if input.ends_with(".csv") {
            names.extend([input.to_owned(), format!("till/../{input}"), folder.path(input).display().to_string()]);
        }
        let (hard, soft) = (format!("hard-{}.csv", names.len()), format!("soft-{}.csv", names.len()));
        fs::hard_link(folder.path(input), folder.path(&hard)).expect("a link");
        names.push(hard.clone());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(input), folder.path(&soft)).expect("a link");
            names.push(soft.clone());
        }
        for name in &names {
            let ran = folder.run(&[RUN.as_slice(), &["--ledger", name]].concat());
            assert_eq!((ran.code(), ran.out().as_str()), (Some(2), ""), "{name} for {input}: {}", ran.err());
            assert!(ran.err().contains("which this run reads"), "{}", ran.err());
            assert_eq!(fs::read(folder.path(input)).expect("the input"), before, "{name}");
        }
        for link in [hard, soft] {
            let _ = fs::remove_file(folder.path(&link));
        }
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_changed_stays() {
    use std::os::unix::fs::PermissionsExt;
    let folder = shop();
    folder.write("kept.csv", "mine");
    fs::set_permissions(folder.path("kept.csv"), fs::Permissions::from_mode(0o444)).expect("permissions");
    fs::create_dir(folder.path("folder.csv")).expect("a folder");
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("socket.csv")).expect("a socket");
    for (name, why) in [("kept.csv", "may not be changed"), ("folder.csv", "is a folder"), ("socket.csv", "neither a file nor a pipe")] {
        let ran = folder.run(&[RUN.as_slice(), &["--ledger", name]].concat());
        assert_eq!((ran.code(), ran.out().as_str()), (Some(3), ""), "{name}: {}", ran.err());
        assert!(ran.err().contains(why), "{}", ran.err());
    }
    assert_eq!(fs::read_to_string(folder.path("kept.csv")).expect("the file"), "mine");
    folder.write("messy.loy", &LISTED.replace("  currency", "      currency"));
    fs::set_permissions(folder.path("messy.loy"), fs::Permissions::from_mode(0o444)).expect("permissions");
    assert_eq!(folder.run(&["fmt", "messy.loy"]).code(), Some(3), "fmt asks the file too");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_respected() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let folder = shop();
    folder.write("store/real.csv", "old");
    fs::set_permissions(folder.path("store/real.csv"), fs::Permissions::from_mode(0o600)).expect("permissions");
    symlink("store/real.csv", folder.path("link.csv")).expect("a link");
    symlink("store/new.csv", folder.path("ahead.csv")).expect("a link");
    symlink("/dev/null", folder.path("null.csv")).expect("a link");
    for name in ["link.csv", "ahead.csv", "null.csv"] {
        let ran = folder.run(&[RUN.as_slice(), &["--ledger", name]].concat());
        assert_eq!(ran.code(), Some(0), "{name}: {}", ran.err());
        assert!(fs::symlink_metadata(folder.path(name)).expect("the link").is_symlink(), "{name} is a link as before");
    }
    for name in ["store/real.csv", "store/new.csv"] {
        assert!(fs::read_to_string(folder.path(name)).expect("a ledger").contains("earn"), "{name}");
    }
    let mode = |name: &str| fs::metadata(folder.path(name)).expect("the file").permissions().mode() & 0o777;
    assert_eq!(mode("store/real.csv"), 0o600, "a file that only its owner reads stays so");
    assert!(fs::metadata("/dev/null").expect("the device").file_type().is_char_device());

    let pipe = folder.path("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reading = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("what comes through")
    });
    assert_eq!(folder.run(&[RUN.as_slice(), &["--ledger", "pipe.csv"]].concat()).code(), Some(0));
    assert!(reading.join().expect("the reader").contains("earn"));
    assert!(fs::metadata(&pipe).expect("the pipe").file_type().is_fifo());
}

#[test]
fn a_ledger_is_not_the_file_that_the_report_goes_to() {
    let folder = shop();
    let out = fs::File::create(folder.path("out.csv")).expect("a file");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    command.args(RUN).args(["--ledger", "out.csv"]).current_dir(folder.path(".")).stdout(out);
    let ran = command.output().expect("the program starts");
    assert_eq!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_mapping_stays_in_its_folder() {
    let folder = shop();
    folder.write("secret.csv", "root:x:0:0,top secret\n");
    folder.write("club/program.loy", "program \"Club\"\n  currency USD\n  timezone UTC\n");
    folder.write("club/till/march.csv", TILL);
    let secret = folder.path("secret.csv").display().to_string();
    let mut bad = vec!["../secret.csv", "../se*.csv", "till/../../secret.csv", "../nothing.csv", secret.as_str()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret.csv", folder.path("club/link.csv")).expect("a link");
        bad.push("link.csv");
        bad.push("li*.csv");
    }
    for files in bad {
        folder.write("club/map.yaml", &format!("purchases: {{ files: \"{files}\" }}\n"));
        let args = ["simulate", "club/program.loy", "--history", "club/map.yaml"];
        let ran = folder.run(&args);
        assert_eq!((ran.code(), ran.out().as_str()), (Some(3), ""), "{files}: {}", ran.err());
        assert!(ran.err().contains("outside the folder of the mapping"), "{}", ran.err());
        assert!(!ran.err().contains("root:x"), "{}", ran.err());
        let allowed = folder.run(&[args.as_slice(), &["--allow-outside"]].concat());
        assert!(!allowed.err().contains("outside the folder"), "{files}: {}", allowed.err());
    }
    let within = folder.path("club/till/march.csv").display().to_string();
    for files in ["till/march.csv", "till/../till/ma*.csv", "./till/march.csv", within.as_str()] {
        folder.write("club/map.yaml", &format!("purchases: {{ files: \"{files}\" }}\n"));
        let ran = folder.run(&["simulate", "club/program.loy", "--history", "club/map.yaml"]);
        assert_eq!(ran.code(), Some(0), "{files}: {}", ran.err());
    }
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    use std::os::unix::fs::PermissionsExt;
    let folder = shop();
    let pipe = folder.path("pipe.csv");
    folder.write(".loyalty-dsl-left", "the purchases of ann");
    folder.write(".other", "not ours");
    let busy = fs::File::create(folder.path(".loyalty-dsl-busy")).expect("a file");
    busy.lock().expect("a lock");
    assert_eq!(folder.run(&[RUN.as_slice(), &["--ledger", "out.csv"]].concat()).code(), Some(0));
    let hidden: Vec<String> = folder.names().into_iter().filter(|name| name.starts_with('.')).collect();
    assert_eq!(hidden, [".loyalty-dsl-busy", ".other"], "a file that another run holds stays, and so does what is not ours");
    let mode = fs::metadata(folder.path("out.csv")).expect("the ledger").permissions().mode() & 0o777;
    fs::write(folder.path("usual"), "").expect("a file");
    assert_eq!(mode, fs::metadata(folder.path("usual")).expect("the file").permissions().mode() & 0o777, "as any other new file");
    drop(busy);

    // A run that waits for a reader of its pipe is interrupted.
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    command.args(RUN).args(["--ledger", "pipe.csv"]).current_dir(folder.path("."));
    let mut running = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(running.try_wait().expect("a state").is_none(), "it waits");
    let id = running.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    assert_eq!(running.wait().expect("an end").code(), Some(130));
}

#[test]
fn a_ledger_in_parquet_says_what_the_csv_says() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
    use loyalty_dsl::value::{Date, DateTime, Decimal};
    let folder = Folder::new();
    folder.write("assume.yaml", "redemption: as soon as possible\n");
    for name in ["out.csv", "out.parquet"] {
        let ran = folder.run(&["simulate", "coffee.loy", "--assume", "assume.yaml", "--ledger", name]);
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
    }
    let plain = |text: &str| Decimal::parse(text).expect("a number").normal().to_string();
    let mut expected = Vec::new();
    let mut csv = csv::Reader::from_path(folder.path("out.csv")).expect("a ledger");
    for row in csv.records() {
        let row = row.expect("a row");
        let cell = |at: usize| row[at].trim_start_matches('\'').to_owned();
        expected
            .push([cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), plain(&row[8]), cell(9), cell(10), cell(12)].join("|"));
    }
    let file = fs::File::open(folder.path("out.parquet")).expect("a ledger");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("Parquet");
    let mut found = Vec::new();
    for batch in reader {
        let batch = batch.expect("rows");
        let column = |name: &str| batch.column_by_name(name).expect("the column").clone();
        for row in 0..batch.num_rows() {
            let text = |name: &str| {
                let column = column(name);
                let texts = column.as_string::<i32>();
                texts.iter().nth(row).flatten().unwrap_or_default().to_owned()
            };
            let number = |name: &str| column(name).as_primitive::<Int64Type>().value(row).to_string();
            let at = DateTime(column("at").as_primitive::<TimestampMicrosecondType>().value(row)).to_string();
            let granted = column("granted").as_primitive::<Decimal128Type>().value_as_string(row);
            let expires = column("expires").as_primitive::<Date32Type>().iter().nth(row).flatten();
            let expires = expires.map_or_else(String::new, |days| Date(days).to_string());
            let [account, purchase, rule, kind, wallet, unit] = ["account", "purchase", "rule", "kind", "wallet", "unit"].map(text);
            let row = [number("seq"), at, account, purchase, rule, kind, wallet, plain(&granted), unit, number("count"), expires];
            found.push(row.join("|"));
        }
    }
    assert_eq!(found, expected);
    assert!(found.len() > 8, "{found:?}");
}

/// The columns of costs add up to the report's cost, whatever a unit of reward value costs, and a ledger may be packed.
#[test]
fn what_a_ledger_costs_is_what_the_report_says() {
    let folder = Folder::new();
    folder.write(
        "shop.loy",
        "program \"Shop\" currency EUR timezone UTC\npoints beans worth 0.01 EUR\ngift mug costs 2 EUR worth 5 EUR\n\
         earn 10 beans per 1 EUR\nredeem beans, up to 50% of purchase\ndiscount 10% on category \"tea\"\n\
         on every 2nd purchase grant gift mug and voucher 3 EUR\non every 3rd purchase notify \"Hello\" costs 0.05 EUR\n",
    );
    folder.write(
        "h.csv",
        "customer,id,at,amount,category\na,1,2025-01-01,30.00,tea\na,2,2025-01-02,20.01,\na,3,2025-01-03,10.00,tea\n\
         b,4,2025-01-01,7.77,\nb,5,2025-01-05,9.99,tea\nb,6,2025-01-06,5.00,\n",
    );
    folder.write("r.csv", "of,at,amount\n3,2025-01-10,10.00\n5,2025-01-08,4.00\n");
    folder.write("h.yaml", "purchases: { files: h.csv }\nreturns: { files: r.csv }\n");
    folder.write("assume.yaml", "reward cost: 62.5%\nredemption: as soon as possible\nvouchers used: 100%\n");
    let base = ["simulate", "shop.loy", "--history", "h.yaml", "--assume", "assume.yaml"];
    let ran = folder.run(&[base.as_slice(), &["--ledger", "out.csv", "--format", "json"]].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    let mut csv = csv::Reader::from_path(folder.path("out.csv")).expect("a ledger");
    let header = csv.headers().expect("a header").clone();
    let of = |name: &str| header.iter().position(|known| known == name).expect("the column");
    assert_eq!((of("cost"), of("value")), (header.len() - 2, header.len() - 1), "they end the line");
    // In thousandths of a cent.
    let exact = |text: &str| -> i64 {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        sign * format!("{whole}{rest:0<5}").parse::<i64>().expect("an amount")
    };
    let (mut cost, mut mugs) = (0, 0);
    for record in csv.records().map(|record| record.expect("a line")) {
        cost += exact(&record[of("cost")]);
        if &record[of("kind")] == "gift" {
            mugs += exact(&record[of("value")]);
        }
    }
    let report: serde_json::Value = serde_json::from_str(&ran.out()).expect("a report");
    let all = report["metrics"].as_array().expect("metrics").iter();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let figure = |id: &str| all.clone().find(|metric| metric["id"] == id).map(|metric| exact(&text(&metric["value"])));
    let said = figure("program.cost").expect("a cost");
    assert!((cost - said).abs() <= 500 && cost > 0, "{cost} in the ledger, {said} in the report, which rounds once");
    assert_eq!(Some(mugs), figure("gifts.granted").map(|pieces| pieces * 5), "what a mug is worth to who gets it");
    for (name, plain) in
        [("out.csv.gz", "out.csv"), ("out.csv.zst", "out.csv"), ("out.jsonl.gz", "out.jsonl"), ("out.parquet.zst", "out.parquet")]
    {
        for name in [name, plain] {
            let ran = folder.run(&[base.as_slice(), &["--ledger", name]].concat());
            assert_eq!(ran.code(), Some(0), "{}", ran.err());
        }
        let packed = fs::read(folder.path(name)).expect("a ledger");
        let mut text = Vec::new();
        if name.ends_with("gz") {
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut text).expect("packed");
        } else {
            text = zstd::decode_all(packed.as_slice()).expect("packed");
        }
        assert_eq!(text, fs::read(folder.path(plain)).expect("a ledger"), "{name}");
    }
}
