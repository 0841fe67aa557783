use super::*;

/// `GET / http`, with this authority as a literal that is kept.
fn get(authority: &str) -> Vec<u8> {
    [
        &b"\x82\x84\x86\x41"[..],
        &[authority.len() as u8],
        authority.as_bytes(),
    ]
    .concat()
}

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &[0, 0, 0, 1], payload].concat()
}

/// All blocks of a stream that arrives in pieces of this size: host, ambiguous, request.
fn blocks(stream: &[u8], size: usize) -> Vec<(Option<String>, bool, bool)> {
    let (mut found, mut requests) = (Vec::new(), Requests::default());
    let mut rest = stream;
    loop {
        let (mut frames, mut passed) = (Frames::default(), 0);
        let begin = rest.chunks(size).find_map(|piece| {
            let end = frames.push(piece).map(|end| passed + end);
            passed += piece.len();
            end
        });
        let Some(begin) = begin else { return found };
        rest = &rest[begin..];
        match requests.parse(&mut frames.block(), rest) {
            Parsed::Complete(block) => {
                let host = block.host.map(|host| host.to_string());
                found.push((host, block.is_ambiguous, block.is_request));
                rest = &rest[block.len..];
            }
            _ => return found,
        }
    }
}

fn named(host: &str) -> (Option<String>, bool, bool) {
    (Some(host.to_owned()), false, true)
}

const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";

#[test]
fn each_request_of_a_connection_is_found_whatever_the_pieces() {
    let stream = [
        SETTINGS,
        &frame(HEADERS, END_HEADERS, &get("A.example:8080")),
        &frame(0, 0, b"body that looks like \0\0\x01\x01\x04"),
        // The same authority, out of the table.
        &frame(HEADERS, END_HEADERS, b"\x82\x84\x86\xbe"),
        &frame(8, 0, &[0, 0, 1, 0]),
        &frame(HEADERS, END_HEADERS, &get("b.example")),
    ]
    .concat();
    let expected = [named("a.example"), named("a.example"), named("b.example")];
    for size in 1..=stream.len() {
        assert_eq!(blocks(&stream, size), expected, "{size}");
    }
}

#[test]
fn padding_priority_and_continuations_are_taken_off() {
    let block = get("a.example");
    let padded = [&[3, 0x80, 0, 0, 0, 16][..], &block[..5], &[0; 3]].concat();
    let stream = [
        frame(HEADERS, PADDED | PRIORITY, &padded),
        frame(CONTINUATION, 0, &[]),
        frame(CONTINUATION, 0, &block[5..9]),
        frame(CONTINUATION, END_HEADERS, &block[9..]),
        frame(HEADERS, END_HEADERS, &get("b.example")),
    ]
    .concat();
    assert_eq!(blocks(&stream, 7), [named("a.example"), named("b.example")]);
}

#[test]
fn two_hosts_are_ambiguous_and_trailers_are_no_request() {
    let two = [&get("a.example")[..], b"\x66\x09b.example"].concat();
    let same = [&get("a.example")[..], b"\x66\x09A.example"].concat();
    let stream = [
        frame(HEADERS, END_HEADERS, &two),
        frame(HEADERS, END_HEADERS, &same),
        frame(HEADERS, END_HEADERS, b"\x00\x01x\x01y"),
        frame(HEADERS, END_HEADERS, b"\x82\x84\x86"),
    ]
    .concat();
    let expected = [
        (Some("a.example".to_owned()), true, true),
        named("a.example"),
        (None, false, false),
        (None, false, true),
    ];
    assert_eq!(blocks(&stream, 100), expected);
}

#[test]
fn a_block_cut_off_anywhere_is_incomplete_and_what_cannot_be_one_is_a_mismatch() {
    let block = get("a.example");
    let stream = [
        frame(HEADERS, 0, &block[..5]),
        frame(CONTINUATION, END_HEADERS, &block[5..]),
    ]
    .concat();
    let mut frames = Frames::default();
    assert_eq!(frames.push(&stream), Some(FRAME_HEADER));
    let rest = &stream[FRAME_HEADER..];
    let (mut requests, mut going_on) = (Requests::default(), frames.block());
    for len in 0..rest.len() {
        let parsed = Requests::default().parse(&mut frames.block(), &rest[..len]);
        assert_eq!(parsed, Parsed::Incomplete, "{len}");
        assert_eq!(
            requests.parse(&mut going_on, &rest[..len]),
            Parsed::Incomplete,
            "{len}"
        );
    }
    let whole = Requests::default().parse(&mut frames.block(), rest);
    assert!(matches!(&whole, Parsed::Complete(block) if block.len == rest.len()));
    assert_eq!(requests.parse(&mut going_on, rest), whole);
    let wrong = [
        [frame(HEADERS, 0, &block), frame(0, END_HEADERS, &[])].concat(),
        frame(HEADERS, END_HEADERS | PADDED, &[200, 1]),
        frame(HEADERS, END_HEADERS | PRIORITY, &[1]),
        frame(HEADERS, END_HEADERS, b"\xff\xff\xff\xff\xff\xff"),
    ];
    for stream in wrong {
        let mut frames = Frames::default();
        frames.push(&stream);
        let parsed = Requests::default().parse(&mut frames.block(), &stream[FRAME_HEADER..]);
        assert_eq!(parsed, Parsed::Mismatch, "{stream:?}");
    }
}
