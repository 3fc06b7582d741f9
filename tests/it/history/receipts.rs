//! What lines say of their receipt, what was paid for them, and what came back.

use super::*;
use loyalty_dsl::history::model::Scale;

fn items(history: &History) -> Vec<i64> {
    history.parts.iter().flat_map(|part| part.items.amount.clone()).collect()
}

fn said(history: &History, words: &str) -> bool {
    history.notes.iter().any(|note| note.contains(words))
}

const HEADS: &str = "purchases: { files: till.csv, columns: { id: bon, customer: card, at: time, channel: way, coupon: code, shipping: post, tax: vat, amount: paid } }\n";
const LINES: &str = "items: { files: till.csv, columns: { purchase: bon, product: art, quantity: n, price: each } }\n";

fn till(rows: &str, more: &str) -> Shop {
    let head = "bon,card,time,way,code,post,vat,paid,art,n,each\n";
    Shop::new(&[("till.csv", &format!("{head}{rows}")), ("h.yaml", &format!("{HEADS}{LINES}{more}"))])
}

#[test]
fn what_one_line_says_holds_for_its_receipt() {
    // 3 × 4.00 + 1 × 6.00 + 2.50 postage = 20.50, in any order of the lines.
    let rows = ["7,ina,2025-03-01,app,MARCH,2.50,1.00,,tea,3,4.00", "7,,,,,,,,cup,1,6.00"];
    for rows in [rows.join("\n"), format!("{}\n{}", rows[1], rows[0])] {
        let history = till(&rows, "").good("h.yaml");
        assert_eq!(purchases(&history), ["ina 7 2050"]);
        let part = &history.parts[0];
        assert_eq!((part.purchases.shipping.as_slice(), part.purchases.tax.as_slice()), (&[250][..], &[100][..]));
        assert_eq!(history.texts.get(part.purchases.channel[0]), "app");
        assert_eq!(history.texts.get(part.purchases.coupon[0]), "MARCH");
        assert_eq!(history.accounting.total().used, 2);
    }
    // Nobody says when it was.
    let history = till("7,ina,,,,,,,tea,3,4.00\n8,ina,2025-03-01,,,,,,tea,1,4.00\n", "").good("h.yaml");
    assert_eq!(reasons(&history), [("no date or time".to_owned(), 1)]);
    assert_eq!(purchases(&history), ["ina 8 400"]);
}

#[test]
fn what_was_paid_is_shared_over_the_lines() {
    // 10.00 + 20.00 for 27.00: a tenth off each. The amount stands on every line and counts once.
    let history = till("1,bo,2025-03-01,,,,,27.00,a,1,10.00\n1,bo,2025-03-01,,,,,27.00,b,2,10.00\n", "").good("h.yaml");
    assert_eq!((purchases(&history), items(&history)), (vec!["bo 1 2700".to_owned()], vec![900, 1800]));
    assert_eq!(history.parts[0].items.price[1], Decimal::new(9, 0));
    assert!(said(&history, "by 3.00 EUR in all"), "{:?}", history.notes);
    // Cents that cannot be split fall in order: 3 × 3.33 for 10.00.
    let row = "1,bo,2025-03-01,,,,,10.00,";
    let history = till(&format!("{row}a,1,3.33\n{row}b,1,3.33\n{row}c,1,3.33\n"), "").good("h.yaml");
    assert_eq!(items(&history).iter().sum::<i64>(), 1000);
    // 30.00 + 4.00 postage + 2.40 tax on top = 36.40.
    let history = till("1,bo,2025-03-01,,,4.00,2.40,36.40,a,1,10.00\n1,bo,2025-03-01,,,,,,b,1,20.00\n", "").good("h.yaml");
    assert_eq!((purchases(&history), items(&history)), (vec!["bo 1 3640".to_owned()], vec![1080, 2160]));
    assert!(said(&history, "tax on top of the lines, 2.40 EUR"), "{:?}", history.notes);
    // 30.00 + 4.00 postage = 34.00: the tax is inside.
    let history = till("1,bo,2025-03-01,,,4.00,2.40,34.00,a,1,10.00\n1,bo,2025-03-01,,,,,,b,1,20.00\n", "").good("h.yaml");
    assert_eq!((items(&history), history.notes.len()), (vec![1000, 2000], 0));
}

#[test]
fn a_mapping_says_what_the_rest_is() {
    let rows = "1,bo,2025-03-01,,,,,25.00,a,2,10.00\n2,bo,2025-03-02,,,,,18.00,a,2,10.00\n";
    let read = |what: &str| till(rows, &format!("the rest is: {what}\n")).good("h.yaml");
    let history = read("shipping");
    assert_eq!(purchases(&history), ["bo 1 2500"]);
    assert_eq!(history.parts[0].purchases.shipping, [500]);
    assert_eq!(history.accounting.total().rejected, 1);
    let history = read("tips");
    assert_eq!(items(&history), [2000, 500]);
    assert!(history.texts.list.contains(&"tips".to_owned()));
    let history = read("tax");
    assert_eq!((items(&history), history.parts[0].purchases.tax.clone()), (vec![2500], vec![500]));
    assert_eq!(items(&read("shared over lines")), [2500, 1800]);
    assert!(till(rows, "the rest is: gone\n").read("h.yaml").unwrap_err().message.contains("shared over lines, tax, shipping or tips"));
}

#[test]
fn receipts_that_contradict_themselves() {
    let history = till("1,bo,2025-03-01,,,,,27.00,a,1,10.00\n1,bo,2025-03-01,,,,,26.00,b,2,10.00\n2,bo,2025-03-01,,,,,5.00,a,1,5.00\n", "");
    let history = history.good("h.yaml");
    assert_eq!((purchases(&history), history.accounting.total().rejected), (vec!["bo 2 500".to_owned()], 2));
    let history = till("1,bo,2025-03-01,web,,,,,a,1,10.00\n1,bo,2025-03-01,app,,,,,b,2,10.00\n", "").good("h.yaml");
    assert_eq!(history.texts.get(history.parts[0].purchases.channel[0]), "app");
    assert!(said(&history, "1 receipt has two values of channel") && said(&history, "30.00 EUR"), "{:?}", history.notes);
    let error = till("1,bo,2025-03-01,,,,,,a,1,10.00\n1,bo,2025-03-09,,,,,,b,2,10.00\n", "").read("h.yaml").unwrap_err();
    assert!(error.message.contains("id: [") && error.message.contains("2025-03-09"), "{error}");
    // Prices that are those of whole lines: 3 × 30.00 beside 30.00.
    let error = till("1,bo,2025-03-01,,,,,30.00,a,3,30.00\n", "").read("h.yaml").unwrap_err();
    assert!(error.message.contains("90.00 EUR") && error.message.contains("line total"), "{error}");
}

#[test]
fn what_a_line_cost_is_used_where_it_is_mapped() {
    let csv =
        "purchase,customer,at,product,quantity,price,total,off\n1,bo,2025-03-01,a,2,10.00,18.00,1.00\n1,bo,2025-03-01,b,1,5.00,5.00,\n";
    let line = |columns: &str| format!("items: {{ files: l.csv, columns: {{ {columns} }} }}\n");
    let shop = Shop::new(&[("l.csv", csv), ("t.yaml", &line("line total: total")), ("d.yaml", &line("discount: off"))]);
    let history = shop.good("t.yaml");
    assert_eq!((purchases(&history), history.parts[0].items.price[0]), (vec!["bo 1 2300".to_owned()], Decimal::whole(9)));
    assert_eq!(purchases(&shop.good("d.yaml")), ["bo 1 2400"]);
    shop.put("bare.csv", b"customer,purchase,at,product,amount\nbo,1,2025-03-01,a,10.00\nbo,1,2025-03-01,b,10.00\n");
    let error = shop.read("bare.csv").unwrap_err();
    assert!(error.message.contains("line total: amount") && error.message.contains("id: purchase"), "{error}");
}

#[test]
fn a_name_that_is_nearly_known_is_asked_about() {
    let shop = Shop::new(&[
        ("s.csv", "who,nr,day,sum,wo\nann,1,2025-01-01,5.00,web\n"),
        ("h.yaml", "purchases: { files: s.csv, columns: { custmer: who, id: nr, at: day, amount: sum } }\n"),
        ("c.yaml", "purchases: { files: s.csv, columns: { customer: who, id: nr, at: day, amount: sum, chanel: wo } }\n"),
        ("t.yaml", "purchases: { file: s.csv, colums: { customer: who } }\n"),
    ]);
    let error = |name: &str| shop.read(name).unwrap_err().message;
    assert!(error("h.yaml").contains("Perhaps: customer: who"), "{}", error("h.yaml"));
    assert!(error("c.yaml").contains("Perhaps: channel: wo"), "{}", error("c.yaml"));
    assert!(error("t.yaml").contains("perhaps \"columns\" is meant"), "{}", error("t.yaml"));
}

/// What came back, as it was recorded of each purchase.
fn returned(history: &History) -> Vec<Returned> {
    let parts = moments(history).into_iter().filter_map(|kind| if let MomentKind::Return(parts) = kind { Some(parts) } else { None });
    parts.flatten().map(|part| part.what.clone()).collect()
}

#[test]
fn the_money_that_a_return_records_decides() {
    let back = "returned when: { column: inv, starts with: \"R\" }\n";
    let mapping = "items: { files: s.csv, columns: { purchase: inv, customer: who, at: day, product: sku, quantity: n, price: p } }\n";
    let shop = |rows: &str| Shop::new(&[("s.csv", &format!("inv,who,day,sku,n,p\n{rows}")), ("h.yaml", &format!("{mapping}{back}"))]);
    // The same article at two prices: what came back is the dear one.
    let history = shop("1,eve,2025-01-01,M,1,0.40\n1,eve,2025-01-01,M,1,90.00\nR2,eve,2025-01-03,M,-1,90.00\n").good("h.yaml");
    assert_eq!(returned(&history), [Returned::Items(vec![(1, Decimal::whole(1))])]);
    // The later purchase holds it too, but at another price.
    let history = shop("1,eve,2025-01-01,M,2,90.00\n2,eve,2025-01-02,M,1,70.00\nR3,eve,2025-01-03,M,-1,90.00\n").good("h.yaml");
    assert_eq!(returned(&history), [Returned::Items(vec![(0, Decimal::whole(1))])]);
    let MomentKind::Return(parts) = moments(&history)[0] else { panic!() };
    assert_eq!(parts[0].purchase, 0);
    // Ten came back for 24.00 in all, where each had cost 60.00: four tenths of one.
    let history = shop("1,eve,2025-01-01,M,10,60.00\nR2,eve,2025-01-03,M,-10,2.40\n").good("h.yaml");
    assert_eq!(returned(&history), [Returned::Items(vec![(0, Decimal::new(4, 1))])]);
    assert!(said(&history, "1 return records other money than the units cost, 24.00 EUR"), "{:?}", history.notes);
    // More than there is: what is left comes back, the rest is told.
    let history = shop("1,eve,2025-01-01,M,1,60.00\nR2,eve,2025-01-03,M,-1,75.00\n").good("h.yaml");
    assert_eq!(returned(&history), [Returned::Items(vec![(0, Decimal::whole(1))])]);
    assert!(said(&history, "by 15.00 EUR in all"), "{:?}", history.notes);
}

#[test]
fn amounts_of_returned_purchases() {
    let shop = Shop::new(&[
        ("h.yaml", "purchases: p.csv\nreturns: r.csv\n"),
        (
            "p.csv",
            "customer,id,at,amount\nann,A,2025-01-01,40.00\nann,B,2025-01-02,30.00\nann,C,2025-01-02,30.00\nann,D,2025-01-02,30.00\n",
        ),
        ("r.csv", "of,at,amount,quantity\nA,2025-01-08,7.00,1\nB,2025-01-08,0.00,1\nC,2025-01-08,,1\nD,2025-01-08,,\n"),
    ]);
    let history = shop.good("h.yaml");
    assert_eq!(returned(&history), [Returned::Amount(700), Returned::Rest]);
    assert_eq!(reasons(&history), [("no amount".to_owned(), 1), ("returns nothing".to_owned(), 1)]);
}

#[test]
fn surveys_say_their_scale() {
    let shop = Shop::new(&[
        ("p.csv", "customer,id,at,amount\nann,A,2025-01-01,40.00\n"),
        ("n.csv", "customer,at,score\nann,2025-02-01,0\n"),
        ("unsaid.yaml", "purchases: p.csv\nsurveys: n.csv\n"),
        ("zero.yaml", "purchases: p.csv\nsurveys: { files: n.csv, scale: 0 to 10 }\n"),
    ]);
    assert_eq!((shop.good("unsaid.yaml").scale, shop.good("zero.yaml").scale), (Scale::Unsaid, Scale::ZeroToTen));
}

#[test]
fn refunds_in_the_rows_of_their_purchases() {
    let csv = "no,who,day,paid,back,sku,Quantity,p\n5,ann,2025-01-01,30.00,12.00,a,1,10.00\n5,ann,2025-01-01,30.00,12.00,b,2,10.00\n6,ann,2025-01-02,8.00,0.00,a,1,8.00\n7,ann,2025-01-03,8.00,,a,1,8.00\n";
    let heads = "customer: who, id: no, at: day, amount: paid";
    let lines = "items: { files: s.csv, columns: { purchase: no, product: sku, quantity: Quantity, price: p } }\n";
    let shop = Shop::new(&[
        ("s.csv", csv),
        (
            "table.yaml",
            &format!(
                "purchases: {{ files: s.csv, columns: {{ {heads} }} }}\n{lines}returns: {{ files: s.csv, columns: {{ of: no, at: day, amount: back }} }}\n"
            ),
        ),
        ("column.yaml", &format!("purchases: {{ files: s.csv, columns: {{ {heads}, refunded: back }} }}\n{lines}")),
    ]);
    for mapping in ["table.yaml", "column.yaml"] {
        let history = shop.good(mapping);
        assert_eq!(purchases(&history), ["ann 5 3000", "ann 6 800", "ann 7 800"]);
        assert_eq!(returned(&history), [Returned::Amount(1200)], "{mapping}");
        assert_eq!((reasons(&history), history.accounting.total().rejected), (vec![], 0));
    }
}
