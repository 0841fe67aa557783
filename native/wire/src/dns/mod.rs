//! DNS messages (RFC 1035, RFC 6891 EDNS, RFC 9460 SVCB).
//!
//! Questions are read by hand, because each one passes here on its way; answers are read and ours are written by
//! hickory-proto, which `answer.rs` alone knows.

mod answer;
mod message;
mod query;

pub use answer::{Address, Alias, Answer, Reply, emit_error, emit_reply};
pub use message::{HEADER_LEN, answer_count, cap_ttl, is_truncated, matches_question, question_range};
pub use query::{Query, QueryError, RecordType};
