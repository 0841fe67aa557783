//! Bytes to facts and back: IP, TCP, UDP, ICMP, DNS, the TLS ClientHello with its ECH, QUIC Initials, HTTP heads, SOCKS,
//! addresses told over plain HTTP.
//!
//! No policy, and no state: a parser is a function of its bytes. Where a format is read on with what came before (HPACK's
//! table, a place among chunks or frames), that is a value which the caller keeps. Input is hostile; a parser returns an
//! error or a fact, it never panics.

pub mod checksum;
pub mod dns;
mod ech;
pub mod http;
pub mod http2;
pub mod httpdns;
pub mod icmp;
pub mod ip;
mod name;
mod parsed;
pub mod quic;
pub mod socks;
pub mod tcp;
pub mod tls;
pub mod udp;

pub use ech::{EchConfig, EchExtension};
pub use name::Name;
pub use parsed::{Malformed, Parsed};
