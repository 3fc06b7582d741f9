//! What is owed: how it came about, what it is worth, what of it will be redeemed, and what that is by IFRS 15.

use crate::engine::totals::Totals;
use crate::program::{WalletId, WalletKind};
use crate::report::build::window;
use crate::report::deep::Deep;
use crate::report::flows::{Flow, Months};
use crate::report::ifrs15::{allocate, recognised};
use crate::report::lots::OfWallet;
use crate::report::metrics::{Days, Inputs, face_value, kept, owed_value};
use crate::report::model::{Claim, Column, Label, Picture, Section, Table, Unit, Value};
use crate::report::write::format::{money, percent};
use crate::value::{Checked, Currency, Exact, Overflow, Rounding};

/// The section, from the sums of the run that is told and its flows by month, if they were kept.
pub(super) fn section(inputs: &Inputs, totals: &Totals, deep: Option<&Deep>, label: Label) -> Section {
    let mut section = Section::new("owed", "What is owed", label);
    section.folded = true;
    section.tables = vec![rolled(inputs, deep.map(|deep| &deep.flows), label)];
    if let Ok((claims, table)) = at_the_end(inputs, totals, deep.map_or(&[][..], |deep| &deep.lots), label) {
        section.claims = claims;
        section.tables.push(table);
    }
    if let Some(Ok((claims, tables))) = deep.map(|deep| super::expiry::told(inputs, &deep.lots, label)) {
        section.claims.extend(claims);
        section.tables.extend(tables);
    }
    section.tables.extend(ifrs(inputs, totals, label).ok());
    section
}

/// Units of a wallet in money, minor units; nothing where they have no value in money.
pub(super) fn worth_of(inputs: &Inputs, wallet: usize, units: i128) -> Checked<Option<Exact>> {
    let id = WalletId(u16::try_from(wallet).map_err(|_| Overflow)?);
    face_value(inputs.program, id)?.map(|worth| worth.times(Exact::whole(units))).transpose()
}

fn rolled(inputs: &Inputs, months: Option<&Months>, label: Label) -> Table {
    let unit = |id: &str, words: &str| Column::new(id, words, Unit::Money);
    let mut rows = Vec::new();
    let mut reason = None;
    match months {
        None => reason = Some("flows are added up only with --full or --report".to_owned()),
        Some(months) => {
            for (index, wallet) in inputs.program.wallets.iter().enumerate() {
                rows.extend(quarters(inputs, months, index, &wallet.name).unwrap_or_default());
            }
        }
    }
    if rows.is_empty() && reason.is_none() {
        reason = Some("no wallet holds anything that is worth money".to_owned());
    }
    Table {
        id: "owed_quarters".to_owned(),
        title: "What was owed by quarter, in money".to_owned(),
        label,
        assumes: Vec::new(),
        definition:
            "opening + issued + adjusted − used − expired − taken back = closing; units at what they are worth (without `worth`, at \
                     what `redeem` pays for them), pending ones included; what expires at a midnight belongs to the day that it begins"
                .to_owned(),
        window: window(Days::Whole, inputs.behaviour),
        columns: vec![
            Column::text("quarter", "quarter"),
            Column::text("wallet", "wallet"),
            unit("opening", "opening"),
            unit("issued", "issued"),
            unit("adjusted", "adjusted"),
            unit("used", "used"),
            unit("expired", "expired"),
            unit("taken_back", "taken back"),
            unit("closing", "closing"),
        ],
        picture: one_wallet(&rows).then(|| Picture::Steps(vec![8])),
        rows,
        reason,
    }
}

/// Whether all rows are of one: only then do they make one line.
fn one_wallet(rows: &[Vec<Value>]) -> bool {
    rows.windows(2).all(|pair| matches!(pair, [a, b] if a.get(1) == b.get(1)))
}

fn quarters(inputs: &Inputs, months: &Months, wallet: usize, name: &str) -> Checked<Vec<Vec<Value>>> {
    let mut by_quarter: Vec<((i32, u8), Flow)> = Vec::new();
    for ((year, month), flows) in months {
        let quarter = (*year, month.saturating_sub(1) / 3 + 1);
        let flow = flows.get(wallet).copied().unwrap_or_default();
        match by_quarter.last_mut() {
            Some((last, sum)) if *last == quarter => *sum = sum.plus(&flow),
            _ => by_quarter.push((quarter, flow)),
        }
    }
    let mut opening = 0_i128;
    let mut rows = Vec::new();
    for ((year, quarter), flow) in by_quarter {
        // What members held at first is no flow of its quarter.
        opening = opening.checked_add(flow.opened).ok_or(Overflow)?;
        let closing = opening.checked_add(flow.net()).and_then(|sum| sum.checked_sub(flow.opened)).ok_or(Overflow)?;
        let mut row = vec![Value::Text(format!("{year} Q{quarter}")), Value::Text(name.to_owned())];
        for units in [opening, flow.issued, flow.adjusted, flow.used, flow.expired, flow.taken_back, closing] {
            let Some(money) = worth_of(inputs, wallet, units)? else { return Ok(Vec::new()) };
            row.push(Value::Number(money));
        }
        rows.push(row);
        opening = closing;
    }
    Ok(rows)
}

/// How far the rate so far can be trusted, beside what the age of the units says. Where nothing was redeemed there is no rate to doubt.
fn doubt(expected: Exact, by_age: Option<Exact>, currency: &Currency) -> Option<String> {
    const OVER: &str = "That rate overstates what will come: surviving units belong to those who redeem less.";
    if expected.numerator() <= 0 {
        return None;
    }
    let told = by_age.map(|by_age| money(by_age, currency));
    Some(match (by_age, told) {
        (Some(_), Some(told)) if told == money(expected, currency) => "By the age of what is left it comes to the same.".to_owned(),
        (Some(by_age), Some(told)) if by_age < expected => format!(
            "{OVER} By the age of what is left it is {told}, which is too low where customers have become better: the truth mostly lies \
             between."
        ),
        (Some(_), Some(told)) => format!("By the age of what is left it is {told}."),
        _ => OVER.to_owned(),
    })
}

fn at_the_end(inputs: &Inputs, totals: &Totals, lots: &[OfWallet], label: Label) -> Checked<(Vec<Claim>, Table)> {
    let mut rows = Vec::new();
    // What will be used by the age of units, as far as it is known of all wallets.
    let mut by_age = (!lots.is_empty()).then(|| Exact::whole(0));
    for (index, (wallet, sums)) in inputs.program.wallets.iter().zip(&totals.wallets).enumerate() {
        let (Some(balance), Some(pending)) = (worth_of(inputs, index, sums.balance.max(0))?, worth_of(inputs, index, sums.pending)?) else {
            continue;
        };
        let rate = rate_of(sums.matured_spent, sums.matured_issued)?.or(rate_of(sums.spent, kept(sums))?);
        let face = balance.plus(pending)?;
        let expected = rate.map(|rate| face.times(rate)).transpose()?;
        let each = worth_of(inputs, index, 1)?;
        let still = lots.get(index).map(OfWallet::still_to_be_spent).transpose()?.flatten();
        let still = still.zip(each).map(|(units, each)| units.times(each)).transpose()?;
        by_age = match (by_age, still) {
            (Some(sum), Some(still)) => Some(sum.plus(still)?),
            (sum, None) if face.numerator() == 0 => sum,
            _ => None,
        };
        rows.push(vec![
            Value::Text(wallet.name.clone()),
            Value::Number(balance),
            Value::Number(pending),
            Value::Number(face),
            Value::known(rate),
            Value::known(expected),
            Value::known(still),
        ]);
    }
    let owed = owed_value(inputs, totals)?;
    let mut claims = Vec::new();
    if owed.face.numerator() > 0 {
        let currency = &inputs.program.currency;
        let text = format!(
            "At the close {} are owed at face value; at the rate at which units have been redeemed so far, {} of it will be.",
            money(owed.face, currency),
            money(owed.expected, currency)
        );
        claims.push(Claim::new(text, label, &["owed_at_close"]));
        claims.extend(doubt(owed.expected, by_age, currency).map(|text| Claim::new(text, label, &["owed_at_close"])));
    }
    let unit = |id: &str, words: &str| Column::new(id, words, Unit::Money);
    let table = Table {
        id: "owed_at_close".to_owned(),
        title: "What is owed at the close, in money".to_owned(),
        label,
        assumes: Vec::new(),
        definition:
            "balance and pending units at what they are worth; rate: spent / issued of lots that could have expired, where there are \
                     any, else of the window; expected: face value × rate; by age: of as much as had survived to the age of each unit in lots whose \
                     time is over, what was still redeemed after it"
                .to_owned(),
        window: window(Days::End, inputs.behaviour),
        columns: vec![
            Column::text("wallet", "wallet"),
            unit("balance", "balance"),
            unit("pending", "pending"),
            unit("face", "face value"),
            Column::new("rate", "rate", Unit::Rate),
            unit("expected", "expected"),
            unit("expected_by_age", "by age"),
        ],
        reason: rows.is_empty().then(|| "no wallet holds anything that is worth money".to_owned()),
        rows,
        picture: None,
    };
    Ok((claims, table))
}

fn rate_of(spent: i128, issued: i128) -> Checked<Option<Exact>> {
    if issued > 0 { Exact::ratio(spent, issued).map(Some) } else { Ok(None) }
}

/// Points as a material right over the window: allocated, recognised, left as a liability.
fn ifrs(inputs: &Inputs, totals: &Totals, label: Label) -> Checked<Table> {
    let goods = inputs.behaviour.life.net_sales()?;
    let mut rows = Vec::new();
    let mut reason = None;
    for (index, (wallet, sums)) in inputs.program.wallets.iter().zip(&totals.wallets).enumerate() {
        // What is paid in money is a lower price, no right.
        if wallet.kind != WalletKind::Points {
            continue;
        }
        let issued = kept(sums);
        let rate = rate_of(sums.matured_spent, sums.matured_issued)?.or(rate_of(sums.spent, issued)?);
        let (Some(rate), Some(all), true) = (rate, worth_of(inputs, index, issued)?, goods > 0) else { continue };
        let expected = Exact::whole(issued).times(rate)?.max(Exact::whole(sums.spent));
        if expected.numerator() <= 0 {
            continue;
        }
        let alone = all.times(expected.divided_by(Exact::whole(issued))?)?;
        let shared = allocate(goods, Exact::whole(goods), alone)?;
        let revenue = recognised(shared.points, Exact::whole(sums.spent), expected, 0)?;
        rows.push(vec![
            Value::Text(wallet.name.clone()),
            Value::whole(goods),
            Value::Number(Exact::whole(alone.round(Rounding::HalfUp)?)),
            Value::whole(shared.goods),
            Value::whole(shared.points),
            Value::Text(percent(Exact::whole(sums.spent).divided_by(expected)?)),
            Value::whole(revenue),
            Value::whole(shared.points.checked_sub(revenue).ok_or(Overflow)?),
        ]);
    }
    if rows.is_empty() {
        reason = Some("no points that are worth money were issued and redeemed".to_owned());
    }
    let unit = |id: &str, words: &str| Column::new(id, words, Unit::Money);
    Ok(Table {
        id: "ifrs15".to_owned(),
        title: "Points as a material right by IFRS 15: a management estimate, no accounting advice".to_owned(),
        label,
        assumes: Vec::new(),
        definition: "price: (revenue − refunds) of the purchases while the program runs, shared between goods and points by stand-alone \
                     prices; that of points: issued less taken back × worth × expected redemption; revenue from points: the share allocated \
                     × redeemed / expected; the rest is a contract liability. Money wallets lower the price instead"
            .to_owned(),
        window: window(Days::Life, inputs.behaviour),
        columns: vec![
            Column::text("wallet", "wallet"),
            unit("price", "price"),
            unit("points_alone", "points alone"),
            unit("goods", "to goods"),
            unit("points", "to points"),
            Column::text("redeemed", "redeemed of expected"),
            unit("recognised", "recognised"),
            unit("liability", "liability"),
        ],
        rows,
        picture: None,
        reason,
    })
}
