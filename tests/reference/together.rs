//! All accounts together: the days, the events in their order, what one account's purchase means for another, and draws.

use super::account::{Account, Book, Kind, News, What};
use super::calendar::Moment;
use super::number::Ratio;
use super::pots::Pots;
use super::reading::{Program, key};
use super::{Happened, Happening, Outside, Read, Slip, Story};
use chrono::{Days, NaiveDate};
use loyalty_dsl::syntax::ast::{Ast, Effect, MeasureKind, Trigger};
use sha2::{Digest, Sha256};
use std::cell::RefCell;

/// The ledgers of some stories.
pub fn run(ast: &Ast, stories: &[Story], slip: Slip) -> Read<Vec<Book>> {
    let program = Program::read(ast, slip)?;
    let pots = RefCell::new(Pots::default());
    let mut accounts: Vec<Account> = stories.iter().map(|story| Account::new(&program, story, &pots)).collect();
    tell(&mut accounts)?;
    Ok(accounts.into_iter().map(Account::close).collect())
}

/// Everything in the order of 6.1.
pub fn tell(accounts: &mut [Account]) -> Read<()> {
    let mut all: Vec<(Moment, u8, &Happened, usize)> = Vec::new();
    for (number, account) in accounts.iter().enumerate() {
        for happened in &account.story.happened {
            // "Signup, custom event, return of an earlier purchase, purchase, its return."
            let bought_at = |id: &String| account.story.happened.iter().find(|other| other.id == *id).map(|other| other.at);
            let rank = match &happened.what {
                Happening::Signup => 0,
                Happening::Event(_) => 1,
                Happening::Return(of, _) if bought_at(of) != Some(happened.at) => 2,
                Happening::Purchase(_) => 3,
                Happening::Return(..) => 4,
            };
            all.push((account.program.zone.moment(happened.at), rank, happened, number));
        }
    }
    all.sort_by(|a, b| {
        let ids = || accounts[a.3].story.id.cmp(&accounts[b.3].story.id);
        (a.0.instant, a.1, &a.2.id).cmp(&(b.0.instant, b.1, &b.2.id)).then_with(ids)
    });
    let joined = accounts.iter().filter_map(|account| account.story.joined());
    let Some(first) = all.iter().map(|one| one.0.local.date()).chain(joined).min() else { return Ok(()) };
    let until = accounts.iter().map(|account| account.story.until).max().unwrap_or(first);
    let mut day = first;
    for (at, _, happened, number) in all {
        while day <= at.local.date() {
            midnight(accounts, day)?;
            day = day + Days::new(1);
        }
        accounts[number].event(at, happened)?;
        hear(accounts, number, at)?;
        accounts[number].settled(at, happened)?;
    }
    while day <= until {
        midnight(accounts, day)?;
        day = day + Days::new(1);
    }
    Ok(())
}

fn midnight(accounts: &mut [Account], day: NaiveDate) -> Read<()> {
    for step in 0..8 {
        for account in accounts.iter_mut() {
            account.midnight(step, day)?;
        }
        if step == 5 {
            draws(accounts, day)?;
        }
    }
    Ok(())
}

/// "A draw happens at the start of its day among all entries not taken back; an account wins at most once in a draw; winners are
/// taken by sorting entries on SHA-256 of `seed|draw|account|entry number`."
fn draws(accounts: &mut [Account], day: NaiveDate) -> Read<()> {
    let Some(program) = accounts.first().map(|account| account.program) else { return Ok(()) };
    for draw in program.draws.iter().filter(|draw| draw.date == day) {
        let mut entries: Vec<(Vec<u8>, usize)> = Vec::new();
        for (number, account) in accounts.iter().enumerate() {
            let what = What::Thing(key(&draw.name));
            let mine = account.entries.iter().filter(|entry| entry.kind == Kind::Entries && entry.what == what);
            let count = mine.map(|entry| entry.granted).sum::<Ratio>().floor();
            for entry in 1..=count {
                let text = format!("1|{}|{}|{entry}", draw.name, account.story.id);
                entries.push((Sha256::digest(text.as_bytes()).to_vec(), number));
            }
        }
        entries.sort();
        let mut winners: Vec<usize> = Vec::new();
        for (_, number) in entries {
            let twice = program.slip == Slip::WinsTwice;
            if (twice || !winners.contains(&number)) && Ratio::whole(winners.len().try_into().expect("few")) < draw.winners {
                winners.push(number);
            }
        }
        let only = program.gift(&key(&draw.gift)).and_then(|gift| gift.only);
        for number in winners {
            let at = program.zone.midnight(day);
            if !accounts[number].draws_prize(&key(&draw.gift), only) {
                break;
            }
            accounts[number].write(at, Kind::Prize, None, What::Thing(key(&draw.gift)), Ratio::whole(1));
        }
    }
    Ok(())
}

/// What a purchase of one account means for others.
fn hear(accounts: &mut [Account], number: usize, at: Moment) -> Read<()> {
    for news in std::mem::take(&mut accounts[number].news) {
        match news {
            News::First { referrer, purchase } => refer(accounts, number, &referrer, purchase, at)?,
            News::Undone { purchase } => unrefer(accounts, number, purchase, at)?,
        }
    }
    Ok(())
}

/// "`on referral` fires after stage 5 of the friend's first purchase as a member."
fn refer(accounts: &mut [Account], friend: usize, referrer: &str, purchase: usize, at: Moment) -> Read<()> {
    let of_member = |account: &Account| account.story.members.iter().any(|member| member.id == referrer);
    let Some(number) = accounts.iter().position(of_member) else { return Ok(()) };
    // "A referral inside it does not count."
    if number == friend || accounts[number].joined.is_none() {
        return Ok(());
    }
    let program = accounts[number].program;
    accounts[number].before = accounts[number].measured(at)?;
    let mut firings = Vec::new();
    for rule in program.order() {
        let said = &program.rules[rule];
        let Some(Trigger::Referral(narrow)) = said.trigger else { continue };
        if *narrow != Default::default() {
            return Err(Outside("a referral by some purchases"));
        }
        if said.modifies()? {
            accounts[number].fire(rule, at, None, None, 0);
            continue;
        }
        if !accounts[number].passes(said, at, None)? {
            continue;
        }
        if !accounts[number].grant(rule, at, None)? {
            continue;
        }
        firings.push(accounts[number].firings);
        for effect in &said.effects {
            if let Effect::GrantFriend { amount, wallet, .. } = effect
                && program.slip != Slip::FriendForgotten
            {
                let wallet = program.wallet_of(amount, wallet.as_ref())?;
                let granted = program.number(amount)?;
                accounts[friend].firings += 1;
                accounts[friend].credit(at, Kind::Grant, rule, wallet, granted, Some(purchase));
            }
        }
    }
    let referral = accounts[number].heard.len();
    accounts[number].heard.push((friend, purchase, firings));
    accounts[number].referrals.push(at);
    let _ = referral;
    let before = accounts[number].before.clone();
    accounts[number].climb(at, false, before)?;
    accounts[number].exchanges(at)
}

/// "Its whole return takes both grants back." What the friend had goes with the purchase.
fn unrefer(accounts: &mut [Account], friend: usize, purchase: usize, at: Moment) -> Read<()> {
    for account in accounts.iter_mut() {
        let Some(place) = account.heard.iter().position(|heard| (heard.0, heard.1) == (friend, purchase)) else { continue };
        let (_, _, firings) = account.heard.remove(place);
        let when = account.referrals.remove(place);
        let program = account.program;
        if program.ladders.iter().any(|ladder| matches!(ladder.measure.kind, MeasureKind::Earned(_) | MeasureKind::Balance(_))) {
            return Err(Outside("a friend's return beside a ladder of what is earned"));
        }
        let entitles = |rule: usize| matches!(program.rules[rule].trigger, Some(Trigger::Referral(_)));
        account.fired.iter_mut().filter(|fired| fired.at == when && entitles(fired.rule)).for_each(|fired| fired.undone = true);
        for entry in account.originals(&|entry| firings.contains(&entry.firing) && entry.rule.is_some_and(entitles)) {
            account.reverse(at, entry)?;
        }
    }
    Ok(())
}
