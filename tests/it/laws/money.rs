//! Exact amounts, rounded once.

use super::*;

const MODES: [&str; 4] = ["half up", "half even", "down", "up"];

proptest! {
    #![proptest_config(config())]

    /// N1: an amount is the exact product of rate and base, rounded once by the mode that is named. N2: it lies less than a
    /// step from the exact value, by the half modes at most half a step. N3: so do sums, as often as was rounded.
    #[test]
    fn amounts_are_rounded_once(
        // Halves come up often.
        rate in prop_oneof![1..3_000_i128, prop::sample::select(vec![5, 25, 50, 250, 750])], scale in 1..4_u32,
        amounts in prop::collection::vec(prop_oneof![0..200_000_i64, (0..20_000_i64).prop_map(|n| n * 10)], 1..8), money in 0..4_usize, points in 0..4_usize,
        step in 0..4_usize, worth in 1..40_i128, kind in 0..5_usize,
    ) {
        // Below 100%.
        let rate = (rate - 1) % (100 * 10_i128.pow(scale) - 1) + 1;
        let (money, points) = (MODES[money], MODES[points]);
        // The step in words and in hundredths of a bean.
        let (step, hundredths) = [("", 100), (" to 0.5", 50), (" to 0.25", 25), (" to 5", 500)][step];
        let percent = format!("{}.{:0width$}", rate / 10_i128.pow(scale), rate % 10_i128.pow(scale), width = scale as usize);
        let rule = match kind {
            0 => format!("cashback {percent}%"),
            1 => format!("discount {percent}%"),
            2 => format!("earn {percent}% as beans"),
            3 => "earn 7 beans per 3 EUR, in proportion".to_owned(),
            _ => "earn 5 beans per 3 EUR".to_owned(),
        };
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC round money {money}\npoints beans worth 0.{worth:02} EUR round {points}{step}\n{rule}\n"
        ));
        let person = buyer(amounts.iter().enumerate().map(|(at, amount)| (at as i64 * 1440, *amount)));
        let ledger = run(&program, &[person]);
        // The exact value in what is counted: cents, or hundredths of a bean.
        let exact = |amount: i64| {
            let amount = i128::from(amount);
            let share = (amount * rate, 100 * 10_i128.pow(scale));
            match kind {
                0 | 1 => share,
                2 => (share.0 * 100, share.1 * worth),
                3 => (amount * 7 * 100, 300),
                _ => (amount / 300 * 5 * 100, 1),
            }
        };
        let (mode, step) = if kind < 2 { (money, 1) } else { (points, hundredths) };
        // Entries count the wallet's own smallest units.
        let smallest = if kind < 2 { 1 } else { 100 / 10_i128.pow(u32::from(program.wallets[0].scale)) };
        let mut drift = (0_i128, 0_i128);
        for (at, amount) in amounts.iter().enumerate() {
            let (n, d) = exact(*amount);
            let expected = rounded(n, d * step, mode) * step;
            let mine = ledger.accounts["c0"].iter().filter(|e| e.purchase == Some(u32::try_from(at).expect("few")) && e.kind != Kind::Join);
            let found: i128 = mine.map(|e| i128::from(e.granted)).sum::<i128>() * smallest;
            prop_assert_eq!(found, expected, "{} of {} by {}", rule, amount, mode);
            let off = (found * d - n).abs();
            prop_assert!(if mode.starts_with("half") { off * 2 <= step * d } else { off < step * d }, "{found} for {n}/{d}");
            // The denominators of one rule are equal.
            drift = (drift.0 + found * d - n, d);
        }
        let bound = step * drift.1 * i128::try_from(amounts.len()).expect("few");
        let strays = if mode.starts_with("half") { drift.0.abs() * 2 } else { drift.0.abs() };
        prop_assert!(strays <= bound, "{strays} of {bound}");
    }

    /// N4: nothing mixes currencies or units: the same amounts counted in cents, in yen or in thousandths of a dinar give the
    /// same, where all money in the program is counted so too.
    #[test]
    fn the_currency_is_only_a_name(
        per in 1..500_i64, rate in 1..40_i64, most in 1..2_000_i64, over in 0..6_000_i64, silver in 1..9_000_i64, worth in 1..9_i64, combine in 0..3_usize,
        people in people(),
    ) {
        let combine = ["best", "adding", "compounding"][combine];
        let program = |code: &str, digits: usize| {
            let money = |units: i64| match digits {
                0 => format!("{units} {code}"),
                _ => { let one = 10_i64.pow(digits as u32); format!("{}.{:0digits$} {code}", units / one, units % one) }
            };
            fixed(&format!(
                "program \"Law\" currency {code} timezone Europe/Berlin discounts combine by {combine}\npoints beans worth {} round half even\ngift mug costs {}\n\
                 tiers by spend in last 30 days\n  bronze\n  silver from {}\n\
                 earn 1 bean per {}\nearn {rate}% as beans over {}\ncashback {rate}%, at most {} per month, then 1%\ndiscount {rate}% on category \"tea\"\n\
                 {} off over {}\nafter every {} spent grant gift mug\nredeem beans, up to 50% of purchase\nredeem cashback, at most {} per week\n\
                 discount by spend ever, each slice at its own rate\n  from {} 2%\n  from {} 3%\n",
                money(worth), money(200), money(silver), money(per), money(over), money(most), money(most), money(over + most), money(silver), money(most),
                money(silver), money(silver * 2),
            ))
        };
        // Quantity times price is rounded to the currency's own decimals; without lines there is only the amount.
        let mut people = people;
        people.iter_mut().flat_map(|person| &mut person.bought).for_each(|bought| bought.items.clear());
        let euro = run_in(&program("EUR", 2), &people, 2);
        for (code, digits) in [("JPY", 0), ("KWD", 3)] {
            let other = run_in(&program(code, digits.into()), &people, digits);
            prop_assert_eq!(&other.accounts, &euro.accounts, "{}", code);
        }
    }

    /// N5, as 6.7 has it (a return evaluates its purchase again and posts the difference): after a part came back, what is
    /// left is the amount for the rest, rounded as ever, but never more than before; after all came back it is nothing,
    /// whatever the mode.
    #[test]
    fn reversals_leave_what_the_rest_earns(rate in 1..40_i64, amount in 1..20_000_i64, parts in prop::collection::vec(1..9_000_i64, 0..4), money in 0..4_usize, points in 0..4_usize) {
        let (money, points) = (MODES[money], MODES[points]);
        let program = fixed(&format!(
            "program \"Law\" currency EUR timezone UTC round money {money} earn on amount before discounts\npoints beans worth 0.03 EUR round {points} to 0.5\n\
             cashback {rate}%\ndiscount {rate}%\nearn {rate}% as beans\n"
        ));
        let mut left = amount;
        let mut person = buyer([(0, amount)]);
        let mut lefts = vec![amount];
        for (at, part) in parts.into_iter().chain([amount]).enumerate() {
            let part = part.min(left);
            if part > 0 {
                left -= part;
                lefts.push(left);
                person.bought[0].returns.push(Back { after: at as i64 + 1, what: What::Amount(part) });
            }
        }
        let ledger = run(&program, &[person]);
        let start = histories::moment(&program, 0);
        let share = |left: i64| rounded(i128::from(left * rate), 100, money);
        let beans = |left: i64| rounded(i128::from(left * rate) * 2, 300, points);
        let (mut cash_least, mut bean_least) = (i128::MAX, i128::MAX);
        let mut times: Vec<Instant> = ledger.accounts["c0"].iter().filter(|e| e.kind == Kind::Refund).map(|e| e.at).collect();
        times.insert(0, start);
        times.dedup();
        prop_assert_eq!(times.len(), lefts.len());
        for (time, left) in times.iter().zip(lefts) {
            cash_least = cash_least.min(share(left));
            bean_least = bean_least.min(beans(left));
            let so_far = |of: &dyn Fn(&Entry) -> bool| ledger.sum(|e| e.at <= *time && of(e));
            let wallet = |name: &str| program.wallets.iter().position(|wallet| wallet.name == name).expect("a wallet");
            prop_assert_eq!(so_far(&|e| in_wallet(e, wallet("cashback"))), cash_least);
            prop_assert_eq!(so_far(&|e| e.kind == Kind::Discount), cash_least);
            prop_assert_eq!(so_far(&|e| in_wallet(e, wallet("beans"))), bean_least * 5, "{:#?}", ledger.accounts);
        }
    }
}

/// Runs a history whose prices are written with as many decimals as a currency has.
fn run_in(program: &Program, people: &[Person], decimals: u8) -> Ledger {
    assert_eq!(program.currency.decimals, decimals);
    let mut people = people.to_vec();
    // Payments in cashback are written in full units of the currency.
    people.iter_mut().flat_map(|person| &mut person.bought).for_each(|bought| bought.paid.1 = 0);
    run(program, &people)
}
