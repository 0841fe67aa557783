//! Whether the process was frozen while apps went on asking.
//!
//! A frozen process learns nothing of it. What tells is the first drain afterwards: an app repeats a question or a SYN only
//! after a second without an answer, so two equal ones mean that nobody read the TUN meanwhile; and a queue that is full at
//! once filled while nobody read it. A suspended phone is no outage: there the apps slept too, so time is counted by a clock
//! that stops in suspend.

use std::collections::HashMap;
use std::time::Duration;

use engine::{Batch, Timestamp};
use wire::ip::{IpHeader, Protocol};
use wire::tcp::{Flags, TcpHeader};
use wire::udp::UdpHeader;

use crate::clock;
use crate::notices::Notice;

/// Shorter gaps are not looked at: after so long without an answer apps say that there is no internet, and resolver clients
/// ask again (resolv.conf(5), "timeout").
const SHORTEST: Duration = Duration::from_secs(5);

/// No resolver client and no kernel repeats sooner (RFC 6298 section 2), and so much later a repetition may be one that was
/// sent after the gap: the first drain is over by then, however many packets still come.
const REPEATS: Duration = Duration::from_secs(1);

/// Packets in the first drain that say that the queue was full. Its length is 500; some may have come for us later.
const FULL: usize = 448;

/// The port of questions.
const DNS_PORT: u16 = 53;

/// A moment on two clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// CLOCK_BOOTTIME, as everywhere.
    pub(crate) now: Timestamp,
    /// CLOCK_MONOTONIC, which stops in suspend.
    pub(crate) awake: Timestamp,
}

impl Moment {
    /// The moment of this call.
    pub(crate) fn read() -> Self {
        Self {
            now: clock::now(),
            awake: clock::awake(),
        }
    }
}

/// Watches for a gap, and looks at the packets behind one.
#[derive(Debug)]
pub(crate) struct Thaw {
    /// The last turn.
    last: Moment,
    gap: Option<Gap>,
}

/// A time in which the loop did not run, and the drain behind it.
#[derive(Debug)]
struct Gap {
    /// When it ended.
    over: Moment,
    /// How long it was, without the time in which the phone was suspended.
    lasted: Duration,
    packets: usize,
    /// How often each question and SYN was there.
    seen: HashMap<Vec<u8>, u32>,
}

impl Thaw {
    pub(crate) fn new(now: Moment) -> Self {
        Self { last: now, gap: None }
    }

    /// Looks at the batch of a turn; tells of an outage at the end of the first drain. `drained` says that no more packets
    /// wait.
    pub(crate) fn handle_batch(&mut self, batch: &Batch, drained: bool, now: Moment) -> Option<Notice> {
        let lasted = now.awake.since(self.last.awake);
        self.last = now;
        if lasted >= SHORTEST {
            self.gap = Some(Gap {
                over: now,
                lasted,
                packets: 0,
                seen: HashMap::new(),
            });
        }
        let gap = self.gap.as_mut()?;
        let late = now.awake.since(gap.over.awake) >= REPEATS;
        if !late {
            gap.handle_batch(batch);
        }
        // What wakes the loop first may be no packet: a stopped process wakes with EINTR (signal(7)).
        if late || drained && !batch.is_empty() {
            return self.gap.take()?.told();
        }
        None
    }
}

impl Gap {
    fn handle_batch(&mut self, batch: &Batch) {
        self.packets += batch.packets().len();
        for asked in batch
            .packets()
            .iter()
            .filter_map(|slice| asked(batch.bytes(*slice)))
        {
            *self.seen.entry(asked).or_insert(0) += 1;
        }
    }

    /// The outage, if it was one. When it began is not known: somewhere in the gap, and before what was repeated.
    fn told(self) -> Option<Notice> {
        let repeats = self.seen.values().max().map_or(0, |times| times - 1);
        if repeats == 0 && self.packets < FULL {
            return None;
        }
        let over = self.over.now.as_micros();
        let lasted = u64::try_from(self.lasted.as_micros()).unwrap_or(u64::MAX);
        Some(Notice::Frozen {
            at: Timestamp::from_micros(over.saturating_sub(lasted)),
            lasted: self.lasted,
            at_least: (REPEATS * repeats).min(self.lasted),
        })
    }
}

/// What an app sends again if nobody answers: a SYN, by its addresses, ports and sequence number; a question, which clients
/// repeat byte for byte, from another port too. To another server it is no repetition: some clients ask all servers at once.
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
            let asks = udp.dst_port == DNS_PORT && !message.is_empty();
            asks.then(|| [format!("{} ", ip.dst).as_bytes(), message].concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
