//! Compiled lists: made once, then mapped. `blocklists/COMPILED.md` describes the file.
//!
//! This crate opens no file: whoever has the bytes (a mapping, a buffer, a part of the program) hands them in, and they
//! are looked at where they lie.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::address::{self, Network};
use crate::image::{self, Detail, Image, Role, Stage};
use crate::line::{Reach, Target};
use crate::precedence::MOST_LISTS;
use crate::reader::{self, Reader};
use crate::{BuildError, List, Preset, Reply, name};

pub use crate::image::OpenError;

/// What a file is compiled from.
#[derive(Debug, Clone, Copy)]
pub enum ListSource<'a> {
    /// A list as text: hosts lines, plain domains, or AdBlock syntax.
    Text {
        /// The title, usually its file name.
        title: &'a str,
        /// Its lines.
        text: &'a str,
    },
    /// Records that say more than a pattern.
    Records {
        /// The title.
        title: &'a str,
        /// Its rules.
        rules: &'a [SourceRule<'a>],
        /// The switches "I use ...", each with a sentence for people; at most 32 in a file.
        features: &'a [(&'a str, &'a str)],
    },
}

/// A rule with its record.
#[derive(Debug, Clone, Copy)]
pub struct SourceRule<'a> {
    /// Stable id.
    pub id: &'a str,
    /// A name, or an address or network, also with a port.
    pub pattern: &'a str,
    /// Whether a name stands for all names beneath it too.
    pub subdomains: bool,
    /// What the rule is.
    pub kind: Kind<'a>,
    /// One sentence for people.
    pub what: &'a str,
    /// The rule's own reply.
    pub reply: Option<Reply>,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Blocked from this preset on, where the list is the built-in one; in a subscribed list, blocked.
    Block(Preset),
    /// No list blocks it, where the list is the built-in one; in a subscribed list, an exception of its own.
    Essential,
    /// As an essential name while the switch of this feature is on, else blocked from this preset on.
    Feature(&'a str, Preset),
}

impl Preset {
    const fn stage(self) -> Stage {
        match self {
            Self::None => Stage::Always,
            Self::NothingBreaks => Stage::NothingBreaks,
            Self::Balanced => Stage::Balanced,
            Self::Everything => Stage::Everything,
        }
    }
}

/// Compiles lists into the bytes of one file. Same lists, same bytes.
pub fn build(sources: &[ListSource<'_>]) -> Result<Vec<u8>, BuildError> {
    build_lists(sources).map(|(bytes, _)| bytes)
}

/// As `build`; and what was taken of each list.
pub fn build_lists(sources: &[ListSource<'_>]) -> Result<(Vec<u8>, Vec<List>), BuildError> {
    let mut reader = Reader::default();
    for source in sources {
        match *source {
            ListSource::Text { title, text } => {
                let list = reader.begin(title, MOST_LISTS)?;
                reader.read(list, text, reader::role)?;
            }
            ListSource::Records {
                title,
                rules,
                features,
            } => {
                let list = reader.begin(title, MOST_LISTS)?;
                for (name, what) in features {
                    let feature = ((*name).to_owned(), (*what).to_owned());
                    reader.draft.features.push(feature);
                }
                for rule in rules {
                    push_record(&mut reader, list, rule).map_err(|mend| BuildError::Name {
                        name: rule.pattern.to_owned(),
                        mend,
                    })?;
                }
            }
        }
    }
    let emitted = image::emit(&reader.draft);
    if emitted.is_sound {
        let lists = reader.draft.lists.into_iter().map(List::from);
        Ok((emitted.bytes, lists.collect()))
    } else {
        Err(BuildError::Aimed)
    }
}

fn push_record(reader: &mut Reader, list: u8, rule: &SourceRule<'_>) -> Result<(), String> {
    let stage = |preset: Preset| preset.stage();
    let role = match rule.kind {
        Kind::Block(preset) => Role::Block(stage(preset)),
        Kind::Essential => Role::Essential,
        Kind::Feature(feature, preset) => {
            let index = reader
                .draft
                .features
                .iter()
                .take(32)
                .position(|(name, _)| name == feature);
            let index = index.and_then(|index| u8::try_from(index).ok());
            let mend = || format!("no feature `{feature}` among the first 32 of the file");
            Role::Feature(index.ok_or_else(mend)?, stage(preset))
        }
    };
    let target = match Network::parse(rule.pattern) {
        Some(network) => Target::Address(network?),
        None => {
            name::check(rule.pattern)?;
            let reach = if rule.subdomains {
                Reach::Subdomains
            } else {
                Reach::Exact
            };
            Target::Name(rule.pattern, reach)
        }
    };
    let index = reader.push(rule.pattern, target, list, role);
    let index = index.map_err(|error| error.mend().to_owned())?;
    let detail = Detail {
        id: rule.id.to_owned(),
        what: rule.what.to_owned(),
        reply: rule.reply.map_or((0, 0), Reply::code),
    };
    reader.draft.details.push((index, detail));
    Ok(())
}

impl Reply {
    const fn code(self) -> (u8, u32) {
        match self {
            Self::ZeroAddress { ttl } => (1, ttl),
            Self::NoData { ttl } => (2, ttl),
            Self::NxDomain { ttl } => (3, ttl),
            Self::Refused => (4, 0),
            Self::Reset => (5, 0),
            Self::Prohibited => (6, 0),
        }
    }

    pub(crate) const fn from_code((kind, ttl): (u8, u32)) -> Option<Self> {
        match kind {
            1 => Some(Self::ZeroAddress { ttl }),
            2 => Some(Self::NoData { ttl }),
            3 => Some(Self::NxDomain { ttl }),
            4 => Some(Self::Refused),
            5 => Some(Self::Reset),
            6 => Some(Self::Prohibited),
            _ => None,
        }
    }
}

/// A compiled list that was looked at and can be used. Cheap to clone; the bytes stay where they are.
#[derive(Clone)]
pub struct Compiled {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    pub(crate) image: Image,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

/// Opens a compiled list: its form, its length and its checksum. Nothing is copied; what is read later is read from the
/// bytes as they are then, within their bounds, so that a file that changes underneath gives wrong verdicts at worst.
pub fn open<B: AsRef<[u8]> + Send + Sync + 'static>(bytes: B) -> Result<Compiled, OpenError> {
    let image = Image::read(bytes.as_ref())?;
    image.check(bytes.as_ref())?;
    Ok(Compiled {
        bytes: Arc::new(bytes),
        image,
    })
}

impl Compiled {
    /// A list that this program made itself.
    pub(crate) fn trusted<B: AsRef<[u8]> + Send + Sync + 'static>(bytes: B) -> Self {
        let image = Image::read(bytes.as_ref()).unwrap_or(Image::EMPTY);
        Self {
            bytes: Arc::new(bytes),
            image,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// Number of rules.
    pub const fn len(&self) -> usize {
        self.image.rules as usize
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of different names that the rules are on; wildcards and addresses are not among them.
    pub const fn names(&self) -> usize {
        self.image.names as usize
    }

    /// Bytes of the file, and how many of them are the rules' own texts.
    pub fn size(&self) -> (usize, usize) {
        (self.bytes().len(), self.image.text_len())
    }

    /// The lists that the file was compiled from.
    pub fn lists(&self) -> Vec<List> {
        self.image
            .lists(self.bytes())
            .into_iter()
            .map(List::from)
            .collect()
    }

    /// The switches "I use ..." of the file, each with a sentence for people.
    pub fn features(&self) -> impl Iterator<Item = (&str, &str)> {
        self.image.features(self.bytes())
    }

    /// Whether some rule of the file is on the name or on one above it, an exception too; wildcards are not looked at. No
    /// verdict: `Rules` decides.
    pub fn meets(&self, name: &str) -> bool {
        let mut met = false;
        let name = name::without_trailing_dot(name);
        self.image.visit(self.bytes(), name, &mut |_, _| met = true);
        met
    }

    pub(crate) fn visit_ip(&self, ip: IpAddr, port: u16, visit: &mut dyn FnMut(u32, image::Record)) {
        let (image, bytes) = (&self.image, self.bytes());
        let networks = |prefix, bits| image.networks(bytes, prefix, bits);
        address::visit(image.prefixes, networks, ip, port, &mut |rule| {
            if let Some(record) = image.nameless(bytes, rule) {
                visit(rule, record);
            }
        });
    }
}

#[cfg(test)]
mod tests;
