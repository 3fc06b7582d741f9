//! The report for people: the answer first, then what it rests on, every part with its label.

use super::format::{count, day, human, money, percent, span, thousands, units};
use super::layout::{Align, Page, short};
use crate::diagnostic::render::visible;
use crate::report::model::{Amount, Cell, Ends, Figure, Label, Report, Unit};
use crate::value::{Currency, Exact};

/// Columns of a sentence of the program.
const SENTENCE: usize = 44;

/// Lines of the short report.
const LINES: usize = 80;

/// The report on at most 80 lines.
#[must_use]
pub fn text(report: &Report) -> String {
    whole(report, false)
}

/// The report with all its figures and tables.
#[must_use]
pub fn full(report: &Report) -> String {
    whole(report, true)
}

fn whole(report: &Report, full: bool) -> String {
    let list = |heading: &'static str, sign: &'static str, sentences: &[String]| block(|page| self::list(heading, sign, sentences, page));
    let mut parts = vec![
        block(|page| {
            title(report, page);
            answer(report, page);
        }),
        block(|page| behaviour(report, page)),
        block(|page| rules(report, page)),
        block(|page| wallets(report, page)),
        block(|page| tiers(report, page)),
        block(|page| super::parts::sections(report, full, page)),
        block(|page| goals(report, page)),
        list("Assumed", "·", &report.assumptions),
        list("Worth knowing", "!", &report.notes),
        block(|page| rows(report, page)),
    ];
    if !full {
        shorten(&mut parts);
    }
    parts.concat().into_iter().map(|line| line + "\n").collect()
}

/// The lines of a part of the page.
fn block(write: impl FnOnce(&mut Page)) -> Vec<String> {
    let mut page = Page::default();
    write(&mut page);
    page.finish().lines().map(str::to_owned).collect()
}

/// What, on what, from when to when, on one line.
pub(super) fn about(report: &Report) -> String {
    let count_of = |id: &str| report.metric(id).and_then(|metric| metric.cell.value).map_or(0, Exact::floor);
    let (customers, purchases) = (count_of("customers"), count_of("purchases"));
    let file = report.history.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut parts = vec![format!("{} on {}", visible(&report.program.name), visible(file))];
    parts.push(format!("{} customer{}", count(customers), if customers == 1 { "" } else { "s" }));
    let unnamed = report.metric("purchases").and_then(|metric| metric.cell.detail.clone());
    let unnamed = unnamed.map_or_else(String::new, |unnamed| format!(" and {unnamed}"));
    parts.push(format!("{} purchase{}{unnamed}", count(purchases), if purchases == 1 { "" } else { "s" }));
    if let Some((from, to)) = report.history.days {
        parts.push(if from == to { day(from) } else { format!("{} to {}", day(from), day(to)) });
    }
    parts.join(" · ")
}

/// The sentences of the answer, each with its label.
pub(super) fn answered(report: &Report) -> Vec<(String, String)> {
    let mut page = Page::default();
    answer(report, &mut page);
    page.said
}

/// How customers behave: words, figure, and what is behind it.
pub(super) fn behaviour_rows(report: &Report) -> Vec<Vec<String>> {
    BEHAVIOUR.iter().filter_map(|(id, words)| behaviour_row(report, id, words)).collect()
}

/// Takes lines off the ends of the longest parts until all fit; the first part, the answer, stays.
fn shorten(parts: &mut [Vec<String>]) {
    let whole = |parts: &[Vec<String>]| parts.iter().map(Vec::len).sum::<usize>();
    let mut cut = vec![0_usize; parts.len()];
    while whole(parts).saturating_add(cut.iter().filter(|lines| **lines > 0).count()) > LINES {
        let longest = (1..parts.len()).max_by_key(|at| (parts.get(*at).map_or(0, Vec::len), std::cmp::Reverse(*at)));
        let Some((part, cut)) = longest.and_then(|at| Some((parts.get_mut(at)?, cut.get_mut(at)?))) else { return };
        if part.pop().is_none() {
            return;
        }
        *cut = cut.saturating_add(1);
    }
    for (part, cut) in parts.iter_mut().zip(cut).filter(|(_, cut)| *cut > 0) {
        part.push(format!("  … and {} more with --full", counted_lines(cut)));
    }
}

fn counted_lines(lines: usize) -> String {
    format!("{lines} line{}", if lines == 1 { "" } else { "s" })
}

/// Some metrics with their definitions, one after the other.
#[must_use]
pub fn metrics(report: &Report, ids: &[String]) -> String {
    let mut page = Page::default();
    for metric in ids.iter().filter_map(|id| report.metric(id)) {
        let currency = &report.program.currency;
        let figure = figure(&metric.cell, &metric.unit, report);
        if metric.cell.runs.is_some() {
            page.heading(&visible(&metric.id), &label(metric));
            page.sentence(&figure, "");
        } else {
            page.heading(&format!("{}   {figure}", visible(&metric.id)), &label(metric));
        }
        if let (Some(a), Some(b)) = (metric.cell.numerator, metric.cell.denominator) {
            page.sentence(&format!("{} of {}", amount(a, currency), amount(b, currency)), "");
        }
        for text in metric.cell.detail.iter().chain([&metric.definition, &metric.window]) {
            page.sentence(&visible(text), "");
        }
    }
    page.finish()
}

/// `assumed: margin`
pub(super) fn label(metric: &Figure) -> String {
    if metric.assumes.is_empty() {
        metric.label.word().to_owned()
    } else {
        format!("{}: {}", metric.label.word(), metric.assumes.join(", "))
    }
}

/// A value, those of two runs, or why there is none.
pub(super) fn figure(cell: &Cell, unit: &Unit, report: &Report) -> String {
    let currency = &report.program.currency;
    let write = |value: Exact| human(value, unit, currency);
    let both = |low: Exact, high: Exact, between: &str| span(low, high, between, unit, currency);
    if let Some(runs) = cell.runs {
        let each = |value: Option<Exact>| value.map_or_else(|| "not known".to_owned(), write);
        return by_run(report, each(runs.0), each(runs.1));
    }
    match (cell.value, cell.low, cell.high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({})", write(value), both(low, high, " to ")),
        (Some(value), _, _) => write(value),
        _ => format!("not known: {}", cell.reason.as_deref().unwrap_or("no reason is given")),
    }
}

/// `1.4% if nobody redeems, 4.1% if everybody does as soon as possible`
fn by_run(report: &Report, never: String, soon: String) -> String {
    let (nobody, everybody) = report.ends.unwrap_or(("one is right", "the other is"));
    format!("{never} if {nobody}, {soon} if {everybody}")
}

fn amount(amount: Amount, currency: &Currency) -> String {
    match amount {
        Amount::Count(n) => count(n),
        Amount::Money(minor) => money(Exact::whole(minor), currency),
        Amount::Units(n, scale) => units(Exact::whole(n), scale),
    }
}

fn title(report: &Report, page: &mut Page) {
    page.heading(&about(report), "");
    let rows = &report.history.rows;
    // A hundredth of the rows is enough to doubt the whole.
    if rows.rejected > 0 && rows.rejected.saturating_mul(100) >= rows.read {
        page.line(&format!("{} of {} rows could not be used", count(rows.rejected), count(rows.read)));
    }
    page.blank();
}

/// What the program would have cost, and what it needs to pay for itself.
fn answer(report: &Report, page: &mut Page) {
    let (Some(cost), Some(rate), Some(uplift)) =
        (report.metric("program.cost"), report.metric("program.cost_rate"), report.metric("break_even_uplift"))
    else {
        return;
    };
    let currency = &report.program.currency;
    let basis = if cost.assumes.is_empty() { cost.label.word() } else { "assumed" };
    let Some(Amount::Money(sales)) = rate.cell.denominator else { return };
    let ran = match report.history.life {
        Some((first, last)) if report.history.life != report.history.days => format!(" from {} to {}, when it ran", day(first), day(last)),
        _ => String::new(),
    };
    let sold = money(Exact::whole(sales), currency);
    if report.history.life.is_none() && report.history.days.is_some() {
        page.sentence("The program ran on no day of this history, so there is nothing to say about its cost.", "");
        return;
    }
    let sentence = match (cost.cell.runs, rate.cell.runs, report.ends) {
        _ if sales <= 0 => {
            let revenue = report.metric("revenue").and_then(|metric| metric.cell.value);
            let why =
                if revenue.is_some_and(|revenue| revenue.numerator() > 0) { "All that was sold came back" } else { "Nothing was sold" };
            format!("The program would have cost {}. {why}.", figure(&cost.cell, &cost.unit, report))
        }
        (Some((Some(low), Some(high))), Some((Some(least), Some(most))), Some((nobody, everybody))) => {
            let share = |value: Exact| human(value, &rate.unit, currency);
            let comma = if ran.is_empty() { "" } else { "," };
            format!(
                "The program would have cost {} of {sold} in sales{ran}{comma} if {nobody}, and {} if {everybody}: {}.",
                share(least),
                share(most),
                span(low, high, " and ", &Unit::Money, currency)
            )
        }
        _ => {
            let share = figure(&rate.cell, &rate.unit, report);
            format!("The program would have cost {share} of {sold} in sales{ran}: {}.", figure(&cost.cell, &cost.unit, report))
        }
    };
    page.sentence(&sentence, basis);
    accrued(report, cost, page);
    pays_back(report, uplift, page);
    if let Some(worst) = &report.program.worst_case {
        let mut letters = worst.chars();
        let worst = letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()));
        page.sentence(&format!("The worst case by its text alone: {}", visible(&worst)), "by the text");
    }
}

/// The same on the accrued basis, where something that will still be redeemed is not in the cost.
fn accrued(report: &Report, cost: &Figure, page: &mut Page) {
    let Some(accrued) = report.metric("program.accrued_cost").filter(|accrued| accrued.cell.ends() != cost.cell.ends()) else { return };
    let currency = &report.program.currency;
    let amount = match (accrued.cell.runs, accrued.cell.value) {
        (Some((Some(low), Some(high))), _) => span(low, high, " and ", &Unit::Money, currency),
        (None, Some(value)) => human(value, &accrued.unit, currency),
        _ => return,
    };
    page.sentence(
        &format!("With what members will still redeem of their balances, at the rate so far, it is {amount} (accrued basis)."),
        "",
    );
}

/// What holds where the margin is not above the cost.
const CANNOT: &str = "cannot pay for itself however much sales rise";

/// By how much sales have to rise for the program to pay for itself.
fn pays_back(report: &Report, uplift: &Figure, page: &mut Page) {
    let currency = &report.program.currency;
    let cell = &uplift.cell;
    let least = |value: Exact| format!("at least {}", human(value, &uplift.unit, currency));
    let margin = cell.detail.as_ref().map_or_else(String::new, |detail| format!(" {detail}"));
    let range = match (cell.low, cell.high) {
        (Some(low), Some(high)) if cell.value.is_some() => {
            format!(" ({} over the ranges of what is assumed)", span(low, high, " to ", &uplift.unit, currency))
        }
        _ => String::new(),
    };
    let needs = match (cell.value, cell.runs, report.ends) {
        (Some(value), ..) => format!("raises sales by {}{range}{margin}", least(value)),
        (None, Some((Some(low), Some(high))), Some((nobody, everybody))) => {
            format!("raises sales{margin} by {} if {nobody}, and by {} if {everybody}", least(low), least(high))
        }
        (None, Some((Some(low), None)), Some((nobody, everybody))) => {
            format!("raises sales{margin} by {} if {nobody}; if {everybody} it {CANNOT}", least(low))
        }
        (None, Some((None, Some(high))), Some((nobody, everybody))) => {
            format!("raises sales{margin} by {} if {everybody}; if {nobody} it {CANNOT}", least(high))
        }
        _ if cell.detail.is_some() => {
            page.sentence(&format!("It {CANNOT}{margin}: it costs at least as much as they leave."), &label(uplift));
            return;
        }
        _ => {
            page.sentence(&format!("By how much it would have to raise sales to pay for itself is not known: it {}.", never(cell)), "");
            return;
        }
    };
    // The list of all that is assumed follows below.
    let basis = if uplift.assumes.len() == 1 { label(uplift) } else { uplift.label.word().to_owned() };
    page.sentence(&format!("It pays for itself if it {needs}. The history cannot show whether it would."), &basis);
}

/// Why there is no uplift, as the end of a sentence that begins with "it".
fn never(cell: &Cell) -> &str {
    let reason = cell.reason.as_deref().unwrap_or_default();
    reason.split(';').next().unwrap_or_default()
}

fn behaviour(report: &Report, page: &mut Page) {
    page.blank();
    page.heading("How customers behave", Label::Observed.word());
    page.rows(&[Align::Left, Align::Right, Align::Left], &behaviour_rows(report));
}

/// What is told about customers, in words.
const BEHAVIOUR: &[(&str, &str)] = &[
    ("rcr.order", "Come back at least once (RCR)"),
    ("rcr.day", "Come back on another day"),
    ("ticket.average", "Average purchase"),
    ("frequency.window", "Purchases per customer and month"),
    ("clv.tcf", "Revenue per customer (CLV)"),
    ("loyal.customers", "Buy more often than the average"),
    ("retention.90d", "Bought again in the last 90 days"),
    ("sales.top10", "The tenth that spends most spends"),
    ("refunds", "Returned"),
    ("nps", "Would recommend (NPS)"),
];

fn behaviour_row(report: &Report, id: &str, words: &str) -> Option<Vec<String>> {
    let metric = report.metric(id)?;
    let currency = &report.program.currency;
    let cell = &metric.cell;
    if id == "refunds" && cell.value == Some(Exact::whole(0)) {
        return None;
    }
    let mut row = vec![words.to_owned()];
    let Some(value) = cell.value else {
        row.extend(["not known".to_owned(), cell.reason.clone().unwrap_or_default()]);
        return Some(row);
    };
    row.push(human(value, &metric.unit, currency));
    row.push(detail(report, id, cell)?);
    Some(row)
}

fn detail(report: &Report, id: &str, cell: &Cell) -> Option<String> {
    let currency = &report.program.currency;
    let of = || match (cell.numerator, cell.denominator) {
        (Some(a), Some(b)) => format!("{} of {}", amount(a, currency), amount(b, currency)),
        _ => String::new(),
    };
    let chance = || {
        cell.interval
            .map_or_else(String::new, |(low, high)| format!("{}–{} by chance alone", percent(low).trim_end_matches('%'), percent(high)))
    };
    let value_of = |id: &str| report.metric(id).and_then(|metric| Some(human(metric.cell.value?, &metric.unit, currency)));
    Some(match id {
        "rcr.order" => format!("{}   {}", of(), chance()),
        "rcr.day" => of(),
        "retention.90d" => format!("{} who did in the 90 days before", of()),
        "ticket.average" => value_of("ticket.median").map_or_else(String::new, |median| format!("half of them at most {median}")),
        "loyal.customers" => {
            let share = match (cell.value, cell.denominator) {
                (Some(value), Some(Amount::Count(all))) if all > 0 => percent(value.divided_by(Exact::whole(all)).ok()?),
                _ => return Some(String::new()),
            };
            let sales = value_of("loyal.sales")
                .map_or_else(String::new, |sales| format!(", {sales} of {}", sales_of(report).trim_start_matches("all ")));
            format!("{share} of customers{sales}")
        }
        "sales.top10" => format!("of {}", sales_of(report)),
        "refunds" => "recorded amounts; not taken off revenue above".to_owned(),
        "clv.tcf" => "so far: neither profit nor a forecast".to_owned(),
        "nps" => {
            let doubt = cell.interval.map_or_else(String::new, |(low, high)| {
                format!("   {} to {} by chance alone", super::format::plain(low, 0), super::format::plain(high, 0))
            });
            format!("{}{doubt}", cell.detail.clone().unwrap_or_default())
        }
        _ => cell.detail.clone().unwrap_or_default(),
    })
}

/// What shares of customers are shares of: what nobody known bought is not in them.
fn sales_of(report: &Report) -> &'static str {
    let unnamed = report.metric("purchases").is_some_and(|metric| metric.cell.detail.is_some());
    if unnamed { "what known customers spent" } else { "all sales" }
}

/// Ends for people: one value, or `low–high`.
fn ends(ends: Ends, unit: &Unit, currency: &Currency) -> String {
    span(Exact::whole(ends.low), Exact::whole(ends.high), "–", unit, currency)
}

fn rules(report: &Report, page: &mut Page) {
    let rules = &report.tables.rules;
    if rules.is_empty() {
        return;
    }
    let currency = &report.program.currency;
    let total = report.metric("program.cost").and_then(|metric| metric.cell.value).filter(|cost| cost.numerator() > 0);
    page.blank();
    page.heading("What the program does", basis(report, "program.cost"));
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|row| {
            let mut gave = Vec::new();
            if row.discount != Ends::default() {
                gave.push(ends(row.discount, &Unit::Money, currency));
            }
            for (name, unit, given) in row.wallets.iter().filter(|_| row.kind != "redeem") {
                let of = if *unit == Unit::Money { format!(" of {}", visible(name)) } else { String::new() };
                gave.push(format!("{}{of}", ends(*given, unit, currency)));
            }
            for (pieces, one, many) in [(row.gifts, "gift", "gifts"), (row.vouchers, "voucher", "vouchers")] {
                if pieces != Ends::default() {
                    gave.push(counted(pieces, one, many, currency));
                }
            }
            if row.cost != Ends::default() {
                gave.push(format!("cost {}", ends(row.cost, &Unit::Money, currency)));
            }
            let share = match (row.share.one(), total) {
                (Some(share), Some(total)) if share > 0 => {
                    Exact::whole(share).divided_by(total).map(|share| format!("{} of the cost", percent(share))).unwrap_or_default()
                }
                _ => String::new(),
            };
            if !share.is_empty() {
                gave.push(share);
            }
            let fired = counted(row.fired, "time", "times", currency);
            vec![row.place.as_deref().map(visible).unwrap_or_default(), short(&row.text, SENTENCE), fired, gave.join(" · ")]
        })
        .collect();
    // Without the program's text there are no lines to name.
    let rows: Vec<Vec<String>> = if rows.iter().all(|row| row.first().is_some_and(String::is_empty)) {
        rows.into_iter().map(|row| row.into_iter().skip(1).collect()).collect()
    } else {
        rows
    };
    let aligns = [Align::Left, Align::Left, Align::Right, Align::Left];
    page.rows(aligns.get(usize::from(rows.first().is_some_and(|row| row.len() < 4))..).unwrap_or_default(), &rows);
}

/// `1 gift`, `2–3 gifts`
fn counted(pieces: Ends, one: &str, many: &str, currency: &Currency) -> String {
    let word = if pieces == (Ends { low: 1, high: 1 }) { one } else { many };
    format!("{} {word}", ends(pieces, &Unit::Count, currency))
}

/// The label of a part of the page: that of a metric which its figures go into.
fn basis(report: &Report, id: &str) -> &'static str {
    report.metric(id).map_or(Label::Mechanical, |metric| metric.label).word()
}

/// opening + issued = spent + expired + …, for each wallet, at both ends where they differ.
fn wallets(report: &Report, page: &mut Page) {
    let suffix = ".issued";
    let names: Vec<&str> = report.metrics.iter().filter_map(|metric| metric.id.strip_prefix("wallet.")?.strip_suffix(suffix)).collect();
    if names.is_empty() {
        return;
    }
    page.blank();
    page.heading("Wallets", basis(report, &format!("wallet.{}.spent", names.first().copied().unwrap_or_default())));
    let mut rows = Vec::new();
    for name in names {
        let part = |suffix: &str| report.metric(&format!("wallet.{name}.{suffix}"));
        let write = |suffix: &str| {
            part(suffix).and_then(|metric| {
                let zero = metric.cell.value == Some(Exact::whole(0));
                (!zero).then(|| bare(&metric.cell, &metric.unit, &report.program.currency))
            })
        };
        let right: Vec<String> =
            [("spent", "spent"), ("expired", "expired"), ("taken_back", "taken back"), ("balance", "balance"), ("pending", "pending")]
                .into_iter()
                .filter_map(|(suffix, word)| write(suffix).map(|value| format!("{word} {value}")))
                .collect();
        let opening = write("opening").map_or_else(String::new, |value| format!("opening {value} + "));
        let issued = write("issued").unwrap_or_else(|| "0".to_owned());
        let adjusted = write("adjusted").map_or_else(String::new, |value| format!(" + adjusted {value}"));
        let right = if right.is_empty() { String::new() } else { format!(" = {}", right.join(" + ")) };
        rows.push(vec![visible(name), format!("{opening}issued {issued}{adjusted}{right}")]);
        if let Some(rate) = part("redemption_rate").filter(|rate| rate.cell.value.is_some() || rate.cell.low.is_some()) {
            let matured =
                part("redemption_rate.matured").filter(|matured| matured.cell.value.is_some() && matured.cell.value != rate.cell.value);
            let matured =
                matured.map_or_else(String::new, |m| format!(" ({} of what could have expired)", figure(&m.cell, &m.unit, report)));
            rows.push(vec![String::new(), format!("redeemed: {}{matured}", figure(&rate.cell, &rate.unit, report))]);
        }
    }
    page.rows(&[Align::Left, Align::Left], &rows);
}

/// A figure without the name of its wallet.
fn bare(cell: &Cell, unit: &Unit, currency: &Currency) -> String {
    let write = |value: Exact| match unit {
        Unit::Units { scale, .. } => units(value, *scale),
        _ => human(value, unit, currency),
    };
    match (cell.value, cell.low, cell.high, unit) {
        (Some(value), ..) => write(value),
        (None, Some(low), Some(high), Unit::Units { .. }) => format!("{}–{}", write(low), write(high)),
        (None, Some(low), Some(high), _) => span(low, high, "–", unit, currency),
        _ => "?".to_owned(),
    }
}

fn tiers(report: &Report, page: &mut Page) {
    let tiers = &report.tables.tiers;
    if tiers.is_empty() {
        return;
    }
    let currency = &report.program.currency;
    page.blank();
    let first = tiers.first().map_or_else(String::new, |row| format!("tier.{}.members", row.tier));
    page.heading("Tiers at the end, and what was bought while they were held", basis(report, &first));
    let rows: Vec<Vec<String>> = tiers
        .iter()
        .map(|row| {
            let ladder = row.ladder.as_ref().map_or_else(String::new, |ladder| format!(" ({})", visible(ladder)));
            let sales = ends(row.sales, &Unit::Money, currency);
            let purchases = counted(row.purchases, "purchase", "purchases", currency);
            vec![
                format!("{}{ladder}", visible(&row.tier)),
                counted(row.members, "member", "members", currency),
                format!("{purchases}, {sales}"),
            ]
        })
        .collect();
    page.rows(&[Align::Left, Align::Right, Align::Left], &rows);
}

fn goals(report: &Report, page: &mut Page) {
    if report.expectations.is_empty() {
        return;
    }
    page.blank();
    page.line("Goals");
    let rows: Vec<Vec<String>> = report
        .expectations
        .iter()
        .map(|expected| {
            let held = if expected.held { "met" } else { "missed" };
            let write = |value: Exact| human(value, &expected.unit, &report.program.currency);
            let each = |value: Option<Exact>, held: bool| {
                let word = if held { "met" } else { "missed" };
                value.map_or_else(|| format!("not known ({word})"), |value| format!("{} ({word})", write(value)))
            };
            let found = match (expected.cell.runs, expected.held_at) {
                (Some((never, soon)), Some(held)) => by_run(report, each(never, held.0), each(soon, held.1)),
                _ => figure(&expected.cell, &expected.unit, report),
            };
            vec![held.to_owned(), short(&expected.text, SENTENCE), format!("it is {found}")]
        })
        .collect();
    page.rows(&[Align::Left, Align::Left, Align::Left], &rows);
}

fn list(heading: &str, sign: &str, sentences: &[String], page: &mut Page) {
    if sentences.is_empty() {
        return;
    }
    page.blank();
    page.line(heading);
    sentences.iter().for_each(|sentence| page.point(sign, &visible(sentence)));
}

/// What became of the rows of the history.
fn rows(report: &Report, page: &mut Page) {
    let rows = &report.history.rows;
    page.blank();
    let number = |n: u64| thousands(&n.to_string());
    page.line(&format!(
        "Rows: {} read = {} used + {} duplicate + {} rejected{}",
        number(rows.read),
        number(rows.used),
        number(rows.duplicate),
        number(rows.rejected),
        if rows.left_out > 0 { format!(" + {} left out", number(rows.left_out)) } else { String::new() }
    ));
    report.history.rejected.iter().for_each(|line| page.point("·", &visible(line)));
}
