//! `lab-tun TUN[,TUN...] PROGRAM ARGUMENTS`: attaches to TUNs and becomes a program that inherits their descriptors, as an
//! Android app gets them from the system. `{0}`, `{1}` ... among the arguments stand for their numbers.
#![expect(unsafe_code, reason = "ioctl(2) of a TUN")]

use std::fs::File;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(devices), Some(program)) = (words.next(), words.next()) else {
        bail!("usage: lab-tun TUN[,TUN...] PROGRAM ARGUMENTS");
    };
    let numbers: Vec<String> = devices.split(',').map(attach).collect::<Result<_>>()?;
    let number_of = |word: &str| {
        let place = word.strip_prefix('{')?.strip_suffix('}')?.parse::<usize>().ok()?;
        numbers.get(place).cloned()
    };
    let arguments = words.map(|word| number_of(&word).unwrap_or(word));
    let error = Command::new(&program).args(arguments).exec();
    Err(error).context(program)
}

/// The number of a descriptor of the TUN, which outlives `exec`.
fn attach(device: &str) -> Result<String> {
    let tun = File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .context("/dev/net/tun")?;
    // SAFETY: an ifreq is plain bytes, for which zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    ensure!(
        device.len() < request.ifr_name.len(),
        "the device's name is too long"
    );
    for (to, from) in request.ifr_name.iter_mut().zip(device.bytes()) {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the descriptor is open, and the request is valid for the length of the call.
    let attached = unsafe { libc::ioctl(tun.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) };
    ensure!(attached == 0, "TUNSETIFF: {}", std::io::Error::last_os_error());
    // SAFETY: no pointers; the descriptor is to live on in the program.
    let kept = unsafe { libc::fcntl(tun.as_raw_fd(), libc::F_SETFD, 0) };
    ensure!(kept == 0, "F_SETFD: {}", std::io::Error::last_os_error());
    Ok(tun.into_raw_fd().to_string())
}
