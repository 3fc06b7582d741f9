//! What sentences ask for and a history does not hold: they do nothing then, and nobody would know why.

use crate::history::model::{History, Items, MomentKind, Part, Purchases, TextCode};
use crate::program::asks::{Ask, by_sentence};
use crate::program::{AttributeOf, Program};
use crate::source::Sources;
use crate::value::name_key;

/// One sentence for each thing that is missing, with the lines that ask for it.
#[must_use]
pub fn notes(program: &Program, history: &History, sources: Option<&Sources>) -> Vec<String> {
    let Some(sources) = sources.filter(|_| history.days.is_some()) else { return Vec::new() };
    // In the order of the first line that asks.
    let mut lines: Vec<(Ask, Vec<String>)> = Vec::new();
    for (span, asks) in by_sentence(program) {
        for ask in asks.into_iter().filter(|ask| !holds(history, program, ask)) {
            let place = sources.line_of(span);
            match lines.iter_mut().find(|(known, _)| *known == ask) {
                Some((_, places)) if places.contains(&place) => {}
                Some((_, places)) => places.push(place),
                None => lines.push((ask, vec![place])),
            }
        }
    }
    lines.into_iter().map(|(ask, places)| sentence(&ask, &places, program)).collect()
}

fn sentence(ask: &Ask, places: &[String], program: &Program) -> String {
    let what = match ask {
        Ask::Column(name) => plural(name).to_owned(),
        Ask::Attribute(id) => program.attributes.get(id.index()).map_or_else(String::new, |attribute| {
            let owner = match attribute.of {
                AttributeOf::Customer => "customer",
                AttributeOf::Purchase => "purchase",
                AttributeOf::Item => "item",
            };
            format!("{owner}.{}", attribute.name)
        }),
        Ask::Born => "dates of birth".to_owned(),
        Ask::Referrals => "who referred whom (referred_by)".to_owned(),
        Ask::Event(name) => format!("events \"{name}\""),
    };
    let mut text = match places {
        [one] => format!("{one} asks"),
        [before @ .., last] => format!("{} and {last} ask", before.join(", ")),
        [] => String::new(),
    };
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{text} for {what}, and this history has none.")
}

fn plural(column: &str) -> &str {
    match column {
        "category" => "categories",
        "brand" => "brands",
        "product" => "products",
        "channel" => "channels",
        "store" => "stores",
        "payment" => "ways of payment",
        "partner" => "partners",
        "coupon" => "coupons",
        other => other,
    }
}

fn holds(history: &History, program: &Program, ask: &Ask) -> bool {
    let parts = |of: &dyn Fn(&Part) -> bool| history.parts.iter().any(of);
    let moments = |of: &dyn Fn(&MomentKind) -> bool| parts(&|part| part.moments.iter().any(|moment| of(&moment.kind)));
    match ask {
        Ask::Column(name) => parts(&|part| {
            let own = purchases(&part.purchases, name).is_some_and(|column| !column.is_empty());
            own || items(&part.items, name).is_some_and(|column| !column.is_empty())
        }),
        Ask::Attribute(id) => {
            let Some(attribute) = program.attributes.get(id.index()) else { return true };
            let key = name_key(&attribute.name);
            let names = match attribute.of {
                AttributeOf::Customer => &history.customer_attributes,
                AttributeOf::Purchase => &history.purchase_attributes,
                AttributeOf::Item => &history.item_attributes,
            };
            names.iter().any(|name| name_key(name) == key)
        }
        Ask::Born => parts(&|part| part.customers.born.iter().any(Option::is_some)),
        Ask::Referrals => parts(&|part| part.customers.referred_by.iter().any(Option::is_some)),
        Ask::Event(wanted) => {
            let key = name_key(wanted);
            moments(&|kind| matches!(kind, MomentKind::Event { name, .. } if name_key(name) == key))
        }
    }
}

fn purchases<'a>(purchases: &'a Purchases, column: &str) -> Option<&'a Vec<TextCode>> {
    Some(match column {
        "channel" => &purchases.channel,
        "store" => &purchases.store,
        "payment" => &purchases.payment,
        "partner" => &purchases.partner,
        "coupon" => &purchases.coupon,
        "category" => &purchases.category,
        "brand" => &purchases.brand,
        "product" => &purchases.product,
        _ => return None,
    })
}

fn items<'a>(items: &'a Items, column: &str) -> Option<&'a Vec<TextCode>> {
    Some(match column {
        "category" => &items.category,
        "brand" => &items.brand,
        "product" => &items.product,
        _ => return None,
    })
}
