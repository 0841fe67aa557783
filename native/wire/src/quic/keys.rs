//! The keys of Initial packets (RFC 9001 section 5.2), and what is done with them: AEAD_AES_128_GCM (RFC 5116, NIST SP
//! 800-38D) and header protection (RFC 9001 section 5.4).

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Block};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use super::hkdf::Hmac;
use super::{Kind, LongHeader, Version};

/// Length of an authentication tag.
const TAG: usize = 16;
/// Where the sample for header protection begins, behind the packet number's first byte (RFC 9001 section 5.4.2).
const SAMPLE_AT: usize = 4;
/// The largest packet number (RFC 9000 section 12.3).
const MAX_NUMBER: u64 = (1 << 62) - 1;
/// Blocks encrypted at once.
const BLOCKS: usize = 8;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side that opened the connection.
    Client,
    /// The other.
    Server,
}

/// The keys of one side's Initial packets.
#[derive(Clone)]
pub struct InitialKeys {
    cipher: Aes128Enc,
    iv: [u8; 12],
    header: Aes128Enc,
    /// The hash key of GCM.
    ghash: GHash,
}

impl std::fmt::Debug for InitialKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitialKeys").finish_non_exhaustive()
    }
}

impl InitialKeys {
    /// The keys of a connection whose client sent its first Initial packet to `dcid`; `None` for a version that is not
    /// known.
    pub fn new(version: Version, dcid: &[u8], side: Side) -> Option<Self> {
        let derivation = version.derivation()?;
        let initial = Hmac::new(&derivation.salt).code(&[dcid]);
        let label: &[u8] = match side {
            Side::Client => b"client in",
            Side::Server => b"server in",
        };
        let secret = Hmac::new(&Hmac::new(&initial).expand_label::<32>(label));
        let cipher = Aes128Enc::new(&secret.expand_label::<16>(derivation.key).into());
        let mut hash_key = Block::default();
        cipher.encrypt_block(&mut hash_key);
        Some(Self {
            cipher,
            iv: secret.expand_label(derivation.iv),
            header: Aes128Enc::new(&secret.expand_label::<16>(derivation.hp).into()),
            ghash: GHash::new(&hash_key),
        })
    }

    /// Opens an Initial packet: puts its payload into `payload` and returns its number. `None` if it was not sealed with
    /// these keys.
    ///
    /// `largest` is the largest number that was opened before; a number is written as its last bytes (RFC 9000 appendix
    /// A.3).
    pub fn open(&self, packet: &LongHeader<'_>, largest: Option<u64>, payload: &mut Vec<u8>) -> Option<u64> {
        payload.clear();
        if packet.kind != Kind::Initial {
            return None;
        }
        let (bytes, number_at) = (packet.packet, packet.number_at);
        let mask = self.mask(bytes.get(number_at + SAMPLE_AT..)?)?;
        let first = bytes.first()? ^ mask[0] & 0x0f;
        let number_len = usize::from(first & 0x03) + 1;
        let mut truncated = 0;
        for (byte, mask) in bytes
            .get(number_at..number_at + number_len)?
            .iter()
            .zip(&mask[1..])
        {
            truncated = truncated << 8 | u64::from(byte ^ mask);
        }
        let (header, sealed) = bytes.split_at_checked(number_at + number_len)?;
        let (sealed, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;

        // The header as it was before its protection; the buffer is free until the payload comes into it.
        payload.extend_from_slice(header);
        payload[0] = first;
        payload[number_at..].copy_from_slice(&truncated.to_be_bytes()[8 - number_len..]);
        let mut seal = self.ghash.clone();
        seal.update_padded(payload);
        payload.clear();
        seal.update_padded(sealed);
        let number = decode_number(truncated, number_len, largest);
        let expected = self.tag(seal, header.len(), sealed.len(), number);
        if expected[..] != *tag {
            return None;
        }
        payload.extend_from_slice(sealed);
        self.apply_keystream(number, payload);
        Some(number)
    }

    /// Seals an Initial packet: `header` is all before the packet number, of which `number_len` bytes (1 to 4) are
    /// written, and `payload` the frames, so many that number and frames are four bytes.
    pub fn seal(&self, header: &[u8], number: u32, number_len: usize, payload: &[u8]) -> Vec<u8> {
        let number_at = header.len();
        let number_len = number_len.clamp(1, 4);
        let mut packet = Vec::with_capacity(number_at + number_len + payload.len() + TAG);
        packet.extend_from_slice(header);
        if let Some(first) = packet.first_mut() {
            *first = *first & !0x03 | (number_len - 1) as u8;
        }
        packet.extend_from_slice(&number.to_be_bytes()[4 - number_len..]);
        packet.extend_from_slice(payload);

        let (head, sealed) = packet.split_at_mut(number_at + number_len);
        self.apply_keystream(number.into(), sealed);
        let mut seal = self.ghash.clone();
        seal.update_padded(head);
        seal.update_padded(sealed);
        let tag = self.tag(seal, head.len(), sealed.len(), number.into());
        packet.extend_from_slice(&tag);

        let sample = packet.get(number_at + SAMPLE_AT..).unwrap_or_default();
        if let Some([first, mask @ ..]) = self.mask(sample) {
            packet[0] ^= first & 0x0f;
            let number = packet[number_at..].iter_mut().take(number_len);
            for (byte, mask) in number.zip(mask) {
                *byte ^= mask;
            }
        }
        packet
    }

    /// The mask of header protection (RFC 9001 section 5.4.3).
    fn mask(&self, sample: &[u8]) -> Option<[u8; 16]> {
        let mut block = Block::from(*sample.first_chunk::<16>()?);
        self.header.encrypt_block(&mut block);
        Some(block.into())
    }

    /// The tag over what was hashed (NIST SP 800-38D section 7.1).
    fn tag(&self, mut seal: GHash, header_len: usize, sealed_len: usize, number: u64) -> [u8; TAG] {
        let bits = |len: usize| (len as u64 * 8).to_be_bytes();
        let mut lengths = Block::default();
        lengths[..8].copy_from_slice(&bits(header_len));
        lengths[8..].copy_from_slice(&bits(sealed_len));
        seal.update(&[lengths]);
        let mut mask = self.counter(number, 1);
        self.cipher.encrypt_block(&mut mask);
        let mut tag: [u8; TAG] = seal.finalize().into();
        for (byte, mask) in tag.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        tag
    }

    /// Encrypts or decrypts the payload of packet `number`.
    fn apply_keystream(&self, number: u64, payload: &mut [u8]) {
        let mut counter: [u8; 16] = self.counter(number, 0).into();
        let mut count = 1_u32;
        for piece in payload.chunks_mut(BLOCKS * 16) {
            let mut keystream = [[0; 16]; BLOCKS];
            for block in &mut keystream {
                count = count.wrapping_add(1);
                counter[12..].copy_from_slice(&count.to_be_bytes());
                *block = counter;
            }
            self.cipher
                .encrypt_blocks(Block::cast_slice_from_core_mut(&mut keystream));
            let (whole, rest) = piece.as_chunks_mut::<16>();
            for (bytes, mask) in whole.iter_mut().zip(&keystream) {
                *bytes = (u128::from_ne_bytes(*bytes) ^ u128::from_ne_bytes(*mask)).to_ne_bytes();
            }
            let last = keystream.get(whole.len()).into_iter().flatten();
            for (byte, mask) in rest.iter_mut().zip(last) {
                *byte ^= mask;
            }
        }
    }

    /// The block that counts: the nonce (RFC 9001 section 5.3), then `count`.
    fn counter(&self, number: u64, count: u32) -> Block {
        let mut block = [0; 16];
        block[..12].copy_from_slice(&self.iv);
        for (byte, number) in block[4..12].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        block[12..].copy_from_slice(&count.to_be_bytes());
        block.into()
    }
}

/// The number that is nearest to the next one and ends with `truncated` (RFC 9000 appendix A.3).
fn decode_number(truncated: u64, len: usize, largest: Option<u64>) -> u64 {
    let expected = largest.map_or(0, |largest| largest.min(MAX_NUMBER) + 1);
    let window = 1_u64 << (len * 8);
    let candidate = expected & !(window - 1) | truncated;
    if candidate + window / 2 <= expected && candidate <= MAX_NUMBER - window {
        candidate + window
    } else if candidate > expected + window / 2 && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_by_their_last_bytes() {
        // RFC 9000 appendix A.3.
        assert_eq!(decode_number(0x9b32, 2, Some(0xa82f_30ea)), 0xa82f_9b32);
        assert_eq!(decode_number(0x01, 1, Some(0xff)), 0x101);
        assert_eq!(decode_number(0xff, 1, Some(0x100)), 0xff);
        assert_eq!(decode_number(0x1234_5678, 4, None), 0x1234_5678);
        assert_eq!(decode_number(0, 1, None), 0);
    }
}
