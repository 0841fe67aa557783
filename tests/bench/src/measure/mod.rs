//! One peer after the other between a phone and an internet of network namespaces, and what its process spends.

mod catalogue;
mod groups;
mod idle;
mod machine;
mod peer;
mod plan;
mod process;
mod scale;
mod sing_box;
mod site;

pub use catalogue::{Missing, find};
pub use machine::describe;
pub use peer::Peer;
pub use plan::{Length, Options, run};
