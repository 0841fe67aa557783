//! What the tests of this crate share: a network of their own, and a loop that waits for events.
#![expect(unsafe_code, reason = "unshare(2)")]

use std::process::Command;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Poll};

/// Runs `test` on a thread with a fresh network namespace, in which loopback is up.
pub(crate) fn in_fresh_network(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(|| {
        // SAFETY: no pointers; only this thread moves.
        assert_eq!(
            unsafe { libc::unshare(libc::CLONE_NEWNET) },
            0,
            "these tests need root"
        );
        ip("link set lo up");
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Runs `ip` in the network of this thread.
pub(crate) fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
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
