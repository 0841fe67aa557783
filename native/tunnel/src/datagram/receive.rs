//! One system call for the datagrams that wait in a socket.
#![expect(unsafe_code, reason = "recvmmsg(2) and its control messages")]

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use libc::c_int;
use socket2::{SockAddr, SockAddrStorage};

/// Messages taken at once.
const MESSAGES: usize = 8;
/// The longest message: with UDP_GRO it holds many datagrams, and what finds no room is lost.
const MESSAGE_LEN: usize = 64 * 1024;

/// Room for one control message with an int, in its alignment.
#[derive(Clone, Copy)]
#[repr(C)]
union Control {
    bytes: [u8; 64],
    align: libc::cmsghdr,
}

/// Room for what one call receives. Pages that no message reached are not there.
#[derive(Debug)]
pub(super) struct Inbox {
    room: Vec<u8>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            room: vec![0; MESSAGES * MESSAGE_LEN],
        }
    }

    /// Receives up to `most` messages and passes each to `take`: its sender, its bytes, and the length of the datagrams
    /// in it, of which the last may be shorter. Says how many datagrams there were, and whether more may wait.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        most: usize,
        take: &mut impl FnMut(SocketAddr, &[u8], usize),
    ) -> io::Result<(usize, bool)> {
        let mut names: [SockAddrStorage; MESSAGES] = std::array::from_fn(|_| SockAddrStorage::zeroed());
        let mut controls = [Control { bytes: [0; 64] }; MESSAGES];
        // SAFETY: iovec and mmsghdr are plain data, for which zero is valid.
        let mut pieces: [libc::iovec; MESSAGES] = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let mut messages: [libc::mmsghdr; MESSAGES] = unsafe { std::mem::zeroed() };
        let buffers = self.room.chunks_exact_mut(MESSAGE_LEN);
        for ((((message, piece), name), control), buffer) in messages
            .iter_mut()
            .zip(&mut pieces)
            .zip(&mut names)
            .zip(&mut controls)
            .zip(buffers)
        {
            piece.iov_base = buffer.as_mut_ptr().cast();
            piece.iov_len = buffer.len();
            message.msg_hdr.msg_iov = piece;
            message.msg_hdr.msg_iovlen = 1;
            message.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
            message.msg_hdr.msg_namelen = name.size_of();
            message.msg_hdr.msg_control = std::ptr::from_mut(control).cast();
            message.msg_hdr.msg_controllen = size_of::<Control>() as _;
        }
        let wanted = most.clamp(1, MESSAGES);
        // SAFETY: the descriptor is open; each message points to a name, a buffer and a control buffer of the lengths
        // given, which live and are nobody else's for the length of the call.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                messages.as_mut_ptr(),
                wanted as _,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        let mut datagrams = 0;
        let buffers = self.room.chunks_exact(MESSAGE_LEN);
        for ((message, name), buffer) in messages.iter().zip(names).zip(buffers).take(received) {
            let len = message.msg_len as usize;
            // SAFETY: the kernel has written an address of this length.
            let name = unsafe { SockAddr::new(name, message.msg_hdr.msg_namelen) };
            if let Some(from) = name.as_socket() {
                let segment = segment_of(&message.msg_hdr).filter(|segment| *segment > 0);
                let segment = segment.unwrap_or(len);
                datagrams += len.div_ceil(segment.max(1)).max(1);
                take(from, buffer.get(..len).unwrap_or_default(), segment);
            }
        }
        Ok((datagrams, received == wanted))
    }
}

/// The length of the datagrams of which a message is made, if it is made of several.
fn segment_of(message: &libc::msghdr) -> Option<usize> {
    // SAFETY: the kernel has written well-formed control messages into the buffer that `message` points to.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so a control message that lies in the buffer.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        if (level, kind) == (libc::SOL_UDP, libc::UDP_GRO) {
            // SAFETY: the data of a message of this type is an int.
            let segment = unsafe { libc::CMSG_DATA(header).cast::<c_int>().read_unaligned() };
            return usize::try_from(segment).ok();
        }
        // SAFETY: `header` is a control message of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}
