//! Drawn histories: what some customers bought, returned and did, dull or wild.

use super::Dice;
use loyalty_dsl::history::model::{History, Needs};
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use loyalty_dsl::program::Program;
use loyalty_dsl::value::{Date, DateTime, Decimal, Instant};

/// A text that the program knows, or nothing.
fn text(known: &[String], dice: &mut Dice) -> String {
    if dice.below(4) == 0 { String::new() } else { dice.one(known).cloned().unwrap_or_default() }
}

fn at(program: &Program, dice: &mut Dice) -> Instant {
    let day = Date::from_ymd(2025, 1, 1).unwrap_or_default().plus_days(i64::try_from(dice.below(500)).unwrap_or(0));
    let seconds = i64::try_from(dice.below(86_400)).unwrap_or(0) / [1, 3600, 86_400][dice.below(3)];
    program.zone.instant(DateTime(day.midnight().0 + seconds * 1_000_000))
}

/// Some customers with what they did, in words that the program knows.
pub fn drawn(program: &Program, known: &[String], dice: &mut Dice) -> History {
    let mut builder = Builder::new("drawn");
    let cents = |dice: &mut Dice| [0, 1, 99, 1000, 5000, 12_345, 1_000_000][dice.below(7)] + i64::try_from(dice.below(2000)).unwrap_or(0);
    for customer in 0..=dice.below(3) {
        let id = format!("c{customer}");
        let day = |dice: &mut Dice, year: i32| {
            let (month, day) = [(1, 1), (2, 29), (2, 28), (12, 31), (6, 15)][dice.below(5)];
            (dice.below(2) == 0).then(|| Date::from_ymd(year, month, day)).flatten()
        };
        builder.customer(CustomerRecord {
            id: id.clone(),
            joined: day(dice, 2024),
            born: day(dice, 1988),
            referred_by: (dice.below(2) == 0).then(|| "c0".to_owned()).filter(|by| *by != id),
            attributes: program.attributes.iter().map(|attribute| (attribute.name.clone(), text(known, dice))).collect(),
            ..CustomerRecord::default()
        });
        for number in 0..dice.below(12) {
            let of = format!("p{customer}-{number}");
            let (when, amount) = (at(program, dice), cents(dice));
            let texts = ["channel", "store", "payment", "partner", "coupon", "category", "brand", "product"];
            let texts = texts.map(|name| (name.to_owned(), text(known, dice)));
            let items = (0..dice.below(4)).map(|_| ItemRecord {
                product: text(known, dice),
                category: text(known, dice),
                quantity: Some(Decimal::whole(1 + i64::try_from(dice.below(3)).unwrap_or(0))),
                price: Some(Decimal::new(cents(dice).into(), 2)),
                ..ItemRecord::default()
            });
            let items: Vec<ItemRecord> = items.collect();
            let products: Vec<String> = items.iter().map(|item| item.product.clone()).collect();
            let amount = items.is_empty().then_some(amount);
            let texts = texts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            builder.purchase(PurchaseRecord {
                customer: id.clone(),
                id: of.clone(),
                at: when,
                amount,
                texts,
                items,
                ..PurchaseRecord::default()
            });
            if dice.below(3) == 0 {
                let product = dice.one(&products).cloned().unwrap_or_default();
                let quantity = (!product.is_empty()).then(|| Decimal::whole(1));
                let amount = (quantity.is_none() && dice.below(2) == 0).then(|| cents(dice).max(1));
                let (at, customer) = (Instant(when.0 + cents(dice) * 60_000_000), id.clone());
                builder.returned(ReturnRecord {
                    customer,
                    id: format!("r{number}"),
                    of,
                    at,
                    product,
                    quantity,
                    amount,
                    ..ReturnRecord::default()
                });
            }
        }
        for number in 0..dice.below(5) {
            let name = [text(known, dice), "signup".to_owned(), "review".to_owned(), format!("claim {}", text(known, dice))];
            let name = name[dice.below(4)].clone();
            if !name.is_empty() {
                let at = at(program, dice);
                builder.event(EventRecord { customer: id.clone(), id: format!("e{number}"), name, at, ..EventRecord::default() });
            }
        }
    }
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    builder.finish(&Options {
        currency: &program.currency.code,
        decimals,
        zone,
        round_money,
        account_by: None,
        needs: &needs,
        everything: true,
        outside: false,
        threads: 1,
    })
}
