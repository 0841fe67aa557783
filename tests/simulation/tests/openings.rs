//! When a server is dialled, and what the app sees of the dial.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use blocklist::{Preset, RulesBuilder};
use engine::{EncryptedDns, Failure};
use simulation::clock::Dice;
use simulation::hand::{AT_ONCE, Hand};
use simulation::names::client_hello;
use simulation::packet::{ACK, RST, SYN};
use simulation::phone::{PHONE_V4, PHONE_V6, Socket};
use simulation::rules::blocking;
use simulation::script::{Ending, Script, Text};
use simulation::stream::Host;
use simulation::{Setup, World};

const SECOND: Duration = Duration::from_secs(1);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn world(seed: u64) -> World {
    World::fair(seed, blocking(&["ads.example", "192.0.2.66"]))
}

#[test]
fn unknown_address_on_a_name_port_is_not_dialled_before_its_name() {
    for port in [443, 8443, 80, 8080, 853] {
        let mut world = world(1);
        let server = SocketAddr::from(([203, 0, 113, 9], port));
        world.internet.listen(server, Host::new(Script::echo()));
        let mut hand = Hand::open(&mut world, server, 1_000);
        assert_eq!(world.record.dials, [], "port {port}");
        let hello = client_hello("good.example", 300);
        let first = hand.segment(ACK, &hello[..100]);
        hand.say(&mut world, first);
        world.run_for(AT_ONCE);
        assert_eq!(world.record.dials, [], "port {port}: half a name");
        let rest = hand.segment(ACK, &hello[100..]);
        hand.say(&mut world, rest);
        world.run_for(AT_ONCE);
        assert_eq!(world.record.dials_to(server), 1, "port {port}\n{}", world.story());
        world.run_for(SECOND);
        assert_eq!(world.record.bytes_to(server), hello.len() as u64);
    }
}

#[test]
fn vouched_address_is_dialled_at_the_syn_and_answers_after_the_connect() {
    let mut world = world(2);
    let server = at("203.0.113.9:443");
    world.vouch("good.example", server.ip());
    world
        .internet
        .listen(server, Host::new(Script::echo()).behind(40));
    let mut hand = Hand::new(&mut world, server, 5);
    let syn = hand.syn();
    hand.say(&mut world, syn);
    hand.expect_silence(&mut world, Duration::from_millis(79));
    assert_eq!(world.record.dials_to(server), 1);
    assert!(hand.expect(&mut world, Duration::from_millis(3)).has(SYN | ACK));
}

#[test]
fn refused_dial_is_a_reset_with_the_right_numbers() {
    let mut world = world(3);
    let server = at("203.0.113.9:443");
    world.vouch("good.example", server.ip());
    let mut hand = Hand::new(&mut world, server, 0xffff_ffff);
    let syn = hand.syn();
    hand.say(&mut world, syn);
    let reset = hand.expect(&mut world, SECOND);
    assert!(reset.has(RST | ACK));
    assert_eq!(
        (reset.seq, reset.ack),
        (0, 0),
        "the acknowledgement covers the SYN"
    );
    assert_eq!(world.engine.stats().tcp_flows, 0);
}

#[test]
fn unreachable_server_is_told_by_icmp() {
    for (failure, v4, v6) in [
        (Failure::HostUnreachable, (3, 1), (1, 3)),
        (Failure::NetUnreachable, (3, 0), (1, 0)),
        (Failure::Prohibited, (3, 13), (1, 1)),
    ] {
        for (server, expected) in [(at("203.0.113.9:443"), v4), (at("[2001:db8::9]:443"), v6)] {
            let mut world = world(4);
            world.vouch("good.example", server.ip());
            world.internet.listen(server, Host::failing(failure));
            let mut hand = Hand::new(&mut world, server, 77);
            let syn = hand.syn();
            let quoted = syn.emit();
            hand.say(&mut world, syn);
            world.run_for(SECOND);
            let [icmp] = world.phone.icmp.as_slice() else {
                panic!("{failure:?} {server}: {:?}\n{}", world.phone.icmp, world.story())
            };
            assert_eq!((icmp.kind, icmp.code), expected, "{failure:?} {server}");
            assert!(icmp.dst == PHONE_V4 || icmp.dst == PHONE_V6);
            let header = if server.is_ipv4() { 20 } else { 40 };
            let ports = &quoted[header..header + 8];
            assert_eq!(
                &icmp.payload[header..header + 8],
                ports,
                "the quote names the flow"
            );
            assert_eq!(world.engine.stats().tcp_flows, 0);
        }
    }
}

#[test]
fn silent_server_stays_silent_at_a_vouched_address() {
    let mut world = world(5);
    let server = at("203.0.113.9:443");
    world.vouch("good.example", server.ip());
    world.internet.listen(server, Host::silent());
    let mut hand = Hand::new(&mut world, server, 77);
    for _ in 0..4 {
        let mut syn = hand.syn();
        syn.seq = 77;
        hand.say(&mut world, syn);
        hand.expect_silence(&mut world, 2 * SECOND);
    }
    assert_eq!(
        world.record.dials_to(server),
        1,
        "a SYN that comes again dials nothing"
    );
}

#[test]
fn blocked_hello_in_any_pieces_leaves_nothing() {
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let mut world = world(seed);
        let server = SocketAddr::from(([203, 0, 113, 9], dice.pick(&[443, 8443, 853])));
        world.internet.listen(server, Host::new(Script::echo()));
        let hand = Hand::open(&mut world, server, dice.number() as u32);
        let hello = client_hello("tracker.ads.example", 200 + dice.below(1_500) as usize);
        // One byte each, or pieces that overlap; in order, backwards or shuffled.
        let mut pieces: Vec<(usize, usize)> = match dice.below(2) {
            0 => (0..hello.len()).map(|from| (from, from + 1)).collect(),
            _ => (0..hello.len())
                .step_by(37)
                .map(|from| (from, (from + 37 + dice.below(60) as usize).min(hello.len())))
                .collect(),
        };
        match dice.below(3) {
            0 => {}
            1 => pieces.reverse(),
            _ => (1..pieces.len())
                .rev()
                .for_each(|i| pieces.swap(i, dice.below(i as u64 + 1) as usize)),
        }
        let last = pieces.len();
        // In that order, then in order again: what found no room is sent again, as an app's TCP would.
        let again = (0..hello.len())
            .step_by(500)
            .map(|from| (from, (from + 500).min(hello.len())));
        for (no, (from, to)) in pieces.into_iter().chain(again).enumerate() {
            let piece = hand.segment_at(from as u32, &hello[from..to]);
            hand.say_aside(&mut world, &piece);
            if no % 40 == 0 || no >= last {
                world.run_for(Duration::from_micros(100 + dice.below(300)));
            }
        }
        world.run_for(SECOND);
        assert_eq!(world.record.dials, [], "seed {seed}\n{}", world.story());
        assert!(
            hand.hear_all(&mut world).iter().any(|segment| segment.has(RST)),
            "seed {seed}"
        );
        assert_eq!(world.engine.stats().tcp_flows, 0, "seed {seed}");
    }
}

#[test]
fn server_that_speaks_first_is_dialled_after_300_ms_by_address_alone() {
    let mut world = world(6);
    let server = at("203.0.113.9:443");
    let told = Text::seeded(3, 5_000);
    world
        .internet
        .listen(server, Host::new(Script::says(told.clone())));
    let script = Script::listens().expecting(told);
    let app = world.phone.connect(server, Socket::default(), script);
    world.run_for(Duration::from_millis(299));
    assert_eq!(world.record.dials, []);
    world.run_for(Duration::from_millis(2));
    assert_eq!(world.record.dials_to(server), 1);
    assert!(world.run_until(20 * SECOND, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.heard_all());
}

#[test]
fn blocked_address_is_not_dialled_however_long_the_app_waits() {
    let mut world = world(7);
    for port in [443, 80, 22, 9999] {
        let server = SocketAddr::from(([192, 0, 2, 66], port));
        world.internet.listen(server, Host::new(Script::echo()));
        let app = world.phone.connect(server, Socket::default(), Script::listens());
        assert!(
            world.run_until(5 * SECOND, |world| world.phone.is_quiet()),
            "port {port}\n{}",
            world.story()
        );
        let app = world.phone.app(app);
        assert!(app.is_refused() || app.speaker.reset);
    }
    assert_eq!(world.record.dials, []);
}

#[test]
fn failed_silent_dial_resets_and_the_address_opens_truthfully_for_ten_minutes() {
    let mut world = world(8);
    let server = at("203.0.113.9:443");
    world
        .internet
        .listen(server, Host::failing(Failure::HostUnreachable));
    let hello = client_hello("good.example", 300);
    let script = || Script::says(Text::of(&hello)).ending(Ending::Never);
    let first = world.phone.connect(server, Socket::default(), script());
    assert!(
        world.run_until(5 * SECOND, |world| world.phone.is_quiet()),
        "{}",
        world.story()
    );
    assert!(world.phone.app(first).connected.is_some() && world.phone.app(first).speaker.reset);
    // The server is back: the second flow sees how long it takes.
    world
        .internet
        .listen(server, Host::new(Script::echo()).behind(100));
    let mut second = Hand::new(&mut world, server, 1);
    let syn = second.syn();
    second.say(&mut world, syn);
    second.expect_silence(&mut world, Duration::from_millis(199));
    assert!(second.expect(&mut world, Duration::from_millis(5)).has(SYN | ACK));
    let reset = second.segment_at(0, b"");
    let reset = simulation::packet::Segment { flags: RST, ..reset };
    second.say_aside(&mut world, &reset);
    world.run_for(601 * SECOND);
    let dials = world.record.dials.len();
    let mut third = Hand::new(&mut world, server, 1);
    let syn = third.syn();
    third.say(&mut world, syn);
    assert!(third.expect(&mut world, AT_ONCE).has(SYN | ACK), "silent again");
    assert_eq!(world.record.dials.len(), dials);
}

#[test]
fn silent_dial_without_an_answer_for_three_seconds_is_reset() {
    let mut world = world(9);
    let server = at("203.0.113.9:443");
    world.internet.listen(server, Host::silent());
    let script = Script::says(Text::of(&client_hello("good.example", 300))).ending(Ending::Never);
    let app = world.phone.connect(server, Socket::default(), script);
    world.run_for(Duration::from_millis(2_900));
    assert!(!world.phone.app(app).speaker.reset);
    assert!(world.run_until(SECOND, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.reset);
}

#[test]
fn port_853_of_our_own_resolvers_is_refused_at_the_syn() {
    let mut setup = Setup::new(10);
    let resolver = at("10.111.222.2:853");
    setup.config.own_resolvers = vec![resolver.ip()];
    let mut world = World::new(setup, blocking(&[]));
    let app = world
        .phone
        .connect(resolver, Socket::default(), Script::listens());
    assert!(world.run_until(AT_ONCE, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).is_refused());
    assert_eq!(world.record.dials, []);
}

#[test]
fn encrypted_dns_is_refused_at_any_address_where_it_is_to_be_and_an_ordinary_flow_elsewhere() {
    let owners: SocketAddr = at("203.0.113.10:853");
    for refuse in [false, true] {
        let mut setup = Setup::new(8);
        if refuse {
            setup.config.encrypted_dns = EncryptedDns::Refuse;
        }
        let rules = RulesBuilder::new(Preset::None).allow("mine.example").unwrap();
        let mut world = World::new(setup, rules.build());
        let server = at("203.0.113.9:853");
        world.internet.listen(server, Host::new(Script::echo()));
        world.internet.listen(owners, Host::new(Script::echo()));
        world.vouch("mine.example", owners.ip());
        world.phone.send(40_000, server, b"DNS over QUIC");
        let hello = Text::of(&client_hello("dns.example", 300));
        let other = world
            .phone
            .connect(server, Socket::default(), Script::says(hello.clone()));
        let own = world
            .phone
            .connect(owners, Socket::default(), Script::says(hello));
        world.run_for(Duration::from_secs(5));
        assert_eq!(world.phone.app(other).speaker.reset, refuse);
        assert_eq!(world.record.bytes_to(server) == 0, refuse);
        assert!(!world.phone.app(own).speaker.reset, "the owner allowed it");
        assert_eq!(world.record.datagrams.is_empty(), refuse);
    }
}

#[test]
fn family_without_a_route_is_refused_at_the_syn() {
    let mut setup = Setup::new(11);
    setup.upstream.ipv6 = false;
    let mut world = World::new(setup, blocking(&[]));
    world
        .internet
        .listen(at("203.0.113.9:9000"), Host::new(Script::echo()));
    for port in [443, 9000] {
        let server = SocketAddr::new("2001:db8::9".parse().unwrap(), port);
        let app = world.phone.connect(server, Socket::default(), Script::listens());
        let refused = world.run_until(AT_ONCE, |world| world.phone.is_quiet());
        assert!(
            refused || !world.phone.icmp.is_empty(),
            "port {port}\n{}",
            world.story()
        );
        assert!(world.phone.app(app).connected.is_none());
    }
    assert_eq!(world.record.dials, []);
    let answer = world
        .ask("good.example", simulation::names::AAAA)
        .expect("an answer");
    assert_eq!((answer.rcode(), answer.answers.len()), (0, 0), "NODATA");
    assert_eq!(world.record.asks, []);
}

#[test]
fn data_in_the_syn_is_not_lost() {
    let mut world = world(12);
    let server = at("203.0.113.9:9000");
    world.internet.listen(server, Host::new(Script::echo()));
    let mut hand = Hand::new(&mut world, server, 100);
    let mut syn = hand.syn();
    syn.payload = b"\0arly".to_vec();
    hand.say(&mut world, syn);
    let answer = hand.expect(&mut world, SECOND);
    assert!(answer.has(SYN | ACK));
    // Taken with the SYN or to be sent again: both are right (RFC 9293 section 3.10.7.2), a lost byte is not.
    assert!([101, 106].contains(&answer.ack), "{answer:?}");
    hand.seq = answer.ack;
    hand.ack = answer.seq.wrapping_add(1);
    let early = if answer.ack == 101 { &b"\0arly"[..] } else { b"" };
    let ack = hand.segment(ACK, early);
    hand.say(&mut world, ack);
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server), 5, "{}", world.story());
}

#[test]
fn bytes_that_are_judged_are_the_bytes_that_leave() {
    // Two hellos of one length, one name blocked: pieces of both, each place twice.
    let (good, bad) = (
        client_hello("www.good.example", 400),
        client_hello("www.adsx.example", 400),
    );
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let mut world = World::fair(seed, blocking(&["adsx.example"]));
        let server = SocketAddr::from(([203, 0, 113, 9], dice.pick(&[443, 9000])));
        world.internet.listen(server, Host::new(Script::echo()));
        let hand = Hand::open(&mut world, server, dice.number() as u32);
        let mut pieces = Vec::new();
        for from in (0..good.len()).step_by(60) {
            let to = (from + 90).min(good.len());
            pieces.push((from, &good[from..to]));
            pieces.push((from, &bad[from..to]));
        }
        (1..pieces.len())
            .rev()
            .for_each(|i| pieces.swap(i, dice.below(i as u64 + 1) as usize));
        for (from, bytes) in pieces {
            let piece = hand.segment_at(from as u32, bytes);
            hand.say_aside(&mut world, &piece);
            if dice.permille(300) {
                world.run_for(AT_ONCE);
            }
        }
        world.run_for(SECOND);
        for sent in world.record.sent.values() {
            let blocked = sent.head.windows(4).any(|bytes| bytes == b"adsx");
            assert!(!blocked, "seed {seed}\n{}", world.story());
            assert!(sent.bytes == 0 || sent.bytes == good.len() as u64, "seed {seed}");
        }
    }
}
