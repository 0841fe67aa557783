//! The connections of a recording. Bounded in number and in bytes held; the oldest goes first.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use ahash::RandomState;

/// Connections, at most.
const MAX_CONNECTIONS: usize = 64 * 1024;
/// Bytes held for reassembly, all connections together, at most.
const MAX_HELD: usize = 32 * 1024 * 1024;
/// Fixed, so that the same recording gives the same run.
const SEEDS: [u64; 4] = [0x6875_7368, 0x7761_6c6c, 0x6f62_7365, 0x7276_6572];

/// Both ends of a connection, the lesser first: both directions have one key.
type Ends = (SocketAddr, SocketAddr);

/// What is held for reassembly.
pub(super) trait Held: Default {
    /// In bytes.
    fn held(&self) -> usize;
}

/// Connections by their ends.
#[derive(Debug)]
pub(super) struct Table<T> {
    connections: HashMap<Ends, T, RandomState>,
    /// In the order of their first packets.
    oldest: VecDeque<Ends>,
    held: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        let [a, b, c, d] = SEEDS;
        let connections = HashMap::with_hasher(RandomState::with_seeds(a, b, c, d));
        Self {
            connections,
            oldest: VecDeque::new(),
            held: 0,
        }
    }
}

impl<T: Held> Table<T> {
    /// Gives the connection between two ends to `handle`; a new one if there is none.
    pub(super) fn with<R>(
        &mut self,
        src: SocketAddr,
        dst: SocketAddr,
        handle: impl FnOnce(&mut T) -> R,
    ) -> R {
        let ends = if src <= dst { (src, dst) } else { (dst, src) };
        let connection = self.connections.entry(ends).or_insert_with(|| {
            self.oldest.push_back(ends);
            T::default()
        });
        let before = connection.held();
        let result = handle(connection);
        self.held = self.held + connection.held() - before;
        while self.connections.len() > MAX_CONNECTIONS || self.held > MAX_HELD {
            let Some(oldest) = self.oldest.pop_front() else {
                break;
            };
            if let Some(connection) = self.connections.remove(&oldest) {
                self.held -= connection.held();
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use wire::tcp::{Flags, SeqNumber, TcpHeader};

    use super::super::connection::Connection;
    use super::*;

    fn segment(table: &mut Table<Connection>, port: u16, payload: &[u8]) {
        let src = SocketAddr::from(([10, 0, 0, 1], port));
        let dst = SocketAddr::from(([192, 0, 2, 1], 443));
        let header = TcpHeader {
            src_port: port,
            dst_port: 443,
            seq: SeqNumber(7),
            ack: SeqNumber(0),
            flags: Flags::ACK,
            window: 0,
            options: 0..0,
            payload: 0..0,
        };
        table.with(src, dst, |connection| {
            connection.handle_segment(src, dst, &header, payload, &mut Vec::new());
        });
    }

    #[test]
    fn both_directions_are_one_connection() {
        let mut table = Table::<Connection>::default();
        let (a, b) = (
            SocketAddr::from(([10, 0, 0, 1], 1)),
            SocketAddr::from(([10, 0, 0, 2], 2)),
        );
        table.with(a, b, |_| {});
        table.with(b, a, |_| {});
        assert_eq!(table.connections.len(), 1);
    }

    #[test]
    fn bytes_held_are_bounded_and_the_oldest_connection_goes_first() {
        let mut table = Table::default();
        let head = [b"GET /", &[b'a'; 15_000][..]].concat();
        for port in 0..4000 {
            segment(&mut table, port, &head);
            assert!(table.held <= MAX_HELD);
        }
        assert_eq!(table.held, table.connections.len() * head.len());
        assert!(table.connections.len() > 2000);
        assert!(table.oldest.front().is_some_and(|ends| ends.0.port() > 1000));
    }
}
