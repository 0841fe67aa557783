//! What is known of one resolver.

use std::net::SocketAddr;

/// Times that a resolver known to echo may change the case of letters before it is no longer asked to.
const MAX_STRIKES: u8 = 3;

/// What a resolver does to the case of the letters in a question (draft-vixie-dnsext-dns0x20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// Nobody has seen yet.
    Unknown,
    /// It sends them back as they came: the case is a secret that only it can know.
    Echoes,
    /// It changes them: the case is left as the app wrote it.
    Changes,
}

/// One resolver.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) case: Case,
    strikes: u8,
}

impl Server {
    pub(super) const fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            case: Case::Unknown,
            strikes: 0,
        }
    }

    /// An answer with the right port and id had letters of another case: a guess in a million, or one of several
    /// machines behind the address that does not echo. Only the latter goes on.
    pub(super) fn strike(&mut self) {
        self.strikes += 1;
        if self.strikes >= MAX_STRIKES {
            self.case = Case::Changes;
        }
    }
}
