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

/// The gains found in a program: ways that made histories show, and round trips, which plain reasoning shows.
fn gains(body: &str) -> Vec<String> {
    let session = session(body);
    let pumps = session.problems().0.iter().filter(|problem| problem.code == "LOY0713").map(|problem| problem.message.clone());
    let pumps: Vec<String> = pumps.collect();
    if !pumps.is_empty() {
        return pumps;
    }
    let program = session.program().unwrap_or_else(|| panic!("{body}\n{:#?}", session.problems()));
    let found = exposure::exposure(program).expect("numbers that fit");
    let probed = session.probe(&found, false).expect("a program");
    let told = probed.problems.0.iter().filter(|problem| problem.code == "LOY0721").map(|problem| problem.message.clone());
    told.chain(probed.borrowed).collect()
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

const ORDINARY: &str = include_str!("../exposure/ordinary.txt");

/// Programs as a marketer writes them get no warning at all.
#[test]
fn ordinary_programs_are_silent() {
    let mut alarms = String::new();
    for block in ORDINARY.split("\n== ").skip(1) {
        let (title, body) = block.split_once('\n').expect("a title");
        let session = session(body);
        let program = session.program().unwrap_or_else(|| panic!("{body}\n{:#?}", session.problems()));
        let found = exposure::exposure(program).expect("numbers that fit");
        let probed = session.probe(&found, false).expect("a program");
        for problem in session.problems().0.iter().chain(&probed.problems.0) {
            let _ = writeln!(alarms, "{title}: {} {}", problem.code, problem.message);
        }
    }
    assert!(alarms.is_empty(), "{alarms}");
}

/// What is plainly said is told below the bound, with the sentences that give it; a goal makes an error of it.
#[test]
fn what_is_plainly_said_is_no_warning() {
    let probed = |body: &str| {
        let session = session(body);
        let found = exposure::exposure(session.program().expect("a program")).expect("numbers that fit");
        session.probe(&found, false).expect("a program")
    };
    // Seven receipts of 100.00 take 10.00 off each, one of 700.00 once: 60.00.
    let split = probed("10 EUR off of at least 100 EUR\n");
    assert_eq!(split.problems.0.len(), 0, "{:#?}", split.problems);
    let [line] = split.borrowed.as_slice() else { panic!("{:?}", split.borrowed) };
    assert!(line.contains("a basket of 700 EUR brings 60.00 EUR more (line 2)"), "{line}");
    assert!(line.ends_with("To confirm: allow gain from splitting"), "{line}");
    assert_eq!(probed("10 EUR off of at least 100 EUR\nallow gain from splitting\n").borrowed, [""; 0]);
    let refused = probed("10 EUR off of at least 100 EUR\nexpect no gain from splitting\n");
    assert!(refused.problems.0.iter().any(|problem| problem.code == "LOY0722"), "{:#?}", refused.problems);
    // 1.50 for six cents is 0.24 a purchase, and nobody walks for it; 18.00 for six is 3.00.
    let gift = |costs: &str| probed(&format!("gift tote costs {costs}\non every 6th purchase grant gift tote\n"));
    let (small, large) = (gift("1.50 EUR"), gift("18 EUR"));
    assert!(
        small.problems.0.is_empty() && small.borrowed.iter().any(|line| line.contains("6 of them bring 1.44 EUR")),
        "{:?}",
        small.borrowed
    );
    assert!(large.problems.0.iter().any(|problem| problem.code == "LOY0721"), "{:?}", large.borrowed);
    // The smallest round amount of which 17.94 is no more than a twentieth, over six purchases: 60.00.
    let help = large.problems.0.iter().find_map(|problem| problem.help.clone()).unwrap_or_default();
    assert!(help.ends_with("on every 6th purchase of at least 60 EUR grant gift tote"), "{help}");
}

const IDLE: &str = include_str!("../exposure/idle.txt");

/// The lines of sentences that made purchases show to do nothing.
fn idle(body: &str) -> Vec<usize> {
    let session = session(body);
    let program = session.program().unwrap_or_else(|| panic!("{body}\n{:#?}", session.problems()));
    let found = exposure::exposure(program).expect("numbers that fit");
    let probed = session.probe(&found, false).expect("a program");
    let of = probed.problems.0.iter().filter(|problem| problem.code == "LOY0731");
    of.map(|problem| session.sources().place(problem.span()).line).collect()
}

/// Sentences that do nothing are named on their line, and their twins are told nothing.
#[test]
fn idle_sentences_are_named_and_their_twins_silent() {
    for block in IDLE.split("\n== ").skip(1) {
        let (title, rest) = block.split_once('\n').expect("a title");
        let (line, _) = title.split_once(':').expect("a line");
        let (wrong, right) = rest.split_once("-- right\n").expect("a twin");
        assert_eq!(idle(wrong), [line.parse::<usize>().expect("a number")], "{title}");
        assert_eq!(idle(right), [0_usize; 0], "{title}");
    }
}

/// A tier that can be used and given back is told once, with its rate and its lines, as no problem; a goal makes one of it.
#[test]
fn what_can_be_borrowed_is_told_once() {
    let program = "tiers by spend in last 12 months\n  blue\n  gold from 500 EUR\n  black from 900 EUR\ndiscount 15% for tier gold\n\
                   discount 20% for tier black\n";
    let probed = |goal: &str| {
        let session = session(&format!("{program}{goal}\n"));
        let found = exposure::exposure(session.program().expect("a program")).expect("numbers that fit");
        session.probe(&found, false).expect("a program")
    };
    let told = probed("");
    assert_eq!(told.problems.0.len(), 0, "{:#?}", told.problems);
    // 20% of the goods that are kept.
    let [line] = told.borrowed.as_slice() else { panic!("{:?}", told.borrowed) };
    assert!(line.contains("A tier can be borrowed, for up to 20% of a purchase (lines "), "{line}");
    assert!(line.ends_with("To confirm: allow gain from tiers"), "{line}");
    assert_eq!(probed("allow gain from tiers").borrowed, [""; 0]);
    let refused = probed("expect no gain from tiers");
    assert!(refused.borrowed.is_empty() && refused.problems.0.iter().any(|problem| problem.code == "LOY0722"), "{:#?}", refused.problems);
}

/// Shipping is a part of what is charged: half of it off makes nobody better off who bought for a cent.
#[test]
fn shipping_is_paid_for() {
    assert_eq!(gains("discount 50% on shipping\n"), [""; 0]);
}

/// What made histories find in a program is told to goals: forbidden it is an error, allowed nothing is said, and what is allowed for
/// nothing is told.
#[test]
fn goals_about_gains() {
    let hole = "on purchase of at least 0.01 EUR grant 2 EUR to cashback\nredeem cashback\n";
    let codes = |goal: &str| -> Vec<&'static str> {
        let session = session(&format!("{hole}{goal}\n"));
        let program = session.program().expect("a program");
        let found = exposure::exposure(program).expect("numbers that fit");
        session.probe(&found, false).expect("a program").problems.0.iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes("expect no gain"), ["LOY0722"]);
    assert_eq!(codes("expect no gain from thresholds"), ["LOY0722"]);
    assert_eq!(codes("expect no gain from returns"), ["LOY0721"]);
    assert_eq!(codes("allow gain of 2 EUR from thresholds"), [""; 0]);
    assert_eq!(codes("allow gain from thresholds"), [""; 0]);
    assert_eq!(codes("allow gain of 1.98 EUR from thresholds"), ["LOY0721", "LOY0723"]);
    assert_eq!(codes("allow gain from tiers\nallow gain from thresholds"), ["LOY0723"]);
}
