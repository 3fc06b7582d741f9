//! Comments and blank lines: where they stand in a text, and with which piece of a sentence they go.

use super::layout::{Dressed, Piece};

/// A comment of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// Where its `#` stands.
    pub at: usize,
    /// From the `#` on, without blanks at the end.
    pub text: String,
    /// Whether nothing stands before it on its line.
    pub alone: bool,
    /// Whether it stands alone and not at the left margin.
    pub indented: bool,
    /// Whether a blank line stands above its line.
    pub blank: bool,
}

/// All comments of a text.
pub(super) fn comments(text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let (mut start, mut blank) = (0_usize, false);
    for line in text.split_inclusive('\n') {
        if let Some(hash) = comment_start(line) {
            let before = line.get(..hash).unwrap_or("");
            let alone = before.trim().is_empty();
            let text = line.get(hash..).unwrap_or("").trim_end().to_owned();
            found.push(Comment { at: start.saturating_add(hash), text, alone, indented: alone && hash > 0, blank });
        }
        blank = line.trim().is_empty();
        start = start.saturating_add(line.len());
    }
    found
}

/// Where the comment of a line begins: at the first `#` outside quotes.
fn comment_start(line: &str) -> Option<usize> {
    let mut quoted = false;
    line.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '#' && !quoted).then_some(at)
    })
}

/// Whether a blank line stands above the line of a position, and nothing but commas or the `and` of effects before it on that line.
pub(super) fn blank_above(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let (above, own) = before.rsplit_once('\n').unwrap_or(("", before));
    let line = above.rsplit_once('\n').map_or(above, |(_, line)| line);
    matches!(own.trim_matches([' ', '\t', ',']), "" | "and") && before.contains('\n') && line.trim().is_empty()
}

/// Gives every piece of a sentence the comments that go with it: those alone on their lines go with what follows, the others
/// with what they stand behind. What is left over stands behind the sentence.
pub(super) fn dress(pieces: Vec<Piece>, comments: &[Comment], text: &str) -> (Vec<Dressed>, Vec<Comment>) {
    let dress = |piece: Piece| {
        let blank = blank_above(text, piece.start);
        Dressed { piece, before: Vec::new(), after: None, blank }
    };
    let mut dressed: Vec<Dressed> = pieces.into_iter().map(dress).collect();
    // Pieces do not overlap, so their order in the text says which are around a comment.
    let mut order: Vec<(usize, usize, usize)> =
        dressed.iter().enumerate().map(|(index, one)| (one.piece.start, one.piece.end, index)).collect();
    order.sort_unstable();
    let mut rest = Vec::new();
    for comment in comments {
        let at = comment.at;
        let behind = order.partition_point(|(start, _, _)| *start < at);
        let last = behind.checked_sub(1).and_then(|index| order.get(index));
        let inside = last.filter(|(_, end, _)| at < *end).map(|(_, _, index)| *index);
        let next = || order.get(behind).map(|(_, _, index)| *index);
        let previous = || last.filter(|(_, end, _)| *end <= at).map(|(_, _, index)| *index);
        let with = if comment.alone || inside.is_some() { None } else { previous() };
        let follows = inside.or_else(next);
        if let Some(one) = with.and_then(|index| dressed.get_mut(index)).filter(|one| one.after.is_none()) {
            one.after = Some(comment.text.clone());
        } else if let Some(one) = follows.and_then(|index| dressed.get_mut(index)) {
            // What stood inside goes above, and the blank line with it.
            let above = inside.is_some() && one.before.is_empty() && std::mem::take(&mut one.blank);
            let blank = above || inside.is_none() && comment.blank && comment.alone;
            one.before.push(Comment { blank, ..comment.clone() });
        } else {
            rest.push(comment.clone());
        }
    }
    settle(&mut dressed);
    (dressed, rest)
}

/// What stands behind a sentence that flows stays there, wherever its last words went.
fn settle(dressed: &mut [Dressed]) {
    let last = dressed.iter().enumerate().max_by_key(|(_, one)| one.piece.end).map(|(index, _)| index);
    let final_index = dressed.len().saturating_sub(1);
    let Some(last) = last.filter(|last| *last != final_index) else { return };
    let flows = last == 0 || dressed.get(last).is_some_and(|one| one.piece.flows());
    if !flows || dressed.last().is_some_and(|one| one.after.is_some()) {
        return;
    }
    let comment = dressed.get_mut(last).and_then(|one| one.after.take());
    if let Some(one) = dressed.last_mut() {
        one.after = comment;
    }
}
