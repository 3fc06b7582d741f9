//! What a purchase adds to a period's categories, for rules on the top one.

use crate::engine::purchase::earning::{earning_base, without_tax};
use crate::engine::purchase::outcome::{Added, Outcome};
use crate::engine::purchase::stage::Stage;
use crate::history::model::NO_TEXT;
use crate::program::Scope;
use crate::value::{Checked, Overflow};

/// What a purchase adds to the categories of rules that act on it.
pub(in crate::engine) fn add(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    out.tops.clear();
    for &rule_index in &stage.plan.top_rules {
        if !stage.acts(rule_index, &out.lines, out.net)? {
            continue;
        }
        let Some(Scope::TopCategory(_, filter)) = &stage.plan.rules[rule_index].scope else { continue };
        let scene = stage.scene(&out.lines, out.net);
        let mut added: Added = Vec::new();
        for line in out.lines.iter().filter(|line| !line.shipping && line.category != NO_TEXT) {
            if filter.as_ref().map_or(Ok(true), |filter| scene.passes(line, filter))? {
                let base = earning_base(stage, line);
                match added.iter_mut().find(|(_, category, _)| *category == line.category) {
                    Some((.., sum)) => *sum = sum.checked_add(base).ok_or(Overflow)?,
                    None => added.push((rule_index, line.category, base)),
                }
            }
        }
        for (.., base) in &mut added {
            *base = without_tax(stage, *base)?;
        }
        out.tops.extend(added);
    }
    Ok(())
}
