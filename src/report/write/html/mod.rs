//! Reports as pages: one file that asks for nothing else, readable by people, by screen readers and, through the JSON in it, by
//! programs.
//!
//! The page's policy allows its own style sheet and script by their hashes and nothing besides, so no text of a program or a
//! history can do anything in it, whatever it says.

pub mod chart;
mod colours;
mod compared;
mod escape;
mod figures;
mod policy;
mod scale;
pub mod scene;
mod simulated;
mod source;
mod told;

pub use compared::{comparison_page, findings_page};
pub use figures::Words;
pub use simulated::report_page;
pub use told::story_page;

use crate::report::model::{Claim, Section};
use escape::{json, slug, text};
use std::fmt::Write;

/// The rules of layout, and the little that moves.
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page before it is put together.
#[derive(Debug, Default)]
struct Page {
    title: String,
    /// What, on what, from when to when.
    about: String,
    /// What it comes to, and on what that rests.
    answer: Vec<(String, String)>,
    parts: Vec<Part>,
    /// The same for programs.
    json: String,
}

/// A part of a page.
#[derive(Debug)]
struct Part {
    id: String,
    title: String,
    /// On what most of it rests; empty where it says so itself.
    label: String,
    html: String,
}

impl Page {
    fn part(&mut self, id: &str, title: &str, label: &str, html: String) {
        if !html.is_empty() {
            self.parts.push(Part { id: slug(id), title: title.to_owned(), label: label.to_owned(), html });
        }
    }

    /// A section of the model. `figures` writes the metrics that it names.
    fn section(&mut self, section: &Section, words: &Words, figures: impl Fn(&[String]) -> String) {
        let mut html = claims(&section.claims, section.label.word());
        html.push_str(&figures(&section.figures));
        section.tables.iter().for_each(|table| html.push_str(&figures::figure(table, words)));
        let html = if section.folded && !html.is_empty() {
            format!("<details><summary>{}</summary>{html}</details>", text(&section.title))
        } else {
            html
        };
        // Several sections of one kind have ids of their own.
        let same = self.parts.iter().filter(|part| part.id.starts_with(section.id)).count();
        let id = if same == 0 { section.id.to_owned() } else { format!("{}-{}", section.id, same + 1) };
        self.part(&id, &section.title, section.label.word(), html);
    }

    /// Sentences as a list.
    fn list(&mut self, id: &str, title: &str, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        let items: String = sentences.iter().map(|sentence| format!("<li>{}</li>", text(sentence))).collect();
        self.part(id, title, "", format!("<ul class=\"points\">{items}</ul>"));
    }

    fn finish(&self) -> String {
        let style = colours::sheet() + STYLE;
        let mut html = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        let _ = write!(
            html,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"generator\" content=\"loyalty-dsl {}\"><title>{}</title><style>{style}</style></head>",
            policy::of(&style, SCRIPT),
            env!("CARGO_PKG_VERSION"),
            text(&self.title)
        );
        let _ = write!(
            html,
            "<body><a class=\"skip\" href=\"#answer\">To the answer</a><header><p class=\"about\">{}</p><h1>{}</h1></header><main><div class=\"answer\" id=\"answer\">",
            text(&self.about),
            text(&self.title)
        );
        for (at, (sentence, label)) in self.answer.iter().enumerate() {
            let class = if at == 0 { " class=\"lead\"" } else { "" };
            // One label for sentences that rest on the same.
            let above = at.checked_sub(1).and_then(|above| self.answer.get(above)).map(|(_, label)| label);
            let label = if label.is_empty() || above == Some(label) {
                String::new()
            } else {
                format!(" <span class=\"label\">{}</span>", text(label))
            };
            let _ = write!(html, "<p{class}>{}{label}</p>", text(sentence));
        }
        html.push_str("</div><nav aria-label=\"Parts of this page\"><ul>");
        for part in &self.parts {
            let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", part.id, text(&part.title));
        }
        html.push_str("</ul></nav>");
        for part in &self.parts {
            let label = if part.label.is_empty() { String::new() } else { format!("<span class=\"label\">{}</span>", text(&part.label)) };
            let _ = write!(
                html,
                "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\"><span>{}</span>{label}</h2>{}</section>",
                text(&part.title),
                part.html,
                id = part.id
            );
        }
        let _ = writeln!(
            html,
            "</main><footer><p>Made by loyalty-dsl {}. Observed: counted in the history. Mechanical: the program's arithmetic on it. Assumed: \
             rests on what was assumed. Estimated: fitted. This page asks for nothing from anywhere; its figures for programs stand in it \
             as JSON.</p></footer><script type=\"application/json\" id=\"report\">{}</script><script>{SCRIPT}</script></body></html>",
            env!("CARGO_PKG_VERSION"),
            json(&self.json)
        );
        html
    }
}

/// Sentences that can be defended, each with its label where it is another than that of its part.
fn claims(claims: &[Claim], label: &str) -> String {
    let one = |claim: &Claim| {
        let own = claim.label.word();
        let label = if own == label { String::new() } else { format!(" <span class=\"label\">{own}</span>") };
        format!("<p>{}{label}</p>", text(&claim.text))
    };
    claims.iter().map(one).collect()
}
