//! What the app is told, as Kotlin's `Event`. Times are milliseconds since 1970.

use std::net::{IpAddr, SocketAddr};

use blocklist::Action;
use engine::{Seen, Transport};

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A flow or question was judged.
    Verdict(Verdict),
    /// Which app owns this flow?
    WhoOwns {
        /// Names the question in the answer.
        question: u64,
        /// The protocol's number.
        protocol: u8,
        /// The app's endpoint.
        local: SocketAddr,
        /// The far end.
        remote: SocketAddr,
    },
    /// Protection was wanted and absent.
    Outage {
        /// When it began, at the earliest.
        at: u64,
        /// How long it lasted, at most, in milliseconds.
        lasted: u64,
        /// How long it lasted, at least, in milliseconds.
        at_least: u64,
        /// Why.
        cause: OutageCause,
        /// What the engine said as it failed.
        text: String,
    },
    /// Something refused is asked for again and again.
    Storm {
        /// When the count began.
        at: u64,
        /// The app, where known.
        uid: Option<u32>,
        /// The name, or the address.
        name: String,
        /// How often.
        count: u32,
        /// Within so many milliseconds.
        lasted: u64,
    },
    /// A name is allowed by now whose last refusal the phone remembers for longer than usual.
    Outstanding {
        /// When.
        at: u64,
        /// The name.
        name: String,
        /// For so many milliseconds, at most.
        left: u64,
    },
    /// So many events were dropped before the next.
    Lost(u64),
    /// A list file could not be used.
    ListRefused {
        /// Which.
        path: String,
        /// One of `EngineException`'s codes.
        code: u32,
        /// Why.
        text: String,
    },
    /// The session is over.
    Ended {
        /// 0 after a stop, else one of `EngineException`'s codes.
        code: u32,
        /// Why.
        text: String,
    },
}

/// Why protection was absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageCause {
    /// The engine failed and was built anew.
    Rebuilt,
    /// The process was frozen.
    Frozen,
}

/// A verdict, with all that the log shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Refused or let through.
    pub action: Action,
    /// When.
    pub at: u64,
    /// The app, where known.
    pub uid: Option<u32>,
    /// How it travelled.
    pub transport: Transport,
    /// What it was made on.
    pub seen: Seen,
    /// The name that was judged; empty where only an address was seen.
    pub name: String,
    /// The far end's address.
    pub remote: IpAddr,
    /// The far end's port.
    pub port: u16,
    /// The DNS record type of a question, else 0.
    pub record_type: u16,
    /// The line of the table of precedence that decided, from 1.
    pub tier: u8,
    /// The rule's id.
    pub rule: String,
    /// The title of its list.
    pub list: String,
    /// A sentence for people.
    pub what: String,
}
