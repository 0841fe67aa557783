//! Memory, timers and turns stay small.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::gauge::{self, Gauge};
use simulation::hand::Hand;
use simulation::names::{A, client_hello, framed, question};
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Ending, Pace, Script, Start, Text};
use simulation::stream::Host;
use simulation::{PHONE_RESOLVER, Setup, World};

#[global_allocator]
static GAUGE: Gauge = Gauge;

const SECOND: Duration = Duration::from_secs(1);
const KIB: isize = 1024;

fn server(no: u16) -> SocketAddr {
    let [high, low] = no.to_be_bytes();
    SocketAddr::from(([198, 18, high, low], 9_000))
}

#[test]
fn download_that_nobody_reads_does_not_grow() {
    let mut world = World::fair(1, blocking(&[]));
    world
        .internet
        .listen(server(0), Host::new(Script::says(Text::seeded(1, 50_000_000))));
    let mut script = Script::listens();
    script.read = Pace::STALLED;
    world.run_for(SECOND);
    let before = gauge::live();
    world.phone.connect(
        server(0),
        Socket {
            rx: 65_535,
            ..Socket::default()
        },
        script,
    );
    gauge::restart();
    world.run_for(60 * SECOND);
    assert!(
        gauge::peak() - before <= 400 * KIB,
        "{} KiB held",
        (gauge::peak() - before) / KIB
    );
}

#[test]
fn upload_to_a_stalled_server_does_not_grow() {
    let mut world = World::fair(2, blocking(&[]));
    let mut script = Script::listens();
    script.read = Pace::STALLED;
    world.internet.listen(server(0), Host::new(script));
    world.run_for(SECOND);
    let before = gauge::live();
    world.phone.connect(
        server(0),
        Socket::default(),
        Script::says(Text::seeded(1, 50_000_000)),
    );
    gauge::restart();
    world.run_for(60 * SECOND);
    assert!(
        gauge::peak() - before <= 700 * KIB,
        "{} KiB held",
        (gauge::peak() - before) / KIB
    );
}

#[test]
fn stalled_uploads_and_unread_downloads_share_one_bound() {
    // 250 flows at their own bounds would hold 64 MB.
    let mut world = World::fair(3, blocking(&[]));
    for no in 0..250 {
        let (mut app, mut host) = (Script::says(Text::seeded(1, 5_000_000)), Script::listens());
        host.read = Pace::STALLED;
        if no % 2 == 0 {
            (app, host) = (host, app);
        }
        world.internet.listen(server(no), Host::new(host));
        world.phone.connect(server(no), Socket::default(), app);
    }
    gauge::restart();
    world.run_for(20 * SECOND);
    assert!(gauge::peak() <= 32_000 * KIB, "{} KiB held", gauge::peak() / KIB);
    assert_eq!(world.engine.stats().tcp_flows, 250);
}

/// Has this many flows say `said` to servers that never answer, and says how many are left after two seconds.
fn left_of(seed: u64, flows: u16, port: u16, said: &[u8]) -> (World, u64) {
    let mut world = World::fair(seed, blocking(&["ads.example"]));
    for no in 0..flows {
        let mut at = server(no);
        at.set_port(port);
        world.internet.listen(at, Host::silent());
        let says = Script::says(Text::of(said)).ending(Ending::Never);
        world.phone.connect(at, Socket::default(), says);
        world.run_for(Duration::from_millis(1));
    }
    world.run_for(2 * SECOND);
    let left = world.engine.stats().tcp_flows;
    (world, left)
}

#[test]
fn begun_hellos_of_all_flows_share_one_bound_and_those_heard_of_last_stay() {
    // 800 flows at their own bound hold 12 MB.
    let hello = client_hello("good.example", 15_500);
    let (mut world, left) = left_of(12, 800, 443, &hello[..15_000]);
    assert!((300..=560).contains(&left), "{left}");
    assert_eq!(world.engine.stats().hello_unread, 800 - left);
    assert!(world.phone.apps[0].speaker.reset && !world.phone.apps[799].speaker.reset);
    // There is room for others.
    let mut at = server(900);
    at.set_port(443);
    world.internet.listen(at, Host::new(Script::echo()));
    let (said, pace) = (Text::of(&hello), Pace::slow(1_000, 1));
    let script = Script::says(said.clone()).expecting(said).writing(pace);
    let app = world.phone.connect(at, Socket::default(), script);
    world.run_for(2 * SECOND);
    assert!(world.phone.app(app).speaker.heard_all(), "{}", world.story());
    // What is not finished in its time is gone, and its room with it.
    world.run_for(20 * SECOND);
    assert!(world.engine.stats().tcp_flows <= 1);
}

#[test]
fn what_http_2_refers_back_to_shares_it() {
    // A table of 64 KiB full of entries that say nothing: 4 bytes make one of 33, and of more in memory.
    let host = b"good.example";
    let block = [
        &b"\x3f\xe1\xff\x03\x83\x84\x86\x41"[..],
        &[host.len() as u8],
        host,
        &b"\x40\x01x\0".repeat(1_900),
    ]
    .concat();
    let len = (block.len() as u32).to_be_bytes();
    let said = [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"\0\0\0\x04\0\0\0\0\0",
        &len[1..],
        &[1, 4, 0, 0, 0, 1],
        &block,
    ]
    .concat();
    let (_, left) = left_of(13, 150, 80, &said);
    assert!((20..=80).contains(&left), "{left}");
}

#[test]
fn memory_comes_back_when_flows_are_over() {
    let mut world = World::fair(4, blocking(&[]));
    let round = |world: &mut World, seed: u64| {
        for no in 0..60 {
            let said = Text::seeded(seed, 40_000);
            world.internet.listen(server(no), Host::new(Script::echo()));
            world.phone.connect(
                server(no),
                Socket::default(),
                Script::says(said.clone()).expecting(said),
            );
        }
        assert!(
            world.run_until(300 * SECOND, |world| world.phone.is_quiet()),
            "{}",
            world.story()
        );
        world.run_for(60 * SECOND);
        world.internet.streams.clear();
        world.phone.apps.clear();
    };
    round(&mut world, 1);
    let before = gauge::live();
    (2..6).for_each(|seed| round(&mut world, seed));
    assert!(
        gauge::live() <= before + 64 * KIB,
        "{} KiB more after every round",
        (gauge::live() - before) / KIB
    );
    assert!(
        gauge::live() <= 4_000 * KIB,
        "{} KiB held by nobody",
        gauge::live() / KIB
    );
}

#[test]
fn idle_flows_need_no_timer() {
    let mut world = World::fair(5, blocking(&[]));
    for no in 0..200 {
        let host = Host::new(Script::echo().ending(Ending::Never));
        world.internet.listen(server(no), host);
        let script = Script::says(Text::seeded(1, 1_000)).ending(Ending::Never);
        world.phone.connect(server(no), Socket::default(), script);
    }
    world.run_for(30 * SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 200);
    let turns = world.turns;
    if let Some(at) = world.engine.poll_timeout() {
        let wait = at.since(world.now);
        assert!(wait >= 20 * SECOND, "{wait:?}");
    }
    world.run_for(120 * SECOND);
    let turns = world.turns - turns;
    assert!(turns <= 8, "{turns} wake-ups in two idle minutes");
}

#[test]
fn empty_engine_needs_no_timer() {
    let mut world = World::fair(6, blocking(&["ads.example"]));
    assert_eq!(world.engine.poll_timeout(), None);
}

#[test]
fn idle_flow_is_not_held_for_a_name_for_ever() {
    let mut setup = Setup::new(7);
    setup.config.max_tcp_flows = 50;
    let mut world = World::new(setup, blocking(&[]));
    // Half-open flows are refused or evicted before the table overflows.
    for no in 0..200_u16 {
        world.internet.listen(server(no), Host::silent());
        world
            .phone
            .connect(server(no), Socket::default(), Script::listens());
        world.run_for(Duration::from_millis(10));
        assert!(world.engine.stats().tcp_flows <= 50);
    }
    world.run_for(300 * SECOND);
}

#[test]
fn thousands_of_flows_over_time_leave_nothing_behind() {
    let mut world = World::fair(8, blocking(&["ads.example"]));
    let mut complete = 0;
    for round in 0..60_u64 {
        for no in 0..50 {
            let mut at = server(no);
            if no % 3 == 0 {
                at.set_port(443);
            }
            let blocked = no % 9 == 0;
            let name = if blocked { "ads.example" } else { "good.example" };
            let said = Text::seeded(round, 2_000).after(&client_hello(name, 300));
            world
                .internet
                .listen(at, Host::new(Script::echo().starting(Start::AfterHeard(10))));
            world
                .phone
                .connect(at, Socket::default(), Script::says(said.clone()).expecting(said));
        }
        world.run_for(SECOND);
    }
    assert!(
        world.run_until(300 * SECOND, |world| world.phone.is_quiet()),
        "{}",
        world.story()
    );
    for app in &world.phone.apps {
        complete += usize::from(app.is_complete() && app.speaker.heard_all());
    }
    assert_eq!(complete, 60 * 44);
    world.run_for(60 * SECOND);
    assert_eq!(world.engine.stats().tcp_flows, 0);
    let open = world
        .internet
        .streams
        .iter()
        .filter(|stream| stream.closed.is_none())
        .count();
    assert_eq!(open, 0, "sockets that nobody closed");
}

#[test]
fn answers_that_nobody_reads_do_not_grow() {
    let mut world = World::fair(9, blocking(&["ads.example"]));
    let one = framed(&question(1, "ads.example", A));
    let said: Vec<u8> = one.iter().copied().cycle().take(one.len() * 60_000).collect();
    let mut script = Script::says(Text::of(&said));
    script.read = Pace::STALLED;
    world.run_for(SECOND);
    world.phone.connect(
        PHONE_RESOLVER,
        Socket {
            rx: 2_000,
            ..Socket::default()
        },
        script,
    );
    gauge::restart();
    let before = gauge::live();
    world.run_for(20 * SECOND);
    assert!(
        gauge::peak() - before <= 1_500 * KIB,
        "{} KiB held",
        (gauge::peak() - before) / KIB
    );
}

#[test]
fn half_open_flows_are_forgotten() {
    let mut world = World::fair(10, blocking(&[]));
    for no in 0..500 {
        let mut at = server(no);
        at.set_port(443);
        let mut hand = Hand::new(&mut world, at, 1);
        let syn = hand.syn();
        hand.say(&mut world, syn);
        if no % 50 == 49 {
            world.run_for(Duration::from_millis(1));
        }
    }
    assert_eq!(world.engine.stats().tcp_flows, 500);
    world.run_for(180 * SECOND);
    assert_eq!((world.engine.stats().tcp_flows, world.record.dials.len()), (0, 0));
    assert_eq!(world.engine.poll_timeout(), None);
}

#[test]
fn established_flow_is_not_evicted_for_new_ones() {
    let mut setup = Setup::new(11);
    setup.config.max_tcp_flows = 20;
    let mut world = World::new(setup, blocking(&[]));
    world
        .internet
        .listen(server(0), Host::new(Script::echo().ending(Ending::Never)));
    let script = Script::says(Text::seeded(1, 100)).ending(Ending::Never);
    let push = world.phone.connect(server(0), Socket::default(), script);
    world.run_for(600 * SECOND);
    for no in 1..200 {
        world
            .internet
            .listen(server(no), Host::new(Script::echo().ending(Ending::Never)));
        let script = Script::says(Text::seeded(1, 100)).ending(Ending::Never);
        world.phone.connect(server(no), Socket::default(), script);
        world.run_for(Duration::from_millis(50));
        assert!(world.engine.stats().tcp_flows <= 20);
    }
    assert!(!world.phone.app(push).speaker.reset);
    world
        .phone
        .rewrite(push, |script| script.says = Text::seeded(1, 200));
    world.run_for(SECOND);
    assert_eq!(world.phone.app(push).speaker.heard, 200, "{}", world.story());
}
