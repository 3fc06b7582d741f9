//! How names are compared.

/// The form under which names are equal: without regard to case. Singular and plural are for the caller, who knows
/// what is declared.
#[must_use]
pub fn name_key(name: &str) -> String {
    name.to_lowercase()
}
