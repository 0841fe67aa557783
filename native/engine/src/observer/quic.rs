//! The QUIC connections of two ends in a recording. Either may be the client: only a client's packets open with keys from the
//! id that they are sent to.

use std::collections::VecDeque;
use std::net::SocketAddr;

use wire::quic::{ConnectionId, Kind, LongHeader, Packets, Version};
use wire::{EchExtension, Name};

use super::table::Held;
use crate::inspect::{Finding, QuicReader, Undecidable};

/// Connections that are read, or were, between two ends; the oldest goes first.
const MAX_CONNECTIONS: usize = 8;

/// What is read between two ends.
#[derive(Debug, Default)]
pub(super) struct QuicPair {
    connections: VecDeque<Connection>,
    /// The name that was reported last: a Retry makes the client say it again, to another id.
    last: Option<(SocketAddr, Name)>,
}

#[derive(Debug)]
struct Connection {
    client: SocketAddr,
    version: Version,
    dcid: ConnectionId,
    /// Gone when there is nothing more to find.
    reader: Option<QuicReader>,
}

impl QuicPair {
    /// Takes one datagram; the name that it completes, if it does, and its hello's encrypted_client_hello extension.
    pub(super) fn handle_datagram(
        &mut self,
        src: SocketAddr,
        datagram: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<(Name, Option<EchExtension>)> {
        let packet = Packets::new(datagram).find(|packet| packet.kind == Kind::Initial)?;
        let (finding, ech) = match self.push(src, &packet, datagram, scratch) {
            Some(found) => found,
            None => self.open(src, &packet, datagram, scratch)?,
        };
        let Finding::Name(name, _) = finding else {
            return None;
        };
        let found = (src, name);
        if self.last.as_ref() == Some(&found) {
            return None;
        }
        Some((self.last.insert(found).1.clone(), ech))
    }

    /// Passes the datagram to the connections that it may belong to.
    fn push(
        &mut self,
        src: SocketAddr,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<(Finding, Option<EchExtension>)> {
        let dcid = ConnectionId::new(packet.dcid);
        for connection in self.connections.iter_mut().filter(|it| it.client == src) {
            let is_known = connection.dcid == dcid && connection.version == packet.version;
            let Some(reader) = &mut connection.reader else {
                if is_known {
                    return Some((Finding::NeedMore, None));
                }
                continue;
            };
            if let Some(finding) = reader.push(datagram, scratch) {
                let ech = reader.ech();
                if is_final(&finding) {
                    connection.reader = None;
                }
                return Some((finding, ech));
            }
        }
        None
    }

    /// Reads the datagram as a new connection's first.
    fn open(
        &mut self,
        src: SocketAddr,
        packet: &LongHeader<'_>,
        datagram: &[u8],
        scratch: &mut Vec<u8>,
    ) -> Option<(Finding, Option<EchExtension>)> {
        let mut reader = QuicReader::new(packet)?;
        let finding = reader.push(datagram, scratch)?;
        let ech = reader.ech();
        if self.connections.len() == MAX_CONNECTIONS {
            self.connections.pop_front();
        }
        self.connections.push_back(Connection {
            client: src,
            version: packet.version,
            dcid: ConnectionId::new(packet.dcid),
            reader: (!is_final(&finding)).then_some(reader),
        });
        Some((finding, ech))
    }
}

/// Whether nothing more is to be found. Bytes that are no ClientHello may be a later flight's.
const fn is_final(finding: &Finding) -> bool {
    matches!(
        finding,
        Finding::Name(..) | Finding::Undecidable(Undecidable::Nameless | Undecidable::Unrecognised)
    )
}

impl Held for QuicPair {
    fn held(&self) -> usize {
        let readers = self.connections.iter().filter_map(|it| it.reader.as_ref());
        readers
            .map(|reader| size_of::<QuicReader>() + reader.held())
            .sum()
    }
}
