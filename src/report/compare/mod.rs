//! Several programs over one history: what each costs, whom each serves, and on what condition the dearer one is the better.
//!
//! Every figure of one program is that of its own report; what is added here are differences, account by account.

mod answer;
mod paired;
mod rows;
mod sides;
mod texts;
mod uplift;
mod winners;

pub use paired::Band;
pub use rows::{Customer, Got, Rows};
pub use texts::{Difference, differences};

use super::build::{About, Runs};
use super::metrics::{Inputs, cost_parts, owed_value};
use super::model::{AboutHistory, Claim, Label, Report, Section};
use crate::assumptions::End;
use crate::engine::totals::Totals;
use crate::value::{Checked, Currency, Rounding};
use std::collections::BTreeMap;

/// A program among those compared.
#[derive(Debug)]
pub struct Contender<'a> {
    /// What tells it from the others.
    pub label: String,
    pub about: About<'a>,
    /// Its own report.
    pub report: Report,
    /// Its places in [`Customer::under`], one a run in the order of [`Runs::all`].
    pub runs: Vec<usize>,
    /// Its sentences in one form, without examples.
    pub sentences: Vec<String>,
}

/// All that a comparison is made from.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The first is what the others are held against.
    pub contenders: Vec<Contender<'a>>,
    pub customers: Vec<Customer>,
    /// How many parts of a minor unit [`Got::cost`] counts in.
    pub parts: i128,
    /// The segments of the first program, and by customer those that hold at the close.
    pub segments: (Vec<String>, BTreeMap<String, Vec<u16>>),
    /// By program but the first: what each difference of its text costs by itself; none where nobody asked.
    pub alone: Vec<Vec<Alone>>,
}

/// What a difference of two texts costs by itself before fixed cost, minor units; `None` where it cannot stand alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone {
    /// The first program costs so much more with it.
    pub with: Option<i128>,
    /// The other costs so much less without it.
    pub without: Option<i128>,
}

/// What several runs of programs come to together, as plain data.
#[derive(Clone, Debug)]
pub struct Findings {
    pub currency: Currency,
    pub history: AboutHistory,
    /// What it comes to, in a sentence or two, and what cannot be said.
    pub answer: Vec<Claim>,
    pub assumptions: Vec<String>,
    pub sections: Vec<Section>,
    pub notes: Vec<String>,
}

/// A comparison as plain data.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub findings: Findings,
    pub programs: Vec<Side>,
    pub customers: Vec<Customer>,
    /// How many parts of a minor unit [`Got::cost`] counts in.
    pub parts: i128,
}

/// A program of a comparison.
#[derive(Clone, Debug)]
pub struct Side {
    pub label: String,
    pub report: Report,
    /// The place in [`Customer::under`] of the run that customers are told of: that by the assumptions, or of everybody redeeming
    /// as soon as possible.
    pub run: usize,
    /// The names of the tiers of its first ladder.
    pub tiers: Vec<String>,
}

/// Makes the comparison; `None` without a program.
///
/// # Errors
/// [`crate::value::Overflow`] where sums do not fit.
pub fn build(mut compared: Compared) -> Checked<Option<Comparison>> {
    compared.customers.sort_by(|a, b| a.id.cmp(&b.id));
    let Some(first) = compared.contenders.first() else { return Ok(None) };
    let field = Field::of(&compared, first)?;
    let mut sections = vec![sides::section(&field)?, uplift::section(&field)?];
    for other in 1..field.all.len() {
        sections.push(winners::section(&field, other)?);
    }
    let answer = answer::claims(&field)?;
    let mut assumptions: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for contender in &compared.contenders {
        for said in &contender.report.assumptions {
            if !assumptions.contains(said) {
                assumptions.push(said.clone());
            }
        }
        for note in &contender.report.notes {
            // What holds for several is told once.
            if !notes.iter().any(|known| known.ends_with(note.as_str())) {
                notes.push(format!("{}: {note}", contender.label));
            }
        }
    }
    let (currency, history) = (first.about.program.currency.clone(), first.report.history.clone());
    let side = |contender: &Contender| Side {
        tiers: contender.tiers(),
        label: contender.label.clone(),
        report: contender.report.clone(),
        run: contender.place(Kind::Base),
    };
    let programs = compared.contenders.iter().map(side).collect();
    let (customers, parts) = (compared.customers.clone(), compared.parts);
    let findings = Findings { currency, history, answer, assumptions, sections, notes };
    Ok(Some(Comparison { findings, programs, customers, parts }))
}

/// A run among those of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nobody redeems.
    Never,
    /// By what is assumed; where nothing says when members redeem, everybody as soon as possible.
    Base,
    /// At the ends of the ranges that are assumed.
    Low,
    High,
}

/// A kind of run with what is said of it.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    /// The end of a sentence, such as `if nobody redeems`; empty where there is one.
    words: &'static str,
}

impl Contender<'_> {
    /// Which of its runs it is: the only one stands for all kinds.
    fn run(&self, kind: Kind) -> usize {
        match (self.about.runs, kind) {
            (Runs::One(_), _) | (Runs::Envelope { .. }, Kind::Never) | (Runs::Ranges { .. }, Kind::Low) => 0,
            (Runs::Envelope { .. }, _) | (Runs::Ranges { .. }, Kind::Base | Kind::Never) => 1,
            (Runs::Ranges { .. }, Kind::High) => 2,
        }
    }

    fn place(&self, kind: Kind) -> usize {
        self.runs.get(self.run(kind)).copied().unwrap_or(usize::MAX)
    }

    fn tiers(&self) -> Vec<String> {
        self.about.program.ladders.first().map_or_else(Vec::new, |ladder| ladder.rungs.iter().map(|rung| rung.name.clone()).collect())
    }
}

/// What a run comes to, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bill {
    /// All cost that grows with sales.
    variable: i128,
    fixed: i128,
    /// What is owed at the close at what it is worth.
    owed: i128,
    members: u64,
    /// What customers paid the program.
    fees: i128,
    /// What further purchases of an assumed response came to.
    further: Option<i128>,
}

impl Bill {
    /// All cost.
    fn cost(self) -> i128 {
        self.variable.saturating_add(self.fixed)
    }
}

/// A program with what its runs came to.
struct One<'a> {
    contender: &'a Contender<'a>,
    bills: Vec<Bill>,
    /// What was sold and kept while it runs, minor units.
    sales: i128,
}

/// All programs side by side.
struct Field<'a> {
    compared: &'a Compared<'a>,
    all: Vec<One<'a>>,
    customers: &'a [Customer],
    parts: i128,
    cases: Vec<Case>,
    label: Label,
    window: String,
    currency: &'a Currency,
    /// Days of the window.
    days: i128,
}

impl<'a> Field<'a> {
    fn of(compared: &'a Compared<'a>, first: &'a Contender<'a>) -> Checked<Self> {
        let days = first.report.history.days;
        Ok(Self {
            compared,
            all: compared.contenders.iter().map(One::of).collect::<Checked<Vec<_>>>()?,
            customers: &compared.customers,
            parts: compared.parts,
            cases: cases(&compared.contenders),
            label: if first.about.assumptions.is_some() { Label::Assumed } else { Label::Mechanical },
            window: days.map_or_else(|| "an empty history".to_owned(), |(from, to)| format!("{from} to {to}")),
            currency: &first.about.program.currency,
            days: days.map_or(1, |(from, to)| i128::from(to.0) - i128::from(from.0) + 1),
        })
    }

    /// Whether anything was sold and kept: of nothing there is no rate.
    fn sold(&self) -> bool {
        self.all.iter().any(|one| one.sales > 0)
    }

    fn label_of(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |one| &one.contender.label)
    }

    /// Customers who bought something.
    fn buyers(&self) -> impl Iterator<Item = &'a Customer> {
        self.customers.iter().filter(|customer| customer.purchases > 0)
    }

    /// What is said of the case that customers are told of; empty where there is one.
    fn told_of(&self) -> &'static str {
        self.cases.iter().find(|case| case.kind == Kind::Base).map_or("", |case| case.words)
    }
}

/// The cases that the programs have among them.
fn cases(contenders: &[Contender]) -> Vec<Case> {
    let mut cases = vec![Case { kind: Kind::Base, words: "" }];
    if let Some((nobody, everybody)) = contenders.iter().find_map(|contender| contender.report.ends) {
        let word = |condition: &'static str| match condition {
            "nobody redeems" => "if nobody redeems",
            "everybody does as soon as possible" => "if everybody redeems as soon as possible",
            "no gift is collected" => "if no gift is collected",
            "all are collected at the next purchase" => "if all gifts are collected at the next purchase",
            "no voucher is used" => "if no voucher is used",
            _ => "if all vouchers are used at the first chance",
        };
        cases = vec![Case { kind: Kind::Never, words: word(nobody) }, Case { kind: Kind::Base, words: word(everybody) }];
    }
    if contenders.iter().any(|contender| matches!(contender.about.runs, Runs::Ranges { .. })) {
        cases.push(Case { kind: Kind::Low, words: "at the low ends of what is assumed" });
        cases.push(Case { kind: Kind::High, words: "at the high ends of what is assumed" });
    }
    cases
}

impl<'a> One<'a> {
    fn of(contender: &'a Contender<'a>) -> Checked<Self> {
        let about = &contender.about;
        let observed = about.observed;
        let inputs = Inputs {
            program: about.program,
            behaviour: &observed.behaviour,
            answers: observed.answers,
            assumptions: about.assumptions,
            estimates: None,
            further_sales: None,
            margin_end: End::Base,
            cost_end: End::Base,
        };
        let bill = |(at, totals): (usize, &Totals)| -> Checked<Bill> {
            let parts = cost_parts(&inputs, totals)?;
            Ok(Bill {
                variable: parts.variable()?,
                fixed: parts.fixed,
                owed: owed_value(&inputs, totals)?.face.round(Rounding::HalfUp)?,
                members: totals.members,
                fees: totals.fees,
                further: about.further_sales.get(at).copied(),
            })
        };
        let bills = about.runs.all().into_iter().enumerate().map(bill).collect::<Checked<Vec<_>>>()?;
        Ok(Self { contender, bills, sales: observed.behaviour.life.net_sales()? })
    }

    fn bill(&self, kind: Kind) -> Bill {
        self.bills.get(self.contender.run(kind)).copied().unwrap_or_default()
    }

    fn got(&self, customer: &Customer, kind: Kind) -> Got {
        customer.under.get(self.contender.place(kind)).copied().unwrap_or_default()
    }
}
