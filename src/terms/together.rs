//! Several offers at once, returns, limits, budgets and draws.

use super::about::{all_rules, gives};
use super::language::{Noun, Role, say};
use super::model::Clause;
use super::said::Said;
use super::speak::Speaker;
use crate::program::{Budget, Choice, Combine, Draw, Effect, Gift, Group, GroupPolicy, Restore, Shortfall, WalletKind};

impl Speaker<'_> {
    /// Section 8.
    pub fn together(&self, said: &Said) -> Vec<Clause> {
        let mut clauses = vec![Clause::new(
            say!(
                self.lang,
                "What you collect from several offers is added up, unless these terms say otherwise.",
                "Начисления по нескольким предложениям складываются, если в этих условиях не сказано иное.",
                "除本条款另有规定外，多项优惠所得奖励可累加。"
            ),
            None,
        )];
        if self.program.combine != Combine::Best
            || gives(self.program, |effect| matches!(effect, Effect::Discount(_) | Effect::Voucher { .. } | Effect::PriceList(_)))
        {
            clauses.push(Clause::new(self.combined(), said.combine));
        }
        if gives(self.program, |effect| matches!(effect, Effect::PriceList(_))) {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "The prices of a list come first; discounts are taken off these prices, not in place of them.",
                    "Сначала применяются цены прайс-листа; скидки рассчитываются от этих цен, а не вместо них.",
                    "先适用价目表价格，折扣在该价格基础上另行计算，二者可同享。"
                ),
                None,
            ));
        }
        if let Some(wallet) = self.program.refunds_to.and_then(|id| self.program.wallets.get(id.index())) {
            let name = self.quoted(&wallet.name);
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "Refunds are paid to your balance {name}.",
                    "Возврат денег производится на ваш счёт {name}.",
                    "退款退至您的{name}余额。"
                ),
                said.refunds,
            ));
        }
        if self.program.vouchers_first {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "Vouchers over a sum are deducted first; percentages are counted on what is then left.",
                    "Сначала вычитаются ваучеры на сумму; проценты рассчитываются от остатка.",
                    "先抵扣定额券，再按余额计算百分比折扣。"
                ),
                said.vouchers,
            ));
        }
        if self.program.floor.is_some() {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "No discount takes an item below its lowest price, where one is set for it; what that stops is lost.",
                    "Скидка не снижает цену товара ниже минимальной, если она для него установлена; недополученная часть не компенсируется.",
                    "商品设有最低价的，折扣后价格不低于该价，未能享受的部分不予补偿。"
                ),
                said.floor,
            ));
        }
        if gives(self.program, |effect| matches!(effect, Effect::FreeShipping)) {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "Free shipping comes on top of discounts.",
                    "Бесплатная доставка предоставляется сверх скидок.",
                    "免运费可与折扣同享。"
                ),
                None,
            ));
        }
        if gives(self.program, |effect| matches!(effect, Effect::Multiply { .. })) {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "A multiple counts what you collect at the rates of the purchase, after rounding, not what is given as a fixed reward; several multiples add up, each by what it gives beyond the single rate.",
                    "Кратное начисление применяется к тому, что начисляется по ставкам за покупку, после округления, а не к фиксированным вознаграждениям; несколько кратных складываются, каждое — в части сверх однократной ставки.",
                    "倍数仅适用于按消费比例所得（取整之后）的奖励，不适用于固定奖励；多个倍数并存时，各自超出单倍的部分相加。"
                ),
                None,
            ));
        }
        for (at, group) in self.program.groups.iter().enumerate() {
            if !self.program.rules.iter().any(|rule| rule.group.is_some_and(|id| id.index() == at)) {
                continue;
            }
            clauses.push(self.group(at, group));
        }
        clauses
    }

    fn combined(&self) -> String {
        match self.program.combine {
            Combine::Best => say!(
                self.lang,
                "Discounts are not added up: of several percentages each product gets the one that takes off most; a sum off takes their place where it takes off more.",
                "Скидки не суммируются: из нескольких процентных скидок на каждый товар действует наибольшая; скидка на сумму заменяет их там, где она больше.",
                "折扣不可叠加：多项百分比折扣并存时，每件商品适用减免最多的一项；定额减免更多时，以定额减免取代之。"
            ),
            Combine::Adding => say!(
                self.lang,
                "Discounts are added up: their percentages are summed and taken off the original price, sums off come after that.",
                "Скидки суммируются: проценты складываются и вычитаются из первоначальной цены, затем вычитаются скидки на сумму.",
                "折扣可叠加：各百分比相加后按原价减免，其后再减定额。"
            ),
            Combine::Compounding => say!(
                self.lang,
                "Discounts are taken one after the other, each on what the one before left: first those on single goods, then those on the whole purchase.",
                "Скидки применяются последовательно, каждая к тому, что осталось после предыдущей: сначала скидки на отдельные товары, затем на всю покупку.",
                "折扣依次计算，每项以上一项减免后的金额为基数：先计单品折扣，再计整单折扣。"
            ),
        }
    }

    fn group(&self, at: usize, group: &Group) -> Clause {
        let name = self.quoted(&group.name);
        let numbers = super::numbers_of(self.program);
        let members: Vec<String> = self
            .program
            .rules
            .iter()
            .zip(numbers)
            .filter(|(rule, _)| rule.group.is_some_and(|id| id.index() == at))
            .map(|(_, number)| number)
            .collect();
        let members = self.list(&members, true);
        let mut clause = Clause::new(
            say!(
                self.lang,
                "The offers {name} are those of the clauses {members}.",
                "Группа предложений {name} — это пункты {members}.",
                "优惠组{name}包括第{members}条。"
            ),
            Some(group.span),
        );
        clause.add(
            match group.policy {
                GroupPolicy::BestForCustomer => say!(
                    self.lang,
                    "Of those that would apply, only the one that gives you most does.",
                    "Из применимых действует только то, которое даёт вам больше всего.",
                    "同时适用的，仅采用对您最有利的一项。"
                ),
                GroupPolicy::BestForStore => say!(
                    self.lang,
                    "Of those that would apply, only the one that gives you least does.",
                    "Из применимых действует только то, которое даёт вам меньше всего.",
                    "同时适用的，仅采用给予最少的一项。"
                ),
                GroupPolicy::First => say!(
                    self.lang,
                    "Of those that would apply, only the first does, in the order named.",
                    "Из применимых действует только первое в указанном порядке.",
                    "同时适用的，按所列顺序仅采用第一项。"
                ),
                GroupPolicy::All => say!(self.lang, "All that apply are given.", "Действуют все применимые.", "同时适用的，全部给予。"),
            },
            Some(group.span),
        );
        clause
    }

    /// Section 9.
    pub fn returns(&self, said: &Said) -> Vec<Clause> {
        let terms = self.program.returns;
        let mut clauses = vec![Clause::new(
            say!(
                self.lang,
                "If you return goods, the purchase is worked out again without them: what they brought is taken back, and you are refunded what they cost you after discounts.",
                "При возврате товара покупка пересчитывается без него: то, что за него начислено, списывается, а вам возвращается цена товара после скидок.",
                "退货时，按不含所退商品重新计算该笔消费：因其所得的奖励予以收回，并按折后价格退款。"
            ),
            None,
        )];
        clauses.push(Clause::new(
            match terms.shortfall {
                Shortfall::MayGoNegative => say!(
                    self.lang,
                    "If your balance does not suffice for what is taken back, it goes below zero; what you collect later makes up for that first.",
                    "Если остатка не хватает для списания, он становится отрицательным; последующие начисления сначала покрывают этот долг.",
                    "余额不足以扣回的，余额记为负数，由之后所得优先抵补。"
                ),
                Shortfall::StopAtZero => say!(
                    self.lang,
                    "If your balance does not suffice for what is taken back, it goes down to zero and you owe nothing.",
                    "Если остатка не хватает для списания, он обнуляется, и долга не возникает.",
                    "余额不足以扣回的，扣至零为止，您无须补足。"
                ),
                Shortfall::DeductFromRefund => say!(
                    self.lang,
                    "If your balance does not suffice for what is taken back, its value is deducted from the refund; what has no value in money, or exceeds the refund, goes below zero.",
                    "Если остатка не хватает для списания, его стоимость вычитается из возвращаемой суммы; то, что не имеет денежной стоимости или превышает эту сумму, уходит в минус.",
                    "余额不足以扣回的，按其价值从退款中扣除；无货币价值或超出退款的部分记为负数。"
                ),
            },
            said.shortfall,
        ));
        let pays = !self.program.redeems.is_empty() || self.program.grants_vouchers();
        if pays || terms.restore != Restore::OriginalExpiry {
            clauses.push(Clause::new(self.restored(terms.restore), said.restore));
        }
        if !self.program.ladders.is_empty() {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "A level that you would not have reached without what you returned is taken back at once.",
                    "Уровень, которого вы не достигли бы без возвращённого, отменяется сразу.",
                    "若无所退商品即不能达到的等级，立即取消。"
                ),
                None,
            ));
        }
        clauses.push(Clause::new(
            if terms.keep_rewards {
                say!(
                    self.lang,
                    "Conditions and steps that a purchase met stay met after a part of it is returned; only the amount shrinks.",
                    "Выполненные покупкой условия и достигнутые ступени сохраняются после возврата её части; уменьшается только сумма.",
                    "部分退货后，该笔消费已满足的条件及已达档次予以保留，仅按减少后的金额计算。"
                )
            } else {
                say!(
                    self.lang,
                    "If a purchase no longer meets a condition or step after a return, what that brought is taken back too.",
                    "Если после возврата покупка больше не отвечает условию или ступени, полученное за это тоже списывается.",
                    "退货后该笔消费不再满足条件或档次的，因此所得的奖励一并收回。"
                )
            },
            said.keep,
        ));
        clauses
    }

    fn restored(&self, restore: Restore) -> String {
        match restore {
            Restore::OriginalExpiry => say!(
                self.lang,
                "What paid for the returned goods from your balance comes back there with its old expiry, and is not refunded in money; a voucher comes back when nothing of the purchase is left.",
                "То, чем возвращённый товар был оплачен с вашего счёта, возвращается туда с прежним сроком действия и деньгами не выплачивается; ваучер возвращается, если от покупки ничего не осталось.",
                "所退商品以账户余额支付的部分退回账户，沿用原有效期，不退现金；整笔消费全部退货的，代金券予以退还。"
            ),
            Restore::NewExpiry => say!(
                self.lang,
                "What paid for the returned goods from your balance comes back there with a new expiry, and is not refunded in money; a voucher comes back when nothing of the purchase is left.",
                "То, чем возвращённый товар был оплачен с вашего счёта, возвращается туда с новым сроком действия и деньгами не выплачивается; ваучер возвращается, если от покупки ничего не осталось.",
                "所退商品以账户余额支付的部分退回账户，有效期重新计算，不退现金；整笔消费全部退货的，代金券予以退还。"
            ),
            Restore::No => say!(
                self.lang,
                "What paid for the returned goods from your balance or by voucher does not come back and is not refunded in money.",
                "То, чем возвращённый товар был оплачен с вашего счёта или ваучером, не возвращается и деньгами не выплачивается.",
                "所退商品以账户余额或代金券支付的部分不予退还，亦不退现金。"
            ),
        }
    }

    /// What members may choose.
    fn choice(&self, choice: &Choice) -> Clause {
        let from = Some(choice.span);
        let name = self.program.attributes.get(choice.attribute.index()).map_or_else(String::new, |known| self.quoted(&known.name));
        let values = self.texts(&choice.values);
        let mut clause = Clause::new(
            say!(
                self.lang,
                "For {name} you choose one of these: {values}.",
                "Для {name} вы выбираете одно из следующего: {values}.",
                "{name}可选择以下之一：{values}。"
            ),
            from,
        );
        if let Some(limit) = &choice.limit {
            self.limit(&mut clause, limit, None);
        }
        if let Some(first) = choice.first {
            let first = self.texts(&[first]);
            clause.add(say!(self.lang, "Until you choose, {first} holds.", "До выбора действует {first}.", "未选择前按{first}计。"), from);
        }
        if let Some(later) = choice.later {
            let begins = self.of_next_period(later);
            clause.add(
                say!(
                    self.lang,
                    "A change holds from the beginning of {begins} on.",
                    "Изменение действует с начала {begins}.",
                    "变更自{begins}开始时生效。"
                ),
                from,
            );
        }
        clause
    }

    /// Section 10.
    pub fn limits(&self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        if all_rules(self.program).any(|rule| !rule.limits.is_empty()) {
            clauses.push(Clause::new(
                say!(
                    self.lang,
                    "A reward that would pass a limit is cut to what is left of it, unless its clause says otherwise. What is taken back after a return makes room again.",
                    "Вознаграждение, превышающее предел, сокращается до остатка предела, если в его пункте не сказано иное. Списанное после возврата снова освобождает место.",
                    "除相应条款另有规定外，超出上限的奖励缩减至剩余额度。退货收回的部分恢复额度。"
                ),
                None,
            ));
        }
        clauses.extend(self.program.choices.iter().map(|choice| self.choice(choice)));
        clauses.extend(self.program.budgets.iter().map(|budget| self.budget(budget)));
        if !self.program.budgets.is_empty() {
            clauses.extend(self.program.gifts.iter().map(|gift| self.cost(gift)));
            for effect in all_rules(self.program).flat_map(|rule| &rule.effects) {
                if let Effect::Notify { text, costs } = effect {
                    let (text, costs) = (self.quoted(text), self.money(*costs));
                    clauses.push(Clause::new(
                        say!(
                            self.lang,
                            "In budgets the message {text} counts for {costs}.",
                            "В бюджетах сообщение {text} учитывается в размере {costs}.",
                            "消息{text}按{costs}计入预算。"
                        ),
                        None,
                    ));
                }
            }
        }
        for gift in &self.program.gifts {
            if let Some(only) = gift.only {
                let (name, n) = (self.quoted(&gift.name), self.numbers.digits(&only.to_string()));
                clauses.push(Clause::new(
                    say!(
                        self.lang,
                        "Of the gift {name} there are {n} in all, for all members together.",
                        "Подарок {name}: всего {n} для всех участников вместе.",
                        "礼品{name}全体会员合计限量{n}份，送完即止。"
                    ),
                    Some(gift.span),
                ));
            }
        }
        clauses.extend(self.program.draws.iter().map(|draw| self.raffle(draw)));
        clauses
    }

    fn budget(&self, budget: &Budget) -> Clause {
        let (name, sum) = (self.quoted(&budget.name), self.money(budget.amount));
        let lead = match budget.per {
            None => say!(
                self.lang,
                "The budget {name} is {sum} in all, shared by all members.",
                "Бюджет {name} — {sum} всего, общий для всех участников.",
                "预算{name}总额为{sum}，全体会员共用。"
            ),
            Some(period) => {
                let per = self.per(period);
                say!(
                    self.lang,
                    "The budget {name} is {sum} {per}, shared by all members.",
                    "Бюджет {name} — {sum} {per}, общий для всех участников.",
                    "预算{name}为{per}{sum}，全体会员共用。"
                )
            }
        };
        let mut clause = Clause::new(lead, Some(budget.span));
        if budget.for_all_rules {
            clause.add(
                say!(
                    self.lang,
                    "Everything that the program gives comes out of it, levels apart.",
                    "За его счёт выдаётся всё, что даёт программа, кроме уровней.",
                    "除等级外，本计划给予的一切均由其支出。"
                ),
                Some(budget.span),
            );
        }
        let closes = match budget.per {
            None => say!(
                self.lang,
                "The first reward that does not fit into what is left is not given, and closes the budget for good.",
                "Первое вознаграждение, которое не помещается в остаток, не выдаётся и закрывает бюджет окончательно.",
                "首项超出剩余额度的奖励不予给予，预算自此关闭。"
            ),
            Some(_) => say!(
                self.lang,
                "The first reward that does not fit into what is left is not given, and closes the budget for the rest of that time.",
                "Первое вознаграждение, которое не помещается в остаток, не выдаётся и закрывает бюджет до конца этого периода.",
                "首项超出剩余额度的奖励不予给予，预算在该期剩余时间内关闭。"
            ),
        };
        clause.add(closes, Some(budget.span));
        for (at, wallet) in self.program.wallets.iter().enumerate() {
            if wallet.kind == WalletKind::Points && wallet.worth.is_none() {
                let name = self.wallet_first(crate::program::WalletId(u16::try_from(at).unwrap_or(u16::MAX)));
                clause.add(
                    say!(self.lang, "{name} do not count in it.", "{name} в нём не учитываются.", "{name}不计入该预算。"),
                    Some(budget.span),
                );
            }
        }
        clause
    }

    fn cost(&self, gift: &Gift) -> Clause {
        let (name, costs) = (self.quoted(&gift.name), self.money(gift.costs));
        Clause::new(
            say!(
                self.lang,
                "In budgets the gift {name} counts for {costs}.",
                "В бюджетах подарок {name} учитывается в размере {costs}.",
                "礼品{name}按{costs}计入预算。"
            ),
            Some(gift.span),
        )
    }

    fn raffle(&self, draw: &Draw) -> Clause {
        let from = Some(draw.span);
        let (name, day) = (self.quoted(&draw.name), self.date(draw.date));
        let gift = self.program.gifts.get(draw.gift.index());
        let (gift, worth) = gift.map_or_else(Default::default, |gift| (self.quoted(&gift.name), self.money(gift.worth)));
        let winners = self.count(u64::from(draw.winners), Noun::Winner, Role::Plain);
        let mut clause = Clause::new(
            say!(
                self.lang,
                "The prize draw {name} is held at the start of {day}. It has {winners}; each gets the gift {gift} (worth {worth}).",
                "Розыгрыш {name} проводится в начале дня {day}. Определяется {winners}; каждый получает подарок {gift} (стоимостью {worth}).",
                "抽奖活动{name}于{day}零时进行，共抽出{winners}，每位获赠{gift}（价值{worth}）。"
            ),
            from,
        );
        clause.add(
            say!(
                self.lang,
                "All entries made before that day take part, save those taken back; each has the same chance. An account wins at most once.",
                "Участвуют все шансы, полученные до этого дня, кроме отозванных; вероятность выигрыша у каждого одинакова. Один счёт выигрывает не более одного раза.",
                "此前取得且未被收回的全部抽奖机会均参与抽奖，中奖概率相同；每个账户最多中奖一次。"
            ),
            from,
        );
        clause.add(
            say!(
                self.lang,
                "Winners are found by a published calculation from the entries and a number fixed beforehand (SHA-256), which anyone can repeat.",
                "Победители определяются по опубликованному расчёту на основе шансов и заранее установленного числа (SHA-256), который может повторить каждый.",
                "中奖者依据抽奖机会与事先确定的数值，按公开算法（SHA-256）计算得出，任何人均可复核。"
            ),
            from,
        );
        clause
    }
}
