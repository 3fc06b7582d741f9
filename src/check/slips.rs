//! Slips that plain reasoning finds: sentences that stand twice, rates that fall, days that overlap, sums too large.

use super::lints::granted_units;
use super::never::all_rules;
use super::types::power;
use super::{Checker, errors, walk};
use crate::diagnostic::Diagnostic;
use crate::program::{
    CmpOp, Effect, Expr, Fact, LimitWhat, MeasureKind, Program, PurchaseFilter, Rate, Rates, Redeem, Rule, Table, TableKey, Test, TestKind,
    TierId, Trigger, WalletId, WalletKind, When,
};
use crate::span::Span;
use crate::value::{Date, Decimal, Exact};

/// So many sentences are compared with each other.
const MAX_COMPARED: usize = 1_000;

/// All of them.
pub(crate) fn check(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    twice(program, found);
    for rule in all_rules(program) {
        falling(checker, rule, found);
        large_sums(checker, rule, found);
        everything_back(checker, rule, found);
    }
    higher_tiers(checker, found);
    days(program, found);
    gifts(checker, found);
    values(checker, found);
    always_true(checker, found);
}

fn same_tests(a: &[Test], b: &[Test]) -> bool {
    a.len() == b.len() && a.iter().all(|test| b.iter().any(|other| other.expr == test.expr))
}

fn same_when(a: &[(When, Span)], b: &[(When, Span)]) -> bool {
    a.len() == b.len() && a.iter().all(|(when, _)| b.iter().any(|(other, _)| other == when))
}

/// Whether two rules hold for the same and differ in nothing but what they give and in these tests.
fn same_but_for(a: &Rule, b: &Rule, a_tests: &[Test], b_tests: &[Test]) -> bool {
    a.trigger == b.trigger
        && same_tests(a_tests, b_tests)
        && same_when(&a.when, &b.when)
        && a.scope == b.scope
        && a.budgets == b.budgets
        && a.only == b.only
        && a.entitlement == b.entitlement
        && a.life == b.life
        && a.group == b.group
}

fn twice(program: &Program, found: &mut Vec<Diagnostic>) {
    let same = |a: &Rule, b: &Rule| {
        a.effects == b.effects && same_but_for(a, b, &a.tests, &b.tests) && a.limits == b.limits && a.not_with == b.not_with
    };
    let rules: Vec<&Rule> = program.rules.iter().take(MAX_COMPARED).collect();
    pairs(&rules, |a, b| same(a, b), |rule| rule.span, found);
    let redeem = |a: &Redeem, b: &Redeem| {
        (a.wallet, a.step, a.at_least, &a.items) == (b.wallet, b.step, b.at_least, &b.items)
            && a.limits == b.limits
            && same_tests(&a.tests, &b.tests)
            && same_when(&a.when, &b.when)
    };
    pairs(&program.redeems.iter().collect::<Vec<_>>(), |a, b| redeem(a, b), |redeem| redeem.span, found);
    let exchanges: Vec<_> = program.exchanges.iter().collect();
    pairs(&exchanges, |a, b| a.wallet == b.wallet && a.price == b.price && same(&a.rule, &b.rule), |exchange| exchange.rule.span, found);
}

fn pairs<T>(all: &[&T], same: impl Fn(&T, &T) -> bool, span: impl Fn(&T) -> Span, found: &mut Vec<Diagnostic>) {
    for (at, second) in all.iter().enumerate().take(MAX_COMPARED) {
        if let Some(first) = all.iter().take(at).find(|first| same(first, second)) {
            found.push(errors::twice(span(first), span(second)));
        }
    }
}

/// How much a rate gives, where two of one kind can be compared: the kind and the size.
fn size(rate: &Rate) -> Option<(u8, Exact)> {
    let (kind, size) = match rate {
        Rate::Percent(share) => (0, Exact::try_from(*share).ok()?),
        Rate::Fixed(sum) => (1, Exact::whole(i128::from(*sum))),
        Rate::Per { amount, per, .. } => (2, Exact::try_from(*amount).ok()?.divided_by(Exact::whole(i128::from(*per))).ok()?),
        Rate::PerEachItem { amount, per } => (2, Exact::try_from(*amount).ok()?.divided_by(Exact::whole(i128::from(*per))).ok()?),
        Rate::PerItem { amount } => (3, Exact::try_from(*amount).ok()?),
        Rate::PerQuantity { amount, per, .. } => (4, Exact::try_from(*amount).ok()?.divided_by(Exact::try_from(*per).ok()?).ok()?),
        Rate::Nothing => return None,
    };
    // A row of nothing says that nothing is meant.
    (size > Exact::whole(0)).then_some((kind, size))
}

fn rate_tables(rule: &Rule) -> impl Iterator<Item = (&Table, Option<WalletId>)> {
    rule.effects.iter().filter_map(|effect| match effect {
        Effect::Discount(Rates::Table(table)) => Some((table, None)),
        Effect::Earn { rates: Rates::Table(table), wallet } => Some((table, Some(*wallet))),
        _ => None,
    })
}

/// A row of a table that gives less than one before it.
fn falling(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    for (table, wallet) in rate_tables(rule) {
        let by_tier = matches!(table.key, TableKey::Tier(_));
        if matches!(table.key, TableKey::Words(..) | TableKey::Grid(..))
            || table.each_slice
            || !by_tier && !grows_with_custom(&checker.program, &table.key)
        {
            continue;
        }
        let sized: Vec<_> = table.rows.iter().filter_map(|row| Some((row, size(&row.rate)?))).collect();
        let fallen = sized.windows(2).find_map(|pair| match pair {
            [(before, (kind, least)), (row, (other, size))] if kind == other && size < least => Some((*before, *row)),
            _ => None,
        });
        // A newcomer's discount falls from row to row, and is meant to.
        let welcome =
            sized.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if b.1 < a.1)) && counts_purchases(&checker.program, &table.key);
        if let Some((before, row)) = fallen.filter(|_| !welcome) {
            let words = |rate: &Rate| checker.rate_words(rate, wallet);
            found.push(errors::less_for_more((&words(&row.rate), row.span), (&words(&before.rate), before.span), !by_tier));
        }
    }
}

fn counts_purchases(program: &Program, key: &TableKey) -> bool {
    match key {
        TableKey::Value(Expr::Fact(Fact::PurchaseNumber)) => true,
        TableKey::Value(Expr::Measure(id)) => program.measures.get(id.index()).is_some_and(|m| m.kind == MeasureKind::Purchases),
        _ => false,
    }
}

/// Whether more of it means a better customer, or a larger purchase.
fn grows_with_custom(program: &Program, key: &TableKey) -> bool {
    match key {
        TableKey::Amount => true,
        TableKey::Value(Expr::Measure(id)) => {
            program.measures.get(id.index()).is_some_and(|m| !matches!(m.kind, MeasureKind::Events(_) | MeasureKind::Spent(_)))
        }
        TableKey::Value(Expr::Fact(fact)) => {
            matches!(
                fact,
                Fact::Amount | Fact::NetAmount | Fact::Goods | Fact::NetGoods | Fact::ItemCount | Fact::ProductCount | Fact::PurchaseNumber
            )
        }
        TableKey::Value(Expr::AmountOf(_) | Expr::NetAmountOf(_) | Expr::QuantityOf(_)) => true,
        _ => false,
    }
}

impl Checker<'_> {
    /// `5%`, `2 EUR`, `3 beans per 1 EUR`
    fn rate_words(&self, rate: &Rate, wallet: Option<WalletId>) -> String {
        let units = |amount: &Decimal| match wallet {
            Some(wallet) if !self.is_money_wallet(wallet) => errors::counted(&amount.normal().to_string(), &self.wallet_name(wallet)),
            _ => self.money_words(amount.to_scale(0).ok().flatten().unwrap_or(0)),
        };
        match rate {
            Rate::Percent(share) => percent_words(*share),
            Rate::Fixed(sum) => wallet.map_or_else(|| self.money_words(*sum), |wallet| self.units_words(*sum, wallet)),
            Rate::Per { amount, per, .. } => format!("{} per {}", units(amount), self.money_words(*per)),
            Rate::PerEachItem { amount, per } => format!("{} per {} of each item", units(amount), self.money_words(*per)),
            Rate::PerItem { amount } => format!("{} per item", units(amount)),
            Rate::PerQuantity { amount, per, .. } => format!("{} per {per} of quantity", units(amount)),
            Rate::Nothing => "nothing".to_owned(),
        }
    }
}

/// `12.5%`
fn percent_words(share: Decimal) -> String {
    let hundred = share.times(Decimal::whole(100)).unwrap_or(share);
    format!("{}%", hundred.normal())
}

/// What a rule gives to exactly one tier, or on reaching it.
struct OfTier<'p> {
    rule: &'p Rule,
    tier: TierId,
    reached: bool,
    rest: Vec<Test>,
    gives: (u8, Option<WalletId>, u8, Exact),
    words: String,
}

/// Two sentences that differ in the tier and give the higher one less.
fn higher_tiers(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let all: Vec<OfTier<'_>> = checker.program.rules.iter().filter_map(|rule| of_tier(checker, rule)).take(MAX_COMPARED).collect();
    for (at, higher) in all.iter().enumerate() {
        let lower = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, lower)| lower).find(|lower| {
            let (a, b) = (&higher.gives, &lower.gives);
            lower.tier.ladder == higher.tier.ladder
                && lower.tier.rung < higher.tier.rung
                && lower.reached == higher.reached
                && (a.0, a.1, a.2) == (b.0, b.1, b.2)
                && a.3 < b.3
                && alike(higher, lower)
        });
        if let Some(lower) = lower {
            found.push(errors::less_for_more((&higher.words, higher.rule.span), (&lower.words, lower.rule.span), false));
        }
    }
}

fn alike(a: &OfTier<'_>, b: &OfTier<'_>) -> bool {
    let reached = a.reached
        && same_tests(&a.rest, &b.rest)
        && same_when(&a.rule.when, &b.rule.when)
        && a.rule.life == b.rule.life
        && a.rule.limits.is_empty() == b.rule.limits.is_empty();
    reached || same_but_for(a.rule, b.rule, &a.rest, &b.rest) && a.rule.limits == b.rule.limits
}

fn of_tier<'p>(checker: &Checker<'p>, rule: &'p Rule) -> Option<OfTier<'p>>
where
{
    let (effect, rate) = match rule.effects.as_slice() {
        [effect @ (Effect::Discount(Rates::One(rate)) | Effect::Earn { rates: Rates::One(rate), .. })] => (effect, *rate),
        [effect @ Effect::Grant { wallet, amount, .. }] => (effect, Rate::Fixed(granted_units(&checker.program, *wallet, amount)?)),
        _ => return None,
    };
    let wallet = match effect {
        Effect::Earn { wallet, .. } | Effect::Grant { wallet, .. } => Some(*wallet),
        _ => None,
    };
    let kind = match effect {
        Effect::Discount(_) => 0,
        Effect::Earn { .. } => 1,
        _ => 2,
    };
    let (unit, size) = size(&rate)?;
    let is_tier = |test: &Test| match &test.expr {
        Expr::Compare { left, op: CmpOp::Is, right } if test.kind == TestKind::Audience => match (&**left, &**right) {
            (Expr::TierOf(_), Expr::Tier(tier)) => Some(*tier),
            _ => None,
        },
        _ => None,
    };
    let (tier, reached) = match rule.trigger {
        Trigger::Reaching(tier) => (tier, true),
        _ => (rule.tests.iter().find_map(is_tier)?, false),
    };
    let rest = rule.tests.iter().filter(|test| reached || is_tier(test).is_none()).cloned().collect();
    Some(OfTier { rule, tier, reached, rest, gives: (kind, wallet, unit, size), words: checker.rate_words(&rate, wallet) })
}

/// The days of a rule, from and to, each open if it is not said. Days of every year as those of 2025.
fn range_of_days(rule: &Rule) -> Option<(Option<Date>, Option<Date>, Span)> {
    let (mut from, mut to, mut place) = (None, None, None);
    for (when, span) in &rule.when {
        match when {
            When::From(date) => (from, place) = (Some(*date), place.or(Some(*span))),
            When::Until(date) => (to, place) = (Some(*date), place.or(Some(*span))),
            When::AroundYearDay { month, day, from: before, to: after } if after > before => {
                let middle = Date::from_ymd(2025, *month, *day)?;
                from = Some(middle.plus_days(i64::from(*before)));
                to = Some(middle.plus_days(i64::from(*after)));
                place = Some(*span);
            }
            _ => return None,
        }
    }
    Some((from, to, place?))
}

fn days(program: &Program, found: &mut Vec<Diagnostic>) {
    let ranged: Vec<_> = program.rules.iter().filter_map(|rule| Some((rule, range_of_days(rule)?))).take(MAX_COMPARED).collect();
    for (rule, (_, end, place)) in &ranged {
        let Some(end) = end else { continue };
        for (other, (start, stop, other_place)) in &ranged {
            let Some(start) = start.filter(|_| rule.id != other.id && alike_in_kind(rule, other)) else { continue };
            let gap = i64::from(start.0).saturating_sub(i64::from(end.0));
            // A single day that two ranges share is one of them: a day of its own.
            if !matches!(gap, 0 | 2) || stop.is_some_and(|stop| stop <= *end) {
                continue;
            }
            let between = end.plus_days(1);
            let filled = ranged.iter().any(|(third, (from, to, _))| {
                alike_in_kind(rule, third)
                    && third.id != rule.id
                    && third.id != other.id
                    && from.is_none_or(|from| from <= between)
                    && to.is_none_or(|to| to >= between)
            });
            let single = program.rules.iter().any(|third| {
                alike_in_kind(rule, third) && third.when.iter().any(|(when, _)| matches!(when, When::OnDate(date) if *date == between))
            });
            if gap == 2 && (filled || single) {
                continue;
            }
            let yearly = rule.when.iter().any(|(when, _)| matches!(when, When::AroundYearDay { .. }));
            let day = if gap == 0 { start } else { between };
            let day = if yearly { month_day(day) } else { day.to_string() };
            found.push(errors::days_touch((&day, gap == 0), *place, *other_place));
        }
    }
}

/// `15 March`
fn month_day(date: Date) -> String {
    const MONTHS: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let (_, month, day) = date.ymd();
    format!("{day} {}", MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or(""))
}

/// Whether two rules give the same kind of thing to the same customers for the same items.
fn alike_in_kind(a: &Rule, b: &Rule) -> bool {
    let kind = |rule: &Rule| {
        rule.effects
            .iter()
            .map(|effect| match effect {
                Effect::Earn { wallet, .. } | Effect::Grant { wallet, .. } => (std::mem::discriminant(effect), Some(*wallet)),
                Effect::Multiply { wallet, .. } => (std::mem::discriminant(effect), Some(*wallet)),
                other => (std::mem::discriminant(other), None),
            })
            .collect::<Vec<_>>()
    };
    let yearly = |rule: &Rule| rule.when.iter().any(|(when, _)| matches!(when, When::AroundYearDay { .. }));
    kind(a) == kind(b) && a.trigger == b.trigger && a.scope == b.scope && same_tests(&a.tests, &b.tests) && yearly(a) == yearly(b)
}

/// What a purchase is worth at least where words narrow it.
fn least_purchase(program: &Program, rule: &Rule) -> Option<i64> {
    let of = |filter: &PurchaseFilter| filter.over.iter().map(|over| over.amount).max();
    let triggered = match &rule.trigger {
        Trigger::EachPurchase { filter } => of(filter),
        Trigger::Nth { counter, after: false, .. } | Trigger::EveryNth { counter, after: false, .. } | Trigger::Range { counter, .. } => {
            program.measures.get(counter.index()).and_then(|measure| of(&measure.filter))
        }
        _ => return None,
    };
    let tested = rule.tests.iter().filter(|test| test.kind == TestKind::Over).filter_map(|test| match &test.expr {
        Expr::Compare { right, .. } => super::types::fold(right).and_then(super::types::whole),
        _ => None,
    });
    tested.chain(triggered).max()
}

/// A sum off that is nearly the least purchase.
fn large_sums(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let nearly = |sum: i64, least: i64| sum.saturating_mul(5) >= least.saturating_mul(4);
    for effect in &rule.effects {
        let (sum, least) = match effect {
            Effect::Discount(Rates::One(Rate::Fixed(sum)))
                if rule.scope.is_none() && rule.limits.iter().all(|limit| matches!(limit.what, LimitWhat::Times(_))) =>
            {
                (*sum, least_purchase(&checker.program, rule))
            }
            Effect::Voucher { value: Rate::Fixed(sum), filter, .. } => (*sum, filter.over.iter().map(|over| over.amount).max()),
            _ => continue,
        };
        if let Some(least) = least.filter(|least| nearly(sum, *least)) {
            found.push(errors::nearly_all(&checker.money_words(sum), &checker.money_words(least), rule.span));
        }
    }
}

/// What one full unit of a wallet is worth at best, in minor units.
fn best_worth(program: &Program, wallet: WalletId) -> Option<Exact> {
    let of = program.wallets.get(wallet.index())?;
    let declared = of.worth.and_then(|worth| Exact::try_from(worth).ok());
    let steps = program.redeems.iter().filter(|redeem| redeem.wallet == wallet).filter_map(|redeem| {
        let (units, value) = redeem.step?;
        Exact::ratio(i128::from(value), i128::from(units)).ok()?.times(power(of.scale)).ok()
    });
    declared.into_iter().chain(steps).max()
}

/// Rates that give everything back.
fn everything_back(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    let bounded = !rule.limits.is_empty() || !rule.budgets.is_empty() || rule.only.is_some();
    let every = matches!(&rule.trigger, Trigger::EachPurchase { filter } if filter.is_all());
    if bounded || !every || program.budgets.iter().any(|budget| budget.for_all_rules) {
        return;
    }
    for effect in &rule.effects {
        let rates = match effect {
            Effect::Discount(rates) if rule.scope.is_none() => rates,
            Effect::Earn { rates, .. } => rates,
            _ => continue,
        };
        let share = rates.all().filter_map(|rate| share(program, rate, effect)).max();
        if let Some(share) = share.filter(|share| *share >= Exact::whole(1)) {
            let words = super::types::decimal(share).map_or_else(|| "all".to_owned(), percent_words);
            found.push(errors::everything_back(&words, rule.span));
        }
    }
}

/// What share of the money a rate gives back.
fn share(program: &Program, rate: &Rate, effect: &Effect) -> Option<Exact> {
    match rate {
        Rate::Percent(share) => Exact::try_from(*share).ok(),
        Rate::Per { amount, per, .. } | Rate::PerEachItem { amount, per } => {
            let Effect::Earn { wallet, .. } = effect else { return None };
            let each = if program.wallets.get(wallet.index())?.kind == WalletKind::Money {
                Exact::whole(1)
            } else {
                best_worth(program, *wallet)?
            };
            Exact::try_from(*amount).ok()?.times(each).ok()?.divided_by(Exact::whole(i128::from(*per))).ok()
        }
        _ => None,
    }
}

fn gifts(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    for gift in checker.program.gifts.iter().filter(|gift| gift.costs > gift.worth) {
        found.push(errors::dear_gift(&gift.name, &checker.money_words(gift.costs), &checker.money_words(gift.worth), gift.span));
    }
}

/// A point that is worth one thing and pays another.
fn values(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    for (number, wallet) in (0..=u16::MAX).zip(&program.wallets) {
        let Some(worth) = wallet.worth.and_then(|worth| Exact::try_from(worth).ok()).filter(|_| wallet.kind != WalletKind::Money) else {
            continue;
        };
        let redeems: Vec<&Redeem> = program.redeems.iter().filter(|redeem| redeem.wallet == WalletId(number)).collect();
        let at_worth = |redeem: &&Redeem| {
            let Some((units, value)) = redeem.step else { return Some(true) };
            let due = Exact::whole(i128::from(units)).divided_by(power(wallet.scale)).ok()?.times(worth).ok()?;
            let apart = due.minus(Exact::whole(i128::from(value))).ok()?;
            Some(apart < Exact::whole(1) && apart > Exact::whole(-1))
        };
        if redeems.iter().any(|redeem| at_worth(redeem) != Some(false)) {
            continue;
        }
        let Some((redeem, (units, value))) = redeems.first().and_then(|redeem| Some((*redeem, redeem.step?))) else { continue };
        let due = super::beyond::money_of(program, units, WalletId(number), crate::value::Rounding::HalfUp).unwrap_or(0);
        let name = checker.units_words(units, WalletId(number));
        let (pays, worth) = (format!("{} for {name}", checker.money_words(value)), format!("{} for {name}", checker.money_words(due)));
        found.push(errors::two_values((&pays, redeem.span), (&worth, wallet.span)));
    }
}

/// Conditions that leave nobody out.
fn always_true(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    let tests = all_rules(program).flat_map(|rule| &rule.tests).chain(program.redeems.iter().flat_map(|redeem| &redeem.tests));
    for test in tests.filter(|test| matches!(test.kind, TestKind::Audience | TestKind::If)) {
        found.extend(always(checker, &test.expr, test.span, test.kind == TestKind::Audience));
    }
    for segment in &program.segments {
        found.extend(always(checker, &segment.condition, segment.span, false));
    }
}

fn always(checker: &Checker<'_>, expr: &Expr, span: Span, audience: bool) -> Option<Diagnostic> {
    let text = checker.sources.text(span);
    let lowest = |part: &Expr| match part {
        Expr::Compare { left, op: CmpOp::AtLeast, right } => match (&**left, &**right) {
            (Expr::TierOf(_), Expr::Tier(tier)) if tier.rung == 0 => Some(*tier),
            _ => None,
        },
        _ => None,
    };
    let mut found = None;
    walk::each(expr, &mut |part| {
        if let Some(tier) = lowest(part) {
            let name = checker.program.tier_name(tier);
            let why = format!("\"{name}\" is the lowest tier, and everybody is in it or above");
            let help =
                if audience { "Delete these words, or name a higher tier." } else { "Delete this condition, or name a higher tier." };
            found = found.take().or_else(|| Some(errors::always_true(text, &why, help, span)));
        }
        if let Expr::Or(list) = part {
            let covered = list.iter().enumerate().any(|(at, one)| list.iter().take(at).any(|other| covers_all(one, other)));
            if covered {
                let help = "Write and in place of or, or name both: … is one of …";
                found = found.take().or_else(|| Some(errors::always_true(text, "one of its parts always holds", help, span)));
            }
        }
    });
    found
}

/// Whether one of two tests of the same value always holds.
fn covers_all(a: &Expr, b: &Expr) -> bool {
    let (Expr::Compare { left, op, right }, Expr::Compare { left: other, op: other_op, right: bound }) = (a, b) else { return false };
    if left != other {
        return false;
    }
    if let (Expr::Texts(one), Expr::Texts(two)) = (&**right, &**bound) {
        return *op == CmpOp::IsNot && *other_op == CmpOp::IsNot && !one.iter().any(|text| two.contains(text));
    }
    if matches!((op, other_op), (CmpOp::IsNot, CmpOp::IsNot)) {
        return right != bound && super::types::fold(right).is_some() && super::types::fold(bound).is_some();
    }
    let (Some(right), Some(bound)) = (super::types::fold(right), super::types::fold(bound)) else { return false };
    let above = |low: CmpOp, least: Exact, high: CmpOp, most: Exact| match (low, high) {
        (CmpOp::Over | CmpOp::AtLeast, CmpOp::Under | CmpOp::AtMost) => {
            least < most || least == most && (low == CmpOp::AtLeast || high == CmpOp::AtMost)
        }
        _ => false,
    };
    above(*op, right, *other_op, bound) || above(*other_op, bound, *op, right)
}
