//! The Internet checksum (RFC 1071), in one pass over pieces that need not be contiguous.

use std::net::IpAddr;

use crate::ip::Protocol;

#[cfg(test)]
mod tests;

/// A ones' complement sum under way. Pieces may have odd lengths.
///
/// Words are added in the machine's byte order, which the ones' complement sum allows (RFC 1071 section 2 (B)), and
/// the result is swapped once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checksum {
    /// Folded to 32 bits after each piece, so that no number of pieces overflows it.
    sum: u64,
    /// Whether an odd number of bytes was added.
    odd: bool,
}

impl Checksum {
    /// Starts with the pseudo-header of `len` upper-layer bytes (RFC 793 section 3.1, RFC 8200 section 8.1).
    #[inline]
    pub fn pseudo_header(src: IpAddr, dst: IpAddr, protocol: Protocol, len: usize) -> Self {
        let addresses = address_sum(src) + address_sum(dst);
        let rest = u64::from(u16::from(protocol.0).to_be()) + u64::from((len as u32).to_be());
        Self {
            sum: fold(addresses + rest),
            odd: false,
        }
    }

    /// Adds the next bytes.
    #[must_use]
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "pieces are not numbers: `+` would read as concatenation"
    )]
    pub fn add(self, bytes: &[u8]) -> Self {
        let mut sum = fold(words(bytes));
        if self.odd {
            // The piece starts in the middle of a word: its bytes have the other parity (RFC 1071 section 2 (B)).
            sum = u64::from(fold16(sum).swap_bytes());
        }
        Self {
            sum: fold(self.sum + sum),
            odd: self.odd ^ (bytes.len() & 1 == 1),
        }
    }

    /// The complement, as the field holds it.
    #[inline]
    pub fn finish(self) -> u16 {
        !u16::from_be(fold16(self.sum))
    }
}

/// The sum of all words, the last one padded with zero.
fn words(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<32>();
    // Eight 32-bit words a block into eight 64-bit lanes: no carries to look after, so LLVM makes vectors of it.
    let mut lanes = [0_u64; 8];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<4>().0) {
            *lane += u64::from(u32::from_ne_bytes(*word));
        }
    }
    let mut sum: u64 = lanes.iter().sum();
    let (quads, rest) = rest.as_chunks::<4>();
    for quad in quads {
        sum += u64::from(u32::from_ne_bytes(*quad));
    }
    let last = match *rest {
        [] => return sum,
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c, ..] => [a, b, c, 0],
    };
    sum + u64::from(u32::from_ne_bytes(last))
}

fn address_sum(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => u64::from(u32::from_ne_bytes(ip.octets())),
        IpAddr::V6(ip) => ip
            .octets()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|quad| u64::from(u32::from_ne_bytes(*quad)))
            .sum(),
    }
}

/// Folds to at most 33 bits.
const fn fold(sum: u64) -> u64 {
    (sum >> 32) + (sum & 0xffff_ffff)
}

/// Folds to 16 bits.
const fn fold16(sum: u64) -> u16 {
    let sum = fold(fold(sum));
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) as u16
}
