//! Who gets it, and how sure the figures are: from what every account bought and got.

use crate::report::accounts::AccountRow;
use crate::report::build::window;
use crate::report::metrics::{Days, Inputs, root_of};
use crate::report::model::{Claim, Column, Label, Picture, Section, Table, Unit, Value};
use crate::report::write::format::{count, percent};
use crate::value::{Checked, Exact, Overflow};

const PARTS: usize = 10;

/// The section; `None` where the accounts were not kept.
pub(super) fn section(inputs: &Inputs, rows: Option<&[AccountRow]>, label: Label) -> Section {
    let mut section = Section::new("who", "Who gets it", label);
    section.folded = true;
    let reason = "accounts are looked at one by one only with --full, --customers or --report";
    match rows.filter(|rows| !rows.is_empty()) {
        None => section.tables = vec![empty(inputs, label, if rows.is_some() { "there are no accounts" } else { reason })],
        Some(rows) => {
            if let Ok((claims, tables)) = told(inputs, rows, label) {
                (section.claims, section.tables) = (claims, tables);
            }
        }
    }
    section
}

/// Accounts by what they spent, rising, ties by id bytewise.
fn ranked(rows: &[AccountRow]) -> Vec<&AccountRow> {
    let mut ranked: Vec<&AccountRow> = rows.iter().collect();
    ranked.sort_by(|a, b| a.spend.cmp(&b.spend).then_with(|| a.id.as_bytes().cmp(b.id.as_bytes())));
    ranked
}

/// Sums over some accounts.
#[derive(Clone, Copy)]
struct Sums {
    accounts: u64,
    purchases: u64,
    spend: i128,
    value: i128,
    cost: Exact,
}

impl Default for Sums {
    fn default() -> Self {
        Self { accounts: 0, purchases: 0, spend: 0, value: 0, cost: Exact::whole(0) }
    }
}

impl Sums {
    fn add(&mut self, row: &AccountRow, reward_cost: Exact) -> Checked<()> {
        self.accounts = self.accounts.saturating_add(1);
        self.purchases = self.purchases.saturating_add(row.purchases);
        self.spend = self.spend.checked_add(i128::from(row.spend)).ok_or(Overflow)?;
        self.value = self.value.checked_add(row.got.value()?).ok_or(Overflow)?;
        self.cost = self.cost.plus(row.got.cost(reward_cost)?)?;
        Ok(())
    }

    fn row(&self, name: Value, all: &Self) -> Vec<Value> {
        let share = |part: Exact, whole: Exact| Value::known((whole.numerator() > 0).then(|| part.divided_by(whole).ok()).flatten());
        let spend = Exact::whole(self.spend);
        vec![
            name,
            Value::whole(self.accounts),
            Value::whole(self.purchases),
            Value::Number(spend),
            share(spend, Exact::whole(i128::from(self.accounts))),
            Value::whole(self.value),
            Value::Number(self.cost),
            share(self.cost, all.cost),
            share(self.cost, spend),
        ]
    }
}

fn columns(first: Column) -> Vec<Column> {
    vec![
        first,
        Column::new("accounts", "accounts", Unit::Count),
        Column::new("purchases", "purchases", Unit::Count),
        Column::new("spend", "spend", Unit::Money),
        Column::new("spend_each", "spend each", Unit::Money),
        Column::new("value", "value received", Unit::Money),
        Column::new("cost", "cost", Unit::Money),
        Column::new("share_of_cost", "share of cost", Unit::Rate),
        Column::new("cost_rate", "cost of spend", Unit::Rate),
    ]
}

const DEFINITION: &str = "accounts with a record, by recorded amounts less returns, ties by id; value received: discounts, price lists, free \
                          shipping, units spent, vouchers used, gifts at worth; cost: the same with gifts at what they cost, messages and \
                          donations, before fixed cost";

fn empty(inputs: &Inputs, label: Label, reason: &str) -> Table {
    table(
        inputs,
        label,
        "deciles",
        "What each tenth of accounts spends and gets, from those who spend least to those who spend most",
        Vec::new(),
        Some(reason),
    )
}

fn table(inputs: &Inputs, label: Label, id: &str, title: &str, rows: Vec<Vec<Value>>, reason: Option<&str>) -> Table {
    let first = match id {
        "deciles" => Column::new("decile", "tenth", Unit::Count),
        "segments" => Column::text("segment", "segment"),
        _ => Column::text("tier", "tier"),
    };
    Table {
        id: id.to_owned(),
        title: title.to_owned(),
        label,
        assumes: Vec::new(),
        definition: DEFINITION.to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: columns(first),
        rows,
        picture: Some(Picture::Bars(vec![7])),
        reason: reason.map(str::to_owned),
    }
}

fn told(inputs: &Inputs, rows: &[AccountRow], label: Label) -> Checked<(Vec<Claim>, Vec<Table>)> {
    let reward_cost = Exact::try_from(inputs.reward_cost())?;
    let ranked = ranked(rows);
    let mut all = Sums::default();
    let mut tenths = [Sums::default(); PARTS];
    for (rank, row) in ranked.iter().enumerate() {
        all.add(row, reward_cost)?;
        if let Some(tenth) = tenths.get_mut(rank.saturating_mul(PARTS) / ranked.len().max(1)) {
            tenth.add(row, reward_cost)?;
        }
    }
    let deciles =
        tenths.iter().zip(1_i128..).filter(|(sums, _)| sums.accounts > 0).map(|(sums, n)| sums.row(Value::whole(n), &all)).collect();
    let mut tables = vec![table(
        inputs,
        label,
        "deciles",
        "What each tenth of accounts spends and gets, from those who spend least to those who spend most",
        deciles,
        None,
    )];
    for (index, ladder) in inputs.program.ladders.iter().enumerate() {
        let names = ladder.rungs.iter().map(|rung| rung.name.clone()).chain(["no tier".to_owned()]);
        let mut sums: Vec<(String, Sums)> = names.map(|name| (name, Sums::default())).collect();
        let last = sums.len().saturating_sub(1);
        for row in rows {
            let rung = row.rungs.get(index).copied().flatten().map_or(last, usize::from);
            if let Some((_, sums)) = sums.get_mut(rung) {
                sums.add(row, reward_cost)?;
            }
        }
        let rows = sums.into_iter().filter(|(_, sums)| sums.accounts > 0).map(|(name, sums)| sums.row(Value::Text(name), &all)).collect();
        let id = if index == 0 { "tier_value".to_owned() } else { format!("tier_value_{}", index.saturating_add(1)) };
        tables.push(table(inputs, label, &id, "What accounts in each tier at the close spend and get", rows, None));
    }
    tables.extend(segments(inputs, rows, &all, reward_cost, label)?);
    tables.extend(super::rfm::tables(inputs, rows, reward_cost, label)?);
    Ok((claims(inputs, rows, &all, reward_cost, label)?, tables))
}

/// By the segments of the program, as they stand at the close; an account may be in several.
fn segments(inputs: &Inputs, rows: &[AccountRow], all: &Sums, reward_cost: Exact, label: Label) -> Checked<Option<Table>> {
    if inputs.program.segments.is_empty() {
        return Ok(None);
    }
    let names = inputs.program.segments.iter().map(|segment| segment.name.clone()).chain(["in none of them".to_owned()]);
    let mut sums: Vec<(String, Sums)> = names.map(|name| (name, Sums::default())).collect();
    let last = sums.len().saturating_sub(1);
    for row in rows {
        let mut inside: Vec<usize> = row.segments.iter().map(|segment| usize::from(*segment)).collect();
        if inside.is_empty() {
            inside.push(last);
        }
        for at in inside {
            if let Some((_, sums)) = sums.get_mut(at) {
                sums.add(row, reward_cost)?;
            }
        }
    }
    let rows = sums.into_iter().filter(|(_, sums)| sums.accounts > 0).map(|(name, sums)| sums.row(Value::Text(name), all)).collect();
    let mut table =
        table(inputs, label, "segments", "What members of each segment at the close spend and get; some are in several", rows, None);
    table.definition = format!("{DEFINITION}; segments: members for whom the condition holds at the end of the last day");
    Ok(Some(table))
}

fn claims(inputs: &Inputs, rows: &[AccountRow], all: &Sums, reward_cost: Exact, label: Label) -> Checked<Vec<Claim>> {
    let mut claims = Vec::new();
    let n = i128::from(all.accounts);
    if all.cost.numerator() > 0 {
        let mut above = Exact::whole(0);
        for row in rows {
            if i128::from(row.spend).checked_mul(n).ok_or(Overflow)? > all.spend {
                above = above.plus(row.got.cost(reward_cost)?)?;
            }
        }
        let text = format!(
            "{} of the cost goes to accounts that spend more than the average here. Whether they would have anyway, the history cannot know.",
            percent(above.divided_by(all.cost)?)
        );
        claims.push(Claim::new(text, label, &["deciles"]));
    }
    let mut nothing = 0_u64;
    for row in rows {
        nothing = nothing.saturating_add(u64::from(row.got.value()? == 0));
    }
    if nothing > 0 {
        let text = format!("{} of {} accounts received nothing.", count(nothing), count(all.accounts));
        claims.push(Claim::new(text, label, &["deciles"]));
    }
    claims.extend(short_of_reward(inputs, rows, label)?);
    if let Some((low, high)) = interval(rows, all, reward_cost)? {
        let text = format!(
            "Other customers like these would have cost between {} and {} of their spend, 95 times of 100 (before fixed cost; clustered by \
             account); that says nothing of other behaviour.",
            percent(low),
            percent(high)
        );
        claims.push(Claim::new(text, label, &["deciles"]));
    }
    Ok(claims)
}

/// Members whose balance does not suffice for the cheapest thing that it buys, and how much they are short of it in all.
fn short_of_reward(inputs: &Inputs, rows: &[AccountRow], label: Label) -> Checked<Vec<Claim>> {
    let program = inputs.program;
    let mut claims = Vec::new();
    for (index, wallet) in program.wallets.iter().enumerate() {
        let of_wallet = |id: crate::program::WalletId| id.index() == index;
        let redeems = program.redeems.iter().filter(|redeem| of_wallet(redeem.wallet));
        let least = |redeem: &crate::program::Redeem| redeem.at_least.into_iter().chain(redeem.step.map(|(units, _)| units)).max();
        let prices =
            redeems.filter_map(least).chain(program.rewards.iter().filter(|reward| of_wallet(reward.wallet)).map(|reward| reward.price));
        let Some(cheapest) = prices.min().map(i128::from).filter(|price| *price > 0) else { continue };
        let short = rows.iter().filter(|row| row.member).filter_map(|row| row.balances.get(index)).map(|(balance, _)| (*balance).max(0));
        let short: Vec<i128> = short.filter(|balance| *balance < cheapest).collect();
        let missing = short.iter().try_fold(0_i128, |sum, balance| sum.checked_add(cheapest.checked_sub(*balance)?)).ok_or(Overflow)?;
        if !short.is_empty() {
            let unit = super::super::metrics::unit_of(wallet);
            let write = |units: i128| crate::report::write::format::human(Exact::whole(units), &unit, &program.currency);
            let (needs, missing) = (write(cheapest), write(missing));
            let text = match short.len() {
                1 => format!(
                    "1 member cannot spend {} yet: the cheapest use takes {needs}, {missing} more than the member has.",
                    wallet.name
                ),
                several => format!(
                    "{} members cannot spend their {} yet: the cheapest use takes {needs}, and they are short of it by {missing} in all.",
                    count(i128::try_from(several).unwrap_or(i128::MAX)),
                    wallet.name
                ),
            };
            claims.push(Claim::new(text, label, &["deciles"]));
        }
    }
    Ok(claims)
}

/// The cost of spend, clustered by account: ± 1.96 standard errors of a ratio, linearised.
fn interval(rows: &[AccountRow], all: &Sums, reward_cost: Exact) -> Checked<Option<(Exact, Exact)>> {
    let n = i128::from(all.accounts);
    if n < 2 || all.spend <= 0 {
        return Ok(None);
    }
    let mut squares = 0_u128;
    let rate = all.cost.divided_by(Exact::whole(all.spend))?;
    for row in rows {
        // cost − rate × spend, rounded to a minor unit.
        let off = row.got.cost(reward_cost)?.minus(Exact::whole(i128::from(row.spend)).times(rate)?)?;
        let off = off.round(crate::value::Rounding::HalfUp)?.unsigned_abs();
        squares = off.checked_mul(off).and_then(|square| squares.checked_add(square)).ok_or(Overflow)?;
    }
    // √(Σ off² · n / (n − 1)) / Σ spend
    let of_sum =
        squares.checked_mul(n.unsigned_abs()).and_then(|all| all.checked_div(n.unsigned_abs().saturating_sub(1))).ok_or(Overflow)?;
    let swing = Exact::ratio(root_of(of_sum)?, all.spend)?.times(Exact::ratio(196, 100)?)?;
    Ok(Some((rate.minus(swing)?.max(Exact::whole(0)), rate.plus(swing)?)))
}
