//! Amounts, terms, measures and rates in plain words.

use crate::engine::ledger::{Source, Unit};
use crate::engine::why::{Known, Seen};
use crate::program::{
    Attribute, AttributeOf, CivilSpan, Expr, Fact, ItemFilter, MeasureId, MeasureKind, Over, Period, Program, PurchaseFilter, Rate, Rule,
    RuleId, TextSet, Type, WalletId, WalletKind, Window, counted, fact_info, plural,
};
use crate::report::write::format;
use crate::value::{Date, Decimal, Exact};

/// The names of weekdays, Monday first.
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// Words about one program.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub program: &'a Program,
}

impl Words<'_> {
    /// A rule by its id: the program's own, then those inside exchanges and rewards; and how the ledger names it.
    pub fn rule(&self, id: RuleId) -> Option<(&Rule, Source)> {
        let (rules, exchanges) = (&self.program.rules, &self.program.exchanges);
        let small = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let Some(inner) = id.index().checked_sub(rules.len()) else { return Some((rules.get(id.index())?, Source::Rule(id))) };
        match inner.checked_sub(exchanges.len()) {
            None => Some((&exchanges.get(inner)?.rule, Source::Exchange(small(inner)))),
            Some(at) => Some((&self.program.rewards.get(at)?.rule, Source::Reward(small(at)))),
        }
    }

    /// Minor units: `1,000.00 EUR`.
    pub fn money(&self, minor: i64) -> String {
        format::money(Exact::whole(i128::from(minor)), &self.program.currency)
    }

    /// Smallest units of a wallet: `1 bean`, `1,200 beans`, `1.20 EUR cashback`.
    pub fn units(&self, wallet: WalletId, units: i64) -> String {
        let Some(known) = self.program.wallets.get(wallet.index()) else { return String::new() };
        if known.kind == WalletKind::Money {
            return format!("{} {}", self.money(units), known.name);
        }
        self.pieces(Exact::whole(i128::from(units)), known.scale, &known.name)
    }

    fn pieces(&self, units: Exact, scale: u8, name: &str) -> String {
        let number = format::units(units, scale);
        let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number };
        format!("{number} {}", singular(&number, name))
    }

    /// An amount of the ledger, without its sign; pieces without a name.
    pub fn amount(&self, amount: i64, unit: Unit) -> String {
        let amount = amount.saturating_abs();
        match unit {
            Unit::Money => self.money(amount),
            Unit::Wallet(wallet) => self.units(wallet, amount),
            Unit::Count => format::count(amount),
        }
    }

    /// A value as its term is counted.
    pub fn value(&self, seen: &Seen) -> String {
        self.known(&seen.value, self.kind(&seen.what))
    }

    pub fn known(&self, value: &Known, kind: Type) -> String {
        match value {
            Known::Missing => "not known".to_owned(),
            Known::Number(n) => self.number(*n, kind),
            Known::Text(text) => text.clone(),
            Known::Date(date) => format::day(*date),
            Known::Time(time) => time.to_string(),
            Known::Weekday(day) => weekday_name(*day).to_owned(),
            Known::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Known::Tier(tier) => self.program.tier_name(*tier).to_owned(),
        }
    }

    fn number(&self, n: Exact, kind: Type) -> String {
        match kind {
            Type::Money => format::money(n, &self.program.currency),
            Type::Percent => format::percent(n),
            Type::Days => {
                let number = format::thousands(&format::plain(n, 2));
                format!("{number} {}", singular(&number, "days"))
            }
            Type::Points(wallet) => {
                let name = self.program.wallets.get(wallet.index()).map_or("", |wallet| wallet.name.as_str());
                let number = format::thousands(&format::plain(n, 6));
                format!("{number} {}", singular(&number, name))
            }
            _ => format::thousands(&format::plain(n, 6)),
        }
    }

    /// The type of a term.
    fn kind(&self, expr: &Expr) -> Type {
        match expr {
            Expr::Fact(fact) => fact_info(*fact).map_or(Type::Number, |info| info.kind),
            Expr::Attribute { as_type, .. } => *as_type,
            Expr::Measure(id) => match self.program.measures.get(id.index()).map(|measure| &measure.kind) {
                Some(MeasureKind::Spend | MeasureKind::GrossSpend) => Type::Money,
                Some(
                    MeasureKind::Earned(wallet)
                    | MeasureKind::Confirmed(wallet)
                    | MeasureKind::Spent(wallet)
                    | MeasureKind::Balance(wallet),
                ) => self.points(*wallet),
                _ => Type::Number,
            },
            Expr::AmountOf(_) | Expr::NetAmountOf(_) => Type::Money,
            Expr::Add(a, b) | Expr::Subtract(a, b) | Expr::Multiply(a, b) => match self.kind(a) {
                Type::Number => self.kind(b),
                kind => kind,
            },
            Expr::Divide(a, b) => {
                if self.kind(a) == self.kind(b) {
                    Type::Number
                } else {
                    self.kind(a)
                }
            }
            Expr::Negate(inner) | Expr::Round { value: inner, .. } => self.kind(inner),
            Expr::Choose { rows, .. } => rows.first().map_or(Type::Number, |(_, value)| self.kind(value)),
            Expr::Min(list) | Expr::Max(list) => list.first().map_or(Type::Number, |first| self.kind(first)),
            _ => Type::Number,
        }
    }

    fn points(&self, wallet: WalletId) -> Type {
        let money = self.program.wallets.get(wallet.index()).is_some_and(|wallet| wallet.kind == WalletKind::Money);
        if money { Type::Money } else { Type::Points(wallet) }
    }

    /// The type in which a comparison's other side is written.
    pub fn kind_of(&self, left: &Seen, right: &Seen) -> Type {
        match self.kind(&left.what) {
            Type::Number => self.kind(&right.what),
            kind => kind,
        }
    }

    /// A term in the law's words.
    pub fn term(&self, expr: &Expr) -> String {
        match expr {
            Expr::Fact(fact) => fact_info(*fact).map_or(String::new(), |info| info.words.to_owned()),
            Expr::TierOf(ladder) => match self.program.ladders.get(ladder.index()).and_then(|ladder| ladder.name.as_ref()) {
                Some(name) => format!("tier of \"{name}\""),
                None => "tier".to_owned(),
            },
            Expr::Measure(id) => self.measure(*id),
            Expr::Attribute { of, attribute, .. } => {
                self.program.attributes.get(attribute.index()).map_or(String::new(), |a| attribute_words(*of, a))
            }
            Expr::QuantityOf(filter) => format!("quantity{}", self.filter(filter)),
            Expr::AmountOf(filter) => format!("amount{}", self.filter(filter)),
            Expr::NetAmountOf(filter) => format!("amount{} after discounts", self.filter(filter)),
            Expr::BasketHas(filter) => format!("basket with an item{}", self.filter(filter)),
            Expr::Add(a, b) => format!("{} + {}", self.term(a), self.term(b)),
            Expr::Subtract(a, b) => format!("{} - {}", self.term(a), self.term(b)),
            Expr::Multiply(a, b) => format!("{} × {}", self.term(a), self.term(b)),
            Expr::Divide(a, b) => format!("{} / {}", self.term(a), self.term(b)),
            Expr::Negate(a) => format!("-{}", self.term(a)),
            Expr::Min(list) => format!("the least of {}", self.terms(list)),
            Expr::Max(list) => format!("the most of {}", self.terms(list)),
            Expr::Round { value, .. } => format!("rounded {}", self.term(value)),
            Expr::Number(n) => format::thousands(&format::plain(*n, 6)),
            _ => "the condition".to_owned(),
        }
    }

    fn terms(&self, list: &[Expr]) -> String {
        list.iter().map(|expr| self.term(expr)).collect::<Vec<_>>().join(", ")
    }

    /// `spend in the last 12 months`
    fn measure(&self, id: MeasureId) -> String {
        let Some(measure) = self.program.measures.get(id.index()) else { return String::new() };
        match (counted(self.program, &measure.kind), &measure.kind) {
            (Some(what), _) => format!("{what}{}{}", self.purchases(&measure.filter), window(measure.window)),
            (None, MeasureKind::Balance(id)) => {
                format!("balance of {}", self.program.wallets.get(id.index()).map_or("", |wallet| wallet.name.as_str()))
            }
            (None, _) => String::new(),
        }
    }

    /// `30.00 EUR spent in the last 12 months`
    pub fn measured(&self, id: MeasureId, value: i64) -> String {
        let Some(measure) = self.program.measures.get(id.index()) else { return String::new() };
        let n = |name: &str| {
            let number = format::count(value);
            format!("{number} {}", singular(&number, name))
        };
        let what = match &measure.kind {
            MeasureKind::Spend => format!("{} spent", self.money(value)),
            MeasureKind::GrossSpend => format!("{} of gross spend", self.money(value)),
            MeasureKind::Purchases => n("purchases"),
            MeasureKind::Items => n("items"),
            MeasureKind::Quantity => format!("a quantity of {}", quantity(value)),
            MeasureKind::Different(fact) if value == 1 => fact_info(*fact).map_or_else(String::new, |info| format!("1 {}", info.words)),
            MeasureKind::Different(fact) => n(&format!("different {}", plural(*fact))),
            MeasureKind::DaysWithPurchase => {
                if value == 1 {
                    "1 day with a purchase".to_owned()
                } else {
                    n("days with a purchase")
                }
            }
            MeasureKind::Confirmed(wallet) => format!("{} confirmed", self.units(*wallet, value)),
            MeasureKind::Earned(wallet) => format!("{} earned", self.units(*wallet, value)),
            MeasureKind::Spent(wallet) => format!("{} spent", self.units(*wallet, value)),
            MeasureKind::Events(name) => format!("{} \"{name}\"", n("events")),
            MeasureKind::Referrals => n("referrals"),
            MeasureKind::Balance(wallet) => return format!("a balance of {}", self.units(*wallet, value)),
        };
        format!("{what}{}{}", self.purchases(&measure.filter), window(measure.window))
    }

    /// A threshold of a measure: `1,000.00 EUR`, `25 purchases`.
    pub fn threshold(&self, id: MeasureId, value: i64) -> String {
        match self.program.measures.get(id.index()).map(|measure| &measure.kind) {
            Some(MeasureKind::Spend | MeasureKind::GrossSpend) => self.money(value),
            Some(
                MeasureKind::Earned(wallet) | MeasureKind::Confirmed(wallet) | MeasureKind::Spent(wallet) | MeasureKind::Balance(wallet),
            ) => self.units(*wallet, value),
            Some(MeasureKind::Quantity) => quantity(value),
            _ => format::count(value),
        }
    }

    /// ` of category cakes over 20.00 EUR via app`; empty for all purchases.
    pub fn purchases(&self, filter: &PurchaseFilter) -> String {
        let mut out = filter.items.as_ref().map_or(String::new(), |items| self.filter(items));
        for over in &filter.over {
            out.push_str(&format!(" {}", self.over(*over)));
        }
        for place in &filter.places {
            out.push_str(&format!(" {}", self.place(place)));
        }
        out
    }

    /// `over 20.00 EUR`, `of at least 20.00 EUR`
    pub fn over(&self, over: Over) -> String {
        format!("{} {}", if over.inclusive { "of at least" } else { "over" }, self.money(over.amount))
    }

    /// `via app`
    fn place(&self, expr: &Expr) -> String {
        if let Expr::Compare { left, right, .. } = expr
            && let (Expr::Fact(fact), Expr::Texts(texts)) = (&**left, &**right)
        {
            let preposition = match fact {
                Fact::Channel => "via",
                Fact::Store => "in store",
                Fact::Payment => "paid by",
                Fact::Partner => "at partner",
                _ => "with coupon",
            };
            return format!("{preposition} {}", self.texts(texts));
        }
        "at such a place".to_owned()
    }

    fn texts(&self, set: &TextSet) -> String {
        let names: Vec<&str> = set.iter().filter_map(|id| self.program.texts.get(id.index())).map(String::as_str).collect();
        names.join(" or ")
    }

    /// ` of category cakes`
    pub fn filter(&self, filter: &ItemFilter) -> String {
        match filter {
            ItemFilter::Category(texts) => format!(" of category {}", self.texts(texts)),
            ItemFilter::Brand(texts) => format!(" of brand {}", self.texts(texts)),
            ItemFilter::Product(texts) => format!(" {}", self.texts(texts)),
            ItemFilter::NotReduced => " not yet reduced".to_owned(),
            ItemFilter::If(expr) => format!(" with such {}", first_fact(expr).map_or("a property".to_owned(), |fact| self.term(fact))),
            ItemFilter::Not(inner) => format!(" that is not{}", self.filter(inner)),
            ItemFilter::All(all) => all.iter().map(|one| self.filter(one)).collect(),
        }
    }

    /// A rate: `5%`, `1 bean per 1.00 EUR`; `wallet` is that of an earning rule.
    pub fn rate(&self, rate: Rate, wallet: Option<WalletId>) -> String {
        let of = |amount: Decimal| match wallet.and_then(|id| self.program.wallets.get(id.index())) {
            Some(known) if known.kind != WalletKind::Money => {
                let number = format::thousands(&amount.normal().to_string());
                format!("{number} {}", singular(&number, &known.name))
            }
            _ => Exact::try_from(amount).map_or(String::new(), |minor| format::money(minor, &self.program.currency)),
        };
        match rate {
            Rate::Percent(fraction) => {
                let percent = Exact::try_from(fraction).and_then(|n| n.times(Exact::whole(100)));
                percent.map_or(String::new(), |n| format!("{}%", format::plain(n, 6)))
            }
            Rate::Fixed(amount) => wallet.map_or_else(|| self.money(amount), |id| self.units(id, amount)),
            Rate::Per { amount, per, in_proportion } => {
                format!("{} per {}{}", of(amount), self.money(per), if in_proportion { ", in proportion" } else { "" })
            }
            Rate::PerEachItem { amount, per } => format!("{} per {} of each item", of(amount), self.money(per)),
            Rate::PerItem { amount } => format!("{} per item", of(amount)),
            Rate::PerQuantity { amount, per, in_proportion } => {
                let per = if per == Decimal::whole(1) { "unit of quantity".to_owned() } else { format!("{per} units of quantity") };
                format!("{} per {per}{}", of(amount), if in_proportion { ", in proportion" } else { "" })
            }
            Rate::Nothing => "nothing".to_owned(),
        }
    }
}

fn first_fact(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Compare { left, .. } => Some(left),
        Expr::And(list) | Expr::Or(list) => list.first().and_then(first_fact),
        Expr::Not(inner) => first_fact(inner),
        Expr::Fact(_) | Expr::Attribute { .. } => Some(expr),
        _ => None,
    }
}

fn attribute_words(of: AttributeOf, attribute: &Attribute) -> String {
    let whose = match of {
        AttributeOf::Customer => "customer",
        AttributeOf::Purchase => "purchase",
        AttributeOf::Item => "item",
    };
    format!("{whose}.{}", attribute.name)
}

/// A name as it goes with a number.
pub(super) fn singular<'a>(number: &str, name: &'a str) -> &'a str {
    if number == "1" { name.strip_suffix('s').unwrap_or(name) } else { name }
}

/// ` in the last 12 months`; empty where nothing is written.
fn window(window: Window) -> String {
    match window {
        Window::Unsaid | Window::SinceJoining => " since joining".to_owned(),
        Window::Ever => " in all".to_owned(),
        Window::Last(span) => format!(" in the last {}", civil(span)),
        Window::In(Period::Day) => " on this day".to_owned(),
        Window::In(Period::MembershipYear) => " in this membership year".to_owned(),
        Window::In(of) => format!(" in this {}", of.word()),
        Window::SinceReaching(_) => " since the tier was reached".to_owned(),
        Window::Previous(of) => format!(" in the {} before", of.word()),
    }
}

/// `12 months`, `a year` as `12 months`.
pub(super) fn civil(span: CivilSpan) -> String {
    let (n, name) = match span {
        CivilSpan::Hours(n) => (n, "hours"),
        CivilSpan::Days(n) => (n, "days"),
        CivilSpan::Months(n) => (n, "months"),
    };
    let number = format::count(n);
    format!("{number} {}", singular(&number, name))
}

/// `4th`
pub(super) fn ordinal(n: i64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", format::count(n))
}

/// `Friday`
pub(super) fn weekday_name(day: u8) -> &'static str {
    WEEKDAYS.get(usize::from(day)).copied().unwrap_or("")
}

/// `March`
pub(super) fn month_name(date: Date) -> &'static str {
    MONTHS.get(usize::from(date.ymd().1).saturating_sub(1)).copied().unwrap_or("")
}

/// `28 February`
pub(super) fn yearly(date: Date) -> String {
    format!("{} {}", date.ymd().2, month_name(date))
}

/// A quantity from its parts.
pub(super) fn quantity(parts: i64) -> String {
    Decimal::new(i128::from(parts), 6).normal().to_string()
}
