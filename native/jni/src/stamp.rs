//! The page of the last life: when the engine was last awake, for the life after a kill.
//!
//! The page is mapped, so that a write is a store to memory which outlives the process. The loop writes when it is awake
//! anyway. Six numbers of 64 bits, little-endian: a magic, when the session began (milliseconds since 1970), the offset
//! between that clock and CLOCK_BOOTTIME (milliseconds), CLOCK_BOOTTIME of the last write (microseconds), whether the session
//! was stopped in order, and zero.
#![expect(unsafe_code, reason = "mmap(2) of the page")]

use std::fs::OpenOptions;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::Timestamp;
use memmap2::MmapMut;

use crate::clock::{unix_millis, wall_offset};

/// "HWSTAMP1".
const MAGIC: u64 = u64::from_le_bytes(*b"HWSTAMP1");

/// Bytes of the file.
const PAGE: u64 = 4096;

/// A store makes the page dirty, and a dirty page is written to flash in the end: not more often than this.
const EVERY: Duration = Duration::from_secs(5);

const BEGAN: usize = 1;
const OFFSET: usize = 2;
const AWAKE: usize = 3;
const STOPPED: usize = 4;

/// The mapped page.
#[derive(Debug)]
pub(crate) struct Stamp {
    page: MmapMut,
    /// When this life began. The page says another number once the next one has begun in it.
    began: u64,
}

impl Stamp {
    /// Opens the page and begins a life in it. What the last life left was read before by whoever wants it.
    pub(crate) fn open(path: &str, now: Timestamp) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.set_len(PAGE)?;
        // SAFETY: the file lies in the app's own storage; whoever else reads it takes what stands there.
        let page = unsafe { MmapMut::map_mut(&file)? };
        let mut stamp = Self {
            page,
            began: unix_millis(),
        };
        if stamp.field(BEGAN).load(Ordering::Relaxed) == stamp.began {
            stamp.began += 1;
        }
        stamp.field(STOPPED).store(0, Ordering::Relaxed);
        stamp.field(BEGAN).store(stamp.began, Ordering::Relaxed);
        stamp.field(OFFSET).store(wall_offset(now), Ordering::Relaxed);
        stamp.field(AWAKE).store(now.as_micros(), Ordering::Relaxed);
        stamp.field(0).store(MAGIC.to_le(), Ordering::Relaxed);
        Ok(stamp)
    }

    /// The loop is awake.
    pub(crate) fn awake(&self, now: Timestamp) {
        let last = Timestamp::from_micros(self.field(AWAKE).load(Ordering::Relaxed));
        if now.since(last) >= EVERY {
            self.field(AWAKE).store(now.as_micros(), Ordering::Relaxed);
        }
    }

    /// The session was stopped in order. That says nothing of a session that began in the page after it.
    pub(crate) fn stopped(&self, now: Timestamp) {
        if self.field(BEGAN).load(Ordering::Relaxed) != self.began {
            return;
        }
        self.field(AWAKE).store(now.as_micros(), Ordering::Relaxed);
        self.field(STOPPED).store(1, Ordering::Relaxed);
    }

    fn field(&self, index: usize) -> &AtomicU64 {
        // SAFETY: the page is mapped for as long as `self`, is aligned to its size, holds 512 such numbers, and is only ever
        // accessed through these atomics.
        unsafe { &*self.page.as_ptr().cast::<AtomicU64>().add(index) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(path: &str) -> Vec<u64> {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(bytes.len(), 4096);
        let numbers = bytes.chunks(8).take(6);
        numbers
            .map(|number| u64::from_le_bytes(number.try_into().unwrap()))
            .collect()
    }

    #[test]
    fn page_says_when_the_loop_was_awake_and_whether_it_was_stopped() {
        let path = std::env::temp_dir().join(format!("hushwall-stamp-{}", std::process::id()));
        let path = path.to_str().unwrap();
        let start = Timestamp::from_micros(1_000_000_000);
        let stamp = Stamp::open(path, start).unwrap();
        stamp.awake(start + Duration::from_secs(1));
        assert_eq!(numbers(path)[3], start.as_micros(), "not each time");
        let later = start + Duration::from_secs(7);
        stamp.awake(later);
        let told = numbers(path);
        assert_eq!((told[0], told[3], told[4]), (MAGIC, later.as_micros(), 0));
        assert!(told[1].abs_diff(told[2] + start.as_micros() / 1_000) < 1_000);
        drop(stamp);

        let stamp = Stamp::open(path, later).unwrap();
        let next = Stamp::open(path, later).unwrap();
        stamp.stopped(later);
        assert_eq!(numbers(path)[4], 0, "another life has begun in the page");
        next.stopped(later);
        assert_eq!(numbers(path)[4], 1);
        std::fs::remove_file(path).unwrap();
    }
}
