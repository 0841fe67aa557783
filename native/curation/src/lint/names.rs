//! What can be wrong with one name.

use records::{Reach, Rule};

use super::tables::{CANARIES, INTERNAL, PRIVATE_TLDS, SHARED, VENDOR_ROOTS};
use crate::idna;

/// What is wrong with a rule's name, each with what to do.
pub(super) fn check(rule: &Rule) -> Vec<(&'static str, String)> {
    let name = rule.pattern.as_str();
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
    if let Some(canary) = CANARIES.iter().find(|canary| meets(rule, canary)) {
        let mend = format!("`{canary}` is a name by which others test their own lists; leave it out");
        found.push(("canary", mend));
    }
    found.extend(public_suffix(name));
    found.extend(shared(rule));
    if let Some(label) = internal(name).filter(|_| rule.is_block()) {
        let mend = format!("`{name}` is no name that a phone asks for (`{label}`); leave it out");
        found.push(("internal", mend));
    }
    found
}

fn is_sound(label: &str) -> bool {
    let Some(encoded) = label.strip_prefix("xn--") else {
        // Hyphens in third and fourth place are kept for encodings (RFC 5891, section 4.2.3.1).
        return label.get(2..4) != Some("--");
    };
    idna::decode(encoded)
        .is_some_and(|text| !text.is_ascii() && text.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

fn meets(rule: &Rule, name: &str) -> bool {
    rule.is_block() && (rule.meets(name) || is_beneath(&rule.pattern, name))
}

fn is_beneath(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
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
fn shared(rule: &Rule) -> Option<(&'static str, String)> {
    let name = rule.pattern.as_str();
    let is_wide = rule.reach == Reach::Subdomains;
    if VENDOR_ROOTS.contains(&name) && (rule.is_block() || is_wide) {
        let mend = if rule.is_block() {
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
    if rule.is_block() {
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
    VENDOR_ROOTS.into_iter().find(|root| {
        name.match_indices(root).any(|(at, _)| {
            let starts = at == 0 || name.as_bytes().get(at - 1) == Some(&b'.');
            let rest = name.get(at + root.len()..).unwrap_or("");
            let is_two = |rest: &str| {
                VENDOR_ROOTS
                    .iter()
                    .any(|root| is_beneath(rest, root) || rest == *root)
            };
            starts && !rest.is_empty() && (!rest.starts_with('.') || is_two(rest.trim_start_matches('.')))
        })
    })
}

/// A vendor root that the name's own registered name nearly is.
fn typo(name: &str) -> Option<&'static str> {
    let registered = std::str::from_utf8(psl::domain(name.as_bytes())?.as_bytes()).ok()?;
    // Short names are near to honest ones: `mi.com` to `me.com`.
    let near = |root: &&str| root.find('.').is_some_and(|label| label >= 5) && is_one_slip(registered, root);
    VENDOR_ROOTS
        .into_iter()
        .filter(|root| !VENDOR_ROOTS.contains(&registered) && root.matches('.').count() == 1)
        .find(near)
}

/// Whether one letter missing, added or changed, or two neighbours swapped, make one of the other.
fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = (a.len() - start).min(b.len() - start);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    match (a, b) {
        ([], []) => false,
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}
