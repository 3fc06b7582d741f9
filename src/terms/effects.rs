//! What a rule gives.

use super::language::{Lang, Noun, Role, say};
use super::model::Clause;
use super::speak::Speaker;
use crate::program::{
    AccessId, DrawId, Effect, Expr, GiftId, Lasting, PriceListId, Rate, Rates, Rule, Table, TableKey, TableRow, Type, WalletId,
};
use crate::span::Span;
use crate::value::{Decimal, Exact};

/// So many rows of a price list are written out.
const PRICES: usize = 200;

impl Speaker<'_> {
    /// What an effect gives, behind what sets it off: `you get a discount of 5%`.
    pub fn effect(&self, effect: &Effect) -> String {
        match effect {
            Effect::Discount(rates) => self.discount(rates),
            Effect::Earn { wallet, rates } => self.earn(*wallet, rates),
            Effect::Multiply { wallet, factor } => {
                let (name, factor) = (self.wallet(*wallet), self.numbers.decimal(*factor));
                say!(
                    self.lang,
                    "the {name} that you collect on the purchase are multiplied by {factor}",
                    "{name}, начисляемые за покупку, умножаются на {factor}",
                    "该笔消费所得{name}按{factor}倍计算"
                )
            }
            Effect::PriceList(list) => {
                let name = self.program.price_lists.get(list.index()).map_or_else(String::new, |list| self.quoted(&list.name));
                say!(
                    self.lang,
                    "you buy at the prices of the list {name} where these are lower",
                    "для вас действуют цены из прайс-листа {name}, если они ниже обычных",
                    "您可享受价目表{name}所列价格（以低于原价者为限）"
                )
            }
            Effect::Price(minor) => {
                let price = self.money(*minor);
                say!(
                    self.lang,
                    "you pay {price} for each item, where that is lower",
                    "цена единицы товара для вас — {price}, если она ниже обычной",
                    "您可享每件{price}的价格（以低于原价者为限）"
                )
            }
            Effect::Charge(minor) => {
                let sum = self.money(*minor);
                say!(self.lang, "you pay us a fee of {sum}", "вы уплачиваете нам {sum}", "您须向我们支付费用{sum}")
            }
            Effect::PayOut(how) => {
                let (name, step) = (self.wallet(how.wallet), self.money(how.step));
                let least = if how.least_units > 0 { self.units(how.wallet, how.least_units, Role::Plain) } else { self.money(how.least) };
                let whole = say!(
                    self.lang,
                    "your balance of {name} is paid out to you in money",
                    "ваш остаток ({name}) выплачивается вам деньгами",
                    "您的{name}余额将以现金支付给您"
                );
                let whole = if how.step > 1 {
                    say!(self.lang, "{whole}, in steps of {step}", "{whole}, суммами, кратными {step}", "{whole}（按{step}的整数倍）")
                } else {
                    whole
                };
                if how.least_units > 0 || how.least > 0 {
                    say!(
                        self.lang,
                        "{whole}, once it is at least {least}",
                        "{whole}, если на счёте не менее {least}",
                        "{whole}，余额不低于{least}时"
                    )
                } else {
                    whole
                }
            }
            Effect::FreeShipping => say!(self.lang, "shipping is free for you", "доставка для вас бесплатна", "您可享免运费"),
            Effect::Grant { wallet, amount, .. } => self.grant(*wallet, amount),
            Effect::GrantFriend { wallet, amount, .. } => {
                let what = self.granted(*wallet, amount);
                say!(
                    self.lang,
                    "the member you brought gets {what}",
                    "приглашённому вами участнику начисляется: {what}",
                    "您推荐的好友可获得{what}"
                )
            }
            Effect::Gift { gift, .. } => {
                let gift = self.gift(*gift);
                say!(self.lang, "you get {gift}", "вы получаете {gift}", "您可获赠{gift}")
            }
            Effect::Voucher { value, .. } => self.voucher(*value),
            Effect::Entries { draw, count } => {
                let (draw, count) = (self.draw(*draw), self.entries(count));
                say!(self.lang, "you get {count} to the draw {draw}", "вы получаете {count} в розыгрыше {draw}", "您可获得{draw}的{count}")
            }
            Effect::EarnEntries { draw, count, per } => {
                let (draw, count, per) = (self.draw(*draw), self.count(u64::from(*count), Noun::Entry, Role::Plain), self.money(*per));
                say!(
                    self.lang,
                    "you get {count} to the draw {draw} for every full {per}",
                    "вы получаете {count} в розыгрыше {draw} за каждые полные {per}",
                    "每满{per}，您可获得{draw}的{count}"
                )
            }
            Effect::Access { access, .. } => self.access(*access),
            Effect::MoveTo(tier) => {
                let name = self.tier(*tier);
                say!(self.lang, "you get the level {name}", "вам присваивается уровень {name}", "您的等级调整为{name}")
            }
            Effect::Set { wallet, amount } => {
                let (of, amount) = (self.of_wallet(*wallet), self.units(*wallet, *amount, Role::Plain));
                say!(
                    self.lang,
                    "your balance of {of} is set to {amount}",
                    "ваш остаток {of} становится равным: {amount}",
                    "您的{of}余额调整为{amount}"
                )
            }
            Effect::Notify { text, .. } => {
                let text = self.quoted(text);
                say!(self.lang, "we send you the message {text}", "мы отправляем вам сообщение {text}", "我们将向您发送一条消息：{text}")
            }
            Effect::Donate { amount, to } => {
                let (sum, to) = (self.money(*amount), self.quoted(to));
                say!(self.lang, "we give {sum} to {to}", "мы перечисляем {sum} получателю {to}", "我们将向{to}捐赠{sum}")
            }
        }
    }

    fn discount(&self, rates: &Rates) -> String {
        match rates {
            Rates::One(Rate::Percent(fraction)) => {
                let (percent, tenths) = (self.numbers.percent(*fraction), self.numbers.tenths_left(*fraction));
                say!(self.lang, "you get a discount of {percent}", "вы получаете скидку {percent}", "您可享{tenths}折优惠（减免{percent}）")
            }
            Rates::One(rate) => {
                let rate = self.rate(*rate, None);
                say!(self.lang, "you get {rate} off", "вы получаете скидку {rate}", "您可享立减{rate}")
            }
            Rates::Table(_) => {
                say!(
                    self.lang,
                    "you get a discount at the rate below",
                    "вы получаете скидку по приведённой ниже шкале",
                    "您可按下列档次享受折扣"
                )
            }
        }
    }

    fn earn(&self, wallet: WalletId, rates: &Rates) -> String {
        let name = self.wallet(wallet);
        match rates {
            Rates::One(Rate::Percent(fraction)) => {
                let percent = self.numbers.percent(*fraction);
                if self.is_money(wallet) {
                    return say!(
                        self.lang,
                        "you get {percent} of the amount back as {name}",
                        "вам начисляется {name} — {percent} от суммы",
                        "您可获得消费金额{percent}的{name}"
                    );
                }
                say!(
                    self.lang,
                    "you collect {name} worth {percent} of the amount",
                    "вам начисляются {name} на {percent} от суммы",
                    "您可获得价值相当于消费金额{percent}的{name}"
                )
            }
            Rates::One(rate @ (Rate::Per { .. } | Rate::PerItem { .. } | Rate::PerEachItem { .. } | Rate::PerQuantity { .. })) => {
                let rate = self.rate(*rate, Some(wallet));
                say!(self.lang, "you collect {rate}", "вам начисляется {rate}", "{rate}")
            }
            Rates::One(rate) => {
                let rate = self.rate(*rate, Some(wallet));
                say!(self.lang, "you collect {rate}", "вам начисляется {rate}", "您可获得{rate}")
            }
            Rates::Table(_) => say!(
                self.lang,
                "you collect {name} at the rate below",
                "вам начисляются {name} по приведённой ниже шкале",
                "您可按下列档次获得{name}"
            ),
        }
    }

    /// A rate: `5%`, `1 bean for every full 1.00 EUR`.
    pub fn rate(&self, rate: Rate, wallet: Option<WalletId>) -> String {
        let of = |amount: Decimal| match wallet {
            Some(id) if !self.is_money(id) => self.full_units(id, amount, Role::Plain),
            _ => {
                Exact::try_from(amount).map_or_else(|_| amount.to_string(), |minor| self.numbers.exact_money(minor, &self.program.currency))
            }
        };
        match rate {
            Rate::Percent(fraction) => self.numbers.percent(fraction),
            Rate::Fixed(amount) => wallet.map_or_else(|| self.money(amount), |id| self.units(id, amount, Role::Plain)),
            Rate::Per { amount, per, in_proportion: false } => {
                let (amount, sum) = (of(amount), self.money(per));
                if i128::from(per) == 10_i128.saturating_pow(u32::from(self.program.currency.decimals)) {
                    return say!(self.lang, "{amount} for every full {sum}", "{amount} за каждый полный {sum}", "每满{sum}可获得{amount}");
                }
                say!(self.lang, "{amount} for every full {sum}", "{amount} за каждые полные {sum}", "每满{sum}可获得{amount}")
            }
            Rate::Per { amount, per, in_proportion: true } => {
                let (amount, per) = (of(amount), self.money(per));
                say!(
                    self.lang,
                    "{amount} per {per}, parts of it in proportion",
                    "{amount} за {per}, неполная сумма — пропорционально",
                    "每{per}可获得{amount}（不足部分按比例计算）"
                )
            }
            Rate::PerEachItem { amount, per } => {
                let (amount, sum) = (of(amount), self.money(per));
                say!(
                    self.lang,
                    "{amount} for every full {sum} of the price of each item by itself",
                    "{amount} за каждые полные {sum} цены каждой единицы товара в отдельности",
                    "每件商品单价每满{sum}可获得{amount}（逐件计算）"
                )
            }
            Rate::PerQuantity { amount, per, in_proportion } => {
                let (amount, per) = (of(amount), self.numbers.decimal(per));
                if in_proportion {
                    say!(
                        self.lang,
                        "{amount} per quantity of {per} of the goods, parts of it in proportion",
                        "{amount} за количество товара {per}, неполное — пропорционально",
                        "商品数量每{per}可获得{amount}（不足部分按比例计算）"
                    )
                } else {
                    say!(
                        self.lang,
                        "{amount} for every full {per} in the quantity of the goods together (pieces, litres or kilograms)",
                        "{amount} за каждое полное количество {per} (шт., л или кг) всех товаров вместе",
                        "商品数量合计每满{per}可获得{amount}"
                    )
                }
            }
            Rate::PerItem { amount } => {
                let amount = of(amount);
                say!(self.lang, "{amount} for each item", "{amount} за каждую единицу товара", "每件商品可获得{amount}")
            }
            Rate::Nothing => say!(self.lang, "nothing", "ничего", "无"),
        }
    }

    /// An amount granted, as an object.
    fn granted(&self, wallet: WalletId, amount: &Expr) -> String {
        let Expr::Number(n) = amount else {
            let name = self.of_wallet(wallet);
            let term = self.term(amount, if self.is_money(wallet) { Type::Money } else { Type::Number }, Role::Plain);
            return if self.is_money(wallet) {
                say!(self.lang, "as much {name} as this comes to: {term}", "{name} в таком размере: {term}", "{name}，金额为：{term}")
            } else {
                say!(
                    self.lang,
                    "as many {name} as this comes to: {term}",
                    "столько {name}, сколько составляет: {term}",
                    "{name}，数量为：{term}"
                )
            };
        };
        let decimal = super::language::decimal_of(*n).unwrap_or_default();
        if self.is_money(wallet) {
            let full = Decimal::new(decimal.mantissa, decimal.scale.saturating_add(self.program.currency.decimals));
            return self.full_units(wallet, full, Role::Plain);
        }
        self.full_units(wallet, decimal, Role::Plain)
    }

    fn grant(&self, wallet: WalletId, amount: &Expr) -> String {
        let what = self.granted(wallet, amount);
        say!(self.lang, "you get {what}", "вам начисляется {what}", "您可获得{what}")
    }

    fn gift(&self, id: GiftId) -> String {
        let Some(gift) = self.program.gifts.get(id.index()) else { return String::new() };
        let (name, worth) = (self.quoted(&gift.name), self.money(gift.worth));
        say!(self.lang, "the gift {name} (worth {worth})", "подарок {name} (стоимостью {worth})", "{name}1份（价值{worth}）")
    }

    fn voucher(&self, value: Rate) -> String {
        match value {
            Rate::Percent(fraction) => {
                let (percent, tenths) = (self.numbers.percent(fraction), self.numbers.tenths_left(fraction));
                say!(
                    self.lang,
                    "you get a voucher for {percent} off one purchase",
                    "вы получаете ваучер на скидку {percent} на одну покупку",
                    "您可获得{tenths}折优惠券1张（单笔消费减免{percent}）"
                )
            }
            Rate::Fixed(_)
            | Rate::Per { .. }
            | Rate::PerItem { .. }
            | Rate::PerEachItem { .. }
            | Rate::PerQuantity { .. }
            | Rate::Nothing => {
                let sum = self.rate(value, None);
                say!(self.lang, "you get a voucher of {sum}", "вы получаете ваучер на {sum}", "您可获得{sum}代金券1张")
            }
        }
    }

    fn entries(&self, count: &Expr) -> String {
        match count {
            Expr::Number(n) if n.denominator() == 1 => self.count(u64::try_from(n.numerator()).unwrap_or(0), Noun::Entry, Role::Plain),
            _ => {
                let term = self.term(count, Type::Number, Role::Plain);
                say!(
                    self.lang,
                    "as many entries as this comes to ({term})",
                    "столько шансов, сколько составляет ({term})",
                    "抽奖机会（次数为：{term}）"
                )
            }
        }
    }

    pub fn draw(&self, id: DrawId) -> String {
        self.program.draws.get(id.index()).map_or_else(String::new, |draw| self.quoted(&draw.name))
    }

    fn access(&self, id: AccessId) -> String {
        let name = self.program.accesses.get(id.index()).map_or_else(String::new, |name| self.quoted(name));
        say!(self.lang, "you get access to {name}", "вы получаете доступ к {name}", "您可获得{name}的资格")
    }

    /// What completes an effect: tables, lives, series, prices.
    pub fn effect_details(&self, clause: &mut Clause, rule: &Rule, effect: &Effect) {
        let from = Some(rule.span);
        match effect {
            Effect::Discount(Rates::Table(table)) => self.table(clause, table, None),
            Effect::Earn { wallet, rates } => {
                if let Rates::Table(table) = rates {
                    self.table(clause, table, Some(*wallet));
                }
            }
            Effect::PriceList(list) => self.prices(clause, *list, from),
            Effect::Grant { valid, .. } => self.life(clause, *valid, from),
            Effect::GrantFriend { valid, .. } => self.life(clause, *valid, from),
            Effect::Gift { only, valid, .. } => {
                if let Some(valid) = valid {
                    let lasts = self.lasting(*valid);
                    clause.add(
                        say!(
                            self.lang,
                            "You can collect the gift {lasts}; after that the right to it lapses.",
                            "Подарок можно забрать {lasts}; затем право на него утрачивается.",
                            "礼品领取期限：{lasts}；逾期未领取视为放弃。"
                        ),
                        from,
                    );
                }
                self.series(clause, *only, from);
            }
            Effect::Voucher { valid, filter, .. } => {
                if let Some(valid) = valid {
                    let lasts = self.lasting(*valid);
                    clause.add(
                        say!(self.lang, "The voucher can be used {lasts}.", "Ваучер действует {lasts}.", "券的使用期限：{lasts}。"),
                        from,
                    );
                }
                let parts = self.narrowings(filter);
                if !parts.is_empty() {
                    let parts = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
                    clause.add(
                        say!(
                            self.lang,
                            "Where the voucher can be used: {parts}.",
                            "Где можно использовать ваучер: {parts}.",
                            "券的使用范围：{parts}。"
                        ),
                        from,
                    );
                }
            }
            Effect::Access { only, valid, .. } => {
                if let Some(valid) = valid {
                    let lasts = self.lasting(*valid);
                    clause.add(say!(self.lang, "The access lasts {lasts}.", "Доступ действует {lasts}.", "资格有效期：{lasts}。"), from);
                }
                self.series(clause, *only, from);
            }
            Effect::Discount(Rates::One(_))
            | Effect::Price(_)
            | Effect::Charge(_)
            | Effect::PayOut(_)
            | Effect::Multiply { .. }
            | Effect::FreeShipping
            | Effect::Entries { .. }
            | Effect::EarnEntries { .. }
            | Effect::MoveTo(_)
            | Effect::Set { .. }
            | Effect::Notify { .. }
            | Effect::Donate { .. } => {}
        }
    }

    fn life(&self, clause: &mut Clause, valid: Option<Lasting>, from: Option<Span>) {
        let Some(valid) = valid else { return };
        let lasts = self.lasting(valid);
        clause.add(say!(self.lang, "It can be used {lasts}.", "Использовать это можно {lasts}.", "使用期限：{lasts}。"), from);
    }

    pub fn series(&self, clause: &mut Clause, only: Option<u64>, from: Option<Span>) {
        let Some(only) = only else { return };
        let n = self.numbers.digits(&only.to_string());
        clause.add(
            say!(
                self.lang,
                "It is given {n} times in all, to all members together; after that it is gone.",
                "Всего для всех участников вместе: {n} раз; затем предложение исчерпано.",
                "全体会员合计限{n}次，送完即止。"
            ),
            from,
        );
    }

    fn prices(&self, clause: &mut Clause, list: PriceListId, from: Option<Span>) {
        let Some(list) = self.program.price_lists.get(list.index()) else { return };
        for (product, price) in list.prices.iter().take(PRICES) {
            let (product, price) = (self.quoted(product), self.money(*price));
            clause.add(say!(self.lang, "{product}: {price}.", "{product}: {price}.", "{product}：{price}。"), from);
        }
        if list.prices.len() > PRICES {
            let more = self.numbers.digits(&list.prices.len().saturating_sub(PRICES).to_string());
            clause.add(
                say!(
                    self.lang,
                    "The list has {more} more products; ask us for it.",
                    "В прайс-листе есть ещё {more} товаров; его можно запросить у организатора.",
                    "价目表另有{more}种商品，可向主办方索取。"
                ),
                from,
            );
        }
    }

    fn table(&self, clause: &mut Clause, table: &Table, wallet: Option<WalletId>) {
        let from = Some(table.span);
        self.table_key(clause, &table.key, wallet, from);
        if matches!(table.key, TableKey::Amount | TableKey::Value(_)) {
            clause.add(
                if table.each_slice {
                    say!(
                        self.lang,
                        "Each rate applies only to the part within its step.",
                        "Каждая ставка применяется только к части суммы в пределах своей ступени.",
                        "各档比例仅适用于落入该档的部分。"
                    )
                } else {
                    say!(
                        self.lang,
                        "The rate of the step reached applies to the whole.",
                        "Ставка достигнутой ступени применяется ко всей сумме.",
                        "按所达档次的比例适用于全部金额。"
                    )
                },
                from,
            );
        }
        for (at, row) in table.rows.iter().enumerate() {
            let (what, rate) = (self.row(&table.key, at, row), self.rate(row.rate, wallet));
            clause.add(say!(self.lang, "{what}: {rate}.", "{what}: {rate}.", "{what}：{rate}。"), Some(row.span));
        }
        if !matches!(table.key, TableKey::Tier(_)) || table.otherwise != Rate::Nothing {
            let rate = self.rate(table.otherwise, wallet);
            clause.add(say!(self.lang, "In all other cases: {rate}.", "В остальных случаях: {rate}.", "其他情况：{rate}。"), from);
        }
    }

    /// What decides which row is taken.
    fn table_key(&self, clause: &mut Clause, key: &TableKey, wallet: Option<WalletId>, from: Option<Span>) {
        let text = match key {
            TableKey::Tier(ladder) => {
                let level = self.level_name(*ladder);
                say!(
                    self.lang,
                    "What decides is {level} when the purchase begins.",
                    "Решает {level} на момент покупки.",
                    "按消费开始时{level}确定。"
                )
            }
            TableKey::Amount if wallet.is_some() => say!(
                self.lang,
                "What decides is the amount of the whole purchase after discounts.",
                "Решает сумма всей покупки после скидок.",
                "按整笔消费的折后金额确定。"
            ),
            TableKey::Amount => say!(
                self.lang,
                "What decides is the amount of the whole purchase before discounts.",
                "Решает сумма всей покупки до скидок.",
                "按整笔消费的折前金额确定。"
            ),
            TableKey::Value(expr) => {
                let what = self.term(expr, Type::Number, Role::Plain);
                say!(
                    self.lang,
                    "What decides, as it stood before this purchase, is {what}.",
                    "Решает значение, достигнутое до этой покупки: {what}.",
                    "按该笔消费之前的以下数值确定：{what}。"
                )
            }
            TableKey::Words(expr, _) => {
                let what = self.term(expr, Type::Text, Role::Plain);
                say!(self.lang, "What decides is {what}.", "Решает {what}.", "按{what}确定。")
            }
            TableKey::Grid(side, across, _) => {
                self.table_key(clause, side, wallet, from);
                return self.table_key(clause, across, wallet, from);
            }
        };
        clause.add(text, from);
    }

    /// What a row stands for.
    fn row(&self, key: &TableKey, at: usize, row: &TableRow) -> String {
        match key {
            TableKey::Tier(ladder) => {
                let rung = u8::try_from(at).unwrap_or(u8::MAX);
                let name = self.tier(crate::program::TierId { ladder: *ladder, rung });
                say!(self.lang, "Level {name}", "Уровень {name}", "{name}等级")
            }
            TableKey::Words(_, words) => words.get(at).map_or_else(String::new, |texts| self.texts(texts)),
            TableKey::Grid(side, across, columns) => {
                let (line, column) = (at.checked_div(*columns).unwrap_or(0), at.checked_rem(*columns).unwrap_or(0));
                let (side, across) = (self.row(side, line, row), self.row(across, column, row));
                say!(self.lang, "{side}, {across}", "{side}, {across}", "{side}，{across}")
            }
            TableKey::Amount | TableKey::Value(_) => {
                let at = self.row_value(key, row.threshold);
                if row.exclusive {
                    say!(self.lang, "More than {at}", "Больше {at}", "超过{at}（不含）")
                } else {
                    say!(self.lang, "From {at} on", "От {at} включительно", "{at}及以上（含）")
                }
            }
        }
    }

    /// The threshold of a row in the units of its key.
    fn row_value(&self, key: &TableKey, threshold: i64) -> String {
        match key {
            TableKey::Value(Expr::Measure(id)) => self.threshold(*id, threshold, Role::Genitive),
            TableKey::Value(expr) => {
                let kind = self.kind(expr).unwrap_or(Type::Number);
                self.number(Exact::whole(i128::from(threshold)), kind, Role::Genitive)
            }
            TableKey::Amount => self.money(threshold),
            TableKey::Tier(_) | TableKey::Words(..) | TableKey::Grid(..) => self.numbers.digits(&threshold.to_string()),
        }
    }
}
