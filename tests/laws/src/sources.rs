//! What stands in the sources.

use crate::house::{is_test_file, rust_files, without_tests};

/// Lines of a file that are not tests: what a reader holds in one sitting.
const LONGEST: usize = 500;

/// What must not be in a log line above DEBUG: names, addresses, apps.
const PRIVATE: [&str; 19] = [
    "name", "names", "domain", "host", "sni", "query", "question", "addr", "address", "ip", "remote", "peer",
    "to", "from", "resolver", "app", "owner", "verdict", "notice",
];

#[test]
fn no_file_outgrows_a_sitting() {
    for (path, text) in rust_files("native").into_iter().chain(rust_files("tests")) {
        let lines = without_tests(&text).lines().count();
        assert!(
            is_test_file(&path) || lines <= LONGEST,
            "{path} has {lines} lines without its tests"
        );
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in rust_files("native") {
        assert!(
            is_test_file(&path) || text.starts_with("//!"),
            "{path} does not begin with `//!`"
        );
    }
}

#[test]
fn one_file_knows_hickory() {
    for (path, text) in rust_files("native") {
        let knows = without_tests(&text).contains("hickory_proto");
        assert!(
            !knows || is_test_file(&path) || path == "native/wire/src/dns/answer.rs",
            "{path} uses hickory_proto"
        );
    }
}

#[test]
fn one_file_knows_the_tun_crate() {
    for (path, text) in rust_files("native") {
        let knows = text.contains("tun::create") || text.contains("tun::Configuration");
        assert!(
            !knows || path == "native/tunnel/src/device.rs",
            "{path} uses the tun crate"
        );
    }
}

/// Sockets of the product are tunnel's. One more asks resolvers, for a maintainer who says `lists lint --live`.
#[test]
fn nothing_but_the_data_path_and_one_tool_of_maintainers_opens_a_socket() {
    const ASKS: &str = "native/cli/src/lists/lint/ask.rs";
    let mut asks = false;
    for (path, text) in rust_files("native") {
        let opens = [
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "ToSocketAddrs",
            "to_socket_addrs",
        ]
        .into_iter()
        .any(|socket| without_tests(&text).contains(socket));
        asks |= opens && path == ASKS;
        assert!(
            !opens || is_test_file(&path) || path.starts_with("native/tunnel/") || path == ASKS,
            "{path} opens a socket"
        );
    }
    assert!(asks, "{ASKS} is the file that asks");
}

#[test]
fn pure_crates_touch_no_system() {
    for folder in [
        "native/wire/src",
        "native/engine/src",
        "native/blocklist/src",
        "native/records/src",
        "native/curation/src",
    ] {
        for (path, text) in rust_files(folder) {
            let used = system_used(without_tests(&text));
            assert!(is_test_file(&path) || used.is_none(), "{path} uses {used:?}");
        }
    }
}

#[test]
fn law_on_purity_sees_grouped_uses() {
    for source in [
        "use std::fs;",
        "let text = std::fs::read(path);",
        "use std::{fs, io};",
        "use std::{\n    collections::{BTreeMap, BTreeSet},\n    thread::Builder,\n};",
        "use std::{io, {os::unix::net::UnixStream, fmt}};",
        "use std as system;",
        "use std::*;",
        "use std::time::{Duration, Instant};",
    ] {
        assert!(system_used(source).is_some(), "{source}");
    }
    for source in [
        "use std::{fmt, io::IoSlice, net::{IpAddr, SocketAddr}};",
        "use std::collections::{BTreeMap, BTreeSet};\nfn thread() { process(fs) }",
    ] {
        assert_eq!(system_used(source), None, "{source}");
    }
}

/// What of the system a source uses: by its full path, or in a group behind `std::`.
fn system_used(text: &str) -> Option<&str> {
    const BANNED: [&str; 14] = [
        "std::fs",
        "std::thread",
        "std::process",
        "std::os::",
        "std::env::",
        "use std as ",
        "use std::*",
        "Instant",
        "SystemTime",
        "UdpSocket",
        "TcpStream",
        "TcpListener",
        "UnixStream",
        "UnixDatagram",
    ];
    let groups = text
        .match_indices("use std::{")
        .filter_map(|(at, _)| text[at..].split(';').next());
    let grouped = groups
        .flat_map(|group| group.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'))
        .find(|word| ["fs", "thread", "process", "os", "env"].contains(word));
    grouped.or_else(|| BANNED.into_iter().find(|banned| text.contains(banned)))
}

#[test]
fn unsafe_stays_where_a_system_call_forces_it() {
    for (path, text) in rust_files("native") {
        let unsafe_blocks = text
            .lines()
            .any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
        assert!(
            !unsafe_blocks || path.starts_with("native/tunnel/") || path.starts_with("native/jni/"),
            "{path} has unsafe code"
        );
    }
}

#[test]
fn no_log_line_above_debug_carries_what_is_private() {
    for (path, text) in rust_files("native") {
        for level in ["info!", "warn!", "error!"] {
            for call in calls(without_tests(&text), level) {
                for word in words(call) {
                    assert!(
                        !PRIVATE.contains(&word),
                        "{path}: {level} carries `{word}`: {call}"
                    );
                }
            }
        }
    }
}

#[test]
fn law_on_logs_sees_fields_captures_and_arguments() {
    let found = |source: &'static str| {
        calls(source, "warn!")
            .into_iter()
            .flat_map(words)
            .any(|word| PRIVATE.contains(&word))
    };
    assert!(found(r#"tracing::warn!(%name, "refused");"#));
    assert!(found(r#"warn!("refused {name}");"#));
    assert!(found("warn!(\n    peer = ?flow.remote,\n    \"refused\"\n);"));
    assert!(found(r#"warn!("refused {}", host(x));"#));
    assert!(!found(
        r#"warn!(%error, count = 3, "the name (or address) is told at DEBUG only");"#
    ));
}

/// The arguments of every call of a macro, which end at the parenthesis that closes them.
fn calls<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&format!("{name}(")) {
        let arguments = &text[at + name.len() + 1..];
        let (mut depth, mut quoted, mut escaped) = (1, false, false);
        for (end, byte) in arguments.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'(' if !quoted => depth += 1,
                b')' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                found.push(&arguments[..end]);
                break;
            }
        }
    }
    found
}

/// The identifiers outside of string literals, and those that a literal captures in braces.
fn words(arguments: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (part, piece) in arguments.split('"').enumerate() {
        if part % 2 == 0 {
            found.extend(piece.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'));
        } else {
            let captures = piece
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split(['}', ':']).next());
            found.extend(captures);
        }
    }
    found
}
