//! Rules and the owner's choices are replaced, the network changes, an app's owner is asked for.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use blocklist::{Action, AppId, Preset, Rules, RulesBuilder};
use engine::{Choices, EchParameters, EncryptedDns, Seen, Unread, Upstream};
use simulation::names::{A, Data, HTTPS, Record, client_hello};
use simulation::phone::{AppNo, Socket};
use simulation::rules::blocking;
use simulation::script::{Ending, Script, Text};
use simulation::stream::Host;
use simulation::{Setup, World};

const SECOND: Duration = Duration::from_secs(1);

fn server() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 443))
}

fn open(world: &mut World, name: &str) -> AppNo {
    world.internet.listen(server(), Host::new(Script::echo()));
    let script = Script::says(Text::of(&client_hello(name, 300))).ending(Ending::Never);
    world.phone.connect(server(), Socket::default(), script)
}

#[test]
fn open_flow_whose_name_is_blocked_now_is_reset() {
    let mut world = World::fair(1, blocking(&[]));
    let kept = open(&mut world, "good.example");
    let lost = open(&mut world, "ads.example");
    world.run_for(SECOND);
    assert!(
        [kept, lost]
            .iter()
            .all(|app| world.phone.app(*app).speaker.heard > 0),
        "{}",
        world.story()
    );
    let now = world.now;
    world
        .engine
        .replace_rules(Arc::new(blocking(&["ads.example"])), now);
    world.drain();
    world.run_for(SECOND);
    assert!(world.phone.app(lost).speaker.reset);
    assert!(!world.phone.app(kept).speaker.reset);
    assert_eq!(world.engine.stats().tcp_flows, 1);
    let answer = world.ask("ads.example", A).expect("an answer");
    assert_eq!(answer.addresses(), [IpAddr::from([0, 0, 0, 0])]);
}

#[test]
fn name_that_is_allowed_now_flows() {
    let mut world = World::fair(2, blocking(&["ads.example"]));
    let first = open(&mut world, "ads.example");
    world.run_for(SECOND);
    assert!(world.phone.app(first).speaker.reset);
    let now = world.now;
    world.engine.replace_rules(Arc::new(blocking(&[])), now);
    world.drain();
    let second = open(&mut world, "ads.example");
    world.run_for(SECOND);
    assert!(world.phone.app(second).speaker.heard > 0);
}

#[test]
fn family_that_lost_its_route_takes_its_flows_along() {
    let mut world = World::fair(3, blocking(&[]));
    let other = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 9], 443));
    world.internet.listen(other, Host::new(Script::echo()));
    let hello = client_hello("good.example", 300);
    let script = Script::says(Text::of(&hello)).ending(Ending::Never);
    let lost = world.phone.connect(other, Socket::default(), script);
    let kept = open(&mut world, "good.example");
    world.run_for(SECOND);
    let upstream = Upstream {
        ipv6: false,
        ..Upstream::default()
    };
    let now = world.now;
    world.engine.set_upstream(upstream, now);
    world.drain();
    world.run_for(SECOND);
    assert!(world.phone.app(lost).speaker.heard > 0 && world.phone.app(lost).speaker.reset);
    assert!(!world.phone.app(kept).speaker.reset);
    assert_eq!(
        (world.engine.stats().tcp_flows, world.record.closes.len()),
        (1, 1)
    );
}

#[test]
fn changed_network_resets_flows_and_new_ones_work() {
    let mut world = World::fair(3, blocking(&[]));
    let old = open(&mut world, "good.example");
    world
        .phone
        .send(20_000, SocketAddr::from(([203, 0, 113, 9], 5_000)), b"x");
    world.run_for(SECOND);
    assert!(world.phone.app(old).speaker.heard > 0);
    let now = world.now;
    world.engine.network_changed(now);
    world.drain();
    world.run_for(SECOND);
    assert!(world.phone.app(old).speaker.reset);
    assert_eq!(
        (world.engine.stats().tcp_flows, world.record.closes.len()),
        (0, 1)
    );
    let new = open(&mut world, "good.example");
    world
        .phone
        .send(20_000, SocketAddr::from(([203, 0, 113, 9], 5_000)), b"y");
    world.run_for(SECOND);
    assert!(world.phone.app(new).speaker.heard > 0);
    assert_eq!(world.phone.heard.len(), 2);
    let [first, second] = world.record.datagrams.as_slice() else {
        panic!("two datagrams")
    };
    assert_ne!(
        first.mapping, second.mapping,
        "the socket of the lost network is not used again"
    );
}

/// MiPush's channel begins with bytes that are neither TLS nor HTTP.
const CHANNEL: &[u8] = &[0xc2, 0xfe, 0, 5, 0, 0, 0, 0x2a, 1, 2, 3, 4];

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A flow to `server` that stays open: its app says `said`, or its server speaks first.
fn keep_open(world: &mut World, server: SocketAddr, said: Option<&[u8]>) -> AppNo {
    let (app, host) = match said {
        Some(said) => (Script::says(Text::of(said)), Script::echo()),
        None => (Script::listens(), Script::says(Text::of(b"220 ready"))),
    };
    world
        .internet
        .listen(server, Host::new(host.ending(Ending::Never)));
    let app = app.ending(Ending::Never);
    let app = world.phone.connect(server, Socket::default(), app);
    world.run_for(5 * SECOND);
    assert!(world.phone.app(app).speaker.heard > 0, "{server}");
    app
}

fn replace_rules(world: &mut World, rules: Rules) {
    let now = world.now;
    world.engine.replace_rules(rules.into(), now);
    world.drain();
    world.run_for(5 * SECOND);
}

fn without_push() -> Rules {
    builtin().without_feature("push").unwrap().build()
}

fn builtin() -> RulesBuilder {
    RulesBuilder::new(Preset::Balanced)
}

#[test]
fn open_flows_without_a_name_end_with_the_feature_that_let_them_through() {
    let mut world = World::fair(9, builtin().build());
    let notifications = [
        keep_open(&mut world, at("42.62.94.2:443"), Some(CHANNEL)),
        keep_open(&mut world, at("114.54.23.2:5222"), Some(CHANNEL)),
        keep_open(&mut world, at("111.206.200.2:5222"), None),
    ];
    let other = keep_open(&mut world, at("114.54.23.2:7000"), Some(CHANNEL));
    world.phone.send(4_000, at("114.54.23.2:5222"), b"push");
    world.run_for(5 * SECOND);
    replace_rules(&mut world, without_push());
    for app in notifications {
        assert!(world.phone.app(app).speaker.reset, "{}", world.story());
    }
    assert!(!world.phone.app(other).speaker.reset);
    let datagrams = world.record.datagrams.len();
    world.phone.send(4_000, at("114.54.23.2:5222"), b"push");
    world.run_for(5 * SECOND);
    assert_eq!(world.record.datagrams.len(), datagrams);
}

#[test]
fn open_flows_with_a_name_end_with_a_block_of_their_address() {
    let mut world = World::fair(10, builtin().build());
    let server = at("203.0.113.9:443");
    let hello = client_hello("www.example.com", 300);
    let app = keep_open(&mut world, server, Some(&hello));
    replace_rules(&mut world, builtin().block("203.0.113.9").unwrap().build());
    assert!(world.phone.app(app).speaker.reset);
}

#[test]
fn open_flows_that_an_allowed_name_covers_outlive_new_rules_as_long_as_it_is_allowed() {
    let blocking = || builtin().list("list", "198.51.100.66").unwrap();
    let covering = |no: u32| {
        let builder = blocking().allow("page.example").unwrap();
        builder.block(&format!("ads{no}.example")).unwrap().build()
    };
    let mut world = World::fair(11, covering(1));
    let server = at("198.51.100.66:7000");
    world.vouch("page.example", server.ip());
    let app = keep_open(&mut world, server, Some(CHANNEL));
    replace_rules(&mut world, covering(2));
    assert!(!world.phone.app(app).speaker.reset, "{}", world.story());
    let mut world = World::fair(12, covering(1));
    world.vouch("page.example", server.ip());
    let app = keep_open(&mut world, server, Some(CHANNEL));
    replace_rules(&mut world, blocking().build());
    assert!(world.phone.app(app).speaker.reset);
}

#[test]
fn the_owners_block_of_an_address_goes_before_an_essential_name_that_was_asked() {
    let mut world = World::fair(15, builtin().build());
    let server = at("198.51.100.66:7000");
    world.vouch("update.miui.com", server.ip());
    let app = keep_open(&mut world, server, Some(CHANNEL));
    let blocking = || builtin().block("198.51.100.66").unwrap().build();
    replace_rules(&mut world, blocking());
    assert!(world.phone.app(app).speaker.reset);
    let mut world = World::fair(16, blocking());
    world.vouch("update.miui.com", server.ip());
    let app = world
        .phone
        .connect(server, Socket::default(), Script::says(Text::of(CHANNEL)));
    world.run_for(5 * SECOND);
    assert!(world.phone.app(app).is_refused() && world.record.dials.is_empty());
}

fn app_rules(action: Action) -> Rules {
    RulesBuilder::new(Preset::None)
        .app_rule(AppId(10_077), "shop.example", action)
        .unwrap()
        .build()
}

#[test]
fn owner_is_asked_only_where_an_app_rule_could_matter() {
    let mut world = World::fair(4, app_rules(Action::Block));
    open(&mut world, "good.example");
    world.run_for(SECOND);
    assert_eq!(world.record.owners_asked, []);
    open(&mut world, "x.shop.example");
    world.run_for(SECOND);
    assert_eq!(world.record.owners_asked.len(), 1);
}

#[test]
fn owner_decides() {
    for (action, owner, blocked) in [
        (Action::Block, Some(AppId(10_077)), true),
        (Action::Block, Some(AppId(10_078)), false),
        (Action::Block, None, false),
        (Action::Allow, Some(AppId(10_077)), false),
    ] {
        let mut world = World::fair(5, app_rules(action));
        let app = open(&mut world, "shop.example");
        if let Some(owner) = owner {
            let port = world.phone.app(app).local.port();
            world.internet.owners.insert(port, owner);
        }
        world.run_for(SECOND);
        assert_eq!(
            world.phone.app(app).speaker.reset,
            blocked,
            "{owner:?}\n{}",
            world.story()
        );
        assert_eq!(world.record.bytes_to(server()) == 0, blocked);
        if blocked {
            assert_eq!(world.record.dials, []);
        }
    }
}

#[test]
fn owner_decides_where_no_name_is_shown() {
    let quiet_or_other = [at_port(5_222), at_port(443)];
    for remote in quiet_or_other {
        for (owner, blocked) in [(Some(10_077), true), (Some(10_078), false), (None, false)] {
            let mut world = World::fair(6, app_rules(Action::Block));
            world.vouch("shop.example", remote.ip());
            world.internet.listen(remote, Host::new(Script::echo()));
            let said = Script::says(Text::of(b"\0hello")).ending(Ending::Never);
            let app = world.phone.connect(remote, Socket::default(), said);
            if let Some(owner) = owner {
                let port = world.phone.app(app).local.port();
                world.internet.owners.insert(port, AppId(owner));
            }
            world.run_for(SECOND);
            assert_eq!(world.record.owners_asked.len(), 1);
            assert_eq!(world.phone.app(app).speaker.reset, blocked, "{remote} {owner:?}");
            assert_eq!(world.record.dials.is_empty(), blocked, "{remote} {owner:?}");
        }
    }
}

#[test]
fn owner_decides_on_an_address_with_an_app_rule() {
    for (owner, blocked) in [(10_077, true), (10_078, false)] {
        let rules = RulesBuilder::new(Preset::None)
            .app_rule(AppId(10_077), "203.0.113.9", Action::Block)
            .unwrap()
            .build();
        let mut world = World::fair(7, rules);
        let app = open(&mut world, "good.example");
        let port = world.phone.app(app).local.port();
        world.internet.owners.insert(port, AppId(owner));
        world.run_for(SECOND);
        assert_eq!(world.phone.app(app).speaker.reset, blocked, "{owner}");
        assert_eq!(world.record.dials.is_empty(), blocked, "{owner}");
    }
}

fn at_port(port: u16) -> SocketAddr {
    SocketAddr::new(server().ip(), port)
}

/// A world in which refusals are named, with an answer for `port` or none.
fn named(seed: u64, owner: Option<u32>, open: impl FnOnce(&mut World) -> u16) -> World {
    let mut setup = Setup::new(seed);
    setup.config.names_owners = true;
    let mut world = World::new(setup, blocking(&["ads.example", "203.0.113.9"]));
    let port = open(&mut world);
    if let Some(owner) = owner {
        world.internet.owners.insert(port, AppId(owner));
    }
    world.run_for(SECOND);
    world
}

#[test]
fn refused_flow_is_told_with_the_app_that_was_asked_for_before_the_reset() {
    for owner in [Some(10_077), None] {
        let world = named(8, owner, |world| {
            let app = open(world, "good.example");
            world.phone.app(app).local.port()
        });
        assert_eq!(world.record.owners_asked.len(), 1, "{}", world.story());
        let told: Vec<_> = world.record.verdicts.iter().map(|told| told.owner).collect();
        assert_eq!(told, [owner.map(AppId)]);
        assert_eq!(world.engine.stats().tcp_flows, 0);
    }
}

#[test]
fn refused_question_is_told_with_its_app_and_one_let_through_asks_nobody() {
    let mut setup = Setup::new(9);
    setup.config.names_owners = true;
    let mut world = World::new(setup, blocking(&["ads.example"]));
    for port in 1..=u16::MAX {
        world.internet.owners.insert(port, AppId(10_077));
    }
    let answer = world.ask("ads.example", A).expect("an answer");
    assert_eq!(answer.addresses(), [IpAddr::from([0, 0, 0, 0])]);
    assert_eq!(world.record.verdicts.last().unwrap().owner, Some(AppId(10_077)));
    assert_eq!(world.record.owners_asked.len(), 1);
    world.ask("good.example", A).expect("an answer");
    assert_eq!(world.record.owners_asked.len(), 1);
}

/// A first datagram of QUIC, in a version that exists only to be refused (RFC 9000 section 15).
fn unreadable_quic() -> Vec<u8> {
    let mut datagram = b"\xc0\x1a\x2a\x3a\x4a\x08hushwall\0".to_vec();
    datagram.resize(1_200, 0);
    datagram
}

#[test]
fn choices_of_the_owner_are_in_force_from_the_next_question_and_flow_on() {
    let mut world = World::fair(12, blocking(&[]));
    // No target of its own, and one parameter: ech.
    let https = Record {
        name: "page.example".into(),
        ttl: 300,
        data: Data::Other(HTTPS, b"\0\x01\0\0\x05\0\x08\0\x06\xfe\x0c\0\x02hw".to_vec()),
    };
    world.internet.answer_with("page.example", HTTPS, vec![https]);
    let encrypted = SocketAddr::from(([203, 0, 113, 9], 853));
    let other = Choices {
        quic_unread: Unread::FallBack,
        ech: EchParameters::Keep,
        encrypted_dns: EncryptedDns::Refuse,
    };
    let mut port = 40_000;
    for choices in [Choices::default(), other, Choices::default()] {
        let now = world.now;
        world.engine.set_choices(choices);
        world.engine.replace_rules(Arc::new(blocking(&[])), now);
        world.drain();
        let (verdicts, datagrams) = (world.record.verdicts.len(), world.record.datagrams.len());
        let answer = world.ask("page.example", HTTPS).expect("an answer");
        let has_key = format!("{answer:?}").contains("104, 119");
        assert_eq!(has_key, choices.ech == EchParameters::Keep, "{answer:?}");
        world.phone.send(port, server(), &unreadable_quic());
        world.phone.send(port + 1, encrypted, b"a question");
        port += 2;
        world.run_for(SECOND);
        let told = &world.record.verdicts[verdicts..];
        let action = |remote| {
            told.iter()
                .find(|verdict| verdict.remote == remote)
                .unwrap()
                .action
        };
        let expected = if choices == other {
            Action::Block
        } else {
            Action::Allow
        };
        assert_eq!((action(server()), action(encrypted)), (expected, expected));
        assert!(told.iter().any(|verdict| verdict.reason.seen == Seen::Unread));
        let left = world.record.datagrams.len() - datagrams;
        assert_eq!(left, if choices == other { 0 } else { 2 });
    }
}

#[test]
fn owner_of_datagrams_decides_and_without_an_answer_the_rule_for_all_does() {
    let [mine, others, nobodys] = [41_000, 41_001, 41_002];
    for seed in 0..8 {
        let rules = RulesBuilder::new(Preset::None).app_rule(AppId(10_077), "203.0.113.9", Action::Block);
        let mut world = World::fair(seed, rules.unwrap().build());
        world.internet.owners.insert(mine, AppId(10_077));
        world.internet.owners.insert(others, AppId(10_078));
        let to = SocketAddr::from(([203, 0, 113, 9], 5_000));
        for number in 0..5_u8 {
            for port in [mine, others, nobodys] {
                world.phone.send(port, to, &[number]);
            }
            world.run_for(Duration::from_micros(300));
        }
        world.run_for(SECOND);
        assert_eq!(world.record.owners_asked.len(), 3, "each socket once");
        let heard = |port| {
            let mut heard = world.phone.heard.iter().filter(|heard| heard.dst.port() == port);
            heard.by_ref().map(|heard| heard.payload[0]).collect::<Vec<_>>()
        };
        assert_eq!(heard(mine), []);
        assert_eq!(heard(others), [0, 1, 2, 3, 4]);
        assert_eq!(heard(nobodys), [0, 1, 2, 3, 4]);
        let refused = world
            .record
            .verdicts
            .iter()
            .filter(|verdict| verdict.action == Action::Block);
        assert_eq!(
            refused.map(|verdict| verdict.owner).collect::<Vec<_>>(),
            [Some(AppId(10_077))]
        );
    }
}
