//! Columns that may change what was paid: asked about.

use super::fits::says_no;
use super::quoted;
use super::writer::Writer;
use crate::history::look::Facts;
use crate::history::names::plain;
use crate::history::rejects::printable;
use crate::history::watch::{not_bought, says_not_bought, says_refunded};
use std::fmt::Write as _;

/// Whether a name says no more than that rows are of kinds.
fn kind_of_rows(name: &str) -> bool {
    matches!(plain(name).as_str(), "type" | "typ" | "kind" | "art" | "тип" | "вид" | "类型" | "类别" | "recordtype" | "rowtype")
}

/// Whether a state is that of a payment.
fn says_payment(name: &str) -> bool {
    let plain = plain(name);
    ["pay", "financial", "zahl", "оплат", "付款", "支付"].iter().any(|word| plain.contains(word))
}

/// Whether a payment is still to come.
fn not_paid_yet(value: &str) -> bool {
    const OPEN: [&str; 14] = [
        "open",
        "offen",
        "pending",
        "authorized",
        "ausstehend",
        "unbezahlt",
        "overdue",
        "due",
        "ожидает",
        "ожидание",
        "неоплачено",
        "待付款",
        "待支付",
        "未支付",
    ];
    OPEN.contains(&plain(value).as_str())
}

impl Writer<'_> {
    /// What looks as if it changed what was bought is asked about, within its table.
    pub(super) fn states(&mut self) {
        let by_value = |facts: &Facts| facts.values.iter().any(|value| says_not_bought(value));
        let told: Vec<usize> = self.seen.columns.iter().enumerate().filter(|(_, facts)| by_value(facts)).map(|(at, _)| at).collect();
        for key in ["status", "cancelled"] {
            let mut columns = self.best(key);
            if key == "status" {
                columns.extend(told.iter().copied());
                columns.dedup();
            }
            for at in columns {
                let facts = self.facts(at);
                // What differs from line to line of a receipt is said of its lines.
                let of_line = self.of_lines && self.related.states_vary.contains(&at);
                let kind_of_rows = kind_of_rows(&facts.name) && (facts.more_values || facts.mostly(facts.numbers));
                let told = self.related.kinds.as_ref().is_some_and(|(column, ..)| *column == at);
                if of_line != (self.writing == "items") || kind_of_rows || told {
                    continue;
                }
                let zero = facts.mostly(facts.numbers)
                    && facts.values.iter().all(|value| value.chars().all(|l| matches!(l, '0' | '.' | ',' | '-' | '$' | '€')));
                let alone = facts.values.len() < 2 && !facts.more_values;
                // Parts of a country are called so too.
                let region = plain(&facts.name) == "state" && !facts.values.iter().any(|value| not_bought(value));
                let never = region || key == "cancelled" && !facts.more_values && facts.values.iter().all(|value| says_no(value));
                if self.taken.contains(&at) || zero || never || key == "status" && alone {
                    continue;
                }
                self.state(key, at, &facts);
            }
        }
    }

    /// Asks what a column changes.
    fn state(&mut self, key: &str, at: usize, facts: &Facts) {
        let name = quoted(&facts.name);
        let list = |values: &[&String]| values.iter().map(|value| quoted(&printable(value))).collect::<Vec<_>>().join(", ");
        // What came back may stand in rows of its own, below zero: it was bought all the same.
        let back = |value: &str| self.settings.negative > 0 && says_refunded(&plain(value));
        let of_payment = says_payment(&facts.name);
        let (against, good): (Vec<&String>, Vec<&String>) = facts.values.iter().partition(|value| match key {
            "status" => (not_bought(value) || of_payment && not_paid_yet(value)) && !back(value),
            _ => !says_no(value),
        });
        let write = match key {
            "status" if against.is_empty() || good.is_empty() => {
                format!("use only: {{ {name}: [{}] }}   # keep those that were bought", list(&facts.values.iter().collect::<Vec<_>>()))
            }
            "status" => format!("use only: {{ {name}: [{}] }}   # without {}", list(&good), list(&against)),
            _ if self.writing == "items" && good.is_empty() => format!("use only: {{ {name}: is blank }}"),
            _ if self.writing == "items" => format!("use only: {{ {name}: [{}] }}   # without {}", list(&good), list(&against)),
            // Days of cancellation are different from row to row; words are yes and no.
            _ if good.is_empty() || facts.more_values || facts.mostly(facts.dates) => format!("cancelled where: {{ {name}: is filled }}"),
            _ => format!("cancelled where: {{ {name}: [{}] }}", list(&against)),
        };
        let shown = printable(&facts.name);
        self.proposal.undecided.push(format!("\"{shown}\" holds {}; it may change what was paid", facts.shown()));
        let _ = writeln!(self.proposal.mapping, "  # UNDECIDED: does {name} change what was paid? Take the # off one line:");
        // What came back may stand in a column of its own beside what was paid.
        let told = |value: &&&String| says_refunded(&plain(value));
        if key == "status" && self.proposal.found.contains("refunded") && against.iter().any(|value| told(&value)) {
            let kept: Vec<&String> = good.iter().chain(against.iter().filter(told)).copied().collect();
            let _ = writeln!(
                self.proposal.mapping,
                "  # use only: {{ {name}: [{}] }}   # where a column tells how much of them came back",
                list(&kept)
            );
        }
        let _ = writeln!(self.proposal.mapping, "  # {write}");
        let own = if self.writing == "items" && self.settings.negative > 0 {
            "   # where such lines are below zero and take themselves off"
        } else {
            ""
        };
        let _ = writeln!(self.proposal.mapping, "  # not used: [{name}]{own}");
        for value in facts.values.iter().filter(|value| key == "status" && says_refunded(&plain(value))) {
            let line = format!("returned where: {{ {name}: {} }}", quoted(&printable(value)));
            self.settings.returned.push(line);
        }
        self.taken.insert(at);
    }
}
