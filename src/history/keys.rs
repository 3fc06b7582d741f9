//! Ids as columns: whole numbers stay numbers, all else are bytes. Both compare as the bytes of their text.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A missing whole number. Its own text, the least of 64 bits, is kept as a text.
pub(super) const NONE: i64 = i64::MIN;

/// A `u32` used as an index.
pub(super) fn ix(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// An index kept in 32 bits. Chunks and parts are bounded far below that.
pub(super) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A column of ids.
#[derive(Clone, Debug, Default)]
pub(super) enum Keys {
    /// No record has one.
    #[default]
    None,
    /// All that are present are whole numbers as a machine writes them.
    Ints(Vec<i64>),
    /// An empty text where one is missing.
    Texts(Strings),
}

/// Texts one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Strings {
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Strings {
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    pub fn get(&self, index: usize) -> &[u8] {
        let end = self.ends.get(index).copied().unwrap_or(0);
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// One id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyRef<'a> {
    Missing,
    Int(i64),
    /// Never the text of a whole number as a machine writes it: see [`KeyRef::parse`].
    Text(&'a [u8]),
}

/// One id of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    #[default]
    Missing,
    Int(i64),
    Text(Box<[u8]>),
}

/// The whole number that a text spells exactly as a machine would write it.
pub(super) fn canonical_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let first = *digits.first()?;
    if digits.len() > 19 || first == b'0' && (digits.len() > 1 || negative) {
        return None;
    }
    let mut sum = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    Some(if negative { -sum } else { sum })
}

impl<'a> KeyRef<'a> {
    /// The id that a text is; empty is missing.
    pub fn parse(text: &'a [u8]) -> Self {
        if text.is_empty() {
            return Self::Missing;
        }
        canonical_int(text).map_or(Self::Text(text), Self::Int)
    }

    pub fn is_missing(self) -> bool {
        self == Self::Missing
    }

    pub fn own(self) -> Key {
        match self {
            Self::Missing => Key::Missing,
            Self::Int(n) => Key::Int(n),
            Self::Text(text) => Key::Text(text.into()),
        }
    }

    /// The text, in `buffer` where it has to be written.
    pub fn bytes<'b>(self, buffer: &'b mut Digits) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Self::Missing => &[],
            Self::Int(n) => buffer.write(n),
            Self::Text(text) => text,
        }
    }

    pub fn text(self) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Int(n) => n.to_string(),
            Self::Text(text) => String::from_utf8_lossy(text).into_owned(),
        }
    }

    /// A hash that is the same on every machine and for every spelling of the data.
    pub fn spread(self) -> u64 {
        let seed = match self {
            Self::Missing => 0,
            Self::Int(n) => u64::from_ne_bytes(n.to_ne_bytes()),
            Self::Text(text) => {
                text.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
            }
        };
        let mixed = (seed ^ (seed >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    }

    /// The order of the texts, bytewise; a missing one first.
    pub fn compare(self, other: KeyRef<'_>) -> Ordering {
        match (self, other) {
            (Self::Missing, KeyRef::Missing) => return Ordering::Equal,
            (Self::Int(a), KeyRef::Int(b)) if a == b => return Ordering::Equal,
            (Self::Text(a), KeyRef::Text(b)) => return a.cmp(b),
            _ => {}
        }
        self.bytes(&mut Digits::default()).cmp(other.bytes(&mut Digits::default()))
    }
}

impl Key {
    pub fn as_ref(&self) -> KeyRef<'_> {
        match self {
            Self::Missing => KeyRef::Missing,
            Self::Int(n) => KeyRef::Int(*n),
            Self::Text(text) => KeyRef::Text(text),
        }
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.spread());
    }
}

/// Room for the digits of a whole number.
#[derive(Default)]
pub(super) struct Digits {
    room: [u8; 20],
}

impl Digits {
    fn write(&mut self, n: i64) -> &[u8] {
        let mut rest = n.unsigned_abs();
        let mut start = self.room.len();
        for (at, slot) in self.room.iter_mut().enumerate().rev() {
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            start = at;
            if rest == 0 {
                break;
            }
        }
        if n < 0
            && let Some(before) = start.checked_sub(1)
            && let Some(slot) = self.room.get_mut(before)
        {
            *slot = b'-';
            start = before;
        }
        self.room.get(start..).unwrap_or_default()
    }
}

impl Keys {
    /// The id at `index`.
    pub fn get(&self, index: usize) -> KeyRef<'_> {
        match self {
            Self::None => KeyRef::Missing,
            Self::Ints(list) => match list.get(index) {
                None | Some(&NONE) => KeyRef::Missing,
                Some(n) => KeyRef::Int(*n),
            },
            Self::Texts(list) => KeyRef::parse(list.get(index)),
        }
    }

    /// The column of the given texts.
    pub fn from_texts<'a>(texts: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let ints: Option<Vec<i64>> = texts.clone().map(|text| if text.is_empty() { Some(NONE) } else { canonical_int(text) }).collect();
        if let Some(ints) = ints {
            return Self::Ints(ints);
        }
        let mut all = Strings::default();
        texts.for_each(|text| all.push(text));
        Self::Texts(all)
    }

    /// The ids at the given places, in their order.
    pub fn gather(&self, order: &[u32]) -> Self {
        match self {
            Self::None => Self::None,
            Self::Ints(list) => Self::Ints(gather(list, order, NONE)),
            Self::Texts(list) => {
                let mut all = Strings::default();
                order.iter().for_each(|at| all.push(list.get(ix(*at))));
                Self::Texts(all)
            }
        }
    }

    /// Ids that stand for nobody are missing.
    pub fn without(self, nobody: &[String], len: usize) -> Self {
        let same = |key: &[u8], text: &str| {
            let other = || std::str::from_utf8(key).is_ok_and(|key| !key.is_ascii() && key.to_lowercase() == text.to_lowercase());
            key.eq_ignore_ascii_case(text.as_bytes()) || other()
        };
        let is = |key: KeyRef<'_>| match key {
            KeyRef::Text(key) => nobody.iter().any(|text| same(key, text)),
            key => nobody.iter().any(|text| key == KeyRef::parse(text.as_bytes())),
        };
        if nobody.is_empty() || !(0..len).any(|at| is(self.get(at))) {
            return self;
        }
        let mut all = Strings::default();
        let mut digits = Digits::default();
        for at in 0..len {
            let key = self.get(at);
            all.push(if is(key) { b"" } else { key.bytes(&mut digits) });
        }
        Self::Texts(all)
    }

    /// Adds ids `from..to` of another column after the `len` that this one has.
    pub fn append(&mut self, len: usize, other: &Self, from: usize, to: usize) {
        match (&mut *self, other) {
            (Self::None, Self::None) => {}
            (Self::Ints(mine), Self::Ints(theirs)) => mine.extend_from_slice(theirs.get(from..to).unwrap_or_default()),
            (Self::None, Self::Ints(theirs)) => {
                let mut mine = vec![NONE; len];
                mine.extend_from_slice(theirs.get(from..to).unwrap_or_default());
                *self = Self::Ints(mine);
            }
            (Self::Ints(mine), Self::None) => mine.resize(mine.len() + (to - from), NONE),
            (Self::Texts(mine), theirs) => {
                let mut digits = Digits::default();
                (from..to).for_each(|at| mine.push(theirs.get(at).bytes(&mut digits)));
            }
            (mine, Self::Texts(_)) => {
                let mut all = Strings::default();
                let mut digits = Digits::default();
                (0..len).for_each(|at| all.push(mine.get(at).bytes(&mut digits)));
                *self = Self::Texts(all);
                self.append(len, other, from, to);
            }
        }
    }
}

/// The values at the given places, in their order.
pub(super) fn gather<T: Copy>(list: &[T], order: &[u32], missing: T) -> Vec<T> {
    if list.is_empty() {
        return Vec::new();
    }
    order.iter().map(|at| list.get(ix(*at)).copied().unwrap_or(missing)).collect()
}
