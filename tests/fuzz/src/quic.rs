//! QUIC: datagrams as they come, and first flights that are sealed here, so that what is in them is reached.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Preset, RulesBuilder};
use engine::{Batch, Config, Engine, Output, Timestamp};
use wire::quic::{
    ConnectionId, Frames, InitialKeys, LongHeader, Opening, Packets, Side, Version, emit_refusal,
};

use crate::seeds::quic_initial::Initial;

/// Datagrams of a flight, at most.
const MOST: usize = 12;
/// The versions of flights; the last two are reserved and unknown.
const VERSIONS: [Version; 6] = [
    Version::V1,
    Version::V2,
    Version::draft(29),
    Version(0x5430_3530),
    Version(0x0a1a_2a3a),
    Version(0x1234_5678),
];

/// A datagram: its packets, what they might open with, the refusal of each; and the same bytes as frames.
pub fn datagram(data: &[u8]) {
    let opening = Opening::parse(data);
    assert!(
        !matches!(opening, Some(Opening::Unreadable(_))) || data.len() >= 1_200,
        "a short opening"
    );
    let mut scratch = Vec::new();
    for packet in Packets::new(data) {
        let _ = packet.versions().count();
        assert!(ConnectionId::new(packet.dcid).as_bytes().len() <= 20);
        let Some(refusal) = emit_refusal(&packet) else {
            continue;
        };
        let close = LongHeader::parse(&refusal).unwrap();
        assert_eq!(
            (close.dcid, close.scid),
            (packet.scid, packet.dcid),
            "not to its client"
        );
        for side in [Side::Client, Side::Server] {
            let keys = InitialKeys::new(packet.version, packet.dcid, side).unwrap();
            let opened = keys.open(&close, None, &mut scratch);
            assert_eq!(opened.is_some(), side == Side::Server, "sealed by the wrong side");
            let _ = keys.open(&packet, None, &mut scratch);
        }
    }
    for version in [Version::V1, Version(0x5430_3530)] {
        let frames: usize = Frames::new(version, data)
            .flatten()
            .map(|crypto| crypto.data.len() + 1)
            .sum();
        assert!(frames <= data.len(), "more in the frames than there is");
    }
}

/// A first flight through the whole engine: a byte for the version, one for the milliseconds between datagrams, then
/// pieces with their lengths, each the frames of a datagram. What leaves is what came, in its order, and all of it unless
/// it was refused.
pub fn flight(data: &[u8]) {
    let &[version, step, ref rest @ ..] = data else {
        return;
    };
    let initial = Initial::new(7).version(VERSIONS[usize::from(version) % VERSIONS.len()]);
    let datagrams: Vec<Vec<u8>> = pieces(rest)
        .enumerate()
        .map(|(number, frames)| initial.clone().number(number as u32, 2).datagram(frames, 1_200))
        .collect();

    let rules = RulesBuilder::new(Preset::None).block("ads.example").unwrap();
    let mut engine = Engine::new(Config::default(), Arc::new(rules.build()), [7; 32]);
    let (mut now, mut left) = (Timestamp::from_micros(1_000_000), Vec::new());
    let mut batch = Batch::new(9_000);
    let ends: (SocketAddr, SocketAddr) = (([10, 0, 0, 2], 40_000).into(), ([192, 0, 2, 7], 443).into());
    for datagram in &datagrams {
        let mut header = [0; wire::udp::MAX_HEADER];
        let len = wire::udp::emit(&mut header, ends.0, ends.1, datagram);
        batch.clear();
        assert!(batch.push(&[&header[..len], datagram].concat()));
        engine.handle_batch(&batch, now);
        drain(&mut engine, &batch, &mut left);
        now = now + Duration::from_millis(step.into());
        engine.handle_timeout(now);
        drain(&mut engine, &batch, &mut left);
    }
    engine.handle_timeout(now + Duration::from_millis(100));
    drain(&mut engine, &batch, &mut left);

    let mut came = datagrams.iter();
    for datagram in &left {
        assert!(
            came.any(|it| it == datagram),
            "not what came, or in another order"
        );
    }
    if engine.stats().blocked == 0 {
        assert_eq!(left.len(), datagrams.len(), "held for ever, or twice");
    }
}

fn drain(engine: &mut Engine, batch: &Batch, left: &mut Vec<Vec<u8>>) {
    while let Some(output) = engine.poll_output(batch) {
        if let Output::SendDatagrams { run, .. } = output {
            left.extend(run.iter().map(<[u8]>::to_vec));
        }
    }
}

fn pieces(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    let next = move || {
        let (len, after) = rest.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len)).min(after.len()).min(1_400);
        let (piece, after) = after.split_at(len);
        rest = after;
        Some(piece)
    };
    std::iter::from_fn(next).take(MOST)
}
