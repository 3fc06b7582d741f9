//! After a return nothing may be more than it was.

use crate::engine::award::Award;
use crate::engine::purchase::outcome::Outcome;
use crate::plan::Given;

/// What every effect gave before a return: the most that it can give now.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Ceilings {
    gave: Vec<Gave>,
    /// By line as it was bought: the rules and effects that took something off it.
    held: Vec<Vec<(usize, usize)>>,
}

#[derive(Clone, Debug)]
struct Gave {
    rule: usize,
    effect: usize,
    given: Given,
    granted: i64,
    /// By line: the part of a sum, or of what a cap cut, that stays with what stays of the line.
    parts: Option<Vec<i64>>,
}

impl Ceilings {
    /// What an outcome gave on so many lines; `parts` says what stays where of a rule's effect.
    pub fn new(before: &Outcome, lines: usize, parts: impl Fn(usize, usize) -> Option<Vec<i64>>) -> Self {
        let gave = before.awards.iter().filter(|award| award.reward.granted > 0).map(|award| Gave {
            rule: award.rule,
            effect: award.effect,
            given: award.given,
            granted: award.reward.granted,
            parts: if award.given == Given::Discount { parts(award.rule, award.effect) } else { None },
        });
        let mut held = vec![Vec::new(); lines];
        for share in &before.shares {
            let award = before.awards.get(share.award).filter(|award| award.given == Given::Discount);
            if let (Some(award), Some(held)) = (award, held.get_mut(share.line)) {
                held.push((award.rule, award.effect));
            }
        }
        Self { gave: gave.collect(), held }
    }

    /// Whether a discount held a line, or nobody did.
    pub fn held(&self, rule: usize, effect: usize, line: usize) -> bool {
        self.held.get(line).is_none_or(|held| held.is_empty() || held.contains(&(rule, effect)))
    }

    fn of(&self, rule: usize, effect: usize, given: Given) -> Option<&Gave> {
        self.gave.iter().find(|gave| (gave.rule, gave.effect, gave.given) == (rule, effect, given))
    }

    /// The most that an effect can give.
    pub fn most(&self, rule: usize, effect: usize, given: Given) -> i64 {
        self.of(rule, effect, given).map_or(0, |gave| gave.granted)
    }

    /// The most that a discount can take off some lines.
    pub fn most_on(&self, rule: usize, effect: usize, lines: &[usize]) -> i64 {
        self.of(rule, effect, Given::Discount).map_or(0, |gave| match &gave.parts {
            Some(parts) => lines.iter().filter_map(|at| parts.get(*at)).sum::<i64>().min(gave.granted),
            None => gave.granted,
        })
    }

    /// What stays on each line, if its parts stay where they were.
    pub fn parts(&self, rule: usize, effect: usize) -> Option<&[i64]> {
        self.of(rule, effect, Given::Discount).and_then(|gave| gave.parts.as_deref())
    }
}

/// No rule's reward may exceed what it was.
pub(in crate::engine) fn lower_to(before: &Outcome, out: &mut Outcome) {
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
