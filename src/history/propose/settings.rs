//! What holds for a whole mapping: decimals, days, amounts below zero and in cents.

use super::Proposal;
use crate::history::look::{Evidence, Facts};
use crate::history::rejects::printable;
use std::fmt::Write as _;

/// What holds for the whole mapping.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) comma: Evidence,
    pub(super) point: Evidence,
    pub(super) either_number: Evidence,
    pub(super) day_first: Evidence,
    pub(super) month_first: Evidence,
    pub(super) either_date: Evidence,
    pub(super) divider: Option<char>,
    /// Amounts of purchases below zero.
    pub(super) negative: u64,
    /// Which rows may be returns.
    pub(super) returned: Vec<String>,
    /// Whether a program's numbers stand beside a currency, whether there are amounts and any that are not whole, and
    /// whether a name says that they count cents.
    pub(super) beside_currency: bool,
    pub(super) whole: (bool, bool),
    pub(super) cents: bool,
    /// A day as spreadsheets count them.
    pub(super) serial: Option<String>,
    /// Tax of lines that may be within what they cost, or on top of it.
    pub(super) tax_of_lines: Option<String>,
}

impl Settings {
    pub(super) fn money(&mut self, facts: &Facts) {
        self.comma.merge(&facts.comma);
        self.point.merge(&facts.point);
        self.either_number.merge(&facts.either_number);
    }

    pub(super) fn date(&mut self, facts: &Facts) {
        self.day_first.merge(&facts.day_first);
        self.month_first.merge(&facts.month_first);
        self.either_date.merge(&facts.either_date);
        if facts.day_first.count + facts.month_first.count + facts.either_date.count > 0 {
            self.divider = self.divider.or(facts.divider);
        }
    }

    pub(super) fn write(&self, proposal: &mut Proposal) {
        for line in &self.returned {
            let _ = writeln!(proposal.mapping, "# {line}   # in place of use only, where such a row is what came back");
        }
        if self.negative > 0 {
            let count = self.negative;
            proposal.undecided.push(format!("negative amounts: {count} purchases cost less than nothing"));
            let _ = writeln!(
                proposal.mapping,
                "# UNDECIDED: what are the {count} amounts below zero? Take the # off one line:\n# negative amounts: are returns\n# negative amounts: are errors"
            );
        }
        if let Some(tax) = &self.tax_of_lines {
            let _ = writeln!(
                proposal.mapping,
                "# UNDECIDED: is the tax in {tax} on top of what the lines cost, or within? Take the # off one line:\n# the rest is: tax   # on top\n# the rest is: shared over lines   # within"
            );
        }
        if let Some(serial) = &self.serial {
            let _ = writeln!(proposal.mapping, "dates: Excel numbers   # days such as {}", printable(serial));
        }
        let values = |evidence: &Evidence| format!("{} values such as {}", evidence.count, printable(&evidence.example));
        if self.cents && !self.whole.1 {
            let _ = writeln!(proposal.mapping, "amounts in: cents   # the name of the column says so");
        } else if self.beside_currency && self.whole == (true, false) {
            proposal.undecided.push("amounts in: all amounts are whole numbers; they may count cents".to_owned());
            let _ = writeln!(
                proposal.mapping,
                "# UNDECIDED: do the amounts count cents, as interfaces often do? Take the # off one line:\n# amounts in: cents\n# amounts in: whole units"
            );
        }
        match (self.comma.count, self.point.count) {
            (0, 0) if self.either_number.count == 0 => {}
            (0, 0) => {
                let example = printable(&self.either_number.example);
                proposal.undecided.push(format!("decimal: {example} may be thousands or have three decimals"));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {example} may be either. Take the # off one line:\n# decimal: point\n# decimal: comma"
                );
            }
            (_, 0) => {
                let _ = writeln!(proposal.mapping, "decimal: comma   # {}", values(&self.comma));
            }
            // A column of its own, such as one of weights, may not tell.
            (0, _) if self.either_number.count > 0 => {
                let _ = writeln!(proposal.mapping, "decimal: point   # {}", values(&self.point));
            }
            (0, _) => {}
            _ => {
                proposal.undecided.push("decimal: some values have a comma before the decimals, others a point".to_owned());
                let (comma, point) = (values(&self.comma), values(&self.point));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {comma}, but {point}. Take the # off one line:\n# decimal: point\n# decimal: comma"
                );
            }
        }
        let divider = self.divider.unwrap_or('.');
        let (day, month) = (format!("day{divider}month{divider}year"), format!("month{divider}day{divider}year"));
        match (self.day_first.count, self.month_first.count) {
            (0, 0) if self.either_date.count == 0 => {}
            // Nobody writes the month first with points.
            (0, 0) if divider == '.' => {
                let _ = writeln!(proposal.mapping, "dates: {day}   # {}", values(&self.either_date));
            }
            (0, 0) => {
                let example = printable(&self.either_date.example);
                proposal.undecided.push(format!("dates: {example} may be a day before its month, or after"));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {example} may be either. Take the # off one line:\n# dates: {day}\n# dates: {month}"
                );
            }
            (_, 0) => {
                let _ = writeln!(proposal.mapping, "dates: {day}   # {}", values(&self.day_first));
            }
            (0, _) => {
                let _ = writeln!(proposal.mapping, "dates: {month}   # {}", values(&self.month_first));
            }
            _ => {
                proposal.undecided.push("dates: some have the day first, others the month".to_owned());
                let (days, months) = (values(&self.day_first), values(&self.month_first));
                let _ = writeln!(
                    proposal.mapping,
                    "# UNDECIDED: {days}, but {months}: two files in one? Take the # off one line:\n# dates: {day}\n# dates: {month}"
                );
            }
        }
    }
}
