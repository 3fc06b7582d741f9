//! What sentences become.

use super::{HEAD, checked};
use loyalty_dsl::program::{
    CivilSpan, CmpOp, Effect, EndOf, ExpireAfter, Expiry, Expr, Fact, ItemFilter, LadderId, LimitPeriod, LimitWhat, MeasureKind, Period,
    Program, Rate, Rates, Rule, Scope, TableKey, Test, TestKind, TierId, Trigger, WalletId, WalletKind, When, Window,
};
use loyalty_dsl::value::{Date, Decimal, Exact, TimeOfDay};

/// The small program at the beginning of the language's reference.
const COFFEE: &str = r#"program "Coffee Club"
  currency EUR
  timezone Europe/Berlin

points beans
  worth 0.01 EUR
  expire 12 months after earning

tiers by spend in last 12 months
  bronze
  silver from 300 EUR
  gold from 1000 EUR

gift "free coffee" costs 0.80 EUR worth 3.20 EUR

earn 1 bean per 1 EUR
double beans on category "cakes" on weekends
after 3rd purchase grant 5% discount
cashback 2% for tier gold
on every 10th purchase grant gift "free coffee"
on birthday grant 200 beans

redeem 100 beans for 1 EUR, up to 50% of purchase
redeem cashback

example "the third purchase earns a standing discount"
  purchase 10 EUR on 2025-01-01
  purchase 10 EUR on 2025-01-02
  purchase 10 EUR on 2025-01-03   expect no discount
  purchase 10 EUR on 2025-01-04   expect discount 0.50 EUR

expect program cost at most 4% of revenue
"#;

fn lowered(text: &str) -> Program {
    let (program, problems) = checked(text, &[]);
    assert!(!problems.has_errors(), "{text}\n{problems:#?}");
    program.expect("no errors, so a program")
}

/// The first rule of a text that stands before the usual declarations.
fn rule(text: &str) -> (Program, Rule) {
    let program = lowered(&format!("{text}\n{HEAD}"));
    let rule = program.rules.first().cloned().expect("a rule");
    (program, rule)
}

fn number(n: i128) -> Expr {
    Expr::Number(Exact::whole(n))
}

fn texts(program: &Program, set: &[loyalty_dsl::program::TextId]) -> Vec<String> {
    set.iter().filter_map(|id| program.texts.get(id.index()).cloned()).collect()
}

fn compare(left: Expr, op: CmpOp, right: Expr) -> Expr {
    Expr::Compare { left: Box::new(left), op, right: Box::new(right) }
}

#[test]
fn the_small_program_has_no_problem() {
    assert_eq!(checked(COFFEE, &[]).1.0, []);
}

#[test]
fn the_small_program_becomes_its_parts() {
    let program = lowered(COFFEE);
    assert_eq!((program.name.as_str(), program.currency.code.as_str(), program.zone.name()), ("Coffee Club", "EUR", "Europe/Berlin"));
    let [beans, cashback] = program.wallets.as_slice() else { panic!("two wallets") };
    assert_eq!(
        (beans.name.as_str(), beans.kind, beans.worth, beans.scale, beans.step),
        ("beans", WalletKind::Points, Some(Decimal::whole(1)), 0, 1)
    );
    assert_eq!(beans.expiry, Expiry::After { span: CivilSpan::Months(12), after: ExpireAfter::Earning, at: None });
    assert_eq!((cashback.name.as_str(), cashback.kind, cashback.scale), ("cashback", WalletKind::Money, 2));
    let [ladder] = program.ladders.as_slice() else { panic!("one ladder") };
    let thresholds: Vec<Option<i64>> = ladder.rungs.iter().map(|rung| rung.from).collect();
    assert_eq!(thresholds, [None, Some(30_000), Some(100_000)]);
    let measure = &program.measures[ladder.measure.index()];
    assert_eq!((&measure.kind, measure.window), (&MeasureKind::Spend, Window::Last(CivilSpan::Months(12))));
    assert_eq!((program.gifts[0].costs, program.gifts[0].worth), (80, 320));
    assert_eq!(program.redeems[0].step, Some((100, 100)));
    assert_eq!(program.redeems[0].limits[0].what, LimitWhat::Percent(Decimal::new(5, 1)));
    assert_eq!(program.redeems[1].wallet, WalletId(1));
    assert_eq!(program.expectations[0].value, Exact::ratio(4, 100).unwrap());
}

#[test]
fn the_rules_of_the_small_program() {
    let program = lowered(COFFEE);
    let [earn, double, discount, cashback, gift, birthday] = program.rules.as_slice() else { panic!("six rules") };
    let beans = WalletId(0);
    let rate = Rate::Per { amount: Decimal::whole(1), per: 100, in_proportion: false };
    assert_eq!(earn.effects, [Effect::Earn { wallet: beans, rates: Rates::One(rate) }]);
    assert_eq!(earn.label, "earn 1 bean per 1 EUR");
    assert!(matches!(&earn.trigger, Trigger::EachPurchase { filter } if filter.is_all()));
    assert_eq!(double.effects, [Effect::Multiply { wallet: beans, factor: Decimal::whole(2) }]);
    assert!(matches!(&double.scope, Some(Scope::Items(ItemFilter::Category(set))) if texts(&program, set) == ["cakes"]));
    assert_eq!(double.when[0].0, When::Weekdays(0b110_0000));
    assert!(matches!(discount.trigger, Trigger::Nth { after: true, n: 3, .. }));
    assert_eq!(discount.effects, [Effect::Discount(Rates::One(Rate::Percent(Decimal::new(5, 2))))]);
    let gold = TierId { ladder: LadderId(0), rung: 2 };
    let is_gold = compare(Expr::TierOf(LadderId(0)), CmpOp::Is, Expr::Tier(gold));
    assert_eq!((cashback.tests[0].kind, &cashback.tests[0].expr), (TestKind::Audience, &is_gold));
    assert!(matches!(gift.trigger, Trigger::EveryNth { after: false, n: 10, .. }));
    assert_eq!(
        (&birthday.trigger, birthday.effects.as_slice()),
        (&Trigger::Birthday, &[Effect::Grant { wallet: beans, amount: number(200), valid: None }][..])
    );
    assert_eq!(program.rule_order.iter().map(|id| id.0).collect::<Vec<u16>>(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn over_looks_at_the_amount_for_discounts_and_at_what_is_left_for_all_else() {
    let over = |fact, op, minor| compare(Expr::Fact(fact), op, number(minor));
    let test = |text: &str| rule(text).1.tests.first().map(|test: &Test| (test.kind, test.expr.clone())).unwrap();
    assert_eq!(test("discount 5% over 50 EUR"), (TestKind::Over, over(Fact::Amount, CmpOp::Over, 5000)));
    assert_eq!(test("cashback 5% over 50 EUR"), (TestKind::Over, over(Fact::NetAmount, CmpOp::Over, 5000)));
    assert_eq!(test("cashback 5% and discount 1% of at least 50 EUR"), (TestKind::Over, over(Fact::Amount, CmpOp::AtLeast, 5000)));
    let (program, counted) = rule("on every 5th purchase over 20 EUR grant gift \"mug\"");
    let Trigger::EveryNth { counter, .. } = counted.trigger else { panic!("a counting trigger") };
    assert_eq!(program.measures[counter.index()].filter.over[0].amount, 2000);
}

#[test]
fn audiences_and_exceptions() {
    let (_, silver) = rule("cashback 2% for tier silver or above");
    let tier = |rung| Expr::Tier(TierId { ladder: LadderId(0), rung });
    let held = || Expr::TierOf(LadderId(0));
    assert_eq!(silver.tests[0].expr, compare(held(), CmpOp::AtLeast, tier(1)));
    let (_, two) = rule("cashback 2% for tier silver, gold");
    assert_eq!(two.tests[0].expr, Expr::Or(vec![compare(held(), CmpOp::Is, tier(1)), compare(held(), CmpOp::Is, tier(2))]));
    let (_, but) = rule("cashback 2% except for tier gold");
    assert_eq!((but.tests[0].kind, &but.tests[0].expr), (TestKind::Except, &Expr::Not(Box::new(compare(held(), CmpOp::Is, tier(2))))));
    let (_, all) = rule("cashback 2% for everyone");
    assert!(all.tests.is_empty());
    let (_, old) = rule("cashback 2% for members joined before 2014-12-31");
    let day = Date::from_ymd(2014, 12, 31).unwrap();
    assert_eq!(old.tests[0].expr, compare(Expr::Fact(Fact::Joined), CmpOp::Under, Expr::Date(day)));
    let (_, unless) = rule("cashback 2% unless customer.blocked is yes");
    assert!(matches!((&unless.tests[0].kind, &unless.tests[0].expr), (TestKind::Unless, Expr::Not(_))));
}

#[test]
fn times_and_scopes() {
    let (_, night) = rule("cashback 2% between 22:00 and 02:00");
    let (from, to) = (TimeOfDay::from_hms(22, 0, 0).unwrap(), TimeOfDay::from_hms(2, 0, 0).unwrap());
    assert_eq!((&night.when[0].0, night.past_midnight_until), (&When::Between(from, to), Some(to)));
    let (_, days) = rule("cashback 2% on friday to monday");
    assert_eq!(days.when[0].0, When::Weekdays(0b111_0001));
    let (_, range) = rule("cashback 2% from 2025-01-01 to 2025-12-31");
    assert!(matches!((&range.when[0].0, &range.when[1].0), (When::From(_), When::Until(_))));
    let (_, beside) = rule("on purchase on 24 December grant 10 beans over 5 EUR");
    assert!(matches!(beside.trigger, Trigger::EachPurchase { .. }));
    assert_eq!(beside.when[0].0, When::OnYearDay(12, 24));
    let (_, alone) = rule("discount 5% on 24 December");
    assert_eq!((alone.trigger, alone.when.len()), (Trigger::YearDay(12, 24), 0));
    let (_, without) = rule("cashback 2% excluding category \"a\"");
    assert!(matches!(without.scope, Some(Scope::Excluding(ItemFilter::Category(_)))));
    let (_, both) = rule("cashback 2% on brand \"b\" excluding category \"a\"");
    let Some(Scope::Items(ItemFilter::All(all))) = both.scope else { panic!("both") };
    assert!(matches!(all.as_slice(), [ItemFilter::Brand(_), ItemFilter::Not(_)]));
}

#[test]
fn limits_tables_and_rates() {
    let (_, first) = rule("cashback 5% on the first 500 EUR per month, then 1%");
    let limit = &first.limits[0];
    assert_eq!((limit.what, limit.per), (LimitWhat::First(50_000), LimitPeriod::Calendar(Period::Month)));
    assert_eq!(limit.then, Some(Rate::Percent(Decimal::new(1, 2))));
    let (_, once) = rule("on event \"review\" grant 10 beans once");
    assert_eq!((once.limits[0].what, once.limits[0].per), (LimitWhat::Times(1), LimitPeriod::Ever));
    let (_, table) = rule("earn as beans by amount\n  from 0 EUR 1%\n  over 50 EUR 2%");
    let Effect::Earn { rates: Rates::Table(table), .. } = &table.effects[0] else { panic!("a table") };
    assert_eq!(table.key, TableKey::Amount);
    assert_eq!(table.rows.iter().map(|row| (row.threshold, row.exclusive)).collect::<Vec<_>>(), [(0, false), (5000, true)]);
    let (_, by_tier) = rule("cashback by tier\n  gold 2%");
    let Effect::Earn { rates: Rates::Table(table), .. } = &by_tier.effects[0] else { panic!("a table") };
    assert_eq!(
        table.rows.iter().map(|row| row.rate).collect::<Vec<_>>(),
        [Rate::Nothing, Rate::Nothing, Rate::Percent(Decimal::new(2, 2))]
    );
}

#[test]
fn conditions_take_their_kinds_from_both_sides() {
    let (program, field) = rule("cashback 2% if purchase.fare is over 100 EUR and customer.level is gold");
    let Expr::And(parts) = &field.tests[0].expr else { panic!("two parts") };
    let kinds: Vec<String> = parts.iter().map(|part| format!("{part:?}")).collect();
    assert!(kinds[0].contains("as_type: Money") && kinds[0].contains("10000"), "{kinds:?}");
    assert!(kinds[1].contains("as_type: Text"), "{kinds:?}");
    assert!(program.texts.iter().any(|text| text == "gold"));
    let (_, one_of) = rule("cashback 2% if channel is one of \"app\", \"web\"");
    assert!(matches!(&one_of.tests[0].expr, Expr::Compare { right, .. } if matches!(&**right, Expr::Texts(set) if set.len() == 2)));
    let (program, happened) = rule("cashback 2% if event \"activated\" happened in this quarter");
    let Expr::Compare { left, op: CmpOp::AtLeast, .. } = &happened.tests[0].expr else { panic!("counted") };
    let Expr::Measure(id) = **left else { panic!("a measure") };
    assert_eq!(program.measures[id.index()].window, Window::In(Period::Quarter));
}

#[test]
fn wallets_of_all_kinds() {
    let program = lowered(
        "program \"T\" currency EUR timezone Europe/Berlin\nstamps\npoints worth 0.005 EUR round half up to 0.5 never expire\nwallet gold expire at end of next year\nredeem points",
    );
    let [stamps, points, gold] = program.wallets.as_slice() else { panic!("three wallets") };
    assert_eq!((stamps.name.as_str(), stamps.kind), ("stamps", WalletKind::Stamps));
    assert_eq!((points.worth, points.scale, points.step), (Some(Decimal::new(5, 1)), 1, 5));
    assert_eq!(gold.expiry, Expiry::AtEnd { next: true, end: EndOf::Period(Period::Year), plus: None });
}
