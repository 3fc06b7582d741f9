//! What can run, but was hardly meant. Where a program has errors, nothing is concluded from what is missing.

use super::conflict::measures_wallet;
use super::held::{Over, how_often, touched};
use super::meet::{can_meet, same_purchases};
use super::never::{all_rules, is_given};
use super::types::fold;
use super::{Checker, errors, walk};
use crate::diagnostic::Diagnostic;
use crate::program::{
    CmpOp, Combine, Effect, Entitlement, Expr, Fact, GroupPolicy, Limit, LimitPeriod, LimitWhat, MeasureKind, Period, Program, Rate, Rates,
    Redeem, Rule, Shortfall, Table, TableKey, Test, TestKind, Trigger, Type, WalletId, WalletKind,
};
use crate::span::Span;
use crate::syntax::ast::{
    self, Ast, ClauseKind, DurationUnit, ExprKind, Lasting, Literal, MonthDay, StatementKind, TierSetting, TimeClause, WalletSetting,
};
use crate::value::{Decimal, Exact};

/// All warnings.
pub(crate) fn check(checker: &mut Checker<'_>, ast: &Ast, unused: Vec<Diagnostic>) {
    let whole = !checker.problems.has_errors() && !ast.statements.iter().any(|statement| statement.damaged);
    let mut found = Vec::new();
    declarations(ast, checker, &mut found);
    if whole {
        let program = &checker.program;
        if !checker.combine_said {
            discounts_meet(program, &mut found);
        }
        wallets_without_use(program, &mut found);
        for rule in all_rules(program) {
            limits(checker, rule, &mut found);
            tables(checker, rule, &mut found);
            unbounded(program, rule, &mut found);
        }
        payments(program, &mut found);
        idle_payments(program, &mut found);
        carried(checker, ast, &mut found);
        refunds(program, &mut found);
        ladders(checker, &mut found);
        series(program, &mut found);
        shadowed(program, &mut found);
        super::slips::check(checker, &mut found);
        found.extend(unused);
        if program.combine == Combine::Adding {
            over_hundred(program, &mut found);
        }
    }
    for problem in found {
        checker.report(problem);
    }
}

fn is_one_day(length: &ast::Expr) -> bool {
    matches!(&length.kind, ExprKind::Literal(Literal::Duration(span)) if span.count == 1 && span.unit == DurationUnit::Days)
}

/// Whether a clause is an effect on purchases.
fn modifies(clause: &ClauseKind) -> bool {
    use ast::Effect as E;
    matches!(
        clause,
        ClauseKind::Effect(E::Discount(_) | E::Earn { .. } | E::Multiply { .. } | E::FreeShipping | E::PriceFrom { .. } | E::Price(_))
    )
}

/// Whether some rule says how long what it gives lasts, or takes it away: then expiry was thought of.
fn rules_say_lives(ast: &Ast) -> bool {
    let rules = ast.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Rule(decl) => Some(&decl.clauses),
        _ => None,
    });
    rules.flatten().any(|clause| {
        matches!(
            &clause.node,
            ClauseKind::ExpiringAfter(_)
                | ClauseKind::Usable(_)
                | ClauseKind::Effect(ast::Effect::Grant { valid: Some(_), .. } | ast::Effect::Set { .. })
        )
    })
}

/// What returns would deduct from a refund has to be worth something.
fn refunds(program: &Program, found: &mut Vec<Diagnostic>) {
    if program.returns.shortfall != Shortfall::DeductFromRefund {
        return;
    }
    for wallet in program.wallets.iter().filter(|wallet| wallet.worth.is_none()) {
        found.push(errors::worthless_refund(&wallet.name, wallet.span, wallet.kind == WalletKind::Points));
    }
}

/// Gifts without cost, points without expiry, days that not every month has.
fn declarations(ast: &Ast, checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    for statement in ast.statements.iter().filter(|statement| !statement.damaged) {
        match &statement.kind {
            StatementKind::Gift { name, costs: None, .. } => found.push(errors::gift_without_cost(&name.node, name.span)),
            StatementKind::Wallet(decl) if decl.kind == crate::syntax::ast::WalletKind::Points => {
                let says = |setting: &WalletSetting| {
                    matches!(
                        setting,
                        WalletSetting::ExpireAfter { .. }
                            | WalletSetting::ExpireAtEnd { .. }
                            | WalletSetting::NeverExpire
                            | WalletSetting::CarryAtMost { .. }
                            | WalletSetting::ForLevelsOnly
                    )
                };
                if !decl.settings.iter().any(|setting| says(&setting.node)) && !rules_say_lives(ast) {
                    let (name, span) = decl.name.as_ref().map_or(("points", statement.span), |name| (&name.node, name.span));
                    found.push(errors::no_expiry(name, span));
                }
            }
            StatementKind::Tiers(decl) => {
                let place = |wanted: fn(&TierSetting) -> bool| decl.settings.iter().find(|setting| wanted(&setting.node)).map(|s| s.span);
                let never = place(|setting| matches!(setting, TierSetting::NeverDrop));
                if let Some((grace, never)) = place(|setting| matches!(setting, TierSetting::Grace(_))).zip(never) {
                    let why = "it puts off a drop, and here nobody drops";
                    found.push(errors::idle_setting(checker.sources.text(grace), why, grace, never));
                }
            }
            StatementKind::Rule(decl) => {
                for clause in &decl.clauses {
                    let words = checker.sources.text(clause.span);
                    match &clause.node {
                        ClauseKind::Trigger(crate::syntax::ast::Trigger::DayOfMonth(day))
                        | ClauseKind::Time(TimeClause::OnDayOfMonth(day))
                            if matches!(day, MonthDay::Day(29..=31)) =>
                        {
                            let MonthDay::Day(day) = day else { continue };
                            found.push(errors::short_months(&ordinal(*day), clause.span, false));
                        }
                        ClauseKind::Trigger(crate::syntax::ast::Trigger::YearDay(day)) | ClauseKind::Time(TimeClause::OnYearDay(day))
                            if (day.month, day.day) == (2, 29) =>
                        {
                            found.push(errors::short_months(words.trim_start_matches("on "), clause.span, true));
                        }
                        ClauseKind::For(Lasting::For(length)) if is_one_day(length) && decl.clauses.iter().any(|c| modifies(&c.node)) => {
                            found.push(errors::day_into_the_next(clause.span));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn ordinal(day: u32) -> String {
    format!("{day}{}", if day == 31 { "st" } else { "th" })
}

fn is_discount(rule: &Rule) -> bool {
    rule.effects.iter().any(|effect| matches!(effect, Effect::Discount(_)))
}

fn discounts_meet(program: &Program, found: &mut Vec<Diagnostic>) {
    // The first pair says it all; a hundred discounts are enough to count the others.
    let discounts: Vec<&Rule> = program.rules.iter().filter(|rule| is_discount(rule)).take(100).collect();
    let mut pairs = Vec::new();
    for (at, second) in discounts.iter().enumerate() {
        for first in discounts.iter().take(at) {
            let settled = first.alone
                || second.alone
                || first.exclusive
                || second.exclusive
                || first.group.is_some() && first.group == second.group
                || first.not_with.contains(&second.id)
                || second.not_with.contains(&first.id);
            if !settled && can_meet(program, first, second) {
                pairs.push((first.span, second.span));
            }
        }
    }
    if let Some((first, second)) = pairs.first() {
        found.push(errors::discounts_meet(*first, *second, pairs.len().saturating_sub(1)));
    }
}

fn wallets_without_use(program: &Program, found: &mut Vec<Diagnostic>) {
    for (number, wallet) in (0..=u16::MAX).zip(&program.wallets) {
        let id = WalletId(number);
        let used = program.redeems.iter().any(|redeem| redeem.wallet == id)
            || program.is_paid_out(id)
            || wallet.levels_only
            || program.rewards.iter().any(|reward| reward.wallet == id)
            || program.exchanges.iter().any(|exchange| exchange.wallet == id)
            || program.measures.iter().any(|measure| measures_wallet(&measure.kind) == Some(id));
        if !used && is_given(program, id) {
            found.push(errors::wallet_without_use(&wallet.name, wallet.kind == WalletKind::Money, &program.currency.code, wallet.span));
        }
    }
}

fn limits(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    for (at, limit) in rule.limits.iter().enumerate() {
        let tighter = rule.limits.iter().enumerate().find(|(other, limit_2)| *other != at && covers(&checker.program, limit_2, limit));
        if let Some((_, tighter)) = tighter {
            found.push(errors::cap_cannot_bind(limit.span, "the other limit is reached first", Some(tighter.span)));
            continue;
        }
        if let Some(why) = never_reached(checker, rule, limit) {
            found.push(errors::cap_cannot_bind(limit.span, &why, None));
        }
    }
}

/// A payment is never more than the purchase.
fn payments(program: &Program, found: &mut Vec<Diagnostic>) {
    for limit in program.redeems.iter().flat_map(|redeem| &redeem.limits) {
        if matches!(limit.what, LimitWhat::Percent(share) if share > Decimal::whole(1)) {
            found.push(errors::cap_cannot_bind(limit.span, "nobody pays more than the whole purchase", None));
        }
    }
}

/// Whether `tight` keeps a rule below `loose` anyway: as much or less in a period that holds the other's.
fn covers(program: &Program, tight: &Limit, loose: &Limit) -> bool {
    // Other rules have a share in a common limit: it may be reached before a lower one of this rule.
    if tight.then.is_some() || loose.then.is_some() || tight == loose || loose.shared.is_some() {
        return false;
    }
    let times = if holds_period(tight.per, loose.per) { Some(1) } else { periods_within(program, tight.per, loose.per) };
    let Some(times) = times else { return false };
    let less = |a: i64, b: i64| a.checked_mul(times).is_some_and(|a| a <= b);
    match (tight.what, loose.what) {
        (LimitWhat::Money(a), LimitWhat::Money(b)) | (LimitWhat::First(a), LimitWhat::First(b)) => less(a, b),
        (LimitWhat::Units(w, a), LimitWhat::Units(v, b)) => w == v && less(a, b),
        (LimitWhat::Times(a), LimitWhat::Times(b)) => less(i64::from(a), i64::from(b)),
        (LimitWhat::Percent(a), LimitWhat::Percent(b)) => times == 1 && a <= b,
        _ => false,
    }
}

/// How many periods of a limit lie in a longer one at most.
fn periods_within(program: &Program, short: LimitPeriod, long: LimitPeriod) -> Option<i64> {
    match (short, long) {
        (LimitPeriod::Calendar(short), LimitPeriod::Calendar(long)) => super::beyond::parts(short, long),
        (LimitPeriod::Calendar(_), LimitPeriod::Rolling(span)) => touched(program, short, Over::Span(span, None)),
        (LimitPeriod::Calendar(_), LimitPeriod::Ever) => touched(program, short, Over::Always),
        _ => None,
    }
}

/// Series that end later than the gift they give.
fn series(program: &Program, found: &mut Vec<Diagnostic>) {
    for rule in all_rules(program) {
        for effect in &rule.effects {
            let Effect::Gift { gift, only, .. } = effect else { continue };
            let Some((gift, there)) = program.gifts.get(gift.index()).and_then(|gift| Some((gift, gift.only?))) else { continue };
            if rule.only.or(*only).is_some_and(|only| only > there) {
                found.push(errors::cap_cannot_bind(rule.span, &format!("there are only {there} of the gift"), Some(gift.span)));
            }
        }
    }
}

fn holds_period(long: LimitPeriod, short: LimitPeriod) -> bool {
    use LimitPeriod::{Calendar, Ever, Purchase, Rolling};
    match (long, short) {
        _ if long == short => true,
        (Ever, _) | (_, Purchase) => true,
        (Purchase | Rolling(_), _) | (_, Ever | Rolling(_)) => false,
        (Calendar(_), Calendar(Period::Day)) => true,
        (Calendar(long), Calendar(short)) => {
            matches!((long, short), (Period::Year, Period::Month | Period::Quarter) | (Period::Quarter, Period::Month))
        }
    }
}

/// Why one firing, or one purchase, never gives as much as a limit allows.
fn never_reached(checker: &Checker<'_>, rule: &Rule, limit: &Limit) -> Option<String> {
    let [effect] = rule.effects.as_slice() else { return None };
    let per_purchase = limit.per == LimitPeriod::Purchase && once_per_purchase(&rule.trigger);
    // How often the occasion comes in the limit's time; a limit that says just that confirms it.
    let often = match limit.per {
        LimitPeriod::Calendar(period) => how_often(&checker.program, rule, Over::Periods(1, period)),
        LimitPeriod::Ever => how_often(&checker.program, rule, Over::Always),
        _ => None,
    };
    let comes = |often: i64| if often == 1 { "once".to_owned() } else { format!("{often} times") };
    match (limit.what, effect) {
        (LimitWhat::Percent(cap), Effect::Discount(rates) | Effect::Earn { rates, .. }) => {
            let rate = highest_percent(rates)?;
            (rate <= cap).then(|| format!("the rate is {}", percent_words(rate)))
        }
        (LimitWhat::Money(cap), Effect::Discount(rates) | Effect::Earn { rates, .. }) if per_purchase => {
            let (most, rate) = (largest_purchase(rule)?, highest_percent(rates)?);
            let all = Exact::whole(i128::from(most)).times(Exact::try_from(rate).ok()?).ok()?;
            let (share, amount) = (percent_words(rate), checker.money_words(most));
            (all <= Exact::whole(i128::from(cap))).then(|| format!("{share} of a purchase of {amount} at most is never more"))
        }
        (LimitWhat::Times(times), _) if often.is_some_and(|often| often < i64::from(times)) => {
            Some(format!("its occasion comes only {} in that time", comes(often?)))
        }
        (LimitWhat::Money(cap) | LimitWhat::Units(_, cap), Effect::Grant { wallet, amount, .. }) if often.is_some() => {
            let units = granted_units(&checker.program, *wallet, amount)?;
            let all = often.and_then(|often| units.checked_mul(often)).filter(|all| *all < cap)?;
            Some(format!("its occasion comes only {} in that time and gives {}", comes(often?), checker.units_words(all, *wallet)))
        }
        (LimitWhat::Times(_), _) if per_purchase => Some("the rule gives this once per purchase".to_owned()),
        (LimitWhat::Money(cap), Effect::Discount(Rates::One(Rate::Fixed(sum)))) if per_purchase && *sum <= cap => {
            Some(format!("each purchase gets {}", checker.money_words(*sum)))
        }
        (LimitWhat::Money(cap) | LimitWhat::Units(_, cap), Effect::Grant { wallet, amount, .. }) if per_purchase => {
            let units = granted_units(&checker.program, *wallet, amount)?;
            (units <= cap).then(|| format!("each purchase gets {}", checker.units_words(units, *wallet)))
        }
        _ => None,
    }
}

/// The amount that a rule's conditions let a purchase have at most.
fn largest_purchase(rule: &Rule) -> Option<i64> {
    let bound = |part: &Expr| match part {
        Expr::Compare { left, op: CmpOp::Under | CmpOp::AtMost, right } if matches!(**left, Expr::Fact(Fact::Amount)) => {
            fold(right).and_then(super::types::whole)
        }
        _ => None,
    };
    let of = |expr: &Expr| match expr {
        Expr::And(list) => list.iter().filter_map(bound).min(),
        one => bound(one),
    };
    rule.tests.iter().filter_map(|test| of(&test.expr)).min()
}

pub(crate) fn granted_units(program: &Program, wallet: WalletId, amount: &Expr) -> Option<i64> {
    let kind = program.wallets.get(wallet.index())?;
    let value = fold(amount)?;
    let units = if kind.kind == WalletKind::Money { value } else { value.times(super::types::power(kind.scale)).ok()? };
    super::types::whole(units)
}

fn once_per_purchase(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::EachPurchase { .. } | Trigger::Nth { .. } | Trigger::EveryNth { .. } | Trigger::Range { .. })
}

/// The highest percentage among rates that are all percentages.
fn highest_percent(rates: &Rates) -> Option<Decimal> {
    let percents = rates.all().filter(|rate| **rate != Rate::Nothing).map(|rate| match rate {
        Rate::Percent(rate) => Some(*rate),
        _ => None,
    });
    percents.collect::<Option<Vec<Decimal>>>()?.into_iter().max()
}

/// `12.5%`
fn percent_words(rate: Decimal) -> String {
    let hundred = rate.times(Decimal::whole(100)).unwrap_or(rate);
    format!("{}%", hundred.normal())
}

fn tables(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    for effect in &rule.effects {
        let (Effect::Discount(Rates::Table(table)) | Effect::Earn { rates: Rates::Table(table), .. }) = effect else {
            continue;
        };
        match &table.key {
            TableKey::Tier(ladder) => {
                let Some(ladder) = checker.program.ladders.get(ladder.index()) else { continue };
                let empty = table.rows.iter().zip(&ladder.rungs).filter(|(row, _)| row.rate == Rate::Nothing);
                let names: Vec<String> = empty.map(|(_, rung)| rung.name.clone()).collect();
                if !names.is_empty() {
                    let per = table.rows.iter().any(|row| matches!(row.rate, Rate::Per { .. }));
                    let none = if per { format!("0 per 1 {}", checker.program.currency.code) } else { "0%".to_owned() };
                    found.push(errors::tier_without_row(&names, &none, table.span));
                }
            }
            _ if by_money(&checker.program, table) => {
                for row in table.rows.iter().filter(|row| !row.exclusive) {
                    found.extend(one_step_above(checker, row.threshold, row.span, true));
                }
            }
            _ => {}
        }
    }
}

fn by_money(program: &Program, table: &Table) -> bool {
    match &table.key {
        TableKey::Amount => true,
        TableKey::Value(Expr::Measure(id)) => {
            program.measures.get(id.index()).is_some_and(|m| matches!(m.kind, MeasureKind::Spend | MeasureKind::GrossSpend))
        }
        TableKey::Value(Expr::Fact(fact)) => crate::program::fact_info(*fact).is_some_and(|info| info.kind == Type::Money),
        TableKey::Value(Expr::AmountOf(_)) => true,
        _ => false,
    }
}

fn one_step_above(checker: &Checker<'_>, threshold: i64, span: Span, table: bool) -> Option<Diagnostic> {
    let unit = 10_i64.checked_pow(u32::from(checker.program.currency.decimals)).unwrap_or(1);
    let above = unit > 1 && threshold > unit && threshold.checked_rem(unit) == Some(1);
    above.then(|| {
        let (from, over) = (checker.money_words(threshold), checker.money_words(threshold.saturating_sub(1)));
        errors::gap_in_rows(&from, &over, span, table)
    })
}

fn ladders(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    for ladder in &checker.program.ladders {
        let measure = checker.program.measures.get(ladder.measure.index());
        if measure.is_some_and(|m| matches!(m.kind, MeasureKind::Spend | MeasureKind::GrossSpend)) {
            for rung in &ladder.rungs {
                found.extend(rung.from.and_then(|from| one_step_above(checker, from, rung.span, false)));
            }
        }
    }
}

/// A sum, a gift or a voucher for every purchase however small, or for every event however often.
fn unbounded(program: &Program, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let how_often = match &rule.trigger {
        Trigger::EachPurchase { filter } if filter.is_all() => ("for every purchase, however small", true),
        Trigger::Event(_) => ("each time the event happens", false),
        _ => return,
    };
    let budget_for_all = program.budgets.iter().any(|budget| budget.for_all_rules);
    // What has to be paid for is not given away.
    let charges = rule.effects.iter().any(|effect| matches!(effect, Effect::Charge(_)));
    let bounded = !rule.limits.is_empty() || !rule.budgets.is_empty() || budget_for_all || rule.repeat.is_some() || charges;
    if bounded || rule.scope.is_some() || rule.tests.iter().any(bounds) {
        return;
    }
    let what = rule.effects.iter().find_map(|effect| match effect {
        Effect::Gift { gift, only: None, .. } => {
            program.gifts.get(gift.index()).filter(|gift| gift.only.is_none()).map(|gift| format!("the gift \"{}\"", gift.name))
        }
        Effect::Voucher { .. } => Some("a voucher".to_owned()),
        Effect::Grant { wallet, .. } => {
            // A stamp for each visit is what a stamp card is; what it buys is bounded by its price.
            program.wallets.get(wallet.index()).filter(|wallet| wallet.worth.is_some()).map(|wallet| wallet.name.clone())
        }
        Effect::Donate { .. } => Some("a donation".to_owned()),
        _ => None,
    });
    if let Some(what) = what {
        found.push(errors::unbounded(&what, rule.span, how_often));
    }
}

/// Whether a test asks for a size, so that the reward has its price.
fn bounds(test: &Test) -> bool {
    if test.kind == TestKind::Over {
        return true;
    }
    let mut found = false;
    walk::each(&test.expr, &mut |part| {
        found |= matches!(
            part,
            Expr::Fact(
                Fact::Amount
                    | Fact::NetAmount
                    | Fact::Goods
                    | Fact::NetGoods
                    | Fact::ItemCount
                    | Fact::PurchaseNumber
                    | Fact::DaysSinceLastPurchase
            ) | Expr::AmountOf(_)
                | Expr::NetAmountOf(_)
                | Expr::QuantityOf(_)
                | Expr::BasketHas(_)
                | Expr::Measure(_)
        );
    });
    found
}

/// A discount of one percentage that another one always reaches.
fn shadowed(program: &Program, found: &mut Vec<Diagnostic>) {
    for rule in &program.rules {
        let by = program
            .rules
            .iter()
            .filter(|other| other.id != rule.id)
            .find_map(|other| shadows(program, other, rule).map(|why| (other, why)));
        if let Some((other, why)) = by {
            let help = if ships_free(rule) { ASK_LESS } else { ADD_UP };
            found.push(errors::shadowed(("rule", rule.span), other.span, why, help));
        }
    }
}

const ASK_LESS: &str = "Delete it, or ask for less in it.";
const ADD_UP: &str = "Delete it, or say in the program: discounts combine by adding";

/// What one unit pays in steps, and the least that is paid at once, in units and in money.
fn paid_in_steps(redeem: &Redeem) -> Option<(Exact, i64, Exact)> {
    let (units, value) = redeem.step?;
    let rate = Exact::ratio(i128::from(value), i128::from(units)).ok()?;
    let least = redeem.at_least.map_or(units, |least| least.max(units));
    Some((rate, least, rate.times(Exact::whole(i128::from(least))).ok()?))
}

/// A way to pay that another one is always worth more than: of several that apply the one worth most per unit is used.
fn idle_payments(program: &Program, found: &mut Vec<Diagnostic>) {
    let better = |over: &Redeem, under: &Redeem| {
        over.wallet == under.wallet
            && over.limits.is_empty()
            && over.items.is_none()
            && !over.whole
            && over.tests.iter().all(|test| under.tests.iter().any(|other| at_least_as_narrow(&other.expr, &test.expr)))
            && over.when.iter().all(|(when, _)| under.when.iter().any(|(other, _)| other == when))
            && paid_in_steps(over).zip(paid_in_steps(under)).is_some_and(|(a, b)| a.0 > b.0 && a.1 <= b.1 && a.2 <= b.2)
    };
    for under in &program.redeems {
        if let Some(over) = program.redeems.iter().find(|over| better(over, under)) {
            let why = "the other one is worth more wherever this one applies";
            found.push(errors::shadowed(("way to pay", under.span), over.span, why, "Delete it, or let it pay more."));
        }
    }
}

/// What is carried on is never more than what a wallet holds.
fn carried(checker: &Checker<'_>, ast: &Ast, found: &mut Vec<Diagnostic>) {
    for wallet in &checker.program.wallets {
        let Some((hold, _)) = wallet.hold.zip(wallet.carry).filter(|(hold, (carry, _))| carry >= hold) else { continue };
        let decls = ast.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Wallet(decl) if decl.name.as_ref().is_some_and(|name| name.node.eq_ignore_ascii_case(&wallet.name)) => {
                Some(decl)
            }
            _ => None,
        });
        let setting = decls.flat_map(|decl| &decl.settings).find(|setting| matches!(setting.node, WalletSetting::CarryAtMost { .. }));
        let span = setting.map_or(wallet.span, |setting| setting.span);
        let most = errors::counted(&Decimal::new(i128::from(hold), wallet.scale).normal().to_string(), &wallet.name);
        found.push(errors::cap_cannot_bind(span, &format!("there are never more than {most}"), Some(wallet.span)));
    }
}

fn shadows(program: &Program, over: &Rule, under: &Rule) -> Option<&'static str> {
    let free = ships_free(over) && ships_free(under);
    let (rate_over, rate_under) = if free { (Decimal::whole(1), Decimal::whole(1)) } else { (only_rate(over)?, only_rate(under)?) };
    let open = over.limits.is_empty()
        && over.budgets.is_empty()
        && over.entitlement == Entitlement::default()
        && over.not_with.is_empty()
        && under.not_with.is_empty()
        && !over.alone
        && !under.alone
        && !over.exclusive
        && !under.exclusive;
    let wherever = over.tests.iter().all(|test| under.tests.iter().any(|other| at_least_as_narrow(&other.expr, &test.expr)))
        && over.when.iter().all(|(when, _)| under.when.iter().any(|(other, _)| other == when))
        && (over.scope.is_none() || over.scope == under.scope)
        && same_purchases(&over.trigger, &under.trigger);
    if !open || !wherever {
        return None;
    }
    if free {
        let wider = !at_least_as_wide(under, over) || over.id < under.id;
        return wider.then_some("shipping is free already wherever it applies");
    }
    let first = (std::cmp::Reverse(over.priority), over.id) < (std::cmp::Reverse(under.priority), under.id);
    let at_least = rate_over > rate_under || rate_over == rate_under && first;
    match (over.group, under.group) {
        (None, None) if program.combine == Combine::Best => {
            at_least.then_some("the other discount applies wherever this one does and is at least as high")
        }
        (Some(a), Some(b)) if a == b => match program.groups.get(a.index()).map(|group| group.policy)? {
            GroupPolicy::BestForCustomer => {
                at_least.then_some("the other rule of its group applies wherever this one does and gives at least as much")
            }
            GroupPolicy::First => first.then_some("the other rule of its group comes first wherever this one applies"),
            GroupPolicy::BestForStore => (rate_over < rate_under || rate_over == rate_under && first)
                .then_some("the other rule of its group applies wherever this one does and gives no more"),
            GroupPolicy::All => None,
        },
        _ => None,
    }
}

/// Whether a rule makes shipping free, and nothing else.
fn ships_free(rule: &Rule) -> bool {
    matches!(rule.effects.as_slice(), [Effect::FreeShipping])
}

/// Whether every test of a rule is implied by those of another.
fn at_least_as_wide(wide: &Rule, narrow: &Rule) -> bool {
    wide.tests.iter().all(|test| narrow.tests.iter().any(|other| at_least_as_narrow(&other.expr, &test.expr)))
        && wide.when.iter().all(|(when, _)| narrow.when.iter().any(|(other, _)| other == when))
}

/// Whether whatever passes the first test passes the second: the same, or a higher least amount of the same.
fn at_least_as_narrow(narrow: &Expr, wide: &Expr) -> bool {
    if narrow == wide {
        return true;
    }
    let (Expr::Compare { left, op, right }, Expr::Compare { left: of, op: wide_op, right: least }) = (narrow, wide) else { return false };
    let (Some(high), Some(low)) = (fold(right), fold(least)) else { return false };
    left == of
        && match (op, wide_op) {
            (CmpOp::AtLeast, CmpOp::Over) => high > low,
            (CmpOp::Over | CmpOp::AtLeast, CmpOp::Over | CmpOp::AtLeast) => high >= low,
            _ => false,
        }
}

/// The rate of a rule that is one percentage off and nothing else.
fn only_rate(rule: &Rule) -> Option<Decimal> {
    match rule.effects.as_slice() {
        [Effect::Discount(Rates::One(Rate::Percent(rate)))] => Some(*rate),
        _ => None,
    }
}

/// Under `adding`: percentages that can meet and together pass the whole price.
fn over_hundred(program: &Program, found: &mut Vec<Diagnostic>) {
    let rated: Vec<(&Rule, Decimal)> = program
        .rules
        .iter()
        .filter(|rule| !rule.alone && !rule.exclusive)
        .filter_map(|rule| {
            let rates = rule.effects.iter().filter_map(|effect| match effect {
                Effect::Discount(rates) => highest_percent(rates),
                _ => None,
            });
            rates.max().map(|rate| (rule, rate))
        })
        .collect();
    // The largest first, each joined by those that can meet all before.
    let mut order = rated;
    order.sort_by_key(|(_, rate)| std::cmp::Reverse(*rate));
    let mut together: Vec<(&Rule, Decimal)> = Vec::new();
    for (rule, rate) in order {
        let fits = together.iter().all(|(other, _)| {
            can_meet(program, other, rule)
                && (rule.group.is_none() || rule.group != other.group)
                && !rule.not_with.contains(&other.id)
                && !other.not_with.contains(&rule.id)
        });
        if fits {
            together.push((rule, rate));
        }
    }
    let sum = together.iter().try_fold(Exact::whole(0), |sum, (_, rate)| sum.plus(Exact::try_from(*rate).ok()?).ok());
    if let (Some(sum), [first, second, ..]) = (sum.filter(|sum| *sum > Exact::whole(1)), together.as_slice()) {
        let percent = super::types::decimal(sum).map_or("more than 100%".to_owned(), percent_words);
        let (a, b) = if first.0.id < second.0.id { (first, second) } else { (second, first) };
        found.push(errors::over_hundred_together(&percent, a.0.span, b.0.span));
    }
}
