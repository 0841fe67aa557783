//! The Internet checksum (RFC 1071), in one pass over pieces that need not be contiguous.

use std::net::IpAddr;

use crate::ip::Protocol;

/// A ones' complement sum under way. Pieces may have odd lengths.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checksum {
    sum: u64,
    odd: bool,
}

impl Checksum {
    /// Starts with the pseudo-header of `len` upper-layer bytes (RFC 793 section 3.1, RFC 8200 section 8.1).
    pub fn pseudo_header(src: IpAddr, dst: IpAddr, protocol: Protocol, len: usize) -> Self {
        let _ = (src, dst, protocol, len);
        unimplemented!()
    }

    /// Adds the next bytes.
    #[must_use]
    pub fn add(self, bytes: &[u8]) -> Self {
        let _ = (bytes, self.sum, self.odd);
        unimplemented!()
    }

    /// The complement, as the field holds it.
    pub fn finish(self) -> u16 {
        unimplemented!()
    }
}
