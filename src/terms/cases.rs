//! The program's examples, retold with what the engine computes.

use super::language::{Lang, Noun, Role, capital, say};
use super::model::Clause;
use super::speak::Speaker;
use crate::engine::ledger::{Entry, Kind, Unit};
use crate::examples::{Outcome, Told};
use crate::program::{GiftId, Members, WalletId};
use crate::syntax::ast::{Ast, Expectation, Expr, Name, Place, ReturnWhat, Scope, Step, StepItem, StepKind, StepPurchase};
use crate::value::{TimeOfDay, name_key};
use std::collections::BTreeMap;

/// Examples are retold in words: the speaker, and the tree whose literals they hold.
struct Teller<'a> {
    speaker: &'a Speaker<'a>,
    ast: &'a Ast,
}

impl Speaker<'_> {
    /// Section 11.
    pub fn cases(&self, ast: &Ast) -> Vec<Clause> {
        let teller = Teller { speaker: self, ast };
        crate::examples::told(ast, self.program).iter().map(|told| teller.case(told)).collect()
    }
}

impl Teller<'_> {
    fn case(&self, told: &Told<'_>) -> Clause {
        let lang = self.speaker.lang;
        let name = self.speaker.quoted(&told.name.node);
        let mut clause = Clause::new(say!(lang, "Case: {name}.", "Пример: {name}.", "示例：{name}。"), Some(told.span));
        for (step, outcome) in told.steps.iter().zip(&told.outcomes) {
            if let Some(text) = self.step(step, outcome) {
                clause.add(text, Some(step.span));
            }
        }
        clause
    }

    fn step(&self, step: &Step, outcome: &Outcome) -> Option<String> {
        let lang = self.speaker.lang;
        let results = self.results(step, outcome);
        let semicolon = if lang == Lang::Zh { "；" } else { "; " };
        let results = results.join(semicolon);
        if let StepKind::Customer { .. } = &step.kind {
            let who = self.customer(&step.kind)?;
            let found = capital(&results);
            return Some(if results.is_empty() { who } else { say!(lang, "{who} {found}.", "{who} {found}.", "{who}{found}。") });
        }
        let (what, when) = (self.happens(step), self.when(step, outcome));
        if results.is_empty() {
            return Some(say!(
                lang,
                "{when}: {what}. Nothing is given.",
                "{when}: {what}. Ничего не начисляется.",
                "{when}：{what}。无奖励。"
            ));
        }
        Some(say!(lang, "{when}: {what}. Result: {results}.", "{when}: {what}. Итог: {results}.", "{when}：{what}。结果：{results}。"))
    }

    /// The day of a step, and its time where it has one.
    fn when(&self, step: &Step, outcome: &Outcome) -> String {
        let day = self.speaker.date(outcome.at.date());
        if step.time.is_none() && outcome.at.time() == TimeOfDay(0) {
            return day;
        }
        let time = self.speaker.numbers.time(outcome.at.time());
        say!(self.speaker.lang, "{day}, {time}", "{day}, {time}", "{day}{time}")
    }

    fn customer(&self, kind: &StepKind) -> Option<String> {
        let StepKind::Customer { name, joined, born, attributes, tiers, holding, referred_by } = kind else { return None };
        let lang = self.speaker.lang;
        let mut facts = Vec::new();
        if let Some(joined) = joined {
            let day = self.speaker.date(joined.node);
            facts.push(say!(lang, "joined on {day}", "дата вступления — {day}", "入会日期{day}"));
        }
        if let Some(born) = born {
            let day = self.speaker.date(born.node);
            facts.push(say!(lang, "born on {day}", "дата рождения — {day}", "出生日期{day}"));
        }
        facts.extend(attributes.iter().map(|(name, value)| self.attribute(name, &value.node)));
        for tier in tiers {
            let tier = self.speaker.quoted(&tier.node);
            facts.push(say!(lang, "level {tier}", "уровень {tier}", "等级{tier}"));
        }
        for (amount, wallet) in holding {
            let amount = self.amount(amount, wallet.as_ref());
            facts.push(say!(lang, "balance {amount}", "остаток {amount}", "余额{amount}"));
        }
        if let Some(other) = referred_by {
            let other = self.speaker.quoted(&other.node);
            facts.push(say!(lang, "brought by {other}", "по приглашению участника {other}", "由{other}推荐"));
        }
        let facts = facts.join(if lang == Lang::Zh { "，" } else { ", " });
        let who = match name {
            Some(name) => {
                let name = self.speaker.quoted(&name.node);
                say!(lang, "Member {name}", "Участник {name}", "会员{name}")
            }
            None => say!(lang, "A member", "Участник", "某会员"),
        };
        if facts.is_empty() {
            return name.as_ref().map(|_| say!(lang, "{who}:", "{who}:", "{who}："));
        }
        Some(say!(lang, "{who}: {facts}.", "{who}: {facts}.", "{who}：{facts}。"))
    }

    fn attribute(&self, name: &Name, value: &str) -> String {
        let (name, value) = (self.speaker.quoted(&name.node), self.speaker.quoted(value));
        say!(self.speaker.lang, "{name} is {value}", "{name} — {value}", "{name}为{value}")
    }

    fn happens(&self, step: &Step) -> String {
        let lang = self.speaker.lang;
        match &step.kind {
            StepKind::Customer { .. } => String::new(),
            StepKind::Purchase(purchase) => self.purchase(purchase),
            StepKind::Return { of, what } => {
                let of = self.speaker.quoted(&of.node);
                match what {
                    ReturnWhat::Rest => {
                        say!(
                            lang,
                            "everything left of the purchase {of} is returned",
                            "возвращается всё оставшееся от покупки {of}",
                            "退回消费{of}的全部剩余商品"
                        )
                    }
                    ReturnWhat::Amount(amount) => {
                        let sum = self.money(amount);
                        say!(
                            lang,
                            "{sum} of the purchase {of} are returned",
                            "возвращается часть покупки {of} на {sum}",
                            "退回消费{of}中价值{sum}的部分"
                        )
                    }
                    ReturnWhat::Items { quantity, product } => {
                        let (n, product) = (self.number(quantity), self.speaker.quoted(&product.node));
                        say!(
                            lang,
                            "{n} × {product} of the purchase {of} is returned",
                            "возврат из покупки {of}: {n} × {product}",
                            "退回消费{of}中的{product}{n}件"
                        )
                    }
                }
            }
            StepKind::Event { name, of, value } => {
                let name = self.speaker.quoted(&name.node);
                let mut text = say!(lang, "event {name}", "событие {name}", "发生{name}");
                if let Some(of) = of {
                    let of = self.speaker.quoted(&of.node);
                    text.push_str(&say!(lang, " for the purchase {of}", " по покупке {of}", "（针对消费{of}）"));
                }
                if let Some(value) = value {
                    let value = self.speaker.quoted(&value.node);
                    text.push_str(&say!(lang, ", value {value}", ", значение {value}", "，值为{value}"));
                }
                text
            }
            StepKind::Claim { reward } => {
                let name = self.speaker.quoted(&reward.node);
                say!(lang, "the reward {name} is asked for", "запрошено вознаграждение {name}", "申请兑换{name}")
            }
            StepKind::Collect { gift } => {
                let name = self.speaker.quoted(&gift.node);
                say!(lang, "the gift {name} is collected", "получен подарок {name}", "领取礼品{name}")
            }
            StepKind::Signup => say!(lang, "signing up", "регистрация в программе", "注册入会"),
            StepKind::Wait => say!(lang, "the day begins", "наступает этот день", "当日零时"),
        }
    }

    fn purchase(&self, purchase: &StepPurchase) -> String {
        let lang = self.speaker.lang;
        let mut facts = Vec::new();
        for place in &purchase.places {
            facts.push(self.place(&place.node));
        }
        for scope in &purchase.scopes {
            facts.extend(self.scope(&scope.node));
        }
        if let Some(tax) = &purchase.tax {
            let sum = self.money(tax);
            facts.push(say!(lang, "of this {sum} tax", "в том числе налог {sum}", "其中税款{sum}"));
        }
        if let Some(shipping) = &purchase.shipping {
            let sum = self.money(shipping);
            facts.push(say!(lang, "of this {sum} shipping", "в том числе доставка {sum}", "其中运费{sum}"));
        }
        facts.extend(purchase.attributes.iter().map(|(name, value)| self.attribute(name, &value.node)));
        for (amount, wallet) in &purchase.paying {
            let amount = self.amount(amount, wallet.as_ref());
            facts.push(say!(lang, "paying with {amount}", "в оплату списано {amount}", "使用{amount}抵扣"));
        }
        if purchase.paying_voucher {
            facts.push(say!(lang, "paying with a voucher", "в оплату использован ваучер", "使用代金券"));
        }
        facts.extend(purchase.items.iter().map(|item| self.item(item)));
        if let Some(called) = &purchase.called {
            let name = self.speaker.quoted(&called.node);
            facts.push(say!(lang, "called {name} below", "далее — {name}", "下称{name}"));
        }
        let facts = facts.join(if lang == Lang::Zh { "；" } else { ", " });
        let what = match &purchase.amount {
            Some(amount) => {
                let sum = self.money(amount);
                say!(lang, "a purchase of {sum}", "покупка на {sum}", "消费{sum}")
            }
            None => say!(lang, "a purchase", "покупка", "一笔消费"),
        };
        if facts.is_empty() { what } else { say!(lang, "{what} ({facts})", "{what} ({facts})", "{what}（{facts}）") }
    }

    fn place(&self, place: &Place) -> String {
        let lang = self.speaker.lang;
        let named = |names: &[Name]| names.iter().map(|name| self.speaker.quoted(&name.node)).collect::<Vec<_>>().join(", ");
        match place {
            Place::Via(names) => {
                let names = named(names);
                say!(lang, "via {names}", "через {names}", "通过{names}")
            }
            Place::InStore(names) => {
                let names = named(names);
                say!(lang, "in the store {names}", "в магазине {names}", "于{names}门店")
            }
            Place::PaidBy(names) => {
                let names = named(names);
                say!(lang, "paid by {names}", "способ оплаты {names}", "以{names}付款")
            }
            Place::AtPartner(names) => {
                let names = named(names);
                say!(lang, "at the partner {names}", "у партнёра {names}", "于合作商户{names}")
            }
            Place::WithCoupon(names) => {
                let names = named(names);
                say!(lang, "with the coupon {names}", "с купоном {names}", "使用优惠码{names}")
            }
        }
    }

    fn scope(&self, scope: &Scope) -> Option<String> {
        let lang = self.speaker.lang;
        let named = |names: &[Name]| names.iter().map(|name| self.speaker.quoted(&name.node)).collect::<Vec<_>>().join(", ");
        match scope {
            Scope::Category(names) => {
                let names = named(names);
                Some(say!(lang, "category {names}", "категория {names}", "类别{names}"))
            }
            Scope::Brand(names) => {
                let names = named(names);
                Some(say!(lang, "brand {names}", "марка {names}", "品牌{names}"))
            }
            Scope::Product(names) => {
                let names = named(names);
                Some(say!(lang, "product {names}", "товар {names}", "商品{names}"))
            }
            // A purchase has no other.
            _ => None,
        }
    }

    fn item(&self, item: &StepItem) -> String {
        let lang = self.speaker.lang;
        let (n, product, price) = (self.number(&item.quantity), self.speaker.quoted(&item.product.node), self.money(&item.price));
        let mut text = say!(lang, "{n} × {product} at {price}", "{n} × {product} по {price}", "{product}{n}件，单价{price}");
        if let Some(category) = &item.category {
            let category = self.speaker.quoted(&category.node);
            text.push_str(&say!(lang, " of the category {category}", " из категории {category}", "，{category}类"));
        }
        if let Some(brand) = &item.brand {
            let brand = self.speaker.quoted(&brand.node);
            text.push_str(&say!(lang, " of the brand {brand}", " марки {brand}", "，{brand}品牌"));
        }
        for (name, value) in &item.attributes {
            let attribute = self.attribute(name, &value.node);
            text.push_str(&say!(lang, ", {attribute}", ", {attribute}", "，{attribute}"));
        }
        text
    }

    fn number(&self, expr: &Expr) -> String {
        let (n, _) = crate::examples::literal(self.ast, expr).unwrap_or_default();
        self.speaker.numbers.decimal(n)
    }

    fn money(&self, expr: &Expr) -> String {
        let (n, _) = crate::examples::literal(self.ast, expr).unwrap_or_default();
        self.speaker.numbers.sum(n, &self.speaker.program.currency)
    }

    /// An amount of a wallet: `100 beans`, `5 EUR of cashback`.
    fn amount(&self, expr: &Expr, name: Option<&Name>) -> String {
        let (n, unit) = crate::examples::literal(self.ast, expr).unwrap_or_default();
        let wallet = name.map(|name| name.node.clone()).or(unit).and_then(|name| crate::examples::wallet(self.speaker.program, &name));
        wallet.map_or_else(|| self.speaker.numbers.sum(n, &self.speaker.program.currency), |id| self.speaker.full_units(id, n, Role::Plain))
    }

    /// What a step did, a part each.
    fn results(&self, step: &Step, outcome: &Outcome) -> Vec<String> {
        let mut parts = Vec::new();
        let (mut units, mut gifts) = (BTreeMap::<WalletId, i64>::new(), BTreeMap::<GiftId, i64>::new());
        let mut sums = Sums::default();
        for entry in &outcome.entries {
            match (entry.kind, entry.unit) {
                (Kind::Earn | Kind::Multiply | Kind::Grant | Kind::TakeBack, Unit::Wallet(id)) => add(units.entry(id).or_default(), entry),
                (Kind::Gift(gift) | Kind::GiftCollected(gift) | Kind::Prize(_, gift), _) => add(gifts.entry(gift).or_default(), entry),
                (Kind::Discount | Kind::Price, _) => add(&mut sums.discount, entry),
                (Kind::FreeShipping, _) => add(&mut sums.shipping, entry),
                (Kind::Voucher, Unit::Money) => add(&mut sums.voucher, entry),
                (Kind::Refund, _) => add(&mut sums.refund, entry),
                _ => parts.extend(self.other(entry)),
            }
        }
        let mut all = self.sums(&sums);
        all.extend(units.into_iter().filter(|(_, n)| *n != 0).map(|(id, n)| self.speaker.units(id, n, Role::Plain)));
        all.extend(gifts.into_iter().filter(|(_, n)| *n != 0).map(|(id, n)| self.gifts(id, n)));
        all.append(&mut parts);
        all.extend(self.states(step, outcome));
        all
    }

    fn sums(&self, sums: &Sums) -> Vec<String> {
        let (lang, mut parts) = (self.speaker.lang, Vec::new());
        if sums.discount != 0 {
            let sum = self.speaker.money(sums.discount);
            parts.push(say!(lang, "discount {sum}", "скидка {sum}", "折扣{sum}"));
        }
        if sums.shipping != 0 {
            let sum = self.speaker.money(sums.shipping);
            parts.push(say!(lang, "free shipping ({sum})", "бесплатная доставка ({sum})", "免运费（{sum}）"));
        }
        if sums.voucher != 0 {
            let sum = self.speaker.money(sums.voucher);
            parts.push(say!(lang, "voucher {sum}", "ваучер на {sum}", "代金券{sum}"));
        }
        if sums.refund != 0 {
            let sum = self.speaker.money(sums.refund.saturating_abs());
            parts.push(say!(lang, "refund {sum}", "возврат денег {sum}", "退款{sum}"));
        }
        parts
    }

    fn gifts(&self, id: GiftId, n: i64) -> String {
        let name = self.speaker.program.gifts.get(id.index()).map_or_else(String::new, |gift| self.speaker.quoted(&gift.name));
        let lang = self.speaker.lang;
        if n == 1 {
            return say!(lang, "gift {name}", "подарок {name}", "礼品{name}");
        }
        if n < 0 {
            return say!(lang, "gift {name} taken back", "подарок {name} отозван", "收回礼品{name}");
        }
        let n = self.speaker.numbers.digits(&n.to_string());
        say!(lang, "{n} × gift {name}", "{n} × подарок {name}", "礼品{name}{n}份")
    }

    fn other(&self, entry: &Entry) -> Option<String> {
        let (lang, speaker) = (self.speaker.lang, self.speaker);
        Some(match entry.kind {
            Kind::Voucher => say!(lang, "a percentage voucher", "ваучер на процентную скидку", "折扣券1张"),
            Kind::Entries(draw) => {
                let draw = speaker.draw(draw);
                let n = speaker.count(entry.granted.unsigned_abs(), Noun::Entry, Role::Plain);
                let sign = if entry.granted < 0 { "−" } else { "" };
                say!(lang, "{sign}{n} to the draw {draw}", "{sign}{n} в розыгрыше {draw}", "{draw}：{sign}{n}")
            }
            Kind::Access(id) => {
                let name = speaker.program.accesses.get(id.index()).map_or_else(String::new, |name| speaker.quoted(name));
                if entry.granted < 0 {
                    return Some(say!(lang, "access to {name} taken back", "доступ к {name} отозван", "收回{name}的资格"));
                }
                say!(lang, "access to {name}", "доступ к {name}", "{name}的资格")
            }
            Kind::Message => say!(lang, "a message", "сообщение", "收到消息"),
            Kind::Donation => {
                let sum = speaker.money(entry.granted);
                say!(lang, "donation {sum}", "пожертвование {sum}", "捐赠{sum}")
            }
            Kind::Expire => {
                let Unit::Wallet(id) = entry.unit else { return None };
                let amount = speaker.units(id, entry.granted.saturating_abs(), Role::Plain);
                say!(lang, "{amount} expire", "сгорает {amount}", "{amount}失效")
            }
            Kind::TierUp(tier) => {
                let name = speaker.tier(tier);
                say!(lang, "level {name} reached", "достигнут уровень {name}", "升至{name}等级")
            }
            Kind::TierDown(tier) => {
                let name = speaker.tier(tier);
                say!(lang, "level {name} lost", "утрачен уровень {name}", "失去{name}等级")
            }
            Kind::Refused => say!(lang, "refused", "отказано", "不予办理"),
            Kind::Join if speaker.program.members != Members::Automatically => {
                say!(lang, "membership begins", "начинается участие", "成为会员")
            }
            Kind::Fee => {
                let sum = speaker.money(entry.granted);
                say!(lang, "fee {sum}", "плата {sum}", "收费{sum}")
            }
            Kind::PayOut => {
                let sum = speaker.money(entry.money);
                say!(lang, "{sum} paid out", "выплачено {sum}", "支付现金{sum}")
            }
            Kind::Leave => say!(lang, "membership ends", "участие прекращается", "会籍终止"),
            Kind::GiftExpired(id) => {
                let name = speaker.program.gifts.get(id.index()).map_or_else(String::new, |gift| speaker.quoted(&gift.name));
                say!(lang, "the right to the gift {name} lapses", "право на подарок {name} утрачено", "礼品{name}逾期失效")
            }
            Kind::VoucherExpired => say!(lang, "a voucher expires", "ваучер истёк", "代金券到期失效"),
            // What the step itself says, or a balance shows.
            Kind::Join
            | Kind::VoucherUsed
            | Kind::VoucherRestored
            | Kind::Spend
            | Kind::Exchange
            | Kind::Restore
            | Kind::Adjust
            | Kind::Activate
            | Kind::Discount
            | Kind::Price
            | Kind::FreeShipping
            | Kind::Earn
            | Kind::Multiply
            | Kind::Grant
            | Kind::Gift(_)
            | Kind::GiftCollected(_)
            | Kind::Prize(..)
            | Kind::TakeBack
            | Kind::Opening
            | Kind::OpeningTier(_)
            | Kind::Refund => return None,
        })
    }

    /// Balances and levels, where the example looks at them.
    fn states(&self, step: &Step, outcome: &Outcome) -> Vec<String> {
        let (lang, speaker) = (self.speaker.lang, self.speaker);
        let mut parts = Vec::new();
        for expectation in &step.expects {
            match &expectation.node {
                Expectation::Balance { amount, wallet } => {
                    let (_, unit) = crate::examples::literal(self.ast, amount).unwrap_or_default();
                    let named = wallet.as_ref().map(|name| name.node.clone()).or(unit).unwrap_or_else(|| "cashback".to_owned());
                    let Some(id) = crate::examples::wallet(speaker.program, &named) else { continue };
                    let stands = speaker.units(id, outcome.balances.get(id.index()).copied().unwrap_or(0), Role::Plain);
                    parts.push(say!(lang, "balance {stands}", "остаток {stands}", "余额{stands}"));
                }
                Expectation::Tier(name) => {
                    let of = |key: &str| outcome.tiers.iter().find(|tier| name_key(speaker.program.tier_name(**tier)) == key);
                    if let Some(tier) = of(&name_key(&name.node)) {
                        let tier = speaker.tier(*tier);
                        parts.push(say!(lang, "the level is {tier}", "уровень — {tier}", "等级为{tier}"));
                    }
                }
                _ => {}
            }
        }
        parts
    }
}

/// Money of one step.
#[derive(Default)]
struct Sums {
    discount: i64,
    shipping: i64,
    voucher: i64,
    refund: i64,
}

fn add(sum: &mut i64, entry: &Entry) {
    *sum = sum.saturating_add(entry.granted);
}
