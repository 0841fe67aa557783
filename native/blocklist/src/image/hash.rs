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

    /// Those beneath the name's stem, which `stem` gave.
    #[inline]
    pub(crate) fn beneath(key: u64, name: &'a [u8], stem: Stem) -> Self {
        let (end, hash) = match stem.len {
            0..8 => (name.len(), key),
            _ => (
                name.len().saturating_sub(8),
                mix(key, word_before(name, name.len()) | CASE, BEFORE),
            ),
        };
        let word = word_before(name, end);
        // The stem's own border and what is behind it is left out.
        let before = u64::MAX >> (8 * (stem.len & 7)) >> 8;
        Self {
            name,
            hash,
            end: if stem.len as usize == name.len() {
                usize::MAX
            } else {
                end
            },
            word: word | CASE,
            dots: dots(word) & before,
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
        // Never beyond the beginning: before it stands a dot.
        let start = self.end - behind as usize / 8;
        if start == 0 {
            self.end = usize::MAX;
        }
        Some(Suffix {
            hash: mix(self.hash, last, LAST),
            start,
        })
    }
}

/// A name's last two labels: their hash and how many bytes they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stem {
    pub(crate) hash: u64,
    pub(crate) len: u32,
}

/// The stem of a name, where it has less than sixteen bytes, as nearly all have. What `Suffixes` asks about the bytes is
/// counted here, so that nothing waits for the answer.
#[inline]
pub(crate) fn stem(key: u64, name: &[u8]) -> Option<Stem> {
    let (last, first) = (
        word_before(name, name.len()),
        word_before(name, name.len().saturating_sub(8)),
    );
    let dots = dots_behind(last) | dots_behind(first) << 8;
    let second = dots & dots.wrapping_sub(1);
    let len = second.trailing_zeros();
    // Bytes before a name's beginning are dots: only the first of them is a border.
    if second == 0 || len as usize > name.len() {
        return None;
    }
    let behind = mix(key, last | CASE, BEFORE);
    let (hash, word) = if len < 8 { (key, last) } else { (behind, first) };
    let hash = mix(hash, (word | CASE) >> 1 >> (63 - 8 * (len & 7)), LAST);
    Some(Stem { hash, len })
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

/// A bit for each byte that is a dot, the lowest of eight for the last byte.
#[inline]
const fn dots_behind(word: u64) -> u32 {
    // The product's highest byte has the eight bits, the last first: no two of its sums meet.
    ((dots(word) >> 7).wrapping_mul(0x8040_2010_0804_0201) >> 56) as u32
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
    use std::collections::HashMap;

    use super::{Stem, Suffix, Suffixes, hash, stem};

    /// Names of each length up to some words, with borders wherever they can be.
    fn names() -> impl Iterator<Item = String> {
        let mut random = 0x5eed_0007_u64;
        (0..4_000).map(move |round| {
            let bytes = (0..round % 61).map(|_| {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                b"..abcdefghijkl-_0123"[(random >> 59) as usize % 20]
            });
            bytes.map(char::from).collect()
        })
    }

    #[test]
    fn a_suffix_has_the_hash_that_it_has_as_a_name() {
        for name in names() {
            let suffixes: Vec<_> = Suffixes::new(7, name.as_bytes()).collect();
            let borders = name.match_indices('.').map(|(at, _)| at + 1);
            let mut starts: Vec<_> = std::iter::once(0).chain(borders).collect();
            starts.reverse();
            assert!(suffixes.iter().map(|suffix| suffix.start).eq(starts), "{name}");
            for suffix in suffixes {
                let tail = &name[suffix.start..];
                assert_eq!(suffix.hash, hash(7, tail.as_bytes()), "{name} {tail}");
                let capitals = tail.to_ascii_uppercase();
                assert_eq!(suffix.hash, hash(7, capitals.as_bytes()), "{capitals}");
            }
        }
    }

    #[test]
    fn a_stem_is_the_second_suffix() {
        for name in names() {
            let mut suffixes = Suffixes::new(7, name.as_bytes());
            let second = suffixes.nth(1).map(|Suffix { hash, start }| Stem {
                hash,
                len: (name.len() - start) as u32,
            });
            let short = second.filter(|stem| stem.len < 16);
            assert_eq!(stem(7, name.as_bytes()), short, "{name}");
            if let Some(stem) = short {
                let beneath = Suffixes::beneath(7, name.as_bytes(), stem);
                assert!(beneath.eq(suffixes), "{name}");
            }
        }
    }

    #[test]
    fn other_names_have_other_hashes_under_each_key() {
        for key in [0, 1, u64::MAX, 0x5eed] {
            let mut known: HashMap<u64, String> = HashMap::new();
            for name in names() {
                for suffix in Suffixes::new(key, name.as_bytes()) {
                    let tail = &name[suffix.start..];
                    let before = known.entry(suffix.hash).or_insert_with(|| tail.to_owned());
                    assert_eq!(before, tail);
                }
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
