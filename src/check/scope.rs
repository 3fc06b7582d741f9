//! All names of a program, gathered before anything is looked into, so that order never matters.

use super::errors;
use crate::diagnostic::{Problems, nearest};
use crate::program::{LadderId, TierId};
use crate::span::Span;
use crate::syntax::ast::{self, Ast, Expr, Name, RuleDecl, StatementKind, TiersDecl, WalletKind};
use crate::value::{look, name_key, stems};
use std::cell::Cell;
use std::collections::BTreeMap;

/// A declared name.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub name: String,
    pub span: Span,
    /// Whether any sentence looked it up.
    pub used: Cell<bool>,
    /// The form under which names are equal.
    key: String,
}

impl Entry {
    pub(crate) fn new(name: &str, span: Span) -> Self {
        Self { name: name.to_owned(), span, used: Cell::new(false), key: name_key(name) }
    }
}

/// Names of one kind in the order of their declarations; the place in the list is the id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(pub Vec<Entry>, Places);

/// Where names stand in a list: as written, and by what they may be singular or plural of.
#[derive(Clone, Debug, Default)]
struct Places {
    exact: BTreeMap<String, usize>,
    stems: BTreeMap<String, usize>,
}

impl Names {
    /// A list of names.
    pub(crate) fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut names = Self::default();
        entries.into_iter().for_each(|entry| names.add(entry));
        names
    }

    /// The first declaration of a name: letter case is ignored, and so is its number where nothing fits better.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let key = name_key(name);
        let near = || stems(&key).iter().filter_map(|stem| self.1.stems.get(stem)).min();
        let found = self.1.exact.get(&key).or_else(near).copied()?;
        if let Some(entry) = self.0.get(found) {
            entry.used.set(true);
        }
        Some(found)
    }

    fn add(&mut self, entry: Entry) {
        let at = self.0.len();
        for stem in stems(&entry.key) {
            self.1.stems.entry(stem).or_insert(at);
        }
        self.1.exact.entry(entry.key.clone()).or_insert(at);
        self.0.push(entry);
    }

    /// The declared name that a mistyped one is nearest to.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.0.iter().map(|entry| entry.name.as_str()))
    }

    /// `bronze, silver, gold`
    pub(crate) fn list(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|entry| entry.name.as_str()).collect();
        names.join(", ")
    }

    fn push(&mut self, name: &str, span: Span) {
        self.add(Entry::new(name, span));
    }
}

/// A parameter and its value, which `--set` may have replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param<'a> {
    pub name: &'a Name,
    pub value: &'a Expr,
}

/// Everything that has a name.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    pub wallets: Names,
    pub ladders: Vec<&'a TiersDecl>,
    /// Spans of the ladders' statements.
    pub ladder_spans: Vec<Span>,
    pub tiers: Names,
    pub tier_ids: Vec<TierId>,
    pub segments: Names,
    pub calendars: Names,
    pub gifts: Names,
    pub budgets: Names,
    pub limits: Names,
    /// What limits of several rules say, in the same order.
    pub limit_decls: Vec<(&'a ast::Limit, Span)>,
    pub draws: Names,
    pub price_lists: Names,
    pub groups: Names,
    /// Rules, one entry each; those without a name have an empty one.
    pub rules: Names,
    pub params: Vec<Param<'a>>,
    /// Which of them a sentence looked up.
    pub params_used: Vec<Cell<bool>>,
    /// The places of parameters by the keys of their names.
    param_places: BTreeMap<String, usize>,
}

impl<'a> Scope<'a> {
    /// Gathers the names of all statements and reports those declared twice.
    pub(crate) fn gather(ast: &'a Ast, problems: &mut Problems) -> Self {
        let mut scope = Self::default();
        for statement in &ast.statements {
            scope.declare(&statement.kind, statement.span);
        }
        // The main ladder first: `tier` means it.
        let named = |i: &usize| scope.ladders.get(*i).is_some_and(|ladder| ladder.name.is_some());
        let mut order: Vec<usize> = (0..scope.ladders.len()).collect();
        order.sort_by_key(named);
        scope.ladder_spans = order.iter().filter_map(|i| scope.ladder_spans.get(*i).copied()).collect();
        scope.ladders = order.iter().filter_map(|i| scope.ladders.get(*i).copied()).collect();
        scope.declare_tiers();
        scope.report_duplicates(problems);
        scope
    }

    fn declare(&mut self, kind: &'a StatementKind, span: Span) {
        match kind {
            StatementKind::Wallet(wallet) => match (&wallet.name, wallet.kind) {
                (Some(name), _) => self.wallets.push(&name.node, name.span),
                (None, WalletKind::Stamps) => self.wallets.push("stamps", span),
                (None, WalletKind::Points) => self.wallets.push("points", span),
                (None, WalletKind::Money) => self.wallets.push("cashback", span),
            },
            StatementKind::Tiers(ladder) => {
                self.ladders.push(ladder);
                self.ladder_spans.push(span);
            }
            StatementKind::Segment { name, .. } => self.segments.push(&name.node, name.span),
            StatementKind::Calendar { name, .. } => self.calendars.push(&name.node, name.span),
            StatementKind::Gift { name, .. } => self.gifts.push(&name.node, name.span),
            StatementKind::Budget { name, .. } => self.budgets.push(&name.node, name.span),
            StatementKind::SharedLimit { name, limit } => {
                self.limits.push(&name.node, name.span);
                self.limit_decls.push((limit, span));
            }
            StatementKind::Draw { name, .. } => self.draws.push(&name.node, name.span),
            StatementKind::Prices { name, .. } => self.price_lists.push(&name.node, name.span),
            StatementKind::Group { name, .. } => self.groups.push(&name.node, name.span),
            StatementKind::Param { name, value } => {
                self.param_places.entry(name_key(&name.node)).or_insert(self.params.len());
                self.params.push(Param { name, value });
                self.params_used.push(Cell::new(false));
            }
            StatementKind::Rule(RuleDecl { name: Some(name), .. }) => self.rules.push(&name.node, name.span),
            StatementKind::Rule(_) => self.rules.push("", span),
            _ => {}
        }
    }

    fn declare_tiers(&mut self) {
        for (ladder, decl) in (0..=u16::MAX).zip(&self.ladders) {
            for (rung, row) in (0..=u8::MAX).zip(&decl.rows) {
                self.tiers.push(&row.name.node, row.name.span);
                self.tier_ids.push(TierId { ladder: LadderId(ladder), rung });
            }
        }
    }

    /// The ladder called so; `None` means the main one, or the only one there is.
    pub(crate) fn ladder(&self, name: Option<&str>) -> Option<LadderId> {
        let found = match name {
            None => self.ladders.iter().position(|l| l.name.is_none()).or((self.ladders.len() == 1).then_some(0)),
            Some(name) => {
                let key = name_key(name);
                self.ladders.iter().position(|l| l.name.as_ref().is_some_and(|n| name_key(&n.node) == key))
            }
        };
        found.and_then(|i| u16::try_from(i).ok()).map(LadderId)
    }

    /// The place of the parameter called so.
    pub(crate) fn param_place(&self, name: &str) -> Option<usize> {
        self.param_places.get(&name_key(name)).copied()
    }

    /// The parameter called so, for a sentence that uses it.
    pub(crate) fn param(&self, name: &str) -> Option<Param<'a>> {
        let at = self.param_place(name)?;
        if let Some(used) = self.params_used.get(at) {
            used.set(true);
        }
        self.params.get(at).copied()
    }

    fn report_duplicates(&self, problems: &mut Problems) {
        let params = Names::new(self.params.iter().map(|p| Entry::new(&p.name.node, p.name.span)));
        let ladders = self.ladders.iter().zip(&self.ladder_spans).map(|(ladder, span)| match &ladder.name {
            Some(name) => Entry::new(&name.node, name.span),
            None => Entry::new("tiers", *span),
        });
        let ladders = Names::new(ladders);
        let kinds: [(&str, &Names); 13] = [
            ("wallets", &self.wallets),
            ("ladders", &ladders),
            ("tiers", &self.tiers),
            ("segments", &self.segments),
            ("calendars", &self.calendars),
            ("gifts", &self.gifts),
            ("budgets", &self.budgets),
            ("limits", &self.limits),
            ("draws", &self.draws),
            ("price lists", &self.price_lists),
            ("groups", &self.groups),
            ("rules", &self.rules),
            ("parameters", &params),
        ];
        for (kind, names) in kinds {
            let mut first: BTreeMap<&str, Span> = BTreeMap::new();
            for entry in names.0.iter().filter(|entry| !entry.name.is_empty()) {
                match first.get(entry.key.as_str()) {
                    Some(span) => problems.push(errors::duplicate(kind, &entry.name, entry.span, *span)),
                    None => drop(first.insert(&entry.key, entry.span)),
                }
            }
        }
        let mut looks: BTreeMap<String, &Entry> = BTreeMap::new();
        let all = kinds.iter().flat_map(|(_, names)| &names.0).filter(|entry| !entry.name.is_empty());
        for entry in all {
            match looks.get(&look(&entry.name)) {
                Some(first) if first.key != entry.key => {
                    problems.push(errors::look_alike((&entry.name, entry.span), (&first.name, first.span)));
                }
                Some(_) => {}
                None => drop(looks.insert(look(&entry.name), entry)),
            }
        }
        self.report_words_with_two_meanings(&params, problems);
    }

    /// A bare word in a condition may be a parameter, a tier or a segment: one word must not be two of them.
    fn report_words_with_two_meanings(&self, params: &Names, problems: &mut Problems) {
        let kinds = [("tier", &self.tiers), ("segment", &self.segments), ("parameter", params)];
        let mut first: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
        for (kind, names) in kinds {
            for entry in &names.0 {
                match first.get(entry.key.as_str()) {
                    Some((other, span)) if *other != kind => {
                        problems.push(errors::two_meanings(&entry.name, (kind, entry.span), (other, *span)));
                    }
                    _ => drop(first.insert(&entry.key, (kind, entry.span))),
                }
            }
        }
    }
}
