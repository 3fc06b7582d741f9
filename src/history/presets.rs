//! Exports of shops and tills whose layout is known. Each is a mapping file; the header tells which it is.

use super::names::plain;

/// A known export.
#[derive(Debug)]
pub(super) struct Preset {
    /// The word of `--like`.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// Columns that together tell it.
    header: &'static [&'static str],
    /// The mapping; FILE stands for the files.
    pub text: &'static str,
}

/// All of them.
const PRESETS: [Preset; 5] = [
    Preset {
        name: "shopify",
        title: "Shopify, orders export",
        header: &["Name", "Email", "Financial Status", "Lineitem quantity", "Lineitem price", "Created at", "Total"],
        text: include_str!("presets/shopify.yaml"),
    },
    Preset {
        name: "woocommerce",
        title: "WooCommerce, order export",
        header: &["Order Number", "Order Status", "Order Date", "Order Total Amount", "Item Cost", "Quantity"],
        text: include_str!("presets/woocommerce.yaml"),
    },
    Preset {
        name: "square",
        title: "Square, transactions export",
        header: &["Date", "Time", "Time Zone", "Net Sales", "Total Collected", "Transaction ID"],
        text: include_str!("presets/square.yaml"),
    },
    Preset {
        name: "amazon",
        title: "Amazon, all orders report",
        header: &["amazon-order-id", "purchase-date", "order-status", "sku", "quantity", "item-price"],
        text: include_str!("presets/amazon.yaml"),
    },
    Preset {
        name: "stripe",
        title: "Stripe, payments export",
        header: &["id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Customer ID", "Status"],
        text: include_str!("presets/stripe.yaml"),
    },
];

/// The export of a name.
pub(super) fn called(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The export that has such a header.
pub(super) fn of(header: &[String]) -> Option<&'static Preset> {
    let header: Vec<String> = header.iter().map(|name| plain(name)).collect();
    PRESETS.iter().find(|preset| preset.header.iter().all(|name| header.contains(&plain(name))))
}
