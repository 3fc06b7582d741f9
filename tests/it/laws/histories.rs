//! Drawn histories: a few customers, what they buy, return and do within some weeks.

use loyalty_dsl::history::model::{History, Needs};
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use loyalty_dsl::program::Program;
use loyalty_dsl::value::{Date, DateTime, Decimal, Instant, TimeOfDay};
use proptest::prelude::*;

/// Minutes since 2024-12-20 00:00, local.
pub type Minute = i64;

#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    /// Days since 2024-12-20.
    pub joined: Option<i64>,
    pub born: Option<Date>,
    pub bought: Vec<Bought>,
    pub events: Vec<(Minute, &'static str)>,
}

#[derive(Clone, Debug)]
pub struct Bought {
    pub at: Minute,
    pub amount: i64,
    pub items: Vec<Item>,
    pub shipping: i64,
    pub app: bool,
    /// Beans and cents of cashback that pay.
    pub paid: (i64, i64),
    pub returns: Vec<Back>,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub product: &'static str,
    pub quantity: i64,
    /// Cents.
    pub price: i64,
}

/// Something of a purchase comes back, some minutes later.
#[derive(Clone, Debug)]
pub struct Back {
    pub after: Minute,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Rest,
    /// Cents.
    Amount(i64),
    /// A unit of the first line.
    Item,
}

impl Bought {
    pub fn total(&self) -> i64 {
        let lines: i64 = self.items.iter().map(|item| item.quantity * item.price).sum();
        if self.items.is_empty() { self.amount } else { lines + self.shipping }
    }
}

const WEEKS: i64 = 11;

fn minute() -> impl Strategy<Value = Minute> {
    // Midnights, ends of months and the same moment twice come up often.
    prop_oneof![6 => 0..WEEKS * 7 * 1440, 1 => (0..WEEKS * 7).prop_map(|day| day * 1440), 1 => Just(12 * 1440 - 1)]
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let product = prop::sample::select(vec!["latte", "assam", "bun"]);
    let item = (product, 1..4_i64, prop_oneof![1..2000_i64, Just(250), Just(500)]).prop_map(|(product, quantity, price)| Item {
        product,
        quantity,
        price,
    });
    prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(item, 1..4)]
}

fn bought() -> impl Strategy<Value = Bought> {
    let back = (1..20_000_i64, prop_oneof![2 => Just(What::Rest), 2 => (1..3000_i64).prop_map(What::Amount), 1 => Just(What::Item)])
        .prop_map(|(after, what)| Back { after, what });
    let amount = prop_oneof![4 => 1..12_000_i64, 1 => Just(0), 2 => (1..13_i64).prop_map(|n| n * 1000)];
    let paid = prop_oneof![3 => Just((0, 0)), 1 => (1..200_i64, Just(0)), 1 => (Just(0), 1..400_i64), 1 => (1..200_i64, 1..400_i64)];
    (minute(), amount, items(), prop_oneof![3 => Just(0), 1 => 100..900_i64], any::<bool>(), paid, prop::collection::vec(back, 0..3))
        .prop_map(|(at, amount, items, shipping, app, paid, returns)| Bought {
            at,
            amount: amount + shipping,
            items,
            shipping,
            app,
            paid,
            returns,
        })
}

pub fn people() -> impl Strategy<Value = Vec<Person>> {
    let born =
        prop_oneof![Just(None), Just(Date::from_ymd(1990, 1, 2)), Just(Date::from_ymd(2000, 2, 29)), Just(Date::from_ymd(1985, 2, 14))];
    let events = prop::collection::vec((minute(), prop::sample::select(vec!["review", "ok", "signup"])), 0..4);
    let person = (prop_oneof![Just(None), (0..30_i64).prop_map(Some)], born, prop::collection::vec(bought(), 0..9), events);
    prop::collection::vec(person, 1..4).prop_map(|people| {
        let named = people.into_iter().enumerate();
        named.map(|(at, (joined, born, bought, events))| Person { id: format!("c{at}"), joined, born, bought, events }).collect()
    })
}

/// The local moment of a minute.
fn moment(program: &Program, minute: Minute) -> Instant {
    let day = day(minute.div_euclid(1440));
    let minute = u32::try_from(minute.rem_euclid(1440)).unwrap_or(0);
    program.zone.instant(DateTime::new(day, TimeOfDay::from_hms(minute / 60, minute % 60, 0).unwrap_or(TimeOfDay(0))))
}

/// The date of a day.
pub fn day(number: i64) -> Date {
    Date::from_ymd(2024, 12, 20).unwrap_or_default().plus_days(number)
}

/// How rows are put into the history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// Rows are sorted by a number drawn from this; 0 leaves them.
    pub seed: u64,
    /// Every row twice.
    pub twice: bool,
}

/// Brings people and what they did together.
pub fn history(program: &Program, people: &[Person], order: Order) -> History {
    enum Row {
        Customer(CustomerRecord),
        Purchase(PurchaseRecord),
        Return(ReturnRecord),
        Event(EventRecord),
    }
    let mut rows = Vec::new();
    for person in people {
        let customer = || person.id.clone();
        rows.push(Row::Customer(CustomerRecord {
            id: customer(),
            joined: person.joined.map(day),
            born: person.born,
            ..CustomerRecord::default()
        }));
        for (at, p) in person.bought.iter().enumerate() {
            let id = format!("{}-{at}", person.id);
            let items = p.items.iter().map(|item| ItemRecord {
                product: item.product.to_owned(),
                category: if item.product == "assam" { "tea".to_owned() } else { "other".to_owned() },
                quantity: Some(Decimal::whole(item.quantity)),
                price: Some(Decimal::new(item.price.into(), 2)),
                ..ItemRecord::default()
            });
            let paid = [("beans", p.paid.0, 0), ("cashback", p.paid.1, 2)].into_iter().filter(|(_, units, _)| *units > 0);
            rows.push(Row::Purchase(PurchaseRecord {
                customer: customer(),
                id: id.clone(),
                at: moment(program, p.at),
                amount: Some(p.total()),
                shipping: p.shipping,
                texts: if p.app { vec![("channel".to_owned(), "app".to_owned())] } else { Vec::new() },
                paid: paid.map(|(name, units, scale)| (name.to_owned(), Decimal::new(units.into(), scale))).collect(),
                items: items.collect(),
                ..PurchaseRecord::default()
            }));
            for (number, back) in p.returns.iter().enumerate() {
                let mut record = ReturnRecord {
                    customer: customer(),
                    id: format!("{id}-r{number}"),
                    of: id.clone(),
                    at: moment(program, p.at + back.after),
                    ..ReturnRecord::default()
                };
                match &back.what {
                    What::Rest => {}
                    What::Amount(cents) => record.amount = Some(*cents),
                    What::Item => match p.items.first() {
                        Some(item) => (record.product, record.quantity) = (item.product.to_owned(), Some(Decimal::whole(1))),
                        None => continue,
                    },
                }
                rows.push(Row::Return(record));
            }
        }
        for (number, (at, name)) in person.events.iter().enumerate() {
            rows.push(Row::Event(EventRecord {
                customer: customer(),
                id: format!("e{number}"),
                name: (*name).to_owned(),
                at: moment(program, *at),
                ..EventRecord::default()
            }));
        }
    }
    let mut places: Vec<usize> = (0..rows.len()).collect();
    if order.seed != 0 {
        places.sort_by_key(|at| (u64::try_from(*at).unwrap_or(0) + 1).wrapping_mul(order.seed | 1).rotate_left(23));
    }
    let mut builder = Builder::new("drawn");
    for _ in 0..if order.twice { 2 } else { 1 } {
        for &at in &places {
            match &rows[at] {
                Row::Customer(row) => builder.customer(row.clone()),
                Row::Purchase(row) => builder.purchase(row.clone()),
                Row::Return(row) => builder.returned(row.clone()),
                Row::Event(row) => builder.event(row.clone()),
            }
        }
    }
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    builder.finish(&Options { decimals, zone, round_money, account_by: None, needs: &needs, everything: true, threads: 1 })
}
