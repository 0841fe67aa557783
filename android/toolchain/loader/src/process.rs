//! From the kernel's stack to the program's `main`.

use core::ffi::{CStr, c_char, c_int};
use core::ptr::null;

use crate::load;
use crate::message::{fail, text};
use crate::relocate::address_of;
use crate::syscall;

core::arch::global_asm!(
    ".globl _start",
    "_start:",
    #[cfg(target_arch = "aarch64")]
    "mov x0, sp",
    #[cfg(target_arch = "arm")]
    "mov r0, sp",
    "bl {begin}",
    begin = sym begin,
);

/// What the kernel hands to a program: bionic's `KernelArgumentBlock`.
#[repr(C)]
struct Arguments {
    count: c_int,
    values: *const *const c_char,
    environment: *const *const c_char,
    auxiliary: *const [usize; 2],
    abort_message: *const usize,
}

/// Fields of `pthread_internal_t` of API 23 that its start-up code and `gettid` read; the rest are zeroes, which is
/// right for the first thread.
const TID: usize = 2 * size_of::<usize>();
const CACHED_PID: usize = TID + 4;
/// More than any release's `pthread_internal_t`.
const THREAD_BYTES: usize = 0x1_0000;

/// Slots of the block to which the thread pointer points.
const SLOT_SELF: usize = 0;
const SLOT_THREAD: usize = 1;
const SLOT_ARGUMENTS: usize = 3;
const SLOT_STACK_GUARD: usize = 5;

const AT_RANDOM: usize = 25;

/// Called with the first stack pointer: count, arguments, zero, environment, zero, auxiliary vector.
unsafe extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: the kernel laid it out like this.
    let (count, values) = unsafe { (stack.read(), stack.add(1).cast::<*const c_char>()) };
    if count < 3 {
        fail(&["usage: loader FOLDER PROGRAM [ARGUMENT...]"]);
    }
    // SAFETY: as above; the environment and the auxiliary vector end with a zero each.
    let (folder, program, environment, auxiliary) = unsafe {
        let environment = values.add(count + 1);
        let mut end = environment;
        while !(*end).is_null() {
            end = end.add(1);
        }
        (
            CStr::from_ptr(*values.add(1)),
            *values.add(2),
            environment,
            end.add(1).cast::<[usize; 2]>(),
        )
    };
    load::set_folder(folder);
    let arguments = Arguments {
        count: (count - 2) as c_int,
        // SAFETY: at least three are there.
        values: unsafe { values.add(2) },
        environment,
        auxiliary,
        abort_message: null(),
    };
    prepare_thread(&arguments);
    // SAFETY: argv's strings stay.
    let Some(number) = load::load(unsafe { CStr::from_ptr(program) }) else {
        fail(&[text(program), "is not there"])
    };
    run(number, &arguments)
}

/// The first thread's block, as the linker's `__libc_init_tls` leaves it.
fn prepare_thread(arguments: &Arguments) {
    let Ok(memory) = syscall::memory(2 * THREAD_BYTES) else {
        fail(&["no memory"])
    };
    let pid = syscall::getpid();
    // SAFETY: fresh memory, in which everything written lies; AT_RANDOM points to 16 bytes.
    unsafe {
        ((memory + TID) as *mut c_int).write(pid);
        ((memory + CACHED_PID) as *mut c_int).write(pid);
        let slots = (memory + THREAD_BYTES) as *mut usize;
        slots.add(SLOT_SELF).write(slots as usize);
        slots.add(SLOT_THREAD).write(memory);
        slots
            .add(SLOT_ARGUMENTS)
            .write(core::ptr::from_ref(arguments) as usize);
        let mut entry = arguments.auxiliary;
        while (*entry)[0] != 0 {
            if (*entry)[0] == AT_RANDOM {
                slots
                    .add(SLOT_STACK_GUARD)
                    .write(((*entry)[1] as *const usize).read_unaligned());
            }
            entry = entry.add(1);
        }
    }
    syscall::set_thread_pointer(memory + THREAD_BYTES);
}

/// Calls `main`, then the C library's `exit`. A library has no entry: that it loads is all that is asked of it.
fn run(number: usize, arguments: &Arguments) -> ! {
    let (Some(image), Some(exit)) = (load::image(number), address_of(c"exit")) else {
        fail(&["there is no exit"])
    };
    if image.entry == image.bias {
        syscall::exit(0);
    }
    type Main = unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char) -> c_int;
    // SAFETY: a test program is linked with `-e main`.
    let main: Main = unsafe { core::mem::transmute(image.entry) };
    // SAFETY: C says so.
    let exit: unsafe extern "C" fn(c_int) -> ! = unsafe { core::mem::transmute(exit) };
    // SAFETY: the arguments are the kernel's.
    unsafe { exit(main(arguments.count, arguments.values, arguments.environment)) }
}
