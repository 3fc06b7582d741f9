//! Whom, where, when, under what condition; facts and measures.

use super::account::{Account, Kind, What};
use super::calendar::{Moment, day, earlier, first_day, time};
use super::number::Ratio;
use super::purchase::{Bought, Line};
use super::reading::{Rule, key};
use super::{Outside, Read, Slip};
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use loyalty_dsl::syntax::ast::*;

/// What a fact or a calculation comes to.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(Ratio),
    Text(String),
    Tier(usize, usize),
    Date(NaiveDate),
    Time(NaiveTime),
    Weekday(u8),
    Yes(bool),
    Missing,
}

impl Account<'_> {
    /// Whether all clauses of a rule but trigger, scope and limits hold.
    pub fn passes(&self, rule: &Rule, at: Moment, bought: Option<&Bought>) -> Read<bool> {
        // Every clause is asked, so that what lies outside the fragment is never skipped.
        let mut all = true;
        for audience in &rule.audiences {
            all &= self.audience(audience)?;
        }
        for place in &rule.places {
            all &= placed(place, bought.ok_or(Outside("a place without a purchase"))?)?;
        }
        let night = rule.times.iter().find_map(|clause| match clause {
            TimeClause::Between(from, to) if from > to => Some(time(*to)),
            _ => None,
        });
        // "A range past midnight belongs with all its date words to the day it starts."
        let belongs = match night {
            Some(to) if at.local.time() < to => at.local.date() - Days::new(1),
            _ => at.local.date(),
        };
        for clause in &rule.times {
            all &= self.timed(clause, belongs, at.local.time())?;
        }
        let discounts = rule.beside_discount || rule.effects.iter().any(|effect| matches!(effect, Effect::Discount(_)));
        for over in &rule.overs {
            let bought = bought.ok_or(Outside("`over` without a purchase"))?;
            let amount = if discounts { bought.amount() } else { bought.net() };
            all &= self.is_over(over, amount)?;
        }
        for (test, unless) in &rule.conditions {
            all &= match self.value(test, at, bought)? {
                Value::Yes(yes) => yes != *unless,
                _ => return Err(Outside("a condition")),
            };
        }
        Ok(all)
    }

    /// "`over` does not include, `at least` does."
    fn is_over(&self, over: &Over, amount: Ratio) -> Read<bool> {
        if over.of_goods || over.after_discounts {
            return Err(Outside("a part of the amount"));
        }
        let than = self.program.number(&over.amount)?;
        let includes = over.inclusive || self.program.slip == Slip::OverIncludes;
        Ok(if includes { amount >= than } else { amount > than })
    }

    fn audience(&self, audience: &Audience) -> Read<bool> {
        let mut any = false;
        for kind in &audience.any_of {
            any |= match &kind.node {
                AudienceKind::Everyone => true,
                AudienceKind::Tiers(list) => {
                    let mut found = false;
                    for name in &list.names {
                        let (ladder, rung) = self.tier_called(&name.node).ok_or(Outside("a tier"))?;
                        let held = self.standings[ladder].held;
                        found |= if list.or_above { held >= rung } else { held == rung };
                    }
                    found
                }
                AudienceKind::JoinedBefore(date) => self.joined.is_some_and(|joined| joined.local.date() < day(*date)),
                _ => return Err(Outside("an audience")),
            };
        }
        Ok(any != audience.except)
    }

    pub fn tier_called(&self, name: &str) -> Option<(usize, usize)> {
        let ladders = self.program.ladders.iter().enumerate();
        let mut all = ladders.flat_map(|(ladder, said)| said.rows.iter().enumerate().map(move |(rung, row)| (ladder, rung, row)));
        all.find(|(_, _, row)| row.name == key(name)).map(|(ladder, rung, _)| (ladder, rung))
    }

    fn timed(&self, clause: &TimeClause, date: NaiveDate, clock: NaiveTime) -> Read<bool> {
        let weekday = u8::try_from(date.weekday().num_days_from_monday()).expect("a weekday");
        Ok(match clause {
            TimeClause::Weekdays(list) => list.contains(&weekday),
            TimeClause::WeekdayRange(from, to) if from <= to => (*from..=*to).contains(&weekday),
            TimeClause::WeekdayRange(from, to) => weekday >= *from || weekday <= *to,
            // "The end is not included."
            TimeClause::Between(from, to) if from <= to => time(*from) <= clock && clock < time(*to),
            TimeClause::Between(from, to) => clock >= time(*from) || clock < time(*to),
            TimeClause::From(first) => date >= day(*first),
            TimeClause::Until(last) if self.program.slip == Slip::UntilExcludes => date < day(*last),
            TimeClause::Until(last) => date <= day(*last),
            TimeClause::FromTo(first, last) => day(*first) <= date && date <= day(*last),
            TimeClause::InMonths(months) => months.iter().any(|month| u32::from(*month) == date.month()),
            _ => return Err(Outside("a time clause")),
        })
    }

    fn value(&self, expr: &Expr, at: Moment, bought: Option<&Bought>) -> Read<Value> {
        let yes = |expr: &Expr| match self.value(expr, at, bought)? {
            Value::Yes(yes) => Ok(yes),
            _ => Err(Outside("a condition")),
        };
        Ok(match &expr.kind {
            ExprKind::Literal(Literal::Text(text)) => Value::Text(text.to_lowercase()),
            ExprKind::Literal(Literal::Weekday(weekday)) => Value::Weekday(*weekday),
            ExprKind::Literal(Literal::Date(date)) => Value::Date(day(*date)),
            ExprKind::Literal(Literal::Time(clock)) => Value::Time(time(*clock)),
            ExprKind::Literal(_) => Value::Number(self.program.number(expr)?),
            ExprKind::Name(name) => match self.tier_called(name) {
                Some((ladder, rung)) => Value::Tier(ladder, rung),
                None => Value::Number(self.program.number(expr)?),
            },
            ExprKind::Fact(fact) => self.fact(*fact, at, bought)?,
            ExprKind::Measure(measure) => Value::Number(self.measure(measure, at)?),
            ExprKind::Not(inner) => Value::Yes(!yes(inner)?),
            ExprKind::And(all) => Value::Yes(all.iter().map(yes).collect::<Read<Vec<bool>>>()?.into_iter().all(|yes| yes)),
            ExprKind::Or(any) => Value::Yes(any.iter().map(yes).collect::<Read<Vec<bool>>>()?.into_iter().any(|yes| yes)),
            ExprKind::Compare { left, op, right } => {
                Value::Yes(compare(self.value(left, at, bought)?, *op, self.value(right, at, bought)?)?)
            }
            ExprKind::AmountOf(scope) | ExprKind::QuantityOf(scope) => {
                let bought = bought.ok_or(Outside("an amount without a purchase"))?;
                let mut sum = Ratio::ZERO;
                for line in &bought.lines {
                    if line.in_scope(scope)? {
                        sum += if matches!(expr.kind, ExprKind::AmountOf(_)) { line.amount } else { line.units };
                    }
                }
                Value::Number(sum)
            }
            ExprKind::BasketHas(scope) => {
                let bought = bought.ok_or(Outside("a basket without a purchase"))?;
                Value::Yes(!bought.within(&[scope])?.is_empty())
            }
            _ => return Err(Outside("an expression")),
        })
    }

    fn fact(&self, fact: Fact, at: Moment, bought: Option<&Bought>) -> Read<Value> {
        if fact == Fact::Tier {
            return Ok(Value::Tier(0, self.standings.first().ok_or(Outside("no ladder"))?.held));
        }
        let bought = bought.ok_or(Outside("a fact without a purchase"))?;
        let text = |text: &Option<String>| text.as_ref().map_or(Value::Missing, |text| Value::Text(text.to_lowercase()));
        Ok(match fact {
            Fact::Amount => Value::Number(bought.amount()),
            Fact::NetAmount => Value::Number(bought.net()),
            Fact::Shipping => Value::Number(Ratio::whole(bought.receipt.shipping.into())),
            Fact::Tax => Value::Number(Ratio::whole(bought.receipt.tax.into())),
            Fact::ItemCount => Value::Number(bought.lines.iter().map(|line| line.units).sum()),
            Fact::Channel => text(&bought.receipt.channel),
            Fact::Store => text(&bought.receipt.store),
            Fact::PaidWithPoints => Value::Yes(self.payments.iter().any(|payment| payment.purchase == self.bought.len())),
            Fact::PaidWithVoucher => Value::Yes(self.vouchers.iter().any(|voucher| voucher.used == Some(self.bought.len()))),
            Fact::PurchaseNumber => Value::Number(self.ordinal(&Narrowing::default(), bought)?),
            Fact::Weekday => Value::Weekday(u8::try_from(at.local.weekday().num_days_from_monday()).expect("a weekday")),
            Fact::TimeOfDay => Value::Time(at.local.time()),
            Fact::Date => Value::Date(at.local.date()),
            Fact::DaysSinceJoining => {
                let joined = self.joined.ok_or(Outside("no member"))?.local.date();
                Value::Number(Ratio::whole((at.local.date() - joined).num_days().into()))
            }
            _ => return Err(Outside("a fact")),
        })
    }

    /// Which purchase this is of those that a trigger counts.
    pub fn ordinal(&self, narrow: &Narrowing, now: &Bought) -> Read<Ratio> {
        let measure = Measure { span: loyalty_dsl::span::Span::default(), kind: MeasureKind::Purchases, narrow: narrow.clone() };
        Ok(self.measure(&measure, now.at)? + Ratio::whole(1))
    }

    /// Whether a purchase is one of those that words behind a trigger or a measure mean.
    pub fn narrowed(&self, narrow: &Narrowing, bought: &Bought) -> Read<bool> {
        let mut all = true;
        for place in &narrow.places {
            all &= placed(&place.node, bought)?;
        }
        for over in &narrow.over {
            all &= self.is_over(&over.node, bought.amount())?;
        }
        let scopes: Vec<&Scope> = narrow.scopes.iter().map(|scope| &scope.node).collect();
        Ok(all && (scopes.is_empty() || !bought.within(&scopes)?.is_empty()))
    }

    /// Whether a purchase, with an amount to look at, has the words of a voucher; scopes choose its lines.
    pub fn fits_narrow(&self, narrow: &Narrowing, bought: &Bought, amount: Ratio) -> Read<bool> {
        let mut all = true;
        for place in &narrow.places {
            all &= placed(&place.node, bought)?;
        }
        for over in &narrow.over {
            all &= self.is_over(&over.node, amount)?;
        }
        Ok(all)
    }

    /// Whether a moment lies in a window that ends now. "In last 12 months: later than the same local date-time 12 months ago."
    pub fn in_window(&self, window: Option<&Window>, then: Moment, now: Moment) -> Read<bool> {
        let joined = self.joined.map_or(now, |joined| joined).local.date();
        Ok(match window {
            // What came before is left out by who asks.
            None | Some(Window::SinceJoining | Window::Ever | Window::SinceReaching) => true,
            Some(Window::Last(span)) => {
                let edge = earlier(now.local, self.program.span(span)?);
                then.local > edge || self.program.slip == Slip::WindowIncludes && then.local == edge
            }
            Some(Window::Previous(_)) => return Err(Outside("the period before")),
            Some(Window::In(period)) => {
                let first = |at: Moment| first_day(at.local.date(), *period, self.program.sunday, joined);
                first(then) == first(now)
            }
        })
    }

    /// A measure over everything that was written down so far.
    pub fn measure(&self, measure: &Measure, now: Moment) -> Read<Ratio> {
        let narrow = &measure.narrow;
        let window = narrow.window.as_ref().map(|window| &window.node);
        let scopes: Vec<&Scope> = narrow.scopes.iter().map(|scope| &scope.node).collect();
        let (entries, purchases) = match (window, self.standings.as_slice()) {
            (Some(Window::SinceReaching), [one]) => one.since,
            (Some(Window::SinceReaching), _) => return Err(Outside("since reaching one of several tiers")),
            _ => (0, 0),
        };
        if let MeasureKind::Earned(name) = &measure.kind {
            let wallet = &self.program.wallets[self.program.wallet_called(&name.node)?].name;
            let mut sum = Ratio::ZERO;
            for entry in self.entries.iter().skip(entries) {
                let earned = matches!(entry.kind, Kind::Earn | Kind::Multiply | Kind::Grant | Kind::TakeBack);
                if earned && entry.what == What::Wallet(wallet.clone()) && self.in_window(window, entry.made, now)? {
                    sum += entry.earned;
                }
            }
            return Ok(sum);
        }
        if let MeasureKind::Balance(name) = &measure.kind {
            return Ok(self.balance(self.program.wallet_called(&name.node)?, now.local.date()));
        }
        if matches!(measure.kind, MeasureKind::Referrals) {
            let mut count = 0;
            for at in &self.referrals {
                count += i128::from(self.in_window(window, *at, now)?);
            }
            return Ok(Ratio::whole(count));
        }
        let mut counted: Vec<&Bought> = Vec::new();
        for bought in self.bought.iter().skip(purchases).filter(|bought| bought.counts && !bought.returned) {
            if self.narrowed(narrow, bought)? && self.in_window(window, bought.at, now)? {
                counted.push(bought);
            }
        }
        let mut sum = Ratio::ZERO;
        for bought in &counted {
            let mut of_purchase = Ratio::ZERO;
            for line in bought.within(&scopes)? {
                of_purchase += match measure.kind {
                    MeasureKind::Spend => self.base(bought, &bought.lines[line])?,
                    MeasureKind::GrossSpend => bought.lines[line].amount,
                    MeasureKind::Items => bought.lines[line].units,
                    _ => Ratio::ZERO,
                };
            }
            // "`spend` once per purchase."
            sum += of_purchase.rounded(self.program.round, Ratio::whole(1));
        }
        match measure.kind {
            MeasureKind::Spend | MeasureKind::GrossSpend | MeasureKind::Items => Ok(sum),
            MeasureKind::Purchases => Ok(Ratio::whole(counted.len().try_into().expect("few"))),
            MeasureKind::DaysWithPurchase => {
                let days: std::collections::BTreeSet<NaiveDate> = counted.iter().map(|bought| bought.at.local.date()).collect();
                Ok(Ratio::whole(days.len().try_into().expect("few")))
            }
            MeasureKind::Different(fact) => {
                let mut found = std::collections::BTreeSet::new();
                for bought in &counted {
                    if fact == Fact::Store {
                        found.extend(bought.receipt.store.clone());
                    }
                    for line in bought.within(&scopes)?.into_iter().map(|line| &bought.lines[line]) {
                        let text = match fact {
                            Fact::Category => &line.category,
                            Fact::Product => &line.product,
                            Fact::Brand => &line.brand,
                            _ => continue,
                        };
                        found.extend((line.amount.positive() && !text.is_empty()).then(|| text.clone()));
                    }
                }
                Ok(Ratio::whole(found.len().try_into().expect("few")))
            }
            _ => Err(Outside("a measure")),
        }
    }
}

/// "A comparison with a fact that is missing is false, `is not` included."
fn compare(left: Value, op: CmpOp, right: Value) -> Read<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (&left, &right) {
        (Value::Missing, _) | (_, Value::Missing) => return Ok(false),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Tier(a, one), Value::Tier(b, other)) if a == b => one.cmp(other),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Weekday(a), Value::Weekday(b)) => a.cmp(b),
        _ => return Err(Outside("a comparison")),
    };
    Ok(match op {
        CmpOp::Is => order == Equal,
        CmpOp::IsNot => order != Equal,
        CmpOp::Over => order == Greater,
        CmpOp::Under => order == Less,
        CmpOp::AtLeast => order != Less,
        CmpOp::AtMost => order != Greater,
    })
}

fn placed(place: &Place, bought: &Bought) -> Read<bool> {
    let (names, fact) = match place {
        Place::Via(names) => (names, &bought.receipt.channel),
        Place::InStore(names) => (names, &bought.receipt.store),
        _ => return Err(Outside("a place")),
    };
    Ok(fact.as_ref().is_some_and(|fact| named(names, fact)))
}

fn named(names: &[Name], fact: &str) -> bool {
    names.iter().any(|name| name.node.to_lowercase() == fact.to_lowercase())
}

impl Line {
    pub fn in_scope(&self, scope: &Scope) -> Read<bool> {
        let is = |names: &[Name], fact: &str| !self.shipping && !fact.is_empty() && named(names, fact);
        Ok(match scope {
            Scope::Category(names) => is(names, &self.category),
            Scope::Brand(names) => is(names, &self.brand),
            Scope::Product(names) => is(names, &self.product),
            // "`excluding …` leaves shipping in."
            Scope::Excluding(inner) => !self.in_scope(inner)?,
            _ => return Err(Outside("a scope")),
        })
    }
}
