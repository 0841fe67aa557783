//! Socket options that socket2 does not have.
#![expect(
    unsafe_code,
    reason = "setsockopt(2) for IP_RECVERR, IP_MTU_DISCOVER, UDP_SEGMENT, UDP_GRO and SO_RCVLOWAT"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use libc::c_int;

/// Puts ICMP errors on the socket's error queue.
pub(crate) fn receive_errors(socket: &impl AsFd, ipv6: bool) -> io::Result<()> {
    if ipv6 {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1)
    } else {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1)
    }
}

/// Lets the network fragment what the socket sends, or has it refuse what the path does not take in one piece.
pub(crate) fn allow_fragments(socket: &impl AsFd, ipv6: bool, allowed: bool) -> io::Result<()> {
    let (level, name, value) = match (ipv6, allowed) {
        (false, true) => (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DONT),
        (false, false) => (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DO),
        (true, true) => (
            libc::IPPROTO_IPV6,
            libc::IPV6_MTU_DISCOVER,
            libc::IPV6_PMTUDISC_DONT,
        ),
        (true, false) => (
            libc::IPPROTO_IPV6,
            libc::IPV6_MTU_DISCOVER,
            libc::IPV6_PMTUDISC_DO,
        ),
    };
    set(socket, level, name, value)
}

/// Whether the kernel knows how to cut a long datagram (UDP_SEGMENT, from Linux 4.18 on). One that does not would take the
/// control message for nothing, and send the bytes uncut.
pub(crate) fn knows_segments(socket: &impl AsFd) -> bool {
    set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok()
}

/// Lets the kernel hand over datagrams of one sender together, where it can (UDP_GRO, from Linux 5.0 on).
pub(crate) fn receive_together(socket: &impl AsFd) {
    let _ = set(socket, libc::SOL_UDP, libc::UDP_GRO, 1);
}

/// How many bytes wait before a stream socket says that it is readable (SO_RCVLOWAT).
pub(crate) fn set_low_water(socket: &impl AsFd, bytes: u32) {
    let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    let _ = set(socket, libc::SOL_SOCKET, libc::SO_RCVLOWAT, bytes);
}

fn set(socket: &impl AsFd, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    // SAFETY: the descriptor is borrowed and so open; `value` is a live c_int, and its size is given.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<c_int>() as libc::socklen_t,
        )
    };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
