//! What both directions share: the header's fields, and records walked without their meaning.

use std::ops::Range;

use super::RecordType;
use crate::Malformed;

/// Length of a message's header (RFC 1035 section 4.1.1).
pub const HEADER_LEN: usize = 12;

/// QR in the third octet: a response.
pub(super) const QR: u8 = 0x80;
/// The opcode in the third octet; 0 is QUERY.
pub(super) const OPCODE: u8 = 0x78;
/// TC in the third octet: truncated.
pub(super) const TC: u8 = 0x02;

/// Where the header counts questions.
pub(super) const QDCOUNT: usize = 4;
/// Where the header counts answers.
pub(super) const ANCOUNT: usize = 6;
/// Where the header counts records of the authority section.
pub(super) const NSCOUNT: usize = 8;
/// Where the header counts additional records.
pub(super) const ARCOUNT: usize = 10;

/// DO in the OPT record's TTL field (RFC 6891 section 6.1.3).
pub(super) const DNSSEC_OK: u32 = 0x8000;

/// One of the header's four counts.
pub(super) fn count(header: &[u8; HEADER_LEN], at: usize) -> usize {
    usize::from(u16::from_be_bytes([header[at], header[at + 1]]))
}

/// The header's number of answer records; 0 for what has no header.
pub fn answer_count(message: &[u8]) -> usize {
    message.first_chunk().map_or(0, |header| count(header, ANCOUNT))
}

/// Whether TC is set: the whole answer is to be had over TCP.
pub fn is_truncated(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags & TC != 0)
}

/// Whether `message` is a response to the one question whose section is `question`, letters compared in any case.
pub fn matches_question(message: &[u8], question: &[u8]) -> bool {
    let Some(header) = message.first_chunk::<HEADER_LEN>() else {
        return false;
    };
    header[2] & (QR | OPCODE) == QR
        && count(header, QDCOUNT) == 1
        && message
            .get(HEADER_LEN..HEADER_LEN + question.len())
            // Lengths of labels are below any letter, and type and class hardly ever differ by a letter's case only:
            // the last four octets are compared as they are.
            .is_some_and(|theirs| {
                let name = question.len().saturating_sub(4);
                theirs[..name].eq_ignore_ascii_case(&question[..name]) && theirs[name..] == question[name..]
            })
}

/// Where the first question lies: its name, which is not read, type and class. `None` where it is cut off.
pub fn question_range(message: &[u8]) -> Option<Range<usize>> {
    let end = skip_name(message, HEADER_LEN)? + 4;
    (end <= message.len()).then_some(HEADER_LEN..end)
}

/// One record, its data unread.
pub(super) struct Record {
    pub(super) record_type: RecordType,
    pub(super) class: u16,
    pub(super) ttl: u32,
    /// Where the TTL field lies.
    pub(super) ttl_at: usize,
    pub(super) data: Range<usize>,
}

impl Record {
    /// Walks the record at `at`.
    pub(super) fn parse(message: &[u8], at: usize) -> Option<Self> {
        let fixed_at = skip_name(message, at)?;
        let fixed: &[u8; 10] = message.get(fixed_at..)?.first_chunk()?;
        let [t0, t1, c0, c1, ttl0, ttl1, ttl2, ttl3, len0, len1] = *fixed;
        let start = fixed_at + fixed.len();
        let end = start + usize::from(u16::from_be_bytes([len0, len1]));
        (end <= message.len()).then_some(Self {
            record_type: RecordType(u16::from_be_bytes([t0, t1])),
            class: u16::from_be_bytes([c0, c1]),
            ttl: u32::from_be_bytes([ttl0, ttl1, ttl2, ttl3]),
            ttl_at: fixed_at + 4,
            data: start..end,
        })
    }
}

/// Where the name at `at` ends: behind its zero octet or its compression pointer, which is not followed.
fn skip_name(message: &[u8], at: usize) -> Option<usize> {
    walk_name(message, at).map(|(end, _)| end)
}

/// Where the name at `at` ends, and where its compression pointer lies, if it has one.
pub(super) fn walk_name(message: &[u8], mut at: usize) -> Option<(usize, Option<usize>)> {
    loop {
        match *message.get(at)? {
            0 => return Some((at + 1, None)),
            len @ 1..=63 => at += 1 + usize::from(len),
            // RFC 1035 section 4.1.4.
            0xc0..=0xff => return Some((at + 2, Some(at))),
            _ => return None,
        }
    }
}

/// Lowers the TTL of every record to `max` seconds, in place; EDNS's record has none.
///
/// # Errors
///
/// A message that is shorter than its counts say; records before the bad one are changed.
pub fn cap_ttl(message: &mut [u8], max: u32) -> Result<(), Malformed> {
    let header: &[u8; HEADER_LEN] = message.first_chunk().ok_or(Malformed::Truncated)?;
    let records = count(header, ANCOUNT) + count(header, NSCOUNT) + count(header, ARCOUNT);
    let mut at = HEADER_LEN;
    for _ in 0..count(header, QDCOUNT) {
        at = skip_name(message, at).ok_or(Malformed::Field)? + 4;
    }
    for _ in 0..records {
        let record = Record::parse(message, at).ok_or(Malformed::Length)?;
        if record.record_type != RecordType::OPT && record.ttl > max {
            message[record.ttl_at..record.ttl_at + 4].copy_from_slice(&max.to_be_bytes());
        }
        at = record.data.end;
    }
    Ok(())
}
