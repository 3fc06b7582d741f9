//! `new` and `completions`.

use super::cli::Folder;

#[test]
fn every_template_holds_and_simulates() {
    for template in ["points", "stamps", "levels"] {
        let folder = Folder::new();
        let ran = folder.run(&["new", "Tea \"House\" № 5", "--template", template]);
        assert_eq!(ran.code(), Some(0), "{template}: {}", ran.err());
        assert!(ran.out().contains("loyalty-dsl check tea-house-5.loy"), "{}", ran.out());
        let checked = folder.run(&["check", "tea-house-5.loy", "--deny-warnings"]);
        assert_eq!(checked.code(), Some(0), "{template}: {}", checked.out());
        assert!(checked.out().contains("examples hold"), "{}", checked.out());
        let simulated = folder.run(&["simulate", "tea-house-5.loy"]);
        assert_eq!(simulated.code(), Some(0), "{template}: {}", simulated.err());
        assert!(simulated.out().contains("Tea \"House\" № 5"), "{}", simulated.out());
        assert_eq!(folder.run(&["fmt", "--check", "tea-house-5.loy"]).code(), Some(0), "{template} is not in canonical form");
        assert_eq!(folder.run(&["terms", "tea-house-5.loy", "--lang", "ru"]).code(), Some(0));
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::new();
    folder.write("data/tea.yaml", "mine");
    let ran = folder.run(&["new", "Tea"]);
    assert_eq!((ran.code(), ran.out().as_str()), (Some(3), ""));
    assert!(ran.err().contains("is there already"), "{}", ran.err());
    assert!(!folder.path("tea.loy").exists());
    assert_eq!(folder.run(&["new", "///"]).code(), Some(2));
}

#[test]
fn shells_can_complete() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = folder.run(&["completions", shell]);
        assert_eq!(ran.code(), Some(0), "{}", ran.err());
        assert!(ran.out().contains("simulate"), "{shell}");
    }
    assert_eq!(folder.run(&["completions", "tcsh"]).code(), Some(2));
}
