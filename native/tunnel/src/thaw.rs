//! Whether the process was frozen while apps went on asking.
//!
//! A frozen process learns nothing of it. What tells is the first batch afterwards: an app repeats a question or a SYN only
//! after a second without an answer, so two equal ones in a batch mean that nobody read the TUN meanwhile; and a queue that
//! is full at once filled while nobody read it. A suspended phone is no outage: there the apps slept too.

use std::collections::HashSet;
use std::time::Duration;

use engine::{Batch, Timestamp};
use wire::ip::{IpHeader, Protocol};
use wire::tcp::{Flags, TcpHeader};
use wire::udp::UdpHeader;

use crate::notices::Notice;

/// Shorter gaps are not looked at: no resolver client and no kernel repeats sooner (RFC 6298 section 2).
const SHORTEST: Duration = Duration::from_millis(900);

/// Packets in the first drain that say that the queue was full. Its length is 500; some may have come for us later.
const FULL: usize = 448;

/// The port of questions.
const DNS_PORT: u16 = 53;

/// Watches for a gap, and looks at the packets behind one.
#[derive(Debug)]
pub(crate) struct Thaw {
    /// The last turn.
    last: Timestamp,
    gap: Option<Gap>,
}

/// A time in which the loop did not run, and the drain behind it.
#[derive(Debug)]
struct Gap {
    at: Timestamp,
    lasted: Duration,
    packets: usize,
    seen: HashSet<Vec<u8>>,
}

impl Thaw {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { last: now, gap: None }
    }

    /// Looks at the batch of a turn; tells of an outage once it is certain. `drained` says that no more packets wait.
    pub(crate) fn handle_batch(&mut self, batch: &Batch, drained: bool, now: Timestamp) -> Option<Notice> {
        let lasted = now.since(self.last);
        if lasted >= SHORTEST {
            self.gap = Some(Gap {
                at: self.last,
                lasted,
                packets: 0,
                seen: HashSet::new(),
            });
        }
        self.last = now;
        let gap = self.gap.as_mut()?;
        let repeated = batch
            .packets()
            .iter()
            .filter_map(|slice| asked(batch.bytes(*slice)))
            .any(|asked| !gap.seen.insert(asked));
        gap.packets += batch.packets().len();
        if repeated || gap.packets >= FULL {
            let Gap { at, lasted, .. } = self.gap.take()?;
            return Some(Notice::Frozen { at, lasted });
        }
        // What wakes the loop first may be no packet: a stopped process wakes with EINTR (signal(7)).
        if drained && !batch.is_empty() {
            self.gap = None;
        }
        None
    }
}

/// What an app sends again if nobody answers: a SYN, by its addresses, ports and sequence number; a question, which clients
/// repeat byte for byte, from another port and to another server too.
fn asked(packet: &[u8]) -> Option<Vec<u8>> {
    let ip = IpHeader::parse(packet).ok()?;
    let payload = packet.get(ip.payload.clone())?;
    match ip.protocol {
        Protocol::TCP => {
            let tcp = TcpHeader::parse(payload).ok()?;
            let opens = tcp.flags.contains(Flags::SYN) && !tcp.flags.contains(Flags::ACK);
            let ports_and_seq = payload.get(..8)?;
            opens.then(|| format!("{} {} {ports_and_seq:?}", ip.src, ip.dst).into_bytes())
        }
        Protocol::UDP => {
            let udp = UdpHeader::parse(payload).ok()?;
            let message = payload.get(udp.payload.clone())?;
            (udp.dst_port == DNS_PORT && !message.is_empty()).then(|| message.to_vec())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
