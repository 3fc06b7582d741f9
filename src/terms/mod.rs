//! Terms and conditions: the checked program in the words of its customers, in three languages.
//!
//! One table of phrases per form of the program, the languages side by side (`say!`), so that a form without words in one
//! of them does not compile. [`terms`] gives plain data; [`write`] lays it out.

mod about;
mod cases;
mod conditions;
mod effects;
mod goods;
mod language;
mod levels;
mod model;
mod names;
mod rules;
mod said;
mod speak;
mod together;
mod triggers;
mod using;
pub mod write;

pub use language::Lang;
pub use model::{Clause, Document, Section, Sentence, Table};
pub use names::Words;

use crate::program::Program;
use crate::syntax::ast::Ast;
use language::say;
use said::Said;
use speak::Speaker;

/// What terms are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub program: &'a Program,
    /// The text's tree: its examples, and where settings stand.
    pub ast: &'a Ast,
    pub lang: Lang,
    /// Who runs the program; a blank to fill in if it is not said.
    pub organiser: Option<&'a str>,
    pub words: &'a Words,
}

/// The terms of a program.
#[must_use]
pub fn terms(asked: &Asked<'_>) -> Document {
    let Asked { program, ast, lang, organiser, words } = *asked;
    let speaker = Speaker::new(program, lang, words);
    let said = Said::of(ast);
    let name = speaker.quoted(&program.name);
    let (mut purchases, mut moments) = (vec![speaker.base(&said)], Vec::new());
    for rule in &program.rules {
        if triggers::by_purchase(&rule.trigger) { &mut purchases } else { &mut moments }.push(speaker.rule(rule));
    }
    let mut sections = vec![
        section(say!(lang, "The program", "О программе", "计划概述"), speaker.about(organiser, &said)),
        section(say!(lang, "Taking part", "Участие", "会员资格"), speaker.joining(&said)),
        section(say!(lang, "What you get on purchases", "Что вы получаете за покупки", "消费奖励"), purchases),
        section(say!(lang, "What you get at other moments", "Что вы получаете в других случаях", "其他奖励"), moments),
        section(say!(lang, "Levels", "Уровни", "会员等级"), speaker.levels(&said)),
        section(say!(lang, "Using what you collected", "Использование накопленного", "奖励的使用"), speaker.using()),
        section(say!(lang, "How long things last", "Сроки действия", "有效期"), speaker.lasting_of_wallets()),
        section(say!(lang, "Several offers at once", "Несколько предложений одновременно", "优惠并存"), speaker.together(&said)),
        section(say!(lang, "Returns", "Возврат товара", "退货"), speaker.returns(&said)),
        section(say!(lang, "Limits, budgets and draws", "Ограничения, бюджеты и розыгрыши", "上限、预算与抽奖"), speaker.limits()),
        section(say!(lang, "Cases", "Примеры", "示例"), speaker.cases(ast)),
    ];
    let text: String = sections.iter().flat_map(|section| &section.clauses).map(text_of).collect();
    sections.push(section(say!(lang, "Words used", "Используемые понятия", "用语说明"), speaker.glossary(&text, &said)));
    for section in &mut sections {
        if section.clauses.is_empty() {
            let none = say!(lang, "The program has nothing of this kind.", "В программе этого нет.", "本计划无此项内容。");
            section.clauses.push(Clause::new(none, None));
        }
    }
    if lang == Lang::Ru {
        abbreviated(&mut sections);
    }
    Document {
        lang, title: say!(lang, "Terms and conditions of {name}", "Правила программы {name}", "{name}会员计划条款"), sections
    }
}

/// An abbreviation's full stop ends its sentence too.
fn abbreviated(sections: &mut [Section]) {
    for clause in sections.iter_mut().flat_map(|section| &mut section.clauses) {
        for sentence in std::iter::once(&mut clause.lead).chain(&mut clause.details) {
            for short in ["руб.", "г.", "ст.", "юан."] {
                sentence.text = sentence.text.replace(&format!("\u{a0}{short}."), &format!("\u{a0}{short}"));
            }
        }
    }
}

fn section(heading: String, clauses: Vec<Clause>) -> Section {
    Section { heading, clauses }
}

fn text_of(clause: &Clause) -> String {
    std::iter::once(&clause.lead).chain(&clause.details).map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The numbers under which rules stand: those set off by purchases in section 3, behind its first clause, others in 4.
fn numbers_of(program: &Program) -> Vec<String> {
    let (mut purchases, mut moments) = (1_u32, 0_u32);
    let number = |rule: &crate::program::Rule| {
        if triggers::by_purchase(&rule.trigger) {
            purchases = purchases.saturating_add(1);
            format!("3.{purchases}")
        } else {
            moments = moments.saturating_add(1);
            format!("4.{moments}")
        }
    };
    program.rules.iter().map(number).collect()
}
