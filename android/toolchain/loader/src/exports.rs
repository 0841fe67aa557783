//! What `libdl.so` offers, which on Android is the linker itself.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::elf::Segment;
use crate::image::Image;
use crate::load;
use crate::lookup;
use crate::relocate;

/// The pseudo-handle RTLD_DEFAULT: every image.
const EVERY: usize = if usize::BITS == 64 { 0 } else { usize::MAX };

static FAILED: AtomicBool = AtomicBool::new(false);

/// The linker's function of this name.
pub(crate) fn address_of(name: &CStr) -> Option<usize> {
    Some(match name.to_bytes() {
        b"dlopen" => dlopen as *const () as usize,
        b"dlsym" => dlsym as *const () as usize,
        b"dlclose" => dlclose as *const () as usize,
        b"dlerror" => dlerror as *const () as usize,
        b"dladdr" => dladdr as *const () as usize,
        b"dl_iterate_phdr" => dl_iterate_phdr as *const () as usize,
        #[cfg(target_arch = "arm")]
        b"dl_unwind_find_exidx" => dl_unwind_find_exidx as *const () as usize,
        _ => return None,
    })
}

/// A handle is an image's number and one; none is every image.
unsafe extern "C" fn dlopen(path: *const c_char, _flags: c_int) -> *mut c_void {
    if path.is_null() {
        return EVERY as *mut c_void;
    }
    // SAFETY: the caller's promise.
    let found = load::load(unsafe { CStr::from_ptr(path) });
    FAILED.store(found.is_none(), Ordering::Relaxed);
    found.map_or(null_mut(), |number| (number + 1) as *mut c_void)
}

unsafe extern "C" fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    let found = match handle as usize {
        EVERY => relocate::address_of(name),
        number => load::image(number - 1).and_then(|image| lookup::in_image(image, name)),
    };
    FAILED.store(found.is_none(), Ordering::Relaxed);
    found.unwrap_or(0) as *mut c_void
}

/// Images stay.
extern "C" fn dlclose(_handle: *mut c_void) -> c_int {
    0
}

extern "C" fn dlerror() -> *const c_char {
    if FAILED.swap(false, Ordering::Relaxed) {
        c"not found".as_ptr()
    } else {
        null_mut()
    }
}

#[repr(C)]
struct Place {
    file: *const c_char,
    base: usize,
    symbol: *const c_char,
    address: usize,
}

unsafe extern "C" fn dladdr(address: usize, place: *mut Place) -> c_int {
    let Some(image) = load::images().find(|image| image.holds(address)) else {
        return 0;
    };
    let found = Place {
        file: image.path.as_ptr(),
        base: image.bias,
        symbol: null_mut(),
        address: 0,
    };
    // SAFETY: the caller's promise.
    unsafe { place.write(found) };
    1
}

/// `dl_phdr_info`, with the fields that later releases added.
#[repr(C)]
struct Entry {
    bias: usize,
    path: *const c_char,
    segments: *const Segment,
    count: u16,
    added: u64,
    removed: u64,
    tls_module: usize,
    tls_data: *mut c_void,
}

type Visitor = unsafe extern "C" fn(*mut Entry, usize, *mut c_void) -> c_int;

unsafe extern "C" fn dl_iterate_phdr(visitor: Visitor, data: *mut c_void) -> c_int {
    for image in load::images() {
        let mut entry = entry(image);
        // SAFETY: the caller's promise.
        let answer = unsafe { visitor(&raw mut entry, size_of::<Entry>(), data) };
        if answer != 0 {
            return answer;
        }
    }
    0
}

fn entry(image: &Image) -> Entry {
    Entry {
        bias: image.bias,
        path: image.path.as_ptr(),
        segments: image.segments.as_ptr(),
        count: image.segments.len() as u16,
        added: load::images().count() as u64,
        removed: 0,
        tls_module: 0,
        tls_data: null_mut(),
    }
}

/// Where the unwinding table of the code at `address` is, and its number of entries.
#[cfg(target_arch = "arm")]
unsafe extern "C" fn dl_unwind_find_exidx(address: usize, count: *mut c_int) -> usize {
    let found = load::images()
        .find(|image| image.holds(address))
        .and_then(|image| {
            let table = image
                .segments
                .iter()
                .find(|segment| segment.kind == crate::elf::PT_ARM_EXIDX)?;
            Some((image.bias + table.vaddr, table.memsz / 8))
        });
    // SAFETY: the caller's promise.
    unsafe { count.write(found.map_or(0, |(_, entries)| entries as c_int)) };
    found.map_or(0, |(table, _)| table)
}
