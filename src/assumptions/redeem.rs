//! Reads what an assumptions file says about redeeming: one policy for all, one for each wallet, or a list of them.

use super::parse::{Reader, fraction};
use super::tree::Node;
use super::{Assumptions, Redemption, RedemptionRule};
use crate::diagnostic::nearest;
use crate::program::{SegmentId, WalletId};
use crate::value::{Decimal, name_key};

/// What an entry of a list of policies may say.
const PARTS: [&str; 4] = ["wallet", "segment", "share", "policy"];

impl Reader<'_> {
    /// What is redeemed, or what is at the ends of a range: `{ low: never, base: 40% of points, high: as soon as possible }`.
    pub(super) fn redemption_or_range(&mut self, value: &Node, assumptions: &mut Assumptions) {
        if let Node::Map(fields) = value
            && fields.iter().all(|(key, _)| ["low", "base", "high"].contains(&name_key(key).as_str()))
            && fields.iter().any(|(key, _)| name_key(key) == "base")
        {
            let mut at = |end: &str| fields.iter().find(|(key, _)| name_key(key) == end).map(|(_, value)| self.redemption(value));
            let base = at("base").unwrap_or_default();
            let (low, high) = (at("low").unwrap_or_else(|| base.clone()), at("high").unwrap_or_else(|| base.clone()));
            assumptions.redemption_ends = (low != high).then_some((low, high));
            assumptions.redemption = base;
            return;
        }
        assumptions.redemption = self.redemption(value);
    }

    /// One policy for all, one for each wallet, or a list by wallet, segment and share.
    fn redemption(&mut self, value: &Node) -> Vec<RedemptionRule> {
        let mut rules = Vec::new();
        match value {
            Node::Text(text) => self.add(text, None, None, None, &mut rules),
            Node::Map(wallets) => {
                for (name, value) in wallets {
                    let Some(wallet) = self.wallet(name) else { continue };
                    match value {
                        Node::Text(text) => self.add(text, Some(wallet), None, None, &mut rules),
                        Node::List(entries) => entries.iter().for_each(|entry| self.entry(entry, Some(wallet), &mut rules)),
                        Node::Map(_) => self.errors.push(format!("`redemption: {name}` is a policy or a list of them.")),
                    }
                }
            }
            Node::List(entries) => entries.iter().for_each(|entry| self.entry(entry, None, &mut rules)),
        }
        for rule in &rules {
            let sum = rule.mixture.iter().try_fold(0_i128, |sum, (share, _)| {
                let billionths = share.to_scale(12).ok().flatten()?;
                sum.checked_add(i128::from(billionths))
            });
            if sum != Some(1_000_000_000_000) {
                self.errors.push("`redemption`: the shares of a mixture must add up to 100%.".to_owned());
                break;
            }
        }
        rules
    }

    fn entry(&mut self, entry: &Node, wallet: Option<WalletId>, rules: &mut Vec<RedemptionRule>) {
        let Node::Map(fields) = entry else {
            self.errors.push("`redemption`: an entry of the list looks like { segment: staff, policy: never }.".to_owned());
            return;
        };
        let (mut wallet, mut segment, mut share, mut policy) = (wallet, None, None, None);
        self.foreign = false;
        for (key, value) in fields {
            let Node::Text(text) = value else {
                self.errors.push(format!("`redemption`: `{key}` is one value."));
                return;
            };
            match name_key(key).as_str() {
                "wallet" => wallet = self.wallet(text),
                "segment" => segment = self.segment("redemption", text),
                "share" => share = self.share("share", value),
                "policy" => policy = Some(text),
                other => {
                    // `- 50%: never` is read as its author means it.
                    if let Some(part) = fraction(other).filter(|_| other.ends_with('%')) {
                        (share, policy) = (Some(part), Some(text));
                        continue;
                    }
                    let hint = nearest(other, PARTS)
                        .map_or_else(|| format!("An entry has {}.", PARTS.join(", ")), |near| format!("Did you mean `{near}`?"));
                    self.errors.push(format!("`redemption`: there is no `{key}` here. {hint}"));
                    return;
                }
            }
        }
        if self.foreign {
            return;
        }
        match policy {
            Some(policy) => self.add(policy, wallet, segment, share, rules),
            None => self.errors.push("`redemption`: an entry needs a `policy`, such as { share: 30%, policy: never }.".to_owned()),
        }
    }

    /// Adds a policy: to the mixture it is a part of, if it has a share.
    fn add(
        &mut self,
        text: &str,
        wallet: Option<WalletId>,
        segment: Option<SegmentId>,
        share: Option<Decimal>,
        rules: &mut Vec<RedemptionRule>,
    ) {
        // A threshold is in units of a wallet: without one it is the same number of full units for each.
        let by_wallet = wallet.is_none() && text.to_lowercase().contains("balance");
        let all = (0..self.program.wallets.len()).filter_map(|index| u16::try_from(index).ok()).map(|index| Some(WalletId(index)));
        let wallets: Vec<Option<WalletId>> = if by_wallet { all.collect() } else { vec![wallet] };
        for wallet in wallets {
            let Some(policy) = self.policy(text, wallet) else { return };
            let same = |rule: &&mut RedemptionRule| rule.wallet == wallet && rule.segment == segment;
            match (share, rules.iter_mut().rev().find(same)) {
                (Some(share), Some(rule)) => rule.mixture.push((share, policy)),
                // Of a threshold for all wallets, those that were spoken of before are left out.
                (None, Some(_)) if by_wallet => {}
                (None, Some(_)) => {
                    self.errors.push(format!(
                        "`redemption: {text}`: the same members are spoken of twice. Give each entry a `share`, or keep one."
                    ));
                    return;
                }
                (share, _) => {
                    let mixture = vec![(share.unwrap_or(Decimal::whole(1)), policy)];
                    rules.push(RedemptionRule { wallet, segment, mixture });
                }
            }
        }
    }

    fn policy(&mut self, text: &str, wallet: Option<WalletId>) -> Option<Redemption> {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let scale = wallet.and_then(|wallet| self.program.wallets.get(wallet.index())).map_or(0, |wallet| wallet.scale);
        let policy = match words.as_slice() {
            ["never"] => Some(Redemption::Never),
            ["as", "soon", "as", "possible"] | ["asap"] => Some(Redemption::AsSoonAsPossible),
            ["as", "recorded"] => Some(Redemption::AsRecorded),
            ["when", "balance", "reaches", amount] | ["when", "balance", "reaches", amount, _] => {
                let units = Decimal::parse(&amount.replace('_', "")).filter(|d| d.scale <= scale);
                let units = units.and_then(|d| d.to_scale(scale).ok().flatten());
                units.filter(|units| *units > 0).map(Redemption::WhenBalanceReaches)
            }
            [p, "of", "the", _] | [p, "of", _] if p.ends_with('%') => {
                fraction(p).filter(|p| *p <= Decimal::whole(1) && *p >= Decimal::whole(0)).map(Redemption::ShareOfUnits)
            }
            ["with", "probability", p] => {
                fraction(p).filter(|p| *p <= Decimal::whole(1) && *p >= Decimal::whole(0)).map(Redemption::WithProbability)
            }
            _ => None,
        };
        let part = match words.as_slice() {
            [p, "of", ..] | ["with", "probability", p] | [p] => fraction(p),
            _ => None,
        };
        if policy.is_none() && part.is_some_and(|part| part > Decimal::whole(1) || part < Decimal::whole(0)) {
            return self.wrong(format!("`redemption: {text}`: what members redeem lies between 0% and 100%."));
        }
        if let (Some(Redemption::ShareOfUnits(_)), Some(of)) = (policy, words.last()) {
            self.names_units(text, of, wallet)?;
        }
        policy.or_else(|| {
            self.wrong(format!(
                "`redemption: {text}` is no policy. Write one of: never, as soon as possible, when balance reaches 500, with probability 0.3, 40% of points, as recorded."
            ))
        })
    }

    /// What a share is of: units of the wallet that is spoken of, or, in the word that stands for all, points.
    fn names_units(&mut self, text: &str, of: &str, wallet: Option<WalletId>) -> Option<()> {
        let program = self.program;
        let names = || program.wallets.iter().map(|wallet| wallet.name.as_str());
        let named = names().position(|name| name_key(name) == name_key(of));
        if wallet.is_some() || named.is_none() && ["points", "units"].contains(&of) {
            return Some(());
        }
        if named.is_none() && !self.has_elsewhere("wallet", of) {
            let all = names().collect::<Vec<_>>().join(", ");
            return self.wrong(format!("`redemption: {text}`: the program has no wallet called `{of}`. It has: {all}."));
        }
        let pays = |wallet: WalletId| program.redeems.iter().any(|redeem| redeem.wallet == wallet);
        let paying = (0..program.wallets.len()).filter_map(|at| u16::try_from(at).ok()).filter(|at| pays(WalletId(*at))).count();
        if paying > 1 {
            self.warnings.push(format!(
                "`redemption: {text}` is taken to hold for every wallet. For {of} alone write redemption: {{ {of}: {text} }}, with a line for \
                 each of the others."
            ));
        }
        Some(())
    }
}
