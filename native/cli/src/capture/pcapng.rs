//! pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, and the three kinds of packet blocks.

use super::link::LinkType;
use super::source::Source;
use super::{CaptureError, Packet};

/// Section Header Block; the same in either byte order (section 4.1).
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Section Header Block (section 4.1).
const SECTION: u32 = 0x0a0d_0d0a;
/// Interface Description Block (section 4.2).
const INTERFACE: u32 = 0x0000_0001;
/// Packet Block, obsolete (appendix A).
const PACKET: u32 = 0x0000_0002;
/// Simple Packet Block (section 4.4).
const SIMPLE_PACKET: u32 = 0x0000_0003;
/// Enhanced Packet Block (section 4.3).
const ENHANCED_PACKET: u32 = 0x0000_0006;
/// Byte-Order Magic (section 4.1).
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Option if_tsresol (section 4.2).
const TIME_RESOLUTION: u16 = 9;
/// Option if_tsoffset (section 4.2).
const TIME_OFFSET: u16 = 14;

/// What its description says of an interface.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: LinkType,
    /// Longest packet that is recorded; 0 for any.
    snaplen: u32,
    /// Units of a timestamp in a second.
    resolution: u64,
    /// Seconds to add to a timestamp.
    offset: i64,
}

/// What holds until the next section.
#[derive(Debug, Default)]
pub(super) struct Section {
    big_endian: bool,
    interfaces: Vec<Interface>,
}

/// A packet block, before its bytes are looked at.
struct Block {
    interface: usize,
    time: u64,
    begin: usize,
    len: u32,
}

impl Section {
    pub(super) fn next_packet<'a>(
        &mut self,
        source: &'a mut Source,
    ) -> Result<Option<Packet<'a>>, CaptureError> {
        loop {
            let Some(begin) = source.array::<8>()? else {
                return Ok(None);
            };
            let mut begin = Fields {
                bytes: &begin,
                big_endian: self.big_endian,
            };
            let (Some(kind), Some(len)) = (begin.u32(), begin.u32()) else {
                continue;
            };
            if kind == SECTION {
                self.begin(len, source)?;
                continue;
            }
            // The length counts the type, both lengths, and the padding to four bytes (section 3.1).
            let body = u64::from(len)
                .checked_sub(12)
                .ok_or_else(|| CaptureError::Length(len.into()))?;
            let found = {
                let block = source.record(body.next_multiple_of(4) + 4)?;
                let block = &block[..body as usize];
                let mut fields = Fields {
                    bytes: block,
                    big_endian: self.big_endian,
                };
                if kind == INTERFACE {
                    self.interfaces.extend(Interface::read(&mut fields));
                }
                self.packet_block(kind, &mut fields, block.len())
            };
            let Some(Block {
                interface,
                time,
                begin,
                len,
            }) = found
            else {
                continue;
            };
            let Some(interface) = self.interfaces.get(interface) else {
                continue;
            };
            let (link, micros) = (interface.link, interface.micros(time));
            let frame = source.last().get(begin..body as usize).unwrap_or_default();
            let frame = frame.get(..len as usize).unwrap_or(frame);
            return Ok(Some(Packet { micros, link, frame }));
        }
    }

    /// A section begins: its byte order is its own, and its interfaces are new.
    fn begin(&mut self, len: u32, source: &mut Source) -> Result<(), CaptureError> {
        let magic = source.array::<4>()?.ok_or(CaptureError::CutOff)?;
        let big_endian = u32::from_be_bytes(magic) == BYTE_ORDER;
        if !big_endian && u32::from_le_bytes(magic) != BYTE_ORDER {
            return Err(CaptureError::Format);
        }
        let len = if big_endian == self.big_endian {
            len
        } else {
            len.swap_bytes()
        };
        *self = Self {
            big_endian,
            interfaces: Vec::new(),
        };
        // Type, length and magic are read; the rest holds nothing that is needed.
        let rest = u64::from(len)
            .checked_sub(12)
            .ok_or_else(|| CaptureError::Length(len.into()))?;
        source.record(rest)?;
        Ok(())
    }

    fn packet_block(&self, kind: u32, fields: &mut Fields<'_>, len: usize) -> Option<Block> {
        let (interface, time, caplen) = match kind {
            ENHANCED_PACKET => (fields.u32()?, fields.time()?, fields.u32()?),
            PACKET => {
                let interface = fields.u16()?;
                let _drops = fields.u16()?;
                (interface.into(), fields.time()?, fields.u32()?)
            }
            // No length of its own: the shorter of the packet and the snapshot length.
            SIMPLE_PACKET => {
                let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
                (0, 0, if snaplen == 0 { u32::MAX } else { snaplen })
            }
            _ => return None,
        };
        let original = fields.u32()?;
        let caplen = if kind == SIMPLE_PACKET {
            caplen.min(original)
        } else {
            caplen
        };
        let begin = len - fields.bytes.len();
        Some(Block {
            interface: interface as usize,
            time,
            begin,
            len: caplen,
        })
    }
}

impl Interface {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let link = LinkType(fields.u16()?);
        let _reserved = fields.u16()?;
        let snaplen = fields.u32()?;
        let mut interface = Self {
            link,
            snaplen,
            resolution: 1_000_000,
            offset: 0,
        };
        while let (Some(option), Some(len)) = (fields.u16(), fields.u16()) {
            let Some(value) = fields.take(usize::from(len)) else {
                break;
            };
            // Padded to four bytes (section 3.5).
            fields.take(usize::from(len).next_multiple_of(4) - usize::from(len));
            let mut value = Fields {
                bytes: value,
                ..*fields
            };
            match option {
                0 => break,
                TIME_RESOLUTION => {
                    interface.resolution = value.take(1).map_or(1_000_000, |byte| resolution(byte[0]))
                }
                TIME_OFFSET => interface.offset = value.u64().map_or(0, u64::cast_signed),
                _ => {}
            }
        }
        Some(interface)
    }

    fn micros(&self, time: u64) -> u64 {
        let micros = u128::from(time) * 1_000_000 / u128::from(self.resolution.max(1));
        let micros = i128::from(self.offset) * 1_000_000 + micros.cast_signed();
        u64::try_from(micros.max(0)).unwrap_or(u64::MAX)
    }
}

/// Units in a second: a power of two with the high bit, else of ten.
fn resolution(byte: u8) -> u64 {
    let exponent = u32::from(byte & 0x7f);
    let base: u64 = if byte & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u64::MAX)
}

/// Fields in the section's byte order.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(n)?;
        self.bytes = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = *self.take(2)?.first_chunk()?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = *self.take(4)?.first_chunk()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn u64(&mut self) -> Option<u64> {
        let bytes = *self.take(8)?.first_chunk()?;
        Some(if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        })
    }

    /// A timestamp: the high half comes first in either byte order (section 4.3).
    fn time(&mut self) -> Option<u64> {
        let high = self.u32()?;
        Some(u64::from(high) << 32 | u64::from(self.u32()?))
    }
}
