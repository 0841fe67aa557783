//! What apps do with what they hear.

use std::collections::BTreeMap;

/// What an attempt ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    /// `0.0.0.0`, to which a connection fails at once and on the phone itself.
    Zero,
    /// No record.
    NoData,
    /// No such name.
    NoName,
    /// REFUSED, by all servers.
    Refused,
    /// RST, or port unreachable.
    Reset,
    /// Prohibited: no network, as far as the app can tell.
    Prohibited,
}

/// Who remembers answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    /// The phone, as long as each answer says.
    Phone,
    /// Nobody.
    None,
}

/// An app that wants to be rid of its data.
#[derive(Debug, Clone, Copy)]
pub(super) struct App {
    /// Asks for the name first.
    pub(super) asks: bool,
    pub(super) cache: Cache,
    /// Sends a datagram to an address that is built in.
    pub(super) udp: bool,
    /// Connects to an address that is built in, after all else failed.
    pub(super) tcp: bool,
    /// Milliseconds until it begins anew.
    pub(super) waits: fn(Hears) -> u64,
}

impl App {
    /// Asks every second, and keeps nothing.
    pub(super) const STEADY: Self = Self {
        asks: true,
        cache: Cache::None,
        udp: false,
        tcp: false,
        waits: |_| 1_000,
    };
}

/// What the phone remembers: by type of record, until when in milliseconds.
pub(super) type Remembered = BTreeMap<u16, (Hears, u64)>;
