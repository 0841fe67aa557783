//! The one place where a descriptor of the app becomes ours.
#![expect(unsafe_code, reason = "adopting a descriptor by its number")]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Adopts a descriptor that its owner gave away (`detachFd`): from here on it is closed exactly once, errors included.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: no pointers; a number that is no open descriptor is an error.
    if fd < 0 || unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: it is open, and its owner has given it away; this is called once for each that comes in.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use std::os::fd::IntoRawFd;

    use super::*;

    #[test]
    fn number_that_is_no_descriptor_is_refused() {
        for fd in [-1, i32::MIN, 1_000_000] {
            assert_eq!(adopt(fd).unwrap_err().raw_os_error(), Some(libc::EBADF));
        }
    }

    #[test]
    fn adopted_descriptor_is_closed_with_its_owner() {
        let (reader, writer) = io::pipe().unwrap();
        drop(adopt(writer.into_raw_fd()).unwrap());
        assert_eq!(
            io::read_to_string(reader).unwrap(),
            "",
            "the other end has closed"
        );
    }
}
