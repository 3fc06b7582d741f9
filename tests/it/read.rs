//! `read`: from files of an unknown layout to a mapping, and from the mapping to the right sums.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

struct Desk(TempDir);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            desk.put(name, text);
        }
        desk
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output { status, stdout, stderr } =
            Command::new(env!("CARGO_BIN_EXE_loyalty-dsl")).args(args).current_dir(self.path()).output().unwrap();
        (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// The mapping that `read` writes, and what it tells.
    fn mapping(&self, file: &str) -> (Option<i32>, String, String) {
        let _ = fs::remove_file(self.path().join("mapping.yaml"));
        let (code, told, wrong) = self.run(&["read", file, "--out", "mapping.yaml"]);
        let mapping = fs::read_to_string(self.path().join("mapping.yaml")).unwrap_or_else(|_| panic!("{wrong}"));
        (code, mapping, told)
    }
}

#[test]
fn a_layout_beyond_doubt_is_mapped_and_read_back() {
    let desk = Desk::new(&[(
        "till.csv",
        "Receipt No;Card Number;Date;Total;Shop;Cashier\nR1;ann;2025-01-05;12.50;North;Eve\nR2;bob;2025-01-06;20.00;South;Eve\nR3;ann;2025-01-07;7.25;North;Max\n",
    )]);
    let (code, mapping, told) = desk.mapping("till.csv");
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    for line in ["id: Receipt No", "customer: Card Number", "at: Date", "amount: Total", "store: Shop"] {
        assert!(mapping.contains(&format!("    {line} ")), "{line}\n{mapping}");
    }
    assert!(mapping.contains("Left over, for a program to ask for as attributes: Cashier"), "{mapping}");
    // 12.50 + 20.00 + 7.25
    for line in ["ann bought R1", "for 12.50", "3 read = 3 used", "3 of 2 customers", "39.75", "5 Jan 2025 to 7 Jan 2025"] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    desk.put("p.loy", "program \"P\"\n  currency EUR\n  timezone UTC\non every purchase with coupon \"X\" grant 1% discount\n");
    let simulated = desk.run(&["simulate", "p.loy", "--history", "mapping.yaml", "--metric", "revenue"]);
    assert!(simulated.1.contains("39.75"), "{simulated:?}");
    let again = desk.run(&["read", "till.csv", "--out", "mapping.yaml"]);
    assert_eq!(again.0, Some(2), "{again:?}");
    let (code, printed, told) = desk.run(&["map", "till.csv", "--program", "p.loy"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        printed.lines().filter(|line| !line.contains("files:")).count(),
        mapping.lines().filter(|line| !line.contains("files:")).count()
    );
    assert!(told.contains("coupons"), "{told}");
}

#[test]
fn lines_and_receipts_in_four_languages() {
    let layouts = [
        "Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price",
        "Belegnummer,Kundennummer,Belegdatum,Artikelnummer,Menge,Einzelpreis",
        "Номер чека,Код клиента,Дата,Артикул,Количество,Цена",
        "订单编号,会员号,日期,商品编号,数量,单价",
    ];
    for header in layouts {
        let desk =
            Desk::new(&[("s.csv", &format!("{header}\n1,a,2025-01-05,L,2,4.50\n1,a,2025-01-05,M,1,3.00\n2,b,2025-01-06,L,1,4.50\n"))]);
        let (code, mapping, told) = desk.mapping("s.csv");
        assert_eq!(code, Some(0), "{mapping}\n{told}");
        // 2 × 4.50 + 3.00 and 4.50
        for line in ["for 12.00", "for 4.50", "2 × L: 9.00", "2 of 2 customers", "16.50"] {
            assert!(told.contains(line), "{header}: {line}\n{told}\n{mapping}");
        }
    }
}

#[test]
fn what_is_in_doubt_is_asked() {
    let us = "customer,id,day,amount\na,1,01/02/2025,12.50\na,2,03/04/2025,12.50\n";
    let two = "customer,id,created at,paid at,total,total amount\na,1,2025-01-05,2025-01-06,12.50,14.00\n";
    let thousands = "customer,id,date,amount\na,1,2025-01-05,\"1,234\"\n";
    let desk = Desk::new(&[("us.csv", us), ("two.csv", two), ("thousands.csv", thousands), ("odd.csv", "Wer,Wann\nx,y\n")]);
    desk.put("minus.csv", "customer,date,amount\na,2025-01-05,5.00\na,2025-01-06,-5.00\n");
    desk.put("short.csv", "order,email,day,sku,q,p\n1,a,2025-01-05,L,1,20.00\n");
    for (file, words) in [
        ("us.csv", ["# dates: day/month/year", "# dates: month/day/year"]),
        ("two.csv", ["# at: created at", "# at: paid at"]),
        ("two.csv", ["# amount: total ", "# amount: total amount"]),
        ("thousands.csv", ["# decimal: point", "# decimal: comma"]),
        ("odd.csv", ["UNDECIDED at", "UNDECIDED amount"]),
        ("minus.csv", ["# negative amounts: are returns", "# negative amounts: are errors"]),
        ("short.csv", ["UNDECIDED amount", "at: day"]),
    ] {
        let (code, mapping, told) = desk.mapping(file);
        assert_eq!(code, Some(1), "{file}: {told}");
        for word in words {
            assert!(mapping.contains(word), "{file}: {word}\n{mapping}");
        }
        assert!(told.contains("To be decided"), "{told}");
    }
}

#[test]
fn what_a_column_decides_is_said() {
    let desk = Desk::new(&[("k.csv", "Kundennr;Belegnr;Datum;Betrag\n4711;B1;24.12.2024 14:30;1234,50\n4711;B2;02.01.2025 09:05;12,50\n")]);
    let (code, mapping, told) = desk.mapping("k.csv");
    assert!(mapping.contains("decimal: comma   # 2 values such as 12,50"), "{mapping}");
    assert!(mapping.contains("dates: day.month.year   # 1 values such as 24.12.2024 14:30"), "{mapping}");
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("1,247.00"), "{told}");
}

#[test]
fn a_status_that_changes_what_was_paid_is_asked_about() {
    let desk = Desk::new(&[(
        "s.csv",
        "customer,id,date,amount,Status,Refund Amount\na,1,2025-01-05,12.50,completed,0.00\na,2,2025-01-06,20.00,cancelled,5.00\n",
    )]);
    let (code, mapping, told) = desk.mapping("s.csv");
    assert_eq!(code, Some(1), "{told}");
    assert!(
        mapping.contains("  # use only: { Status: [completed] }   # without cancelled") && mapping.contains("  # not used: [Status]"),
        "{mapping}"
    );
    assert!(mapping.contains("    refunded: Refund Amount "), "{mapping}");
}

#[test]
fn a_foreign_layout_in_simulate_is_sent_to_read() {
    let desk = Desk::new(&[
        ("p.loy", "program \"P\"\n  currency EUR\n  timezone UTC\non every purchase grant 1% discount\n"),
        ("t.csv", "Card Number,Date,Total\nann,2025-01-05,12.50\n"),
    ]);
    let (code, _, told) = desk.run(&["simulate", "p.loy", "--history", "t.csv"]);
    assert_eq!(code, Some(3), "{told}");
    for word in ["there is no column \"customer\"", "loyalty-dsl read t.csv --out", "customer: Card Number", "amount: Total"] {
        assert!(told.contains(word), "{word}\n{told}");
    }
}

#[test]
fn rows_that_say_that_something_came_back_are_asked_about() {
    let desk = Desk::new(&[(
        "o.csv",
        "Номер заказа;Код клиента;Дата;Вид операции;Артикул;Количество;Цена\nZ1;k1;10.04.2025;Продажа;A;3;150,00\nV1;k1;14.04.2025;Возврат;A;1;150,00\n",
    )]);
    let (code, mapping, told) = desk.mapping("o.csv");
    assert_eq!(code, Some(1), "{told}");
    for line in [
        "  # use only: { Вид операции: [Продажа] }   # without Возврат",
        "  # not used: [Вид операции]",
        "# returned where: { Вид операции: Возврат }",
    ] {
        assert!(mapping.contains(line), "{line}\n{mapping}");
    }
}

#[test]
fn old_encodings_are_told_by_known_names() {
    let desk = Desk::new(&[]);
    let text = "Номер чека;Номер карты;Дата;Сумма\n1;77;05.03.2025;1 234,50\n2;78;16.03.2025;350,00\n";
    fs::write(desk.path().join("k.csv"), encoding_rs::WINDOWS_1251.encode(text).0).unwrap();
    let (code, mapping, told) = desk.mapping("k.csv");
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    assert!(mapping.contains("encoding: windows-1251") && told.contains("1,584.50"), "{mapping}\n{told}");
}

#[test]
fn a_mistake_in_a_mapping_is_underlined() {
    let desk = Desk::new(&[
        ("p.loy", "program \"P\"\n  currency EUR\n  timezone UTC\non every purchase grant 1% discount\n"),
        ("t.csv", "card,day,total,state\nann,2025-01-05,12.50,paid\n"),
        ("a.yaml", "purchases:\n  files: t.csv\n  columns: { custmer: card, at: day, amount: total }\n"),
        ("b.yaml", "purchases:\n  files: t.csv\n  columns: { customer: card, at: day, amount: total }\n  used only: { state: paid }\n"),
        ("c.yaml", "purchases:\n  files: t.csv\n  columns: { customer: card, at: day, amount: totl }\n"),
        ("d.yaml", "purchases:\n  files: t.csv\n  columns: { customer: card, at: day, amount: total }\n  use only: { state: payd }\n"),
    ]);
    for (file, words) in [
        ("a.yaml", ["Perhaps: customer: card", "  3 |   columns: { custmer: card", "    |              ^^^^^^^"]),
        ("b.yaml", ["perhaps \"use only\"", "  4 |   used only: { state: paid }", "    |   ^^^^^^^^^"]),
        ("c.yaml", ["Perhaps: amount: total", "amount: totl", "^^^^"]),
        ("d.yaml", ["Perhaps: state: paid", "use only: { state: payd }", "^^^^"]),
    ] {
        let (code, _, told) = desk.run(&["simulate", "p.loy", "--history", file]);
        assert_eq!(code, Some(3), "{file}: {told}");
        for word in words {
            assert!(told.contains(word), "{file}: {word}\n{told}");
        }
    }
}

#[test]
fn orders_of_an_interface_with_their_lines() {
    let desk = Desk::new(&[(
        "api.json",
        r#"{"page":1,"orders":[
            {"id":11,"created_at":"2025-01-05T10:00:00Z","customer":{"email":"a@x.com"},"line_items":[{"sku":"L","quantity":2,"price":"4.50"},{"sku":"M","quantity":1,"price":"3.00"}]},
            {"id":12,"created_at":"2025-01-06T10:00:00Z","customer":{"email":"b@x.com"},"line_items":[{"sku":"L","quantity":1,"price":"4.50"}]}]}"#,
    )]);
    let (code, mapping, told) = desk.mapping("api.json");
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    for line in ["records: orders", "lines: line_items", "customer: customer.email", "price: line_items.price"] {
        assert!(mapping.contains(line), "{line}\n{mapping}");
    }
    for line in ["a@x.com bought 11", "2 × L: 9.00", "16.50"] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn exports_of_shops_are_recognised_by_their_header() {
    let exports = [
        (
            "Shopify",
            "Name,Email,Financial Status,Paid at,Total,Taxes,Shipping,Discount Code,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Source,Notes\n#1,a@x.com,paid,,5.00,0,0,,2025-01-05 10:00:00 +0000,1,Lamp,5.00,L,,0,web,gift\n",
        ),
        (
            "WooCommerce",
            "Order Number,Order Status,Order Date,Customer User ID,Order Total Amount,Order Shipping Amount,Order Total Tax Amount,Order Refund Amount,Coupon Code,SKU,Quantity,Item Cost\n1,completed,2025-01-05 10:00,17,5.00,0,0,0,,L,1,5.00\n",
        ),
        (
            "Square",
            "Date,Time,Time Zone,Gross Sales,Net Sales,Tax,Total Collected,Transaction ID,Customer ID,Location\n2025-01-05,14:03:11,Eastern Time (US & Canada),$5.00,$5.00,$0.00,$5.00,T1,C1,Main\n",
        ),
        (
            "Stripe",
            "id,Created date (UTC),Amount,Amount Refunded,Currency,Customer ID,Status\nch_1,2025-01-05 10:00:00,5.00,0.00,usd,cus_1,Paid\n",
        ),
    ];
    for (name, text) in exports {
        let desk = Desk::new(&[("orders.csv", text)]);
        let (_, mapping, told) = desk.mapping("orders.csv");
        assert!(told.contains(&format!("This is the layout of {name}")), "{told}");
        assert!(mapping.starts_with(&format!("# {name}")) && mapping.contains("files: orders.csv"), "{mapping}");
        let like = desk.run(&["read", "orders.csv", "--like", &name.to_lowercase()]);
        assert!(like.1.starts_with(&format!("# {name}")), "{like:?}");
    }
    let desk = Desk::new(&[(
        "orders.txt",
        "amazon-order-id\tpurchase-date\torder-status\tbuyer-email\tsku\tquantity\tcurrency\titem-price\n1\t2025-01-05T10:00:00+00:00\tShipped\ta@x.com\tL\t2\tEUR\t9.00\n",
    )]);
    // A price is that of the whole line.
    let (code, mapping, told) = desk.mapping("orders.txt");
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    assert!(told.contains("Amazon") && told.contains("2 × L: 9.00"), "{told}");
    let desk = Desk::new(&[("orders.csv", "a,b\n1,2\n")]);
    assert_eq!(desk.run(&["read", "orders.csv", "--like", "opencart"]).0, Some(2));
}

#[test]
fn files_of_orders_lines_customers_and_refunds_find_their_tables() {
    let desk = Desk::new(&[
        ("orders.csv", "order_id,customer_id,order_date,total\n1,a,2025-01-05,14.00\n2,b,2025-01-06,4.00\n"),
        ("order_items.csv", "order_id,product_id,quantity,unit_price\n1,L,2,4.00\n1,M,1,6.00\n2,L,1,4.00\n"),
        ("customers.csv", "customer_id,registration_date,city\na,2024-01-31,Rome\nb,2024-02-01,Bonn\n"),
        ("refunds.csv", "refund_id,order_id,refund_date,amount\nr1,1,2025-01-10,-6.00\n"),
    ]);
    let files = ["orders.csv", "order_items.csv", "customers.csv", "refunds.csv"];
    let (code, mapping, told) = desk.run(&[&["read"][..], &files[..]].concat());
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    for line in ["purchase: order_id", "joined: registration_date", "of: order_id", "at: refund_date", "amount: amount"] {
        assert!(mapping.contains(&format!("    {line} ")) || mapping.contains(&format!("    {line}\n")), "{line}\n{mapping}");
    }
    desk.put("mapping.yaml", &mapping);
    desk.put("p.loy", "program \"P\"\n  currency EUR\n  timezone UTC\non every purchase grant 1% discount\n");
    let simulated = desk.run(&["simulate", "p.loy", "--history", "mapping.yaml", "--format", "json", "--quiet"]);
    // 14.00 + 4.00, less 6.00.
    assert!(simulated.1.contains("\"18.00\"") && simulated.1.contains("\"12.00\""), "{simulated:?}");
}

#[test]
fn mistakes_in_a_mapping_are_told_where_they_stand() {
    let desk = Desk::new(&[
        ("p.loy", "program \"P\"\n  currency EUR\n  timezone Europe/Berlin\non every purchase grant 1% discount\n"),
        ("s.csv", "receipt,card,day,total\nA1,4711,2025-03-01,12.50\n"),
    ]);
    let good = "purchases: { files: s.csv, columns: { customer: card, id: receipt, at: day, amount: total } }\n";
    for (mapping, wanted) in [
        (format!("{good}dates: iso\n"), &["m.yaml, row 2: dates are", "  2 | dates: iso\n    |        ^^^"][..]),
        (format!("{good}decimal: ,\n"), &["m.yaml, row 2: this cannot be read", "  2 | decimal: ,"]),
        (good.replace("files: s.csv", "files: sales.csv"), &["sales.csv: there is no such file", "^^^^^^^^^"]),
        (good.replace("customer: card", "card: customer"), &["The program's word stands first: customer: card"]),
        (format!("{good}timezone: Berlin\n"), &["no time zone called \"Berlin\"; perhaps Europe/Berlin"]),
        (good.replace("} }", "}, use only: total is filled }"), &["names with values should stand here, such as { NAME: VALUE }"]),
        ("purchases:\n\tfiles: s.csv\n".to_owned(), &["indent with blanks", "  2 | "]),
    ] {
        desk.put("m.yaml", &mapping);
        let (code, _, told) = desk.run(&["simulate", "p.loy", "--history", "m.yaml"]);
        assert_eq!(code, Some(3), "{told}");
        for words in wanted {
            assert!(told.contains(words), "{words}\n{mapping}\n{told}");
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn all_tables_of_a_database_are_looked_at() {
    let desk = Desk::new(&[]);
    let db = rusqlite::Connection::open(desk.path().join("shop.db")).unwrap();
    db.execute_batch(
        "create table customers (id integer, email text, created_at text);
         insert into customers values (1, 'a@x', '2024-01-01'), (2, 'b@x', '2024-02-01');
         create table orders (id integer, customer_id integer, ordered_at text, total_cents integer);
         insert into orders values (100, 1, '2025-03-15 10:00:00', 4500), (101, 2, '2025-03-16 10:00:00', 3000);
         create table order_items (id integer, order_id integer, sku text, qty integer, unit_price_cents integer);
         insert into order_items values (1, 100, 'A', 2, 2000), (2, 100, 'B', 1, 500), (3, 101, 'C', 1, 3000);
         create table refunds (id integer, order_id integer, refunded_at text, amount_cents integer);
         insert into refunds values (1, 101, '2025-03-20 00:00:00', 1000);",
    )
    .unwrap();
    drop(db);
    let (code, mapping, told) = desk.mapping("shop.db");
    assert_eq!(code, Some(0), "{mapping}\n{told}");
    // 45.00 + 30.00, of which 10.00 came back.
    for words in ["75.00", "10.00 EUR of 1 purchase", "2 of 2 customers", "2 × A: 40.00"] {
        assert!(told.contains(words), "{words}\n{told}\n{mapping}");
    }
}
