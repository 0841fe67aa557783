use super::*;

use crate::inspect::client_hello::Hello;

const REQUEST: &[u8] =
    b"GET /a HTTP/1.1\r\nAccept: */*\r\nHost: tracking.example.com:80\r\nCookie: x\r\n\r\n";

fn sni(name: &str) -> Finding {
    Finding::Name(Name::from_text(name), Seen::Sni)
}

fn host(name: &str) -> Finding {
    Finding::Name(Name::from_text(name), Seen::Host)
}

/// The first finding that is one, and how many pieces it took.
fn inspect<'a>(pieces: impl IntoIterator<Item = (usize, &'a [u8])>) -> (Finding, usize) {
    let mut inspection = Inspection::default();
    let mut count = 0;
    for (offset, bytes) in pieces {
        count += 1;
        match inspection.push(offset as u64, bytes) {
            Finding::NeedMore => {}
            finding => return (finding, count),
        }
    }
    (Finding::NeedMore, count)
}

fn chunks(stream: &[u8], size: usize) -> Vec<(usize, &[u8])> {
    stream
        .chunks(size)
        .enumerate()
        .map(|(i, chunk)| (i * size, chunk))
        .collect()
}

#[test]
fn whole_hello_in_the_first_slice_is_not_copied() {
    let mut inspection = Inspection::default();
    assert_eq!(
        inspection.push(0, &Hello::browser("www.example.org").record()),
        sni("www.example.org")
    );
    assert_eq!(inspection.held(), 0);
}

#[test]
fn name_is_found_whatever_the_segments() {
    let hello = Hello::browser("www.example.org").records(700);
    for size in [1, 2, 7, 100, 536, 1460] {
        assert_eq!(inspect(chunks(&hello, size)).0, sni("www.example.org"), "{size}");
        assert_eq!(
            inspect(chunks(REQUEST, size)).0,
            host("tracking.example.com"),
            "{size}"
        );
        assert_eq!(
            inspect(chunks(&hello, size).into_iter().rev()).0,
            sni("www.example.org"),
            "{size}"
        );
        assert_eq!(
            inspect(chunks(REQUEST, size).into_iter().rev()).0,
            host("tracking.example.com"),
            "{size}"
        );
    }
}

#[test]
fn nothing_is_said_before_the_last_byte() {
    let hello = Hello::browser("www.example.org").records(700);
    for stream in [&hello[..], REQUEST] {
        let (finding, count) = inspect(chunks(stream, 1));
        assert!(matches!(finding, Finding::Name(..)));
        assert_eq!(count, stream.len());
        for len in 0..stream.len() {
            assert_eq!(inspect([(0, &stream[..len])]).0, Finding::NeedMore, "{len}");
        }
    }
}

#[test]
fn first_arrival_wins() {
    let mut later = REQUEST.to_vec();
    later.make_ascii_uppercase();
    let pieces = [
        (0, &REQUEST[..60]),
        (0, &later[..60]),
        (20, &later[20..60]),
        (60, &REQUEST[60..]),
    ];
    assert_eq!(inspect(pieces).0, host("tracking.example.com"));
}

#[test]
fn other_protocols_are_undecidable_at_once() {
    for other in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\0\0\0\x2a",
        b"\x13BitTorrent protocol",
        b"EHLO a.b\r\n",
    ] {
        assert_eq!(
            inspect([(0, other)]).0,
            Finding::Undecidable(Undecidable::Unrecognised)
        );
    }
}

#[test]
fn hello_or_request_without_a_name_is_nameless() {
    assert_eq!(
        inspect([(0, &Hello::nameless().record()[..])]).0,
        Finding::Undecidable(Undecidable::Nameless)
    );
    assert_eq!(
        inspect([(0, &b"GET / HTTP/1.0\r\n\r\n"[..])]).0,
        Finding::Undecidable(Undecidable::Nameless)
    );
}

#[test]
fn a_hello_with_two_names_is_ambiguous() {
    let two = Hello::nameless().raw_server_name(b"\x00\x00\x03a.b\x00\x00\x03c.d");
    let ambiguous = Finding::Undecidable(Undecidable::Ambiguous);
    assert_eq!(inspect([(0, &two.record()[..])]).0, ambiguous);
}

#[test]
fn what_exceeds_the_limit_is_undecidable_and_bounded() {
    let hello = Hello::to("example.com").padding(LIMIT).records(9000);
    for size in [1, 1000, hello.len()] {
        let pieces = chunks(&hello[..LIMIT], size);
        assert_eq!(
            inspect(pieces).0,
            Finding::Undecidable(Undecidable::TooLong),
            "{size}"
        );
    }
    assert_eq!(inspect([(0, &hello[..LIMIT - 1])]).0, Finding::NeedMore);

    let line = [b"GET /", &[b'a'; 2 * LIMIT][..]].concat();
    for size in [1, 1000, line.len()] {
        assert_eq!(
            inspect(chunks(&line, size)).0,
            Finding::Undecidable(Undecidable::TooLong),
            "{size}"
        );
    }
}

#[test]
fn name_of_a_hello_beyond_the_limit_is_still_found() {
    let hello = Hello::to("a.example").trailing(LIMIT).records(9000);
    for size in [1, 1000, hello.len()] {
        assert_eq!(
            inspect(chunks(&hello[..LIMIT], size)).0,
            sni("a.example"),
            "{size}"
        );
    }
}

#[test]
fn host_of_a_head_beyond_the_limit_is_still_found() {
    let head = [b"GET / HTTP/1.1\r\nHost: a.b\r\nCookie: ", &[b'a'; 2 * LIMIT][..]].concat();
    for size in [1, 1000, head.len()] {
        assert_eq!(inspect(chunks(&head, size)).0, host("a.b"), "{size}");
    }
}

#[test]
fn after_a_reset_the_next_request_is_read() {
    let post = b"POST /b HTTP/1.1\r\nHost: b.example\r\nContent-Length: 5\r\n\r\nGET /";
    let last = b"GET /c HTTP/1.1\r\nHost: c.example\r\n\r\n";
    let stream = [REQUEST, post, last].concat();
    for size in [1, 10, 200, stream.len()] {
        for reverse in [false, true] {
            let mut pieces = chunks(&stream, size);
            if reverse {
                pieces.reverse();
            }
            let mut inspection = Inspection::default();
            let mut names = Vec::new();
            for (offset, bytes) in pieces {
                let mut finding = inspection.push(offset as u64, bytes);
                while let (Finding::Name(name, Seen::Host), Next::At(next)) = (finding, inspection.next()) {
                    names.push(name.to_string());
                    inspection.reset(next);
                    finding = inspection.push(offset as u64, bytes);
                }
            }
            assert_eq!(
                names,
                ["tracking.example.com", "b.example", "c.example"],
                "{size} {reverse}"
            );
        }
    }
}

#[test]
fn behind_chunks_the_next_request_is_read() {
    let head = b"POST /b HTTP/1.1\r\nHost: b.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    let data = [
        b"9c40\r\n",
        &b"GET / HTTP/1.1\r\n".repeat(2_500)[..],
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let stream = [&head[..], &data, REQUEST].concat();
    for size in [1, 10, 1_460, LIMIT, stream.len()] {
        let (mut inspection, mut names) = (Inspection::default(), Vec::new());
        let mut next = Next::Never;
        for (offset, bytes) in chunks(&stream, size) {
            while let Finding::Name(name, Seen::Host) = inspection.push(offset as u64, bytes) {
                names.push(name.to_string());
                next = inspection.next();
                if !inspection.advance() {
                    break;
                }
            }
        }
        assert_eq!(names, ["b.example", "tracking.example.com"], "{size}");
        assert_eq!(next, Next::At(stream.len() as u64), "{size}");
    }
}

#[test]
fn behind_a_hello_nothing_is_read() {
    let mut inspection = Inspection::default();
    inspection.push(0, &Hello::to("example.com").record());
    assert_eq!(inspection.next(), Next::Never);
}

#[test]
fn what_is_said_first_in_a_tunnel_is_read() {
    let connect = b"CONNECT a.b:443 HTTP/1.1\r\n\r\n";
    let mut inspection = Inspection::default();
    assert_eq!(inspection.push(0, connect), host("a.b"));
    assert_eq!(inspection.next(), Next::At(connect.len() as u64));
}
