//! The tables of an ELF file, in the width of the machine. Field names without the letters of their table.

/// The file's first bytes.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) ident: [u8; 16],
    pub(crate) kind: u16,
    pub(crate) machine: u16,
    pub(crate) version: u32,
    pub(crate) entry: usize,
    pub(crate) phoff: usize,
    pub(crate) shoff: usize,
    pub(crate) flags: u32,
    pub(crate) ehsize: u16,
    pub(crate) phentsize: u16,
    pub(crate) phnum: u16,
    pub(crate) shentsize: u16,
    pub(crate) shnum: u16,
    pub(crate) shstrndx: u16,
}

/// A program header.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    #[cfg(target_pointer_width = "64")]
    pub(crate) flags: u32,
    pub(crate) offset: usize,
    pub(crate) vaddr: usize,
    pub(crate) paddr: usize,
    pub(crate) filesz: usize,
    pub(crate) memsz: usize,
    #[cfg(target_pointer_width = "32")]
    pub(crate) flags: u32,
    pub(crate) align: usize,
}

/// A symbol.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Symbol {
    pub(crate) name: u32,
    #[cfg(target_pointer_width = "32")]
    pub(crate) value: usize,
    #[cfg(target_pointer_width = "32")]
    pub(crate) size: usize,
    pub(crate) info: u8,
    pub(crate) other: u8,
    pub(crate) shndx: u16,
    #[cfg(target_pointer_width = "64")]
    pub(crate) value: usize,
    #[cfg(target_pointer_width = "64")]
    pub(crate) size: usize,
}

impl Symbol {
    pub(crate) const fn is_defined(&self) -> bool {
        self.shndx != 0 && (self.info >> 4 == STB_GLOBAL || self.info >> 4 == STB_WEAK)
    }

    pub(crate) const fn is_weak(&self) -> bool {
        self.info >> 4 == STB_WEAK
    }
}

/// A relocation: with its addend where addresses have 64 bits, and on 32-bit Arm with the addend in the place itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Relocation {
    pub(crate) offset: usize,
    pub(crate) info: usize,
    #[cfg(target_pointer_width = "64")]
    pub(crate) addend: usize,
}

impl Relocation {
    const SYMBOL_SHIFT: u32 = usize::BITS / 2 - if usize::BITS == 64 { 0 } else { 8 };

    pub(crate) const fn symbol(&self) -> usize {
        self.info >> Self::SYMBOL_SHIFT
    }

    pub(crate) const fn kind(&self) -> usize {
        self.info & ((1 << Self::SYMBOL_SHIFT) - 1)
    }
}

pub(crate) const ET_DYN: u16 = 3;
#[cfg(target_arch = "aarch64")]
pub(crate) const MACHINE: u16 = 183;
#[cfg(target_arch = "arm")]
pub(crate) const MACHINE: u16 = 40;

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_DYNAMIC: u32 = 2;
pub(crate) const PT_TLS: u32 = 7;
#[cfg(target_arch = "arm")]
pub(crate) const PT_ARM_EXIDX: u32 = 0x7000_0001;

const STB_GLOBAL: u8 = 1;
const STB_WEAK: u8 = 2;

pub(crate) const DT_NEEDED: usize = 1;
pub(crate) const DT_PLTRELSZ: usize = 2;
pub(crate) const DT_STRTAB: usize = 5;
pub(crate) const DT_SYMTAB: usize = 6;
pub(crate) const DT_INIT: usize = 12;
pub(crate) const DT_JMPREL: usize = 23;
pub(crate) const DT_TEXTREL: usize = 22;
pub(crate) const DT_INIT_ARRAY: usize = 25;
pub(crate) const DT_INIT_ARRAYSZ: usize = 27;
pub(crate) const DT_FLAGS: usize = 30;
pub(crate) const DT_GNU_HASH: usize = 0x6fff_fef5;
/// DT_RELR, and its number before it had one.
pub(crate) const DT_RELR: [usize; 2] = [36, 0x6fff_e000];
pub(crate) const DF_TEXTREL: usize = 4;
#[cfg(target_pointer_width = "64")]
pub(crate) const DT_REL: [usize; 2] = [7, 8];
#[cfg(target_pointer_width = "32")]
pub(crate) const DT_REL: [usize; 2] = [17, 18];

#[cfg(target_arch = "aarch64")]
pub(crate) const R_ABSOLUTE: usize = 257;
#[cfg(target_arch = "aarch64")]
pub(crate) const R_GLOB_DAT: usize = 1025;
#[cfg(target_arch = "aarch64")]
pub(crate) const R_JUMP_SLOT: usize = 1026;
#[cfg(target_arch = "aarch64")]
pub(crate) const R_RELATIVE: usize = 1027;
#[cfg(target_arch = "arm")]
pub(crate) const R_ABSOLUTE: usize = 2;
#[cfg(target_arch = "arm")]
pub(crate) const R_GLOB_DAT: usize = 21;
#[cfg(target_arch = "arm")]
pub(crate) const R_JUMP_SLOT: usize = 22;
#[cfg(target_arch = "arm")]
pub(crate) const R_RELATIVE: usize = 23;

/// The same relocations, packed: address and size of the table.
#[cfg(target_pointer_width = "64")]
pub(crate) const DT_ANDROID_REL: [usize; 2] = [0x6000_0011, 0x6000_0012];
#[cfg(target_pointer_width = "32")]
pub(crate) const DT_ANDROID_REL: [usize; 2] = [0x6000_000f, 0x6000_0010];
