//! A download that comes in pieces at a steady pace is gathered: fewer wake-ups, and no byte waits long.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::World;
use simulation::phone::{AppNo, Socket};
use simulation::rules::blocking;
use simulation::script::{Ending, Pace, Script, Start, Text};
use simulation::stream::Host;

const SERVER: ([u8; 4], u16) = ([198, 18, 0, 1], 7000);
/// What a scripted server says at once at most.
const PIECE: usize = 4_096;
/// 100 Mbit/s.
const FAST: Duration = Duration::from_micros(328);

/// A server that says `pieces` of `bytes`, one each `every`, and an app that hears it.
fn download(bytes: usize, every: Duration, pieces: u64, ending: Ending) -> (World, AppNo, u64) {
    let mut world = World::fair(1, blocking(&[]));
    let text = Text::seeded(3, bytes as u64 * pieces);
    let total = text.total();
    let script = Script::says(text.clone())
        .writing(Pace { bytes, every })
        .starting(Start::AfterHeard(1))
        .ending(ending);
    let server = SocketAddr::from(SERVER);
    world.internet.listen(server, Host::new(script).behind(0));
    let socket = Socket {
        rx: 1 << 18,
        ..Socket::default()
    };
    let app = Script::says(Text::of(b"x")).expecting(text).ending(Ending::Never);
    let app = world.phone.connect(server, socket, app);
    (world, app, total)
}

fn heard(world: &World, app: AppNo) -> u64 {
    world.phone.app(app).speaker.heard
}

fn marks(world: &World) -> Vec<u32> {
    world.record.low_waters.iter().map(|(_, bytes)| *bytes).collect()
}

#[test]
fn a_steady_download_is_gathered_and_its_end_waits_for_milliseconds() {
    let (mut world, app, total) = download(PIECE, FAST, 1_000, Ending::Never);
    let is_said = |world: &World| {
        world
            .internet
            .streams
            .iter()
            .any(|stream| stream.speaker.said == total)
    };
    assert!(world.run_until(Duration::from_secs(5), is_said));
    let soon = Duration::from_millis(8);
    assert!(world.run_until(soon, |world| heard(world, app) == total));
    world.run_for(Duration::from_secs(1));
    assert_eq!(marks(&world), [32 * 1024, 1]);
    // A thousand pieces: 64 one by one, then eight together.
    let reads = world.record.reads;
    assert!((150..230).contains(&reads), "{reads}");
}

#[test]
fn a_slower_one_is_read_at_the_timers_pace() {
    let (mut world, app, total) = download(2_500, Duration::from_millis(1), 400, Ending::Never);
    assert!(world.run_until(Duration::from_secs(5), |world| heard(world, app) == total));
    world.run_for(Duration::from_secs(1));
    assert_eq!(marks(&world), [32 * 1024, 1]);
    let reads = world.record.reads;
    assert!((190..240).contains(&reads), "{reads}");
}

#[test]
fn small_pieces_and_far_ones_are_read_at_once() {
    for (bytes, every) in [(1_000, 1), (PIECE, 20)] {
        let (mut world, app, total) = download(bytes, Duration::from_millis(every), 300, Ending::Never);
        assert!(world.run_until(Duration::from_secs(10), |world| heard(world, app) == total));
        assert_eq!(marks(&world), []);
        assert!(world.record.reads >= 295, "{}", world.record.reads);
    }
}

#[test]
fn the_end_of_the_stream_does_not_wait_for_the_mark() {
    let (mut world, app, total) = download(PIECE, FAST, 301, Ending::WhenSaid);
    let ended = world.run_until(Duration::from_secs(5), |world| {
        world.phone.app(app).speaker.heard_end
    });
    assert!(ended);
    assert_eq!(heard(&world, app), total);
    assert_eq!(marks(&world)[0], 32 * 1024);
}

#[test]
fn an_app_that_stops_reading_wakes_nobody_and_gets_the_rest_when_it_goes_on() {
    let (mut world, app, total) = download(PIECE, FAST, 400, Ending::Never);
    assert!(world.run_until(Duration::from_secs(1), |world| marks(world) == [32 * 1024]));
    world.phone.rewrite(app, |script| script.read = Pace::STALLED);
    world.run_for(Duration::from_secs(2));
    let reads = world.record.reads;
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.record.reads, reads);
    world.phone.rewrite(app, |script| script.read = Pace::FULL);
    assert!(world.run_until(Duration::from_secs(100), |world| heard(world, app) == total));
}
