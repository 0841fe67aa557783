//! SIGTERM, Ctrl-C and a closed terminal end the run in order; a second one ends it at once.

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
