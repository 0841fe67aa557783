//! Which ECH configurations servers have published: what tells an encrypted hello from one that only looks so.

use std::collections::BTreeMap;
use std::time::Duration;

use wire::dns::PublishedEch;
use wire::{EchExtension, Name};

use crate::Timestamp;

/// Configurations at most. A large provider has a few in force; as many ids of the 256 that there are, GREASE hits by
/// chance.
const MAX_CONFIGS: usize = 64;

/// Apps keep a configuration beyond a shorter time to live than this, and a longer one is a mistake.
const TTL: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(86_400);

/// What a hello's encrypted_client_hello extension is (RFC 9849).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ech {
    /// A server published this outer name, or a configuration with this id: the name that was judged stands for another,
    /// which nobody on the way can read.
    Real,
    /// Nobody can tell: clients without a configuration send random bytes that look the same (GREASE, section 6.2).
    Unknown,
}

/// The configurations that were seen in answers, until they expire. Bounded; the one that expires first gives way.
#[derive(Debug, Default)]
pub(crate) struct EchConfigs {
    configs: BTreeMap<(Name, u8), Timestamp>,
}

impl EchConfigs {
    /// Remembers a configuration for as long as its record lives.
    pub(crate) fn remember(&mut self, published: &PublishedEch, now: Timestamp) {
        let ttl = Duration::from_secs(published.ttl.into()).clamp(*TTL.start(), *TTL.end());
        let key = (published.config.public_name.clone(), published.config.id);
        if !self.configs.contains_key(&key) && self.configs.len() >= MAX_CONFIGS {
            let first = self.configs.iter().min_by_key(|(_, expires)| **expires);
            if let Some(first) = first.map(|(key, _)| key.clone()) {
                self.configs.remove(&first);
            }
        }
        let expires = self.configs.entry(key).or_default();
        *expires = (*expires).max(now + ttl);
    }

    /// What the extension of a hello is whose outer name is `name`.
    pub(crate) fn classify(&self, name: Option<&Name>, extension: EchExtension, now: Timestamp) -> Ech {
        let is_known = |((public_name, id), expires): (&(Name, u8), &Timestamp)| {
            *expires > now
                && (name == Some(public_name) || extension == EchExtension::Outer { config_id: *id })
        };
        if self.configs.iter().any(is_known) {
            Ech::Real
        } else {
            Ech::Unknown
        }
    }

    /// Forgets everything: the network changed.
    pub(crate) fn clear(&mut self) {
        self.configs.clear();
    }
}

#[cfg(test)]
mod tests {
    use wire::EchConfig;

    use super::*;

    const GREASE: EchExtension = EchExtension::Outer { config_id: 9 };

    fn published(name: &str, id: u8, ttl: u32) -> PublishedEch {
        let public_name = Name::from_text(name);
        PublishedEch {
            config: EchConfig { id, public_name },
            ttl,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs(seconds)
    }

    fn classify(known: &EchConfigs, name: &str, extension: EchExtension, now: Timestamp) -> Ech {
        known.classify(Some(&Name::from_text(name)), extension, now)
    }

    #[test]
    fn a_published_name_or_id_is_real_and_nothing_else_is() {
        let mut known = EchConfigs::default();
        assert_eq!(classify(&known, "front.example", GREASE, at(0)), Ech::Unknown);
        known.remember(&published("front.example", 7, 300), at(0));
        let seven = EchExtension::Outer { config_id: 7 };
        assert_eq!(classify(&known, "front.example", GREASE, at(1)), Ech::Real);
        assert_eq!(
            classify(&known, "front.example", EchExtension::Other, at(1)),
            Ech::Real
        );
        assert_eq!(classify(&known, "other.example", seven, at(1)), Ech::Real);
        assert_eq!(known.classify(None, seven, at(1)), Ech::Real);
        assert_eq!(classify(&known, "other.example", GREASE, at(1)), Ech::Unknown);
        assert_eq!(known.classify(None, EchExtension::Other, at(1)), Ech::Unknown);
    }

    #[test]
    fn a_configuration_is_known_as_long_as_its_record_lives() {
        let mut known = EchConfigs::default();
        known.remember(&published("front.example", 7, 300), at(0));
        known.remember(&published("brief.example", 8, 0), at(0));
        known.remember(&published("front.example", 7, 100), at(10));
        assert_eq!(classify(&known, "brief.example", GREASE, at(59)), Ech::Real);
        assert_eq!(classify(&known, "brief.example", GREASE, at(60)), Ech::Unknown);
        assert_eq!(classify(&known, "front.example", GREASE, at(299)), Ech::Real);
        assert_eq!(classify(&known, "front.example", GREASE, at(300)), Ech::Unknown);
    }

    #[test]
    fn the_one_that_expires_first_gives_way() {
        let mut known = EchConfigs::default();
        known.remember(&published("brief.example", 0, 100), at(0));
        for i in 0..200 {
            known.remember(&published(&format!("{i}.example"), i, 1_000), at(0));
            assert!(known.configs.len() <= MAX_CONFIGS);
        }
        assert_eq!(
            classify(&known, "199.example", EchExtension::Other, at(1)),
            Ech::Real
        );
        assert_eq!(
            classify(&known, "brief.example", EchExtension::Other, at(1)),
            Ech::Unknown
        );
    }
}
