//! The far ends that one source endpoint has sent to, with the verdict on each.

use std::net::{IpAddr, SocketAddr};

use super::connections::Connections;

/// Peers kept in place; most sockets have one.
const INLINE: usize = 2;

/// Peers of one mapping at most; the one that came first gives way.
const MAX_PEERS: usize = 256;

/// Peers beyond the inline ones in all mappings at most.
const MAX_SPILLED: usize = 16_384;

/// What was decided on a far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing yet: a QUIC connection waits for its name.
    Waiting,
    /// It, or one QUIC connection to it, was let through.
    Allowed,
    /// It was refused.
    Blocked,
}

/// A far end.
#[derive(Debug)]
pub(super) struct Peer {
    ip: IpAddr,
    port: u16,
    pub(super) standing: Standing,
    /// Its QUIC connections, if it had any.
    pub(super) quic: Option<Box<Connections>>,
}

impl Peer {
    pub(super) fn new(remote: SocketAddr, standing: Standing) -> Self {
        Self {
            ip: remote.ip(),
            port: remote.port(),
            standing,
            quic: None,
        }
    }

    pub(super) fn remote(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port)
    }

    fn is(&self, remote: SocketAddr) -> bool {
        self.port == remote.port() && self.ip == remote.ip()
    }
}

/// Far ends: two in place, more on the heap.
#[derive(Debug, Default)]
pub(super) struct Peers {
    inline: [Option<Peer>; INLINE],
    spilled: Vec<Peer>,
    /// The spilled one to give way next.
    oldest: u16,
}

impl Peers {
    pub(super) fn find(&self, remote: SocketAddr) -> Option<&Peer> {
        self.inline
            .iter()
            .flatten()
            .chain(&self.spilled)
            .find(|peer| peer.is(remote))
    }

    pub(super) fn find_mut(&mut self, remote: SocketAddr) -> Option<&mut Peer> {
        self.inline
            .iter_mut()
            .flatten()
            .chain(&mut self.spilled)
            .find(|peer| peer.is(remote))
    }

    /// Which one gives way to another, when there is no room.
    pub(super) fn next_to_go(&self, spilled: usize) -> Option<&Peer> {
        let has_room = self.inline.iter().any(Option::is_none) || self.has_room_on_the_heap(spilled);
        if has_room {
            return None;
        }
        let oldest = self.spilled.get(usize::from(self.oldest));
        oldest.or(self.inline[0].as_ref())
    }

    fn has_room_on_the_heap(&self, spilled: usize) -> bool {
        self.spilled.len() + INLINE < MAX_PEERS && spilled < MAX_SPILLED
    }

    /// Adds one; true if another had to give way. `spilled` counts those on the heap, of all mappings.
    pub(super) fn insert(&mut self, peer: Peer, spilled: &mut usize) -> bool {
        if let Some(free) = self.inline.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(peer);
            return false;
        }
        if self.has_room_on_the_heap(*spilled) {
            self.spilled.push(peer);
            *spilled += 1;
            return false;
        }
        let at = usize::from(self.oldest);
        self.oldest = if at + 1 < self.spilled.len() {
            self.oldest + 1
        } else {
            0
        };
        match self.spilled.get_mut(at) {
            Some(slot) => *slot = peer,
            // No room on the heap at all: the two in place take turns.
            None => {
                self.inline.rotate_left(1);
                self.inline[INLINE - 1] = Some(peer);
            }
        }
        true
    }

    /// Keeps those of which `keep` is true; it may change the verdict.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Peer) -> bool, spilled: &mut usize) {
        for slot in &mut self.inline {
            if slot.as_mut().is_some_and(|peer| !keep(peer)) {
                *slot = None;
            }
        }
        let before = self.spilled.len();
        self.spilled.retain_mut(keep);
        *spilled -= before - self.spilled.len();
        self.oldest = 0;
    }

    /// Those to which there were QUIC connections.
    pub(super) fn with_quic(&self) -> impl Iterator<Item = SocketAddr> {
        let all = self.inline.iter().flatten().chain(&self.spilled);
        all.filter(|peer| peer.quic.is_some()).map(Peer::remote)
    }

    /// How many are on the heap.
    pub(super) fn spilled(&self) -> usize {
        self.spilled.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> Peer {
        Peer::new(SocketAddr::new([192, 0, 2, 1].into(), port), Standing::Allowed)
    }

    #[test]
    fn many_peers_are_found_and_the_first_spilled_gives_way() {
        let (mut peers, mut spilled) = (Peers::default(), 0);
        for port in 1..=256 {
            assert!(!peers.insert(peer(port), &mut spilled));
        }
        assert_eq!(spilled, 254);
        assert!((1..=256).all(|port| peers.find(peer(port).remote()).is_some()));
        assert!(peers.insert(peer(257), &mut spilled));
        assert!(peers.find(peer(3).remote()).is_none());
        assert!(peers.find(peer(4).remote()).is_some() && peers.find(peer(257).remote()).is_some());
        assert_eq!((spilled, peers.spilled()), (254, 254));
    }

    #[test]
    fn without_room_on_the_heap_the_inline_ones_take_turns() {
        let (mut peers, mut spilled) = (Peers::default(), MAX_SPILLED);
        for port in 1..=4 {
            peers.insert(peer(port), &mut spilled);
        }
        assert_eq!((spilled, peers.spilled()), (MAX_SPILLED, 0));
        let known: Vec<u16> = (1..=4)
            .filter(|&port| peers.find(peer(port).remote()).is_some())
            .collect();
        assert_eq!(known, [3, 4]);
    }

    #[test]
    fn a_peer_is_told_by_address_and_port() {
        let (mut peers, mut spilled) = (Peers::default(), 0);
        peers.insert(peer(7), &mut spilled);
        assert!(peers.find("192.0.2.1:7".parse().unwrap()).is_some());
        assert!(peers.find("192.0.2.1:8".parse().unwrap()).is_none());
        assert!(peers.find("192.0.2.2:7".parse().unwrap()).is_none());
    }

    #[test]
    fn those_that_are_not_kept_are_counted_off() {
        let (mut peers, mut spilled) = (Peers::default(), 0);
        for port in 1..=10 {
            peers.insert(peer(port), &mut spilled);
        }
        peers.retain(|peer| peer.port % 2 == 0, &mut spilled);
        assert_eq!(spilled, peers.spilled());
        assert!((1..=10).all(|port| peers.find(peer(port).remote()).is_some() == (port % 2 == 0)));
    }
}
