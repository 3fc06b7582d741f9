//! `terms`: every sentence of a program has words in three languages, and they say where they come from.

use loyalty_dsl::program::Program;
use loyalty_dsl::session::Session;
use loyalty_dsl::source::SourceFile;
use loyalty_dsl::span::Span;
use loyalty_dsl::terms::{self, Asked, Document, Lang, Words};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

struct Beside(PathBuf);

impl loyalty_dsl::session::Files for Beside {
    fn include(&mut self, name: &str, _: u16) -> Result<SourceFile, String> {
        let path = self.0.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        Ok(SourceFile::new(name, path, text))
    }

    fn beside(&mut self, name: &str, _: u16) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(name)).map_err(|error| error.to_string())
    }
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    programs.retain(|path| path.extension().is_some_and(|ending| ending == "loy"));
    programs.sort();
    programs
}

fn load(path: &Path) -> Session {
    let text = std::fs::read_to_string(path).expect("a program");
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let file = SourceFile::new(name, path.to_owned(), text);
    Session::load(file, &mut Beside(path.parent().expect("a folder").to_owned()), &[])
}

fn written(session: &Session, lang: Lang) -> Document {
    let program = session.program().expect("a program without errors");
    terms::terms(&Asked { program, ast: session.ast(), lang, organiser: None, words: &Words::default() })
}

/// Where sentences of the program stand that must lead to a sentence of its terms.
fn places(program: &Program) -> Vec<(&'static str, Span)> {
    let mut places = Vec::new();
    places.extend(program.rules.iter().map(|rule| ("a rule", rule.span)));
    places.extend(program.rules.iter().flat_map(|rule| &rule.limits).map(|limit| ("a limit", limit.span)));
    places.extend(program.rules.iter().flat_map(|rule| &rule.tests).map(|test| ("a condition", test.span)));
    places.extend(program.rules.iter().flat_map(|rule| &rule.when).map(|(_, span)| ("a time", *span)));
    places.extend(program.wallets.iter().map(|wallet| ("a wallet", wallet.span)));
    places.extend(program.ladders.iter().map(|ladder| ("a ladder", ladder.span)));
    places.extend(program.ladders.iter().flat_map(|ladder| &ladder.rungs).map(|rung| ("a level", rung.span)));
    places.extend(program.segments.iter().map(|segment| ("a segment", segment.span)));
    places.extend(program.calendars.iter().map(|calendar| ("a calendar", calendar.span)));
    places.extend(program.budgets.iter().map(|budget| ("a budget", budget.span)));
    places.extend(program.draws.iter().map(|draw| ("a draw", draw.span)));
    places.extend(program.groups.iter().map(|group| ("a group", group.span)));
    places.extend(program.redeems.iter().map(|redeem| ("a redeem", redeem.span)));
    places.extend(program.voucher_values.iter().map(|value| ("a value of vouchers", value.span)));
    places.extend(program.rewards.iter().map(|reward| ("a reward", reward.rule.span)));
    places.extend(program.exchanges.iter().map(|exchange| ("an exchange", exchange.rule.span)));
    places
}

fn key(span: Span) -> (u16, u32, u32) {
    (span.file, span.start, span.end)
}

/// A text without its quoted names and without the names of units, places and money.
fn own_words(text: &str, program: &Program, lang: Lang) -> String {
    let (open, close) = if lang == Lang::Ru { ('«', '»') } else { ('“', '”') };
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A doubled mark is one of the name.
            _ if quoted && (c == open || c == close) && chars.peek() == Some(&c) => {
                chars.next();
            }
            _ if c == open => quoted = true,
            _ if c == close => quoted = false,
            _ if !quoted => out.push(c),
            _ => {}
        }
    }
    let mut known: Vec<String> = vec![program.zone.name().to_owned(), program.currency.code.clone(), "SHA-256".to_owned()];
    for wallet in &program.wallets {
        known.push(wallet.name.clone());
        known.extend(wallet.forms.iter().cloned());
        let mut capital = wallet.name.chars();
        known.extend(capital.next().map(|first| first.to_uppercase().chain(capital).collect()));
    }
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in known {
        out = out.replace(&name, "");
    }
    out
}

/// What every document must be: whole, in its own language, and with a sentence for every sentence of the program.
fn sound(name: &str, session: &Session) {
    let program = session.program().expect("a program");
    for lang in Lang::ALL {
        let document = written(session, lang);
        assert_eq!(document.sections.len(), 12, "{name}");
        let said: BTreeSet<_> = document.sentences().filter_map(|sentence| sentence.from).map(key).collect();
        for (what, span) in places(program) {
            assert!(said.contains(&key(span)), "{name}: {what} without words: {}", session.sources().text(span));
        }
        for sentence in document.sentences() {
            let text = &sentence.text;
            assert!(!text.trim().is_empty() && !text.contains("  ") && !text.contains(". ."), "{name}: {text:?}");
            let own = own_words(text, program, lang);
            let foreign = own.chars().find(|c| match lang {
                Lang::En => !c.is_ascii() && c.is_alphabetic(),
                Lang::Ru => c.is_ascii_alphabetic() || ('\u{2e80}'..'\u{a000}').contains(c),
                Lang::Zh => c.is_ascii_alphabetic() || ('\u{400}'..'\u{500}').contains(c),
            });
            assert_eq!(foreign, None, "{name}: not in {}: {text}", lang.code());
        }
    }
}

#[test]
fn shipped_programs_have_words_for_everything() {
    for path in shipped() {
        sound(&path.display().to_string(), &load(&path));
    }
}

/// The literate tests use every form of the grammar: each has words in all three languages.
#[test]
fn every_form_of_the_language_has_words() {
    let mut count = 0;
    for (name, text) in super::language::programs() {
        let session = Session::load(SourceFile::new("program.loy", "program.loy".into(), text), &mut Beside("tests/language".into()), &[]);
        if session.program().is_some() {
            count += 1;
            sound(&name, &session);
        }
    }
    assert!(count > 200, "only {count} programs");
}

#[test]
fn terms_of_shipped_programs() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/terms");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in shipped() {
            let session = load(&path);
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            for lang in Lang::ALL {
                let text = terms::write::text(&written(&session, lang), session.sources(), true);
                insta::assert_snapshot!(format!("{name}.{}", lang.code()), text);
            }
        }
    });
}

fn program(text: &str) -> Session {
    Session::load(SourceFile::new("club.loy", "club.loy".into(), text), &mut loyalty_dsl::session::NoFiles, &[])
}

const HOSTILE: &str = r##"program "<script>alert(1)</script> & **Club**"
  currency EUR
  timezone UTC
points beans
  worth 0.01 EUR
  never expire
gift "[free](http://example.com) | `cup` _x_" costs 1 EUR
rule "# not a heading"
  discount 5% on category "a” or “b", "<b>c</b>"
on signup grant gift "[free](http://example.com) | `cup` _x_"
earn 1 bean per 1 EUR
redeem beans
"##;

#[test]
fn names_are_only_names() {
    let session = program(HOSTILE);
    let document = written(&session, Lang::En);
    let html = terms::write::html(&document, session.sources(), true);
    assert!(!html.contains("<script") && !html.contains("<b>c"), "{html}");
    let markdown = terms::write::markdown(&document, session.sources(), false);
    assert!(markdown.contains(r"\[free\](http\://example.com) \| \`cup\` \_x\_"), "{markdown}");
    assert!(!markdown.replace("\\<", "").contains('<') && markdown.contains(r"**\# not a heading.**"), "{markdown}");
    // A name cannot end its quotation marks.
    assert!(markdown.contains("“a”” or ““b” or “"), "{markdown}");
}

#[test]
fn the_page_asks_for_nothing_and_its_links_lead_somewhere() {
    for path in shipped() {
        let session = load(&path);
        let html = terms::write::html(&written(&session, Lang::Ru), session.sources(), false);
        for outside in ["<script", "src=", "url(", "@import", "<link", "<img", "<iframe"] {
            assert!(!html.contains(outside), "{}: {outside}", path.display());
        }
        let after = |mark: &str| -> Vec<String> {
            html.match_indices(mark).map(|(at, _)| html[at + mark.len()..].split('"').next().unwrap_or("").to_owned()).collect()
        };
        let ids = after(" id=\"");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{}: an id twice", path.display());
        for link in after("href=\"") {
            let target = link.strip_prefix('#').expect("a link within the page");
            assert!(unique.contains(&target.to_owned()), "{}: {link} leads nowhere", path.display());
        }
    }
}

const CLUB: &str = "program \"Club\" currency EUR timezone UTC\npoints beans worth 0.01 EUR never expire\n\
                    tiers by spend ever\n  bronze\n  gold from 100 EUR\nearn 1 bean per 1 EUR for tier gold\nredeem beans\n\
                    on signup grant 5 beans\non birthday grant 21 beans\n";

fn with_words(lang: Lang, text: &str) -> Result<String, Vec<String>> {
    let session = program(CLUB);
    let program = session.program().expect("a program");
    let words = Words::parse(text, program, lang)?;
    let document = terms::terms(&Asked { program, ast: session.ast(), lang, organiser: Some("Bean Ltd"), words: &words });
    Ok(terms::write::markdown(&document, session.sources(), false))
}

#[test]
fn names_get_the_words_of_a_file() {
    let russian = "gold: золотой\nbeans: { name: зёрна, one: зерно, few: зерна, many: зёрен }\n";
    let text = with_words(Lang::Ru, russian).expect("words");
    assert!(text.contains("начисляется 1\u{a0}зерно за каждый полный 1\u{a0}евро"), "{text}");
    assert!(text.contains("начисляется 5\u{a0}зёрен") && text.contains("начисляется 21\u{a0}зерно"), "{text}");
    assert!(text.contains("«золотой»") && text.contains("«bronze»") && text.contains("Bean Ltd"), "{text}");
    let text = with_words(Lang::Zh, "beans: { name: 咖啡豆, measure: 颗 }\n").expect("words");
    assert!(text.contains("可获得5颗咖啡豆") && text.contains("“gold”"), "{text}");
    let text = with_words(Lang::En, "beans: { name: pearls, one: pearl }\n").expect("words");
    assert!(text.contains("you collect 1\u{a0}pearl for") && text.contains("you get 21\u{a0}pearls"), "{text}");
}

#[test]
fn mistakes_in_words_are_told() {
    let told = |text: &str| with_words(Lang::Ru, text).expect_err("a mistake").join("\n");
    assert_eq!(told("glod: золотой\n"), "The program has no name \"glod\". Did you mean \"gold\"?");
    assert!(told("beans: зёрна\n").contains("it is counted, so Russian needs its forms"), "{}", told("beans: зёрна\n"));
    assert_eq!(told("beans: { name: зёрна, one: зерно, many: зёрен }\n"), "\"beans\": \"few\" is missing");
    assert!(told("gold: { name: золотой, one: x }\n").contains("only wallets are counted"));
    assert!(told("beans: { nmae: зёрна }\n").contains("\"nmae\" says nothing here"));
    assert!(told("gold: ''\n").contains("is empty"));
    assert!(told("- gold\n").contains("a line, with a colon"));
    assert!(told("gold: [x]\n").contains("write a word behind the colon"));
    assert!(told("gold: \"x\n").contains("not YAML"));
    assert!(told("gold: a\nGold: b\n").contains("two words"));
}

#[test]
fn the_command() {
    let folder = super::cli::Folder::new();
    folder.write("club.loy", CLUB);
    let ran = folder.run(&["terms", "club.loy", "--format", "text", "--lines"]);
    assert_eq!(ran.code(), Some(0), "{}", ran.err());
    assert!(ran.out().starts_with("Terms and conditions of “Club”\n") && ran.out().contains("[line\u{a0}6]"), "{}", ran.out());
    let ran = folder.run(&["terms", "club.loy", "--out", "club.loy"]);
    assert_eq!(ran.code(), Some(2), "{}", ran.err());
    let ran = folder.run(&["terms", "club.loy", "--lang", "zh", "--format", "html", "--out", "t.html"]);
    assert_eq!((ran.code(), ran.out().as_str()), (Some(0), ""), "{}", ran.err());
    assert!(std::fs::read_to_string(folder.path("t.html")).expect("a page").contains("<html lang=\"zh-Hans\">"));
    folder.write("club.zh.yaml", "glod: 金卡\n");
    let ran = folder.run(&["terms", "club.loy", "--lang", "zh"]);
    assert_eq!(ran.code(), Some(3));
    assert!(ran.err().contains("club.zh.yaml: The program has no name \"glod\""), "{}", ran.err());
    assert_eq!(folder.run(&["terms", "club.loy", "--format", "json"]).code(), Some(2));
    folder.write("bad.loy", "program \"Bad\"\n");
    let ran = folder.run(&["terms", "bad.loy"]);
    assert_eq!((ran.code(), ran.out().as_str()), (Some(1), ""));
    assert!(ran.err().contains("it has no terms yet"), "{}", ran.err());
}
