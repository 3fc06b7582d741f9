//! From a rate and a base to an amount: exact products, one rounding, then caps.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::{Scene, Value};
use crate::engine::overflow;
use crate::plan::{Given, Plan};
use crate::program::{Limit, LimitWhat, Program, QUANTITY, Rate, Rates, Rule, Table, TableKey, WalletId, WalletKind};
use crate::value::{Checked, Decimal, Exact, Overflow, Rounding, div_round};

/// In what a reward is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Currency {
    /// Minor units of money off.
    Money,
    /// Smallest units of a wallet.
    Wallet(WalletId),
    /// Entries to a draw, which no limit in money or units is about.
    Entries,
}

/// What the rate is applied to.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Base {
    /// Minor units on the items of the rule.
    pub money: i64,
    /// Units of the items of the rule; off each, no more than its price is counted.
    pub units: Exact,
    /// Their quantity, fractions included, where the rule asks for it.
    pub quantity: Exact,
    /// Full amounts counted unit by unit, for the rate at hand.
    pub full: i64,
    /// The recorded or net amount of the whole purchase, by which tables `by amount` choose.
    pub amount: i64,
    /// What of it slices cut: for a discount its goods.
    pub sliced: i64,
}

impl Base {
    /// A base of money alone.
    pub fn of(money: i64, amount: i64) -> Self {
        let none = Exact::whole(0);
        Self { money, units: none, quantity: none, full: 0, amount, sliced: amount }
    }

    /// A share of it.
    fn part(self, money: Exact, part: Exact) -> Checked<Piece> {
        let full = Exact::whole(i128::from(self.full)).times(part)?;
        Ok(Piece { money, units: self.units.times(part)?, quantity: self.quantity.times(part)?, full: full.floor() })
    }

    /// So much of its money: what is measured goes with it, units stay whole.
    fn within(self, money: Exact) -> Checked<Piece> {
        let all = Exact::whole(i128::from(self.money));
        let quantity = if money == all || self.money <= 0 { self.quantity } else { self.quantity.times(money)?.divided_by(all)? };
        Ok(Piece { money, quantity, ..self.whole() })
    }

    /// All of it.
    pub fn whole(self) -> Piece {
        Piece { money: Exact::whole(i128::from(self.money)), units: self.units, quantity: self.quantity, full: i128::from(self.full) }
    }
}

/// What one rate is applied to.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Piece {
    pub money: Exact,
    pub units: Exact,
    pub quantity: Exact,
    pub full: i128,
}

/// A rounding grid: amounts are multiples of `step` smallest units.
#[derive(Clone, Copy)]
struct Grid {
    mode: Rounding,
    step: i64,
}

impl Grid {
    fn of(program: &Program, currency: Currency) -> Self {
        match currency {
            Currency::Money => Self { mode: program.round_money, step: 1 },
            Currency::Entries => Self { mode: Rounding::Down, step: 1 },
            Currency::Wallet(id) => {
                let wallet = &program.wallets[id.index()];
                Self { mode: wallet.round, step: wallet.step.max(1) }
            }
        }
    }

    fn round(self, value: Exact) -> Checked<i64> {
        let steps = div_round(value.numerator(), value.denominator().checked_mul(i128::from(self.step)).ok_or(Overflow)?, self.mode)?;
        i64::try_from(steps.checked_mul(i128::from(self.step)).ok_or(Overflow)?).map_err(|_| Overflow)
    }

    fn ratio(self, numerator: i128, denominator: i128) -> Checked<i64> {
        if self.step == 1 {
            return i64::try_from(div_round(numerator, denominator, self.mode)?).map_err(|_| Overflow);
        }
        self.round(Exact::ratio(numerator, denominator)?)
    }

    /// The largest amount on the grid that is at most `room`.
    fn down(self, room: i64) -> i64 {
        room.max(0) / self.step * self.step
    }
}

/// Rounds an exact amount of smallest units by the wallet's or the program's own rounding.
pub(in crate::engine) fn round_reward(program: &Program, currency: Currency, value: Exact) -> Checked<i64> {
    Grid::of(program, currency).round(value)
}

/// Smallest units per full unit of a wallet (1 for money, which is counted in minor units everywhere).
pub(in crate::engine) fn unit(program: &Program, wallet: WalletId) -> i128 {
    let wallet = &program.wallets[wallet.index()];
    if wallet.kind == WalletKind::Money { 1 } else { 10_i128.pow(u32::from(wallet.scale)) }
}

/// `numerator / denominator` of a decimal.
fn fraction(d: Decimal) -> Checked<(i128, i128)> {
    Ok((d.mantissa, crate::value::pow10(d.scale)?))
}

/// What rates give on parts of a base, exact and unrounded, in smallest units. Full amounts are counted over all parts together,
/// so that none is lost where one part ends and the next begins.
#[derive(Clone, Debug)]
struct Sum {
    plain: Exact,
    /// Full amounts, as a fraction, that `plain` already has.
    counted: Exact,
    /// Full amounts, as a fraction, and what one of them gives.
    full: Vec<(Exact, Exact)>,
}

impl Sum {
    fn new() -> Self {
        Self { plain: Exact::whole(0), counted: Exact::whole(0), full: Vec::new() }
    }

    fn add(&mut self, program: &Program, rate: Rate, currency: Currency, of: Piece) -> Checked<()> {
        let Piece { money, units, quantity, full } = of;
        let value = match rate {
            Rate::Nothing => return Ok(()),
            Rate::Fixed(amount) => Exact::whole(i128::from(amount)),
            Rate::Percent(percent) => {
                let (n, d) = fraction(percent)?;
                let value = money.times(Exact::ratio(n, d)?)?;
                match currency {
                    Currency::Wallet(id) => to_units(program, id, value)?,
                    Currency::Money | Currency::Entries => value,
                }
            }
            Rate::Per { amount, per, in_proportion } => {
                let steps = money.divided_by(Exact::whole(i128::from(per)))?;
                let each = amount_units(program, amount, currency)?;
                if !in_proportion {
                    self.full.push((steps, each));
                    return Ok(());
                }
                steps.times(each)?
            }
            Rate::PerEachItem { amount, .. } => Exact::whole(full).times(amount_units(program, amount, currency)?)?,
            Rate::PerItem { amount } => units.times(amount_units(program, amount, currency)?)?,
            Rate::PerQuantity { amount, per, in_proportion } => {
                let steps = quantity.divided_by(Exact::try_from(per)?)?;
                let steps = if in_proportion { steps } else { Exact::whole(steps.floor()) };
                steps.times(amount_units(program, amount, currency)?)?
            }
        };
        self.plain = self.plain.plus(value)?;
        Ok(())
    }

    /// What all parts give together, and what of it those that stood in `own` already.
    fn value(&self, own: &Self) -> Checked<(Exact, Exact)> {
        let mut all = self.counted;
        for (steps, _) in &self.full {
            all = all.plus(*steps)?;
        }
        let zero = Exact::whole(0);
        let mut left = Exact::whole(all.floor()).minus(self.counted)?.max(zero);
        let (mut sum, mut of_own) = (self.plain, own.plain);
        for (at, (steps, each)) in self.full.iter().enumerate() {
            let value = (*steps).min(left).times(*each)?;
            left = left.minus((*steps).min(left))?;
            sum = sum.plus(value)?;
            if at < own.full.len() {
                of_own = of_own.plus(value)?;
            }
        }
        Ok((sum, of_own))
    }

    fn alone(&self) -> Checked<Exact> {
        Ok(self.value(self)?.0)
    }
}

fn amount_units(program: &Program, amount: Decimal, currency: Currency) -> Checked<Exact> {
    let amount = Exact::try_from(amount)?;
    match currency {
        Currency::Wallet(id) => amount.times(Exact::whole(unit(program, id))),
        Currency::Money | Currency::Entries => Ok(amount),
    }
}

/// Money as smallest units of a wallet, by its worth.
pub(in crate::engine) fn to_units(program: &Program, id: WalletId, money: Exact) -> Checked<Exact> {
    let wallet = &program.wallets[id.index()];
    match wallet.worth {
        Some(worth) if wallet.kind != WalletKind::Money => {
            money.divided_by(Exact::try_from(worth)?)?.times(Exact::whole(unit(program, id)))
        }
        _ => Ok(money),
    }
}

/// Smallest units of a wallet as money, by its worth; nothing for a wallet without.
pub(in crate::engine) fn to_money(program: &Program, id: WalletId, units: i64) -> Checked<Exact> {
    let wallet = &program.wallets[id.index()];
    let units = Exact::whole(i128::from(units));
    match wallet.worth {
        _ if wallet.kind == WalletKind::Money => Ok(units),
        Some(worth) => units.divided_by(Exact::whole(unit(program, id)))?.times(Exact::try_from(worth)?),
        None => Ok(Exact::whole(0)),
    }
}

/// The rates of a purchase: one for the whole base, or one for each slice of it.
pub(in crate::engine) enum Chosen {
    One(Rate),
    /// Shares of the base, which add up to 1, and their rates.
    Slices(Vec<(Exact, Rate)>),
    /// Parts of the base by a word of their items; full amounts are counted row by row.
    Rows(Vec<(Piece, Rate)>),
}

/// The rate that a rule's rates come to on a base.
pub(in crate::engine) fn choose<'a>(scene: &Scene<'a>, rates: &'a Rates, base: Base) -> Checked<Chosen> {
    let table = match rates {
        Rates::One(rate) => return Ok(Chosen::One(*rate)),
        Rates::Table(table) => table,
    };
    let before = match &table.key {
        TableKey::Tier(_) | TableKey::Words(..) | TableKey::Grid(..) => {
            let row = place(scene, &table.key)?.and_then(|at| table.rows.get(at));
            return Ok(Chosen::One(row.map_or(table.otherwise, |row| row.rate)));
        }
        TableKey::Amount if !table.each_slice => return Ok(Chosen::One(row_at(table, Exact::whole(i128::from(base.amount))))),
        TableKey::Amount => Exact::whole(0),
        TableKey::Value(expr) => match scene.value(expr)? {
            Value::Number(n) => in_key_units(scene.plan, expr, n)?,
            _ => return Ok(Chosen::One(table.otherwise)),
        },
    };
    if !table.each_slice || base.sliced <= 0 {
        return Ok(Chosen::One(row_at(table, before)));
    }
    let whole = Exact::whole(i128::from(base.sliced));
    let after = before.plus(whole)?;
    let mut slices = Vec::new();
    let mut from = before;
    let mut rate = row_at(table, before);
    for row in &table.rows {
        let threshold = Exact::whole(i128::from(row.threshold));
        if threshold > before && threshold < after {
            slices.push((threshold.minus(from)?.divided_by(whole)?, rate));
            from = threshold;
        }
        if threshold >= before && threshold < after {
            rate = row.rate;
        }
    }
    slices.push((after.minus(from)?.divided_by(whole)?, rate));
    Ok(Chosen::Slices(slices))
}

/// Which row of a table by names holds, if one does.
pub(in crate::engine) fn place<'a>(scene: &Scene<'a>, key: &'a TableKey) -> Checked<Option<usize>> {
    Ok(match key {
        TableKey::Tier(ladder) => scene.facts.tiers.get(ladder.index()).map(|rung| usize::from(*rung)),
        TableKey::Words(expr, words) => match scene.value(expr)? {
            Value::Text(code) => words.iter().position(|texts| scene.plan.is_text(code, texts)),
            Value::Texts(known) => words.iter().position(|texts| texts.iter().any(|text| known.contains(text))),
            _ => None,
        },
        TableKey::Grid(side, across, columns) => {
            let (Some(row), Some(column)) = (place(scene, side)?, place(scene, across)?) else { return Ok(None) };
            Some(row * columns + column)
        }
        TableKey::Amount | TableKey::Value(_) => None,
    })
}

/// Values of expressions count full units of a wallet, thresholds its smallest ones.
fn in_key_units(plan: &Plan<'_>, expr: &crate::program::Expr, n: Exact) -> Checked<Exact> {
    use crate::program::MeasureKind::{Balance, Confirmed, Earned, Spent};
    let crate::program::Expr::Measure(id) = expr else { return Ok(n) };
    match plan.program.measures.get(id.index()).map(|m| &m.kind) {
        Some(Earned(wallet) | Confirmed(wallet) | Spent(wallet) | Balance(wallet)) => n.times(Exact::whole(unit(plan.program, *wallet))),
        _ => Ok(n),
    }
}

fn row_at(table: &Table, value: Exact) -> Rate {
    let reached = |row: &&crate::program::TableRow| {
        let threshold = Exact::whole(i128::from(row.threshold));
        if row.exclusive { value > threshold } else { value >= threshold }
    };
    table.rows.iter().rev().find(reached).map_or(table.otherwise, |row| row.rate)
}

/// What rates give on so much of the base's money, and all of its units.
fn sum_of(program: &Program, chosen: &Chosen, currency: Currency, money: Exact, base: Base) -> Checked<Sum> {
    let mut sum = Sum::new();
    match chosen {
        Chosen::One(rate) => sum.add(program, *rate, currency, base.within(money)?)?,
        Chosen::Slices(slices) => {
            for (part, rate) in slices {
                sum.add(program, *rate, currency, base.part(money.times(*part)?, *part)?)?;
            }
        }
        Chosen::Rows(rows) => {
            let whole = Exact::whole(i128::from(base.money.max(1)));
            for (piece, rate) in rows {
                let mut row = Sum::new();
                let money = piece.money.times(money)?.divided_by(whole)?;
                row.add(program, *rate, currency, Piece { money, ..*piece })?;
                sum.plain = sum.plain.plus(row.alone()?)?;
            }
        }
    }
    Ok(sum)
}

/// What a rule's rates give on a base, within its limits. `first_limit` is where its limits stand in `facts.used`.
pub(in crate::engine) fn reward<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    rates: &'a Rates,
    currency: Currency,
    base: Base,
    first_limit: usize,
) -> Checked<Reward> {
    let chosen = choose(scene, rates, base)?;
    reward_of(scene, rule, &chosen, currency, base, first_limit)
}

/// The same where the rates have been chosen.
pub(in crate::engine) fn reward_of<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    chosen: &Chosen,
    currency: Currency,
    base: Base,
    first_limit: usize,
) -> Checked<Reward> {
    let program = scene.plan.program;
    overflow::working_on(Some(rule.id.index()));
    let grid = Grid::of(program, currency);
    let wanted = match chosen {
        // The common case without fractions on the heap of the stack: one percentage of money.
        Chosen::One(Rate::Percent(percent)) if is_money(program, currency) => {
            let (n, d) = fraction(*percent)?;
            grid.ratio(n.checked_mul(i128::from(base.money)).ok_or(Overflow)?, d)?
        }
        Chosen::One(Rate::Per { amount, per, in_proportion: false }) if base.money >= 0 && *per > 0 => {
            let (n, d) = fraction(*amount)?;
            let steps = i128::from(base.money / *per);
            let units = if let Currency::Wallet(id) = currency { unit(program, id) } else { 1 };
            grid.ratio(steps.checked_mul(n).and_then(|v| v.checked_mul(units)).ok_or(Overflow)?, d)?
        }
        _ => grid.round(sum_of(program, chosen, currency, Exact::whole(i128::from(base.money)), base)?.alone()?)?,
    };
    let wanted = wanted.max(0);
    let by_quantity = rule.limits.iter().any(|limit| matches!(limit.what, LimitWhat::FirstQuantity(_)));
    let first = if by_quantity { parts_of(base.quantity)? } else { base.money };
    let plain = Reward { wanted, granted: wanted, counts: wanted, first, ..Reward::default() };
    if rule.limits.is_empty() || wanted == 0 && rule.limits.iter().all(|l| l.then.is_none()) {
        return Ok(plain);
    }
    cap(scene, rule, chosen, currency, base, first_limit, plain)
}

fn is_money(program: &Program, currency: Currency) -> bool {
    match currency {
        Currency::Money => true,
        Currency::Wallet(id) => program.wallets[id.index()].kind == WalletKind::Money,
        Currency::Entries => false,
    }
}

/// Whether no limit is met: most rewards have room, and nothing has to be shared out then.
fn fits(scene: &Scene<'_>, rule: &Rule, currency: Currency, base: Base, first_limit: usize, wanted: i64) -> Checked<bool> {
    for (at, limit) in rule.limits.iter().enumerate() {
        let used = used_for(scene, rule, first_limit, at, currency, (usize::MAX, scene.taken))?;
        let fits = match limit.what {
            LimitWhat::Times(times) => used < i64::from(times),
            LimitWhat::First(first) => base.money <= first.saturating_sub(used).max(0),
            LimitWhat::FirstQuantity(first) => parts_of(base.quantity)? <= first.saturating_sub(used).max(0),
            _ => amount_room(scene, limit, currency, used, base)?.is_none_or(|room| wanted <= room),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Applies limits in the order written: firings, then the base, then amounts.
fn cap<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    chosen: &Chosen,
    currency: Currency,
    base: Base,
    first_limit: usize,
    plain: Reward,
) -> Checked<Reward> {
    let program = scene.plan.program;
    let grid = Grid::of(program, currency);
    let used = |at: usize| used_for(scene, rule, first_limit, at, currency, (usize::MAX, scene.taken));
    if plain.wanted > 0 && fits(scene, rule, currency, base, first_limit, plain.wanted)? {
        return Ok(plain);
    }
    let mut out = plain;
    let limits = || rule.limits.iter().enumerate();
    for (at, limit) in limits() {
        let LimitWhat::Times(times) = limit.what else { continue };
        if used(at)? >= i64::from(times) {
            let then = Chosen::One(limit.then.unwrap_or(Rate::Nothing));
            let granted = grid.round(sum_of(program, &then, currency, Exact::whole(i128::from(base.money)), base)?.alone()?)?;
            return Ok(Reward { granted, counts: 0, first: 0, capped: true, only_then: granted > 0, ..out });
        }
    }
    // What lies within the base limits by the rule's own rate, and what `then` goes on with behind them.
    let mut own = Exact::whole(i128::from(base.money));
    let mut beyond: Vec<(Rate, Exact)> = Vec::new();
    for (at, limit) in limits() {
        let LimitWhat::First(first) = limit.what else { continue };
        let room = first.saturating_sub(used(at)?).max(0);
        if base.money <= room {
            continue;
        }
        if limit.or_nothing {
            return Ok(Reward { granted: 0, counts: 0, first: 0, capped: true, ..out });
        }
        own = own.min(Exact::whole(i128::from(room)));
        out.first = out.first.min(room);
        out.capped = true;
        if let Some(rate) = limit.then {
            beyond.push((rate, Exact::whole(i128::from(base.money.saturating_sub(room)))));
        }
    }
    for (at, limit) in limits() {
        let LimitWhat::FirstQuantity(first) = limit.what else { continue };
        let room = first.saturating_sub(used(at)?).max(0);
        let all = parts_of(base.quantity)?;
        if all <= room {
            continue;
        }
        if limit.or_nothing {
            return Ok(Reward { granted: 0, counts: 0, first: 0, capped: true, ..out });
        }
        // The money of that part of the quantity.
        let money = Exact::whole(i128::from(base.money));
        let within = money.times(Exact::ratio(i128::from(room), i128::from(all))?)?;
        own = own.min(within);
        out.first = out.first.min(room);
        out.capped = true;
        if let Some(rate) = limit.then {
            beyond.push((rate, money.minus(within)?));
        }
    }
    let mut sum = sum_of(program, chosen, currency, own, base)?;
    for (at, limit) in limits() {
        let Some(room) = amount_room(scene, limit, currency, used(at)?, base)? else { continue };
        let value = sum.alone()?;
        if grid.round(value)? <= room {
            continue;
        }
        out.capped = true;
        if limit.or_nothing {
            return Ok(Reward { granted: 0, counts: 0, first: 0, ..out });
        }
        let room = Exact::whole(i128::from(grid.down(room)));
        // The base that fills the room at the rule's rate: full amounts count by their size, all else as a fraction of what
        // earned `value`.
        let (filled, counted) = match chosen {
            Chosen::One(Rate::Per { amount, per, in_proportion: false }) => {
                let steps = room.divided_by(amount_units(program, *amount, currency)?)?;
                (steps.times(Exact::whole(i128::from(*per)))?, steps)
            }
            _ => (own.times(room)?.divided_by(value)?, Exact::whole(0)),
        };
        if let Some(rate) = limit.then {
            beyond.push((rate, own.minus(filled)?));
        }
        sum = Sum { plain: room, counted, full: Vec::new() };
    }
    // What `then` gives does not count towards the cap.
    let own = sum.clone();
    for (rate, money) in beyond {
        sum.add(program, rate, currency, base.within(money)?)?;
    }
    let (all, of_own) = sum.value(&own)?;
    out.counts = grid.round(of_own)?;
    out.granted = grid.round(all)?;
    out.only_then = out.counts == 0 && out.granted > 0;
    Ok(out)
}

/// A quantity in the parts in which limits count it.
fn parts_of(quantity: Exact) -> Checked<i64> {
    let parts = quantity.times(Exact::whole(i128::from(QUANTITY)))?.floor();
    i64::try_from(parts).map_err(|_| Overflow)
}

/// What an award uses of a limit of amounts; nothing where it is too much to count.
pub(in crate::engine) fn uses(program: &Program, limit: &Limit, award: &Award) -> Option<i64> {
    let counts = award.reward.counts;
    Some(match (limit.what, award.given) {
        // Those are of the rule, whatever its effects.
        (LimitWhat::Times(_), _) => 0,
        (LimitWhat::First(_) | LimitWhat::FirstQuantity(_), _) => award.reward.first,
        (LimitWhat::Units(wallet, _), Given::Earn(w) | Given::Multiply(w) | Given::Grant(w)) if wallet == w => counts,
        (LimitWhat::Money(_) | LimitWhat::Percent(_), Given::Discount | Given::Voucher | Given::Donation) => counts,
        // Rules with other wallets count too: all of them in money.
        (LimitWhat::Money(_), Given::Earn(wallet) | Given::Multiply(wallet) | Given::Grant(wallet)) if limit.shared.is_some() => {
            i64::try_from(to_money(program, wallet, counts).ok()?.round(Rounding::Up).ok()?).ok()?
        }
        (LimitWhat::Money(_) | LimitWhat::Percent(_), Given::Earn(_) | Given::Multiply(_) | Given::Grant(_)) => counts,
        _ => 0,
    })
}

/// What of a limit that several rules share others have used on this purchase.
fn used_by_others(scene: &Scene<'_>, rule: &Rule, limit: &Limit, awards: &[Award]) -> Checked<i64> {
    let mut used = 0_i64;
    let mut counted = Vec::new();
    for award in awards.iter().filter(|award| award.rule != rule.id.index() && award.gave()) {
        let others = scene.plan.rules[award.rule].limits.iter().find(|other| other.shared == limit.shared);
        let Some(other) = others.filter(|_| limit.shared.is_some()) else { continue };
        let uses = match limit.what {
            LimitWhat::Times(_) if counted.contains(&award.rule) => 0,
            LimitWhat::Times(_) => award.reward.times(),
            _ => uses(scene.plan.program, other, award).ok_or(Overflow)?,
        };
        counted.push(award.rule);
        used = used.checked_add(uses).ok_or(Overflow)?;
    }
    Ok(used)
}

/// What other effects of the rule have used of a limit in amounts on this purchase, in what `currency` counts.
fn used_beside(program: &Program, rule: &Rule, limit: &Limit, currency: Currency, effect: usize, awards: &[Award]) -> Checked<i64> {
    let counted = |given: Given| match (given.credited(), currency) {
        (Some(wallet), Currency::Wallet(id)) if wallet == id => true,
        (Some(wallet), _) => is_money(program, Currency::Wallet(wallet)) && is_money(program, currency),
        (None, _) => is_money(program, currency),
    };
    if matches!(limit.what, LimitWhat::Times(_) | LimitWhat::First(_) | LimitWhat::FirstQuantity(_)) {
        return Ok(0);
    }
    let beside = awards.iter().filter(|award| award.rule == rule.id.index() && award.effect != effect && counted(award.given));
    beside.map(|award| uses(program, limit, award)).try_fold(0_i64, |sum, used| sum.checked_add(used?)).ok_or(Overflow)
}

/// What is used of the limit of a rule at a place, by others on this purchase too.
pub(in crate::engine) fn used_at(scene: &Scene<'_>, rule: &Rule, first_limit: usize, at: usize, awards: &[Award]) -> Checked<i64> {
    let before = scene.facts.used.get(first_limit + at).copied().unwrap_or(0);
    match rule.limits.get(at) {
        Some(limit) if limit.shared.is_some() => before.checked_add(used_by_others(scene, rule, limit, awards)?).ok_or(Overflow),
        _ => Ok(before),
    }
}

/// The same for an effect of the rule, with what its others have used on this purchase.
fn used_for(
    scene: &Scene<'_>,
    rule: &Rule,
    first_limit: usize,
    at: usize,
    currency: Currency,
    (effect, awards): (usize, &[Award]),
) -> Checked<i64> {
    let used = used_at(scene, rule, first_limit, at, awards)?;
    let Some(limit) = rule.limits.get(at).filter(|_| rule.effects.len() > 1) else { return Ok(used) };
    used.checked_add(used_beside(scene.plan.program, rule, limit, currency, effect, awards)?).ok_or(Overflow)
}

/// The room an amount limit leaves for a reward of this kind; `None` if the limit is not about it.
fn amount_room(scene: &Scene<'_>, limit: &Limit, currency: Currency, used: i64, base: Base) -> Checked<Option<i64>> {
    let program = scene.plan.program;
    let room = match (limit.what, currency) {
        (LimitWhat::Money(most), Currency::Money) => most,
        (LimitWhat::Money(most), Currency::Wallet(id)) if program.wallets[id.index()].kind == WalletKind::Money => most,
        (LimitWhat::Money(most), Currency::Wallet(id)) if program.wallets[id.index()].worth.is_some() && limit.shared.is_some() => {
            let left = most.saturating_sub(used).max(0);
            let units = to_units(program, id, Exact::whole(i128::from(left)))?.floor();
            return i64::try_from(units).map(Some).map_err(|_| Overflow);
        }
        (LimitWhat::Money(most), Currency::Wallet(id)) if program.wallets[id.index()].worth.is_some() => {
            let units = to_units(program, id, Exact::whole(i128::from(most)))?.floor();
            i64::try_from(units).map_err(|_| Overflow)?
        }
        (LimitWhat::Units(wallet, most), Currency::Wallet(id)) if wallet == id => most,
        (_, Currency::Entries) => return Ok(None),
        (LimitWhat::Percent(percent), _) => {
            let (n, d) = fraction(percent)?;
            let money = Exact::ratio(n.checked_mul(i128::from(base.amount)).ok_or(Overflow)?, d)?;
            let room = match currency {
                Currency::Wallet(id) => to_units(program, id, money)?,
                Currency::Money | Currency::Entries => money,
            };
            i64::try_from(room.floor()).map_err(|_| Overflow)?
        }
        _ => return Ok(None),
    };
    Ok(Some(room.saturating_sub(used).max(0)))
}

/// What a grant of a fixed amount keeps within the rule's limits.
pub(in crate::engine) fn cap_grant(
    scene: &Scene<'_>,
    rule: &Rule,
    currency: Currency,
    wanted: i64,
    first_limit: usize,
    (effect, awards): (usize, &[Award]),
) -> Checked<Reward> {
    let base = Base::of(0, 0);
    let mut out = Reward { wanted, granted: wanted, counts: wanted, ..Reward::default() };
    for (at, limit) in rule.limits.iter().enumerate() {
        let used = used_for(scene, rule, first_limit, at, currency, (effect, awards))?;
        let room = match limit.what {
            LimitWhat::Times(times) if used >= i64::from(times) => 0,
            LimitWhat::Times(_) => continue,
            _ => match amount_room(scene, limit, currency, used, base)? {
                Some(room) => room,
                None => continue,
            },
        };
        if out.granted > room {
            out.granted = if limit.or_nothing { 0 } else { Grid::of(scene.plan.program, currency).down(room) };
            out.counts = out.granted;
            out.capped = true;
        }
    }
    Ok(out)
}
