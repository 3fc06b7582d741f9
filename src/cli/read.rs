//! `read`: looks at data files, writes a mapping for them, and says how they are understood with it.

use super::Global;
use super::exit::{Done, Exit, Stop};
use super::output;
use super::stages::{self, Loaded};
use super::whole::Whole;
use crate::diagnostic::render;
use crate::history::model::{History, MomentKind, NO_TEXT, Needs, Part, Returned, TextCode};
use crate::history::{self, Options, Proposal};
use crate::program::Program;
use crate::report;
use crate::report::write::format;
use crate::value::{Currency, Decimal, Exact, Rounding, Zone};
use clap::Args;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Purchases shown as they are understood.
const SHOWN: usize = 3;

/// Options of `read`.
#[derive(Clone, Debug, Args)]
pub(super) struct ReadArgs {
    /// The data files: CSV, Parquet, Arrow, JSON, XLSX, ODS or SQLite; a folder; or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The program that is to run on them: what it asks for and the data lack is listed
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Read them as the export of this shop; a known export is recognised without it
    #[arg(long, value_name = "SHOP", value_parser = ["shopify", "woocommerce", "square", "stripe", "amazon"])]
    like: Option<String>,
    /// Where to write the mapping; by default it is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &ReadArgs, global: &Global) -> Done {
    if let Some(out) = args.out.as_deref().filter(|out| out.exists()) {
        return Err(Stop::Usage(format!("{} is there already; name another file for the mapping.", output::shown(out))));
    }
    let loaded = args.program.as_deref().map(|path| stages::load(path, &[])).transpose()?;
    if loaded.as_ref().is_some_and(|loaded| loaded.session.program().is_none()) {
        return Err(Stop::Usage("The program has errors; `loyalty-dsl check` shows them.".to_owned()));
    }
    let beside = args.out.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let named = |path: &Path| name_beside(path, &beside, args.out.is_some());
    let failed = |error: history::HistoryError| Stop::Data(render::visible(&error.to_string()));
    let proposal = history::propose(&args.files, args.like.as_deref(), &named).map_err(failed)?;
    match &args.out {
        Some(out) => {
            let mut file = Whole::begin(out)?;
            file.write_all(proposal.mapping.as_bytes()).map_err(|error| output::cannot_write(out, &error))?;
            file.finish()?;
        }
        None => output::result(&proposal.mapping)?,
    }
    let piped = args.files.iter().any(|file| file.as_os_str() == "-");
    let (told, exit) = tell(args, &proposal, loaded.as_ref(), &beside, piped);
    let told = lines(told.trim_end());
    if args.out.is_some() {
        output::result(&format!("{told}\n"))?;
    } else {
        global.say(&told);
    }
    Ok(exit)
}

/// A text of several lines with nothing hidden in it.
pub(super) fn lines(text: &str) -> String {
    text.lines().map(render::visible).collect::<Vec<_>>().join("\n")
}

/// How a mapping calls a file.
fn name_beside(path: &Path, beside: &Path, written: bool) -> String {
    if !written {
        return path.display().to_string();
    }
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    real.strip_prefix(&folder).unwrap_or(&real).display().to_string()
}

/// What is understood, and what is not.
fn tell(args: &ReadArgs, proposal: &Proposal, loaded: Option<&Loaded>, beside: &Path, piped: bool) -> (String, Exit) {
    let mut text = String::new();
    if let Some(known) = proposal.known {
        let _ = writeln!(text, "This is the layout of {known}.");
    }
    if let Some(out) = &args.out {
        let _ = writeln!(text, "The mapping is in {}.", output::shown(out));
    }
    if !proposal.undecided.is_empty() {
        let _ = writeln!(text, "To be decided before it can be used (see UNDECIDED in the mapping):");
        proposal.undecided.iter().for_each(|open| {
            let _ = writeln!(text, "  {open}");
        });
        return (text, Exit::Failed);
    }
    if piped {
        let _ =
            writeln!(text, "What came through standard input cannot be read a second time: save it as a file and name it in the mapping.");
        return (text, Exit::Fine);
    }
    let program = loaded.and_then(|loaded| loaded.session.program());
    match read_back(proposal, program, beside) {
        Err(error) => {
            let _ = writeln!(text, "With it the data cannot be read yet: {error}");
            (text, Exit::Failed)
        }
        Ok((history, currency)) => {
            understood(&mut text, &history, &currency);
            if let Some((loaded, program)) = loaded.zip(program) {
                let lacking = report::lacking(program, &history, Some(loaded.session.sources()));
                if !lacking.is_empty() {
                    let _ = writeln!(text, "What the program asks for and the data do not have:");
                    lacking.iter().for_each(|line| {
                        let _ = writeln!(text, "  {line}");
                    });
                }
            }
            let used = history.accounting.total().used;
            (text, if used == 0 { Exit::Failed } else { Exit::Fine })
        }
    }
}

/// Reads the data with the mapping that was written.
fn read_back(proposal: &Proposal, program: Option<&Program>, beside: &Path) -> Result<(History, Currency), String> {
    // Without a program the data themselves say what they count in.
    let code = proposal.currency.clone().unwrap_or_else(|| "EUR".to_owned());
    let decimals = if matches!(code.as_str(), "JPY" | "KRW" | "VND" | "CLP" | "ISK") { 0 } else { 2 };
    let own = Currency { code, decimals, symbol: String::new() };
    let currency = program.map_or(own, |program| program.currency.clone());
    let utc = Zone::find("UTC").ok_or("there is no zone UTC")?;
    let needs = Needs::default();
    let options = Options {
        currency: &currency.code,
        decimals: currency.decimals,
        zone: program.map_or(&utc, |program| &program.zone),
        round_money: program.map_or(Rounding::HalfUp, |program| program.round_money),
        account_by: None,
        needs: &needs,
        everything: true,
        // The person has named them.
        outside: true,
        threads: 0,
    };
    let history = history::read_mapping(&proposal.mapping, beside, &options).map_err(|error| error.to_string())?;
    Ok((history, currency))
}

/// Three purchases, the rows and the sums.
fn understood(text: &mut String, history: &History, currency: &Currency) {
    let money = |minor: i64| format::money(Exact::whole(i128::from(minor)), currency);
    let mut all: Vec<(i64, &str, &Part, usize)> = Vec::new();
    let (mut sum, mut count, mut customers) = (0_i128, 0_u64, 0_u64);
    for part in &history.parts {
        customers += u64::try_from(part.accounts.len()).unwrap_or(0);
        for account in &part.accounts {
            for at in account.purchases.clone() {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                let Some(moment) = part.purchases.at.get(at) else { continue };
                count += 1;
                sum += i128::from(part.purchases.amount.get(at).copied().unwrap_or(0));
                all.push((moment.0, &account.id, part, at));
            }
        }
    }
    all.sort_by(|a, b| (a.0, a.1, a.3).cmp(&(b.0, b.1, b.3)));
    if !all.is_empty() {
        let _ = writeln!(text, "\nThe first purchases as they are understood:");
    }
    for (at, customer, part, place) in all.into_iter().take(SHOWN) {
        purchase(text, history, part, place, customer, at, &money);
    }
    let anonymous: i128 = history.anonymous.iter().map(|purchase| i128::from(purchase.amount)).sum();
    let rows = history.accounting.total();
    let _ = writeln!(text, "\n{}", stages::rows(rows));
    report::rejected(&history.accounting, currency).iter().for_each(|line| {
        let _ = writeln!(text, "  {line}");
    });
    history.notes.iter().for_each(|note| {
        let _ = writeln!(text, "  {note}");
    });
    let all = i64::try_from(sum + anonymous).map_or_else(|_| "too much to add up".to_owned(), &money);
    let _ = writeln!(text, "Purchases: {} of {} customers", format::count(count), format::count(customers));
    if !history.anonymous.is_empty() {
        let _ = writeln!(text, "           and {} of nobody", format::count(u64::try_from(history.anonymous.len()).unwrap_or(0)));
    }
    let _ = writeln!(text, "Revenue:   {all}");
    let (count, sum) = returned(history);
    if count > 0 {
        let sum = i64::try_from(sum).map_or_else(|_| "too much to add up".to_owned(), &money);
        let _ = writeln!(text, "Returned:  {sum} of {} {}", format::count(count), if count == 1 { "purchase" } else { "purchases" });
    }
    if let Some((first, last)) = history.days {
        let _ = writeln!(text, "Days:      {} to {}", format::day(first), format::day(last));
    }
    if rows.used == 0 {
        let _ = writeln!(text, "\nNo row could be used: the mapping is not right yet.");
        return;
    }
    let _ = writeln!(text, "\nIf this is right, the mapping can be used: loyalty-dsl simulate PROGRAM.loy --history MAPPING.yaml");
}

/// Of how many purchases something came back, and what it had cost.
fn returned(history: &History) -> (u64, i128) {
    let mut purchases = BTreeSet::new();
    let mut sum = 0_i128;
    for (number, part) in history.parts.iter().enumerate() {
        let amounts = |list: &[i64], at: usize| list.get(at).copied().map(i128::from).unwrap_or_default();
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        for account in &part.accounts {
            let moments = account.moments.clone().filter_map(|at| part.moments.get(place(at)));
            let returns = moments.filter_map(|moment| if let MomentKind::Return(parts) = &moment.kind { Some(parts) } else { None });
            for back in returns.flatten() {
                let at = place(account.purchases.start).saturating_add(place(back.purchase));
                purchases.insert((number, at));
                sum += match &back.what {
                    Returned::Rest => amounts(&part.purchases.amount, at),
                    Returned::Amount(amount) => i128::from(*amount),
                    Returned::Items(lines) => {
                        let from = part.purchases.items_from.get(at).copied().map_or(usize::MAX, place);
                        let share = |(line, units): &(u32, Decimal)| {
                            let line = from.saturating_add(place(*line));
                            let of = part.items.quantity.get(line).copied().unwrap_or(Decimal::whole(1)).normal();
                            let units = units.normal();
                            let cost = amounts(&part.items.amount, line).saturating_mul(units.mantissa);
                            let ten = |scale: u8| 10_i128.checked_pow(scale.into()).unwrap_or(i128::MAX);
                            let (up, down) = (cost.saturating_mul(ten(of.scale)), of.mantissa.saturating_mul(ten(units.scale)));
                            up.checked_div(down).unwrap_or(0)
                        };
                        lines.iter().map(share).sum()
                    }
                };
            }
        }
    }
    (u64::try_from(purchases.len()).unwrap_or(u64::MAX), sum)
}

fn purchase(text: &mut String, history: &History, part: &Part, at: usize, customer: &str, moment: i64, money: &impl Fn(i64) -> String) {
    let purchases = &part.purchases;
    let id = purchases.id.get(u32::try_from(at).unwrap_or(u32::MAX));
    let amount = purchases.amount.get(at).copied().unwrap_or(0);
    let when = crate::value::DateTime(moment);
    let _ = write!(text, "  {customer} bought {id} at {when} (UTC) for {}", money(amount));
    for (word, column) in [("tax", &purchases.tax), ("shipping", &purchases.shipping)] {
        if let Some(value) = column.get(at).filter(|value| **value != 0) {
            let _ = write!(text, ", {word} {}", money(*value));
        }
    }
    let facts: [(&str, &Vec<TextCode>); 5] = [
        ("channel", &purchases.channel),
        ("store", &purchases.store),
        ("payment", &purchases.payment),
        ("coupon", &purchases.coupon),
        ("product", &purchases.product),
    ];
    for (word, column) in facts {
        if let Some(code) = column.get(at).filter(|code| **code != NO_TEXT) {
            let _ = write!(text, ", {word} {}", history.texts.get(*code));
        }
    }
    text.push('\n');
    let bound = |at: usize| purchases.items_from.get(at).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
    for line in bound(at)..bound(at.saturating_add(1)) {
        let items = &part.items;
        let product = items.product.get(line).map_or("", |code| history.texts.get(*code));
        let quantity = items.quantity.get(line).map(ToString::to_string).unwrap_or_default();
        let cost = items.amount.get(line).copied().unwrap_or(0);
        let _ = writeln!(text, "    {quantity} × {product}: {}", money(cost));
    }
}
