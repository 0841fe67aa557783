use wire::tcp::{MAX_HEADER, Options, Segment, SeqNumber};

use super::*;

/// Nothing more waits in the TUN.
const DRAINED: bool = true;

fn stamp(millis: u64) -> Timestamp {
    Timestamp::from_micros(1_000_000 + millis * 1_000)
}

/// A moment of a phone that was never suspended.
fn at(millis: u64) -> Moment {
    suspended(millis, 0)
}

/// A moment of a phone that was suspended for `asleep` milliseconds since the beginning.
fn suspended(millis: u64, asleep: u64) -> Moment {
    Moment {
        now: stamp(millis),
        awake: stamp(millis - asleep),
    }
}

fn segment(port: u16, seq: i32, flags: Flags) -> Vec<u8> {
    let mut header = [0; MAX_HEADER];
    let segment = Segment {
        src: ([10, 0, 0, 2], port).into(),
        dst: ([192, 0, 2, 1], 443).into(),
        seq: SeqNumber(seq),
        ack: SeqNumber(0),
        flags,
        window: 1000,
        options: &Options::default(),
    };
    let len = wire::tcp::emit(&mut header, &segment, &[]);
    header[..len].to_vec()
}

fn question(id: u16) -> Vec<u8> {
    question_to(1, id)
}

fn question_to(server: u8, id: u16) -> Vec<u8> {
    let payload = id.to_be_bytes();
    let mut header = [0; wire::udp::MAX_HEADER];
    let app = ([10, 0, 0, 2], 40_000).into();
    let len = wire::udp::emit(&mut header, app, ([10, 0, 0, server], 53).into(), &payload);
    [&header[..len], payload.as_slice()].concat()
}

fn batch(packets: impl IntoIterator<Item = Vec<u8>>) -> Batch {
    let mut batch = Batch::new(1500);
    for packet in packets {
        assert!(batch.push(&packet));
    }
    batch
}

#[test]
fn repeated_syn_behind_a_gap_is_an_outage_that_began_before_it_and_after_the_last_turn() {
    let mut thaw = Thaw::new(at(0));
    assert_eq!(
        thaw.handle_batch(&batch([segment(1, 7, Flags::SYN)]), DRAINED, at(100)),
        None
    );
    // Three times: it was repeated after one second, and after another at least.
    let syn = || segment(2, 9, Flags::SYN);
    let repeated = batch([syn(), syn(), segment(1, 9, Flags::SYN), syn()]);
    let frozen = Notice::Frozen {
        at: stamp(100),
        lasted: Duration::from_secs(60),
        at_least: Duration::from_secs(2),
    };
    assert_eq!(thaw.handle_batch(&repeated, DRAINED, at(60_100)), Some(frozen));
    assert_eq!(
        thaw.handle_batch(&repeated, DRAINED, at(60_200)),
        None,
        "told once"
    );
}

#[test]
fn repeated_question_behind_a_gap_is_an_outage() {
    let mut thaw = Thaw::new(at(0));
    let mut again = question(1);
    // From another port: resolver clients change it.
    again[21] ^= 1;
    let repeated = batch([question(1), question(2), again]);
    assert!(thaw.handle_batch(&repeated, DRAINED, at(5_000)).is_some());
}

#[test]
fn wake_up_without_a_packet_is_not_the_first_drain() {
    let mut thaw = Thaw::new(at(0));
    assert_eq!(thaw.handle_batch(&batch([]), DRAINED, at(5_000)), None);
    let repeated = batch([question(1), question(1)]);
    assert!(thaw.handle_batch(&repeated, DRAINED, at(5_001)).is_some());
}

#[test]
fn repetition_is_found_in_a_later_batch_of_the_first_drain() {
    let mut thaw = Thaw::new(at(0));
    let first = batch((0..64).map(question));
    assert_eq!(thaw.handle_batch(&first, false, at(5_000)), None);
    assert!(
        thaw.handle_batch(&batch([question(3)]), DRAINED, at(5_001))
            .is_some()
    );
}

#[test]
fn full_queue_behind_a_gap_is_an_outage() {
    let mut thaw = Thaw::new(at(0));
    let full = batch((0..64).map(|port| segment(port, 1, Flags::ACK)));
    for turn in 0..6 {
        assert_eq!(thaw.handle_batch(&full, false, at(5_000 + turn)), None);
    }
    let frozen = Notice::Frozen {
        at: stamp(0),
        lasted: Duration::from_secs(5),
        at_least: Duration::ZERO,
    };
    assert_eq!(thaw.handle_batch(&full, DRAINED, at(5_006)), Some(frozen));
}

#[test]
fn question_to_two_servers_at_once_is_no_repetition() {
    let mut thaw = Thaw::new(at(0));
    let both = batch([question_to(1, 7), question_to(2, 7)]);
    assert_eq!(thaw.handle_batch(&both, DRAINED, at(60_000)), None);
    let again = batch([question_to(1, 8), question_to(2, 8), question_to(1, 8)]);
    assert!(thaw.handle_batch(&again, DRAINED, at(120_000)).is_some());
}

#[test]
fn repetition_sent_after_the_gap_is_no_outage_however_busy_the_loop_is() {
    let mut thaw = Thaw::new(at(0));
    let upload = batch((0..30).map(|port| segment(port, 1, Flags::ACK)));
    assert_eq!(thaw.handle_batch(&batch([question(1)]), false, at(60_000)), None);
    for turn in 1..10 {
        assert_eq!(thaw.handle_batch(&upload, false, at(60_000 + turn * 100)), None);
    }
    assert_eq!(thaw.handle_batch(&batch([question(1)]), false, at(61_000)), None);
    assert_eq!(thaw.handle_batch(&upload, DRAINED, at(61_100)), None);
}

#[test]
fn gap_that_nobody_would_notice_is_no_outage() {
    let mut thaw = Thaw::new(at(0));
    let repeated = batch([question(1), question(1)]);
    assert_eq!(thaw.handle_batch(&repeated, DRAINED, at(4_900)), None);
}

#[test]
fn suspended_phone_is_no_outage_and_counts_for_nothing_in_one() {
    let night = 8 * 3_600_000;
    let repeated = batch([question(1), question(1)]);
    let mut thaw = Thaw::new(at(0));
    assert_eq!(
        thaw.handle_batch(&repeated, DRAINED, suspended(night + 2_000, night)),
        None
    );
    let mut thaw = Thaw::new(at(0));
    let frozen = Notice::Frozen {
        at: stamp(night),
        lasted: Duration::from_secs(20),
        at_least: Duration::from_secs(1),
    };
    assert_eq!(
        thaw.handle_batch(&repeated, DRAINED, suspended(night + 20_000, night)),
        Some(frozen)
    );
}

#[test]
fn quiet_time_is_no_outage() {
    let mut thaw = Thaw::new(at(0));
    assert_eq!(
        thaw.handle_batch(&batch([question(1)]), DRAINED, at(60_000)),
        None
    );
    // Asked again a second later, as it comes: the loop was there, the resolver was not.
    assert_eq!(
        thaw.handle_batch(&batch([question(1)]), DRAINED, at(61_000)),
        None
    );
    let several = batch([question(1), segment(1, 1, Flags::SYN), segment(2, 1, Flags::SYN)]);
    assert_eq!(thaw.handle_batch(&several, DRAINED, at(90_000)), None);
}

#[test]
fn busy_loop_without_a_gap_is_no_outage() {
    let mut thaw = Thaw::new(at(0));
    let full = batch((0..64).map(|port| segment(port, 1, Flags::SYN)));
    for turn in 0..50 {
        assert_eq!(thaw.handle_batch(&full, DRAINED, at(turn * 10)), None);
    }
}
