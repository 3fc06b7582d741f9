//! Ways to end better off than somebody who simply bought what was kept.

use super::scene::{Builder, Choice, Scene, Wants};
use super::story::{Buy, Deed, Person, Story, What, money};
use super::tally::{Purse, run};
use super::{Asked, Steps, expected};
use super::{plainly, remedy};
use crate::check::exposure::{Exposure, Say, by_purchase, percent, said_money};
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::Unit;
use crate::program::{
    Effect, Expr, GainKind, MeasureKind, Program, Rate, Rates, Repeat, Rule, Scope, Test, TestKind, TierId, Trigger, WalletId,
};
use crate::span::Span;
use crate::value::{Date, DateTime, Exact, TimeOfDay};

/// A manoeuvre, and the same without it.
#[derive(Clone, Debug)]
pub(super) struct Attack {
    pub kind: GainKind,
    /// What is done, in words that follow "by".
    pub how: &'static str,
    pub story: Story,
    pub plain: Story,
    pub span: Span,
    /// The rule at fault, by its place.
    pub rule: usize,
}

/// An attack that gains.
#[derive(Clone, Debug)]
pub(super) struct Find {
    pub attack: Attack,
    pub gain: Exact,
}

impl Find {
    /// So many hundredths of the goods kept, times a hundred.
    pub(super) fn share(&self, percent: i128) -> Option<Exact> {
        Exact::whole(i128::from(self.attack.kept())).times(Exact::whole(percent)).ok()
    }
}

impl Attack {
    /// Purchases that the plain history has not.
    pub(super) fn extra(&self) -> usize {
        let buys = self.story.deeds.iter().filter(|deed| matches!(deed.what, What::Buy(_)));
        buys.filter(|deed| !self.plain.deeds.contains(deed)).count()
    }

    /// What the goods cost that are kept, minor units.
    pub(super) fn kept(&self) -> i64 {
        self.plain.deeds.iter().map(|deed| if let What::Buy(buy) = &deed.what { buy.amount } else { 0 }).sum()
    }
}

const TIER_BORROWED: &str = "reaching a tier, using it and returning what reached it";
const RIGHT_BORROWED: &str = "using a right and returning what gave it";

/// Ways that are told apart.
pub(super) const SET: &str = "setting an attribute just before it is used";
pub(super) const FRIEND_RETURNS: &str = "being one's own friend, who returns what he bought";

const NOTHING: Exact = Exact::whole(0);

/// The steps of a made attack.
const DEEDS: usize = 8;

/// What the search comes to.
pub(super) struct Found {
    pub problems: Vec<Diagnostic>,
    /// What every account gets without buying anything, in sentences.
    pub given: Vec<String>,
    /// What can be used and given back, in sentences.
    pub borrowed: Vec<String>,
    /// Gains that the program allows.
    pub allowed: usize,
}

/// Looks for gains by every sentence.
pub(super) fn search(asked: &Asked<'_>, steps: &mut Steps) -> Found {
    let program = asked.program;
    let mut finds: Vec<Find> = Vec::new();
    for rule in 0..program.rules.len() {
        if let Some(find) = of_rule(program, asked, rule, steps) {
            finds.push(find);
        }
    }
    // What one setting lets happen to every sentence is told once, where it gains most.
    let mut told: Vec<Find> = Vec::new();
    for find in finds {
        let same = told.iter().position(|known| {
            known.attack.kind == find.attack.kind && known.attack.kind == GainKind::Returns && known.attack.how == find.attack.how
        });
        match same.and_then(|at| told.get_mut(at)) {
            Some(known) if known.gain < find.gain => *known = find,
            Some(_) => {}
            None => told.push(find),
        }
    }
    let mut problems = Vec::new();
    let mut lent: Vec<&Find> = Vec::new();
    let mut said: Vec<&Find> = Vec::new();
    let mut needed = vec![false; program.gains.len()];
    for find in &told {
        for (at, goal) in program.gains.iter().enumerate().filter(|(_, goal)| goal.allowed && goal.is_about(find.attack.kind)) {
            if let Some(needed) = needed.get_mut(at) {
                *needed |= goal.amount.is_none_or(|most| find.gain <= Exact::whole(i128::from(most)));
            }
        }
        let refused = program.gains.iter().any(|goal| !goal.allowed && goal.is_about(find.attack.kind));
        if allowed(program, find.attack.kind, find.gain) {
            continue;
        }
        if !refused && matches!(find.attack.how, TIER_BORROWED | RIGHT_BORROWED) {
            lent.push(find);
        } else if !refused && plainly::plainly(program, find) {
            said.push(find);
        } else {
            problems.extend(problem(asked, &plainly::shrunk(asked, find.clone(), steps), steps));
        }
    }
    let right = match program.members {
        crate::program::Members::AfterPurchases(_) | crate::program::Members::AfterSpending(_) => "Membership",
        _ => "What is given for later purchases",
    };
    let borrowed =
        [(TIER_BORROWED, "A tier"), (RIGHT_BORROWED, right)].into_iter().filter_map(|(how, what)| borrowed(asked, &lent, how, what));
    let borrowed = borrowed.chain(plainly::lines(asked, &said)).collect();
    let given = accounts(asked, &mut needed, &mut problems);
    for (goal, _) in program.gains.iter().zip(&needed).filter(|(goal, needed)| goal.allowed && !**needed) {
        problems.push(
            Diagnostic::warning("LOY0723", "No gain of this kind was found, so that nothing has to be allowed.", goal.span, "not needed")
                .help("Delete this sentence, or raise the sum if one was found above it."),
        );
    }
    let allowed = told.iter().filter(|find| allowed(program, find.attack.kind, find.gain)).count();
    Found { problems, given, borrowed, allowed }
}

/// What lies in tiers and standing rights that returns take back: told once for each, with its rate and its sentences.
fn borrowed(asked: &Asked<'_>, lent: &[&Find], how: &str, what: &str) -> Option<String> {
    let of: Vec<&Find> = lent.iter().copied().filter(|find| find.attack.how == how).collect();
    let rate = of.iter().filter_map(|find| find.gain.divided_by(Exact::whole(i128::from(find.attack.kept()))).ok()).max()?;
    let spans: Vec<Span> = of.iter().map(|find| find.attack.span).collect();
    let lines = Say { program: asked.program, sources: asked.sources }.lines(&spans);
    let kind = of.first()?.attack.kind.word();
    Some(format!(
        "  {what} can be borrowed, for up to {} of a purchase{lines}: used, and what gave it sent back. To confirm: allow gain from {kind}",
        percent(rate)
    ))
}

fn allowed(program: &Program, kind: GainKind, gain: Exact) -> bool {
    let fits = |goal: &&crate::program::GainGoal| goal.allowed && goal.is_about(kind);
    program.gains.iter().filter(fits).any(|goal| goal.amount.is_none_or(|most| gain <= Exact::whole(i128::from(most))))
}

/// The simplest way to gain by one sentence: the first kind that finds one, its largest gain.
pub(super) fn of_rule(program: &Program, asked: &Asked<'_>, rule: usize, steps: &mut Steps) -> Option<Find> {
    let mut best: Option<Find> = None;
    for attack in attacks(asked, program, rule) {
        if let Some(find) = tried(program, asked.exposure, attack, steps) {
            let better = best
                .as_ref()
                .is_none_or(|known| known.attack.kind == find.attack.kind && known.attack.how == find.attack.how && find.gain > known.gain);
            if better {
                best = Some(find);
            }
        }
    }
    best
}

/// Runs an attack and the same without it; a gain counts as far as its sentence gives it.
pub(super) fn tried(program: &Program, exposure: &Exposure, attack: Attack, steps: &mut Steps) -> Option<Find> {
    if attack.story.deeds.len() > DEEDS || !steps.take() {
        return None;
    }
    let all = gain(program, exposure, &attack).filter(|gain| counts(program, &attack, *gain))?;
    let gain = due(program, exposure, &attack, all, steps)?;
    Some(Find { attack, gain })
}

/// What of a gain falls away without its sentence; all that it gives alone, where others would give as much in its place.
fn due(program: &Program, exposure: &Exposure, attack: &Attack, all: Exact, steps: &mut Steps) -> Option<Exact> {
    let mut left = |off: &dyn Fn(usize) -> bool| {
        steps.take();
        gain(&without(program, off), exposure, attack).unwrap_or(NOTHING).max(NOTHING)
    };
    let own = all.minus(left(&|at| at == attack.rule)).ok()?;
    if counts(program, attack, own) {
        return Some(own);
    }
    let alone = left(&|at| at != attack.rule).min(all);
    counts(program, attack, alone).then_some(alone)
}

/// The program with rules switched off: their conditions never hold.
pub(super) fn without(program: &Program, off: &dyn Fn(usize) -> bool) -> Program {
    let mut program = program.clone();
    for (_, rule) in program.rules.iter_mut().enumerate().filter(|(at, _)| off(*at)) {
        rule.tests.push(Test { kind: TestKind::If, expr: Expr::YesNo(false), span: rule.span });
    }
    program
}

/// From one of the currency, and over 5% of what is paid for the goods kept.
pub(super) fn counts(program: &Program, attack: &Attack, gain: Exact) -> bool {
    let unit = 10_i128.checked_pow(u32::from(program.currency.decimals)).unwrap_or(1);
    let paid = attack.kept();
    gain >= Exact::whole(unit) && gain.times(Exact::whole(20)).is_ok_and(|gain| gain > Exact::whole(i128::from(paid)))
}

/// How much better off the attack leaves people than the plain history.
pub(super) fn gain(program: &Program, exposure: &Exposure, attack: &Attack) -> Option<Exact> {
    let purse = Purse { program, worths: &exposure.worths };
    let with = run(program, &attack.story)?;
    if with.told.iter().any(|told| told.refused) {
        return None;
    }
    let own = purse.better_off(&attack.story, &with).ok()?;
    let plain = if attack.plain.deeds.is_empty() {
        Exact::whole(0)
    } else {
        purse.better_off(&attack.plain, &run(program, &attack.plain)?).ok()?
    };
    own.minus(plain).ok()
}

/// Everything that is tried with one sentence, the simplest kinds first.
fn attacks(asked: &Asked<'_>, program: &Program, at: usize) -> Vec<Attack> {
    let Some(rule) = program.rules.get(at) else { return Vec::new() };
    let mut maker = Maker { program, asked, rule, at, out: Vec::new() };
    if matches!(rule.trigger, Trigger::Referral(_)) {
        maker.referral();
        return maker.out;
    }
    if let Trigger::Reaching(tier) = rule.trigger {
        maker.reaching(tier);
        return maker.out;
    }
    if !gives(rule) || !(by_purchase(&rule.trigger) || rule.effects.iter().any(Effect::is_modifier)) {
        return maker.out;
    }
    for choice in 0..2 {
        let builder = Builder { program, choice: Choice(choice) };
        let wants = builder.wants(&[rule]);
        maker.with(&builder, &wants);
    }
    maker.out
}

fn gives(rule: &Rule) -> bool {
    rule.effects.iter().any(|effect| {
        !matches!(
            effect,
            Effect::Notify { .. } | Effect::Donate { .. } | Effect::Access { .. } | Effect::Entries { .. } | Effect::EarnEntries { .. }
        )
    })
}

/// Whether a sentence counts pieces or quantities.
fn counts_pieces(rule: &Rule) -> bool {
    let pieces = |rate: &Rate| matches!(rate, Rate::PerItem { .. } | Rate::PerQuantity { .. });
    rule.repeat.as_ref().is_some_and(|repeat| !matches!(repeat, Repeat::Money(_)))
        || rule.effects.iter().any(|effect| match effect {
            Effect::Discount(Rates::One(rate)) | Effect::Earn { rates: Rates::One(rate), .. } => pieces(rate),
            Effect::Discount(Rates::Table(table)) | Effect::Earn { rates: Rates::Table(table), .. } => {
                table.rows.iter().any(|row| pieces(&row.rate))
            }
            _ => false,
        })
}

struct Maker<'a> {
    program: &'a Program,
    asked: &'a Asked<'a>,
    rule: &'a Rule,
    at: usize,
    out: Vec<Attack>,
}

impl<'a> Maker<'a> {
    fn unit(&self) -> i64 {
        10_i64.checked_pow(u32::from(self.program.currency.decimals)).unwrap_or(1)
    }

    fn push(&mut self, kind: GainKind, how: &'static str, story: Story, plain: Story) {
        self.out.push(Attack { kind, how, story, plain, span: self.rule.span, rule: self.at });
    }

    fn with(&mut self, builder: &Builder<'a>, wants: &Wants) {
        let Some(scene) = builder.scene(wants) else { return };
        self.tokens(&scene, wants);
        // A tier that a few purchases reach may be reached by purchases of next to nothing.
        let mut few = wants.clone();
        if builder.reach(&mut few)
            && let Some(scene) = builder.scene(&few)
        {
            self.tokens(&scene, &few);
        }
        self.split(&scene, wants);
        self.returns(&scene, wants);
        self.borrowed(builder, wants);
        self.set_before_use(&scene);
    }

    /// Purchases of next to nothing that count all the same, alone and in a row, on one day and on several.
    fn tokens(&mut self, scene: &Scene, wants: &Wants) {
        let unit = self.unit();
        // What the goods cost by which it counts is the firm's to say.
        if wants.earlier_least >= unit
            || wants.spent >= unit
            || counts_pieces(self.rule) && matches!(self.rule.scope, Some(Scope::Items(_)))
        {
            return;
        }
        let mut small = scene.clone();
        for (_, what) in &mut small.before {
            if let What::Buy(buy) = what {
                buy.amount = 1.max(wants.earlier_least);
            }
        }
        let first = small.story(1.max(wants.least));
        if wants.least < unit {
            self.push(
                GainKind::Thresholds,
                "buying next to nothing",
                first.clone(),
                Story { people: first.people.clone(), deeds: Vec::new() },
            );
            if self.rule.effects.iter().any(|effect| matches!(effect, Effect::Voucher { .. })) {
                self.used_later(GainKind::Thresholds, "buying next to nothing for a voucher", &first, &[]);
            }
            for (days, kind) in [(0, GainKind::Thresholds), (1, GainKind::Windows), (31, GainKind::Windows)] {
                let mut story = first.clone();
                while story.deeds.len() < DEEDS {
                    let Some(last) = story.deeds.last().cloned() else { break };
                    let at = DateTime::new(last.at.date().plus_days(days), last.at.time());
                    story.deeds.push(Deed { at, ..last });
                }
                let plain = Story { people: story.people.clone(), deeds: Vec::new() };
                self.push(kind, "buying next to nothing again and again", story, plain);
            }
        }
        // Small purchases first, and then one that somebody wants.
        if !scene.before.is_empty() && !wants.waits_only() {
            for amount in [100, 1000].map(|n| unit.saturating_mul(n).max(wants.least)) {
                let story = small.story(amount);
                let deeds = story.deeds.last().cloned().into_iter().collect();
                let plain = Story { people: story.people.clone(), deeds };
                self.push(GainKind::Thresholds, "buying next to nothing before", story, plain);
            }
        }
    }

    /// What a story brought is used on a purchase that somebody wants anyway.
    fn used_later(&mut self, kind: GainKind, how: &'static str, story: &Story, kept: &[Deed]) {
        for amount in [50, 500].map(|n| self.unit().saturating_mul(n)) {
            for voucher in [true, false] {
                let buy = |voucher| Deed { who: 0, ..later(story, 1, What::Buy(Buy { amount, voucher, ..Buy::default() })) };
                let mut with = story.clone();
                with.deeds.push(buy(voucher));
                let mut plain = Story { people: story.people.clone(), deeds: kept.to_vec() };
                plain.deeds.push(buy(false));
                self.push(kind, how, with, plain);
            }
        }
    }

    /// What reaching a tier brings: by purchases of next to nothing, or used before what reached it goes back.
    fn reaching(&mut self, tier: TierId) {
        let builder = Builder { program: self.program, choice: Choice(0) };
        let mut wants = builder.wants(&[self.rule]);
        match builder.threshold(tier) {
            Some((MeasureKind::Spend | MeasureKind::GrossSpend, amount)) => wants.least = wants.least.max(amount),
            Some((MeasureKind::Purchases, n)) => {
                wants.earlier = wants.earlier.max(u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX));
            }
            _ => return,
        }
        let Some(scene) = builder.scene(&wants) else { return };
        self.tokens(&scene, &wants);
        let from = self.out.len();
        self.returns(&scene, &wants);
        for attack in self.out.iter_mut().skip(from) {
            attack.kind = GainKind::Tiers;
        }
    }

    /// One basket as several receipts.
    fn split(&mut self, scene: &Scene, wants: &Wants) {
        // The same pieces count the same on one receipt and on many.
        if counts_pieces(self.rule) {
            return;
        }
        let unit = self.unit();
        let mut amounts: Vec<i64> = vec![wants.least.max(unit), unit.saturating_mul(10).max(wants.least)];
        if let Ok(bound) = &self.asked.exposure.purchase {
            amounts.extend(bound.curve.stretches().iter().flat_map(|stretch| [stretch.from, stretch.from.saturating_sub(1)]));
        }
        amounts.retain(|amount| *amount >= wants.least.max(unit));
        amounts.sort_unstable();
        amounts.dedup();
        for amount in amounts.into_iter().take(12) {
            for count in [2_i64, 4, 7] {
                let mut story = scene.story(amount);
                for _ in 1..count {
                    story.deeds.extend(story.deeds.last().cloned());
                }
                let plain = scene.story(amount.saturating_mul(count));
                self.push(GainKind::Splitting, "splitting one basket into several receipts", story, plain);
            }
        }
    }

    /// Buying, using what was got, and returning.
    fn returns(&mut self, scene: &Scene, wants: &Wants) {
        let unit = self.unit();
        for amount in [wants.least.max(unit), unit.saturating_mul(100).max(wants.least), unit.saturating_mul(1000).max(wants.least)] {
            let bought = scene.story(amount);
            let first = bought.deeds.len().saturating_sub(1);
            let nothing = Story { people: bought.people.clone(), deeds: Vec::new() };
            // The purchases before are what somebody bought anyway.
            let kept: Vec<Deed> = bought.deeds.iter().take(first).cloned().collect();
            let before = Story { people: bought.people.clone(), deeds: kept.clone() };
            let before = if kept.iter().any(|deed| matches!(deed.what, What::Buy(_))) { before } else { nothing };
            let mut whole = bought.clone();
            whole.deeds.push(later(&bought, 1, What::Return { of: first, amount: None }));
            self.push(GainKind::Returns, "buying and returning", whole, before.clone());
            if amount > unit {
                let mut most = bought.clone();
                most.deeds.push(later(&bought, 1, What::Return { of: first, amount: Some(amount.saturating_sub(1)) }));
                let mut plain = before.clone();
                plain.deeds.push(Deed { who: 0, at: scene.at, what: What::Buy(Buy { amount: 1, ..scene.buy.clone() }) });
                self.push(GainKind::Returns, "buying and returning nearly all of it", most, plain);
            }
            self.paid_out(&bought, &before);
            for (use_after, return_after) in [(1, 2), (29, 30)] {
                for (spent, kept) in self.used(&bought, amount, use_after) {
                    let mut story = bought.clone();
                    story.deeds.extend(spent);
                    let back = later(&bought, return_after, What::Return { of: first, amount: None });
                    story.deeds.push(back);
                    let mut plain = before.clone();
                    plain.deeds.extend(kept);
                    self.push(GainKind::Returns, "buying, using what it brought, and returning", story, plain);
                }
            }
        }
    }

    /// Where balances leave as money at the end of a period: bought on its last day, sent back behind it.
    fn paid_out(&mut self, bought: &Story, before: &Story) {
        if !self.program.rules.iter().any(|rule| rule.effects.iter().any(|effect| matches!(effect, Effect::PayOut(_)))) {
            return;
        }
        let Some(last) = bought.deeds.last().map(|deed| deed.at.date()) else { return };
        let (year, month, _) = last.ymd();
        for month in [month, 12] {
            let end = (28..=31).rev().find_map(|day| Date::from_ymd(year, month, day));
            let days = end.map_or(0, |end| i64::from(end.0).saturating_sub(i64::from(last.0)));
            let mut story = bought.clone();
            let mut plain = before.clone();
            for deed in story.deeds.iter_mut().chain(&mut plain.deeds) {
                deed.at = DateTime::new(deed.at.date().plus_days(days), deed.at.time());
            }
            let of = story.deeds.len().saturating_sub(1);
            story.deeds.push(later(&story, 2, What::Return { of, amount: None }));
            self.push(GainKind::Returns, "buying before a pay-out and returning behind it", story, plain);
        }
    }

    /// Ways to use what a purchase brought: deeds, and the same for somebody who has it not.
    fn used(&self, bought: &Story, amount: i64, after: i64) -> Vec<(Vec<Deed>, Vec<Deed>)> {
        let mut out = Vec::new();
        let Some(ran) = run(self.program, bought) else { return out };
        let unit = self.unit();
        for at in 0..self.program.wallets.len() {
            let Ok(id) = u16::try_from(at) else { continue };
            let wallet = WalletId(id);
            let entries = ran.told.iter().flat_map(|told| &told.events).flat_map(|(_, entries)| entries);
            let held: i64 = entries.filter(|entry| entry.unit == Unit::Wallet(wallet)).map(|entry| entry.granted).sum();
            if held <= 0 {
                continue;
            }
            for redeem in self.program.redeems.iter().filter(|redeem| redeem.wallet == wallet) {
                let (each, pays) = redeem.step.unwrap_or((1, 0));
                let units = held.checked_div(each).unwrap_or(0).saturating_mul(each);
                let money = if pays > 0 { units.checked_div(each).unwrap_or(0).saturating_mul(pays) } else { self.worth(wallet, units) };
                if units <= 0 || money <= 0 || redeem.at_least.is_some_and(|least| units < least) {
                    continue;
                }
                for factor in [1, 2] {
                    let price = money.saturating_mul(factor).max(unit);
                    let buy = Buy { amount: price, paying: vec![(wallet, units)], ..Buy::default() };
                    let plain = Buy { amount: price, ..Buy::default() };
                    out.push((vec![later(bought, after, What::Buy(buy))], vec![later(bought, after, What::Buy(plain))]));
                }
            }
            for reward in self.program.rewards.iter().filter(|reward| reward.wallet == wallet && reward.price <= held && reward.price > 0) {
                out.push((vec![later(bought, after, What::Claim(reward.name.clone()))], Vec::new()));
            }
        }
        let again = Buy {
            amount: amount.max(unit.saturating_mul(100)),
            ..match bought.deeds.last().map(|deed| &deed.what) {
                Some(What::Buy(buy)) => Buy { voucher: false, paying: Vec::new(), ..buy.clone() },
                _ => Buy::default(),
            }
        };
        for voucher in [false, true] {
            let buy = Buy { voucher, ..again.clone() };
            let plain = Buy { voucher: false, ..again.clone() };
            out.push((vec![later(bought, after, What::Buy(buy))], vec![later(bought, after, What::Buy(plain))]));
        }
        out
    }

    fn worth(&self, wallet: WalletId, units: i64) -> i64 {
        let purse = Purse { program: self.program, worths: &self.asked.exposure.worths };
        purse.value(wallet, units).and_then(|value| i64::try_from(value.floor()).ok()).unwrap_or(0)
    }

    /// What a tier or a right gives is used, and what reached it goes back.
    fn borrowed(&mut self, builder: &Builder<'a>, wants: &Wants) {
        let unit = self.unit();
        let mut wants = wants.clone();
        let reached = builder.reach(&mut wants);
        let Some(scene) = builder.scene(&wants) else { return };
        if scene.before.is_empty() || wants.waits_only() {
            return;
        }
        let kind = if reached { GainKind::Tiers } else { GainKind::Returns };
        let how = if reached { TIER_BORROWED } else { RIGHT_BORROWED };
        for amount in [100, 1000].map(|n| unit.saturating_mul(n).max(wants.least)) {
            let mut story = scene.story(amount);
            let last = story.deeds.len().saturating_sub(1);
            // The purchase comes the day after what it needs.
            if let Some(deed) = story.deeds.last_mut() {
                deed.at = DateTime::new(deed.at.date().plus_days(1), deed.at.time());
            }
            let kept: Vec<Deed> = story.deeds.last().cloned().into_iter().collect();
            let returned: Vec<usize> = (0..last)
                .filter(|at| story.deeds.get(*at).is_some_and(|deed| matches!(&deed.what, What::Buy(buy) if buy.amount >= unit)))
                .collect();
            if returned.is_empty() {
                continue;
            }
            let base = story.clone();
            for of in returned {
                story.deeds.push(later(&base, 1, What::Return { of, amount: None }));
            }
            let plain = Story { people: story.people.clone(), deeds: kept };
            self.push(kind, how, story, plain);
        }
    }

    /// An attribute that customers set themselves is set just before it is used.
    fn set_before_use(&mut self, scene: &Scene) {
        let unit = self.unit();
        let own: Vec<(String, String)> = scene.person.attributes.clone();
        for (name, value) in own.into_iter().filter(|(name, _)| self.asked.sets().contains(&crate::value::name_key(name))) {
            let mut person = scene.person.clone();
            person.attributes.retain(|(known, _)| *known != name);
            let scene = Scene { person, ..scene.clone() };
            for amount in [100, 1000].map(|n| unit.saturating_mul(n)) {
                let plain = scene.story(amount);
                let mut story = plain.clone();
                let at = story.deeds.last().map_or(scene.at, |deed| deed.at);
                let place = story.deeds.len().saturating_sub(1);
                story.deeds.insert(place, Deed { who: 0, at, what: What::Event { name: format!("set {name}"), value: value.clone() } });
                self.push(GainKind::Windows, SET, story, plain);
            }
        }
    }

    /// Oneself as a friend, who buys next to nothing, or returns.
    fn referral(&mut self) {
        let builder = Builder { program: self.program, choice: Choice(0) };
        let wants = builder.wants(&[self.rule]);
        let Some(scene) = builder.scene(&wants) else { return };
        let people = vec![
            Person { name: "ann", joined: scene.person.joined, ..Person::default() },
            Person { name: "bob", referred_by: Some("ann"), ..scene.person.clone() },
        ];
        let ann = Deed { who: 0, at: DateTime::new(scene.at.date(), TimeOfDay(0)), what: What::Signup };
        let nothing = Story { people: people.clone(), deeds: Vec::new() };
        let unit = self.unit();
        let mut amounts = vec![1, unit, unit.saturating_mul(10), unit.saturating_mul(50), unit.saturating_mul(100)];
        amounts.push(wants.least.max(1));
        for amount in amounts {
            let buy = |amount| Deed { who: 1, at: scene.at, what: What::Buy(Buy { amount, ..scene.buy.clone() }) };
            if amount < unit {
                let story = Story { people: people.clone(), deeds: vec![ann.clone(), buy(amount)] };
                self.push(GainKind::Accounts, "being one's own friend", story.clone(), nothing.clone());
                self.used_later(GainKind::Accounts, "being one's own friend", &story, std::slice::from_ref(&ann));
                continue;
            }
            for rest in [None, Some(amount.saturating_sub(1))] {
                let bought = Story { people: people.clone(), deeds: vec![ann.clone(), buy(amount)] };
                let mut story = bought.clone();
                let back = later(&bought, 1, What::Return { of: 1, amount: rest });
                story.deeds.push(Deed { who: 1, ..back });
                self.push(GainKind::Accounts, FRIEND_RETURNS, story, nothing.clone());
            }
        }
    }
}

/// Something that happens days after the last deed.
fn later(story: &Story, days: i64, what: What) -> Deed {
    let last = story.deeds.last();
    let at = last.map_or(DateTime(0), |deed| DateTime::new(deed.at.date().plus_days(days), TimeOfDay(0)));
    Deed { who: last.map_or(0, |deed| deed.who), at, what }
}

/// A gain as a problem, with the example and a change that stops it.
fn problem(asked: &Asked<'_>, find: &Find, steps: &mut Steps) -> Option<Diagnostic> {
    let program = asked.program;
    let attack = &find.attack;
    let ran = run(program, &attack.story)?;
    let gained = said_money(program, find.gain);
    let title = format!("{gained} gained by {}", attack.how);
    let example = attack.story.text(program, &title, &expected(program, &attack.story, &ran));
    if !remedy::holds(asked, &example) {
        return None;
    }
    let kept = attack.kept();
    let for_what = if kept > 0 { format!(" on goods of {}", money(program, kept)) } else { String::new() };
    let refused = program.gains.iter().find(|goal| !goal.allowed && goal.is_about(attack.kind));
    let message = format!("{gained} can be gained by {}{for_what}.", attack.how);
    let mut problem = Diagnostic::warning("LOY0721", message.clone(), attack.span, "gives it");
    if let Some(goal) = refused {
        problem = Diagnostic::error("LOY0722", message, goal.span, "wants no such gain").and(attack.span, "gives it");
    }
    problem =
        problem.note(format!("It can be done {}. This example holds today:", again(program, asked.exposure, attack, find.gain, steps)));
    for line in example.lines() {
        problem = problem.note(line.to_owned());
    }
    Some(match remedy::found(asked, find, steps) {
        Some(words) => problem.help(words),
        None if attack.how == SET => {
            problem.help("Declare the attribute as a choice whose changes wait: choice … one of …, from next month on")
        }
        None => problem.help(format!("If this is wanted, write: allow gain of {gained} from {}", attack.kind.word())),
    })
}

/// How often the same can be done.
fn again(program: &Program, exposure: &Exposure, attack: &Attack, gain_once: Exact, steps: &mut Steps) -> String {
    let said = program.rules.get(attack.rule).and_then(plainly::how_often);

    let twice = |days: i64| -> Attack {
        let mut attack = attack.clone();
        for story in [&mut attack.story, &mut attack.plain] {
            let shift = story.deeds.len();
            let more: Vec<Deed> = story
                .deeds
                .iter()
                .map(|deed| {
                    let what = match &deed.what {
                        What::Return { of, amount } => What::Return { of: of.saturating_add(shift), amount: *amount },
                        other => other.clone(),
                    };
                    Deed { who: deed.who, at: DateTime::new(deed.at.date().plus_days(days), deed.at.time()), what }
                })
                .collect();
            story.deeds.extend(more);
        }
        attack
    };
    let span = match (attack.story.deeds.first(), attack.story.deeds.last()) {
        (Some(first), Some(last)) => i64::from(last.at.date().0).saturating_sub(i64::from(first.at.date().0)).saturating_add(1),
        _ => 1,
    };
    // As much as once, and at least half of what is due to the sentence.
    let once = gain(program, exposure, attack).unwrap_or(gain_once);
    let enough = gain_once.times(Exact::ratio(1, 2).unwrap_or(gain_once)).and_then(|half| once.plus(half)).unwrap_or(gain_once);
    for (days, words) in [(0, "as often as anybody likes"), (31, "every month"), (366, "every year")] {
        let days = if days == 0 { span } else { days.max(span) };
        steps.take();
        if gain(program, exposure, &twice(days)).is_some_and(|both| both >= enough) {
            return said.unwrap_or_else(|| words.to_owned());
        }
    }
    "once per account".to_owned()
}

/// What accounts get that never buy, in sentences; `expect no gain` wants none of it.
fn accounts(asked: &Asked<'_>, needed: &mut [bool], problems: &mut Vec<Diagnostic>) -> Vec<String> {
    let program = asked.program;
    let unit = Exact::whole(10_i128.checked_pow(u32::from(program.currency.decimals)).unwrap_or(1));
    let mut out = Vec::new();
    for occasion in &asked.exposure.occasions {
        let rule = program.rules.iter().find(|rule| rule.span.range() == occasion.span.range() && rule.span.file == occasion.span.file);
        let Some(rule) = rule.filter(|rule| {
            matches!(
                rule.trigger,
                Trigger::Signup
                    | Trigger::Birthday
                    | Trigger::Anniversary
                    | Trigger::YearDay(..)
                    | Trigger::DayOfMonth(_)
                    | Trigger::AtStart(_)
                    | Trigger::Date(_)
            )
        }) else {
            continue;
        };
        let without_purchase = rule.tests.is_empty()
            && !matches!(program.members, crate::program::Members::AfterPurchases(_) | crate::program::Members::AfterSpending(_));
        let Some(value) = occasion.value.filter(|value| *value >= unit && without_purchase) else { continue };
        let sum = said_money(program, value);
        let who = if rule.trigger == Trigger::Signup { "Every new account gets" } else { "Every account gets" };
        let often = match rule.trigger {
            Trigger::Birthday | Trigger::Anniversary | Trigger::YearDay(..) => " a year",
            Trigger::DayOfMonth(_) => " a month",
            _ => "",
        };
        for (at, _) in program.gains.iter().enumerate().filter(|(_, goal)| {
            goal.allowed && goal.is_about(GainKind::Accounts) && goal.amount.is_none_or(|most| value <= Exact::whole(i128::from(most)))
        }) {
            if let Some(needed) = needed.get_mut(at) {
                *needed = true;
            }
        }
        if allowed(program, GainKind::Accounts, value) {
            continue;
        }
        let sentence = format!("{who} {sum}{often} without buying anything");
        if let Some(goal) = program.gains.iter().find(|goal| !goal.allowed && goal.is_about(GainKind::Accounts)) {
            problems.push(
                Diagnostic::error("LOY0722", format!("{sentence}."), goal.span, "wants no such gain")
                    .and(rule.span, "gives it")
                    .help(format!("If it is wanted, write: allow gain of {sum} from accounts")),
            );
        } else {
            out.push(format!("  {sentence} (line {}).", asked.sources.place(rule.span).line));
        }
    }
    out
}
