//! HKDF with SHA-256 (RFC 5869), for messages of one block: all that Initial keys are derived from is that short.
//!
//! Made of the compression function, because three keys come out of one secret: its two blocks of padding are
//! compressed once.

use sha2::block_api::compress256;

/// The initial hash value (FIPS 180-4 section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK: usize = 64;
/// What a last block has room for: the rest is a one bit and the length (FIPS 180-4 section 5.1.1).
const MAX_MESSAGE: usize = BLOCK - 9;

/// HMAC-SHA256 (RFC 2104) under one key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Hmac {
    /// Under `key`, of at most a block.
    pub(super) fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        let len = key.len().min(BLOCK);
        block[..len].copy_from_slice(&key[..len]);
        let padded = |pad: u8| {
            let (mut state, mut padded) = (INITIAL, block);
            for byte in &mut padded {
                *byte ^= pad;
            }
            compress256(&mut state, &[padded]);
            state
        };
        Self {
            inner: padded(0x36),
            outer: padded(0x5c),
        }
    }

    /// The code of the message that the pieces make, at most 55 bytes; what is longer is cut off.
    pub(super) fn code(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let inner = last_block(self.inner, pieces);
        last_block(self.outer, &[&inner])
    }

    /// HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1) without a context, for at most 32 bytes.
    pub(super) fn expand_label<const N: usize>(&self, label: &[u8]) -> [u8; N] {
        const { assert!(N <= 32) };
        let label_len = [(b"tls13 ".len() + label.len()) as u8];
        let len = (N as u16).to_be_bytes();
        let code = self.code(&[&len, &label_len, b"tls13 ", label, &[0], &[1]]);
        let mut out = [0; N];
        out.copy_from_slice(&code[..N]);
        out
    }
}

/// Compresses the last block, behind one that was compressed already.
fn last_block(mut state: [u32; 8], pieces: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    let mut len = 0;
    for piece in pieces {
        let end = (len + piece.len()).min(MAX_MESSAGE);
        block[len..end].copy_from_slice(&piece[..end - len]);
        len = end;
    }
    block[len] = 0x80;
    let bits = ((BLOCK + len) * 8) as u64;
    block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut state, &[block]);
    let mut out = [0; 32];
    for (bytes, word) in out.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_that_of_the_rfcs_examples() {
        // RFC 4231 sections 4.2 and 4.3.
        let code = Hmac::new(&[0x0b; 20]).code(&[b"Hi ", b"There"]);
        assert_eq!(code[..4], [0xb0, 0x34, 0x4c, 0x61]);
        assert_eq!(code[28..], [0x2e, 0x32, 0xcf, 0xf7]);
        let code = Hmac::new(b"Jefe").code(&[b"what do ya want for nothing?"]);
        assert_eq!(code[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(code[28..], [0x64, 0xec, 0x38, 0x43]);
    }

    #[test]
    fn too_long_a_message_is_cut_off_and_no_panic() {
        let hmac = Hmac::new(&[7; 100]);
        assert_eq!(hmac.code(&[&[1; 55]]), hmac.code(&[&[1; 50], &[1; 50]]));
    }
}
