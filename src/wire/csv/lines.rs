//! Lines with their numbers, however long, broken or binary.

use std::io::{self, BufRead, Read};

use super::packed::unpack;

/// A longer line is no line: a year of hours side by side needs 2 MiB.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The lines of a file, the first is 1.
pub(super) struct Lines {
    input: Input,
    line: Vec<u8>,
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
        Self { input: Input::Packed(Box::new(bytes)), line: Vec::new(), number }
    }

    /// The number of the line last read.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The line last read, without its line end.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Reads one line.
    pub(super) fn advance(&mut self) -> Next {
        self.line.clear();
        let next = self.read().unwrap_or_else(|error| {
            self.input = Input::Ended;
            if are_bad(&error) { Next::Broken(error) } else { Next::Failed(error) }
        });
        if !matches!(next, Next::End) {
            self.number += 1;
        }
        if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        next
    }

    fn read(&mut self) -> io::Result<Next> {
        if let Input::Packed(bytes) = &mut self.input {
            let bytes = std::mem::replace(bytes, Box::new(io::empty()));
            self.input = Input::Plain(unpack(bytes)?);
        }
        let Input::Plain(input) = &mut self.input else {
            return Ok(Next::End);
        };
        input.take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            self.input = Input::Ended;
            return Ok(Next::End);
        }
        if self.line.pop_if(|byte| *byte == b'\n').is_some() {
            self.line.pop_if(|byte| *byte == b'\r');
            return Ok(Next::Line);
        }
        if self.line.len() as u64 == LINE_BYTES_MAX {
            input.skip_until(b'\n')?;
            return Ok(Next::TooLong);
        }
        Ok(Next::Line)
    }
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
