//! QUIC as far as the first flight shows it: long headers (RFC 8999, RFC 9000 section 17.2), Initial packets and their keys
//! (RFC 9001 section 5, RFC 9369), the frames in them (RFC 9000 section 19).
//!
//! Initial packets are sealed with keys that anyone derives who sees the client's first Destination Connection ID: they
//! are no secret, but a packet that opens was made by a QUIC client for exactly these bytes.

mod close;
mod frames;
mod header;
mod hkdf;
mod keys;
mod varint;
mod version;

#[cfg(test)]
mod tests;

pub use close::{CONNECTION_REFUSED, emit_refusal, emit_refusal_of};
pub use frames::{Crypto, Frames};
pub use header::{ConnectionId, Kind, LongHeader, MIN_INITIAL, Opening, Packets};
pub use keys::{InitialKeys, Side};
pub use version::Version;
