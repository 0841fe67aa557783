use blocklist::Action;
use wire::ip::IpHeader;

use super::*;
use crate::context::world::World;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ends() -> [(IpAddr, IpAddr); 2] {
    [
        (ip("10.0.0.2"), ip("192.0.2.7")),
        (ip("fd00::2"), ip("2001:db8::7")),
    ]
}

/// The service in its world.
struct Bench {
    icmp: Icmp,
    world: World,
}

impl Bench {
    fn blocking(addresses: &[&str]) -> Self {
        Self {
            icmp: Icmp::new(7),
            world: World::blocking(addresses),
        }
    }

    fn send(&mut self, packet: &[u8]) {
        self.world
            .send(packet, |packet, cx| self.icmp.handle_packet(&packet, cx));
    }

    fn sent(&mut self) -> (EchoId, IpAddr, u16, Vec<u8>) {
        match self.world.pop() {
            Some(Command::SendEcho {
                echo,
                to,
                seq,
                payload,
            }) => (echo, to, seq, self.world.bytes(&payload)),
            other => panic!("{other:?} instead of an echo request"),
        }
    }

    fn closed(&mut self) -> EchoId {
        match self.world.pop() {
            Some(Command::CloseEcho(echo)) => echo,
            other => panic!("{other:?} instead of a close"),
        }
    }
}

#[test]
fn a_ping_goes_out_and_its_reply_has_the_apps_identifier() {
    for (app, to) in ends() {
        let mut bench = Bench::blocking(&[]);
        bench.send(&emit_echo_request(app, to, 77, 1, b"data"));
        let (transport, action, _) = bench.world.verdict();
        assert_eq!((transport, action), (Transport::Icmp, Action::Allow));
        let (echo, target, seq, data) = bench.sent();
        assert_eq!((target, seq, data.as_slice()), (to, 1, &b"data"[..]));
        bench.icmp.handle_reply(echo, 1, b"data", &mut bench.world.cx());
        assert_eq!(bench.world.packet(), emit_echo_reply(to, app, 77, 1, b"data"));
        bench.send(&emit_echo_request(app, to, 77, 2, b"data"));
        assert_eq!(bench.sent(), (echo, to, 2, b"data".to_vec()));
        bench.send(&emit_echo_request(app, to, 78, 1, b"data"));
        bench.world.verdict();
        assert_ne!(bench.sent().0, echo);
    }
}

#[test]
fn our_own_resolvers_answer_here() {
    let mut bench = Bench::blocking(&[]);
    bench.world.config.own_resolvers = vec![ip("192.0.2.7"), ip("2001:db8::7")];
    bench.world.upstream.ipv6 = false;
    for (app, to) in ends() {
        bench.send(&emit_echo_request(app, to, 77, 1, b"data"));
        assert_eq!(bench.world.packet(), emit_echo_reply(to, app, 77, 1, b"data"));
        bench.world.assert_quiet();
    }
}

#[test]
fn a_blocked_address_is_prohibited() {
    for ((app, to), expected) in ends().into_iter().zip([(3, 13), (1, 1)]) {
        let mut bench = Bench::blocking(&["192.0.2.7", "2001:db8::7"]);
        let request = emit_echo_request(app, to, 77, 1, b"data");
        for round in 0..2 {
            bench.send(&request);
            if round == 0 {
                assert_eq!(bench.world.verdict().1, Action::Block);
            }
            let (kind, code, quote) = bench.world.error();
            assert_eq!(((kind, code), quote), (expected, request.clone()));
        }
        bench.world.assert_quiet();
    }
}

#[test]
fn a_family_without_a_route_is_unreachable_at_once() {
    let mut bench = Bench::blocking(&[]);
    bench.world.upstream.ipv4 = false;
    bench.send(&emit_echo_request(ends()[0].0, ends()[0].1, 77, 1, b"data"));
    assert_eq!(bench.world.error().1, 0);
    bench.world.assert_quiet();
}

#[test]
fn an_error_from_outside_quotes_the_last_request() {
    for (app, to) in ends() {
        let mut bench = Bench::blocking(&[]);
        bench.send(&emit_echo_request(app, to, 77, 5, b"data"));
        bench.world.verdict();
        let (echo, ..) = bench.sent();
        bench
            .icmp
            .handle_failed(echo, Unreachable::Host, &mut bench.world.cx());
        assert_eq!(bench.world.error().2, emit_echo_request(app, to, 77, 5, b""));
        bench.icmp.handle_failed(
            EchoId {
                generation: 9,
                ..echo
            },
            Unreachable::Host,
            &mut bench.world.cx(),
        );
        bench.world.assert_quiet();
    }
}

#[test]
fn too_big_is_told_where_the_network_may_not_fragment() {
    for ((app, to), expected) in ends().into_iter().zip([(3, 4), (2, 0)]) {
        let mut bench = Bench::blocking(&[]);
        let request = emit_echo_request(app, to, 77, 1, &[0; 2_000]);
        bench.send(&request);
        bench.world.verdict();
        let (kind, code, _) = bench.world.error();
        assert_eq!((kind, code), expected);
        bench
            .world
            .send_reassembled(&request, |packet, cx| bench.icmp.handle_packet(&packet, cx));
        assert_eq!(bench.sent().3.len(), 2_000);
    }
}

#[test]
fn other_messages_are_counted() {
    let mut bench = Bench::blocking(&[]);
    for (app, to) in ends() {
        bench.send(&emit_echo_reply(app, to, 77, 1, b"data"));
        let mut coded = emit_echo_request(app, to, 77, 1, b"data");
        let at = IpHeader::parse(&coded).unwrap().payload.start;
        coded[at + 1] = 1;
        bench.send(&coded);
    }
    bench.world.assert_quiet();
    assert_eq!(bench.world.discarded(Discard::IcmpType), 2);
    assert_eq!(bench.world.discarded(Discard::MalformedTransport), 2);
}

#[test]
fn an_idle_ping_socket_is_closed_and_its_reply_dropped() {
    let mut bench = Bench::blocking(&[]);
    let (app, to) = ends()[0];
    bench.send(&emit_echo_request(app, to, 77, 1, b""));
    bench.world.verdict();
    let (echo, ..) = bench.sent();
    assert_eq!(
        bench.icmp.poll_timeout(),
        Some(Timestamp::from_micros(1_032_000_000))
    );
    bench.world.wait(32);
    bench.icmp.handle_timeout(&mut bench.world.cx());
    assert_eq!(bench.closed(), echo);
    bench.icmp.handle_reply(echo, 1, b"", &mut bench.world.cx());
    bench.world.assert_quiet();
    assert_eq!(bench.world.discarded(Discard::Unsolicited), 1);
}

#[test]
fn ping_sockets_are_bounded_and_the_most_idle_goes() {
    let mut bench = Bench::blocking(&[]);
    let (app, to) = ends()[0];
    let mut first = None;
    for ident in 0..=256 {
        bench.send(&emit_echo_request(app, to, ident, 1, b""));
        if ident == 256 {
            assert_eq!(Some(bench.closed()), first);
        }
        bench.world.verdict();
        let echo = bench.sent().0;
        first = first.or(Some(echo));
    }
    assert_eq!(bench.world.stats.evicted, 1);
    bench.icmp.reset(&mut bench.world.cx());
    assert_eq!(std::iter::from_fn(|| bench.world.pop()).count(), 256);
    assert_eq!(bench.icmp.poll_timeout(), None);
}
