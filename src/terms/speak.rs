//! Names, amounts, spans and periods in the language of the terms.

use super::language::{Forms, Lang, Noun, Numbers, Role, capital, listed, say};
use super::names::Words;
use crate::program::{CalendarId, CivilSpan, EndOf, Lasting, LimitPeriod, Period, Program, TextId, TierId, WalletId, WalletKind, Window};
use crate::value::{Date, Decimal, Exact};

/// Who speaks: a program in a language.
pub(super) struct Speaker<'a> {
    pub program: &'a Program,
    pub lang: Lang,
    pub numbers: Numbers,
    pub words: &'a Words,
}

impl<'a> Speaker<'a> {
    pub fn new(program: &'a Program, lang: Lang, words: &'a Words) -> Self {
        Self { program, lang, numbers: Numbers::new(lang), words }
    }

    /// A name in quotes; a quotation mark within it is doubled, so that no name ends early.
    pub fn quoted(&self, name: &str) -> String {
        let name = self.words.name(name);
        match self.lang {
            Lang::En | Lang::Zh => format!("“{}”", name.replace('“', "““").replace('”', "””")),
            Lang::Ru => format!("«{}»", name.replace('«', "««").replace('»', "»»")),
        }
    }

    /// `“a” or “b”`
    pub fn texts(&self, ids: &[TextId]) -> String {
        let names: Vec<String> = ids.iter().filter_map(|id| self.program.texts.get(id.index())).map(|text| self.quoted(text)).collect();
        listed(&names, self.lang, false)
    }

    pub fn tier(&self, tier: TierId) -> String {
        self.quoted(self.program.tier_name(tier))
    }

    pub fn money(&self, minor: i64) -> String {
        self.numbers.money(minor, &self.program.currency)
    }

    pub fn count(&self, n: u64, noun: Noun, role: Role) -> String {
        self.numbers.count(n, noun, role)
    }

    pub fn date(&self, date: Date) -> String {
        self.numbers.date(date)
    }

    // Wallets.

    fn wallet_name(&self, id: WalletId) -> &'a str {
        self.program.wallets.get(id.index()).map_or("", |wallet| wallet.name.as_str())
    }

    pub fn is_money(&self, id: WalletId) -> bool {
        self.program.wallets.get(id.index()).is_some_and(|wallet| wallet.kind == WalletKind::Money)
    }

    /// `beans`, `баллы`, `积分`
    pub fn wallet(&self, id: WalletId) -> String {
        self.words.plural(self.wallet_name(id), self.lang)
    }

    /// At the beginning of a sentence.
    pub fn wallet_first(&self, id: WalletId) -> String {
        capital(&self.wallet(id))
    }

    /// After "of": `beans`, `баллов`, `积分`.
    pub fn of_wallet(&self, id: WalletId) -> String {
        if self.lang != Lang::Ru || self.is_money(id) && !self.words.has(self.wallet_name(id)) {
            let name = self.wallet(id);
            return if self.lang == Lang::Ru && name == "кешбэк" { "кешбэка".to_owned() } else { name };
        }
        self.unit(id).0.many
    }

    /// The forms of a wallet's unit, and its measure word: those of the file of words, else those that the program declares.
    fn unit(&self, id: WalletId) -> (Forms, String) {
        let name = self.wallet_name(id);
        let declared = self.program.wallets.get(id.index()).map_or(&[][..], |wallet| wallet.forms.as_slice());
        let Some(many) = declared.last().filter(|_| !self.words.has(name)) else { return self.words.unit(name, self.lang) };
        // The name itself may stand among them, as what goes with one.
        let few = declared.iter().find(|form| *form != name).unwrap_or(many);
        (Forms { one: name.to_owned(), few: few.clone(), many: many.clone() }, String::new())
    }

    /// Smallest units of a wallet: `100 beans`; of a money wallet `5.00 EUR in cashback`.
    pub fn units(&self, id: WalletId, amount: i64, role: Role) -> String {
        let scale = self.program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale);
        self.full_units(id, Decimal::new(i128::from(amount), scale), role)
    }

    /// Full units of a wallet (of a money wallet, too).
    pub fn full_units(&self, id: WalletId, amount: Decimal, role: Role) -> String {
        if self.is_money(id) {
            let minor = Exact::try_from(amount)
                .and_then(|n| n.times(Exact::whole(10_i128.saturating_pow(u32::from(self.program.currency.decimals)))));
            let sum = minor.map_or_else(|_| amount.to_string(), |minor| self.numbers.exact_money(minor, &self.program.currency));
            return self.money_in(id, &sum);
        }
        let (forms, measure) = self.unit(id);
        let plain = amount.normal().to_string();
        let form = self.form(&plain, &forms, role);
        let number = self.numbers.digits(&plain);
        match self.lang {
            Lang::En | Lang::Ru => format!("{number}\u{a0}{form}"),
            Lang::Zh if form.starts_with(|c: char| c.is_ascii_alphanumeric()) => format!("{number}{measure} {form}"),
            Lang::Zh => format!("{number}{measure}{form}"),
        }
    }

    fn form<'f>(&self, plain: &str, forms: &'f Forms, role: Role) -> &'f str {
        self.numbers.form(plain, forms, role)
    }

    /// A sum that goes to a money wallet.
    fn money_in(&self, id: WalletId, sum: &str) -> String {
        let name = self.wallet(id);
        if self.lang == Lang::Ru && name == "кешбэк" {
            return format!("{sum} кешбэком");
        }
        if self.lang == Lang::Zh && name == "返现" {
            return format!("{sum}返现");
        }
        let quoted = self.quoted(self.wallet_name(id));
        if name == "cashback" {
            return say!(self.lang, "{sum} in {name}", "{sum} на счёт {quoted}", "{sum}（存入{quoted}）");
        }
        say!(self.lang, "{sum} in {quoted}", "{sum} на счёт {quoted}", "{sum}（存入{quoted}）")
    }

    // Spans and periods.

    /// `12 months`; whole years from two on.
    pub fn span(&self, span: CivilSpan, role: Role) -> String {
        match span {
            CivilSpan::Hours(n) => self.count(u64::from(n), Noun::Hour, role),
            CivilSpan::Days(n) => self.count(u64::from(n), Noun::Day, role),
            CivilSpan::Months(n) if n >= 24 && n.is_multiple_of(12) => self.count(u64::from(n / 12), Noun::Year, role),
            CivilSpan::Months(n) => self.count(u64::from(n), Noun::Month, role),
        }
    }

    /// The span up to now: `in the last 12 months`.
    pub fn last_span(&self, span: CivilSpan) -> String {
        let long = self.span(span, Role::Plain);
        let one = matches!(span, CivilSpan::Hours(1) | CivilSpan::Days(1) | CivilSpan::Months(1));
        if one {
            return say!(self.lang, "in the last {long}", "за последний {long}", "最近{long}内");
        }
        say!(self.lang, "in the last {long}", "за последние {long}", "最近{long}内")
    }

    /// `per calendar month`
    pub fn per(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "per day", "в день", "每天"),
            Period::Week => say!(self.lang, "per calendar week", "в календарную неделю", "每个自然周"),
            Period::Month => say!(self.lang, "per calendar month", "в календарный месяц", "每个自然月"),
            Period::Quarter => say!(self.lang, "per calendar quarter", "в календарный квартал", "每个自然季度"),
            Period::Year => say!(self.lang, "per calendar year", "в календарный год", "每个自然年"),
            Period::MembershipYear => say!(self.lang, "per membership year", "за год участия", "每个会员年度"),
        }
    }

    /// `the calendar month`, after "end of": `календарного месяца`.
    pub fn of_period(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "the day", "дня", "当天"),
            Period::Week => say!(self.lang, "the calendar week", "календарной недели", "当个自然周"),
            Period::Month => say!(self.lang, "the calendar month", "календарного месяца", "当月"),
            Period::Quarter => say!(self.lang, "the calendar quarter", "календарного квартала", "当季度"),
            Period::Year => say!(self.lang, "the calendar year", "календарного года", "当年"),
            Period::MembershipYear => say!(self.lang, "your membership year", "вашего года участия", "当个会员年度"),
        }
    }

    /// `the next calendar month`, after "end of".
    pub fn of_next_period(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "the next day", "следующего дня", "次日"),
            Period::Week => say!(self.lang, "the next calendar week", "следующей календарной недели", "下个自然周"),
            Period::Month => say!(self.lang, "the next calendar month", "следующего календарного месяца", "次月"),
            Period::Quarter => say!(self.lang, "the next calendar quarter", "следующего календарного квартала", "下个季度"),
            Period::Year => say!(self.lang, "the next calendar year", "следующего календарного года", "次年"),
            Period::MembershipYear => say!(self.lang, "your next membership year", "вашего следующего года участия", "下个会员年度"),
        }
    }

    /// `every calendar month`, after "end of": `каждого календарного месяца`.
    pub fn of_every(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "every day", "каждого дня", "每天"),
            Period::Week => say!(self.lang, "every calendar week", "каждой календарной недели", "每个自然周"),
            Period::Month => say!(self.lang, "every calendar month", "каждого календарного месяца", "每月"),
            Period::Quarter => say!(self.lang, "every calendar quarter", "каждого календарного квартала", "每季度"),
            Period::Year => say!(self.lang, "every calendar year", "каждого календарного года", "每年"),
            Period::MembershipYear => say!(self.lang, "every membership year", "каждого года участия", "每个会员年度"),
        }
    }

    /// `in the current calendar month`
    fn current(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "on the same day", "в тот же день", "当天"),
            Period::Week => say!(self.lang, "in the current calendar week", "в текущей календарной неделе", "本自然周内"),
            Period::Month => say!(self.lang, "in the current calendar month", "в текущем календарном месяце", "本自然月内"),
            Period::Quarter => say!(self.lang, "in the current calendar quarter", "в текущем календарном квартале", "本自然季度内"),
            Period::Year => say!(self.lang, "in the current calendar year", "в текущем календарном году", "本自然年内"),
            Period::MembershipYear => say!(self.lang, "in your current membership year", "в текущем году участия", "本会员年度内"),
        }
    }

    fn previous(&self, period: Period) -> String {
        match period {
            Period::Day => say!(self.lang, "on the day before", "накануне", "前一天"),
            Period::Week => say!(self.lang, "in the previous calendar week", "в предыдущей календарной неделе", "上一自然周内"),
            Period::Month => say!(self.lang, "in the previous calendar month", "в предыдущем календарном месяце", "上一自然月内"),
            Period::Quarter => {
                say!(self.lang, "in the previous calendar quarter", "в предыдущем календарном квартале", "上一自然季度内")
            }
            Period::Year => say!(self.lang, "in the previous calendar year", "в предыдущем календарном году", "上一自然年内"),
            Period::MembershipYear => say!(self.lang, "in your previous membership year", "в предыдущем году участия", "上一会员年度内"),
        }
    }

    /// `in the last 12 months`, `since you joined`
    pub fn window(&self, window: Window) -> String {
        match window {
            Window::Unsaid if self.program.count_earlier => {
                say!(self.lang, "in all, also before you joined", "за всё время, в том числе до вступления", "累计（含入会之前）")
            }
            Window::Unsaid | Window::SinceJoining => say!(self.lang, "since you joined", "с момента вступления", "自入会以来"),
            Window::SinceReaching(_) => say!(
                self.lang,
                "since you reached, renewed or dropped to your level",
                "с момента достижения, подтверждения или понижения вашего уровня",
                "自达到、续期或降至当前等级以来"
            ),
            Window::Last(span) => self.last_span(span),
            Window::In(period) => self.current(period),
            Window::Previous(period) => self.previous(period),
            Window::Ever => say!(self.lang, "in all, without limit of time", "за всё время", "累计（不限时间）"),
        }
    }

    /// `per purchase`, `within any 30 days`
    pub fn limit_period(&self, period: LimitPeriod) -> String {
        match period {
            LimitPeriod::Purchase => say!(self.lang, "per purchase", "за одну покупку", "每笔消费"),
            LimitPeriod::Calendar(period) => self.per(period),
            LimitPeriod::Rolling(span) => {
                let any = self.span(span, Role::Plain);
                let of = self.span(span, Role::Genitive);
                say!(self.lang, "within any {any}", "в течение любых {of}", "任意连续{any}内")
            }
            LimitPeriod::Ever => say!(self.lang, "in all, once and for good", "за всё время участия", "在整个会员期内"),
        }
    }

    /// `the end of the calendar year`
    pub fn end_of(&self, end: EndOf, next: bool) -> String {
        match (end, next) {
            (EndOf::Period(period), false) => {
                let of = self.of_period(period);
                say!(self.lang, "the end of {of}", "конца {of}", "{of}末")
            }
            (EndOf::Period(period), true) => {
                let of = self.of_next_period(period);
                say!(self.lang, "the end of {of}", "конца {of}", "{of}末")
            }
            (EndOf::HalfYear, false) => {
                say!(
                    self.lang,
                    "the end of the calendar half-year (30 June or 31 December)",
                    "конца календарного полугодия (30 июня или 31 декабря)",
                    "当个自然半年末（6月30日或12月31日）"
                )
            }
            (EndOf::HalfYear, true) => {
                say!(
                    self.lang,
                    "the end of the next calendar half-year (30 June or 31 December)",
                    "конца следующего календарного полугодия (30 июня или 31 декабря)",
                    "下个自然半年末（6月30日或12月31日）"
                )
            }
        }
    }

    /// How long something lasts, behind "can be used": `up to and including 31 December 2025`.
    pub fn lasting(&self, lasting: Lasting) -> String {
        match lasting {
            Lasting::For(CivilSpan::Hours(n)) => {
                let long = self.count(u64::from(n), Noun::Hour, Role::Plain);
                say!(
                    self.lang,
                    "for exactly {long} from the moment it is given",
                    "ровно {long} с момента получения",
                    "自获得之时起{long}内"
                )
            }
            Lasting::For(span) => {
                let long = self.span(span, Role::Plain);
                say!(
                    self.lang,
                    "from the day it is given up to and including the day {long} later",
                    "со дня получения до конца того дня, который наступит через {long}, включительно",
                    "自获得之日起至{long}后的当日（含当日）"
                )
            }
            Lasting::ThatDay => say!(self.lang, "until the end of the day it is given", "до конца дня получения", "限获得当天"),
            Lasting::UntilEnd { next, period } => {
                let end = self.end_of(EndOf::Period(period), next);
                say!(self.lang, "until {end}, counted from the day it is given", "до {end}, считая со дня получения", "自获得之日起至{end}")
            }
            Lasting::Until(date) => {
                let day = self.date(date);
                say!(self.lang, "up to and including {day}", "по {day} включительно", "至{day}（含当日）")
            }
            Lasting::UntilNext(month, day) => {
                let day = self.numbers.year_day(month, day);
                say!(
                    self.lang,
                    "up to and including the first {day} after the day it is given",
                    "по ближайшее {day} после дня получения включительно",
                    "至获得之日后的第一个{day}（含当日）"
                )
            }
            Lasting::Days(from, to) => self.days(from, to),
            Lasting::During(calendar) => {
                let days = self.calendar(calendar);
                say!(
                    self.lang,
                    "during the days {days}: the unbroken run of them under way when it is given, else the next one",
                    "в период {days}: тот, который идёт в момент получения, иначе ближайший следующий",
                    "在{days}期间：获得时正在进行的一期，否则为下一期"
                )
            }
        }
    }

    pub fn calendar(&self, id: CalendarId) -> String {
        self.program.calendars.get(id.index()).map_or_else(String::new, |calendar| self.quoted(&calendar.name))
    }

    /// `from 1 December 2025 up to and including 24 December 2025`
    pub fn days(&self, from: Date, to: Date) -> String {
        let (first, last) = (self.date(from), self.date(to));
        if from == to {
            return say!(self.lang, "only on {first}", "только {first}", "仅限{first}当天");
        }
        say!(self.lang, "from {first} up to and including {last}", "с {first} по {last} включительно", "{first}至{last}（均含当日）")
    }

    pub fn list(&self, parts: &[String], all: bool) -> String {
        listed(parts, self.lang, all)
    }
}
