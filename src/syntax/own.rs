//! The names that a text declares, taken from the beginnings of its sentences: for hints in the program's own words.

use super::repair::word_at;
use crate::diagnostic::Diagnostic;
use crate::value::{currency, sample_in};

/// Names by what they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub wallets: Vec<String>,
    pub tiers: Vec<String>,
    pub segments: Vec<String>,
    pub gifts: Vec<String>,
    /// The first line of the first sentence that earns something.
    pub earning: Option<String>,
}

/// Words with which lines below the head of `tiers` begin that are no rows.
const TIER_SETTINGS: [&str; 5] = ["keep", "review", "drop", "never", "grace"];
/// Words that follow a wallet without a name.
const WALLET_SETTINGS: [&str; 7] = ["worth", "expire", "expires", "never", "pending", "round", "spend"];

impl Own {
    /// Adds what a sentence declares.
    pub fn add(&mut self, sentence: &str) {
        let sentence = sentence.trim();
        let head = word_at(sentence, 0);
        let rest = sentence.get(head.len()..).unwrap_or("").trim_start();
        let name = unquoted(word_at(rest, 0));
        match head.to_lowercase().as_str() {
            "points" | "stamps" if name.is_empty() || WALLET_SETTINGS.contains(&name) => self.wallets.push(head.to_lowercase()),
            "points" | "stamps" => self.wallets.push(name.to_owned()),
            "segment" | "segments" => self.segments.push(name.to_owned()),
            "gift" | "gifts" => self.gifts.push(name.to_owned()),
            "tiers" | "tier" => {
                let rows = rest.lines().skip(1).map(|line| unquoted(word_at(line.trim_start(), 0)));
                self.tiers.extend(rows.filter(|row| !row.is_empty() && !TIER_SETTINGS.contains(row)).map(str::to_owned));
            }
            "earn" if self.earning.is_none() => {
                let line = sentence.lines().next().unwrap_or("");
                self.earning = Some(line.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            _ => {}
        }
    }

    /// Samples speak of beans; a program without beans is told of its own.
    pub fn in_own_words(&self, problems: &mut [Diagnostic], sentence: &str, code: Option<&str>) {
        if let Some(own) = code.filter(|code| *code != "EUR" && !sentence.contains("EUR")).and_then(currency) {
            let texts = problems.iter_mut().flat_map(|problem| problem.notes.iter_mut().chain(&mut problem.help));
            texts.for_each(|text| *text = sample_in(text, &own));
        }
        if problems.is_empty() || self.is_wallet("beans") || sentence.to_lowercase().contains("bean") {
            return;
        }
        let name = self.wallets.first().map_or("points", String::as_str);
        for problem in problems {
            let texts = problem.notes.iter_mut().chain(&mut problem.help).chain(std::iter::once(&mut problem.message));
            texts.for_each(|text| *text = text.replace("beans", name));
        }
    }

    /// Whether a wallet is called so, in the singular or the plural.
    pub fn is_wallet(&self, word: &str) -> bool {
        has(&self.wallets, word)
    }

    pub fn is_tier(&self, word: &str) -> bool {
        has(&self.tiers, word)
    }

    pub fn is_segment(&self, word: &str) -> bool {
        has(&self.segments, word)
    }
}

fn has(names: &[String], word: &str) -> bool {
    let plain = |word: &str| {
        let word = word.to_lowercase();
        word.strip_suffix('s').map_or(word.clone(), str::to_owned)
    };
    names.iter().any(|name| plain(name) == plain(word))
}

fn unquoted(word: &str) -> &str {
    word.trim_matches('"')
}
