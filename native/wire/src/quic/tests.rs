use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The id of the examples of RFC 9001 appendix A and RFC 9369 appendix A.
const DCID: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

/// The CRYPTO frame of RFC 9001 appendix A.2.
const CLIENT_FRAME: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
    04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
    616d706c652e636f6dff01000100000a00080006001d00170018001000070005
    04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
    baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
    0d0010000e0403050306030203080408050806002d00020101001c0002400100
    3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
    75300901100f088394c8f03e51570806048000ffff";

/// The protected server packet of RFC 9001 appendix A.3.
const SERVER_V1: &str = "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
    5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
    dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
    022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
    2158407dd074ee";

/// The protected server packet of RFC 9369 appendix A.3.
const SERVER_V2: &str = "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
    baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17
    f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
    c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
    4bed8521e2e140";

/// The payload of both.
const SERVER_PAYLOAD: &str = "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739
    88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94
    0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00
    020304";

fn open(datagram: &[u8], keys: &InitialKeys, largest: Option<u64>) -> Option<(u64, Vec<u8>)> {
    let mut payload = Vec::new();
    let header = LongHeader::parse(datagram).ok()?;
    let number = keys.open(&header, largest, &mut payload)?;
    Some((number, payload))
}

fn keys(version: Version, side: Side) -> InitialKeys {
    InitialKeys::new(version, &DCID, side).unwrap()
}

#[test]
fn client_packet_is_sealed_as_in_the_rfc() {
    let mut payload = hex(CLIENT_FRAME);
    payload.resize(1_162, 0);
    let header = hex("c300000001088394c8f03e5157080000449e");
    let packet = keys(Version::V1, Side::Client).seal(&header, 2, 4, &payload);
    assert_eq!(packet.len(), 1_200);
    // RFC 9001 appendix A.2: the protected header, the sample, the tag (which covers all the rest).
    assert_eq!(packet[..22], hex("c000000001088394c8f03e5157080000449e7b9aec34"));
    assert_eq!(packet[22..38], hex("d1b1c98dd7689fb8ec11d242b123dc9b"));
    assert_eq!(packet[1_184..], hex("e221af44860018ab0856972e194cd934"));

    let header = LongHeader::parse(&packet).unwrap();
    assert_eq!((header.version, header.kind), (Version::V1, Kind::Initial));
    assert_eq!((header.dcid, header.scid), (&DCID[..], &[][..]));
    assert_eq!(
        open(&packet, &keys(Version::V1, Side::Client), None),
        Some((2, payload.clone()))
    );
    let frames: Vec<_> = Frames::new(Version::V1, &payload).map(Result::unwrap).collect();
    assert_eq!(frames.len(), 1);
    let hello = crate::tls::ClientHello::parse_message(frames[0].data);
    let crate::Parsed::Complete(hello) = hello else {
        panic!("{hello:?}")
    };
    assert_eq!(
        hello.server_name,
        crate::tls::ServerName::Dns(crate::Name::from_text("example.com"))
    );
}

#[test]
fn server_packets_of_both_rfcs_are_opened_and_sealed() {
    for (version, packet, header) in [
        (Version::V1, SERVER_V1, "c1000000010008f067a5502a4262b5004075"),
        (Version::V2, SERVER_V2, "d16b3343cf0008f067a5502a4262b5004075"),
    ] {
        let keys = keys(version, Side::Server);
        assert_eq!(
            open(&hex(packet), &keys, None),
            Some((1, hex(SERVER_PAYLOAD))),
            "{version:?}"
        );
        assert_eq!(keys.seal(&hex(header), 1, 2, &hex(SERVER_PAYLOAD)), hex(packet));
        let header = hex(packet);
        assert_eq!(LongHeader::parse(&header).unwrap().kind, Kind::Initial);
    }
}

#[test]
fn a_packet_opens_with_its_own_keys_only() {
    let packet = hex(SERVER_V1);
    assert_eq!(open(&packet, &keys(Version::V1, Side::Client), None), None);
    assert_eq!(open(&packet, &keys(Version::V2, Side::Server), None), None);
    assert_eq!(open(&packet, &keys(Version::draft(29), Side::Server), None), None);
    assert_eq!(
        open(&packet, &keys(Version::V1, Side::Server), Some(1 << 40)),
        None
    );
    assert!(InitialKeys::new(Version(0x0a1a_2a3a), &DCID, Side::Client).is_none());
}

#[test]
fn retry_and_negotiation_are_told_from_initials() {
    // RFC 9001 appendix A.4.
    let retry = hex("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
    let header = LongHeader::parse(&retry).unwrap();
    assert_eq!((header.kind, header.token), (Kind::Retry, &b"token"[..]));
    assert_eq!(header.scid, hex("f067a5502a4262b5"));
    // RFC 9369 appendix A.4.
    let retry = hex("cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6");
    let header = LongHeader::parse(&retry).unwrap();
    assert_eq!((header.kind, header.token), (Kind::Retry, &b"token"[..]));

    let negotiation = hex("80 00000000 01aa 02bbcc 00000001 6b3343cf 0a");
    let header = LongHeader::parse(&negotiation).unwrap();
    assert_eq!(header.kind, Kind::Negotiation);
    let versions: Vec<_> = header.versions().collect();
    assert_eq!(versions, [Version::V1, Version::V2]);
}

#[test]
fn an_opening_has_a_long_header_and_is_long_where_it_cannot_be_read() {
    let mut datagram = vec![0; 1_200];
    datagram[..9].copy_from_slice(&hex("c0000000 01 01aa 00 00"));
    datagram[9..11].copy_from_slice(&hex("4400"));
    assert!(matches!(Opening::parse(&datagram), Some(Opening::Readable(_))));
    assert_eq!(
        Opening::parse(&datagram[..1_000]),
        None,
        "shorter than its packet"
    );
    assert!(matches!(
        Opening::parse(&datagram[..1_100]),
        Some(Opening::Readable(_))
    ));
    for (first, version, expected) in [
        (0xc0, Version::V1.0, Some(true)),
        (0x80, Version::V1.0, Some(true)),
        (0xd0, Version::V2.0, Some(true)),
        (0xd0, Version::V1.0, Some(true)),
        (0xe0, Version::V1.0, None),
        (0xf0, Version::V1.0, None),
        (0xc0, Version::draft(29).0, Some(true)),
        (0xc0, 0x1a2a_3a4a, Some(false)),
        (0xc0, 0x5130_3530, Some(false)),
        (0x80, 0x1a2a_3a4a, None),
        (0xc0, 0, None),
        (0x40, Version::V1.0, None),
    ] {
        datagram[0] = first;
        datagram[1..5].copy_from_slice(&version.to_be_bytes());
        // 0-RTT packets have no token; a zero there is an empty packet then.
        let readable = Opening::parse(&datagram).map(|opening| matches!(opening, Opening::Readable(_)));
        assert_eq!(readable, expected, "{first:02x} {version:08x}");
        let short = Opening::parse(&datagram[..1_199]).is_some();
        assert_eq!(short, expected == Some(true), "{first:02x} {version:08x}");
    }
}

#[test]
fn an_initial_behind_handshake_packets_opens_a_connection() {
    let initial = hex(SERVER_V1);
    let handshake = hex("e0000000 01 01aa 00 02 0000");
    let datagram = [&handshake[..], &handshake, &initial].concat();
    let first = LongHeader::parse(&initial).unwrap();
    assert_eq!(Opening::parse(&datagram), Some(Opening::Readable(first)));
    assert_eq!(Opening::parse(&handshake), None);
}

#[test]
fn all_frames_of_an_initial_are_passed_over_but_crypto() {
    let frames = hex(
        "01 0000000000 02 05 00 01 02 0304 03 4064 00 00 00 010203 06 00 03 616263 1c 4102 00 02 6f6b 06 4100 01 78 00",
    );
    let crypto: Vec<_> = Frames::new(Version::V1, &frames)
        .map(|frame| frame.map(|crypto| (crypto.offset, crypto.data)))
        .collect();
    assert_eq!(crypto, [Ok((0, &b"abc"[..])), Ok((256, &b"x"[..]))]);
    for bad in [
        "08 00",
        "1d 00",
        "06 00 04 616263",
        "02 05 00 c000000000000000",
        "06",
    ] {
        let bytes = hex(bad);
        let mut frames = Frames::new(Version::V1, &bytes);
        assert_eq!(frames.next(), Some(Err(crate::Malformed::Field)), "{bad}");
        assert_eq!(frames.next(), None);
    }
}

#[test]
fn googles_frames_have_numbers_of_their_own() {
    let google = Version(0x5430_3530);
    let crypto = |version, text| {
        Frames::new(version, &hex(text))
            .map(|frame| frame.is_ok())
            .collect::<Vec<_>>()
    };
    assert_eq!(crypto(google, "00 07 08 00 01 61 00"), [true]);
    assert_eq!(crypto(google, "06 00 01 61"), [false]);
    assert_eq!(crypto(Version::V1, "08 00 01 61"), [false]);
}

#[test]
fn packets_of_a_datagram_follow_each_other() {
    let initial = hex(SERVER_V1);
    let mut handshake = initial.clone();
    handshake[0] = 0xe0;
    // A Handshake packet has no token.
    handshake.remove(15);
    let datagram = [&initial[..], &handshake, &initial, &[0; 7]].concat();
    let kinds: Vec<_> = Packets::new(&datagram).map(|header| header.kind).collect();
    assert_eq!(kinds, [Kind::Initial, Kind::Handshake, Kind::Initial]);
    let keys = keys(Version::V1, Side::Server);
    let opened = Packets::new(&datagram).filter(|header| keys.open(header, None, &mut Vec::new()).is_some());
    assert_eq!(opened.count(), 2);
}

#[test]
fn refusal_is_an_initial_of_the_server_that_closes_the_connection() {
    for version in [Version::V1, Version::V2, Version::draft(29), Version::draft(34)] {
        let mut bytes = vec![0xc0 | if version == Version::V2 { 0x10 } else { 0 }];
        bytes.extend(version.0.to_be_bytes());
        bytes.extend(hex("088394c8f03e5157080311223300410a"));
        bytes.resize(bytes.len() + 0x10a, 0);
        let initial = LongHeader::parse(&bytes).unwrap();
        let refusal = emit_refusal(&initial).unwrap();
        let header = LongHeader::parse(&refusal).unwrap();
        assert_eq!((header.version, header.kind), (version, Kind::Initial));
        assert_eq!((header.dcid, header.token), (&[0x11, 0x22, 0x33][..], &[][..]));
        let opened = open(&refusal, &keys(version, Side::Server), None);
        assert_eq!(opened, Some((0, vec![0x1c, CONNECTION_REFUSED, 0, 0])));
        assert_eq!(
            Frames::new(Version::V1, &[0x1c, CONNECTION_REFUSED, 0, 0]).next(),
            None
        );
    }
    let unknown = hex("c0 0a0a0a0a 00 00");
    assert_eq!(emit_refusal(&LongHeader::parse(&unknown).unwrap()), None);
}

#[test]
fn ids_of_any_length_are_kept_apart() {
    assert_eq!(ConnectionId::new(b"abc").as_bytes(), b"abc");
    assert_ne!(ConnectionId::new(b"abc"), ConnectionId::new(b"abc\0"));
    assert_eq!(ConnectionId::new(&[7; 300]).as_bytes(), [7; 20]);
}

/// Everything that reads, on bytes that may be anything.
fn read_all(datagram: &[u8], keys: &[InitialKeys]) -> bool {
    _ = Opening::parse(datagram);
    _ = Frames::new(Version::V1, datagram).count();
    let mut opened = false;
    for header in Packets::new(datagram) {
        _ = header.versions().count();
        _ = emit_refusal(&header);
        _ = ConnectionId::new(header.dcid);
        for keys in keys {
            opened |= keys.open(&header, Some(u64::MAX), &mut Vec::new()).is_some();
            opened |= keys.open(&header, None, &mut Vec::new()).is_some();
        }
    }
    opened
}

#[test]
fn truncated_at_every_length_nothing_opens() {
    for (packet, version) in [(SERVER_V1, Version::V1), (SERVER_V2, Version::V2)] {
        let (packet, keys) = (hex(packet), [keys(version, Side::Server)]);
        for len in 0..packet.len() {
            assert!(!read_all(&packet[..len], &keys), "{len}");
        }
        assert!(read_all(&packet, &keys));
    }
}

#[test]
fn flipped_in_any_bit_nothing_opens() {
    for (packet, version) in [(SERVER_V1, Version::V1), (SERVER_V2, Version::V2)] {
        let (mut packet, keys) = (hex(packet), [keys(version, Side::Server)]);
        for bit in 0..packet.len() * 8 {
            packet[bit / 8] ^= 1 << (bit % 8);
            assert!(!read_all(&packet, &keys), "bit {bit}");
            packet[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn frames_flipped_or_cut_anywhere_are_read_without_a_panic() {
    let frames = hex("02 05 00 01 02 0304 06 00 03 616263 1c 4102 00 02 6f6b 06 4100 01 78 00");
    for len in 0..frames.len() {
        _ = Frames::new(Version::V1, &frames[..len]).count();
    }
    for bit in 0..frames.len() * 8 {
        let mut frames = frames.clone();
        frames[bit / 8] ^= 1 << (bit % 8);
        assert!(Frames::new(Version::V1, &frames).count() <= frames.len());
    }
}
