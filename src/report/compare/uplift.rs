//! Profit against uplift: a line for each program, what each needs to pay for itself, and how much more the dearer one needs.

use super::sides::{NOTHING, case_words, without_empty};
use super::{Field, Kind, One};
use crate::assumptions::LowBaseHigh;
use crate::report::model::{Claim, Column, Picture, Section, Table, Unit, Value};
use crate::report::write::format::percent;
use crate::value::{Checked, Decimal, Exact, Overflow, Rounding};

/// Points of a line.
const POINTS: i128 = 20;
/// Why nothing is said.
pub(super) const NO_MARGIN: &str = "it needs `margin` in an assumptions file (--assume)";

/// The change in profit that a program brings, as a line over the uplift u of sales: `slope`·u − `cost`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// (margin − c) · sales, c the cost before fixed cost by sales.
    slope: Exact,
    /// All cost at no uplift.
    pub cost: Exact,
}

impl Line {
    pub(super) fn of(one: &One, kind: Kind, margin: Decimal) -> Checked<Self> {
        let bill = one.bill(kind);
        // A response that is assumed has raised sales already: the cost of what was sold without it.
        let raised = one.sales.checked_add(bill.further.unwrap_or(0)).ok_or(Overflow)?;
        let variable = if raised == one.sales || raised <= 0 {
            Exact::whole(bill.variable)
        } else {
            Exact::whole(bill.variable).times(Exact::ratio(one.sales, raised)?)?
        };
        let slope = Exact::try_from(margin)?.times(Exact::whole(one.sales))?.minus(variable)?;
        Ok(Self { slope, cost: variable.plus(Exact::whole(bill.fixed))? })
    }

    fn at(self, uplift: Exact) -> Checked<Exact> {
        self.slope.times(uplift)?.minus(self.cost)
    }

    /// The uplift at which the profit changes by this much; `None` if it never does.
    fn reaches(self, profit: Exact) -> Checked<Option<Exact>> {
        if self.slope.numerator() <= 0 {
            return Ok(None);
        }
        profit.plus(self.cost)?.divided_by(self.slope).map(Some)
    }

    /// Where it pays for itself.
    pub(super) fn break_even(self) -> Checked<Option<Exact>> {
        self.reaches(Exact::whole(0))
    }

    /// By how much more it must raise sales than the other, which raises them by `uplift`, to bring as much.
    pub(super) fn extra(self, other: Self, uplift: Exact) -> Checked<Option<Exact>> {
        let needs = self.reaches(other.at(uplift)?)?;
        needs.map(|needs| needs.minus(uplift)).transpose()
    }

    /// The uplift, the same for both, at which both bring the same; `None` where there is none above −100%.
    fn meets(self, other: Self) -> Checked<Option<Exact>> {
        let (steeper, dearer) = (self.slope.minus(other.slope)?, self.cost.minus(other.cost)?);
        if steeper.numerator() == 0 {
            return Ok(None);
        }
        Ok(Some(dearer.divided_by(steeper)?).filter(|at| *at > Exact::whole(-1)))
    }
}

pub(super) fn section(field: &Field) -> Checked<Section> {
    let mut section = Section::new("uplift", "On what condition each pays", field.label);
    let Some(margins) = field.margins() else {
        section.tables = vec![Table { reason: Some(NO_MARGIN.to_owned()), ..lines_table(field, Vec::new(), Vec::new()) }];
        return Ok(section);
    };
    section.claims = if field.sold() { pays(field, margins.base)? } else { Vec::new() };
    section.claims.extend(crossings(field, margins.base)?);
    section.tables = vec![lines(field, margins.base)?, extra(field, margins)?];
    Ok(section)
}

impl Field<'_> {
    /// The margin of sales that is assumed.
    pub(super) fn margins(&self) -> Option<LowBaseHigh> {
        self.all.first().and_then(|one| one.contender.about.assumptions).and_then(|assumptions| assumptions.margin)
    }
}

/// `A if x, and B if y`; A alone where all say the same.
fn by_case(told: &[(String, &'static str)]) -> String {
    match told {
        [] => String::new(),
        [(first, _), others @ ..] if others.iter().all(|(text, _)| text == first) => first.clone(),
        all => {
            let all: Vec<String> = all.iter().map(|(text, words)| format!("{text} {words}").trim_end().to_owned()).collect();
            all.join(", ")
        }
    }
}

/// From where each pays for itself.
fn pays(field: &Field, margin: Decimal) -> Checked<Vec<Claim>> {
    let mut claims = Vec::new();
    for one in &field.all {
        let mut told = Vec::new();
        for case in &field.cases {
            let at = Line::of(one, case.kind, margin)?.break_even()?;
            told.push((at.map_or_else(|| "at no uplift".to_owned(), |at| format!("from an uplift of {}", percent(at))), case.words));
        }
        let text = format!("{} pays for itself {}.", one.contender.label, by_case(&told));
        claims.push(Claim::new(text, field.label, &["compare.cost"]));
    }
    Ok(claims)
}

/// Where two lines meet above −100%: only fixed cost or different days make them.
fn crossings(field: &Field, margin: Decimal) -> Checked<Vec<Claim>> {
    let mut claims = Vec::new();
    for (at, one) in field.all.iter().enumerate() {
        for other in field.all.iter().skip(at.saturating_add(1)) {
            for case in &field.cases {
                let (a, b) = (Line::of(one, case.kind, margin)?, Line::of(other, case.kind, margin)?);
                let Some(meet) = a.meets(b)? else { continue };
                let (above, below) = if a.slope > b.slope { (one, other) } else { (other, one) };
                let condition = if case.words.is_empty() { String::new() } else { format!(" {}", case.words) };
                let text = format!(
                    "Raising sales alike, {} brings more than {} above an uplift of {}{condition}, and less below it.",
                    above.contender.label,
                    below.contender.label,
                    percent(meet)
                );
                claims.push(Claim::new(text, field.label, &["compare.uplift"]));
            }
        }
    }
    Ok(claims)
}

fn lines(field: &Field, margin: Decimal) -> Checked<Table> {
    let mut all: Vec<(String, Line)> = Vec::new();
    let mut far = Exact::ratio(1, 20)?;
    for one in &field.all {
        // A program with one run has one line.
        let cases = if one.bills.len() > 1 { field.cases.as_slice() } else { field.cases.get(..1).unwrap_or_default() };
        for case in cases {
            let line = Line::of(one, case.kind, margin)?;
            far = far.max(line.break_even()?.unwrap_or(far));
            let words = if one.bills.len() > 1 && !case.words.is_empty() { format!(", {}", case.words) } else { String::new() };
            all.push((format!("{}{words}", one.contender.label), line));
        }
    }
    let far = round_up(far.times(Exact::ratio(5, 4)?)?)?;
    let mut rows = Vec::new();
    for point in 0..=POINTS {
        let uplift = far.times(Exact::ratio(point, POINTS)?)?;
        let mut row = vec![Value::Number(uplift), Value::whole(0)];
        for (_, line) in &all {
            row.push(Value::whole(line.at(uplift)?.round(Rounding::HalfUp)?));
        }
        rows.push(row);
    }
    Ok(lines_table(field, all.into_iter().map(|(name, _)| name).collect(), rows))
}

/// The next of 5%, 10%, 20%, 50%, 100%, 200% … at or above.
fn round_up(far: Exact) -> Checked<Exact> {
    let mut end = Exact::ratio(1, 20)?;
    let steps = [Exact::whole(2), Exact::whole(2), Exact::ratio(5, 2)?];
    for step in steps.into_iter().cycle().take(30) {
        if end >= far {
            break;
        }
        end = end.times(step)?;
    }
    Ok(end)
}

fn lines_table(field: &Field, names: Vec<String>, rows: Vec<Vec<Value>>) -> Table {
    let mut columns = vec![Column::new("uplift", "sales rise by", Unit::Rate), Column::new("none", NOTHING, Unit::Money)];
    columns.extend(names.into_iter().enumerate().map(|(at, name)| Column::new(format!("profit_{}", at + 1), name, Unit::Money)));
    let drawn = (1..columns.len()).collect();
    Table {
        id: "compare.uplift".to_owned(),
        title: "What profit changes by, against having no program, if a program raises sales by so much".to_owned(),
        label: field.label,
        assumes: vec!["margin"],
        definition:
            "S · ((m − c) · u − c) − F: S sales less returns while the program runs, m the margin, c cost before fixed cost / S, F \
                     fixed cost, u the uplift of all sales"
                .to_owned(),
        window: field.window.clone(),
        columns,
        rows,
        picture: Some(Picture::Lines(drawn)),
        reason: None,
    }
}

/// How much more the dearer of two programs has to raise sales.
fn extra(field: &Field, margins: LowBaseHigh) -> Checked<Table> {
    let mut rows = Vec::new();
    let margins = if margins.low == margins.high { vec![margins.base] } else { vec![margins.base, margins.low, margins.high] };
    for (at, one) in field.all.iter().enumerate() {
        for other in field.all.iter().skip(at.saturating_add(1)) {
            for case in &field.cases {
                for margin in &margins {
                    let (a, b) = (Line::of(one, case.kind, *margin)?, Line::of(other, case.kind, *margin)?);
                    let ((dear, dearer), (cheap, cheaper)) = if a.cost > b.cost { ((a, one), (b, other)) } else { ((b, other), (a, one)) };
                    let starts = [
                        ("nothing".to_owned(), Some(Exact::whole(0))),
                        (format!("what {} needs", cheaper.contender.label), cheap.break_even()?),
                        (format!("what {} needs", dearer.contender.label), dear.break_even()?),
                    ];
                    for (from, uplift) in starts {
                        rows.push(vec![
                            Value::Text(dearer.contender.label.clone()),
                            Value::Text(cheaper.contender.label.clone()),
                            case_words(case),
                            if margins.len() > 1 { Value::Number(Exact::try_from(*margin)?) } else { Value::Missing },
                            Value::Text(from),
                            Value::known(uplift),
                            Value::known(uplift.map(|uplift| dear.extra(cheap, uplift)).transpose()?.flatten()),
                        ]);
                    }
                }
            }
        }
    }
    let reason = rows.is_empty().then(|| "there is one program".to_owned());
    let mut table = Table {
        id: "compare.extra".to_owned(),
        title: "How much more the dearer program has to raise sales to bring as much as the cheaper".to_owned(),
        label: field.label,
        assumes: vec!["margin"],
        definition: "(c of the dearer − c of the cheaper) · (1 + u) / (m − c of the dearer), u the uplift by the cheaper, in points of \
                     sales; with fixed cost or different days, the uplift at which the profits are equal, less u"
            .to_owned(),
        window: field.window.clone(),
        columns: vec![
            Column::text("dearer", "dearer"),
            Column::text("cheaper", "cheaper"),
            Column::text("case", "case"),
            Column::new("margin", "margin", Unit::Rate),
            Column::text("from", "the cheaper raises sales by"),
            Column::new("uplift", "that is", Unit::Rate),
            Column::new("extra", "the dearer needs more", Unit::Rate),
        ],
        rows,
        picture: None,
        reason,
    };
    without_empty(&mut table, "case");
    without_empty(&mut table, "margin");
    Ok(table)
}
