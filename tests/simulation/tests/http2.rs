//! HTTP/2 in the clear: each request is judged, whatever came before it on the connection.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::World;
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Pace, Script, Text};
use simulation::stream::Host;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// SETTINGS: 100 streams at most; and a larger window for the connection.
const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\0\x04\x08\0\0\0\0\0\0\x01\0\0";
/// Flags: the block ends here.
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
}

/// `POST /`, its authority as a literal that HPACK keeps, and a body.
fn post(host: &str) -> Vec<u8> {
    let block = [&b"\x83\x84\x86\x41"[..], &[host.len() as u8], host.as_bytes()].concat();
    let body = frame(0, 0, &[b'a'; 2_000]);
    [frame(1, END_HEADERS, &block), body].concat()
}

/// The same, its authority out of the table: the one that was kept `ago` requests before.
fn post_again(ago: u8) -> Vec<u8> {
    frame(1, END_HEADERS, &[0x83, 0x84, 0x86, 0xbe + ago])
}

/// Says this to a server; whether it was reset, and how much left.
fn say(port: u16, said: &[u8], pace: usize) -> (bool, u64) {
    let mut world = World::fair(1, blocking(&["ads.example"]));
    let server = SocketAddr::from(([203, 0, 113, 9], port));
    world.internet.listen(server, Host::new(Script::echo()));
    let script = Script::says(Text::of(said)).writing(Pace::slow(pace, 1));
    let app = world.phone.connect(server, Socket::default(), script);
    let quiet = world.run_until(Duration::from_secs(60), |world| world.phone.is_quiet());
    assert!(quiet, "{}", world.story());
    (world.phone.app(app).speaker.reset, world.record.bytes_to(server))
}

#[test]
fn each_request_of_a_connection_is_judged() {
    let begin = [PREFACE, SETTINGS].concat();
    let trailers = frame(1, END_HEADERS, b"\x00\x01x\x01y");
    let allowed = [&begin[..], &post("good.example"), &trailers, &post_again(0)].concat();
    let later = [&allowed[..], &post("x.ads.example")].concat();
    let first = [&begin[..], &post("ads.example")].concat();
    let kept = [&begin[..], &post("other.example"), &post("good.example")].concat();
    for port in [80, 9_999] {
        for pace in [1_400, 100] {
            assert_eq!(
                say(port, &allowed, pace),
                (false, allowed.len() as u64),
                "{port} {pace}"
            );
            assert_eq!(
                say(port, &kept, pace),
                (false, kept.len() as u64),
                "{port} {pace}"
            );
            let (reset, left) = say(port, &first, pace);
            assert!(reset && left == 0, "{port} {pace}: {left}");
            let (reset, left) = say(port, &later, pace);
            // The header of a frame may go; its block does not.
            assert!(reset && left <= allowed.len() as u64 + 9, "{port} {pace}: {left}");
        }
    }
}

#[test]
fn a_client_that_waits_for_the_settings_of_its_server_is_not_held_up_and_still_read() {
    for (host, refused) in [("ads.example", true), ("good.example", false)] {
        for port in [80, 9_999] {
            let mut world = World::fair(2, blocking(&["ads.example"]));
            let server = SocketAddr::from(([203, 0, 113, 9], port));
            world.internet.listen(server, Host::new(Script::echo()));
            let begin = [PREFACE, SETTINGS].concat();
            let said = [&begin[..], &post(host)].concat();
            // The first write is the beginning, the second comes 500 ms later.
            let pace = Pace::slow(begin.len(), 500);
            let script = Script::says(Text::of(&said)).writing(pace);
            let app = world.phone.connect(server, Socket::default(), script);
            world.run_for(Duration::from_millis(450));
            assert_eq!(world.record.bytes_to(server), begin.len() as u64, "{port}");
            world.run_for(Duration::from_secs(60));
            assert_eq!(world.phone.app(app).speaker.reset, refused, "{host} {port}");
            assert_eq!(world.record.bytes_to(server) == said.len() as u64, !refused);
        }
    }
}

#[test]
fn a_request_without_a_host_does_not_hide_the_next_one() {
    let first = b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc";
    let second = b"GET / HTTP/1.1\r\nHost: ads.example\r\n\r\n";
    let (reset, left) = say(80, &[&first[..], second].concat(), 1_400);
    assert!(reset && left <= first.len() as u64);
    let plain = [&first[..], first].concat();
    assert_eq!(say(80, &plain, 1_400), (false, plain.len() as u64));
}
