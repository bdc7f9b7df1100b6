//! One line into its fields, without copying them.

use std::borrow::Cow;
use std::ops::Range;

/// The fields of a line; there is always at least one.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    /// Of a line without its line end.
    pub(super) fn of(line: &'a [u8]) -> Self {
        Self { rest: Some(line) }
    }

    /// A quoted field, if its quotes are in order.
    fn quoted(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let mut at = 1;
        loop {
            at += rest.get(at..)?.iter().position(|byte| *byte == b'"')?;
            match rest.get(at + 1) {
                Some(b'"') => at += 2,
                Some(b',') => {
                    self.rest = rest.get(at + 2..);
                    return rest.get(1..at);
                }
                Some(_) => return None,
                None => {
                    self.rest = None;
                    return rest.get(1..at);
                }
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        if rest.first() == Some(&b'"')
            && let Some(field) = self.quoted(rest)
        {
            return Some(field);
        }
        if let Some(end) = rest.iter().position(|byte| *byte == b',') {
            self.rest = Some(&rest[end + 1..]);
            Some(&rest[..end])
        } else {
            self.rest = None;
            Some(rest)
        }
    }
}

/// The places of the fields in a line, in a list that is used again and again.
pub(super) fn places(line: &[u8], places: &mut Vec<Range<usize>>) {
    places.clear();
    let mut fields = Fields::of(line);
    let mut start = 0;
    while let Some(field) = fields.next() {
        let end = fields.rest.map_or(line.len(), |rest| line.len() - rest.len() - 1);
        // A field that is shorter than its place stood in quotes.
        let quote = usize::from(field.len() < end - start);
        places.push(start + quote..end - quote);
        start = end + 1;
    }
}

/// How many fields a line has; faster than to take them.
pub(super) fn count(line: &[u8]) -> usize {
    if line.contains(&b'"') {
        return Fields::of(line).count();
    }
    1 + line.iter().map(|byte| usize::from(*byte == b',')).sum::<usize>()
}

/// Blanks that are not ASCII: no-break space, ideographic space, zero-width space, byte-order mark.
const WIDE_BLANKS: [&[u8]; 4] = [b"\xc2\xa0", b"\xe3\x80\x80", b"\xe2\x80\x8b", b"\xef\xbb\xbf"];

/// A field without blanks around it, and without quotes that stand behind blanks.
pub(super) fn bare(field: &[u8]) -> &[u8] {
    let field = trimmed(field);
    match field {
        [b'"', inner @ .., b'"'] => trimmed(inner),
        _ => field,
    }
}

fn trimmed(field: &[u8]) -> &[u8] {
    let mut field = field.trim_ascii();
    let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
    while !is_plain(field.first()) || !is_plain(field.last()) {
        let start = WIDE_BLANKS.iter().find_map(|it| field.strip_prefix(*it));
        let end = || WIDE_BLANKS.iter().find_map(|it| field.strip_suffix(*it));
        match start.or_else(end) {
            Some(rest) => field = rest.trim_ascii(),
            None => break,
        }
    }
    field
}

/// A field as text: bare, doubled quotes made single, whatever is not UTF-8 replaced.
pub(super) fn text(field: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bare(field));
    if text.contains("\"\"") { Cow::Owned(text.replace("\"\"", "\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_its_commas_and_quotes_hold_commas() {
        let check = |line: &str, expected: &[&str]| {
            let fields: Vec<_> = Fields::of(line.as_bytes()).map(text).collect();
            assert_eq!(fields, expected, "{line}");
            assert_eq!(count(line.as_bytes()), expected.len(), "{line}");
            let mut ranges = Vec::new();
            places(line.as_bytes(), &mut ranges);
            let fields: Vec<_> = ranges.into_iter().map(|it| text(&line.as_bytes()[it])).collect();
            assert_eq!(fields, expected, "{line}");
        };
        check("", &[""]);
        check("a", &["a"]);
        check("a,,b", &["a", "", "b"]);
        check(",", &["", ""]);
        check("a, b ,", &["a", "b", ""]);
        check(r#""a","b,c","#, &["a", "b,c", ""]);
        check(r#""say ""no""",2"#, &[r#"say "no""#, "2"]);
        check(r#""","#, &["", ""]);
        check(r#""","a"",""b","#, &["", r#"a","b"#, ""]);
        check(" \"a\" ,\u{a0}b\u{3000},\u{feff}\" c \"", &["a", "b", "c"]);
        // Quotes that are not in order are bytes like others.
        check(r#""a,b"#, &["\"a", "b"]);
        check(r#""a"b,c"#, &["\"a\"b", "c"]);
    }
}
