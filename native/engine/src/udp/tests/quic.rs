//! A QUIC connection's first flight: held, let through in order, or refused.

use std::time::Duration;

use blocklist::Rules;
use wire::quic::{InitialKeys, LongHeader, Side, Version};

use super::*;
use crate::config::Unread;
use crate::inspect::client_hello::Hello;
use crate::inspect::quic_initial::{Initial, crypto};

pub(super) const APP: &str = "10.0.0.2:40000";
pub(super) const SERVER: &str = "192.0.2.7:443";
const ADS: &str = "ads.example.com";
const PAGE: &str = "page.example.com";

fn rules() -> Rules {
    RulesBuilder::new(Preset::None).block(ADS).unwrap().build()
}

fn bench() -> Bench {
    let mut bench = Bench::blocking(&[]);
    bench.world.rules = rules();
    bench
}

/// Another one, where `bench` is a variable already.
fn bench_again() -> Bench {
    bench()
}

/// The first flight to `host`, to a connection id of eight times `id`: one datagram.
pub(super) fn one(id: u8, host: &str) -> Vec<u8> {
    Initial::new(id).datagrams(&Hello::to(host).message()).remove(0)
}

/// The first flight to `host` of a browser: two datagrams.
pub(super) fn two(id: u8, host: &str) -> Vec<Vec<u8>> {
    Initial::new(id).datagrams(&Hello::browser(host).message())
}

impl Bench {
    fn send_quic(&mut self, payload: &[u8]) {
        self.send(at(APP), at(SERVER), payload);
    }

    fn wait_ms(&mut self, ms: u64) {
        self.world.now = self.world.now + Duration::from_millis(ms);
        self.timeout();
    }

    /// The next verdict: allowed or refused, and the name that decided.
    fn judged(&mut self) -> (Action, Seen, Option<String>) {
        let (transport, action, reason) = self.world.verdict();
        assert_eq!(transport, Transport::Udp);
        (
            action,
            reason.seen,
            reason.name.map(|name| name.as_str().to_owned()),
        )
    }

    fn assert_sent(&mut self, payload: &[u8]) {
        assert!(self.sent().2 == payload);
    }

    /// The connection with this first datagram is refused: a close that its client believes, and an ICMP error.
    fn assert_refused(&mut self, first: &[u8]) {
        self.assert_refused_to(first, LongHeader::parse(first).unwrap().dcid);
    }

    /// As above, of a connection that was opened to an id that its server has changed since.
    fn assert_refused_to(&mut self, first: &[u8], opened_to: &[u8]) {
        let packet = self.world.packet();
        let ip = IpHeader::parse(&packet).unwrap();
        let bytes = &packet[ip.payload];
        let header = UdpHeader::parse(bytes).unwrap();
        assert_eq!(
            (header.src_port, header.dst_port),
            (at(SERVER).port(), at(APP).port())
        );
        let initial = LongHeader::parse(first).unwrap();
        let close = LongHeader::parse(&bytes[header.payload]).unwrap();
        assert_eq!((close.version, close.dcid), (initial.version, initial.scid));
        let keys = InitialKeys::new(initial.version, opened_to, Side::Server).unwrap();
        let mut frames = Vec::new();
        assert_eq!(keys.open(&close, None, &mut frames), Some(0));
        assert_eq!(frames, [0x1c, 0x02, 0, 0]);
        assert_eq!(self.world.error().0, 3);
    }
}

fn named(action: Action, name: &str) -> (Action, Seen, Option<String>) {
    (action, Seen::Quic, Some(name.to_owned()))
}

#[test]
fn allowed_name_of_one_datagram_goes_on_at_once_out_of_the_batch() {
    let mut bench = bench();
    let first = one(7, PAGE);
    bench.send_quic(&first);
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    assert!(matches!(
        bench.world.pop(),
        Some(Command::SendDatagram {
            payload: Payload::Batch(_),
            ..
        })
    ));
    bench.send_quic(b"\x40short");
    bench.assert_sent(b"\x40short");
    bench.world.assert_quiet();
}

#[test]
fn blocked_name_is_closed_and_unreachable_and_nothing_leaves() {
    for version in [Version::V1, Version::V2, Version::draft(29)] {
        let mut bench = bench();
        let first = Initial::new(7)
            .version(version)
            .datagrams(&Hello::to(ADS).message())
            .remove(0);
        bench.send_quic(&first);
        assert_eq!(bench.judged(), named(Action::Block, ADS));
        bench.assert_refused(&first);
        // Sent again, and whatever else follows.
        bench.send_quic(&first);
        bench.assert_refused(&first);
        bench.send_quic(b"\x40short");
        assert_eq!(bench.world.error().0, 3);
        bench.world.assert_quiet();
        assert_eq!(bench.world.stats.bytes_up, 0);
    }
}

#[test]
fn hello_of_two_datagrams_is_held_and_goes_on_in_order() {
    for reversed in [false, true] {
        let mut bench = bench();
        let mut flight = two(7, PAGE);
        if reversed {
            flight.reverse();
        }
        bench.send_quic(&flight[0]);
        bench.world.assert_quiet();
        bench.send_quic(b"\xe0zero-rtt or what else follows");
        bench.world.assert_quiet();
        bench.send_quic(&flight[1]);
        assert_eq!(bench.judged(), named(Action::Allow, PAGE));
        bench.assert_sent(&flight[0]);
        bench.assert_sent(b"\xe0zero-rtt or what else follows");
        bench.assert_sent(&flight[1]);
        bench.world.assert_quiet();
        assert_eq!(bench.udp.next_hold_end(), None);
    }
}

#[test]
fn blocked_hello_of_two_datagrams_is_refused_once() {
    let mut bench = bench();
    let flight = two(7, ADS);
    bench.send_quic(&flight[0]);
    bench.send_quic(&flight[1]);
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&flight[0]);
    bench.world.assert_quiet();
    assert_eq!(bench.world.stats.bytes_up, 0);
}

#[test]
fn a_first_flight_is_held_for_100_ms_and_sending_it_again_does_not_make_it_longer() {
    let mut bench = bench();
    let flight = two(7, PAGE);
    bench.send_quic(&flight[0]);
    for _ in 0..3 {
        bench.wait_ms(30);
        bench.send_quic(&flight[0]);
        bench.world.assert_quiet();
    }
    assert_eq!(
        bench.udp.poll_timeout(),
        Some(bench.world.now + Duration::from_millis(10))
    );
    bench.wait_ms(10);
    assert_eq!(bench.judged(), (Action::Allow, Seen::Unread, None));
    for _ in 0..4 {
        bench.assert_sent(&flight[0]);
    }
    bench.world.assert_quiet();
    assert_eq!(bench.world.stats.quic_unread, 1);
    assert_eq!(bench.udp.next_hold_end(), None);
}

#[test]
fn what_is_held_is_bounded_in_datagrams_and_in_bytes() {
    for (len, fit) in [(1_200, 8), (5_000, 3)] {
        let mut bench = bench();
        let message = Hello::browser(PAGE).message();
        let first = Initial::new(7).datagram(&crypto(0, &message[..900]), 1_200);
        bench.send_quic(&first);
        // One that may be fragmented is never too big for the path.
        let mut more = datagram(at(APP), at(SERVER), &vec![0x40; len]);
        more[6] &= !0x40;
        for _ in 1..fit {
            bench.send_packet(&more);
        }
        bench.world.assert_quiet();
        bench.send_packet(&more);
        assert_eq!(bench.judged().1, Seen::Unread);
        bench.assert_sent(&first);
        for _ in 1..fit {
            bench.assert_sent(&vec![0x40; len]);
        }
    }
}

#[test]
fn complete_extensions_decide_what_was_held_for_too_long() {
    let mut bench = bench();
    let message = Hello::to(ADS).trailing(1_500).message();
    let flight = Initial::new(7).datagrams(&message);
    bench.send_quic(&flight[0]);
    bench.wait_ms(100);
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&flight[0]);
    bench.world.assert_quiet();
}

#[test]
fn a_hello_whose_second_half_is_held_back_is_refused_before_it_leaves() {
    let mut bench = bench();
    let flight = two(7, ADS);
    bench.send_quic(&flight[0]);
    bench.wait_ms(100);
    assert_eq!(bench.judged(), (Action::Allow, Seen::Unread, None));
    bench.assert_sent(&flight[0]);
    bench.wait_ms(5_000);
    bench.send_quic(&flight[1]);
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&flight[1]);
    bench.send_quic(&flight[0]);
    bench.assert_refused(&flight[0]);
    bench.send_quic(b"\x40short");
    assert_eq!(bench.world.error().0, 3);
    bench.world.assert_quiet();
}

#[test]
fn a_second_half_for_the_id_that_the_server_chose_is_judged_before_it_leaves() {
    for (host, action) in [(ADS, Action::Block), (PAGE, Action::Allow)] {
        let mut bench = bench();
        let flight = two(7, host);
        bench.send_quic(&flight[0]);
        bench.wait_ms(100);
        assert_eq!(bench.judged(), (Action::Allow, Seen::Unread, None));
        bench.assert_sent(&flight[0]);
        let later = Initial {
            dcid: vec![0xee; 8],
            keys_of: Some(vec![7; 8]),
            ..Initial::new(7)
        };
        let second = later.datagrams(&Hello::browser(host).message()).remove(1);
        bench.send_quic(&second);
        assert_eq!(bench.judged(), named(action, host));
        for _ in 0..2 {
            match action {
                Action::Allow => bench.assert_sent(&second),
                Action::Block => bench.assert_refused_to(&second, &[7; 8]),
            }
            bench.world.assert_quiet();
            bench.send_quic(&second);
        }
    }
}

#[test]
fn a_plain_datagram_before_it_hides_no_opening_that_cannot_be_read() {
    let sealed_for_another = Initial {
        keys_of: Some(vec![9; 8]),
        ..Initial::new(7)
    };
    let garbage = sealed_for_another.datagrams(&Hello::to(ADS).message()).remove(0);
    let mut bench = bench();
    bench.world.config.quic_unread = Unread::FallBack;
    bench.send_quic(b"plain");
    assert_eq!(bench.judged().0, Action::Allow);
    bench.assert_sent(b"plain");
    bench.send_quic(&garbage);
    assert_eq!(bench.judged(), (Action::Block, Seen::Unread, None));
    bench.assert_refused(&garbage);
    assert_eq!(bench.world.stats.quic_unread, 1);
}

#[test]
fn what_cannot_be_read_is_told_counted_and_falls_back_to_tcp_if_the_owner_says_so() {
    let greased = Initial::new(7)
        .version(Version(0x1a2a_3a4a))
        .datagrams(&Hello::to(ADS).message());
    let unknown = Initial::new(7)
        .version(Version(0x7777_0001))
        .datagrams(&Hello::to(ADS).message());
    let sealed_for_another = Initial {
        keys_of: Some(vec![9; 8]),
        ..Initial::new(7)
    };
    let garbage = sealed_for_another.datagrams(&Hello::to(ADS).message());
    for first in [&greased[0], &unknown[0], &garbage[0]] {
        let mut forwarding = bench();
        forwarding.send_quic(first);
        assert_eq!(forwarding.judged(), (Action::Allow, Seen::Unread, None));
        forwarding.assert_sent(first);
        forwarding.world.assert_quiet();
        assert_eq!(forwarding.world.stats.quic_unread, 1);

        let mut falling_back = bench();
        falling_back.world.config.quic_unread = Unread::FallBack;
        falling_back.send_quic(first);
        assert_eq!(falling_back.judged(), (Action::Block, Seen::Unread, None));
        if LongHeader::parse(first).unwrap().version.is_readable() {
            falling_back.assert_refused(first);
        } else {
            assert_eq!(falling_back.world.error().0, 3);
        }
        falling_back.world.assert_quiet();
        assert_eq!(falling_back.world.stats.quic_unread, 1);
    }
}

#[test]
fn after_version_negotiation_the_name_is_read() {
    let mut bench = bench();
    let greased = Initial::new(7)
        .version(Version(0x1a2a_3a4a))
        .datagrams(&Hello::to(ADS).message());
    bench.send_quic(&greased[0]);
    assert_eq!(bench.judged().1, Seen::Unread);
    bench.assert_sent(&greased[0]);
    let first = one(7, ADS);
    bench.send_quic(&first);
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&first);
}

#[test]
fn after_a_retry_the_verdict_stays_and_is_told_once() {
    let mut bench = bench();
    bench.send_quic(&one(7, PAGE));
    bench.judged();
    bench.sent();
    let again = Initial {
        token: vec![5; 300],
        ..Initial::new(8)
    };
    for datagram in again.datagrams(&Hello::to(PAGE).message()) {
        bench.send_quic(&datagram);
        bench.assert_sent(&datagram);
    }
    bench.world.assert_quiet();
    assert_eq!(bench.world.stats.allowed, 1);
}

#[test]
fn initials_to_the_id_that_the_server_chose_go_on() {
    let mut bench = bench();
    bench.send_quic(&one(7, PAGE));
    bench.judged();
    bench.sent();
    let later = Initial {
        dcid: vec![0xee; 8],
        keys_of: Some(vec![7; 8]),
        ..Initial::new(7)
    };
    let ack = later.number(1, 1).datagram(&[0x02, 0, 0, 0, 0], 1_200);
    bench.send_quic(&ack);
    bench.assert_sent(&ack);
    bench.world.assert_quiet();
}

#[test]
fn each_connection_of_a_socket_has_its_own_verdict() {
    let mut bench = bench();
    bench.send_quic(&one(1, PAGE));
    bench.judged();
    bench.sent();
    bench.send_quic(&one(2, ADS));
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&one(2, ADS));
    // The first goes on, also while a third waits for its name.
    let third = two(3, PAGE);
    bench.send_quic(&third[0]);
    bench.send_quic(b"\x40first");
    bench.assert_sent(b"\x40first");
    bench.send_quic(&third[1]);
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    bench.assert_sent(&third[0]);
    bench.assert_sent(&third[1]);
    bench.send_quic(&one(2, ADS));
    bench.assert_refused(&one(2, ADS));
    bench.world.assert_quiet();

    let mut bench = bench_again();
    bench.send_quic(&one(1, ADS));
    bench.judged();
    bench.assert_refused(&one(1, ADS));
    bench.send_quic(&one(2, PAGE));
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    bench.assert_sent(&one(2, PAGE));
    bench.send_quic(&one(1, ADS));
    bench.assert_refused(&one(1, ADS));
    bench.world.assert_quiet();
}

#[test]
fn early_data_before_its_initial_waits_for_it() {
    for host in [PAGE, ADS] {
        let mut bench = bench();
        let mut early = one(7, host);
        // A 0-RTT packet has no token length; its payload is not read.
        early[0] = 0xd0;
        bench.send_quic(&early);
        bench.world.assert_quiet();
        let first = one(7, host);
        bench.send_quic(&first);
        if host == ADS {
            assert_eq!(bench.judged(), named(Action::Block, ADS));
            bench.assert_refused(&first);
        } else {
            assert_eq!(bench.judged(), named(Action::Allow, PAGE));
            bench.assert_sent(&early);
            bench.assert_sent(&first);
        }
        bench.world.assert_quiet();
    }
}

#[test]
fn a_rule_on_the_address_goes_before_the_name() {
    let mut bench = Bench::blocking(&["192.0.2.7"]);
    let first = one(7, PAGE);
    bench.send_quic(&first);
    let (action, seen, _) = bench.judged();
    assert_eq!((action, seen), (Action::Block, Seen::Address));
    bench.assert_refused(&first);
    bench.world.assert_quiet();
}

#[test]
fn hello_without_a_name_is_judged_by_its_address() {
    let mut bench = bench();
    let first = Initial::new(7).datagrams(&Hello::nameless().message()).remove(0);
    bench.send_quic(&first);
    assert_eq!(bench.judged(), (Action::Allow, Seen::Address, None));
    bench.assert_sent(&first);
    assert_eq!(bench.world.stats.quic_unread, 0);
}

#[test]
fn other_protocols_are_never_held() {
    // STUN, DTLS, DTLS 1.3, RTP, WireGuard, TURN channels, OpenVPN, zeros, a short header: all of 1,200 bytes and more.
    for first in [0x00, 0x16, 0x2c, 0x80, 0x90, 0x01, 0x40, 0x38, 0x7f] {
        let mut bench = bench();
        let datagram = vec![first; 1_300];
        bench.send_quic(&datagram);
        assert_eq!(bench.judged().1, Seen::Address);
        bench.assert_sent(&datagram);
        bench.world.assert_quiet();
    }
    // An unknown version's bits on another port.
    let mut bench = bench();
    bench.send(at(APP), at("192.0.2.7:5000"), &[0xc7; 1_300]);
}

#[test]
fn a_first_flight_too_big_for_the_path_is_told_so_before_anything_else() {
    let mut bench = bench();
    let mut packet = datagram(
        at(APP),
        at(SERVER),
        &Initial::new(7).datagram(&crypto(0, &Hello::to(ADS).message()), 1_480),
    );
    packet[6] |= 0x40;
    bench.send_packet(&packet);
    let (kind, code, _) = bench.world.error();
    assert_eq!((kind, code), (3, 4));
    bench.world.assert_quiet();
    bench.send_quic(&one(7, ADS));
    assert_eq!(bench.judged(), named(Action::Block, ADS));
}

#[test]
fn what_is_too_big_for_the_path_is_told_so_while_a_first_flight_is_held() {
    let mut bench = bench();
    bench.world.upstream.mtu = 1_500;
    bench.send_quic(&two(7, PAGE)[0]);
    bench.world.assert_quiet();
    bench.send_quic(&vec![0x40; 5_000]);
    let (kind, code, _) = bench.world.error();
    assert_eq!((kind, code), (3, 4));
    bench.world.assert_quiet();
}

#[test]
fn new_rules_judge_an_open_connection_by_its_name() {
    let mut bench = Bench::blocking(&[]);
    bench.send_quic(&one(7, ADS));
    assert_eq!(bench.judged().0, Action::Allow);
    bench.sent();
    let waiting = two(8, PAGE);
    bench.send_quic(&waiting[0]);
    bench.world.rules = rules();
    bench.udp.judge_again(&mut bench.world.cx());
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.send_quic(b"\xe0handshake");
    bench.world.assert_quiet();
    bench.send_quic(&waiting[1]);
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    bench.assert_sent(&waiting[0]);
}

#[test]
fn an_initial_in_less_than_1200_bytes_is_read_all_the_same() {
    let short = |id, host| Initial::new(id).datagram(&crypto(0, &Hello::to(host).message()), 600);
    let mut bench = bench();
    bench.send_quic(&short(7, ADS));
    assert_eq!(bench.judged(), named(Action::Block, ADS));
    bench.assert_refused(&short(7, ADS));
    bench.send_quic(&short(8, PAGE));
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    bench.assert_sent(&short(8, PAGE));
    // One that cannot be read is the owner's setting.
    let mut bench = bench_again();
    bench.world.config.quic_unread = Unread::FallBack;
    let mut bad = short(9, PAGE);
    *bad.last_mut().unwrap() ^= 1;
    bench.send_quic(&bad);
    assert_eq!(bench.judged(), (Action::Block, Seen::Unread, None));
    assert_eq!(bench.world.stats.quic_unread, 1);
}

#[test]
fn an_initial_behind_another_packet_of_its_datagram_is_read() {
    // Handshake and 0-RTT packets to the same id, which its server cannot open yet.
    for kind in [0xe0, 0xd0] {
        let mut bench = bench();
        let initial = one(7, ADS);
        // Version and ids, as the Initial has them; then its length, and what it seals.
        let ids = &initial[1..1 + 4 + 1 + 8 + 1 + 5];
        let before = [&[kind][..], ids, &[30], &[0x55; 30]].concat();
        bench.send_quic(&[&before[..], &initial].concat());
        assert_eq!(bench.judged(), named(Action::Block, ADS), "{kind:02x}");
    }
}

#[test]
fn new_rules_judge_an_address_without_a_name_and_leave_a_named_connection() {
    // The owner's word on a name of the address lets a datagram without one through, as long as he means it.
    let ip_rules = |allowed: &str| {
        let builder = RulesBuilder::new(Preset::None).list("list", "192.0.2.7").unwrap();
        builder.allow(allowed).unwrap().build()
    };
    let mut bench = Bench::blocking(&[]);
    bench.world.rules = ip_rules(PAGE);
    bench.world.answered(PAGE, at(SERVER));
    let mapping = bench.open(at(APP), at(SERVER));
    bench.udp.judge_again(&mut bench.world.cx());
    bench.world.assert_quiet();
    bench.receive(mapping, at(SERVER), b"reply");
    bench.world.packet();
    bench.world.rules = ip_rules("other.example");
    bench.world.memory.judge_again(&bench.world.rules);
    bench.udp.judge_again(&mut bench.world.cx());
    assert_eq!(bench.world.verdict().1, Action::Block);
    // A connection whose name is allowed does not end with another name of its address.
    let mut bench = Bench::blocking(&[]);
    bench.send_quic(&one(7, PAGE));
    assert_eq!(bench.judged(), named(Action::Allow, PAGE));
    bench.sent();
    bench.world.rules = rules();
    bench.world.answered(ADS, at(SERVER));
    bench.udp.judge_again(&mut bench.world.cx());
    bench.world.assert_quiet();
}

#[test]
fn a_mapping_that_ends_takes_what_it_held_with_it() {
    let mut bench = bench();
    bench.send_quic(&two(7, PAGE)[0]);
    bench.udp.reset(&mut bench.world.cx());
    bench.closed();
    assert_eq!(bench.udp.next_hold_end(), None);
    bench.wait_ms(200);
    bench.world.assert_quiet();
}

#[test]
fn holds_of_many_connections_are_bounded_and_the_first_gives_way() {
    let mut bench = bench();
    let first = two(7, PAGE).remove(0);
    for port in 1..=300 {
        bench.send(at(&format!("10.0.0.2:{port}")), at(SERVER), &first);
    }
    for _ in 0..44 {
        assert_eq!(bench.judged().1, Seen::Unread);
        bench.assert_sent(&first);
    }
    bench.world.assert_quiet();
    // And of one socket.
    let mut bench = bench_again();
    for id in 1..=20 {
        bench.send_quic(&two(id, PAGE)[0]);
    }
    assert_eq!(bench.world.stats.quic_unread, 12);
}

#[test]
fn what_a_far_end_holds_goes_on_when_it_gives_way_to_others() {
    let mut bench = bench();
    let first = two(7, PAGE).remove(0);
    let to = |port: u16| at(&format!("192.0.2.7:{port}"));
    // Two far ends have a place of their own, the third is the first to give way.
    bench.send(at(APP), to(1), b"plain");
    bench.send(at(APP), to(2), b"plain");
    bench.send(at(APP), to(3), &first);
    for port in 4..=257 {
        bench.send(at(APP), to(port), b"plain");
    }
    let mut out = Vec::new();
    while let Some(command) = bench.world.pop() {
        if let Command::SendDatagram { payload, .. } = command {
            out.push(bench.world.bytes(&payload));
        }
    }
    assert!(out.contains(&first));
    assert_eq!((bench.world.stats.quic_unread, bench.world.stats.evicted), (1, 1));
    bench.wait_ms(200);
    bench.world.assert_quiet();
}

#[test]
fn what_a_mapping_holds_goes_on_when_it_gives_way_to_others() {
    let mut bench = bench();
    bench.world.config.max_udp_mappings = 1;
    let first = two(7, PAGE).remove(0);
    bench.send_quic(&first);
    bench.world.assert_quiet();
    bench.send(at("10.0.0.2:1"), at(SERVER), b"plain");
    assert_eq!(bench.judged().1, Seen::Unread);
    bench.assert_sent(&first);
    bench.closed();
}

#[test]
fn flights_in_any_order_with_anything_flipped_never_let_the_blocked_name_out() {
    let flight = two(7, ADS);
    for bit in (0..1_200 * 8).step_by(7) {
        let mut bench = bench();
        let mut bad = flight[0].clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        for datagram in [&bad, &flight[1], &flight[0]] {
            bench.send_quic(datagram);
        }
        bench.wait_ms(100);
        let mut out = Vec::new();
        while let Some(command) = bench.world.pop() {
            if let Command::SendDatagram { payload, .. } = command {
                out.push(bench.world.bytes(&payload));
            }
        }
        assert!(!flight.iter().all(|datagram| out.contains(datagram)), "bit {bit}");
    }
}
