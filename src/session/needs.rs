//! What a program looks at in a history: readers leave the other columns undecoded.

use crate::history::model::Needs;
use crate::program::{Program, asks};

/// The needs of a program; `ids` if purchases are to be named in a ledger.
pub(super) fn of(program: &Program, ids: bool) -> Needs {
    // Tax and shipping change what item lines add up to, whatever the rules ask for.
    let mut columns = asks::columns(program);
    columns.extend(["tax", "shipping"]);
    let attributes = program.attributes.iter().map(|attribute| (Needs::owner(attribute.of), attribute.name.to_lowercase())).collect();
    // Of two purchases at one moment the ids say who comes first where customers share something.
    Needs { columns, attributes, items: true, ids: ids || crate::engine::looks_across(program) }
}
