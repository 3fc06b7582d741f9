//! After a return nothing may be more than it was.

use crate::engine::purchase::Outcome;

/// What every effect gave before a return: the most that it can give now.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Held {
    gave: Vec<Gave>,
}

#[derive(Clone, Debug)]
struct Gave {
    rule: usize,
    effect: usize,
    granted: i64,
    /// By line: the part of a sum, or of what a cap cut, that stays with what stays of the line.
    parts: Option<Vec<i64>>,
}

impl Held {
    /// What an outcome gave; `parts` says what stays where of a rule's effect.
    pub fn new(before: &Outcome, parts: impl Fn(usize, usize) -> Option<Vec<i64>>) -> Self {
        let gave = before.awards.iter().filter(|award| award.reward.granted > 0).map(|award| Gave {
            rule: award.rule,
            effect: award.effect,
            granted: award.reward.granted,
            parts: parts(award.rule, award.effect),
        });
        Self { gave: gave.collect() }
    }

    fn of(&self, rule: usize, effect: usize) -> Option<&Gave> {
        self.gave.iter().find(|gave| (gave.rule, gave.effect) == (rule, effect))
    }

    /// The most that it can give, for a discount on some lines.
    pub fn most(&self, rule: usize, effect: usize, lines: &[usize]) -> i64 {
        self.of(rule, effect).map_or(0, |gave| match &gave.parts {
            _ if lines.is_empty() => gave.granted,
            Some(parts) => lines.iter().filter_map(|at| parts.get(*at)).sum::<i64>().min(gave.granted),
            None => gave.granted,
        })
    }

    /// What stays on each line, if its parts stay where they were.
    pub fn parts(&self, rule: usize, effect: usize) -> Option<&[i64]> {
        self.of(rule, effect).and_then(|gave| gave.parts.as_deref())
    }
}

/// No rule's reward may exceed what it was.
pub(in crate::engine) fn hold(before: &Outcome, out: &mut Outcome) {
    for index in 0..out.awards.len() {
        let award = out.awards[index];
        let same =
            |other: &&crate::engine::purchase::Award| (other.rule, other.effect, other.given) == (award.rule, award.effect, award.given);
        let nth = out.awards[..index].iter().filter(same).count();
        let was = before.awards.iter().filter(same).nth(nth).map_or(0, |old| old.reward.granted);
        let reward = &mut out.awards[index].reward;
        if was >= 0 && reward.granted > was {
            reward.granted = was;
            reward.counts = reward.counts.min(was);
        }
    }
}
