//! The shape of the tree where the reading could go either way: which words belong to the trigger, which to the rule.

use super::read;

/// The tree in one line, without places and the names that only carry it.
fn tree(text: &str) -> String {
    let (ast, problems) = read(text);
    assert_eq!(problems.0.len(), 0, "{text}: {problems:?}");
    let mut out = format!("{:?}", ast.statements);
    while let Some(start) = out.find("span: Span {") {
        let Some(end) = out[start..].find('}') else { break };
        let (mut from, mut to) = (start, start + end + 1);
        if out[to..].starts_with(", ") {
            to += 2;
        } else if out[..from].ends_with(", ") {
            from -= 2;
        }
        out.replace_range(from..to, "");
    }
    for (long, short) in [
        ("Spanned { node: ", "{ "),
        ("Expr { kind: ", "{ "),
        ("Literal(", "("),
        (", damaged: false", ""),
        ("narrow: Narrowing { scopes: [], places: [], over: [], window: None }", "narrow: none"),
        ("Decimal { mantissa: ", "{ "),
        (", scale: 0 }", " }"),
    ] {
        out = out.replace(long, short);
    }
    out
}

#[test]
fn trees() {
    let texts = [
        // Words behind the trigger count; words behind the effect test.
        "on every 5th purchase over 20 EUR grant gift \"mug\"",
        "on 5th purchase grant gift \"mug\" over 20 EUR",
        "after 3rd purchase grant 5% discount",
        "after 3 purchases grant 5% discount",
        "on 3rd purchase of category \"x\" in a month, via app, grant 10 beans",
        "after every 100 EUR spent on brand \"x\" in this quarter grant 10 beans",
        "after spending 500 EUR since joining move to tier gold",
        "after purchases in 3 consecutive months grant 10 beans",
        "after 60 days without purchase discount 10% on next purchase",
        // Days: the trigger, or a restriction beside another.
        "on 24 December grant 10 beans",
        "on purchase on 24 December grant 10 beans",
        "on 24 December on 3rd purchase grant 10 beans",
        "discount 5% on the 1st of every month",
        // Limits.
        "cashback 5% at most 20 EUR per month, then 1%",
        "cashback 5% on the first 500 EUR per 30 days or nothing",
        "cashback 5% once per day",
        "cashback 5% once",
        "redeem 100 beans for 1 EUR, at least 500 beans, up to 50% of purchase",
        "redeem cashback",
        // Effects.
        "grant 100 beans and 50 miles",
        "grant 5 EUR to cashback",
        "grant (purchase.miles) miles",
        "earn 1 bean per EUR",
        "earn 5% as beans",
        "cashback 1 EUR per 50 EUR",
        "10 EUR off",
        "grant voucher 10 EUR valid for 30 days on purchases over 50 EUR",
        "earn 1 entry to \"Summer car\" per 50 EUR",
        "exchange 12 drinks for gift \"free drink\" and 5 beans at end of every month",
        "reward gift \"mug\" for 500 beans for tier gold",
        // Tables, on one line or several.
        "discount by amount from 50 EUR 2% over 100 EUR 3% for tier gold",
        "earn as beans by spend ever, each slice at its own rate\n  from 500 EUR 3% discount\n  over 1500 EUR 5 EUR",
        "earn beans by tier of \"Flyers\" bronze 1 per 1 EUR silver 1.5 per 1 EUR",
        // Who and when.
        "cashback 2% for tier silver, gold or segment staff",
        "cashback 2% for tier gold and segment staff",
        "cashback 2% for everyone except for tier silver or above",
        "cashback 2% in december or birthday month",
        "cashback 2% from 3 days before to 3 days after birthday",
        "cashback 2% on weekends on friday to monday",
        "discount 10% excluding category \"a\", \"b\" and brand \"c\"",
        // Tests.
        "discount 5% if spend on category \"fuel\" in last 3 months is over 100 EUR and not referred or tier is gold or above",
        "discount 5% if amount - tax * 2 is between 1 EUR and 2 EUR and age > 18",
        "discount 5% if channel is not one of \"app\", web on weekends",
        "discount 5% if gold-status is yes and amount -5 EUR > 0 EUR",
        "grant 10 beans if quantity of category \"x\" >= 3 and basket has product \"y\" and event \"z\" happened in last 30 days",
        // Declarations and examples.
        "tiers \"Flyers\" by miles earned in this year blue silver from 25000 miles or 25 purchases keep until end of next year plus 31 days",
        "points beans expire 12 months after earning, at end of quarter, never expire for tier gold or above",
        "program \"X\" returns stop at zero, keep rewards if threshold is lost, earn on amount before discounts, excluding tax",
        "expect program cost at most 4% of revenue",
        "example \"a\"\n  customer \"ann\" holding 5 EUR of cashback and 10 beans\n  purchase on 2025-01-01 at 14:30 item \"latte\" 2 x 4.50 EUR category \"drinks\" with size \"L\" called A\n  return 1 \"latte\" of A expect -10 beans and no gift",
    ];
    let all: Vec<String> = texts.iter().map(|text| format!("{text}\n    {}\n", tree(text))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn statements_cover_their_sentence() {
    let text = "# first\npoints beans   # a wallet\n  worth 0.01 EUR\n  # and nothing else\n\n\ncashback 2%   \n  \n";
    let (ast, _) = read(text);
    let covered: Vec<&str> = ast.statements.iter().map(|s| &text[s.span.range()]).collect();
    assert_eq!(covered, ["points beans   # a wallet\n  worth 0.01 EUR", "cashback 2%"]);
}
