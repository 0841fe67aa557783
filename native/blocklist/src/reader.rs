//! From the text of a list to the rules of a draft.

use crate::image::{self, Draft, Glob, ListDraft, Role, Stage};
use crate::line::{Target, Tone};
use crate::syntax::{Event, Plain, Syntax};
use crate::wildcard::Wildcards;
use crate::{BuildError, Skip};

/// A draft, and the wildcards in it, which are bounded.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) draft: Draft,
    wildcards: Wildcards,
}

/// What a list's lines are, by their tone, in a list as such.
pub(crate) const fn role(tone: Tone) -> Role {
    match tone {
        Tone::Block => Role::Block(Stage::Always),
        Tone::Important => Role::Important,
        Tone::Except => Role::Except,
        Tone::ImportantExcept => Role::ImportantExcept,
    }
}

impl Reader {
    /// Begins a list; the error says how many fit.
    pub(crate) fn begin(&mut self, title: &str, most: u16) -> Result<u8, BuildError> {
        let list = u8::try_from(self.draft.lists.len()).ok();
        let list = list.filter(|&list| u16::from(list) < most);
        let list = list.ok_or_else(|| BuildError::Lists {
            list: title.to_owned(),
            most,
        })?;
        self.draft.lists.push(ListDraft {
            title: title.to_owned(),
            ..ListDraft::default()
        });
        Ok(list)
    }

    /// Reads a list's text.
    pub(crate) fn read(&mut self, list: u8, text: &str, role: fn(Tone) -> Role) -> Result<(), BuildError> {
        let mut first_bad = None;
        Syntax::detect(text).read(text, Plain::default(), &mut |line, event| {
            let mend = match event {
                Event::Rule(pattern) => {
                    let pushed = self.push(pattern.text, pattern.target, list, role(pattern.tone));
                    pushed.err()
                }
                Event::Skipped(skip, _) => {
                    let kind = Skip::ALL.iter().position(|kind| *kind == skip).unwrap_or(0);
                    let count = self.draft.lists.get_mut(usize::from(list));
                    if let Some(count) = count.and_then(|list| list.skipped.get_mut(kind)) {
                        *count += 1;
                    }
                    None
                }
                Event::Bad(mend) => Some(mend),
            };
            if let Some(mend) = mend.filter(|_| first_bad.is_none()) {
                first_bad = Some((line, mend));
            }
        });
        let Some((line, mend)) = first_bad else {
            return Ok(());
        };
        let title = self
            .draft
            .lists
            .get(usize::from(list))
            .map(|list| list.title.clone());
        Err(BuildError::Line {
            list: title.unwrap_or_default(),
            line,
            mend,
        })
    }

    /// Adds a rule and gives its number. Its name is a part of its pattern and is kept there.
    pub(crate) fn push(
        &mut self,
        pattern: &str,
        target: Target<'_>,
        list: u8,
        role: Role,
    ) -> Result<u32, String> {
        let too_big = || "there are more rules than fit".to_owned();
        let target = match target {
            Target::Wildcard(wildcard) if !self.wildcards.push(&wildcard, 0) => wildcard
                .whole_name()
                .map(|(name, reach)| Target::Name(name, reach))
                .ok_or("one wildcard too many; write whole names instead")?,
            target => target,
        };
        let place = |name: &str| {
            // Most patterns are nothing but a name, and a search costs more than a look.
            let at = if pattern.starts_with(name) {
                Some(0)
            } else {
                pattern.find(name)
            };
            let at = at.and_then(|at| u8::try_from(at).ok());
            at.zip(u8::try_from(name.len()).ok()).ok_or_else(too_big)
        };
        let target = match target {
            Target::Name(name, reach) => {
                let (at, len) = place(name)?;
                image::Target::Name { at, len, reach }
            }
            Target::Wildcard(wildcard) => {
                let (at, len) = place(wildcard.body)?;
                let (start, ended) = (wildcard.start as u8, wildcard.ended);
                let glob = Glob { start, ended };
                image::Target::Glob { at, len, glob }
            }
            Target::Address(network) => image::Target::Network(network.into()),
        };
        self.draft.push(pattern, target, role, list).ok_or_else(too_big)
    }
}
