//! The head of a plaintext HTTP/1 request (RFC 9112): method, target, Host.

use crate::{Name, Parsed};

/// The facts of a request head that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The host asked for, without its port: from an absolute target or CONNECT, else from `Host`. IPv6 literals
    /// keep their brackets.
    pub host: Option<Name>,
    /// The port beside the host, where one was written.
    pub port: Option<u16>,
    /// Length of the head in bytes, the empty line included.
    pub head_len: usize,
}

impl Request {
    /// Reads the first bytes of a stream.
    pub fn parse(stream: &[u8]) -> Parsed<Self> {
        let _ = stream;
        unimplemented!()
    }
}
