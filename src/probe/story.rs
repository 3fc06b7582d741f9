//! A made history: a few people and what they do, as text of an `example` and as a history to run.

use crate::history::model::{History, Moment, MomentKind, Needs};
use crate::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use crate::program::{Program, TierId, WalletId, WalletKind};
use crate::value::{Date, DateTime, Decimal, TimeOfDay};

/// Somebody with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub name: &'static str,
    pub joined: Option<Date>,
    pub born: Option<Date>,
    pub attributes: Vec<(String, String)>,
    pub tiers: Vec<TierId>,
    /// Smallest units at first.
    pub holding: Vec<(WalletId, i64)>,
    pub referred_by: Option<&'static str>,
}

/// Something that somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deed {
    /// Index of the person.
    pub who: usize,
    pub at: DateTime,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Buy(Buy),
    /// Which deed is returned; minor units, or all that is left.
    Return {
        of: usize,
        amount: Option<i64>,
    },
    Event {
        name: String,
        value: String,
    },
    Claim(String),
    Signup,
}

/// A purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buy {
    /// What goods cost, minor units; nothing is said of it where there are lines.
    pub amount: i64,
    /// Words of the purchase by their column: category, brand, product, channel, store, payment, partner, coupon.
    pub words: Vec<(&'static str, String)>,
    pub attributes: Vec<(String, String)>,
    pub shipping: i64,
    /// Smallest units that pay.
    pub paying: Vec<(WalletId, i64)>,
    pub voucher: bool,
    /// Of several lines: minor units each, with the words of the first.
    pub lines: Vec<Item>,
}

impl Buy {
    /// What is charged, shipping included, before anything is taken off.
    pub fn whole(&self) -> i64 {
        let goods = if self.lines.is_empty() { self.amount } else { self.lines.iter().map(|line| line.price).sum() };
        goods.saturating_add(self.shipping)
    }
}

/// A line of a purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub name: String,
    pub category: String,
    pub brand: String,
    pub price: i64,
}

/// People and deeds, in time order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    pub people: Vec<Person>,
    pub deeds: Vec<Deed>,
}

/// What example steps a claim is written as has this sequence number and up.
const FIRST: u64 = 1;

impl Story {
    /// The history of it; `None` where a step is refused.
    pub fn history(&self, program: &Program) -> Option<History> {
        let mut builder = Builder::new("probe");
        for person in &self.people {
            builder.customer(CustomerRecord {
                id: person.name.to_owned(),
                joined: person.joined,
                born: person.born,
                referred_by: person.referred_by.map(str::to_owned),
                attributes: person.attributes.clone(),
                row: 0,
            });
        }
        for (deed, row) in self.deeds.iter().zip(FIRST..) {
            let customer = self.people.get(deed.who)?.name.to_owned();
            let at = program.zone.instant(deed.at);
            let event = |name: String, value: String| EventRecord {
                customer: customer.clone(),
                id: row.to_string(),
                name,
                at,
                sequence: Some(row),
                of: String::new(),
                value,
                row,
            };
            match &deed.what {
                What::Buy(buy) => builder.purchase(record(program, buy, &customer, at, row)),
                What::Return { of, amount } => {
                    let of = u64::try_from(*of).ok()?.checked_add(FIRST)?;
                    builder.returned(ReturnRecord {
                        customer,
                        id: row.to_string(),
                        of: format!("#{of}"),
                        at,
                        sequence: Some(row),
                        amount: *amount,
                        product: String::new(),
                        quantity: None,
                        row,
                    });
                }
                What::Event { name, value } => builder.event(event(name.clone(), value.clone())),
                What::Claim(name) => builder.event(event(format!("claim {name}"), String::new())),
                What::Signup => builder.event(event("signup".to_owned(), String::new())),
            }
        }
        let needs = Needs::default();
        let options = Options {
            currency: &program.currency.code,
            decimals: program.currency.decimals,
            zone: &program.zone,
            round_money: program.round_money,
            account_by: program.account_by.and_then(|id| program.attributes.get(id.index())).map(|attribute| attribute.name.as_str()),
            needs: &needs,
            everything: true,
            outside: false,
            threads: 1,
        };
        let mut history = builder.finish(&options);
        if history.accounting.files.iter().any(|file| !file.reasons.is_empty()) {
            return None;
        }
        self.give(program, &mut history);
        Some(history)
    }

    /// What people hold at first, as `in tier` and `holding` give it.
    fn give(&self, program: &Program, history: &mut History) {
        if self.people.iter().all(|person| person.tiers.is_empty() && person.holding.is_empty()) {
            return;
        }
        for part in &mut history.parts {
            let mut moments = Vec::new();
            for account in &mut part.accounts {
                let from = u32::try_from(moments.len()).unwrap_or(u32::MAX);
                let person = self.people.iter().position(|person| person.name == account.id);
                let held = person
                    .and_then(|at| Some((at, self.people.get(at)?)))
                    .filter(|(_, person)| !(person.tiers.is_empty() && person.holding.is_empty()));
                if let Some((who, person)) = held {
                    let first = self.deeds.iter().find(|deed| deed.who == who).map(|deed| deed.at);
                    let at = person.joined.map(Date::midnight).or(first).unwrap_or(DateTime(0));
                    let tiers = person.tiers.iter().map(|tier| program.tier_name(*tier).to_owned()).collect();
                    let holding = person.holding.iter().filter_map(|(wallet, units)| full(program, *wallet, *units)).collect();
                    let kind = MomentKind::Given { holding, tiers };
                    let at = program.zone.instant(at);
                    moments.push(Moment { at, sequence: 0, customer: account.customers.start, after_purchases: 0, kind });
                }
                for index in account.moments.clone() {
                    moments.extend(usize::try_from(index).ok().and_then(|at| part.moments.get(at)).cloned());
                }
                account.moments = from..u32::try_from(moments.len()).unwrap_or(u32::MAX);
            }
            part.moments = moments;
        }
    }

    /// Leaves a deed out, unless a return needs it; whether it could be.
    pub fn drop_deed(&mut self, at: usize) -> bool {
        if at >= self.deeds.len() || self.deeds.iter().any(|deed| matches!(deed.what, What::Return { of, .. } if of == at)) {
            return false;
        }
        self.deeds.remove(at);
        for deed in &mut self.deeds {
            if let What::Return { of, .. } = &mut deed.what
                && *of > at
            {
                *of = of.saturating_sub(1);
            }
        }
        true
    }

    /// The day after the last deed.
    pub fn close(&self) -> Date {
        self.deeds.last().map_or(Date(0), |deed| deed.at.date()).plus_days(1)
    }

    /// The steps of an example, one a line, each with what is expected of it.
    pub fn text(&self, program: &Program, title: &str, expects: &[String]) -> String {
        let mut out = format!("example \"{}\"\n", title.replace('"', "\"\""));
        let mut current: Option<usize> = None;
        let mut known = vec![false; self.people.len()];
        let named = self.people.len() > 1;
        for (index, deed) in self.deeds.iter().enumerate() {
            let Some(person) = self.people.get(deed.who) else { continue };
            let first = known.get(deed.who).copied() == Some(false);
            let plain = *person == Person { name: person.name, ..Person::default() };
            if current != Some(deed.who) && (named || first && !plain) {
                out.push_str("  customer");
                if named {
                    out.push_str(&format!(" \"{}\"", person.name));
                }
                if first {
                    out.push_str(&person_words(program, person));
                }
                out.push('\n');
            }
            if let Some(known) = known.get_mut(deed.who) {
                *known = true;
            }
            current = Some(deed.who);
            out.push_str("  ");
            out.push_str(&self.deed_words(program, index, deed));
            if let Some(expect) = expects.get(index).filter(|expect| !expect.is_empty()) {
                out.push_str(&format!("\n    expect {expect}"));
            }
            out.push('\n');
        }
        out
    }

    fn deed_words(&self, program: &Program, index: usize, deed: &Deed) -> String {
        let date = deed.at.date();
        let time = deed.at.time();
        let when = if time == TimeOfDay(0) { format!(" on {date}") } else { format!(" on {date} at {time}") };
        match &deed.what {
            What::Buy(buy) => {
                let called = self.deeds.iter().any(|other| matches!(other.what, What::Return { of, .. } if of == index));
                let name = if called { format!(" called {}", letter(index)) } else { String::new() };
                format!(
                    "{}{when}{}{name}{}",
                    if buy.lines.is_empty() { format!("purchase {}", money(program, buy.whole())) } else { "purchase".to_owned() },
                    buy_words(program, buy),
                    lines(program, buy)
                )
            }
            What::Return { of, amount: None } => format!("return {}{when}", letter(*of)),
            What::Return { of, amount: Some(amount) } => format!("return {} of {}{when}", money(program, *amount), letter(*of)),
            What::Event { name, value } if value.is_empty() => format!("event {}{when}", quoted(name)),
            What::Event { name, value } => format!("event {} to {}{when}", quoted(name), quoted(value)),
            What::Claim(name) => format!("claim {}{when}", quoted(name)),
            What::Signup => format!("signup{when}"),
        }
    }
}

fn letter(index: usize) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    letters.chars().nth(index).map_or_else(|| format!("P{index}"), |letter| letter.to_string())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Minor units as an amount of money that can be typed.
pub(super) fn money(program: &Program, minor: i64) -> String {
    let currency = &program.currency;
    let hundred = 10_i64.checked_pow(u32::from(currency.decimals)).unwrap_or(1);
    if minor.checked_rem(hundred) == Some(0) {
        return format!("{} {}", minor.checked_div(hundred).unwrap_or(minor), currency.code);
    }
    format!("{} {}", Decimal::new(i128::from(minor), currency.decimals), currency.code)
}

/// Smallest units of a wallet as an amount that can be typed.
pub(super) fn units(program: &Program, wallet: WalletId, amount: i64) -> String {
    let Some(of) = program.wallets.get(wallet.index()) else { return String::new() };
    let name = if is_bare(&of.name) { of.name.clone() } else { quoted(&of.name) };
    if of.kind == WalletKind::Money {
        return format!("{} of {name}", money(program, amount));
    }
    format!("{} {name}", Decimal::new(i128::from(amount), of.scale).normal())
}

fn is_bare(name: &str) -> bool {
    name.starts_with(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn person_words(program: &Program, person: &Person) -> String {
    let mut out = String::new();
    if let Some(joined) = person.joined {
        out.push_str(&format!(" joined {joined}"));
    }
    if let Some(born) = person.born {
        out.push_str(&format!(" born {born}"));
    }
    for (name, value) in &person.attributes {
        out.push_str(&format!(" with {} {}", attribute_name(name), quoted(value)));
    }
    for tier in &person.tiers {
        out.push_str(&format!(" in tier {}", quoted(program.tier_name(*tier))));
    }
    for (wallet, amount) in &person.holding {
        out.push_str(&format!(" holding {}", units(program, *wallet, *amount)));
    }
    if let Some(by) = person.referred_by {
        out.push_str(&format!(" referred by \"{by}\""));
    }
    out
}

fn attribute_name(name: &str) -> String {
    quoted(name)
}

fn buy_words(program: &Program, buy: &Buy) -> String {
    let mut out = String::new();
    for (column, text) in &buy.words {
        let text = quoted(text);
        out.push_str(&match *column {
            "channel" => format!(" via {text}"),
            "store" => format!(" in store {text}"),
            "payment" => format!(" paid by {text}"),
            "partner" => format!(" at partner {text}"),
            "coupon" => format!(" with coupon {text}"),
            _ if !buy.lines.is_empty() => String::new(),
            column => format!(" of {column} {text}"),
        });
    }
    if buy.shipping > 0 {
        out.push_str(&format!(" shipping {}", money(program, buy.shipping)));
    }
    for (name, value) in &buy.attributes {
        out.push_str(&format!(" with {} {}", attribute_name(name), quoted(value)));
    }
    for (wallet, amount) in &buy.paying {
        out.push_str(&format!(" paying with {}", units(program, *wallet, *amount)));
    }
    if buy.voucher {
        out.push_str(" paying with voucher");
    }
    out
}

fn lines(program: &Program, buy: &Buy) -> String {
    let mut out = String::new();
    for line in &buy.lines {
        out.push_str(&format!("\n    item {} 1 x {}", quoted(&line.name), money(program, line.price)));
        if !line.category.is_empty() {
            out.push_str(&format!(" category {}", quoted(&line.category)));
        }
        if !line.brand.is_empty() {
            out.push_str(&format!(" brand {}", quoted(&line.brand)));
        }
    }
    out
}

/// The name of a wallet, and units of it as full ones.
fn full(program: &Program, wallet: WalletId, units: i64) -> Option<(String, Decimal)> {
    let of = program.wallets.get(wallet.index())?;
    let scale = if of.kind == WalletKind::Money { program.currency.decimals } else { of.scale };
    Some((of.name.clone(), Decimal::new(i128::from(units), scale)))
}

fn record(program: &Program, buy: &Buy, customer: &str, at: crate::value::Instant, row: u64) -> PurchaseRecord {
    let mut texts: Vec<(String, String)> = buy.words.iter().map(|(column, text)| ((*column).to_owned(), text.clone())).collect();
    texts.extend(buy.attributes.iter().cloned());
    let paid = buy.paying.iter().filter_map(|(wallet, units)| full(program, *wallet, *units));
    let items = buy.lines.iter().map(|line| ItemRecord {
        product: line.name.clone(),
        category: line.category.clone(),
        brand: line.brand.clone(),
        quantity: None,
        price: Some(Decimal::new(i128::from(line.price), program.currency.decimals)),
        amount: None,
        attributes: Vec::new(),
    });
    PurchaseRecord {
        customer: customer.to_owned(),
        id: format!("#{row}"),
        at,
        sequence: Some(row),
        amount: buy.lines.is_empty().then(|| buy.whole()),
        tax: 0,
        shipping: buy.shipping,
        texts,
        paid: paid.collect(),
        paid_voucher: buy.voucher.then_some(true),
        items: items.collect(),
        row,
    }
}
