//! How names are written: as they were declared.

use crate::source::Sources;
use crate::span::Span;
use crate::syntax::ast::{Ast, Name, StatementKind, WalletKind};
use crate::syntax::grammar::{Grammar, Rule};
use crate::syntax::names::is_reserved;
use crate::value::name_key;
use pest::Parser;
use std::collections::HashMap;

/// What a name may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Wallet,
    Tier,
    Ladder,
    Segment,
    Calendar,
    Gift,
    Budget,
    Draw,
    Prices,
    Group,
    Param,
    Rule,
    /// Nothing that a program declares.
    Other,
}

/// A name as declared.
#[derive(Clone, Debug)]
struct Spelling {
    letters: String,
    quoted: bool,
}

/// The names that a program declares.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared(HashMap<(Kind, String), Spelling>);

impl Declared {
    /// All that a program declares; of several declarations of one name the first counts.
    pub fn of(ast: &Ast, sources: &Sources) -> Self {
        let mut declared = Self::default();
        let mut add = |kind: Kind, name: &Name| {
            let quoted = written_quoted(sources, name.span).unwrap_or(!can_be_bare(&name.node));
            declared.add(kind, name.node.clone(), quoted);
        };
        for statement in &ast.statements {
            match &statement.kind {
                StatementKind::Wallet(wallet) => {
                    let unnamed = if wallet.kind == WalletKind::Stamps { "stamps" } else { "points" };
                    let unnamed = Name::new(unnamed.to_owned(), Span::default());
                    match &wallet.name {
                        Some(name) => {
                            add(Kind::Wallet, name);
                            wallet.forms.iter().for_each(|(_, form)| add(Kind::Wallet, form));
                        }
                        None => add(Kind::Wallet, &unnamed),
                    }
                }
                StatementKind::Tiers(tiers) => {
                    tiers.name.iter().for_each(|name| add(Kind::Ladder, name));
                    tiers.rows.iter().for_each(|row| add(Kind::Tier, &row.name));
                }
                StatementKind::Segment { name, .. } => add(Kind::Segment, name),
                StatementKind::Calendar { name, .. } => add(Kind::Calendar, name),
                StatementKind::Gift { name, .. } => add(Kind::Gift, name),
                StatementKind::Budget { name, .. } => add(Kind::Budget, name),
                StatementKind::Draw { name, .. } => add(Kind::Draw, name),
                StatementKind::Prices { name, .. } => add(Kind::Prices, name),
                StatementKind::Group { name, .. } => add(Kind::Group, name),
                StatementKind::Param { name, .. } => add(Kind::Param, name),
                StatementKind::Rule(rule) => rule.name.iter().for_each(|name| add(Kind::Rule, name)),
                _ => {}
            }
        }
        declared.add(Kind::Wallet, "cashback".to_owned(), false);
        declared
    }

    fn add(&mut self, kind: Kind, letters: String, quoted: bool) {
        self.0.entry((kind, name_key(&letters))).or_insert(Spelling { letters, quoted });
    }

    /// The declared spelling of a word, in the number in which it is written, and whether it stands in quotes.
    pub fn spelling(&self, kind: Kind, word: &str) -> Option<(String, bool)> {
        let key = name_key(word);
        if let Some(exact) = self.0.get(&(kind, key.clone())) {
            return Some((exact.letters.clone(), exact.quoted));
        }
        let singular = key.strip_suffix('s').and_then(|key| self.0.get(&(kind, key.to_owned())));
        if let Some(found) = singular {
            return Some((format!("{}s", found.letters), found.quoted));
        }
        let found = self.0.get(&(kind, format!("{key}s")))?;
        let letters = found.letters.strip_suffix(['s', 'S'])?;
        Some((letters.to_owned(), found.quoted))
    }
}

/// Whether a text stands in quotes; `None` where there is no text to look at.
pub(super) fn written_quoted(sources: &Sources, span: Span) -> Option<bool> {
    let text = sources.text(span);
    (!text.is_empty()).then(|| text.starts_with('"'))
}

/// Whether a text is one word of letters, digits, `_` and `-`.
pub(super) fn is_word(text: &str) -> bool {
    Grammar::parse(Rule::word, text).is_ok_and(|pairs| pairs.as_str().len() == text.len())
}

/// Whether a text may be a name without quotes.
pub(super) fn can_be_bare(text: &str) -> bool {
    is_word(text) && !is_reserved(text)
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
