//! When something happens: what sets a rule off, and on which days it holds.

use super::language::{Lang, Noun, Role, in_month, say, weekday, weekday_name};
use super::speak::Speaker;
use crate::program::{CivilSpan, MonthDay, Trigger, Usable, UsableDay, When};
use crate::value::TimeOfDay;

/// To which purchases a change of price or earning applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The purchase that sets it off.
    ThatPurchase,
    /// All purchases of the day.
    ThatDay,
    /// Later ones.
    Later,
}

/// Whether a purchase sets it off: section 3, else section 4.
pub(super) fn by_purchase(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::EachPurchase { .. }
        | Trigger::Nth { .. }
        | Trigger::EveryNth { .. }
        | Trigger::Range { .. }
        | Trigger::Spending { .. }
        | Trigger::Streak { .. } => true,
        Trigger::None
        | Trigger::Birthday
        | Trigger::Anniversary
        | Trigger::Date(_)
        | Trigger::YearDay(..)
        | Trigger::DayOfMonth(_)
        | Trigger::AfterJoining(_)
        | Trigger::Signup
        | Trigger::Referral(_)
        | Trigger::Event(_)
        | Trigger::Reaching(_)
        | Trigger::Leaving(_)
        | Trigger::Silence { .. }
        | Trigger::AtEnd(_)
        | Trigger::AtStart(_) => false,
    }
}

/// To which purchases a modifier of such a rule applies.
pub(super) fn reach(trigger: &Trigger) -> Reach {
    match trigger {
        Trigger::None
        | Trigger::EachPurchase { .. }
        | Trigger::Nth { after: false, .. }
        | Trigger::EveryNth { after: false, .. }
        | Trigger::Range { .. } => Reach::ThatPurchase,
        Trigger::Birthday | Trigger::Anniversary | Trigger::Date(_) | Trigger::YearDay(..) | Trigger::DayOfMonth(_) => Reach::ThatDay,
        Trigger::Nth { after: true, .. }
        | Trigger::EveryNth { after: true, .. }
        | Trigger::Spending { .. }
        | Trigger::Streak { .. }
        | Trigger::Signup
        | Trigger::Referral(_)
        | Trigger::Event(_)
        | Trigger::Reaching(_)
        | Trigger::Leaving(_)
        | Trigger::Silence { .. }
        | Trigger::AfterJoining(_)
        | Trigger::AtEnd(_)
        | Trigger::AtStart(_) => Reach::Later,
    }
}

impl Speaker<'_> {
    /// What sets it off, at the beginning of a sentence.
    pub fn trigger(&self, trigger: &Trigger) -> String {
        match trigger {
            Trigger::None | Trigger::EachPurchase { .. } => say!(self.lang, "With every purchase", "При каждой покупке", "每笔消费时"),
            Trigger::Nth { after: false, n, .. } => {
                let nth = self.numbers.ordinal(*n);
                say!(self.lang, "With your {nth} purchase", "При {nth} покупке", "{nth}笔消费时")
            }
            Trigger::Nth { after: true, n, .. } => {
                let nth = self.numbers.ordinal(*n);
                say!(self.lang, "After your {nth} purchase", "После {nth} покупки", "完成{nth}笔消费后")
            }
            Trigger::EveryNth { after: false, n, .. } => {
                let (nth, many) = (self.numbers.ordinal(*n), self.numbers.digits(&n.to_string()));
                say!(self.lang, "With every {nth} purchase", "При каждой {nth} покупке", "每累计{many}笔消费，在其最后一笔消费时")
            }
            Trigger::EveryNth { after: true, n, .. } => {
                let (nth, many) = (self.numbers.ordinal(*n), self.numbers.digits(&n.to_string()));
                say!(self.lang, "After every {nth} purchase", "После каждой {nth} покупки", "每完成{many}笔消费后")
            }
            Trigger::Range { from, to, .. } => {
                let (from, to) = (self.numbers.digits(&from.to_string()), self.numbers.digits(&to.to_string()));
                say!(
                    self.lang,
                    "With each of your purchases number {from} to {to}",
                    "При каждой покупке с порядковым номером от {from} до {to} включительно",
                    "第{from}至第{to}笔消费时（含首尾）"
                )
            }
            Trigger::Spending { every: false, amount, .. } => {
                let sum = self.money(*amount);
                say!(
                    self.lang,
                    "Once your spend reaches {sum} or more",
                    "Когда сумма ваших покупок достигнет {sum} или больше",
                    "累计消费满{sum}（含）后"
                )
            }
            Trigger::Spending { every: true, amount, .. } => {
                let sum = self.money(*amount);
                say!(
                    self.lang,
                    "For every full {sum} of your spend",
                    "За каждые полные {sum} накопленной суммы покупок",
                    "累计消费每满{sum}后"
                )
            }
            Trigger::Streak { count, period, .. } => {
                let periods = self.count(u64::from(*count), Noun::Period(*period), Role::Genitive);
                let plain = self.count(u64::from(*count), Noun::Period(*period), Role::Plain);
                say!(
                    self.lang,
                    "After {plain} in a row with a purchase in each",
                    "После покупок в каждом из {periods} подряд",
                    "连续{plain}每期均有消费后"
                )
            }
            Trigger::Birthday => say!(self.lang, "On your birthday", "В день вашего рождения", "您生日当天"),
            Trigger::Anniversary => {
                say!(self.lang, "On every anniversary of the day you joined", "В каждую годовщину вашего вступления", "每逢您的入会周年日")
            }
            Trigger::Date(date) => {
                let day = self.date(*date);
                say!(self.lang, "On {day}", "{day}", "{day}")
            }
            Trigger::YearDay(month, day) => {
                let day = self.numbers.year_day(*month, *day);
                say!(self.lang, "Every year on {day}", "Ежегодно {day}", "每年{day}")
            }
            Trigger::DayOfMonth(day) => {
                let day = self.month_day(*day);
                say!(self.lang, "On {day} of every month", "Ежемесячно {day}", "每月{day}")
            }
            Trigger::AfterJoining(span) => {
                let long = self.span(*span, Role::Plain);
                say!(
                    self.lang,
                    "When the day begins that lies {long} after the day you joined (once)",
                    "С началом дня, который наступит через {long} после вступления (один раз)",
                    "入会满{long}之日零时（仅一次）"
                )
            }
            Trigger::Signup => say!(self.lang, "When you join", "При вступлении в программу", "加入本计划时"),
            Trigger::Referral(filter) => {
                let of = self.narrowed(filter);
                say!(
                    self.lang,
                    "When someone you brought makes a first purchase as a member{of}",
                    "Когда приглашённый вами человек совершит первую покупку в качестве участника{of}",
                    "您推荐的好友以会员身份完成首笔消费{of}时"
                )
            }
            Trigger::Event(name) => {
                let name = self.quoted(name);
                say!(self.lang, "When the event {name} is recorded for you", "При каждом событии {name}", "每次发生{name}时")
            }
            Trigger::Reaching(tier) => {
                let name = self.tier(*tier);
                say!(self.lang, "When you reach the level {name}", "При достижении уровня {name}", "升至{name}等级时")
            }
            Trigger::Leaving(tier) => {
                let name = self.tier(*tier);
                say!(self.lang, "When you lose the level {name}", "При утрате уровня {name}", "失去{name}等级时")
            }
            Trigger::Silence { span, .. } => {
                let long = self.span(*span, Role::Plain);
                say!(
                    self.lang,
                    "When {long} have passed since your last purchase (or since you joined) without another one, at the start of that day",
                    "Если вы не совершали покупок {long} (считая с последней покупки или со вступления), с начала этого дня",
                    "自上一笔消费（或入会）起连续{long}未消费，于该日零时"
                )
            }
            Trigger::AtEnd(period) => {
                let every = self.of_every(*period);
                say!(self.lang, "At the end of {every}", "В конце {every}", "{every}末")
            }
            Trigger::AtStart(period) => {
                let every = self.of_every(*period);
                say!(self.lang, "At the start of {every}", "В начале {every}", "{every}初")
            }
        }
    }

    /// What a trigger counts, where it is not everything since joining.
    pub fn trigger_counts(&self, trigger: &Trigger) -> Option<String> {
        match trigger {
            Trigger::Nth { counter: measure, .. }
            | Trigger::EveryNth { counter: measure, .. }
            | Trigger::Range { counter: measure, .. }
            | Trigger::Spending { measure, .. } => self.counted(*measure),
            Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } | Trigger::Silence { filter, .. } => {
                let parts = self.narrowings(filter);
                let all = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
                (!parts.is_empty()).then(|| {
                    say!(self.lang, "Which purchases are meant: {all}.", "Какие покупки имеются в виду: {all}.", "消费口径：{all}。")
                })
            }
            Trigger::None
            | Trigger::Birthday
            | Trigger::Anniversary
            | Trigger::Date(_)
            | Trigger::YearDay(..)
            | Trigger::DayOfMonth(_)
            | Trigger::AfterJoining(_)
            | Trigger::Signup
            | Trigger::Referral(_)
            | Trigger::Event(_)
            | Trigger::Reaching(_)
            | Trigger::Leaving(_)
            | Trigger::AtEnd(_)
            | Trigger::AtStart(_) => None,
        }
    }

    /// A day of every month: `the 1st`, `the 3rd Monday`, `the last Friday`.
    fn month_day(&self, day: MonthDay) -> String {
        match day {
            MonthDay::Day(day) => {
                let (nth, short) = (self.numbers.ordinal(u32::from(day)), self.shorter_months(day));
                say!(self.lang, "the {nth}{short}", "{day}-го числа{short}", "{day}日{short}")
            }
            MonthDay::Weekday { nth: 0, weekday: name } => {
                let name = weekday(self.lang, name);
                say!(self.lang, "the last {name}", "в последний по счёту день недели «{name}»", "最后一个{name}")
            }
            MonthDay::Weekday { nth, weekday: name } => {
                let (nth, name) = (self.numbers.ordinal(u32::from(nth)), weekday(self.lang, name));
                say!(
                    self.lang,
                    "the {nth} {name} (a month without one has no such day)",
                    "в {nth} по счёту день недели «{name}» (в месяце без него такого дня нет)",
                    "{nth}个{name}（当月没有的不计）"
                )
            }
        }
    }

    fn shorter_months(&self, day: u8) -> String {
        if day <= 28 {
            return String::new();
        }
        say!(
            self.lang,
            " (in a shorter month on its last day)",
            " (в более коротком месяце — в его последний день)",
            "（当月无此日的，为当月最后一日）"
        )
    }

    /// When something holds, behind "only".
    pub fn when(&self, when: &When) -> String {
        match when {
            When::Weekdays(bits) => self.weekdays(*bits),
            When::Between(from, to) => self.between(*from, *to),
            When::From(date) => {
                let day = self.date(*date);
                say!(self.lang, "from {day} on", "с {day}", "自{day}起（含当日）")
            }
            When::Until(date) => {
                let day = self.date(*date);
                say!(self.lang, "up to and including {day}", "по {day} включительно", "截至{day}（含当日）")
            }
            When::During(id) => {
                let days = self.calendar(*id);
                say!(self.lang, "on the days {days}", "в дни {days}", "{days}期间")
            }
            When::Months(bits) => self.months(*bits),
            When::BirthdayMonth => say!(self.lang, "in the month of your birthday", "в месяц вашего дня рождения", "您的生日当月"),
            When::AroundBirthday { from, to } => self.around(*from, *to, UsableDay::Birthday),
            When::AroundAnniversary { from, to } => self.around(*from, *to, UsableDay::Anniversary),
            When::AroundYearDay { month, day, from, to } => self.around(*from, *to, UsableDay::YearDay(*month, *day)),
            When::AroundDate { date, from, to } => self.around(*from, *to, UsableDay::Date(*date)),
            When::OnDate(date) => {
                let day = self.date(*date);
                say!(self.lang, "on {day}", "{day}", "{day}当天")
            }
            When::OnYearDay(month, day) => {
                let day = self.numbers.year_day(*month, *day);
                say!(self.lang, "on {day} of every year", "ежегодно {day}", "每年{day}")
            }
            When::OnDayOfMonth(day) => {
                let day = self.month_day(*day);
                say!(self.lang, "on {day} of every month", "{day} каждого месяца", "每月{day}")
            }
            When::Birthday => say!(self.lang, "on your birthday", "в день вашего рождения", "您生日当天"),
            When::Anniversary => {
                say!(self.lang, "on the anniversary of the day you joined", "в годовщину вашего вступления", "您的入会周年日")
            }
            When::AnyOf(list) => {
                let parts: Vec<String> = list.iter().map(|one| self.when(one)).collect();
                let parts = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
                say!(self.lang, "at any of these times ({parts})", "в любое из этих времён ({parts})", "以下任一时间（{parts}）")
            }
        }
    }

    fn weekdays(&self, bits: u8) -> String {
        let days: Vec<String> = (0..7).filter(|day| bits >> day & 1 == 1).map(|day| weekday_name(self.lang, day).to_owned()).collect();
        let days = self.list(&days, true);
        say!(self.lang, "on {days}", "по {days}", "{days}")
    }

    fn months(&self, bits: u16) -> String {
        let months: Vec<String> = (1..=12).filter(|month| bits >> month & 1 == 1).map(|month| in_month(self.lang, month)).collect();
        let months = self.list(&months, true);
        say!(self.lang, "in {months}", "в {months}", "每年{months}")
    }

    fn between(&self, from: TimeOfDay, to: TimeOfDay) -> String {
        let past = from >= to;
        let (from, to) = (self.numbers.time(from), self.numbers.time(to));
        if past {
            return say!(
                self.lang,
                "from {from} until {to} of the next day ({to} not included; the whole night belongs to the day on which it begins)",
                "с {from} до {to} следующего дня ({to} не включается; вся ночь относится к тому дню, в который она началась)",
                "{from}至次日{to}（不含{to}；整夜均按开始当日计）"
            );
        }
        say!(self.lang, "from {from} until {to} ({to} not included)", "с {from} до {to} ({to} не включается)", "{from}至{to}（不含{to}）")
    }

    /// A day that recurs, behind "of".
    fn day(&self, day: UsableDay) -> String {
        match day {
            UsableDay::Birthday => say!(self.lang, "your birthday", "вашего дня рождения", "您的生日"),
            UsableDay::Anniversary => {
                say!(self.lang, "the anniversary of the day you joined", "годовщины вашего вступления", "您的入会周年日")
            }
            UsableDay::Date(date) => self.date(date),
            UsableDay::YearDay(month, day) => self.numbers.year_day(month, day),
        }
    }

    fn offset(&self, days: i32) -> String {
        let n = self.count(u64::from(days.unsigned_abs()), Noun::Day, Role::Plain);
        match days {
            ..0 => say!(self.lang, "{n} before it", "за {n} до этой даты", "之前{n}"),
            0 => say!(self.lang, "that day itself", "сама эта дата", "当天"),
            1.. => say!(self.lang, "{n} after it", "через {n} после этой даты", "之后{n}"),
        }
    }

    pub fn around(&self, from: i32, to: i32, day: UsableDay) -> String {
        let (day, first, last) = (self.day(day), self.offset(from), self.offset(to));
        say!(
            self.lang,
            "around {day} (first day: {first}; last day: {last})",
            "в дни около {day} (первый день — {first}; последний — {last})",
            "{day}前后（首日为{first}，末日为{last}，均含当日）"
        )
    }

    pub fn usable(&self, usable: Usable) -> String {
        self.around(usable.from, usable.to, usable.day)
    }

    /// From when on something is, that waits for a span after a day: the day by its distance.
    pub fn after_span(&self, span: CivilSpan) -> String {
        let long = self.span(span, Role::Plain);
        match span {
            CivilSpan::Hours(_) => say!(self.lang, "exactly {long} later", "ровно через {long}", "{long}后"),
            CivilSpan::Days(_) | CivilSpan::Months(_) => say!(
                self.lang,
                "at the start of the day {long} later",
                "с начала того дня, который наступит через {long}",
                "{long}后的当日零时"
            ),
        }
    }
}
