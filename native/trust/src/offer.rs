//! Whether a signed list may come into force, and how old the one in force is.

use crate::{Day, Keys, LONGEST_MANIFEST, Manifest, ManifestError, SignatureError, Signer, Version};

/// A list that is offered: its manifest was signed with one of the keys. Whether it may be taken is `accept`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    manifest: Manifest,
    signer: Signer,
}

/// The highest version that this device has had, the built-in one included. The caller keeps it where an update
/// cannot reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seen(Version);

/// Why an offered list is not taken. The list in force stays in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// Nobody of ours signed it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Signed, and still no manifest.
    #[error("what was signed is no manifest")]
    Manifest(#[from] ManifestError),
    /// Older than what this device has had.
    #[error("version {offered} is older than {seen}, which was here already; a list does not go back")]
    RollBack {
        /// As offered.
        offered: Version,
        /// The highest seen.
        seen: Version,
    },
    /// Its time is over: a newer list is being kept from this device, or nobody keeps the list any more.
    #[error("the offered list expired on {expires}")]
    Expired {
        /// Its last day.
        expires: Day,
    },
}

/// How old the list in force is. It stays in force in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Age {
    /// Within its time.
    Current,
    /// To be shown as "old list".
    Old {
        /// Its last day.
        expired: Day,
    },
    /// The clock is before the day the list was built on, so it says nothing.
    ClockIsWrong,
}

impl Seen {
    /// Begins with the version of the built-in list.
    pub const fn builtin(version: Version) -> Self {
        Self(version)
    }

    /// The same, and another version.
    #[must_use]
    pub fn and(self, version: Version) -> Self {
        Self(self.0.max(version))
    }

    /// The highest.
    pub const fn highest(self) -> Version {
        self.0
    }
}

impl Offered {
    /// Reads an offer. The signature is checked before a byte of the manifest is looked at.
    pub fn parse(keys: &Keys, manifest: &[u8], signature: &str) -> Result<Self, OfferError> {
        if manifest.len() > LONGEST_MANIFEST {
            return Err(ManifestError::TooLong.into());
        }
        let signer = keys.verify(manifest, signature)?;
        let manifest = Manifest::parse(manifest)?;
        Ok(Self { manifest, signer })
    }

    /// Which key signed it.
    pub const fn signer(&self) -> Signer {
        self.signer
    }

    /// What it says of itself, before it is known whether it may be taken.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Decides whether the offer may come into force. `now` is in seconds since 1970. On success the caller checks the
    /// files, brings them into force, and adds the version to what was seen, in this order.
    pub fn accept(self, seen: Seen, now: u64) -> Result<Manifest, OfferError> {
        let offered = self.manifest.version();
        if offered < seen.highest() {
            return Err(OfferError::RollBack {
                offered,
                seen: seen.highest(),
            });
        }
        match self.manifest.age(seen, now) {
            Age::Old { expired } => Err(OfferError::Expired { expires: expired }),
            Age::Current | Age::ClockIsWrong => Ok(self.manifest),
        }
    }
}

impl Manifest {
    /// How old the list is, for a list in force. `now` is in seconds since 1970; a clock that stands before the day any
    /// list of this device was built on is ignored.
    pub fn age(&self, seen: Seen, now: u64) -> Age {
        let today = Day::of_unix(now);
        if today < self.version().built().max(seen.highest().built()) {
            Age::ClockIsWrong
        } else if today > self.expires() {
            Age::Old {
                expired: self.expires(),
            }
        } else {
            Age::Current
        }
    }
}
