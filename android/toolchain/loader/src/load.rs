//! The images of this process.

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::image::Image;
use crate::message::{fail, text};
use crate::relocate::relocate;
use crate::syscall;

/// More than any test has.
const IMAGES_AT_MOST: usize = 16;
/// A path's length, with its zero.
const PATH_AT_MOST: usize = 4096;

struct Table {
    images: UnsafeCell<[Option<Image>; IMAGES_AT_MOST]>,
    /// How many are filled: these do not change any more.
    count: AtomicUsize,
}

// SAFETY: readers see the first `count`; who adds holds `ADDING`.
unsafe impl Sync for Table {}

static TABLE: Table = Table {
    images: UnsafeCell::new([const { None }; IMAGES_AT_MOST]),
    count: AtomicUsize::new(0),
};
/// One thread adds at a time. A constructor may come back for more, so this counts.
static ADDING: AtomicUsize = AtomicUsize::new(0);
/// Where libraries are.
static FOLDER: AtomicUsize = AtomicUsize::new(0);

/// Says where libraries are.
pub(crate) fn set_folder(folder: &'static CStr) {
    FOLDER.store(folder.as_ptr() as usize, Ordering::Relaxed);
}

/// All images, in the order in which they were loaded.
pub(crate) fn images() -> impl Iterator<Item = &'static Image> {
    (0..TABLE.count.load(Ordering::Acquire)).map_while(image)
}

/// The image of this number.
pub(crate) fn image(number: usize) -> Option<&'static Image> {
    if number >= TABLE.count.load(Ordering::Acquire) {
        return None;
    }
    // SAFETY: the first `count` images do not change.
    unsafe { (*TABLE.images.get())[number].as_ref() }
}

/// Loads a program or library with all that it needs, and runs the constructors; its number, or none if there is no such
/// file.
pub(crate) fn load(path: &CStr) -> Option<usize> {
    if let Some(known) = find(path) {
        return Some(known);
    }
    // A second thread that opens a library at the same time would see half of it.
    if ADDING.fetch_add(1, Ordering::Acquire) > 8 {
        fail(&["constructors load one another without end"]);
    }
    let number = add(path)?;
    let mut last = number;
    while let Some(image) = image(last) {
        for needed in image.needed().filter(|needed| *needed != c"libdl.so") {
            if find(needed).is_none() && add(needed).is_none() {
                fail(&[image.name(), "needs", text(needed.as_ptr()), "which is not there"]);
            }
        }
        last += 1;
    }
    for image in (number..last).filter_map(image) {
        relocate(image);
        image.seal();
    }
    let mut constructed = [false; IMAGES_AT_MOST];
    constructed[..number].fill(true);
    construct(number, &mut constructed);
    ADDING.fetch_sub(1, Ordering::Release);
    Some(number)
}

fn find(path: &CStr) -> Option<usize> {
    images().position(|image| file_name(image.path) == file_name(path))
}

fn file_name(path: &CStr) -> &[u8] {
    path.to_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or(&[])
}

/// Maps one file.
fn add(path: &CStr) -> Option<usize> {
    let image = Image::open(kept(path))?;
    let number = TABLE.count.load(Ordering::Relaxed);
    if number == IMAGES_AT_MOST {
        fail(&["more libraries than a test has"]);
    }
    // SAFETY: nobody reads beyond `count`.
    unsafe { (*TABLE.images.get())[number] = Some(image) };
    TABLE.count.store(number + 1, Ordering::Release);
    Some(number)
}

/// A copy of the path that stays; a bare name is one of the folder's.
fn kept(path: &CStr) -> &'static CStr {
    let Ok(memory) = syscall::memory(PATH_AT_MOST) else {
        fail(&["no memory"])
    };
    // SAFETY: fresh memory of this length that stays.
    let room = unsafe { core::slice::from_raw_parts_mut(memory as *mut u8, PATH_AT_MOST) };
    let mut parts: [&[u8]; 3] = [b"", b"", path.to_bytes()];
    let folder = FOLDER.load(Ordering::Relaxed);
    if !path.to_bytes().contains(&b'/') && folder != 0 {
        // SAFETY: `set_folder` had it from a C string that stays.
        parts = [
            unsafe { CStr::from_ptr(folder as *const _) }.to_bytes(),
            b"/",
            path.to_bytes(),
        ];
    }
    let bytes = parts.iter().copied().flatten().copied();
    for (place, byte) in room[..PATH_AT_MOST - 1].iter_mut().zip(bytes) {
        *place = byte;
    }
    CStr::from_bytes_until_nul(room).unwrap_or(c"")
}

/// Runs constructors, those of needed libraries first.
fn construct(number: usize, constructed: &mut [bool; IMAGES_AT_MOST]) {
    let Some(image) = image(number) else { return };
    if core::mem::replace(&mut constructed[number], true) {
        return;
    }
    for needed in image.needed() {
        if let Some(needed) = find(needed) {
            construct(needed, constructed);
        }
    }
    for function in image.constructors() {
        // SAFETY: the image's own table calls this a function without arguments.
        let function: extern "C" fn() = unsafe { core::mem::transmute(function) };
        function();
    }
}
