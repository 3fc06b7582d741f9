//! Which discounts of a group take part.

use crate::engine::purchase::candidate::{Candidate, cost, costs, worth};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::stage::Stage;
use crate::program::GroupPolicy;
use crate::value::{Checked, Exact};

/// A group chooses per item among its rates, then per purchase between what those give together and each of its sums.
pub(super) fn choose_in_groups(stage: &Stage<'_>, out: &Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    for (index, group) in stage.plan.program.groups.iter().enumerate() {
        let inside: Vec<usize> =
            (0..candidates.len()).filter(|at| stage.plan.rules[candidates[*at].rule].group.is_some_and(|g| g.index() == index)).collect();
        if group.policy == GroupPolicy::All || inside.len() < 2 {
            continue;
        }
        choose_per_item(group.policy, out, candidates, &inside)?;
        choose_per_purchase(group.policy, stage, out, candidates, &inside)?;
    }
    candidates.retain(|c| !c.lines.is_empty());
    Ok(())
}

fn choose_per_item(policy: GroupPolicy, out: &Outcome, candidates: &mut [Candidate], inside: &[usize]) -> Checked<()> {
    let mut room: Vec<Option<Exact>> = candidates.iter().map(|c| c.room.map(|room| Exact::whole(i128::from(room)))).collect();
    for (at, line) in out.lines.iter().enumerate() {
        let mut values = Vec::new();
        for &index in inside.iter().filter(|index| candidates[**index].is_rate() && candidates[**index].lines.contains(&at)) {
            let value = candidates[index].on_line(line)?;
            let value = room[index].map_or(value, |left| value.min(left));
            if value > Exact::whole(0) {
                values.push((index, value));
            }
        }
        let Some((chosen, value)) = pick(policy, &values) else { continue };
        room[chosen] = room[chosen].map(|left| left.minus(value)).transpose()?;
        for &index in inside {
            if index != chosen && candidates[index].is_rate() {
                candidates[index].lines.retain(|line| *line != at);
            }
        }
    }
    Ok(())
}

fn choose_per_purchase(
    policy: GroupPolicy,
    stage: &Stage<'_>,
    out: &Outcome,
    candidates: &mut [Candidate],
    inside: &[usize],
) -> Checked<()> {
    let prices = costs(out);
    // The rates stand where the first of them stands.
    let mut values: Vec<(usize, Exact)> = Vec::new();
    let mut rates: Option<usize> = None;
    for &index in inside {
        let candidate = &candidates[index];
        let granted = if candidate.is_rate() {
            worth(stage, out, candidate, &candidate.lines, &prices)?.granted
        } else {
            candidate.alone.granted.min(cost(out, &candidate.lines)?)
        };
        let value = Exact::whole(i128::from(granted));
        match rates {
            _ if granted <= 0 => {}
            Some(place) if candidate.is_rate() => {
                if let Some((_, sum)) = values.iter_mut().find(|(at, _)| *at == place) {
                    *sum = sum.plus(value)?;
                }
            }
            _ => {
                values.push((index, value));
                if candidate.is_rate() {
                    rates = Some(index);
                }
            }
        }
    }
    let Some((chosen, _)) = pick(policy, &values) else { return Ok(()) };
    let by_rates = candidates[chosen].is_rate();
    for &index in inside {
        let stays = if by_rates { candidates[index].is_rate() } else { index == chosen };
        if !stays {
            candidates[index].lines.clear();
        }
    }
    Ok(())
}

/// The first of the best.
pub(in crate::engine) fn pick(policy: GroupPolicy, values: &[(usize, Exact)]) -> Option<(usize, Exact)> {
    let mut chosen: Option<(usize, Exact)> = None;
    for &(at, value) in values {
        let better = match (chosen, policy) {
            (None, _) => true,
            (Some((_, known)), GroupPolicy::BestForCustomer) => value > known,
            (Some((_, known)), GroupPolicy::BestForStore) => value < known,
            _ => false,
        };
        if better {
            chosen = Some((at, value));
        }
    }
    chosen
}
