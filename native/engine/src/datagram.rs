//! What the datagram services ask of a packet.

use std::ops::Range;

use crate::Upstream;
use crate::outbox::Payload;
use crate::packet::Packet;

/// Path MTU that is assumed at most.
const MAX_PATH_MTU: u16 = 1_500;
/// Path MTU of IPv6 at least (RFC 8200 section 5).
const MIN_PATH_MTU_V6: u16 = 1_280;

impl Packet<'_> {
    /// A part of the payload, for the outbox; copied only if it is not in the batch.
    pub(crate) fn payload_part(&self, part: Range<usize>) -> Payload {
        match self.payload_slice() {
            Some(slice) => Payload::Batch(slice.part(part.start, part.len())),
            None => Payload::Owned(self.payload().get(part).unwrap_or_default().to_vec()),
        }
    }

    /// Whether the network may fragment it. One that came in fragments was fragmented by its sender, who may do that
    /// on IPv6 as well.
    pub(crate) fn may_fragment(&self) -> bool {
        self.slice.is_none() || !self.ip.dont_fragment
    }

    /// The path MTU that it exceeds, if it may not be fragmented to it.
    pub(crate) fn too_big_for(&self, upstream: &Upstream) -> Option<u16> {
        let mut mtu = upstream.mtu.min(MAX_PATH_MTU);
        if self.ip.dst.is_ipv6() {
            mtu = mtu.max(MIN_PATH_MTU_V6);
        }
        (self.ip.payload.end > usize::from(mtu) && !self.may_fragment()).then_some(mtu)
    }
}
