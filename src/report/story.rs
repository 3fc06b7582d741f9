//! The story of an account or of one purchase, in words: what happened and why, and what did not and why not.
//!
//! The engine gives plain data; the writers in [`super::write`] only lay it out.

mod fired;
mod reasons;
mod unused;
mod words;

use crate::engine::EventRef;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::story::Chapter;
use crate::engine::why::Decided;
use crate::history::model::{Account, History, MomentKind, NO_TEXT, Part, ReturnPart, Returned};
use crate::program::{Pending, Program, Rule, WalletId};
use crate::report::write::format;
use crate::source::Sources;
use crate::value::{Date, Decimal, Instant};
use reasons::Telling;
use serde::Serialize;
use words::Words;

/// What a story is made of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub program: &'a Program,
    pub sources: &'a Sources,
    pub history: &'a History,
    /// Indices into the history.
    pub part: usize,
    pub account: usize,
    pub chapters: &'a [Chapter],
    /// Which purchase of the account, counted from its first; `None` for all that happened.
    pub purchase: Option<u32>,
}

/// A story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// The account's id, and how it is called where the history has a name.
    pub customer: String,
    pub name: Option<String>,
    /// The purchase that is asked for.
    pub purchase: Option<String>,
    pub moments: Vec<Moment>,
    /// How wallets and tiers stand at the end, for an account: `39 beans left`.
    pub stands: Vec<String>,
}

/// Something that happened: a purchase, a return, an event, or a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Local: `2025-01-04T10:12:00`; a day alone for what midnights did.
    pub at: String,
    /// `purchase p4 on 4 Jan 2025 at 10:12, 10.00 EUR via app`
    pub headline: String,
    pub purchase: Option<String>,
    pub happened: Vec<Happened>,
    pub did_not_fire: Vec<DidNotFire>,
    /// What could be spent of each wallet afterwards, where it holds or held something: `39 beans`.
    pub balances: Vec<String>,
    /// Why no rule acted at all.
    pub note: Option<String>,
}

/// An entry of the ledger with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// `discount 0.50 EUR`
    pub what: String,
    /// The ledger's entries; several where units came from several lots.
    pub seq: Vec<u32>,
    /// As in the ledger; of several entries their sums.
    pub kind: &'static str,
    pub wanted: String,
    pub granted: String,
    pub unit: String,
    /// The sentence of the program, and where it stands.
    pub sentence: Option<String>,
    pub place: Option<String>,
    /// Facts, base and rate, what cut it, the lot: a few words each.
    pub because: Vec<String>,
    pub lots: Vec<u32>,
    pub usable_until: Option<String>,
    pub reverses: Option<u32>,
}

/// A rule that did nothing on a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DidNotFire {
    pub sentence: String,
    pub place: String,
    /// The first clause that failed, as written, where it is one.
    pub clause: Option<String>,
    pub why: String,
    /// Values by the names of their terms.
    pub seen: Vec<(String, String)>,
}

/// Tells a story.
#[must_use]
pub fn story(asked: &Asked<'_>) -> Story {
    let teller = Teller::new(asked);
    let (mut moments, customer) = match teller.account() {
        Some((_, account)) => (Vec::new(), account.id.clone()),
        None => (Vec::new(), String::new()),
    };
    for chapter in asked.chapters {
        match (asked.purchase, chapter.event) {
            (Some(wanted), Some(EventRef::Purchase(index))) if wanted == index => moments.extend(teller.moments(chapter, true)),
            // What became of the purchase later.
            (Some(wanted), _) => {
                let about = chapter.entries.iter().filter(|entry| entry.purchase == Some(wanted)).cloned().collect::<Vec<_>>();
                if !about.is_empty() {
                    let about = Chapter { event: chapter.event, entries: about, ..Chapter::default() };
                    moments.extend(teller.moments(&about, true));
                }
            }
            (None, _) => moments.extend(teller.moments(chapter, false)),
        }
    }
    let purchase = asked.purchase.map(|index| teller.purchase_name(index));
    let stands = if purchase.is_none() { teller.stands() } else { Vec::new() };
    let name = Some(teller.name.clone()).filter(|name| *name != customer);
    Story { customer, name, purchase, moments, stands }
}

/// The id of a purchase, or `#3` where the data has none.
#[must_use]
pub fn purchase_name(part: &Part, account: &Account, number: u32) -> String {
    let id = part.purchases.id.get(account.purchases.start.saturating_add(number));
    if id.is_empty() { format!("#{}", u64::from(number).saturating_add(1)) } else { id.into_owned() }
}

/// How a customer is called: the attribute `name`, else the id.
fn customer_name(history: &History, part: &Part, customer: u32) -> String {
    let at = usize::try_from(customer).unwrap_or(usize::MAX);
    let column = history.customer_attributes.iter().position(|name| name == "name");
    let code = column.and_then(|column| part.customers.attributes.get(column)?.get(at).copied()).filter(|code| *code != NO_TEXT);
    code.map_or_else(|| part.customers.id.get(at).cloned().unwrap_or_default(), |code| history.texts.get(code).to_owned())
}

/// Words one account's chapters.
struct Teller<'a> {
    asked: &'a Asked<'a>,
    words: Words<'a>,
    name: String,
}

impl<'a> Teller<'a> {
    fn new(asked: &'a Asked<'a>) -> Self {
        let words = Words { program: asked.program };
        let mut teller = Self { asked, words, name: String::new() };
        if let Some((part, account)) = teller.account() {
            let alone = account.customers.len() == 1;
            teller.name = if alone { customer_name(asked.history, part, account.customers.start) } else { account.id.clone() };
        }
        teller
    }

    fn account(&self) -> Option<(&'a Part, &'a Account)> {
        let part = self.asked.history.parts.get(self.asked.part)?;
        Some((part, part.accounts.get(self.asked.account)?))
    }

    fn purchase_name(&self, index: u32) -> String {
        self.account().map_or_else(String::new, |(part, account)| purchase_name(part, account, index))
    }

    fn local_day(&self, at: Instant) -> Date {
        self.asked.program.zone.local(at).date()
    }

    /// The moments of a chapter: one for an event, one a day for midnights.
    fn moments(&self, chapter: &Chapter, full: bool) -> Vec<Moment> {
        let Some(event) = chapter.event else {
            let mut days: Vec<(Date, Vec<&Entry>)> = Vec::new();
            for entry in &chapter.entries {
                let day = self.local_day(entry.at);
                match days.last_mut() {
                    Some((known, list)) if *known == day => list.push(entry),
                    _ => days.push((day, vec![entry])),
                }
            }
            let moment = |(day, entries): (Date, Vec<&Entry>)| Moment {
                at: day.to_string(),
                headline: format!("on {}", format::day(day)),
                purchase: None,
                happened: self.happened(&entries, None, full),
                did_not_fire: Vec::new(),
                balances: Vec::new(),
                note: None,
            };
            return days.into_iter().map(moment).collect();
        };
        let Some((at, headline, purchase)) = self.headline(event) else { return Vec::new() };
        let entries: Vec<&Entry> = chapter.entries.iter().collect();
        let decided = chapter.decided.as_ref();
        let who = decided.and_then(|decided| self.account().map(|(part, _)| customer_name(self.asked.history, part, decided.customer)));
        let who = who.unwrap_or_else(|| self.name.clone());
        let telling = Telling { words: self.words, sources: self.asked.sources, who: &who };
        let did_not = decided.filter(|_| full).map_or(&[][..], |decided| &decided.did_not);
        vec![Moment {
            at: self.asked.program.zone.local(at).to_string(),
            headline,
            purchase,
            happened: self.happened(&entries, decided.map(|decided| (decided, telling)), full),
            did_not_fire: did_not
                .iter()
                .filter_map(|one| self.did_not(telling, one))
                .chain(
                    decided
                        .filter(|decided| full && decided.active)
                        .map(|decided| self.unused(chapter, decided, telling))
                        .into_iter()
                        .flatten(),
                )
                .collect(),
            balances: self.balances(chapter),
            note: decided.and_then(|decided| self.note(decided, at)),
        }]
    }

    fn did_not(&self, telling: Telling<'_>, one: &crate::engine::why::DidNot) -> Option<DidNotFire> {
        let rule = self.asked.program.rules.get(one.rule.index())?;
        let reason = telling.reason(one)?;
        Some(DidNotFire {
            sentence: rule.label.clone(),
            place: telling.line(rule.span),
            clause: reason.clause,
            why: reason.text,
            seen: reason.seen,
        })
    }

    /// Why no rule acted at all on a purchase.
    fn note(&self, decided: &Decided, at: Instant) -> Option<String> {
        if decided.active {
            return None;
        }
        let program = self.asked.program;
        let day = self.local_day(at);
        Some(match (program.starts, program.ends) {
            (Some(first), _) if day < first => format!("The program gives nothing: it starts on {}.", format::day(first)),
            (_, Some(last)) if last < day => format!("The program gives nothing: it ended on {}.", format::day(last)),
            _ if decided.amount <= 0 => "The program gives nothing: nothing was paid.".to_owned(),
            _ => format!("The program gives nothing: {} was not a member yet.", self.name),
        })
    }

    /// When, the headline, and the purchase that it is about.
    fn headline(&self, event: EventRef) -> Option<(Instant, String, Option<String>)> {
        let (part, account) = self.account()?;
        let when = |at: Instant| {
            let local = self.asked.program.zone.local(at);
            format!("on {} at {}", format::day(local.date()), local.time())
        };
        match event {
            EventRef::Purchase(index) => {
                let at = usize::try_from(account.purchases.start.checked_add(index)?).ok()?;
                let instant = *part.purchases.at.get(at)?;
                let amount = part.purchases.amount.get(at).copied().unwrap_or(0);
                let name = self.purchase_name(index);
                let place = self.place(part, at);
                let by = part.purchases.customer.get(at).map_or_else(String::new, |customer| self.by(*customer));
                Some((instant, format!("purchase {name}{by} {}, {}{place}", when(instant), self.words.money(amount)), Some(name)))
            }
            EventRef::Moment(index) => {
                let moment = part.moments.get(usize::try_from(account.moments.start.checked_add(index)?).ok()?)?;
                let what = match &moment.kind {
                    MomentKind::Signup => "signup".to_owned(),
                    MomentKind::Collect { gift, .. } => format!("collecting of \"{gift}\""),
                    MomentKind::Claim(name) => format!("claim of \"{name}\""),
                    MomentKind::Set { attribute, value } => format!("{attribute} set to \"{}\"", self.asked.history.texts.get(*value)),
                    MomentKind::Event { name, .. } => format!("event \"{name}\""),
                    MomentKind::Given { .. } => "what was held at first".to_owned(),
                    MomentKind::Look | MomentKind::Wait => return None,
                    MomentKind::Return(parts) => self.returned(parts),
                };
                let about = match &moment.kind {
                    MomentKind::Return(parts) => parts.first().map(|part| self.purchase_name(part.purchase)),
                    _ => None,
                };
                Some((moment.at, format!("{what}{} {}", self.by(moment.customer), when(moment.at)), about))
            }
        }
    }

    /// ` via app in store Berlin`, as far as the data says.
    fn place(&self, part: &Part, at: usize) -> String {
        let text = |column: &[u32], words: &str| {
            let code = column.get(at).copied().filter(|code| *code != NO_TEXT);
            code.map_or_else(String::new, |code| format!(" {words} {}", self.asked.history.texts.get(code)))
        };
        let purchases = &part.purchases;
        let places = [text(&purchases.channel, "via"), text(&purchases.store, "in store"), text(&purchases.partner, "at partner")];
        places.concat()
    }

    fn returned(&self, parts: &[ReturnPart]) -> String {
        let one = |part: &ReturnPart| {
            let of = self.purchase_name(part.purchase);
            match &part.what {
                Returned::Rest => format!("all that was left of {of}"),
                Returned::Amount(amount) => format!("{} of {of}", self.words.money(*amount)),
                Returned::Items(items) => {
                    let named: Vec<String> = items.iter().map(|(line, units)| self.goods(part.purchase, *line, *units)).collect();
                    format!("{} of {of}", named.join(" + "))
                }
            }
        };
        format!("return of {}", parts.iter().map(one).collect::<Vec<_>>().join(" and "))
    }

    /// `2 "latte"`: units of a line of a purchase, by what the data call it.
    fn goods(&self, purchase: u32, line: u32, units: Decimal) -> String {
        let units = units.normal().to_string();
        let name = self.account().and_then(|(part, account)| {
            let at = usize::try_from(account.purchases.start.saturating_add(purchase)).ok()?;
            let item = usize::try_from(part.purchases.items_from.get(at)?.saturating_add(line)).ok()?;
            let code = [&part.items.product, &part.items.category]
                .into_iter()
                .find_map(|column| column.get(item).copied().filter(|code| *code != NO_TEXT))?;
            Some(self.asked.history.texts.get(code).to_owned())
        });
        name.map_or_else(|| format!("{units} {}", words::singular(&units, "items")), |name| format!("{units} \"{name}\""))
    }

    /// What could be spent after an event, of wallets in which anything ever was.
    fn balances(&self, chapter: &Chapter) -> Vec<String> {
        let used = |id: WalletId| {
            let earlier = self.asked.chapters.iter().take_while(|other| !std::ptr::eq(*other, chapter)).chain([chapter]);
            earlier.flat_map(|chapter| &chapter.entries).any(|entry| entry.unit == Unit::Wallet(id) && entry.kind != Kind::Refused)
        };
        let ids = (0..self.asked.program.wallets.len()).filter_map(|index| u16::try_from(index).ok().map(WalletId));
        let known = ids.zip(&chapter.balances).filter(|(id, balance)| **balance != 0 || used(*id));
        known.map(|(id, balance)| self.words.units(id, *balance)).collect()
    }

    /// How wallets and tiers stand at the end.
    fn stands(&self) -> Vec<String> {
        let program = self.asked.program;
        let entries = || self.asked.chapters.iter().flat_map(|chapter| &chapter.entries);
        let mut out = Vec::new();
        for (index, _) in program.wallets.iter().enumerate() {
            let Some(id) = u16::try_from(index).ok().map(WalletId) else { continue };
            let of = || entries().filter(move |entry| entry.unit == Unit::Wallet(id) && entry.kind != Kind::Refused);
            if of().next().is_some() {
                let left = of().fold(0_i64, |sum, entry| sum.saturating_add(entry.granted));
                let state = match (left < 0, self.may_wait(id)) {
                    (true, _) => "owed",
                    (false, true) => "left, pending included",
                    (false, false) => "left",
                };
                out.push(format!("{} {state}", self.words.units(id, left.saturating_abs())));
            }
        }
        let mut held: Vec<Option<u8>> = vec![None; program.ladders.len()];
        for (entry, tier) in entries().filter_map(|entry| match entry.kind {
            Kind::TierUp(tier) | Kind::TierDown(tier) | Kind::OpeningTier(tier) => Some((entry, tier)),
            _ => None,
        }) {
            let rung = if matches!(entry.kind, Kind::TierUp(_) | Kind::OpeningTier(_)) { tier.rung } else { tier.rung.saturating_sub(1) };
            if let Some(known) = held.get_mut(tier.ladder.index()) {
                *known = Some(rung);
            }
        }
        let member = entries().any(|entry| entry.kind == Kind::Join);
        for (ladder, rung) in program.ladders.iter().zip(held).filter(|_| member) {
            let name = ladder.rungs.get(usize::from(rung.unwrap_or(0))).map_or("", |rung| rung.name.as_str());
            out.push(format!("tier {name}"));
        }
        out
    }

    /// Whether units of a wallet may be pending.
    fn may_wait(&self, wallet: WalletId) -> bool {
        let program = self.asked.program;
        let fills = |rule: &Rule| rule.effects.iter().any(|effect| reasons::wallet_of(effect) == Some(wallet));
        program.wallets.get(wallet.index()).is_some_and(|known| known.pending != Pending::No)
            || program.rules.iter().any(|rule| (rule.life.pending.is_some() || rule.life.paid_at.is_some()) && fills(rule))
    }

    /// An amount as the ledger writes it.
    fn machine(&self, amount: i64, unit: Unit) -> String {
        let scale = match unit {
            Unit::Money => self.asked.program.currency.decimals,
            Unit::Wallet(id) => self.asked.program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale),
            Unit::Count => 0,
        };
        Decimal::new(i128::from(amount), scale).to_string()
    }

    /// The sentence behind an entry; of wallets and ladders only whose terms they are.
    fn sentence(&self, source: Source) -> Option<(String, crate::span::Span)> {
        let program = self.asked.program;
        let at = usize::from;
        match source {
            Source::Rule(rule) => program.rules.get(rule.index()).map(|rule| (rule.label.clone(), rule.span)),
            Source::Redeem(index) => program.redeems.get(at(index)).map(|redeem| (redeem.label.clone(), redeem.span)),
            Source::Reward(index) => program.rewards.get(at(index)).map(|reward| (reward.rule.label.clone(), reward.rule.span)),
            Source::Exchange(index) => program.exchanges.get(at(index)).map(|exchange| (exchange.rule.label.clone(), exchange.rule.span)),
            Source::Wallet(wallet) => program.wallets.get(wallet.index()).map(|wallet| (format!("terms of {}", wallet.name), wallet.span)),
            Source::Ladder(index) => program.ladders.get(at(index)).map(|ladder| {
                let name = ladder.name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\""));
                (format!("tiers{name}"), ladder.span)
            }),
            Source::Draw(draw) => program.draws.get(draw.index()).map(|draw| (format!("draw \"{}\"", draw.name), draw.span)),
            Source::Given => None,
        }
    }

    /// ` by Anna`, where an account has several customers.
    fn by(&self, customer: u32) -> String {
        match self.account() {
            Some((part, account)) if account.customers.len() > 1 => format!(" by {}", customer_name(self.asked.history, part, customer)),
            _ => String::new(),
        }
    }
}
