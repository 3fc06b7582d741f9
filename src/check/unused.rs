//! What is declared and that nothing uses.

use super::lower_lists::quoted_if_needed;
use super::scope::Names;
use super::{Checker, errors};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Ast;

/// Declarations whose names no sentence looked up. Asked before examples are read: what only they name is not used.
pub(crate) fn found(checker: &Checker<'_>, ast: &Ast) -> Vec<Diagnostic> {
    if ast.statements.iter().any(|statement| statement.damaged) {
        return Vec::new();
    }
    let scope = &checker.scope;
    let kinds: [(&str, &str, &Names); 5] = [
        ("gift", "Grant it in a rule, put it into a reward, or delete it.", &scope.gifts),
        ("segment", "Write for segment NAME in a rule, or delete it.", &scope.segments),
        ("calendar", "Write during NAME in a rule, or delete it.", &scope.calendars),
        ("price list", "Write price from NAME in a rule, or delete it.", &scope.price_lists),
        ("group", "Write in group NAME in its rules, or delete it.", &scope.groups),
    ];
    let mut found = Vec::new();
    for (kind, help, names) in kinds {
        for entry in names.0.iter().filter(|entry| !entry.used.get()) {
            let help = help.replace("NAME", &quoted_if_needed(&entry.name));
            found.push(errors::unused(kind, &entry.name, &help, entry.span));
        }
    }
    for (entry, budget) in scope.budgets.0.iter().zip(&checker.program.budgets) {
        if !entry.used.get() && !budget.for_all_rules {
            let name = quoted_if_needed(&entry.name);
            let help = format!("Write within budget {name} in a rule, or under the budget: for all rules");
            found.push(errors::unused("budget", &entry.name, &help, entry.span));
        }
    }
    for entry in scope.limits.0.iter().filter(|entry| !entry.used.get()) {
        let help = format!("Write within limit \"{}\" in its rules, or delete it.", entry.name);
        found.push(errors::unused("limit", &entry.name, &help, entry.span));
    }
    for (param, used) in scope.params.iter().zip(&scope.params_used) {
        if !used.get() {
            found.push(errors::unused("parameter", &param.name.node, "Write its name in place of a value, or delete it.", param.name.span));
        }
    }
    found
}
