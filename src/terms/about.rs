//! What the program is, who takes part, and which amounts count.

use super::language::{Lang, Noun, Role, say};
use super::model::Clause;
use super::rules;
use super::said::Said;
use super::speak::Speaker;
use crate::program::{Effect, MeasureKind, Members, Program, Rule, Wallet, WalletId, WalletKind};
use crate::span::Span;
use crate::value::{Decimal, Rounding};

/// Every rule of a program: those by themselves, then those of exchanges and rewards.
pub(super) fn all_rules(program: &Program) -> impl Iterator<Item = &Rule> {
    let inner = program.exchanges.iter().map(|exchange| &*exchange.rule).chain(program.rewards.iter().map(|reward| &*reward.rule));
    program.rules.iter().chain(inner)
}

/// Whether a sentence gives such a thing.
pub(super) fn gives(program: &Program, such: impl Fn(&Effect) -> bool) -> bool {
    all_rules(program).flat_map(|rule| &rule.effects).any(such)
}

impl Speaker<'_> {
    /// Section 1.
    pub fn about(&self, organiser: Option<&str>, said: &Said) -> Vec<Clause> {
        let name = self.quoted(&self.program.name);
        let mut clauses = vec![Clause::new(
            match organiser {
                Some(organiser) => {
                    let organiser = crate::diagnostic::render::visible(organiser);
                    say!(
                        self.lang,
                        "{name} is a loyalty program. It is run by {organiser} (“we”).",
                        "{name} — программа лояльности. Организатор программы: {organiser} (далее — «мы»).",
                        "{name}为会员奖励计划（下称“本计划”），由{organiser}（下称“我们”）主办。"
                    )
                }
                None => say!(
                    self.lang,
                    "{name} is a loyalty program. It is run by ____________________ (“we”; name and address to be filled in).",
                    "{name} — программа лояльности. Организатор программы: ____________________ (далее — «мы»; указать наименование и адрес).",
                    "{name}为会员奖励计划（下称“本计划”），由____________________（下称“我们”，名称及地址待填）主办。"
                ),
            },
            said.program,
        )];
        let life = match (self.program.starts, self.program.ends) {
            (None, None) => {
                say!(self.lang, "It runs without a fixed end.", "Срок действия программы не ограничен.", "本计划长期有效，未设截止日期。")
            }
            (Some(starts), None) => {
                let first = self.date(starts);
                say!(
                    self.lang,
                    "It runs from {first} on, without a fixed end.",
                    "Программа действует с {first}; дата окончания не установлена.",
                    "本计划自{first}起施行，未设截止日期。"
                )
            }
            (None, Some(ends)) => {
                let last = self.date(ends);
                say!(
                    self.lang,
                    "It runs up to and including {last}.",
                    "Программа действует по {last} включительно.",
                    "本计划有效期至{last}（含当日）。"
                )
            }
            (Some(starts), Some(ends)) => {
                let days = self.days(starts, ends);
                say!(self.lang, "It runs {days}.", "Программа действует {days}.", "本计划有效期：{days}。")
            }
        };
        clauses.push(Clause::new(life, said.life));
        if self.program.starts.is_some() || self.program.ends.is_some() {
            let text = if self.program.count_earlier {
                say!(
                    self.lang,
                    "Purchases outside that time bring nothing, but they count where purchases or spend are counted.",
                    "Покупки вне этого срока ничего не приносят, но учитываются при подсчёте покупок и их суммы.",
                    "期外消费不获任何奖励，但计入消费笔数及累计消费金额。"
                )
            } else {
                say!(
                    self.lang,
                    "Purchases outside that time bring nothing and count for nothing.",
                    "Покупки вне этого срока ничего не приносят и нигде не учитываются.",
                    "期外消费不获任何奖励，亦不计入任何统计。"
                )
            };
            clauses.push(Clause::new(text, said.earlier.or(said.life)));
        }
        let (zone, code) = (self.program.zone.name().to_owned(), self.program.currency.code.clone());
        clauses.push(Clause::new(
            say!(
                self.lang,
                "All days and times are those of the time zone {zone}; a day begins at midnight there.",
                "Все даты и время указаны по часовому поясу {zone}; день начинается там в полночь.",
                "所有日期及时间均以{zone}时区为准，每日自当地零时起算。"
            ),
            said.zone,
        ));
        clauses.push(Clause::new(
            say!(self.lang, "All sums of money are in {code}.", "Все денежные суммы указаны в валюте {code}.", "所有金额均以{code}计。"),
            said.currency,
        ));
        clauses
    }

    /// Section 2.
    pub fn joining(&self, said: &Said) -> Vec<Clause> {
        let program = self.program;
        let mut clauses = Vec::new();
        let opening = !matches!(program.members, Members::Automatically | Members::BySignup);
        clauses.push(Clause::new(
            match &program.members {
                Members::Automatically => say!(
                    self.lang,
                    "You take part without an application: you are a member from the day you are registered, else from your first purchase, which counts already.",
                    "Участие не требует заявления: вы становитесь участником со дня регистрации, а без неё — с первой покупки, которая уже учитывается.",
                    "无需申请即可参加：自登记之日起成为会员；未登记的，自首笔消费起成为会员，该笔消费即计入。"
                ),
                Members::BySignup => say!(
                    self.lang,
                    "You take part from the moment you sign up.",
                    "Участником становится тот, кто зарегистрировался в программе, с момента регистрации.",
                    "自注册之时起成为会员。"
                ),
                Members::AfterSpending(minor) => {
                    let sum = self.money(*minor);
                    say!(
                        self.lang,
                        "You become a member once your purchases come to {sum} or more.",
                        "Вы становитесь участником, когда сумма ваших покупок достигнет {sum} или больше.",
                        "累计消费满{sum}（含）后成为会员。"
                    )
                }
                Members::AfterPurchases(n) => {
                    let n = self.count(u64::from(*n), Noun::Purchase, Role::Genitive);
                    let plain = match &program.members {
                        Members::AfterPurchases(n) => self.count(u64::from(*n), Noun::Purchase, Role::Plain),
                        Members::Automatically | Members::BySignup | Members::AfterSpending(_) | Members::If(_) => String::new(),
                    };
                    say!(self.lang, "You become a member after {plain}.", "Вы становитесь участником после {n}.", "完成{plain}后成为会员。")
                }
                Members::If(condition) => {
                    let condition = self.condition(condition);
                    say!(
                        self.lang,
                        "You become a member as soon as this is so: {condition}. It is looked at after every purchase and event, and at every midnight.",
                        "Вы становитесь участником, как только выполнено условие: {condition}. Оно проверяется после каждой покупки и каждого события, а также в полночь.",
                        "满足以下条件即成为会员：{condition}。每笔消费、每次事件之后及每日零时均予核验。"
                    )
                }
            },
            said.members,
        ));
        clauses.push(Clause::new(self.earlier(opening), said.earlier.or(said.members)));
        clauses.push(Clause::new(
            say!(
                self.lang,
                "Whoever is not a member gets nothing from the program.",
                "Тот, кто не является участником, ничего по программе не получает.",
                "非会员不享有本计划的任何权益。"
            ),
            said.members,
        ));
        if let Some(attribute) = program.account_by.and_then(|id| program.attributes.get(id.index())) {
            let name = self.quoted(&attribute.name);
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "Members with the same entry {name} share one account: what each of them buys counts for it, and its membership begins with the first of them. Bringing someone of the same account does not count.",
                    "Участники с одинаковым показателем {name} имеют общий счёт: на нём учитываются покупки каждого из них, а участие начинается с первого из них. Приглашение человека с того же счёта не засчитывается.",
                    "{name}相同的会员共用一个账户：各人的消费均计入该账户，会籍自其中首位入会者起算；推荐同一账户的成员不计为推荐。"
                ),
                said.account,
            ));
        }
        for segment in &program.segments {
            let (name, condition) = (self.quoted(&segment.name), self.condition(&segment.condition));
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "You belong to the group {name} as long as this is so: {condition}.",
                    "Вы входите в группу {name}, пока выполнено условие: {condition}.",
                    "符合以下条件期间，您属于{name}会员群体：{condition}。"
                ),
                Some(segment.span),
            ));
        }
        clauses
    }

    fn earlier(&self, opening: bool) -> String {
        match (self.program.count_earlier, opening) {
            (true, true) => say!(
                self.lang,
                "Purchases before you joined count where purchases or spend are counted, and so does the purchase that made you a member.",
                "Покупки до вступления учитываются при подсчёте покупок и их суммы, как и покупка, с которой началось участие.",
                "入会前的消费及使您成为会员的那笔消费，均计入消费笔数及累计消费金额。"
            ),
            (true, false) => say!(
                self.lang,
                "Purchases before you joined count where purchases or spend are counted.",
                "Покупки до вступления учитываются при подсчёте покупок и их суммы.",
                "入会前的消费计入消费笔数及累计消费金额。"
            ),
            (false, true) => say!(
                self.lang,
                "Purchases before you joined count for nothing else, and neither does the purchase that made you a member; the membership begins right after it.",
                "Покупки до вступления больше нигде не учитываются, как и покупка, с которой началось участие; участие начинается сразу после неё.",
                "入会前的消费及使您成为会员的那笔消费均不另行计入；会籍自该笔消费之后起算。"
            ),
            (false, false) => say!(
                self.lang,
                "Purchases before you joined count for nothing.",
                "Покупки до вступления не учитываются.",
                "入会前的消费不计入。"
            ),
        }
    }

    /// The first clause of section 3: which amounts count, and how they are rounded.
    pub fn base(&self, said: &Said) -> Clause {
        let on = self.program.earn_on;
        let mut clause = Clause::new(
            say!(
                self.lang,
                "Which amounts count for what you collect, unless an offer says otherwise:",
                "Какие суммы учитываются при начислении, если в предложении не сказано иное:",
                "除优惠另有规定外，计算奖励所依据的金额如下："
            ),
            None,
        );
        let mut add = |text: String| clause.add(text, said.earn_on);
        add(if on.after_discounts {
            say!(self.lang, "Amounts count after discounts.", "Суммы учитываются после скидок.", "按折后金额计。")
        } else {
            say!(self.lang, "Amounts count before discounts.", "Суммы учитываются до скидок.", "按折前金额计。")
        });
        add(if on.excluding_tax {
            say!(
                self.lang,
                "Tax does not count: the amount is taken without its share of tax.",
                "Налог не учитывается: сумма берётся без приходящейся на неё доли налога.",
                "不含税款：按扣除相应税额后的金额计。"
            )
        } else {
            say!(self.lang, "Tax counts.", "Налог учитывается.", "含税款。")
        });
        add(if on.excluding_shipping {
            say!(self.lang, "Shipping does not count.", "Доставка не учитывается.", "不含运费。")
        } else {
            say!(self.lang, "Shipping counts.", "Доставка учитывается.", "含运费。")
        });
        let pays = !self.program.redeems.is_empty() || self.program.grants_vouchers();
        if on.including_redeemed {
            add(say!(
                self.lang,
                "The part of a purchase that is paid with points, money from your balance or vouchers counts too.",
                "Часть покупки, оплаченная баллами, средствами с вашего счёта или ваучерами, тоже учитывается.",
                "以积分、账户余额或代金券支付的部分亦计入。"
            ));
        } else if pays {
            add(say!(
                self.lang,
                "The part of a purchase that is paid with points, money from your balance or vouchers brings nothing.",
                "За часть покупки, оплаченную баллами, средствами с вашего счёта или ваучерами, ничего не начисляется.",
                "以积分、账户余额或代金券支付的部分不获奖励。"
            ));
        }
        let money = self.rounding(self.program.round_money);
        clause.add(
            say!(
                self.lang,
                "Sums of money are rounded {money}, once for each reward and purchase.",
                "Денежные суммы округляются {money} — один раз по каждому вознаграждению и каждой покупке.",
                "金额{money}，每项奖励每笔消费仅舍入一次。"
            ),
            said.round,
        );
        clause.add(
            say!(
                self.lang,
                "Discounts come first, then what you pay with points or vouchers, then what you collect.",
                "Сначала применяются скидки, затем оплата баллами и ваучерами, затем начисления.",
                "先计折扣，再以积分或代金券支付，最后计算所得奖励。"
            ),
            None,
        );
        if pays {
            clause.add(
                say!(
                    self.lang,
                    "What a purchase brings cannot be used on that same purchase.",
                    "Начисленное за покупку нельзя использовать для оплаты этой же покупки.",
                    "一笔消费所得的奖励不可用于抵扣该笔消费。"
                ),
                None,
            );
        }
        if gives(self.program, |effect| matches!(effect, Effect::Discount(_))) {
            clause.add(
                say!(
                    self.lang,
                    "Discounts are worked out on the goods, not on shipping, unless an offer says so.",
                    "Скидки рассчитываются от стоимости товаров без доставки, если в предложении не сказано иное.",
                    "除优惠另有规定外，折扣按商品金额计算，不含运费。"
                ),
                None,
            );
        }
        clause.add(
            say!(
                self.lang,
                "What is counted about you is taken as it stood before the purchase.",
                "Все показатели о вас берутся такими, какими они были до покупки.",
                "有关您的各项统计均以该笔消费之前的状态为准。"
            ),
            None,
        );
        self.roundings(&mut clause);
        clause
    }

    /// How units are rounded, wallet by wallet.
    fn roundings(&self, clause: &mut Clause) {
        for (at, wallet) in self.program.wallets.iter().enumerate() {
            let id = WalletId(u16::try_from(at).unwrap_or(u16::MAX));
            let usual = match wallet.kind {
                WalletKind::Money => wallet.round == self.program.round_money && wallet.step == 1,
                WalletKind::Points | WalletKind::Stamps => wallet.round == Rounding::Down && wallet.step == 1 && wallet.scale == 0,
            };
            if usual && !self.is_filled_by_amount(id) {
                continue;
            }
            let (name, how) = (self.wallet_first(id), self.rounding(wallet.round));
            if wallet.kind == WalletKind::Money && wallet.step == 1 {
                if wallet.round != self.program.round_money {
                    clause.add(
                        say!(self.lang, "{name}: sums are rounded {how}.", "{name}: суммы округляются {how}.", "{name}：金额{how}。"),
                        Some(wallet.span),
                    );
                }
                continue;
            }
            let step = self.step(id, wallet);
            clause.add(
                say!(
                    self.lang,
                    "{name}: what you collect is rounded {how}, to a multiple of {step}.",
                    "{name}: начисляемое количество округляется {how}, до кратного {step}.",
                    "{name}：所得数量{how}，至{step}的整数倍。"
                ),
                Some(wallet.span),
            );
        }
    }

    fn step(&self, id: WalletId, wallet: &Wallet) -> String {
        if wallet.kind == WalletKind::Money {
            return self.money(wallet.step);
        }
        self.full_units(id, Decimal::new(i128::from(wallet.step), wallet.scale), Role::Genitive)
    }

    fn is_filled_by_amount(&self, id: WalletId) -> bool {
        gives(self.program, |effect| !matches!(effect, Effect::Set { .. }) && rules::wallet_of(effect) == Some(id))
    }

    /// Section 12: words that the text before uses, each once.
    pub fn glossary(&self, text: &str, said: &Said) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for calendar in &self.program.calendars {
            let name = self.quoted(&calendar.name);
            let mut days: Vec<String> = calendar.dates.iter().map(|(from, to)| self.days(*from, *to)).collect();
            days.extend(calendar.yearly.iter().map(|(from, to)| {
                let (first, last) = (self.numbers.year_day(from.0, from.1), self.numbers.year_day(to.0, to.1));
                if from == to {
                    say!(self.lang, "every year on {first}", "ежегодно {first}", "每年{first}")
                } else {
                    say!(
                        self.lang,
                        "every year from {first} up to and including {last}",
                        "ежегодно с {first} по {last} включительно",
                        "每年{first}至{last}（均含当日）"
                    )
                }
            }));
            let days = days.join(if self.lang == Lang::Zh { "；" } else { "; " });
            clauses.push(Clause::new(
                say!(self.lang, "{name} are these days: {days}.", "{name} — это дни: {days}.", "{name}指以下日期：{days}。"),
                Some(calendar.span),
            ));
        }
        let mut word = |en: &str, ru: &str, zh: &str, meaning: String, from: Option<Span>| {
            let key = match self.lang {
                Lang::En => en,
                Lang::Ru => ru,
                Lang::Zh => zh,
            };
            if key.split('|').any(|key| text.contains(key)) {
                clauses.push(Clause::new(meaning, from));
            }
        };
        word(
            "every full",
            "полны",
            "每满",
            say!(
                self.lang,
                "“Every full” sum: only whole sums count; what is left over brings nothing and is not carried to another purchase.",
                "«Каждые полные»: учитываются только полные суммы; остаток ничего не приносит и на другую покупку не переносится.",
                "“每满”：仅计足额部分，余额不计，亦不结转至其他消费。"
            ),
            None,
        );
        if self.program.measures.iter().any(|measure| matches!(measure.kind, MeasureKind::Spend)) {
            word(
                "spend",
                "сумм",
                "累计消费",
                say!(
                    self.lang,
                    "Your spend: the amounts of your purchases as clause 3.1 counts them, less what you returned.",
                    "Сумма ваших покупок: суммы, учитываемые согласно пункту 3.1, за вычетом возвращённого.",
                    "累计消费金额：按第3.1条计算的消费金额，扣除已退货部分。"
                ),
                said.earn_on,
            );
        }
        word(
            "purchase",
            "покупк",
            "消费",
            say!(
                self.lang,
                "A purchase counts if its amount is above zero and it has not been returned whole.",
                "Покупка учитывается, если её сумма больше нуля и она не возвращена полностью.",
                "一笔消费：金额大于零且未全额退货的方可计入。"
            ),
            None,
        );
        word(
            "in the last",
            "за последни",
            "最近",
            say!(
                self.lang,
                "“In the last 12 months” and the like reach back from the moment looked at to the same time of the day that long ago, which itself is not included.",
                "«За последние 12 месяцев» и подобные сроки отсчитываются назад от рассматриваемого момента до того же времени соответствующего дня в прошлом; сам этот момент не включается.",
                "“最近12个月内”等期间自所考察的时刻起向前推算至相应日期的同一时刻，该时刻本身不计入。"
            ),
            None,
        );
        word(
            "calendar week",
            "календарной недел|календарную неделю|календарная неделя|календарные недели|календарных недель",
            "自然周",
            self.week(),
            said.week,
        );
        word(
            "membership year",
            "год участия",
            "会员年度",
            say!(
                self.lang,
                "A membership year runs from the day you joined, or its anniversary, to the day before the next anniversary.",
                "Год участия длится со дня вступления или его годовщины до дня перед следующей годовщиной.",
                "会员年度：自入会之日或其周年日起，至下一周年日的前一日止。"
            ),
            None,
        );
        word(
            "activity",
            "активност",
            "账户活动",
            say!(
                self.lang,
                "Activity: a purchase that counts, an event recorded for you, or using what you collected.",
                "Активность: учитываемая покупка, зарегистрированное событие или использование накопленного.",
                "账户活动：计入的消费、记录在案的事件，或使用已获奖励。"
            ),
            None,
        );
        word(
            "the entry",
            "показатель",
            "资料",
            say!(
                self.lang,
                "What we do not know about you or a purchase never fulfils a condition.",
                "Если показатель нам не известен, условие с ним считается невыполненным.",
                "资料缺失的，视为不符合相应条件。"
            ),
            None,
        );
        word(
            "birthday",
            "рождения",
            "生日",
            say!(
                self.lang,
                "Who was born, or joined, on 29 February has that day on 28 February in other years.",
                "Для родившихся или вступивших 29 февраля соответствующим днём в невисокосный год считается 28 февраля.",
                "生日或入会日为2月29日的，平年以2月28日为准。"
            ),
            None,
        );
        clauses
    }

    fn week(&self) -> String {
        if self.program.week_starts_sunday {
            return say!(
                self.lang,
                "A calendar week runs from Sunday to Saturday.",
                "Календарная неделя длится с воскресенья по субботу.",
                "自然周自周日起至周六止。"
            );
        }
        say!(
            self.lang,
            "A calendar week runs from Monday to Sunday.",
            "Календарная неделя длится с понедельника по воскресенье.",
            "自然周自周一起至周日止。"
        )
    }
}
