//! The bound in sentences.

use super::curve::{Line, ZERO};
use super::parts::Part;
use super::{Exposure, Often, PerPurchase, Unbounded, ceiling};
use crate::program::{CmpOp, Expr, Fact, ItemFilter, Program, Scope, TextSet, Trigger, When};
use crate::source::Sources;
use crate::span::Span;
use crate::value::{Checked, Decimal, Exact, Rounding};

/// The last lines of `check`: on a purchase, of a customer and year, in all, and what is counted.
#[must_use]
pub fn sentences(program: &Program, sources: &Sources, exposure: &Exposure) -> Vec<String> {
    let say = Say { program, sources };
    let mut out = vec![say.purchase(exposure), say.year(exposure)];
    out.extend(say.whole(exposure));
    out.extend(say.accounts(exposure));
    if out.iter().any(|line| line.contains('%') || line.contains(&program.currency.code)) {
        out.push("  Counted: gifts at their cost, points at the most that they can buy, nothing lapsing or left unused.".to_owned());
    }
    out
}

/// One line for reports.
#[must_use]
pub fn answer(program: &Program, sources: &Sources, exposure: &Exposure) -> String {
    Say { program, sources }.purchase(exposure).trim_start().to_owned()
}

/// Says amounts and places.
pub(crate) struct Say<'a> {
    pub program: &'a Program,
    pub sources: &'a Sources,
}

impl Say<'_> {
    fn purchase(&self, exposure: &Exposure) -> String {
        let beside = self.beside(exposure);
        match &exposure.purchase {
            Err(reasons) => {
                let why: Vec<String> = reasons.iter().take(3).map(|reason| self.reason(reason)).collect();
                let more = if reasons.len() > 3 { format!(" and {} more", reasons.len().saturating_sub(3)) } else { String::new() };
                format!("  For a purchase there is no bound: {}{more}. A limit sets one: at most … per purchase.{beside}", why.join("; "))
            }
            Ok(bound) if bound.pair == Line { rate: ZERO, fixed: ZERO } => {
                format!("  Nothing is given away on a purchase.{beside}")
            }
            Ok(bound) => {
                let lines = self.lines(&bound.spans);
                let who = if bound.who.is_empty() { String::new() } else { format!(": {}", bound.who.join(", ")) };
                let summed =
                    if bound.summed { " This may be too high: there are too many rules that exclude one another to try all." } else { "" };
                format!("  At most {}{lines}{who}.{summed}{beside}", self.pair(bound))
            }
        }
    }

    /// `12.5% of a purchase, and 3.20 EUR whatever its amount`
    pub(crate) fn pair(&self, bound: &PerPurchase) -> String {
        let Line { rate, fixed } = bound.pair;
        let whole = bound.share.filter(|share| fixed > ZERO && *share > rate);
        let together = whole.map_or_else(String::new, |share| format!(", together never more than {} of it", percent(share)));
        let capped = bound.most.filter(|_| rate > ZERO).map_or_else(String::new, |most| format!(", never more than {}", self.money(most)));
        match (rate > ZERO, fixed > ZERO) {
            (true, false) => format!("{} of a purchase is given away{capped}", percent(rate)),
            (false, _) => format!("{} is given away on a purchase, whatever its amount{together}", self.money(fixed)),
            (true, true) => {
                format!("{} of a purchase is given away, and {} whatever its amount{together}{capped}", percent(rate), self.money(fixed))
            }
        }
    }

    fn year(&self, exposure: &Exposure) -> String {
        match &exposure.year.curve {
            Some(curve) => match lasting(curve) {
                Ok(Line { rate, fixed }) => {
                    // Where everything is capped, the sum says more than the rate.
                    let most = curve.most().ok().flatten().filter(|_| rate > ZERO);
                    let capped = most.map_or_else(String::new, |most| format!(", never more than {}", self.money(most)));
                    let words = match (rate > ZERO, fixed > ZERO) {
                        (false, false) => "nothing on purchases".to_owned(),
                        (true, false) => format!("at most {} of spend{capped}", percent(rate)),
                        (false, true) => format!("at most {}", self.money(fixed)),
                        (true, true) => format!("at most {} of spend, plus {}{capped}", percent(rate), self.money(fixed)),
                    };
                    format!("  Per customer and year: {words}.")
                }
                Err(_) => "  Per customer and year the numbers are too large to reckon with.".to_owned(),
            },
            None => {
                let why: Vec<String> = exposure.year.without.iter().take(3).map(|(span, each)| self.without(*span, *each)).collect();
                let rest = exposure.year.without.len().saturating_sub(3);
                let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
                let why = if why.is_empty() { String::new() } else { format!(": {}{more}", why.join("; ")) };
                format!("  Per customer and year there is no bound{why}.")
            }
        }
    }

    fn without(&self, span: Span, each: Option<Exact>) -> String {
        let line = self.line(span);
        match each {
            Some(each) => format!("{line} gives {} as often as it happens", self.money(each)),
            None => format!("{line} has no limit"),
        }
    }

    fn whole(&self, exposure: &Exposure) -> Option<String> {
        let mut said = Vec::new();
        for (span, amount, per) in &exposure.whole.budgets {
            let per = per.map_or_else(String::new, |per| format!(" per {}", per.word()));
            said.push(format!("at most {}{per} ({})", self.money(Exact::whole(i128::from(*amount))), self.line(*span)));
        }
        if exposure.whole.prizes > ZERO {
            said.push(format!("prizes of {}", self.money(exposure.whole.prizes)));
        }
        (!said.is_empty()).then(|| format!("  For all customers together: {}.", said.join(", and ")))
    }

    /// What every new account gets without buying anything is told as what it is.
    fn accounts(&self, exposure: &Exposure) -> Option<String> {
        let worthless: Vec<&str> = self
            .program
            .wallets
            .iter()
            .zip(&exposure.worths.units)
            .filter(|(_, worth)| **worth == ZERO)
            .map(|(wallet, _)| wallet.name.as_str())
            .collect();
        (!worthless.is_empty()).then(|| format!("  Without value, because nothing can be bought with them: {}.", worthless.join(", ")))
    }

    fn beside(&self, exposure: &Exposure) -> String {
        let mut out = String::new();
        if !exposure.shipping.is_empty() {
            out.push_str(&format!(" Free shipping comes on top{}.", self.lines(&exposure.shipping)));
        }
        if !exposure.prices.is_empty() {
            out.push_str(&format!(
                " What price lists take off comes on top{}: it depends on the price at the till.",
                self.lines(&exposure.prices)
            ));
        }
        out
    }

    fn reason(&self, reason: &Unbounded) -> String {
        match reason {
            Unbounded::PerItem(span) => format!("{} counts items, whatever they cost", self.line(*span)),
            Unbounded::Data(span) => format!("{} gives what the data say", self.line(*span)),
        }
    }

    /// `line 17`
    pub(crate) fn line(&self, span: Span) -> String {
        let line = self.sources.place(span).line;
        if span.file == 0 {
            format!("line {line}")
        } else {
            format!("line {line} of {}", self.sources.file(span.file).map_or("", |file| &file.name))
        }
    }

    /// ` (lines 12 and 17)`
    pub(crate) fn lines(&self, spans: &[Span]) -> String {
        let mut numbers: Vec<(u16, usize)> = spans.iter().map(|span| (span.file, self.sources.place(*span).line)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        match numbers.as_slice() {
            [] => String::new(),
            [_] => format!(" ({})", spans.first().map(|span| self.line(*span)).unwrap_or_default()),
            many => {
                let words: Vec<String> = many.iter().map(|(_, line)| line.to_string()).collect();
                let (last, first) = words.split_last().map_or_else(Default::default, |(last, first)| (last.as_str(), first.join(", ")));
                format!(" (lines {first} and {last})")
            }
        }
    }

    /// Minor units as money, rounded up.
    pub(crate) fn money(&self, minor: Exact) -> String {
        money(self.program, minor)
    }
}

/// Minor units as money, rounded up: `3.20 EUR`.
pub(crate) fn money(program: &Program, minor: Exact) -> String {
    let currency = &program.currency;
    format!("{} {}", Decimal::new(ceiling(minor), currency.decimals), currency.code)
}

/// A share rounded up to two decimals of a percent: `12.5%`.
pub(crate) fn percent(share: Exact) -> String {
    let hundredths = share.times(Exact::whole(10_000)).and_then(|share| share.round(Rounding::Up)).unwrap_or(i128::MAX);
    format!("{}%", Decimal::new(hundredths, 2).normal())
}

/// The rate that lasts as spending grows and the sum beside it; where everything is capped, the largest rate.
pub(super) fn lasting(curve: &super::Curve) -> Checked<Line> {
    let last = curve.stretches().last().map_or(ZERO, |stretch| stretch.line.rate);
    if last > ZERO { curve.beside(last, 0) } else { curve.pair() }
}

/// How often, for those who read data.
pub(crate) fn times(often: Often) -> Option<i64> {
    match often {
        Often::AtMost(times) => Some(times),
        Often::NoBound => None,
    }
}

/// Who and what purchase it takes, in the order of the sentences, each once.
pub(super) fn who(program: &Program, makers: &[&Part]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in makers {
        let rule = &part.rule;
        let mut said: Vec<String> = Vec::new();
        for test in &rule.tests {
            said.extend(condition(program, &test.expr));
        }
        said.extend(occasion(&rule.trigger));
        said.extend(rule.when.iter().filter_map(|(when, _)| day(program, when)));
        said.extend(rule.scope.as_ref().and_then(|scope| goods(program, scope)));
        for words in said {
            if !out.contains(&words) {
                out.push(words);
            }
        }
    }
    out.truncate(6);
    out
}

fn condition(program: &Program, expr: &Expr) -> Option<String> {
    match expr {
        Expr::Compare { left, op, right } => match (&**left, op, &**right) {
            (Expr::TierOf(_), CmpOp::Is, Expr::Tier(tier)) => Some(program.tier_name(*tier).to_owned()),
            (Expr::TierOf(_), CmpOp::AtLeast, Expr::Tier(tier)) => Some(format!("{} or above", program.tier_name(*tier))),
            (Expr::Fact(Fact::Channel | Fact::Store | Fact::Payment | Fact::Partner | Fact::Coupon), CmpOp::Is, Expr::Texts(set)) => {
                Some(texts(program, set))
            }
            _ => None,
        },
        Expr::InSegment(id) => program.segments.get(id.index()).map(|segment| segment.name.clone()),
        _ => None,
    }
}

fn occasion(trigger: &Trigger) -> Option<String> {
    match trigger {
        Trigger::Nth { after: false, n, .. } => Some(format!("purchase {n}")),
        Trigger::Nth { after: true, n, .. } => Some(format!("after purchase {n}")),
        Trigger::EveryNth { n, .. } => {
            Some(format!("every {n}th purchase").replace("1th", "1st").replace("2th", "2nd").replace("3th", "3rd"))
        }
        Trigger::Birthday => Some("birthday".to_owned()),
        _ => None,
    }
}

fn day(program: &Program, when: &When) -> Option<String> {
    Some(match when {
        When::Weekdays(0b110_0000) => "weekends".to_owned(),
        When::During(id) => program.calendars.get(id.index())?.name.clone(),
        When::Birthday | When::AroundBirthday { .. } => "birthday".to_owned(),
        When::BirthdayMonth => "birthday month".to_owned(),
        When::Between(from, to) => format!("{from} to {to}"),
        _ => return None,
    })
}

fn goods(program: &Program, scope: &Scope) -> Option<String> {
    match scope {
        Scope::Items(ItemFilter::Category(set) | ItemFilter::Brand(set) | ItemFilter::Product(set)) => Some(texts(program, set)),
        Scope::Cheapest(_) => Some("the cheapest item".to_owned()),
        Scope::Shipping => Some("shipping".to_owned()),
        _ => None,
    }
}

fn texts(program: &Program, set: &TextSet) -> String {
    let words: Vec<&str> = set.iter().filter_map(|id| program.texts.get(id.index())).map(String::as_str).collect();
    words.join(" or ")
}
