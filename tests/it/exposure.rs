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

const HOLES: &str = include_str!("../exposure/holes.txt");

/// The gains found in a program: the words of their kinds do not stand in messages, so the codes and what was said.
fn gains(body: &str) -> Vec<String> {
    let session = session(body);
    let program = session.program().unwrap_or_else(|| panic!("{body}\n{:#?}", session.problems()));
    let found = exposure::exposure(program).expect("numbers that fit");
    let probed = session.probe(&found, false).expect("a program");
    probed.problems.0.iter().filter(|problem| problem.code == "LOY0721").map(|problem| problem.message.clone()).collect()
}

/// Of programs with a planted hole nine in ten are told, and their mended twins are told nothing.
#[test]
fn planted_holes_are_found_and_mended_ones_silent() {
    let (mut missed, mut alarms, mut all) = (String::new(), String::new(), 0);
    for block in HOLES.split("\n== ").skip(1) {
        let (title, rest) = block.split_once('\n').expect("a title");
        let (wrong, mended) = rest.split_once("-- mended\n").expect("a twin");
        all += 1;
        if gains(wrong).is_empty() {
            let _ = writeln!(missed, "{title}");
        }
        let told = gains(mended);
        if !told.is_empty() {
            let _ = writeln!(alarms, "{title}: {told:?}");
        }
    }
    assert!(missed.lines().count() * 10 <= all, "missed:\n{missed}alarms:\n{alarms}");
    assert!(alarms.is_empty(), "{alarms}");
}
