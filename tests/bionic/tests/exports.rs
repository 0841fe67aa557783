//! What the app calls, called.
#![expect(unsafe_code, reason = "unshare(2) and the ioctl that makes a TUN")]
#![expect(clippy::unwrap_used, reason = "a test and what it calls")]

use std::fs::{self, File};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::Duration;

use bionic::{Library, Machine, Thrown};

/// `ENCODING.md`: settings without lists, rules and resolvers, full depth, MTU 1500.
fn settings() -> Vec<u8> {
    let mut bytes = vec![b'S', 2, 1, 2, 0, 0, 0, 0];
    bytes.extend(1_500_u16.to_le_bytes());
    bytes.extend(32_256_u32.to_le_bytes());
    bytes.extend([0; 4 + 4 + 4 + 8]);
    bytes.extend(10_u32.to_le_bytes());
    bytes.extend(5_u32.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 0, 0]);
    bytes
}

/// `ENCODING.md`: a network with IPv4 and nothing else.
fn network() -> Vec<u8> {
    let mut bytes = vec![b'N', 2];
    bytes.extend([0; 8]);
    bytes.extend([1, 0]);
    bytes.extend([0; 4 + 1]);
    bytes.extend(1_500_u16.to_le_bytes());
    bytes.extend([0, 0, 0]);
    bytes
}

fn tun() -> i32 {
    let file = File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .unwrap();
    // SAFETY: ifreq is plain bytes, for which zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: `request` is a valid ifreq for the length of the call.
    let outcome = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    assert_eq!(outcome, 0);
    file.into_raw_fd()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Threads. One that was joined stays in the kernel's list a little longer, so the least of many looks counts.
fn threads() -> usize {
    let look = || {
        thread::yield_now();
        fs::read_dir("/proc/self/task").unwrap().count()
    };
    (0..1_000).map(|_| look()).min().unwrap_or_default()
}

/// One test, because it counts what the process holds.
#[test]
#[ignore = "wants HUSHWALL_LIBRARY: ./build.sh test runs it on Android's C library"]
fn a_session_starts_survives_a_panic_and_leaves_nothing_behind() {
    // SAFETY: no pointers; only this thread moves, and the threads that it starts.
    let outcome = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    assert_eq!(outcome, 0, "this test needs root");
    let library = Library::load();
    assert!(!library.version().is_empty());

    // What a first session sets up once and for all is not counted.
    run(library);
    let before = (descriptors(), threads());
    run(library);
    refused(library);
    loaded(library);
    assert_eq!((descriptors(), threads()), before);
}

fn run(library: Library) {
    let session = library.start(tun(), &settings(), &network());
    assert_eq!(Machine::take_thrown(), None);
    let listener = thread::spawn(move || {
        let mut batches = Vec::new();
        while let Some(events) = library.next_events(session) {
            batches.push(events);
        }
        batches
    });

    library.panic(0, "a test asked for it");
    let thrown = Thrown {
        code: 1,
        text: "a test asked for it".to_owned(),
    };
    assert_eq!(Machine::take_thrown(), Some(thrown));

    library.panic(session, "the engine falls");
    assert_eq!(Machine::take_thrown(), None);
    library.stop(session);
    let batches = listener.join().unwrap();
    assert_eq!(Machine::take_thrown(), None);
    assert!(batches.iter().all(|events| events.starts_with(b"E\x02")));
    // The outage, with the panic's text.
    assert!(
        batches.iter().any(|events| events.ends_with(b"the engine falls")),
        "{batches:?}"
    );

    library.stop(session);
    assert_eq!(Machine::take_thrown(), None);
}

/// A descriptor is closed also when the rest is wrong.
fn refused(library: Library) {
    let before = descriptors();
    library.start(tun(), b"no message", &network());
    assert_eq!(Machine::take_thrown().unwrap().code, 6);
    library.start(
        File::open("/dev/null").unwrap().into_raw_fd(),
        &settings(),
        &network(),
    );
    assert_eq!(Machine::take_thrown().unwrap().code, 4);
    assert_eq!(descriptors(), before);
}

/// Packets are the engine's alone: while thousands pass, neither side calls the other.
fn loaded(library: Library) {
    const PACKETS: u64 = 5_000;
    let (device, apps) = UnixDatagram::pair().unwrap();
    apps.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let session = library.start(device.into_raw_fd(), &settings(), &network());
    assert_eq!(Machine::take_thrown(), None);
    let listener = thread::spawn(move || while library.next_events(session).is_some() {});
    ask(&apps);
    let before = Machine::crossings();
    for _ in 0..PACKETS {
        // To an address without a route: it is answered here.
        apps.send(&datagram([192, 0, 2, 7], 9999, b"a report")).unwrap();
        discard(&apps);
    }
    ask(&apps);
    // The listener may have begun its only call in between.
    let crossings = Machine::crossings() - before;
    assert!(crossings < 20, "{crossings} calls for {PACKETS} packets");
    library.stop(session);
    listener.join().unwrap();
    assert_eq!(Machine::take_thrown(), None);
}

/// Asks for the canary, which every preset refuses, and passes over whatever else comes before the answer.
fn ask(apps: &UnixDatagram) {
    let mut question = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    question.extend(b"\x06canary\x08hushwall\x04test\0\0\x01\0\x01");
    apps.send(&datagram([10, 111, 222, 1], 53, &question)).unwrap();
    let mut packet = [0; 2_000];
    // IPv4, UDP.
    while apps.recv(&mut packet).is_ok() && packet[9] != 17 {}
    assert_eq!(packet[28..30], [0, 7]);
}

/// Takes what the engine has answered so far.
fn discard(apps: &UnixDatagram) {
    apps.set_nonblocking(true).unwrap();
    while apps.recv(&mut [0; 2_000]).is_ok() {}
    apps.set_nonblocking(false).unwrap();
}

/// A packet of an app.
fn datagram(to: [u8; 4], port: u16, payload: &[u8]) -> Vec<u8> {
    let len = |header: usize| u16::try_from(header + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0];
    packet.extend(len(28));
    packet.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 111, 222, 2]);
    packet.extend(to);
    let sum: u32 = packet
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(40_000_u16.to_be_bytes());
    packet.extend(port.to_be_bytes());
    packet.extend(len(8));
    // No checksum (RFC 768).
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}
