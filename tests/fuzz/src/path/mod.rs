//! The whole inspection path: flows whose names are known, cut, reordered, repeated, overlapped with other bytes, fragmented and
//! delayed as the input says, through an engine whose network takes all that it is given.
//!
//! Whatever the order: no flow is judged by a name that is not its own, what leaves of an allowed flow is what its app sent,
//! all of it and in order, and a blocked name leaves nowhere.

mod flow;
mod network;

use std::time::Duration;

use flow::{Flow, Kind};
use network::Network;

/// Flows of one input, at most.
const MOST: usize = 4;
/// Steps of one input, at most.
const STEPS: usize = 200;
/// What is decided by time alone is decided no earlier: QUIC's hold, and bytes that only look like a hello's.
const PATIENCE: Duration = Duration::from_millis(90);

/// The number of flows; two bytes for each, its kind and how it is cut; then steps of three bytes.
pub fn flows(data: &[u8]) {
    let Some((&count, rest)) = data.split_first() else {
        return;
    };
    let count = 1 + usize::from(count) % MOST;
    let (made, rest) = rest.split_at(rest.len().min(2 * count));
    let mut flows: Vec<Flow> = made
        .chunks_exact(2)
        .zip(0..)
        .map(|(made, number)| Flow::new(number, Kind::from(made[0]), made[1]))
        .collect();
    if flows.is_empty() {
        return;
    }
    let mut network = Network::new();
    for flow in &mut flows {
        flow.open(&mut network);
    }
    for step in rest.chunks_exact(3).take(STEPS) {
        let &[which, at, len] = step else { return };
        let number = usize::from(which >> 4) % flows.len();
        let flow = &mut flows[number];
        match which & 0x0f {
            0 => network.pass(Duration::from_millis(u64::from(at) / 4)),
            1 => flow.lie(at, len, &mut network),
            2 => flow.fragment(at, len, &mut network),
            _ => flow.send(at, len, &mut network),
        }
    }
    for flow in &mut flows {
        flow.finish(&mut network);
    }
    let hasty = network.passed() < PATIENCE;
    network.pass(Duration::from_millis(100));
    for flow in &flows {
        flow.check(&network, hasty);
    }
}

/// Packets as they come, each behind its length: nothing breaks, and what is written to the device is a packet.
pub fn packets(data: &[u8]) {
    let (mut network, mut rest) = (Network::new(), data);
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let len = usize::from(u16::from_be_bytes(*len)).min(after.len()).min(1_500);
        let (packet, after) = after.split_at(len);
        network.carry(packet);
        network.pass(Duration::from_millis(1));
        rest = after;
    }
    network.pass(Duration::from_secs(400));
}
