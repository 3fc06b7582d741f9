//! Gains that are what the terms plainly say (a sum on every receipt, a gift with every fifth purchase): told in a line below the bound.

use super::abuse::{FRIEND_RETURNS, Find, SET};
use super::story::{What, money};
use super::{Asked, Steps, abuse};
use crate::check::exposure::{Say, percent, said_money};
use crate::program::{Effect, GainKind, Program, Rate, Rates, Rule, TableKey, Trigger};
use crate::span::Span;
use crate::value::Exact;

/// Of the goods kept: what more is gained is worth a warning, however plainly it is said.
const FIFTH: i128 = 20;

/// Whether a gain is what its sentence plainly says, and small enough that whoever wrote it will have meant it.
pub(super) fn plainly(program: &Program, find: &Find) -> bool {
    let Some(rule) = program.rules.get(find.attack.rule) else { return false };
    let of_goods = find.gain.times(Exact::whole(100)).ok() <= find.share(FIFTH) && find.attack.kept() > 0;
    match find.attack.kind {
        // Who says "per purchase" says just that; a table that gives less for more does not.
        GainKind::Splitting => of_goods && !rule.effects.iter().any(by_amount),
        // What rounding makes of a cent is nobody's plain word.
        GainKind::Thresholds | GainKind::Windows if find.attack.how != SET => {
            let stated = !rule.effects.iter().any(|effect| matches!(effect, Effect::Earn { .. }));
            let sum = rule.effects.iter().any(|effect| matches!(effect, Effect::Voucher { value: Rate::Fixed(_), .. }));
            stated && if find.attack.kept() > 0 && !sum { of_goods } else { find.gain <= coins(program, find) }
        }
        // The language knows no more against it than a minimum.
        GainKind::Accounts => {
            find.attack.how == FRIEND_RETURNS && matches!(&rule.trigger, Trigger::Referral(filter) if !filter.over.is_empty())
        }
        _ => false,
    }
}

fn by_amount(effect: &Effect) -> bool {
    matches!(effect, Effect::Discount(Rates::Table(table)) | Effect::Earn { rates: Rates::Table(table), .. } if table.key == TableKey::Amount)
}

/// A coin for each purchase of next to nothing: less is not worth the way to the till.
fn coins(program: &Program, find: &Find) -> Exact {
    let unit = 10_i64.checked_pow(u32::from(program.currency.decimals)).unwrap_or(1);
    let purchases = i64::try_from(find.attack.extra()).unwrap_or(i64::MAX);
    Exact::whole(i128::from(coin(&program.currency.code).saturating_mul(unit).saturating_mul(purchases)))
}

/// What about one euro is, as a round number.
fn coin(currency: &str) -> i64 {
    match currency {
        "IDR" | "VND" => 20_000,
        "KRW" => 1000,
        "KZT" | "HUF" => 500,
        "RUB" | "JPY" | "INR" => 100,
        "UAH" | "TRY" | "TWD" | "THB" | "CZK" | "PHP" => 30,
        "CNY" | "HKD" | "SEK" | "NOK" | "DKK" | "MXN" | "ZAR" => 10,
        "PLN" | "BRL" | "RON" | "ILS" => 5,
        _ => 1,
    }
}

/// The lines, one for each way: its largest gain, and the sentences that give it.
pub(super) fn lines(asked: &Asked<'_>, finds: &[&Find]) -> Vec<String> {
    let mut out = Vec::new();
    for kind in [GainKind::Splitting, GainKind::Thresholds, GainKind::Windows, GainKind::Accounts] {
        for goods in [false, true] {
            let of: Vec<&Find> =
                finds.iter().copied().filter(|find| find.attack.kind == kind && (find.attack.kept() > 0) == goods).collect();
            out.extend(line(asked, &of));
        }
    }
    out
}

fn line(asked: &Asked<'_>, finds: &[&Find]) -> Option<String> {
    let most = finds.iter().max_by(|a, b| a.gain.cmp(&b.gain))?;
    let spans: Vec<Span> = finds.iter().map(|find| find.attack.span).collect();
    let lines = Say { program: asked.program, sources: asked.sources }.lines(&spans);
    let (kept, gained) = (most.attack.kept(), said_money(asked.program, most.gain));
    let rate = || most.gain.divided_by(Exact::whole(i128::from(kept))).map(percent);
    let what = match most.attack.kind {
        GainKind::Splitting => format!("Split into receipts, a basket of {} brings {gained} more{lines}", money(asked.program, kept)),
        GainKind::Accounts => format!("Who is one's own friend and sends nearly all of it back gains {gained}{lines}"),
        _ if kept > 0 => format!("Purchases of next to nothing count like others, for up to {} of a later one{lines}", rate().ok()?),
        _ => format!("Purchases of next to nothing count like others: {} of them bring {gained}{lines}", most.attack.extra()),
    };
    Some(format!("  {what}. To confirm: allow gain from {}", most.attack.kind.word()))
}

/// A find without the steps that it does not need.
pub(super) fn shrunk(asked: &Asked<'_>, mut find: Find, steps: &mut Steps) -> Find {
    let unit = 10_i64.checked_pow(u32::from(asked.program.currency.decimals)).unwrap_or(1);
    let Some(mut all) = abuse::gain(asked.program, asked.exposure, &find.attack) else { return find };
    let mut at = 0;
    while let Some(deed) = find.attack.story.deeds.get(at) {
        let small = match &deed.what {
            What::Buy(buy) => buy.amount < unit && !find.attack.plain.deeds.contains(deed),
            What::Event { .. } => true,
            _ => false,
        };
        let mut fewer = find.attack.clone();
        let shorter = small && fewer.story.drop_deed(at) && steps.take();
        match abuse::gain(asked.program, asked.exposure, &fewer).filter(|gain| shorter && *gain >= all) {
            Some(gain) => {
                all = gain;
                find.attack = fewer;
            }
            None => at = at.saturating_add(1),
        }
    }
    find
}

/// What a rule says of how often it acts, in words behind "It can be done".
pub(super) fn how_often(rule: &Rule) -> Option<String> {
    use crate::program::{LimitPeriod, LimitWhat, Period};
    rule.limits.iter().find_map(|limit| {
        let LimitWhat::Times(times) = limit.what else { return None };
        let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        let per = match limit.per {
            LimitPeriod::Calendar(Period::Day) => " a day",
            LimitPeriod::Calendar(Period::Week) => " a week",
            LimitPeriod::Calendar(Period::Month) => " a month",
            LimitPeriod::Calendar(Period::Quarter) => " a quarter",
            LimitPeriod::Calendar(Period::Year | Period::MembershipYear) => " a year",
            LimitPeriod::Ever => " per account",
            _ => return None,
        };
        Some(format!("{often}{per}"))
    })
}
