//! The classic format (draft-ietf-opsawg-pcap), in either byte order, with microseconds or nanoseconds.

use super::link::LinkType;
use super::source::Source;
use super::{CaptureError, Packet};

/// Magic number with microseconds.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
/// Magic number with nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Magic number of a variant whose records have eight bytes more.
const MODIFIED: u32 = 0xa1b2_cd34;

/// What the file's header says of its records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    u32_from: fn([u8; 4]) -> u32,
    nanoseconds: bool,
    modified: bool,
    link: LinkType,
}

impl Header {
    pub(super) fn read(source: &mut Source) -> Result<Self, CaptureError> {
        let header: [u8; 24] = match source.array() {
            Ok(Some(header)) => header,
            Ok(None) | Err(CaptureError::CutOff) => return Err(CaptureError::Format),
            Err(error) => return Err(error),
        };
        let [m0, m1, m2, m3, ..] = header;
        let magic = [m0, m1, m2, m3];
        let known = |from: &fn([u8; 4]) -> u32| matches!(from(magic), MICROSECONDS | NANOSECONDS | MODIFIED);
        let orders: [fn([u8; 4]) -> u32; 2] = [u32::from_le_bytes, u32::from_be_bytes];
        let u32_from = orders.into_iter().find(known).ok_or(CaptureError::Format)?;
        let [.., l0, l1, l2, l3] = header;
        // The upper half holds the length of the frame check sequence.
        let link = LinkType((u32_from([l0, l1, l2, l3]) & 0xffff) as u16);
        let magic = u32_from(magic);
        Ok(Self {
            u32_from,
            nanoseconds: magic == NANOSECONDS,
            modified: magic == MODIFIED,
            link,
        })
    }

    pub(super) fn next_packet<'a>(&self, source: &'a mut Source) -> Result<Option<Packet<'a>>, CaptureError> {
        let Some(record) = source.array::<16>()? else {
            return Ok(None);
        };
        let mut fields = record
            .as_chunks::<4>()
            .0
            .iter()
            .map(|field| (self.u32_from)(*field));
        let mut field = || u64::from(fields.next().unwrap_or(0));
        let (seconds, fraction, len) = (field(), field(), field());
        if self.modified {
            source.record(8)?;
        }
        let micros = seconds * 1_000_000
            + if self.nanoseconds {
                fraction / 1000
            } else {
                fraction
            };
        Ok(Some(Packet {
            micros,
            link: self.link,
            frame: source.record(len)?,
        }))
    }
}
