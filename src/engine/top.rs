//! `on top category of each month`: what a period's largest category earns, settled when the period ends.

use super::Recorder;
use super::account::Account;
use super::purchase::{Award, Given, Outcome, Stage, earning_base};
use super::reward::{self, Base, Currency};
use crate::history::model::{NO_TEXT, TextCode};
use crate::program::{Effect, Period, Scope};
use crate::value::{Checked, Date, Decimal, Overflow};

/// By category, in the order first bought: the base of a rule so far in its period.
pub(super) type Categories = Vec<(TextCode, i64)>;

/// What a purchase adds: rule, category, base.
pub(super) type Added = Vec<(usize, TextCode, i64)>;

/// The period of a rule's top category, if it has that scope.
pub(super) fn period(scope: Option<&Scope>) -> Option<Period> {
    match scope {
        Some(Scope::TopCategory(period, _)) => Some(*period),
        _ => None,
    }
}

/// What a purchase adds to the categories of rules that act on it.
pub(super) fn add(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    out.tops.clear();
    for &rule_index in &stage.bound.top_rules {
        if !stage.acts(rule_index, &out.lines, out.net)? {
            continue;
        }
        let Some(Scope::TopCategory(_, filter)) = &stage.bound.rules[rule_index].scope else { continue };
        let scene = stage.scene(&out.lines, out.net);
        let mut added: Added = Vec::new();
        for line in out.lines.iter().filter(|line| !line.shipping && line.category != NO_TEXT) {
            if filter.as_ref().map_or(Ok(true), |filter| scene.passes(line, filter))? {
                added.push((rule_index, line.category, earning_base(stage, line)?));
            }
        }
        out.tops.extend(added);
    }
    Ok(())
}

impl<R: Recorder> Account<'_, R> {
    /// Notes what a purchase added, or (negative) what a return took off it in the running period.
    pub fn note_tops(&mut self, added: &Added, sign: i64, at: Date) -> Checked<()> {
        let (periods, today) = (self.periods(), self.local.date());
        for &(rule, category, base) in added {
            let Some(period) = period(self.bound.rules[rule].scope.as_ref()) else { continue };
            if periods.start(at, period) != periods.start(today, period) {
                continue;
            }
            let list = &mut self.s.tops[rule];
            match list.iter_mut().find(|(known, _)| *known == category) {
                Some((_, sum)) => *sum = sum.checked_add(base * sign).ok_or(Overflow)?,
                None => list.push((category, base * sign)),
            }
            let due = periods.next(today, period);
            self.lower_due(Some(due));
        }
        Ok(())
    }

    /// At the midnight that begins `date`: periods that ended with the day before are settled.
    pub fn settle_tops(&mut self, date: Date) -> Checked<()> {
        let periods = self.periods();
        for at in 0..self.bound.top_rules.len() {
            let rule_index = self.bound.top_rules[at];
            let origin = self.bound.origin(rule_index);
            let Some(period) = period(origin.rule.scope.as_ref()) else { continue };
            if periods.start(date, period) != date || self.s.tops[rule_index].is_empty() {
                continue;
            }
            let list = std::mem::take(&mut self.s.tops[rule_index]);
            // The largest; of equal ones that bought first.
            let mut top: Option<(TextCode, i64)> = None;
            for entry in list {
                if entry.1 > top.map_or(0, |(_, most)| most) {
                    top = Some(entry);
                }
            }
            let Some((_, money)) = top else { continue };
            let mut awards = Vec::new();
            for (effect, kind) in origin.rule.effects.iter().enumerate() {
                let Effect::Earn { wallet, rates } = kind else { continue };
                let base = Base { money, units: Decimal::whole(0), amount: money };
                let scene = self.scene();
                let reward = reward::reward(&scene, origin.rule, rates, Currency::Wallet(*wallet), base, origin.limits)?;
                awards.push(Award { rule: rule_index, effect, given: Given::Earn(*wallet), reward, base: money });
            }
            if self.charge_pots(rule_index, &awards)? {
                self.post_all(origin, &awards, None)?;
            }
        }
        Ok(())
    }
}
