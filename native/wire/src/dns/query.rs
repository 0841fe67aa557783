//! A question.

use std::ops::Range;

use crate::Name;

/// A record type (IANA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordType(pub u16);

impl RecordType {
    /// An IPv4 address.
    pub const A: Self = Self(1);
    /// An IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Service binding.
    pub const SVCB: Self = Self(64);
    /// HTTPS service binding.
    pub const HTTPS: Self = Self(65);
}

/// Why a message is not a question that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Shorter than its own counts say, or a bad name: FORMERR where the header can be read.
    #[error("malformed")]
    Malformed,
    /// A response, not a question.
    #[error("a response")]
    Response,
    /// An opcode other than QUERY: NOTIMP.
    #[error("unknown opcode")]
    Opcode,
    /// Not exactly one question: FORMERR (RFC 9619).
    #[error("not one question")]
    Count,
}

/// One question, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The message id.
    pub id: u16,
    /// The name asked for, lower case.
    pub name: Name,
    /// Record type.
    pub record_type: RecordType,
    /// Class, 1 for IN.
    pub class: u16,
    /// The largest UDP answer that the asker takes: 512 without EDNS (RFC 6891 section 6.2.5).
    pub udp_payload: u16,
    /// Whether an OPT record is there.
    pub edns: bool,
    /// Where the question section lies in the message (name, type, class).
    pub question: Range<usize>,
}

impl Query {
    /// Reads a question.
    pub fn parse(message: &[u8]) -> Result<Self, QueryError> {
        let _ = message;
        unimplemented!()
    }
}
