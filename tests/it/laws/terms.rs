//! Two programs that mean different things never have the same terms.

use super::*;
use loyalty_dsl::program::Effect;
use loyalty_dsl::terms::{self, Asked, Lang, Words};
use proptest::sample::Index;

/// Words that may stand in place of one another.
const OTHERS: &[&[&str]] = &[
    &["day", "week", "month", "quarter", "year"],
    &["gold", "silver", "bronze"],
    &["best", "adding", "compounding"],
    &["half up", "half even", "down", "up"],
    &["mondays", "weekends", "sundays"],
    &["after", "with", "before", "on"],
    &["app", "web"],
    &["tea", "cake"],
    &["last activity", "last purchase", "last earning", "earning"],
    &["oldest", "newest", "earliest expiry"],
    &["customer", "store"],
    &["over", "of at least"],
    &["for", "except for"],
    &["on category", "excluding category", "on brand", "on product"],
    &["if", "unless"],
    &["beans", "miles", "drinks"],
    &["stop at zero", "may go negative", "deduct from refund"],
    &["spend", "gross spend"],
    &["triple", "double"],
];

/// The text with one number, word or clause changed, in every way that this knows.
fn changes(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let replaced = |from: usize, to: usize, with: &str| format!("{}{with}{}", &text[..from], &text[to..]);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if end > at {
            let number: u64 = text[at..end].parse().expect("digits");
            all.push(replaced(at, end, &format!("{:0width$}", number + 1, width = end - at)));
        }
        at = end.max(at + 1);
    }
    for set in OTHERS {
        for word in *set {
            for (at, _) in text.match_indices(word) {
                let fits = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
                if fits(at.checked_sub(1).and_then(|before| bytes.get(before))) && fits(bytes.get(at + word.len())) {
                    all.extend(set.iter().filter(|other| *other != word).map(|other| replaced(at, at + word.len(), other)));
                }
            }
        }
    }
    let starts: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    for (index, from) in starts.iter().enumerate() {
        for words in 1..=5 {
            let Some(to) = starts.get(index + words) else { continue };
            if !text[*from..*to].contains('\n') {
                all.push(replaced(*from, *to, ""));
            }
        }
    }
    all
}

/// What a program means, without the places and words of its text, and without what only the firm's books see.
fn meaning(program: &Program) -> String {
    let mut program = program.clone();
    // Goals are the firm's own.
    program.ceilings.clear();
    program.gains.clear();
    program.expectations.clear();
    if !program.rules.iter().any(|rule| rule.group.is_some()) {
        program.groups.clear();
    }
    program.price_lists.iter_mut().for_each(|list| list.file.clear());
    if program.budgets.is_empty() {
        program.gifts.iter_mut().for_each(|gift| gift.costs = 0);
        for effect in program.rules.iter_mut().flat_map(|rule| &mut rule.effects) {
            if let Effect::Notify { costs, .. } = effect {
                *costs = 0;
            }
        }
    }
    let debug = format!("{program:?}");
    let mut out = String::new();
    let mut rest = debug.as_str();
    while let Some(at) = ["Span {", "label: \"", "statement: "].iter().filter_map(|word| rest.find(word)).min() {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with("label") {
            let mut escaped = false;
            let close = rest[8..].char_indices().find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            8 + close.expect("a quotation mark").0
        } else if rest.starts_with("Span") {
            rest.find('}').expect("a brace")
        } else {
            rest.find(',').expect("a comma")
        };
        rest = &rest[end + 1..];
    }
    out + rest
}

/// Everything that a member reads.
fn read(text: &Text, program: &Program, lang: Lang) -> String {
    let sources = Sources::single("drawn.loy", &text.whole());
    let (ast, _) = parse(&sources, 0);
    let document = terms::terms(&Asked { program, ast: &ast, lang, organiser: None, words: &Words::default() });
    terms::write::text(&document, &sources, false)
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn what_means_something_else_says_something_else(
        (text, program) in lawful(Pool::Shared),
        picks in prop::collection::vec(any::<Index>(), 24),
    ) {
        let all = changes(&text.whole());
        let before = meaning(&program);
        for pick in picks {
            let changed = pick.get(&all);
            let other = Text::of(changed);
            let sources = Sources::single("drawn.loy", changed);
            if parse(&sources, 0).1.has_errors() {
                continue;
            }
            let Some(changed_program) = checked(&other) else { continue };
            if meaning(&changed_program) == before {
                continue;
            }
            for lang in Lang::ALL {
                prop_assert_ne!(
                    read(&text, &program, lang),
                    read(&other, &changed_program, lang),
                    "the same terms in {} of\n{}\nand\n{}",
                    lang.code(),
                    text.whole(),
                    changed
                );
            }
        }
    }
}
