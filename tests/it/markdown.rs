//! Fenced blocks of Markdown pages, for the pages whose examples are tests.

use std::path::{Path, PathBuf};

/// A fenced block, or a comment that stands alone.
#[derive(Debug)]
pub struct Block {
    /// The words behind the fence: `loy`, `sh`, `text` …; `comment` for a comment.
    pub info: String,
    pub text: String,
    /// Of its first line of text, from 1.
    pub line: usize,
}

/// The blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in (1..).zip(page.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Block { info: info.trim().to_owned(), text: String::new(), line: number + 1 }),
            (None, None) => {
                if let Some(comment) = line.strip_prefix("<!--").and_then(|line| line.strip_suffix("-->")) {
                    blocks.push(Block { info: "comment".to_owned(), text: comment.trim().to_owned(), line: number });
                }
            }
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a block is not closed: {open:?}");
    blocks
}

/// A file of the project.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the project.
pub fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files and headings that a page links, without those on the web.
pub fn links(page: &str) -> Vec<&str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://")).collect()
}

/// The name by which a heading is linked.
pub fn anchor(heading: &str) -> String {
    let lower = heading.trim_start_matches('#').trim().to_lowercase();
    let kept: String = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect();
    kept.replace(' ', "-")
}

/// Fails if a page links a file or a heading that is not there.
pub fn check_links(name: &str) {
    let page = read(name);
    let folder = file(name).parent().expect("a folder").to_path_buf();
    for link in links(&page) {
        let (target, heading) = link.split_once('#').unwrap_or((link, ""));
        let path = if target.is_empty() { file(name) } else { folder.join(target) };
        assert!(path.exists(), "{name} links {link}, which is not there");
        if !heading.is_empty() {
            let text = std::fs::read_to_string(&path).expect("a text");
            assert!(text.lines().any(|line| line.starts_with('#') && anchor(line) == heading), "{name} links {link}: no such heading");
        }
    }
}
