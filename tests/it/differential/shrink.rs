//! A failing pair is made as short as it can be: sentence by sentence, word by word, event by event.

use super::drawn::Case;
use crate::reference::{Happening, Part, Story};

/// The shortest case that still fails, by one small step after another.
pub fn shortest(case: &Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut case = case.clone();
    // Every round is tried whole, until none of its steps helps any more.
    loop {
        let before = told(&case);
        for steps in [lines as Steps, events, receipts, words] {
            take(&mut case, steps, fails);
        }
        if told(&case) == before {
            return case;
        }
    }
}

/// All ways to make a case a little shorter.
type Steps = fn(&Case) -> Vec<Case>;

fn take(case: &mut Case, steps: Steps, fails: &dyn Fn(&Case) -> bool) {
    let mut at = 0;
    loop {
        let all = steps(case);
        let Some(found) = (at..all.len()).find(|step| fails(&all[*step])) else { return };
        *case = all[found].clone();
        // What did not help before will seldom help now.
        at = found;
    }
}

fn with(case: &Case, change: impl FnOnce(&mut Case)) -> Case {
    let mut less = case.clone();
    change(&mut less);
    less
}

fn lines(case: &Case) -> Vec<Case> {
    let mut all: Vec<Case> = (0..case.rules.len()).rev().map(|at| with(case, |less| drop(less.rules.remove(at)))).collect();
    all.extend((0..case.tail.len()).map(|at| with(case, |less| drop(less.tail.remove(at)))));
    all.extend((1..case.head.len()).rev().map(|at| with(case, |less| drop(less.head.remove(at)))));
    all
}

fn events(case: &Case) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    if case.stories.len() > 1 {
        all.extend((0..case.stories.len()).map(|at| with(case, |less| drop(less.stories.remove(at)))));
    }
    for (account, story) in case.stories.iter().enumerate() {
        all.extend((0..story.happened.len()).rev().map(|at| {
            with(case, |less| {
                let gone = less.stories[account].happened.remove(at);
                less.stories[account].happened.retain(|other| !matches!(&other.what, Happening::Return(of, _) if *of == gone.id));
            })
        }));
        for member in 0..story.members.len() {
            all.push(with(case, |less| less.stories[account].members[member].born = None));
            all.push(with(case, |less| less.stories[account].members[member].referred_by = None));
            all.push(with(case, |less| less.stories[account].members[member].joined = None));
        }
    }
    all.retain(|less| less.stories != case.stories);
    all
}

fn receipts(case: &Case) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for (account, story) in case.stories.iter().enumerate() {
        for (at, happened) in story.happened.iter().enumerate() {
            let Happening::Purchase(receipt) = &happened.what else { continue };
            let mut change = |change: &dyn Fn(&mut crate::reference::Receipt)| {
                all.push(with(case, |less| {
                    if let Happening::Purchase(receipt) = &mut less.stories[account].happened[at].what {
                        change(receipt);
                    }
                }));
            };
            change(&|receipt| receipt.shipping = 0);
            change(&|receipt| receipt.tax = 0);
            change(&|receipt| (receipt.channel, receipt.store) = (None, None));
            change(&|receipt| receipt.category = None);
            change(&|receipt| receipt.amount = (receipt.amount + 50) / 100 * 100);
            change(&|receipt| receipt.amount = (receipt.amount + 500) / 1000 * 1000);
            for item in 0..receipt.items.len() {
                if receipt.items.len() > 1 {
                    change(&|receipt| drop(receipt.items.remove(item)));
                }
                change(&|receipt| receipt.items[item].quantity = 1);
                change(&|receipt| receipt.items[item].price = 1000);
            }
        }
    }
    all.retain(|less| less.stories != case.stories);
    all
}

/// Runs of words taken out of one sentence.
fn words(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let places = (0..case.head.len()).map(|at| (0, at)).chain((0..case.rules.len()).map(|at| (1, at)));
    for (list, at) in places.chain((0..case.tail.len()).map(|at| (2, at))) {
        let line = [&case.head, &case.rules, &case.tail][list][at].clone();
        let words: Vec<&str> = line.split_inclusive(' ').collect();
        for length in (1..=6_usize).rev() {
            for from in 1..=words.len().saturating_sub(length) {
                let rest: String = words[..from].iter().chain(&words[from + length..]).copied().collect();
                all.push(with(case, |less| [&mut less.head, &mut less.rules, &mut less.tail][list][at] = rest.trim_end().to_owned()));
            }
        }
    }
    all
}

/// A program and a history as they are written in files.
pub fn told(case: &Case) -> String {
    let mut text = format!("{}--- history.yaml\ncustomers:\n", case.text());
    for story in &case.stories {
        for who in 0..story.members.len() {
            text += &member(story, who);
        }
    }
    text
}

fn member(story: &Story, who: usize) -> String {
    let said = &story.members[who];
    let mut text = format!("  - id: {}\n", said.id);
    for (name, day) in [("joined", said.joined), ("born", said.born)] {
        text += &day.map_or(String::new(), |day| format!("    {name}: {day}\n"));
    }
    text += &said.referred_by.as_ref().map_or(String::new(), |by| format!("    referred_by: {by}\n"));
    if story.members.len() > 1 {
        text += &format!("    attributes: {{ family: {} }}\n", story.id);
    }
    let money = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let (mut purchases, mut returns, mut events) = (String::new(), String::new(), String::new());
    for happened in story.happened.iter().filter(|happened| happened.who == who) {
        let (id, at) = (&happened.id, happened.at.format("%Y-%m-%dT%H:%M:%S"));
        match &happened.what {
            Happening::Signup => events += &format!("      - {{ id: {id}, name: signup, at: {at} }}\n"),
            Happening::Event(name) => events += &format!("      - {{ id: {id}, name: \"{name}\", at: {at} }}\n"),
            Happening::Return(of, part) => {
                let part = match part {
                    Part::Rest => String::new(),
                    Part::Amount(cents) => format!(", amount: {}", money(*cents)),
                    Part::Units(product, units) => format!(", product: {product}, quantity: {units}"),
                };
                returns += &format!("      - {{ id: {id}, of: {of}, at: {at}{part} }}\n");
            }
            Happening::Purchase(receipt) => {
                purchases += &format!("      - {{ id: {id}, at: {at}");
                if receipt.items.is_empty() {
                    purchases += &format!(", amount: {}", money(receipt.amount + receipt.shipping));
                } else {
                    let items = receipt.items.iter().map(|item| {
                        let (product, category, brand) = (&item.product, &item.category, &item.brand);
                        let (quantity, price) = (item.quantity, money(item.price));
                        format!("{{ product: {product}, category: {category}, brand: {brand}, quantity: {quantity}, price: {price} }}")
                    });
                    purchases += &format!(", items: [ {} ]", items.collect::<Vec<_>>().join(", "));
                }
                for (name, cents) in [("shipping", receipt.shipping), ("tax", receipt.tax)] {
                    purchases += &if cents > 0 { format!(", {name}: {}", money(cents)) } else { String::new() };
                }
                for (name, text) in [("channel", &receipt.channel), ("store", &receipt.store), ("category", &receipt.category)] {
                    purchases += &text.as_ref().map_or(String::new(), |text| format!(", {name}: {text}"));
                }
                purchases += " }\n";
            }
        }
    }
    for (name, list) in [("purchases", purchases), ("returns", returns), ("events", events)] {
        if !list.is_empty() {
            text += &format!("    {name}:\n{list}");
        }
    }
    text
}
