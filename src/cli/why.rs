//! `why`: the story of an account or of one purchase.

use super::exit::{Done, Exit, Stop};
use super::{Format, Global, output, running, stages};
use crate::assumptions::{Assumptions, Scenarios};
use crate::diagnostic::{nearest, render};
use crate::engine;
use crate::history::model::{Account, History, Part};
use crate::program::Program;
use crate::report::{story, write};
use crate::session::{Reading, Session, Settings};
use crate::value::Date;
use clap::Args;
use std::path::PathBuf;

/// Options of `why`.
#[derive(Clone, Debug, Args)]
pub(super) struct WhyArgs {
    /// The program
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// Purchases: a mapping (YAML), a data file (CSV, Parquet, JSON, XLSX …), a folder, or -; by default the file of the program's name in data/ beside it
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Let the history's mapping name files outside its own folder
    #[arg(long)]
    allow_outside: bool,
    /// Whose story: a customer's id, or that of a household
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Which purchase: its id, or #3 for the third; without it the whole account is told
    #[arg(long, value_name = "ID")]
    purchase: Option<String>,
    /// What people would do: a YAML file with redemption and the like
    #[arg(long, value_name = "FILE")]
    assume: Option<PathBuf>,
    /// How to write the story: text, json or html
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// As if the program had started on this day
    #[arg(long, value_name = "DATE", value_parser = running::date)]
    start: Option<Date>,
    /// Close the books at the end of this day; by default the last day in the history
    #[arg(long, value_name = "DATE", value_parser = running::date)]
    as_of: Option<Date>,
    /// Give a parameter of the program another value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = running::setting)]
    set: Vec<(String, String)>,
}

/// Runs the command.
pub(super) fn run(args: &WhyArgs, global: &Global) -> Done {
    let writer: fn(&story::Story) -> Result<String, String> = match args.format.or(global.format) {
        None | Some(Format::Text | Format::Human) => |told: &story::Story| Ok(write::story(told)),
        Some(Format::Json) => write::story_json,
        Some(Format::Html) => write::html::story_page,
        Some(_) => return Err(Stop::Usage("why writes --format text, json or html.".to_owned())),
    };
    let loaded = stages::load(&args.program, &args.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so there is nothing to tell.") else { return Ok(Exit::Failed) };
    let assumed = assumed(args, &loaded.session, program, global)?;
    let path = running::history_path(args.history.as_deref(), &args.program, global)?;
    let reading = Reading { ids: true, told: true, outside: args.allow_outside, threads: 0 };
    let mut history = loaded.history(&path, &reading)?.history;
    stages::say_rejected(&history, &program.currency, stages::Limit { strict: false, rejected: None }, false, |text| global.say(text))?;
    let settings = Settings { start: args.start, ..Settings::default() };
    let settings = settings.opened(program, &history).map_err(|error| Stop::Data(error.message))?;
    let program = &Program { starts: settings.start.or(program.starts), ..program.clone() };
    stages::check_days(&history, program, settings.start, args.as_of)?;
    let who = find_customer(&history, &args.customer)?;
    let purchase = args.purchase.as_deref().map(|id| find_purchase(&history, who, id)).transpose()?;
    let last = args.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
    let (part, account) = engine::story::leave_alone(program, &mut history, who);
    let chapters = engine::story::story(program, &history, &assumed, last.plus_days(1), (part, account))
        .map_err(|error| Stop::Data(render::visible(&error.message)))?;
    let asked =
        story::Asked { program, sources: loaded.session.sources(), history: &history, part, account, chapters: &chapters, purchase };
    let told = story::story(&asked);
    if told.moments.is_empty() && purchase.is_some() {
        return Err(Stop::Data(format!("This purchase lies after {}, where the books close.", write::format::day(last))));
    }
    output::result(&writer(&told).map_err(Stop::Data)?)?;
    Ok(Exit::Fine)
}

/// What members redeem: as the assumptions say, else as the ledger of `simulate` has it.
fn assumed(args: &WhyArgs, session: &Session, program: &Program, global: &Global) -> Done<Assumptions> {
    let assumed = stages::assume(args.assume.as_deref(), session, global)?;
    Ok(match Scenarios::of(assumed.as_ref().map(|assumed| &assumed.read), program) {
        Scenarios::One(assumed) | Scenarios::Ranges { base: assumed, .. } => *assumed,
        Scenarios::Envelope { soon, .. } => {
            if !program.redeems.is_empty() || program.grants_vouchers() {
                global.say("Nothing says when members redeem: this story is that of redeeming as soon as possible.");
            }
            *soon
        }
    })
}

fn accounts(history: &History) -> impl Iterator<Item = (usize, usize, &Part, &Account)> {
    let parts = history.parts.iter().enumerate();
    parts.flat_map(|(at, part)| part.accounts.iter().enumerate().map(move |(account, known)| (at, account, part, known)))
}

/// The ids of an account's customers.
fn members<'a>(part: &'a Part, account: &Account) -> &'a [String] {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    part.customers.id.get(at(account.customers.start)..at(account.customers.end)).unwrap_or_default()
}

/// The account with this id, or with a customer of this id.
fn find_customer(history: &History, id: &str) -> Done<(usize, usize)> {
    let by_account = accounts(history).find(|(.., account)| account.id == id);
    let found =
        by_account.or_else(|| accounts(history).find(|(_, _, part, account)| members(part, account).iter().any(|known| known == id)));
    if let Some((part, account, ..)) = found {
        return Ok((part, account));
    }
    let known = accounts(history)
        .flat_map(|(_, _, part, account)| std::iter::once(account.id.as_str()).chain(members(part, account).iter().map(String::as_str)));
    let hint = nearest(id, known).map_or_else(String::new, |near| format!(" Did you mean {}?", render::visible(near)));
    Err(Stop::Data(format!("There is no customer \"{}\" in the history.{hint}", render::visible(id))))
}

/// Which purchase of the account has this id, or is the one of this number (`#3`).
fn find_purchase(history: &History, (part, account): (usize, usize), id: &str) -> Done<u32> {
    let found = history.parts.get(part).and_then(|part| Some((part, part.accounts.get(account)?)));
    let names: Vec<String> = found.map_or_else(Vec::new, |(part, account)| {
        let count = u32::try_from(account.purchases.len()).unwrap_or(u32::MAX);
        (0..count).map(|number| story::purchase_name(part, account, number)).collect()
    });
    let by_number = || {
        let number = id.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1)?;
        (number < names.len()).then_some(number)
    };
    if let Some(number) = names.iter().position(|name| name == id).or_else(by_number) {
        return Ok(u32::try_from(number).unwrap_or(u32::MAX));
    }
    let hint = match nearest(id, names.iter().map(String::as_str)) {
        Some(near) => format!(" Did you mean {}?", render::visible(near)),
        None => format!(" There are {}, #1 to #{}.", names.len(), names.len()),
    };
    Err(Stop::Data(format!("This customer has no purchase \"{}\".{hint}", render::visible(id))))
}
