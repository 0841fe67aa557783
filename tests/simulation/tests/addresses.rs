//! Addresses that no resolver told: built into software, or told by a server in plain HTTP.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use blocklist::compiled::{self, Kind, ListSource, SourceRule};
use blocklist::{Action, Because, Preset, Reply, Rules, RulesBuilder};
use engine::Seen;
use simulation::names::{client_hello, http_get};
use simulation::phone::{AppNo, Socket};
use simulation::script::{Pace, Script, Start, Text};
use simulation::stream::Host;
use simulation::{Setup, World};

const SECONDS_5: Duration = Duration::from_secs(5);

/// A server that tells addresses, and whose own name is one of notifications.
const RESOLVER: &str = "resolver.msg.xiaomi.net";
const RESOLVER_AT: &str = "203.0.113.80:80";
/// Notifications.
const PUSH: &str = "app.chat.xiaomi.net";
const PUSH_AT: &str = "198.51.100.10:5222";
/// Telemetry.
const TELEMETRY: &str = "data.mistat.xiaomi.com";
const TELEMETRY_AT: &str = "198.51.100.66";

/// MiPush's channel begins with bytes that are neither TLS nor HTTP.
const CHANNEL: &[u8] = &[0xc2, 0xfe, 0, 5, 0, 0, 0, 0x2a, 1, 2, 3, 4];

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn builtin() -> RulesBuilder {
    RulesBuilder::new(Preset::Balanced)
}

fn without_push() -> Rules {
    builtin().without_feature("push").unwrap().build()
}

fn answer() -> String {
    let body = format!(
        r#"{{"S":"Ok","R":{{"ip":"192.0.2.200","wifi":{{"{PUSH}":["{PUSH_AT}"],"{TELEMETRY}":["{TELEMETRY_AT}"]}},"ttl":600}}}}"#
    );
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn request(target: &str, host: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

const ASKS: &str = "/gslb/?ver=4.0&type=wifi&list=app.chat.xiaomi.net%2Cdata.mistat.xiaomi.com";

/// Has the app ask `server` and hear `answer`, which reaches it unchanged.
fn ask(world: &mut World, server: SocketAddr, request: &str, answer: &str, pace: Pace) {
    let speaks = Script::says(Text::of(answer.as_bytes()))
        .starting(Start::AfterHeard(request.len() as u64))
        .writing(pace);
    world.internet.listen(server, Host::new(speaks));
    let asks = Script::says(Text::of(request.as_bytes())).expecting(Text::of(answer.as_bytes()));
    let app = world.phone.connect(server, Socket::default(), asks);
    world.run_until(60 * SECONDS_5, |world| world.phone.is_quiet());
    let speaker = &world.phone.app(app).speaker;
    assert!(speaker.heard_all() && !speaker.reset, "{}", world.story());
}

/// A world whose app has asked.
fn told(rules: Rules) -> World {
    let mut world = World::fair(1, rules);
    let server = at(RESOLVER_AT);
    world.vouch(RESOLVER, server.ip());
    ask(
        &mut world,
        server,
        &request(ASKS, RESOLVER),
        &answer(),
        Pace::FULL,
    );
    world
}

/// An app connects to `server` and says `bytes`; an echo listens there.
fn connect(world: &mut World, server: SocketAddr, bytes: &[u8]) -> AppNo {
    world.internet.listen(server, Host::new(Script::echo()));
    let said = Text::of(bytes);
    let script = Script::says(said.clone()).expecting(said);
    let app = world.phone.connect(server, Socket::default(), script);
    world.run_until(SECONDS_5, |world| world.phone.is_quiet());
    app
}

fn assert_refused(world: &mut World, server: SocketAddr, bytes: &[u8], seen: Seen) {
    let dials = world.record.dials.len();
    let app = connect(world, server, bytes);
    assert!(
        world.phone.app(app).speaker.reset || world.phone.app(app).is_refused(),
        "{server}"
    );
    assert_eq!(world.record.dials.len(), dials, "{server}: nobody is dialled");
    let verdict = world.record.verdicts.last().unwrap();
    assert_eq!(
        (verdict.action, verdict.reason.seen),
        (Action::Block, seen),
        "{server}"
    );
}

fn assert_passes(world: &mut World, server: SocketAddr, bytes: &[u8], seen: Seen) -> Because {
    let app = connect(world, server, bytes);
    assert!(
        world.phone.app(app).speaker.heard_all(),
        "{server}: {}",
        world.story()
    );
    let verdict = world.record.verdicts.last().unwrap();
    assert_eq!(
        (verdict.action, verdict.reason.seen),
        (Action::Allow, seen),
        "{server}"
    );
    verdict.reason.because
}

#[test]
fn telemetry_whose_address_was_told_over_plain_http_is_refused_without_a_name() {
    let mut world = told(builtin().build());
    for port in [80, 443, 5222, 8053] {
        let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), port);
        assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
    }
    let verdict = world.record.verdicts.last().unwrap();
    assert_eq!(verdict.reason.name.as_ref().unwrap().as_str(), TELEMETRY);
    // A request that names nobody but the address.
    let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 80);
    assert_refused(&mut world, server, &http_get(TELEMETRY_AT), Seen::HttpDns);
}

#[test]
fn datagrams_to_such_an_address_are_refused() {
    let mut world = told(builtin().build());
    world
        .phone
        .send(4_000, SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 8053), b"21");
    world.phone.send(4_001, at(PUSH_AT), b"push");
    world.run_for(SECONDS_5);
    let sent: Vec<SocketAddr> = world.record.datagrams.iter().map(|sent| sent.to).collect();
    assert_eq!(sent, [at(PUSH_AT)]);
    assert_eq!(world.phone.icmp.len(), 1, "port unreachable");
}

#[test]
fn notifications_at_an_address_told_over_plain_http_go_through_while_they_are_used() {
    let mut world = told(builtin().build());
    let because = assert_passes(&mut world, at(PUSH_AT), CHANNEL, Seen::HttpDns);
    assert!(matches!(because, Because::Feature(_)), "{because:?}");
    // A list of somebody's that blocks the address does not go before the feature.
    let builder = builtin().list("list", "198.51.100.0/24").unwrap();
    let mut world = told(builder.build());
    assert_passes(&mut world, at(PUSH_AT), CHANNEL, Seen::HttpDns);
    // The owner's block does.
    let mut world = told(builtin().block("198.51.100.0/24").unwrap().build());
    assert_refused(&mut world, at(PUSH_AT), CHANNEL, Seen::Address);
}

#[test]
fn an_address_is_told_with_its_port() {
    let mut world = told(without_push_but_its_resolver());
    assert_refused(&mut world, at(PUSH_AT), CHANNEL, Seen::HttpDns);
    assert_passes(&mut world, at("198.51.100.10:7000"), CHANNEL, Seen::Address);
}

fn without_push_but_its_resolver() -> Rules {
    let builder = builtin().without_feature("push").unwrap();
    builder.allow(RESOLVER).unwrap().build()
}

#[test]
fn a_name_that_the_flow_shows_goes_before_the_one_it_was_told_under() {
    let mut world = told(builtin().build());
    let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 443);
    assert_passes(
        &mut world,
        server,
        &client_hello("www.example.com", 300),
        Seen::Sni,
    );
}

#[test]
fn an_address_that_an_allowed_name_has_too_goes_through() {
    let mut world = told(builtin().build());
    let ip: IpAddr = TELEMETRY_AT.parse().unwrap();
    world.vouch("shared.example", ip);
    assert_passes(&mut world, SocketAddr::new(ip, 7000), CHANNEL, Seen::Address);
}

#[test]
fn what_was_told_outlives_a_change_of_rules_and_is_judged_anew() {
    let mut world = told(builtin().build());
    let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
    let allowing = builtin().allow(TELEMETRY).unwrap().build();
    let now = world.now;
    world.engine.replace_rules(allowing.into(), now);
    world.drain();
    let because = assert_passes(&mut world, server, CHANNEL, Seen::HttpDns);
    assert!(matches!(because, Because::OwnerAllow(_)), "{because:?}");
    let now = world.now;
    world.engine.replace_rules(builtin().build().into(), now);
    world.engine.network_changed(now);
    world.drain();
    assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
}

#[test]
fn what_was_told_is_forgotten_after_its_time_to_live() {
    let mut world = told(builtin().build());
    let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
    assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
    // Its 600 s, and the grace that all addresses have.
    world.run_for(Duration::from_secs(600 + 3_600));
    assert_passes(&mut world, server, CHANNEL, Seen::Address);
}

/// The answer with these names and this time to live.
fn answer_of(names: &str, ttl: &str) -> String {
    let body = format!(r#"{{"S":"Ok","R":{{"wifi":{{{names}}}{ttl}}}}}"#);
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn what_was_told_lives_for_an_hour_at_most_and_for_minutes_where_no_time_was_told() {
    let hour = Duration::from_secs(3_600);
    for (ttl, lives) in [
        (r#","ttl":604800"#, hour),
        ("", Duration::from_secs(600)),
        (r#","ttl":0"#, Duration::from_secs(60)),
    ] {
        let mut world = World::fair(13, builtin().build());
        let server = at(RESOLVER_AT);
        world.vouch(RESOLVER, server.ip());
        let answer = answer_of(&format!(r#""{TELEMETRY}":["{TELEMETRY_AT}"]"#), ttl);
        ask(&mut world, server, &request(ASKS, RESOLVER), &answer, Pace::FULL);
        let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
        // The grace that all addresses have, without the moments until here.
        let moments = 20 * SECONDS_5;
        world.run_for(lives + hour - moments);
        assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
        world.run_for(moments);
        assert_passes(&mut world, server, CHANNEL, Seen::Address);
    }
}

#[test]
fn a_name_without_a_rule_is_not_believed_of_a_server_in_plain_http() {
    // Who is on the way says that the address is a bank's, so that telemetry goes by its name.
    let names = format!(r#""bank.example":["{TELEMETRY_AT}"],"{TELEMETRY}":["{TELEMETRY_AT}"]"#);
    let mut world = World::fair(14, builtin().build());
    let server = at(RESOLVER_AT);
    world.vouch(RESOLVER, server.ip());
    let answer = answer_of(&names, r#","ttl":600"#);
    ask(&mut world, server, &request(ASKS, RESOLVER), &answer, Pace::FULL);
    let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
    assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
}

#[test]
fn an_answer_is_read_in_chunks_byte_by_byte_and_behind_another_answer() {
    let chunked = {
        let body = answer().split_once("\r\n\r\n").unwrap().1.to_owned();
        let (first, rest) = body.split_at(40);
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
            rest.len()
        )
    };
    for (answer, pace) in [
        (chunked.clone(), Pace::FULL),
        (chunked, Pace::slow(1, 1)),
        (answer(), Pace::slow(7, 3)),
    ] {
        let mut world = World::fair(2, builtin().build());
        let server = at(RESOLVER_AT);
        world.vouch(RESOLVER, server.ip());
        ask(&mut world, server, &request(ASKS, RESOLVER), &answer, pace);
        let server = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
        assert_refused(&mut world, server, CHANNEL, Seen::HttpDns);
    }
}

#[test]
fn only_what_was_asked_of_a_known_server_is_believed() {
    for (host, server, target) in [
        ("www.example", "203.0.113.81:80", ASKS),
        (RESOLVER, RESOLVER_AT, "/other?list=app.chat.xiaomi.net"),
        (RESOLVER, "203.0.113.80:8081", ASKS),
    ] {
        let mut world = World::fair(3, builtin().build());
        let server = at(server);
        world.vouch(host, server.ip());
        ask(&mut world, server, &request(target, host), &answer(), Pace::FULL);
        let telemetry = SocketAddr::new(TELEMETRY_AT.parse().unwrap(), 7000);
        assert_passes(&mut world, telemetry, CHANNEL, Seen::Address);
    }
}

#[test]
fn a_built_in_address_of_such_a_server_is_known_without_a_name_and_under_nat64() {
    let body = r#"{"info":{"host_list":[{"ip":"198.51.100.66","port":8053}],"enable":1},"sign":"x"}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let target = format!("/gslb?tver=2&id=1&dm={TELEMETRY}&sign=x");
    for (server, prefix) in [
        ("110.43.0.83:80", None),
        ("[64:ff9b::110.43.0.83]:80", None),
        (
            "[2001:db8:64::110.43.0.83]:80",
            Some(("2001:db8:64::".parse().unwrap(), 96)),
        ),
    ] {
        let mut setup = Setup::new(4);
        setup.upstream.nat64_prefix = prefix;
        let mut world = World::new(setup, builtin().build());
        ask(
            &mut world,
            at(server),
            &request(&target, "110.43.0.83"),
            &answer,
            Pace::FULL,
        );
        let telemetry = [
            Some("198.51.100.66:8053".to_owned()),
            Some("[64:ff9b::198.51.100.66]:8053".to_owned()),
            prefix.map(|_| "[2001:db8:64::198.51.100.66]:8053".to_owned()),
        ];
        for telemetry in telemetry.into_iter().flatten() {
            assert_refused(&mut world, at(&telemetry), CHANNEL, Seen::HttpDns);
        }
        assert_passes(&mut world, at("198.51.100.66:8054"), CHANNEL, Seen::Address);
    }
}

#[test]
fn built_in_addresses_of_notifications_are_told_by_address_and_port() {
    // From public code of MiPush's library; the record says where each is known from.
    let built_in = [
        "111.13.141.211:443",
        "39.156.81.172:443",
        "111.202.1.250:443",
        "123.125.102.213:443",
        "42.62.94.2:443",
        "114.54.23.2:5222",
        "111.13.142.2:5222",
        "111.206.200.2:5222",
    ];
    let mut world = World::fair(5, builtin().build());
    for server in built_in {
        let because = assert_passes(&mut world, at(server), CHANNEL, Seen::Address);
        assert!(matches!(because, Because::Feature(_)), "{server}: {because:?}");
    }
    let mut world = World::fair(6, without_push());
    for server in built_in {
        assert_refused(&mut world, at(server), CHANNEL, Seen::Address);
        let other = SocketAddr::new(at(server).ip(), 7000);
        assert_passes(&mut world, other, CHANNEL, Seen::Address);
    }
}

#[test]
fn a_rule_on_an_address_meets_it_in_every_way_that_it_is_written() {
    let rules = || {
        let builder = RulesBuilder::new(Preset::None);
        builder
            .block("192.0.2.0/24")
            .unwrap()
            .block("198.51.100.1:7000")
            .unwrap()
            .build()
    };
    let mut setup = Setup::new(7);
    setup.upstream.nat64_prefix = Some(("2001:db8:64::".parse().unwrap(), 64));
    let mut world = World::new(setup, rules());
    for server in [
        "192.0.2.7:443",
        "192.0.2.7:7000",
        "[64:ff9b::192.0.2.7]:443",
        // RFC 6052 section 2.2: a prefix of 64 bits, then a zero byte.
        "[2001:db8:64:0:c0:2:700:0]:443",
        "198.51.100.1:7000",
        "[64:ff9b::198.51.100.1]:7000",
        "[2001:db8:64:0:c6:3364:100:0]:7000",
    ] {
        assert_refused(&mut world, at(server), CHANNEL, Seen::Address);
        world.phone.send(at(server).port(), at(server), b"x");
        world.run_for(SECONDS_5);
        assert_eq!(world.record.datagrams.len(), 0, "{server}");
    }
    for server in ["198.51.100.1:7001", "192.0.3.7:7000", "[64:ff9b::192.0.3.7]:7000"] {
        assert_passes(&mut world, at(server), CHANNEL, Seen::Address);
    }
}

#[test]
fn an_address_is_refused_in_the_way_that_its_rule_says() {
    let rule = |id, pattern, reply| SourceRule {
        id,
        pattern,
        subdomains: false,
        kind: Kind::Block(Preset::Balanced),
        what: "Refused.",
        reply: Some(reply),
    };
    let source = ListSource::Records {
        title: "test",
        rules: &[
            rule("t/reset", "192.0.2.1", Reply::Reset),
            rule("t/prohibited", "192.0.2.2", Reply::Prohibited),
        ],
        features: &[],
    };
    let list = compiled::open(compiled::build(&[source]).unwrap()).unwrap();
    let rules = RulesBuilder::new(Preset::None).compiled(list).unwrap().build();
    let mut world = World::fair(8, rules);
    let app = connect(&mut world, at("192.0.2.1:7000"), CHANNEL);
    assert!(world.phone.app(app).is_refused());
    assert_eq!(world.phone.icmp.len(), 0);
    connect(&mut world, at("192.0.2.2:7000"), CHANNEL);
    world.phone.send(4_000, at("192.0.2.2:7001"), b"x");
    world.run_for(SECONDS_5);
    assert!(world.phone.icmp.len() > 1);
    // RFC 1812 section 5.2.7.1: administratively prohibited.
    assert!(
        world
            .phone
            .icmp
            .iter()
            .all(|icmp| (icmp.kind, icmp.code) == (3, 13)),
        "{:?}",
        world.phone.icmp
    );
    assert_eq!((world.record.dials.len(), world.record.datagrams.len()), (0, 0));
}
