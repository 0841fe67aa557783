//! The one clock of the data path.
#![expect(
    unsafe_code,
    reason = "std has no CLOCK_BOOTTIME, and its Instant stops in suspend"
)]

use engine::Timestamp;

/// Reads CLOCK_BOOTTIME, which goes on in suspend.
pub fn now() -> Timestamp {
    read(libc::CLOCK_BOOTTIME)
}

/// Reads CLOCK_MONOTONIC, which stops in suspend; only fit to be compared with itself.
pub(crate) fn awake() -> Timestamp {
    read(libc::CLOCK_MONOTONIC)
}

fn read(clock: libc::clockid_t) -> Timestamp {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid, writable timespec for the length of the call. A failure (a kernel without CLOCK_BOOTTIME,
    // before 2.6.39) leaves it zero.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000;
    Timestamp::from_micros(seconds * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use super::now;

    #[test]
    fn clock_never_goes_back() {
        let first = now();
        assert!(first.as_micros() > 0);
        assert!(now() >= first);
    }
}
