//! Laws over drawn files: however a file lays out the same receipts, they come to the same money.

use super::*;
use proptest::prelude::*;

/// A line: product, pieces, price of one in cents.
type Line = (u8, u8, u16);

/// Receipts of members, with the day of March, postage and tax on top in cents.
type Drawn = Vec<(u8, u8, u16, u16, Vec<Line>)>;

fn drawn() -> impl Strategy<Value = Drawn> {
    let line = (0..4_u8, 1..5_u8, 1..5000_u16);
    prop::collection::vec((0..3_u8, 1..29_u8, 0..900_u16, 0..500_u16, prop::collection::vec(line, 1..4)), 1..6)
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn lines_of(lines: &[Line]) -> u64 {
    lines.iter().map(|(_, pieces, price)| u64::from(*pieces) * u64::from(*price)).sum()
}

const COLUMNS: [&str; 9] = ["order", "member", "day", "paid", "vat", "post", "sku", "pcs", "each"];
const MAPPING: &str = "purchases: { files: s.csv, columns: { id: order, customer: member, at: day, amount: paid, tax: vat, shipping: post } }\n\
                       items: { files: s.csv, columns: { purchase: order, product: sku, quantity: pcs, price: each } }\n";

/// A row a line, with all fields.
fn rows(drawn: &Drawn) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (number, (member, day, post, vat, lines)) in drawn.iter().enumerate() {
        let paid = money(lines_of(lines) + u64::from(*post) + u64::from(*vat));
        for (product, pieces, price) in lines {
            all.push(vec![
                format!("R{number}"),
                format!("m{member}"),
                format!("2025-03-{day:02}"),
                paid.clone(),
                money(u64::from(*vat)),
                money(u64::from(*post)),
                format!("p{product}"),
                pieces.to_string(),
                money(u64::from(*price)),
            ]);
        }
    }
    all
}

/// Two files with standard names.
fn standard(drawn: &Drawn) -> Shop {
    let (mut heads, mut items) = ("customer,id,at,amount,tax,shipping\n".to_owned(), "purchase,product,quantity,price\n".to_owned());
    let mut last = String::new();
    for row in rows(drawn) {
        let [id, member, day, paid, vat, post, sku, pieces, price] = row.as_slice() else { unreachable!() };
        if *id != last {
            heads += &format!("{member},{id},{day},{paid},{vat},{post}\n");
            last.clone_from(id);
        }
        items += &format!("{id},{sku},{pieces},{price}\n");
    }
    Shop::new(&[("p.csv", &heads), ("i.csv", &items), ("m.yaml", "purchases: p.csv\nitems: i.csv\n")])
}

fn one_file(order: &[usize], rows: &[Vec<String>], mapping: &str) -> Shop {
    let line = |row: &[String]| order.iter().map(|at| row[*at].clone()).collect::<Vec<_>>().join(";") + "\n";
    let header = line(&COLUMNS.map(str::to_owned));
    let text: String = rows.iter().map(|row| line(row)).collect();
    Shop::new(&[("s.csv", &format!("{header}{text}")), ("m.yaml", mapping)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Columns and rows in any order, what a receipt says on every line, on its first line only, or under a blank id; tax
    /// on top of the lines.
    #[test]
    fn however_a_file_lays_receipts_out(
        (drawn, columns, shuffled) in drawn().prop_flat_map(|drawn| {
            let rows = rows(&drawn);
            (Just(drawn), Just((0..9_usize).collect::<Vec<_>>()).prop_shuffle(), Just(rows).prop_shuffle())
        }),
    ) {
        let want = standard(&drawn).good("m.yaml");
        let want = (content(&want), purchases(&want));
        let told = |shop: Shop| {
            let history = shop.good("m.yaml");
            (content(&history), purchases(&history))
        };
        prop_assert_eq!(&told(one_file(&columns, &shuffled, MAPPING)), &want);
        let mut once = rows(&drawn);
        let mut blank = once.clone();
        let mut last = String::new();
        for (row, blank) in once.iter_mut().zip(&mut blank) {
            if row[0] == last {
                (1..6).for_each(|at| row[at] = String::new());
                (0..6).for_each(|at| blank[at] = String::new());
            }
            last.clone_from(&row[0]);
        }
        prop_assert_eq!(&told(one_file(&columns, &once, MAPPING)), &want);
        let continued = MAPPING.replacen("} }", "}, blank id: continues the row above }", 1);
        prop_assert_eq!(&told(one_file(&columns, &blank, &continued)), &want);
    }

    /// Exports of lines that overlap: a receipt in both counts once, with the receipts in a file of their own and without.
    #[test]
    fn lines_that_a_second_file_repeats(drawn in drawn(), first in prop::collection::vec(any::<bool>(), 6), second in prop::collection::vec(any::<bool>(), 6)) {
        let want = standard(&drawn);
        let heads = std::fs::read_to_string(want.folder.path().join("p.csv")).unwrap();
        let want = want.good("m.yaml");
        let head = "purchase,product,quantity,price\n";
        let (mut one, mut two) = (head.to_owned(), head.to_owned());
        let mut again = 0;
        for row in rows(&drawn) {
            let number: usize = row[0][1..].parse().unwrap();
            let line = format!("{},{},{},{}\n", row[0], row[6], row[7], row[8]);
            let (first, second) = (first[number], second[number]);
            if first || !second {
                one += &line;
            }
            if second {
                two += &line;
            }
            again += u64::from(first && second);
        }
        let shop = Shop::new(&[("p.csv", &heads), ("i1.csv", &one), ("i2.csv", &two), ("m.yaml", "purchases: p.csv\nitems: \"i*.csv\"\n")]);
        let got = shop.good("m.yaml");
        prop_assert_eq!(content(&got), content(&want));
        prop_assert_eq!(got.accounting.total().duplicate, again);
        let lines = |file: &str| {
            let customers = |row: &str| rows(&drawn).iter().find(|known| row.starts_with(&format!("{},", known[0]))).map(|row| (row[1].clone(), row[2].clone()));
            let mut text = "customer,at,purchase,product,quantity,price\n".to_owned();
            for row in file.lines().skip(1) {
                let (customer, day) = customers(row).unwrap();
                text += &format!("{customer},{day},{row}\n");
            }
            text
        };
        let every = head.to_owned() + &rows(&drawn).iter().map(|row| format!("{},{},{},{}\n", row[0], row[6], row[7], row[8])).collect::<String>();
        let whole = Shop::new(&[("i.csv", &lines(&every)), ("m.yaml", "items: i.csv\n")]).good("m.yaml");
        let parts = Shop::new(&[("i1.csv", &lines(&one)), ("i2.csv", &lines(&two)), ("m.yaml", "items: \"i*.csv\"\n")]).good("m.yaml");
        prop_assert_eq!(content(&parts), content(&whole));
        prop_assert_eq!(parts.accounting.total().duplicate, again);
    }

    /// What came back among the sales, with its price, is what the same rows are as returns.
    #[test]
    fn prices_on_lines_that_come_back(drawn in drawn(), back in 1..3_u8) {
        let bought: Vec<String> = rows(&drawn).iter().map(|row| format!("{},{},{},sale,{},{},{}\n", row[0], row[1], row[2], row[6], row[7], row[8])).collect();
        let (mut among, mut apart) = (String::new(), "customer,at,product,quantity,amount\n".to_owned());
        for (number, (member, _, _, _, lines)) in drawn.iter().enumerate() {
            let (product, pieces, price) = lines[0];
            let pieces = pieces.min(back);
            among += &format!("B{number},m{member},2025-04-0{},back,p{product},{pieces},{}\n", 1 + number, money(price.into()));
            let amount = money(u64::from(pieces) * u64::from(price));
            apart += &format!("m{member},2025-04-0{},p{product},{pieces},{amount}\n", 1 + number);
        }
        let head = "order,member,day,kind,sku,pcs,each\n";
        let items = "items: { files: s.csv, columns: { purchase: order, customer: member, at: day, product: sku, quantity: pcs, price: each } }\nnot used: [kind]\n";
        let one = Shop::new(&[
            ("s.csv", &format!("{head}{}{among}", bought.concat())),
            ("m.yaml", &format!("{items}returned where: {{ kind: back }}\n")),
        ]).good("m.yaml");
        let two = Shop::new(&[
            ("s.csv", &format!("{head}{}", bought.concat())),
            ("r.csv", &apart),
            ("m.yaml", &format!("{items}returns: r.csv\n")),
        ]).good("m.yaml");
        prop_assert_eq!(purchases(&one), purchases(&two));
        prop_assert_eq!(page::returned(&one), page::returned(&two));
        prop_assert!(page::returned(&one) > 0);
    }
}
