//! What differs in the texts of two programs, sentence by sentence.

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    OnlyFirst(String),
    OnlySecond(String),
    /// The same words with other numbers.
    Numbers(String, String),
}

/// The differences of two programs as lists of sentences in one form, in the order of the first and then of the second.
/// Sentences that stand in both are no difference, in whatever order.
#[must_use]
pub fn differences(first: &[String], second: &[String]) -> Vec<Difference> {
    let mut rest: Vec<Option<&String>> = second.iter().map(Some).collect();
    let mut take = |wanted: &dyn Fn(&String) -> bool| {
        let found = rest.iter_mut().find(|other| other.is_some_and(wanted));
        found.and_then(Option::take)
    };
    let left: Vec<&String> = first.iter().filter(|sentence| take(&|other| other == *sentence).is_none()).collect();
    let mut told = Vec::new();
    for sentence in left {
        let shape = shape(sentence);
        told.push(match take(&|other| self::shape(other) == shape) {
            Some(other) => Difference::Numbers(sentence.clone(), other.clone()),
            None => Difference::OnlyFirst(sentence.clone()),
        });
    }
    told.extend(rest.into_iter().flatten().map(|sentence| Difference::OnlySecond(sentence.clone())));
    told
}

/// A sentence with every number struck out.
fn shape(sentence: &str) -> String {
    let mut shape = String::with_capacity(sentence.len());
    let mut in_number = false;
    for c in sentence.chars() {
        let digit = c.is_ascii_digit() || in_number && matches!(c, '.' | ',');
        if digit && !in_number {
            shape.push('#');
        }
        if !digit {
            shape.push(c);
        }
        in_number = digit;
    }
    shape
}
