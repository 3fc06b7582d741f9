//! Exports that are known: their mapping, as far as a file has its columns.

use super::fits::currency;
use super::{Proposal, header, quoted};
use crate::history::look::Seen;
use crate::history::names::MEANINGS;
use crate::history::presets::Preset;

pub(super) fn write_preset(proposal: &mut Proposal, preset: &'static Preset, seen: &[(String, Seen)]) {
    proposal.known = Some(preset.title);
    let names: Vec<String> = seen.iter().map(|(name, _)| quoted(name)).collect();
    let files = if names.len() == 1 { names.concat() } else { format!("[{}]", names.join(", ")) };
    let Some((_, seen)) = seen.first() else { return };
    proposal.mapping = present(preset.text, &header(seen)).replace("FILE", &files);
    let facts = |word: &str| {
        let line = preset.text.lines().find_map(|line| line.trim().strip_prefix(word));
        let name = line.and_then(|line| line.split('#').next()).unwrap_or_default().trim().to_lowercase();
        seen.columns.iter().find(move |facts| facts.name.to_lowercase() == name)
    };
    let code = facts("currency: ").and_then(|facts| facts.values.first()).map(|code| code.to_uppercase());
    proposal.currency = code.or_else(|| facts("amount: ").and_then(currency));
    let used = preset.text.to_lowercase();
    for column in &seen.columns {
        let name = column.name.to_lowercase();
        if column.filled > 0
            && !used.contains(&format!(" {name}\n"))
            && !used.contains(&format!("{name},"))
            && !used.contains(&format!("\"{name}\""))
        {
            proposal.left.insert(column.name.clone());
        }
    }
    proposal.found = MEANINGS
        .iter()
        .filter(|meaning| preset.text.contains(&format!(" {}: ", meaning.key)))
        .map(|meaning| meaning.key.to_owned())
        .collect();
}

/// The lines of a known mapping whose columns the file has; exports of one shop differ in some.
pub(super) fn present(text: &str, header: &[String]) -> String {
    let header: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
    let has = |name: &&str| header.contains(&name.trim().to_lowercase());
    let line = |line: &str| {
        let value = line.split(" #").next().unwrap_or_default().split_once(": ").map_or("", |(_, value)| value.trim());
        let list = || value.trim_matches(['[', ']']).split(", ");
        if let Some(indent) = line.strip_suffix(value).and_then(|front| front.strip_suffix("not used: ")) {
            let there: Vec<&str> = list().filter(has).collect();
            return (!there.is_empty()).then(|| format!("{indent}not used: [{}]\n", there.join(", ")));
        }
        let stays = if line.starts_with("    ") {
            list().all(|name| has(&name))
        } else {
            value.strip_prefix("{ ").and_then(|inner| inner.split_once(':')).is_none_or(|(name, _)| has(&name))
        };
        stays.then(|| format!("{line}\n"))
    };
    text.lines().filter_map(line).collect()
}
