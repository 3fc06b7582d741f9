//! The reasons for rejecting a row, in the words that people read.

pub(super) const NOT_A_NUMBER: &str = "not a plain number such as 12.50";
pub(super) const DECIMALS: &str = "more decimals than the currency has (write 1250 or 1.25, not 1.250)";
pub(super) const TOO_LARGE: &str = "number too large";
pub(super) const NEGATIVE: &str = "negative amount (if these are returns, write in the mapping: negative amounts: are returns)";
pub(super) const NEGATIVE_VALUE: &str = "negative value";
pub(super) const TAX_ABOVE: &str = "tax above the amount, which includes it";
pub(super) const SHIPPING_ABOVE: &str = "shipping above the amount, which includes it";
pub(super) const DISCOUNT_ABOVE: &str = "discount above what the line costs";
pub(super) const OTHER_CURRENCY: &str = "a currency that is not the program's";
pub(super) const NO_AMOUNT: &str = "no amount";
pub(super) const TWO_AMOUNTS: &str = "lines of one receipt that record different amounts (if each is its line's own, write in the mapping: items: { columns: { line total: COLUMN } })";
pub(super) const TWO_CUSTOMERS: &str =
    "lines of one receipt that name different customers (where numbers come again, say what makes a receipt, such as id: [STORE, NUMBER])";
pub(super) const OTHER_SIGN: &str = "amount below its lines and shipping, where the mapping says that the rest is on top of them";
pub(super) const NO_LINES: &str = "neither an amount nor item lines";
pub(super) const NO_TIME: &str = "no date or time";
pub(super) const NOT_A_TIME: &str = "not a date or time such as 2024-12-24 or 2024-12-24T14:30:00";
pub(super) const NO_SUCH_ZONE: &str = "a time zone that is not known (known are names such as Europe/Berlin and offsets such as +01:00)";
pub(super) const FINE_TIME: &str = "time finer than a microsecond";
pub(super) const NOT_A_DATE: &str = "not a date such as 2024-12-24";
pub(super) const NOT_YES_NO: &str = "neither yes nor no";
pub(super) const RAGGED: &str = "more or fewer fields than the header";
pub(super) const SAME_ID: &str = "another record with this id is kept (if rows are lines of a receipt, map them as items too)";
pub(super) const NO_CUSTOMER: &str = "no customer";
pub(super) const NO_ID: &str = "no id";
pub(super) const NO_NAME: &str = "no name";
pub(super) const NO_PRODUCT: &str = "no product";
pub(super) const NO_QUANTITY: &str = "quantity is zero";
pub(super) const NO_PURCHASE: &str = "no purchase with this id";
pub(super) const SEVERAL_OWNERS: &str = "several customers have a purchase with this id (add a customer column)";
pub(super) const UNMATCHED: &str = "return that matches no earlier purchase of the customer";
pub(super) const UNKNOWN_PURCHASE: &str = "return of an unknown purchase";
pub(super) const TOO_MUCH: &str = "returns more than is left of the purchase";
pub(super) const RETURNED_BEFORE: &str = "returned before it was bought";
pub(super) const NOTHING_RETURNED: &str = "returns nothing";
pub(super) const NOT_BOUGHT: &str = "returns a product that the purchase does not hold";
pub(super) const NO_SUCH_EVENT_PURCHASE: &str = "event that names an unknown purchase";
pub(super) const NO_SCORE: &str = "no score";
pub(super) const NO_TOTAL: &str = "a row without a day whose amount is not the sum of the rows above: neither a purchase nor a total";
pub(super) const REFUND_ABOVE: &str = "refund above the amount of its purchase";
pub(super) const TWO_FILES: &str = "one receipt in two files that differ";
pub(super) const OUTSIDE_PERIOD: &str = "outside the period of the mapping";
pub(super) const ONLY_BELOW_ZERO: &str = "negative lines that come to more than what was bought with them";

pub(super) const NO_WALLET: &str = "the program has no such wallet";
pub(super) const NO_TIER: &str = "the program has no such tier";
pub(super) const NO_MEASURE: &str = "the program measures nothing of this name";
pub(super) const ROLLING_COUNT: &str =
    "a sum of the last months or days, whose parts leave it one by one (leave the count out and give the purchases themselves)";
pub(super) const NO_VALUE: &str = "no value";
pub(super) const FINER_UNITS: &str = "finer than the smallest unit of the wallet or measure";
pub(super) const SAME_OPENING: &str = "another row for this customer and the same tier or measure is kept";

// What the mapping leaves out.
pub(super) const NOT_IN_USE: &str = "left out by: use only";
pub(super) const CANCELLED: &str = "cancelled";

/// The words for programs of reasons, which never change.
const IDS: [(&str, &str); 51] = [
    (NOT_A_NUMBER, "not_a_number"),
    (DECIMALS, "too_many_decimals"),
    (TOO_LARGE, "too_large"),
    (NEGATIVE, "negative_amount"),
    (NEGATIVE_VALUE, "negative_value"),
    (TAX_ABOVE, "tax_above_amount"),
    (SHIPPING_ABOVE, "shipping_above_amount"),
    (DISCOUNT_ABOVE, "discount_above_line"),
    (OTHER_CURRENCY, "other_currency"),
    (NO_AMOUNT, "no_amount"),
    (TWO_AMOUNTS, "two_amounts"),
    (TWO_CUSTOMERS, "two_customers"),
    (OTHER_SIGN, "rest_of_other_sign"),
    (NO_LINES, "no_amount_no_lines"),
    (NO_TIME, "no_time"),
    (NOT_A_TIME, "not_a_time"),
    (NO_SUCH_ZONE, "no_such_zone"),
    (FINE_TIME, "time_too_fine"),
    (NOT_A_DATE, "not_a_date"),
    (NOT_YES_NO, "not_yes_or_no"),
    (RAGGED, "ragged"),
    (SAME_ID, "same_id"),
    (NO_CUSTOMER, "no_customer"),
    (NO_ID, "no_id"),
    (NO_NAME, "no_name"),
    (NO_PRODUCT, "no_product"),
    (NO_QUANTITY, "no_quantity"),
    (NO_PURCHASE, "no_such_purchase"),
    (SEVERAL_OWNERS, "several_customers"),
    (UNMATCHED, "unmatched_return"),
    (UNKNOWN_PURCHASE, "return_of_unknown_purchase"),
    (TOO_MUCH, "returns_too_much"),
    (RETURNED_BEFORE, "returned_before_bought"),
    (NOTHING_RETURNED, "returns_nothing"),
    (NOT_BOUGHT, "returns_what_was_not_bought"),
    (NO_SUCH_EVENT_PURCHASE, "event_of_unknown_purchase"),
    (NO_SCORE, "no_score"),
    (TWO_FILES, "two_files"),
    (OUTSIDE_PERIOD, "outside_period"),
    (ONLY_BELOW_ZERO, "only_negative_lines"),
    (NOT_IN_USE, "not_in_use"),
    (CANCELLED, "cancelled"),
    (NO_TOTAL, "total_that_differs"),
    (REFUND_ABOVE, "refund_above_amount"),
    (NO_WALLET, "no_such_wallet"),
    (NO_TIER, "no_such_tier"),
    (NO_MEASURE, "no_such_measure"),
    (ROLLING_COUNT, "count_of_rolling_window"),
    (NO_VALUE, "no_value"),
    (FINER_UNITS, "finer_than_smallest_unit"),
    (SAME_OPENING, "same_opening"),
];

/// The word of a reason for programs.
pub(super) fn id(reason: &str) -> &'static str {
    IDS.iter().find(|(words, _)| *words == reason).map_or("other", |(_, id)| id)
}
