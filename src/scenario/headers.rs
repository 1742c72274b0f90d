//! Where the tables of a text stand: from header to header, with the comment that belongs to each.
//! Only this is known of the text; what the tables hold is read by the TOML reader.

use std::ops::Range;

/// A table with a header of its own: `[service.shop]` or `[[timeline]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The names between the brackets: `["service", "shop"]`.
    pub names: Vec<String>,
    /// One of a list of tables, in two brackets.
    pub listed: bool,
    /// Where the names stand, without brackets.
    pub named: Range<usize>,
    /// From the comment directly above the header to where the next section begins.
    pub whole: Range<usize>,
}

impl Section {
    /// Whether this is the table with these names, or one within it.
    pub fn is_of(&self, names: &[&str]) -> bool {
        self.names.len() >= names.len() && self.names.iter().zip(names).all(|(a, b)| a == b)
    }
}

/// All sections, in the order of the text.
pub fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    for start in header_starts(text) {
        let Some(mut section) = header(text, start) else {
            continue;
        };
        section.whole.start = with_comment(text, start);
        if let Some(before) = found.last_mut() {
            before.whole.end = section.whole.start;
        }
        found.push(section);
    }
    found
}

/// Beginnings of lines that begin with a bracket, outside of strings and lists.
fn header_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = Vec::new();
    let (mut at, mut depth, mut line, mut fresh) = (0, 0usize, 0, true);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => {
                (line, fresh) = (at + 1, true);
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'"' | b'\'' => at = after_string(bytes, at),
            b'[' if fresh && depth == 0 => {
                starts.push(line);
                // What is left of the line is the header and perhaps a comment.
                at += text[at..].find('\n').unwrap_or(text.len() - at);
            }
            b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
        fresh = false;
    }
    starts
}

/// The place behind a string that begins here; the end of the text if it has none.
fn after_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let is_long = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if is_long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote == b'"' {
            at += 2;
            continue;
        }
        if is_long && bytes[at..].starts_with(&[quote; 3]) {
            at += 3;
            // Up to two quotes may stand before the three that end it.
            while bytes.get(at) == Some(&quote) {
                at += 1;
            }
            return at;
        }
        if !is_long && (byte == quote || byte == b'\n') {
            return at + usize::from(byte == quote);
        }
        at += 1;
    }
    bytes.len()
}

fn header(text: &str, start: usize) -> Option<Section> {
    let line = text[start..].lines().next()?;
    let indent = line.len() - line.trim_start().len();
    let listed = line.trim_start().starts_with("[[");
    let open = start + indent + if listed { 2 } else { 1 };
    let names = &text[open..start + line.len()];
    let close = end_of_names(names)?;
    Some(Section {
        names: split(&names[..close]),
        listed,
        named: open..open + close,
        whole: start..text.len(),
    })
}

fn end_of_names(names: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in names.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

fn split(names: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quote = None;
    for c in names.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '.') => all.push(String::new()),
            (None, c) if c.is_whitespace() => {}
            (_, c) => all.last_mut().expect("one at least").push(c),
        }
    }
    all
}

/// The beginning of the comment lines that stand directly above a line.
fn with_comment(text: &str, mut start: usize) -> usize {
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_from_what_looks_like_them() {
        let text = "format = 1\nlist = [\n  [1, 2],\n]\ntext = \"\"\"\n[not.this]\n\"\"\"\n\
                    # [nor.this]\n\n# about it\n[ service . \"a.b\" ] # yes\nx = 'it''s'\n[[timeline]]\nwhat = \"[\"\n";
        let found = sections(text);
        let names: Vec<_> = found.iter().map(|s| s.names.join("/")).collect();
        assert_eq!(names, ["service/a.b", "timeline"]);
        assert!(text[found[0].whole.clone()].starts_with("# about it\n[ service"));
        assert!(found[1].listed && found[1].whole.end == text.len());
        assert_eq!(&text[found[1].named.clone()], "timeline");
    }

    #[test]
    fn no_text_is_too_broken() {
        for text in [
            "[",
            "[[",
            "[a",
            "\"",
            "\"\"\"",
            "'",
            "[\"",
            "#",
            "]]",
            "[a.]\n[",
            "ä = \"\\",
        ] {
            sections(text);
        }
    }
}
