//! Variable-length integers (RFC 9000 section 16), read off the front of a slice.

/// Takes one integer off `bytes`.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let first = *bytes.first()?;
    let len = 1_usize << (first >> 6);
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    let low = taken.iter().skip(1);
    Some(low.fold(u64::from(first & 0x3f), |value, byte| {
        value << 8 | u64::from(*byte)
    }))
}

/// Takes one integer, and then as many bytes as it says.
pub(super) fn take_vector<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(take(bytes)?).ok()?;
    take_bytes(bytes, len)
}

/// Takes `len` bytes off `bytes`.
pub(super) fn take_bytes<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_four_lengths_are_read() {
        // RFC 9000 appendix A.1.
        let examples: [(&[u8], u64); 5] = [
            (
                &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c],
                151_288_809_941_952_652,
            ),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
            (&[0x40, 0x25], 37),
        ];
        for (bytes, value) in examples {
            let mut rest = &[bytes, b"x"].concat()[..];
            assert_eq!((take(&mut rest), rest), (Some(value), &b"x"[..]));
            for len in 0..bytes.len() {
                assert_eq!(take(&mut &bytes[..len]), None);
            }
        }
    }

    #[test]
    fn a_vector_ends_within_its_bytes() {
        let mut rest = &b"\x02abc"[..];
        assert_eq!((take_vector(&mut rest), rest), (Some(&b"ab"[..]), &b"c"[..]));
        assert_eq!(take_vector(&mut &b"\x04abc"[..]), None);
        let huge = [0xff; 8];
        assert_eq!(take_vector(&mut &huge[..]), None);
    }
}
