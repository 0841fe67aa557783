//! The hashes of a name's suffixes, from right to left, in one pass: what the whole name costs, each suffix costs.

/// Eight dots.
const DOTS: u64 = u64::from_le_bytes([b'.'; 8]);
/// The low seven bits of each byte.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
/// Bit 5 is what tells capitals from small letters, so it is not looked at.
const CASE: u64 = 0x2020_2020_2020_2020;
/// Odd numbers without a pattern. A label's last step has another one than the steps before it, so that no two names
/// take the same steps: names that collide under one key do not under the next.
const LAST: u64 = 0x9fb2_1c65_1e98_df25;
const BEFORE: u64 = 0xc2b2_ae3d_27d4_eb4f;

/// The suffixes of a name at its label borders, the shortest first, each with its hash.
pub(crate) struct Suffixes<'a> {
    name: &'a [u8],
    hash: u64,
    /// Where the labels end that are not hashed yet; beyond the name when there are none.
    end: usize,
}

/// A suffix: its hash, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suffix {
    pub(crate) hash: u64,
    pub(crate) start: usize,
}

impl<'a> Suffixes<'a> {
    /// The name comes without a dot at its end.
    pub(crate) const fn new(key: u64, name: &'a [u8]) -> Self {
        Self {
            name,
            hash: key,
            end: name.len(),
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
        loop {
            let word = word_before(self.name, self.end);
            let length = behind_last_dot(word);
            if length == 8 {
                self.hash = mix(self.hash, word, BEFORE);
                self.end -= 8;
                continue;
            }
            // Two shifts, because one by all 64 bits is none.
            self.hash = mix(self.hash, word >> 1 >> (63 - 8 * length), LAST);
            let start = self.end - length;
            self.end = start.checked_sub(1).unwrap_or(usize::MAX);
            return Some(Suffix {
                hash: self.hash,
                start,
            });
        }
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

/// How many bytes stand behind the last dot of the eight; 8 where there is none.
#[inline]
const fn behind_last_dot(word: u64) -> usize {
    let odd = word ^ DOTS;
    // The highest bit of each byte that is a dot: neither its low bits nor the carry out of them is set.
    let dots = !(((odd & LOW) + LOW) | odd | LOW);
    dots.leading_zeros() as usize / 8
}

/// One step: a product of which no bit is lost.
#[inline]
pub(crate) const fn mix(hash: u64, word: u64, by: u64) -> u64 {
    let product = (hash ^ (word | CASE)) as u128 * by as u128;
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
