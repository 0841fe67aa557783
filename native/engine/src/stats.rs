//! Counters. They carry no name and no address.

/// Why a packet was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Discard {
    /// Not IPv4 or IPv6, or a header that contradicts its length.
    MalformedIp,
    /// A TCP, UDP or ICMP header that contradicts its length.
    MalformedTransport,
    /// A protocol that is not carried (ESP, GRE, SCTP ...).
    Protocol,
    /// A fragment that overlapped, came too late or found no room.
    Fragment,
    /// A segment without a flow.
    NoFlow,
    /// A segment outside the window.
    OutsideWindow,
    /// The table of flows was full, or what may wait for the owner of a flow.
    TableFull,
    /// Multicast, broadcast, unspecified or looped addresses.
    Address,
    /// An ICMP message that is not an echo request.
    IcmpType,
    /// A datagram larger than the path takes.
    TooBig,
    /// A datagram from an address that the app never sent to.
    Unsolicited,
    /// A question that is not one.
    MalformedDns,
}

impl Discard {
    /// Number of variants.
    pub const COUNT: usize = 12;
}

/// What went through, since the session began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets read from the TUN.
    pub packets_in: u64,
    /// Packets written to the TUN.
    pub packets_out: u64,
    /// Payload bytes forwarded from the phone.
    pub bytes_up: u64,
    /// Payload bytes forwarded to the phone.
    pub bytes_down: u64,
    /// Flows and mappings open now.
    pub tcp_flows: u64,
    /// UDP mappings open now.
    pub udp_mappings: u64,
    /// Questions taken.
    pub questions: u64,
    /// Refused questions of which nothing was sent to a resolver.
    pub answered_here: u64,
    /// Verdicts: allowed flows and questions.
    pub allowed: u64,
    /// Verdicts: refused flows and questions.
    pub blocked: u64,
    /// Dropped packets, by [`Discard`].
    pub discarded: [u64; Discard::COUNT],
    /// Segments sent again.
    pub retransmitted: u64,
    /// QUIC connections whose server name could not be read.
    pub quic_unread: u64,
    /// TCP flows whose first bytes hid their name, so that they were refused.
    pub hello_unread: u64,
    /// Flows that ended because a table or the budget was full.
    pub evicted: u64,
}

impl Stats {
    /// Counts one dropped packet.
    pub(crate) fn discard(&mut self, why: Discard) {
        self.discarded[why as usize] += 1;
    }
}
