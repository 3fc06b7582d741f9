//! What is put together is the sum of its parts.

use super::*;

/// Hears what an account's entries are, and why.
#[derive(Default)]
struct Heard(Vec<Entry>);

impl engine::Listener for Heard {
    const ON: bool = true;
    const WHY: bool = true;

    fn entry(&mut self, entry: Entry) {
        self.0.push(entry);
    }
}

proptest! {
    #![proptest_config(config())]

    /// E4, X2: an account depends on its own events only.
    #[test]
    fn accounts_are_apart((_, program) in lawful(Pool::All), people in people()) {
        let all = run(&program, &people);
        let mut totals = Totals::new(&program);
        for person in &people {
            let alone = run(&program, std::slice::from_ref(person));
            prop_assert_eq!(alone.accounts.get(&person.id), all.accounts.get(&person.id));
            totals.merge(&alone.totals).expect("small sums");
        }
        prop_assert_eq!(totals, all.totals);
    }

    /// X2: the ledger of some customers and of others, put together, is that of all. (Where accounts share nothing.)
    #[test]
    fn customers_can_be_split((_, program) in lawful(Pool::All), people in people(), at in 0..4_usize) {
        let (some, others) = people.split_at(at.min(people.len()));
        let (mut some, others, all) = (run(&program, some), run(&program, others), run(&program, &unreferred(&people)));
        some.accounts.extend(others.accounts);
        some.totals.merge(&others.totals).expect("small sums");
        prop_assert_eq!(some, all);
    }

    /// X5: `simulate`, the stories of `why`, and what listens for worked examples see the same entries; and a worked example
    /// that expects what the ledger says holds.
    #[test]
    fn everyone_tells_the_same((text, program) in lawful(Pool::Shared), people in people()) {
        let history = history(&program, &people, Order::default());
        let ledger = run_on(&program, &history, &until(Some(last())));
        for (id, entries) in &ledger.accounts {
            let told: Vec<Entry> = story(&program, &history, id).into_iter().flat_map(|chapter| chapter.entries).collect();
            prop_assert_eq!(&told, entries, "{}", text.whole());
        }
    }

    /// What looks across accounts comes to the same account by account, in rounds, as in the one order of all that happens.
    #[test]
    fn rounds_are_the_order((text, program) in lawful(Pool::Shared), people in people()) {
        let history = history(&program, &people, Order::default());
        let ledger = run_on(&program, &history, &until(Some(last())));
        let mut told = BTreeMap::new();
        let keep = |part: usize, account: usize, heard: Heard| drop(told.insert(history.parts[part].accounts[account].id.clone(), heard.0));
        let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
        let totals = engine::listen(&program, &history, &assumptions, last().plus_days(1), |_, _| Heard::default(), keep);
        prop_assert_eq!(&totals.expect("no amount overflows"), &ledger.totals, "{}", text.whole());
        prop_assert_eq!(&told, &ledger.accounts, "{}", text.whole());
    }

    /// X5: a worked example that says what a customer did, and expects what the ledger has, holds.
    #[test]
    fn examples_agree_with_the_ledger((text, program) in lawful(Pool::All), people in people()) {
        let mut person = people[0].clone();
        person.events.clear();
        // Steps keep their order; ids do not matter where nothing happens at the same moment.
        person.bought.sort_by_key(|b| b.at);
        person.bought.dedup_by_key(|b| b.at);
        let mut steps: Vec<(i64, String)> = Vec::new();
        for (at, bought) in person.bought.iter_mut().enumerate() {
            bought.returns.truncate(1);
            bought.returns.retain(|back| !matches!(back.what, What::Item));
            // What its lines came to is the amount, in which its tax and shipping lie.
            bought.amount = bought.total();
            bought.items.clear();
            bought.voucher = bought.voucher.or(Some(false));
            bought.paid = (0, 0, 0);
            let place = if bought.app { "via app" } else { "paid by \"card\"" };
            let (tax, shipping) = (money(bought.tax), money(bought.shipping));
            let voucher = if bought.voucher == Some(true) { " paying with voucher" } else { "" };
            steps.push((bought.at, format!("purchase {} EUR {} {place} tax {tax} EUR shipping {shipping} EUR{voucher} called p{at}", money(bought.amount), clock(bought.at))));
        }
        let taken: Vec<i64> = steps.iter().map(|(at, _)| *at).collect();
        let mut returned: Vec<i64> = Vec::new();
        for (at, bought) in person.bought.iter_mut().enumerate() {
            // What cannot be returned is an error of the example and a rejected row of the history.
            bought.returns.retain(|back| !taken.contains(&(bought.at + back.after)) && !returned.contains(&(bought.at + back.after)));
            if let Some(Back { what: What::Amount(cents), .. }) = bought.returns.first_mut() {
                *cents = (*cents).min(bought.amount);
            }
            bought.returns.retain(|_| bought.amount > 0);
            for back in &bought.returns {
                let when = bought.at + back.after;
                returned.push(when);
                let what = if let What::Amount(cents) = back.what { format!("{} EUR of ", money(cents)) } else { String::new() };
                steps.push((when, format!("return {what}p{at} {}", clock(when))));
            }
        }
        prop_assume!(!steps.is_empty());
        steps.sort();
        let history = history(&program, std::slice::from_ref(&person), Order::default());
        let chapters: Vec<Chapter> = story(&program, &history, &person.id).into_iter().filter(|chapter| chapter.event.is_some()).collect();
        prop_assert_eq!(chapters.len(), steps.len());
        let joined = person.joined.map_or_else(String::new, |day| format!(" joined {}", histories::day(day)));
        let born = person.born.map_or_else(String::new, |day| format!(" born {day}"));
        let mut example = format!("example \"drawn\"\n  customer \"c0\"{joined}{born}\n");
        for ((_, step), chapter) in steps.iter().zip(&chapters) {
            let sum = |of: &dyn Fn(&Entry) -> bool| chapter.entries.iter().filter(|e| of(e)).map(|e| e.granted).sum::<i64>();
            let discount = sum(&|e| matches!(e.kind, Kind::Discount | Kind::Price));
            let gifts = sum(&|e| matches!(e.kind, Kind::Gift(_)));
            let (cash, miles) = (index(&program, "cashback"), index(&program, "miles"));
            let mut expects = vec![format!("balance {} EUR of cashback", signed(chapter.balances[cash])), format!("balance {} miles", chapter.balances[miles])];
            if step.starts_with("purchase") {
                expects.push(if discount == 0 { "no discount".to_owned() } else { format!("discount {} EUR", money(discount)) });
                expects.push(if gifts == 0 { "no gift".to_owned() } else { format!("{gifts} gifts") });
            }
            let rung = |ladder: usize| program.ladders[ladder].rungs[usize::from(chapter.rungs[ladder])].name.clone();
            expects.push(format!("tier {}", rung(0)));
            expects.push(format!("tier {}", rung(1)));
            example += &format!("  {step} expect {}\n", expects.join(", "));
        }
        let whole = format!("{}{example}", text.whole());
        let sources = Sources::single("drawn.loy", &whole);
        let (ast, problems) = parse(&sources, 0);
        prop_assert!(!problems.has_errors(), "{whole}\n{problems:?}");
        let with_prices = Program { price_lists: program.price_lists.clone(), ..check(&ast, &sources, &[]).0.expect("a program") };
        let examples = loyalty_dsl::examples::run(&ast, &with_prices, &sources);
        prop_assert_eq!(examples.held, 1, "{}\n{:#?}\n{:#?}", whole, examples.problems, chapters);
    }

    /// X6: everyone twice under other names counts twice. (Where accounts share nothing.)
    #[test]
    fn twice_the_customers((text, program) in lawful(Pool::All), people in people()) {
        let once = run(&program, &people);
        let fresh = people.iter().map(|person| Person { id: format!("z{}", person.id), ..person.clone() });
        let both: Vec<Person> = people.iter().cloned().chain(fresh).collect();
        let twice = run(&program, &both);
        let mut sums = once.totals.clone();
        sums.merge(&once.totals).expect("small sums");
        prop_assert_eq!(twice.totals, sums, "{}", text.whole());
        for person in &people {
            prop_assert_eq!(&twice.accounts[&format!("z{}", person.id)], &once.accounts[&person.id]);
        }
    }
}

/// Nobody knows anybody.
fn unreferred(people: &[Person]) -> Vec<Person> {
    people.iter().map(|person| Person { referred: false, ..person.clone() }).collect()
}

fn index(program: &Program, wallet: &str) -> usize {
    program.wallets.iter().position(|known| known.name == wallet).expect("a wallet")
}

/// A date and a time as an example has them.
fn clock(minute: i64) -> String {
    let time = minute.rem_euclid(1440);
    format!("on {} at {:02}:{:02}", histories::day(minute.div_euclid(1440)), time / 60, time % 60)
}

fn signed(cents: i64) -> String {
    format!("{}{}", if cents < 0 { "-" } else { "" }, money(cents.abs()))
}
