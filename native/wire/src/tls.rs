//! The TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), out of one record or many.
//!
//! An SSLv2-compatible hello (RFC 5246 appendix E.2) is a mismatch: it has no room for a server name.

use std::borrow::Cow;

use crate::ech::{ENCRYPTED_CLIENT_HELLO, EchExtension};
use crate::{Name, Parsed};

/// ContentType handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 0x16;
/// ContentType alert, and AlertLevel warning (RFC 8446 section 6).
const ALERT: u8 = 0x15;
const WARNING: u8 = 1;
/// What servers pass over before they give up: warnings, and records without a fragment. No client sends either before or in
/// its hello.
const MAX_PASSED: usize = 32;
/// The major half of every record version from SSL 3.0 to TLS 1.3.
const MAJOR: u8 = 0x03;
/// The largest minor half in use: 0x0304 (RFC 8446 section 5.1 asks for at most 0x0303).
const MAX_MINOR: u8 = 0x04;
/// Length of a record's header.
const RECORD_HEADER: usize = 5;
/// HandshakeType client_hello (RFC 8446 section 4).
const CLIENT_HELLO: u8 = 0x01;
/// Length of a handshake message's header.
const MESSAGE_HEADER: usize = 4;
/// Version, random, empty session id, one cipher suite, one compression method.
const MIN_HELLO: usize = 2 + 32 + 1 + 2 + 2 + 1 + 1;
/// All vectors at their longest.
const MAX_HELLO: usize = 2 + 32 + 1 + 32 + 2 + 0xfffe + 1 + 0xff + 2 + 0xffff;
/// ExtensionType server_name (RFC 6066 section 3).
const SERVER_NAME: u16 = 0x0000;
/// NameType host_name (RFC 6066 section 3).
const HOST_NAME: u8 = 0x00;

/// What a ClientHello says about the server's name. "No name", "not a name" and "bad name" are different facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerName {
    /// A DNS host name.
    Dns(Name),
    /// No server_name extension.
    Absent,
    /// An extension that is not a valid host name.
    Invalid,
    /// Two host names, or two extensions: which one a server goes by, nobody can say.
    Ambiguous,
}

/// The facts of a ClientHello that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The (outer) server name.
    pub server_name: ServerName,
    /// The encrypted_client_hello extension, where there is one (it may be GREASE).
    pub ech: Option<EchExtension>,
}

impl ClientHello {
    /// Reads the first bytes of a stream.
    ///
    /// A message inside one record is read in place; one that is split over records is put together first.
    pub fn parse(stream: &[u8]) -> Parsed<Self> {
        let read = Message::read(stream).and_then(|message| {
            Self::read(&mut Reader {
                bytes: &message.bytes,
                len: message.len,
            })
        });
        match read {
            Ok(hello) => Parsed::Complete(hello),
            Err(Stop::Short) => Parsed::Incomplete,
            Err(Stop::Wrong) => Parsed::Mismatch,
        }
    }

    /// Reads a handshake message (its header included) that did not come in TLS records.
    pub fn parse_message(message: &[u8]) -> Parsed<Self> {
        let read = Message::len(message).and_then(|len| {
            Self::read(&mut Reader {
                bytes: &message[MESSAGE_HEADER..],
                len,
            })
        });
        match read {
            Ok(hello) => Parsed::Complete(hello),
            Err(Stop::Short) => Parsed::Incomplete,
            Err(Stop::Wrong) => Parsed::Mismatch,
        }
    }

    /// Reads a hello whose end is out of reach, by its complete extensions. `None` where it is none.
    pub fn parse_cut_off(stream: &[u8]) -> Option<Self> {
        let message = Message::read(stream).ok()?;
        let mut hello = Self::EMPTY;
        let read = hello.read_body(&mut Reader {
            bytes: &message.bytes,
            len: message.len,
        });
        (read != Err(Stop::Wrong)).then_some(hello)
    }

    /// Reads a handshake message whose end is out of reach, as [`Self::parse_cut_off`] does a stream.
    pub fn parse_message_cut_off(message: &[u8]) -> Option<Self> {
        let len = Message::len(message).ok()?;
        let mut hello = Self::EMPTY;
        let read = hello.read_body(&mut Reader {
            bytes: message.get(MESSAGE_HEADER..)?,
            len,
        });
        (read != Err(Stop::Wrong)).then_some(hello)
    }

    /// A length below which no continuation of `stream`, whose parse was `Incomplete`, is `Complete`. Whoever waits for
    /// it before parsing again parses a stream of single bytes a few times, not once a byte.
    pub fn least_len(stream: &[u8]) -> usize {
        let next = stream.len() + 1;
        let Ok(message) = Message::read(stream) else {
            return next;
        };
        next.max(message.least_len)
    }

    const EMPTY: Self = Self {
        server_name: ServerName::Absent,
        ech: None,
    };

    fn read(r: &mut Reader<'_>) -> Result<Self, Stop> {
        let mut hello = Self::EMPTY;
        hello.read_body(r)?;
        Ok(hello)
    }

    /// Reads the body of the message; what was read before it stopped is kept.
    fn read_body(&mut self, r: &mut Reader<'_>) -> Result<(), Stop> {
        let [major, _minor] = r.array()?;
        if major != MAJOR {
            return Err(Stop::Wrong);
        }
        r.skip(32)?;
        let session_id = r.u8()?;
        if session_id > 32 {
            return Err(Stop::Wrong);
        }
        r.skip(session_id.into())?;
        let cipher_suites = r.u16()?;
        if cipher_suites < 2 || cipher_suites % 2 != 0 {
            return Err(Stop::Wrong);
        }
        r.skip(cipher_suites.into())?;
        let compression_methods = r.u8()?;
        if compression_methods == 0 {
            return Err(Stop::Wrong);
        }
        r.skip(compression_methods.into())?;

        if r.len == 0 {
            return Ok(());
        }
        if usize::from(r.u16()?) != r.len {
            return Err(Stop::Wrong);
        }
        while r.len > 0 {
            let kind = r.u16()?;
            let len = r.u16()?;
            let body = r.take(len.into())?;
            match kind {
                SERVER_NAME if self.server_name == ServerName::Absent => {
                    self.server_name = ServerName::read(body);
                }
                // RFC 8446 section 4.2: no more than one of a kind.
                SERVER_NAME => self.server_name = ServerName::Ambiguous,
                ENCRYPTED_CLIENT_HELLO => self.ech = Some(EchExtension::parse(body)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl ServerName {
    /// Reads the body of a server_name extension. Entries of another type than host_name are skipped; a second
    /// host_name is forbidden (RFC 6066 section 3).
    fn read(body: &[u8]) -> Self {
        let mut r = Reader {
            bytes: body,
            len: body.len(),
        };
        let Ok(len) = r.u16() else { return Self::Invalid };
        if usize::from(len) != r.len {
            return Self::Invalid;
        }
        let mut found = None;
        while r.len > 0 {
            let Ok((kind, name)) = r.entry() else {
                return Self::Invalid;
            };
            if kind == HOST_NAME && found.replace(name).is_some() {
                return Self::Ambiguous;
            }
        }
        found.and_then(Name::from_host).map_or(Self::Invalid, Self::Dns)
    }
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The bytes so far end here.
    Short,
    /// What is there cannot be a ClientHello.
    Wrong,
}

/// The body of the handshake message, as far as it has arrived.
struct Message<'a> {
    bytes: Cow<'a, [u8]>,
    /// The length that its header gives.
    len: usize,
    /// The least length of a stream that holds all of it.
    least_len: usize,
}

impl<'a> Message<'a> {
    /// Checks a message's header as far as it is there, and returns the length of its body.
    fn len(message: &[u8]) -> Result<usize, Stop> {
        let mut r = Reader {
            bytes: message,
            len: MESSAGE_HEADER,
        };
        if r.u8()? != CLIENT_HELLO {
            return Err(Stop::Wrong);
        }
        let high = usize::from(r.u8()?);
        if high > MAX_HELLO >> 16 {
            return Err(Stop::Wrong);
        }
        let len = high << 16 | usize::from(r.u16()?);
        if (MIN_HELLO..=MAX_HELLO).contains(&len) {
            Ok(len)
        } else {
            Err(Stop::Wrong)
        }
    }

    fn read(stream: &'a [u8]) -> Result<Self, Stop> {
        let begin = begin(stream)?;
        let mut message = Self::read_records(&stream[begin..])?;
        message.least_len += begin;
        Ok(message)
    }

    fn read_records(stream: &'a [u8]) -> Result<Self, Stop> {
        let (fragment, missing, _) = record(stream)?;
        let first_len = fragment.len() + missing;
        match Self::len(fragment) {
            Ok(len) if MESSAGE_HEADER + len <= first_len => {
                let bytes = &fragment[MESSAGE_HEADER..fragment.len().min(MESSAGE_HEADER + len)];
                let least_len = RECORD_HEADER + MESSAGE_HEADER + len;
                Ok(Self {
                    bytes: Cow::Borrowed(bytes),
                    len,
                    least_len,
                })
            }
            // The first record is still short of even the header: nothing follows it yet.
            Err(Stop::Short) if missing > 0 => Err(Stop::Short),
            Ok(_) | Err(Stop::Short) => Self::collect(stream),
            Err(Stop::Wrong) => Err(Stop::Wrong),
        }
    }

    /// Puts together a message that is split over records.
    fn collect(stream: &[u8]) -> Result<Self, Stop> {
        let mut message = Vec::with_capacity(stream.len());
        let (mut rest, mut empty) = (stream, 0);
        loop {
            let (missing, header_seen) = match record(rest) {
                Ok((fragment, missing, next)) => {
                    empty += usize::from(fragment.len() + missing == 0);
                    if empty > MAX_PASSED {
                        return Err(Stop::Wrong);
                    }
                    message.extend_from_slice(fragment);
                    rest = next;
                    (missing, 0)
                }
                // A record's header that is not all there; what came before it is judged all the same.
                Err(Stop::Short) => (0, std::mem::take(&mut rest).len()),
                Err(Stop::Wrong) => return Err(Stop::Wrong),
            };
            let len = match Self::len(&message) {
                Err(Stop::Short) if !rest.is_empty() => continue,
                len => len?,
            };
            let wanted = (MESSAGE_HEADER + len).saturating_sub(message.len());
            if wanted > 0 && !rest.is_empty() {
                continue;
            }
            message.truncate(MESSAGE_HEADER + len);
            message.drain(..MESSAGE_HEADER);
            let header = if wanted > missing {
                RECORD_HEADER - header_seen
            } else {
                0
            };
            return Ok(Self {
                bytes: Cow::Owned(message),
                len,
                least_len: stream.len() + wanted + header,
            });
        }
    }
}

/// Where the first record with something of a message begins, behind those that a server passes over.
fn begin(stream: &[u8]) -> Result<usize, Stop> {
    let mut begin = 0;
    for _ in 0..=MAX_PASSED {
        begin += match stream.get(begin..).unwrap_or_default() {
            [HANDSHAKE, MAJOR, 0..=MAX_MINOR, 0, 0, ..] => RECORD_HEADER,
            [ALERT, MAJOR, 0..=MAX_MINOR, 0, 2, WARNING, _, ..] => RECORD_HEADER + 2,
            [ALERT]
            | [ALERT, MAJOR]
            | [ALERT, MAJOR, 0..=MAX_MINOR]
            | [ALERT, MAJOR, 0..=MAX_MINOR, 0]
            | [ALERT, MAJOR, 0..=MAX_MINOR, 0, 2]
            | [ALERT, MAJOR, 0..=MAX_MINOR, 0, 2, WARNING] => return Err(Stop::Short),
            _ => return Ok(begin),
        };
    }
    Err(Stop::Wrong)
}

/// Reads one record: its fragment as far as it has arrived, how much of it is missing, and what follows it.
fn record(bytes: &[u8]) -> Result<(&[u8], usize, &[u8]), Stop> {
    let mut r = Reader {
        bytes,
        len: RECORD_HEADER,
    };
    if r.u8()? != HANDSHAKE || r.u8()? != MAJOR || r.u8()? > MAX_MINOR {
        return Err(Stop::Wrong);
    }
    // RFC 8446 section 5.1 forbids empty fragments of handshake messages, and more than 2^14 bytes; who sends either all the
    // same may have found a server that takes it, so both are read.
    let len = usize::from(r.u16()?);
    let (fragment, rest) = r.bytes.split_at(len.min(r.bytes.len()));
    Ok((fragment, len - fragment.len(), rest))
}

/// Reads a vector whose length is known, of which a beginning has arrived.
struct Reader<'a> {
    /// What has arrived and is not read yet.
    bytes: &'a [u8],
    /// What is not read yet, arrived or not.
    len: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Stop> {
        self.len = self.len.checked_sub(n).ok_or(Stop::Wrong)?;
        let (taken, rest) = self.bytes.split_at_checked(n).ok_or(Stop::Short)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn skip(&mut self, n: usize) -> Result<(), Stop> {
        self.take(n).map(drop)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        self.take(N)?.try_into().map_err(|_| Stop::Wrong)
    }

    fn u8(&mut self) -> Result<u8, Stop> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn u16(&mut self) -> Result<u16, Stop> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A type and the vector that belongs to it.
    fn entry(&mut self) -> Result<(u8, &'a [u8]), Stop> {
        let kind = self.u8()?;
        let len = self.u16()?;
        Ok((kind, self.take(len.into())?))
    }
}

#[cfg(test)]
mod tests;
