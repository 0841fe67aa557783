//! The engine between a phone of smoltcp sockets and a scripted internet, on a virtual clock.
//!
//! Nothing here sleeps, opens a socket or reads a clock: a [`World`] goes from event to event, and a seed names a run.

#![allow(clippy::unwrap_used, reason = "this crate is tests")]

mod asking;
pub mod clock;
pub mod disguise;
pub mod gauge;
pub mod hand;
pub mod internet;
pub mod link;
pub mod names;
pub mod packet;
pub mod phone;
pub mod record;
pub mod referee;
pub mod rules;
pub mod script;
pub mod seeds;
pub mod storms;
pub mod stream;
pub mod survive;
pub mod world;

pub use asking::PHONE_RESOLVER;
pub use seeds::seeds;
pub use world::{RESOLVER, Setup, World};
