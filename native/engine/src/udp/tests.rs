use blocklist::{Action, Because, Preset, RulesBuilder};
use wire::ip::IpHeader;

use super::*;
use crate::Seen;
use crate::context::world::{World, rules_blocking};
use crate::outbox::Payload;

mod owner;
mod quic;

const ENDS: [(&str, &str); 2] = [
    ("10.0.0.2:40000", "192.0.2.7:9999"),
    ("[fd00::2]:40000", "[2001:db8::7]:9999"),
];

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn datagram(src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut header = [0; udp::MAX_HEADER];
    let len = udp::emit(&mut header, src, dst, payload);
    [&header[..len], payload].concat()
}

/// The service in its world.
struct Bench {
    udp: Udp,
    world: World,
}

impl Bench {
    fn blocking(addresses: &[&str]) -> Self {
        Self {
            udp: Udp::new(7),
            world: World::blocking(addresses),
        }
    }

    fn send(&mut self, src: SocketAddr, dst: SocketAddr, payload: &[u8]) {
        self.send_packet(&datagram(src, dst, payload));
    }

    fn send_packet(&mut self, packet: &[u8]) {
        self.world
            .send(packet, |packet, cx| self.udp.handle_packet(&packet, cx));
    }

    /// Sends to a new far end and passes over the verdict.
    fn open(&mut self, src: SocketAddr, dst: SocketAddr) -> MappingId {
        self.send(src, dst, b"hello");
        assert_eq!(self.world.verdict().1, Action::Allow);
        self.sent().0
    }

    fn receive(&mut self, mapping: MappingId, from: SocketAddr, payload: &[u8]) {
        self.udp
            .handle_datagrams(mapping, from, payload, payload.len(), &mut self.world.cx());
    }

    fn sent(&mut self) -> (MappingId, SocketAddr, Vec<u8>, bool) {
        match self.world.pop() {
            Some(Command::SendDatagram {
                mapping,
                to,
                payload,
                may_fragment,
            }) => (mapping, to, self.world.bytes(&payload), may_fragment),
            other => panic!("{other:?} instead of a datagram"),
        }
    }

    fn closed(&mut self) -> MappingId {
        match self.world.pop() {
            Some(Command::CloseMapping(mapping)) => mapping,
            other => panic!("{other:?} instead of a close"),
        }
    }

    fn timeout(&mut self) {
        self.udp.handle_timeout(&mut self.world.cx());
    }
}

#[test]
fn a_datagram_is_judged_once_and_forwarded() {
    for (app, remote) in ENDS.map(|(app, remote)| (at(app), at(remote))) {
        let mut bench = Bench::blocking(&[]);
        bench.send(app, remote, b"one");
        let (transport, action, reason) = bench.world.verdict();
        assert_eq!((transport, action), (Transport::Udp, Action::Allow));
        assert_eq!((reason.because, reason.seen), (Because::NoRule, Seen::Address));
        let (mapping, to, payload, may_fragment) = bench.sent();
        assert_eq!(
            (to, payload.as_slice(), may_fragment),
            (remote, &b"one"[..], false)
        );
        bench.send(app, remote, b"two");
        assert_eq!(bench.sent(), (mapping, remote, b"two".to_vec(), false));
        bench.world.assert_quiet();
        assert_eq!((bench.world.stats.allowed, bench.world.stats.bytes_up), (1, 6));
        assert_eq!(bench.world.stats.udp_mappings, 1);
    }
}

#[test]
fn datagrams_received_together_go_to_the_app_one_by_one() {
    for (app, remote) in ENDS.map(|(app, remote)| (at(app), at(remote))) {
        let mut bench = Bench::blocking(&[]);
        let mapping = bench.open(app, remote);
        bench
            .udp
            .handle_datagrams(mapping, remote, b"onetwo3", 3, &mut bench.world.cx());
        for expected in [&b"one"[..], b"two", b"3"] {
            let packet = bench.world.packet();
            let ip = IpHeader::parse(&packet).unwrap();
            assert_eq!((ip.src, ip.dst), (remote.ip(), app.ip()));
            assert_eq!(&packet[ip.payload][8..], expected);
        }
        bench.world.assert_quiet();
        assert_eq!(bench.world.stats.bytes_down, 7);
    }
}

#[test]
fn a_datagram_is_not_copied_out_of_the_batch() {
    let mut bench = Bench::blocking(&[]);
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"one");
    bench.world.verdict();
    assert!(matches!(
        bench.world.pop(),
        Some(Command::SendDatagram {
            payload: Payload::Batch(_),
            ..
        })
    ));
}

#[test]
fn one_source_endpoint_has_one_mapping_and_a_verdict_a_far_end() {
    let mut bench = Bench::blocking(&["192.0.2.66"]);
    let app = at("10.0.0.2:40000");
    let first = bench.open(app, at("192.0.2.7:1"));
    assert_eq!(bench.open(app, at("192.0.2.7:2")), first);
    assert_eq!(bench.open(app, at("192.0.2.8:1")), first);
    bench.send(app, at("192.0.2.66:1"), b"tracked");
    assert_eq!(bench.world.verdict().1, Action::Block);
    assert_eq!(bench.world.error().0, 3);
    assert_ne!(bench.open(at("10.0.0.2:40001"), at("192.0.2.7:1")), first);
    bench.world.assert_quiet();
}

#[test]
fn a_blocked_address_sees_port_unreachable_for_each_datagram_and_one_verdict() {
    for ((app, remote), (kind, code)) in ENDS
        .map(|(app, remote)| (at(app), at(remote)))
        .into_iter()
        .zip([(3, 3), (1, 4)])
    {
        let mut bench = Bench::blocking(&["192.0.2.7", "2001:db8::7"]);
        for round in 0..3 {
            bench.send(app, remote, b"tracked");
            if round == 0 {
                let (_, action, reason) = bench.world.verdict();
                assert_eq!(action, Action::Block);
                assert!(matches!(reason.because, Because::OwnerBlock(_)));
            }
            assert_eq!(
                bench.world.error(),
                (kind, code, datagram(app, remote, b"tracked"))
            );
            bench.world.assert_quiet();
        }
        assert_eq!((bench.world.stats.blocked, bench.world.stats.bytes_up), (1, 0));
    }
}

#[test]
fn errors_are_bounded_in_rate() {
    let mut bench = Bench::blocking(&["192.0.2.7"]);
    for _ in 0..1_500 {
        bench.send(at(ENDS[0].0), at(ENDS[0].1), b"tracked");
    }
    bench.world.verdict();
    let told = std::iter::from_fn(|| bench.world.pop()).count();
    assert_eq!(told, 1_000);
    bench.world.wait(1);
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"tracked");
    bench.world.error();
}

#[test]
fn an_address_inside_the_networks_nat64_prefix_is_judged_as_what_it_is() {
    let mut bench = Bench::blocking(&["192.0.2.7"]);
    bench.world.upstream.nat64_prefix = Some(("2001:db8:64::".parse().unwrap(), 96));
    bench.send(at("[fd00::2]:1"), at("[2001:db8:64::192.0.2.7]:9"), b"tracked");
    assert_eq!(bench.world.verdict().1, Action::Block);
}

#[test]
fn the_owners_allowed_name_covers_the_addresses_it_was_answered_with() {
    let mut bench = Bench::blocking(&[]);
    let listed = || {
        RulesBuilder::new(Preset::None)
            .list("list", "||192.0.2.7^\n")
            .unwrap()
    };
    bench.world.rules = listed().build();
    bench.send(at("10.0.0.2:1"), at(ENDS[0].1), b"call");
    assert_eq!(bench.world.verdict().1, Action::Block);
    bench.world.error();

    bench.world.rules = listed().allow("voice.example.org").unwrap().build();
    bench.world.answered("voice.example.org", at(ENDS[0].1));
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"call");
    let (_, action, reason) = bench.world.verdict();
    assert_eq!((action, reason.seen), (Action::Allow, Seen::Query));
    assert_eq!(reason.name.unwrap().as_str(), "voice.example.org");
    assert!(matches!(reason.because, Because::OwnerAllow(_)));
}

#[test]
fn the_owners_block_of_an_address_goes_before_an_essential_name() {
    let mut bench = Bench::blocking(&["192.0.2.7"]);
    let essential = bench.world.rules.verdict("update.miui.com", None);
    assert!(
        matches!(essential.because, Because::Essential(_)),
        "{essential:?}"
    );
    bench.world.answered("update.miui.com", at(ENDS[0].1));
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"hello");
    let (_, action, reason) = bench.world.verdict();
    assert_eq!((action, reason.seen), (Action::Block, Seen::Address));
}

#[test]
fn the_log_has_the_name_under_which_an_address_was_answered() {
    let mut bench = Bench::blocking(&[]);
    bench.world.answered("stun.example.org", at(ENDS[0].1));
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"binding");
    let (_, _, reason) = bench.world.verdict();
    assert_eq!(
        (reason.seen, reason.name.unwrap().as_str()),
        (Seen::Address, "stun.example.org")
    );
}

#[test]
fn a_reply_reaches_the_app_from_where_it_was_sent() {
    for (app, remote) in ENDS.map(|(app, remote)| (at(app), at(remote))) {
        let mut bench = Bench::blocking(&[]);
        let mapping = bench.open(app, remote);
        bench.receive(mapping, remote, b"reply");
        assert_eq!(bench.world.packet(), datagram(remote, app, b"reply"));
        assert_eq!(bench.world.stats.bytes_down, 5);
    }
}

#[test]
fn a_long_reply_is_one_packet() {
    let mut bench = Bench::blocking(&[]);
    let mapping = bench.open(at(ENDS[0].0), at(ENDS[0].1));
    bench.receive(mapping, at(ENDS[0].1), &[7; 65_507]);
    let packet = bench.world.packet();
    assert_eq!(IpHeader::parse(&packet).unwrap().payload, 20..65_535);
    bench.receive(mapping, at(ENDS[0].1), &[7; 65_508]);
    bench.world.assert_quiet();
    assert_eq!(bench.world.discarded(Discard::TooBig), 1);
}

#[test]
fn replies_from_where_the_app_never_sent_are_dropped() {
    let mut bench = Bench::blocking(&["192.0.2.66"]);
    let mapping = bench.open(at("10.0.0.2:40000"), at("192.0.2.7:1"));
    bench.send(at("10.0.0.2:40000"), at("192.0.2.66:1"), b"tracked");
    bench.world.verdict();
    bench.world.error();
    for from in ["192.0.2.7:2", "192.0.2.8:1", "192.0.2.66:1"] {
        bench.receive(mapping, at(from), b"reply");
    }
    bench.receive(
        MappingId {
            generation: 9,
            ..mapping
        },
        at("192.0.2.7:1"),
        b"reply",
    );
    bench.receive(MappingId { index: 9, ..mapping }, at("192.0.2.7:1"), b"reply");
    bench.world.assert_quiet();
    assert_eq!(bench.world.discarded(Discard::Unsolicited), 5);
}

#[test]
fn an_error_from_outside_quotes_the_apps_datagram() {
    for ((app, remote), kind) in ENDS
        .map(|(app, remote)| (at(app), at(remote)))
        .into_iter()
        .zip([3, 1])
    {
        let mut bench = Bench::blocking(&[]);
        let mapping = bench.open(app, remote);
        bench
            .udp
            .handle_datagram_failed(mapping, remote, Unreachable::Host, &mut bench.world.cx());
        let (got, _, quote) = bench.world.error();
        assert_eq!((got, quote), (kind, datagram(app, remote, b"")));
        bench.udp.handle_datagram_failed(
            mapping,
            at("192.0.2.99:1"),
            Unreachable::Host,
            &mut bench.world.cx(),
        );
        bench.world.assert_quiet();
    }
}

#[test]
fn a_family_without_a_route_is_unreachable_at_once() {
    let mut bench = Bench::blocking(&[]);
    bench.world.upstream.ipv6 = false;
    bench.send(at(ENDS[1].0), at(ENDS[1].1), b"hello");
    assert_eq!(bench.world.error().0, 1);
    bench.world.assert_quiet();
    bench.open(at(ENDS[0].0), at(ENDS[0].1));
}

#[test]
fn our_own_resolvers_do_not_speak_quic() {
    let mut bench = Bench::blocking(&[]);
    let (app, resolver) = (at(ENDS[0].0), at(ENDS[0].1).ip());
    bench.world.config.own_resolvers = vec![resolver];
    bench.send(app, SocketAddr::new(resolver, 853), b"doq");
    let (kind, code, _) = bench.world.error();
    assert_eq!((kind, code), (3, 3));
    bench.world.assert_quiet();
    bench.open(app, SocketAddr::new(resolver, 443));
    bench.open(app, at("192.0.2.8:853"));
}

#[test]
fn too_big_is_told_where_the_network_may_not_fragment() {
    let mut bench = Bench::blocking(&[]);
    let (app, remote) = (at(ENDS[0].0), at(ENDS[0].1));
    bench.open(app, remote);
    bench.send(app, remote, &[0; 1_472]);
    assert_eq!(bench.sent().2.len(), 1_472, "1,500 bytes");
    bench.send(app, remote, &[0; 1_473]);
    assert_eq!(bench.world.error().1, 4);
    let mut packet = datagram(app, remote, &[0; 1_473]);
    packet[6] = 0;
    bench.send_packet(&packet);
    assert!(bench.sent().3, "IPv4 without DF is fragmented outside");
    assert_eq!(bench.world.discarded(Discard::TooBig), 1);

    bench.world.upstream.mtu = 1_400;
    bench.send(app, remote, &[0; 1_373]);
    assert_eq!(bench.world.packet()[26..28], 1_400_u16.to_be_bytes());
}

#[test]
fn too_big_of_ipv6_is_never_below_its_minimum() {
    let mut bench = Bench::blocking(&[]);
    let (app, remote) = (at(ENDS[1].0), at(ENDS[1].1));
    bench.open(app, remote);
    bench.world.upstream.mtu = 1_200;
    bench.send(app, remote, &[0; 1_232]);
    assert_eq!(bench.sent().2.len(), 1_232, "1,280 bytes");
    bench.send(app, remote, &[0; 1_233]);
    let packet = bench.world.packet();
    assert_eq!((packet[40], &packet[44..48]), (2, &1_280_u32.to_be_bytes()[..]));
}

#[test]
fn what_came_in_fragments_may_leave_in_fragments() {
    for (app, remote) in ENDS.map(|(app, remote)| (at(app), at(remote))) {
        let mut bench = Bench::blocking(&[]);
        let packet = datagram(app, remote, &[7; 4_000]);
        bench
            .world
            .send_reassembled(&packet, |packet, cx| bench.udp.handle_packet(&packet, cx));
        bench.world.verdict();
        let (_, _, payload, may_fragment) = bench.sent();
        assert_eq!((payload, may_fragment), (vec![7; 4_000], true));
    }
}

#[test]
fn malformed_datagrams_and_those_to_port_0_are_counted() {
    let mut bench = Bench::blocking(&[]);
    let mut packet = datagram(at(ENDS[0].0), at(ENDS[0].1), b"hello");
    packet[25] = 99;
    bench.send_packet(&packet);
    assert_eq!(bench.world.discarded(Discard::MalformedTransport), 1);
    bench.send(at(ENDS[0].0), at("192.0.2.7:0"), b"hello");
    assert_eq!(bench.world.discarded(Discard::Address), 1);
    bench.world.assert_quiet();
    assert_eq!(bench.udp.poll_timeout(), None);
}

#[test]
fn an_unanswered_mapping_ends_after_30_seconds_on_a_slot() {
    let mut bench = Bench::blocking(&[]);
    let mapping = bench.open(at(ENDS[0].0), at(ENDS[0].1));
    // 1,000 s + 30 s, rounded up to 8 s.
    assert_eq!(
        bench.udp.poll_timeout(),
        Some(Timestamp::from_micros(1_032_000_000))
    );
    bench.world.wait(31);
    bench.timeout();
    bench.world.assert_quiet();
    bench.world.wait(1);
    bench.timeout();
    assert_eq!(bench.closed(), mapping);
    assert_eq!(
        (bench.udp.poll_timeout(), bench.world.stats.udp_mappings),
        (None, 0)
    );
    bench.receive(mapping, at(ENDS[0].1), b"late");
    bench.world.assert_quiet();
    let next = bench.open(at(ENDS[0].0), at(ENDS[0].1));
    assert_eq!(
        (next.index, next.generation),
        (mapping.index, mapping.generation + 1)
    );
}

#[test]
fn an_answered_mapping_ends_after_180_seconds_of_idling() {
    let mut bench = Bench::blocking(&[]);
    let mapping = bench.open(at(ENDS[0].0), at(ENDS[0].1));
    bench.world.wait(10);
    bench.receive(mapping, at(ENDS[0].1), b"reply");
    bench.world.packet();
    assert_eq!(
        bench.udp.poll_timeout(),
        Some(Timestamp::from_micros(1_192_000_000))
    );
    bench.world.wait(100);
    bench.send(at(ENDS[0].0), at(ENDS[0].1), b"again");
    bench.sent();
    assert_eq!(
        bench.udp.poll_timeout(),
        Some(Timestamp::from_micros(1_296_000_000))
    );
    bench.world.wait(190);
    bench.timeout();
    assert_eq!(bench.closed(), mapping);
}

#[test]
fn on_overflow_unanswered_mappings_go_first_then_the_most_idle() {
    let mut bench = Bench::blocking(&[]);
    bench.world.config.max_udp_mappings = 3;
    let remote = at("192.0.2.7:9");
    let app = |port| SocketAddr::new([10, 0, 0, 2].into(), port);
    let answered = bench.open(app(1), remote);
    bench.receive(answered, remote, b"reply");
    bench.world.packet();
    let waiting = [bench.open(app(2), remote), bench.open(app(3), remote)];
    for gone in waiting {
        let new = app(10 + gone.index as u16);
        bench.send(new, remote, b"hello");
        assert_eq!(bench.closed(), gone);
        bench.world.verdict();
        let mapping = bench.sent().0;
        bench.receive(mapping, remote, b"reply");
        bench.world.packet();
    }
    bench.send(app(20), remote, b"hello");
    assert_eq!(
        bench.closed(),
        answered,
        "all were answered; it was idle for longest"
    );
    assert_eq!(
        (bench.world.stats.evicted, bench.world.stats.udp_mappings),
        (3, 3)
    );
}

#[test]
fn another_network_closes_every_mapping() {
    let mut bench = Bench::blocking(&[]);
    let mappings =
        [1, 2].map(|port| bench.open(SocketAddr::new([10, 0, 0, 2].into(), port), at("192.0.2.7:9")));
    bench.udp.reset(&mut bench.world.cx());
    assert_eq!([bench.closed(), bench.closed()], mappings);
    assert_eq!(bench.udp.poll_timeout(), None);
    assert_eq!(bench.world.stats.evicted, 0);
}

#[test]
fn replaced_rules_judge_open_mappings_again() {
    let mut bench = Bench::blocking(&["192.0.2.8"]);
    let app = at("10.0.0.2:40000");
    let mapping = bench.open(app, at("192.0.2.7:9"));
    bench.send(app, at("192.0.2.8:9"), b"tracked");
    bench.world.verdict();
    bench.world.error();

    bench.world.rules = rules_blocking(&["192.0.2.7"]);
    bench.udp.judge_again(&mut bench.world.cx());
    assert_eq!(bench.world.verdict().1, Action::Block);
    bench.world.assert_quiet();
    bench.receive(mapping, at("192.0.2.7:9"), b"reply");
    bench.world.assert_quiet();
    bench.send(app, at("192.0.2.7:9"), b"more");
    bench.world.error();
    assert_eq!(bench.open(app, at("192.0.2.8:9")), mapping);
}

#[test]
fn an_idle_mapping_is_small() {
    assert!(size_of::<Mapping>() <= 128, "{}", size_of::<Mapping>());
    assert!(size_of::<(SocketAddr, Place)>() + size_of::<Mapping>() <= 168);
}

#[test]
fn a_flipped_byte_never_panics() {
    let mut bench = Bench::blocking(&[]);
    let packet = datagram(at(ENDS[0].0), at(ENDS[0].1), b"hello");
    for byte in 0..packet.len() {
        for flip in 1..=255 {
            let mut packet = packet.clone();
            packet[byte] ^= flip;
            if IpHeader::parse(&packet).is_ok() {
                bench.send_packet(&packet);
            }
        }
    }
}
