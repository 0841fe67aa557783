//! `hushwall lists lint --live` beside a resolver on loopback.
#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests, too")]

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use wire::dns::{Query, Reply, emit_reply};

/// Two siblings of which one is gone, a lead, a tombstone and an address.
const RECORDS: &str = r#"schema = 1
title = "T"
about = "A."
role = "block"
function = "usage"

[source.a]
kind = "report"
url = "https://example.com/a"
tried = true
read = "2026-11-20"
says = "S."

[[rule]]
id = "address"
address = "198.100.50.7"
ports = [443]
sends = "S."
breaks = "none"
evidence = ["a"]
status = "shipped"

[[rule]]
id = "family"
names = { gone = "gone.mistat.xiaomi.com", here = "here.mistat.xiaomi.com" }
match = "exact"
sends = "S."
breaks = "none"
evidence = ["a"]
status = "shipped"

[[rule]]
id = "lead"
name = "lead.mistat.xiaomi.com"
match = "exact"
sends = "S."
breaks = "unknown"
note = "a capture is wanted"
status = "lead"

[[rule]]
id = "tombstone"
name = "tombstone.mistat.xiaomi.com"
match = "exact"
sends = "S."
breaks = "unknown"
note = "a slip"
status = "retired"
"#;

struct Resolver {
    address: String,
    /// The names that it was asked for.
    asked: Arc<Mutex<BTreeSet<String>>>,
}

/// A resolver that answers a name so; with `None` it does not.
fn resolver(reply: fn(&str) -> Option<Reply>) -> Resolver {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let asked = Arc::<Mutex<BTreeSet<String>>>::default();
    let heard = asked.clone();
    thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut message) {
            let query = Query::parse(&message[..len]).unwrap();
            let name = query.name.to_string();
            let reply = reply(&name);
            heard.lock().unwrap().insert(name);
            if let Some(reply) = reply {
                socket
                    .send_to(&emit_reply(&message[..len], &query, reply), from)
                    .unwrap();
            }
        }
    });
    Resolver { address, asked }
}

/// Exists, but for what begins with `gone`.
fn honest(name: &str) -> Option<Reply> {
    Some(match name.starts_with("gone") {
        true => Reply::NxDomain { ttl: 60 },
        false => Reply::NoData { ttl: 60 },
    })
}

/// Exit code, stdout and stderr of a lint of the records above, with more arguments.
fn lint(test: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("x.toml"), RECORDS).unwrap();
    std::fs::write(
        folder.join("old.toml"),
        RECORDS.replace("here.mistat", "old.mistat"),
    )
    .unwrap();
    std::fs::write(folder.join("hosts.txt"), "0.0.0.0 ads.example.com\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hushwall"))
        .args(["lists", "lint", "--alone"])
        .args(arguments)
        .current_dir(&folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_name_that_does_not_exist_is_advice_and_no_failure() {
    let resolver = resolver(honest);
    let live = ["x.toml", "--live", "--resolver", &resolver.address];
    let (code, out, error) = lint("live-gone", &live);
    assert_eq!(code, 0, "{out}{error}");
    assert!(
        out.starts_with("x.toml:") && out.contains(": advice[live]: rule `x/family-gone`"),
        "{out}"
    );
    assert_eq!(out.matches("[live]").count(), 1, "{out}");
    assert!(error.contains("2 exist, 1 do not"), "{error}");
    let asked: Vec<String> = resolver.asked.lock().unwrap().iter().cloned().collect();
    let names = [
        "example.com",
        "gone.mistat.xiaomi.com",
        "here.mistat.xiaomi.com",
        "lead.mistat.xiaomi.com",
    ];
    assert_eq!(asked, names, "neither the tombstone nor anything else");
    for name in names {
        assert!(error.contains(name), "what is asked for is said: {error}");
    }
    assert!(error.contains(&resolver.address), "and whom: {error}");
}

#[test]
fn the_advice_is_a_note_in_sarif_and_a_notice_on_github() {
    let resolver = resolver(honest);
    let live = ["x.toml", "--live", "--resolver", &resolver.address, "--format"];
    let (code, out, _) = lint("live-github", &[&live[..], &["github"]].concat());
    assert_eq!(code, 0);
    assert!(
        out.contains("::notice file=x.toml,") && out.contains("title=live::"),
        "{out}"
    );
    let (code, out, _) = lint("live-sarif", &[&live[..], &["sarif"]].concat());
    assert_eq!(code, 0);
    let sarif: serde_json::Value = serde_json::from_str(&out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let live: Vec<_> = results
        .iter()
        .filter(|result| result["ruleId"] == "live")
        .collect();
    assert_eq!(live.len(), 1, "{out}");
    assert_eq!(live[0]["level"], "note");
}

#[test]
fn names_that_are_not_new_are_not_asked_for() {
    let resolver = resolver(honest);
    let live = ["x.toml", "--live", "--resolver", &resolver.address];
    let (code, out, _) = lint("live-since", &[&live[..], &["--since", "old.toml"]].concat());
    assert_eq!((code, out.contains("[live]")), (0, false), "{out}");
    let asked: Vec<String> = resolver.asked.lock().unwrap().iter().cloned().collect();
    assert_eq!(asked, ["example.com", "here.mistat.xiaomi.com"]);
    let (code, _, error) = lint("live-since", &[&live[..], &["--since", "x.toml"]].concat());
    assert_eq!((code, error.contains("nobody is asked")), (0, true), "{error}");
}

#[test]
fn a_resolver_that_sees_no_internet_or_is_silent_makes_no_name_dead() {
    for (reply, why) in [
        (
            (|_| Some(Reply::NxDomain { ttl: 60 })) as fn(&str) -> Option<Reply>,
            "it sees no internet: liveness not known",
        ),
        (
            |_| Some(Reply::ServFail),
            "it sees no internet: liveness not known",
        ),
        (|_| None, "no resolver answered: liveness not known"),
    ] {
        let resolver = resolver(reply);
        let (code, out, error) = lint(
            "live-offline",
            &["x.toml", "--live", "--resolver", &resolver.address],
        );
        assert_eq!((code, out.contains("[live]")), (0, false), "{out}");
        assert!(error.contains(why), "{error}");
        let asked: Vec<String> = resolver.asked.lock().unwrap().iter().cloned().collect();
        assert_eq!(asked, ["example.com"]);
    }
}

#[test]
fn names_that_a_filter_answers_are_not_known() {
    let resolver = resolver(|name| {
        Some(match name.ends_with("xiaomi.com") {
            true => Reply::ZeroAddress { ttl: 60 },
            false => Reply::NoData { ttl: 60 },
        })
    });
    let live = ["x.toml", "--live", "--resolver", &resolver.address];
    let (code, out, error) = lint("live-filter", &live);
    assert_eq!((code, out.contains("[live]")), (0, false), "{out}");
    assert!(error.contains("3 not known (a filter answered)"), "{error}");
}

#[test]
fn who_to_ask_is_nothing_without_the_flag_and_lists_of_others_are_not_asked_for() {
    let (code, _, error) = lint("live-flag", &["x.toml", "--resolver", "127.0.0.1:5"]);
    assert_eq!((code, error.contains("--live")), (2, true), "{error}");
    let (code, _, error) = lint(
        "live-hosts",
        &["hosts.txt", "--live", "--resolver", "127.0.0.1:5"],
    );
    assert_eq!(
        (code, error.contains("hosts.txt is a list of another tool")),
        (2, true),
        "{error}"
    );
}
