//! DNS over UDP and TCP.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use blocklist::{Action, Preset, RulesBuilder};
use simulation::clock::Dice;
use simulation::hand::AT_ONCE;
use simulation::internet::Reply;
use simulation::names::{A, AAAA, Data, HTTPS, Message, Record, client_hello, framed, question};
use simulation::phone::Socket;
use simulation::rules::{blocking, listing};
use simulation::script::{Ending, Pace, Script, Text};
use simulation::{PHONE_RESOLVER, World};

const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    let mut world = World::fair(1, listing(&["ads.example"]));
    for no in 0..20 {
        world
            .internet
            .resolve(&format!("good{no}.example"), IpAddr::from([203, 0, 113, no]));
    }
    world
        .internet
        .resolve("ads.example", IpAddr::from([203, 0, 113, 66]));
    world
}

/// The messages of a TCP stream.
fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    while let [high, low, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        messages.push(Message::parse(&rest[..len]).unwrap());
        bytes = &rest[len..];
    }
    messages
}

#[test]
fn questions_over_tcp_are_answered_pipelined_and_split() {
    for seed in 0..10 {
        let mut dice = Dice::new(seed);
        let mut world = world();
        let mut said = Vec::new();
        for id in 0..20_u16 {
            let name = if id % 5 == 4 {
                "ads.example".into()
            } else {
                format!("good{id}.example")
            };
            said.extend(framed(&question(id, &name, A)));
        }
        let pace = dice.pick(&[Pace::FULL, Pace::slow(1, 1), Pace::slow(7, 3)]);
        let script = Script::says(Text::of(&said))
            .writing(pace)
            .ending(Ending::WhenSaid);
        let app = world.phone.connect(PHONE_RESOLVER, Socket::default(), script);
        assert!(
            world.run_until(60 * SECOND, |world| world.phone.is_quiet()),
            "{}",
            world.story()
        );
        let mut answers = messages(&world.phone.app(app).speaker.heard_head);
        answers.sort_by_key(|answer| answer.id);
        assert_eq!(answers.len(), 20, "seed {seed}: {answers:?}");
        for (id, answer) in (0..).zip(&answers) {
            let expected = if id % 5 == 4 {
                [0, 0, 0, 0]
            } else {
                [203, 0, 113, id as u8]
            };
            assert_eq!(
                (answer.id, answer.addresses()),
                (id, vec![IpAddr::from(expected)]),
                "seed {seed}"
            );
        }
        assert!(!world.record.asked("ads.example"));
        assert_eq!(world.record.dials, [], "a resolver is asked, not dialled");
    }
}

#[test]
fn garbage_over_tcp_ends_the_flow_and_asks_nothing() {
    let mut world = world();
    for garbage in [&[0_u8, 0][..], &[0, 5, 1, 2, 3, 4, 5], &[0xff; 70_000]] {
        let script = Script::says(Text::of(garbage));
        let app = world.phone.connect(PHONE_RESOLVER, Socket::default(), script);
        world.run_until(60 * SECOND, |world| world.phone.is_quiet());
        assert!(world.phone.is_quiet(), "{:?}", world.phone.app(app));
    }
    assert_eq!(world.record.asks.len(), 0);
}

#[test]
fn alias_of_an_allowed_name_that_is_blocked_is_refused() {
    let mut world = world();
    let ip = IpAddr::from([203, 0, 113, 5]);
    let records = vec![
        Record::alias("metrics.shop.example", "x.ads.example"),
        Record::address("x.ads.example", ip),
    ];
    world.internet.answer_with("metrics.shop.example", A, records);
    let answer = world.ask("metrics.shop.example", A).expect("an answer");
    assert_eq!(answer.addresses(), [IpAddr::from([0, 0, 0, 0])]);
    let verdict = world.record.verdicts.last().unwrap();
    assert_eq!(
        (verdict.action, verdict.reason.seen),
        (Action::Block, engine::Seen::Cname)
    );
    // The address is vouched for by nobody.
    let server = SocketAddr::new(ip, 443);
    let hello = Text::of(&client_hello("x.ads.example", 300));
    world
        .phone
        .connect(server, Socket::default(), Script::says(hello));
    world.run_for(5 * SECOND);
    assert_eq!(world.record.dials, []);
}

#[test]
fn owners_allow_of_the_asked_name_covers_its_aliases_and_addresses() {
    let builder = RulesBuilder::new(Preset::None)
        .list("test", "ads.example")
        .unwrap();
    let rules = builder.allow("metrics.shop.example").unwrap().build();
    let mut world = World::fair(2, rules);
    let ip = IpAddr::from([203, 0, 113, 5]);
    let records = vec![
        Record::alias("metrics.shop.example", "x.ads.example"),
        Record::address("x.ads.example", ip),
    ];
    world.internet.answer_with("metrics.shop.example", A, records);
    let answer = world.ask("metrics.shop.example", A).expect("an answer");
    assert_eq!(answer.addresses(), [ip]);
}

#[test]
fn https_record_with_a_blocked_target_is_refused() {
    let mut world = world();
    let mut body = vec![0, 1];
    body.extend(b"\x01x\x03ads\x07example\0");
    let record = Record {
        name: "shop.example".into(),
        ttl: 60,
        data: Data::Other(HTTPS, body),
    };
    world.internet.answer_with("shop.example", HTTPS, vec![record]);
    let answer = world.ask("shop.example", HTTPS).expect("an answer");
    assert_eq!(answer.answers.len(), 0);
}

#[test]
fn answer_reaches_the_app_byte_for_byte() {
    let mut world = world();
    let odd = Record {
        name: "good1.example".into(),
        ttl: 77,
        data: Data::Other(16, b"\x05hello".to_vec()),
    };
    world
        .internet
        .answer_with("good1.example", 16, vec![odd.clone(), odd]);
    let mut asked = question(0x4321, "gOOd1.eXample", 16);
    let raw = world.ask_raw(&asked).expect("an answer");
    let Some(Reply::Records(0, records)) = world.internet.zone.get(&("good1.example".into(), 16)) else {
        panic!("the zone")
    };
    assert_eq!(raw, simulation::names::answer(&asked, 0, records));
    asked[1] ^= 1;
    assert_eq!(world.ask_raw(&asked).unwrap()[2..], raw[2..]);
}

#[test]
fn long_answer_is_truncated_over_udp_and_whole_over_tcp() {
    let mut world = world();
    let records: Vec<Record> = (0..100)
        .map(|no| Record::address("many.example", IpAddr::from([203, 0, 113, no])))
        .collect();
    world.internet.answer_with("many.example", A, records);
    let answer = world.ask("many.example", A).expect("an answer");
    assert!(answer.is_truncated(), "more than 512 bytes without EDNS");
    let script = Script::says(Text::of(&framed(&question(1, "many.example", A))));
    let app = world.phone.connect(PHONE_RESOLVER, Socket::default(), script);
    assert!(world.run_until(30 * SECOND, |world| world.phone.is_quiet()));
    let answers = messages(&world.phone.app(app).speaker.heard_head);
    assert_eq!(answers.len(), 1);
    assert_eq!(
        (answers[0].is_truncated(), answers[0].addresses().len()),
        (false, 100)
    );
}

#[test]
fn failing_resolver_is_servfail() {
    let mut world = world();
    world
        .internet
        .zone
        .insert(("broken.example".into(), A), Reply::Fails);
    assert_eq!(world.ask("broken.example", A).expect("an answer").rcode(), 2);
}

#[test]
fn missing_name_stays_missing() {
    let mut world = world();
    assert_eq!(world.ask("nowhere.example", A).expect("an answer").rcode(), 3);
    assert_eq!(world.ask("good1.example", AAAA).expect("an answer").rcode(), 0);
}

#[test]
fn equal_questions_in_flight_share_one() {
    let mut world = world();
    let ports: Vec<u16> = (0..10).map(|_| world.phone.free_port()).collect();
    for (id, port) in (0..).zip(&ports) {
        world
            .phone
            .send(*port, PHONE_RESOLVER, &question(id, "good1.example", A));
    }
    world.run_for(SECOND);
    assert_eq!(world.record.asks.len(), 1);
    assert_eq!(world.phone.heard.len(), 10);
    for heard in &world.phone.heard {
        let id = ports.iter().position(|port| *port == heard.dst.port()).unwrap();
        assert_eq!(usize::from(Message::parse(&heard.payload).unwrap().id), id);
    }
}

#[test]
fn garbage_on_port_53_asks_nothing() {
    let mut world = world();
    let port = world.phone.free_port();
    let whole = question(7, "good1.example", A);
    for len in 0..whole.len() {
        world.phone.send(port, PHONE_RESOLVER, &whole[..len]);
        world.run_for(AT_ONCE);
    }
    world.run_for(SECOND);
    assert_eq!(
        (world.record.asks.len(), world.record.datagrams.len()),
        (0, 0),
        "{}",
        world.story()
    );
}

#[test]
fn question_with_a_case_and_dots_that_hide_a_blocked_name_is_refused() {
    let mut world = World::fair(3, blocking(&["ads.example"]));
    for name in ["ADS.example", "a.b.c.ads.EXAMPLE", "ads.example."] {
        let answer = world.ask(name, A).expect("an answer");
        assert_eq!(answer.addresses(), [IpAddr::from([0, 0, 0, 0])], "{name}");
    }
    assert_eq!(world.record.asks.len(), 0);
}

#[test]
fn questions_to_the_resolvers_that_a_rom_adds_are_answered_here_and_nothing_reaches_them() {
    for server in ["114.114.114.114:53", "[240c::6666]:53"] {
        let server: SocketAddr = server.parse().unwrap();
        let mut world = world();
        world.phone.send(40_000, server, &question(1, "good1.example", A));
        world.phone.send(40_001, server, &question(2, "ads.example", A));
        world.run_for(Duration::from_secs(2));
        let heard: Vec<_> = world
            .phone
            .heard
            .iter()
            .map(|datagram| (datagram.src, Message::parse(&datagram.payload).unwrap()))
            .collect();
        assert_eq!(heard.len(), 2, "{}", world.story());
        assert!(
            heard.iter().all(|(src, _)| *src == server),
            "from whom it was asked"
        );
        assert!(world.record.asked("good1.example") && !world.record.asked("ads.example"));
        assert!(world.record.datagrams.is_empty() && world.record.dials.is_empty());
    }
}
