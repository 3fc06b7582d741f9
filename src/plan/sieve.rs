//! Which rules a purchase can concern at all, found by sets instead of rule by rule.
//!
//! What a row has (a category, a channel, an amount, a tier, a weekday) gives a set of rules each; what is in all of these
//! sets is looked at. A rule outside fails one of its clauses; one inside may still fail another, so everything that a sieve
//! lets through is tested as if there were none.

use super::Plan;
use super::triggers::Fires;
use crate::history::model::TextCode;
use crate::program::{CmpOp, Expr, Fact, ItemFilter, Over, Rule, Scope, TextSet, When};
use crate::value::Exact;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer rules are looked at faster one by one. Debug builds sift always, and test that nothing is lost.
const MANY: usize = if cfg!(debug_assertions) { 1 } else { 6 };

/// A set of rules, by their places in a list.
type Set = Vec<u64>;

/// What a sieve looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    /// By fact of [`AMOUNTS`].
    pub amounts: [i64; 4],
    /// Rungs held, by ladder.
    pub tiers: &'r [u8],
    /// 0 for Monday.
    pub weekday: u8,
    /// By fact of [`WORDS`].
    pub words: [TextCode; 4],
}

/// Amounts that clauses look at: recorded and after discounts, with shipping and without.
pub(crate) const AMOUNTS: [Fact; 4] = [Fact::Amount, Fact::Goods, Fact::NetAmount, Fact::NetGoods];

/// Words that a purchase has.
const WORDS: [Fact; 4] = [Fact::Channel, Fact::Store, Fact::Payment, Fact::Partner];

/// Which of a list of rules a purchase can concern.
#[derive(Debug)]
pub(crate) struct Sieve {
    count: usize,
    /// By a fact of [`WORDS`].
    words: Vec<(usize, Classes)>,
    /// By category (0), brand (1) and product (2) of a line.
    lines: Vec<(usize, Classes)>,
    /// By fact of [`AMOUNTS`].
    amounts: Vec<(usize, Steps)>,
    /// By ladder and rung.
    tiers: Vec<(usize, Vec<Set>)>,
    weekdays: Option<Vec<Set>>,
    /// By place: the sieve asks all there is to ask but of lines.
    decides: Vec<bool>,
}

/// Sets by a text: the first for texts that no rule names.
#[derive(Debug)]
struct Classes {
    class: Vec<u32>,
    sets: Vec<Set>,
}

/// Sets by an amount: the set of so many bounds reached.
#[derive(Debug)]
struct Steps {
    bounds: Vec<i64>,
    sets: Vec<Set>,
}

/// What clauses of rules ask, by the places of the rules.
#[derive(Default)]
struct Asked<'a> {
    /// The text is, or is not, one of these.
    words: BTreeMap<usize, Vec<(usize, &'a TextSet, bool)>>,
    lines: BTreeMap<usize, Vec<(usize, &'a TextSet, bool)>>,
    /// The amount reaches, or does not reach, a bound.
    amounts: BTreeMap<usize, Vec<(usize, i64, bool)>>,
    /// The rung compares so with another.
    tiers: BTreeMap<usize, Vec<(usize, CmpOp, u8)>>,
    weekdays: Vec<(usize, u8)>,
}

impl Sieve {
    /// The sieve of a list of rules; none where it would not pay.
    pub fn new(plan: &Plan<'_>, rules: &[usize]) -> Option<Self> {
        if rules.len() < MANY {
            return None;
        }
        let mut asked = Asked::default();
        let mut decides = Vec::with_capacity(rules.len());
        for (place, rule) in rules.iter().enumerate() {
            let mut whole = asked.rule(place, plan.rules[*rule]) && plan.conflicts[*rule].is_empty() && plan.rule_pots[*rule].is_empty();
            let cause = &plan.causes[*rule];
            whole &= !cause.entitles && matches!(&cause.fires, Fires::Purchase(filter) if filter.items.is_none());
            if let Fires::Purchase(filter) = &cause.fires {
                filter.places.iter().for_each(|test| whole &= asked.test(place, test));
                filter.over.iter().for_each(|over| whole &= asked.over(place, *over));
            }
            decides.push(whole);
        }
        let count = rules.len();
        let all = full(count);
        let classes = |(of, asked): (&usize, &Vec<(usize, &TextSet, bool)>)| (*of, Classes::new(plan, count, asked));
        let rungs = |(ladder, asked): (&usize, &Vec<(usize, CmpOp, u8)>)| {
            let count = plan.program.ladders.get(*ladder).map_or(0, |ladder| ladder.rungs.len());
            let holds = |rung: usize| {
                let mut set = all.clone();
                asked
                    .iter()
                    .filter(|(_, op, other)| !op.holds(rung.cmp(&usize::from(*other))))
                    .for_each(|(place, ..)| clear(&mut set, *place));
                set
            };
            (*ladder, (0..count).map(holds).collect())
        };
        let weekdays = |asked: &[(usize, u8)]| {
            let on = |day: u8| {
                let mut set = all.clone();
                asked.iter().filter(|(_, mask)| mask >> day & 1 == 0).for_each(|(place, _)| clear(&mut set, *place));
                set
            };
            (!asked.is_empty()).then(|| (0..7).map(on).collect())
        };
        let sieve = Self {
            count,
            words: asked.words.iter().map(classes).collect(),
            lines: asked.lines.iter().map(classes).collect(),
            amounts: asked.amounts.iter().map(|(of, asked)| (*of, Steps::new(count, asked))).collect(),
            tiers: asked.tiers.iter().map(rungs).collect(),
            weekdays: weekdays(&asked.weekdays),
            decides,
        };
        let asks = !sieve.words.is_empty() || !sieve.lines.is_empty() || !sieve.tiers.is_empty();
        (asks || !sieve.amounts.is_empty() || sieve.weekdays.is_some()).then_some(sieve)
    }

    /// Whether what the sieve lets through at a place has nothing left to be tested but lines.
    pub fn decides(&self, place: usize) -> bool {
        self.decides.get(place).copied().unwrap_or(false)
    }

    /// The places of the rules that a purchase may concern, rising; `lines` have a category, a brand and a product.
    pub fn select(&self, row: &Row<'_>, lines: impl Iterator<Item = [TextCode; 3]> + Clone, found: &mut Vec<usize>) {
        let words = self.words.iter().map(|(of, classes)| classes.set(row.words.get(*of).copied()));
        let steps = self.amounts.iter().filter_map(|(of, steps)| Some(steps.set(*row.amounts.get(*of)?)));
        let rungs = self.tiers.iter().filter_map(|(ladder, sets)| sets.get(usize::from(*row.tiers.get(*ladder)?)));
        let days = self.weekdays.iter().filter_map(|sets| sets.get(usize::from(row.weekday)));
        let sets = words.chain(steps).chain(rungs.chain(days).map(Vec::as_slice));
        for word in 0..self.count.div_ceil(64) {
            let inside = |set: &[u64]| set.get(word).copied().unwrap_or(0);
            let mut left = sets.clone().fold(u64::MAX, |left, set| left & inside(set));
            if left != 0 && !self.lines.is_empty() {
                let of_line = |codes: [TextCode; 3]| {
                    let sets = self.lines.iter().map(|(of, classes)| classes.set(codes.get(*of).copied()));
                    sets.fold(u64::MAX, |left, set| left & inside(set))
                };
                left &= lines.clone().map(of_line).fold(0, |any, line| any | line);
            }
            while left != 0 {
                let place = word * 64 + index(left.trailing_zeros());
                if place < self.count {
                    found.push(place);
                }
                left &= left - 1;
            }
        }
    }
}

impl<'a> Asked<'a> {
    /// What the clauses of a rule ask of a row by itself; whether that is all that they ask, lines apart.
    fn rule(&mut self, place: usize, rule: &'a Rule) -> bool {
        let mut whole = true;
        for test in &rule.tests {
            whole &= self.test(place, &test.expr);
        }
        match &rule.scope {
            Some(Scope::Items(filter)) => self.filter(place, filter, true),
            Some(Scope::Excluding(filter)) => self.filter(place, filter, false),
            _ => {}
        }
        for (when, _) in &rule.when {
            match when {
                When::Weekdays(mask) if rule.past_midnight_until.is_none() => self.weekdays.push((place, *mask)),
                _ => whole = false,
            }
        }
        whole
    }

    fn filter(&mut self, place: usize, filter: &'a ItemFilter, wanted: bool) {
        match filter {
            ItemFilter::Category(texts) => self.lines.entry(0).or_default().push((place, texts, wanted)),
            ItemFilter::Brand(texts) => self.lines.entry(1).or_default().push((place, texts, wanted)),
            ItemFilter::Product(texts) => self.lines.entry(2).or_default().push((place, texts, wanted)),
            ItemFilter::Not(inner) => self.filter(place, inner, !wanted),
            ItemFilter::All(all) if wanted => all.iter().for_each(|one| self.filter(place, one, true)),
            ItemFilter::All(_) | ItemFilter::If(_) | ItemFilter::NotReduced => {}
        }
    }

    /// Notes what a test asks; whether that is all of it.
    fn test(&mut self, place: usize, test: &'a Expr) -> bool {
        let (left, op, right) = match test {
            Expr::And(all) => {
                let mut whole = true;
                for one in all {
                    whole &= self.test(place, one);
                }
                return whole;
            }
            Expr::Compare { left, op, right } => (&**left, *op, &**right),
            _ => return false,
        };
        match (left, right) {
            (Expr::Fact(fact), Expr::Texts(texts)) if op == CmpOp::Is => {
                let Some(of) = WORDS.iter().position(|word| word == fact) else { return false };
                self.words.entry(of).or_default().push((place, texts, true));
                true
            }
            (Expr::TierOf(ladder), Expr::Tier(tier)) if *ladder == tier.ladder => {
                self.tiers.entry(ladder.index()).or_default().push((place, op, tier.rung));
                true
            }
            (Expr::Fact(fact), Expr::Number(n)) => self.amount(place, *fact, op, *n),
            _ => false,
        }
    }

    fn over(&mut self, place: usize, over: Over) -> bool {
        let op = if over.inclusive { CmpOp::AtLeast } else { CmpOp::Over };
        let fact = if over.of_goods { Fact::Goods } else { Fact::Amount };
        self.amount(place, fact, op, Exact::whole(i128::from(over.amount)))
    }

    fn amount(&mut self, place: usize, fact: Fact, op: CmpOp, n: Exact) -> bool {
        let Some(of) = AMOUNTS.iter().position(|amount| *amount == fact) else { return false };
        bounds(self.amounts.entry(of).or_default(), place, op, n)
    }
}

/// Notes a comparison with a number as bounds that whole amounts reach or do not; false where that cannot be said.
fn bounds(list: &mut Vec<(usize, i64, bool)>, place: usize, op: CmpOp, n: Exact) -> bool {
    // The least amount that is at least n, and the least that is over it.
    let is_whole = Exact::whole(n.floor()) == n;
    let (Ok(reaches), Ok(passes)) = (i64::try_from(n.floor() + i128::from(!is_whole)), i64::try_from(n.floor() + 1)) else { return false };
    match op {
        CmpOp::AtLeast => list.push((place, reaches, true)),
        CmpOp::Over => list.push((place, passes, true)),
        CmpOp::Under => list.push((place, reaches, false)),
        CmpOp::AtMost => list.push((place, passes, false)),
        CmpOp::Is => list.extend([(place, reaches, true), (place, passes, false)]),
        CmpOp::IsNot => return false,
    }
    true
}

impl Classes {
    fn new(plan: &Plan<'_>, count: usize, asked: &[(usize, &TextSet, bool)]) -> Self {
        let mut named: BTreeMap<TextCode, BTreeSet<usize>> = BTreeMap::new();
        for (at, (_, texts, _)) in asked.iter().enumerate() {
            for code in texts.iter().filter_map(|text| plan.texts.get(text.index())).flatten() {
                named.entry(*code).or_default().insert(at);
            }
        }
        let none = BTreeSet::new();
        let set = |holding: &BTreeSet<usize>| {
            let mut set = full(count);
            for (at, (place, _, wanted)) in asked.iter().enumerate() {
                if holding.contains(&at) != *wanted {
                    clear(&mut set, *place);
                }
            }
            set
        };
        let mut classes = Self { class: Vec::new(), sets: vec![set(&none)] };
        for (code, holding) in &named {
            let place = index(*code);
            if classes.class.len() <= place {
                classes.class.resize(place + 1, 0);
            }
            classes.class[place] = u32::try_from(classes.sets.len()).unwrap_or(0);
            classes.sets.push(set(holding));
        }
        classes
    }

    fn set(&self, code: Option<TextCode>) -> &[u64] {
        let class = code.and_then(|code| self.class.get(index(code))).copied().unwrap_or(0);
        self.sets.get(index(class)).map_or(&[], Vec::as_slice)
    }
}

impl Steps {
    fn new(count: usize, asked: &[(usize, i64, bool)]) -> Self {
        let bounds: BTreeSet<i64> = asked.iter().map(|(_, bound, _)| *bound).collect();
        let bounds: Vec<i64> = bounds.into_iter().collect();
        let set = |reached: usize| {
            let mut set = full(count);
            for (place, bound, wanted) in asked {
                if (bounds.partition_point(|known| known < bound) < reached) != *wanted {
                    clear(&mut set, *place);
                }
            }
            set
        };
        let sets = (0..=bounds.len()).map(set).collect();
        Self { bounds, sets }
    }

    fn set(&self, amount: i64) -> &[u64] {
        let reached = self.bounds.partition_point(|bound| *bound <= amount);
        self.sets.get(reached).map_or(&[], Vec::as_slice)
    }
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn full(count: usize) -> Set {
    vec![u64::MAX; count.div_ceil(64)]
}

fn clear(set: &mut Set, place: usize) {
    if let Some(word) = set.get_mut(place / 64) {
        *word &= !(1 << (place % 64));
    }
}
