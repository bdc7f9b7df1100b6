//! Lines with their numbers, however long, broken or binary.
//!
//! A line ends with LF, with CR LF or, as old programs write it, with CR alone; one file may mix
//! them. Several CR before an LF are one line end.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use super::packed::unpack;

/// A longer line is no line: a year of hours side by side needs 2 MiB.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The lines of a file, the first is 1.
pub(super) struct Lines {
    input: Input,
    /// Bytes up to an LF, or the beginning of a longer run.
    chunk: Vec<u8>,
    /// Where in the chunk the next line begins; none: the next chunk has to be read.
    next: Option<usize>,
    /// Whether the chunk goes up to an LF or to the end.
    whole: bool,
    line: Range<usize>,
    number: u64,
}

enum Input {
    Packed(Box<dyn Read + Send>),
    Plain(Box<dyn BufRead + Send>),
    Ended,
}

/// What came next.
#[derive(Debug)]
pub(super) enum Next {
    /// A line: [`Lines::line`].
    Line,
    /// A line that is too long; its beginning is [`Lines::line`], the rest is passed over.
    TooLong,
    /// The bytes cannot be unpacked any further; what there was of the line is [`Lines::line`].
    Broken(io::Error),
    /// The file cannot be read.
    Failed(io::Error),
    /// No more.
    End,
}

impl Lines {
    pub(super) fn of(bytes: impl Read + Send + 'static) -> Self {
        Self::after(0, bytes)
    }

    /// The lines of the rest of a file, after so many others.
    pub(super) fn after(number: u64, bytes: impl Read + Send + 'static) -> Self {
        Self {
            input: Input::Packed(Box::new(bytes)),
            chunk: Vec::new(),
            next: None,
            whole: false,
            line: 0..0,
            number,
        }
    }

    /// The number of the line last read.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The line last read, without its line end, and without byte-order marks before it.
    pub(super) fn line(&self) -> &[u8] {
        without_marks(&self.chunk[self.line.clone()])
    }

    /// Reads one line.
    pub(super) fn advance(&mut self) -> Next {
        let next = self.read().unwrap_or_else(|error| {
            self.input = Input::Ended;
            self.next = None;
            self.line = 0..self.chunk.len();
            if are_bad(&error) { Next::Broken(error) } else { Next::Failed(error) }
        });
        if matches!(next, Next::End) {
            self.line = 0..0;
        } else {
            self.number += 1;
        }
        next
    }

    fn read(&mut self) -> io::Result<Next> {
        if let Input::Packed(bytes) = &mut self.input {
            let bytes = std::mem::replace(bytes, Box::new(io::empty()));
            self.input = Input::Plain(unpack(bytes)?);
        }
        loop {
            let start = if let Some(start) = self.next {
                start
            } else if self.read_chunk()? {
                0
            } else {
                return Ok(Next::End);
            };
            let rest = &self.chunk[start..];
            // Most lines have none; to find that out is quick.
            let has_mark = rest.contains(&b'\r');
            let mark = || rest.iter().position(|byte| *byte == b'\r');
            if let Some(length) = has_mark.then(mark).flatten() {
                self.line = start..start + length;
                self.next = Some(self.line.end + 1);
                return Ok(Next::Line);
            }
            if self.whole && rest.is_empty() && self.next.take().is_some() {
                continue; // The CR before it was a line end already.
            }
            if self.whole {
                self.line = start..self.chunk.len();
                self.next = None;
                return Ok(Next::Line);
            }
            if rest.len() >= LINE_BYTES_MAX {
                self.line = start..self.chunk.len();
                self.skip_line()?;
                return Ok(Next::TooLong);
            }
            self.chunk.drain(..start);
            self.next = Some(0);
            self.fill()?;
        }
    }

    /// Reads up to the next LF; false at the end.
    fn read_chunk(&mut self) -> io::Result<bool> {
        self.chunk.clear();
        self.fill()?;
        Ok(!self.chunk.is_empty() || self.whole && !matches!(self.input, Input::Ended))
    }

    /// Reads on up to the next LF, or until the chunk is as long as a line may be.
    fn fill(&mut self) -> io::Result<()> {
        let Input::Plain(input) = &mut self.input else {
            self.whole = true;
            return Ok(());
        };
        let room = LINE_BYTES_MAX.saturating_sub(self.chunk.len()) as u64;
        let read = input.take(room).read_until(b'\n', &mut self.chunk)?;
        self.whole = true;
        if self.chunk.pop_if(|byte| *byte == b'\n').is_some() {
            while self.chunk.pop_if(|byte| *byte == b'\r').is_some() {}
        } else if read == 0 {
            self.input = Input::Ended;
        } else {
            self.whole = false;
        }
        Ok(())
    }

    /// Passes over the rest of a line that is too long.
    fn skip_line(&mut self) -> io::Result<()> {
        self.next = None;
        let Input::Plain(input) = &mut self.input else { return Ok(()) };
        loop {
            let bytes = input.fill_buf()?;
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (used, found) = (end.map_or(bytes.len(), |at| at + 1), end.is_some());
            let at_end = bytes.is_empty();
            input.consume(used);
            if found || at_end {
                return Ok(());
            }
        }
    }
}

/// The lines of a text as [`Lines`] has them: number, place with line end, and place without that
/// and without byte-order marks.
pub(super) fn lines_of(text: &[u8]) -> impl Iterator<Item = (u64, Range<usize>, Range<usize>)> {
    let mut start = 0;
    let next = move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let length =
            rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let marks = rest[length..].iter().take_while(|byte| **byte == b'\r').count();
        let end = match rest.get(length + marks) {
            Some(b'\n') => marks + 1,
            Some(_) | None => marks.min(1),
        };
        let line_end = start + length;
        let line = line_end - without_marks(&rest[..length]).len()..line_end;
        let place = start..line_end + end;
        start = place.end;
        Some((place, line))
    };
    std::iter::from_fn(next).zip(1..).map(|((place, line), number)| (number, place, line))
}

fn without_marks(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(BYTE_ORDER_MARK) {
        line = rest;
    }
    line
}

/// Whether the bytes are there, but cannot be unpacked.
pub(super) fn are_bad(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other
    )
}

/// Some programs put it before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::of(Cursor::new(text.to_vec()));
        let mut read = Vec::new();
        while matches!(lines.advance(), Next::Line) {
            read.push((lines.number(), String::from_utf8_lossy(lines.line()).into_owned()));
        }
        read
    }

    #[test]
    fn a_line_ends_with_lf_cr_lf_or_cr() {
        let check = |text: &str, expected: &[&str]| {
            let lines: Vec<_> = read(text.as_bytes()).into_iter().map(|it| it.1).collect();
            assert_eq!(lines, expected, "{text:?}");
        };
        check("", &[]);
        check("a", &["a"]);
        check("a\n", &["a"]);
        check("a\nb", &["a", "b"]);
        check("a\r\nb\r\n", &["a", "b"]);
        check("a\rb\rc\r", &["a", "b", "c"]);
        check("a\rb\nc\r\nd", &["a", "b", "c", "d"]);
        check("a\r\r\nb\r\r\n", &["a", "b"]);
        check("a\r\rb", &["a", "", "b"]);
        check("\n\na", &["", "", "a"]);
        check("\u{feff}a\n\u{feff}\u{feff}b\rc\u{feff}", &["a", "b", "c\u{feff}"]);
    }

    #[test]
    fn a_file_of_one_line_is_read_in_pieces() {
        let row = "20190112,15,PM2.5,35\r";
        let text = row.repeat(LINE_BYTES_MAX / row.len() + 1000);
        let lines = read(text.as_bytes());
        assert_eq!(lines.len(), LINE_BYTES_MAX / row.len() + 1000);
        assert!(lines.iter().all(|it| it.1 == row.trim_end()));
        assert_eq!(lines.last().map(|it| it.0), Some(lines.len() as u64));

        let long = "x".repeat(LINE_BYTES_MAX + 10);
        let text = format!("a\r{long}\rb\n{long}\nc");
        let mut lines = Lines::of(Cursor::new(text.into_bytes()));
        for expected in ["a", "too long", "b", "too long", "c"] {
            match lines.advance() {
                Next::Line => assert_eq!(lines.line(), expected.as_bytes()),
                Next::TooLong => assert_eq!(expected, "too long"),
                Next::Broken(_) | Next::Failed(_) | Next::End => panic!("ends before {expected}"),
            }
        }
        assert_eq!(lines.number(), 5);
        assert!(matches!(lines.advance(), Next::End));
    }

    proptest! {
        #[test]
        fn a_text_at_once_has_the_same_lines(text in "[ab\u{feff}\r\n]{0,40}") {
            let at_once: Vec<_> = lines_of(text.as_bytes()).map(|(number, _, line)| (number, text[line].to_owned())).collect();
            prop_assert_eq!(at_once, read(text.as_bytes()));
        }
    }
}
