//! 03: rules whose parts do not go together.

use super::or_list;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Two clauses that never hold together.
pub(crate) fn never(what: &str, (first, first_span): (&str, Span), (second, second_span): (&str, Span), items: bool) -> Diagnostic {
    let (first, second) = (super::short(first), super::short(second));
    let together = if items { "leave no item together" } else { "rule each other out" };
    Diagnostic::error("LOY0314", format!("This {what} can never apply: \"{first}\" and \"{second}\" {together}."), first_span, "this …")
        .and(second_span, "… and this never hold together")
        .help("Change one of them, name both in one place with a comma between, or write two sentences.")
}

/// One clause that never holds.
pub(crate) fn never_alone(what: &str, span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("LOY0314", format!("This {what} can never apply: {why}."), span, "never true")
        .help("Change or delete this condition.")
}

pub(crate) fn except_everyone(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0314", format!("This rule can never apply: \"{text}\" leaves nobody."), span, "nobody is left")
        .help("Delete these words, or name a tier or segment.")
}

pub(crate) fn start_tier(tier: &str, reaching: bool, span: Span) -> Diagnostic {
    let message = if reaching {
        format!("This rule can never apply: everyone starts in \"{tier}\", so nobody reaches it.")
    } else {
        format!("This rule can never apply: \"{tier}\" is the lowest tier, so nobody drops out of it.")
    };
    let help = if reaching { "Write: on signup" } else { "Name a higher tier." };
    Diagnostic::error("LOY0314", message, span, "the lowest tier").help(help)
}

pub(crate) fn ordinal_zero(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0316", format!("There is no \"{text}\": counting starts at 1st."), span, "counting starts at 1")
        .help("Write: 1st")
}

pub(crate) fn endless_entitlement(trigger: &str, span: Span, effect: Span, sentence: &str) -> Diagnostic {
    let message = format!(
        "\"{}\" happens again and again, but what it gives never ends, so the second time would add nothing.",
        super::short(trigger)
    );
    Diagnostic::error("LOY0317", message, span, "happens again")
        .and(effect, "never ends")
        .help(format!("Write: {sentence} on next purchase (or: for 30 days)"))
}

pub(crate) fn too_early(fact: &str, span: Span, effect: Span) -> Diagnostic {
    if fact.starts_with("paid with") {
        let message = format!("\"{fact}\" is not known yet here: discounts are taken off before anything is paid.");
        return Diagnostic::error("LOY0320", message, span, "known only after payment")
            .and(effect, "computed before that")
            .help("Ask it where points or gifts are given; for how the till was paid write: paid by \"card\"");
    }
    let message = format!("\"{fact}\" is not known yet here: it depends on the discounts, and this rule is one of them.");
    Diagnostic::error("LOY0320", message, span, "known only after discounts")
        .and(effect, "computed before that")
        .help("Write amount, the amount before discounts.")
}

pub(crate) fn two_triggers(first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("LOY0321", "This rule says twice when it happens.", second, "the second time")
        .and(first, "the first time")
        .help("Write two sentences, one for each.")
}

pub(crate) fn two_scopes((first, first_span): (&str, Span), (second, second_span): (&str, Span)) -> Diagnostic {
    let message = format!("\"{first}\" and \"{second}\" cannot narrow one rule together.");
    Diagnostic::error("LOY0321", message, second_span, "the second").and(first_span, "the first").help("Write two sentences, one for each.")
}

pub(crate) fn no_effect(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", "This rule does not say what it gives.", span, "no reward in it")
        .help("Add what it gives: discount 5%, grant 100 points, cashback 2% …")
}

/// Words in a place where they mean nothing.
fn misplaced(message: String, span: Span, label: &str, help: impl Into<String>) -> Diagnostic {
    Diagnostic::error("LOY0323", message, span, label).help(help)
}

pub(crate) fn stray_window(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" says in which time to count, but nothing is counted here."),
        span,
        "nothing is counted",
        "Delete it, or count: on 3rd purchase in a month",
    )
}

pub(crate) fn after_range(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" names several purchases, so what comes after them is unclear."),
        span,
        "several purchases",
        "Write: on purchases 2 to 5, or: after 5th purchase",
    )
}

pub(crate) fn next_purchase_of_grant(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" is for discounts and the like; what this rule gives is given at once."),
        span,
        "nothing waits for a purchase",
        "Delete these words, or give a voucher: grant voucher 10 EUR",
    )
}

pub(crate) fn next_purchase_without_after(text: &str, span: Span, trigger: Span, help: String) -> Diagnostic {
    let problem = misplaced(
        format!("\"{text}\" waits for a later purchase, but this rule applies to the purchase itself."),
        span,
        "waits for a later purchase",
        help,
    );
    if trigger.range() == span.range() { problem } else { problem.and(trigger, "applies at once") }
}

pub(crate) fn for_span_of_grant(text: &str, span: Span) -> Diagnostic {
    let time = text.strip_prefix("for ").unwrap_or(text);
    misplaced(
        format!("\"{text}\" does not say what ends: the waiting, or the life of what is given."),
        span,
        "unclear",
        format!("Write: expiring after {time}, or: pending for {time}"),
    )
}

pub(crate) fn for_span_at_once(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" says how long something lasts, but this rule only changes the purchase itself."),
        span,
        "nothing lasts",
        "Write dates: from 2025-06-01 to 2025-06-30, or let it begin with after: after 3rd purchase …",
    )
}

/// Of two clocks one runs from earning, the other follows the customer.
pub(crate) fn clocks_alike(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("Of the two spans in \"{}\" one counts from earning and the other follows the customer.", super::short(text)),
        span,
        "not one of each",
        "Write for example: expire 12 months after earning or 6 months after last activity",
    )
}

pub(crate) fn added_to_nothing(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" is said of a tier that is given for a length of time."),
        span,
        "added to what?",
        "Write for example: on event \"renewed\" move to tier gold for 1 year, added to what is left",
    )
}

pub(crate) fn set_without_trigger(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" does not say when."),
        span,
        "when?",
        format!("Write for example: on reaching tier gold {text}, or: at start of every year {text}"),
    )
}

/// A sentence that gives one thing of several gives nothing beside it.
pub(crate) fn alone_in_its_sentence(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" gives one thing of several, so nothing else can be given in the same sentence.", super::short(text)),
        span,
        "stands alone",
        "Write a sentence of its own for the rest.",
    )
}

/// What a unit costs at least stands with each item.
pub(crate) fn floor_of_items(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" is no price of an item.", super::short(text)),
        span,
        "of each item?",
        "Name the column of items that holds the lowest price of a unit: discounts never below item.floor",
    )
}

/// Only a wallet of money can count as money.
pub(crate) fn counts_as_money(name: &str, text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" cannot be said of {name}: it is counted in units.", super::short(text)),
        span,
        "not money",
        format!("Declare it as: wallet {name}, counts as money"),
    )
}

/// An event "top up" says an amount, not a wallet.
pub(crate) fn money_twice(name: &str, span: Span, other: Span) -> Diagnostic {
    misplaced(
        format!("Besides {name} another wallet counts as money, and \"top up\" loads one."),
        span,
        "the second …",
        "Let one wallet count as money.",
    )
    .and(other, "… and the first")
}

/// Refunds are money.
pub(crate) fn refunds_are_money(name: &str, span: Span, declared: Span) -> Diagnostic {
    misplaced(
        format!("Refunds are money, and {name} does not count as money."),
        span,
        "not money",
        format!("Declare it as: wallet {name}, counts as money"),
    )
    .and(declared, "declared here")
}

/// A count that never begins anew carries nothing over.
pub(crate) fn carries_nothing(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" carries nothing over: this count never begins anew.", super::short(text)),
        span,
        "from what into what?",
        "It goes with a count that does: tiers by spend since reaching the tier",
    )
}

/// Where there is no ladder nothing is reached.
pub(crate) fn since_which_tier(span: Span) -> Diagnostic {
    misplaced(
        "There is no tier to reach: the program has none, or several ladders with names.".to_owned(),
        span,
        "which tier?",
        "Say it where the tiers are declared: tiers by spend since reaching the tier",
    )
}

/// What a step of an example says is drawn, which no rule draws.
pub(crate) fn not_drawn(text: &str, span: Span, drawn_by: Option<Span>) -> Diagnostic {
    let short = super::short(text);
    match drawn_by {
        Some(rule) => misplaced(
            format!("\"{short}\" is nothing that is drawn here."),
            span,
            "which of them?",
            "Write one of what the sentence lists, in its words, without the chance.",
        )
        .and(rule, "these can be drawn"),
        None => misplaced(
            format!("\"{short}\" is drawn by no sentence of this program."),
            span,
            "nothing is drawn",
            "Say the chances in a sentence, for example: on event \"spin\" grant one of: 10 beans 75%, 50 beans 25%",
        ),
    }
}

/// The chances of a draw come to 100%.
pub(crate) fn chances_of_all(sum: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0407", format!("The chances come to {sum}%, not to 100%."), span, "one of these is drawn each time")
        .help("Change them so that they come to 100%; what is left over can be: nothing 30%")
}

pub(crate) fn not_paid_out(name: &str, span: Span, declared: Span) -> Diagnostic {
    misplaced(
        format!("\"{name}\" cannot be paid out: nothing says what one of it is worth in money."),
        span,
        "no money",
        format!("Write at the wallet what one is worth: points {name} worth 0.01 EUR"),
    )
    .and(declared, "declared here")
}

/// A program waits for one purchase of a friend.
pub(crate) fn referrals_differ(text: &str, span: Span, first: Span) -> Diagnostic {
    misplaced(
        format!(
            "\"{}\" waits for another purchase of the friend than the rule before it, and a program waits for one.",
            super::short(text)
        ),
        span,
        "this purchase …",
        "Write the same words in both, or test the rest behind the effect.",
    )
    .and(first, "… or this one")
}

pub(crate) fn choice_of_one(name: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("There is nothing to choose for \"{name}\": a choice is one of several."),
        span,
        "one of what?",
        format!("Write for example: choice {name} one of \"95\", \"diesel\", at most once per month"),
    )
}

pub(crate) fn first_not_chosen(first: &str, values: &str, span: Span) -> Diagnostic {
    misplaced(format!("\"{first}\" is none of what can be chosen."), span, "not among them", format!("Name one of {values}."))
}

pub(crate) fn choice_how_often(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" is changed so many times, not by amounts.", super::short(text)),
        span,
        "how often?",
        "Write for example: at most once per month",
    )
}

pub(crate) fn chosen_twice(name: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{name}\" is chosen already."),
        span,
        "the second choice of that name",
        "Write one sentence with all that can be chosen.",
    )
}

/// What leaves as money leaves at a time.
pub(crate) fn pay_out_when(text: &str, line: &str, by_purchase: bool, span: Span) -> Diagnostic {
    if by_purchase {
        return misplaced(
            format!("\"{}\" cannot be set off by a purchase: what it pays with and earns is not settled then.", super::short(text)),
            span,
            "at another moment",
            "Write for example: at end of every month — or: on event \"cash\"",
        );
    }
    misplaced(
        format!("\"{}\" does not say when.", super::short(text)),
        span,
        "at the end of every month, or when?",
        format!("Write: {line}"),
    )
}

pub(crate) fn friend_without_referral(span: Span) -> Diagnostic {
    misplaced("There is no friend here: only a referral has one.".to_owned(), span, "no friend here", "Write: on referral grant friend …")
}

pub(crate) fn life_of_nothing(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" is about what lies in a wallet, but this rule puts nothing into one."),
        span,
        "nothing is put into a wallet",
        "Delete these words, or say how long a discount lasts: for 30 days",
    )
}

pub(crate) fn shipping_not_included(span: Span) -> Diagnostic {
    misplaced(
        "\"including shipping\" goes with a discount of the whole purchase.".to_owned(),
        span,
        "no such discount here",
        "Delete these words. For a discount of shipping alone write: on shipping",
    )
}

pub(crate) fn at_least_outside_redeem(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" cannot limit what a rule gives."),
        span,
        "a least amount",
        "For a least purchase write: of at least 50 EUR",
    )
}

pub(crate) fn first_of_nothing(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" limits the amount that a rate applies to, but this rule gives no rate.", super::short(text)),
        span,
        "no rate",
        "Limit how often instead: at most 3 times per month",
    )
}

pub(crate) fn not_in_redeem(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" has no meaning in terms of payment.", super::short(text)),
        span,
        "not for redeem",
        "Terms may say: at least 500 points, up to 50% of purchase, excluding category \"x\", for tier gold, from DATE",
    )
}

pub(crate) fn for_without_amount(wallet: &str, currency: &str, span: Span) -> Diagnostic {
    misplaced(format!("How many {wallet} pay this much?"), span, "for how many?", format!("Write: redeem 100 {wallet} for 1 {currency}"))
}

pub(crate) fn then_without_rate(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{}\" goes on at another rate, but this rule gives no rate.", super::short(text)),
        span,
        "no rate to go on with",
        "Delete the words from then on.",
    )
}

pub(crate) fn narrowed_measure(text: &str, span: Span) -> Diagnostic {
    misplaced(format!("\"{}\" cannot be narrowed like this.", super::short(text)), span, "not possible here", "Delete these words.")
}

pub(crate) fn scope_of_rules_only(text: &str, span: Span) -> Diagnostic {
    misplaced(
        format!("\"{text}\" can say what a rule gives for, but cannot choose purchases to count."),
        span,
        "not countable",
        "Use a category, brand, product or a condition on items.",
    )
}

pub(crate) fn no_purchase_here(
    text: &str,
    span: Span,
    trigger: Span,
    (label, help): (&'static str, Option<(&'static str, String)>),
) -> Diagnostic {
    let message = format!("\"{}\" asks about a purchase, but this reward is given without one.", super::short(text));
    let problem = Diagnostic::error("LOY0324", message, span, "asks about a purchase").and(trigger, label);
    match help {
        Some((lead, fixed)) => problem.help(format!("{lead}: {fixed}")),
        None => problem.help("Delete this condition, or make a purchase the trigger: on purchase …"),
    }
}

/// `grant voucher 10 EUR on category "x"` without a purchase: what the voucher is good for is meant.
pub(crate) fn voucher_for_what(span: Span, line: &str) -> Diagnostic {
    Diagnostic::error("LOY0324", "What a voucher can be used on is said of the purchases that it pays for.", span, "of which purchases?")
        .help(format!("Write: {line}"))
}

pub(crate) fn redeem_without_worth(name: &str, quantity: &str, stamps: bool, code: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("Nothing says how much {name} pay.");
    let problem = Diagnostic::error("LOY0325", message, span, "pays how much?");
    let problem = if declared.range() == span.range() { problem } else { problem.and(declared, "no worth here") };
    let fix = format!("Write: redeem {quantity} {name} for 1 {code}");
    problem.help(if stamps { fix } else { format!("{fix}, or under {name}: worth 0.01 {code}") })
}

pub(crate) fn limit_without_period(words: &str, purchases: bool, fix: &str, span: Span) -> Diagnostic {
    let choices: Vec<String> = ["per purchase", "per month", "ever"].into_iter().skip(usize::from(!purchases)).map(str::to_owned).collect();
    Diagnostic::error("LOY0326", format!("\"{words}\" – {}?", or_list(&choices)), span, "for how long?")
        .help(format!("Write for example: {fix}"))
}

pub(crate) fn percent_limit_per_period(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0326", format!("\"{text}\" is a share of a purchase, so it cannot run for longer."), span, "a share of what?")
        .help("Write an amount of money for a longer time: at most 20 EUR per month")
}

pub(crate) fn nothing(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0327", format!("\"{text}\" is nothing, so this could never have an effect."), span, "must be above zero")
        .help("Write a value above zero, or delete the sentence.")
}

pub(crate) fn factor(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0327", format!("Nothing can be multiplied by {text} here: it must be above zero."), span, "must be above zero")
        .help("Write for example: multiply points by 1.5")
}

pub(crate) fn backwards_step(date: &str, before: &str, span: Span, earlier: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0328",
        format!("The steps of an example are in time order, but {date} is before {before}."),
        span,
        "goes back in time",
    )
    .and(earlier, "the step before")
    .help("Put the earlier step first, or change its date.")
}

pub(crate) fn no_date_yet(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0328", "Nothing says on which day this step happens.", span, "no date").help("Write for example: on 2025-01-01")
}

pub(crate) fn no_amount(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0328", "Nothing says how much this purchase is.", span, "no amount")
        .help("Write for example: purchase 10 EUR on 2025-01-01")
}

/// `whole`, `part` and both together, written out.
pub(crate) fn part_above(word: &str, [whole, part, both]: [String; 3], (span, of): (Span, Span)) -> Diagnostic {
    let message = format!("The {word} of {part} is a part of the amount, and more than the whole of {whole}.");
    Diagnostic::error("LOY0331", message, of, format!("a part of {part} …"))
        .and(span, "… of this")
        .help(format!("Write the amount with the {word} in it, such as {both}."))
}

pub(crate) fn rows_not_rising(first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", "The rows of this table do not rise.", second, "starts no higher …")
        .and(first, "… than the row before")
        .help("Write the rows from the lowest to the highest threshold.")
}

pub(crate) fn row_twice(tier: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("\"{tier}\" has two rows in this table."), second, "the second")
        .and(first, "the first")
        .help("Delete one of them.")
}

pub(crate) fn row_needs_tier(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("This table is by tier, but \"{text}\" begins with a threshold."), span, "no tier")
        .help("Begin the row with a tier: gold 5%")
}

pub(crate) fn row_needs_threshold(name: &str, key: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("This table is by {key}, but this row begins with \"{name}\"."), span, "no threshold")
        .help("Begin the row with from or over: from 50 EUR 2%")
}

pub(crate) fn row_needs_word(key: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("This table is by {key}, but \"{text}\" begins with a threshold."), span, "no word")
        .help("Begin the row with one of its words in quotes: \"economy\" 2%")
}

/// A discount whose row differs from item to item.
pub(crate) fn discount_by_item(key: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("A discount has no table by {key}, which differs from item to item."), span, "a row for each item")
        .help(format!("Write one sentence for each row, such as: discount 5% on {key} \"cakes\""))
}

pub(crate) fn grid_without_else(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", "A grid has no row for the rest.", span, "else?")
        .help("Write a row for each name; what has none gets nothing.")
}

pub(crate) fn each_item_of_discount(span: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0323",
        "A discount is a share or a sum; full amounts of each item are counted where points are earned.",
        span,
        "of each item?",
    )
    .help("Write for example: discount 10% — or: 1 EUR off each item")
}

pub(crate) fn slices_of_each_item(span: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0329",
        "Slices cut the purchase as a whole, so full amounts of each item cannot be counted in them.",
        span,
        "of each item?",
    )
    .help("Delete: of each item")
}

/// `grant beans by tier and category`
pub(crate) fn grant_by_grid(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", "What is granted goes by one thing about the customer or the purchase.", span, "one row for each grant")
        .help("Write for example: on birthday grant points by tier, and below it a row for each tier: gold 500")
}

/// `grant beans by tier gold 1 per 1 EUR`
pub(crate) fn grant_per(span: Span) -> Diagnostic {
    Diagnostic::error(
        "LOY0329",
        "What is granted is an amount; what comes per amount of the purchase is earned.",
        span,
        "per what is bought?",
    )
    .help("Write earn instead of grant.")
}

/// `price 2 EUR` of everything
pub(crate) fn price_of_what(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0112", format!("\"{text}\" does not say of what."), span, "the price of which items?")
        .help(format!("Write: {text} on product \"coffee\" — or on a category"))
}

/// `in steps of 1 EUR`, `for whole purchases only` in a rule
pub(crate) fn only_in_redeem(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", format!("\"{text}\" says how points pay; a rule gives."), span, "not in a rule")
        .help(format!("Put it behind a payment: redeem points {text}"))
}

/// `for every 3 items` beside a trigger that is no purchase, or a rate
pub(crate) fn repeats_on_purchases(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", format!("\"{text}\" counts in each purchase, and goes with what is granted on it."), span, "not here")
        .help("Write for example: grant gift pen for every 3 items of category \"school\"")
}

/// `grant voucher 10 EUR per 50 EUR and gift mug`
pub(crate) fn voucher_per_alone(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0109", "A voucher for every full amount is a sentence of its own.", span, "for the other reward too?")
        .help("Write two sentences, one for each reward.")
}

pub(crate) fn after_discounts_of_discount(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0320", "A discount cannot look at what is left after discounts.", span, "not known yet")
        .help("Delete: after discounts — or look at it where points or gifts are given")
}

pub(crate) fn after_discounts_in_trigger(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0320", "What counts purchases looks at their amounts as recorded.", span, "after discounts?")
        .help("Put the words behind what is given: on 3rd purchase grant gift mug over 50 EUR after discounts")
}

pub(crate) fn levels_have_no_worth(name: &str, worth: Span, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", format!("{name} count for levels only, so they are worth nothing."), worth, "worth?")
        .and(span, "for levels only")
        .help("Delete one of the two.")
}

pub(crate) fn levels_do_not_pay(name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", format!("{name} count for levels only, so they pay for nothing."), span, "pays with them")
        .and(declared, "for levels only")
        .help("Delete this sentence, or \"for levels only\" where they are declared.")
}

pub(crate) fn free_reward_without_limit(line: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0112", "A reward for free can be claimed without end.", span, "how often?")
        .help(format!("Write for example: {line}"))
}

pub(crate) fn rewards_alike(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("LOY0202", format!("Two rewards are called \"{name}\", so a claim cannot say which is meant."), span, "the second")
        .and(first, "the first")
        .help("Give each a name of its own behind reward: reward \"any drink\" …")
}

/// `at most 5 items per purchase`
pub(crate) fn limit_of_things(text: &str, samples: &[String], span: Span) -> Diagnostic {
    let samples: Vec<String> = samples.iter().map(|sample| format!("at most {sample}")).collect();
    Diagnostic::error(
        "LOY0411",
        format!("A limit counts what is given, and how often; it does not count {text}."),
        span,
        "not counted by a limit",
    )
    .note(format!(
        "It could be: {}, or: at most 3 times per month. For every so many items one can be singled out: on every 3rd item.",
        samples.join(", ")
    ))
}

/// `limit "Fun" at most 20 EUR per month, then 1%`
pub(crate) fn then_of_shared(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", "What goes on behind a limit of several rules is said by each of them.", span, "behind this")
        .help(format!("Write: {text}, then 1% — and no then where the limit is declared"))
}

pub(crate) fn row_of_other_ladder(tier: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("\"{tier}\" is a tier of another ladder."), span, "not of this ladder")
        .help("Write: by tier of \"NAME\" with the name of its ladder.")
}

pub(crate) fn slices_by_tier(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", "A table by tier has no slices: a customer is in one tier at a time.", span, "each slice at its own rate?")
        .help("Delete: each slice at its own rate")
}

pub(crate) fn no_rows_by(kind: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0329", format!("Rows cannot start from {kind}."), span, "no thresholds here")
        .help("Use something that can be counted: by amount, by spend ever, by purchases")
}
