//! What each difference of two texts costs by itself: the first program with it, and the other without it, all else as it is.

use super::run::too_large;
use super::{Session, Settings, Several};
use crate::assumptions::{Assumptions, End};
use crate::engine::{self, RunError, Scenario};
use crate::history::model::History;
use crate::program::Program;
use crate::report::compare::{Alone, Difference, differences};
use crate::report::metrics::behaviour::Behaviour;
use crate::report::variable_cost;
use crate::source::SourceFile;

/// More differences than this are not told apart.
const MOST: usize = 12;

/// A program that is run beside those compared, with what it assumes; `None` where its text does not stand.
struct Variant {
    session: Session,
    assumed: Assumptions,
}

impl Several {
    /// By program but the first: what each difference of its text to the first costs by itself. Nothing where there are too many to
    /// try, or where further purchases are assumed, which would differ too.
    pub(super) fn alone(
        &self,
        history: &History,
        behaviours: &[&Behaviour],
        settings: &Settings,
        options: &engine::Options,
    ) -> Result<Vec<Vec<Alone>>, RunError> {
        let sessions: Vec<&Session> = self.sessions().map(|(_, session)| session).collect();
        let Some((first, others)) = sessions.split_first() else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (other, behaviour) in others.iter().zip(behaviours.iter().skip(1)) {
            let told = differences(&first.sentences(), &other.sentences());
            if told.len() > MOST || first.base(settings)?.is_none_or(|base| !base.response.is_empty()) {
                all.push(Vec::new());
                continue;
            }
            let mut variants: Vec<Option<Variant>> = vec![first.variant(None, settings)?, other.variant(None, settings)?];
            for difference in &told {
                variants.push(first.variant(Some((difference, true)), settings)?);
                variants.push(other.variant(Some((difference, false)), settings)?);
            }
            let costs = costs(&variants, history, behaviour, options)?;
            let [before, after, rest @ ..] = costs.as_slice() else { continue };
            let less = |one: Option<i128>, other: Option<i128>| one?.checked_sub(other?);
            all.push(
                rest.chunks(2)
                    .map(|pair| Alone {
                        with: less(pair.first().copied().flatten(), *before),
                        without: less(*after, pair.get(1).copied().flatten()),
                    })
                    .collect(),
            );
        }
        Ok(all)
    }
}

/// What each variant costs before fixed cost, all in one pass.
fn costs(
    variants: &[Option<Variant>],
    history: &History,
    behaviour: &Behaviour,
    options: &engine::Options,
) -> Result<Vec<Option<i128>>, RunError> {
    let run =
        |variant: &'_ Variant| -> Option<(Program, Assumptions)> { Some((variant.session.program()?.clone(), variant.assumed.clone())) };
    let programs: Vec<Option<(Program, Assumptions)>> = variants.iter().map(|variant| variant.as_ref().and_then(run)).collect();
    let scenarios: Vec<Scenario<'_>> = programs.iter().flatten().map(|(program, assumptions)| Scenario { program, assumptions }).collect();
    let mut totals = engine::run_all(history, &scenarios, options, None)?.into_iter();
    let mut costs = Vec::new();
    for program in &programs {
        let cost = match program {
            None => None,
            Some((program, assumed)) => {
                let sums = totals.next().ok_or_else(too_large)?;
                Some(variable_cost(program, behaviour, assumed, End::Base, &sums).map_err(|_| too_large())?)
            }
        };
        costs.push(cost);
    }
    Ok(costs)
}

impl Session {
    /// What the run that is told assumes.
    fn base(&self, settings: &Settings) -> Result<Option<Assumptions>, RunError> {
        Ok(self.ends(settings)?.pop())
    }

    /// The program with a difference made in its text, or undone in it; `None` where what is left does not stand.
    fn variant(&self, change: Option<(&Difference, bool)>, settings: &Settings) -> Result<Option<Variant>, RunError> {
        let mut sentences = self.sentences();
        if let Some((difference, made)) = change {
            let (gone, new) = match difference {
                Difference::OnlyFirst(text) => (Some(text), None),
                Difference::OnlySecond(text) => (None, Some(text)),
                Difference::Numbers(first, second) => (Some(first), Some(second)),
            };
            let (gone, new) = if made { (gone, new) } else { (new, gone) };
            let place = gone.and_then(|gone| sentences.iter().position(|sentence| sentence == gone));
            match (place.and_then(|at| sentences.get_mut(at)), new) {
                (Some(sentence), Some(new)) => sentence.clone_from(new),
                (Some(sentence), None) => sentence.clear(),
                (None, Some(new)) => sentences.push(new.clone()),
                (None, None) => return Ok(None),
            }
        }
        // What sentences are told without.
        let headed = |sentence: &String| match sentence.strip_prefix("program") {
            Some(rest) => format!("program \"Variant\"{rest}"),
            None => sentence.clone(),
        };
        // Its lines stand on one.
        let text: String = sentences.iter().map(|sentence| headed(sentence).replace(" · ", "\n  ") + "\n").collect();
        let main = self.texts.main();
        let mut session = Self::load(SourceFile::new(main.name, main.path, text), &mut self.texts.clone(), &[]);
        session.elsewhere = self.elsewhere.clone();
        if session.program().is_none() {
            return Ok(None);
        }
        // What is assumed may speak of what only the whole program has.
        Ok(session.base(settings).ok().flatten().map(|assumed| Variant { session, assumed }))
    }
}
