//! A story for people at a service desk.

use super::layout::{Page, WIDTH, wrapped};
use crate::diagnostic::render::{columns, visible};
use crate::report::story::{DidNotFire, Happened, Moment, Story};

/// The widest column of what was given.
const WHAT: usize = 32;

/// The whole story.
#[must_use]
pub fn story(story: &Story) -> String {
    let mut page = Page::default();
    let who = match &story.name {
        Some(name) => format!("{} (customer {})", visible(name), visible(&story.customer)),
        None => format!("Customer {}", visible(&story.customer)),
    };
    if story.purchase.is_some() {
        let mut moments = story.moments.iter();
        if let Some(moment) = moments.next() {
            page.line(&format!("{who}, {}", visible(&moment.headline)));
            page.blank();
            body(moment, &mut page);
        }
        for moment in moments {
            page.line(&format!("  later: {}", visible(&moment.headline)));
            happened(&moment.happened, "    ", &mut page);
            balances(moment, "    ", &mut page);
        }
        return page.finish();
    }
    page.line(&who);
    page.blank();
    for moment in &story.moments {
        page.line(&format!("  {}", visible(&moment.headline)));
        if let Some(note) = &moment.note {
            sentence(note, "    ", &mut page);
        }
        happened(&moment.happened, "    ", &mut page);
        balances(moment, "    ", &mut page);
    }
    if !story.stands.is_empty() {
        page.blank();
        sentence(&format!("At the end: {}", story.stands.join(" · ")), "  ", &mut page);
    }
    page.finish()
}

/// The story for programs.
///
/// # Errors
/// Why it cannot be written, in words.
pub fn story_json(story: &Story) -> Result<String, String> {
    serde_json::to_string_pretty(story).map(|text| text + "\n").map_err(|error| format!("The story cannot be written: {error}."))
}

fn body(moment: &Moment, page: &mut Page) {
    if let Some(note) = &moment.note {
        sentence(note, "  ", page);
    }
    happened(&moment.happened, "  ", page);
    balances(moment, "  ", page);
    if !moment.did_not_fire.is_empty() {
        page.line("  did not fire");
        moment.did_not_fire.iter().for_each(|one| did_not(one, page));
    }
}

/// Two columns: what was given, and by which sentence with what reasons.
fn happened(list: &[Happened], indent: &str, page: &mut Page) {
    let width = list.iter().map(|one| columns(&visible(&one.what))).max().unwrap_or(0).min(WHAT);
    for one in list {
        let what = visible(&one.what);
        let pad = " ".repeat(width.saturating_sub(columns(&what)));
        let first = format!("{indent}{what}{pad}   ");
        let next = " ".repeat(columns(indent).saturating_add(width).saturating_add(3));
        let because = one.because.join(" · ");
        let by = match (&one.place, &one.sentence) {
            (Some(place), Some(sentence)) => format!("{place}: {sentence}"),
            (Some(place), None) => place.clone(),
            _ => String::new(),
        };
        let lines = match (by.is_empty(), because.is_empty()) {
            (false, false) => vec![by, because],
            (false, true) => vec![by],
            (true, _) => vec![because],
        };
        for (index, line) in lines.iter().enumerate() {
            let first = if index == 0 { &first } else { &next };
            wrapped(&visible(line), first, &next, WIDTH).iter().for_each(|line| page.line(line));
        }
    }
}

/// How the wallets stand afterwards.
fn balances(moment: &Moment, indent: &str, page: &mut Page) {
    if !moment.balances.is_empty() {
        sentence(&format!("then: {}", moment.balances.join(" · ")), indent, page);
    }
}

fn did_not(one: &DidNotFire, page: &mut Page) {
    let text = format!("{}: {} — {}", one.place, one.sentence, one.why);
    wrapped(&visible(&text), "    ", "      ", WIDTH).iter().for_each(|line| page.line(line));
}

fn sentence(text: &str, indent: &str, page: &mut Page) {
    wrapped(&visible(text), indent, indent, WIDTH).iter().for_each(|line| page.line(line));
}
