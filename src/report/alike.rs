//! Ids that differ only in what people hardly see are often one customer.

use super::write::format::count;
use crate::history::model::History;
use std::collections::{BTreeMap, BTreeSet};

/// A sentence on the first such ids and how many there are.
pub(super) fn sentence(history: &History) -> Option<String> {
    let ids = || history.parts.iter().flat_map(|part| &part.customers.id).map(String::as_str);
    let odd: BTreeSet<String> = ids().filter_map(|id| Some(plain(id)).filter(|plain| plain != id)).collect();
    if odd.is_empty() {
        return None;
    }
    let mut same: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for id in ids() {
        let plain = plain(id);
        if odd.contains(&plain) {
            same.entry(plain).or_default().push(id);
        }
    }
    let several: Vec<Vec<&str>> = same.into_values().filter(|ids| ids.len() > 1).collect();
    let first = several.first()?;
    let names: Vec<String> = first.iter().take(3).map(|id| format!("\"{id}\"")).collect();
    let more = several.len().saturating_sub(1);
    let others = if more == 0 { String::new() } else { format!(", and {} more such", count(i128::try_from(more).unwrap_or(0))) };
    Some(format!(
        "Some ids of customers differ only in blanks, quotes, zeros in front or capitals, and count as different customers: {}{others}.",
        names.join(", ")
    ))
}

/// An id without what people hardly see.
fn plain(id: &str) -> String {
    let bare = id.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let digits = if bare.bytes().all(|byte| byte.is_ascii_digit()) { bare.trim_start_matches('0') } else { bare };
    digits.to_lowercase()
}
