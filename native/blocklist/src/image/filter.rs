//! A binary fuse filter (Graf and Lemire, 2022) of 8 bits: nine bits a name say of 255 of 256 strangers that they are
//! in no rule, without a look at the rules.

use super::hash::share;

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

    /// Whether the hash may be one of those that the filter was built with. Without segments there is no filter.
    #[inline]
    pub(crate) fn may_contain(self, filter: &[u8], hash: u64) -> bool {
        let [a, b, c] = self.places(hash);
        match (filter.get(a), filter.get(b), filter.get(c)) {
            (Some(a), Some(b), Some(c)) => a ^ b ^ c == print(hash),
            _ => self.segments == 0,
        }
    }
}

/// The eight bits that are kept of a hash.
#[inline]
const fn print(hash: u64) -> u8 {
    (hash ^ hash >> 32) as u8
}

/// A place under construction: the hashes that lie there, one over the other.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    hashes: u64,
    count: u32,
}

/// Builds the filter of hashes that are ascending and differ; `None` where these hashes have none in this shape.
pub(crate) fn build(shape: Shape, hashes: &[u64]) -> Option<Vec<u8>> {
    let mut places = vec![Place::default(); shape.len()?];
    for &hash in hashes {
        for place in shape.places(hash) {
            let place = places.get_mut(place)?;
            place.hashes ^= hash;
            place.count += 1;
        }
    }
    // A hash that is alone at a place is taken out; that leaves others alone at theirs.
    let mut taken: Vec<(u64, u32)> = Vec::with_capacity(hashes.len());
    let mut alone: Vec<u32> = Vec::new();
    for start in 0..places.len() {
        alone.push(u32::try_from(start).ok()?);
        while let Some(at) = alone.pop() {
            let place = places.get(at as usize)?;
            if place.count != 1 {
                continue;
            }
            let hash = place.hashes;
            taken.push((hash, at));
            for at in shape.places(hash) {
                let place = places.get_mut(at)?;
                place.hashes ^= hash;
                place.count -= 1;
                if place.count == 1 {
                    alone.push(u32::try_from(at).ok()?);
                }
            }
        }
    }
    if taken.len() != hashes.len() {
        return None;
    }
    let mut filter = vec![0u8; places.len()];
    for &(hash, at) in taken.iter().rev() {
        // Its own place is still zero, and no hash set later reads it.
        let byte = shape
            .places(hash)
            .iter()
            .filter_map(|&place| filter.get(place))
            .fold(print(hash), |all, byte| all ^ byte);
        *filter.get_mut(at as usize)? = byte;
    }
    Some(filter)
}

#[cfg(test)]
mod tests {
    use super::{Shape, build};
    use crate::image::hash::mix;

    fn hashes(count: u64, key: u64) -> Vec<u64> {
        let mut hashes: Vec<u64> = (0..count)
            .map(|n| mix(key, n << 8, 0x9fb2_1c65_1e98_df25))
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    #[test]
    fn what_was_put_in_is_found_and_few_others_are() {
        for count in [1, 2, 3, 7, 20, 100, 400, 5_000, 60_000] {
            let shape = Shape::for_names(count);
            let (filter, inside) = (0..20)
                .find_map(|key| {
                    let inside = hashes(count as u64, key);
                    build(shape, &inside).map(|filter| (filter, inside))
                })
                .expect("one of twenty keys");
            assert!(inside.iter().all(|&hash| shape.may_contain(&filter, hash)));
            let met = hashes(100_000, 1_000)
                .iter()
                .filter(|&&hash| shape.may_contain(&filter, hash))
                .count();
            assert!(met < 700, "{met} of 100,000 at {count}");
        }
    }
}
