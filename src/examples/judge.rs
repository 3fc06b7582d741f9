//! Whether an expectation holds.

use super::Did;
use super::errors::{self, Found};
use super::steps;
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::{Entry, Kind};
use crate::program::{Program, WalletId, WalletKind};
use crate::source::Sources;
use crate::span::Spanned;
use crate::syntax::ast::{Ast, Expectation, Expr, ExprKind, Literal, Name};
use crate::value::{Decimal, name_key};

/// What is counted for an expectation.
#[derive(Clone, Copy)]
enum Counted {
    Discount,
    Wallet(WalletId),
    Gift(Option<u16>),
    /// Vouchers over a sum, or of any kind.
    Voucher,
    AnyVoucher,
    Entries(u16),
    Access,
    FreeShipping,
    Message,
    Refund,
}

/// The problem of an expectation that fails.
pub(super) fn judge(ast: &Ast, program: &Program, sources: &Sources, did: &Did, expectation: &Spanned<Expectation>) -> Option<Diagnostic> {
    let money = |expr: &Expr| steps::number(ast, expr).map(|n| (n, program.currency.decimals));
    let zero = (Decimal::whole(0), 0);
    let (counted, wanted, words) = match &expectation.node {
        Expectation::Discount(expr) => (Counted::Discount, money(expr)?, "a discount".to_owned()),
        Expectation::NoDiscount => (Counted::Discount, zero, "no discount".to_owned()),
        Expectation::Refund(expr) => (Counted::Refund, money(expr)?, "a refund".to_owned()),
        Expectation::Earned { amount, wallet } => return earned(ast, program, sources, did, expectation, amount, wallet.as_ref()),
        Expectation::Nothing(name) => {
            let id = wallet(program, &name.node)?;
            (Counted::Wallet(id), zero, format!("no {}", program.wallets.get(id.index())?.name))
        }
        Expectation::Gift(name) => {
            let index = program.gifts.iter().position(|gift| name_key(&gift.name) == name_key(&name.node))?;
            let gift = Counted::Gift(u16::try_from(index).ok());
            let given = sum(did, gift);
            return (given < 1).then(|| {
                errors::failed(program, sources, expectation.span, &format!("the gift \"{}\"", name.node), &found(did, gift, 0), did)
            });
        }
        Expectation::Gifts(count) => (Counted::Gift(None), (steps::number(ast, count)?, 0), "gifts".to_owned()),
        Expectation::NoGift => (Counted::Gift(None), zero, "no gift".to_owned()),
        Expectation::Voucher(expr) => (Counted::Voucher, money(expr)?, "a voucher".to_owned()),
        Expectation::NoVoucher => (Counted::AnyVoucher, zero, "no voucher".to_owned()),
        Expectation::Entries { count, draw } => {
            let index = program.draws.iter().position(|d| name_key(&d.name) == name_key(&draw.node))?;
            let counted = Counted::Entries(u16::try_from(index).ok()?);
            (counted, (steps::number(ast, count)?, 0), format!("entries to \"{}\"", draw.node))
        }
        Expectation::Tier(name) => return tier(program, sources, did, expectation, name),
        Expectation::Balance { amount, wallet } => return balance(ast, program, sources, did, expectation, amount, wallet.as_ref()),
        Expectation::Access(name) => {
            return at_least_one(program, sources, did, expectation, Counted::Access, &format!("access to \"{}\"", name.node));
        }
        Expectation::FreeShipping => return at_least_one(program, sources, did, expectation, Counted::FreeShipping, "free shipping"),
        Expectation::Notified(text) => {
            return at_least_one(program, sources, did, expectation, Counted::Message, &format!("the message \"{}\"", text.node));
        }
    };
    compare(program, sources, did, expectation, counted, wanted, &words)
}

fn compare(
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    counted: Counted,
    (wanted, scale): (Decimal, u8),
    words: &str,
) -> Option<Diagnostic> {
    let given = sum(did, counted);
    let wanted_units = wanted.to_scale(scale_of(program, counted, scale)).ok().flatten();
    if wanted_units == Some(given) {
        return None;
    }
    let expected = if wanted.is_zero() && !words.starts_with("no ") {
        format!("no {}", words.strip_prefix("a ").unwrap_or(words))
    } else if wanted.is_zero() {
        words.to_owned()
    } else {
        errors::amount_of(program, unit(counted), wanted, words)
    };
    Some(errors::failed(program, sources, expectation.span, &expected, &found(did, counted, given), did))
}

fn at_least_one(
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    counted: Counted,
    words: &str,
) -> Option<Diagnostic> {
    let some = did.entries.iter().any(|entry| is(entry, counted) && (entry.granted > 0 || matches!(counted, Counted::Message)));
    (!some).then(|| errors::failed(program, sources, expectation.span, words, &found(did, counted, 0), did))
}

fn earned(
    ast: &Ast,
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    amount: &Expr,
    name: Option<&Name>,
) -> Option<Diagnostic> {
    let (wanted, unit) = steps::literal(ast, amount)?;
    let id = which(program, amount, name, unit.as_deref())?;
    let label = program.wallets.get(id.index()).map_or("", |wallet| wallet.name.as_str());
    compare(program, sources, did, expectation, Counted::Wallet(id), (wanted, 0), label)
}

fn balance(
    ast: &Ast,
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    amount: &Expr,
    name: Option<&Name>,
) -> Option<Diagnostic> {
    let (wanted, unit) = steps::literal(ast, amount)?;
    let id = which(program, amount, name, unit.as_deref())?;
    let wallet = program.wallets.get(id.index())?;
    let stands = did.balances.get(id.index()).copied().unwrap_or(0);
    if wanted.to_scale(wallet.scale).ok().flatten() == Some(stands) {
        return None;
    }
    let expected = errors::amount_of(program, errors::Unit::Wallet(id), wanted, "");
    let stands = errors::amount_of(program, errors::Unit::Wallet(id), Decimal::new(i128::from(stands), wallet.scale), "");
    Some(errors::failed_state(program, sources, expectation.span, &format!("a balance of {expected}"), &stands, did))
}

fn tier(program: &Program, sources: &Sources, did: &Did, expectation: &Spanned<Expectation>, name: &Name) -> Option<Diagnostic> {
    let key = name_key(&name.node);
    if did.tiers.iter().any(|tier| name_key(program.tier_name(*tier)) == key) {
        return None;
    }
    let ladder = program.ladders.iter().position(|ladder| ladder.rungs.iter().any(|rung| name_key(&rung.name) == key))?;
    let held = did.tiers.get(ladder).map_or("no tier", |tier| program.tier_name(*tier));
    Some(errors::failed_state(program, sources, expectation.span, &format!("the tier {}", name.node), held, did))
}

/// The wallet an amount is about: named apart, by its unit, or the money wallet.
fn which(program: &Program, amount: &Expr, name: Option<&Name>, unit: Option<&str>) -> Option<WalletId> {
    if let Some(name) = name.map(|name| name.node.as_str()).or(unit) {
        return wallet(program, name);
    }
    let mut inner = amount;
    while let ExprKind::Negate(next) = &inner.kind {
        inner = next;
    }
    matches!(inner.kind, ExprKind::Literal(Literal::Money { .. })).then(|| wallet(program, "cashback")).flatten()
}

/// The wallet of a name, singular or plural.
pub(super) fn wallet(program: &Program, name: &str) -> Option<WalletId> {
    let key = name_key(name);
    let same = |known: &str| {
        let known = name_key(known);
        known == key || known.strip_suffix('s') == Some(&key) || key.strip_suffix('s') == Some(&known)
    };
    let exact = program.wallets.iter().position(|wallet| name_key(&wallet.name) == key);
    let index = exact.or_else(|| program.wallets.iter().position(|wallet| same(&wallet.name)))?;
    u16::try_from(index).ok().map(WalletId)
}

fn is(entry: &Entry, counted: Counted) -> bool {
    use crate::engine::ledger::Unit;
    match (counted, entry.kind) {
        (Counted::Discount, Kind::Discount | Kind::Price)
        | (Counted::AnyVoucher, Kind::Voucher)
        | (Counted::Access, Kind::Access(_))
        | (Counted::FreeShipping, Kind::FreeShipping)
        | (Counted::Message, Kind::Message)
        | (Counted::Refund, Kind::Refund) => true,
        // A percentage is worth no sum.
        (Counted::Voucher, Kind::Voucher) => entry.unit == Unit::Money,
        (Counted::Wallet(id), Kind::Earn | Kind::Multiply | Kind::Grant | Kind::TakeBack) => entry.unit == Unit::Wallet(id),
        (Counted::Gift(None), Kind::Gift(_) | Kind::Prize(..)) => true,
        (Counted::Gift(Some(index)), Kind::Gift(gift) | Kind::Prize(_, gift)) => gift.0 == index,
        (Counted::Entries(index), Kind::Entries(draw)) => draw.0 == index,
        _ => false,
    }
}

fn sum(did: &Did, counted: Counted) -> i64 {
    did.entries.iter().filter(|entry| is(entry, counted)).fold(0, |sum, entry| sum.saturating_add(entry.granted))
}

fn found(did: &Did, counted: Counted, given: i64) -> Found {
    let entries = did.entries.iter().filter(|entry| is(entry, counted)).cloned().collect();
    Found { unit: unit(counted), given, entries }
}

fn unit(counted: Counted) -> errors::Unit {
    match counted {
        Counted::Discount | Counted::Refund | Counted::Voucher | Counted::AnyVoucher | Counted::FreeShipping => errors::Unit::Money,
        Counted::Wallet(id) => errors::Unit::Wallet(id),
        Counted::Gift(_) | Counted::Entries(_) | Counted::Access | Counted::Message => errors::Unit::Pieces,
    }
}

fn scale_of(program: &Program, counted: Counted, scale: u8) -> u8 {
    match counted {
        Counted::Wallet(id) => program
            .wallets
            .get(id.index())
            .map_or(0, |wallet| if wallet.kind == WalletKind::Money { program.currency.decimals } else { wallet.scale }),
        _ => scale,
    }
}
