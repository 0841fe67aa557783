//! Counts the bytes that the engine holds, in test binaries whose allocator it is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// An allocator that counts what is taken and given back while the engine runs.
///
/// `#[global_allocator] static GAUGE: Gauge = Gauge;`
#[derive(Debug)]
pub struct Gauge;

fn count(delta: isize) {
    if INSIDE.get() {
        LIVE.set(LIVE.get() + delta);
        PEAK.set(PEAK.get().max(LIVE.get()));
    }
}

#[allow(
    unsafe_code,
    reason = "an allocator cannot be had otherwise; it only forwards"
)]
// SAFETY: every method forwards to `System` with the same arguments; the counters do not allocate.
unsafe impl GlobalAlloc for Gauge {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Runs `f` as the engine's.
pub(crate) fn inside<T>(f: impl FnOnce() -> T) -> T {
    let before = INSIDE.replace(true);
    let result = f();
    INSIDE.set(before);
    result
}

/// Runs `f`, called by the engine, as somebody else's.
pub(crate) fn outside<T>(f: impl FnOnce() -> T) -> T {
    let before = INSIDE.replace(false);
    let result = f();
    INSIDE.set(before);
    result
}

/// Bytes that the engine holds now, on this thread.
pub fn live() -> isize {
    LIVE.get()
}

/// The most that it held since [`restart`].
pub fn peak() -> isize {
    PEAK.get()
}

/// Starts the peak again from what is held now.
pub fn restart() {
    PEAK.set(LIVE.get());
}
