//! How names are compared.

use unicode_normalization::UnicodeNormalization;

/// The form under which names are equal: without regard to case, and to whether an accent
/// is a character of its own. Singular and plural are for the caller, who knows
/// what is declared.
#[must_use]
pub fn name_key(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.to_lowercase().nfc().collect()
}

/// The form under which names look alike, by the tables of Unicode: `сор` in Cyrillic letters and `cop` in Latin ones.
#[must_use]
pub fn look(name: &str) -> String {
    unicode_security::skeleton(name).collect()
}
