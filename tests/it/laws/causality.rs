//! Everything has a cause, and only its cause.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// E1, E3: nothing comes before its cause, and what happens later changes nothing that was written.
    #[test]
    fn nobody_looks_ahead((_, program) in lawful(Pool::All), people in people(), cut in 0..80_i64) {
        let history = history(&program, &people, Order::default());
        let all = run_on(&program, &history, &until(Some(last())));
        let cut = histories::day(cut);
        let part = run_on(&program, &history, &until(Some(cut)));
        for (account, entries) in &all.accounts {
            // Settlements are made at the next midnight, dated the last second before it.
            let end = program.zone.midnight(cut.plus_days(1));
            let early: Vec<&Entry> = entries.iter().filter(|e| e.at.0 < end.0 - 1_000_000).collect();
            let known: Vec<&Entry> = part.accounts.get(account).into_iter().flatten().filter(|e| e.at.0 < end.0 - 1_000_000).collect();
            prop_assert_eq!(early, known);
            prop_assert!(entries.windows(2).all(|pair| pair[0].at <= pair[1].at && pair[0].seq < pair[1].seq), "{:#?}", entries);
        }
    }

    /// E6: taking out a rule that never did anything changes nothing, nor does one that never will.
    #[test]
    fn idle_rules_do_not_matter((text, program) in lawful(Pool::All), people in people()) {
        let all = run(&program, &people);
        let idle = |sentence: &String| {
            // One that bars another gives by what it keeps away.
            if sentence.contains("not with") {
                return false;
            }
            let label = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            let ids: Vec<_> = program.rules.iter().filter(|rule| rule.label == label).map(|rule| rule.id).collect();
            !ids.is_empty() && !all.entries().any(|(_, entry)| matches!(entry.source, Source::Rule(id) if ids.contains(&id)))
        };
        let mut others: Vec<Text> = (0..text.rules.len()).filter(|at| idle(&text.rules[*at])).map(|at| text.without(at)).collect();
        let mut more = text.clone();
        more.rules.push("on every purchase over 90000 EUR grant 5 beans and gift mug".to_owned());
        others.push(more);
        for other in others {
            let Some(changed) = checked(&other) else { continue };
            let ledger = run(&changed, &people);
            for (account, entries) in &all.accounts {
                prop_assert_eq!(shapes(&program, entries), shapes(&changed, &ledger.accounts[account]), "{}instead of\n{}", other.whole(), text.whole());
            }
        }
    }
}
