//! The library that Android loads, called through its exports by a stand-in for the virtual machine.
//!
//! `./build.sh test` runs the tests of this package on Android's own C library; elsewhere they are skipped. See
//! `android/toolchain/README.md`.

mod library;
mod machine;

pub use library::Library;
pub use machine::{Machine, Thrown};
