//! The kernel, by its bare calls.

use core::ffi::{CStr, c_int};

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const OPENAT: usize = 56;
    pub(super) const CLOSE: usize = 57;
    pub(super) const WRITE: usize = 64;
    pub(super) const PREAD: usize = 67;
    pub(super) const EXIT_GROUP: usize = 94;
    pub(super) const GETPID: usize = 172;
    pub(super) const MMAP: usize = 222;
    pub(super) const MPROTECT: usize = 226;
}

#[cfg(target_arch = "arm")]
mod number {
    pub(super) const WRITE: usize = 4;
    pub(super) const CLOSE: usize = 6;
    pub(super) const GETPID: usize = 20;
    pub(super) const MPROTECT: usize = 125;
    pub(super) const PREAD: usize = 180;
    pub(super) const MMAP: usize = 192;
    pub(super) const EXIT_GROUP: usize = 248;
    pub(super) const OPENAT: usize = 322;
    pub(super) const SET_TLS: usize = 0xf_0005;
}

const AT_FDCWD: usize = -100_isize as usize;
const O_CLOEXEC: usize = 0x8_0000;
const MAP_PRIVATE_ANONYMOUS: usize = 0x22;

/// The rights of a segment, as its program header counts them.
pub(crate) const EXECUTE: u32 = 1;
pub(crate) const WRITE: u32 = 2;
pub(crate) const READ: u32 = 4;
/// PROT_READ | PROT_WRITE, which count in the other direction.
const PROT_READ_WRITE: usize = 3;

/// The kernel said no.
#[derive(Debug)]
pub(crate) struct Refused;

#[cfg(target_arch = "aarch64")]
unsafe fn call(number: usize, a: [usize; 6]) -> usize {
    let result;
    // SAFETY: the caller answers for the arguments.
    unsafe {
        core::arch::asm!("svc 0", in("x8") number, inlateout("x0") a[0] => result, in("x1") a[1], in("x2") a[2],
            in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
    }
    result
}

#[cfg(target_arch = "arm")]
unsafe fn call(number: usize, a: [usize; 6]) -> usize {
    let result;
    // SAFETY: the caller answers for the arguments. r7 is the compiler's frame pointer in Thumb and cannot be named.
    unsafe {
        core::arch::asm!("mov {saved}, r7", "mov r7, {number}", "svc 0", "mov r7, {saved}",
            number = in(reg) number, saved = out(reg) _, inlateout("r0") a[0] => result, in("r1") a[1], in("r2") a[2],
            in("r3") a[3], in("r4") a[4], in("r5") a[5], options(nostack));
    }
    result
}

fn outcome(result: usize) -> Result<usize, Refused> {
    // The last page of addresses holds the error numbers.
    if result > usize::MAX - 4096 {
        Err(Refused)
    } else {
        Ok(result)
    }
}

pub(crate) fn open(path: &CStr) -> Result<usize, Refused> {
    // SAFETY: the path ends with a zero.
    outcome(unsafe {
        call(
            number::OPENAT,
            [AT_FDCWD, path.as_ptr() as usize, O_CLOEXEC, 0, 0, 0],
        )
    })
}

pub(crate) fn close(fd: usize) {
    // SAFETY: no pointers.
    unsafe { call(number::CLOSE, [fd, 0, 0, 0, 0, 0]) };
}

/// Fills `room` from `offset` of the file; less only at its end.
pub(crate) fn read_at(fd: usize, room: &mut [u8], offset: usize) -> Result<(), Refused> {
    let mut filled = 0;
    while filled < room.len() {
        let rest = &mut room[filled..];
        let at = offset + filled;
        // 32-bit Arm passes a 64-bit offset in an even pair of registers.
        let place = if cfg!(target_arch = "arm") {
            [0, at, 0]
        } else {
            [at, 0, 0]
        };
        let a = [
            fd,
            rest.as_mut_ptr() as usize,
            rest.len(),
            place[0],
            place[1],
            place[2],
        ];
        // SAFETY: `rest` is writable for its length.
        match outcome(unsafe { call(number::PREAD, a) })? {
            0 => return Err(Refused),
            read => filled += read,
        }
    }
    Ok(())
}

pub(crate) fn write(fd: usize, bytes: &[u8]) {
    // SAFETY: `bytes` is readable for its length.
    unsafe { call(number::WRITE, [fd, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) };
}

/// Fresh memory of zeroes that is never given back.
pub(crate) fn memory(len: usize) -> Result<usize, Refused> {
    // SAFETY: no address is asked for.
    outcome(unsafe {
        call(
            number::MMAP,
            [0, len, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, usize::MAX, 0],
        )
    })
}

/// Sets what may be done with whole pages.
pub(crate) fn protect(address: usize, len: usize, rights: u32) -> Result<(), Refused> {
    let protection = (rights & READ) >> 2 | (rights & WRITE) | (rights & EXECUTE) << 2;
    // SAFETY: the caller passes pages of an image, and no reference into them is alive.
    outcome(unsafe { call(number::MPROTECT, [address, len, protection as usize, 0, 0, 0]) }).map(drop)
}

pub(crate) fn getpid() -> c_int {
    // SAFETY: no arguments.
    unsafe { call(number::GETPID, [0; 6]) as c_int }
}

/// Points this thread's register at the slots of bionic.
pub(crate) fn set_thread_pointer(slots: usize) {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: nothing of the loader uses the register.
    unsafe {
        core::arch::asm!("msr tpidr_el0, {}", in(reg) slots);
    }
    #[cfg(target_arch = "arm")]
    // SAFETY: nothing of the loader uses the register.
    unsafe {
        call(number::SET_TLS, [slots, 0, 0, 0, 0, 0]);
    }
}

pub(crate) fn exit(code: usize) -> ! {
    loop {
        // SAFETY: no pointers.
        unsafe { call(number::EXIT_GROUP, [code, 0, 0, 0, 0, 0]) };
    }
}
