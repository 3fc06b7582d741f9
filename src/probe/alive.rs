//! Sentences that do nothing: of all made purchases that fulfil one, none gets anything by it, or all get as much without it.

use super::abuse::without;
use super::scene::{Builder, Choice, Wants};
use super::story::Story;
use super::tally::{Run, explained, run};
use super::{Asked, Steps};
use crate::check::exposure::{by_purchase, folded};
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::Source;
use crate::engine::why::Why;
use crate::program::{Effect, Rate, Rates, Rule, TableKey, Trigger};
use std::collections::{BTreeMap, BTreeSet};

/// Made histories for one sentence.
const EACH: u32 = 60;
/// Fewer show nothing.
const ENOUGH: u32 = 3;

/// Sentences that no made purchase needs.
pub(super) fn idle(asked: &Asked<'_>, steps: &mut Steps) -> Vec<Diagnostic> {
    asked.program.rules.iter().filter_map(|rule| of_rule(asked, rule, steps)).collect()
}

fn of_rule(asked: &Asked<'_>, rule: &Rule, steps: &mut Steps) -> Option<Diagnostic> {
    let range = rule.span.range();
    // What plain reasoning has said about a sentence is enough.
    let inside = |problem: &&Diagnostic| {
        let span = problem.span();
        span.file == rule.span.file && span.range().start < range.end && span.range().end > range.start
    };
    if !(by_purchase(&rule.trigger) || rule.effects.iter().any(Effect::is_modifier)) || asked.problems.0.iter().any(|p| inside(&p)) {
        return None;
    }
    if !steady(rule) {
        return None;
    }
    let mut look = Look { asked, rule, left: EACH, tried: 0, causes: BTreeMap::new(), rivals: BTreeSet::new() };
    match look.all(steps) {
        Verdict::Idle => look.told(),
        Verdict::Alive | Verdict::Unsure => None,
    }
}

/// What the histories of a sentence come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Alive,
    /// Nothing made a difference so far.
    Idle,
    /// The builder does not understand enough of it to say anything.
    Unsure,
}

/// Why a sentence that is fulfilled gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Another one takes off as much or more.
    Beaten,
    /// It does not stand beside another one.
    NotWith,
    /// Its group chooses another one.
    Group,
    /// Nothing is earned that could be multiplied.
    NothingToMultiply,
    /// Its rate comes to nothing.
    Nothing,
    /// It gives, and without it others give the same.
    Same,
}

struct Look<'a> {
    asked: &'a Asked<'a>,
    rule: &'a Rule,
    left: u32,
    tried: u32,
    causes: BTreeMap<Cause, u32>,
    /// Sentences that stand in its way, by their place.
    rivals: BTreeSet<usize>,
}

impl<'a> Look<'a> {
    /// Purchases that fulfil it; then those that fulfil it and keep out of the way of its rivals, clause by clause.
    fn all(&mut self, steps: &mut Steps) -> Verdict {
        let program = self.asked.program;
        for choice in 0..3 {
            let builder = Builder { program, choice: Choice(choice) };
            match self.with(&builder, &builder.wants(&[self.rule]), steps) {
                Verdict::Idle => {}
                other => return other,
            }
            // Together with each other sentence: what multiplies needs something that earns.
            for other in program.rules.iter().filter(|other| other.id != self.rule.id && multiplies(self.rule) && earns(other)) {
                match self.with(&builder, &builder.wants(&[self.rule, other]), steps) {
                    Verdict::Idle => {}
                    other => return other,
                }
            }
        }
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            let fresh: Vec<usize> = self.rivals.difference(&seen).copied().collect();
            for rival in fresh {
                seen.insert(rival);
                // A rival that depends on what no made purchase has, is used up, or acts at some purchases only, may leave room
                // another time.
                let lasting = |other: &&Rule| {
                    let unlimited = other.limits.is_empty() && other.budgets.is_empty() && other.only.is_none();
                    steady(other) && unlimited && (at_each_purchase(other) || !at_each_purchase(self.rule))
                };
                let Some(other) = program.rules.get(rival).filter(lasting) else { return Verdict::Unsure };
                for nth in 0..6 {
                    let builder = Builder { program, choice: Choice(0) };
                    let mut wants = builder.wants(&[self.rule]);
                    if !builder.avoid(other, nth, &mut wants) {
                        break;
                    }
                    match self.with(&builder, &wants, steps) {
                        Verdict::Idle => {}
                        other => return other,
                    }
                }
            }
        }
        if self.tried >= ENOUGH { Verdict::Idle } else { Verdict::Unsure }
    }

    /// Purchases of several amounts; none where what is wanted contradicts itself.
    fn with(&mut self, builder: &Builder<'a>, wants: &Wants, steps: &mut Steps) -> Verdict {
        if wants.unknown {
            return Verdict::Unsure;
        }
        let Some(scene) = builder.scene(wants) else { return Verdict::Idle };
        for amount in self.amounts(wants) {
            if self.left == 0 || !steps.take() {
                // What was not tried may be what it is for.
                return Verdict::Unsure;
            }
            self.left = self.left.saturating_sub(1);
            match self.on(&scene.story(amount), steps) {
                Verdict::Idle => {}
                other => return other,
            }
        }
        Verdict::Idle
    }

    fn amounts(&self, wants: &Wants) -> Vec<i64> {
        let unit = 10_i64.checked_pow(u32::from(self.asked.program.currency.decimals)).unwrap_or(1);
        let most = wants.most.unwrap_or(i64::MAX);
        let mut out: Vec<i64> = [100, 10, 1000, 100_000].map(|n| unit.saturating_mul(n).max(wants.least).min(most)).to_vec();
        out.extend(wants.most);
        out.retain(|amount| *amount > 0 && *amount >= wants.least);
        let mut seen = BTreeSet::new();
        out.retain(|amount| seen.insert(*amount));
        out
    }

    /// One made purchase.
    fn on(&mut self, story: &Story, steps: &mut Steps) -> Verdict {
        let program = self.asked.program;
        let at = self.rule.id.index();
        let Some(ran) = explained(program, story) else { return Verdict::Unsure };
        if ran.told.iter().any(|told| told.refused) {
            return Verdict::Unsure;
        }
        if gave(&ran, at) > 0 {
            steps.take();
            let Some(rest) = run(&without(program, &|other| other == at), story) else { return Verdict::Alive };
            if outcome(&ran) != outcome(&rest) {
                return Verdict::Alive;
            }
            self.count(Cause::Same);
            let more = (0..program.rules.len()).filter(|other| *other != at && gave(&rest, *other) > gave(&ran, *other));
            self.rivals.extend(more);
            return Verdict::Idle;
        }
        let decided = ran.told.first().and_then(|told| told.decided.as_ref());
        let why = decided.and_then(|decided| decided.did_not.iter().find(|not| not.rule.index() == at)).map(|not| &not.why);
        match why {
            Some(Why::Beaten { by, .. }) => {
                self.rivals.extend(by.iter().map(|(rule, _)| rule.index()));
                self.count(Cause::Beaten);
            }
            Some(Why::NotWith(rule)) => {
                self.rivals.insert(rule.index());
                self.count(Cause::NotWith);
            }
            Some(Why::Group(Some(rule))) => {
                self.rivals.insert(rule.index());
                self.count(Cause::Group);
            }
            Some(Why::NothingToMultiply) if program.rules.iter().filter(|rule| earns(rule)).all(steady) => {
                self.count(Cause::NothingToMultiply);
            }
            // What is counted in full groups of items is not made anew for larger purchases.
            Some(Why::Nothing { .. }) if self.rule.repeat.is_none() => self.count(Cause::Nothing),
            _ => return Verdict::Unsure,
        }
        Verdict::Idle
    }

    fn count(&mut self, cause: Cause) {
        self.tried = self.tried.saturating_add(1);
        let count = self.causes.entry(cause).or_insert(0);
        *count = count.saturating_add(1);
    }

    fn told(&self) -> Option<Diagnostic> {
        let (cause, _) = self.causes.iter().max_by_key(|(_, count)| **count)?;
        let rival = self.rivals.iter().find_map(|at| self.asked.program.rules.get(*at));
        let all = format!("in all {} made purchases that fulfil it", self.tried);
        let (message, help) = match (cause, rival) {
            (Cause::Beaten, Some(rival)) => (
                format!("This makes no difference: {all} \"{}\" takes off as much or more, and only the better one counts.", rival.label),
                "Let it give more, delete it, or say in the program: discounts combine by adding",
            ),
            (Cause::NotWith, Some(rival)) => (
                format!("This never acts: {all} \"{}\" acts, beside which it does not stand.", rival.label),
                "Give it a higher priority, or leave out not with.",
            ),
            (Cause::Group, Some(rival)) => {
                (format!("This never acts: {all} its group chooses \"{}\".", rival.label), "Let it give more, or take it out of the group.")
            }
            (Cause::NothingToMultiply, _) => (
                format!("This multiplies nothing: {all} nothing is earned."),
                "Let it apply where something is earned, or write an earning sentence for it.",
            ),
            (Cause::Nothing, _) => (
                format!("This comes to nothing: {all} the rate gives less than the smallest unit."),
                "Raise the rate, or let it apply to larger purchases.",
            ),
            (Cause::Same, Some(rival)) => (
                format!("This makes no difference: {all} \"{}\" gives the same without it.", rival.label),
                "Let it give more, or delete it.",
            ),
            _ => (format!("This makes no difference: {all} customers get the same without it."), "Let it give more, or delete it."),
        };
        let problem = Diagnostic::warning("LOY0731", message, self.rule.span, "does nothing").help(help);
        let between = matches!(cause, Cause::Beaten | Cause::NotWith | Cause::Group | Cause::Same);
        Some(match rival.filter(|_| between) {
            Some(rival) => problem.and(rival.span, "in its way"),
            None => problem,
        })
    }
}

/// Whether what a sentence gives follows from the purchase and the tier: the rest the builder does not vary.
fn steady(rule: &Rule) -> bool {
    rule.effects.iter().all(|effect| match effect {
        Effect::Discount(rates) | Effect::Earn { rates, .. } => match rates {
            Rates::One(rate) => matches!(rate, Rate::Percent(_) | Rate::Fixed(_) | Rate::Per { .. } | Rate::PerItem { .. }),
            Rates::Table(table) => {
                let plain = |rate: &Rate| matches!(rate, Rate::Percent(_) | Rate::Fixed(_) | Rate::Per { .. } | Rate::Nothing);
                matches!(table.key, TableKey::Tier(_) | TableKey::Amount) && table.rows.iter().all(|row| plain(&row.rate))
            }
        },
        Effect::PriceList(_) | Effect::Price(_) => false,
        // What stands in the data is nothing on a made purchase.
        Effect::Grant { amount, .. } | Effect::GrantFriend { amount, .. } => folded(amount).is_some(),
        Effect::Entries { count, .. } => folded(count).is_some(),
        _ => true,
    })
}

/// Whether a sentence asks for no purchase in particular.
fn at_each_purchase(rule: &Rule) -> bool {
    matches!(rule.trigger, Trigger::None | Trigger::EachPurchase { .. })
}

fn multiplies(rule: &Rule) -> bool {
    rule.effects.iter().any(|effect| matches!(effect, Effect::Multiply { .. }))
}

fn earns(rule: &Rule) -> bool {
    rule.effects.iter().any(|effect| matches!(effect, Effect::Earn { .. }))
}

/// What a sentence gave in a run, of whatever kind.
fn gave(run: &Run, rule: usize) -> i64 {
    let entries = run.told.iter().flat_map(|told| &told.events).flat_map(|(_, entries)| entries);
    let own = entries.filter(|entry| matches!(entry.source, Source::Rule(id) if id.index() == rule) && entry.granted > 0);
    own.map(|entry| entry.granted).fold(0, i64::saturating_add)
}

/// What customers have of a run, whoever gave it.
fn outcome(run: &Run) -> BTreeMap<String, i64> {
    let mut out = BTreeMap::new();
    for entry in run.told.iter().flat_map(|told| &told.events).flat_map(|(_, entries)| entries) {
        let key = format!("{:?} {:?} {:?} {:?} {:?}", entry.kind, entry.unit, entry.expires, entry.purchase, entry.at);
        let sum = out.entry(key).or_insert(0_i64);
        *sum = sum.saturating_add(entry.granted);
    }
    out.retain(|_, sum| *sum != 0);
    out
}
