//! A program brought together with a history: names of data become codes and columns, rules are sorted by stage.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are ids that `check` resolved or positions of the same lists"
)]

pub(crate) mod effects;
pub(crate) mod one_line;
pub(crate) mod pots;
pub(crate) mod rates;

use crate::history::model::{History, TextCode};
use crate::program::{
    AttributeId, AttributeOf, CivilSpan, Effect, ExpireAfter, Expiry, Keep, LadderId, Lasting, Limit, LimitWhat, MeasureKind, Members,
    Pending, Period, Program, Rate, Rates, Rule, Scope, TextId, TierId, Trigger, Wallet, WalletId, WalletKind, Window,
};
use crate::value::{Decimal, Exact, name_key};
pub(crate) use effects::Given;
use one_line::OneLine;
use pots::Pot;
use rates::Quick;

/// What every account's evaluation reads and nothing changes.
pub(crate) struct Plan<'a> {
    pub program: &'a Program,
    /// The rules of the program, then those inside exchanges and rewards: all by their ids.
    pub rules: Vec<&'a Rule>,
    pub history: &'a History,
    /// Data codes equal to each text of the program, without regard to case.
    texts: Vec<Vec<TextCode>>,
    /// The data column of each attribute of the program.
    attributes: Vec<Option<usize>>,
    /// Every limit of every sentence, one state each.
    pub limits: Vec<&'a Limit>,
    /// The first of `limits` of each rule, exchange, reward and `redeem` sentence.
    pub rule_limits: Vec<usize>,
    pub redeem_limits: Vec<usize>,
    /// Rules that act in each stage, in the order of stages.
    pub price_rules: Vec<usize>,
    pub discount_rules: Vec<usize>,
    pub earn_rules: Vec<usize>,
    pub multiply_rules: Vec<usize>,
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
    /// By rule: the rules that bar it where they act, by `not with`.
    pub conflicts: Vec<Vec<usize>>,
    /// Whether a rule looks at single units (`on cheapest item`).
    pub singles_out_units: bool,
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
    /// Whether a rule waits for referrals.
    pub has_referral: bool,
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
    /// By rule and effect: the rate of a percentage voucher.
    pub voucher_rates: Vec<Vec<Option<Rates>>>,
    /// By measure: its window, and whether it counts days.
    pub windows: Vec<(Window, bool)>,
    /// Whether a trigger counts steps of spending or runs of periods.
    pub has_steps: bool,
    /// How purchases of one line are evaluated, if the program allows a shorter way.
    pub one_line: Option<OneLine<'a>>,
}

impl<'a> Plan<'a> {
    pub fn new(program: &'a Program, history: &'a History) -> Self {
        let inner = program.exchanges.iter().map(|e| &*e.rule).chain(program.rewards.iter().map(|r| &*r.rule));
        let rules: Vec<&'a Rule> = program.rules.iter().chain(inner).collect();
        let (pots, rule_pots) = pots::pots(program);
        let has_pots = !pots.is_empty();
        let acts_always = acts_always(program, &rules, &rule_pots);
        let mut limits = Vec::new();
        let mut place = |list: &'a [Limit]| {
            let first = limits.len();
            limits.extend(list);
            first
        };
        let rule_limits = rules.iter().map(|rule| place(&rule.limits)).collect();
        let redeem_limits = program.redeems.iter().map(|redeem| place(&redeem.limits)).collect();
        let stage = |wanted: fn(&Effect) -> bool| -> Vec<usize> {
            let order = program.rule_order.iter().map(|id| id.index()).chain(program.rules.len()..rules.len());
            order.filter(|&rule| rules[rule].effects.iter().any(wanted)).collect()
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
            price_rules: stage(|e| matches!(e, Effect::PriceList(_) | Effect::FreeShipping)),
            discount_rules: stage(|e| matches!(e, Effect::Discount(_))),
            earn_rules: stage(|e| matches!(e, Effect::Earn { .. } | Effect::EarnEntries { .. }))
                .into_iter()
                .filter(|&rule| top_period(rules[rule].scope.as_ref()).is_none())
                .collect(),
            multiply_rules: stage(|e| matches!(e, Effect::Multiply { .. })),
            completion_rules: program
                .rule_order
                .iter()
                .map(|id| id.index())
                .filter(|&rule| fires_at_completion(&program.rules[rule]))
                .chain((program.rules.len()..rules.len()).filter(|&rule| rules[rule].trigger.is_by_purchase()))
                .collect(),
            day_rules: (0..rules.len()).filter(|&rule| rules[rule].trigger.is_by_time()).collect(),
            paid_columns: program
                .wallets
                .iter()
                .map(|wallet| (0..history.paid_wallets.len()).filter(|at| same_name(&history.paid_wallets[*at], &wallet.name)).collect())
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
                            | MeasureKind::DaysWithPurchase
                    )
                })
                .collect(),
            conflicts: conflicts(program, rules.len()),
            singles_out_units: rules.iter().any(|r| matches!(r.scope, Some(Scope::Cheapest(_) | Scope::EveryNth(..)))),
            pots,
            rule_pots,
            holds_at_most: program.wallets.iter().any(|wallet| wallet.hold.is_some()),
            has_hours: rules.iter().any(|rule| counts_hours(rule)) || program.wallets.iter().any(|wallet| is_hours(&wallet.pending)),
            joins_by_time: matches!(&program.members, Members::If(condition) if program.changes_with_time(condition)),
            has_referral: program.rules.iter().any(|rule| rule.trigger == Trigger::Referral),
            acts_always,
            entitled_rules: (0..rules.len())
                .filter(|&rule| {
                    rules[rule].effects.iter().any(Effect::is_modifier)
                        && !acts_without_right(&rules[rule].trigger, rule < program.rules.len())
                })
                .collect(),
            per_item: rules.iter().map(|rule| counts_items(rule)).collect(),
            quick: rules.iter().map(|rule| rule.effects.iter().map(|effect| Quick::of(program, rule, effect)).collect()).collect(),
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
            settles: rules.iter().any(|rule| {
                matches!(rule.trigger, Trigger::AtEnd(_)) || rule.life.paid_at.is_some() || top_period(rule.scope.as_ref()).is_some()
            }),
            top_rules: (0..program.rules.len()).filter(|&rule| top_period(program.rules[rule].scope.as_ref()).is_some()).collect(),
            voucher_rates: rules.iter().map(|rule| rule.effects.iter().map(voucher_rates).collect()).collect(),
            has_steps: rules.iter().any(|r| matches!(r.trigger, Trigger::Spending { .. } | Trigger::Streak { .. })),
            rules,
            windows: program.measures.iter().map(|m| (m.window, m.kind == MeasureKind::DaysWithPurchase)).collect(),
            one_line: None,
            program,
            history,
        };
        plan.one_line = OneLine::new(&plan);
        plan
    }

    /// The wallet of a name, singular or plural.
    pub fn wallet(&self, name: &str) -> Option<WalletId> {
        let found = self.program.wallets.iter().position(|wallet| same_name(&wallet.name, name))?;
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

/// Whether a modifier with such a trigger acts by the purchase or the day alone and never waits as an entitlement.
fn acts_without_right(trigger: &Trigger, is_sentence: bool) -> bool {
    is_sentence
        && matches!(
            trigger,
            Trigger::EachPurchase { .. }
                | Trigger::Range { .. }
                | Trigger::Nth { after: false, .. }
                | Trigger::EveryNth { after: false, .. }
        )
}

fn voucher_rates(effect: &Effect) -> Option<Rates> {
    match effect {
        Effect::Voucher { value: value @ Rate::Percent(_), .. } => Some(Rates::One(*value)),
        _ => None,
    }
}

fn is_hours(pending: &Pending) -> bool {
    matches!(pending, Pending::For(CivilSpan::Hours(_)))
}

/// Whether what a rule grants lasts or waits for hours.
fn counts_hours(rule: &Rule) -> bool {
    let life = |valid: &Option<Lasting>| matches!(valid, Some(Lasting::For(CivilSpan::Hours(_))));
    let of_effect = |effect: &Effect| match effect {
        Effect::Grant { valid, .. } | Effect::GrantFriend { valid, .. } | Effect::Gift { valid, .. } | Effect::Voucher { valid, .. } => {
            life(valid)
        }
        _ => false,
    };
    let waits = rule.life.pending.as_ref().is_some_and(is_hours);
    waits || matches!(rule.life.expiring_after, Some(CivilSpan::Hours(_))) || rule.effects.iter().any(of_effect)
}

fn acts_always(program: &Program, rules: &[&Rule], rule_pots: &[Vec<usize>]) -> Vec<bool> {
    let conflicts = conflicts(program, rules.len());
    // Those of exchanges and rewards act only where they were paid for.
    let is_sentence = |rule: &Rule| program.rules.get(rule.id.index()).is_some();
    let plain = |(rule, bars): (&&Rule, &Vec<usize>)| {
        let each = is_sentence(rule) && matches!(&rule.trigger, Trigger::EachPurchase { filter } if filter.is_all());
        let alone = rule_pots.get(rule.id.index()).is_none_or(Vec::is_empty);
        each && alone && rule.when.is_empty() && rule.tests.is_empty() && bars.is_empty()
    };
    rules.iter().zip(&conflicts).map(plain).collect()
}

fn counts_items(rule: &Rule) -> bool {
    let per_item = |rate: &Rate| matches!(rate, Rate::PerItem { .. });
    rule.effects.iter().any(|effect| match effect {
        Effect::Discount(rates) | Effect::Earn { rates, .. } => match rates {
            Rates::One(rate) => per_item(rate),
            Rates::Table(table) => table.rows.iter().any(|row| per_item(&row.rate)),
        },
        _ => false,
    }) || rule.limits.iter().any(|limit| limit.then.as_ref().is_some_and(per_item))
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
    all.filter(|(_, known)| name_key(known) == key).filter_map(|(code, _)| TextCode::try_from(code).ok()).collect()
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

/// Whether a purchase can fire the rule: make its grants, or begin an entitlement.
fn fires_at_completion(rule: &Rule) -> bool {
    let grants = rule.effects.iter().any(|effect| !effect.is_modifier());
    match &rule.trigger {
        Trigger::EachPurchase { .. } => grants,
        // Also where they only modify: a number that has served is known by its firing.
        Trigger::Nth { .. } | Trigger::EveryNth { .. } | Trigger::Range { .. } => true,
        Trigger::Spending { .. } | Trigger::Streak { .. } => true,
        _ => false,
    }
}

/// Whether a limit counts firings.
pub(crate) fn counts_times(limit: &Limit) -> bool {
    matches!(limit.what, LimitWhat::Times(_))
}

/// The period of a rule's top category, if it has that scope.
pub(crate) fn top_period(scope: Option<&Scope>) -> Option<Period> {
    match scope {
        Some(Scope::TopCategory(period, _)) => Some(*period),
        _ => None,
    }
}
