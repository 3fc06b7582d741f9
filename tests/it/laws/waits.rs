//! Waiting changes nothing: what an account holds at a moment does not depend on whether anybody looked at it before.

use super::super::language;
use super::*;
use loyalty_dsl::diagnostic::render;
use loyalty_dsl::examples;

/// What is wrong with a program or its examples.
fn wrong(text: &str) -> String {
    let sources = Sources::single("program.loy", text);
    let (ast, mut problems) = parse(&sources, 0);
    let (program, found) = check(&ast, &sources, &[]);
    problems.extend(found);
    if let Some(program) = program.filter(|_| !problems.has_errors()) {
        problems.extend(examples::run(&ast, &program, &sources).problems);
    }
    problems.0.retain(|problem| problem.severity == Severity::Error);
    if problems.0.is_empty() { String::new() } else { render::human(&problems, &sources, false) }
}

/// The day that a step of an example names.
fn day_of(line: &str) -> Option<Date> {
    const STEPS: [&str; 6] = ["purchase ", "event ", "claim ", "collect ", "return ", "wait "];
    let step = line.trim_start();
    if !STEPS.iter().any(|word| step.starts_with(word)) {
        return None;
    }
    let on = step.find(" on 2").or_else(|| step.find(" until 2").map(|at| at + 3))?;
    Date::parse(step.get(on + 4..on + 14)?)
}

/// The text with waits on a few days between any two steps of an example, and how many.
fn with_waits(text: &str) -> (String, usize) {
    let (mut out, mut count, mut last) = (String::new(), 0, None);
    for line in text.lines() {
        if !line.starts_with([' ', '\t']) {
            last = None;
        }
        if let Some(day) = day_of(line) {
            // What a midnight brings belongs to the wait that passes it: before another one none is put in.
            let waits = line.trim_start().starts_with("wait ");
            if let Some(last) = last.replace(day).filter(|last| *last < day && !waits) {
                let far = i64::from(day.0 - last.0);
                // The midnights right behind the last step and right before the next one, and some on the way.
                let mut days: Vec<i64> = vec![1, far / 3, far / 2, far * 3 / 4, far - 1, far];
                days.retain(|ahead| (1..=far).contains(ahead));
                days.sort_unstable();
                days.dedup();
                for ahead in days {
                    out += &format!("  wait until {}\n", last.plus_days(ahead));
                    count += 1;
                }
            }
        }
        out += line;
        out.push('\n');
    }
    (out, count)
}

#[test]
fn waiting_changes_nothing() {
    let (mut failed, mut waits) = (String::new(), 0);
    for (place, text) in language::programs() {
        if !wrong(&text).is_empty() {
            continue;
        }
        let (waiting, count) = with_waits(&text);
        waits += count;
        let problems = wrong(&waiting);
        if !problems.is_empty() {
            failed += &format!("\n{place}\n{problems}\n");
        }
    }
    assert!(waits > 1_000, "only {waits} waits were put in");
    assert!(failed.is_empty(), "{failed}");
}
