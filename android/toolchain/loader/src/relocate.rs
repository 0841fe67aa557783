//! Filling in the addresses.

use core::ffi::CStr;

use crate::elf::{self, Relocation};
use crate::exports;
use crate::image::Image;
use crate::load;
use crate::lookup;
use crate::message::{fail, text};

/// Applies every relocation of the image, whose needs are all mapped.
pub(crate) fn relocate(image: &Image) {
    for relocation in image.relocations(elf::DT_REL[0], elf::DT_REL[1]) {
        apply(image, relocation);
    }
    for relocation in image.relocations(elf::DT_JMPREL, elf::DT_PLTRELSZ) {
        apply(image, relocation);
    }
    if let (Some(table), Some(bytes)) = (
        image.address(elf::DT_ANDROID_REL[0]),
        image.value(elf::DT_ANDROID_REL[1]),
    ) {
        // SAFETY: the dynamic table says where it is and how long.
        let packed = unsafe { core::slice::from_raw_parts(table as *const u8, bytes) };
        unpack(image, packed);
    }
}

fn apply(image: &Image, relocation: &Relocation) {
    let place = (image.bias + relocation.offset) as *mut usize;
    #[cfg(target_pointer_width = "64")]
    let addend = relocation.addend;
    #[cfg(target_pointer_width = "32")]
    // SAFETY: a relocation's place is in a writable segment of its image.
    let addend = unsafe { place.read_unaligned() };
    let value = match relocation.kind() {
        elf::R_RELATIVE => image.bias.wrapping_add(addend),
        elf::R_ABSOLUTE => resolve(image, relocation.symbol()).wrapping_add(addend),
        // On 32-bit Arm the place holds the address of the lazy resolver, which is no addend.
        elf::R_GLOB_DAT | elf::R_JUMP_SLOT if cfg!(target_pointer_width = "32") => {
            resolve(image, relocation.symbol())
        }
        elf::R_GLOB_DAT | elf::R_JUMP_SLOT => resolve(image, relocation.symbol()).wrapping_add(addend),
        _ => fail(&[image.name(), "has a relocation of an unknown kind"]),
    };
    // SAFETY: as above; `seal` takes the right away later.
    unsafe { place.write_unaligned(value) };
}

fn resolve(image: &Image, index: usize) -> usize {
    let symbol = image.symbol(index);
    let name = image.symbol_name(&symbol);
    match address_of(name) {
        Some(address) => address,
        None if symbol.is_defined() => image.bias + symbol.value,
        None if symbol.is_weak() => 0,
        None => fail(&[image.name(), "needs", text(name.as_ptr()), "which no library has"]),
    }
}

/// Where a name is: the linker's own, then the images in the order in which they were loaded.
pub(crate) fn address_of(name: &CStr) -> Option<usize> {
    exports::address_of(name).or_else(|| load::images().find_map(|image| lookup::in_image(image, name)))
}

/// Android's packed tables ("APS2"): groups of relocations that share what is the same.
fn unpack(image: &Image, packed: &[u8]) {
    const SAME_INFO: usize = 1;
    const SAME_DELTA: usize = 2;
    const SAME_ADDEND: usize = 4;
    const HAS_ADDEND: usize = 8;
    let Some(mut rest) = packed.strip_prefix(b"APS2") else {
        fail(&[image.name(), "has packed relocations of an unknown kind"])
    };
    let mut left = number(&mut rest);
    let mut offset = number(&mut rest);
    let (mut info, mut addend) = (0, 0_usize);
    while left > 0 {
        let size = number(&mut rest).clamp(1, left);
        let flags = number(&mut rest);
        let delta = if flags & SAME_DELTA != 0 {
            number(&mut rest)
        } else {
            0
        };
        if flags & SAME_INFO != 0 {
            info = number(&mut rest);
        }
        if flags & HAS_ADDEND == 0 {
            addend = 0;
        } else if flags & SAME_ADDEND != 0 {
            addend = addend.wrapping_add(number(&mut rest));
        }
        for _ in 0..size {
            offset = offset.wrapping_add(if flags & SAME_DELTA != 0 {
                delta
            } else {
                number(&mut rest)
            });
            if flags & SAME_INFO == 0 {
                info = number(&mut rest);
            }
            if flags & HAS_ADDEND != 0 && flags & SAME_ADDEND == 0 {
                addend = addend.wrapping_add(number(&mut rest));
            }
            let relocation = Relocation {
                offset,
                info,
                #[cfg(target_pointer_width = "64")]
                addend,
            };
            apply(image, &relocation);
        }
        left -= size;
    }
    let _ = addend;
}

/// A signed LEB128 number.
fn number(rest: &mut &[u8]) -> usize {
    let (mut value, mut shift) = (0_usize, 0);
    while let Some((byte, after)) = rest.split_first() {
        *rest = after;
        value |= usize::from(byte & 0x7f).wrapping_shl(shift);
        shift += 7;
        if byte & 0x80 == 0 {
            if byte & 0x40 != 0 && shift < usize::BITS {
                value |= usize::MAX << shift;
            }
            return value;
        }
    }
    0
}
