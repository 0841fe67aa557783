//! A question.

use std::ops::Range;

use super::message::{self, HEADER_LEN, Record};
use crate::Name;

/// The longest name on the wire, its last zero octet included (RFC 1035 section 3.1).
const MAX_NAME: usize = 255;

/// What every receiver takes over UDP (RFC 1035 section 2.3.4, RFC 6891 section 6.2.5).
const MIN_UDP_PAYLOAD: u16 = 512;

/// A record type (IANA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordType(pub u16);

impl RecordType {
    /// An IPv4 address.
    pub const A: Self = Self(1);
    /// An IPv6 address.
    pub const AAAA: Self = Self(28);
    /// EDNS options (RFC 6891).
    pub const OPT: Self = Self(41);
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
    /// EDNS's DO bit: the asker takes DNSSEC records (RFC 3225).
    pub dnssec_ok: bool,
    /// Where the question section lies in the message (name, type, class).
    pub question: Range<usize>,
}

impl Query {
    /// Reads a question.
    ///
    /// A compression pointer in the question's name is malformed: nothing but the header lies before it, and the
    /// header's id changes on the way upstream, so the resolver would read another name than the one judged here.
    pub fn parse(message: &[u8]) -> Result<Self, QueryError> {
        let header = message.first_chunk::<HEADER_LEN>().ok_or(QueryError::Malformed)?;
        if header[2] & message::QR != 0 {
            return Err(QueryError::Response);
        }
        if header[2] & message::OPCODE != 0 {
            return Err(QueryError::Opcode);
        }
        if message::count(header, message::QDCOUNT) != 1 {
            return Err(QueryError::Count);
        }
        let (name, end) = parse_name(message)?;
        let fixed = message.get(end..).and_then(|rest| rest.first_chunk::<4>());
        let &[type_high, type_low, class_high, class_low] = fixed.ok_or(QueryError::Malformed)?;
        let mut query = Self {
            id: u16::from_be_bytes([header[0], header[1]]),
            name,
            record_type: RecordType(u16::from_be_bytes([type_high, type_low])),
            class: u16::from_be_bytes([class_high, class_low]),
            udp_payload: MIN_UDP_PAYLOAD,
            edns: false,
            dnssec_ok: false,
            question: HEADER_LEN..end + 4,
        };
        query.parse_edns(message, header)?;
        Ok(query)
    }

    /// Reads the name that a message asks for, or would if the rest of it were well-formed: what somebody who only looks
    /// on can say of a message that no resolver answers.
    pub fn asked_name(message: &[u8]) -> Result<Name, QueryError> {
        let header = message.first_chunk::<HEADER_LEN>().ok_or(QueryError::Malformed)?;
        if header[2] & message::QR != 0 {
            return Err(QueryError::Response);
        }
        if message::count(header, message::QDCOUNT) == 0 {
            return Err(QueryError::Count);
        }
        let (name, end) = parse_name(message)?;
        if message.len() < end + 4 {
            return Err(QueryError::Malformed);
        }
        Ok(name)
    }

    /// Reads the name that a response answers, or would if the rest of it were well-formed.
    pub fn answered_name(message: &[u8]) -> Option<Name> {
        let header = message.first_chunk::<HEADER_LEN>()?;
        let is_answer = header[2] & message::QR != 0 && message::count(header, message::QDCOUNT) == 1;
        if is_answer {
            parse_name(message).ok().map(|(name, _)| name)
        } else {
            None
        }
    }

    /// Walks the records behind the question for the OPT record; a second one is malformed (RFC 6891 section 6.1.1).
    fn parse_edns(&mut self, message: &[u8], header: &[u8; HEADER_LEN]) -> Result<(), QueryError> {
        let before = message::count(header, message::ANCOUNT) + message::count(header, message::NSCOUNT);
        let additional = message::count(header, message::ARCOUNT);
        let mut at = self.question.end;
        for i in 0..before + additional {
            let record = Record::parse(message, at).ok_or(QueryError::Malformed)?;
            at = record.data.end;
            if i < before || record.record_type != RecordType::OPT {
                continue;
            }
            if self.edns {
                return Err(QueryError::Malformed);
            }
            self.edns = true;
            self.dnssec_ok = record.ttl & message::DNSSEC_OK != 0;
            self.udp_payload = record.class.max(MIN_UDP_PAYLOAD);
        }
        Ok(())
    }
}

/// Reads the name at the start of the question section; returns it and where it ends.
fn parse_name(message: &[u8]) -> Result<(Name, usize), QueryError> {
    let mut text = [0; MAX_NAME];
    let mut len = 0;
    let mut plain = true;
    let mut at = HEADER_LEN;
    loop {
        let label_len = usize::from(*message.get(at).ok_or(QueryError::Malformed)?);
        if label_len == 0 {
            at += 1;
            break;
        }
        let label = message
            .get(at + 1..at + 1 + label_len)
            .ok_or(QueryError::Malformed)?;
        at += 1 + label_len;
        // Room for the zero octet is kept; `text` is as long as the labels with a dot behind each.
        if label_len > 63 || at + 1 - HEADER_LEN > MAX_NAME {
            return Err(QueryError::Malformed);
        }
        for (to, &byte) in text[len..].iter_mut().zip(label) {
            plain &= matches!(byte, 0x21..=0x7e) && byte != b'.' && byte != b'\\';
            *to = byte;
        }
        len += label_len;
        text[len] = b'.';
        len += 1;
    }
    let name = match std::str::from_utf8(&text[..len]) {
        Ok(text) if plain => Name::from_text(text),
        _ => Name::from_labels(Labels {
            rest: &message[HEADER_LEN..at],
        }),
    };
    Ok((name, at))
}

/// The labels of a name that was checked.
struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.rest.split_first()?;
        let (label, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        (!label.is_empty()).then_some(label)
    }
}

#[cfg(test)]
mod tests;
