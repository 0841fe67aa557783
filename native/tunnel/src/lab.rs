//! What the tests of this crate share: a network of their own, and a loop that waits for events.
#![expect(unsafe_code, reason = "unshare(2), gettid(2) and, on Android, ioctl(2)")]

use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Poll};

/// Runs `test` on a thread with a fresh network namespace, in which loopback is up.
pub(crate) fn in_fresh_network(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(|| {
        // SAFETY: no pointers; only this thread moves.
        let outcome = unsafe { libc::unshare(libc::CLONE_NEWNET) };
        assert_eq!(outcome, 0, "these tests need root");
        ip("link set lo up");
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What the tun crate does elsewhere: Android's apps open no device by name.
#[cfg(target_os = "android")]
impl crate::Device {
    pub(crate) fn open(name: &str) -> Result<Self, crate::OpenError> {
        if name.is_empty() || name.len() >= libc::IFNAMSIZ {
            return Err(crate::OpenError::Name);
        }
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/net/tun")
            .map_err(crate::device::open_error)?;
        // SAFETY: ifreq is plain bytes, for which zero is valid.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *place = libc::c_char::from_ne_bytes([byte]);
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
        let fd = std::os::fd::OwnedFd::from(file);
        // SAFETY: `request` is a valid ifreq for the length of the call.
        if unsafe {
            libc::ioctl(
                std::os::fd::AsRawFd::as_raw_fd(&fd),
                libc::TUNSETIFF,
                &raw mut request,
            )
        } != 0
        {
            return Err(crate::device::open_error(std::io::Error::last_os_error()));
        }
        Self::from_fd(fd).map_err(crate::OpenError::Io)
    }
}

/// Runs `ip` for each line in the network of this thread, all by one shell: each fork of a test is one that qemu-user may
/// leave waiting.
pub(crate) fn ip(lines: &str) {
    let script: String = lines
        .lines()
        .map(|line| format!("ip {}\n", line.trim()))
        .collect();
    let status = Command::new("sh").args(["-ec", &script]).status().unwrap();
    assert!(status.success(), "ip {lines}");
}

/// An address of this host at whose port nobody listens (discard, RFC 863). A port that was bound and is closed again will
/// not do: a child of another test has it, too, from its fork to its exec.
pub(crate) fn nobody(host: impl Into<IpAddr>) -> SocketAddr {
    SocketAddr::new(host.into(), 9)
}

/// Polls until `take` is satisfied.
pub(crate) fn wait_until(poll: &mut Poll, mut take: impl FnMut(&Event) -> bool) {
    let mut events = Events::with_capacity(64);
    let give_up = Instant::now() + Duration::from_secs(5);
    loop {
        poll.poll(&mut events, Some(Duration::from_millis(500))).unwrap();
        for event in &events {
            if take(event) {
                return;
            }
        }
        assert!(Instant::now() < give_up, "no event came");
    }
}

/// A server's network behind a veth, beside this thread's: `main` routes 10.9.0.100 into the TUN `tun0` (198.18.0.1/24),
/// and what carries [`MARK`] goes straight to it.
pub(crate) struct ServerNetwork {
    run: Sender<Box<dyn FnOnce() + Send>>,
}

/// The mark of sockets that go around the TUN.
const MARK: u32 = 7;

/// Sockets that go around the TUN, with a server's network.
pub(crate) fn around_the_tun() -> crate::Sockets {
    let sockets = crate::Sockets::new();
    if cfg!(target_os = "android") {
        // qemu-user knows no SO_MARK.
        sockets.with_device("tunnel-a")
    } else {
        sockets.with_mark(MARK)
    }
}

impl ServerNetwork {
    /// To be called in a fresh network, after `tun0` was opened.
    pub(crate) fn new() -> Self {
        let (run, jobs) = channel::<Box<dyn FnOnce() + Send>>();
        let (told, thread) = channel();
        std::thread::spawn(move || {
            // SAFETY: no pointers; only this thread moves.
            assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNET) }, 0);
            // SAFETY: no arguments, no failure.
            told.send(unsafe { libc::gettid() }).unwrap();
            jobs.into_iter().for_each(|job| job());
        });
        let server: libc::pid_t = thread.recv().unwrap();
        let network = Self { run };

        std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").unwrap();
        std::fs::write("/proc/sys/net/ipv4/conf/all/rp_filter", "0").unwrap();
        std::fs::write("/proc/sys/net/ipv4/conf/default/rp_filter", "0").unwrap();
        ip(&format!(
            "address add 198.18.0.1/24 dev tun0
             link set tun0 up
             route add 10.9.0.100 dev tun0
             link add tunnel-a type veth peer name tunnel-b
             link set tunnel-b netns {server}"
        ));
        network.run(|| {
            ip("link set lo up
                address add 10.9.0.100/24 dev tunnel-b
                link set tunnel-b up");
        });
        ip(&format!(
            "address add 10.9.0.1/32 dev tunnel-a
             link set tunnel-a up
             rule add fwmark {MARK} lookup 100
             route add 10.9.0.0/24 dev tunnel-a table 100 src 10.9.0.1"
        ));
        network
    }

    /// Runs `job` in the server's network. A socket that it opens stays there.
    pub(crate) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, outcome) = channel();
        self.run
            .send(Box::new(move || done.send(job()).unwrap()))
            .unwrap();
        outcome.recv().unwrap()
    }
}
