//! Letters of a question in random case.

use rand_chacha::rand_core::Rng;

/// Octets behind the name: type and class.
const FIXED: usize = 4;

/// Gives every letter of a question's name a random case (0x20), and leaves lengths, type and class alone.
pub(super) fn mix_case(question: &mut [u8], rng: &mut impl Rng) {
    let name = question.len().saturating_sub(FIXED);
    let (mut bits, mut left) = (0, 0);
    // Lengths of labels (at most 63) are no letters.
    for byte in question[..name]
        .iter_mut()
        .filter(|byte| byte.is_ascii_alphabetic())
    {
        if left == 0 {
            (bits, left) = (rng.next_u64(), 64);
        }
        *byte = (*byte & !0x20) | if bits & 1 == 0 { 0x20 } else { 0 };
        bits >>= 1;
        left -= 1;
    }
}

/// Whether the name has a letter in upper case, so that a resolver that lowers them shows it.
pub(super) fn is_mixed(question: &[u8]) -> bool {
    question[..question.len().saturating_sub(FIXED)]
        .iter()
        .any(u8::is_ascii_uppercase)
}
