//! First flights of QUIC, in any order: what is refused never leaves whole, what is allowed leaves as it came.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../fixtures/client_hello.rs"]
mod client_hello;
#[path = "../../fixtures/quic_initial.rs"]
mod quic_initial;

use std::net::SocketAddr;
use std::time::Duration;

use client_hello::Hello;
use quic_initial::{Initial, crypto};
use simulation::World;
use simulation::clock::Dice;
use simulation::rules::blocking;
use wire::quic::{InitialKeys, LongHeader, Side, Version};

const BLOCKED: &str = "ads.example.com";
const ALLOWED: &str = "page.example.com";
const HOLD: Duration = Duration::from_millis(100);

fn server() -> SocketAddr {
    "203.0.113.9:443".parse().unwrap()
}

/// A connection's first flight, its frames scrambled as browsers do.
fn flight(dice: &mut Dice, id: u8, host: &str) -> Vec<Vec<u8>> {
    let version = dice.pick(&[Version::V1, Version::V2, Version::draft(29), Version::draft(34)]);
    let hello = if dice.permille(500) {
        Hello::browser(host)
    } else {
        Hello::to(host)
    };
    let message = hello.message();
    let size = dice.between(40, 400) as usize;
    let mut frames: Vec<Vec<u8>> = message
        .chunks(size)
        .enumerate()
        .map(|(i, piece)| [crypto(i * size, piece), vec![0x01, 0x00]].concat())
        .collect();
    for i in (1..frames.len()).rev() {
        frames.swap(i, dice.below(i as u64 + 1) as usize);
    }
    let initial = Initial::new(id).version(version);
    let mut datagrams: Vec<Vec<u8>> = Vec::new();
    let mut held = Vec::new();
    for frame in frames {
        if held.len() + frame.len() > 1_100 {
            let number = datagrams.len() as u32;
            datagrams.push(initial.clone().number(number, 1).datagram(&held, 1_200));
            held.clear();
        }
        held.extend(frame);
    }
    let number = datagrams.len() as u32;
    datagrams.push(initial.number(number, 1).datagram(&held, 1_200));
    datagrams
}

/// The payloads that reached the internet from this port.
fn reached(world: &World, port: u16) -> Vec<Vec<u8>> {
    let sent = world.record.datagrams.iter();
    sent.filter(|datagram| datagram.payload.len() >= 1_200 && datagram.payload[6] == port as u8)
        .map(|datagram| datagram.payload.clone())
        .collect()
}

#[test]
fn verdicts_hold_whatever_the_order_and_the_pace() {
    for seed in 0..150 {
        let mut dice = Dice::new(seed);
        let mut world = World::fair(seed, blocking(&[BLOCKED]));
        // A socket a connection; its id is in every header of it.
        let mut connections: Vec<(u16, bool, Vec<Vec<u8>>)> = (1..=6_u16)
            .map(|id| {
                let blocked = dice.permille(500);
                let host = if blocked { BLOCKED } else { ALLOWED };
                let mut datagrams = flight(&mut dice, id as u8, host);
                if dice.permille(300) {
                    datagrams.push(datagrams[0].clone());
                }
                if dice.permille(300) {
                    datagrams.reverse();
                }
                (id, blocked, datagrams)
            })
            .collect();
        let sent = connections.clone();
        while connections.iter().any(|(_, _, rest)| !rest.is_empty()) {
            let at = dice.below(connections.len() as u64) as usize;
            let (id, _, rest) = &mut connections[at];
            if !rest.is_empty() {
                let datagram = rest.remove(0);
                world.phone.send(20_000 + *id, server(), &datagram);
                world.run_for(Duration::from_millis(dice.below(3)));
            }
        }
        world.run_for(HOLD * 2);
        for (id, blocked, datagrams) in sent {
            let reached = reached(&world, id);
            if !blocked {
                assert!(reached == datagrams, "seed {seed}, connection {id}");
                continue;
            }
            assert!(reached.is_empty(), "seed {seed}, connection {id}");
            let initial = LongHeader::parse(&datagrams[0]).unwrap();
            let keys = InitialKeys::new(initial.version, initial.dcid, Side::Server).unwrap();
            let is_close = |payload: &[u8]| {
                let mut frames = Vec::new();
                let opened = LongHeader::parse(payload)
                    .ok()
                    .and_then(|close| keys.open(&close, None, &mut frames));
                opened.is_some() && frames == [0x1c, 0x02, 0, 0]
            };
            let heard = world.phone.heard.iter();
            let mut mine = heard.filter(|heard| heard.dst.port() == 20_000 + id);
            assert!(
                mine.any(|heard| is_close(&heard.payload)),
                "seed {seed}, connection {id}"
            );
        }
        assert_eq!(world.engine.stats().quic_unread, 0, "seed {seed}");
    }
}

#[test]
fn an_incomplete_flight_waits_for_100_ms_and_then_goes_on_told_and_counted() {
    let mut world = World::fair(1, blocking(&[BLOCKED]));
    let first = Initial::new(7)
        .datagrams(&Hello::browser(ALLOWED).message())
        .remove(0);
    world.phone.send(20_007, server(), &first);
    world.run_for(HOLD - Duration::from_millis(5));
    assert!(world.record.datagrams.is_empty());
    world.run_for(Duration::from_millis(10));
    assert_eq!(world.record.datagrams.len(), 1);
    assert_eq!(world.engine.stats().quic_unread, 1);
}
