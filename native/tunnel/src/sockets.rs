//! Where every upstream socket is opened, so that none loops back into the TUN.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

/// Keeps a socket out of the tunnel before its first packet (Android: `VpnService.protect`); false if it could not.
pub type Protect = Arc<dyn Fn(RawFd) -> bool + Send + Sync>;

/// Opens sockets: non-blocking, closed on exec, and kept out of the tunnel.
#[derive(Clone, Default)]
pub struct Sockets {
    mark: Option<u32>,
    device: Option<Vec<u8>>,
    protect: Option<Protect>,
}

impl Sockets {
    /// Sockets that nothing keeps out of the tunnel: the namespace or the system does.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets SO_MARK on each socket, for a routing rule.
    #[must_use]
    pub fn with_mark(mut self, mark: u32) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Binds each socket to the interface of this name (SO_BINDTODEVICE).
    #[must_use]
    pub fn with_device(mut self, interface: &str) -> Self {
        self.device = Some(interface.as_bytes().to_vec());
        self
    }

    /// Passes each socket to `protect`.
    #[must_use]
    pub fn with_protect(mut self, protect: Protect) -> Self {
        self.protect = Some(protect);
        self
    }

    /// A stream socket for connections to `to`.
    pub fn stream(&self, to: IpAddr) -> io::Result<Socket> {
        self.open(domain_of(to), Type::STREAM, Protocol::TCP)
    }

    /// A datagram socket for the family of `to`.
    pub fn datagram(&self, to: IpAddr) -> io::Result<Socket> {
        self.open(domain_of(to), Type::DGRAM, Protocol::UDP)
    }

    /// A ping socket for the family of `to`; the kernel owns its identifier.
    pub fn ping(&self, to: IpAddr) -> io::Result<Socket> {
        let protocol = if to.is_ipv4() {
            Protocol::ICMPV4
        } else {
            Protocol::ICMPV6
        };
        self.open(domain_of(to), Type::DGRAM, protocol)
    }

    fn open(&self, domain: Domain, kind: Type, protocol: Protocol) -> io::Result<Socket> {
        let socket = Socket::new_raw(domain, kind.nonblocking().cloexec(), Some(protocol))?;
        if let Some(mark) = self.mark {
            socket.set_mark(mark)?;
        }
        if let Some(device) = &self.device {
            socket.bind_device(Some(device))?;
        }
        if let Some(protect) = &self.protect
            && !protect(socket.as_raw_fd())
        {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(socket)
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets")
            .field("mark", &self.mark)
            .field("device", &self.device.is_some())
            .field("protect", &self.protect.is_some())
            .finish()
    }
}

fn domain_of(to: IpAddr) -> Domain {
    if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 }
}
