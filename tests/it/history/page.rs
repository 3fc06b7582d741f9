//! The page about data is true: each of its mappings makes of its files what it says.

use super::*;
use crate::markdown;

/// A block: what stands behind its fence, and its text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    found
}

fn euros(minor: i64) -> String {
    Decimal::new(i128::from(minor), 2).to_string()
}

/// What came back in all.
pub(super) fn returned(history: &History) -> i64 {
    let mut sum = 0;
    for part in &history.parts {
        for account in &part.accounts {
            for moment in &part.moments[account.moments.start as usize..account.moments.end as usize] {
                let MomentKind::Return(parts) = &moment.kind else { continue };
                for returned in parts {
                    let at = (account.purchases.start + returned.purchase) as usize;
                    sum += match &returned.what {
                        Returned::Rest => part.purchases.amount[at],
                        Returned::Amount(amount) => *amount,
                        Returned::Items(lines) => lines
                            .iter()
                            .map(|(line, units)| {
                                let line = part.purchases.items_from[at] as usize + *line as usize;
                                let (all, of) = (units.normal(), part.items.quantity[line].normal());
                                let scaled = i128::from(part.items.amount[line]) * all.mantissa * 10_i128.pow(of.scale.into());
                                i64::try_from(scaled / (of.mantissa * 10_i128.pow(all.scale.into()))).unwrap()
                            })
                            .sum(),
                    };
                }
            }
        }
    }
    sum
}

/// What an account holds when the books are opened.
fn holds(shop: &Shop, id: &str, opening: &Opening) -> String {
    let day = |word: &str, day: &Option<Date>| day.map_or_else(String::new, |day| format!(" {word} {day}"));
    let units = |name: &str, among: &[Opened], units: i64| {
        let decimals = among.iter().find(|one| one.name == name).map_or(0, |one| one.decimals);
        Decimal::new(units.into(), decimals).to_string()
    };
    let opens = &shop.needs.opens;
    match opening {
        Opening::Lot { wallet, units: held, earned, expires } => {
            let held = units(wallet, &opens.wallets, *held);
            format!("{id} holds {held} {wallet}{}{}", day("earned", earned), day("until", expires))
        }
        Opening::Tier { name, since, until } => format!("{id} is {name}{}{}", day("since", since), day("until", until)),
        Opening::Count { measure, value } => format!("{id} has {measure} {}", units(measure, &opens.measures, *value)),
    }
}

fn outcome(shop: &Shop, expected: &str) -> String {
    let history = match shop.read("mapping.yaml") {
        Ok(history) => history,
        Err(error) => {
            let words = expected.trim().strip_prefix("asked: ").unwrap_or("nothing");
            return if error.message.contains(words) { expected.to_owned() } else { format!("asked: {error}\n") };
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for part in &history.parts {
        for account in &part.accounts {
            for at in account.openings.clone() {
                lines.push(holds(shop, &account.id, &part.openings[at as usize]));
            }
            for at in account.purchases.clone() {
                let amount = euros(part.purchases.amount[at as usize]);
                lines.push(format!("{} {} {amount}", account.id, part.purchases.id.get(at)));
            }
        }
    }
    let nobody: i64 = history.anonymous.iter().map(|purchase| purchase.amount).sum();
    if nobody != 0 {
        lines.push(format!("nobody {}", euros(nobody)));
    }
    if returned(&history) != 0 {
        lines.push(format!("returned {}", euros(returned(&history))));
    }
    let twice = history.accounting.total().duplicate;
    if twice > 0 {
        lines.push(format!("twice: {twice} rows"));
    }
    let money = |word: &str, all: &dyn Fn(&loyalty_dsl::history::FileRows) -> Vec<(String, Option<i64>)>| {
        let found = history.accounting.files.iter().flat_map(all);
        let found: Vec<String> = found.map(|(reason, money)| format!("{} {reason}", euros(money.unwrap_or(0)))).collect();
        (!found.is_empty()).then(|| format!("{word}: {}", found.join(", ")))
    };
    let short = |reason: &str| reason.replace("left out by: ", "by ");
    lines.extend(money("left out", &|file| file.left_out.iter().map(|(reason, rows)| (short(reason), rows.money)).rev().collect()));
    lines.extend(money("rejected", &|file| file.reasons.iter().map(|(reason, rows)| (reason.clone(), rows.money)).collect()));
    for said in expected.lines().filter_map(|line| line.strip_prefix("says: ")) {
        let found = history.notes.iter().any(|note| note.contains(said));
        lines.push(if found { format!("says: {said}") } else { format!("says not {said}, but {:?}", history.notes) });
    }
    for named in expected.lines().filter_map(|line| line.strip_prefix("names: ")) {
        let reasons = history.accounting.files.iter().flat_map(|file| file.reasons.values());
        let found = reasons.flat_map(|reason| &reason.first).any(|sample| format!("\"{}\"", sample.value) == named);
        lines.push(if found { format!("names: {named}") } else { format!("names not {named}, but {:?}", history.accounting) });
    }
    lines.join("\n") + "\n"
}

/// Runs the mappings of a page; what is not as the page says, and how many there are.
fn run(page: &str) -> (Vec<String>, usize) {
    let mut shop = Shop::new(&[]);
    let (mut wrong, mut tested) = (Vec::new(), 0);
    let mut heading = String::new();
    for (info, text) in blocks(&markdown::read(page)) {
        match info.split_once(' ') {
            Some(("csv", file)) => shop.put(file, text.as_bytes()),
            _ if info == "yaml" => {
                shop = Shop::new(&[]);
                shop.put("mapping.yaml", text.as_bytes());
                heading = text;
            }
            _ if info == "result" => {
                let found = outcome(&shop, &text);
                if found != text {
                    wrong.push(format!("{heading}\nis to give:\n{text}\nand gives:\n{found}"));
                }
                tested += 1;
            }
            _ => {}
        }
    }
    (wrong, tested)
}

#[test]
fn the_page_about_data_is_true() {
    let (wrong, tested) = run("docs/data.md");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tested >= 20);
}

#[test]
fn every_ruling_on_data_holds() {
    let (wrong, tested) = run("tests/exports/rulings.md");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tested >= 50);
}
