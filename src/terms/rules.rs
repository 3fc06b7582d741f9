//! A rule as a clause: what it gives and when, and everything that narrows it.

use super::language::{Noun, Role, say};
use super::model::Clause;
use super::speak::Speaker;
use super::triggers::{Reach, reach};
use crate::program::{
    Effect, Entitlement, Expr, Gate, Life, Limit, LimitPeriod, LimitWhat, Pending, Repeat, Rule, Scope, Test, TestKind, WalletId, When,
};
use crate::span::Span;
use crate::value::Decimal;

impl Speaker<'_> {
    /// The clause of a rule that something sets off.
    pub fn rule(&self, rule: &Rule) -> Clause {
        let on = self.trigger(&rule.trigger);
        let lead = match rule.effects.as_slice() {
            [effect] if rule.gates.is_empty() => {
                let what = self.effect(effect);
                say!(self.lang, "{on}, {what}.", "{on} {what}.", "{on}，{what}。")
            }
            _ if !rule.gates.is_empty() => say!(
                self.lang,
                "{on}, you get one of the following:",
                "{on} вы получаете что-то одно из перечисленного:",
                "{on}，您可获得以下其中一项："
            ),
            _ => say!(
                self.lang,
                "{on}, you get all of the following together, or none of it:",
                "{on} вы получаете всё перечисленное вместе или ничего:",
                "{on}，您可同时获得以下全部（不单独给予其中任何一项）："
            ),
        };
        let mut clause = Clause::new(lead, Some(rule.span));
        clause.title = rule.name.as_ref().map(|name| self.words.name(name));
        clause.details.extend(self.trigger_counts(&rule.trigger).map(|text| super::model::Sentence { text, from: Some(rule.span) }));
        self.given(&mut clause, rule);
        clause
    }

    /// The effects of a rule where there are several, what completes them, and everything that narrows them.
    pub fn given(&self, clause: &mut Clause, rule: &Rule) {
        if rule.effects.len() > 1 || !rule.gates.is_empty() {
            for (at, effect) in rule.effects.iter().enumerate() {
                let what = super::language::capital(&self.effect(effect));
                clause.add(
                    match rule.gate(at) {
                        None => say!(self.lang, "{what}.", "{what}.", "{what}。"),
                        Some(Gate::Row { test, .. }) => {
                            let case = self.row_test(test);
                            say!(self.lang, "{what}, if {case}.", "{what}, если {case}.", "{what}：{case}时。")
                        }
                        Some(Gate::Drawn { from, to, .. }) => {
                            let chance = self.numbers.percent(difference(*to, *from));
                            say!(
                                self.lang,
                                "{what}, with a chance of {chance}, drawn anew each time.",
                                "{what}, с вероятностью {chance}; жребий бросается каждый раз заново.",
                                "{what}（概率{chance}，每次重新抽取）。"
                            )
                        }
                    },
                    Some(rule.span),
                );
            }
        }
        for effect in &rule.effects {
            self.effect_details(clause, rule, effect);
        }
        self.entitled(clause, rule);
        self.scope(clause, rule);
        self.tests(clause, &rule.tests);
        self.times(clause, &rule.when);
        let unit = rule.effects.iter().find_map(wallet_of);
        for limit in &rule.limits {
            self.limit(clause, limit, unit);
        }
        self.repeated(clause, rule);
        self.series(clause, rule.only, Some(rule.span));
        for budget in rule.budgets.iter().filter_map(|id| self.program.budgets.get(id.index())) {
            let name = self.quoted(&budget.name);
            clause.add(
                say!(
                    self.lang,
                    "It comes out of the budget {name}: when that is spent, it is not given.",
                    "Выдаётся за счёт бюджета {name}: когда он исчерпан, предложение не действует.",
                    "从预算{name}中支出：预算用尽即不再给予。"
                ),
                Some(rule.span),
            );
        }
        self.granted_life(clause, &rule.life, unit, rule.span);
        self.beside(clause, rule);
    }

    /// The row of a table: the words that other rows do not hold are left out, as nobody says them.
    fn row_test(&self, test: &Expr) -> String {
        match test {
            Expr::And(all) => match all.first() {
                Some(Expr::Not(_)) | None => {
                    say!(self.lang, "nothing of the above applies", "ничто из перечисленного выше не подходит", "不属于以上任何情形")
                }
                Some(own) => self.condition(own),
            },
            own => self.condition(own),
        }
    }

    /// To which purchases a modifier applies, and how long what is given lasts.
    fn entitled(&self, clause: &mut Clause, rule: &Rule) {
        let from = Some(rule.span);
        let Entitlement { uses, lasts, added } = rule.entitlement;
        let modifies = rule.effects.iter().any(Effect::is_modifier);
        let reach = reach(&rule.trigger);
        if modifies && reach == Reach::ThatDay {
            clause.add(
                say!(
                    self.lang,
                    "It applies to every purchase of that day.",
                    "Действует для всех покупок в этот день.",
                    "适用于当天的每笔消费。"
                ),
                from,
            );
        }
        if modifies && reach == Reach::Later {
            clause.add(self.later(uses), from);
        } else if let Some(uses) = uses {
            let n = self.count(u64::from(uses), Noun::Purchase, Role::Plain);
            clause
                .add(say!(self.lang, "How often it can be used: {n}.", "Сколько раз можно использовать: {n}.", "可使用次数：{n}。"), from);
        }
        if let Some(lasts) = lasts {
            let lasts = self.lasting(lasts);
            clause.add(say!(self.lang, "It lasts {lasts}.", "Срок действия: {lasts}.", "有效期：{lasts}。"), from);
        }
        if added {
            clause.add(
                say!(
                    self.lang,
                    "If it is given again before it ends, the new time is added to what is left.",
                    "Если право возобновляется до окончания срока, новый срок прибавляется к остатку.",
                    "到期前再次获得的，新期限顺延累加至剩余期限之后。"
                ),
                from,
            );
        }
    }

    fn later(&self, uses: Option<u32>) -> String {
        match uses {
            None => say!(
                self.lang,
                "It applies to all your later purchases, from the next one on.",
                "Действует для всех ваших последующих покупок, начиная со следующей.",
                "自下一笔消费起，适用于您之后的每笔消费。"
            ),
            Some(1) => say!(
                self.lang,
                "It applies once: to your next purchase on which it gives something.",
                "Действует один раз: при ближайшей следующей покупке, на которую это распространяется.",
                "限用一次：适用于之后首笔符合条件的消费。"
            ),
            Some(n) => {
                let n = self.count(u64::from(n), Noun::Purchase, Role::Plain);
                say!(
                    self.lang,
                    "It applies to your next {n} on which it gives something.",
                    "Действует при следующих покупках, на которые это распространяется: {n}.",
                    "适用于之后符合条件的{n}。"
                )
            }
        }
    }

    /// How often it gives on one purchase.
    fn repeated(&self, clause: &mut Clause, rule: &Rule) {
        let text = match &rule.repeat {
            None => return,
            Some(Repeat::Money(per)) => {
                let per = self.money(*per);
                say!(
                    self.lang,
                    "You get it once for every full {per} of the purchase.",
                    "Предоставляется по одному разу за каждые полные {per} покупки.",
                    "该笔消费每满{per}给予一次。"
                )
            }
            Some(Repeat::Items(n, filter)) => {
                let n = self.numbers.digits(&n.to_string());
                let goods = filter.as_ref().map_or_else(String::new, |filter| {
                    let goods = self.goods(filter);
                    say!(self.lang, " ({goods})", " ({goods})", "（{goods}）")
                });
                say!(
                    self.lang,
                    "You get it once for every {n} items of the purchase{goods}.",
                    "Предоставляется по одному разу за каждые {n} ед. товара в покупке{goods}.",
                    "该笔消费每{n}件商品给予一次{goods}。"
                )
            }
        };
        clause.add(text, Some(rule.span));
    }

    fn scope(&self, clause: &mut Clause, rule: &Rule) {
        let from = Some(rule.span);
        if rule.including_shipping {
            clause.add(say!(self.lang, "Shipping counts too.", "Учитывается и доставка.", "运费亦计算在内。"), from);
        }
        let Some(scope) = &rule.scope else { return };
        let among = |filter: &Option<crate::program::ItemFilter>| {
            filter.as_ref().map_or_else(String::new, |filter| {
                let goods = self.goods(filter);
                say!(self.lang, " among these: {goods}", " среди следующих: {goods}", "（范围：{goods}）")
            })
        };
        let text = match scope {
            Scope::Items(filter) => {
                let goods = self.goods(filter);
                say!(
                    self.lang,
                    "Only {goods} count; the rest of the purchase does not.",
                    "Учитываются только {goods}; остальная часть покупки не учитывается.",
                    "仅限{goods}；其余部分不计。"
                )
            }
            Scope::Excluding(filter) => {
                let goods = self.goods(filter);
                say!(self.lang, "What does not count: {goods}.", "Не учитываются: {goods}.", "不计入：{goods}。")
            }
            Scope::Cheapest(filter) => {
                let among = among(filter);
                say!(
                    self.lang,
                    "Only one item counts, the cheapest{among}.",
                    "Учитывается только одна единица товара — самая дешёвая{among}.",
                    "仅适用于价格最低的1件商品{among}。"
                )
            }
            Scope::EveryNth(n, filter) => {
                let (nth, number, among) = (self.numbers.ordinal(*n), self.numbers.digits(&n.to_string()), among(filter));
                say!(
                    self.lang,
                    "Only every {nth} item of the purchase counts, counted from the dearest down{among}.",
                    "Учитывается только каждая {nth} единица товара в покупке, считая от самой дорогой{among}.",
                    "按单价由高到低，仅每第{number}件商品适用{among}。"
                )
            }
            Scope::Groups(n, filter) => {
                let (number, among) = (self.numbers.digits(&n.to_string()), among(filter));
                say!(
                    self.lang,
                    "It is given for every full {number} items of the purchase, taken from the dearest down{among}.",
                    "Предоставляется за каждые полные {number} единиц товара в покупке, считая от самых дорогих{among}.",
                    "按单价由高到低，每满{number}件商品给予一次{among}。"
                )
            }
            Scope::Shipping => say!(self.lang, "Only shipping counts.", "Учитывается только доставка.", "仅适用于运费。"),
            Scope::TopCategory(period, filter) => {
                let (every, among) = (self.of_period(*period), among(filter));
                say!(
                    self.lang,
                    "Only the category counts on which you spend most in {every}, of equal ones the one bought first{among}; it is given at the end of {every}.",
                    "Учитывается только категория, на которую вы потратили больше всего в течение {every} (при равенстве — купленная первой){among}; начисление — в конце {every}.",
                    "仅计{every}内您消费金额最高的类别（金额相同时以先购买者为准）{among}；于{every}末结算。"
                )
            }
        };
        clause.add(text, from);
    }

    /// A sentence for each condition.
    pub fn tests(&self, clause: &mut Clause, tests: &[Test]) {
        for test in tests {
            let text = match (test.kind, &test.expr) {
                (_, Expr::YesNo(true)) => continue,
                (TestKind::Except | TestKind::Unless, Expr::Not(inner)) => {
                    let condition = self.condition(inner);
                    say!(self.lang, "It does not apply if {condition}.", "Не действует, если {condition}.", "若{condition}，则不适用。")
                }
                (TestKind::Audience | TestKind::Place | TestKind::Over | TestKind::If | TestKind::Except | TestKind::Unless, expr) => {
                    let condition = self.condition(expr);
                    say!(self.lang, "It applies only if {condition}.", "Действует, только если {condition}.", "仅当{condition}时适用。")
                }
            };
            clause.add(text, Some(test.span));
        }
    }

    pub fn times(&self, clause: &mut Clause, when: &[(When, Span)]) {
        for (when, span) in when {
            let when = self.when(when);
            clause.add(say!(self.lang, "It applies only {when}.", "Действует только {when}.", "仅限：{when}。"), Some(*span));
        }
    }

    /// A limit of a reward; `wallet` is what it is counted in where the limit names none.
    pub fn limit(&self, clause: &mut Clause, limit: &Limit, wallet: Option<WalletId>) {
        let per = self.limit_period(limit.per);
        let text = match limit.what {
            LimitWhat::Money(minor) => {
                let most = self.money(minor);
                say!(self.lang, "Limit: at most {most} {per}.", "Ограничение: не более {most} {per}.", "上限：{per}最多{most}。")
            }
            LimitWhat::Units(wallet, amount) => {
                let (most, plain) = (self.units(wallet, amount, Role::Genitive), self.units(wallet, amount, Role::Plain));
                say!(self.lang, "Limit: at most {plain} {per}.", "Ограничение: не более {most} {per}.", "上限：{per}最多{plain}。")
            }
            LimitWhat::Percent(fraction) => {
                let most = self.numbers.percent(fraction);
                say!(
                    self.lang,
                    "Limit: at most {most} of the amount after discounts {per}.",
                    "Ограничение: не более {most} от суммы после скидок {per}.",
                    "上限：{per}最多为折后金额的{most}。"
                )
            }
            LimitWhat::Times(1) if limit.per == LimitPeriod::Ever => {
                say!(self.lang, "You get it only once, ever.", "Предоставляется только один раз за всё время.", "每位会员仅限一次。")
            }
            LimitWhat::Times(1) => say!(self.lang, "Limit: once {per}.", "Ограничение: один раз {per}.", "上限：{per}一次。"),
            LimitWhat::Times(n) => {
                let most = self.count(u64::from(n), Noun::Time, Role::Genitive);
                let plain = self.count(u64::from(n), Noun::Time, Role::Plain);
                say!(self.lang, "Limit: at most {plain} {per}.", "Ограничение: не более {most} {per}.", "上限：{per}最多{plain}。")
            }
            LimitWhat::FirstQuantity(parts) => {
                let first = self.numbers.decimal(Decimal::new(i128::from(parts), 6).normal());
                say!(
                    self.lang,
                    "Only a quantity of {first} {per} counts.",
                    "Учитывается только количество {first} {per}.",
                    "仅计{per}的前{first}（数量）。"
                )
            }
            LimitWhat::First(minor) => {
                let first = self.money(minor);
                say!(self.lang, "Only the first {first} {per} count.", "Учитываются только первые {first} {per}.", "仅计{per}的前{first}。")
            }
        };
        clause.add(text, Some(limit.span));
        if let Some(then) = limit.then {
            let rate = self.rate(then, wallet);
            clause.add(
                say!(
                    self.lang,
                    "What lies above that limit goes on at {rate}.",
                    "Сверх этого предела действует ставка {rate}.",
                    "超出上限部分按{rate}计。"
                ),
                Some(limit.span),
            );
        }
        if let Some(shared) = limit.shared {
            let number = self.numbers.digits(&shared.saturating_add(1).to_string());
            clause.add(
                say!(
                    self.lang,
                    "That limit is shared limit no. {number}: all offers that name it use it up together.",
                    "Это общее ограничение № {number}: все предложения, в которых оно указано, расходуют его вместе.",
                    "该上限为第{number}号共用上限：所有注明该号的优惠合并计算。"
                ),
                Some(limit.span),
            );
        }
        if limit.or_nothing {
            clause.add(
                say!(
                    self.lang,
                    "What would pass that limit is not given at all, not even in part.",
                    "Вознаграждение, превышающее этот предел, не предоставляется вовсе, даже частично.",
                    "会超出该上限的奖励整体不予给予，亦不部分给予。"
                ),
                Some(limit.span),
            );
        }
    }

    fn granted_life(&self, clause: &mut Clause, life: &Life, unit: Option<WalletId>, span: Span) {
        let from = Some(span);
        if let Some(pending) = &life.pending
            && let Some(text) = self.pending(pending)
        {
            clause.add(text, from);
        }
        if let Some(after) = life.expiring_after {
            let lasts = self.lasting(crate::program::Lasting::For(after));
            clause.add(say!(self.lang, "It can be used {lasts}.", "Использовать это можно {lasts}.", "使用期限：{lasts}。"), from);
        }
        if let Some(usable) = life.usable {
            let days = self.usable(usable);
            clause.add(
                say!(
                    self.lang,
                    "It can be used only {days}; it is given when the first of these days begins, or when you join if that falls among them.",
                    "Использовать это можно только {days}; начисление — с наступлением первого из этих дней, а при вступлении в эти дни — сразу.",
                    "仅限{days}使用；于首日零时发放，在此期间入会的于入会时发放。"
                ),
                from,
            );
        }
        if let Some((period, step)) = life.paid_at {
            let every = self.of_every(period);
            clause.add(
                say!(
                    self.lang,
                    "It is gathered and paid at the end of {every}; until then it cannot be used.",
                    "Начисления накапливаются и выплачиваются в конце {every}; до этого использовать их нельзя.",
                    "先行累计，于{every}末统一发放；发放前不可使用。"
                ),
                from,
            );
            if let (Some(step), Some(unit)) = (step, unit) {
                let of = |role| if self.is_money(unit) { self.money(step) } else { self.units(unit, step, role) };
                let (step, plain) = (of(Role::Genitive), of(Role::Plain));
                clause.add(
                    say!(
                        self.lang,
                        "What is paid is rounded down to a multiple of {plain}; the rest waits for the next time.",
                        "Выплата округляется вниз до кратного {step}; остаток переносится на следующий раз.",
                        "发放时向下取整至{plain}的整数倍；余额结转至下次。"
                    ),
                    from,
                );
            }
        }
    }

    /// When what is given becomes usable; nothing where that is at once.
    pub fn pending(&self, pending: &Pending) -> Option<String> {
        match pending {
            Pending::No => None,
            Pending::For(span) => {
                let later = self.after_span(*span);
                Some(say!(
                    self.lang,
                    "It becomes usable {later}, counted from the day it is given.",
                    "Использовать это можно {later}, считая со дня начисления.",
                    "自获得之日起算，{later}起可用。"
                ))
            }
            Pending::Until { event, within } => {
                let name = self.quoted(event);
                let until = say!(
                    self.lang,
                    "It becomes usable when the event {name} is recorded.",
                    "Использовать это можно после события {name}.",
                    "发生{name}后方可使用。"
                );
                let Some(within) = within else { return Some(until) };
                let long = self.span(*within, Role::Genitive);
                let plain = self.span(*within, Role::Plain);
                Some(say!(
                    self.lang,
                    "{until} If that does not happen within {plain}, it is taken back.",
                    "{until} Если этого не произойдёт в течение {long}, начисление аннулируется.",
                    "{until}若{plain}内未发生，则予以收回。"
                ))
            }
        }
    }

    /// How it stands beside other rules.
    fn beside(&self, clause: &mut Clause, rule: &Rule) {
        let from = Some(rule.span);
        if let Some(group) = rule.group.and_then(|id| self.program.groups.get(id.index())) {
            let name = self.quoted(&group.name);
            clause.add(
                say!(
                    self.lang,
                    "It belongs to the offers {name} (see section 8).",
                    "Входит в группу предложений {name} (см. раздел 8).",
                    "属于优惠组{name}（见第8节）。"
                ),
                from,
            );
        }
        if rule.alone {
            clause.add(
                say!(
                    self.lang,
                    "Where it applies, no other discount applies to the same goods.",
                    "Там, где действует эта скидка, другие скидки на те же товары не действуют.",
                    "适用本优惠的商品不再享受其他折扣。"
                ),
                from,
            );
        }
        for other in rule.not_with.iter().filter_map(|id| self.program.rules.get(id.index())) {
            let name = self.quoted(other.name.as_deref().unwrap_or(&other.label));
            clause.add(
                say!(
                    self.lang,
                    "It is not given together with {name}; of the two, the one of higher rank stays, else the one that the program names first.",
                    "Не предоставляется вместе с {name}; из двух остаётся предложение с более высоким рангом, иначе названное в программе раньше.",
                    "不与{name}同享；两者之中保留级次较高者，级次相同时保留方案中列示在先者。"
                ),
                from,
            );
        }
        if rule.priority != 0 {
            let rank = self.numbers.digits(&rule.priority.to_string());
            clause.add(
                say!(
                    self.lang,
                    "Rank {rank}: offers of higher rank are settled first; without a rank it is 0.",
                    "Ранг {rank}: предложения с более высоким рангом применяются первыми; без указания ранг равен 0.",
                    "级次{rank}：级次高者先行结算；未标明者为0。"
                ),
                from,
            );
        }
    }
}

/// The wallet that an effect fills.
pub(super) fn wallet_of(effect: &Effect) -> Option<WalletId> {
    match effect {
        Effect::Earn { wallet, .. }
        | Effect::Multiply { wallet, .. }
        | Effect::Grant { wallet, .. }
        | Effect::GrantFriend { wallet, .. }
        | Effect::Set { wallet, .. } => Some(*wallet),
        Effect::Discount(_)
        | Effect::PriceList(_)
        | Effect::Price(_)
        | Effect::Charge(_)
        | Effect::PayOut(_)
        | Effect::FreeShipping
        | Effect::Gift { .. }
        | Effect::Voucher { .. }
        | Effect::Entries { .. }
        | Effect::EarnEntries { .. }
        | Effect::Access { .. }
        | Effect::MoveTo(_)
        | Effect::Notify { .. }
        | Effect::Donate { .. } => None,
    }
}

/// What lies between two shares.
fn difference(to: Decimal, from: Decimal) -> Decimal {
    let scale = to.scale.max(from.scale);
    let at = |share: Decimal| share.mantissa.saturating_mul(10_i128.saturating_pow(u32::from(scale.saturating_sub(share.scale))));
    Decimal::new(at(to).saturating_sub(at(from)), scale).normal()
}
