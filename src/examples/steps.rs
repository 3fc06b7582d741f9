//! From the steps of an example to a small history.

use crate::history::model::{History, Moment, MomentKind, Needs, SEVERAL};
use crate::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use crate::program::{Program, Rule};
use crate::syntax::ast::{
    Ast, Expr, ExprKind, Literal, Name, Place, ReturnWhat, Scope, StatementKind, Step, StepItem, StepKind, StepPurchase,
};
use crate::value::{Date, DateTime, Decimal, Instant, TimeOfDay, name_key};

/// The names of events that only an example has, and nobody can write: someone waits, or looks at an account.
const WAIT: &str = "\u{1}wait";
const LOOK: &str = "\u{1}look";

/// The account of an example that names none.
const CUSTOMER: &str = "customer";

/// An example as a history.
pub(super) struct Script {
    pub history: History,
    /// By step: the account, whether it is a purchase, and which of the account's purchases or moments.
    pub places: Vec<Option<(String, bool, u32)>>,
    /// By step: when it happens.
    pub times: Vec<DateTime>,
    /// The day after the last step.
    pub close: Date,
    /// By step: what rules that draw what they give give then, by place among the rules.
    pub drawings: Vec<Vec<(usize, Option<usize>)>>,
    /// A step that cannot be, and why.
    pub impossible: Option<(usize, String)>,
}

struct Writer<'a> {
    ast: &'a Ast,
    program: &'a Program,
    builder: Builder,
    now: DateTime,
    started: bool,
    account: String,
    /// By account: purchases and moments so far.
    counts: Vec<(String, u32, u32)>,
    /// What accounts hold at first: account, when, wallets, tiers.
    given: Vec<(String, Instant, MomentKind)>,
    customers: Vec<CustomerRecord>,
    places: Vec<Option<(String, bool, u32)>>,
    times: Vec<DateTime>,
}

impl Script {
    pub fn new(ast: &Ast, program: &Program, name: &Name, steps: &[Step]) -> Self {
        let first = steps.iter().find_map(|step| step.date.as_ref()).map(|date| date.node);
        let start = first.or(program.starts).unwrap_or_default();
        let mut writer = Writer {
            ast,
            program,
            builder: Builder::new(&name.node),
            now: start.midnight(),
            started: false,
            account: CUSTOMER.to_owned(),
            counts: Vec::new(),
            given: Vec::new(),
            customers: Vec::new(),
            places: Vec::new(),
            times: Vec::new(),
        };
        let mut at = 0_u64;
        for step in steps {
            at = at.saturating_add(1);
            writer.step(step, at);
        }
        for customer in std::mem::take(&mut writer.customers) {
            writer.builder.customer(customer);
        }
        let needs = Needs::default();
        let options = Options {
            currency: &program.currency.code,
            decimals: program.currency.decimals,
            zone: &program.zone,
            round_money: program.round_money,
            account_by: household(program),
            needs: &needs,
            everything: true,
            outside: false,
            threads: 1,
        };
        let mut history = writer.builder.finish(&options);
        let impossible = rejected(&history);
        give(&mut history, &writer.given);
        for (account, _, _) in &writer.given {
            // What an account holds at first is its first moment.
            for place in writer.places.iter_mut().flatten().filter(|(id, is_purchase, _)| id == account && !is_purchase) {
                place.2 = place.2.saturating_add(1);
            }
        }
        let close = writer.now.date().plus_days(1);
        let drawings = steps.iter().map(|step| drawings(program, step)).collect();
        Self { drawings, history, places: writer.places, times: writer.times, close, impossible }
    }
}

/// What each rule that draws gives at a step, where the step says it: by its place, and that of the effect.
fn drawings(program: &Program, step: &Step) -> Vec<(usize, Option<usize>)> {
    let said = || {
        program
            .drawings
            .iter()
            .filter(|(span, _)| (span.file, span.range()) == (step.span.file, step.span.range()))
            .map(|(_, what)| what.as_ref())
    };
    let place = |(rule, of): (usize, &Rule)| said().find_map(|what| of.place_drawn(what)).map(|effect| (rule, effect));
    program.rules.iter().enumerate().filter_map(place).collect()
}

/// The attribute that pools customers.
fn household(program: &Program) -> Option<&str> {
    program.account_by.and_then(|id| program.attributes.get(id.index())).map(|attribute| attribute.name.as_str())
}

/// The first step that the history could not use.
fn rejected(history: &History) -> Option<(usize, String)> {
    let reasons = history.accounting.files.iter().flat_map(|file| &file.reasons);
    let first = reasons.filter_map(|(words, reason)| reason.first.first().map(|sample| (sample.row, words.clone()))).min()?;
    Some((usize::try_from(first.0).ok()?.checked_sub(1)?, first.1))
}

/// Puts what accounts hold at first before everything else, and turns waits into looks.
fn give(history: &mut History, given: &[(String, Instant, MomentKind)]) {
    for part in &mut history.parts {
        let mut moments = Vec::with_capacity(part.moments.len().saturating_add(given.len()));
        for account in &mut part.accounts {
            let from = u32::try_from(moments.len()).unwrap_or(u32::MAX);
            let own = given.iter().filter(|(id, ..)| *id == account.id);
            let customer = account.customers.start;
            moments.extend(own.map(|(_, at, kind)| Moment { at: *at, sequence: 0, customer, after_purchases: 0, kind: kind.clone() }));
            for index in account.moments.clone() {
                let Some(moment) = usize::try_from(index).ok().and_then(|at| part.moments.get(at)) else { continue };
                let mut moment = moment.clone();
                match &moment.kind {
                    MomentKind::Event { name, .. } if name == WAIT => moment.kind = MomentKind::Wait,
                    MomentKind::Event { name, .. } if name == LOOK => moment.kind = MomentKind::Look,
                    _ => {}
                }
                moments.push(moment);
            }
            account.moments = from..u32::try_from(moments.len()).unwrap_or(u32::MAX);
        }
        part.moments = moments;
    }
}

impl Writer<'_> {
    fn step(&mut self, step: &Step, row: u64) {
        self.clock(step);
        let at = self.program.zone.instant(self.now);
        let sequence = Some(row);
        let customer = self.account.clone();
        let place = match &step.kind {
            StepKind::Customer { .. } => {
                self.customer(&step.kind);
                if step.expects.is_empty() {
                    None
                } else {
                    self.look(&step.kind, row);
                    Some(self.count(false))
                }
            }
            StepKind::Purchase(purchase) => {
                let record = self.purchase(purchase, at, row);
                self.builder.purchase(record);
                Some(self.count(true))
            }
            StepKind::Return { of, what } => {
                let (amount, product, quantity) = match what {
                    ReturnWhat::Rest => (None, String::new(), None),
                    ReturnWhat::Amount(amount) => (self.minor(amount), String::new(), None),
                    ReturnWhat::Items { quantity, product } => (None, product.node.clone(), number(self.ast, quantity)),
                };
                let of = name_key(&of.node);
                self.builder.returned(ReturnRecord { customer, id: row.to_string(), of, at, sequence, amount, product, quantity, row });
                Some(self.count(false))
            }
            StepKind::Event { name, of, value } => {
                let of = of.as_ref().map_or_else(String::new, |of| name_key(&of.node));
                let value = value.as_ref().map_or_else(String::new, |value| value.node.clone());
                self.event(&name.node, of, value, at, row);
                Some(self.count(false))
            }
            StepKind::Claim { reward } => {
                self.event(&format!("claim {}", reward.node), String::new(), String::new(), at, row);
                Some(self.count(false))
            }
            StepKind::Collect { gift } => {
                self.event(&format!("collect {}", gift.node), String::new(), String::new(), at, row);
                Some(self.count(false))
            }
            StepKind::Signup => {
                self.event("signup", String::new(), String::new(), at, row);
                Some(self.count(false))
            }
            StepKind::Wait => {
                self.event(WAIT, String::new(), String::new(), at, row);
                Some(self.count(false))
            }
        };
        self.places.push(place);
        self.times.push(self.now);
    }

    /// Looks at the account that a `customer` step makes or resumes: now, or when it begins.
    fn look(&mut self, kind: &StepKind, row: u64) {
        let joined = if let StepKind::Customer { joined: Some(date), .. } = kind { Some(date.node.midnight()) } else { None };
        self.now = joined.map_or(self.now, |joined| joined.max(self.now));
        self.started = true;
        let at = self.program.zone.instant(self.now);
        self.event(LOOK, String::new(), String::new(), at, row);
    }

    fn event(&mut self, name: &str, of: String, value: String, at: Instant, row: u64) {
        let record = EventRecord {
            customer: self.account.clone(),
            id: row.to_string(),
            name: name.to_owned(),
            at,
            sequence: Some(row),
            of,
            value,
            row,
        };
        self.builder.event(record);
    }

    /// A step without a date happens with the one before; one without a time at the start of its day, or with the one
    /// before if that is later on the same day.
    fn clock(&mut self, step: &Step) {
        let date = step.date.as_ref().map_or(self.now.date(), |date| date.node);
        let time = match &step.time {
            Some(time) => time.node,
            None if date == self.now.date() && self.started => self.now.time(),
            None => TimeOfDay(0),
        };
        let wanted = DateTime::new(date, time);
        if !matches!(step.kind, StepKind::Customer { .. }) || step.date.is_some() {
            self.now = wanted;
            self.started = true;
        }
    }

    /// Where this step will stand among the account's events.
    fn count(&mut self, is_purchase: bool) -> (String, bool, u32) {
        let account = self.pooled();
        if !self.counts.iter().any(|(id, ..)| *id == account) {
            self.counts.push((account.clone(), 0, 0));
        }
        let counts = self.counts.iter_mut().find(|(id, ..)| *id == account);
        let slot = counts.map(|(_, purchases, moments)| if is_purchase { purchases } else { moments });
        let index = slot.map_or(0, |slot| {
            let index = *slot;
            *slot = slot.saturating_add(1);
            index
        });
        (account, is_purchase, index)
    }

    /// The account of the customer of now: their own, or that of their household.
    fn pooled(&self) -> String {
        let customer = self.customers.iter().find(|known| known.id == self.account);
        let by = household(self.program).map(name_key);
        let pool = customer.and_then(|known| known.attributes.iter().find(|(name, _)| Some(name_key(name)) == by));
        pool.map_or_else(|| self.account.clone(), |(_, value)| value.clone())
    }

    fn customer(&mut self, kind: &StepKind) {
        let StepKind::Customer { name, joined, born, attributes, tiers, holding, referred_by } = kind else { return };
        self.account = name.as_ref().map_or_else(|| CUSTOMER.to_owned(), |name| name_key(&name.node));
        if self.customers.iter().any(|known| known.id == self.account) {
            return;
        }
        self.customers.push(CustomerRecord {
            id: self.account.clone(),
            joined: joined.as_ref().map(|date| date.node),
            born: born.as_ref().map(|date| date.node),
            referred_by: referred_by.as_ref().map(|name| name_key(&name.node)),
            attributes: attributes.iter().map(|(name, value)| (name.node.clone(), value.node.clone())).collect(),
            row: 0,
        });
        if holding.is_empty() && tiers.is_empty() {
            return;
        }
        let holding = holding.iter().filter_map(|(amount, wallet)| self.in_wallet(amount, wallet.as_ref())).collect();
        let tiers = tiers.iter().map(|tier| tier.node.clone()).collect();
        let at = joined.as_ref().map_or(self.now, |date| date.node.midnight());
        self.given.push((self.pooled(), self.program.zone.instant(at), MomentKind::Given { holding, tiers }));
    }

    /// A wallet and an amount of it in full units (money: major units).
    fn in_wallet(&self, amount: &Expr, wallet: Option<&Name>) -> Option<(String, Decimal)> {
        let (value, unit) = literal(self.ast, amount)?;
        Some((wallet.map_or(unit, |name| Some(name.node.clone()))?, value))
    }

    fn purchase(&mut self, step: &StepPurchase, at: Instant, row: u64) -> PurchaseRecord {
        let mut texts = Vec::new();
        for place in &step.places {
            let (column, names) = match &place.node {
                Place::Via(names) => ("channel", names),
                Place::InStore(names) => ("store", names),
                Place::PaidBy(names) => ("payment", names),
                Place::AtPartner(names) => ("partner", names),
                Place::WithCoupon(names) => ("coupon", names),
            };
            let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
            texts.push((column.to_owned(), names.join(&SEVERAL.to_string())));
        }
        for scope in &step.scopes {
            let (column, names) = match &scope.node {
                Scope::Category(names) => ("category", names),
                Scope::Brand(names) => ("brand", names),
                Scope::Product(names) => ("product", names),
                _ => continue,
            };
            texts.extend(names.first().map(|name| (column.to_owned(), name.node.clone())));
        }
        texts.extend(step.attributes.iter().map(|(name, value)| (name.node.clone(), value.node.clone())));
        PurchaseRecord {
            customer: self.account.clone(),
            // Steps without a name still come in their order: a row number no name can equal.
            id: step.called.as_ref().map_or_else(|| format!("#{row}"), |name| name_key(&name.node)),
            at,
            sequence: Some(row),
            amount: step.amount.as_ref().and_then(|amount| self.minor(amount)),
            tax: step.tax.as_ref().and_then(|tax| self.minor(tax)).unwrap_or(0),
            shipping: step.shipping.as_ref().and_then(|shipping| self.minor(shipping)).unwrap_or(0),
            texts,
            paid: step.paying.iter().filter_map(|(amount, wallet)| self.in_wallet(amount, wallet.as_ref())).collect(),
            paid_voucher: step.paying_voucher.then_some(true),
            items: step.items.iter().map(|item| self.item(item)).collect(),
            row,
        }
    }

    fn item(&self, item: &StepItem) -> ItemRecord {
        ItemRecord {
            product: item.product.node.clone(),
            category: item.category.as_ref().map_or_else(String::new, |name| name.node.clone()),
            brand: item.brand.as_ref().map_or_else(String::new, |name| name.node.clone()),
            quantity: number(self.ast, &item.quantity),
            price: number(self.ast, &item.price),
            amount: None,
            attributes: item.attributes.iter().map(|(name, value)| (name.node.clone(), value.node.clone())).collect(),
        }
    }

    fn minor(&self, amount: &Expr) -> Option<i64> {
        number(self.ast, amount)?.to_scale(self.program.currency.decimals).ok()?
    }
}

/// The number of a value written out, and its unit if that is a name.
pub(crate) fn literal(ast: &Ast, expr: &Expr) -> Option<(Decimal, Option<String>)> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(n) | Literal::Percent(n)) => Some((*n, None)),
        ExprKind::Literal(Literal::Money { amount, .. }) => Some((*amount, None)),
        ExprKind::Literal(Literal::Count { amount, unit }) => Some((*amount, Some(unit.node.clone()))),
        ExprKind::Negate(inner) => {
            let (n, unit) = literal(ast, inner)?;
            Some((Decimal::new(n.mantissa.checked_neg()?, n.scale), unit))
        }
        ExprKind::Name(name) => ast.statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Param { name: known, value } if name_key(&known.node) == name_key(name) => literal(ast, value),
            _ => None,
        }),
        _ => None,
    }
}

/// The number of a value written out.
pub(super) fn number(ast: &Ast, expr: &Expr) -> Option<Decimal> {
    literal(ast, expr).map(|(n, _)| n)
}
