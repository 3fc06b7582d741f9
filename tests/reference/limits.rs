//! Limits: what a rule may still give.

use super::account::Account;
use super::calendar::{Moment, earlier, first_day};
use super::number::{Mode, Ratio};
use super::reading::{Rate, Rule};
use super::{Outside, Read, Slip};
use loyalty_dsl::syntax::ast::{Limit, LimitPeriod, LimitWhat};
use std::collections::BTreeMap;

/// What a rule gives, what of it counts towards `at most`, and what of the base towards `on the first`.
#[derive(Clone, Copy, Debug)]
pub struct Award {
    pub granted: Ratio,
    pub counts: Ratio,
    pub base: Ratio,
}

impl Award {
    pub const NOTHING: Self = Self { granted: Ratio::ZERO, counts: Ratio::ZERO, base: Ratio::ZERO };
}

/// One rate, or the slices of a base with a rate each.
#[derive(Clone, Debug)]
pub enum Pay {
    Rate(Rate),
    Slices(Vec<(Ratio, Rate)>),
}

impl Pay {
    /// What it pays for a base and some units, exactly.
    pub fn of(&self, base: Ratio, units: Ratio) -> Ratio {
        match self {
            Self::Rate(Rate::Share(share)) => base * *share,
            Self::Rate(Rate::Per { amount, per, in_proportion: true }) => base / *per * *amount,
            // "`per 1 EUR` counts full euros."
            Self::Rate(Rate::Per { amount, per, in_proportion: false }) => Ratio::whole((base / *per).floor()) * *amount,
            Self::Rate(Rate::PerItem(amount)) => units * *amount,
            Self::Rate(Rate::Fixed(amount)) => *amount,
            Self::Slices(slices) => together(Ratio::ZERO, slices, Ratio::ZERO),
        }
    }

    /// The parts of a base with a rate each, where this pays for all of it.
    fn parts(&self, base: Ratio) -> Vec<(Ratio, Rate)> {
        match self {
            Self::Rate(rate) => vec![(base, *rate)],
            Self::Slices(slices) => slices.clone(),
        }
    }

    /// What one cent brings.
    fn per_cent(&self) -> Read<Ratio> {
        match self {
            Self::Rate(Rate::Share(share)) => Ok(*share),
            Self::Rate(Rate::Per { amount, per, .. }) => Ok(*amount / *per),
            _ => Err(Outside("`then` behind such a rate")),
        }
    }
}

/// What rates pay for the parts of a base: "rates per full amount have no seam", so that full amounts are counted through all
/// parts, and the one that reaches over a seam is paid by each part's share in it. `before`: full amounts that were paid already.
fn together(before: Ratio, parts: &[(Ratio, Rate)], units: Ratio) -> Ratio {
    let steps = |part: Ratio, rate: &Rate| match rate {
        Rate::Per { amount, per, in_proportion: false } => Some((part / *per, *amount)),
        _ => None,
    };
    let all: Ratio = parts.iter().filter_map(|(part, rate)| steps(*part, rate)).map(|(steps, _)| steps).sum::<Ratio>() + before;
    let mut left = (Ratio::whole(all.floor()) - before).max(Ratio::ZERO);
    let mut sum = Ratio::ZERO;
    for (part, rate) in parts {
        match steps(*part, rate) {
            Some((steps, amount)) => {
                sum += steps.min(left) * amount;
                left -= steps.min(left);
            }
            None => sum += Pay::Rate(*rate).of(*part, units),
        }
    }
    sum
}

impl Account<'_> {
    /// Whether something at a moment stands in the same period of a limit as now.
    pub fn same_period(&self, per: &LimitPeriod, then: Moment, now: Moment) -> Read<bool> {
        let joined = self.joined.map_or(now, |joined| joined).local.date();
        Ok(match per {
            LimitPeriod::Purchase => false,
            LimitPeriod::Unsaid | LimitPeriod::Ever => true,
            LimitPeriod::Calendar(period) => {
                let first = |at: Moment| first_day(at.local.date(), *period, self.program.sunday, joined);
                first(then) == first(now)
            }
            LimitPeriod::Rolling(span) => {
                let edge = earlier(now.local, self.program.span(span)?);
                then.local > edge || self.program.slip == Slip::WindowIncludes && then.local == edge
            }
        })
    }

    /// "A cap counts rounded amounts granted less what was taken back by returns, in the period of the event that granted it."
    fn room(&self, number: usize, limit: &Limit, at: Moment) -> Read<Ratio> {
        let (most, first) = match &limit.what {
            // "Up to 50% of purchase" belongs to payments.
            LimitWhat::Amount(most) if self.program.is_percent(most)? => return Err(Outside("a limit as a share")),
            LimitWhat::Amount(most) => (self.program.number(most)?, false),
            LimitWhat::First(most) => (self.program.number(most)?, true),
            _ => return Err(Outside("a limit")),
        };
        let mut used = Ratio::ZERO;
        for entry in self.entries.iter().filter(|entry| entry.rule == Some(number)) {
            if self.same_period(&limit.per, entry.made, at)? {
                used += if first { entry.base } else { entry.counts };
            }
        }
        let more = if self.program.slip == Slip::RoomForOneMore { Ratio::whole(1) } else { Ratio::ZERO };
        Ok((most + more - used).max(Ratio::ZERO))
    }

    /// How often it gave something in the period of a limit.
    fn times(&self, number: usize, limit: &Limit, at: Moment) -> Read<usize> {
        let mut firings: BTreeMap<usize, Ratio> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.rule == Some(number)) {
            if self.same_period(&limit.per, entry.made, at)? {
                *firings.entry(entry.firing).or_insert(Ratio::ZERO) += entry.earned;
            }
        }
        Ok(firings.values().filter(|sum| sum.positive()).count())
    }

    fn used_up(&self, number: usize, limit: &Limit, at: Moment) -> Read<bool> {
        let LimitWhat::Times(most) = &limit.what else { return Ok(false) };
        Ok(Ratio::whole(self.times(number, limit, at)?.try_into().expect("few")) >= self.program.number(most)?)
    }

    /// Whether limits in times let a rule give once more.
    pub fn may_fire(&self, number: usize, rule: &Rule, at: Moment) -> Read<bool> {
        for limit in &rule.limits {
            if self.used_up(number, limit, at)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What limits leave of an amount.
    pub fn cut(&self, number: usize, rule: &Rule, at: Moment, wanted: Ratio) -> Read<Ratio> {
        let mut granted = wanted;
        for limit in rule.limits.iter().filter(|limit| !matches!(limit.what, LimitWhat::Times(_))) {
            if limit.then.is_some() || matches!(limit.what, LimitWhat::First(_)) {
                return Err(Outside("`then` or `on the first` here"));
            }
            granted = granted.min(self.left_of(number, limit, at, wanted)?);
        }
        Ok(granted)
    }

    /// "Without a word it cuts; `or nothing`: a reward that would pass the cap is refused whole."
    fn left_of(&self, number: usize, limit: &Limit, at: Moment, wanted: Ratio) -> Read<Ratio> {
        let room = self.room(number, limit, at)?;
        let refuses = limit.or_nothing && self.program.slip != Slip::OrNothingCuts;
        Ok(if wanted <= room {
            wanted
        } else if refuses {
            Ratio::ZERO
        } else {
            room
        })
    }

    /// What a modifier gives on a base, within its limits, rounded once. `worth`: what one unit is worth, for `then 1%`.
    #[expect(clippy::too_many_arguments, reason = "an award depends on all of them")]
    pub fn award(
        &self,
        number: usize,
        rule: &Rule,
        at: Moment,
        pay: &Pay,
        base: Ratio,
        units: Ratio,
        worth: Ratio,
        round: (Mode, Ratio),
    ) -> Read<Award> {
        let (mode, step) = round;
        let rounded = |exact: Ratio| exact.rounded(mode, step);
        let then = |limit: &Limit| -> Read<Option<Pay>> {
            let Some(rate) = &limit.then else { return Ok(None) };
            Ok(Some(Pay::Rate(match self.program.rate(rate)? {
                Rate::Share(share) => Rate::Share(share / worth),
                other => other,
            })))
        };
        if rule.limits.iter().any(|limit| limit.then.is_some()) && rule.limits.len() > 1 {
            return Err(Outside("`then` beside another limit"));
        }
        for limit in &rule.limits {
            if self.used_up(number, limit, at)? {
                // "For `at most N times`, to every later firing."
                let granted = then(limit)?.map_or(Ratio::ZERO, |then| rounded(then.of(base, units)));
                return Ok(Award { granted, ..Award::NOTHING });
            }
        }
        let (mut own, mut beyond) = (base, Vec::new());
        let rate = |pay: Pay| if let Pay::Rate(rate) = pay { rate } else { Rate::Fixed(Ratio::ZERO) };
        for limit in rule.limits.iter().filter(|limit| matches!(limit.what, LimitWhat::First(_))) {
            let room = self.room(number, limit, at)?;
            if base > room {
                own = own.min(room);
                beyond.extend(then(limit)?.map(|then| (base - room, rate(then))));
            }
        }
        let exact = pay.of(own, units);
        let mut parts = pay.parts(own);
        parts.extend(beyond);
        let mut granted = rounded(together(Ratio::ZERO, &parts, units));
        let mut counts = granted;
        for limit in rule.limits.iter().filter(|limit| matches!(limit.what, LimitWhat::Amount(_))) {
            match then(limit)? {
                // "`then` applies to the base beyond room ÷ rate, an exact fraction; both parts are rounded together, once."
                Some(then) => {
                    let room = self.room(number, limit, at)?;
                    if exact > room {
                        let full = matches!(pay, Pay::Rate(Rate::Per { in_proportion: false, .. }));
                        let filled = room / pay.per_cent()?;
                        let before = if let (Pay::Rate(Rate::Per { per, .. }), true) = (pay, full) { filled / *per } else { Ratio::ZERO };
                        let more = together(before, &[(base - filled, rate(then))], units);
                        (granted, counts) = (rounded(room + more), room);
                    }
                }
                None => {
                    let all = rounded(together(Ratio::ZERO, &parts, units));
                    granted = granted.min(self.left_of(number, limit, at, all)?);
                    counts = granted;
                }
            }
        }
        Ok(Award { granted, counts, base: if granted.positive() { own } else { Ratio::ZERO } })
    }

    /// "No rule's reward may rise": what a purchase earns that is looked at again.
    pub fn no_more_than_before(&self, number: usize, kind: super::account::Kind, award: Award) -> Award {
        match self.gave(number, kind) {
            None => award,
            Some(gave) => Award { granted: award.granted.min(gave.granted), counts: award.counts.min(gave.counts), ..award },
        }
    }

    /// Room of a discount or share with limits in amounts, while lines compete for it.
    pub fn room_to_compete(&self, number: usize, rule: &Rule, at: Moment) -> Read<Option<Ratio>> {
        let mut least: Option<Ratio> = None;
        for limit in &rule.limits {
            if limit.then.is_some() || limit.or_nothing {
                return Err(Outside("such a limit where rules compete"));
            }
            match limit.what {
                LimitWhat::Times(_) => {}
                LimitWhat::Amount(_) => {
                    let room = self.room(number, limit, at)?;
                    least = Some(least.map_or(room, |least| least.min(room)));
                }
                _ => return Err(Outside("such a limit where rules compete")),
            }
        }
        Ok(least)
    }
}
