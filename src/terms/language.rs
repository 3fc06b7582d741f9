//! The three languages: plural forms, numbers, money, dates.

use crate::value::{Currency, Date, Decimal, Exact, TimeOfDay};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules, PluralRulesOptions};

/// A language of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    En,
    Ru,
    Zh,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::Ru, Self::Zh];

    /// `en`
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
            Self::Zh => "zh",
        }
    }

    /// The language's mark in HTML.
    pub(super) fn html(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
            Self::Zh => "zh-Hans",
        }
    }
}

/// One sentence in three languages, side by side: a missing one does not compile. The names in braces are those of the place.
macro_rules! say {
    ($lang:expr, $en:literal, $ru:literal, $zh:literal $(,)?) => {
        match $lang {
            crate::terms::language::Lang::En => format!($en),
            crate::terms::language::Lang::Ru => format!($ru),
            crate::terms::language::Lang::Zh => format!($zh),
        }
    };
}
pub(super) use say;

/// As what a number with its noun stands: Russian has a form for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Subject or object: 1 балл, 2 балла, 5 баллов.
    Plain,
    /// After "not less than", "more than", "from": 1 балла, 2 баллов.
    Genitive,
}

/// The forms of a noun with numbers: in English `one` and `many`; in Russian all three; in Chinese `many` with its measure
/// word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forms {
    pub one: String,
    pub few: String,
    pub many: String,
}

/// What terms count, apart from the program's own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    Hour,
    Day,
    Month,
    Year,
    Purchase,
    Item,
    Time,
    Winner,
    Entry,
    Friend,
    Period(crate::program::Period),
}

/// How a language counts.
pub(super) struct Numbers {
    pub lang: Lang,
    rules: Option<PluralRules>,
}

impl Numbers {
    pub fn new(lang: Lang) -> Self {
        let locale = Locale::try_from_str(lang.code()).unwrap_or(Locale::UNKNOWN);
        Self { lang, rules: PluralRules::try_new(locale.into(), PluralRulesOptions::default()).ok() }
    }

    fn category(&self, number: &str) -> PluralCategory {
        // A number with decimals takes the general form in all three languages.
        let whole = number.trim_start_matches('-').parse::<u64>().ok().map(PluralOperands::from);
        match (&self.rules, whole) {
            (Some(rules), Some(operands)) => rules.category_for(operands),
            _ => PluralCategory::Other,
        }
    }

    /// The form of a noun that goes with a number in plain digits.
    pub fn form<'f>(&self, number: &str, forms: &'f Forms, role: Role) -> &'f str {
        match (self.lang, self.category(number), role) {
            (Lang::Zh, ..) => &forms.many,
            (Lang::En, PluralCategory::One, _) | (Lang::Ru, PluralCategory::One, Role::Plain) => &forms.one,
            (Lang::En, ..) => &forms.many,
            // A fraction takes the singular's second case: 1,5 балла.
            (Lang::Ru, PluralCategory::Few, Role::Plain) | (Lang::Ru, PluralCategory::Other, _) => &forms.few,
            (Lang::Ru, PluralCategory::One, Role::Genitive) => &forms.few,
            (Lang::Ru, ..) => &forms.many,
        }
    }

    /// `3 purchases`, `3 покупки`, `3笔消费`
    pub fn count(&self, n: u64, noun: Noun, role: Role) -> String {
        let digits = n.to_string();
        let forms = noun.forms(self.lang);
        let form = self.form(&digits, &forms, role);
        let number = self.digits(&digits);
        match self.lang {
            Lang::En | Lang::Ru => format!("{number}\u{a0}{form}"),
            Lang::Zh => format!("{number}{form}"),
        }
    }

    /// A number in plain digits as the language writes it: `1,234.5`, `1 234,5`.
    pub fn digits(&self, plain: &str) -> String {
        let (sign, rest) = plain.strip_prefix('-').map_or(("", plain), |rest| ("−", rest));
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let (group, point) = match self.lang {
            Lang::En | Lang::Zh => (',', '.'),
            Lang::Ru => ('\u{a0}', ','),
        };
        let mut out = sign.to_owned();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push(point);
            out.push_str(fraction);
        }
        out
    }

    pub fn decimal(&self, n: Decimal) -> String {
        self.digits(&n.normal().to_string())
    }

    /// An exact number: a decimal if it is one, else a fraction.
    pub fn exact(&self, n: Exact) -> String {
        match decimal_of(n) {
            Some(decimal) => self.decimal(decimal),
            None => format!("{}/{}", n.numerator(), n.denominator()),
        }
    }

    /// A fraction as percent: 0.05 is `5%`.
    pub fn percent(&self, fraction: Decimal) -> String {
        let percent = fraction.times(Decimal::whole(100)).unwrap_or(fraction);
        let number = self.decimal(percent);
        match self.lang {
            Lang::En | Lang::Zh => format!("{number}%"),
            Lang::Ru => format!("{number}\u{a0}%"),
        }
    }

    /// What a discount leaves in tenths of the price, as Chinese shops say it: 5% off is `9.5折`.
    pub fn tenths_left(&self, fraction: Decimal) -> String {
        let one = Decimal::new(10_i128.saturating_pow(u32::from(fraction.scale)), fraction.scale);
        let left = Decimal::new(one.mantissa.saturating_sub(fraction.mantissa), fraction.scale);
        self.decimal(left.times(Decimal::whole(10)).unwrap_or(left))
    }

    /// Money in minor units.
    pub fn money(&self, minor: i64, currency: &Currency) -> String {
        self.sum(Decimal::new(i128::from(minor), currency.decimals), currency)
    }

    /// Money in minor units that may have a part below them.
    pub fn exact_money(&self, minor: Exact, currency: &Currency) -> String {
        match decimal_of(minor) {
            Some(minor) => self.sum(Decimal::new(minor.mantissa, minor.scale.saturating_add(currency.decimals)), currency),
            None => {
                let number = self.exact(minor);
                let one = self.money(1, currency);
                format!("{number} × {one}")
            }
        }
    }

    /// Money in full units. English always writes the decimals of the currency; the others where there are any.
    pub fn sum(&self, amount: Decimal, currency: &Currency) -> String {
        let short = amount.normal();
        let least = if self.lang == Lang::En || short.scale > 0 { currency.decimals } else { 0 };
        let up = least.saturating_sub(short.scale);
        let shown = Decimal::new(short.mantissa.saturating_mul(10_i128.saturating_pow(u32::from(up))), short.scale.max(least));
        let number = self.digits(&shown.to_string());
        match self.lang {
            Lang::En => format!("{number}\u{a0}{}", currency.code),
            Lang::Ru => format!("{number}\u{a0}{}", russian_currency(&currency.code)),
            Lang::Zh => format!("{number}{}", chinese_currency(&currency.code)),
        }
    }

    /// `30 November 2024`, `30 ноября 2024 г.`, `2024年11月30日`
    pub fn date(&self, date: Date) -> String {
        let (year, month, day) = date.ymd();
        match self.lang {
            Lang::En => format!("{day}\u{a0}{} {year}", month_name(Lang::En, month)),
            Lang::Ru => format!("{day}\u{a0}{} {year}\u{a0}г.", month_name(Lang::Ru, month)),
            Lang::Zh => format!("{year}年{month}月{day}日"),
        }
    }

    /// `24 December`
    pub fn year_day(&self, month: u8, day: u8) -> String {
        match self.lang {
            Lang::En | Lang::Ru => format!("{day}\u{a0}{}", month_name(self.lang, month)),
            Lang::Zh => format!("{month}月{day}日"),
        }
    }

    pub fn time(&self, time: TimeOfDay) -> String {
        time.to_string()
    }

    /// `3rd`, `3-й` (in the case of "покупке"), `第3`
    pub fn ordinal(&self, n: u32) -> String {
        let number = self.digits(&n.to_string());
        match self.lang {
            Lang::En => {
                let ending = match (n % 10, n % 100) {
                    (_, 11..=13) => "th",
                    (1, _) => "st",
                    (2, _) => "nd",
                    (3, _) => "rd",
                    _ => "th",
                };
                format!("{number}{ending}")
            }
            Lang::Ru => format!("{number}-й"),
            Lang::Zh => format!("第{number}"),
        }
    }
}

/// The decimal that a fraction is, if it is one.
pub(super) fn decimal_of(n: Exact) -> Option<Decimal> {
    let (mut denominator, mut numerator, mut scale) = (n.denominator(), n.numerator(), 0_u8);
    while denominator > 1 {
        if scale >= 30 {
            return None;
        }
        numerator = numerator.checked_mul(10)?;
        scale = scale.saturating_add(1);
        for prime in [2, 5] {
            while denominator % prime == 0 && numerator % prime == 0 {
                denominator /= prime;
                numerator /= prime;
            }
        }
        if denominator % 2 != 0 && denominator % 5 != 0 && denominator > 1 {
            return None;
        }
    }
    Some(Decimal::new(numerator, scale).normal())
}

fn russian_currency(code: &str) -> &str {
    match code {
        "RUB" => "руб.",
        "EUR" => "евро",
        "USD" => "долл.\u{a0}США",
        "GBP" => "ф.\u{a0}ст.",
        "CNY" => "юан.",
        "JPY" => "иен",
        "KZT" => "тенге",
        "BYN" => "бел.\u{a0}руб.",
        "UAH" => "грн",
        other => other,
    }
}

fn chinese_currency(code: &str) -> String {
    match code {
        "CNY" => "元",
        "EUR" => "欧元",
        "USD" => "美元",
        "GBP" => "英镑",
        "RUB" => "卢布",
        "JPY" => "日元",
        "HKD" => "港元",
        "TWD" => "新台币",
        "SGD" => "新加坡元",
        "CHF" => "瑞士法郎",
        "KRW" => "韩元",
        other => return format!(" {other}"),
    }
    .to_owned()
}

/// A month: in English as it stands, in Russian in the second case as dates have it, in Chinese by its number.
pub(super) fn month_name(lang: Lang, month: u8) -> String {
    const EN: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    const RU: [&str; 12] =
        ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];
    let at = usize::from(month).saturating_sub(1);
    match lang {
        Lang::En => EN.get(at).copied().unwrap_or("").to_owned(),
        Lang::Ru => RU.get(at).copied().unwrap_or("").to_owned(),
        Lang::Zh => format!("{month}月"),
    }
}

/// A month in which something happens: `in December`, `в декабре`.
pub(super) fn in_month(lang: Lang, month: u8) -> String {
    const RU: [&str; 12] =
        ["январе", "феврале", "марте", "апреле", "мае", "июне", "июле", "августе", "сентябре", "октябре", "ноябре", "декабре"];
    match lang {
        Lang::Ru => RU.get(usize::from(month).saturating_sub(1)).copied().unwrap_or("").to_owned(),
        Lang::En | Lang::Zh => month_name(lang, month),
    }
}

/// Weekdays on which something holds, from 0 for Monday: `Mondays`, `понедельникам`, `周一`.
pub(super) fn weekday_name(lang: Lang, day: u8) -> &'static str {
    const EN: [&str; 7] = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
    const RU: [&str; 7] = ["понедельникам", "вторникам", "средам", "четвергам", "пятницам", "субботам", "воскресеньям"];
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    let table = match lang {
        Lang::En => EN,
        Lang::Ru => RU,
        Lang::Zh => ZH,
    };
    table.get(usize::from(day)).copied().unwrap_or("")
}

/// A day of the week by itself: `Monday`, `понедельник`, `周一`.
pub(super) fn weekday(lang: Lang, day: u8) -> &'static str {
    const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const RU: [&str; 7] = ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"];
    match lang {
        Lang::En => EN.get(usize::from(day)).copied().unwrap_or(""),
        Lang::Ru => RU.get(usize::from(day)).copied().unwrap_or(""),
        Lang::Zh => weekday_name(lang, day),
    }
}

impl Noun {
    fn forms(self, lang: Lang) -> Forms {
        use crate::program::Period;
        let (en, ru, zh) = match self {
            Self::Hour => (["hour", "hours"], ["час", "часа", "часов"], "小时"),
            Self::Day | Self::Period(Period::Day) => (["day", "days"], ["день", "дня", "дней"], "天"),
            Self::Month => (["month", "months"], ["месяц", "месяца", "месяцев"], "个月"),
            Self::Year => (["year", "years"], ["год", "года", "лет"], "年"),
            Self::Purchase => (["purchase", "purchases"], ["покупка", "покупки", "покупок"], "笔消费"),
            Self::Item => (["item", "items"], ["единица товара", "единицы товара", "единиц товара"], "件商品"),
            Self::Time => (["time", "times"], ["раз", "раза", "раз"], "次"),
            Self::Winner => (["winner", "winners"], ["победитель", "победителя", "победителей"], "名中奖者"),
            Self::Entry => (["entry", "entries"], ["шанс", "шанса", "шансов"], "次抽奖机会"),
            Self::Friend => (["member you brought", "members you brought"], ["приглашённый", "приглашённых", "приглашённых"], "位受邀好友"),
            Self::Period(Period::Week) => {
                (["calendar week", "calendar weeks"], ["календарная неделя", "календарные недели", "календарных недель"], "个自然周")
            }
            Self::Period(Period::Month) => {
                (["calendar month", "calendar months"], ["календарный месяц", "календарных месяца", "календарных месяцев"], "个自然月")
            }
            Self::Period(Period::Quarter) => (
                ["calendar quarter", "calendar quarters"],
                ["календарный квартал", "календарных квартала", "календарных кварталов"],
                "个自然季度",
            ),
            Self::Period(Period::Year) => {
                (["calendar year", "calendar years"], ["календарный год", "календарных года", "календарных лет"], "个自然年")
            }
            Self::Period(Period::MembershipYear) => {
                (["membership year", "membership years"], ["год участия", "года участия", "лет участия"], "个会员年度")
            }
        };
        let [one, many] = en;
        let [ru_one, ru_few, ru_many] = ru;
        match lang {
            Lang::En => Forms { one: one.to_owned(), few: many.to_owned(), many: many.to_owned() },
            Lang::Ru => Forms { one: ru_one.to_owned(), few: ru_few.to_owned(), many: ru_many.to_owned() },
            Lang::Zh => Forms { one: zh.to_owned(), few: zh.to_owned(), many: zh.to_owned() },
        }
    }
}

/// Parts with an "and" or "or" before the last one.
pub(super) fn listed(parts: &[String], lang: Lang, all: bool) -> String {
    let word = match (lang, all) {
        (Lang::En, true) => " and ",
        (Lang::En, false) => " or ",
        (Lang::Ru, true) => " и ",
        (Lang::Ru, false) => " или ",
        (Lang::Zh, true) => "和",
        (Lang::Zh, false) => "或",
    };
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{}{word}{last}", rest.join(comma)),
    }
}

/// With a capital letter at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
