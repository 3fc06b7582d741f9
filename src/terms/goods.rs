//! Which goods and purchases are meant, and what is measured.

use super::language::{Lang, Noun, Role, say};
use super::speak::Speaker;
use crate::program::{Fact, ItemFilter, Measure, MeasureId, MeasureKind, Over, PurchaseFilter, Window};
use crate::value::Decimal;

impl Speaker<'_> {
    /// Goods as a subject: `goods of the category “cakes”`.
    pub fn goods(&self, filter: &ItemFilter) -> String {
        match filter {
            ItemFilter::Category(texts) => {
                let names = self.texts(texts);
                say!(self.lang, "goods of the category {names}", "товары категории {names}", "{names}类商品")
            }
            ItemFilter::Brand(texts) => {
                let names = self.texts(texts);
                say!(self.lang, "goods of the brand {names}", "товары марки {names}", "{names}品牌商品")
            }
            ItemFilter::Product(texts) => {
                let names = self.texts(texts);
                say!(self.lang, "the product {names}", "товар {names}", "商品{names}")
            }
            ItemFilter::If(condition) => {
                let condition = self.condition(condition);
                say!(
                    self.lang,
                    "goods for which this holds ({condition})",
                    "товары, для которых выполнено условие ({condition})",
                    "符合以下条件的商品（{condition}）"
                )
            }
            ItemFilter::NotReduced => say!(
                self.lang,
                "goods that no price list and no discount on items has reduced",
                "товары, на которые ещё не действует ни прайс-лист, ни скидка на товар",
                "未享特价及单品优惠的商品"
            ),
            ItemFilter::Not(inner) => {
                let but = self.goods(inner);
                say!(self.lang, "all goods except these ({but})", "все товары, кроме следующих ({but})", "除以下商品外的所有商品（{but}）")
            }
            ItemFilter::All(all) => {
                let parts: Vec<String> = all.iter().map(|one| self.goods(one)).collect();
                let parts = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
                say!(
                    self.lang,
                    "goods to which all of this applies ({parts})",
                    "товары, которые подходят под всё перечисленное ({parts})",
                    "同时符合以下各项的商品（{parts}）"
                )
            }
        }
    }

    /// `of more than 20.00 EUR`
    pub fn over(&self, over: Over) -> String {
        let amount = self.money(over.amount);
        match (over.inclusive, over.of_goods) {
            (true, false) => say!(self.lang, "of {amount} or more", "на {amount} и более", "满{amount}（含）"),
            (false, false) => say!(self.lang, "of more than {amount}", "на сумму больше {amount}", "超过{amount}（不含）"),
            (true, true) => say!(
                self.lang,
                "of {amount} or more without shipping",
                "на {amount} и более без учёта доставки",
                "不计运费满{amount}（含）"
            ),
            (false, true) => say!(
                self.lang,
                "of more than {amount} without shipping",
                "на сумму больше {amount} без учёта доставки",
                "不计运费超过{amount}（不含）"
            ),
        }
    }

    /// What narrows purchases, a part each; none for all purchases.
    pub fn narrowings(&self, filter: &PurchaseFilter) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(items) = &filter.items {
            let goods = self.goods(items);
            parts.push(say!(
                self.lang,
                "only {goods} count, and only purchases with such goods",
                "учитываются только {goods} и только покупки с такими товарами",
                "仅计{goods}及含此类商品的消费"
            ));
        }
        for over in &filter.over {
            let size = self.over(*over);
            parts.push(say!(self.lang, "only purchases {size}", "только покупки {size}", "仅限单笔{size}的消费"));
        }
        for place in &filter.places {
            let condition = self.condition(place);
            parts.push(say!(self.lang, "only if {condition}", "только если {condition}", "仅限{condition}"));
        }
        parts
    }

    /// The same in brackets behind what it narrows; empty for all purchases.
    pub fn narrowed(&self, filter: &PurchaseFilter) -> String {
        let parts = self.narrowings(filter);
        if parts.is_empty() {
            return String::new();
        }
        let all = parts.join(if self.lang == Lang::Zh { "；" } else { "; " });
        say!(self.lang, " ({all})", " ({all})", "（{all}）")
    }

    /// `stores`, as several of them are spoken of.
    fn different(&self, fact: Fact) -> &'static str {
        let [en, ru, zh] = match fact {
            Fact::Partner => ["partners", "партнёров", "合作商户"],
            Fact::Product => ["products", "товаров", "商品"],
            Fact::Category => ["categories", "категорий", "品类"],
            Fact::Brand => ["brands", "марок", "品牌"],
            _ => ["stores", "магазинов", "门店"],
        };
        match self.lang {
            Lang::En => en,
            Lang::Ru => ru,
            Lang::Zh => zh,
        }
    }

    pub fn known_measure(&self, id: MeasureId) -> Option<&Measure> {
        self.program.measures.get(id.index())
    }

    /// What is measured: `what you have spent in the last 12 months`.
    pub fn measure(&self, id: MeasureId) -> String {
        let Some(measure) = self.known_measure(id) else { return String::new() };
        let of = self.narrowed(&measure.filter);
        let when = self.window(measure.window);
        match &measure.kind {
            MeasureKind::Spend => {
                say!(self.lang, "your spend {when}{of}", "сумма ваших покупок {when}{of}", "您{when}的累计消费金额{of}")
            }
            MeasureKind::GrossSpend => say!(
                self.lang,
                "your spend before discounts {when}{of}",
                "сумма ваших покупок до скидок {when}{of}",
                "您{when}的累计消费原价金额{of}"
            ),
            MeasureKind::Purchases => {
                say!(self.lang, "the number of your purchases {when}{of}", "количество ваших покупок {when}{of}", "您{when}的消费笔数{of}")
            }
            MeasureKind::Items => say!(
                self.lang,
                "the number of items you bought {when}{of}",
                "количество купленных вами единиц товара {when}{of}",
                "您{when}购买的商品件数{of}"
            ),
            MeasureKind::Quantity => {
                say!(self.lang, "the quantity that you bought {when}{of}", "купленное вами количество {when}{of}", "您{when}购买的数量{of}")
            }
            MeasureKind::Different(fact) => {
                let what = self.different(*fact);
                say!(
                    self.lang,
                    "the number of different {what} of your purchases {when}{of}",
                    "количество разных {what} в ваших покупках {when}{of}",
                    "您{when}的消费所涉及的不同{what}数量{of}"
                )
            }
            MeasureKind::DaysWithPurchase => say!(
                self.lang,
                "the number of days with a purchase of yours {when}{of}",
                "количество дней с вашими покупками {when}{of}",
                "您{when}有消费的天数{of}"
            ),
            MeasureKind::Earned(wallet) => {
                let name = self.of_wallet(*wallet);
                say!(
                    self.lang,
                    "the number of {name} you were given {when}{of}",
                    "количество {name}, начисленных вам {when}{of}",
                    "您{when}获得的{name}数量{of}"
                )
            }
            MeasureKind::Confirmed(wallet) => {
                let name = self.of_wallet(*wallet);
                say!(
                    self.lang,
                    "the number of {name} that became usable {when}{of}",
                    "количество {name}, ставших доступными {when}{of}",
                    "您{when}转为可用的{name}数量{of}"
                )
            }
            MeasureKind::Spent(wallet) => {
                let name = self.of_wallet(*wallet);
                say!(
                    self.lang,
                    "the number of {name} you used {when}{of}",
                    "количество {name}, списанных вами {when}{of}",
                    "您{when}使用的{name}数量{of}"
                )
            }
            MeasureKind::Events(name) => {
                let name = self.quoted(name);
                say!(
                    self.lang,
                    "the number of events {name} {when}{of}",
                    "количество событий {name} {when}{of}",
                    "您{when}发生{name}的次数{of}"
                )
            }
            MeasureKind::Referrals => say!(
                self.lang,
                "the number of members you brought {when}{of}",
                "количество приглашённых вами участников {when}{of}",
                "您{when}成功推荐的会员人数{of}"
            ),
            MeasureKind::Balance(wallet) => {
                let name = self.of_wallet(*wallet);
                say!(self.lang, "your balance of {name}", "ваш остаток {name}", "您的{name}余额")
            }
        }
    }

    /// An amount of a measure: `1,000.00 EUR`, `25 purchases`.
    pub fn threshold(&self, id: MeasureId, value: i64, role: Role) -> String {
        let Some(measure) = self.known_measure(id) else { return String::new() };
        let n = u64::try_from(value).unwrap_or(0);
        match &measure.kind {
            MeasureKind::Spend | MeasureKind::GrossSpend => self.money(value),
            MeasureKind::Purchases => self.count(n, Noun::Purchase, role),
            MeasureKind::Items => self.count(n, Noun::Item, role),
            MeasureKind::Quantity => self.numbers.decimal(Decimal::new(i128::from(value), 6).normal()),
            MeasureKind::DaysWithPurchase => self.count(n, Noun::Day, role),
            MeasureKind::Different(_) => self.numbers.decimal(Decimal::whole(value)),
            MeasureKind::Earned(wallet) | MeasureKind::Confirmed(wallet) | MeasureKind::Spent(wallet) | MeasureKind::Balance(wallet) => {
                self.units(*wallet, value, role)
            }
            MeasureKind::Events(_) => self.count(n, Noun::Time, role),
            MeasureKind::Referrals => self.count(n, Noun::Friend, role),
        }
    }

    /// How purchases or money are counted, where it is not "all since joining".
    pub fn counted(&self, id: MeasureId) -> Option<String> {
        let measure = self.known_measure(id)?;
        let of = self.narrowed(&measure.filter);
        if of.is_empty() && measure.window == Window::Unsaid && !self.program.count_earlier {
            return None;
        }
        let what = self.measure(id);
        Some(say!(self.lang, "What is counted: {what}.", "Учитывается: {what}.", "统计口径：{what}。"))
    }
}
