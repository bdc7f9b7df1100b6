//! Elements of a message that was received: the part of XML that CAP needs, and nothing else.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::alert::NAMESPACE;

/// An element with its text or with other elements.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// The longest text of a message. Ours have some 30 KB.
const BYTES_MAX: usize = 1 << 20;
/// CAP has elements within elements down to the fourth level.
const DEPTH_MAX: usize = 8;
/// The longest name of an element of CAP has 12 letters, and nothing but letters.
const NAME_BYTES_MAX: usize = 32;

impl Element {
    /// The one element of a document. An error is in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("it has more than {BYTES_MAX} bytes"));
        }
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let (mut open, mut whole) = (Vec::<Self>::new(), None);
        loop {
            let at = reader.buffer_position();
            let event = reader.read_event();
            let event = event.map_err(|error| format!("it is no XML at byte {at}: {error}"))?;
            let wrong = |what: &str| format!("it has {what} at byte {at}");
            match event {
                Event::Start(_) | Event::Empty(_) if whole.is_some() || open.len() >= DEPTH_MAX => {
                    return Err(wrong("an element that CAP does not have"));
                }
                Event::Start(start) => {
                    open.push(started(&start, open.is_empty()).map_err(wrong)?);
                }
                Event::Empty(start) => {
                    let empty = started(&start, open.is_empty()).map_err(wrong)?;
                    whole = put(&mut open, empty);
                }
                Event::End(_) => {
                    let ended = open.pop().ok_or_else(|| wrong("an end without a start"))?;
                    whole = put(&mut open, ended.checked().map_err(wrong)?);
                }
                Event::Text(part) => add(&mut open, &part.xml10_content()).map_err(wrong)?,
                Event::CData(part) => add(&mut open, &part.xml10_content()).map_err(wrong)?,
                Event::GeneralRef(name) => {
                    let letter = letter(&name).ok_or_else(|| wrong("an unknown entity"))?;
                    add(&mut open, letter.encode_utf8(&mut [0; 4])).map_err(wrong)?;
                }
                Event::Decl(_) | Event::Comment(_) => {}
                Event::PI(_) | Event::DocType(_) => {
                    return Err(wrong(
                        "an instruction or a document type, which CAP does not have",
                    ));
                }
                Event::Eof if open.is_empty() => return whole.ok_or_else(|| wrong("no message")),
                Event::Eof => return Err(wrong("an element without an end")),
            }
        }
    }

    /// Blanks between elements are no text.
    fn checked(mut self) -> Result<Self, &'static str> {
        if self.children.is_empty() {
            return Ok(self);
        }
        if !self.text.trim().is_empty() {
            return Err("a text between elements");
        }
        self.text.clear();
        Ok(self)
    }
}

/// Puts an element into the one that is open; the outermost one is returned.
fn put(open: &mut [Element], element: Element) -> Option<Element> {
    let Some(parent) = open.last_mut() else { return Some(element) };
    parent.children.push(element);
    None
}

fn started(start: &BytesStart<'_>, is_root: bool) -> Result<Element, &'static str> {
    let name = start.name().as_ref().to_owned();
    let is_name = !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphabetic());
    if !is_name || name.len() > NAME_BYTES_MAX {
        return Err("an element that CAP does not have");
    }
    let mut attributes = start.attributes();
    let first = attributes.next().transpose().map_err(|_| "a wrong attribute")?;
    let is_own = |key: &str, value: &str| key == "xmlns" && value == NAMESPACE;
    match (is_root, first) {
        (true, Some(it)) if is_own(it.key.as_ref(), &it.value) && attributes.next().is_none() => {}
        (true, _) => return Err("an element without the namespace of CAP 1.2"),
        (false, None) => {}
        (false, Some(_)) => return Err("an attribute, which CAP does not have"),
    }
    Ok(Element { name, ..Element::default() })
}

/// Adds a text to the element that is open. Outside of all there are only blanks.
fn add(open: &mut [Element], text: &str) -> Result<(), &'static str> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("a text outside of the message"),
    }
    Ok(())
}

fn letter(name: &BytesRef<'_>) -> Option<char> {
    match name.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => name.resolve_char_ref().ok().flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_refused_and_nothing_panics() {
        let root = format!("<alert xmlns=\"{NAMESPACE}\">");
        let within = |inner: &str| format!("{root}{inner}</alert>");
        for (text, said) in [
            (String::new(), "no message"),
            ("text".to_owned(), "outside"),
            ("<alert></alert>".to_owned(), "namespace"),
            ("<alert xmlns=\"urn:other\"></alert>".to_owned(), "namespace"),
            (root.clone(), "without an end"),
            (within("<a>"), "no XML"),
            (within("<a b=\"c\">1</a>"), "attribute"),
            (within("<a>1</a>2"), "between elements"),
            (within("&nbsp;"), "entity"),
            (within("&#0;"), "entity"),
            (within("<?run it?>"), "instruction"),
            (format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", within("")), "document type"),
            (within(&"<a>".repeat(9)), "does not have"),
            (within(&format!("<{}/>", "a".repeat(33))), "does not have"),
            (within("<info/event>1</info/event>"), "does not have"),
            (within("") + &within(""), "does not have"),
            (" ".repeat(BYTES_MAX + 1), "bytes"),
        ] {
            let words = Element::parse(&text).unwrap_err();
            assert!(words.contains(said), "{text}: {words}");
        }
        let whole = within("<a><b>1&#x20;<![CDATA[<2>]]><!-- 3 --></b></a>");
        assert_eq!(Element::parse(&whole).unwrap().children[0].children[0].text, "1 <2>");
        for end in 0..whole.len() {
            assert!(Element::parse(&whole[..end]).is_err(), "{end}");
        }
    }
}
