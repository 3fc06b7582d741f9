//! Where the settings of `program` stand in its text.

use crate::span::Span;
use crate::syntax::ast::{Ast, ReturnsSetting, Setting, StatementKind};

/// The places of settings; `None` for one that is not written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    /// The sentence as a whole.
    pub program: Option<Span>,
    pub currency: Option<Span>,
    pub zone: Option<Span>,
    pub life: Option<Span>,
    pub earlier: Option<Span>,
    pub members: Option<Span>,
    pub earn_on: Option<Span>,
    pub combine: Option<Span>,
    pub vouchers: Option<Span>,
    pub refunds: Option<Span>,
    pub floor: Option<Span>,
    pub round: Option<Span>,
    pub tiers: Option<Span>,
    pub shortfall: Option<Span>,
    pub restore: Option<Span>,
    pub keep: Option<Span>,
    pub week: Option<Span>,
    pub account: Option<Span>,
}

impl Said {
    pub fn of(ast: &Ast) -> Self {
        let mut said = Self::default();
        for statement in &ast.statements {
            let StatementKind::Program(program) = &statement.kind else { continue };
            said.program = Some(program.name.span);
            for setting in &program.settings {
                *said.slot(&setting.node) = Some(setting.span);
            }
        }
        said
    }

    fn slot(&mut self, setting: &Setting) -> &mut Option<Span> {
        match setting {
            Setting::Currency(_) => &mut self.currency,
            Setting::Timezone(_) => &mut self.zone,
            Setting::Language(_) => &mut self.program,
            Setting::Starts(_) | Setting::Ends(_) => &mut self.life,
            Setting::CountEarlierPurchases => &mut self.earlier,
            Setting::Members(_) => &mut self.members,
            Setting::EarnOn { .. } => &mut self.earn_on,
            Setting::DiscountsCombine(_) => &mut self.combine,
            Setting::PayRefundsTo(_) => &mut self.refunds,
            Setting::VouchersPayFirst => &mut self.vouchers,
            Setting::NeverBelow(_) => &mut self.floor,
            Setting::RoundMoney(_) => &mut self.round,
            Setting::TiersChange(_) => &mut self.tiers,
            Setting::Returns(ReturnsSetting::MayGoNegative | ReturnsSetting::StopAtZero | ReturnsSetting::DeductFromRefund) => {
                &mut self.shortfall
            }
            Setting::Returns(ReturnsSetting::RestoreOriginalExpiry | ReturnsSetting::RestoreNewExpiry | ReturnsSetting::DoNotRestore) => {
                &mut self.restore
            }
            Setting::Returns(ReturnsSetting::KeepRewards) => &mut self.keep,
            Setting::WeekStarts { .. } => &mut self.week,
            Setting::AccountBy(_) => &mut self.account,
        }
    }
}
