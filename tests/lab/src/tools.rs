//! Where the programs are that Cargo built.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The directory with this build's programs: the test's own is its `deps`.
fn build_directory() -> Result<PathBuf> {
    let mut directory = env::current_exe()?;
    directory.pop();
    if directory.ends_with("deps") {
        directory.pop();
    }
    Ok(directory)
}

/// A program of this package.
///
/// # Errors
/// If it was not built.
pub fn tool(name: &str) -> Result<PathBuf> {
    let path = build_directory()?.join(name);
    if !path.exists() {
        bail!(
            "{} is not there: cargo build --package lab --bins",
            path.display()
        );
    }
    Ok(path)
}

/// The firewall: `$HUSHWALL`, else the release build, else this profile's.
///
/// # Errors
/// If none was built.
pub fn hushwall() -> Result<PathBuf> {
    if let Some(path) = env::var_os("HUSHWALL") {
        return Ok(PathBuf::from(path));
    }
    let here = build_directory()?;
    let release = here
        .parent()
        .context("a build directory has a parent")?
        .join("release");
    for directory in [release, here] {
        let path = directory.join("hushwall");
        if path.exists() {
            return Ok(path);
        }
    }
    bail!("no hushwall was built: cargo build --release --package cli, or ./build.sh test")
}

/// What `./build.sh test` made at `path` in the repository, where no variable names another.
pub fn made(variable: &str, path: &str) -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    env::var_os(variable).map_or_else(default, PathBuf::from)
}
