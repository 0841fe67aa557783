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

    /// The rule in AdBlock syntax with the say that it has in its file.
    pub(super) fn say<'a>(&self, pattern: Pattern<'a>) -> Say<'a> {
        let Target::Name(text, mut reach) = pattern.target else {
            return Say::Rule(pattern);
        };
        let name = text.to_ascii_lowercase();
        let mut step = 0;
        let borders = name.bytes().enumerate().rev().filter(|&(_, byte)| byte == b'.');
        for start in borders.map(|(at, _)| at + 1) {
            step = name
                .get(start..)
                .map_or(step, |suffix| self.beneath(suffix, step));
        }
        if self.is_exact(&name, step) {
            match reach {
                Reach::Subdomains => reach = Reach::Exact,
                // Said by the line of the name.
                Reach::Below => return Say::Nothing,
                Reach::Exact => {}
            }
        } else if reach != Reach::Subdomains {
            step = next(step, self.says(&name, Reach::Subdomains));
        }
        let tone = match next(step, Some(pattern.tone == Tone::Block)) {
            1 => Tone::Block,
            2 => Tone::Except,
            3 => Tone::Important,
            4 => Tone::ImportantExcept,
            _ => return Say::NoTone,
        };
        Say::Rule(Pattern {
            target: Target::Name(text, reach),
            tone,
            ..pattern
        })
    }

    fn says(&self, name: &str, reach: Reach) -> Option<bool> {
        self.names.get(name).and_then(|says| says[reach as usize])
    }

    /// The step of the names beneath one, where it is at a step.
    fn beneath(&self, name: &str, step: u32) -> u32 {
        if self.is_exact(name, step) {
            return step;
        }
        let whole = next(step, self.says(name, Reach::Subdomains));
        next(whole, self.says(name, Reach::Below))
    }

    /// Whether its lines mean the name alone: one takes all in, and one takes out what is beneath it.
    fn is_exact(&self, name: &str, step: u32) -> bool {
        let (whole, below) = (self.says(name, Reach::Subdomains), self.says(name, Reach::Below));
        whole.is_some_and(|blocks| blocks != (step % 2 == 1) && below == Some(!blocks))
    }
}

/// What becomes of a rule.
pub(super) enum Say<'a> {
    /// This one.
    Rule(Pattern<'a>),
    /// Another rule says it.
    Nothing,
    /// AdBlock syntax has no such tone.
    NoTone,
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
