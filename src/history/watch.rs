//! Columns that nothing maps and that look as if they change what was paid: named in every report, and asked about where
//! money would be wrong.

use super::HistoryError;
use super::column::Batch;
use super::guess;
use super::layout::Layout;
use super::look::is_number;
use super::names;
use super::open::Place;
use super::prepare::Prepared;
use super::rejects::printable;
use std::collections::{BTreeMap, BTreeSet};

/// Values that are kept to be shown.
const SHOWN: usize = 8;

/// Words of states in which nothing was bought, or something came back.
const NOT_BOUGHT: [&str; 62] = [
    "creditnote",
    "creditmemo",
    "salescreditnote",
    "gutschrift",
    "rechnungskorrektur",
    "avoir",
    "корректировка",
    "возвратприхода",
    "возвратпродажи",
    "红字",
    "红冲",
    "chargeback",
    "fail",
    "deleted",
    "gelöscht",
    "удален",
    "удалён",
    "已删除",
    "denied",
    "uncaptured",
    "return",
    "salereturn",
    "rückgabe",
    "retoure",
    "stornierung",
    "退货",
    "refunded",
    "partiallyrefunded",
    "refund",
    "returned",
    "chargedback",
    "cancelled",
    "canceled",
    "void",
    "voided",
    "failed",
    "declined",
    "rejected",
    "expired",
    "abandoned",
    "storniert",
    "storno",
    "abgebrochen",
    "abgelehnt",
    "erstattet",
    "teilweiseerstattet",
    "zurückgegeben",
    "fehlgeschlagen",
    "отменён",
    "отменен",
    "отмена",
    "возврат",
    "возвращён",
    "возвращен",
    "отклонён",
    "отклонен",
    "已取消",
    "已退款",
    "退款",
    "退款成功",
    "交易关闭",
    "已关闭",
];

/// Of these, the words that say that something came back.
pub(super) fn says_refunded(plain: &str) -> bool {
    [
        "refund",
        "return",
        "rückgabe",
        "retoure",
        "退货",
        "erstattet",
        "zurückgegeben",
        "возвра",
        "退款",
        "chargedback",
        "creditnote",
        "creditmemo",
        "gutschrift",
        "红字",
        "红冲",
    ]
    .iter()
    .any(|word| plain.contains(word))
}

/// Whether a value says that something was not bought, or came back.
pub(super) fn says_not_bought(value: &str) -> bool {
    NOT_BOUGHT.contains(&names::plain(value).as_str())
}

/// Codes of currencies that are no words.
pub(super) const CODES: [&str; 38] = [
    "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "RUB", "PLN", "CZK", "SEK", "NOK", "DKK", "HUF", "CAD", "AUD", "NZD", "HKD", "SGD",
    "TWD", "INR", "BRL", "MXN", "ZAR", "UAH", "KZT", "BYN", "KRW", "AED", "ILS", "RON", "BGN", "THB", "IDR", "MYR", "PHP", "VND", "TRY",
];

/// Whether a text names a currency; a column may be called so and hold ways to pay.
fn is_currency(text: &str) -> bool {
    let text = text.trim();
    let code = text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    code || matches!(text, "€" | "$" | "£" | "¥" | "￥" | "元" | "₽" | "руб" | "руб.")
}

/// Different values up to which a column may say what became of a purchase.
const FEW: usize = 12;

/// What a column is watched for that has another name than those known: its values.
const BY_VALUE: &str = "value";

/// Whether a state says that something was not bought, in words that are a part of it.
pub(super) fn not_bought(value: &str) -> bool {
    // What is no purchase at all.
    const OTHER: [&str; 12] =
        ["fee", "fees", "transfer", "topup", "adjustment", "deposit", "draft", "entwurf", "черновик", "草稿", "创建", "未审核"];
    const NEVER: [&str; 14] = [
        "awaitingpayment",
        "pendingpayment",
        "ожидаетоплат",
        "待付款",
        "待支付",
        "unpaid",
        "notpaid",
        "notcaptured",
        "nichtbezahlt",
        "неоплач",
        "невыкуп",
        "未支付",
        "未付款",
        "未完成",
    ];
    const PARTS: [&str; 47] = [
        "creditnote",
        "creditmemo",
        "gutschrift",
        "giftcard",
        "geschenkkarte",
        "подарочн",
        "礼品卡",
        "payout",
        "withdraw",
        "auszahl",
        "выплат",
        "логистик",
        "штраф",
        "提现",
        "红字",
        "cancel",
        "void",
        "fail",
        "declin",
        "reject",
        "expired",
        "abandon",
        "refund",
        "returned",
        "chargeback",
        "storn",
        "abgebroch",
        "abgelehnt",
        "erstatt",
        "retour",
        "rückgabe",
        "zurückgegeben",
        "fehlgeschlagen",
        "отмен",
        "возвр",
        "отклон",
        "аннулир",
        "annul",
        "rembours",
        "取消",
        "退款",
        "退货",
        "关闭",
        "失败",
        "作废",
        "撤销",
        "denied",
    ];
    let plain = names::plain(value);
    says_not_bought(value)
        || OTHER.contains(&plain.as_str())
        || NEVER.iter().any(|word| plain.contains(word))
        || PARTS.iter().any(|part| plain.contains(part)) && !plain.starts_with("not") && !plain.starts_with("не")
}

/// What a column was found to hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Whether it holds numbers, or more than a few values: nothing that says what became of a purchase.
    other: bool,
    /// Values with anything but nothing and zero.
    filled: u64,
    values: BTreeSet<String>,
    /// Values that say that something was not bought.
    against: BTreeSet<String>,
    /// Values that are no code of the program's currency.
    foreign: BTreeSet<String>,
}

/// What was found in columns of a table, by meaning and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(BTreeMap<(&'static str, String), Found>);

/// The meanings that are watched for.
const MEANINGS: [&str; 6] = ["status", "cancelled", "refunded", "currency", "tip", "gift card"];

/// Columns to watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Vec<(&'static str, String, usize)>);

impl Watch {
    /// Finds columns that nobody has mapped and the program does not ask for: by their names, and by a first look at their
    /// values those that hold a few texts.
    pub fn find(
        place: &Place,
        encoding: Option<&str>,
        table: &mut Prepared<'_>,
        mapped: &dyn Fn(&str) -> bool,
        layout: &mut Layout,
    ) -> Result<Self, HistoryError> {
        let mut all = Vec::new();
        let mut unknown = Vec::new();
        let header = table.own_header().to_vec();
        for (field, column) in header.iter().enumerate().filter(|(_, column)| !mapped(column)) {
            let last = column.rsplit('.').next().unwrap_or_default();
            let meaning = MEANINGS.into_iter().find(|key| names::means(key, column) || names::means(key, last));
            // What is said by words in a name is shown; a state is told by its values.
            let by_words =
                |key: &&str| matches!(*key, "cancelled" | "refunded" | "currency" | "tip") && guess::likeness(key, column).is_some();
            let meaning = meaning.or_else(|| MEANINGS.into_iter().find(|key| by_words(key)));
            match meaning {
                Some(meaning) => all.push((meaning, column.clone(), layout.place_of(field))),
                None if !is_standard(&column.to_lowercase()) => unknown.push((field, column)),
                None => {}
            }
        }
        if table.is_quick_to_open() && !unknown.is_empty() {
            let fields: Vec<usize> = unknown.iter().map(|(field, _)| *field).collect();
            let mut few = vec![true; fields.len()];
            Prepared::open(place, encoding)?.start(&fields, &mut |batch| {
                for (few, column) in few.iter_mut().zip(&batch.columns) {
                    let mut found = Found::default();
                    (0..batch.rows).filter_map(|row| column.text(row)).for_each(|text| found.see_value(&text));
                    *few &= !found.other;
                }
            })?;
            let mut few = few.into_iter();
            unknown.retain(|_| few.next().unwrap_or(false));
        }
        table.leave_uncounted(unknown.iter().map(|(field, _)| *field).filter(|field| !layout.pick.contains(field)).collect());
        all.extend(unknown.into_iter().map(|(field, column)| (BY_VALUE, column.clone(), layout.place_of(field))));
        Ok(Self(all))
    }

    /// Looks at the values of a batch.
    pub fn see(&self, batch: &Batch<'_>, currency: &str, seen: &mut Watched) {
        for (meaning, column, place) in &self.0 {
            let Some(values) = batch.columns.get(*place) else { continue };
            let found = seen.0.entry((meaning, column.clone())).or_default();
            let texts = (0..batch.rows).filter_map(|row| values.text(row));
            if *meaning == BY_VALUE {
                texts
                    .take_while(|text| {
                        found.see_value(text);
                        !found.other
                    })
                    .for_each(drop);
                continue;
            }
            let mut last = String::new();
            for text in texts {
                let zero = text.chars().all(|letter| matches!(letter, '0' | '.' | ',' | '-' | '$' | '€' | '£' | '¥' | '₽' | ' '));
                if zero || matches!(text.to_ascii_lowercase().as_str(), "false" | "no") {
                    continue;
                }
                if *meaning == "refunded" && !is_number(&text) {
                    continue;
                }
                found.filled += 1;
                if text == last {
                    continue;
                }
                last = text.into_owned();
                let against = says_not_bought(&last);
                keep(&mut found.values, &last);
                if against {
                    keep(&mut found.against, &last);
                }
                if is_currency(&last) && !last.trim().eq_ignore_ascii_case(currency) {
                    keep(&mut found.foreign, &last);
                }
            }
        }
    }
}

/// Columns that tables have without a mapping.
fn is_standard(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "customer",
        "id",
        "at",
        "amount",
        "tax",
        "shipping",
        "channel",
        "store",
        "payment",
        "partner",
        "coupon",
        "category",
        "brand",
        "product",
        "quantity",
        "price",
        "purchase",
        "line total",
        "discount",
        "paid voucher",
    ];
    NAMES.contains(&name) || name.starts_with("paid ")
}

impl Found {
    /// Looks at a value of a column of unknown name.
    fn see_value(&mut self, value: &str) {
        self.filled += 1;
        if self.other || self.values.contains(value) {
            return;
        }
        self.values.insert(value.to_owned());
        self.other = self.values.len() > FEW || is_number(value) || value.len() > 40;
    }

    /// What a column of unknown name is by its values.
    fn meaning(&mut self, currency: &str) -> Option<&'static str> {
        if self.other {
            return None;
        }
        if self.values.iter().all(|value| CODES.contains(&value.trim())) {
            self.foreign = self.values.iter().filter(|value| value.trim() != currency).cloned().collect();
            return Some("currency");
        }
        self.against = self.values.iter().filter(|value| says_not_bought(value)).cloned().collect();
        (!self.against.is_empty()).then_some("status")
    }
}

fn keep(values: &mut BTreeSet<String>, value: &str) {
    values.insert(value.to_owned());
    if values.len() > SHOWN {
        values.pop_last();
    }
}

impl Watched {
    pub fn merge(&mut self, other: Self) {
        for (key, more) in other.0 {
            let meaning = key.0;
            let found = self.0.entry(key).or_default();
            found.filled += more.filled;
            if meaning == BY_VALUE {
                found.other |= more.other;
                found.values.extend(more.values);
                found.other |= found.values.len() > FEW;
                continue;
            }
            for (mine, theirs) in [(&mut found.values, more.values), (&mut found.against, more.against), (&mut found.foreign, more.foreign)]
            {
                theirs.iter().for_each(|value| keep(mine, value));
            }
        }
    }

    /// What must be answered before any figure can be trusted, and what the report says.
    pub fn conclude(&self, currency: &str, refunds_said: bool) -> (Option<String>, Vec<String>) {
        let (mut questions, mut notes) = (Vec::new(), Vec::new());
        for ((meaning, column), found) in &self.0 {
            if found.filled == 0 {
                continue;
            }
            let mut found = found.clone();
            let Some(meaning) = (if *meaning == BY_VALUE { found.meaning(currency) } else { Some(*meaning) }) else { continue };
            let name = printable(column);
            let list = |values: &BTreeSet<String>| values.iter().map(|value| printable(value)).collect::<Vec<_>>().join(", ");
            let not_used = format!("or, if it changes nothing: not used: [{name}]");
            match meaning {
                "currency" if found.foreign.is_empty() => {}
                "currency" => questions.push(format!(
                    "\"{name}\" says {}, and the program counts in {currency}. Write under purchases: columns: {{ currency: {name} }}, and rows in another currency are not used; {not_used}",
                    list(&found.values)
                )),
                "status" if !found.against.is_empty() => {
                    let good = found.values.difference(&found.against).cloned().collect();
                    let key = format!("use only: {{ {name}: [{}] }}", list(&good));
                    let against = list(&found.against);
                    if !refunds_said && found.against.iter().any(|value| says_refunded(&names::plain(value))) {
                        questions.push(format!(
                            "\"{name}\" says {against}, and nothing says how much came back. Write under purchases: columns: {{ refunded: COLUMN }}, and what counts as bought: {key}; {not_used}"
                        ));
                    } else {
                        notes.push(format!("\"{name}\" says {against} and is not used: all of it counts as bought. Write under purchases: {key}; {not_used}"));
                    }
                }
                "status" if found.values.len() > 1 => notes.push(format!(
                    "\"{name}\" ({}) is not used. If some of it was not bought, write under purchases: use only: {{ {name}: […] }}",
                    list(&found.values)
                )),
                "status" => {}
                "cancelled" => notes.push(format!(
                    "\"{name}\" is filled in {} rows and is not used: all of them count as bought. Write under purchases: cancelled where: {{ {name}: is filled }}; {not_used}",
                    found.filled
                )),
                "refunded" => notes.push(format!(
                    "\"{name}\" has an amount in {} rows and is not used: nothing of it counts as returned. Write under purchases: columns: {{ refunded: {name} }}; {not_used}",
                    found.filled
                )),
                "tip" => notes.push(format!(
                    "\"{name}\" is filled in {} rows and not used: tips that are in the amounts earn as goods do. If there are lines: the rest is: tips",
                    found.filled
                )),
                _ => notes.push(format!(
                    "\"{name}\" is filled in {} rows and not used. If it paid for a part: columns: {{ payment: {name} }}; if gift cards were sold, leave them out: use only: {{ COLUMN: […] }}",
                    found.filled
                )),
            }
        }
        (questions.into_iter().next(), notes)
    }
}
