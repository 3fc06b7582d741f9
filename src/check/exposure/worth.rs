//! What one unit of a wallet can bring its owner at most, along the graph of exchanges; and round trips that gain.

use super::curve::{ONE, ZERO};
use crate::check::types::power;
use crate::program::{Effect, Program, Rate, Rates, Redeem, Rule, Trigger, WalletId, WalletKind};
use crate::span::Span;
use crate::value::{Checked, Exact, Overflow};

/// What units are worth, in minor units of money per full unit (money wallets: per minor unit), by wallet.
#[derive(Clone, Debug, Default)]
pub struct Worths {
    /// By wallet.
    pub units: Vec<Exact>,
    /// The largest factor that raises a voucher's face value.
    pub vouchers: Option<Exact>,
}

/// A round trip through exchanges that ends with more than it began with.
#[derive(Clone, Debug)]
pub struct Pump {
    /// Wallet by wallet, the first again at the end, with how much one full unit has become.
    pub steps: Vec<(WalletId, Exact)>,
    /// The sentences on the way.
    pub spans: Vec<Span>,
}

/// One way from units of a wallet to units of another: how many full ones become of one.
struct Way {
    from: usize,
    to: usize,
    rate: Exact,
    /// What it takes at once, in full units.
    price: Exact,
    span: Span,
    /// Nothing limits how often it is gone.
    free: bool,
}

impl Worths {
    /// Full units of a wallet in money.
    pub(super) fn of(&self, wallet: WalletId, units: Exact) -> Checked<Exact> {
        units.times(self.units.get(wallet.index()).copied().unwrap_or(ZERO))
    }

    pub(super) fn voucher_factor(&self) -> Exact {
        self.vouchers.unwrap_or(ONE)
    }
}

/// What the units of every wallet bring; the round trip that gains, if there is one.
pub(super) fn worths(program: &Program) -> Checked<(Worths, Option<Pump>)> {
    let mut vouchers = ONE;
    for raised in &program.voucher_values {
        vouchers = vouchers.max(Exact::try_from(raised.times)?);
    }
    let mut units = Vec::new();
    for (at, _) in program.wallets.iter().enumerate() {
        units.push(by_itself(program, at, vouchers)?);
    }
    let ways = ways(program)?;
    let mut settled = false;
    for _ in 0..=program.wallets.len() {
        let before = units.clone();
        for (wallet, price, rule) in sold(program) {
            let mut brings = ZERO;
            for effect in &rule.effects {
                brings = brings.plus(brought(program, effect, vouchers)?)?;
                if let Some((to, amount)) = into(program, effect)? {
                    brings = brings.plus(amount.times(before.get(to.index()).copied().unwrap_or(ZERO))?)?;
                }
            }
            let each = brings.divided_by(price)?;
            if let Some(known) = units.get_mut(wallet.index()) {
                *known = (*known).max(each);
            }
        }
        settled = units == before;
        if settled {
            break;
        }
    }
    let pump = pump(&ways, program.wallets.len())?;
    if !settled && pump.is_none() {
        // Something feeds itself in a way that no single round trip shows.
        return Err(Overflow);
    }
    Ok((Worths { units, vouchers: Some(vouchers) }, pump))
}

/// What a wallet pays by itself: the best form of `redeem`.
fn by_itself(program: &Program, at: usize, _: Exact) -> Checked<Exact> {
    let mut best = ZERO;
    let id = WalletId(u16::try_from(at).unwrap_or(u16::MAX));
    if let Some(wallet) = program.wallets.get(at).filter(|_| program.is_paid_out(id)) {
        // It leaves as money at what it is worth.
        best = if wallet.kind == WalletKind::Money { ONE } else { wallet.worth.map_or(Ok(ZERO), Exact::try_from)? };
    }
    for redeem in program.redeems.iter().filter(|redeem| redeem.wallet.index() == at) {
        best = best.max(pays(program, redeem)?);
    }
    Ok(best)
}

/// What a full unit pays under one form.
fn pays(program: &Program, redeem: &Redeem) -> Checked<Exact> {
    let Some(wallet) = program.wallets.get(redeem.wallet.index()) else { return Ok(ZERO) };
    match redeem.step {
        Some((units, money)) => {
            let full = full(program, redeem.wallet, units)?;
            Exact::whole(i128::from(money)).divided_by(full)
        }
        None if wallet.kind == WalletKind::Money => Ok(ONE),
        None => wallet.worth.map_or(Ok(ZERO), Exact::try_from),
    }
}

/// Smallest units as full ones (money wallets: minor units).
pub(super) fn full(program: &Program, wallet: WalletId, units: i64) -> Checked<Exact> {
    let of = program.wallets.get(wallet.index());
    let scale = of.filter(|of| of.kind != WalletKind::Money).map_or(0, |of| of.scale);
    Exact::whole(i128::from(units)).divided_by(power(scale))
}

/// Everything that is bought with units: the wallet, the price in full units, what it gives.
fn sold(program: &Program) -> Vec<(WalletId, Exact, &Rule)> {
    let exchanges = program.exchanges.iter().map(|exchange| (exchange.wallet, exchange.price, &*exchange.rule));
    let rewards = program.rewards.iter().map(|reward| (reward.wallet, reward.price, &*reward.rule));
    let all = exchanges.chain(rewards).filter(|(_, price, _)| *price > 0);
    all.filter_map(|(wallet, price, rule)| Some((wallet, full(program, wallet, price).ok()?, rule))).collect()
}

/// What an effect that units bought is worth in money, units of wallets apart.
pub(super) fn brought(program: &Program, effect: &Effect, vouchers: Exact) -> Checked<Exact> {
    let money = |minor: i64| Exact::whole(i128::from(minor));
    match effect {
        Effect::Gift { gift, .. } => Ok(program.gifts.get(gift.index()).map_or(ZERO, |gift| money(gift.costs))),
        Effect::Voucher { value: Rate::Fixed(sum), .. } => money(*sum).times(vouchers),
        Effect::Discount(Rates::One(Rate::Fixed(sum))) => Ok(money(*sum)),
        Effect::Donate { amount, .. } => Ok(money(*amount)),
        Effect::Notify { costs, .. } => Ok(money(*costs)),
        _ => Ok(ZERO),
    }
}

/// The wallet that an effect fills, and how many full units it gives.
fn into(program: &Program, effect: &Effect) -> Checked<Option<(WalletId, Exact)>> {
    let (wallet, units) = match effect {
        Effect::Grant { wallet, amount, .. } => (*wallet, crate::check::lints::granted_units(program, *wallet, amount)),
        Effect::Set { wallet, amount } => (*wallet, Some(*amount)),
        _ => return Ok(None),
    };
    let Some(units) = units else { return Ok(None) };
    Ok(Some((wallet, full(program, wallet, units)?)))
}

fn ways(program: &Program) -> Checked<Vec<Way>> {
    let mut out = Vec::new();
    for (wallet, price, rule) in sold(program) {
        let free = rule.limits.is_empty() && rule.budgets.is_empty() && rule.only.is_none() && rule.trigger == Trigger::None;
        for effect in &rule.effects {
            if let Some((to, amount)) = into(program, effect)? {
                let rate = amount.divided_by(price)?;
                out.push(Way { from: wallet.index(), to: to.index(), rate, price, span: rule.span, free });
            }
        }
    }
    Ok(out)
}

/// The first round trip whose rates come to more than one, without a limit on the way.
fn pump(ways: &[Way], wallets: usize) -> Checked<Option<Pump>> {
    for start in 0..wallets {
        let mut trips: Vec<(usize, Exact, Vec<&Way>)> = vec![(start, ONE, Vec::new())];
        for _ in 0..wallets.min(8) {
            let mut next = Vec::new();
            for (at, factor, gone) in &trips {
                for way in ways.iter().filter(|way| way.free && way.from == *at) {
                    let factor = factor.times(way.rate)?;
                    let mut gone = gone.clone();
                    gone.push(way);
                    if way.to == start {
                        if factor > ONE {
                            return Ok(Some(told(&gone)?));
                        }
                    } else if next.len() < 500 {
                        next.push((way.to, factor, gone));
                    }
                }
            }
            trips = next;
        }
    }
    Ok(None)
}

/// How much to begin a round trip with, so that every step is paid as often as it takes in full and gives whole units.
fn whole_start(gone: &[&Way]) -> Checked<Exact> {
    let whole = |number: Exact| Exact::whole(number.floor()) == number;
    for begin in (1..=20_000).map(Exact::whole) {
        let mut units = begin;
        let mut fits = true;
        for way in gone {
            fits &= whole(units.divided_by(way.price)?);
            units = units.times(way.rate)?;
        }
        if fits && whole(units) {
            return Ok(begin);
        }
    }
    Ok(Exact::whole(100))
}

fn told(gone: &[&Way]) -> Checked<Pump> {
    let wallet = |at: usize| WalletId(u16::try_from(at).unwrap_or(u16::MAX));
    let mut factor = whole_start(gone)?;
    let mut steps: Vec<(WalletId, Exact)> = gone.first().map(|way| (wallet(way.from), factor)).into_iter().collect();
    for way in gone {
        factor = factor.times(way.rate)?;
        steps.push((wallet(way.to), factor));
    }
    Ok(Pump { steps, spans: gone.iter().map(|way| way.span).collect() })
}
