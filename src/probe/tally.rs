//! What a run of the engine over a made history gave, in money.

use super::story::{Story, What};
use crate::assumptions::{Assumptions, Redemption};
use crate::check::exposure::{Worths, by_purchase};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::why::Decided;
use crate::engine::{self, EventRef, Listener as Listens, View};
use crate::program::{Effect, Program, Rate, Rule, WalletId, WalletKind};
use crate::value::{Checked, Exact, Overflow};

const NOTHING: Exact = Exact::whole(0);

/// What happened to an account, event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The purchase or other event that entries belong to; `None` for midnights before the next one.
    pub events: Vec<(Option<EventRef>, Vec<Entry>)>,
    pub refused: bool,
    /// What every sentence decided on the last purchase, where that is asked for.
    pub decided: Option<Decided>,
}

/// Everything that a run gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// By person of the story.
    pub told: Vec<Told>,
}

struct Listener<const SAYS: bool> {
    told: Told,
    now: Vec<Entry>,
}

impl<const SAYS: bool> Listens for Listener<SAYS> {
    const ON: bool = true;
    const WHY: bool = SAYS;

    fn asks(&self) -> bool {
        SAYS
    }

    fn decided(&mut self, what: Decided) {
        self.told.decided = Some(what);
    }

    fn entry(&mut self, entry: Entry) {
        self.told.refused |= entry.kind == Kind::Refused;
        self.now.push(entry);
    }

    fn before(&mut self, _: EventRef) {
        let passed = std::mem::take(&mut self.now);
        if !passed.is_empty() {
            self.told.events.push((None, passed));
        }
    }

    fn settled(&mut self, _: View<'_>) {
        let more = std::mem::take(&mut self.now);
        if let Some((_, entries)) = self.told.events.last_mut() {
            entries.extend(more);
        }
    }

    fn after(&mut self, event: EventRef, _: View<'_>) {
        self.told.events.push((Some(event), std::mem::take(&mut self.now)));
    }
}

/// Runs a story; `None` where it cannot be.
pub(super) fn run(program: &Program, story: &Story) -> Option<Run> {
    heard::<false>(program, story)
}

/// Runs a story and keeps what every sentence decided on its last purchase.
pub(super) fn explained(program: &Program, story: &Story) -> Option<Run> {
    heard::<true>(program, story)
}

fn heard<const SAYS: bool>(program: &Program, story: &Story) -> Option<Run> {
    let history = story.history(program)?;
    let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
    let mut run = Run { told: vec![Told::default(); story.people.len()] };
    let done = |part: usize, account: usize, mut listener: Listener<SAYS>| {
        let id = history.parts.get(part).and_then(|part| part.accounts.get(account)).map(|account| account.id.as_str());
        let last = std::mem::take(&mut listener.now);
        listener.told.events.push((None, last));
        if let Some(at) = story.people.iter().position(|person| Some(person.name) == id)
            && let Some(told) = run.told.get_mut(at)
        {
            *told = listener.told;
        }
    };
    let listen = |_: usize, _: usize| Listener::<SAYS> { told: Told::default(), now: Vec::new() };
    engine::listen(program, &history, &assumptions, story.close(), listen, done).ok()?;
    Some(run)
}

/// What of a run counts, and at what value.
pub(super) struct Purse<'a> {
    pub program: &'a Program,
    pub worths: &'a Worths,
}

impl Purse<'_> {
    /// Smallest units of a wallet in money.
    pub fn value(&self, wallet: WalletId, units: i64) -> Option<Exact> {
        self.units(wallet, units).ok()
    }

    fn units(&self, wallet: WalletId, units: i64) -> Checked<Exact> {
        let of = self.program.wallets.get(wallet.index()).ok_or(Overflow)?;
        let scale = if of.kind == WalletKind::Money { 0 } else { of.scale };
        let power = 10_i128.checked_pow(u32::from(scale)).ok_or(Overflow)?;
        let worth = self.worths.units.get(wallet.index()).copied().unwrap_or(NOTHING);
        Exact::ratio(i128::from(units), power)?.times(worth)
    }

    fn rule(&self, source: Source) -> Option<&Rule> {
        match source {
            Source::Rule(id) => self.program.rules.get(id.index()),
            Source::Exchange(at) => self.program.exchanges.get(usize::from(at)).map(|exchange| &*exchange.rule),
            Source::Reward(at) => self.program.rewards.get(usize::from(at)).map(|reward| &*reward.rule),
            _ => None,
        }
    }

    /// What the purchases of a person gave away: by their number, in minor units.
    pub fn given_on(&self, told: &Told, purchase: u32) -> Checked<Exact> {
        let mut sum = NOTHING;
        let events = told.events.iter().filter(|(event, _)| *event == Some(EventRef::Purchase(purchase)));
        for entry in events.flat_map(|(_, entries)| entries).filter(|entry| entry.reverses.is_none() && entry.granted > 0) {
            sum = sum.plus(self.counts(entry)?)?;
        }
        Ok(sum)
    }

    /// What an entry of a purchase counts as given away on it.
    fn counts(&self, entry: &Entry) -> Checked<Exact> {
        let bought = !matches!(entry.source, Source::Rule(_));
        let Some(rule) = self.rule(entry.source) else { return Ok(NOTHING) };
        let money = Exact::whole(i128::from(entry.granted));
        let sums = rule.effects.iter().any(|effect| matches!(effect, Effect::Discount(crate::program::Rates::One(Rate::Fixed(_)))));
        match (entry.kind, entry.unit) {
            (Kind::Discount, _) if !(bought && sums) => Ok(money),
            (Kind::Earn | Kind::Multiply, Unit::Wallet(wallet)) => self.units(wallet, entry.granted),
            _ if bought || !by_purchase(&rule.trigger) => Ok(NOTHING),
            (Kind::Grant, Unit::Wallet(wallet)) => self.units(wallet, entry.granted),
            (Kind::Gift(gift), _) => self.gift(gift, entry.granted),
            (Kind::Voucher, Unit::Money) => money.times(self.worths.vouchers.unwrap_or(Exact::whole(1))),
            (Kind::Message | Kind::Donation, _) => {
                let costs = rule.effects.iter().map(|effect| match (effect, entry.kind) {
                    (Effect::Notify { costs, .. }, Kind::Message) => *costs,
                    (Effect::Donate { amount, .. }, Kind::Donation) => *amount,
                    _ => 0,
                });
                Ok(Exact::whole(costs.map(i128::from).max().unwrap_or(0)))
            }
            _ => Ok(NOTHING),
        }
    }

    fn gift(&self, gift: crate::program::GiftId, pieces: i64) -> Checked<Exact> {
        let costs = self.program.gifts.get(gift.index()).map_or(0, |gift| gift.costs);
        Exact::whole(i128::from(costs)).times(Exact::whole(i128::from(pieces)))
    }

    /// How much better off people are: what they hold and were given, and refunds, less what they paid; goods apart.
    pub fn better_off(&self, story: &Story, run: &Run) -> Checked<Exact> {
        let mut sum = NOTHING;
        for told in &run.told {
            sum = sum.plus(self.holds(told)?)?;
        }
        for deed in &story.deeds {
            if let What::Buy(buy) = &deed.what {
                sum = sum.minus(Exact::whole(i128::from(buy.whole())))?;
            }
        }
        Ok(sum)
    }

    /// What an account holds and saved.
    fn holds(&self, told: &Told) -> Checked<Exact> {
        let entries = || told.events.iter().flat_map(|(_, entries)| entries);
        let mut sum = NOTHING;
        for entry in entries() {
            let money = Exact::whole(i128::from(entry.granted));
            let value = match (entry.kind, entry.unit) {
                // What discounts took off lessened the payment; refunds know it.
                (Kind::Discount | Kind::Price | Kind::FreeShipping, _) if entry.reverses.is_none() => money,
                // What is paid to a wallet stands in its own entry.
                (Kind::Refund, _) if self.program.refunds_to.is_some() => NOTHING,
                (Kind::Refund, _) | (Kind::Adjust, Unit::Money) => money,
                (Kind::VoucherUsed, _) => {
                    let percent = entries().any(|other| Some(other.seq) == entry.reverses && other.unit == Unit::Count);
                    if percent { NOTHING } else { money }
                }
                (Kind::Spend, Unit::Wallet(wallet)) => {
                    // The units are gone, and what they paid was saved.
                    self.units(wallet, entry.granted)?.plus(self.paid(entry)?)?
                }
                // What left as money is in the customer's pocket.
                (Kind::PayOut, Unit::Wallet(wallet)) => self.units(wallet, entry.granted)?.minus(self.at_worth(wallet, entry.granted)?)?,
                (_, Unit::Wallet(wallet)) => self.units(wallet, entry.granted)?,
                (Kind::Gift(gift), _) => self.gift(gift, entry.granted)?,
                _ => NOTHING,
            };
            sum = sum.plus(value)?;
        }
        Ok(sum)
    }

    /// What units paid, in money.
    fn paid(&self, entry: &Entry) -> Checked<Exact> {
        let Source::Redeem(at) = entry.source else { return Ok(NOTHING) };
        let Some(redeem) = self.program.redeems.get(usize::from(at)) else { return Ok(NOTHING) };
        let units = entry.granted.saturating_neg();
        match redeem.step {
            Some((each, money)) => Exact::whole(i128::from(units)).times(Exact::ratio(i128::from(money), i128::from(each))?),
            None => self.at_worth(redeem.wallet, units),
        }
    }

    /// Smallest units of a wallet at their `worth`.
    fn at_worth(&self, wallet: WalletId, units: i64) -> Checked<Exact> {
        let Some(wallet) = self.program.wallets.get(wallet.index()) else { return Ok(NOTHING) };
        let units = Exact::whole(i128::from(units));
        match wallet.worth {
            _ if wallet.kind == WalletKind::Money => Ok(units),
            Some(worth) => {
                let power = 10_i128.checked_pow(u32::from(wallet.scale)).ok_or(Overflow)?;
                units.times(Exact::try_from(worth)?)?.divided_by(Exact::whole(power))
            }
            None => Ok(NOTHING),
        }
    }
}
