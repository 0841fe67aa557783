//! What an upstream socket did with the bytes it was offered.

/// Outcome of one gathered read or write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pump {
    /// So many bytes moved, at least one.
    Moved(usize),
    /// Nothing moves until the socket says it is ready (EAGAIN).
    Full,
    /// The far end sends no more (a read of 0 bytes). Never the outcome of a write.
    Eof,
    /// The socket is dead.
    Failed(Failure),
}

/// Why an upstream socket, or a dial, is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// RST to our SYN (ECONNREFUSED).
    Refused,
    /// RST later (ECONNRESET, EPIPE).
    Reset,
    /// EHOSTUNREACH, EHOSTDOWN.
    HostUnreachable,
    /// ENETUNREACH, ENETDOWN, EADDRNOTAVAIL.
    NetUnreachable,
    /// ETIMEDOUT.
    TimedOut,
    /// EACCES, EPERM.
    Prohibited,
    /// Anything else, such as running out of descriptors.
    Other,
}
