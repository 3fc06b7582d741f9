//! Ledger entries as lines of CSV or JSON, or as rows for Parquet.

use super::csv::guarded;
use super::parquet::Row;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::history::model::{Account, History};
use crate::program::{Program, Rule};
use crate::value::Decimal;
use serde::Serialize;
use std::borrow::Cow;

/// The forms of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerForm {
    Csv,
    JsonLines,
    Parquet,
}

/// Writes entries of one program and history.
#[derive(Clone, Copy, Debug)]
pub struct LedgerLines<'a> {
    pub program: &'a Program,
    pub history: &'a History,
    pub form: LedgerForm,
    /// What a unit of reward value costs the firm.
    pub reward_cost: Decimal,
}

/// The columns.
#[derive(Serialize)]
struct Line<'a> {
    seq: u32,
    at: String,
    account: Cow<'a, str>,
    purchase: Option<Cow<'a, str>>,
    rule: Cow<'a, str>,
    kind: &'a str,
    wallet: Option<Cow<'a, str>>,
    wanted: String,
    granted: String,
    unit: Cow<'a, str>,
    count: i64,
    lot: Option<u32>,
    expires: Option<String>,
    reverses: Option<u32>,
    cost: String,
    value: String,
}

/// The names of the columns, in order.
pub const COLUMNS: [&str; 16] = [
    "seq", "at", "account", "purchase", "rule", "kind", "wallet", "wanted", "granted", "unit", "count", "lot", "expires", "reverses",
    "cost", "value",
];

impl<'a> LedgerLines<'a> {
    /// What stands before the first entry.
    #[must_use]
    pub fn header(&self) -> String {
        match self.form {
            LedgerForm::Csv => COLUMNS.join(",") + "\n",
            LedgerForm::JsonLines | LedgerForm::Parquet => String::new(),
        }
    }

    /// Appends the entries of an account.
    ///
    /// # Errors
    /// Those of the formats' writers, which do not fail in memory.
    pub fn write(&self, part: usize, account: usize, entries: &[Entry], out: &mut Vec<u8>) -> std::io::Result<()> {
        let Some(account) = self.history.parts.get(part).and_then(|part| part.accounts.get(account)) else { return Ok(()) };
        match self.form {
            LedgerForm::Csv => {
                let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
                for entry in entries {
                    let line = self.line(part, account, entry);
                    writer.serialize(Line {
                        account: guard(line.account),
                        purchase: line.purchase.map(guard),
                        rule: guard(line.rule),
                        wallet: line.wallet.map(guard),
                        unit: guard(line.unit),
                        ..line
                    })?;
                }
                writer.flush()
            }
            LedgerForm::JsonLines => {
                for entry in entries {
                    serde_json::to_writer(&mut *out, &self.line(part, account, entry))?;
                    out.push(b'\n');
                }
                Ok(())
            }
            // Rows for [`super::LedgerParquet`], which wants them in their final order.
            LedgerForm::Parquet => {
                for entry in entries {
                    serde_json::to_writer(&mut *out, &self.row(part, account, entry))?;
                    out.push(b'\n');
                }
                Ok(())
            }
        }
    }

    fn row(&self, part: usize, account: &'a Account, entry: &Entry) -> Row {
        let line = self.line(part, account, entry);
        let zeros = super::parquet::scale(self.program).saturating_sub(self.scale(entry.unit));
        let amount = |amount: i64| (i128::from(amount) * 10_i128.pow(u32::from(zeros))).to_string();
        Row {
            seq: line.seq.into(),
            at: self.program.zone.local(entry.at).0,
            account: line.account.into_owned(),
            purchase: line.purchase.map(Cow::into_owned),
            rule: line.rule.into_owned(),
            kind: line.kind.to_owned(),
            wallet: line.wallet.map(Cow::into_owned),
            wanted: amount(entry.wanted),
            granted: amount(entry.granted),
            unit: line.unit.into_owned(),
            count: line.count,
            lot: line.lot.map(i64::from),
            expires: entry.expires.map(|date| date.0),
            reverses: line.reverses.map(i64::from),
            cost: self.cost(entry).mantissa.to_string(),
            value: entry.value(self.program).to_string(),
        }
    }

    /// What an entry costs the firm, exactly: in minor units and as many further decimals as the cost of reward value has.
    fn cost(&self, entry: &Entry) -> Decimal {
        let (plain, redeemed) = entry.cost(self.program);
        let unit = 10_i128.saturating_pow(u32::from(self.reward_cost.scale));
        let mantissa = plain.saturating_mul(unit).saturating_add(redeemed.saturating_mul(self.reward_cost.mantissa));
        Decimal::new(mantissa, self.program.currency.decimals.saturating_add(self.reward_cost.scale))
    }

    /// Decimals of an amount.
    fn scale(&self, unit: Unit) -> u8 {
        match unit {
            Unit::Money => self.program.currency.decimals,
            Unit::Wallet(id) => self.program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale),
            Unit::Count => 0,
        }
    }

    fn line(&self, part: usize, account: &'a Account, entry: &Entry) -> Line<'a> {
        let (program, currency) = (self.program, &self.program.currency);
        let wallet = match entry.unit {
            Unit::Wallet(id) => program.wallets.get(id.index()),
            Unit::Money | Unit::Count => None,
        };
        let scale = self.scale(entry.unit);
        let amount = |amount: i64| Decimal::new(i128::from(amount), scale).to_string();
        let unit = match entry.unit {
            Unit::Money => currency.code.as_str().into(),
            Unit::Wallet(_) => wallet.map_or("", |wallet| wallet.name.as_str()).into(),
            Unit::Count => self.counted(entry.kind),
        };
        Line {
            seq: entry.seq,
            at: program.zone.local(entry.at).to_string(),
            account: account.id.as_str().into(),
            purchase: entry.purchase.map(|number| self.purchase(part, account, number)),
            rule: self.sentence(entry.source),
            kind: entry.kind.word(),
            wallet: wallet.map(|wallet| wallet.name.as_str().into()),
            wanted: amount(entry.wanted),
            granted: amount(entry.granted),
            unit,
            count: entry.count,
            lot: entry.lot,
            expires: entry.expires.map(|date| date.to_string()),
            reverses: entry.reverses,
            cost: self.cost(entry).to_string(),
            value: Decimal::new(entry.value(program), currency.decimals).to_string(),
        }
    }

    /// The purchase's id, or which of the account's it is where the data has none.
    fn purchase(&self, part: usize, account: &Account, number: u32) -> Cow<'a, str> {
        let index = account.purchases.start.saturating_add(number);
        let id = self.history.parts.get(part).map(|part| part.purchases.id.get(index)).unwrap_or_default();
        if id.is_empty() { format!("#{}", u64::from(number).saturating_add(1)).into() } else { id }
    }

    /// The name of what is counted in pieces.
    fn counted(&self, kind: Kind) -> Cow<'a, str> {
        let program = self.program;
        let name = match kind {
            Kind::Gift(gift) | Kind::GiftCollected(gift) | Kind::GiftExpired(gift) | Kind::Prize(_, gift) => {
                program.gifts.get(gift.index()).map(|gift| gift.name.as_str())
            }
            Kind::Entries(draw) => program.draws.get(draw.index()).map(|draw| draw.name.as_str()),
            Kind::Access(access) => program.accesses.get(access.index()).map(String::as_str),
            Kind::TierUp(tier) | Kind::TierDown(tier) | Kind::OpeningTier(tier) => Some(program.tier_name(tier)),
            other => Some(other.word()),
        };
        name.unwrap_or_default().into()
    }

    /// The name of the sentence, or its quote.
    fn sentence(&self, source: Source) -> Cow<'a, str> {
        let program = self.program;
        let of_rule = |rule: &'a Rule| Cow::Borrowed(rule.name.as_deref().unwrap_or(&rule.label));
        let at = usize::from;
        let found = match source {
            Source::Rule(rule) => program.rules.get(rule.index()).map(of_rule),
            Source::Redeem(index) => program.redeems.get(at(index)).map(|redeem| redeem.label.as_str().into()),
            Source::Reward(index) => program.rewards.get(at(index)).map(|reward| of_rule(&reward.rule)),
            Source::Exchange(index) => program.exchanges.get(at(index)).map(|exchange| of_rule(&exchange.rule)),
            Source::Wallet(wallet) => program.wallets.get(wallet.index()).map(|wallet| wallet.name.as_str().into()),
            Source::Ladder(index) => program.ladders.get(at(index)).map(|ladder| match &ladder.name {
                Some(name) => format!("tiers \"{name}\"").into(),
                None => "tiers".into(),
            }),
            Source::Draw(draw) => program.draws.get(draw.index()).map(|draw| format!("draw \"{}\"", draw.name).into()),
            Source::Given => Some("the history".into()),
        };
        found.unwrap_or_default()
    }
}

fn guard(text: Cow<'_, str>) -> Cow<'_, str> {
    match guarded(&text) {
        Cow::Owned(guarded) => Cow::Owned(guarded),
        Cow::Borrowed(_) => text,
    }
}
