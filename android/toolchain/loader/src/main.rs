//! Runs an Android program, or loads an Android library, on Android's own C library without Android: the part that a
//! phone's dynamic linker plays, for `qemu-aarch64-static` and `qemu-arm-static` on any machine.
//!
//! `loader FOLDER PROGRAM [ARGUMENT...]`: FOLDER holds the libraries of Android 6.0 (API 23). A library in PROGRAM's
//! place is loaded, and that is all.
//!
//! It refuses what the oldest linker that we support would refuse. It has no thread-local storage of its own, because
//! the thread pointer belongs to the C library that it starts; so it cannot be an ordinary program.
#![no_std]
#![no_main]

mod elf;
mod exports;
mod image;
mod load;
mod lookup;
mod message;
mod process;
mod relocate;
mod syscall;

/// The loader does not panic; an image that breaks a promise of its own tables does it.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    message::fail(&["a table of an image points outside of it"])
}
