//! The smallest change that stops a gain: each is written into the text, checked, and tried with the engine.

use super::abuse::{self, Find};
use super::{Asked, Steps};
use crate::check::{self, exposure};
use crate::examples;
use crate::program::{GainKind, Trigger};
use crate::source::Sources;
use crate::syntax::{self, ast::Ast};
use crate::value::Exact;

/// Whether an example holds of the program as it is.
pub(super) fn holds(asked: &Asked<'_>, example: &str) -> bool {
    let sources = Sources::single("example", example);
    let (read, problems) = syntax::parse(&sources, 0);
    if problems.has_errors() {
        return false;
    }
    let own = asked.ast.statements.iter().filter(|statement| !matches!(statement.kind, syntax::ast::StatementKind::Example { .. }));
    let ast = Ast { statements: own.cloned().chain(read.statements).collect(), ..Ast::default() };
    let ran = examples::run(&ast, asked.program, &sources);
    ran.total == 1 && ran.held == 1
}

/// The change that stops a gain, in words to type.
pub(super) fn found(asked: &Asked<'_>, find: &Find, steps: &mut Steps) -> Option<String> {
    let [file] = asked.sources.files() else { return None };
    let text = &file.text;
    let range = find.attack.span.range();
    let sentence = text.get(range.clone())?;
    for change in changes(asked, find, text, sentence) {
        let new = match &change {
            Change::Sentence(new) => format!("{}{new}{}", text.get(..range.start)?, text.get(range.end..)?),
            Change::Setting { from, to, .. } => text.replacen(from.as_str(), to, 1),
        };
        if stops(asked, find, &new, steps) {
            return Some(match change {
                Change::Sentence(new) => format!("Tried, and this stops it: {}", new.split_whitespace().collect::<Vec<_>>().join(" ")),
                Change::Setting { said, .. } => format!("Tried, and this stops it: {said}"),
            });
        }
    }
    None
}

enum Change {
    /// The sentence written another way.
    Sentence(String),
    Setting {
        from: String,
        to: String,
        said: String,
    },
}

fn changes(asked: &Asked<'_>, find: &Find, text: &str, sentence: &str) -> Vec<Change> {
    let mut out = Vec::new();
    let one_line = !sentence.trim().contains('\n')
        || !sentence.lines().skip(1).any(|line| line.trim_start().starts_with("from ") || line.trim_start().starts_with("over "));
    let least = least(asked, find);
    match find.attack.kind {
        GainKind::Returns | GainKind::Tiers | GainKind::Exchanges => {
            if text.contains("stop at zero") {
                out.push(Change::Setting {
                    from: "stop at zero".to_owned(),
                    to: "deduct from refund".to_owned(),
                    said: "returns deduct from refund".to_owned(),
                });
            }
            let keep = "keep rewards if threshold is lost";
            for (from, to) in [(format!(", {keep}"), ""), (format!("returns {keep}"), "")] {
                if text.contains(&from) {
                    out.push(Change::Setting { from, to: to.to_owned(), said: format!("leave out {keep}") });
                }
            }
            for clause in ["pending for 30 days", "once"] {
                if one_line {
                    out.push(Change::Sentence(format!("{} {clause}", sentence.trim_end())));
                }
            }
        }
        GainKind::Splitting => {
            if sentence.contains("per purchase") {
                out.push(Change::Sentence(sentence.replacen("per purchase", "per day", 1)));
            }
            for clause in ["once per day".to_owned(), format!("of at least {least}"), "at most 3 times per month".to_owned()] {
                if one_line {
                    out.push(Change::Sentence(format!("{} {clause}", sentence.trim_end())));
                }
            }
        }
        GainKind::Thresholds | GainKind::Windows => {
            let counting =
                asked.program.rules.get(find.attack.rule).is_some_and(|rule| !matches!(rule.trigger, Trigger::EachPurchase { .. }));
            if counting || sentence.contains("on purchase ") {
                out.extend(
                    behind_word(sentence, "purchases", &least).or_else(|| behind_word(sentence, "purchase", &least)).map(Change::Sentence),
                );
            }
            for clause in [format!("of at least {least}"), "once per month".to_owned(), "once".to_owned()] {
                if one_line {
                    out.push(Change::Sentence(format!("{} {clause}", sentence.trim_end())));
                }
            }
        }
        GainKind::Accounts => {
            out.push(Change::Sentence(sentence.replacen("on referral", &format!("on referral by a purchase of at least {least}"), 1)));
            if one_line {
                out.push(Change::Sentence(format!("{} pending for 30 days", sentence.trim_end())));
            }
        }
    }
    out
}

/// `on every 5th purchase of at least 20 EUR …`
fn behind_word(sentence: &str, word: &str, least: &str) -> Option<String> {
    let at = sentence.find(word)?.checked_add(word.len())?;
    Some(format!("{} of at least {least}{}", sentence.get(..at)?, sentence.get(at..)?))
}

/// A round amount of which the gain is no more than a twentieth.
fn least(asked: &Asked<'_>, find: &Find) -> String {
    let unit = 10_i64.checked_pow(u32::from(asked.program.currency.decimals)).unwrap_or(1);
    let wanted = find.gain.times(Exact::whole(20)).map_or(i64::MAX, |wanted| i64::try_from(wanted.floor()).unwrap_or(i64::MAX));
    let mut amount = unit;
    for factor in [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000] {
        if amount >= wanted {
            break;
        }
        amount = unit.saturating_mul(factor);
    }
    super::story::money(asked.program, amount)
}

/// Whether the changed program checks, and neither the attack nor the search for others by this sentence gains there.
fn stops(asked: &Asked<'_>, find: &Find, text: &str, steps: &mut Steps) -> bool {
    let sources = Sources::single("changed", text);
    let (ast, mut problems) = syntax::parse(&sources, 0);
    let (program, more) = check::check(&ast, &sources, &[]);
    problems.extend(more);
    let Some(program) = program.filter(|_| !problems.has_errors()) else { return false };
    if program.rules.len() != asked.program.rules.len() {
        return false;
    }
    let Some(exposure) = exposure::exposure(&program) else { return false };
    steps.take();
    // It must still be possible: what the change forbids as a step has stopped nothing.
    if abuse::gain(&program, &exposure, &find.attack).is_none() || abuse::tried(&program, &exposure, find.attack.clone(), steps).is_some() {
        return false;
    }
    let changed = Asked { ast: &ast, program: &program, sources: &sources, exposure: &exposure, problems: asked.problems, thorough: false };
    abuse::of_rule(&program, &changed, find.attack.rule, steps).is_none()
}
