//! The key of a file and the order of its rules: by hash, so that the rules of a bucket are neighbours.

use super::checksum::digest;
use super::draft::{Draft, DraftRule};
use super::filter::{self, Shape};
use super::format::{MOST_NAMES_A_BUCKET, MOST_RULES_A_BUCKET, NAMES_A_BUCKET, Role};
use super::hash::{hash, share};

/// Keys that are tried. One serves nearly always; all fail for a list that was written so that they do.
const KEYS: u64 = 32;

/// A key under which the names of a draft lie well, and what follows from it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) key: u64,
    /// Hash and rule of each rule on a name, ascending; equal rules are left out.
    pub(crate) rules: Vec<(u64, u32)>,
    /// The different hashes.
    pub(crate) names: usize,
    pub(crate) buckets: u32,
    pub(crate) shape: Shape,
    pub(crate) filter: Vec<u8>,
    /// Whether a file may be like this: no two names have one hash, and no bucket is overfull.
    pub(crate) is_sound: bool,
}

impl Order {
    /// Takes the first key that serves. The key comes from the content: same rules, same file. Where none serves, the
    /// last makes an order that finds every rule all the same, only not within the bounds of a file.
    pub(crate) fn new(draft: &Draft) -> Self {
        let content = digest(draft.text.as_bytes());
        let mut tried = 0;
        loop {
            let mut seed = [0; 16];
            seed.iter_mut()
                .zip(content.to_le_bytes().into_iter().chain(u64::to_le_bytes(tried)))
                .for_each(|(to, from)| *to = from);
            let order = Self::under(draft, digest(&seed));
            tried += 1;
            if order.is_sound || tried == KEYS {
                return order;
            }
        }
    }

    fn under(draft: &Draft, key: u64) -> Self {
        let mut rules: Vec<(u64, u32)> = Vec::with_capacity(draft.rules.len());
        for (rule, index) in draft.rules.iter().zip(0..) {
            if rule.reach.is_some() {
                rules.push((hash(key, draft.name(rule).as_bytes()), index));
            }
        }
        rules.sort_unstable();
        let mut is_sound = true;
        drop_equal(draft, &mut rules, &mut is_sound);
        let mut hashes: Vec<u64> = rules.iter().map(|&(hash, _)| hash).collect();
        hashes.dedup();
        let buckets = u32::try_from(hashes.len().div_ceil(NAMES_A_BUCKET)).unwrap_or(u32::MAX);
        let bucket = |hash: u64| share(hash, u64::from(buckets));
        let overfull = |names: usize, most| names > most;
        is_sound &= !hashes
            .chunk_by(|a, b| bucket(*a) == bucket(*b))
            .any(|names| overfull(names.len(), MOST_NAMES_A_BUCKET));
        is_sound &= !rules
            .chunk_by(|a, b| bucket(a.0) == bucket(b.0))
            .any(|rules| overfull(rules.len(), MOST_RULES_A_BUCKET));
        let mut shape = Shape::for_names(hashes.len());
        let filter = if is_sound {
            filter::build(shape, &hashes)
        } else {
            None
        };
        is_sound &= filter.is_some();
        if filter.is_none() {
            shape.segments = 0;
        }
        Self {
            key,
            rules,
            names: hashes.len(),
            buckets,
            shape,
            filter: filter.unwrap_or_default(),
            is_sound,
        }
    }
}

/// Leaves out each rule that says what an earlier one says. Names that differ under one hash are unsound.
fn drop_equal(draft: &Draft, rules: &mut Vec<(u64, u32)>, is_sound: &mut bool) {
    let at = |index: u32| draft.rules.get(index as usize);
    let mut kept = 0;
    // Where the kept rules of the present hash begin.
    let mut first = 0;
    for read in 0..rules.len() {
        let Some(&(hash, index)) = rules.get(read) else {
            break;
        };
        if rules.get(first).is_none_or(|&(other, _)| other != hash) || first == kept {
            first = kept;
        }
        let same_hash = rules.get(first..kept).unwrap_or_default();
        let says = |other: &(u64, u32)| match (at(other.1), at(index)) {
            (Some(a), Some(b)) => {
                let same_name = draft.name(a) == draft.name(b);
                (same_name, same_name && is_equal(a, b))
            }
            _ => (true, false),
        };
        let (mut differs, mut is_known) = (false, false);
        for other in same_hash {
            let (same_name, equal) = says(other);
            differs |= !same_name;
            is_known |= equal;
        }
        *is_sound &= !differs;
        if !is_known {
            if let Some(place) = rules.get_mut(kept) {
                *place = (hash, index);
            }
            kept += 1;
        }
    }
    rules.truncate(kept);
}

/// Whether two rules on one name are one; two apps' rules never are.
fn is_equal(a: &DraftRule, b: &DraftRule) -> bool {
    (a.list, a.reach, a.role) == (b.list, b.reach, b.role)
        && !matches!(a.role, Role::AppAllow | Role::AppBlock)
}
