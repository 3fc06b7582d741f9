//! One account: what is written down, what happens when, and what the midnights bring.

use super::calendar::Moment;
use super::ladders::Standing;
use super::lots::Lot;
use super::number::Ratio;
use super::pots::Pots;
use super::purchase::Bought;
use super::reading::{Program, Rate, Role, Rule, is_modifier, key};
use super::vouchers::Voucher;
use super::{Happened, Happening, Outside, Read, Story};
use chrono::NaiveDate;
use loyalty_dsl::syntax::ast::{Effect, Trigger};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Join,
    Discount,
    Earn,
    Multiply,
    Grant,
    Gift,
    Voucher,
    VoucherUsed,
    VoucherRestored,
    VoucherExpired,
    Entries,
    Prize,
    Access,
    Message,
    Donation,
    Spend,
    Exchange,
    PayOut,
    Expire,
    TakeBack,
    Restore,
    Refund,
    TierUp,
    TierDown,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Nothing,
    /// Cents.
    Money,
    /// Full units; cents in a money wallet.
    Wallet(String),
    /// The ladder and the rung.
    Tier(usize, usize),
    /// A gift, an access or a draw.
    Thing(String),
}

/// A line of the ledger.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Moment,
    pub kind: Kind,
    pub rule: Option<usize>,
    pub what: What,
    pub granted: Ratio,
    pub purchase: Option<usize>,
    /// Which firing of the rule it belongs to.
    pub firing: usize,
    /// What of it counts towards `at most`, and towards `on the first`.
    pub counts: Ratio,
    pub base: Ratio,
    /// What of it counts as earned: less all that comes back, owed or not.
    pub earned: Ratio,
    /// When the event happened that granted it: another moment for what is taken back.
    pub made: Moment,
    /// Which effect of its rule it is.
    pub place: usize,
    /// The entry that this one takes back, wholly or in part.
    pub of: Option<usize>,
    /// Of a discount: what lies on which line, and whether a limit cut it.
    pub parts: Vec<(usize, Ratio)>,
    pub cut: bool,
}

/// A firing of a rule whose effect waits for later purchases, or that must not fire again.
#[derive(Clone, Debug)]
pub struct Firing {
    pub rule: usize,
    pub at: Moment,
    /// The purchase that fired it, and how many purchases there were then.
    pub purchase: Option<usize>,
    pub after: usize,
    /// The period's first day and the step, of thresholds.
    pub period: Option<NaiveDate>,
    pub step: i128,
    pub undone: bool,
}

/// The whole result.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub entries: Vec<Entry>,
    /// Of every wallet: what can be spent, and what is pending.
    pub balances: BTreeMap<String, (Ratio, Ratio)>,
    /// The constructs of the rules that gave something, and of the program.
    pub uses: BTreeSet<String>,
    /// The constructs that are written, whatever they gave.
    pub drawn: BTreeSet<String>,
    /// The rules' names, in their order.
    pub rules: Vec<String>,
}

/// An account in the course of its story.
#[derive(Clone)]
pub struct Account<'a> {
    pub program: &'a Program<'a>,
    pub story: &'a Story,
    /// What happened so far.
    pub told: Vec<&'a Happened>,
    /// Where a story is told again for its tiers only: its purchases as they were decided, and what they gave.
    pub as_bought: Option<&'a [Bought<'a>]>,
    pub as_given: Vec<Entry>,
    pub entries: Vec<Entry>,
    pub bought: Vec<Bought<'a>>,
    pub fired: Vec<Firing>,
    pub lots: Vec<Lot>,
    pub standings: Vec<Standing>,
    pub payments: Vec<super::purchase::Payment>,
    pub vouchers: Vec<Voucher<'a>>,
    pub joined: Option<Moment>,
    pub events: Vec<Moment>,
    /// First purchases of friends: when; and whose they were, which, and the firings that they set off.
    pub referrals: Vec<Moment>,
    pub heard: Vec<(usize, usize, Vec<usize>)>,
    /// This account's own first purchase as a member, that somebody is to hear of.
    pub news: Vec<News>,
    pub firings: usize,
    /// By rule: how often it drew what it gives.
    pub draws: BTreeMap<usize, u32>,
    /// What all accounts share.
    pub pots: &'a RefCell<Pots>,
    /// How it stood before each purchase of which a part comes back.
    pub snapshots: BTreeMap<usize, Rc<(Account<'a>, Pots)>>,
    /// A purchase is looked at again: what its rules gave before.
    pub again: Option<Rc<Vec<Entry>>>,
    /// What the ladders measured before the midnight's work.
    pub before: Vec<(Ratio, Ratio)>,
    /// Tiers that count as never reached: the ladder, the rung, and when.
    pub unreached: Vec<(usize, usize, Moment)>,
}

/// What other accounts have to know.
#[derive(Clone, Debug)]
pub enum News {
    /// The first purchase as a member, of a member who was referred.
    First { referrer: String, purchase: usize },
    /// It came back whole.
    Undone { purchase: usize },
}

impl<'a> Account<'a> {
    pub fn new(program: &'a Program<'a>, story: &'a Story, pots: &'a RefCell<Pots>) -> Self {
        Self {
            program,
            story,
            told: Vec::new(),
            as_bought: None,
            as_given: Vec::new(),
            entries: Vec::new(),
            bought: Vec::new(),
            fired: Vec::new(),
            lots: Vec::new(),
            standings: program.ladders.iter().map(|ladder| Standing::new(ladder.rows.len())).collect(),
            payments: Vec::new(),
            vouchers: Vec::new(),
            joined: None,
            events: Vec::new(),
            referrals: Vec::new(),
            heard: Vec::new(),
            news: Vec::new(),
            firings: 0,
            draws: BTreeMap::new(),
            pots,
            snapshots: BTreeMap::new(),
            again: None,
            before: Vec::new(),
            unreached: Vec::new(),
        }
    }

    /// One step of a midnight, in the order of 6.1: "settlement … of `at end of every …` · joining · pending grants become active ·
    /// automatic exchanges · tier reviews · expiry · reviews of ladders measured in balance · draws · `at start of every …`, days and
    /// silences". After all of them tiers are tested.
    pub fn midnight(&mut self, step: u8, day: NaiveDate) -> Read<()> {
        let at = self.program.zone.midnight(day);
        match step {
            0 => {
                self.before = self.measured(at)?;
                self.ends(day)
            }
            1 if self.story.joined() == Some(day) => self.join(at),
            2 => {
                self.settle(day);
                Ok(())
            }
            3 => self.exchanges(at),
            4 => self.reviews(day, at, false),
            5 => {
                self.expire(day, at);
                self.expire_vouchers(day, at);
                self.reviews(day, at, true)
            }
            7 => {
                self.days(day, at)?;
                self.climb(at, true, self.before.clone())?;
                self.exchanges(at)
            }
            _ => Ok(()),
        }
    }

    /// An event up to stage 5.
    pub fn event(&mut self, at: Moment, happened: &'a Happened) -> Read<()> {
        self.told.push(happened);
        self.before = self.measured(at)?;
        match &happened.what {
            Happening::Signup => {
                if self.joined.is_none() && self.story.joined().is_none() {
                    self.join(at)?;
                }
            }
            Happening::Event(name) => {
                if self.joined.is_some() {
                    self.events.push(at);
                    match name.strip_prefix("claim ") {
                        // Whether a claim that is refused is activity the law leaves open.
                        Some(_) if self.program.wallets.iter().any(|wallet| wallet.expiry.is_of_activity()) => {
                            return Err(Outside("a claim where activity counts"));
                        }
                        Some(reward) => self.claim(at, reward)?,
                        None => self.moment(
                            at,
                            &|trigger| matches!(trigger, Trigger::Event(wanted) if wanted.node.to_lowercase() == name.to_lowercase()),
                        )?,
                    }
                }
            }
            Happening::Purchase(receipt) => match self.as_bought {
                None => self.purchase(at, happened, receipt)?,
                Some(all) => {
                    if self.joins_by_buying() {
                        self.join(at)?;
                    }
                    let bought = all[self.bought.len()].clone();
                    let (number, counts) = (self.bought.len(), bought.counts && !bought.returned);
                    let given = |entry: &&Entry| counts && entry.purchase == Some(number) && entry.rule.is_some() && entry.made == at;
                    let given: Vec<Entry> = self.as_given.iter().filter(given).cloned().collect();
                    self.entries.extend(given);
                    self.bought.push(bought);
                }
            },
            Happening::Return(of, part) => {
                self.take_back(at, of, part)?;
                self.before = self.measured(at)?;
            }
        }
        Ok(())
    }

    /// Stages 6 and 7 of a purchase, and the end of every other event.
    pub fn settled(&mut self, at: Moment, happened: &'a Happened) -> Read<()> {
        self.climb(at, false, self.before.clone())?;
        self.exchanges(at)?;
        if matches!(happened.what, Happening::Purchase(_)) && self.as_bought.is_none() {
            self.exchanges_set_off(at)?;
        }
        Ok(())
    }

    /// "Membership starts … just before the first purchase, which may spend what `on signup` granted."
    pub fn joins_by_buying(&self) -> bool {
        self.joined.is_none() && self.story.joined().is_none() && !self.program.by_signup
    }

    /// Membership begins, and what `on signup` grants is granted.
    pub fn join(&mut self, at: Moment) -> Read<()> {
        self.joined = Some(at);
        self.write(at, Kind::Join, None, What::Nothing, Ratio::ZERO);
        self.moment(at, &|trigger| matches!(trigger, Trigger::Signup))
    }

    /// Every rule whose trigger is this moment: a grant is made, a modifier waits for the next purchases.
    pub fn moment(&mut self, at: Moment, wanted: &dyn Fn(&Trigger) -> bool) -> Read<()> {
        let program = self.program;
        for number in program.order_of(|role| !matches!(role, Role::Reward { .. })) {
            let rule = &program.rules[number];
            if !rule.trigger.is_some_and(wanted) {
                continue;
            }
            if matches!(rule.role, Role::Exchange { .. }) {
                self.exchange(number, at, None)?;
            } else if rule.modifies()? {
                self.fire(number, at, None, None, 0);
            } else if self.passes(rule, at, None)? {
                self.grant(number, at, None)?;
            }
        }
        Ok(())
    }

    pub fn fire(&mut self, rule: usize, at: Moment, purchase: Option<usize>, period: Option<NaiveDate>, step: i128) {
        self.fired.push(Firing { rule, at, purchase, after: self.bought.len(), period, step, undone: false });
    }

    /// What the effects of a firing would give: by effect, the kind, what it is about, wanted and after limits.
    pub fn gives(&self, number: usize, at: Moment) -> Read<Vec<Gives<'a>>> {
        let program = self.program;
        let rule = &program.rules[number];
        let limited = rule.limits.iter().any(|limit| !matches!(limit.what, loyalty_dsl::syntax::ast::LimitWhat::Times(_)));
        let mut gives = Vec::new();
        let times = self.times_over(rule)?;
        for (place, effect) in rule.effects.iter().copied().enumerate() {
            let effect = match effect {
                Effect::OneOf(chances) => match self.drawn_of(number, chances) {
                    Some(effect) => effect,
                    // "A draw of nothing counts towards `once per day` like any other."
                    None => {
                        let nothing = (Kind::Grant, What::Nothing, Ratio::ZERO);
                        gives.push(Gives { place, effect, kind: nothing.0, what: nothing.1, wanted: nothing.2, granted: nothing.2 });
                        continue;
                    }
                },
                other => other,
            };
            let one = Ratio::whole(1);
            let (kind, what, wanted) = match effect {
                Effect::Grant { amount, wallet, valid: None } | Effect::GrantFriend { amount, wallet, valid: None } => {
                    let wallet = program.wallet_of(amount, wallet.as_ref())?;
                    (Kind::Grant, What::Wallet(program.wallets[wallet].name.clone()), program.number(amount)?)
                }
                Effect::Gift { name, valid: None, .. } if rule.expiring.is_none() => (Kind::Gift, What::Thing(key(&name.node)), one),
                Effect::Access { name, .. } => (Kind::Access, What::Thing(key(&name.node)), one),
                Effect::Entries { count, draw, per: None } => (Kind::Entries, What::Thing(key(&draw.node)), program.number(count)?),
                Effect::Voucher { amount, .. } => match program.is_percent(amount)? {
                    true => (Kind::Voucher, What::Nothing, one),
                    false => (Kind::Voucher, What::Money, program.number(amount)?),
                },
                Effect::VoucherTable { table, .. } => match self.row_by_tier(table)? {
                    Some(Rate::Fixed(value)) => (Kind::Voucher, What::Money, value),
                    Some(_) => return Err(Outside("such a voucher of a table")),
                    None => continue,
                },
                Effect::PayOut(wallet) => {
                    let wallet = program.wallet_called(&wallet.node)?;
                    let units = self.units_to_pay_out(rule, wallet, at)?;
                    (Kind::PayOut, What::Wallet(program.wallets[wallet].name.clone()), units)
                }
                Effect::Notify { costs, .. } => {
                    (Kind::Message, What::Money, costs.as_ref().map_or(Ok(Ratio::ZERO), |costs| program.number(costs))?)
                }
                Effect::Donate { amount, .. } => (Kind::Donation, What::Money, program.number(amount)?),
                _ => return Err(Outside("a grant")),
            };
            let wanted = wanted * times;
            let granted = match effect {
                Effect::PayOut(_) => wanted,
                Effect::Grant { .. } => self.cut(number, rule, at, wanted)?,
                Effect::Gift { .. } => wanted,
                _ if limited && rule.effects.len() == 1 && matches!(rule.effects[0], Effect::OneOf(_)) => {
                    return Err(Outside("a limit in amounts on what is drawn"));
                }
                _ if limited => return Err(Outside("a limit in amounts on such a grant")),
                _ => wanted,
            };
            gives.push(Gives { place, effect, kind, what, wanted, granted });
        }
        Ok(gives)
    }

    /// Makes the grants of one firing of a rule; whether it may.
    pub fn grant(&mut self, number: usize, at: Moment, purchase: Option<usize>) -> Read<bool> {
        let rule = &self.program.rules[number];
        self.firings += 1;
        if let [Effect::OneOf(_)] = rule.effects[..] {
            // "Its firings, counted from 1 as soon as its clauses hold."
            *self.draws.entry(number).or_default() += 1;
        }
        if !self.may_fire(number, rule, at)? {
            return Ok(false);
        }
        let gives = self.gives(number, at)?;
        let fits = self.charge(number, at, &gives)?;
        if fits {
            self.give(number, at, purchase, &gives)?;
        }
        Ok(fits)
    }

    /// Writes down what a firing gives.
    pub fn give(&mut self, number: usize, at: Moment, purchase: Option<usize>, gives: &[Gives<'a>]) -> Read<()> {
        for one in gives {
            match (&one.kind, &one.what) {
                (Kind::PayOut, What::Wallet(name)) => {
                    if one.granted.positive() {
                        let wallet = self.program.wallet_called(name)?;
                        self.spend(at, wallet, one.granted);
                        let last = self.entries.last_mut().expect("an entry");
                        (last.kind, last.rule, last.counts, last.earned) = (Kind::PayOut, Some(number), Ratio::ZERO, one.granted);
                    }
                }
                (Kind::Grant, What::Nothing) => {
                    let entry = self.write(at, Kind::Grant, Some(number), What::Nothing, Ratio::ZERO);
                    (entry.counts, entry.earned) = (Ratio::ZERO, Ratio::whole(1));
                    (entry.purchase, entry.place) = (purchase, one.place);
                }
                (_, What::Wallet(name)) => {
                    // What goes to the friend is written down there.
                    if !matches!(one.effect, Effect::GrantFriend { .. }) {
                        let wallet = self.program.wallet_called(name)?;
                        self.credit(at, Kind::Grant, number, wallet, one.granted, purchase);
                        self.entries.last_mut().expect("an entry").place = one.place;
                    }
                }
                (kind, what) => {
                    let (kind, what, granted) = (*kind, what.clone(), one.granted);
                    let entry = self.write(at, kind, Some(number), what, granted);
                    (entry.counts, entry.purchase, entry.place) = (Ratio::ZERO, purchase, one.place);
                    if kind == Kind::Voucher {
                        self.keep_voucher(number, one, at, purchase)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes an entry down.
    pub fn write(&mut self, at: Moment, kind: Kind, rule: Option<usize>, what: What, granted: Ratio) -> &mut Entry {
        let (firing, base) = (self.firings, Ratio::ZERO);
        self.entries.push(Entry {
            at,
            kind,
            rule,
            what,
            granted,
            purchase: None,
            firing,
            counts: granted,
            base,
            earned: granted,
            made: at,
            place: 0,
            of: None,
            parts: Vec::new(),
            cut: false,
        });
        self.entries.last_mut().expect("an entry")
    }

    pub fn close(self) -> Book {
        let mut uses = self.program.uses.clone();
        let drawn = uses.iter().chain(self.program.rules.iter().flat_map(|rule| &rule.uses)).cloned().collect();
        for entry in self.entries.iter().filter(|entry| entry.granted != Ratio::ZERO) {
            uses.extend(entry.rule.into_iter().flat_map(|rule| self.program.rules[rule].uses.clone()));
            uses.insert(format!("entry {:?}", entry.kind));
        }
        let wallets = self.program.wallets.iter().enumerate();
        let balances =
            wallets.map(|(number, wallet)| (wallet.name.clone(), (self.balance(number, self.story.until), self.waiting(number))));
        Book {
            balances: balances.collect(),
            uses,
            drawn,
            rules: self.program.rules.iter().map(|rule| rule.name.clone()).collect(),
            entries: self.entries,
        }
    }
}

/// What one effect of a firing gives.
#[derive(Clone)]
pub struct Gives<'a> {
    pub place: usize,
    pub effect: &'a Effect,
    pub kind: Kind,
    pub what: What,
    pub wanted: Ratio,
    pub granted: Ratio,
}

impl Rule<'_> {
    /// "An effect that needs a purchase is a modifier; everything else is a grant."
    pub fn modifies(&self) -> Read<bool> {
        match self.effects.iter().filter(|effect| is_modifier(effect)).count() {
            0 => Ok(false),
            1 if self.effects.len() == 1 => Ok(true),
            _ => Err(Outside("several modifiers in one sentence")),
        }
    }

    /// Whether the time that passes sets it off, and not what a customer does.
    pub fn is_by_time(&self) -> bool {
        let passes = |trigger: &Trigger| matches!(trigger, Trigger::AtEnd(_) | Trigger::AtStart(_) | Trigger::Silence { .. });
        self.trigger.is_some_and(|trigger| is_day(trigger) || passes(trigger))
    }

    /// Whether what it gives is earned.
    pub fn earns(&self) -> bool {
        self.role == Role::Rule && !self.is_by_time()
    }

    /// "With `after …`, or a moment, a modifier becomes an entitlement"; so does one that is exchanged for or claimed.
    pub fn entitles(&self) -> Read<bool> {
        Ok(self.modifies()?
            && match self.trigger {
                _ if self.role != Role::Rule => true,
                None => false,
                Some(Trigger::Purchase { after, .. }) => *after,
                Some(trigger) => !is_day(trigger),
            })
    }
}

/// "With a day as trigger a modifier applies to all purchases of that day; a grant is made once, when the day begins."
pub fn is_day(trigger: &Trigger) -> bool {
    use Trigger::*;
    matches!(trigger, Birthday | Anniversary | Date(_) | YearDay(_) | DayOfMonth(_))
}
