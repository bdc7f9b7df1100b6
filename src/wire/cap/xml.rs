//! Elements of XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

pub(super) type Xml = Writer<Vec<u8>>;

/// A document with one element.
pub(super) fn document(root: impl FnOnce(&mut Xml) -> io::Result<()>) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let declaration = Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None));
    let written = xml.write_event(declaration).and_then(|()| root(&mut xml));
    written.expect("a vector takes all bytes");
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("only texts were written")
}

/// An element with a text.
pub(super) fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    let text = allowed(text);
    xml.create_element(name).write_text_content(BytesText::new(&text)).map(drop)
}

/// An element with others in it.
pub(super) fn within(
    xml: &mut Xml,
    name: &str,
    inner: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).write_inner_content(inner).map(drop)
}

/// The text with marks in place of the characters that XML cannot have, not even escaped.
fn allowed(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '\r' => ' ',
            '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'.. => it,
            _ => '\u{fffd}',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_a_text() {
        let hostile = "<script>&\"'</a>]]>\u{0}\u{b}\u{ffff}\r\n\u{1f600}石";
        let written = document(|xml| text(xml, "a", hostile));
        let inner = written.split("<a>").nth(1).unwrap().strip_suffix("</a>\n").unwrap();
        assert!(!inner.contains(['<', '>', '\u{0}', '\u{b}', '\u{ffff}', '\r']), "{inner}");
        assert!(inner.starts_with("&lt;script&gt;&amp;") && inner.ends_with("\n\u{1f600}石"));
        let mut reader = quick_xml::Reader::from_str(&written);
        while reader.read_event().unwrap() != Event::Eof {}
    }
}
