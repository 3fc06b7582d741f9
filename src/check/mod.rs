//! From the tree to the checked program: names are resolved, units converted, contradictions found.
//!
//! `scope` gathers all names; `infer` types calculations and tests; `lower_*` turn statements into parts of
//! [`Program`]; `never` finds rules that cannot fire, `reach`, `beyond` and `circles` what the ranges of values rule out, `lints`,
//! `slips` and `unused` what can run but was hardly meant; `errors` says it all.

mod beyond;
mod circles;
mod conflict;
mod errors;
mod examples;
pub mod exposure;
mod held;
mod helps;
mod infer;
mod lints;
mod lower_clauses;
mod lower_effects;
mod lower_goals;
mod lower_limits;
mod lower_lists;
mod lower_pay;
mod lower_program;
mod lower_rule;
mod lower_tables;
mod lower_tiers;
mod lower_times;
mod lower_wallets;
mod measures;
mod meet;
mod never;
mod params;
mod reach;
mod scope;
mod slips;
mod types;
mod unused;
mod values;
mod words;

use crate::diagnostic::{Diagnostic, Problems, Severity};
use crate::program::{LadderId, Program, Rule, RuleId, Type, walk};
use crate::source::Sources;
use crate::span::Span;
use crate::syntax::ast::{Ast, Statement, StatementKind, WalletDecl};
use scope::Scope;
use std::collections::BTreeMap;

/// Checks a program. `params` are replacements of parameters (`--set base=3%`). The program is there only if no
/// problem is an error.
#[must_use]
pub fn check(ast: &Ast, sources: &Sources, params: &[(String, String)]) -> (Option<Program>, Problems) {
    let mut problems = Problems::default();
    let mut scope = Scope::gather(ast, &mut problems);
    let replaced = params::replacements(&scope, params, &mut problems);
    for param in &mut scope.params {
        if let Some(value) = params::replacement(&replaced, &param.name.node) {
            param.value = value;
        }
    }
    let mut checker = Checker {
        sources,
        mended: &ast.mended,
        problems,
        scope,
        program: lower_program::empty(),
        currency_known: true,
        combine_said: false,
        texts: BTreeMap::new(),
        wallet_decls: Vec::new(),
        here: Here::default(),
        ladder_here: None,
        ladder_kind: None,
        unlowered: 0,
    };
    checker.program(ast);
    never::check(&mut checker);
    let damaged = ast.statements.iter().any(|statement| statement.damaged);
    if checker.unlowered == 0 && !damaged && !checker.problems.has_errors() {
        reach::check(&mut checker);
        beyond::check(&mut checker, ast);
        circles::check(&mut checker);
    }
    if checker.unlowered == 0 && !damaged && !checker.problems.has_errors() {
        let problems = exposure::check_goals(&checker.program, sources);
        checker.problems.0.extend(problems);
    }
    let unused = unused::found(&checker, ast);
    examples::check(&mut checker, ast);
    lints::check(&mut checker, ast, unused);
    let Checker { mut problems, program, unlowered, currency_known, .. } = checker;
    problems.0.retain(|problem| !follows_from_lost(problem.code, ast) && !doubts_a_mended_line(problem, ast, sources));
    if currency_known {
        helps::in_own_currency(&mut problems, sources, &program.currency);
    }
    helps::keep_readable(&mut problems, sources, &ast.mended, &program.currency.code);
    problems.sort();
    // What could not be read was reported by the reader; a program without it would be another one.
    let complete = unlowered == 0 && ast.lost.is_empty() && !ast.statements.iter().any(|statement| statement.damaged);
    let program = (complete && !problems.has_errors()).then_some(program);
    (program, problems)
}

/// Whether a problem only repeats that a declaration could not be read: its names are not there, or nothing uses what it used.
fn follows_from_lost(code: &str, ast: &Ast) -> bool {
    let tiers = ast.statements.iter().any(|statement| statement.damaged && matches!(statement.kind, StatementKind::Tiers(_)));
    let lost = |heads: &[&str]| ast.lost.iter().any(|head| heads.contains(&head.as_str()));
    let wallets = || lost(&["points", "point", "stamps", "stamp", "wallet"]);
    match code {
        "LOY0201" | "LOY0214" | "LOY0310" | "LOY0311" | "LOY0312" | "LOY0319" => tiers || lost(&["tiers", "tier"]),
        "LOY0203" | "LOY0215" => wallets(),
        "LOY0204" => lost(&["segment"]),
        "LOY0205" => lost(&["gift"]),
        "LOY0206" => lost(&["draw"]),
        "LOY0207" => lost(&["calendar"]),
        "LOY0208" => lost(&["budget"]),
        "LOY0209" => lost(&["prices", "price"]),
        "LOY0210" => lost(&["group"]),
        "LOY0211" => lost(&["rule"]),
        "LOY0221" => lost(&["limit"]),
        "LOY0219" => lost(&["reward"]),
        "LOY0213" => tiers || wallets() || lost(&["param", "segment", "tiers", "tier"]),
        "LOY0301" => lost(&["program"]),
        // What a sentence that is lost may use.
        "LOY0502" | "LOY0516" => !ast.lost.is_empty(),
        _ => false,
    }
}

/// Whether a warning is about a line that is to be typed anew: what it will say then is not known.
fn doubts_a_mended_line(problem: &Diagnostic, ast: &Ast, sources: &Sources) -> bool {
    let Some(first) = problem.labels.first().filter(|_| problem.severity == Severity::Warning) else { return false };
    let Some(file) = sources.file(first.span.file) else { return false };
    let line = helps::line_of(&file.text, first.span.range().start);
    ast.mended.iter().any(|(span, _)| span.file == first.span.file && line.contains(&span.range().start))
}

/// What is known while statements are lowered.
pub(crate) struct Checker<'a> {
    pub sources: &'a Sources,
    /// What was read otherwise than written.
    pub mended: &'a [(Span, String)],
    pub problems: Problems,
    pub scope: Scope<'a>,
    /// What has been lowered so far.
    pub program: Program,
    /// Whether the program's currency could be read; if not, amounts are not compared with it.
    pub currency_known: bool,
    /// Whether `discounts combine …` is written.
    pub combine_said: bool,
    /// The wallets as written.
    pub wallet_decls: Vec<&'a WalletDecl>,
    /// Where each of the program's texts stands.
    pub texts: BTreeMap<String, usize>,
    /// What surrounds the words being looked at.
    pub here: Here,
    /// The ladder being read, and what it goes by.
    pub ladder_here: Option<LadderId>,
    pub ladder_kind: Option<Type>,
    /// Rules that could not be lowered.
    pub unlowered: usize,
}

/// What may be asked at a place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Here {
    /// Inside `on items if`: facts of one item exist.
    pub items: bool,
    /// The effect of an early stage that the words belong to: what discounts leave is not known yet.
    pub early: Option<Span>,
    /// Money may have more decimals than the currency: `worth 0.005 EUR`.
    pub exact_money: bool,
    /// In a rate: `1.25 beans per 1 EUR`, of wallets that hold whole units.
    pub rate: bool,
    /// In a row of a table, where nothing may be given.
    pub table: bool,
    /// The rule says which items it looks at.
    pub scoped: bool,
    /// In the condition of membership.
    pub door: bool,
    /// How deep parameters are being followed, against circles.
    pub depth: u8,
}

impl<'a> Checker<'a> {
    /// Adds a problem.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Runs `work` with other surroundings.
    pub(crate) fn within<T>(&mut self, here: Here, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.here, here);
        let result = work(self);
        self.here = before;
        result
    }

    /// The line of a place with the words there replaced: the corrected sentence for a help.
    pub(crate) fn rewritten(&self, span: Span, new: &str) -> String {
        let Some(file) = self.sources.file(span.file) else { return new.to_owned() };
        let range = span.range();
        let line = helps::line_of(&file.text, range.start);
        // What is told elsewhere about the line is written here too.
        let before = helps::as_read(&file.text, line.start..range.start, self.mended, span.file);
        let after = helps::as_read(&file.text, range.end..line.end.max(range.end), self.mended, span.file);
        let after = after.split_once('#').map_or(after.as_str(), |(words, _)| words);
        let words: Vec<&str> = before.split_whitespace().collect();
        let glue = if before.ends_with(char::is_whitespace) && !words.is_empty() { " " } else { "" };
        format!("{}{glue}{new}{}", words.join(" "), after.trim_end())
    }

    /// Whether a word stands directly behind a place.
    pub(crate) fn followed_by(&self, span: Span, word: &str) -> bool {
        let text = self.sources.file(span.file).map_or("", |file| &file.text);
        let next = text.get(span.range().end..).unwrap_or("").split_whitespace().next();
        next.is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    fn program(&mut self, ast: &'a Ast) {
        self.header(ast);
        self.wallets(ast);
        self.refunds(ast);
        self.ladders();
        self.lists(ast);
        self.segments(ast);
        self.members_condition(ast);
        self.check_params();
        let mut rule = 0_u16;
        for (number, statement) in (1_u32..).zip(&ast.statements) {
            if let StatementKind::Rule(decl) = &statement.kind {
                match self.rule(decl, statement, number, rule) {
                    Some(lowered) => self.program.rules.push(lowered),
                    None => self.unlowered = self.unlowered.saturating_add(1),
                }
                rule = rule.saturating_add(1);
            }
        }
        for (number, statement) in (1_u32..).zip(&ast.statements) {
            self.late_statement(statement, number, &mut rule);
        }
        self.money_pays();
        // Those inside exchanges, then those inside rewards, are numbered behind the others: as the engine lines them up.
        let inner = self.program.exchanges.iter_mut().map(|exchange| &mut exchange.rule);
        let inner = inner.chain(self.program.rewards.iter_mut().map(|reward| &mut reward.rule));
        let first = u16::try_from(self.program.rules.len()).unwrap_or(u16::MAX);
        for (rule, id) in inner.zip(first..) {
            rule.id = RuleId(id);
        }
        let mut order: Vec<&Rule> = self.program.rules.iter().collect();
        order.sort_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.id));
        self.program.rule_order = order.into_iter().map(|rule| rule.id).collect();
    }

    fn late_statement(&mut self, statement: &'a Statement, number: u32, rule: &mut u16) {
        match &statement.kind {
            StatementKind::Redeem { .. } | StatementKind::RedeemVouchers { .. } => self.redeem(statement),
            StatementKind::Reward { .. } | StatementKind::Exchange { .. } => {
                if !self.reward_or_exchange(statement, number, *rule) {
                    self.unlowered = self.unlowered.saturating_add(1);
                }
                *rule = rule.saturating_add(1);
            }
            StatementKind::Expect { metric, cmp, value } => self.expectation(metric, *cmp, value, statement.span),
            StatementKind::ExpectWorst(worst) => self.ceiling(worst, statement.span),
            StatementKind::ExpectNoGain { from } => self.gain_goal(None, from, false, statement.span),
            StatementKind::AllowGain { amount, from } => self.gain_goal(amount.as_ref(), from, true, statement.span),
            _ => {}
        }
    }
}
