//! Captures: their two formats, and what a replay reads out of them.

use std::io::Cursor;

use blocklist::{Preset, RulesBuilder};
use engine::{Observer, Timestamp};

use crate::capture::Capture;

/// Packets read of one input: gzip makes many out of few bytes.
const ENOUGH: usize = 10_000;

/// A capture in either format, also gzip.
pub fn packets(data: &[u8]) {
    each_packet(data, &mut |_, _| {});
}

/// What `hushwall replay` does.
pub fn observer(data: &[u8]) {
    let rules = RulesBuilder::new(Preset::None).without_builtin();
    let mut observer = Observer::new(rules.build());
    each_packet(data, &mut |ip, micros| {
        observer.handle_packet(ip, Timestamp::from_micros(micros));
        while let Some(sighting) = observer.poll_sighting() {
            assert!(!sighting.verdict.is_block(), "blocked without a rule");
        }
    });
}

fn each_packet(data: &[u8], sink: &mut dyn FnMut(&[u8], u64)) {
    let Ok(mut capture) = Capture::read(Box::new(Cursor::new(data.to_vec()))) else {
        return;
    };
    for _ in 0..ENOUGH {
        let Ok(Some(packet)) = capture.next_packet() else {
            return;
        };
        if let Some(ip) = packet.ip() {
            sink(ip, packet.micros);
        }
    }
}
