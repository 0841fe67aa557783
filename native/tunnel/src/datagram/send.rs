//! One system call for a run of datagrams.
#![expect(unsafe_code, reason = "sendmmsg(2)")]

use std::io::{self, IoSlice};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use engine::DatagramRun;
use socket2::{MsgHdr, SockAddr, SockRef};

/// A control message with the length of the pieces.
const CONTROL_LEN: usize = size_of::<libc::cmsghdr>() + size_of::<usize>();

/// Sends the pieces as one long datagram, which the kernel, or the network card, cuts into pieces of this length.
pub(super) fn cut(socket: &UdpSocket, pieces: &[IoSlice<'_>], to: &SockAddr, len: u16) -> io::Result<()> {
    let control = segment_control(len);
    let message = MsgHdr::new()
        .with_addr(to)
        .with_buffers(pieces)
        .with_control(&control);
    SockRef::from(socket).sendmsg(&message, 0).map(drop)
}

/// The bytes of a `cmsghdr` and its data, as cmsg(3) lays them out.
fn segment_control(len: u16) -> [u8; CONTROL_LEN] {
    let mut control = [0; CONTROL_LEN];
    let whole = size_of::<libc::cmsghdr>() + size_of::<u16>();
    let parts: [&[u8]; 4] = [
        &whole.to_ne_bytes(),
        &libc::SOL_UDP.to_ne_bytes(),
        &libc::UDP_SEGMENT.to_ne_bytes(),
        &len.to_ne_bytes(),
    ];
    let bytes = parts.into_iter().flatten();
    control.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    control
}

/// Sends each piece as a datagram; says how many the kernel took. An error is that of the first.
pub(super) fn together(socket: &UdpSocket, pieces: &[IoSlice<'_>], to: &SockAddr) -> io::Result<usize> {
    // SAFETY: mmsghdr is plain data, for which zero is valid.
    let mut messages: [libc::mmsghdr; DatagramRun::MAX] = unsafe { std::mem::zeroed() };
    for (message, piece) in messages.iter_mut().zip(pieces) {
        message.msg_hdr.msg_name = to.as_ptr().cast_mut().cast();
        message.msg_hdr.msg_namelen = to.len();
        // An `IoSlice` has the layout of an iovec. The kernel only reads it.
        message.msg_hdr.msg_iov = std::ptr::from_ref(piece).cast_mut().cast();
        message.msg_hdr.msg_iovlen = 1;
    }
    let count = pieces.len().min(messages.len());
    // SAFETY: the descriptor is open; the first `count` messages point to an address and a piece that outlive the call.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count as _, 0) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
