//! Measures, and the words that narrow them: scopes, places, amounts, windows.

use super::infer::compare;
use super::values::period;
use super::{Checker, Here, errors};
use crate::program::{
    CmpOp, Expr, Fact, ItemFilter, Measure, MeasureId, MeasureKind, Over, PurchaseFilter, TextSet, Type, WalletId, Window,
};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, Narrowing, Place, Scope};

impl<'a> Checker<'a> {
    /// A measure and the kind of its values.
    pub(crate) fn measure(&mut self, measure: &'a ast::Measure) -> Option<(MeasureId, Type)> {
        let (kind, value) = match &measure.kind {
            ast::MeasureKind::Spend => (MeasureKind::Spend, Type::Money),
            ast::MeasureKind::GrossSpend => (MeasureKind::GrossSpend, Type::Money),
            ast::MeasureKind::Purchases => (MeasureKind::Purchases, Type::Number),
            ast::MeasureKind::Items => (MeasureKind::Items, Type::Number),
            ast::MeasureKind::Quantity => (MeasureKind::Quantity, Type::Number),
            ast::MeasureKind::Different(fact) => (MeasureKind::Different(*fact), Type::Number),
            ast::MeasureKind::DaysWithPurchase => (MeasureKind::DaysWithPurchase, Type::Days),
            ast::MeasureKind::Referrals => (MeasureKind::Referrals, Type::Number),
            ast::MeasureKind::Events(name) => (MeasureKind::Events(name.node.clone()), Type::Number),
            ast::MeasureKind::Confirmed(name) => self.of_wallet(name, MeasureKind::Confirmed)?,
            ast::MeasureKind::Earned(name) => self.of_wallet(name, MeasureKind::Earned)?,
            ast::MeasureKind::Spent(name) => self.of_wallet(name, MeasureKind::Spent)?,
            ast::MeasureKind::Balance(name) => self.of_wallet(name, MeasureKind::Balance)?,
        };
        // Past purchases are settled: what discounts left of them is known.
        let here = Here { early: None, ..self.here };
        let (filter, window) =
            self.within(here, |checker| Some((checker.filter(&measure.narrow)?, checker.narrow_window(&measure.narrow)?)))?;
        let narrow = &measure.narrow;
        let stray = match kind {
            MeasureKind::Balance(_) => first_word(narrow),
            MeasureKind::Different(_) if window.is_since_reaching() => narrow.window.as_ref().map(|window| window.span),
            MeasureKind::Events(_) | MeasureKind::Referrals if !filter.is_all() => first_word(narrow),
            _ => None,
        };
        if let Some(span) = stray {
            let words = self.sources.text(measure.span).to_owned();
            self.report(errors::narrowed_measure(&words, span));
            return None;
        }
        Some((self.intern_measure(Measure { kind, filter, window }), value))
    }

    fn of_wallet(&mut self, name: &'a ast::Name, make: fn(WalletId) -> MeasureKind) -> Option<(MeasureKind, Type)> {
        let wallet = self.wallet(name)?;
        Some((make(wallet), self.wallet_type(wallet)))
    }

    /// A measure by its place in the program's list.
    pub(crate) fn intern_measure(&mut self, measure: Measure) -> MeasureId {
        let (list, door, doors) = (&mut self.program.measures, self.here.door, &mut self.program.door_measures);
        let id = |at: usize| MeasureId(u16::try_from(at).unwrap_or(u16::MAX));
        let known = list.iter().enumerate().position(|(at, known)| *known == measure && doors.contains(&id(at)) == door);
        let at = id(known.unwrap_or(list.len()));
        if known.is_none() {
            list.push(measure);
            if door {
                doors.push(at);
            }
        }
        at
    }

    /// The window of a measure or trigger, if one is written.
    pub(crate) fn narrow_window(&mut self, narrow: &'a Narrowing) -> Option<Window> {
        match &narrow.window {
            Some(window) => self.window(window),
            None => Some(Window::Unsaid),
        }
    }

    /// A window.
    pub(crate) fn window(&mut self, window: &'a Spanned<ast::Window>) -> Option<Window> {
        Some(match &window.node {
            ast::Window::Last(span) => Window::Last(self.span_of_time(span)?),
            ast::Window::In(of) => Window::In(period(*of)),
            ast::Window::Previous(of) => Window::Previous(period(*of)),
            ast::Window::SinceReaching => {
                let Some(ladder) = self.ladder_here.or_else(|| self.scope.ladder(None)) else {
                    self.report(errors::since_which_tier(window.span));
                    return None;
                };
                Window::SinceReaching(ladder)
            }
            ast::Window::SinceJoining => Window::SinceJoining,
            ast::Window::Ever => Window::Ever,
        })
    }

    /// Which purchases the words behind a measure or trigger leave.
    pub(crate) fn filter(&mut self, narrow: &'a Narrowing) -> Option<PurchaseFilter> {
        let items: Vec<Option<ItemFilter>> = narrow.scopes.iter().map(|s| self.item_filter(&s.node, s.span)).collect();
        let places: Vec<Expr> = narrow.places.iter().map(|place| self.place(&place.node)).collect();
        let over: Vec<Option<Over>> = narrow.over.iter().map(|over| self.over(&over.node)).collect();
        let mut items = items.into_iter().collect::<Option<Vec<ItemFilter>>>()?;
        let items = if items.len() > 1 { Some(ItemFilter::All(items)) } else { items.pop() };
        Some(PurchaseFilter { items, places, over: over.into_iter().collect::<Option<Vec<Over>>>()? })
    }

    /// `over 50 EUR`
    pub(crate) fn over(&mut self, over: &'a ast::Over) -> Option<Over> {
        if over.after_discounts {
            self.report(errors::after_discounts_in_trigger(over.amount.span));
            return None;
        }
        Some(Over { inclusive: over.inclusive, amount: self.money(&over.amount)?, of_goods: over.of_goods })
    }

    /// A scope that asks something of each item.
    pub(crate) fn item_filter(&mut self, scope: &'a Scope, span: Span) -> Option<ItemFilter> {
        match scope {
            Scope::Category(names) => Some(ItemFilter::Category(self.texts(names))),
            Scope::Brand(names) => Some(ItemFilter::Brand(self.texts(names))),
            Scope::Product(names) => Some(ItemFilter::Product(self.texts(names))),
            Scope::ItemsIf(condition) => {
                let here = Here { items: true, ..self.here };
                let condition = self.within(here, |checker| checker.condition(condition))?;
                Some(ItemFilter::If(Box::new(condition)))
            }
            Scope::Excluding(inner) => Some(ItemFilter::Not(Box::new(self.item_filter(inner, span)?))),
            Scope::CheapestItem | Scope::NotReduced | Scope::EveryNthItem(_) | Scope::Shipping | Scope::TopCategory(_) => {
                let words = self.sources.text(span).to_owned();
                self.report(errors::scope_of_rules_only(&words, span));
                None
            }
        }
    }

    /// Texts of the data, by their places in the program's list.
    pub(crate) fn texts(&mut self, names: &[ast::Name]) -> TextSet {
        let mut set: TextSet = Vec::with_capacity(names.len());
        for name in names {
            let id = self.intern_text(&name.node);
            if !set.contains(&id) {
                set.push(id);
            }
        }
        set
    }

    /// `via app`, `in store "Berlin"` …
    pub(crate) fn place(&mut self, place: &Place) -> Expr {
        let (fact, names) = match place {
            Place::Via(names) => (Fact::Channel, names),
            Place::InStore(names) => (Fact::Store, names),
            Place::PaidBy(names) => (Fact::Payment, names),
            Place::AtPartner(names) => (Fact::Partner, names),
            Place::WithCoupon(names) => (Fact::Coupon, names),
        };
        compare(Expr::Fact(fact), CmpOp::Is, Expr::Texts(self.texts(names)))
    }

    /// The wallet of a name. `cashback` exists as soon as anything speaks of it.
    pub(crate) fn wallet(&mut self, name: &ast::Name) -> Option<WalletId> {
        if name.node.is_empty() {
            return None;
        }
        if let Some(found) = self.wallet_quietly(&name.node) {
            return Some(found);
        }
        if crate::value::name_key(&name.node) == "cashback" {
            return Some(self.cashback(name.span));
        }
        let problem = self.unknown_wallet(&name.node, name.span);
        self.report(problem);
        None
    }

    /// The wallet `cashback`, made on first use.
    pub(crate) fn cashback(&mut self, span: Span) -> WalletId {
        if let Some(found) = self.wallet_quietly("cashback") {
            return found;
        }
        let wallet = super::lower_wallets::money_wallet("cashback", &self.program.currency, self.program.round_money, span);
        self.program.wallets.push(wallet);
        WalletId(u16::try_from(self.program.wallets.len().saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// The wallet of a name, if there is one: as declared, or singular and plural of it.
    pub(crate) fn wallet_quietly(&self, name: &str) -> Option<WalletId> {
        let key = crate::value::name_key(name);
        let wallets = &self.program.wallets;
        let called = |wallet: &crate::program::Wallet| {
            crate::value::name_key(&wallet.name) == key || wallet.forms.iter().any(|form| crate::value::name_key(form) == key)
        };
        let exact = wallets.iter().position(called);
        let near = |w: &crate::program::Wallet| crate::value::same_but_for_number(&crate::value::name_key(&w.name), &key);
        let found = exact.or_else(|| wallets.iter().position(near));
        found.and_then(|i| u16::try_from(i).ok()).map(WalletId)
    }

    /// The declared name of a wallet.
    pub(crate) fn wallet_name(&self, wallet: WalletId) -> String {
        self.program.wallets.get(wallet.index()).map_or_else(String::new, |wallet| wallet.name.clone())
    }
}

/// Where the words behind a measure begin.
pub(crate) fn first_word(narrow: &Narrowing) -> Option<Span> {
    let scopes = narrow.scopes.iter().map(|scope| scope.span);
    let places = narrow.places.iter().map(|place| place.span);
    let over = narrow.over.iter().map(|over| over.span);
    scopes.chain(places).chain(over).chain(narrow.window.iter().map(|window| window.span)).next()
}
