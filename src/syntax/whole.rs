//! Whole sentences in the words of leaflets and other systems, with the sentence that is meant: one message, and nothing else is
//! said of them. What is offered is read again before it is shown.

use super::names::MONTHS;
use super::own::Own;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// What was written, why it is said otherwise, and what to write: the likeliest first, none where nothing says the same.
struct Meant {
    message: String,
    lines: Vec<String>,
    /// What to type stands for others of its kind.
    example: bool,
}

/// The words of a sentence.
struct Words<'a> {
    list: Vec<&'a str>,
    own: &'a Own,
}

impl Words<'_> {
    fn low(&self, at: usize) -> String {
        self.list.get(at).map(|word| word.trim_end_matches(',').to_lowercase()).unwrap_or_default()
    }

    fn is(&self, at: usize, any_of: &[&str]) -> bool {
        any_of.contains(&self.low(at).as_str())
    }

    fn number(&self, at: usize) -> Option<u32> {
        self.low(at).parse().ok().filter(|n| (1..=1000).contains(n))
    }

    /// The words from a place on, with a blank before them.
    fn rest(&self, from: usize) -> String {
        let rest = self.list.get(from..).unwrap_or(&[]).join(" ");
        if rest.is_empty() { rest } else { format!(" {rest}") }
    }

    /// The program's wallet that a word means: its own name, or the only kind there is.
    fn wallet(&self, word: &str) -> Option<String> {
        if self.own.is_wallet(word) {
            return Some(word.to_owned());
        }
        matches!(word, "point" | "points").then(|| self.own.wallets.first().cloned()).flatten()
    }

    fn gift(&self, name: &str) -> String {
        let known = self.own.gifts.iter().find(|gift| gift.to_lowercase() == name.to_lowercase());
        let name = known.map_or(name, String::as_str);
        if name.chars().all(char::is_alphanumeric) { name.to_owned() } else { format!("\"{name}\"") }
    }
}

/// What a sentence that cannot be read means as a whole.
pub(super) fn explain(text: &str, own: &Own, place: impl Fn(usize, usize) -> Span, reads: impl Fn(&str) -> bool) -> Option<Diagnostic> {
    let words = Words { list: text.split_whitespace().collect(), own };
    let kinds = [
        vouchers,
        reward,
        buy_and_get,
        every_free,
        spend_and_get,
        multiplied,
        life,
        valid_till,
        new_customers,
        call,
        share_of_points,
        then_rate,
        fee,
        costs_first,
        ladder,
        part_of_the_day,
        equals,
        named_days,
        price_first,
        nth_free,
        birthday_week,
        tier_and_colon,
    ];
    let found = kinds.iter().find_map(|kind| kind(&words))?;
    let lines: Vec<String> = found.lines.into_iter().filter(|line| reads(line)).collect();
    let end = text.trim_end().lines().next().map_or(text.len(), |line| line.trim_end().len());
    let problem = Diagnostic::error("LOY0113", found.message, place(0, end), "said in other words");
    let lead = if found.example { "Write for example" } else { "Write" };
    Some(if lines.is_empty() { problem } else { problem.help(format!("{lead}: {}", lines.join(" — or: "))) })
}

fn meant(message: impl Into<String>, lines: impl IntoIterator<Item = String>) -> Option<Meant> {
    Some(Meant { message: message.into(), lines: lines.into_iter().collect(), example: false })
}

/// `redeem vouchers`
fn vouchers(words: &Words) -> Option<Meant> {
    let plain = words.is(0, &["redeem"]) && words.is(1, &["voucher", "vouchers"]) && words.list.len() == 2;
    plain.then(|| meant("Vouchers need no such sentence: who has one can pay with it. Delete this line.", []))?
}

/// `redeem 200 stars for gift "drink"`, `redeem 25 stars for a free coffee`: what is claimed is a reward.
fn reward(words: &Words) -> Option<Meant> {
    let amount = words.list.get(1..3)?.join(" ");
    let claims = words.is(0, &["redeem"]) && words.number(1).is_some() && words.is(3, &["for"]);
    let mut at = 4_usize;
    while words.is(at, &["a", "an", "one", "1", "the"]) {
        at = at.saturating_add(1);
    }
    if !claims || !words.is(at, &["gift", "free"]) {
        return None;
    }
    let rest = words.list.get(at.saturating_add(1)..)?.join(" ");
    let name = words.gift(rest.trim_matches('"'));
    meant("What customers take for their points is a reward; redeem is for paying.", [format!("reward gift {name} for {amount}")])
}

/// `buy 2 get 1 free`
fn buy_and_get(words: &Words) -> Option<Meant> {
    let free = words.is(0, &["buy"]) && words.is(2, &["get"]) && words.is(4, &["free"]);
    let bought = words.number(1)?;
    // `get 10th free` names the place of the one that is free.
    let nth = words.low(3).trim_end_matches(char::is_alphabetic).parse::<u32>().ok();
    let given = if nth == bought.checked_add(1) && words.number(3).is_none() { 1 } else { words.number(3)? };
    if !free {
        return None;
    }
    let nth = ordinal(bought.saturating_add(given));
    match given {
        1 => meant("Of so many items the last one is free.", [format!("discount 100% on every {nth} item{}", words.rest(5))]),
        _ => meant(format!("No sentence makes {given} of {} items free; one of them can be.", bought.saturating_add(given)), []),
    }
}

/// `on every 3 items 1 free`
fn every_free(words: &Words) -> Option<Meant> {
    let start = usize::from(words.is(0, &["on"]));
    let number = words.number(start.saturating_add(1))?;
    let items = words.is(start, &["every", "each"]) && words.is(start.saturating_add(2), &["item", "items"]);
    let one = words.is(start.saturating_add(3), &["1", "one"]) && words.is(start.saturating_add(4), &["free"]);
    let line = format!("discount 100% on every {} item{}", ordinal(number), words.rest(start.saturating_add(5)));
    (items && one).then(|| meant("Of so many items the last one is free.", [line]))?
}

fn ordinal(n: u32) -> String {
    let end = match (n.checked_rem(100).unwrap_or(0), n.checked_rem(10).unwrap_or(0)) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

/// `spend 100 GBP get 10 GBP`, `spend 100 GBP and get 10 points`
fn spend_and_get(words: &Words) -> Option<Meant> {
    let head = words.is(0, &["spend"]) && words.is(3, &["get", "and"]);
    let at: usize = if words.is(4, &["get"]) { 5 } else { 4 };
    let (least, sum) = (words.list.get(1..3)?.join(" "), words.list.get(at..at.checked_add(2)?)?.join(" "));
    let (least, sum) = (least.trim_end_matches(',').to_owned(), sum.trim_end_matches(',').to_owned());
    if !head {
        return None;
    }
    if words.own.is_wallet(&words.low(at.checked_add(1)?)) {
        let lines = [format!("after every {least} spent grant {sum}"), format!("on purchase of at least {least} grant {sum}")];
        return meant("This may count what was spent in all, or each large purchase.", lines);
    }
    let lines = [format!("{sum} off of at least {least}"), format!("after every {least} spent grant voucher {sum}")];
    meant("This may mean a sum off each large purchase, or a voucher for what was spent in all.", lines)
}

/// `points x2 on fridays`, `10x points`, `2 x points`
fn multiplied(words: &Words) -> Option<Meant> {
    let factor = |word: &str| {
        let number = word.strip_prefix(['x', '×']).or_else(|| word.strip_suffix(['x', '×']))?;
        let plain = number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.');
        plain.then(|| number.to_owned())
    };
    let (first, second, third) = (words.low(0), words.low(1), words.low(2));
    let (wallet, number, from) = if let (Some(number), Some(wallet)) = (factor(&first), words.wallet(&second)) {
        (wallet, number, 2)
    } else if let (Some(wallet), Some(number)) = (words.wallet(&first), factor(&second)) {
        (wallet, number, 2)
    } else if let (Some(wallet), "x" | "×") = (words.wallet(&first), second.as_str()) {
        (wallet, third, 3)
    } else {
        return None;
    };
    let plain = words.own.wallets.contains(&wallet) || words.own.is_wallet(&wallet);
    plain
        .then(|| meant("Points are multiplied by a sentence of its own.", [format!("multiply {wallet} by {number}{}", words.rest(from))]))?
}

/// `valid till end of March`, `expiring 2025-11-20` on a line of its own.
fn life(words: &Words) -> Option<Meant> {
    let begins = words.is(0, &["valid", "expiring", "expires", "ends"]) || words.is(0, &["until", "till"]);
    let date = words.list.last().filter(|word| word.len() == 10 && word.starts_with(|c: char| c.is_ascii_digit()));
    let day = date.copied().unwrap_or("2025-03-31");
    begins.then(|| {
        let message = "Until when something holds stands in the sentence that gives it, with the year of the day.";
        Some(Meant { message: message.to_owned(), lines: vec![format!("discount 5% until {day}")], example: true })
    })?
}

/// `discount 5% valid till end of March`
fn valid_till(words: &Words) -> Option<Meant> {
    let at =
        (1..words.list.len()).find(|at| words.is(*at, &["valid"]) && words.is(at.saturating_add(1), &["till", "until", "til", "to"]))?;
    let head = words.list.get(..at)?.join(" ");
    let month = words.list.iter().skip(at).find_map(|word| {
        let word = word.trim_end_matches(',').to_lowercase();
        MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(&word)).and_then(|at| MONTHS.get(at).map(|name| (at, *name)))
    });
    let (number, name) = month?;
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let day = format!("2025-{:02}-{:02}", number.saturating_add(1), days.get(number)?);
    if words.list.get(..at)?.iter().any(|word| matches!(word.to_lowercase().as_str(), "voucher" | "grant" | "gift" | "access")) {
        // What is granted has a life of its own, which a day of every year can end.
        let last = days.get(number)?;
        let name = format!("{}{}", name.get(..1)?.to_uppercase(), name.get(1..)?);
        return meant("The last day of what is granted stands behind \"valid until\".", [format!("{head} valid until next {last} {name}")]);
    }
    let message = format!("Until when a sentence holds is a day with its year; \"{name}\" comes every year.");
    Some(Meant { message, lines: vec![format!("{head} until {day}")], example: true })
}

/// `membership premium costs 39.99 EUR per year`
fn fee(words: &Words) -> Option<Meant> {
    let head = words.is(0, &["membership", "member", "subscription", "fee", "club"]);
    let costs = (1..words.list.len()).find(|at| words.is(*at, &["costs", "cost", "for"]))?;
    let name = words.list.get(1).filter(|_| costs > 1).map_or("premium", |name| name.trim_matches('"'));
    let name = if name.chars().all(char::is_alphanumeric) { name.to_lowercase() } else { "premium".to_owned() };
    let message = "Who has paid for a membership is in a tier by invitation, which the event of joining opens.";
    let price = words.list.get(costs.saturating_add(1)..costs.saturating_add(3)).map_or(String::new(), |price| price.join(" "));
    let line = format!("on event \"join {name}\" charge {price} and move to tier {name} for 1 year");
    head.then(|| Some(Meant { message: message.to_owned(), lines: vec![line], example: true }))?
}

/// `on event "x" costs 0.08 EUR notify "Hi"`
fn costs_first(words: &Words) -> Option<Meant> {
    let at = (1..words.list.len()).find(|at| words.is(*at, &["costs", "cost"]) && words.is(at.saturating_add(3), &["notify"]))?;
    let whole = words.list.join(" ");
    let (before, cost) = (words.list.get(..at)?.join(" "), words.list.get(at..at.checked_add(3)?)?.join(" "));
    let rest = whole.get(whole.find(" notify ")?.saturating_add(1)..)?;
    let text = rest
        .find('"')
        .and_then(|open| rest.get(open.saturating_add(1)..)?.find('"').map(|end| open.saturating_add(end).saturating_add(2)))?;
    let (message, behind) = (rest.get(..text)?, rest.get(text..)?);
    meant("What a message costs stands behind the message.", [format!("{before} {message} {cost}{behind}")])
}

/// `tiers by spending in last 6 months`
fn ladder(words: &Words) -> Option<Meant> {
    let by = words.is(0, &["tiers", "tier"]) && words.is(1, &["by"]);
    let spending = words.is(2, &["spending", "spendings", "turnover", "revenue", "sales", "purchase", "spent"]);
    let whole = words.list.join(" ");
    let window = whole.split_once(" in ").map(|(_, rest)| rest);
    let known = window.filter(|rest| rest.starts_with("last ") || rest.starts_with("this ") || rest.starts_with("previous "));
    let taken = known.map(|rest| rest.split_whitespace().take(if rest.starts_with("last ") { 3 } else { 2 }).collect::<Vec<_>>().join(" "));
    let window = taken.unwrap_or_else(|| "this year".to_owned());
    let window = window.trim_end_matches(':').to_owned();
    (by && spending).then(|| meant("What is spent is called spend.", [format!("tiers by spend in {window}")]))?
}

/// `discount 5% new customers only`
fn new_customers(words: &Words) -> Option<Meant> {
    let at = (0..words.list.len())
        .find(|at| words.is(*at, &["new"]) && words.is(at.saturating_add(1), &["customer", "customers", "members"]))?;
    let before = if words.is(at.saturating_sub(1), &["for"]) { at.saturating_sub(1) } else { at };
    let mut after = at.saturating_add(2);
    while words.is(after, &["only"]) {
        after = after.saturating_add(1);
    }
    let head = words.list.get(..before)?.join(" ");
    let message = "Who is new is said by the purchase, or by how long ago somebody joined.";
    let lines = vec![
        format!("{head} on 1st purchase{}", words.rest(after)).trim().to_owned(),
        format!("{head}{} if days since joining is under 30", words.rest(after)).trim().to_owned(),
    ];
    Some(Meant { message: message.to_owned(), lines, example: true })
}

/// `IF(amount > 100 EUR, discount 5%)`
fn call(words: &Words) -> Option<Meant> {
    let whole = words.list.join(" ");
    let lower = whole.to_ascii_lowercase();
    let at = if lower.starts_with("if") { 0 } else { lower.find(" if(").map(|at| at.saturating_add(1))? };
    let verb = whole.get(..at)?.trim();
    let inner = whole.get(at.saturating_add(2)..)?.trim();
    let inner = inner.strip_prefix('(')?.strip_suffix(')')?;
    let (condition, gives) = inner.split_once([',', ';'])?;
    let (gives, other) = gives.split_once([',', ';']).map_or((gives, None), |(gives, other)| (gives, Some(other.trim())));
    let sentence = |gives: &str, word: &str| format!("{verb} {} {word} {}", gives.trim(), condition.trim()).trim().to_owned();
    let nothing = |other: &&str| !matches!(*other, "0" | "0%" | "\"\"");
    let message = match other.filter(nothing) {
        Some(other) => {
            format!("A condition stands behind what is given. The other case is a second sentence: {}", sentence(other, "unless"))
        }
        None => "A condition stands behind what is given.".to_owned(),
    };
    meant(message, [sentence(gives, "if")])
}

/// `grant 5% soles`
fn share_of_points(words: &Words) -> Option<Meant> {
    let grants = (0..words.list.len()).find(|at| words.is(*at, &["grant", "give", "earn"]))?;
    let share = words.list.get(grants.saturating_add(1)).filter(|word| word.ends_with('%'))?;
    let of = grants.saturating_add(2);
    let at = of.saturating_add(usize::from(words.is(of, &["of", "in", "as"])));
    let wallet = words.wallet(&words.low(at))?;
    let before = words.list.get(..grants)?.join(" ");
    let line = format!("{before} earn {share} as {wallet}{}", words.rest(at.saturating_add(1))).trim().to_owned();
    meant(format!("A share of the purchase is earned as {wallet}."), [line])
}

/// `discount 5% for tier profi, then 1%`
fn then_rate(words: &Words) -> Option<Meant> {
    let rate = words.list.get(1).filter(|word| word.ends_with('%'))?;
    let gives = words.low(0);
    let then = words.list.len().checked_sub(2)?;
    let plain = ["discount", "cashback"].contains(&gives.as_str())
        && words.is(2, &["for"])
        && words.is(3, &["tier", "segment"])
        && words.is(then, &["then"])
        && then == 5;
    let (kind, name, other) = (words.low(3), words.list.get(4)?.trim_end_matches(','), words.list.last()?);
    let message = format!(
        "Words behind \"then\" go on where a limit ends. For all others write a second sentence: {gives} {other} except for {kind} {name}"
    );
    plain.then(|| meant(message, [format!("{gives} {rate} for {kind} {name}")]))?
}

/// `discount 10% at night`, `double points in the evening`
fn part_of_the_day(words: &Words) -> Option<Meant> {
    const PARTS: [(&str, &str); 5] = [
        ("night", "22:00 and 06:00"),
        ("morning", "06:00 and 11:00"),
        ("noon", "11:00 and 14:00"),
        ("afternoon", "13:00 and 18:00"),
        ("evening", "18:00 and 22:00"),
    ];
    let at = (1..words.list.len()).find(|at| words.is(*at, &["at", "in", "during", "every"]))?;
    let name = at.saturating_add(1).saturating_add(usize::from(words.is(at.saturating_add(1), &["the"])));
    let said = words.low(name);
    let (part, hours) = PARTS.iter().find(|(part, _)| said.trim_end_matches('s') == *part)?;
    let message = format!("When the {part} begins and ends is said in hours.");
    let line = format!("{} between {hours}{}", words.list.get(..at)?.join(" "), words.rest(name.saturating_add(1)));
    Some(Meant { message, lines: vec![line], example: true })
}

/// `1 EUR = 1 bean`: earned or paid?
fn equals(words: &Words) -> Option<Meant> {
    let is = words.is(2, &["=", "is", "equals", "are", "gives", ":"]);
    let (money, points) = (words.list.get(..2)?.join(" "), words.list.get(3..5)?.join(" "));
    let said = is && words.list.len() == 5 && words.own.is_wallet(&words.low(4)) && !words.own.is_wallet(&words.low(1));
    let lines = [format!("earn {points} per {money}"), format!("redeem {points} for {money}")];
    said.then(|| meant("This may say what is earned, or what points pay.", lines))?
}

/// `on black friday`
fn named_days(words: &Words) -> Option<Meant> {
    const DAYS: [(&str, &str); 7] = [
        ("black", "friday"),
        ("cyber", "monday"),
        ("mother's", "day"),
        ("father's", "day"),
        ("valentine's", "day"),
        ("singles", "day"),
        ("singles'", "day"),
    ];
    let at = (1..words.list.len()).find(|at| words.is(*at, &["on", "at", "for", "during"]))?;
    let next = at.saturating_add(1);
    let (first, second) = (words.low(next), words.low(next.saturating_add(1)));
    DAYS.iter().find(|(one, two)| *one == first && second.trim_end_matches('s') == *two)?;
    let name = words.list.get(next..next.checked_add(2)?)?.join(" ");
    let name = name.trim_matches([',', '"']);
    let line = format!("{} during \"{name}\"{}", words.list.get(..at)?.join(" "), words.rest(next.saturating_add(2)));
    let message = format!("Which days are \"{name}\" is said once, as in: calendar \"{name}\" 2025-11-28 to 2025-12-01");
    meant(message, [line])
}

/// `reward 500 beans for gift mug`, `exchange gift mug for 500 beans`: what is given stands before its price.
fn price_first(words: &Words) -> Option<Meant> {
    let wallet = |at: usize| words.number(at).is_some() && words.own.is_wallet(&words.low(at.saturating_add(1)));
    let to = (1..words.list.len()).find(|at| words.is(*at, &["for", "against", "="]))?;
    let (before, after) = (words.list.get(1..to)?.join(" "), words.list.get(to.saturating_add(1)..)?.join(" "));
    let given = |at: usize| words.is(at, &["gift", "voucher", "access", "discount"]);
    if words.is(0, &["reward"]) && wallet(1) && given(to.saturating_add(1)) {
        return meant("A reward says first what it gives, then for how many.", [format!("reward {after} for {before}")]);
    }
    if words.is(0, &["exchange"]) && given(1) && wallet(to.saturating_add(1)) {
        let lines = [format!("reward {before} for {after}"), format!("exchange {after} for {before}")];
        return meant(
            "A reward is taken when customers ask for it; an exchange happens by itself as soon as the balance is reached.",
            lines,
        );
    }
    None
}

/// `10th purchase free`, `every 10th purchase is free`
fn nth_free(words: &Words) -> Option<Meant> {
    let every = words.is(0, &["every", "each"]);
    let at = usize::from(every);
    let nth = words.low(at);
    let plain = nth.starts_with(|c: char| c.is_ascii_digit()) && nth.ends_with(|c: char| c.is_ascii_alphabetic());
    let behind = at.saturating_add(2);
    let free = words.is(behind, &["free"]) || words.is(behind, &["is", "for"]) && words.is(behind.saturating_add(1), &["free"]);
    if !plain || !free || !words.is(at.saturating_add(1), &["purchase", "order", "visit"]) {
        return None;
    }
    let lines = [format!("on every {nth} purchase discount 100%"), format!("on {nth} purchase discount 100%")];
    let message = "What is free is discounted by 100%.";
    meant(message, lines.into_iter().take(if every { 1 } else { 2 }))
}

/// `double points in birthday week`
fn birthday_week(words: &Words) -> Option<Meant> {
    let at = (1..words.list.len()).find(|at| words.is(*at, &["birthday", "birthday's"]) && words.is(at.saturating_add(1), &["week"]))?;
    let mut from = at;
    while from > 0 && words.is(from.saturating_sub(1), &["in", "during", "the", "of", "on", "for"]) {
        from = from.saturating_sub(1);
    }
    let head = words.list.get(..from)?.join(" ");
    let line = format!("{head} from 3 days before to 3 days after birthday{}", words.rest(at.saturating_add(2)));
    let message = "Which seven days are the week of a birthday is said in days.".to_owned();
    Some(Meant { message, lines: vec![line], example: true })
}

/// `gold: cashback 5%`, `gold members get 5% cashback`
fn tier_and_colon(words: &Words) -> Option<Meant> {
    let first = words.list.first()?;
    let name = first.trim_end_matches(':').trim_matches('"');
    let kind = if words.own.is_tier(name) {
        "tier"
    } else if words.own.is_segment(name) {
        "segment"
    } else {
        return None;
    };
    let mut from = 1;
    while words.is(from, &["members", "customers", "member", "customer", "get", "gets", "receive", "receives", "earn:", "get:", ":", "-"]) {
        from = from.saturating_add(1);
    }
    let colon = first.ends_with(':');
    let rest = words.list.get(from..)?.join(" ");
    let said = match rest.split_once(' ') {
        Some((rate, "cashback" | "discount")) if rate.ends_with('%') => format!("{} {rate}", words.low(from.saturating_add(1))),
        _ if rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains('%') => format!("grant {rest}"),
        _ => rest,
    };
    let name = words.gift(name);
    (colon || from > 1).then(|| meant("For whom a sentence is stands behind what it gives.", [format!("{said} for {kind} {name}")]))?
}
