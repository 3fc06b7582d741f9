//! What a comparison comes to, in a sentence or two. Nothing is called better on cost alone.

use super::uplift::{Line, NO_MARGIN};
use super::winners::{Tally, changes};
use super::{Field, Kind, One};
use crate::report::model::{Claim, Unit};
use crate::report::write::format::{count, money, percent, span};
use crate::value::{Checked, Exact};

pub(super) fn claims(field: &Field) -> Checked<Vec<Claim>> {
    let mut claims = costs(field)?;
    claims.extend(conditions(field)?);
    claims.extend((1..field.all.len()).map(|other| losers(field, other)));
    claims.extend(pays_back(field)?);
    claims.extend(still_owed(field));
    let alone = field.all.len() < 2;
    let text = if alone {
        "The history cannot show whether it raises sales: this is what it costs and who gets what."
    } else {
        "The history cannot show which of them raises sales: this compares what they cost and who gets what, and calls none better."
    };
    claims.push(Claim::new(text, field.label, &[]));
    Ok(claims)
}

/// Of sales.
fn share(one: &One, kind: Kind) -> String {
    if one.sales <= 0 {
        return String::new();
    }
    Exact::ratio(one.bill(kind).cost(), one.sales).map_or_else(|_| String::new(), |rate| format!(", {} of sales", percent(rate)))
}

fn amount(field: &Field, minor: i128) -> String {
    money(Exact::whole(minor), field.currency)
}

/// Which costs least, and how much more the others do: at each end where there are two and the order or the amounts differ.
fn costs(field: &Field) -> Checked<Vec<Claim>> {
    let mut claims = Vec::new();
    for case in &field.cases {
        let end = case.kind;
        let cost = |one: &One, kind: Kind| one.bill(kind).cost();
        let condition = opening(case.words);
        let mut ranked: Vec<&One> = field.all.iter().collect();
        ranked.sort_by_key(|one| cost(one, end));
        let Some((least, others)) = ranked.split_first() else { continue };
        let text = match others {
            [] => format!("{condition}{} costs {}{}.", least.contender.label, amount(field, cost(least, end)), share(least, end)),
            [other] if cost(other, end) == cost(least, end) => format!(
                "{condition}{} and {} cost the same: {}{}.",
                least.contender.label,
                other.contender.label,
                amount(field, cost(least, end)),
                share(least, end)
            ),
            [other] => format!(
                "{condition}{} costs {} less than {}: {}{}, against {}{}.",
                least.contender.label,
                amount(field, cost(other, end) - cost(least, end)),
                other.contender.label,
                amount(field, cost(least, end)),
                share(least, end),
                amount(field, cost(other, end)),
                share(other, end)
            ),
            others => {
                let more = |one: &&One| match cost(one, end) - cost(least, end) {
                    0 => format!("{} costs the same", one.contender.label),
                    more => {
                        format!(
                            "{} costs {} more ({}{})",
                            one.contender.label,
                            amount(field, more),
                            amount(field, cost(one, end)),
                            share(one, end)
                        )
                    }
                };
                format!(
                    "{condition}{} costs least: {}{}; {}.",
                    least.contender.label,
                    amount(field, cost(least, end)),
                    share(least, end),
                    others.iter().map(more).collect::<Vec<_>>().join(", ")
                )
            }
        };
        claims.push(Claim::new(text, field.label, &["compare.cost", "compare.difference"]));
    }
    Ok(claims)
}

/// What the cost leaves out: what members can still spend. Told where it could turn the order or is felt.
fn still_owed(field: &Field) -> Option<Claim> {
    let over_cases = |one: &One, of: fn(super::Bill) -> i128| {
        let values: Vec<i128> = field.cases.iter().map(|case| of(one.bill(case.kind))).collect();
        values.iter().min().copied().zip(values.iter().max().copied()).unwrap_or_default()
    };
    let owed: Vec<(&One, (i128, i128))> = field.all.iter().map(|one| (one, over_cases(one, |bill| bill.owed))).collect();
    if owed.iter().all(|(_, (_, most))| *most <= 0) {
        return None;
    }
    let whole = Exact::whole;
    let each = |(one, (low, high)): &(&One, (i128, i128))| {
        format!("{} {}", one.contender.label, span(whole(*low), whole(*high), " to ", &Unit::Money, field.currency))
    };
    // With all that is owed paid at once, another one would cost least.
    let cheapest =
        |of: fn(super::Bill) -> i128, kind: Kind| field.all.iter().map(|one| of(one.bill(kind))).enumerate().min_by_key(|(_, n)| *n);
    let turns = field.cases.iter().any(|case| {
        let now = cheapest(super::Bill::cost, case.kind).map(|(at, _)| at);
        let then = cheapest(|bill| bill.cost().saturating_add(bill.owed), case.kind).map(|(at, _)| at);
        now != then
    });
    let turn = if turns { " If all of it is spent, another program costs least." } else { "" };
    let text = format!(
        "Not in these costs is what members can still spend at the close, at face value: {}.{turn}",
        owed.iter().map(each).collect::<Vec<_>>().join(", ")
    );
    Some(Claim::new(text, field.label, &["compare.cost"]))
}

/// From which uplift each pays for itself: against having no program.
fn pays_back(field: &Field) -> Checked<Option<Claim>> {
    let Some(margins) = field.margins().filter(|_| field.sold()) else { return Ok(None) };
    let mut told = Vec::new();
    for one in &field.all {
        let needs = field.cases.iter().map(|case| Line::of(one, case.kind, margins.base)?.break_even()).collect::<Checked<Vec<_>>>()?;
        let known: Vec<Exact> = needs.iter().flatten().copied().collect();
        let label = &one.contender.label;
        told.push(match (known.iter().min().copied(), known.iter().max().copied()) {
            (Some(low), Some(high)) if known.len() == needs.len() => {
                format!("{label} {}", span(low, high, " to ", &Unit::Rate, field.currency))
            }
            _ => format!("{label} no uplift suffices"),
        });
    }
    let text = format!(
        "Against no program each pays for itself only if it raises sales, at a margin of {}, by at least: {}.",
        percent(Exact::try_from(margins.base)?),
        told.join(", ")
    );
    Ok(Some(Claim::new(text, field.label, &["compare.cost"])))
}

/// Whom a change from the first program hits.
fn losers(field: &Field, other: usize) -> Claim {
    let tally = Tally::of(&changes(field, other), field.days);
    let of = |n: usize| count(i128::try_from(n).unwrap_or(0));
    let large = match tally.large {
        Some((amount, many)) if many > 0 => {
            format!(", {} of them by more than {} a year", of(many), money(Exact::whole(amount), field.currency))
        }
        _ => String::new(),
    };
    let told_of = field.told_of();
    let end = if told_of.is_empty() { String::new() } else { format!(" ({told_of})") };
    if tally.lose == 0 && tally.gain == 0 {
        let text = format!("{} in place of {} changes nothing for any customer{end}.", field.label_of(other), field.label_of(0));
        return Claim::new(text, field.label, &[format!("compare.{}.tenths", other + 1).as_str()]);
    }
    let text = format!(
        "{} in place of {} {}, and gives {}{end}.",
        field.label_of(other),
        field.label_of(0),
        if tally.lose == 0 { "hits nobody".to_owned() } else { format!("hits {} of {} customers{large}", of(tally.lose), of(tally.all)) },
        if tally.gain == 0 { "nobody more".to_owned() } else { format!("more to {}", of(tally.gain)) }
    );
    let id = format!("compare.{}.tenths", other + 1);
    Claim::new(text, field.label, &[id.as_str()])
}

/// On what condition the dearer is the better: against the cheapest at each end.
fn conditions(field: &Field) -> Checked<Vec<Claim>> {
    if field.all.len() < 2 {
        return Ok(Vec::new());
    }
    let alike = |case: &super::Case| field.all.windows(2).all(|pair| matches!(pair, [a, b] if a.bill(case.kind) == b.bill(case.kind)));
    if field.cases.iter().all(alike) {
        return Ok(Vec::new());
    }
    let Some(margin) = field.margins().map(|margins| margins.base) else {
        let text = format!("By how much more the dearer would have to raise sales is not known: {NO_MARGIN}.");
        return Ok(vec![Claim::new(text, field.label, &[])]);
    };
    let mut claims = Vec::new();
    for (at, one) in field.all.iter().enumerate() {
        let others = field.all.iter().enumerate().filter(|(other, _)| *other != at);
        // Against the cheapest of the others, as it is by what is assumed.
        let Some((_, cheapest)) = others.min_by_key(|(_, other)| other.bill(Kind::Base).cost()) else { continue };
        let needs = field
            .cases
            .iter()
            .map(|case| Line::of(one, case.kind, margin)?.extra(Line::of(cheapest, case.kind, margin)?, Exact::whole(0)))
            .collect::<Checked<Vec<_>>>()?;
        let known: Vec<Exact> = needs.iter().flatten().copied().collect();
        let (Some(low), Some(high)) = (known.iter().min().copied(), known.iter().max().copied()) else {
            let text = format!(
                "{} costs at least as much as a margin of {} leaves: no uplift makes it pay.",
                one.contender.label,
                percent(Exact::try_from(margin)?)
            );
            claims.push(Claim::new(text, field.label, &["compare.extra"]));
            continue;
        };
        if low.numerator() <= 0 || known.len() < needs.len() {
            continue;
        }
        let points = span(low, high, " to ", &Unit::Rate, field.currency).replace('%', "");
        let why = if low == high { "" } else { ", depending on what members do" };
        let text = format!(
            "{} brings more than {} only if it raises sales by {points} percentage points more{why}, at a margin of {}.",
            one.contender.label,
            cheapest.contender.label,
            percent(Exact::try_from(margin)?)
        );
        claims.push(Claim::new(text, field.label, &["compare.extra"]));
    }
    Ok(claims)
}

/// The words of a case at the start of a sentence.
fn opening(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}, ", first.to_uppercase(), letters.as_str()))
}
