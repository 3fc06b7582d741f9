//! ARCHITECTURE.md draws which part may use which; what is imported holds to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Drawing = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines `name ⟶ other, another` of the page, in order.
fn drawn() -> Vec<(String, BTreeSet<String>)> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let lines = page.lines().filter_map(|line| line.split_once('⟶'));
    lines
        .map(|(name, uses)| {
            (name.trim().to_owned(), uses.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
        })
        .collect()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, out);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            out.push(entry);
        }
    }
}

/// The names that stand directly behind `prefix` in code, in lists with braces too.
fn used(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0_usize;
                for part in list.split_inclusive([',', '{', '}']) {
                    if depth == 0 && !word(part.trim_start()).is_empty() {
                        names.insert(word(part.trim_start()));
                    }
                    match part.chars().last() {
                        Some('{') => depth += 1,
                        Some('}') if depth == 0 => break,
                        Some('}') => depth -= 1,
                        _ => {}
                    }
                }
            }
            None => {
                names.insert(word(rest));
            }
        }
    }
    names
}

/// The code of a file without its comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a file of code");
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// What the parts of `src` import from one another.
fn imported() -> Drawing {
    let source = root().join("src");
    let mut paths = Vec::new();
    files(&source, &mut paths);
    let mut found = Drawing::new();
    for path in paths {
        let inner = path.strip_prefix(&source).expect("below src");
        let first = inner.iter().next().expect("a name").to_string_lossy();
        let part = first.trim_end_matches(".rs").to_owned();
        if part == "lib" || part == "main" {
            continue;
        }
        let own = part.clone();
        let uses = used(&code(&path), "crate::").into_iter().filter(|name| !name.is_empty() && *name != own);
        found.entry(part).or_default().extend(uses);
    }
    found
}

#[test]
fn parts_use_what_the_page_draws_and_nothing_else() {
    let drawn: Drawing = drawn().into_iter().collect();
    assert_eq!(imported(), drawn, "imports on the left, ARCHITECTURE.md on the right");
}

#[test]
fn no_part_uses_one_that_is_drawn_below_it() {
    let mut above = BTreeSet::new();
    for (name, uses) in drawn() {
        let below: Vec<&String> = uses.iter().filter(|used| !above.contains(*used)).collect();
        assert!(below.is_empty(), "{name} is drawn above {below:?}, which it uses");
        above.insert(name);
    }
    assert!(above.contains("cli"), "the page draws no parts");
}

#[test]
fn lists_of_imports_are_read_whole() {
    let names = used("use crate::{a, b::{c, d}, e};\nuse crate::f::g;\n", "crate::");
    assert_eq!(names, ["a", "b", "e", "f"].map(str::to_owned).into());
}

/// Where the tables of triggers and effects stand: nobody else in the plan or the engine asks which one a rule has.
const TABLES: [&str; 2] = ["triggers.rs", "effects.rs"];

#[test]
fn triggers_and_effects_are_told_apart_in_their_tables_alone() {
    let mut found = Vec::new();
    for part in ["plan", "engine"] {
        let mut paths = Vec::new();
        files(&root().join("src").join(part), &mut paths);
        paths.retain(|path| !TABLES.iter().any(|table| path.ends_with(Path::new("plan").join(table))));
        for path in paths {
            let names = |text: &str| code(&path).match_indices(text).any(|(at, _)| !ends_in_letter(&code(&path)[..at]));
            if names("Trigger::") || names("Effect::") {
                found.push(path);
            }
        }
    }
    assert!(found.is_empty(), "{found:?} match on triggers or effects; src/plan/triggers.rs and effects.rs have a row for each");
}

/// Whether what stands behind a text is the rest of a longer name, or a variant of another type.
fn ends_in_letter(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}
