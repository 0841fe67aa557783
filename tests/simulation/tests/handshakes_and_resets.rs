//! Exact segments: the SYN-ACK, and answers to segments that fit no flow or no window.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::hand::{AT_ONCE, Hand};
use simulation::packet::{ACK, FIN, RST, SYN};
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Ending, Pace, Script, Text};
use simulation::stream::Host;
use simulation::{Setup, World};

const SECOND: Duration = Duration::from_secs(1);
/// Not a port where a name is expected.
const PORT: u16 = 9000;

fn server() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], PORT))
}

fn world_with(script: Script) -> World {
    let mut world = World::fair(1, blocking(&["ads.example"]));
    world.internet.listen(server(), Host::new(script));
    world
}

#[test]
fn syn_ack_offers_what_was_offered() {
    for (mss, scale, sack) in [
        (Some(1460), Some(7), true),
        (Some(536), None, true),
        (None, Some(0), false),
    ] {
        let mut world = world_with(Script::echo());
        let mut hand = Hand::new(&mut world, server(), 9);
        let mut syn = hand.syn();
        (syn.mss, syn.scale, syn.sack_permitted) = (mss, scale, sack);
        hand.say(&mut world, syn);
        let answer = hand.expect(&mut world, SECOND);
        assert!(answer.has(SYN | ACK));
        assert_eq!(answer.ack, 10);
        assert_eq!(answer.mss, Some(1460), "what fits the TUN's MTU");
        assert_eq!(answer.scale.is_some(), scale.is_some());
        assert_eq!(answer.sack_permitted, sack);
        assert_eq!(answer.other_options, []);
    }
}

#[test]
fn syn_ack_comes_again_until_it_is_acknowledged() {
    let mut world = world_with(Script::echo());
    let mut hand = Hand::new(&mut world, server(), 9);
    let syn = hand.syn();
    hand.say(&mut world, syn.clone());
    let first = hand.expect(&mut world, SECOND);
    let again = hand.expect(&mut world, Duration::from_secs(4));
    assert_eq!(first, again, "retransmitted");
    hand.say_aside(&mut world, &syn);
    let third = hand.expect(&mut world, Duration::from_secs(4));
    assert_eq!((first.seq, first.ack), (third.seq, third.ack));
    assert_eq!(world.record.dials.len(), 1);
}

#[test]
fn segment_without_a_flow_is_reset_with_its_own_numbers() {
    let mut world = world_with(Script::echo());
    let hand = Hand::new(&mut world, server(), 9);
    let mut stray = hand.segment(ACK, b"stray");
    (stray.seq, stray.ack) = (1_000, 0xdead_beef);
    hand.say_aside(&mut world, &stray);
    let reset = hand.expect(&mut world, AT_ONCE);
    assert!(reset.has(RST));
    assert_eq!(reset.seq, 0xdead_beef, "RFC 9293 section 3.10.7.1");
    stray.flags = RST;
    hand.say_aside(&mut world, &stray);
    hand.expect_silence(&mut world, SECOND);
}

#[test]
fn resets_for_strays_are_rate_limited() {
    let mut world = world_with(Script::echo());
    let hand = Hand::new(&mut world, server(), 9);
    for no in 0..5_000 {
        let mut stray = hand.segment(ACK, b"");
        stray.ack = no;
        hand.say_aside(&mut world, &stray);
        if no % 50 == 49 {
            world.run_for(AT_ONCE);
        }
    }
    world.run_for(AT_ONCE);
    let resets = hand.hear_all(&mut world).len();
    assert!(
        (1..1_000).contains(&resets),
        "{resets} resets in a tenth of a second"
    );
}

#[test]
fn reset_in_the_window_ends_the_flow_only_at_the_next_number() {
    let mut world = world_with(Script::echo());
    let mut hand = Hand::open(&mut world, server(), 9);
    let mut reset = hand.segment(RST, b"");
    reset.seq = hand.seq.wrapping_sub(1_000_000_000);
    hand.say_aside(&mut world, &reset);
    hand.expect_silence(&mut world, SECOND);
    assert_eq!(
        world.engine.stats().tcp_flows,
        1,
        "outside the window: nothing happens"
    );
    reset.seq = hand.seq.wrapping_add(100);
    hand.say_aside(&mut world, &reset);
    world.run_for(AT_ONCE);
    assert_eq!(
        world.engine.stats().tcp_flows,
        1,
        "in the window: a challenge (RFC 5961 section 3.2)"
    );
    let challenge = hand.hear(&mut world).expect("a challenge");
    assert_eq!((challenge.flags & !0x08, challenge.ack), (ACK, hand.seq));
    let ping = hand.segment(ACK, b"\0still here");
    hand.say(&mut world, ping);
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), 11);
    reset.seq = hand.seq;
    hand.say_aside(&mut world, &reset);
    world.run_for(SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 0);
    assert!(world.record.closes[0].1, "the socket is closed with a reset");
}

#[test]
fn syn_in_an_open_flow_is_challenged() {
    let mut world = world_with(Script::echo());
    let mut hand = Hand::open(&mut world, server(), 9);
    let mut syn = hand.syn();
    syn.seq = hand.seq.wrapping_add(5);
    hand.say_aside(&mut world, &syn);
    let challenge = hand.expect(&mut world, AT_ONCE);
    assert_eq!(
        (challenge.flags & !0x08, challenge.ack),
        (ACK, hand.seq),
        "RFC 5961 section 4"
    );
    let data = hand.segment(ACK, b"\0");
    hand.say(&mut world, data);
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), 1);
}

#[test]
fn keep_alive_is_answered_and_mirrored() {
    let mut world = world_with(Script::echo().ending(Ending::Never));
    let hand = Hand::open(&mut world, server(), 9);
    for byte in [&b""[..], b"\0"] {
        world.run_for(Duration::from_secs(45));
        let mut probe = hand.segment(ACK, byte);
        probe.seq = hand.seq.wrapping_sub(1);
        hand.say_aside(&mut world, &probe);
        let answer = hand.expect(&mut world, AT_ONCE);
        assert_eq!(
            (answer.flags & !0x08, answer.seq, answer.ack),
            (ACK, hand.ack, hand.seq)
        );
        assert_eq!(answer.payload, b"");
    }
    assert_eq!(world.record.bytes_to(server()), 0);
    assert!(
        !world.record.keepalives.is_empty(),
        "the outer socket keeps the carrier's entry alive"
    );
    assert!(
        world
            .record
            .keepalives
            .iter()
            .all(|(_, interval)| *interval >= Duration::from_secs(60))
    );
}

#[test]
fn fin_that_comes_again_is_acknowledged_again() {
    let mut world = world_with(Script::says(Text::of(b"bye")).ending(Ending::AfterEnd));
    let mut hand = Hand::open(&mut world, server(), 9);
    world.run_for(Duration::from_millis(100));
    let heard = hand.hear_all(&mut world);
    assert_eq!(
        heard.iter().map(|segment| segment.payload.len()).sum::<usize>(),
        3
    );
    hand.ack = hand.ack.wrapping_add(3);
    let fin = hand.segment(FIN | ACK, b"");
    hand.say(&mut world, fin.clone());
    // The first ACK waits for the server's FIN, which can carry it.
    hand.expect_silence(&mut world, AT_ONCE);
    hand.say_aside(&mut world, &fin);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!((answer.flags, answer.ack), (ACK, hand.seq));
    world.run_for(Duration::from_millis(100));
    let heard = hand.hear_all(&mut world);
    let fin = heard
        .iter()
        .find(|segment| segment.has(FIN))
        .expect("the server's FIN");
    assert_eq!(fin.seq.wrapping_add(fin.payload.len() as u32), hand.ack);
    hand.ack = hand.ack.wrapping_add(1);
    let last = hand.segment(ACK, b"");
    hand.say_aside(&mut world, &last);
    world.run_for(Duration::from_secs(120));
    assert_eq!(world.engine.stats().tcp_flows, 0);
    assert_eq!(hand.hear_all(&mut world), []);
}

#[test]
fn acknowledged_fin_is_not_sent_again_while_the_app_goes_on() {
    let mut world = world_with(Script::says(Text::of(b"bye")));
    let mut hand = Hand::open(&mut world, server(), 9);
    world.run_for(Duration::from_millis(100));
    hand.hear_all(&mut world);
    hand.ack = hand.ack.wrapping_add(4);
    for no in 0..20_u32 {
        let more = hand.segment(ACK, &[0; 700]);
        hand.say(&mut world, more);
        let answer = hand.expect(&mut world, AT_ONCE);
        assert!(!answer.has(FIN), "{no}: {answer:?}");
        assert_eq!((answer.seq, answer.ack), (hand.ack, hand.seq));
        world.run_for(SECOND);
    }
    assert_eq!(hand.hear_all(&mut world), []);
    assert_eq!(world.record.bytes_to(server()), 14_000);
}

#[test]
fn last_fin_is_acknowledged_whoever_finished_first() {
    let mut world = world_with(Script::says(Text::of(b"bye")));
    let mut hand = Hand::open(&mut world, server(), 9);
    world.run_for(Duration::from_millis(100));
    hand.hear_all(&mut world);
    // One segment acknowledges the far end's FIN and carries the app's.
    hand.ack = hand.ack.wrapping_add(4);
    let fin = hand.segment(FIN | ACK, b"\0last");
    hand.say(&mut world, fin);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!((answer.flags, answer.seq, answer.ack), (ACK, hand.ack, hand.seq));
    world.run_for(SECOND);
    assert_eq!(world.record.bytes_to(server()), 5);
    assert_eq!(world.engine.stats().tcp_flows, 0);
    assert!(world.internet.stream_to(server()).unwrap().speaker.heard_end);
}

#[test]
fn half_closed_flow_with_traffic_lives_on() {
    // The app has finished; the server goes on for ten minutes.
    let text = Text::seeded(1, 60_000);
    let mut world = world_with(Script::says(text.clone()).writing(Pace::slow(1_000, 10_000)));
    let app = world.phone.connect(
        server(),
        Socket::default(),
        Script::says(Text::of(b"\0")).expecting(text),
    );
    assert!(world.run_until(700 * SECOND, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.heard_all(), "{}", world.story());
    // The server has finished; the app goes on for ten minutes.
    let mut world = world_with(Script::says(Text::of(b"\0")));
    let script = Script::says(Text::seeded(2, 60_000)).writing(Pace::slow(1_000, 10_000));
    let app = world.phone.connect(server(), Socket::default(), script);
    assert!(world.run_until(700 * SECOND, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).is_complete(), "{}", world.story());
    assert_eq!(world.record.bytes_to(server()), 60_000);
}

#[test]
fn half_closed_flow_without_traffic_ends_after_five_minutes() {
    let mut world = world_with(Script::listens().ending(Ending::Never));
    world
        .phone
        .connect(server(), Socket::default(), Script::says(Text::of(b"\0")));
    world.run_for(290 * SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 1);
    world.run_for(40 * SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 0);
}

#[test]
fn simultaneous_close_ends_in_order() {
    let mut world = world_with(Script::says(Text::of(b"bye")));
    let mut hand = Hand::open(&mut world, server(), 9);
    // The app's FIN crosses the server's.
    world.run_for(Duration::from_millis(100));
    let heard = hand.hear_all(&mut world);
    assert!(heard.last().unwrap().has(FIN));
    let fin = hand.segment(FIN | ACK, b"");
    hand.say(&mut world, fin);
    let answer = hand.expect(&mut world, AT_ONCE);
    assert_eq!(answer.ack, hand.seq);
    hand.ack = hand.ack.wrapping_add(4);
    let last = hand.segment(ACK, b"");
    hand.say(&mut world, last);
    hand.expect_silence(&mut world, SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 0);
}

#[test]
fn what_was_read_is_delivered_before_the_reset() {
    let text = Text::seeded(3, 150_000);
    let mut script = Script::says(text.clone());
    script.ending = Ending::ResetAfterSaid(150_000);
    let mut world = world_with(script);
    let app = world
        .phone
        .connect(server(), Socket::default(), Script::listens().expecting(text));
    assert!(world.run_until(60 * SECOND, |world| world.phone.is_quiet()));
    let app = world.phone.app(app);
    assert_eq!(
        (app.speaker.heard, app.speaker.wrong_at, app.speaker.reset),
        (150_000, None, true)
    );
}

#[test]
fn reset_after_both_ends_finished_takes_nothing_back() {
    // The server finishes at once and reads slowly; the app finishes and is gone.
    let script = Script::says(Text::of(b"bye")).reading(Pace::slow(500, 100));
    let mut world = World::fair(1, blocking(&[]));
    world
        .internet
        .listen(server(), Host::new(script).cramped(1_000, usize::MAX));
    let mut hand = Hand::open(&mut world, server(), 9);
    world.run_for(Duration::from_millis(100));
    hand.hear_all(&mut world);
    hand.ack = hand.ack.wrapping_add(4);
    for _ in 0..9 {
        let more = hand.segment(ACK, &[0; 1_000]);
        hand.say(&mut world, more);
    }
    let last = hand.segment(FIN | ACK, &[0; 1_000]);
    hand.say(&mut world, last.clone());
    world.run_for(AT_ONCE);
    assert!(
        hand.hear_all(&mut world)
            .iter()
            .any(|segment| segment.ack == hand.seq)
    );
    // A stale copy is acknowledged, and the app, which has no socket any more, answers with a reset.
    hand.say_aside(&mut world, &last);
    let answer = hand.expect(&mut world, AT_ONCE);
    let mut reset = hand.segment(RST, b"");
    reset.seq = answer.ack;
    hand.say_aside(&mut world, &reset);
    world.run_for(20 * SECOND);
    let stream = world.internet.stream_to(server()).unwrap();
    assert_eq!(
        (stream.speaker.heard, stream.speaker.heard_end),
        (10_000, true),
        "{}",
        world.story()
    );
}

#[test]
fn upload_that_drains_slowly_after_the_app_has_gone_is_not_cut() {
    let script = Script::says(Text::of(b"bye")).reading(Pace::slow(100, 1_000));
    let mut world = World::fair(1, blocking(&[]));
    world
        .internet
        .listen(server(), Host::new(script).cramped(1_000, usize::MAX));
    let app = world
        .phone
        .connect(server(), Socket::default(), Script::says(Text::seeded(1, 60_000)));
    world.run_for(700 * SECOND);
    let stream = world.internet.stream_to(server()).unwrap();
    assert_eq!(stream.speaker.heard, 60_000, "{}", world.story());
    assert!(world.phone.app(app).is_complete());
}

#[test]
fn syn_with_another_number_before_the_answer_is_followed() {
    let mut world = World::fair(1, blocking(&["ads.example"]));
    let server: SocketAddr = "203.0.113.9:9000".parse().unwrap();
    world
        .internet
        .listen(server, Host::new(Script::listens()).behind(300));
    let mut hand = Hand::new(&mut world, server, 100);
    let syn = hand.syn();
    hand.say(&mut world, syn);
    world.run_for(Duration::from_millis(50));
    let mut syn = hand.syn();
    syn.seq = 5_000;
    hand.say_aside(&mut world, &syn);
    let answer = hand.expect(&mut world, Duration::from_secs(1));
    assert!(answer.has(SYN | ACK));
    assert_eq!(answer.ack, 5_001);
}

#[test]
fn full_table_gives_up_the_flow_that_was_idle_for_half_an_hour() {
    let mut setup = Setup::new(1);
    setup.config.max_tcp_flows = 3;
    let mut world = World::new(setup, blocking(&[]));
    let server: SocketAddr = "203.0.113.9:9000".parse().unwrap();
    world.internet.listen(server, Host::new(Script::listens()));
    let mut hands: Vec<Hand> = (0..3)
        .map(|no| Hand::open(&mut world, server, 100 * no))
        .collect();
    world.run_for(Duration::from_secs(1_700));
    let mut fresh = Hand::new(&mut world, server, 900);
    let syn = fresh.syn();
    fresh.say(&mut world, syn.clone());
    assert!(
        fresh.expect(&mut world, Duration::from_secs(1)).has(RST),
        "push channels live"
    );
    for hand in &mut hands[1..] {
        let segment = hand.segment(ACK, b"still here");
        hand.say(&mut world, segment);
    }
    world.run_for(Duration::from_secs(200));
    fresh.say_aside(&mut world, &syn);
    assert!(fresh.expect(&mut world, Duration::from_secs(1)).has(SYN | ACK));
    assert_eq!(
        (world.engine.stats().tcp_flows, world.engine.stats().evicted),
        (3, 1)
    );
}
