//! What a parser can say.

/// Why bytes are not the packet or message that they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Shorter than its own headers say.
    #[error("truncated")]
    Truncated,
    /// A version or type that the parser does not know.
    #[error("unknown version")]
    Version,
    /// A length field that contradicts the bytes around it.
    #[error("bad length")]
    Length,
    /// A field with a value that the protocol does not allow.
    #[error("bad field")]
    Field,
}

/// What the first bytes of a stream are, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed<T> {
    /// All of it is there.
    Complete(T),
    /// It may become one, when more bytes arrive.
    Incomplete,
    /// No continuation of these bytes can be one.
    Mismatch,
}
