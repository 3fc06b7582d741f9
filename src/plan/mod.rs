//! The third form of a program: made ready for one history, once a run. Everybody reads it and nothing changes it.
//!
//! What it no longer has, and who asks it therefore asks in vain:
//!
//! - no triggers and no effects: [`triggers`] and [`effects`] have a row for each, and nobody else matches on them;
//! - no texts to compare: a text of the program is the set of the data's codes that mean it, an attribute is a column, a wallet
//!   knows the columns that pay with it;
//! - no rules to look through: those of each stage, of days and of settlements stand in lists of their own, in the order in
//!   which they act, those of exchanges and rewards behind the others;
//! - no limits to find: each has one place, by which accounts count what it has used;
//! - no rules that a purchase cannot concern, where there are many: [`sieve`] has sets of them by what a purchase has;
//! - no decimals where a rate without tables and limits can do with two integers ([`rates`]);
//! - no sentences about what all customers share: [`pots`] are amounts, with the rules that draw on each.
//!
//! What it still has: `program`, for what is read as it stands there, and `history`, for its dictionary of texts.

#![expect(clippy::indexing_slicing, reason = "indices are ids that `check` resolved or positions of the same lists")]

pub(crate) mod effects;
pub(crate) mod one_line;
pub(crate) mod pots;
pub(crate) mod rates;
pub(crate) mod sieve;
pub(crate) mod triggers;

use crate::history::model::{History, TextCode};
use crate::program::{
    AttributeId, AttributeOf, CivilSpan, ExpireAfter, Expiry, Expr, Keep, LadderId, Lasting, Limit, LimitWhat, MeasureKind, Members,
    Pending, Period, Program, PurchaseFilter, Rate, Rates, Rule, Scope, TextId, TextSet, TierId, Wallet, WalletId, WalletKind, Window,
    measure_words, plain_words,
};
use crate::value::{Decimal, Exact, name_key};
pub(crate) use effects::Given;
use effects::{At, Does, Effects};
use one_line::OneLine;
use pots::Pot;
use rates::Quick;
use sieve::Sieve;
use std::collections::BTreeSet;
use triggers::{Cause, Fires, Moment};

/// What every account's evaluation reads and nothing changes.
pub(crate) struct Plan<'a> {
    pub program: &'a Program,
    /// The rules of the program, then those inside exchanges and rewards: all by their ids.
    pub rules: Vec<&'a Rule>,
    /// By rule: the rows of its trigger and of its effects.
    pub causes: Vec<Cause<'a>>,
    pub effects: Vec<Effects<'a>>,
    pub history: &'a History,
    /// Data codes equal to each text of the program, without regard to case.
    texts: Vec<Vec<TextCode>>,
    /// By attribute: what holds before a customer has chosen anything.
    pub chosen_at_first: Vec<Option<TextSet>>,
    /// The data column of each attribute of the program.
    attributes: Vec<Option<usize>>,
    /// Every limit of every sentence, one state each.
    pub limits: Vec<&'a Limit>,
    /// The first of `limits` of each rule, exchange, reward and `redeem` sentence.
    pub rule_limits: Vec<usize>,
    pub redeem_limits: Vec<usize>,
    /// The places of limits that several rules share, one list for each such limit.
    pub shared_limits: Vec<Vec<usize>>,
    /// Rules that act in each stage, in the order of stages.
    pub price_rules: Vec<usize>,
    pub shipping_rules: Vec<usize>,
    pub discount_rules: Vec<usize>,
    pub earn_rules: Vec<usize>,
    pub multiply_rules: Vec<usize>,
    /// Which of them a purchase can concern: discounts, earning, multiplying.
    pub sieves: [Option<Sieve>; 3],
    /// Rules that a purchase may fire at completion.
    pub completion_rules: Vec<usize>,
    /// Rules that days fire, in file order.
    pub day_rules: Vec<usize>,
    /// What recorded payments say, by wallet of the program: its columns of `paid`, in the singular and in the plural.
    pub paid_columns: Vec<Vec<usize>>,
    /// Wallets whose earning or spending a measure follows.
    pub earned_measures: Vec<Vec<usize>>,
    pub spent_measures: Vec<Vec<usize>>,
    /// Those that count what has left pending.
    pub confirmed_measures: Vec<Vec<usize>>,
    /// Measures that purchases feed.
    pub purchase_measures: Vec<usize>,
    /// The wallet that counts as money, which events "top up" load.
    pub money: Option<WalletId>,
    /// By rule: the rules that bar it where they act, by `not with`.
    pub conflicts: Vec<Vec<usize>>,
    /// Whether a rule looks at single units (`on cheapest item`).
    pub singles_out_units: bool,
    /// Whether a rule looks at items that are not yet reduced.
    pub asks_reduced: bool,
    /// Rules whose earnings are paid at the ends of periods.
    pub paid_rules: Vec<usize>,
    /// Whether anything is settled at the ends of periods.
    pub settles: bool,
    /// Pots shared by all customers, and by rule which it draws on.
    pub pots: Vec<Pot>,
    pub rule_pots: Vec<Vec<usize>>,
    /// Whether some wallet holds so much at most.
    pub holds_at_most: bool,
    /// Whether something lasts or waits for hours.
    pub has_hours: bool,
    /// Whether the passing of time alone may fulfil what joining asks for.
    pub joins_by_time: bool,
    /// Whether a rule waits for referrals, and for which purchase of the friend.
    pub has_referral: bool,
    pub referral: Option<&'a PurchaseFilter>,
    /// By rule: it acts on every purchase of a member, nothing to test.
    pub acts_always: Vec<bool>,
    /// Rules that may hold an entitlement.
    pub entitled_rules: Vec<usize>,
    /// By rule: some rate counts items.
    pub per_item: Vec<bool>,
    /// By rule and effect: a rate without tables and limits, as two integers.
    pub quick: Vec<Vec<Option<Quick>>>,
    /// Whether customers share pots at all.
    pub has_pots: bool,
    /// Whether a tier, once reached, is kept for a period that later events renew.
    pub has_keeps: bool,
    /// Whether any wallet's lots follow the customer's activity.
    pub any_follows_activity: bool,
    /// By rule and wallet: whether lots it earns never expire and are never pending.
    pub lasting_rules: Vec<Vec<bool>>,
    /// Rules on the top category of a period.
    pub top_rules: Vec<usize>,
    /// By measure: its window, and whether it counts days.
    pub windows: Vec<(Window, bool)>,
    /// By measure: the words by which opening balances name it.
    pub measure_names: Vec<Option<String>>,
    /// Whether a trigger counts steps of spending or runs of periods.
    pub has_steps: bool,
    /// Whether firings of some rule draw what they give; by rule, its place among those that do.
    pub draws_what_it_gives: bool,
    pub draw_places: Vec<usize>,
    /// How purchases of one line are evaluated, if the program allows a shorter way.
    pub one_line: Option<OneLine<'a>>,
}

impl<'a> Plan<'a> {
    pub fn new(program: &'a Program, history: &'a History) -> Self {
        let rules = rules(program);
        let sentences = program.rules.len();
        let cause = |rule: &&'a Rule| {
            let cause = Cause::of(&rule.trigger);
            // What exchanges and rewards give was paid for first.
            Cause { entitles: cause.entitles || rule.id.index() >= sentences, ..cause }
        };
        let causes: Vec<Cause<'a>> = rules.iter().map(cause).collect();
        let effects: Vec<Effects<'a>> = rules.iter().map(|rule| Effects::of(rule)).collect();
        let (pots, rule_pots) = pots::pots(program, &rules, &effects);
        let has_pots = !pots.is_empty();
        let conflicts = conflicts(program, rules.len());
        let acts_always = |rule: usize| {
            let plain = rules[rule].when.is_empty() && rules[rule].tests.is_empty() && conflicts[rule].is_empty();
            causes[rule].is_every_purchase() && !causes[rule].entitles && plain && rule_pots[rule].is_empty()
        };
        let acts_always = (0..rules.len()).map(acts_always).collect();
        let mut limits = Vec::new();
        let mut place = |list: &'a [Limit]| {
            let first = limits.len();
            limits.extend(list);
            first
        };
        let rule_limits = rules.iter().map(|rule| place(&rule.limits)).collect();
        let redeem_limits = program.redeems.iter().map(|redeem| place(&redeem.limits)).collect();
        let ids: BTreeSet<u16> = limits.iter().filter_map(|limit| limit.shared).collect();
        let places = |id: u16| (0..limits.len()).filter(|at| limits[*at].shared == Some(id)).collect();
        let shared_limits = ids.into_iter().map(places).collect();
        let rows = &effects;
        let stage = |stage: At| {
            let order = program.rule_order.iter().map(|id| id.index()).chain(sentences..rules.len());
            order.filter(move |rule| rows[*rule].act_at(stage))
        };
        let is_top = |rule: usize| top_period(rules[rule].scope.as_ref()).is_some();
        let by_purchase = |rule: &usize| match causes[*rule].fires {
            // Modifiers alone need no firing.
            Fires::Purchase(_) => *rule >= sentences || effects[*rule].act_at(At::Completion),
            // Also where they only modify: a number that has served is known by its firing.
            _ => causes[*rule].is_by_purchase(),
        };
        let follow = |wanted: fn(&MeasureKind) -> Option<WalletId>| -> Vec<Vec<usize>> {
            let of = |wallet: usize| {
                let measures = program.measures.iter().enumerate();
                measures.filter(|(_, m)| wanted(&m.kind).is_some_and(|id| id.index() == wallet)).map(|(at, _)| at).collect()
            };
            (0..program.wallets.len()).map(of).collect()
        };
        let mut plan = Self {
            texts: program.texts.iter().map(|text| codes(history, text)).collect(),
            attributes: program.attributes.iter().map(|a| column(history, a.of, &a.name)).collect(),
            limits,
            rule_limits,
            redeem_limits,
            shared_limits,
            price_rules: stage(At::Prices).collect(),
            shipping_rules: stage(At::Shipping).collect(),
            discount_rules: stage(At::Discounts).collect(),
            earn_rules: stage(At::Earning).filter(|rule| !is_top(*rule)).collect(),
            multiply_rules: stage(At::Multiplying).collect(),
            completion_rules: program.rule_order.iter().map(|id| id.index()).chain(sentences..rules.len()).filter(by_purchase).collect(),
            day_rules: (0..rules.len()).filter(|&rule| causes[rule].is_by_time()).collect(),
            paid_columns: program
                .wallets
                .iter()
                .map(|wallet| {
                    let named = |at: &usize| {
                        let column = &history.paid_wallets[*at];
                        same_name(column, &wallet.name) || wallet.forms.iter().any(|form| same_name(column, form))
                    };
                    (0..history.paid_wallets.len()).filter(named).collect()
                })
                .collect(),
            confirmed_measures: follow(|kind| if let MeasureKind::Confirmed(w) = kind { Some(*w) } else { None }),
            earned_measures: follow(|kind| if let MeasureKind::Earned(w) = kind { Some(*w) } else { None }),
            spent_measures: follow(|kind| if let MeasureKind::Spent(w) = kind { Some(*w) } else { None }),
            purchase_measures: (0..program.measures.len())
                .filter(|&m| {
                    matches!(
                        program.measures[m].kind,
                        MeasureKind::Spend
                            | MeasureKind::GrossSpend
                            | MeasureKind::Purchases
                            | MeasureKind::Items
                            | MeasureKind::Quantity
                            | MeasureKind::DaysWithPurchase
                            | MeasureKind::Different(_)
                    )
                })
                .collect(),
            singles_out_units: rules.iter().any(|r| matches!(r.scope, Some(Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::Groups(..)))),
            asks_reduced: rules.iter().any(|rule| rule.scope.as_ref().is_some_and(Scope::asks_reduced)),
            pots,
            rule_pots,
            holds_at_most: program.wallets.iter().any(|wallet| wallet.hold.is_some()),
            has_hours: rules.iter().zip(&effects).any(|(rule, effects)| counts_hours(rule, effects))
                || program.wallets.iter().any(|wallet| is_hours(&wallet.pending)),
            money: program.wallets.iter().position(|wallet| wallet.as_money).and_then(|at| u16::try_from(at).ok()).map(WalletId),
            joins_by_time: matches!(&program.members, Members::If(condition) if program.changes_with_time(condition)),
            chosen_at_first: (0..program.attributes.len())
                .map(|at| program.choices.iter().find(|choice| choice.attribute.index() == at)?.first.map(|first| vec![first]))
                .collect(),
            has_referral: causes[..sentences].iter().any(Cause::is_referral),
            referral: program.rules.iter().find_map(|rule| triggers::waits_for_friend(&rule.trigger)),
            acts_always,
            entitled_rules: (0..rules.len()).filter(|&rule| effects[rule].modify() && causes[rule].entitles).collect(),
            per_item: rules.iter().zip(&effects).map(|(rule, effects)| counts_items(rule, effects)).collect(),
            quick: rules
                .iter()
                .zip(&effects)
                .map(|(rule, effects)| effects.iter().map(|does| Quick::of(program, rule, does)).collect())
                .collect(),
            has_pots,
            has_keeps: program.ladders.iter().any(|ladder| ladder.keep != Keep::UntilReview),
            any_follows_activity: program
                .wallets
                .iter()
                .any(|w| matches!(w.expiry, Expiry::After { after, .. } if !matches!(after, ExpireAfter::Earning | ExpireAfter::Usable))),
            lasting_rules: rules
                .iter()
                .map(|rule| {
                    let lasts = |wallet: &Wallet| wallet.expiry == Expiry::Never && wallet.pending == Pending::No;
                    program.wallets.iter().map(|wallet| rule.life.is_plain() && lasts(wallet)).collect()
                })
                .collect(),
            paid_rules: (0..program.rules.len()).filter(|&rule| program.rules[rule].life.paid_at.is_some()).collect(),
            settles: (0..rules.len())
                .any(|rule| matches!(causes[rule].fires, Fires::End(_)) || rules[rule].life.paid_at.is_some() || is_top(rule)),
            top_rules: (0..sentences).filter(|&rule| is_top(rule)).collect(),
            has_steps: causes.iter().any(|cause| matches!(cause.fires, Fires::Steps(_) | Fires::Streak(_))),
            draws_what_it_gives: rules.iter().any(|rule| rule.is_drawn()),
            draw_places: (0..rules.len()).map(|rule| rules[..=rule].iter().filter(|rule| rule.is_drawn()).count()).collect(),
            conflicts,
            causes,
            effects,
            rules,
            measure_names: program.measures.iter().map(|m| Some(plain_words(&measure_words(program, m)?))).collect(),
            windows: program.measures.iter().map(|m| (m.window, m.kind == MeasureKind::DaysWithPurchase)).collect(),
            one_line: None,
            sieves: [None, None, None],
            program,
            history,
        };
        plan.sieves = [&plan.discount_rules, &plan.earn_rules, &plan.multiply_rules].map(|rules| Sieve::new(&plan, rules));
        plan.one_line = OneLine::new(&plan);
        plan
    }

    /// The wallet of a name, singular or plural.
    pub fn wallet(&self, name: &str) -> Option<WalletId> {
        let called = |wallet: &Wallet| same_name(&wallet.name, name) || wallet.forms.iter().any(|form| same_name(form, name));
        let found = self.program.wallets.iter().position(called)?;
        u16::try_from(found).ok().map(WalletId)
    }

    /// The tier of a name.
    pub fn tier(&self, name: &str) -> Option<TierId> {
        let key = name_key(name);
        self.program.ladders.iter().enumerate().find_map(|(ladder, rungs)| {
            let rung = rungs.rungs.iter().position(|rung| name_key(&rung.name) == key)?;
            Some(TierId { ladder: LadderId(u16::try_from(ladder).ok()?), rung: u8::try_from(rung).ok()? })
        })
    }

    /// The row of one effect of a rule.
    pub fn effect(&self, rule: usize, effect: usize) -> Option<&Does<'a>> {
        self.effects[rule].get(effect)
    }

    /// Whether what a rule sets off waits for later purchases.
    pub fn waits(&self, rule: usize) -> bool {
        self.causes[rule].entitles && self.effects[rule].modify()
    }

    /// Whether an award is what a voucher takes off: its rule fired when it granted the voucher, not when that pays.
    pub fn is_used_voucher(&self, rule: usize, effect: usize, given: Given) -> bool {
        given == Given::Discount && self.effect(rule, effect).and_then(Does::voucher).is_some()
    }

    /// The rules that a moment fires, in file order.
    pub fn fired_by(&self, moment: &Moment) -> impl Iterator<Item = usize> {
        let fired = self.causes.iter().enumerate().filter(move |(_, cause)| matches!(&cause.fires, Fires::Moment(m) if m == moment));
        fired.map(|(rule, _)| rule)
    }

    /// The period at whose end a rule is settled on its top category, if it is.
    pub fn top_period(&self, rule: usize) -> Option<Period> {
        top_period(self.rules[rule].scope.as_ref())
    }

    /// Whether accounts must be evaluated together.
    pub fn looks_across(&self) -> bool {
        !self.program.draws.is_empty() || self.has_referral || self.has_pots
    }

    /// Whether a wallet's lots expire a span after `what`.
    pub fn expires_with(&self, wallet: usize, what: ExpireAfter) -> bool {
        matches!(self.program.wallets[wallet].expiry, Expiry::After { after, .. } if after == what)
    }

    /// Whether a wallet's lots expire together, after something the customer did last.
    pub fn follows_activity(&self, wallet: usize) -> bool {
        matches!(self.program.wallets[wallet].expiry, Expiry::After { after, .. } if !matches!(after, ExpireAfter::Earning | ExpireAfter::Usable))
    }

    /// Whether something may move the last day of lots that stand: what the customer does, or a tier.
    pub fn lives_move(&self, wallet: usize) -> bool {
        self.follows_activity(wallet) || !self.program.wallets[wallet].never_expire_for.is_empty()
    }

    /// Whether purchases feed a measure.
    pub fn is_purchase_measure(&self, id: crate::program::MeasureId) -> bool {
        self.purchase_measures.contains(&id.index())
    }

    /// Whether a data text is one of the program's texts.
    pub fn is_text(&self, code: TextCode, texts: &[TextId]) -> bool {
        texts.iter().any(|id| self.texts.get(id.index()).is_some_and(|codes| codes.contains(&code)))
    }

    /// The column of an attribute, if the history has it.
    pub fn attribute(&self, id: AttributeId) -> Option<usize> {
        self.attributes.get(id.index()).copied().flatten()
    }

    /// The full units of a wallet in an amount of its smallest units.
    pub fn full_units(&self, wallet: WalletId, amount: i64) -> Exact {
        let scale = self.program.wallets.get(wallet.index()).map_or(0, |w| if w.kind == WalletKind::Money { 0 } else { w.scale });
        Exact::try_from(Decimal::new(i128::from(amount), scale)).unwrap_or(Exact::whole(i128::from(amount)))
    }
}

/// The rules of a program, then those inside exchanges and rewards: all by their ids.
fn rules(program: &Program) -> Vec<&Rule> {
    let inner = program.exchanges.iter().map(|exchange| &*exchange.rule).chain(program.rewards.iter().map(|reward| &*reward.rule));
    program.rules.iter().chain(inner).collect()
}

/// Whether customers of a program share something, so that they cannot be evaluated apart.
pub(crate) fn looks_across(program: &Program) -> bool {
    let rules = rules(program);
    let effects: Vec<Effects<'_>> = rules.iter().map(|rule| Effects::of(rule)).collect();
    let referral = program.rules.iter().any(|rule| Cause::of(&rule.trigger).is_referral());
    !program.draws.is_empty() || referral || !pots::pots(program, &rules, &effects).0.is_empty()
}

fn is_hours(pending: &Pending) -> bool {
    matches!(pending, Pending::For(CivilSpan::Hours(_)))
}

/// Whether what a rule grants lasts or waits for hours.
fn counts_hours(rule: &Rule, effects: &Effects<'_>) -> bool {
    let lasts = |does: &Does<'_>| matches!(does.valid, Some(Lasting::For(CivilSpan::Hours(_))));
    let waits = rule.life.pending.as_ref().is_some_and(is_hours);
    waits || matches!(rule.life.expiring_after, Some(CivilSpan::Hours(_))) || effects.iter().any(lasts)
}

fn counts_items(rule: &Rule, effects: &Effects<'_>) -> bool {
    let per_item = |rate: &Rate| matches!(rate, Rate::PerItem { .. } | Rate::PerEachItem { .. } | Rate::PerQuantity { .. });
    let by_item = |rates: &Rates| matches!(rates, Rates::Table(table) if table.key.exprs().into_iter().any(Expr::is_of_item));
    let rates = |rates: &Rates| rates.all().any(per_item) || by_item(rates);
    effects.iter().filter_map(Does::rates).any(rates) || rule.limits.iter().any(|limit| limit.then.as_ref().is_some_and(per_item))
}

/// Of two rules that do not stand together, the one that comes later in the order of stages gives way.
fn conflicts(program: &Program, rules: usize) -> Vec<Vec<usize>> {
    let place = |rule: usize| program.rule_order.iter().position(|id| id.index() == rule);
    let named = |a: usize, b: usize| program.rules[a].not_with.iter().any(|id| id.index() == b);
    let all = 0..program.rules.len();
    let mut bars: Vec<Vec<usize>> = all
        .clone()
        .map(|rule| all.clone().filter(|&o| o != rule && (named(rule, o) || named(o, rule)) && place(o) < place(rule)).collect())
        .collect();
    bars.resize(rules, Vec::new());
    bars
}

fn same_name(a: &str, b: &str) -> bool {
    let (a, b) = (name_key(a), name_key(b));
    a == b || a.strip_suffix('s') == Some(&b) || b.strip_suffix('s') == Some(&a)
}

fn codes(history: &History, text: &str) -> Vec<TextCode> {
    let key = name_key(text);
    let all = history.texts.list.iter().enumerate();
    // Several coupons of one purchase are one text of the data.
    let holds = |known: &str| known.split(crate::history::model::SEVERAL).any(|one| name_key(one) == key);
    all.filter(|(_, known)| holds(known)).filter_map(|(code, _)| TextCode::try_from(code).ok()).collect()
}

fn column(history: &History, of: AttributeOf, name: &str) -> Option<usize> {
    let names = match of {
        AttributeOf::Customer => &history.customer_attributes,
        AttributeOf::Purchase => &history.purchase_attributes,
        AttributeOf::Item => &history.item_attributes,
    };
    let key = name_key(name);
    names.iter().position(|known| name_key(known) == key)
}

/// Whether a limit counts firings.
pub(crate) fn counts_times(limit: &Limit) -> bool {
    matches!(limit.what, LimitWhat::Times(_))
}

/// The period of a rule's top category, if it has that scope.
fn top_period(scope: Option<&Scope>) -> Option<Period> {
    match scope {
        Some(Scope::TopCategory(period, _)) => Some(*period),
        _ => None,
    }
}
