//! Whole phrases of everyday language and the sentence of the language that is meant by them.

use super::errors;
use super::own::Own;
use super::repair;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Words to replace: where, what stands there, what to write.
pub(super) type Rewrite = (usize, String, String);

/// A sentence by its words, each with its place.
struct Words<'a> {
    text: &'a str,
    list: Vec<(usize, &'a str)>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let start = |word: &str| word.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        Self { text, list: text.split_whitespace().map(|word| (start(word), word.trim_end_matches(','))).collect() }
    }

    /// The word at a place in the list, in small letters.
    fn low(&self, at: usize) -> String {
        self.list.get(at).map(|(_, word)| word.to_lowercase()).unwrap_or_default()
    }

    fn is(&self, at: usize, any_of: &[&str]) -> bool {
        any_of.contains(&self.low(at).as_str())
    }

    fn is_number(&self, at: usize) -> bool {
        self.list.get(at).is_some_and(|(_, word)| word.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// The words from one place to before another, replaced.
    fn rewrite(&self, from: usize, to: usize, right: String) -> Option<Rewrite> {
        let start = self.list.get(from)?.0;
        let (last, word) = self.list.get(to.checked_sub(1)?)?;
        Some((start, self.text.get(start..last.saturating_add(word.len()))?.to_owned(), right))
    }
}

/// What the sentence may have meant, likeliest first.
pub(super) fn rewrites(text: &str, own: &Own) -> Vec<Rewrite> {
    let words = Words::of(text);
    let all = [
        silence,
        subject,
        amount_first,
        redeem_sign,
        stamps_used,
        every_free,
        customer_is,
        for_tier,
        ladder_window,
        ladder_head,
        day_of_expiry,
        headline,
        article,
        per_piece,
        free_shipping,
        file_name,
    ];
    all.iter().filter_map(|rewrite| rewrite(&words, own)).collect()
}

/// `if no purchase in 60 days grant …`
fn silence(words: &Words, _: &Own) -> Option<Rewrite> {
    let start = usize::from(words.is(0, &["if", "when", "after"]));
    if !(words.is(start, &["no"]) && words.is(start.saturating_add(1), &["purchase", "purchases"])) {
        return None;
    }
    let mut at = start.saturating_add(2);
    while words.is(at, &["in", "for", "within", "the", "last", "past", "made"]) {
        at = at.saturating_add(1);
    }
    let (number, unit) = (words.low(at), words.low(at.saturating_add(1)));
    let spans = ["day", "days", "week", "weeks", "month", "months", "year", "years"];
    (words.is_number(at) && spans.contains(&unit.as_str()))
        .then(|| words.rewrite(0, at.saturating_add(2), format!("after {number} {unit} without purchase")))?
}

/// `customers get 5% discount`
fn subject(words: &Words, _: &Own) -> Option<Rewrite> {
    let mut at = usize::from(words.is(0, &["all", "our", "every", "the"]));
    if !words.is(at, &["customers", "customer", "members", "member", "shoppers", "everyone", "everybody", "you", "they"]) {
        return None;
    }
    at = at.saturating_add(1);
    while words.is(at, &["will", "can", "shall", "always", "who"]) {
        at = at.saturating_add(1);
    }
    let earns = words.is(at, &["earn", "earns", "collect", "collects"]);
    let gets = words.is(at, &["get", "gets", "receive", "receives", "are"]);
    let end = at.saturating_add(1);
    // Where the sentence says of what, it earns.
    let per = words.list.iter().any(|(_, word)| word.eq_ignore_ascii_case("per"));
    (earns || gets).then(|| words.rewrite(0, end, if earns || per { "earn" } else { "grant" }.to_owned()))?
}

/// `10 stamps for gift loaf`, `1 point per 1 EUR`, `500 points = 5 EUR`: a sentence that begins with an amount.
fn amount_first(words: &Words, own: &Own) -> Option<Rewrite> {
    if !words.is_number(0) || !own.is_wallet(&words.low(1)) {
        return None;
    }
    let start = |head: &str| Some((0, String::new(), format!("{head} ")));
    let amount = format!("{} {}", words.list.first()?.1, words.list.get(1)?.1);
    let money = |at: usize| words.is_number(at) || words.low(at).starts_with(['€', '$', '£']);
    match words.low(2).as_str() {
        "per" => start("earn"),
        "for" if words.is(3, &["every", "each"]) => start("earn"),
        "for" if money(3) => start("redeem"),
        "for" => start("exchange"),
        "=" | "is" | "are" if money(3) => words.rewrite(0, 3, format!("redeem {amount} for")),
        "can" | "may" if words.is(3, &["be"]) => {
            let to = (4..8).find(|at| words.is(*at, &["for"]))?;
            words.rewrite(0, to.saturating_add(1), format!("redeem {amount} for"))
        }
        _ => None,
    }
}

/// `redeem 500 points = 5 EUR`
fn redeem_sign(words: &Words, _: &Own) -> Option<Rewrite> {
    (words.is(0, &["redeem"]) && words.is(3, &["="])).then(|| words.rewrite(3, 4, "for".to_owned()))?
}

/// `after 10 stamps grant gift loaf`: what is collected is exchanged.
fn stamps_used(words: &Words, own: &Own) -> Option<Rewrite> {
    if !words.is(0, &["after", "for", "with"]) {
        return None;
    }
    let at = 1_usize.saturating_add(usize::from(words.is(1, &["every", "each", "collecting", "earning"])));
    let unit = at.saturating_add(1);
    let mut end = unit.saturating_add(1);
    if !words.is_number(at) || !own.is_wallet(&words.low(unit)) {
        return None;
    }
    while words.is(end, &["earned", "collected", "are"]) {
        end = end.saturating_add(1);
    }
    let right = format!("exchange {} {} for", words.list.get(at)?.1, words.list.get(unit)?.1);
    words.is(end, &["grant", "get", "give", "receive"]).then(|| words.rewrite(0, end.saturating_add(1), right))?
}

/// `every 10th coffee is free`
fn every_free(words: &Words, own: &Own) -> Option<Rewrite> {
    let start = usize::from(words.is(0, &["on"]));
    if !words.is(start, &["every"]) || !words.is_number(start.saturating_add(1)) {
        return None;
    }
    let free = (start..start.saturating_add(6)).find(|at| words.is(*at, &["free"]))?;
    let what = words.low(start.saturating_add(2));
    if ["purchase", "order", "visit"].contains(&what.as_str()) {
        return None;
    }
    let gift = own.gifts.iter().find(|gift| gift.to_lowercase().split(' ').any(|part| part == what)).cloned().unwrap_or(what);
    let nth = words.list.get(start.saturating_add(1))?.1;
    words.rewrite(0, free.saturating_add(1), format!("on every {nth} purchase grant gift \"{gift}\""))
}

/// `if customer is gold`
fn customer_is(words: &Words, own: &Own) -> Option<Rewrite> {
    let at = (0..words.list.len()).find(|at| {
        words.is(*at, &["customer", "customers", "member", "members"])
            && words.is(at.saturating_add(1), &["is", "are", "has", "have"])
            && at.checked_sub(1).is_some_and(|before| words.is(before, &["if", "when", "unless", "and", "or", "not"]))
    })?;
    let mut name = at.saturating_add(2);
    while words.is(name, &["in", "a", "the", "tier"]) {
        name = name.saturating_add(1);
    }
    let called = words.list.get(name)?.1.trim_matches('"');
    let right = if own.is_tier(called) {
        format!("tier is {}", words.list.get(name)?.1)
    } else if own.is_segment(called) {
        words.list.get(name)?.1.to_owned()
    } else {
        return None;
    };
    words.rewrite(at, name.saturating_add(1), right)
}

/// `for gold customers`, gold being a tier.
fn for_tier(words: &Words, own: &Own) -> Option<Rewrite> {
    let named = |word: &str| own.is_tier(word) || own.is_segment(word);
    let at = (1..words.list.len()).find(|at| {
        words.is(at.saturating_sub(1), &["for"]) && words.list.get(*at).is_some_and(|(_, word)| named(word.trim_matches('"')))
    })?;
    let name = words.list.get(at)?.1;
    let kind = if own.is_tier(name.trim_matches('"')) { "tier" } else { "segment" };
    let next = at.saturating_add(1);
    let end = if words.is(next, &["customers", "members"]) { next.saturating_add(1) } else { next };
    words.rewrite(at, end, format!("{kind} {name}"))
}

/// `tiers by spend per calendar year`
fn ladder_window(words: &Words, _: &Own) -> Option<Rewrite> {
    if !words.is(0, &["tiers", "tier"]) {
        return None;
    }
    let first_line = words.text.lines().next().unwrap_or("").len();
    let at = (2..words.list.len()).find(|at| words.is(*at, &["per", "each", "every", "a"]))?;
    let period = at.saturating_add(1).saturating_add(usize::from(words.is(at.saturating_add(1), &["calendar"])));
    let said = words.low(period);
    let fits = ["month", "quarter", "year", "week"].contains(&said.as_str()) && words.list.get(period)?.0 < first_line;
    fits.then(|| words.rewrite(at, period.saturating_add(1), format!("in this {said}")))?
}

/// `tiers by annual spend`, `tiers by points earned this year`, `tiers by visits in last 12 months`
fn ladder_head(words: &Words, own: &Own) -> Option<Rewrite> {
    let by = (1..4).find(|at| words.is(*at, &["by", "on"])).filter(|_| words.is(0, &["tiers", "tier"]))?;
    let first_line = words.text.lines().next().unwrap_or("").len();
    let first = by.saturating_add(1);
    let end = words.list.iter().position(|(at, _)| *at >= first_line).unwrap_or(words.list.len());
    let behind: Vec<String> = (first..end).map(|at| words.low(at).trim_end_matches(':').to_owned()).collect();
    let behind: Vec<&str> = behind.iter().map(String::as_str).collect();
    let has = |any_of: &[&str]| behind.iter().any(|word| any_of.contains(word));
    let wallet = || {
        let named = behind.iter().find(|word| own.is_wallet(word)).map(|word| (*word).to_owned());
        named.or_else(|| has(&["points", "point"]).then(|| own.wallets.first().cloned()).flatten())
    };
    let measure = if has(&["gross"]) && has(&["spend", "spending", "spent"]) {
        "gross spend".to_owned()
    } else if let Some(wallet) = wallet() {
        format!("{wallet} {}", if has(&["balance"]) { "balance" } else { "earned" })
    } else if has(&["visits", "visit", "orders", "order", "transactions", "transaction", "receipts", "purchases"]) {
        "purchases".to_owned()
    } else if has(&["spend", "spending", "spendings", "spent", "turnover", "revenue", "sales", "purchase"]) {
        "spend".to_owned()
    } else {
        return None;
    };
    let window = time_window(&behind).unwrap_or_else(|| "in this year".to_owned());
    let right = format!("by {measure} {window}");
    words.rewrite(by, end, right).filter(|(_, old, new)| old != new)
}

/// The window of time that words speak of.
fn time_window(words: &[&str]) -> Option<String> {
    let at = |place: usize| words.get(place).copied().unwrap_or("");
    let is_period = |word: &str| matches!(word, "week" | "month" | "quarter" | "year");
    let is_unit = |word: &str| matches!(word, "days" | "weeks" | "months" | "years" | "day" | "week" | "month" | "year");
    words.iter().enumerate().find_map(|(place, word)| {
        let next = place.saturating_add(1);
        let period = at(next.saturating_add(usize::from(at(next) == "calendar")));
        match *word {
            "since" if at(next) == "reaching" => Some("since reaching the tier".to_owned()),
            "since" if at(next) == "joining" => Some("since joining".to_owned()),
            "ever" | "lifetime" | "total" | "overall" | "all-time" => Some("ever".to_owned()),
            "annual" | "yearly" => Some("in this year".to_owned()),
            "monthly" => Some("in this month".to_owned()),
            "this" | "current" | "per" | "each" | "every" | "a" | "calendar" if is_period(period) => Some(format!("in this {period}")),
            "previous" | "last" if is_period(at(next)) => Some(format!("in previous {}", at(next))),
            number if number.parse::<u32>().is_ok() && is_unit(at(next)) => Some(format!("in last {number} {}", at(next))),
            _ => None,
        }
    })
}

/// Words that narrow a sentence, whatever sign stands behind them.
const NARROWING: [&str; 20] = [
    "birthday",
    "anniversary",
    "weekend",
    "weekday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "app",
    "web",
    "online",
    "signup",
    "registration",
    "referral",
    "member",
    "new customer",
    "vip",
];

/// `happy hour: double points on mondays`
fn headline(words: &Words, own: &Own) -> Option<Rewrite> {
    let last = (0..4).find(|at| words.low(*at).ends_with(':'))?.saturating_add(1);
    let name = words.rewrite(0, last, String::new())?.1;
    let headed = words.is(0, &["rule", "example", "program", "points", "stamps", "wallet", "tiers", "segment", "calendar", "group"]);
    let plain = name.trim_end_matches(':').trim_matches('"').to_owned();
    // What is given needs its verb.
    let given = words.is_number(last) || words.is(last, &["gift", "voucher", "access", "free", "a"]);
    let verb = if given { " grant" } else { "" };
    if let Some(on) = occasion(&plain).filter(|_| !headed) {
        return words.rewrite(0, last, format!("{on}{verb}"));
    }
    // `gold: cashback 5%` says for whom, and a name would let all have it.
    let narrows = own.is_tier(&plain) || own.is_segment(&plain) || NARROWING.contains(&plain.to_lowercase().trim_end_matches('s'));
    let rule = format!("rule \"{plain}\"{verb}");
    (!headed && !narrows && plain.starts_with(char::is_alphabetic)).then(|| words.rewrite(0, last, rule))?
}

/// The occasion that a headline names: `refer a friend`, `welcome bonus`.
fn occasion(headline: &str) -> Option<&'static str> {
    const OCCASIONS: [(&[&str], &str); 5] = [
        (&["first purchase", "first order", "1st purchase", "1st order"], "on 1st purchase"),
        (&["birthday"], "on birthday"),
        (&["refer", "invite", "bring a friend", "friend"], "on referral"),
        (&["welcome", "signup", "sign-up", "sign up", "registration", "new member", "joining", "join"], "on signup"),
        (&["anniversary"], "on anniversary"),
    ];
    let low = headline.to_lowercase();
    OCCASIONS.iter().find(|(names, _)| names.iter().any(|name| low.contains(name))).map(|(_, on)| *on)
}

/// `expires after 31.12.`, `expire on 31.12.`
fn day_of_expiry(words: &Words, own: &Own) -> Option<Rewrite> {
    let at = words.list.iter().position(|(_, word)| {
        let parts: Vec<&str> = word.trim_end_matches('.').split('.').collect();
        parts.len() == 2 && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    })?;
    let verb = (at.saturating_sub(3)..at).find(|at| words.is(*at, &["expire", "expires", "expiring"]))?;
    let wallet = words.is(0, &["points", "stamps", "wallet"]) || own.is_wallet(&words.low(0));
    let last_day = words.list.get(at)?.1.starts_with("31.12");
    let right = match (wallet, last_day) {
        (true, true) => "expire at end of year",
        (true, false) => return None,
        (false, _) => "expiring after 12 months",
    };
    words.rewrite(verb, at.saturating_add(1), right.to_owned())
}

/// `grant a 5 points`
fn article(words: &Words, _: &Own) -> Option<Rewrite> {
    let at = (1..words.list.len()).find(|at| words.is(*at, &["a", "an", "the"]) && words.is_number(at.saturating_add(1)))?;
    words.rewrite(at, at.saturating_add(2), words.list.get(at.saturating_add(1))?.1.to_owned())
}

/// `per loaf of bread`
fn per_piece(words: &Words, _: &Own) -> Option<Rewrite> {
    let at = (1..words.list.len()).find(|at| words.is(*at, &["per"]) && words.is(at.saturating_add(2), &["of"]))?;
    let what = words.list.get(at.saturating_add(3))?.1.trim_matches('"');
    let plain = !words.is_number(at.saturating_add(1)) && what.starts_with(char::is_alphabetic);
    plain.then(|| words.rewrite(at, at.saturating_add(4), format!("per item on category \"{what}\"")))?
}

/// `expect "free shipping"`
fn free_shipping(words: &Words, _: &Own) -> Option<Rewrite> {
    let at = words.list.iter().position(|(_, word)| word.starts_with("\"free"))?;
    let plain = words.low(at).trim_matches('"') == "free" && words.low(at.saturating_add(1)).trim_matches('"') == "shipping";
    plain.then(|| words.rewrite(at, at.saturating_add(2), "free shipping".to_owned()))?
}

/// `include dir/a.loy`
fn file_name(words: &Words, _: &Own) -> Option<Rewrite> {
    let includes = words.is(0, &["include"]) && words.list.len() == 2;
    let path = words.list.get(1).map(|(_, word)| *word).filter(|word| includes && !word.contains('"'))?;
    words.rewrite(1, 2, format!("\"{path}\""))
}

/// Whether a line says `per` what in a way that can be read.
fn is_plain_rate(line: &str) -> bool {
    let words = Words::of(line);
    let per = words.list.iter().position(|(_, word)| word.eq_ignore_ascii_case("per")).map(|at| at.saturating_add(1));
    per.is_some_and(|at| words.is_number(at) || words.is(at, &["item", "items"])) && repair::unread(line) == Some(0)
}

/// A sentence that cannot be mended, with what to write instead: nothing else is said of it.
pub(super) fn explain(
    text: &str,
    unread: usize,
    own: &Own,
    place: impl Fn(usize, usize) -> Span,
    currency: Option<&str>,
) -> Option<Diagnostic> {
    let words = Words::of(text);
    let code = currency.unwrap_or("EUR");
    let span = |from: usize, to: usize| {
        let start = words.list.get(from)?.0;
        let (last, word) = words.list.get(to.checked_sub(1)?)?;
        Some(place(start, last.saturating_add(word.len())))
    };
    // `no points on tobacco`
    if words.is(0, &["no"]) && words.list.len() >= 3 {
        let kept = words.list.last()?.1.trim_matches('"');
        let wallet = own.wallets.first().map_or("point", |name| name.strip_suffix('s').unwrap_or(name));
        let earning = own.earning.clone().filter(|line| is_plain_rate(line)).unwrap_or_else(|| format!("earn 1 {wallet} per 1 {code}"));
        return Some(errors::no_forbidding(span(0, words.list.len())?, &format!("{earning} excluding category \"{kept}\"")));
    }
    // `on event "a" or event "b"`
    if let Some((first, second)) = two_events(text) {
        return Some(errors::two_triggers(place(first.start, first.end), place(second.start, second.end)));
    }
    // `tiers by litres per year`
    if words.is(0, &["tiers", "tier"]) && unread < text.lines().next().unwrap_or("").len() {
        let by = (1..4).find(|at| words.is(*at, &["by"]))?.saturating_add(1);
        return Some(errors::ladder_measure(span(by, by.saturating_add(1))?, words.list.get(by)?.1, code));
    }
    // `on nth purchase`
    let nth = words.list.iter().position(|(_, word)| word.eq_ignore_ascii_case("nth"))?;
    let (at, _) = words.list.get(nth)?;
    let line = |with: &str| format!("{}{with}{}", text.get(..*at).unwrap_or(""), text.get(at.saturating_add(3)..).unwrap_or(""));
    Some(errors::which_position(span(nth, nth.saturating_add(1))?, &[line("3rd"), line("every 10th")]))
}

/// `on event "a" or event "b"`, `on event "a", "b"`: where either stands.
fn two_events(text: &str) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let name_end = |from: usize| {
        let open = text.get(from..)?.strip_prefix('"')?.find('"')?;
        from.checked_add(open)?.checked_add(2)
    };
    let start = text.to_ascii_lowercase().find("on event \"")?;
    let end = name_end(start.checked_add("on event ".len())?)?;
    let mut at = end;
    let mut joined = false;
    loop {
        let rest = text.get(at..)?;
        let blanks = rest.len().checked_sub(rest.trim_start().len())?;
        at = at.checked_add(blanks)?;
        let word = repair::word_at(text, at);
        match word.to_lowercase().as_str() {
            "," | "or" | "and" | "/" => joined = true,
            "on" | "event" if joined => {}
            _ => break,
        }
        at = at.checked_add(word.len())?;
    }
    let second = at..name_end(at).filter(|_| joined)?;
    Some((start..end, second))
}
