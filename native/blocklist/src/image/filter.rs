//! A binary fuse filter (Graf and Lemire, 2022) of 8 bits that says of a hash what is known of it. Of 256 strangers it
//! lets three through, and for these alone the rules are looked at in vain.

use super::hash::share;

/// What a filter says of a suffix, in bits; none of them for a stranger.
pub(crate) mod kind {
    /// There are rules on it.
    pub(crate) const RULES: u8 = 1;
    /// It has two labels, and there are rules on names beneath it.
    pub(crate) const STEM: u8 = 2;
}

/// A hash, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Known {
    pub(crate) hash: u64,
    pub(crate) kind: u8,
}

/// The shape of a filter: so many segments that a name's first byte can lie in, and two more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) segments: u32,
    /// Binary logarithm of a segment's length.
    pub(crate) bits: u8,
}

impl Shape {
    /// The shape for so many names. Fewer names need a larger share of empty places.
    pub(crate) fn for_names(names: usize) -> Self {
        let log = names.max(2).ilog2() as usize;
        // The authors' figures: a length of 3.33 to the power of (log n + 2.25), and a capacity of n times
        // max(1.125, 0.875 + 0.25 log 1e6 / log n), in whole numbers, so that every machine builds the same.
        let bits = ((1000 * log + 3905) / 1736).min(18);
        let capacity = names * (875 + 4983 / log).max(1125) / 1000;
        let segments = capacity.div_ceil(1 << bits).saturating_sub(2).max(1);
        Self {
            segments: u32::try_from(segments).unwrap_or(u32::MAX),
            bits: bits as u8,
        }
    }

    /// Bytes of the filter; `None` for a shape that no filter has.
    pub(crate) fn len(self) -> Option<usize> {
        match (self.segments, self.bits) {
            (0, _) => Some(0),
            (segments, 0..=18) => (segments as usize).checked_add(2)?.checked_mul(1 << self.bits),
            _ => None,
        }
    }

    /// The three places of a hash.
    #[inline]
    fn places(self, hash: u64) -> [usize; 3] {
        let length = 1usize << (self.bits & 31);
        let first = share(hash, u64::from(self.segments) << (self.bits & 31));
        [
            first,
            (first + length) ^ ((hash >> 18) as usize & (length - 1)),
            (first + 2 * length) ^ (hash as usize & (length - 1)),
        ]
    }

    /// What is known of the hash. Without segments there is no filter, and all may be.
    #[inline]
    pub(crate) fn kind(self, filter: &[u8], hash: u64) -> u8 {
        let [a, b, c] = self.places(hash);
        match (filter.get(a), filter.get(b), filter.get(c)) {
            (Some(a), Some(b), Some(c)) => match a ^ b ^ c ^ print(hash) {
                kind @ 0..=3 => kind,
                _ => 0,
            },
            _ if self.segments == 0 => kind::RULES | kind::STEM,
            _ => 0,
        }
    }
}

/// The eight bits that are kept of a hash.
#[inline]
const fn print(hash: u64) -> u8 {
    (hash ^ hash >> 32) as u8
}

/// A place under construction: the hashes that lie there and their kinds, one over the other.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    hashes: u64,
    count: u32,
    kinds: u8,
}

/// Builds the filter of hashes that differ; `None` where these have none in this shape.
pub(crate) fn build(shape: Shape, known: &[Known]) -> Option<Vec<u8>> {
    let mut places = vec![Place::default(); shape.len()?];
    for &Known { hash, kind } in known {
        for place in shape.places(hash) {
            let place = places.get_mut(place)?;
            place.hashes ^= hash;
            place.kinds ^= kind;
            place.count += 1;
        }
    }
    // A hash that is alone at a place is taken out; that leaves others alone at theirs.
    let mut taken: Vec<(Known, u32)> = Vec::with_capacity(known.len());
    let mut alone: Vec<u32> = Vec::new();
    for start in 0..places.len() {
        alone.push(u32::try_from(start).ok()?);
        while let Some(at) = alone.pop() {
            let place = places.get(at as usize)?;
            if place.count != 1 {
                continue;
            }
            let (hash, kind) = (place.hashes, place.kinds);
            taken.push((Known { hash, kind }, at));
            for at in shape.places(hash) {
                let place = places.get_mut(at)?;
                place.hashes ^= hash;
                place.kinds ^= kind;
                place.count -= 1;
                if place.count == 1 {
                    alone.push(u32::try_from(at).ok()?);
                }
            }
        }
    }
    if taken.len() != known.len() {
        return None;
    }
    let mut filter = vec![0u8; places.len()];
    for &(Known { hash, kind }, at) in taken.iter().rev() {
        // Its own place is still zero, and no hash set later reads it.
        let byte = shape
            .places(hash)
            .iter()
            .filter_map(|&place| filter.get(place))
            .fold(print(hash) ^ kind, |all, byte| all ^ byte);
        *filter.get_mut(at as usize)? = byte;
    }
    Some(filter)
}

#[cfg(test)]
mod tests {
    use super::{Known, Shape, build};
    use crate::image::hash::mix;

    fn known(count: u64, key: u64) -> Vec<Known> {
        let mut known: Vec<Known> = (0..count)
            .map(|n| Known {
                hash: mix(key, n << 8, 0x9fb2_1c65_1e98_df25),
                kind: (n % 3) as u8 + 1,
            })
            .collect();
        known.sort_unstable();
        known.dedup_by_key(|known| known.hash);
        known
    }

    #[test]
    fn what_was_put_in_is_known_and_few_others_are() {
        for count in [1, 2, 3, 7, 20, 100, 400, 5_000, 60_000] {
            let shape = Shape::for_names(count);
            let (filter, inside) = (0..20)
                .find_map(|key| {
                    let inside = known(count as u64, key);
                    build(shape, &inside).map(|filter| (filter, inside))
                })
                .expect("one of twenty keys");
            for known in &inside {
                assert_eq!(shape.kind(&filter, known.hash), known.kind);
            }
            let met = known(100_000, 1_000)
                .iter()
                .filter(|known| shape.kind(&filter, known.hash) != 0)
                .count();
            assert!(met < 1_700, "{met} of 100,000 at {count}");
        }
    }
}
