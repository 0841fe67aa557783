use std::fs;
use std::path::PathBuf;

use blocklist::{Action, Preset};
use engine::{Depth, EchParameters, Seen, Stats, Transport, Unread, Upstream};
use tunnel::TunnelStats;

use super::writer::Writer;
use super::*;
use crate::event::{Event, OutageCause, Verdict};
use crate::settings::{ListFile, ListRole, Log, Network, OwnRule, PrivateDns, Settings};
use crate::snapshot::Snapshot;

/// The file of a kind, that Kotlin's tests know too; written anew where the environment asks for it.
fn fixture(name: &str, bytes: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/bridge")
        .join(name);
    if std::env::var_os("HUSHWALL_WRITE_FIXTURES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    assert!(
        fs::read(&path).unwrap() == bytes,
        "{name} is not what this side means"
    );
}

fn lists() -> Vec<ListFile> {
    vec![
        ListFile {
            title: "Liste größer".to_owned(),
            path: "/data/lists/a.list".to_owned(),
            role: ListRole::Edition,
            manifest: Some("/data/lists/a.manifest".to_owned()),
        },
        ListFile {
            title: "名".to_owned(),
            path: "/data/lists/b.txt".to_owned(),
            role: ListRole::Block,
            manifest: None,
        },
        ListFile {
            title: String::new(),
            path: "c".to_owned(),
            role: ListRole::Allow,
            manifest: None,
        },
    ]
}

fn write_lists(writer: &mut Writer) {
    writer.u32(3);
    for (title, path, role, manifest) in [
        (
            "Liste größer",
            "/data/lists/a.list",
            0,
            Some("/data/lists/a.manifest"),
        ),
        ("名", "/data/lists/b.txt", 1, None),
        ("", "c", 2, None),
    ] {
        writer.text(title);
        writer.text(path);
        writer.u8(role);
        writer.option(manifest, Writer::text);
    }
}

fn settings() -> Settings {
    Settings {
        depth: Depth::Dns,
        preset: Preset::Everything,
        features_off: vec!["themes".to_owned(), "push".to_owned()],
        mtu: 9000,
        segment_limit: 65_000,
        own_resolvers: vec!["10.111.222.1".parse().unwrap(), "fd68:7573::53".parse().unwrap()],
        rules: vec![
            OwnRule {
                name: "example.org".to_owned(),
                action: Action::Block,
                subdomains: true,
                uid: None,
            },
            OwnRule {
                name: "203.0.113.0/24".to_owned(),
                action: Action::Allow,
                subdomains: false,
                uid: Some(1_010_234),
            },
        ],
        lists: lists(),
        highest_list_version: 2_026_112_101,
        blocked_answer: 10,
        shared_answer: 5,
        quic_unread: Unread::FallBack,
        ech: EchParameters::Keep,
        log: Log::Stopped,
        knows_owners: true,
        asks_system: false,
        stamp: Some("/data/stamp".to_owned()),
    }
}

fn settings_bytes() -> Vec<u8> {
    let mut writer = Writer::new(Kind::Settings);
    writer.u8(0);
    writer.u8(3);
    writer.u32(2);
    writer.text("themes");
    writer.text("push");
    writer.u16(9000);
    writer.u32(65_000);
    writer.u32(2);
    writer.address("10.111.222.1".parse().unwrap());
    writer.address("fd68:7573::53".parse().unwrap());
    writer.u32(2);
    for (name, action, subdomains, uid) in [
        ("example.org", 1, 1, None),
        ("203.0.113.0/24", 0, 0, Some(1_010_234)),
    ] {
        writer.text(name);
        writer.u8(action);
        writer.u8(subdomains);
        writer.option(uid, Writer::u32);
    }
    write_lists(&mut writer);
    writer.u64(2_026_112_101);
    writer.u32(10);
    writer.u32(5);
    writer.u8(1);
    writer.u8(1);
    writer.u8(1);
    writer.u8(1);
    writer.u8(0);
    writer.option(Some("/data/stamp"), Writer::text);
    writer.finish()
}

fn lists_bytes() -> Vec<u8> {
    let mut writer = Writer::new(Kind::Lists);
    write_lists(&mut writer);
    writer.finish()
}

fn network() -> Network {
    Network {
        handle: 0x0000_0065_0dfa_ce00,
        upstream: Upstream {
            ipv4: true,
            ipv6: false,
            resolvers: vec![
                "192.0.2.53:53".parse().unwrap(),
                "[fe80::53%7]:53".parse().unwrap(),
            ],
            nat64_prefix: Some(("64:ff9b::".parse().unwrap(), 96)),
            mtu: 1420,
        },
        metered: true,
        private_dns: PrivateDns::Strict,
        private_dns_host: Some("dns.example".to_owned()),
    }
}

fn network_bytes() -> Vec<u8> {
    let mut writer = Writer::new(Kind::Network);
    writer.u64(0x0000_0065_0dfa_ce00);
    writer.u8(1);
    writer.u8(0);
    writer.u32(2);
    writer.address("192.0.2.53".parse().unwrap());
    writer.u32(0);
    writer.address("fe80::53".parse().unwrap());
    writer.u32(7);
    writer.u8(1);
    writer.address("64:ff9b::".parse().unwrap());
    writer.u8(96);
    writer.u16(1420);
    writer.u8(1);
    writer.u8(2);
    writer.option(Some("dns.example"), Writer::text);
    writer.finish()
}

fn events() -> Vec<Event> {
    let verdict = Verdict {
        action: Action::Block,
        at: 1_795_219_200_123,
        uid: Some(10_234),
        transport: Transport::Dns,
        seen: Seen::Query,
        name: "tracking.example".to_owned(),
        remote: "192.0.2.53".parse().unwrap(),
        port: 53,
        record_type: 65,
        tier: 6,
        rule: "onetrack/tracking".to_owned(),
        list: "Hushwall".to_owned(),
        what: "Sends what you tap — and when".to_owned(),
    };
    vec![
        Event::Verdict(verdict.clone()),
        Event::Verdict(Verdict {
            action: Action::Allow,
            uid: None,
            transport: Transport::Tcp,
            seen: Seen::Address,
            name: String::new(),
            remote: "2001:db8::1".parse().unwrap(),
            port: 443,
            record_type: 0,
            tier: 7,
            rule: String::new(),
            list: String::new(),
            what: String::new(),
            ..verdict
        }),
        Event::WhoOwns {
            question: 0x8000_0001_0000_0007,
            protocol: 6,
            local: "10.111.222.2:40000".parse().unwrap(),
            remote: "[2001:db8::1]:443".parse().unwrap(),
        },
        Event::Outage {
            at: 1_795_219_200_000,
            lasted: 15,
            at_least: 15,
            cause: OutageCause::Rebuilt,
            text: "index out of bounds".to_owned(),
        },
        Event::Outage {
            at: 1_795_219_200_000,
            lasted: 61_000,
            at_least: 5_000,
            cause: OutageCause::Frozen,
            text: String::new(),
        },
        Event::Storm {
            at: 1_795_219_200_000,
            uid: Some(1000),
            name: "tracking.example".to_owned(),
            count: 600,
            lasted: 60_000,
        },
        Event::Outstanding {
            at: 1_795_219_200_000,
            name: "tracking.example".to_owned(),
            left: 899_000,
        },
        Event::Lost(17),
        Event::ListRefused {
            path: "/data/lists/a.list".to_owned(),
            code: 11,
            text: "the signature does not fit".to_owned(),
        },
        Event::Ended {
            code: 5,
            text: "the TUN device is gone".to_owned(),
        },
    ]
}

#[test]
fn settings_are_read_as_kotlin_writes_them() {
    fixture("settings.bin", &settings_bytes());
    assert_eq!(parse_settings(&settings_bytes()), Ok(settings()));
}

#[test]
fn lists_are_read_as_kotlin_writes_them() {
    fixture("lists.bin", &lists_bytes());
    assert_eq!(parse_lists(&lists_bytes()), Ok(lists()));
}

#[test]
fn network_is_read_as_kotlin_writes_it() {
    fixture("network.bin", &network_bytes());
    assert_eq!(parse_network(&network_bytes()), Ok(network()));
}

#[test]
fn events_are_written_as_kotlin_reads_them() {
    fixture("events.bin", &emit_events(&events()));
}

#[test]
fn counters_are_written_in_their_order() {
    let engine = Stats {
        packets_in: 2,
        packets_out: 3,
        bytes_up: 4,
        bytes_down: u64::MAX >> 1,
        tcp_flows: 6,
        udp_mappings: 7,
        questions: 8,
        allowed: 9,
        blocked: 10,
        discarded: [1; engine::Discard::COUNT],
        retransmitted: 12,
        evicted: 13,
        answered_here: 19,
        ..Stats::default()
    };
    let mut counters = TunnelStats::default();
    counters.turns = 14;
    counters.panics = 15;
    counters.sockets_refused = 16;
    counters.tun_full = 17;
    let snapshot = Snapshot {
        last_seen_app: 1_795_219_200_123,
        counters: tunnel::Snapshot {
            engine,
            tunnel: counters,
            asked_most: Vec::new(),
        },
        rules: 18,
        list_version: 2_026_112_101,
    };
    fixture("snapshot.bin", &emit_snapshot(&snapshot));
}

#[test]
fn too_long_text_is_cut_between_letters() {
    let mut writer = Writer::new(Kind::Events);
    writer.text(&"ä".repeat(40_000));
    let bytes = writer.finish();
    assert_eq!(bytes[2..4], 65_534_u16.to_le_bytes());
    assert_eq!(bytes.len(), 4 + 65_534);
}

#[test]
fn message_cut_off_anywhere_is_told_so() {
    for bytes in [settings_bytes(), lists_bytes(), network_bytes()] {
        for len in 0..bytes.len() {
            let cut = &bytes[..len];
            let outcome = match bytes[0] {
                b'S' => parse_settings(cut).err(),
                b'L' => parse_lists(cut).err(),
                _ => parse_network(cut).err(),
            };
            assert_eq!(outcome, Some(DecodeError::Short), "{len} bytes");
        }
    }
}

#[test]
fn flipped_bytes_never_panic_and_never_take_memory() {
    for bytes in [settings_bytes(), lists_bytes(), network_bytes()] {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                let _ = parse_settings(&bytes);
                let _ = parse_lists(&bytes);
                let _ = parse_network(&bytes);
            }
        }
    }
}

#[test]
fn other_version_kind_and_length_are_told_apart() {
    let mut bytes = network_bytes();
    assert_eq!(parse_settings(&bytes), Err(DecodeError::Kind));
    bytes.push(0);
    assert_eq!(parse_network(&bytes), Err(DecodeError::Trailing(1)));
    for version in [0, 1, 3] {
        bytes[1] = version;
        assert_eq!(parse_network(&bytes), Err(DecodeError::Version(version)));
    }
}

#[test]
fn values_that_cannot_be_are_refused() {
    let mut bytes = settings_bytes();
    bytes[3] = 4;
    assert_eq!(parse_settings(&bytes), Err(DecodeError::Value("preset")));
    // Behind them are the log, two flags and the path of the stamp.
    let tail = 3 + 1 + 2 + "/data/stamp".len();
    for (before, field) in [(2, "quicUnread"), (1, "ech")] {
        let mut bytes = settings_bytes();
        let at = bytes.len() - tail - before;
        bytes[at] = 2;
        assert_eq!(parse_settings(&bytes), Err(DecodeError::Value(field)));
    }
    let mut bytes = network_bytes();
    bytes[10] = 2;
    assert_eq!(parse_network(&bytes), Err(DecodeError::Value("ipv4")));
    let mut bytes = settings_bytes();
    let name = bytes.windows(4).position(|part| part == b"push").unwrap();
    bytes[name] = 0xff;
    assert_eq!(parse_settings(&bytes), Err(DecodeError::Text));
}
