//! Values, facts, measures and calculations.

use super::Printer;
use super::layout::SOFT;
use super::names::{Kind, can_be_bare, quoted};
use crate::program::fact_info;
use crate::span::Spanned;
use crate::syntax::ast::{
    ArithOp, AttributeOf, CmpOp, DurationLit, DurationUnit, Expr, ExprKind, Literal, Measure, MeasureKind, Name, Narrowing, Over, Period,
    Place, RoundMode, Scope, Window, YearDay,
};
use crate::value::{Decimal, currency};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// How strongly a calculation binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Atom,
}

impl Printer<'_> {
    /// A test or calculation.
    pub fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) => self.reference(name),
            ExprKind::Fact(fact) => fact_info(*fact).map_or("", |info| info.words).to_owned(),
            ExprKind::TierOf(ladder) => format!("tier of {}", self.name(Kind::Ladder, ladder)),
            ExprKind::Measure(measure) => self.measure(measure),
            ExprKind::Attribute { of, name } => format!("{}.{}", attribute_of(*of), name.node),
            ExprKind::EventHappened { name, window } => {
                let window = window.as_ref().map_or_else(String::new, |window| format!(" {}", self.window(&window.node, false)));
                format!("event {} happened{window}", self.name(Kind::Other, name))
            }
            ExprKind::BasketHas(scope) => format!("basket has {}", self.scope(scope)),
            ExprKind::QuantityOf(scope) => format!("quantity of {}", self.scope(scope)),
            ExprKind::AmountOf(scope) => format!("amount of {}", self.scope(scope)),
            ExprKind::NetAmountOf(scope) => format!("amount of {} after discounts", self.scope(scope)),
            ExprKind::Not(inner) => format!("not {}", self.negated(inner)),
            ExprKind::And(list) => self.chain(list, "and", Level::Not),
            ExprKind::Or(list) => self.chain(list, "or", Level::And),
            ExprKind::Compare { left, op, right } => {
                format!("{} {} {}", self.at(left, Level::Sum), compare(*op), self.at(right, Level::Sum))
            }
            ExprKind::OneOf { left, any_of, negated } => {
                let items: Vec<String> = any_of.iter().map(|item| self.value(item)).collect();
                let not = if *negated { "not " } else { "" };
                format!("{} is {not}one of {}", self.at(left, Level::Sum), listed(&items))
            }
            ExprKind::Between { left, low, high } => {
                let [left, low, high] = [left, low, high].map(|part| self.at(part, Level::Sum));
                format!("{left} is between {low} and {high}")
            }
            ExprKind::Arithmetic { left, op, right } => self.arithmetic(left, *op, right),
            ExprKind::Negate(inner) => format!("-{}", self.at(inner, Level::Atom)),
            ExprKind::Min(list) => format!("min({})", self.arguments(list)),
            ExprKind::Max(list) => format!("max({})", self.arguments(list)),
            ExprKind::Round { mode, value, step } => {
                let step = step.as_ref().map_or_else(String::new, |step| format!(" to {}", self.value(step)));
                format!("round {} {}{step}", round_mode(*mode), self.at(value, Level::Sum))
            }
        }
    }

    fn at(&self, expr: &Expr, least: Level) -> String {
        let text = self.expr(expr);
        if level(expr) < least { format!("({text})") } else { text }
    }

    /// What `not` denies: without parentheses only what is one thing.
    fn negated(&self, expr: &Expr) -> String {
        self.at(expr, Level::Atom)
    }

    fn arguments(&self, list: &[Expr]) -> String {
        listed(&list.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>())
    }

    fn arithmetic(&self, left: &Expr, op: ArithOp, right: &Expr) -> String {
        let (sign, own, above) = match op {
            ArithOp::Add => ("+", Level::Sum, Level::Product),
            ArithOp::Subtract => ("-", Level::Sum, Level::Product),
            ArithOp::Multiply => ("*", Level::Product, Level::Atom),
            ArithOp::Divide => ("/", Level::Product, Level::Atom),
        };
        // `round` takes all that follows it.
        let side = |expr: &Expr, least| {
            if matches!(expr.kind, ExprKind::Round { .. }) { format!("({})", self.expr(expr)) } else { self.at(expr, least) }
        };
        format!("{} {sign} {}", side(left, own), side(right, above))
    }

    /// Tests joined by `and` or `or`. A list of names takes every word behind `and` or `or` that could be a name, so a test
    /// that ends in one stands in parentheses there.
    fn chain(&self, list: &[Expr], word: &str, least: Level) -> String {
        let mut texts: Vec<String> = list.iter().map(|expr| self.at(expr, least)).collect();
        let followed: Vec<bool> = texts.iter().skip(1).map(|text| begins_as_name(text)).collect();
        for ((text, expr), name_follows) in texts.iter_mut().zip(list).zip(followed) {
            let open = match tail(expr) {
                Tail::Closed => false,
                Tail::Names => name_follows,
                Tail::OneOf => word == "or",
            };
            if open && level(expr) >= least {
                *text = format!("({text})");
            }
        }
        texts.join(&format!("{SOFT}{word} "))
    }

    /// A value where a sentence wants one: a calculation stands in parentheses.
    pub fn value(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Literal(Literal::YesNo(_)) => format!("({})", self.expr(expr)),
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Min(_) | ExprKind::Max(_) | ExprKind::Round { .. } => self.expr(expr),
            _ => format!("({})", self.expr(expr)),
        }
    }

    /// A bare word; it may be a parameter, a tier, a segment.
    fn reference(&self, word: &str) -> String {
        if !self.recase {
            return word.to_owned();
        }
        let kinds = [Kind::Param, Kind::Tier, Kind::Segment, Kind::Wallet];
        let found = kinds.iter().find_map(|kind| self.declared.spelling(*kind, word));
        found.map(|(letters, _)| letters).filter(|letters| can_be_bare(letters)).unwrap_or_else(|| word.to_owned())
    }

    /// A value written out.
    pub fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Number(number) => number.to_string(),
            Literal::Percent(number) => format!("{number}%"),
            Literal::Money { amount, currency } => self.money(*amount, currency),
            Literal::Count { amount, unit } => format!("{amount} {}", self.unit(unit)),
            Literal::Duration(duration) => duration_words(*duration),
            Literal::Text(text) => quoted(text),
            Literal::Date(date) => date.to_string(),
            Literal::DateTime(at) => format!("{} {}", at.date(), at.time()),
            Literal::YearDay(day) => yearday(*day),
            Literal::Time(time) => time.to_string(),
            Literal::Weekday(day) => weekday(*day).to_owned(),
            Literal::Month(number) => month(*number).to_lowercase(),
            Literal::YesNo(true) => "yes".to_owned(),
            Literal::YesNo(false) => "no".to_owned(),
        }
    }

    /// `12.50 EUR`: all decimals of the currency or none; the code where the symbol stands for the program's currency.
    fn money(&self, amount: Decimal, unit: &str) -> String {
        let own = self.currency.as_ref().filter(|own| unit == own.code || unit == own.symbol);
        let code = own.filter(|_| self.recase).map_or(unit, |own| own.code.as_str());
        let decimals = own.cloned().or_else(|| currency(unit)).map_or(0, |currency| currency.decimals);
        let mut amount = amount;
        while amount.scale > 0 && amount.scale < decimals {
            let Some(mantissa) = amount.mantissa.checked_mul(10) else { break };
            amount = Decimal::new(mantissa, amount.scale.saturating_add(1));
        }
        format!("{amount} {code}")
    }

    /// What a number counts: a wallet, purchases, items.
    fn unit(&self, unit: &Name) -> String {
        let lower = unit.node.to_lowercase();
        if self.recase && matches!(lower.as_str(), "purchase" | "purchases" | "item" | "items") && !self.in_quotes(unit) {
            return lower;
        }
        self.name(Kind::Wallet, unit)
    }

    /// A measure with its scope and window.
    pub fn measure(&self, measure: &Measure) -> String {
        let what = match &measure.kind {
            MeasureKind::Spend => "spend".to_owned(),
            MeasureKind::GrossSpend => "gross spend".to_owned(),
            MeasureKind::Purchases => "purchases".to_owned(),
            MeasureKind::Items => "items".to_owned(),
            MeasureKind::Quantity => return format!("quantity{}", self.narrowing(&measure.narrow, "of", false)),
            MeasureKind::DaysWithPurchase => "days with purchase".to_owned(),
            MeasureKind::Different(fact) => format!("different {}", crate::program::plural(*fact)),
            MeasureKind::Confirmed(wallet) => format!("{} confirmed", self.name(Kind::Wallet, wallet)),
            MeasureKind::Earned(wallet) => format!("{} earned", self.name(Kind::Wallet, wallet)),
            MeasureKind::Spent(wallet) => format!("{} spent", self.name(Kind::Wallet, wallet)),
            MeasureKind::Events(event) => format!("events {}", self.name(Kind::Other, event)),
            MeasureKind::Referrals => "referrals".to_owned(),
            MeasureKind::Balance(wallet) => format!("balance of {}", self.name(Kind::Wallet, wallet)),
        };
        format!("{what}{}", self.narrowing(&measure.narrow, "on", false))
    }

    /// What stands directly behind a measure or, with `trigger`, a counting trigger; with a blank before each part. `on` is the
    /// word before categories and the like.
    pub fn narrowing(&self, narrow: &Narrowing, on: &str, trigger: bool) -> String {
        let mut text = String::new();
        let mut before = None;
        for scope in &narrow.scopes {
            text.push(' ');
            text.push_str(&self.next_scope(&scope.node, before, on));
            before = Some(&scope.node);
        }
        let places = narrow.places.iter().map(|place| self.place(&place.node));
        let over = narrow.over.iter().map(|over| self.over(&over.node));
        let window = narrow.window.iter().map(|window| self.window(&window.node, trigger));
        for part in places.chain(over).chain(window) {
            text.push(' ');
            text.push_str(&part);
        }
        text
    }

    /// A scope behind another: what is excluded is listed once.
    pub fn next_scope(&self, scope: &Scope, before: Option<&Scope>, on: &str) -> String {
        match scope {
            Scope::Excluding(inner) if before.is_some_and(can_join) => format!("and {}", self.scope(inner)),
            Scope::Category(_) | Scope::Brand(_) | Scope::Product(_) | Scope::ItemsIf(_) => format!("{on} {}", self.scope(scope)),
            _ => self.scope(scope),
        }
    }

    /// A scope without the `on` or `of` before it.
    pub fn scope(&self, scope: &Scope) -> String {
        let names = |kind: &str, names: &[Name]| format!("{kind} {}", self.names(Kind::Other, names));
        match scope {
            Scope::Category(list) => names("category", list),
            Scope::Brand(list) => names("brand", list),
            Scope::Product(list) => names("product", list),
            Scope::ItemsIf(test) => format!("items if {}", self.expr(test)),
            Scope::CheapestItem => "on cheapest item".to_owned(),
            Scope::NotReduced => "on items not yet reduced".to_owned(),
            Scope::EveryNthItem(n) => format!("on every {} item", ordinal(n.node)),
            Scope::Shipping => "on shipping".to_owned(),
            Scope::TopCategory(period) => format!("on top category of each {}", period_word(*period)),
            Scope::Excluding(inner) => format!("excluding {}", self.scope(inner)),
        }
    }

    /// Where or how a purchase is made.
    pub fn place(&self, place: &Place) -> String {
        let (word, names) = match place {
            Place::Via(names) => ("via", names),
            Place::InStore(names) => ("in store", names),
            Place::PaidBy(names) => ("paid by", names),
            Place::AtPartner(names) => ("at partner", names),
            Place::WithCoupon(names) => ("with coupon", names),
        };
        format!("{word} {}", self.names(Kind::Other, names))
    }

    /// `over 50 EUR`, `of at least 50 EUR`
    pub fn over(&self, over: &Over) -> String {
        let word = if over.inclusive { "of at least" } else { "over" };
        let after = if over.after_discounts { " after discounts" } else { "" };
        format!("{word} {}{}{after}", self.value(&over.amount), if over.of_goods { " of goods" } else { "" })
    }

    /// A window; `in a month` behind a trigger, else `in this month`.
    pub fn window(&self, window: &Window, trigger: bool) -> String {
        match window {
            Window::Last(length) => format!("in last {}", self.value(length)),
            Window::Previous(period) => format!("in previous {}", period_word(*period)),
            Window::In(Period::MembershipYear) => "in membership year".to_owned(),
            Window::In(period) => format!("in {} {}", if trigger { "a" } else { "this" }, period_word(*period)),
            Window::SinceReaching => "since reaching the tier".to_owned(),
            Window::SinceJoining => "since joining".to_owned(),
            Window::Ever => "ever".to_owned(),
        }
    }
}

/// What could go on behind the last word of a test.
enum Tail {
    Closed,
    /// A list of names.
    Names,
    /// The values behind `is one of`.
    OneOf,
}

fn tail(expr: &Expr) -> Tail {
    let names = |scopes: &[Spanned<Scope>], places: usize| match (places, scopes.last().map(|scope| &scope.node)) {
        (0, None) => Tail::Closed,
        _ => Tail::Names,
    };
    match &expr.kind {
        ExprKind::BasketHas(_) | ExprKind::QuantityOf(_) | ExprKind::AmountOf(_) => Tail::Names,
        ExprKind::OneOf { .. } => Tail::OneOf,
        ExprKind::Measure(measure) if measure.narrow.window.is_none() && measure.narrow.over.is_empty() => {
            names(&measure.narrow.scopes, measure.narrow.places.len())
        }
        ExprKind::And(list) | ExprKind::Or(list) => list.last().map_or(Tail::Closed, tail),
        ExprKind::Not(inner) | ExprKind::Negate(inner) if level(inner) == Level::Atom => tail(inner),
        ExprKind::Compare { right, .. } => tail(right),
        ExprKind::Between { high, .. } => tail(high),
        ExprKind::Arithmetic { right, .. } => tail(right),
        _ => Tail::Closed,
    }
}

/// Whether the first word of a text could be taken for a name.
fn begins_as_name(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(text.len());
    text.starts_with('"') || text.get(..end).is_some_and(can_be_bare)
}

/// Whether what is excluded next may be listed behind this scope. A test would take it for its own.
fn can_join(scope: &Scope) -> bool {
    matches!(scope, Scope::Excluding(inner) if !matches!(**inner, Scope::ItemsIf(_)))
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Or(_) => Level::Or,
        ExprKind::And(_) => Level::And,
        ExprKind::Not(_) => Level::Not,
        ExprKind::Compare { .. } | ExprKind::OneOf { .. } | ExprKind::Between { .. } => Level::Compare,
        ExprKind::Arithmetic { op: ArithOp::Add | ArithOp::Subtract, .. } => Level::Sum,
        ExprKind::Arithmetic { .. } => Level::Product,
        // A minus before a minus, or a minus and parentheses.
        ExprKind::Negate(_) | ExprKind::Round { .. } => Level::Product,
        _ => Level::Atom,
    }
}

fn compare(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Is => "is",
        CmpOp::IsNot => "is not",
        CmpOp::Over => "is over",
        CmpOp::Under => "is under",
        CmpOp::AtLeast => "is at least",
        CmpOp::AtMost => "is at most",
    }
}

fn attribute_of(of: AttributeOf) -> &'static str {
    match of {
        AttributeOf::Customer => "customer",
        AttributeOf::Purchase => "purchase",
        AttributeOf::Item => "item",
    }
}

/// Words with commas between them; the line may break behind each.
pub(super) fn listed(words: &[String]) -> String {
    words.join(&format!(",{SOFT}"))
}

/// `half up`, `down` …
pub(super) fn round_mode(mode: RoundMode) -> &'static str {
    match mode {
        RoundMode::HalfUp => "half up",
        RoundMode::HalfEven => "half even",
        RoundMode::Down => "down",
        RoundMode::Up => "up",
    }
}

/// `month`, `membership year` …
pub(super) fn period_word(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
        Period::Quarter => "quarter",
        Period::Year => "year",
        Period::MembershipYear => "membership year",
    }
}

/// `14 days`, `1 year`
pub(super) fn duration_words(duration: DurationLit) -> String {
    let unit = match duration.unit {
        DurationUnit::Hours => "hour",
        DurationUnit::Days => "day",
        DurationUnit::Weeks => "week",
        DurationUnit::Months => "month",
        DurationUnit::Quarters => "quarter",
        DurationUnit::Years => "year",
    };
    plural(i64::from(duration.count), unit)
}

/// `1 day`, `3 days`
pub(super) fn plural(count: i64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `24 December`
pub(super) fn yearday(day: YearDay) -> String {
    format!("{} {}", day.day, month(day.month))
}

/// The name of a month from 1 to 12, with a capital.
pub(super) fn month(number: u8) -> &'static str {
    MONTHS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or("")
}

/// The name of a day of the week from 0, Monday.
pub(super) fn weekday(day: u8) -> &'static str {
    WEEKDAYS.get(usize::from(day)).copied().unwrap_or("")
}

/// `3rd`
pub(super) fn ordinal(number: u32) -> String {
    format!("{number}{}", crate::syntax::build::ordinal_suffix(number))
}
