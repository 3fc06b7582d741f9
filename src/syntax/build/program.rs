//! The program, its wallets and its ladders.

use super::expr::{period, period_in, round_mode};
use super::literal::weekday;
use super::{Builder, P, first, has, kid, kids};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    Combine, EndOf, ExpireAfter, ExpireAt, Expr, ExprKind, Landing, Measure, MeasureKind, Members, Narrowing, OtherClock, Period,
    ProgramDecl, ReturnsSetting, Setting, SpendOrder, StatementKind, TierRow, TierSetting, TiersChange, TiersDecl, WalletDecl, WalletKind,
    WalletSetting,
};
use crate::syntax::grammar::Rule;
use crate::syntax::{errors, names};

impl Builder<'_> {
    /// `program "Coffee Club" currency EUR …`
    pub fn program(&mut self, pair: &P) -> StatementKind {
        let name = self.name_in(pair);
        let mut settings = Vec::new();
        let mut before = None;
        for piece in pair.clone().into_inner() {
            match piece.as_rule() {
                Rule::k_program | Rule::name => {}
                Rule::junk => self.junk(&piece, Rule::probe_setting, before),
                _ => {
                    before = Some(piece.as_span().start());
                    let span = self.span(&piece);
                    settings.extend(self.settings(&piece).into_iter().map(|s| Spanned::new(s, span)));
                }
            }
        }
        StatementKind::Program(ProgramDecl { name, settings })
    }

    fn settings(&mut self, piece: &P) -> Vec<Setting> {
        if piece.as_rule() == Rule::s_returns {
            return kids(piece, Rule::return_choice).map(|choice| Setting::Returns(returns(&choice))).collect();
        }
        self.setting(piece).into_iter().collect()
    }

    fn setting(&mut self, piece: &P) -> Option<Setting> {
        Some(match piece.as_rule() {
            Rule::s_currency => {
                let code = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_currency)?;
                let code = self.any_text(&code);
                let right = code.node.to_uppercase();
                if right != code.node && crate::value::currency(&right).is_some() {
                    let line = self.rewritten(piece, &format!("currency {right}"));
                    self.report(errors::currency_in_capitals(code.span, &line));
                }
                Setting::Currency(right)
            }
            Rule::s_timezone => {
                let zone = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_timezone)?;
                Setting::Timezone(self.any_text(&zone).node)
            }
            Rule::s_language => Setting::Language(self.whole(piece)),
            Rule::s_starts => Setting::Starts(self.date_in(piece).node),
            Rule::s_ends => Setting::Ends(self.date_in(piece).node),
            Rule::s_count => Setting::CountEarlierPurchases,
            Rule::s_members => {
                let how = piece.clone().into_inner().last()?;
                Setting::Members(self.members(&how))
            }
            Rule::s_earn_on => self.earn_on(piece),
            Rule::s_combine if has(piece, Rule::k_adding) => Setting::DiscountsCombine(Combine::Adding),
            Rule::s_combine if has(piece, Rule::k_compounding) => Setting::DiscountsCombine(Combine::Compounding),
            Rule::s_combine => Setting::DiscountsCombine(Combine::Best),
            Rule::s_round => Setting::RoundMoney(round_mode(piece)),
            Rule::s_tiers => Setting::TiersChange(match () {
                () if has(piece, Rule::k_review) => TiersChange::AtReviews,
                () if has(piece, Rule::k_with) => TiersChange::WithPurchase,
                () => TiersChange::AfterPurchase,
            }),
            Rule::s_week => {
                let day = kid(piece, Rule::weekday)?;
                let starts = weekday(&day);
                if starts != 0 && starts != 6 {
                    let span = self.span(&day);
                    self.report(errors::week_start(span, day.as_str().trim()));
                }
                Setting::WeekStarts { sunday: starts == 6 }
            }
            Rule::s_refunds => Setting::PayRefundsTo(self.name_in(piece)),
            Rule::s_vouchers => Setting::VouchersPayFirst,
            Rule::s_floor => {
                let floor = kid(piece, Rule::attribute)?;
                Setting::NeverBelow(Expr { span: self.span(&floor), kind: self.attribute(&floor) })
            }
            Rule::s_account => match kid(piece, Rule::attribute).map(|attribute| self.attribute(&attribute)) {
                Some(ExprKind::Attribute { name, .. }) => Setting::AccountBy(Some(name.node)),
                _ => Setting::AccountBy(None),
            },
            _ => return None,
        })
    }

    fn members(&mut self, how: &P) -> Members {
        match how.as_rule() {
            Rule::j_signup => Members::BySignup,
            Rule::j_spending => Members::AfterSpending(self.value_in(how)),
            Rule::j_purchases => match kid(how, Rule::value) {
                // `after 3 purchases` reads as one value.
                Some(value) => Members::AfterPurchases(self.value(&value)),
                None => {
                    let count = self.position_in(how);
                    let number = crate::value::Decimal::whole(i64::from(count.node));
                    let kind = ExprKind::Literal(crate::syntax::ast::Literal::Number(number));
                    Members::AfterPurchases(crate::syntax::ast::Expr { span: count.span, kind })
                }
            },
            Rule::j_if => Members::If(self.condition_in(how)),
            _ => Members::Automatically,
        }
    }

    fn earn_on(&mut self, piece: &P) -> Setting {
        let (mut after_discounts, mut tax, mut shipping, mut redeemed) = (None, false, false, false);
        for part in kids(piece, Rule::earn_part) {
            if has(&part, Rule::k_discount) {
                after_discounts = Some(has(&part, Rule::k_after));
            }
            tax |= has(&part, Rule::k_tax);
            shipping |= has(&part, Rule::k_shipping);
            redeemed |= has(&part, Rule::k_redeemed);
        }
        Setting::EarnOn { after_discounts, excluding_tax: tax, excluding_shipping: shipping, including_redeemed: redeemed }
    }

    /// `points beans …`, `stamps drinks …`, `wallet cashback …`
    pub fn wallet(&mut self, pair: &P) -> StatementKind {
        let kind = if has(pair, Rule::k_points) {
            WalletKind::Points
        } else if has(pair, Rule::k_stamps) {
            WalletKind::Stamps
        } else {
            WalletKind::Money
        };
        let name = kid(pair, Rule::name).map(|name| self.name(&name));
        let mut settings = Vec::new();
        let mut before = None;
        for piece in pair.clone().into_inner() {
            if piece.as_rule() == Rule::junk {
                self.junk(&piece, Rule::probe_wallet, before);
                continue;
            }
            let span = self.span(&piece);
            let start = piece.as_span().start();
            if let Some(setting) = self.wallet_setting(&piece, span) {
                settings.push(Spanned::new(setting, span));
                before = Some(start);
            }
        }
        let forms = kid(pair, Rule::forms).map_or_else(Vec::new, |forms| {
            let form = |form: P| (self.number_in(&form), kid(&form, Rule::unit).map(|unit| self.name(&unit)));
            kids(&forms, Rule::form).map(form).filter_map(|(number, name)| Some((number, name?))).collect()
        });
        StatementKind::Wallet(WalletDecl { kind, name, forms, settings })
    }

    fn wallet_setting(&mut self, piece: &P, span: Span) -> Option<WalletSetting> {
        Some(match piece.as_rule() {
            Rule::worth => {
                let value = self.value_in(piece);
                self.money_wanted(&value);
                WalletSetting::Worth(value)
            }
            Rule::expire_after => {
                let after = match kid(piece, Rule::expire_from) {
                    Some(from) => expire_after(&from),
                    None => {
                        let value = kid(piece, Rule::value).map_or("", |v| v.as_str().trim_end()).to_owned();
                        self.report(errors::expire_after_what(span, &value));
                        ExpireAfter::Earning
                    }
                };
                let next =
                    kid(piece, Rule::at_next).and_then(|next| kid(&next, Rule::yearday)).map(|day| ExpireAt::Next(self.yearday(&day)));
                let at = kid(piece, Rule::at_end_of).map(|end| ExpireAt::End(end_of(&end))).or(next);
                let narrow = self.activity(piece);
                let or = kid(piece, Rule::other_clock).map(|other| {
                    let after = kid(&other, Rule::expire_from).map_or(ExpireAfter::Earning, |from| expire_after(&from));
                    Box::new(OtherClock { span: self.value_in(&other), after, narrow: self.activity(&other) })
                });
                WalletSetting::ExpireAfter { span: self.value_in(piece), after, narrow, or, at }
            }
            Rule::as_money => WalletSetting::CountsAsMoney,
            Rule::levels_only => WalletSetting::ForLevelsOnly,
            Rule::hold_most => WalletSetting::HoldAtMost(self.value_in(piece)),
            Rule::carry_most => WalletSetting::CarryAtMost { amount: self.value_in(piece), period: period_in(piece) },
            Rule::expire_end => {
                let plus = kid(piece, Rule::value).map(|value| self.value(&value));
                WalletSetting::ExpireAtEnd { next: has(piece, Rule::k_next), end: end_of(piece), plus }
            }
            Rule::never_expire if has(piece, Rule::tier_names) => WalletSetting::NeverExpireFor(self.tier_list(piece)),
            Rule::never_expire => WalletSetting::NeverExpire,
            Rule::pending_for => WalletSetting::PendingFor(self.value_in(piece)),
            Rule::pending_until => {
                let within = kid(piece, Rule::value).map(|value| self.value(&value));
                WalletSetting::PendingUntil { event: self.name_in(piece), within }
            }
            Rule::wallet_round => {
                let step = kid(piece, Rule::value).map(|value| self.value(&value));
                WalletSetting::Round { mode: round_mode(piece), step }
            }
            Rule::spend_order if has(piece, Rule::k_oldest) => WalletSetting::Spend(SpendOrder::Oldest),
            Rule::spend_order if has(piece, Rule::k_newest) => WalletSetting::Spend(SpendOrder::Newest),
            Rule::spend_order => WalletSetting::Spend(SpendOrder::EarliestExpiry),
            _ => return None,
        })
    }

    /// Which purchases put off an expiry.
    fn activity(&mut self, clock: &P) -> Narrowing {
        let narrow = kid(clock, Rule::expire_from).and_then(|from| kid(&from, Rule::narrowing));
        narrow.map(|narrow| self.narrowing(&narrow)).unwrap_or_default()
    }

    /// `tiers by spend …`
    pub fn tiers(&mut self, pair: &P) -> StatementKind {
        let club = kid(pair, Rule::quoted_name);
        let name = club.as_ref().and_then(|club| kid(club, Rule::name)).or_else(|| kid(pair, Rule::name));
        let name = name.map(|name| self.name(&name));
        let measure = kid(pair, Rule::measure).map(|m| self.measure(&m));
        let nothing = Measure { span: self.span(pair), kind: MeasureKind::Spend, narrow: Narrowing::default() };
        let (mut rows, mut settings) = (Vec::new(), Vec::new());
        let (mut before, mut lost_line) = (None, None);
        for piece in pair.clone().into_inner() {
            let start = piece.as_span().start();
            let span = self.span(&piece);
            match piece.as_rule() {
                Rule::junk if self.is_reserved_row(&piece) => {
                    self.broken(errors::reserved_name(span, piece.as_str().trim(), &format!("\"{}\"", piece.as_str().trim())));
                    lost_line = Some(start);
                    continue;
                }
                // The rest of a row whose name could not be read.
                _ if lost_line.is_some_and(|line| same_line(self.text, line, start)) => continue,
                Rule::junk => {
                    self.junk(&piece, Rule::probe_tier, before);
                    continue;
                }
                Rule::tier_row => rows.extend(self.tier_row(&piece, span)),
                _ => match self.tier_setting(&piece) {
                    Some(setting) => settings.push(Spanned::new(setting, span)),
                    None => continue,
                },
            }
            before = Some(start);
        }
        StatementKind::Tiers(TiersDecl { name, measure: measure.unwrap_or(nothing), by_invitation: club.is_some(), rows, settings })
    }

    /// A word of the language where the name of a tier stands, at the beginning of its line.
    fn is_reserved_row(&self, piece: &P) -> bool {
        let start = piece.as_span().start();
        let line = self.text.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or("x");
        line.trim().is_empty() && start > line.len() && names::is_reserved(piece.as_str().trim())
    }

    fn tier_row(&mut self, piece: &P, span: Span) -> Option<TierRow> {
        let row = first(piece)?;
        let mut thresholds: Vec<_> =
            kid(&row, Rule::tier_from).map(|from| kids(&from, Rule::value).map(|value| self.value(&value)).collect()).unwrap_or_default();
        let or = if thresholds.len() > 1 { thresholds.pop() } else { None };
        if let Some(sign) = kid(&row, Rule::tier_from).and_then(|from| kid(&from, Rule::tier_sign)) {
            let line = self.rewritten(&sign, "from");
            self.report(errors::tier_sign(self.span(&sign), sign.as_str().trim(), &line));
        }
        if let Some(costs) = kid(&row, Rule::by_invitation).and_then(|by| kid(&by, Rule::tier_costs)) {
            let name = self.name_in(&row).node;
            let price = kid(&costs, Rule::value).map_or("", |value| value.as_str().trim()).to_owned();
            self.broken(errors::tier_costs(self.span(&costs), &name, &price));
        }
        let by_invitation = has(&row, Rule::by_invitation);
        Some(TierRow { span, name: self.name_in(&row), from: thresholds.pop(), or, by_invitation })
    }

    fn tier_setting(&mut self, piece: &P) -> Option<TierSetting> {
        Some(match piece.as_rule() {
            Rule::keep_for => TierSetting::KeepFor(self.value_in(piece)),
            Rule::keep_until => {
                let plus = kid(piece, Rule::value).map(|value| self.value(&value));
                TierSetting::KeepUntilEnd { next: has(piece, Rule::k_next), period: period_in(piece), plus }
            }
            Rule::review => TierSetting::Review(kid(piece, Rule::period).map_or(Period::Month, |p| period(&p))),
            Rule::drop_qualifying => TierSetting::DropToQualifying,
            Rule::drop_one => TierSetting::DropOneLevel(kid(piece, Rule::landing).map(|landing| {
                if has(&landing, Rule::period) {
                    Landing::UntilEnd { next: has(&landing, Rule::k_next), period: period_in(&landing) }
                } else {
                    Landing::For(self.value_in(&landing))
                }
            })),
            Rule::never_drop => TierSetting::NeverDrop,
            Rule::carrying => TierSetting::Carrying(self.value_in(piece)),
            Rule::grace => TierSetting::Grace(self.value_in(piece)),
            _ => return None,
        })
    }
}

/// Whether no line break lies between two places of a text.
fn same_line(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to).is_some_and(|between| !between.contains('\n'))
}

/// What a life counts from.
fn expire_after(from: &P) -> ExpireAfter {
    match from {
        from if has(from, Rule::k_activity) => ExpireAfter::LastActivity,
        from if has(from, Rule::k_purchase) => ExpireAfter::LastPurchase,
        from if has(from, Rule::k_last) => ExpireAfter::LastEarning,
        from if has(from, Rule::k_usable) => ExpireAfter::Usable,
        _ => ExpireAfter::Earning,
    }
}

fn end_of(pair: &P) -> EndOf {
    if has(pair, Rule::k_half_year) { EndOf::HalfYear } else { EndOf::Period(period_in(pair)) }
}

fn returns(choice: &P) -> ReturnsSetting {
    let has = |rule| has(choice, rule);
    if has(Rule::k_stop) {
        ReturnsSetting::StopAtZero
    } else if has(Rule::k_deduct) {
        ReturnsSetting::DeductFromRefund
    } else if has(Rule::k_original) {
        ReturnsSetting::RestoreOriginalExpiry
    } else if has(Rule::k_new) {
        ReturnsSetting::RestoreNewExpiry
    } else if has(Rule::k_do) {
        ReturnsSetting::DoNotRestore
    } else if has(Rule::k_keep) {
        ReturnsSetting::KeepRewards
    } else {
        ReturnsSetting::MayGoNegative
    }
}
