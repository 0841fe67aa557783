//! Android's own resolver, which honours the owner's Private DNS: three functions of libandroid (API 29), found at run time,
//! since older systems lack them. What waits for an answer is a descriptor; nothing crosses JNI.
#![expect(unsafe_code, reason = "dlopen(3), dlsym(3), and calls of what they found")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, RawFd};

/// `android_res_nsend` of `<android/multinetwork.h>`.
type Send = unsafe extern "C" fn(u64, *const u8, usize, u32) -> c_int;
/// `android_res_nresult`.
type Result = unsafe extern "C" fn(c_int, *mut c_int, *mut u8, usize) -> c_int;
/// `android_res_cancel`.
type Cancel = unsafe extern "C" fn(c_int);

/// The system's resolver.
pub struct SystemResolver {
    send: Send,
    result: Result,
    cancel: Cancel,
}

/// A question under way. Dropped without an answer, it is called off.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    resolver: &'a SystemResolver,
    fd: RawFd,
}

impl SystemResolver {
    /// Finds it; `None` where the system has none (Android 9 and older, Linux).
    pub fn find() -> Option<Self> {
        Self::open(c"libandroid.so")
    }

    /// Finds it in the library of this name or path.
    pub fn open(library: &CStr) -> Option<Self> {
        // SAFETY: a name that ends with NUL. The library stays loaded, so what is found in it stays valid.
        let library = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if library.is_null() {
            return None;
        }
        let find = |name: &CStr| find(library, name.as_ptr());
        let (send, result, cancel) = (
            find(c"android_res_nsend")?,
            find(c"android_res_nresult")?,
            find(c"android_res_cancel")?,
        );
        // SAFETY: the types are those of <android/multinetwork.h>, under whose names they were found.
        unsafe {
            Some(Self {
                send: mem::transmute::<*mut c_void, Send>(send),
                result: mem::transmute::<*mut c_void, Result>(result),
                cancel: mem::transmute::<*mut c_void, Cancel>(cancel),
            })
        }
    }

    /// Asks in a network; its answer is there when the descriptor can be read.
    pub(crate) fn ask(&self, network: u64, message: &[u8]) -> io::Result<Asked<'_>> {
        // SAFETY: the message is valid for its length during the call; no flags.
        let fd = unsafe { (self.send)(network, message.as_ptr(), message.len(), 0) };
        if fd < 0 {
            return Err(io::Error::from_raw_os_error(-fd));
        }
        Ok(Asked { resolver: self, fd })
    }

    /// A question that was kept by its descriptor.
    pub(crate) fn asked(&self, fd: RawFd) -> Asked<'_> {
        Asked { resolver: self, fd }
    }
}

impl Asked<'_> {
    /// Keeps the question by its descriptor.
    pub(crate) fn keep(self) -> RawFd {
        let fd = self.fd;
        mem::forget(self);
        fd
    }

    /// Takes the answer's length; closes the descriptor.
    pub(crate) fn answer(self, buffer: &mut [u8]) -> io::Result<usize> {
        let (mut rcode, result) = (0, self.resolver.result);
        let fd = self.keep();
        // SAFETY: the descriptor came from `android_res_nsend` and is given away here; the buffer is writable for its length.
        let len = unsafe { result(fd, &raw mut rcode, buffer.as_mut_ptr(), buffer.len()) };
        usize::try_from(len).map_err(|_| io::Error::from_raw_os_error(len.saturating_neg()))
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        // SAFETY: the descriptor came from `android_res_nsend` and is given away here.
        unsafe { (self.resolver.cancel)(self.fd) };
    }
}

impl AsRawFd for Asked<'_> {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl fmt::Debug for SystemResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemResolver").finish_non_exhaustive()
    }
}

fn find(library: *mut c_void, name: *const c_char) -> Option<*mut c_void> {
    // SAFETY: the library is open, and the name ends with NUL.
    let found = unsafe { libc::dlsym(library, name) };
    (!found.is_null()).then_some(found)
}
