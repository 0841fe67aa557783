//! The verdict on a flow or a question, with its typed reason.

use blocklist::{Because, Verdict};
use wire::Name;

use crate::Ech;

/// What the verdict was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// The name of a question.
    Query,
    /// An alias in an answer.
    Cname,
    /// The target of an SVCB or HTTPS record.
    Target,
    /// A TLS server name.
    Sni,
    /// A QUIC server name.
    Quic,
    /// Nothing: the server name of a QUIC connection, or of first bytes that are made so, could not be read.
    Unread,
    /// An HTTP host.
    Host,
    /// An address, or nothing but an address.
    Address,
    /// An address that a server told an app over plain HTTP, under the name that was judged.
    HttpDns,
}

/// Why a flow or question is allowed or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule and tier.
    pub because: Because,
    /// What it was made on.
    pub seen: Seen,
    /// The name that was judged, where there was one.
    pub name: Option<Name>,
    /// What the hello's encrypted_client_hello extension is, where it has one: the name is then the outer one.
    pub ech: Option<Ech>,
}

/// A verdict with its reason, as the engine passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
}

impl Decision {
    pub(crate) fn new(verdict: Verdict, seen: Seen, name: Option<Name>) -> Self {
        Self {
            verdict,
            reason: Reason {
                because: verdict.because,
                seen,
                name,
                ech: None,
            },
        }
    }

    /// The same, of a hello with this encrypted_client_hello extension.
    pub(crate) fn with_ech(mut self, ech: Option<Ech>) -> Self {
        self.reason.ech = ech;
        self
    }
}
