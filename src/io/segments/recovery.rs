//! What a crash leaves, and how to distinguish it from damage.

use std::path::{Path, PathBuf};

use crate::engine::Position;
use crate::wire::record::{Decoder, ParseRules};

use super::SegmentError;
use super::block::Block;
use super::header::{self, Header};

/// A tail that is not a whole block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Torn {
    /// Of which segment.
    pub path: PathBuf,
    /// Where it begins: the end of the last whole block.
    pub at: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// A segment with its header read.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) first: Position,
    pub(super) bytes: Vec<u8>,
    pub(super) header: Header,
    pub(super) decoder: Decoder,
}

/// Where a segment ends.
#[derive(Debug)]
pub(super) struct End {
    /// The end of the last whole block.
    pub(super) at: usize,
    /// The position after it.
    pub(super) next: Position,
    /// Where that block begins; without blocks the header.
    pub(super) last: usize,
    /// What stands after it, if anything does.
    pub(super) torn: Option<Torn>,
}

/// What stands at a place of a segment.
#[derive(Debug)]
pub(super) enum BlockFound {
    /// A whole block with the right first position.
    Block(Block),
    /// Nothing.
    End,
    /// Something that cannot be a block of ours.
    Broken { at: usize, what: String },
}

impl Segment {
    /// Reads a segment's header. A broken one is damage, never the work of a crash.
    pub(super) fn open(
        path: &Path,
        first: Position,
        bytes: Vec<u8>,
        parse: ParseRules,
    ) -> Result<Self, SegmentError> {
        let header = header::parse(&bytes)
            .map_err(|error| SegmentError::damaged(path, error.at, error.what))?;
        if header.first.is_some_and(|it| it != first) {
            return Err(SegmentError::damaged(path, 0, "its header belongs to another segment"));
        }
        let decoder = Decoder::of_schema(&header.schema, parse)
            .map_err(|error| SegmentError::Unreadable { path: path.into(), error })?;
        Ok(Self { path: path.into(), first, bytes, header, decoder })
    }

    /// What begins at this byte, where this record should.
    pub(super) fn find(&self, at: usize, expected: Position) -> BlockFound {
        if at == self.bytes.len() {
            return BlockFound::End;
        }
        match Block::at(&self.bytes, at, &self.header.marker) {
            Ok(block) if block.first == expected => BlockFound::Block(block),
            Ok(block) => {
                let what = format!("record {} where {} should be", block.first.0, expected.0);
                BlockFound::Broken { at, what }
            }
            Err(error) => BlockFound::Broken { at: error.at, what: error.what.into() },
        }
    }

    /// The same; the last block of a segment can have its frame and still lack some of its
    /// pages, so it is looked into.
    pub(super) fn find_whole(&self, at: usize, expected: Position, last: bool) -> BlockFound {
        let found = self.find(at, expected);
        if let BlockFound::Block(block) = &found
            && last
            && block.next() == self.bytes.len()
            && let Err(error) = block.verify(&self.bytes, &self.decoder)
            && !error.is_whole()
        {
            return BlockFound::Broken { at: block.start, what: error.to_string() };
        }
        found
    }

    /// All from this byte on, as a torn tail.
    pub(super) fn torn(&self, at: usize) -> Torn {
        let bytes = (self.bytes.len() - at) as u64;
        Torn { path: self.path.clone(), at: at as u64, bytes }
    }

    /// Whether only a torn append can begin at this byte: no whole block stands after it, and
    /// no marker with something behind it. Pages that have never come are zeros.
    pub(super) fn is_torn_from(&self, at: usize) -> bool {
        let marker = &self.header.marker;
        let end = self.bytes.len() - self.bytes.iter().rev().take_while(|it| **it == 0).count();
        let rest = &self.bytes[at..end.max(at)];
        let ends_before = rest.windows(marker.len()).rev().skip(1).any(|it| it == marker);
        let whole = |start| {
            let block = Block::at(&self.bytes, start, marker);
            // Whether we understand it or not: its bytes are there.
            let verified = block.map(|it| it.verify(&self.bytes, &self.decoder));
            verified.is_ok_and(|it| it.is_ok() || it.is_err_and(|it| it.is_whole()))
        };
        !ends_before && !(at + 1..end).any(whole)
    }

    /// Where it ends. A tail that no crash can have left is an error.
    pub(super) fn end(&self) -> Result<End, SegmentError> {
        let (mut at, mut next, mut last) = (self.header.length, self.first, 0);
        let mut before: Option<Block> = None;
        loop {
            match self.find_whole(at, next, true) {
                BlockFound::Block(block) => {
                    (last, at, next) = (at, block.next(), block.after());
                    before = Some(block);
                }
                BlockFound::End => return Ok(End { at, next, last, torn: None }),
                BlockFound::Broken { at: byte, what } => {
                    let unwhole = before.and_then(|it| {
                        // If the block before says a wrong count, this one seems out of turn.
                        let error = it.verify(&self.bytes, &self.decoder).err()?;
                        (!error.is_whole()).then(|| (it.start, error.to_string()))
                    });
                    let torn = unwhole.is_none() && self.is_torn_from(at);
                    let (byte, what) = unwhole.unwrap_or((byte, what));
                    if !torn {
                        return Err(SegmentError::damaged(&self.path, byte, what));
                    }
                    return Ok(End { at, next, last, torn: Some(self.torn(at)) });
                }
            }
        }
    }
}
