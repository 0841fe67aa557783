//! `bench-copy FD FD`: the bare copy between two TUNs, whose descriptors it inherits (`lab-tun TUN,TUN bench-copy {0} {1}`).
#![expect(unsafe_code, reason = "descriptors that are inherited by number")]

use std::fs::File;
use std::os::fd::FromRawFd;

use anyhow::{Context, Result, bail, ensure};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [one, other] = words.as_slice() else {
        bail!("usage: bench-copy FD FD");
    };
    ensure!(one != other, "two different descriptors");
    bench::copy::run([adopt(one)?, adopt(other)?])
}

fn adopt(number: &str) -> Result<File> {
    let number = number.parse().with_context(|| number.to_owned())?;
    // SAFETY: no pointers; a number that is no descriptor makes it fail.
    let set = unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_RDWR | libc::O_NONBLOCK) };
    ensure!(
        set == 0,
        "descriptor {number}: {}",
        std::io::Error::last_os_error()
    );
    // SAFETY: it is open, as fcntl has shown, and `main` adopts each number once.
    Ok(unsafe { File::from_raw_fd(number) })
}
