//! Currencies by ISO 4217 code.

/// A currency: its code, the decimals of its minor unit and its symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// `EUR`
    pub code: String,
    /// Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD.
    pub decimals: u8,
    /// `€`; empty where the currency has none of its own.
    pub symbol: String,
}

/// The currency of an ISO 4217 code in capitals, if there is one with a minor unit.
#[must_use]
pub fn currency(code: &str) -> Option<Currency> {
    let found = iso_currency::Currency::from_code(code)?;
    Some(Currency { code: code.to_owned(), decimals: u8::try_from(found.exponent()?).ok()?, symbol: found.symbol().symbol })
}
