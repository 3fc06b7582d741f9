//! What single words and values mean: literals, names, facts, fields of the data.

use super::infer::{Typed, typed};
use super::types::{fact_words, power};
use super::values::counts_things;
use super::{Checker, Here, errors};
use crate::diagnostic::Diagnostic;
use crate::program::{Attribute, AttributeId, AttributeOf, Expr, Fact, LadderId, SegmentId, TextId, TierId, Type, WalletKind};
use crate::span::Span;
use crate::syntax::ast::{self, DurationUnit, Literal};
use crate::value::{Decimal, Exact, name_key};

impl<'a> Checker<'a> {
    /// A value written out.
    pub(crate) fn literal(&mut self, literal: &'a Literal, want: Option<Type>, span: Span) -> Option<Typed> {
        let exact = |n: &Decimal| Exact::try_from(*n).ok();
        if let Literal::Number(n) | Literal::Count { amount: n, .. } = literal {
            self.digits_behind_point(*n, literal, span)?;
        }
        match literal {
            Literal::Number(n) => match want {
                Some(kind @ (Type::Money | Type::Percent | Type::Points(_))) => {
                    let samples = [self.sample(kind, &n.to_string())];
                    self.report(errors::bare_number(&n.to_string(), &samples, span));
                    None
                }
                Some(Type::Days) => typed(Expr::Number(exact(n)?), Type::Days),
                _ => typed(Expr::Number(exact(n)?), Type::Number),
            },
            Literal::Percent(n) => {
                let fraction = exact(n)?.divided_by(Exact::whole(100)).ok()?;
                typed(Expr::Number(fraction), Type::Percent)
            }
            Literal::Money { amount, currency } => {
                let minor = self.minor_units(*amount, currency, span)?;
                typed(Expr::Number(minor), Type::Money)
            }
            Literal::Count { amount, unit } => {
                if let Some(wallet) = self.wallet_quietly(&unit.node) {
                    let kind = self.wallet_type(wallet);
                    if kind == Type::Money {
                        let name = self.wallet_name(wallet);
                        self.report(errors::count_of_money_wallet(&amount.to_string(), &name, &self.program.currency.code, span));
                        return None;
                    }
                    return typed(Expr::Number(exact(amount)?), kind);
                }
                if counts_things(&unit.node) {
                    return typed(Expr::Number(exact(amount)?), Type::Number);
                }
                let problem = self.unknown_unit(unit, &amount.to_string());
                self.report(problem);
                None
            }
            Literal::Duration(duration) => self.days(duration.count, duration.unit, want, span),
            Literal::Text(text) => self.text(text, want, span),
            Literal::Date(date) => typed(Expr::Date(*date), Type::Date),
            Literal::DateTime(moment) => {
                self.report(errors::date_alone(&moment.date().to_string(), span));
                None
            }
            Literal::YearDay(_) => {
                self.report(errors::no_year_here(self.sources.text(span), span));
                None
            }
            Literal::Time(time) => typed(Expr::Time(*time), Type::Time),
            Literal::Weekday(day) => typed(Expr::Weekday(*day), Type::Weekday),
            Literal::Month(_) => {
                self.report(errors::month_here(self.sources.text(span), span));
                None
            }
            Literal::YesNo(yes) => typed(Expr::YesNo(*yes), Type::YesNo),
        }
    }

    /// A count in whole steps is written without decimals, and nowhere has `1.500` a reason for its last zero: a thousand
    /// may be meant.
    fn digits_behind_point(&mut self, amount: Decimal, literal: &Literal, span: Span) -> Option<()> {
        let readings = thousand_or_one(amount);
        let unit = match literal {
            Literal::Count { unit, .. } => Some(unit.node.as_str()),
            _ => None,
        };
        let wallet = unit.and_then(|unit| self.wallet_quietly(unit)).and_then(|id| self.program.wallets.get(id.index()));
        let help = readings.map(|(thousands, small)| {
            let words = |number: Decimal| match (unit, wallet) {
                (Some(_), Some(wallet)) => errors::counted(&number.to_string(), &wallet.name),
                (Some(unit), None) => format!("{number} {unit}"),
                (None, _) => number.to_string(),
            };
            let fits = wallet.is_none_or(|wallet| self.here.rate || small.scale <= wallet.scale);
            let second = if fits { format!(" — or: {}", self.rewritten(span, &words(small))) } else { String::new() };
            format!("{}{second}", self.rewritten(span, &words(thousands)))
        });
        let problem = match wallet.filter(|wallet| wallet.kind != WalletKind::Money && amount.scale > wallet.scale) {
            Some(wallet) if !self.here.rate => {
                errors::fraction_of(&wallet.name, self.sources.text(span), wallet.kind == WalletKind::Stamps, help, span)
            }
            _ if help.is_some() && amount.normal().scale < amount.scale => {
                errors::thousand_or_one(self.sources.text(span), &help.unwrap_or_default(), span)
            }
            _ => return Some(()),
        };
        self.report(problem);
        None
    }

    fn days(&mut self, count: u32, unit: DurationUnit, want: Option<Type>, span: Span) -> Option<Typed> {
        let count = i128::from(count);
        match unit {
            DurationUnit::Days => typed(Expr::Number(Exact::whole(count)), Type::Days),
            DurationUnit::Weeks => typed(Expr::Number(Exact::whole(count.checked_mul(7)?)), Type::Days),
            // `age is at least 18 years`
            DurationUnit::Years if want == Some(Type::Number) => typed(Expr::Number(Exact::whole(count)), Type::Number),
            _ => {
                let days = match unit {
                    DurationUnit::Hours => count.div_euclid(24).max(1),
                    DurationUnit::Months => count.saturating_mul(365).div_euclid(12),
                    DurationUnit::Quarters => count.saturating_mul(365).div_euclid(4),
                    _ => count.saturating_mul(365),
                };
                let days = u32::try_from(days).unwrap_or(u32::MAX);
                self.report(errors::span_in_days(self.sources.text(span), days, span));
                None
            }
        }
    }

    /// Money in minor units; of the program's currency, with at most its decimals.
    pub(crate) fn minor_units(&mut self, amount: Decimal, currency: &str, span: Span) -> Option<Exact> {
        let own = &self.program.currency;
        let minor = Exact::try_from(amount).ok().and_then(|amount| amount.times(power(own.decimals)).ok());
        let Some(minor) = minor else {
            self.report(errors::too_large(span));
            return None;
        };
        if !self.currency_known {
            return Some(minor);
        }
        if currency != own.code && currency != own.symbol {
            let help = self.rewritten(span, &format!("{amount} {}", own.code));
            self.report(errors::other_currency(currency, &own.code.clone(), span, &help));
            return None;
        }
        // The digits written count: `1.000 EUR` is a thousand to some readers.
        if amount.scale > own.decimals && !self.here.exact_money {
            let (code, decimals) = (own.code.clone(), own.decimals);
            // Another amount is no correction; zeros too many are.
            let nearest = super::types::whole(minor);
            let mut help = nearest.map(|minor| self.rewritten(span, &self.money_words(minor)));
            if let (Some((thousands, _)), Some(nearest)) = (thousand_or_one(amount), &mut help) {
                *nearest = format!("{} — or: {nearest}", self.rewritten(span, &format!("{thousands} {code}")));
            }
            let text = self.sources.text(span).to_owned();
            self.report(errors::decimals(&text, (&code, decimals), amount.scale, span, help));
            return None;
        }
        Some(minor)
    }

    fn text(&mut self, text: &'a str, want: Option<Type>, span: Span) -> Option<Typed> {
        match want {
            Some(Type::Tier) => typed(Expr::Tier(self.tier(text, span)?), Type::Tier),
            Some(Type::YesNo) if self.scope.segments.find(text).is_some() => self.segment_test(text, span),
            _ => {
                let id = self.intern_text(text);
                typed(Expr::Texts(vec![id]), Type::Text)
            }
        }
    }

    /// A bare word: a parameter, a tier, a segment, or beside a text a text.
    pub(crate) fn word(&mut self, word: &'a str, want: Option<Type>, span: Span) -> Option<Typed> {
        // An empty word stands for what could not be read, and that is reported.
        if word.is_empty() {
            return None;
        }
        if let Some(param) = self.scope.param(word) {
            if self.here.depth > 16 {
                self.report(errors::circular_param(word, span, param.name.span));
                return None;
            }
            let here = Here { depth: self.here.depth.saturating_add(1), ..self.here };
            return self.within(here, |checker| checker.infer(param.value, want));
        }
        match want {
            Some(Type::Text) => self.text(word, want, span),
            Some(Type::Tier) => typed(Expr::Tier(self.tier(word, span)?), Type::Tier),
            _ if self.scope.segments.find(word).is_some() => self.segment_test(word, span),
            _ if self.scope.tiers.find(word).is_some() => typed(Expr::Tier(self.tier(word, span)?), Type::Tier),
            _ => {
                let problem = self.unknown_word(word, span);
                self.report(problem);
                None
            }
        }
    }

    /// The problem of a word that means nothing here.
    pub(crate) fn unknown_word(&self, word: &str, span: Span) -> Diagnostic {
        let code = &self.program.currency.code;
        if is_currency_in_words(word) && self.currency_known {
            return errors::currency_in_words(word, code, self.rewritten(span, &format!("1 {code}")), span);
        }
        if let Some(gift) = self.gift_meant(word) {
            return errors::is_a_gift(word, &self.rewritten(span, &gift), span);
        }
        if let Some(wallet) = self.wallet_quietly(word) {
            let name = super::lower_lists::quoted_if_needed(&self.wallet_name(wallet));
            return errors::name_without_kind(word, "a wallet", &self.rewritten(span, &format!("balance of {name}")), span);
        }
        let calendars = &self.scope.calendars;
        if let Some(calendar) = calendars.find(word).and_then(|at| calendars.0.get(at)) {
            let name = super::lower_lists::quoted_if_needed(&calendar.name);
            return errors::name_without_kind(word, "a calendar", &format!("during {name}"), span);
        }
        if word.eq_ignore_ascii_case("access") {
            return errors::name_without_kind(word, "not complete", &self.rewritten(span, "access \"Early sale\""), span);
        }
        let params = self.scope.params.iter().map(|p| p.name.node.as_str());
        let names = [&self.scope.segments, &self.scope.tiers].into_iter().flat_map(|n| &n.0).map(|e| e.name.as_str());
        let facts = crate::program::FACTS.iter().map(|fact| fact.words);
        let said = OTHER_WORDS.iter().find(|(other, _)| word.eq_ignore_ascii_case(other)).map(|(_, fact)| *fact);
        let near = said.or_else(|| crate::diagnostic::nearest(word, params.chain(names).chain(facts)));
        let help = near.map(|near| self.rewritten(span, near));
        errors::unknown_word(word, help, span)
    }

    fn segment_test(&mut self, name: &str, span: Span) -> Option<Typed> {
        typed(Expr::InSegment(self.segment(name, span)?), Type::YesNo)
    }

    /// The segment of a name.
    pub(crate) fn segment(&mut self, name: &str, span: Span) -> Option<SegmentId> {
        let found = self.scope.segments.find(name).and_then(|i| u16::try_from(i).ok()).map(SegmentId);
        let Some(id) = found else {
            let problem = self.unknown("segment", name, span);
            self.report(problem);
            return None;
        };
        if let Some(early) = self.here.early
            && let Some(late) = self.late_segment(id)
        {
            self.report(errors::too_early(late, span, early));
            return None;
        }
        Some(id)
    }

    pub(crate) fn fact(&mut self, fact: Fact, span: Span) -> Option<Typed> {
        let info = crate::program::fact_info(fact)?;
        if info.about == crate::program::About::Item && !self.here.items {
            self.report(errors::item_fact(info.words, span));
            return None;
        }
        if let (Fact::NetAmount | Fact::NetGoods | Fact::ItemDiscount | Fact::PaidWithPoints | Fact::PaidWithVoucher, Some(early)) =
            (fact, self.here.early)
        {
            self.report(errors::too_early(fact_words(fact), span, early));
            return None;
        }
        if fact == Fact::Tier {
            return typed(Expr::TierOf(self.ladder_called(None, span)?), Type::Tier);
        }
        typed(Expr::Fact(fact), info.kind)
    }

    /// The ladder of a name; without a name the main one.
    pub(crate) fn ladder_called(&mut self, name: Option<&ast::Name>, span: Span) -> Option<LadderId> {
        let found = self.scope.ladder(name.map(|name| name.node.as_str()));
        if found.is_none() {
            let names: Vec<&str> = self.scope.ladders.iter().filter_map(|l| Some(l.name.as_ref()?.node.as_str())).collect();
            let problem = errors::unknown_ladder(name.map(|name| name.node.as_str()), &names, span);
            self.report(problem);
        }
        found
    }

    /// The tier of a name.
    pub(crate) fn tier(&mut self, name: &str, span: Span) -> Option<TierId> {
        if name.is_empty() {
            return None;
        }
        let found = self.scope.tiers.find(name).and_then(|i| self.scope.tier_ids.get(i)).copied();
        if found.is_none() {
            let problem = self.unknown("tier", name, span);
            self.report(problem);
        }
        found
    }

    pub(crate) fn attribute(&mut self, of: ast::AttributeOf, name: &'a ast::Name, want: Option<Type>) -> Option<Typed> {
        if of == ast::AttributeOf::Item && !self.here.items {
            self.report(errors::item_fact(&format!("item.{}", name.node), name.span));
            return None;
        }
        let as_type = match want {
            None | Some(Type::Tier) => Type::Text,
            Some(kind) => kind,
        };
        let of = match of {
            ast::AttributeOf::Customer => AttributeOf::Customer,
            ast::AttributeOf::Purchase => AttributeOf::Purchase,
            ast::AttributeOf::Item => AttributeOf::Item,
        };
        let attribute = self.intern_attribute(of, &name.node);
        typed(Expr::Attribute { of, attribute, as_type }, as_type)
    }

    /// A data field by its place in the program's list.
    pub(crate) fn intern_attribute(&mut self, of: AttributeOf, name: &str) -> AttributeId {
        let key = name_key(name);
        let list = &mut self.program.attributes;
        let at = list.iter().position(|known| known.of == of && name_key(&known.name) == key).unwrap_or_else(|| {
            list.push(Attribute { of, name: name.to_owned() });
            list.len().saturating_sub(1)
        });
        AttributeId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// A text by its place in the program's list.
    pub(crate) fn intern_text(&mut self, text: &str) -> TextId {
        let list = &mut self.program.texts;
        let at = *self.texts.entry(name_key(text)).or_insert_with(|| {
            list.push(text.to_owned());
            list.len().saturating_sub(1)
        });
        TextId(u32::try_from(at).unwrap_or(u32::MAX))
    }
}

/// What `1.500` may mean: with three digits behind the point a thousand of some readers, or the number it is.
pub(super) fn thousand_or_one(amount: Decimal) -> Option<(Decimal, Decimal)> {
    let digits = amount.mantissa.unsigned_abs();
    let grouped = amount.scale == 3 && (1_000..1_000_000).contains(&digits);
    grouped.then(|| (Decimal::new(amount.mantissa, 0), amount.normal()))
}

/// What other systems call facts.
const OTHER_WORDS: [(&str, &str); 24] = [
    ("basket", "amount"),
    ("cart", "amount"),
    ("total", "amount"),
    ("subtotal", "amount"),
    ("sum", "amount"),
    ("bill", "amount"),
    ("receipt", "amount"),
    ("turnover", "amount"),
    ("betrag", "amount"),
    ("summe", "amount"),
    ("сумма", "amount"),
    ("金额", "amount"),
    ("level", "tier"),
    ("status", "tier"),
    ("rank", "tier"),
    ("shop", "store"),
    ("branch", "store"),
    ("visits", "purchases"),
    ("orders", "purchases"),
    ("hour", "time of day"),
    ("time", "time of day"),
    ("day", "weekday"),
    ("dob", "birthday"),
    ("birthdate", "birthday"),
];

/// Whether a word says what the currency's code says: `euros` for EUR.
pub(super) fn is_currency_in_words(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "euro",
        "dollar",
        "pound",
        "franc",
        "franken",
        "yen",
        "ruble",
        "rouble",
        "рубль",
        "рублей",
        "рубля",
        "руб",
        "р",
        "krona",
        "krone",
        "kronor",
        "kroner",
        "kronen",
        "koruna",
        "korun",
        "zloty",
        "złoty",
        "złotych",
        "forint",
        "lira",
        "rupee",
        "yuan",
        "rand",
        "quid",
        "buck",
        "евро",
        "доллар",
        "долларов",
        "доллара",
        "тенге",
        "гривен",
        "гривна",
        "гривны",
        "元",
        "人民币",
        "块",
        "円",
        "원",
    ];
    let word = word.to_lowercase();
    WORDS.contains(&word.strip_suffix('s').unwrap_or(&word))
}
