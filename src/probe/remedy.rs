//! The smallest change that stops a gain: each is written into the text, checked, and tried with the engine.

use super::abuse::{self, Find};
use super::{Asked, Steps, plainly};
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
        let stops = match stops(asked, find, &new, steps) {
            Stops::Not => continue,
            Stops::Yes => "Tried, and this stops it",
            Stops::Nearly => "Tried, and this leaves only who buys so much and sends nearly all of it back",
        };
        return Some(match change {
            Change::Sentence(new) => format!("{stops}: {}", new.split_whitespace().collect::<Vec<_>>().join(" ")),
            Change::Setting { said, .. } => format!("{stops}: {said}"),
        });
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
    let leasts = leasts(asked, find);
    if find.attack.how == abuse::SET {
        return out;
    }
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
            if one_line {
                out.extend(leasts.iter().map(|least| Change::Sentence(put(sentence, &format!("of at least {least}")))));
                out.extend(["once per day", "at most 3 times per month"].map(|clause| Change::Sentence(put(sentence, clause))));
            }
        }
        GainKind::Thresholds | GainKind::Windows => {
            let counting =
                asked.program.rules.get(find.attack.rule).is_some_and(|rule| !matches!(rule.trigger, Trigger::EachPurchase { .. }));
            if counting || sentence.contains("on purchase ") {
                let behind =
                    |least: &String| behind_word(sentence, "purchases", least).or_else(|| behind_word(sentence, "purchase", least));
                out.extend(leasts.iter().filter_map(behind).map(Change::Sentence));
            }
            if one_line {
                out.extend(leasts.iter().map(|least| Change::Sentence(put(sentence, &format!("of at least {least}")))));
                out.extend(["once per month", "once"].map(|clause| Change::Sentence(put(sentence, clause))));
            }
        }
        GainKind::Accounts => {
            let by = |least: &String| sentence.replacen("on referral", &format!("on referral by a purchase of at least {least}"), 1);
            if !sentence.contains("on referral by") {
                out.extend(leasts.iter().map(|least| Change::Sentence(by(least))));
            }
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

/// A sentence with one more clause, in front of its limits unless it is one.
fn put(sentence: &str, clause: &str) -> String {
    let sentence = sentence.trim_end();
    let limit = clause.starts_with("once") || clause.starts_with("at most");
    let at = [", at most ", " at most ", ", once", " once"].iter().filter_map(|words| sentence.find(words)).min().filter(|_| !limit);
    match at.and_then(|at| sentence.split_at_checked(at)) {
        Some((before, limits)) => format!("{before} {clause}{limits}"),
        None => format!("{sentence} {clause}"),
    }
}

/// The two smallest round amounts of which the gain is no more than a twentieth, purchase by purchase.
fn leasts(asked: &Asked<'_>, find: &Find) -> Vec<String> {
    let unit = 10_i64.checked_pow(u32::from(asked.program.currency.decimals)).unwrap_or(1);
    let purchases = i128::try_from(find.attack.extra().max(1)).unwrap_or(1);
    let wanted = Exact::ratio(20, purchases).and_then(|times| find.gain.times(times)).ok();
    let wanted = wanted.and_then(|wanted| i64::try_from(wanted.floor()).ok()).unwrap_or(i64::MAX);
    let tens = (0..7_u32).filter_map(|power| 10_i64.checked_pow(power));
    let round = tens.flat_map(|ten| [1, 2, 3, 4, 5, 6, 8].map(|n| unit.saturating_mul(ten).saturating_mul(n)));
    round.filter(|amount| *amount >= wanted).take(2).map(|amount| super::story::money(asked.program, amount)).collect()
}

/// What a change does against a gain.
enum Stops {
    Not,
    /// What is left is what the changed sentence plainly says.
    Nearly,
    Yes,
}

/// Whether the changed program checks, and neither the attack nor the search for others by this sentence gains there.
fn stops(asked: &Asked<'_>, find: &Find, text: &str, steps: &mut Steps) -> Stops {
    let sources = Sources::single("changed", text);
    let (ast, mut problems) = syntax::parse(&sources, 0);
    let (program, more) = check::check(&ast, &sources, &[]);
    problems.extend(more);
    let Some(program) = program.filter(|_| !problems.has_errors()) else { return Stops::Not };
    if program.rules.len() != asked.program.rules.len() {
        return Stops::Not;
    }
    let Some(exposure) = exposure::exposure(&program) else { return Stops::Not };
    steps.take();
    // It must still be possible: what the change forbids as a step has stopped nothing.
    if abuse::gain(&program, &exposure, &find.attack).is_none() || abuse::tried(&program, &exposure, find.attack.clone(), steps).is_some() {
        return Stops::Not;
    }
    let changed = Asked { ast: &ast, program: &program, sources: &sources, exposure: &exposure, problems: asked.problems, thorough: false };
    match abuse::of_rule(&program, &changed, find.attack.rule, steps) {
        None => Stops::Yes,
        Some(rest) if find.attack.kind == GainKind::Accounts && plainly::plainly(&program, &rest) => Stops::Nearly,
        Some(_) => Stops::Not,
    }
}
