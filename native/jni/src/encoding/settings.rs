//! Settings.

use blocklist::{Action, Preset};
use engine::{Depth, EchParameters, Unread};

use super::Kind;
use super::lists::read_lists;
use super::reader::{DecodeError, Reader};
use crate::settings::{Log, OwnRule, Settings};

/// Smallest MTU that carries IPv6 (RFC 8200 section 5).
const SMALLEST_MTU: u16 = 1280;

/// Reads `EngineSettings`.
pub fn parse_settings(bytes: &[u8]) -> Result<Settings, DecodeError> {
    Reader::read(bytes, Kind::Settings, |reader| {
        Ok(Settings {
            depth: reader.choice("depth", &[Depth::Dns, Depth::Full])?,
            preset: reader.choice(
                "preset",
                &[
                    Preset::None,
                    Preset::NothingBreaks,
                    Preset::Balanced,
                    Preset::Everything,
                ],
            )?,
            features_off: reader.list(Reader::text)?,
            mtu: read_mtu(reader)?,
            segment_limit: reader.u32()?,
            own_resolvers: reader.list(Reader::address)?,
            rules: reader.list(read_rule)?,
            lists: read_lists(reader)?,
            highest_list_version: reader.u64()?,
            blocked_answer: reader.u32()?,
            shared_answer: reader.u32()?,
            quic_unread: reader.choice("quicUnread", &[Unread::Forward, Unread::FallBack])?,
            ech: reader.choice("ech", &[EchParameters::TakeOut, EchParameters::Keep])?,
            log: reader.choice("log", &[Log::Off, Log::Stopped, Log::All])?,
            knows_owners: reader.bool("knowsOwners")?,
            asks_system: reader.bool("asksSystem")?,
            stamp: reader.option("stampPath", Reader::text)?,
        })
    })
}

fn read_mtu(reader: &mut Reader<'_>) -> Result<u16, DecodeError> {
    match reader.u16()? {
        mtu if mtu >= SMALLEST_MTU => Ok(mtu),
        _ => Err(DecodeError::Value("mtu")),
    }
}

fn read_rule(reader: &mut Reader<'_>) -> Result<OwnRule, DecodeError> {
    Ok(OwnRule {
        name: reader.text()?,
        action: reader.choice("action", &[Action::Allow, Action::Block])?,
        subdomains: reader.bool("subdomains")?,
        uid: reader.option("uid", Reader::u32)?,
    })
}
