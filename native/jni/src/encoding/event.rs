//! Events.

use blocklist::Action;
use engine::{Seen, Transport};

use super::Kind;
use super::writer::Writer;
use crate::event::{Event, OutageCause, Verdict};

/// Writes a batch of `Event`.
pub fn emit_events(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(Kind::Events);
    // A batch is never near 2^32.
    writer.u32(events.len() as u32);
    for event in events {
        write_event(&mut writer, event);
    }
    writer.finish()
}

fn write_event(writer: &mut Writer, event: &Event) {
    match event {
        Event::Verdict(verdict) => {
            writer.u8(match verdict.action {
                Action::Block => 0,
                Action::Allow => 1,
            });
            write_verdict(writer, verdict);
        }
        Event::WhoOwns {
            question,
            protocol,
            local,
            remote,
        } => {
            writer.u8(2);
            writer.u64(*question);
            writer.u8(*protocol);
            for end in [local, remote] {
                writer.address(end.ip());
                writer.u16(end.port());
            }
        }
        Event::Outage {
            at,
            lasted,
            at_least,
            cause,
            text,
        } => {
            writer.u8(3);
            writer.u64(*at);
            writer.u64(*lasted);
            writer.u64(*at_least);
            writer.u8(match cause {
                OutageCause::Rebuilt => 0,
                OutageCause::Frozen => 1,
            });
            writer.text(text);
        }
        Event::Storm {
            at,
            uid,
            name,
            count,
            lasted,
        } => {
            writer.u8(4);
            writer.u64(*at);
            writer.option(*uid, Writer::u32);
            writer.text(name);
            writer.u32(*count);
            writer.u64(*lasted);
        }
        Event::Outstanding { at, name, left } => {
            writer.u8(8);
            writer.u64(*at);
            writer.text(name);
            writer.u64(*left);
        }
        Event::Lost(count) => {
            writer.u8(5);
            writer.u64(*count);
        }
        Event::ListRefused { path, code, text } => {
            writer.u8(6);
            writer.text(path);
            writer.u32(*code);
            writer.text(text);
        }
        Event::Ended { code, text } => {
            writer.u8(7);
            writer.u32(*code);
            writer.text(text);
        }
    }
}

fn write_verdict(writer: &mut Writer, verdict: &Verdict) {
    writer.u64(verdict.at);
    writer.option(verdict.uid, Writer::u32);
    writer.u8(match verdict.transport {
        Transport::Tcp => 0,
        Transport::Udp => 1,
        Transport::Dns => 2,
        Transport::Icmp => 3,
    });
    writer.u8(match verdict.seen {
        Seen::Query => 0,
        Seen::Cname => 1,
        Seen::Target => 2,
        Seen::Sni => 3,
        Seen::Quic => 4,
        Seen::Host => 5,
        Seen::Address => 6,
        Seen::Unread => 7,
        Seen::HttpDns => 8,
    });
    writer.text(&verdict.name);
    writer.address(verdict.remote);
    writer.u16(verdict.port);
    writer.u16(verdict.record_type);
    writer.u8(verdict.tier);
    writer.text(&verdict.rule);
    writer.text(&verdict.list);
    writer.text(&verdict.what);
}
