//! DNS messages (RFC 1035, RFC 6891 EDNS, RFC 9460 SVCB).
//!
//! Questions are read and our answers written by hand, because each question passes here on its way; answers are read by
//! hickory-proto, which `answer.rs` alone knows.

mod answer;
mod message;
mod pointers;
mod query;
mod reply;
mod without_ech;

pub use answer::{Address, Alias, Answer, PublishedEch};
pub use message::{HEADER_LEN, answer_count, cap_ttl, is_truncated, matches_question, question_range};
pub use query::{Query, QueryError, RecordType};
pub use reply::{Reply, emit_error, emit_reply};
pub use without_ech::without_ech;
