//! What comes over the wire, piece by piece.

use std::net::IpAddr;

use wire::dns::{self, Answer, Query, Reply};
use wire::http::{Chunked, Request, Response};
use wire::http2::{Frames, Requests};
use wire::icmp::{self, EchoRequest, Unreachable};
use wire::ip::{IpHeader, Protocol};
use wire::socks::Turn;
use wire::tcp::{Options, TcpHeader};
use wire::tls::ClientHello;
use wire::udp::UdpHeader;
use wire::{EchConfig, Name, Parsed, httpdns};

/// A DNS message, read as a question and as an answer; every reply of ours to it is read again.
pub fn dns(data: &[u8]) {
    let _ = Query::asked_name(data);
    let _ = Query::answered_name(data);
    let _ = (dns::is_truncated(data), dns::answer_count(data));
    if let Some(question) = dns::question_range(data) {
        let _ = dns::matches_question(data, &data[question]);
    }
    let answer = Answer::parse(data);
    if let Ok(Some(without)) = dns::without_ech(data) {
        assert!(without.len() < data.len());
        assert_eq!(dns::without_ech(&without), Ok(None), "a parameter is left");
        let left = Answer::parse(&without);
        assert_eq!(left.is_ok(), answer.is_ok());
        assert!(left.is_ok_and(|left| left.ech.is_empty()) || answer.is_err());
    }
    let mut capped = data.to_vec();
    if dns::cap_ttl(&mut capped, 5).is_ok() {
        assert_eq!(answer.is_ok(), Answer::parse(&capped).is_ok());
    }
    let replies = [
        Reply::ZeroAddress { ttl: 10 },
        Reply::NoData { ttl: 10 },
        Reply::NxDomain { ttl: 10 },
        Reply::Refused,
        Reply::ServFail,
        Reply::FormErr,
        Reply::NotImp,
        Reply::Truncated,
    ];
    for reply in replies {
        if let Some(error) = dns::emit_error(data, reply) {
            assert_eq!(error[..2], data[..2], "another id");
        }
        if let Ok(query) = Query::parse(data) {
            let emitted = dns::emit_reply(data, &query, reply);
            assert_eq!(emitted[..2], data[..2], "another id");
            let asked = &data[query.question.clone()];
            assert!(dns::matches_question(&emitted, asked), "another question");
        }
    }
}

/// The first bytes of a TLS stream: more of them change no name that was read.
pub fn tls(data: &[u8]) {
    let _ = ClientHello::parse_message(data);
    let _ = ClientHello::parse_cut_off(data);
    let parsed = ClientHello::parse(data);
    if let Parsed::Complete(hello) = &parsed {
        let more = [data, b"\x16\x03\x01"].concat();
        assert_eq!(ClientHello::parse(&more), Parsed::Complete(hello.clone()));
        for end in cuts(data) {
            match ClientHello::parse(&data[..end]) {
                Parsed::Complete(early) => assert_eq!(&early, hello),
                Parsed::Incomplete => assert!(ClientHello::least_len(&data[..end]) <= data.len()),
                Parsed::Mismatch => panic!("the first {end} bytes cannot become what they became"),
            }
        }
    }
    assert!(ClientHello::least_len(data) > data.len());
}

/// The first bytes of an HTTP stream, and a chunked body.
pub fn http(data: &[u8]) {
    let _ = Request::parse_cut_off(data);
    let parsed = Request::parse(data);
    if let Parsed::Complete(request) = &parsed {
        assert!(request.head_len <= data.len());
        assert!(request.path.end <= request.head_len && data.get(request.path.clone()).is_some());
        assert!(Request::may_have_ended(data, 0));
        let more = [data, b"GET / HTTP/1.1\r\n"].concat();
        assert_eq!(Request::parse(&more), parsed);
        for end in cuts(data) {
            let early = Request::parse(&data[..end]);
            assert!(
                early != Parsed::Mismatch,
                "the first {end} bytes cannot become what they became"
            );
        }
    }
    let ended = Chunked::default().push(data);
    for cut in cuts(data) {
        let (mut body, (first, rest)) = (Chunked::default(), data.split_at(cut));
        let in_two = body.push(first).or_else(|| body.push(rest).map(|at| cut + at));
        assert_eq!(in_two, ended, "cut at {cut}");
    }
}

/// A client's frames of HTTP/2, behind the preface.
pub fn http2(data: &[u8]) {
    let (mut requests, mut rest) = (Requests::default(), data);
    loop {
        let mut frames = Frames::default();
        let ended = frames.push(rest);
        for cut in cuts(rest) {
            let (mut frames, (first, after)) = (Frames::default(), rest.split_at(cut));
            let in_two = frames
                .push(first)
                .or_else(|| frames.push(after).map(|at| cut + at));
            assert_eq!(in_two, ended, "cut at {cut}");
        }
        let Some(begin) = ended else { return };
        rest = &rest[begin..];
        let Parsed::Complete(block) = requests.parse(&mut frames.block(), rest) else {
            return;
        };
        rest = &rest[block.len..];
    }
}

/// What a client says to a SOCKS proxy.
pub fn socks(data: &[u8]) {
    for parse in [Turn::parse_first, Turn::parse_next] {
        let Parsed::Complete(turn) = parse(data) else {
            continue;
        };
        assert!((1..=data.len()).contains(&turn.len));
        let more = [data, b"\x05"].concat();
        assert_eq!(parse(&more), Parsed::Complete(turn.clone()));
        for end in 0..turn.len {
            assert_eq!(parse(&data[..end]), Parsed::Incomplete, "the first {end} bytes");
        }
    }
}

/// The configurations of ECH that a server publishes.
pub fn ech(data: &[u8]) {
    for config in EchConfig::parse_list(data) {
        let name = config.public_name.as_str();
        assert!(!name.is_empty() && name.len() <= 253 && name.is_ascii());
    }
}

/// The first bytes of an HTTP response, and its body.
pub fn http_response(data: &[u8]) {
    let parsed = Response::parse(data);
    if let Parsed::Complete(response) = parsed {
        assert!(response.head_len <= data.len());
        // Nothing that is written so short is longer than what it is cut off at.
        let most = data.len().max(64 * 1024);
        assert!(response.body(data).is_none_or(|body| body.len() <= most));
        let more = [data, b"HTTP/1.1 200"].concat();
        assert_eq!(Response::parse(&more), parsed);
        for end in cuts(data) {
            assert!(
                Response::parse(&data[..end]) != Parsed::Mismatch,
                "the first {end} bytes"
            );
        }
    }
}

/// What a resolver in plain HTTP was asked, and says.
pub fn httpdns(data: &[u8]) {
    let asked = Name::from_text("asked.example");
    let _ = httpdns::asked(data);
    let told = httpdns::parse(data, Some(&asked));
    assert!(told.len() <= 128);
    // Who was asked for nothing gets the addresses that stand under names of their own.
    let named = httpdns::parse(data, None);
    assert_eq!(
        named,
        told.into_iter()
            .filter(|told| named.contains(told))
            .collect::<Vec<_>>()
    );
}

/// A packet: IP, and TCP, UDP or ICMP in it; every error of ours to it is a packet.
pub fn ip(data: &[u8]) {
    let _ = Options::parse(data);
    let Ok(ip) = IpHeader::parse(data) else {
        return;
    };
    let payload = &data[ip.payload.clone()];
    match ip.protocol {
        Protocol::TCP => {
            if let Ok(segment) = TcpHeader::parse(payload) {
                let _ = &payload[segment.payload];
            }
        }
        Protocol::UDP => {
            if let Ok(datagram) = UdpHeader::parse(payload) {
                let _ = &payload[datagram.payload];
            }
        }
        _ => {
            if let Ok(Some(echo)) = EchoRequest::parse(&ip, payload) {
                let reply =
                    icmp::emit_echo_reply(ip.dst, ip.src, echo.ident, echo.seq, &payload[echo.payload]);
                is_packet(&reply, ip.src);
            }
        }
    }
    for cause in [Unreachable::Net, Unreachable::Port, Unreachable::TooBig(1280)] {
        if let Some(error) = icmp::emit_unreachable(ip.dst, cause, data) {
            is_packet(&error, ip.src);
        }
    }
}

fn is_packet(bytes: &[u8], to: IpAddr) {
    let ip = IpHeader::parse(bytes).unwrap();
    assert_eq!((ip.dst, ip.payload.end), (to, bytes.len()));
}

/// A few places to cut at.
fn cuts(data: &[u8]) -> impl Iterator<Item = usize> {
    let len = data.len();
    [0, len / 4, len / 2, len * 3 / 4, len.saturating_sub(1)].into_iter()
}
