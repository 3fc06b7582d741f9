//! Sentences about paying, claiming and exchanging that did nothing on a purchase, and why not.

use super::reasons::Telling;
use super::{DidNotFire, Teller};
use crate::engine::ledger::Source;
use crate::engine::story::Chapter;
use crate::engine::why::Decided;
use crate::program::{Redeem, WalletId};
use crate::span::Span;

impl Teller<'_> {
    /// All of them.
    pub(super) fn unused(&self, chapter: &Chapter, decided: &Decided, telling: Telling<'_>) -> Vec<DidNotFire> {
        let program = self.asked.program;
        let before = self.spendable_before(chapter);
        let did = |source: Source| chapter.entries.iter().any(|entry| entry.source == source);
        let number = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let one = |sentence: &str, span: Span, why: String| DidNotFire {
            sentence: sentence.to_owned(),
            place: telling.line(span),
            clause: None,
            why,
            seen: Vec::new(),
        };
        let mut out = Vec::new();
        for (at, redeem) in program.redeems.iter().enumerate().filter(|(at, _)| !decided.paid.iter().any(|(paid, ..)| paid == at)) {
            let others =
                decided.paid.iter().any(|(paid, ..)| program.redeems.get(*paid).is_some_and(|other| other.wallet == redeem.wallet));
            if !did(Source::Redeem(number(at))) {
                out.push(one(&redeem.label, redeem.span, self.not_redeemed(redeem, spendable(&before, redeem.wallet), others)));
            }
        }
        for (_, reward) in program.rewards.iter().enumerate().filter(|(at, _)| !did(Source::Reward(number(*at)))) {
            let why = self.lacks(reward.wallet, reward.price, spendable(&chapter.balances, reward.wallet));
            let why = why.unwrap_or_else(|| "nobody claimed it".to_owned());
            out.push(one(&reward.rule.label, reward.rule.span, why));
        }
        for (_, exchange) in program.exchanges.iter().enumerate().filter(|(at, _)| !did(Source::Exchange(number(*at)))) {
            let why = self.lacks(exchange.wallet, exchange.price, spendable(&chapter.balances, exchange.wallet));
            let why =
                why.unwrap_or_else(|| "a clause or a limit did not allow it, or what it gave before still waits for its use".to_owned());
            out.push(one(&exchange.rule.label, exchange.rule.span, why));
        }
        out
    }

    /// What could be spent when the purchase came, as far as the story knows.
    fn spendable_before(&self, chapter: &Chapter) -> Vec<i64> {
        let earlier = self.asked.chapters.iter().take_while(|other| !std::ptr::eq(*other, chapter));
        earlier.filter(|chapter| !chapter.balances.is_empty()).last().map_or_else(Vec::new, |chapter| chapter.balances.clone())
    }

    fn not_redeemed(&self, redeem: &Redeem, balance: i64, others: bool) -> String {
        let least = redeem.at_least.into_iter().chain(redeem.step.map(|(units, _)| units)).max().unwrap_or(1);
        if others {
            return "another sentence for this wallet paid".to_owned();
        }
        self.lacks(redeem.wallet, least, balance).unwrap_or_else(|| {
            format!(
                "{} could be spent, but neither the history nor what is assumed says that it was, or its terms did not allow it",
                self.words.units(redeem.wallet, balance)
            )
        })
    }

    fn lacks(&self, wallet: WalletId, price: i64, balance: i64) -> Option<String> {
        if balance >= price {
            return None;
        }
        let name = self.asked.program.wallets.get(wallet.index()).map_or("", |wallet| wallet.name.as_str());
        Some(if balance <= 0 {
            format!("nothing of {name} could be spent")
        } else {
            format!("it takes {}, and {} could be spent", self.words.units(wallet, price), self.words.units(wallet, balance))
        })
    }
}

fn spendable(balances: &[i64], wallet: WalletId) -> i64 {
    balances.get(wallet.index()).copied().unwrap_or(0)
}
