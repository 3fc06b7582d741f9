//! How columns write numbers and times: decided over all values of all files, or asked about.

use super::*;

/// A file whose rows differ in one column.
fn column(head: &str, rows: impl Iterator<Item = String>) -> Shop {
    let rows: String = rows.enumerate().map(|(at, row)| format!("k{at}\t{at}\t{row}\n")).collect();
    Shop::new(&[("h.csv", &format!("customer\tid\t{head}\n{rows}"))])
}

fn amounts(list: &[&str]) -> Shop {
    column("at\tamount", list.iter().map(|amount| format!("2025-03-01\t{amount}")))
}

fn days(list: &[&str]) -> Shop {
    column("amount\tat", list.iter().map(|time| format!("1.00\t{time}")))
}

fn cents(shop: &Shop) -> Vec<i64> {
    let history = shop.good("h.csv");
    assert_eq!(history.accounting.total().rejected, 0, "{:?}", history.accounting);
    history.parts.iter().flat_map(|part| part.purchases.amount.clone()).collect()
}

/// The times in Berlin.
fn berlin(shop: &Shop) -> Vec<String> {
    let history = shop.good("h.csv");
    assert_eq!(history.accounting.total().rejected, 0, "{:?}", history.accounting);
    let at = history.parts.iter().flat_map(|part| part.purchases.at.clone());
    at.map(|at| Zone::find("Europe/Berlin").unwrap().local(at).to_string()).collect()
}

fn asked(shop: &Shop) -> String {
    match shop.read("h.csv") {
        Ok(history) => panic!("{:?}", purchases(&history)),
        Err(error) => error.message,
    }
}

#[test]
fn what_divides_a_number_is_decided_for_its_column() {
    assert_eq!(cents(&amounts(&["1.234,50", "12,50", "1.250"])), [123_450, 1250, 125_000]);
    assert_eq!(cents(&amounts(&["1,234.50", "12.50", "1,250"])), [123_450, 1250, 125_000]);
    assert_eq!(cents(&amounts(&["1 234,50", "1\u{a0}234", "7"])), [123_450, 123_400, 700]);
    assert_eq!(cents(&amounts(&["1'234.50", "0.125000000001e2"])), [123_450, 1250]);
    assert_eq!(cents(&amounts(&["€ 12,50", "12,50 €", "EUR 12,50", "12,50EUR"])), [1250; 4]);
    assert_eq!(cents(&amounts(&["1.234.567", "1,5"])), [123_456_700, 150]);
    assert_eq!(cents(&amounts(&["12.5000", "3.250"])), [1250, 325]);
    assert_eq!(cents(&amounts(&["12,34,567.50", "1,23,456"])), [123_456_750, 12_345_600]);
    assert_eq!(cents(&amounts(&["12,-", "12,– €", "7,50"])), [1200, 1200, 750]);
    // Three digits behind one sign never decide.
    for doubtful in [["1.250", "7"], ["1,250", "7"]] {
        let question = asked(&amounts(&doubtful));
        assert!(question.contains("decimal: point") && question.contains("decimal: comma") && question.contains("row 2"), "{question}");
    }
    let question = asked(&amounts(&["12.50", "12,50"]));
    assert!(question.contains("\"12.50\"") && question.contains("\"12,50\""), "{question}");
    let history = amounts(&["12,50", "$3,00", "3,00 USD"]).good("h.csv");
    assert_eq!(reasons(&history), [("a currency that is not the program's".to_owned(), 2)]);
    assert!(history.notes.iter().any(|note| note.contains("The comma divides whole and part in \"amount\"")), "{:?}", history.notes);
}

#[test]
fn times_as_people_and_programs_write_them() {
    let local = |list: &[&str]| berlin(&days(list));
    let at = "2025-01-14T14:30:00";
    for list in [
        ["14/01/2025 14h30", "14/01/2025 14:30"],
        ["14.01.2025, 14:30 Uhr", "14.01.2025 14.30"],
        ["2025-01-14 14.30.00", "20250114143000"],
        ["2025. 1. 14. 오후 2:30", "2025-01-14 下午2:30:00"],
        ["January 14th, 2025 2:30 PM", "14 January 2025 14:30"],
        ["14 de enero de 2025 14:30", "14 janvier 2025 14h30"],
        ["14 gennaio 2025 14:30", "14 stycznia 2025 14:30"],
        ["2025-01-14 13:30:00 +0000 UTC", "Tue Jan 14 2025 14:30:00 GMT+0100 (Central European Standard Time)"],
    ] {
        assert_eq!(local(&list), [at, at], "{list:?}");
    }
    assert_eq!(local(&["20250114", "20250228"]), ["2025-01-14T00:00:00", "2025-02-28T00:00:00"]);
    assert_eq!(local(&["14 juin 2025", "14 juillet 2025"]), ["2025-06-14T00:00:00", "2025-07-14T00:00:00"]);
    // A day is no time of day.
    assert_eq!(reasons(&days(&["2025-01-14 14", "2025-01-14 12.5"]).good("h.csv")).len(), 1);
}

#[test]
fn below_zero_is_written_in_several_ways() {
    let shop = amounts(&["(12.50)", "-12.50", "12.50-", "−12.50", "-€12.50", "€-12.50", "(€12.50)"]);
    shop.put("m.yaml", b"purchases: h.csv\nnegative amounts: are returns\n");
    let history = shop.good("m.yaml");
    // Nothing was bought before: each is a return of 12.50 that finds no purchase.
    assert_eq!(reasons(&history), [("return that matches no earlier purchase of the customer".to_owned(), 7)]);
}

#[test]
fn what_two_files_write_differently_is_asked() {
    let shop = Shop::new(&[
        ("a.csv", "customer,id,at,amount\nann,1,2025-03-01,12.50\n"),
        ("b.csv", "customer;id;at;amount\nbob;2;2025-03-01;12,50\n"),
        ("m.yaml", "purchases: { files: [a.csv, b.csv] }\n"),
    ]);
    let question = shop.read("m.yaml").unwrap_err().message;
    assert!(question.contains("(a.csv, row 2)") && question.contains("(b.csv, row 2)"), "{question}");
}

#[test]
fn the_order_of_day_and_month_is_decided_for_its_column() {
    let third = "2025-02-03T00:00:00";
    assert_eq!(berlin(&days(&["03/02/2025", "25/02/2025"]))[0], third);
    assert_eq!(berlin(&days(&["02/03/2025", "02/25/2025"]))[0], third);
    assert_eq!(berlin(&days(&["03.02.2025", "3.2.25", "03.02.2025 00:00"])), [third; 3]);
    assert_eq!(berlin(&days(&["2025/02/03", "20250203", "Feb 3, 2025", "3 February 2025", "3. Februar 2025", "2025年2月3日"])), [third; 6]);
    assert_eq!(berlin(&days(&["Mon, 3 Feb 2025 00:00:00", "3 фев 2025", "03-Feb-25"])), [third; 3]);
    for doubtful in ["03/02/2025", "3-2-2025", "24-01-02"] {
        let question = asked(&days(&[doubtful]));
        assert!(question.contains("dates: day/month/year") && question.contains("dates: month/day/year"), "{question}");
    }
    let question = asked(&days(&["25/02/2025", "02/25/2025"]));
    assert!(question.contains("\"25/02/2025\"") && question.contains("\"02/25/2025\""), "{question}");
    let shop = days(&["03/02/2025"]);
    for (order, day) in [("month/day/year", "2025-03-02T00:00:00"), ("day/month/year", third)] {
        shop.put("m.yaml", format!("purchases: h.csv\ndates: {order}\n").as_bytes());
        let at = shop.good("m.yaml").parts[0].purchases.at[0];
        assert_eq!(Zone::find("Europe/Berlin").unwrap().local(at).to_string(), day);
    }
}

#[test]
fn halves_of_the_day_zones_and_counts_since_1970() {
    let two = "2025-02-03T14:05:00";
    assert_eq!(berlin(&days(&["2025-02-03 2:05 PM", "2025-02-03 02:05:00 p.m.", "2025-02-03 14:05"])), [two; 3]);
    assert_eq!(berlin(&days(&["2025-02-03 12:05 AM", "2025-02-03 12:05 PM"])), ["2025-02-03T00:05:00", "2025-02-03T12:05:00"]);
    let zones = "13:05 UTC|08:05 -0500|08:05 -05:00|13:05Z|08:05 EST|16:05 MSK|14:05 CET|13:05 GMT+0|08:05 America/New_York";
    let written: Vec<String> = zones.split('|').map(|zone| format!("2025-02-03 {zone}")).collect();
    assert_eq!(berlin(&days(&written.iter().map(String::as_str).collect::<Vec<_>>())), [two; 9]);
    // 1738587900 s
    for count in ["1738587900", "1738587900000", "1738587900000000", "1738587900000000000"] {
        assert_eq!(berlin(&days(&[count])), [two], "{count}");
    }
    assert!(asked(&days(&["1738587900", "1738587900000"])).contains("milliseconds"));
    assert!(asked(&days(&["1738587900", "2025-02-03"])).contains("One column needs one of them"));
    let history = days(&["2025-02-03 2:05 PM Middle-earth", "2025-02-03 14:05"]).good("h.csv");
    assert_eq!(reasons(&history)[0].1, 1);
    assert!(reasons(&history)[0].0.starts_with("a time zone that is not known"), "{:?}", reasons(&history));
}

#[test]
fn a_moment_and_an_id_may_be_several_columns() {
    let shop = Shop::new(&[
        (
            "h.csv",
            "Shop,No,Day,Clock,Zone,Card,Sum\nN,1,01/05/2025,9:30 AM,Eastern Time (US & Canada),k,5.00\nS,1,01/05/2025,10:30,Europe/Berlin,k,6.00\nS,2,01/31/2025,,,k,7.00\n",
        ),
        ("m.yaml", "purchases: { files: h.csv, columns: { id: [Shop, Day, No], at: [Day, Clock, Zone], customer: Card, amount: Sum } }\n"),
    ]);
    let history = shop.good("m.yaml");
    assert_eq!(purchases(&history), ["k N/01/05/2025/1 500", "k S/01/05/2025/1 600", "k S/01/31/2025/2 700"]);
    let zone = Zone::find("Europe/Berlin").unwrap();
    let at: Vec<String> = history.parts[0].purchases.at.iter().map(|at| zone.local(*at).to_string()).collect();
    assert_eq!(at, ["2025-01-05T10:30:00", "2025-01-05T15:30:00", "2025-01-31T00:00:00"]);
}

#[test]
fn words_for_nothing_and_texts_of_spreadsheets() {
    let shop = Shop::new(&[(
        "h.csv",
        "customer,id,at,amount,coupon,tax\n=\"0047\",'123,2025-03-01,5.00,NULL,-\n47.0,124.0,2025-03-01,6.00,#N/A,\\N\n47,125,2025-03-02,7.00,SPRING,n/a\n",
    )]);
    let history = shop.good("h.csv");
    assert_eq!(purchases(&history), ["0047 123 500", "47 124 600", "47 125 700"]);
    assert_eq!(history.texts.list, ["SPRING"]);
    let note = history.notes.iter().find(|note| note.starts_with("Read as nothing said")).unwrap();
    for word in ["NULL (1)", "- (1)", "#N/A (1)", "\\N (1)", "n/a (1)"] {
        assert!(note.contains(word), "{note}");
    }
}

#[test]
fn when_something_was_paid_is_no_wallet() {
    let shop = Shop::new(&[("h.csv", "customer,id,at,amount,Paid at,paid beans\nann,1,2025-03-01,5.00,2025-03-02,7\n")]);
    let history = shop.good("h.csv");
    assert_eq!((purchases(&history), history.paid_wallets), (vec!["ann 1 500".to_owned()], vec!["beans".to_owned()]));
}

#[test]
fn rows_that_are_no_data_are_set_aside() {
    let shop = Shop::new(&[(
        "h.csv",
        "customer,id,at,amount\nann,1,2025-03-01,5.00\n-------,--,----------,------\ncustomer,id,at,amount\nbob,2,2025-03-02,6.00\n,,,\n---------------\n",
    )]);
    let history = shop.good("h.csv");
    assert_eq!((purchases(&history).len(), history.accounting.total().read, reasons(&history)), (2, 2, vec![]));
    assert!(history.notes.iter().any(|note| note.starts_with("3 rows repeat")), "{:?}", history.notes);
}
