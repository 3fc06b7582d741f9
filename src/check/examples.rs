//! The words of worked examples: names, units and the order of their steps. What happens in them is for `examples`.

use super::{Checker, errors};
use crate::program::Type;
use crate::span::{Span, Spanned};
use crate::syntax::ast::{Ast, Expectation, Expr, Name, ReturnWhat, StatementKind, Step, StepKind, StepPurchase};
use crate::value::{Date, DateTime, Exact, TimeOfDay, name_key};

/// Checks all examples.
pub(crate) fn check<'a>(checker: &mut Checker<'a>, ast: &'a Ast) {
    let rewards: Vec<String> = checker.program.rewards.iter().map(|reward| reward.name.clone()).collect();
    let broken = checker.unlowered > 0;
    let mut names: Vec<&'a Name> = Vec::new();
    for statement in &ast.statements {
        let StatementKind::Example { name, steps } = &statement.kind else { continue };
        if let Some(first) = names.iter().find(|other| name_key(&other.node) == name_key(&name.node)) {
            checker.report(errors::duplicate("examples", &name.node, name.span, first.span));
        }
        names.push(name);
        Example { checker, called: Vec::new(), at: None, rewards: &rewards, broken, damaged: statement.damaged }.steps(steps);
    }
}

struct Example<'c, 'a> {
    checker: &'c mut Checker<'a>,
    /// Names of purchases so far.
    called: Vec<&'a str>,
    /// When the step before happened, and where it stands.
    at: Option<(DateTime, Span)>,
    rewards: &'c [String],
    /// Some rules could not be read: a reward that is missing may be one of them.
    broken: bool,
    damaged: bool,
}

impl<'a> Example<'_, 'a> {
    fn steps(&mut self, steps: &'a [Step]) {
        for step in steps {
            self.time(step);
            self.step(step);
            self.drawing(step);
            for expectation in &step.expects {
                self.expectation(expectation);
            }
        }
    }

    fn time(&mut self, step: &'a Step) {
        let starts_account = matches!(step.kind, StepKind::Customer { .. });
        let before = self.at;
        let (date, time) = match (&step.date, before) {
            (Some(date), _) => (date.node, step.time.as_ref()),
            (None, Some((before, _))) => (before.date(), step.time.as_ref()),
            (None, None) => {
                if !starts_account && !self.damaged {
                    self.checker.report(errors::no_date_yet(step.span));
                }
                return;
            }
        };
        let moment = match (time, before) {
            (Some(time), _) => DateTime::new(date, time.node),
            (None, Some((before, _))) if before.date() == date => before,
            (None, _) => DateTime::new(date, TimeOfDay(0)),
        };
        if let Some((earlier, place)) = before.filter(|(earlier, _)| moment < *earlier) {
            let span = step.date.as_ref().map_or(step.span, |date| date.span);
            let words = |at: DateTime| {
                if at.date() == earlier.date() && moment.date() == earlier.date() {
                    format!("{} {}", at.date(), at.time())
                } else {
                    at.date().to_string()
                }
            };
            self.checker.report(errors::backwards_step(&words(moment), &words(earlier), span, place));
        }
        let span = step.date.as_ref().map_or(step.span, |date| date.span);
        self.at = Some((moment, span));
    }

    fn step(&mut self, step: &'a Step) {
        match &step.kind {
            StepKind::Customer { joined, born, tiers, holding, .. } => {
                for tier in tiers {
                    self.checker.tier(&tier.node, tier.span);
                }
                for (amount, wallet) in holding {
                    self.wallet_amount(amount, wallet.as_ref());
                }
                if let (Some(joined), Some(born)) = (joined, born) {
                    self.born_before(joined, born);
                }
            }
            StepKind::Purchase(purchase) => self.purchase(purchase, step.span),
            StepKind::Return { of, what } => {
                if !self.called.iter().any(|name| name_key(name) == name_key(&of.node)) {
                    self.not_called(of);
                }
                match what {
                    ReturnWhat::Rest => {}
                    ReturnWhat::Amount(amount) => drop(self.checker.some_money(amount)),
                    ReturnWhat::Items { quantity, .. } => drop(self.checker.some_count(quantity)),
                }
            }
            StepKind::Event { of: Some(of), .. } => {
                if !self.called.iter().any(|name| name_key(name) == name_key(&of.node)) {
                    self.not_called(of);
                }
            }
            StepKind::Claim { reward } => self.claim(reward),
            StepKind::Collect { gift } => drop(self.checker.gift(gift)),
            StepKind::Event { .. } | StepKind::Signup | StepKind::Wait => {}
        }
    }

    /// What a step says is drawn is among what some rule draws.
    fn drawing(&mut self, step: &'a Step) {
        for drawn in &step.drawing {
            let what = match &drawn.node {
                None => None,
                Some(effect) => match self.checker.effect(&effect.node, effect.span) {
                    Some(effect) => Some(effect),
                    None => continue,
                },
            };
            let mut rules = self.checker.program.rules.iter().filter(|rule| rule.is_drawn());
            if rules.any(|rule| rule.place_drawn(what.as_ref()).is_some()) || self.broken {
                self.checker.program.drawings.push((step.span, what));
            } else {
                let drawn_by = self.checker.program.rules.iter().find(|rule| rule.is_drawn()).map(|rule| rule.span);
                self.checker.report(errors::not_drawn(self.checker.sources.text(drawn.span), drawn.span, drawn_by));
            }
        }
    }

    fn born_before(&mut self, joined: &Spanned<Date>, born: &Spanned<Date>) {
        if born.node > joined.node {
            let (birth, joining) = (born.node.to_string(), joined.node.to_string());
            let problem = errors::dates_backwards("this customer", ("is born", &birth, born.span), ("joins", &joining, joined.span));
            self.checker.report(problem);
        }
    }

    fn purchase(&mut self, purchase: &'a StepPurchase, span: Span) {
        if let Some(called) = &purchase.called {
            self.called.push(&called.node);
        }
        if purchase.amount.is_none() && purchase.items.is_empty() && !self.damaged {
            self.checker.report(errors::no_amount(span));
        }
        let mut money = |expr: &'a Option<Expr>| Some((self.checker.money(expr.as_ref()?)?, expr.as_ref()?.span));
        let (whole, parts) = (money(&purchase.amount), [("tax", money(&purchase.tax)), ("shipping", money(&purchase.shipping))]);
        if let Some((whole, span)) = whole.filter(|_| purchase.items.is_empty()) {
            for (word, (part, of)) in
                parts.into_iter().filter_map(|(word, part)| Some((word, part?))).filter(|(_, (part, _))| *part > whole)
            {
                let both = whole.saturating_add(part);
                let texts = [whole, part, both].map(|amount| self.checker.money_words(amount));
                self.checker.report(errors::part_above(word, texts, (span, of)));
            }
        }
        for (amount, wallet) in &purchase.paying {
            self.wallet_amount(amount, wallet.as_ref());
        }
        for item in &purchase.items {
            self.quantity(&item.quantity);
            // Unit prices may have more decimals than the currency.
            let here = super::Here { exact_money: true, ..self.checker.here };
            let known = self.checker.within(here, |checker| checker.known(&item.price, Some(Type::Money)));
            if let Some(known) = known.filter(|known| known.kind != Type::Money) {
                let problem = self.checker.misfit(Type::Money, known.kind, item.price.span);
                self.checker.report(problem);
            }
        }
    }

    /// `43.27`: more than nothing of the item.
    fn quantity(&mut self, quantity: &'a Expr) {
        let Some(known) = self.checker.known(quantity, Some(Type::Number)) else { return };
        let problem = match known.kind {
            Type::Number if known.value > Exact::whole(0) => return,
            Type::Number => errors::nothing(self.checker.sources.text(quantity.span), quantity.span),
            kind => self.checker.misfit(Type::Number, kind, quantity.span),
        };
        self.checker.report(problem);
    }

    fn claim(&mut self, reward: &'a Name) {
        let key = name_key(&reward.node);
        if !self.broken && !self.rewards.iter().any(|name| name_key(name) == key) {
            let known: Vec<&str> = self.rewards.iter().map(String::as_str).collect();
            self.checker.report(errors::unknown_reward(&reward.node, &known, reward.span));
        }
    }

    /// A purchase that no step before is called.
    fn not_called(&mut self, of: &Name) {
        let near = crate::diagnostic::nearest(&of.node, self.called.iter().copied());
        let fixed = near.map(|near| self.checker.rewritten(of.span, near));
        self.checker.report(errors::unknown_purchase(&of.node, &self.called, fixed, of.span));
    }

    /// An amount of a wallet: `100 beans`, `5 EUR of cashback`.
    fn wallet_amount(&mut self, amount: &'a Expr, wallet: Option<&'a Name>) {
        match wallet {
            Some(name) => {
                let Some(wallet) = self.checker.wallet(name) else { return };
                self.signed_units(amount, Some(wallet));
            }
            None => self.signed_units(amount, None),
        }
    }

    /// An expected amount may be below zero after a return.
    fn signed_units(&mut self, amount: &'a Expr, wallet: Option<crate::program::WalletId>) {
        let want = wallet.map(|wallet| self.checker.wallet_type(wallet));
        let Some(known) = self.checker.known(amount, want) else { return };
        let fits = match (want, known.kind) {
            (Some(want), kind) => want == kind,
            (None, Type::Points(_)) => true,
            (None, _) => false,
        };
        if fits {
            return;
        }
        let text = self.checker.sources.text(amount.span).to_owned();
        let problem = match (want, known.kind) {
            (Some(want), kind) => self.checker.misfit(want, kind, amount.span),
            (None, Type::Money) => errors::money_of_which_wallet(&text, amount.span),
            (None, _) => {
                let samples: Vec<String> = self.checker.unit_wallets().iter().map(|name| format!("{text} {name}")).collect();
                errors::bare_number(&text, &samples, amount.span)
            }
        };
        self.checker.report(problem);
    }

    fn expectation(&mut self, expectation: &'a Spanned<Expectation>) {
        match &expectation.node {
            Expectation::Discount(amount) => self.signed_money(amount),
            Expectation::Fees(amount) => self.signed_money(amount),
            Expectation::Paid(amount) | Expectation::PaidOut(amount) | Expectation::Refund(amount) => drop(self.checker.money(amount)),
            Expectation::Voucher(amount) => self.voucher(amount),
            Expectation::Earned { wallet: Some(name), .. } if self.expectable(name).is_none() => {}
            Expectation::Earned { amount, wallet } | Expectation::Balance { amount, wallet } => {
                self.wallet_amount(amount, wallet.as_ref());
            }
            Expectation::Gifts(count) => drop(self.checker.known(count, Some(Type::Number))),
            Expectation::Gift(name) => drop(self.checker.gift(name)),
            Expectation::Entries { count, draw } => {
                self.checker.known(count, Some(Type::Number));
                self.checker.draw(draw);
            }
            Expectation::Tier(name) => drop(self.checker.tier(&name.node, name.span)),
            // An example may say that nothing lands in a wallet that nothing uses yet.
            Expectation::Nothing(name) if name_key(&name.node) == "cashback" => {}
            Expectation::Nothing(name) => drop(self.expectable(name)),
            Expectation::Access(name) | Expectation::NoAccess(Some(name)) => self.access(name),
            Expectation::NoEntries(Some(draw)) => drop(self.checker.draw(draw)),
            Expectation::NoAccess(None)
            | Expectation::NoEntries(None)
            | Expectation::NoMessage(_)
            | Expectation::NoFreeShipping
            | Expectation::NoDiscount
            | Expectation::NoGift
            | Expectation::NoVoucher
            | Expectation::FreeShipping
            | Expectation::Notified(_) => {}
        }
    }

    /// A name that is expected is a wallet's, or a word for what the language calls otherwise.
    fn expectable(&mut self, name: &'a Name) -> Option<()> {
        if self.checker.wallet_quietly(&name.node).is_some() {
            return Some(());
        }
        let code = &self.checker.program.currency.code;
        let line = |words: &str| format!("expect {words}");
        let help = match name.node.to_lowercase().as_str() {
            "refund" => line(&format!("refund 0 {code}")),
            "shipping" | "free" | "free shipping" => format!("{}, or: {}", line("free shipping"), line("no free shipping")),
            "pay" | "pays" | "amount" | "total" | "price" => line(&format!("paid 9 {code}")),
            word => {
                let wallets = self.checker.program.wallets.iter().map(|wallet| wallet.name.as_str());
                match crate::diagnostic::nearest(word, wallets) {
                    Some(near) => self.checker.rewritten(name.span, &super::lower_lists::quoted_if_needed(near)),
                    None => format!("{}, or: {}", line("no discount"), line("no gift")),
                }
            }
        };
        self.checker.report(errors::no_such_expectation(&name.node, &help, name.span));
        None
    }

    /// After a return a discount is taken back: `expect discount -0.50 EUR`.
    fn signed_money(&mut self, amount: &'a Expr) {
        let known = self.checker.known(amount, Some(Type::Money));
        if let Some(known) = known.filter(|known| known.kind != Type::Money) {
            let problem = self.checker.misfit(Type::Money, known.kind, amount.span);
            self.checker.report(problem);
        }
    }

    fn voucher(&mut self, amount: &'a Expr) {
        let Some(known) = self.checker.known(amount, None) else { return };
        if !matches!(known.kind, Type::Money | Type::Percent) {
            let problem = self.checker.misfit(Type::Money, known.kind, amount.span);
            self.checker.report(problem);
        }
    }

    fn access(&mut self, name: &'a Name) {
        let known = self.checker.program.accesses.iter().any(|access| name_key(access) == name_key(&name.node));
        if !known && !self.broken {
            let list: Vec<&str> = self.checker.program.accesses.iter().map(String::as_str).collect();
            self.checker.report(errors::unknown_access(&name.node, &list, name.span));
        }
    }
}
