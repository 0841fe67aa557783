//! The hashes of a name's suffixes, from right to left, in one pass: what the whole name costs, each suffix costs.

/// Eight dots.
const DOTS: u64 = u64::from_le_bytes([b'.'; 8]);
/// The low seven bits of each byte.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
/// Bit 5 is what tells capitals from small letters, so it is not looked at.
const CASE: u64 = 0x2020_2020_2020_2020;
/// Odd numbers without a pattern. A suffix's last step has another one than the steps before it, so that no two names
/// take the same steps: names that collide under one key do not under the next.
const LAST: u64 = 0x9fb2_1c65_1e98_df25;
const BEFORE: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// The suffixes of a name at its label borders, the shortest first, each with its hash.
///
/// The name is cut into words of eight bytes from its right end, wherever labels begin, so that reading the next word waits
/// for no border. A suffix costs the words behind it, which all suffixes share, and a last step with the bytes in front
/// of them.
pub(crate) struct Suffixes<'a> {
    name: &'a [u8],
    /// The hash of the words behind the present one.
    hash: u64,
    /// Where the present word ends; beyond the name when all is said.
    end: usize,
    /// The present word.
    word: u64,
    /// The highest bit of each byte of it that is a dot not yet come to.
    dots: u64,
}

/// A suffix: its hash, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suffix {
    pub(crate) hash: u64,
    pub(crate) start: usize,
}

impl<'a> Suffixes<'a> {
    /// The name comes without a dot at its end.
    #[inline]
    pub(crate) fn new(key: u64, name: &'a [u8]) -> Self {
        let word = word_before(name, name.len());
        Self {
            name,
            hash: key,
            end: name.len(),
            word: word | CASE,
            dots: dots(word),
        }
    }
}

impl Iterator for Suffixes<'_> {
    type Item = Suffix;

    #[inline]
    fn next(&mut self) -> Option<Suffix> {
        if self.end > self.name.len() {
            return None;
        }
        while self.dots == 0 {
            // No dot is left in it, not even one from before the name: all of it is within the name.
            self.hash = mix(self.hash, self.word, BEFORE);
            self.end = self.end.saturating_sub(8);
            let word = word_before(self.name, self.end);
            (self.word, self.dots) = (word | CASE, dots(word));
        }
        let behind = self.dots.leading_zeros();
        self.dots &= !(1 << 63 >> behind);
        // The bytes behind the dot. Two shifts, because one by all 64 bits is none.
        let last = self.word >> 1 >> (63 - behind);
        let start = self.end.saturating_sub(behind as usize / 8);
        if start == 0 {
            self.end = usize::MAX;
        }
        Some(Suffix {
            hash: mix(self.hash, last, LAST),
            start,
        })
    }
}

/// The hash of a whole name.
pub(crate) fn hash(key: u64, name: &[u8]) -> u64 {
    Suffixes::new(key, name).last().map_or(key, |suffix| suffix.hash)
}

/// The eight bytes before `end`, the last of them in the highest place. Before the name stand dots.
#[inline]
fn word_before(name: &[u8], end: usize) -> u64 {
    if let Some(word) = name.get(..end).and_then(<[u8]>::last_chunk::<8>) {
        return u64::from_le_bytes(*word);
    }
    match name.first_chunk::<8>() {
        Some(word) if end > 0 => u64::from_le_bytes(*word) << (64 - 8 * end) | DOTS >> (8 * end),
        Some(_) => DOTS,
        None => {
            let bytes = name.get(..end).unwrap_or_default();
            bytes
                .iter()
                .fold(DOTS, |word, &byte| word >> 8 | u64::from(byte) << 56)
        }
    }
}

/// The highest bit of each byte that is a dot.
#[inline]
const fn dots(word: u64) -> u64 {
    let odd = word ^ DOTS;
    // A byte is a dot where neither its low bits nor the carry out of them is set.
    !(((odd & LOW) + LOW) | odd | LOW)
}

/// One step: a product of which no bit is lost.
#[inline]
pub(crate) const fn mix(hash: u64, word: u64, by: u64) -> u64 {
    let product = (hash ^ word) as u128 * by as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The number below `bound` that a hash stands for: its share, which needs no division.
#[inline]
pub(crate) const fn share(hash: u64, bound: u64) -> usize {
    ((hash as u128 * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::{Suffixes, hash};

    #[test]
    fn a_suffix_has_the_hash_that_it_has_as_a_name() {
        for name in [
            "",
            "a",
            "a.b",
            "com",
            "12345678",
            "1234567.12345678.123456789",
            "www.a-label-that-is-longer-than-two-words.example.com",
            "..",
            ".a",
            "x..y",
        ] {
            let labels = name.split('.').count();
            let suffixes: Vec<_> = Suffixes::new(7, name.as_bytes()).collect();
            assert_eq!(suffixes.len(), labels, "{name}");
            for suffix in suffixes {
                let tail = &name[suffix.start..];
                assert_eq!(suffix.hash, hash(7, tail.as_bytes()), "{name} {tail}");
                let capitals = tail.to_ascii_uppercase();
                assert_eq!(suffix.hash, hash(7, capitals.as_bytes()), "{capitals}");
            }
        }
    }

    #[test]
    fn labels_cut_otherwise_hash_otherwise() {
        let names = [
            "abcdefgh.ijklmnop",
            "abcdefghijklmnop",
            "abcdefgh.ijklmnop.",
            "abcdefghi.jklmnop",
            "abcdefg.hijklmnop",
            "ijklmnop.abcdefgh",
            "ijklmnop.abcdefgh.x",
        ];
        let mut hashes: Vec<u64> = names.iter().map(|name| hash(1, name.as_bytes())).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), names.len());
    }
}
