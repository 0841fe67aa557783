//! The same seed gives the same outputs, to the byte and the microsecond.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use simulation::link::Weather;
use simulation::names::{A, client_hello};
use simulation::phone::Socket;
use simulation::rules::blocking;
use simulation::script::{Script, Text};
use simulation::stream::Host;
use simulation::{Setup, World};

fn digest(seed: u64) -> (u64, u64) {
    let mut world = World::new(
        Setup::new(seed).weather(Weather::rough(30)),
        blocking(&["ads.example"]),
    );
    for no in 0..12_u8 {
        let at = SocketAddr::from(([198, 18, 0, no], if no % 2 == 0 { 443 } else { 9_000 }));
        world.internet.resolve(&format!("good{no}.example"), at.ip());
        world
            .internet
            .listen(at, Host::new(Script::echo()).behind(u64::from(no) * 7));
        let said = Text::seeded(seed, 30_000).after(&client_hello("good.example", 400));
        world.phone.connect(at, Socket::default(), Script::says(said));
        if no % 3 == 0 {
            world.ask(&format!("good{no}.example"), A);
            world.ask("ads.example", A);
            world
                .phone
                .send(20_000, SocketAddr::from(([203, 0, 113, no], 5_000)), &[no; 100]);
        }
    }
    world.run_for(Duration::from_secs(60));
    (world.record.digest, world.turns)
}

#[test]
fn same_seed_gives_the_same_outputs() {
    for seed in 0..6 {
        assert_eq!(digest(seed), digest(seed), "seed {seed}");
    }
}

#[test]
fn other_seed_gives_other_outputs() {
    assert_ne!(digest(1), digest(2));
}
