use super::*;

/// RFC 1071 section 4.1, word by word.
fn reference(bytes: &[u8]) -> u16 {
    let mut sum = 0_u64;
    for pair in bytes.chunks(2) {
        sum += u64::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// A small generator (xorshift), so that the bytes are the same in every run.
fn noise(len: usize, mut state: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    for _ in 0..len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(state as u8);
    }
    bytes
}

#[test]
fn the_example_of_rfc_1071_sums_as_printed() {
    let sum = Checksum::default()
        .add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])
        .finish();
    assert_eq!(sum, !0xddf2);
}

#[test]
fn every_length_sums_like_the_reference() {
    let bytes = noise(400, 1);
    for len in 0..bytes.len() {
        assert_eq!(
            Checksum::default().add(&bytes[..len]).finish(),
            reference(&bytes[..len]),
            "{len} bytes"
        );
    }
}

#[test]
fn pieces_of_any_length_sum_like_one() {
    let bytes = noise(97, 2);
    let whole = reference(&bytes);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let sum = Checksum::default()
                .add(&bytes[..first])
                .add(&bytes[first..second])
                .add(&bytes[second..]);
            assert_eq!(sum.finish(), whole, "split at {first} and {second}");
        }
    }
}

#[test]
fn many_pieces_of_ones_do_not_overflow() {
    let ones = vec![0xff; 65_535];
    let sum = (0..100).fold(Checksum::default(), |sum, _| sum.add(&ones));
    // 100 odd pieces: ones everywhere, an even number of bytes.
    assert_eq!(sum.finish(), 0);
}

#[test]
fn nothing_sums_to_the_complement_of_zero() {
    assert_eq!(Checksum::default().finish(), 0xffff);
}
