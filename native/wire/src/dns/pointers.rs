//! Compression pointers (RFC 1035 section 4.1.4), counted before they are followed: names that point at names make a short
//! message cost the square of its length.

/// Labels and pointers of one name, at most: a name of 255 octets has 127 labels, and each pointer that anyone writes has a
/// label before it.
const MAX_STEPS: usize = 2 * 127;

/// Whether the name at `at` comes to its end in few steps; also true of one that is broken otherwise, which its reader finds.
pub(super) fn are_few(message: &[u8], mut at: usize) -> bool {
    for _ in 0..=MAX_STEPS {
        let mut octets = message.get(at..).unwrap_or_default().iter();
        let Some(&len) = octets.next() else {
            return true;
        };
        at = match (len, octets.next()) {
            (0, _) => return true,
            (0xc0.., Some(&low)) => usize::from(u16::from_be_bytes([len & 0x3f, low])),
            (1..=63, _) => at + 1 + usize::from(len),
            _ => return true,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::are_few;

    /// Pointers, each to the one before, behind a root.
    fn chain(len: u16) -> Vec<u8> {
        let pointers = (0..len).map(|i| if i == 0 { 0 } else { 2 * i - 1 });
        let pointers = pointers.flat_map(|to| (0xc000 | to).to_be_bytes());
        std::iter::once(0).chain(pointers).collect()
    }

    #[test]
    fn long_chains_and_loops_are_told_from_names() {
        let long = [&[1, b'a'].repeat(127)[..], &[0]].concat();
        assert!(are_few(&long, 0));
        for (len, few) in [(1, true), (254, true), (255, false), (8_000, false)] {
            let message = chain(len);
            assert_eq!(are_few(&message, message.len() - 2), few, "{len}");
        }
        assert!(!are_few(&[0xc0, 0], 0));
        assert!(!are_few(&[1, b'a', 0xc0, 0], 0));
    }

    #[test]
    fn what_is_broken_otherwise_is_its_readers_to_find() {
        for message in [&[][..], &[0xc0], &[5, b'a'], &[0x40, 0], &[0xc0, 9]] {
            assert!(are_few(message, 0));
        }
    }
}
