//! Inputs made by code, where bytes would say nothing to a reader.

use std::net::SocketAddr;

use blocklist::Preset;
use blocklist::compiled::{Kind, ListSource, SourceRule, build};
use flate2::read::GzEncoder;
use wire::ip::Protocol;
use wire::tcp::{Flags, Options, Segment, SeqNumber};

#[path = "../../fixtures/client_hello.rs"]
pub(crate) mod client_hello;
#[path = "../../fixtures/quic_initial.rs"]
pub(crate) mod quic_initial;

use client_hello::Hello;
use quic_initial::{Initial, crypto};
use wire::quic::{LongHeader, Version, emit_refusal};

pub(crate) fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// Compiled lists: an empty one, one of each kind of rule, and one of records.
pub(crate) fn image() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "||a.example^\n|b.example^\n||*.c.example^\n@@||x.a.example^\n||d.example^$important\n@@||e.example^$important\n\
         ||ads*.example^\n||192.0.2.1^\n2001:db8::/32\n##.ad\n0.0.0.0 ads.example\n",
    ];
    let rule = |id, pattern, kind| SourceRule {
        id,
        pattern,
        subdomains: true,
        kind,
        what: "Says which rule it is.",
        reply: None,
    };
    let rules = [
        rule("fuzz/a", "a.example", Kind::Block(Preset::Balanced)),
        rule("fuzz/b", "tracker.a.example", Kind::Essential),
        rule(
            "fuzz/c",
            "ads.example",
            Kind::Feature("themes", Preset::Everything),
        ),
        rule("fuzz/d", "192.0.2.1:443", Kind::Block(Preset::NothingBreaks)),
    ];
    let records = ListSource::Records {
        title: "records",
        rules: &rules,
        features: &[("themes", "I use themes.")],
    };
    let many: String = (0..300).map(|n| format!("||n{n}.example^\n")).collect();
    let text = |text| ListSource::Text { title: "text", text };
    let sources = [
        vec![text(texts[0])],
        vec![text(texts[1])],
        vec![text(&many)],
        vec![records, text(texts[1])],
    ];
    sources
        .into_iter()
        .map(|source| build(&source).unwrap())
        .collect()
}

/// Questions and answers: with EDNS, with compressed names, aliases, an HTTPS record with hints and ECH.
pub(crate) fn dns() -> Vec<Vec<u8>> {
    let a = record(&[0xc0, 12], 1, &[192, 0, 2, 1]);
    let alias = record(&[0xc0, 12], 5, &[5, b'o', b't', b'h', b'e', b'r', 0xc0, 14]);
    let aaaa = record(
        &[0xc0, 12],
        28,
        &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    );
    // Priority, target ".", alpn h2, ipv4hint, ech (RFC 9460 section 2.2).
    let https = [
        &[0, 1, 0][..],
        &[0, 1, 0, 3, 2, b'h', b'2', 0, 4, 0, 4, 192, 0, 2, 1],
        &[0, 5, 0, 2, 0xfe, 0x0d],
    ]
    .concat();
    let https = record(&[0xc0, 12], 65, &https);
    let opt = [0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0];
    let soa = record(&[0], 6, &[&[0, 0][..], &[0; 20]].concat());
    vec![
        message(0x0100, 1, [0, 0, 0], &[]),
        message(0x0100, 28, [0, 0, 1], &opt),
        message(0x8180, 1, [2, 0, 0], &[alias, a.clone()].concat()),
        message(0x8180, 28, [1, 0, 1], &[&aaaa[..], &opt].concat()),
        message(0x8180, 65, [1, 0, 0], &https),
        message(0x8183, 1, [0, 1, 0], &soa),
        message(0x8380, 1, [1, 0, 0], &a),
    ]
}

fn message(flags: u16, record_type: u16, counts: [u16; 3], records: &[u8]) -> Vec<u8> {
    let mut bytes = [0xbeef, flags, 1].map(u16::to_be_bytes).concat();
    bytes.extend(counts.map(u16::to_be_bytes).concat());
    bytes.extend(b"\x01a\x07example\0");
    bytes.extend([record_type, 1].map(u16::to_be_bytes).concat());
    [&bytes, records].concat()
}

fn record(owner: &[u8], record_type: u16, data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16;
    let fixed = [record_type, 1, 0, 300, len].map(u16::to_be_bytes).concat();
    [owner, &fixed, data].concat()
}

/// ClientHellos: plain, of a browser, without a name, in small records, as a bare message.
pub(crate) fn tls() -> Vec<Vec<u8>> {
    vec![
        Hello::to("a.example").record(),
        Hello::browser("a.example").record(),
        Hello::nameless().record(),
        Hello::to("a.example").records(7),
        Hello::to("a.example").without_extensions().record(),
        Hello::to("a.example").message(),
    ]
}

/// Packets of both families: TCP with a hello and with a request, UDP with a question, pings, a fragment.
pub(crate) fn ip() -> Vec<Vec<u8>> {
    let request = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nok";
    let mut packets = Vec::new();
    for (app, server) in [("192.0.2.7", "198.51.100.1"), ("2001:db8::7", "2001:db8::1")] {
        let [app, server] = [app, server].map(|ip| ip.parse().unwrap());
        let at = |port| (SocketAddr::new(app, 40_000), SocketAddr::new(server, port));
        packets.push(segment(at(443), Flags::SYN, 1, &[]));
        packets.push(segment(at(443), Flags::ACK, 2, &Hello::to("a.example").record()));
        packets.push(segment(at(80), Flags::ACK, 2, request));
        packets.push(datagram(at(53), &dns()[0]));
        packets.push(wire::icmp::emit_echo_request(app, server, 1, 1, b"ping"));
    }
    let mut fragment = packets[3].clone();
    fragment[6] = 0x20;
    packets.push(fragment);
    packets
}

fn segment((src, dst): (SocketAddr, SocketAddr), flags: Flags, seq: i32, body: &[u8]) -> Vec<u8> {
    let segment = Segment {
        src,
        dst,
        seq: SeqNumber(seq),
        ack: SeqNumber(1),
        flags,
        window: 512,
        options: &Options::default(),
    };
    let mut header = [0; wire::tcp::MAX_HEADER];
    let len = wire::tcp::emit(&mut header, &segment, &[body]);
    [&header[..len], body].concat()
}

fn datagram((src, dst): (SocketAddr, SocketAddr), body: &[u8]) -> Vec<u8> {
    let len = 8 + body.len();
    let mut header = [0; 40];
    let header_len = wire::ip::emit(&mut header, src.ip(), dst.ip(), Protocol::UDP, len);
    let udp = [src.port(), dst.port(), len as u16, 0]
        .map(u16::to_be_bytes)
        .concat();
    [&header[..header_len], &udp, body].concat()
}

/// LINKTYPE_ETHERNET and LINKTYPE_RAW.
const LINKS: [u16; 2] = [1, 101];

/// Captures of `ip`'s packets, bare and in frames, and one packed.
pub(crate) fn pcap() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for link in LINKS {
        let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]);
        file.extend(u32::from(link).to_le_bytes());
        for (second, frame) in (0..).zip(frames(link)) {
            let len = frame.len() as u32;
            file.extend([second, 7, len, len].map(u32::to_le_bytes).concat());
            file.extend(frame);
        }
        files.push(file);
    }
    let mut packed = Vec::new();
    let mut encoder = GzEncoder::new(&files[0][..], flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
    files.push(packed);
    files
}

/// The same in pcapng: enhanced packets, and one simple one.
pub(crate) fn pcapng() -> Vec<Vec<u8>> {
    let file = |link: u16| {
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let mut file = block(0x0a0d_0d0a, &section);
        // if_tsresol: microseconds; the end of the options.
        let interface = [
            &link.to_le_bytes()[..],
            &[0; 6],
            &[9, 0, 1, 0, 6, 0, 0, 0],
            &[0; 4],
        ]
        .concat();
        file.extend(block(1, &interface));
        for frame in frames(link) {
            let len = frame.len() as u32;
            let fields = [0, 0, 7, len, len].map(u32::to_le_bytes).concat();
            file.extend(block(6, &[fields, frame].concat()));
        }
        let simple = frames(link).swap_remove(0);
        let len = simple.len() as u32;
        file.extend(block(3, &[&len.to_le_bytes()[..], &simple].concat()));
        file
    };
    LINKS.into_iter().map(file).collect()
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let len = (12 + body.len() as u32).to_le_bytes();
    [&kind.to_le_bytes()[..], &len, &body, &len].concat()
}

fn frames(link: u16) -> Vec<Vec<u8>> {
    let frame = |packet: Vec<u8>| match (link, packet[0] >> 4) {
        (1, 4) => [&[2; 12][..], &[0x08, 0x00], &packet].concat(),
        (1, _) => [&[2; 12][..], &[0x86, 0xdd], &packet].concat(),
        _ => packet,
    };
    ip().into_iter().map(frame).collect()
}

/// A client's and a server's packets, coalesced ones, a Retry, a Version Negotiation, frames as they are.
pub(crate) fn quic() -> Vec<Vec<u8>> {
    let message = Hello::to("a.example").message();
    let one = Initial::new(7).datagrams(&message).remove(0);
    let two = Initial::new(7).version(Version::V2).packet(&crypto(0, &message));
    let refusal = LongHeader::parse(&one)
        .ok()
        .and_then(|header| emit_refusal(&header));
    let retry = b"\xff\0\0\0\x01\0\x08\xf0\x67\xa5\x50\x2a\x42\x62\xb5token0123456789abcdef";
    vec![
        [&two[..], &one, &[0; 40]].concat(),
        one,
        refusal.unwrap(),
        retry.to_vec(),
        b"\x80\0\0\0\0\x01a\x02bc\0\0\0\x01\x6b\x33\x43\xcf".to_vec(),
        [
            &crypto(0, b"abc")[..],
            b"\x01\0\0\x02\x05\0\x01\x02\x03\x04\x1c\x02\0\x02ok",
            &crypto(70, b"x"),
        ]
        .concat(),
    ]
}

/// First flights: a blocked name and an allowed one, in one datagram and in pieces out of order, in each version.
pub(crate) fn quic_flight() -> Vec<Vec<u8>> {
    let mut flights = Vec::new();
    for version in 0..6 {
        for host in ["ads.example", "page.example"] {
            let (whole, parts) = (Hello::to(host).message(), Hello::browser(host).message());
            let parts: Vec<_> = parts
                .chunks(400)
                .enumerate()
                .map(|(i, part)| crypto(i * 400, part))
                .collect();
            for (step, pieces) in [
                (0, vec![crypto(0, &whole)]),
                (40, parts.into_iter().rev().collect()),
            ] {
                let mut flight = vec![version, step];
                for piece in pieces {
                    flight.extend((piece.len() as u16).to_be_bytes());
                    flight.extend(piece);
                }
                flights.push(flight);
            }
        }
    }
    flights
}

/// Packets behind their lengths: each of `ip`, and all of them.
pub(crate) fn packets() -> Vec<Vec<u8>> {
    let framed = |packet: &Vec<u8>| [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
    let mut all: Vec<Vec<u8>> = ip().iter().map(framed).collect();
    all.push(all.concat());
    all
}

/// Flows of each kind, alone and beside others: in order, from their end, in fragments, with lies, slowly.
pub(crate) fn flows() -> Vec<Vec<u8>> {
    let steps: [&[u8]; 5] = [
        &[3, 0, 255, 3, 128, 255],
        &[3, 240, 8, 3, 200, 20, 3, 128, 60, 3, 0, 80, 3, 64, 20, 3, 0, 255],
        &[2, 128, 40, 2, 0, 40, 2, 64, 40],
        &[3, 0, 5, 1, 10, 30, 3, 20, 60, 1, 0, 200, 3, 0, 100],
        &[
            3, 0, 10, 0, 200, 0, 3, 100, 30, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 3, 0, 255,
        ],
    ];
    let mut all = Vec::new();
    for kind in 0..9 {
        for how in [0x10, 0x11, 0x52, 0x53] {
            for step in steps {
                all.push([&[0, kind, how][..], step].concat());
            }
        }
    }
    // Four at once, in turns.
    for kind in 0..9 {
        let made = [
            3,
            kind,
            0x11,
            kind,
            0x12,
            (kind + 4) % 9,
            0x13,
            (kind + 2) % 9,
            0x20,
        ];
        let turns = (0..60_u8).flat_map(|turn| {
            [
                (turn << 4) | (2 + turn % 9),
                turn.wrapping_mul(37),
                turn.wrapping_mul(11),
            ]
        });
        all.push(made.into_iter().chain(turns).collect());
    }
    all
}
