//! Long headers (RFC 9000 section 17.2), one after the other in a datagram (section 12.2).

use super::Version;
use super::varint::{take, take_bytes, take_vector};
use crate::Malformed;

/// A datagram with an Initial packet of a client is to have at least so many bytes (RFC 9000 section 14.1).
pub const MIN_INITIAL: usize = 1_200;
/// The form bit (RFC 8999 section 5.1).
pub(super) const LONG: u8 = 0x80;
/// The fixed bit (RFC 9000 section 17.2).
pub(super) const FIXED: u8 = 0x40;
/// The longest connection id of the versions that we read (RFC 9000 section 17.2).
const MAX_ID: usize = 20;

/// A connection id of a version that can be read: at most 20 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    bytes: [u8; MAX_ID],
    len: u8,
}

impl ConnectionId {
    /// Takes an id out of a header; of one that is too long (RFC 8999 allows 255 bytes), its beginning.
    pub fn new(id: &[u8]) -> Self {
        let mut bytes = [0; MAX_ID];
        let len = id.len().min(MAX_ID);
        bytes[..len].copy_from_slice(&id[..len]);
        Self {
            bytes,
            len: id.len().min(0xff) as u8,
        }
    }

    /// The id.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len).min(MAX_ID)]
    }
}

/// The type of a packet with a long header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The first packets of both sides; the client's carry its ClientHello.
    Initial,
    /// Early data.
    ZeroRtt,
    /// What follows the Initials.
    Handshake,
    /// A server's wish for another Initial, with its token and to another connection id.
    Retry,
    /// A server's list of versions (RFC 9000 section 17.2.1).
    Negotiation,
    /// Of a version of which nothing but the connection ids is known.
    Unknown,
}

/// One packet with a long header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongHeader<'a> {
    /// The version.
    pub version: Version,
    /// The type of the packet.
    pub kind: Kind,
    /// The Destination Connection ID.
    pub dcid: &'a [u8],
    /// The Source Connection ID.
    pub scid: &'a [u8],
    /// The token of an Initial or a Retry packet, the versions of a Version Negotiation packet.
    pub token: &'a [u8],
    /// The packet, its header included, up to the end that its length gives.
    pub(super) packet: &'a [u8],
    /// Where the packet number begins; what is before it is not encrypted.
    pub(super) number_at: usize,
}

impl<'a> LongHeader<'a> {
    /// Reads the first packet of `datagram`.
    ///
    /// The fixed bit is not asked for: a client may clear it towards a server that it knows (RFC 9287).
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = datagram;
        let start = take_bytes(&mut rest, 5).ok_or(Malformed::Truncated)?;
        let &[first, v, e, r, s] = start else {
            return Err(Malformed::Truncated);
        };
        if first & LONG == 0 {
            return Err(Malformed::Field);
        }
        let version = Version(u32::from_be_bytes([v, e, r, s]));
        let mut id = || {
            let len = take_bytes(&mut rest, 1)?.first()?;
            take_bytes(&mut rest, usize::from(*len))
        };
        let dcid = id().ok_or(Malformed::Truncated)?;
        let scid = id().ok_or(Malformed::Truncated)?;
        let header = Self {
            version,
            kind: Kind::Unknown,
            dcid,
            scid,
            token: &[],
            packet: datagram,
            number_at: datagram.len(),
        };
        match version {
            Version::NEGOTIATION => Ok(Self {
                kind: Kind::Negotiation,
                token: rest,
                ..header
            }),
            version if !version.is_readable() => Ok(header),
            _ if dcid.len() > MAX_ID || scid.len() > MAX_ID => Err(Malformed::Length),
            version => header.read_known(version.kind(first), rest, datagram),
        }
    }

    /// Reads what follows the connection ids in a known version.
    fn read_known(self, kind: Kind, mut rest: &'a [u8], datagram: &'a [u8]) -> Result<Self, Malformed> {
        if kind == Kind::Retry {
            // The integrity tag (RFC 9001 section 5.8) is at its end.
            let token = rest.len().checked_sub(16).and_then(|len| rest.get(..len));
            return Ok(Self {
                kind,
                token: token.ok_or(Malformed::Truncated)?,
                ..self
            });
        }
        let token = match kind {
            Kind::Initial => take_vector(&mut rest).ok_or(Malformed::Truncated)?,
            _ => &[],
        };
        let len = take(&mut rest).ok_or(Malformed::Truncated)?;
        let number_at = datagram.len() - rest.len();
        let end = usize::try_from(len)
            .ok()
            .and_then(|len| number_at.checked_add(len))
            .ok_or(Malformed::Length)?;
        Ok(Self {
            kind,
            token,
            packet: datagram.get(..end).ok_or(Malformed::Truncated)?,
            number_at,
            ..self
        })
    }

    /// The versions that a server speaks, of a Version Negotiation packet.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        let list = match self.kind {
            Kind::Negotiation => self.token,
            _ => &[],
        };
        let (versions, _) = list.as_chunks();
        versions
            .iter()
            .map(|version| Version(u32::from_be_bytes(*version)))
    }
}

/// The packets of a datagram, as far as they have long headers that can be read.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Packets<'a> {
    /// Those of `datagram`.
    pub const fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = LongHeader<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = LongHeader::parse(self.rest).ok()?;
        self.rest = self.rest.get(header.packet.len()..).unwrap_or_default();
        Some(header)
    }
}

/// What a datagram begins with, if that may open a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening<'a> {
    /// A packet of a version whose Initials can be read.
    Readable(LongHeader<'a>),
    /// A packet of a version that is reserved or unknown: its Initials cannot be read.
    Unreadable(LongHeader<'a>),
}

impl<'a> Opening<'a> {
    /// Whether a client may open a connection with `datagram`: an Initial or 0-RTT packet of a known version in it, behind
    /// Handshake packets too, which a server that cannot read them passes over; or at least 1,200 bytes that begin with the
    /// long header of another version.
    ///
    /// A server has to discard an Initial in less than 1,200 bytes (RFC 9000 section 14.1); some do not. Anything else is
    /// another protocol's or a later packet: STUN, DTLS, WireGuard and QUIC's short headers have no form bit and fixed
    /// bit, and RTP has other bytes where the version is.
    #[inline]
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let first = *datagram.first()?;
        if first & LONG == 0 {
            return None;
        }
        let header = LongHeader::parse(datagram).ok()?;
        match header.kind {
            Kind::Initial | Kind::ZeroRtt => Some(Self::Readable(header)),
            Kind::Handshake => Packets::new(datagram)
                .find(|packet| matches!(packet.kind, Kind::Initial | Kind::ZeroRtt))
                .map(Self::Readable),
            Kind::Unknown if first & FIXED != 0 && datagram.len() >= MIN_INITIAL => {
                Some(Self::Unreadable(header))
            }
            Kind::Unknown | Kind::Retry | Kind::Negotiation => None,
        }
    }
}
