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
