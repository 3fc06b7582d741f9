//! Exports in the shapes that people have: right sums, or a question.

use super::*;

#[expect(clippy::inconsistent_digit_grouping, clippy::mistyped_literal_suffixes, reason = "cents stand apart from the whole amounts")]
/// Folder, currency, purchases, revenue, what came back, what nobody bought.
const EXPORTS: [(&str, &str, usize, i64, i64, i64); 20] = [
    ("shop_first_line_only", "USD", 3, 141_00, 21_60, 0),
    ("shop_repeated_lines", "EUR", 3, 111_50, 20_00, 0),
    ("till_day_time_zone", "USD", 3, 2215_20, 10_80, 0),
    ("card_payments", "USD", 3, 101_50, 20_00, 0),
    ("wallet_activity", "USD", 2, 1035_00, 20_00, 0),
    ("store_month_names", "USD", 3, 1175_00, 1120_00, 0),
    ("kasse_three_keys", "EUR", 3, 42_05, 0, 2_90),
    ("wawi_semicolons", "EUR", 2, 1314_50, 25_00, 0),
    ("market_place_tabs", "EUR", 2, 88_49, 0, 0),
    ("erp_pipes_and_rules", "EUR", 3, 1487_50, 119_00, 0),
    ("kassa_1251", "RUB", 3, 3584_50, 0, 99_90),
    ("rows_sold_and_returned", "RUB", 2, 699_50, 150_00, 0),
    ("taobao_ids_as_texts", "CNY", 3, 1472_10, 0, 0),
    ("chinese_days_and_total", "CNY", 2, 1116_50, 0, 12_00),
    ("mini_program_cents", "CNY", 2, 1116_50, 80_00, 0),
    ("interface_pages", "EUR", 3, 47_50, 0, 0),
    ("till_tips_two_digit_years", "USD", 3, 37_80, 0, 0),
    ("log_of_seconds", "EUR", 3, 20_00, 0, 0),
    ("invoices_with_credit_notes", "GBP", 2, 72_64, 5_10, 0),
    ("lines_with_tax_on_top", "EUR", 3, 91_40, 0, 0),
];

#[test]
fn exports_of_twenty_shapes_come_to_their_sums() {
    let mut wrong = Vec::new();
    for (name, currency, count, revenue, back, nobody) in EXPORTS {
        let shop = Shop { currency, ..Shop::new(&[]) };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports").join(name).join("mapping.yaml");
        let found = shop.read_path(&path).map(|history| {
            let anonymous: i64 = history.anonymous.iter().map(|purchase| purchase.amount).sum();
            let (_, purchases, sum) = total(&history);
            ((purchases, sum, page::returned(&history), anonymous), reasons(&history))
        });
        match found {
            Ok((sums, _)) if sums == (count, revenue, back, nobody) => {}
            Ok((sums, reasons)) => wrong.push(format!("{name}: {sums:?} and not {:?}; {reasons:?}", (count, revenue, back, nobody))),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An export that `read` has not seen: its file, the currency, which proposed lines a person takes the # off, and what they
/// come to then, in cents: purchases, revenue, what came back.
type Unseen = (&'static str, &'static str, &'static [&'static str], usize, i64, i64);

#[expect(clippy::inconsistent_digit_grouping, reason = "cents stand apart from the whole amounts")]
const UNSEEN: [Unseen; 64] = [
    ("lightspeed_x.csv", "USD", &["line total: Total", "use only: { Status: [Closed] }"], 2, 52_80, 0),
    ("magento.csv", "USD", &["use only: { Status: [Closed, Complete] }"], 2, 1165_00, 1120_00),
    ("prestashop.csv", "EUR", &["use only: { Status: [Livré] }"], 1, 45_10, 0),
    ("opencart.csv", "EUR", &["use only: { status: [Complete] }"], 1, 45_10, 0),
    ("amazon.txt", "EUR", &[], 2, 50_49, 0),
    ("ebay.csv", "USD", &[], 3, 1162_40, 0),
    (
        "sumup.csv",
        "EUR",
        &["use only: { Status: [Refunded, Successful] }", "not used: [Transaction Type]", "negative amounts: are returns"],
        2,
        45_00,
        12_00,
    ),
    ("zettle.csv", "EUR", &["negative amounts: are returns"], 2, 1132_00, 12_00),
    ("toast_orders.csv", "USD", &["amount: Total", "cancelled where: { Voided: [\"TRUE\"] }"], 2, 72_80, 0),
    ("clover.csv", "USD", &["use only: { Result: [SUCCESS] }"], 2, 64_80, 10_80),
    ("onec.csv", "RUB", &["the rest is: shared over lines"], 3, 4450_50, 0),
    ("iiko.csv", "RUB", &["cancelled where: { Заказ удален: [Заказ удален] }"], 2, 900_00, 0),
    ("evotor.csv", "RUB", &["returned where: { Тип документа: Возврат }"], 2, 165_00, 40_00),
    ("yookassa.csv", "RUB", &["use only: { Статус: [Оплачен] }"], 2, 1650_50, 100_00),
    ("meituan.csv", "CNY", &["use only: { 订单状态: [已完成] }"], 2, 64_00, 0),
    ("youzan.csv", "CNY", &["use only: { 订单状态: [交易完成] }"], 2, 1308_00, 199_00),
    ("wechat.csv", "CNY", &["use only: { 交易状态: [SUCCESS] }"], 2, 1116_50, 80_00),
    ("alipay.csv", "CNY", &["returned where: { 业务类型: 退款 }"], 2, 1116_50, 80_00),
    ("sap_se16.txt", "EUR", &["negative amounts: are returns"], 2, 1236_00, 12_00),
    ("odoo.csv", "EUR", &["use only: { Status: [Sales Order] }"], 2, 52_80, 0),
    ("jtl.csv", "EUR", &["use only: { Auftragsstatus: [Versendet] }"], 1, 34_80, 0),
    ("stripe_api.json", "USD", &["use only: { status: [succeeded] }", "amounts in: cents"], 2, 70_50, 10_00),
    ("orderbird.csv", "EUR", &[], 2, 10_50, 0),
    ("onec_retail.csv", "RUB", &[], 2, 284_70, 0),
    ("bigcommerce.csv", "USD", &["use only: { Order Status: [Completed, Partially Refunded] }"], 2, 79_40, 10_00),
    ("billbee.csv", "EUR", &["use only: { Status: [Versendet] }"], 1, 54_80, 0),
    ("loyverse.csv", "USD", &["not used: [Receipt type]", "negative amounts: are returns"], 2, 19_00, 8_00),
    ("loyverse_items.csv", "USD", &["line total: Net sales"], 2, 18_00, 0),
    ("poster.csv", "RUB", &["amount: Оплачено", "use only: { Статус: [Закрыт] }"], 2, 1250_00, 0),
    ("kaspi.csv", "KZT", &["use only: { Статус: [Выдан] }"], 2, 15990_00, 0),
    ("jd.csv", "CNY", &["amount: 结算金额", "use only: { 订单状态: [完成] }"], 2, 444_80, 0),
    ("wix.csv", "USD", &["use only: { Payment status: [Paid, Refunded] }", "not used: [Fulfillment status]"], 2, 64_90, 35_00),
    ("squarespace.csv", "USD", &["at: Created at", "use only: { Financial Status: [PAID, PARTIALLY_REFUNDED] }"], 2, 89_40, 10_80),
    ("dianping.csv", "CNY", &["use only: { 状态: [已核销] }"], 2, 170_30, 0),
    ("rkeeper.csv", "RUB", &[], 2, 809_00, 0),
    ("xiaohongshu.tsv", "CNY", &["use only: { 订单状态: [已完成] }", "not used: [售后状态]"], 2, 215_00, 0),
    ("stripe.csv", "EUR", &[], 2, 130_00, 30_00),
    (
        "shopware.csv",
        "EUR",
        &["not used: [Bestellstatus]", "use only: { Zahlungsstatus: [Bezahlt]", "not used: [Lieferstatus]"],
        2,
        1338_90,
        0,
    ),
    ("tilda.csv", "RUB", &["use only: { Payment status: [Оплачен] }"], 2, 1860_00, 0),
    ("insales.csv", "RUB", &["use only: { Статус заказа: [Доставлен] }", "not used: [Статус оплаты]"], 2, 2350_00, 0),
    ("ozon.csv", "RUB", &["use only: { Статус: [Доставлен] }"], 2, 1700_00, 0),
    ("tmall.csv", "CNY", &["at: 订单创建时间", "amount: 买家实际支付金额", "use only: { 订单状态: [交易成功] }"], 2, 406_00, 20_00),
    ("etsy.csv", "USD", &["amount: Order Total"], 3, 99_00, 0),
    ("allegro.csv", "PLN", &["use only: { PaymentStatus: [PAID] }", "not used: [SellerStatus]"], 2, 185_99, 0),
    ("ecwid.csv", "USD", &["use only: { payment_status: [Paid, Partially refunded] }"], 2, 102_90, 11_00),
    ("toast_items.csv", "USD", &["line total: Net Price", "use only: { \"Void?\": [\"false\"] }", "the rest is: tax"], 2, 33_48, 0),
    ("vectron.csv", "EUR", &["not used: [Vorgang]", "negative amounts: are returns"], 3, 26_31, 8_90),
    ("onec_documents.txt", "RUB", &["the rest is: shared over lines"], 2, 4380_00, 0),
    ("sap_billing.txt", "EUR", &["the rest is: tax", "negative amounts: are returns"], 2, 1606_50, 119_00),
    ("business_central.csv", "USD", &["not used: [Type]"], 2, 1273_30, 0),
    (
        "xero.csv",
        "GBP",
        &["use only: { Status: [Paid] }", "returned where: { Type: Sales credit note }", "the rest is: tax"],
        2,
        210_00,
        12_00,
    ),
    ("kingdee.csv", "CNY", &["use only: { 单据状态: [已审核] }"], 2, 395_50, 0),
    ("yonyou.txt", "CNY", &["not used: [红蓝标志]", "negative amounts: are returns"], 2, 565_00, 113_00),
    ("sage.csv", "GBP", &["amount: Net Amount", "use only: { Type: [SC, SI] }"], 3, 160_00, 0),
    (
        "square_items.csv",
        "USD",
        &["not used: [Event Type]", "line total: Net Sales", "the rest is: tax", "negative amounts: are returns"],
        2,
        17_97,
        4_90,
    ),
    ("gift_cards.csv", "USD", &["use only: { Type: [Product] }"], 2, 35_00, 0),
    ("wechat_bill.csv", "CNY", &["use only: { 交易状态: [SUCCESS, REFUND] }"], 2, 80_00, 10_00),
    (
        "loyalty_crm.csv",
        "INR",
        &["use only: { Transaction Type: [PURCHASE, REDEEM, RETURN] }", "negative amounts: are returns"],
        3,
        1650_50,
        50_50,
    ),
    ("test_rows.csv", "EUR", &["amount: gross_amount", "cancelled where: { is_test: [\"1\"] }"], 2, 36_00, 0),
    ("events.jsonl", "EUR", &["use only: { status: [COMPLETED] }", "amounts in: cents"], 2, 75_99, 0),
    ("excel_numbers.csv", "EUR", &[], 3, 1032_25, 0),
    ("midnight.csv", "EUR", &[], 3, 29_75, 0),
    ("day_totals.csv", "USD", &[], 3, 25_00, 0),
    (
        "shopify_api.json",
        "USD",
        &[
            "use only: { financial_status: [paid] }",
            "not used: [cancelled_at]",
            "cancelled where: { test: [\"true\"] }",
            "not used: [refunds]",
        ],
        1,
        47_10,
        0,
    ),
];

#[test]
fn what_read_writes_for_unseen_exports_comes_to_their_sums() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/read");
    let mut wrong = Vec::new();
    for (name, currency, answers, count, revenue, back) in UNSEEN {
        let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let proposal = loyalty_dsl::history::propose(&[folder.join(name)], None, &named).unwrap();
        let mut mapping = proposal.mapping.clone();
        for answer in answers {
            let line = mapping.lines().find(|line| line.trim_start().starts_with(&format!("# {answer}"))).map(str::to_owned);
            match line {
                Some(line) => mapping = mapping.replacen(&line, &line.replacen("# ", "", 1), 1),
                None => wrong.push(format!("{name}: nothing is offered that begins with: {answer}")),
            }
        }
        if answers.is_empty() != proposal.undecided.is_empty() {
            wrong.push(format!("{name}: asked {:?}", proposal.undecided));
        }
        let shop = Shop { currency, ..Shop::new(&[]) };
        let options = Options {
            currency,
            decimals: 2,
            zone: &shop.zone,
            round_money: Rounding::HalfUp,
            account_by: None,
            needs: &shop.needs,
            everything: true,
            outside: false,
            threads: 2,
        };
        let found = loyalty_dsl::history::read_mapping(&mapping, &folder, &options).map(|history| {
            let (_, purchases, sum) = total(&history);
            ((purchases, sum, page::returned(&history)), reasons(&history))
        });
        match found {
            Ok((sums, _)) if sums == (count, revenue, back) => {}
            Ok((sums, reasons)) => wrong.push(format!("{name}: {sums:?} and not {:?}; {reasons:?}\n{mapping}", (count, revenue, back))),
            Err(error) => wrong.push(format!("{name}: {error}\n{mapping}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_day_without_its_year_is_asked_about() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/read/datev.csv");
    let proposal = loyalty_dsl::history::propose(&[file], None, &|_| "datev.csv".to_owned()).unwrap();
    assert!(proposal.mapping.contains("UNDECIDED at") && proposal.mapping.contains("encoding: windows-1252"), "{}", proposal.mapping);
    assert!(proposal.mapping.contains("customer: Konto") && proposal.mapping.contains("id: Belegfeld 1"), "{}", proposal.mapping);
}

#[test]
fn orders_lines_customers_and_refunds_in_files_of_their_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports/read/several");
    let files = ["customers.csv", "order_items.csv", "orders.csv", "refunds.csv"].map(|name| folder.join(name));
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let proposal = loyalty_dsl::history::propose(&files, None, &named).unwrap();
    let mapping = proposal.mapping.replacen("# use only: { status: [complete] }", "use only: { status: [complete] }", 1);
    let shop = Shop::new(&[]);
    let place = tempfile::tempdir().unwrap();
    for file in &files {
        fs::copy(file, place.path().join(named(file))).unwrap();
    }
    fs::write(place.path().join("mapping.yaml"), &mapping).unwrap();
    let history = shop.read_path(&place.path().join("mapping.yaml")).unwrap();
    // 30 + 10 + 5 - 4 and 30; of the second 10 came back; the third was cancelled.
    let (_, purchases, sum) = total(&history);
    assert_eq!((purchases, sum, page::returned(&history)), (2, 7100, 1000), "{mapping}");
}
