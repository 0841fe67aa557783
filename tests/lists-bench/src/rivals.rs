//! What else finds a name by its suffixes.

use std::collections::HashSet;
use std::hash::BuildHasher;

/// Looks up every suffix, the whole name first.
pub(crate) fn in_set<S: BuildHasher>(set: &HashSet<String, S>, name: &str) -> bool {
    let mut rest = name;
    loop {
        if set.contains(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, parent)) => rest = parent,
            None => return false,
        }
    }
}

/// A set of the reversed names.
pub(crate) fn fst(names: &[String]) -> anyhow::Result<fst::Set<Vec<u8>>> {
    let mut reversed: Vec<Vec<u8>> = names.iter().map(|name| name.bytes().rev().collect()).collect();
    reversed.sort_unstable();
    reversed.dedup();
    Ok(fst::Set::from_iter(reversed)?)
}

/// Goes through the set once, from the right end of the name.
pub(crate) fn in_fst(set: &fst::Set<Vec<u8>>, name: &str) -> bool {
    let fst = set.as_fst();
    let mut node = fst.root();
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().enumerate().rev() {
        let Some(input) = node.find_input(*byte) else {
            return false;
        };
        node = fst.node(node.transition_addr(input));
        let is_border = at
            .checked_sub(1)
            .is_none_or(|before| bytes.get(before) == Some(&b'.'));
        if is_border && node.is_final() {
            return true;
        }
    }
    false
}
