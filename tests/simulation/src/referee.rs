//! Watches every packet of the TUN for what must hold in all tests.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::packet::{ACK, FIN, Packet, RST, SYN, Segment};

#[derive(Debug, Default)]
struct Side {
    /// Window shift of its SYN.
    scale: Option<u8>,
    /// Right edge of the window that it gave.
    edge: Option<u32>,
    /// Initial sequence number of its SYN.
    isn: Option<u32>,
}

#[derive(Debug, Default)]
struct Flow {
    phone: Side,
    engine: Side,
    /// The window of the phone's SYN, never scaled.
    first_window: u16,
    sack: bool,
}

/// The rules that no packet of the engine may break, whatever the test.
#[derive(Debug)]
pub struct Referee {
    flows: BTreeMap<(SocketAddr, SocketAddr), Flow>,
    largest: usize,
}

/// Whether `a` is before `b` in sequence space.
pub fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

impl Side {
    /// The right edge that `segment` gives.
    fn edge_of(segment: &Segment, shift: u8) -> u32 {
        let shift = if segment.has(SYN) { 0 } else { shift };
        segment.ack.wrapping_add(u32::from(segment.window) << shift)
    }
}

impl Referee {
    /// `largest`: bytes of the largest packet that the engine may write.
    pub fn new(largest: usize) -> Self {
        Self {
            flows: BTreeMap::new(),
            largest,
        }
    }

    /// The window shift that the engine gave for a flow to `remote`.
    pub fn engine_scale(&self, remote: SocketAddr) -> Option<u8> {
        self.flows
            .iter()
            .rev()
            .find(|((_, to), _)| *to == remote)
            .and_then(|(_, flow)| flow.engine.scale)
    }

    /// A packet of the phone reached the engine.
    pub fn see_up(&mut self, bytes: &[u8]) {
        let Ok(Packet::Tcp(segment)) = Packet::parse(bytes) else {
            return;
        };
        let key = (segment.src, segment.dst);
        if segment.has(SYN) && !segment.has(ACK) {
            let flow = self.flows.entry(key).or_default();
            if flow.phone.isn != Some(segment.seq) {
                *flow = Flow::default();
            }
            flow.phone.isn = Some(segment.seq);
            flow.phone.scale = segment.scale;
            flow.first_window = segment.window;
            flow.sack = segment.sack_permitted;
            return;
        }
        let Some(flow) = self.flows.get_mut(&key) else {
            return;
        };
        if !segment.has(ACK) || segment.has(RST) {
            return;
        }
        let shift = if flow.engine.scale.is_some() {
            flow.phone.scale.unwrap_or(0)
        } else {
            0
        };
        let edge = Side::edge_of(&segment, shift);
        if flow.phone.edge.is_none_or(|old| before(old, edge)) {
            flow.phone.edge = Some(edge);
        }
    }

    /// The engine writes a packet; says what is wrong with it.
    pub fn see_down(&mut self, bytes: &[u8]) -> Result<(), String> {
        if bytes.len() > self.largest {
            return Err(format!(
                "a packet of {} bytes, more than {}",
                bytes.len(),
                self.largest
            ));
        }
        let packet = Packet::parse(bytes)?;
        let Packet::Tcp(segment) = packet else {
            return Ok(());
        };
        let Some(flow) = self.flows.get_mut(&(segment.dst, segment.src)) else {
            return if segment.has(RST) {
                Ok(())
            } else {
                Err(format!("no flow for {segment:?}"))
            };
        };
        flow.check(&segment)
            .map_err(|why| format!("{why}: {}", brief(&segment)))
    }
}

impl Flow {
    fn check(&mut self, segment: &Segment) -> Result<(), String> {
        if !segment.other_options.is_empty() {
            return Err("options nobody asked for".into());
        }
        if segment.has(RST) {
            return Ok(());
        }
        if !segment.has(ACK) {
            return Err("neither RST nor ACK".into());
        }
        if segment.has(SYN) {
            if self.engine.isn.is_some_and(|isn| isn != segment.seq) {
                return Err("two initial sequence numbers".into());
            }
            if segment.mss.is_none() || (segment.scale.is_some() && self.phone.scale.is_none()) {
                return Err("SYN-ACK options".into());
            }
            if segment.sack_permitted && !self.sack {
                return Err("SACK was not offered".into());
            }
            self.engine.isn = Some(segment.seq);
            self.engine.scale = segment.scale;
            let edge = segment
                .seq
                .wrapping_add(1)
                .wrapping_add(u32::from(self.first_window));
            self.phone.edge.get_or_insert(edge);
        } else if segment.mss.is_some() || segment.scale.is_some() || segment.sack_permitted {
            return Err("handshake options after the handshake".into());
        }
        if segment.sack.len() > 3 || (!self.sack && !segment.sack.is_empty()) {
            return Err("SACK blocks".into());
        }
        let edge = Side::edge_of(segment, self.engine.scale.unwrap_or(0));
        if let Some(old) = self.engine.edge
            && before(edge, old)
        {
            return Err(format!("the right edge moved left by {}", old.wrapping_sub(edge)));
        }
        self.engine.edge = Some(edge);
        let end = segment.seq.wrapping_add(segment.payload.len() as u32);
        // One byte more may probe a closed window.
        if let Some(limit) = self.phone.edge
            && !segment.has(SYN)
            && before(limit.wrapping_add(1), end)
        {
            return Err(format!("{} bytes beyond the window", end.wrapping_sub(limit)));
        }
        Ok(())
    }
}

/// A segment in one line.
pub fn brief(segment: &Segment) -> String {
    let mut flags = String::new();
    for (bit, name) in [(SYN, 'S'), (FIN, 'F'), (RST, 'R'), (ACK, 'A')] {
        if segment.has(bit) {
            flags.push(name);
        }
    }
    format!(
        "{} > {} [{flags}] seq {} ack {} win {} len {} sack {:?}",
        segment.src,
        segment.dst,
        segment.seq,
        segment.ack,
        segment.window,
        segment.payload.len(),
        segment.sack
    )
}
