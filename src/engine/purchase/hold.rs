//! After a return nothing may be more than it was.

use crate::engine::purchase::{Award, Given, Outcome, Share};

/// No item's part of a discount may exceed what it was.
pub(in crate::engine) fn hold_discounts(before: &Outcome, out: &mut Outcome) {
    let same_lines = before.lines.len() == out.lines.len();
    for index in 0..out.awards.len() {
        let award = out.awards[index];
        let was = |line: Option<usize>| -> i64 {
            let same = |share: &&Share| {
                let old = &before.awards[share.award];
                (old.rule, old.effect, old.given) == (award.rule, award.effect, award.given) && line.is_none_or(|at| share.line == at)
            };
            before.shares.iter().filter(same).map(|share| share.amount).sum()
        };
        let mut room = was(None);
        let mut granted = 0;
        for share in out.shares.iter_mut().filter(|share| share.award == index) {
            let most = if same_lines { was(Some(share.line)).min(room) } else { room };
            let kept = share.amount.min(most);
            let line = &mut out.lines[share.line];
            line.cost += share.amount - kept;
            if award.given == Given::Discount {
                line.discount -= share.amount - kept;
            }
            share.amount = kept;
            room -= kept;
            granted += kept;
        }
        if award.given != Given::FreeShipping {
            let reward = &mut out.awards[index].reward;
            reward.granted = granted;
            reward.counts = reward.counts.min(granted);
        }
    }
}

/// No rule's reward may exceed what it was.
pub(in crate::engine) fn hold(before: &Outcome, out: &mut Outcome) {
    for index in 0..out.awards.len() {
        let award = out.awards[index];
        let same = |other: &&Award| (other.rule, other.effect, other.given) == (award.rule, award.effect, award.given);
        let nth = out.awards[..index].iter().filter(same).count();
        let was = before.awards.iter().filter(same).nth(nth).map_or(0, |old| old.reward.granted);
        let reward = &mut out.awards[index].reward;
        if was >= 0 && reward.granted > was {
            reward.granted = was;
            reward.counts = reward.counts.min(was);
        }
    }
}
