//! Conditions and calculations: what must hold, and what amounts come to.

use super::language::{Lang, Noun, Role, say, weekday};
use super::speak::Speaker;
use crate::program::{Attribute, AttributeId, AttributeOf, CmpOp, Expr, Fact, LadderId, MeasureKind, TierId, Type, WalletId};
use crate::value::{Exact, Rounding};

impl Speaker<'_> {
    /// What must hold, as it stands behind "if".
    pub fn condition(&self, expr: &Expr) -> String {
        match expr {
            Expr::YesNo(true) => say!(self.lang, "in any case", "в любом случае", "任何情况下"),
            Expr::YesNo(false) => say!(self.lang, "never", "ни при каких условиях", "任何情况下均不"),
            Expr::Fact(fact) => self.holds(*fact),
            Expr::InSegment(id) => {
                let name = self.program.segments.get(id.index()).map_or_else(String::new, |segment| self.quoted(&segment.name));
                say!(self.lang, "you belong to the group {name}", "вы входите в группу {name}", "您属于{name}会员群体")
            }
            Expr::BasketHas(filter) => {
                let goods = self.goods(filter);
                say!(self.lang, "the purchase includes {goods}", "в покупке есть {goods}", "该笔消费包含{goods}")
            }
            Expr::Not(inner) => {
                let inner = self.condition(inner);
                say!(self.lang, "this is not so ({inner})", "не выполнено условие ({inner})", "不符合以下条件（{inner}）")
            }
            Expr::And(list) => self.joined(list, true),
            Expr::Or(list) => self.joined(list, false),
            Expr::Compare { left, op, right } => self.comparison(left, *op, right),
            Expr::Attribute { .. }
            | Expr::Number(_)
            | Expr::Texts(_)
            | Expr::Date(_)
            | Expr::Time(_)
            | Expr::Weekday(_)
            | Expr::Tier(_)
            | Expr::TierOf(_)
            | Expr::Measure(_)
            | Expr::QuantityOf(_)
            | Expr::AmountOf(_)
            | Expr::NetAmountOf(_)
            | Expr::Add(..)
            | Expr::Subtract(..)
            | Expr::Multiply(..)
            | Expr::Divide(..)
            | Expr::Negate(_)
            | Expr::Min(_)
            | Expr::Max(_)
            | Expr::Choose { .. }
            | Expr::Round { .. } => {
                let what = self.term(expr, Type::YesNo, Role::Plain);
                say!(self.lang, "{what} is yes", "{what} — да", "{what}为“是”")
            }
        }
    }

    fn holds(&self, fact: Fact) -> String {
        if fact == Fact::Referred {
            return say!(self.lang, "another member brought you", "вас пригласил другой участник", "您由其他会员推荐入会");
        }
        let what = self.fact(fact);
        if matches!(fact, Fact::PaidWithPoints | Fact::PaidWithVoucher) {
            return what;
        }
        say!(self.lang, "{what} is yes", "{what} — да", "{what}为“是”")
    }

    /// Parts with "and" or "or"; a part that is itself joined stands in brackets.
    fn joined(&self, list: &[Expr], all: bool) -> String {
        let part = |expr: &Expr| match expr {
            Expr::And(_) | Expr::Or(_) => {
                let inner = self.condition(expr);
                say!(self.lang, "({inner})", "({inner})", "（{inner}）")
            }
            _ => self.condition(expr),
        };
        let parts: Vec<String> = list.iter().map(part).collect();
        let word = match (self.lang, all) {
            (Lang::En, true) => " and ",
            (Lang::En, false) => " or ",
            (Lang::Ru, true) => " и ",
            (Lang::Ru, false) => " или ",
            (Lang::Zh, true) => "，且",
            (Lang::Zh, false) => "，或",
        };
        parts.join(word)
    }

    fn comparison(&self, left: &Expr, op: CmpOp, right: &Expr) -> String {
        if let (Some(ladder), Expr::Tier(tier)) = (ladder_of(left), right) {
            return self.level(ladder, op, *tier);
        }
        if let (Expr::Fact(fact), CmpOp::Is, Expr::Texts(texts)) = (left, op, right)
            && let Some(place) = self.place(*fact, texts)
        {
            return place;
        }
        if let (Expr::Fact(Fact::Joined), CmpOp::Under, Expr::Date(date)) = (left, op, right) {
            let day = self.date(*date);
            return say!(self.lang, "you joined before {day}", "вы вступили в программу раньше {day}", "您在{day}之前（不含当日）入会");
        }
        if let (Expr::Measure(id), CmpOp::AtLeast, Expr::Number(one)) = (left, op, right)
            && *one == Exact::whole(1)
            && let Some(MeasureKind::Events(name)) = self.known_measure(*id).map(|measure| &measure.kind)
        {
            let (name, when) = (self.quoted(name), self.known_measure(*id).map_or_else(String::new, |measure| self.window(measure.window)));
            return say!(
                self.lang,
                "the event {name} was recorded for you {when}",
                "событие {name} произошло {when}",
                "您{when}发生过{name}"
            );
        }
        let kind = self.kind(left).or(self.kind(right)).unwrap_or(Type::Number);
        let what = self.term(left, kind, Role::Plain);
        self.compared(&what, op, right, kind)
    }

    fn compared(&self, what: &str, op: CmpOp, right: &Expr, kind: Type) -> String {
        let role = if matches!(op, CmpOp::Is | CmpOp::IsNot) { Role::Plain } else { Role::Genitive };
        let value = self.term(right, kind, role);
        let in_time = matches!(kind, Type::Date | Type::Time | Type::Weekday);
        match op {
            CmpOp::Is => say!(self.lang, "{what} is {value}", "{what} — {value}", "{what}为{value}"),
            CmpOp::IsNot => {
                say!(self.lang, "{what} is known and is not {value}", "{what} указано и не равно: {value}", "{what}已知且不为{value}")
            }
            CmpOp::Over if in_time => say!(self.lang, "{what} is later than {value}", "{what} позже {value}", "{what}晚于{value}"),
            CmpOp::Under if in_time => say!(self.lang, "{what} is earlier than {value}", "{what} раньше {value}", "{what}早于{value}"),
            CmpOp::AtLeast if in_time => {
                say!(self.lang, "{what} is {value} or later", "{what} не раньше {value}", "{what}不早于{value}")
            }
            CmpOp::AtMost if in_time => {
                say!(self.lang, "{what} is {value} or earlier", "{what} не позже {value}", "{what}不晚于{value}")
            }
            CmpOp::Over => say!(self.lang, "{what} is more than {value}", "{what} больше {value}", "{what}超过{value}（不含）"),
            CmpOp::Under => say!(self.lang, "{what} is less than {value}", "{what} меньше {value}", "{what}低于{value}（不含）"),
            CmpOp::AtLeast => say!(self.lang, "{what} is {value} or more", "{what} не меньше {value}", "{what}不低于{value}（含）"),
            CmpOp::AtMost => say!(self.lang, "{what} is {value} or less", "{what} не больше {value}", "{what}不超过{value}（含）"),
        }
    }

    fn level(&self, ladder: LadderId, op: CmpOp, tier: TierId) -> String {
        let what = self.level_name(ladder);
        let name = self.tier(tier);
        match op {
            CmpOp::Is => say!(self.lang, "{what} is {name}", "{what} — {name}", "{what}为{name}"),
            CmpOp::IsNot => say!(self.lang, "{what} is not {name}", "{what} — не {name}", "{what}不是{name}"),
            CmpOp::Over => say!(self.lang, "{what} is higher than {name}", "{what} выше {name}", "{what}高于{name}"),
            CmpOp::Under => say!(self.lang, "{what} is lower than {name}", "{what} ниже {name}", "{what}低于{name}"),
            CmpOp::AtLeast => say!(self.lang, "{what} is {name} or higher", "{what} — {name} или выше", "{what}为{name}或以上"),
            CmpOp::AtMost => say!(self.lang, "{what} is {name} or lower", "{what} — {name} или ниже", "{what}为{name}或以下"),
        }
    }

    /// `your level`, `your level in “Flyers”`
    pub fn level_name(&self, ladder: LadderId) -> String {
        match self.program.ladders.get(ladder.index()).and_then(|ladder| ladder.name.as_ref()) {
            None => say!(self.lang, "your level", "ваш уровень", "您的等级"),
            Some(name) => {
                let name = self.quoted(name);
                say!(self.lang, "your level in {name}", "ваш уровень в {name}", "您在{name}中的等级")
            }
        }
    }

    fn place(&self, fact: Fact, texts: &[crate::program::TextId]) -> Option<String> {
        let names = self.texts(texts);
        Some(match fact {
            Fact::Channel => say!(self.lang, "you buy via {names}", "покупка совершена через {names}", "通过{names}渠道消费"),
            Fact::Store => say!(self.lang, "you buy in the store {names}", "покупка совершена в магазине {names}", "在{names}门店消费"),
            Fact::Payment => say!(self.lang, "you pay by {names}", "покупка оплачена способом {names}", "使用{names}付款"),
            Fact::Partner => {
                say!(self.lang, "you buy at the partner {names}", "покупка совершена у партнёра {names}", "在合作商户{names}消费")
            }
            Fact::Coupon => say!(self.lang, "you show the coupon {names}", "предъявлен купон {names}", "出示优惠码{names}"),
            Fact::Amount
            | Fact::NetAmount
            | Fact::Goods
            | Fact::NetGoods
            | Fact::Tax
            | Fact::Shipping
            | Fact::ItemCount
            | Fact::ProductCount
            | Fact::PurchaseNumber
            | Fact::TimeOfDay
            | Fact::Weekday
            | Fact::Date
            | Fact::Price
            | Fact::Quantity
            | Fact::Category
            | Fact::Brand
            | Fact::Product
            | Fact::ItemDiscount
            | Fact::Tier
            | Fact::Age
            | Fact::Birthday
            | Fact::Joined
            | Fact::DaysSinceJoining
            | Fact::DaysSinceLastPurchase
            | Fact::PaidWithPoints
            | Fact::PaidWithVoucher
            | Fact::Referred => return None,
        })
    }

    fn fact(&self, fact: Fact) -> String {
        match fact {
            Fact::Amount => say!(self.lang, "the amount of the purchase", "сумма покупки", "消费金额"),
            Fact::NetAmount => {
                say!(self.lang, "the amount of the purchase after discounts", "сумма покупки после скидок", "折后消费金额")
            }
            Fact::Goods => {
                say!(self.lang, "the amount of the purchase without shipping", "сумма покупки без доставки", "不含运费的消费金额")
            }
            Fact::NetGoods => say!(
                self.lang,
                "the amount of the purchase after discounts, without shipping",
                "сумма покупки после скидок без доставки",
                "不含运费的折后消费金额"
            ),
            Fact::Tax => say!(self.lang, "the tax on the purchase", "налог в сумме покупки", "消费金额中的税额"),
            Fact::Shipping => say!(self.lang, "the cost of shipping", "стоимость доставки", "运费"),
            Fact::ItemCount => say!(self.lang, "the number of items in the purchase", "количество единиц товара в покупке", "商品件数"),
            Fact::ProductCount => {
                say!(self.lang, "the number of different products in the purchase", "количество разных товаров в покупке", "商品种类数")
            }
            Fact::Channel => say!(self.lang, "the channel of the purchase", "канал покупки", "消费渠道"),
            Fact::Store => say!(self.lang, "the store", "магазин", "门店"),
            Fact::Payment => say!(self.lang, "the way of payment", "способ оплаты", "付款方式"),
            Fact::Partner => say!(self.lang, "the partner", "партнёр", "合作商户"),
            Fact::Coupon => say!(self.lang, "the coupon", "купон", "优惠码"),
            Fact::PurchaseNumber => say!(
                self.lang,
                "the number of the purchase, counted from your first",
                "порядковый номер покупки, считая с первой",
                "该笔消费的序号（自首笔起计）"
            ),
            Fact::TimeOfDay => say!(self.lang, "the time of the purchase", "время покупки", "消费时间"),
            Fact::Weekday => say!(self.lang, "the day of the week", "день недели", "消费当日的星期"),
            Fact::Date => say!(self.lang, "the date of the purchase", "дата покупки", "消费日期"),
            Fact::Price => say!(self.lang, "the price of one item", "цена единицы товара", "商品单价"),
            Fact::Quantity => say!(self.lang, "the quantity of the product", "количество этого товара", "该商品数量"),
            Fact::Category => say!(self.lang, "the category of the product", "категория товара", "商品类别"),
            Fact::Brand => say!(self.lang, "the brand of the product", "марка товара", "商品品牌"),
            Fact::Product => say!(self.lang, "the product", "товар", "商品"),
            Fact::ItemDiscount => say!(self.lang, "the discount on the product", "скидка на этот товар", "该商品已享的优惠金额"),
            Fact::Tier => say!(self.lang, "your level", "ваш уровень", "您的等级"),
            Fact::Age => say!(self.lang, "your age in full years", "ваш возраст (полных лет)", "您的周岁年龄"),
            Fact::Birthday => say!(self.lang, "your date of birth", "дата вашего рождения", "您的出生日期"),
            Fact::Joined => say!(self.lang, "the day you joined", "день вашего вступления", "您的入会日期"),
            Fact::DaysSinceJoining => {
                say!(self.lang, "the number of days since you joined", "количество дней со дня вступления", "入会天数")
            }
            Fact::DaysSinceLastPurchase => say!(
                self.lang,
                "the number of days since your purchase before",
                "количество дней с предыдущей покупки",
                "距上一笔消费的天数"
            ),
            Fact::PaidWithPoints => {
                say!(
                    self.lang,
                    "a part of the purchase is paid from your balance",
                    "часть покупки оплачена с вашего счёта",
                    "该笔消费部分以账户余额支付"
                )
            }
            Fact::PaidWithVoucher => {
                say!(self.lang, "a voucher is used on the purchase", "при покупке использован ваучер", "该笔消费使用了代金券")
            }
            Fact::Referred => say!(self.lang, "being brought by another member", "приглашение другим участником", "由其他会员推荐"),
        }
    }

    fn attribute(&self, of: AttributeOf, id: AttributeId) -> String {
        let name = self.program.attributes.get(id.index()).map_or_else(String::new, |Attribute { name, .. }| self.quoted(name));
        match of {
            AttributeOf::Customer => {
                say!(self.lang, "the entry {name} in your account", "показатель {name} в вашей анкете", "您会员资料中的{name}")
            }
            AttributeOf::Purchase => {
                say!(self.lang, "the entry {name} of the purchase", "показатель {name} покупки", "该笔消费记录中的{name}")
            }
            AttributeOf::Item => say!(self.lang, "the entry {name} of the product", "показатель {name} товара", "该商品的{name}"),
        }
    }

    /// A value in words; a bare number is read as `kind`, money in minor units.
    pub fn term(&self, expr: &Expr, kind: Type, role: Role) -> String {
        let inner = |expr: &Expr| match expr {
            Expr::Add(..) | Expr::Subtract(..) | Expr::Multiply(..) | Expr::Divide(..) => {
                format!("({})", self.term(expr, self.kind(expr).unwrap_or(kind), Role::Plain))
            }
            _ => self.term(expr, self.kind(expr).unwrap_or(kind), Role::Plain),
        };
        // Factors are numbers whatever the product is.
        let factor = |expr: &Expr| match expr {
            Expr::Number(n) => self.numbers.exact(*n),
            _ => inner(expr),
        };
        match expr {
            Expr::Number(n) => self.number(*n, kind, role),
            Expr::Texts(texts) => self.texts(texts),
            Expr::Date(date) => self.date(*date),
            Expr::Time(time) => self.numbers.time(*time),
            Expr::Weekday(day) => weekday(self.lang, *day).to_owned(),
            Expr::Tier(tier) => self.tier(*tier),
            Expr::TierOf(ladder) => self.level_name(*ladder),
            Expr::Fact(fact) => self.fact(*fact),
            Expr::Measure(id) => self.measure(*id),
            Expr::Attribute { of, attribute, .. } => self.attribute(*of, *attribute),
            Expr::QuantityOf(filter) => {
                let goods = self.goods(filter);
                say!(self.lang, "the quantity in the purchase of {goods}", "количество в покупке: {goods}", "该笔消费中{goods}的数量")
            }
            Expr::AmountOf(filter) => {
                let goods = self.goods(filter);
                say!(self.lang, "the amount in the purchase for {goods}", "сумма в покупке за {goods}", "该笔消费中{goods}的金额")
            }
            Expr::NetAmountOf(filter) => {
                let goods = self.goods(filter);
                say!(
                    self.lang,
                    "the amount in the purchase after discounts for {goods}",
                    "сумма в покупке после скидок за {goods}",
                    "该笔消费中{goods}的折后金额"
                )
            }
            Expr::Add(a, b) => format!("{} + {}", inner(a), inner(b)),
            Expr::Subtract(a, b) => format!("{} − {}", inner(a), inner(b)),
            Expr::Multiply(a, b) => format!("{} × {}", factor(a), factor(b)),
            Expr::Divide(a, b) => format!("{} ÷ {}", inner(a), factor(b)),
            Expr::Negate(a) => format!("−{}", inner(a)),
            Expr::Min(list) => {
                let parts = list.iter().map(inner).collect::<Vec<_>>().join("; ");
                say!(self.lang, "the least of ({parts})", "наименьшее из ({parts})", "以下各项中的最小值（{parts}）")
            }
            Expr::Max(list) => {
                let parts = list.iter().map(inner).collect::<Vec<_>>().join("; ");
                say!(self.lang, "the largest of ({parts})", "наибольшее из ({parts})", "以下各项中的最大值（{parts}）")
            }
            Expr::Round { mode, value, step } => {
                let kind = self.kind(value).unwrap_or(kind);
                let (value, step, how) = (inner(value), self.number(*step, kind, Role::Genitive), self.rounding(*mode));
                say!(
                    self.lang,
                    "({value}, rounded {how} to a multiple of {step})",
                    "({value} с округлением {how} до кратного {step})",
                    "（{value}，{how}至{step}的整数倍）"
                )
            }
            Expr::Choose { rows, otherwise } => {
                let mut parts: Vec<String> = Vec::new();
                for (test, value) in rows {
                    let kind = self.kind(value).unwrap_or(kind);
                    let (test, value) = (self.condition(test), self.term(value, kind, Role::Plain));
                    parts.push(say!(self.lang, "{value} if {test}", "{value}, если {test}", "若{test}，则{value}"));
                }
                if let Some(value) = otherwise {
                    let kind = self.kind(value).unwrap_or(kind);
                    let value = self.term(value, kind, Role::Plain);
                    parts.push(say!(self.lang, "else {value}", "иначе {value}", "否则{value}"));
                }
                let parts = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
                say!(self.lang, "the first that applies of ({parts})", "первое подходящее из ({parts})", "以下首个符合的一项（{parts}）")
            }
            Expr::YesNo(true) => say!(self.lang, "yes", "да", "“是”"),
            Expr::YesNo(false) => say!(self.lang, "no", "нет", "“否”"),
            Expr::InSegment(_) | Expr::BasketHas(_) | Expr::Not(_) | Expr::And(_) | Expr::Or(_) | Expr::Compare { .. } => {
                let condition = self.condition(expr);
                say!(self.lang, "whether {condition}", "выполнение условия: {condition}", "是否{condition}")
            }
        }
    }

    pub fn number(&self, n: Exact, kind: Type, role: Role) -> String {
        match kind {
            Type::Money => self.numbers.exact_money(n, &self.program.currency),
            Type::Percent => match super::language::decimal_of(n) {
                Some(fraction) => self.numbers.percent(fraction),
                None => self.numbers.exact(n),
            },
            Type::Points(wallet) => match super::language::decimal_of(n) {
                Some(amount) => self.full_units(wallet, amount, role),
                None => format!("{} × {}", self.numbers.exact(n), self.wallet(wallet)),
            },
            Type::Days => match u64::try_from(n.numerator()) {
                Ok(days) if n.denominator() == 1 => self.count(days, Noun::Day, role),
                _ => self.numbers.exact(n),
            },
            Type::Number | Type::Date | Type::Time | Type::Weekday | Type::Text | Type::YesNo | Type::Tier => self.numbers.exact(n),
        }
    }

    /// How something is rounded, behind "rounded".
    pub fn rounding(&self, mode: Rounding) -> String {
        match mode {
            Rounding::Down => say!(self.lang, "down", "вниз", "向下取整"),
            Rounding::Up => say!(self.lang, "up", "вверх", "向上取整"),
            Rounding::HalfUp => {
                say!(self.lang, "to the nearest (exactly half: up)", "до ближайшего значения (ровно половина — вверх)", "四舍五入")
            }
            Rounding::HalfEven => say!(
                self.lang,
                "to the nearest (exactly half: to the even one)",
                "до ближайшего значения (ровно половина — до чётного)",
                "四舍六入五成双"
            ),
        }
    }

    /// The type of a value, where its words tell it.
    pub fn kind(&self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Fact(fact) => crate::program::fact_info(*fact).map(|info| info.kind),
            Expr::Attribute { as_type, .. } => Some(*as_type),
            Expr::Measure(id) => match &self.known_measure(*id)?.kind {
                MeasureKind::Spend | MeasureKind::GrossSpend => Some(Type::Money),
                MeasureKind::Earned(wallet)
                | MeasureKind::Confirmed(wallet)
                | MeasureKind::Spent(wallet)
                | MeasureKind::Balance(wallet) => Some(self.kind_of_wallet(*wallet)),
                MeasureKind::Purchases
                | MeasureKind::Items
                | MeasureKind::Quantity
                | MeasureKind::DaysWithPurchase
                | MeasureKind::Different(_)
                | MeasureKind::Events(_)
                | MeasureKind::Referrals => Some(Type::Number),
            },
            Expr::AmountOf(_) | Expr::NetAmountOf(_) => Some(Type::Money),
            Expr::QuantityOf(_) => Some(Type::Number),
            Expr::Add(a, b) | Expr::Subtract(a, b) => self.kind(a).or_else(|| self.kind(b)),
            Expr::Multiply(a, b) => match self.kind(a) {
                Some(Type::Number) | None => self.kind(b).or(self.kind(a)),
                known => known,
            },
            Expr::Divide(a, b) => match (self.kind(a), self.kind(b)) {
                (Some(a), Some(b)) if a == b => Some(Type::Number),
                (a, _) => a,
            },
            Expr::Negate(inner) | Expr::Round { value: inner, .. } => self.kind(inner),
            Expr::Min(list) | Expr::Max(list) => list.iter().find_map(|part| self.kind(part)),
            Expr::Choose { rows, otherwise } => {
                rows.iter().find_map(|(_, value)| self.kind(value)).or_else(|| otherwise.as_ref().and_then(|value| self.kind(value)))
            }
            Expr::Date(_) => Some(Type::Date),
            Expr::Time(_) => Some(Type::Time),
            Expr::Weekday(_) => Some(Type::Weekday),
            Expr::Tier(_) | Expr::TierOf(_) => Some(Type::Tier),
            Expr::Texts(_) => Some(Type::Text),
            Expr::Number(_) => None,
            Expr::YesNo(_) | Expr::InSegment(_) | Expr::BasketHas(_) | Expr::Not(_) | Expr::And(_) | Expr::Or(_) | Expr::Compare { .. } => {
                Some(Type::YesNo)
            }
        }
    }

    fn kind_of_wallet(&self, wallet: WalletId) -> Type {
        if self.is_money(wallet) { Type::Money } else { Type::Points(wallet) }
    }
}

/// The ladder whose tier a term is.
fn ladder_of(expr: &Expr) -> Option<LadderId> {
    match expr {
        Expr::TierOf(ladder) => Some(*ladder),
        Expr::Fact(Fact::Tier) => Some(LadderId(0)),
        _ => None,
    }
}
