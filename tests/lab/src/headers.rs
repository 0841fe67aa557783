//! Headers between IP and the payload, which ordinary programs do not send.
#![expect(unsafe_code, reason = "std cannot set these socket options")]

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

/// ip(7).
const IP_OPTIONS: libc::c_int = 4;
/// Three times "no operation", and the end of the list (RFC 791 section 3.1).
const IPV4_OPTIONS: [u8; 4] = [0x01, 0x01, 0x01, 0x00];
/// Destination options: PadN over four bytes (RFC 8200 sections 4.2 and 4.6). The kernel fills in the next header.
const DESTINATION_OPTIONS: [u8; 8] = [0x00, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00];

/// From now on every packet of the socket to `to` carries one more header.
///
/// # Errors
/// If the kernel refuses it; for IPv6 it wants root.
pub fn add(socket: &impl AsFd, to: SocketAddr) -> io::Result<()> {
    let (level, option, header): (_, _, &[u8]) = match to {
        SocketAddr::V4(_) => (libc::IPPROTO_IP, IP_OPTIONS, &IPV4_OPTIONS),
        SocketAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_DSTOPTS, &DESTINATION_OPTIONS),
    };
    let len = header.len() as libc::socklen_t;
    let socket = socket.as_fd().as_raw_fd();
    // SAFETY: `header` is readable for `len` bytes, and the descriptor is open for the length of the call.
    match unsafe { libc::setsockopt(socket, level, option, header.as_ptr().cast(), len) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
