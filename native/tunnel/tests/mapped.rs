//! What mapped bytes cost, as the kernel counts it.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tunnel::Mapped;

/// A folder of these tests alone: others of the workspace write beside it.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mapped");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Bytes in a mapping; `None` on a file system that knows no files without a name.
fn mapped(bytes: &[u8]) -> Option<Mapped> {
    match Mapped::of(bytes, &folder()) {
        Err(error) if error.kind() == ErrorKind::Unsupported => None,
        mapped => Some(mapped.unwrap()),
    }
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 131 % 251) as u8).collect()
}

#[test]
fn mapped_bytes_are_the_bytes_and_have_no_name() {
    for len in [0, 1, 4096, 100_000] {
        let Some(mapped) = mapped(&bytes(len)) else { return };
        assert_eq!(mapped.as_ref(), bytes(len));
    }
    assert_eq!(fs::read_dir(folder()).unwrap().count(), 0);
}

#[test]
fn mapped_bytes_are_not_memory_of_this_process() {
    const LEN: usize = 4 << 20;
    let Some(mapped) = mapped(&bytes(LEN)) else { return };
    // All of it is read, as when a list is opened.
    assert!(mapped.as_ref().iter().map(|&byte| u64::from(byte)).sum::<u64>() > 0);
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let begin = format!("{:x}-", mapped.as_ref().as_ptr() as usize);
    let mut region = smaps.lines().skip_while(|line| !line.starts_with(&begin)).skip(1);
    let mut kib = |key: &str| {
        let line = region.by_ref().find(|line| line.starts_with(key)).unwrap();
        line.split_ascii_whitespace()
            .nth(1)
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    assert_eq!(kib("Rss:"), LEN / 1024);
    assert_eq!(kib("Private_Dirty:"), 0);
    assert_eq!(kib("Anonymous:"), 0);
}

#[test]
fn folder_that_is_none_is_an_error() {
    assert!(Mapped::of(b"bytes", Path::new("/nonexistent")).is_err());
}
