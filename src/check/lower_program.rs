//! `program` and its settings.

use super::infer::rounding;
use super::{Checker, Here, errors};
use crate::program::{AttributeOf, Combine, EarnOn, Expr, Members, Program, Restore, Returns, Shortfall, Type};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, Ast, ProgramDecl, ReturnsSetting, Setting, StatementKind};
use crate::value::{Currency, Rounding, Zone, currency, zone_names};

/// The newest version of the language.
const LANGUAGE: i64 = 1;

/// A program in which nothing is said yet.
pub(crate) fn empty() -> Program {
    Program {
        name: String::new(),
        currency: Currency { code: "EUR".to_owned(), decimals: 2, symbol: "€".to_owned() },
        zone: Zone::utc(),
        starts: None,
        ends: None,
        count_earlier: false,
        members: Members::Automatically,
        earn_on: EarnOn { after_discounts: true, excluding_tax: false, excluding_shipping: false, including_redeemed: false },
        combine: Combine::Best,
        round_money: Rounding::HalfUp,
        tiers_with_purchase: false,
        tiers_at_reviews: false,
        vouchers_first: false,
        refunds_to: None,
        floor: None,
        returns: Returns { shortfall: Shortfall::MayGoNegative, restore: Restore::OriginalExpiry, keep_rewards: false },
        week_starts_sunday: false,
        account_by: None,
        attributes: Vec::new(),
        texts: Vec::new(),
        measures: Vec::new(),
        door_measures: Vec::new(),
        wallets: Vec::new(),
        ladders: Vec::new(),
        segments: Vec::new(),
        calendars: Vec::new(),
        gifts: Vec::new(),
        budgets: Vec::new(),
        choices: Vec::new(),
        drawings: Vec::new(),
        draws: Vec::new(),
        price_lists: Vec::new(),
        groups: Vec::new(),
        accesses: Vec::new(),
        rules: Vec::new(),
        redeems: Vec::new(),
        voucher_values: Vec::new(),
        rewards: Vec::new(),
        exchanges: Vec::new(),
        expectations: Vec::new(),
        ceilings: Vec::new(),
        gains: Vec::new(),
        rule_order: Vec::new(),
    }
}

impl<'a> Checker<'a> {
    /// The statement `program`. Settings that later ones are read by (currency, rounding) come first whatever their order.
    pub(crate) fn header(&mut self, ast: &'a Ast) {
        let mut first: Option<(&'a ProgramDecl, Span, bool)> = None;
        for statement in &ast.statements {
            if let StatementKind::Program(decl) = &statement.kind {
                match first {
                    Some((_, span, _)) => self.report(errors::second_program(statement.span, span)),
                    None => first = Some((decl, statement.span, statement.damaged)),
                }
            }
        }
        let Some((decl, span, damaged)) = first else {
            self.currency_known = false;
            // Nothing to read at all is reported by its own words, too.
            let start = ast.statements.first().map(|statement| statement.span).unwrap_or_default();
            self.report(errors::no_program(Span { end: start.start, ..start }));
            return;
        };
        self.program.name.clone_from(&decl.name.node);
        self.settings_said_twice(&decl.settings);
        self.currency_setting(decl, damaged);
        self.zone_setting(decl, damaged);
        for setting in &decl.settings {
            self.setting(setting);
        }
        self.life_of_program(decl, span);
    }

    fn currency_setting(&mut self, decl: &'a ProgramDecl, damaged: bool) {
        let said = decl.settings.iter().find_map(|setting| match &setting.node {
            Setting::Currency(code) => Some((code, setting.span)),
            _ => None,
        });
        let Some((code, span)) = said else {
            self.currency_known = false;
            if !damaged {
                self.report(errors::no_currency(&decl.name.node, decl.name.span));
            }
            return;
        };
        match currency(code) {
            Some(found) => self.program.currency = found,
            None => {
                self.currency_known = false;
                let upper = code.to_uppercase();
                let near = if currency(&upper).is_some() { Some(upper) } else { nearest_currency(code) };
                self.report(errors::unknown_currency(code, near, span));
            }
        }
    }

    fn zone_setting(&mut self, decl: &'a ProgramDecl, damaged: bool) {
        let said = decl.settings.iter().find_map(|setting| match &setting.node {
            Setting::Timezone(name) => Some((name, setting.span)),
            _ => None,
        });
        let Some((name, span)) = said else {
            if !damaged {
                self.report(errors::no_timezone(&decl.name.node, decl.name.span));
            }
            return;
        };
        match Zone::find(name) {
            Some(zone) => self.program.zone = zone,
            None => {
                let zones = zone_names();
                let near = nearest_zone(name, &zones);
                self.report(errors::unknown_timezone(name, near, span));
            }
        }
    }

    fn setting(&mut self, setting: &'a Spanned<Setting>) {
        match &setting.node {
            Setting::Currency(_) | Setting::Timezone(_) => {}
            Setting::Language(version) => {
                if self.count(version).is_some_and(|version| version != LANGUAGE) {
                    self.report(errors::unknown_language(
                        self.sources.text(version.span).trim_start_matches(char::is_alphabetic).trim(),
                        version.span,
                    ));
                }
            }
            Setting::Starts(date) => self.program.starts = Some(*date),
            Setting::Ends(date) => self.program.ends = Some(*date),
            Setting::CountEarlierPurchases => self.program.count_earlier = true,
            Setting::Members(members) => self.members(members),
            Setting::EarnOn { after_discounts, excluding_tax, excluding_shipping, including_redeemed } => {
                self.program.earn_on = EarnOn {
                    after_discounts: after_discounts.unwrap_or(true),
                    excluding_tax: *excluding_tax,
                    excluding_shipping: *excluding_shipping,
                    including_redeemed: *including_redeemed,
                };
            }
            Setting::DiscountsCombine(combine) => {
                self.combine_said = true;
                self.program.combine = match combine {
                    ast::Combine::Best => Combine::Best,
                    ast::Combine::Adding => Combine::Adding,
                    ast::Combine::Compounding => Combine::Compounding,
                };
            }
            Setting::RoundMoney(mode) => self.program.round_money = rounding(*mode),
            Setting::TiersChange(when) => {
                self.program.tiers_with_purchase = *when == ast::TiersChange::WithPurchase;
                self.program.tiers_at_reviews = *when == ast::TiersChange::AtReviews;
            }
            Setting::Returns(choice) => self.returns(*choice),
            // Wallets are not known yet.
            Setting::PayRefundsTo(_) => {}
            Setting::VouchersPayFirst => self.program.vouchers_first = true,
            Setting::NeverBelow(floor) => self.never_below(floor),
            Setting::WeekStarts { sunday } => self.program.week_starts_sunday = *sunday,
            Setting::AccountBy(attribute) => {
                self.program.account_by = attribute.as_ref().map(|attribute| self.intern_attribute(AttributeOf::Customer, attribute));
            }
        }
    }

    /// `pay refunds to card`: a wallet that counts as money.
    pub(crate) fn refunds(&mut self, ast: &'a Ast) {
        for statement in &ast.statements {
            let StatementKind::Program(decl) = &statement.kind else { continue };
            for setting in &decl.settings {
                let Setting::PayRefundsTo(name) = &setting.node else { continue };
                let Some(wallet) = self.wallet(name) else { continue };
                match self.program.wallets.get(wallet.index()) {
                    Some(of) if of.as_money => self.program.refunds_to = Some(wallet),
                    Some(of) => {
                        let (name_of, declared) = (of.name.clone(), of.span);
                        self.report(super::errors::refunds_are_money(&name_of, name.span, declared));
                    }
                    None => {}
                }
            }
        }
    }

    /// `discounts never below item.floor`
    fn never_below(&mut self, floor: &'a ast::Expr) {
        let ast::ExprKind::Attribute { of: ast::AttributeOf::Item, name } = &floor.kind else {
            self.report(super::errors::floor_of_items(self.sources.text(floor.span), floor.span));
            return;
        };
        let attribute = self.intern_attribute(AttributeOf::Item, &name.node);
        self.program.floor = Some(Expr::Attribute { of: AttributeOf::Item, attribute, as_type: Type::Money });
    }

    fn members(&mut self, members: &'a ast::Members) {
        let found = match members {
            ast::Members::Automatically => Some(Members::Automatically),
            ast::Members::BySignup => Some(Members::BySignup),
            ast::Members::AfterSpending(amount) => self.some_money(amount).map(Members::AfterSpending),
            ast::Members::AfterPurchases(count) => self.some_count(count).map(Members::AfterPurchases),
            // The condition may speak of tiers and wallets, which are lowered later.
            ast::Members::If(_) => None,
        };
        if let Some(found) = found {
            self.program.members = found;
        }
    }

    /// `members join if …`, once wallets and ladders are known.
    pub(crate) fn members_condition(&mut self, ast: &'a Ast) {
        for statement in &ast.statements {
            let StatementKind::Program(decl) = &statement.kind else { continue };
            for setting in &decl.settings {
                if let Setting::Members(ast::Members::If(condition)) = &setting.node
                    && let Some(condition) = self.within(Here { door: true, ..self.here }, |checker| checker.condition(condition))
                {
                    self.program.members = Members::If(condition);
                }
            }
        }
    }

    fn returns(&mut self, choice: ReturnsSetting) {
        let returns = &mut self.program.returns;
        match choice {
            ReturnsSetting::MayGoNegative => returns.shortfall = Shortfall::MayGoNegative,
            ReturnsSetting::StopAtZero => returns.shortfall = Shortfall::StopAtZero,
            ReturnsSetting::DeductFromRefund => returns.shortfall = Shortfall::DeductFromRefund,
            ReturnsSetting::RestoreOriginalExpiry => returns.restore = Restore::OriginalExpiry,
            ReturnsSetting::RestoreNewExpiry => returns.restore = Restore::NewExpiry,
            ReturnsSetting::DoNotRestore => returns.restore = Restore::No,
            ReturnsSetting::KeepRewards => returns.keep_rewards = true,
        }
    }

    fn settings_said_twice(&mut self, settings: &'a [Spanned<Setting>]) {
        for (at, setting) in settings.iter().enumerate() {
            let group = setting_group(&setting.node);
            let earlier = settings.iter().take(at).find(|other| setting_group(&other.node) == group);
            if let Some(earlier) = earlier {
                self.report(errors::said_twice(group, setting.span, earlier.span));
            }
        }
    }

    fn life_of_program(&mut self, decl: &'a ProgramDecl, span: Span) {
        let (Some(starts), Some(ends)) = (self.program.starts, self.program.ends) else { return };
        if starts <= ends {
            return;
        }
        let place =
            |wanted: fn(&Setting) -> bool| decl.settings.iter().find(|setting| wanted(&setting.node)).map_or(span, |setting| setting.span);
        let from = place(|setting| matches!(setting, Setting::Starts(_)));
        let to = place(|setting| matches!(setting, Setting::Ends(_)));
        self.report(errors::dates_backwards("the program", ("starts", &starts.to_string(), from), ("ends", &ends.to_string(), to)));
    }
}

/// What a setting is about: two of one group contradict or repeat each other.
fn setting_group(setting: &Setting) -> &'static str {
    match setting {
        Setting::Currency(_) => "currency",
        Setting::Timezone(_) => "timezone",
        Setting::Language(_) => "language",
        Setting::Starts(_) => "starts",
        Setting::Ends(_) => "ends",
        Setting::CountEarlierPurchases => "count earlier purchases",
        Setting::Members(_) => "members join",
        Setting::EarnOn { .. } => "earn on amount",
        Setting::DiscountsCombine(_) => "discounts combine",
        Setting::RoundMoney(_) => "round money",
        Setting::TiersChange(_) => "tiers change",
        Setting::WeekStarts { .. } => "week starts",
        Setting::AccountBy(_) => "account by",
        Setting::Returns(ReturnsSetting::MayGoNegative | ReturnsSetting::StopAtZero | ReturnsSetting::DeductFromRefund) => {
            "what a return does to a balance"
        }
        Setting::Returns(ReturnsSetting::RestoreOriginalExpiry | ReturnsSetting::RestoreNewExpiry | ReturnsSetting::DoNotRestore) => {
            "what a return does to points that paid"
        }
        Setting::Returns(ReturnsSetting::KeepRewards) => "keep rewards",
        Setting::PayRefundsTo(_) => "pay refunds",
        Setting::VouchersPayFirst => "vouchers pay",
        Setting::NeverBelow(_) => "discounts never below",
    }
}

/// What currencies are called besides their codes.
const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("EURO", "EUR"),
    ("EUROS", "EUR"),
    ("ЕВРО", "EUR"),
    ("$", "USD"),
    ("US$", "USD"),
    ("DOLLAR", "USD"),
    ("DOLLARS", "USD"),
    ("£", "GBP"),
    ("UKP", "GBP"),
    ("STG", "GBP"),
    ("POUND", "GBP"),
    ("POUNDS", "GBP"),
    ("₽", "RUB"),
    ("RUR", "RUB"),
    ("РУБ", "RUB"),
    ("РУБЛЬ", "RUB"),
    ("RMB", "CNY"),
    ("CNH", "CNY"),
    ("YUAN", "CNY"),
    ("元", "CNY"),
    ("人民币", "CNY"),
    ("YEN", "JPY"),
    ("円", "JPY"),
    ("NTD", "TWD"),
    ("NT$", "TWD"),
    ("HK$", "HKD"),
    ("SFR", "CHF"),
    ("FRANKEN", "CHF"),
    ("R$", "BRL"),
    ("ZŁ", "PLN"),
    ("ZLOTY", "PLN"),
    ("KČ", "CZK"),
    ("KCS", "CZK"),
    ("FT", "HUF"),
    ("₴", "UAH"),
    ("₸", "KZT"),
    ("₺", "TRY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₪", "ILS"),
];

fn nearest_currency(code: &str) -> Option<String> {
    let upper = code.to_uppercase();
    if let Some((_, found)) = CURRENCIES.iter().find(|(other, _)| *other == upper) {
        return Some((*found).to_owned());
    }
    let common = [
        "EUR", "USD", "GBP", "RUB", "JPY", "CNY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY",
        "INR", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "NZD", "AED", "SAR", "ILS", "UAH", "KZT", "GEL", "AMD", "KWD",
    ];
    crate::diagnostic::nearest(&upper, common).map(str::to_owned)
}

/// Where people say to be whose city or whose letters name no timezone.
const ZONES: &[(&str, &str)] = &[
    ("beijing", "Asia/Shanghai"),
    ("peking", "Asia/Shanghai"),
    ("shenzhen", "Asia/Shanghai"),
    ("guangzhou", "Asia/Shanghai"),
    ("mumbai", "Asia/Kolkata"),
    ("delhi", "Asia/Kolkata"),
    ("new_delhi", "Asia/Kolkata"),
    ("msk", "Europe/Moscow"),
    ("st_petersburg", "Europe/Moscow"),
    ("saint_petersburg", "Europe/Moscow"),
    ("cest", "Europe/Berlin"),
    ("mez", "Europe/Berlin"),
    ("mesz", "Europe/Berlin"),
    ("munich", "Europe/Berlin"),
    ("hamburg", "Europe/Berlin"),
    ("frankfurt", "Europe/Berlin"),
    ("cologne", "Europe/Berlin"),
    ("milan", "Europe/Rome"),
    ("geneva", "Europe/Zurich"),
    ("barcelona", "Europe/Madrid"),
    ("manchester", "Europe/London"),
    ("bst", "Europe/London"),
    ("edt", "America/New_York"),
    ("boston", "America/New_York"),
    ("washington", "America/New_York"),
    ("miami", "America/New_York"),
    ("cdt", "America/Chicago"),
    ("houston", "America/Chicago"),
    ("dallas", "America/Chicago"),
    ("mdt", "America/Denver"),
    ("pst", "America/Los_Angeles"),
    ("pdt", "America/Los_Angeles"),
    ("san_francisco", "America/Los_Angeles"),
    ("seattle", "America/Los_Angeles"),
    ("jst", "Asia/Tokyo"),
    ("osaka", "Asia/Tokyo"),
    ("kst", "Asia/Seoul"),
    ("hkt", "Asia/Hong_Kong"),
    ("sgt", "Asia/Singapore"),
    ("aest", "Australia/Sydney"),
    ("aedt", "Australia/Sydney"),
    ("abu_dhabi", "Asia/Dubai"),
    ("rio_de_janeiro", "America/Sao_Paulo"),
];

/// The zone of a city or of letters, else a name that is a slip of a key away: a place further off may be a place of its own.
fn nearest_zone<'a>(said: &str, zones: &'a [String]) -> Option<&'a str> {
    let said = said.replace([' ', '-'], "_").to_lowercase();
    let own = said.rsplit('/').next().unwrap_or(&said);
    // What `Etc/GMT+1` says lies west of Greenwich, against all custom.
    let city = |zone: &&String| !zone.starts_with("Etc/") && zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(own));
    let other = ZONES.iter().find(|(other, _)| *other == own).map(|(_, zone)| *zone);
    let listed = |zone: &str| zones.iter().find(|known| *known == zone);
    let near = || {
        let zone = crate::diagnostic::nearest(&said, zones.iter().map(String::as_str))
            .filter(|_| own.len() > 4 && !own.contains(|c: char| c.is_ascii_digit()))?;
        let slips = strsim::damerau_levenshtein(&said, &zone.to_lowercase());
        listed(zone).filter(|_| slips <= 2)
    };
    zones.iter().find(city).or_else(|| other.and_then(listed)).or_else(near).map(String::as_str)
}
