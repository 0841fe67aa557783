//! Names that are hidden on purpose: behind ECH, in records too long, beyond every hello's length.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../fixtures/client_hello.rs"]
mod client_hello;
#[path = "../../fixtures/quic_initial.rs"]
mod quic_initial;

use std::net::SocketAddr;
use std::time::Duration;

use blocklist::Action;
use client_hello::Hello;
use engine::{Ech, Seen};
use quic_initial::Initial;
use simulation::World;
use simulation::names::{Data, HTTPS, Record, http_get};
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Script, Text};
use simulation::stream::Host;

const SECONDS_20: Duration = Duration::from_secs(20);

fn server() -> SocketAddr {
    "203.0.113.9:443".parse().unwrap()
}

/// An HTTPS record of `name` with an ECH configuration: id 7, public name `front.example`.
fn https(name: &str) -> Record {
    let contents = b"\x07\0\x20\0\x02kk\0\x04\0\x01\0\x01\0\x0dfront.example\0\0";
    let config = [&[0xfe, 0x0d, 0, contents.len() as u8][..], contents].concat();
    let list = [&[0, config.len() as u8][..], &config].concat();
    let data = [
        &b"\0\x01\0\0\x01\0\x03\x02h2\0\x05\0"[..],
        &[list.len() as u8],
        &list,
    ]
    .concat();
    Record {
        name: name.into(),
        ttl: 300,
        data: Data::Other(HTTPS, data),
    }
}

/// What was said of the only flow to the server.
fn told(world: &World) -> (Action, Seen, Option<Ech>) {
    let of_flow = |remote: SocketAddr| remote == server();
    let mut verdicts = world.record.verdicts.iter();
    let verdict = verdicts.find(|verdict| of_flow(verdict.remote)).unwrap();
    (verdict.action, verdict.reason.seen, verdict.reason.ech)
}

fn say(world: &mut World, said: &[u8]) -> bool {
    world.internet.listen(server(), Host::new(Script::echo()));
    let app = world
        .phone
        .connect(server(), Socket::default(), Script::says(Text::of(said)));
    world.run_for(SECONDS_20);
    world.phone.app(app).speaker.reset
}

#[test]
fn ech_is_real_where_its_name_or_id_was_published_and_unknown_elsewhere() {
    for (asked, host, config_id, ech) in [
        (true, "front.example", 9, Ech::Real),
        (true, "page.example", 7, Ech::Real),
        (true, "page.example", 9, Ech::Unknown),
        (false, "front.example", 7, Ech::Unknown),
    ] {
        let hello = Hello::to(host).ech(config_id);
        for over_quic in [false, true] {
            let mut world = World::fair(1, blocking(&["ads.example"]));
            world
                .internet
                .answer_with("page.example", HTTPS, vec![https("page.example")]);
            if asked {
                world.ask("page.example", HTTPS).unwrap();
            }
            let seen = if over_quic {
                let flight = Initial::new(1).datagrams(&hello.message());
                world.phone.send(40_000, server(), &flight[0]);
                world.run_for(Duration::from_secs(1));
                Seen::Quic
            } else {
                assert!(!say(&mut world, &hello.record()));
                Seen::Sni
            };
            assert_eq!(
                told(&world),
                (Action::Allow, seen, Some(ech)),
                "{host} {config_id}"
            );
        }
    }
}

#[test]
fn the_outer_name_is_judged() {
    let mut world = World::fair(2, blocking(&["front.example"]));
    assert!(say(&mut world, &Hello::to("front.example").ech(7).record()));
    assert_eq!(told(&world), (Action::Block, Seen::Sni, Some(Ech::Unknown)));
    assert_eq!(world.record.bytes_to(server()), 0);
}

#[test]
fn an_app_is_given_no_key_to_hide_a_name_with() {
    let mut world = World::fair(3, blocking(&["ads.example"]));
    world
        .internet
        .answer_with("page.example", HTTPS, vec![https("page.example")]);
    let answer = world.ask("page.example", HTTPS).unwrap();
    let [record] = &answer.answers[..] else {
        panic!("one record")
    };
    assert_eq!(
        record.data,
        Data::Other(HTTPS, b"\0\x01\0\0\x01\0\x03\x02h2".to_vec())
    );
}

#[test]
fn a_name_in_a_record_longer_than_any_is_read() {
    for (host, refused) in [("ads.example", true), ("page.example", false)] {
        let mut hello = Hello::to(host).record();
        hello[3..5].copy_from_slice(&0x4101_u16.to_be_bytes());
        let said = [hello, vec![0; 0x4101]].concat();
        let mut world = World::fair(4, blocking(&["ads.example"]));
        assert_eq!(say(&mut world, &said), refused, "{host}");
        let left = if refused { 0 } else { said.len() as u64 };
        assert_eq!(world.record.bytes_to(server()), left, "{host}");
    }
}

#[test]
fn what_hides_its_name_is_refused_told_and_counted() {
    let too_long = Hello::nameless().padding(17_000).record();
    let cut_off = Hello::browser("page.example").record();
    let mut two_hosts = http_get("page.example");
    two_hosts.truncate(two_hosts.len() - 2);
    two_hosts.extend(b"Host: other.example\r\n\r\n");
    for said in [&too_long[..], &cut_off[..cut_off.len() - 1], &two_hosts] {
        let mut world = World::fair(5, blocking(&["ads.example"]));
        assert!(say(&mut world, said));
        assert_eq!(told(&world), (Action::Block, Seen::Unread, None));
        assert_eq!(world.engine.stats().hello_unread, 1);
        assert_eq!(world.record.bytes_to(server()), 0);
    }
}

#[test]
fn a_session_that_turns_to_tls_later_is_not_held_up() {
    // SMTP (RFC 3207): the server speaks first, and the hello comes after two turns.
    let hello = Hello::to("mail.example").record();
    let server_says = |text: &str| Text::of(text.as_bytes());
    let greeting = "220 mail.example ESMTP\r\n";
    let mut world = World::fair(6, blocking(&["ads.example"]));
    let mail: SocketAddr = "203.0.113.9:587".parse().unwrap();
    world
        .internet
        .listen(mail, Host::new(Script::says(server_says(greeting))));
    let said = [&b"EHLO phone\r\nSTARTTLS\r\n"[..], &hello].concat();
    let app = world
        .phone
        .connect(mail, Socket::default(), Script::says(Text::of(&said)));
    let all = |world: &World| world.record.bytes_to(mail) == said.len() as u64;
    assert!(
        world.run_until(Duration::from_millis(80), all),
        "{}",
        world.story()
    );
    assert!(!world.phone.app(app).speaker.reset);
}
