//! Makes any bytes short and printable, to be shown to a person.

/// No excerpt is longer, in characters.
const CHARACTERS_MAX: usize = 120;

/// The beginning of some bytes, whatever they are.
pub(in crate::wire) fn excerpt(bytes: &[u8]) -> String {
    // Four bytes hold at least one character, so this much is always enough.
    let beginning = &bytes[..bytes.len().min(CHARACTERS_MAX * 4 + 4)];
    shorten(&String::from_utf8_lossy(beginning), CHARACTERS_MAX)
}

/// An excerpt that ends with how many more there are like it.
pub(in crate::wire) fn excerpt_and_more(first: &str, count: u64) -> String {
    if count <= 1 {
        return shorten(first, CHARACTERS_MAX);
    }
    let more = format!(" and {} more", count - 1);
    shorten(first, CHARACTERS_MAX - more.len()) + &more
}

/// Cut with an ellipsis; what cannot be printed becomes a replacement character.
fn shorten(text: &str, characters_max: usize) -> String {
    let printable = |it: char| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it };
    if text.chars().nth(characters_max).is_none() {
        return text.chars().map(printable).collect();
    }
    text.chars().take(characters_max - 1).map(printable).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_become_short_and_printable() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(excerpt(bytes), expected);
        check(b"", "");
        check("东四=12".as_bytes(), "东四=12");
        check(b"a\0b\r\x1b[1m\xffc", "a\u{fffd}b\u{fffd}\u{fffd}[1m\u{fffd}c");
        check(&[b'x'; 120], &"x".repeat(120));
        check(&[b'x'; 121], &("x".repeat(119) + "…"));
        check("四".repeat(500).as_bytes(), &("四".repeat(119) + "…"));
    }

    #[test]
    fn how_many_more_is_never_cut_off() {
        assert_eq!(excerpt_and_more("3207A=12", 1), "3207A=12");
        assert_eq!(excerpt_and_more("3207A=12", 104), "3207A=12 and 103 more");
        let long = excerpt_and_more(&"x".repeat(500), 104);
        assert_eq!(long.chars().count(), 120);
        assert!(long.ends_with("x… and 103 more"), "{long}");
    }
}
