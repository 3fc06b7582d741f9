//! What happened: entries of the ledger with the facts, the base, the rate, what cut them and the lot.

use super::reasons::{Telling, wallet_of};
use super::words::{Words, civil, ordinal, singular};
use super::{Happened, Teller};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::why::{Cut, Decided, Gave};
use crate::program::{Effect, Pending, Rate, Rule, Scope, TierId, Trigger, WalletKind};
use crate::report::write::format;
use crate::value::Exact;

impl Teller<'_> {
    /// The lines of some entries; with what was decided they say why.
    pub(super) fn happened(&self, entries: &[&Entry], decided: Option<(&Decided, Telling<'_>)>, full: bool) -> Vec<Happened> {
        let mut unused: Vec<&Gave> = decided.map_or_else(Vec::new, |(decided, _)| decided.gave.iter().collect());
        let mut out = Vec::new();
        for folded in fold(entries) {
            let entry = &folded.entry;
            let same = |gave: &&Gave| {
                self.words.rule(gave.rule).is_some_and(|(_, source)| source == entry.source)
                    && (gave.kind, gave.unit, gave.granted) == (entry.kind, entry.unit, entry.granted)
            };
            let gave = unused.iter().position(same).map(|at| unused.remove(at));
            let mut because = Vec::new();
            if full && let Some((decided, telling)) = decided {
                if let Some(gave) = gave {
                    because.extend(because_of(telling, decided, gave));
                }
                if let (Source::Redeem(at), Kind::Spend) = (entry.source, entry.kind) {
                    because.extend(self.paid(decided, usize::from(at)));
                }
                if let Kind::TierUp(tier) = entry.kind {
                    because.extend(self.reached(decided, tier));
                }
            }
            if full {
                because.extend(self.lot(&folded));
            }
            let worth = decided.and_then(|(decided, _)| self.worth(decided, &folded.entry));
            let mut line = self.line(folded, because);
            line.what.extend(worth.map(|worth| format!(" = {worth}")));
            out.push(line);
        }
        out
    }

    fn line(&self, folded: Folded, because: Vec<String>) -> Happened {
        let entry = &folded.entry;
        let sentence = self.sentence(entry.source);
        let telling = Telling { words: self.words, sources: self.asked.sources, who: &self.name };
        let unit = match entry.unit {
            Unit::Money => self.asked.program.currency.code.clone(),
            Unit::Wallet(id) => self.asked.program.wallets.get(id.index()).map_or_else(String::new, |wallet| wallet.name.clone()),
            Unit::Count => "pieces".to_owned(),
        };
        Happened {
            what: self.what(entry),
            seq: folded.seq,
            kind: entry.kind.word(),
            wanted: self.machine(entry.wanted, entry.unit),
            granted: self.machine(entry.granted, entry.unit),
            unit,
            place: sentence.as_ref().map(|(_, span)| telling.line(*span)),
            sentence: sentence.map(|(label, _)| label),
            because,
            lots: folded.lots,
            usable_until: entry.expires.map(|day| day.to_string()),
            reverses: entry.reverses,
        }
    }

    /// `discount 0.50 EUR`
    fn what(&self, entry: &Entry) -> String {
        let program = self.asked.program;
        let amount = self.words.amount(entry.granted, entry.unit);
        let back = if entry.granted < 0 { " taken back" } else { "" };
        let gift = |id: crate::program::GiftId| program.gifts.get(id.index()).map_or("", |gift| gift.name.as_str());
        match entry.kind {
            Kind::Discount => format!("discount {amount}{back}"),
            Kind::Price => format!("{amount} off by a price list{back}"),
            Kind::FreeShipping => format!("free shipping, {amount}{back}"),
            Kind::Earn | Kind::Grant => format!("{amount}{back}"),
            Kind::Multiply if entry.granted < 0 => format!("{amount} less"),
            Kind::Multiply => format!("{amount} more"),
            Kind::Gift(id) => format!("gift \"{}\"{back}", gift(id)),
            Kind::GiftCollected(id) => format!("gift \"{}\" collected", gift(id)),
            Kind::GiftExpired(id) => format!("gift \"{}\" not collected in time", gift(id)),
            Kind::Prize(_, id) => format!("prize \"{}\"{back}", gift(id)),
            Kind::Voucher if entry.unit == Unit::Count => format!("percentage voucher{back}"),
            Kind::Voucher => format!("voucher {amount}{back}"),
            Kind::VoucherUsed => format!("voucher used, {amount}"),
            Kind::VoucherRestored => "voucher given back".to_owned(),
            Kind::VoucherExpired => "voucher expired".to_owned(),
            Kind::Entries(draw) => {
                let name = program.draws.get(draw.index()).map_or("", |draw| draw.name.as_str());
                format!("{amount} {} to \"{name}\"{back}", if amount == "1" { "entry" } else { "entries" })
            }
            Kind::Access(id) => format!("access to \"{}\"{back}", program.accesses.get(id.index()).map_or("", String::as_str)),
            Kind::Message => "message sent".to_owned(),
            Kind::Fee => format!("fee {amount}{back}"),
            Kind::Donation => format!("donation {amount}{back}"),
            Kind::Spend => format!("{amount} spent"),
            Kind::Exchange => format!("{amount} exchanged"),
            Kind::PayOut if matches!(entry.unit, Unit::Wallet(id) if self.is_money(id)) => format!("{amount} paid out"),
            Kind::PayOut => format!("{amount} paid out as {}", self.words.money(entry.money)),
            Kind::Expire => format!("{amount} expired"),
            Kind::TakeBack => format!("{amount} taken back"),
            Kind::Restore => format!("{amount} came back"),
            Kind::Adjust if matches!(entry.source, Source::Rule(_) | Source::Exchange(_) | Source::Reward(_)) => {
                format!("balance set, {amount}{}", if entry.granted < 0 { " less" } else { " more" })
            }
            Kind::Adjust if entry.unit == Unit::Money && entry.granted < 0 => format!("{amount} owed"),
            Kind::Adjust => format!("{amount} owed until then, borne by the refund"),
            Kind::Activate => format!("{} now usable", self.activated(entry)),
            Kind::TierUp(tier) => format!("tier {} reached", program.tier_name(tier)),
            Kind::TierDown(tier) => format!("tier {} lost", program.tier_name(tier)),
            Kind::Refund => format!("refund {amount} in money"),
            Kind::Refused => match entry.unit {
                Unit::Wallet(_) => format!("payment with {} refused", self.words.amount(entry.wanted, entry.unit)),
                _ => "refused".to_owned(),
            },
            Kind::Opening if entry.granted < 0 => format!("{amount} owed at the opening"),
            Kind::Opening => format!("{amount} held at the opening"),
            Kind::OpeningTier(tier) => format!("tier {} held at the opening", program.tier_name(tier)),
            Kind::Join => "membership begins".to_owned(),
            Kind::Leave => "no longer a member: what had opened the program came back".to_owned(),
        }
    }

    fn is_money(&self, wallet: crate::program::WalletId) -> bool {
        self.asked.program.wallets.get(wallet.index()).is_some_and(|wallet| wallet.kind == WalletKind::Money)
    }

    /// How much a lot held when it was granted, or was paid out.
    fn activated(&self, entry: &Entry) -> String {
        let paid = entry.because.as_ref().and_then(|because| because.base);
        let gives = |known: &&Entry| {
            known.lot == entry.lot
                && known.unit == entry.unit
                && matches!(known.kind, Kind::Earn | Kind::Multiply | Kind::Grant | Kind::Opening)
        };
        let granted = || self.asked.chapters.iter().flat_map(|chapter| &chapter.entries).find(gives).map(|known| known.granted);
        self.words.amount(paid.or_else(granted).unwrap_or(0), entry.unit)
    }

    /// What units that paid by a `redeem` sentence came to in money.
    fn worth(&self, decided: &Decided, entry: &Entry) -> Option<String> {
        let (Source::Redeem(at), Kind::Spend, Unit::Wallet(wallet)) = (entry.source, entry.kind, entry.unit) else { return None };
        if self.asked.program.wallets.get(wallet.index()).is_some_and(|wallet| wallet.kind == WalletKind::Money) {
            return None;
        }
        let (_, _, value) =
            decided.paid.iter().find(|(paid, units, _)| *paid == usize::from(at) && *units == entry.granted.saturating_neg())?;
        Some(self.words.money(*value))
    }

    /// What a wallet paid in all by a `redeem` sentence.
    fn paid(&self, decided: &Decided, redeem: usize) -> Option<String> {
        let (_, units, value) = decided.paid.iter().find(|(at, ..)| *at == redeem)?;
        let wallet = self.asked.program.redeems.get(redeem)?.wallet;
        Some(format!("{} paid {}", self.words.units(wallet, *units), self.words.money(*value)))
    }

    /// By what a tier was reached.
    fn reached(&self, decided: &Decided, tier: TierId) -> Option<String> {
        let ladder = self.asked.program.ladders.get(tier.ladder.index())?;
        let rung = ladder.rungs.get(usize::from(tier.rung))?;
        let with = decided.ladders.get(tier.ladder.index()).copied().flatten()?;
        let from = rung.from.filter(|from| *from <= with)?;
        let stands = self.words.measured(ladder.measure, with);
        Some(format!("{stands} with this purchase · {} from {}", rung.name, self.words.threshold(ladder.measure, from)))
    }

    /// The lot and its life.
    fn lot(&self, folded: &Folded) -> Option<String> {
        let entry = &folded.entry;
        if entry.kind == Kind::Voucher && entry.granted > 0 {
            return entry.expires.map(|day| format!("usable until {}", format::day(day)));
        }
        let Unit::Wallet(wallet) = entry.unit else { return None };
        let known = self.asked.program.wallets.get(wallet.index())?;
        let rule = match entry.source {
            Source::Rule(id) => self.asked.program.rules.get(id.index()),
            _ => None,
        };
        let gives = matches!(entry.kind, Kind::Earn | Kind::Multiply | Kind::Grant | Kind::Opening) && entry.granted > 0;
        if gives && let Some((of, _)) = rule.and_then(|rule| rule.life.paid_at) {
            return Some(format!("paid out at the end of the {}", of.word()));
        }
        let lot = entry.lot?;
        if !gives {
            let lots: Vec<String> = folded.lots.iter().map(u32::to_string).collect();
            return Some(if lots.len() > 1 { format!("lots {}", lots.join(", ")) } else { format!("lot {lot}") });
        }
        let pending = rule.and_then(|rule| rule.life.pending.as_ref()).unwrap_or(&known.pending);
        let pending = match pending {
            Pending::No => String::new(),
            Pending::For(span) => format!(", pending for {}", civil(*span)),
            Pending::Until { event, .. } => format!(", pending until event \"{event}\""),
        };
        let until = entry.expires.map_or_else(|| "does not expire".to_owned(), |day| format!("usable until {}", format::day(day)));
        Some(format!("lot {lot}{pending}, {until}"))
    }
}

/// Entries of one sentence that differ only in their lots, as one.
struct Folded {
    entry: Entry,
    seq: Vec<u32>,
    lots: Vec<u32>,
}

fn fold(entries: &[&Entry]) -> Vec<Folded> {
    let mut out: Vec<Folded> = Vec::new();
    for entry in entries.iter().filter(|entry| !is_silent(entry)) {
        let by_lots = matches!(entry.kind, Kind::Spend | Kind::Exchange | Kind::PayOut | Kind::Expire | Kind::Restore);
        let last = out.last_mut().filter(|last| {
            by_lots
                && (last.entry.source, last.entry.kind, last.entry.unit, last.entry.at) == (entry.source, entry.kind, entry.unit, entry.at)
        });
        let Some(last) = last else {
            out.push(Folded { entry: (*entry).clone(), seq: vec![entry.seq], lots: entry.lot.into_iter().collect() });
            continue;
        };
        last.entry.wanted = last.entry.wanted.saturating_add(entry.wanted);
        last.entry.granted = last.entry.granted.saturating_add(entry.granted);
        last.entry.money = last.entry.money.saturating_add(entry.money);
        last.seq.push(entry.seq);
        last.lots.extend(entry.lot);
        last.entry.expires = last.entry.expires.filter(|day| Some(*day) == entry.expires);
    }
    out
}

/// Entries that changed nothing and answer no one: a beaten discount stands among what did not fire.
fn is_silent(entry: &Entry) -> bool {
    let tells = matches!(
        entry.kind,
        Kind::Join | Kind::Activate | Kind::Refused | Kind::Message | Kind::Voucher | Kind::VoucherExpired | Kind::Refund
    );
    entry.granted == 0 && !tells
}

/// The facts, the base with the rate, and what cut a reward.
fn because_of(telling: Telling<'_>, decided: &Decided, gave: &Gave) -> Vec<String> {
    let words = telling.words;
    let Some((rule, _)) = words.rule(gave.rule) else { return Vec::new() };
    let mut out = Vec::new();
    out.extend(counted(words, rule, gave));
    let tests = telling.seen(&gave.seen);
    if !tests.is_empty() {
        out.push(tests);
    }
    if let Some(row) = &gave.row {
        out.push(format!("{} {}", words.term(&row.what), words.value(row)));
    }
    out.extend(rated(words, decided, rule, gave));
    if gave.granted < gave.wanted || matches!(gave.cut, Some(Cut::Limit { .. })) {
        let wanted = words.amount(gave.wanted, gave.unit);
        match gave.cut {
            Some(Cut::Limit { limit, used }) => {
                let clause = rule.limits.get(limit).map_or_else(String::new, |limit| telling.quote(limit.span));
                let before = if used == 0 { String::new() } else { format!(", {} used before", telling.used(rule, limit, used)) };
                out.push(format!("{wanted} without the limit: {clause}{before}"));
            }
            _ => out.push(format!("{wanted} wanted, but what it is taken off costs no more")),
        }
    }
    out
}

/// What the trigger counted.
fn counted(words: Words<'_>, rule: &Rule, gave: &Gave) -> Option<String> {
    let (before, with) = gave.count?;
    let such = |id: crate::program::MeasureId| {
        words.program.measures.get(id.index()).map_or_else(String::new, |measure| words.purchases(&measure.filter))
    };
    match &rule.trigger {
        Trigger::Nth { after, counter, .. } | Trigger::EveryNth { after, counter, .. } => {
            let such = such(*counter);
            let modifies = rule.effects.iter().any(Effect::is_modifier);
            if *after && modifies {
                let number = format::count(before);
                Some(format!("{number} {}{such} before this one", singular(&number, "purchases")))
            } else {
                Some(format!("the {} purchase{such}", ordinal(with)))
            }
        }
        Trigger::Range { counter, .. } => Some(format!("the {} purchase{}", ordinal(with), such(*counter))),
        Trigger::Spending { measure, .. } => {
            let modifies = rule.effects.iter().any(Effect::is_modifier);
            let (value, when) = if modifies { (before, "before this purchase") } else { (with, "with this purchase") };
            Some(format!("{} {when}", words.measured(*measure, value)))
        }
        _ => None,
    }
}

/// `5% of 10.00 EUR`
fn rated(words: Words<'_>, decided: &Decided, rule: &Rule, gave: &Gave) -> Option<String> {
    let wallet = match gave.unit {
        Unit::Wallet(id) => Some(id),
        _ => None,
    };
    if gave.kind == Kind::Voucher {
        return None;
    }
    if gave.kind == Kind::Multiply {
        let factor = rule.effects.iter().find_map(|effect| match effect {
            Effect::Multiply { wallet: of, factor } if Some(*of) == wallet => Some(factor.normal()),
            _ => None,
        })?;
        return Some(format!("{factor} times {}{}", words.units(wallet?, gave.base), scope(words, rule)));
    }
    let after = if gave.kind == Kind::Earn { less(words, decided) } else { String::new() };
    let after = scope(words, rule) + &after;
    if let [(_, rate)] = gave.rates.as_slice() {
        if let Rate::Fixed(_) = rate {
            return None;
        }
        if let Rate::PerItem { .. } | Rate::PerQuantity { .. } = rate {
            return Some(words.rate(*rate, wallet) + &scope(words, rule));
        }
        return Some(
            one_rate(
                words,
                *rate,
                wallet.or_else(|| rule.effects.iter().find_map(wallet_of).filter(|_| gave.unit != Unit::Money)),
                gave.base,
            ) + &after,
        );
    }
    let parts: Vec<String> = gave.rates.iter().map(|(share, rate)| part(words, *share, *rate, wallet, gave.base)).collect();
    (!parts.is_empty()).then(|| parts.join(" and ") + &after)
}

/// What an earning base leaves out: ` after discounts and 3.00 EUR paid with beans`.
fn less(words: Words<'_>, decided: &Decided) -> String {
    let on = words.program.earn_on;
    let discounts = (on.after_discounts && decided.net < decided.amount).then(|| "discounts".to_owned());
    let redeems = &words.program.redeems;
    let wallet =
        |at: usize| redeems.get(at).and_then(|redeem| words.program.wallets.get(redeem.wallet.index())).map_or("", |wallet| &wallet.name);
    let paid = decided.paid.iter().filter(|(_, _, value)| *value > 0 && !on.including_redeemed);
    let paid = paid.map(|(at, _, value)| format!("{} paid with {}", words.money(*value), wallet(*at)));
    let parts: Vec<String> = discounts.into_iter().chain(paid).collect();
    if parts.is_empty() { String::new() } else { format!(" after {}", parts.join(" and ")) }
}

/// The items that a rate looks at: ` of category cakes`.
fn scope(words: Words<'_>, rule: &Rule) -> String {
    match &rule.scope {
        Some(Scope::Items(filter)) => words.filter(filter),
        Some(Scope::Cheapest(filter)) => {
            format!(" on the cheapest item{}", filter.as_ref().map_or_else(String::new, |filter| words.filter(filter)))
        }
        Some(Scope::EveryNth(n, filter)) => {
            format!(" on every {} item{}", ordinal(i64::from(*n)), filter.as_ref().map_or_else(String::new, |filter| words.filter(filter)))
        }
        Some(Scope::Groups(n, filter)) => {
            format!(" for every {n} items{}", filter.as_ref().map_or_else(String::new, |filter| words.filter(filter)))
        }
        Some(Scope::Shipping) => " of shipping".to_owned(),
        Some(Scope::Excluding(filter)) => format!(" without items{}", words.filter(filter)),
        Some(Scope::TopCategory(..)) | None => String::new(),
    }
}

fn one_rate(words: Words<'_>, rate: Rate, wallet: Option<crate::program::WalletId>, base: i64) -> String {
    let money = words.money(base);
    let rate_words = words.rate(rate, wallet);
    match rate {
        Rate::Percent(_) => format!("{rate_words} of {money}"),
        Rate::Fixed(_) | Rate::Nothing | Rate::PerItem { .. } | Rate::PerQuantity { .. } => rate_words,
        Rate::Per { .. } | Rate::PerEachItem { .. } => format!("{rate_words} on {money}"),
    }
}

/// A slice of the base at its own rate.
fn part(words: Words<'_>, share: Exact, rate: Rate, wallet: Option<crate::program::WalletId>, base: i64) -> String {
    let money =
        share.times(Exact::whole(i128::from(base))).map_or_else(|_| String::new(), |part| format::money(part, &words.program.currency));
    format!("{} of {money}", words.rate(rate, wallet))
}
