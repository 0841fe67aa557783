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
    /// Each with the number of its rule in the draft.
    pub(crate) wildcards: Wildcards,
}

/// Of a list's lines, at most one in so many may be no rule: public lists have a few such, another kind of file has many.
const LINES_A_BAD_ONE: u32 = 100;

/// Why a rule was not taken.
#[derive(Debug)]
pub(crate) enum PushError {
    /// There is no room for it, and so none for the list.
    Full(&'static str),
    /// Its text is too long for a rule.
    Long,
}

impl PushError {
    /// How to mend it.
    pub(crate) const fn mend(&self) -> &'static str {
        match self {
            Self::Full(mend) => mend,
            Self::Long => "the line is too long for a rule",
        }
    }
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

    /// Reads a list's text. A line that is no rule is left out and counted, up to a share of them; a list that does not
    /// fit is not taken at all.
    pub(crate) fn read(&mut self, list: u8, text: &str, role: fn(Tone) -> Role) -> Result<(), BuildError> {
        let (mut lines, mut full) = (0_u32, None);
        Syntax::detect(text).read(text, Plain::default(), &mut |line, event| {
            lines += 1;
            let mend = match event {
                Event::Rule(pattern) => {
                    match self.push(pattern.text, pattern.target, list, role(pattern.tone)) {
                        Ok(_) => return,
                        Err(PushError::Full(mend)) => {
                            full.get_or_insert((line, mend));
                            return;
                        }
                        Err(error) => error.mend().to_owned(),
                    }
                }
                Event::Skipped(skip, _) => {
                    let kind = Skip::ALL.iter().position(|kind| *kind == skip).unwrap_or(0);
                    if let Some(count) = self.draft_of(list).and_then(|list| list.skipped.get_mut(kind)) {
                        *count += 1;
                    }
                    return;
                }
                Event::Bad(mend) => mend,
            };
            if let Some(list) = self.draft_of(list) {
                list.bad += 1;
                list.first_bad.get_or_insert((line, mend));
            }
        });
        let Some(list) = self.draft_of(list) else {
            return Ok(());
        };
        let title = list.title.clone();
        if let Some((line, mend)) = full {
            let mend = mend.to_owned();
            return Err(BuildError::Full {
                list: title,
                line,
                mend,
            });
        }
        match list.first_bad.clone() {
            Some((line, mend)) if list.bad > lines / LINES_A_BAD_ONE => Err(BuildError::Line {
                list: title,
                line,
                mend,
                bad: list.bad,
                lines,
            }),
            _ => Ok(()),
        }
    }

    fn draft_of(&mut self, list: u8) -> Option<&mut ListDraft> {
        self.draft.lists.get_mut(usize::from(list))
    }

    /// Adds a rule and gives its number. Its name is a part of its pattern and is kept there.
    pub(crate) fn push(
        &mut self,
        pattern: &str,
        target: Target<'_>,
        list: u8,
        role: Role,
    ) -> Result<u32, PushError> {
        const FULL: PushError = PushError::Full("there are more rules than fit");
        let number = u32::try_from(self.draft.rules.len()).map_err(|_| FULL)?;
        let target = match target {
            Target::Wildcard(wildcard) if !self.wildcards.push(&wildcard, number) => wildcard
                .whole_name()
                .map(|(name, reach)| Target::Name(name, reach))
                .ok_or(PushError::Full(
                    "one wildcard too many; write whole names instead",
                ))?,
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
            at.zip(u8::try_from(name.len()).ok()).ok_or(PushError::Long)
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
        self.draft.push(pattern, target, role, list).ok_or(FULL)
    }
}
