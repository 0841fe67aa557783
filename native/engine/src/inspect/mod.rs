//! The first bytes of a stream or of a QUIC connection: put in order, read for a name.

mod answer;
mod assembler;
mod inspection;
mod next;
mod quic;
mod room;

pub(crate) use answer::{AnswerReader, is_asked};
pub(crate) use assembler::Assembler;
pub(crate) use inspection::{Finding, Inspection, LIMIT, Undecidable};
pub(crate) use next::Next;
pub(crate) use quic::QuicReader;
pub(crate) use room::Room;

#[cfg(test)]
#[path = "../../../../tests/fixtures/client_hello.rs"]
pub(crate) mod client_hello;

#[cfg(test)]
#[path = "../../../../tests/fixtures/quic_initial.rs"]
pub(crate) mod quic_initial;
