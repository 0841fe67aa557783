//! Counters.

use super::Kind;
use super::writer::Writer;
use crate::snapshot::Snapshot;

/// Writes `Snapshot`.
pub fn emit_snapshot(snapshot: &Snapshot) -> Vec<u8> {
    let (engine, tunnel) = (&snapshot.counters.engine, &snapshot.counters.tunnel);
    let mut writer = Writer::new(Kind::Snapshot);
    for value in [
        snapshot.last_seen_app,
        engine.packets_in,
        engine.packets_out,
        engine.bytes_up,
        engine.bytes_down,
        engine.tcp_flows,
        engine.udp_mappings,
        engine.questions,
        engine.allowed,
        engine.blocked,
        engine.discarded.iter().sum(),
        engine.retransmitted,
        engine.evicted,
        tunnel.turns,
        tunnel.panics,
        tunnel.sockets_refused,
        tunnel.tun_full,
        snapshot.rules,
        snapshot.list_version,
        engine.answered_here,
    ] {
        writer.u64(value);
    }
    writer.finish()
}
