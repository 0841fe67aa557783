use super::*;

#[path = "../../../../tests/fixtures/client_hello.rs"]
mod client_hello;

use client_hello::Hello;

fn server_name(stream: &[u8]) -> ServerName {
    match ClientHello::parse(stream) {
        Parsed::Complete(hello) => hello.server_name,
        other => panic!("{other:?}"),
    }
}

fn dns(name: &str) -> ServerName {
    ServerName::Dns(Name::from_text(name))
}

#[test]
fn reads_the_name_out_of_one_record() {
    assert_eq!(
        server_name(&Hello::to("Tracking.Example.COM").record()),
        dns("tracking.example.com")
    );
    assert_eq!(
        server_name(&Hello::to("example.com.").record()),
        dns("example.com")
    );
    assert_eq!(
        server_name(&Hello::to("*.example.com").record()),
        dns("*.example.com")
    );
}

#[test]
fn reads_a_hello_of_post_quantum_size() {
    let stream = Hello::browser("www.example.org").record();
    assert!(stream.len() > 1600, "{}", stream.len());
    let Parsed::Complete(hello) = ClientHello::parse(&stream) else {
        panic!()
    };
    assert_eq!(
        hello,
        ClientHello {
            server_name: dns("www.example.org"),
            ech: Some(EchExtension::Outer { config_id: 0x2a })
        }
    );
}

#[test]
fn reads_a_message_split_over_records_of_any_size() {
    let hello = Hello::browser("split.example.org");
    for fragment in 1..hello.message().len() + 1 {
        assert_eq!(
            server_name(&hello.records(fragment)),
            dns("split.example.org"),
            "{fragment}"
        );
    }
}

#[test]
fn bytes_after_the_hello_change_nothing() {
    for fragment in [1, 7, 0x4000] {
        let mut stream = Hello::to("example.com").records(fragment);
        stream.extend(b"\xff\xff early data");
        assert_eq!(server_name(&stream), dns("example.com"));
    }
}

#[test]
fn a_record_longer_than_any_is_read_all_the_same() {
    let mut stream = Hello::to("example.com").record();
    for len in [0x4001_u16, 0x4101, 0xffff] {
        stream[3..5].copy_from_slice(&len.to_be_bytes());
        assert_eq!(server_name(&stream), dns("example.com"), "{len:#x}");
    }
}

#[test]
fn any_record_version_from_ssl3_to_tls13_is_taken() {
    let mut stream = Hello::to("example.com").record();
    for minor in 0..=4 {
        stream[2] = minor;
        assert_eq!(server_name(&stream), dns("example.com"));
    }
    stream[2] = 5;
    assert_eq!(ClientHello::parse(&stream), Parsed::Mismatch);
}

#[test]
fn a_hello_cut_off_anywhere_is_incomplete() {
    for hello in [
        Hello::to("example.com"),
        Hello::browser("www.example.org"),
        Hello::nameless().without_extensions(),
    ] {
        for fragment in [1, 3, 5, 64, 0x4000] {
            let stream = hello.records(fragment);
            if stream.len() > 2000 {
                continue;
            }
            for len in 0..stream.len() {
                assert_eq!(
                    ClientHello::parse(&stream[..len]),
                    Parsed::Incomplete,
                    "{len} of {fragment}"
                );
            }
        }
    }
    let message = Hello::to("example.com").message();
    for len in 0..message.len() {
        assert_eq!(
            ClientHello::parse_message(&message[..len]),
            Parsed::Incomplete,
            "{len}"
        );
    }
    assert!(matches!(
        ClientHello::parse_message(&message),
        Parsed::Complete(_)
    ));
}

#[test]
fn the_least_length_is_never_beyond_the_hello_and_soon_reached() {
    for hello in [
        Hello::to("example.com"),
        Hello::browser("www.example.org").padding(9000),
    ] {
        for fragment in [1, 3, 5, 64, 0x4000] {
            let stream = hello.records(fragment);
            let (mut len, mut parses) = (0, 0);
            while ClientHello::parse(&stream[..len]) == Parsed::Incomplete {
                let least = ClientHello::least_len(&stream[..len]);
                assert!(
                    len < least && least <= stream.len(),
                    "{len} {least} {}",
                    stream.len()
                );
                len = least;
                parses += 1;
            }
            assert!(parses < 80, "{parses} parses with fragments of {fragment}");
        }
    }
}

#[test]
fn flipped_bytes_never_panic_and_never_grow_the_name() {
    for fragment in [100, 0x4000] {
        let stream = Hello::browser("flip.example.org").records(fragment);
        for at in 0..stream.len() {
            for mask in [0x01, 0xff] {
                let mut flipped = stream.clone();
                flipped[at] ^= mask;
                if let Parsed::Complete(ClientHello {
                    server_name: ServerName::Dns(name),
                    ..
                }) = ClientHello::parse(&flipped)
                {
                    assert!(name.as_str().len() <= 253);
                }
                let _ = ClientHello::least_len(&flipped);
            }
        }
    }
}

#[test]
fn what_cannot_become_a_hello_is_a_mismatch_at_its_first_wrong_byte() {
    let wrong: &[(&str, &[u8])] = &[
        ("not a handshake", b"\x17"),
        ("plain text", b"G"),
        ("an SSLv2-compatible hello", b"\x80"),
        ("DTLS", b"\x16\xfe"),
        ("a later version", b"\x16\x03\x05"),
        ("a fatal alert", b"\x15\x03\x01\x00\x02\x02"),
        ("a ServerHello", b"\x16\x03\x01\x00\x80\x02"),
        ("too long a message", b"\x16\x03\x01\x00\x80\x01\x03"),
        ("too short a message", b"\x16\x03\x01\x00\x80\x01\x00\x00\x20"),
        (
            "another legacy version",
            b"\x16\x03\x01\x00\x80\x01\x00\x00\x7c\xfe\xfd",
        ),
        ("an alert between the fragments", b"\x16\x03\x01\x00\x01\x01\x15"),
    ];
    for (what, stream) in wrong {
        assert_eq!(ClientHello::parse(stream), Parsed::Mismatch, "{what}");
        assert_eq!(
            ClientHello::parse(&stream[..stream.len() - 1]),
            Parsed::Incomplete,
            "{what}"
        );
    }
}

#[test]
fn alerts_and_empty_records_that_servers_pass_over_hide_nothing() {
    let alert = b"\x15\x03\x01\x00\x02\x01\x5a";
    let empty = b"\x16\x03\x01\x00\x00";
    let whole = Hello::to("example.com").record();
    let split = Hello::to("example.com").records(40);
    let (first, rest) = split.split_at(5 + 40);
    for stream in [
        [&alert[..], &whole].concat(),
        [&empty[..], alert, empty, &whole].concat(),
        [first, empty, rest].concat(),
        [first, &empty.repeat(30), rest].concat(),
    ] {
        assert_eq!(server_name(&stream), dns("example.com"));
        for len in 0..stream.len() {
            let begun = &stream[..len];
            assert_eq!(ClientHello::parse(begun), Parsed::Incomplete, "{len}");
            let least = ClientHello::least_len(begun);
            assert!(len < least && least <= stream.len(), "{len} {least}");
        }
    }
    // No server passes over so many.
    for many in [
        alert.repeat(33),
        empty.repeat(33),
        [first, &empty.repeat(33)].concat(),
    ] {
        assert_eq!(ClientHello::parse(&many), Parsed::Mismatch);
    }
}

#[test]
fn lengths_that_contradict_the_message_are_a_mismatch() {
    let stream = Hello::to("example.com").record();
    let session_id = 5 + 4 + 2 + 32;
    let cipher_suites = session_id + 33;
    for (at, value) in [
        (session_id, 33),
        (cipher_suites + 1, 5),
        (cipher_suites, 0x7f),
        (stream.len() - 7, 0xff),
    ] {
        let mut stream = stream.clone();
        stream[at] = value;
        assert_eq!(ClientHello::parse(&stream), Parsed::Mismatch, "{at}");
    }
}

#[test]
fn no_name_and_a_bad_name_are_different_facts() {
    assert_eq!(server_name(&Hello::nameless().record()), ServerName::Absent);
    assert_eq!(
        server_name(&Hello::nameless().without_extensions().record()),
        ServerName::Absent
    );
    for bad in [
        "",
        ".",
        "a..b",
        "a b",
        "exa\0mple",
        "m\u{fc}nchen.example",
        "::1",
        &"a.".repeat(130),
        &"a".repeat(64),
    ] {
        assert_eq!(
            server_name(&Hello::to(bad).record()),
            ServerName::Invalid,
            "{bad:?}"
        );
    }
    assert_eq!(
        server_name(&Hello::nameless().raw_server_name_body(&[]).record()),
        ServerName::Invalid
    );
    assert_eq!(
        server_name(&Hello::nameless().raw_server_name_body(&[0, 9, 0]).record()),
        ServerName::Invalid
    );
    assert_eq!(
        server_name(
            &Hello::nameless()
                .raw_server_name(b"\x00\x00\x01a\x00\x00\x01b")
                .record()
        ),
        ServerName::Ambiguous
    );
}

#[test]
fn entries_of_an_unknown_type_are_skipped() {
    assert_eq!(
        server_name(
            &Hello::nameless()
                .raw_server_name(b"\x07\x00\x01x\x00\x00\x03a.b")
                .record()
        ),
        dns("a.b")
    );
}
