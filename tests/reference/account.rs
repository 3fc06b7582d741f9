//! One account: what is written down, what happens when, and what the midnights bring.

use super::calendar::Moment;
use super::ladders::Standing;
use super::lots::Lot;
use super::number::Ratio;
use super::purchase::Bought;
use super::reading::{Keep, Program, Rule};
use super::{Happened, Happening, Outside, Read, Slip, Story};
use chrono::{Days, NaiveDate};
use loyalty_dsl::syntax::ast::{Ast, Effect, Trigger};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Join,
    Discount,
    Earn,
    Multiply,
    Grant,
    Gift,
    Spend,
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
    Gift,
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
    /// The rules' names, in their order.
    pub rules: Vec<String>,
}

/// An account in the course of its story.
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
    pub joined: Option<Moment>,
    pub events: Vec<Moment>,
    pub firings: usize,
    /// Tiers that count as never reached: the ladder, the rung, and when.
    pub unreached: Vec<(usize, usize, Moment)>,
}

/// The ledger of a story.
pub fn run(ast: &Ast, story: &Story, slip: Slip) -> Read<Book> {
    let program = Program::read(ast, slip)?;
    let mut account = Account::new(&program, story);
    account.live()?;
    Ok(account.close())
}

impl<'a> Account<'a> {
    pub fn new(program: &'a Program<'a>, story: &'a Story) -> Self {
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
            joined: None,
            events: Vec::new(),
            firings: 0,
            unreached: Vec::new(),
        }
    }

    /// Everything in the order of 6.1.
    pub fn live(&mut self) -> Read<()> {
        let mut all: Vec<(Moment, u8, &Happened)> = Vec::new();
        for happened in &self.story.happened {
            let at = self.program.zone.moment(happened.at);
            // "Signup, custom event, return of an earlier purchase, purchase, its return."
            let bought_at = |id: &String| self.story.happened.iter().find(|other| other.id == *id).map(|other| other.at);
            let rank = match &happened.what {
                Happening::Signup => 0,
                Happening::Event(_) => 1,
                Happening::Return(of) if bought_at(of) != Some(happened.at) => 2,
                Happening::Purchase(_) => 3,
                Happening::Return(_) => 4,
            };
            all.push((at, rank, happened));
        }
        all.sort_by(|a, b| (a.0.instant, a.1, &a.2.id).cmp(&(b.0.instant, b.1, &b.2.id)));
        let Some(first) = all.iter().map(|one| one.0.local.date()).chain(self.story.joined).min() else { return Ok(()) };
        let mut day = first;
        for (at, _, happened) in all {
            while day <= at.local.date() {
                self.midnight(day)?;
                day = day + Days::new(1);
            }
            self.told.push(happened);
            self.event(at, happened)?;
        }
        while day <= self.story.until {
            self.midnight(day)?;
            day = day + Days::new(1);
        }
        Ok(())
    }

    /// "Joining · pending grants become active · tier reviews · expiry."
    fn midnight(&mut self, day: NaiveDate) -> Read<()> {
        let at = self.program.zone.midnight(day);
        if self.story.joined == Some(day) {
            self.join(at, None)?;
            let keeps = self.program.ladders.iter().any(|ladder| !matches!(ladder.keep, Keep::UntilReview));
            if keeps && self.measured(at)?.iter().any(|values| values.0.positive()) {
                return Err(Outside("a tier reached by joining"));
            }
        }
        self.settle(day);
        self.reviews(day, at)?;
        self.expire(day, at);
        self.climb(at, None)
    }

    fn event(&mut self, at: Moment, happened: &'a Happened) -> Read<()> {
        let before = self.measured(at)?;
        let mut reached = before.clone();
        match &happened.what {
            Happening::Signup => {
                if self.joined.is_none() && self.story.joined.is_none() {
                    self.join(at, None)?;
                }
            }
            Happening::Event(name) => {
                if self.joined.is_some() {
                    self.events.push(at);
                    self.moment(
                        at,
                        &|trigger| matches!(trigger, Trigger::Event(wanted) if wanted.node.to_lowercase() == name.to_lowercase()),
                        None,
                    )?;
                }
            }
            Happening::Purchase(receipt) => match self.as_bought {
                None => self.purchase(at, &happened.id, receipt)?,
                Some(all) => {
                    if self.joins_by_buying() {
                        self.join(at, None)?;
                    }
                    let bought = all[self.bought.len()].clone();
                    let (number, counts) = (self.bought.len(), bought.counts && !bought.returned);
                    let given = |entry: &&Entry| counts && entry.purchase == Some(number) && entry.rule.is_some() && entry.at == at;
                    let given: Vec<Entry> = self.as_given.iter().filter(given).cloned().collect();
                    self.entries.extend(given);
                    self.bought.push(bought);
                }
            },
            Happening::Return(of) => {
                self.take_back(at, of)?;
                reached = self.measured(at)?;
            }
        }
        self.climb(at, Some(if matches!(happened.what, Happening::Return(_)) { reached } else { before }))
    }

    /// "Membership starts … just before the first purchase, which may spend what `on signup` granted."
    pub fn joins_by_buying(&self) -> bool {
        self.joined.is_none() && self.story.joined.is_none() && !self.program.by_signup
    }

    /// Membership begins, and what `on signup` grants is granted.
    pub fn join(&mut self, at: Moment, purchase: Option<usize>) -> Read<()> {
        self.joined = Some(at);
        self.write(at, Kind::Join, None, What::Nothing, Ratio::ZERO);
        self.moment(at, &|trigger| matches!(trigger, Trigger::Signup), purchase)
    }

    /// Every rule whose trigger is this moment: a grant is made, a modifier waits for the next purchases.
    pub fn moment(&mut self, at: Moment, wanted: &dyn Fn(&Trigger) -> bool, purchase: Option<usize>) -> Read<()> {
        let program = self.program;
        for number in program.order() {
            let rule = &program.rules[number];
            if !rule.trigger.is_some_and(wanted) {
                continue;
            }
            if rule.modifies()? {
                self.fire(number, at, purchase, None, 0);
            } else if self.passes(rule, at, None)? {
                self.grant(number, at, None)?;
            }
        }
        Ok(())
    }

    pub fn fire(&mut self, rule: usize, at: Moment, purchase: Option<usize>, period: Option<NaiveDate>, step: i128) {
        self.fired.push(Firing { rule, at, purchase, after: self.bought.len(), period, step, undone: false });
    }

    /// Makes the grants of one firing of a rule.
    pub fn grant(&mut self, number: usize, at: Moment, purchase: Option<usize>) -> Read<()> {
        let program = self.program;
        let rule = &program.rules[number];
        self.firings += 1;
        if !self.may_fire(number, rule, at)? {
            return Ok(());
        }
        for effect in &rule.effects {
            match effect {
                Effect::Grant { amount, wallet } => {
                    let wallet = program.wallet_of(amount, wallet.as_ref())?;
                    let wanted = program.number(amount)?;
                    let granted = self.cut(number, rule, at, wanted)?;
                    self.credit(at, Kind::Grant, number, wallet, granted, purchase);
                }
                Effect::Gift { only: None, .. } => {
                    let count = Ratio::whole(1);
                    let entry = self.write(at, Kind::Gift, Some(number), What::Gift, count);
                    (entry.counts, entry.purchase) = (Ratio::ZERO, purchase);
                }
                _ => return Err(Outside("a grant")),
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
        });
        self.entries.last_mut().expect("an entry")
    }

    fn close(self) -> Book {
        let mut uses = self.program.uses.clone();
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
            rules: self.program.rules.iter().map(|rule| rule.name.clone()).collect(),
            entries: self.entries,
        }
    }
}

impl Rule<'_> {
    /// "An effect that needs a purchase is a modifier; everything else is a grant."
    pub fn modifies(&self) -> Read<bool> {
        let needs =
            |effect: &&Effect| matches!(effect, Effect::Discount(_) | Effect::Earn { .. } | Effect::Multiply { .. } | Effect::FreeShipping);
        match self.effects.iter().filter(|effect| needs(effect)).count() {
            0 => Ok(false),
            1 if self.effects.len() == 1 => Ok(true),
            _ => Err(Outside("several modifiers in one sentence")),
        }
    }

    /// "With `after …`, or a moment, a modifier becomes an entitlement."
    pub fn entitles(&self) -> Read<bool> {
        Ok(self.modifies()?
            && match self.trigger {
                None => false,
                Some(Trigger::Purchase { after, .. }) => *after,
                Some(Trigger::Spending { .. } | Trigger::Signup | Trigger::Event(_) | Trigger::Reaching(_) | Trigger::Leaving(_)) => true,
                Some(_) => return Err(Outside("a trigger")),
            })
    }
}
