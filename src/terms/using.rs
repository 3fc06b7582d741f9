//! What was collected: what it pays, what it buys, how long it lasts.

use super::language::{Lang, Role, capital, say};
use super::model::Clause;
use super::speak::Speaker;
use crate::program::{
    CivilSpan, Exchange, ExpireAfter, ExpireAt, Expiry, Pending, Redeem, Reward, SpendOrder, Trigger, VoucherValue, Wallet, WalletId,
    WalletKind,
};
use crate::value::{Date, Decimal, Exact};

impl Speaker<'_> {
    fn wallets(&self) -> impl Iterator<Item = (WalletId, &Wallet)> {
        self.program.wallets.iter().enumerate().map(|(at, wallet)| (WalletId(u16::try_from(at).unwrap_or(u16::MAX)), wallet))
    }

    /// Section 6.
    pub fn using(&self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for (id, wallet) in self.wallets() {
            clauses.push(self.worth(id, wallet));
            let own = self.program.redeems.iter().filter(|redeem| redeem.wallet == id);
            clauses.extend(own.map(|redeem| self.redeem(redeem, wallet)));
        }
        if self.program.redeems.len() > 1 {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "Where several ways to pay with the same balance apply, the one that is worth most to you is used; one purchase is paid in one of these ways.",
                    "Если к одному и тому же остатку применимо несколько способов оплаты, используется самый выгодный для вас; одна покупка оплачивается одним из этих способов.",
                    "同一余额适用多种抵扣方式的，采用对您最有利的一种；一笔消费只采用其中一种。"
                ),
                None,
            ));
        }
        if self.program.grants_vouchers() {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "A voucher of a sum is used whole on one purchase, the one that ends first before the others; what exceeds the purchase is lost.",
                    "Ваучер на сумму используется целиком при одной покупке, первым — тот, что истекает раньше; превышение над суммой покупки не возмещается.",
                    "定额代金券须一次性用于一笔消费，先到期者先用；超出消费金额的部分作废。"
                ),
                None,
            ));
        }
        clauses.extend(self.program.voucher_values.iter().map(|value| self.voucher_value(value)));
        clauses.extend(self.program.exchanges.iter().map(|exchange| self.exchange(exchange)));
        clauses.extend(self.program.rewards.iter().map(|reward| self.reward(reward)));
        clauses
    }

    fn worth(&self, id: WalletId, wallet: &Wallet) -> Clause {
        let name = self.wallet_first(id);
        let pays = self.program.redeems.iter().any(|redeem| redeem.wallet == id);
        let lead = match (wallet.kind, wallet.worth) {
            (WalletKind::Money, _) => {
                let code = &self.program.currency.code;
                say!(
                    self.lang,
                    "{name} is kept as a balance of money in {code}.",
                    "{name} учитывается как денежный остаток в {code}.",
                    "{name}以{code}金额形式记账。"
                )
            }
            (WalletKind::Points, Some(worth)) => {
                let one = self.full_units(id, Decimal::whole(1), Role::Plain);
                let worth = Exact::try_from(worth)
                    .map_or_else(|_| worth.to_string(), |minor| self.numbers.exact_money(minor, &self.program.currency));
                say!(self.lang, "{name}: {one} is worth {worth}.", "{name}: {one} = {worth}.", "{name}：{one}价值{worth}。")
            }
            (WalletKind::Points, None) => {
                say!(
                    self.lang,
                    "{name} have no value in money of their own.",
                    "{name} сами по себе не имеют денежной стоимости.",
                    "{name}本身不具有货币价值。"
                )
            }
            (WalletKind::Stamps, _) => say!(
                self.lang,
                "{name} are counted in whole ones and have no value in money.",
                "{name} учитываются целыми единицами и не имеют денежной стоимости.",
                "{name}按整数计，不具有货币价值。"
            ),
        };
        let mut clause = Clause::new(lead, Some(wallet.span));
        if !pays {
            clause.add(
                say!(
                    self.lang,
                    "{name}: purchases cannot be paid with this balance.",
                    "{name}: оплата ими покупок не предусмотрена.",
                    "{name}：不可用于支付消费。"
                ),
                Some(wallet.span),
            );
        }
        if wallet.as_money {
            clause.add(
                say!(
                    self.lang,
                    "{name}: what is paid with this balance counts as paid in money, and you can pay money in.",
                    "{name}: оплата с этого счёта считается оплатой деньгами; счёт можно пополнять.",
                    "{name}：以该余额支付视同现金支付，可充值。"
                ),
                Some(wallet.span),
            );
        }
        if wallet.levels_only {
            clause.add(
                say!(
                    self.lang,
                    "{name} count towards levels only: they are neither owed to you nor spent.",
                    "{name} учитываются только для уровней: они не расходуются и не подлежат выплате.",
                    "{name}仅用于评定等级，不可使用，亦不构成我们的债务。"
                ),
                Some(wallet.span),
            );
        }
        if let Some(hold) = wallet.hold {
            let (most, plain) = (self.units(id, hold, Role::Genitive), self.units(id, hold, Role::Plain));
            clause.add(
                say!(
                    self.lang,
                    "You can hold at most {plain}, those not usable yet included; what does not fit is not given.",
                    "На счёте может быть не более {most}, включая ещё недоступные; то, что не помещается, не начисляется.",
                    "最多可持有{plain}（含尚不可用部分）；超出部分不予发放。"
                ),
                Some(wallet.span),
            );
        }
        if let Some((carry, period)) = wallet.carry {
            let (most, plain, into) = (self.units(id, carry, Role::Genitive), self.units(id, carry, Role::Plain), self.of_every(period));
            clause.add(
                say!(
                    self.lang,
                    "At most {plain} are carried over at the end of {into}; the rest lapses.",
                    "В конце {into} переносится не более {most}; остальное сгорает.",
                    "{into}末最多结转{plain}；其余部分失效。"
                ),
                Some(wallet.span),
            );
        }
        clause
    }

    fn redeem(&self, redeem: &Redeem, wallet: &Wallet) -> Clause {
        let from = Some(redeem.span);
        let name = self.wallet_first(redeem.wallet);
        let lead = match redeem.step {
            Some((units, minor)) => {
                let (units, money) = (self.units(redeem.wallet, units, Role::Plain), self.money(minor));
                say!(
                    self.lang,
                    "Paying with them: {units} pay {money} of a purchase, in whole steps of that only.",
                    "Оплата покупок: {units} заменяют {money}; списание возможно только кратно этому количеству.",
                    "抵扣：{units}抵{money}，仅可按其整数倍抵扣。"
                )
            }
            None if wallet.kind == WalletKind::Money => say!(
                self.lang,
                "{name} pays for purchases at its amount.",
                "{name} принимается в оплату покупок в размере остатка.",
                "{name}可按其金额抵扣消费。"
            ),
            None => say!(
                self.lang,
                "{name} pay for purchases at their value.",
                "{name} принимаются в оплату покупок по своей стоимости.",
                "{name}可按其价值抵扣消费。"
            ),
        };
        let mut clause = Clause::new(lead, from);
        if redeem.whole {
            clause.add(
                say!(
                    self.lang,
                    "It pays for everything that it may pay for, or for nothing.",
                    "Оплачивается либо всё, что можно так оплатить, либо ничего.",
                    "须全额抵扣可抵扣的部分，否则不予抵扣。"
                ),
                from,
            );
        }
        if let Some(least) = redeem.at_least {
            let (least, plain) = (self.units(redeem.wallet, least, Role::Genitive), self.units(redeem.wallet, least, Role::Plain));
            clause.add(
                say!(
                    self.lang,
                    "The least that one payment uses is {plain}.",
                    "За один раз списывается не менее {least}.",
                    "每次最少使用{plain}。"
                ),
                from,
            );
        }
        for limit in &redeem.limits {
            self.limit(&mut clause, limit, Some(redeem.wallet));
        }
        if let Some(items) = &redeem.items {
            let goods = self.goods(items);
            clause.add(
                say!(self.lang, "What can be paid this way: {goods}.", "Так можно оплатить: {goods}.", "可抵扣的商品：{goods}。"),
                from,
            );
        }
        self.tests(&mut clause, &redeem.tests);
        self.times(&mut clause, &redeem.when);
        clause
    }

    fn voucher_value(&self, value: &VoucherValue) -> Clause {
        let times = self.numbers.decimal(value.times);
        let mut clause = Clause::new(
            say!(
                self.lang,
                "A voucher pays {times} times its sum.",
                "Ваучер принимается в оплату в размере номинала, умноженного на {times}.",
                "代金券可按面额的{times}倍抵扣。"
            ),
            Some(value.span),
        );
        self.tests(&mut clause, &value.tests);
        self.times(&mut clause, &value.when);
        clause
    }

    fn exchange(&self, exchange: &Exchange) -> Clause {
        let rule = &exchange.rule;
        let price = self.units(exchange.wallet, exchange.price, Role::Plain);
        let lead = if rule.trigger == Trigger::None {
            say!(
                self.lang,
                "As soon as you hold {price}, they are exchanged by themselves, as often as your balance allows:",
                "Как только на счёте есть {price}, они обмениваются автоматически, столько раз, на сколько хватает остатка:",
                "余额达到{price}时自动兑换，余额足够多次的逐次兑换："
            )
        } else {
            let on = self.trigger(&rule.trigger);
            say!(
                self.lang,
                "{on}, {price} are exchanged by themselves, as often as your balance allows:",
                "{on} {price} обмениваются автоматически, столько раз, на сколько хватает остатка:",
                "{on}，每{price}自动兑换一次，余额足够多次的逐次兑换："
            )
        };
        let mut clause = Clause::new(lead, Some(rule.span));
        clause.title = rule.name.as_ref().map(|name| self.words.name(name));
        if exchange.at_least > exchange.price {
            let (least, plain) = (
                self.units(exchange.wallet, exchange.at_least, Role::Genitive),
                self.units(exchange.wallet, exchange.at_least, Role::Plain),
            );
            clause.add(
                say!(
                    self.lang,
                    "That happens only while you hold at least {plain}.",
                    "Обмен производится, только пока на счёте не менее {least}.",
                    "仅当余额不低于{plain}时兑换。"
                ),
                Some(rule.span),
            );
        }
        if let ([effect], []) = (rule.effects.as_slice(), rule.gates.as_slice()) {
            let what = capital(&self.effect(effect));
            clause.add(say!(self.lang, "{what}.", "{what}.", "{what}。"), Some(rule.span));
        }
        clause.details.extend(self.trigger_counts(&rule.trigger).map(|text| super::model::Sentence { text, from: Some(rule.span) }));
        self.given(&mut clause, rule);
        clause
    }

    fn reward(&self, reward: &Reward) -> Clause {
        let rule = &reward.rule;
        let (price, name) = (self.units(reward.wallet, reward.price, Role::Plain), self.quoted(&reward.name));
        let lead = if reward.price == 0 {
            say!(
                self.lang,
                "You can ask for the reward {name} for free; we refuse it where a condition does not allow it:",
                "Вы можете бесплатно получить вознаграждение {name} по запросу; при несоблюдении условий в нём отказывается:",
                "您可免费申请领取{name}；不符合条件的不予给予："
            )
        } else {
            say!(
                self.lang,
                "For {price} you can ask for the reward {name}; we refuse it where your balance or a condition does not allow it:",
                "За {price} вы можете получить вознаграждение {name} по запросу; при нехватке остатка или несоблюдении условий в нём отказывается:",
                "您可凭{price}申请兑换{name}；余额不足或不符合条件的不予兑换："
            )
        };
        let mut clause = Clause::new(lead, Some(rule.span));
        if let ([effect], []) = (rule.effects.as_slice(), rule.gates.as_slice()) {
            let what = capital(&self.effect(effect));
            clause.add(say!(self.lang, "{what}.", "{what}.", "{what}。"), Some(rule.span));
        }
        self.given(&mut clause, rule);
        clause
    }

    /// Section 7.
    pub fn lasting_of_wallets(&self) -> Vec<Clause> {
        self.wallets().map(|(id, wallet)| self.wallet_life(id, wallet)).collect()
    }

    fn wallet_life(&self, id: WalletId, wallet: &Wallet) -> Clause {
        let from = Some(wallet.span);
        let mut clause = Clause::new(self.expiry(id, wallet.expiry), from);
        let parts = self.narrowings(&wallet.activity);
        if !parts.is_empty() {
            let parts = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
            clause.add(
                say!(
                    self.lang,
                    "Which purchases put the end off: {parts}; without one, the day of the first gain counts.",
                    "Какие покупки отодвигают срок: {parts}; если их не было, срок отсчитывается от начисления.",
                    "可顺延期限的消费：{parts}；无此类消费的，自获得之日起算。"
                ),
                from,
            );
        }
        if let Some(span) = wallet.at_latest {
            let (long, since) = (self.span(span, Role::Plain), self.since(ExpireAfter::Earning));
            clause.add(
                say!(
                    self.lang,
                    "It ends earlier, {long} after {since}, if that day comes first.",
                    "Срок заканчивается раньше, через {long} после {since}, если этот день наступит прежде.",
                    "自{since}起满{long}之日先到的，以该日为准。"
                ),
                from,
            );
        }
        if let Some(text) = self.dated_expiry(wallet).filter(|_| wallet.at_latest.is_none()) {
            clause.add(text, from);
        }
        if !wallet.never_expire_for.is_empty() {
            let tiers: Vec<String> = wallet.never_expire_for.iter().map(|tier| self.tier(*tier)).collect();
            let tiers = self.list(&tiers, false);
            clause.add(
                say!(
                    self.lang,
                    "As long as your level is {tiers}, nothing expires; when you lose it, the time starts anew on the first day without it.",
                    "Пока ваш уровень — {tiers}, ничего не сгорает; после его утраты срок отсчитывается заново с первого дня без него.",
                    "您的等级为{tiers}期间不失效；失去该等级后，自首个不再拥有之日起重新计算期限。"
                ),
                from,
            );
        }
        if let Some(text) = self.pending(&wallet.pending) {
            clause.add(text, from);
        }
        if let Pending::For(span @ (CivilSpan::Days(_) | CivilSpan::Months(_))) = wallet.pending {
            let first = self.case_day();
            let usable = crate::engine::day_after(first, span);
            let (first, usable) = (self.date(first), self.date(usable));
            clause.add(
                say!(
                    self.lang,
                    "For example: what you got on {first} can be used from {usable} on.",
                    "Например, начисленное {first} можно использовать с {usable}.",
                    "例如：{first}获得的，自{usable}起可用。"
                ),
                from,
            );
        }
        let order = match wallet.spend {
            SpendOrder::EarliestExpiry if wallet.expiry == Expiry::Never => None,
            SpendOrder::EarliestExpiry => {
                Some(say!(self.lang, "What expires first is used first.", "Сначала списывается то, что раньше сгорает.", "先到期者先用。"))
            }
            SpendOrder::Oldest => {
                Some(say!(self.lang, "What you got first is used first.", "Сначала списывается начисленное раньше.", "先获得者先用。"))
            }
            SpendOrder::Newest => {
                Some(say!(self.lang, "What you got last is used first.", "Сначала списывается начисленное позже.", "后获得者先用。"))
            }
        };
        clause.details.extend(order.map(|text| super::model::Sentence { text, from }));
        clause
    }

    fn expiry(&self, id: WalletId, expiry: Expiry) -> String {
        let name = self.wallet_first(id);
        match expiry {
            Expiry::Never => say!(
                self.lang,
                "{name}: no expiry, unless an offer says otherwise.",
                "{name}: срок действия не ограничен, если в предложении не сказано иное.",
                "{name}：除优惠另有规定外，长期有效。"
            ),
            Expiry::AtEnd { next, end, plus } => {
                let end = self.end_of(end, next);
                let Some(plus) = plus else {
                    return say!(
                        self.lang,
                        "{name}: can be used until {end}, counted from the day you got them.",
                        "{name}: можно использовать до {end}, считая со дня начисления.",
                        "{name}：自获得之日起至{end}有效。"
                    );
                };
                let plus = self.span(plus, Role::Plain);
                say!(
                    self.lang,
                    "{name}: can be used until {end} and {plus} more, counted from the day you got them.",
                    "{name}: можно использовать до {end} и ещё {plus}, считая со дня начисления.",
                    "{name}：自获得之日起至{end}后再加{plus}有效。"
                )
            }
            Expiry::After { span, after, at } => {
                let (long, since) = (self.span(span, Role::Plain), self.since(after));
                let text = say!(
                    self.lang,
                    "{name}: can be used up to and including the day {long} after {since}.",
                    "{name}: можно использовать по день, который наступит через {long} после {since}, включительно.",
                    "{name}：自{since}起，至{long}后的当日（含当日）有效。"
                );
                let Some(at) = at else { return text };
                let end = match at {
                    ExpireAt::End(end) => self.end_of(end, false),
                    ExpireAt::Next(month, day) => {
                        let day = self.numbers.year_day(month, day);
                        say!(
                            self.lang,
                            "the next {day} (that day itself if it falls on it)",
                            "ближайшего {day} (или этого же дня, если он совпадает)",
                            "下一个{day}（恰逢该日的即为当日）"
                        )
                    }
                };
                say!(
                    self.lang,
                    "{text} That day is then moved on to {end}.",
                    "{text} Этот день затем переносится до {end}.",
                    "{text}该日再顺延至{end}。"
                )
            }
        }
    }

    fn since(&self, after: ExpireAfter) -> String {
        match after {
            ExpireAfter::Earning => say!(self.lang, "the day you got them", "дня начисления", "获得之日"),
            ExpireAfter::LastActivity => {
                say!(self.lang, "the day of your last activity", "дня вашей последней активности", "最近一次账户活动之日")
            }
            ExpireAfter::LastPurchase => {
                say!(self.lang, "the day of your last purchase", "дня вашей последней покупки", "最近一笔消费之日")
            }
            ExpireAfter::LastEarning => say!(self.lang, "the day you last got any", "дня последнего начисления", "最近一次获得之日"),
            ExpireAfter::Usable => say!(self.lang, "the day they became usable", "дня, с которого они стали доступны", "转为可用之日"),
        }
    }

    /// A day for dated cases: the last of a long month before a short one, within the program's life.
    fn case_day(&self) -> Date {
        let usual = Date::from_ymd(2024, 11, 30).unwrap_or_default();
        let first = self.program.starts.map_or(usual, |starts| starts.max(usual));
        self.program.ends.map_or(first, |ends| ends.min(first))
    }

    fn dated_expiry(&self, wallet: &Wallet) -> Option<String> {
        let first = self.case_day();
        let after_pending = match wallet.pending {
            Pending::For(span) if matches!(wallet.expiry, Expiry::After { after: ExpireAfter::Usable, .. }) => {
                crate::engine::day_after(first, span)
            }
            Pending::No | Pending::For(_) | Pending::Until { .. } => first,
        };
        let last = crate::engine::last_usable_day(self.program, wallet.expiry, after_pending)?;
        let (first, last) = (self.date(first), self.date(last));
        let lasts = match wallet.expiry {
            Expiry::Never => return None,
            Expiry::After { after: ExpireAfter::Earning | ExpireAfter::Usable, .. } | Expiry::AtEnd { .. } => say!(
                self.lang,
                "For example: what you got on {first} can be used up to and including {last}.",
                "Например, начисленное {first} можно использовать по {last} включительно.",
                "例如：{first}获得的，可使用至{last}（含当日）。"
            ),
            Expiry::After { after: ExpireAfter::LastActivity, .. } => say!(
                self.lang,
                "For example: if your last activity was on {first}, everything can be used up to and including {last}.",
                "Например, если последняя активность была {first}, всё можно использовать по {last} включительно.",
                "例如：最近一次账户活动为{first}的，全部余额可使用至{last}（含当日）。"
            ),
            Expiry::After { after: ExpireAfter::LastPurchase, .. } => say!(
                self.lang,
                "For example: if your last purchase was on {first}, everything can be used up to and including {last}.",
                "Например, если последняя покупка была {first}, всё можно использовать по {last} включительно.",
                "例如：最近一笔消费为{first}的，全部余额可使用至{last}（含当日）。"
            ),
            Expiry::After { after: ExpireAfter::LastEarning, .. } => say!(
                self.lang,
                "For example: if you last got any on {first}, everything can be used up to and including {last}.",
                "Например, если последнее начисление было {first}, всё можно использовать по {last} включительно.",
                "例如：最近一次获得为{first}的，全部余额可使用至{last}（含当日）。"
            ),
        };
        Some(lasts)
    }
}
