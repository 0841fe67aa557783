//! The process's bound on descriptors.
#![expect(unsafe_code, reason = "std cannot read or set resource limits")]

use std::io;

/// Raises RLIMIT_NOFILE to its hard limit, since a flow costs a descriptor; the limit in force.
#[allow(clippy::useless_conversion, reason = "rlim_t has 32 bits on 32-bit Android")]
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid, writable rlimit for the length of the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: `limit` is a valid rlimit that getrlimit filled in.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(u64::from(limit.rlim_cur))
}

#[cfg(test)]
mod tests {
    use super::raise_descriptor_limit;

    #[test]
    fn descriptor_limit_is_raised_once_and_for_all() {
        let first = raise_descriptor_limit().unwrap();
        assert!(first > 0);
        assert_eq!(raise_descriptor_limit().unwrap(), first);
    }
}
