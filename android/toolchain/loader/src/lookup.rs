//! Names to addresses.

use core::ffi::CStr;

use crate::elf;
use crate::image::Image;

/// The address of a symbol that this image defines, by its GNU hash table (every library of API 23 has one).
pub(crate) fn in_image(image: &Image, name: &CStr) -> Option<usize> {
    let table = image.address(elf::DT_GNU_HASH)? as *const u32;
    // SAFETY: the header has four words: buckets, first symbol, words of the filter, shift.
    let [buckets, first, filter, _] = unsafe { table.cast::<[u32; 4]>().read() };
    if buckets == 0 {
        return None;
    }
    let hash = gnu_hash(name);
    let words = 4 + filter as usize * (size_of::<usize>() / size_of::<u32>());
    // SAFETY: the buckets follow the filter, and the chains the buckets.
    let bucket = unsafe { table.add(words + (hash % buckets) as usize).read() };
    if bucket < first {
        return None;
    }
    let mut index = bucket;
    loop {
        // SAFETY: a chain ends with a hash whose lowest bit is set.
        let link = unsafe { table.add(words + (buckets + index - first) as usize).read() };
        let symbol = image.symbol(index as usize);
        if link | 1 == hash | 1 && symbol.is_defined() && image.symbol_name(&symbol) == name {
            return Some(image.bias + symbol.value);
        }
        if link & 1 == 1 {
            return None;
        }
        index += 1;
    }
}

fn gnu_hash(name: &CStr) -> u32 {
    name.to_bytes().iter().fold(5381, |hash: u32, byte| {
        hash.wrapping_mul(33).wrapping_add(u32::from(*byte))
    })
}
