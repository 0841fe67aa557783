//! A QUIC client's first flight, datagram by datagram, until its ClientHello shows a name.

use wire::quic::{Frames, InitialKeys, Kind, LongHeader, Packets, Side};
use wire::tls::{ClientHello, ServerName};
use wire::{EchExtension, Parsed};

use super::{Assembler, Finding, LIMIT, Undecidable};
use crate::Seen;

/// Reads the Initial packets of one connection: those that a client sent to one connection id, or sealed for it.
#[derive(Debug)]
pub(crate) struct QuicReader {
    /// Apart, because they are long and the reader is moved about.
    keys: Box<InitialKeys>,
    crypto: Assembler,
    /// The largest packet number that was opened.
    largest: Option<u64>,
    /// Of the hello that was read.
    ech: Option<EchExtension>,
}

impl QuicReader {
    /// For the connection that `packet` opens; `None` if its version is not known.
    pub(crate) fn new(packet: &LongHeader<'_>) -> Option<Self> {
        Some(Self {
            keys: Box::new(InitialKeys::new(packet.version, packet.dcid, Side::Client)?),
            crypto: Assembler::new(LIMIT),
            largest: None,
            ech: None,
        })
    }

    /// Takes a datagram and says what is known; `None` if none of its packets belongs to this connection. `scratch` is
    /// memory that is used again.
    ///
    /// A packet with a frame that may not be in it is passed over whole, as its server does.
    pub(crate) fn push(&mut self, datagram: &[u8], scratch: &mut Vec<u8>) -> Option<Finding> {
        let mut opened = false;
        for packet in Packets::new(datagram).filter(|packet| packet.kind == Kind::Initial) {
            let Some(number) = self.keys.open(&packet, self.largest, scratch) else {
                continue;
            };
            opened = true;
            self.largest = self.largest.max(Some(number));
            if Frames::new(packet.version, scratch).any(|frame| frame.is_err()) {
                continue;
            }
            for crypto in Frames::new(packet.version, scratch).flatten() {
                let offset = usize::try_from(crypto.offset).unwrap_or(usize::MAX);
                self.crypto.insert(offset, crypto.data);
            }
        }
        opened.then(|| self.finding())
    }

    /// What the bytes so far say if none follows: the complete extensions have to do.
    pub(crate) fn cut_off(&mut self) -> Finding {
        let hello = ClientHello::parse_message_cut_off(self.crypto.prefix());
        self.ech = hello.as_ref().and_then(|hello| hello.ech);
        match hello.map(|hello| hello.server_name) {
            Some(ServerName::Dns(name)) => Finding::Name(name, Seen::Quic),
            _ => Finding::Undecidable(Undecidable::TooLong),
        }
    }

    /// The encrypted_client_hello extension of the hello that was read.
    pub(crate) const fn ech(&self) -> Option<EchExtension> {
        self.ech
    }

    /// Bytes held until the message is complete, and those of the keys.
    pub(crate) const fn held(&self) -> usize {
        self.crypto.held() + size_of::<InitialKeys>()
    }

    fn finding(&mut self) -> Finding {
        match ClientHello::parse_message(self.crypto.prefix()) {
            Parsed::Complete(hello) => {
                self.ech = hello.ech;
                Finding::of_hello(hello.server_name, Seen::Quic)
            }
            Parsed::Incomplete => Finding::NeedMore,
            Parsed::Mismatch => Finding::Undecidable(Undecidable::Unrecognised),
        }
    }
}

#[cfg(test)]
mod tests;
