//! What follows from a program's text alone: bounds worked by hand, goals, and that no purchase gives away more.

use loyalty_dsl::check::exposure;
use loyalty_dsl::session::{NoFiles, Session};
use loyalty_dsl::source::SourceFile;
use std::fmt::Write as _;

const BOUNDS: &str = include_str!("../exposure/bounds.txt");

fn session(body: &str) -> Session {
    let head = "program \"P\" currency EUR timezone UTC\n";
    let text = if body.starts_with("program ") { body.to_owned() } else { format!("{head}{body}") };
    Session::load(SourceFile::new("p.loy", "p.loy".into(), text), &mut NoFiles, &[])
}

#[test]
fn bounds_worked_by_hand() {
    let mut failed = String::new();
    for block in BOUNDS.split("\n== ").skip(1) {
        let (title, rest) = block.split_once('\n').expect("a title");
        let (program, says) = rest.split_once("-- says\n").expect("what is said");
        let session = session(program);
        let Some(checked) = session.program() else {
            let _ = writeln!(failed, "{title}: {:#?}", session.problems());
            continue;
        };
        let found = exposure::exposure(checked).expect("numbers that fit");
        let said = exposure::sentences(checked, session.sources(), &found).join("\n");
        for wanted in says.lines().filter(|line| !line.is_empty()) {
            let holds = wanted.strip_prefix('!').map_or_else(|| said.contains(wanted), |unwanted| !said.contains(unwanted));
            if !holds {
                let _ = writeln!(failed, "{title}\n  wanted: {wanted}\n  said:\n{said}\n");
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
