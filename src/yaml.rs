//! What must hold of every YAML text before it is read: that reading it takes no more than what is written.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Lists and maps within one another in one line; readers take time by the level.
const DEEPEST: usize = 200;
/// What aliases may come to, as a multiple of the text.
const TIMES: usize = 4;
/// Small texts may repeat themselves more often.
const FREE: usize = 10_000;

/// Refuses texts that stand for far more than what is written, and those nested without end: in words without a full stop.
///
/// # Errors
/// What is too much. Texts that are no YAML pass: whoever reads them says so better.
pub(crate) fn bounded(text: &str) -> Result<(), String> {
    if depth(text.as_bytes()) > DEEPEST {
        return Err(format!("lists stand within one another more than {DEEPEST} times"));
    }
    let has = |sign: u8| memchr::memchr(sign, text.as_bytes()).is_some();
    if !has(b'&') || !has(b'*') {
        return Ok(());
    }
    let left = Cell::new(text.len().saturating_mul(TIMES).saturating_add(FREE));
    let weighed = Weigh(&left).deserialize(serde_yaml::Deserializer::from_str(text));
    let repeats = |error: serde_yaml::Error| left.get() == 0 || error.to_string().contains("repetition limit");
    if weighed.is_err_and(repeats) {
        return Err("the file repeats itself too often with * and &; write the records out".to_owned());
    }
    Ok(())
}

/// How deep brackets stand within one another, where a list or a map can begin.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut before) = (0_usize, 0, b'\n');
    for byte in text {
        match byte {
            b'[' | b'{' if matches!(before, b'\n' | b'[' | b'{' | b',' | b':' | b'-' | b'?') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !matches!(byte, b' ' | b'\t' | b'\r') {
            before = *byte;
        }
    }
    deepest
}

/// Goes through everything a text stands for, aliases followed, until too much has come by.
#[derive(Clone, Copy)]
struct Weigh<'a>(&'a Cell<usize>);

impl Weigh<'_> {
    fn take<E: Error>(self, length: usize) -> Result<(), E> {
        let left = self.0.get().saturating_sub(length.saturating_add(1));
        self.0.set(left);
        if left == 0 { Err(E::custom("too much")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Weigh<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Weigh<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.take(1)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.take(1)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        self.take(1)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.take(1)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        self.take(1)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.take(1)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.take(1)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.take(1)?;
        while seq.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.take(1)?;
        while map.next_key_seed(self)?.is_some() {
            map.next_value_seed(self)?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{bounded, depth};

    #[test]
    fn ordinary_texts_pass() {
        for text in ["", "a: 1", "a: [b, {c: d}]", "a: &x {b: 1}\nc: *x\nd: *x", "- !x y & *z", "name: \"[\"", "not: [yaml", "a & b"] {
            assert_eq!(bounded(text), Ok(()), "{text}");
        }
        let many: String = (0..5_000).map(|n| format!("- {{name: \"5 * [S] & more\", n: {n}}}\n")).collect();
        assert_eq!(bounded(&many), Ok(()));
    }

    #[test]
    fn repetitions_are_counted() {
        let list = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
        let times = |n: usize| format!("a: &a {list}\nb:\n{}", "- *a\n".repeat(n));
        assert_eq!(bounded(&times(400)), Ok(()), "a few thousand values are free");
        assert!(bounded(&times(40_000)).is_err());
        assert!(bounded(&format!("a: &a {}\nb: [{}]", "long ".repeat(5_000), "*a,".repeat(5_000))).is_err());
    }

    #[test]
    fn depth_is_counted_where_lists_begin() {
        assert_eq!(depth(b"a: [ [ {b: [x]}, [y] ] ]"), 4);
        assert_eq!(depth(b"a: x [1\nb: y [2\nc: z [3\n"), 0);
        assert!(bounded(&"[".repeat(100_000)).is_err());
    }
}
