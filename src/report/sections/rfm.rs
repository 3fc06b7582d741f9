//! Recency, frequency, money: accounts in fifths by when they last bought, how often, and for how much.

use crate::report::accounts::AccountRow;
use crate::report::build::window;
use crate::report::metrics::{Days, Inputs};
use crate::report::model::{Column, Label, Picture, Table, Unit, Value};
use crate::value::{Checked, Date, Exact, Overflow};

/// Parts of the accounts by each of the three; the fifth part is the best.
pub(in crate::report) const FIFTHS: usize = 5;

/// The fifths of an account: recency, frequency, money.
pub(in crate::report) type Score = [usize; 3];

const DEFINITION: &str = "accounts with a purchase, ranked by the day of the last one, by their number, and by recorded amounts less returns; \
                          ties by id; fifth floor(5 i / n) + 1, so that 5 is the latest, the most often, the most spent: where many are \
                          alike, ids part them";

/// What each is told of: in its order among the three.
const NAMES: [&str; 3] = ["recency", "frequency", "money"];

/// The fifths of every account; none for those that bought nothing.
pub(in crate::report) fn scores(rows: &[AccountRow]) -> Vec<Option<Score>> {
    let mut scores: Vec<Option<Score>> = rows.iter().map(|row| row.last.map(|_| [0; 3])).collect();
    let buyers: Vec<usize> = rows.iter().enumerate().filter(|(_, row)| row.last.is_some()).map(|(at, _)| at).collect();
    for what in 0..NAMES.len() {
        let mut ranked: Vec<(i64, &[u8], usize)> =
            buyers.iter().filter_map(|at| rows.get(*at).map(|row| (measure(row, what), row.id.as_bytes(), *at))).collect();
        ranked.sort_unstable();
        for (rank, (_, _, at)) in ranked.iter().enumerate() {
            if let Some(fifth) = scores.get_mut(*at).and_then(Option::as_mut).and_then(|score| score.get_mut(what)) {
                *fifth = rank.saturating_mul(FIFTHS) / ranked.len().max(1) + 1;
            }
        }
    }
    scores
}

fn measure(row: &AccountRow, what: usize) -> i64 {
    match what {
        0 => row.last.map_or(0, |day| i64::from(day.0)),
        1 => i64::try_from(row.purchases).unwrap_or(i64::MAX),
        _ => row.spend,
    }
}

/// Sums over the accounts of a fifth.
#[derive(Clone, Copy)]
struct Fifth {
    accounts: u64,
    ends: Option<(i64, i64)>,
    spend: i128,
    value: i128,
    cost: Exact,
}

/// The three in fifths, and how recency and frequency meet.
pub(super) fn tables(inputs: &Inputs, rows: &[AccountRow], reward_cost: Exact, label: Label) -> Checked<Vec<Table>> {
    let close = inputs.behaviour.days.map_or(Date(0), |(_, last)| last);
    let none = Fifth { accounts: 0, ends: None, spend: 0, value: 0, cost: Exact::whole(0) };
    let mut sums = [[none; FIFTHS]; 3];
    let mut meet = [[0_u64; FIFTHS]; FIFTHS];
    for (row, score) in rows.iter().zip(scores(rows)) {
        let Some(score) = score else { continue };
        for (what, fifth) in score.into_iter().enumerate() {
            let Some(sum) = sums.get_mut(what).and_then(|of| of.get_mut(fifth.saturating_sub(1))) else { continue };
            let measure = if what == 0 { i64::from(close.0).saturating_sub(measure(row, what)) } else { measure(row, what) };
            sum.accounts = sum.accounts.saturating_add(1);
            sum.ends = Some(sum.ends.map_or((measure, measure), |(low, high)| (low.min(measure), high.max(measure))));
            sum.spend = sum.spend.checked_add(i128::from(row.spend)).ok_or(Overflow)?;
            sum.value = sum.value.checked_add(row.got.value()?).ok_or(Overflow)?;
            sum.cost = sum.cost.plus(row.got.cost(reward_cost)?)?;
        }
        let [recency, frequency, _] = score;
        if let Some(count) = meet.get_mut(recency.saturating_sub(1)).and_then(|row| row.get_mut(frequency.saturating_sub(1))) {
            *count = count.saturating_add(1);
        }
    }
    Ok(vec![fifths(inputs, &sums, label), meeting(inputs, &meet)])
}

fn fifths(inputs: &Inputs, sums: &[[Fifth; FIFTHS]; 3], label: Label) -> Table {
    let mut rows = Vec::new();
    let decimals = inputs.program.currency.decimals;
    for ((what, name), of) in NAMES.into_iter().enumerate().zip(sums) {
        for (fifth, sum) in (1..=5_i128).rev().zip(of.iter().rev()) {
            let Some((low, high)) = sum.ends else { continue };
            let write = |n: i64| match what {
                2 => crate::value::Decimal::new(i128::from(n), decimals).to_string(),
                _ => n.to_string(),
            };
            let unit = ["days ago", "purchases", ""].get(what).copied().unwrap_or_default();
            let span = if low == high { write(low) } else { format!("{} to {}", write(low), write(high)) };
            rows.push(vec![
                Value::Text(name.to_owned()),
                Value::whole(fifth),
                Value::Text(format!("{span} {unit}").trim_end().to_owned()),
                Value::whole(sum.accounts),
                Value::whole(sum.spend),
                Value::whole(sum.value),
                Value::Number(sum.cost),
            ]);
        }
    }
    let columns = vec![
        Column::text("what", "by"),
        Column::new("fifth", "fifth", Unit::Count),
        Column::text("span", "from, to"),
        Column::new("accounts", "accounts", Unit::Count),
        Column::new("spend", "spend", Unit::Money),
        Column::new("value", "value received", Unit::Money),
        Column::new("cost", "cost", Unit::Money),
    ];
    table(inputs, "rfm", "Accounts in fifths by recency, frequency and money (RFM)", label, (columns, rows), None)
}

fn meeting(inputs: &Inputs, meet: &[[u64; FIFTHS]; FIFTHS]) -> Table {
    let name = |fifth: usize| match fifth {
        1 => "1 (longest ago)".to_owned(),
        FIFTHS => format!("{FIFTHS} (latest)"),
        other => other.to_string(),
    };
    let row = |(at, counts): (usize, &[u64; FIFTHS])| {
        [Value::Text(name(at.saturating_add(1)))].into_iter().chain(counts.iter().map(|n| Value::whole(*n))).collect()
    };
    let rows: Vec<Vec<Value>> = meet.iter().enumerate().rev().map(row).collect();
    let mut columns = vec![Column::text("recency", "recency / frequency")];
    columns.extend((1..=FIFTHS).map(|fifth| Column::new(format!("frequency_{fifth}"), fifth.to_string(), Unit::Count)));
    let drawn = Some(Picture::Heat((1..=FIFTHS).collect()));
    table(inputs, "rfm_meet", "Accounts by their fifths of recency and of frequency", Label::Observed, (columns, rows), drawn)
}

fn table(
    inputs: &Inputs,
    id: &str,
    title: &str,
    label: Label,
    (columns, rows): (Vec<Column>, Vec<Vec<Value>>),
    picture: Option<Picture>,
) -> Table {
    Table {
        id: id.to_owned(),
        title: title.to_owned(),
        label,
        assumes: Vec::new(),
        definition: DEFINITION.to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns,
        reason: rows.is_empty().then(|| "nobody bought anything in this window".to_owned()),
        rows,
        picture,
    }
}
