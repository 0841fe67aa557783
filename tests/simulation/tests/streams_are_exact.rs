//! Every byte arrives once and in order, or the flow ends with an error on both sides.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use simulation::clock::Dice;
use simulation::link::Weather;
use simulation::names::{A, AAAA, client_hello};
use simulation::phone::{AppNo, Socket};
use simulation::rules::blocking;
use simulation::script::{Ending, Pace, Script, Start, Text};
use simulation::stream::Host;
use simulation::{Setup, World, seeds};

/// What is asked of one run.
#[derive(Default, Clone, Copy)]
struct Plan {
    weather: u32,
    resets: bool,
    slow: bool,
    cramped: bool,
    wrap: bool,
    plain_syn: bool,
    flows: u64,
    longest: u64,
}

struct Pair {
    app: AppNo,
    server: SocketAddr,
    may_reset: bool,
}

fn setup(seed: u64, plan: Plan, dice: &mut Dice) -> Setup {
    let mut setup = Setup::new(seed);
    setup.up = Weather::rough(dice.below(u64::from(plan.weather) + 1) as u32);
    setup.down = Weather::rough(dice.below(u64::from(plan.weather) + 1) as u32);
    setup.queue = dice.pick(&[500, 25]);
    setup.config.mtu = dice.pick(&[1500, 9000, 1280]);
    setup.config.segment_cap = dice.pick(&[65_000, 32_256, 15_872]);
    setup.turn = Duration::from_micros(dice.pick(&[5, 50, 300]));
    setup.chatty = dice.permille(500);
    if plan.wrap {
        setup.disguise.isn = Some(0_u32.wrapping_sub(dice.below(60_000) as u32));
    }
    if plan.plain_syn {
        setup.disguise.no_scale = dice.permille(500);
        setup.disguise.no_sack = dice.permille(500);
        setup.disguise.mss = dice.pick(&[None, Some(536), Some(88)]);
    }
    setup
}

fn pace(dice: &mut Dice, slow: bool) -> Pace {
    if slow {
        dice.pick(&[
            Pace::FULL,
            Pace::slow(4096, 3),
            Pace::slow(700, 2),
            Pace::slow(4096, 40),
        ])
    } else {
        Pace::FULL
    }
}

/// Two scripts of which one begins to finish, and whether one of them resets.
fn scripts(dice: &mut Dice, plan: Plan, hello: &[u8]) -> (Script, Script, bool) {
    let len = |dice: &mut Dice| dice.pick(&[0, 1, 100, 1460, 5_000, plan.longest / 4, plan.longest]);
    let said = Text::seeded(dice.number(), len(dice)).after(hello);
    let told = Text::seeded(dice.number(), len(dice));
    let mut app = Script::says(said.clone()).expecting(told.clone());
    let mut server = Script::says(told).expecting(said.clone());
    match dice.below(4) {
        0 => {
            server = Script::echo().expecting(said.clone());
            app.expects = Some(said.clone());
        }
        1 => {
            server = server
                .ending(Ending::AfterEnd)
                .starting(Start::AfterHeard(said.total()))
        }
        2 => app = app.ending(Ending::AfterEnd),
        _ => {}
    }
    app = app.reading(pace(dice, plan.slow)).writing(pace(dice, plan.slow));
    server = server
        .reading(pace(dice, plan.slow))
        .writing(pace(dice, plan.slow));
    let resets = plan.resets && dice.permille(400);
    if resets {
        match dice.below(4) {
            0 => app.ending = Ending::ResetAfterSaid(dice.below(said.total() + 1)),
            1 => app.ending = Ending::ResetAfterHeard(dice.below(app.expects.as_ref().unwrap().total() + 1)),
            2 => server.ending = Ending::ResetAfterSaid(dice.below(server.says.total() + 1)),
            _ => server.ending = Ending::ResetAfterHeard(dice.below(said.total() + 1)),
        }
    }
    (app, server, resets)
}

fn run(seed: u64, plan: Plan) {
    let mut dice = Dice::new(seed);
    let setup = setup(seed, plan, &mut dice);
    let mut world = World::new(setup, blocking(&["ads.example"]));
    let mut pairs = Vec::new();
    for no in 0..plan.flows {
        let named = dice.permille(500);
        let ip = if dice.permille(300) {
            IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, seed as u16, no as u16])
        } else {
            IpAddr::from([198, 18, seed as u8, no as u8])
        };
        let server = SocketAddr::from((ip, if named { 443 } else { 7000 + no as u16 }));
        if named && dice.permille(500) {
            let name = format!("host{no}.example");
            world.internet.resolve(&name, server.ip());
            world.ask(&name, if ip.is_ipv4() { A } else { AAAA });
        }
        let hello = if named {
            client_hello("good.example", 200 + dice.below(2000) as usize)
        } else {
            Vec::new()
        };
        let (app, script, may_reset) = scripts(&mut dice, plan, &hello);
        let mut host = Host::new(script).behind(dice.pick(&[0, 1, 20, 150]));
        if plan.cramped {
            host = host.cramped(
                dice.between(1000, 20_000) as usize,
                dice.between(100, 9000) as usize,
            );
        }
        world.internet.listen(server, host);
        let socket = Socket {
            rx: dice.pick(&[65_535, 4_096, 20_000, 262_144]),
            tx: dice.pick(&[65_535, 8_192]),
            congestion: dice.permille(500),
            // A reset may be lost: only who asks again hears of it.
            keep_alive: plan.resets.then_some(Duration::from_secs(7)),
            ..Socket::default()
        };
        let app = world.phone.connect(server, socket, app);
        pairs.push(Pair {
            app,
            server,
            may_reset,
        });
        let pause = dice.time(Duration::from_millis(100));
        world.run_for(pause);
    }
    let quiet = world.run_until(Duration::from_secs(3_000), |world| world.phone.is_quiet());
    world.run_until(Duration::from_secs(600), |world| {
        world.engine.stats().tcp_flows == 0
    });
    world.run_for(Duration::from_secs(30));
    for pair in &pairs {
        judge(&world, pair, plan);
    }
    let open: Vec<_> = world
        .phone
        .apps
        .iter()
        .filter(|app| app.closed.is_none())
        .collect();
    assert!(quiet, "seed {seed}: flows stay open\n{}\n{open:?}", world.story());
}

fn judge(world: &World, pair: &Pair, plan: Plan) {
    let (seed, app) = (world.seed, world.phone.app(pair.app));
    let stream = world.internet.stream_to(pair.server);
    let server = stream.filter(|stream| stream.open).map(|stream| &stream.speaker);
    let tell = |why: &str| -> String {
        let brief = |speaker: &simulation::script::Speaker| {
            format!(
                "said {}/{} heard {}/{:?} end {} finished {} reset {} wrong {:?}",
                speaker.said,
                speaker.script.says.total(),
                speaker.heard,
                speaker.script.expects.as_ref().map(Text::total),
                speaker.heard_end,
                speaker.finished,
                speaker.reset,
                speaker.wrong_at
            )
        };
        format!(
            "seed {seed}: {why}: {} > {}\n app: {}\n server: {:?}\n{}",
            app.local,
            app.remote,
            brief(&app.speaker),
            server.map(brief),
            world.story_of(app.local, app.remote)
        )
    };
    assert!(
        app.speaker.wrong_at.is_none(),
        "{}",
        tell("the app heard a wrong byte")
    );
    assert!(
        server.is_none_or(|server| server.wrong_at.is_none()),
        "{}",
        tell("the server heard a wrong byte")
    );
    let expected = app.speaker.script.expects.as_ref().unwrap().total();
    assert!(
        app.speaker.heard <= expected,
        "{}",
        tell("the app heard too much")
    );
    let complete = app.is_complete() && app.speaker.heard_all();
    let served = server.is_some_and(simulation::script::Speaker::heard_all);
    if complete && served {
        return;
    }
    assert!(pair.may_reset, "{}", tell("the flow did not end in order"));
    assert!(app.speaker.reset, "{}", tell("the app did not hear of the reset"));
    let lossy = plan.weather > 0;
    assert!(
        lossy || server.is_none_or(simulation::script::Speaker::is_done),
        "{}",
        tell("the server still waits")
    );
}

const PLAN: Plan = Plan {
    weather: 0,
    resets: false,
    slow: false,
    cramped: false,
    wrap: false,
    plain_syn: false,
    flows: 8,
    longest: 200_000,
};

#[test]
fn bytes_are_exact_in_fair_weather() {
    seeds(0, 30).for_each(|seed| run(seed, PLAN));
}

#[test]
fn bytes_are_exact_under_loss_reorder_and_duplicates() {
    seeds(100, 40).for_each(|seed| {
        run(
            seed,
            Plan {
                weather: 30,
                longest: 100_000,
                ..PLAN
            },
        )
    });
}

#[test]
fn bytes_are_exact_between_slow_readers_and_writers() {
    seeds(200, 30).for_each(|seed| {
        run(
            seed,
            Plan {
                slow: true,
                cramped: true,
                ..PLAN
            },
        )
    });
}

#[test]
fn resets_reach_both_sides() {
    seeds(300, 30).for_each(|seed| run(seed, Plan { resets: true, ..PLAN }));
}

#[test]
fn sequence_numbers_wrap() {
    seeds(400, 30).for_each(|seed| {
        run(
            seed,
            Plan {
                wrap: true,
                weather: 10,
                ..PLAN
            },
        )
    });
}

#[test]
fn plain_handshakes_without_scale_sack_or_full_segments_work() {
    seeds(500, 30).for_each(|seed| {
        run(
            seed,
            Plan {
                plain_syn: true,
                weather: 10,
                longest: 60_000,
                ..PLAN
            },
        )
    });
}

#[test]
fn everything_at_once() {
    seeds(600, 50).for_each(|seed| {
        run(
            seed,
            Plan {
                weather: 60,
                resets: true,
                slow: true,
                cramped: true,
                wrap: true,
                plain_syn: true,
                flows: 6,
                longest: 60_000,
            },
        );
    });
}
