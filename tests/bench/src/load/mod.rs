//! The load: servers in the internet's namespace, clients in the phone's. Each client ends with one line of JSON.

pub mod bulk;
pub mod connections;
pub mod datagrams;
pub mod hold;
pub mod questions;
pub mod sample;
pub mod sequential;
pub mod serve;
pub mod socks;

#[allow(clippy::unwrap_used, reason = "it is made for tests")]
#[path = "../../../fixtures/client_hello.rs"]
mod client_hello;

use std::io::{Error, ErrorKind};

/// Where what is served.
pub mod port {
    /// TCP: sends back what arrives, a thread a connection.
    pub const ECHO: u16 = 7000;
    /// TCP: speaks first.
    pub const BANNER: u16 = 7001;
    /// TCP: [`bulk`](super::bulk)'s.
    pub const BULK: u16 = 7002;
    /// TCP: sends back what arrives, all connections on one thread.
    pub const HOLD: u16 = 7004;
    /// TCP: as [`HOLD`], where a ClientHello is looked for. UDP: [`datagrams`](super::datagrams)'.
    pub const TLS: u16 = 443;
    /// UDP: answers each question with one address.
    pub const DNS: u16 = 53;
}

/// The size of a ClientHello as browsers without post-quantum keys send it.
const HELLO: usize = 517;

/// A ClientHello of 517 bytes that names `name`; its padding stands before the name, which is the dearest order to read.
pub fn client_hello(name: &str) -> Vec<u8> {
    let bare = client_hello::Hello::to(name).padding(1).record().len() - 1;
    client_hello::Hello::to(name)
        .padding(HELLO.saturating_sub(bare).max(1))
        .record()
}

/// Whether a call only has to be made again.
fn is_later(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;
