use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// A time with a fraction that microseconds can hold.
const MICROS: u64 = 1_700_000_000_123_456;
const PACKET: &[u8] = &[0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

/// Writes numbers in one byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, value: u16) -> [u8; 2] {
        if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn pcap(self, magic: u32, link: u32, packets: &[&[u8]]) -> Vec<u8> {
        let mut file = self.u32(magic).to_vec();
        file.extend([self.u16(2), self.u16(4)].concat());
        file.extend([0, 0, 65535, link].map(|field| self.u32(field)).concat());
        for packet in packets {
            let fraction = (MICROS % 1_000_000) as u32 * if magic == 0xa1b2_3c4d { 1000 } else { 1 };
            let len = packet.len() as u32;
            file.extend(
                [(MICROS / 1_000_000) as u32, fraction, len, len]
                    .map(|field| self.u32(field))
                    .concat(),
            );
            if magic == 0xa1b2_cd34 {
                file.extend([0; 8]);
            }
            file.extend(*packet);
        }
        file
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = self.u32(12 + body.len() as u32);
        [&self.u32(kind)[..], &len, &body, &len].concat()
    }

    fn section(self) -> Vec<u8> {
        let fields = [&self.u32(0x1a2b_3c4d)[..], &self.u16(1), &self.u16(0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &fields)
    }

    fn interface(self, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
        self.block(
            1,
            &[&self.u16(link)[..], &self.u16(0), &self.u32(snaplen), options].concat(),
        )
    }

    fn option(self, kind: u16, value: &[u8]) -> Vec<u8> {
        let mut option = [&self.u16(kind)[..], &self.u16(value.len() as u16), value].concat();
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    fn time(self, time: u64) -> Vec<u8> {
        [self.u32((time >> 32) as u32), self.u32(time as u32)].concat()
    }

    fn enhanced(self, interface: u32, time: u64, packet: &[u8]) -> Vec<u8> {
        let len = self.u32(packet.len() as u32);
        let option = self.option(2, &[0, 0, 0, 1]);
        self.block(
            6,
            &[
                &self.u32(interface)[..],
                &self.time(time),
                &len,
                &len,
                packet,
                &pad(packet),
                &option,
            ]
            .concat(),
        )
    }

    fn simple(self, original: u32, packet: &[u8]) -> Vec<u8> {
        self.block(3, &[&self.u32(original)[..], packet].concat())
    }

    fn obsolete(self, interface: u16, time: u64, packet: &[u8]) -> Vec<u8> {
        let len = self.u32(packet.len() as u32);
        self.block(
            2,
            &[
                &self.u16(interface)[..],
                &self.u16(0),
                &self.time(time),
                &len,
                &len,
                packet,
            ]
            .concat(),
        )
    }
}

fn pad(packet: &[u8]) -> Vec<u8> {
    vec![0; packet.len().next_multiple_of(4) - packet.len()]
}

const ORDERS: [Order; 2] = [Order { big: false }, Order { big: true }];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The packets that can be read, and what ended it.
/// Microseconds, and an IP packet where the frame held one.
type Frame = (u64, Option<Vec<u8>>);

fn read(file: &[u8]) -> (Vec<Frame>, Option<CaptureError>) {
    let mut packets = Vec::new();
    let mut capture = match Capture::read(Box::new(Cursor::new(file.to_vec()))) {
        Ok(capture) => capture,
        Err(error) => return (packets, Some(error)),
    };
    loop {
        match capture.next_packet() {
            Ok(Some(packet)) => packets.push((packet.micros, packet.ip().map(<[u8]>::to_vec))),
            Ok(None) => return (packets, None),
            Err(error) => return (packets, Some(error)),
        }
    }
}

fn whole(file: &[u8]) -> Vec<(u64, Option<Vec<u8>>)> {
    match read(file) {
        (packets, None) => packets,
        (_, Some(error)) => panic!("{error}"),
    }
}

/// A pcapng file with all kinds of blocks, and what is in it.
fn mixed(order: Order) -> (Vec<u8>, Vec<Frame>) {
    let other = Order { big: !order.big };
    let nanoseconds = [
        order.option(2, b"any"),
        order.option(9, &[9]),
        order.option(0, &[]),
    ]
    .concat();
    let file = [
        order.section(),
        order.interface(101, 0, &[]),
        order.interface(101, 12, &nanoseconds),
        order.block(5, &[1; 9]),
        order.enhanced(0, MICROS, PACKET),
        order.enhanced(1, MICROS * 1000 + 999, &PACKET[..7]),
        order.enhanced(7, MICROS, b"no such interface"),
        order.simple(20, PACKET),
        order.obsolete(0, MICROS, PACKET),
        other.section(),
        other.interface(
            228,
            12,
            &[other.option(9, &[0x80 | 10]), other.option(14, &[0; 8])].concat(),
        ),
        other.simple(20, &PACKET[..12]),
        other.enhanced(0, 1024 * 5 + 512, PACKET),
    ];
    let packets = vec![
        (MICROS, Some(PACKET.to_vec())),
        (MICROS, Some(PACKET[..7].to_vec())),
        (0, Some(PACKET.to_vec())),
        (MICROS, Some(PACKET.to_vec())),
        (0, Some(PACKET[..12].to_vec())),
        (5_500_000, Some(PACKET.to_vec())),
    ];
    (file.concat(), packets)
}

#[test]
fn pcap_is_read_in_either_byte_order_and_resolution() {
    for order in ORDERS {
        for magic in [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34] {
            let file = order.pcap(magic, 101, &[PACKET, &[], PACKET]);
            let packet = (MICROS, Some(PACKET.to_vec()));
            assert_eq!(
                whole(&file),
                [packet.clone(), (MICROS, Some(Vec::new())), packet],
                "{magic:x}"
            );
        }
    }
}

#[test]
fn pcapng_is_read_with_its_sections_interfaces_and_kinds_of_blocks() {
    for order in ORDERS {
        let (file, packets) = mixed(order);
        assert_eq!(whole(&file), packets);
    }
}

#[test]
fn compressed_captures_are_read_in_one_member_or_several() {
    let file = ORDERS[0].pcap(0xa1b2_c3d4, 101, &[PACKET, PACKET]);
    let (begin, end) = file.split_at(30);
    for compressed in [gzip(&file), [gzip(begin), gzip(end)].concat()] {
        assert_eq!(whole(&compressed), whole(&file));
    }
    let (file, packets) = mixed(ORDERS[0]);
    assert_eq!(whole(&gzip(&file)), packets);
}

#[test]
fn capture_cut_off_anywhere_gives_what_comes_before() {
    let pcap = ORDERS[1].pcap(0xa1b2_c3d4, 101, &[PACKET, PACKET]);
    for (file, header) in [(&pcap, 24), (&mixed(ORDERS[0]).0, 4), (&gzip(&pcap), usize::MAX)] {
        let all = whole(file);
        for len in 0..file.len() {
            let (packets, error) = read(&file[..len]);
            assert!(all.starts_with(&packets), "{len}");
            assert!(
                len >= header || header == usize::MAX || matches!(error, Some(CaptureError::Format)),
                "{len}"
            );
        }
    }
    let (packets, error) = read(&pcap[..pcap.len() - 1]);
    assert_eq!(packets.len(), 1);
    assert!(matches!(error, Some(CaptureError::CutOff)));
}

#[test]
fn flipped_bytes_never_panic() {
    let pcap = ORDERS[0].pcap(0xa1b2_c3d4, 1, &[PACKET, PACKET]);
    for file in [&pcap, &mixed(ORDERS[0]).0, &gzip(&pcap)] {
        for at in 0..file.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut flipped = file.clone();
                flipped[at] ^= mask;
                read(&flipped);
            }
        }
    }
}

#[test]
fn lengths_that_cannot_be_true_end_the_reading() {
    let mut file = ORDERS[0].pcap(0xa1b2_c3d4, 101, &[PACKET, PACKET]);
    file[24 + 8 + 3] = 0x7f;
    assert!(matches!(read(&file), (packets, Some(CaptureError::Length(_))) if packets.is_empty()));
    let mut file = [ORDERS[0].section(), ORDERS[0].interface(101, 0, &[])].concat();
    file[28 + 4] = 3;
    assert!(matches!(read(&file), (_, Some(CaptureError::Length(3)))));
}

#[test]
fn what_is_no_capture_is_told() {
    for file in [
        &b""[..],
        b"abc",
        b"<!DOCTYPE html> and so on, longer than a header",
    ] {
        assert!(matches!(read(file), (_, Some(CaptureError::Format))));
    }
}

#[test]
fn ip_is_found_behind_each_link_layer() {
    let mac = [2; 12];
    let frame = |parts: &[&[u8]]| [parts.concat(), PACKET.to_vec()].concat();
    let frames: &[(u32, Vec<u8>)] = &[
        (101, frame(&[])),
        (12, frame(&[])),
        (14, frame(&[])),
        (228, frame(&[])),
        (0, frame(&[&[2, 0, 0, 0]])),
        (108, frame(&[&[0, 0, 0, 2]])),
        (1, frame(&[&mac, &[0x08, 0x00]])),
        (1, frame(&[&mac, &[0x81, 0x00, 0, 7, 0x08, 0x00]])),
        (
            1,
            frame(&[&mac, &[0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00]]),
        ),
        (
            1,
            frame(&[&mac, &[0x00, 0x1c, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00]]),
        ),
        (1, frame(&[&mac, &[0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0x00, 0x21]])),
        (113, frame(&[&[0; 14], &[0x08, 0x00]])),
        (276, frame(&[&[0x08, 0x00], &[0; 18]])),
        // The upper half says how long a frame check sequence is.
        (0x4400_0001, frame(&[&mac, &[0x08, 0x00]])),
    ];
    for (link, frame) in frames {
        let file = ORDERS[0].pcap(0xa1b2_c3d4, *link, &[frame]);
        assert_eq!(whole(&file), [(MICROS, Some(PACKET.to_vec()))], "{link}");
        for len in 0..frame.len() {
            whole(&ORDERS[0].pcap(0xa1b2_c3d4, *link, &[&frame[..len]]));
        }
    }
}

#[test]
fn other_protocols_and_link_types_hold_no_ip() {
    let arp = [&[2; 12][..], &[0x08, 0x06], PACKET].concat();
    let ppp = [
        &[2; 12][..],
        &[0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0xc0, 0x21],
        PACKET,
    ]
    .concat();
    for (link, frame) in [
        (1, &arp),
        (1, &ppp),
        (113, &arp),
        (0, &b"\x02\0\0\0\xff".to_vec()),
        (105, &arp),
    ] {
        assert_eq!(
            whole(&ORDERS[0].pcap(0xa1b2_c3d4, link, &[frame])),
            [(MICROS, None)]
        );
    }
}
