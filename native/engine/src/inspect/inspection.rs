//! What a flow's first bytes say about its name.

use wire::Name;

use crate::Seen;

/// Bytes after which a flow without a complete hello is undecidable.
pub(crate) const LIMIT: usize = 16 * 1024;

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Not enough bytes yet.
    NeedMore,
    /// A name, and where it stood.
    Name(Name, Seen),
    /// There is no name in these bytes, and there will be none.
    Undecidable(Undecidable),
}

/// Why no name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Undecidable {
    /// Neither TLS nor HTTP.
    Unrecognised,
    /// A ClientHello without a (valid) server name, or a request without a host.
    Nameless,
    /// Longer than the limit.
    TooLong,
}

/// Reads the first bytes of one flow.
#[derive(Debug, Default)]
pub(crate) struct Inspection {}

impl Inspection {
    /// Takes bytes at `offset` of the stream (first arrival wins) and says what is known.
    pub(crate) fn push(&mut self, offset: u64, bytes: &[u8]) -> Finding {
        let _ = (offset, bytes);
        unimplemented!()
    }
}
