//! Prices, thresholds, limits and prizes beyond everything that can come.

use super::held::{balance, before_exchanges, given, least_days, most_days};
use super::lints::granted_units;
use super::never::all_rules;
use super::reach::{Range, life_days, range};
use super::{Checker, errors};
use crate::diagnostic::Diagnostic;
use crate::program::{
    CivilSpan, DropPolicy, Effect, ExpireAfter, Expiry, Expr, Lasting, LimitPeriod, LimitWhat, MeasureKind, Members, Pending, Period,
    Program, Rate, Rates, Rule, Trigger, WalletId, WalletKind, When, Window,
};
use crate::span::Span;
use crate::syntax::ast::{
    Ast, ClauseKind, ExprKind, LimitWhat as WrittenLimit, Literal, StatementKind, StepKind, WalletDecl, WalletSetting,
};
use crate::value::{Date, Exact, Rounding};

/// Everything that the ranges of the whole program rule out.
pub(crate) fn check(checker: &mut Checker<'_>, ast: &Ast) {
    let mut found = Vec::new();
    prices(checker, ast, &mut found);
    payments(checker, ast, &mut found);
    ladders(checker, &mut found);
    draws(checker, &mut found);
    for rule in all_rules(&checker.program) {
        leaving(checker, rule, &mut found);
        before_joining(checker, rule, &mut found);
        streaks(checker, rule, &mut found);
        lives(checker, rule, &mut found);
        over_when_given(checker, rule, &mut found);
        budgets(checker, rule, &mut found);
        all_or_nothing(checker, rule, &mut found);
    }
    for problem in found {
        checker.report(problem);
    }
}

/// The most of a wallet that an example of the file begins with: who wrote it knows where it comes from.
fn held_in_examples(checker: &Checker<'_>, ast: &Ast, wallet: WalletId) -> i64 {
    let examples = ast.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Example { steps, .. } => Some(steps),
        _ => None,
    });
    let holdings = examples.flatten().filter_map(|step| match &step.kind {
        StepKind::Customer { holding, .. } => Some(holding),
        _ => None,
    });
    let scale = checker.program.wallets.get(wallet.index()).map_or(0, |wallet| wallet.scale);
    let units = holdings.flatten().filter_map(|(amount, name)| {
        let (amount, unit) = match (&amount.kind, name) {
            (ExprKind::Literal(Literal::Count { amount, unit }), _) => (amount, unit),
            (ExprKind::Literal(Literal::Money { amount, .. }), Some(name)) => (amount, name),
            _ => return None,
        };
        (checker.wallet_quietly(&unit.node) == Some(wallet)).then(|| amount.to_scale(scale).ok().flatten()).flatten()
    });
    units.max().unwrap_or(0)
}

/// What the catalogue, exchanges and payments ask for, against what can be held.
fn prices(checker: &Checker<'_>, ast: &Ast, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    let mut asked: Vec<(WalletId, i64, u32, Span, &str)> = Vec::new();
    asked.extend(
        program
            .rewards
            .iter()
            .filter(|reward| reward.price > 0)
            .map(|reward| (reward.wallet, reward.price, reward.rule.statement, reward.rule.span, "reward")),
    );
    asked.extend(program.exchanges.iter().map(|e| (e.wallet, e.at_least, e.rule.statement, e.rule.span, "exchange")));
    for redeem in &program.redeems {
        let least = redeem.at_least.into_iter().chain(redeem.step.map(|(units, _)| units)).max();
        asked.extend(least.map(|least| (redeem.wallet, least, 0, redeem.span, "payment")));
    }
    for (wallet, price, statement, span, what) in asked {
        // An exchange sees what is there before another takes it away.
        let most = if what == "exchange" { before_exchanges(&checker.program, wallet) } else { balance(&checker.program, wallet) };
        let Some(most) = most.filter(|most| most.units < price && held_in_examples(checker, ast, wallet) < price) else { continue };
        let place = price_place(ast, statement, span);
        let (price, held) = (checker.units_words(price, wallet), checker.units_words(most.units, wallet));
        let message = format!("This {what} can never come: it asks for {price}, but nobody ever has more than {held}.");
        let name = checker.wallet_name(wallet);
        found.push(checker.with_most(errors::too_much(message, place), &name, &most, wallet));
    }
}

/// The words of a price in its sentence.
fn price_place(ast: &Ast, statement: u32, sentence: Span) -> Span {
    let at = usize::try_from(statement).unwrap_or(0).checked_sub(1);
    match at.and_then(|at| ast.statements.get(at)).map(|statement| &statement.kind) {
        Some(StatementKind::Reward { price: Some((amount, _)), .. } | StatementKind::Exchange { amount, .. }) => amount.span,
        _ => {
            let redeem = ast.statements.iter().find(|statement| statement.span.range() == sentence.range());
            match redeem.map(|statement| &statement.kind) {
                Some(StatementKind::Redeem { clauses, amount, .. }) => {
                    at_least_place(clauses).or_else(|| amount.as_ref().map(|amount| amount.span)).unwrap_or(sentence)
                }
                _ => sentence,
            }
        }
    }
}

fn at_least_place(clauses: &[crate::syntax::ast::Clause]) -> Option<Span> {
    clauses.iter().find_map(|clause| match &clause.node {
        ClauseKind::Limit(limit) if matches!(limit.what, WrittenLimit::AtLeast(_)) => Some(clause.span),
        _ => None,
    })
}

/// The least amount of a payment, and its steps, against its limits.
fn payments(checker: &Checker<'_>, ast: &Ast, found: &mut Vec<Diagnostic>) {
    for redeem in &checker.program.redeems {
        let wallet = redeem.wallet;
        let (step, least) = (redeem.step.map_or(0, |(units, _)| units), redeem.at_least.unwrap_or(0));
        let units = if step > 0 { round_up(least.max(1), step) } else { least };
        let Some(value) = worth(checker, redeem.step, units, wallet) else { continue };
        let place = price_place(ast, 0, redeem.span);
        for limit in &redeem.limits {
            let (asked, allowed) = match limit.what {
                LimitWhat::Units(_, most) if most < units => (checker.units_words(units, wallet), checker.units_words(most, wallet)),
                LimitWhat::Money(most) if most < value => (checker.money_words(value), checker.money_words(most)),
                _ => continue,
            };
            found.push(errors::least_above_most("payment", (&asked, place), (&allowed, limit.span)));
        }
    }
}

fn round_up(units: i64, step: i64) -> i64 {
    units.saturating_add(step).saturating_sub(1).checked_div(step).unwrap_or(0).saturating_mul(step)
}

/// What units pay, rounded down to minor units.
fn worth(checker: &Checker<'_>, step: Option<(i64, i64)>, units: i64, wallet: WalletId) -> Option<i64> {
    let of = checker.program.wallets.get(wallet.index())?;
    match step {
        _ if of.kind == WalletKind::Money => Some(units),
        Some((each, value)) => units.checked_div(each)?.checked_mul(value),
        None => money_of(&checker.program, units, wallet, Rounding::Down),
    }
}

/// Units at what one is worth.
pub(crate) fn money_of(program: &Program, units: i64, wallet: WalletId, rounding: Rounding) -> Option<i64> {
    let of = program.wallets.get(wallet.index())?;
    if of.kind == WalletKind::Money {
        return Some(units);
    }
    let full = Exact::whole(i128::from(units)).divided_by(super::types::power(of.scale)).ok()?;
    let value = full.times(Exact::try_from(of.worth?).ok()?).ok()?.round(rounding).ok()?;
    i64::try_from(value).ok()
}

/// Tiers above everything that their measure can reach.
fn ladders(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    for (number, ladder) in (0..=u16::MAX).zip(&program.ladders) {
        for (at, rung) in (0..=u8::MAX).zip(&ladder.rungs) {
            let tier = crate::program::TierId { ladder: crate::program::LadderId(number), rung: at };
            let moved = all_rules(program).flat_map(|rule| &rule.effects).any(|effect| *effect == Effect::MoveTo(tier));
            let Some(from) = rung.from.filter(|_| rung.or.is_none() && !moved) else { continue };
            let beyond = match program.measures.get(ladder.measure.index()).map(|measure| &measure.kind) {
                Some(MeasureKind::Balance(wallet)) => balance(program, *wallet).filter(|most| !most.emptied).map(|most| (*wallet, most)),
                Some(MeasureKind::Earned(wallet)) => {
                    let window = program.measures.get(ladder.measure.index()).map(|measure| measure.window);
                    window.and_then(|window| given(program, *wallet, window)).map(|most| (*wallet, most))
                }
                _ => None,
            };
            if let Some((wallet, most)) = beyond.filter(|(_, most)| most.units < from) {
                let (from, held) = (checker.units_words(from, wallet), checker.units_words(most.units, wallet));
                let message = format!("Nobody can reach \"{}\": it asks for {from}, but there are never more than {held}.", rung.name);
                let name = checker.wallet_name(wallet);
                found.push(checker.with_most(errors::too_much(message, rung.span), &name, &most, wallet));
            }
            if let Some(Range::UpTo(most, why)) =
                range(checker, &Expr::Measure(ladder.measure)).filter(|_| beyond_days(checker, ladder.measure, from))
            {
                let message = format!("Nobody can reach \"{}\": it asks for {}, but {why}.", rung.name, errors::days_words(from));
                found.push(errors::too_much(message, rung.span).help(format!("Write a number up to {most}.")));
            }
        }
    }
}

fn beyond_days(checker: &Checker<'_>, measure: crate::program::MeasureId, from: i64) -> bool {
    matches!(range(checker, &Expr::Measure(measure)), Some(Range::UpTo(most, _)) if from > most)
}

/// Draws without entries, and prizes that run out before.
fn draws(checker: &Checker<'_>, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    for (number, draw) in (0..=u16::MAX).zip(&program.draws) {
        let entered = all_rules(program).flat_map(|rule| &rule.effects).any(|effect| match effect {
            Effect::Entries { draw, .. } | Effect::EarnEntries { draw, .. } => draw.0 == number,
            _ => false,
        });
        if !entered {
            found.push(errors::draw_without_entries(&draw.name, &program.currency.code, draw.span));
        }
        // A draw comes first on its day. Where others enter in time, a late sentence may be meant for nothing but the terms.
        let entering = all_rules(program).filter(|rule| {
            rule.effects.iter().any(|effect| match effect {
                Effect::Entries { draw, .. } | Effect::EarnEntries { draw, .. } => draw.0 == number,
                _ => false,
            })
        });
        let days: Option<Vec<(Date, Span)>> = entering.map(|rule| first_day(program, rule).filter(|(day, _)| *day >= draw.date)).collect();
        if let Some((day, place)) = days.and_then(|days| days.first().copied()) {
            found.push(errors::entries_too_late(&draw.name, (&day.to_string(), place), (&draw.date.to_string(), draw.span)));
        }
        let gift = program.gifts.get(draw.gift.index());
        if let Some((gift, only)) = gift.and_then(|gift| Some((gift, gift.only?))).filter(|(_, only)| u64::from(draw.winners) > *only) {
            found.push(errors::more_prizes_than_gifts(&draw.name, draw.winners, &gift.name, only, (draw.span, gift.span)));
        }
    }
}

/// The first day on which a rule can act, where its words or the program's start say so.
fn first_day(program: &Program, rule: &Rule) -> Option<(Date, Span)> {
    let trigger = match rule.trigger {
        Trigger::Date(date) => Some((date, rule.span)),
        _ => None,
    };
    let said = rule.when.iter().filter_map(|(when, span)| match when {
        When::From(date) | When::OnDate(date) => Some((*date, *span)),
        _ => None,
    });
    said.chain(trigger).chain(program.starts.map(|starts| (starts, rule.span))).max_by_key(|(day, _)| *day)
}

/// `on leaving tier gold` where nothing lets anyone drop.
fn leaving(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let Trigger::Leaving(tier) = rule.trigger else { return };
    let Some(ladder) = checker.program.ladders.get(tier.ladder.index()) else { return };
    let moved_down = all_rules(&checker.program)
        .flat_map(|rule| &rule.effects)
        .any(|effect| matches!(effect, Effect::MoveTo(to) if to.ladder == tier.ladder && to.rung < tier.rung));
    if ladder.drop == DropPolicy::Never && !moved_down {
        found.push(errors::nobody_drops(checker.program.tier_name(tier), rule.span, ladder.span));
    }
}

/// `on 2nd purchase` of those who join with their fifth, where the purchases before count.
fn before_joining(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    let (Members::AfterPurchases(first), true) = (&program.members, program.count_earlier) else { return };
    let (last, counter) = match &rule.trigger {
        Trigger::Nth { after: false, n, counter } => (*n, *counter),
        Trigger::Range { to, counter, .. } => (*to, *counter),
        _ => return,
    };
    let all = program.measures.get(counter.index()).is_some_and(|m| m.window == Window::Unsaid && m.filter.is_all());
    if all && last <= *first {
        let why = format!("members have made {first} purchases when they join, and those count");
        found.push(errors::never_alone("rule", rule.span, &why));
    }
}

/// A streak longer than the program.
fn streaks(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let Trigger::Streak { count, period, .. } = rule.trigger else { return };
    let Some(days) = life_days(&checker.program) else { return };
    if let Some(periods) = periods_of_life(&checker.program, period).filter(|periods| i64::from(count) > *periods) {
        let word = period.word();
        let runs = format!("{periods} {word}{} of the calendar", if periods == 1 { "" } else { "s" });
        found.push(errors::streak_too_long(&format!("{count} {word}s"), &runs, rule.span));
        return;
    }
    let life = super::held::Over::Span(CivilSpan::Days(u32::try_from(days).unwrap_or(u32::MAX)), None);
    let Some(most) = super::held::touched(&checker.program, LimitPeriod::Calendar(period), life) else { return };
    if i64::from(count) > most {
        let why = format!("{count} {}s", period.word());
        found.push(errors::longer_than_program(&why, days, rule.span));
    }
}

/// How many months, quarters or years of the calendar the program's life touches.
fn periods_of_life(program: &Program, period: Period) -> Option<i64> {
    let months = match period {
        Period::Month => 1,
        Period::Quarter => 3,
        Period::Year => 12,
        _ => return None,
    };
    let number = |date: Date| {
        let (year, month, _) = date.ymd();
        i64::from(year).checked_mul(12)?.checked_add(i64::from(month))?.checked_sub(1).map(|month| month.div_euclid(months))
    };
    let (first, last) = (number(program.starts?)?, number(program.ends?)?);
    (!program.count_earlier).then(|| last.checked_sub(first)?.checked_add(1))?
}

/// Where a wallet's declaration says something.
fn setting_place(checker: &Checker<'_>, wallet: &crate::program::Wallet, wanted: fn(&WalletSetting) -> bool) -> Span {
    let named = |decl: &&&WalletDecl| match &decl.name {
        Some(name) => name.node.eq_ignore_ascii_case(&wallet.name),
        None => ["points", "stamps"].contains(&wallet.name.as_str()),
    };
    let setting = checker.wallet_decls.iter().find(named).and_then(|decl| decl.settings.iter().find(|setting| wanted(&setting.node)));
    setting.map_or(wallet.span, |setting| setting.span)
}

/// What waits longer than it lives.
fn lives(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    for effect in &rule.effects {
        let (wallet, own) = match effect {
            Effect::Earn { wallet, .. } => (checker.program.wallets.get(wallet.index()), None),
            Effect::Grant { wallet, valid, .. } | Effect::GrantFriend { wallet, valid, .. } => {
                (checker.program.wallets.get(wallet.index()), span_of(*valid))
            }
            Effect::Voucher { valid, .. } => (None, span_of(*valid)),
            _ => continue,
        };
        let pending = match (&rule.life.pending, wallet.map(|wallet| &wallet.pending)) {
            (Some(Pending::For(span)), _) => (*span, rule.span),
            (None, Some(Pending::For(span))) => {
                let waits = |setting: &WalletSetting| matches!(setting, WalletSetting::PendingFor(_));
                (*span, wallet.map_or(rule.span, |wallet| setting_place(checker, wallet, waits)))
            }
            _ => continue,
        };
        let life = match (rule.life.expiring_after, own, wallet.map(|wallet| wallet.expiry)) {
            (Some(span), ..) | (None, Some(span), _) => (span, rule.span),
            (None, None, Some(Expiry::After { span, after: ExpireAfter::Earning, at: None })) => {
                let expires = |setting: &WalletSetting| matches!(setting, WalletSetting::ExpireAfter { .. });
                (span, wallet.map_or(rule.span, |wallet| setting_place(checker, wallet, expires)))
            }
            _ => continue,
        };
        if waits_longer(pending.0, life.0) {
            let problem = errors::gone_before_usable(&errors::span_words(pending.0), &errors::span_words(life.0), pending.1, life.1);
            if !found.iter().any(|other| other.span().range() == problem.span().range() && other.code == problem.code) {
                found.push(problem);
            }
            return;
        }
    }
}

/// What is valid until a day before the first on which it can be given.
fn over_when_given(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let Some((first, place)) = first_day(&checker.program, rule) else { return };
    for effect in &rule.effects {
        let valid = match effect {
            Effect::Grant { valid, .. } | Effect::GrantFriend { valid, .. } | Effect::Voucher { valid, .. } => *valid,
            _ => continue,
        };
        let end = match valid {
            Some(Lasting::Until(end) | Lasting::Days(_, end)) => end,
            _ => continue,
        };
        if end < first {
            found.push(errors::over_when_given(&end.to_string(), &first.to_string(), place));
        }
    }
}

fn span_of(valid: Option<Lasting>) -> Option<CivilSpan> {
    match valid {
        Some(Lasting::For(span)) => Some(span),
        _ => None,
    }
}

fn waits_longer(pending: CivilSpan, life: CivilSpan) -> bool {
    match (pending, life) {
        (CivilSpan::Months(a), CivilSpan::Months(b)) => a > b,
        // What becomes usable at the midnight at which it expires can still be exchanged then.
        _ => least_days(pending) > most_days(life).saturating_add(1),
    }
}

/// What one firing draws on a budget at once, where that is fixed.
fn budgets(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let program = &checker.program;
    let costs: Option<i64> = rule.effects.iter().filter_map(|effect| cost(program, effect)).try_fold(0_i64, i64::checked_add);
    let Some(cost) = costs.filter(|cost| *cost > 0) else { return };
    for (at, budget) in program.budgets.iter().enumerate() {
        let draws = budget.for_all_rules || rule.budgets.iter().any(|id| id.index() == at);
        if draws && cost > budget.amount {
            let (cost, holds) = (checker.money_words(cost), checker.money_words(budget.amount));
            found.push(errors::over_budget(&budget.name, (&cost, rule.span), (&holds, budget.span)));
        }
    }
}

/// What an effect costs each time, where that is fixed.
fn cost(program: &Program, effect: &Effect) -> Option<i64> {
    match effect {
        Effect::Voucher { value: Rate::Fixed(money), .. } => Some(*money),
        Effect::Grant { wallet, amount, .. } => money_of(program, granted_units(program, *wallet, amount)?, *wallet, Rounding::Up),
        Effect::Gift { gift, .. } => program.gifts.get(gift.index()).map(|gift| gift.costs),
        Effect::Donate { amount, .. } => Some(*amount),
        Effect::Notify { costs, .. } => Some(*costs),
        _ => None,
    }
}

/// `or nothing` of a sum that no room is large enough for.
fn all_or_nothing(checker: &Checker<'_>, rule: &Rule, found: &mut Vec<Diagnostic>) {
    let [effect] = rule.effects.as_slice() else { return };
    for limit in rule.limits.iter().filter(|limit| limit.or_nothing) {
        let (asked, allowed) = match (limit.what, effect) {
            (LimitWhat::Units(of, most), Effect::Grant { wallet, amount, .. }) if of == *wallet => {
                let Some(units) = granted_units(&checker.program, *wallet, amount).filter(|units| *units > most) else { continue };
                (checker.units_words(units, of), checker.units_words(most, of))
            }
            (LimitWhat::Money(most), Effect::Grant { wallet, amount, .. }) => {
                let units = granted_units(&checker.program, *wallet, amount).filter(|units| *units > most);
                let Some(units) = units.filter(|_| checker.is_money_wallet(*wallet)) else { continue };
                (checker.money_words(units), checker.money_words(most))
            }
            (LimitWhat::Money(most), Effect::Voucher { value: Rate::Fixed(sum), .. } | Effect::Discount(Rates::One(Rate::Fixed(sum))))
                if *sum > most && !matches!(effect, Effect::Discount(_)) =>
            {
                (checker.money_words(*sum), checker.money_words(most))
            }
            _ => continue,
        };
        found.push(errors::least_above_most("reward", (&asked, rule.span), (&allowed, limit.span)));
    }
}

/// The periods of a year and its parts that hold one another: how many of the short ones a long one has at most.
pub(crate) fn parts(short: Period, long: Period) -> Option<i64> {
    use Period::{Day, MembershipYear, Month, Quarter, Week, Year};
    Some(match (short, long) {
        (Day, Week) => 7,
        (Day, Month) => 31,
        (Day, Quarter) => 92,
        (Day, Year | MembershipYear) => 366,
        (Week, Month) => 6,
        (Week, Quarter) => 15,
        (Week, Year | MembershipYear) => 54,
        (Month, Quarter) => 3,
        (Month, Year) => 12,
        (Month, MembershipYear) => 13,
        (Quarter, Year) => 4,
        (Quarter, MembershipYear) => 5,
        (Year, MembershipYear) | (MembershipYear, Year) => 2,
        _ => return None,
    })
}
