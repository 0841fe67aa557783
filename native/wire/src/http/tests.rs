use super::*;

fn request(stream: &str) -> Request {
    match Request::parse(stream.as_bytes()) {
        Parsed::Complete(request) => request,
        other => panic!("{other:?} {stream:?}"),
    }
}

/// The host and port of a request with this first line and these fields.
fn host(line: &str, fields: &str) -> Option<(String, Option<u16>)> {
    let request = request(&format!("{line}\r\n{fields}\r\n"));
    request.host.map(|host| (host.as_str().to_owned(), request.port))
}

fn named(host: &str) -> Option<(String, Option<u16>)> {
    Some((host.to_owned(), None))
}

const BROWSER: &str =
    "POST /v1/track?x=1 HTTP/1.1\r\nUser-Agent: a: b\r\nHOST:  Tracking.Example.com \r\nCookie: h\r\n\r\n";

#[test]
fn host_field_is_found_whatever_its_case() {
    let found = request(BROWSER);
    assert_eq!(
        found.host.map(|host| host.to_string()).as_deref(),
        Some("tracking.example.com")
    );
    assert_eq!((found.port, found.head_len), (None, BROWSER.len()));
}

#[test]
fn a_head_cut_off_anywhere_is_incomplete() {
    for stream in [
        BROWSER,
        "GET / HTTP/1.0\n\n",
        "\r\n\r\nCONNECT a.b:443 HTTP/1.1\r\nHost:\r\n a.b\r\n\r\n",
    ] {
        for len in 0..stream.len() {
            assert_eq!(
                Request::parse(&stream.as_bytes()[..len]),
                Parsed::Incomplete,
                "{len} {stream:?}"
            );
        }
        request(stream);
    }
}

#[test]
fn flipped_bytes_never_panic() {
    for at in 0..BROWSER.len() {
        for mask in 1..=u8::MAX {
            let mut flipped = BROWSER.as_bytes().to_vec();
            flipped[at] ^= mask;
            let _ = Request::parse(&flipped);
            let _ = Request::parse_cut_off(&flipped);
        }
    }
}

#[test]
fn the_body_is_not_read() {
    let found = request("POST / HTTP/1.1\r\n\r\nHost: not.this.example\r\n\r\n");
    assert_eq!((found.host, found.head_len), (None, 19));
}

#[test]
fn the_path_and_the_query_of_a_target_are_where_the_request_says() {
    for (line, path) in [
        ("GET /gslb?tver=2&dm=a.b HTTP/1.1", "/gslb?tver=2&dm=a.b"),
        ("GET  /a b  HTTP/1.0", "/a b"),
        (
            "GET http://u@a.b:81/gslb/?x=http://c.d/ HTTP/1.1",
            "/gslb/?x=http://c.d/",
        ),
        ("GET http://a.b?x HTTP/1.1", "?x"),
        ("GET http://a.b HTTP/1.1", ""),
        ("GET /r?u=http://a.b/ HTTP/1.1", "/r?u=http://a.b/"),
        ("OPTIONS * HTTP/1.1", "*"),
        ("GET HTTP/1.1", ""),
        ("CONNECT a.b:443 HTTP/1.1", ""),
    ] {
        let stream = format!("\r\n{line}\r\nHost: a.b\r\n\r\n");
        assert_eq!(&stream[request(&stream).path], path, "{line}");
    }
}

#[test]
fn a_nul_ends_a_host_as_for_a_server_in_c() {
    assert_eq!(host("GET / HTTP/1.1", "Host: a.b\0.c\r\n"), named("a.b"));
    assert_eq!(host("GET / HTTP/1.1", "Host: \0a.b\r\n"), None);
}

#[test]
fn a_port_is_split_off() {
    assert_eq!(
        host("GET / HTTP/1.1", "Host: a.b:8080\r\n"),
        Some(("a.b".to_owned(), Some(8080)))
    );
    assert_eq!(host("GET / HTTP/1.1", "Host: a.b:\r\n"), named("a.b"));
    assert_eq!(
        host("GET / HTTP/1.1", "Host: 10.0.0.1:81\r\n"),
        Some(("10.0.0.1".to_owned(), Some(81)))
    );
    assert_eq!(
        host("GET / HTTP/1.1", "Host: [2001:DB8::1]:81\r\n"),
        Some(("[2001:db8::1]".to_owned(), Some(81)))
    );
    assert_eq!(
        host("GET / HTTP/1.1", "Host: [2001:db8::1]\r\n"),
        named("[2001:db8::1]")
    );
    assert_eq!(
        host("GET / HTTP/1.1", "Host: 2001:db8::1\r\n"),
        named("[2001:db8::1]")
    );
}

#[test]
fn an_absolute_target_goes_before_the_host_field() {
    assert_eq!(host("GET http://a.b/c HTTP/1.1", "Host: d.e\r\n"), named("a.b"));
    assert_eq!(
        host("GET HTTP://u:p@a.b:81?c HTTP/1.1", ""),
        Some(("a.b".to_owned(), Some(81)))
    );
    assert_eq!(
        host("CONNECT a.b:443 HTTP/1.1", "Host: d.e\r\n"),
        Some(("a.b".to_owned(), Some(443)))
    );
    assert_eq!(
        host("GET /to?http://x.y/ HTTP/1.1", "Host: d.e\r\n"),
        named("d.e")
    );
    assert_eq!(host("OPTIONS * HTTP/1.1", "Host: d.e\r\n"), named("d.e"));
}

#[test]
fn lines_may_end_in_a_lone_line_feed_and_be_folded() {
    assert_eq!(
        host("GET / HTTP/1.1\nAccept: x\n y: z\nHost: a.b\nX: y\n", ""),
        named("a.b")
    );
    assert_eq!(host("GET / HTTP/1.1", "Host:\r\n\ta.b\r\n"), named("a.b"));
    assert_eq!(
        host("GET / HTTP/1.1", "X: y\r\n Host: c.d\r\nHost : a.b\r\n"),
        named("a.b")
    );
}

#[test]
fn the_first_host_field_counts() {
    assert_eq!(host("GET / HTTP/1.1", "Host: a.b\r\nHost: c.d\r\n"), named("a.b"));
}

#[test]
fn what_is_no_host_is_none() {
    for bad in [
        "",
        "a b",
        "a/b",
        "<a>",
        "a:b:c",
        "[a",
        "[]",
        "m\u{fc}.b",
        ":80",
        &"a".repeat(300),
    ] {
        assert_eq!(
            host("GET / HTTP/1.1", &format!("Host: {bad}\r\n")),
            None,
            "{bad:?}"
        );
    }
}

#[test]
fn a_target_with_spaces_or_none_at_all_is_still_a_request() {
    assert_eq!(host("GET HTTP/1.1", "Host: a.b\r\n"), named("a.b"));
    assert_eq!(host("GET  HTTP/1.1", "Host: a.b\r\n"), named("a.b"));
    assert_eq!(host("GET /a b' OR 1 HTTP/1.1", "Host: a.b\r\n"), named("a.b"));
}

#[test]
fn a_control_character_in_a_path_hides_no_host() {
    for path in ["/\x01", "/a\x7f\x1b[2J?q=\x08"] {
        assert_eq!(
            host(&format!("GET {path} HTTP/1.1"), "Host: a.b\r\n"),
            named("a.b")
        );
    }
}

#[test]
fn other_protocols_are_a_mismatch() {
    let others: &[&[u8]] = &[
        b"\x16\x03",
        b" GET",
        b"SSH-2.0-x\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"EHLO mail.example\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /simple\r\n",
        b"GET \x00",
        b"GET \x01",
        b"GET /\x00",
        b"NoMethodIsAsLongAsThisOneWhich",
    ];
    for other in others {
        assert_eq!(
            Request::parse(other),
            Parsed::Mismatch,
            "{}",
            other.escape_ascii()
        );
    }
}

#[test]
fn line_ends_before_a_request_hide_nothing_however_many() {
    for count in [1, 3, 500] {
        let mut stream = b"\r\n".repeat(count);
        assert_eq!(Request::parse(&stream), Parsed::Incomplete, "{count}");
        stream.extend_from_slice(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n");
        let Parsed::Complete(request) = Request::parse(&stream) else {
            panic!("{count}");
        };
        assert_eq!(
            request.host.map(|host| host.to_string()).as_deref(),
            Some("a.b"),
            "{count}"
        );
        assert_eq!(request.head_len, stream.len(), "{count}");
    }
}

#[test]
fn a_head_that_is_cut_off_says_what_its_lines_say() {
    let stream = b"GET / HTTP/1.1\r\nHost: a.b\r\nCookie: long";
    assert_eq!(
        Request::parse_cut_off(stream).and_then(|request| request.host),
        Some(Name::from_text("a.b"))
    );
    assert_eq!(
        Request::parse_cut_off(&stream[..20]).map(|request| request.host),
        Some(None)
    );
    assert_eq!(Request::parse_cut_off(&stream[..8]), None);
}

#[test]
fn an_end_is_seen_wherever_the_new_bytes_begin() {
    for stream in [BROWSER, "GET / HTTP/1.0\n\n"] {
        let stream = stream.as_bytes();
        for from in 0..stream.len() {
            assert!(Request::may_have_ended(stream, from));
            assert!(!Request::may_have_ended(&stream[..stream.len() - 1], from));
        }
    }
}

#[test]
fn the_body_is_framed_as_its_fields_say() {
    let body = |line: &str, fields: &str| request(&format!("{line}\r\n{fields}\r\n")).body;
    assert_eq!(body("GET / HTTP/1.1", "Host: a.b\r\n"), Body::Length(0));
    assert_eq!(
        body("POST / HTTP/1.1", "content-length:  42 \r\n"),
        Body::Length(42)
    );
    assert_eq!(body("POST / HTTP/1.1", "Content-Length: x\r\n"), Body::Length(0));
    assert_eq!(
        body(
            "POST / HTTP/1.1",
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"
        ),
        Body::Chunked
    );
    // It says that nothing is done to the body (RFC 2616 section 3.6), and servers still take it so.
    assert_eq!(
        body(
            "POST / HTTP/1.1",
            "Transfer-Encoding: identity\r\nContent-Length: 4\r\n"
        ),
        Body::Length(4)
    );
    assert_eq!(
        body("CONNECT a.b:443 HTTP/1.1", "Content-Length: 4\r\n"),
        Body::Tunnel
    );
}

#[test]
fn hosts_that_differ_are_ambiguous() {
    for (fields, is_ambiguous) in [
        ("Host: a.b\r\n", false),
        ("Host: a.b\r\nAccept: */*\r\nhost:A.B \r\n", false),
        ("Host: a.b\r\nHost: c.d\r\n", true),
        ("Host: a.b\r\nHost: a.b\r\nHost:\r\n", true),
        ("Host:\r\n a.b\r\nHost:\r\n c.d\r\n", true),
    ] {
        let found = request(&format!("GET / HTTP/1.1\r\n{fields}\r\n"));
        assert_eq!(found.is_ambiguous, is_ambiguous, "{fields}");
        assert_eq!(found.host.map(|host| host.to_string()).as_deref(), Some("a.b"));
    }
}
