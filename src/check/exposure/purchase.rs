//! The bound of a purchase: the most that sets of parts which can meet give together.

use super::capped::room;
use super::clauses::takes_off;
use super::cliques::largest_sets;
use super::curve::{Curve, Line, ONE, ZERO};
use super::meeting::{never_one_item, on_one_purchase};
use super::parts::{Kind, Part};
use super::worth::Worths;
use crate::program::{Combine, Effect, LimitPeriod, LimitWhat, Program, Scope, WalletId};
use crate::value::{Checked, Exact};

/// What is given away on a purchase.
#[derive(Debug)]
pub(super) struct Found {
    /// By the amount, what rounding adds apart.
    pub curve: Curve,
    /// The same where a sum is not cut to the purchase: for the words.
    pub plain: Curve,
    pub slack: Exact,
    /// The parts that make the most of large purchases.
    pub makers: Vec<usize>,
    /// The search for sets was cut off.
    pub cut_off: bool,
}

/// The bound over some of the parts.
pub(super) fn bound(program: &Program, worths: &Worths, parts: &[Part], chosen: &[usize]) -> Checked<Found> {
    let of = |at: usize| chosen.get(at).and_then(|at| parts.get(*at));
    let meet = |a: usize, b: usize| of(a).zip(of(b)).is_none_or(|(a, b)| on_one_purchase(program, a, b));
    let sets = largest_sets(chosen.len(), meet);
    let cut_off = sets.is_none();
    let sets = sets.unwrap_or_else(|| vec![(0..chosen.len()).collect()]);
    let mut found = Found { curve: Curve::nothing(), plain: Curve::nothing(), slack: ZERO, makers: Vec::new(), cut_off };
    let mut best: Option<(Exact, Exact)> = None;
    for set in sets {
        let members: Vec<usize> = set.iter().filter_map(|at| chosen.get(*at).copied()).collect();
        let own: Vec<&Part> = members.iter().filter_map(|at| parts.get(*at)).collect();
        let (plain, slack) = of_set(program, worths, &own, false)?;
        let (curve, _) = of_set(program, worths, &own, true)?;
        let pair = plain.pair()?;
        let rank = (pair.rate, pair.fixed);
        if best.is_none_or(|known| rank > known) && !plain.is_nothing() {
            best = Some(rank);
            found.makers = members;
        }
        found.curve = found.curve.max(&curve)?;
        found.plain = found.plain.max(&plain)?;
        found.slack = found.slack.max(slack);
    }
    found.makers = felt(program, worths, parts, found.makers)?;
    Ok(found)
}

/// Those without which it would be less.
fn felt(program: &Program, worths: &Worths, parts: &[Part], makers: Vec<usize>) -> Checked<Vec<usize>> {
    let value = |members: &[usize]| {
        let own: Vec<&Part> = members.iter().filter_map(|at| parts.get(*at)).collect();
        of_set(program, worths, &own, false)?.0.pair()
    };
    let mut left = makers.clone();
    if makers.len() > 40 {
        return Ok(makers);
    }
    let all = value(&left)?;
    for one in makers {
        let without: Vec<usize> = left.iter().copied().filter(|other| *other != one).collect();
        if value(&without)? == all {
            left = without;
        }
    }
    left.sort_unstable();
    Ok(left)
}

/// What parts that all act on one purchase give, and what rounding adds. `cut`: discounts are cut to the purchase.
fn of_set(program: &Program, worths: &Worths, parts: &[&Part], cut: bool) -> Checked<(Curve, Exact)> {
    let discounts: Vec<&Part> = parts.iter().copied().filter(|part| part.kind == Kind::Discount).collect();
    let mut off = within_shared(discounted(program, &discounts)?, &discounts)?;
    if cut {
        off = off.min(&Curve::of(Line::rate(ONE)))?;
    }
    let mut slack = ZERO;
    for part in parts.iter().filter(|part| !matches!(part.kind, Kind::Earn(_))) {
        slack = slack.plus(part.slack)?;
    }
    let mut earned = Curve::nothing();
    for wallet in (0..program.wallets.len()).filter_map(|at| u16::try_from(at).ok()).map(WalletId) {
        let own: Vec<&Part> = parts.iter().copied().filter(|part| part.kind == Kind::Earn(wallet)).collect();
        let plain = layered(program, &own, false, summed)?;
        let mut all = plain.clone();
        let mut factor = ONE;
        for part in parts {
            let Kind::Multiply(of, more) = part.kind else { continue };
            if of != wallet {
                continue;
            }
            factor = factor.plus(more)?;
            all = all.plus(&multiplied(program, worths, &plain, part, more)?)?;
        }
        earned = earned.plus(&all)?;
        for part in own {
            slack = slack.plus(part.slack.times(factor)?)?;
        }
    }
    let mut total = if program.earn_on.after_discounts && !off.is_nothing() {
        off.then(&fallen(program, &earned)?, false)?
    } else {
        off.plus(&earned)?
    };
    for part in parts.iter().filter(|part| part.kind == Kind::Given) {
        total = total.plus(&part.curve)?;
    }
    Ok((total, slack))
}

/// What discounts take off within the limits that they share: no more than such a limit and all that stands outside it.
fn within_shared(off: Curve, discounts: &[&Part]) -> Checked<Curve> {
    let mut out = off;
    let limits = discounts.iter().flat_map(|part| &part.rule.limits);
    for limit in limits.filter(|limit| limit.shared.is_some() && limit.then.is_none() && limit.per == LimitPeriod::Purchase) {
        let most = match limit.what {
            LimitWhat::Percent(share) => Line::rate(Exact::try_from(share)?),
            LimitWhat::Money(money) => Line::fixed(Exact::whole(i128::from(money))),
            _ => continue,
        };
        let shares = |part: &&&Part| part.rule.limits.iter().any(|other| other.shared == limit.shared);
        let outside: Vec<&Curve> = discounts.iter().filter(|part| !shares(part)).map(|part| &part.curve).collect();
        out = out.min(&summed(&outside)?.plus(&Curve::of(most))?)?;
    }
    Ok(out)
}

/// Where discounts can bring the net amount below a limit above which less is earned, what is earned there counts.
fn fallen(program: &Program, earned: &Curve) -> Checked<Curve> {
    if takes_off(program) { earned.rising() } else { Ok(earned.clone()) }
}

/// What a multiplier adds to what the earning rules give.
fn multiplied(program: &Program, worths: &Worths, plain: &Curve, part: &Part, more: Exact) -> Checked<Curve> {
    let mut out = Curve::nothing();
    for (from, to, line) in part.curve.ranges().filter(|(_, _, line)| *line != Line::NOTHING) {
        let _ = line;
        out = out.plus(&plain.times(more)?.within(from, to))?;
    }
    let effect = part.rule.effects.iter().find(|effect| matches!(effect, Effect::Multiply { .. }));
    for limit in part.rule.limits.iter().filter(|limit| limit.then.is_none()) {
        if let Some(most) = effect.map(|effect| room(program, worths, limit, effect)).transpose()?.flatten() {
            out = out.capped(most)?;
        }
    }
    Ok(out)
}

fn summed(list: &[&Curve]) -> Checked<Curve> {
    list.iter().try_fold(Curve::nothing(), |sum, curve| sum.plus(curve))
}

/// Each on what the last one left.
fn compounded(list: &[&Curve]) -> Checked<Curve> {
    list.iter().try_fold(Curve::nothing(), |taken, curve| taken.then(curve, true))
}

/// Parts that are shares of the amount share it where they never meet on an item; `together` says what those that do give.
fn layered(program: &Program, parts: &[&Part], one_wins: bool, together: impl Fn(&[&Curve]) -> Checked<Curve>) -> Checked<Curve> {
    let shares: Vec<(&Part, &Curve)> = parts.iter().filter_map(|part| Some((*part, part.share.as_ref()?))).collect();
    let over = |list: &[(&Part, &Curve)]| -> Checked<Curve> {
        let of = |at: usize| list.get(at).map(|(part, _)| *part);
        let meet = |a: usize, b: usize| of(a).zip(of(b)).is_none_or(|(a, b)| !never_one_item(program, a, b, one_wins));
        let sets = largest_sets(list.len(), meet).unwrap_or_else(|| vec![(0..list.len()).collect()]);
        let mut most = Curve::nothing();
        for set in sets {
            let curves: Vec<&Curve> = set.iter().filter_map(|at| list.get(*at)).map(|(_, curve)| *curve).collect();
            most = most.max(&together(&curves)?)?;
        }
        Ok(most)
    };
    // With their caps: those without take the whole, those with add what they let through.
    let free: Vec<(&Part, &Curve)> = shares.iter().copied().filter(|(part, share)| part.curve == **share).collect();
    let mut capped = over(&free)?;
    for (part, _) in shares.iter().filter(|(part, share)| part.curve != **share) {
        capped = capped.plus(&part.curve)?;
    }
    let mut all = over(&shares)?.min(&capped)?;
    for part in parts.iter().filter(|part| part.share.is_none()) {
        all = all.plus(&part.curve)?;
    }
    Ok(all)
}

/// What discounts take off together, by the program's policy.
fn discounted(program: &Program, parts: &[&Part]) -> Checked<Curve> {
    match program.combine {
        Combine::Adding => layered(program, parts, false, summed),
        Combine::Compounding => {
            let shares: Vec<&Part> = parts.iter().copied().filter(|part| part.share.is_some()).collect();
            let sums: Vec<&Part> = parts.iter().copied().filter(|part| part.share.is_none()).collect();
            layered(program, &shares, false, compounded)?.plus(&layered(program, &sums, false, summed)?)
        }
        Combine::Best => best(program, parts),
    }
}

/// Per item the largest share; a sum takes the place of the shares on its items, one on all goods that of everything.
fn best(program: &Program, parts: &[&Part]) -> Checked<Curve> {
    let shares: Vec<&Part> = parts.iter().copied().filter(|part| part.share.is_some()).collect();
    let shipping = parts.iter().any(|part| part.rule.including_shipping || part.rule.scope == Some(Scope::Shipping));
    // A sum on all goods falls on the rest where an exclusive discount keeps some to itself: both are given.
    let keeps = parts.iter().any(|part| part.rule.exclusive);
    let on_all = |part: &&Part| part.share.is_none() && part.rule.scope.is_none() && !shipping && !keeps;
    let sums: Vec<&Part> = parts.iter().copied().filter(|part| part.share.is_none() && !on_all(part)).collect();
    let taken = summed(&sums.iter().map(|part| &part.curve).collect::<Vec<_>>())?;
    let mut all = taken.then(&layered(program, &shares, true, summed)?, true)?;
    for part in parts.iter().filter(|part| on_all(part)) {
        all = all.max(&part.curve)?;
    }
    Ok(all)
}
