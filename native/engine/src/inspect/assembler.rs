//! Bytes of a stream by offset, first arrival wins, bounded.

/// The contiguous beginning of a stream, out of pieces in any order.
#[derive(Debug, Default)]
pub(crate) struct Assembler {}
