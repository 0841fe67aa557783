//! The first bytes of a stream: put in order, read for a name.

mod assembler;
mod inspection;

pub(crate) use assembler::Assembler;
pub(crate) use inspection::{Finding, Inspection, LIMIT, Next, Undecidable};

#[cfg(test)]
#[path = "../../../../tests/fixtures/client_hello.rs"]
pub(crate) mod client_hello;
