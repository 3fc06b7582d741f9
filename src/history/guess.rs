//! What a column may be whose name is not in the list: by the words in it, and by those that speak against it.

use super::names::plain;
use super::watch::CODES;

/// Words of a meaning, the likelier first, and words that rule it out. ASCII words of up to four letters stand for
/// themselves in a name; all others may be a part of it.
struct Words {
    key: &'static str,
    any: &'static [&'static str],
    not: &'static [&'static str],
}

const MONEY_NOT: [&str; 84] = [
    "delivery",
    "перечислению",
    "profit",
    "gewinn",
    "прибыл",
    "利润",
    "cost",
    "costs",
    "себестоим",
    "成本",
    "einkauf",
    "margin",
    "marge",
    "наценк",
    "毛利",
    "tax",
    "vat",
    "gst",
    "mwst",
    "steuer",
    "ндс",
    "税",
    "tip",
    "tips",
    "gratuity",
    "fee",
    "fees",
    "gebühr",
    "комисс",
    "手续费",
    "服务费",
    "discount",
    "rabatt",
    "скид",
    "优惠",
    "折扣",
    "红包",
    "代金券",
    "refund",
    "erstatt",
    "возврат",
    "退款",
    "shipping",
    "versand",
    "доставк",
    "运费",
    "配送",
    "邮费",
    "unit",
    "einzel",
    "单价",
    "balance",
    "saldo",
    "points",
    "punkte",
    "баллы",
    "积分",
    "wkz",
    "waehrung",
    "währung",
    "валют",
    "subtotal",
    "before",
    "original",
    "原价",
    "без",
    "count",
    "anzahl",
    "quantity",
    "qty",
    "колич",
    "колво",
    "数量",
    "date",
    "datum",
    "rate",
    "kurs",
    "费率",
    "percent",
    "skonto",
    "余额",
    "商品",
    "菜品",
    "positionswert",
];

const WORDS: [Words; 20] = [
    Words {
        key: "customer",
        any: &[
            "customerid",
            "customernumber",
            "customercode",
            "clientid",
            "memberid",
            "loyalty",
            "membercard",
            "guestcard",
            "kundennummer",
            "картыгостя",
            "картыклиента",
            "картаклиента",
            "номеркарты",
            "会员",
            "用户",
            "买家",
            "客户",
            "顾客",
            "手机号",
            "对方账户",
            "username",
            "customer",
            "client",
            "buyer",
            "shopper",
            "member",
            "guest",
            "patron",
            "kunde",
            "käufer",
            "mitglied",
            "клиент",
            "покупател",
            "гост",
            "контрагент",
            "cliente",
            "acheteur",
            "email",
            "phone",
            "телефон",
            "debitor",
            "personenkonto",
            "cardno",
            "karte",
            "card",
            "auftraggeb",
        ],
        not: &[
            "brand",
            "issuer",
            "giftcard",
            "last",
            "credit",
            "group",
            "gruppe",
            "группа",
            "type",
            "тип",
            "note",
            "comment",
            "message",
            "address",
            "adresse",
            "country",
            "city",
            "count",
            "guests",
            "service",
            "since",
            "date",
            "дата",
            "оплачен",
            "amount",
            "total",
            "price",
            "accepts",
            "marketing",
            "备注",
            "留言",
            "地址",
            "实付",
            "应付",
            "实收",
            "支付",
            "优惠",
            "金额",
            "类型",
            "new",
            "новый",
            "time",
            "tag",
            "tags",
            "points",
            "server",
            "clientip",
        ],
    },
    Words {
        key: "id",
        any: &[
            "ordernumber",
            "orderid",
            "orderno",
            "orderreference",
            "receipt",
            "invoice",
            "transactionid",
            "ticket",
            "belegnummer",
            "belegfeld1",
            "belegnr",
            "bonnummer",
            "rechnungsnummer",
            "auftragsnummer",
            "bestellnummer",
            "документпродажи",
            "номерчека",
            "чека",
            "номерзаказа",
            "номердокумента",
            "идентификаторплатежа",
            "订单号",
            "订单编号",
            "单据编号",
            "发票号",
            "单号",
            "流水号",
            "交易号",
            "документ",
            "накладн",
            "order",
            "check",
            "bill",
            "beleg",
            "bon",
            "заказ",
            "чек",
            "reference",
            "commande",
            "pedido",
            "id",
        ],
        not: &[
            "customer",
            "client",
            "buyer",
            "member",
            "user",
            "kunde",
            "item",
            "product",
            "artikel",
            "article",
            "line",
            "lines",
            "pos",
            "position",
            "store",
            "shop",
            "register",
            "kasse",
            "касса",
            "date",
            "datum",
            "дата",
            "day",
            "time",
            "status",
            "type",
            "тип",
            "вид",
            "amount",
            "total",
            "sum",
            "price",
            "method",
            "name",
            "refund",
            "статус",
            "сумма",
            "状态",
            "时间",
            "金额",
            "商品",
            "类型",
            "source",
            "channel",
            "описание",
            "description",
            "note",
            "tax",
            "qty",
            "quantity",
            "count",
            "opened",
            "discount",
            "shipping",
            "fee",
            "退款",
            "клиент",
            "operator",
            "商户号",
            "удален",
            "currency",
            "country",
            "deleted",
            "placed",
            "origin",
            "shipment",
            "parent",
            "belegfeld2",
            "device",
            "external",
            "externe",
        ],
    },
    Words {
        key: "at",
        any: &[
            "orderdate",
            "orderedat",
            "createdat",
            "created",
            "placed",
            "purchased",
            "принятвобработку",
            "purchasedate",
            "saledate",
            "opened",
            "dateadded",
            "orderdatum",
            "bestelldatum",
            "belegdatum",
            "kaufdatum",
            "buchungsdatum",
            "rechnungsdatum",
            "открыт",
            "учетныйдень",
            "датаивремя",
            "датапродажи",
            "датазаказа",
            "датаплатежа",
            "датадокумента",
            "дата",
            "下单",
            "交易时间",
            "创建",
            "支付时间",
            "付款时间",
            "消费",
            "日期",
            "date",
            "datum",
            "timestamp",
            "fecha",
            "день",
            "день",
            "day",
            "时间",
            "time",
        ],
        not: &[
            "updated",
            "modified",
            "changed",
            "last",
            "geändert",
            "измен",
            "shipped",
            "dispatch",
            "deliver",
            "liefer",
            "versand",
            "доставк",
            "отгруз",
            "settlement",
            "deposit",
            "birth",
            "geburt",
            "рожден",
            "due",
            "fällig",
            "refund",
            "возврат",
            "cancel",
            "отмен",
            "完成",
            "更新",
            "修改",
            "发货",
            "退款",
            "关闭",
            "expir",
            "closed",
            "закрыт",
            "geschlossen",
            "until",
            "valid",
            "joined",
            "registr",
            "payout",
            "report",
            "zone",
        ],
    },
    Words {
        key: "clock",
        any: &["uhrzeit", "zeit", "время", "时间", "time"],
        not: &["zone", "zeitzone", "пояс", "closed", "закрыт", "delivery"],
    },
    Words {
        key: "amount",
        any: &[
            "grandtotal",
            "ordertotal",
            "totalprice",
            "finalprice",
            "totalamount",
            "amountpaid",
            "totalpaid",
            "实付",
            "实收",
            "应结",
            "订单金额",
            "соскидкой",
            "оплаченопокупател",
            "оплачено",
            "итого",
            "итог",
            "суммаплатежа",
            "суммазаказа",
            "суммачека",
            "сумма",
            "gesamtbetrag",
            "gesamtsumme",
            "gesamtkosten",
            "gesamtpreis",
            "rechnungsbetrag",
            "endbetrag",
            "bruttobetrag",
            "umsatz",
            "brutto",
            "betrag",
            "summe",
            "总额",
            "金额",
            "合计",
            "total",
            "gross",
            "revenue",
            "netwr",
            "amount",
            "montant",
            "importe",
        ],
        not: &MONEY_NOT,
    },
    Words {
        key: "line total",
        any: &[
            "linetotal",
            "lineamount",
            "positionswert",
            "positionsbetrag",
            "zeilenbetrag",
            "extended",
            "itemtotal",
            "netprice",
            "nettowert",
            "价税合计",
            "реализовал",
            "商品金额",
            "soldfor",
            "суммастроки",
        ],
        not: &[
            "tax",
            "vat",
            "mwst",
            "discount",
            "unit",
            "shipping",
            "refund",
            "count",
            "qty",
            "profit",
            "gewinn",
            "прибыл",
            "利润",
            "cost",
            "margin",
        ],
    },
    Words {
        key: "price",
        any: &[
            "unitprice",
            "priceperunit",
            "einzelpreis",
            "stückpreis",
            "vkbrutto",
            "vkpreis",
            "soldfor",
            "цена",
            "стоимостьтовара",
            "单价",
            "成交价",
            "售价",
            "price",
            "preis",
            "prix",
        ],
        not: &[
            "total",
            "tax",
            "shipping",
            "delivery",
            "доставк",
            "розничн",
            "final",
            "line",
            "gesamt",
            "gift",
            "original",
            "原价",
            "netto",
            "gross",
            "discount",
            "refund",
            "list",
        ],
    },
    Words {
        key: "quantity",
        any: &["quantity", "qty", "menge", "anzahl", "количество", "колво", "数量", "件数", "fkimg", "quantité"],
        not: &["refund", "return", "open", "shipped", "cancel", "退款", "возврат"],
    },
    Words {
        key: "product",
        any: &[
            "sku",
            "productid",
            "productcode",
            "itemnumber",
            "артикул",
            "artikelnummer",
            "matnr",
            "product",
            "menuitem",
            "item",
            "article",
            "artikel",
            "товар",
            "номенклатур",
            "блюдо",
            "наименован",
            "商品",
            "菜品",
            "物料",
            "存货",
            "material",
            "produkt",
            "produit",
        ],
        not: &[
            "price",
            "preis",
            "quantity",
            "qty",
            "amount",
            "total",
            "tax",
            "date",
            "count",
            "status",
            "group",
            "category",
            "type",
            "цена",
            "数量",
            "单价",
            "金额",
            "价格",
            "状态",
            "类",
            "subtotal",
            "discount",
            "вес",
            "cost",
            "колич",
            "колво",
            "promotion",
            "refund",
        ],
    },
    Words {
        key: "tax",
        any: &["salestax", "taxamount", "tax", "vat", "mwst", "umsatzsteuer", "steuer", "ндс", "税额", "税金", "mwsbp", "tva"],
        not: &[
            "rate",
            "satz",
            "code",
            "id",
            "number",
            "nr",
            "ставка",
            "税号",
            "税率",
            "class",
            "excl",
            "incl",
            "includ",
            "shipping",
            "gross",
            "name",
        ],
    },
    Words {
        key: "shipping",
        any: &[
            "shipping",
            "deliveryfee",
            "deliverycost",
            "deliveryprice",
            "deliveryamount",
            "deliverycharge",
            "freight",
            "postage",
            "versandkosten",
            "porto",
            "доставк",
            "运费",
            "配送费",
            "邮费",
        ],
        not: &["tax", "discount", "method", "date", "name", "address", "税", "адрес", "time", "refund"],
    },
    Words {
        key: "discount",
        any: &["discount", "rabatt", "nachlass", "скид", "折扣", "优惠"],
        not: &[
            "code",
            "id",
            "type",
            "соскидкой",
            "безскид",
            "码",
            "券",
            "percent",
            "prozent",
            "name",
            "before",
            "after",
            "tax",
            "shipping",
            "ship",
        ],
    },
    Words { key: "tip", any: &["tip", "tips", "gratuity", "trinkgeld", "чаевые", "小费"], not: &["rate", "type"] },
    Words {
        key: "refunded",
        any: &[
            "amountrefunded",
            "refundedamount",
            "refunded",
            "refund",
            "erstattet",
            "rückerstattung",
            "zurückgezahlt",
            "суммавозврата",
            "возврат",
            "возвращ",
            "退款",
            "remboursé",
            "devuelto",
        ],
        not: &[
            "date",
            "reason",
            "id",
            "status",
            "单号",
            "原因",
            "时间",
            "tax",
            "fee",
            "count",
            "quantity",
            "qty",
            "дата",
            "причин",
            "状态",
            "类型",
            "充值券",
            "申请",
            "type",
            "grund",
            "datum",
        ],
    },
    Words {
        key: "store",
        any: &["storename", "store", "outlet", "branch", "filiale", "standort", "магазин", "предприятие", "门店", "店铺"],
        not: &["credit", "amount", "优惠", "合计", "address"],
    },
    Words { key: "channel", any: &["channel", "source", "kanal", "канал", "渠道", "来源"], not: &["id", "amount"] },
    Words {
        key: "payment",
        any: &[
            "paymentmethod",
            "paymenttype",
            "tender",
            "zahlungsart",
            "zahlart",
            "способоплаты",
            "видоплаты",
            "формаоплаты",
            "支付方式",
            "付款方式",
        ],
        not: &[],
    },
    Words {
        key: "status", any: &["status", "статус", "состояние", "状态"], not: &["退款", "refund", "shipping", "tax", "发货"]
    },
    Words {
        key: "cancelled",
        any: &["cancel", "void", "voided", "storn", "отмен", "удален", "取消", "作废"],
        not: &["reason", "причин", "原因", "amount"],
    },
    Words {
        key: "currency",
        any: &["currency", "währung", "waehrung", "währg", "валют", "币种", "货币种类", "货币"],
        not: &["rate", "symbol", "kurs", "курс", "base", "basis"],
    },
];

/// Whether a column holds what somebody else keeps for himself.
pub(super) fn says_fee(name: &str) -> bool {
    let tokens = tokens(name);
    tokens.iter().any(|token| matches!(token.as_str(), "fee" | "fees"))
        || ["gebühr", "комисс", "手续费"].iter().any(|part| name.to_lowercase().contains(part))
}

/// Whether a column holds what is left of something.
pub(super) fn says_net(name: &str) -> bool {
    tokens(name).iter().any(|token| matches!(token.as_str(), "net" | "netto" | "нетто" | "payout"))
}

/// Whether a column holds what was paid with the tax.
pub(super) fn says_gross(name: &str) -> bool {
    let tokens = tokens(name);
    tokens.iter().any(|token| matches!(token.as_str(), "gross" | "brutto" | "ttc" | "брутто"))
        || ["价税合计", "含税"].iter().any(|part| name.contains(part)) && !name.contains("不含税")
}

/// Whether a column holds shares in a hundred.
pub(super) fn says_share(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["%", "％", "percent", "prozent", "процент", "百分"].iter().any(|part| lower.contains(part))
}

/// Whether the words of a name speak against a meaning.
pub(super) fn ruled_out(key: &str, name: &str) -> bool {
    let (whole, tokens) = (plain(name), tokens(name));
    let has = |word: &&str| {
        if word.is_ascii() && word.len() <= 4 { tokens.iter().any(|token| token == *word) } else { whole.contains(*word) }
    };
    WORDS.iter().any(|words| words.key == key && words.not.iter().any(&has))
}

/// A name in small letters without what it says of tax, and whether the tax is within: `Order Total (inc tax)`, `Цена без НДС`.
pub(super) fn apart_from_tax(name: &str) -> (String, Option<bool>) {
    const SAID: [(&str, bool); 40] = [
        ("excluding vat", false),
        ("without tax", false),
        ("before vat", false),
        ("exkl. ust", false),
        ("ohne ust", false),
        ("including vat", true),
        ("with tax", true),
        ("incl. gst", true),
        ("inkl. ust", true),
        ("mit mwst", true),
        ("excluding tax", false),
        ("excl. tax", false),
        ("excl tax", false),
        ("ex. tax", false),
        ("ex tax", false),
        ("before tax", false),
        ("tax excl.", false),
        ("tax excl", false),
        ("excl. vat", false),
        ("excl vat", false),
        ("ex vat", false),
        ("exkl. mwst.", false),
        ("exkl. mwst", false),
        ("ohne mwst", false),
        ("без ндс", false),
        ("不含税", false),
        ("including tax", true),
        ("incl. tax", true),
        ("incl tax", true),
        ("inc. tax", true),
        ("inc tax", true),
        ("tax incl.", true),
        ("tax incl", true),
        ("incl. vat", true),
        ("incl vat", true),
        ("inc vat", true),
        ("inkl. mwst.", true),
        ("inkl. mwst", true),
        ("с ндс", true),
        ("含税", true),
    ];
    let spaced = name.to_lowercase().replace('_', " ");
    match SAID.iter().find(|(words, _)| spaced.contains(words)) {
        Some((words, with)) => {
            let rest = spaced.replace(words, "").replace("()", "").replace("（）", "").replace("[]", "");
            (rest.trim_matches([' ', ',', '.']).to_owned(), Some(*with))
        }
        None => (name.to_owned(), None),
    }
}

/// A name without what it says of its unit: `Final price (EUR)`, `订单金额（元）`, `Сумма, р.`
pub(super) fn without_unit(name: &str) -> &str {
    let name = name.trim();
    let unit = |text: &str| {
        let text = text.trim().trim_end_matches('.').to_lowercase();
        CODES.contains(&text.to_uppercase().as_str())
            || matches!(text.as_str(), "€" | "$" | "£" | "¥" | "￥" | "元" | "р" | "руб" | "₽" | "rmb" | "zł" | "kč")
    };
    for (open, close) in [('(', ")"), ('（', "）"), ('[', "]")] {
        if let Some((front, inner)) = name.strip_suffix(close).and_then(|rest| rest.rsplit_once(open))
            && unit(inner)
            && !front.trim().is_empty()
        {
            return front.trim();
        }
    }
    name.rsplit_once([',', ' '])
        .filter(|(front, inner)| unit(inner) && !inner.is_ascii() && !front.is_empty())
        .map_or(name, |(front, _)| front.trim_end_matches([',', ' ']))
}

/// The unit of a name, if it is a currency.
pub(super) fn currency_of(name: &str) -> Option<&'static str> {
    let tail = name.get(without_unit(name).len()..).filter(|tail| !tail.is_empty())?.to_uppercase();
    const SIGNS: [(&str, &str); 14] = [
        ("EUR", "EUR"),
        ("USD", "USD"),
        ("GBP", "GBP"),
        ("CHF", "CHF"),
        ("RUB", "RUB"),
        ("CNY", "CNY"),
        ("RMB", "CNY"),
        ("€", "EUR"),
        ("$", "USD"),
        ("£", "GBP"),
        ("元", "CNY"),
        ("₽", "RUB"),
        ("РУБ", "RUB"),
        ("Р.", "RUB"),
    ];
    SIGNS.iter().find(|(sign, _)| tail.contains(sign)).map(|(_, code)| *code)
}

/// Whether a name says that its amounts count the smallest unit.
pub(super) fn in_cents(name: &str) -> bool {
    let tokens = tokens(name);
    let word = |word: &str| tokens.iter().any(|token| token == word);
    ["cents", "cent", "minor", "kopecks", "fen"].iter().any(|unit| word(unit))
        || ["копе", "（分）", "(分)"].iter().any(|part| name.contains(part))
}

/// Whether the words of a name say anything.
pub(super) fn means_something(name: &str) -> bool {
    WORDS.iter().any(|words| likeness(words.key, name).is_some())
}

/// The words of a name: at its signs, and where a capital begins one. What capitals part is a word as a whole too (`MwSt`).
fn tokens(name: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut parts = vec![String::new()];
        let mut small = false;
        for letter in word.chars() {
            if letter.is_uppercase() && small {
                parts.push(String::new());
            }
            small = letter.is_lowercase();
            if let Some(last) = parts.last_mut() {
                last.extend(letter.to_lowercase());
            }
        }
        if parts.len() > 1 {
            all.push(word.to_lowercase());
        }
        all.append(&mut parts);
    }
    all
}

/// How likely a column of a name that is not in the list has a meaning: 0 is likeliest.
pub(super) fn likeness(key: &str, name: &str) -> Option<usize> {
    let words = WORDS.iter().find(|words| words.key == key)?;
    let name = without_unit(name);
    let (whole, tokens) = (plain(name), tokens(name));
    let has = |word: &&&str| {
        if word.is_ascii() && word.len() <= 4 { tokens.iter().any(|token| token == *word) } else { whole.contains(**word) }
    };
    // What is after a discount is no discount.
    let after = ["соскидкой", "afterdiscount", "nachrabatt", "折后"].iter().any(|word| whole.contains(word));
    if key == "discount" && after || name.contains('%') {
        return None;
    }
    // An address to write to is somebody's name.
    let writes = whole.contains("emailaddress");
    // What rules a meaning out may end a longer word: `Steuersatz`, `taxrate`.
    let ends = |word: &str| word.is_ascii() && word.len() == 4 && tokens.iter().any(|token| token.ends_with(word));
    let against = |word: &&&str| {
        (has(word) || ends(word))
            && !(after && matches!(**word, "discount" | "rabatt" | "скид" | "折扣"))
            && !(writes && **word == "address")
    };
    if words.not.iter().any(|word| against(&word)) {
        return None;
    }
    words.any.iter().position(|word| has(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_may_mean() {
        for (key, name, wanted) in [
            ("customer", "Buyer username", true),
            ("customer", "Guest Phone", true),
            ("customer", "# of Guests", false),
            ("customer", "Номер карты гостя", true),
            ("customer", "Customer Group", false),
            ("customer", "用户实付", false),
            ("id", "№ чека", true),
            ("id", "Документ продажи", true),
            ("id", "Item ID", false),
            ("id", "Paid", false),
            ("at", "Учетный день", true),
            ("at", "date_modified", false),
            ("amount", "Сумма со скидкой, р.", true),
            ("amount", "Сумма скидки, р.", false),
            ("amount", "Final price (EUR)", true),
            ("amount", "订单金额（元）", true),
            ("amount", "Sales Tax", false),
            ("discount", "Сумма скидки, р.", true),
            ("discount", "Сумма со скидкой, р.", false),
            ("discount", "Rabatt %", false),
            ("tip", "Tip Amount", true),
            ("tip", "Description", false),
            ("price", "VK Brutto", true),
            ("product", "Order Lines/Product", true),
            ("refunded", "Refund reason", false),
            ("refunded", "Возвращено", true),
            ("customer", "Card", true),
            ("customer", "Card Type", false),
            ("customer", "Gift Card", false),
            ("tax", "Steuersatz", false),
            ("tax", "taxrate", false),
            ("amount", "Gross profit", false),
            ("customer", "From Email Address", true),
            ("customer", "Shipping Address", false),
            ("customer", "Дата заказа покупателем", false),
            ("customer", "ID покупателя", true),
            ("amount", "Оплачено покупателем", true),
            ("amount", "MwSt-Betrag", false),
            ("tax", "MwSt-Betrag", true),
        ] {
            assert_eq!(likeness(key, name).is_some(), wanted, "{key} {name}");
        }
    }

    #[test]
    fn units_in_names() {
        assert_eq!(without_unit("Final price (EUR)"), "Final price");
        assert_eq!(without_unit("订单金额（元）"), "订单金额");
        assert_eq!(without_unit("Сумма скидки, р."), "Сумма скидки");
        assert_eq!(without_unit("Order ID"), "Order ID");
        assert_eq!(without_unit("VAT (19%)"), "VAT (19%)");
        assert_eq!(apart_from_tax("Order Total (inc tax)"), ("order total".to_owned(), Some(true)));
        assert_eq!(apart_from_tax("Цена без НДС"), ("цена".to_owned(), Some(false)));
        assert_eq!(apart_from_tax("价格（不含税）"), ("价格".to_owned(), Some(false)));
        assert_eq!(apart_from_tax("Tax Total"), ("Tax Total".to_owned(), None));
        assert_eq!(currency_of("Final price (EUR)"), Some("EUR"));
        assert_eq!(currency_of("Сумма, р."), Some("RUB"));
        assert_eq!(currency_of("Final price"), None);
    }
}
