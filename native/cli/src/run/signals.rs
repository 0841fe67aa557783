//! SIGTERM, Ctrl-C and a closed terminal end the run in order; a second one ends it at once.

use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// The thread does nothing but wait, and then ask for the end.
const STACK: usize = 32 * 1024;

/// Runs `end` at the first signal, on a thread of its own. After a second signal the process ends at once, and the
/// next start takes back what is left.
pub(crate) fn on_end(end: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (mut told, teller) = UnixStream::pair()?;
    let ending = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        if signal == SIGHUP && is_hangup_ignored() {
            continue;
        }
        flag::register_conditional_default(signal, Arc::clone(&ending))?;
        flag::register(signal, Arc::clone(&ending))?;
        low_level::pipe::register(signal, teller.try_clone()?)?;
    }
    thread::Builder::new()
        .name("signals".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            // A signal handler of our own restarts system calls, so an error here is no signal.
            if told.read_exact(&mut [0]).is_ok() {
                end();
            }
        })?;
    Ok(())
}

/// Whoever started this by nohup(1) wants it to outlive the terminal.
fn is_hangup_ignored() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores(&status, SIGHUP))
}

/// Reads the mask `SigIgn` of proc_pid_status(5), bit 0 for signal 1.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_hangup_is_read_from_the_mask() {
        assert!(ignores("Name:\thushwall\nSigIgn:\t0000000000001001\n", SIGHUP));
        assert!(!ignores("SigIgn:\t0000000000001000\n", SIGHUP));
        assert!(!ignores("SigIgn:\tnonsense\n", SIGHUP));
        assert!(!ignores("", SIGHUP));
    }
}
