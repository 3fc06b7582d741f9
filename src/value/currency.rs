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

/// A sample of the language (`from 50 EUR 2%`) in a program's own currency, where it is in another.
#[must_use]
pub(crate) fn sample_in(text: &str, own: &Currency) -> String {
    let mut said = String::new();
    let mut pieces = text.split(" EUR");
    said.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        let start = said.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at.saturating_add(1));
        let number = said.get(start..).unwrap_or("").to_owned();
        let ends = !piece.starts_with(char::is_alphanumeric);
        if ends && number.starts_with(|c: char| c.is_ascii_digit()) {
            if own.decimals == 0 && number.contains('.') {
                // What has cents elsewhere is a whole number here.
                let whole = number.replace('.', "");
                said.truncate(start);
                said.push_str(whole.trim_start_matches('0'));
            }
            said.push(' ');
            said.push_str(&own.code);
        } else {
            said.push_str(" EUR");
        }
        said.push_str(piece);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::{currency, sample_in};

    #[test]
    fn samples_are_said_in_the_programs_currency() {
        let said = |text: &str, code: &str| currency(code).map(|own| sample_in(text, &own)).unwrap_or_default();
        assert_eq!(said("Write: from 50 EUR 2%, or 1.50 EUR off", "USD"), "Write: from 50 USD 2%, or 1.50 USD off");
        assert_eq!(said("worth 0.01 EUR, at most 20 EUR", "JPY"), "worth 1 JPY, at most 20 JPY");
        assert_eq!(said("Add the line: currency EUR", "USD"), "Add the line: currency EUR");
    }
}
