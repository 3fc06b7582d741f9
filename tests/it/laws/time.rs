//! Days, spans and windows.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// Z4: every birthday comes once a calendar year, on its day or on 28 February.
    #[test]
    fn every_birthday_once(month in 1..13_u8, day in 1..32_u8, leap in any::<bool>(), joined in -400..400_i64) {
        let born = if leap { Date::from_ymd(2000, 2, 29) } else { Date::from_ymd(2000, month, day) };
        prop_assume!(born.is_some());
        let text = "program \"Law\" currency EUR timezone Europe/Berlin\npoints beans\non birthday grant 1 bean\n";
        let program = checked(&Text { head: vec![text.to_owned()], rules: Vec::new() }).expect("a program");
        let person = Person { id: "c0".to_owned(), joined: Some(joined), born, events: vec![(6_000_000, "ok")], ..Person::default() };
        let history = history(&program, &[person], Order::default());
        let end = histories::day(6_000_000 / 1440);
        let ledger = run_on(&program, &history, &until(Some(end)));
        let found: Vec<Date> = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Grant).map(|e| program.zone.local(e.at).date()).collect();
        let (_, month, day) = born.expect("a day").ymd();
        let days = (2023..2040).map(|year| Date::from_ymd(year, month, day).unwrap_or_else(|| Date::from_ymd(year, 2, 28).expect("a day")));
        let expected: Vec<Date> = days.filter(|day| histories::day(joined) <= *day && *day <= end).collect();
        prop_assert_eq!(found, expected);
    }
}
