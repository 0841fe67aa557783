//! Words on stderr.

use core::ffi::{CStr, c_char};

use crate::syscall;

/// Says why the program cannot run, and ends the process.
pub(crate) fn fail(words: &[&str]) -> ! {
    say(words);
    syscall::exit(127)
}

/// Writes one line.
pub(crate) fn say(words: &[&str]) {
    syscall::write(2, b"loader:");
    for word in words {
        syscall::write(2, b" ");
        syscall::write(2, word.as_bytes());
    }
    syscall::write(2, b"\n");
}

/// A C string that lives as long as the process does.
pub(crate) fn text(pointer: *const c_char) -> &'static str {
    // SAFETY: the callers have them from argv, from a string table, or from the C program that calls dlopen or dlsym,
    // which waits for the answer.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap_or("?")
}
