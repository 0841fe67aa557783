//! An answer without its ECH configurations (RFC 9848): the one rewrite of what a resolver said.
//!
//! What is cut out is the parameter and its mention among the mandatory ones; lengths and compression pointers behind
//! the cut are put right, and every other byte stays. AD is cleared: nobody vouches for the data any more (RFC 4035
//! section 3.2.3).

use std::ops::Range;

use super::RecordType;
use super::message::{self, HEADER_LEN, Record};
use crate::Malformed;

/// SvcParamKeys (RFC 9460 section 14.3.2, RFC 9848 section 3).
const MANDATORY: u16 = 0;
const ECH: u16 = 5;

/// AD in the fourth octet (RFC 4035 section 3.2.3).
const AUTHENTIC_DATA: u8 = 0x20;

/// The Internet class.
const IN: u16 = 1;

/// Length of a parameter's key and length (RFC 9460 section 2.2).
const PARAM_HEADER: usize = 4;

/// The message without the `ech` parameters of its SVCB and HTTPS records; `None` if there are none.
///
/// A parameter behind one that is malformed is not found: no client reads so far either (RFC 9460 section 2.2).
///
/// # Errors
///
/// A message with such a parameter whose other records cannot be followed, so that they cannot be put right.
pub fn without_ech(message: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut edit = Edit::default();
    let walked = edit.walk(message);
    if edit.cuts.is_empty() {
        return Ok(None);
    }
    walked.ok_or(Malformed::Length)?;
    edit.apply(message).map(Some).ok_or(Malformed::Field)
}

/// What is to be changed, by its place in the message.
#[derive(Debug, Default)]
struct Edit {
    /// What goes, in order, none overlapping another.
    cuts: Vec<Range<usize>>,
    /// Lengths that become shorter, and by how much.
    lengths: Vec<(usize, usize)>,
    /// Compression pointers.
    pointers: Vec<usize>,
}

impl Edit {
    /// Goes over all records; `None` where one overruns the message.
    fn walk(&mut self, message: &[u8]) -> Option<()> {
        let header: &[u8; HEADER_LEN] = message.first_chunk()?;
        let sections = [message::ANCOUNT, message::NSCOUNT, message::ARCOUNT];
        let records: usize = sections.iter().map(|&at| message::count(header, at)).sum();
        let mut at = HEADER_LEN;
        for _ in 0..message::count(header, message::QDCOUNT) {
            at = self.name(message, at)? + 4;
        }
        for _ in 0..records {
            let record = Record::parse(message, at)?;
            self.name(message, at)?;
            let data = record.data.clone();
            match record.record_type {
                RecordType::SVCB | RecordType::HTTPS if record.class == IN => self.service(message, data),
                record_type => self.data_names(message, record_type, &data),
            }
            at = record.data.end;
        }
        Some(())
    }

    /// Steps over a name and notes its compression pointer.
    fn name(&mut self, message: &[u8], at: usize) -> Option<usize> {
        let (end, pointer) = message::walk_name(message, at)?;
        if end > message.len() {
            return None;
        }
        self.pointers.extend(pointer);
        Some(end)
    }

    /// Notes the pointers in data that may be compressed (RFC 1035 section 3.3, RFC 3597 section 4). What is malformed in
    /// them stays as it is.
    fn data_names(&mut self, message: &[u8], record_type: RecordType, data: &Range<usize>) {
        let Some((before, names)) = names_of(record_type) else {
            return;
        };
        // A name ends where its data ends.
        let Some(message) = message.get(..data.end) else {
            return;
        };
        let mut at = data.start + before;
        for _ in 0..names {
            let Some(end) = self.name(message, at) else { return };
            at = end;
        }
    }

    /// Marks the `ech` parameter of one record, and its mention among the mandatory ones.
    fn service(&mut self, message: &[u8], data: Range<usize>) {
        let length_at = data.start - 2;
        let Some(message) = message.get(..data.end) else {
            return;
        };
        let Some(mut at) = self.name(message, data.start + 2) else {
            return;
        };
        let (mut mandatory, mut ech) = (None, Vec::new());
        while let Some(&[k0, k1, l0, l1]) = message.get(at..).and_then(|rest| rest.first_chunk()) {
            let end = at + PARAM_HEADER + usize::from(u16::from_be_bytes([l0, l1]));
            if end > data.end {
                break;
            }
            match u16::from_be_bytes([k0, k1]) {
                MANDATORY if mandatory.is_none() => mandatory = Some(at..end),
                ECH => ech.push(at..end),
                _ => {}
            }
            at = end;
        }
        let Some(first) = ech.first() else { return };
        let before = self.cuts.len();
        // Keys stand in order (RFC 9460 section 2.2): a list behind is malformed.
        if let Some(mandatory) = mandatory.filter(|mandatory| mandatory.end <= first.start) {
            self.mandatory(message, mandatory);
        }
        self.cuts.extend(ech);
        let shorter = self.cuts[before..].iter().map(ExactSizeIterator::len).sum();
        self.lengths.push((length_at, shorter));
    }

    /// Marks what the list of mandatory parameters says of `ech`; all of the list where it says nothing else.
    fn mandatory(&mut self, message: &[u8], param: Range<usize>) {
        let values = param.start + PARAM_HEADER..param.end;
        let listed = message.get(values.clone()).unwrap_or_default();
        let (keys, []) = listed.as_chunks() else { return };
        let is_ech = |key: &[u8; 2]| u16::from_be_bytes(*key) == ECH;
        let count = keys.iter().filter(|key| is_ech(key)).count();
        if count == keys.len() {
            return self.cuts.push(param);
        }
        let places = keys.iter().enumerate().filter(|(_, key)| is_ech(key));
        self.cuts.extend(places.map(|(i, _)| {
            let at = values.start + 2 * i;
            at..at + 2
        }));
        self.lengths.push((param.start + 2, 2 * count));
    }

    /// The changed message; `None` where a pointer points into what goes.
    fn apply(&self, message: &[u8]) -> Option<Vec<u8>> {
        let moves = Moves::of(&self.cuts);
        let mut edited = message.to_vec();
        for &(at, shorter) in &self.lengths {
            let field: &mut [u8; 2] = edited.get_mut(at..)?.first_chunk_mut()?;
            let len = usize::from(u16::from_be_bytes(*field)).checked_sub(shorter)?;
            *field = u16::try_from(len).ok()?.to_be_bytes();
        }
        for &at in &self.pointers {
            let field: &mut [u8; 2] = edited.get_mut(at..)?.first_chunk_mut()?;
            let to = usize::from(u16::from_be_bytes(*field) & 0x3fff);
            let to = u16::try_from(moves.of_place(to)?).ok()?;
            *field = (0xc000 | to).to_be_bytes();
        }
        *edited.get_mut(3)? &= !AUTHENTIC_DATA;
        let mut kept = Vec::with_capacity(edited.len());
        let mut from = 0;
        for cut in &self.cuts {
            kept.extend_from_slice(edited.get(from..cut.start)?);
            from = cut.end;
        }
        kept.extend_from_slice(edited.get(from..)?);
        Some(kept)
    }
}

/// Where the places of a message are after the cuts.
struct Moves<'a> {
    cuts: &'a [Range<usize>],
    /// How many octets have gone up to the end of each cut.
    gone: Vec<usize>,
}

impl<'a> Moves<'a> {
    fn of(cuts: &'a [Range<usize>]) -> Self {
        let lengths = cuts.iter().map(ExactSizeIterator::len);
        let gone = lengths.scan(0, |gone, len| {
            *gone += len;
            Some(*gone)
        });
        Self {
            cuts,
            gone: gone.collect(),
        }
    }

    /// `None` for a place that goes.
    fn of_place(&self, at: usize) -> Option<usize> {
        let before = self.cuts.partition_point(|cut| cut.end <= at);
        if self.cuts.get(before).is_some_and(|cut| cut.contains(&at)) {
            return None;
        }
        let gone = before.checked_sub(1).and_then(|last| self.gone.get(last));
        Some(at - gone.copied().unwrap_or(0))
    }
}

/// How many octets come before the names in the data of a record, and how many names there are, for those types in
/// which names may be compressed.
const fn names_of(record_type: RecordType) -> Option<(usize, usize)> {
    match record_type.0 {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME.
        2..=5 | 7..=9 | 12 | 39 => Some((0, 1)),
        // SOA, MINFO, RP.
        6 | 14 | 17 => Some((0, 2)),
        // MX, AFSDB, RT, KX.
        15 | 18 | 21 | 36 => Some((2, 1)),
        // PX.
        26 => Some((2, 2)),
        // SRV.
        33 => Some((6, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
