//! One peer after the other between a phone and an internet of network namespaces, and what its process spends.

mod groups;
mod machine;
mod peer;
mod plan;
mod process;
mod scale;
mod site;

pub use machine::describe;
pub use peer::{Peer, find};
pub use plan::{Options, run};
