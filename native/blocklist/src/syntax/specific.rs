//! In the files of resolvers the most specific line wins; in AdBlock syntax the kind of a rule does. What is beneath an
//! exception and blocked all the same becomes `$important`, and what is lifted from that `@@` with `$important`.

use std::collections::HashMap;

use crate::line::{Pattern, Reach, Target, Tone};

/// The names of a file, and whether each blocks, by its reach.
#[derive(Debug, Default)]
pub(super) struct Tree {
    names: HashMap<String, [Option<bool>; 3]>,
    has_exception: bool,
}

impl Tree {
    /// Takes a rule in.
    pub(super) fn add(&mut self, pattern: &Pattern<'_>) {
        if let Target::Name(name, reach) = pattern.target {
            let is_block = pattern.tone == Tone::Block;
            self.has_exception |= !is_block;
            let says = self.names.entry(name.to_ascii_lowercase()).or_default();
            if let Some(place) = says.get_mut(reach as usize) {
                *place = Some(is_block);
            }
        }
    }

    /// Whether tones say nothing but block.
    pub(super) const fn is_flat(&self) -> bool {
        !self.has_exception
    }

    /// The tone that gives the rule the say it has in its file; `None` where AdBlock syntax has no such tone.
    pub(super) fn tone(&self, pattern: &Pattern<'_>) -> Option<Tone> {
        let Target::Name(name, reach) = pattern.target else {
            return Some(pattern.tone);
        };
        let name = name.to_ascii_lowercase();
        let mut step = 0;
        let borders = name.bytes().enumerate().rev().filter(|&(_, byte)| byte == b'.');
        for start in borders.map(|(at, _)| at + 1) {
            let says = name.get(start..).and_then(|suffix| self.names.get(suffix));
            for reach in [Reach::Subdomains, Reach::Below] {
                step = next(step, says.and_then(|says| says[reach as usize]));
            }
        }
        if reach != Reach::Subdomains {
            let whole = self
                .names
                .get(&name)
                .and_then(|says| says[Reach::Subdomains as usize]);
            step = next(step, whole);
        }
        match next(step, Some(pattern.tone == Tone::Block)) {
            1 => Some(Tone::Block),
            2 => Some(Tone::Except),
            3 => Some(Tone::Important),
            4 => Some(Tone::ImportantExcept),
            _ => None,
        }
    }
}

/// From one step of block, exception, block ... to the one that a rule makes of it: odd steps block.
const fn next(step: u32, is_block: Option<bool>) -> u32 {
    match is_block {
        None => step,
        Some(true) if step % 2 == 1 => step,
        Some(true) => step + 1,
        Some(false) if step == 0 => 2,
        Some(false) if step.is_multiple_of(2) => step,
        Some(false) => step + 1,
    }
}
