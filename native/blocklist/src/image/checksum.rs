//! What finds damage (`checksum`), and what a key derives from (`digest`).

/// Odd numbers without a pattern.
const LANES: [u64; 4] = [
    0x9fb2_1c65_1e98_df25,
    0xc2b2_ae3d_27d4_eb4f,
    0xd6e8_feb8_6659_fd93,
    0xa076_1d64_78bd_642f,
];

/// A sum of 64 bits that any damage changes, made to run as fast as memory is read. Who wants to deceive it can; against
/// them a list is signed.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut lanes = LANES;
    let mut chunks = bytes.chunks_exact(64);
    for chunk in &mut chunks {
        absorb(&mut lanes, chunk);
    }
    let mut last = [0u8; 64];
    for (to, from) in last.iter_mut().zip(chunks.remainder()) {
        *to = *from;
    }
    absorb(&mut lanes, &last);
    lanes
        .iter()
        .fold(bytes.len() as u64, |sum, &lane| fold(sum ^ lane, LANES[1]))
}

#[inline]
fn absorb(lanes: &mut [u64; 4], chunk: &[u8]) {
    for ((lane, piece), salt) in lanes.iter_mut().zip(chunk.chunks_exact(16)).zip(LANES) {
        let (low, high) = piece.split_at(8);
        let word = |half: &[u8]| half.first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
        *lane = fold(*lane ^ word(low), word(high) ^ salt) ^ *lane >> 29;
    }
}

const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// SipHash-1-3 (Aumasson and Bernstein, 2012) under the key zero: nobody can write a list so that a wanted digest comes
/// out, and so nobody chooses the key of a list.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let mut v = [
        0x736f_6d65_7073_6575_u64,
        0x646f_7261_6e64_6f6d,
        0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    let mut chunks = bytes.chunks_exact(8);
    let take = |v: &mut [u64; 4], word: u64| {
        v[3] ^= word;
        round(v);
        v[0] ^= word;
    };
    for chunk in &mut chunks {
        take(
            &mut v,
            chunk.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)),
        );
    }
    let rest = chunks.remainder().iter().rev();
    let rest = rest.fold(0, |word, &byte| word << 8 | u64::from(byte));
    take(&mut v, (bytes.len() as u64) << 56 | rest);
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

const fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    use super::{checksum, digest};

    #[test]
    fn digest_is_siphash_1_3() {
        let bytes: Vec<u8> = (0..100).collect();
        for end in 0..bytes.len() {
            // The standard library's hasher is this one today.
            let mut known = std::hash::DefaultHasher::new();
            known.write(&bytes[..end]);
            assert_eq!(digest(&bytes[..end]), known.finish(), "{end}");
        }
    }

    #[test]
    fn each_flipped_bit_changes_the_checksum() {
        let bytes: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(37)).collect();
        let sum = checksum(&bytes);
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(checksum(&other), sum, "{bit}");
        }
        assert_ne!(checksum(&bytes[..199]), sum);
    }
}
