//! All metrics of a program: the fixed ones, and those of its wallets, tiers and sentences.

use super::program_rows::{REDEEMING, matured_rate, rule_granted, wallet_rate};
use super::{Days, From, Inputs, On, Row, RuleUnit, clv_rows, history_rows, profit_rows, program_rows, repeat_rows, rule_unit};
use crate::diagnostic::nearest;
use crate::engine::totals::{RuleTotals, Totals, WalletTotals};
use crate::program::{Program, Rule, TierId, Wallet, WalletKind};
use crate::report::model::{Cell, Unit};
use crate::value::{Checked, name_key};

/// A metric of one program.
pub(in crate::report) struct Entry<'a> {
    pub id: String,
    /// How `expect` may call it, in lower case.
    pub words: Vec<String>,
    pub unit: Unit,
    pub from: From,
    pub days: Days,
    pub on: &'static [On],
    pub definition: String,
    /// Whether it is fitted.
    pub estimated: bool,
    pub metered: Metered<'a>,
}

/// Where the figure comes from.
pub(in crate::report) enum Metered<'a> {
    Row(&'static Row),
    Wallet(usize, &'static WalletRow),
    Tier(TierId),
    Fired(Giver<'a>),
    Granted(Giver<'a>),
}

/// A sentence that gives something, and where its sums stand.
#[derive(Clone, Copy)]
pub(in crate::report) struct Giver<'a> {
    rule: &'a Rule,
    list: fn(&Totals) -> &Vec<RuleTotals>,
    index: usize,
}

/// The definition of a metric that every wallet has.
pub(in crate::report) struct WalletRow {
    pub(super) suffix: &'static str,
    /// With `{}` for the wallet's name.
    pub(super) words: &'static [&'static str],
    pub(super) rate: bool,
    pub(super) definition: &'static str,
    compute: fn(&WalletTotals, u8) -> Checked<Cell>,
}

const fn units(
    suffix: &'static str,
    words: &'static [&'static str],
    definition: &'static str,
    compute: fn(&WalletTotals, u8) -> Checked<Cell>,
) -> WalletRow {
    WalletRow { suffix, words, rate: false, definition, compute }
}

/// The metrics of a wallet.
pub(super) const WALLET_ROWS: &[WalletRow] = &[
    units("opening", &["opening balance of {}"], "units that members held when the books were opened, less what they owed", |w, _| {
        Ok(Cell::whole(w.opening))
    }),
    units("issued", &["{} issued", "{} earned"], "units granted, pending ones included", |w, _| Ok(Cell::whole(w.issued))),
    units("adjusted", &["{} adjusted"], "units that a wallet lacked and a refund bore, beside those issued", |w, _| {
        Ok(Cell::whole(w.adjusted))
    }),
    units("spent", &["{} spent", "{} redeemed"], "units that paid for purchases, rewards and exchanges", |w, _| Ok(Cell::whole(w.spent))),
    units("expired", &["{} expired"], "units not used in time", |w, _| Ok(Cell::whole(w.expired))),
    units("taken_back", &["{} taken back"], "units taken back after returns or for want of confirmation", |w, _| {
        Ok(Cell::whole(w.taken_back))
    }),
    units("balance", &["balance of {}", "{} balance"], "units that could be spent at the end, less what is owed", |w, _| {
        Ok(Cell::whole(w.balance))
    }),
    units("pending", &["{} pending"], "units issued that could not be spent yet at the end", |w, _| Ok(Cell::whole(w.pending))),
    WalletRow {
        suffix: "redemption_rate",
        words: &["redemption rate of {}", "{} redemption rate"],
        rate: true,
        definition: "spent / issued less taken back, all in the whole window, opening balances among what was issued; immature as long \
                     as lots have not had the time to expire",
        compute: wallet_rate,
    },
    WalletRow {
        suffix: "redemption_rate.matured",
        words: &["matured redemption rate of {}"],
        rate: true,
        definition: "spent / issued of the lots whose last day lies before the window's end, opening balances among them",
        compute: matured_rate,
    },
];

/// The metrics that every program has, in the order of reports.
fn fixed_rows() -> impl Iterator<Item = &'static Row> {
    history_rows::ROWS.iter().chain(repeat_rows::ROWS).chain(clv_rows::ROWS).chain(program_rows::ROWS).chain(profit_rows::ROWS)
}

/// All metrics of a program, in the order of reports.
pub(in crate::report) fn catalogue(program: &Program) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry> = fixed_rows().map(fixed).collect();
    for (index, wallet) in program.wallets.iter().enumerate() {
        entries.extend(WALLET_ROWS.iter().map(|row| {
            let unit = if row.rate { Unit::Rate } else { unit_of(wallet) };
            Entry {
                id: format!("wallet.{}.{}", wallet.name, row.suffix),
                words: row.words.iter().map(|words| name_key(&words.replace("{}", &wallet.name))).collect(),
                unit,
                from: From::Run,
                days: Days::Whole,
                on: REDEEMING,
                definition: row.definition.to_owned(),
                estimated: false,
                metered: Metered::Wallet(index, row),
            }
        }));
    }
    for tier in tiers(program) {
        let name = program.tier_name(tier);
        let words = ["members in tier {}", "members of {}", "{} members"].map(|words| name_key(&words.replace("{}", name)));
        entries.push(Entry {
            id: format!("tier.{name}.members"),
            words: words.to_vec(),
            unit: Unit::Count,
            from: From::Run,
            days: Days::End,
            on: REDEEMING,
            definition: "members who hold the tier".to_owned(),
            estimated: false,
            metered: Metered::Tier(tier),
        });
    }
    givers(program).into_iter().for_each(|giver| entries.extend(of_giver(program, giver)));
    entries
}

impl Entry<'_> {
    /// Whether it says nothing of these runs: opening balances of a history that opens with none.
    pub(in crate::report) fn is_silent(&self, runs: &[&Totals]) -> bool {
        match &self.metered {
            Metered::Wallet(index, row) if row.suffix == "opening" => {
                runs.iter().all(|totals| totals.wallets.get(*index).is_none_or(|wallet| wallet.opening == 0))
            }
            _ => false,
        }
    }
}

/// Units of a money wallet are money.
pub(in crate::report) fn unit_of(wallet: &Wallet) -> Unit {
    match wallet.kind {
        WalletKind::Money => Unit::Money,
        WalletKind::Points | WalletKind::Stamps => Unit::Units { name: wallet.name.clone(), scale: wallet.scale },
    }
}

fn fixed(row: &'static Row) -> Entry<'static> {
    Entry {
        id: row.id.to_owned(),
        words: row.words.iter().map(|words| (*words).to_owned()).collect(),
        unit: row.unit.clone(),
        from: row.from,
        days: row.days,
        on: row.on,
        definition: row.definition.to_owned(),
        estimated: clv_rows::ROWS.iter().any(|fitted| fitted.id == row.id),
        metered: Metered::Row(row),
    }
}

/// The tiers of all ladders, as written.
pub(in crate::report) fn tiers(program: &Program) -> Vec<TierId> {
    let rungs = |(ladder, rungs): (usize, usize)| {
        (0..rungs).filter_map(move |rung| {
            let ladder = crate::program::LadderId(u16::try_from(ladder).ok()?);
            Some(TierId { ladder, rung: u8::try_from(rung).ok()? })
        })
    };
    program.ladders.iter().map(|ladder| ladder.rungs.len()).enumerate().flat_map(rungs).collect()
}

/// The name of a sentence in ids: its own, or the number of its statement.
pub(in crate::report) fn rule_id(rule: &Rule) -> String {
    rule.name.clone().unwrap_or_else(|| rule.statement.to_string())
}

fn givers(program: &Program) -> Vec<Giver<'_>> {
    let rules = program.rules.iter().enumerate().map(|(index, rule)| Giver { rule, list: |totals| &totals.rules, index });
    let exchanges = program.exchanges.iter().enumerate().map(|(index, exchange)| Giver {
        rule: &exchange.rule,
        list: |totals| &totals.exchanges,
        index,
    });
    let rewards =
        program.rewards.iter().enumerate().map(|(index, reward)| Giver { rule: &reward.rule, list: |totals| &totals.rewards, index });
    rules.chain(exchanges).chain(rewards).collect()
}

fn of_giver<'a>(program: &'a Program, giver: Giver<'a>) -> [Entry<'a>; 2] {
    let id = rule_id(giver.rule);
    let entry = |suffix: &str, unit: Unit, what: &str, metered: Metered<'a>| Entry {
        id: format!("rule.{id}.{suffix}"),
        words: Vec::new(),
        unit,
        from: From::Run,
        days: Days::Whole,
        on: REDEEMING,
        definition: format!("{what}: {}", giver.rule.label),
        estimated: false,
        metered,
    };
    let (unit, what) = match rule_unit(giver.rule) {
        RuleUnit::Discount => (Unit::Money, "money off, less what returns took back"),
        RuleUnit::Gifts => (Unit::Count, "gifts, less those taken back"),
        RuleUnit::Wallet(wallet) => {
            let unit = program.wallets.get(wallet.index()).map_or(Unit::Number, unit_of);
            (unit, "units issued, less what returns took back")
        }
        RuleUnit::Value => (Unit::Money, "value of what it gave: money off, cost of gifts, messages and donations, units at worth"),
    };
    [
        entry("fired", Unit::Count, "how often it gave something", Metered::Fired(giver)),
        entry("granted", unit, what, Metered::Granted(giver)),
    ]
}

impl Giver<'_> {
    fn totals<'t>(&self, totals: &'t Totals) -> Option<&'t RuleTotals> {
        (self.list)(totals).get(self.index)
    }
}

impl Metered<'_> {
    /// The figure under one run.
    pub(in crate::report) fn compute(&self, inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
        let none = || Cell::missing("this run has no such sum");
        match self {
            Self::Row(row) => (row.compute)(inputs, totals),
            Self::Wallet(index, row) => {
                let scale = inputs.program.wallets.get(*index).map_or(0, |wallet| wallet.scale);
                totals.wallets.get(*index).map_or_else(|| Ok(none()), |wallet| (row.compute)(wallet, scale))
            }
            Self::Tier(tier) => {
                let rung = totals.tiers.get(tier.ladder.index()).and_then(|ladder| ladder.get(usize::from(tier.rung)));
                Ok(rung.map_or_else(none, |rung| Cell::whole(i128::from(rung.members))))
            }
            Self::Fired(giver) => Ok(giver.totals(totals).map_or_else(none, |rule| Cell::whole(i128::from(rule.fired)))),
            Self::Granted(giver) => {
                let unit = rule_unit(giver.rule);
                giver.totals(totals).map_or_else(|| Ok(none()), |rule| rule_granted(inputs.program, unit, rule))
            }
        }
    }
}

/// A metric that words or an id name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    pub unit: Unit,
    /// `of revenue` is written behind it: it is meant as a share of sales.
    pub of_sales: bool,
}

/// Words that name no metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The words or id that were probably meant.
    pub suggestion: Option<String>,
}

/// The words that name metrics of every program, for documentation.
#[must_use]
pub fn metric_words() -> Vec<&'static str> {
    fixed_rows().flat_map(|row| row.words).copied().collect()
}

/// The metric that words or an id name.
///
/// # Errors
/// [`Unknown`], with the nearest that exists.
pub fn resolve_metric(words: &str, program: &Program) -> Result<Named, Unknown> {
    let asked = name_key(&words.split_whitespace().collect::<Vec<_>>().join(" "));
    let entries = catalogue(program);
    let calls = |entry: &&Entry| name_key(&entry.id) == asked || entry.words.contains(&asked);
    if let Some(entry) = entries.iter().find(calls) {
        return Ok(Named { id: entry.id.clone(), unit: entry.unit.clone(), of_sales: false });
    }
    if let Some(words) = asked.strip_suffix(" of revenue").or_else(|| asked.strip_suffix(" of sales")) {
        let named = resolve_metric(words, program)?;
        return Ok(Named { of_sales: true, ..named });
    }
    let known = entries.iter().flat_map(|entry| entry.words.iter().map(String::as_str).chain([entry.id.as_str()]));
    // A part of a name: of the program rather than of one of its parts.
    let part = |entry: &&Entry| !asked.is_empty() && entry.id.split(['.', '_']).any(|part| name_key(part) == asked);
    let of_program = entries.iter().filter(part).find(|entry| entry.id.starts_with("program."));
    let partly = || of_program.or_else(|| entries.iter().find(part)).map(|entry| entry.id.clone());
    Err(Unknown { suggestion: nearest(&asked, known).map(str::to_owned).or_else(partly) })
}
