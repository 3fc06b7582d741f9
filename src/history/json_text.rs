//! JSON as text: nothing is turned into a float, and only what is asked for is unpacked.

use memchr::memchr2;

/// Lists and objects may lie in one another so deep.
const DEEPEST: usize = 64;

/// What is wrong, and at which byte.
pub(super) type Broken = (usize, &'static str);

const CUT: &str = "the JSON ends too early: the file was cut off or not copied whole";

/// A text being read.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub bytes: &'a [u8],
}

/// A value without parts, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain<'a> {
    Null,
    Bool(bool),
    Number(&'a [u8]),
    /// Between the quotes.
    Quoted(&'a [u8]),
}

impl<'a> Text<'a> {
    pub fn peek(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The next byte that is no blank.
    pub fn blank(self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
    }

    fn expect(self, at: usize, wanted: u8, message: &'static str) -> Result<usize, Broken> {
        let at = self.blank(at);
        match self.peek(at) {
            Some(byte) if byte == wanted => Ok(at + 1),
            None => Err((at, CUT)),
            Some(_) => Err((at, message)),
        }
    }

    /// The end of the quoted text that begins after the quote at `at - 1`; its closing quote stands there.
    fn quoted(self, mut at: usize) -> Result<usize, Broken> {
        let from = at;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += memchr2(b'"', b'\\', rest).ok_or((from, CUT))?;
            if self.peek(at) == Some(b'"') {
                return Ok(at);
            }
            at += 2;
        }
    }

    /// Where a value ends; its parts are only counted.
    pub fn skip(self, at: usize) -> Result<usize, Broken> {
        let mut at = self.blank(at);
        let mut open = 0_usize;
        loop {
            match self.peek(at).ok_or((at, CUT))? {
                b'"' => at = self.quoted(at + 1)? + 1,
                b'{' | b'[' => {
                    open += 1;
                    if open > DEEPEST {
                        return Err((at, "lists and objects lie in one another too deep"));
                    }
                    at += 1;
                }
                b'}' | b']' if open > 0 => {
                    open -= 1;
                    at += 1;
                }
                b'}' | b']' => return Err((at, "a bracket closes here that was never opened")),
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if open > 0 => {
                    at += 1;
                    continue;
                }
                _ => at = self.plain(at)?.1,
            }
            if open == 0 {
                return Ok(at);
            }
        }
    }

    /// A value without parts, and where it ends.
    pub fn plain(self, at: usize) -> Result<(Plain<'a>, usize), Broken> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        match rest.first() {
            None => Err((at, CUT)),
            Some(b'"') => {
                let end = self.quoted(at + 1)?;
                Ok((Plain::Quoted(self.bytes.get(at + 1..end).unwrap_or_default()), end + 1))
            }
            Some(b'-' | b'0'..=b'9') => {
                let length = rest.iter().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
                Ok((Plain::Number(rest.get(..length).unwrap_or_default()), at + length))
            }
            Some(_) => {
                for (word, value) in [("null", Plain::Null), ("true", Plain::Bool(true)), ("false", Plain::Bool(false))] {
                    if rest.starts_with(word.as_bytes()) {
                        return Ok((value, at + word.len()));
                    }
                }
                if rest.starts_with(b"NaN") {
                    return Ok((Plain::Null, at + 3));
                }
                Err((at, "this is no JSON value: a text stands in quotes, and only numbers, true, false and null without"))
            }
        }
    }

    /// The parts of an object that begins at `at`: names, and where the values begin; `part` says where each ends.
    pub fn object(self, at: usize, mut part: impl FnMut(&'a [u8], usize) -> Result<usize, Broken>) -> Result<usize, Broken> {
        let mut at = self.blank(at + 1);
        if self.peek(at) == Some(b'}') {
            return Ok(at + 1);
        }
        loop {
            let from = self.expect(at, b'"', "a name in quotes should stand here")?;
            let end = self.quoted(from)?;
            let value = self.expect(end + 1, b':', "a colon should stand between a name and its value")?;
            at = self.blank(part(self.bytes.get(from..end).unwrap_or_default(), self.blank(value))?);
            match self.peek(at) {
                Some(b',') => at = self.blank(at + 1),
                Some(b'}') => return Ok(at + 1),
                None => return Err((at, CUT)),
                Some(_) => return Err((at, "a comma is missing between two parts of an object")),
            }
        }
    }

    /// The elements of a list that begins at `at`.
    pub fn list(self, at: usize, mut element: impl FnMut(usize) -> Result<usize, Broken>) -> Result<usize, Broken> {
        let mut at = self.blank(at + 1);
        if self.peek(at) == Some(b']') {
            return Ok(at + 1);
        }
        loop {
            at = self.blank(element(at)?);
            match self.peek(at) {
                Some(b',') => at = self.blank(at + 1),
                Some(b']') => return Ok(at + 1),
                None => return Err((at, CUT)),
                Some(_) => return Err((at, "a comma is missing between two elements of a list")),
            }
        }
    }
}

/// Appends what a quoted text says.
pub(super) fn unquote(quoted: &[u8], out: &mut String) -> Result<(), &'static str> {
    const BAD: &str = "a text has a backslash that means nothing";
    let text = std::str::from_utf8(quoted).map_err(|_| "a letter is not in UTF-8")?;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut letters = after.chars();
        match letters.next().ok_or(BAD)? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            same @ ('"' | '\\' | '/') => out.push(same),
            'u' => {
                let (letter, used) = unicode(letters.as_str()).ok_or(BAD)?;
                out.push(letter);
                rest = letters.as_str().get(used..).ok_or(BAD)?;
                continue;
            }
            _ => return Err(BAD),
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    Ok(())
}

/// The letter of four hexadecimal digits, or of two such groups, and how many bytes they are.
fn unicode(text: &str) -> Option<(char, usize)> {
    let group = |from: usize| u32::from_str_radix(text.get(from..from + 4)?, 16).ok();
    let first = group(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, 4));
    }
    let second = text.get(4..6).filter(|mark| *mark == "\\u").and_then(|_| group(6)).filter(|n| (0xdc00..0xe000).contains(n))?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 10))
}

/// A number without exponent.
pub(super) fn number(raw: &[u8], out: &mut String) -> Result<(), &'static str> {
    const BAD: &str = "this is no number as JSON writes it";
    let text = std::str::from_utf8(raw).map_err(|_| BAD)?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().map_err(|_| BAD)?),
        None => (text, 0),
    };
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) {
        return Err(BAD);
    }
    if exponent == 0 || !(-60..=60).contains(&exponent) {
        out.push_str(text);
        return Ok(());
    }
    let part = digits.split_once('.').map_or("", |(_, part)| part);
    let all = format!("{whole}{part}");
    let shift = usize::try_from(exponent.unsigned_abs()).map_err(|_| BAD)?;
    out.push_str(if mantissa.starts_with('-') { "-" } else { "" });
    let point = if exponent > 0 { whole.len() + shift } else { whole.len().saturating_sub(shift) };
    let zeros = if exponent < 0 { shift.saturating_sub(whole.len()) } else { 0 };
    let padded = format!("{}{all}{}", "0".repeat(zeros), "0".repeat(point.saturating_sub(all.len())));
    let (whole, part) = padded.split_at_checked(point).ok_or(BAD)?;
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    Ok(())
}
