//! Measures in the program's own words, as opening balances name them.

use super::{CivilSpan, ItemFilter, Measure, MeasureKind, Period, Program, WalletId, Window, plural};
use crate::value::name_key;

/// A measure as a program writes it: `spend on category "fuel" in this year`. Nothing where it looks at more than items.
#[must_use]
pub fn measure_words(program: &Program, measure: &Measure) -> Option<String> {
    // A number alone does not say which were counted.
    let what = if matches!(measure.kind, MeasureKind::Different(_)) { None } else { counted(program, &measure.kind) }?;
    if !measure.filter.places.is_empty() || !measure.filter.over.is_empty() {
        return None;
    }
    let items = measure.filter.items.as_ref().map_or(Some(String::new()), |filter| items(program, filter))?;
    Some(format!("{what}{items}{}", window(measure.window)))
}

/// What a measure counts: `spend`, `beans earned`; nothing for a balance, which is not counted up.
pub(crate) fn counted(program: &Program, kind: &MeasureKind) -> Option<String> {
    let wallet = |id: WalletId| program.wallets.get(id.index()).map_or("", |wallet| wallet.name.as_str());
    Some(match kind {
        MeasureKind::Spend => "spend".to_owned(),
        MeasureKind::GrossSpend => "gross spend".to_owned(),
        MeasureKind::Purchases => "purchases".to_owned(),
        MeasureKind::Items => "items".to_owned(),
        MeasureKind::Quantity => "quantity".to_owned(),
        MeasureKind::DaysWithPurchase => "days with purchase".to_owned(),
        MeasureKind::Different(fact) => format!("different {}", plural(*fact)),
        MeasureKind::Earned(id) => format!("{} earned", wallet(*id)),
        MeasureKind::Confirmed(id) => format!("{} confirmed", wallet(*id)),
        MeasureKind::Spent(id) => format!("{} spent", wallet(*id)),
        MeasureKind::Events(name) => format!("events \"{name}\""),
        MeasureKind::Referrals => "referrals".to_owned(),
        MeasureKind::Balance(_) => return None,
    })
}

fn items(program: &Program, filter: &ItemFilter) -> Option<String> {
    let (what, names) = match filter {
        ItemFilter::Category(names) => ("category", names),
        ItemFilter::Brand(names) => ("brand", names),
        ItemFilter::Product(names) => ("product", names),
        ItemFilter::If(_) | ItemFilter::NotReduced | ItemFilter::Not(_) | ItemFilter::All(_) => return None,
    };
    let names: Vec<String> = names.iter().filter_map(|id| program.texts.get(id.index())).map(|name| format!("\"{name}\"")).collect();
    Some(format!(" on {what} {}", names.join(", ")))
}

fn window(window: Window) -> String {
    match window {
        Window::Unsaid => String::new(),
        Window::SinceJoining => " since joining".to_owned(),
        Window::SinceReaching(_) => " since reaching the tier".to_owned(),
        Window::Ever => " ever".to_owned(),
        Window::In(of) => {
            format!(" in {}", if of == Period::MembershipYear { of.word().to_owned() } else { format!("this {}", of.word()) })
        }
        Window::Previous(of) => format!(" in previous {}", of.word()),
        Window::Last(span) => {
            let (n, unit) = match span {
                CivilSpan::Hours(n) => (n, "hours"),
                CivilSpan::Days(n) => (n, "days"),
                CivilSpan::Months(n) => (n, "months"),
            };
            format!(" in last {n} {unit}")
        }
    }
}

/// Words without what makes no difference: quotes, large letters, and the window that is meant where none is written.
#[must_use]
pub fn plain_words(words: &str) -> String {
    let words = name_key(&words.replace('"', " "));
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
    let words = words.strip_suffix(" since joining").unwrap_or(&words);
    let words = words.replace(" in a ", " in this ").replace(" in the last ", " in last ").replace(" of category ", " on category ");
    words.replace(" in this membership year", " in membership year")
}
