//! Statements other than examples.

use super::clause::Manner;
use super::effect::{Place, whole};
use super::expr::{period_word, plural, round_mode, yearday};
use super::layout::{Break, Piece, WIDTH};
use super::names::{Kind, quoted, written_quoted};
use super::{Printer, example};
use crate::program::GainKind;
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    CalendarDays, Clause, CmpOp, Combine, EndOf, ExpireAfter, ExpireAt, Expr, ExprKind, GroupPolicy, Landing, Literal, Members, Name,
    Narrowing, ProgramDecl, ReturnsSetting, RuleDecl, Setting, SpendOrder, Statement, StatementKind, TierRow, TierSetting, TiersChange,
    TiersDecl, WalletDecl, WalletKind, WalletSetting, WorstCase, WorstOf,
};
use crate::value::Decimal;

/// What a life counts from.
fn after_words(after: ExpireAfter) -> &'static str {
    match after {
        ExpireAfter::Earning => "earning",
        ExpireAfter::LastActivity => "last activity",
        ExpireAfter::LastPurchase => "last purchase",
        ExpireAfter::LastEarning => "last earning",
        ExpireAfter::Usable => "becoming usable",
    }
}

impl Printer<'_> {
    /// The pieces of a statement, its head first.
    pub fn statement(&self, statement: &Statement) -> Vec<Piece> {
        let span = statement.span;
        let one = |text: String| vec![self.piece(text, span, Break::Line(0))];
        match &statement.kind {
            StatementKind::Program(program) => self.program(program, span),
            StatementKind::Wallet(wallet) => self.wallet(wallet, span),
            StatementKind::Tiers(tiers) => self.ladder(tiers, span),
            StatementKind::Segment { name, condition } => {
                let condition = self.piece(format!("if {}", self.expr(condition)), condition.span, Break::Flow(2));
                vec![self.head(format!("segment {}", self.declared(name)), span, name.span), condition]
            }
            StatementKind::Calendar { name, days } => self.calendar(name, days, span),
            StatementKind::Gift { name, costs, worth, only } => {
                let part = |word: &str, value: &Option<Expr>, rest: &str| {
                    value.as_ref().map_or_else(String::new, |value| format!(" {word} {}{rest}", self.value(value)))
                };
                let (costs, worth, only) = (part("costs", costs, ""), part("worth", worth, ""), part("only", only, " in all"));
                one(format!("gift {}{costs}{worth}{only}", self.declared(name)))
            }
            StatementKind::Budget { name, amount, per, for_all_rules } => {
                let per = per.as_ref().map_or_else(String::new, |per| format!(" per {}", period_word(per.node)));
                let all = if *for_all_rules { " for all rules" } else { "" };
                one(format!("budget {} {}{per}{all}", self.declared(name), self.value(amount)))
            }
            StatementKind::Choice { name, values, limit, first, later } => {
                let values: Vec<String> = values.iter().map(|value| quoted(&value.node)).collect();
                let limit = limit.as_ref().map_or_else(String::new, |limit| format!(", {}", self.limit(limit, false)));
                let first = first.as_ref().map_or_else(String::new, |first| format!(", at first {}", quoted(&first.node)));
                let later = later.map_or_else(String::new, |later| format!(", from next {} on", period_word(later)));
                one(format!("choice {} one of {}{limit}{first}{later}", self.declared(name), values.join(", ")))
            }
            StatementKind::SharedLimit { name, limit } => one(format!("limit {} {}", quoted(&name.node), self.limit(limit, false))),
            StatementKind::Draw { name, date, winners, gift } => {
                let winners = if whole(winners) == Some(1) { String::new() } else { format!("{} ", self.value(winners)) };
                let gift = self.name(Kind::Gift, gift);
                one(format!("draw {} on {} gives {winners}gift {gift}", self.declared(name), date.node))
            }
            StatementKind::Prices { name, file } => one(format!("prices {} from {}", self.declared(name), quoted(&file.node))),
            StatementKind::Group { name, policy } => one(format!("group {} {}", self.declared(name), group_policy(*policy))),
            StatementKind::Param { name, value } => {
                let value = self.piece(self.expr(value), value.span, Break::Flow(2));
                vec![self.head(format!("param {}", self.declared(name)), span, name.span), value]
            }
            StatementKind::Rule(rule) => self.rule(rule, span),
            StatementKind::Redeem { amount, wallet, value, clauses } => {
                let value = value.as_ref().map_or_else(String::new, |value| format!(" for {}", self.value(value)));
                let what = amount.as_ref().map_or_else(|| self.name(Kind::Wallet, wallet), |amount| self.counted(amount, wallet));
                self.terms(format!("redeem {what}{value}"), clauses, span)
            }
            StatementKind::RedeemVouchers { times, clauses } => {
                self.terms(format!("redeem vouchers at {} times value", self.value(times)), clauses, span)
            }
            StatementKind::Reward { name, effect, price, clauses } => {
                let effect = self.effect(effect, Place::Thing);
                let name = name.as_ref().map_or_else(String::new, |name| format!("{} ", quoted(&name.node)));
                let price = price.as_ref().map_or("free".to_owned(), |(amount, wallet)| self.counted(amount, wallet));
                self.terms(format!("reward {name}{effect} for {price}"), clauses, span)
            }
            StatementKind::Exchange { amount, wallet, effects, clauses } => {
                let effects = self.things(effects);
                self.terms(format!("exchange {} for {effects}", self.counted(amount, wallet)), clauses, span)
            }
            StatementKind::Expect { metric, cmp, value } => one(self.goal(metric, *cmp, value)),
            StatementKind::ExpectWorst(worst) => one(self.worst(worst)),
            StatementKind::ExpectNoGain { from } => one(format!("expect no gain{}", gains(from))),
            StatementKind::AllowGain { amount, from } => {
                let amount = amount.as_ref().map_or_else(String::new, |amount| format!(" of {}", self.value(amount)));
                one(format!("allow gain{amount}{}", gains(from)))
            }
            StatementKind::Example { name, steps } => example::pieces(self, name, steps, span),
            StatementKind::Include { path } => one(format!("include {}", quoted(&path.node))),
        }
    }

    /// The first words of a statement, which end with its name.
    pub fn head(&self, text: String, whole: Span, name: Span) -> Piece {
        let span = if name.end > whole.start { Span { end: name.end, ..whole } } else { Span { end: whole.start, ..whole } };
        self.piece(text, span, Break::Line(0))
    }

    /// A name where it is declared.
    pub fn declared(&self, name: &Name) -> String {
        self.name(Kind::Other, name)
    }

    fn calendar(&self, name: &Name, days: &[CalendarDays], span: Span) -> Vec<Piece> {
        let mut pieces = vec![self.head(format!("calendar {}", self.declared(name)), span, name.span)];
        let lead = if days.len() == 1 { Break::Flow(2) } else { Break::Line(2) };
        for day in days {
            let (text, from, to) = match day {
                CalendarDays::Dates { from, to } if from.node == to.node => (from.node.to_string(), from.span, to.span),
                CalendarDays::Dates { from, to } => (format!("{} to {}", from.node, to.node), from.span, to.span),
                CalendarDays::Yearly { from, to } if from.node == to.node => {
                    (format!("every year {}", yearday(from.node)), from.span, to.span)
                }
                CalendarDays::Yearly { from, to } => {
                    (format!("every year {} to {}", yearday(from.node), yearday(to.node)), from.span, to.span)
                }
            };
            pieces.push(self.piece(text, from.to(to), lead));
        }
        pieces
    }

    fn program(&self, program: &ProgramDecl, span: Span) -> Vec<Piece> {
        let mut pieces = vec![self.head(format!("program {}", self.declared(&program.name)), span, program.name.span)];
        let mut returns: Option<Span> = None;
        for setting in &program.settings {
            let text = self.setting(&setting.node);
            // The choices of one `returns` have its place.
            let again = matches!(setting.node, Setting::Returns(_)) && returns.is_some_and(|span| span.range() == setting.span.range());
            match pieces.last_mut().filter(|_| again) {
                Some(piece) => piece.text = format!("{}, {}", piece.text, text.strip_prefix("returns ").unwrap_or(&text)),
                None => pieces.push(self.piece(text, setting.span, Break::Line(2))),
            }
            returns = matches!(setting.node, Setting::Returns(_)).then_some(setting.span);
        }
        pieces
    }

    fn setting(&self, setting: &Setting) -> String {
        match setting {
            Setting::Currency(code) if super::names::is_word(code) => format!("currency {code}"),
            Setting::Currency(code) => format!("currency {}", quoted(code)),
            Setting::Timezone(zone) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '+' | '-');
                let bare = zone.starts_with(|c: char| c.is_ascii_alphabetic()) && zone.chars().all(plain);
                if bare { format!("timezone {zone}") } else { format!("timezone {}", quoted(zone)) }
            }
            Setting::Language(version) => format!("language {}", self.expr(version)),
            Setting::Starts(date) => format!("starts {date}"),
            Setting::Ends(date) => format!("ends {date}"),
            Setting::CountEarlierPurchases => "count earlier purchases".to_owned(),
            Setting::Members(members) => format!("members join {}", self.members(members)),
            Setting::EarnOn { after_discounts, excluding_tax, excluding_shipping, including_redeemed } => {
                let discounts = after_discounts.map(|after| if after { "after discounts" } else { "before discounts" });
                let rest = [
                    excluding_tax.then_some("excluding tax"),
                    excluding_shipping.then_some("excluding shipping"),
                    including_redeemed.then_some("including redeemed part"),
                ];
                let parts: Vec<&str> = discounts.into_iter().chain(rest.into_iter().flatten()).collect();
                format!("earn on amount {}", parts.join(", "))
            }
            Setting::DiscountsCombine(combine) => {
                let how = match combine {
                    Combine::Best => "best",
                    Combine::Adding => "adding",
                    Combine::Compounding => "compounding",
                };
                format!("discounts combine by {how}")
            }
            Setting::RoundMoney(mode) => format!("round money {}", round_mode(*mode)),
            Setting::TiersChange(TiersChange::AfterPurchase) => "tiers change after the purchase".to_owned(),
            Setting::TiersChange(TiersChange::WithPurchase) => "tiers change with the purchase".to_owned(),
            Setting::TiersChange(TiersChange::AtReviews) => "tiers change at reviews".to_owned(),
            Setting::Returns(choice) => format!("returns {}", returns_choice(*choice)),
            Setting::WeekStarts { sunday } => format!("week starts {}", if *sunday { "sunday" } else { "monday" }),
            Setting::PayRefundsTo(wallet) => format!("pay refunds to {}", self.name(Kind::Wallet, wallet)),
            Setting::VouchersPayFirst => "vouchers pay before discounts".to_owned(),
            Setting::NeverBelow(floor) => format!("discounts never below {}", self.expr(floor)),
            Setting::AccountBy(None) => "account by customer".to_owned(),
            Setting::AccountBy(Some(attribute)) => format!("account by customer.{attribute}"),
        }
    }

    fn members(&self, members: &Members) -> String {
        match members {
            Members::Automatically => "automatically".to_owned(),
            Members::BySignup => "by signup".to_owned(),
            Members::AfterSpending(amount) => format!("after spending {}", self.value(amount)),
            Members::AfterPurchases(count) => match whole(count) {
                Some(count) => format!("after {}", plural(count, "purchase")),
                None => format!("after {}", self.value(count)),
            },
            Members::If(test) => format!("if {}", self.expr(test)),
        }
    }

    fn wallet(&self, wallet: &WalletDecl, span: Span) -> Vec<Piece> {
        let word = match wallet.kind {
            WalletKind::Points => "points",
            WalletKind::Stamps => "stamps",
            WalletKind::Money => "wallet",
        };
        let head = match &wallet.name {
            Some(name) => {
                let form = |(number, name): &(Decimal, Name)| format!("{number} {}", self.declared(name));
                let forms: Vec<String> = wallet.forms.iter().map(form).collect();
                let forms = if forms.is_empty() { String::new() } else { format!(" ({})", forms.join(", ")) };
                let end = wallet.forms.last().map_or(name.span, |(_, last)| last.span);
                self.head(format!("{word} {}{forms}", self.declared(name)), span, end)
            }
            None => self.head(word.to_owned(), span, Span { end: span.start.saturating_add(1), ..span }),
        };
        let setting = |setting: &Spanned<WalletSetting>| self.piece(self.wallet_setting(&setting.node), setting.span, Break::Line(2));
        std::iter::once(head).chain(wallet.settings.iter().map(setting)).collect()
    }

    fn wallet_setting(&self, setting: &WalletSetting) -> String {
        match setting {
            WalletSetting::Worth(value) => format!("worth {}", self.value(value)),
            WalletSetting::ExpireAfter { span, after, narrow, or, at } => {
                let clock = |span: &Expr, after: &ExpireAfter, narrow: &Narrowing| {
                    format!("{} after {}{}", self.value(span), after_words(*after), self.narrowing(narrow, "of", true))
                };
                let first = clock(span, after, narrow);
                let or = or.as_ref().map_or_else(String::new, |or| format!(" or {}", clock(&or.span, &or.after, &or.narrow)));
                let end = match at {
                    None => String::new(),
                    Some(ExpireAt::End(end)) => format!(", at end of {}", end_word(*end)),
                    Some(ExpireAt::Next(day)) => format!(", at next {}", yearday(*day)),
                };
                format!("expire {first}{or}{end}")
            }
            WalletSetting::ExpireAtEnd { next, end, plus } => {
                let plus = plus.as_ref().map_or_else(String::new, |plus| format!(" plus {}", self.value(plus)));
                format!("expire at end of {}{}{plus}", if *next { "next " } else { "" }, end_word(*end))
            }
            WalletSetting::CountsAsMoney => "counts as money".to_owned(),
            WalletSetting::ForLevelsOnly => "for levels only".to_owned(),
            WalletSetting::HoldAtMost(amount) => format!("hold at most {}", self.value(amount)),
            WalletSetting::CarryAtMost { amount, period } => {
                format!("carry at most {} into every {}", self.value(amount), period_word(*period))
            }
            WalletSetting::NeverExpire => "never expire".to_owned(),
            WalletSetting::NeverExpireFor(tiers) => format!("never expire for tier {}", self.tiers(tiers)),
            WalletSetting::PendingFor(length) => format!("pending for {}", self.value(length)),
            WalletSetting::PendingUntil { event, within } => self.pending_until(event, within.as_ref()),
            WalletSetting::Round { mode, step } => {
                let step = step.as_ref().map_or_else(String::new, |step| format!(" to {}", self.value(step)));
                format!("round {}{step}", round_mode(*mode))
            }
            WalletSetting::Spend(SpendOrder::EarliestExpiry) => "spend earliest expiry first".to_owned(),
            WalletSetting::Spend(SpendOrder::Oldest) => "spend oldest first".to_owned(),
            WalletSetting::Spend(SpendOrder::Newest) => "spend newest first".to_owned(),
        }
    }

    fn ladder(&self, tiers: &TiersDecl, span: Span) -> Vec<Piece> {
        let name = tiers.name.as_ref().map_or_else(String::new, |name| format!(" {}", self.declared(name)));
        let head = match (&tiers.name, tiers.by_invitation) {
            (Some(club), true) => self.head(format!("tiers {}", quoted(&club.node)), span, club.span),
            _ => self.head(format!("tiers{name} by {}", self.measure(&tiers.measure)), span, tiers.measure.span),
        };
        let row = |row: &TierRow| self.piece(self.tier_row(row), row.span, Break::Line(2));
        let setting = |setting: &Spanned<TierSetting>| self.piece(self.tier_setting(&setting.node), setting.span, Break::Line(2));
        std::iter::once(head).chain(tiers.rows.iter().map(row)).chain(tiers.settings.iter().map(setting)).collect()
    }

    fn tier_row(&self, row: &TierRow) -> String {
        let from = row.from.as_ref().map_or_else(String::new, |from| format!(" from {}", self.value(from)));
        let or = row.or.as_ref().map_or_else(String::new, |or| format!(" or {}", self.value(or)));
        let invitation = if row.by_invitation { " by invitation" } else { "" };
        format!("{}{from}{or}{invitation}", self.declared(&row.name))
    }

    fn tier_setting(&self, setting: &TierSetting) -> String {
        match setting {
            TierSetting::KeepFor(length) => format!("keep for {}", self.value(length)),
            TierSetting::KeepUntilEnd { next, period, plus } => {
                let next = if *next { "next " } else { "" };
                let plus = plus.as_ref().map_or_else(String::new, |plus| format!(" plus {}", self.value(plus)));
                format!("keep until end of {next}{}{plus}", period_word(*period))
            }
            TierSetting::Review(period) => format!("review every {}", period_word(*period)),
            TierSetting::DropToQualifying => "drop to qualifying tier".to_owned(),
            TierSetting::DropOneLevel(None) => "drop one level".to_owned(),
            TierSetting::DropOneLevel(Some(Landing::For(length))) => format!("drop one level for {}", self.value(length)),
            TierSetting::DropOneLevel(Some(Landing::UntilEnd { next, period })) => {
                format!("drop one level until end of {}{}", if *next { "next " } else { "" }, period_word(*period))
            }
            TierSetting::NeverDrop => "never drop".to_owned(),
            TierSetting::Carrying(most) => format!("carrying at most {}", self.value(most)),
            TierSetting::Grace(length) => format!("grace {}", self.value(length)),
        }
    }

    /// A rule on one line if it fits; its name may have a line of its own.
    fn rule(&self, rule: &RuleDecl, span: Span) -> Vec<Piece> {
        let rows = if rule.name.is_some() { 4 } else { 2 };
        let mut pieces = self.clauses(&rule.clauses, Manner { rows, terms: false });
        let Some(name) = &rule.name else {
            if let Some(first) = pieces.first_mut() {
                first.lead = Break::Line(0);
            }
            return pieces;
        };
        let head = self.head(format!("rule {}", self.declared(name)), span, name.span);
        let width: usize = pieces.iter().map(|piece| piece.width().saturating_add(1).saturating_add(usize::from(piece.comma))).sum();
        let table = pieces.iter().any(|piece| !piece.flows());
        let begins = rule.clauses.iter().map(|clause| clause.span.start).min().unwrap_or(name.span.end);
        let gap = self.sources.text(Span { start: name.span.end, end: begins, ..span });
        let broken = table || head.width().saturating_add(width) > WIDTH || gap.contains('\n');
        if let Some(first) = pieces.first_mut().filter(|_| broken) {
            first.lead = Break::Line(2);
        }
        pieces.insert(0, head);
        pieces
    }

    /// A head and clauses that read as terms.
    fn terms(&self, head: String, clauses: &[Clause], span: Span) -> Vec<Piece> {
        let pieces = self.clauses(clauses, Manner { rows: 2, terms: true });
        let head = self.piece(head, self.before(span, clauses.iter().map(|clause| clause.span)), Break::Line(0));
        std::iter::once(head).chain(pieces).collect()
    }

    /// `100 beans`: the name stands in the amount or behind it.
    fn counted(&self, amount: &Expr, wallet: &Name) -> String {
        match &amount.kind {
            ExprKind::Literal(Literal::Count { .. } | Literal::Money { .. }) => self.value(amount),
            ExprKind::Literal(_) => format!("({}) {}", self.expr(amount), self.name(Kind::Wallet, wallet)),
            _ => format!("{} {}", self.value(amount), self.name(Kind::Wallet, wallet)),
        }
    }

    /// What is exchanged for.
    fn things(&self, effects: &[Spanned<crate::syntax::ast::Effect>]) -> String {
        let mut words: Vec<String> = Vec::new();
        for effect in effects {
            let grants = !words.is_empty() && matches!(effect.node, crate::syntax::ast::Effect::Grant { .. });
            let place = if grants && !self.can_stand_behind(effect) { Place::Alone } else { Place::Thing };
            words.push(self.effect(effect, place));
        }
        words.join(" and ")
    }

    /// `expect worst case at most 15% of a purchase of at least 20 EUR, plus 5 EUR`
    fn worst(&self, worst: &WorstCase) -> String {
        let mut text = format!("expect worst case at most {}", self.value(&worst.most));
        match (worst.of, worst.year) {
            (Some(WorstOf::Purchase), _) => text.push_str(" of a purchase"),
            (Some(WorstOf::Spend), _) => text.push_str(" of spend"),
            (None, _) => {}
        }
        if let Some(least) = &worst.least {
            text.push_str(&format!(" of at least {}", self.value(least)));
        }
        if let Some(plus) = &worst.plus {
            text.push_str(&format!(", plus {}", self.value(plus)));
        }
        if worst.year {
            text.push_str(if worst.plus.is_some() { ", per customer and year" } else { " per customer and year" });
        }
        text
    }

    /// `expect program cost at most 4% of revenue`
    fn goal(&self, metric: &Spanned<String>, cmp: CmpOp, value: &Expr) -> String {
        let cmp = match cmp {
            CmpOp::Is => "is",
            CmpOp::IsNot => "is not",
            CmpOp::Over => "over",
            CmpOp::Under => "under",
            CmpOp::AtLeast => "at least",
            CmpOp::AtMost => "at most",
        };
        let value = self.value(value);
        // Words behind the value belong to the metric, but its place ends before it.
        let written = self.sources.text(metric.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let unquoted = written.trim_matches('"');
        match metric.node.strip_prefix(unquoted).filter(|_| !unquoted.is_empty()) {
            Some(tail) => {
                let head = if written_quoted(self.sources, metric.span) == Some(true) { quoted(unquoted) } else { written.clone() };
                format!("expect {head} {cmp} {value}{tail}")
            }
            None => format!("expect {} {cmp} {value}", metric.node),
        }
    }
}

/// ` from returns, splitting`
fn gains(from: &[Spanned<GainKind>]) -> String {
    let words: Vec<&str> = from.iter().map(|kind| kind.node.word()).collect();
    if words.is_empty() { String::new() } else { format!(" from {}", words.join(", ")) }
}

fn end_word(end: EndOf) -> &'static str {
    match end {
        EndOf::HalfYear => "half-year",
        EndOf::Period(period) => period_word(period),
    }
}

fn group_policy(policy: GroupPolicy) -> &'static str {
    match policy {
        GroupPolicy::BestForCustomer => "best for customer",
        GroupPolicy::BestForStore => "best for store",
        GroupPolicy::First => "first",
        GroupPolicy::All => "all",
    }
}

fn returns_choice(choice: ReturnsSetting) -> &'static str {
    match choice {
        ReturnsSetting::MayGoNegative => "may go negative",
        ReturnsSetting::StopAtZero => "stop at zero",
        ReturnsSetting::DeductFromRefund => "deduct from refund",
        ReturnsSetting::RestoreOriginalExpiry => "restore points with original expiry",
        ReturnsSetting::RestoreNewExpiry => "restore points with new expiry",
        ReturnsSetting::DoNotRestore => "do not restore points",
        ReturnsSetting::KeepRewards => "keep rewards if threshold is lost",
    }
}
