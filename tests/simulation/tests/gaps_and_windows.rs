//! Exact segments: acknowledgements, SACK, windows, retransmission.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::World;
use simulation::hand::{AT_ONCE, Hand};
use simulation::packet::{ACK, FIN, SYN, Segment};
use simulation::referee::brief;
use simulation::rules::blocking;
use simulation::script::{Ending, Pace, Script, Start, Text};
use simulation::stream::Host;

const SECOND: Duration = Duration::from_secs(1);

fn server() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 9000))
}

fn world_with(host: Host) -> World {
    let mut world = World::fair(1, blocking(&["ads.example"]));
    world.internet.listen(server(), host);
    world
}

fn listener() -> World {
    world_with(Host::new(Script::listens()))
}

#[test]
fn batch_of_segments_is_acknowledged_once() {
    let mut world = listener();
    let mut hand = Hand::open(&mut world, server(), 0xffff_f000);
    for _ in 0..12 {
        let segment = hand.segment(ACK, &[7; 1000]);
        hand.say(&mut world, segment);
    }
    world.run_for(AT_ONCE);
    let heard = hand.hear_all(&mut world);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!((heard[0].ack, heard[0].sack.len()), (hand.seq, 0));
    assert_eq!(world.record.bytes_to(server()), 12_000);
}

#[test]
fn ack_waits_for_the_batches_behind_until_half_of_the_window_is_used() {
    let mut world = world_with(Host::new(Script::listens()).cramped(1_000_000, usize::MAX));
    let mut hand = Hand::open(&mut world, server(), 100);
    // Batches are of 64 segments. The first window is a small one, those behind it are of 256 KiB.
    for (segments, acknowledged) in [(12, &[12][..]), (100, &[100]), (170, &[128, 170])] {
        let begin = hand.seq;
        for _ in 0..segments {
            let segment = hand.segment(ACK, &[7; 1_460]);
            hand.say(&mut world, segment);
        }
        world.run_for(Duration::from_millis(50));
        let heard = hand.hear_all(&mut world);
        let heard: Vec<u32> = heard.iter().map(|ack| (ack.ack - begin) / 1_460).collect();
        assert_eq!(heard, acknowledged);
    }
}

#[test]
fn ack_of_a_small_request_rides_on_its_answer() {
    let mut world = world_with(Host::new(Script::echo()));
    let mut hand = Hand::open(&mut world, server(), 100);
    for _ in 0..20 {
        let request = hand.segment(ACK, &[7; 64]);
        hand.say(&mut world, request);
        let answer = hand.expect(&mut world, SECOND);
        assert_eq!((answer.payload.len(), answer.ack), (64, hand.seq));
        hand.ack = hand.ack.wrapping_add(64);
    }
}

#[test]
fn ack_that_no_answer_carries_goes_out_in_time_and_the_next_one_at_once() {
    let mut world = listener();
    let mut hand = Hand::open(&mut world, server(), 100);
    let first = hand.segment(ACK, &[7; 64]);
    hand.say(&mut world, first);
    hand.expect_silence(&mut world, Duration::from_millis(95));
    // The app's kernel would send again after 200 ms.
    let ack = hand.expect(&mut world, Duration::from_millis(10));
    assert_eq!((ack.payload.len(), ack.ack), (0, hand.seq));
    let second = hand.segment(ACK, &[7; 64]);
    hand.say(&mut world, second);
    assert_eq!(hand.expect(&mut world, AT_ONCE).ack, hand.seq);
}

#[test]
fn second_segment_does_not_let_the_first_wait_longer() {
    let mut world = listener();
    let mut hand = Hand::open(&mut world, server(), 100);
    let first = hand.segment(ACK, &[7; 64]);
    hand.say(&mut world, first);
    hand.expect_silence(&mut world, Duration::from_millis(20));
    let second = hand.segment(ACK, &[7; 64]);
    hand.say(&mut world, second);
    assert_eq!(hand.expect(&mut world, AT_ONCE).ack, hand.seq);
    hand.expect_silence(&mut world, SECOND);
}

#[test]
fn gap_is_told_at_once_with_the_most_recent_block_first() {
    let mut world = listener();
    let hand = Hand::open(&mut world, server(), 100);
    let start = hand.seq;
    let block = |from: u32, to: u32| (start.wrapping_add(from), start.wrapping_add(to));
    let steps: [(u32, &[(u32, u32)]); 5] = [
        (1_000, &[block(1_000, 1_500)]),
        (3_000, &[block(3_000, 3_500), block(1_000, 1_500)]),
        (
            5_000,
            &[block(5_000, 5_500), block(3_000, 3_500), block(1_000, 1_500)],
        ),
        (
            7_000,
            &[block(7_000, 7_500), block(5_000, 5_500), block(3_000, 3_500)],
        ),
        (
            3_500,
            &[block(3_000, 4_000), block(7_000, 7_500), block(5_000, 5_500)],
        ),
    ];
    for (offset, expected) in steps {
        let piece = hand.segment_at(offset, &[1; 500]);
        hand.say_aside(&mut world, &piece);
        let answer = hand.expect(&mut world, AT_ONCE);
        assert_eq!(
            (answer.ack, answer.sack.as_slice()),
            (start, expected),
            "{offset}"
        );
    }
    hand.expect_silence(&mut world, AT_ONCE);
    assert_eq!(world.record.bytes_to(server()), 0);
    let fill = hand.segment_at(0, &[1; 1_000]);
    hand.say_aside(&mut world, &fill);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!(answer.ack, start.wrapping_add(1_500));
    assert_eq!(world.record.bytes_to(server()), 1_500);
}

#[test]
fn duplicate_is_acknowledged_at_once() {
    let mut world = listener();
    let mut hand = Hand::open(&mut world, server(), 100);
    let segment = hand.segment(ACK, &[1; 500]);
    hand.say(&mut world, segment.clone());
    hand.expect(&mut world, SECOND);
    hand.say_aside(&mut world, &segment);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!(answer.ack, hand.seq);
    assert_eq!(world.record.bytes_to(server()), 500);
}

#[test]
fn stalled_server_closes_the_window_and_a_probe_is_answered() {
    let mut script = Script::listens();
    script.read = Pace::STALLED;
    let mut world = world_with(Host::new(script).cramped(20_000, usize::MAX));
    let mut hand = Hand::open(&mut world, server(), 100);
    let (mut edge, mut shift) = (hand.seq.wrapping_add(14_600), 0);
    let mut sent = 0_u64;
    loop {
        let room = edge.wrapping_sub(hand.seq);
        if room == 0 || sent > 4_000_000 {
            break;
        }
        let segment = hand.segment(ACK, &vec![9; room.min(1_400) as usize]);
        sent += segment.payload.len() as u64;
        hand.say(&mut world, segment);
        world.run_for(AT_ONCE);
        for answer in hand.hear_all(&mut world) {
            if let Some(scale) = answer.scale {
                shift = scale;
            }
            edge = answer
                .ack
                .wrapping_add(u32::from(answer.window) << shift.max(scale_of(&world)));
        }
    }
    assert!(
        sent <= 1_000_000,
        "{sent} bytes were taken for a server that reads nothing"
    );
    let mut probe = hand.segment(ACK, b"p");
    hand.say_aside(&mut world, &probe);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!((answer.ack, answer.window), (hand.seq, 0), "{}", brief(&answer));
    probe.seq = hand.seq.wrapping_sub(1);
    hand.say_aside(&mut world, &probe);
    assert_eq!(hand.expect(&mut world, AT_ONCE).window, 0);
    // The server wakes up: the window opens without a probe, and the rest flows.
    let stream = world.internet.streams.last_mut().unwrap();
    let flow = stream.flow;
    stream.speaker.script.read = Pace::FULL;
    world.internet.stir(flow, world.now);
    let update = hand.expect(&mut world, SECOND);
    assert!(update.window > 0, "{}", brief(&update));
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), sent);
}

/// The engine's window shift of the only flow.
fn scale_of(world: &World) -> u8 {
    world.referee.engine_scale(server()).unwrap_or(0)
}

#[test]
fn unacknowledged_data_comes_again_after_200_ms_doubling() {
    let script = Script::says(Text::of(b"hello")).ending(Ending::Never);
    let mut world = world_with(Host::new(script));
    let hand = Hand::open(&mut world, server(), 100);
    let first = hand.expect(&mut world, SECOND);
    assert_eq!(first.payload, b"hello");
    let mut last = world.now;
    let mut waits = Vec::new();
    for _ in 0..6 {
        let again = hand.expect(&mut world, Duration::from_secs(30));
        assert_eq!((again.seq, again.payload.as_slice()), (first.seq, &b"hello"[..]));
        waits.push(world.now.since(last).as_millis());
        last = world.now;
    }
    for (wait, expected) in waits.iter().zip([200, 400, 800, 1_600, 3_200, 6_400]) {
        assert!(wait.abs_diff(expected) <= expected / 10 + 10, "{waits:?}");
    }
    assert_eq!(world.engine.stats().retransmitted, 6);
}

#[test]
fn third_duplicate_acknowledgement_brings_the_lost_segment() {
    let mut world = World::new(
        {
            let mut setup = simulation::Setup::new(1);
            setup.config.segment_cap = 1500;
            setup
        },
        blocking(&[]),
    );
    world.internet.listen(
        server(),
        Host::new(Script::says(Text::seeded(4, 20_000)).ending(Ending::Never)),
    );
    let hand = Hand::open(&mut world, server(), 100);
    world.run_for(Duration::from_millis(30));
    let heard = hand.hear_all(&mut world);
    let data: Vec<&Segment> = heard
        .iter()
        .filter(|segment| !segment.payload.is_empty())
        .collect();
    assert!(data.len() >= 5, "{}", world.story());
    let now = world.now;
    for segment in &data[1..4] {
        let mut duplicate = hand.segment(ACK, b"");
        let end = segment.seq.wrapping_add(segment.payload.len() as u32);
        duplicate.sack = vec![(data[1].seq, end)];
        hand.say_aside(&mut world, &duplicate);
        world.run_for(Duration::from_micros(100));
    }
    let again = hand.expect(&mut world, AT_ONCE);
    assert_eq!((again.seq, &again.payload), (data[0].seq, &data[0].payload));
    assert!(world.now.since(now) < Duration::from_millis(5));
}

#[test]
fn large_segment_that_stays_unacknowledged_comes_again_small_and_later_ones_are_half_as_large() {
    let mut world = world_with(Host::new(
        Script::says(Text::seeded(6, 60_000)).ending(Ending::Never),
    ));
    let largest = |world: &mut World, hand: &Hand, wait: u64| {
        world.run_for(Duration::from_millis(wait));
        let heard = hand.hear_all(world);
        heard.iter().map(|segment| segment.payload.len()).max()
    };
    let hand = Hand::open(&mut world, server(), 100);
    let first = largest(&mut world, &hand, 100).unwrap();
    assert!(first > 20_000, "{first}");
    let again = largest(&mut world, &hand, 200).unwrap();
    assert!(again <= 1_460, "{again}");
    largest(&mut world, &hand, 600).unwrap();
    let other = Hand::open(&mut world, server(), 101);
    let later = largest(&mut world, &other, 100).unwrap();
    assert!((1_461..=32_500).contains(&later), "{later} after {first}");
}

#[test]
fn closed_window_of_the_app_is_probed_with_backoff_and_nothing_more() {
    let mut world = world_with(Host::new(
        Script::says(Text::seeded(5, 100_000)).ending(Ending::Never),
    ));
    let mut hand = Hand::new(&mut world, server(), 100);
    hand.window = 1_000;
    let mut syn = hand.syn();
    syn.scale = None;
    hand.say(&mut world, syn);
    let answer = hand.expect(&mut world, SECOND);
    assert!(answer.has(SYN));
    hand.ack = answer.seq.wrapping_add(1);
    let ack = hand.segment(ACK, b"");
    hand.say(&mut world, ack);
    world.run_for(Duration::from_millis(50));
    let got: usize = hand
        .hear_all(&mut world)
        .iter()
        .map(|segment| segment.payload.len())
        .sum();
    assert_eq!(got, 1_000);
    hand.ack = hand.ack.wrapping_add(1_000);
    hand.window = 0;
    let closed = hand.segment(ACK, b"");
    hand.say(&mut world, closed);
    world.run_for(Duration::from_millis(1));
    hand.hear_all(&mut world);
    let mut probes = 0;
    let end = world.now + Duration::from_secs(60);
    while world.step(end) {
        for probe in hand.hear_all(&mut world) {
            assert!(probe.payload.len() <= 1, "{}", brief(&probe));
            probes += 1;
            let answer = hand.segment(ACK, b"");
            hand.say(&mut world, answer);
        }
    }
    assert!((3..=12).contains(&probes), "{probes} probes in a minute");
    hand.window = 60_000;
    let open = hand.segment(ACK, b"");
    hand.say(&mut world, open);
    world.run_for(AT_ONCE);
    let got: usize = hand
        .hear_all(&mut world)
        .iter()
        .map(|segment| segment.payload.len())
        .sum();
    assert!(got >= 50_000, "{got} bytes after the window opened");
}

#[test]
fn download_alone_has_a_megabyte_on_its_way_and_those_beside_it_a_quarter() {
    let mut world = world_with(Host::new(Script::says(Text::seeded(5, 4_000_000))));
    for most in [1024, 256, 256] {
        let hand = Hand::open(&mut world, server(), 100);
        // Less than it takes until it is said again.
        world.run_for(Duration::from_millis(150));
        let heard = hand.hear_all(&mut world);
        let bytes: usize = heard.iter().map(|segment| segment.payload.len()).sum();
        // The last read may go beyond by what it takes at once.
        assert!(
            (most - 64..=most + 64).contains(&(bytes / 1024)),
            "{bytes} of {most} KiB"
        );
    }
}

#[test]
fn window_update_waits_until_it_is_worth_a_packet() {
    let script = Script::listens().reading(Pace::slow(100, 1));
    let mut world = world_with(Host::new(script).cramped(10_000, usize::MAX));
    let mut hand = Hand::open(&mut world, server(), 100);
    for _ in 0..40 {
        let segment = hand.segment(ACK, &[3; 1_400]);
        hand.say(&mut world, segment);
    }
    world.run_for(AT_ONCE);
    hand.hear_all(&mut world);
    world.run_for(SECOND);
    let updates = hand.hear_all(&mut world).len();
    assert!(
        updates <= 50,
        "{updates} packets for 100,000 bytes that trickled away"
    );
}

#[test]
fn many_small_pieces_leave_without_a_hole_and_the_fin_comes_last() {
    let script = Script::says(Text::seeded(7, 80_000)).writing(Pace::slow(2_000, 1));
    let mut world = world_with(Host::new(script));
    let mut hand = Hand::open(&mut world, server(), 100);
    let begin = hand.ack;
    world.run_for(Duration::from_millis(15));
    // A loss: while it is mended little leaves, and what the server says piles up in small pieces.
    for _ in 0..3 {
        let duplicate = hand.segment(ACK, b"");
        hand.say_aside(&mut world, &duplicate);
        world.run_for(Duration::from_micros(100));
    }
    world.run_for(Duration::from_millis(60));
    let mut end = begin;
    let mut finished = false;
    let mut segments = hand.hear_all(&mut world);
    while !finished {
        for segment in &segments {
            let next = segment.seq.wrapping_add(segment.payload.len() as u32);
            assert!(
                segment.seq.wrapping_sub(begin) <= end.wrapping_sub(begin),
                "a hole before {}",
                brief(segment)
            );
            if next.wrapping_sub(begin) > end.wrapping_sub(begin) {
                end = next;
            }
            if segment.has(FIN) {
                assert_eq!(next.wrapping_sub(begin), 80_000, "{}", brief(segment));
                finished = true;
            }
        }
        hand.ack = end;
        let ack = hand.segment(ACK, b"");
        hand.say_aside(&mut world, &ack);
        world.run_for(AT_ONCE);
        segments = hand.hear_all(&mut world);
        assert!(finished || !segments.is_empty(), "{}", world.story());
    }
}

#[test]
fn window_that_closes_before_the_server_speaks_is_probed() {
    let says = Script::says(Text::seeded(5, 50_000)).starting(Start::AfterHeard(10));
    let mut world = world_with(Host::new(says.ending(Ending::Never)));
    let mut hand = Hand::open(&mut world, server(), 100);
    hand.window = 0;
    let segment = hand.segment(ACK, &[1; 500]);
    hand.say(&mut world, segment);
    world.run_for(AT_ONCE);
    hand.hear_all(&mut world);
    world.run_for(60 * SECOND);
    assert!(
        !hand.hear_all(&mut world).is_empty(),
        "no probe though 50,000 bytes wait"
    );
}

#[test]
fn acknowledgement_of_what_was_never_sent_drops_its_segment() {
    let mut world = listener();
    let mut hand = Hand::open(&mut world, server(), 100);
    let mut segment = hand.segment(ACK, b"data");
    segment.ack = segment.ack.wrapping_add(1_000);
    hand.say_aside(&mut world, &segment);
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), 0);
    let segment = hand.segment(ACK, b"data");
    hand.say(&mut world, segment);
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), 4);
}
