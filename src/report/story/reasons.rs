//! Why a rule did nothing on a purchase: the first clause that failed and the values seen.

use super::words::{Words, civil, month_name, ordinal, singular, weekday_name, yearly};
use crate::engine::why::{DidNot, Known, Leaf, Miss, Why};
use crate::program::{CmpOp, Effect, Expr, Fact, LimitWhat, Rate, Rule, Scope, TestKind, TierId, Trigger, WalletId, When};
use crate::report::write::format;
use crate::source::Sources;
use crate::span::Span;
use crate::value::{Date, Exact, TimeOfDay};

/// Everything needed to word a reason.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub words: Words<'a>,
    pub sources: &'a Sources,
    /// Who bought.
    pub who: &'a str,
}

/// A reason in words: a sentence, the clause as written, and the values by name.
pub(super) struct Reason {
    pub text: String,
    pub clause: Option<String>,
    pub seen: Vec<(String, String)>,
}

impl Telling<'_> {
    pub fn reason(&self, did_not: &DidNot) -> Option<Reason> {
        let rule = self.words.program.rules.get(did_not.rule.index())?;
        let clause = self.clause(rule, &did_not.why);
        let seen = match &did_not.why {
            Why::Test { seen, .. } | Why::NotCounted(Miss::Place(seen)) => seen.iter().map(|leaf| self.pair(leaf)).collect(),
            Why::Number { number, .. } => vec![("number".to_owned(), number.to_string())],
            Why::Limit { limit, used, .. } => vec![("used".to_owned(), self.used(rule, *limit, *used))],
            Why::Beaten { wanted, by } => {
                let others = by.iter().map(|(_, amount)| ("other".to_owned(), self.words.money(*amount)));
                std::iter::once(("this".to_owned(), self.words.money(*wanted))).chain(others).collect()
            }
            Why::When { date, time, .. } => vec![("date".to_owned(), date.to_string()), ("time".to_owned(), time.to_string())],
            _ => Vec::new(),
        };
        let text = self.text(rule, &did_not.why, clause.as_deref().unwrap_or_default());
        Some(Reason { text, clause, seen })
    }

    /// The clause as it stands in the program.
    fn clause(&self, rule: &Rule, why: &Why) -> Option<String> {
        let span = match why {
            Why::Test { test, .. } => rule.tests.get(*test)?.span,
            Why::When { clause, .. } => rule.when.get(*clause)?.1,
            Why::Limit { limit, .. } => rule.limits.get(*limit)?.span,
            _ => return None,
        };
        Some(self.quote(span))
    }

    pub fn quote(&self, span: Span) -> String {
        self.sources.quote(span).trim_end_matches([',', ' ']).to_owned()
    }

    /// `line 12`, with the file where it is an included one.
    pub fn line(&self, span: Span) -> String {
        self.sources.line_of(span)
    }

    fn other(&self, rule: crate::program::RuleId) -> String {
        self.words.rule(rule).map_or_else(String::new, |(rule, _)| self.line(rule.span))
    }

    fn text(&self, rule: &Rule, why: &Why, clause: &str) -> String {
        match why {
            Why::Number { number, taken } => self.number(rule, *number, *taken),
            Why::NotCounted(miss) => self.missed(rule, miss),
            Why::Spent { so_far, next } => self.spent(rule, *so_far, *next),
            Why::Streak { length, fired } => streak(rule, *length, *fired),
            Why::NotYet => self.not_yet(rule),
            Why::FromNext => "this purchase brings it: it acts from the next one on".to_owned(),
            Why::Ended(last) => format!("it lasted until {}", format::day(*last)),
            Why::UsedUp => match rule.entitlement.uses {
                Some(1) | None => "it has been used already".to_owned(),
                Some(uses) => format!("all {} uses are used", format::count(uses)),
            },
            Why::Day(own) => self.day(rule, *own),
            Why::When { clause: at, date, time, own } => {
                let seen = rule.when.get(*at).map_or_else(String::new, |(when, _)| moment(when, *date, *time, *own));
                format!("only {clause}; {seen}")
            }
            Why::Test { test, seen } => {
                let kind = rule.tests.get(*test).map_or(TestKind::If, |test| test.kind);
                self.test(kind, clause, seen)
            }
            Why::Scope => self.scope(rule),
            Why::NotWith(other) => format!("it does not stand together with {}, which acted", self.other(*other)),
            Why::Limit { limit, used, wanted } => {
                let used = self.used(rule, *limit, *used);
                let nothing = rule.limits.get(*limit).is_some_and(|limit| limit.or_nothing);
                let wanted =
                    if nothing && *wanted > 0 { format!(", and this would be {} more", self.gives(rule, *wanted)) } else { String::new() };
                format!("{clause}: {used} used{wanted}")
            }
            Why::Beaten { wanted, by } => {
                let others: Vec<String> =
                    by.iter().map(|(rule, amount)| format!("{} with {}", self.other(*rule), self.words.money(*amount))).collect();
                format!("beaten by {}; this would be {}", others.join(" and "), self.words.money(*wanted))
            }
            Why::Group(Some(other)) => format!("of its group {} was chosen", self.other(*other)),
            Why::Group(None) => "another rule of its group was chosen".to_owned(),
            Why::NoLowerPrice => "the price list has no lower price for anything in the purchase".to_owned(),
            Why::NoShipping => "nothing was charged for shipping".to_owned(),
            Why::NothingToMultiply => "nothing was earned that it could multiply".to_owned(),
            Why::Budget(id) => {
                let name = self.words.program.budgets.get(id.index()).map_or("", |budget| budget.name.as_str());
                format!("the budget {name} is used up")
            }
            Why::Series => "all pieces of its series are given out".to_owned(),
            Why::Nothing { base, rates, row } => self.nothing(rule, *base, rates, row.as_ref()),
        }
    }

    /// An amount of what a rule gives.
    fn gives(&self, rule: &Rule, amount: i64) -> String {
        match rule.effects.iter().find_map(wallet_of) {
            Some(wallet) => self.words.units(wallet, amount),
            None => self.words.money(amount),
        }
    }

    pub fn used(&self, rule: &Rule, limit: usize, used: i64) -> String {
        match rule.limits.get(limit).map(|limit| limit.what) {
            Some(LimitWhat::Times(_)) => {
                if used == 1 {
                    "once".to_owned()
                } else {
                    format!("{} times", format::count(used))
                }
            }
            Some(LimitWhat::Units(wallet, _)) => self.words.units(wallet, used),
            Some(LimitWhat::First(_)) => self.words.money(used),
            Some(LimitWhat::FirstQuantity(_)) => format!("a quantity of {}", super::words::quantity(used)),
            _ => self.gives(rule, used),
        }
    }

    fn number(&self, rule: &Rule, number: i64, taken: bool) -> String {
        let counter = match rule.trigger {
            Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
                self.words.program.measures.get(counter.index())
            }
            _ => None,
        };
        let such = counter.map(|measure| self.words.purchases(&measure.filter)).filter(|such| !such.is_empty());
        let such = such.map_or_else(String::new, |such| format!(" purchase{such}"));
        if taken {
            format!("this is the {}{such} again, and it has acted on that number before", ordinal(number))
        } else {
            format!("this is the {}{such}", ordinal(number))
        }
    }

    fn missed(&self, rule: &Rule, miss: &Miss) -> String {
        let filter = match &rule.trigger {
            Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } => Some(filter),
            Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
                self.words.program.measures.get(counter.index()).map(|measure| &measure.filter)
            }
            Trigger::Spending { measure, .. } => self.words.program.measures.get(measure.index()).map(|measure| &measure.filter),
            _ => None,
        };
        let only = filter.map_or_else(String::new, |filter| format!("it looks only at purchases{}; ", self.words.purchases(filter)));
        match miss {
            Miss::Over { amount, .. } => format!("{only}this one is {}", self.words.money(*amount)),
            Miss::Place(seen) => format!("{only}{}", self.seen(seen)),
            Miss::Items => format!("{only}this one has no such item"),
            Miss::Empty => "nothing was paid".to_owned(),
        }
    }

    fn spent(&self, rule: &Rule, so_far: i64, next: Option<i64>) -> String {
        let Trigger::Spending { measure, .. } = rule.trigger else { return String::new() };
        let stands = self.words.measured(measure, so_far);
        match next {
            Some(next) => format!(
                "{stands} with this purchase, {} at {}",
                if next > so_far { "it fires" } else { "it fired" },
                self.words.money(next)
            ),
            None => format!("it fires once, and did so before; {stands}"),
        }
    }

    fn not_yet(&self, rule: &Rule) -> String {
        let tier = |tier: TierId| self.words.program.tier_name(tier);
        if let Trigger::Event(name) = &rule.trigger {
            // Who joins with the first purchase was no member before it.
            return format!("there was no event \"{name}\" between joining and this purchase");
        }
        let what = match &rule.trigger {
            Trigger::Signup => "nobody signed up".to_owned(),
            Trigger::Referral(_) => "nobody was referred who has bought".to_owned(),
            Trigger::Reaching(id) => format!("tier {} was not reached", tier(*id)),
            Trigger::Leaving(id) => format!("tier {} was not left", tier(*id)),
            Trigger::Silence { span, .. } => format!("there were no {} without a purchase", civil(*span)),
            Trigger::AtEnd(of) => format!("no {} has ended", of.word()),
            Trigger::AtStart(of) => format!("no {} has begun", of.word()),
            _ => "what brings it has not happened".to_owned(),
        };
        format!("{what} before this purchase")
    }

    fn day(&self, rule: &Rule, own: Option<Date>) -> String {
        match (&rule.trigger, own) {
            (Trigger::Birthday, Some(born)) => format!("the birthday is {}", yearly(born)),
            (Trigger::Birthday, None) => "the birthday is not known".to_owned(),
            (Trigger::Anniversary, Some(joined)) => format!("the anniversary of joining is {}", yearly(joined)),
            _ => "this was another day".to_owned(),
        }
    }

    fn test(&self, kind: TestKind, clause: &str, seen: &[Leaf]) -> String {
        let values = self.seen(seen);
        let tier = matches!(seen, [Leaf { left: crate::engine::why::Seen { value: Known::Tier(_), .. }, .. }]);
        match kind {
            TestKind::Audience if tier => values,
            TestKind::Except | TestKind::Unless => format!("{clause}; {values}"),
            _ => format!("only {clause}; {values}"),
        }
    }

    /// What comparisons saw, each term once.
    pub fn seen(&self, seen: &[Leaf]) -> String {
        let mut parts: Vec<String> = Vec::new();
        let tiers: Vec<&Leaf> = seen.iter().filter(|leaf| leaf.standing.is_some()).collect();
        if let Some(last) = tiers.last() {
            parts.push(self.tier(last, &tiers));
        }
        for leaf in seen.iter().filter(|leaf| leaf.standing.is_none()) {
            let mut words = self.compared(leaf);
            if let Some(segment) = leaf.segment.and_then(|id| self.words.program.segments.get(id.index())) {
                words = format!("{} {} segment {}: {words}", self.who, if leaf.held { "is in" } else { "is not in" }, segment.name);
            }
            if !parts.contains(&words) {
                parts.push(words);
            }
        }
        parts.join(", ")
    }

    /// `Anna is bronze: 30.00 EUR spent in the last 12 months, gold from 1,000.00 EUR`
    fn tier(&self, leaf: &Leaf, all: &[&Leaf]) -> String {
        let Known::Tier(held) = leaf.left.value else { return "the tier is not known".to_owned() };
        let name = self.words.program.tier_name(held);
        let ladder = self.words.program.ladders.get(held.ladder.index());
        // The lowest of the wanted tiers that is above the one held.
        let above = |leaf: &&Leaf| match leaf.right.as_ref().map(|right| &right.value) {
            Some(Known::Tier(wanted)) if wanted.rung > held.rung && !leaf.held => Some(*wanted),
            _ => None,
        };
        let wanted = all.iter().filter_map(above).min_by_key(|tier| tier.rung);
        let (Some(wanted), Some(ladder), Some(standing)) = (wanted, ladder, leaf.standing) else {
            return format!("{} is {name}", self.who);
        };
        let Some(rung) = ladder.rungs.get(usize::from(wanted.rung)) else { return format!("{} is {name}", self.who) };
        let from = match (rung.from, rung.by_invitation) {
            (Some(from), _) => format!("{} from {}", rung.name, self.words.threshold(ladder.measure, from)),
            (None, true) => format!("{} by invitation", rung.name),
            (None, false) => return format!("{} is {name}", self.who),
        };
        let or = rung.or.map_or_else(String::new, |(measure, from)| format!(" or {}", self.words.measured(measure, from)));
        format!("{} is {name}: {}, {from}{or}", self.who, self.words.measured(ladder.measure, standing))
    }

    /// A value by its name, with what it was compared with where that varies too.
    fn compared(&self, leaf: &Leaf) -> String {
        let term = self.words.term(&leaf.left.what);
        let Some(right) = &leaf.right else {
            return match (&leaf.left.what, &leaf.left.value) {
                (Expr::Fact(Fact::Referred), Known::YesNo(yes)) => {
                    format!("{} was {}referred by another customer", self.who, if *yes { "" } else { "not " })
                }
                (Expr::BasketHas(filter), _) => {
                    format!("the purchase has {} item{}", if leaf.held { "an" } else { "no" }, self.words.filter(filter))
                }
                (_, Known::Missing) => format!("{term} is not known"),
                (_, value) => format!("{term} is {}", self.words.known(value, crate::program::Type::YesNo)),
            };
        };
        let left = match (&leaf.left.what, &leaf.left.value) {
            (Expr::Fact(Fact::Joined), Known::Date(date)) => format!("{} joined on {}", self.who, format::day(*date)),
            (Expr::Fact(Fact::Amount | Fact::NetAmount), Known::Number(_)) => format!("the purchase is {}", self.words.value(&leaf.left)),
            (Expr::Fact(Fact::Channel | Fact::Store | Fact::Payment | Fact::Partner | Fact::Coupon), Known::Missing) => {
                format!("the purchase names no {term}")
            }
            _ => format!("{term} is {}", self.words.value(&leaf.left)),
        };
        let varies = !matches!(
            right.what,
            Expr::Number(_) | Expr::Texts(_) | Expr::Date(_) | Expr::Time(_) | Expr::Weekday(_) | Expr::YesNo(_) | Expr::Tier(_)
        );
        if !varies {
            return left;
        }
        let value = self.words.known(&right.value, self.words.kind_of(right, &leaf.left));
        format!("{left}, {} is {value}", self.words.term(&right.what))
    }

    fn pair(&self, leaf: &Leaf) -> (String, String) {
        let _: Option<CmpOp> = leaf.op;
        (self.words.term(&leaf.left.what), self.words.value(&leaf.left))
    }

    fn scope(&self, rule: &Rule) -> String {
        let such = match &rule.scope {
            Some(Scope::Items(filter) | Scope::Cheapest(Some(filter))) => self.words.filter(filter),
            Some(Scope::EveryNth(n, filter) | Scope::Groups(n, filter)) => {
                let such = filter.as_ref().map_or_else(String::new, |filter| self.words.filter(filter));
                return format!("the purchase has fewer than {} items{such}", format::count(*n));
            }
            Some(Scope::Excluding(filter)) => return format!("the purchase has no item but those{}", self.words.filter(filter)),
            Some(Scope::TopCategory(of, _)) => return format!("it is settled at the end of the {}", of.word()),
            _ => String::new(),
        };
        format!("the purchase has no item{such}")
    }

    /// A rate that comes to nothing.
    fn nothing(&self, rule: &Rule, base: i64, rates: &[(Exact, Rate)], row: Option<&crate::engine::why::Seen>) -> String {
        let wallet = rule.effects.iter().find_map(wallet_of);
        if let Some(row) = row
            && rates.iter().all(|(_, rate)| *rate == Rate::Nothing)
        {
            return format!("the table has no row for {} {}", self.words.term(&row.what), self.words.value(row));
        }
        if base <= 0 {
            return "nothing is left that it could be computed on".to_owned();
        }
        let rate: Vec<String> = rates.iter().map(|(_, rate)| self.words.rate(*rate, wallet)).collect();
        if rate.is_empty() {
            "it came to nothing".to_owned()
        } else {
            format!("{} on {} comes to nothing", rate.join(", "), self.words.money(base))
        }
    }
}

/// The wallet that an effect fills.
pub(super) fn wallet_of(effect: &Effect) -> Option<WalletId> {
    match effect {
        Effect::Earn { wallet, .. } | Effect::Multiply { wallet, .. } | Effect::Grant { wallet, .. } => Some(*wallet),
        _ => None,
    }
}

fn streak(rule: &Rule, length: u32, fired: bool) -> String {
    let of = if let Trigger::Streak { period: of, .. } = rule.trigger { of.word() } else { "" };
    if fired {
        return format!("this run of {of}s has brought it already");
    }
    let plural = format!("{of}s");
    let number = format::count(length);
    format!("{number} {} in a row with this purchase", singular(&number, &plural))
}

/// What a time clause saw.
fn moment(when: &When, date: Date, time: TimeOfDay, own: Option<Date>) -> String {
    match when {
        When::Weekdays(_) => format!("this was a {}", weekday_name(date.weekday())),
        When::Between(..) => format!("this was at {time}"),
        When::Months(_) => format!("this was in {}", month_name(date)),
        When::BirthdayMonth | When::AroundBirthday { .. } | When::Birthday => {
            let born = own.map_or_else(|| "the birthday is not known".to_owned(), |born| format!("the birthday is {}", yearly(born)));
            format!("{born}, this was {}", format::day(date))
        }
        When::AroundAnniversary { .. } | When::Anniversary => {
            let joined = own.map_or_else(|| "nobody has joined".to_owned(), |day| format!("the anniversary of joining is {}", yearly(day)));
            format!("{joined}, this was {}", format::day(date))
        }
        When::AnyOf(_) => format!("this was {}, a {}, at {time}", format::day(date), weekday_name(date.weekday())),
        _ => format!("this was {}", format::day(date)),
    }
}
