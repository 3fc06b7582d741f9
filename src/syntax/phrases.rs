//! Phrases of leaflets and of other systems, as patterns, with the words of the language.
//!
//! In a pattern `a|b` is either word, `a?` may be missing, `^` is the beginning of a line, and words in `<…>` stand for what the
//! program's author chooses: `<n>` a number, `<nth>` an ordinal, `<money>` an amount of money, `<share>` a percentage, `<name>` a name,
//! `<bare>` one without quotes, `<wallet>` and `<tier>` one that the program declares, `<unit>` days, weeks and the like, `<date>` a
//! day, `<often>` monthly and the like, `<day>` a weekday, `<short>` its short form, `<month>` one of the twelve, `<dmy>` a day as in
//! 24.12.2025, `<tier>+` a tier with the sign, `<clock>` a time of day. `\1` in the second text is what the first of them stood for.

use super::meant::Rewrite;
use super::names::{DAYS, MONTHS};
use super::own::Own;

/// Patterns, those with more words first where one holds another.
const PHRASES: &[(&str, &str)] = &[
    // Other languages.
    ("für|fuer|pour|para tier|segment", "for \\0"),
    ("rabatt|remise|descuento|korting|скидка", "discount"),
    ("auf|sur|na|на category|brand|product", "on \\0"),
    ("ab|от <money>", "of at least \\1"),
    ("über|свыше <money>", "over \\1"),
    ("pro|за <money>", "per \\1"),
    ("zum|am geburtstag", "on birthday"),
    ("в день рождения", "on birthday"),
    // What is given.
    ("free gift <name>", "grant gift \\1"),
    ("gift <name> free", "grant gift \\1"),
    ("free delivery|postage|freight", "free shipping"),
    ("no shipping cost|costs|fee|fees", "free shipping"),
    ("rebate|reduction", "discount"),
    ("coupon of? <money>", "voucher \\1"),
    ("gift-card|giftcard of? <money>", "voucher \\1"),
    ("1 ticket|lot|chance|draw to|for|in <name>", "1 entry to \\1"),
    ("<n> ticket|tickets|lot|lots|chances|draws to|for|in <name>", "\\1 entries to \\2"),
    ("grant to? the|a|your? friend <n> <wallet>", "grant friend \\1 \\2"),
    ("grant <wallet> <n>", "grant \\2 \\1"),
    ("earn <wallet> <n>", "earn \\2 \\1"),
    ("earn|grant <wallet> <share>", "earn \\2 as \\1"),
    ("multiply <wallet> with|times <n>", "multiply \\1 by \\2"),
    ("multiply <n> times <wallet>", "multiply \\2 by \\1"),
    ("move|promote|upgrade|raise the? customer|customers|member|members|them to tier? <tier>", "move to tier \\1"),
    ("move|promote|upgrade|raise tier|status to <tier>", "move to tier \\1"),
    ("promote|upgrade|raise to tier? <tier>", "move to tier \\1"),
    ("grant tier|status <tier>", "move to tier \\1"),
    ("sms|email|e-mail|mail|message|push|send <name> costs <money>", "notify \\1 costs \\2"),
    ("notify <name> for <money>", "notify \\1 costs \\2"),
    ("<n> <wallet> point|points", "\\1 \\2"),
    ("1 gift <name>", "grant gift \\1"),
    ("shipping|delivery|postage free", "free shipping"),
    ("^ birthday|birthday: bonus|bonus:|gift|gift:|reward|reward:|:? <n> <wallet>", "on birthday grant \\1 \\2"),
    ("^ welcome|signup|registration|joining bonus|bonus:|gift|gift:|reward|reward:|points|points: <n> <wallet>", "on signup grant \\1 \\2"),
    ("on|at birthday +|: <n> <wallet>", "on birthday grant \\1 \\2"),
    ("one|1 time|times only?", "once"),
    // What is bought with points.
    ("exchange <n> <wallet> to|into|against|with|=", "exchange \\1 \\2 for"),
    ("convert|swap|trade <n> <wallet> to|into|against|for|=", "exchange \\1 \\2 for"),
    ("reward gift <name> costs|at|price|= <n> <wallet>", "reward gift \\1 for \\2 \\3"),
    ("redeem <n> <wallet> to|into|as|at|against|is <money>", "redeem \\1 \\2 for \\3"),
    ("pay with <wallet>", "redeem \\1"),
    ("<share> of the|a|each? basket|cart|order|bill|total|receipt|invoice", "\\1 of purchase"),
    ("^ gift <name> for <n> <wallet>", "reward gift \\1 for \\2 \\3"),
    ("redeem <wallet> from|starting|min|minimum|min. at? <n>", "redeem \\1 at least \\2"),
    // Occasions.
    ("for|on each|every <money> spent? <n> <wallet>", "after every \\1 spent grant \\2 \\3"),
    ("after <money> of? spending|turnover|revenue|sales|spend|purchases", "after spending \\1"),
    ("after <money> grant|discount|cashback", "after spending \\1 \\0"),
    ("if|when|once|after tier? <tier> is? reached", "on reaching tier \\1"),
    ("^ on tier <tier> grant", "on reaching tier \\1 grant"),
    ("on tier <tier>", "for tier \\1"),
    ("on|upon|after registration|registering|enrolment|enrollment|sign-up|subscription", "on signup"),
    ("for|on the? first <n> purchases|orders", "on purchases 1 to \\1"),
    ("after <n> <unit> of inactivity|silence|absence", "after \\1 \\2 without purchase"),
    ("after <n> <unit> without a|any? order|visit|shopping|buying|activity", "after \\1 \\2 without purchase"),
    ("after <n> <unit> since|from|after the? last? purchase|order|visit", "after \\1 \\2 without purchase"),
    ("after <n> <unit> inactive|inactivity|idle", "after \\1 \\2 without purchase"),
    ("after <n> <unit> since|from|after|of the? joining|signup|registration|membership", "\\1 \\2 after joining"),
    ("<n> <unit> after registration|registering|enrolment|enrollment", "\\1 \\2 after joining"),
    ("after <n> <unit> in a row with a? purchase|purchases|order|visit", "after purchases in \\1 consecutive \\2"),
    ("after a? purchase|purchases in <n> <unit> in a row", "after purchases in \\1 consecutive \\2"),
    ("after <n> consecutive <unit> with a? purchase|purchases|order|visit", "after purchases in \\1 consecutive \\2"),
    ("on|for each|every <money> spent?", "after every \\1 spent"),
    ("on spending|spend <money>", "after spending \\1"),
    ("with|at|for|by every|each <nth> purchase|order|visit", "on every \\1 purchase"),
    ("on each <nth> purchase|order|visit", "on every \\1 purchase"),
    ("at|with|for|upon the? <nth> purchase|order|visit", "on \\1 purchase"),
    ("for|on|per each|every|a? referred? friend|referral", "on referral"),
    ("on refer|referring|recommending a? friend|friends", "on referral"),
    ("on|upon|when becoming|achieving|entering|attaining tier? <tier>", "on reaching tier \\1"),
    ("if|when tier <tier> is reached", "on reaching tier \\1"),
    ("on|upon|when losing tier? <tier>", "on leaving tier \\1"),
    ("if|when tier <tier> is lost", "on leaving tier \\1"),
    ("on|at|for every|each birthday", "on birthday"),
    ("on|at|for every|each anniversary", "on anniversary"),
    ("on? every|each <day>", "on \\1s"),
    ("on? <short> to|until|till|through|- <short>", "on \\1 to \\2"),
    ("on|for the? 1st|first of? each|every month", "on the 1st of every month"),
    ("at the? beginning|begin of", "at start of"),
    ("at the? close of", "at end of"),
    // Whom, where, when, on what.
    ("except|but|excluding|not not? on? <day>", "unless weekday is \\1"),
    ("except|but|excluding|not not? on|at? weekend|weekends", "unless weekday is one of saturday, sunday"),
    ("except|but|excluding|not not? on? <date>", "unless date is \\1"),
    ("except|but|excluding|not not? from|between <date> to|and|until|- <date>", "unless date is between \\1 and \\2"),
    ("except|but|excluding|not not? in|at|from store|shop|branch <name>", "unless store is \\1"),
    ("except|but|excluding|not not? at|from|with partner <name>", "unless partner is \\1"),
    ("except|but|excluding|not not? via|through <name>", "unless channel is \\1"),
    ("except|but|excluding|not not? with|for coupon <name>", "unless coupon is \\1"),
    ("except|but|excluding|not not? for? tier <tier>", "except for tier \\1"),
    ("except|but|excluding|not not? for? <tier> tier|members|customers", "except for tier \\1"),
    ("tier >=|≥|=> <tier>", "tier \\1 or above"),
    ("tier from? <tier>+", "tier \\1 or above"),
    ("<tier>+", "tier \\1 or above"),
    ("purchase|order|basket|cart|receipt|bill amount|total|value|sum", "amount"),
    ("from <money> on|upwards?|up?", "of at least \\1"),
    ("not including|counting", "excluding"),
    ("on all|any|every products|items|goods|articles|categories except|excluding|but|without category|brand|product", "excluding \\0"),
    ("on all|any|every products|items|goods|articles|categories except|excluding|but|without <name>", "excluding category \\1"),
    ("from? <dmy> -|–|to|until|till|bis <dmy>", "from \\1 to \\2"),
    ("in|during <month>", "in \\1"),
    ("^ <tier> =|->|- <share>", "\\1 \\2"),
    ("^ <money> =|->|-|: <share>", "from \\1 \\2"),
    ("^ <money> <share>", "from \\1 \\2"),
    ("^ segment <name> =|:|is if? customers|members? who|with|that|whose?", "segment \\1 if"),
    ("<name> between <n> and <n>", "\\1 is between \\2 and \\3"),
    ("<name> between <money> and <money>", "\\1 is between \\2 and \\3"),
    ("customer|member is male|female", "customer.gender is \"\\0\""),
    ("when|if paid|paying with|by|in|via <name>", "paid by \\1"),
    ("online|offline", "via \"\\0\""),
    ("except|excluding|without|not on? sale|discounted|reduced items|products|goods|articles", "on items not yet reduced"),
    ("excluding|except|without gift card|cards|vouchers", "excluding category \"gift cards\""),
    ("for birthday|anniversary", "on \\0"),
    ("per calendar day|week|month|quarter|year", "per \\0"),
    ("per order|receipt|transaction|basket|cart|visit|bill|check", "per purchase"),
    ("but at", "at"),
    ("for|of the? <tier> tier|status|level", "for tier \\1"),
    ("<quoted> /|&|+ <quoted>", "\\1, \\2"),
    ("where|provided|assuming that?", "if"),
    ("in|from|within|for the? category|brand|product", "on \\0"),
    ("in|through|using|over the? app", "via app"),
    ("at|in the? shop|branch <name>", "in store \\1"),
    ("at store <name>", "in store \\1"),
    ("paid|paying|payment with|in|via <name>", "paid by \\1"),
    ("using|by|for coupon <name>", "with coupon \\1"),
    ("without|excl|excl.|less|minus|net the? tax|vat", "excluding tax"),
    ("net of tax|vat", "excluding tax"),
    ("without|excl|excl.|less|minus the? shipping|delivery|postage", "excluding shipping"),
    ("without category <name>", "excluding category \\1"),
    ("minimum|min|min. purchase|order|spend|basket of? <money>", "of at least \\1"),
    ("with|for|worth at least <money>", "of at least \\1"),
    ("before|till|until|up to? <clock>", "between 00:00 and \\1"),
    ("between|from <clock> and|to|until|till|- <clock>", "between \\1 and \\2"),
    ("after|from|since|starting at|from? <clock> on|onwards?", "between \\1 and 00:00"),
    ("beginning|valid? from|on <date>", "from \\1"),
    ("starting from|on <date>", "from \\1"),
    // Limits, pots and groups.
    ("not exceeding|surpassing", "at most"),
    ("no higher than", "at most"),
    ("ceiling of?", "at most"),
    ("within|from the? <name> budget", "within budget \\1"),
    ("from|using|under|in|on|of the? budget <name>", "within budget \\1"),
    ("within the? <quoted> limit", "within limit \\1"),
    ("in|within the? <name> group", "in group \\1"),
    ("not combinable|cumulative|combined|stackable with rule? <quoted>", "not with \\1"),
    ("cannot be combined with <quoted>", "not with \\1"),
    ("not combinable|cumulative|stackable", "exclusive"),
    ("cannot be combined", "exclusive"),
    ("priority high|highest|top", "priority 10"),
    ("priority low|lowest", "priority -10"),
    // Wallets.
    ("locked|blocked|frozen|held for? <n> <unit>", "pending for \\1 \\2"),
    ("usable|available|spendable after <n> <unit>", "pending for \\1 \\2"),
    ("expire|expires|expiring|lapse|lapses in|within <n> <unit>", "expire \\1 \\2 after earning"),
    ("lapse|lapses|valid after|for <n> <unit>", "expire \\1 \\2 after earning"),
    ("expire|expires after? <n> <unit> of|after|without inactivity|activity", "expire \\1 \\2 after last activity"),
    ("expire|expires after? <n> <unit> without purchase", "expire \\1 \\2 after last purchase"),
    ("expire|expires on? every? 31 december", "expire at end of year"),
    ("expire|expires at|on the? year end|year-end", "expire at end of year"),
    ("expire|expires at the? end of every|each|this year", "expire at end of year"),
    ("no expiry|expiration", "never expire"),
    ("without expiry|expiration", "never expire"),
    ("do not|don't expire", "never expire"),
    ("^ value|valued of|at? <money>", "worth \\1"),
    ("^ max|max.|maximum|limit|limited to? <n>", "hold at most \\1"),
    // Tiers.
    ("^ <tier> at|with|after|starting|= from? <n>", "\\1 from \\2"),
    ("^ status? valid|held for <n> <unit>", "keep for \\1 \\2"),
    ("^ grace period|time|of|for of? <n> <unit>", "grace \\1 \\2"),
    ("^ <n> <unit> of? grace period?", "grace \\1 \\2"),
    ("^ drop one|1|a tier|step", "drop one level"),
    ("by? invite|invitation only", "by invitation"),
    ("since reaching tier|level|it", "since reaching the tier"),
    // Settings of the program.
    ("discounts|discount combine by? sum|sums|summing|addition|additive|added|additively|add", "discounts combine by adding"),
    ("discounts|discount add|stack|accumulate|cumulate|sum up?", "discounts combine by adding"),
    ("discounts|discount do|does not combine|stack|accumulate|add up?", "discounts combine by best"),
    ("discounts|discount combine by? max|maximum|highest|largest|greatest", "discounts combine by best"),
    ("best|highest|largest discount wins|counts|only", "discounts combine by best"),
    ("discounts|discount combine by? multiplying|multiplication|multiplicatively|multiplicative", "discounts combine by compounding"),
    ("earn on net amount", "earn on amount after discounts"),
    ("earn on gross amount", "earn on amount before discounts"),
    ("round money to the? nearest|next cent|cents|penny|øre|öre|grosz|rappen", "round money half up"),
    ("round money commercially|normally|nearest", "round money half up"),
    ("returns stop at 0", "returns stop at zero"),
    ("returns never|cannot|not go|become? negative", "returns stop at zero"),
    ("returns can|could go|become below|negative zero?", "returns may go negative"),
    ("members|customers join on|at|with|through registration|registering|enrolment|signing up?", "members join by signup"),
    ("^ program: <quoted>", "program \\1"),
    ("^ currency: <name>", "currency \\1"),
    ("^ currency = <name>", "currency \\1"),
    ("^ timezone: <name>", "timezone \\1"),
    ("^ timezone = <name>", "timezone \\1"),
    ("worth = <money>", "worth \\1"),
    ("costs = <money>", "costs \\1"),
    ("members|customers join when|after|once|if they|who? spent|spend <money>", "members join after spending \\1"),
    ("members|customers join after first|1st purchase", "members join after 1 purchases"),
    // Declarations.
    ("^ budget <name> =|:|is|of <money>", "budget \\1 \\2"),
    ("^ limit <quoted> =|:|is|of? <money>", "limit \\1 at most \\2"),
    ("^ gift <name> at|for|= <money>", "gift \\1 costs \\2"),
    ("for|with|of <n> gift|gifts|prize|prizes <name>", "gives \\1 gift \\2"),
    ("gives|awards <n> prize|prizes <name>", "gives \\1 gift \\2"),
    ("price|prices from|of list <name>", "price from \\1"),
    ("pay out <name> <often>", "pay out \\1 at end of every \\2"),
    // Examples.
    ("^ buys|bought|shops|spends|orders|pays|spend|order|pay|sale <money>", "purchase \\1"),
    ("^ customer <name> is|at|as|on|with tier? <tier>", "customer \\1 in tier \\2"),
    ("^ customer <name> <tier>", "customer \\1 in tier \\2"),
    ("^ customer <name> has|having|with|owns <n> <wallet>", "customer \\1 holding \\2 \\3"),
    ("<money> at|dated <date>", "\\1 on \\2"),
    ("^ refund|return <money> from|for <name>", "return \\1 of \\2"),
    ("^ refund|return <n> <quoted> from|for <name>", "return \\1 \\2 of \\3"),
    ("^ refund <name>", "return \\1"),
    ("expect <money> discount|off|rebate|reduction", "expect discount \\1"),
    ("expect <money> cashback", "expect cashback \\1"),
    ("expect <money> voucher", "expect voucher \\1"),
    ("expect <money> refund", "expect refund \\1"),
    ("expect <quoted> gift", "expect gift \\1"),
    ("expect <n> <wallet> balance|left", "expect balance \\1 \\2"),
    ("expect status|level|rank <tier>", "expect tier \\1"),
    ("^ wait to|till <date>", "wait until \\1"),
    // Goals.
    ("^ expect <name> max|max.|maximum|below|<|<= <share>", "expect \\1 at most \\2"),
    ("^ expect <name> <name> max|max.|maximum|below|<|<= <share>", "expect \\1 \\2 at most \\3"),
    ("^ expect <name> <name> <name> max|max.|maximum|below|<|<= <share>", "expect \\1 \\2 \\3 at most \\4"),
    ("^ expect <name> min|min.|minimum|above|>|>= <share>", "expect \\1 at least \\2"),
    ("^ expect <name> <name> min|min.|minimum|above|>|>= <share>", "expect \\1 \\2 at least \\3"),
    ("^ expect <name> <name> <name> min|min.|minimum|above|>|>= <share>", "expect \\1 \\2 \\3 at least \\4"),
];

/// Read without complaint, but never meant: `review monthly` would be a tier called review.
const MISREAD: &[(&str, &str)] = &[
    ("^ <money> <share>", "from \\1 \\2"),
    ("^ redeem <money> for|with|= <n> <wallet>", "redeem \\2 \\3 for \\1"),
    ("joined < <n> day|days", "days since joining < \\1"),
    ("joined > <n> day|days", "days since joining > \\1"),
    ("at most <money> per order|receipt|transaction|basket|visit", "at most \\1 per purchase"),
    ("on|at the? <nth> order|visit", "on \\1 purchase"),
    ("^ review|reviewed|reviews <often>", "review every \\1"),
    ("^ keep|hold|held <n> <unit>", "keep for \\1 \\2"),
    ("^ downgrade|demote|fall|step one|1 level|tier|step", "drop one level"),
    ("^ no|never downgrade|downgrades|demotion", "never drop"),
    ("grant <n> <wallet> to the|a|your? friend", "grant friend \\1 \\2"),
    ("^ limit <bare> at|on", "limit \"\\1\" \\0"),
    ("^ limit <bare> <bare> at|on", "limit \"\\1 \\2\" \\0"),
];

const OFTEN: [(&str, &str); 7] = [
    ("daily", "day"),
    ("weekly", "week"),
    ("monthly", "month"),
    ("quarterly", "quarter"),
    ("yearly", "year"),
    ("annually", "year"),
    ("annual", "year"),
];

/// A piece of a sentence: a word, or what stands between quotes.
struct Piece<'a> {
    start: usize,
    text: &'a str,
    /// Whether it is the first of its line.
    first: bool,
}

impl Piece<'_> {
    fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }
}

/// The pieces of a text; comments and the commas behind words are left out.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found: Vec<Piece<'_>> = Vec::new();
    let (mut start, mut quoted, mut first) = (None, false, true);
    let mut comment = false;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), '\n'))) {
        comment = (comment || c == '#' && !quoted) && c != '\n';
        if c == '"' {
            quoted = !quoted;
        }
        if comment || c == '\n' || c.is_whitespace() && !quoted {
            if let Some(from) = start.take() {
                let word = text.get(from..at).unwrap_or("").trim_end_matches([',', ';']);
                if !word.is_empty() {
                    found.push(Piece { start: from, text: word, first });
                    first = false;
                }
            }
            if c == '\n' {
                (quoted, first) = (false, true);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    found
}

/// What a sentence that cannot be read may have meant, and with `misread` one that can.
pub(super) fn rewrites(text: &str, own: &Own, misread: bool) -> Vec<Rewrite> {
    let pieces = pieces(text);
    let table = if misread { MISREAD } else { PHRASES };
    let mut found: Vec<Rewrite> = Vec::new();
    for (pattern, right) in table {
        let parts: Vec<&str> = pattern.split(' ').collect();
        for at in 0..pieces.len() {
            let mut stood = Vec::new();
            let Some(end) = matches(&parts, &pieces, at, own, &mut stood).filter(|end| *end > at) else { continue };
            let (Some(first), Some(last)) = (pieces.get(at), end.checked_sub(1).and_then(|at| pieces.get(at))) else { continue };
            let wrong = text.get(first.start..last.end()).unwrap_or("");
            let right = filled(right, &stood, last.text);
            if wrong != right {
                found.push(what_differs(first.start, wrong, &right));
            }
        }
    }
    if !misread {
        found.extend(rate_behind(text, &pieces));
        found.extend(single_quotes(text));
        found.extend(months_but(&pieces, text));
    }
    found.extend(row_of_a_range(text, &pieces));
    found.extend(row_of_a_sign(text, &pieces));
    found
}

/// Without the words that both begin with, and those that both end with.
fn what_differs(start: usize, wrong: &str, right: &str) -> Rewrite {
    let length = |text: &str| text.split_inclusive(' ').next().map_or(0, str::len);
    let (mut start, mut wrong, mut right) = (start, wrong, right);
    while let (Some(word), Some(same)) = (wrong.get(..length(wrong)), right.get(..length(right))) {
        if word != same || word.is_empty() || word.len() == wrong.len() {
            break;
        }
        start = start.saturating_add(word.len());
        (wrong, right) = (wrong.get(word.len()..).unwrap_or(""), right.get(word.len()..).unwrap_or(""));
    }
    while let (Some((before, word)), Some((rest, same))) = (wrong.rsplit_once(' '), right.rsplit_once(' ')) {
        if word != same {
            break;
        }
        (wrong, right) = (before, rest);
    }
    // One word more where nothing would be left: what is missing stands before it, what is too much goes with its blank.
    if let Some(missing) = right.strip_suffix(wrong).filter(|missing| missing.ends_with(' ') && !wrong.is_empty()) {
        return (start, String::new(), missing.to_owned());
    }
    match wrong.strip_suffix(right).filter(|more| more.ends_with(' ') && !right.is_empty()) {
        Some(more) => (start, more.to_owned(), String::new()),
        None => (start, wrong.to_owned(), right.to_owned()),
    }
}

/// The second text with what stood for its places; `\0` is the last word.
fn filled(right: &str, stood: &[String], last: &str) -> String {
    let text = right.replace("\\0", last);
    (1..=stood.len()).zip(stood).fold(text, |text, (number, word)| text.replace(&format!("\\{number}"), word))
}

/// Where the pieces from a place on that a pattern matches end.
fn matches(parts: &[&str], pieces: &[Piece<'_>], at: usize, own: &Own, stood: &mut Vec<String>) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(at) };
    if *part == "^" {
        return if pieces.get(at)?.first { matches(rest, pieces, at, own, stood) } else { None };
    }
    let known = stood.len();
    let optional = part.strip_suffix('?');
    if let Some(next) = takes(optional.unwrap_or(part), pieces, at, own, stood) {
        if let Some(end) = matches(rest, pieces, next, own, stood) {
            return Some(end);
        }
        stood.truncate(known);
    }
    optional.and_then(|_| matches(rest, pieces, at, own, stood))
}

/// Where the pieces that one part of a pattern takes end.
fn takes(part: &str, pieces: &[Piece<'_>], at: usize, own: &Own, stood: &mut Vec<String>) -> Option<usize> {
    let word = pieces.get(at)?.text;
    let low = word.to_lowercase();
    let one = at.saturating_add(1);
    let mut keep = |text: &str, end: usize| {
        stood.push(text.to_owned());
        Some(end)
    };
    let plain = word.trim_matches('"');
    let number =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_');
    match part {
        "<n>" => number(word).then(|| keep(word, one))?,
        "<nth>" => is_ordinal(&low).then(|| keep(word, one))?,
        "<share>" => (word.ends_with('%') && number(word.trim_end_matches('%'))).then(|| keep(word, one))?,
        "<money>" => {
            let code = pieces.get(one).map(|piece| piece.text).filter(|code| is_code(code));
            match code {
                Some(code) if number(word) => keep(&format!("{word} {code}"), one.saturating_add(1)),
                _ => (word.contains(['€', '$', '£']) && word.contains(|c: char| c.is_ascii_digit())).then(|| keep(word, one))?,
            }
        }
        "<name>" => word.starts_with(|c: char| c.is_alphabetic() || c == '"').then(|| keep(word, one))?,
        "<bare>" => word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_')).then(|| keep(word, one))?,
        "<quoted>" => (word.starts_with('"') && word.ends_with('"') && word.len() > 2).then(|| keep(word, one))?,
        "<wallet>" => own.is_wallet(plain).then(|| keep(word, one))?,
        "<tier>" => own.is_tier(plain).then(|| keep(word, one))?,
        "<tier>+" => {
            let name = word.strip_suffix('+').filter(|name| own.is_tier(name.trim_matches('"')))?;
            keep(name, one)
        }
        "<dmy>" => keep(&day_month_year(word)?, one),
        "<month>" => {
            let short = low.trim_end_matches('.');
            let month = MONTHS.iter().find(|month| (3..=9).contains(&short.len()) && month.starts_with(short))?;
            keep(month, one)
        }
        "<unit>" => {
            let units = ["day", "week", "month", "year", "hour"];
            units.contains(&low.strip_suffix('s').unwrap_or(&low)).then(|| keep(word, one))?
        }
        "<date>" => (word.len() == 10 && word.chars().all(|c| c.is_ascii_digit() || c == '-')).then(|| keep(word, one))?,
        "<clock>" => clock(&low).and_then(|time| keep(&time, one)),
        "<often>" => OFTEN.iter().find(|(often, _)| *often == low).and_then(|(_, period)| keep(period, one)),
        "<day>" => {
            let day = low.strip_suffix('s').unwrap_or(&low);
            DAYS.contains(&day).then(|| keep(day, one))?
        }
        "<short>" => {
            let short = low.trim_end_matches('.');
            let day = DAYS.iter().find(|day| (2..=4).contains(&short.len()) && day.starts_with(short))?;
            keep(day, one)
        }
        words => words.split('|').any(|word| word == low).then_some(one),
    }
}

/// `17:00`, `5pm`, `5:30pm`, `17h`, as the language writes times; the end of a day is the beginning of the next.
fn clock(word: &str) -> Option<String> {
    let word = match word {
        "noon" | "midday" => "12:00",
        "midnight" => "00:00",
        other => other,
    };
    let (rest, shift) = match (word.strip_suffix("am"), word.strip_suffix("pm"), word.strip_suffix('h')) {
        (Some(rest), ..) => (rest, Some(0)),
        (_, Some(rest), _) => (rest, Some(12)),
        (.., Some(rest)) => (rest, None),
        _ => (Some(word).filter(|word| word.contains(':'))?, None),
    };
    let (hour, minute) = rest.split_once(':').unwrap_or((rest, "00"));
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match shift {
        Some(shift) if (1..=12).contains(&hour) => hour % 12 + shift,
        Some(_) => return None,
        None => hour % 24,
    };
    (hour < 24 && minute < 60 && rest.len() <= 5).then(|| format!("{hour:02}:{minute:02}"))
}

/// `24.12.2025` as the language writes days; with points the day stands first.
fn day_month_year(word: &str) -> Option<String> {
    let parts: Vec<u32> = word.split('.').map_while(|part| part.parse().ok()).collect();
    let [day, month, year] = <[u32; 3]>::try_from(parts).ok()?;
    let real = word.matches('.').count() == 2 && (1900..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Three capital letters, as currencies have them.
fn is_code(word: &str) -> bool {
    word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_ordinal(word: &str) -> bool {
    let digits = word.trim_end_matches(char::is_alphabetic);
    let tail = word.get(digits.len()..).unwrap_or("");
    let words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    words.contains(&word) || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && ["st", "nd", "rd", "th"].contains(&tail)
}

/// `except in december`: the other months.
fn months_but(pieces: &[Piece<'_>], text: &str) -> Option<Rewrite> {
    let at = pieces.iter().position(|piece| ["except", "but", "excluding", "not"].contains(&piece.text.to_lowercase().as_str()))?;
    let low = |at: usize| pieces.get(at).map(|piece| piece.text.to_lowercase()).unwrap_or_default();
    let mut next = at.saturating_add(1);
    while ["not", "in", "during", "on"].contains(&low(next).as_str()) {
        next = next.saturating_add(1);
    }
    let month = low(next);
    if !MONTHS.contains(&month.as_str()) {
        return None;
    }
    let others: Vec<&str> = MONTHS.into_iter().filter(|other| *other != month).collect();
    let (first, last) = (pieces.get(at)?, pieces.get(next)?);
    Some((first.start, text.get(first.start..last.end())?.to_owned(), format!("in {}", others.join(", "))))
}

/// `cashback for tier gold 2%`: the rate stands behind the word.
fn rate_behind(text: &str, pieces: &[Piece<'_>]) -> Option<Rewrite> {
    let at = pieces.iter().position(|piece| ["cashback", "discount"].contains(&piece.text.to_lowercase().as_str()))?;
    let next = at.saturating_add(1);
    let share = pieces.iter().skip(next).position(|piece| piece.text.ends_with('%')).map(|place| place.saturating_add(next))?;
    let (head, rate) = (pieces.get(at)?, pieces.get(share)?);
    // A table has its rates further on, and `discount of 5%` is plain.
    let between = text.get(head.end()..rate.start)?;
    if share <= next.saturating_add(1) || between.contains('\n') || between.split_whitespace().any(|word| word == "by") {
        return None;
    }
    let wrong = text.get(head.start..rate.end())?.to_owned();
    Some((head.start, wrong, format!("{} {} {}", head.text, rate.text, between.trim())))
}

/// `'guitars'`
fn single_quotes(text: &str) -> Option<Rewrite> {
    let open = text.char_indices().find(|(at, c)| {
        matches!(c, '\'' | '`')
            && text.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace) && before.matches('"').count() % 2 == 0)
    });
    let (start, quote) = open?;
    let inside = start.saturating_add(quote.len_utf8());
    let length = text.get(inside..)?.find(['\'', '`', '\n'])?;
    let end = inside.saturating_add(length);
    let name = text.get(inside..end)?;
    let closed = !name.is_empty() && !text.get(end..)?.starts_with('\n');
    let last = end.saturating_add(1);
    closed.then(|| Some((start, text.get(start..last)?.to_owned(), format!("\"{name}\""))))?
}

/// `>50 EUR 2%`, `50+ EUR 2%`: a row with a sign.
fn row_of_a_sign(text: &str, pieces: &[Piece<'_>]) -> Option<Rewrite> {
    let number = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    pieces.iter().enumerate().filter(|(_, piece)| piece.first).find_map(|(at, first)| {
        let word = |ahead: usize| pieces.get(at.saturating_add(ahead)).map_or("", |piece| piece.text);
        let signed = |sign: &str| first.text.strip_prefix(sign).map(|low| if low.is_empty() { (word(1), 2) } else { (low, 1) });
        let (from, (low, behind)) = if let Some(low) = signed(">=").or_else(|| signed("≥")) {
            ("from", low)
        } else if let Some(low) = signed(">") {
            ("over", low)
        } else {
            ("from", (first.text.strip_suffix('+')?, 1))
        };
        let code = Some(word(behind).trim_end_matches([':', '+'])).filter(|code| is_code(code) && number(low))?;
        let last = pieces.get(at.saturating_add(behind))?;
        Some((first.start, text.get(first.start..last.end())?.to_owned(), format!("{from} {low} {code}")))
    })
}

/// `100-500 EUR 2%`, `100 to 500 EUR: 2%`: a row ends where the next begins.
fn row_of_a_range(text: &str, pieces: &[Piece<'_>]) -> Option<Rewrite> {
    let number = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let mut lines = pieces.iter().enumerate().filter(|(_, piece)| piece.first);
    lines.find_map(|(at, first)| {
        let word = |ahead: usize| pieces.get(at.saturating_add(ahead)).map_or("", |piece| piece.text);
        let (low, behind) = if let Some((low, high)) = first.text.split_once(['-', '–']) {
            (Some(low).filter(|low| number(low) && number(high))?, 1)
        } else {
            let joined = ["-", "–", "to", "until"].contains(&word(1)) && number(word(2));
            (Some(first.text).filter(|low| number(low) && joined)?, 3)
        };
        let code = Some(word(behind).trim_end_matches(':')).filter(|code| is_code(code))?;
        let last = pieces.get(at.saturating_add(behind))?;
        let wrong = text.get(first.start..last.end())?.to_owned();
        Some((first.start, wrong, format!("from {low} {code}")))
    })
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, pieces, what_differs};

    #[test]
    fn only_what_differs_is_replaced() {
        let same = |wrong: &str, right: &str| what_differs(0, wrong, right);
        assert_eq!(same("reward gift a costs 5 b", "reward gift a for 5 b"), (14, "costs".to_owned(), "for".to_owned()));
        assert_eq!(same("grace period 2 months", "grace 2 months"), (6, "period ".to_owned(), String::new()));
        assert_eq!(same("keep 2 months", "keep for 2 months"), (5, String::new(), "for ".to_owned()));
        assert_eq!(same("rebate", "discount"), (0, "rebate".to_owned(), "discount".to_owned()));
    }

    #[test]
    fn a_quoted_name_is_one_piece_and_comments_are_none() {
        let found: Vec<&str> = pieces("on category \"hot drinks\", by app # later \"x\n  next").iter().map(|piece| piece.text).collect();
        assert_eq!(found, ["on", "category", "\"hot drinks\"", "by", "app", "next"]);
    }

    #[test]
    fn every_place_of_a_second_text_stands_in_its_pattern() {
        for (pattern, right) in PHRASES {
            let places = pattern.split(' ').filter(|part| part.starts_with('<') && part.trim_end_matches('+').ends_with('>')).count();
            for number in 1..9 {
                assert!(!right.contains(&format!("\\{number}")) || number <= places, "{pattern}");
            }
        }
    }
}
