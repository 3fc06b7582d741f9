//! The page of a simulation.

use super::escape::text;
use super::figures::{self, Words};
use super::{Page, source};
use crate::report::model::{Column, Ends, Figure, Label, Picture, Report, Table, Unit, Value};
use crate::report::write::format::{count, day, human, percent, span};
use crate::report::write::{json, text as writer};
use crate::value::Exact;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A report as a page; `program` is the text of its main file.
///
/// # Errors
/// What the writer of the JSON in it says; it does not fail.
pub fn report_page(report: &Report, program: Option<&str>) -> Result<String, String> {
    let words = Words { currency: &report.program.currency };
    let mut page = Page {
        title: report.program.name.clone(),
        about: writer::about(report),
        answer: writer::answered(report),
        json: json::compact(report)?,
        ..Page::default()
    };
    if !report.expectations.is_empty() {
        page.part("goals", "Goals", "", goals(report));
    }
    page.part("behaviour", "How customers behave", Label::Observed.word(), behaviour(report));
    for section in &report.sections {
        page.section(section, &words, |ids| named(report, ids.iter().map(String::as_str)));
    }
    let own = tables(report);
    let mut shown = |id: &str, title: &str, table: Table, above: String| {
        let label = table.label.word().to_owned();
        let html = if table.rows.is_empty() { String::new() } else { above + &figures::figure(&table, &words) };
        page.part(id, title, &label, html);
    };
    let [rules, tiers, months, cohorts] = own;
    shown("sentences", "What the program does", rules, program.map_or_else(String::new, |text| beside(report, text)));
    shown("tiers", "Tiers", tiers, String::new());
    shown("months", "Month by month", months, String::new());
    shown("cohorts", "Customers by the month of their first purchase", cohorts, String::new());
    page.part("wallets", "Wallets", "", wallets(report));
    page.list("assumed", "Assumed", &report.assumptions);
    page.list("worth-knowing", "Worth knowing", &report.notes);
    page.part("rows", "Rows of the history", "", rows(report));
    page.part("definitions", "All figures and what they are", "", definitions(report));
    Ok(page.finish())
}

/// The value of a metric in words.
fn value(figure: &Figure, report: &Report) -> String {
    let currency = &report.program.currency;
    let write = |value: Exact| human(value, &figure.unit, currency);
    let cell = &figure.cell;
    if let Some((Some(never), Some(soon))) = cell.runs {
        let (nobody, everybody) = report.ends.unwrap_or(("one is right", "the other is"));
        return format!("{} if {nobody}, {} if {everybody}", write(never), write(soon));
    }
    match (cell.value, cell.low, cell.high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({})", write(value), span(low, high, " to ", &figure.unit, currency)),
        (Some(value), ..) => write(value),
        (None, Some(low), Some(high)) => span(low, high, " to ", &figure.unit, currency),
        _ => "not known".to_owned(),
    }
}

/// Metrics as name, value, and what is behind it.
fn named<'a>(report: &Report, ids: impl Iterator<Item = &'a str>) -> String {
    let currency = &report.program.currency;
    let mut html = String::new();
    for figure in ids.filter_map(|id| report.metric(id)) {
        let cell = &figure.cell;
        let doubt = cell.interval.map(|(low, high)| format!("{} by chance alone", span(low, high, " to ", &figure.unit, currency)));
        let reason = cell.reason.clone().filter(|_| cell.value.is_none() && cell.runs.is_none());
        let more: Vec<String> = cell.detail.clone().into_iter().chain(doubt).chain(reason).collect();
        let _ = write!(
            html,
            "<dt>{}</dt><dd class=\"n\">{}</dd><dd class=\"more\">{}</dd>",
            text(&figure.words),
            text(&value(figure, report)),
            text(&more.join(" · "))
        );
    }
    if html.is_empty() { html } else { format!("<dl class=\"figures\">{html}</dl>") }
}

fn behaviour(report: &Report) -> String {
    let mut html = String::from("<dl class=\"figures\">");
    for row in writer::behaviour_rows(report) {
        let cell = |at: usize| row.get(at).map_or_else(String::new, |cell| text(cell));
        let _ = write!(html, "<dt>{}</dt><dd class=\"n\">{}</dd><dd class=\"more\">{}</dd>", cell(0), cell(1), cell(2));
    }
    html + "</dl>"
}

fn goals(report: &Report) -> String {
    let one = |expected: &crate::report::model::Expected| {
        let word = if expected.held { "met" } else { "missed" };
        let write = |value: Exact| human(value, &expected.unit, &report.program.currency);
        let found = match (expected.cell.value, expected.cell.low, expected.cell.high) {
            (Some(value), ..) => write(value),
            (None, Some(low), Some(high)) => span(low, high, " to ", &expected.unit, &report.program.currency),
            _ => "not known".to_owned(),
        };
        format!("<li><b>{word}</b>: {} — it is {}</li>", text(&expected.text), text(&found))
    };
    format!("<ul class=\"points\">{}</ul>", report.expectations.iter().map(one).collect::<String>())
}

fn ends(ends: Ends) -> Value {
    ends.one().map_or(Value::Runs(Exact::whole(ends.low), Exact::whole(ends.high)), Value::whole)
}

fn table(id: &str, title: &str, label: Label, definition: &str, columns: Vec<Column>, rows: Vec<Vec<Value>>, picture: Picture) -> Table {
    Table {
        id: id.to_owned(),
        title: title.to_owned(),
        label,
        assumes: Vec::new(),
        definition: definition.to_owned(),
        window: String::new(),
        columns,
        rows,
        picture: Some(picture),
        reason: None,
    }
}

/// What sentences, tiers, months and cohorts came to.
fn tables(report: &Report) -> [Table; 4] {
    let rests = |id: &str| report.metric(id).map_or(Label::Mechanical, |figure| figure.label);
    let label = rests("program.cost");
    let tables = &report.tables;
    let rules = tables
        .rules
        .iter()
        .map(|row| {
            let place = row.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
            vec![
                Value::Text(format!("{place}{}", row.text)),
                ends(row.share),
                ends(row.fired),
                ends(row.discount),
                ends(row.gifts),
                ends(row.vouchers),
                ends(row.cost),
                ends(row.cut),
            ]
        })
        .collect();
    let rule_columns = vec![
        Column::text("sentence", "sentence"),
        Column::new("share_of_cost", "its part of the cost", Unit::Money),
        Column::new("fired", "times", Unit::Count),
        Column::new("discount", "money off", Unit::Money),
        Column::new("gifts", "gifts", Unit::Count),
        Column::new("vouchers", "vouchers", Unit::Count),
        Column::new("cost", "cost of gifts and messages", Unit::Money),
        Column::new("cut", "cut by caps and combination", Unit::Money),
    ];
    let tiers = tables
        .tiers
        .iter()
        .map(|row| {
            let ladder = row.ladder.as_ref().map_or_else(String::new, |ladder| format!(" ({ladder})"));
            let name = Value::Text(format!("{}{ladder}", row.tier));
            vec![name, ends(row.members), ends(row.purchases), ends(row.sales), ends(row.reached), ends(row.lost)]
        })
        .collect();
    let tier_columns = vec![
        Column::text("tier", "tier"),
        Column::new("members", "members at the end", Unit::Count),
        Column::new("purchases", "purchases while held", Unit::Count),
        Column::new("sales", "sales while held", Unit::Money),
        Column::new("reached", "times reached", Unit::Count),
        Column::new("lost", "times lost", Unit::Count),
    ];
    let months = tables
        .months
        .iter()
        .map(|row| {
            let part = if row.complete { "" } else { " (part)" };
            vec![
                Value::Text(format!("{}{part}", row.month)),
                Value::whole(row.sales),
                Value::whole(row.purchases),
                Value::whole(row.buyers),
                Value::whole(row.new_customers),
            ]
        })
        .collect();
    let month_columns = vec![
        Column::text("month", "month"),
        Column::new("sales", "sales", Unit::Money),
        Column::new("purchases", "purchases", Unit::Count),
        Column::new("buyers", "buyers", Unit::Count),
        Column::new("new_customers", "new customers", Unit::Count),
    ];
    let (cohort_columns, cohorts) = cohorts(report);
    let drawn = (2..cohort_columns.len()).collect();
    [
        table(
            "rules",
            "What each sentence costs",
            label,
            "its part of the cost before fixed cost: what it took off, what its gifts cost, and of what its wallets paid, the part that it issued",
            rule_columns,
            rules,
            Picture::Bars(vec![1]),
        ),
        table(
            "tier_members",
            "How many members hold each tier at the end",
            rests("members"),
            "members at the close; purchases and sales while the tier was held",
            tier_columns,
            tiers,
            Picture::Bars(vec![1]),
        ),
        table(
            "month_sales",
            "What was sold in each month",
            Label::Observed,
            "recorded amounts before returns and program discounts",
            month_columns,
            months,
            Picture::Lines(vec![1]),
        ),
        table(
            "cohort_shares",
            "Of the customers who first bought in a month, the share that bought again so many months later",
            Label::Observed,
            "buyers in the month / customers of the cohort; months that the history does not hold whole are left out",
            cohort_columns,
            cohorts,
            Picture::Heat(drawn),
        ),
    ]
}

/// Later months of a cohort that are shown.
const AGES: usize = 12;

fn cohorts(report: &Report) -> (Vec<Column>, Vec<Vec<Value>>) {
    let all = &report.tables.cohorts;
    let width = all.iter().map(|row| row.buyers.len()).max().unwrap_or(0).saturating_sub(1).min(AGES);
    let mut columns = vec![Column::text("month", "first bought in"), Column::new("customers", "customers", Unit::Count)];
    columns.extend((1..=width).map(|age| Column::new(format!("age_{age}"), format!("{age}"), Unit::Rate)));
    let share = |buyers: &Option<u64>, customers: u64| {
        let buyers = buyers.as_ref().copied()?;
        Exact::ratio(buyers.into(), customers.into()).ok()
    };
    let row = |row: &crate::report::model::CohortRow| {
        let ages = (1..=width).map(|age| Value::known(row.buyers.get(age).and_then(|buyers| share(buyers, row.customers))));
        [Value::Text(row.month.clone()), Value::whole(row.customers)].into_iter().chain(ages).collect()
    };
    (columns, all.iter().map(row).collect())
}

/// The program's text with what its sentences came to.
fn beside(report: &Report, program: &str) -> String {
    let currency = &report.program.currency;
    let mut does = BTreeMap::new();
    for row in &report.tables.rules {
        let Some(line) = row.place.as_ref().and_then(|place| place.rsplit(' ').next()?.parse::<usize>().ok()) else { continue };
        let ends = |ends: Ends, unit: &Unit| span(Exact::whole(ends.low), Exact::whole(ends.high), "–", unit, currency);
        let mut told = vec![format!("{} times", ends(row.fired, &Unit::Count))];
        for (name, unit, units) in row.wallets.iter().filter(|_| row.kind != "redeem") {
            let of = if *unit == Unit::Money { format!(" of {name}") } else { String::new() };
            told.push(format!("{}{of}", ends(*units, unit)));
        }
        if row.discount != Ends::default() {
            told.push(ends(row.discount, &Unit::Money));
        }
        let total = report.metric("program.cost").and_then(|figure| figure.cell.value).filter(|cost| cost.numerator() > 0);
        if let (Some(share), Some(total)) = (row.share.one().filter(|share| *share > 0), total)
            && let Ok(part) = Exact::whole(share).divided_by(total)
        {
            told.push(format!("{} of the cost", percent(part)));
        }
        // Several sentences may stand on one line.
        does.entry(line).and_modify(|before: &mut String| *before = format!("{before}; {}", told.join(" · "))).or_insert(told.join(" · "));
    }
    source::lines(program, &does)
}

fn wallets(report: &Report) -> String {
    let mut html = String::new();
    let names = report.metrics.iter().filter_map(|figure| figure.id.strip_prefix("wallet.")?.strip_suffix(".issued"));
    for name in names {
        let ids: Vec<String> = ["opening", "issued", "adjusted", "spent", "expired", "taken_back", "balance", "pending", "redemption_rate"]
            .iter()
            .map(|part| format!("wallet.{name}.{part}"))
            .filter(|id| report.metric(id).is_some_and(|figure| figure.cell.value != Some(Exact::whole(0))))
            .collect();
        let _ = write!(html, "<h3>{}</h3>{}", text(name), named(report, ids.iter().map(String::as_str)));
    }
    html
}

fn rows(report: &Report) -> String {
    let rows = &report.history.rows;
    let mut html = format!(
        "<p>{} read = {} used + {} duplicate + {} rejected</p>",
        count(rows.read),
        count(rows.used),
        count(rows.duplicate),
        count(rows.rejected)
    );
    for line in report.history.rejected.iter().chain(&report.history.notes) {
        let _ = write!(html, "<p class=\"note\">{}</p>", text(line));
    }
    let days = report.history.days.map_or_else(String::new, |(from, to)| format!(" · {} to {}", day(from), day(to)));
    let _ = write!(
        html,
        "<p class=\"note\">{}{days}</p><p class=\"note hash\">{} SHA-256 {}</p>",
        text(&report.history.file),
        text(&report.program.file),
        text(&report.program.sha256)
    );
    html
}

fn definitions(report: &Report) -> String {
    let mut html = String::from("<details><summary>All figures</summary><dl class=\"words\">");
    for figure in &report.metrics {
        let _ = write!(
            html,
            "<dt>{}: {} {}</dt><dd>{} ({})</dd>",
            text(&figure.words),
            text(&value(figure, report)),
            figures::label(figure.label.word(), &figure.assumes),
            text(&figure.definition),
            text(&figure.window)
        );
    }
    html + "</dl></details>"
}
