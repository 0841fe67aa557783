//! One blocked and one allowed name, on each way that a name shows.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use blocklist::Action;
use simulation::names::{A, AAAA, HTTPS, client_hello, http_get};
use simulation::phone::Socket;
use simulation::rules::{blocking, listing};
use simulation::script::{Ending, Pace, Script, Text};
use simulation::stream::Host;
use simulation::{PHONE_RESOLVER, World};

const SECONDS_5: Duration = Duration::from_secs(5);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn blocked_question_is_answered_here_and_never_asked() {
    for rules in [blocking(&["ads.example"]), listing(&["ads.example"])] {
        let mut world = World::fair(1, rules);
        world
            .internet
            .resolve("ads.example", IpAddr::from([203, 0, 113, 9]));
        let answer = world.ask("ads.example", A).expect("an answer");
        assert_eq!(
            (answer.rcode(), answer.addresses()),
            (0, vec![IpAddr::from([0, 0, 0, 0])])
        );
        assert_eq!(answer.answers[0].ttl, 10);
        let answer = world.ask("AdS.Example", AAAA).expect("an answer");
        assert_eq!(answer.addresses(), [IpAddr::from([0_u16; 8])]);
        assert_eq!(answer.name, "AdS.Example", "the case of the question comes back");
        let answer = world.ask("ads.example", HTTPS).expect("an answer");
        assert_eq!(
            (answer.rcode(), answer.answers.len(), answer.authorities),
            (0, 0, 1)
        );
        assert_eq!(world.record.asks, []);
        assert!(
            world
                .record
                .verdicts
                .iter()
                .all(|verdict| verdict.action == Action::Block)
        );
        assert_eq!(world.record.verdicts.len(), 3);
    }
}

#[test]
fn allowed_question_is_asked_and_answered() {
    let mut world = World::fair(2, blocking(&["ads.example"]));
    let ip = IpAddr::from([203, 0, 113, 9]);
    world.vouch("good.example", ip);
    assert!(world.record.asked("good.example"));
    assert_eq!(world.record.asks.len(), 1);
    let (phone_side, verdict) = (PHONE_RESOLVER, &world.record.verdicts[0]);
    assert_eq!(
        (verdict.action, verdict.remote, verdict.record_type),
        (Action::Allow, phone_side, Some(A))
    );
}

#[test]
fn blocked_server_name_is_reset_and_nothing_leaves() {
    let mut world = World::fair(3, blocking(&["ads.example"]));
    let server = at("203.0.113.9:443");
    world.internet.listen(server, Host::new(Script::echo()));
    let hello = Text::of(&client_hello("ads.example", 300));
    let app = world
        .phone
        .connect(server, Socket::default(), Script::says(hello));
    assert!(world.run_until(SECONDS_5, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.reset);
    assert_eq!(world.record.dials, []);
    assert_eq!(world.record.bytes_to(server), 0);
}

#[test]
fn blocked_host_of_a_plain_request_is_reset_and_nothing_leaves() {
    let mut world = World::fair(4, blocking(&["ads.example"]));
    let server = at("203.0.113.9:80");
    world.internet.listen(server, Host::new(Script::echo()));
    let app = world.phone.connect(
        server,
        Socket::default(),
        Script::says(Text::of(&http_get("x.ads.example"))),
    );
    assert!(world.run_until(SECONDS_5, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.reset);
    assert_eq!((world.record.dials.len(), world.record.bytes_to(server)), (0, 0));
}

#[test]
fn allowed_server_name_flows_through() {
    let mut world = World::fair(5, blocking(&["ads.example"]));
    let hello = client_hello("good.example", 300);
    for (server, vouched) in [(at("203.0.113.9:443"), false), (at("[2001:db8::9]:443"), true)] {
        if vouched {
            world.vouch("good.example", server.ip());
        }
        world.internet.listen(server, Host::new(Script::echo()));
        let said = Text::seeded(9, 100_000).after(&hello);
        let script = Script::says(said.clone()).expecting(said);
        let app = world.phone.connect(server, Socket::default(), script);
        assert!(
            world.run_until(Duration::from_secs(60), |world| world.phone.is_quiet()),
            "{}",
            world.story()
        );
        let app = world.phone.app(app);
        assert!(
            app.is_complete() && app.speaker.heard_all(),
            "{app:?}\n{}",
            world.story()
        );
        assert_eq!(world.record.bytes_to(server), 100_000 + hello.len() as u64);
    }
    assert_eq!(world.engine.stats().tcp_flows, 0);
}

#[test]
fn blocked_name_at_a_vouched_address_is_dialled_but_says_nothing() {
    let mut world = World::fair(6, blocking(&["ads.example"]));
    let server = at("203.0.113.9:443");
    world.vouch("good.example", server.ip());
    world.internet.listen(server, Host::new(Script::echo()));
    let hello = Text::of(&client_hello("ads.example", 300));
    let app = world
        .phone
        .connect(server, Socket::default(), Script::says(hello));
    assert!(world.run_until(SECONDS_5, |world| world.phone.is_quiet()));
    assert!(world.phone.app(app).speaker.reset);
    assert_eq!(
        (world.record.dials_to(server), world.record.bytes_to(server)),
        (1, 0)
    );
    world.run_for(SECONDS_5);
    assert_eq!(world.record.closes.len(), 1, "the socket was closed");
}

#[test]
fn name_shown_on_any_other_port_is_judged_too() {
    let mut world = World::fair(7, blocking(&["ads.example"]));
    for (server, opening) in [
        (at("203.0.113.9:9999"), client_hello("ads.example", 300)),
        (at("203.0.113.9:8888"), http_get("ads.example")),
    ] {
        world.internet.listen(server, Host::new(Script::echo()));
        let app = world
            .phone
            .connect(server, Socket::default(), Script::says(Text::of(&opening)));
        assert!(world.run_until(SECONDS_5, |world| world.phone.is_quiet()));
        assert!(world.phone.app(app).speaker.reset);
        assert_eq!(world.record.bytes_to(server), 0);
    }
}

#[test]
fn hello_or_head_beyond_the_limit_does_not_hide_its_name() {
    let head = [
        b"GET / HTTP/1.1\r\nCookie: ",
        &[b'a'; 17_000][..],
        b"\r\nHost: ads.example\r\n\r\n",
    ]
    .concat();
    for (port, opening) in [
        (443, client_hello("ads.example", 17_000)),
        (9_999, client_hello("ads.example", 17_000)),
        (80, head),
    ] {
        let mut world = World::fair(7, blocking(&["ads.example"]));
        let server = SocketAddr::from(([203, 0, 113, 9], port));
        world.internet.listen(server, Host::new(Script::echo()));
        let app = world
            .phone
            .connect(server, Socket::default(), Script::says(Text::of(&opening)));
        let quiet = world.run_until(SECONDS_5, |world| world.phone.is_quiet());
        assert!(quiet, "{port}\n{}", world.story());
        assert!(world.phone.app(app).speaker.reset, "{port}");
        assert_eq!(world.record.bytes_to(server), 0, "{port}");
    }
}

#[test]
fn each_request_of_a_kept_alive_connection_is_judged() {
    let good = http_get("good.example");
    for requests in [1, 3, 40, 200] {
        let mut world = World::fair(8, blocking(&["ads.example"]));
        let server = at("203.0.113.9:80");
        world.internet.listen(server, Host::new(Script::echo()));
        let mut said = good.repeat(requests);
        said.extend(http_get("x.ads.example"));
        let app = world
            .phone
            .connect(server, Socket::default(), Script::says(Text::of(&said)));
        assert!(world.run_until(SECONDS_5, |world| world.phone.is_quiet()));
        assert!(world.phone.app(app).speaker.reset, "{requests}");
        let left = world.record.bytes_to(server);
        assert!(left <= (good.len() * requests) as u64, "{requests}: {left}");
    }
}

#[test]
fn request_behind_a_chunked_body_is_judged() {
    let head = b"POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [b"7d0;x=y\r\n", &[b'a'; 2_000][..], b"\r\n"].concat();
    for (chunks, host, blocked) in [
        (1, "ads.example", true),
        (100, "ads.example", true),
        (100, "other.example", false),
    ] {
        let post = [&head[..], &chunk.repeat(chunks), b"0\r\nExpires: 0\r\n\r\n"].concat();
        for piece in [post.len(), 700] {
            let mut world = World::fair(11, blocking(&["ads.example"]));
            let server = at("203.0.113.9:80");
            world.internet.listen(server, Host::new(Script::echo()));
            let said = Text::of(&[&post[..], &http_get(host)].concat());
            let script = Script::says(said).writing(Pace::slow(piece, 1));
            let app = world.phone.connect(server, Socket::default(), script);
            let quiet = world.run_until(Duration::from_secs(60), |world| world.phone.is_quiet());
            assert!(quiet, "{chunks} {host} {piece}\n{}", world.story());
            assert_eq!(world.phone.app(app).speaker.reset, blocked, "{chunks} {host}");
            let left = world.record.bytes_to(server);
            let allowed = post.len() + if blocked { 0 } else { http_get(host).len() };
            assert!(left <= allowed as u64 && (blocked || left == allowed as u64));
        }
    }
}

#[test]
fn allowed_requests_and_what_follows_an_upgrade_flow_through() {
    let mut world = World::fair(9, blocking(&["ads.example"]));
    let server = at("203.0.113.9:80");
    world.internet.listen(server, Host::new(Script::echo()));
    let mut head = http_get("good.example").repeat(50);
    head.extend(http_get("other.example").repeat(50));
    head.extend([0x81, 0x05]);
    let said = Text::seeded(9, 100_000).after(&head);
    let script = Script::says(said.clone()).expecting(said);
    let app = world.phone.connect(server, Socket::default(), script);
    assert!(
        world.run_until(Duration::from_secs(60), |world| world.phone.is_quiet()),
        "{}",
        world.story()
    );
    assert!(world.phone.app(app).is_complete());
    assert_eq!(world.record.bytes_to(server), 100_000 + head.len() as u64);
}

#[test]
fn request_with_two_hosts_is_reset_and_nothing_leaves() {
    let two = b"GET / HTTP/1.1\r\nHost: good.example\r\nHost: ads.example\r\n\r\n";
    for ending in [Ending::WhenSaid, Ending::Never] {
        for len in [two.len(), two.len() - 2] {
            let mut world = World::fair(10, blocking(&["ads.example"]));
            let server = at("203.0.113.9:80");
            world.internet.listen(server, Host::new(Script::echo()));
            let said = Script::says(Text::of(&two[..len])).ending(ending);
            let app = world.phone.connect(server, Socket::default(), said);
            world.run_for(Duration::from_secs(20));
            assert!(world.phone.app(app).speaker.reset);
            assert_eq!(world.record.bytes_to(server), 0);
        }
    }
}

#[test]
fn what_a_proxy_is_asked_to_connect_to_is_judged_and_so_is_what_is_said_behind_it() {
    let connect = |host: &str| format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n");
    for (asked, said, refused) in [
        ("ads.example", client_hello("good.example", 300), true),
        ("203.0.113.5", client_hello("ads.example", 300), true),
        ("good.example", http_get("ads.example"), true),
        ("good.example", client_hello("good.example", 300), false),
        ("good.example", b"SSH-2.0-x\r\n".to_vec(), false),
    ] {
        let mut world = World::fair(12, blocking(&["ads.example"]));
        let proxy = at("203.0.113.9:8080");
        world.internet.listen(proxy, Host::new(Script::echo()));
        let (head, length) = (connect(asked), said.len());
        let turns = [head.as_bytes(), &said].concat();
        let app = world
            .phone
            .connect(proxy, Socket::default(), Script::says(Text::of(&turns)));
        world.run_for(SECONDS_5);
        assert_eq!(world.phone.app(app).speaker.reset, refused, "{asked} {length}");
        let left = world.record.bytes_to(proxy);
        assert_eq!(left == turns.len() as u64, !refused, "{asked} {left}");
    }
}

#[test]
fn what_a_socks_proxy_is_asked_for_is_judged_and_so_is_what_is_said_behind_it() {
    let ask = |host: &str| {
        let request = [
            &b"\x05\x01\x00\x03"[..],
            &[host.len() as u8],
            host.as_bytes(),
            &[0, 80],
        ]
        .concat();
        [&b"\x05\x01\x00"[..], &request].concat()
    };
    for (asked, said, refused) in [
        ("ads.example", http_get("good.example"), true),
        ("good.example", http_get("ads.example"), true),
        ("good.example", client_hello("ads.example", 300), true),
        ("good.example", http_get("good.example"), false),
        ("good.example", b"SSH-2.0-x\r\n".to_vec(), false),
    ] {
        // The greeting comes alone, as its client waits for the proxy; or in pieces, even so late that the first was let go.
        for pace in [
            Pace::slow(3, 1),
            Pace::slow(2, 1),
            Pace::slow(1, 1),
            Pace::slow(2, 150),
        ] {
            let mut world = World::fair(12, blocking(&["ads.example"]));
            let proxy = at("203.0.113.9:1080");
            world.internet.listen(proxy, Host::new(Script::echo()));
            let turns = [ask(asked), said.clone()].concat();
            let script = Script::says(Text::of(&turns)).writing(pace);
            let app = world.phone.connect(proxy, Socket::default(), script);
            world.run_for(12 * SECONDS_5);
            assert_eq!(world.phone.app(app).speaker.reset, refused, "{asked} {pace:?}");
            let left = world.record.bytes_to(proxy);
            assert!(left >= 3, "the greeting goes: {pace:?}");
            assert_eq!(left == turns.len() as u64, !refused, "{asked} {left} {pace:?}");
        }
    }
}
