//! Calculations and tests: every part gets a kind, and names get a meaning from where they stand.

use super::types::{decimal, fold, power};
use super::{Checker, errors};
use crate::diagnostic::Diagnostic;
use crate::program::{CmpOp, Expr, Fact, Measure, MeasureKind, PurchaseFilter, Type, Window};
use crate::span::Span;
use crate::syntax::ast::{self, ArithOp, ExprKind, Literal, RoundMode};
use crate::value::{Exact, Rounding};

/// A lowered calculation and the kind of its value.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub expr: Expr,
    pub kind: Type,
}

/// A calculation and its kind, found.
pub(crate) fn typed(expr: Expr, kind: Type) -> Option<Typed> {
    Some(Typed { expr, kind })
}

impl<'a> Checker<'a> {
    /// A test: something that is true or not.
    pub(crate) fn condition(&mut self, expr: &'a ast::Expr) -> Option<Expr> {
        let found = self.infer(expr, Some(Type::YesNo))?;
        if found.kind != Type::YesNo {
            let words = self.kind_words(found.kind);
            self.report(errors::not_a_condition(self.sources.text(expr.span), &words, expr.span));
            return None;
        }
        Some(found.expr)
    }

    /// A calculation. `want` is what would fit there; it gives names and data fields their meaning, but is not enforced.
    pub(crate) fn infer(&mut self, expr: &'a ast::Expr, want: Option<Type>) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, want, expr.span),
            ExprKind::Name(word) => self.word(word, want, expr.span),
            ExprKind::Fact(fact) => self.fact(*fact, expr.span),
            ExprKind::TierOf(ladder) => typed(Expr::TierOf(self.ladder_called(Some(ladder), ladder.span)?), Type::Tier),
            ExprKind::Measure(measure) => {
                let (id, kind) = self.measure(measure)?;
                typed(Expr::Measure(id), kind)
            }
            ExprKind::Attribute { of, name } => self.attribute(*of, name, want),
            ExprKind::EventHappened { name, window } => {
                let window = match window {
                    Some(window) => self.window(window)?,
                    None => Window::Unsaid,
                };
                let kind = MeasureKind::Events(name.node.clone());
                let id = self.intern_measure(Measure { kind, filter: PurchaseFilter::default(), window });
                let once = Expr::Number(Exact::whole(1));
                typed(compare(Expr::Measure(id), CmpOp::AtLeast, once), Type::YesNo)
            }
            ExprKind::BasketHas(scope) => typed(Expr::BasketHas(self.item_filter(scope, expr.span)?), Type::YesNo),
            ExprKind::QuantityOf(scope) => typed(Expr::QuantityOf(self.item_filter(scope, expr.span)?), Type::Number),
            ExprKind::AmountOf(scope) => typed(Expr::AmountOf(self.item_filter(scope, expr.span)?), Type::Money),
            ExprKind::NetAmountOf(scope) => {
                if let Some(early) = self.here.early {
                    self.report(errors::too_early(self.sources.text(expr.span), expr.span, early));
                    return None;
                }
                typed(Expr::NetAmountOf(self.item_filter(scope, expr.span)?), Type::Money)
            }
            ExprKind::Not(inner) => typed(Expr::Not(Box::new(self.condition(inner)?)), Type::YesNo),
            ExprKind::And(list) => typed(Expr::And(self.conditions(list)?), Type::YesNo),
            ExprKind::Or(list) => {
                self.or_of_values(list, expr.span)?;
                typed(Expr::Or(self.conditions(list)?), Type::YesNo)
            }
            ExprKind::Compare { left, op, right } => self.comparison(left, *op, right, expr.span),
            ExprKind::OneOf { left, any_of, negated } => self.one_of(left, any_of, *negated, expr.span),
            ExprKind::Between { left, low, high } => self.between(left, low, high, expr.span),
            ExprKind::Arithmetic { left, op, right } => self.arithmetic(left, *op, right, want, expr.span),
            ExprKind::Negate(inner) => {
                let inner = self.infer(inner, want)?;
                self.must_calculate(inner.kind, expr.span)?;
                typed(Expr::Negate(Box::new(inner.expr)), inner.kind)
            }
            ExprKind::Min(list) => self.choice(list, want, Expr::Min),
            ExprKind::Max(list) => self.choice(list, want, Expr::Max),
            ExprKind::Round { mode, value, step } => self.rounded(*mode, value, step.as_deref(), want),
        }
    }

    fn conditions(&mut self, list: &'a [ast::Expr]) -> Option<Vec<Expr>> {
        // All of them, so that one run reports every problem.
        let found: Vec<Option<Expr>> = list.iter().map(|expr| self.condition(expr)).collect();
        found.into_iter().collect()
    }

    /// `channel is app or web` means one of both.
    fn or_of_values(&mut self, list: &'a [ast::Expr], span: Span) -> Option<()> {
        let [first, rest @ ..] = list else { return Some(()) };
        let ExprKind::Compare { left, op: ast::CmpOp::Is, right } = &first.kind else { return Some(()) };
        let value = |part: &ast::Expr| match &part.kind {
            ExprKind::Name(word) => self.scope.segments.find(word).is_none(),
            ExprKind::Literal(_) => true,
            _ => false,
        };
        if rest.is_empty() || !rest.iter().all(value) {
            return Some(());
        }
        let values: Vec<&str> = std::iter::once(&**right).chain(rest).map(|part| self.sources.text(part.span)).collect();
        let help = self.rewritten(span, &format!("{} is one of {}", self.sources.text(left.span), values.join(", ")));
        self.report(errors::or_of_values(self.sources.text(span), &help, span));
        None
    }

    /// Whether the kind of `expr` depends on what it is compared with.
    fn is_open(&self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Attribute { .. } => true,
            ExprKind::Name(word) => self.scope.param(word).is_none(),
            ExprKind::Literal(Literal::Text(_)) => true,
            ExprKind::Negate(inner) => self.is_open(inner),
            ExprKind::Min(list) | ExprKind::Max(list) => list.iter().all(|part| self.is_open(part)),
            ExprKind::Arithmetic { left, op: ArithOp::Add | ArithOp::Subtract, right } => self.is_open(left) && self.is_open(right),
            _ => false,
        }
    }

    /// Two sides of one kind.
    fn sides(&mut self, left: &'a ast::Expr, right: &'a ast::Expr) -> Option<(Typed, Typed)> {
        let (mut a, b) = if self.is_open(left) && !self.is_open(right) {
            let b = self.infer(right, None)?;
            (self.infer(left, Some(b.kind))?, b)
        } else {
            // A tier's or segment's name on the left keeps its meaning; other open words beside open words are texts.
            let want = self.is_open(left).then_some(Type::Text).filter(|_| !matches!(&left.kind, ExprKind::Name(_)));
            let a = self.infer(left, want)?;
            if let ExprKind::Literal(Literal::Money { .. }) = &right.kind
                && a.kind != Type::Money
            {
                // In whatever currency: money is not what is asked for.
                let money = Typed { expr: Expr::YesNo(false), kind: Type::Money };
                let problem = self.unequal(&a, left.span, &money, right.span);
                self.report(problem);
                return None;
            }
            let b = self.infer(right, Some(a.kind))?;
            (a, b)
        };
        // `tier` beside a tier of another ladder asks for that ladder.
        if let (ExprKind::Fact(Fact::Tier), Expr::Tier(tier)) = (&left.kind, &b.expr) {
            a.expr = Expr::TierOf(tier.ladder);
        }
        if a.kind == b.kind {
            return Some((a, b));
        }
        let problem = self.unequal(&a, left.span, &b, right.span);
        self.report(problem);
        None
    }

    fn unequal(&self, a: &Typed, left: Span, b: &Typed, right: Span) -> Diagnostic {
        let number = fold(&b.expr).and_then(decimal).map(|n| n.normal().to_string());
        if let (Some(number), Type::Number, Type::Money | Type::Percent | Type::Points(_)) = (&number, b.kind, a.kind) {
            return errors::bare_number(number, &[self.sample(a.kind, number)], right);
        }
        // Money counts in its smallest coins here, which is no number to offer.
        let number = number.filter(|_| !matches!(b.kind, Type::Percent | Type::Money));
        // `is over 90 EUR` of days: 90 days.
        let written = self.sources.text(right).split_whitespace().next().filter(|word| word.parse::<u32>().is_ok());
        let written = written.filter(|_| b.kind == Type::Money).map(str::to_owned);
        let sample = self.sample(a.kind, number.or(written).as_deref().unwrap_or("50"));
        errors::cannot_compare(
            (self.sources.text(left), &self.kind_words(a.kind), left),
            (self.sources.text(right), &self.kind_words(b.kind), right),
            &sample,
        )
    }

    fn comparison(&mut self, left: &'a ast::Expr, op: ast::CmpOp, right: &'a ast::Expr, span: Span) -> Option<Typed> {
        self.compares_values(left, op, right, span)?;
        let (a, b) = self.sides(left, right)?;
        let op = cmp_op(op);
        self.may_compare(a.kind, op, span)?;
        typed(compare(a.expr, op, b.expr), Type::YesNo)
    }

    /// `customer.card is null`: whoever has a card is told by `is not ""`, which nothing missing passes.
    fn compares_values(&mut self, left: &'a ast::Expr, op: ast::CmpOp, right: &'a ast::Expr, span: Span) -> Option<()> {
        let negated = matches!(op, ast::CmpOp::IsNot);
        let empty = match &right.kind {
            ExprKind::Literal(Literal::Text(text)) => text.is_empty() && !negated,
            ExprKind::Name(word) => {
                let named =
                    self.scope.param(word).is_some() || self.scope.tiers.find(word).is_some() || self.scope.segments.find(word).is_some();
                NO_VALUES.contains(&word.to_lowercase().as_str()) && !named
            }
            _ => false,
        };
        let text = matches!(left.kind, ExprKind::Attribute { .. } | ExprKind::Fact(_));
        if !empty || !text || !matches!(op, ast::CmpOp::Is | ast::CmpOp::IsNot) {
            return Some(());
        }
        let there = format!("{} is not \"\"", self.sources.text(left.span));
        let before = self.sources.file(span.file).and_then(|file| file.text.get(..span.range().start)).unwrap_or("");
        let turned = |word: &str, other: &str| {
            let start = before.trim_end().strip_suffix(word)?.len();
            Some((Span::new(span.file, start, span.range().end), format!("{other} {there}")))
        };
        let (place, words) = match negated {
            true => (span, there.clone()),
            false => turned("if", "unless").or_else(|| turned("unless", "if")).unwrap_or_else(|| (span, format!("not ({there})"))),
        };
        let help = self.rewritten(place, &words);
        self.report(errors::no_value(self.sources.text(right.span), &help, right.span));
        None
    }

    /// Words and yes/no are equal or not; they have no order.
    fn may_compare(&mut self, kind: Type, op: CmpOp, span: Span) -> Option<()> {
        if matches!(op, CmpOp::Is | CmpOp::IsNot) || !matches!(kind, Type::Text | Type::YesNo) {
            return Some(());
        }
        let words = self.kind_words(kind);
        self.report(errors::no_order(&words, span));
        None
    }

    fn one_of(&mut self, left: &'a ast::Expr, any_of: &'a [ast::Expr], negated: bool, span: Span) -> Option<Typed> {
        let mut subject = None;
        let mut texts = Vec::new();
        let mut parts = Vec::new();
        let op = if negated { CmpOp::IsNot } else { CmpOp::Is };
        for right in any_of {
            let (a, b) = self.sides(left, right)?;
            self.may_compare(a.kind, op, span)?;
            match b.expr {
                Expr::Texts(ids) if a.kind == Type::Text => {
                    texts.extend(ids);
                    subject = Some(a.expr);
                }
                other => parts.push(compare(a.expr, op, other)),
            }
        }
        if let Some(subject) = subject {
            texts.dedup();
            parts.insert(0, compare(subject, op, Expr::Texts(texts)));
        }
        let expr = match (parts.len(), negated) {
            (1, _) => parts.pop()?,
            (_, true) => Expr::And(parts),
            (_, false) => Expr::Or(parts),
        };
        typed(expr, Type::YesNo)
    }

    fn between(&mut self, left: &'a ast::Expr, low: &'a ast::Expr, high: &'a ast::Expr, span: Span) -> Option<Typed> {
        let (a, from) = self.sides(left, low)?;
        let (_, to) = self.sides(left, high)?;
        self.may_compare(a.kind, CmpOp::AtLeast, span)?;
        let backwards = match (&from.expr, &to.expr) {
            (Expr::Date(from), Expr::Date(to)) => from > to,
            (Expr::Time(from), Expr::Time(to)) => from > to,
            (from, to) => matches!((fold(from), fold(to)), (Some(from), Some(to)) if from > to),
        };
        if backwards {
            self.report(errors::range_backwards(self.sources.text(low.span), low.span, self.sources.text(high.span), high.span));
            return None;
        }
        let tests = vec![compare(a.expr.clone(), CmpOp::AtLeast, from.expr), compare(a.expr, CmpOp::AtMost, to.expr)];
        typed(Expr::And(tests), Type::YesNo)
    }

    fn must_calculate(&mut self, kind: Type, span: Span) -> Option<()> {
        if matches!(kind, Type::Money | Type::Number | Type::Percent | Type::Points(_) | Type::Days) {
            return Some(());
        }
        let words = self.kind_words(kind);
        self.report(errors::cannot_calculate(&words, span));
        None
    }

    fn arithmetic(&mut self, left: &'a ast::Expr, op: ArithOp, right: &'a ast::Expr, want: Option<Type>, span: Span) -> Option<Typed> {
        if matches!(op, ArithOp::Add | ArithOp::Subtract) {
            let (a, b) = if self.is_open(left) && self.is_open(right) {
                let want = want.or(Some(Type::Number));
                (self.infer(left, want)?, self.infer(right, want)?)
            } else {
                self.sides(left, right)?
            };
            self.must_calculate(a.kind, span)?;
            let (a_expr, b_expr) = (Box::new(a.expr), Box::new(b.expr));
            let expr = if op == ArithOp::Add { Expr::Add(a_expr, b_expr) } else { Expr::Subtract(a_expr, b_expr) };
            return typed(expr, a.kind);
        }
        let number = |open: bool| open.then_some(Type::Number);
        let a = self.infer(left, number(self.is_open(left)))?;
        let b = self.infer(right, number(self.is_open(right)))?;
        self.must_calculate(a.kind, left.span)?;
        self.must_calculate(b.kind, right.span)?;
        if op == ArithOp::Divide && fold(&b.expr) == Some(Exact::whole(0)) {
            self.report(errors::division_by_zero(right.span));
            return None;
        }
        let kind = if op == ArithOp::Multiply { product(a.kind, b.kind) } else { quotient(a.kind, b.kind) };
        let Some(kind) = kind else {
            let (a, b) = (self.kind_words(a.kind), self.kind_words(b.kind));
            self.report(errors::cannot_combine(op == ArithOp::Multiply, (&a, left.span), (&b, right.span)));
            return None;
        };
        let (a, b) = (Box::new(a.expr), Box::new(b.expr));
        typed(if op == ArithOp::Multiply { Expr::Multiply(a, b) } else { Expr::Divide(a, b) }, kind)
    }

    fn choice(&mut self, list: &'a [ast::Expr], want: Option<Type>, make: fn(Vec<Expr>) -> Expr) -> Option<Typed> {
        let first_closed = list.iter().find(|part| !self.is_open(part));
        let want = match first_closed {
            Some(part) => Some(self.infer(part, want)?.kind),
            None => want.or(Some(Type::Number)),
        };
        let mut parts = Vec::new();
        for part in list {
            let found = self.infer(part, want)?;
            if Some(found.kind) != want {
                let problem = self.misfit(want?, found.kind, part.span);
                self.report(problem);
                return None;
            }
            self.must_calculate(found.kind, part.span)?;
            parts.push(found.expr);
        }
        typed(make(parts), want?)
    }

    fn rounded(&mut self, mode: RoundMode, value: &'a ast::Expr, step: Option<&'a ast::Expr>, want: Option<Type>) -> Option<Typed> {
        let want = if self.is_open(value) { want.or(Some(Type::Number)) } else { want };
        let value_typed = self.infer(value, want)?;
        self.must_calculate(value_typed.kind, value.span)?;
        let step = match step {
            // Without a step: to whole euros, whole points, whole numbers.
            None if value_typed.kind == Type::Money => power(self.program.currency.decimals),
            None => Exact::whole(1),
            Some(step) => {
                let known = self.known(step, (value_typed.kind == Type::Money).then_some(Type::Money))?;
                let fits = known.kind == value_typed.kind || known.kind == Type::Number;
                if !fits {
                    let problem = self.misfit(value_typed.kind, known.kind, step.span);
                    self.report(problem);
                    return None;
                }
                if known.value <= Exact::whole(0) {
                    self.report(errors::nothing(self.sources.text(step.span), step.span));
                    return None;
                }
                known.value
            }
        };
        typed(Expr::Round { mode: rounding(mode), value: Box::new(value_typed.expr), step }, value_typed.kind)
    }

    /// The problem of a value of the wrong kind.
    pub(crate) fn misfit(&self, want: Type, found: Type, span: Span) -> Diagnostic {
        let text = self.sources.text(span);
        errors::misfit(text, &self.kind_words(found), &self.kind_words(want), &self.sample(want, "50"), span)
    }
}

/// `left op right`
pub(crate) fn compare(left: Expr, op: CmpOp, right: Expr) -> Expr {
    Expr::Compare { left: Box::new(left), op, right: Box::new(right) }
}

fn product(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::Percent, Type::Percent) => Some(Type::Percent),
        (Type::Number | Type::Percent, other) | (other, Type::Number | Type::Percent) => Some(other),
        _ => None,
    }
}

fn quotient(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(Type::Number),
        (other, Type::Number | Type::Percent) => Some(other),
        _ => None,
    }
}

/// The same comparison in the program.
pub(crate) fn cmp_op(op: ast::CmpOp) -> CmpOp {
    match op {
        ast::CmpOp::Is => CmpOp::Is,
        ast::CmpOp::IsNot => CmpOp::IsNot,
        ast::CmpOp::Over => CmpOp::Over,
        ast::CmpOp::Under => CmpOp::Under,
        ast::CmpOp::AtLeast => CmpOp::AtLeast,
        ast::CmpOp::AtMost => CmpOp::AtMost,
    }
}

/// The same rounding in the program.
pub(crate) fn rounding(mode: RoundMode) -> Rounding {
    match mode {
        RoundMode::HalfUp => Rounding::HalfUp,
        RoundMode::HalfEven => Rounding::HalfEven,
        RoundMode::Down => Rounding::Down,
        RoundMode::Up => Rounding::Up,
    }
}

/// What other systems write where there is nothing.
const NO_VALUES: [&str; 7] = ["null", "nil", "none", "undefined", "empty", "missing", "blank"];
