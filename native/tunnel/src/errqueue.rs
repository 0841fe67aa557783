//! The error queue of a datagram socket (IP_RECVERR): which destination an ICMP error is about, and what it says.
#![expect(unsafe_code, reason = "recvmsg(2) with MSG_ERRQUEUE and its control messages")]

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use socket2::SockAddr;
use wire::icmp::Unreachable;

/// One entry of the error queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SocketError {
    /// The destination of the datagram that met the error.
    pub(crate) to: SocketAddr,
    /// What it met.
    pub(crate) cause: Unreachable,
    /// Whether this host said so, at the time of sending. Then the kernel leaves the port of `to` out.
    pub(crate) local: bool,
}

/// Room for one extended error with the offender's address, in the alignment of a control message.
#[repr(C)]
union Control {
    bytes: [u8; 256],
    align: libc::cmsghdr,
}

/// Takes the oldest entry; `None` when there is none. Also clears the socket's pending error.
pub(crate) fn take(socket: &impl AsFd) -> Option<SocketError> {
    loop {
        let (extended, to) = receive(socket)?;
        if let (Some(extended), Some(to)) = (extended, to) {
            let cause = cause_of(&extended);
            return Some(SocketError {
                to,
                cause,
                local: extended.ee_origin == libc::SO_EE_ORIGIN_LOCAL,
            });
        }
    }
}

fn receive(socket: &impl AsFd) -> Option<(Option<libc::sock_extended_err>, Option<SocketAddr>)> {
    let fd = socket.as_fd().as_raw_fd();
    let mut control = Control { bytes: [0; 256] };
    // Nobody reads it; qemu-user answers a call without a buffer by itself, and leaves `message` as it was.
    let mut payload = [0_u8; 1];
    let mut buffer = libc::iovec {
        iov_base: payload.as_mut_ptr().cast(),
        iov_len: payload.len(),
    };
    let receive = |storage: *mut socket2::SockAddrStorage, len: *mut libc::socklen_t| {
        // SAFETY: msghdr is plain data, for which zero is valid.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_name = storage.cast();
        // SAFETY: `len` is the valid length that `try_init` passes in.
        message.msg_namelen = unsafe { *len };
        message.msg_iov = &raw mut buffer;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of::<Control>() as _;
        // SAFETY: the descriptor is open; name, buffer and control point to live storage of the lengths given.
        let outcome = unsafe { libc::recvmsg(fd, &raw mut message, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
        if outcome < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        unsafe { *len = message.msg_namelen };
        Ok(extended_error(&message))
    };
    // SAFETY: `receive` leaves a valid address, or a length of zero.
    let (extended, to) = unsafe { SockAddr::try_init(receive) }.ok()?;
    Some((extended, to.as_socket()))
}

/// The extended error among the control messages of `message`, which recvmsg has filled in.
fn extended_error(message: &libc::msghdr) -> Option<libc::sock_extended_err> {
    // SAFETY: the kernel has written well-formed control messages into the buffer that `message` points to.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so a control message that lies in the buffer.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        if matches!(
            (level, kind),
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
        ) {
            // SAFETY: the data of a message of this type begins with a sock_extended_err.
            return Some(unsafe {
                libc::CMSG_DATA(header)
                    .cast::<libc::sock_extended_err>()
                    .read_unaligned()
            });
        }
        // SAFETY: `header` is a control message of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

fn cause_of(extended: &libc::sock_extended_err) -> Unreachable {
    let errno = i32::try_from(extended.ee_errno).unwrap_or(0);
    if errno == libc::EMSGSIZE {
        return Unreachable::TooBig(u16::try_from(extended.ee_info).unwrap_or(u16::MAX));
    }
    match (extended.ee_origin, extended.ee_type, extended.ee_code) {
        // RFC 792 and RFC 1812, 5.2.7.1: destination unreachable.
        (libc::SO_EE_ORIGIN_ICMP, 3, code) => match code {
            0 | 6 | 11 => Unreachable::Net,
            2 => Unreachable::Protocol,
            3 => Unreachable::Port,
            9 | 10 | 13 => Unreachable::Prohibited,
            _ => Unreachable::Host,
        },
        // RFC 792: parameter problem.
        (libc::SO_EE_ORIGIN_ICMP, 12, _) => Unreachable::Protocol,
        // RFC 4443, 3.1: destination unreachable.
        (libc::SO_EE_ORIGIN_ICMP6, 1, code) => match code {
            0 | 2 => Unreachable::Net,
            1 | 5 | 6 => Unreachable::Prohibited,
            4 => Unreachable::Port,
            _ => Unreachable::Host,
        },
        // RFC 4443, 3.4: parameter problem.
        (libc::SO_EE_ORIGIN_ICMP6, 4, _) => Unreachable::Protocol,
        (libc::SO_EE_ORIGIN_LOCAL, ..) => cause_of_errno(errno).unwrap_or(Unreachable::Host),
        _ => Unreachable::Host,
    }
}

/// What an errno of a send says of the path; `None` if nothing.
pub(crate) fn cause_of_errno(errno: i32) -> Option<Unreachable> {
    Some(match errno {
        libc::ENETUNREACH | libc::ENETDOWN | libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT => Unreachable::Net,
        libc::EHOSTUNREACH | libc::EHOSTDOWN => Unreachable::Host,
        libc::ECONNREFUSED => Unreachable::Port,
        libc::EACCES | libc::EPERM => Unreachable::Prohibited,
        _ => return None,
    })
}
