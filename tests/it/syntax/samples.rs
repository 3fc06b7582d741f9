//! One sample of every form of the tables of the language reference is read without a word.

use super::{problems, read};

/// Blocks of `samples.txt`: a line at the margin begins one, indented lines continue it.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for line in include_str!("samples.txt").lines().filter(|line| !line.starts_with("==")) {
        match samples.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push('\n');
                last.push_str(line);
            }
            _ => samples.push(line.to_owned()),
        }
    }
    samples
}

#[test]
fn every_form_is_read() {
    let mut failed = String::new();
    for sample in samples() {
        let said = problems(&sample);
        if !said.is_empty() {
            failed += &format!("{sample}\n{said}\n");
        }
        assert_eq!(read(&sample).0.statements.len(), 1, "{sample}");
    }
    assert!(failed.is_empty(), "{failed}");
}
