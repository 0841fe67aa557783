//! The frames that an Initial packet may carry (RFC 9000 section 12.4, table 3).

use super::Version;
use super::varint::{take, take_bytes, take_vector};
use crate::Malformed;

const PADDING: u8 = 0x00;
const PING: u8 = 0x01;
const ACK: u8 = 0x02;
/// ACK with counts of ECN marks.
const ACK_ECN: u8 = 0x03;
const CRYPTO: u8 = 0x06;
/// PING and CRYPTO in Google's versions.
const GOOGLE_PING: u8 = 0x07;
const GOOGLE_CRYPTO: u8 = 0x08;
/// CONNECTION_CLOSE of the transport.
pub(super) const CONNECTION_CLOSE: u8 = 0x1c;

/// The bytes of a CRYPTO frame (RFC 9000 section 19.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crypto<'a> {
    /// Where in the stream of handshake messages they belong.
    pub offset: u64,
    /// The bytes.
    pub data: &'a [u8],
}

/// The CRYPTO frames of an Initial packet's payload; the others are passed over.
///
/// A frame that does not belong into an Initial packet, or a broken one, is an error and the end: no endpoint takes such
/// a packet (RFC 9000 section 12.4).
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
    google: bool,
}

impl<'a> Frames<'a> {
    /// Those of a packet's payload.
    pub const fn new(version: Version, payload: &'a [u8]) -> Self {
        Self {
            rest: payload,
            google: version.has_google_frames(),
        }
    }

    fn frame(&mut self) -> Option<Option<Crypto<'a>>> {
        let kind = *take_bytes(&mut self.rest, 1)?.first()?;
        let kind = match kind {
            GOOGLE_PING if self.google => PING,
            GOOGLE_CRYPTO if self.google => CRYPTO,
            PADDING => PADDING,
            _ if self.google => return None,
            kind => kind,
        };
        match kind {
            PADDING => {
                // Most of a datagram may be padding: it is passed in steps of 16 bytes.
                let (steps, _) = self.rest.as_chunks::<16>();
                let zeros = steps.iter().take_while(|step| **step == [PADDING; 16]).count();
                take_bytes(&mut self.rest, zeros * 16)?;
                let len = self.rest.iter().take_while(|byte| **byte == PADDING).count();
                take_bytes(&mut self.rest, len)?;
            }
            PING => {}
            ACK | ACK_ECN => self.ack(kind)?,
            CRYPTO => {
                let offset = take(&mut self.rest)?;
                let data = take_vector(&mut self.rest)?;
                return Some(Some(Crypto { offset, data }));
            }
            CONNECTION_CLOSE => {
                // The error, the type of the frame that caused it, the reason as text.
                take(&mut self.rest)?;
                take(&mut self.rest)?;
                take_vector(&mut self.rest)?;
            }
            _ => return None,
        }
        Some(None)
    }

    /// RFC 9000 section 19.3.
    fn ack(&mut self, kind: u8) -> Option<()> {
        let mut integer = || take(&mut self.rest);
        let (_largest, _delay) = (integer()?, integer()?);
        let (ranges, _first) = (integer()?, integer()?);
        // Two integers a range; each takes a byte at least, so that this ends.
        for _ in 0..ranges {
            integer()?;
            integer()?;
        }
        if kind == ACK_ECN {
            for _ in 0..3 {
                integer()?;
            }
        }
        Some(())
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Crypto<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.frame() {
                Some(Some(crypto)) => return Some(Ok(crypto)),
                Some(None) => {}
                None => {
                    self.rest = &[];
                    return Some(Err(Malformed::Field));
                }
            }
        }
        None
    }
}
