use std::io::IoSlice;
use std::net::UdpSocket;
use std::process::Command;

use engine::Batch;
use mio::Poll;

use super::{Device, OpenError, Queue, cap_of, segment_cap};
use crate::lab::{in_fresh_network, ip, wait_until};

const MTU: u16 = 1_500;

fn up(name: &str) -> Device {
    let device = Device::open(name).unwrap();
    ip(&format!("address add 198.18.0.1/24 dev {name}"));
    ip(&format!("link set {name} up"));
    device
}

/// An IPv4 packet with a UDP header without checksum (RFC 768), from 198.18.0.2 port 53 to 198.18.0.1 `port`.
fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(28 + payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 198, 18, 0, 2, 198, 18, 0, 1]);
    let sum: u32 = packet
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    let checksum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(53_u16.to_be_bytes());
    packet.extend(port.to_be_bytes());
    packet.extend((total - 20).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}

#[test]
fn packets_of_the_phone_are_read_in_batches_until_the_queue_is_empty() {
    in_fresh_network(|| {
        let device = up("tun0");
        let mut poll = Poll::new().unwrap();
        device.register(poll.registry()).unwrap();
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        for number in 0..70_u8 {
            phone.send_to(&[number; 100], "198.18.0.2:53").unwrap();
        }
        wait_until(&mut poll, mio::event::Event::is_readable);

        let mut batch = Batch::new(usize::from(MTU));
        let mut seen = Vec::new();
        let queues: Vec<Queue> = (0..2)
            .map(|_| {
                batch.clear();
                let queue = device.read(&mut batch).unwrap();
                let packets = batch.packets().iter().map(|packet| batch.bytes(*packet));
                // Without IPv6 router solicitations.
                seen.extend(
                    packets
                        .filter(|packet| packet[0] == 0x45)
                        .map(|packet| packet[28]),
                );
                queue
            })
            .collect();
        assert_eq!(queues, [Queue::Perhaps, Queue::Drained]);
        assert_eq!(seen, (0..70).collect::<Vec<u8>>());
    });
}

#[test]
fn packet_is_gathered_and_may_be_longer_than_the_mtu() {
    in_fresh_network(|| {
        let device = up("tun0");
        let phone = UdpSocket::bind("198.18.0.1:0").unwrap();
        let port = phone.local_addr().unwrap().port();
        let payload = vec![0xa5; 30_000];
        let packet = datagram(port, &payload);
        let (header, body) = packet.split_at(28);
        let (first, second) = body.split_at(12_345);
        device
            .write(&[IoSlice::new(header), IoSlice::new(first), IoSlice::new(second)])
            .unwrap();
        let mut received = vec![0; 40_000];
        let (len, from) = phone.recv_from(&mut received).unwrap();
        assert_eq!(from, "198.18.0.2:53".parse().unwrap());
        assert_eq!(&received[..len], payload);
    });
}

#[test]
fn attaching_changes_nothing_of_an_existing_device() {
    in_fresh_network(|| {
        let show = || {
            Command::new("ip")
                .args(["-details", "address", "show", "tun7"])
                .output()
                .unwrap()
                .stdout
        };
        ip("tuntap add tun7 mode tun");
        ip("address add 198.18.0.9/24 dev tun7");
        ip("link set tun7 mtu 1280");
        let before = show();
        let device = Device::open("tun7").unwrap();
        assert_eq!(show(), before);
        drop(device);
        assert_eq!(show(), before);
    });
}

#[test]
fn device_that_another_program_holds_is_busy() {
    in_fresh_network(|| {
        let _held = Device::open("tun0").unwrap();
        assert!(matches!(Device::open("tun0"), Err(OpenError::Busy(_))));
    });
}

#[test]
fn device_that_was_deleted_fails_to_read() {
    in_fresh_network(|| {
        let device = up("tun0");
        ip("link delete tun0");
        let mut batch = Batch::new(usize::from(MTU));
        assert_eq!(
            device.read(&mut batch).unwrap_err().raw_os_error(),
            Some(libc::EBADFD)
        );
    });
}

#[test]
fn kernels_from_6_6_on_take_large_segments() {
    assert_eq!(cap_of("6.6.0-rc1"), 65_000);
    assert_eq!(cap_of("6.18.44-fc"), 65_000);
    assert_eq!(cap_of("7.0"), 65_000);
    assert_eq!(cap_of("6.5.13"), 32_256);
    assert_eq!(cap_of("5.10.198-android13-4-00050"), 32_256);
    assert_eq!(cap_of("4.19"), 32_256);
    assert_eq!(cap_of(""), 32_256);
    assert!(segment_cap() >= 32_256);
}

#[test]
fn name_that_no_interface_has_is_refused_without_a_system_call() {
    assert!(matches!(Device::open(""), Err(OpenError::Name)));
    assert!(matches!(Device::open("sixteen-bytes-xx"), Err(OpenError::Name)));
}
