//! From the syntax tree to sentences that can be followed; what lies outside the fragment is said so.

use super::calendar::{Zone, day};
use super::number::{Mode, Ratio};
use super::pots::Budget;
use super::{Outside, Read, Slip};
use loyalty_dsl::syntax::ast::*;
use std::collections::BTreeSet;

/// What a wallet is.
pub struct Wallet<'a> {
    pub name: String,
    pub kind: WalletKind,
    /// What one is worth, in cents; a money wallet counts cents itself.
    pub worth: Option<Ratio>,
    pub mode: Mode,
    pub step: Ratio,
    pub spend: SpendOrder,
    pub expiry: Expiry,
    pub pending: Option<DurationLit>,
    pub settings: &'a [loyalty_dsl::span::Spanned<WalletSetting>],
}

/// When lots expire.
#[derive(Clone, Copy)]
pub enum Expiry {
    Never,
    /// `latest`: of two clocks the one that runs from earning.
    After {
        span: DurationLit,
        after: ExpireAfter,
        latest: Option<DurationLit>,
        at_end_of: Option<Period>,
    },
    AtEnd {
        next: bool,
        period: Period,
    },
}

impl Expiry {
    pub fn is_of_activity(self) -> bool {
        matches!(self, Self::After { after: ExpireAfter::LastActivity, .. })
    }
}

/// A ladder of tiers.
pub struct Ladder<'a> {
    pub name: Option<String>,
    pub measure: &'a Measure,
    pub rows: Vec<Row>,
    pub keep: Keep,
    pub review: Period,
    pub drop: Drop,
    pub grace: Option<DurationLit>,
}

pub struct Row {
    pub name: String,
    pub from: Option<Ratio>,
    /// A second threshold: of purchases.
    pub or: Option<Ratio>,
}

#[derive(Clone, Copy)]
pub enum Keep {
    UntilReview,
    For(DurationLit),
    UntilEnd { next: bool, period: Period, plus: Option<DurationLit> },
}

#[derive(Clone, Copy, PartialEq)]
pub enum Drop {
    Qualifying,
    OneLevel,
    Never,
}

/// A rate in the form of its effect; money in cents.
#[derive(Clone, Copy, Debug)]
pub enum Rate {
    Share(Ratio),
    Per { amount: Ratio, per: Ratio, in_proportion: bool },
    PerItem(Ratio),
    Fixed(Ratio),
}

/// Where a sentence stands that gives something.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Role {
    #[default]
    Rule,
    /// So many units of a wallet are given for it, of at least so many that the wallet holds.
    Exchange {
        wallet: usize,
        units: Ratio,
        least: Ratio,
    },
    Reward {
        name: String,
        wallet: usize,
        units: Ratio,
    },
}

/// A gift.
pub struct Gift {
    pub name: String,
    pub costs: Ratio,
    pub only: Option<Ratio>,
}

/// A raffle.
pub struct Raffle {
    pub name: String,
    pub date: chrono::NaiveDate,
    pub winners: Ratio,
    pub gift: String,
}

/// A rule, or the terms of a `redeem`, by kinds of clauses.
#[derive(Clone, Default)]
pub struct Rule<'a> {
    pub name: String,
    pub role: Role,
    pub budgets: Vec<String>,
    /// `only N times in all`
    pub only: Option<Ratio>,
    pub trigger: Option<&'a Trigger>,
    pub effects: Vec<&'a Effect>,
    pub scopes: Vec<&'a Scope>,
    pub audiences: Vec<&'a Audience>,
    pub places: Vec<&'a Place>,
    pub times: Vec<&'a TimeClause>,
    pub overs: Vec<&'a Over>,
    /// With `true`: `unless`.
    pub conditions: Vec<(&'a Expr, bool)>,
    pub limits: Vec<&'a Limit>,
    pub on_next: Option<Ratio>,
    pub lasting: Option<DurationLit>,
    pub pending: Option<DurationLit>,
    pub expiring: Option<DurationLit>,
    pub priority: Ratio,
    pub with_shipping: bool,
    pub exclusive: bool,
    /// Another effect of its sentence is a discount, so that `over` looks at the amount.
    pub beside_discount: bool,
    /// `in steps of 1 EUR`, of what is paid out.
    pub in_steps: Option<Ratio>,
    /// `for every 3 items of category "x"`
    pub for_every: Option<(Ratio, Option<&'a Scope>)>,
    pub group: Option<GroupPolicy>,
    pub group_name: Option<String>,
    /// What of the language it uses.
    pub uses: BTreeSet<String>,
}

/// The terms on which a wallet pays.
pub struct Redeem<'a> {
    pub wallet: usize,
    /// So many pay so many cents, whole steps only.
    pub step: Ratio,
    pub value: Ratio,
    pub terms: Rule<'a>,
}

/// A program.
pub struct Program<'a> {
    pub zone: Zone,
    pub round: Mode,
    pub combine: Combine,
    pub by_signup: bool,
    pub before_discounts: bool,
    pub without_tax: bool,
    pub without_shipping: bool,
    pub with_redeemed: bool,
    pub sunday: bool,
    pub wallets: Vec<Wallet<'a>>,
    pub ladders: Vec<Ladder<'a>>,
    pub rules: Vec<Rule<'a>>,
    pub redeems: Vec<Redeem<'a>>,
    pub gifts: Vec<Gift>,
    pub budgets: Vec<Budget>,
    pub draws: Vec<Raffle>,
    /// By how much vouchers are worth more, and on what terms.
    pub voucher_values: Vec<(Ratio, Rule<'a>)>,
    pub params: Vec<(String, &'a Expr)>,
    pub groups: Vec<(String, GroupPolicy)>,
    pub uses: BTreeSet<String>,
    pub slip: Slip,
}

/// "Large and small letters make no difference", nor does a final `s`.
pub fn key(name: &str) -> String {
    let name = name.to_lowercase();
    name.strip_suffix('s').map_or(name.clone(), str::to_owned)
}

fn mode(mode: RoundMode) -> Mode {
    match mode {
        RoundMode::HalfUp => Mode::HalfUp,
        RoundMode::HalfEven => Mode::HalfEven,
        RoundMode::Down => Mode::Down,
        RoundMode::Up => Mode::Up,
    }
}

fn decimal(n: loyalty_dsl::value::Decimal) -> Ratio {
    Ratio::new(n.mantissa, 10_i128.pow(n.scale.into()))
}

impl<'a> Program<'a> {
    pub fn read(ast: &'a Ast, slip: Slip) -> Read<Self> {
        let mut program = Self {
            zone: Zone::find("UTC").expect("a zone"),
            round: Mode::HalfUp,
            combine: Combine::Best,
            by_signup: false,
            before_discounts: false,
            without_tax: false,
            without_shipping: false,
            with_redeemed: false,
            sunday: false,
            wallets: Vec::new(),
            ladders: Vec::new(),
            rules: Vec::new(),
            redeems: Vec::new(),
            gifts: Vec::new(),
            budgets: Vec::new(),
            draws: Vec::new(),
            voucher_values: Vec::new(),
            params: Vec::new(),
            groups: Vec::new(),
            uses: BTreeSet::new(),
            slip,
        };
        let statements = || ast.statements.iter().map(|statement| &statement.kind);
        // Names may be used before they are declared.
        for statement in statements() {
            match statement {
                StatementKind::Program(decl) => program.settings(decl)?,
                StatementKind::Param { name, value } => program.params.push((key(&name.node), value)),
                StatementKind::Group { name, policy } => program.groups.push((key(&name.node), *policy)),
                _ => {}
            }
        }
        for statement in statements() {
            if let StatementKind::Wallet(decl) = statement {
                program.wallet(decl)?;
            }
        }
        if program.wallets.iter().all(|wallet| wallet.name != "cashback") {
            let (kind, mode, step) = (WalletKind::Money, program.round, Ratio::whole(1));
            let (expiry, spend) = (Expiry::Never, SpendOrder::EarliestExpiry);
            let name = "cashback".to_owned();
            program.wallets.push(Wallet { name, kind, worth: None, mode, step, spend, expiry, pending: None, settings: &[] });
        }
        for statement in statements() {
            match statement {
                StatementKind::Tiers(decl) => program.ladder(decl)?,
                StatementKind::Rule(decl) => {
                    let mut rule = program.clauses(&decl.clauses)?;
                    rule.name = decl.name.as_ref().ok_or(Outside("a rule without a name"))?.node.clone();
                    program.stand_together(rule)?;
                }
                StatementKind::Redeem { amount, wallet, value, clauses } => {
                    let number = program.wallet_called(&wallet.node)?;
                    let (step, value) = match (amount, value) {
                        (Some(amount), Some(value)) => (program.number(amount)?, program.number(value)?),
                        _ => (Ratio::whole(1), program.wallets[number].worth.unwrap_or(Ratio::whole(1))),
                    };
                    let terms = program.clauses(clauses)?;
                    program.redeems.push(Redeem { wallet: number, step, value, terms });
                }
                StatementKind::Gift { name, costs, only, .. } => {
                    let costs = costs.as_ref().map_or(Ok(Ratio::ZERO), |costs| program.number(costs))?;
                    let only = only.as_ref().map(|only| program.number(only)).transpose()?;
                    program.uses.extend(only.is_some().then(|| "only in all".to_owned()));
                    program.gifts.push(Gift { name: key(&name.node), costs, only });
                }
                StatementKind::Budget { name, amount, per, for_all_rules } => {
                    let (amount, per) = (program.number(amount)?, per.as_ref().map(|per| per.node));
                    program.uses.insert(format!("budget for all {for_all_rules}"));
                    program.budgets.push(Budget { name: key(&name.node), amount, per, for_all: *for_all_rules });
                }
                StatementKind::Draw { name, date, winners, gift } => {
                    let (winners, date) = (program.number(winners)?, day(date.node));
                    program.draws.push(Raffle { name: name.node.clone(), date, winners, gift: gift.node.clone() });
                }
                StatementKind::RedeemVouchers { times, clauses } => {
                    let raised = (program.number(times)?, program.clauses(clauses)?);
                    program.voucher_values.push(raised);
                    program.uses.insert("redeem vouchers".to_owned());
                }
                StatementKind::Program(_) | StatementKind::Wallet(_) | StatementKind::Param { .. } => {}
                StatementKind::Group { .. } | StatementKind::Exchange { .. } | StatementKind::Reward { .. } => {}
                _ => return Err(Outside("a statement")),
            }
        }
        program.catalogue(ast)?;
        Ok(program)
    }

    /// "Effects of one sentence stand together, and the clauses apply to all of them": a modifier beside grants acts as if each had
    /// a sentence of its own.
    fn stand_together(&mut self, rule: Rule<'a>) -> Read<()> {
        let (modifiers, grants): (Vec<&Effect>, Vec<&Effect>) = rule.effects.iter().partition(|effect| is_modifier(effect));
        if !modifiers.is_empty() && !grants.is_empty() {
            if !rule.limits.is_empty() || !rule.budgets.is_empty() || rule.only.is_some() || rule.group.is_some() {
                return Err(Outside("what limits a modifier and a grant together"));
            }
            let series = |effect: &&&Effect| match effect {
                Effect::Gift { name, only, .. } => only.is_some() || self.gift(&key(&name.node)).is_some_and(|gift| gift.only.is_some()),
                _ => false,
            };
            if grants.iter().any(|effect| series(&effect)) || self.budgets.iter().any(|budget| budget.for_all) {
                return Err(Outside("what limits a modifier and a grant together"));
            }
            let beside_discount = modifiers.iter().any(|effect| matches!(effect, Effect::Discount(_)));
            let mut given = Rule { effects: grants, beside_discount, ..rule.clone() };
            given.uses.insert("a modifier and a grant".to_owned());
            self.rules.push(Rule { effects: modifiers, ..rule });
            self.rules.push(given);
        } else {
            self.rules.push(rule);
        }
        Ok(())
    }

    /// Exchanges and rewards stand behind the rules.
    fn catalogue(&mut self, ast: &'a Ast) -> Read<()> {
        let (mut exchanges, mut rewards) = (0, 0);
        for statement in &ast.statements {
            let (price, effects, clauses) = match &statement.kind {
                StatementKind::Exchange { amount, wallet, effects, clauses } => (Some((amount, wallet)), effects.as_slice(), clauses),
                StatementKind::Reward { price: Some((amount, wallet)), effect, clauses, .. } => {
                    (Some((amount, wallet)), std::slice::from_ref(effect.as_ref()), clauses)
                }
                StatementKind::Reward { price: None, effect, clauses, .. } => (None, std::slice::from_ref(effect.as_ref()), clauses),
                _ => continue,
            };
            let (wallet, units) = match price {
                Some((amount, wallet)) => (self.wallet_called(&wallet.node)?, self.number(amount)?),
                None => (0, Ratio::ZERO),
            };
            let mut rule = self.clauses(clauses)?;
            let least = rule.limits.iter().find_map(|limit| match &limit.what {
                LimitWhat::AtLeast(least) => Some(least),
                _ => None,
            });
            let least = least.map_or(Ok(units), |least| self.number(least))?.max(units);
            rule.limits.retain(|limit| !matches!(limit.what, LimitWhat::AtLeast(_)));
            for effect in effects {
                rule.effects.push(&effect.node);
                rule.uses.insert(self.use_of(&effect.node));
            }
            let (word, number) = if matches!(statement.kind, StatementKind::Exchange { .. }) {
                rule.role = Role::Exchange { wallet, units, least };
                exchanges += 1;
                ("exchange", exchanges - 1)
            } else {
                let name = match (&statement.kind, effects) {
                    (StatementKind::Reward { name: Some(name), .. }, _) => key(&name.node),
                    (_, [one]) => self.reward_name(&one.node)?,
                    _ => return Err(Outside("a reward")),
                };
                rule.uses.extend((units == Ratio::ZERO).then(|| "reward for free".to_owned()));
                rule.role = Role::Reward { name, wallet, units };
                rewards += 1;
                ("reward", rewards - 1)
            };
            let modifies = if rule.modifies()? { " for a modifier" } else { "" };
            let triggered = if rule.trigger.is_some() { " with a trigger" } else { "" };
            if !modifies.is_empty() && rule.on_next.is_none() && rule.lasting.is_none() {
                // "For one purchase, unless its clauses say otherwise."
                rule.on_next = Some(Ratio::whole(1));
            }
            rule.uses.insert(format!("{word}{modifies}{triggered}"));
            rule.name = format!("{word} {number}");
            self.rules.push(rule);
        }
        Ok(())
    }

    /// By which name a reward is claimed.
    fn reward_name(&self, effect: &Effect) -> Read<String> {
        match effect {
            Effect::Gift { name, .. } | Effect::Access { name, .. } => Ok(key(&name.node)),
            Effect::Voucher { amount, .. } if !self.is_percent(amount)? => {
                Ok(format!("voucher {:?} eur", self.number(amount)? / Ratio::whole(100)))
            }
            Effect::Discount(Rates::One(WrittenRate::Value(share))) if self.is_percent(share)? => {
                Ok(format!("discount {:?}%", self.number(share)? * Ratio::whole(100)))
            }
            _ => Err(Outside("the name of a reward")),
        }
    }

    pub fn gift(&self, name: &str) -> Option<&Gift> {
        self.gifts.iter().find(|gift| gift.name == name)
    }

    /// What of the language an effect is.
    fn use_of(&self, effect: &Effect) -> String {
        let uses = match effect {
            Effect::Earn { rates: Rates::Table(table), .. } | Effect::Discount(Rates::Table(table)) => {
                format!("table each slice {}", table.each_slice)
            }
            Effect::Earn { rates: Rates::One(WrittenRate::Value(_)), .. } => "earn a share".to_owned(),
            Effect::Earn { rates: Rates::One(rate), .. } => format!("earn {rate:?}"),
            Effect::Discount(Rates::One(rate)) => format!("discount {}", if self.is_share(rate) { "share" } else { "sum" }),
            Effect::Voucher { amount, .. } => format!("voucher {}", if self.is_percent(amount) == Ok(true) { "share" } else { "sum" }),
            other => format!("effect {other:?}"),
        };
        uses.split(['{', '(', '[']).next().unwrap_or_default().trim().to_owned()
    }

    /// Whether a value is a percentage.
    pub fn is_percent(&self, value: &Expr) -> Read<bool> {
        Ok(matches!(self.literal(value)?, Literal::Percent(_)))
    }

    fn settings(&mut self, decl: &ProgramDecl) -> Read<()> {
        for setting in &decl.settings {
            match &setting.node {
                Setting::Currency(code) if code == "EUR" => {}
                Setting::Timezone(name) => self.zone = Zone::find(name).ok_or(Outside("a zone"))?,
                Setting::Members(Members::Automatically) => {}
                Setting::Members(Members::BySignup) => {
                    self.by_signup = true;
                    self.uses.insert("members join by signup".to_owned());
                }
                Setting::EarnOn { after_discounts, excluding_tax, excluding_shipping, including_redeemed } => {
                    self.before_discounts = *after_discounts == Some(false);
                    (self.without_tax, self.without_shipping) = (*excluding_tax, *excluding_shipping);
                    self.with_redeemed = *including_redeemed;
                    for (said, words) in [
                        (self.before_discounts, "before discounts"),
                        (self.without_tax, "excluding tax"),
                        (self.without_shipping, "excluding shipping"),
                        (self.with_redeemed, "including redeemed part"),
                    ] {
                        if said {
                            self.uses.insert(format!("earn on amount {words}"));
                        }
                    }
                }
                Setting::DiscountsCombine(combine) => {
                    self.combine = *combine;
                    self.uses.insert(format!("combine {combine:?}"));
                }
                Setting::RoundMoney(given) => {
                    let slipped = self.slip == Slip::HalfEven && *given == RoundMode::HalfUp;
                    self.round = if slipped { Mode::HalfEven } else { mode(*given) };
                    self.uses.insert(format!("round money {given:?}"));
                }
                Setting::WeekStarts { sunday } => self.sunday = *sunday,
                Setting::AccountBy(by) => {
                    self.uses.extend(by.as_ref().map(|_| "account by an attribute".to_owned()));
                }
                Setting::Returns(ReturnsSetting::MayGoNegative | ReturnsSetting::RestoreOriginalExpiry) => {}
                _ => return Err(Outside("a setting of the program")),
            }
        }
        Ok(())
    }

    fn wallet(&mut self, decl: &'a WalletDecl) -> Read<()> {
        let name = match (&decl.name, decl.kind) {
            (Some(name), _) => key(&name.node),
            (None, WalletKind::Stamps) => "stamp".to_owned(),
            (None, _) => "point".to_owned(),
        };
        let money = decl.kind == WalletKind::Money;
        let mut wallet = Wallet {
            name,
            kind: decl.kind,
            worth: None,
            mode: if money { self.round } else { Mode::Down },
            step: Ratio::whole(1),
            spend: SpendOrder::EarliestExpiry,
            expiry: Expiry::Never,
            pending: None,
            settings: &decl.settings,
        };
        for setting in wallet.settings {
            let mut uses = "worth".to_owned();
            match &setting.node {
                WalletSetting::Worth(value) => wallet.worth = Some(self.number(value)?),
                WalletSetting::ExpireAfter { narrow, .. } if *narrow != Narrowing::default() => {
                    return Err(Outside("an activity of some purchases"));
                }
                WalletSetting::ExpireAfter { span, after, or, at, .. } => {
                    let at_end_of = match at {
                        None => &None,
                        Some(ExpireAt::End(EndOf::Period(period))) => &Some(*period),
                        Some(_) => return Err(Outside("the end of an expiry")),
                    };
                    if *after == ExpireAfter::Usable {
                        return Err(Outside("becoming usable"));
                    }
                    uses = format!("expire after {after:?} at end of {at_end_of:?}");
                    let first = (self.span(span)?, *after);
                    let second = or.as_ref().map(|or| Ok((self.span(&or.span)?, or.after))).transpose()?;
                    if let Some((_, after)) = second {
                        uses = format!("{uses} or {after:?}");
                    }
                    let ((span, after), latest) = match second {
                        None => (first, None),
                        Some(second) if first.1 == ExpireAfter::Earning => (second, Some(first.0)),
                        Some(second) => (first, Some(second.0)),
                    };
                    wallet.expiry = Expiry::After { span, after, latest, at_end_of: *at_end_of };
                }
                WalletSetting::ExpireAtEnd { end: EndOf::HalfYear, .. } | WalletSetting::ExpireAtEnd { plus: Some(_), .. } => {
                    return Err(Outside("the end of an expiry"));
                }
                WalletSetting::ExpireAtEnd { next, end: EndOf::Period(period), plus: None } => {
                    uses = "expire at end".to_owned();
                    wallet.expiry = Expiry::AtEnd { next: *next, period: *period };
                }
                WalletSetting::NeverExpire => wallet.expiry = Expiry::Never,
                WalletSetting::PendingFor(span) => {
                    uses = "wallet pending".to_owned();
                    wallet.pending = Some(self.span(span)?);
                }
                WalletSetting::Round { mode: given, step } => {
                    uses = format!("wallet round {given:?}");
                    wallet.mode = mode(*given);
                    if let Some(step) = step {
                        wallet.step = self.number(step)?;
                    }
                }
                WalletSetting::Spend(order) => {
                    uses = format!("spend {order:?}");
                    wallet.spend = *order;
                }
                WalletSetting::NeverExpireFor(_)
                | WalletSetting::PendingUntil { .. }
                | WalletSetting::HoldAtMost(_)
                | WalletSetting::ForLevelsOnly
                | WalletSetting::CountsAsMoney
                | WalletSetting::CarryAtMost { .. } => return Err(Outside("a setting of a wallet")),
            }
            self.uses.insert(uses);
        }
        self.wallets.push(wallet);
        Ok(())
    }

    fn ladder(&mut self, decl: &'a TiersDecl) -> Read<()> {
        let mut ladder = Ladder {
            name: decl.name.as_ref().map(|name| key(&name.node)),
            measure: &decl.measure,
            rows: Vec::new(),
            keep: Keep::UntilReview,
            review: Period::Month,
            drop: Drop::Qualifying,
            grace: None,
        };
        for row in &decl.rows {
            if row.by_invitation || decl.by_invitation {
                return Err(Outside("a tier by invitation"));
            }
            let or = row.or.as_ref().map(|or| self.number(or)).transpose()?;
            let from = row.from.as_ref().map(|from| self.number(from)).transpose()?;
            ladder.rows.push(Row { name: key(&row.name.node), from, or });
            if or.is_some() {
                self.uses.insert("tier or".to_owned());
            }
        }
        for setting in &decl.settings {
            let uses = match &setting.node {
                TierSetting::KeepFor(span) => {
                    ladder.keep = Keep::For(self.span(span)?);
                    "keep for"
                }
                TierSetting::KeepUntilEnd { next, period, plus } => {
                    let plus = plus.as_ref().map(|plus| self.span(plus)).transpose()?;
                    ladder.keep = Keep::UntilEnd { next: *next, period: *period, plus };
                    "keep until"
                }
                TierSetting::Review(period) => {
                    ladder.review = *period;
                    "review"
                }
                TierSetting::DropToQualifying => "drop to qualifying tier",
                TierSetting::Carrying(_) => return Err(Outside("what is carried")),
                TierSetting::DropOneLevel(Some(_)) => return Err(Outside("a landing")),
                TierSetting::DropOneLevel(None) => {
                    ladder.drop = Drop::OneLevel;
                    "drop one level"
                }
                TierSetting::NeverDrop => {
                    ladder.drop = Drop::Never;
                    "never drop"
                }
                TierSetting::Grace(span) => {
                    ladder.grace = Some(self.span(span)?);
                    "grace"
                }
            };
            self.uses.insert(uses.to_owned());
        }
        self.uses.insert(format!("tiers by {:?}", ladder.measure.kind).split('(').next().unwrap_or_default().to_owned());
        self.ladders.push(ladder);
        Ok(())
    }

    fn clauses(&self, clauses: &'a [Clause]) -> Read<Rule<'a>> {
        let mut rule = Rule::default();
        for clause in clauses {
            let uses = match &clause.node {
                ClauseKind::Trigger(trigger) => {
                    rule.trigger = Some(trigger);
                    match trigger {
                        Trigger::Purchase { after, which, .. } => format!("trigger after {after} {which:?}"),
                        other => format!("trigger {other:?}"),
                    }
                }
                ClauseKind::Effect(effect) => {
                    rule.effects.push(effect);
                    self.use_of(effect)
                }
                ClauseKind::Scope(scope) => {
                    rule.scopes.push(scope);
                    match scope {
                        Scope::Excluding(_) => "excluding".to_owned(),
                        other => format!("scope {other:?}"),
                    }
                }
                ClauseKind::Audience(audience) => {
                    rule.audiences.push(audience);
                    if audience.except { "except for tier" } else { "for tier" }.to_owned()
                }
                ClauseKind::Place(place) => {
                    rule.places.push(place);
                    "place".to_owned()
                }
                ClauseKind::Time(time) => {
                    rule.times.push(time);
                    format!("time {time:?}")
                }
                ClauseKind::Over(over) => {
                    rule.overs.push(over);
                    if over.inclusive { "of at least" } else { "over" }.to_owned()
                }
                ClauseKind::If(test) => {
                    rule.conditions.push((test, false));
                    "if".to_owned()
                }
                ClauseKind::Unless(test) => {
                    rule.conditions.push((test, true));
                    "unless".to_owned()
                }
                ClauseKind::Limit(limit) => {
                    rule.limits.push(limit);
                    let per = match limit.per {
                        LimitPeriod::Calendar(period) => format!("{period:?}"),
                        LimitPeriod::Rolling(_) => "rolling".to_owned(),
                        _ => "purchase or ever".to_owned(),
                    };
                    let (then, nothing) = (limit.then.is_some(), limit.or_nothing);
                    let what = format!("{:?}", limit.what);
                    rule.uses.insert(format!("limit per {per}"));
                    format!("limit {} then {then} or nothing {nothing}", what.split('(').next().unwrap_or_default())
                }
                ClauseKind::OnNext(count) => {
                    rule.on_next = Some(self.number(count)?);
                    "on next".to_owned()
                }
                ClauseKind::For(Lasting::For(span)) => {
                    rule.lasting = Some(self.span(span)?);
                    "for a span".to_owned()
                }
                ClauseKind::PendingFor(span) => {
                    rule.pending = Some(self.span(span)?);
                    "pending for".to_owned()
                }
                ClauseKind::ExpiringAfter(span) => {
                    rule.expiring = Some(self.span(span)?);
                    "expiring after".to_owned()
                }
                ClauseKind::Exclusive => {
                    rule.exclusive = true;
                    "exclusive".to_owned()
                }
                ClauseKind::IncludingShipping => {
                    rule.with_shipping = true;
                    "including shipping".to_owned()
                }
                ClauseKind::Priority(priority) => {
                    rule.priority = self.number(priority)?;
                    "priority".to_owned()
                }
                ClauseKind::InGroup(name) => {
                    let group = self.groups.iter().find(|(group, _)| *group == key(&name.node)).ok_or(Outside("a group"))?;
                    rule.group = Some(group.1);
                    rule.group_name = Some(group.0.clone());
                    format!("group {:?}", group.1)
                }
                ClauseKind::WithinBudget(name) => {
                    rule.budgets.push(key(&name.node));
                    "within budget".to_owned()
                }
                ClauseKind::InSteps(step) => {
                    rule.in_steps = Some(self.number(step)?);
                    "in steps".to_owned()
                }
                ClauseKind::ForEvery { count, scope } => {
                    rule.for_every = Some((Ratio::whole(count.node.into()), scope.as_ref()));
                    "for every so many items".to_owned()
                }
                ClauseKind::OnlyTimes(count) => {
                    rule.only = Some(self.number(count)?);
                    "only times in all".to_owned()
                }
                _ => return Err(Outside("a clause")),
            };
            // The shape of a construct, not its numbers and names.
            let shape = uses.split(['{', '(', '[']).next().unwrap_or_default().trim().to_owned();
            rule.uses.insert(shape);
        }
        Ok(rule)
    }

    fn is_share(&self, rate: &WrittenRate) -> bool {
        matches!(self.rate(rate), Ok(Rate::Share(_)))
    }

    /// A literal, or a parameter in its place.
    pub fn literal<'b>(&self, expr: &'b Expr) -> Read<&'b Literal>
    where
        'a: 'b,
    {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(literal),
            ExprKind::Name(name) => {
                let found = self.params.iter().find(|(param, _)| *param == key(name)).ok_or(Outside("a name"))?;
                self.literal(found.1)
            }
            _ => Err(Outside("a calculation")),
        }
    }

    /// A number; money in cents, a percentage as a fraction.
    pub fn number(&self, expr: &Expr) -> Read<Ratio> {
        match self.literal(expr)? {
            Literal::Number(n) | Literal::Count { amount: n, .. } => Ok(decimal(*n)),
            Literal::Percent(n) => Ok(decimal(*n) / Ratio::whole(100)),
            Literal::Money { amount, .. } => Ok(decimal(*amount) * Ratio::whole(100)),
            // `from 3 days` in a ladder by days.
            Literal::Duration(DurationLit { count, unit: DurationUnit::Days }) => Ok(Ratio::whole((*count).into())),
            _ => Err(Outside("no number")),
        }
    }

    pub fn span(&self, expr: &Expr) -> Read<DurationLit> {
        match self.literal(expr)? {
            Literal::Duration(span) => Ok(*span),
            _ => Err(Outside("no span")),
        }
    }

    pub fn rate(&self, rate: &WrittenRate) -> Read<Rate> {
        Ok(match rate {
            WrittenRate::Value(value) => match self.literal(value)? {
                Literal::Percent(_) => Rate::Share(self.number(value)?),
                _ => Rate::Fixed(self.number(value)?),
            },
            WrittenRate::Per { of_each_item: true, .. } => return Err(Outside("full amounts of each item")),
            WrittenRate::Per { amount, per, in_proportion, .. } => {
                Rate::Per { amount: self.number(amount)?, per: self.number(per)?, in_proportion: *in_proportion }
            }
            WrittenRate::PerItem { amount } => Rate::PerItem(self.number(amount)?),
        })
    }

    pub fn wallet_called(&self, name: &str) -> Read<usize> {
        self.wallets.iter().position(|wallet| wallet.name == key(name)).ok_or(Outside("a wallet"))
    }

    /// The wallet that an amount goes to: `5 EUR to cashback`, `100 beans`.
    pub fn wallet_of(&self, amount: &Expr, wallet: Option<&Name>) -> Read<usize> {
        match (wallet, self.literal(amount)?) {
            (Some(name), _) => self.wallet_called(&name.node),
            (None, Literal::Count { unit, .. }) => self.wallet_called(&unit.node),
            (None, _) => self.wallet_called("cashback"),
        }
    }

    /// The rules of a stage run "by priority, then file order".
    pub fn order(&self) -> Vec<usize> {
        self.order_of(|role| *role == Role::Rule)
    }

    /// The sentences of some roles in their order.
    pub fn order_of(&self, wanted: impl Fn(&Role) -> bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rules.len()).filter(|rule| wanted(&self.rules[*rule].role)).collect();
        order.sort_by_key(|rule| -self.rules[*rule].priority);
        order
    }

    /// Everything that may act on a purchase: rules, and what was exchanged for or claimed.
    pub fn acting(&self) -> Vec<usize> {
        self.order_of(|_| true)
    }
}

/// "An effect that needs a purchase is a modifier."
pub fn is_modifier(effect: &Effect) -> bool {
    matches!(effect, Effect::Discount(_) | Effect::Earn { .. } | Effect::Multiply { .. } | Effect::FreeShipping)
}

/// The tree's rates, beside [`Rate`].
pub type WrittenRate = loyalty_dsl::syntax::ast::Rate;
