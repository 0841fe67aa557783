//! The sans-IO machine: everything that remembers or decides.
//!
//! [`Engine`] has four kinds of methods: getters; `handle_*` for what arrives; commands such as
//! [`Engine::replace_rules`]; `poll_*` for what the caller is to do. It never reads a clock, a file or a socket:
//! time is a [`Timestamp`] argument, randomness is the seed given to [`Engine::new`]. The same inputs give the same
//! outputs.

mod batch;
mod chunk;
mod config;
mod context;
mod datagram;
mod dns;
mod ech;
mod engine;
mod flow;
mod fragment;
mod icmp;
mod idle;
mod inspect;
mod memory;
mod nat64;
mod observer;
mod outbox;
mod output;
mod owner;
mod packet;
mod policy;
mod pump;
mod refusals;
pub mod resolver;
mod stats;
mod storm;
mod tcp;
mod time;
mod timer;
mod udp;

pub use batch::{Batch, Slice};
pub use config::{Choices, Config, Depth, EchParameters, EncryptedDns, Unread, Upstream};
pub use ech::Ech;
pub use engine::Engine;
pub use flow::{AskId, EchoId, FlowId, MappingId};
pub use observer::{Observer, Sighting};
pub use output::{DatagramRun, Event, Output, OwnerQuestion, Pieces, Transport, VerdictEvent};
pub use policy::{Reason, Seen};
pub use pump::{Failure, Pump};
pub use stats::{Discard, Stats};
pub use storm::Asked;
pub use time::Timestamp;
