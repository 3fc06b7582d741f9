//! The README is true: its program is the one that ships, its commands run and print what it shows.
//!
//! A ```` ```text ```` block behind a ```` ```sh ```` block is the command's output; if it ends in `…`, the beginning of it.
//! `UPDATE=1 cargo test readme` writes what the commands print now into the README, for you to read before you commit.
//! A comment of the form `In FILE: "a" becomes "b", "c" becomes "d".` changes a copy of the file for the next command.

use crate::markdown::{self, Block, blocks};
use std::path::Path;
use std::process::{Command, Output};

const RUN: &str = "cargo run --release -- ";

fn tool(folder: &Path, args: &str) -> Output {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_loyalty-dsl"));
    tool.args(args.split_whitespace()).current_dir(folder).output().expect("the program starts")
}

/// What a reader has: the project's programs, a program of their own, and their purchases.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("programs/data");
    std::fs::create_dir_all(&data).expect("a folder");
    for from in ["programs", "programs/data"] {
        for entry in std::fs::read_dir(markdown::file(from)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let to = folder.path().join(from).join(path.file_name().expect("a name"));
                std::fs::copy(&path, to).expect("a copy");
            }
        }
    }
    std::fs::copy(markdown::file("programs/discount-card.loy"), folder.path().join("my-program.loy")).expect("a copy");
    std::fs::write(folder.path().join("my-purchases.csv"), "customer,at,amount\nann,2025-01-02,12.50\n").expect("a file");
    folder
}

/// Applies a comment to the folder's files.
fn change(folder: &Path, comment: &str) {
    let Some((file, changes)) = comment.strip_prefix("In ").and_then(|rest| rest.split_once(": ")) else { return };
    let path = folder.join(file);
    let mut text = std::fs::read_to_string(&path).expect("a text");
    let words: Vec<&str> = changes.split('"').skip(1).step_by(2).collect();
    for pair in words.chunks(2) {
        let [old, new] = pair else { panic!("{comment}: one of a pair is missing") };
        assert!(text.contains(old), "{file} does not say {old}");
        text = text.replace(old, new);
    }
    std::fs::write(path, text).expect("a file");
}

/// What the block would show if it were written now: all of the output, or as many lines as it shows of its beginning.
fn shown(block: &Block, output: &Output) -> String {
    let out = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    if block.text.ends_with("…\n") {
        let lines = block.text.lines().count() - 1;
        let beginning: String = out.lines().take(lines).map(|line| format!("{line}\n")).collect();
        return format!("{beginning}…\n");
    }
    format!("{}\n", out.trim_end())
}

#[test]
fn commands_print_what_the_readme_shows() {
    let text = markdown::read("README.md");
    let all = blocks(&text);
    let mut fresh = folder();
    let (mut compared, mut updated) = (0, text.clone());
    for (index, block) in all.iter().enumerate() {
        match block.info.as_str() {
            "comment" => change(fresh.path(), &block.text),
            "sh" => {
                let commands: Vec<&str> =
                    block.text.lines().filter(|line| !matches!(*line, "cargo build --release" | "cargo test")).collect();
                let shown = all.get(index + 1).filter(|next| next.info == "text");
                for command in &commands {
                    let args = command.strip_prefix(RUN).unwrap_or_else(|| panic!("README.md: {command} is not tested"));
                    let output = tool(fresh.path(), args);
                    if let Some(shown) = shown {
                        assert_eq!(commands.len(), 1, "README.md, line {}: one command a picture", block.line);
                        let now = self::shown(shown, &output);
                        if std::env::var_os("UPDATE").is_some() {
                            updated = updated.replacen(&shown.text, &now, 1);
                        } else {
                            assert_eq!(shown.text, now, "README.md, line {}: {command}", shown.line);
                        }
                        compared += 1;
                    } else {
                        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
                    }
                }
                fresh = folder();
            }
            _ => {}
        }
    }
    assert!(compared >= 4, "only {compared} outputs were compared");
    if updated != text {
        std::fs::write(markdown::file("README.md"), updated).expect("README.md");
    }
}

#[test]
fn the_program_is_the_one_that_ships() {
    let whole = markdown::read("programs/record-club.loy");
    let folder = folder();
    let text = markdown::read("README.md");
    for block in blocks(&text).iter().filter(|block| block.info == "loy") {
        assert!(whole.contains(block.text.trim_end()), "README.md, line {}: not the text of programs/record-club.loy", block.line);
        std::fs::write(folder.path().join("excerpt.loy"), &block.text).expect("a file");
        let output = tool(folder.path(), "check excerpt.loy");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains(": fine."), "{said}");
    }
}

#[test]
fn links_lead_somewhere() {
    for page in [
        "README.md",
        "programs/README.md",
        "programs/data/README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/language.md",
        "docs/cookbook.md",
        "docs/metrics.md",
    ] {
        markdown::check_links(page);
    }
}

#[test]
fn the_readme_counts_the_programs() {
    let count = std::fs::read_dir(markdown::file("programs")).expect("programs");
    let count = count.filter(|file| file.as_ref().is_ok_and(|file| file.path().extension().is_some_and(|ext| ext == "loy"))).count();
    let words = [
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "twenty-one",
        "twenty-two",
        "twenty-three",
        "twenty-four",
        "twenty-five",
        "twenty-six",
        "twenty-seven",
        "twenty-eight",
        "twenty-nine",
        "thirty",
    ];
    let word = words.get(count.checked_sub(15).expect("fifteen at least")).expect("a word for it");
    assert!(markdown::read("README.md").contains(&format!("{word} programs")), "there are {word} programs");
}
