//! Answers: judged and emitted by hickory-proto, which no other file knows.

use std::net::IpAddr;

use super::Query;
use crate::{Malformed, Name};

/// One step of an alias chain: CNAME, DNAME, or the target of an SVCB/HTTPS record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The owner of the record.
    pub from: Name,
    /// Where it points.
    pub to: Name,
    /// Whether it came from an SVCB or HTTPS record.
    pub service: bool,
}

/// An address out of an A or AAAA record, or an SVCB/HTTPS hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The owner of the record.
    pub name: Name,
    /// The address.
    pub ip: IpAddr,
    /// Seconds to live.
    pub ttl: u32,
}

/// The facts of an answer that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Response code.
    pub rcode: u16,
    /// TC: ask again over TCP.
    pub truncated: bool,
    /// Aliases, in the order of the message.
    pub aliases: Vec<Alias>,
    /// Addresses, in the order of the message.
    pub addresses: Vec<Address>,
}

impl Answer {
    /// Reads an answer.
    pub fn parse(message: &[u8]) -> Result<Self, Malformed> {
        let _ = message;
        unimplemented!()
    }
}

/// An answer of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// `0.0.0.0` or `::` to A and AAAA, NODATA to the rest, with this TTL in seconds.
    ZeroAddress {
        /// Seconds.
        ttl: u32,
    },
    /// No record of this type: NOERROR with an SOA in the authority section (RFC 2308).
    NoData {
        /// Seconds, in the SOA.
        ttl: u32,
    },
    /// No such name, with an SOA in the authority section.
    NxDomain {
        /// Seconds, in the SOA.
        ttl: u32,
    },
    /// REFUSED.
    Refused,
    /// SERVFAIL: no resolver answered.
    ServFail,
    /// FORMERR.
    FormErr,
    /// NOTIMP.
    NotImp,
    /// An empty answer with TC set: ask again over TCP.
    Truncated,
}

/// Emits our answer to `query` (whose bytes are `message`): same id, same question bytes, EDNS if it was there.
pub fn emit_reply(message: &[u8], query: &Query, reply: Reply) -> Vec<u8> {
    let _ = (message, query, reply);
    unimplemented!()
}
