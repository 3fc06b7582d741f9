//! Worked examples. The grammar gives a flat list; every part goes to the step before it.

use super::effect::unit_of;
use super::literal::is_negative;
use super::{Builder, P, first, has, kid, kids};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    Expectation, Expr, ExprKind, Literal, Name, Place, ReturnWhat, Scope, StatementKind, Step, StepItem, StepKind, StepPurchase,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::value::{Decimal, name_key};

impl Builder<'_> {
    /// `example "x" …`
    pub fn example(&mut self, pair: &P) -> StatementKind {
        let mut steps: Vec<Step> = Vec::new();
        let mut before = None;
        for piece in pair.clone().into_inner() {
            let start = piece.as_span().start();
            match piece.as_rule() {
                Rule::k_example | Rule::name => continue,
                Rule::junk => {
                    self.junk(&piece, Rule::probe_example, before);
                    continue;
                }
                Rule::expects => self.expects(&piece, steps.last_mut()),
                _ => match self.step(&piece) {
                    Some(step) => steps.push(step),
                    None => self.part_of_step(&piece, steps.last_mut()),
                },
            }
            before = Some(start);
        }
        StatementKind::Example { name: self.name_in(pair), steps }
    }

    fn step(&mut self, piece: &P) -> Option<Step> {
        let span = self.span(piece);
        let kind = match piece.as_rule() {
            Rule::step_customer => StepKind::Customer {
                name: kid(piece, Rule::name).map(|name| self.name(&name)),
                joined: None,
                born: None,
                attributes: Vec::new(),
                tiers: Vec::new(),
                holding: Vec::new(),
                referred_by: None,
            },
            Rule::step_purchase => {
                let amount = kid(piece, Rule::value).map(|value| self.value(&value));
                if let Some(amount) = &amount {
                    self.money_wanted(amount);
                }
                StepKind::Purchase(StepPurchase { amount, ..StepPurchase::default() })
            }
            Rule::step_return => self.returned(piece),
            Rule::step_event => self.event(piece),
            Rule::step_collect => StepKind::Collect { gift: self.name_in(piece) },
            Rule::step_claim => StepKind::Claim { reward: self.name_in(piece) },
            Rule::step_signup => StepKind::Signup,
            Rule::step_wait => return Some(self.wait(piece, span)),
            _ => return None,
        };
        Some(Step { span, kind, date: None, time: None, drawing: Vec::new(), expects: Vec::new() })
    }

    fn wait(&mut self, piece: &P, span: Span) -> Step {
        let until = kid(piece, Rule::wait_until);
        if until.is_none() {
            self.broken(errors::wait_until(span));
        }
        let date = until.as_ref().and_then(|p| kid(p, Rule::date)).map(|date| self.date(&date));
        if let (Some(time), Some(date)) = (until.as_ref().and_then(|p| kid(p, Rule::clock)), &date) {
            let day = format!("wait until {}", date.node);
            let line = self.rewritten(piece, &day);
            self.report(errors::wait_until_time(self.span(&time), &line));
        }
        Step { span, kind: StepKind::Wait, date, time: None, drawing: Vec::new(), expects: Vec::new() }
    }

    fn event(&mut self, piece: &P) -> StepKind {
        let of = kid(piece, Rule::event_of).and_then(|of| kid(&of, Rule::step_name)).map(|p| self.step_name(&p));
        let value = kid(piece, Rule::event_to).and_then(|to| kid(&to, Rule::attr_value)).map(|v| self.attr_value(&v));
        StepKind::Event { name: self.name_in(piece), of, value }
    }

    fn returned(&mut self, piece: &P) -> StepKind {
        let Some(part) = kid(piece, Rule::return_of) else {
            let of = kid(piece, Rule::step_name).map(|name| self.step_name(&name));
            return StepKind::Return { of: of.unwrap_or(Spanned::new(String::new(), self.span(piece))), what: ReturnWhat::Rest };
        };
        let of = kid(&part, Rule::step_name).map(|name| self.step_name(&name));
        let of = of.unwrap_or(Spanned::new(String::new(), self.span(&part)));
        let value = self.value_in(&part);
        let what = match value.kind {
            ExprKind::Literal(Literal::Count { amount, unit }) => {
                let quantity = Expr { span: value.span, kind: ExprKind::Literal(Literal::Number(amount)) };
                ReturnWhat::Items { quantity, product: unit }
            }
            kind => ReturnWhat::Amount(Expr { span: value.span, kind }),
        };
        StepKind::Return { of, what }
    }

    fn step_name(&mut self, pair: &P) -> Name {
        match first(pair) {
            Some(inner) => self.name(&inner),
            None => self.name(pair),
        }
    }

    fn attr_value(&mut self, pair: &P) -> Spanned<String> {
        let quoted = kid(pair, Rule::quoted);
        let text = quoted.or_else(|| pair.clone().into_inner().flatten().find(|p| p.as_rule() == Rule::quoted));
        match text {
            Some(text) => self.name(&text),
            None => Spanned::new(pair.as_str().trim().to_owned(), self.span(pair)),
        }
    }

    /// A part belongs to the step before it, wherever lines break.
    fn part_of_step(&mut self, piece: &P, step: Option<&mut Step>) {
        let span = self.span(piece);
        let Some(step) = step else {
            self.broken(errors::part_without_step(span, piece.as_str().trim()));
            return;
        };
        step.span = step.span.to(span);
        match piece.as_rule() {
            Rule::part_on => {
                let before = step.date.replace(self.date_in(piece));
                self.said_again(before.map(|date| date.span), span);
                step.time = kid(piece, Rule::clock).map(|clock| self.clock(&clock)).or(step.time.take());
            }
            Rule::part_at => {
                let time = kid(piece, Rule::clock).map(|clock| self.clock(&clock));
                let before = std::mem::replace(&mut step.time, time);
                self.said_again(before.map(|time| time.span), span);
            }
            Rule::part_drawing => {
                let drawn: Vec<P> = kids(piece, Rule::drawn).collect();
                for one in &drawn {
                    let span = self.span(one);
                    let what = self.drawn_thing(one);
                    step.drawing.push(Spanned::new(what, span));
                }
            }
            _ => {
                let fits = match &mut step.kind {
                    StepKind::Purchase(purchase) => self.part_of_purchase(piece, span, purchase),
                    StepKind::Customer { .. } => self.part_of_customer(piece, &mut step.kind),
                    _ => false,
                };
                if !fits {
                    self.broken(errors::part_of_another_step(span, piece.as_str().trim()));
                }
            }
        }
    }

    /// A word of a step that stands for one thing and is said a second time.
    fn said_again(&mut self, before: Option<Span>, span: Span) {
        if let Some(before) = before {
            self.broken(errors::said_again(before, span));
        }
    }

    /// A purchase is made in one place, of one kind; only coupons may be several.
    fn one_name(&mut self, names: &[Name]) {
        if let [first, .., last] = names {
            self.broken(errors::one_of_these(first.span.to(last.span)));
        }
    }

    fn part_of_purchase(&mut self, piece: &P, span: Span, purchase: &mut StepPurchase) -> bool {
        match piece.as_rule() {
            Rule::place => {
                let place = self.where_made(piece);
                let alike = purchase.places.iter().find(|other| std::mem::discriminant(&other.node) == std::mem::discriminant(&place));
                let before = alike.map(|other| other.span);
                match (&place, before) {
                    // `with coupon "A" with coupon "B"` shows both.
                    (Place::WithCoupon(names), Some(_)) => {
                        for other in &mut purchase.places {
                            if let Place::WithCoupon(known) = &mut other.node {
                                known.extend(names.iter().cloned());
                            }
                        }
                        return true;
                    }
                    (Place::WithCoupon(_), None) => {}
                    (Place::Via(names) | Place::InStore(names) | Place::PaidBy(names) | Place::AtPartner(names), before) => {
                        self.said_again(before, span);
                        self.one_name(names);
                    }
                }
                purchase.places.push(Spanned::new(place, span));
            }
            Rule::part_scope => {
                let scope = self.scope_in(piece);
                if let Scope::Category(names) | Scope::Brand(names) | Scope::Product(names) = &scope {
                    self.one_name(names);
                }
                let alike = purchase.scopes.iter().find(|other| std::mem::discriminant(&other.node) == std::mem::discriminant(&scope));
                let before = alike.map(|other| other.span);
                self.said_again(before, span);
                purchase.scopes.push(Spanned::new(scope, span));
            }
            Rule::part_called => {
                let called = kid(piece, Rule::step_name).map(|name| self.step_name(&name));
                let before = std::mem::replace(&mut purchase.called, called);
                self.said_again(before.map(|name| name.span), span);
            }
            Rule::part_amount if purchase.amount.is_some() => {
                self.said_again(purchase.amount.as_ref().map(|amount| amount.span), span);
            }
            Rule::part_amount => {
                let money = kid(piece, Rule::money);
                purchase.amount = money.map(|money| Expr { span, kind: ExprKind::Literal(self.money(&money, span)) });
            }
            Rule::part_tax => {
                let before = purchase.tax.replace(self.value_in(piece));
                self.said_again(before.map(|tax| tax.span), span);
            }
            Rule::part_shipping => {
                let before = purchase.shipping.replace(self.value_in(piece));
                self.said_again(before.map(|shipping| shipping.span), span);
            }
            Rule::part_paying => {
                purchase.paying_voucher |= has(piece, Rule::k_voucher);
                let amounts: Vec<_> = kids(piece, Rule::wallet_amount).map(|p| self.wallet_amount(&p)).collect();
                purchase.paying.extend(amounts);
            }
            Rule::part_attr => {
                let attribute = self.attribute_part(piece);
                self.attribute_once(&purchase.attributes, attribute.as_ref());
                purchase.attributes.extend(attribute);
            }
            Rule::part_item => {
                let item = self.item(piece, span);
                purchase.items.push(item);
            }
            _ => return false,
        }
        true
    }

    fn part_of_customer(&mut self, piece: &P, kind: &mut StepKind) -> bool {
        let StepKind::Customer { joined, born, attributes, tiers, holding, referred_by, .. } = kind else { return false };
        match piece.as_rule() {
            Rule::part_joined => {
                let before = joined.replace(self.date_in(piece));
                self.said_again(before.map(|date| date.span), self.span(piece));
            }
            Rule::part_born => {
                let before = born.replace(self.date_in(piece));
                self.said_again(before.map(|date| date.span), self.span(piece));
            }
            Rule::part_tier => tiers.push(self.name_in(piece)),
            Rule::part_referred => {
                let before = referred_by.replace(self.name_in(piece));
                self.said_again(before.map(|name| name.span), self.span(piece));
            }
            Rule::part_attr => {
                let attribute = self.attribute_part(piece);
                self.attribute_once(attributes, attribute.as_ref());
                attributes.extend(attribute);
            }
            Rule::part_holding => {
                let amounts: Vec<_> = kids(piece, Rule::wallet_amount).map(|p| self.wallet_amount(&p)).collect();
                holding.extend(amounts);
            }
            _ => return false,
        }
        true
    }

    fn attribute_once(&mut self, before: &[(Name, Spanned<String>)], attribute: Option<&(Name, Spanned<String>)>) {
        let Some((name, _)) = attribute else { return };
        let first = before.iter().find(|(known, _)| name_key(&known.node) == name_key(&name.node));
        self.said_again(first.map(|(known, _)| known.span), name.span);
    }

    fn attribute_part(&mut self, piece: &P) -> Option<(Name, Spanned<String>)> {
        let name = kid(piece, Rule::attr_name).map(|name| self.step_name(&name))?;
        let value = kid(piece, Rule::attr_value).map(|value| self.attr_value(&value))?;
        Some((name, value))
    }

    /// `100 beans`, `5 EUR of cashback`
    fn wallet_amount(&mut self, pair: &P) -> (Expr, Option<Name>) {
        let (amount, apart) = self.amount_in(pair);
        let of = kid(pair, Rule::name).map(|name| self.name(&name));
        (amount, of.or(apart))
    }

    fn item(&mut self, piece: &P, span: Span) -> StepItem {
        let quantity = kid(piece, Rule::item_quantity).map(|q| self.whole(&q)).unwrap_or_else(|| {
            let one = Literal::Number(Decimal::whole(1));
            Expr { span, kind: ExprKind::Literal(one) }
        });
        let price = self.value_in(piece);
        self.money_wanted(&price);
        let mut item =
            StepItem { span, product: self.name_in(piece), quantity, price, category: None, brand: None, attributes: Vec::new() };
        for part in kids(piece, Rule::item_part).filter_map(|part| first(&part)) {
            match part.as_rule() {
                Rule::item_category => item.category = Some(self.name_in(&part)),
                Rule::item_brand => item.brand = Some(self.name_in(&part)),
                _ => item.attributes.extend(self.attribute_part(&part)),
            }
        }
        item
    }

    fn expects(&mut self, piece: &P, step: Option<&mut Step>) {
        let whole = self.span(piece);
        let Some(step) = step else {
            self.broken(errors::expect_without_step(whole));
            return;
        };
        let list: Vec<P> = kids(piece, Rule::expectation).collect();
        for (at, expectation) in list.iter().enumerate() {
            let own = self.span(expectation);
            let span = if at == 0 { Span { end: own.end, ..whole } } else { own };
            if let Some(node) = first(expectation).and_then(|inner| self.expectation(&inner)) {
                step.expects.push(Spanned::new(node, span));
            }
        }
    }

    /// `3`, and `-3` after a return.
    fn signed_count(&mut self, pair: &P) -> Expr {
        let mut count = self.whole(pair);
        if let (true, ExprKind::Literal(Literal::Number(n))) = (is_negative(pair), &mut count.kind) {
            n.mantissa = n.mantissa.saturating_neg();
        }
        count
    }

    fn expectation(&mut self, inner: &P) -> Option<Expectation> {
        Some(match inner.as_rule() {
            Rule::e_no if has(inner, Rule::k_discount) => Expectation::NoDiscount,
            Rule::e_no if has(inner, Rule::k_gift) => Expectation::NoGift,
            Rule::e_no if has(inner, Rule::k_voucher) => Expectation::NoVoucher,
            Rule::e_no if has(inner, Rule::k_free) => Expectation::NoFreeShipping,
            Rule::e_no => {
                let what = inner.clone().into_inner().find(|piece| piece.as_rule() != Rule::k_no)?;
                let name = kid(&what, Rule::name).map(|name| self.name(&name));
                match what.as_rule() {
                    Rule::no_access => Expectation::NoAccess(name),
                    Rule::no_message => Expectation::NoMessage(name),
                    Rule::no_entries => Expectation::NoEntries(name),
                    _ => Expectation::Nothing(self.name_in(inner)),
                }
            }
            Rule::e_discount => Expectation::Discount(self.value_in(inner)),
            Rule::e_gift => Expectation::Gift(self.name_in(inner)),
            Rule::e_gifts => Expectation::Gifts(self.signed_count(inner)),
            Rule::e_voucher => Expectation::Voucher(self.value_in(inner)),
            Rule::e_entries => {
                let count = self.signed_count(inner);
                Expectation::Entries { count, draw: self.name_in(inner) }
            }
            Rule::e_tier => Expectation::Tier(self.name_in(inner)),
            Rule::e_balance => {
                let (amount, wallet) = self.wallet_amount(&kid(inner, Rule::wallet_amount)?);
                Expectation::Balance { amount, wallet }
            }
            Rule::e_access => Expectation::Access(self.name_in(inner)),
            Rule::e_free => Expectation::FreeShipping,
            Rule::e_message => Expectation::Notified(self.name_in(inner)),
            Rule::e_fees => Expectation::Fees(self.value_in(inner)),
            Rule::e_paid if has(inner, Rule::k_out) => Expectation::PaidOut(self.value_in(inner)),
            Rule::e_paid => Expectation::Paid(self.value_in(inner)),
            Rule::e_refund => Expectation::Refund(self.value_in(inner)),
            Rule::e_wallet => {
                let amount = self.value_in(inner);
                Expectation::Earned { amount, wallet: Some(self.name_in(inner)) }
            }
            _ => {
                let (amount, wallet) = self.wallet_amount(&kid(inner, Rule::wallet_amount)?);
                let plain = matches!(amount.kind, ExprKind::Literal(Literal::Number(_) | Literal::Money { .. }));
                if plain && wallet.is_none() && unit_of(&amount).is_none() {
                    let text = inner.as_str().trim().to_owned();
                    self.broken(errors::expect_of_what(amount.span, &text));
                    return None;
                }
                Expectation::Earned { amount, wallet }
            }
        })
    }
}
