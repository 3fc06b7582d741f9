//! Days, spans and windows.

use super::*;
use loyalty_dsl::history::{Builder, PurchaseRecord};
use loyalty_dsl::value::{DateTime, Zone, zone_names};

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

    /// Z3: a lot can be spent until the last minute of its last day and not at the midnight after, and expires once.
    #[test]
    fn lots_last_to_the_end_of_their_day(span in 0..7_usize, from in 0..60_i64, minute in 0..1440_i64, zone in prop::sample::select(programs::ZONES), late in any::<bool>()) {
        let (words, last_day): (&str, fn(Date) -> Date) = match span {
            0 => ("1 day after earning", |d| d.plus_days(1)),
            1 => ("20 days after earning", |d| d.plus_days(20)),
            2 => ("2 weeks after earning", |d| d.plus_days(14)),
            3 => ("1 month after earning", |d| month_later(d, 1)),
            4 => ("at end of month", |d| end_of_month(d)),
            5 => ("1 month after earning, at end of month", |d| end_of_month(month_later(d, 1))),
            _ => ("at end of next month", |d| end_of_month(month_later(d, 1))),
        };
        let program = fixed(&format!("program \"Law\" currency EUR timezone {zone}\npoints beans worth 0.01 EUR expire {words}\nearn 1 bean per 1 EUR\nredeem beans\n"));
        let earned = histories::local(&program, from * 1440 + minute).date();
        let last_day = last_day(earned);
        let number = i64::from(last_day.0 - histories::day(0).0);
        // The last minute of the day, or the first of the next.
        let pays = if late { (number + 1) * 1440 } else { number * 1440 + 1439 };
        let first = from * 1440 + minute;
        prop_assume!(pays > first);
        let mut person = buyer([(first, 10_000), (pays, 50)]);
        person.bought[1].paid = (30, 0, 0);
        let options = until(Some(histories::day(number + 3)));
        let ledger = run_on(&program, &history(&program, &[person], Order::default()), &options);
        let spent = if late { 0 } else { 30 };
        prop_assert_eq!(ledger.totals.wallets[0].spent, spent, "{:#?}", ledger.accounts);
        let expired: Vec<&Entry> = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Expire).collect();
        prop_assert_eq!(expired.len(), 1);
        prop_assert_eq!((i128::from(-expired[0].granted), expired[0].at), (100 - spent, program.zone.midnight(last_day.plus_days(1))));
        prop_assert_eq!(expired[0].expires, Some(last_day));
    }

    /// Z5: in every zone days part time: an instant lies in the one day whose midnight came last, and that is the day a
    /// library of its own finds; and a cap per day is had once in each.
    #[test]
    fn days_part_time(zone in 0..1000_usize, instants in prop::collection::vec(0..4_000_000_000_i64, 1..40), near in prop::collection::vec((0..400_usize, -90_000..90_000_i64), 1..20)) {
        let names = zone_names();
        let name = &names[zone * names.len() / 1000];
        let zone = Zone::find(name).expect("a zone");
        let rules = jiff::tz::db().get(name).expect("a zone");
        let changes: Vec<i64> = rules.following(jiff::Timestamp::from_second(0).expect("1970")).take(400).map(|change| change.timestamp().as_second()).collect();
        let near = near.iter().filter_map(|(at, off)| Some(changes.get(*at)? + off));
        for second in instants.into_iter().chain(near).filter(|second| (0..4_000_000_000).contains(second)) {
            let instant = Instant(second * 1_000_000);
            let day = zone.local(instant).date();
            let (start, next) = (zone.midnight(day), zone.midnight(day.plus_days(1)));
            prop_assert!(start <= instant && instant < next, "{name} {second}: {day} is {start:?} to {next:?}");
            let there = jiff::Timestamp::from_second(second).expect("a time").to_zoned(rules.clone()).date();
            prop_assert_eq!(Date::from_ymd(there.year().into(), there.month() as u8, there.day() as u8), Some(day), "{} {}", name, second);
        }
    }

    /// Z5: a limit per day is had once in each local day, however long.
    #[test]
    fn daily_limits_follow_the_clock(zone in prop::sample::select(programs::ZONES), around in prop::sample::select(vec![79, 100, 107, 30]), minutes in prop::collection::vec(-2880..2880_i64, 1..20)) {
        let program = fixed(&format!("program \"Law\" currency EUR timezone {zone}\npoints beans\non purchase grant 1 bean, once per day\n"));
        // Instants and not times on the clock, so that hours that come twice come up.
        let noon = histories::moment(&program, around * 1440);
        let mut builder = Builder::new("drawn");
        let mut days = std::collections::BTreeSet::new();
        let rules = jiff::tz::db().get(zone).expect("a zone");
        for (at, minute) in minutes.iter().enumerate() {
            let instant = Instant(noon.0 + minute * 60_000_000);
            days.insert(jiff::Timestamp::from_microsecond(instant.0).expect("a time").to_zoned(rules.clone()).date());
            builder.purchase(PurchaseRecord { customer: "c0".to_owned(), id: format!("p{at}"), at: instant, amount: Some(100), ..PurchaseRecord::default() });
        }
        let ledger = run_on(&program, &histories::finish(builder, &program), &until(Some(last())));
        prop_assert_eq!(ledger.totals.wallets[0].issued, i128::try_from(days.len()).expect("few"));
    }

    /// Z6: what a window holds is what a re-scan of everything finds in it: later than the same local time so long ago, or
    /// in the same calendar period; less what came back, at the time of its purchase.
    #[test]
    fn windows_are_scans(
        window in 0..9_usize, zone in prop::sample::select(programs::ZONES), spend in any::<bool>(),
        amounts in prop::collection::vec((0..110 * 1440_i64, 1..9_000_i64), 1..10), backs in prop::collection::vec((0..10_usize, 1..40_000_i64, 1..9_000_i64), 0..4),
    ) {
        let words = ["in last 10 days", "in last 24 hours", "in last 1 month", "in last 3 weeks", "in this day", "in this week", "in this month", "in this quarter", "ever"][window];
        let measure = if spend { format!("spend {words} / 0.01 EUR") } else { format!("purchases {words}") };
        let program = fixed(&format!("program \"Law\" currency EUR timezone {zone}\npoints beans\non purchase grant ({measure}) beans\n"));
        let mut person = buyer(amounts);
        person.joined = Some(-1);
        let order = in_order(&person);
        // What came back of each purchase, and when.
        let mut returns: Vec<(usize, Instant, i64)> = Vec::new();
        for (at, after, cents) in backs {
            let at = at % person.bought.len();
            let bought = &mut person.bought[at];
            let left = bought.amount - returns.iter().filter(|(of, ..)| *of == at).map(|(.., cents)| cents).sum::<i64>();
            let after = after.max(bought.returns.iter().map(|back| back.after + 1).max().unwrap_or(0));
            if left > 0 {
                bought.returns.push(Back { after, what: What::Amount(cents.min(left)) });
                returns.push((at, histories::moment(&program, bought.at + after), cents.min(left)));
            }
        }
        let local = |at: usize| histories::local(&program, person.bought[at].at);
        let instant = |at: usize| histories::moment(&program, person.bought[at].at);
        let mut expected = Vec::new();
        for (place, &now) in order.iter().enumerate() {
            let inside = |then: DateTime| match words {
                "in last 10 days" => then > local(now).plus_days(-10),
                "in last 24 hours" => then > DateTime(local(now).0 - 86_400_000_000),
                "in last 1 month" => then > { let d = local(now); DateTime(month_later(d.date(), -1).midnight().0 + d.0 - d.date().midnight().0) },
                "in last 3 weeks" => then > local(now).plus_days(-21),
                "ever" => true,
                _ => {
                    let per = match words { "in this day" => Period::Day, "in this week" => Period::Week, "in this month" => Period::Month, _ => Period::Quarter };
                    start_of(&program, then.date(), Some(per)) == start_of(&program, local(now).date(), Some(per))
                }
            };
            let mut sum = 0;
            for &then in order[..place].iter().filter(|then| inside(local(**then))) {
                let back: i64 = returns.iter().filter(|(of, at, _)| *of == then && *at <= instant(now)).map(|(.., cents)| cents).sum();
                let left = person.bought[then].amount - back;
                sum += if spend { left } else { i64::from(left > 0) };
            }
            expected.push(sum);
        }
        let ledger = run(&program, std::slice::from_ref(&person));
        for (place, expected) in expected.into_iter().enumerate() {
            let mine = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Grant && e.purchase == Some(u32::try_from(place).expect("few")));
            prop_assert_eq!(mine.map(|e| e.wanted).sum::<i64>(), expected, "purchase {} of {:?}\n{:#?}", place, person, ledger.accounts);
        }
    }
}

/// Months later, in a shorter month its last day.
fn month_later(date: Date, months: i32) -> Date {
    let (year, month, day) = date.ymd();
    let number = year * 12 + i32::from(month) - 1 + months;
    let month = u8::try_from(number % 12 + 1).expect("a month");
    (1..=day).rev().find_map(|day| Date::from_ymd(number / 12, month, day)).expect("a day")
}

fn end_of_month(date: Date) -> Date {
    let (year, month, _) = date.ymd();
    (28..=31).rev().find_map(|day| Date::from_ymd(year, month, day)).expect("a day")
}
