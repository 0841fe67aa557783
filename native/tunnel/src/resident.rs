//! Pages of the program's own files that only the start needed: arguments, lists of text, routes.
//!
//! The kernel maps 64 KiB around each page that is touched, so most of a program is resident once it has begun, although
//! little of it is ever used again. What is given back is read from the same file when it is touched.
#![expect(unsafe_code, reason = "madvise(2) on mappings that others made")]

use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// A mapping, as /proc/self/smaps tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mapping {
    start: usize,
    len: usize,
    /// Bytes of it in memory.
    resident: usize,
}

/// Gives back all pages that are as they are in the program's files, its libraries' included; how many bytes that were.
pub fn give_back_program() -> io::Result<usize> {
    let mut given = 0;
    for mapping in clean_mappings(BufReader::new(File::open("/proc/self/smaps")?))? {
        let start = std::ptr::with_exposed_provenance_mut(mapping.start);
        // SAFETY: the mapping is of a file, private, not writable, and without a page that differs from the file
        // (`clean_mappings`), so every later access finds the bytes that were there before. Where it has gone meanwhile
        // the kernel says so (ENOMEM); what could lie there instead is a mapping of a library that is loaded this moment,
        // and this program loads none.
        if unsafe { libc::madvise(start, mapping.len, libc::MADV_DONTNEED) } != 0 {
            return Err(io::Error::last_os_error());
        }
        given += mapping.resident;
    }
    Ok(given)
}

/// The mappings of files that nobody can have written to: those of relocated constants have pages of their own.
fn clean_mappings(smaps: impl BufRead) -> io::Result<Vec<Mapping>> {
    let mut clean = Vec::new();
    let mut current: Option<Mapping> = None;
    for line in smaps.lines() {
        let line = line?;
        let mut words = line.split_ascii_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            continue;
        };
        match first {
            "Rss:" => {
                if let (Some(mapping), Some(bytes)) = (&mut current, kilobytes(second)) {
                    mapping.resident = bytes;
                }
            }
            // Told behind Rss.
            "Anonymous:" => clean.extend(current.take().filter(|_| kilobytes(second) == Some(0))),
            _ if !first.ends_with(':') => {
                let is_of_a_file = words.nth(3).is_some_and(|path| path.starts_with('/'));
                current = (is_of_a_file && matches!(second, "r--p" | "r-xp"))
                    .then(|| range(first))
                    .flatten();
            }
            _ => {}
        }
    }
    clean.retain(|mapping| mapping.resident > 0);
    Ok(clean)
}

/// `55d0a000-55d0b000`.
fn range(text: &str) -> Option<Mapping> {
    let (start, end) = text.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let len = usize::from_str_radix(end, 16).ok()?.checked_sub(start)?;
    Some(Mapping {
        start,
        len,
        resident: 0,
    })
}

fn kilobytes(text: &str) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
00400000-00452000 r--p 00000000 08:02 173521      /usr/bin/program
Size:                328 kB
Rss:                  64 kB
Anonymous:             0 kB
00452000-00460000 r-xp 00052000 08:02 173521      /usr/bin/program
Rss:                   8 kB
Anonymous:             0 kB
00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/program
Rss:                   4 kB
Anonymous:             4 kB
00652000-00655000 rw-p 00052000 08:02 173521      /usr/bin/program
Rss:                  12 kB
Anonymous:             0 kB
00700000-00800000 r--p 00000000 00:00 0
Rss:                   4 kB
Anonymous:             0 kB
00800000-00900000 r--s 00000000 08:02 173521      /usr/bin/program
Rss:                   4 kB
Anonymous:             0 kB
7ffd0000-7ffd2000 r-xp 00000000 00:00 0           [vdso]
Rss:                   8 kB
Anonymous:             0 kB
00900000-00910000 r-xp 00000000 08:02 173521      /usr/lib/untouched.so
Rss:                   0 kB
Anonymous:             0 kB
";

    #[test]
    fn only_pages_that_are_as_in_a_file_are_given_back() {
        let expected = [
            Mapping {
                start: 0x0040_0000,
                len: 0x5_2000,
                resident: 64 * 1024,
            },
            Mapping {
                start: 0x0045_2000,
                len: 0xe000,
                resident: 8 * 1024,
            },
        ];
        assert_eq!(clean_mappings(SMAPS.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn a_damaged_table_names_no_mapping() {
        for damaged in [
            "zz-yy r-xp 0 0 0 /a\nRss: 4 kB\nAnonymous: 0 kB\n",
            "20-10 r-xp 0 0 0 /a\nRss: 4 kB\nAnonymous: 0 kB\n",
            "10-20 r-xp 0 0 0 /a\nRss: 4 kB\nAnonymous: many kB\n",
            "Rss:\n\nAnonymous:\n",
        ] {
            assert_eq!(clean_mappings(damaged.as_bytes()).unwrap(), []);
        }
    }

    #[test]
    fn a_program_goes_on_with_less_of_itself_in_memory() {
        let before = of_files();
        let given = give_back_program().unwrap();
        let after = of_files();
        assert!(given > 0);
        assert!(after < before, "{before} bytes before, {after} after");
    }

    fn of_files() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("RssFile:")).unwrap();
        kilobytes(line.split_ascii_whitespace().nth(1).unwrap()).unwrap()
    }
}
