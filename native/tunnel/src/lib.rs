//! The only crate with system calls on the data path: the TUN, the upstream sockets, one thread, one loop.
//!
//! [`Tunnel`] drives an [`engine::Engine`]: it waits with epoll (edge-triggered, by mio), passes in what the
//! descriptors say, and does what the engine's outputs ask. Other threads speak to it through a [`Handle`] and listen
//! on [`Events`].

mod apps;
mod clock;
mod datagram;
mod descriptors;
mod device;
mod dns;
mod echo;
mod errqueue;
mod handle;
#[cfg(test)]
mod lab;
mod limits;
mod mapped;
mod notices;
mod options;
mod perform;
#[cfg(not(target_os = "android"))]
mod resident;
mod run;
mod session;
mod sockets;
mod stream;
mod system;
mod thaw;
mod token;
mod tunnel;

pub use clock::now;
pub use descriptors::fitted;
pub use device::{Device, OpenError, segment_cap};
pub use handle::{CommandError, Handle, Snapshot};
pub use limits::raise_descriptor_limit;
pub use mapped::Mapped;
pub use notices::{Events, Notice, Told};
#[cfg(not(target_os = "android"))]
pub use resident::give_back_program;
pub use run::{RunError, panic_text};
pub use session::TunnelStats;
pub use sockets::{Protect, Sockets};
pub use system::SystemResolver;
pub use tunnel::{Awake, Settings, StartError, Tunnel};
