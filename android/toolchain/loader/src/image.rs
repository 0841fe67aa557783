//! A file in memory.

use core::ffi::{CStr, c_char};

use crate::elf::{self, Header, Relocation, Segment, Symbol};
use crate::message::{fail, text};
use crate::syscall::{self, EXECUTE, READ, WRITE};

/// The largest page of any phone, to which our own libraries are aligned.
const PAGE: usize = 0x4000;
/// The pages of the machines on which the loader runs, on which older libraries count.
const SMALL_PAGE: usize = 0x1000;

/// A mapped ELF file. Its memory stays for ever.
#[derive(Clone, Copy)]
pub(crate) struct Image {
    /// What is added to every address in the file.
    pub(crate) bias: usize,
    /// As it was asked for.
    pub(crate) path: &'static CStr,
    pub(crate) entry: usize,
    pub(crate) segments: &'static [Segment],
    /// The dynamic table: pairs of tag and value.
    dynamic: &'static [[usize; 2]],
}

impl Image {
    /// Maps the file; none if there is no such file.
    pub(crate) fn open(path: &'static CStr) -> Option<Self> {
        let fd = syscall::open(path).ok()?;
        let name = text(path.as_ptr());
        let mut first = [0_u8; 4096];
        if syscall::read_at(fd, &mut first[..size_of::<Header>()], 0).is_err() {
            fail(&[name, "is no ELF file"]);
        }
        // SAFETY: the array holds a header, and every value of its fields is valid.
        let header: Header = unsafe { first.as_ptr().cast::<Header>().read_unaligned() };
        if header.ident[..4] != *b"\x7fELF" || header.kind != elf::ET_DYN || header.machine != elf::MACHINE {
            fail(&[
                name,
                "is no position-independent program or library of this machine",
            ]);
        }
        let headers = header.phoff + usize::from(header.phnum) * size_of::<Segment>();
        if headers > first.len() || syscall::read_at(fd, &mut first[..headers], 0).is_err() {
            fail(&[name, "has its program headers elsewhere"]);
        }
        // SAFETY: the headers lie whole within the array, at an offset that is a multiple of the word's size.
        let segments: &[Segment] = unsafe {
            core::slice::from_raw_parts(first.as_ptr().add(header.phoff).cast(), usize::from(header.phnum))
        };
        let bias = reserve(segments, name);
        for segment in segments.iter().filter(|segment| segment.kind == elf::PT_LOAD) {
            // SAFETY: `reserve` made room for all segments.
            let room =
                unsafe { core::slice::from_raw_parts_mut((bias + segment.vaddr) as *mut u8, segment.filesz) };
            if syscall::read_at(fd, room, segment.offset).is_err() {
                fail(&[name, "is cut off"]);
            }
        }
        syscall::close(fd);
        Some(Self::of(path, bias, &header, segments))
    }

    fn of(path: &'static CStr, bias: usize, header: &Header, segments: &[Segment]) -> Self {
        let name = text(path.as_ptr());
        if segments.iter().any(|segment| segment.kind == elf::PT_TLS) {
            fail(&[
                name,
                "has thread-local storage of the kind that older phones lack",
            ]);
        }
        let Some(dynamic) = segments.iter().find(|segment| segment.kind == elf::PT_DYNAMIC) else {
            fail(&[name, "has no dynamic table"])
        };
        let covers = |segment: &&Segment| {
            segment.kind == elf::PT_LOAD && header.phoff.wrapping_sub(segment.offset) < segment.filesz
        };
        let Some(first) = segments.iter().find(covers) else {
            fail(&[name, "does not load its program headers"])
        };
        // SAFETY: the table lies in a mapped segment, as do the headers.
        let (dynamic, segments) = unsafe {
            (
                core::slice::from_raw_parts(
                    (bias + dynamic.vaddr) as *const [usize; 2],
                    dynamic.memsz / size_of::<[usize; 2]>(),
                ),
                core::slice::from_raw_parts(
                    (bias + first.vaddr + header.phoff - first.offset) as *const Segment,
                    segments.len(),
                ),
            )
        };
        let image = Self {
            bias,
            path,
            entry: bias + header.entry,
            segments,
            dynamic,
        };
        if image.value(elf::DT_TEXTREL).is_some()
            || image
                .value(elf::DT_FLAGS)
                .is_some_and(|flags| flags & elf::DF_TEXTREL != 0)
        {
            fail(&[name, "has text relocations"]);
        }
        if elf::DT_RELR.iter().any(|tag| image.value(*tag).is_some()) {
            fail(&[
                name,
                "has relative relocations of the kind that older phones lack",
            ]);
        }
        image
    }

    /// The value of the first entry with this tag.
    pub(crate) fn value(&self, tag: usize) -> Option<usize> {
        self.dynamic
            .iter()
            .take_while(|entry| entry[0] != 0)
            .find(|entry| entry[0] == tag)
            .map(|entry| entry[1])
    }

    /// The address in the entry with this tag, as it is in memory.
    pub(crate) fn address(&self, tag: usize) -> Option<usize> {
        self.value(tag).map(|address| self.bias + address)
    }

    /// The names of the libraries that this one needs.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &'static CStr> {
        let (strings, dynamic) = (self.strings(), self.dynamic);
        dynamic
            .iter()
            .take_while(|entry| entry[0] != 0)
            .filter(|entry| entry[0] == elf::DT_NEEDED)
            // SAFETY: the string table holds the name and its zero.
            .map(move |entry| unsafe { CStr::from_ptr((strings + entry[1]) as *const c_char) })
    }

    fn strings(&self) -> usize {
        self.address(elf::DT_STRTAB)
            .unwrap_or_else(|| fail(&[self.name(), "has no string table"]))
    }

    pub(crate) fn symbol(&self, index: usize) -> Symbol {
        let table = self
            .address(elf::DT_SYMTAB)
            .unwrap_or_else(|| fail(&[self.name(), "has no symbols"]));
        // SAFETY: the index comes from a relocation or a hash table of the same image.
        unsafe { (table as *const Symbol).add(index).read() }
    }

    pub(crate) fn symbol_name(&self, symbol: &Symbol) -> &'static CStr {
        // SAFETY: the string table holds the name and its zero.
        unsafe { CStr::from_ptr((self.strings() + symbol.name as usize) as *const c_char) }
    }

    /// A table of plain relocations.
    pub(crate) fn relocations(&self, address: usize, bytes: usize) -> &'static [Relocation] {
        let Some(table) = self.address(address) else {
            return &[];
        };
        let count = self.value(bytes).unwrap_or(0) / size_of::<Relocation>();
        // SAFETY: the dynamic table says where it is and how long.
        unsafe { core::slice::from_raw_parts(table as *const Relocation, count) }
    }

    /// Its constructors, in order.
    pub(crate) fn constructors(&self) -> impl Iterator<Item = usize> {
        let count = self.value(elf::DT_INIT_ARRAYSZ).unwrap_or(0) / size_of::<usize>();
        let array: &'static [usize] = match self.address(elf::DT_INIT_ARRAY) {
            // SAFETY: the dynamic table says where it is and how long; relocation has filled it.
            Some(array) => unsafe { core::slice::from_raw_parts(array as *const usize, count) },
            None => &[],
        };
        let known = |function: &usize| *function != 0 && *function != usize::MAX;
        self.address(elf::DT_INIT)
            .into_iter()
            .chain(array.iter().copied().filter(known))
    }

    /// Whether the address is in one of its segments.
    pub(crate) fn holds(&self, address: usize) -> bool {
        self.segments.iter().any(|segment| {
            segment.kind == elf::PT_LOAD && address.wrapping_sub(self.bias + segment.vaddr) < segment.memsz
        })
    }

    /// Gives each segment its rights, when its relocations are done.
    pub(crate) fn seal(&self) {
        for segment in self
            .segments
            .iter()
            .filter(|segment| segment.kind == elf::PT_LOAD)
        {
            if segment.flags & (WRITE | EXECUTE) == WRITE | EXECUTE {
                fail(&[self.name(), "has a segment that is writable and executable"]);
            }
            let begin = (self.bias + segment.vaddr) & !(SMALL_PAGE - 1);
            let end = (self.bias + segment.vaddr + segment.memsz).next_multiple_of(SMALL_PAGE);
            if syscall::protect(begin, end - begin, segment.flags | READ).is_err() {
                fail(&[self.name(), "cannot be protected"]);
            }
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        text(self.path.as_ptr())
    }
}

/// Room for all segments, aligned as on the phone with the largest pages; the bias of its addresses.
fn reserve(segments: &[Segment], name: &str) -> usize {
    let loaded = || segments.iter().filter(|segment| segment.kind == elf::PT_LOAD);
    let low = loaded()
        .map(|segment| segment.vaddr & !(PAGE - 1))
        .min()
        .unwrap_or(0);
    let high = loaded()
        .map(|segment| segment.vaddr + segment.memsz)
        .max()
        .unwrap_or(0);
    match syscall::memory((high - low).next_multiple_of(PAGE) + PAGE) {
        Ok(memory) => memory.next_multiple_of(PAGE) - low,
        Err(_) => fail(&[name, "does not fit into memory"]),
    }
}
