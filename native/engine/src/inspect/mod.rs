//! The first bytes of a stream: put in order, read for a name.

use wire::{Name, Parsed};

use crate::Seen;

mod assembler;
mod inspection;

pub(crate) use assembler::Assembler;
pub(crate) use inspection::{Finding, Inspection, Undecidable};

#[expect(unused_imports, reason = "skeleton")]
use Parsed as _Parsed;
#[expect(unused, reason = "skeleton")]
type _S = (Name, Seen);
