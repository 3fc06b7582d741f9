//! Limits: what they count, in which unit, for how long.

use super::lower_effects::Gives;
use super::lower_rule::Body;
use super::types::decimal;
use super::values::period;
use super::{Checker, Here, errors};
use crate::program::{Effect, Limit, LimitPeriod, LimitWhat, QUANTITY, Rate, Type, WalletId};
use crate::span::Span;
use crate::syntax::ast;
use crate::value::Exact;

impl<'a> Checker<'a> {
    /// A limit; what it counts must be something that the rule gives.
    pub(crate) fn limit(
        &mut self,
        limit: &'a ast::Limit,
        span: Span,
        effects: &[(Effect, Span)],
        (body, complete): (Body, bool),
    ) -> Option<Limit> {
        let what = match &limit.what {
            ast::LimitWhat::Amount(amount) => self.limited_amount(amount, effects, complete)?,
            ast::LimitWhat::Times(times) => LimitWhat::Times(self.some_count(times)?),
            ast::LimitWhat::First(amount) => {
                let proportional = |effect: &Effect| effect.is_modifier() && *effect != Effect::FreeShipping;
                if !effects.is_empty() && !effects.iter().any(|(effect, _)| proportional(effect)) {
                    self.report(errors::first_of_nothing(self.sources.text(span), span));
                    return None;
                }
                match self.first_quantity(amount, effects) {
                    Some(parts) => LimitWhat::FirstQuantity(parts),
                    None => LimitWhat::First(self.some_money(amount)?),
                }
            }
            // Said of the balance, see `exchange_least`.
            ast::LimitWhat::AtLeast(_) if body == Body::Exchange => return None,
            ast::LimitWhat::AtLeast(_) => {
                self.report(errors::at_least_outside_redeem(self.sources.text(span), span));
                return None;
            }
        };
        let per = self.limit_period(&limit.per, what, span, body == Body::Rule)?;
        let then = match &limit.then {
            None => None,
            Some(rate) => Some(self.then_rate(rate, effects, span)?),
        };
        Some(Limit { what, per, then, or_nothing: limit.or_nothing, shared: None, span })
    }

    /// `80 litres` of a rate that is so much per litre.
    fn first_quantity(&self, amount: &'a ast::Expr, effects: &[(Effect, Span)]) -> Option<i64> {
        let ast::ExprKind::Literal(ast::Literal::Count { amount, unit }) = &self.peel(amount).kind else { return None };
        let measured = |effect: &Effect| match effect {
            Effect::Discount(rates) | Effect::Earn { rates, .. } => rates.all().all(|rate| matches!(rate, Rate::PerQuantity { .. })),
            _ => false,
        };
        if self.wallet_quietly(&unit.node).is_some() || effects.is_empty() || !effects.iter().all(|(effect, _)| measured(effect)) {
            return None;
        }
        let parts = Exact::try_from(*amount).and_then(|amount| amount.times(Exact::whole(i128::from(QUANTITY)))).ok()?;
        super::types::whole(parts).filter(|parts| *parts > 0)
    }

    /// `within limit "Fun"`: the limit that several rules share, as one of this rule.
    pub(crate) fn within_limit(
        &mut self,
        (name, then, or_nothing): (&'a ast::Name, Option<&'a ast::Rate>, bool),
        span: Span,
        effects: &[(Effect, Span)],
        body: (Body, bool),
    ) -> Option<Limit> {
        let shared = self.shared_limit(name)?;
        let (declared, _) = self.scope.limit_decls.get(usize::from(shared)).copied()?;
        let own = self.limit(declared, span, effects, body)?;
        if own.then.is_some() || own.or_nothing {
            self.report(errors::then_of_shared(self.sources.text(span), span));
        }
        let then = match then {
            None => None,
            Some(rate) => Some(self.then_rate(rate, effects, span)?),
        };
        Some(Limit { then, or_nothing, shared: Some(shared), ..own })
    }

    /// The amount of a limit in the unit it is written in.
    pub(crate) fn limited_amount(&mut self, amount: &'a ast::Expr, effects: &[(Effect, Span)], complete: bool) -> Option<LimitWhat> {
        self.unit_exists(amount)?;
        let known = self.known(amount, None)?;
        let what = match known.kind {
            Type::Percent => {
                if known.value <= Exact::whole(0) {
                    self.report(errors::nothing(self.sources.text(amount.span), amount.span));
                    return None;
                }
                LimitWhat::Percent(decimal(known.value)?)
            }
            Type::Money => LimitWhat::Money(self.some_money(amount)?),
            Type::Points(wallet) => LimitWhat::Units(wallet, self.some_units(amount, wallet)?),
            kind => {
                let text = self.sources.text(amount.span).to_owned();
                let number = text.split_whitespace().next().unwrap_or("20").to_owned();
                let samples = self.limit_samples(&number, effects);
                let items = self.unit_of(amount).is_some_and(|unit| super::values::counts_things(&unit.node));
                let problem = match kind {
                    Type::Number if items => errors::limit_of_things(&text, &samples, amount.span),
                    Type::Number => errors::bare_number(&text, &samples, amount.span),
                    _ => errors::wrong_rate(&text, &self.kind_words(kind), &samples, amount.span),
                };
                self.report(problem);
                return None;
            }
        };
        if complete && !effects.is_empty() && !effects.iter().any(|(effect, _)| self.counts_towards(effect, what)) {
            let text = self.sources.text(amount.span).to_owned();
            let samples = self.limit_samples("20", effects);
            self.report(errors::limit_of_other_unit(&text, &samples, amount.span, effects.first().map(|(_, span)| *span)?));
            return None;
        }
        Some(what)
    }

    fn limit_samples(&self, number: &str, effects: &[(Effect, Span)]) -> Vec<String> {
        let mut samples = Vec::new();
        for (effect, _) in effects {
            let sample = match effect {
                Effect::Earn { wallet, .. }
                | Effect::Grant { wallet, .. }
                | Effect::GrantFriend { wallet, .. }
                | Effect::Multiply { wallet, .. } => self.sample(self.wallet_type(*wallet), number),
                Effect::Discount(_) | Effect::Voucher { .. } | Effect::PriceList(_) | Effect::Price(_) | Effect::FreeShipping => {
                    self.sample(Type::Money, number)
                }
                _ => format!("{number} times"),
            };
            if !samples.contains(&sample) {
                samples.push(sample);
            }
        }
        if samples.is_empty() {
            samples.push(self.sample(Type::Money, number));
        }
        samples
    }

    fn counts_towards(&self, effect: &Effect, what: LimitWhat) -> bool {
        let of: Option<WalletId> = match effect {
            Effect::Earn { wallet, .. }
            | Effect::Grant { wallet, .. }
            | Effect::GrantFriend { wallet, .. }
            | Effect::Multiply { wallet, .. } => Some(*wallet),
            _ => None,
        };
        match (what, of) {
            (LimitWhat::Money(_) | LimitWhat::Percent(_), Some(wallet)) => self.is_money_wallet(wallet),
            (LimitWhat::Money(_), None) => {
                let moneyless = matches!(
                    effect,
                    Effect::Entries { .. } | Effect::EarnEntries { .. } | Effect::MoveTo(_) | Effect::Set { .. } | Effect::PayOut(_)
                );
                !moneyless
            }
            (LimitWhat::Percent(_), None) => {
                matches!(
                    effect,
                    Effect::Discount(_) | Effect::PriceList(_) | Effect::Price(_) | Effect::Voucher { .. } | Effect::FreeShipping
                )
            }
            (LimitWhat::Units(wallet, _), of) => of == Some(wallet),
            _ => true,
        }
    }

    /// The period of a limit; where none is written and none goes without saying, it is asked for.
    pub(crate) fn limit_period(&mut self, per: &'a ast::LimitPeriod, what: LimitWhat, span: Span, purchases: bool) -> Option<LimitPeriod> {
        let found = match per {
            ast::LimitPeriod::Purchase => LimitPeriod::Purchase,
            ast::LimitPeriod::Calendar(of) => LimitPeriod::Calendar(period(*of)),
            ast::LimitPeriod::Rolling(time) => LimitPeriod::Rolling(self.span_of_time(time)?),
            ast::LimitPeriod::Ever => LimitPeriod::Ever,
            ast::LimitPeriod::Unsaid => match what {
                LimitWhat::Percent(_) => LimitPeriod::Purchase,
                LimitWhat::Times(1) => LimitPeriod::Ever,
                // A `per` without its period was reported by the reader.
                _ if self.followed_by(span, "per") => return None,
                _ => {
                    let words = self.sources.text(span).to_owned();
                    let fix = self.rewritten(span, &format!("{words} per month"));
                    self.report(errors::limit_without_period(&words, purchases, &fix, span));
                    return None;
                }
            },
        };
        if matches!(what, LimitWhat::Percent(_)) && found != LimitPeriod::Purchase {
            self.report(errors::percent_limit_per_period(self.sources.text(span), span));
            return None;
        }
        Some(found)
    }

    fn then_rate(&mut self, rate: &'a ast::Rate, effects: &[(Effect, Span)], span: Span) -> Option<Rate> {
        let gives = effects.iter().find_map(|(effect, _)| match effect {
            Effect::Discount(_) => Some(Gives::Discount),
            Effect::Earn { wallet, .. } => Some(Gives::Wallet(*wallet)),
            _ => None,
        });
        let Some(gives) = gives else {
            if !effects.is_empty() {
                self.report(errors::then_without_rate(self.sources.text(span), span));
            }
            return None;
        };
        // `then 0%` says that nothing more is given.
        let rate = self.within(Here { table: true, ..self.here }, |checker| checker.rate(rate, gives))?;
        if matches!(rate, Rate::PerEachItem { .. }) {
            self.report(errors::slices_of_each_item(span));
            return None;
        }
        Some(rate)
    }
}
