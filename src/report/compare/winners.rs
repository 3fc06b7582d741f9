//! Who gains and who loses where one program takes the place of another.

use super::{Alone, Band, Customer, Difference, Field, Kind, One, differences};
use crate::report::model::{Claim, Column, Picture, Section, Table, Unit, Value};
use crate::report::write::format::{count, money, percent};
use crate::value::{Checked, Exact, Overflow};

/// How many of the largest changes are told by id.
const LARGEST: usize = 10;
/// Parts of the customers by what they spend.
const TENTHS: usize = 10;
/// Where there is no tier.
const NO_TIER: &str = "no tier";

/// What becomes of everybody who bought something.
pub(super) struct Change<'a> {
    pub customer: &'a Customer,
    pub before: i64,
    pub after: i64,
}

impl Change<'_> {
    fn change(&self) -> i128 {
        i128::from(self.after) - i128::from(self.before)
    }

    fn band(&self) -> Band {
        Band::of(self.before, self.after)
    }
}

/// Under the program at `other` in place of the first; where there are two ends, with everybody redeeming as soon as possible.
pub(super) fn changes<'a>(field: &Field<'a>, other: usize) -> Vec<Change<'a>> {
    let (Some(first), Some(other)) = (field.all.first(), field.all.get(other)) else { return Vec::new() };
    field
        .buyers()
        .map(|customer| Change { customer, before: first.got(customer, Kind::Base).value, after: other.got(customer, Kind::Base).value })
        .collect()
}

/// How many lose and gain, and by how much in all.
#[derive(Default)]
pub(super) struct Tally {
    pub all: usize,
    pub lose: usize,
    pub gain: usize,
    /// The round amount a year that about a tenth of those who lose exceed, and how many do.
    pub large: Option<(i128, usize)>,
}

impl Tally {
    pub(super) fn of(changes: &[Change], days: i128) -> Self {
        let mut losses: Vec<i128> = changes.iter().map(|each| -each.change()).filter(|loss| *loss > 0).collect();
        losses.sort_unstable();
        let yearly = |loss: i128| loss.saturating_mul(365) / days.max(1);
        let large = losses.get(losses.len() * 9 / 10).map(|loss| round_down(yearly(*loss))).filter(|amount| *amount > 0);
        let beyond = |amount: i128| losses.iter().filter(|loss| loss.saturating_mul(365) > amount.saturating_mul(days)).count();
        Self {
            all: changes.len(),
            lose: losses.len(),
            gain: changes.iter().filter(|each| each.change() > 0).count(),
            large: large.filter(|_| losses.len() >= LARGEST).map(|amount| (amount, beyond(amount))),
        }
    }
}

/// The largest of 1, 2, 5, 10, 20, 50 … that is not above.
fn round_down(amount: i128) -> i128 {
    let mut power = 1_i128;
    while power.saturating_mul(10) <= amount {
        power = power.saturating_mul(10);
    }
    [5, 2, 1].into_iter().map(|step| power.saturating_mul(step)).find(|step| *step <= amount).unwrap_or(0)
}

pub(super) fn section(field: &Field, other: usize) -> Checked<Section> {
    let (before, after) = (field.label_of(0), field.label_of(other));
    let changes = changes(field, other);
    let mut section = Section::new("winners", format!("Who gains and who loses under {after} in place of {before}"), field.label);
    section.claims = vec![Claim::new(sentence(field, other, &changes), field.label, &[])];
    section.tables = vec![tenths(field, other, &changes)?];
    section.tables.extend(segments(field, other, &changes)?);
    section.tables.extend(moves(field, other, &changes));
    section.tables.push(largest(field, other, &changes, "losers", format!("Who loses most under {after}"), -1)?);
    section.tables.push(largest(field, other, &changes, "winners", format!("Who gains most under {after}"), 1)?);
    section.tables.extend(texts(field, other));
    Ok(section)
}

fn sentence(field: &Field, other: usize, changes: &[Change]) -> String {
    if changes.is_empty() {
        return "There is no customer who bought something.".to_owned();
    }
    let tally = Tally::of(changes, field.days);
    let same = tally.all - tally.lose - tally.gain;
    let of = |n: usize| count(i128::try_from(n).unwrap_or(0));
    let large = match tally.large {
        Some((amount, many)) if many > 0 => {
            format!(", {} of them by more than {} a year", of(many), money(Exact::whole(amount), field.currency))
        }
        _ => String::new(),
    };
    let told_of = field.told_of();
    let end = if told_of.is_empty() { String::new() } else { format!(" This is {told_of}.") };
    let lose = if tally.lose == 0 { "nobody gets".to_owned() } else { format!("{} get", of(tally.lose)) };
    let gain = if tally.gain == 0 { "nobody gets".to_owned() } else { format!("{} get", of(tally.gain)) };
    format!(
        "Nothing changes for {} of {} customers; {lose} less under {}{large}, and {gain} more.{}{end}",
        of(same),
        of(tally.all),
        field.label_of(other),
        lower_half(changes, tally.lose)
    )
}

/// How many of those who lose belong to the half of the customers that spends less.
fn lower_half(changes: &[Change], lose: usize) -> String {
    let mut ranked: Vec<&Change> = changes.iter().collect();
    ranked.sort_by(|a, b| (a.customer.spend, &a.customer.id).cmp(&(b.customer.spend, &b.customer.id)));
    let below = ranked.iter().take(ranked.len() / 2).filter(|each| each.change() < 0).count();
    let share = i128::try_from(below).ok().zip(i128::try_from(lose).ok()).and_then(|(below, lose)| Exact::ratio(below, lose).ok());
    match share.filter(|_| lose > 0) {
        Some(share) => format!(" Of those who lose, {} belong to the half that spends less.", percent(share)),
        None => String::new(),
    }
}

fn table(field: &Field, other: usize, id: &str, title: String, columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Table {
    let reason = rows.is_empty().then(|| "nobody".to_owned());
    Table {
        id: format!("compare.{}.{id}", other + 1),
        title,
        label: field.label,
        assumes: Vec::new(),
        definition: "value received: discounts, price lists, free shipping, what units and vouchers paid, gifts at what they are worth; \
                     customers with a purchase, tenths by what they spent less returns (ties by id)"
            .to_owned(),
        window: field.window.clone(),
        columns,
        rows,
        picture: None,
        reason,
    }
}

/// What a group of customers gets under both programs, and how many of it lose and gain.
fn banded(name: Value, own: &[&Change]) -> Checked<Vec<Value>> {
    let sum = |of: fn(&Change) -> i64| {
        own.iter().try_fold(0_i128, |sum, change| sum.checked_add(of(change).into()).ok_or(Overflow)).map(Value::whole)
    };
    let mut row = vec![
        name,
        Value::whole(i128::try_from(own.len()).unwrap_or(0)),
        sum(|change| change.customer.spend)?,
        sum(|change| change.before)?,
        sum(|change| change.after)?,
    ];
    let many = |band: Band| own.iter().filter(|change| change.band() == band).count();
    row.extend(Band::ALL.map(|band| Value::whole(i128::try_from(many(band)).unwrap_or(0))));
    Ok(row)
}

fn banded_columns(first: Column) -> Vec<Column> {
    let mut columns = vec![
        first,
        Column::new("customers", "customers", Unit::Count),
        Column::new("spend", "spend", Unit::Money),
        Column::new("before", "get", Unit::Money),
        Column::new("after", "would get", Unit::Money),
    ];
    columns.extend(Band::ALL.map(|band| Column::new(band.id(), band.words(), Unit::Count)));
    columns
}

/// By the segments of the first program as they stand at the close under it; a customer may be in several.
fn segments(field: &Field, other: usize, changes: &[Change]) -> Checked<Option<Table>> {
    let (names, inside) = &field.compared.segments;
    if names.is_empty() {
        return Ok(None);
    }
    let of = |change: &Change| inside.get(&change.customer.id).map_or(&[][..], Vec::as_slice);
    let mut rows = Vec::new();
    for (segment, name) in (0_u16..).zip(names) {
        let own: Vec<&Change> = changes.iter().filter(|change| of(change).contains(&segment)).collect();
        rows.push(banded(Value::Text(name.clone()), &own)?);
    }
    let rest: Vec<&Change> = changes.iter().filter(|change| of(change).is_empty()).collect();
    rows.push(banded(Value::Text("in none of them".to_owned()), &rest)?);
    let title = format!("Winners and losers under {}, by the segments of {} at the close", field.label_of(other), field.label_of(0));
    let mut table = table(field, other, "segments", title, banded_columns(Column::text("segment", "segment")), rows);
    table.picture = Some(Picture::Stacks((5..10).collect()));
    Ok(Some(table))
}

/// By tenths of spending, in five bands.
fn tenths(field: &Field, other: usize, changes: &[Change]) -> Checked<Table> {
    let mut ranked: Vec<&Change> = changes.iter().collect();
    ranked.sort_by(|a, b| (a.customer.spend, &a.customer.id).cmp(&(b.customer.spend, &b.customer.id)));
    let mut rows = Vec::new();
    for tenth in 0..TENTHS {
        let own: Vec<&&Change> =
            ranked.iter().enumerate().filter(|(at, _)| at * TENTHS / ranked.len().max(1) == tenth).map(|(_, change)| change).collect();
        if own.is_empty() {
            continue;
        }
        let own: Vec<&Change> = own.into_iter().copied().collect();
        rows.push(banded(Value::whole(i128::try_from(tenth + 1).unwrap_or(0)), &own)?);
    }
    let columns = banded_columns(Column::new("tenth", "tenth", Unit::Count));
    let title = format!(
        "Winners and losers under {} in place of {}, by what they spend: the last tenth spends most",
        field.label_of(other),
        field.label_of(0)
    );
    let mut table = table(field, other, "tenths", title, columns, rows);
    table.picture = Some(Picture::Stacks((5..10).collect()));
    Ok(table)
}

/// The tier under the first program by the tier under the other.
fn moves(field: &Field, other: usize, changes: &[Change]) -> Option<Table> {
    let (first, second) = (field.all.first()?, field.all.get(other)?);
    let (from, to) = (first.contender.tiers(), second.contender.tiers());
    if from.is_empty() || to.is_empty() {
        return None;
    }
    let place = |one: &One, customer: &Customer| one.got(customer, Kind::Base).tier.map_or(0, |rung| usize::from(rung) + 1);
    let named = |names: &[String]| [NO_TIER.to_owned()].into_iter().chain(names.iter().cloned()).collect::<Vec<_>>();
    let (from, mut to) = (named(&from), named(&to));
    let mut counts = vec![vec![0_i128; to.len()]; from.len()];
    for change in changes {
        let cell = counts.get_mut(place(first, change.customer)).and_then(|row| row.get_mut(place(second, change.customer)));
        if let Some(cell) = cell {
            *cell += 1;
        }
    }
    // Where everybody has a tier there is no column for those without.
    if counts.iter().all(|row| row.first() == Some(&0)) {
        to.remove(0);
        counts.iter_mut().for_each(|row| drop(row.drain(..1)));
    }
    let mut columns = vec![Column::text("from", &format!("under {} / {}", field.label_of(0), field.label_of(other)))];
    columns.extend(to.iter().enumerate().map(|(at, name)| Column::new(format!("to_{at}"), name.clone(), Unit::Count)));
    let row = |(name, counts): (&String, &Vec<i128>)| {
        let counts = counts.iter().map(|n| Value::whole(*n));
        (name.as_str() != NO_TIER || counts.clone().any(|n| n != Value::whole(0)))
            .then(|| [Value::Text(name.clone())].into_iter().chain(counts).collect())
    };
    let rows = from.iter().zip(&counts).filter_map(row).collect();
    let title = format!("Customers by their tier at the end under {} and under {}", field.label_of(0), field.label_of(other));
    let drawn = (1..columns.len()).collect();
    let mut table = table(field, other, "tiers", title, columns, rows);
    table.picture = Some(Picture::Heat(drawn));
    Some(table)
}

/// The tier of a customer in words.
fn tier(one: &One, customer: &Customer) -> Value {
    let rung = one.got(customer, Kind::Base).tier.map(usize::from);
    rung.and_then(|rung| one.contender.tiers().get(rung).cloned()).map_or(Value::Missing, Value::Text)
}

/// The largest changes of one sign, ties by id.
fn largest(field: &Field, other: usize, changes: &[Change], id: &str, title: String, sign: i128) -> Checked<Table> {
    let mut of_sign: Vec<&Change> = changes.iter().filter(|each| each.change() * sign > 0).collect();
    of_sign.sort_by(|a, b| (b.change() * sign, &a.customer.id).cmp(&(a.change() * sign, &b.customer.id)));
    let (Some(first), Some(second)) = (field.all.first(), field.all.get(other)) else { return Err(Overflow) };
    let row = |change: &&Change| {
        vec![
            Value::Text(change.customer.id.clone()),
            Value::whole(change.customer.purchases),
            Value::whole(change.customer.spend),
            tier(first, change.customer),
            tier(second, change.customer),
            Value::whole(change.before),
            Value::whole(change.after),
            Value::whole(change.change()),
        ]
    };
    let columns = vec![
        Column::text("customer", "customer"),
        Column::new("purchases", "purchases", Unit::Count),
        Column::new("spend", "spend", Unit::Money),
        Column::text("tier_before", "tier"),
        Column::text("tier_after", "would be"),
        Column::new("before", "gets", Unit::Money),
        Column::new("after", "would get", Unit::Money),
        Column::new("change", "change", Unit::Money),
    ];
    Ok(table(field, other, id, title, columns, of_sign.iter().take(LARGEST).map(row).collect()))
}

/// What differs in the texts, and what each difference costs by itself where that was asked for.
fn texts(field: &Field, other: usize) -> Option<Table> {
    let (first, second) = (field.all.first()?, field.all.get(other)?);
    let all = differences(&first.contender.sentences, &second.contender.sentences);
    let alone = field.compared.alone.get(other.checked_sub(1)?).filter(|alone| alone.len() == all.len());
    let money = |amount: Option<i128>| amount.map_or(Value::Missing, Value::whole);
    let row = |(at, difference): (usize, &Difference)| {
        let (first, second) = match difference {
            Difference::OnlyFirst(text) => (Some(text), None),
            Difference::OnlySecond(text) => (None, Some(text)),
            Difference::Numbers(first, second) => (Some(first), Some(second)),
        };
        let mut row: Vec<Value> =
            [first, second].into_iter().map(|text| text.map_or(Value::Missing, |text| Value::Text(text.clone()))).collect();
        if let Some(alone) = alone {
            let own = alone.get(at).copied().unwrap_or_default();
            row.extend([money(own.with), money(own.without)]);
        }
        row
    };
    let mut rows: Vec<Vec<Value>> = all.iter().enumerate().map(row).collect();
    let mut columns = vec![Column::text("first", field.label_of(0)), Column::text("second", field.label_of(other))];
    let mut title = format!("What differs in the texts of {} and {}", field.label_of(0), field.label_of(other));
    let mut definition =
        "sentences that stand in one only, and those that differ in their numbers; examples and layout left out".to_owned();
    if let Some(alone) = alone {
        let (before, after) = (field.label_of(0), field.label_of(other));
        let all = second.bill(Kind::Base).variable.checked_sub(first.bill(Kind::Base).variable)?;
        let rest = |of: fn(&Alone) -> Option<i128>| {
            alone.iter().filter_map(of).try_fold(all, |rest, own| rest.checked_sub(own)).map_or(Value::Missing, Value::whole)
        };
        let together = |name: &str, with: Value, without: Value| vec![Value::Text(name.to_owned()), Value::Missing, with, without];
        if !rows.is_empty() {
            rows.push(together("together only", rest(|own| own.with), rest(|own| own.without)));
            rows.push(together("in all", Value::whole(all), Value::whole(all)));
        }
        columns.extend([
            Column::new("with", format!("more with it in {before}"), Unit::Money),
            Column::new("without", format!("less without it in {after}"), Unit::Money),
        ]);
        title.push_str(", and what each difference costs by itself");
        definition.push_str(
            "; cost before fixed cost: of the first program with this difference made less that without, and of the other less that with \
             this difference undone; a place is empty where the sentence cannot stand without the others; what only arises together is \
             the difference of both programs less all of these",
        );
    }
    let mut table = table(field, other, "texts", title, columns, rows);
    table.definition = definition;
    table.reason = table.reason.map(|_| "the texts say the same".to_owned());
    Some(table)
}
