//! Reads an assumptions file.

use super::tree::{self, Node};
use super::{Assumptions, LowBaseHigh, Redemption, RedemptionRule};
use crate::diagnostic::nearest;
use crate::program::{Program, SegmentId, WalletId};
use crate::value::{Decimal, name_key};

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub assumptions: Assumptions,
    /// Sentences about what has no effect.
    pub warnings: Vec<String>,
}

/// All that a file may say.
const NAMES: [&str; 10] =
    ["margin", "reward cost", "fixed cost", "redemption", "vouchers used", "gifts collected", "response", "pull forward", "seed", "runs"];
/// What an entry of a list of redemption policies may say.
const PARTS: [&str; 4] = ["wallet", "segment", "share", "policy"];

/// Reads a file's text for a program.
///
/// # Errors
/// Everything that is wrong with it, one sentence each.
pub fn parse(text: &str, program: &Program) -> Result<Read, Vec<String>> {
    let mut reader = Reader { program, errors: Vec::new(), warnings: Vec::new() };
    let fields = match tree::read(text).map_err(|error| vec![error])? {
        Node::Map(fields) => fields,
        Node::Text(text) if text.is_empty() => Vec::new(),
        _ => return Err(vec!["An assumptions file is a list of names with values, such as `margin: 35%`.".to_owned()]),
    };
    let mut read = Read {
        assumptions: Assumptions { redemption: Vec::new(), ..Assumptions::redeeming(Redemption::AsSoonAsPossible) },
        warnings: Vec::new(),
    };
    for (name, value) in &fields {
        reader.field(&name_key(name), name, value, &mut read);
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    vouchers_follow(&mut read.assumptions);
    reader.unused(&read.assumptions);
    read.warnings = reader.warnings;
    Ok(read)
}

struct Reader<'a> {
    program: &'a Program,
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn field(&mut self, key: &str, name: &str, value: &Node, read: &mut Read) {
        let assumptions = &mut read.assumptions;
        match key {
            "margin" => {
                assumptions.margin = self.range(name, value);
                if assumptions.margin.is_some_and(|margin| margin.high > Decimal::whole(1)) {
                    self.errors.push(format!("`{name}` is a share of sales and cannot be above 100%."));
                }
            }
            "reward cost" => assumptions.reward_cost = self.fraction(name, value).unwrap_or(assumptions.reward_cost),
            "fixed cost" => assumptions.fixed_cost_per_month = self.fixed_cost(value),
            "redemption" => assumptions.redemption = self.redemption(value),
            "vouchers used" => {
                assumptions.vouchers_said = true;
                assumptions.vouchers_used = self.share(name, value).unwrap_or(assumptions.vouchers_used);
            }
            "gifts collected" => {
                assumptions.gifts_said = true;
                assumptions.gifts_collected = self.share(name, value).unwrap_or(assumptions.gifts_collected);
            }
            "response" => {
                assumptions.response = self.range(name, value).unwrap_or_default();
                self.warnings.push("`response` has no effect in this version: purchases stay as the history has them.".to_owned());
            }
            "pull forward" => {
                self.fraction(name, value);
                self.warnings.push("`pull forward` has no effect in this version: purchases stay as the history has them.".to_owned());
            }
            "seed" => assumptions.seed = self.whole(name, value).unwrap_or(assumptions.seed),
            "runs" => {
                let runs = self.whole(name, value).and_then(|runs| u32::try_from(runs).ok());
                assumptions.runs = runs.unwrap_or(assumptions.runs);
                self.warnings.push("`runs` has no effect in this version: one draw is made, with `seed`.".to_owned());
            }
            _ => {
                let hint = nearest(key, NAMES)
                    .map_or_else(|| format!("Known are: {}.", NAMES.join(", ")), |near| format!("Did you mean `{near}`?"));
                self.errors.push(format!("There is no assumption called `{name}`. {hint}"));
            }
        }
    }

    /// What is assumed about things that the program does not have.
    fn unused(&mut self, assumptions: &Assumptions) {
        let vouchers = self.program.grants_vouchers();
        if assumptions.vouchers_said && !vouchers {
            self.warnings.push("`vouchers used` has no effect: the program grants no vouchers.".to_owned());
        }
        if assumptions.gifts_said && !self.program.lets_collect() {
            self.warnings.push("`gifts collected` has no effect: no gift of the program waits to be collected.".to_owned());
        }
        let redeems = |wallet: WalletId| self.program.redeems.iter().any(|redeem| redeem.wallet == wallet);
        for rule in &assumptions.redemption {
            match rule.wallet.and_then(|id| self.program.wallets.get(id.index()).map(|wallet| (id, wallet))) {
                Some((id, wallet)) if !redeems(id) => {
                    self.warnings.push(format!("`redemption` of {} has no effect: no `redeem {}` lets it pay.", wallet.name, wallet.name));
                }
                // It still says what becomes of vouchers, unless the file does.
                None if self.program.redeems.is_empty() && (!vouchers || assumptions.vouchers_said) => {
                    self.warnings.push("`redemption` has no effect: no wallet of the program pays for purchases.".to_owned());
                }
                _ => {}
            }
        }
        self.warnings.dedup();
    }

    fn wrong<T>(&mut self, message: String) -> Option<T> {
        self.errors.push(message);
        None
    }

    /// `35%` or `0.35`; a number above one needs its percent sign, for `35` is hardly 3,500%.
    fn fraction(&mut self, name: &str, value: &Node) -> Option<Decimal> {
        let Node::Text(text) = value else {
            return self.wrong(format!("`{name}` is one percentage, such as 35%."));
        };
        match fraction(text) {
            Some(d) if d > Decimal::whole(1) && !text.contains('%') => {
                self.wrong(format!("`{name}: {text}`: write {text}%, or the fraction as a number up to 1, such as 0.35."))
            }
            Some(d) if d >= Decimal::whole(0) => Some(d),
            _ => self.wrong(format!("`{name}: {text}`: write a percentage, such as 35%.")),
        }
    }

    /// A fraction of at most one.
    fn share(&mut self, name: &str, value: &Node) -> Option<Decimal> {
        let d = self.fraction(name, value)?;
        if d > Decimal::whole(1) { self.wrong(format!("`{name}` is a share and cannot be above 100%.")) } else { Some(d) }
    }

    /// One percentage, or `low`, `base` and `high`.
    fn range(&mut self, name: &str, value: &Node) -> Option<LowBaseHigh> {
        let Node::Map(fields) = value else {
            return self.fraction(name, value).map(|d| LowBaseHigh { low: d, base: d, high: d });
        };
        let (mut low, mut base, mut high) = (None, None, None);
        for (key, value) in fields {
            let slot = match name_key(key).as_str() {
                "low" => &mut low,
                "base" => &mut base,
                "high" => &mut high,
                _ => return self.wrong(format!("`{name}` has `low`, `base` and `high`; there is no `{key}`.")),
            };
            *slot = Some(self.fraction(&format!("{name}: {key}"), value)?);
        }
        let Some(base) = base else { return self.wrong(format!("`{name}` needs a `base` between `low` and `high`.")) };
        let (low, high) = (low.unwrap_or(base), high.unwrap_or(base));
        if low > base || base > high {
            return self.wrong(format!("`{name}`: `low` must not be above `base`, nor `base` above `high`."));
        }
        Some(LowBaseHigh { low, base, high })
    }

    fn whole(&mut self, name: &str, value: &Node) -> Option<u64> {
        let number = if let Node::Text(text) = value { text.replace('_', "").parse().ok() } else { None };
        number.or_else(|| self.wrong(format!("`{name}` is a whole number, such as 42.")))
    }

    /// `3000 per month`, `3000 EUR per month`.
    fn fixed_cost(&mut self, value: &Node) -> Option<i64> {
        let currency = &self.program.currency;
        let example = format!("such as 3000 {} per month", currency.code);
        let Node::Text(text) = value else { return self.wrong(format!("`fixed cost` is an amount of money, {example}.")) };
        let words: Vec<&str> = text.split_whitespace().collect();
        let amount = match words.as_slice() {
            [amount] | [amount, "per", "month"] => Some(*amount),
            [amount, code] | [amount, code, "per", "month"] if *code == currency.code => Some(*amount),
            _ => None,
        };
        let amount = amount.and_then(|amount| Decimal::parse(&amount.replace('_', ""))).filter(|d| *d >= Decimal::whole(0));
        // Written decimals count: 3.000 may be meant as 3000.
        let exact = |amount: Decimal| if amount.scale > currency.decimals { Ok(None) } else { amount.to_scale(currency.decimals) };
        match amount.map(exact) {
            Some(Ok(Some(minor))) => Some(minor),
            Some(Ok(None)) => self.wrong(format!(
                "`fixed cost: {text}` has more decimals than {} has. For thousands, write 3000 and not 3.000.",
                currency.code
            )),
            _ => self.wrong(format!("`fixed cost: {text}`: write an amount a month, {example}.")),
        }
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
        for (key, value) in fields {
            let Node::Text(text) = value else {
                self.errors.push(format!("`redemption`: `{key}` is one value."));
                return;
            };
            match name_key(key).as_str() {
                "wallet" => wallet = self.wallet(text),
                "segment" => segment = self.segment(text),
                "share" => share = self.share("share", value),
                "policy" => policy = Some(text),
                other => {
                    let hint = nearest(other, PARTS).unwrap_or("policy");
                    self.errors.push(format!("`redemption`: there is no `{key}` here. Did you mean `{hint}`?"));
                }
            }
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
            ["with", "probability", p] => {
                fraction(p).filter(|p| *p <= Decimal::whole(1) && *p >= Decimal::whole(0)).map(Redemption::WithProbability)
            }
            _ => None,
        };
        policy.or_else(|| {
            self.wrong(format!(
                "`redemption: {text}` is no policy. Write one of: never, as soon as possible, when balance reaches 500, with probability 0.3, as recorded."
            ))
        })
    }

    fn wallet(&mut self, name: &str) -> Option<WalletId> {
        let names = self.program.wallets.iter().map(|wallet| wallet.name.as_str());
        self.find("wallet", name, names.collect()).map(WalletId)
    }

    fn segment(&mut self, name: &str) -> Option<SegmentId> {
        let names = self.program.segments.iter().map(|segment| segment.name.as_str());
        self.find("segment", name, names.collect()).map(SegmentId)
    }

    fn find(&mut self, what: &str, name: &str, names: Vec<&str>) -> Option<u16> {
        let key = name_key(name);
        if let Some(index) = names.iter().position(|known| name_key(known) == key) {
            return u16::try_from(index).ok();
        }
        let hint = nearest(&key, names.iter().copied()).map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
        self.wrong(format!("`redemption`: the program has no {what} called `{name}`.{hint}"))
    }
}

/// Where nobody redeems anything, vouchers are left unused and gifts uncollected too, unless the file says how many are not.
fn vouchers_follow(assumptions: &mut Assumptions) {
    let idle = |policy: Redemption| matches!(policy, Redemption::Never | Redemption::AsRecorded);
    let rules = &assumptions.redemption;
    let nobody = !rules.is_empty() && rules.iter().all(|rule| rule.mixture.iter().all(|(_, policy)| idle(*policy)));
    if nobody && !assumptions.vouchers_said {
        assumptions.vouchers_used = Decimal::whole(0);
    }
    if nobody && !assumptions.gifts_said {
        assumptions.gifts_collected = Decimal::whole(0);
    }
}

/// `35%`, `35 %` or `0.35`.
fn fraction(text: &str) -> Option<Decimal> {
    let text = text.trim();
    match text.strip_suffix('%') {
        None => Decimal::parse(text),
        Some(number) => {
            let d = Decimal::parse(number.trim())?;
            Some(Decimal::new(d.mantissa, d.scale.checked_add(2)?))
        }
    }
}
