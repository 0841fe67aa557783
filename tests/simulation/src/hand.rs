//! A TCP flow of the phone played by hand, segment by segment.

use std::net::SocketAddr;
use std::time::Duration;

use crate::packet::{ACK, Packet, SYN, Segment};
use crate::phone::phone_ip;
use crate::referee::brief;
use crate::world::World;

/// Time in which an answer that comes at once has come.
pub const AT_ONCE: Duration = Duration::from_millis(1);

/// One flow by hand.
#[derive(Debug, Clone)]
pub struct Hand {
    /// The phone's endpoint.
    pub local: SocketAddr,
    /// The far end.
    pub remote: SocketAddr,
    /// The next sequence number to send.
    pub seq: u32,
    /// The next sequence number to hear.
    pub ack: u32,
    /// The window that segments give, unscaled.
    pub window: u16,
}

impl Hand {
    /// A flow that has not begun.
    pub fn new(world: &mut World, remote: SocketAddr, isn: u32) -> Self {
        let port = world.phone.free_port();
        world.phone.play_by_hand(port);
        Self {
            local: SocketAddr::new(phone_ip(remote.ip()), port),
            remote,
            seq: isn,
            ack: 0,
            window: 0xffff,
        }
    }

    /// The SYN, with all options.
    pub fn syn(&self) -> Segment {
        let mut syn = Segment::new(self.local, self.remote, SYN, self.seq, 0);
        (syn.mss, syn.scale, syn.sack_permitted) = (Some(1460), Some(7), true);
        syn.window = self.window;
        syn
    }

    /// Does the handshake; the answer must come within a second.
    pub fn open(world: &mut World, remote: SocketAddr, isn: u32) -> Self {
        let mut hand = Self::new(world, remote, isn);
        let syn = hand.syn();
        hand.say(world, syn);
        let answer = hand.expect(world, Duration::from_secs(1));
        assert!(answer.has(SYN | ACK), "{}", brief(&answer));
        hand.ack = answer.seq.wrapping_add(1);
        let ack = hand.segment(ACK, b"");
        hand.say(world, ack);
        world.run_for(AT_ONCE);
        hand
    }

    /// The next segment in order.
    pub fn segment(&self, flags: u8, payload: &[u8]) -> Segment {
        let mut segment = Segment::new(self.local, self.remote, flags, self.seq, self.ack);
        segment.window = self.window;
        segment.payload = payload.to_vec();
        segment
    }

    /// A segment that begins `offset` bytes after the next in order.
    pub fn segment_at(&self, offset: u32, payload: &[u8]) -> Segment {
        let mut segment = self.segment(ACK, payload);
        segment.seq = self.seq.wrapping_add(offset);
        segment
    }

    /// Puts a segment on the wire; what follows comes after it. Segments said without time between make one batch.
    pub fn say(&mut self, world: &mut World, segment: Segment) {
        world.phone.inject(segment.emit());
        let end = segment.seq.wrapping_add(segment.span());
        if !crate::referee::before(end, self.seq) {
            self.seq = end;
        }
    }

    /// Puts a segment on the wire and forgets it.
    pub fn say_aside(&self, world: &mut World, segment: &Segment) {
        world.phone.inject(segment.emit());
    }

    /// The next segment that has come.
    pub fn hear(&self, world: &mut World) -> Option<Segment> {
        let port = self.local.port();
        let at =
            world.phone.scripted.iter().position(
                |(_, packet)| matches!(packet, Packet::Tcp(segment) if segment.dst.port() == port),
            )?;
        match world.phone.scripted.remove(at) {
            Some((_, Packet::Tcp(segment))) => Some(segment),
            _ => None,
        }
    }

    /// The next segment, which must come within `limit`.
    pub fn expect(&self, world: &mut World, limit: Duration) -> Segment {
        let deadline = world.now + limit;
        loop {
            if let Some(segment) = self.hear(world) {
                return segment;
            }
            assert!(
                world.step(deadline),
                "no segment within {limit:?}\n{}",
                world.story()
            );
        }
    }

    /// No segment may come for so long.
    pub fn expect_silence(&self, world: &mut World, time: Duration) {
        world.run_for(time);
        if let Some(segment) = self.hear(world) {
            panic!("unexpected {}\n{}", brief(&segment), world.story());
        }
    }

    /// Forgets what has come; says what it was.
    pub fn hear_all(&self, world: &mut World) -> Vec<Segment> {
        std::iter::from_fn(|| self.hear(world)).collect()
    }
}
