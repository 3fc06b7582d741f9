//! Terms as Markdown, HTML and plain text.

mod html;
mod markdown;
mod text;

pub use html::html;
pub use markdown::markdown;
pub use text::text;

use super::language::Lang;
use super::model::Sentence;
use crate::source::Sources;

/// Where a sentence comes from: ` [line 12]`; empty where it comes from no one line.
fn line(sentence: &Sentence, sources: &Sources, lang: Lang) -> String {
    let Some(span) = sentence.from else { return String::new() };
    let line = sources.place(span).line;
    let file = if span.file > 0 { sources.file(span.file).map_or("", |file| file.name.as_str()) } else { "" };
    match (lang, file) {
        (Lang::En, "") => format!(" [line\u{a0}{line}]"),
        (Lang::En, file) => format!(" [{file}, line\u{a0}{line}]"),
        (Lang::Ru, "") => format!(" [строка\u{a0}{line}]"),
        (Lang::Ru, file) => format!(" [{file}, строка\u{a0}{line}]"),
        (Lang::Zh, "") => format!(" [第{line}行]"),
        (Lang::Zh, file) => format!(" [{file}，第{line}行]"),
    }
}

/// The name of a clause before its text.
fn titled(title: &str, lang: Lang) -> String {
    match lang {
        Lang::En | Lang::Ru => format!("{title}. "),
        Lang::Zh => format!("【{title}】"),
    }
}

/// `a`, `b` … `z`, `aa`: how details of a clause are lettered.
fn letter(at: usize) -> String {
    let mut left = at;
    let mut letters = Vec::new();
    loop {
        let digit = u8::try_from(left % 26).unwrap_or(0);
        letters.push(char::from(b'a'.saturating_add(digit)));
        left = match (left / 26).checked_sub(1) {
            Some(next) => next,
            None => break,
        };
    }
    letters.iter().rev().collect()
}
