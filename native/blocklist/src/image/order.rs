//! The key of a file and the order of its rules: by hash, so that the rules of a bucket are neighbours.

use super::checksum::digest;
use super::draft::{Draft, DraftRule};
use super::filter::{self, Known, Shape, kind};
use super::format::{MOST_NAMES_A_BUCKET, MOST_RULES_A_BUCKET, NAMES_A_BUCKET, Role, STEM_LABELS};
use super::hash::{Suffixes, share};

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
    /// The order under the first key that serves. The keys come from the content: same rules, same file.
    pub(crate) fn new(draft: &Draft) -> Self {
        let content = digest(draft.text.as_bytes());
        let keys = (0..KEYS).map(|tried| {
            let mut seed = [0; 16];
            seed.iter_mut()
                .zip(content.to_le_bytes().into_iter().chain(u64::to_le_bytes(tried)))
                .for_each(|(to, from)| *to = from);
            digest(&seed)
        });
        Self::with_keys(draft, keys)
    }

    /// The order under the first of these keys that serves. Where none does, the last makes an order that finds every
    /// rule all the same, only not within the bounds of a file.
    pub(super) fn with_keys(draft: &Draft, keys: impl IntoIterator<Item = u64>) -> Self {
        let mut keys = keys.into_iter().peekable();
        loop {
            let order = Self::under(draft, keys.next().unwrap_or(0));
            if order.is_sound || keys.peek().is_none() {
                return order;
            }
        }
    }

    fn under(draft: &Draft, key: u64) -> Self {
        let (mut rules, stems) = hashes(draft, key);
        rules.sort_unstable();
        let mut is_sound = true;
        drop_equal(draft, &mut rules, &mut is_sound);
        let mut names: Vec<u64> = rules.iter().map(|&(hash, _)| hash).collect();
        names.dedup();
        let buckets = u32::try_from(names.len().div_ceil(NAMES_A_BUCKET)).unwrap_or(u32::MAX);
        let bucket = |hash: u64| share(hash, u64::from(buckets));
        let overfull = |names: usize, most| names > most;
        is_sound &= !names
            .chunk_by(|a, b| bucket(*a) == bucket(*b))
            .any(|names| overfull(names.len(), MOST_NAMES_A_BUCKET));
        is_sound &= !rules
            .chunk_by(|a, b| bucket(a.0) == bucket(b.0))
            .any(|rules| overfull(rules.len(), MOST_RULES_A_BUCKET));
        let known = known(&names, &stems);
        let mut shape = Shape::for_names(known.len());
        let filter = if is_sound {
            filter::build(shape, &known)
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
            names: names.len(),
            buckets,
            shape,
            filter: filter.unwrap_or_default(),
            is_sound,
        }
    }
}

/// The hash of each rule on a name, with the rule, and the hashes of the last two labels of longer names, ascending.
fn hashes(draft: &Draft, key: u64) -> (Vec<(u64, u32)>, Vec<u64>) {
    let mut rules: Vec<(u64, u32)> = Vec::with_capacity(draft.rules.len());
    let mut stems: Vec<u64> = Vec::new();
    for (rule, index) in draft.rules.iter().zip(0..) {
        if rule.reach.is_none() {
            continue;
        }
        let (mut hash, mut stem) = (key, None);
        for (depth, suffix) in Suffixes::new(key, draft.name(rule).as_bytes()).enumerate() {
            if depth == STEM_LABELS {
                stem = Some(hash);
            }
            hash = suffix.hash;
        }
        rules.push((hash, index));
        stems.extend(stem.filter(|stem| stems.last() != Some(stem)));
    }
    stems.sort_unstable();
    stems.dedup();
    (rules, stems)
}

/// What the filter is to know of names and stems, both ascending.
fn known(names: &[u64], stems: &[u64]) -> Vec<Known> {
    let mut known = Vec::with_capacity(names.len() + stems.len());
    let mut stems = stems.iter().copied().peekable();
    for &hash in names {
        while let Some(hash) = stems.next_if(|&stem| stem < hash) {
            known.push(Known {
                hash,
                kind: kind::STEM,
            });
        }
        let kind = match stems.next_if_eq(&hash) {
            Some(_) => kind::RULES | kind::STEM,
            None => kind::RULES,
        };
        known.push(Known { hash, kind });
    }
    known.extend(stems.map(|hash| Known {
        hash,
        kind: kind::STEM,
    }));
    known
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

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::compiled::Compiled;
    use crate::image::draft::{Draft, Target};
    use crate::image::emit::emit_in;
    use crate::image::format::{Reach, Role, Stage};
    use crate::image::hash::hash;

    /// Two names, and a key under which they have one hash. The longer takes two steps, the shorter one; the key is what
    /// makes the first step undo its own difference.
    const TWINS: [&str; 2] = ["dadtpppaaaaaaai", "x0y8437"];
    const KEY: u64 = 0xb672_94ad_8900_7bdc;

    fn twins() -> Draft {
        let mut draft = Draft::default();
        for name in TWINS.iter().chain(&["other.example", "a.b.other.example"]) {
            let (len, reach) = (name.len() as u8, Reach::Subdomains);
            let target = Target::Name { at: 0, len, reach };
            draft.push(name, target, Role::Block(Stage::Always), 0).unwrap();
        }
        draft
    }

    #[test]
    fn two_equal_hashes_take_the_next_key() {
        let [a, b] = TWINS.map(|name| hash(KEY, name.as_bytes()));
        assert_eq!(a, b);
        let order = Order::with_keys(&twins(), [KEY, 7, 8]);
        assert!(order.is_sound);
        assert_eq!((order.key, order.names), (7, 4));
        let emitted = emit_in(&twins(), order);
        assert!(emitted.is_sound);
        let list = crate::compiled::open(emitted.bytes).unwrap();
        assert!(
            TWINS
                .iter()
                .all(|name| list.meets(name) && list.meets(&format!("x.{name}")))
        );
    }

    #[test]
    fn names_with_equal_hashes_are_no_file_but_are_found() {
        let order = Order::with_keys(&twins(), [KEY]);
        assert!(!order.is_sound);
        let emitted = emit_in(&twins(), order);
        assert!(!emitted.is_sound);
        let list = Compiled::trusted(emitted.bytes);
        for name in TWINS.iter().chain(&["other.example", "c.a.b.other.example"]) {
            assert!(list.meets(name), "{name}");
        }
        for name in ["dadtpppaaaaaaaj", "x0y8438", "example"] {
            assert!(!list.meets(name), "{name}");
        }
    }
}
