//! The rules of a file under construction.

use super::format::{Glob, HEAD, Network, RULE, Reach, Role, SKIPS};

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A name, which is a piece of the pattern: where it begins, its length.
    Name { at: u8, len: u8, reach: Reach },
    /// A name with wildcards, likewise.
    Glob { at: u8, len: u8, glob: Glob },
    /// An address or network.
    Network(Network),
}

/// A rule: a few numbers. No rule owns a `String`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DraftRule {
    /// Where the pattern begins in the text.
    pub(crate) text: u32,
    pub(crate) text_len: u16,
    /// Where the name begins within the pattern.
    pub(crate) name_at: u8,
    /// The name's length; 0 for a rule on an address.
    pub(crate) name_len: u8,
    /// `None` for what is not looked up by its name.
    pub(crate) reach: Option<Reach>,
    pub(crate) role: Role,
    pub(crate) list: u8,
}

/// What a record says beyond its pattern.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detail {
    pub(crate) id: String,
    pub(crate) what: String,
    /// Kind of the rule's own reply and its TTL; kind 0 for none.
    pub(crate) reply: (u8, u32),
}

/// A list of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListDraft {
    pub(crate) title: String,
    /// Rules taken, equal ones counted each.
    pub(crate) rules: u32,
    pub(crate) skipped: [u32; SKIPS],
    /// Lines that are no rules and were left out, and the first of them with its mend: no part of the file.
    pub(crate) bad: u32,
    pub(crate) first_bad: Option<(usize, String)>,
}

/// The rules of a file under construction, in the order of adding.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// The patterns, one behind the other, in lower case.
    pub(crate) text: String,
    pub(crate) rules: Vec<DraftRule>,
    pub(crate) networks: Vec<(Network, u32)>,
    pub(crate) globs: Vec<(Glob, u32)>,
    pub(crate) details: Vec<(u32, Detail)>,
    pub(crate) lists: Vec<ListDraft>,
    /// Name and sentence of each feature.
    pub(crate) features: Vec<(String, String)>,
}

impl Draft {
    /// Adds a rule and gives its number; `None` where the file has no room for it.
    pub(crate) fn push(&mut self, pattern: &str, target: Target, role: Role, list: u8) -> Option<u32> {
        let index = u32::try_from(self.rules.len()).ok()?;
        let text = u32::try_from(self.text.len()).ok()?;
        let text_len = u16::try_from(pattern.len()).ok()?;
        // Offsets have 32 bits, and a rule takes some bytes beside its text.
        if self.text.len() + pattern.len() + (HEAD + RULE) * self.rules.len() > u32::MAX as usize / 2 {
            return None;
        }
        let (name_at, name_len, reach) = match target {
            Target::Name { at, len, reach } => (at, len, Some(reach)),
            Target::Glob { at, len, glob } => {
                self.globs.push((glob, index));
                (at, len, None)
            }
            Target::Network(network) => {
                self.networks.push((network, index));
                (0, 0, None)
            }
        };
        self.rules.push(DraftRule {
            text,
            text_len,
            name_at,
            name_len,
            reach,
            role,
            list,
        });
        self.text.push_str(pattern);
        if let Some(added) = self.text.get_mut(text as usize..) {
            added.make_ascii_lowercase();
        }
        if let Some(list) = self.lists.get_mut(usize::from(list)) {
            list.rules += 1;
        }
        Some(index)
    }

    /// The rule's pattern.
    pub(crate) fn pattern(&self, rule: &DraftRule) -> &str {
        let start = rule.text as usize;
        self.text
            .get(start..start + usize::from(rule.text_len))
            .unwrap_or("")
    }

    /// The rule's name.
    pub(crate) fn name(&self, rule: &DraftRule) -> &str {
        let start = usize::from(rule.name_at);
        self.pattern(rule)
            .get(start..start + usize::from(rule.name_len))
            .unwrap_or("")
    }
}
