//! A few elements of SVG, written as text.

use std::fmt::{Display, Write as _};

/// A picture that grows element by element.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

/// A name and a value; what shows itself as text can be one.
pub(super) type Attribute<'a> = (&'a str, &'a dyn Display);

/// How a piece of text is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    /// Height in pixels.
    pub(super) size: f64,
    /// Colour.
    pub(super) fill: &'static str,
    /// Thick letters.
    pub(super) bold: bool,
    /// `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
}

impl Font {
    /// Plain text that begins at its place.
    pub(super) fn new(size: f64, fill: &'static str) -> Self {
        Self { size, fill, bold: false, anchor: "start" }
    }

    /// The same, thick.
    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same, in the middle of its place.
    pub(super) fn middle(self) -> Self {
        Self { anchor: "middle", ..self }
    }

    /// The same, ending at its place.
    pub(super) fn end(self) -> Self {
        Self { anchor: "end", ..self }
    }
}

impl Svg {
    /// An element without content.
    pub(super) fn element(&mut self, name: &str, attributes: &[Attribute]) {
        self.open_tag(name, attributes);
        self.push("/>\n");
    }

    /// A line of text with its base line at y.
    pub(super) fn text(&mut self, x: f64, y: f64, font: Font, words: &str) {
        let weight = if font.bold { "600" } else { "400" };
        self.open_tag(
            "text",
            &[
                ("x", &px(x)),
                ("y", &px(y)),
                ("font-size", &font.size),
                ("font-weight", &weight),
                ("fill", &font.fill),
                ("text-anchor", &font.anchor),
            ],
        );
        self.push(&format!(">{}</text>\n", escaped(words)));
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), more: &[Attribute]) {
        let (x1, y1, x2, y2) = (px(from.0), px(from.1), px(to.0), px(to.1));
        let mut attributes: Vec<Attribute> =
            vec![("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)];
        attributes.extend_from_slice(more);
        self.element("line", &attributes);
    }

    /// A rectangle.
    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), more: &[Attribute]) {
        let (x, y, width, height) = (px(at.0), px(at.1), px(size.0), px(size.1));
        let mut attributes: Vec<Attribute> =
            vec![("x", &x), ("y", &y), ("width", &width), ("height", &height)];
        attributes.extend_from_slice(more);
        self.element("rect", &attributes);
    }

    /// The whole picture, which needs nothing besides itself.
    pub(super) fn finish(self, width: f64, height: f64, title: &str) -> String {
        let (width, height, title) = (px(width), px(height), escaped(title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" \
             font-family=\"'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',\
             'Helvetica Neue',Arial,sans-serif\">\n<title>{title}</title>\n{}</svg>\n",
            self.body
        )
    }

    fn open_tag(&mut self, name: &str, attributes: &[Attribute]) {
        self.push(&format!("<{name}"));
        for (key, value) in attributes {
            self.push(&format!(" {key}=\"{}\"", escaped(&value.to_string())));
        }
    }

    fn push(&mut self, text: &str) {
        self.body.push_str(text);
    }
}

/// A length with one decimal, and none where it is whole.
pub(super) fn px(value: f64) -> String {
    let mut text = String::new();
    let written = write!(text, "{value:.1}");
    debug_assert!(written.is_ok(), "a string takes everything");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Text that cannot be mistaken for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML knows no other control characters.
            it if it.is_control() && !matches!(it, '\n' | '\t') => safe.push('\u{fffd}'),
            it => safe.push(it),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut svg = Svg::default();
        svg.text(1.0, 2.5, Font::new(9.0, "#000"), "<a href=\"x\">&'\u{1}");
        let text = svg.finish(10.0, 20.0, "a<b");
        assert!(text.contains(">&lt;a href=&quot;x&quot;&gt;&amp;&#39;\u{fffd}</text>"), "{text}");
        assert!(text.contains("<title>a&lt;b</title>"), "{text}");
    }

    #[test]
    fn lengths_are_short() {
        for (value, text) in [(1.0, "1"), (1.04, "1"), (1.25, "1.2"), (-0.01, "0"), (12.36, "12.4")]
        {
            assert_eq!(px(value), text);
        }
    }
}
