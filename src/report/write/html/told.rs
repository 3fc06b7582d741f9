//! The page of a story, for the desk.

use super::Page;
use super::escape::text;
use crate::report::story::{Moment, Story};
use crate::report::write::story_json;
use std::fmt::Write;

/// A story as a page.
///
/// # Errors
/// What the writer of the JSON in it says; it does not fail.
pub fn story_page(story: &Story) -> Result<String, String> {
    let who = match &story.name {
        Some(name) => format!("{name} (customer {})", story.customer),
        None => format!("Customer {}", story.customer),
    };
    let mut page = Page { title: who, json: story_json(story)?, ..Page::default() };
    if let Some(purchase) = &story.purchase {
        page.about = format!("Purchase {purchase}");
    }
    if story.stands.is_empty() {
        page.answer.extend(story.moments.first().map(|moment| (moment.headline.clone(), String::new())));
    } else {
        page.answer.push((format!("At the end: {}", story.stands.join(" · ")), String::new()));
    }
    for (at, moment) in story.moments.iter().enumerate() {
        page.part(&format!("moment-{}", at + 1), &moment.headline, "", told(moment));
    }
    Ok(page.finish())
}

fn told(moment: &Moment) -> String {
    let mut html = moment.note.as_ref().map_or_else(String::new, |note| format!("<p>{}</p>", text(note)));
    let by = |place: Option<&str>, sentence: Option<&str>| match (place, sentence) {
        (Some(place), Some(sentence)) => format!("{}: <code>{}</code>", text(place), text(sentence)),
        (Some(place), None) => text(place),
        (None, _) => String::new(),
    };
    if !moment.happened.is_empty() {
        html.push_str("<div class=\"scroll\"><table><tbody>");
        for one in &moment.happened {
            let _ = write!(
                html,
                "<tr><th scope=\"row\"><b>{}</b></th><td>{}<br><span class=\"note\">{}</span></td></tr>",
                text(&one.what),
                by(one.place.as_deref(), one.sentence.as_deref()),
                text(&one.because.join(" · "))
            );
        }
        html.push_str("</tbody></table></div>");
    }
    if !moment.did_not_fire.is_empty() {
        html.push_str("<details open><summary>Did not fire</summary><ul class=\"points\">");
        for one in &moment.did_not_fire {
            let _ = write!(html, "<li>{} — {}</li>", by(Some(&one.place), Some(&one.sentence)), text(&one.why));
        }
        html.push_str("</ul></details>");
    }
    if html.is_empty() { "<p>Nothing.</p>".to_owned() } else { html }
}
