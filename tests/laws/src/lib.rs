//! The laws of the house that neither the compiler nor cargo-deny keeps, as tests over the sources.
//!
//! `cargo test -p laws` says which file breaks which law. ARCHITECTURE.md says why the laws are there.

#[cfg(test)]
mod house;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod sources;
