//! The library, by its exported names.
#![expect(unsafe_code, reason = "dlopen(3), and calls of what it finds")]

use std::ffi::{CString, c_void};

use crate::machine::{Machine, crossed};

/// The loaded library: `HUSHWALL_LIBRARY` says where it is.
#[derive(Debug, Clone, Copy)]
pub struct Library {
    handle: *mut c_void,
}

// SAFETY: dlsym may be called from any thread, and the exports as well.
unsafe impl Send for Library {}

impl Library {
    /// Loads it.
    pub fn load() -> Self {
        let path = std::env::var("HUSHWALL_LIBRARY").unwrap_or_default();
        let path = CString::new(path).unwrap_or_default();
        // SAFETY: a C string.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "HUSHWALL_LIBRARY does not load");
        Self { handle }
    }

    /// An export, which is called then.
    fn export(self, class: &str, name: &str) -> *mut c_void {
        crossed();
        let name = CString::new(format!("Java_io_github_hushwall_bridge_{class}_{name}")).unwrap_or_default();
        // SAFETY: a handle of dlopen and a C string.
        let found = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        assert!(!found.is_null(), "{name:?} is not exported");
        found
    }

    /// `Native.version()`.
    pub fn version(self) -> String {
        type Export = extern "C" fn(*mut c_void, usize) -> usize;
        // SAFETY: the type that `exports.rs` gives it.
        let export: Export = unsafe { std::mem::transmute(self.export("Native", "version")) };
        Machine::text(export(Machine::environment(), 0))
    }

    /// `Native.start(fd, settings, network)`.
    pub fn start(self, fd: i32, settings: &[u8], network: &[u8]) -> i64 {
        type Export = extern "C" fn(*mut c_void, usize, i32, usize, usize) -> i64;
        // SAFETY: the type that `exports.rs` gives it.
        let export: Export = unsafe { std::mem::transmute(self.export("Native", "start")) };
        let (settings, network) = (Machine::bytes(settings), Machine::bytes(network));
        export(Machine::environment(), 0, fd, settings, network)
    }

    /// `Native.nextEvents(session)`.
    pub fn next_events(self, session: i64) -> Option<Vec<u8>> {
        type Export = extern "C" fn(*mut c_void, usize, i64) -> usize;
        // SAFETY: the type that `exports.rs` gives it.
        let export: Export = unsafe { std::mem::transmute(self.export("Native", "nextEvents")) };
        Machine::read(export(Machine::environment(), 0, session))
    }

    /// `Native.stop(session)`.
    pub fn stop(self, session: i64) {
        type Export = extern "C" fn(*mut c_void, usize, i64);
        // SAFETY: the type that `exports.rs` gives it.
        let export: Export = unsafe { std::mem::transmute(self.export("Native", "stop")) };
        export(Machine::environment(), 0, session);
    }

    /// `Fault.panic(session, text)`, which only test builds have.
    pub fn panic(self, session: i64, text: &str) {
        type Export = extern "C" fn(*mut c_void, usize, i64, usize);
        // SAFETY: the type that `exports.rs` gives it.
        let export: Export = unsafe { std::mem::transmute(self.export("Fault", "panic")) };
        export(
            Machine::environment(),
            0,
            session,
            Machine::bytes(text.as_bytes()),
        );
    }
}
