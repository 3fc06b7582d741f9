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
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
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

/// The rooms of the engine, layer by layer, as the page draws them.
fn layers() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let section = page.split("## The rooms of the engine").nth(1).expect("the section");
    let drawing = section.split("```").nth(1).expect("the drawing").trim_start_matches("text");
    drawing.split('◄').map(|layer| layer.split('·').map(|room| room.trim().to_owned()).collect()).collect()
}

/// The files of the engine with their rooms and their code; `mod.rs` of the engine itself apart.
fn engine() -> Vec<(String, String, String)> {
    let engine = root().join("src/engine");
    let mut paths = Vec::new();
    files(&engine, &mut paths);
    let mut found: Vec<(String, String, String)> = Vec::new();
    for path in paths {
        let inner: Vec<String> =
            path.strip_prefix(&engine).expect("inside").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let (room, file) = (inner[0].trim_end_matches(".rs"), inner[inner.len() - 1].trim_end_matches(".rs"));
        if (room, inner.len()) != ("mod", 1) {
            found.push((room.to_owned(), file.to_owned(), code(&path)));
        }
    }
    found.sort();
    found
}

#[test]
fn rooms_of_the_engine_use_those_above_them() {
    let layers = layers();
    let layer = |room: &str| layers.iter().position(|layer| layer.iter().any(|name| name == room));
    for (room, file, code) in engine() {
        let own = layer(&room).unwrap_or_else(|| panic!("the page does not draw {room}"));
        for other in used(&code, "crate::engine::").into_iter().filter(|name| *name != room) {
            assert!(layer(&other).is_some_and(|other| other < own), "{room}/{file} uses {other}");
        }
        assert!(!code.contains("super::super"), "{room}/{file} reaches out of its room unseen");
        if room == "account" {
            assert_eq!(used(&code, "crate::engine::account::"), BTreeSet::new(), "{file} knows another concern");
        }
    }
}

#[test]
fn methods_of_an_account_call_those_of_rooms_above_them() {
    let layers = layers();
    let layer = |room: &str| layers.iter().position(|layer| layer.iter().any(|name| name == room)).unwrap_or(0);
    let files: Vec<_> = engine().into_iter().filter(|(.., code)| code.contains(" Account<'")).collect();
    let mut homes = BTreeMap::new();
    for (room, _, code) in &files {
        // Methods of other types stand in other files.
        for method in code.lines().filter_map(|line| line.strip_prefix("    pub fn ")) {
            homes.insert(method.split(['(', '<']).next().unwrap_or("").to_owned(), room.clone());
        }
    }
    assert!(homes.len() > 100, "methods are found");
    for (room, file, code) in &files {
        for (method, home) in &homes {
            let calls = |who: &str| code.contains(&format!("{who}.{method}("));
            let goes_down = layer(home) > layer(room) && (calls("self") || calls("account") || calls("winner"));
            assert!(!goes_down, "{room}/{file} calls {method} of {home}");
        }
    }
}

#[test]
fn no_files_of_a_room_import_each_other_in_a_circle() {
    let files = engine();
    let names: BTreeSet<(String, String)> = files.iter().map(|(room, file, _)| (room.clone(), file.clone())).collect();
    let mut uses: BTreeMap<(String, String), BTreeSet<(String, String)>> = BTreeMap::new();
    for (room, file, code) in &files {
        for name in used(code, &format!("crate::engine::{room}::")) {
            let sibling = (room.clone(), name);
            let target = if names.contains(&sibling) { sibling } else { (room.clone(), "mod".to_owned()) };
            if target.1 != *file {
                uses.entry((room.clone(), file.clone())).or_default().insert(target);
            }
        }
    }
    // Whoever uses nobody any more is taken away; what remains stands in circles.
    let mut left = names;
    while let Some(free) = left.iter().find(|file| uses.get(file).is_none_or(|uses| uses.is_disjoint(&left))).cloned() {
        left.remove(&free);
    }
    assert!(left.is_empty(), "circles: {left:?}");
}
