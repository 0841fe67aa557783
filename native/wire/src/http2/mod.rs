//! HTTP/2 in the clear, with prior knowledge (RFC 9113 section 3.3): the hosts that a client's frames ask.
//!
//! [`Frames`] goes over a stream to where a header block begins; [`Requests`] reads the block. A block can only be
//! read by who has read all blocks before it, since HPACK refers back.

mod hpack;
mod huffman;

use crate::http::authority;
use crate::{Name, Parsed};

/// What a client says first (RFC 9113 section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Length of a frame's header (section 4.1).
const FRAME_HEADER: usize = 9;
/// Frame types (section 6).
const HEADERS: u8 = 0x01;
const CONTINUATION: u8 = 0x09;
/// Flags of a HEADERS frame (section 6.2).
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;
/// Stream dependency and weight (section 6.2).
const PRIORITY_FIELDS: usize = 5;

/// The header of a frame that begins a header block, and how far the block's frames were followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockHeader {
    /// Length of the frame's payload.
    len: usize,
    flags: u8,
    /// Where the frame that was followed last ends, and its flags.
    end: usize,
    last_flags: u8,
}

impl BlockHeader {
    /// Follows the block's frames as far as `stream` goes, which holds what follows the first header; its length, if it is
    /// whole. What was followed is not looked at again when more has come.
    fn follow(&mut self, stream: &[u8]) -> Parsed<usize> {
        loop {
            let Some(rest) = stream.get(self.end..) else {
                return Parsed::Incomplete;
            };
            if self.last_flags & END_HEADERS != 0 {
                return Parsed::Complete(self.end);
            }
            let Some(next) = rest.first_chunk::<FRAME_HEADER>() else {
                return Parsed::Incomplete;
            };
            // Nothing may come between (section 6.10).
            if next[3] != CONTINUATION {
                return Parsed::Mismatch;
            }
            self.last_flags = next[4];
            self.end += FRAME_HEADER + len_of(next);
        }
    }
}

/// Where between two header blocks a client's stream is. Nothing of the frames is kept but the header of the one at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frames {
    header: [u8; FRAME_HEADER],
    /// How much of the header has arrived.
    read: usize,
    /// How much of the payload is to come.
    left: usize,
}

impl Frames {
    /// Goes on over the next bytes. If a header block begins in them: how many bytes come before its payload.
    pub fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let here = self.left.min(bytes.len() - at);
                self.left -= here;
                at += here;
                continue;
            }
            let rest = &bytes[at..];
            let here = rest.len().min(FRAME_HEADER - self.read);
            self.header[self.read..self.read + here].copy_from_slice(&rest[..here]);
            self.read += here;
            at += here;
            if self.read < FRAME_HEADER {
                return None;
            }
            self.read = 0;
            if self.header[3] == HEADERS {
                return Some(at);
            }
            self.left = len_of(&self.header);
        }
        None
    }

    /// The frame that [`Self::push`] stopped at.
    pub fn block(&self) -> BlockHeader {
        let (len, flags) = (len_of(&self.header), self.header[4]);
        BlockHeader {
            len,
            flags,
            end: len,
            last_flags: flags,
        }
    }
}

/// The facts of a header block that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderBlock {
    /// The host asked for, without its port.
    pub host: Option<Name>,
    /// Whether it names two.
    pub is_ambiguous: bool,
    /// Whether it is a request's, not its trailers.
    pub is_request: bool,
    /// Length in bytes behind the first frame's header.
    pub len: usize,
}

/// Reads the header blocks of one connection, each once, in order.
#[derive(Debug, Default)]
pub struct Requests {
    hpack: hpack::Decoder,
}

impl Requests {
    /// Reads the block of which `stream` holds what follows its first frame's header. Where that is not all, `header` goes on
    /// with the same stream when it is longer. Once one is a mismatch, no later one can be read.
    pub fn parse(&mut self, header: &mut BlockHeader, stream: &[u8]) -> Parsed<HeaderBlock> {
        let len = match header.follow(stream) {
            Parsed::Complete(len) => len,
            Parsed::Incomplete => return Parsed::Incomplete,
            Parsed::Mismatch => return Parsed::Mismatch,
        };
        let block = fragments(*header, stream).and_then(|block| self.hpack.block(&block));
        block.map_or(Parsed::Mismatch, |block| {
            Parsed::Complete(HeaderBlock::of(&block, len))
        })
    }

    /// Bytes that are held of earlier blocks, about.
    pub fn held(&self) -> usize {
        self.hpack.held()
    }
}

impl HeaderBlock {
    fn of(block: &hpack::Block, len: usize) -> Self {
        let mut hosts = block.authorities.iter().map(|text| authority(text));
        let first = hosts.next();
        Self {
            is_ambiguous: first
                .as_ref()
                .is_some_and(|first| hosts.any(|host| host != *first)),
            host: first.flatten().map(|(host, _)| host),
            is_request: block.is_request,
            len,
        }
    }
}

/// The fragments of a whole block put together (section 4.3).
fn fragments(header: BlockHeader, stream: &[u8]) -> Option<Vec<u8>> {
    let (payload, mut rest) = stream.split_at_checked(header.len)?;
    let mut block = fragment(payload, header.flags)?.to_vec();
    let mut flags = header.flags;
    while flags & END_HEADERS == 0 {
        let (next, after) = rest.split_first_chunk::<FRAME_HEADER>()?;
        let (payload, after) = after.split_at_checked(len_of(next))?;
        block.extend_from_slice(payload);
        (flags, rest) = (next[4], after);
    }
    Some(block)
}

/// A HEADERS frame's payload without padding and priority; `None` where they are longer than it is.
fn fragment(payload: &[u8], flags: u8) -> Option<&[u8]> {
    let (padding, payload) = if flags & PADDED != 0 {
        let (&len, rest) = payload.split_first()?;
        (usize::from(len), rest)
    } else {
        (0, payload)
    };
    let priority = if flags & PRIORITY != 0 { PRIORITY_FIELDS } else { 0 };
    payload.get(priority..payload.len().checked_sub(padding)?)
}

fn len_of(header: &[u8; FRAME_HEADER]) -> usize {
    let [high, middle, low, ..] = *header;
    usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)
}

#[cfg(test)]
mod tests;
