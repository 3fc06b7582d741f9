//! What of a text can be shown, and how wide it is.

/// A text on one line in which nothing is hidden: controls, marks of direction and characters without width appear as
/// `<U+202E>`, tabs and line breaks as blanks.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' => shown.push(' '),
            '\r' => {}
            _ => show(c, &mut shown),
        }
    }
    shown
}

/// Appends a character, or its code where it would be hidden or act on the terminal.
pub(super) fn show(c: char, into: &mut String) {
    if is_hidden(c) {
        into.push_str(&format!("<U+{:04X}>", u32::from(c)));
    } else {
        into.push(c);
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF
        )
}

/// How many columns of a terminal a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// 0 for marks that combine, 2 for ideographs and their like, 1 for the rest.
fn width(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36F
        | 0x483..=0x489
        | 0x591..=0x5BD
        | 0x64B..=0x65F
        | 0x1AB0..=0x1AFF
        | 0x20D0..=0x20FF
        | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0x4DBF
        | 0x4E00..=0xA4CF
        | 0xA960..=0xA97C
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F900..=0x1F9FF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}
