//! What a program looks at in a history: readers leave the other columns undecoded.

use crate::history::model::{Needs, Opened, Opens};
use crate::program::{Measure, MeasureKind, Program, Window, asks, measure_words};

/// The needs of a program; `ids` if purchases are to be named in a ledger.
pub(super) fn of(program: &Program, ids: bool) -> Needs {
    // Tax and shipping change what item lines add up to, whatever the rules ask for.
    let mut columns = asks::columns(program);
    columns.extend(["tax", "shipping"]);
    let attributes = program.attributes.iter().map(|attribute| (Needs::owner(attribute.of), attribute.name.to_lowercase())).collect();
    // Of two purchases at one moment the ids say who comes first where customers share something.
    Needs { columns, attributes, items: true, ids: ids || crate::engine::looks_across(program), opens: opens(program) }
}

/// What members may hold when the books are opened, in the words of the program.
fn opens(program: &Program) -> Opens {
    let wallets = program.wallets.iter().flat_map(|wallet| {
        let names = std::iter::once(&wallet.name).chain(&wallet.forms);
        names.map(|name| Opened { name: name.clone(), decimals: wallet.scale, is_rolling: false })
    });
    let tiers = program.ladders.iter().flat_map(|ladder| &ladder.rungs);
    let tiers = tiers.map(|rung| Opened { name: rung.name.clone(), ..Opened::default() });
    let measures = program.measures.iter().filter_map(|measure| {
        let (name, is_rolling) = (measure_words(program, measure)?, matches!(measure.window, Window::Last(_)));
        Some(Opened { name, decimals: decimals(program, measure), is_rolling })
    });
    // The number of a purchase is a fact, whether anything measures it or not.
    let number = Opened { name: "purchases".to_owned(), ..Opened::default() };
    let mut all = Opens::default();
    all.add(Opens { wallets: wallets.collect(), tiers: tiers.collect(), measures: measures.chain([number]).collect() });
    all
}

fn decimals(program: &Program, measure: &Measure) -> u8 {
    match measure.kind {
        MeasureKind::Spend | MeasureKind::GrossSpend => program.currency.decimals,
        MeasureKind::Earned(id) | MeasureKind::Confirmed(id) | MeasureKind::Spent(id) | MeasureKind::Balance(id) => {
            program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale)
        }
        // Quantities are counted in millionths.
        MeasureKind::Quantity => 6,
        MeasureKind::Purchases
        | MeasureKind::Items
        | MeasureKind::DaysWithPurchase
        | MeasureKind::Different(_)
        | MeasureKind::Events(_)
        | MeasureKind::Referrals => 0,
    }
}
