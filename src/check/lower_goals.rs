//! Goals that hold for every history: `expect worst case …`, `expect no gain …`, `allow gain …`.

use super::{Checker, errors};
use crate::program::{Ceiling, GainGoal, GainKind, Type};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{Expr, WorstCase, WorstOf};
use crate::value::Exact;

impl<'a> Checker<'a> {
    /// `expect worst case at most 15% of a purchase, plus 5 EUR`
    pub(crate) fn ceiling(&mut self, worst: &'a WorstCase, span: Span) {
        let zero = Exact::whole(0);
        let Some(most) = self.known(&worst.most, None) else { return };
        let (mut rate, mut fixed) = match most.kind {
            Type::Percent => (most.value, zero),
            Type::Money => (zero, most.value),
            _ => {
                let problem = errors::ceiling_of_what(&self.program.currency.code, worst.most.span);
                self.report(problem);
                return;
            }
        };
        if let Some(plus) = &worst.plus {
            let Some(more) = self.known(plus, None) else { return };
            match more.kind {
                Type::Money if fixed == zero => fixed = more.value,
                Type::Percent if rate == zero => rate = more.value,
                _ => {
                    let problem = errors::ceiling_of_what(&self.program.currency.code, plus.span);
                    self.report(problem);
                    return;
                }
            }
        }
        let least = match &worst.least {
            Some(least) => self.money(least),
            None => Some(0),
        };
        let Some(least) = least else { return };
        if worst.year && worst.of == Some(WorstOf::Purchase) {
            let problem = errors::ceiling_of_two(span);
            self.report(problem);
            return;
        }
        let text = self.sources.quote(span);
        self.program.ceilings.push(Ceiling { text, rate, fixed, least, year: worst.year, span });
    }

    /// `expect no gain from returns`, `allow gain of 5 EUR from accounts`
    pub(crate) fn gain_goal(&mut self, amount: Option<&'a Expr>, from: &[Spanned<GainKind>], allowed: bool, span: Span) {
        let amount = match amount {
            Some(amount) => {
                let Some(money) = self.money(amount) else { return };
                Some(money)
            }
            None => None,
        };
        let kinds = from.iter().map(|kind| kind.node).collect();
        self.program.gains.push(GainGoal { allowed, kinds, amount, span });
    }
}
