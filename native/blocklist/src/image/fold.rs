//! Whether a name is one of a file, eight bytes at a time. The names of a file are in lower case.

use super::format::bytes_at;

const ONES: u64 = u64::from_le_bytes([1; 8]);
/// The highest bit of each byte.
const HIGH: u64 = ONES << 7;

/// Whether `asked` is `name`, case left out.
#[inline]
pub(crate) fn is_name(name: &[u8], asked: &[u8]) -> bool {
    if name.len() != asked.len() {
        return false;
    }
    // Four words, one over the other where the name is shorter, are a name of 8 to 32 bytes.
    let Some(last) = name.len().checked_sub(8) else {
        return name.eq_ignore_ascii_case(asked);
    };
    let second = last.min(8);
    let ends = [0, second, last - second, last]
        .into_iter()
        .all(|at| is_word(name, asked, at));
    ends && (name.len() <= 32 || (16..last - 8).step_by(8).all(|at| is_word(name, asked, at)))
}

/// Whether the eight bytes at `at` are the same, case left out.
#[inline]
fn is_word(name: &[u8], asked: &[u8], at: usize) -> bool {
    let word = |bytes: &[u8]| bytes_at(bytes, at).map(u64::from_le_bytes);
    word(name)
        .zip(word(asked))
        .is_some_and(|(name, asked)| name == asked || name == lower(asked))
}

/// Eight bytes with their capitals A to Z in lower case, as `u8::to_ascii_lowercase` has them.
#[inline]
const fn lower(word: u64) -> u64 {
    let low = word & !HIGH;
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let behind_z = low + ONES * (0x7f - b'Z' as u64);
    let capitals = from_a & !behind_z & !word & HIGH;
    // The bit that tells small letters from capitals is two places lower.
    word | capitals >> 2
}

#[cfg(test)]
mod tests {
    use super::{is_name, lower};

    #[test]
    fn each_byte_at_each_place_is_lowered_as_alone() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for others in [0, b'A', b'z', 0x7f, 0xff] {
                    let mut bytes = [others; 8];
                    bytes[place] = byte;
                    let lowered = lower(u64::from_le_bytes(bytes)).to_le_bytes();
                    assert_eq!(lowered, bytes.map(|byte| byte.to_ascii_lowercase()));
                }
            }
        }
    }

    #[test]
    fn one_other_byte_is_another_name() {
        let name = b"www.some-host_7.with-a-long-label.and-another_one.example.com";
        for len in 0..=name.len() {
            let name = &name[..len];
            assert!(is_name(name, name));
            assert!(is_name(name, &name.to_ascii_uppercase()));
            for at in 0..len {
                for byte in (0..=u8::MAX).filter(|byte| !byte.eq_ignore_ascii_case(&name[at])) {
                    let mut other = name.to_vec();
                    other[at] = byte;
                    assert!(!is_name(name, &other), "{other:?}");
                }
            }
        }
    }
}
