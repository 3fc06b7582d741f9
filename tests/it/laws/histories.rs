//! Drawn histories: a few customers, what they buy, return and do within some weeks.

use loyalty_dsl::history::model::{History, Needs};
use loyalty_dsl::history::{Builder, CustomerRecord, EventRecord, ItemRecord, Options, PurchaseRecord, ReturnRecord};
use loyalty_dsl::program::Program;
use loyalty_dsl::value::{Date, DateTime, Decimal, Instant, TimeOfDay};
use proptest::prelude::*;

/// Minutes since 2024-12-20 00:00, local.
pub type Minute = i64;

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub id: String,
    /// By the person before, if there is one.
    pub referred: bool,
    /// Days since 2024-12-20.
    pub joined: Option<i64>,
    pub born: Option<Date>,
    pub bought: Vec<Bought>,
    pub events: Vec<(Minute, &'static str)>,
}

#[derive(Clone, Debug, Default)]
pub struct Bought {
    pub at: Minute,
    pub amount: i64,
    pub items: Vec<Item>,
    pub shipping: i64,
    pub app: bool,
    pub tax: i64,
    /// Beans, cents of cashback and miles that pay.
    pub paid: (i64, i64, i64),
    pub voucher: Option<bool>,
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
    /// A unit of another product.
    Other(&'static str),
}

impl Bought {
    pub fn total(&self) -> i64 {
        let lines: i64 = self.items.iter().map(|item| item.quantity * item.price).sum();
        if self.items.is_empty() { self.amount } else { lines + self.shipping }
    }
}

/// Until after the clock changes of spring: 9 March in America, 30 March in Europe, 6 April on the southern half.
const WEEKS: i64 = 16;

fn minute() -> impl Strategy<Value = Minute> {
    let changes = prop::sample::select(vec![79, 100, 107]);
    // Midnights, ends of months, clock changes and the same moment twice come up often.
    prop_oneof![
        6 => 0..WEEKS * 7 * 1440,
        4 => 0..5 * 7 * 1440_i64,
        1 => (0..WEEKS * 7).prop_map(|day| day * 1440),
        1 => Just(12 * 1440 - 1),
        1 => (changes, -120..240_i64).prop_map(|(day, minute)| day * 1440 + minute),
    ]
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
    let paid = prop_oneof![
        4 => Just((0, 0, 0)),
        1 => (1..200_i64).prop_map(|n| (n, 0, 0)),
        1 => (1..400_i64).prop_map(|n| (0, n, 0)),
        1 => (1..90_i64).prop_map(|n| (0, 0, n)),
        1 => (1..200_i64, 1..400_i64, 0..90_i64),
    ];
    let voucher = prop_oneof![3 => Just(None), 2 => Just(Some(true)), 1 => Just(Some(false))];
    let costs = (amount, items(), prop_oneof![3 => Just(0), 1 => 100..900_i64], prop_oneof![3 => Just(0), 1 => 1..20_i64]);
    (minute(), costs, any::<bool>(), paid, voucher, prop::collection::vec(back, 0..3)).prop_map(
        |(at, (amount, items, shipping, tax), app, paid, voucher, returns)| {
            let bought = Bought { at, amount: amount + shipping, items, shipping, tax: 0, app, paid, voucher, returns };
            Bought { tax: bought.total() * tax / 100, ..bought }
        },
    )
}

pub fn people() -> impl Strategy<Value = Vec<Person>> {
    let born =
        prop_oneof![Just(None), Just(Date::from_ymd(1990, 1, 2)), Just(Date::from_ymd(2000, 2, 29)), Just(Date::from_ymd(1985, 2, 14))];
    let events = prop::collection::vec(
        (minute(), prop::sample::select(vec!["review", "review", "ok", "signup", "signup", "claim mug", "claim voucher"])),
        0..4,
    );
    let joined = prop_oneof![Just(None), (0..30_i64).prop_map(Some)];
    let person = (joined, born, any::<bool>(), prop::collection::vec(bought(), 0..9), events);
    prop::collection::vec(person, 1..4).prop_map(|people| {
        let named = people.into_iter().enumerate();
        let all = named.map(|(at, (joined, born, referred, bought, events))| Person {
            id: format!("c{at}"),
            referred,
            joined,
            born,
            bought,
            events,
        });
        all.collect()
    })
}

/// The moment at which a clock that may skip or repeat an hour first shows a minute, or would have.
pub fn moment(program: &Program, minute: Minute) -> Instant {
    let day = day(minute.div_euclid(1440));
    let minute = u32::try_from(minute.rem_euclid(1440)).unwrap_or(0);
    program.zone.instant(DateTime::new(day, TimeOfDay::from_hms(minute / 60, minute % 60, 0).unwrap_or(TimeOfDay(0))))
}

/// What that clock shows at this moment.
pub fn local(program: &Program, minute: Minute) -> DateTime {
    program.zone.local(moment(program, minute))
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
    for (number, person) in people.iter().enumerate() {
        let customer = || person.id.clone();
        let before = number.checked_sub(1).and_then(|before| people.get(before)).filter(|_| person.referred);
        rows.push(Row::Customer(CustomerRecord {
            id: customer(),
            joined: person.joined.map(day),
            born: person.born,
            referred_by: before.map(|other| other.id.clone()),
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
            let paid =
                [("beans", p.paid.0, 0), ("cashback", p.paid.1, 2), ("miles", p.paid.2, 0)].into_iter().filter(|(_, units, _)| *units > 0);
            rows.push(Row::Purchase(PurchaseRecord {
                customer: customer(),
                id: id.clone(),
                at: moment(program, p.at),
                amount: Some(p.total()),
                shipping: p.shipping,
                tax: p.tax,
                texts: vec![if p.app { ("channel".to_owned(), "app".to_owned()) } else { ("payment".to_owned(), "card".to_owned()) }],
                paid_voucher: p.voucher,
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
                    What::Other(product) => (record.product, record.quantity) = ((*product).to_owned(), Some(Decimal::whole(1))),
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
    finish(builder, program)
}

/// What a builder holds, as a history of a program.
pub fn finish(builder: Builder, program: &Program) -> History {
    let needs = Needs::default();
    let (decimals, zone, round_money) = (program.currency.decimals, &program.zone, program.round_money);
    builder.finish(&Options {
        currency: "EUR",
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
