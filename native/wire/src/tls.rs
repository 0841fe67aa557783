//! The TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), out of one record or many.

use crate::{Name, Parsed};

/// What a ClientHello says about the server's name. "No name", "not a name" and "bad name" are different facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerName {
    /// A DNS host name.
    Dns(Name),
    /// No server_name extension.
    Absent,
    /// An extension that is not a valid host name.
    Invalid,
}

/// The facts of a ClientHello that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The (outer) server name.
    pub server_name: ServerName,
    /// Whether an encrypted_client_hello extension is there (it may be GREASE).
    pub ech: bool,
}

impl ClientHello {
    /// Reads the first bytes of a stream.
    pub fn parse(stream: &[u8]) -> Parsed<Self> {
        let _ = stream;
        unimplemented!()
    }
}
