//! A purchase that comes back later: what it was evaluated from, and what it gave.

use crate::engine::account::wallets::Piece;
use crate::engine::facts::Facts;
use crate::engine::lines::{self, Line};
use crate::engine::purchase::ceilings::Ceilings;
use crate::engine::purchase::outcome::{Outcome, Payment};
use crate::engine::purchase::redemption::Kept;
use crate::plan::Plan;
use crate::program::Scope;
use crate::value::{Checked, Decimal, Exact, Instant, Overflow, Rounding};

/// A purchase that returns will ask for.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Case {
    /// Which purchase of the account, counted from its first.
    pub purchase: u32,
    /// Its place in the part.
    pub at: usize,
    pub moment: Instant,
    /// Its lines as recorded, less what came back so far.
    pub lines: Vec<Line>,
    /// Their recorded amounts and quantities at first.
    pub first: Vec<(i64, Decimal)>,
    /// What points paid of each line at first.
    pub paid_first: Vec<i64>,
    /// What of it vouchers had paid before discounts, and what counts as money.
    pub vouched_first: Vec<i64>,
    pub money_first: Vec<i64>,
    pub facts: Box<Facts>,
    pub outcome: Outcome,
    /// By award: its entry and lot.
    pub posted: Vec<Option<(u32, Option<u32>)>>,
    /// Payments, the lots they drew from, and what was given back so far.
    pub payments: Vec<(Payment, Vec<Piece>, i64)>,
    /// By payment: the value of what came back of it so far, minor units.
    pub paid_values: Vec<i64>,
    /// What each limit counted.
    pub limits: Vec<(usize, i64)>,
    /// Rules of whose entitlement a use was spent, and which one it was.
    pub used_entitlements: Vec<(usize, u32)>,
    /// Vouchers that paid, or took a percentage off.
    pub vouchers: Vec<u32>,
    /// Its net amount at first, and by how much it fell so far: what came back in money and of the payment together.
    pub net_first: i64,
    pub fallen: i64,
    /// What came back so far of what points and vouchers had paid, minor units.
    pub paid_back: i64,
    /// Of sums and of what a cap cut: rule, effect, and the part of each line at first.
    pub parts: Vec<(usize, usize, Vec<i64>)>,
    /// Whether all that points paid came back.
    pub unredeemed: bool,
    /// Tiers before stage 0.
    pub tiers_before: Vec<u8>,
    /// Whether it counts for the door of a closed program.
    pub knocks: bool,
    /// Whether it counted at all: not before joining, nor outside the program's life.
    pub counted: bool,
}

impl Case {
    /// The purchase as it stands before it is posted; `lines` as recorded.
    pub fn new(purchase: u32, at: usize, lines: Vec<Line>, facts: &Facts, tiers_before: &[u8], out: &Outcome) -> Self {
        let first = lines.iter().map(|line| (line.recorded, line.quantity)).collect();
        Self {
            purchase,
            at,
            moment: facts.at,
            lines,
            first,
            paid_first: Vec::new(),
            vouched_first: Vec::new(),
            money_first: Vec::new(),
            facts: Box::new(facts.clone()),
            outcome: Outcome::default(),
            posted: vec![None; out.awards.len()],
            payments: Vec::new(),
            paid_values: Vec::new(),
            limits: Vec::new(),
            used_entitlements: Vec::new(),
            vouchers: Vec::new(),
            net_first: 0,
            fallen: 0,
            paid_back: 0,
            parts: Vec::new(),
            unredeemed: false,
            // Only where it reached a tier itself is the tier a part of what is looked at again.
            tiers_before: if tiers_before == facts.tiers { Vec::new() } else { tiers_before.to_vec() },
            knocks: false,
            counted: true,
        }
    }

    /// Keeps what was found when the purchase was made.
    pub fn keep(&mut self, plan: &Plan<'_>, out: &Outcome) {
        self.outcome = out.clone();
        self.net_first = out.net;
        self.paid_first = out.lines.iter().map(|line| line.paid).collect();
        self.vouched_first.clone_from(&out.vouched);
        self.money_first = out.lines.iter().map(|line| line.as_money).collect();
        for &award in &out.fixed {
            let of = &out.awards[award];
            // A unit that is singled out is chosen anew.
            if matches!(plan.rules[of.rule].scope, Some(Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::Groups(..))) {
                continue;
            }
            let mut parts = vec![0; out.lines.len()];
            for share in out.shares.iter().filter(|share| share.award == award) {
                parts[share.line] += share.amount;
            }
            self.parts.push((of.rule, of.effect, parts));
        }
    }

    /// What discounts gave until now, and what of sums stays with what stays of the lines.
    pub fn ceilings(&self, mode: Rounding) -> Checked<Ceilings> {
        let mut kept = Vec::with_capacity(self.parts.len());
        for (rule, effect, parts) in &self.parts {
            let mut exact = Vec::with_capacity(parts.len());
            for (part, (line, (first, _))) in parts.iter().zip(self.lines.iter().zip(&self.first)) {
                exact.push(Exact::ratio(i128::from(*part) * i128::from(line.recorded), i128::from((*first).max(1)))?);
            }
            let stay = rounded_together(&exact, mode)?;
            kept.push((*rule, *effect, stay));
        }
        let of = |rule: usize, effect: usize| kept.iter().find(|(r, e, _)| (*r, *e) == (rule, effect)).map(|(.., stay)| stay.clone());
        Ok(Ceilings::new(&self.outcome, self.lines.len(), of))
    }

    /// What stays of the payment.
    pub fn kept_payment(&self) -> Kept {
        let by_line = self.back_by_line(&self.paid_first);
        let all: i64 = self.paid_first.iter().sum();
        let gone: i64 = by_line.iter().map(|(_, back)| back).sum();
        Kept {
            parts: by_line.into_iter().map(|(paid, back)| paid - back).collect(),
            as_money: self.back_by_line(&self.money_first).into_iter().map(|(paid, back)| paid - back).collect(),
            vouched: self.back_by_line(&self.vouched_first).into_iter().map(|(paid, back)| paid - back).collect(),
            total: all - self.paid_back,
            due: (gone - self.paid_back).max(0),
            net: self.net_first - self.fallen,
        }
    }

    /// By payment, vouchers last: what comes back of its value, minor units. Of what lay on a line the payments come back
    /// in their order, each rounded down together with those before it, so that no cent is lost between them.
    pub fn back_by_payment(&self) -> Checked<Vec<i64>> {
        let mut lay = vec![0_i64; self.payments.len() + 1];
        let mut sums = vec![0_i64; self.paid_first.len()];
        let mut known = sums.clone();
        for (at, slot) in lay.iter_mut().enumerate() {
            match self.payments.get(at) {
                Some((payment, ..)) => sums.iter_mut().zip(&payment.parts).for_each(|(sum, part)| *sum += part),
                None => sums.clone_from(&self.paid_first),
            }
            for ((_, back), known) in self.back_by_line(&sums).into_iter().zip(&mut known) {
                *slot += back - *known;
                *known = back;
            }
        }
        let mut parts = Vec::new();
        lines::share(self.paid_back, &lay, &mut parts)?;
        Ok(parts)
    }

    /// By line: what was paid of it, and what of that lay on what came back so far, rounded down.
    fn back_by_line(&self, paid: &[i64]) -> Vec<(i64, i64)> {
        let lines = self.lines.iter().zip(&self.first).zip(paid);
        lines
            .map(|((line, (first, _)), &paid)| {
                let gone = i128::from(*first) - i128::from(line.recorded);
                let back = if *first > 0 { i128::from(paid) * gone / i128::from(*first) } else { 0 };
                (paid, i64::try_from(back).unwrap_or(paid))
            })
            .collect()
    }

    /// Notes what an award became.
    pub fn posted(&mut self, award: usize, posted: (u32, Option<u32>)) {
        if let Some(slot) = self.posted.get_mut(award) {
            *slot = Some(posted);
        }
    }
}

/// Parts whose sum is rounded once: each down, and what is missing by the largest remainders, ties to the earlier one.
fn rounded_together(exact: &[Exact], mode: Rounding) -> Checked<Vec<i64>> {
    let (mut parts, mut rests) = (Vec::with_capacity(exact.len()), Vec::new());
    for (at, value) in exact.iter().enumerate() {
        parts.push(i64::try_from(value.floor()).map_err(|_| Overflow)?);
        rests.push((value.minus(Exact::whole(value.floor()))?, at));
    }
    // Of very many prices the exact sum may be too long a fraction; then each part is rounded by itself.
    let sum = match exact.iter().try_fold(Exact::whole(0), |sum, value| sum.plus(*value)).and_then(|sum| sum.round(mode)) {
        Ok(sum) => i64::try_from(sum).map_err(|_| Overflow)?,
        Err(_) => return exact.iter().map(|value| i64::try_from(value.round(mode)?).map_err(|_| Overflow)).collect(),
    };
    rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = usize::try_from(sum - parts.iter().sum::<i64>()).unwrap_or(0);
    for (_, at) in rests.into_iter().take(missing) {
        parts[at] += 1;
    }
    Ok(parts)
}
