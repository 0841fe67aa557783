//! The TUN.
#![expect(
    unsafe_code,
    reason = "uname(2), and taking the descriptor out of the tun crate's device"
)]

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
#[cfg(not(target_os = "android"))]
use std::os::fd::{FromRawFd, IntoRawFd};

use engine::Batch;
use mio::unix::SourceFd;
use mio::{Interest, Registry};
use socket2::SockRef;
use thiserror::Error;

use crate::token::Source;

/// Why a TUN could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No right to open one.
    #[error("no right to open the TUN device")]
    NotPermitted(#[source] io::Error),
    /// The kernel has no TUN driver.
    #[error("no TUN driver: load it with `modprobe tun`, or pass /dev/net/tun into the container")]
    NoDriver(#[source] io::Error),
    /// Another program holds the device.
    #[error("the TUN device is held by another program: stop it, or name another device")]
    Busy(#[source] io::Error),
    /// The name cannot be an interface's.
    #[error("a TUN device's name has 1 to 15 bytes")]
    Name,
    /// Anything else.
    #[error("cannot open the TUN device")]
    Io(#[source] io::Error),
}

/// A TUN device: IP packets without a header of the driver's, non-blocking.
#[derive(Debug)]
pub struct Device {
    file: File,
}

/// What reading a batch left in the device's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Nothing: the next packet makes an event.
    Drained,
    /// Perhaps more: no event will come.
    Perhaps,
}

impl Device {
    /// Attaches to the device of this name, or creates it; touches no address, no route and no flag of it. Android gives
    /// its apps a descriptor instead.
    #[cfg(not(target_os = "android"))]
    pub fn open(name: &str) -> Result<Self, OpenError> {
        if name.is_empty() || name.len() >= libc::IFNAMSIZ {
            return Err(OpenError::Name);
        }
        let mut configuration = tun::Configuration::default();
        configuration.tun_name(name);
        // Without this the crate sets flags, MTU and addresses.
        configuration.platform_config(|platform| {
            platform.ensure_root_privileges(false);
        });
        let device = tun::create(&configuration).map_err(|error| open_error(error.into()))?;
        // SAFETY: `into_raw_fd` gives the descriptor away, so it is open and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(device.into_raw_fd()) };
        Self::from_fd(fd).map_err(OpenError::Io)
    }

    /// Adopts an open TUN descriptor (Android: `establish().detachFd()`).
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        // `SockRef` is no more than a way to fcntl here.
        SockRef::from(&fd).set_nonblocking(true)?;
        Ok(Self { file: File::from(fd) })
    }

    pub(crate) fn register(&self, registry: &Registry) -> io::Result<()> {
        registry.register(
            &mut SourceFd(&self.file.as_raw_fd()),
            Source::Device.token(),
            Interest::READABLE,
        )
    }

    pub(crate) fn deregister(&self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut SourceFd(&self.file.as_raw_fd()))
    }

    /// Fills `batch` with what waits.
    pub(crate) fn read(&self, batch: &mut Batch) -> io::Result<Queue> {
        while let Some(room) = batch.room() {
            match (&self.file).read(room) {
                Ok(len) => batch.commit(len),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Queue::Drained),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Queue::Perhaps)
    }

    /// Writes one packet, gathered from its pieces.
    pub(crate) fn write(&self, pieces: &[IoSlice<'_>]) -> io::Result<()> {
        match pieces {
            // Most packets to the phone; the kernel has no array to fetch for it.
            [packet] => (&self.file).write(packet),
            _ => (&self.file).write_vectored(pieces),
        }
        .map(drop)
    }
}

#[cfg(any(test, not(target_os = "android")))]
pub(crate) fn open_error(error: io::Error) -> OpenError {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => OpenError::NotPermitted(error),
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => OpenError::NoDriver(error),
        Some(libc::EBUSY) => OpenError::Busy(error),
        _ => OpenError::Io(error),
    }
}

/// The largest packet that the kernel takes in one write to a TUN without a large allocation in one piece, for
/// [`engine::Config::segment_cap`].
pub fn segment_cap() -> usize {
    cap_of(&kernel_release())
}

/// Kernels before 6.6 allocate a TUN write in one piece: order 3 with its overhead.
fn cap_of(release: &str) -> usize {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (6, 6) { 65_000 } else { 32_256 }
}

fn kernel_release() -> String {
    // SAFETY: utsname is plain bytes, for which zero is valid.
    let mut name: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: `name` is valid and writable for the length of the call.
    if unsafe { libc::uname(&raw mut name) } != 0 {
        return String::new();
    }
    name.release
        .iter()
        .map(|byte| u8::from_ne_bytes(byte.to_ne_bytes()))
        .take_while(|byte| *byte != 0)
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests;
