//! `libunwind.a`, which std links on Android and which an NDK would bring.
//!
//! On 64-bit targets the crate `unwinding` exports the `_Unwind_*` functions, and panics unwind. 32-bit Arm has
//! unwinding tables of its own kind (EHABI) that no Rust crate reads: there, a panic ends the process, and the few
//! functions that std still names have stand-ins.
#![no_std]

#[cfg(target_arch = "arm")]
mod arm;

#[cfg(not(target_arch = "arm"))]
extern crate unwinding;

/// Never reached: `unwinding` does not panic. Present because a static library must have one.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
