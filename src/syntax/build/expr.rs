//! Calculations and tests.

use super::{Builder, P, first, has, kid, kids};
use crate::program::FACTS;
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    ArithOp, AttributeOf, CmpOp, Expr, ExprKind, Fact, Literal, Measure, MeasureKind, Name, Narrowing, Over, Period, Place, RoundMode,
    Scope, Window,
};
use crate::syntax::grammar::Rule;
use crate::syntax::{errors, scan};

/// A piece of the flat chain.
enum Link<'i> {
    Not(Span),
    And,
    Or,
    Compare(CmpOp, Span),
    Between(Span),
    Arithmetic(ArithOp),
    OneOf(P<'i>),
    OrAbove(Span),
    Value(Expr),
}

/// The chain while it is folded, weakest operator first.
struct Chain<'i> {
    links: std::iter::Peekable<std::vec::IntoIter<Link<'i>>>,
    end: Span,
}

impl Builder<'_> {
    /// `value`
    pub fn value(&mut self, pair: &P) -> Expr {
        let Some(inner) = first(pair) else { return self.nothing(pair) };
        match inner.as_rule() {
            Rule::negative => self.negative(&inner),
            Rule::literal => self.literal(&inner),
            Rule::call => self.call(&inner),
            Rule::paren => self.paren(&inner),
            _ => Expr { span: self.span(&inner), kind: ExprKind::Name(self.name(&inner).node) },
        }
    }

    /// The value among the pieces of `pair`.
    pub fn value_in(&mut self, pair: &P) -> Expr {
        match kid(pair, Rule::value) {
            Some(value) => self.value(&value),
            None => self.nothing(pair),
        }
    }

    /// `amount`: a value and the unit that stands apart from it.
    pub fn amount(&mut self, pair: &P) -> (Expr, Option<Name>) {
        let value = self.value(pair);
        (value, kid(pair, Rule::name).map(|name| self.name(&name)))
    }

    /// The amount among the pieces of `pair`.
    pub fn amount_in(&mut self, pair: &P) -> (Expr, Option<Name>) {
        match kid(pair, Rule::amount) {
            Some(amount) => self.amount(&amount),
            None => (self.nothing(pair), None),
        }
    }

    fn negative(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        let inner = match kid(pair, Rule::literal) {
            Some(literal) => self.literal(&literal),
            None => self.nothing(pair),
        };
        negate(inner, span)
    }

    /// `paren`: a calculation in parentheses.
    pub fn paren(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        self.depth = self.depth.saturating_add(1);
        let inner = match kid(pair, Rule::expr) {
            Some(expr) => self.expr(&expr),
            None => self.nothing(pair),
        };
        self.depth = self.depth.saturating_sub(1);
        Expr { span, kind: inner.kind }
    }

    /// A test. `if spend over 50 EUR` means `if spend is over 50 EUR`: by itself a measure tests nothing.
    pub fn condition_in(&mut self, pair: &P) -> Expr {
        let mut expr = self.expr_in(pair);
        let ExprKind::Measure(measure) = &mut expr.kind else { return expr };
        let Some(over) = measure.narrow.over.pop() else { return expr };
        let line = self.said_last(pair);
        self.report(errors::missing_is(over.span, if over.node.inclusive { "is at least" } else { "is over" }, &line));
        let op = if over.node.inclusive { CmpOp::AtLeast } else { CmpOp::Over };
        let right = Box::new(over.node.amount);
        let span = expr.span;
        Expr { span, kind: ExprKind::Compare { left: Box::new(expr), op, right } }
    }

    /// `spend over 50 EUR in this year` with the test behind what is tested: `spend in this year is over 50 EUR`.
    fn said_last(&self, pair: &P) -> String {
        let over = pair.clone().into_inner().flatten().find(|piece| matches!(piece.as_rule(), Rule::over | Rule::of_at_least));
        let (Some(over), Some(whole)) = (over, kid(pair, Rule::expr)) else { return String::new() };
        let start = over.as_span().start().saturating_sub(whole.as_span().start());
        let behind = start.saturating_add(over.as_str().len());
        let text = whole.as_str();
        let (before, after) = (text.get(..start).unwrap_or(""), text.get(behind..).unwrap_or(""));
        let test = over.as_str().trim().trim_start_matches("of ");
        self.rewritten(&whole, &[before.trim(), after.trim(), "is", test].join(" ").replace("  ", " "))
    }

    /// The calculation among the pieces of `pair`.
    pub fn expr_in(&mut self, pair: &P) -> Expr {
        match kid(pair, Rule::expr) {
            Some(expr) => self.expr(&expr),
            None => self.nothing(pair),
        }
    }

    /// `expr` and `calculation`: a flat chain, folded by what binds stronger.
    pub fn expr(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        let steps = kids(pair, Rule::arithmetic).count();
        if self.depth.saturating_add(steps) > scan::MAX_NESTING {
            self.broken(errors::too_deep(span));
            return self.nothing(pair);
        }
        self.depth = self.depth.saturating_add(steps);
        let links: Vec<Link> = pair.clone().into_inner().filter_map(|piece| self.link(&piece)).collect();
        self.depth = self.depth.saturating_sub(steps);
        let mut chain = Chain { links: links.into_iter().peekable(), end: span };
        let expr = self.any_of(&mut chain);
        match chain.links.next() {
            None => {}
            Some(Link::Compare(_, second) | Link::Between(second) | Link::OrAbove(second)) => {
                self.broken(errors::two_comparisons(second));
            }
            Some(_) => self.broken(errors::two_comparisons(span)),
        }
        Expr { span, kind: expr.kind }
    }

    fn link<'i>(&mut self, piece: &P<'i>) -> Option<Link<'i>> {
        Some(match piece.as_rule() {
            Rule::k_not => Link::Not(self.span(piece)),
            Rule::one_of => Link::OneOf(piece.clone()),
            Rule::or_above => Link::OrAbove(self.span(piece)),
            Rule::primary => Link::Value(self.primary(piece)),
            Rule::arithmetic => Link::Arithmetic(arithmetic(piece)),
            Rule::o_and => Link::And,
            Rule::o_or => Link::Or,
            Rule::compare => match compare_op(piece) {
                Some(op) => Link::Compare(op, self.span(piece)),
                None => Link::Between(self.span(piece)),
            },
            _ => return None,
        })
    }

    fn any_of(&mut self, chain: &mut Chain) -> Expr {
        let mut list = vec![self.all_of(chain)];
        while chain.links.next_if(|link| matches!(link, Link::Or)).is_some() {
            list.push(self.all_of(chain));
        }
        joined(list, ExprKind::Or)
    }

    fn all_of(&mut self, chain: &mut Chain) -> Expr {
        let mut list = vec![self.negation(chain)];
        while chain.links.next_if(|link| matches!(link, Link::And)).is_some() {
            list.push(self.negation(chain));
        }
        joined(list, ExprKind::And)
    }

    fn negation(&mut self, chain: &mut Chain) -> Expr {
        let (mut odd, mut start) = (false, None);
        while let Some(Link::Not(span)) = chain.links.next_if(|link| matches!(link, Link::Not(_))) {
            odd = !odd;
            start = start.or(Some(span));
        }
        let inner = self.comparison(chain);
        match start {
            Some(start) if odd => Expr { span: start.to(inner.span), kind: ExprKind::Not(Box::new(inner)) },
            _ => inner,
        }
    }

    fn comparison(&mut self, chain: &mut Chain) -> Expr {
        let left = self.sum(chain);
        match chain.links.next_if(|l| matches!(l, Link::Compare(..) | Link::Between(_) | Link::OneOf(_))) {
            Some(Link::Compare(op, _)) => self.compared(left, op, chain),
            Some(Link::Between(place)) => {
                let low = self.sum(chain);
                if chain.links.next_if(|link| matches!(link, Link::And)).is_none() {
                    self.broken(errors::between_without_and(place));
                    return left;
                }
                let high = self.sum(chain);
                let span = left.span.to(high.span);
                Expr { span, kind: ExprKind::Between { left: Box::new(left), low: Box::new(low), high: Box::new(high) } }
            }
            Some(Link::OneOf(pair)) => {
                let span = left.span.to(self.span(&pair));
                let list = kid(&pair, Rule::in_list);
                if let Some(list) = &list {
                    let items: Vec<&str> = kids(list, Rule::value).map(|value| value.as_str().trim()).collect();
                    let is = if has(&pair, Rule::k_not) { "is not one of" } else { "is one of" };
                    let line = self.rewritten(&pair, &format!("{is} {}", items.join(", ")));
                    self.report(errors::in_parentheses(self.span(&pair), &line));
                }
                let any_of = kids(list.as_ref().unwrap_or(&pair), Rule::value).map(|value| self.value(&value)).collect();
                let negated = has(&pair, Rule::k_not);
                Expr { span, kind: ExprKind::OneOf { left: Box::new(left), any_of, negated } }
            }
            _ => left,
        }
    }

    fn compared(&mut self, left: Expr, op: CmpOp, chain: &mut Chain) -> Expr {
        let right = self.sum(chain);
        let mut op = op;
        if let Some(Link::OrAbove(span)) = chain.links.next_if(|link| matches!(link, Link::OrAbove(_))) {
            if op != CmpOp::Is {
                self.broken(errors::does_not_fit(span, "or above", None));
            }
            op = CmpOp::AtLeast;
        }
        let span = left.span.to(right.span);
        Expr { span, kind: ExprKind::Compare { left: Box::new(left), op, right: Box::new(right) } }
    }

    fn sum(&mut self, chain: &mut Chain) -> Expr {
        let mut left = self.product(chain);
        while let Some(Link::Arithmetic(op)) = chain.links.next_if(|l| matches!(l, Link::Arithmetic(ArithOp::Add | ArithOp::Subtract))) {
            let right = self.product(chain);
            left = combined(left, op, right);
        }
        left
    }

    fn product(&mut self, chain: &mut Chain) -> Expr {
        let mut left = operand(chain);
        while let Some(Link::Arithmetic(op)) = chain.links.next_if(|l| matches!(l, Link::Arithmetic(_) if is_factor(l))) {
            left = combined(left, op, operand(chain));
        }
        left
    }

    fn primary(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        let Some(inner) = pair.clone().into_inner().find(|p| p.as_rule() != Rule::negate) else {
            return self.nothing(pair);
        };
        let expr = self.primary_kind(&inner);
        if has(pair, Rule::negate) { negate(expr, span) } else { expr }
    }

    fn primary_kind(&mut self, inner: &P) -> Expr {
        let span = self.span(inner);
        let kind = match inner.as_rule() {
            Rule::literal => return self.literal(inner),
            Rule::call => return self.call(inner),
            Rule::paren => return self.paren(inner),
            Rule::attribute => self.attribute(inner),
            Rule::event_happened => {
                let window = kid(inner, Rule::window).map(|w| self.window(&w));
                ExprKind::EventHappened { name: self.name_in(inner), window }
            }
            Rule::basket_has => ExprKind::BasketHas(self.scope_in(inner)),
            Rule::quantity_of => ExprKind::QuantityOf(self.scope_in(inner)),
            Rule::amount_of if has(inner, Rule::amount_after) => ExprKind::NetAmountOf(self.scope_in(inner)),
            Rule::amount_of => ExprKind::AmountOf(self.scope_in(inner)),
            Rule::measure => ExprKind::Measure(Box::new(self.measure(inner))),
            Rule::fact => match fact(inner) {
                Some(fact) => ExprKind::Fact(fact),
                None => ExprKind::Name(inner.as_str().trim().to_owned()),
            },
            Rule::tier_of => ExprKind::TierOf(self.name_in(inner)),
            Rule::yes_no => ExprKind::Literal(Literal::YesNo(has(inner, Rule::k_yes) || has(inner, Rule::k_true))),
            _ => ExprKind::Name(self.name(inner).node),
        };
        Expr { span, kind }
    }

    /// `customer.profession`
    pub fn attribute(&mut self, pair: &P) -> ExprKind {
        let of = match kid(pair, Rule::attribute_of).and_then(|p| first(&p)).map(|p| p.as_rule()) {
            Some(Rule::k_customer) => AttributeOf::Customer,
            Some(Rule::k_purchase) => AttributeOf::Purchase,
            _ => AttributeOf::Item,
        };
        let name = kid(pair, Rule::word).unwrap_or_else(|| pair.clone());
        ExprKind::Attribute { of, name: self.name(&name) }
    }

    fn call(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        self.depth = self.depth.saturating_add(1);
        let kind = match kid(pair, Rule::round_call) {
            Some(round) => {
                let value = match kid(&round, Rule::calculation) {
                    Some(p) => self.expr(&p),
                    None => self.nothing(pair),
                };
                let step = kid(&round, Rule::value).map(|step| Box::new(self.value(&step)));
                ExprKind::Round { mode: round_mode(&round), value: Box::new(value), step }
            }
            None => {
                let list: Vec<Expr> = kids(pair, Rule::expr).map(|expr| self.expr(&expr)).collect();
                let max = kid(pair, Rule::call_name).is_some_and(|name| has(&name, Rule::k_max));
                if max { ExprKind::Max(list) } else { ExprKind::Min(list) }
            }
        };
        self.depth = self.depth.saturating_sub(1);
        Expr { span, kind }
    }

    /// `measure`, or a table's key of the same form.
    pub fn measure(&mut self, pair: &P) -> Measure {
        let span = self.span(pair);
        let narrow = pair.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::narrowing | Rule::key_narrowing));
        let narrow = narrow.map(|p| self.narrowing(&p)).unwrap_or_default();
        let what = first(pair).unwrap_or_else(|| pair.clone());
        let kind = match what.as_rule() {
            Rule::m_gross => MeasureKind::GrossSpend,
            Rule::m_days => MeasureKind::DaysWithPurchase,
            Rule::m_purchases => MeasureKind::Purchases,
            Rule::m_items => MeasureKind::Items,
            Rule::m_quantity => MeasureKind::Quantity,
            Rule::m_different => MeasureKind::Different(match () {
                () if has(&what, Rule::k_partner) => Fact::Partner,
                () if has(&what, Rule::k_product) => Fact::Product,
                () if has(&what, Rule::k_category) => Fact::Category,
                () if has(&what, Rule::k_brand) => Fact::Brand,
                () => Fact::Store,
            }),
            Rule::m_referrals => MeasureKind::Referrals,
            Rule::m_events => MeasureKind::Events(self.name_in(&what)),
            Rule::m_confirmed => MeasureKind::Confirmed(self.name_in(&what)),
            Rule::m_earned => MeasureKind::Earned(self.name_in(&what)),
            Rule::m_spent => MeasureKind::Spent(self.name_in(&what)),
            Rule::balance => MeasureKind::Balance(self.name_in(&what)),
            _ => MeasureKind::Spend,
        };
        Measure { span, kind, narrow }
    }

    /// Words directly behind a measure or a counting trigger.
    pub fn narrowing(&mut self, pair: &P) -> Narrowing {
        let mut narrow = Narrowing::default();
        for piece in pair.clone().into_inner() {
            let span = self.span(&piece);
            match piece.as_rule() {
                Rule::narrow_scope => narrow.scopes.push(Spanned::new(self.scope_in(&piece), span)),
                Rule::excluding => narrow.scopes.extend(self.excluding(&piece)),
                Rule::place => narrow.places.push(Spanned::new(self.where_made(&piece), span)),
                Rule::over | Rule::key_over | Rule::of_at_least => {
                    let over = self.over(&piece);
                    narrow.over.push(Spanned::new(over, span));
                }
                Rule::window => {
                    if let Some(other) = &narrow.window {
                        let other = other.span;
                        self.broken(errors::two_windows(other, span));
                    }
                    narrow.window = Some(self.window(&piece));
                }
                _ => {}
            }
        }
        narrow
    }

    /// `over 50 EUR of goods`, `of at least 50 EUR`
    pub fn over(&mut self, pair: &P) -> Over {
        let of = kid(pair, Rule::over_of);
        let says = |rule| of.as_ref().is_some_and(|of| has(of, rule));
        Over {
            inclusive: pair.as_rule() == Rule::of_at_least,
            amount: self.value_in(pair),
            of_goods: says(Rule::k_goods),
            after_discounts: says(Rule::k_discount),
        }
    }

    /// `window`
    pub fn window(&mut self, pair: &P) -> Spanned<Window> {
        let span = self.span(pair);
        let Some(inner) = first(pair) else { return Spanned::new(Window::Ever, span) };
        let window = match inner.as_rule() {
            Rule::w_last => match kid(&inner, Rule::period_word) {
                Some(word) => {
                    let word_span = self.span(&word);
                    self.report(errors::last_without_number(word_span, word.as_str().trim()));
                    Window::In(period(&word))
                }
                None => Window::Last(Box::new(self.value_in(&inner))),
            },
            Rule::w_previous => Window::Previous(period_in(&inner)),
            Rule::w_in => Window::In(period_in(&inner)),
            Rule::w_membership => Window::In(Period::MembershipYear),
            Rule::w_bare => {
                let duration = inner.as_str().trim().trim_start_matches(|c: char| c.is_alphabetic()).trim().to_owned();
                let line = self.rewritten(&inner, &format!("in last {duration}"));
                self.report(errors::bare_window(span, &duration, &line));
                Window::Last(Box::new(self.lasting(&inner)))
            }
            Rule::w_reaching => Window::SinceReaching,
            Rule::w_since => Window::SinceJoining,
            _ => Window::Ever,
        };
        Spanned::new(window, span)
    }

    /// The `category "a", "b"` or `items if …` among the pieces of `pair`.
    pub fn scope_in(&mut self, pair: &P) -> Scope {
        let inner = pair.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::scope_names | Rule::items_if));
        inner.map_or(Scope::Shipping, |inner| self.scope(&inner))
    }

    /// `scope_names`, `items_if`
    pub fn scope(&mut self, pair: &P) -> Scope {
        if pair.as_rule() == Rule::items_if {
            return Scope::ItemsIf(Box::new(self.expr_in(pair)));
        }
        let names = self.names_in(pair);
        match kid(pair, Rule::scope_kind).and_then(|kind| first(&kind)).map(|kind| kind.as_rule()) {
            Some(Rule::k_brand) => Scope::Brand(names),
            Some(Rule::k_product) => Scope::Product(names),
            _ => Scope::Category(names),
        }
    }

    /// `excluding category "a", brand "b"`: one scope for each.
    pub fn excluding(&mut self, pair: &P) -> Vec<Spanned<Scope>> {
        let all = self.span(pair);
        let parts: Vec<P> = pair.clone().into_inner().filter(|p| matches!(p.as_rule(), Rule::scope_names | Rule::items_if)).collect();
        let single = parts.len() == 1;
        let exclude = |part: &P| {
            let span = if single { all } else { self.span(part) };
            Spanned::new(Scope::Excluding(Box::new(self.scope(part))), span)
        };
        parts.iter().map(exclude).collect()
    }

    /// `place`
    pub fn where_made(&mut self, pair: &P) -> Place {
        let Some(inner) = first(pair) else { return Place::Via(Vec::new()) };
        let names = self.names_in(&inner);
        match inner.as_rule() {
            Rule::p_store => Place::InStore(names),
            Rule::p_paid => Place::PaidBy(names),
            Rule::p_partner => Place::AtPartner(names),
            Rule::p_coupon => Place::WithCoupon(names),
            _ => Place::Via(names),
        }
    }
}

fn operand(chain: &mut Chain) -> Expr {
    match chain.links.next_if(|link| matches!(link, Link::Value(_))) {
        Some(Link::Value(expr)) => expr,
        _ => Expr { span: chain.end, kind: ExprKind::Name(String::new()) },
    }
}

fn is_factor(link: &Link) -> bool {
    matches!(link, Link::Arithmetic(ArithOp::Multiply | ArithOp::Divide))
}

fn joined(mut list: Vec<Expr>, make: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match (list.pop(), list.first().map(|e| e.span)) {
        (Some(only), None) => only,
        (Some(last), Some(start)) => {
            let span = start.to(last.span);
            list.push(last);
            Expr { span, kind: make(list) }
        }
        (None, _) => Expr { span: Span::default(), kind: make(list) },
    }
}

fn combined(left: Expr, op: ArithOp, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { span, kind: ExprKind::Arithmetic { left: Box::new(left), op, right: Box::new(right) } }
}

/// `-10 beans` is one literal; anything else is a calculation.
fn negate(expr: Expr, span: Span) -> Expr {
    let minus = |n: crate::value::Decimal| crate::value::Decimal::new(n.mantissa.saturating_neg(), n.scale);
    let kind = match expr.kind {
        ExprKind::Literal(Literal::Number(n)) => ExprKind::Literal(Literal::Number(minus(n))),
        ExprKind::Literal(Literal::Percent(n)) => ExprKind::Literal(Literal::Percent(minus(n))),
        ExprKind::Literal(Literal::Money { amount, currency }) => ExprKind::Literal(Literal::Money { amount: minus(amount), currency }),
        ExprKind::Literal(Literal::Count { amount, unit }) => ExprKind::Literal(Literal::Count { amount: minus(amount), unit }),
        kind => ExprKind::Negate(Box::new(Expr { span: expr.span, kind })),
    };
    Expr { span, kind }
}

fn arithmetic(pair: &P) -> ArithOp {
    match pair.as_str().trim() {
        "+" => ArithOp::Add,
        "*" | "×" => ArithOp::Multiply,
        "/" => ArithOp::Divide,
        _ => ArithOp::Subtract,
    }
}

/// The comparison of `compare` or `goal_compare`; `None` for `is between`.
pub(super) fn compare_op(pair: &P) -> Option<CmpOp> {
    let inner = if pair.as_rule() == Rule::goal_compare { kid(pair, Rule::compare) } else { Some(pair.clone()) };
    let Some(rule) = inner.and_then(|p| first(&p)).map(|p| p.as_rule()) else {
        let op = if has(pair, Rule::k_least) {
            CmpOp::AtLeast
        } else if has(pair, Rule::k_most) {
            CmpOp::AtMost
        } else if has(pair, Rule::k_over) || has(pair, Rule::k_above) {
            CmpOp::Over
        } else {
            CmpOp::Under
        };
        return Some(op);
    };
    Some(match rule {
        Rule::is_between => return None,
        Rule::is_at_least | Rule::c_at_least => CmpOp::AtLeast,
        Rule::is_at_most | Rule::c_at_most => CmpOp::AtMost,
        Rule::is_over | Rule::c_over => CmpOp::Over,
        Rule::is_under | Rule::c_under => CmpOp::Under,
        Rule::is_not | Rule::c_not => CmpOp::IsNot,
        _ => CmpOp::Is,
    })
}

/// The fact of a `fact` piece.
pub(super) fn fact(pair: &P) -> Option<Fact> {
    let singular = |words: &str| {
        let words: Vec<String> = words.split_whitespace().map(|word| word.to_lowercase().trim_end_matches('s').to_owned()).collect();
        words.join(" ")
    };
    let written = singular(pair.as_str()).replace("with voucher", "with a voucher");
    FACTS.iter().find(|info| singular(info.words) == written).map(|info| info.fact)
}

/// The rounding of the `round_mode` among the pieces of `pair`; down if none is written.
pub(super) fn round_mode(pair: &P) -> RoundMode {
    let Some(mode) = kid(pair, Rule::round_mode) else { return RoundMode::Down };
    match (has(&mode, Rule::k_half), has(&mode, Rule::k_up)) {
        (true, true) => RoundMode::HalfUp,
        (true, false) => RoundMode::HalfEven,
        (false, true) => RoundMode::Up,
        (false, false) => RoundMode::Down,
    }
}

/// The period of a `period` or `period_word` piece.
pub(super) fn period(pair: &P) -> Period {
    if has(pair, Rule::k_membership) {
        return Period::MembershipYear;
    }
    let word = kid(pair, Rule::period_word).unwrap_or_else(|| pair.clone());
    match first(&word).map(|p| p.as_rule()) {
        Some(Rule::k_week) => Period::Week,
        Some(Rule::k_month) => Period::Month,
        Some(Rule::k_quarter) => Period::Quarter,
        Some(Rule::k_year) => Period::Year,
        _ => Period::Day,
    }
}

/// The period among the pieces of `pair`.
pub(super) fn period_in(pair: &P) -> Period {
    kid(pair, Rule::period).map_or(Period::Day, |p| period(&p))
}
