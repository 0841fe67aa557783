//! Where the next message of a stream begins, and what lies before it.

use wire::http::Chunked;
use wire::http2::{BlockHeader, Frames};

/// What lies between two messages, where it is no matter of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Between {
    /// The chunks of a body.
    Chunks(Chunked),
    /// Frames of HTTP/2.
    Frames(Frames),
}

impl Between {
    /// Goes on over the next bytes; how many of them there are, if the next message begins in them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Chunks(chunked) => chunked.push(bytes),
            Self::Frames(frames) => frames.push(bytes),
        }
    }

    /// What begins where it ended, at this offset.
    pub(crate) fn next(&self, offset: u64) -> Next {
        match self {
            Self::Chunks(_) => Next::At(offset),
            Self::Frames(frames) => Next::Block(offset, frames.block()),
        }
    }
}

/// Where the next message of a stream begins, after one was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At this offset.
    At(u64),
    /// At this offset, behind the header of its first frame: a header block of HTTP/2.
    Block(u64, BlockHeader),
    /// Behind what goes on at this offset.
    Behind(u64, Between),
    /// There is none that could be read.
    Never,
}

impl Next {
    /// Whether the next message begins at or before `offset`.
    pub(crate) fn has_begun(&self, offset: u64) -> bool {
        matches!(self, Self::At(begin) | Self::Block(begin, _) if *begin <= offset)
    }

    /// How many of the next bytes, at `offset`, come before the next message. What is between is followed over them.
    pub(crate) fn pass(&mut self, offset: u64, bytes: &[u8]) -> usize {
        let before = |begin: u64| {
            usize::try_from(begin.saturating_sub(offset)).map_or(bytes.len(), |len| len.min(bytes.len()))
        };
        match self {
            Self::At(begin) | Self::Block(begin, _) => before(*begin),
            Self::Never => bytes.len(),
            Self::Behind(begin, between) => {
                let head = before(*begin);
                let end = between.push(bytes.get(head..).unwrap_or_default());
                let len = end.map_or(bytes.len(), |len| head + len);
                if end.is_some() {
                    *self = between.next(offset + len as u64);
                } else {
                    *begin = (*begin).max(offset + len as u64);
                }
                len
            }
        }
    }
}
