//! A phone, a Hushwall and an internet on one machine: network namespaces, real servers and real clients.
//!
//! Everything here is made by `ip`, `nft` and the servers' own programs, so it needs root, or a user namespace with a
//! network of its own (`as-namespace-root` beside this package). Nothing leaves the machine.

mod background;
mod browser;
mod capture;
mod certificate;
mod counters;
mod deadline;
pub mod headers;
mod hushwall;
mod internet;
mod lab;
mod namespace;
mod output;
mod resolver;
pub mod stream;
mod tools;
mod web;

pub use background::Background;
pub use browser::Chromium;
pub use certificate::Certificate;
pub use counters::Counters;
pub use deadline::until;
pub use hushwall::{Hushwall, Verdict};
pub use internet::{ordinary_v4, ordinary_v6, vendor_v4, vendor_v6};
pub use lab::{Lab, Path, Plan, RESOLVER_V4, RESOLVER_V6};
pub use namespace::Namespace;
pub use output::{Output, output, run};
pub use resolver::{Record, Resolver};
pub use tools::{hushwall as hushwall_binary, made, tool};
pub use web::{TOLD, Visit, Web};
