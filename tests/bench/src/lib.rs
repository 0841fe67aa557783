//! Hushwall beside other TUN stacks, in one run: what is measured, how, and what is written about it.
//!
//! Three programs: `bench-load` makes and serves the load, `bench-copy` is the floor that ratios are taken to, and `bench`
//! runs each peer in turn and writes `RESULTS.md`. `README.md` beside this package says how to use them.

pub mod copy;
pub mod load;
pub mod measure;
pub mod report;
