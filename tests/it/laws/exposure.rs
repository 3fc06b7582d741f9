//! The bound that `check` prints is never passed.

use super::*;
use loyalty_dsl::check::exposure::{Exposure, exposure};
use loyalty_dsl::program::{Effect, Rate, Rates, Trigger};
use loyalty_dsl::value::Exact;

/// Whether a purchase sets a rule off.
fn by_purchase(trigger: &Trigger) -> bool {
    use Trigger as T;
    matches!(trigger, T::EachPurchase { .. } | T::Nth { .. } | T::EveryNth { .. } | T::Range { .. } | T::Spending { .. } | T::Streak { .. })
}

/// Units of a wallet at what they can buy.
fn worth(program: &Program, exposure: &Exposure, wallet: usize, units: i64) -> Exact {
    let of = &program.wallets[wallet];
    let scale = if of.kind == WalletKind::Money { 0 } else { of.scale };
    let units = Exact::ratio(i128::from(units), 10_i128.pow(u32::from(scale))).expect("small");
    units.times(exposure.worths.units[wallet]).expect("small")
}

/// What an entry of a purchase gives away, worked out apart from the engine and the bound.
fn gives(program: &Program, exposure: &Exposure, entry: &Entry) -> Exact {
    let nothing = Exact::whole(0);
    let money = Exact::whole(i128::from(entry.granted));
    let rule = match entry.source {
        Source::Rule(id) => &program.rules[id.index()],
        Source::Exchange(at) => &*program.exchanges[usize::from(at)].rule,
        Source::Reward(at) => &*program.rewards[usize::from(at)].rule,
        _ => return nothing,
    };
    let bought = !matches!(entry.source, Source::Rule(_));
    let sums = rule.effects.iter().any(|effect| matches!(effect, Effect::Discount(Rates::One(Rate::Fixed(_)))));
    match (entry.kind, entry.unit) {
        (Kind::Discount, _) if !(bought && sums) => money,
        (Kind::Earn | Kind::Multiply, Unit::Wallet(wallet)) => worth(program, exposure, wallet.index(), entry.granted),
        _ if bought || !by_purchase(&rule.trigger) => nothing,
        (Kind::Grant, Unit::Wallet(wallet)) => worth(program, exposure, wallet.index(), entry.granted),
        (Kind::Gift(gift), _) => Exact::whole(i128::from(program.gifts[gift.index()].costs * entry.granted)),
        (Kind::Voucher, Unit::Money) => money.times(exposure.worths.vouchers.unwrap_or(Exact::whole(1))).expect("small"),
        _ => nothing,
    }
}

/// Purchases that give away more than the bound.
fn passed(program: &Program, exposure: &Exposure, history: &History, ledger: &Ledger) -> Option<String> {
    let Ok(bound) = &exposure.purchase else { return None };
    for (part, accounts) in history.parts.iter().enumerate() {
        for account in &accounts.accounts {
            let entries = ledger.accounts.get(&account.id)?;
            for index in 0..account.purchases.len() {
                let number = u32::try_from(index).expect("few");
                let amount = accounts.purchases.amount[usize::try_from(account.purchases.start).expect("few") + index];
                let at = accounts.purchases.at[usize::try_from(account.purchases.start).expect("few") + index];
                let own = entries.iter().filter(|e| e.purchase == Some(number) && e.at == at && e.reverses.is_none() && e.granted > 0);
                let given = own.clone().fold(Exact::whole(0), |sum, e| sum.plus(gives(program, exposure, e)).expect("small"));
                let most = bound.at(amount).expect("small");
                if given > most {
                    let own: Vec<&Entry> = own.collect();
                    return Some(format!(
                        "part {part}, {}: a purchase of {amount} gives {given:?}, at most {most:?}\n{own:#?}",
                        account.id
                    ));
                }
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(config())]

    /// No purchase gives away more than the bound of its program.
    #[test]
    fn no_purchase_passes_the_bound((text, program) in lawful(Pool::All), people in people()) {
        let Some(exposure) = exposure(&program) else { return Ok(()) };
        let history = history(&program, &people, Order::default());
        let ledger = run_on(&program, &history, &until(Some(last())));
        let found = passed(&program, &exposure, &history, &ledger);
        prop_assert!(found.is_none(), "{}\n{}", found.unwrap_or_default(), text.whole());
    }

    /// The order of sentences changes no bound.
    #[test]
    fn the_order_of_sentences_changes_no_bound(text in programs(Pool::Purchases)) {
        let mut turned = text.clone();
        turned.rules.reverse();
        let (Some(one), Some(other)) = (checked(&text), checked(&turned)) else { return Ok(()) };
        let (Some(one), Some(other)) = (exposure(&one), exposure(&other)) else { return Ok(()) };
        let curves = |exposure: &Exposure| exposure.purchase.as_ref().ok().map(|bound| bound.curve.clone());
        prop_assert_eq!(curves(&one), curves(&other));
        prop_assert_eq!(one.year.curve, other.year.curve);
    }
}
