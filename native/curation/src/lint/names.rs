//! What can be wrong with one name.

use super::tables::{CANARIES, INTERNAL, PRIVATE_TLDS, SHARED, VENDOR_ROOTS};
use crate::idna;

/// What is wrong with a rule's name, each with what to do. Whether it is on what is beneath the name, too, and whether it
/// blocks.
pub(super) fn check(name: &str, is_wide: bool, is_block: bool) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let Some(label) = name.split('.').find(|label| !is_sound(label)) {
        let mend =
            format!("`{label}` in `{name}` decodes to no label; copy the name again from where it was seen");
        found.push(("idna", mend));
    }
    if let Some(root) = joined(name) {
        let mend = format!(
            "`{name}` looks like two names joined (`{root}` stands in its middle); write each on a line of its own"
        );
        found.push(("joined", mend));
    } else if let Some(root) = typo(name) {
        let mend =
            format!("`{name}` looks like a slip for a name beneath `{root}`; correct it, or leave it out");
        found.push(("typo", mend));
    }
    if let Some(canary) = CANARIES
        .iter()
        .find(|canary| is_block && meets(name, is_wide, canary))
    {
        let mend = format!("`{canary}` is a name by which others test their own lists; leave it out");
        found.push(("canary", mend));
    }
    found.extend(public_suffix(name));
    found.extend(shared(name, is_wide, is_block));
    if let Some(label) = internal(name).filter(|_| is_block) {
        let mend = format!("`{name}` is no name that a phone asks for (`{label}`); leave it out");
        found.push(("internal", mend));
    }
    found
}

/// The longest of the vendor's roots that a name is, or is beneath.
pub(crate) fn vendor_root(name: &str) -> Option<&'static str> {
    let roots = VENDOR_ROOTS.into_iter();
    roots
        .filter(|root| name == *root || is_beneath(name, root))
        .max_by_key(|root| root.len())
}

fn is_sound(label: &str) -> bool {
    let Some(encoded) = label.strip_prefix("xn--") else {
        // Hyphens in third and fourth place are kept for encodings (RFC 5891, section 4.2.3.1).
        return label.get(2..4) != Some("--");
    };
    idna::decode(encoded)
        .is_some_and(|text| !text.is_ascii() && text.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

fn meets(name: &str, is_wide: bool, canary: &str) -> bool {
    name == canary || is_wide && is_beneath(canary, name) || is_beneath(name, canary)
}

fn is_beneath(name: &str, parent: &str) -> bool {
    // The border first: hardly a name of a long list has one there, so nothing else is compared.
    let border = name.len().checked_sub(parent.len() + 1);
    border.is_some_and(|at| name.as_bytes().get(at) == Some(&b'.')) && name.ends_with(parent)
}

fn public_suffix(name: &str) -> Option<(&'static str, String)> {
    let suffix = psl::suffix(name.as_bytes())?;
    let last = name.rsplit('.').next().unwrap_or(name);
    if PRIVATE_TLDS.contains(&last) || !suffix.is_known() {
        let mend = format!("nothing public is called `.{last}`; correct `{name}`, or leave it out");
        return Some(("suffix", mend));
    }
    (suffix.as_bytes() == name.as_bytes()).then(|| {
        let mend = format!("`{name}` is a public suffix: unrelated owners register beneath it; name a host");
        ("suffix", mend)
    })
}

/// Vendor roots and shared infrastructure.
fn shared(name: &str, is_wide: bool, is_block: bool) -> Option<(&'static str, String)> {
    if VENDOR_ROOTS.contains(&name) && (is_block || is_wide) {
        let mend = if is_block {
            format!(
                "`{name}` is a vendor root: updates, account and Find Device are beneath it; name the host"
            )
        } else {
            format!("`{name}` is a vendor root; write `match = \"exact\"`")
        };
        return Some(("vendor-root", mend));
    }
    let owner = SHARED
        .iter()
        .find(|owner| name == **owner || is_beneath(name, owner))?;
    if is_block {
        let mend = format!(
            "`{name}` is shared infrastructure (`{owner}`): what is behind it changes; name the host that points there"
        );
        return Some(("shared", mend));
    }
    (name == *owner && is_wide).then(|| {
        let mend = format!("`{owner}` belongs to everybody; write the whole name of the host");
        ("shared", mend)
    })
}

fn internal(name: &str) -> Option<&str> {
    let host = name.rsplit_once('.').map_or(name, |(host, _)| host);
    host.split('.')
        .find(|label| label.split(['-', '_']).any(|part| INTERNAL.contains(&part)))
}

/// A vendor root that stands at the border of a label but not at the end: `a.mi.comb.mi.com`, `xiaomi.coma.stat...`.
fn joined(name: &str) -> Option<&'static str> {
    // The country of a real name may follow a root: `x.mi.com.cn` is a name, `x.mi.coma.mi.com` is two.
    let is_two = |rest: &str| {
        VENDOR_ROOTS
            .iter()
            .any(|root| is_beneath(rest, root) || rest == *root)
    };
    let borders = name.match_indices('.').map(|(at, _)| at + 1);
    std::iter::once(0).chain(borders).find_map(|start| {
        let tail = name.get(start..)?;
        let first = tail.as_bytes().first();
        let roots = VENDOR_ROOTS.into_iter();
        let mut roots = roots.filter(|root| root.as_bytes().first() == first);
        roots.find(|root| {
            let Some(rest) = tail.strip_prefix(root) else {
                return false;
            };
            !rest.is_empty() && (!rest.starts_with('.') || is_two(rest.trim_start_matches('.')))
        })
    })
}

/// A vendor root that the name's own registered name nearly is.
fn typo(name: &str) -> Option<&'static str> {
    // All roots that are looked at have two labels; whether two are the registered name is seen last, as it costs most.
    let dot = name.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    let registered = name.get(dot..)?;
    // Short names are near to honest ones: `mi.com` to `me.com`, `miui.com` to `mui.com`; of the latter only what
    // fingers do to a word that was meant.
    let near = |root: &&str| match root.find('.').unwrap_or(0) {
        0..4 => false,
        _ if root.len().abs_diff(registered.len()) > 1 || root.matches('.').count() != 1 => false,
        4 => slip(registered, root) == Some(Slip::Fingers),
        _ => slip(registered, root).is_some(),
    };
    let root = VENDOR_ROOTS.into_iter().find(near)?;
    let is_registered =
        psl::domain(name.as_bytes()).is_some_and(|domain| domain.as_bytes() == registered.as_bytes());
    (is_registered && !VENDOR_ROOTS.contains(&registered)).then_some(root)
}

/// How a name came out of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slip {
    /// Two neighbours swapped, or a letter typed twice.
    Fingers,
    /// One letter missing, added or changed.
    Letter,
}

/// The one slip that makes `written` of `meant`.
fn slip(written: &str, meant: &str) -> Option<Slip> {
    let (written, meant) = (written.as_bytes(), meant.as_bytes());
    let start = written.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let rest = (written.len() - start).min(meant.len() - start);
    let end = written
        .iter()
        .rev()
        .zip(meant.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let before = start.checked_sub(1).and_then(|at| written.get(at));
    match (
        &written[start..written.len() - end],
        &meant[start..meant.len() - end],
    ) {
        ([], []) => None,
        ([twice], []) if before == Some(twice) => Some(Slip::Fingers),
        ([a, b], [c, d]) if a == d && b == c => Some(Slip::Fingers),
        ([] | [_], [] | [_]) => Some(Slip::Letter),
        _ => None,
    }
}
