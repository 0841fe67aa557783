//! UDP, ping and fragments.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use simulation::clock::Dice;
use simulation::hand::{AT_ONCE, Hand};
use simulation::internet::DatagramHost;
use simulation::packet::{Datagram, Icmp, ipv4_packet};
use simulation::phone::{PHONE_V4, PHONE_V6, phone_ip};
use simulation::rules::blocking;
use simulation::{Setup, World};
use wire::icmp::Unreachable;

const SECOND: Duration = Duration::from_secs(1);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn world() -> World {
    World::fair(1, blocking(&["192.0.2.66"]))
}

/// Sends a SYN, a datagram and a ping to the address; whether the engine did anything for each.
fn is_carried(address: &str) -> [bool; 3] {
    let mut world = world();
    let ip: IpAddr = address.parse().unwrap();
    let hand = Hand::new(&mut world, SocketAddr::new(ip, 8_001), 100);
    hand.say_aside(&mut world, &hand.syn());
    let datagram = Datagram {
        src: SocketAddr::new(phone_ip(ip), 20_000),
        dst: SocketAddr::new(ip, 8_001),
        payload: b"hello".to_vec(),
    };
    world.phone.inject(datagram.emit());
    let ping = Icmp::echo_request(phone_ip(ip), ip, 7, 1, b"data").emit();
    world.phone.inject(ping);
    world.run_for(AT_ONCE);
    let record = &world.record;
    [
        !record.dials.is_empty(),
        !record.datagrams.is_empty(),
        !record.echoes.is_empty(),
    ]
}

#[test]
fn the_machine_itself_and_its_neighbours_are_not_reached_through_the_tun() {
    for address in [
        "127.0.0.1",
        "127.255.0.9",
        "0.0.0.0",
        "0.0.0.1",
        "169.254.169.254",
        "224.0.0.251",
        "240.0.0.1",
        "255.1.2.3",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.1",
        "fe80::1",
        "febf::1",
        "ff02::1",
    ] {
        assert_eq!(is_carried(address), [false; 3], "{address}");
    }
    for address in [
        "1.0.0.1",
        "126.255.0.1",
        "128.0.0.1",
        "169.253.0.1",
        "10.0.0.9",
        "223.1.1.1",
        "fd00::9",
    ] {
        assert_eq!(is_carried(address), [true; 3], "{address}");
    }
}

#[test]
fn datagrams_come_back_from_whom_they_were_sent_to() {
    let mut world = world();
    let servers = [
        at("203.0.113.9:5000"),
        at("203.0.113.10:3478"),
        at("[2001:db8::9]:5000"),
    ];
    for (no, server) in servers.into_iter().enumerate() {
        let local = 20_000 + u16::from(server.is_ipv6());
        world.phone.send(local, server, format!("hello {no}").as_bytes());
    }
    world.run_for(SECOND);
    assert_eq!(world.phone.heard.len(), 3, "{}", world.story());
    for (no, server) in servers.into_iter().enumerate() {
        let expected = format!("hello {no}").into_bytes();
        assert!(
            world
                .phone
                .heard
                .iter()
                .any(|heard| heard.src == server && heard.payload == expected)
        );
    }
    let mapping = |to| {
        world
            .record
            .datagrams
            .iter()
            .find(|sent| sent.to == to)
            .unwrap()
            .mapping
    };
    assert_eq!(
        mapping(servers[0]),
        mapping(servers[1]),
        "one socket for one source endpoint"
    );
    assert_ne!(mapping(servers[0]), mapping(servers[2]));
}

#[test]
fn strangers_are_not_heard() {
    let mut world = world();
    let (server, stranger) = (at("203.0.113.9:5000"), at("203.0.113.77:5000"));
    let other_port = at("203.0.113.9:5001");
    world
        .internet
        .datagram_hosts
        .insert(server, DatagramHost::EchoAlsoFrom(stranger));
    world.phone.send(20_000, server, b"one");
    world.run_for(SECOND);
    let from: Vec<SocketAddr> = world.phone.heard.iter().map(|heard| heard.src).collect();
    assert_eq!(from, [server]);
    // Address-dependent filtering (RFC 4787 REQ-8): another port of an address that was sent to may speak.
    world
        .internet
        .datagram_hosts
        .insert(server, DatagramHost::EchoAlsoFrom(other_port));
    world.phone.send(20_000, server, b"two");
    world.run_for(SECOND);
    assert!(
        world
            .phone
            .heard
            .iter()
            .all(|heard| heard.src.ip() == server.ip())
    );
    assert!(world.engine.stats().discarded.iter().sum::<u64>() >= 1);
}

#[test]
fn unanswered_mapping_goes_after_30_seconds_an_answered_one_after_180() {
    let mut world = world();
    let (sink, echo) = (at("203.0.113.9:5000"), at("203.0.113.10:5000"));
    world.internet.datagram_hosts.insert(sink, DatagramHost::Sink);
    world.phone.send(20_000, sink, b"x");
    world.phone.send(20_001, echo, b"x");
    world.run_for(25 * SECOND);
    assert_eq!(world.engine.stats().udp_mappings, 2);
    world.run_for(20 * SECOND);
    assert_eq!(world.engine.stats().udp_mappings, 1);
    world.run_for(125 * SECOND);
    assert_eq!(world.engine.stats().udp_mappings, 1);
    world.run_for(30 * SECOND);
    assert_eq!(world.engine.stats().udp_mappings, 0);
    assert_eq!(world.record.closed_mappings.len(), 2);
    assert_eq!(world.engine.poll_timeout(), None);
}

#[test]
fn icmp_error_reaches_the_app() {
    for (cause, v4, v6) in [
        (Unreachable::Port, (3, 3), (1, 4)),
        (Unreachable::Host, (3, 1), (1, 3)),
        (Unreachable::Net, (3, 0), (1, 0)),
    ] {
        for (server, expected) in [(at("203.0.113.9:5000"), v4), (at("[2001:db8::9]:5000"), v6)] {
            let mut world = world();
            world
                .internet
                .datagram_hosts
                .insert(server, DatagramHost::Fails(cause));
            world.phone.send(20_000, server, b"anyone there");
            world.run_for(SECOND);
            let [icmp] = world.phone.icmp.as_slice() else {
                panic!("{cause:?} {server}: {}", world.story())
            };
            assert_eq!((icmp.kind, icmp.code), expected);
            let header = if server.is_ipv4() { 20 } else { 40 };
            assert_eq!(icmp.payload[header..header + 2], 20_000_u16.to_be_bytes());
            assert_eq!(icmp.payload[header + 2..header + 4], 5_000_u16.to_be_bytes());
        }
    }
}

#[test]
fn blocked_address_is_answered_port_unreachable() {
    let mut world = world();
    world.phone.send(20_000, at("192.0.2.66:5000"), b"telemetry");
    world.run_for(SECOND);
    assert_eq!(world.record.datagrams, []);
    assert_eq!(
        world
            .phone
            .icmp
            .iter()
            .map(|icmp| (icmp.kind, icmp.code))
            .collect::<Vec<_>>(),
        [(3, 3)]
    );
}

#[test]
fn datagram_longer_than_the_path_is_told_so() {
    let mut setup = Setup::new(1).mtu(9000);
    setup.upstream.mtu = 1500;
    let mut world = World::new(setup, blocking(&[]));
    // IPv6: "packet too big" with the path's MTU.
    world.phone.send(20_000, at("[2001:db8::9]:5000"), &[1; 3_000]);
    world.run_for(SECOND);
    let [icmp] = world.phone.icmp.as_slice() else {
        panic!("{}", world.story())
    };
    assert_eq!((icmp.kind, icmp.code, icmp.word), (2, 0, 1500));
    assert_eq!(world.record.datagrams, []);
    // IPv4 with DF: "fragmentation needed".
    world.phone.icmp.clear();
    let long = Datagram {
        src: SocketAddr::new(PHONE_V4, 20_001),
        dst: at("203.0.113.9:5000"),
        payload: vec![2; 3_000],
    };
    world.phone.inject(long.emit());
    world.run_for(SECOND);
    let [icmp] = world.phone.icmp.as_slice() else {
        panic!("{}", world.story())
    };
    assert_eq!((icmp.kind, icmp.code, icmp.word), (3, 4, 1500));
    // IPv4 without DF: sent on.
    let mut packet = long.emit();
    let [IpAddr::V4(src), IpAddr::V4(dst)] = [long.src.ip(), long.dst.ip()] else {
        unreachable!()
    };
    packet = ipv4_packet(src, dst, 17, 7, 0, &packet[20..]);
    world.phone.inject(packet);
    world.run_for(SECOND);
    assert_eq!(world.record.datagrams.len(), 1);
    assert!(world.record.datagrams[0].may_fragment);
}

#[test]
fn fragments_in_any_order_are_one_datagram() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut world = world();
        world.phone.play_by_hand(20_000);
        let server = at("203.0.113.9:5000");
        let payload: Vec<u8> = (0..4_000).map(|_| dice.number() as u8).collect();
        let whole = Datagram {
            src: SocketAddr::new(PHONE_V4, 20_000),
            dst: server,
            payload: payload.clone(),
        }
        .emit();
        let [IpAddr::V4(src), IpAddr::V4(dst)] = [PHONE_V4, server.ip()] else {
            unreachable!()
        };
        let body = &whole[20..];
        let mut pieces: Vec<Vec<u8>> = (0..body.len())
            .step_by(1_000)
            .map(|from| {
                let to = (from + 1_000).min(body.len());
                let more = if to < body.len() { 0x2000 } else { 0 };
                ipv4_packet(src, dst, 17, 99, more | (from / 8) as u16, &body[from..to])
            })
            .collect();
        (1..pieces.len())
            .rev()
            .for_each(|i| pieces.swap(i, dice.below(i as u64 + 1) as usize));
        for piece in pieces {
            world.phone.inject(piece);
            world.run_for(AT_ONCE * dice.below(2) as u32);
        }
        world.run_for(SECOND);
        let sent: Vec<&[u8]> = world
            .record
            .datagrams
            .iter()
            .map(|datagram| datagram.payload.as_slice())
            .collect();
        assert_eq!(sent, [payload.as_slice()], "seed {seed}");
    }
}

#[test]
fn fragments_that_never_complete_are_forgotten() {
    let mut world = world();
    let [IpAddr::V4(src), IpAddr::V4(dst)] = [PHONE_V4, IpAddr::from([203, 0, 113, 9])] else {
        unreachable!()
    };
    for id in 0..2_000 {
        world
            .phone
            .inject(ipv4_packet(src, dst, 17, id, 0x2000, &[0; 1_000]));
        if id % 100 == 99 {
            world.run_for(AT_ONCE);
        }
    }
    world.run_for(120 * SECOND);
    assert_eq!(world.record.datagrams, []);
    assert_eq!(world.engine.poll_timeout(), None);
}

#[test]
fn ping_is_answered_by_whom_it_was_sent_to() {
    let mut world = world();
    for to in ["203.0.113.9", "2001:db8::9"] {
        let to: IpAddr = to.parse().unwrap();
        for seq in 1..=3 {
            let request = Icmp::echo_request(phone_ip(to), to, 0x1234, seq, b"payload of a ping");
            world.phone.inject(request.emit());
        }
        world.run_for(SECOND);
        let replies: Vec<Icmp> = std::mem::take(&mut world.phone.icmp);
        assert_eq!(replies.len(), 3, "{}", world.story());
        for (seq, reply) in (1..).zip(replies) {
            assert_eq!((reply.src, reply.kind), (to, if to.is_ipv4() { 0 } else { 129 }));
            assert_eq!(reply.word, 0x1234 << 16 | seq);
            assert_eq!(reply.payload, b"payload of a ping");
        }
    }
    assert_eq!(world.record.echoes.len(), 6);
}

#[test]
fn ping_to_nobody_is_told_unreachable() {
    let mut world = world();
    let to = IpAddr::from([203, 0, 113, 9]);
    world.internet.unpingable.insert(to);
    world
        .phone
        .inject(Icmp::echo_request(PHONE_V4, to, 1, 1, b"x").emit());
    world.run_for(SECOND);
    assert_eq!(
        world
            .phone
            .icmp
            .iter()
            .map(|icmp| (icmp.kind, icmp.code))
            .collect::<Vec<_>>(),
        [(3, 1)]
    );
}

#[test]
fn quic_sized_datagrams_of_other_protocols_are_not_held() {
    let mut world = world();
    // No fixed bit: not QUIC (RFC 9000 section 17.2).
    world.phone.send(20_000, at("203.0.113.9:443"), &[0x16; 1_300]);
    world.run_for(AT_ONCE);
    assert_eq!(world.record.datagrams.len(), 1);
}

#[test]
fn packets_of_other_protocols_are_refused_and_counted() {
    let mut world = world();
    for (src, dst, expected) in [
        (PHONE_V4, IpAddr::from([203, 0, 113, 9]), (3, 2)),
        (PHONE_V6, "2001:db8::9".parse().unwrap(), (4, 1)),
    ] {
        world.phone.icmp.clear();
        // SCTP.
        world
            .phone
            .inject(simulation::packet::ip_packet(src, dst, 132, &[0; 40]));
        world.run_for(SECOND);
        let seen: Vec<_> = world
            .phone
            .icmp
            .iter()
            .map(|icmp| (icmp.kind, icmp.code))
            .collect();
        assert_eq!(seen, [expected], "{dst}");
    }
    assert_eq!(world.engine.stats().discarded.iter().sum::<u64>(), 2);
}

#[test]
fn udp_through_rough_weather_never_invents_a_datagram() {
    for seed in 0..10 {
        let mut world = World::new(
            Setup::new(seed).weather(simulation::link::Weather::rough(100)),
            blocking(&[]),
        );
        for no in 0..200_u32 {
            world.phone.send(
                20_000 + (no % 7) as u16,
                at("203.0.113.9:5000"),
                &no.to_be_bytes(),
            );
            world.run_for(Duration::from_millis(5));
        }
        world.run_for(SECOND);
        assert!(
            world.phone.heard.len() >= 140,
            "seed {seed}: {}",
            world.phone.heard.len()
        );
        for heard in &world.phone.heard {
            let no = u32::from_be_bytes(heard.payload.as_slice().try_into().unwrap());
            assert_eq!(heard.dst.port(), 20_000 + (no % 7) as u16, "seed {seed}");
        }
    }
}
