//! Makes the phone's flows look like another phone's: other sequence numbers, fewer options.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::packet::{ACK, Packet, SYN};

/// What is changed between phone and TUN.
#[derive(Debug, Clone, Default)]
pub struct Disguise {
    /// Flows begin with this sequence number.
    pub isn: Option<u32>,
    /// SYNs carry no window scale.
    pub no_scale: bool,
    /// SYNs do not permit SACK.
    pub no_sack: bool,
    /// SYNs carry this MSS at most.
    pub mss: Option<u16>,
    shifts: BTreeMap<(SocketAddr, SocketAddr), u32>,
}

impl Disguise {
    /// Whether nothing is changed.
    pub const fn is_none(&self) -> bool {
        self.isn.is_none() && !self.no_scale && !self.no_sack && self.mss.is_none()
    }

    /// Changes a packet of the phone.
    pub fn up(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if self.is_none() {
            return bytes;
        }
        let Ok(Packet::Tcp(mut segment)) = Packet::parse(&bytes) else {
            return bytes;
        };
        let key = (segment.src, segment.dst);
        if segment.has(SYN) {
            let shift = self.isn.map_or(0, |isn| isn.wrapping_sub(segment.seq));
            self.shifts.insert(key, shift);
            segment.scale = segment.scale.filter(|_| !self.no_scale);
            segment.sack_permitted &= !self.no_sack;
            segment.mss = segment.mss.map(|mss| mss.min(self.mss.unwrap_or(mss)));
        }
        segment.seq = segment
            .seq
            .wrapping_add(self.shifts.get(&key).copied().unwrap_or(0));
        segment.emit()
    }

    /// Changes a packet to the phone back.
    pub fn down(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.is_none() {
            return bytes;
        }
        let Ok(Packet::Tcp(mut segment)) = Packet::parse(&bytes) else {
            return bytes;
        };
        let shift = self.shifts.get(&(segment.dst, segment.src)).copied().unwrap_or(0);
        if segment.has(ACK) {
            segment.ack = segment.ack.wrapping_sub(shift);
        }
        for (from, to) in &mut segment.sack {
            (*from, *to) = (from.wrapping_sub(shift), to.wrapping_sub(shift));
        }
        segment.emit()
    }
}
