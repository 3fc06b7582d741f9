//! The values that tests saw, without codes: for stories.

use crate::engine::facts::{Scene, Value, passes_over};
use crate::engine::why::{Known, Leaf, Miss, Seen};
use crate::program::{Expr, Fact, LadderId, PurchaseFilter, SegmentId};
use crate::value::Checked;

/// Why a counting trigger does not look at a purchase.
pub(in crate::engine) fn missed<'a>(scene: &Scene<'a>, filter: &'a PurchaseFilter) -> Checked<Option<Miss>> {
    let amount = scene.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.recorded));
    if amount <= 0 {
        return Ok(Some(Miss::Empty));
    }
    if let Some(over) = filter.over.iter().find(|over| !passes_over(**over, amount)) {
        return Ok(Some(Miss::Over { over: *over, amount }));
    }
    for place in &filter.places {
        if !scene.holds(place)? {
            let mut seen = Vec::new();
            leaves(scene, place, false, None, &mut seen)?;
            return Ok(Some(Miss::Place(seen)));
        }
    }
    Ok((!scene.purchase_passes(filter)?).then_some(Miss::Items))
}

/// The comparisons that made a test hold, or not.
pub(in crate::engine) fn leaves<'a>(
    scene: &Scene<'a>,
    expr: &'a Expr,
    held: bool,
    segment: Option<SegmentId>,
    out: &mut Vec<Leaf>,
) -> Checked<()> {
    match expr {
        Expr::And(list) | Expr::Or(list) => {
            // One suffices to break an `and` or to make an `or`; otherwise all did.
            let one = matches!(expr, Expr::And(_)) != held;
            for inner in list {
                if !one {
                    leaves(scene, inner, held, segment, out)?;
                } else if scene.holds(inner)? == held {
                    return leaves(scene, inner, held, segment, out);
                }
            }
        }
        Expr::Not(inner) => leaves(scene, inner, !held, segment, out)?,
        Expr::InSegment(id) => {
            if let Some(segment) = scene.plan.program.segments.get(id.index()) {
                leaves(scene, &segment.condition, held, Some(*id), out)?;
            }
        }
        Expr::Compare { left, op, right } => {
            let ladder = match **left {
                Expr::TierOf(ladder) => Some(ladder),
                Expr::Fact(Fact::Tier) => Some(LadderId(0)),
                _ => None,
            };
            let measure = ladder.and_then(|ladder| scene.plan.program.ladders.get(ladder.index())).map(|ladder| ladder.measure);
            let standing = measure.and_then(|id| scene.facts.measures.get(id.index()).copied());
            out.push(Leaf { left: seen(scene, left)?, op: Some(*op), right: Some(seen(scene, right)?), held, segment, standing });
        }
        other => out.push(Leaf { left: seen(scene, other)?, op: None, right: None, held, segment, standing: None }),
    }
    Ok(())
}

/// A term with its value, without codes.
pub(in crate::engine) fn seen<'a>(scene: &Scene<'a>, expr: &'a Expr) -> Checked<Seen> {
    let texts = |code| scene.plan.history.texts.get(code).replace(crate::history::model::SEVERAL, ", ");
    let value = match scene.value(expr)? {
        Value::Missing => Known::Missing,
        Value::Number(n) => Known::Number(n),
        Value::Text(code) => Known::Text(texts(code)),
        Value::Texts(list) => {
            let names = list.iter().filter_map(|id| scene.plan.program.texts.get(id.index()));
            Known::Text(names.map(String::as_str).collect::<Vec<_>>().join(" or "))
        }
        Value::Date(date) => Known::Date(date),
        Value::Time(time) => Known::Time(time),
        Value::Weekday(day) => Known::Weekday(day),
        Value::YesNo(yes) => Known::YesNo(yes),
        Value::Tier(tier) => Known::Tier(tier),
    };
    Ok(Seen { what: expr.clone(), value })
}
