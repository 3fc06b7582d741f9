//! One HTML file without requests: each sentence leads to its line of the program, and each line back.

use super::super::language::Lang;
use super::super::model::{Document, Sentence, Table};
use super::{letter, titled};
use crate::source::Sources;
use std::collections::BTreeMap;
use std::fmt::Write;

const STYLE: &str = "body{font:16px/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}p{margin:.8rem 0 .3rem}ol{margin:.2rem 0 .2rem 1.2rem;padding-left:1rem}\
a.s{color:#666;font-size:.75em;text-decoration:none;vertical-align:super;margin-left:.2em}table{border-collapse:collapse;margin:.6rem 0}\
td,th{border:1px solid #bbb;padding:.25rem .6rem;text-align:left}pre{font-size:.85rem;overflow-x:auto;background:#f6f6f6;padding:.8rem}\
pre b{color:#888;font-weight:normal}:target{background:#fff3b0}@media print{pre,a.s,.source{display:none}}\
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}pre{background:#222}:target{background:#554a00}}";

/// The page as it is made.
struct Page<'a> {
    out: String,
    document: &'a Document,
    sources: &'a Sources,
    lines: bool,
    /// By file and line of the program: the sentences that come from it.
    back: BTreeMap<(u16, usize), Vec<usize>>,
    sentences: usize,
}

/// The terms as one HTML file; with `lines`, the links show the numbers of lines.
#[must_use]
pub fn html(document: &Document, sources: &Sources, lines: bool) -> String {
    let title = escaped(&document.title);
    let head = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        document.lang.html()
    );
    let mut page = Page { out: head, document, sources, lines, back: BTreeMap::new(), sentences: 0 };
    for at in 0..document.sections.len() {
        page.section(at);
    }
    page.program();
    page.out.push_str("</body>\n</html>\n");
    page.out
}

impl Page<'_> {
    fn section(&mut self, at: usize) {
        let document = self.document;
        let Some(section) = document.sections.get(at) else { return };
        let number = at.saturating_add(1);
        self.push(&format!("<h2 id=\"t{number}\">{number}. {}</h2>\n", escaped(&section.heading)));
        for (at, clause) in section.clauses.iter().enumerate() {
            let clause_number = format!("{number}.{}", at.saturating_add(1));
            let title = clause
                .title
                .as_ref()
                .map_or_else(String::new, |title| format!("<strong>{}</strong> ", escaped(titled(title, document.lang).trim_end())));
            let lead = self.sentence(&clause.lead);
            self.push(&format!("<p id=\"t{clause_number}\"><strong>{clause_number}</strong> {title}{lead}</p>\n"));
            if !clause.details.is_empty() {
                self.push("<ol type=\"a\">\n");
                for (at, detail) in clause.details.iter().enumerate() {
                    let text = self.sentence(detail);
                    self.push(&format!("<li id=\"t{clause_number}{}\">{text}</li>\n", letter(at)));
                }
                self.push("</ol>\n");
            }
            if let Some(table) = &clause.table {
                self.table(table);
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A sentence with its link to the program.
    fn sentence(&mut self, sentence: &Sentence) -> String {
        self.sentences = self.sentences.saturating_add(1);
        let number = self.sentences;
        let text = escaped(&sentence.text);
        let Some(span) = sentence.from else { return format!("<span id=\"s{number}\">{text}</span>") };
        let line = self.sources.place(span).line;
        self.back.entry((span.file, line)).or_default().push(number);
        let shown = if self.lines { line.to_string() } else { "↓".to_owned() };
        format!("<span id=\"s{number}\">{text}</span><a class=\"s\" href=\"#f{}l{line}\">{shown}</a>", span.file)
    }

    fn table(&mut self, table: &Table) {
        let cells = |row: &[String], tag: &str| row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect::<String>();
        self.push(&format!("<table>\n<tr>{}</tr>\n", cells(&table.head, "th")));
        for row in &table.rows {
            self.push(&format!("<tr>{}</tr>\n", cells(row, "td")));
        }
        self.push("</table>\n");
    }

    /// The program itself, each line with links to the sentences that come from it.
    fn program(&mut self) {
        let heading = match self.document.lang {
            Lang::En => "The program these terms come from",
            Lang::Ru => "Текст программы, из которого составлены эти правила",
            Lang::Zh => "本条款所依据的计划文本",
        };
        self.push(&format!("<div class=\"source\">\n<h2>{heading}</h2>\n"));
        for (at, file) in self.sources.files().iter().enumerate() {
            let index = u16::try_from(at).unwrap_or(u16::MAX);
            self.push(&format!("<p>{}</p>\n<pre>", escaped(&crate::diagnostic::render::visible(&file.name))));
            for (at, line) in file.text.lines().enumerate() {
                let number = at.saturating_add(1);
                let back = self.back.get(&(index, number)).map_or(&[][..], Vec::as_slice);
                let links = back.iter().fold(String::new(), |mut links, sentence| {
                    let _ = write!(links, "<a class=\"s\" href=\"#s{sentence}\">↑</a>");
                    links
                });
                let text = escaped(&crate::diagnostic::render::visible(line));
                self.out.push_str(&format!("<span id=\"f{index}l{number}\"><b>{number:>4}</b> {text}{links}</span>\n"));
            }
            self.push("</pre>\n");
        }
        self.push("</div>\n");
    }
}

/// Text that means itself.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
