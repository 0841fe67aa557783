//! Our own answers, written by hand: a refusal costs little more than the question that it answers.

use super::message::{ANCOUNT, ARCOUNT, DNSSEC_OK, HEADER_LEN, NSCOUNT, OPCODE, QDCOUNT, QR, TC};
use super::{Query, RecordType};

/// RD in the third octet of a header: recursion is desired.
const RD: u8 = 0x01;
/// RA in the fourth octet: recursion is available.
const RA: u8 = 0x80;
/// CD in the fourth octet: checking is disabled (RFC 4035 section 3.1.6).
const CD: u8 = 0x10;

/// The class of the Internet.
const IN: u16 = 1;
/// SOA among the record types.
const SOA: u16 = 6;
/// What we say we take over UDP: the size that crosses any path unfragmented (DNS flag day 2020).
const OUR_UDP_PAYLOAD: u16 = 1232;
/// A pointer to the name of the question, which begins behind the header (RFC 1035 section 4.1.4).
const ASKED_NAME: u16 = 0xc000 | HEADER_LEN as u16;

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

impl Reply {
    /// RFC 1035 section 4.1.1.
    const fn rcode(self) -> u8 {
        match self {
            Self::ZeroAddress { .. } | Self::NoData { .. } | Self::Truncated => 0,
            Self::FormErr => 1,
            Self::ServFail => 2,
            Self::NxDomain { .. } => 3,
            Self::NotImp => 4,
            Self::Refused => 5,
        }
    }

    /// The header of this reply to `asked`, without counts.
    fn header(self, asked: &[u8; HEADER_LEN]) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        header[..2].copy_from_slice(&asked[..2]);
        header[2] = QR | asked[2] & (OPCODE | RD);
        if self == Self::Truncated {
            header[2] |= TC;
        }
        header[3] = RA | self.rcode();
        header
    }
}

/// Emits our answer to `query` (whose bytes are `message`): same id, same question bytes, EDNS if it was there.
///
/// Of `message` no more than the header and the question are read; nothing is answered to less than that.
pub fn emit_reply(message: &[u8], query: &Query, reply: Reply) -> Vec<u8> {
    let (Some(asked), Some(question)) = (message.first_chunk(), message.get(query.question.clone())) else {
        return Vec::new();
    };
    let mut header = reply.header(asked);
    header[3] |= asked[3] & CD;
    header[QDCOUNT + 1] = 1;

    // Room for the longest: an SOA and an OPT record.
    let mut bytes = Vec::with_capacity(HEADER_LEN + question.len() + 34 + 11);
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(question);
    let address: Option<&[u8]> = match query.record_type {
        RecordType::A if query.class == IN => Some(&[0; 4]),
        RecordType::AAAA if query.class == IN => Some(&[0; 16]),
        _ => None,
    };
    match (reply, address) {
        (Reply::ZeroAddress { ttl }, Some(address)) => {
            bytes[ANCOUNT + 1] = 1;
            push_record(&mut bytes, query.record_type.0, ttl, address);
        }
        (Reply::ZeroAddress { ttl } | Reply::NoData { ttl } | Reply::NxDomain { ttl }, _) => {
            bytes[NSCOUNT + 1] = 1;
            push_record(&mut bytes, SOA, ttl, &start_of_authority(ttl));
        }
        _ => {}
    }
    if query.edns {
        bytes[ARCOUNT + 1] = 1;
        // The root as the owner, the payload in place of the class, the flags in place of the TTL (RFC 6891 section 6.1.2).
        bytes.push(0);
        bytes.extend_from_slice(&RecordType::OPT.0.to_be_bytes());
        bytes.extend_from_slice(&OUR_UDP_PAYLOAD.to_be_bytes());
        let flags = if query.dnssec_ok { DNSSEC_OK } else { 0 };
        bytes.extend_from_slice(&flags.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
    }
    bytes
}

/// Emits an answer to what is no question that we take: a header alone. `None` for a response, and for what is
/// shorter than a header: neither is answered.
pub fn emit_error(message: &[u8], reply: Reply) -> Option<Vec<u8>> {
    let asked = message.first_chunk()?;
    (asked[2] & QR == 0).then(|| reply.header(asked).to_vec())
}

/// A record of the name that was asked for.
fn push_record(bytes: &mut Vec<u8>, record_type: u16, ttl: u32, data: &[u8]) {
    bytes.extend_from_slice(&ASKED_NAME.to_be_bytes());
    bytes.extend_from_slice(&record_type.to_be_bytes());
    bytes.extend_from_slice(&IN.to_be_bytes());
    bytes.extend_from_slice(&ttl.to_be_bytes());
    bytes.extend_from_slice(&(data.len() as u16).to_be_bytes());
    bytes.extend_from_slice(data);
}

/// RFC 2308 section 3: how long the absence may be remembered is the lesser of the SOA's TTL and MINIMUM.
fn start_of_authority(minimum: u32) -> [u8; 22] {
    let mut data = [0; 22];
    // The root as the server's and as the mailbox's name; then serial, refresh, retry, expire, minimum.
    let fields = [1, 3_600, 600, 86_400, minimum];
    for (room, field) in data[2..].chunks_exact_mut(4).zip(fields) {
        room.copy_from_slice(&u32::to_be_bytes(field));
    }
    data
}
