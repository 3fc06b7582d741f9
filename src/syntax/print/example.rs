//! Worked examples: a step a line, expectations in a column.

use super::Printer;
use super::effect::{Place, whole};
use super::expr::plural;
use super::layout::{Break, Piece, SOFT, column};
use super::names::{Kind, can_be_bare, is_word, quoted};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{Effect, Expectation, Expr, Name, ReturnWhat, Scope, Step, StepItem, StepKind, StepPurchase};

/// The indent of a step, and of what stands below it.
const STEP: usize = 2;
const BELOW: usize = 4;

/// The pieces of an example.
pub(super) fn pieces(printer: &Printer, name: &Name, steps: &[Step], span: Span) -> Vec<Piece> {
    let mut pieces = vec![printer.head(format!("example {}", printer.declared(name)), span, name.span)];
    let words: Vec<(String, Vec<String>)> = steps.iter().map(|step| (printer.step(step), printer.expectations(step))).collect();
    let short = words.iter().zip(steps).filter(|((_, expects), step)| items(step).is_empty() && !expects.is_empty());
    let column = column(short.map(|((text, expects), _)| (STEP.saturating_add(width(text)), total(expects))));
    for ((text, expects), step) in words.into_iter().zip(steps) {
        let items = items(step);
        let firsts = items.iter().map(|item| item.span).chain(step.expects.iter().map(|expect| expect.span));
        pieces.push(printer.piece(text, printer.before(step.span, firsts), Break::Line(STEP)));
        for item in items {
            pieces.push(printer.piece(printer.item(item), item.span, Break::Line(BELOW)));
        }
        let total = total(&expects);
        for (index, (text, expect)) in expects.into_iter().zip(&step.expects).enumerate() {
            let lead = match (index, items.is_empty()) {
                (0, true) => Break::Column { column, width: total },
                (0, false) => Break::Line(BELOW),
                _ => Break::Flow(BELOW),
            };
            pieces.push(Piece { comma: index > 0, ..printer.piece(text, expect.span, lead) });
        }
    }
    pieces
}

fn items(step: &Step) -> &[StepItem] {
    match &step.kind {
        StepKind::Purchase(purchase) => &purchase.items,
        _ => &[],
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The width of expectations on one line, commas and blanks between them.
fn total(expects: &[String]) -> usize {
    expects.iter().map(|text| width(text).saturating_add(2)).sum::<usize>().saturating_sub(2)
}

impl Printer<'_> {
    fn step(&self, step: &Step) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut behind: Vec<String> = Vec::new();
        match &step.kind {
            StepKind::Customer { name, joined, born, attributes, tiers, holding, referred_by } => {
                parts.push(name.as_ref().map_or_else(|| "customer".to_owned(), |name| format!("customer {}", self.declared(name))));
                parts.extend(joined.iter().map(|date| format!("joined {}", date.node)));
                parts.extend(born.iter().map(|date| format!("born {}", date.node)));
                parts.extend(attributes.iter().map(|attribute| self.attribute(attribute)));
                parts.extend(tiers.iter().map(|tier| format!("in tier {}", self.name(Kind::Tier, tier))));
                parts.extend(self.amounts("holding", holding));
                parts.extend(referred_by.iter().map(|name| format!("referred by {}", self.declared(name))));
            }
            StepKind::Purchase(purchase) => {
                let amount = purchase.amount.as_ref().map_or_else(String::new, |amount| format!(" {}", self.value(amount)));
                parts.push(format!("purchase{amount}"));
                behind = self.purchase_parts(purchase);
            }
            StepKind::Return { of, what } => {
                let what = match what {
                    ReturnWhat::Rest => String::new(),
                    ReturnWhat::Amount(amount) => format!("{} of ", self.value(amount)),
                    ReturnWhat::Items { quantity, product } => format!("{} {} of ", self.expr(quantity), self.name(Kind::Other, product)),
                };
                parts.push(format!("return {what}{}", self.step_name(of)));
            }
            StepKind::Event { name, of, value } => {
                parts.push(format!("event {}", self.name(Kind::Other, name)));
                parts.extend(of.iter().map(|of| format!("of {}", self.step_name(of))));
                parts.extend(value.iter().map(|value| format!("to {}", quoted(&value.node))));
            }
            StepKind::Collect { gift } => parts.push(format!("collect {}", self.name(Kind::Gift, gift))),
            StepKind::Claim { reward } => parts.push(format!("claim {}", self.name(Kind::Gift, reward))),
            StepKind::Signup => parts.push("signup".to_owned()),
            StepKind::Wait => {
                let until = step.date.as_ref().map_or_else(String::new, |date| format!(" until {}", date.node));
                let drawing = self.drawing(step).map_or_else(String::new, |drawing| format!(" {drawing}"));
                return format!("wait{until}{drawing}");
            }
        }
        parts.extend(step.date.iter().map(|date| format!("on {}", date.node)));
        parts.extend(step.time.iter().map(|time| format!("at {}", time.node)));
        parts.extend(behind);
        parts.extend(self.drawing(step));
        parts.join(&SOFT.to_string()).replace(SOFT, if fits(&parts) { " " } else { "\u{1}" })
    }

    /// `drawing 50 beans`
    fn drawing(&self, step: &Step) -> Option<String> {
        let thing =
            |drawn: &Option<Spanned<Effect>>| drawn.as_ref().map_or_else(|| "nothing".to_owned(), |what| self.effect(what, Place::Behind));
        let things: Vec<String> = step.drawing.iter().map(|drawn| thing(&drawn.node)).collect();
        (!things.is_empty()).then(|| format!("drawing {}", things.join(", ")))
    }

    fn purchase_parts(&self, purchase: &StepPurchase) -> Vec<String> {
        let mut parts: Vec<String> = purchase.places.iter().map(|place| self.place(&place.node)).collect();
        let scopes = purchase.scopes.iter().filter(|scope| !matches!(scope.node, Scope::Shipping));
        parts.extend(scopes.map(|scope| format!("of {}", self.scope(&scope.node))));
        parts.extend(purchase.tax.iter().map(|tax| format!("tax {}", self.value(tax))));
        parts.extend(purchase.shipping.iter().map(|shipping| format!("shipping {}", self.value(shipping))));
        parts.extend(purchase.attributes.iter().map(|attribute| self.attribute(attribute)));
        parts.extend(self.amounts("paying with", &purchase.paying));
        parts.extend(purchase.paying_voucher.then(|| "paying with voucher".to_owned()));
        parts.extend(purchase.called.iter().map(|name| format!("called {}", self.step_name(name))));
        parts
    }

    /// `holding 100 beans and 5 EUR of cashback`
    fn amounts(&self, word: &str, amounts: &[(Expr, Option<Name>)]) -> Option<String> {
        let words: Vec<String> = amounts.iter().map(|(amount, wallet)| self.amount(amount, wallet.as_ref(), "of")).collect();
        (!words.is_empty()).then(|| format!("{word} {}", words.join(" and ")))
    }

    /// `with profession "designer"`
    fn attribute(&self, (name, value): &(Name, Spanned<String>)) -> String {
        format!("with {} {}", self.step_name(name), quoted(&value.node))
    }

    /// A name that may also be a word of the language.
    fn step_name(&self, name: &Name) -> String {
        if self.in_quotes(name) || !is_word(&name.node) { quoted(&name.node) } else { name.node.clone() }
    }

    fn item(&self, item: &StepItem) -> String {
        // A number that was not written has the place of the whole line.
        let written = item.quantity.span.range() != item.span.range() || whole(&item.quantity) != Some(1);
        let quantity = if written { format!("{} x ", self.expr(&item.quantity)) } else { String::new() };
        let mut parts = vec![format!("item {} {quantity}{}", self.name(Kind::Other, &item.product), self.value(&item.price))];
        parts.extend(item.category.iter().map(|category| format!("category {}", self.name(Kind::Other, category))));
        parts.extend(item.brand.iter().map(|brand| format!("brand {}", self.name(Kind::Other, brand))));
        parts.extend(item.attributes.iter().map(|attribute| self.attribute(attribute)));
        parts.join(" ")
    }

    /// What is expected, `expect` before the first.
    fn expectations(&self, step: &Step) -> Vec<String> {
        let words = step.expects.iter().enumerate().map(|(index, expect)| {
            let words = self.expectation(&expect.node);
            if index == 0 { format!("expect {words}") } else { words }
        });
        words.collect()
    }

    fn expectation(&self, expectation: &Expectation) -> String {
        match expectation {
            Expectation::Discount(amount) => format!("discount {}", self.value(amount)),
            Expectation::NoDiscount => "no discount".to_owned(),
            Expectation::Earned { amount, wallet: Some(wallet) } if self.comes_first(wallet, amount) => {
                let bare = can_be_bare(&wallet.node) || self.in_quotes(wallet);
                let word = if bare { "" } else { "wallet " };
                format!("{word}{} {}", self.name(Kind::Wallet, wallet), self.value(amount))
            }
            Expectation::Earned { amount, wallet } => self.amount(amount, wallet.as_ref(), "of"),
            Expectation::Gifts(count) => match whole(count) {
                Some(count) => plural(count, "gift"),
                None => format!("{} gifts", self.expr(count)),
            },
            Expectation::Gift(name) => format!("gift {}", self.name(Kind::Gift, name)),
            Expectation::NoGift => "no gift".to_owned(),
            Expectation::Voucher(amount) => format!("voucher {}", self.value(amount)),
            Expectation::NoVoucher => "no voucher".to_owned(),
            Expectation::Entries { count, draw } => {
                let entry = if whole(count) == Some(1) { "entry" } else { "entries" };
                format!("{} {entry} to {}", self.expr(count), self.name(Kind::Draw, draw))
            }
            Expectation::Tier(tier) => format!("tier {}", self.name(Kind::Tier, tier)),
            Expectation::Balance { amount, wallet } => format!("balance {}", self.amount(amount, wallet.as_ref(), "of")),
            Expectation::Nothing(wallet) => format!("no {}", self.name(Kind::Wallet, wallet)),
            Expectation::Access(name) => format!("access {}", self.name(Kind::Other, name)),
            Expectation::NoAccess(None) => "no access".to_owned(),
            Expectation::NoAccess(Some(name)) => format!("no access to {}", self.name(Kind::Other, name)),
            Expectation::NoMessage(None) => "no message".to_owned(),
            Expectation::NoMessage(Some(text)) => format!("no message {}", quoted(&text.node)),
            Expectation::NoEntries(None) => "no entries".to_owned(),
            Expectation::NoEntries(Some(draw)) => format!("no entries to {}", self.name(Kind::Draw, draw)),
            Expectation::NoFreeShipping => "no free shipping".to_owned(),
            Expectation::FreeShipping => "free shipping".to_owned(),
            Expectation::Notified(text) => format!("message {}", quoted(&text.node)),
            Expectation::Paid(amount) => format!("paid {}", self.value(amount)),
            Expectation::PaidOut(amount) => format!("paid out {}", self.value(amount)),
            Expectation::Fees(amount) => format!("fees {}", self.value(amount)),
            Expectation::Refund(amount) => format!("refund {}", self.value(amount)),
        }
    }

    /// Whether `cashback 1 EUR` was written and not `1 EUR of cashback`.
    fn comes_first(&self, wallet: &Name, amount: &Expr) -> bool {
        wallet.span.start < amount.span.start || wallet.span.range().is_empty()
    }
}

fn fits(parts: &[String]) -> bool {
    let width: usize = parts.iter().map(|part| width(part).saturating_add(1)).sum();
    STEP.saturating_add(width) <= super::layout::WIDTH
}
