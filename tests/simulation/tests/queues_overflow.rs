//! The TUN's queue drops silently, its writes may be refused: flows slow down, they do not stall.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::hand::Hand;
use simulation::packet::{ACK, SYN};
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Ending, Script, Text};
use simulation::stream::Host;
use simulation::{Setup, World, seeds};

const SECOND: Duration = Duration::from_secs(1);

fn server(no: u8) -> SocketAddr {
    SocketAddr::from(([198, 18, 0, no], 9_000))
}

#[test]
fn uploads_through_a_short_queue_do_not_stall() {
    for seed in seeds(0, 2) {
        for (queue, flows) in [(25, 1), (25, 4), (100, 2), (500, 8), (500, 40)] {
            let mut setup = Setup::new(seed);
            setup.queue = queue;
            setup.turn = Duration::from_micros(200);
            let mut world = World::new(setup, blocking(&[]));
            for no in 0..flows {
                let said = Text::seeded(seed, 1_000_000);
                world.internet.listen(
                    server(no),
                    Host::new(Script::listens().expecting(said.clone())).behind(1),
                );
                let socket = Socket {
                    tx: 400_000,
                    congestion: true,
                    ..Socket::default()
                };
                world.phone.connect(server(no), socket, Script::says(said));
            }
            let (mut last, mut longest, begin) = (0, Duration::ZERO, world.now);
            let mut moved_at = world.now;
            while world.engine.stats().tcp_flows > 0 || last == 0 {
                assert!(
                    world.step(begin + 120 * SECOND),
                    "seed {seed} queue {queue} x {flows}: {last} bytes moved, longest stall {longest:?}, {} lost\n{}",
                    world.up.overflowed,
                    world.story()
                );
                let up = world.engine.stats().bytes_up;
                if up != last {
                    longest = longest.max(world.now.since(moved_at));
                    (last, moved_at) = (up, world.now);
                }
            }
            let took = world.now.since(begin);
            let lost = world.up.overflowed;
            assert!(
                longest <= SECOND,
                "seed {seed} queue {queue} x {flows}: stalled {longest:?}, {lost} lost"
            );
            assert!(
                took <= 12 * SECOND,
                "seed {seed} queue {queue} x {flows}: {took:?}, {lost} lost"
            );
            for no in 0..flows {
                assert!(world.internet.stream_to(server(no)).unwrap().speaker.heard_all());
            }
        }
    }
}

#[test]
fn refused_writes_are_mended_with_smaller_packets() {
    for seed in seeds(10, 6) {
        let mut setup = Setup::new(seed);
        setup.tun_full = 200;
        let mut world = World::new(setup, blocking(&[]));
        let told = Text::seeded(seed, 2_000_000);
        world
            .internet
            .listen(server(1), Host::new(Script::says(told.clone())));
        let socket = Socket {
            rx: 262_144,
            ..Socket::default()
        };
        let app = world
            .phone
            .connect(server(1), socket, Script::listens().expecting(told));
        assert!(
            world.run_until(60 * SECOND, |world| world.phone.is_quiet()),
            "seed {seed}\n{}",
            world.story()
        );
        assert!(world.phone.app(app).speaker.heard_all(), "seed {seed}");
    }
}

#[test]
fn our_own_sequence_numbers_wrap() {
    let mut world = World::fair(1, blocking(&[]));
    let at = SocketAddr::from(([203, 0, 113, 9], 443));
    let told = Text::seeded(5, 3_000_000);
    world
        .internet
        .listen(at, Host::new(Script::says(told.clone()).ending(Ending::Never)));
    // Many handshakes, of which the one whose numbers wrap soonest goes on.
    let mut best: Option<(u32, Hand)> = None;
    for _ in 0..120 {
        let mut hands = Vec::new();
        for _ in 0..60 {
            let mut hand = Hand::new(&mut world, at, 77);
            let syn = hand.syn();
            hand.say(&mut world, syn);
            hands.push(hand);
        }
        world.run_for(Duration::from_micros(200));
        for mut hand in hands {
            let answer = hand.hear(&mut world).expect("a SYN-ACK at once");
            assert!(answer.has(SYN | ACK));
            hand.ack = answer.seq.wrapping_add(1);
            let left = 0_u32.wrapping_sub(hand.ack);
            if best.as_ref().is_none_or(|(least, _)| left < *least) {
                best = Some((left, hand));
            }
        }
    }
    let (left, mut hand) = best.unwrap();
    assert!(left < 2_500_000, "{left} bytes before the wrap: another seed");
    let mut heard = 0_u64;
    let hello = simulation::names::client_hello("good.example", 300);
    let first = hand.segment(ACK, &hello);
    hand.say(&mut world, first);
    let mut expected = vec![0; 65_536];
    while heard < told.total() {
        let segment = hand.expect(&mut world, SECOND);
        if segment.payload.is_empty() || segment.seq != hand.ack {
            continue;
        }
        let len = told.copy(heard, &mut expected[..segment.payload.len()]);
        assert_eq!(segment.payload, &expected[..len]);
        heard += len as u64;
        hand.ack = hand.ack.wrapping_add(len as u32);
        let ack = hand.segment(ACK, b"");
        hand.say(&mut world, ack);
    }
}
