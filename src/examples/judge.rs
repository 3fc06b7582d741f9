//! Whether an expectation holds.

use super::Did;
use super::errors::{self, Found};
use super::steps;
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::{Entry, Kind, Source};
use crate::program::{Effect, Program, Rate, Rule, Wallet, WalletId, WalletKind};
use crate::source::Sources;
use crate::span::Spanned;
use crate::syntax::ast::{Ast, Expectation, Expr, ExprKind, Literal, Name};
use crate::value::{Decimal, name_key};

/// What is counted for an expectation.
#[derive(Clone, Copy)]
enum Counted<'a> {
    Discount,
    Wallet(WalletId),
    Gift(Option<u16>),
    /// Vouchers over a sum, or of any kind.
    Voucher,
    AnyVoucher,
    /// Vouchers of such a share.
    Share(Decimal),
    /// To one draw, or to any.
    Entries(Option<u16>),
    /// By its name, or any.
    Access(Option<&'a str>),
    FreeShipping,
    /// By its text, or any.
    Message(Option<&'a str>),
    Refund,
    Fees,
    PaidOut,
}

/// The problem of an expectation that fails.
pub(super) fn judge(ast: &Ast, program: &Program, sources: &Sources, did: &Did, expectation: &Spanned<Expectation>) -> Option<Diagnostic> {
    let money = |expr: &Expr| steps::number(ast, expr).map(|n| (n, program.currency.decimals));
    let zero = (Decimal::whole(0), 0);
    let (counted, wanted, words) = match &expectation.node {
        Expectation::Discount(expr) => (Counted::Discount, money(expr)?, "a discount".to_owned()),
        Expectation::NoDiscount => (Counted::Discount, zero, "no discount".to_owned()),
        Expectation::Fees(expr) => (Counted::Fees, money(expr)?, "fees".to_owned()),
        Expectation::PaidOut(expr) => (Counted::PaidOut, money(expr)?, "money paid out".to_owned()),
        Expectation::Paid(expr) => return paid(program, sources, did, expectation, money(expr)?.0),
        Expectation::Refund(expr) => (Counted::Refund, money(expr)?, "a refund".to_owned()),
        Expectation::Earned { amount, wallet } => return earned(ast, program, sources, did, expectation, amount, wallet.as_ref()),
        Expectation::Nothing(name) => {
            let id = wallet(program, &name.node)?;
            (Counted::Wallet(id), zero, format!("no {}", program.wallets.get(id.index())?.name))
        }
        Expectation::Gift(name) => {
            let index = program.gifts.iter().position(|gift| name_key(&gift.name) == name_key(&name.node))?;
            let gift = Counted::Gift(u16::try_from(index).ok());
            let given = sum(program, did, gift);
            return (given < 1).then(|| {
                errors::failed(
                    program,
                    sources,
                    expectation.span,
                    &format!("the gift \"{}\"", name.node),
                    &found(program, did, gift, 0),
                    did,
                )
            });
        }
        Expectation::Gifts(count) => (Counted::Gift(None), (steps::number(ast, count)?, 0), "gifts".to_owned()),
        Expectation::NoGift => (Counted::Gift(None), zero, "no gift".to_owned()),
        Expectation::Voucher(expr) if matches!(expr.kind, ExprKind::Literal(Literal::Percent(_))) => {
            let percent = steps::number(ast, expr)?;
            let share = Decimal::new(percent.mantissa, percent.scale.saturating_add(2));
            let words = format!("a voucher of {}", sources.text(expr.span));
            return some(program, sources, did, expectation, Counted::Share(share), &words);
        }
        Expectation::Voucher(expr) => (Counted::Voucher, money(expr)?, "a voucher".to_owned()),
        // A percentage is worth no sum that could be named.
        Expectation::NoVoucher => {
            let there = sum(program, did, Counted::AnyVoucher) != 0;
            let found = found(program, did, Counted::AnyVoucher, 0);
            return there.then(|| errors::unwanted(program, sources, expectation.span, "voucher", &found));
        }
        Expectation::Entries { count, draw } => {
            let index = program.draws.iter().position(|d| name_key(&d.name) == name_key(&draw.node))?;
            let counted = Counted::Entries(Some(u16::try_from(index).ok()?));
            (counted, (steps::number(ast, count)?, 0), format!("entries to \"{}\"", draw.node))
        }
        Expectation::Tier(name) => return tier(program, sources, did, expectation, name),
        Expectation::Balance { amount, wallet } => return balance(ast, program, sources, did, expectation, amount, wallet.as_ref()),
        Expectation::NoEntries(None) => (Counted::Entries(None), zero, "no entries".to_owned()),
        Expectation::NoEntries(Some(draw)) => {
            let index = program.draws.iter().position(|d| name_key(&d.name) == name_key(&draw.node))?;
            (Counted::Entries(u16::try_from(index).ok()), zero, format!("no entries to \"{}\"", draw.node))
        }
        Expectation::Access(name) => {
            let words = format!("access to \"{}\"", name.node);
            return some(program, sources, did, expectation, Counted::Access(Some(&name.node)), &words);
        }
        Expectation::NoAccess(name) => {
            return none(program, sources, did, expectation, Counted::Access(name.as_ref().map(|name| name.node.as_str())), "access");
        }
        Expectation::FreeShipping => return some(program, sources, did, expectation, Counted::FreeShipping, "free shipping"),
        Expectation::NoFreeShipping => return none(program, sources, did, expectation, Counted::FreeShipping, "free shipping"),
        Expectation::Notified(text) => {
            let words = format!("the message \"{}\"", text.node);
            return some(program, sources, did, expectation, Counted::Message(Some(&text.node)), &words);
        }
        Expectation::NoMessage(text) => {
            return none(program, sources, did, expectation, Counted::Message(text.as_ref().map(|text| text.node.as_str())), "message");
        }
    };
    compare(program, sources, did, expectation, counted, wanted, &words)
}

fn compare(
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    counted: Counted<'_>,
    (wanted, scale): (Decimal, u8),
    words: &str,
) -> Option<Diagnostic> {
    let given = sum(program, did, counted);
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
    Some(errors::failed(program, sources, expectation.span, &expected, &found(program, did, counted, given), did))
}

fn some(
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    counted: Counted<'_>,
    words: &str,
) -> Option<Diagnostic> {
    let there = there(program, did, counted);
    (!there).then(|| errors::failed(program, sources, expectation.span, words, &found(program, did, counted, 0), did))
}

fn none(
    program: &Program,
    sources: &Sources,
    did: &Did,
    expectation: &Spanned<Expectation>,
    counted: Counted<'_>,
    words: &str,
) -> Option<Diagnostic> {
    let there = there(program, did, counted);
    there.then(|| errors::unwanted(program, sources, expectation.span, words, &found(program, did, counted, 0)))
}

/// Whether there is any of it. A message may cost nothing; one that was denied is not there.
fn there(program: &Program, did: &Did, counted: Counted<'_>) -> bool {
    let sent = |entry: &Entry| matches!(counted, Counted::Message(_)) && entry.granted == entry.wanted;
    did.entries.iter().any(|entry| is(program, entry, counted) && (entry.granted > 0 || sent(entry)))
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
    Some(errors::failed_balance(program, sources, expectation.span, (&expected, &stands), id, did))
}

/// What the customer pays for a purchase: after discounts, vouchers and points.
fn paid(program: &Program, sources: &Sources, did: &Did, expectation: &Spanned<Expectation>, wanted: Decimal) -> Option<Diagnostic> {
    if did.paid.is_some() && wanted.to_scale(program.currency.decimals).ok().flatten() == did.paid {
        return None;
    }
    let words = |amount: Decimal| errors::amount_of(program, errors::Unit::Money, amount, "");
    let paid = did.paid.map(|paid| words(Decimal::new(i128::from(paid), program.currency.decimals)));
    Some(errors::failed_payment(program, sources, expectation.span, (&words(wanted), paid.as_deref()), did))
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

/// The wallet of a name, singular or plural, or in a form that it declares.
pub(crate) fn wallet(program: &Program, name: &str) -> Option<WalletId> {
    let key = name_key(name);
    let same = |known: &str| {
        let known = name_key(known);
        known == key || known.strip_suffix('s') == Some(&key) || key.strip_suffix('s') == Some(&known)
    };
    let called = |wallet: &Wallet| name_key(&wallet.name) == key || wallet.forms.iter().any(|form| name_key(form) == key);
    let exact = program.wallets.iter().position(called);
    let index = exact.or_else(|| program.wallets.iter().position(|wallet| same(&wallet.name)))?;
    u16::try_from(index).ok().map(WalletId)
}

fn is(program: &Program, entry: &Entry, counted: Counted<'_>) -> bool {
    use crate::engine::ledger::Unit;
    match (counted, entry.kind) {
        (Counted::Discount, Kind::Discount | Kind::Price)
        | (Counted::AnyVoucher, Kind::Voucher)
        | (Counted::Access(None), Kind::Access(_))
        | (Counted::Entries(None), Kind::Entries(_))
        | (Counted::FreeShipping, Kind::FreeShipping)
        | (Counted::Message(None), Kind::Message)
        | (Counted::Fees, Kind::Fee)
        | (Counted::PaidOut, Kind::PayOut)
        | (Counted::Refund, Kind::Refund) => true,
        // A percentage is worth no sum.
        (Counted::Voucher, Kind::Voucher) => entry.unit == Unit::Money,
        (Counted::Share(share), Kind::Voucher) => {
            let same =
                |effect: &Effect| matches!(effect, Effect::Voucher { value: Rate::Percent(rate), .. } if rate.normal() == share.normal());
            entry.unit == Unit::Count && effects_of(program, entry.source).get(entry.effect).is_some_and(same)
        }
        (Counted::Access(Some(name)), Kind::Access(id)) => {
            program.accesses.get(id.index()).is_some_and(|known| name_key(known) == name_key(name))
        }
        (Counted::Message(Some(text)), Kind::Message) => {
            let same = |effect: &Effect| matches!(effect, Effect::Notify { text: said, .. } if name_key(said) == name_key(text));
            effects_of(program, entry.source).iter().any(same)
        }
        (Counted::Wallet(id), Kind::Earn | Kind::Multiply | Kind::Grant | Kind::TakeBack) => entry.unit == Unit::Wallet(id),
        (Counted::Gift(None), Kind::Gift(_) | Kind::GiftCollected(_) | Kind::Prize(..)) => true,
        (Counted::Gift(Some(index)), Kind::Gift(gift) | Kind::GiftCollected(gift) | Kind::Prize(_, gift)) => gift.0 == index,
        (Counted::Entries(Some(index)), Kind::Entries(draw)) => draw.0 == index,
        _ => false,
    }
}

/// The effects of the sentence that made an entry.
fn effects_of(program: &Program, source: Source) -> &[Effect] {
    let rule = match source {
        Source::Rule(id) => program.rules.get(id.index()),
        Source::Exchange(at) => program.exchanges.get(usize::from(at)).map(|exchange| &*exchange.rule),
        Source::Reward(at) => program.rewards.get(usize::from(at)).map(|reward| &*reward.rule),
        _ => None,
    };
    rule.map_or(&[], |rule| &rule.effects)
}

/// Whether an effect gives such a thing, when it does.
fn would_give(effect: &Effect, counted: Counted<'_>) -> bool {
    match (effect, counted) {
        (Effect::Discount(_) | Effect::PriceList(_) | Effect::Price(_), Counted::Discount)
        | (Effect::Voucher { .. }, Counted::Voucher | Counted::AnyVoucher | Counted::Share(_))
        | (Effect::Access { .. }, Counted::Access(_))
        | (Effect::FreeShipping, Counted::FreeShipping)
        | (Effect::PayOut(_), Counted::PaidOut)
        | (Effect::Notify { .. }, Counted::Message(_))
        | (Effect::Gift { .. }, Counted::Gift(None)) => true,
        (Effect::Gift { gift, .. }, Counted::Gift(Some(index))) => gift.0 == index,
        (Effect::Earn { wallet, .. } | Effect::Grant { wallet, .. } | Effect::Multiply { wallet, .. }, Counted::Wallet(id)) => {
            *wallet == id
        }
        (Effect::Entries { draw, .. } | Effect::EarnEntries { draw, .. }, Counted::Entries(index)) => {
            index.is_none_or(|index| draw.0 == index)
        }
        _ => false,
    }
}

fn sum(program: &Program, did: &Did, counted: Counted<'_>) -> i64 {
    let amount = |entry: &Entry| if matches!(counted, Counted::PaidOut) { entry.money } else { entry.granted };
    did.entries.iter().filter(|entry| is(program, entry, counted)).fold(0, |sum, entry| sum.saturating_add(amount(entry)))
}

fn found(program: &Program, did: &Did, counted: Counted<'_>, given: i64) -> Found {
    let such = |entries: &[Entry]| entries.iter().filter(|entry| is(program, entry, counted)).cloned().collect();
    let gives = |rule: &&Rule| rule.effects.iter().any(|effect| would_give(effect, counted));
    let rules = program.rules.iter().filter(gives).map(|rule| rule.id).collect();
    Found { unit: unit(counted), given, entries: such(&did.entries), passed: such(&did.passed), rules }
}

fn unit(counted: Counted<'_>) -> errors::Unit {
    match counted {
        Counted::Discount | Counted::Refund | Counted::Fees | Counted::PaidOut => errors::Unit::Money,
        Counted::Voucher | Counted::AnyVoucher | Counted::FreeShipping => errors::Unit::Money,
        Counted::Wallet(id) => errors::Unit::Wallet(id),
        Counted::Gift(_) | Counted::Entries(_) | Counted::Access(_) | Counted::Message(_) | Counted::Share(_) => errors::Unit::Pieces,
    }
}

fn scale_of(program: &Program, counted: Counted<'_>, scale: u8) -> u8 {
    match counted {
        Counted::Wallet(id) => program
            .wallets
            .get(id.index())
            .map_or(0, |wallet| if wallet.kind == WalletKind::Money { program.currency.decimals } else { wallet.scale }),
        _ => scale,
    }
}
