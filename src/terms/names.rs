//! Words for the names of a program: as written, or as a file beside it says in another language.

use super::language::{Forms, Lang};
use crate::diagnostic::{nearest, render};
use crate::program::{Effect, Program, Rule};
use crate::value::{name_key, singular};
use serde_yaml::Value;
use std::collections::BTreeMap;

/// What a file says in place of the program's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    by_key: BTreeMap<String, Word>,
}

/// Another word for a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    name: String,
    /// With numbers, if it is a unit.
    forms: Option<Forms>,
    /// The Chinese measure word between number and name.
    measure: String,
}

/// The largest file of words.
const LIMIT: usize = 1 << 20;

impl Words {
    /// Reads a file of words: `name: other name`, or a unit with its forms.
    ///
    /// # Errors
    /// Everything that is wrong with it, one sentence each.
    pub fn parse(text: &str, program: &Program, lang: Lang) -> Result<Self, Vec<String>> {
        if text.len() > LIMIT {
            return Err(vec!["The file is larger than 1 MiB, too large for names.".to_owned()]);
        }
        crate::yaml::bounded(text).map_err(|why| vec![why])?;
        let tree: Value = serde_yaml::from_str(text).map_err(|error| {
            let at = error.location().map_or_else(String::new, |at| format!("Line {}: ", at.line()));
            vec![format!("{at}this is not YAML. Write one name and its word a line, for example: beans: bean words")]
        })?;
        let Value::Mapping(map) = tree else {
            return if tree.is_null() {
                Ok(Self::default())
            } else {
                Err(vec!["Write one name of the program and its word a line, with a colon between them.".to_owned()])
            };
        };
        let known = names_of(program);
        let (mut words, mut errors) = (Self::default(), Vec::new());
        for (key, value) in &map {
            let Some(name) = text_of(key) else {
                errors.push("A name stands before the colon: a word of the program.".to_owned());
                continue;
            };
            let shown = render::visible(&name);
            if !known.contains_key(&name_key(&name)) {
                let hint = nearest(&name, known.values().copied())
                    .map_or_else(String::new, |near| format!(" Did you mean \"{}\"?", render::visible(near)));
                errors.push(format!("The program has no name \"{shown}\".{hint}"));
                continue;
            }
            let is_unit = program.wallets.iter().any(|wallet| name_key(&wallet.name) == name_key(&name));
            match word(value, &name, lang, is_unit) {
                Ok(word) => {
                    if words.by_key.insert(name_key(&name), word).is_some() {
                        errors.push(format!("\"{shown}\" has two words; keep one."));
                    }
                }
                Err(why) => errors.push(format!("\"{shown}\": {why}")),
            }
        }
        if errors.is_empty() { Ok(words) } else { Err(errors) }
    }

    /// Whether the file has a word for it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_key.contains_key(&name_key(name))
    }

    /// A name in this language.
    pub(super) fn name(&self, name: &str) -> String {
        let said = self.by_key.get(&name_key(name)).map_or(name, |word| &word.name);
        render::visible(said)
    }

    /// The forms of a unit with numbers, and its measure word.
    pub(super) fn unit(&self, name: &str, lang: Lang) -> (Forms, String) {
        let same = |text: String| Forms { one: text.clone(), few: text.clone(), many: text };
        if let Some(word) = self.by_key.get(&name_key(name)) {
            let forms = word.forms.clone().unwrap_or_else(|| same(word.name.clone()));
            return (forms, word.measure.clone());
        }
        let known = |one: &str, few: &str, many: &str| Forms { one: one.to_owned(), few: few.to_owned(), many: many.to_owned() };
        match (lang, name_key(name).as_str()) {
            (Lang::Ru, "points") => (known("балл", "балла", "баллов"), String::new()),
            (Lang::Ru, "stamps") => (known("штамп", "штампа", "штампов"), String::new()),
            (Lang::Zh, "points") => (same("积分".to_owned()), String::new()),
            (Lang::Zh, "stamps") => (same("印花".to_owned()), "枚".to_owned()),
            (Lang::En, _) => {
                let shown = render::visible(name);
                let one = singular(&shown).unwrap_or_else(|| shown.clone());
                (Forms { one, few: shown.clone(), many: shown }, String::new())
            }
            (Lang::Ru | Lang::Zh, _) => (same(render::visible(name)), String::new()),
        }
    }

    /// The name of a wallet by itself, as what one has of it.
    pub(super) fn plural(&self, name: &str, lang: Lang) -> String {
        if let Some(word) = self.by_key.get(&name_key(name)) {
            return render::visible(&word.name);
        }
        match (lang, name_key(name).as_str()) {
            (Lang::Ru, "points") => "баллы".to_owned(),
            (Lang::Ru, "stamps") => "штампы".to_owned(),
            (Lang::Ru, "cashback") => "кешбэк".to_owned(),
            (Lang::Zh, "points") => "积分".to_owned(),
            (Lang::Zh, "stamps") => "印花".to_owned(),
            (Lang::Zh, "cashback") => "返现".to_owned(),
            (Lang::En | Lang::Ru | Lang::Zh, _) => render::visible(name),
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn word(value: &Value, name: &str, lang: Lang, is_unit: bool) -> Result<Word, String> {
    let shown = render::visible(name);
    let fair = |text: String| {
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().any(char::is_control) {
            Err("the word is empty or has characters that cannot be shown".to_owned())
        } else {
            Ok(render::visible(&text))
        }
    };
    if let Some(text) = text_of(value) {
        if is_unit && lang == Lang::Ru {
            return Err(format!(
                "it is counted, so Russian needs its forms. Write: {shown}: {{ name: баллы, one: балл, few: балла, many: баллов }}"
            ));
        }
        return Ok(Word { name: fair(text)?, ..Word::default() });
    }
    let Value::Mapping(map) = value else { return Err("write a word behind the colon".to_owned()) };
    let keys: &[&str] = match lang {
        Lang::En => &["name", "one"],
        Lang::Ru => &["name", "one", "few", "many"],
        Lang::Zh => &["name", "measure"],
    };
    let mut said = BTreeMap::new();
    for (key, value) in map {
        let key = text_of(key).unwrap_or_default();
        let Some(known) = keys.iter().find(|known| **known == key) else {
            return Err(format!("\"{}\" says nothing here; there are {}", render::visible(&key), keys.join(", ")));
        };
        let text = text_of(value).ok_or_else(|| format!("write a word behind \"{known}\""))?;
        said.insert(*known, fair(text)?);
    }
    if !is_unit && keys.iter().skip(1).any(|key| said.contains_key(key)) {
        return Err("only wallets are counted; write one word behind the colon".to_owned());
    }
    let needed = if lang == Lang::Zh { &["name"][..] } else { keys };
    if let Some(missing) = needed.iter().find(|key| !said.contains_key(**key)) {
        return Err(format!("\"{missing}\" is missing"));
    }
    let get = |key: &str| said.get(key).cloned().unwrap_or_default();
    let forms = match lang {
        Lang::En => Forms { one: get("one"), few: get("name"), many: get("name") },
        Lang::Ru => Forms { one: get("one"), few: get("few"), many: get("many") },
        Lang::Zh => Forms { one: get("name"), few: get("name"), many: get("name") },
    };
    Ok(Word { name: get("name"), forms: is_unit.then_some(forms), measure: get("measure") })
}

/// Every name that a program has, by its key.
fn names_of(program: &Program) -> BTreeMap<String, &str> {
    let mut names: Vec<&str> = vec![&program.name];
    names.extend(program.wallets.iter().map(|wallet| wallet.name.as_str()));
    names.extend(program.ladders.iter().filter_map(|ladder| ladder.name.as_deref()));
    names.extend(program.ladders.iter().flat_map(|ladder| &ladder.rungs).map(|rung| rung.name.as_str()));
    names.extend(program.segments.iter().map(|segment| segment.name.as_str()));
    names.extend(program.calendars.iter().map(|calendar| calendar.name.as_str()));
    names.extend(program.gifts.iter().map(|gift| gift.name.as_str()));
    names.extend(program.budgets.iter().map(|budget| budget.name.as_str()));
    names.extend(program.draws.iter().map(|draw| draw.name.as_str()));
    names.extend(program.price_lists.iter().map(|list| list.name.as_str()));
    names.extend(program.price_lists.iter().flat_map(|list| &list.prices).map(|(product, _)| product.as_str()));
    names.extend(program.groups.iter().map(|group| group.name.as_str()));
    names.extend(program.accesses.iter().map(String::as_str));
    names.extend(program.texts.iter().map(String::as_str));
    names.extend(program.attributes.iter().map(|attribute| attribute.name.as_str()));
    names.extend(program.rewards.iter().map(|reward| reward.name.as_str()));
    let inner = program.exchanges.iter().map(|exchange| &*exchange.rule).chain(program.rewards.iter().map(|reward| &*reward.rule));
    for rule in program.rules.iter().chain(inner) {
        names.extend(rule.name.as_deref());
        names.extend(said_by(rule));
    }
    names.into_iter().map(|name| (name_key(name), name)).collect()
}

/// Texts within a rule.
fn said_by(rule: &Rule) -> impl Iterator<Item = &str> {
    let event = if let crate::program::Trigger::Event(name) = &rule.trigger { Some(name.as_str()) } else { None };
    let effects = rule.effects.iter().filter_map(|effect| match effect {
        Effect::Notify { text, .. } => Some(text.as_str()),
        Effect::Donate { to, .. } => Some(to.as_str()),
        _ => None,
    });
    event.into_iter().chain(effects)
}
